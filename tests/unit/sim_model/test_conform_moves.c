// SPDX-License-Identifier: Apache-2.0
/*
 * A function moves from host A to host B, each by VF migration or behind a bridge of its own,
 * asked for or cut. For each step: either host or both are reset, with the manager dead and
 * alive. Each host finds exactly the functions it owns (HANDOVER 1 and 5), which is judged by
 * requests that arrive; neighbours of both kinds on the same device are never touched.
 */
#include "tests/unit/sim_model/conform.h"

#define A      1u
#define B      2u
#define MOVER  2u
#define ROW    1u /* the bridge of a function that has one of its own */
#define BIT(v) (1u << (v))

/* Neighbours: MVF 0 and 1 of A, 3 and 4 of B, the second of each behind bridge 2. */
static const unsigned neighbours[3] = {0, BIT(0) | BIT(1), BIT(3) | BIT(4)};
static struct cf_pf pf[3];
static unsigned port;

/* ---- hosts ---- */

/* The SR-PCIM of a host looks at its array and does what it is asked to. */
static void act(unsigned vh)
{
	for (unsigned s = 1; s <= 8; s++) {
		unsigned state = cf_state(&pf[vh], s);

		if (state == MR_VF_MIGRATE_OUT) {
			cf_flr(vh, cf_vf_rid(&pf[vh], s));
			cf_state_w(&pf[vh], s, MR_VF_UNAVAILABLE);
		} else if (state == MR_VF_MIGRATE_IN) {
			cf_state_w(&pf[vh], s, MR_VF_AVAILABLE);
			cf_flr(vh, cf_vf_rid(&pf[vh], s));
		}
	}
	iov_w(&pf[vh], PCI_SRIOV_STATUS, 2, 1);
}

static void reboot(unsigned vh)
{
	ck_assert_int_eq(sim_host_reset(x.c, x.now, (uint16_t)vh), 0);
	cf_firmware(vh);
	cf_enable(&pf[vh], 8, MIGRATE);
	fx_pass(&x, MS);
}

/* Whether a request to 'rid' of a host arrives at a VF; which one. */
static int arrives(unsigned vh, unsigned rid)
{
	struct sim_tlp t = {.kind = SIM_TLP_CFG_READ,
			    .vh = (uint16_t)vh,
			    .rid = (uint16_t)rid,
			    .address = PCIE};
	uint64_t id = sim_tlp_launch(x.c, x.now, &t);
	struct sim_tlp_fate fate;

	fx_pass(&x, MS);
	fate = sim_tlp_fate(x.c, id);
	return fate.end == SIM_TLP_COMPLETED && fate.at_port == port && fate.at_vf < 8
		       ? fate.at_vf
		       : -1;
}

/* The VFs that a host reaches. */
static unsigned found(unsigned vh)
{
	unsigned set = 0;

	for (unsigned s = 0; s <= 9 + 2; s++) {
		unsigned rid = s <= 9 ? CF_BUS(0) << 8 | s : CF_BUS(s - 9) << 8;
		int v = arrives(vh, rid);

		if (v < 0)
			continue;
		ck_assert_msg(!(set & BIT(v)), "VF %d twice in host %u", v, vh);
		set |= BIT(v);
	}
	return set;
}

/* ---- the manager's steps ---- */

static void done(uint32_t status)
{
	ck_assert_uint_eq(status, MR_BATCH_OK);
	fx_pass(&x, MS);
}

static void map_row(unsigned vh, unsigned b, unsigned v)
{
	uint16_t rid = (uint16_t)(sw(&x, SW_PORT(port) + PORT_VH0_RID) + 1);
	uint64_t bar = (cfg0(&x, rid, SRIOV + PCI_SRIOV_BAR, 4) & ~15u) |
		       (uint64_t)cfg0(&x, rid, SRIOV + PCI_SRIOV_BAR + 4, 4) << 32;

	done(row_w(&x, vh, b, ROW_TARGET, MR_TARGET(MR_TARGET_SYNTHETIC, port, 0, v)));
	done(row_w(&x, vh, b, ROW_IDS, 0x101e15b3));
	done(row_w(&x, vh, b, ROW_BAR, 16384 | MR_BAR_64 | MR_BAR_PREF));
	done(row_w(&x, vh, b, ROW_WINDOW, bar + v * 16384));
	done(row_w(&x, vh, b, ROW_STATE, MR_ROW_MAPPED));
}

