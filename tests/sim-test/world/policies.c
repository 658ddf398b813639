/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wishes stay well inside the chassis' capacity, so that every claim fits and must become
 * Active.
 */
#include "tests/sim-test/world/policies.h"

#include <string.h>

#include "common/xalloc.h"

static enum mr_class random_class(const struct policy *p, struct mr_rng *rng)
{
	enum mr_class c;

	do
		c = (enum mr_class)mr_rng_below(rng, MR_CLASS_COUNT);
	while (!p->classes[c]);
	return c;
}

static void device_random(const struct policy *p, struct policy_device *d, struct mr_rng *rng)
{
	*d = (struct policy_device){.device_class = random_class(p, rng), .count = 1};
	if (d->device_class != MR_CLASS_GPU && mr_rng_chance(rng, 25))
		d->count = 2;
	if (d->device_class == MR_CLASS_ETHERNET && mr_rng_chance(rng, 50)) {
		d->guaranteed_mbps = 100 * (1 + (unsigned)mr_rng_below(rng, 5));
		d->limit_mbps = d->guaranteed_mbps * 2;
	}
	if (d->device_class == MR_CLASS_ETHERNET && mr_rng_chance(rng, 50))
		d->vlan = 100 + (unsigned)mr_rng_below(rng, 10);
}

/* Members of a group are in no other group: groups own every third host of their number. */
static uint32_t group_hosts(unsigned number, unsigned hosts, struct mr_rng *rng)
{
	uint32_t set = 0;

	for (unsigned h = number % 8; h < hosts; h += 8)
		if (mr_rng_chance(rng, 60))
			set |= 1u << h;
	return set;
}

static void profile_random(const struct policy *p, unsigned number, struct policy_profile *r,
			   struct mr_rng *rng)
{
	*r = (struct policy_profile){.used = true,
				     .is_template = number < 8 && mr_rng_chance(rng, 50)};
	if (r->is_template)
		r->hosts = group_hosts(number, p->hosts, rng);
	if (!r->hosts)
		r->is_template = false;
	r->host = (unsigned)mr_rng_below(rng, p->hosts);
	r->devices = 1 + (unsigned)mr_rng_below(rng, POLICY_DEVICES);
	for (unsigned i = 0; i < r->devices; i++)
		device_random(p, &r->device[i], rng);
	if (p->classes[MR_CLASS_ETHERNET] && mr_rng_chance(rng, 30)) {
		r->devices = 2;
		for (unsigned i = 0; i < 2; i++)
			r->device[i] = (struct policy_device){.device_class = MR_CLASS_ETHERNET,
							      .count = 1};
		r->anti_affinity = true;
	}
}

/* A template would want it once for each of its hosts. */
static void whole_random(struct policy *p, struct mr_rng *rng)
{
	unsigned i = (unsigned)mr_rng_below(rng, POLICY_PROFILES);

	p->whole = p->has_whole && p->profile[i].used && !p->profile[i].is_template
			   ? i
			   : POLICY_PROFILES;
}

void policy_random(struct policy *p, unsigned hosts, const bool *classes, bool has_whole,
		   struct mr_rng *rng)
{
	memset(p, 0, sizeof(*p));
	p->hosts = hosts;
	p->has_whole = has_whole;
	memcpy(p->classes, classes, sizeof(p->classes));
	for (unsigned i = 0; i < POLICY_PROFILES; i++)
		if (mr_rng_chance(rng, 35))
			profile_random(p, i, &p->profile[i], rng);
	if (!p->profile[9].used)
		profile_random(p, 9, &p->profile[9], rng);
	whole_random(p, rng);
}

