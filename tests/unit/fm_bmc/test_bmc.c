// SPDX-License-Identifier: Apache-2.0
/* Addresses, answers of Redfish services, and the file of credentials. */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/bmc/answer.h"
#include "fabric-manager/bmc/users.h"
#include "tests/unit/check_main.h"

static const struct {
	const char *text, *host, *system; /* host NULL: refused */
} addresses[] = {
	{"bmc07", "bmc07:443", ""},
	{"BMC07.example.net:8443", "bmc07.example.net:8443", ""},
	{"https://10.0.0.7", "10.0.0.7:443", ""},
	{"https://[fe80::7]:444/redfish/v1/Systems/System.Embedded.1", "[fe80::7]:444",
	 "System.Embedded.1"},
	{"", NULL, NULL},
	{"https://", NULL, NULL},
	{"http://bmc07", NULL, NULL},
	{"https://bmc07/", NULL, NULL},
	{"bmc07/redfish/v1/Systems/1", NULL, NULL},
	{"https://bmc07/redfish/v1/Systems/", NULL, NULL},
	{"https://bmc07/redfish/v1/Systems/1/Bios", NULL, NULL},
	{"https://u:p@bmc07", NULL, NULL},
	{"bmc07:0", NULL, NULL},
	{"bmc07:", NULL, NULL},
	{"bmc07:65536", NULL, NULL},
	{"[fe80::7", NULL, NULL},
	{"bmc 07", NULL, NULL},
};

START_TEST(test_address)
{
	struct fm_bmc_address a = {.host = "untouched"};
	const char *host = addresses[_i].host;

	ck_assert_int_eq(fm_bmc_parse(addresses[_i].text, &a), host != NULL);
	ck_assert_str_eq(a.host, host ? host : "untouched");
	if (host)
		ck_assert_str_eq(a.system, addresses[_i].system);
}
END_TEST

#define MEMBER(id) "{\"@odata.id\": \"/redfish/v1/Systems/" id "\"}"
static const struct {
	const char *json, *id, *err;
} collections[] = {
	{"{\"Members\": [" MEMBER("437XR") "], \"Members@odata.count\": 1}", "437XR", NULL},
	{"{\"Members\": [" MEMBER("1") ", " MEMBER("2") "]}", NULL,
	 "has 2 members: 1, 2: power.bmc has to name one"},
	{"{\"Members\": []}", NULL, "has 0 members: power.bmc"},
	{"{}", NULL, "has 0 members"},
	{"[]", NULL, "has 0 members"},
	{"{\"Members\": [{\"@odata.id\": \"/redfish/v1/Chassis/1\"}]}", NULL,
	 "a member without an @odata.id of a system"},
	{"{\"Members\": [{\"@odata.id\": 7}]}", NULL, "a member without"},
	{"{\"Members\": [" MEMBER("1/../../x") "]}", NULL, "a member without"},
	{"<html>", NULL, "no JSON: line 1"},
	{"", NULL, "no JSON"},
};

START_TEST(test_member)
{
	const char *json = collections[_i].json;
	struct mr_err err = {0};
	char id[64] = "untouched";
	int rc = fm_bmc_member(json, strlen(json), id, sizeof(id), &err);

	ck_assert_int_eq(rc == 0, collections[_i].id != NULL);
	ck_assert_str_eq(id, collections[_i].id ? collections[_i].id : "untouched");
	if (rc)
		ck_assert_msg(strstr(err.text, collections[_i].err) != NULL, "%s", err.text);
}
END_TEST

static const struct {
	const char *json;
	enum fm_power power;
	const char *err;
} systems[] = {
	{"{\"PowerState\": \"Off\"}", FM_POWER_OFF, NULL},
	{"{\"PowerState\": \"On\"}", FM_POWER_ON, NULL},
	{"{\"PowerState\": \"PoweringOff\"}", FM_POWER_ON, NULL},
	{"{\"PowerState\": \"off\"}", FM_POWER_UNKNOWN,
	 "PowerState is off, expected On or Off"},
	{"{\"PowerState\": null}", FM_POWER_UNKNOWN, "PowerState is not there"},
	{"{}", FM_POWER_UNKNOWN, "PowerState is not there"},
	{"\"Off\"", FM_POWER_UNKNOWN, "no JSON"},
	{"{\"PowerState\": \"Off\"", FM_POWER_UNKNOWN, "no JSON"},
};

