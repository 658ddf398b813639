/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From placement to changes: what differs from the current assignments, with its class, in the
 * order in which it should happen (what frees before what takes).
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/plan/place.h"

static const char *const class_names[] = {
#define X(name, text) text,
	FM_CLASSES(X)
#undef X
};
static const char *const kind_names[] = {
#define X(name, text) text,
	FM_CHANGES(X)
#undef X
};

/* POLICY's word for a class, "?" for a number that is none. */
const char *fm_class_name(enum fm_class c)
{
	return (size_t)c < MR_ARRAY_SIZE(class_names) ? class_names[c] : "?";
}

/* The word for a kind of change, "?" for a number that is none. */
const char *fm_change_kind_name(enum fm_change_kind k)
{
	return (size_t)k < MR_ARRAY_SIZE(kind_names) ? kind_names[k] : "?";
}

static struct fm_change *add(struct fm_planner *p, enum fm_change_kind kind,
			     enum fm_class class)
{
	struct fm_plan *plan = p->plan;
	struct fm_change *c;

	MR_GROW(plan->change, plan->changes, p->cap_changes);
	c = &plan->change[plan->changes++];
	*c = (struct fm_change){.kind = kind,
				.change_class = class,
				.claim = -1,
				.current = -1,
				.of = -1,
				.taker = -1};
	return c;
}

/* Where an adapter is in another mode than its document says. It gets no other VF count before:
 * the mode decides how many there can be. */
static bool changes_mode(struct fm_planner *p, const struct fm_unit_adapter *a)
{
	const struct fm_adapter_def *def = fm_desired_adapter(p->d, a->chassis, a->a->port);
	struct fm_change *c;

	if (!a->changes_mode || a->suspended || def->mode > a->a->modes || !a->a->present ||
	    !p->world.chassis[a->chassis].c->observed)
		return false;
	c = add(p, FM_CHANGE_MODE, FM_CLASS_HOST);
	c->chassis = a->chassis;
	c->port = a->a->port;
	c->value = (uint16_t)(def->mode - 1);
	return true;
}

/* Where a PF has another number of VFs than the pools want. To change that of one that runs its
 * VF Enable is cleared: all its VFs go (class Count). */
static void provisions(struct fm_planner *p)
{
	for (unsigned i = 0; i < p->world.adapters; i++) {
		const struct fm_unit_adapter *a = &p->world.adapter[i];
		bool differs = false, runs = false;
		struct fm_change *c;

		if (changes_mode(p, a))
			continue;
		if (!a->provision || a->external || a->suspended ||
		    a->a->kind == FM_ADAPTER_BASE || !a->a->present ||
		    !p->world.chassis[a->chassis].c->observed)
			continue;
		for (unsigned k = 0; k < a->units; k++) {
			if (a->a->pf[k].numvfs == a->provision)
				continue;
			differs = true;
			runs |= a->a->pf[k].numvfs != 0;
		}
		if (!differs)
			continue;
		c = add(p, FM_CHANGE_PROVISION, runs ? FM_CLASS_COUNT : FM_CLASS_NONE);
		c->chassis = a->chassis;
		c->port = a->a->port;
		c->value = (uint16_t)a->provision;
	}
}

/* ---- releases ---- */

/* By name; the two that one which moves has are told apart only by their places in the input.
 */
static int name_cmp(const void *pa, const void *pb)
{
	const struct fm_assignment *const *x = *(const struct fm_assignment *const *const *)pa;
	const struct fm_assignment *const *y = *(const struct fm_assignment *const *const *)pb;
	const struct fm_assignment *a = *x, *b = *y;
	int c = strcmp(a->profile, b->profile);

	if (!c)
		c = strcmp(a->device, b->device);
	if (!c)
		c = (int)a->index - (int)b->index;
	if (!c)
		c = (a->id > b->id) - (a->id < b->id);
	return c ? c : (x > y) - (x < y);
}

static bool holds(const struct fm_assignment *a)
{
	return a->has_fn && a->phase != FM_PHASE_RELEASED;
}

/* What waits in quarantine on its way out is for an operator, not for a plan; so is what was
 * adopted. */
static bool unwanted(const struct fm_planner *p, unsigned k)
{
	const struct fm_assignment *a = p->in->current[k];

	return a->phase != FM_PHASE_RELEASED && !a->adopted &&
	       !(a->phase == FM_PHASE_QUARANTINED && a->going);
}

