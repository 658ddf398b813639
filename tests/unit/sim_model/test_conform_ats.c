// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance, address translation as traffic: section 1.10. Requests for translations, the
 * cache, translated requests and invalidations, and that no owner leaves anything of them.
 */
#include <errno.h>

#include "sim/model/fault.h"
#include "tests/unit/sim_model/conform_tlp.h"

#define IOVA 0x40000000ull
#define HERE 0x7000000000ull /* where host 1's agent leads it, and host 2's: */
#define ELSE 0x9000000000ull
#define RW   (SIM_IOMMU_READ | SIM_IOMMU_WRITE)

static struct cf_pf f;

static void setup(void)
{
	cf_setup();
	cf_provision("one");
	f = cf_host("one", 1);
	give_n(&f, 2);
	cf_enable(&f, 600, MIGRATE);
	cf_start(&f, 0, 1, true);
	ck_assert_int_eq(cf_iommu(1, IOVA, HERE, 1 << 20, RW), 0);
}

static void stu(unsigned v)
{
	hcfg_w(&x, 1, f.rid, ATS + PCI_ATS_CTRL, 2, v);
}

/* Whether a translated write goes anywhere. */
static bool cached(uint64_t address)
{
	return cf_translated(&f, 0, SIM_TLP_MEM_WRITE, address).end == SIM_TLP_LANDED;
}

/* 1.10: with Enable a function asks; the root answers; what it then sends translated lands
 * where the root said, without another look at the agent's tables. */
START_TEST(request_answer_translated)
{
	struct sim_tlp_fate t;

	ck_assert(!cached(IOVA));
	t = cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA + 0x5008);
	ck_assert_int_eq(t.end, SIM_TLP_COMPLETED);
	ck_assert_uint_eq(t.data, HERE + 0x5000);
	t = cf_translated(&f, 0, SIM_TLP_MEM_WRITE, IOVA + 0x5010);
	ck_assert_int_eq(t.end, SIM_TLP_LANDED);
	ck_assert_uint_eq(t.at_vh, 1);
	ck_assert_uint_eq(t.at_address, HERE + 0x5010);
	ck_assert_int_eq(sim_host_iommu_unmap(x.c, x.now, 1, IOVA, 1 << 20), 1);
	ck_assert_int_eq(cf_iommu(1, 0, 0, 4096, RW), 0); /* not passing through */
	ck_assert_int_eq(cf_send(&f, 0, SIM_TLP_MEM_WRITE, IOVA + 0x5010).end, SIM_TLP_DROPPED);
	ck_assert(cached(IOVA + 0x5010));
	ck_assert(!cached(IOVA + 0x6000)); /* one unit and no more */
}
END_TEST

/* 1.10: without Enable neither requests for translations nor translated requests leave. */
START_TEST(nothing_without_enable)
{
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	ck_assert(cached(IOVA));
	hcfg_w(&x, 1, cf_vf_rid(&f, 1), ATS + PCI_ATS_CTRL, 2, 0);
	ck_assert_int_eq(cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA).end, SIM_TLP_DROPPED);
	ck_assert(!cached(IOVA));
	ck_assert_int_eq(cf_send(&f, 0, SIM_TLP_MEM_WRITE, IOVA).end, SIM_TLP_LANDED);
}
END_TEST

/* 1.10: PF and VF enable apart: the other VF has neither Enable nor the entry. */
START_TEST(each_function_has_its_cache)
{
	cf_start(&f, 1, 2, false);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	ck_assert_int_eq(cf_send(&f, 1, SIM_TLP_ATS_REQUEST, IOVA).end, SIM_TLP_DROPPED);
	cf_start(&f, 1, 2, true);
	ck_assert_int_eq(cf_translated(&f, 1, SIM_TLP_MEM_WRITE, IOVA).end, SIM_TLP_DROPPED);
}
END_TEST

/* 1.10: a change of Enable empties the cache; what was asked before it is not kept. */
START_TEST(enable_empties)
{
	struct sim_tlp t = cf_tlp(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	uint64_t id;

	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	cf_start(&f, 0, 1, false);
	cf_start(&f, 0, 1, true);
	ck_assert(!cached(IOVA));
	id = sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, 2 * HOP);
	cf_start(&f, 0, 1, false);
	cf_start(&f, 0, 1, true);
	fx_pass(&x, 30 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_COMPLETED);
	ck_assert(!cached(IOVA));
}
END_TEST

