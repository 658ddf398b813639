// SPDX-License-Identifier: Apache-2.0
/*
 * Conformance, VF migration: section 1.7 with both tables of transitions in full, the
 * visible-VF rule of 1.5, and the packing of logical VFs of HANDOVER 1.
 */
#include "tests/unit/sim_model/conform.h"

#define BOTH	(ON | MIGRATE)
#define REFUSED 255

static struct cf_pf f;

static void setup(void)
{
	cf_setup();
	cf_provision("one");
	cf_provision("plain");
	f = cf_host("one", 1);
}

/* MVF 0 in slot 1 in the state wanted; VF Enable and migration on. */
static void bring(unsigned state)
{
	cf_enable(&f, 600, MIGRATE);
	if (state == MR_VF_UNAVAILABLE) { /* given up by the host */
		bring(MR_VF_MIGRATE_OUT);
		cf_state_w(&f, 1, MR_VF_UNAVAILABLE);
	} else {
		ck_assert_uint_eq(give(&f, 0), MR_BATCH_OK);
		if (state != MR_VF_MIGRATE_IN)
			cf_state_w(&f, 1, MR_VF_AVAILABLE);
		if (state == MR_VF_MIGRATE_OUT)
			ck_assert_uint_eq(command(&f, 0, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	}
	ck_assert_uint_eq(cf_state(&f, 1), state);
	iov_w(&f, PCI_SRIOV_STATUS, 2, 1);
	fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1);
}

/* 1.7: VFs 1..InitialVFs start Active.Available, the others Inactive.Unavailable. */
START_TEST(initial_states)
{
	give_n(&f, 3);
	cf_enable(&f, 600, MIGRATE);
	for (unsigned s = 1; s <= 600; s++)
		ck_assert_uint_eq(cf_state(&f, s),
				  s <= 3 ? MR_VF_AVAILABLE : MR_VF_UNAVAILABLE);
}
END_TEST

/* 1.7: InitialVFs 0: none is active. */
START_TEST(no_initial_vfs)
{
	cf_enable(&f, 600, MIGRATE);
	for (unsigned s = 1; s <= 8; s++) {
		ck_assert_uint_eq(cf_state(&f, s), MR_VF_UNAVAILABLE);
		ck_assert(!cf_vf_there(&f, s));
	}
}
END_TEST

/* 1.7, table 9-2: what the SR-PCIM writes: three transitions, everything else is ignored. */
static const uint8_t sr_table[4][6] = {
	/* writes:		      0  1  2  3  4  ffh */
	[MR_VF_UNAVAILABLE] = {0, 0, 0, 0, 0, 0},
	[MR_VF_MIGRATE_IN] = {1, 1, 1, 3, 1, 1},
	[MR_VF_MIGRATE_OUT] = {0, 2, 2, 2, 2, 2},
	[MR_VF_AVAILABLE] = {3, 1, 3, 3, 3, 3},
};

START_TEST(transitions_of_the_sr_pcim)
{
	static const uint8_t values[6] = {0, 1, 2, 3, 4, 0xff};
	unsigned from = (unsigned)_i / 6, i = (unsigned)_i % 6;

	bring(from);
	cf_state_w(&f, 1, values[i]);
	ck_assert_msg(cf_state(&f, 1) == sr_table[from][i], "from %u, %u written: %u", from,
		      values[i], cf_state(&f, 1));
	ck_assert_uint_eq(mvf(&f, 0, VF_MAP) >> 32, sr_table[from][i]);
	/* 1.7: only transitions of the MR-PCIM set the status and interrupt. */
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), 0);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1), 0);
}
END_TEST

/* 1.7: what the MR-PCIM may do: retract a MigrateIn, ask for a MigrateOut, retract that. */
static const struct {
	unsigned cmd;
	uint8_t to[4];
} mr_table[] = {
	{MR_VFC_MIGRATE_IN_RETRACT, {REFUSED, MR_VF_UNAVAILABLE, REFUSED, REFUSED}},
	{MR_VFC_MIGRATE_OUT, {REFUSED, REFUSED, REFUSED, MR_VF_MIGRATE_OUT}},
	{MR_VFC_MIGRATE_OUT_RETRACT, {REFUSED, REFUSED, MR_VF_AVAILABLE, REFUSED}},
	{MR_VFC_MIGRATE_IN | 1 << 16, {REFUSED, REFUSED, REFUSED, REFUSED}},
	{MR_VFC_MIGRATE_IN | 2 << 16, {REFUSED, REFUSED, REFUSED, REFUSED}},
};

