/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of a command: taken in (or answered from memory), fenced, run whenever a fresh scan is
 * in and no write of it is under way, ended by exactly one acknowledgement or refusal.
 *
 * The fences of HANDOVER 8 are looked at before every step, on what the host's own hierarchy
 * shows at that moment: another owner or a newer epoch stops a command half way. One that was
 * carried out is answered from memory when it is asked again; one that was refused is tried
 * again. What is remembered counts for the owner epoch under which it was asked: the store of a
 * manager that took over may be an older one or a new one, which gives the numbers of
 * operations and assignments once more.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/priv.h"
#include "common/map.h"
#include "common/mutant.h"
#include "common/str.h"
#include "common/xalloc.h"

/* What a refused write means (facts/linux-host.md 2.1). */
static const struct {
	int err;
	enum mr_reason reason;
	const char *text;
} refusals[] = {
	{-EBUSY, MR_REASON_BUSY, "the kernel says that it is busy"},
	{-ENOENT, MR_REASON_DRIVER_REFUSED, "no driver that has SR-IOV is bound"},
	{-ENOMEM, MR_REASON_NO_WINDOW, "no room for BARs or bus numbers (firmware, ARI)"},
	{-ENOSPC, MR_REASON_LIMIT, "no MSI-X vectors left"},
	{-ERANGE, MR_REASON_LIMIT, "more VFs than the device has"},
	{-EIO, MR_REASON_CONFLICT, "InitialVFs differs from TotalVFs, or the device fails"},
	{-ETIMEDOUT, MR_REASON_TIMEOUT, "the write did not return in time"},
	{-EACCES, MR_REASON_NOT_PERMITTED, "the agent lacks the right to write"},
	{-EPERM, MR_REASON_NOT_PERMITTED, "the agent lacks the right to write"},
	{-ENODEV, MR_REASON_DEVICE_GONE, "there is no such device"},
	{-EOPNOTSUPP, MR_REASON_UNSUPPORTED, "the device does not do that"},
	{-EAGAIN, MR_REASON_CONFLICT, "VFs are not enabled"},
	{-EINVAL, MR_REASON_INVALID, "the kernel refused the value"},
};

/* "1:7" (slot), "1:7.0" (PF) or "1:7.0.3" (LVF). */
static const char *place_text(const struct ag_place *p, char *buf, size_t size)
{
	if (p->way != AG_WAY_LVF)
		mr_fmt(buf, size, "%u:%u", p->port, p->bridge);
	else if (!p->slot)
		mr_fmt(buf, size, "%u:%u.%u", p->port, p->bridge, p->pf);
	else
		mr_fmt(buf, size, "%u:%u.%u.%u", p->port, p->bridge, p->pf, p->slot);
	return buf;
}

static struct ag_action *answer(struct ag_core *c, uint64_t op, enum mr_reason reason)
{
	struct ag_action *a = ag_emit(c, AG_ACT_ACK);

	a->op = op;
	a->reason = reason;
	return a;
}

static void refuse(struct ag_core *c, const struct ag_cmd *cmd, enum mr_reason reason,
		   const char *text)
{
	struct ag_action *a = answer(c, cmd->op, reason);

	mr_fmt(a->detail, sizeof(a->detail), "%s", text);
}

/* Cuts 'from' where it is too long: a sentence for people. */
static void put_text(char *to, size_t size, const char *from)
{
	mr_fmt(to, size, "%s", from);
}

static const struct ag_fn *fn_of(const struct ag_core *c, const struct ag_job *j)
{
	const struct ag_fn *f;

	return ag_look_at(c, &j->cmd.place, &f) ? f : NULL;
}

static void remember(struct ag_core *c, const struct ag_action *a, uint64_t owner_epoch)
{
	struct ag_done *d;

	if (c->dones < AG_DONE_MAX) {
		MR_GROW(c->done, c->dones, c->dones_cap);
		d = &c->done[c->dones++];
	} else {
		d = &c->done[c->done_oldest++ % AG_DONE_MAX];
	}
	d->op = a->op;
	d->owner_epoch = owner_epoch;
	put_text(d->detail, sizeof(d->detail), a->detail);
	d->has_fn = a->has_fn;
	d->fn = a->ack_fn;
}

