// SPDX-License-Identifier: Apache-2.0
/* Requests in flight across cuts, drains and resets (HANDOVER 4, 5, 11), and `base` devices. */
#include "fixture.h"
#include "sim/model/fault.h"

#define HOP 1000 /* ns */
#define BAR FX_WIN64(0)
#define RID (uint16_t)(FX_BUS(0) << 8)

static struct fx x;
static int hba;

static void setup(void)
{
	x = fx_new("config/demo-chassis.yaml");
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	fx_provision(&x, "hba", 0, 32);
	fx_boot(&x, 4);
	fx_boot(&x, 2);
	hba = sim_adapter_find(x.c, "hba");
	ct_w(&x, "hba", CT_VF(32, 0, 3) + VF_GATE, 1);
	fx_map_synthetic(&x, 4, 0, "hba", 3, 0x10000, 0x22891077);
	hcfg_w(&x, 4, RID, 0x10, 4, (uint32_t)BAR);
	hcfg_w(&x, 4, RID, 0x14, 4, (uint32_t)(BAR >> 32));
	hcfg_w(&x, 4, RID, 0x04, 2, 6);
}

static void teardown(void)
{
	fx_free(&x);
}

static struct sim_tlp host_read(void)
{
	return (struct sim_tlp){.kind = SIM_TLP_MEM_READ, .vh = 4, .address = BAR + 8};
}

static struct sim_tlp fn_write(void)
{
	return (struct sim_tlp){.kind = SIM_TLP_MEM_WRITE,
				.from_function = true,
				.port = (uint16_t)hba,
				.vf = 3,
				.address = 0x12345000,
				.data = 0xfeed};
}

static struct sim_tlp_fate run(const struct sim_tlp *t)
{
	uint64_t id = sim_tlp_launch(x.c, x.now, t);

	fx_pass(&x, 10 * HOP);
	return sim_tlp_fate(x.c, id);
}

START_TEST(both_ways)
{
	struct sim_tlp t = host_read();
	struct sim_tlp_fate f;
	uint64_t id;

	sim_host_mem_write(x.c, x.now, 4, BAR + 8, 8, 0x1122334455667788);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 4, BAR + 12, 4), 0x11223344);
	id = sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_FLYING);
	ck_assert_uint_eq(row(&x, 4, 0, ROW_OUTSTANDING), 1);
	fx_pass(&x, 5 * HOP);
	f = sim_tlp_fate(x.c, id);
	ck_assert_int_eq(f.end, SIM_TLP_COMPLETED);
	ck_assert_uint_eq(f.data, 0x1122334455667788);
	ck_assert_int_eq(f.at_port, hba);
	ck_assert_int_eq(f.at_vf, 3);
	ck_assert_uint_eq(row(&x, 4, 0, ROW_OUTSTANDING), 0);
	t = fn_write();
	f = run(&t);
	ck_assert_int_eq(f.end, SIM_TLP_LANDED);
	ck_assert_int_eq(f.at_vh, 4);
	t.kind = SIM_TLP_MEM_READ;
	ck_assert_int_eq(run(&t).end, SIM_TLP_COMPLETED);
}
END_TEST

/* A root that is slow: what a function reads is outstanding for so long, writes are not. */
START_TEST(slow_root)
{
	const struct sim_fault slow = {
		.kind = SIM_FAULT_SLOW_ROOT, .vh = 4, .delay_ns = 20 * HOP};
	struct sim_tlp t = fn_write();
	uint64_t id;

	ck_assert_int_eq(sim_fault_set(x.c, &slow), 0);
	id = sim_tlp_launch(x.c, x.now, &t);
	t.kind = SIM_TLP_MEM_READ;
	t.address += 64;
	fx_pass(&x, 8 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_LANDED);
	id = sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, 20 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_FLYING);
	ck_assert_uint_eq(row(&x, 4, 0, ROW_OUTSTANDING), 1);
	fx_pass(&x, 10 * HOP);
	ck_assert_int_eq(sim_tlp_fate(x.c, id).end, SIM_TLP_COMPLETED);
	sim_fault_clear(x.c, x.now, SIM_FAULT_SLOW_ROOT);
	ck_assert_int_eq(run(&t).end, SIM_TLP_COMPLETED);
}
END_TEST

