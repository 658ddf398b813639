// SPDX-License-Identifier: Apache-2.0
/*
 * The traffic generator: rates, guarantees and fair shares hold over any cut of time, gates and
 * blocks lose what is offered, counters end with their owner.
 */
#include <errno.h>

#include "common/now.h"
#include "tests/unit/sim_model/fx_blade.h"

#define NIC "nic-left"
#define VFS 5u

static struct fx_blades f;
static uint16_t port;

static uint32_t vf_w(unsigned v, unsigned reg, uint64_t value)
{
	return ct_w(&f.x, NIC, CT_VF(64, 0, v) + reg, value);
}

/* VFs 0..4 belong to blade01, with their gates open. */
static void setup(void)
{
	f = fxb_new(fx_new("config/demo-chassis.yaml"));
	port = (uint16_t)sim_adapter_find(f.x.c, NIC);
	fxb_give_pf(&f, NIC, 1, 1, 0, 0);
	for (unsigned v = 1; v < VFS; v++) {
		ck_assert_uint_eq(vf_w(v, VF_BLOCK, 3), MR_BATCH_OK);
		ck_assert_uint_eq(vf_w(v, VF_COMMAND, MR_VFC_RESET), MR_BATCH_OK);
		ck_assert_uint_eq(vf_w(v, VF_COMMAND, MR_VFC_MIGRATE_IN | 1 << 16),
				  MR_BATCH_OK);
		ck_assert_uint_eq(vf_w(v, VF_BLOCK, 0), MR_BATCH_OK);
	}
	for (unsigned v = 0; v < VFS; v++)
		ck_assert_uint_eq(vf_w(v, VF_GATE, 1), MR_BATCH_OK);
	fxb_numvfs(&f, 1, 0, "5");
}

static void teardown(void)
{
	fxb_free(&f);
}

static void offer(unsigned v, enum sim_traffic_kind kind, uint64_t mbps)
{
	struct sim_traffic t = {.kind = kind,
				.mbps = mbps,
				.frame = 1250,
				.on_ns = 3 * MR_NS_PER_MS,
				.off_ns = 7 * MR_NS_PER_MS};

	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, port, 0, (uint16_t)v, &t), 0);
}

static struct sim_counters counters(unsigned v)
{
	struct sim_counters n;

	ck_assert_int_eq(sim_traffic_read(f.x.c, f.x.now, port, 0, (uint16_t)v, &n), 0);
	return n;
}

/* 1250 bytes are 10^4 bit: 100 frames a second make 1 Mbit/s. */
static uint64_t frames(uint64_t mbps)
{
	return 100 * mbps;
}

static void near(uint64_t is, uint64_t should)
{
	ck_assert_uint_le(is, should + 1);
	ck_assert_uint_ge(is + 1, should);
}

START_TEST(constant)
{
	const struct sim_traffic off = {.kind = SIM_TRAFFIC_OFF};

	offer(0, SIM_TRAFFIC_CONSTANT, 1000);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(counters(0).frames, frames(1000));
	ck_assert_uint_eq(counters(0).bytes, frames(1000) * 1250);
	ck_assert_uint_eq(counters(0).dropped + counters(0).lost, 0);
	ck_assert_uint_eq(counters(1).frames, 0);
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, port, 0, 0, &off), 0);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(counters(0).frames, frames(1000));
}
END_TEST

/* However time is cut, the same frames come out. */
START_TEST(any_cut_of_time)
{
	offer(0, SIM_TRAFFIC_CONSTANT, 777);
	offer(1, SIM_TRAFFIC_BURSTY, 50000);
	for (unsigned i = 1; i <= 1000; i++)
		fx_pass(&f.x, i % 2 ? 999999 : 1000001);
	near(counters(0).frames, frames(777));
	near(counters(1).frames, frames(50000) * 3 / 10);
}
END_TEST

