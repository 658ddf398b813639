/* SPDX-License-Identifier: Apache-2.0 */
/* Connection, discovery and ownership against registers of paper. */
#include "tests/unit/check_main.h"
#include "tests/unit/fm_mrpcim/fake.h"

static struct fake f;

static void teardown(void)
{
	fake_done(&f);
}

START_TEST(finds_every_kind)
{
	struct fm_chassis *c;
	const struct fm_adapter *a;

	fake_ready(&f, &c);
	ck_assert_str_eq(c->serial, "1C01");
	ck_assert(c->observed);
	ck_assert_uint_eq(c->hosts, 1);
	ck_assert_str_eq(c->host[0].name, "blade01");
	ck_assert_uint_eq(c->host[0].bridges, 4);
	ck_assert_uint_eq(c->adapters, 3);
	ck_assert_int_eq(c->effect_ns, 10000);

	a = &c->adapter[0];
	ck_assert_int_eq(a->kind, FM_ADAPTER_SRIOV);
	ck_assert_str_eq(a->name, "nic");
	ck_assert_uint_eq(a->vfs, FAKE_VFS);
	ck_assert_uint_eq(a->vf_device, 0x101e);
	ck_assert_uint_eq(a->subdevice, 0x77);
	ck_assert_uint_eq(a->revision, 2);
	ck_assert_int_eq(a->flr_ns, 61 * 32768);
	ck_assert_uint_eq(a->msix, 16);
	ck_assert_uint_eq(a->msix_table, 0x8000);
	ck_assert_uint_eq(a->pf[0].rid, 0x200);
	ck_assert_uint_eq(a->pf[0].numvfs, FAKE_VFS);
	ck_assert_uint_eq(a->pf[0].net_mbps, 100000);
	ck_assert_uint_eq(a->pf[0].vf_bar[0].base, 0x2080000000ull);
	ck_assert_uint_eq(a->pf[0].vf_bar[0].size, 0x10000);
	ck_assert_uint_eq(a->pf[0].vf_bar[1].size, 0);

	a = &c->adapter[1];
	ck_assert_int_eq(a->kind, FM_ADAPTER_MRA);
	ck_assert_uint_eq(a->vhs, 3);
	ck_assert_uint_eq(a->vh_of[1], FM_WHOLE);
	ck_assert_uint_eq(a->pf[0].rid, 0x301);
	ck_assert_uint_eq(a->device, 0x101d);

	a = &c->adapter[2];
	ck_assert_int_eq(a->kind, FM_ADAPTER_BASE);
	ck_assert_int_eq(a->device_class, MR_CLASS_GPU);
	ck_assert_uint_eq(a->bar[0].size, 1u << 24);
	fm_chassis_done(c);
	free(c);
}
END_TEST

START_TEST(rows_lead_to_functions)
{
	struct fm_op op = {.tag = 5, .kind = FM_OP_OBSERVE};
	uint64_t vf = FAKE_CT(2) + CT_VF(FAKE_VFS, 0, 5);
	struct fm_op_result r;
	const struct fm_fn *fn;

	fake_ready(&f, NULL);
	sw(&f, SW_BRIDGE(1, 2) + ROW_STATE, MR_ROW_MAPPED);
	sw(&f, SW_BRIDGE(1, 2) + ROW_TARGET, MR_TARGET(MR_TARGET_SYNTHETIC, 2, 0, 5));
	sw(&f, SW_BRIDGE(1, 3) + ROW_STATE, MR_ROW_BLOCKED);
	sw(&f, SW_BRIDGE(1, 3) + ROW_TARGET, MR_TARGET(MR_TARGET_DEVICE, 4, 0, 0));
	sw(&f, SW_BRIDGE(1, 3) + ROW_COOKIE, 77);
	mem(&f, vf + VF_COOKIE, 0x100000002ull);
	mem(&f, vf + VF_VLAN, 100 | 3 << 12 | 1 << 15);
	mem(&f, vf + VF_FLAGS, 1 | 2 << 2);
	mem(&f, vf + VF_GATE, 1);
	r = fake_op(&f, &op);
	ck_assert_int_eq(r.end, FM_OP_DONE);
	fn = &r.observed->adapter[0].fn[5];
	ck_assert_uint_eq(fn->row_vs, 1);
	ck_assert_uint_eq(fn->row_bridge, 2);
	ck_assert_uint_eq(fn->cookie, 0x100000002ull);
	ck_assert(fn->gate_open && fn->attrs.trust && fn->attrs.vlan_ad);
	ck_assert_uint_eq(fn->attrs.vlan, 100);
	ck_assert_uint_eq(fn->attrs.vlan_qos, 3);
	ck_assert_uint_eq(fn->attrs.link_state, 2);
	ck_assert_uint_eq(r.observed->adapter[0].fn[4].row_bridge, FM_NO_BRIDGE);
	fn = &r.observed->adapter[2].fn[0];
	ck_assert_uint_eq(fn->row_bridge, 3);
	ck_assert_uint_eq(fn->cookie, 77);
	ck_assert_uint_eq(fn->block, 3);
	fm_chassis_done(r.observed);
	free(r.observed);
}
END_TEST

