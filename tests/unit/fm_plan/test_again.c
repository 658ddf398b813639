/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner that lives on gives the plan that one made from scratch gives for the same input:
 * whatever changes, in whatever order, over seeded random fabrics.
 */
#include <check.h>

#include "tests/unit/check_main.h"
#include "tests/unit/fm_plan/gen.h"

#define SEEDS check_seeds(30)
#define STEPS 25

struct twin {
	struct fix *f;
	struct fm_planner *p;
	struct mr_rng r;
	uint64_t seed;
	unsigned more; /* claims of the generator that were not asked for yet */
	struct fm_fn_id bad[64];
	unsigned bads;
};

static void same_change(const struct fm_change *a, const struct fm_change *b)
{
	ck_assert_int_eq(a->kind, b->kind);
	ck_assert_int_eq(a->change_class, b->change_class);
	ck_assert_int_eq(a->claim, b->claim);
	ck_assert_int_eq(a->current, b->current);
	ck_assert_int_eq(a->taker, b->taker);
	ck_assert_uint_eq(a->value, b->value);
	ck_assert_uint_eq(a->port, b->port);
}

static void same(const struct fm_plan *a, const struct fm_plan *b)
{
	ck_assert_uint_eq(a->claims, b->claims);
	for (unsigned i = 0; i < a->claims; i++) {
		const struct fm_placed *x = &a->placed[i], *y = &b->placed[i];

		ck_assert_int_eq(x->current, y->current);
		ck_assert_int_eq(x->placed, y->placed);
		ck_assert_int_eq(x->same_fn, y->same_fn);
		ck_assert_int_eq(x->reason, y->reason);
		ck_assert(mr_streq(x->detail ? x->detail : "", y->detail ? y->detail : ""));
		if (!x->placed)
			continue;
		ck_assert(fm_fn_eq(x->fn, y->fn));
		ck_assert_uint_eq(x->place.bridge, y->place.bridge);
		ck_assert_int_eq(x->place.way, y->place.way);
		ck_assert_int_eq(x->attach_pf, y->attach_pf);
		ck_assert(fm_attrs_eq(&x->attrs, &y->attrs));
	}
	ck_assert_uint_eq(a->changes, b->changes);
	for (unsigned i = 0; i < a->changes; i++)
		same_change(&a->change[i], &b->change[i]);
}

static void set_input(struct twin *t)
{
	t->f->in.desired = t->f->d;
	t->f->in.inventory = &t->f->inv;
	t->f->in.host = t->f->lvf;
	t->f->in.current = (const struct fm_assignment *const *)t->f->cur;
	t->f->in.currents = t->f->curs;
	t->f->in.quarantined = t->bad;
	t->f->in.quarantineds = t->bads;
}

/* A claim of a plan is carried out, or begins to be. */
static void carry_out(struct twin *t, const struct fm_plan *plan, const struct fm_change *c)
{
	struct fix *f = t->f;
	unsigned k = c->current < 0 ? f->curs : (unsigned)c->current;

	switch (c->kind) {
	case FM_CHANGE_PROVISION:
	case FM_CHANGE_PEND:
		return;
	case FM_CHANGE_PREEMPT:
	case FM_CHANGE_RELEASE:
		if (mr_rng_chance(&t->r, 50)) {
			f->cur[k]->going = true;
		} else {
			free(f->cur[k]);
			f->cur[k] = NULL;
		}
		break;
	default:
		fix_settle_claim(f, &plan->placed[c->claim], &f->d->claim[c->claim]);
		break;
	}
	set_input(t);
	fm_planner_current_changed(t->p, k);
}

/* Part of a plan is carried out. The changes are copied: the plan is gone with the first. */
static void some_of(struct twin *t, const struct fm_plan *plan)
{
	for (unsigned i = 0; i < plan->changes; i++)
		if (mr_rng_chance(&t->r, 70))
			carry_out(t, plan, &plan->change[i]);
}

static void change_claim(struct twin *t)
{
	struct fm_claim *c;
	unsigned i = (unsigned)mr_rng_below(&t->r, t->f->d->claims);

	c = &t->f->d->claim[i];
	switch (mr_rng_below(&t->r, 4)) {
	case 0:
		c->host = mr_rng_chance(&t->r, 30) ? FM_WHOLE
						   : (uint16_t)mr_rng_below(&t->r, HOSTS);
		break;
	case 1:
		c->attrs.vlan = (uint16_t)mr_rng_below(&t->r, 4095);
		break;
	case 2:
		c->suspended = !c->suspended;
		break;
	default:
		c->guaranteed_mbps = c->attrs.min_mbps =
			(uint32_t)mr_rng_below(&t->r, 20) * 1000;
		break;
	}
	fm_planner_claim_changed(t->p, i);
}

static void add_claim(struct twin *t)
{
	if (t->more == CLAIMS)
		return;
	gen_claim(t->f, t->seed, t->more++);
	fm_planner_claim_changed(t->p, t->f->d->claims - 1);
}

static void change_adapter(struct twin *t)
{
	struct fm_chassis *c = &t->f->inv.chassis[0];
	struct fm_adapter *a = &c->adapter[mr_rng_below(&t->r, c->adapters)];
	bool base = a->kind == FM_ADAPTER_BASE;

	if (mr_rng_chance(&t->r, 40)) {
		a->present = !a->present;
	} else if (t->bads < 64) {
		t->bad[t->bads++] = (struct fm_fn_id){
			.port = a->port,
			.pf = base ? FM_WHOLE : 0,
			.vf = base ? FM_WHOLE : (uint16_t)mr_rng_below(&t->r, a->vfs)};
		set_input(t);
	}
	fm_planner_adapter_changed(t->p, 0, a->port);
}