START_TEST(bursts)
{
	offer(0, SIM_TRAFFIC_BURSTY, 10000);
	fx_pass(&f.x, 3 * MR_NS_PER_MS);
	near(counters(0).frames, frames(10000) * 3 / 1000);
	fx_pass(&f.x, 7 * MR_NS_PER_MS);
	near(counters(0).frames, frames(10000) * 3 / 1000);
	fx_pass(&f.x, 5 * MR_NS_PER_MS);
	near(counters(0).frames, frames(10000) * 6 / 1000);
	fx_pass(&f.x, 3600 * MR_NS_PER_S); /* the mean, for most of it */
	ck_assert_uint_gt(counters(0).frames, frames(10000) * 3600 / 1000 * 299);
	ck_assert_uint_lt(counters(0).frames, frames(10000) * 3600 / 1000 * 301);
}
END_TEST

START_TEST(maximum_rate)
{
	ck_assert_uint_eq(vf_w(0, VF_MAX_MBPS, 400), MR_BATCH_OK);
	offer(0, SIM_TRAFFIC_CONSTANT, 1000);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(counters(0).frames, frames(400));
	ck_assert_uint_eq(counters(0).dropped, frames(600));
	ck_assert_uint_eq(ct(&f.x, NIC, CT_VF(64, 0, 0) + VF_FRAMES), frames(400));
	ck_assert_uint_eq(ct(&f.x, NIC, CT_VF(64, 0, 0) + VF_BYTES), frames(400) * 1250);
	ck_assert_uint_eq(ct(&f.x, NIC, CT_VF(64, 0, 0) + VF_DROPPED), frames(600));
	ck_assert_uint_eq(vf_w(0, VF_FRAMES, 0), MR_BATCH_OK); /* read-only: it vanishes */
	ck_assert_uint_eq(counters(0).frames, frames(400));
}
END_TEST

/* What five flows of a 100 Gbit/s port offer, may have at least and at most, and get. */
static const struct {
	uint64_t offer[VFS], min[VFS], max[VFS], get[VFS];
} shares[] = {
	{{80000, 80000}, {0}, {0}, {50000, 50000}},
	{{10000, 80000, 80000}, {0}, {0}, {10000, 45000, 45000}},
	{{80000, 80000, 80000, 80000}, {40000}, {0}, {40000, 20000, 20000, 20000}},
	{{80000, 80000, 80000}, {0, 60000}, {10000}, {10000, 60000, 30000}},
	{{30000, 90000}, {60000}, {0}, {30000, 70000}}, /* an unused guarantee is free */
	{{90000, 90000, 90000}, {70000, 50000, 20000}, {0}, {50000, 35714, 14286}},
	{{100000, 100000, 100000, 100000, 100000},
	 {0},
	 {0},
	 {20000, 20000, 20000, 20000, 20000}},
	{{1000, 1000, 1000, 1000, 1000}, {0}, {500}, {500, 1000, 1000, 1000, 1000}},
};

START_TEST(fair)
{
	uint64_t sum = 0;

	for (unsigned v = 0; v < VFS; v++) {
		ck_assert_uint_eq(vf_w(v, VF_MIN_MBPS, shares[_i].min[v]), MR_BATCH_OK);
		ck_assert_uint_eq(vf_w(v, VF_MAX_MBPS, shares[_i].max[v]), MR_BATCH_OK);
		if (shares[_i].offer[v])
			offer(v, SIM_TRAFFIC_CONSTANT, shares[_i].offer[v]);
	}
	fx_pass(&f.x, MR_NS_PER_S);
	for (unsigned v = 0; v < VFS; v++) {
		ck_assert_uint_eq(counters(v).frames, frames(shares[_i].get[v]));
		ck_assert_uint_eq(counters(v).dropped,
				  frames(shares[_i].offer[v] - shares[_i].get[v]));
		sum += shares[_i].get[v];
	}
	ck_assert_uint_le(sum, 100000);
}
END_TEST

/* Gate, block and forced link state lose what is offered, and only of that VF. */
static const struct {
	unsigned reg;
	uint64_t shut, open;
} gates[] = {{VF_GATE, 0, 1}, {VF_BLOCK, 1, 0}, {VF_FLAGS, 8, 0}};