START_TEST(transitions_of_the_mr_pcim)
{
	unsigned from = (unsigned)_i % 4, i = (unsigned)_i / 4, to = mr_table[i].to[from];
	bool moves = to != REFUSED;

	bring(from);
	ck_assert_uint_eq(command(&f, 0, mr_table[i].cmd),
			  moves ? MR_BATCH_OK : MR_BATCH_REFUSED);
	ck_assert_uint_eq(cf_state(&f, 1), moves ? to : from);
	/* 1.7: each sets VF Migration Status and raises the interrupt. */
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), moves);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1), moves);
}
END_TEST

/* 1.7: Migrate In: Inactive.Unavailable becomes Dormant.MigrateIn, and the host is told. */
START_TEST(migrate_in)
{
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(give(&f, 9), MR_BATCH_OK);
	ck_assert_uint_eq(cf_state(&f, 1), MR_VF_MIGRATE_IN);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), 1);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1), 1);
}
END_TEST

/* 1.7, HANDOVER 1: a MigrateIn that was retracted arrives with no later VF Enable. */
START_TEST(retracted_never_arrives)
{
	bring(MR_VF_MIGRATE_IN);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_MIGRATE_IN_RETRACT), MR_BATCH_OK);
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 1), 0);
	cf_firmware(1);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 0);
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(cf_state(&f, 1), MR_VF_UNAVAILABLE);
}
END_TEST

/* HANDOVER 1: what was cut while VF Enable was 0 takes no slot: 1..InitialVFs are Available. */
START_TEST(cut_while_disabled)
{
	give_n(&f, 3);
	ck_assert_uint_eq(mvf_w(&f, 1, VF_BLOCK, 3), MR_BATCH_OK);
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 2);
	for (unsigned s = 1; s <= 3; s++)
		ck_assert_uint_eq(cf_state(&f, s),
				  s <= 2 ? MR_VF_AVAILABLE : MR_VF_UNAVAILABLE);
	ck_assert_uint_eq(slot_of(&f, 2), 2);
	ck_assert_uint_eq(command(&f, 1, MR_VFC_RETURN), MR_BATCH_OK);
}
END_TEST

/* 1.7: the interrupt is raised if enabled, the status is set in any case. */
START_TEST(status_without_interrupt)
{
	cf_enable(&f, 600, PCI_SRIOV_CTRL_VFM);
	fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1);
	ck_assert_uint_eq(give(&f, 0), MR_BATCH_OK);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), 1);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1), 0);
	/* Enabled while the status is set: told then, so nothing is lost. */
	iov_w(&f, PCI_SRIOV_CTRL, 2, BOTH);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, 1), 1);
}
END_TEST

/* 1.7: the interrupt comes from the PF, in its own hierarchy only. */
START_TEST(interrupt_of_the_pf)
{
	struct cf_pf g = cf_host("one", 2);
	struct sim_notice n;
	unsigned told = 0;

	cf_enable(&f, 600, MIGRATE);
	cf_enable(&g, 600, MIGRATE);
	fx_notices(&x, SIM_NOTICE_HOST_MIGRATION, -1);
	ck_assert_uint_eq(give(&f, 0), MR_BATCH_OK);
	while (sim_chassis_notice(x.c, &n)) {
		if (n.kind != SIM_NOTICE_HOST_MIGRATION)
			continue;
		told++;
		ck_assert_uint_eq(n.vh, 1);
		ck_assert_uint_eq(n.rid, f.rid);
	}
	ck_assert_uint_eq(told, 1);
	ck_assert_uint_eq(iov(&g, PCI_SRIOV_STATUS, 2), 0);
}
END_TEST

/* 1.7: both VF Migration Capable and VF Migration Enable are needed, on either side. */
START_TEST(without_migration_enable)
{
	give_n(&f, 1);
	cf_enable(&f, 600, 0);
	cf_state_w(&f, 1, MR_VF_MIGRATE_IN);
	ck_assert_uint_eq(cf_state(&f, 1), MR_VF_AVAILABLE);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_MIGRATE_OUT), MR_BATCH_REFUSED);
	ck_assert_uint_eq(give(&f, 1), MR_BATCH_REFUSED);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_STATUS, 2), 0);
}
END_TEST

/* 1.7: with VF Enable 0 the array takes no writes and reads Unavailable. */
START_TEST(without_vf_enable)
{
	give_n(&f, 1);
	cf_bars(&f);
	iov_w(&f, PCI_SRIOV_CTRL, 2, MIGRATE);
	for (unsigned v = 0; v < 4; v++) {
		cf_state_w(&f, 1, v);
		ck_assert_uint_eq(cf_state(&f, 1), MR_VF_UNAVAILABLE);
	}
	ck_assert_uint_eq(command(&f, 0, MR_VFC_MIGRATE_OUT), MR_BATCH_REFUSED);
}
END_TEST