static void change_host(struct twin *t)
{
	struct fm_chassis *c = &t->f->inv.chassis[0];
	struct fm_host *h = &c->host[mr_rng_below(&t->r, c->hosts)];

	if (mr_rng_chance(&t->r, 30)) {
		h->link_reservable_mbps = mr_rng_below(&t->r, 100000);
	} else {
		struct fm_bridge *b = &h->bridge[mr_rng_below(&t->r, h->bridges)];

		b->tombstone = !b->tombstone;
	}
	fm_planner_host_changed(t->p, 0, h->port);
}

static void change_current(struct twin *t)
{
	unsigned k;

	if (!t->f->curs)
		return;
	k = (unsigned)mr_rng_below(&t->r, t->f->curs);
	if (!t->f->cur[k])
		return;
	t->f->cur[k]->going = true;
	fm_planner_current_changed(t->p, k);
}

static void step(struct twin *t)
{
	switch (mr_rng_below(&t->r, 6)) {
	case 0:
		add_claim(t);
		break;
	case 1:
		change_adapter(t);
		break;
	case 2:
		change_host(t);
		break;
	case 3:
		change_current(t);
		break;
	default:
		change_claim(t);
		break;
	}
}

/* Classes that preempt, extras, atomic profiles and a suspended adapter among what the
 * generator makes. */
static void spice(struct twin *t)
{
	struct fm_desired *d = t->f->d;

	d->prio = mr_xcalloc(1, sizeof(*d->prio));
	d->prio[0] = (struct fm_priority){.preempts = true};
	d->prios = 1;
	d->adapter = MR_NEW(struct fm_adapter_def);
	d->adapter[0] = (struct fm_adapter_def){
		.key = FM_ADAPTER_KEY(0, t->f->inv.chassis[0].adapter[0].port),
		.suspended = true};
	d->adapters = mr_rng_chance(&t->r, 30);
	for (unsigned i = 0; i < d->claims; i++) {
		d->claim[i].class = (uint16_t)mr_rng_chance(&t->r, 40);
		d->claim[i].extra = i % 4 == 3 && mr_rng_chance(&t->r, 60);
		d->claim[i].atomic = d->claim[i].profile[5] == '3';
	}
}

START_TEST(test_again)
{
	struct twin t = {.seed = (uint64_t)_i, .more = CLAIMS / 2};

	t.f = gen(t.seed, 0x3f);
	mr_rng_init(&t.r, t.seed + 77);
	spice(&t);
	set_input(&t);
	t.p = fm_planner_new(&t.f->in);
	for (unsigned n = 0; n < STEPS; n++) {
		const struct fm_plan *p = fm_planner_plan(t.p);
		struct fm_plan *q = fm_plan_make(&t.f->in);

		same(p, q);
		if (mr_rng_chance(&t.r, 60))
			some_of(&t, q);
		for (unsigned k = (unsigned)mr_rng_below(&t.r, 4); k; k--)
			step(&t);
		fm_plan_free(q);
	}
	fm_planner_free(t.p);
	for (unsigned k = 0; k < t.f->curs; k++)
		if (!t.f->cur[k])
			t.f->cur[k] = MR_NEW(struct fm_assignment);
	fix_free(t.f);
}
END_TEST

/* Identity locks come, rest and go. */
START_TEST(test_locks)
{
	struct fix *f = fix_nic_sharing(4, 20 * GBIT);
	struct fm_rec_ident rec[4] = {0};
	struct twin t = {.f = f};
	const struct fm_plan *p;

	for (unsigned i = 0; i < 4; i++) {
		rec[i].ident =
			(struct mr_ident){.type = MR_IDENT_MAC, .lo = 0x0225b5000000 + i};
		mr_copy(rec[i].profile, sizeof(rec[i].profile), "other");
		mr_fmt(rec[i].device, sizeof(rec[i].device), "d%u", i);
	}
	set_input(&t);
	f->in.ident = rec;
	f->in.idents = 3;
	t.p = fm_planner_new(&f->in);
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].attrs.ident0, 0x0225b5000003);
	f->in.idents = 4;
	fm_planner_ident_changed(t.p, 3);
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].attrs.ident0, 0x0225b5000004);
	rec[1].released_wall_ns = 5;
	fm_planner_ident_changed(t.p, 1);
	f->in.wall_ns = 5;
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].attrs.ident0, 0x0225b5000004); /* it rests */
	f->in.wall_ns = INT64_C(86401) * 1000000000;
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].attrs.ident0, 0x0225b5000001);
	ck_assert_uint_eq(p->placed[1].attrs.ident0, 0x0225b5000004);
	rec[0] = rec[3]; /* as the engine does it: the last one takes the place */
	f->in.idents = 3;
	fm_planner_ident_changed(t.p, 3);
	fm_planner_ident_changed(t.p, 0);
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].attrs.ident0, 0x0225b5000000);
	ck_assert_uint_eq(p->placed[2].attrs.ident0, 0x0225b5000004);
	fm_planner_free(t.p);
	fix_free(f);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("again");
	TCase *t = tcase_create("again");

	tcase_set_timeout(t, 600);
	tcase_add_loop_test(t, test_again, 0, SEEDS);
	tcase_add_test(t, test_locks);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