/* A matched assignment goes when its profile is connected to no host, or when it cannot stay
 * and there is nowhere to go. One that waits for a host, and has nothing, goes on waiting. */
static bool loses(const struct fm_planner *p, unsigned i)
{
	const struct fm_placed *pl = &p->plan->placed[i];
	const struct fm_assignment *a = pl->current < 0 ? NULL : p->in->current[pl->current];

	if (!a || a->phase == FM_PHASE_RELEASED || pl->placed)
		return false;
	if (p->d->claim[i].host == FM_WHOLE)
		return holds(a) || !p->d->claim[i].waits_host;
	if (!holds(a) || (a->phase == FM_PHASE_QUARANTINED && a->going))
		return false;
	return p->stay[i] == FM_STAY_GONE || a->going;
}

/* Current assignments that go. */
struct goners {
	const struct fm_assignment *const **at;
	unsigned n, cap;
};

static void add_goner(struct fm_planner *p, struct goners *g, int32_t k)
{
	MR_GROW(g->at, g->n, g->cap);
	g->at[g->n++] = &p->in->current[k];
}

/* Assignments that no claim stands for; those that one stands for by now leave the list. */
static void list_loose(struct fm_planner *p, struct goners *g)
{
	unsigned keep = 0;

	for (unsigned i = 0; i < p->looses; i++) {
		uint32_t k = p->loose[i];

		p->held[k].loose =
			p->held[k].claim < 0 && k < p->in->currents && p->in->current[k];
		if (!p->held[k].loose)
			continue;
		p->loose[keep++] = k;
		if (unwanted(p, k))
			add_goner(p, g, (int32_t)k);
	}
	p->looses = keep;
}

static void releases(struct fm_planner *p)
{
	struct goners g = {0};

	list_loose(p, &g);
	for (unsigned t = 0; t < p->todos; t++)
		if (loses(p, p->todo[t]))
			add_goner(p, &g, p->plan->placed[p->todo[t]].current);
	if (g.n)
		qsort(g.at, g.n, sizeof(*g.at), name_cmp);
	for (unsigned i = 0; i < g.n; i++) {
		struct fm_change *c = add(p, FM_CHANGE_RELEASE,
					  holds(*g.at[i]) ? FM_CLASS_MOVE : FM_CLASS_NONE);

		c->current = (int32_t)(g.at[i] - p->in->current);
		c->of = p->held[c->current].claim;
	}
	free(g.at);
}

/* ---- claims ---- */

static bool live_differs(const struct fm_claim *c, const struct fm_assignment *a,
			 const struct fm_attrs *want)
{
	return !fm_attrs_eq(&a->attrs, want) || a->guaranteed_mbps != c->guaranteed_mbps ||
	       a->limit_mbps != c->limit_mbps;
}

/* What a host reads once when its driver starts, or the device takes only then: the function
 * goes through a reset (POLICY, "Change classes"). */
static bool needs_reset(const struct fm_attrs *is, const struct fm_attrs *want)
{
	if (is->ident0 != want->ident0 || is->ident1 != want->ident1 ||
	    is->msix != want->msix || is->queues != want->queues)
		return true;
	if (want->device_class == MR_CLASS_NVME) /* one more is shown while it runs */
		return is->device_class == MR_CLASS_NVME &&
		       is->nvme.namespaces & ~want->nvme.namespaces;
	if (want->device_class == MR_CLASS_IB)
		return memcmp(is->pkey, want->pkey, sizeof(want->pkey)) != 0;
	return want->device_class == MR_CLASS_GPU &&
	       is->gpu.framebuffer_mib != want->gpu.framebuffer_mib;
}

/* Who becomes the standby of an `ha` pair has its gate closed before it shows the other one's
 * identity; who was one opens it only after it was set up anew (HANDOVER, I4). */
static bool changes_pair(const struct fm_planner *p, const struct fm_claim *c,
			 const struct fm_assignment *a)
{
	const struct fm_desired *d = p->d;

	if (!c->pair)
		return a->standby;
	return !a->partner[0] && c == &d->claim[d->pair[c->pair - 1].secondary];
}

