/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Life of the chassis: building it from a description, the queue of delayed effects, the event
 * ring and the notices to the outside. What the registers do stands in the other files.
 */
#include "sim/model/chassis.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "sim/model/internal.h"

/*
 * ---- queue of delayed effects: a binary heap by (time, sequence), and beside it a list of
 * what happens one hop later, which comes in that order by itself ----
 */

static bool due_before(const struct sim_due *a, const struct sim_due *b)
{
	return a->at != b->at ? a->at < b->at : a->seq < b->seq;
}

static void due_insert(struct sim_chassis *c, const struct sim_due *d)
{
	unsigned i = c->dues;

	MR_GROW(c->due, c->dues, c->due_cap);
	c->dues++;
	for (; i && due_before(d, &c->due[(i - 1) / 2]); i = (i - 1) / 2)
		c->due[i] = c->due[(i - 1) / 2];
	c->due[i] = *d;
}

/* Plans 'kind' with its arguments for the time 'at'. */
void sim_due_add(struct sim_chassis *c, int64_t at, enum sim_due_kind kind, uint64_t a,
		 uint64_t b)
{
	const struct sim_due d = {at, c->due_seq++, kind, a, b};

	due_insert(c, &d);
}

/* Plans the next hop of a TLP. */
void sim_due_hop(struct sim_chassis *c, uint64_t id, uint64_t place)
{
	const struct sim_due d = {c->now.mono_ns + c->hop_ns, c->due_seq++, SIM_DUE_TLP, id,
				  place};

	if (c->hop_first && c->hops == c->hop_cap) {
		c->hops -= c->hop_first;
		memmove(c->hop, c->hop + c->hop_first, c->hops * sizeof(*c->hop));
		c->hop_first = 0;
	}
	MR_GROW(c->hop, c->hops, c->hop_cap);
	c->hop[c->hops++] = d;
}

/* What happens next, NULL: nothing. */
static const struct sim_due *due_next(const struct sim_chassis *c)
{
	const struct sim_due *hop = c->hop_first < c->hops ? &c->hop[c->hop_first] : NULL;

	if (!c->dues)
		return hop;
	return hop && due_before(hop, &c->due[0]) ? hop : &c->due[0];
}

static struct sim_due heap_pop(struct sim_chassis *c)
{
	struct sim_due top = c->due[0], last = c->due[--c->dues];
	unsigned i = 0, child;

	while ((child = 2 * i + 1) < c->dues) {
		if (child + 1 < c->dues && due_before(&c->due[child + 1], &c->due[child]))
			child++;
		if (!due_before(&c->due[child], &last))
			break;
		c->due[i] = c->due[child];
		i = child;
	}
	c->due[i] = last;
	return top;
}

static struct sim_due due_pop(struct sim_chassis *c, const struct sim_due *next)
{
	struct sim_due d = *next;

	if (c->dues && next == c->due)
		return heap_pop(c);
	if (++c->hop_first == c->hops)
		c->hop_first = c->hops = 0;
	return d;
}

/* Puts all into the heap: what is saved. */
void sim_due_gather(struct sim_chassis *c)
{
	for (; c->hop_first < c->hops; c->hop_first++)
		due_insert(c, &c->hop[c->hop_first]);
	c->hop_first = c->hops = 0;
}

/* Nothing is due any more. */
void sim_due_clear(struct sim_chassis *c)
{
	c->dues = c->hop_first = c->hops = 0;
}

/* Nothing is due any more at functions of the adapter behind 'port'. */
void sim_due_forget(struct sim_chassis *c, unsigned port)
{
	unsigned n = c->dues;

	c->dues = 0;
	for (unsigned i = 0; i < n; i++) {
		struct sim_due d = c->due[i]; /* the heap grows behind what was read */

		if ((d.kind == SIM_DUE_RESET || d.kind == SIM_DUE_WATCHDOG) && d.a == port)
			continue;
		due_insert(c, &d);
	}
}

