// SPDX-License-Identifier: Apache-2.0
/*
 * explain: why an assignment is where it is, or why it is nowhere. A sentence that says what
 * binds and what to do comes first, then the assignment and every candidate. The tree's keys
 * are a contract (docs/json.md).
 */
#include "fabric-manager/engine/desire/rollout.h"
#include "fabric-manager/engine/desire/searching.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/engine/view/view.h"

static int claim_named(const struct fm_desired *d, const char *text)
{
	char buf[FM_CLAIM_TEXT];

	for (unsigned i = 0; i < d->claims; i++)
		if (mr_streq(fm_claim_text(&d->claim[i], buf), text))
			return (int)i;
	return -1;
}

/* Says which assignments there are when a person asked for a profile or a device of it. */
static void refuse(struct fm_engine *e, uint64_t tag, const char *name)
{
	const struct fm_desired *d = e->desired;
	size_t len = strcspn(name, "/");
	struct mr_buf b = {0};
	char text[FM_CLAIM_TEXT];

	for (unsigned i = 0, n = 0; i < d->claims && n < 9; i++) {
		const char *profile = d->claim[i].profile;

		if (strncmp(profile, name, len) || profile[len])
			continue;
		fm_claim_text(&d->claim[i], text);
		mr_buf_printf(&b, "%s%s", n ? ", " : "", n < 8 ? text : "...");
		n++;
	}
	if (b.len)
		fm_refuse(e, tag, MR_REASON_NOT_FOUND,
			  "there is no assignment '%s'; the profile has %s", name,
			  mr_buf_text(&b));
	else
		fm_refuse(e, tag, MR_REASON_NOT_FOUND,
			  "there is no assignment '%s'; `banyan get assignments -o name` lists "
			  "them",
			  name);
	mr_buf_done(&b);
}

/* The host's state, where it is what an assignment waits for; NULL else. */
static const char *host_says(struct fm_engine *e, const char *name)
{
	const struct fm_host_def *d = fm_host_def(e, name);
	const struct fm_host *h = d && d->roots ? fm_root_get(&e->inv, d, 0)
						: fm_host_by_name(&e->inv, name, NULL);
	const struct fm_hst *st = fm_host(e, name, false);

	if (!h)
		return "is in no chassis that answers; see `banyan status`";
	if (!(d && d->roots ? fm_roots_of(&e->inv, d).power : h->power))
		return "is off; power it on";
	if (!st || !st->session)
		return "has no agent connected; start banyan-agent there";
	return NULL;
}

static void add_where(struct mr_buf *b, struct fm_engine *e, const struct fm_asg *a)
{
	char fn[FM_FN_TEXT];

	mr_buf_puts(b, fm_phase_name(a->a.phase));
	if (a->a.host[0])
		mr_buf_printf(b, " on %s", a->a.host);
	if (a->a.has_fn)
		mr_buf_printf(b, " as %s", fm_fn_text(&e->inv, a->a.fn, fn));
	if (a->next.set)
		mr_buf_printf(b, ", on its way to %s", a->next.host);
	if (a->a.detail[0])
		mr_buf_printf(b, ": %s", a->a.detail);
	if (a->held)
		mr_buf_printf(b, "; an edit %s", fm_held_text(a->held));
}

/* The sentence: where it is and what holds it up, then what to do about it. */
static void summary(struct fm_engine *e, const struct fm_asg *a, const struct fm_claim *c,
		    const struct mr_tree *placement, struct mr_buf *b)
{
	const char *host = c && c->host != FM_WHOLE ? e->desired->host[c->host].name : NULL;
	const char *says = NULL, *advice = placement ? mr_tree_text(placement, "advice") : NULL;
	const char *detail = placement ? mr_tree_text(placement, "detail") : NULL;
	const char *frozen = placement ? mr_tree_text(placement, "frozen") : NULL;
	char fn[FM_FN_TEXT];

	if (a)
		add_where(b, e, a);
	else
		mr_buf_puts(b, "Pending");
	if ((!a || !a->a.detail[0]) && detail && detail[0])
		mr_buf_printf(b, ": %s", detail);
	if (frozen && frozen[0])
		mr_buf_printf(b, "; it stays as it is: %s", frozen);
	if (a && a->a.adopted)
		mr_buf_printf(b,
			      "; it was adopted and no document takes it over; `banyan reset "
			      "%s` releases it",
			      fm_fn_text(&e->inv, a->a.fn, fn));
	else if (!c)
		mr_buf_puts(b, "; no document asks for it any more");
	else if (!host)
		mr_buf_printf(b, "; connect it by `banyan connect %s HOST`", c->profile);
	else if ((!advice || !advice[0]) && (!a || !fm_asg_up(a)))
		says = host_says(e, host);
	if (says)
		mr_buf_printf(b, "; %s %s", host, says);
	if (advice && advice[0])
		mr_buf_printf(b, "; %s", advice);
}

/* explain ASSIGNMENT: why here, or why not. */
void fm_rq_explain(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_asg *a = fm_asg_by_text(e, r->name);
	char name[FM_ASSIGNMENT_TEXT];
	int claim = claim_named(e->desired, a ? fm_assignment_text(&a->a, name) : r->name);
	struct mr_tree *t, *placement = NULL;
	struct mr_buf b = {0};
	struct fm_trial trial;

	if (!a && claim < 0) {
		refuse(e, tag, r->name);
		return;
	}
	if (claim >= 0) {
		fm_searching_begin(e);
		fm_trial_now(e, &trial);
		fm_searching_end(e);
		if (fm_searching_asks(e, tag, r, false, &trial))
			return;
		placement = fm_plan_explain(&trial.in, trial.plan, (unsigned)claim);
	}
	summary(e, a, claim < 0 ? NULL : &e->desired->claim[claim], placement, &b);
	t = mr_tree_map();
	mr_tree_add_text(t, "summary", mr_buf_text(&b));
	mr_buf_done(&b);
	if (a)
		mr_tree_attach(t, "assignment", fm_tree_assignment(e, a));
	if (placement)
		mr_tree_attach(t, "placement", placement);
	fm_reply_read(e, tag, t);
}
