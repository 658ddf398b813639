// SPDX-License-Identifier: Apache-2.0
/*
 * Which hosts are let in (HANDOVER 9): a port is held until a document names its host and what
 * the host is to find is in place; then ports are released in the order of the policy.
 */
#include "fabric-manager/engine/chassis/ports.h"

#include "common/mutant.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/wanted.h"

#define P(x) FM_PHASE_##x

/* What a host waits for is mapped, or will not be soon. */
static bool in_place(const struct fm_asg *a)
{
	if (a->a.going || a->waits || a->until != MR_NEVER || a->step == FM_STEP_NONE)
		return true;
	return a->a.phase != P(RESERVED) && a->a.phase != P(RESETTING) &&
	       a->a.phase != P(CONFIGURED);
}

/* One pass: which hosts still wait for a function to be put in place. */
static struct mr_map *unfinished(struct fm_engine *e)
{
	struct mr_map *m = mr_map_new();
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (a->a.host[0] && !in_place(a))
			mr_map_set(m, a->a.host, 1);
	}
	return m;
}

static int index_of(const struct fm_chassis *c, unsigned port)
{
	for (unsigned i = 0; i < c->hosts; i++)
		if (c->host[i].port == port)
			return (int)i;
	return -1;
}

static void authorise(struct fm_engine *e, unsigned chassis, unsigned i)
{
	const struct fm_host *h = &e->inv.chassis[chassis].host[i];
	struct fm_op op = {.kind = FM_OP_AUTHORISE, .chassis = (uint16_t)chassis};

	op.place.port = h->port;
	op.value = MR_AUTH_AUTHORISED;
	e->ch[chassis].auth_tag[i] = fm_op_send(e, &op, FM_TAG_AUTH, 0, i);
}

/* The port of a root, as index of its chassis' hosts, where it waits to be let in; else -1. */
static int held_port(const struct fm_engine *e, const struct fm_host_def *h, unsigned root)
{
	int k = index_of(&e->inv.chassis[h->chassis], h->root[root]);

	if (k < 0 || e->ch[h->chassis].auth_tag[k] ||
	    e->inv.chassis[h->chassis].host[k].auth != MR_AUTH_HELD)
		return -1;
	return k;
}

/* Lets in the hosts that may be let in now, by all of their ports. */
void fm_ports_check(struct fm_engine *e)
{
	const struct fm_desired *d = e->desired;
	struct mr_map *wait = NULL;
	uint64_t v;

	for (unsigned i = 0; d && i < d->hosts && !MR_MUTANT(PORTS_HELD); i++) {
		const struct fm_host_def *h = &d->host[i];

		if (!h->roots || h->chassis >= e->inv.n || !fm_ch_ready(e, h->chassis) ||
		    (!h->known && !d->unknown_ignore))
			continue;
		for (unsigned r = 0; r < h->roots; r++) {
			int k = held_port(e, h, r);

			if (k < 0)
				continue;
			if (!wait)
				wait = unfinished(e);
			if (!mr_map_get(wait, h->name, &v))
				authorise(e, h->chassis, (unsigned)k);
		}
	}
	mr_map_free(wait);
}

/* AUTHORISE ended. */
void fm_ports_result(struct fm_engine *e, const struct fm_inflight *f,
		     const struct fm_op_result *r)
{
	struct fm_ch *c = &e->ch[f->chassis];
	char name[FM_ROOT_TEXT];
	struct fm_host *h;

	if (f->key >= c->hosts || c->auth_tag[f->key] != f->tag)
		return;
	c->auth_tag[f->key] = 0;
	h = &e->inv.chassis[f->chassis].host[f->key];
	if (r->end == FM_OP_DONE) {
		h->auth = MR_AUTH_AUTHORISED;
		fm_note(e, MR_REASON_OK, fm_root_text(e, f->chassis, h->port, name),
			"its port is released");
	} else if (r->end == FM_OP_REFUSED) {
		fm_log(e, 2, "authorise %s: '%s'; the chassis is read again", h->name,
		       r->detail);
		fm_ch_observe(e, f->chassis);
	}
}
