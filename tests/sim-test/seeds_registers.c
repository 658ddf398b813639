// SPDX-License-Identifier: Apache-2.0
/*
 * Register access fuzzing: management (as the owner, as a deposed one, as one that never was,
 * as somebody else), hosts, the kernel of a blade and its sysfs files, and probes access
 * anything at any address and width, aligned or not, with every operation of a batch, bytes
 * that are none among them, in any order, while a fabric of functions reached in three ways
 * stands. Then, and every so often, it is probed:
 *
 *   I1  every function is reached from one host at most, and reaches one host at most;
 *   I8  what one host did changed nothing of functions that are mapped to others;
 *   I9  batches of a deposed owner changed nothing and were counted.
 *
 *   seeds-registers [--seed N] [--count SEEDS] [--accesses N a seed]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "common/tree.h"
#include "sim/model/blade.h"
#include "sim/model/snapshot.h"
#include "tests/unit/check_main.h"
#include "tests/unit/sim_model/fixture.h"

#define HOSTS	 5
#define KERNEL	 5 /* the host that has a kernel; the others are bare requests */
#define BRIDGES	 4
#define VFS	 8	 /* of an adapter that are probed */
#define DEADLINE 1000000 /* of a probe, in ns */
#define SETTLE	 (10 * MR_NS_PER_S)

struct world {
	struct fx x;
	struct mr_rng rng;
	uint64_t seed, done, deposed;
	unsigned
		port[2]; /* of the adapters whose VFs are mapped: synthetic, by slots of a PF */
	struct sim_blade *blade; /* of KERNEL */
	const char *bad;
	char text[256];
};

static uint64_t rnd(struct world *w, uint64_t n)
{
	return mr_rng_below(&w->rng, n);
}

static void broke(struct world *w, const char *what, unsigned a, unsigned b)
{
	if (!w->bad)
		snprintf(w->text, sizeof(w->text), "%s (%u, %u)", what, a, b);
	w->bad = w->text;
}

/* ---- time ---- */

static void deliver(struct world *w)
{
	struct sim_notice n;

	while (sim_chassis_notice(w->x.c, &n))
		if (n.kind != SIM_NOTICE_MGMT_IRQ && n.vh == KERNEL)
			sim_blade_notice(w->blade, w->x.now, &n);
}

static void pass(struct world *w, int64_t ns)
{
	int64_t until = w->x.now.mono_ns + ns, due;

	deliver(w);
	while ((due = sim_blade_deadline(w->blade)) <= until) {
		fx_pass(&w->x, due > w->x.now.mono_ns ? due - w->x.now.mono_ns : 0);
		deliver(w);
		sim_blade_step(w->blade, w->x.now);
		deliver(w);
	}
	fx_pass(&w->x, until - w->x.now.mono_ns);
	deliver(w);
}

/* ---- accesses ---- */

/* An address near something: a table of the switch, a BAR of VH 0, or anything at all. */
static uint64_t some_address(struct world *w, unsigned space)
{
	static const uint64_t bases[] = {0, SW_EVENTS, SW_PORTS, SW_PORT_BARS, SW_BRIDGES};
	uint64_t near = rnd(w, 16) ? rnd(w, 4096) * 8 : rnd(w, 1 << 20);

	if (!rnd(w, 64))
		return mr_rng_next(&w->rng);
	if (space == MR_SPACE_SWITCH)
		return rnd(w, 3)
			       ? SW_BRIDGE(1 + rnd(w, HOSTS), rnd(w, BRIDGES)) + rnd(w, 32) * 8
			       : bases[rnd(w, 5)] + near;
	if (space == MR_SPACE_MEMORY) {
		static const uint32_t tables[] = {0,	  CT_LIMITS,	 CT_RESOURCES,
						  CT_VHS, CT_PFS,	 CT_LVFS,
						  CT_VFS, CT_NAMESPACES, CT_MAILS};
		uint64_t bar = UINT64_C(0x10000000000) + rnd(w, 8) * (64u << 20);

		return bar + tables[rnd(w, 9)] + near + (rnd(w, 8) ? 0 : rnd(w, 8));
	}
	return rnd(w, 64) ? rnd(w, 1024) * 4 + (rnd(w, 8) ? 0 : rnd(w, 4)) : near;
}

