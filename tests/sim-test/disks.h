/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles with a disk each, for the stories of namespaces: fabric_data.c, fabric_data_lost.c.
 */
#ifndef TESTS_SIM_TEST_DISKS_H
#define TESTS_SIM_TEST_DISKS_H

#include <stdlib.h>
#include <string.h>

#include "tests/sim-test/fixture.h"

static inline void disks_begin(void)
{
	fabric_begin("tests/sim-test/drives.yaml", 11, NULL);
}

/* These profiles and no others, "NAME HOST DEVICE" each, on the drive in 'slot'. */
static inline bool try(const char *slot, const char *const *profile)
{
	struct mr_buf text = {0};
	bool done;

	mr_buf_printf(&text,
		      "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		      "spec: {update: {drain: {mode: force, timeout: 5s}}}\n"
		      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n"
		      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n"
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: pool}\n"
		      "spec: {adapterSelector: {class: nvme, slots: [\"%s\"]}}\n",
		      slot);
	for (unsigned i = 0; profile[i]; i += 3)
		mr_buf_printf(&text,
			      "---\napiVersion: banyan/v1\nkind: ServerProfile\n"
			      "metadata: {name: %s}\nspec: {host: %s, devices: [{name: disk, "
			      "class: nvme, pool: pool, %s}]}\n",
			      profile[i], profile[i + 1], profile[i + 2]);
	done = world_apply_set(w, "", mr_buf_text(&text));
	mr_buf_done(&text);
	return done;
}

static inline void apply(const char *slot, const char *const *profile)
{
	ck_assert_msg(try(slot, profile), "%s", w->reply.text);
	fabric_settle();
}
#define APPLY(...)    apply("1", (const char *const[]){__VA_ARGS__, NULL})
#define NS(namespace) "storage: {namespaces: [" namespace "]}"
#define ROOT	      NS("{name: root, size: 256MiB}")
#define SCRATCH	      NS("{name: root, size: 256MiB, onDelete: erase}")

static inline void is(const char *profile, enum fm_phase phase, enum mr_reason reason,
		      const char *says)
{
	const struct fm_assignment *a = fabric_get(profile);

	ck_assert_msg(a->phase == phase && a->reason == reason, "%s: %s %s", profile,
		      fm_phase_name(a->phase), a->detail);
	ck_assert_msg(strstr(a->detail, says) != NULL, "%s", a->detail);
}

/* How many namespaces the profile's function shows its host; of the first one, what it is. */
static inline unsigned shown(const char *profile, struct sim_ns_view *ret, unsigned *ret_nsid,
			     uint16_t *ret_rid)
{
	const struct fm_assignment *a = fabric_get(profile);
	struct sim_ns_view v;
	unsigned n = 0;
	uint16_t rid;

	ck_assert_msg(a->phase == FM_PHASE_ACTIVE && a->bdf[0], "%s: %s", profile, a->detail);
	ck_assert_int_eq(mr_bdf_parse(a->bdf, &rid, NULL), 0);
	for (unsigned nsid = 1; nsid <= 64; nsid++) {
		if (sim_host_ns_view(w->chassis, a->place.port, rid, nsid, &v))
			continue;
		if (!n++) {
			*ret = v;
			*ret_nsid = nsid;
			*ret_rid = rid;
		}
	}
	return n;
}

static inline struct sim_ns_view one(const char *profile)
{
	struct sim_ns_view v;
	unsigned nsid;
	uint16_t rid;

	ck_assert_uint_eq(shown(profile, &v, &nsid, &rid), 1);
	return v;
}

static inline void put(const char *profile, uint64_t word)
{
	struct sim_ns_view v;
	unsigned nsid = 0;
	uint16_t rid = 0;

	ck_assert_uint_ge(shown(profile, &v, &nsid, &rid), 1);
	ck_assert_int_eq(
		sim_host_ns_write(w->chassis, fabric_get(profile)->place.port, rid, nsid, word),
		0);
}

static inline unsigned rows(void)
{
	const struct fm_adapter *d =
		fm_adapter_by_name(fm_engine_inventory(w->engine), "ssd", NULL);
	unsigned n = 0;

	for (unsigned k = 0; k < d->namespaces; k++)
		n += d->pf[0].ns[k].exists;
	return n;
}

static inline int delete_ns(const char *name, bool yes)
{
	struct fm_request r = world_request(FM_VERB_DELETE, "namespaces", name);

	r.yes = yes;
	fabric_ask(&r);
	return w->reply.exit_code;
}

static inline void refused(const char *name, bool yes, const char *says)
{
	ck_assert_int_eq(delete_ns(name, yes), FM_EXIT_FAILED);
	ck_assert_msg(strstr(w->reply.text, says) != NULL, "%s", w->reply.text);
}

#endif
