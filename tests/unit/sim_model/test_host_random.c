// SPDX-License-Identifier: Apache-2.0
/*
 * Random tables, hands and hosts: whatever happens to rows, slots, adapters, power and a
 * hanging kernel, once it is quiet each blade's kernel knows exactly the functions that its
 * rows show, in windows that do not overlap. A failing seed is named: SEED=n replays it alone.
 */
#include "common/ids.h"
#include "common/rng.h"
#include "sim/model/blade.h"
#include "tests/unit/sim_model/fixture.h"

#define BLADES	5
#define BRIDGES 6 /* of each host that take part */
#define SEEDS	40
#define STEPS	150
#define UP	(MR_PORT_PRESENT | MR_PORT_POWER | MR_PORT_LINK)
#define SIZE	0x10000
#define IDS	(0x1077 | (uint64_t)0x2289 << 16 | (uint64_t)0x0c0400 << 32)

static struct fx x;
static struct mr_rng rng;
static struct sim_blade *blade[BLADES + 1];
static bool used[32];		       /* VFs of the HBA */
static int vf_of[BLADES + 1][BRIDGES]; /* -1: none */
static bool off[BLADES + 1]
	       [BRIDGES]; /* powered off by hand: stays so, unless presence changes */

static int64_t deadline(void)
{
	int64_t due = sim_chassis_deadline(x.c);

	for (unsigned vh = 1; vh <= BLADES; vh++)
		if (sim_blade_deadline(blade[vh]) < due)
			due = sim_blade_deadline(blade[vh]);
	return due;
}

static void deliver(void)
{
	struct sim_notice n;

	while (sim_chassis_notice(x.c, &n))
		if (n.kind != SIM_NOTICE_MGMT_IRQ && n.vh && n.vh <= BLADES)
			sim_blade_notice(blade[n.vh], x.now, &n);
}

static void settle(int64_t until)
{
	for (deliver(); deadline() <= until && deadline() != MR_NEVER; deliver()) {
		if (deadline() > x.now.mono_ns)
			x.now.mono_ns = deadline();
		sim_chassis_step(x.c, x.now);
		for (unsigned vh = 1; vh <= BLADES; vh++)
			sim_blade_step(blade[vh], x.now);
	}
	if (until != MR_NEVER && until > x.now.mono_ns)
		x.now.mono_ns = until;
}

static bool adapter_up(void)
{
	return (sw(&x, SW_PORT(sim_adapter_find(x.c, "hba")) + PORT_STATUS) & UP) == UP;
}

/* What the manager does when an adapter is back: VF Enable in VH 0. */
static void provision(void)
{
	uint64_t rid = sw(&x, SW_PORT(sim_adapter_find(x.c, "hba")) + PORT_VH0_RID);

	if (adapter_up() && !(cfg0(&x, (uint16_t)rid, 0x188, 2) & 1))
		fx_provision(&x, "hba", 0, 32);
}

static void map(unsigned vh, unsigned b)
{
	unsigned v = (unsigned)mr_rng_below(&rng, 32);
	uint64_t status = row(&x, vh, b, ROW_STATUS);

	if (!adapter_up())
		return;
	if (used[v] || row(&x, vh, b, ROW_STATE) != MR_ROW_FREE)
		return;
	/* HANDOVER 6: a re-add waits until the host has consumed the removal */
	if (row(&x, vh, b, ROW_MAPS) && !(status & MR_ROW_REMOVAL_SEEN))
		return;
	used[v] = true;
	vf_of[vh][b] = (int)v;
	off[vh][b] = false;
	fx_map_synthetic(&x, vh, b, "hba", v, SIZE, IDS);
}

