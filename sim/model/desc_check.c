/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Limits of a chassis as a whole. Everything that the numbering of ports, buses and addresses
 * cannot hold is refused with its arithmetic, before anything is allocated for it.
 */
#include "common/str.h"
#include "common/yaml.h"
#include "sim/model/desc_read.h"
#include "sim/model/internal.h"

static const struct mr_yaml *item(const struct mr_yaml *spec, const char *list, unsigned i)
{
	const struct mr_yaml *y = mr_yaml_get(spec, list);

	return y && y->kind == MR_YAML_SEQ && i < y->n ? y->child[i] : y;
}

static void check_host(struct sim_rd *rd, const struct mr_yaml *spec, unsigned i)
{
	const struct sim_desc *d = rd->desc;
	const struct sim_host_desc *h = &d->host[i];
	const struct mr_yaml *y = item(spec, "hosts", i);
	char path[SIM_PATH_MAX];

	mr_fmt(path, sizeof(path), "spec.hosts[%u]", i);
	for (unsigned j = 0; j < i; j++) {
		if (d->host[j].slot == h->slot)
			sim_rd_error(rd, y, path, "slot %u is taken by host '%s'", h->slot,
				     d->host[j].name);
		if (mr_streq(d->host[j].name, h->name))
			sim_rd_error(rd, y, path, "two hosts are named '%s'", h->name);
	}
	if (h->bridges > MR_MAX_BRIDGES)
		sim_rd_error(rd, y, path,
			     "%u bridges: 256 buses - 1 (root) - 1 (upstream bridge) - 1 "
			     "(internal bus) = %d for one hierarchy",
			     h->bridges, MR_MAX_BRIDGES);
	else if (h->bridges > h->reserve_buses)
		sim_rd_error(rd, y, path, "%u bridges need at least %u buses, reserved are %u",
			     h->bridges, h->bridges, h->reserve_buses);
}

/* Keys that say what a server is like: its first root has them. */
static const char *const of_server[] = {
	"kind", "power", "vfMigration", "iommu", "interruptRemapping", "acs"};

/* Another root of a server is as that one says. */
static void join_root(struct sim_rd *rd, const struct mr_yaml *spec, unsigned i,
		      const struct sim_host_desc *lead)
{
	struct sim_host_desc *h = &rd->desc->host[i];
	char path[SIM_PATH_MAX];

	for (unsigned k = 0; k < sizeof(of_server) / sizeof(of_server[0]); k++) {
		const struct mr_yaml *key = mr_yaml_get(item(spec, "hosts", i), of_server[k]);

		mr_fmt(path, sizeof(path), "spec.hosts[%u].%s", i, of_server[k]);
		if (key)
			sim_rd_error(rd, key, path,
				     "host '%s' is a root of '%s', which says this for both",
				     h->name, lead->name);
	}
	h->lead = lead->slot;
	h->kind = lead->kind;
	h->power = lead->power;
	h->vf_migration = lead->vf_migration;
	h->isolation = lead->isolation;
}

/* The roots of a server: so many, and their windows below 4 GiB side by side. */
static void check_roots(struct sim_rd *rd, const struct mr_yaml *spec, unsigned i)
{
	const struct sim_desc *d = rd->desc;
	uint64_t mmio = 0;
	unsigned n = 0;
	char path[SIM_PATH_MAX];

	for (unsigned k = 0; k < d->hosts; k++)
		if (d->host[k].lead == d->host[i].slot) {
			mmio += d->host[k].reserve_mmio;
			n++;
		}
	mr_fmt(path, sizeof(path), "spec.hosts[%u]", i);
	if (n > SIM_ROOTS_MAX)
		sim_rd_error(rd, item(spec, "hosts", i), path, "%u roots of '%s', at most %d",
			     n, d->host[i].name, SIM_ROOTS_MAX);
	else if (n > 1 && mmio > UINT64_C(1) << 31)
		sim_rd_error(rd, item(spec, "hosts", i), path,
			     "the roots of '%s' reserve %llu MiB of 32-bit addresses together, "
			     "2048 MiB are there",
			     d->host[i].name, (unsigned long long)(mmio >> 20));
}