/* 1.10: the translation unit is 2^(STU+12) bytes, the PF's for its VFs, whatever they write. */
START_TEST(unit_of_the_pf)
{
	stu(4);
	hcfg_w(&x, 1, cf_vf_rid(&f, 1), ATS + PCI_ATS_CTRL, 2, PCI_ATS_CTRL_ENABLE | 9);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA + 0x12345);
	ck_assert(cached(IOVA + 0x10000));
	ck_assert(cached(IOVA + 0x1fff8));
	ck_assert(!cached(IOVA + 0x20000));
	ck_assert(!cached(IOVA + 0xfff8));
	/* A unit that is mapped in part only has no translation. */
	ck_assert_int_eq(cf_iommu(1, IOVA + (1 << 20), HERE, 0x8000, RW), 0);
	ck_assert_uint_eq(cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA + (1 << 20)).data, 0);
	ck_assert(!cached(IOVA + (1 << 20)));
}
END_TEST

/* 1.10: no mapping is an answer, too: it is complete, without permission, and not cached. */
START_TEST(no_translation)
{
	struct sim_tlp_fate t = cf_send(&f, 0, SIM_TLP_ATS_REQUEST, 0x1000);

	ck_assert_int_eq(t.end, SIM_TLP_COMPLETED);
	ck_assert_uint_eq(t.data, 0);
	ck_assert(!cached(0x1000));
	ck_assert_int_eq(cf_iommu(1, 0x1000, HERE, 0x1000, SIM_IOMMU_READ), 0);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, 0x1000);
	ck_assert(!cached(0x1000)); /* it may read there, and no more */
	ck_assert_int_eq(cf_translated(&f, 0, SIM_TLP_MEM_READ, 0x1000).end, SIM_TLP_COMPLETED);
	ck_assert_int_eq(cf_iommu(1, 0x1000, HERE, 0x1000, RW), -EEXIST);
	ck_assert_int_eq(cf_iommu(1, 0x2000, HERE, 0x800, RW), -EINVAL);
	ck_assert_int_eq(cf_iommu(9, 0x2000, HERE, 0x1000, RW), -ENOENT);
}
END_TEST

/* 1.10: an invalidation takes the range away and is answered; other entries stay. */
START_TEST(invalidation)
{
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA + 0x3000);
	ck_assert_int_eq(cf_invalidate(&f, 1, IOVA, 0x1000).end, SIM_TLP_COMPLETED);
	ck_assert(!cached(IOVA));
	ck_assert(cached(IOVA + 0x3000));
	ck_assert_int_eq(cf_invalidate(&f, 1, 0, UINT64_MAX).end, SIM_TLP_COMPLETED);
	ck_assert(!cached(IOVA + 0x3000));
	/* Nobody is there: no answer, and the host's time runs out. */
	ck_assert_int_eq(cf_invalidate(&f, 9, 0, 4096).end, SIM_TLP_DROPPED);
}
END_TEST

/* 1.10: a translation that is on its way while its range is invalidated is not kept. */
START_TEST(invalidation_overtakes_an_answer)
{
	struct sim_tlp ask = cf_tlp(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	struct sim_tlp take = cf_invalidation(&f, 1, IOVA, 4096);
	uint64_t a, b;

	a = sim_tlp_launch(x.c, x.now, &ask);
	fx_pass(&x, 2 * HOP);
	b = sim_tlp_launch(x.c, x.now, &take);
	fx_pass(&x, 30 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, a).end, SIM_TLP_COMPLETED);
	ck_assert_int_eq(sim_tlp_fate(x.c, b).end, SIM_TLP_COMPLETED);
	ck_assert(!cached(IOVA));
}
END_TEST

/* 1.10: an invalidation is complete only when no translated read is outstanding. */
START_TEST(invalidation_waits_for_reads)
{
	struct sim_tlp take = cf_invalidation(&f, 1, IOVA, 4096);
	struct sim_tlp read = cf_tlp(&f, 0, SIM_TLP_MEM_READ, IOVA);
	uint64_t a, b;

	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	read.translated = true;
	a = sim_tlp_launch(x.c, x.now, &take);
	fx_pass(&x, 2 * HOP + HOP / 2);
	b = sim_tlp_launch(x.c, x.now, &read); /* half a hop before it arrives */
	fx_pass(&x, 4 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, a).end, SIM_TLP_FLYING); /* 6 hops are over */
	fx_pass(&x, 2 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, a).end, SIM_TLP_FLYING);
	ck_assert_int_eq(sim_tlp_fate(x.c, b).end, SIM_TLP_COMPLETED);
	fx_pass(&x, 5 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, a).end, SIM_TLP_COMPLETED);
}
END_TEST