/* Tells the manager, if it is the session that asked. */
static void tell(struct ag_core *c, const struct ag_job *j, const struct ag_action *a)
{
	if (c->state == AG_ACCEPTED && j->session == c->session)
		*ag_emit(c, AG_ACT_ACK) = *a;
}

void ag_job_end(struct ag_core *c, struct ag_job *j, enum mr_reason reason, const char *who,
		const char *fmt, ...)
{
	struct ag_action a = {.kind = AG_ACT_ACK, .op = j->cmd.op, .reason = reason};
	const struct ag_fn *f = fn_of(c, j);
	char place[48];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(a.detail, sizeof(a.detail), fmt, ap);
	va_end(ap);
	put_text(a.who, sizeof(a.who), who ? who : "");
	if (ag_quiesce_restores(c, j, reason, a.who, a.detail))
		return;
	if (f) {
		a.has_fn = true;
		a.ack_fn = *f;
		a.ack_fn.place.way = j->cmd.place.way;
	}
	j->over = true;
	if (j->cmd.op) {
		if (reason == MR_REASON_OK)
			remember(c, &a, j->cmd.owner_epoch);
		tell(c, j, &a);
	}
	ag_log(c, reason == MR_REASON_TIMEOUT || reason == MR_REASON_INTERNAL ? 2 : 1,
	       "operation %llu %s %s: %s%s%s", (unsigned long long)j->cmd.op,
	       ag_verb_name(j->cmd.verb), place_text(&j->cmd.place, place, sizeof(place)),
	       mr_reason_name(reason), a.detail[0] ? ", " : "", a.detail);
}

void ag_job_wait(struct ag_job *j, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(j->waits, sizeof(j->waits), fmt, ap);
	va_end(ap);
}

void ag_job_later(struct ag_core *c, struct ag_job *j)
{
	if (ag_job_may_write(c, j))
		j->retry = c->now.mono_ns + AG_POLL_NS;
	j->need = c->scans_started + 1;
}

bool ag_job_may_write(const struct ag_core *c, const struct ag_job *j)
{
	return j->retry <= c->now.mono_ns;
}

struct ag_action *ag_job_write(struct ag_core *c, struct ag_job *j, enum ag_write w,
			       const struct ag_fn *f, uint32_t value, const char *text)
{
	struct ag_action *a = ag_emit(c, AG_ACT_WRITE);
	char bdf[MR_BDF_TEXT];

	j->tag = a->tag = ++c->last_tag;
	j->write = w;
	a->write = w;
	a->rid = f ? f->rid : 0;
	a->domain = f ? f->domain : 0;
	a->place = j->cmd.place;
	a->value = value;
	a->deadline_ns = j->due;
	put_text(a->text, sizeof(a->text), text ? text : "");
	a->notes = w == AG_WR_HOOKS ? j->cmd.notes : NULL;
	ag_job_wait(j, "%s of %s", ag_write_name(w),
		    mr_pci_text(a->domain, a->rid, bdf) + (a->domain ? 0 : 5));
	return a;
}

void ag_job_refused(struct ag_core *c, struct ag_job *j)
{
	const char *name = ag_write_name(j->write);

	for (unsigned i = 0; i < MR_ARRAY_SIZE(refusals); i++)
		if (refusals[i].err == j->err) {
			ag_job_end(c, j, refusals[i].reason, NULL, "%s: %s", name,
				   refusals[i].text);
			return;
		}
	ag_job_end(c, j, MR_REASON_DRIVER_REFUSED, NULL, "%s: errno %d", name, -j->err);
}

static struct ag_job *find_op(const struct ag_core *c, const struct ag_cmd *cmd)
{
	for (unsigned i = 0; i < c->jobs; i++) {
		const struct ag_cmd *o = &c->job[i]->cmd;

		if (o->op == cmd->op && o->owner_epoch == cmd->owner_epoch && !c->job[i]->over)
			return c->job[i];
	}
	return NULL;
}

static bool replay(struct ag_core *c, const struct ag_cmd *cmd)
{
	for (unsigned i = 0; i < c->dones; i++) {
		const struct ag_done *d = &c->done[i];
		struct ag_action *a;

		if (d->op != cmd->op || d->owner_epoch != cmd->owner_epoch)
			continue;
		a = answer(c, cmd->op, MR_REASON_OK);
		put_text(a->detail, sizeof(a->detail), d->detail);
		a->has_fn = d->has_fn;
		a->ack_fn = d->fn;
		return true;
	}
	return false;
}