static void due_run(struct sim_chassis *c, const struct sim_due *d)
{
	struct sim_adapter *a;

	switch (d->kind) {
	case SIM_DUE_ROW:
		sim_row_settle(c, (unsigned)d->a, (unsigned)d->b);
		break;
	case SIM_DUE_RESET:
		a = sim_adapter_at(c, (unsigned)d->a);
		if (a)
			sim_vf_reset_done(c, a, (unsigned)(d->b >> 16), d->b & 0xffff);
		break;
	case SIM_DUE_WATCHDOG:
		a = sim_adapter_at(c, (unsigned)d->a);
		if (a)
			sim_stall_due(c, a, (unsigned)(d->b >> 16), d->b & 0xffff);
		break;
	case SIM_DUE_TLP:
		sim_tlp_due(c, d->a, d->b);
		break;
	case SIM_DUE_SLOT:
		sim_slot_due(c, (unsigned)d->a, (unsigned)d->b);
		break;
	case SIM_DUE_WRITE:
		sim_fault_due(c, d->a);
		break;
	}
}

/* Lets everything happen that is due at 'now', each at its own time. */
void sim_chassis_step(struct sim_chassis *c, struct mr_now now)
{
	const struct sim_due *next;
	struct sim_due d;

	while ((next = due_next(c)) && next->at <= now.mono_ns) {
		d = due_pop(c, next);
		if (d.at > c->now.mono_ns)
			c->now.mono_ns = d.at;
		sim_traffic_run(c, c->now.mono_ns);
		due_run(c, &d);
	}
	sim_traffic_run(c, now.mono_ns);
	if (now.mono_ns > c->now.mono_ns)
		c->now = now;
}

/* When sim_chassis_step has something to do next. */
int64_t sim_chassis_deadline(const struct sim_chassis *c)
{
	const struct sim_due *next = due_next(c);

	return next ? next->at : MR_NEVER;
}

/* ---- event ring ---- */

/* Appends an event and asks for the management interrupt; a full ring loses it and says so. */
void sim_event_push(struct sim_chassis *c, enum mr_ev ev, unsigned port, unsigned vh,
		    unsigned bridge, uint64_t arg0, uint64_t arg1)
{
	struct sim_event *e = &c->event[c->head % c->events];

	if (c->head - c->tail >= c->events) {
		c->event_flags |= MR_SW_EVENT_OVERFLOW;
	} else {
		e->reg[0] = (uint64_t)ev | (uint64_t)(port & 0xffff) << 16 |
			    (uint64_t)(vh & 0xffff) << 32 | (uint64_t)(bridge & 0xffff) << 48;
		e->reg[1] = c->head++;
		e->reg[2] = arg0;
		e->reg[3] = arg1;
	}
	sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_MGMT_IRQ,
						.vector = MR_VECTOR_EVENTS,
						.arg = c->head});
}

/* ---- notices ---- */

/* Queues a notice. A management interrupt that nobody took yet stands for the later ones. */
void sim_notice_push(struct sim_chassis *c, const struct sim_notice *n)
{
	struct sim_notice *last =
		c->notices > c->notice_first ? &c->notice[c->notices - 1] : NULL;

	if (sim_fault_loses(c, n))
		return;
	if (last && n->kind == SIM_NOTICE_MGMT_IRQ && last->kind == n->kind) {
		last->arg = n->arg;
		return;
	}
	if (c->notice_first && c->notices == c->notice_cap) {
		c->notices -= c->notice_first;
		memmove(c->notice, c->notice + c->notice_first,
			c->notices * sizeof(*c->notice));
		c->notice_first = 0;
	}
	MR_GROW(c->notice, c->notices, c->notice_cap);
	c->notice[c->notices++] = *n;
}

/* Takes the next notice; false when there is none. */
bool sim_chassis_notice(struct sim_chassis *c, struct sim_notice *ret)
{
	if (c->notice_first == c->notices)
		return false;
	*ret = c->notice[c->notice_first++];
	if (c->notice_first == c->notices)
		c->notice_first = c->notices = 0;
	return true;
}

/* ---- building ---- */

/* The adapter behind port 'port', or NULL. */
struct sim_adapter *sim_adapter_at(const struct sim_chassis *c, unsigned port)
{
	if (port > c->ports || !c->adapter_at[port])
		return NULL;
	return &c->adapter[c->adapter_at[port] - 1];
}