/* 1.10: Invalidate Queue Depth 0 stands for 32: a 33rd is not sent while 32 are open. */
START_TEST(queue_depth)
{
	struct sim_tlp take = cf_invalidation(&f, 1, IOVA, 4096);
	uint64_t id[33];

	for (unsigned i = 0; i < 33; i++)
		id[i] = sim_tlp_launch(x.c, x.now, &take);
	fx_pass(&x, 30 * HOP);
	for (unsigned i = 0; i < 33; i++)
		ck_assert_int_eq(sim_tlp_fate(x.c, id[i]).end,
				 i < 32 ? SIM_TLP_COMPLETED : SIM_TLP_DROPPED);
	ck_assert_int_eq(cf_run(&take).end, SIM_TLP_COMPLETED);
}
END_TEST

static void flr(void)
{
	cf_flr(1, cf_vf_rid(&f, 1));
}

static void pf_flr(void)
{
	cf_flr(1, f.rid);
	cf_enable(&f, 600, MIGRATE);
}

static void conventional(void)
{
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 1), 0);
	cf_firmware(1);
	cf_enable(&f, 600, MIGRATE);
	ck_assert_int_eq(cf_iommu(1, IOVA, HERE, 1 << 20, RW), 0);
}

static void vf_enable_cycle(void)
{
	cf_disable(&f);
	cf_enable(&f, 600, MIGRATE);
}

static void port_reset(void)
{
	unsigned port = (unsigned)sim_adapter_find(x.c, "one");

	ck_assert_uint_eq(sw_w(&x, SW_PORT(port) + PORT_RESET, 1), MR_BATCH_OK);
	cf_enable(&f, 600, MIGRATE);
}

static void (*const resets[])(void) = {flr, pf_flr, conventional, vf_enable_cycle, port_reset};
#define RESETS (sizeof(resets) / sizeof(resets[0]))

/* 1.10, 1.4: every reset clears Enable and cache, and what is on its way comes to nothing. */
START_TEST(resets_empty)
{
	struct sim_tlp t = cf_tlp(&f, 0, SIM_TLP_ATS_REQUEST, IOVA + 0x1000);

	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	ck_assert(cached(IOVA));
	sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, 2 * HOP);
	resets[_i]();
	ck_assert_uint_eq(hcfg(&x, 1, cf_vf_rid(&f, 1), ATS + PCI_ATS_CTRL, 2), 0);
	cf_start(&f, 0, 1, true);
	fx_pass(&x, 30 * HOP);
	ck_assert(!cached(IOVA));
	ck_assert(!cached(IOVA + 0x1000));
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	ck_assert(cached(IOVA));
}
END_TEST

/* DEFAULTS and the canary count an entry even when nothing else is left of a driver. */
START_TEST(an_entry_is_no_default)
{
	ck_assert_uint_eq(mvf_w(&f, 0, VF_GATE, 0), MR_BATCH_OK);
	cf_flr(1, cf_vf_rid(&f, 1));
	ck_assert_uint_ne(mvf(&f, 0, VF_STATUS) & MR_VF_DEFAULTS, 0);
	cf_start(&f, 0, 1, true);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	ck_assert_uint_eq(cf_dirt(&f, 1), SIM_DIRT_COMMAND | SIM_DIRT_ATS | SIM_DIRT_ATC);
	ck_assert_uint_eq(mvf_w(&f, 0, VF_GATE, 0), MR_BATCH_OK);
	ck_assert_uint_eq(mvf(&f, 0, VF_STATUS) & MR_VF_DEFAULTS, 0);
}
END_TEST

/* A cut: nothing translated of the old owner has an effect after it, and no entry reaches the
 * new one. */
START_TEST(cut_leaves_nothing)
{
	struct sim_tlp word = cf_tlp(&f, 0, SIM_TLP_MEM_WRITE, IOVA);
	struct sim_tlp ask = cf_tlp(&f, 0, SIM_TLP_ATS_REQUEST, IOVA + 0x1000);
	struct cf_pf g;
	uint64_t a, b;

	cf_boot(2);
	g = cf_show("one", 2, 0, 0);
	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	word.translated = true;
	a = sim_tlp_launch(x.c, x.now, &ask);
	fx_pass(&x, 4 * HOP);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_FORCE_OUT), MR_BATCH_OK);
	ck_assert_uint_eq(mvf(&f, 0, VF_STATUS) & MR_VF_DRAINED, 0);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_RESET), MR_BATCH_REFUSED);
	b = sim_tlp_launch(x.c, x.now, &word);
	fx_pass(&x, 30 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, a).end, SIM_TLP_COMPLETED);
	ck_assert_int_eq(sim_tlp_fate(x.c, b).end, SIM_TLP_DROPPED);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_ne(mvf(&f, 0, VF_STATUS) & MR_VF_DEFAULTS, 0);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_RETURN), MR_BATCH_OK);
	ck_assert_uint_eq(give(&g, 0), MR_BATCH_OK);
	cf_enable(&g, 600, MIGRATE);
	cf_start(&g, 0, 1, true);
	ck_assert_int_eq(cf_iommu(2, IOVA, ELSE, 1 << 20, RW), 0);
	ck_assert_int_eq(cf_translated(&g, 0, SIM_TLP_MEM_WRITE, IOVA).end, SIM_TLP_DROPPED);
	ck_assert_int_eq(cf_translated(&g, 0, SIM_TLP_MEM_WRITE, IOVA + 0x1000).end,
			 SIM_TLP_DROPPED);
	ck_assert_uint_eq(cf_send(&g, 0, SIM_TLP_ATS_REQUEST, IOVA).data, ELSE);
}
END_TEST

