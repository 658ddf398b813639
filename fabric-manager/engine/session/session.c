// SPDX-License-Identifier: Apache-2.0
/*
 * Sessions of agents (HANDOVER 7): who says that it is which host has to read a fresh random
 * challenge from its own hierarchy before it gets a command. One session a host; a newer
 * incarnation supersedes the older; two that answer from different boots are both suspended.
 */
#include "fabric-manager/engine/session/session.h"

#include "common/mutant.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/foreign.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/engine/state/wanted.h"

#define ANSWER_NS (10 * MR_NS_PER_S)

static void close_session(struct fm_engine *e, struct fm_session *s, enum mr_reason r,
			  const char *why)
{
	struct fm_action *a = fm_act(e, FM_ACT_AGENT_CLOSE);

	a->session = s->id;
	a->reason = r;
	a->text = mr_xstrdup(why);
	fm_log(e, 2, "agent '%s': session %llu refused: %s; it may try again", s->hello.host,
	       (unsigned long long)s->id, why);
	fm_session_gone(e, s->id, false, why);
}

/* The name that is expected behind a host port. */
static const char *name_at(const struct fm_engine *e, unsigned chassis, unsigned port)
{
	const struct fm_chassis *ch = &e->inv.chassis[chassis];

	return ch->root_port && port == ch->root_port ? ch->root_name
						      : fm_host_at(e, chassis, port);
}

/* Which chassis a root says that it is in; -1 = none of ours has been read with that serial. */
static int chassis_of(const struct fm_engine *e, const struct fm_agent_root *r)
{
	for (unsigned i = 0; i < e->inv.n; i++)
		if (e->inv.chassis[i].observed &&
		    mr_streq(e->inv.chassis[i].serial, r->chassis_serial))
			return (int)i;
	return -1;
}

/* The host's ports as they were read. */
static struct fm_roots roots_of(const struct fm_engine *e, const char *host)
{
	const struct fm_host_def *d = fm_host_def(e, host);

	return d ? fm_roots_of(&e->inv, d) : (struct fm_roots){0};
}

/* Its agent comes and goes with its link (chassis/damp.c): nothing is said of that. */
static bool flaps(const struct fm_engine *e, const char *host)
{
	return roots_of(e, host).flaps;
}

/* Somebody says that it is a host, and sits elsewhere. */
static void wrong_slot(struct fm_engine *e, const struct fm_session *s, const char *why)
{
	struct fm_hst *h = fm_host(e, s->hello.host, false);

	if (h) {
		mr_fmt(h->conflict, sizeof(h->conflict), "%s", why);
		h->conflict_at = e->now.mono_ns;
	}
	fm_note(e, MR_REASON_WRONG_SLOT, s->hello.host, "Conflict: %s", why);
}

/* Whether the roots are where they have to be; else the session is closed. Not yet readable
 * chassis make it wait. */
static bool roots_good(struct fm_engine *e, struct fm_session *s, bool *ret_wait)
{
	char why[FM_DETAIL_MAX];

	*ret_wait = false;
	if (!s->hello.roots || s->hello.roots > FM_ROOTS_MAX) {
		close_session(e, s, MR_REASON_UNREACHABLE,
			      "it shows no root with our VS-identity capability");
		return false;
	}
	for (unsigned i = 0; i < s->hello.roots; i++) {
		const struct fm_agent_root *r = &s->hello.root[i];
		int c = chassis_of(e, r);
		const char *name;

		if (c < 0 || !fm_ch_ready(e, (unsigned)c)) {
			*ret_wait = true;
			return false;
		}
		s->chassis[i] = (uint16_t)c;
		name = name_at(e, (unsigned)c, r->port);
		if (name && mr_streq(name, s->hello.host))
			continue;
		mr_fmt(why, sizeof(why), "it says that it is %s, but port %u is %s's",
		       s->hello.host, r->port, name ? name : "nobody");
		wrong_slot(e, s, why);
		close_session(e, s, MR_REASON_WRONG_SLOT, why);
		return false;
	}
	return true;
}

