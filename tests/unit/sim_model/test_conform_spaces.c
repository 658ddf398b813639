// SPDX-License-Identifier: Apache-2.0
/*
 * Configuration spaces of a multi-root device are a resource of their own (facts/mriov.md 1.6;
 * docs/register-map.md, CT_SPACES): BF, PFs and VFs of all hierarchies together.
 */
#include "tests/unit/sim_model/fx_edit.h"

static struct fx x;

static uint64_t spaces(void)
{
	return ct(&x, "old", CT_SPACES);
}

/* 25 of them for BF, PF, 17 VFs and a PF for each of 16 hosts: they do not all fit. */
START_TEST(configuration_spaces)
{
	struct mr_buf text = {0};
	uint16_t rid;

	mr_buf_puts(&text, "apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c}\n"
			   "spec:\n  serial: C\n  switch: {ports: 20}\n  hosts:\n");
	for (unsigned h = 1; h <= 16; h++)
		mr_buf_printf(&text, "    - {slot: %u, name: h%u}\n", h, h);
	mr_buf_puts(&text,
		    "  adapters:\n    - {slot: 1, name: old, model: x3100-mr17, serial: X}\n");
	mr_buf_putc(&text, 0);
	x = fx_new_text(text.data);
	mr_buf_done(&text);
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
	rid = (uint16_t)(sw(&x, SW_PORT(17) + PORT_VH0_RID) + 1);

	ck_assert_uint_eq(spaces(), 25 | 2 << 16); /* BF and PF 0:0 */
	fx_provision(&x, "old", 1, 17);
	ck_assert_uint_eq(spaces(), 25 | 19 << 16);
	for (unsigned d = 1; d <= 6; d++)
		ck_assert_uint_eq(ct_w(&x, "old", CT_VH(d) + VH_MAP, 1 | d << 16), MR_BATCH_OK);
	ck_assert_uint_eq(spaces(), 25 | 25 << 16);
	ck_assert_uint_eq(ct_w(&x, "old", CT_VH(7) + VH_MAP, 1 | 7 << 16), MR_BATCH_REFUSED);
	ck_assert_uint_eq(ct_w(&x, "old", CT_VH(6) + VH_MAP, 0), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(&x, "old", CT_VH(7) + VH_MAP, 1 | 7 << 16), MR_BATCH_OK);

	/* With fewer VFs every VH gets its PF: 1 + 1 + 7 + 16. */
	fx_write(&x, MR_SPACE_CONFIG, 0, rid, 0x180 + 8, 2, 0x10);
	fx_write(&x, MR_SPACE_CONFIG, 0, rid, 0x180 + 0x10, 2, 7);
	for (unsigned d = 1; d <= 16; d++)
		ck_assert_uint_eq(ct_w(&x, "old", CT_VH(d) + VH_MAP, 1 | d << 16), MR_BATCH_OK);
	ck_assert_uint_eq(spaces(), 25 | 25 << 16);
	fx_write(&x, MR_SPACE_CONFIG, 0, rid, 0x180 + 0x10, 2, 17);
	ck_assert_uint_eq(cfg0(&x, rid, 0x180 + 0x10, 2), 7); /* more VFs have none */
	fx_free(&x);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("sim_model.conform_spaces");
	TCase *t = tcase_create("spaces");

	tcase_add_test(t, configuration_spaces);
	suite_add_tcase(s, t);
	return check_run(s);
}