/* Which hosts are roots of one server. */
static void check_servers(struct sim_rd *rd, const struct mr_yaml *spec)
{
	struct sim_desc *d = rd->desc;
	char path[SIM_PATH_MAX];

	for (unsigned i = 0; i < d->hosts; i++)
		d->host[i].lead = d->host[i].slot;
	for (unsigned i = 0; i < d->hosts; i++) {
		const struct sim_host_desc *lead = NULL, *h = &d->host[i];

		for (unsigned k = 0; h->root_of[0] && k < d->hosts; k++)
			if (mr_streq(d->host[k].name, h->root_of) && !d->host[k].root_of[0])
				lead = &d->host[k];
		mr_fmt(path, sizeof(path), "spec.hosts[%u].rootOf", i);
		if (lead && (lead->slot == d->management || h->slot == d->management))
			sim_rd_error(rd, item(spec, "hosts", i), path,
				     "the management root is a host with one root");
		else if (lead)
			join_root(rd, spec, i, lead);
		else if (h->root_of[0])
			sim_rd_error(rd, item(spec, "hosts", i), path,
				     "'%s': expected the name of another of spec.hosts that "
				     "has no rootOf itself",
				     h->root_of);
	}
	for (unsigned i = 0; i < d->hosts; i++)
		if (d->host[i].lead == d->host[i].slot)
			check_roots(rd, spec, i);
}

/* Keys that say what a virtual switch of its own is like: the management host has none. */
static const char *const own_tree[] = {"bridges", "hotplugReserve", "attentionButton",
				       "vfMigration", "cutAnswer"};

/* The host that is VH 0's root has no bridges: what it sees are the adapters. */
static void check_root(struct sim_rd *rd, const struct mr_yaml *spec)
{
	struct sim_desc *d = rd->desc;
	const struct mr_yaml *y = mr_yaml_get(mr_yaml_get(spec, "switch"), "managementRoot");
	char path[SIM_PATH_MAX];

	if (!d->management_root[0])
		return;
	for (unsigned i = 0; i < d->hosts; i++) {
		struct sim_host_desc *h = &d->host[i];
		const struct mr_yaml *in = item(spec, "hosts", i);

		if (!mr_streq(h->name, d->management_root))
			continue;
		d->management = h->slot;
		h->bridges = 0;
		h->vf_migration = false;
		for (unsigned k = 0; k < sizeof(own_tree) / sizeof(own_tree[0]); k++) {
			const struct mr_yaml *key = mr_yaml_get(in, own_tree[k]);

			mr_fmt(path, sizeof(path), "spec.hosts[%u].%s", i, own_tree[k]);
			if (key)
				sim_rd_error(rd, key, path,
					     "host '%s' is the management root: what it sees "
					     "is VH 0, expected no such key",
					     h->name);
		}
		return;
	}
	sim_rd_error(rd, y, "spec.switch.managementRoot",
		     "'host:%s': expected the name of one of spec.hosts", d->management_root);
}

static void check_adapter(struct sim_rd *rd, const struct mr_yaml *spec, unsigned i)
{
	const struct sim_desc *d = rd->desc;
	const struct sim_adapter_desc *a = &d->adapter[i];
	const struct mr_yaml *y = item(spec, "adapters", i);
	char path[SIM_PATH_MAX];

	mr_fmt(path, sizeof(path), "spec.adapters[%u]", i);
	for (unsigned j = 0; j < i; j++) {
		if (d->adapter[j].slot == a->slot)
			sim_rd_error(rd, y, path, "slot %u is taken by adapter '%s'", a->slot,
				     d->adapter[j].name);
		if (mr_streq(d->adapter[j].name, a->name))
			sim_rd_error(rd, y, path, "two adapters are named '%s'", a->name);
		if (mr_streq(d->adapter[j].serial, a->serial))
			sim_rd_error(rd, y, path, "two adapters have the serial '%s'",
				     a->serial);
	}
}

