/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The planner that lives on gives the plan that one made from scratch gives for the same input:
 * whatever changes, in whatever order, over seeded random fabrics.
 */
#include <check.h>

#include "common/tree.h"
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
	struct fm_desired *all; /* pools and ports as they were at first */
};

static void same(const struct fm_plan *a, const struct fm_plan *b)
{
	struct mr_buf where = {0};

	ck_assert_msg(!fm_plan_differs(a, b, &where), "%s", mr_buf_text(&where));
	mr_buf_done(&where);
}

/* The sums that the planner keeps are those counted from scratch. */
static void same_sums(const struct twin *t, const struct fm_plan *p)
{
	struct mr_tree *a = fm_planner_tree(t->p), *b = fm_plan_tree(p, &t->f->in);

	ck_assert(mr_tree_eq(a, b));
	mr_tree_free(a);
	mr_tree_free(b);
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

/* Current assignment 'k' moves: it stands where it goes, and one that goes holds what it had
 * until that is free. */
static unsigned leave_behind(struct fix *f, unsigned k)
{
	struct fm_assignment *a = mr_xmemdup(f->cur[k], sizeof(*a));

	a->going = true;
	MR_GROW(f->cur, f->curs, f->cap);
	f->cur[f->curs] = a;
	return f->curs++;
}

/* A claim of a plan is carried out, or begins to be. */
static void carry_out(struct twin *t, const struct fm_plan *plan, const struct fm_change *c)
{
	struct fix *f = t->f;
	unsigned k = c->current < 0 ? f->curs : (unsigned)c->current, left = UINT32_MAX;

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
		if (c->kind == FM_CHANGE_MOVE && f->cur[k]->has_fn && mr_rng_chance(&t->r, 50))
			left = leave_behind(f, k);
		fix_settle_claim(f, &plan->placed[c->claim], &f->d->claim[c->claim]);
		break;
	}
	set_input(t);
	if (left != UINT32_MAX)
		fm_planner_current_changed(t->p, left);
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

	if (GEN_ROOTS(t->seed) && mr_rng_chance(&t->r, 30)) {
		unsigned host = (unsigned)mr_rng_below(&t->r, 2);

		t->f->lvf[host].lost = (uint8_t)mr_rng_below(&t->r, 3);
		fm_planner_host_told(t->p, 0, t->f->d->host[host].root[0]);
		fm_planner_host_told(t->p, 0, t->f->d->host[host].root[1]);
	} else if (mr_rng_chance(&t->r, 30)) {
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

/* Rule 'r' of the old documents, with those of its claims that are left. */
static void copy_rule(struct fm_desired *n, const struct fm_rule *r, const uint32_t *to)
{
	struct fm_rule *c = &n->rule[n->rules];

	*c = *r;
	c->claim = mr_xcalloc(r->claims + 1, sizeof(*c->claim));
	c->claims = 0;
	for (unsigned k = 0; k < r->claims; k++)
		if (to[r->claim[k]] != UINT32_MAX)
			c->claim[c->claims++] = to[r->claim[k]];
	n->rules += c->claims != 0;
	if (!c->claims)
		free(c->claim);
}

/* Documents with the tables of 'd' and without its claims. */
static struct fm_desired *copy_tables(const struct fm_desired *d)
{
	struct fm_desired *n = fm_desired_new();

	n->pool = mr_xmemdup(d->pool, 16 * sizeof(*d->pool));
	n->pools = d->pools;
	for (unsigned i = 0; i < d->pools; i++)
		n->pool[i].part = mr_xmemdup(d->pool[i].part,
					     FIX_ADAPTERS * 2 * sizeof(*d->pool[i].part));
	n->edge = mr_xmemdup(d->edge, FIX_ADAPTERS * 2 * sizeof(*d->edge));
	n->edges = d->edges;
	n->ident_pool = mr_xmemdup(d->ident_pool, 4 * sizeof(*d->ident_pool));
	n->ident_pools = d->ident_pools;
	for (unsigned i = 0; i < d->ident_pools; i++)
		n->ident_pool[i].range =
			mr_xmemdup(d->ident_pool[i].range, 2 * sizeof(*d->ident_pool[i].range));
	n->prio = d->prios ? mr_xmemdup(d->prio, d->prios * sizeof(*d->prio)) : NULL;
	n->prios = d->prios;
	n->replace =
		d->replaces ? mr_xmemdup(d->replace, d->replaces * sizeof(*d->replace)) : NULL;
	n->replaces = d->replaces;
	n->adapter =
		d->adapters ? mr_xmemdup(d->adapter, d->adapters * sizeof(*d->adapter)) : NULL;
	n->adapters = d->adapters;
	n->host = mr_xmemdup(d->host, FIX_HOSTS * sizeof(*d->host));
	n->hosts = d->hosts;
	n->claim = mr_xcalloc(4096, sizeof(*n->claim));
	n->rule = mr_xcalloc(4096, sizeof(*n->rule));
	return n;
}

/* Pools and ports with other parts: adapters that a selector takes no more, or again. */
static void change_tables(struct twin *t, struct fm_desired *n)
{
	const struct fm_desired *all = t->all;
	unsigned keep = 0;

	for (unsigned i = 0; i < n->pools; i++) {
		const struct fm_pool *from = &all->pool[i];
		struct fm_pool *p = &n->pool[i];

		p->parts = 0;
		for (unsigned k = 0; k < from->parts; k++) {
			if (mr_rng_chance(&t->r, 15))
				continue;
			p->part[p->parts] = from->part[k];
			if (from->part[k].pf != FM_WHOLE && mr_rng_chance(&t->r, 20))
				p->part[p->parts].vf_first +=
					(from->part[k].vf_last - from->part[k].vf_first) / 2;
			p->parts++;
		}
		if (mr_rng_chance(&t->r, 20))
			p->provision = (uint32_t)mr_rng_below(&t->r, 8);
	}
	for (unsigned i = 0; i < all->edges; i++) {
		if (mr_rng_chance(&t->r, 10))
			continue;
		n->edge[keep] = all->edge[i];
		if (mr_rng_chance(&t->r, 20))
			n->edge[keep].guaranteed_max_mbps /= 2;
		keep++;
	}
	n->edges = keep;
	for (unsigned i = 0; i < n->adapters; i++)
		n->adapter[i].suspended = mr_rng_chance(&t->r, 50);
}

/* The documents again, read anew: some claims go, some are others, rules come and go. */
static struct fm_desired *read_again(struct twin *t, const struct fm_desired *d)
{
	struct fm_desired *n = copy_tables(d);
	uint32_t *to = mr_xcalloc(d->claims + 1, sizeof(*to));

	for (unsigned i = 0; i < d->claims; i++) {
		struct fm_claim *c = &n->claim[n->claims];

		to[i] = mr_rng_chance(&t->r, 5) ? UINT32_MAX : n->claims++;
		if (to[i] == UINT32_MAX)
			continue;
		*c = d->claim[i];
		c->profile = fm_desired_str(n, c->profile);
		c->device = fm_desired_str(n, c->device);
		c->driver = fm_desired_str(n, c->driver);
		if (mr_rng_chance(&t->r, 5))
			c->priority = (uint32_t)mr_rng_below(&t->r, 4);
		if (mr_rng_chance(&t->r, 5))
			c->attrs.vlan = (uint16_t)mr_rng_below(&t->r, 4095);
		if (mr_rng_chance(&t->r, 5))
			c->host = (uint16_t)mr_rng_below(&t->r, HOSTS);
	}
	for (unsigned i = 0; i < d->rules; i++)
		if (!mr_rng_chance(&t->r, 5))
			copy_rule(n, &d->rule[i], to);
	for (unsigned i = 0; i + 2 < n->claims && mr_rng_chance(&t->r, 30); i += 16)
		copy_rule(n,
			  &(struct fm_rule){.type = (enum fm_rule_type)mr_rng_below(&t->r, 4),
					    .required = mr_rng_chance(&t->r, 70),
					    .claims = 2,
					    .claim = (uint32_t[]){i, i + 2}},
			  to);
	free(to);
	if (mr_rng_chance(&t->r, 50))
		change_tables(t, n);
	return n;
}

static void change_documents(struct twin *t)
{
	struct fm_desired *was = t->f->d;

	t->f->d = read_again(t, was);
	set_input(t);
	ck_assert(fm_planner_documents(t->p));
	fm_desired_free(was);
}

/* The chassis is read again, into new memory; meanwhile it was away, or lost what it had. */
static void reread(struct twin *t)
{
	struct fm_chassis n;

	fm_chassis_copy(&n, &t->f->inv.chassis[0]);
	fm_chassis_done(&t->f->inv.chassis[0]);
	t->f->inv.chassis[0] = n;
	t->f->inv.chassis[0].observed = !mr_rng_chance(&t->r, 20);
	for (unsigned i = 0; i < n.adapters; i++)
		if (mr_rng_chance(&t->r, 10))
			n.adapter[i].present = !n.adapter[i].present;
	ck_assert(fm_planner_chassis_changed(t->p, 0));
}

static void step(struct twin *t)
{
	switch (mr_rng_below(&t->r, 8)) {
	case 6:
		change_documents(t);
		break;
	case 7:
		reread(t);
		break;
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
	struct fm_aim *aim = NULL;

	t.f = gen(t.seed, 0x3f);
	mr_rng_init(&t.r, t.seed + 77);
	spice(&t);
	set_input(&t);
	t.all = copy_tables(t.f->d);
	t.p = fm_planner_new(&t.f->in);
	for (unsigned n = 0; n < STEPS; n++) {
		const struct fm_plan *p = fm_planner_plan(t.p);
		struct fm_plan *q = fm_plan_make(&t.f->in);

		same(p, q);
		if (n % 3) /* else more than one plan goes by */
			same_sums(&t, p);
		if (mr_rng_chance(&t.r, 60))
			some_of(&t, q);
		fm_aim_free(aim);
		t.f->in.aim = aim = fm_aim_copy(q->aim);
		for (unsigned k = (unsigned)mr_rng_below(&t.r, 4); k; k--)
			step(&t);
		fm_plan_free(q);
	}
	fm_planner_free(t.p);
	fm_aim_free(aim);
	for (unsigned k = 0; k < t.f->curs; k++)
		if (!t.f->cur[k])
			t.f->cur[k] = MR_NEW(struct fm_assignment);
	fm_desired_free(t.all);
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
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000003);
	f->in.idents = 4;
	fm_planner_ident_changed(t.p, 3);
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000004);
	rec[1].released_wall_ns = 5;
	fm_planner_ident_changed(t.p, 1);
	f->in.wall_ns = 5;
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000004); /* it rests */
	f->in.wall_ns = INT64_C(86401) * 1000000000;
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000001);
	ck_assert_uint_eq(p->placed[1].ident[0], 0x0225b5000004);
	rec[0] = rec[3]; /* as the engine does it: the last one takes the place */
	f->in.idents = 3;
	fm_planner_ident_changed(t.p, 3);
	fm_planner_ident_changed(t.p, 0);
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->placed[0].ident[0], 0x0225b5000000);
	ck_assert_uint_eq(p->placed[2].ident[0], 0x0225b5000004);
	fm_planner_free(t.p);
	fix_free(f);
}
END_TEST

