// SPDX-License-Identifier: Apache-2.0
/*
 * Addresses and identity values: texts, the rules of values, order.
 */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

static const struct {
	const char *text;
	int want;
	uint16_t rid;
} bdfs[] = {
	{"0000:02:03.1", 0, 0x0219},
	{"02:03.1", 0, 0x0219},
	{"00:00.0", 0, 0},
	{"ff:1f.7", 0, 0xffff},
	{"FF:1F.7", 0, 0xffff},
	{"02:20.0", -EINVAL, 0},
	{"02:1f.8", -EINVAL, 0},
	{"0001:02:03.1", -EINVAL, 0},
	{"0000:0000:02:03.1", -EINVAL, 0},
	{"2:3.1", -EINVAL, 0},
	{"02:03.10", -EINVAL, 0},
	{"02:03", -EINVAL, 0},
	{"02:03.", -EINVAL, 0},
	{"0g:03.1", -EINVAL, 0},
	{" 02:03.1", -EINVAL, 0},
	{"", -EINVAL, 0},
	{NULL, -EINVAL, 0},
};

START_TEST(test_bdf)
{
	struct mr_err err = {0};
	uint16_t rid = 0x1234;

	ck_assert_int_eq(mr_bdf_parse(bdfs[_i].text, &rid, &err), bdfs[_i].want);
	ck_assert_uint_eq(rid, bdfs[_i].want ? 0x1234 : bdfs[_i].rid);
	if (bdfs[_i].want)
		ck_assert(mr_starts(err.text, "expected a PCI address such as"));
}
END_TEST

START_TEST(test_every_bdf)
{
	char buf[MR_BDF_TEXT];
	uint16_t got;

	for (unsigned rid = 0; rid <= 0xffff; rid++) {
		ck_assert(!mr_bdf_parse(mr_bdf_text((uint16_t)rid, buf), &got, NULL) &&
			  got == rid);
		ck_assert(mr_rid(MR_RID_BUS(rid), MR_RID_DEV(rid), MR_RID_FN(rid)) == rid);
	}
	ck_assert_str_eq(mr_bdf_text(0x0219, buf), "0000:02:03.1");
}
END_TEST

static const struct {
	enum mr_ident_type type;
	const char *text;
	const char *back; /* NULL: refused */
	uint64_t hi, lo;
} idents[] = {
	{MR_IDENT_MAC, "02:00:00:00:00:01", "02:00:00:00:00:01", 0, UINT64_C(0x020000000001)},
	{MR_IDENT_MAC, "FE:ff:ff:FF:ff:ff", "fe:ff:ff:ff:ff:ff", 0, UINT64_C(0xfeffffffffff)},
	{MR_IDENT_MAC, "00:00:00:00:00:01", "00:00:00:00:00:01", 0, 1},
	{MR_IDENT_MAC, "00:00:00:00:00:00", NULL, 0, 0},
	{MR_IDENT_MAC, "01:00:5e:00:00:01", NULL, 0, 0},
	{MR_IDENT_MAC, "ff:ff:ff:ff:ff:ff", NULL, 0, 0},
	{MR_IDENT_MAC, "02:00:00:00:00", NULL, 0, 0},
	{MR_IDENT_MAC, "02:00:00:00:00:01:02", NULL, 0, 0},
	{MR_IDENT_MAC, "2:0:0:0:0:1", NULL, 0, 0},
	{MR_IDENT_MAC, "02-00-00-00-00-01", NULL, 0, 0},
	{MR_IDENT_MAC, "020000000001", NULL, 0, 0},
	{MR_IDENT_MAC, "02:00:00:00:00:0g", NULL, 0, 0},
	{MR_IDENT_MAC, "", NULL, 0, 0},
	{MR_IDENT_MAC, NULL, NULL, 0, 0},
	{MR_IDENT_WWPN, "20:00:00:00:c9:00:00:01", "20:00:00:00:c9:00:00:01", 0,
	 UINT64_C(0x20000000c9000001)},
	{MR_IDENT_WWPN, "10:00:00:00:c9:00:00:01", "10:00:00:00:c9:00:00:01", 0,
	 UINT64_C(0x10000000c9000001)},
	{MR_IDENT_WWNN, "50:06:01:60:00:00:00:01", "50:06:01:60:00:00:00:01", 0,
	 UINT64_C(0x5006016000000001)},
	{MR_IDENT_WWNN, "60:06:01:60:00:00:00:01", NULL, 0, 0},
	{MR_IDENT_WWPN, "30:00:00:00:c9:00:00:01", NULL, 0, 0},
	{MR_IDENT_WWPN, "00:00:00:00:00:00:00:00", NULL, 0, 0},
	{MR_IDENT_WWPN, "20:00:00:00:c9:01", NULL, 0, 0},
	{MR_IDENT_GUID, "00:02:c9:03:00:00:00:01", "00:02:c9:03:00:00:00:01", 0,
	 UINT64_C(0x0002c90300000001)},
	{MR_IDENT_GUID, "ff:ff:ff:ff:ff:ff:ff:ff", "ff:ff:ff:ff:ff:ff:ff:ff", 0, UINT64_MAX},
	{MR_IDENT_GUID, "00:00:00:00:00:00:00:00", NULL, 0, 0},
	{MR_IDENT_UUID, "123E4567-e89b-12d3-a456-426614174000",
	 "123e4567-e89b-12d3-a456-426614174000", UINT64_C(0x123e4567e89b12d3),
	 UINT64_C(0xa456426614174000)},
	{MR_IDENT_UUID, "123e4567e89b12d3a456426614174000", NULL, 0, 0},
	{MR_IDENT_UUID, "123e4567-e89b-12d3-a456-4266141740001", NULL, 0, 0},
	{MR_IDENT_VLAN, "1", "1", 0, 1},
	{MR_IDENT_VLAN, "4094", "4094", 0, 4094},
	{MR_IDENT_VLAN, "0", NULL, 0, 0},
	{MR_IDENT_VLAN, "4095", NULL, 0, 0},
	{MR_IDENT_VLAN, "65537", NULL, 0, 0},
	{MR_IDENT_VLAN, "0x10", NULL, 0, 0},
	{MR_IDENT_VLAN, "-1", NULL, 0, 0},
	{MR_IDENT_COUNT, "1", NULL, 0, 0},
};

