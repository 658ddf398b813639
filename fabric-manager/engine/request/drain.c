// SPDX-License-Identifier: Apache-2.0
/*
 * Verbs that take a host out of use and back into it. A drained host's profiles go to spares of
 * its group, one after the other as long as they fit there; those of `host: {group: G}` also to
 * other hosts of their group. What finds no place stays, and the answer says why.
 */
#include <limits.h>

#include "fabric-manager/engine/desire/failover.h"
#include "fabric-manager/engine/desire/trial.h"
#include "fabric-manager/engine/request/request.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/wanted.h"

static bool cordon(struct fm_engine *e, uint64_t tag, const char *host, bool on)
{
	struct fm_hst *h;

	if (!fm_host_def(e, host) && !fm_host_by_name(&e->inv, host, NULL)) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no host '%s'", host);
		return false;
	}
	h = fm_host(e, host, true);
	h->rec.cordoned = on;
	fm_rec_host_put(e, h);
	e->intent = true;
	fm_note(e, MR_REASON_OK, host, on ? "cordoned" : "uncordoned");
	fm_desire_changed(e);
	return true;
}

/* The profiles that drain took from the host: names them, and with 'back' sends them home. */
static unsigned drained(struct fm_engine *e, const char *host, bool back, struct mr_tree *list)
{
	unsigned n = 0;

	for (unsigned i = e->overrides; i-- > 0;) {
		const struct fm_rec_override *o = &e->override[i];
		const struct fm_profile *p = fm_profile_find(e->desired, o->profile);

		if (!mr_starts(o->why, FM_DRAINED) || !p || p->home == FM_WHOLE ||
		    !mr_streq(e->desired->host[p->home].name, host))
			continue;
		n++;
		mr_tree_add_text(list, NULL, p->name);
		if (back)
			fm_override_del(e, p->name);
	}
	return n;
}

/* uncordon HOST: with --yes what drain moved away comes back; that interrupts it. */
static void uncordon(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	struct mr_tree *t;
	unsigned n;

	if (!cordon(e, tag, r->name, false))
		return;
	t = mr_tree_map();
	mr_tree_add_text(t, "host", r->name);
	n = drained(e, r->name, r->yes, mr_tree_add_list(t, "drained"));
	if (!n)
		fm_reply(e, tag, MR_REASON_OK, 0, t, NULL, "%s is in use again", r->name);
	else if (r->yes)
		fm_reply(e, tag, MR_REASON_OK, 0, t, NULL,
			 "%s is in use again; %u profile%s back", r->name, n,
			 n == 1 ? " comes" : "s come");
	else
		fm_reply(e, tag, MR_REASON_OK, 0, t, NULL,
			 "%s is in use again; %u profile%s that drain moved away stay%s away: "
			 "`banyan uncordon %s --yes` brings %s back, with an interruption",
			 r->name, n, n == 1 ? "" : "s", n == 1 ? "s" : "", r->name,
			 n == 1 ? "it" : "them");
}

/* cordon HOST, uncordon HOST. */
void fm_rq_cordon(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	if (r->verb == FM_VERB_UNCORDON)
		uncordon(e, tag, r);
	else if (cordon(e, tag, r->name, true))
		fm_reply(e, tag, MR_REASON_OK, 0, NULL, NULL,
			 "%s is cordoned: it gets nothing new", r->name);
}

/* ---- drain ---- */

#define TARGETS_MAX 16 /* hosts that are tried for one profile */

struct draining {
	struct fm_engine *e;
	const struct fm_request *r;
	unsigned at;	/* host that is drained */
	unsigned *load; /* by host: profiles that are, or will be, connected to it */
	bool *mine;	/* by host: this drain sent one there */
	struct mr_tree *moved, *placed, *stay, *reasons, *released;
};