/* The management host: part of the chassis, named by no document. */
static bool is_root(const struct fm_engine *e, const struct fm_session *s)
{
	for (unsigned i = 0; i < s->hello.roots; i++)
		if (s->hello.root[i].port != e->inv.chassis[s->chassis[i]].root_port)
			return false;
	return true;
}

static bool host_known(struct fm_engine *e, struct fm_session *s)
{
	const struct fm_host_def *d = fm_host_def(e, s->hello.host);

	if ((d && d->known) || (e->desired && e->desired->unknown_ignore) || is_root(e, s))
		return true;
	close_session(e, s, MR_REASON_NOT_PERMITTED,
		      "no document names this host (unknownHosts: refuse)");
	return false;
}

static void challenge(struct fm_engine *e, struct fm_session *s)
{
	s->state = FM_SS_CHALLENGED;
	s->answered = false;
	for (unsigned i = 0; i < s->hello.roots; i++) {
		struct fm_op op = {.kind = FM_OP_CHALLENGE, .chassis = s->chassis[i]};

		op.place.port = s->hello.root[i].port;
		op.value = s->challenge[i] = mr_rng_next(&e->rng);
		s->tag[i] = fm_op_send(e, &op, FM_TAG_CHALLENGE, 0, s->id);
	}
}

/* A hello that may go on does. */
static void consider(struct fm_engine *e, struct fm_session *s)
{
	const struct fm_hst *h = fm_host(e, s->hello.host, false);
	bool wait;

	if (s->state != FM_SS_HELLO || !roots_good(e, s, &wait) || !host_known(e, s))
		return;
	if (h && h->session && h->session != s &&
	    mr_streq(h->session->hello.boot_id, s->hello.boot_id) &&
	    h->session->hello.incarnation >= s->hello.incarnation) {
		close_session(e, s, MR_REASON_CONFLICT, "a newer agent of this host is here");
		return;
	}
	challenge(e, s);
}

static bool of_session(const struct fm_inflight *f, uint64_t session)
{
	return f->op >= 256 && f->session == session;
}

/* The agent of a session that stands says hello again: a root of its host came or went, perhaps
 * both meanwhile. It waits to be challenged anew, and what it was asked is asked again. */
static void said_again(struct fm_engine *e, struct fm_session *s,
		       const struct fm_agent_hello *h)
{
	if (!mr_streq(s->hello.host, h->host) || !mr_streq(s->hello.boot_id, h->boot_id) ||
	    s->state == FM_SS_SUSPENDED || s->state == FM_SS_CONTEST)
		return;
	s->hello = *h;
	s->state = FM_SS_HELLO;
	s->answered = s->synced = false;
	s->until = MR_NEVER;
	memset(s->tag, 0, sizeof(s->tag));
	fm_inflight_lose(e, of_session, s->id, MR_REASON_TIMEOUT, "the host's roots changed");
	consider(e, s);
}

/* Looks at the sessions that wait for a chassis or for a document. */
void fm_sessions_check(struct fm_engine *e)
{
	for (unsigned i = e->sessions; i-- > 0;)
		if (i < e->sessions)
			consider(e, e->session[i]);
}

/* An agent said hello in a new connection. */
void fm_session_hello(struct fm_engine *e, uint64_t id, const struct fm_agent_hello *h)
{
	struct fm_session *s = fm_session_get(e, id);

	if (s) {
		said_again(e, s, h);
		return;
	}
	s = MR_NEW(struct fm_session);
	s->id = id;
	s->hello = *h;
	s->until = MR_NEVER;
	MR_GROW(e->session, e->sessions, e->cap_sessions);
	e->session[e->sessions++] = s;
	mr_map_set_u64(e->session_by_id, id, (uintptr_t)s);
	if (e->plan_dirty && e->desire_dirty)
		return; /* the documents are being resolved: fm_sessions_check follows */
	consider(e, s);
}