/* One that moves holds two functions; when its claim goes meanwhile both are released, and in
 * the same order whichever of them was unwanted first. */
START_TEST(test_leaves_two)
{
	struct fix *f = fix_single(FM_ADAPTER_SRIOV, 4, false);
	struct twin t = {.f = f};
	struct fm_desired *was = f->d;
	struct fm_plan *q = fix_plan(f);
	const struct fm_plan *p;

	fix_settle(f, q);
	fm_plan_free(q);
	leave_behind(f, 0);
	f->cur[0]->fn.vf = 3;
	set_input(&t);
	t.p = fm_planner_new(&f->in);
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->changes, 1);
	ck_assert_int_eq(p->change[0].current, 1);
	f->d = copy_tables(was);
	set_input(&t);
	ck_assert(fm_planner_documents(t.p));
	fm_desired_free(was);
	p = fm_planner_plan(t.p);
	ck_assert_uint_eq(p->changes, 2);
	ck_assert_int_eq(p->change[0].current, 0);
	ck_assert_int_eq(p->change[1].current, 1);
	q = fm_plan_make(&f->in);
	same(p, q);
	same_sums(&t, p);
	fm_plan_free(q);
	fm_planner_free(t.p);
	fix_free(f);
}
END_TEST

static void call_it(struct fm_assignment *a, const struct fm_claim *c)
{
	mr_copy(a->profile, sizeof(a->profile), c->profile);
	mr_copy(a->device, sizeof(a->device), c->device);
	a->index = c->index;
}