START_TEST(gate)
{
	uint64_t lost = ct(&f.x, NIC, CT_VF(64, 0, 0) + VF_LOST);

	offer(0, SIM_TRAFFIC_CONSTANT, 1000);
	offer(1, SIM_TRAFFIC_CONSTANT, 1000);
	ck_assert_uint_eq(vf_w(0, gates[_i].reg, gates[_i].shut), MR_BATCH_OK);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(counters(0).frames, 0);
	ck_assert_uint_eq(counters(0).lost, frames(1000));
	ck_assert_uint_eq(ct(&f.x, NIC, CT_VF(64, 0, 0) + VF_LOST), lost + frames(1000));
	ck_assert_uint_eq(counters(1).frames, frames(1000));
	ck_assert_uint_eq(counters(1).lost, 0);
	ck_assert_uint_eq(vf_w(0, gates[_i].reg, gates[_i].open), MR_BATCH_OK);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(counters(0).frames, frames(1000));
	ck_assert_uint_eq(counters(0).lost, frames(1000));
}
END_TEST

/* Without a driver, an owner or power there is no traffic at all. */
START_TEST(nobody_runs_it)
{
	offer(0, SIM_TRAFFIC_CONSTANT, 1000);
	offer(9, SIM_TRAFFIC_CONSTANT, 1000); /* VH 0's own */
	ck_assert_int_eq(sim_blade_unbind(f.blade[1], f.x.now, "mlx5_core",
					  (uint16_t)(fxb_rid(&f, 1, 0) + 1)),
			 0);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(counters(0).frames + counters(0).lost + counters(0).dropped, 0);
	ck_assert_uint_eq(counters(9).frames + counters(9).lost + counters(9).dropped, 0);
}
END_TEST

/* What the host reads at its function, and nothing of its neighbour. */
START_TEST(host_statistics)
{
	uint16_t rid = (uint16_t)(fxb_rid(&f, 1, 0) + 1);
	struct sim_counters n;

	offer(0, SIM_TRAFFIC_CONSTANT, 1000);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_int_eq(sim_host_fn_counters(f.x.c, f.x.now, 1, rid, &n), 0);
	ck_assert_uint_eq(n.frames, frames(1000));
	ck_assert_int_eq(sim_host_fn_counters(f.x.c, f.x.now, 1, rid + 1, &n), 0);
	ck_assert_uint_eq(n.frames, 0);
	ck_assert_int_eq(sim_host_fn_counters(f.x.c, f.x.now, 2, rid, &n), -ENODEV);
}
END_TEST

/* The next owner finds no counts: a reset by the MR-PCIM ends them and the generator. */
START_TEST(reset_ends_it)
{
	offer(0, SIM_TRAFFIC_CONSTANT, 1000);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(vf_w(0, VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(vf_w(0, VF_COMMAND, MR_VFC_RESET), MR_BATCH_OK);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(counters(0).frames + counters(0).lost, 0);
}
END_TEST

START_TEST(limits)
{
	static const struct sim_traffic bad[] = {
		{SIM_TRAFFIC_CONSTANT, 0, 1500, 0, 0, 0, 0, 0, 0, 0, 0},
		{SIM_TRAFFIC_CONSTANT, 1000001, 1500, 0, 0, 0, 0, 0, 0, 0, 0},
		{SIM_TRAFFIC_CONSTANT, 10, 63, 0, 0, 0, 0, 0, 0, 0, 0},
		{SIM_TRAFFIC_CONSTANT, 10, 9217, 0, 0, 0, 0, 0, 0, 0, 0},
		{SIM_TRAFFIC_BURSTY, 10, 1500, 0, MR_NS_PER_MS, 0, 0, 0, 0, 0, 0},
		{SIM_TRAFFIC_BURSTY, 10, 1500, MR_NS_PER_MS, MR_NS_PER_MS - 1, 0, 0, 0, 0, 0,
		 0},
		{SIM_TRAFFIC_BURSTY, 10, 1500, 3601 * MR_NS_PER_S, MR_NS_PER_S, 0, 0, 0, 0, 0,
		 0},
		{9, 10, 1500, MR_NS_PER_S, MR_NS_PER_S, 0, 0, 0, 0, 0, 0},
		{SIM_TRAFFIC_CONSTANT, 10, 1500, 0, 0, 0, 0, 0, 4095, 0, 0},
		{SIM_TRAFFIC_CONSTANT, 10, 1500, 0, 0, 0, 1ull << 48, 0, 0, 0, 0},
	};
	static const struct sim_traffic good = {
		SIM_TRAFFIC_CONSTANT, 10, 1500, 0, 0, 0, 0, 0, 0, 0, 0};

	for (unsigned i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, port, 0, 0, &bad[i]), -EINVAL);
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, port, 1, 0, &good), -ENOENT);
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, port, 0, 64, &good), -ENOENT);
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, 1, 0, 0, &good), -ENOENT);
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, 0xffff, 0, 0, &good), -ENOENT);
}
END_TEST