static uint64_t epoch_key(const struct ag_cmd *cmd)
{
	return cmd->owner_epoch << 32 | cmd->assignment;
}

static bool stale(const struct ag_core *c, const struct ag_cmd *cmd)
{
	uint64_t highest;

	return mr_map_get_u64(c->epoch, epoch_key(cmd), &highest) && cmd->epoch < highest &&
	       !MR_MUTANT(EPOCH_IGNORED_BY_AGENT);
}

/* Highest epoch of an assignment; the one that is longest unheard of makes room. */
static void note_epoch(struct ag_core *c, const struct ag_cmd *cmd)
{
	uint64_t oldest;
	size_t pos = 0;

	if (mr_map_count(c->epoch) >= AG_EPOCHS_MAX &&
	    mr_map_next(c->epoch, &pos, NULL, &oldest, &(uint64_t){0}))
		mr_map_del_u64(c->epoch, oldest);
	mr_map_set_u64(c->epoch, epoch_key(cmd), cmd->epoch);
}

static struct ag_job *new_job(struct ag_core *c, const struct ag_cmd *cmd)
{
	struct ag_job *j = MR_NEW(struct ag_job);

	j->cmd = *cmd;
	j->session = c->session;
	j->due = c->now.mono_ns + (cmd->deadline_ns ? cmd->deadline_ns : AG_DEADLINE_NS);
	j->result = AG_NO_WRITE;
	j->need = ag_want_scan(c);
	ag_job_wait(j, "a scan");
	MR_GROW(c->job, c->jobs, c->jobs_cap);
	c->job[c->jobs++] = j;
	return j;
}

/* What takes a function away does not wait behind what still waits for it to appear. */
static void overtake(struct ag_core *c, const struct ag_cmd *cmd)
{
	if (cmd->verb != AG_QUIESCE && cmd->verb != AG_RELEASE)
		return;
	for (unsigned i = 0; i < c->jobs; i++) {
		struct ag_job *j = c->job[i];

		if (!j->over && j->cmd.verb == AG_ACTIVATE &&
		    j->cmd.assignment == cmd->assignment && j->cmd.epoch == cmd->epoch)
			ag_job_end(c, j, MR_REASON_STALE_EPOCH, NULL, "%s is asked by now",
				   ag_verb_name(cmd->verb));
	}
}

static const char *malformed(const struct ag_cmd *cmd)
{
	if (!cmd->op)
		return "a command needs an operation id";
	if (cmd->verb >= AG_VERB_COUNT)
		return "unknown verb";
	if (cmd->place.way == AG_WAY_NONE || cmd->place.way > AG_WAY_DEVICE)
		return "a command needs a place";
	if (cmd->deadline_ns < 0 || cmd->deadline_ns > 86400 * MR_NS_PER_S)
		return "a deadline is between 0 and a day";
	return NULL;
}

/* A command of the manager; the answer comes as an ACK, now or later. */
void ag_job_add(struct ag_core *c, const struct ag_cmd *cmd)
{
	const char *bad = malformed(cmd);
	struct ag_job *j = find_op(c, cmd);

	if (c->state != AG_ACCEPTED)
		return;
	if (bad) {
		refuse(c, cmd, MR_REASON_INVALID, bad);
	} else if (stale(c, cmd)) {
		refuse(c, cmd, MR_REASON_STALE_EPOCH, "the assignment has a newer epoch here");
	} else if (j) {
		j->session = c->session;
	} else if (replay(c, cmd)) {
		return;
	} else if (c->jobs >= AG_JOBS_MAX) {
		refuse(c, cmd, MR_REASON_LIMIT, "too many commands at once");
	} else {
		note_epoch(c, cmd);
		overtake(c, cmd);
		new_job(c, cmd);
	}
}

/* Enables the VFs of a PF without a manager; one such job a PF. NULL if it is under way. */
struct ag_job *ag_job_alone(struct ag_core *c, const struct ag_place *place)
{
	struct ag_cmd cmd = {.verb = AG_ENABLE_VFS, .place = *place};