START_TEST(what_is_not_ours_is_refused)
{
	struct fm_op op = {.tag = 5, .kind = FM_OP_OBSERVE};
	struct fm_op_result r;

	fake_init(&f);
	sw(&f, SW_MAGIC, 1234);
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	r = fake_op(&f, &op);
	ck_assert_int_eq(r.end, FM_OP_REFUSED);
	ck_assert_int_eq(r.reason, MR_REASON_UNSUPPORTED);
	ck_assert_ptr_null(r.observed);
}
END_TEST

/* Tables that lie must not lead anywhere. */
START_TEST(bad_tables_take_the_adapter_out)
{
	static const struct {
		uint64_t reg, value;
	} rows[] = {
		{CT_MAGIC, 0},
		{CT_COUNTS, 0},
		{CT_COUNTS, 9 | 8 << 16},
		{CT_COUNTS, 1 | 2000ull << 16},
		{CT_COUNTS, 1 | 8 << 16 | 3ull << 32}, /* an sriov adapter has no device VHs */
		{CT_COUNTS, UINT64_MAX},
	};
	struct fm_op op = {.tag = 5, .kind = FM_OP_OBSERVE};

	fake_ready(&f, NULL);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(rows); i++) {
		uint64_t good = fake_read(&f, MR_SPACE_MEMORY, 0, FAKE_CT(2) + rows[i].reg);
		struct fm_op_result r;

		mem(&f, FAKE_CT(2) + rows[i].reg, rows[i].value);
		r = fake_op(&f, &op);
		mem(&f, FAKE_CT(2) + rows[i].reg, good);
		ck_assert_int_eq(r.end, FM_OP_DONE);
		ck_assert(!r.observed->adapter[0].present);
		ck_assert_ptr_null(r.observed->adapter[0].fn);
		ck_assert(r.observed->adapter[1].present);
		fm_chassis_done(r.observed);
		free(r.observed);
	}
}
END_TEST

START_TEST(capability_loops_end)
{
	struct fm_op op = {.tag = 5, .kind = FM_OP_OBSERVE};
	struct fm_op_result r;

	fake_init(&f);
	cfg(&f, 0x400, PCI_CAPABILITY_LIST, 0x40);
	cfg(&f, 0x400, 0x40, 0x99 | 0x40 << 8);
	cfg(&f, 0x400, 0x100, 0x99 | 1 << 16 | 0x100u << 20);
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	r = fake_op(&f, &op);
	ck_assert_int_eq(r.end, FM_OP_DONE);
	ck_assert_int_eq(r.observed->adapter[2].flr_ns, MR_NS_PER_S);
	fm_chassis_done(r.observed);
	free(r.observed);
}
END_TEST

