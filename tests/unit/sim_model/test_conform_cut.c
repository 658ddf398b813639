// SPDX-License-Identifier: Apache-2.0
/*
 * HANDOVER 11 as a table: one function of a blade is cut by force while all of them carry
 * traffic and requests, in each of the three ways that a function is reached. The blade's other
 * functions lose no byte and no request, keep their drivers, and neither its kernel nor any
 * register of its hierarchy shows an error.
 */
#include <linux/pci_regs.h>

#include "common/now.h"
#include "tests/unit/sim_model/fx_blade.h"

#define IDS (0x1077 | 0x2289 << 16 | 0x0c0400ull << 32 | 2ull << 56)
#define ERRORS                                                       \
	(PCI_STATUS_REC_TARGET_ABORT | PCI_STATUS_REC_MASTER_ABORT | \
	 PCI_STATUS_SIG_SYSTEM_ERROR | PCI_STATUS_DETECTED_PARITY)
#define FRAMES 10000 /* 100 Mbit/s in frames of 1250 bytes, for a second */

/* blade01: bridge 0 a PF of nic-left with its VFs 0 and 1, bridges 3 and 4 VFs 3 and 4 of hba,
 * bridge 5 the whole gpu-whole. */
static struct fx_blades f;

static const struct function {
	const char *adapter;
	unsigned vfs, v, b, fn; /* v ffffh: the whole device */
} functions[] = {
	{"nic-left", 64, 0, 0, 1}, {"nic-left", 64, 1, 0, 2},	   {"hba", 32, 3, 3, 0},
	{"hba", 32, 4, 4, 0},	   {"gpu-whole", 0, 0xffff, 5, 0},
};
#define N ((unsigned)(sizeof(functions) / sizeof(functions[0])))

static uint16_t port_of(unsigned i)
{
	return (uint16_t)sim_adapter_find(f.x.c, functions[i].adapter);
}

static uint16_t rid_of(unsigned i)
{
	return (uint16_t)(fxb_rid(&f, 1, functions[i].b) + functions[i].fn);
}

static struct sim_counters counters(unsigned i)
{
	struct sim_counters n = {0};

	if (functions[i].vfs)
		ck_assert_int_eq(sim_traffic_read(f.x.c, f.x.now, port_of(i), 0,
						  (uint16_t)functions[i].v, &n),
				 0);
	return n;
}

static void give_another(unsigned v)
{
	uint64_t at = CT_VF(64, 0, v);

	ct_w(&f.x, "nic-left", at + VF_BLOCK, 3);
	ct_w(&f.x, "nic-left", at + VF_COMMAND, MR_VFC_RESET);
	ck_assert_uint_eq(ct_w(&f.x, "nic-left", at + VF_COMMAND, MR_VFC_MIGRATE_IN | 1u << 16),
			  MR_BATCH_OK);
	ct_w(&f.x, "nic-left", at + VF_BLOCK, 0);
}

static void setup(void)
{
	const struct sim_traffic t = {.kind = SIM_TRAFFIC_CONSTANT, .mbps = 100, .frame = 1250};

	f = fxb_new(fx_new("config/demo-chassis.yaml"));
	fx_map_synthetic(&f.x, 1, 3, "hba", 3, 0x10000, IDS);
	fx_map_synthetic(&f.x, 1, 4, "hba", 4, 0x10000, IDS);
	fx_map(&f.x, 1, 5,
	       MR_TARGET(MR_TARGET_DEVICE, sim_adapter_find(f.x.c, "gpu-whole"), 0, 0));
	fxb_settle(&f);
	fxb_give_pf(&f, "nic-left", 1, 1, 0, 0);
	give_another(1);
	fxb_numvfs(&f, 1, 0, "2");
	for (unsigned i = 0; i < N; i++) {
		ck_assert_ptr_nonnull(sim_blade_find(f.blade[1], rid_of(i)));
		if (!functions[i].vfs)
			continue;
		ck_assert_uint_eq(ct_w(&f.x, functions[i].adapter,
				       CT_VF(functions[i].vfs, 0, functions[i].v) + VF_GATE, 1),
				  MR_BATCH_OK);
		ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, port_of(i), 0,
						 (uint16_t)functions[i].v, &t),
				 0);
	}
	fx_pass(&f.x, MR_NS_PER_S);
}

static void teardown(void)
{
	fxb_free(&f);
}

/* ---- cuts: of the function at the index ---- */

static void cut_slot(void)
{
	ck_assert_uint_eq(
		ct_w(&f.x, "nic-left", CT_VF(64, 0, 0) + VF_COMMAND, MR_VFC_FORCE_OUT),
		MR_BATCH_OK);
}

