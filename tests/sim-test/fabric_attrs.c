/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the policy's words to the registers: what a PortProfile and a device ask for is read
 * back from the adapter's table, an edit of it changes the running function, and what the
 * adapter can't do stays Pending with the words.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "sim/model/place.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define SETTLE_NS (120 * MR_NS_PER_S)

static struct world *w;

static void setup(void)
{
	w = world_new(SRCDIR "/config/large-chassis.yaml", 3, NULL);
	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_start(w);
	world_settle(w, SETTLE_NS);
}

static void teardown(void)
{
	world_free(w);
}

/* One profile on blade01 with one device of a class. */
static void apply(const char *class_, const char *port_profile, const char *device)
{
	struct mr_buf text = {0};

	mr_buf_printf(&text,
		      "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: pool}\n"
		      "spec: {adapterSelector: {class: %s}, provision: 8}\n"
		      "---\napiVersion: banyan/v1\nkind: PortProfile\nmetadata: {name: pp}\n"
		      "spec: {%s}\n"
		      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p}\n"
		      "spec: {host: blade01, devices: [{name: d, class: %s, pool: pool, "
		      "portProfile: pp%s}]}\n",
		      class_, port_profile, class_, device);
	ck_assert_msg(world_apply(w, mr_buf_text(&text)), "%s", w->reply.text);
	mr_buf_done(&text);
	ck_assert(world_settle(w, SETTLE_NS));
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
	apply("ethernet", "vlan: {trunk: [8], native: 8}, mtu: 1500, bridging: isolated", "");
	a = attrs();
	ck_assert_uint_eq(a->trunk[0].first, 8);
	ck_assert_uint_eq(a->trunk[1].first, 0);
	ck_assert_uint_eq(a->mtu, 1500);
	ck_assert_uint_eq(a->bridging, MR_BRIDGING_ISOLATED);
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

	world_free(w);
	w = world_new(SRCDIR "/tests/sim-test/plain-hca.yaml", 3, NULL);
	world_run_for(w, 10 * MR_NS_PER_S);
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

static uint64_t scrubs(void)
{
	const struct fm_assignment *a = assignment();
	char name[64];
	struct sim_place p;
	struct mr_err err = {0};

	mr_fmt(name, sizeof(name), "vf/%s/pf%u/vf%u/scrub", a->adapter, a->fn.pf, a->fn.vf);
	ck_assert_msg(!sim_place_find(w->chassis, name, &p, &err), "%s", err.text);
	return sim_place_read(w->chassis, w->now, &p) >> 32;
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
	{"ethernet", "acl: [{match: tcp, action: drop}]", "", "no adapter filters"},
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
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, ethernet);
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
