/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the language says about placement, in a whole fabric: minima and extras, preemption,
 * tenants, all or nothing, rules, spare adapters, adapters that somebody else manages, and
 * amounts of queues and framebuffer as the hardware has them.
 */
#include <stdlib.h>
#include <string.h>

#include "common/tree.h"
#include "tests/sim-test/fixture.h"

static void setup(void)
{
	fabric_begin("config/demo-chassis.yaml", 5, NULL);
}

#define HOSTS                        \
	DOC("Host", "blade01", "{}") \
	DOC("Host", "blade02", "{}") \
	DOC("Host", "blade03", "{}")

/* The adapter of a running assignment, "" of one that waits. */
static const char *on(const char *name)
{
	const struct fm_assignment *a = fabric_find(name);

	ck_assert_msg(a != NULL, "there is no %s", name);
	if (a->phase == FM_PHASE_PENDING)
		return "";
	ck_assert_msg(a->phase == FM_PHASE_ACTIVE, "%s %s: %s", name, fm_phase_name(a->phase),
		      a->detail);
	return a->adapter;
}

static const struct fm_attrs *attrs(const char *name)
{
	ck_assert_str_ne(on(name), "");
	return &fm_fn_get(fm_engine_inventory(w->engine), fabric_find(name)->fn)->attrs;
}

#define GPUS                       \
	DOC("AdapterPool", "gpus", \
	    "{adapterSelector: {serials: [G-0002]}, partition: {vfs: 0-1}}")
#define CLASSES                                                                             \
	DOC("PriorityClass", "high", "{value: 1000, preemption: LowerPriority, grace: 5s}") \
	DOC("PriorityClass", "low", "{value: 10}")
#define GPU(name, host, class_, count)                \
	DOC("ServerProfile", name,                    \
	    "{host: " host ", priorityClass: " class_ \
	    ", devices: [{name: g, class: gpu, pool: gpus, count: " count "}]}")

START_TEST(preemption)
{
	fabric_apply(HOSTS GPUS CLASSES GPU("batch", "blade02", "low", "{min: 0, max: 4}"));
	ck_assert_str_eq(on("batch/g/0"), "gpu-shared");
	ck_assert_str_eq(on("batch/g/1"), "gpu-shared");
	ck_assert_str_eq(on("batch/g/2"), "");
	fabric_apply(GPU("prod", "blade01", "high", "{min: 1, max: 2}"));
	ck_assert_str_eq(on("prod/g/0"), "gpu-shared");
	ck_assert_str_eq(on("prod/g/1"), ""); /* an extra takes nothing */
	ck_assert_str_eq(on("batch/g/0"), "gpu-shared");
	ck_assert_str_eq(on("batch/g/1"), ""); /* the youngest went */
}
END_TEST

/* Extras take running extras of a lower value where their class reclaims, and only then; never
 * a minimum, and never those of an equal value. */
START_TEST(reclaim)
{
	static const char *const classes[] = {
		DOC("PriorityClass", "high", "{value: 1000, preemption: LowerPriority}"),
		DOC("PriorityClass", "high",
		    "{value: 1000, preemption: LowerPriority, reclaim: true}")};

	fabric_apply(HOSTS GPUS CLASSES);
	fabric_apply(classes[_i]);
	fabric_apply(GPU("batch", "blade02", "low", "{min: 1, max: 4}"));
	ck_assert_str_eq(on("batch/g/1"), "gpu-shared");
	fabric_apply(GPU("prod", "blade01", "high", "{min: 0, max: 2}"));
	ck_assert_str_eq(on("prod/g/0"), _i ? "gpu-shared" : "");
	ck_assert_str_eq(on("prod/g/1"), ""); /* what is left is a minimum */
	ck_assert_str_eq(on("batch/g/0"), "gpu-shared");
	ck_assert_str_eq(on("batch/g/1"), _i ? "" : "gpu-shared");
	fabric_apply(GPU("more", "blade03", "high", "{min: 0, max: 2}"));
	ck_assert_str_eq(on("prod/g/0"), _i ? "gpu-shared" : "");
	ck_assert_str_eq(on("more/g/0"), "");
}
END_TEST

