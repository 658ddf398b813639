// SPDX-License-Identifier: Apache-2.0
/*
 * Register access fuzzing: management (as the owner, as a deposed one, as nobody), hosts and
 * probes access anything at any address and width in any order, while a fabric of a few mapped
 * functions stands. Then, and every so often, it is probed:
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
#include "sim/model/snapshot.h"
#include "tests/unit/check_main.h"
#include "tests/unit/sim_model/fixture.h"

#define HOSTS	 4
#define BRIDGES	 4
#define DEADLINE 1000000 /* of a probe, in ns */

struct world {
	struct fx x;
	struct mr_rng rng;
	uint64_t seed, done, deposed;
	unsigned port; /* of the adapter whose VFs are mapped */
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
		static const uint32_t tables[] = {0,	   CT_VHS, CT_PFS,
						  CT_LVFS, CT_VFS, CT_NAMESPACES};
		uint64_t bar = UINT64_C(0x10000000000) + rnd(w, 8) * (64u << 20);

		return bar + tables[rnd(w, 6)] + near;
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

/* A batch of several records by management with a given epoch; how many accesses it was. */
static unsigned manage(struct world *w, uint64_t epoch, bool only)
{
	struct mr_batch b = {0};
	struct sim_batch_result r;
	unsigned n = 1 + (unsigned)rnd(w, 16);

	for (unsigned i = 0; i < n; i++) {
		uint8_t space = (uint8_t)rnd(w, 3), width = (uint8_t)(1u << rnd(w, 4));
		uint16_t vh = space == MR_SPACE_CONFIG && rnd(w, 2) ? (uint16_t)rnd(w, 6) : 0;
		uint64_t at = some_address(w, space);

		if (space == MR_SPACE_SWITCH)
			width = 8;
		else if (space == MR_SPACE_CONFIG && width == 8)
			width = 4;
		if (only || rnd(w, 2))
			mr_batch_write(&b, space, vh, some_rid(w), at, width, some_value(w));
		else
			mr_batch_read(&b, space, vh, some_rid(w), at, width,
				      (uint16_t)(1 + rnd(w, 3)));
	}
	r = fx_run(&w->x, &b, epoch);
	if (only && r.status == MR_BATCH_OK)
		broke(w, "I9: a batch of a deposed owner was executed", n, 0);
	w->deposed += r.status == MR_BATCH_STALE_OWNER;
	mr_buf_done(&r.data);
	return n;
}

static unsigned host(struct world *w, uint16_t vh)
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

/* ---- probing ---- */

static struct sim_tlp_fate probe(struct world *w, const struct sim_tlp *t)
{
	uint64_t id = sim_tlp_launch(w->x.c, w->x.now, t);
	struct sim_tlp_fate fate;