static void count_loads(struct draining *d)
{
	const struct fm_desired *want = d->e->desired;

	d->load = mr_xcalloc(want->hosts + 1, sizeof(*d->load));
	d->mine = mr_xcalloc(want->hosts + 1, sizeof(*d->mine));
	for (unsigned i = 0; i < want->profiles; i++)
		if (want->profile[i].host != FM_WHOLE && want->profile[i].claims)
			d->load[want->profile[i].host]++;
}

static bool fits(const struct draining *d, const struct fm_profile *p, unsigned host, char *why)
{
	const char *name = p->name;

	return fm_trial_fits(d->e, &name, 1, d->e->desired->host[host].name, why,
			     FM_DETAIL_MAX);
}

/* The first spare of the host's group that has room: one that got something already, or a free
 * one. -1 with the reason when there is none. */
static int spare_for(const struct draining *d, const struct fm_profile *p, char *why)
{
	const struct fm_desired *want = d->e->desired;
	int group = want->host[d->at].group;
	const struct fm_group *g = group < 0 ? NULL : &want->group[group];

	if (g)
		mr_fmt(why, FM_DETAIL_MAX, "no spare of group %s is free", g->name);
	else
		mr_fmt(why, FM_DETAIL_MAX, "%s is in no group", want->host[d->at].name);
	for (unsigned pass = 0; g && pass < 2; pass++)
		for (unsigned i = 0; i < g->spares; i++) {
			unsigned s = g->spare[i];

			if (s != d->at && d->mine[s] == !pass && (d->mine[s] || !d->load[s]) &&
			    fm_host_usable(d->e, s) && fits(d, p, s, why))
				return (int)s;
		}
	return -1;
}

/* Another host of the group of a profile that takes any: one without profiles, else the one
 * with the fewest that has room. */
static int other_for(const struct draining *d, const struct fm_profile *p, char *why)
{
	const struct fm_group *g = &d->e->desired->group[p->home_group - 1];
	unsigned tried = 0, below = 0;

	/* from one number of profiles to the next, by name among equals */
	while (tried < TARGETS_MAX) {
		unsigned next = UINT_MAX;

		for (unsigned i = 0; i < g->hosts && tried < TARGETS_MAX; i++) {
			unsigned h = g->host[i];

			if (h == d->at || !fm_host_usable(d->e, h) || d->load[h] < below)
				continue;
			if (d->load[h] > below) {
				next = d->load[h] < next ? d->load[h] : next;
				continue;
			}
			tried++;
			if (fits(d, p, h, why))
				return (int)h;
		}
		if (next == UINT_MAX)
			break;
		below = next;
	}
	return -1;
}

static void stays(struct draining *d, const struct fm_profile *p, const char *why)
{
	struct mr_tree *m;

	if (d->r->release && !p->suspended) {
		fm_rq_go_on(d->e, p);
		fm_override_put(d->e, p->name, "", d->r->who, FM_DRAINED);
		mr_tree_add_text(d->released, NULL, p->name);
		return;
	}
	mr_tree_add_text(d->stay, NULL, p->name);
	m = mr_tree_add_map(d->reasons, NULL);
	mr_tree_add_text(m, "profile", p->name);
	mr_tree_add_text(m, "reason", why);
}

static void send(struct draining *d, const struct fm_profile *p)
{
	char why[FM_DETAIL_MAX];
	struct mr_tree *m;
	const char *host;
	int to;

	if (p->suspended) {
		stays(d, p, "it is frozen (suspend: true)");
		return;
	}
	to = spare_for(d, p, why);
	if (to < 0 && p->home_group)
		to = other_for(d, p, why);
	if (to < 0) {
		stays(d, p, why);
		return;
	}
	host = d->e->desired->host[to].name;
	d->load[to]++;
	d->mine[to] = true;
	fm_rq_go_on(d->e, p);
	fm_override_put(d->e, p->name, host, d->r->who,
			d->r->force ? FM_DRAINED_BY_FORCE : FM_DRAINED);
	mr_tree_add_text(d->moved, NULL, p->name);
	m = mr_tree_add_map(d->placed, NULL);
	mr_tree_add_text(m, "profile", p->name);
	mr_tree_add_text(m, "host", host);
}