#define MACS(reuse)                                                     \
	DOC("IdentityPool", "macs",                                     \
	    "{type: mac, ranges: [{start: \"02:25:b5:00:00:00\", end: " \
	    "\"02:25:b5:00:00:01\"}], reuseAfter: " reuse "}")
#define WITH_MAC(name, host)                                                               \
	DOC("ServerProfile", name,                                                         \
	    "{host: " host ", devices: [{name: a, class: ethernet, pool: nics, identity: " \
	    "{mac: {pool: macs}}}]}")

static void remove_profile(const char *name)
{
	struct fm_request r = world_request(FM_VERB_DELETE, "profiles", name);

	r.yes = true;
	ck_assert_msg(!fabric_ask(&r), "%s", w->reply.text);
	fabric_settle();
}

/* What a profile had rests for `reuseAfter` once it was confirmed released, over a manager that
 * dies meanwhile; then the next one gets it, who waited. Who had it gets it back at once. */
START_TEST(reuse_delay)
{
	uint64_t a, b;

	fabric_apply(HOSTS MACS("1h")
			     DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}")
				     WITH_MAC("a", "blade01") WITH_MAC("b", "blade02"));
	a = attrs("a/a")->ident0;
	b = attrs("b/a")->ident0;
	ck_assert_uint_ne(a, b);
	remove_profile("a");
	fabric_apply(WITH_MAC("a", "blade03")); /* its own */
	ck_assert_uint_eq(attrs("a/a")->ident0, a);
	remove_profile("a");
	fabric_apply(WITH_MAC("c", "blade01"));
	ck_assert_str_eq(on("c/a"), "");
	ck_assert_int_eq(fabric_find("c/a")->reason, MR_REASON_NO_CAPACITY);
	world_run_for(w, 1800 * MR_NS_PER_S);
	if (_i) {
		world_manager_kill(w);
		world_run_for(w, 60 * MR_NS_PER_S);
		world_manager_start(w);
	}
	world_run_for(w, 1600 * MR_NS_PER_S);
	ck_assert_str_eq(on("c/a"), "");
	world_run_for(w, 300 * MR_NS_PER_S);
	ck_assert_uint_eq(attrs("c/a")->ident0, a);
	ck_assert_uint_eq(attrs("b/a")->ident0, b);
}
END_TEST

#define NICS DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}")
#define NIC(name, host, more, devices) \
	DOC("ServerProfile", name, "{host: " host ", " more "devices: [" devices "]}")
#define ETH(name) "{name: " name ", class: ethernet, pool: nics}"

START_TEST(tenants)
{
	fabric_apply(HOSTS NICS DOC("Domain", "red", "{hosts: [blade01], adapters: [nic-left]}")
			     NIC("r", "blade01", "domain: red, ", ETH("a") ", " ETH("b"))
				     NIC("free", "blade02", "", ETH("a") ", " ETH("b")));
	ck_assert_str_eq(on("r/a"), "nic-left");
	ck_assert_str_eq(on("r/b"), "nic-left");
	ck_assert_str_eq(on("free/a"), "nic-right");
	ck_assert_str_eq(on("free/b"), "nic-right");
}
END_TEST

START_TEST(all_or_nothing)
{
	static const char one[] =
		DOC("AdapterPool", "nics", "{adapterSelector: {class: ethernet}}")
			DOC("AdapterPool", "gpu", "{adapterSelector: {serials: [none-such]}}");
	char text[4000];

	mr_fmt(text, sizeof(text), "%s%s%s", HOSTS, one,
	       NIC("p", "blade01", "atomic: true, ",
		   ETH("a") ", {name: g, class: gpu, pool: gpu}"));
	fabric_apply(text);
	ck_assert_str_eq(on("p/a"), "");
	mr_fmt(text, sizeof(text), "%s",
	       NIC("p", "blade01", "atomic: false, ",
		   ETH("a") ", {name: g, class: gpu, pool: gpu}"));
	fabric_apply(text);
	ck_assert_str_ne(on("p/a"), "");
}
END_TEST