/* A device whose reset forgets its cache is found out: DEFAULTS is computed from the state. */
START_TEST(a_shallow_reset_shows)
{
	const struct sim_fault fault = {.kind = SIM_FAULT_SHALLOW_RESET,
					.port = (uint16_t)sim_adapter_find(x.c, "one")};

	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	ck_assert_int_eq(sim_fault_set(x.c, &fault), 0);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_FORCE_OUT), MR_BATCH_OK);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(mvf(&f, 0, VF_STATUS), MR_VF_RESET_DONE | MR_VF_DRAINED);
	sim_fault_clear(x.c, x.now, SIM_FAULT_COUNT);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_ne(mvf(&f, 0, VF_STATUS) & MR_VF_DEFAULTS, 0);
}
END_TEST

/* Whoever blocks a function answers invalidations in its place: its host need not wait. */
START_TEST(blocked_answers_invalidations)
{
	struct sim_tlp take = cf_invalidation(&f, 1, IOVA, 4096);
	uint64_t id;

	cf_send(&f, 0, SIM_TLP_ATS_REQUEST, IOVA);
	ck_assert_uint_eq(mvf_w(&f, 0, VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_int_eq(cf_run(&take).end, SIM_TLP_COMPLETED);
	id = sim_tlp_launch(x.c, x.now, &take);
	fx_pass(&x, 3 * HOP); /* it is at the function */
	ck_assert_uint_eq(row_w(&x, 1, 0, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	ck_assert_int_eq(cf_run(&take).end, SIM_TLP_COMPLETED);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_COMPLETED);
	fx_pass(&x, MS);
	ck_assert_uint_eq(row(&x, 1, 0, ROW_STATUS) & MR_ROW_DRAINED, MR_ROW_DRAINED);
}
END_TEST

/* A synthetic function is no VF to its host: an STU of its own, which VH 0 does not see. */
START_TEST(synthetic_has_an_stu)
{
	const uint16_t rid = CF_BUS(2) << 8;
	unsigned port = (unsigned)sim_adapter_find(x.c, "plain");
	uint16_t rid0 = (uint16_t)(sw(&x, SW_PORT(port) + PORT_VH0_RID) + 1);

	cf_provision("plain");
	fx_map_synthetic(&x, 1, 2, "plain", 0, 0x4000, 0xa824144d);
	hcfg_w(&x, 1, rid, ATS + PCI_ATS_CTRL, 2, PCI_ATS_CTRL_ENABLE | 2);
	ck_assert_uint_eq(hcfg(&x, 1, rid, ATS + PCI_ATS_CTRL, 2), PCI_ATS_CTRL_ENABLE | 2);
	ck_assert_uint_eq(cfg0(&x, rid0, ATS + PCI_ATS_CTRL, 2), PCI_ATS_CTRL_ENABLE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_ats");
	TCase *t = tcase_create("1.10");

	tcase_add_checked_fixture(t, setup, cf_teardown);
	tcase_add_test(t, request_answer_translated);
	tcase_add_test(t, nothing_without_enable);
	tcase_add_test(t, each_function_has_its_cache);
	tcase_add_test(t, enable_empties);
	tcase_add_test(t, unit_of_the_pf);
	tcase_add_test(t, no_translation);
	tcase_add_test(t, invalidation);
	tcase_add_test(t, invalidation_overtakes_an_answer);
	tcase_add_test(t, invalidation_waits_for_reads);
	tcase_add_test(t, queue_depth);
	tcase_add_loop_test(t, resets_empty, 0, RESETS);
	tcase_add_test(t, an_entry_is_no_default);
	tcase_add_test(t, cut_leaves_nothing);
	tcase_add_test(t, a_shallow_reset_shows);
	tcase_add_test(t, blocked_answers_invalidations);
	tcase_add_test(t, synthetic_has_an_stu);
	suite_add_tcase(s, t);
	return check_run(s);
}