START_TEST(test_idents)
{
	struct mr_ident id = {MR_IDENT_VLAN, 5, 6};
	struct mr_err err = {0};
	char buf[MR_IDENT_TEXT];
	int r = mr_ident_parse(idents[_i].type, idents[_i].text, &id, &err);

	if (!idents[_i].back) {
		ck_assert_int_eq(r, -EINVAL);
		ck_assert_uint_eq(id.hi, 5);
		ck_assert_uint_ne(strlen(err.text), 0);
		return;
	}
	ck_assert_msg(r == 0, "%s is refused: %s", idents[_i].text, err.text);
	ck_assert_int_eq(id.type, idents[_i].type);
	ck_assert_uint_eq(id.hi, idents[_i].hi);
	ck_assert_uint_eq(id.lo, idents[_i].lo);
	ck_assert_str_eq(mr_ident_text(&id, buf), idents[_i].back);
}
END_TEST

START_TEST(test_order)
{
	static const struct mr_ident sorted[] = {
		{MR_IDENT_MAC, 0, 1},  {MR_IDENT_MAC, 0, 2},  {MR_IDENT_WWPN, 0, 1},
		{MR_IDENT_UUID, 0, 9}, {MR_IDENT_UUID, 1, 0}, {MR_IDENT_VLAN, 0, 1},
	};

	for (int a = 0; a < (int)MR_ARRAY_SIZE(sorted); a++) {
		for (int b = 0; b < (int)MR_ARRAY_SIZE(sorted); b++)
			ck_assert_int_eq(mr_ident_cmp(&sorted[a], &sorted[b]),
					 (a > b) - (a < b));
	}
}
END_TEST

START_TEST(test_type_names)
{
	for (int t = 0; t < MR_IDENT_COUNT; t++)
		ck_assert_int_eq(mr_ident_type_parse(mr_ident_type_name((enum mr_ident_type)t)),
				 t);
	ck_assert_str_eq(mr_ident_type_name(MR_IDENT_WWNN), "wwnn");
	ck_assert_str_eq(mr_ident_type_name(MR_IDENT_COUNT), "?");
	ck_assert_int_eq(mr_ident_type_parse("MAC"), -1);
	ck_assert_int_eq(mr_ident_type_parse(NULL), -1);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ids");
	TCase *t = tcase_create("ids");

	tcase_add_loop_test(t, test_bdf, 0, MR_ARRAY_SIZE(bdfs));
	tcase_add_test(t, test_every_bdf);
	tcase_add_loop_test(t, test_idents, 0, MR_ARRAY_SIZE(idents));
	tcase_add_test(t, test_order);
	tcase_add_test(t, test_type_names);
	suite_add_tcase(s, t);
	return check_run(s);
}