/* ---- weights, bursts, commands ---- */

static uint64_t share_of(unsigned v, uint64_t sum)
{
	return counters(v).frames * 1000 / sum;
}

/* What guarantees leave over is shared by weight; 0 counts as 1. */
START_TEST(weights)
{
	uint64_t sum = 0;

	vf_w(0, VF_SHAPE, 1 << 16);
	vf_w(1, VF_SHAPE, 3 << 16);
	vf_w(2, VF_SHAPE, 6 << 16);
	for (unsigned v = 0; v < 3; v++)
		offer(v, SIM_TRAFFIC_CONSTANT, 100000);
	fx_pass(&f.x, MR_NS_PER_S);
	for (unsigned v = 0; v < 3; v++)
		sum += counters(v).frames;
	near(sum, frames(100000)); /* nothing of the port is idle */
	ck_assert_uint_le(share_of(0, sum), 100);
	ck_assert_uint_ge(share_of(0, sum), 99);
	ck_assert_uint_ge(share_of(1, sum), 299);
	ck_assert_uint_le(share_of(1, sum), 301);
	ck_assert_uint_ge(share_of(2, sum), 599);
}
END_TEST

/* A guarantee stands above every weight, a limit too, and what they leave goes by weight. */
START_TEST(weights_with_rates)
{
	vf_w(0, VF_SHAPE, 1 << 16);
	vf_w(1, VF_SHAPE, 500 << 16);
	vf_w(2, VF_SHAPE, 500 << 16);
	vf_w(0, VF_MIN_MBPS, 30000);
	vf_w(1, VF_MAX_MBPS, 10000);
	for (unsigned v = 0; v < 3; v++)
		offer(v, SIM_TRAFFIC_CONSTANT, 100000);
	fx_pass(&f.x, MR_NS_PER_S);
	near(counters(0).frames, frames(30000));
	near(counters(1).frames, frames(10000));
	near(counters(2).frames, frames(60000));
	vf_w(2, VF_MAX_MBPS, 20000); /* what it gives up is for the one without a limit */
	fx_pass(&f.x, MR_NS_PER_S);
	near(counters(0).frames, frames(30000) + frames(70000));
}
END_TEST

/* 1 MiB at once, then the limit; an idle time fills the bucket again. */
START_TEST(burst_size)
{
	const struct sim_traffic off = {.kind = SIM_TRAFFIC_OFF};
	uint64_t extra = (1 << 20) / 1250, before;

	vf_w(0, VF_SHAPE, 1024ull << 32);
	vf_w(0, VF_MAX_MBPS, 1000);
	offer(0, SIM_TRAFFIC_CONSTANT, 10000);
	fx_pass(&f.x, 100 * MR_NS_PER_US); /* all of it passes while the bucket lasts */
	near(counters(0).frames, frames(10000) / 10000);
	ck_assert_uint_eq(counters(0).dropped, 0);
	fx_pass(&f.x, MR_NS_PER_S - 100 * MR_NS_PER_US);
	near(counters(0).frames, frames(1000) + extra);
	before = counters(0).frames;
	fx_pass(&f.x, MR_NS_PER_S);
	near(counters(0).frames - before, frames(1000));
	before = counters(0).frames;
	offer(0, SIM_TRAFFIC_CONSTANT, 20000); /* another generator, the same bucket */
	fx_pass(&f.x, MR_NS_PER_S);
	near(counters(0).frames - before, frames(1000));
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, port, 0, 0, &off), 0);
	fx_pass(&f.x, MR_NS_PER_S);
	before = counters(0).frames;
	offer(0, SIM_TRAFFIC_CONSTANT, 10000);
	fx_pass(&f.x, MR_NS_PER_S);
	near(counters(0).frames - before, frames(1000) + extra);
}
END_TEST

