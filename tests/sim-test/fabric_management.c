/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chassis whose VH 0 has a blade for a root, as a whole fabric: the manager does its work
 * with and without that blade's agent, which enables the VFs; and whatever happens to the
 * blade, or whatever it does, the functions of other hosts go on (HANDOVER 3, I8).
 */
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "common/xalloc.h"
#include "tests/sim-test/fixture.h"
#include "tests/unit/sim_model/fixture.h"

#define MGMT   4u
#define CLAIMS 7u
#define SRIOV  0x180u

static bool everywhere(const char *host)
{
	(void)host;
	return true;
}

static bool not_on_mgmt(const char *host)
{
	return strcmp(host, "mgmt") != 0;
}

static void begin(bool (*agents)(const char *))
{
	fabric_begin("config/management-chassis.yaml", 3, agents);
	w->on_op = fabric_judge_op;
}

/* The policy of the chassis, with profile `app` on another blade. */
static void apply(const char *host)
{
	static const char says[] = "host: blade01";
	char *text = fx_load("config/management-policy.yaml"), *at = strstr(text, says);

	ck_assert_ptr_nonnull(at);
	memcpy(at + 6, host, strlen(host));
	fabric_accept(text);
	free(text);
	fabric_settle();
}

static void end(void)
{
	fabric_end();
}

/* Every claim is Active, those of profile app on 'host'. */
static void all_active(const char *host)
{
	unsigned n = fm_engine_assignments(w->engine);

	ck_assert_uint_eq(n, CLAIMS);
	for (unsigned i = 0; i < n; i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		ck_assert_msg(a->phase == FM_PHASE_ACTIVE, "%s/%s: %s", a->profile, a->device,
			      a->detail);
		ck_assert_str_eq(a->host, a->profile[0] == 'a' ? host : "blade03");
	}
}

/* Resets and remaps of all functions that somebody has. */
static uint64_t harm(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_fn *f = fm_fn_get(fm_engine_inventory(w->engine),
						  fm_engine_assignment(w->engine, i)->fn);

		sum += f ? f->resets + f->remaps : 0;
	}
	return sum;
}

static struct sim_blade *mgmt(void)
{
	return w->host[MGMT].blade;
}

/* VFs that the management host's kernel shows. */
static unsigned shown(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < sim_blade_devs(mgmt()); i++)
		n += sim_blade_dev(mgmt(), i)->is_virtfn;
	return n;
}

/* Its row says of which chassis it is, and that its agent is there. */
static void is_listed(void)
{
	struct fm_request r = {.verb = FM_VERB_GET, .kind = "hosts", .name = "mgmt"};
	const struct mr_tree *items;

	ck_assert_int_eq(fabric_ask(&r), 0);
	items = mr_tree_get(w->reply.tree, "items");
	ck_assert_uint_eq(items->n, 1);
	ck_assert_str_eq(mr_tree_text(items->child[0], "management"), "c1");
	ck_assert_str_eq(mr_tree_text(items->child[0], "agent"), "accepted");
	r.name = "blade01";
	ck_assert_int_eq(fabric_ask(&r), 0);
	items = mr_tree_get(w->reply.tree, "items");
	ck_assert_str_eq(mr_tree_text(items->child[0], "management"), "");
}

/* ---- the main job ---- */

/* The agent of the management host is accepted and enables the VFs; nothing is given to it. */
START_TEST(the_agent_enables)
{
	begin(everywhere);
	apply("blade01");
	all_active("blade01");
	ck_assert_str_eq(fm_engine_inventory(w->engine)->chassis[0].root_name, "mgmt");
	ck_assert_uint_eq(fabric_adapter("nic")->pf[0].numvfs, 12);
	ck_assert_uint_eq(fabric_adapter("hba")->pf[1].numvfs, 8);
	ck_assert_uint_eq(sim_blade_find(mgmt(), 0x0301)->numvfs, 12);
	ck_assert_uint_eq(sim_blade_find(mgmt(), 0x0401)->numvfs, 8);
	ck_assert_uint_eq(shown(), 12 + 8 + 8);
	is_listed();
	end();
}
END_TEST

/* Without it the manager sets them by the registers. */
START_TEST(without_its_agent)
{
	begin(not_on_mgmt);
	apply("blade01");
	all_active("blade01");
	ck_assert_uint_eq(fabric_adapter("nic")->pf[0].numvfs, 12);
	ck_assert_uint_eq(shown(), 0);
	apply("blade02");
	all_active("blade02");
	end();
}
END_TEST

/* It comes while the counts are being set: whoever set them, its kernel shows them in the end.
 */
START_TEST(its_agent_comes_late)
{
	char *text = fx_load("config/management-policy.yaml");

	begin(everywhere);
	world_agent_crash(w, MGMT);
	fabric_accept(text);
	free(text);
	world_run_for(w, (_i + 1) * 10 * MR_NS_PER_MS);
	world_agent_restart(w, MGMT);
	world_run_for(w, 10 * MR_NS_PER_S);
	fabric_settle();
	all_active("blade01");
	ck_assert_uint_eq(shown(), 12 + 8 + 8);
	end();
}
END_TEST

/* Functions move while the management host is off. */
START_TEST(moves_without_it)
{
	begin(everywhere);
	apply("blade01");
	sim_host_set_power(w->chassis, w->now, MGMT, false);
	world_notices(w);
	apply("blade02");
	all_active("blade02");
	sim_host_set_power(w->chassis, w->now, MGMT, true);
	world_notices(w);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	all_active("blade02");
	ck_assert_uint_eq(shown(), 12 + 8 + 8);
	end();
}
END_TEST

