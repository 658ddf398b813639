/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Device models and adapters of the chassis file.
 */
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"
#include "sim/model/desc_read.h"

#define AT(type, member) offsetof(struct type, member)
#define LIST_MAX	 1024
#define PROFILE(i)	 (0x10000u + (i)) /* index of a model while the file is being read */

static SIM_READER(read_kind)
{
	static const char *const words[] = {"mra", "sriov", "base", NULL};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	if (i >= 0)
		*(enum sim_kind *)to = (enum sim_kind)i;
}

static SIM_READER(read_class)
{
	const char *text = sim_rd_text(rd, y, path);
	int v = text ? mr_class_parse(text) : -1;

	(void)f;
	if (v > 0)
		*(enum mr_class *)to = (enum mr_class)v;
	else if (text)
		sim_rd_error(rd, y, path,
			     "'%.64s' is not one of: ethernet, fibre-channel, infiniband, "
			     "nvme, gpu",
			     text);
}

static const struct sim_field link_fields[] = {
	{"speed", sim_rd_speed, AT(sim_model_desc, link_speed), 0, 0, true, NULL},
	{"width", sim_rd_width, AT(sim_model_desc, link_width), 0, 0, true, NULL},
	{0},
};

static const struct sim_field port_fields[] = {
	{"speed", sim_rd_mbps, 0, 0, 0, true, NULL},
	{0},
};

static SIM_READER(read_ports)
{
	struct sim_model_desc *m = to;
	char sub[SIM_PATH_MAX];

	(void)f;
	if (!sim_rd_seq(rd, y, path))
		return;
	if (!y->n || y->n > MR_MAX_PFS) {
		sim_rd_error(rd, y, path, "%u ports: expected 1 to %d, one PF each", y->n,
			     MR_MAX_PFS);
		return;
	}
	m->ports = y->n;
	for (unsigned i = 0; i < y->n; i++) {
		mr_fmt(sub, sizeof(sub), "%s[%u]", path, i);
		sim_rd_map(rd, y->child[i], sub, port_fields, &m->port_mbps[i]);
	}
}

struct bar_in {
	uint64_t size;
	int type;
	bool prefetch;
};

static SIM_READER(read_bar_type)
{
	static const char *const words[] = {"mem32", "mem64", NULL};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	if (i >= 0)
		*(int *)to = i;
}

static const struct sim_field bar_fields[] = {
	{"size", sim_rd_size, offsetof(struct bar_in, size), 4096, 1ull << 38, true, NULL},
	{"type", read_bar_type, offsetof(struct bar_in, type), 0, 0, true, NULL},
	{"prefetch", sim_rd_bool, offsetof(struct bar_in, prefetch), 0, 0, false, NULL},
	{0},
};

/* One BAR into the registers from '*reg' on: a 64-bit BAR takes two. */
static void read_bar(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
		     struct sim_model_desc *m, unsigned *reg)
{
	struct bar_in in = {.type = 1};
	unsigned takes;

	sim_rd_map(rd, y, path, bar_fields, &in);
	if (y->kind != MR_YAML_MAP || !in.size)
		return;
	if (!mr_yaml_get(y, "prefetch"))
		in.prefetch = in.type == 1;
	takes = in.type == 1 ? 2 : 1;
	if (in.size & (in.size - 1))
		sim_rd_error(rd, y, path, "the size of a BAR has to be a power of two");
	else if (in.type == 0 && in.size > 1ull << 30)
		sim_rd_error(rd, y, path, "a mem32 BAR has at most 1GiB");
	else if (*reg + takes > 6)
		sim_rd_error(rd, y, path, "more than 6 BAR registers (a mem64 BAR takes two)");
	else
		m->bar[*reg] = (struct sim_bar_desc){in.size, in.type == 1, in.prefetch};
	*reg += takes;
}

static SIM_READER(read_bars)
{
	struct sim_model_desc *m = to;
	char sub[SIM_PATH_MAX];
	unsigned reg = 0;

	(void)f;
	if (!sim_rd_seq(rd, y, path))
		return;
	memset(m->bar, 0, sizeof(m->bar)); /* those of the profile */
	if (!y->n || y->n > 6) {
		sim_rd_error(rd, y, path, "%u BARs: expected 1 to 6", y->n);
		return;
	}
	for (unsigned i = 0; i < y->n; i++) {
		mr_fmt(sub, sizeof(sub), "%s[%u]", path, i);
		read_bar(rd, y->child[i], sub, m, &reg);
	}
}

