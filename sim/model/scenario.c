/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A run: steps one after the other, each waiting for its time and its event, acting, and then
 * looking until what it expects holds or its time is over. Time goes from one thing that is due
 * to the next.
 */
#include "sim/model/scenario.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "sim/model/blade.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

#define EVENT_WAIT (60 * MR_NS_PER_S) /* for an event, where 'within' does not say */

/* Appends a line to the report. */
void scn_log(struct sim_scn_run *r, const char *kind, const char *fmt, ...)
{
	struct mr_buf text = {0};
	va_list ap;

	if (r->lines == SCN_LINES_MAX) {
		r->lines_lost++;
		return;
	}
	va_start(ap, fmt);
	mr_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	MR_GROW(r->line, r->lines, r->line_cap);
	r->line[r->lines++] = (struct scn_line){r->now.mono_ns - r->start,
						r->at < r->scn->steps ? r->at + 1 : 0, kind,
						mr_buf_steal(&text)};
}

/* The blade of a VH, or NULL. */
struct sim_blade *scn_blade(struct sim_scn_run *r, unsigned vh)
{
	return vh && vh <= r->blades ? r->blade[vh] : NULL;
}

/* ---- steps ---- */

static const struct scn_step *step_now(const struct sim_scn_run *r)
{
	return &r->scn->step[r->at];
}

/* When the step may act, as far as time says; the seed decides the jitter. */
static void begin_wait(struct sim_scn_run *r)
{
	const struct scn_step *s = step_now(r);
	int64_t due = r->now.mono_ns + s->after_ns;

	if (s->at_ns >= 0 && r->start + s->at_ns > due)
		due = r->start + s->at_ns;
	if (s->jitter_ns)
		due += (int64_t)mr_rng_below(&r->rng, (uint64_t)s->jitter_ns + 1);
	r->phase = SCN_WAIT;
	r->due = due;
	r->limit = due + (s->within_ns ? s->within_ns : EVENT_WAIT);
	r->skipped = s->chance < 100 && !mr_rng_chance(&r->rng, s->chance);
	r->round = 0;
}

static void finish(struct sim_scn_run *r, bool passed)
{
	r->phase = SCN_OVER;
	r->passed = passed;
	r->at = r->scn->steps;
	scn_log(r, "end", "%s", passed ? "passed" : "failed");
}

static void next_step(struct sim_scn_run *r)
{
	if (++r->at == r->scn->steps)
		finish(r, true);
	else
		begin_wait(r);
}

static void mark(struct sim_scn_run *r)
{
	r->event_mark = r->events;
	r->irq_mark = r->irqs;
	r->uevent_mark = r->uevents;
}

/* Does the step's thing once; false when the run is over by that. */
static bool act(struct sim_scn_run *r)
{
	const struct scn_step *s = step_now(r);
	struct mr_buf why = {0};
	int rc;

	if (!r->round)
		mark(r);
	rc = s->action->run(r, &s->a, &why);
	scn_watch(r);
	scn_log(r, "step", "%s%s%s: %s%s%s", s->name, s->name[0] ? ": " : "", s->action->key,
		rc ? "refused" : "done", why.len ? ", " : "", mr_buf_text(&why));
	mr_buf_done(&why);
	if (!rc == !s->refused)
		return true;
	scn_log(r, "failure", "expected it to be %s", s->refused ? "refused" : "done");
	finish(r, false);
	return false;
}

/* Looks at every expectation; with 'say' the outcome of each goes to the report. */
static bool look(struct sim_scn_run *r, bool say)
{
	const struct scn_step *s = step_now(r);
	bool all = true;

	for (unsigned i = 0; i < s->expects && (all || say); i++) {
		const struct scn_expect *e = &s->expect[i];
		struct mr_buf found = {0};
		bool holds = e->check->holds(r, &e->a, &found);

		all = all && holds;
		if (say) {
			scn_log(r, holds ? "holds" : "failure", "%s %s", e->check->key,
				mr_buf_text(&found));
			r->held += holds;
			r->missed += !holds;
		}
		mr_buf_done(&found);
	}
	return all;
}

/* Whether what the step waits for is there; at the end of its time the report says what is
 * not. */
