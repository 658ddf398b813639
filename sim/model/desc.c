/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chassis file's document, switch and hosts. Models and adapters: desc_model.c; limits of
 * the whole: desc_check.c.
 */
#include "sim/model/desc.h"

#include <errno.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/now.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"
#include "sim/model/desc_read.h"

#define AT(type, member) offsetof(struct type, member)

static SIM_READER(read_api_version)
{
	static const char *const words[] = {"banyan/v1", NULL};

	(void)f, (void)to;
	sim_rd_word(rd, y, path, words);
}

static SIM_READER(read_kind)
{
	static const char *const words[] = {"ChassisModel", NULL};

	(void)f, (void)to;
	sim_rd_word(rd, y, path, words);
}

static SIM_READER(read_owner)
{
	static const char *const words[] = {"free", NULL};

	(void)f, (void)to;
	sim_rd_word(rd, y, path, words);
}

static SIM_READER(read_root)
{
	const char *text = sim_rd_text(rd, y, path);
	bool host = text && mr_starts(text, "host:") && text[5];

	(void)f;
	if (host && !mr_copy(to, MR_NAME_MAX, text + 5))
		sim_rd_error(rd, y, path, "a name has at most %d characters", MR_NAME_MAX - 1);
	else if (text && !host && !mr_streq(text, "embedded"))
		sim_rd_error(rd, y, path, "'%.64s': expected 'embedded' or 'host:NAME'", text);
}

static SIM_READER(read_nvm)
{
	static const char *const words[] = {"yes", "no", "stale", "corrupt", NULL};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	if (i >= 0)
		*(enum mr_sw_nvm *)to = (enum mr_sw_nvm)i;
}

static SIM_READER(read_switch_cut)
{
	static const char *const words[] = {"ones", "ur", NULL};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	if (i >= 0)
		*(unsigned *)to = (unsigned)i;
}

static SIM_READER(read_host_kind)
{
	static const char *const words[] = {"face", "qemu", NULL};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	if (i >= 0)
		*(enum sim_blade_kind *)to = (enum sim_blade_kind)i;
}

static SIM_READER(read_functions)
{
	static const char *const words[] = {"qemu", "vfio-user", NULL};

	(void)f, (void)to;
	sim_rd_word(rd, y, path, words);
}

static const struct sim_field link_fields[] = {
	{"speed", sim_rd_speed, AT(sim_host_desc, link_speed), 0, 0, true, NULL},
	{"width", sim_rd_width, AT(sim_host_desc, link_width), 0, 0, true, NULL},
	{0},
};

static const struct sim_field reserve_fields[] = {
	{"buses", sim_rd_uint, AT(sim_host_desc, reserve_buses), 1, MR_MAX_BRIDGES, false,
	 NULL},
	{"mmio", sim_rd_size, AT(sim_host_desc, reserve_mmio), 0, 1ull << 31, false, NULL},
	{"mmio64", sim_rd_size, AT(sim_host_desc, reserve_mmio64), 0, 1ull << 46, false, NULL},
	{0},
};

static const struct sim_field host_fields[] = {
	{"slot", sim_rd_uint, AT(sim_host_desc, slot), 1, MR_MAX_HOSTS, true, NULL},
	{"name", sim_rd_name, AT(sim_host_desc, name), 0, 0, false, NULL},
	{"rootOf", sim_rd_name, AT(sim_host_desc, root_of), 0, 0, false, NULL},
	{"kind", read_host_kind, AT(sim_host_desc, kind), 0, 0, false, NULL},
	{"functions", read_functions, 0, 0, 0, false, NULL},
	{"link", sim_rd_sub, 0, 0, 0, false, link_fields},
	{"hotplugReserve", sim_rd_sub, 0, 0, 0, false, reserve_fields},
	/* Its limit is refused with the arithmetic in desc_check.c. */
	{"bridges", sim_rd_uint, AT(sim_host_desc, bridges), 1, 100000, false, NULL},
	{"power", sim_rd_bool, AT(sim_host_desc, power), 0, 0, false, NULL},
	{"vfMigration", sim_rd_bool, AT(sim_host_desc, vf_migration), 0, 0, false, NULL},
	{"attentionButton", sim_rd_bool, AT(sim_host_desc, attention_button), 0, 0, false,
	 NULL},
	{"iommu", sim_rd_bool, AT(sim_host_desc, isolation.iommu), 0, 0, false, NULL},
	{"interruptRemapping", sim_rd_bool, AT(sim_host_desc, isolation.interrupt_remapping), 0,
	 0, false, NULL},
	{"acs", sim_rd_bool, AT(sim_host_desc, isolation.acs), 0, 0, false, NULL},
	{"cutAnswer", sim_rd_cut, AT(sim_host_desc, cut_answer), 0, 0, false, NULL},
	{0},
};

#define LIST_MAX 1024 /* entries of a list: far over every limit, which is then refused */