static uint64_t some_value(struct world *w)
{
	switch (rnd(w, 4)) {
	case 0:
		return rnd(w, 4);
	case 1:
		return UINT64_C(1) << rnd(w, 64);
	case 2:
		return ~UINT64_C(0) << rnd(w, 64);
	default:
		return mr_rng_next(&w->rng);
	}
}

static uint16_t some_rid(struct world *w)
{
	return (uint16_t)(rnd(w, 8) ? rnd(w, 24) << 8 | rnd(w, 16) : mr_rng_next(&w->rng));
}

/* One record of any kind; only writes in a batch that nobody may execute. */
static void add_record(struct world *w, struct mr_batch *b, bool only)
{
	uint8_t space = (uint8_t)rnd(w, 3), width = (uint8_t)(1u << rnd(w, 4));
	uint16_t vh = rnd(w, 2) ? (uint16_t)rnd(w, HOSTS + 3) : 0, rid = some_rid(w);
	uint64_t at = some_address(w, space), v[4];
	unsigned op = only ? 1 : (unsigned)rnd(w, 5);

	if (space == MR_SPACE_SWITCH)
		width = 8;
	else if (space == MR_SPACE_CONFIG && width == 8)
		width = 4;
	for (unsigned i = 0; i < 4; i++)
		v[i] = some_value(w);
	switch (op) {
	case 0:
		mr_batch_read(b, space, vh, rid, at, width, (uint16_t)(1 + rnd(w, 40)));
		return;
	case 1:
		mr_batch_write_n(b, space, vh, rid, at, width, v, (uint16_t)(1 + rnd(w, 4)));
		return;
	case 2:
		if (rnd(w, 8)) /* holds, whatever is there */
			v[0] = v[1] = 0;
		mr_batch_expect(b, space, vh, rid, at, width, v[0], v[1]);
		return;
	case 3:
		if (space != MR_SPACE_SWITCH || at != SW_OWNER_EPOCH) /* a take-over */
			mr_batch_cas(b, space, vh, rid, at, width, v[0], v[1]);
		return;
	default:
		mr_batch_write(b, space, vh, rid, at, width, v[0]);
	}
}

/* Somebody's batch; how many accesses it was. */
static unsigned manage(struct world *w, uint64_t owner, uint64_t epoch, bool only)
{
	struct mr_batch b = {0};
	struct sim_batch_result r = {0};
	unsigned n = 1 + (unsigned)rnd(w, 16);

	for (unsigned i = 0; i < n; i++)
		add_record(w, &b, only);
	if (!only && !rnd(w, 16)) /* bytes that are no batch, or hardly */
		for (unsigned i = 1 + (unsigned)rnd(w, 8); i && b.ops.len; i--)
			b.ops.data[rnd(w, b.ops.len)] ^= (char)(1u << rnd(w, 8));
	if (!only && !rnd(w, 64))
		b.ops.len -= rnd(w, b.ops.len);
	sim_chassis_batch(w->x.c, w->x.now, owner, epoch, (const uint8_t *)b.ops.data,
			  b.ops.len, &r);
	if (only && r.status != MR_BATCH_STALE_OWNER)
		broke(w, "I9: writes of somebody who is not the owner", n, r.status);
	w->deposed += r.status == MR_BATCH_STALE_OWNER;
	n = r.executed + (r.status != MR_BATCH_OK); /* with the one that stopped it */
	mr_buf_done(&r.data);
	mr_batch_done(&b);
	return n;
}