static bool triggered(struct sim_scn_run *r, const struct scn_step *s)
{
	bool late = r->now.mono_ns >= r->limit, holds;
	struct mr_buf found = {0};

	if (s->has_on && !scn_event_count(r, &s->on, r->event_mark)) {
		if (late)
			scn_log(r, "failure", "no event %s came in time", s->on.word);
		return false;
	}
	if (!s->when)
		return true;
	holds = s->when->check->holds(r, &s->when->a, &found);
	if (!holds && late)
		scn_log(r, "failure", "waited for %s %s", s->when->check->key,
			mr_buf_text(&found));
	mr_buf_done(&found);
	return holds;
}

/* One move of the step; false when it has to wait. */
static bool wait_moves(struct sim_scn_run *r)
{
	const struct scn_step *s = step_now(r);

	if (r->now.mono_ns < r->due)
		return false;
	if (!triggered(r, s)) {
		if (r->now.mono_ns >= r->limit)
			finish(r, false);
		return false;
	}
	if (s->action && !r->skipped) {
		if (!act(r))
			return false;
		if (++r->round < s->repeat) {
			r->due = r->now.mono_ns + s->every_ns;
			return true;
		}
	} else {
		scn_log(r, "step", "%s%s%s", s->name, s->name[0] ? ": " : "",
			r->skipped ? "left out" : "reached");
	}
	r->phase = SCN_EXPECT;
	r->limit = r->now.mono_ns + s->within_ns;
	return true;
}

static bool expect_moves(struct sim_scn_run *r)
{
	bool all = look(r, false), late = r->now.mono_ns >= r->limit;

	if (!all && !late)
		return false;
	look(r, true);
	if (all)
		next_step(r);
	else
		finish(r, false);
	return true;
}

/* ---- time ---- */

static int64_t world_deadline(const struct sim_scn_run *r)
{
	int64_t due;

	if (r->live.settle) /* whoever drives it knows */
		return MR_NEVER;
	due = sim_chassis_deadline(r->c);
	for (unsigned vh = 1; vh <= r->blades; vh++)
		if (r->blade[vh] && sim_blade_deadline(r->blade[vh]) < due)
			due = sim_blade_deadline(r->blade[vh]);
	return due;
}

/* When it has something to do next. */
int64_t sim_scn_run_deadline(const struct sim_scn_run *r)
{
	int64_t due = world_deadline(r), mine;

	if (r->phase == SCN_OVER)
		return MR_NEVER;
	if (!r->begun)
		return r->now.mono_ns;
	mine = r->phase == SCN_WAIT && r->now.mono_ns < r->due ? r->due : r->limit;
	if (r->scn->poll_ns && r->poll_due < mine)
		mine = r->poll_due;
	return mine < due ? mine : due;
}

/* Chassis and blades at the present moment, until nothing is due. */
static void world_step(struct sim_scn_run *r)
{
	if (r->live.settle) {
		r->live.settle(r->live.arg);
		scn_watch(r);
		return;
	}
	do {
		sim_chassis_step(r->c, r->now);
		scn_watch(r);
		for (unsigned vh = 1; vh <= r->blades; vh++)
			if (r->blade[vh] && sim_blade_deadline(r->blade[vh]) <= r->now.mono_ns)
				sim_blade_step(r->blade[vh], r->now);
		scn_watch(r);
	} while (world_deadline(r) <= r->now.mono_ns);
}

static void moment(struct sim_scn_run *r)
{
	bool moved = true;

	r->begun = true;

	while (moved && r->phase != SCN_OVER) {
		world_step(r);
		if (r->scn->poll_ns && r->poll_due <= r->now.mono_ns) {
			scn_read_events(r);
			r->poll_due = r->now.mono_ns + r->scn->poll_ns;
		}
		moved = r->phase == SCN_WAIT ? wait_moves(r) : expect_moves(r);
	}
}

/* Does what is due until 'now', each thing at its own time; where others drive the chassis, it
 * looks at this moment only: no other can be had. */