/* However time is cut, the bucket lets the same through. */
START_TEST(burst_any_cut)
{
	vf_w(0, VF_SHAPE, 1024ull << 32);
	vf_w(0, VF_MAX_MBPS, 1000);
	offer(0, SIM_TRAFFIC_BURSTY, 10000);
	for (unsigned i = 1; i <= 1000; i++)
		fx_pass(&f.x, i % 2 ? 999999 : 1000001);
	/* 3 ms of 10 at 10 Gbit/s offer 3 Gbit/s; 7 ms refill 7 Mbit of the 27 that are over:
	 * 10 Mbit in each 10 ms, and once the 8.4 Mbit of a full bucket */
	ck_assert_uint_ge(counters(0).frames, frames(1000));
	ck_assert_uint_le(counters(0).frames, frames(1000) + (1 << 20) / 1250 + 1);
	ck_assert_uint_ge(counters(0).frames, frames(1000) + (1 << 20) / 1250 - 701);
}
END_TEST

/* Guarantees hold against neighbours that burst. */
START_TEST(guarantee_against_bursts)
{
	vf_w(0, VF_MIN_MBPS, 50000);
	offer(0, SIM_TRAFFIC_CONSTANT, 50000);
	for (unsigned v = 1; v < VFS; v++) {
		vf_w(v, VF_SHAPE, 1000 << 16 | 4096ull << 32);
		vf_w(v, VF_MAX_MBPS, 40000);
		offer(v, SIM_TRAFFIC_BURSTY, 100000);
	}
	fx_pass(&f.x, MR_NS_PER_S);
	near(counters(0).frames, frames(50000));
	ck_assert_uint_eq(counters(0).dropped, 0);
}
END_TEST