START_TEST(no_bus_master_no_traffic)
{
	struct sim_tlp t = fn_write();

	hcfg_w(&x, 4, RID, 0x04, 2, 2);
	ck_assert_int_eq(run(&t).end, SIM_TLP_DROPPED);
	hcfg_w(&x, 4, RID, 0x04, 2, 6);
	ct_w(&x, "hba", CT_VF(32, 0, 3) + VF_GATE, 0); /* gated: no queue runs */
	ck_assert_int_eq(run(&t).end, SIM_TLP_DROPPED);
	ck_assert_uint_eq(ct(&x, "hba", CT_VF(32, 0, 3) + VF_LOST), 1);
}
END_TEST

START_TEST(interrupts)
{
	struct sim_tlp t = fn_write();
	struct sim_notice n;

	t.kind = SIM_TLP_MSI;
	t.data = 2;
	ck_assert_int_eq(run(&t).end, SIM_TLP_DROPPED);
	hcfg_w(&x, 4, RID, 0xc2, 2, 0x8000);
	ck_assert_int_eq(run(&t).end, SIM_TLP_DROPPED); /* masked */
	sim_host_mem_write(x.c, x.now, 4, BAR + 0x8000 + 32, 4, 0xfee00000);
	sim_host_mem_write(x.c, x.now, 4, BAR + 0x8000 + 44, 4, 0);
	ck_assert_int_eq(run(&t).end, SIM_TLP_LANDED);
	do
		ck_assert(sim_chassis_notice(x.c, &n));
	while (n.kind != SIM_NOTICE_HOST_MSI);
	ck_assert_uint_eq(n.vh, 4);
	ck_assert_uint_eq(n.rid, RID);
	ck_assert_uint_eq(n.vector, 2);
}
END_TEST

START_TEST(cut_in_flight)
{
	struct sim_tlp in = host_read(), out = fn_write();
	uint64_t a, b;

	out.kind = SIM_TLP_MEM_READ;
	a = sim_tlp_launch(x.c, x.now, &in);
	b = sim_tlp_launch(x.c, x.now, &out);
	fx_pass(&x, HOP);
	ck_assert_uint_eq(row_w(&x, 4, 0, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	ct_w(&x, "hba", CT_VF(32, 0, 3) + VF_BLOCK, 3);
	/* Not drained while anything is on its way; then an event says so. */
	ck_assert_uint_eq(row(&x, 4, 0, ROW_STATUS) & MR_ROW_DRAINED, 0);
	ck_assert_uint_eq(row_w(&x, 4, 0, ROW_STATE, MR_ROW_FREE), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ct_w(&x, "hba", CT_VF(32, 0, 3) + VF_COMMAND, MR_VFC_RESET),
			  MR_BATCH_REFUSED);
	fx_pass(&x, 100 * HOP);
	ck_assert_int_ne(sim_tlp_fate(x.c, a).end, SIM_TLP_FLYING);
	ck_assert_int_ne(sim_tlp_fate(x.c, b).end, SIM_TLP_FLYING);
	ck_assert_uint_eq(row(&x, 4, 0, ROW_STATUS) & MR_ROW_DRAINED, MR_ROW_DRAINED);
	ck_assert_uint_eq(ct(&x, "hba", CT_VF(32, 0, 3) + VF_STATUS) & MR_VF_DRAINED,
			  MR_VF_DRAINED);
	/* What the host still sends is answered at once, as the port says. */
	in.kind = SIM_TLP_CFG_READ;
	in.rid = RID;
	ck_assert_int_eq(run(&in).end, SIM_TLP_COMPLETED);
	ck_assert_uint_eq(sw_w(&x, SW_PORT(4) + PORT_CUT_ANSWER, 2), MR_BATCH_OK);
	ck_assert_int_eq(run(&in).end, SIM_TLP_UR);
	ck_assert_uint_ge(row(&x, 4, 0, ROW_LOST), 2);
	out.kind = SIM_TLP_MEM_WRITE;
	ck_assert_int_eq(run(&out).end, SIM_TLP_DROPPED);
	/* And the next owner finds nothing of it. */
	ck_assert_uint_eq(row_w(&x, 4, 0, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "hba", CT_VF(32, 0, 3) + VF_COMMAND, MR_VFC_RESET),
			  MR_BATCH_OK);
	ct_w(&x, "hba", CT_VF(32, 0, 3) + VF_BLOCK, 0);
	fx_map_synthetic(&x, 2, 5, "hba", 3, 0x10000, 0x22891077);
	ck_assert_uint_eq(sim_canary(x.c, x.now, 2, (uint16_t)(FX_BUS(5) << 8), 0), 0);
	ck_assert_uint_eq(hcfg(&x, 2, (uint16_t)(FX_BUS(5) << 8), 4, 2), 0);
	ck_assert_uint_eq(hcfg(&x, 4, RID, 0, 4), 0xffffffff);
}
END_TEST

START_TEST(moved_vf_bars_lead_nowhere)
{
	uint16_t rid = (uint16_t)sw(&x, SW_PORT(hba) + PORT_VH0_RID);
	uint32_t bar = cfg0(&x, rid, 0x1a4, 4);

	sim_host_mem_write(x.c, x.now, 4, BAR, 4, 0x77);
	fx_write(&x, MR_SPACE_CONFIG, 0, rid, 0x1a4, 4, bar - 0x10000);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 4, BAR, 4), 0xffffffff);
	fx_write(&x, MR_SPACE_CONFIG, 0, rid, 0x1a4, 4, bar);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 4, BAR, 4), 0x77);
}
END_TEST