START_TEST(the_owner_is_taken_once)
{
	struct fm_op take = {.tag = 2,
			     .kind = FM_OP_TAKE_OWNER,
			     .value = 10,
			     .owner_id = 9,
			     .owner_epoch = 4};
	struct fm_op_result r;

	fake_ready(&f, NULL);
	ck_assert_uint_eq(fake_read(&f, MR_SPACE_SWITCH, 0, SW_OWNER_EPOCH), 4);
	ck_assert_uint_eq(fake_read(&f, MR_SPACE_SWITCH, 0, SW_OWNER_ID), 9);
	r = fake_op(&f, &take);
	ck_assert_int_eq(r.end, FM_OP_DONE);
	ck_assert_uint_eq(f.writes, 0);
	take.owner_epoch = 3; /* not above the switch's */
	r = fake_op(&f, &take);
	ck_assert_int_eq(r.reason, MR_REASON_STALE_OWNER);
	take.owner_epoch = 5;
	take.value = 9; /* the switch was programmed by generation 10 */
	r = fake_op(&f, &take);
	ck_assert_int_eq(r.reason, MR_REASON_CONFLICT);
	ck_assert_uint_eq(f.writes, 0);
}
END_TEST

START_TEST(nothing_is_written_without_owning)
{
	struct fm_op op = {.tag = 5,
			   .kind = FM_OP_AUTHORISE,
			   .place = {.port = 1},
			   .value = MR_AUTH_AUTHORISED};
	struct fm_op_result r;

	fake_ready(&f, NULL);
	f.status_once = MR_BATCH_STALE_OWNER;
	sw(&f, SW_OWNER_EPOCH, 5);
	r = fake_op(&f, &op);
	ck_assert_int_eq(r.end, FM_OP_REFUSED);
	ck_assert_int_eq(r.reason, MR_REASON_STALE_OWNER);
	ck_assert_uint_eq(f.events, 1);
	ck_assert_uint_eq(f.event[0].kind, FM_CE_STALE_OWNER);
	ck_assert_uint_eq(f.event[0].value, 5);
	r = fake_op(&f, &op);
	ck_assert_int_eq(r.reason, MR_REASON_STALE_OWNER);
	ck_assert_uint_eq(f.writes, 0);
	ck_assert_uint_eq(f.events, 1);
}
END_TEST

START_TEST(a_lost_connection_ends_everything_once)
{
	struct fm_op op = {.tag = 5, .kind = FM_OP_OBSERVE};
	struct fm_op auth = {.tag = 6, .kind = FM_OP_AUTHORISE, .place = {.port = 1}};

	fake_ready(&f, NULL);
	f.hold = true;
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &auth});
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_INTERRUPT});
	ck_assert_uint_eq(f.results, 0);
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_LINK_DOWN});
	ck_assert_uint_eq(f.results, 2);
	ck_assert_int_eq(f.result[0].end, FM_OP_LOST);
	ck_assert_int_eq(f.result[1].end, FM_OP_LOST);
	ck_assert_uint_eq(f.events, 1);
	ck_assert_uint_eq(f.event[0].kind, FM_CE_DISCONNECTED);
	f.hold = false;
	ck_assert_int_eq(fake_op(&f, &auth).end, FM_OP_LOST);
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	ck_assert_uint_eq(f.event[1].kind, FM_CE_CONNECTED);
	ck_assert_int_eq(fake_op(&f, &auth).end, FM_OP_DONE);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("discover");
	TCase *t = tcase_create("paper");

	tcase_add_checked_fixture(t, NULL, teardown);
	tcase_add_test(t, finds_every_kind);
	tcase_add_test(t, rows_lead_to_functions);
	tcase_add_test(t, what_is_not_ours_is_refused);
	tcase_add_test(t, bad_tables_take_the_adapter_out);
	tcase_add_test(t, capability_loops_end);
	tcase_add_test(t, the_owner_is_taken_once);
	tcase_add_test(t, nothing_is_written_without_owning);
	tcase_add_test(t, a_lost_connection_ends_everything_once);
	suite_add_tcase(s, t);
	return check_run(s);
}