static SIM_READER(read_hosts)
{
	struct sim_desc *d = rd->desc;
	char sub[SIM_PATH_MAX];

	(void)f, (void)to;
	if (!sim_rd_seq(rd, y, path))
		return;
	if (y->n > LIST_MAX) {
		sim_rd_error(rd, y, path, "%u hosts, at most %d", y->n, MR_MAX_HOSTS);
		return;
	}
	d->host = mr_xcalloc(y->n + 1, sizeof(*d->host));
	for (unsigned i = 0; i < y->n; i++) {
		struct sim_host_desc *h = &d->host[d->hosts++];
		const struct mr_yaml *vfm;

		*h = (struct sim_host_desc){.link_speed = 160,
					    .link_width = 8,
					    .reserve_buses = 32,
					    .reserve_mmio = 256ull << 20,
					    .reserve_mmio64 = 64ull << 30,
					    .power = true,
					    .isolation = {true, true, true}};
		mr_fmt(sub, sizeof(sub), "%s[%u]", path, i);
		sim_rd_map(rd, y->child[i], sub, host_fields, h);
		vfm = y->child[i]->kind == MR_YAML_MAP ? mr_yaml_get(y->child[i], "vfMigration")
						       : NULL;
		if (!vfm)
			h->vf_migration = h->kind == SIM_BLADE_FACE;
		if (!h->name[0])
			mr_fmt(h->name, sizeof(h->name), "host%u", h->slot);
		if (!h->bridges)
			h->bridges = h->reserve_buses < 30 ? h->reserve_buses : 30;
	}
}

#define SEC_NS 1000000000ull

static const struct sim_field switch_fields[] = {
	{"ports", sim_rd_uint, AT(sim_desc, ports), 2, 100000, true, NULL},
	{"owner", read_owner, 0, 0, 0, false, NULL},
	{"managementRoot", read_root, AT(sim_desc, management_root), 0, 0, false, NULL},
	{"nvm", read_nvm, AT(sim_desc, nvm), 0, 0, false, NULL},
	{"cutAnswer", read_switch_cut, AT(sim_desc, cut_answer), 0, 0, false, NULL},
	{"events", sim_rd_uint, AT(sim_desc, event_entries), 8, 32768, false, NULL},
	{"hop", sim_rd_time, AT(sim_desc, hop_ns), 0, SEC_NS, false, NULL},
	{"slotCommand", sim_rd_time, AT(sim_desc, slot_ns), 0, SEC_NS, false, NULL},
	{"effect", sim_rd_time, AT(sim_desc, effect_ns), 0, SEC_NS, false, NULL},
	{0},
};

static const struct sim_field spec_fields[] = {
	{"serial", sim_rd_serial, AT(sim_desc, serial), 0, 0, true, NULL},
	{"switch", sim_rd_sub, 0, 0, 0, true, switch_fields},
	{"hosts", read_hosts, 0, 0, 0, true, NULL},
	{"models", sim_rd_models, 0, 0, 0, false, NULL},
	{"adapters", sim_rd_adapters, 0, 0, 0, false, NULL},
	{0},
};

static SIM_READER(read_spec)
{
	(void)f, (void)to;
	if (y->kind == MR_YAML_MAP)
		rd->models = mr_yaml_get(y, "models");
	sim_rd_map(rd, y, path, spec_fields, rd->desc);
}

static const struct sim_field metadata_fields[] = {
	{"name", sim_rd_name, AT(sim_desc, name), 0, 0, true, NULL},
	{0},
};

static const struct sim_field doc_fields[] = {
	{"apiVersion", read_api_version, 0, 0, 0, true, NULL},
	{"kind", read_kind, 0, 0, 0, true, NULL},
	{"metadata", sim_rd_sub, 0, 0, 0, true, metadata_fields},
	{"spec", read_spec, 0, 0, 0, true, NULL},
	{0},
};

static struct sim_desc *desc_new(void)
{
	struct sim_desc *d = MR_NEW(struct sim_desc);

	d->event_entries = 1024;
	d->hop_ns = MR_NS_PER_US;
	d->effect_ns = 10 * MR_NS_PER_US;
	return d;
}

/*
 * Reads the one ChassisModel document of 'text'. 0 with *ret (sim_desc_free), or -EINVAL with
 * findings in 'diags' and *ret NULL.
 */
int sim_desc_read(const char *file, const char *text, size_t len, struct sim_desc **ret,
		  struct mr_diags *diags)
{
	struct sim_rd rd = {file, diags, NULL, NULL};
	struct mr_yaml_docs docs = {0};
	unsigned before = diags->errors;

	*ret = NULL;
	if (mr_yaml_read(file, text, len, &docs, diags))
		return -EINVAL;
	rd.desc = desc_new();
	if (docs.n != 1) {
		sim_rd_error(&rd, NULL, "", "expected one ChassisModel document, found %u",
			     docs.n);
	} else {
		sim_rd_map(&rd, docs.doc[0], "", doc_fields, rd.desc);
		if (diags->errors == before) {
			sim_desc_profiles(rd.desc);
			sim_desc_check(&rd, mr_yaml_get(docs.doc[0], "spec"));
		}
	}
	mr_yaml_docs_done(&docs);
	if (diags->errors != before) {
		sim_desc_free(rd.desc);
		return -EINVAL;
	}
	*ret = rd.desc;
	return 0;
}

/* Frees a description; NULL is accepted. */
void sim_desc_free(struct sim_desc *d)
{
	if (!d)
		return;
	free(d->host);
	free(d->model);
	free(d->adapter);
	free(d);
}