static void ask(struct fm_engine *e, struct fm_session *s)
{
	fm_act(e, FM_ACT_AGENT_CHALLENGE)->session = s->id;
	s->until = e->now.mono_ns + ANSWER_NS;
	fm_timer_set(e, FM_TM_SESSION, s->id, s->until);
}

/* A CHALLENGE was written to a port. */
void fm_session_result(struct fm_engine *e, const struct fm_inflight *f,
		       const struct fm_op_result *r)
{
	struct fm_session *s = fm_session_get(e, f->key);
	bool left = false, ours = false;

	for (unsigned i = 0; s && i < s->hello.roots; i++) {
		ours = ours || s->tag[i] == f->tag;
		if (s->tag[i] == f->tag)
			s->tag[i] = 0;
		left = left || s->tag[i];
	}
	if (!ours) /* or of a hello before the last one */
		return;
	if (r->end != FM_OP_DONE) {
		close_session(e, s, r->reason ? r->reason : MR_REASON_TIMEOUT,
			      "the challenge could not be written; try again");
		return;
	}
	if (left || s->state != FM_SS_CHALLENGED)
		return;
	s->state = FM_SS_ASKED;
	ask(e, s);
}

static void suspend_both(struct fm_engine *e, struct fm_session *a, struct fm_session *b)
{
	struct fm_hst *h = a->host ? a->host : b->host;

	a->state = b->state = FM_SS_SUSPENDED;
	a->until = b->until = MR_NEVER;
	if (h)
		h->session = NULL;
	fm_news_hosts(e);
	fm_log(e, 3, "agent '%s': two boots answer (%s and %s): both are suspended",
	       a->hello.host, a->hello.boot_id, b->hello.boot_id);
	fm_note(e, MR_REASON_CONFLICT, a->hello.host,
		"alarm: two boots answer for this host: both agents are suspended");
}

static void welcome(struct fm_engine *e, struct fm_session *s)
{
	struct fm_hst *h = fm_host(e, s->hello.host, true);
	bool new_boot = !mr_streq(h->rec.boot_id, s->hello.boot_id);

	s->state = FM_SS_ACCEPTED;
	s->until = MR_NEVER;
	s->host = h;
	h->session = s;
	fm_news_hosts(e);
	if (h->vf_migration != s->hello.vf_migration || h->told != s->hello.told ||
	    h->has != s->hello.has)
		fm_host_came(e);
	h->vf_migration = s->hello.vf_migration;
	h->told = s->hello.told;
	h->has = s->hello.has;
	memcpy(h->kernel, s->hello.kernel, sizeof(h->kernel));
	memcpy(h->rec.boot_id, s->hello.boot_id, sizeof(h->rec.boot_id));
	h->agent_lost = h->awaited = 0;
	h->conflict[0] = '\0';
	h->grace_until = 0;
	h->mass = false;
	if (new_boot)
		fm_rec_host_put(e, h);
	fm_act(e, FM_ACT_AGENT_ACCEPT)->session = s->id;
	if (!flaps(e, h->rec.name))
		fm_note(e, MR_REASON_OK, h->rec.name, "agent accepted, boot %s",
			s->hello.boot_id);
	fm_failover_soon(e, h);
}

static bool answers(const struct fm_session *s, const struct fm_agent_hello *h)
{
	if (MR_MUTANT(CHALLENGE_UNCHECKED))
		return true;
	if (h->roots != s->hello.roots)
		return false;
	for (unsigned i = 0; i < h->roots; i++) {
		const struct fm_agent_root *r = &h->root[i];
		bool found = false;

		for (unsigned k = 0; k < s->hello.roots && !found; k++)
			found = r->port == s->hello.root[k].port &&
				mr_streq(r->chassis_serial, s->hello.root[k].chassis_serial) &&
				r->challenge == s->challenge[k];
		if (!found)
			return false;
	}
	return true;
}

static void wrong_answer(struct fm_engine *e, struct fm_session *s)
{
	char why[FM_DETAIL_MAX];

	mr_fmt(why, sizeof(why),
	       "it does not read the challenge that was written for %s: it sits elsewhere",
	       s->hello.host);
	wrong_slot(e, s, why);
	close_session(e, s, MR_REASON_WRONG_SLOT, why);
}