/* The owner, the one before it, one to come, somebody else with the right epoch. */
static unsigned manage_as(struct world *w, unsigned who, bool only)
{
	const uint64_t e = w->x.epoch;

	return who == 0	  ? manage(w, OWNER, e, only)
	       : who == 1 ? manage(w, OWNER, e - 1, only)
	       : who == 2 ? manage(w, OWNER, e + 1 + rnd(w, 3), only)
			  : manage(w, OWNER + 1 + rnd(w, 2) * mr_rng_next(&w->rng), e, only);
}

static unsigned bare(struct world *w, uint16_t vh)
{
	uint16_t rid = some_rid(w);
	unsigned width = 1u << rnd(w, 3), off = (unsigned)(rnd(w, 1024) * 4 + rnd(w, 4));
	uint64_t at = rnd(w, 2) ? FX_WIN64(rnd(w, BRIDGES)) + rnd(w, 1 << 20) : some_value(w);

	switch (rnd(w, 4)) {
	case 0:
		sim_host_cfg_read(w->x.c, w->x.now, vh, rid, off, width);
		break;
	case 1:
		sim_host_cfg_write(w->x.c, w->x.now, vh, rid, off, width,
				   (uint32_t)some_value(w));
		break;
	case 2:
		sim_host_mem_read(w->x.c, w->x.now, vh, at, 1u << rnd(w, 4));
		break;
	default:
		sim_host_mem_write(w->x.c, w->x.now, vh, at, 1u << rnd(w, 4), some_value(w));
	}
	return 1;
}

/* What a user of the blade does to its sysfs files, at devices that are there or not. */
static void sysfs(struct world *w)
{
	static const char *const drivers[] = {"lpfc", "mlx5_core", "pcieport", "vfio-pci", "x"};
	static const char *const numbers[] = {"0", "1", "4", "64", "65536", "-1", "many", ""};
	struct sim_blade *b = w->blade;
	unsigned n = sim_blade_devs(b);
	uint16_t rid =
		n && rnd(w, 8) ? sim_blade_dev(b, (unsigned)rnd(w, n))->rid : some_rid(w);
	const char *driver = drivers[rnd(w, 5)];
	struct mr_now now = w->x.now;
	int64_t done;
	uint8_t byte;

	switch (rnd(w, 12)) {
	case 0:
		sim_blade_numvfs(b, now, rid, numbers[rnd(w, 8)], &done);
		return;
	case 1:
		sim_blade_bind(b, now, driver, rid);
		return;
	case 2:
		sim_blade_unbind(b, now, driver, rid);
		return;
	case 3:
		sim_blade_probe(b, now, rid);
		return;
	case 4:
		sim_blade_override(b, rid, driver);
		return;
	case 5:
		if (!rnd(w, 16))
			sim_blade_remove(b, now, rid);
		return;
	case 6:
		sim_blade_rescan(b, now);
		return;
	case 7:
		sim_blade_reset(b, now, rid);
		return;
	case 8:
		sim_blade_slot_set_power(b, now, (unsigned)rnd(w, BRIDGES + 14), rnd(w, 3),
					 &done);
		return;
	case 9:
		sim_blade_vf_state_write(b, now, rid, (unsigned)rnd(w, 66), (uint8_t)rnd(w, 5));
		return;
	case 10:
		sim_blade_vf_state_read(b, now, rid, (unsigned)rnd(w, 66), &byte);
		return;
	default:
		sim_blade_autoprobe(b, rid, rnd(w, 2));
	}
}

/* The host with a kernel: its files `config`, its other files, and bare requests as well. */
static unsigned kernel(struct world *w)
{
	unsigned off = (unsigned)rnd(w, 4097), width = 1u << rnd(w, 3), n;

	switch (rnd(w, 4)) {
	case 0:
		n = sim_blade_devs(w->blade);
		sim_blade_cfg_read(w->blade, w->x.now,
				   n ? sim_blade_dev(w->blade, (unsigned)rnd(w, n))->rid : 0,
				   off, width);
		return 1;
	case 1:
		sim_blade_cfg_write(w->blade, w->x.now, some_rid(w), off, width,
				    (uint32_t)some_value(w));
		return 1;
	case 2:
		sysfs(w);
		deliver(w);
		return 1;
	default:
		return bare(w, KERNEL);
	}
}