static void check_ports(struct sim_rd *rd, const struct mr_yaml *spec)
{
	const struct sim_desc *d = rd->desc;
	const struct mr_yaml *y = mr_yaml_get(spec, "switch");
	unsigned h = 0, a = 0;

	for (unsigned i = 0; i < d->hosts; i++)
		h = d->host[i].slot > h ? d->host[i].slot : h;
	for (unsigned i = 0; i < d->adapters; i++)
		a = d->adapter[i].slot > a ? d->adapter[i].slot : a;
	if (d->ports > MR_MAX_PORTS)
		sim_rd_error(rd, y, "spec.switch.ports",
			     "%u ports: at most %d, hosts and adapters together", d->ports,
			     MR_MAX_PORTS);
	else if (h + a > d->ports)
		sim_rd_error(rd, y, "spec.switch.ports",
			     "%u host slots + %u adapter slots = %u ports, the switch has %u",
			     h, a, h + a, d->ports);
}

static void check_buses(struct sim_rd *rd, const struct mr_yaml *spec)
{
	const struct sim_desc *d = rd->desc;
	unsigned sum = 0, own = d->management ? 3 : 2;

	for (unsigned i = 0; i < d->adapters; i++)
		sum += sim_model_buses(&d->model[d->adapter[i].model]);
	if (sum + own > 256)
		sim_rd_error(rd, mr_yaml_get(spec, "adapters"), "spec.adapters",
			     "VH 0 has 256 buses: 1 (root) + %s1 (internal bus) + %u "
			     "(adapters with room for their VFs) = %u",
			     d->management ? "1 (upstream bridge) + " : "", sum, sum + own);
}

static uint64_t model_mem32(const struct sim_model_desc *m)
{
	uint64_t copies =
		m->kind == SIM_KIND_BASE ? 1 : (uint64_t)m->pfs * sim_model_most_vfs(m);
	uint64_t sum = 0;

	for (unsigned i = 0; i < 6; i++)
		if (!m->bar[i].mem64)
			sum += m->bar[i].size * copies;
	return sum;
}

/* A 32-bit VF BAR of all VFs together is aligned to one aperture; 2 GiB are there. */
static void check_mem32(struct sim_rd *rd, const struct mr_yaml *spec)
{
	const struct sim_desc *d = rd->desc;
	uint64_t sum = 0, largest = 0;

	for (unsigned i = 0; i < d->adapters; i++) {
		const struct sim_model_desc *m = &d->model[d->adapter[i].model];

		sum += model_mem32(m);
		for (unsigned b = 0; b < 6; b++)
			if (!m->bar[b].mem64 && m->bar[b].size > largest)
				largest = m->bar[b].size;
	}
	if (largest && largest < 1u << 20) /* windows of bridges are whole megabytes */
		largest = 1u << 20;
	sum += largest * d->adapters;
	if (largest && sum > (1ull << 32) - SIM_VH0_MEM32)
		sim_rd_error(rd, mr_yaml_get(spec, "adapters"), "spec.adapters",
			     "32-bit BARs of all adapters and their VFs need %llu MiB with "
			     "alignment, VH 0 has 2048 MiB: use mem64",
			     (unsigned long long)(sum >> 20));
}

/* Checks what the fields are together. Findings go to rd->diags. */
void sim_desc_check(struct sim_rd *rd, const struct mr_yaml *spec)
{
	const struct sim_desc *d = rd->desc;

	if (!d->hosts || d->hosts > MR_MAX_HOSTS)
		sim_rd_error(rd, mr_yaml_get(spec, "hosts"), "spec.hosts",
			     "%u hosts: expected 1 to %d (VH numbers)", d->hosts, MR_MAX_HOSTS);
	if (d->adapters > MR_MAX_ADAPTERS)
		sim_rd_error(rd, mr_yaml_get(spec, "adapters"), "spec.adapters",
			     "%u adapters: at most %d", d->adapters, MR_MAX_ADAPTERS);
	for (unsigned i = 0; i < d->hosts && d->hosts <= MR_MAX_HOSTS; i++)
		check_host(rd, spec, i);
	check_root(rd, spec);
	check_servers(rd, spec);
	for (unsigned i = 0; i < d->adapters; i++)
		check_adapter(rd, spec, i);
	check_ports(rd, spec);
	check_buses(rd, spec);
	check_mem32(rd, spec);
}