	fx_pass(&w->x, DEADLINE);
	fate = sim_tlp_fate(w->x.c, id);
	if (fate.end == SIM_TLP_FLYING)
		broke(w, "a request never came to its end", t->kind, t->vh);
	return fate;
}

/* I1: which hosts reach each function, which host each function reaches. How many were found.
 */
static unsigned check_i1(struct world *w)
{
	uint16_t owner[8] = {0};
	unsigned n = 0;

	for (uint16_t vh = 1; vh <= HOSTS; vh++)
		for (unsigned bus = 3; bus < 3 + 2 * BRIDGES; bus++) {
			struct sim_tlp t = {.kind = SIM_TLP_CFG_READ,
					    .vh = vh,
					    .rid = (uint16_t)(bus << 8)};
			struct sim_tlp_fate f = probe(w, &t);

			if (f.at_port != w->port || f.at_vf >= 8)
				continue;
			if (owner[f.at_vf] && owner[f.at_vf] != vh)
				broke(w, "I1: two hosts reach a function", owner[f.at_vf], vh);
			owner[f.at_vf] = vh;
		}
	for (uint16_t v = 0; v < 8; v++) {
		struct sim_tlp t = {.kind = SIM_TLP_MEM_WRITE,
				    .from_function = true,
				    .port = (uint16_t)w->port,
				    .vf = v,
				    .address = 0x1000,
				    .data = v};
		struct sim_tlp_fate f = probe(w, &t);

		if (f.end == SIM_TLP_LANDED && f.at_vh && owner[v] && f.at_vh != owner[v])
			broke(w, "I1: a function reaches another host than its owner", v,
			      f.at_vh);
	}
	for (unsigned v = 0; v < 8; v++)
		n += owner[v] != 0;
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

/* The lines of a dump that are about other hosts' hierarchies and functions. */
static void others(struct world *w, unsigned vh, struct mr_buf *out)
{
	struct mr_tree *status = sim_chassis_status(w->x.c);
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
	mr_tree_free(status);
	mr_buf_done(&all);
}

/* I8: a storm of one host's accesses, resets and power included. */
static unsigned check_i8(struct world *w, unsigned n)
{
	struct mr_buf before = {0}, after = {0};
	uint16_t vh = (uint16_t)(1 + rnd(w, HOSTS));

	fx_pass(&w->x, DEADLINE);
	others(w, vh, &before);
	for (unsigned i = 0; i < n; i++)
		host(w, vh);
	if (rnd(w, 2))
		sim_host_reset(w->x.c, w->x.now, vh);
	fx_pass(&w->x, DEADLINE);
	others(w, vh, &after);
	if (strcmp(mr_buf_text(&before), mr_buf_text(&after)) != 0)
		broke(w, "I8: what a host did changed something of another", vh, 0);
	mr_buf_done(&before);
	mr_buf_done(&after);
	fx_enumerate(&w->x, vh);
	return n;
}

/* I9: a deposed owner's writes change nothing. */
static unsigned check_i9(struct world *w)
{
	struct mr_buf before = {0}, after = {0};
	uint64_t refused = sw(&w->x, SW_REFUSED), asked = w->deposed;
	unsigned n = 0;

	fx_pass(&w->x, DEADLINE);
	others(w, 0, &before);
	for (unsigned i = 0; i < 32; i++)
		n += manage(w, w->x.epoch - 1, true);
	others(w, 0, &after);
	if (strcmp(mr_buf_text(&before), mr_buf_text(&after)) != 0)
		broke(w, "I9: a deposed owner changed something", 0, 0);
	if (sw(&w->x, SW_REFUSED) - refused != w->deposed - asked)
		broke(w, "I9: refusals were not counted", 0, 0);
	mr_buf_done(&before);
	mr_buf_done(&after);
	return n;
}

/* ---- a seed ---- */

static void setup(struct world *w)
{
	w->x = fx_new("config/demo-chassis.yaml");
	fx_take_over(&w->x);
	fx_provision(&w->x, "hba", 0, 8);
	w->port = (unsigned)sim_adapter_find(w->x.c, "hba");
	for (uint16_t vh = 1; vh <= HOSTS; vh++) {
		fx_boot(&w->x, vh);
		fx_map_synthetic(&w->x, vh, 0, "hba", vh - 1u, 64 << 10,
				 UINT64_C(0x0c040022891077));
		ct_w(&w->x, "hba", CT_VF(32, 0, vh - 1u) + VF_GATE, 1);
	}
	fx_notices(&w->x, SIM_NOTICE_HOST_LINK, -1);
}

static bool run(uint64_t seed, uint64_t accesses)
{
	struct world w = {.seed = seed};
	uint64_t next = 0;

	mr_rng_init(&w.rng, seed);
	setup(&w);
	if (check_i1(&w) != HOSTS)
		broke(&w, "the probes do not find what was mapped", HOSTS, 0);
	while (w.done < accesses && !w.bad) {
		if (w.done >= next) {
			check_i1(&w);
			w.done += check_i8(&w, 200);
			w.done += check_i9(&w);
			next = w.done + 5000;
		}
		w.done += rnd(&w, 3) ? host(&w, (uint16_t)rnd(&w, 7))
				     : manage(&w, w.x.epoch, false);
		if (!rnd(&w, 100))
			fx_pass(&w.x, (int64_t)rnd(&w, 100000));
		if (sw(&w.x, SW_OWNER_EPOCH) != w.x.epoch) /* it may have been cycled away */
			broke(&w, "the owner changed without a take-over", 0, 0);
		fx_notices(&w.x, SIM_NOTICE_HOST_LINK, -1);
	}
	if (w.bad)
		printf("seed %llu, after %llu accesses: %s\n", (unsigned long long)seed,
		       (unsigned long long)w.done, w.bad);
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
