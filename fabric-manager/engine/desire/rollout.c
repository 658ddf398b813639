// SPDX-License-Identifier: Apache-2.0
/*
 * When a step that takes something from a running assignment may begin, if a document was
 * edited (POLICY, "Change classes"): approval, windows, the host's restart, and how many hosts
 * of a group are disturbed at one time. Fail-over, operators' verbs and what a lost device
 * forces are not governed. Each plan asks anew, so what is held needs no record; that a rollout
 * is paused or cancelled, and what was approved, is durable.
 */
#include "fabric-manager/engine/desire/rollout.h"

#include "fabric-manager/engine/desire/rootloss.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/history.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/engine/state/wanted.h"

/* Why a step has not begun, in words. */
const char *fm_held_text(enum fm_held h)
{
	static const char *const texts[] = {
#define X(name, word, text) text,
		FM_HELDS(X)
#undef X
	};

	return texts[h];
}

/* What it waits for, as one word. */
const char *fm_held_name(enum fm_held h)
{
	static const char *const names[] = {
#define X(name, word, text) word,
		FM_HELDS(X)
#undef X
	};

	return names[h];
}

/* The state as it is shown. */
const char *fm_rollout_state_name(enum fm_rollout_state s)
{
	static const char *const names[] = {
#define X(name, text) text,
		FM_ROLLOUT_STATES(X)
#undef X
	};

	return names[s];
}

/* ---- what is durable ---- */

static void record(struct fm_engine *e, bool erase)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_OPERATION);
	const struct fm_rollout *o = &e->rollout;

	r->erase = erase;
	r->operation.id = o->op;
	r->operation.kind = FM_REC_ROLLOUT;
	r->operation.value = o->state;
	r->operation.version = o->version;
	r->operation.approved = o->undoes || o->undo_next;
	memcpy(r->operation.detail, o->detail, sizeof(o->detail));
}

static void record_asked(struct fm_engine *e, const struct fm_asked *a, bool erase)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_OPERATION);

	r->erase = erase;
	r->operation.id = a->op;
	r->operation.kind = FM_REC_UPDATE;
	r->operation.approved = a->approved;
	r->operation.version = e->rollout.version;
	mr_copy(r->operation.detail, sizeof(r->operation.detail), a->profile);
}

static void set_state(struct fm_engine *e, enum fm_rollout_state s, const char *why)
{
	char text[FM_DETAIL_MAX];

	mr_fmt(text, sizeof(text), "%s", why);
	e->rollout.state = s;
	memcpy(e->rollout.detail, text, sizeof(text));
	record(e, false);
}

static void forget_asked(struct fm_engine *e, unsigned i)
{
	record_asked(e, &e->asked[i], true);
	e->asked[i] = e->asked[--e->askeds];
}

/* ---- which steps are governed ---- */

static const struct fm_update *update_of(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_profile *p = fm_profile_find(e->desired, a->a.profile);

	return &e->desired->update[p ? p->update : 0];
}

/* Whether it is an edit that takes 'a' away: not an operator's verb, a fail-over, or a device
 * that is gone. */
static bool governed(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_rec_override *o = fm_override_get(e, a->a.profile);

	if (!fm_asg_runs(a) || a->a.going || a->by_verb || a->stranger || fm_rootloss_of(e, a))
		return false;
	if (o && !mr_streq(o->host, a->a.host))
		return false;
	return fm_seen_adapter(e, a->a.fn) && fm_fn_get(&e->inv, a->a.fn) &&
	       !fm_is_quarantined(e, a->a.fn);
}

/* ---- hosts at one time ---- */

static int host_index(const struct fm_engine *e, const char *name)
{
	const struct fm_host_def *h = fm_host_def(e, name);

	return h ? (int)(h - e->desired->host) : -1;
}

static unsigned hosts_of(const struct fm_engine *e, int group)
{
	unsigned n = 0;

	for (unsigned i = 0; i < e->desired->hosts; i++)
		n += e->desired->host[i].group == group && !e->desired->host[i].spare;
	return n;
}

static unsigned disturbed_of(const struct fm_engine *e, const struct fm_turns *t, int group)
{
	unsigned n = 0;

	for (unsigned i = 0; i < e->desired->hosts; i++)
		n += t->disturbed[i] && e->desired->host[i].group == group;
	return n;
}

