/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the policy's words to the registers: what a PortProfile and a device ask for is read
 * back from the adapter's table, an edit of it changes the running function, and what the
 * adapter can't do stays Pending with the words.
 */
#include <stdlib.h>
#include <string.h>

#include "common/pci/batch.h"
#include "common/tree.h"
#include "sim/model/place.h"
#include "tests/sim-test/fixture.h"

static void setup(void)
{
	fabric_begin("config/large-chassis.yaml", 3, NULL);
}

/* One profile on blade01 with one device of a class, of these adapters. */
static void apply_to(const char *adapters, const char *class_, const char *port_profile,
		     const char *device)
{
	struct mr_buf text = {0};

	mr_buf_printf(&text,
		      "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: pool}\n"
		      "spec: {adapterSelector: {class: %s%s}, provision: 8}\n"
		      "---\napiVersion: banyan/v1\nkind: PortProfile\nmetadata: {name: pp}\n"
		      "spec: {%s}\n"
		      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p}\n"
		      "spec: {host: blade01, devices: [{name: d, class: %s, pool: pool, "
		      "portProfile: pp%s}]}\n",
		      class_, adapters, port_profile, class_, device);
	fabric_apply_buf(&text);
}

static void apply(const char *class_, const char *port_profile, const char *device)
{
	apply_to("", class_, port_profile, device);
}

static const struct fm_assignment *assignment(void)
{
	ck_assert_uint_eq(fm_engine_assignments(w->engine), 1);
	return fm_engine_assignment(w->engine, 0);
}

/* The attributes as the adapter's table reads. */
static const struct fm_attrs *attrs(void)
{
	const struct fm_assignment *a = assignment();
	const struct fm_fn *f;

	ck_assert_ptr_nonnull(a);
	ck_assert_msg(a->phase == FM_PHASE_ACTIVE, "%s: %s", fm_phase_name(a->phase),
		      a->detail);
	f = fm_fn_get(fm_engine_inventory(w->engine), a->fn);
	ck_assert_ptr_nonnull(f);
	return &f->attrs;
}

START_TEST(ethernet)
{
	const struct fm_attrs *a;
	uint32_t epoch;

	apply("ethernet", "vlan: {trunk: [7, 5, 6, 100], native: 5}, mtu: 9000, bridging: vepa",
	      "");
	a = attrs();
	ck_assert_uint_eq(a->vlan, 5);
	ck_assert_uint_eq(a->trunk[0].first, 5);
	ck_assert_uint_eq(a->trunk[0].last, 7);
	ck_assert_uint_eq(a->trunk[1].first, 100);
	ck_assert_uint_eq(a->trunk[2].first, 0);
	ck_assert_uint_eq(a->mtu, 9000);
	ck_assert_uint_eq(a->bridging, MR_BRIDGING_VEPA);
	epoch = assignment()->epoch;
	ck_assert_uint_eq(a->link_state, 0);
	ck_assert(!a->trust);
	apply("ethernet",
	      "vlan: {trunk: [8], native: 8}, mtu: 1500, bridging: isolated, linkState: "
	      "disable, "
	      "trust: on, spoofCheck: off",
	      "");
	a = attrs();
	ck_assert_uint_eq(a->trunk[0].first, 8);
	ck_assert_uint_eq(a->trunk[1].first, 0);
	ck_assert_uint_eq(a->mtu, 1500);
	ck_assert_uint_eq(a->bridging, MR_BRIDGING_ISOLATED);
	ck_assert_uint_eq(a->link_state, 2);
	ck_assert(a->trust && !a->spoof_check);
	ck_assert_uint_eq(assignment()->epoch, epoch); /* nothing was taken from the host */
}
END_TEST

START_TEST(infiniband)
{
	apply("infiniband", "pkey: [\"0x8001\", \"7fff\"]", "");
	ck_assert_uint_eq(attrs()->pkey[0], 0x8001);
	ck_assert_uint_eq(attrs()->pkey[1], 0x7fff);
	ck_assert_uint_eq(attrs()->pkey[2], 0);
}
END_TEST