/* 1.7: devices without the MR-IOV capability do not migrate VFs. */
START_TEST(single_root_devices_do_not_migrate)
{
	ck_assert_uint_eq(ct_w(&x, "plain", CT_VF(4, 0, 0) + VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(
		ct_w(&x, "plain", CT_VF(4, 0, 0) + VF_COMMAND, MR_VFC_MIGRATE_IN | 1 << 16),
		MR_BATCH_REFUSED);
}
END_TEST

/* 1.7: VF Enable 1, 0: all disabled; 0, 1: Available or Unavailable by number vs InitialVFs,
 * wherever they were before. */
START_TEST(vf_enable_cycle_from_every_state)
{
	unsigned from = (unsigned)_i;
	bool kept = from != MR_VF_UNAVAILABLE;

	bring(from);
	cf_disable(&f);
	ck_assert_uint_eq(cf_state(&f, 1), MR_VF_UNAVAILABLE);
	ck_assert(!cf_vf_there(&f, 1));
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), kept);
	ck_assert_uint_eq(cf_state(&f, 1), kept ? MR_VF_AVAILABLE : MR_VF_UNAVAILABLE);
}
END_TEST

/* 1.5: a VF is visible when Active or Dormant; Inactive is UR, its memory too. */
START_TEST(visible_in_states)
{
	bool visible = _i != MR_VF_UNAVAILABLE;

	bring((unsigned)_i);
	ck_assert_uint_eq(cf_vf_there(&f, 1), visible);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, f.vfbar, 4),
			  visible ? 0 : 0xffffffff);
}
END_TEST

static enum sim_tlp_end issue(unsigned v)
{
	struct sim_tlp t = {.kind = SIM_TLP_MEM_WRITE,
			    .from_function = true,
			    .port = (uint16_t)sim_adapter_find(x.c, "one"),
			    .vf = (uint16_t)v,
			    .address = 0x50000000,
			    .data = 1};
	uint64_t id = sim_tlp_launch(x.c, x.now, &t);

	fx_pass(&x, MS);
	return sim_tlp_fate(x.c, id).end;
}

/* 1.7: Active may issue transactions; Dormant may be configured but not issue; Inactive
 * neither. */
START_TEST(who_may_issue)
{
	bool active = _i == MR_VF_AVAILABLE || _i == MR_VF_MIGRATE_OUT;

	bring((unsigned)_i);
	ck_assert_uint_eq(mvf_w(&f, 0, VF_GATE, 1), MR_BATCH_OK);
	hcfg_w(&x, 1, cf_vf_rid(&f, 1), PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	ck_assert_uint_eq(hcfg(&x, 1, cf_vf_rid(&f, 1), PCI_COMMAND, 2),
			  _i == MR_VF_UNAVAILABLE ? 0xffff : PCI_COMMAND_MASTER);
	ck_assert_int_eq(issue(0), active ? SIM_TLP_LANDED : SIM_TLP_DROPPED);
}
END_TEST

/* 1.4: a VF in D3hot issues nothing, whatever its PF does; in D0 it does again. */
START_TEST(d3hot_issues_nothing)
{
	bring(MR_VF_AVAILABLE);
	ck_assert_uint_eq(mvf_w(&f, 0, VF_GATE, 1), MR_BATCH_OK);
	hcfg_w(&x, 1, cf_vf_rid(&f, 1), PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	hcfg_w(&x, 1, cf_vf_rid(&f, 1), 0x40 + PCI_PM_CTRL, 2, 3);
	ck_assert_int_eq(issue(0), SIM_TLP_DROPPED);
	hcfg_w(&x, 1, cf_vf_rid(&f, 1), 0x40 + PCI_PM_CTRL, 2, 0);
	ck_assert_int_eq(issue(0), SIM_TLP_LANDED);
}
END_TEST

/* 1.7: migration states do not reset the function: that is the SR-PCIM's FLR. */
START_TEST(states_do_not_reset)
{
	uint64_t resets;

	bring(MR_VF_AVAILABLE);
	hcfg_w(&x, 1, cf_vf_rid(&f, 1), PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	resets = mvf(&f, 0, VF_RESETS);
	cf_state_w(&f, 1, MR_VF_MIGRATE_IN);
	cf_state_w(&f, 1, MR_VF_AVAILABLE);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_MIGRATE_OUT_RETRACT), MR_BATCH_OK);
	ck_assert_uint_eq(hcfg(&x, 1, cf_vf_rid(&f, 1), PCI_COMMAND, 2), PCI_COMMAND_MASTER);
	ck_assert_uint_eq(mvf(&f, 0, VF_RESETS), resets);
}
END_TEST

/* 1.7: one byte a VF, VF 1 at the offset; wider accesses are bytes side by side. */
START_TEST(array_is_bytes)
{
	uint64_t at = f.bar + (iov(&f, PCI_SRIOV_VFM, 4) & ~7u);

	give_n(&f, 2);
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(give(&f, 2), MR_BATCH_OK);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, at, 8), 0x010303);
	sim_host_mem_write(x.c, x.now, 1, at, 4, 0x03030103);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, at, 4), 0x030103);
	ck_assert_uint_eq(sim_host_mem_read(x.c, x.now, 1, at + 600, 8), 0);
}
END_TEST