static void cut_synthetic(void)
{
	ck_assert_uint_eq(row_w(&f.x, 1, 3, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
}

static void cut_whole(void)
{
	ck_assert_uint_eq(row_w(&f.x, 1, 5, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
}

static const struct {
	unsigned i;
	void (*cut)(void);
} cuts[] = {{0, cut_slot}, {2, cut_synthetic}, {4, cut_whole}};

/* ---- requests that fly while it is cut ---- */

struct flights {
	uint64_t read[N], write[N];
};

static struct flights launch(void)
{
	struct flights l;

	for (unsigned i = 0; i < N; i++) {
		struct sim_tlp down = {.kind = SIM_TLP_CFG_READ, .vh = 1, .rid = rid_of(i)};
		struct sim_tlp up = {.kind = SIM_TLP_MEM_WRITE,
				     .from_function = true,
				     .port = port_of(i),
				     .vf = (uint16_t)functions[i].v,
				     .address = 0x1000 + i,
				     .data = i};

		l.read[i] = sim_tlp_launch(f.x.c, f.x.now, &down);
		l.write[i] = sim_tlp_launch(f.x.c, f.x.now, &up);
	}
	return l;
}

static void check_flights(const struct flights *l, unsigned cut)
{
	for (unsigned i = 0; i < N; i++) {
		struct sim_tlp_fate down = sim_tlp_fate(f.x.c, l->read[i]);
		struct sim_tlp_fate up = sim_tlp_fate(f.x.c, l->write[i]);

		ck_assert_int_ne(down.end, SIM_TLP_FLYING);
		ck_assert_int_ne(up.end, SIM_TLP_FLYING);
		if (i == cut)
			continue;
		ck_assert_msg(down.end == SIM_TLP_COMPLETED && down.at_port == port_of(i),
			      "%u: a read of %s ended as %d", cut, functions[i].adapter,
			      down.end);
		ck_assert_msg(up.end == SIM_TLP_LANDED && up.at_vh == 1,
			      "%u: a write of %s ended as %d", cut, functions[i].adapter,
			      up.end);
	}
}

/* ---- what the blade may see ---- */

static void check_no_errors(void)
{
	const struct sim_blade *b = f.blade[1];

	for (unsigned i = 0; i < sim_blade_devs(b); i++) {
		uint16_t rid = sim_blade_dev(b, i)->rid;
		const struct sim_dev_errors *e = sim_blade_errors(b, rid);

		for (unsigned k = 0; e && k < 3; k++)
			ck_assert_msg(!e->total[k], "%04x counted %llu", rid,
				      (unsigned long long)e->total[k]);
		if (!(rid >> 8))
			continue;
		ck_assert_uint_eq(hcfg(&f.x, 1, rid, PCI_STATUS, 2) & ERRORS, 0);
		ck_assert_uint_eq(hcfg(&f.x, 1, rid, 0x80 + PCI_EXP_DEVSTA, 2) & 0xf, 0);
		ck_assert_uint_eq(hcfg(&f.x, 1, rid, 0x100 + PCI_ERR_UNCOR_STATUS, 4), 0);
		ck_assert_uint_eq(hcfg(&f.x, 1, rid, 0x100 + PCI_ERR_COR_STATUS, 4), 0);
		if (sim_blade_dev(b, i)->header)
			ck_assert_uint_eq(hcfg(&f.x, 1, rid, PCI_SEC_STATUS, 2) & ERRORS, 0);
	}
	ck_assert_uint_eq(fx_notices(&f.x, SIM_NOTICE_HOST_ERROR, 1), 0);
}

START_TEST(others_lose_nothing)
{
	const unsigned cut = cuts[_i].i;
	struct sim_counters before[N], after;
	uint64_t serial[N];
	struct flights l = launch();

	for (unsigned i = 0; i < N; i++) {
		before[i] = counters(i);
		serial[i] = sim_blade_find(f.blade[1], rid_of(i))->serial;
	}
	cuts[_i].cut();
	fx_pass(&f.x, MR_NS_PER_S);
	check_flights(&l, cut);
	for (unsigned i = 0; i < N; i++) {
		after = counters(i);
		if (i == cut || !functions[i].vfs)
			continue;
		ck_assert_uint_eq(after.frames - before[i].frames, FRAMES);
		ck_assert_uint_eq(after.bytes - before[i].bytes, FRAMES * 1250);
		ck_assert_uint_eq(after.lost + after.dropped, 0);
	}
	if (functions[cut].vfs)
		ck_assert_uint_lt(counters(cut).frames - before[cut].frames, FRAMES);
	/* a driver that does not know yet goes on reading */
	ck_assert_uint_eq(hcfg(&f.x, 1, rid_of(cut), PCI_VENDOR_ID, 4), 0xffffffff);
	fxb_settle(&f);
	check_no_errors();
	for (unsigned i = 0; i < N; i++) {
		const struct sim_dev *d = sim_blade_find(f.blade[1], rid_of(i));

		ck_assert_msg(!d == (i == cut), "%u: function %u", cut, i);
		ck_assert(!d || (d->serial == serial[i] && d->driver[0]));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("cut");
	TCase *t = tcase_create("by force");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, others_lose_nothing, 0, (int)(sizeof(cuts) / sizeof(cuts[0])));
	suite_add_tcase(s, t);
	return check_run_here(s);
}