static void ask(void)
{
	done(command(&pf[A], MOVER, MR_VFC_MIGRATE_OUT));
}

static void let_go(void)
{
	act(A);
}

static void force(void)
{
	done(command(&pf[A], MOVER, MR_VFC_FORCE_OUT));
}

static void block(void)
{
	done(mvf_w(&pf[A], MOVER, VF_BLOCK, 3));
}

static void give_back(void)
{
	done(command(&pf[A], MOVER, MR_VFC_RETURN));
}

static void row_block(void)
{
	done(row_w(&x, A, ROW, ROW_STATE, MR_ROW_BLOCKED));
}

static void row_free(void)
{
	done(row_w(&x, A, ROW, ROW_STATE, MR_ROW_FREE));
}

static void reset(void)
{
	done(command(&pf[A], MOVER, MR_VFC_RESET));
}

static void configure(void)
{
	done(mvf_w(&pf[B], MOVER, VF_IDENT0, 0x0225b5000002));
}

static void migrate_in(void)
{
	done(command(&pf[B], MOVER, MR_VFC_MIGRATE_IN | B << 16));
}

static void map(void)
{
	map_row(B, ROW, MOVER);
}

static void open_block(void)
{
	done(mvf_w(&pf[B], MOVER, VF_BLOCK, 0));
}

static void accept_in(void)
{
	act(B);
}

/* A step, and who has the function after a reset that follows it. */
struct step {
	const char *name;
	void (*act)(void);
	unsigned owner;
};

static const struct step out_lvf[] = {{"asked", ask, A},
				      {"let go", let_go, 0},
				      {"blocked", block, 0},
				      {"returned", give_back, 0},
				      {0}};
static const struct step out_forced[] = {
	{"forced out", force, 0}, {"returned", give_back, 0}, {0}};
static const struct step out_row[] = {{"row blocked", row_block, 0},
				      {"function blocked", block, 0},
				      {"row free", row_free, 0},
				      {0}};
static const struct step between[] = {{"reset", reset, 0}, {"configured", configure, 0}, {0}};
static const struct step in_lvf[] = {{"migrated in, blocked", migrate_in, 0},
				     {"open", open_block, B},
				     {"accepted", accept_in, B},
				     {0}};
static const struct step in_row[] = {{"mapped, blocked", map, 0}, {"open", open_block, B}, {0}};

static const struct {
	const char *name;
	bool row_in_a, row_in_b;
	const struct step *part[3];
} moves[] = {
	{"migration to migration", false, false, {out_lvf, between, in_lvf}},
	{"migration to bridge", false, true, {out_lvf, between, in_row}},
	{"bridge to migration", true, false, {out_row, between, in_lvf}},
	{"bridge to bridge", true, true, {out_row, between, in_row}},
	{"forced to migration", false, false, {out_forced, between, in_lvf}},
	{"forced to bridge", false, true, {out_forced, between, in_row}},
};

/* ---- a manager that goes on from what it reads ---- */

static unsigned owner_of(void)
{
	return mvf(&pf[A], MOVER, VF_MAP) & 0xffff;
}

static unsigned state_of(void)
{
	return (unsigned)(mvf(&pf[A], MOVER, VF_MAP) >> 32);
}

/* Out of 'vh', wherever it is on its way there: the host answers, it is alive. */
static void take_from(unsigned vh)
{
	if (state_of() == MR_VF_AVAILABLE)
		done(command(&pf[vh], MOVER, MR_VFC_MIGRATE_OUT));
	else if (state_of() == MR_VF_MIGRATE_IN)
		done(command(&pf[vh], MOVER, MR_VFC_MIGRATE_IN_RETRACT));
	act(vh);
	ck_assert_uint_eq(state_of(), MR_VF_UNAVAILABLE);
	block();
	give_back();
}

