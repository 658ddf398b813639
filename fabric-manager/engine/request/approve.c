// SPDX-License-Identifier: Apache-2.0
/*
 * Verbs about what waits for somebody: a yes to a change, and a rollout that is paused.
 */
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/desire/rollout.h"
#include "fabric-manager/engine/request/request.h"
#include "fabric-manager/engine/state/card.h"
#include "fabric-manager/engine/state/out.h"

static struct fm_prov *prov_of(struct fm_engine *e, const char *name)
{
	uint64_t id = 0;
	bool number = !mr_parse_u64(name, UINT64_MAX, false, &id, NULL);

	for (unsigned i = 0; i < e->provs; i++) {
		const struct fm_adapter *d =
			fm_adapter_by_port(&e->inv, e->prov[i].chassis, e->prov[i].port);

		if (e->prov[i].approval && !e->prov[i].approved &&
		    ((number && e->prov[i].approval == id) || (d && mr_streq(d->name, name))))
			return &e->prov[i];
	}
	return NULL;
}

static void approve_update(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
			   struct fm_asked *a)
{
	fm_rollout_approve(e, a);
	fm_note(e, MR_REASON_OK, a->profile, "approved by %s", r->who[0] ? r->who : "operator");
	fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
		 "approved: operation %llu, the edit reaches %s (class %s)",
		 (unsigned long long)a->op, a->profile, fm_class_name(a->change_class));
}

/* Yes to an adapter in the slot of another one: false when nobody waits for it. */
static bool approve_adapter(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	unsigned chassis, n;
	const struct fm_adapter *d = fm_adapter_by_name(&e->inv, r->name, &chassis);

	n = d ? fm_card_asked(e, chassis, d, true) : 0;
	if (!n)
		return false;
	fm_note(e, MR_REASON_OK, d->name, "%s takes the place of another adapter: by %s",
		d->serial, r->who[0] ? r->who : "operator");
	fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
		 "approved: %u assignment%s on with adapter %s (serial number %s)", n,
		 n == 1 ? " goes" : "s go", d->name, d->serial);
	return true;
}

/* Yes to another count of functions, or another mode. Where fewer are left than run it takes
 * --yes, as `apply` does for what goes. */
static void approve_count(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
			  struct fm_prov *p)
{
	struct mr_buf whom = {0}, what = {0};
	unsigned lost = fm_prov_hits(e, p, &whom);

	fm_prov_words(e, p, &what);
	if (lost && !r->yes) {
		fm_reply(e, tag, MR_REASON_NOT_PERMITTED, 1, NULL, NULL,
			 "%s, interrupts %s; say --yes if that is meant", mr_buf_text(&what),
			 mr_buf_text(&whom));
	} else {
		fm_prov_approve(e, p);
		fm_note(e, MR_REASON_OK, r->name, "approved by %s",
			r->who[0] ? r->who : "operator");
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "approved: operation %llu, interrupts %s",
			 (unsigned long long)p->approval, mr_buf_text(&whom));
	}
	mr_buf_done(&whom);
	mr_buf_done(&what);
}

/* approve OPERATION|ADAPTER|PROFILE: yes to a change of class Count, to an edit that waits for
 * it, or to an adapter in the slot of another one. */
void fm_rq_approve(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct fm_prov *p = prov_of(e, r->name);
	struct fm_asked *a = p ? NULL : fm_rollout_asked(e, r->name);

	if (a)
		approve_update(e, tag, r, a);
	else if (p)
		approve_count(e, tag, r, p);
	else if (!approve_adapter(e, tag, r))
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "nothing called '%s' waits for approval",
			  r->name);
}

/* resume: a rollout that is paused or cancelled goes on. */
void fm_rq_resume(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_rollout *o = &e->rollout;

	if (!o->op) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "no rollout is paused or cancelled");
		return;
	}
	fm_note(e, MR_REASON_OK, "rollout", "resumed by %s", r->who[0] ? r->who : "operator");
	fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
		 "the rollout of version %llu goes on, %u step%s to go",
		 (unsigned long long)o->version, o->held, o->held == 1 ? " is" : "s are");
	fm_rollout_resume(e);
}

/* cancel: what has not begun of a rollout does not, until `resume` or another edit. */
void fm_rq_cancel(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_rollout *o = &e->rollout;

	if (o->state != FM_ROLLOUT_RUNNING && o->state != FM_ROLLOUT_PAUSED) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "no rollout is under way");
		return;
	}
	fm_note(e, MR_REASON_OK, "rollout", "cancelled by %s", r->who[0] ? r->who : "operator");
	fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
		 "the rollout of version %llu is cancelled, %u step%s left; `banyan resume` "
		 "goes on, another `apply` begins anew",
		 (unsigned long long)o->version, o->held, o->held == 1 ? " is" : "s are");
	fm_rollout_cancel(e);
}