START_TEST(rules)
{
	fabric_apply(HOSTS NICS NIC("together", "blade01",
				    "placement: [{type: affinity, topology: adapter, required: "
				    "true}], ",
				    ETH("a") ", " ETH("b") ", " ETH("c"))
			     NIC("spread", "blade02",
				 "placement: [{type: spread, topology: adapter, maxSkew: 1, "
				 "required: true}], ",
				 "{name: d, class: ethernet, pool: nics, count: 4}")
				     NIC("packed", "blade03",
					 "placement: [{type: pack, topology: adapter}], ",
					 ETH("a") ", " ETH("b")));
	ck_assert_str_eq(on("together/a"), on("together/b"));
	ck_assert_str_eq(on("together/a"), on("together/c"));
	ck_assert_int_eq(!strcmp(on("spread/d/0"), "nic-left") +
				 !strcmp(on("spread/d/1"), "nic-left") +
				 !strcmp(on("spread/d/2"), "nic-left") +
				 !strcmp(on("spread/d/3"), "nic-left"),
			 2);
	ck_assert_str_eq(on("packed/a"), on("packed/b"));
}
END_TEST

/* The spare is empty until an adapter fails. */
START_TEST(spare_adapter)
{

	fabric_apply(HOSTS DOC("AdapterPool", "nics",
			       "{adapterSelector: {class: ethernet}, spares: [nic-right]}")
			     NIC("p", "blade01", "",
				 "{name: d, class: ethernet, pool: nics, count: 3}"));
	ck_assert_str_eq(on("p/d/0"), "nic-left");
	ck_assert_str_eq(on("p/d/2"), "nic-left");
	ck_assert_int_eq(sim_adapter_pull(w->chassis, w->now, "nic-left"), 0);
	world_run_for(w, 60 * MR_NS_PER_S);
	fabric_settle();
	ck_assert_str_eq(on("p/d/0"), "nic-right");
	ck_assert_str_eq(on("p/d/2"), "nic-right");
}
END_TEST

/* Nobody enabled VFs, and Banyan does not. */
START_TEST(somebody_elses_adapter)
{
	const struct fm_adapter *a;

	fabric_apply(
		HOSTS DOC("AdapterPool", "nics",
			  "{adapterSelector: {serials: [N-0001]}, externallyManaged: true}")
			NIC("p", "blade01", "", ETH("a")));
	ck_assert_str_eq(on("p/a"), "");
	a = fm_adapter_by_name(fm_engine_inventory(w->engine), "nic-left", NULL);
	ck_assert_uint_eq(a->pf[0].numvfs, 0);
}
END_TEST

/* What goes beyond the adapter is programmed as far as it goes. */
START_TEST(burst_and_weight)
{
	const struct fm_adapter *a;

	fabric_apply(HOSTS NICS DOC("QosClass", "q", "{weight: 1000, burst: 1GiB}") NIC(
		"p", "blade01", "", "{name: n, class: ethernet, pool: nics, qos: q}"));
	a = fm_adapter_by_name(fm_engine_inventory(w->engine), on("p/n"), NULL);
	ck_assert_uint_gt(a->limits.burst_kib, 0);
	ck_assert_uint_eq(attrs("p/n")->burst_kib, a->limits.burst_kib);
	ck_assert_uint_eq(attrs("p/n")->weight,
			  a->limits.weight < 1000 ? a->limits.weight : 1000);
}
END_TEST

/* The HBA has no scheduler: its functions get static limits, and they change live when one
 * comes. */
START_TEST(weights_without_a_scheduler)
{
#define HBA(weight) "{name: h, class: fibre-channel, pool: hbas, qos: {weight: " weight "}}"
	fabric_apply(
		HOSTS DOC("AdapterPool", "hbas", "{adapterSelector: {class: fibre-channel}}")
			NIC("a", "blade01", "", HBA("1")));
	ck_assert_uint_eq(attrs("a/h")->max_mbps, 0);
	fabric_apply(NIC("b", "blade02", "", HBA("3")));
	ck_assert_uint_eq(attrs("a/h")->max_mbps, 8000);
	ck_assert_uint_eq(attrs("b/h")->max_mbps, 24000);
	ck_assert_uint_eq(attrs("b/h")->weight, 0);
}
END_TEST