static void go_on(unsigned i)
{
	bool there = moves[i].row_in_b ? row(&x, B, ROW, ROW_STATE) == MR_ROW_MAPPED
				       : owner_of() == B && state_of() != MR_VF_UNAVAILABLE;

	if (there) {
		open_block();
		act(B);
		return;
	}
	if (row(&x, A, ROW, ROW_STATE) == MR_ROW_MAPPED)
		row_block();
	block();
	if (owner_of())
		take_from(owner_of());
	if (row(&x, A, ROW, ROW_STATE) == MR_ROW_BLOCKED)
		row_free();
	reset();
	configure();
	(moves[i].row_in_b ? map : migrate_in)();
	open_block();
	act(B);
}

/* ---- the table ---- */

static void setup(unsigned i)
{
	cf_setup();
	cf_provision("small");
	port = (unsigned)sim_adapter_find(x.c, "small");
	for (unsigned vh = A; vh <= B; vh++) {
		unsigned first = vh == A ? 0 : 3;

		pf[vh] = cf_host("small", vh);
		ck_assert_uint_eq(give(&pf[vh], first), MR_BATCH_OK);
		map_row(vh, 2, first + 1);
	}
	if (moves[i].row_in_a)
		map_row(A, ROW, MOVER);
	else
		ck_assert_uint_eq(give(&pf[A], MOVER), MR_BATCH_OK);
	for (unsigned vh = A; vh <= B; vh++)
		cf_enable(&pf[vh], 8, MIGRATE);
	fx_pass(&x, MS);
}

static void judge(unsigned i, const char *step, const char *when, unsigned owner)
{
	for (unsigned vh = A; vh <= B; vh++) {
		unsigned want = neighbours[vh] | (owner == vh ? BIT(MOVER) : 0);
		unsigned got = found(vh);

		ck_assert_msg(got == want, "%s, %s, %s: host %u finds %x, owns %x",
			      moves[i].name, step, when, vh, got, want);
	}
}

static const struct step *step_of(unsigned i, unsigned k)
{
	for (unsigned p = 0; p < 3; p++)
		for (const struct step *s = moves[i].part[p]; s->name; s++)
			if (!k--)
				return s;
	return NULL;
}

/* Both hosts' neighbours: resets that they saw, for hosts that were not reset. */
static uint64_t resets(unsigned vh)
{
	unsigned first = vh == A ? 0 : 3;

	return mvf(&pf[vh], first, VF_RESETS) + mvf(&pf[vh], first + 1, VF_RESETS);
}

/* One cell: steps up to k, then the hosts in 'who' are reset; then the manager goes on. */
static void cell(unsigned i, unsigned k, unsigned who)
{
	const struct step *s = NULL;
	uint64_t before[3];

	setup(i);
	for (unsigned vh = A; vh <= B; vh++)
		before[vh] = resets(vh);
	for (unsigned n = 0; n <= k; n++) {
		s = step_of(i, n);
		s->act();
	}
	for (unsigned vh = A; vh <= B; vh++)
		if (who & BIT(vh))
			reboot(vh);
	judge(i, s->name, "the manager dead", s->owner);
	go_on(i);
	judge(i, s->name, "the manager alive", B);
	for (unsigned vh = A; vh <= B; vh++)
		if (!(who & BIT(vh)))
			ck_assert_uint_eq(resets(vh), before[vh]);
	reboot(A);
	reboot(B);
	judge(i, s->name, "all rebooted", B);
	cf_teardown();
}

START_TEST(each_host_finds_what_it_owns)
{
	unsigned i = (unsigned)_i / 3, who = (unsigned)_i % 3;
	static const unsigned hosts[] = {BIT(A), BIT(B), BIT(A) | BIT(B)};

	for (unsigned k = 0; step_of(i, k); k++)
		cell(i, k, hosts[who]);
}
END_TEST

/* Before anything moved, and with everything done without a reset. */
START_TEST(without_resets)
{
	unsigned i = (unsigned)_i;

	setup(i);
	judge(i, "before", "nothing happened", A);
	for (unsigned k = 0; step_of(i, k); k++)
		step_of(i, k)->act();
	judge(i, "all", "nothing happened", B);
	cf_teardown();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_moves");
	TCase *t = tcase_create("HANDOVER 1 and 5");
	int n = sizeof(moves) / sizeof(moves[0]);

	tcase_add_loop_test(t, without_resets, 0, n);
	tcase_add_loop_test(t, each_host_finds_what_it_owns, 0, 3 * n);
	suite_add_tcase(s, t);
	return check_run(s);
}
