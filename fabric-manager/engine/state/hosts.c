// SPDX-License-Identifier: Apache-2.0
/*
 * What is known of each host, found by name, and the sessions of their agents. session/ says
 * what happens in a session.
 */
#include "fabric-manager/engine/state/hosts.h"

#include "fabric-manager/engine/state/asgs.h"

/* The host called 'name'; NULL when there is none and 'make' is false. */
struct fm_hst *fm_host(struct fm_engine *e, const char *name, bool make)
{
	struct fm_hst *h;
	uint64_t v;

	if (mr_map_get(e->host_by_name, name, &v))
		return (struct fm_hst *)(uintptr_t)v;
	if (!make)
		return NULL;
	h = MR_NEW(struct fm_hst);
	mr_copy(h->rec.name, sizeof(h->rec.name), name);
	mr_map_set(e->host_by_name, name, (uintptr_t)h);
	return h;
}

/* The host of an assignment, or NULL. */
struct fm_hst *fm_host_of(struct fm_engine *e, const struct fm_asg *a)
{
	struct fm_here *here = a->a.has_fn && a->here ? &e->here[a->here - 1] : NULL;

	if (!here)
		return fm_host(e, a->a.host, false);
	if (!here->host)
		here->host = fm_host(e, a->a.host, false);
	return here->host;
}

/* Forgets what its agent reported. */
void fm_host_forget(struct fm_hst *h)
{
	size_t pos = 0;
	uint64_t v;

	while (h->fn && mr_map_next(h->fn, &pos, NULL, NULL, &v))
		free((void *)(uintptr_t)v);
	mr_map_free(h->fn);
	h->fn = NULL;
}

/* Frees a host. */
void fm_host_free(struct fm_hst *h)
{
	fm_host_forget(h);
	free(h->foreign);
	free(h->own);
	free(h);
}

/* What the agent reported at a place, or NULL. */
struct fm_agent_fn *fm_host_reported(const struct fm_hst *h, const struct fm_place *p)
{
	uint64_t v;

	if (!h || !h->fn || !mr_map_get_u64(h->fn, fm_place_key(0, p), &v))
		return NULL;
	return (struct fm_agent_fn *)(uintptr_t)v;
}

/* Whether `mra` adapters are given to the host as LVFs. */
bool fm_way_lvf(const struct fm_engine *e, const char *host)
{
	const struct fm_hst *h = fm_host((struct fm_engine *)e, host, false);

	return h && h->session && h->vf_migration;
}

/* hosts.h */
int64_t fm_host_up_by(const struct fm_engine *e, const struct fm_host_def *d,
		      const struct fm_hst *h, const struct fm_roots *p)
{
	if (p->power || h->had_power || d->group < 0)
		return 0;
	return e->ch[d->chassis].seen_ns + e->desired->group[d->group].failover.reboot_grace_ns;
}

/* The session with this id, or NULL. */
struct fm_session *fm_session_get(const struct fm_engine *e, uint64_t id)
{
	uint64_t v;

	return mr_map_get_u64(e->session_by_id, id, &v) ? (struct fm_session *)(uintptr_t)v
							: NULL;
}

/* The accepted session of the agent behind a host port: hosts.h. */
struct fm_session *fm_session_at(const struct fm_engine *e, unsigned chassis, unsigned port)
{
	for (unsigned i = 0; i < e->sessions; i++) {
		struct fm_session *s = e->session[i];

		for (unsigned r = 0; s->state == FM_SS_ACCEPTED && r < s->hello.roots; r++)
			if (s->chassis[r] == chassis && s->hello.root[r].port == port)
				return s;
	}
	return NULL;
}

/* The accepted session of a host, or NULL. */
struct fm_session *fm_session_of(struct fm_engine *e, const char *host)
{
	struct fm_hst *h = fm_host(e, host, false);

	return h && h->session && h->session->state == FM_SS_ACCEPTED ? h->session : NULL;
}
