// SPDX-License-Identifier: Apache-2.0
/* What is shown: every kind, every view has its keys; approval of class Count; refusals. */
#include "fabric-manager/engine/view/view.h"
#include "fabric-manager/model/desired.h"
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

static const struct {
	const char *kind, *key;
	unsigned least;
} kinds[] = {
	{"hosts", "access", 4},		{"adapters", "used", 3},
	{"profiles", "conditions", 1},	{"serverprofiles", "conditions", 1},
	{"hostgroups", "text", 0},	{"adapterpools", "text", 1},
	{"identitypools", "text", 1},	{"portprofiles", "text", 0},
	{"qosclasses", "text", 0},	{"profiletemplates", "text", 0},
	{"priorityclasses", "text", 0}, {"domains", "text", 0},
	{"fabricpolicies", "text", 0},	{"chassis", "state", 1},
	{"functions", "gateOpen", 17},	{"assignments", "phase", 1},
	{"operations", "kind", 0},	{"events", "text", 3},
	{"versions", "current", 1},
};

static void up(struct world *w)
{
	w_init(w);
	w_start(w);
	w_apply(w, WEB);
}

START_TEST(get_every_kind)
{
	struct world w;
	struct fm_request r = {.verb = FM_VERB_GET, .kind = kinds[_i].kind};
	const struct mr_tree *items;

	up(&w);
	w_request(&w, r);
	ck_assert_int_eq(w.exit_code, 0);
	items = mr_tree_get(w.tree, "items");
	ck_assert_ptr_nonnull(items);
	ck_assert_uint_ge(items->n, kinds[_i].least);
	for (unsigned i = 0; i < items->n; i++)
		ck_assert_msg(mr_tree_get(items->child[i], kinds[_i].key) != NULL,
			      "%s lacks %s", kinds[_i].kind, kinds[_i].key);
	w_done(&w);
}
END_TEST

START_TEST(get_by_name)
{
	struct world w;
	struct fm_request r = {
		.verb = FM_VERB_GET, .kind = "functions", .name = "nic-left/pf0/vf0"};
	const struct mr_tree *row;

	up(&w);
	w_request(&w, r);
	row = mr_tree_get(w.tree, "items")->child[0];
	ck_assert_str_eq(mr_tree_text(row, "assignment"), "web/data0");
	ck_assert_str_eq(mr_tree_text(row, "host"), "blade01");
	r.name = "nic-left/pf0/vf99";
	w_request(&w, r);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	r.kind = "events"; /* by number, or by what they are about */
	r.name = "2";
	w_request(&w, r);
	ck_assert_uint_eq(mr_tree_get(w.tree, "items")->n, 1);
	row = mr_tree_get(w.tree, "items")->child[0];
	ck_assert_int_eq(mr_tree_int(row, "seq"), 2);
	r.name = "web/data0";
	w_request(&w, r);
	ck_assert_uint_ge(mr_tree_get(w.tree, "items")->n, 1);
	row = mr_tree_get(w.tree, "items")->child[0];
	ck_assert_str_eq(mr_tree_text(row, "object"), "web/data0");
	r.name = "nobody";
	w_request(&w, r);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	r.kind = "teapots";
	w_request(&w, r);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	ck_assert_ptr_nonnull(strstr(w.text, "teapots"));
	w_done(&w);
}
END_TEST

START_TEST(describe_and_explain)
{
	struct world w;
	struct fm_request r = {.verb = FM_VERB_DESCRIBE, .kind = "profiles", .name = "web"};

	up(&w);
	w_request(&w, r);
	ck_assert_uint_eq(mr_tree_get(w.tree, "assignments")->n, 1);
	ck_assert_uint_eq(mr_tree_get(w.tree, "documents")->n, 1);
	ck_assert_uint_ge(mr_tree_get(w.tree, "events")->n, 1);
	r.kind = "hosts";
	r.name = "blade01";
	w_request(&w, r);
	ck_assert_uint_eq(mr_tree_get(mr_tree_get(w.tree, "items")->child[0], "holds")->n, 1);
	r.verb = FM_VERB_EXPLAIN;
	r.kind = "";
	r.name = "web/data0";
	w_request(&w, r);
	ck_assert_str_eq(mr_tree_text(mr_tree_get(w.tree, "assignment"), "phase"), "Active");
	ck_assert_ptr_nonnull(mr_tree_get(w.tree, "placement"));
	ck_assert_str_eq(mr_tree_text(w.tree, "summary"),
			 "Active on blade01 as nic-left/pf0/vf0");
	r.name = "web/none";
	w_request(&w, r);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	ck_assert_str_eq(w.text,
			 "there is no assignment 'web/none'; the profile has web/data0");
	r.name = "we";
	w_request(&w, r);
	ck_assert_ptr_nonnull(strstr(w.text, "banyan get assignments"));
	r.name = NULL;
	w_request(&w, r);
	ck_assert_int_eq(w.reason, MR_REASON_INVALID);
	w_done(&w);
}
END_TEST