/* ---- what happens to it, what it does ---- */

static void reset(void)
{
	ck_assert_int_eq(sim_host_reset(w->chassis, w->now, MGMT), 0);
}

static void power(void)
{
	ck_assert_int_eq(sim_host_set_power(w->chassis, w->now, MGMT, false), 0);
	world_notices(w);
	world_run_for(w, 5 * MR_NS_PER_S);
	ck_assert_int_eq(sim_host_set_power(w->chassis, w->now, MGMT, true), 0);
}

static void cable(void)
{
	ck_assert_int_eq(sim_port_set_link(w->chassis, w->now, MGMT, false), 0);
	world_notices(w);
	world_run_for(w, 5 * MR_NS_PER_S);
	ck_assert_int_eq(sim_port_set_link(w->chassis, w->now, MGMT, true), 0);
}

static void agent(void)
{
	world_agent_crash(w, MGMT);
	world_run_for(w, 5 * MR_NS_PER_S);
	world_agent_restart(w, MGMT);
}

static void hang(void)
{
	sim_blade_hang(mgmt(), true);
	reset();
	world_notices(w);
	world_run_for(w, 5 * MR_NS_PER_S);
	sim_blade_hang(mgmt(), false);
}

static void numvfs_0(void)
{
	int64_t done;

	ck_assert_int_eq(sim_blade_numvfs(mgmt(), w->now, 0x0301, "0", &done), 0);
	ck_assert_int_eq(sim_blade_numvfs(mgmt(), w->now, 0x0400, "0", &done), 0);
}

/* As a driver gone wild: all that would end functions, at each PF and port. */
static void hostile(void)
{
	static const uint16_t rids[] = {0x0200, 0x0201, 0x0300, 0x0301, 0x0302,
					0x0400, 0x0401, 0x0402, 0x0600};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(rids); i++)
		for (unsigned off = 4; off < 0x300; off += 4)
			sim_host_cfg_write(w->chassis, w->now, MGMT, rids[i], off, 4,
					   off % 8 ? 0 : UINT32_MAX);
	for (uint64_t at = 0x10000000000ull; at < 0x10020000000ull; at += 0x10000)
		sim_host_mem_write(w->chassis, w->now, MGMT, at, 8, UINT64_MAX);
}

static void bus_reset(void)
{
	sim_host_cfg_write(w->chassis, w->now, MGMT, 0x0100, 0x3e, 2, 0x40);
	sim_host_cfg_write(w->chassis, w->now, MGMT, 0x0200, 0x3e, 2, 0x40);
}

static void (*const events[])(void) = {reset, power,	cable,	 agent,
				       hang,  numvfs_0, hostile, bus_reset};

/* With the manager alive and dead: nobody else loses anything, and the work goes on after. */
START_TEST(others_go_on)
{
	uint64_t before;
	bool dead = _i % 2;

	begin(everywhere);
	apply("blade01");
	before = harm();
	if (dead)
		world_manager_kill(w);
	events[_i / 2]();
	world_notices(w);
	world_run_for(w, 30 * MR_NS_PER_S);
	if (dead)
		world_manager_start(w);
	fabric_settle();
	all_active("blade01");
	ck_assert_uint_eq(harm(), before);
	apply("blade02");
	all_active("blade02");
	end();
}
END_TEST

/* What it was refused is told. */
START_TEST(held_is_noted)
{
	begin(everywhere);
	apply("blade01");
	numvfs_0();
	world_notices(w);
	fabric_settle();
	ck_assert_msg(strstr(mr_buf_text(&w->trace),
			     "the management host mgmt asked to stop VFs while hosts have "
			     "functions of it: held") != NULL,
		      "%s", mr_buf_text(&w->trace));
	end();
}
END_TEST

/* What it does with an adapter that nobody has functions of is its own, and is seen. */
START_TEST(an_idle_adapter_is_the_hosts)
{
	const struct fm_adapter *d;

	begin(everywhere);
	apply("blade01");
	/* nvme has no pool: nobody provisioned it, and its VFs are the management host's */
	d = fabric_adapter("nvme");
	ck_assert_uint_eq(d->pf[0].numvfs, 0);
	sim_host_cfg_write(w->chassis, w->now, MGMT, 0x0500, 0x166, 2, 0xc); /* ACS: apart */
	sim_host_cfg_write(w->chassis, w->now, MGMT, 0x0500, SRIOV + 0x10, 2, 8);
	sim_host_cfg_write(w->chassis, w->now, MGMT, 0x0500, SRIOV + 0x08, 2, 0x19);
	world_notices(w);
	fabric_settle();
	ck_assert_uint_eq(fabric_adapter("nvme")->pf[0].numvfs, 8);
	all_active("blade01");
	end();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("management host");
	Suite *s = suite_create("management");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, the_agent_enables);
	tcase_add_test(t, without_its_agent);
	tcase_add_loop_test(t, its_agent_comes_late, 0, 20);
	tcase_add_test(t, moves_without_it);
	tcase_add_loop_test(t, others_go_on, 0, 2 * (int)MR_ARRAY_SIZE(events));
	tcase_add_test(t, held_is_noted);
	tcase_add_test(t, an_idle_adapter_is_the_hosts);
	suite_add_tcase(s, t);
	return check_run(s);
}
