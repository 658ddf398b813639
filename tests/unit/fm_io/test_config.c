/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The manager's configuration: the documented shape is read, everything else is refused with
 * its place.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/os/log.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/io/config.h"
#include "tests/unit/check_main.h"

static const char good[] =
	"store: {sqlite: /var/lib/banyan/manager.db}\n"
	"control: {unix: /run/banyan/manager.sock}\n"
	"agents: {unix: /run/banyan/agents.sock, tcp: \"[::]:7461\"}\n"
	"chassis: [{name: c1, driver: mrpcim, address: \"unix:/run/banyan/c1.sock\"}]\n"
	"log: {level: warn, format: json}\n";

START_TEST(test_good)
{
	struct fm_config c;
	struct mr_diags d = {0};

	ck_assert_int_eq(fm_config_read("m.yaml", good, strlen(good), &c, &d), 0);
	ck_assert_str_eq(c.store, "/var/lib/banyan/manager.db");
	ck_assert_str_eq(c.control, "unix:/run/banyan/manager.sock");
	ck_assert_str_eq(c.agents_unix, "unix:/run/banyan/agents.sock");
	ck_assert_str_eq(c.agents_tcp, "tcp:[::]:7461");
	ck_assert_uint_eq(c.n_chassis, 1);
	ck_assert_str_eq(c.chassis[0].name, "c1");
	ck_assert_str_eq(c.chassis[0].address, "unix:/run/banyan/c1.sock");
	ck_assert_int_eq(c.log_level, MR_LOG_WARN);
	ck_assert(c.log_json);
	mr_diags_done(&d);
}
END_TEST

#define REST "store: {sqlite: s}\ncontrol: {unix: c}\n"
#define BOX  "chassis: [{name: c1, address: unix:a}]\n"
static const struct {
	const char *text, *expect;
} bad[] = {
	{"", "m.yaml:1:1: expected one document, found 0"},
	{"[]", "m.yaml:1:1: expected a map"},
	{REST, "m.yaml:1:1: key 'chassis' is missing"},
	{REST BOX "stor: x\n", "m.yaml:4:1: unknown key 'stor'; did you mean 'store'?"},
	{REST BOX "log: {level: loud}\n",
	 "m.yaml:4:14: log.level: expected debug, info, warn or error"},
	{REST BOX "log: {format: xml}\n", "log.format: expected text or json"},
	{REST "chassis: []\n",
	 "m.yaml:3:10: chassis: expected a list with at least one chassis"},
	{REST "chassis: [{name: c1}]\n",
	 "chassis[0]: key 'address' is missing; expected unix:PATH"},
	{REST "chassis: [{name: a/b, address: u}]\n", "chassis[0].name: a name has no '/'"},
	{REST "chassis: [{name: a, address: u}, {name: a, address: u}]\n",
	 "a second chassis is named a"},
	{REST "chassis: [{name: a, address: u, driver: pax}]\n",
	 "unknown driver; expected mrpcim"},
	{"store: {sqlite: [a]}\ncontrol: {unix: c}\n" BOX,
	 "m.yaml:1:17: store.sqlite: expected a text"},
	{"store: {sqlite: s}\ncontrol: {unix: /c}\nagents: {unix: /c}\n" BOX,
	 "m.yaml:3:16: agents.unix: expected another path than that of the other socket"},
	{"store: {sqlite: s}\nagents: {unix: /c}\ncontrol: {unix: /c}\n" BOX,
	 "m.yaml:3:17: control.unix: expected another path than that of the other socket"},
	{"store: {sqlite: s}\ncontrol: {unix: ''}\n" BOX, "control.unix: expected a text"},
};

START_TEST(test_bad)
{
	struct fm_config c;
	struct mr_diags d = {0};
	struct mr_buf out = {0};

	ck_assert_int_eq(fm_config_read("m.yaml", bad[_i].text, strlen(bad[_i].text), &c, &d),
			 -EINVAL);
	mr_diags_print(&d, &out);
	ck_assert_msg(strstr(mr_buf_text(&out), bad[_i].expect) != NULL, "%s",
		      mr_buf_text(&out));
	mr_buf_done(&out);
	mr_diags_done(&d);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("config");
	TCase *c = tcase_create("config");

	tcase_add_test(c, test_good);
	tcase_add_loop_test(c, test_bad, 0, MR_ARRAY_SIZE(bad));
	suite_add_tcase(suite, c);
	return check_run(suite);
}
