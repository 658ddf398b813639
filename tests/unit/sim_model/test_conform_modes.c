// SPDX-License-Identifier: Apache-2.0
/* Operating modes of an adapter (docs/register-map.md, CT_MODES): what can be asked for, when
 * it takes effect, and that nothing of before is left. */
#include "common/err.h"
#include "common/str.h"
#include "sim/model/snapshot.h"
#include "tests/unit/sim_model/fx_edit.h"

static const char text[] =
	"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c}\nspec:\n"
	"  serial: C\n  switch: {ports: 8}\n  hosts: [{slot: 1, name: a}]\n"
	"  models:\n    m: {profile: x3100-mr17, modes: [{name: narrow, vfs: 4, vhs: 3}, "
	"{name: wide, vfs: 16, vhs: 9}]}\n"
	"  adapters:\n    - {slot: 1, name: nic, model: m, serial: X}\n"
	"    - {slot: 2, name: next, model: m, serial: Y}\n";
static struct fx x;

static void setup(void)
{
	x = fx_new_text(text);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
}

static void teardown(void)
{
	fx_free(&x);
}

static unsigned port(void)
{
	return (unsigned)sim_adapter_find(x.c, "nic");
}

static unsigned in_effect(void)
{
	return ct(&x, "nic", CT_MODES) >> 8 & 0xff;
}

static uint64_t counts(unsigned vfs, unsigned vhs)
{
	return 1 | (uint64_t)vfs << 16 | (uint64_t)vhs << 32 |
	       (uint64_t)MR_CLASS_ETHERNET << 48;
}

static void reset(void)
{
	ck_assert_uint_eq(sw_w(&x, SW_PORT(port()) + PORT_RESET, 1), MR_BATCH_OK);
}

static void give(unsigned vf)
{
	ck_assert_uint_eq(ct_w(&x, "nic", CT_VH(1) + VH_MAP, 1 | 1 << 16), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_VF(4, 0, vf) + VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(
		ct_w(&x, "nic", CT_VF(4, 0, vf) + VF_COMMAND, MR_VFC_MIGRATE_IN | 1 << 16),
		MR_BATCH_OK);
}

START_TEST(what_there_is)
{
	char name[8];

	ck_assert_uint_eq(ct(&x, "nic", CT_MODES), 2);
	for (unsigned i = 0; i < 8; i++)
		name[i] = (char)(ct(&x, "nic", CT_MODE_ROW(0) + MODE_NAME) >> 8 * i);
	ck_assert_str_eq(name, "narrow");
	ck_assert_uint_eq(ct(&x, "nic", CT_MODE_ROW(1) + MODE_COUNTS), 16 | 9 << 16);
	ck_assert_uint_eq(ct(&x, "nic", CT_MODE_ROW(2) + MODE_COUNTS), 0);
	ck_assert_uint_eq(ct(&x, "nic", CT_COUNTS), counts(4, 3));
	ck_assert_uint_eq(ct_w(&x, "nic", CT_MODE, 2), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ct(&x, "nic", CT_MODE), 0);
}
END_TEST

START_TEST(takes_effect_at_a_reset)
{
	uint64_t next = sw(&x, SW_PORT(port() + 1) + PORT_VH0_RID);

	fx_provision(&x, "nic", 1, 4);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_VF(4, 0, 3) + VF_COOKIE, 77), MR_BATCH_OK);
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_VF(4, 0, 2) + VF_COOKIE, 78), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_MODE, 1), MR_BATCH_OK);
	ck_assert_uint_eq(ct(&x, "nic", CT_COUNTS), counts(4, 3));
	reset();
	ck_assert_uint_eq(in_effect(), 1);
	ck_assert_uint_eq(ct(&x, "nic", CT_COUNTS), counts(16, 9));
	ck_assert_uint_eq(ct(&x, "nic", CT_PF(1, 0, 0) + PFR_STATUS) >> 16 & 0xffff, 0);
	for (unsigned v = 0; v < 16; v++)
		ck_assert_uint_eq(ct(&x, "nic", CT_VF(16, 0, v) + VF_COOKIE), 0);
	ck_assert_uint_eq(sw(&x, SW_PORT(port() + 1) + PORT_VH0_RID), next);
	fx_provision(&x, "nic", 1, 16);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_VF(16, 0, 15) + VF_COOKIE, 5), MR_BATCH_OK);
	ck_assert_uint_eq(sw_w(&x, SW_COMMIT, 1), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_MODE, 0), MR_BATCH_OK);
	reset();
	ck_assert_uint_eq(ct(&x, "nic", CT_COUNTS), counts(4, 3));
	ck_assert_uint_eq(ct(&x, "nic", CT_VF(4, 0, 3) + VF_COOKIE), 0);
	fx_provision(&x, "nic", 1, 4);
}
END_TEST

/* Not under anybody: the shape stays until a reset that finds nobody there. */
START_TEST(not_while_it_is_used)
{
	fx_provision(&x, "nic", 1, 4);
	give(1);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_MODE, 1), MR_BATCH_OK);
	reset();
	ck_assert_uint_eq(in_effect(), 0);
	ck_assert_uint_eq(ct(&x, "nic", CT_VF(4, 0, 1) + VF_MAP) & 0xffff, 1);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_VF(4, 0, 1) + VF_COMMAND, MR_VFC_FORCE_OUT),
			  MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_VF(4, 0, 1) + VF_COMMAND, MR_VFC_RETURN),
			  MR_BATCH_OK);
	reset();
	ck_assert_uint_eq(in_effect(), 1);
}
END_TEST

/* The device remembers its mode, over a power cycle and in a saved chassis. */
START_TEST(is_remembered)
{
	struct sim_chassis *again = NULL;
	struct mr_buf saved = {0};
	struct mr_err err = {0};

	ck_assert_uint_eq(ct_w(&x, "nic", CT_MODE, 1), MR_BATCH_OK);
	sim_chassis_power_cycle(x.c, x.now, MR_NVM_GOOD);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	ck_assert_uint_eq(in_effect(), 1);
	ck_assert_uint_eq(ct_w(&x, "nic", CT_MODE, 0), MR_BATCH_OK);
	reset();
	ck_assert_uint_eq(ct_w(&x, "nic", CT_MODE, 1), MR_BATCH_OK);
	sim_chassis_save(x.c, x.now, &saved);
	ck_assert_msg(!sim_chassis_restore(saved.data, saved.len, x.now, &again, &err), "%s",
		      err.text);
	mr_buf_done(&saved);
	sim_chassis_free(x.c);
	x.c = again;
	reset(); /* the saved tables had room for it */
	ck_assert_uint_eq(ct(&x, "nic", CT_COUNTS), counts(16, 9));
	fx_provision(&x, "nic", 1, 16);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim_model.conform_modes");
	TCase *t = tcase_create("modes");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, what_there_is);
	tcase_add_test(t, takes_effect_at_a_reset);
	tcase_add_test(t, not_while_it_is_used);
	tcase_add_test(t, is_remembered);
	suite_add_tcase(s, t);
	return check_run(s);
}