void sim_scn_run_step(struct sim_scn_run *r, struct mr_now now)
{
	int64_t due;

	if (r->live.settle && r->phase != SCN_OVER) {
		r->now = now;
		moment(r);
		return;
	}
	while (r->phase != SCN_OVER && (due = sim_scn_run_deadline(r)) <= now.mono_ns) {
		if (due > r->now.mono_ns) {
			r->now.wall_ns += due - r->now.mono_ns;
			r->now.mono_ns = due;
		}
		moment(r);
	}
}

/* Whether it is over. */
bool sim_scn_run_over(const struct sim_scn_run *r)
{
	return r->phase == SCN_OVER;
}

/* Whether everything went as expected. */
bool sim_scn_run_passed(const struct sim_scn_run *r)
{
	return r->phase == SCN_OVER && r->passed;
}

/* The chassis of the run, which stays the run's. */
struct sim_chassis *sim_scn_run_chassis(struct sim_scn_run *r)
{
	return r->c;
}

/* ---- life ---- */

static struct sim_scn_run *new_run(const struct sim_scn *s, uint64_t seed, struct mr_now now,
				   struct sim_chassis *c)
{
	struct sim_scn_run *r = MR_NEW(struct sim_scn_run);

	r->scn = s;
	r->seed = seed;
	r->owner_id = SCN_OWNER;
	r->now = now;
	r->start = now.mono_ns;
	mr_rng_init(&r->rng, seed);
	r->c = c;
	r->blades = sim_chassis_hosts(c);
	r->blade = mr_xcalloc(r->blades + 1, sizeof(struct sim_blade *));
	r->poll_due = r->start + s->poll_ns;
	return r;
}

/* A run of a bound scenario: scenario.h. */
struct sim_scn_run *sim_scn_run_new(const struct sim_scn *s, const struct sim_desc *desc,
				    uint64_t seed, struct mr_now now)
{
	struct sim_scn_run *r = new_run(s, seed, now, sim_chassis_new(desc, now));

	for (unsigned vh = 1; vh <= r->blades; vh++)
		if (sim_host_name(r->c, (uint16_t)vh))
			r->blade[vh] = sim_blade_new(r->c, (uint16_t)vh, mr_rng_next(&r->rng));
	if (s->owner)
		scn_take_over(r);
	begin_wait(r);
	return r;
}

/* A run that joins a chassis which others drive: scenario.h. */
struct sim_scn_run *sim_scn_run_join(const struct sim_scn *s, const struct sim_scn_live *live,
				     uint64_t seed, struct mr_now now, struct mr_err *err)
{
	const struct sim_chassis *c = live->chassis;
	struct sim_scn_run *r;

	if (s->owner && c->owner_epoch && c->owner_id != SCN_OWNER) {
		mr_err_set(err, -EBUSY, MR_REASON_CONFLICT,
			   "the chassis has an owner (%llu, epoch %llu), whom 'owner: true' "
			   "would depose: expected 'owner: false'",
			   (unsigned long long)c->owner_id, (unsigned long long)c->owner_epoch);
		return NULL;
	}
	r = new_run(s, seed, now, live->chassis);
	r->live = *live;
	r->live.blade = NULL;
	r->cursor = c->head;
	for (unsigned vh = 1; vh <= r->blades && vh <= live->blades; vh++)
		r->blade[vh] = live->blade[vh];
	for (unsigned vh = 1; vh <= r->blades; vh++)
		if (r->blade[vh]) /* one seed, one jitter: boot ids of blades of its own */
			mr_rng_next(&r->rng);
	if (s->owner)
		scn_take_over(r);
	begin_wait(r);
	return r;
}

/* NULL is accepted. */
void sim_scn_run_free(struct sim_scn_run *r)
{
	if (!r)
		return;
	for (unsigned vh = 1; !r->live.settle && vh <= r->blades; vh++)
		sim_blade_free(r->blade[vh]);
	for (unsigned i = 0; i < r->lines; i++)
		free(r->line[i].text);
	for (unsigned i = 0; i < r->uevents; i++)
		free(r->uevent[i].text);
	if (!r->live.settle)
		sim_chassis_free(r->c);
	free(r->blade);
	free(r->line);
	free(r->uevent);
	free(r->event);
	free(r);
}