/* 1.5, 1.7: a MigrateIn goes to a VF that NumVFs covers, else there is no room. */
START_TEST(migrate_in_within_num_vfs)
{
	give_n(&f, 1);
	cf_enable(&f, 2, MIGRATE);
	ck_assert_uint_eq(give(&f, 5), MR_BATCH_OK);
	ck_assert_uint_eq(slot_of(&f, 5), 2);
	ck_assert_uint_eq(give(&f, 6), MR_BATCH_REFUSED);
}
END_TEST

/* ---- HANDOVER 1 ---- */

/* HANDOVER 1: TotalVFs of all hierarchies may exceed the physical VFs; a physical VF is in one
 * hierarchy. */
START_TEST(total_vfs_may_exceed_the_device)
{
	struct cf_pf g = cf_host("one", 2);

	ck_assert_uint_eq(iov(&f, PCI_SRIOV_TOTAL_VF, 2) + iov(&g, PCI_SRIOV_TOTAL_VF, 2),
			  1200);
	ck_assert_uint_eq(give(&f, 0), MR_BATCH_OK);
	ck_assert_uint_eq(give(&g, 0), MR_BATCH_REFUSED);
	ck_assert_uint_eq(mvf(&f, 0, VF_MAP) & 0xffff, 1);
}
END_TEST

/* HANDOVER 1: while VF Enable is 0 the k rows of a hierarchy are slots 1..k, in their order. */
START_TEST(packed_while_disabled)
{
	static const unsigned order[] = {5, 9, 3, 7};

	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(give(&f, order[i]), MR_BATCH_OK);
		ck_assert_uint_eq(slot_of(&f, order[i]), i + 1);
		ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), i + 1);
	}
	mvf_w(&f, 9, VF_BLOCK, 3);
	ck_assert_uint_eq(command(&f, 9, MR_VFC_RETURN), MR_BATCH_OK);
	ck_assert_uint_eq(slot_of(&f, 5), 1);
	ck_assert_uint_eq(slot_of(&f, 3), 2);
	ck_assert_uint_eq(slot_of(&f, 7), 3);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 3);
}
END_TEST

/* HANDOVER 1: packing is the device's own act: a host that reboots with nobody else alive finds
 * exactly its functions, holes closed. */
START_TEST(reboot_packs_without_a_manager)
{
	give_n(&f, 4);
	cf_enable(&f, 600, MIGRATE);
	ck_assert_uint_eq(command(&f, 1, MR_VFC_MIGRATE_OUT), MR_BATCH_OK);
	cf_state_w(&f, 2, MR_VF_UNAVAILABLE);
	ck_assert_int_eq(sim_host_reset(x.c, x.now, 1), 0);
	cf_firmware(1);
	ck_assert_uint_eq(iov(&f, PCI_SRIOV_INITIAL_VF, 2), 3);
	cf_enable(&f, 600, MIGRATE);
	for (unsigned s = 1; s <= 4; s++)
		ck_assert_uint_eq(cf_vf_there(&f, s), s <= 3);
	ck_assert_uint_eq(slot_of(&f, 0), 1);
	ck_assert_uint_eq(slot_of(&f, 2), 2);
	ck_assert_uint_eq(slot_of(&f, 3), 3);
}
END_TEST