static unsigned host(struct world *w, uint16_t vh)
{
	return vh == KERNEL ? kernel(w) : bare(w, vh);
}

/* ---- probing ---- */

static struct sim_tlp_fate probe(struct world *w, const struct sim_tlp *t)
{
	uint64_t id = sim_tlp_launch(w->x.c, w->x.now, t);
	struct sim_tlp_fate fate;

	pass(w, DEADLINE);
	fate = sim_tlp_fate(w->x.c, id);
	if (fate.end == SIM_TLP_FLYING)
		broke(w, "a request never came to its end", t->kind, t->vh);
	return fate;
}

/* Which hosts reach the functions of one host at one address. */
static void find_owner(struct world *w, uint16_t vh, uint16_t rid, uint16_t owner[2][VFS])
{
	struct sim_tlp t = {.kind = SIM_TLP_CFG_READ, .vh = vh, .rid = rid};
	struct sim_tlp_fate f = probe(w, &t);

	for (unsigned a = 0; a < 2; a++) {
		if (f.at_port != w->port[a] || f.at_vf >= VFS)
			continue;
		if (owner[a][f.at_vf] && owner[a][f.at_vf] != vh)
			broke(w, "I1: two hosts reach a function", owner[a][f.at_vf], vh);
		owner[a][f.at_vf] = vh;
	}
}

/* I1: which hosts reach each function, which host each function reaches. How many were found.
 */
static unsigned check_i1(struct world *w)
{
	uint16_t owner[2][VFS] = {{0}};
	unsigned n = 0;

	for (uint16_t vh = 1; vh <= HOSTS; vh++)
		for (unsigned bus = 3; bus < 3 + 2 * BRIDGES; bus++)
			for (unsigned fn = 0; fn < 6; fn++)
				find_owner(w, vh, (uint16_t)(bus << 8 | fn), owner);
	for (unsigned i = 0; i < 2 * VFS; i++) {
		uint16_t v = (uint16_t)(i % VFS), is = owner[i / VFS][v];
		struct sim_tlp t = {.kind = SIM_TLP_MEM_WRITE,
				    .from_function = true,
				    .port = (uint16_t)w->port[i / VFS],
				    .vf = v,
				    .address = 0x1000,
				    .data = v};
		struct sim_tlp_fate f = probe(w, &t);

		if (f.end == SIM_TLP_LANDED && f.at_vh && is && f.at_vh != is)
			broke(w, "I1: a function reaches another host than its owner", v,
			      f.at_vh);
		n += is != 0;
	}
	return n;
}

/* Whether a line of the dump is about a function that belongs to the host. */
static bool is_own(const struct mr_tree *status, const char *line, const char *host)
{
	const struct mr_tree *list = mr_tree_get(status, "adapters");

	for (unsigned i = 0; i < list->n; i++) {
		const struct mr_tree *fns = mr_tree_get(list->child[i], "functions");

		for (unsigned k = 0; k < fns->n; k++) {
			const char *name = mr_tree_text(fns->child[k], "name");
			size_t n = strlen(name);

			if (!strncmp(line + 3, name, n) && line[3 + n] == '/')
				return mr_streq(mr_tree_text(fns->child[k], "owner"), host);
		}
	}
	return false;
}

/* The lines of a dump that are about other hosts' hierarchies and functions, as the owners
 * stood in 'status': a host may well give up what it has. */
static void others(struct world *w, const struct mr_tree *status, unsigned vh,
		   struct mr_buf *out)
{
	const char *name = vh ? sim_host_name(w->x.c, (uint16_t)vh) : "nobody";
	struct mr_buf all = {0};
	char row[48], up[48], *save, *at;

