/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events in, actions out: when to scan, what the session with the manager needs next, and who
 * may act while there is no manager. Commands live in job.c.
 *
 * Every decision is taken on a scan that started after what it decides about: a command, a
 * challenge or a write that ended asks for a fresh scan (ag_want_scan) and goes on when that
 * one is in. Uevents only say "look": their order and their names mean nothing here.
 */
#include "agent/core/core.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/priv.h"
#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"

static const char *const verb_names[] = {
#define X(name, text) text,
	AG_VERBS(X)
#undef X
};

static const char *const write_names[] = {
#define X(name, text) text,
	AG_WRITES(X)
#undef X
};

/* The word for a verb, "?" for a number that is none. */
const char *ag_verb_name(unsigned verb)
{
	return verb < AG_VERB_COUNT ? verb_names[verb] : "?";
}

/* The word for a kind of write, "?" for a number that is none. */
const char *ag_write_name(unsigned write)
{
	return write < AG_WRITE_COUNT ? write_names[write] : "?";
}

/* Frees what the actions own and forgets them; the list keeps its memory. */
void ag_actions_reset(struct ag_actions *a)
{
	for (unsigned i = 0; i < a->n; i++) {
		free(a->item[i].fn);
		free(a->item[i].gone);
		free(a->item[i].own);
	}
	a->n = 0;
}

/* Frees the list; 'a' is empty and usable afterwards. */
void ag_actions_done(struct ag_actions *a)
{
	ag_actions_reset(a);
	free(a->item);
	*a = (struct ag_actions){0};
}

/* Appends an empty action of a kind to the running step. */
struct ag_action *ag_emit(struct ag_core *c, enum ag_action_kind kind)
{
	struct ag_actions *out = c->out;
	struct ag_action *a;

	MR_GROW(out->item, out->n, out->cap);
	a = &out->item[out->n++];
	*a = (struct ag_action){.kind = kind};
	return a;
}

/* One line for the log; level 1 info, 2 warn, 3 error. */
void ag_log(struct ag_core *c, int level, const char *fmt, ...)
{
	struct ag_action *a = ag_emit(c, AG_ACT_LOG);
	va_list ap;

	a->level = level;
	va_start(ap, fmt);
	vsnprintf(a->detail, sizeof(a->detail), fmt, ap);
	va_end(ap);
}

uint64_t ag_want_scan(struct ag_core *c)
{
	c->scan_now = true;
	return c->scans_started + 1;
}

/* A core that knows nothing yet and is not connected; ag_core_free. */
struct ag_core *ag_core_new(void)
{
	struct ag_core *c = MR_NEW(struct ag_core);

	c->scan_at = MR_NEVER;
	c->heartbeat_at = MR_NEVER;
	c->offline_since = -1;
	c->alone_ns = AG_ALONE_NS;
	c->epoch = mr_map_new();
	return c;
}

/* Frees a core; NULL is accepted. */
void ag_core_free(struct ag_core *c)
{
	if (!c)
		return;
	ag_jobs_free(c);
	ag_look_done(&c->seen);
	mr_map_free(c->epoch);
	free(c->reported);
	free(c->own);
	free(c);
}

void ag_core_set_alone(struct ag_core *c, int64_t ns)
{
	c->alone_ns = ns;
}

static void put_roots(struct ag_core *c, struct ag_action *a)
{
	a->roots = c->seen.roots;
	memcpy(a->root, c->seen.root, a->roots * sizeof(a->root[0]));
}

static void report(struct ag_core *c, bool full)
{
	struct ag_action r = {.kind = AG_ACT_REPORT};

	if (ag_look_report(c, full, &r)) {
		*ag_emit(c, AG_ACT_REPORT) = r;
		return;
	}
	free(r.fn);
	free(r.gone);
	free(r.own);
}

static bool same_roots(const struct ag_root *a, unsigned n, const struct ag_root *b, unsigned m)
{
	unsigned found = 0;

	for (unsigned i = 0; i < n; i++)
		for (unsigned k = 0; k < m; k++)
			found += a[i].port == b[k].port && mr_streq(a[i].serial, b[k].serial);
	return n == m && found == n;
}

/*
 * A root that came or went is said in another hello, before anything of what is behind it: the
 * manager takes no word about a root that was not challenged. Without any root there is nothing
 * to say.
 */
static bool says_again(struct ag_core *c)
{
	if ((c->state != AG_HELLO_SENT && c->state != AG_ACCEPTED) || !c->seen.roots ||
	    same_roots(c->said, c->saids, c->seen.root, c->seen.roots))
		return false;
	c->session++; /* what was asked is asked again */
	c->state = AG_LOOKING;
	c->hello_need = ag_want_scan(c);
	c->answer_due = false;
	return true;
}

/* What the session waits for, now that a scan is in. */
static void session_look(struct ag_core *c)
{
	if (says_again(c))
		return;
	if (c->state == AG_LOOKING && c->scans_done >= c->hello_need) {
		struct ag_action *a = ag_emit(c, AG_ACT_HELLO);

		put_roots(c, a);
		memcpy(c->said, c->seen.root, sizeof(c->said));
		c->saids = c->seen.roots;
		a->vf_migration = ag_look_vf_migration(c);
		a->isolation = c->seen.isolation;
		c->state = AG_HELLO_SENT;
		c->heartbeat_at = c->now.mono_ns + AG_HEARTBEAT_NS;
	}
	if (c->answer_due && c->scans_done >= c->answer_need) {
		put_roots(c, ag_emit(c, AG_ACT_ANSWER));
		c->answer_due = false;
	}
	if (c->state == AG_ACCEPTED)
		report(c, false);
}