START_TEST(amounts)
{
	fabric_apply(
		HOSTS NICS GPUS NIC("p", "blade01", "",
				    "{name: n, class: ethernet, pool: nics, queues: 10, qos: "
				    "{weight: 7}}, {name: g, class: gpu, pool: gpus, gpu: "
				    "{framebuffer: 1500MiB}}"));
	ck_assert_uint_ge(attrs("p/n")->queues, 10);
	ck_assert_uint_eq(attrs("p/n")->weight, 7);
	ck_assert_uint_eq(attrs("p/g")->gpu.framebuffer_mib, 2048);
}
END_TEST

/* blade04 runs without interrupt remapping; all have ACS on the whole path, and an IOMMU. */
START_TEST(required_of_the_host)
{
	fabric_apply(HOSTS DOC("Host", "blade04", "{}")
			     DOC("AdapterPool", "nics",
				 "{adapterSelector: {class: ethernet}, require: {iommu: true, "
				 "interruptRemapping: true, acs: true}}")
				     NIC("p", "blade01", "", ETH("a"))
					     NIC("q", "blade04", "", ETH("a")));
	ck_assert_str_ne(on("p/a"), "");
	ck_assert_str_eq(on("q/a"), "");
	ck_assert_str_eq(fabric_find("q/a")->detail,
			 "pool nics requires interruptRemapping, which host blade04 does not "
			 "have");
	fabric_apply(
		DOC("AdapterPool", "nics",
		    "{adapterSelector: {class: ethernet}, require: {iommu: true, acs: true}}"));
	ck_assert_str_ne(on("q/a"), "");
}
END_TEST

/* `explain` and the assignment say what the adapters lack. */
START_TEST(what_an_adapter_lacks)
{
	const struct mr_tree *list, *c;
	struct fm_request r = world_request(FM_VERB_EXPLAIN, "", "p/n");

	fabric_apply(HOSTS NICS DOC("PortProfile", "jumbo", "{mtu: 65535}")
			     NIC("p", "blade01", "",
				 "{name: n, class: ethernet, pool: nics, portProfile: jumbo}"));
	ck_assert_str_eq(on("p/n"), "");
	ck_assert_ptr_nonnull(strstr(fabric_find("p/n")->detail, ": mtu 65535, and it has "));
	fabric_ask(&r);
	list = mr_tree_get(mr_tree_get(w->reply.tree, "placement"), "candidates");
	ck_assert_uint_ge(list->n, 2);
	c = list->child[1];
	ck_assert_ptr_nonnull(strstr(mr_tree_text(c, "detail"), ": mtu 65535, and it has "));
}
END_TEST

#define LEFT(spec) DOC("Adapter", "nic-left", spec)

/* What runs on a suspended adapter is not touched by an edit; what is new goes elsewhere. */
START_TEST(suspended_adapter)
{
#define VLAN(tag) DOC("PortProfile", "net", "{vlan: {access: " tag "}}")
#define NET(name) "{name: " name ", class: ethernet, pool: nics, portProfile: net}"
	struct fm_request r = world_request(FM_VERB_EXPLAIN, "", "p/a");
	uint32_t resets;

	fabric_apply(HOSTS NICS VLAN("5") DOC("Domain", "red", "{adapters: [nic-left]}")
			     NIC("p", "blade01", "domain: red, ", NET("a")));
	resets = fm_fn_get(fm_engine_inventory(w->engine), fabric_find("p/a")->fn)->resets;
	fabric_apply(LEFT("{suspend: true}"));
	fabric_apply(VLAN("6") NIC("p", "blade02", "domain: red, ", NET("a") ", " NET("b"))
			     NIC("q", "blade03", "", NET("a")));
	ck_assert_str_eq(on("p/a"), "nic-left");
	ck_assert_str_eq(fabric_find("p/a")->host, "blade01");
	ck_assert_uint_eq(attrs("p/a")->vlan, 5);
	ck_assert_uint_eq(
		fm_fn_get(fm_engine_inventory(w->engine), fabric_find("p/a")->fn)->resets,
		resets);
	ck_assert_str_eq(on("p/b"), "");
	ck_assert_ptr_nonnull(strstr(fabric_find("p/b")->detail, "nic-left is suspended"));
	ck_assert_str_eq(on("q/a"), "nic-right");
	fabric_ask(&r);
	ck_assert_ptr_nonnull(strstr(mr_tree_text(w->reply.tree, "summary"),
				     "it stays as it is: adapter nic-left is suspended"));
	fabric_apply(LEFT("{}"));
	ck_assert_str_eq(fabric_find("p/a")->host, "blade02");
	ck_assert_uint_eq(attrs("p/a")->vlan, 6);
	ck_assert_str_eq(on("p/b"), "nic-left");
}
END_TEST

