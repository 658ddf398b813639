/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whom a plan interrupts, and for how long: each change is held against what runs now. A
 * running assignment is counted once for each change that stops it; a change that gives, or
 * alters attributes in place, stops nobody.
 */
#include "fabric-manager/engine/desire/impact.h"

#include <stdlib.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/engine/state/seen.h"

#define NAMED_MAX 8 /* of those that exceed */

static bool is_running(const struct fm_asg *a)
{
	return a && fm_asg_runs(a) && !a->a.going;
}

/* The running assignment that a change stops, or NULL. */
static const struct fm_asg *stopped(const struct fm_trial *t, const struct fm_change *c)
{
	const struct fm_asg *a = c->current >= 0 ? t->owner[c->current] : NULL;
	bool stops = c->kind == FM_CHANGE_MOVE || c->kind == FM_CHANGE_REBIND ||
		     c->kind == FM_CHANGE_RELEASE || c->kind == FM_CHANGE_PREEMPT ||
		     c->kind == FM_CHANGE_PARK;

	return stops && is_running(a) ? a : NULL;
}

/* Out of where it is and in again where it will be. */
static struct fm_expect back_again(const struct fm_engine *e, const struct fm_asg *a,
				   struct fm_fn_id fn, enum fm_way way, const char *host)
{
	struct fm_expect out = fm_expect_out(e, a), in = fm_expect_in(e, fn, way, host);

	return (struct fm_expect){out.ns + in.ns, out.measured && in.measured};
}

static void add_time(struct mr_tree *m, const struct fm_expect *x, struct fm_impact *sum)
{
	int64_t ms = (x->ns + MR_NS_PER_MS - 1) / MR_NS_PER_MS;
	char text[32];

	/* more than two digits are more than it is worth; a bound is never rounded down */
	if (ms >= 10000)
		ms = (ms + 999) / 1000 * 1000;
	else if (ms >= 1000)
		ms = (ms + 99) / 100 * 100;
	mr_tree_add_fmt(m, "interruption", "%s%s",
			mr_time_text(ms * MR_NS_PER_MS, text, sizeof(text)),
			x->measured ? "" : " at most, not measured yet");
	mr_tree_add_int(m, "interruptionMs", ms);
	mr_tree_add_text(m, "basis", x->measured ? "measured" : "deadlines");
	if (ms * MR_NS_PER_MS > sum->most.ns)
		sum->most = (struct fm_expect){ms * MR_NS_PER_MS, x->measured};
}

static void one(const struct fm_engine *e, const struct fm_trial *t, const struct fm_change *c,
		struct mr_tree *m, struct fm_impact *sum)
{
	const struct fm_asg *a = stopped(t, c);
	const struct fm_placed *p;
	struct fm_expect x;

	if (!a)
		return;
	sum->interrupted++;
	if (c->kind == FM_CHANGE_PARK) {
		mr_tree_add_text(m, "interruption", "until others have moved");
		return;
	}
	if (c->kind == FM_CHANGE_RELEASE || c->kind == FM_CHANGE_PREEMPT) {
		mr_tree_add_text(m, "interruption",
				 c->kind == FM_CHANGE_RELEASE ? "for good"
							      : "until there is room");
		return;
	}
	p = &t->plan->placed[c->claim];
	x = back_again(e, a, p->fn, p->place.way,
		       t->desired->host[t->desired->claim[c->claim].host].name);
	add_time(m, &x, sum);
}

/* A count or a mode that changes stops every function of its adapter; the longest of them
 * counts. */
static void count(const struct fm_engine *e, const struct fm_change *c, struct mr_tree *m,
		  struct fm_impact *sum)
{
	struct mr_tree *list = mr_tree_add_list(m, "interrupts");
	struct fm_expect most = {0};
	char name[FM_ASSIGNMENT_TEXT];
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		struct fm_expect x;

		if (!is_running(a) || a->a.fn.chassis != c->chassis || a->a.fn.port != c->port)
			continue;
		sum->interrupted++;
		mr_tree_add_text(list, NULL, fm_assignment_text(&a->a, name));
		x = back_again(e, a, a->a.fn, a->a.place.way, a->a.host);
		if (x.ns > most.ns)
			most = x;
	}
	if (most.ns)
		add_time(m, &most, sum);
}

static bool is_count(const struct fm_change *c)
{
	return c->kind == FM_CHANGE_MODE ||
	       (c->kind == FM_CHANGE_PROVISION && c->change_class == FM_CLASS_COUNT);
}

/* The running assignment of a claim that moves in a plan after this one, or NULL. */
static const struct fm_asg *stopped_later(const struct fm_trial *t, uint32_t claim)
{
	int32_t k = t->plan->placed[claim].current;
	const struct fm_asg *a = k >= 0 ? t->owner[k] : NULL;

	return is_running(a) ? a : NULL;
}