	sim_chassis_dump(w->x.c, w->x.now, &all);
	snprintf(row, sizeof(row), "row/%s/", name);
	snprintf(up, sizeof(up), "upstream/%s/", name);
	for (at = strtok_r(all.data, "\n", &save); at; at = strtok_r(NULL, "\n", &save)) {
		bool row_or_up = mr_starts(at, "row/") || mr_starts(at, "upstream/");

		if ((row_or_up && !mr_starts(at, row) && !mr_starts(at, up)) ||
		    (mr_starts(at, "vf/") && !is_own(status, at, name)))
			mr_buf_printf(out, "%s\n", at);
	}
	mr_buf_done(&all);
}

/* I8: a storm of one host's accesses, resets and power included. */
static unsigned check_i8(struct world *w, unsigned n)
{
	struct mr_tree *status;
	struct mr_buf before = {0}, after = {0};
	uint16_t vh = (uint16_t)(1 + rnd(w, HOSTS));

	pass(w, SETTLE); /* another's kernel is busy with what was before */
	status = sim_chassis_status(w->x.c);
	others(w, status, vh, &before);
	for (unsigned i = 0; i < n; i++)
		host(w, vh);
	if (rnd(w, 2))
		sim_host_reset(w->x.c, w->x.now, vh);
	pass(w, DEADLINE);
	others(w, status, vh, &after);
	mr_tree_free(status);
	if (strcmp(mr_buf_text(&before), mr_buf_text(&after)) != 0)
		broke(w, "I8: what a host did changed something of another", vh, 0);
	mr_buf_done(&before);
	mr_buf_done(&after);
	if (vh != KERNEL)
		fx_enumerate(&w->x, vh);
	return n;
}

/* I9: a deposed owner's writes change nothing. */
static unsigned check_i9(struct world *w)
{
	struct mr_buf before = {0}, after = {0};
	uint64_t refused = sw(&w->x, SW_REFUSED), asked = w->deposed;
	struct mr_tree *status;
	unsigned n = 0;

	pass(w, DEADLINE);
	status = sim_chassis_status(w->x.c);
	others(w, status, 0, &before);
	for (unsigned i = 0; i < 32; i++)
		n += manage_as(w, 1 + i % 3, true);
	others(w, status, 0, &after);
	mr_tree_free(status);
	if (strcmp(mr_buf_text(&before), mr_buf_text(&after)) != 0)
		broke(w, "I9: a deposed owner changed something", 0, 0);
	if (sw(&w->x, SW_REFUSED) - refused != w->deposed - asked)
		broke(w, "I9: refusals were not counted", 0, 0);
	mr_buf_done(&before);
	mr_buf_done(&after);
	return n;
}

/* ---- a seed ---- */

/* PFs of nic-left with two VFs each for hosts 1 and 2, behind bridge 1. */
static void give_slots(struct world *w, uint16_t vh)
{
	ck_assert_uint_eq(ct_w(&w->x, "nic-left", CT_VH(vh) + VH_MAP, 1 | (uint64_t)vh << 16),
			  0);
	fx_map(&w->x, vh, 1, MR_TARGET(MR_TARGET_PFS, w->port[1], vh, 0));
	for (unsigned v = 2u * vh - 2; v < 2u * vh; v++) {
		uint64_t r = CT_VF(64, 0, v);

		ct_w(&w->x, "nic-left", r + VF_BLOCK, 3);
		ck_assert_uint_eq(ct_w(&w->x, "nic-left", r + VF_COMMAND,
				       MR_VFC_MIGRATE_IN | (uint64_t)vh << 16),
				  0);
		ct_w(&w->x, "nic-left", r + VF_BLOCK, 0);
	}
	hcfg_w(&w->x, vh, (uint16_t)(FX_BUS(1) << 8), 0x180 + 0x10, 2, 2); /* NumVFs, Enable */
	hcfg_w(&w->x, vh, (uint16_t)(FX_BUS(1) << 8), 0x180 + 0x08, 2, 0x19);
	hcfg_w(&w->x, vh, (uint16_t)(FX_BUS(1) << 8), 0x04, 2, 6);
}