/* An HCA without tables of its own: partitions are the subnet manager's, and are looked for. */
START_TEST(partition_of_the_port)
{
	static const uint16_t both[] = {0xffff, 0x8001}, limited[] = {0xffff, 0x0001};
	const struct fm_assignment *a;

	fabric_end();
	fabric_power("tests/sim-test/plain-hca.yaml", 3, NULL);
	world_manager_start(w);
	apply("infiniband", "pkey: [\"0x8001\"]", "");
	ck_assert_uint_eq(attrs()->pkey[0], 0); /* not set */
	a = assignment();
	ck_assert_int_eq(a->reason, MR_REASON_PKEY_MISSING);
	ck_assert_str_eq(a->detail, "its port is not in partition 0x8001; it is in 0xffff");
	sim_adapter_set_pkeys(w->chassis, "hca", limited, 2);
	world_run_for(w, 40 * MR_NS_PER_S); /* the agent looks every 30 s */
	ck_assert_str_eq(assignment()->detail,
			 "its port is not in partition 0x8001; it is in 0xffff, 0x0001");
	world_manager_kill(w);
	world_manager_start(w);
	world_run_for(w, 40 * MR_NS_PER_S);
	ck_assert_int_eq(assignment()->reason, MR_REASON_PKEY_MISSING);
	sim_adapter_set_pkeys(w->chassis, "hca", both, 2);
	world_run_for(w, 40 * MR_NS_PER_S);
	ck_assert_int_eq(assignment()->reason, MR_REASON_OK);
	ck_assert_str_eq(assignment()->detail, "");
	ck_assert_int_eq(assignment()->phase, FM_PHASE_ACTIVE);
	apply("infiniband", "pkey: [\"0x0001\"]", ""); /* a full member is a limited one too */
	ck_assert_int_eq(assignment()->reason, MR_REASON_OK);
	apply("infiniband", "pkey: [\"0x0002\"]", "");
	ck_assert_int_eq(assignment()->reason, MR_REASON_PKEY_MISSING);
}
END_TEST

START_TEST(nvme)
{
	apply("nvme", "", ", storage: {iopsLimit: 20000}");
	ck_assert_uint_eq(attrs()->nvme.iops, 20000);
}
END_TEST

START_TEST(gpu)
{
	apply("gpu", "", ", gpu: {timeSlice: 2ms, watchdog: {timeout: 3s, escalate: vf}}");
	ck_assert_uint_eq(attrs()->gpu.slice_us, 2000);
	ck_assert_uint_eq(attrs()->gpu.watchdog_ms, 3000);
}
END_TEST

/* ---- filter rules ---- */

#define OTHER 0x0225b50000ffull

static struct sim_place place(const char *name)
{
	struct sim_place p;
	struct mr_err err = {0};

	ck_assert_msg(!sim_place_find(w->chassis, name, &p, &err), "%s", err.text);
	return p;
}

static uint64_t switch_reg(const char *name)
{
	struct sim_place p = place(name);

	return sim_place_read(w->chassis, w->now, &p);
}

static struct sim_place vf_place(const char *reg)
{
	const struct fm_assignment *a = assignment();
	char name[64];

	mr_fmt(name, sizeof(name), "vf/%s/pf%u/vf%u/%s", a->adapter, a->fn.pf, a->fn.vf, reg);
	return place(name);
}

/* A register of its function, as the adapter has it. */
static uint64_t vf_reg(const char *reg)
{
	struct sim_place p = vf_place(reg);

	return sim_place_read(w->chassis, w->now, &p);
}

/* Its host sends for a second: how many frames pass; what does not is dropped. */
static uint64_t passes(struct sim_traffic like)
{
	struct fm_fn_id fn = assignment()->fn;
	struct sim_counters before, after;

	like.kind = SIM_TRAFFIC_CONSTANT;
	like.mbps = 8;
	like.frame = 1000;
	sim_traffic_read(w->chassis, w->now, fn.port, fn.pf, fn.vf, &before);
	ck_assert_int_eq(sim_traffic_set(w->chassis, w->now, fn.port, fn.pf, fn.vf, &like), 0);
	world_run_for(w, MR_NS_PER_S);
	sim_traffic_read(w->chassis, w->now, fn.port, fn.pf, fn.vf, &after);
	like.kind = SIM_TRAFFIC_OFF;
	sim_traffic_set(w->chassis, w->now, fn.port, fn.pf, fn.vf, &like);
	ck_assert_uint_gt(after.frames - before.frames + after.dropped - before.dropped, 0);
	ck_assert(after.frames == before.frames || after.dropped == before.dropped);
	return after.frames - before.frames;
}
#define PASSES(...) passes((struct sim_traffic){__VA_ARGS__})