static void on_scan(struct ag_core *c, const struct ag_scan *scan)
{
	if (!c->scanning)
		return;
	c->scanning = false;
	if (!scan || scan->failed) {
		c->scan_at = c->now.mono_ns + AG_RETRY_NS;
		return;
	}
	ag_look_take(c, scan);
	c->scans_done = c->scans_started;
	session_look(c);
}

static void on_connected(struct ag_core *c)
{
	c->session++;
	c->state = AG_LOOKING;
	c->hello_need = ag_want_scan(c);
	c->answer_due = false;
	c->heartbeat_at = MR_NEVER;
}

static void on_disconnected(struct ag_core *c)
{
	if (c->state == AG_ACCEPTED)
		c->offline_since = c->now.mono_ns;
	c->state = AG_OFFLINE;
	c->answer_due = false;
	c->heartbeat_at = MR_NEVER;
}

static void on_accepted(struct ag_core *c)
{
	if (c->state != AG_HELLO_SENT && c->state != AG_ACCEPTED)
		return;
	c->state = AG_ACCEPTED;
	report(c, true);
}

static void on_challenge(struct ag_core *c)
{
	if (c->state == AG_OFFLINE)
		return;
	c->answer_due = true;
	c->answer_need = ag_want_scan(c);
}

static void handle(struct ag_core *c, const struct ag_event *ev)
{
	switch (ev->kind) {
	case AG_EV_CONNECTED:
		on_connected(c);
		break;
	case AG_EV_DISCONNECTED:
		on_disconnected(c);
		break;
	case AG_EV_CHALLENGE:
		on_challenge(c);
		break;
	case AG_EV_ACCEPTED:
		on_accepted(c);
		break;
	case AG_EV_COMMAND:
		ag_job_add(c, ev->cmd);
		break;
	case AG_EV_SCAN:
		on_scan(c, ev->scan);
		break;
	case AG_EV_UEVENT:
		if (c->scan_at > c->now.mono_ns + AG_FOLD_NS)
			c->scan_at = c->now.mono_ns + AG_FOLD_NS;
		break;
	case AG_EV_WRITTEN:
		ag_job_written(c, ev->tag, ev->err, ev->value);
		break;
	case AG_EV_SHUTDOWN:
		if (c->state != AG_OFFLINE)
			ag_emit(c, AG_ACT_GOODBYE);
		break;
	case AG_EV_REPORT_ACKED:
	case AG_EV_TIMER:
		break;
	}
}

/* When the agent may act for itself; MR_NEVER while it has a manager. */
static int64_t alone_at(const struct ag_core *c)
{
	int64_t t;

	if (c->state == AG_ACCEPTED || c->alone_ns == MR_NEVER || c->offline_since < 0)
		return MR_NEVER;
	t = c->offline_since + c->alone_ns;
	return t > c->alone_next ? t : c->alone_next;
}

/* A PF whose VFs nobody enabled since the host started. */
static bool idle_pf(const struct ag_fn *f)
{
	return f->pf && f->vf_migration && !f->orphans && !f->numvfs && f->totalvfs;
}

static void act_alone(struct ag_core *c)
{
	if (alone_at(c) > c->now.mono_ns || !c->looked)
		return;
	c->alone_next = c->now.mono_ns + AG_RESCAN_NS;
	for (unsigned i = 0; i < c->seen.fns; i++)
		if (idle_pf(&c->seen.fn[i]))
			ag_job_alone(c, &c->seen.fn[i].place);
}

static void heartbeat(struct ag_core *c)
{
	if (c->heartbeat_at > c->now.mono_ns)
		return;
	ag_emit(c, AG_ACT_HEARTBEAT)->revision = c->revision;
	c->heartbeat_at = c->now.mono_ns + AG_HEARTBEAT_NS;
}

static void scan_if_due(struct ag_core *c)
{
	int64_t now = c->now.mono_ns;
	struct ag_action *a;

	if (c->scanning || (!c->scan_now && now < c->scan_at && now < c->rescan_at))
		return;
	c->scanning = true;
	c->scan_now = false;
	c->scan_at = MR_NEVER;
	c->rescan_at = now + AG_RESCAN_NS;
	a = ag_emit(c, AG_ACT_SCAN);
	a->tag = ++c->scans_started;
	a->isolation_wanted = c->state == AG_LOOKING;
}

/*
 * One event; actions are appended to 'out' in the order in which they are to be done. A report
 * of what a scan showed comes before the acknowledgements that rest on it.
 */
void ag_core_step(struct ag_core *c, struct mr_now now, const struct ag_event *ev,
		  struct ag_actions *out)
{
	c->now = now;
	c->out = out;
	if (c->offline_since < 0)
		c->offline_since = now.mono_ns;
	handle(c, ev);
	act_alone(c);
	ag_jobs_run(c);
	heartbeat(c);
	scan_if_due(c);
	c->out = NULL;
}

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* When the next AG_EV_TIMER is due (monotonic), at the latest. */
int64_t ag_core_deadline(const struct ag_core *c)
{
	int64_t t = earlier(c->heartbeat_at, ag_jobs_deadline(c)), alone = alone_at(c);

	if (!c->scanning)
		t = earlier(t, earlier(c->scan_at, c->rescan_at));
	if (alone > c->now.mono_ns)
		t = earlier(t, alone);
	return t;
}