START_TEST(conditions_of_hosts_and_adapters)
{
	struct world w;
	struct fm_request r = {.verb = FM_VERB_DESCRIBE, .kind = "hosts", .name = "blade01"};
	struct fm_agent_hello h;
	struct fm_event hello = {.kind = FM_EV_AGENT_HELLO, .hello = &h, .session = 55};

	up(&w);
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Ready"), "status")->num, 0);
	ck_assert_str_eq(mr_tree_text(w_condition(&w, "Ready"), "message"),
			 "no agent is connected");
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Maintenance"), "status")->num, 0);
	w_agent_up(&w, 1, "boot1", false);
	w_verb(&w, FM_VERB_CORDON, "blade01", NULL);
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Ready"), "status")->num, 1);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Maintenance"), "status")->num, 1);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Conflict"), "status")->num, 0);
	w_hello_of(&w, 2, &h); /* somebody at port 2 says that it is blade01 */
	mr_copy(h.host, sizeof(h.host), "blade01");
	w_step(&w, &hello);
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Conflict"), "status")->num, 1);
	ck_assert_str_eq(mr_tree_text(w_condition(&w, "Conflict"), "reason"), "WRONG_SLOT");
	ck_assert_str_eq(mr_tree_text(w_condition(&w, "Conflict"), "message"),
			 "it says that it is blade01, but port 2 is blade02's");
	w_run(&w, 400 * MR_NS_PER_S);
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Conflict"), "status")->num, 0);
	r.kind = "profiles";
	r.name = "web";
	w_request(&w, r);
	ck_assert_int_ge(mr_tree_int(w_condition(&w, "Ready"), "since"), 1700000000);
	r.kind = "adapters";
	r.name = "nic-left";
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Ready"), "status")->num, 1);
	ck_assert_int_eq(mr_tree_get(w_condition(&w, "Degraded"), "status")->num, 0);
	w.c.adapter[0].link = false;
	w_restart(&w);
	w_request(&w, r);
	ck_assert_str_eq(mr_tree_text(w_condition(&w, "Ready"), "reason"), "UNREACHABLE");
	w_done(&w);
}
END_TEST

#define REQUIRES_ACS                                                         \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n" \
	"spec: {adapterSelector: {class: ethernet}, require: {acs: true}}\n"

static const struct mr_tree *told_acs(struct world *w)
{
	w_request(w, (struct fm_request){
			     .verb = FM_VERB_DESCRIBE, .kind = "hosts", .name = "blade01"});
	return mr_tree_get(mr_tree_get(mr_tree_get(w->tree, "items")->child[0], "isolation"),
			   "acs");
}

/* Nothing is given before the host says that it has what the pool requires; what it holds stays
 * when it says otherwise later. */
/* A host with two roots is as well as the better one. */
START_TEST(access_of_two_roots)
{
	struct world w;
	struct fm_request r = {.verb = FM_VERB_GET, .kind = "hosts", .name = "blade01"};

	w_init(&w);
	w_start(&w);
	w_apply(&w, "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n"
		    "spec: {ports: [1, 2]}\n");
	w.c.host[0].auth = MR_AUTH_ISOLATED;
	w.c.host[1].auth = MR_AUTH_AUTHORISED;
	w_chassis(&w, FM_CE_OVERFLOW, 0, 0, 0);
	w_run(&w, 2 * MR_NS_PER_S);
	w_request(&w, r);
	ck_assert_str_eq(mr_tree_text(mr_tree_get(w.tree, "items")->child[0], "access"),
			 "authorised");
	w_done(&w);
}
END_TEST