static SIM_READER(read_mode_name)
{
	const char *text = sim_rd_text(rd, y, path);

	(void)f;
	if (text && (!text[0] || strlen(text) >= sizeof(((struct sim_mode_desc *)to)->name)))
		sim_rd_error(rd, y, path, "the name of a mode has 1 to 31 characters");
	else if (text)
		mr_copy(to, sizeof(((struct sim_mode_desc *)to)->name), text);
}

static const struct sim_field mode_fields[] = {
	{"name", read_mode_name, AT(sim_mode_desc, name), 0, 0, true, NULL},
	{"vfs", sim_rd_uint, AT(sim_mode_desc, vfs), 1, MR_MAX_VFS, true, NULL},
	{"vhs", sim_rd_uint, AT(sim_mode_desc, vhs), 2, MR_MAX_DEVICE_VHS, false, NULL},
	{0},
};

/* The first one is in effect; what it has is what the model has. */
static SIM_READER(read_modes)
{
	struct sim_model_desc *m = to;
	char sub[SIM_PATH_MAX];

	(void)f;
	if (!sim_rd_seq(rd, y, path))
		return;
	if (!y->n || y->n > MR_MAX_MODES) {
		sim_rd_error(rd, y, path, "%u modes: expected 1 to %d", y->n, MR_MAX_MODES);
		return;
	}
	memset(m->mode, 0, sizeof(m->mode)); /* those of the profile */
	m->modes = y->n;
	for (unsigned i = 0; i < y->n; i++) {
		mr_fmt(sub, sizeof(sub), "%s[%u]", path, i);
		sim_rd_map(rd, y->child[i], sub, mode_fields, &m->mode[i]);
		for (unsigned k = 0; k < i; k++)
			if (mr_streq(m->mode[k].name, m->mode[i].name))
				sim_rd_error(rd, y->child[i], sub, "two modes have this name");
	}
	m->vfs = m->mode[0].vfs;
	m->vhs = m->mode[0].vhs;
}

#define NS_10S 10000000000ull

static const struct sim_field timing_fields[] = {
	{"flr", sim_rd_time, AT(sim_model_desc, flr_ns), 0, NS_10S, false, NULL},
	{"vfEnable", sim_rd_time, AT(sim_model_desc, vf_enable_ns), 0, NS_10S, false, NULL},
	{"scrub", sim_rd_time, AT(sim_model_desc, scrub_ns), 0, 360 * NS_10S, false, NULL},
	{0},
};

/* Its values are there already; what is written beside it changes them. */
static SIM_READER(read_profile)
{
	const char *text = sim_rd_text(rd, y, path);

	(void)f, (void)to;
	if (text && !sim_profile_find(text))
		sim_rd_error(rd, y, path, "there is no profile '%.64s'", text);
}

static const struct sim_field model_fields[] = {
	{"profile", read_profile, 0, 0, 0, false, NULL},
	{"kind", read_kind, AT(sim_model_desc, kind), 0, 0, true, NULL},
	{"class", read_class, AT(sim_model_desc, device_class), 0, 0, true, NULL},
	{"vendor", sim_rd_hex16, AT(sim_model_desc, vendor), 0, 0, true, NULL},
	{"device", sim_rd_hex16, AT(sim_model_desc, device), 0, 0, true, NULL},
	{"vfDevice", sim_rd_hex16, AT(sim_model_desc, vf_device), 0, 0, false, NULL},
	{"ports", read_ports, 0, 0, 0, false, NULL},
	{"link", sim_rd_sub, 0, 0, 0, true, link_fields},
	{"vfs", sim_rd_uint, AT(sim_model_desc, vfs), 1, MR_MAX_VFS, false, NULL},
	{"vhs", sim_rd_uint, AT(sim_model_desc, vhs), 2, MR_MAX_DEVICE_VHS, false, NULL},
	{"modes", read_modes, 0, 0, 0, false, NULL},
	{"bars", read_bars, 0, 0, 0, true, NULL},
	{"msix", sim_rd_uint, AT(sim_model_desc, msix), 0, 2048, false, NULL},
	{"timing", sim_rd_sub, 0, 0, 0, false, timing_fields},
	{"dependentPfs", sim_rd_bool, AT(sim_model_desc, dependent_pfs), 0, 0, false, NULL},
	{"rateStep", sim_rd_mbps, AT(sim_model_desc, rate_step_mbps), 0, 0, false, NULL},
	{"mtu", sim_rd_uint, AT(sim_model_desc, mtu), 68, 65535, false, NULL},
	{"resources", sim_rd_resources, 0, 0, 0, false, NULL},
	{"aclRules", sim_rd_uint, AT(sim_model_desc, acl_rules), 1, MR_VF_ACL_ROWS, false,
	 NULL},
	{"configSpaces", sim_rd_uint, AT(sim_model_desc, config_spaces), 1, 65535, false, NULL},
	{"lacks", sim_rd_lacks, AT(sim_model_desc, lacks), 0, 0, false, NULL},
	{0},
};