/* Who is moved by the plans after this one, which go on with what it aims at. */
static void later(const struct fm_trial *t, struct mr_tree *disruption, struct fm_impact *sum)
{
	unsigned n = fm_plan_later(t->plan, NULL, 0);
	uint32_t *claim = mr_xcalloc(n + 1, sizeof(*claim));
	struct mr_tree *list = n ? mr_tree_add_list(disruption, "later") : NULL;
	char name[FM_ASSIGNMENT_TEXT];

	fm_plan_later(t->plan, claim, n);
	for (unsigned i = 0; i < n; i++) {
		const struct fm_asg *a = stopped_later(t, claim[i]);

		if (!a)
			continue;
		mr_tree_add_text(list, NULL, fm_assignment_text(&a->a, name));
		sum->interrupted++;
		sum->worst = sum->worst > FM_CLASS_MOVE ? sum->worst : FM_CLASS_MOVE;
	}
	free(claim);
}

static void sum_up(struct mr_tree *t, const struct fm_impact *i)
{
	mr_tree_add_text(t, "class", fm_class_name(i->worst));
	mr_tree_add_int(t, "interrupted", i->interrupted);
	mr_tree_add_int(t, "longestMs", i->most.ns / MR_NS_PER_MS);
	mr_tree_add_text(t, "basis",
			 !i->most.ns	    ? NULL
			 : i->most.measured ? "measured"
					    : "deadlines");
}

void fm_impact_of(const struct fm_engine *e, const struct fm_trial *t, struct mr_tree *plan,
		  struct fm_impact *ret)
{
	const struct mr_tree *changes = mr_tree_get(plan, "changes");
	struct fm_impact sum = {.worst = FM_CLASS_NONE, .most = {0, true}};
	struct mr_tree *disruption;

	for (unsigned i = 0; i < t->plan->changes; i++) {
		const struct fm_change *c = &t->plan->change[i];

		sum.worst = c->change_class > sum.worst ? c->change_class : sum.worst;
		if (is_count(c))
			count(e, c, changes->child[i], &sum);
		else
			one(e, t, c, changes->child[i], &sum);
	}
	disruption = mr_tree_add_map(plan, "disruption");
	later(t, disruption, &sum);
	sum_up(disruption, &sum);
	*ret = sum;
}

bool fm_allowance_parse(const char *text, struct fm_allowance *ret)
{
	struct fm_allowance a = {0};
	uint64_t n = 0;

	for (int c = FM_CLASS_NONE; c <= FM_CLASS_HOST; c++)
		if (!mr_strcasecmp(text, fm_class_name((enum fm_class)c))) {
			a.by_class = true;
			a.worst = (enum fm_class)c;
		}
	if (!a.by_class && text[0]) {
		if (mr_parse_u64(text, UINT32_MAX, false, &n, NULL))
			return false;
		a.by_number = true;
		a.interrupted = (unsigned)n;
	}
	*ret = a;
	return true;
}

/* "move web/data0 on blade01 (Move)". */
static void exceeding(const struct fm_trial *t, const struct fm_change *c, struct mr_buf *b)
{
	const struct fm_assignment *a = c->current >= 0 ? t->in.current[c->current] : NULL;
	const struct fm_adapter *d =
		is_count(c) ? fm_adapter_by_port(t->in.inventory, c->chassis, c->port) : NULL;
	char name[FM_ASSIGNMENT_TEXT];

	mr_buf_puts(b, fm_change_kind_name(c->kind));
	if (a)
		mr_buf_printf(b, " %s on %s", fm_assignment_text(a, name), a->host);
	else if (d)
		mr_buf_printf(b, " %s", d->name);
	mr_buf_printf(b, " (%s)", fm_class_name(c->change_class));
}

/* "move web/data0 on blade01 (Move, later)". */
static void exceeding_later(const struct fm_trial *t, const struct fm_allowance *a, unsigned *n,
			    struct mr_buf *why)
{
	uint32_t claim[NAMED_MAX];
	unsigned all = fm_plan_later(t->plan, claim, NAMED_MAX);
	char name[FM_ASSIGNMENT_TEXT];

	for (unsigned i = 0; i < all; i++) {
		const struct fm_asg *g = i < NAMED_MAX ? stopped_later(t, claim[i]) : NULL;

		if ((a->by_class && FM_CLASS_MOVE <= a->worst) || (i < NAMED_MAX && !g))
			continue;
		if ((*n)++ >= NAMED_MAX || !g)
			continue;
		mr_buf_printf(why, "%smove %s on %s (%s, later)", *n > 1 ? ", " : "",
			      fm_assignment_text(&g->a, name), g->a.host,
			      fm_class_name(FM_CLASS_MOVE));
	}
}

bool fm_impact_allowed(const struct fm_trial *t, const struct fm_impact *i,
		       const struct fm_allowance *a, struct mr_buf *why)
{
	unsigned n = 0;

	if ((!a->by_class || i->worst <= a->worst) &&
	    (!a->by_number || i->interrupted <= a->interrupted))
		return true;
	for (unsigned k = 0; k < t->plan->changes; k++) {
		const struct fm_change *c = &t->plan->change[k];

		if (a->by_class ? c->change_class <= a->worst : !is_count(c) && !stopped(t, c))
			continue;
		if (n++ >= NAMED_MAX)
			continue;
		mr_buf_puts(why, n > 1 ? ", " : "");
		exceeding(t, c, why);
	}
	exceeding_later(t, a, &n, why);
	if (n > NAMED_MAX)
		mr_buf_printf(why, " and %u more", n - NAMED_MAX);
	return false;
}