static void edit_one(struct policy *p, struct mr_rng *rng)
{
	unsigned i = (unsigned)mr_rng_below(rng, POLICY_PROFILES);
	struct policy_profile *r = &p->profile[i];

	if (!r->used) {
		profile_random(p, i, r, rng);
		return;
	}
	switch (mr_rng_below(rng, 5)) {
	case 0:
		r->used = false;
		break;
	case 1:
		r->host = (unsigned)mr_rng_below(rng, p->hosts + 1);
		if (r->host == p->hosts)
			r->host = POLICY_HOSTS;
		break;
	case 2:
		if (r->devices > 1 && !r->anti_affinity)
			r->devices--;
		break;
	case 3:
		if (r->device[0].limit_mbps)
			r->device[0].limit_mbps += 100;
		break;
	default:
		if (r->is_template)
			r->hosts ^= 1u << (i % 8);
		r->is_template = r->is_template && r->hosts;
		break;
	}
}

void policy_edit(struct policy *p, struct mr_rng *rng)
{
	for (uint64_t n = 1 + mr_rng_below(rng, 3); n; n--)
		edit_one(p, rng);
	if (p->whole < POLICY_PROFILES && p->profile[p->whole].is_template)
		p->whole = POLICY_PROFILES;
	if (mr_rng_chance(rng, 30))
		whole_random(p, rng);
}

/* ---- text ---- */

static const char *identity(enum mr_class c)
{
	switch (c) {
	case MR_CLASS_ETHERNET:
		return ", identity: {mac: {pool: macs}}";
	case MR_CLASS_FC:
		return ", identity: {wwpn: {pool: wwpns}, wwnn: {pool: wwnns}}";
	case MR_CLASS_IB:
		return ", identity: {guid: {pool: guids}}";
	default:
		return "";
	}
}

/* Half of them stay on the drive when their profile goes, and are found again with it. */
static void print_namespace(const struct policy_device *d, unsigned i, struct mr_buf *out)
{
	mr_buf_printf(out, ", storage: {namespaces: [{name: %s, size: 64MiB%s%s}]}",
		      d->count > 1 ? "pair" : "root", d->count > 1 ? ", sharing: shared" : "",
		      i % 2 ? ", onDelete: erase" : "");
}

static void print_device(const struct policy_device *d, unsigned i, struct mr_buf *out)
{
	mr_buf_printf(out, "      - {name: d%u, class: %s, pool: %s", i,
		      mr_class_name(d->device_class), mr_class_name(d->device_class));
	if (d->count > 1)
		mr_buf_printf(out, ", count: %u", d->count);
	if (d->guaranteed_mbps)
		mr_buf_printf(out, ", qos: {guaranteed: %uMbit, limit: %uMbit}",
			      d->guaranteed_mbps, d->limit_mbps);
	if (d->device_class == MR_CLASS_NVME)
		print_namespace(d, i, out);
	if (d->vlan)
		mr_buf_printf(out, ", portProfile: vlan%u", d->vlan);
	mr_buf_printf(out, "%s}\n", identity(d->device_class));
}

static void print_spec(const struct policy_profile *r, bool whole, struct mr_buf *out)
{
	mr_buf_puts(out, "    devices:\n");
	for (unsigned i = 0; i < r->devices; i++)
		print_device(&r->device[i], i, out);
	if (whole)
		mr_buf_puts(out, "      - {name: whole, class: gpu, pool: whole}\n");
	if (r->anti_affinity)
		mr_buf_puts(out, "    placement:\n      - {type: antiAffinity, devices: [d0, "
				 "d1], topology: adapter, required: true}\n");
}

static void print_group(const struct policy *p, unsigned i, struct mr_buf *out)
{
	const char *sep = "";

	mr_buf_printf(out,
		      "---\napiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: "
		      "g%u}\nspec: {hosts: [",
		      i);
	for (unsigned h = 0; h < p->hosts; h++)
		if (p->profile[i].hosts & 1u << h) {
			mr_buf_printf(out, "%sblade%02u", sep, h + 1);
			sep = ", ";
		}
	mr_buf_puts(out, "]}\n");
}

/* A ServerProfile's spec is the template's, two columns to the left; YAML does not mind the
 * deeper indentation. */
