// SPDX-License-Identifier: Apache-2.0
/*
 * Namespaces that an adoption found, and whose they may be. Nobody is given an empty one while
 * his own may be among them, or on a drive that could not be read.
 */
#include "fabric-manager/engine/assign/adopt.h"
#include "fabric-manager/engine/assign/data.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/model/data.h"

#define DATA_TEXT (3 * MR_NAME_MAX)

/* ---- what is found ---- */

static bool is_known(const struct fm_engine *e, uint32_t id)
{
	for (unsigned i = 0; i < e->datas; i++)
		if (e->data[i].id == id)
			return true;
	return false;
}

/* One that its drive has and the store does not. What carries no number cannot be told from
 * others of its kind later. */
static void adopt(struct fm_engine *e, unsigned chassis, const struct fm_adapter *d,
		  unsigned pf, unsigned k)
{
	const struct fm_namespace *n = &d->pf[pf].ns[k];
	struct fm_rec_data r = {.id = (uint32_t)(n->cookie >> 32),
				.state = FM_DATA_KEPT,
				.pf = (uint16_t)pf,
				.index = (uint8_t)k,
				.block_shift = n->block_shift,
				.shared = n->shared,
				.size = n->size,
				.owner = (uint32_t)n->cookie};
	char text[DATA_TEXT];

	if (!n->exists || !r.id || is_known(e, r.id))
		return;
	mr_copy(r.profile, sizeof(r.profile), FM_ADOPTED);
	mr_fmt(r.device, sizeof(r.device), "%s.pf%u", d->name, pf);
	mr_fmt(r.name, sizeof(r.name), "ns%u", k + 1);
	mr_copy(r.chassis, sizeof(r.chassis), e->chassis_name[chassis]);
	mr_copy(r.adapter, sizeof(r.adapter), d->name);
	mr_copy(r.serial, sizeof(r.serial), d->serial);
	mr_fmt(text, sizeof(text), "%s/%s/%s", r.profile, r.device, r.name);
	if (fm_data_named(e, text) >= 0)
		return;
	fm_data_load(e, &r);
	fm_rec(e, FM_RECORD_DATA)->data = r;
	e->intent = true;
	fm_note(e, MR_REASON_OK, text, "namespace %u of %s/pf%u was found: it is kept", k + 1,
		d->name, pf);
}

void fm_data_adopt(struct fm_engine *e, unsigned chassis)
{
	const struct fm_chassis *c = &e->inv.chassis[chassis];

	for (unsigned i = 0; i < c->adapters; i++) {
		const struct fm_adapter *d = &c->adapter[i];

		for (unsigned pf = 0; d->present && pf < d->pfs; pf++)
			for (unsigned k = 0; d->pf[pf].ns && k < d->namespaces; k++)
				adopt(e, chassis, d, pf, k);
	}
}

/* ---- whose it is ---- */

int fm_data_own(const struct fm_engine *e, const struct fm_claim *c, const struct fm_ns_want *w)
{
	for (unsigned i = 0; i < e->datas; i++)
		if (e->data[i].state == FM_DATA_KEPT &&
		    mr_streq(e->data[i].profile, FM_ADOPTED) &&
		    fm_data_made_for(&e->inv, &e->data[i], c->profile, c->device, w->name))
			return (int)i;
	return -1;
}

bool fm_data_shaped(const struct fm_adapter *d, const struct fm_rec_data *r,
		    const struct fm_ns_want *w)
{
	return fm_drive_size(d, r->pf, r->size) == fm_drive_size(d, r->pf, w->size) &&
	       r->shared == w->shared &&
	       r->block_shift == fm_drive_block_shift(d, w->block_shift);
}

bool fm_data_serves(const struct fm_engine *e, unsigned i, const struct fm_ns_want *w)
{
	const struct fm_rec_data *r = &e->data[i];
	unsigned chassis;
	const struct fm_adapter *d = fm_data_drive(&e->inv, r, &chassis);

	return d && fm_data_is_there(d, r) && fm_data_attached(d, r, FM_WHOLE) < 0 &&
	       fm_data_shaped(d, r, w);
}

/* ---- what a claim waits for ---- */

static enum mr_reason shape_words(const struct fm_adapter *d, const struct fm_rec_data *r,
				  const struct fm_ns_want *w, struct mr_buf *why)
{
	unsigned shift = fm_drive_block_shift(d, w->block_shift);

	shift = shift == r->block_shift ? 0 : shift;
	mr_buf_puts(why, " with ");
	fm_data_shape_words(r->size, shift ? r->block_shift : 0, r->shared, why);
	mr_buf_puts(why, ", the documents say ");
	fm_data_shape_words(w->size, shift, w->shared, why);
	mr_buf_printf(why,
		      ": write what it is, or `banyan delete namespace %s/%s/%s` has an empty "
		      "one made",
		      r->profile, r->device, r->name);
	return MR_REASON_INVALID;
}

static enum mr_reason attached_words(const struct fm_engine *e, struct fm_fn_id fn,
				     struct mr_buf *why)
{
	const struct fm_asg *a = fm_asg_by_fn(e, fn);
	char text[FM_FN_TEXT];

	mr_buf_printf(why, ", attached to %s", fm_fn_text(&e->inv, fn, text));
	if (a && a->a.adopted && !a->a.going)
		mr_buf_printf(why, ", adopted on %s: `banyan reset %s` releases it", a->a.host,
			      text);
	return MR_REASON_CONFLICT;
}

