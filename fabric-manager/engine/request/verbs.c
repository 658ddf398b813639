// SPDX-License-Identifier: Apache-2.0
/*
 * Verbs that place profiles (they leave an override), and the few that are about one thing:
 * a pair, a chassis, a function in quarantine.
 */
#include "fabric-manager/engine/assign/adopt.h"
#include "fabric-manager/engine/assign/provision.h"
#include "fabric-manager/engine/assign/quarantine.h"
#include "fabric-manager/engine/assign/switchover.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/desire/failover.h"
#include "fabric-manager/engine/desire/rollout.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/request/request.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/outofuse.h"
#include "fabric-manager/engine/state/pair.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

static const struct fm_profile *profile_or_refuse(struct fm_engine *e, uint64_t tag,
						  const struct fm_request *r)
{
	const struct fm_profile *p = fm_profile_find(e->desired, r->name);

	if (!p)
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no profile '%s'", r->name);
	if (p && p->suspended) {
		fm_refuse(e, tag, MR_REASON_NOT_PERMITTED,
			  "profile '%s' is frozen: it, or a document that governs it, says "
			  "suspend: true",
			  p->name);
		return NULL;
	}
	return p;
}

/* Whether a host can be the target of a verb; refuses otherwise. */
static bool target_good(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_host_def *h = fm_host_def(e, r->host);

	if (!r->host[0]) {
		fm_refuse(e, tag, MR_REASON_INVALID, "%s needs a host", fm_verb_name(r->verb));
		return false;
	}
	if (!h || !h->known) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "no document names the host '%s'",
			  r->host);
		return false;
	}
	if (!h->roots) {
		fm_refuse(e, tag, MR_REASON_UNREACHABLE, "host '%s' is in no port table",
			  r->host);
		return false;
	}
	if (h->cordoned) {
		fm_refuse(e, tag, MR_REASON_NOT_PERMITTED,
			  "host '%s' is cordoned; uncordon it first", r->host);
		return false;
	}
	return true;
}

/* How many of its functions a host may be using. */
unsigned fm_rq_running(const struct fm_engine *e, const struct fm_profile *p)
{
	unsigned n = 0;

	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];
		const struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);

		n += a && fm_asg_runs(a);
	}
	return n;
}

/* An operator sends it: nothing of it is held up any more, and no rollout governs it. */
void fm_rq_go_on(struct fm_engine *e, const struct fm_profile *p)
{
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];
		struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);

		if (!a)
			continue;
		a->a.paused = false;
		a->by_verb = e->some_turned = true;
	}
}

/* Where it runs: after a move that was given up, not where it is meant to be. "" = nowhere. */
static const char *runs_on(const struct fm_engine *e, const struct fm_profile *p)
{
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];
		const struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);

		if (a && a->a.has_fn && a->a.host[0])
			return a->a.host;
	}
	return p->host == FM_WHOLE ? "" : e->desired->host[p->host].name;
}

/* "from blade01", or nothing for a profile that is nowhere. */
static const char *from_words(const struct fm_engine *e, const struct fm_profile *p, char *buf,
			      size_t size)
{
	const char *host = runs_on(e, p);

	buf[0] = '\0';
	if (host[0])
		mr_fmt(buf, size, " from %s", host);
	return buf;
}

static void place(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		  const struct fm_profile *p)
{
	char why[FM_DETAIL_MAX], from[MR_NAME_MAX + 8], name[MR_NAME_MAX];
	unsigned n = fm_rq_running(e, p);

	from_words(e, p, from, sizeof(from));
	mr_fmt(name, sizeof(name), "%s", p->name); /* the override makes profiles anew */
	mr_fmt(why, sizeof(why), "banyan %s", fm_verb_name(r->verb));
	fm_rq_go_on(e, p);
	fm_override_put(e, p->name, r->host, r->who, why);
	fm_note(e, MR_REASON_OK, name, "%s to %s by %s", fm_verb_name(r->verb),
		r->host[0] ? r->host : "none", r->who[0] ? r->who : "operator");
	if (r->host[0])
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s goes%s to %s with %u running function%s; `banyan reset-override "
			 "%s` "
			 "undoes it",
			 name, from, r->host, n, n == 1 ? "" : "s", name);
	else
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s is taken%s with %u running function%s, its identities stay its "
			 "own; "
			 "`banyan reset-override %s` undoes it",
			 name, from, n, n == 1 ? "" : "s", name);
}

