// SPDX-License-Identifier: Apache-2.0
/* Properties: random batches, host accesses and tester's acts do no harm and keep one way to
 * every function; a chassis at every limit is built quickly and small. */
#include <malloc.h>
#include <time.h>

#include "common/rng.h"
#include "common/tree.h"
#include "fixture.h"

#ifndef SEEDS
#define SEEDS 12
#endif
#define STEPS 4000

static const char *const names[] = {"hba", "nvme", "nic-left", "hca", "gpu-whole", "nobody"};

/* Addresses near something: registers, rows, control tables, BARs. */
static uint64_t some_address(struct fx *x, struct mr_rng *r, uint8_t space)
{
	uint64_t k = mr_rng_below(r, 8), low = mr_rng_next(r);

	if (space == MR_SPACE_CONFIG)
		return k ? mr_rng_below(r, 0x280) : low & 0xffff;
	if (space == MR_SPACE_SWITCH) {
		if (k < 2)
			return mr_rng_below(r, 0x20) * 8;
		if (k < 4)
			return SW_PORT(mr_rng_below(r, 14)) + mr_rng_below(r, 32) * 8;
		if (k < 7)
			return SW_BRIDGE(mr_rng_below(r, 7), mr_rng_below(r, 17)) +
			       mr_rng_below(r, ROW_REGS + 2) * 8;
		return low;
	}
	if (k < 7) {
		uint16_t rid = (uint16_t)(2 + mr_rng_below(r, 7)) << 8;
		uint64_t bar = cfg0(x, rid, 0x10, 4) & ~15u;

		bar |= (uint64_t)cfg0(x, rid, 0x14, 4) << 32;
		return bar + (k < 4 ? CT_VFS + mr_rng_below(r, 0x400) * 8
				    : mr_rng_below(r, 0x2000) * 8);
	}
	return low;
}

static uint64_t some_value(struct mr_rng *r)
{
	switch (mr_rng_below(r, 6)) {
	case 0:
		return mr_rng_next(r);
	case 1:
		return MR_TARGET(mr_rng_below(r, 5), mr_rng_below(r, 13), mr_rng_below(r, 4),
				 mr_rng_below(r, 70));
	case 2:
		return mr_rng_below(r, 9) | mr_rng_below(r, 5) << 16;
	case 3:
		return UINT64_MAX;
	default:
		return mr_rng_below(r, 4);
	}
}

static void random_batch(struct fx *x, struct mr_rng *r)
{
	struct mr_batch b = {0};
	struct sim_batch_result res;
	unsigned n = (unsigned)mr_rng_below(r, 6);

	for (unsigned i = 0; i <= n; i++) {
		uint8_t space = (uint8_t)mr_rng_below(r, 3);
		uint8_t width =
			space == MR_SPACE_SWITCH ? 8 : (uint8_t)(1u << mr_rng_below(r, 3));
		uint16_t vh = space == MR_SPACE_CONFIG ? (uint16_t)mr_rng_below(r, 7) : 0;
		uint16_t rid = (uint16_t)(mr_rng_below(r, 12) << 8 | mr_rng_below(r, 20));
		uint64_t at = some_address(x, r, space);

		if (mr_rng_chance(r, 30))
			mr_batch_read(&b, space, vh, rid, at, width,
				      (uint16_t)(1 + mr_rng_below(r, 8)));
		else if (mr_rng_chance(r, 5))
			mr_batch_cas(&b, space, vh, rid, at, width, some_value(r),
				     some_value(r));
		else
			mr_batch_write(&b, space, vh, rid, at, width, some_value(r));
	}
	if (mr_rng_chance(r, 3) && b.ops.len)
		b.ops.data[mr_rng_below(r, b.ops.len)] ^= 0x11;
	res = fx_run(x, &b, x->epoch);
	mr_buf_done(&res.data);
}

static void random_host(struct fx *x, struct mr_rng *r)
{
	uint16_t vh = (uint16_t)mr_rng_below(r, 8);
	uint16_t rid = (uint16_t)(mr_rng_below(r, 12) << 8 | mr_rng_below(r, 20));
	unsigned off = (unsigned)mr_rng_below(r, mr_rng_chance(r, 5) ? 70000 : 0x280);
	unsigned width = 1u << mr_rng_below(r, 4);
	uint64_t at = mr_rng_chance(r, 10)
			      ? mr_rng_next(r)
			      : FX_WIN64(mr_rng_below(r, 16)) + mr_rng_below(r, 0x20000);

	switch (mr_rng_below(r, 5)) {
	case 0:
		hcfg(x, vh, rid, off, width);
		break;
	case 1:
		hcfg_w(x, vh, rid, off, width, (uint32_t)some_value(r));
		break;
	case 2:
		sim_host_mem_read(x->c, x->now, vh, at, width);
		break;
	case 3:
		sim_host_mem_write(x->c, x->now, vh, at, width, some_value(r));
		break;
	default:
		fx_enumerate(x, vh);
	}
}