/* Rules that deny are dropped by, in their order; an edit takes nothing from the host. */
START_TEST(filter_rules)
{
	uint32_t epoch, resets;

	apply("ethernet",
	      "acl: [{match: ethertype 0x0806, action: allow}, "
	      "{match: \"src 02:25:b5:00:00:ff\", action: deny}]",
	      "");
	ck_assert_uint_eq(attrs()->acl[0], MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, 0x806));
	ck_assert_uint_eq(attrs()->acl[1], MR_ACL_ROW(MR_ACL_SRC, 0, OTHER) | MR_ACL_DENY);
	ck_assert_uint_eq(attrs()->acl[2], 0);
	ck_assert_uint_gt(PASSES(.src = 0), 0);
	ck_assert_uint_eq(PASSES(.src = OTHER), 0);
	ck_assert_uint_gt(PASSES(.src = OTHER, .ethertype = 0x806), 0);
	epoch = assignment()->epoch;
	resets = (uint32_t)vf_reg("resets");
	apply("ethernet", "acl: [{match: vlan 5, action: deny}]", "");
	ck_assert_uint_eq(attrs()->acl[0], MR_ACL_ROW(MR_ACL_ANY, 5, 0) | MR_ACL_DENY);
	ck_assert_uint_eq(attrs()->acl[1], 0);
	ck_assert_uint_gt(PASSES(.src = OTHER), 0);
	ck_assert_uint_eq(PASSES(.vlan = 5), 0);
	ck_assert_uint_eq(assignment()->epoch, epoch); /* class Live */
	ck_assert_uint_eq(vf_reg("resets"), resets);
	apply("ethernet", "mtu: 1500", "");
	ck_assert_uint_eq(attrs()->acl[0], 0);
	ck_assert_uint_gt(PASSES(.vlan = 5), 0);
}
END_TEST

/* Rules that somebody else wrote: `diff` says which, and what was meant. */
START_TEST(filter_rules_drift)
{
	const struct fm_request diff = world_request(FM_VERB_DIFF, "", "");
	uint64_t row = MR_ACL_ROW(MR_ACL_DST, 7, OTHER) | MR_ACL_DENY;
	const struct mr_tree *drift;
	struct sim_place p;

	apply("ethernet", "acl: [{match: vlan 5, action: deny}]", "");
	ck_assert(world_ask(w, &diff));
	ck_assert_int_eq(w->reply.exit_code, 0);
	p = vf_place("acl1");
	ck_assert_uint_eq(sim_place_write(w->chassis, w->now, &p, switch_reg("switch/ownerId"),
					  switch_reg("switch/ownerEpoch"), row),
			  MR_BATCH_OK);
	world_run_for(w, 120 * MR_NS_PER_S); /* the chassis is read again */
	world_ask(w, &diff);
	ck_assert_int_eq(w->reply.exit_code, 2);
	drift = mr_tree_get(w->reply.tree, "drift");
	ck_assert_uint_eq(drift->n, 1);
	ck_assert_str_eq(mr_tree_text(drift->child[0], "text"),
			 "acl reads deny vlan 5, deny vlan 7 dst 02:25:b5:00:00:ff, intended "
			 "deny vlan 5");
}
END_TEST

/* An adapter that keeps two rules, and one that keeps none: what they can't do is told with
 * their names, and what runs goes on as it was. */
