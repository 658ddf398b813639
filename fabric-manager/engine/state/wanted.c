// SPDX-License-Identifier: Apache-2.0
/*
 * What documents and operators want of hosts and profiles, looked up by name: definitions in
 * the resolved state, overrides, how an assignment leaves its host.
 */
#include "fabric-manager/engine/state/wanted.h"

#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"

/* What the documents say of a host, or NULL. */
const struct fm_host_def *fm_host_def(const struct fm_engine *e, const char *name)
{
	unsigned lo = 0, hi = e->desired ? e->desired->hosts : 0;

	while (lo < hi) {
		unsigned mid = lo + (hi - lo) / 2;
		int c = strcmp(e->desired->host[mid].name, name);

		if (!c)
			return &e->desired->host[mid];
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

static const struct fm_host_def *def_at(const struct fm_engine *e, unsigned chassis,
					unsigned port)
{
	const struct fm_desired *d = e->desired;

	for (unsigned i = 0; d && i < d->hosts; i++)
		if (fm_root_at(&d->host[i], chassis, port) >= 0)
			return &d->host[i];
	return NULL;
}

/* wanted.h */
const char *fm_host_at(const struct fm_engine *e, unsigned chassis, unsigned port)
{
	const struct fm_host_def *d = def_at(e, chassis, port);
	const struct fm_host *h = d ? NULL : fm_host_by_port(&e->inv, chassis, port);

	return d ? d->name : h ? h->name : NULL;
}

/* wanted.h */
const char *fm_root_text(const struct fm_engine *e, unsigned chassis, unsigned port, char *buf)
{
	const struct fm_host_def *d = def_at(e, chassis, port);
	const struct fm_host *h = d ? NULL : fm_host_by_port(&e->inv, chassis, port);

	if (d && d->roots > 1)
		mr_fmt(buf, FM_ROOT_TEXT, "%s/root%d", d->name, fm_root_at(d, chassis, port));
	else
		mr_fmt(buf, FM_ROOT_TEXT, "%s", d ? d->name : h ? h->name : "?");
	return buf;
}

/* The override of a profile, or NULL. */
const struct fm_rec_override *fm_override_get(const struct fm_engine *e, const char *profile)
{
	for (unsigned i = 0; i < e->overrides; i++)
		if (mr_streq(e->override[i].profile, profile))
			return &e->override[i];
	return NULL;
}

/* Connects a profile elsewhere than the documents say; host "" = to none. */
void fm_override_put(struct fm_engine *e, const char *profile, const char *host,
		     const char *who, const char *why)
{
	struct fm_rec_override o = {.since_wall_ns = e->now.wall_ns};
	struct fm_rec_override *at = (struct fm_rec_override *)fm_override_get(e, profile);

	mr_copy(o.profile, sizeof(o.profile), profile);
	mr_copy(o.host, sizeof(o.host), host);
	mr_fmt(o.who, sizeof(o.who), "%s", who && who[0] ? who : "operator");
	mr_fmt(o.why, sizeof(o.why), "%s", why);
	if (!at) {
		MR_GROW(e->override, e->overrides, e->cap_overrides);
		at = &e->override[e->overrides++];
	}
	*at = o;
	fm_rec(e, FM_RECORD_OVERRIDE)->override = o;
	e->intent = true;
	fm_override_changed(e, profile);
}

/* Ends an override; false when there is none. */
bool fm_override_del(struct fm_engine *e, const char *profile)
{
	const struct fm_rec_override *o = fm_override_get(e, profile);
	struct fm_record *r;

	if (!o)
		return false;
	r = fm_rec(e, FM_RECORD_OVERRIDE);
	r->erase = true;
	r->override = *o;
	fm_override_changed(e, profile);
	e->override[o - e->override] = e->override[--e->overrides];
	e->intent = true;
	return true;
}

/* What 'docs' say of a profile, where a document or template of that kind makes it. */
static const struct fm_doc_profile_host *host_in(const struct fm_docs *docs,
						 const char *profile, const char *template)
{
	const struct fm_doc *d =
		template ? fm_docs_find(docs, FM_KIND_PROFILE_TEMPLATE, template)
			 : fm_docs_find(docs, FM_KIND_SERVER_PROFILE, profile);

	if (!d)
		return NULL;
	return template ? &d->spec.template.template.host : &d->spec.profile.host;
}

/* See wanted.h. */
bool fm_override_ends(const struct fm_engine *e, const char *profile, const struct fm_docs *now)
{
	static const char made[] = "ProfileTemplate ";
	const struct fm_profile *p = e->desired ? fm_profile_find(e->desired, profile) : NULL;
	const char *template =
		p && mr_starts(p->origin, made) ? p->origin + sizeof(made) - 1 : NULL;
	const struct fm_doc_profile_host *a = host_in(&e->base.docs, profile, template);
	const struct fm_doc_profile_host *b = host_in(now, profile, template);

	return a && b && a != b &&
	       (!mr_streq(a->name.s, b->name.s) || !mr_streq(a->group.s, b->group.s));
}

/* See wanted.h. */
void fm_overrides_edit(struct fm_engine *e, const struct fm_docs *now)
{
	for (unsigned i = e->overrides; i-- > 0;)
		if (fm_override_ends(e, e->override[i].profile, now))
			fm_override_del(e, e->override[i].profile);
}

/* Ends the overrides of profiles that are no more. */
void fm_overrides_sweep(struct fm_engine *e)
{
	for (unsigned i = e->overrides; i-- > 0;)
		if (!fm_profile_find(e->desired, e->override[i].profile))
			fm_override_del(e, e->override[i].profile);
}

/* The drain policy of 'a', or that of the verb that moves it. */
struct fm_drain fm_drain_of(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_profile *p = fm_profile_find(e->desired, a->a.profile);
	const struct fm_rec_override *o = fm_override_get(e, a->a.profile);
	struct fm_drain drain = p ? p->drain : e->desired->drain;

	if (o && mr_streq(o->why, FM_DRAINED_BY_FORCE) && !mr_streq(o->host, a->a.host) &&
	    drain.mode == FM_DRAIN_REQUEST)
		drain.mode = FM_DRAIN_FORCE;
	return drain;
}

/* Whether the host is asked: not when it failed over, is off, or was just restarted. */
bool fm_cut_at_once(struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_rec_override *o = fm_override_get(e, a->a.profile);
	const struct fm_host *h = fm_host_by_port(&e->inv, a->a.chassis, a->a.place.port);
	const struct fm_hst *st = fm_host(e, a->a.host, false);

	if (o && mr_streq(o->who, "failover") && !mr_streq(o->host, a->a.host))
		return true;
	return (h && (!h->power || !h->link)) || (st && st->restarted);
}