/* Why the claim does not have 'i', which was made for what it calls 'w'. */
static enum mr_reason own_words(const struct fm_engine *e, unsigned i,
				const struct fm_ns_want *w, struct mr_buf *why)
{
	const struct fm_rec_data *r = &e->data[i];
	unsigned chassis = 0;
	const struct fm_adapter *d = fm_data_drive(&e->inv, r, &chassis);
	int vf = d ? fm_data_attached(d, r, FM_WHOLE) : -1;
	struct fm_fn_id fn = {(uint16_t)chassis, d ? d->port : 0, r->pf, (uint16_t)vf};

	mr_buf_printf(why, "its namespace %s is %s/%s/%s", w->name, r->profile, r->device,
		      r->name);
	if (!d || !fm_data_is_there(d, r)) {
		fm_data_gone_words(r, d ? "does not have it any more" : "is not there", why);
		mr_buf_printf(why, "; `banyan delete namespace %s/%s/%s` gives it up",
			      r->profile, r->device, r->name);
		return MR_REASON_DEVICE_GONE;
	}
	if (!fm_data_shaped(d, r, w))
		return shape_words(d, r, w, why);
	if (vf >= 0)
		return attached_words(e, fn, why);
	mr_buf_puts(why, ", and is taken over");
	return MR_REASON_CONFLICT;
}

static bool has(const struct fm_engine *e, const struct fm_claim *c, const struct fm_ns_want *w)
{
	char name[DATA_TEXT];

	mr_fmt(name, sizeof(name), "%s/%s/%s", c->profile, c->device, w->name);
	return fm_data_named(e, name) >= 0;
}

/* What was made for the claim, and it does not have; what it takes over by itself says least.
 */
static enum mr_reason own_waits(const struct fm_engine *e, const struct fm_desired *d,
				const struct fm_claim *c, struct mr_buf *why)
{
	enum mr_reason reason = MR_REASON_OK;

	for (unsigned n = 0; n < c->nss; n++) {
		const struct fm_ns_want *w = &d->ns[c->ns + n];
		int own = has(e, c, w) ? -1 : fm_data_own(e, c, w);

		if (own < 0)
			continue;
		mr_buf_reset(why);
		reason = own_words(e, (unsigned)own, w, why);
		if (!fm_data_serves(e, (unsigned)own, w))
			break;
	}
	return reason;
}

/* All namespaces of a device are on one drive, so the others of one that has some are not on a
 * drive that was never read. */
static bool has_some(const struct fm_engine *e, const struct fm_desired *d,
		     const struct fm_claim *c)
{
	for (unsigned n = 0; n < c->nss; n++)
		if (has(e, c, &d->ns[c->ns + n]))
			return true;
	return false;
}

/* Functions on its host may show it what is its own, under a word that nobody can read. */
static bool may_be_shown(const struct fm_engine *e, const struct fm_host_def *h)
{
	const struct fm_asg *a;

	if (!e->adopteds)
		return false;
	FM_FOREACH_ASG(e, a)
	{
		if (a->a.adopted && a->a.attrs.device_class == MR_CLASS_NVME &&
		    a->a.attrs.nvme.namespaces && fm_asg_behind(a, h))
			return true;
	}
	return false;
}

enum mr_reason fm_data_found(const struct fm_engine *e, const struct fm_desired *d,
			     const struct fm_claim *c, struct mr_buf *why)
{
	char slot[FM_DETAIL_MAX];
	enum mr_reason own;

	if (!c->nss || c->host == FM_WHOLE)
		return MR_REASON_OK;
	own = own_waits(e, d, c, why);
	if (own != MR_REASON_OK)
		return own;
	if (!has_some(e, d, c) && fm_adopt_unread_drive(e, slot, sizeof(slot))) {
		mr_buf_printf(why, "no namespace is made: %s", slot);
		return MR_REASON_CONFLICT;
	}
	if (!may_be_shown(e, &d->host[c->host]))
		return MR_REASON_OK;
	mr_buf_puts(why, "a function that was adopted on its host has namespaces that no claim "
			 "took over, and they might be this one's: `banyan diff` names it, "
			 "`banyan reset` releases it");
	return MR_REASON_CONFLICT;
}

/* ---- what a running one does not get ---- */

#define LACKS "without a namespace: "

static bool has_all(const struct fm_engine *e, const struct fm_desired *d,
		    const struct fm_claim *c)
{
	for (unsigned n = 0; n < c->nss; n++)
		if (!has(e, c, &d->ns[c->ns + n]))
			return false;
	return true;
}

/* Its document may have gained one that was found otherwise: it runs on with what it has. Said
 * once, and no longer than it is so. */
void fm_data_tell(struct fm_engine *e, const struct fm_desired *d, const struct fm_claim *c)
{
	struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);
	char name[FM_ASSIGNMENT_TEXT], text[FM_DETAIL_MAX];
	enum mr_reason r = MR_REASON_OK;
	struct mr_buf why = {0};

	if (!a || !a->a.has_fn || a->a.going || a->a.phase != FM_PHASE_ACTIVE)
		return;
	if (!has_all(e, d, c))
		r = fm_data_found(e, d, c, &why);
	mr_fmt(text, sizeof(text), LACKS "%s", mr_buf_text(&why));
	mr_buf_done(&why);
	if (r == MR_REASON_OK && mr_starts(a->a.detail, LACKS)) {
		fm_asg_why(e, a, MR_REASON_OK, "%s", "");
		fm_asg_dirty(e, a);
	} else if (r != MR_REASON_OK && !mr_streq(a->a.detail, text)) {
		fm_asg_why(e, a, r, "%s", text);
		fm_note(e, r, fm_assignment_text(&a->a, name), "%s", text);
		fm_asg_dirty(e, a);
	}
}