static void random_act(struct fx *x, struct mr_rng *r)
{
	const char *name = names[mr_rng_below(r, sizeof(names) / sizeof(names[0]))];
	struct sim_tlp t = {.kind = (enum sim_tlp_kind)mr_rng_below(r, 4),
			    .from_function = mr_rng_chance(r, 50),
			    .vh = (uint16_t)mr_rng_below(r, 8),
			    .port = (uint16_t)mr_rng_below(r, 14),
			    .vf = (uint16_t)mr_rng_below(r, 40),
			    .rid = (uint16_t)(FX_BUS(mr_rng_below(r, 4)) << 8),
			    .address = FX_WIN64(mr_rng_below(r, 4))};

	switch (mr_rng_below(r, 10)) {
	case 0:
		sim_adapter_pull(x->c, x->now, name);
		break;
	case 1:
		sim_adapter_insert(x->c, x->now, name);
		break;
	case 2:
		sim_host_set_power(x->c, x->now, (uint16_t)mr_rng_below(r, 7),
				   mr_rng_chance(r, 60));
		break;
	case 3:
		sim_host_reset(x->c, x->now, (uint16_t)mr_rng_below(r, 7));
		break;
	case 4:
		sim_port_set_link(x->c, x->now, (uint16_t)mr_rng_below(r, 14),
				  mr_rng_chance(r, 60));
		break;
	case 5:
		if (mr_rng_chance(r, 10))
			sim_chassis_power_cycle(x->c, x->now, (unsigned)mr_rng_below(r, 4));
		if (sw(x, SW_OWNER_EPOCH) != x->epoch)
			fx_take_over(x);
		break;
	case 6:
		fx_pass(x, (int64_t)mr_rng_below(r, 100000));
		break;
	default:
		sim_tlp_launch(x->c, x->now, &t);
	}
	sw_w(x, SW_EVENT_TAIL, sw(x, SW_EVENT_HEAD));
	fx_notices(x, SIM_NOTICE_MGMT_IRQ, -1);
}

/* Every target that is not VH 0's has exactly one way to it. */
static void check_ways(struct fx *x)
{
	uint64_t seen[200];
	unsigned n = 0;

	for (unsigned vs = 1; vs <= 5; vs++) {
		for (unsigned b = 0; b < 16; b++) {
			uint64_t t = row(x, vs, b, ROW_TARGET);

			if (row(x, vs, b, ROW_STATE) == MR_ROW_FREE)
				continue;
			if (MR_TARGET_KIND(t) == MR_TARGET_PFS)
				t &= ~0xffffull;
			if (MR_TARGET_KIND(t) == MR_TARGET_DEVICE)
				t &= ~0xffffffffull;
			for (unsigned i = 0; i < n; i++)
				ck_assert_msg(seen[i] != t, "two rows lead to %llx",
					      (unsigned long long)t);
			seen[n++] = t;
		}
	}
	ck_assert_uint_eq(sw(x, SW_ROWS_USED), n);
}

START_TEST(random_accesses)
{
	struct fx x = fx_new("config/demo-chassis.yaml");
	struct mr_rng r;

	mr_rng_init(&r, (uint64_t)_i);
	fx_take_over(&x);
	fx_provision(&x, "hba", 0, 32);
	fx_provision(&x, "nic-left", 1, 64);
	for (uint16_t vh = 1; vh <= 4; vh++)
		fx_boot(&x, vh);
	ct_w(&x, "nic-left", CT_VH(1) + VH_MAP, 1 | 1 << 16);
	fx_map(&x, 1, 0, MR_TARGET(MR_TARGET_PFS, 8, 1, 0));
	fx_map_synthetic(&x, 4, 0, "hba", 3, 0x10000, 0x22891077);
	for (unsigned i = 0; i < STEPS; i++) {
		if (mr_rng_chance(&r, 45))
			random_batch(&x, &r);
		else if (mr_rng_chance(&r, 80))
			random_host(&x, &r);
		else
			random_act(&x, &r);
		if (i % 256 == 0)
			check_ways(&x);
	}
	check_ways(&x);
	mr_tree_free(sim_chassis_status(x.c));
	fx_free(&x);
}
END_TEST

static int64_t cpu_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* DESIGN 11: 255 hosts of 253 bridges. The bound in time is wide: the bench measures. */
START_TEST(every_bridge)
{
	struct sim_desc d = {.name = "big", .serial = "B", .ports = 300, .event_entries = 1024};
	struct fx x = {.now = {1, 1}};
	struct mallinfo2 before = mallinfo2(), after;
	int64_t t0 = cpu_us(), t1;

	d.hosts = 255;
	d.host = calloc(d.hosts, sizeof(*d.host));
	for (unsigned i = 0; i < d.hosts; i++)
		d.host[i] = (struct sim_host_desc){.slot = i + 1,
						   .bridges = 253,
						   .reserve_buses = 253,
						   .link_speed = 160,
						   .link_width = 8,
						   .power = true};
	x.c = sim_chassis_new(&d, x.now);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	for (unsigned vh = 1; vh <= 255; vh++) {
		ck_assert_uint_eq(sw_w(&x, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED),
				  MR_BATCH_OK);
		hcfg_w(&x, (uint16_t)vh, 0x100, 0x18, 4, 0xff0201);
		ck_assert_uint_eq(hcfg(&x, (uint16_t)vh, 0x2fc, 0, 2), 0xba5a);
		ck_assert_uint_eq(hcfg(&x, (uint16_t)vh, 0x2fd, 0, 4), 0xffffffff);
	}
	t1 = cpu_us();
	after = mallinfo2();
	ck_assert_msg(after.uordblks + after.hblkhd - before.uordblks - before.hblkhd <
			      30u << 20,
		      "%zu bytes", after.uordblks + after.hblkhd);
	ck_assert_msg(t1 - t0 < 250000, "%lld us", (long long)(t1 - t0));
	printf("255 x 253 bridges: %lld us, %zu KiB\n", (long long)(t1 - t0),
	       (after.uordblks + after.hblkhd - before.uordblks - before.hblkhd) >> 10);
	fx_free(&x);
	free(d.host);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("props");
	TCase *t = tcase_create("props");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, random_accesses, 0, SEEDS);
	tcase_add_test(t, every_bridge);
	suite_add_tcase(s, t);
	return check_run(s);
}
