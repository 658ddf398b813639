/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces in a plan: they stay on the drive (PF) where they were made, so a device that has
 * data is bound to it, and what they take of its storage is a hard limit. Who makes them is
 * engine/assign/data.c.
 */
#include "fabric-manager/model/data.h"

#include "common/str.h"
#include "fabric-manager/plan/place.h"

#define MIB (UINT64_C(1) << 20)

static const struct fm_rec_data *find(const struct fm_plan_input *in, const struct fm_claim *c,
				      const char *name)
{
	for (unsigned i = 0; i < in->datas; i++) {
		const struct fm_rec_data *r = &in->data[i];

		if (r->state != FM_DATA_ERASE && mr_streq(r->name, name) &&
		    mr_streq(r->device, c->device) && mr_streq(r->profile, c->profile))
			return r;
	}
	return NULL;
}

static uint32_t unit_of(const struct fm_planner *p, const struct fm_rec_data *r)
{
	unsigned chassis;
	const struct fm_adapter *a = fm_data_drive(p->in->inventory, r, &chassis);
	uint16_t vf;

	return !a ? FM_NONE
		  : fm_world_unit(&p->world,
				  (struct fm_fn_id){(uint16_t)chassis, a->port, r->pf, 0}, &vf);
}

static const struct fm_adapter *drive(const struct fm_planner *p, uint32_t unit)
{
	return p->world.adapter[p->world.unit[unit].adapter].a;
}

/* Where this plan has placed other functions of the device: they share its namespaces. */
static uint32_t sibling(const struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];
	unsigned first = i - (c->index < i ? c->index : i);
	uint16_t vf;

	for (unsigned k = first; c->nss && k < first + c->count && k < p->d->claims; k++)
		if (k != i && p->plan->placed[k].placed && p->d->claim[k].ns == c->ns &&
		    p->d->claim[k].nss)
			return fm_world_unit(&p->world, p->plan->placed[k].fn, &vf);
	return FM_NONE;
}

/* The unit that has its data: fit.h. */
uint32_t fm_data_unit(const struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];

	for (unsigned n = 0; n < c->nss; n++) {
		const struct fm_rec_data *r = find(p->in, c, p->d->ns[c->ns + n].name);

		if (r)
			return unit_of(p, r);
	}
	return sibling(p, i);
}

/* ---- what bars a claim wherever it is placed ---- */

/* A namespace is what it was made as. */
static bool same_shape(const struct fm_rec_data *r, const struct fm_ns_want *w,
		       struct mr_buf *b)
{
	if (r->size == w->size && r->shared == w->shared &&
	    (!w->block_shift || r->block_shift == w->block_shift))
		return true;
	mr_buf_printf(b, "namespace %s was made with ", r->name);
	fm_data_shape_words(r->size, w->block_shift ? r->block_shift : 0, r->shared, b);
	mr_buf_puts(b, ", the documents say ");
	fm_data_shape_words(w->size, w->block_shift, w->shared, b);
	mr_buf_puts(b, ": it stays what it is, a new one needs another name");
	return false;
}

static enum mr_reason barred_by(const struct fm_planner *p, const struct fm_rec_data *r,
				const struct fm_ns_want *w, struct mr_buf *why)
{
	uint32_t unit = unit_of(p, r);

	if (unit == FM_NONE) {
		mr_buf_printf(why, "namespace %s is", r->name);
		fm_data_gone_words(r, "is not there", why);
		return MR_REASON_DEVICE_GONE;
	}
	if (r->state != FM_DATA_CREATE && !fm_data_is_there(drive(p, unit), r)) {
		fm_data_lost_words(r, why);
		return MR_REASON_DEVICE_GONE;
	}
	return same_shape(r, w, why) ? MR_REASON_OK : MR_REASON_INVALID;
}

/* Another reason than OK, in words: place.h. */
enum mr_reason fm_data_barred(const struct fm_planner *p, unsigned i, struct mr_buf *why)
{
	const struct fm_claim *c = &p->d->claim[i];
	enum mr_reason reason = MR_REASON_OK;

	for (unsigned n = 0; n < c->nss && reason == MR_REASON_OK; n++) {
		const struct fm_ns_want *w = &p->d->ns[c->ns + n];
		const struct fm_rec_data *r = find(p->in, c, w->name);

		if (r)
			reason = barred_by(p, r, w, why);
	}
	return reason;
}

/* ---- the storage of a drive ---- */

struct storage {
	uint64_t bytes;
	unsigned rows;
};

/* What is still to be made for claim 'i' if it is placed on 'unit'. */
static struct storage need(const struct fm_planner *p, unsigned i, uint32_t unit)
{
	const struct fm_claim *c = &p->d->claim[i];
	struct storage s = {0};

	for (unsigned n = 0; n < c->nss && sibling(p, i) == FM_NONE; n++) {
		const struct fm_ns_want *w = &p->d->ns[c->ns + n];

		if (find(p->in, c, w->name))
			continue;
		s.bytes += fm_drive_size(drive(p, unit), p->world.unit[unit].pf, w->size);
		s.rows++;
	}
	return s;
}

/* What is there, what is being made, and what this plan will have made. */
static struct storage taken(const struct fm_planner *p, uint32_t unit)
{
	const struct fm_unit *u = &p->world.unit[unit];
	const struct fm_adapter *a = drive(p, unit);
	const struct fm_namespace *ns = a->pf[u->pf].ns;
	struct storage s = {0};