/* Another session stands for the same host: it goes if it is older, and is asked again if it is
 * of another boot. */
static bool stands_alone(struct fm_engine *e, struct fm_session *s)
{
	struct fm_hst *h = fm_host(e, s->hello.host, true);
	struct fm_session *o = h->session;

	if (!o || o == s)
		return true;
	if (mr_streq(o->hello.boot_id, s->hello.boot_id)) {
		close_session(e, o, MR_REASON_CONFLICT, "superseded by a newer incarnation");
		return true;
	}
	s->state = o->state = FM_SS_CONTEST; /* both read the same register now */
	s->answered = o->answered = false;
	memcpy(o->challenge, s->challenge, sizeof(o->challenge));
	ask(e, s);
	ask(e, o);
	return false;
}

static struct fm_session *rival_of(const struct fm_engine *e, const struct fm_session *s)
{
	for (unsigned i = 0; i < e->sessions; i++)
		if (e->session[i] != s && e->session[i]->state == FM_SS_CONTEST &&
		    mr_streq(e->session[i]->hello.host, s->hello.host))
			return e->session[i];
	return NULL;
}

/* The agent read its roots again. */
void fm_session_answer(struct fm_engine *e, uint64_t id, const struct fm_agent_hello *h)
{
	struct fm_session *s = fm_session_get(e, id), *o;

	if (!s || (s->state != FM_SS_ASKED && s->state != FM_SS_CONTEST))
		return;
	if (!answers(s, h)) {
		wrong_answer(e, s);
		return;
	}
	if (s->state == FM_SS_CONTEST) {
		s->answered = true;
		o = rival_of(e, s);
		if (!o)
			welcome(e, s);
		else if (o->answered)
			suspend_both(e, s, o);
		return;
	}
	if (stands_alone(e, s))
		welcome(e, s);
}

/* Who was asked did not answer in time. */
void fm_session_timer(struct fm_engine *e, uint64_t id)
{
	struct fm_session *s = fm_session_get(e, id), *o;

	if (!s || s->until == MR_NEVER || s->until > e->now.mono_ns)
		return;
	s->until = MR_NEVER;
	if (s->state == FM_SS_ASKED) {
		close_session(e, s, MR_REASON_TIMEOUT, "it did not answer the challenge");
	} else if (s->state == FM_SS_CONTEST && !s->answered) {
		o = rival_of(e, s);
		close_session(e, s, MR_REASON_TIMEOUT, "another boot of this host is here");
		if (o && o->answered)
			welcome(e, o);
	}
}

/* The connection is gone: commands under way are asked again in the next session. */
void fm_session_gone(struct fm_engine *e, uint64_t id, bool goodbye, const char *why)
{
	struct fm_session *s = fm_session_get(e, id);
	struct fm_hst *h;
	unsigned k = 0;

	if (!s)
		return;
	for (unsigned i = 0; i < e->sessions; i++)
		if (e->session[i] != s)
			e->session[k++] = e->session[i];
	e->sessions = k;
	mr_map_del_u64(e->session_by_id, id);
	h = s->host;
	if (h && h->session == s) {
		h->session = NULL;
		fm_foreign_look(e, h);
		fm_news_hosts(e);
		h->agent_lost = e->now.mono_ns ? e->now.mono_ns : 1;
		h->link_when_lost = roots_of(e, h->rec.name).link;
		if (goodbye)
			h->grace_until = -1;
		if (!flaps(e, h->rec.name))
			fm_note(e, MR_REASON_UNREACHABLE, h->rec.name, "agent %s: %s",
				goodbye ? "said good-bye" : "lost", why ? why : "");
	}
	fm_inflight_lose(e, of_session, id, MR_REASON_TIMEOUT, "the agent's connection ended");
	if (h)
		fm_failover_soon(e, h);
	free(s);
}
