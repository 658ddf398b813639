/* SPDX-License-Identifier: Apache-2.0 */
/* uevents in both formats and the VS identity, whole, cut, and as random bytes. */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/core.h"
#include "agent/uevent.h"
#include "agent/vsid.h"
#include "common/rng.h"
#include "tests/unit/ag/tree.h"
#include "tests/unit/check_main.h"

static const char kernel[] = "change@/devices/pci0000:00/0000:03:00.0\0"
			     "ACTION=change\0"
			     "DEVPATH=/devices/pci0000:00/0000:03:00.0\0"
			     "SUBSYSTEM=pci\0"
			     "VF_MIGRATION=1\0"
			     "PCI_SLOT_NAME=0000:03:00.0\0"
			     "SEQNUM=1234";

static const char keys[] = "ACTION=add\0DEVPATH=/devices/x/net/eth0\0SUBSYSTEM=net\0SEQNUM=7";

/* libudev's frame around the keys; its length. */
static size_t udev(uint8_t *out)
{
	memset(out, 0, 40);
	memcpy(out, "libudev", 8);
	memcpy(out + 8, "\xfe\xed\xca\xfe", 4);
	put32(out + 12, 40);
	put32(out + 16, 40);
	put32(out + 20, sizeof(keys));
	memcpy(out + 40, keys, sizeof(keys));
	return 40 + sizeof(keys);
}

START_TEST(test_kernel_format)
{
	struct ag_uevent e;

	ck_assert(ag_uevent_parse(kernel, sizeof(kernel), &e));
	ck_assert_str_eq(e.action, "change");
	ck_assert_str_eq(e.subsystem, "pci");
	ck_assert_str_eq(e.devpath, "/devices/pci0000:00/0000:03:00.0");
	ck_assert_uint_eq(e.seqnum, 1234);
	ck_assert(e.vf_migration);
	ck_assert(ag_uevent_matters(&e));
}
END_TEST

START_TEST(test_udev_format)
{
	struct ag_uevent e;
	uint8_t msg[256];
	size_t len = udev(msg);

	ck_assert(ag_uevent_parse((char *)msg, len, &e));
	ck_assert_str_eq(e.action, "add");
	ck_assert_str_eq(e.subsystem, "net");
	ck_assert_uint_eq(e.seqnum, 7);
	ck_assert(!e.vf_migration);
	msg[8] = 0;
	ck_assert(!ag_uevent_parse((char *)msg, len, &e));
	udev(msg);
	put32(msg + 16, 4000);
	ck_assert(!ag_uevent_parse((char *)msg, len, &e));
	udev(msg);
	put32(msg + 20, 4000);
	ck_assert(!ag_uevent_parse((char *)msg, len, &e));
}
END_TEST

START_TEST(test_what_is_none)
{
	struct ag_uevent e;

	ck_assert(!ag_uevent_parse("", 0, &e));
	ck_assert(!ag_uevent_parse("\0\0\0", 3, &e));
	ck_assert(!ag_uevent_parse("add@/x", 6, &e));
	ck_assert(!ag_uevent_parse("add@/x\0ACTION=add\0", 18, &e));
	ck_assert(!ag_uevent_parse("hello\0ACTION=add\0SUBSYSTEM=pci\0", 31, &e));
	ck_assert(ag_uevent_parse("add@/x\0ACTION=add\0SUBSYSTEM=usb\0", 32, &e));
	ck_assert(!ag_uevent_matters(&e));
}
END_TEST

START_TEST(test_random_uevents)
{
	struct mr_rng rng;
	unsigned parsed = 0;

	mr_rng_init(&rng, 3);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t msg[256];
		size_t len = sizeof(kernel);
		struct ag_uevent e;
		char *exact;

		if (i % 2)
			len = udev(msg);
		else
			memcpy(msg, kernel, len);
		for (unsigned n = (unsigned)mr_rng_below(&rng, 6); n; n--)
			msg[mr_rng_below(&rng, len)] = (uint8_t)mr_rng_next(&rng);
		if (mr_rng_chance(&rng, 30))
			len = (size_t)mr_rng_below(&rng, len + 1);
		exact = malloc(len + 1); /* so that a sanitizer sees a byte too far */
		memcpy(exact, msg, len);
		exact = realloc(exact, len ? len : 1);
		if (ag_uevent_parse(exact, len, &e)) {
			parsed++;
			ck_assert_uint_lt(strlen(e.action), sizeof(e.action));
			ck_assert_uint_lt(strlen(e.subsystem), sizeof(e.subsystem));
		}
		free(exact);
	}
	ck_assert_uint_gt(parsed, 1000);
}
END_TEST

START_TEST(test_identity)
{
	static uint8_t config[4096];
	struct ag_root r = {0};

	tree_identity(config, 9);
	ck_assert(ag_vsid_parse(config, sizeof(config), &r));
	ck_assert_uint_eq(r.port, 9);
	ck_assert_uint_eq(r.vs, 7);
	ck_assert_str_eq(r.serial, "C1-0001");
	for (size_t len = 0; len < 0x148 + VSID_LENGTH; len++)
		ck_assert(!ag_vsid_parse(config, len, &r));
	ck_assert(ag_vsid_parse(config, 0x148 + VSID_LENGTH, &r));
	memset(config, 0xff, sizeof(config));
	ck_assert(!ag_vsid_parse(config, sizeof(config), &r));
	memset(config, 0, sizeof(config));
	put32(config + 0x100, 0x10010001); /* a capability that is its own next */
	ck_assert(!ag_vsid_parse(config, sizeof(config), &r));
}
END_TEST

START_TEST(test_another_identity_is_not_ours)
{
	static const struct {
		unsigned at;
		uint32_t v;
	} t[] = {{0, 0x00010024},
		 {4, 0x1234 | VSID_LENGTH << 20},
		 {4, MR_DVSEC_VENDOR | (VSID_LENGTH - 4) << 20},
		 {8, MR_DVSEC_CONTROL}};
	static uint8_t config[4096];
	struct ag_root r;

	tree_identity(config, 9);
	put32(config + 0x148 + t[_i].at, t[_i].v);
	ck_assert(!ag_vsid_parse(config, sizeof(config), &r));
}
END_TEST

START_TEST(test_random_configs)
{
	static uint8_t config[4096];
	struct mr_rng rng;
	struct ag_root r;

	mr_rng_init(&rng, 5);
	for (unsigned i = 0; i < 20000; i++) {
		tree_identity(config, 9);
		for (unsigned n = (unsigned)mr_rng_below(&rng, 8); n; n--)
			config[0x100 + mr_rng_below(&rng, 0x100)] = (uint8_t)mr_rng_next(&rng);
		if (ag_vsid_parse(config, (size_t)mr_rng_below(&rng, sizeof(config) + 1), &r))
			ck_assert_uint_lt(strlen(r.serial), sizeof(r.serial));
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ag_parse");
	TCase *t = tcase_create("parse");

	tcase_add_test(t, test_kernel_format);
	tcase_add_test(t, test_udev_format);
	tcase_add_test(t, test_what_is_none);
	tcase_add_test(t, test_random_uevents);
	tcase_add_test(t, test_identity);
	tcase_add_loop_test(t, test_another_identity_is_not_ours, 0, 4);
	tcase_add_test(t, test_random_configs);
	suite_add_tcase(s, t);
	return check_run(s);
}