/* A host on which a step is under way already takes the next one along. */
static bool has_turn(const struct fm_engine *e, struct fm_turns *t, const struct fm_update *u,
		     int host)
{
	int group;

	if (host < 0 || t->disturbed[host] || !u->max_unavailable)
		return true;
	group = e->desired->host[host].group;
	return disturbed_of(e, t, group) < fm_update_at_once(u, hosts_of(e, group));
}

/* ---- approval ---- */

static struct fm_asked *asked_of(struct fm_engine *e, const char *profile)
{
	for (unsigned i = 0; i < e->askeds; i++)
		if (mr_streq(e->asked[i].profile, profile))
			return &e->asked[i];
	return NULL;
}

static bool approved(struct fm_engine *e, const struct fm_asg *a, enum fm_class c)
{
	struct fm_asked *k = asked_of(e, a->a.profile);

	if (!k) {
		MR_GROW(e->asked, e->askeds, e->cap_askeds);
		k = &e->asked[e->askeds++];
		*k = (struct fm_asked){.op = fm_next_op(e)};
		mr_copy(k->profile, sizeof(k->profile), a->a.profile);
		record_asked(e, k, false);
		fm_note(e, MR_REASON_NEEDS_APPROVAL, k->profile,
			"class %s: banyan approve %llu lets the edit reach %s on %s",
			fm_class_name(c), (unsigned long long)k->op, k->profile, a->a.host);
	}
	k->wanted = true;
	k->change_class = c;
	return k->approved;
}

/* ---- what became of it ---- */

enum outcome {
	OUT_UNDER_WAY,
	OUT_GOOD,
	OUT_FAILED
};

/* 'planned': a plan has been made since, so who is Pending has no place. */
static enum outcome outcome_of(const struct fm_asg *a, bool planned)
{
	if (a->step != FM_STEP_NONE || a->resume || a->a.going || a->next.set)
		return OUT_UNDER_WAY;
	if (fm_asg_up(a))
		return a->a.paused ? OUT_FAILED : OUT_GOOD;
	switch (a->a.phase) {
	case FM_PHASE_DEGRADED:
	case FM_PHASE_FAILED:
		return OUT_FAILED;
	case FM_PHASE_PENDING:
		return planned && a->a.reason != MR_REASON_OK ? OUT_FAILED : OUT_UNDER_WAY;
	default:
		return OUT_UNDER_WAY;
	}
}

/* The documents before this version come into force again. */
static bool roll_back(struct fm_engine *e, const char *why)
{
	uint64_t from = e->base.version;
	const struct fm_version *v = fm_history_get(e, from - 1);
	char how[MR_NAME_MAX];
	struct fm_base b;

	if (!v || v->unreads || v->broken || e->rollout.undoes)
		return false;
	mr_fmt(how, sizeof(how), "rollout failed, back to %llu",
	       (unsigned long long)v->rec.version);
	fm_base_copy(&b, &v->base);
	fm_note(e, MR_REASON_CONFLICT, "rollout",
		"of version %llu: %s; version %llu is put back", (unsigned long long)from, why,
		(unsigned long long)v->rec.version);
	fm_base_commit(e, &b, &(struct fm_origin){"rollout", "", how});
	e->rollout.undo_next = true;
	record(e, false);
	return true;
}

static void failed(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_update *u = update_of(e, a);
	char why[FM_DETAIL_MAX], name[FM_ASSIGNMENT_TEXT];

	a->roll_failed = e->some_roll_failed = true;
	mr_fmt(why, sizeof(why), "%s on %s: %s", fm_assignment_text(&a->a, name), a->a.host,
	       a->a.detail[0] ? a->a.detail : fm_phase_name(a->a.phase));
	if (e->rollout.state != FM_ROLLOUT_RUNNING)
		return;
	if (u->on_failure == FM_ON_FAILURE_CONTINUE) {
		a->rolled = a->roll_failed = false;
		fm_note(e, a->a.reason, "rollout", "goes on after a failure: %s", why);
		return;
	}
	if (u->on_failure == FM_ON_FAILURE_ROLLBACK && roll_back(e, why))
		return;
	set_state(e, FM_ROLLOUT_PAUSED, why);
	fm_note(e, a->a.reason, "rollout",
		"alarm: paused: %s; `banyan resume` goes on, `banyan cancel` leaves the rest "
		"as "
		"it is",
		why);
}