/* What its document says of its power; null: nothing. */
START_TEST(controller_of_the_host)
{
	struct world w;
	struct fm_request r = {.verb = FM_VERB_GET, .kind = "hosts", .name = "blade02"};

	up(&w);
	w_request(&w, r);
	ck_assert_str_eq(mr_tree_text(mr_tree_get(w.tree, "items")->child[0], "bmc"), "");
	w_apply(&w, "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n"
		    "spec: {power: {bmc: bmc02}}\n");
	w_request(&w, r);
	ck_assert_str_eq(mr_tree_text(mr_tree_get(w.tree, "items")->child[0], "bmc"), "bmc02");
	w_done(&w);
}
END_TEST

START_TEST(required_of_the_host)
{
	struct world w;

	w_up(&w, false, false);
	w_apply(&w, W_POOLS_TEXT);
	w_apply(&w, REQUIRES_ACS);
	w_apply(&w, W_PROFILE("web", "blade01"));
	W_PHASE(&w, "web/data0", PENDING);
	ck_assert_str_eq(w_asg(&w, "web/data0")->detail,
			 "pool nics requires acs, which host blade01 has not reported");
	ck_assert_int_eq(told_acs(&w)->kind, MR_TREE_NULL);
	w_agent_down(&w, 1, false);
	w.agent[1].told = true;
	w.agent[1].has = 1 << FM_REQUIRE_IOMMU;
	w_agent_up(&w, 1, "boot-a", false);
	w_settle(&w);
	ck_assert_str_eq(w_asg(&w, "web/data0")->detail,
			 "pool nics requires acs, which host blade01 does not have");
	ck_assert(!told_acs(&w)->num);
	w_agent_down(&w, 1, false);
	w.agent[1].has = 1 << FM_REQUIRE_ACS;
	w_agent_up(&w, 1, "boot-b", false);
	w_settle(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	ck_assert(told_acs(&w)->num);
	w_agent_down(&w, 1, false);
	w.agent[1].has = 0;
	w_agent_up(&w, 1, "boot-c", false);
	w_settle(&w);
	W_PHASE(&w, "web/data0", ACTIVE);
	w_done(&w);
}
END_TEST

START_TEST(status_top_events)
{
	struct world w;
	struct fm_request r = {.verb = FM_VERB_STATUS};
	const struct mr_tree *t;
	int64_t next;

	up(&w);
	w_request(&w, r);
	ck_assert_int_eq(mr_tree_int(w.tree, "version"), 1);
	ck_assert_int_eq(mr_tree_int(mr_tree_get(w.tree, "assignments"), "Active"), 1);
	r.verb = FM_VERB_TOP;
	w_request(&w, r);
	t = mr_tree_get(w.tree, "ports");
	ck_assert_uint_eq(t->n, 2);
	ck_assert_str_eq(mr_tree_text(t->child[0], "port"), "nic-left/pf0");
	ck_assert_int_eq(mr_tree_int(t->child[0], "guaranteedMbps"), 1000);
	r.verb = FM_VERB_EVENTS;
	w_request(&w, r);
	next = mr_tree_int(w.tree, "next");
	ck_assert_uint_eq(mr_tree_get(w.tree, "events")->n, (unsigned)next - 1);
	r.since = (uint64_t)next;
	w_request(&w, r);
	ck_assert_uint_eq(mr_tree_get(w.tree, "events")->n, 0);
	w_done(&w);
}
END_TEST

/* Changing the count of an adapter in use interrupts everything on it: somebody has to say
 * yes. */
START_TEST(count_needs_approval)
{
	struct world w;
	struct fm_request ops = {.verb = FM_VERB_GET, .kind = "operations"};
#define POOL(n)                                                                      \
	W_HOSTS_TEXT                                                                 \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: "                \
	"nics}\nspec: {adapterSelector: {class: ethernet}, provision: " n "}\n---\n" \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\nspec:\n" \
	"  host: blade01\n  devices: [{name: d, class: ethernet, pool: nics}]\n"

	w_init(&w);
	w_start(&w);
	w_apply(&w, POOL("4"));
	W_PHASE(&w, "web/d", ACTIVE);
	ck_assert_uint_eq(w.c.adapter[0].pf[0].numvfs, 4);
	mr_buf_reset(&w.ops);
	w_apply(&w, POOL("6"));
	ck_assert_ptr_null(strstr(mr_buf_text(&w.ops), "provision"));
	w_request(&w, ops);
	ck_assert_str_eq(mr_tree_text(mr_tree_get(w.tree, "items")->child[0], "state"),
			 "needs approval");
	ck_assert_uint_eq(w_count(&w, FM_RECORD_OPERATION), 1);
	w_verb(&w, FM_VERB_APPROVE, "gpu0", NULL);
	ck_assert_int_eq(w.reason, MR_REASON_NOT_FOUND);
	w_verb(&w, FM_VERB_APPROVE, "nic-left", NULL);
	ck_assert_int_eq(w.exit_code, 0);
	w_settle(&w);
	ck_assert_ptr_nonnull(strstr(mr_buf_text(&w.ops), "provision"));
	ck_assert_uint_eq(w.c.adapter[0].pf[0].numvfs, 6);
	w_done(&w);
}
END_TEST