	for (unsigned i = 0; i < c->jobs; i++)
		if (!c->job[i]->cmd.op && !ag_place_cmp(&c->job[i]->cmd.place, place))
			return NULL;
	return c->jobs < AG_JOBS_MAX ? new_job(c, &cmd) : NULL;
}

/* The fences: true = the job was ended. */
static bool fenced(struct ag_core *c, struct ag_job *j)
{
	const struct ag_root *r = ag_look_root(c, j->cmd.place.port);

	if (!j->cmd.op)
		return false;
	if (stale(c, &j->cmd)) {
		ag_job_end(c, j, MR_REASON_STALE_EPOCH, NULL,
			   "the assignment has a newer epoch here");
	} else if (!r) {
		ag_job_end(c, j, MR_REASON_WRONG_SLOT, NULL, "this host has no root at port %u",
			   j->cmd.place.port);
	} else if (r->owner_epoch != j->cmd.owner_epoch) {
		ag_job_end(c, j, MR_REASON_STALE_OWNER, NULL,
			   "owner epoch %llu, the hierarchy shows %llu",
			   (unsigned long long)j->cmd.owner_epoch,
			   (unsigned long long)r->owner_epoch);
	}
	return j->over;
}

/* Two commands that would meet at the same function or slot. */
static bool meet(const struct ag_job *a, const struct ag_job *b)
{
	const struct ag_place *p = &a->cmd.place, *q = &b->cmd.place;

	if (p->port != q->port || p->bridge != q->bridge)
		return false;
	return p->way != AG_WAY_LVF || q->way != AG_WAY_LVF || !ag_place_cmp(p, q);
}

/* A write ended: its job, and those that wait behind it, go on after a fresh scan. */
void ag_job_written(struct ag_core *c, uint64_t tag, int err, uint32_t value)
{
	struct ag_job *j = NULL;

	for (unsigned i = 0; i < c->jobs && !j; i++)
		if (c->job[i]->tag && c->job[i]->tag == tag)
			j = c->job[i];
	if (!j)
		return;
	j->tag = 0;
	j->result = j->write;
	j->err = err;
	j->value = value;
	for (unsigned i = 0; i < c->jobs; i++)
		if (meet(c->job[i], j))
			c->job[i]->need = ag_want_scan(c);
}

static bool behind_another(const struct ag_core *c, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if ((!c->job[k]->over || c->job[k]->tag) && meet(c->job[k], c->job[i]))
			return true;
	return false;
}

static bool ready(const struct ag_core *c, unsigned i)
{
	const struct ag_job *j = c->job[i];

	return !j->over && !j->tag && j->need <= c->scans_done && !behind_another(c, i);
}

static void sweep(struct ag_core *c)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->jobs; i++) {
		if (c->job[i]->over && !c->job[i]->tag)
			free(c->job[i]);
		else
			c->job[n++] = c->job[i];
	}
	c->jobs = n;
}

/* Whether a job looks again from time to time: uevents can be lost. */
static bool polls(const struct ag_job *j)
{
	return !j->over && !j->tag;
}

/* Ends what is late, runs what can go on. */
void ag_jobs_run(struct ag_core *c)
{
	bool poll = false;

	for (unsigned i = 0; i < c->jobs; i++) {
		struct ag_job *j = c->job[i];

		if (!j->over && j->due <= c->now.mono_ns)
			ag_job_end(c, j, MR_REASON_TIMEOUT, NULL, "waited for %s", j->waits);
		if (ready(c, i) && !fenced(c, j)) {
			ag_verb_run(c, j);
			j->result = AG_NO_WRITE;
		}
	}
	sweep(c);
	for (unsigned i = 0; i < c->jobs; i++)
		poll = poll || polls(c->job[i]);
	if (poll && c->scan_at > c->now.mono_ns + AG_POLL_NS)
		c->scan_at = c->now.mono_ns + AG_POLL_NS;
}

/* The earliest deadline of a command. */
int64_t ag_jobs_deadline(const struct ag_core *c)
{
	int64_t t = MR_NEVER;

	for (unsigned i = 0; i < c->jobs; i++)
		if (!c->job[i]->over && c->job[i]->due < t)
			t = c->job[i]->due;
	return t;
}

void ag_jobs_free(struct ag_core *c)
{
	for (unsigned i = 0; i < c->jobs; i++)
		free(c->job[i]);
	free(c->job);
	free(c->done);
}