static void both_changed(struct twin *t, int32_t first, int32_t second)
{
	const struct fm_plan *p;
	struct fm_plan *q;

	fm_planner_current_changed(t->p, 0);
	fm_planner_current_changed(t->p, 1);
	p = fm_planner_plan(t->p);
	q = fm_plan_make(&t->f->in);
	same(p, q);
	ck_assert_int_eq(p->placed[0].current, first);
	ck_assert_int_eq(p->placed[1].current, second);
	fm_plan_free(q);
}

/* What was adopted stands for one claim, then for another, and for the first one again: who is
 * told first finds its claim by a name that the planner was not told of yet. */
START_TEST(test_names_change)
{
	struct fix *f = fix_nic_sharing(4, 20 * GBIT);
	struct twin t = {.f = f};
	struct fm_plan *q = fix_plan(f);

	fix_settle(f, q);
	fm_plan_free(q);
	set_input(&t);
	t.p = fm_planner_new(&f->in);
	both_changed(&t, 0, 1);
	call_it(f->cur[0], &f->d->claim[1]);
	call_it(f->cur[1], &f->d->claim[0]);
	both_changed(&t, 1, 0);
	mr_copy(f->cur[0]->profile, sizeof(f->cur[0]->profile), "adopted");
	call_it(f->cur[1], &f->d->claim[1]);
	both_changed(&t, -1, 1);
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
	tcase_add_loop_test(t, test_again, 39, 40); /* who is not wanted, on a crowded board */
	tcase_add_loop_test(t, test_again, 46,
			    47); /* two that a rule keeps apart stand together */
	tcase_add_loop_test(t, test_again, 130, 131); /* what it has is its new place */
	tcase_add_loop_test(t, test_again, 156, 157); /* room by the two of one that moves */
	tcase_add_loop_test(t, test_again, 281, 282); /* who leaves stands before who takes */
	tcase_add_loop_test(t, test_again, 629, 630); /* the budget is spent */
	tcase_add_test(t, test_locks);
	tcase_add_test(t, test_leaves_two);
	tcase_add_test(t, test_names_change);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