/* The host slot of VH 'vh' when a host is described for it, else NULL. VH 0 is none. */
struct sim_host *sim_host_at(const struct sim_chassis *c, unsigned vh)
{
	return vh && vh <= c->hosts && c->host[vh].used ? &c->host[vh] : NULL;
}

static void build_hosts(struct sim_chassis *c, const struct sim_desc *d)
{
	for (unsigned i = 0; i < d->hosts; i++)
		if (d->host[i].slot > c->hosts)
			c->hosts = d->host[i].slot;
	c->host = mr_xcalloc(c->hosts + 1, sizeof(*c->host));
	for (unsigned i = 0; i < d->hosts; i++) {
		struct sim_host *h = &c->host[d->host[i].slot];

		h->used = true;
		h->d = d->host[i];
		h->power = h->d.power;
		h->cable = true;
		h->boots = h->power;
		h->auth = MR_AUTH_HELD;
		h->cut_answer = (uint8_t)h->d.cut_answer;
		if (h->d.bridges > c->max_bridges)
			c->max_bridges = h->d.bridges;
	}
	if (d->management) { /* VH 0 is there before anybody could authorise its root */
		c->root = d->management;
		c->host[c->root].auth = MR_AUTH_AUTHORISED;
		c->host[c->root].link = c->host[c->root].power;
	}
}

static void build_adapters(struct sim_chassis *c, const struct sim_desc *d)
{
	c->adapter_at = mr_xcalloc(c->ports + 1, sizeof(*c->adapter_at));
	c->adapter = mr_xcalloc(d->adapters + 1, sizeof(*c->adapter));
	for (unsigned i = 0; i < d->adapters; i++) {
		struct sim_adapter *a = &c->adapter[c->adapters++];

		sim_adapter_init(c, a, &d->adapter[i], &d->model[d->adapter[i].model]);
		c->adapter_at[a->port] = (uint16_t)(i + 1);
	}
	sim_adapters_place(c);
	for (unsigned i = 0; i < c->adapters; i++) {
		c->adapter[i].vh0_present = c->adapter[i].vh0_dlla = c->adapter[i].present;
		if (c->adapter[i].present)
			sim_adapter_power_on(c, &c->adapter[i]);
	}
}

/*
 * Builds the chassis of a checked description, at the time 'now'. Keeps no pointer to 'desc';
 * the caller frees the result with sim_chassis_free.
 */
struct sim_chassis *sim_chassis_new(const struct sim_desc *desc, struct mr_now now)
{
	struct sim_chassis *c = MR_NEW(struct sim_chassis);

	c->now = now;
	c->traffic_at = now.mono_ns;
	mr_rng_init(&c->rng, 0x6261);
	mr_copy(c->name, sizeof(c->name), desc->name);
	mr_copy(c->serial, sizeof(c->serial), desc->serial);
	c->ports = desc->ports;
	c->hop_ns = desc->hop_ns;
	c->effect_ns = desc->effect_ns;
	c->slot_ns = desc->slot_ns;
	c->cut_answer = desc->cut_answer;
	c->nv_cut_answer = c->described_cut = desc->cut_answer;
	c->nvm_found = desc->nvm;
	c->events = desc->event_entries;
	c->event = mr_xcalloc(c->events, sizeof(*c->event));
	build_hosts(c, desc);
	build_adapters(c, desc);
	return c;
}

/* Frees the chassis and everything in it; NULL is accepted. */
void sim_chassis_free(struct sim_chassis *c)
{
	if (!c)
		return;
	for (unsigned i = 0; c->host && i <= c->hosts; i++) {
		free(c->host[i].bridge);
		free(c->host[i].nvm);
		free(c->host[i].map);
	}
	for (unsigned i = 0; c->adapter && i < c->adapters; i++)
		sim_adapter_done(&c->adapter[i]);
	sim_tlps_free(c->tlps);
	sim_faults_free(c->faults);
	free(c->host);
	free(c->adapter);
	free(c->adapter_at);
	free(c->event);
	free(c->due);
	free(c->hop);
	free(c->notice);
	free(c->dirty);
	free(c->aer);
	free(c->flow);
	free(c);
}