/* Whether the profile is where 'host' says, with nothing held up: there is nothing to do. */
static bool is_there(const struct fm_engine *e, const struct fm_profile *p, const char *host)
{
	if (p->host == FM_WHOLE || !mr_streq(e->desired->host[p->host].name, host))
		return false;
	for (unsigned i = 0; i < p->claims; i++) {
		const struct fm_claim *c = &e->desired->claim[p->first_claim + i];
		const struct fm_asg *a = fm_asg_by_name(e, c->profile, c->device, c->index);

		if (a && a->a.paused)
			return false;
	}
	return true;
}

static void place_unless_there(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
			       const struct fm_profile *p)
{
	if (is_there(e, p, r->host) && !mr_streq(runs_on(e, p), r->host))
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s is on its way from %s to %s already; nothing changes", p->name,
			 runs_on(e, p), r->host);
	else if (is_there(e, p, r->host))
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s is on %s already; nothing changes", p->name, r->host);
	else
		place(e, tag, r, p);
}

/* Whether a move would end in a blade that is off; said before running functions go down. */
static bool refuse_off(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		       const struct fm_profile *p)
{
	const struct fm_host_def *d = fm_host_def(e, r->host);
	struct fm_roots h = fm_roots_of(&e->inv, d);
	unsigned n = fm_rq_running(e, p);

	if (!h.seen || h.power || !n || r->yes || is_there(e, p, r->host))
		return false;
	fm_refuse(
		e, tag, MR_REASON_NOT_PERMITTED,
		"host '%s' is off: %u running function%s of '%s' would be down until it is on; "
		"say --yes if that is meant",
		r->host, n, n == 1 ? "" : "s", p->name);
	return true;
}

/* Whether running functions are to go to a blade that has no room for all of them. */
static bool refuse_no_room(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
			   const struct fm_profile *p)
{
	const char *name = p->name;
	char why[FM_DETAIL_MAX] = "";

	if (!fm_rq_running(e, p) || r->yes || is_there(e, p, r->host) ||
	    fm_trial_fits(e, &name, 1, r->host, why, sizeof(why)))
		return false;
	fm_refuse(e, tag, MR_REASON_NO_CAPACITY,
		  "host '%s' has no room for all of '%s' (%s): what does not fit would stay "
		  "where it runs; say --yes if that is meant",
		  r->host, p->name, why);
	return true;
}

/* move PROFILE --to HOST. */
void fm_rq_move(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_profile *p = profile_or_refuse(e, tag, r);

	if (p && target_good(e, tag, r) && !refuse_off(e, tag, r, p) &&
	    !refuse_no_room(e, tag, r, p))
		place_unless_there(e, tag, r, p);
}

/* connect PROFILE HOST: like move, for one that is connected to none. */
void fm_rq_connect(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_profile *p = profile_or_refuse(e, tag, r);

	if (!p || !target_good(e, tag, r))
		return;
	if (p->host != FM_WHOLE && !mr_streq(e->desired->host[p->host].name, r->host)) {
		fm_refuse(e, tag, MR_REASON_CONFLICT,
			  "profile '%s' is connected to %s; disconnect or move it", p->name,
			  e->desired->host[p->host].name);
		return;
	}
	place_unless_there(e, tag, r, p);
}

/* disconnect PROFILE. */
void fm_rq_disconnect(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_profile *p = profile_or_refuse(e, tag, r);
	struct fm_request none = *r;
	unsigned n;

	if (!p)
		return;
	if (p->host == FM_WHOLE) {
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s is connected to no host; nothing changes", p->name);
		return;
	}
	n = fm_rq_running(e, p);
	if (n && !r->yes) {
		fm_refuse(
			e, tag, MR_REASON_NOT_PERMITTED,
			"%u running assignment%s of '%s' on %s would go; say --yes if that is "
			"meant",
			n, n == 1 ? "" : "s", p->name, e->desired->host[p->host].name);
		return;
	}
	none.host = "";
	place(e, tag, &none, p);
}

static void back(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		 const char *where)
{
	const struct fm_profile *p = profile_or_refuse(e, tag, r);

	if (!p)
		return;
	if (!fm_override_del(e, r->name)) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "profile '%s' has no override", r->name);
		return;
	}
	fm_rq_go_on(e, p);
	fm_note(e, MR_REASON_OK, r->name, "%s by %s", fm_verb_name(r->verb),
		r->who[0] ? r->who : "operator");
	fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL, "%s goes back to %s", r->name, where);
}

/* failback PROFILE: home again. */
void fm_rq_failback(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_profile *p = fm_profile_find(e->desired, r->name);

	back(e, tag, r, p && p->home != FM_WHOLE ? e->desired->host[p->home].name : "no host");
}

/* reset-override PROFILE: as the documents say. */
void fm_rq_reset_override(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	back(e, tag, r, "what the documents say");
}