/* HANDOVER 1: VF Enable, on or off, is an event of the hierarchy: slots may have moved. */
START_TEST(vf_enable_is_told)
{
	uint64_t head = sw(&x, SW_EVENT_HEAD), event;

	for (unsigned on = 2; on-- > 0; head++) {
		iov_w(&f, PCI_SRIOV_CTRL, 2, on ? ON : PCI_SRIOV_CTRL_ARI);
		ck_assert_uint_eq(sw(&x, SW_EVENT_HEAD), head + 1);
		event = SW_EVENTS + head % (sw(&x, SW_CAPS) >> 48) * 0x20;
		ck_assert_uint_eq(sw(&x, event) & 0xffff, MR_EV_VF_ENABLE);
		ck_assert_uint_eq(sw(&x, event) >> 32 & 0xffff, 1);
		ck_assert_uint_eq(sw(&x, event + 0x18), on);
	}
	iov_w(&f, PCI_SRIOV_CTRL, 2, PCI_SRIOV_CTRL_ARI | PCI_SRIOV_CTRL_MSE);
	ck_assert_uint_eq(sw(&x, SW_EVENT_HEAD), head);
}
END_TEST

/* HANDOVER 1: a row of another hierarchy never occupies a slot here. */
START_TEST(foreign_rows_take_no_slot)
{
	struct cf_pf g = cf_host("one", 2);

	ck_assert_uint_eq(give(&g, 0), MR_BATCH_OK);
	ck_assert_uint_eq(give(&f, 1), MR_BATCH_OK);
	ck_assert_uint_eq(give(&g, 2), MR_BATCH_OK);
	ck_assert_uint_eq(give(&f, 3), MR_BATCH_OK);
	ck_assert_uint_eq(slot_of(&f, 1), 1);
	ck_assert_uint_eq(slot_of(&f, 3), 2);
	ck_assert_uint_eq(slot_of(&g, 0), 1);
	ck_assert_uint_eq(slot_of(&g, 2), 2);
}
END_TEST

/* HANDOVER 1, ours: VH 0 is not packed: a VF that left is a hole, the others stay where they
 * are. */
START_TEST(vh0_is_never_packed)
{
	uint16_t rid0 = (uint16_t)sw(&x, SW_PORT(sim_adapter_find(x.c, "one")) + PORT_VH0_RID);

	ck_assert_uint_eq(give(&f, 4), MR_BATCH_OK);
	for (unsigned v = 0; v < 10; v++)
		ck_assert_uint_eq(cfg0(&x, (uint16_t)(rid0 + 2 + v), PCIE + PCI_EXP_DEVCAP,
				       4) == UINT32_MAX,
				  v == 4);
}
END_TEST

/* 1.7: a VF is handed on only after its reset. */
START_TEST(reset_before_the_next_owner)
{
	struct cf_pf g = cf_host("one", 2);

	bring(MR_VF_UNAVAILABLE);
	mvf_w(&f, 0, VF_BLOCK, 3);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_RETURN), MR_BATCH_OK);
	ck_assert_uint_eq(give(&g, 0), MR_BATCH_REFUSED);
	mvf_w(&f, 0, VF_BLOCK, 3);
	ck_assert_uint_eq(command(&f, 0, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(give(&g, 0), MR_BATCH_OK);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("conform_migration");
	TCase *t = tcase_create("1.7 HANDOVER 1");

	tcase_add_checked_fixture(t, setup, cf_teardown);
	tcase_add_test(t, initial_states);
	tcase_add_test(t, no_initial_vfs);
	tcase_add_loop_test(t, transitions_of_the_sr_pcim, 0, 24);
	tcase_add_loop_test(t, transitions_of_the_mr_pcim, 0,
			    4 * sizeof(mr_table) / sizeof(mr_table[0]));
	tcase_add_test(t, migrate_in);
	tcase_add_test(t, retracted_never_arrives);
	tcase_add_test(t, cut_while_disabled);
	tcase_add_test(t, status_without_interrupt);
	tcase_add_test(t, interrupt_of_the_pf);
	tcase_add_test(t, without_migration_enable);
	tcase_add_test(t, without_vf_enable);
	tcase_add_test(t, single_root_devices_do_not_migrate);
	tcase_add_loop_test(t, vf_enable_cycle_from_every_state, 0, 4);
	tcase_add_loop_test(t, visible_in_states, 0, 4);
	tcase_add_loop_test(t, who_may_issue, 0, 4);
	tcase_add_test(t, d3hot_issues_nothing);
	tcase_add_test(t, states_do_not_reset);
	tcase_add_test(t, array_is_bytes);
	tcase_add_test(t, migrate_in_within_num_vfs);
	tcase_add_test(t, total_vfs_may_exceed_the_device);
	tcase_add_test(t, packed_while_disabled);
	tcase_add_test(t, reboot_packs_without_a_manager);
	tcase_add_test(t, vf_enable_is_told);
	tcase_add_test(t, foreign_rows_take_no_slot);
	tcase_add_test(t, vh0_is_never_packed);
	tcase_add_test(t, reset_before_the_next_owner);
	suite_add_tcase(s, t);
	return check_run(s);
}
