// SPDX-License-Identifier: Apache-2.0
/* Filter rules: words to rows and back, and what is no rule. */
#include <check.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "fabric-manager/model/acl.h"
#include "fabric-manager/model/drift.h"
#include "fabric-manager/model/ids.h"
#include "tests/unit/check_main.h"

#define MAC 0x0225b5000001ull

static const struct {
	const char *match;
	uint64_t row;
	const char *text; /* NULL = as 'match' */
} rules[] = {
	{"any", MR_ACL_THERE, NULL},
	{"vlan 4094", MR_ACL_ROW(MR_ACL_ANY, 4094, 0), NULL},
	{"src 02:25:b5:00:00:01", MR_ACL_ROW(MR_ACL_SRC, 0, MAC), NULL},
	{"vlan 1 dst 02:25:b5:00:00:01", MR_ACL_ROW(MR_ACL_DST, 1, MAC), NULL},
	{"ethertype 0x0806", MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, 0x806), NULL},
	{"  vlan 5  ethertype 0xFFFF ", MR_ACL_ROW(MR_ACL_ETHERTYPE, 5, 0xffff),
	 "vlan 5 ethertype 0xffff"},
};

START_TEST(rule)
{
	struct fm_attrs a = {.ident0 = 0};
	struct mr_buf text = {0}, want = {0};

	ck_assert_int_eq(fm_acl_parse(rules[_i].match, &a.acl[0], NULL), 0);
	ck_assert_uint_eq(a.acl[0], rules[_i].row);
	a.acl[1] = a.acl[0] | MR_ACL_DENY;
	ck_assert_uint_eq(fm_acl_rules(&a), 2);
	fm_acl_text(&a, &text);
	mr_buf_printf(&want, "allow %s, deny %s",
		      rules[_i].text ? rules[_i].text : rules[_i].match,
		      rules[_i].text ? rules[_i].text : rules[_i].match);
	ck_assert_str_eq(mr_buf_text(&text), mr_buf_text(&want));
	mr_buf_done(&text);
	mr_buf_done(&want);
}
END_TEST

static const struct {
	const char *match, *says;
} none[] = {
	{"tcp", "expected 'any' or '[vlan N] [src MAC | dst MAC | ethertype 0xHHHH]', got "
		"'tcp'"},
	{" ", "expected 'any' or"},
	{"any vlan 5", "expected 'any' or"},
	{"vlan", "expected 'any' or"},
	{"vlan 5 any", "expected 'any' or"},
	{"src 02:25:b5:00:00:01 vlan 5", "expected 'any' or"},
	{"vlan 5 src 02:25:b5:00:00:01 dst 02:25:b5:00:00:02", "expected 'any' or"},
	{"vlan 0", "VLAN"},
	{"vlan 4095", "VLAN"},
	{"src 02:25:b5", "MAC"},
	{"dst ff:ff:ff:ff:ff:ff", "MAC"},
	{"ethertype 0x05ff", "expected an ethertype from 0x0600 to 0xffff"},
	{"ethertype ip", "expected a whole number"},
};

START_TEST(no_rule)
{
	struct mr_err err = {0};
	uint64_t row = 7;

	ck_assert_int_lt(fm_acl_parse(none[_i].match, &row, &err), 0);
	ck_assert_msg(strstr(err.text, none[_i].says) != NULL, "%s", err.text);
	ck_assert_uint_eq(row, 7);
}
END_TEST

/* Rules that somebody else wrote are drift, in words that fit. */
START_TEST(drift)
{
	struct fm_attrs reads = {.device_class = MR_CLASS_ETHERNET}, wants = reads;
	char text[FM_DRIFT_TEXT];

	for (unsigned i = 0; i < MR_VF_ACL_ROWS; i++)
		wants.acl[i] = MR_ACL_ROW(MR_ACL_SRC, 4094, MAC);
	ck_assert_uint_eq(fm_attrs_drift(&reads, &wants), 1u << FM_DRIFT_ACL);
	ck_assert(!fm_attrs_eq(&reads, &wants));
	fm_attrs_drift_text(&reads, FM_DRIFT_ACL, text, sizeof(text));
	ck_assert_str_eq(text, "none");
	fm_attrs_drift_text(&wants, FM_DRIFT_ACL, text, sizeof(text));
	ck_assert_str_eq(text + strlen(text) - 24, "94 src 02:25:b5:00:00:01");
	reads = wants;
	reads.acl[0] = 0;
	reads.acl[2] = 1; /* no rule is there */
	fm_attrs_drift_text(&reads, FM_DRIFT_ACL, text, sizeof(text));
	ck_assert_str_eq(text, "allow vlan 4094 src 02:25:b5:00:00:01, allow nothing, "
			       "allow vlan 4094 src 02:25:b5:00:00:01");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("acl");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, rule, 0, sizeof(rules) / sizeof(rules[0]));
	tcase_add_loop_test(t, no_rule, 0, sizeof(none) / sizeof(none[0]));
	tcase_add_test(t, drift);
	suite_add_tcase(s, t);
	return check_run(s);
}