/* What has to happen on the function that it keeps. */
static enum fm_change_kind in_place(const struct fm_planner *p, const struct fm_claim *c,
				    const struct fm_placed *pl, const struct fm_assignment *a,
				    bool *ret)
{
	struct fm_attrs want = fm_placed_attrs(p->in, pl, c);

	*ret = true;
	if (pl->reason != MR_REASON_OK && pl->reason != MR_REASON_GUARANTEE_BROKEN)
		return FM_CHANGE_PEND;
	if (needs_reset(&a->attrs, &want) || changes_pair(p, c, a) ||
	    !mr_streq(a->driver, c->driver ? c->driver : ""))
		return FM_CHANGE_REBIND;
	*ret = a->adopted || live_differs(c, a, &want);
	return a->adopted ? FM_CHANGE_ADOPT : FM_CHANGE_UPDATE;
}

static bool kind_of(const struct fm_planner *p, unsigned i, enum fm_change_kind *ret)
{
	const struct fm_placed *pl = &p->plan->placed[i];
	const struct fm_assignment *a = pl->current < 0 ? NULL : p->in->current[pl->current];
	const struct fm_claim *c = &p->d->claim[i];
	bool some = true;

	if ((c->host == FM_WHOLE && !c->waits_host) || (pl->same_fn && fm_place_frozen(p, i)))
		return false;
	if (!pl->placed)
		*ret = p->stay[i] == FM_STAY_TAKEN    ? FM_CHANGE_PREEMPT
		       : p->stay[i] == FM_STAY_PARKED ? FM_CHANGE_PARK
						      : FM_CHANGE_PEND;
	else if (p->stay[i] == FM_STAY_NEW)
		*ret = FM_CHANGE_GIVE;
	else if (!pl->same_fn || p->stay[i] == FM_STAY_MOVE || pl->place.port != a->place.port)
		*ret = FM_CHANGE_MOVE;
	else if (a->fn.chassis >= p->world.n_chassis ||
		 !p->world.chassis[a->fn.chassis].c->observed)
		return false;
	else
		*ret = in_place(p, c, pl, a, &some);
	return some;
}

static enum fm_class class_of(enum fm_change_kind k)
{
	switch (k) {
	case FM_CHANGE_UPDATE:
		return FM_CLASS_LIVE;
	case FM_CHANGE_REBIND:
		return FM_CLASS_RESET;
	case FM_CHANGE_MOVE:
	case FM_CHANGE_PREEMPT:
	case FM_CHANGE_PARK:
		return FM_CLASS_MOVE;
	default:
		return FM_CLASS_NONE;
	}
}

static const struct fm_priority *taker_class(const struct fm_desired *d,
					     const struct fm_change *c)
{
	unsigned class = c->taker < 0 ? 0 : d->claim[c->taker].class;

	return class && class <= d->prios ? &d->prio[class - 1] : NULL;
}

/* Whether what makes room does so for a class that preempts. */
bool fm_change_preempts(const struct fm_desired *d, const struct fm_change *c)
{
	const struct fm_priority *class = taker_class(d, c);
	const struct fm_claim *taker = class ? &d->claim[c->taker] : NULL;

	return class && d->claim[c->claim].priority < taker->priority &&
	       (taker->extra ? class->reclaim : class->preempts);
}

/* How long it may take before it is drained. */
int64_t fm_change_grace(const struct fm_desired *d, const struct fm_change *c)
{
	const struct fm_priority *class = taker_class(d, c);

	return class ? class->grace_ns : 0;
}

static bool changes_live(const struct fm_planner *p, unsigned i)
{
	const struct fm_placed *pl = &p->plan->placed[i];
	const struct fm_assignment *a = p->in->current[pl->current];
	struct fm_attrs want = fm_placed_attrs(p->in, pl, &p->d->claim[i]);

	return live_differs(&p->d->claim[i], a, &want);
}

/* What has to happen to a claim that was opened; from empty all of them are. */
struct step {
	uint32_t claim : 28; /* policies are far smaller */
	uint32_t kind : 4;
};
#define X(name, text) _Static_assert(FM_CHANGE_##name < 1 << 4, "the kind has four bits");
FM_CHANGES(X)
#undef X

/* Of all claims that were opened, in the order of filling; the caller frees it. */
static struct step *steps(const struct fm_planner *p, unsigned *ret_n)
{
	struct step *list = mr_xcalloc(p->todos + 1, sizeof(*list));
	enum fm_change_kind kind;
	unsigned n = 0;