/* A literal identity belongs to one claim; another gets it when the first is gone. */
START_TEST(identity_is_locked)
{
	struct world w;
#define FIXED(name, host)                                                                      \
	"---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\nspec:\n" \
	"  host: " host "\n  devices: [{name: d, class: ethernet, pool: nics, identity: "      \
	"{mac: \"02:25:b5:00:00:07\"}}]\n"

	w_init(&w);
	w_start(&w);
	w_apply(&w, W_HOSTS_TEXT W_POOLS_TEXT "---\n" FIXED("one", "blade01"));
	W_PHASE(&w, "one/d", ACTIVE);
	w_text(&w, FM_VERB_APPLY, FIXED("two", "blade02"), true);
	ck_assert_int_eq(w.exit_code, 1); /* the same address twice is no policy */
	w_text(&w, FM_VERB_DELETE, FIXED("one", "blade01"), true);
	w_apply(&w, FIXED("two", "blade02"));
	W_PHASE(&w, "two/d", ACTIVE);
	ck_assert_uint_eq(w_asg(&w, "two/d")->attrs.ident0, 0x0225b5000007);
	w_done(&w);
}
END_TEST

#define NOTED(host)                                                                    \
	"apiVersion: banyan/v1\nkind: PortProfile\nmetadata: {name: pp}\nspec: {vsi: " \
	"{managerId: \"11\", typeId: 7, typeVersion: 2}, personality: iscsi}\n---\n"   \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\nspec: "    \
	"{host: " host                                                                 \
	", devices: [{name: d, class: ethernet, pool: nics, portProfile: pp, boot: "   \
	"{order: 1, method: iscsi, targets: [{iqn: iqn.a, portal: \"10.0.0.9\"}]}, "   \
	"consumer: {vm: \"4c4c4544-0042-4a10-8051-b4c04f383732\"}}]}\n"

/* What is for hooks goes with the commands, also when no document says it any more. */
START_TEST(notes_for_hooks)
{
	static const char want[] = "profile=web\ndevice=d\nboot.order=1\nboot.method=iscsi\n"
				   "boot.targets[0].iqn=iqn.a\n"
				   "boot.targets[0].portal=10.0.0.9\n"
				   "consumer.vm=4c4c4544-0042-4a10-8051-b4c04f383732\n"
				   "personality=iscsi\nvsi.managerId=11\n"
				   "vsi.typeId=7\nvsi.typeVersion=2\n";
	struct fm_request r = {
		.verb = FM_VERB_DESCRIBE, .kind = "assignments", .name = "web/d"};
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, W_HOSTS_TEXT);
	w_agent_up(&w, 1, "boot-a", false);
	w_apply(&w, W_POOLS_TEXT "---\n" NOTED("blade01"));
	ck_assert_str_eq(mr_buf_text(&w.notes), want);
	w_request(&w, r);
	ck_assert_str_eq(
		mr_tree_text(mr_tree_get(mr_tree_get(w.tree, "items")->child[0], "notes"),
			     "boot.targets[0].portal"),
		"10.0.0.9");
	mr_buf_reset(&w.notes);
	w_text(&w, FM_VERB_DELETE, NOTED("blade01"), true);
	ck_assert_str_eq(mr_buf_text(&w.notes), want);
	w_done(&w);
}
END_TEST

START_TEST(before_the_store_is_read)
{
	struct world w;
	struct fm_request r = {.verb = FM_VERB_STATUS};
	struct fm_event ev = {.kind = FM_EV_REQUEST, .tag = 1, .request = &r};

	w_init(&w);
	w_step(&w, &ev);
	ck_assert_int_eq(w.reason, MR_REASON_BUSY);
	w_done(&w);
}
END_TEST

/* All that a function is set to is shown, in the policy's words. */
START_TEST(attributes)
{
	static const struct fm_attrs nic = {.device_class = MR_CLASS_ETHERNET,
					    .min_mbps = 3000,
					    .max_mbps = 9000,
					    .vlan_ad = true,
					    .link_state = 1,
					    .mirror = 4,
					    .acl = {MR_ACL_ROW(MR_ACL_ANY, 5, 0) | MR_ACL_DENY},
					    .trunk = {{100, 100}, {200, 210}}},
				     hca = {.device_class = MR_CLASS_IB,
					    .pkey = {0xffff, 0x8001}},
				     disk = {.device_class = MR_CLASS_NVME, .nvme = {5, 700}},
				     gpu = {.device_class = MR_CLASS_GPU,
					    .gpu = {4096, 2000, 500}};
	const struct fm_attrs *is[] = {&nic, &hca, &disk, &gpu};
	struct mr_tree *t[MR_ARRAY_SIZE(is)];
	struct world w;

	up(&w);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(is); i++) {
		struct fm_assignment a = {.attrs = *is[i], .limit_mbps = 10000};

		t[i] = mr_tree_map();
		fm_tree_attributes(t[i], w.e, &a);
	}
	ck_assert_int_eq(mr_tree_int(t[0], "limitMbps"), 10000);
	ck_assert_int_eq(mr_tree_int(t[0], "setLimitMbps"), 9000);
	ck_assert_int_eq(mr_tree_int(t[0], "setGuaranteedMbps"), 3000);
	ck_assert_str_eq(mr_tree_text(t[0], "vlanProtocol"), "802.1ad");
	ck_assert_str_eq(mr_tree_text(t[0], "linkState"), "enable");
	ck_assert_str_eq(mr_tree_text(t[0], "trunk"), "100,200-210");
	ck_assert_str_eq(mr_tree_text(t[0], "acl"), "deny vlan 5");
	ck_assert_int_eq(mr_tree_int(t[0], "mirrorTo"), 3);
	ck_assert_int_eq(mr_tree_int(t[1], "mirrorTo"), -1);
	ck_assert_int_eq(mr_tree_get(t[1], "acl")->kind, MR_TREE_NULL);
	ck_assert_str_eq(mr_tree_text(t[1], "pkey"), "0xffff,0x8001");
	ck_assert_int_eq(mr_tree_int(t[2], "iopsLimit"), 700);
	ck_assert_uint_eq(mr_tree_get(t[2], "namespaces")->n, 2);
	ck_assert_int_eq(mr_tree_get(t[2], "namespaces")->child[1]->num, 3);
	ck_assert_int_eq(mr_tree_int(t[3], "framebufferMib"), 4096);
	ck_assert_int_eq(mr_tree_int(t[3], "timeSliceUs"), 2000);
	ck_assert_int_eq(mr_tree_int(t[3], "watchdogMs"), 500);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(is); i++)
		mr_tree_free(t[i]);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine views");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, get_every_kind, 0, MR_ARRAY_SIZE(kinds));
	tcase_add_test(t, get_by_name);
	tcase_add_test(t, describe_and_explain);
	tcase_add_test(t, conditions_of_hosts_and_adapters);
	tcase_add_test(t, access_of_two_roots);
	tcase_add_test(t, controller_of_the_host);
	tcase_add_test(t, required_of_the_host);
	tcase_add_test(t, status_top_events);
	tcase_add_test(t, count_needs_approval);
	tcase_add_test(t, identity_is_locked);
	tcase_add_test(t, notes_for_hooks);
	tcase_add_test(t, before_the_store_is_read);
	tcase_add_test(t, attributes);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
