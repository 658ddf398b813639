/* SPDX-License-Identifier: Apache-2.0 */
/* Finding things in an inventory, names of functions both ways, deep copies; change sets and
 * wishes. */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/model/agent.h"
#include "fabric-manager/model/desired.h"
#include "fabric-manager/model/inventory.h"
#include "fabric-manager/model/op.h"
#include "fabric-manager/model/record.h"
#include "tests/unit/check_main.h"

static struct fm_inventory inv;

static void add_adapter(struct fm_chassis *c, const char *name, enum fm_adapter_kind kind,
			uint16_t port, uint8_t pfs, uint16_t vfs)
{
	struct fm_adapter *a;

	c->adapter = mr_xrealloc(c->adapter, c->adapters + 1, sizeof(*a));
	a = &c->adapter[c->adapters++];
	*a = (struct fm_adapter){.kind = kind, .port = port, .pfs = pfs, .vfs = vfs};
	strcpy(a->name, name);
	a->fn = mr_xcalloc(kind == FM_ADAPTER_BASE ? 1 : (size_t)pfs * vfs, sizeof(*a->fn));
	if (kind == FM_ADAPTER_MRA) {
		a->vhs = 3;
		a->vh_of = mr_xcalloc(3, sizeof(*a->vh_of));
	}
}

static void setup(void)
{
	inv = (struct fm_inventory){.n = 2};
	inv.chassis = mr_xcalloc(2, sizeof(*inv.chassis));
	for (unsigned i = 0; i < 2; i++) {
		struct fm_chassis *c = &inv.chassis[i];

		strcpy(c->name, i ? "c2" : "c1");
		c->hosts = 1;
		c->host = mr_xcalloc(1, sizeof(*c->host));
		c->host[0].port = 1;
		c->host[0].bridges = 2;
		c->host[0].bridge = mr_xcalloc(2, sizeof(*c->host[0].bridge));
		strcpy(c->host[0].name, i ? "blade02" : "blade01");
		add_adapter(c, "nic", FM_ADAPTER_MRA, 5, 2, 4);
	}
	add_adapter(&inv.chassis[0], "gpu0", FM_ADAPTER_BASE, 6, 1, 0);
}

static void teardown(void)
{
	fm_inventory_done(&inv);
}

START_TEST(finds_by_port_and_name)
{
	unsigned c = 9;

	ck_assert_str_eq(fm_adapter_by_port(&inv, 0, 6)->name, "gpu0");
	ck_assert_ptr_null(fm_adapter_by_port(&inv, 1, 6));
	ck_assert_ptr_null(fm_adapter_by_port(&inv, 2, 5));
	ck_assert_ptr_nonnull(fm_adapter_by_name(&inv, "gpu0", &c));
	ck_assert_uint_eq(c, 0);
	ck_assert_ptr_null(fm_adapter_by_name(&inv, "nic", &c));
	ck_assert_ptr_eq(fm_adapter_by_name(&inv, "c2/nic", &c), &inv.chassis[1].adapter[0]);
	ck_assert_uint_eq(c, 1);
	ck_assert_ptr_null(fm_adapter_by_name(&inv, "c/nic", NULL));
	ck_assert_ptr_eq(fm_host_by_name(&inv, "blade02", &c), &inv.chassis[1].host[0]);
	ck_assert_ptr_null(fm_host_by_name(&inv, "c1/blade02", NULL));
	ck_assert_ptr_nonnull(fm_host_by_port(&inv, 1, 1));
	ck_assert_ptr_null(fm_host_by_port(&inv, 1, 2));
}
END_TEST

START_TEST(function_names_both_ways)
{
	static const char *const names[] = {"c1/nic/pf0/vf0", "c2/nic/pf1/vf3", "c1/gpu0"};
	struct fm_fn_id id;
	char text[FM_FN_TEXT];

	for (unsigned i = 0; i < MR_ARRAY_SIZE(names); i++) {
		ck_assert_int_eq(fm_fn_parse(&inv, names[i], &id), 0);
		ck_assert_str_eq(fm_fn_text(&inv, id, text), names[i]);
		ck_assert_ptr_nonnull(fm_fn_get(&inv, id));
	}
	inv.n = 1;
	ck_assert_int_eq(fm_fn_parse(&inv, "nic/pf1/vf2", &id), 0);
	ck_assert_uint_eq(fm_fn_key(id), 0x0000000500010002ull);
	ck_assert_str_eq(fm_fn_text(&inv, id, text), "nic/pf1/vf2");
	ck_assert_int_eq(fm_fn_parse(&inv, "gpu0", &id), 0);
	ck_assert_uint_eq(id.pf, FM_WHOLE);
	inv.n = 2;
}
END_TEST

START_TEST(function_names_that_name_nothing)
{
	static const struct {
		const char *text;
		int want;
	} rows[] = {
		{"", -EINVAL},
		{"c1/nic", -EINVAL},
		{"c1/gpu0/pf0/vf0", -EINVAL},
		{"c1/nic/pf2/vf0", -ENOENT},
		{"c1/nic/pf0/vf4", -ENOENT},
		{"c1/nic/pf0/vf", -ENOENT},
		{"c1/nic/pf0/vfx", -ENOENT},
		{"nic/pf0/vf0", -ENOENT},
		{"c3/nic/pf0/vf0", -ENOENT},
		{"pf0/vf0", -ENOENT},
	};
	struct fm_fn_id id;

	for (unsigned i = 0; i < MR_ARRAY_SIZE(rows); i++)
		ck_assert_msg(fm_fn_parse(&inv, rows[i].text, &id) == rows[i].want, "'%s'",
			      rows[i].text);
	ck_assert_ptr_null(fm_fn_get(&inv, (struct fm_fn_id){0, 6, 0, 0}));
	ck_assert_ptr_null(fm_fn_get(&inv, (struct fm_fn_id){0, 7, 0, 0}));
}
END_TEST