/* MSI-X table and its pending bits stand in the upper half of BAR 0. */
static void check_msix(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
		       const struct sim_model_desc *m)
{
	struct sim_model_desc full = *m;
	uint64_t most, needs;

	sim_model_complete(&full);
	most = full.res[MR_RES_MSIX].max > m->msix ? full.res[MR_RES_MSIX].max : m->msix;
	needs = 16 * most + (most + 63) / 64 * 8;

	if (needs > m->bar[0].size / 2)
		sim_rd_error(rd, y, path,
			     "%llu MSI-X vectors need %llu bytes, the upper half of BAR 0 has "
			     "%llu",
			     (unsigned long long)most, (unsigned long long)needs,
			     (unsigned long long)(m->bar[0].size / 2));
}

/* What a model of its kind needs and what it cannot have. */
static void check_shape(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
			const struct sim_model_desc *m)
{
	if (m->kind != SIM_KIND_BASE && (!m->vfs || !m->vf_device))
		sim_rd_error(rd, y, path, "kind mra and sriov need 'vfs' and 'vfDevice'");
	if (m->kind == SIM_KIND_BASE && (m->vfs || m->vf_device))
		sim_rd_error(rd, y, path,
			     "kind base has no VFs: 'vfs' and 'vfDevice' are for "
			     "mra and sriov");
	if (m->kind == SIM_KIND_MRA && !m->vhs)
		sim_rd_error(rd, y, path, "kind mra needs 'vhs', VH 0 included");
	if (m->kind != SIM_KIND_MRA && m->vhs)
		sim_rd_error(rd, y, path, "'vhs' is for kind mra only");
	if (m->kind == SIM_KIND_BASE && m->ports > 1)
		sim_rd_error(rd, y, path, "kind base has one function and at most one port");
	if (m->config_spaces && m->kind != SIM_KIND_MRA)
		sim_rd_error(rd, y, path, "'configSpaces' is for kind mra only");
	else if (m->config_spaces && 1 + 2 * m->pfs + m->vfs > m->config_spaces)
		sim_rd_error(rd, y, path,
			     "1 BF + %u PFs of VH 0 + %u of one host + %u VFs = %u "
			     "configuration spaces, configSpaces is %u",
			     m->pfs, m->pfs, m->vfs, 1 + 2 * m->pfs + m->vfs, m->config_spaces);
	check_msix(rd, y, path, m);
	sim_model_check_resources(rd, y, path, m);
}

/* The same in each of its modes. */
static void check_model(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
			const struct sim_model_desc *m)
{
	struct sim_model_desc shape = *m;

	if (m->modes && (mr_yaml_get(y, "vfs") || mr_yaml_get(y, "vhs")))
		sim_rd_error(rd, y, path, "'vfs' and 'vhs' are those of its modes");
	if (m->modes && m->kind == SIM_KIND_BASE)
		sim_rd_error(rd, y, path, "kind base has no modes");
	check_shape(rd, y, path, m);
	for (unsigned i = 1; i < m->modes; i++) {
		shape.vfs = m->mode[i].vfs;
		shape.vhs = m->mode[i].vhs;
		check_shape(rd, y, path, &shape);
	}
}

static bool name_known(const struct sim_desc *d, unsigned n, const char *name)
{
	for (unsigned i = 0; i < n; i++)
		if (mr_streq(d->model[i].name, name))
			return true;
	return false;
}

/* The fields of a model that starts from a profile: none of them is needed. */
static void read_changes(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
			 struct sim_model_desc *m)
{
	struct sim_field fields[sizeof(model_fields) / sizeof(model_fields[0])];

	memcpy(fields, model_fields, sizeof(fields));
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		fields[i].required = false;
	sim_rd_map(rd, y, path, fields, m);
}