static void check(struct fm_engine *e, bool planned)
{
	uint64_t version = e->base.version;
	struct fm_asg *a;

	if (!e->some_turned)
		return;
	FM_FOREACH_ASG(e, a)
	{
		enum outcome o = a->rolled ? outcome_of(a, planned) : OUT_UNDER_WAY;

		if (o == OUT_UNDER_WAY)
			continue;
		if (o == OUT_GOOD) {
			a->rolled = a->roll_failed = false;
			fm_plan_soon(e, 0); /* the next one's turn, or the end */
		} else if (!a->roll_failed) {
			failed(e, a);
			fm_plan_soon(e, 0);
		}
		if (e->base.version != version)
			return; /* rolled back: the new version starts afresh */
	}
}

/* Assignments came to rest: did what was begun succeed? */
void fm_rollout_check(struct fm_engine *e)
{
	check(e, false);
}

/* ---- one plan ---- */

/* A version came into force: what was said of the rollout before does not hold for it. */
static void new_version(struct fm_engine *e)
{
	struct fm_rollout *o = &e->rollout;

	while (e->askeds)
		forget_asked(e, 0);
	if (o->op)
		record(e, true);
	*o = (struct fm_rollout){.version = e->base.version, .undoes = o->undo_next};
	for (unsigned i = 0; e->some_roll_failed && i < e->asgs; i++)
		e->asg[i]->roll_failed = false;
	e->some_roll_failed = false;
}

/* Starts asking. */
void fm_turns_begin(struct fm_engine *e, struct fm_turns *t)
{
	struct fm_asg *a;

	*t = (struct fm_turns){.opens = MR_NEVER};
	t->disturbed = mr_xcalloc(e->desired->hosts + 1, sizeof(*t->disturbed));
	if (e->rollout.version != e->base.version)
		new_version(e);
	for (unsigned i = 0; i < e->askeds; i++)
		e->asked[i].wanted = false;
	if (!e->some_turned)
		return;
	e->some_turned = false;
	FM_FOREACH_ASG(e, a)
	{
		int host = a->rolled && !a->roll_failed ? host_index(e, a->a.host) : -1;

		a->held = FM_HELD_NOT;
		e->some_turned |= a->rolled || a->by_verb;
		if (host >= 0)
			t->disturbed[host] = true;
	}
}

static enum fm_held held_by(struct fm_engine *e, struct fm_turns *t, const struct fm_asg *a,
			    enum fm_class c)
{
	const struct fm_update *u = update_of(e, a);
	const struct fm_host *h = fm_host_by_port(&e->inv, a->a.chassis, a->a.place.port);
	const struct fm_hst *st = fm_host(e, a->a.host, false);
	const struct fm_profile *p = fm_profile_find(e->desired, a->a.profile);
	int64_t opens;

	if (p && p->suspended)
		return FM_HELD_SUSPENDED;
	if (a->a.paused)
		return FM_HELD_REFUSED;
	if (e->rollout.state == FM_ROLLOUT_PAUSED)
		return FM_HELD_PAUSED;
	if (e->rollout.state == FM_ROLLOUT_CANCELLED)
		return FM_HELD_CANCELLED;
	if ((u->strategy == FM_STRATEGY_MANUAL || u->asks >> c & 1) && !approved(e, a, c))
		return FM_HELD_APPROVAL;
	if (!fm_update_open(u, e->now.wall_ns, &opens)) {
		t->opens = fm_min64(t->opens, opens);
		return FM_HELD_WINDOW;
	}
	if (u->strategy == FM_STRATEGY_ON_HOST_RESTART && h && h->power && h->link &&
	    !(st && st->restarted))
		return FM_HELD_RESTART;
	return has_turn(e, t, u, host_index(e, a->a.host)) ? FM_HELD_NOT : FM_HELD_TURN;
}

/* Whether a step of the plan that takes 'a' from its host, or binds it anew, may begin now. */
bool fm_turns_may(struct fm_engine *e, struct fm_turns *t, struct fm_asg *a,
		  enum fm_class change_class)
{
	int host;

	if (!governed(e, a))
		return true;
	if (!e->rollout.op) {
		e->rollout.op = fm_next_op(e);
		set_state(e, FM_ROLLOUT_RUNNING, "");
	}
	a->held = held_by(e, t, a, change_class);
	e->some_turned |= a->held != FM_HELD_NOT;
	if (a->held != FM_HELD_NOT) {
		t->held++;
		return false;
	}
	host = host_index(e, a->a.host);
	if (host >= 0)
		t->disturbed[host] = true;
	a->rolled = e->some_turned = true;
	a->roll_failed = false;
	return true;
}