static void unmap(unsigned vh, unsigned b)
{
	if (row(&x, vh, b, ROW_STATE) == MR_ROW_MAPPED)
		ck_assert_uint_eq(row_w(&x, vh, b, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	else if (row(&x, vh, b, ROW_STATE) == MR_ROW_BLOCKED &&
		 row_w(&x, vh, b, ROW_STATE, MR_ROW_FREE) == MR_BATCH_OK) {
		used[vf_of[vh][b]] = false;
		vf_of[vh][b] = -1;
	}
}

static void slot_power(unsigned vh, unsigned b)
{
	bool on = mr_rng_chance(&rng, 50);
	int64_t done;

	if (!sim_blade_hung(blade[vh]) &&
	    !sim_blade_slot_set_power(blade[vh], x.now, b, on, &done))
		off[vh][b] = !on;
}

static void host(unsigned vh)
{
	if (mr_rng_chance(&rng, 50))
		sim_host_reset(x.c, x.now, (uint16_t)vh);
	else
		sim_host_set_power(x.c, x.now, (uint16_t)vh, mr_rng_chance(&rng, 50));
	memset(off[vh], 0, sizeof(off[vh])); /* a boot finds what is in an occupied slot */
}

static void adapter(void)
{
	if (mr_rng_chance(&rng, 50))
		sim_port_set_link(x.c, x.now, (uint16_t)sim_adapter_find(x.c, "hba"),
				  mr_rng_chance(&rng, 50));
	else if (mr_rng_chance(&rng, 50))
		sim_adapter_pull(x.c, x.now, "hba");
	else
		sim_adapter_insert(x.c, x.now, "hba");
	provision();
}

static void one_step(void)
{
	unsigned vh = 1 + (unsigned)mr_rng_below(&rng, BLADES);
	unsigned b = (unsigned)mr_rng_below(&rng, BRIDGES);

	switch (mr_rng_below(&rng, 12)) {
	case 0:
		slot_power(vh, b);
		break;
	case 1:
		sim_blade_hang(blade[vh], mr_rng_chance(&rng, 30));
		break;
	case 2:
		if (mr_rng_chance(&rng, 20))
			host(vh);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
		unmap(vh, b);
		break;
	default:
		map(vh, b);
		break;
	}
	deliver();
	settle(x.now.mono_ns + (int64_t)mr_rng_below(&rng, 600) * MR_NS_PER_MS);
}

static const struct sim_dev *behind(unsigned vh, unsigned b)
{
	const struct sim_dev *d;

	for (unsigned i = 0; (d = sim_blade_dev(blade[vh], i)); i++)
		if (d->slot == (int)b)
			return d;
	return NULL;
}

static void check_bars(unsigned vh)
{
	const struct sim_dev *d, *e;

	for (unsigned i = 0; (d = sim_blade_dev(blade[vh], i)); i++)
		for (unsigned k = 0; (e = sim_blade_dev(blade[vh], k)) && k < i; k++)
			ck_assert(!d->bar[0] || !e->bar[0] ||
				  d->bar[0] + d->bar_size[0] <= e->bar[0] ||
				  e->bar[0] + e->bar_size[0] <= d->bar[0]);
}

static void check(unsigned seed)
{
	for (unsigned vh = 1; vh <= BLADES; vh++) {
		ck_assert_msg(sim_blade_up(blade[vh]), "SEED=%u: blade %u is not up", seed, vh);
		check_bars(vh);
		for (unsigned b = 0; b < BRIDGES; b++) {
			bool mapped = row(&x, vh, b, ROW_STATE) == MR_ROW_MAPPED;
			const struct sim_dev *d = behind(vh, b);

			if (off[vh][b])
				continue;
			ck_assert_msg(mapped == (d != NULL),
				      "SEED=%u: blade %u bridge %u: row %s, kernel %s", seed,
				      vh, b, mapped ? "mapped" : "not mapped",
				      d ? "has a device" : "has none");
			ck_assert_msg(!d || mr_streq(d->driver, "lpfc"),
				      "SEED=%u: blade %u bridge %u: driver '%s'", seed, vh, b,
				      d ? d->driver : "");
		}
	}
}

static void start(unsigned seed)
{
	mr_rng_init(&rng, seed);
	memset(used, 0, sizeof(used));
	memset(off, 0, sizeof(off));
	memset(vf_of, -1, sizeof(vf_of));
	x = fx_new("config/demo-chassis.yaml");
	for (unsigned vh = 1; vh <= BLADES; vh++)
		blade[vh] = sim_blade_new(x.c, (uint16_t)vh, seed + vh);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	fx_provision(&x, "hba", 0, 32);
	for (unsigned vh = 1; vh <= BLADES; vh++)
		ck_assert_uint_eq(sw_w(&x, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED),
				  MR_BATCH_OK);
	settle(MR_NEVER);
}

static void run(unsigned seed, bool adapters)
{
	start(seed);
	for (unsigned i = 0; i < STEPS; i++) {
		one_step();
		if (adapters && mr_rng_chance(&rng, 3))
			adapter();
	}
	for (unsigned vh = 1; vh <= BLADES; vh++) {
		sim_blade_hang(blade[vh], false);
		sim_host_set_power(x.c, x.now, (uint16_t)vh, true);
	}
	sim_adapter_insert(x.c, x.now, "hba");
	sim_port_set_link(x.c, x.now, (uint16_t)sim_adapter_find(x.c, "hba"), true);
	settle(MR_NEVER);
	provision();
	settle(MR_NEVER);
	check(seed);
	for (unsigned vh = 1; vh <= BLADES; vh++)
		sim_blade_free(blade[vh]);
	fx_free(&x);
}

START_TEST(kernels_know_what_the_rows_show)
{
	const char *one = getenv("SEED");

	for (unsigned seed = 1; seed <= SEEDS; seed++)
		run(one ? (unsigned)strtoul(one, NULL, 10) : seed, false);
}
END_TEST

START_TEST(adapters_come_and_go)
{
	for (unsigned seed = 1; seed <= SEEDS; seed++)
		run(seed, true);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("host_random");
	TCase *t = tcase_create("host_random");

	tcase_set_timeout(t, 60);
	tcase_add_test(t, kernels_know_what_the_rows_show);
	tcase_add_test(t, adapters_come_and_go);
	suite_add_tcase(s, t);
	return check_run(s);
}