static void read_model(struct sim_rd *rd, const struct mr_yaml *key, const struct mr_yaml *y,
		       const char *path)
{
	struct sim_desc *d = rd->desc;
	struct sim_model_desc *m = &d->model[d->models++];
	const struct mr_yaml *from = y->kind == MR_YAML_MAP ? mr_yaml_get(y, "profile") : NULL;
	const struct sim_model_desc *profile =
		from && from->kind == MR_YAML_SCALAR ? sim_profile_find(from->text) : NULL;

	*m = (struct sim_model_desc){.msix = 16, .rate_step_mbps = 1};
	if (profile)
		*m = *profile;
	sim_rd_name(rd, NULL, key, path, m->name);
	if (name_known(d, d->models - 1, m->name))
		sim_rd_error(rd, key, path, "two models have this name");
	if (from) { /* another shape is none of the profile's modes */
		if (!mr_yaml_get(y, "modes") &&
		    (mr_yaml_get(y, "vfs") || mr_yaml_get(y, "vhs")))
			m->modes = 0;
		read_changes(rd, y, path, m);
	} else {
		sim_rd_map(rd, y, path, model_fields, m);
	}
	m->pfs = m->ports ? m->ports : 1;
	if (y->kind == MR_YAML_MAP && (!from || profile))
		check_model(rd, y, path, m);
}

SIM_READER(sim_rd_models)
{
	struct sim_desc *d = rd->desc;
	char sub[SIM_PATH_MAX];

	(void)f, (void)to;
	if (y->kind != MR_YAML_MAP || y->n > LIST_MAX) {
		sim_rd_error(rd, y, path, "expected a map of at most %d models by name",
			     LIST_MAX);
		return;
	}
	d->model = mr_xcalloc(y->n + 1, sizeof(*d->model));
	for (unsigned i = 0; i < y->n; i++) {
		mr_fmt(sub, sizeof(sub), "%s.%.64s", path, y->key[i]->text);
		read_model(rd, y->key[i], y->child[i], sub);
	}
}

/* Models are numbered in the order of the file. */
static SIM_READER(read_model_name)
{
	const char *text = sim_rd_text(rd, y, path);
	const struct mr_yaml *models = rd->models;

	(void)f;
	if (!text)
		return;
	for (unsigned i = 0; models && models->kind == MR_YAML_MAP && i < models->n; i++) {
		if (mr_streq(models->key[i]->text, text)) {
			*(unsigned *)to = i;
			return;
		}
	}
	for (unsigned i = 0; sim_profile(i); i++) {
		if (mr_streq(sim_profile(i)->name, text)) {
			*(unsigned *)to = PROFILE(i);
			return;
		}
	}
	sim_rd_error(rd, y, path, "no model '%.64s' in spec.models, and no profile", text);
}

/* Index of the model made from profile i, appended where no adapter used it before. */
static unsigned profile_model(struct sim_desc *d, unsigned i, unsigned first)
{
	unsigned at = first;

	while (at < d->models && !mr_streq(d->model[at].name, sim_profile(i)->name))
		at++;
	if (at < d->models)
		return at;
	d->model = mr_xrealloc(d->model, d->models + 1, sizeof(*d->model));
	d->model[d->models] = *sim_profile(i);
	return d->models++;
}

/* Gives adapters whose model is a profile their entry in d->model. */
void sim_desc_profiles(struct sim_desc *d)
{
	unsigned first = d->models;

	for (unsigned i = 0; i < d->adapters; i++)
		if (d->adapter[i].model >= PROFILE(0))
			d->adapter[i].model =
				profile_model(d, d->adapter[i].model - PROFILE(0), first);
}

static const struct sim_field adapter_fields[] = {
	{"slot", sim_rd_uint, AT(sim_adapter_desc, slot), 1, MR_MAX_ADAPTERS, true, NULL},
	{"name", sim_rd_name, AT(sim_adapter_desc, name), 0, 0, false, NULL},
	{"model", read_model_name, AT(sim_adapter_desc, model), 0, 0, true, NULL},
	{"serial", sim_rd_serial, AT(sim_adapter_desc, serial), 0, 0, true, NULL},
	{"present", sim_rd_bool, AT(sim_adapter_desc, present), 0, 0, false, NULL},
	{0},
};

SIM_READER(sim_rd_adapters)
{
	struct sim_desc *d = rd->desc;
	char sub[SIM_PATH_MAX];

	(void)f, (void)to;
	if (!sim_rd_seq(rd, y, path))
		return;
	if (y->n > LIST_MAX) {
		sim_rd_error(rd, y, path, "%u adapters, at most %d", y->n, MR_MAX_ADAPTERS);
		return;
	}
	d->adapter = mr_xcalloc(y->n + 1, sizeof(*d->adapter));
	for (unsigned i = 0; i < y->n; i++) {
		struct sim_adapter_desc *a = &d->adapter[d->adapters++];

		a->present = true;
		mr_fmt(sub, sizeof(sub), "%s[%u]", path, i);
		sim_rd_map(rd, y->child[i], sub, adapter_fields, a);
		if (!a->name[0])
			mr_fmt(a->name, sizeof(a->name), "slot%u", a->slot);
	}
}