START_TEST(filter_rules_beyond_the_adapter)
{
	static const char three[] = "acl: [{match: vlan 5, action: deny}, "
				    "{match: vlan 6, action: deny}, "
				    "{match: vlan 7, action: deny}]";

	fabric_end();
	fabric_power("tests/sim-test/few-rules.yaml", 3, NULL);
	world_manager_start(w);
	apply_to(", slots: [2]", "ethernet", "acl: [{match: vlan 5, action: deny}]", "");
	ck_assert_int_eq(assignment()->phase, FM_PHASE_PENDING);
	ck_assert_int_eq(assignment()->reason, MR_REASON_UNSUPPORTED);
	ck_assert_str_eq(assignment()->detail, "none/pf0: it has no acl");
	apply_to(", slots: [1]", "ethernet", three, "");
	ck_assert_int_eq(assignment()->phase, FM_PHASE_PENDING);
	ck_assert_int_eq(assignment()->reason, MR_REASON_UNSUPPORTED);
	ck_assert_str_eq(assignment()->detail, "two/pf0: acl rules 3, and it has 2 at most");
	apply("ethernet", "acl: [{match: vlan 5, action: deny}, {match: any, action: allow}]",
	      "");
	ck_assert_str_eq(assignment()->adapter, "two");
	ck_assert_uint_eq(attrs()->acl[1], MR_ACL_THERE);
	apply_to(", slots: [1]", "ethernet", three, "");
	ck_assert_int_eq(assignment()->reason, MR_REASON_UNSUPPORTED);
	ck_assert_str_eq(assignment()->detail, "two/pf0: acl rules 3, and it has 2 at most");
	ck_assert_uint_eq(attrs()->acl[1], MR_ACL_THERE);
	ck_assert_uint_eq(attrs()->acl[2], 0);
	apply_to(", slots: [1]", "ethernet", "mtu: 1500", "");
	ck_assert_int_eq(assignment()->reason, MR_REASON_OK);
	ck_assert_uint_eq(attrs()->acl[0], 0);
}
END_TEST

static uint64_t scrubs(void)
{
	return vf_reg("scrub") >> 32;
}

static void gpu_of(const char *driver, const char *on_release)
{
	char text[200];

	mr_fmt(text, sizeof(text),
	       ", driver: %s}], onRelease: %s, placement: [{type: antiAffinity", driver,
	       on_release);
	apply("gpu", "", text);
	attrs();
}

/* Another driver takes the function through a reset, on the same function of the same
 * profile. */
START_TEST(retain)
{
	uint64_t first;

	gpu_of("default", "retain");
	first = scrubs();
	gpu_of("vfio-pci", "retain");
	ck_assert_uint_eq(scrubs(), first);
	gpu_of("default", "reset");
	ck_assert_uint_eq(scrubs(), first + 1);
	gpu_of("vfio-pci", "scrub");
	ck_assert_uint_eq(scrubs(), first + 2);
}
END_TEST

static const struct {
	const char *class_, *profile, *device, *says;
} cannot[] = {
	{"ethernet", "bridging: switchdev", "", "no adapter has representors"},
	{"ethernet", "mtu: 9500", "", ": mtu 9500, and it has 9216 at most"},
};

START_TEST(unsupported)
{
	const struct fm_assignment *a;

	apply(cannot[_i].class_, cannot[_i].profile, cannot[_i].device);
	a = assignment();
	ck_assert_int_eq(a->phase, FM_PHASE_PENDING);
	ck_assert_int_eq(a->reason, MR_REASON_UNSUPPORTED);
	ck_assert_msg(strstr(a->detail, cannot[_i].says) != NULL, "%s", a->detail);
}
END_TEST

/* An edit that its adapter can't do, and no other one either: it runs as it was. */
START_TEST(edit_beyond_the_adapter)
{
	apply("ethernet", "mtu: 9000", "");
	apply("ethernet", "mtu: 9500", "");
	ck_assert_int_eq(assignment()->reason, MR_REASON_UNSUPPORTED);
	ck_assert_msg(strstr(assignment()->detail, ": mtu 9500, and it has 9216 at most") !=
			      NULL,
		      "%s", assignment()->detail);
	ck_assert_uint_eq(attrs()->mtu, 9000);
	apply("ethernet", "mtu: 9216", "");
	ck_assert_int_eq(assignment()->reason, MR_REASON_OK);
	ck_assert_uint_eq(attrs()->mtu, 9216);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("attributes");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_checked_fixture(t, setup, fabric_end);
	tcase_add_test(t, ethernet);
	tcase_add_test(t, filter_rules);
	tcase_add_test(t, filter_rules_drift);
	tcase_add_test(t, filter_rules_beyond_the_adapter);
	tcase_add_test(t, infiniband);
	tcase_add_test(t, partition_of_the_port);
	tcase_add_test(t, nvme);
	tcase_add_test(t, gpu);
	tcase_add_test(t, retain);
	tcase_add_test(t, edit_beyond_the_adapter);
	tcase_add_loop_test(t, unsupported, 0, sizeof(cannot) / sizeof(cannot[0]));
	suite_add_tcase(s, t);
	return check_run(s);
}