	for (unsigned k = 0; k < p->todos; k++)
		if (kind_of(p, p->todo[k], &kind))
			list[n++] = (struct step){p->todo[k], kind};
	*ret_n = n;
	return list;
}

/* Room for so many more: an array that grows by and by leaves as much behind as it takes. */
static void reserve(struct fm_planner *p, unsigned n)
{
	struct fm_plan *plan = p->plan;

	if (plan->changes + n <= p->cap_changes)
		return;
	p->cap_changes = plan->changes + n;
	plan->change = mr_xrealloc(plan->change, p->cap_changes, sizeof(*plan->change));
}

/* Appends the changes of the kinds of one stage. */
static void stage(struct fm_planner *p, const struct step *list, unsigned n, unsigned kinds)
{
	for (const struct step *s = list; s < list + n; s++) {
		struct fm_change *c;

		if (!(kinds >> s->kind & 1))
			continue;
		c = add(p, s->kind, class_of(s->kind));
		c->claim = (int32_t)s->claim;
		c->current = p->plan->placed[s->claim].current;
		if (s->kind == FM_CHANGE_ADOPT && changes_live(p, s->claim))
			c->change_class = FM_CLASS_LIVE;
		if ((p->stay[s->claim] == FM_STAY_TAKEN ||
		     p->stay[s->claim] == FM_STAY_PARKED) &&
		    p->taker)
			c->taker = p->taker[s->claim];
		c->owed = s->kind == FM_CHANGE_MOVE && c->taker >= 0 &&
			  fm_place_owed(p, (unsigned)c->taker);
	}
}

/* Words of something that was tried and taken back. */
static void forget_words(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++) {
		struct fm_placed *pl = &p->plan->placed[p->todo[n]];

		if (pl->reason != MR_REASON_OK || !pl->detail)
			continue;
		free(pl->detail);
		pl->detail = NULL;
	}
}

/* Whether the adapter that an assignment has, or had last, is not in its slot any more. */
static bool was_pulled(const struct fm_planner *p, const struct fm_assignment *a)
{
	uint32_t at;

	if (!a->adapter[0] || a->fn.chassis >= p->world.n_chassis ||
	    !p->world.chassis[a->fn.chassis].c->observed)
		return false;
	at = fm_world_adapter(&p->world, a->fn.chassis, a->fn.port);
	return at == FM_NONE || !fm_adapter_in_slot(p->world.adapter[at].a);
}

/*
 * Who ran on an adapter that was pulled and fits nowhere else is told of that adapter: the rule
 * that binds among the others follows from it.
 */
static void name_pulled(struct fm_planner *p)
{
	for (unsigned n = 0; n < p->todos; n++) {
		struct fm_placed *pl = &p->plan->placed[p->todo[n]];
		const struct fm_assignment *a =
			pl->current < 0 ? NULL : p->in->current[pl->current];
		struct mr_buf b = {0};

		if (!a || pl->placed || pl->reason == MR_REASON_OK ||
		    p->d->claim[p->todo[n]].reason != MR_REASON_OK || !was_pulled(p, a))
			continue;
		mr_buf_printf(&b, "adapter %s is gone, and no other takes it: %s", a->adapter,
			      pl->detail ? pl->detail : mr_reason_text(pl->reason));
		fm_place_refuse(p, p->todo[n], MR_REASON_DEVICE_GONE, &b);
	}
}

/* Fills plan.change. */
void fm_planner_changes(struct fm_planner *p)
{
	struct step *list;
	unsigned n;

	forget_words(p);
	name_pulled(p);
	provisions(p);
	releases(p);
	list = steps(p, &n);
	reserve(p, n);
	stage(p, list, n, 1u << FM_CHANGE_PREEMPT | 1u << FM_CHANGE_PARK);
	stage(p, list, n, 1u << FM_CHANGE_MOVE);
	stage(p, list, n,
	      1u << FM_CHANGE_ADOPT | 1u << FM_CHANGE_UPDATE | 1u << FM_CHANGE_REBIND);
	stage(p, list, n, 1u << FM_CHANGE_GIVE);
	stage(p, list, n, 1u << FM_CHANGE_PEND);
	free(list);
}
