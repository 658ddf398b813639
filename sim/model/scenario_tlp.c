/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Steps that send one request and look what became of it: of a function to memory, to an
 * interrupt, for a translation; of a host to invalidate one. And the host's translation agent.
 */
#include <errno.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

static const enum sim_tlp_kind kinds[] = {SIM_TLP_MEM_READ, SIM_TLP_MEM_WRITE, SIM_TLP_MSI,
					  SIM_TLP_ATS_REQUEST};
static const char *const kind_words[] = {"read", "write", "msi", "translate", NULL};
/* In the order of enum sim_tlp_end. */
static const char *const end_words[] = {"flying", "landed", "completed", "ur", "dropped", NULL};

static SIM_READER(rd_kind)
{
	int i = sim_rd_word(rd, y, path, kind_words);

	(void)f;
	((struct scn_args *)to)->kind = i < 0 ? 0 : (unsigned)i;
}

static SIM_READER(rd_end)
{
	int i = sim_rd_word(rd, y, path, end_words);

	(void)f;
	((struct scn_args *)to)->kind = i < 0 ? 0 : (unsigned)i;
}

static const struct sim_field request_fields[] = {
	{"function", scn_rd_text, SCN_AT(function), 0, 96, true, NULL},
	{"kind", rd_kind, 0, 0, 0, true, NULL},
	{"address", scn_rd_value, 0, 0, 0, false, NULL},
	{"vector", sim_rd_uint, SCN_AT(count), 0, 2047, false, NULL},
	{"translated", sim_rd_bool, SCN_AT(total), 0, 0, false, NULL},
	{0},
};

static const struct sim_field invalidate_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, true, NULL},
	{"address", scn_rd_value, 0, 0, 0, true, NULL},
	{"size", scn_rd_value, 0, 2, 0, true, NULL},
	{0},
};

static const struct sim_field iommu_fields[] = {
	SCN_BLADE,
	{"from", scn_rd_value, 0, 0, 0, true, NULL},
	{"to", scn_rd_value, 0, 1, 0, false, NULL},
	{"size", scn_rd_value, 0, 2, 0, true, NULL},
	{0},
};

const struct sim_field scn_answer_fields[] = {
	{"is", rd_end, 0, 0, 0, true, NULL},
	{"address", scn_rd_value, 0, 0, 0, false, NULL},
	{"blade", scn_rd_text, SCN_AT(blade), 0, MR_NAME_MAX, false, NULL},
	{0},
};

/* The fate of the last request, as far as it is known. */
static void follow(struct sim_scn_run *r)
{
	if (r->tlp && r->fate.end == SIM_TLP_FLYING)
		r->fate = sim_tlp_fate(r->c, r->tlp);
}

static void launch(struct sim_scn_run *r, const struct sim_tlp *t)
{
	follow(r); /* a fate is kept until somebody reads it */
	r->fate = (struct sim_tlp_fate){.end = SIM_TLP_FLYING};
	r->tlp = sim_tlp_launch(r->c, r->now, t);
}

static int t_request(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	struct sim_tlp t = {.kind = kinds[a->kind],
			    .from_function = true,
			    .translated = a->total,
			    .port = (uint16_t)a->portnr,
			    .pf = (uint16_t)a->pf,
			    .vf = (uint16_t)a->vf,
			    .address = a->value,
			    .data = kinds[a->kind] == SIM_TLP_MSI ? a->count : 1};

	mr_buf_printf(why, "%s %s", a->function, kind_words[a->kind]);
	if (a->has_value)
		mr_buf_printf(why, " 0x%llx", (unsigned long long)a->value);
	launch(r, &t);
	return 0;
}

static int t_invalidate(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	struct sim_tlp t = {.kind = SIM_TLP_ATS_INVALIDATE,
			    .vh = (uint16_t)a->vh,
			    .rid = a->rid,
			    .address = a->value,
			    .data = a->least};

	mr_buf_printf(why, "%s %s 0x%llx", a->blade, a->at, (unsigned long long)a->value);
	launch(r, &t);
	return 0;
}

/* With 'to' a mapping, without it the mappings there go. */
static int t_iommu(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	const struct sim_translation m = {a->value, a->mask, a->least,
					  SIM_IOMMU_READ | SIM_IOMMU_WRITE};
	uint16_t vh = (uint16_t)a->vh;
	int rc = a->has_mask ? sim_host_iommu_map(r->c, r->now, vh, &m)
			     : sim_host_iommu_unmap(r->c, r->now, vh, m.from, m.size);

	mr_buf_printf(why, "%s 0x%llx", a->blade, (unsigned long long)a->value);
	if (rc == -EINVAL)
		mr_buf_puts(why, ": expected whole pages of 4 KiB");
	else if (rc == -EEXIST)
		mr_buf_puts(why, ": another mapping is there");
	else if (rc < 0)
		mr_buf_printf(why, ": errno %d", -rc);
	return rc < 0 ? rc : 0;
}

/* What became of the last request: its end, where it landed or what was translated. */
bool scn_answer(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	uint64_t where;

	follow(r);
	where = r->fate.end == SIM_TLP_COMPLETED ? r->fate.data : r->fate.at_address;
	mr_buf_printf(found, "is %s",
		      r->tlp ? end_words[r->fate.end] : "none: nothing was sent");
	if (r->tlp && r->fate.end != a->kind)
		mr_buf_printf(found, ", expected %s", end_words[a->kind]);
	if (a->has_value)
		mr_buf_printf(found, ", address 0x%llx", (unsigned long long)where);
	if (a->blade[0])
		mr_buf_printf(found, ", at VH %u", r->fate.at_vh);
	return r->tlp && r->fate.end == a->kind && (!a->has_value || where == a->value) &&
	       (!a->blade[0] || r->fate.at_vh == a->vh);
}

const struct scn_action scn_tlp_acts[] = {
	{"request", "function, kind (read, write, msi, translate), address, vector, translated",
	 request_fields, NULL, 0, t_request},
	{"invalidate", "blade, at, address, size: the host takes a translation back",
	 invalidate_fields, NULL, 0, t_invalidate},
	{"iommu", "blade, from, to, size: its translation agent maps; without to: no more",
	 iommu_fields, NULL, 0, t_iommu},
	{0},
};