START_TEST(unmatched_is_counted)
{
	struct sim_tlp t = fn_write();
	uint64_t drops = sw(&x, SW_UR_DROPS);
	uint16_t rid = (uint16_t)(sw(&x, SW_PORT(hba) + PORT_VH0_RID) + 1 + 9);

	/* A function of VH 0 that no row leads to: its driver there set bus master. */
	ct_w(&x, "hba", CT_VF(32, 0, 9) + VF_GATE, 1);
	fx_write(&x, MR_SPACE_CONFIG, 0, rid, 4, 2, 4);
	t.vf = 9;
	ck_assert_int_eq(run(&t).end, SIM_TLP_DROPPED);
	ck_assert_uint_eq(sw(&x, SW_UR_DROPS), drops + 1);
}
END_TEST

START_TEST(windows_lead_nowhere_else)
{
	uint64_t window = row(&x, 4, 0, ROW_WINDOW);

	row_w(&x, 4, 1, ROW_TARGET, MR_TARGET(MR_TARGET_SYNTHETIC, hba, 0, 4));
	row_w(&x, 4, 1, ROW_BAR, 0x10000 | MR_BAR_64 | MR_BAR_PREF);
	row_w(&x, 4, 1, ROW_WINDOW, window); /* of VF 3 */
	ck_assert_uint_eq(row_w(&x, 4, 1, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_REFUSED);
	row_w(&x, 4, 1, ROW_WINDOW, window + 0x10000);
	row_w(&x, 4, 1, ROW_TOMBSTONE, 1);
	ck_assert_uint_eq(row_w(&x, 4, 1, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_REFUSED);
	row_w(&x, 4, 1, ROW_TOMBSTONE, 0);
	ck_assert_uint_eq(row_w(&x, 4, 1, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_OK);
	ck_assert_uint_eq(row_w(&x, 4, 1, ROW_COOKIE, 1), MR_BATCH_REFUSED);
}
END_TEST

/* A device that takes the specification's times: it says so, and is not there meanwhile. */
START_TEST(slow_resets)
{
	static const char text[] =
		"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: t}\n"
		"spec:\n  serial: T\n  switch: {ports: 2, hop: 1us, effect: 0ms}\n"
		"  hosts: [{slot: 1, name: b1}]\n  models:\n"
		"    disk-slow: {kind: sriov, class: nvme, vendor: \"144d\", device: \"a824\", "
		"vfDevice: \"a825\", link: {speed: 8GT, width: 4}, vfs: 4, "
		"bars: [{size: 16KiB, type: mem64}], timing: {flr: 100ms, vfEnable: 1s}}\n"
		"  adapters: [{slot: 1, name: disk, model: disk-slow, serial: S}]\n";
	struct sim_desc *d = fx_desc(text);
	struct fx y = {.now = {1000, 1000}};
	const uint64_t vf = CT_VF(4, 0, 2), busy = MR_VF_RESET_BUSY | MR_VF_RESET_DONE;
	uint16_t rid;
	uint32_t t;

	y.c = sim_chassis_new(d, y.now);
	sim_desc_free(d);
	ck_assert_uint_eq(fx_take_over(&y), MR_BATCH_OK);
	rid = (uint16_t)sw(&y, SW_PORT(2) + PORT_VH0_RID);
	t = cfg0(&y, rid, 0x1c8, 4) & 0xfff;
	ck_assert_uint_ge((uint64_t)(t & 511) << 5 * (t >> 9), 100000000);
	ck_assert_uint_le((uint64_t)(t & 511) << 5 * (t >> 9), 110000000);
	fx_provision(&y, "disk", 0, 4);
	ck_assert_uint_eq(cfg0(&y, (uint16_t)(rid + 3), 0x84, 4), 0xffffffff);
	fx_pass(&y, MR_NS_PER_S);
	ck_assert_uint_ne(cfg0(&y, (uint16_t)(rid + 3), 0x84, 4), 0xffffffff);
	ck_assert_uint_eq(ct_w(&y, "disk", vf + VF_COMMAND, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(ct(&y, "disk", vf + VF_STATUS) & busy, MR_VF_RESET_BUSY);
	ck_assert_uint_eq(ct_w(&y, "disk", vf + VF_COMMAND, MR_VFC_RESET), MR_BATCH_REFUSED);
	ck_assert_uint_eq(cfg0(&y, (uint16_t)(rid + 3), 0x84, 4), 0xffffffff);
	fx_pass(&y, 99 * MR_NS_PER_MS);
	ck_assert_uint_eq(ct(&y, "disk", vf + VF_RESETS), 0);
	fx_pass(&y, 1 * MR_NS_PER_MS);
	ck_assert_uint_eq(ct(&y, "disk", vf + VF_STATUS) & busy, MR_VF_RESET_DONE);
	ck_assert_uint_eq(ct(&y, "disk", vf + VF_RESETS), 1);
	fx_free(&y);
}
END_TEST

START_TEST(whole_device)
{
	int gpu = sim_adapter_find(x.c, "gpu-whole");
	uint16_t rid0 = (uint16_t)sw(&x, SW_PORT(gpu) + PORT_VH0_RID);
	uint16_t rid = (uint16_t)(FX_BUS(2) << 8);

	ck_assert_uint_eq(sw(&x, SW_PORT_BAR(gpu) + PORT_BAR_SIZE),
			  16ull << 30 | MR_BAR_64 | MR_BAR_PREF);
	ck_assert_uint_eq(sw(&x, SW_PORT_BAR(gpu) + PORT_BAR_MSIX), 4 | (8ull << 30) << 32);
	ck_assert_uint_eq(cfg0(&x, rid0, 4, 2), 0);
	fx_map(&x, 2, 2, MR_TARGET(MR_TARGET_DEVICE, gpu, 0, 0));
	ck_assert_uint_eq(hcfg(&x, 2, rid, 0, 4), 0x740f1002);
	hcfg_w(&x, 2, rid, 4, 2, 6);
	/* VH 0 sees it and cannot touch it. */
	ck_assert_uint_eq(cfg0(&x, rid0, 0, 4), 0x740f1002);
	fx_write(&x, MR_SPACE_CONFIG, 0, rid0, 4, 2, 0);
	ck_assert_uint_eq(hcfg(&x, 2, rid, 4, 2), 6);
	ck_assert_uint_eq(row_w(&x, 2, 2, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	fx_pass(&x, 1000000);
	ck_assert_uint_eq(hcfg(&x, 2, rid, 0, 4), 0xffffffff);
	fx_write(&x, MR_SPACE_CONFIG, 0, rid0, 0x88, 2, 0x8000); /* FLR */
	ck_assert_uint_eq(cfg0(&x, rid0, 4, 2), 0);
	ck_assert_uint_eq(row_w(&x, 2, 2, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tlp");
	TCase *t = tcase_create("tlp");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, both_ways);
	tcase_add_test(t, slow_root);
	tcase_add_test(t, no_bus_master_no_traffic);
	tcase_add_test(t, interrupts);
	tcase_add_test(t, cut_in_flight);
	tcase_add_test(t, moved_vf_bars_lead_nowhere);
	tcase_add_test(t, unmatched_is_counted);
	tcase_add_test(t, windows_lead_nowhere_else);
	tcase_add_test(t, slow_resets);
	tcase_add_test(t, whole_device);
	suite_add_tcase(s, t);
	return check_run(s);
}