static void print_profile(const struct policy *p, unsigned i, struct mr_buf *out)
{
	const struct policy_profile *r = &p->profile[i];

	if (r->is_template) {
		print_group(p, i, out);
		mr_buf_printf(
			out,
			"---\napiVersion: banyan/v1\nkind: ProfileTemplate\nmetadata: {name: "
			"t%u}\nspec:\n  hostGroup: g%u\n  mode: updating\n  template:\n",
			i, i);
	} else {
		mr_buf_printf(out,
			      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: "
			      "{name: p%u}\nspec:\n",
			      i);
		if (r->host == POLICY_HOSTS)
			mr_buf_puts(out, "    host: none\n");
		else
			mr_buf_printf(out, "    host: blade%02u\n", r->host + 1);
	}
	print_spec(r, i == p->whole, out);
}

static void print_pool(const struct policy *p, enum mr_class c, struct mr_buf *out)
{
	const char *name = mr_class_name(c);

	mr_buf_printf(out,
		      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: %s}\n"
		      "spec: {adapterSelector: {class: %s%s}",
		      name, name, c == MR_CLASS_GPU ? ", vendor: \"10de\"" : "");
	if (p->provision[c])
		mr_buf_printf(out, ", provision: %u", p->provision[c]);
	mr_buf_puts(out, "}\n");
}

static void print_common(const struct policy *p, struct mr_buf *out)
{
	static const struct {
		const char *name, *type, *first, *last;
	} pools[] = {
		{"macs", "mac", "02:25:b5:00:00:00", "02:25:b5:00:ff:ff"},
		{"wwpns", "wwpn", "20:00:00:25:b5:0a:00:00", "20:00:00:25:b5:0a:ff:ff"},
		{"wwnns", "wwnn", "20:00:00:25:b5:ff:00:00", "20:00:00:25:b5:ff:ff:ff"},
		{"guids", "guid", "02:00:00:00:00:aa:00:00", "02:00:00:00:00:aa:ff:ff"},
	};

	mr_buf_printf(
		out,
		"apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\nspec:\n "
		" unknownHosts: ignore\n  update: {drain: {mode: %s}}\n",
		p->request ? "request, timeout: 3s" : "force, timeout: 10s");
	if (p->mode)
		mr_buf_printf(out,
			      "---\napiVersion: banyan/v1\nkind: Adapter\nmetadata: {name: "
			      "nic-right}\nspec: {mode: %s}\n",
			      p->mode == 1 ? "wide" : "narrow");
	for (unsigned i = 0; i < MR_ARRAY_SIZE(pools); i++)
		mr_buf_printf(out,
			      "---\napiVersion: banyan/v1\nkind: IdentityPool\nmetadata: "
			      "{name: %s}\nspec: {type: %s, ranges: [{start: \"%s\", end: "
			      "\"%s\"}], reuseAfter: 1s}\n",
			      pools[i].name, pools[i].type, pools[i].first, pools[i].last);
	for (unsigned c = 0; c < MR_CLASS_COUNT; c++)
		if (p->classes[c])
			print_pool(p, (enum mr_class)c, out);
	if (p->has_whole)
		mr_buf_puts(
			out,
			"---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: "
			"whole}\nspec: {adapterSelector: {class: gpu, vendor: \"1002\"}}\n");
	for (unsigned h = 0; h < p->hosts; h++) {
		mr_buf_printf(
			out,
			"---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade%02u}\n",
			h + 1);
		if (p->root[h][0])
			mr_buf_printf(out, "spec: {ports: [%u, %u]}\n", p->root[h][0],
				      p->root[h][1]);
	}
	for (unsigned v = 100; v < 110; v++)
		mr_buf_printf(out,
			      "---\napiVersion: banyan/v1\nkind: PortProfile\nmetadata: {name: "
			      "vlan%u}\nspec: {vlan: {access: %u}, spoofCheck: on}\n",
			      v, v);
}

void policy_print(const struct policy *p, struct mr_buf *out)
{
	print_common(p, out);
	for (unsigned i = 0; i < POLICY_PROFILES; i++)
		if (p->profile[i].used)
			print_profile(p, i, out);
}
