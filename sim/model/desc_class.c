/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What models of a class have beyond PCI Express: the keys `mtu`, `resources` and `lacks` of
 * the chassis file, what stands in for those that are left out, and their limits.
 */
#include "common/str.h"
#include "common/yaml.h"
#include "sim/model/desc_read.h"

#define MIB	    (1ull << 20)
#define VECTORS_MAX 2048ull
#define QUEUES_MAX  4096ull
#define MEMORY_MAX  (1ull << 24) /* MiB */

/* ---- defaults ---- */

static bool has_queues(enum mr_class k)
{
	return k != MR_CLASS_GPU && k != MR_CLASS_OTHER;
}

static void complete(struct sim_res_desc *d, uint64_t vfs, uint64_t base, uint64_t max,
		     uint64_t spare)
{
	d->base = d->base ? d->base : base;
	if (!d->total)
		d->total = vfs * d->base + spare;
	if (!d->max)
		d->max = max > d->base ? max : d->base;
	if (d->max > d->total)
		d->max = d->total;
	d->step = d->step ? d->step : 1;
}

/* Fills in what was not said: desc.h. */
void sim_model_complete(struct sim_model_desc *m)
{
	struct sim_res_desc *r = m->res;
	unsigned vfs = sim_model_most_vfs(m);

	m->mtu = m->mtu ? m->mtu : 9216;
	m->acl_rules = m->acl_rules ? m->acl_rules : MR_VF_ACL_ROWS;
	if (m->kind == SIM_KIND_BASE)
		return;
	complete(&r[MR_RES_MSIX], vfs, m->msix, r[MR_RES_MSIX].total, 0);
	if (has_queues(m->device_class))
		complete(&r[MR_RES_QUEUES], vfs, 4, 64, 4ull * vfs);
	if (m->device_class == MR_CLASS_GPU) {
		r[MR_RES_FRAMEBUFFER].step =
			r[MR_RES_FRAMEBUFFER].step ? r[MR_RES_FRAMEBUFFER].step : 1024;
		complete(&r[MR_RES_FRAMEBUFFER], 0, 0, MEMORY_MAX, 32768);
	}
	if (m->device_class == MR_CLASS_NVME)
		complete(&r[MR_RES_CAPACITY], 0, 0, MEMORY_MAX, MIB);
}

/* ---- keys ---- */

static SIM_READER(read_count)
{
	unsigned n = 0;

	sim_rd_uint(rd, f, y, path, &n);
	*(uint64_t *)to = n;
}

static SIM_READER(read_mib)
{
	uint64_t bytes = 0;

	sim_rd_size(rd, f, y, path, &bytes);
	if (bytes % MIB)
		sim_rd_error(rd, y, path, "expected a whole number of MiB");
	*(uint64_t *)to = bytes / MIB;
}

#define AT(member) offsetof(struct sim_res_desc, member)
#define COUNTS(name, most)                                                  \
	static const struct sim_field name[] = {                            \
		{"total", read_count, AT(total), 1, 1u << 22, false, NULL}, \
		{"max", read_count, AT(max), 1, most, false, NULL},         \
		{"step", read_count, AT(step), 1, most, false, NULL},       \
		{"base", read_count, AT(base), 1, most, false, NULL},       \
		{0},                                                        \
	}
COUNTS(queue_fields, QUEUES_MAX);

/* The base of MSI-X is the model's `msix`. */
static const struct sim_field msix_fields[] = {
	{"total", read_count, AT(total), 1, 1u << 22, false, NULL},
	{"max", read_count, AT(max), 1, VECTORS_MAX, false, NULL},
	{"step", read_count, AT(step), 1, VECTORS_MAX, false, NULL},
	{0},
};

static const struct sim_field memory_fields[] = {
	{"total", read_mib, AT(total), MIB, MEMORY_MAX *MIB, false, NULL},
	{"max", read_mib, AT(max), MIB, MEMORY_MAX *MIB, false, NULL},
	{"step", read_mib, AT(step), MIB, MEMORY_MAX *MIB, false, NULL},
	{0},
};

static SIM_READER(read_resource)
{
	sim_rd_map(rd, y, path, f->sub, to);
}

#define RES(r) (offsetof(struct sim_model_desc, res) + (r) * sizeof(struct sim_res_desc))
static const struct sim_field resource_fields[] = {
	{"msix", read_resource, RES(MR_RES_MSIX), 0, 0, false, msix_fields},
	{"queues", read_resource, RES(MR_RES_QUEUES), 0, 0, false, queue_fields},
	{"framebuffer", read_resource, RES(MR_RES_FRAMEBUFFER), 0, 0, false, memory_fields},
	{"capacity", read_resource, RES(MR_RES_CAPACITY), 0, 0, false, memory_fields},
	{0},
};

/* `resources`: what the VFs of a PF share. */
SIM_READER(sim_rd_resources)
{
	(void)f;
	sim_rd_map(rd, y, path, resource_fields, to);
}

/* `lacks`: capabilities of its class that the model has not. */
SIM_READER(sim_rd_lacks)
{
	static const char *const words[] = {
#define X(name, bit, text) text,
		MR_CT_CAPS(X)
#undef X
			NULL,
	};
	static const uint64_t bits[] = {
#define X(name, bit, text) MR_CT_CAP_##name,
		MR_CT_CAPS(X)
#undef X
	};
	char sub[SIM_PATH_MAX];
	uint64_t lacks = 0;

	(void)f;
	if (!sim_rd_seq(rd, y, path))
		return;
	for (unsigned i = 0; i < y->n && i < 64; i++) {
		int k;

		mr_fmt(sub, sizeof(sub), "%s[%u]", path, i);
		k = sim_rd_word(rd, y->child[i], sub, words);
		lacks |= k < 0 ? 0 : bits[k];
	}
	*(uint64_t *)to = lacks;
}

/* ---- limits ---- */

/* The numbers of every resource agree, each VF's base fits, and the device's BAR has room for
 * the most vectors. 'm' is as the file has it. */
void sim_model_check_resources(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
			       const struct sim_model_desc *m)
{
	struct sim_model_desc full = *m;

	sim_model_complete(&full);
	for (unsigned r = 0; r < MR_RES_COUNT && m->kind != SIM_KIND_BASE; r++) {
		const struct sim_res_desc *d = &full.res[r];

		if (m->res[r].max > d->total)
			sim_rd_error(rd, y, path, "%s: max %llu is above total %llu",
				     mr_resource_name(r), (unsigned long long)m->res[r].max,
				     (unsigned long long)d->total);
		else if (m->vfs * d->base > d->total)
			sim_rd_error(rd, y, path,
				     "%s: %u VFs x %llu each = %llu, total is %llu",
				     mr_resource_name(r), m->vfs, (unsigned long long)d->base,
				     (unsigned long long)(m->vfs * d->base),
				     (unsigned long long)d->total);
		else if (d->max < d->base)
			sim_rd_error(rd, y, path,
				     "%s: max %llu is below what each VF has, %llu",
				     mr_resource_name(r), (unsigned long long)d->max,
				     (unsigned long long)d->base);
	}
}