START_TEST(test_power)
{
	const char *json = systems[_i].json;
	struct mr_err err = {0};
	enum fm_power power = FM_POWER_OFF;
	int rc = fm_bmc_power(json, strlen(json), &power, &err);

	ck_assert_int_eq(power, systems[_i].power);
	ck_assert_int_eq(rc == 0, systems[_i].err == NULL);
	if (rc)
		ck_assert_msg(strstr(err.text, systems[_i].err) != NULL, "%s", err.text);
}
END_TEST

START_TEST(test_message)
{
	static const char json[] = "{\"error\": {\"code\": \"x\", \"message\": \"No power\"}}";
	char text[128];

	fm_bmc_message(json, strlen(json), text, sizeof(text));
	ck_assert_str_eq(text, "No power");
	fm_bmc_message("nonsense", 8, text, sizeof(text));
	ck_assert_str_eq(text, "");
}
END_TEST

static const struct {
	const char *text;
	mode_t mode;
	const char *host, *user, *password; /* user NULL: none for the host */
	const char *err;		    /* after the file's name */
} files[] = {
	{"# all\n\nblade01 root:a:b c\ndefault admin:x\n", 0600, "blade01", "root", "a:b c",
	 NULL},
	{"blade01 root:a\r\ndefault admin:x", 0400, "blade02", "admin", "x", NULL},
	{"blade01 root:\n", 0600, "blade01", "root", "", NULL},
	{"blade01 root:a\n", 0600, "blade02", NULL, NULL, NULL},
	{"", 0600, "blade02", NULL, NULL, NULL},
	{"default root:secret\n", 0640, NULL, NULL, NULL, "mode 0640, expected 0600"},
	{"default root:secret\n", 0604, NULL, NULL, NULL, "mode 0604, expected 0600"},
	{"default root:a\nblade01 secret\n", 0600, NULL, NULL, NULL,
	 "expected HOST USER:PASSWORD or default USER:PASSWORD"},
	{"secret:word\n", 0600, NULL, NULL, NULL, "expected HOST USER:PASSWORD"},
	{"default :secret\n", 0600, NULL, NULL, NULL, "expected HOST USER:PASSWORD"},
	{"blade01 root:a\nblade01 root:secret\n", 0600, NULL, NULL, NULL,
	 "a second line for 'blade01'"},
};

START_TEST(test_users)
{
	char path[] = "/tmp/banyan-users-XXXXXX";
	int fd = mkstemp(path);
	struct fm_bmc_users *u;
	const char *user, *password;
	struct mr_err err = {0};
	char text[512];
	int rc;

	ck_assert_int_eq(dprintf(fd, "%s", files[_i].text), (int)strlen(files[_i].text));
	ck_assert_int_eq(fchmod(fd, files[_i].mode), 0);
	close(fd);
	rc = fm_bmc_users_read(path, &u, &err);
	unlink(path);
	ck_assert_int_eq(rc != 0, files[_i].err != NULL);
	if (rc) {
		mr_err_format(&err, text, sizeof(text));
		ck_assert_msg(strstr(text, files[_i].err) && strstr(text, path), "%s", text);
		ck_assert_ptr_null(strstr(text, "secret"));
		return;
	}
	ck_assert_int_eq(fm_bmc_user(u, files[_i].host, &user, &password),
			 files[_i].user != NULL);
	if (files[_i].user) {
		ck_assert_str_eq(user, files[_i].user);
		ck_assert_str_eq(password, files[_i].password);
	}
	fm_bmc_users_free(u);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("bmc");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, test_address, 0, MR_ARRAY_SIZE(addresses));
	tcase_add_loop_test(t, test_member, 0, MR_ARRAY_SIZE(collections));
	tcase_add_loop_test(t, test_power, 0, MR_ARRAY_SIZE(systems));
	tcase_add_test(t, test_message);
	tcase_add_loop_test(t, test_users, 0, MR_ARRAY_SIZE(files));
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