	for (unsigned k = 0; ns && k < a->namespaces; k++) {
		s.bytes += ns[k].exists ? ns[k].size : 0;
		s.rows += ns[k].exists;
	}
	for (unsigned k = 0; k < p->in->datas; k++) {
		const struct fm_rec_data *r = &p->in->data[k];

		if (r->state != FM_DATA_CREATE || unit_of(p, r) != unit ||
		    fm_data_is_there(a, r))
			continue;
		s.bytes += fm_drive_size(a, u->pf, r->size);
		s.rows++;
	}
	for (uint32_t i = u->claims; i != FM_NONE; i = p->next_new[i]) {
		struct storage n = need(p, i, unit);

		s.bytes += n.bytes;
		s.rows += n.rows;
	}
	return s;
}

/* The first namespace of a claim whose blocks the drive does not have, NULL = it has all. */
static const struct fm_ns_want *odd_blocks(const struct fm_adapter *a,
					   const struct fm_planner *p, unsigned i)
{
	const struct fm_claim *c = &p->d->claim[i];

	for (unsigned n = 0; n < c->nss; n++) {
		const struct fm_ns_want *w = &p->d->ns[c->ns + n];

		if (!(a->limits.block_sizes >> fm_drive_block_shift(a, w->block_shift) & 1))
			return w;
	}
	return NULL;
}

/* What the drive lacks: fit.h. */
void fm_data_able_words(const struct fm_ask *ask, uint32_t unit, struct mr_buf *out)
{
	const struct fm_adapter *a = drive(ask->planner, unit);
	const struct fm_ns_want *w = odd_blocks(a, ask->planner, ask->index);
	const char *sep = ", and it has blocks of ";
	char text[32];

	if (a->kind == FM_ADAPTER_BASE || !(a->caps & MR_CT_CAP_NAMESPACES) || !w) {
		mr_buf_puts(out, "it has no namespaces");
		return;
	}
	mr_buf_printf(out, "namespace %s in blocks of %s", w->name,
		      mr_size_text(UINT64_C(1) << w->block_shift, text, sizeof(text)));
	for (unsigned n = 0; n < 32; n++) {
		if (!(a->limits.block_sizes >> n & 1))
			continue;
		mr_buf_printf(out, "%s%s", sep,
			      mr_size_text(UINT64_C(1) << n, text, sizeof(text)));
		sep = " or ";
	}
}

/* Whether the namespaces of what is asked for can be on 'unit': fit.h. */
enum fm_drop fm_data_fit(const struct fm_ask *ask, uint32_t unit)
{
	const struct fm_planner *p = ask->planner;
	const struct fm_adapter *a = drive(p, unit);
	struct storage more, has;

	if (ask->drive != FM_NONE && ask->drive != unit)
		return FM_DROP_DATA;
	if (a->kind == FM_ADAPTER_BASE || !(a->caps & MR_CT_CAP_NAMESPACES) ||
	    odd_blocks(a, p, ask->index))
		return FM_DROP_ABLE;
	more = need(p, ask->index, unit);
	if (!more.rows)
		return FM_DROP_NONE;
	has = taken(p, unit);
	if (has.rows + more.rows > a->namespaces ||
	    has.bytes + more.bytes >
		    a->pf[p->world.unit[unit].pf].total[FM_RESOURCE_STORAGE] * MIB)
		return FM_DROP_STORAGE;
	return FM_DROP_NONE;
}

/* Why not: fit.h. */
void fm_data_words(const struct fm_ask *ask, uint32_t unit, enum fm_drop d, struct mr_buf *out)
{
	const struct fm_planner *p = ask->planner;
	const struct fm_adapter *a = drive(p, unit);
	struct storage more = need(p, ask->index, unit), has = taken(p, unit);
	char t1[32], t2[32], t3[32];

	if (d == FM_DROP_DATA) {
		mr_buf_puts(out, "its data is on ");
		fm_unit_words(&p->world, ask->drive, out);
		mr_buf_puts(out, ", and namespaces do not move between drives; ");
		fm_unit_words(&p->world, unit, out);
		mr_buf_puts(out, " has none of it");
		return;
	}
	fm_unit_words(&p->world, unit, out);
	if (has.rows + more.rows > a->namespaces) {
		mr_buf_printf(out, ": %u namespaces + %u, %u are possible", has.rows, more.rows,
			      a->namespaces);
		return;
	}
	mr_buf_printf(
		out, ": storage %s + %s, it has %s", mr_size_text(has.bytes, t1, sizeof(t1)),
		mr_size_text(more.bytes, t2, sizeof(t2)),
		mr_size_text(a->pf[p->world.unit[unit].pf].total[FM_RESOURCE_STORAGE] * MIB, t3,
			     sizeof(t3)));
}

/* Those that are ready there, as VF_CLASS1: place.h. */
uint64_t fm_data_mask(const struct fm_plan_input *in, const struct fm_claim *c,
		      struct fm_fn_id fn)
{
	uint64_t mask = 0;

	for (unsigned n = 0; n < c->nss; n++) {
		const struct fm_rec_data *r = find(in, c, in->desired->ns[c->ns + n].name);
		const struct fm_adapter *a;
		unsigned chassis;

		if (!r || r->state == FM_DATA_CREATE)
			continue;
		a = fm_data_drive(in->inventory, r, &chassis);
		if (a && chassis == fn.chassis && a->port == fn.port && r->pf == fn.pf)
			mask |= UINT64_C(1) << r->index;
	}
	return mask;
}