/* A limit of commands: exact, whatever their size, and nothing is saved up. */
START_TEST(commands)
{
	uint16_t ssd = (uint16_t)sim_adapter_find(f.x.c, "nvme");
	struct sim_traffic t = {.kind = SIM_TRAFFIC_CONSTANT, .mbps = 1000, .frame = 4096};
	uint64_t row = CT_VF(32, 0, 0);
	struct sim_counters n;

	fx_provision(&f.x, "nvme", 0, 32);
	row_w(&f.x, 4, 3, ROW_IDS, 0xa825144d);
	fx_map(&f.x, 4, 3, MR_TARGET(MR_TARGET_SYNTHETIC, ssd, 0, 0));
	fxb_settle(&f);
	hcfg_w(&f.x, 4, fxb_rid(&f, 4, 3), 4, 2, 6);
	ck_assert_uint_eq(ct_w(&f.x, "nvme", row + VF_GATE, 1), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nvme", row + VF_CLASS0, 77), MR_BATCH_OK);
	for (unsigned i = 0; i < 2; i++) {
		ck_assert_uint_eq(ct_w(&f.x, "nvme", CT_NS(0, i) + NS_SIZE, 1 << 20),
				  MR_BATCH_OK);
		ck_assert_uint_eq(ct_w(&f.x, "nvme", CT_NS(0, i) + NS_SHAPE, 12), MR_BATCH_OK);
		ck_assert_uint_eq(ct_w(&f.x, "nvme", CT_NS(0, i) + NS_COMMAND, MR_NSC_CREATE),
				  MR_BATCH_OK);
	}
	ck_assert_uint_eq(ct_w(&f.x, "nvme", row + VF_CLASS1, 2), MR_BATCH_OK);
	ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, ssd, 0, 0, &t), 0);
	for (unsigned i = 0; i < 100; i++)
		fx_pass(&f.x, MR_NS_PER_S / 10);
	ck_assert_int_eq(sim_traffic_read(f.x.c, f.x.now, ssd, 0, 0, &n), 0);
	near(n.frames, 770);
	ck_assert_uint_eq(ct(&f.x, "nvme", CT_NS(0, 0)), MR_NS_EXISTS);
	ck_assert_uint_eq(ct(&f.x, "nvme", CT_NS(0, 1)),
			  MR_NS_EXISTS | MR_NS_WRITTEN | 1 << 16);
	ck_assert_uint_gt(n.dropped, 10 * 30000);
	ck_assert_uint_eq(ct_w(&f.x, "nvme", row + VF_CLASS0, 0), MR_BATCH_OK);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_int_eq(sim_traffic_read(f.x.c, f.x.now, ssd, 0, 0, &n), 0);
	near(n.frames, 770 + 1000000000 / 8 / 4096);
	/* The data stay when the function goes, and go when that is asked for. */
	ck_assert_uint_eq(row_w(&f.x, 4, 3, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	fx_pass(&f.x, MR_NS_PER_S);
	ck_assert_uint_eq(row_w(&f.x, 4, 3, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&f.x, "nvme", row + VF_COMMAND, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(ct(&f.x, "nvme", CT_NS(0, 1)), MR_NS_EXISTS | MR_NS_WRITTEN);
	ck_assert_uint_eq(ct_w(&f.x, "nvme", CT_NS(0, 1) + NS_COMMAND, MR_NSC_ERASE),
			  MR_BATCH_OK);
	ck_assert_uint_eq(ct(&f.x, "nvme", CT_NS(0, 1)), MR_NS_EXISTS);
}
END_TEST

/* A GPU has no network port: its functions share its time, in proportion to their slices. */
START_TEST(time_slices)
{
	static const uint32_t slices[] = {0, 3000, 500};
	static const uint64_t mbps[] = {56889, 170667, 28444}; /* of 256,000 */
	uint16_t gpu = (uint16_t)sim_adapter_find(f.x.c, "gpu-shared");
	const struct sim_traffic t = {
		.kind = SIM_TRAFFIC_CONSTANT, .mbps = 250000, .frame = 1250};
	unsigned vfs = ct(&f.x, "gpu-shared", CT_COUNTS) >> 16 & 0xffff;

	fx_provision(&f.x, "gpu-shared", 0, 4);
	fx_pass(&f.x, 2 * MR_NS_PER_S);
	for (unsigned v = 0; v < 3; v++) {
		uint64_t row = CT_VF(vfs, 0, v);

		ck_assert_uint_eq(ct_w(&f.x, "gpu-shared", row + VF_CLASS0, slices[v]),
				  MR_BATCH_OK);
		ck_assert_uint_eq(ct_w(&f.x, "gpu-shared", row + VF_GATE, 1), MR_BATCH_OK);
		fx_map_synthetic(&f.x, 2, v, "gpu-shared", v, 16u << 20,
				 0x20f210de | (uint64_t)mr_class_code(MR_CLASS_GPU) << 32);
	}
	fxb_settle(&f);
	fx_pass(&f.x, 2 * MR_NS_PER_S);
	for (unsigned v = 0; v < 3; v++)
		ck_assert_int_eq(sim_traffic_set(f.x.c, f.x.now, gpu, 0, (uint16_t)v, &t), 0);
	fx_pass(&f.x, MR_NS_PER_S);
	for (unsigned v = 0; v < 3; v++) {
		struct sim_counters n;

		sim_traffic_read(f.x.c, f.x.now, gpu, 0, (uint16_t)v, &n);
		ck_assert_uint_le(n.frames, frames(mbps[v]) + frames(300));
		ck_assert_uint_ge(n.frames + frames(300), frames(mbps[v]));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("traffic");
	TCase *t = tcase_create("flows");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, constant);
	tcase_add_test(t, any_cut_of_time);
	tcase_add_test(t, bursts);
	tcase_add_test(t, maximum_rate);
	tcase_add_loop_test(t, fair, 0, 8);
	tcase_add_loop_test(t, gate, 0, 3);
	tcase_add_test(t, nobody_runs_it);
	tcase_add_test(t, host_statistics);
	tcase_add_test(t, reset_ends_it);
	tcase_add_test(t, limits);
	tcase_add_test(t, weights);
	tcase_add_test(t, weights_with_rates);
	tcase_add_test(t, burst_size);
	tcase_add_test(t, burst_any_cut);
	tcase_add_test(t, guarantee_against_bursts);
	tcase_add_test(t, commands);
	tcase_add_test(t, time_slices);
	suite_add_tcase(s, t);
	return check_run(s);
}