/* switchover PROFILE/DEVICE: this one of the pair is in use, the other one its standby. */
void fm_rq_switchover(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct fm_asg *a = fm_asg_by_text(e, r->name);
	char why[FM_DETAIL_MAX];

	if (!a) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no assignment '%s'", r->name);
	} else if (!fm_pair_other(e, a)) {
		fm_refuse(e, tag, MR_REASON_INVALID, "'%s' is of no `ha` pair", r->name);
	} else if (!a->a.standby) {
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s is the one in use already; nothing changes", r->name);
	} else if (!fm_pair_ready(e, a)) {
		fm_refuse(e, tag, MR_REASON_CONFLICT, "'%s' is not ready to be in use: %s%s%s",
			  r->name, fm_phase_name(a->a.phase), a->a.detail[0] ? ", " : "",
			  a->a.detail);
	} else if (!fm_pair_can_shut(e, fm_pair_other(e, a))) {
		fm_refuse(e, tag, MR_REASON_UNREACHABLE,
			  "the gate of %s can't be closed: its adapter %s does not answer",
			  a->a.partner, fm_pair_other(e, a)->a.adapter);
	} else {
		mr_fmt(why, sizeof(why), "by %s", r->who[0] ? r->who : "operator");
		fm_switchover(e, a, why);
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s is taken into use when the gate of %s is closed", r->name,
			 a->a.partner);
	}
}

/* adopt CHASSIS: what is there is ours. */
void fm_rq_adopt(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	for (unsigned i = 0; i < e->inv.n; i++) {
		if (!mr_streq(e->chassis_name[i], r->name))
			continue;
		if (e->ch[i].state != FM_CH_READONLY) {
			fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
				 "chassis %s needs no adopting", r->name);
			return;
		}
		fm_note(e, MR_REASON_OK, r->name, "adopted by %s",
			r->who[0] ? r->who : "operator");
		fm_ch_adopt(e, i);
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL, "chassis %s is being adopted",
			 r->name);
		return;
	}
	fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no chassis '%s'", r->name);
}

/* The adopted assignment of a function by its name, NULL = none. */
static struct fm_asg *adopted_named(const struct fm_engine *e, const char *name)
{
	char text[FM_FN_TEXT];
	struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (a->a.adopted && a->a.has_fn &&
		    mr_streq(fm_fn_text(&e->inv, a->a.fn, text), name))
			return a;
	}
	return NULL;
}

/* What was adopted, and no document asks for, goes. */
static void let_go(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		   struct fm_asg *a)
{
	if (!fm_ch_ready(e, a->a.fn.chassis)) {
		fm_refuse(e, tag, MR_REASON_UNREACHABLE,
			  "its chassis is not ready; see `banyan status`");
		return;
	}
	if (a->a.going) {
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s is being released already; nothing changes", r->name);
		return;
	}
	if (!r->yes) {
		fm_refuse(e, tag, MR_REASON_NOT_PERMITTED,
			  "%s runs on %s: it would be taken from there; say --yes if that is "
			  "meant",
			  r->name, a->a.host);
		return;
	}
	fm_note(e, MR_REASON_OK, r->name, "released by %s", r->who[0] ? r->who : "operator");
	fm_adopt_release(e, a);
	fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
		 "%s is taken from %s and reset; it is free afterwards", r->name, a->a.host);
}

/* reset FUNCTION: out of quarantine, if the reset is confirmed this time; or out of the hands
 * of who had it before the chassis was adopted. */
void fm_rq_reset(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct fm_asg *a = adopted_named(e, r->name);
	char text[FM_FN_TEXT];
	unsigned i = 0;

	if (a) {
		let_go(e, tag, r, a);
		return;
	}
	while (i < e->quarantines &&
	       !mr_streq(fm_fn_text(&e->inv, e->quarantine_fn[i], text), r->name))
		i++;
	if (i == e->quarantines) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND,
			  "no function '%s' is in quarantine or was adopted; see `banyan get "
			  "functions`",
			  r->name);
		return;
	}
	if (!fm_ch_ready(e, e->quarantine_fn[i].chassis)) {
		fm_refuse(e, tag, MR_REASON_UNREACHABLE,
			  "its chassis is not ready; see `banyan status`");
		return;
	}
	fm_note(e, MR_REASON_OK, r->name, "reset by %s", r->who[0] ? r->who : "operator");
	fm_refusing_end(e, e->quarantine_fn[i].chassis, e->quarantine_fn[i].port);
	fm_quarantine_reset(e, i);
	fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
		 "%s is reset once more; it is free when that is confirmed, and stays in "
		 "quarantine otherwise",
		 r->name);
}