static void setup(struct world *w)
{
	w->x = fx_new("config/demo-chassis.yaml");
	fx_take_over(&w->x);
	fx_take_over(&w->x); /* there is an owner before the owner */
	fx_provision(&w->x, "hba", 0, 8);
	w->port[0] = (unsigned)sim_adapter_find(w->x.c, "hba");
	w->port[1] = (unsigned)sim_adapter_find(w->x.c, "nic-left");
	w->blade = sim_blade_new(w->x.c, KERNEL, w->seed);
	for (uint16_t vh = 1; vh <= HOSTS; vh++) {
		if (vh == KERNEL)
			sw_w(&w->x, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED);
		else
			fx_boot(&w->x, vh);
		fx_map_synthetic(&w->x, vh, 0, "hba", vh - 1u, 64 << 10,
				 UINT64_C(0x0c040022891077));
		ct_w(&w->x, "hba", CT_VF(32, 0, vh - 1u) + VF_GATE, 1);
		if (vh <= 2)
			give_slots(w, vh);
	}
	pass(w, SETTLE);
}

static bool run(uint64_t seed, uint64_t accesses)
{
	struct world w = {.seed = seed};
	uint64_t next = 0;

	mr_rng_init(&w.rng, seed);
	setup(&w);
	if (check_i1(&w) != HOSTS + 4)
		broke(&w, "the probes do not find what was mapped", check_i1(&w), HOSTS + 4);
	while (w.done < accesses && !w.bad) {
		if (w.done >= next) {
			check_i1(&w);
			w.done += check_i8(&w, 200);
			w.done += check_i9(&w);
			next = w.done + 5000;
		}
		w.done += rnd(&w, 3)
				  ? host(&w, (uint16_t)rnd(&w, HOSTS + 3))
				  : manage_as(&w, rnd(&w, 4) ? 0 : (unsigned)rnd(&w, 4), false);
		if (!rnd(&w, 100))
			pass(&w, (int64_t)rnd(&w, rnd(&w, 16) ? 100000 : SETTLE));
		if (sw(&w.x, SW_OWNER_EPOCH) != w.x.epoch) /* it may have been cycled away */
			broke(&w, "the owner changed without a take-over", 0, 0);
		deliver(&w);
	}
	if (w.bad)
		printf("seed %llu, after %llu accesses: %s\n", (unsigned long long)seed,
		       (unsigned long long)w.done, w.bad);
	sim_blade_free(w.blade);
	fx_free(&w.x);
	return !w.bad;
}

static uint64_t first = 1, count = 4, accesses = 20000;

START_TEST(seeds)
{
	uint64_t passed = 0;

	for (uint64_t i = 0; i < count; i++)
		passed += run(first + i, accesses);
	printf("%llu of %llu seeds passed, %llu accesses each\n", (unsigned long long)passed,
	       (unsigned long long)count, (unsigned long long)accesses);
	ck_assert_uint_eq(passed, count);
}
END_TEST

int main(int argc, char **argv)
{
	Suite *s = suite_create("registers");
	TCase *t = tcase_create("registers");

	for (int i = 1; i + 1 < argc; i += 2) {
		uint64_t v = strtoull(argv[i + 1], NULL, 10);

		if (mr_streq(argv[i], "--seed"))
			first = v;
		else if (mr_streq(argv[i], "--count"))
			count = v;
		else if (mr_streq(argv[i], "--accesses"))
			accesses = v;
		else
			return 64;
	}
	tcase_set_timeout(t, 0);
	tcase_add_test(t, seeds);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