/* Whether a change of class Count, which `update.allow` names, may begin without a yes: not
 * while the rollout is stopped, nor outside the windows. */
bool fm_turns_may_count(struct fm_engine *e, struct fm_turns *t)
{
	const struct fm_update *u = &e->desired->update[0];
	int64_t opens;

	if (e->rollout.state == FM_ROLLOUT_PAUSED || e->rollout.state == FM_ROLLOUT_CANCELLED)
		return false;
	if (fm_update_open(u, e->now.wall_ns, &opens))
		return true;
	t->opens = fm_min64(t->opens, opens);
	return false;
}

static unsigned count_rolled(const struct fm_engine *e)
{
	const struct fm_asg *a;
	unsigned n = 0;

	FM_FOREACH_ASG(e, a)
	{
		n += a->rolled;
	}
	return n;
}

/* Ends asking: forgets what is asked no more, and sets the clock for the next window. */
void fm_turns_end(struct fm_engine *e, struct fm_turns *t)
{
	size_t pos = 0;
	uint64_t v;

	free(t->disturbed);
	for (unsigned i = 0; e->some_turned && i < e->asgs; i++)
		e->asg[i]->by_verb = false; /* what a verb sends is on its way now */
	while (mr_map_next(e->host_by_name, &pos, NULL, NULL, &v))
		((struct fm_hst *)(uintptr_t)v)->restarted = false;
	for (unsigned i = e->askeds; i-- > 0;)
		if (!e->asked[i].wanted && !e->asked[i].approved)
			forget_asked(e, i);
	e->rollout.held = t->held;
	if (t->opens != MR_NEVER && t->opens != e->window_opens) {
		e->window_opens = t->opens;
		fm_timer_set(e, FM_TM_WINDOW, 0, e->now.mono_ns + t->opens - e->now.wall_ns);
	}
	check(e, true);
	if (e->rollout.op && !t->held && !count_rolled(e)) {
		if (e->rollout.state == FM_ROLLOUT_RUNNING)
			fm_note(e, MR_REASON_OK, "rollout", "of version %llu ended",
				(unsigned long long)e->rollout.version);
		record(e, true);
		e->rollout = (struct fm_rollout){.version = e->rollout.version};
		while (e->askeds)
			forget_asked(e, 0);
	}
}

/* ---- operators ---- */

/* Goes on; what failed is tried once more. */
void fm_rollout_resume(struct fm_engine *e)
{
	struct fm_asg *a;

	set_state(e, FM_ROLLOUT_RUNNING, "");
	e->intent = true;
	FM_FOREACH_ASG(e, a)
	{
		if (a->held == FM_HELD_REFUSED)
			a->a.paused = false;
		if (!a->roll_failed)
			continue;
		a->roll_failed = a->a.paused = false;
		if (a->step == FM_STEP_NONE && fm_asg_runs(a) && !fm_asg_up(a)) {
			a->step = FM_STEP_ACTIVATE;
			fm_asg_poke(e, a);
		} else if (a->a.phase == FM_PHASE_PENDING) {
			a->a.reason = MR_REASON_OK;
		} else {
			a->rolled = false; /* it runs as before: the plan takes it again */
		}
	}
	fm_plan_soon(e, 0);
}

/* What has not begun does not. */
void fm_rollout_cancel(struct fm_engine *e)
{
	struct fm_asg *a;

	set_state(e, FM_ROLLOUT_CANCELLED, "");
	e->intent = true;
	FM_FOREACH_ASG(e, a)
	{
		if (a->roll_failed)
			a->rolled = a->roll_failed = false;
	}
	fm_plan_soon(e, 0);
}

/* A profile's step that waits for `approve`, by operation or profile; NULL = none. */
struct fm_asked *fm_rollout_asked(struct fm_engine *e, const char *name)
{
	uint64_t id = 0;
	bool number = !mr_parse_u64(name, UINT64_MAX, false, &id, NULL);

	for (unsigned i = 0; i < e->askeds; i++)
		if (!e->asked[i].approved &&
		    ((number && e->asked[i].op == id) || mr_streq(e->asked[i].profile, name)))
			return &e->asked[i];
	return NULL;
}

/* The operator said yes. */
void fm_rollout_approve(struct fm_engine *e, struct fm_asked *a)
{
	a->approved = true;
	record_asked(e, a, false);
	e->intent = true;
	fm_plan_soon(e, 0);
}