static uint64_t frames(struct fm_fn_id fn)
{
	struct sim_counters n;

	ck_assert_int_eq(sim_traffic_read(w->chassis, w->now, fn.port, fn.pf, fn.vf, &n), 0);
	return n.frames;
}

/* Copies reach who is to get them, and never the next owner of that function. */
START_TEST(copies)
{
	const struct sim_traffic stream = {
		.kind = SIM_TRAFFIC_CONSTANT, .mbps = 1000, .frame = 1000};
	struct fm_fn_id from, to;

	fabric_apply(HOSTS DOC("AdapterPool", "nics",
			       "{adapterSelector: {serials: [N-0001]}, partition: {vfs: 0-1}}")
			     DOC("PortProfile", "copied", "{mirrorTo: mon/tap}")
				     NIC("mon", "blade03", "", ETH("tap"))
					     NIC("p", "blade01", "",
						 "{name: a, class: ethernet, pool: nics, "
						 "portProfile: copied}"));
	from = fabric_find("p/a")->fn;
	to = fabric_find("mon/tap")->fn;
	ck_assert_uint_eq(attrs("p/a")->mirror, to.vf + 1u);
	ck_assert_int_eq(
		sim_traffic_set(w->chassis, w->now, from.port, from.pf, from.vf, &stream), 0);
	world_run_for(w, MR_NS_PER_S);
	ck_assert_uint_gt(frames(to), 100000);
	ck_assert_uint_eq(frames(to), frames(from));
	fabric_apply(NIC("mon", "none", "", ETH("tap")) NIC("q", "blade02", "", ETH("a")));
	ck_assert(fm_fn_eq(fabric_find("q/a")->fn, to));
	ck_assert_uint_eq(attrs("p/a")->mirror, 0);
	world_run_for(w, MR_NS_PER_S);
	ck_assert_uint_eq(frames(to), 0);
	fabric_apply(NIC("mon", "blade03", "", ETH("tap")));
	ck_assert_str_eq(on("mon/tap"), "");
	fabric_apply(NIC("q", "none", "", ETH("a")));
	ck_assert_uint_eq(attrs("p/a")->mirror, fabric_find("mon/tap")->fn.vf + 1u);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("language");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_add_test(t, preemption);
	tcase_add_loop_test(t, reclaim, 0, 2);
	tcase_add_loop_test(t, reuse_delay, 0, 2);
	tcase_add_test(t, tenants);
	tcase_add_test(t, all_or_nothing);
	tcase_add_test(t, rules);
	tcase_add_test(t, spare_adapter);
	tcase_add_test(t, somebody_elses_adapter);
	tcase_add_test(t, required_of_the_host);
	tcase_add_test(t, what_an_adapter_lacks);
	tcase_add_test(t, weights_without_a_scheduler);
	tcase_add_test(t, amounts);
	tcase_add_test(t, burst_and_weight);
	tcase_add_test(t, suspended_adapter);
	tcase_add_test(t, copies);
	suite_add_tcase(s, t);
	return check_run(s);
}