START_TEST(copies_share_nothing)
{
	struct fm_chassis copy;

	inv.chassis[0].adapter[0].fn[7].cookie = 42;
	inv.chassis[0].adapter[0].vh_of[2] = 17;
	inv.chassis[0].host[0].bridge[1].target = 43;
	fm_chassis_copy(&copy, &inv.chassis[0]);
	inv.chassis[0].adapter[0].fn[7].cookie = 0;
	inv.chassis[0].host[0].bridge[1].target = 0;
	ck_assert_uint_eq(copy.adapter[0].fn[7].cookie, 42);
	ck_assert_uint_eq(copy.adapter[0].vh_of[2], 17);
	ck_assert_uint_eq(copy.host[0].bridge[1].target, 43);
	fm_chassis_done(&copy);
	ck_assert_ptr_null(copy.host);
}
END_TEST

START_TEST(change_sets_and_wishes)
{
	struct fm_changes c = {0};
	struct fm_desired *d = fm_desired_new();
	struct fm_claim claim = {.count = 2, .index = 1};
	struct fm_agent_report report = {.fn = mr_xcalloc(2, sizeof(*report.fn)), .fns = 2};
	char text[FM_CLAIM_TEXT], name[16] = "db1";

	for (unsigned i = 0; i < 20; i++)
		fm_changes_add(&c, FM_RECORD_DOCUMENT)->document.text = mr_xstrdup("x");
	ck_assert_uint_eq(fm_changes_add(&c, FM_RECORD_HOST)->kind, FM_RECORD_HOST);
	ck_assert_uint_eq(c.n, 21);
	fm_changes_done(&c);
	ck_assert_uint_eq(c.n, 0);

	claim.profile = fm_desired_str(d, name);
	claim.device = fm_desired_str(d, "data");
	name[0] = 'x';
	ck_assert_str_eq(fm_claim_text(&claim, text), "db1/data/1");
	claim.count = 1;
	ck_assert_str_eq(fm_claim_text(&claim, text), "db1/data");
	ck_assert_ptr_null(fm_desired_str(d, NULL));
	fm_desired_free(d);
	fm_agent_report_done(&report);
	ck_assert_uint_eq(report.fns, 0);
}
END_TEST

START_TEST(names_of_everything)
{
	struct fm_attrs a = {.ident0 = 1, .vlan = 2}, b = a;

	ck_assert_str_eq(fm_way_name(FM_WAY_SYNTHETIC), "synthetic");
	ck_assert_str_eq(fm_op_kind_name(FM_OP_READ_FN), "read-fn");
	ck_assert_str_eq(fm_op_kind_name(FM_OP_COUNT), "?");
	ck_assert_str_eq(fm_chassis_event_name(FM_CE_OVERFLOW), "OVERFLOW");
	ck_assert_str_eq(fm_agent_verb_name(FM_AGENT_CONFIRM_GONE), "confirm-gone");
	ck_assert_str_eq(fm_record_kind_name(FM_RECORD_TOMBSTONE), "TOMBSTONE");
	ck_assert_str_eq(fm_topology_name(FM_TOPO_CHASSIS), "chassis");
	ck_assert_str_eq(fm_topology_name(FM_TOPO_NUMA), "numa");
	ck_assert_str_eq(fm_topology_name((enum fm_topology)9), "?");
	ck_assert_str_eq(fm_rule_type_name(FM_RULE_PACK), "pack");
	ck_assert_str_eq(fm_rule_type_name((enum fm_rule_type)9), "?");
	ck_assert_str_eq(fm_require_name(FM_REQUIRE_ACS), "acs");
	ck_assert_str_eq(fm_require_name(FM_REQUIRE_COUNT), "?");
	ck_assert_str_eq(fm_resource_name(FM_RESOURCE_MSIX), "MSI-X vectors");
	ck_assert_str_eq(fm_resource_unit(FM_RESOURCE_STORAGE), " MiB");
	ck_assert_str_eq(fm_resource_name(FM_RESOURCE_COUNT), "?");
	ck_assert_str_eq(fm_resource_unit(FM_RESOURCE_COUNT), "");
	ck_assert_str_eq(fm_adapter_kind_name(FM_ADAPTER_BASE), "base");
	ck_assert(fm_attrs_eq(&a, &b));
	b.trust = true;
	ck_assert(!fm_attrs_eq(&a, &b));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("inventory");
	TCase *t = tcase_create("model");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, finds_by_port_and_name);
	tcase_add_test(t, function_names_both_ways);
	tcase_add_test(t, function_names_that_name_nothing);
	tcase_add_test(t, copies_share_nothing);
	tcase_add_test(t, change_sets_and_wishes);
	tcase_add_test(t, names_of_everything);
	suite_add_tcase(s, t);
	return check_run(s);
}