/* Whether --release would take running functions away, and nobody said that it is meant. */
static bool asks_back(struct fm_engine *e, uint64_t tag, const struct fm_request *r,
		      unsigned at)
{
	unsigned n = 0;

	for (unsigned i = 0; r->release && i < e->desired->profiles; i++)
		if (e->desired->profile[i].host == at)
			n += fm_rq_running(e, &e->desired->profile[i]);
	if (!n || r->yes)
		return false;
	fm_refuse(e, tag, MR_REASON_NOT_PERMITTED,
		  "--release takes what finds no other place away, up to %u running "
		  "assignment%s of %s; say --yes if that is meant",
		  n, n == 1 ? "" : "s", r->name);
	return true;
}

static const char *text_at(const struct mr_tree *list, unsigned i, const char *key)
{
	return mr_tree_text(list->child[i], key);
}

static const char *profiles(unsigned n)
{
	return n == 1 ? "profile" : "profiles";
}

/* "blade02 is cordoned; 2 profiles go to blade25, blade26; 1 profile stays: db: ..." */
static void words(const struct draining *d, struct mr_buf *b)
{
	unsigned n = d->placed->n;

	mr_buf_printf(b, "%s is cordoned", d->r->name);
	if (n)
		mr_buf_printf(b, "; %u %s %s to ", n, profiles(n), n == 1 ? "goes" : "go");
	for (unsigned i = 0, shown = 0; i < n; i++) {
		bool first = true;

		for (unsigned k = 0; k < i && first; k++)
			first = !mr_streq(text_at(d->placed, k, "host"),
					  text_at(d->placed, i, "host"));
		if (first)
			mr_buf_printf(b, "%s%s", shown++ ? ", " : "",
				      text_at(d->placed, i, "host"));
	}
	n = d->released->n;
	if (n)
		mr_buf_printf(b, "; %u %s %s released", n, profiles(n), n == 1 ? "is" : "are");
	n = d->stay->n;
	if (n)
		mr_buf_printf(b, "; %u %s %s: ", n, profiles(n), n == 1 ? "stays" : "stay");
	for (unsigned i = 0; i < n; i++)
		mr_buf_printf(b, "%s%s: %s", i ? "; " : "", text_at(d->reasons, i, "profile"),
			      text_at(d->reasons, i, "reason"));
	if (!d->placed->n && !d->released->n && !n)
		mr_buf_puts(b, "; no profile is on it");
}

/* drain HOST: cordoned, and its profiles go where they fit. */
void fm_rq_drain(struct fm_engine *e, uint64_t tag, const struct fm_request *r)
{
	const struct fm_host_def *h = fm_host_def(e, r->name);
	struct draining d = {.e = e, .r = r};
	struct mr_buf b = {0};
	struct mr_tree *t;

	if (!h) {
		fm_refuse(e, tag, MR_REASON_NOT_FOUND, "there is no host '%s'", r->name);
		return;
	}
	d.at = (unsigned)(h - e->desired->host);
	if (asks_back(e, tag, r, d.at) || !cordon(e, tag, r->name, true))
		return;
	t = mr_tree_map();
	mr_tree_add_text(t, "host", r->name);
	d.moved = mr_tree_add_list(t, "moved");
	d.placed = mr_tree_add_list(t, "placed");
	d.stay = mr_tree_add_list(t, "stay");
	d.reasons = mr_tree_add_list(t, "reasons");
	d.released = mr_tree_add_list(t, "released");
	count_loads(&d);
	for (unsigned i = 0; i < e->desired->profiles; i++)
		if (e->desired->profile[i].host == d.at)
			send(&d, &e->desired->profile[i]);
	words(&d, &b);
	fm_reply(e, tag, d.stay->n ? MR_REASON_NO_CAPACITY : MR_REASON_OK, d.stay->n ? 1 : 0, t,
		 NULL, "%s", mr_buf_text(&b));
	mr_buf_done(&b);
	free(d.load);
	free(d.mine);
}
