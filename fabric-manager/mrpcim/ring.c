/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The event ring: on an interrupt read head, flags and entries in one batch and translate; the
 * next batch acknowledges them (as the owner only). Entries that were lost become one OVERFLOW:
 * whoever gets it reads everything again.
 *
 * Nearly every operation raises an event, and most of these tell nobody anything. So the first
 * interrupt after a pause is answered at once, and those behind it once a pause, unless an
 * operation waits for an event or the ring fills.
 */
#include "fabric-manager/mrpcim/internal.h"

#define ENTRIES_PER_BATCH 128
#define ENTRY_REGS	  (SW_EVENT_STRIDE / 8)
#define PAUSE_NS	  MR_NS_PER_MS

struct entry {
	uint16_t ev, port, vh, bridge;
	uint64_t seq, arg0, arg1;
};

/* A connection begins: events from before it are not wanted, the chassis is read anyway. */
void fm_mr_ring_reset(struct fm_mrpcim *m, uint64_t head, uint64_t tail, unsigned entries)
{
	m->ring = (struct fm_mr_ring){.tail = head, .acked = tail, .entries = entries};
}

/* ---- translation ---- */

typedef void entry_fn(struct fm_mrpcim *m, const struct entry *e, enum fm_chassis_event_kind k);

/* Events of a host port. */
static void on_host(struct fm_mrpcim *m, const struct entry *e, enum fm_chassis_event_kind k)
{
	fm_mr_event_add(m, (struct fm_chassis_event){.kind = k,
						     .port = e->port,
						     .bridge = FM_NO_BRIDGE,
						     .value = e->arg0});
}

/* VH 0's root asked for what would take functions from hosts. */
static void on_held(struct fm_mrpcim *m, const struct entry *e, enum fm_chassis_event_kind k)
{
	fm_mr_event_add(m, (struct fm_chassis_event){.kind = k,
						     .port = e->port,
						     .bridge = FM_NO_BRIDGE,
						     .value = e->arg1});
}

static void on_link(struct fm_mrpcim *m, const struct entry *e, enum fm_chassis_event_kind k)
{
	bool adapter = e->port <= MR_MAX_PORTS && m->geo->port_kind[e->port] == MR_PORT_ADAPTER;

	on_host(m, e, adapter ? FM_CE_ADAPTER_LINK : k);
}

/* Events of a bridge: the host's VH is the number of its port. */
static void on_bridge(struct fm_mrpcim *m, const struct entry *e, enum fm_chassis_event_kind k)
{
	fm_mr_event_add(
		m, (struct fm_chassis_event){
			   .kind = k, .port = e->vh, .bridge = e->bridge, .value = e->arg0});
}

static struct fm_fn_id fn_of(const struct entry *e)
{
	return (struct fm_fn_id){
		.port = e->port, .pf = (uint16_t)(e->arg0 >> 16), .vf = (uint16_t)e->arg0};
}

static uint16_t system_vh(const struct fm_mrpcim *m, unsigned port, unsigned dvh)
{
	const struct fm_mr_dev *d = fm_mr_dev_at(m->geo, port);

	if (!dvh) /* VH 0, of every adapter */
		return 0;
	return d && dvh < d->a.vhs ? d->a.vh_of[dvh] : FM_WHOLE;
}

static void on_vf_state(struct fm_mrpcim *m, const struct entry *e,
			enum fm_chassis_event_kind k)
{
	fm_mr_event_add(m, (struct fm_chassis_event){
				   .kind = k,
				   .port = system_vh(m, e->port, (unsigned)(e->arg1 >> 32)),
				   .bridge = FM_NO_BRIDGE,
				   .fn = fn_of(e),
				   .value = e->arg1 & 0xff});
	fm_mr_runs_wake(m, fm_mr_fn_wait_key(e->port, fn_of(e).pf, fn_of(e).vf));
}

/* Events of a PF of a host: VF Enable, its mailbox. */
static void on_pf(struct fm_mrpcim *m, const struct entry *e, enum fm_chassis_event_kind k)
{
	fm_mr_event_add(
		m, (struct fm_chassis_event){.kind = k,
					     .port = system_vh(m, e->port, e->arg0 & 0xffff),
					     .bridge = FM_NO_BRIDGE,
					     .fn = {.port = e->port,
						    .pf = (uint16_t)(e->arg0 >> 16),
						    .vf = FM_WHOLE},
					     .value = e->arg1});
}

static void on_watchdog(struct fm_mrpcim *m, const struct entry *e,
			enum fm_chassis_event_kind k)
{
	fm_mr_event_add(m, (struct fm_chassis_event){.kind = k,
						     .bridge = FM_NO_BRIDGE,
						     .fn = fn_of(e),
						     .value = e->arg1});
}

static void on_row_wakes(struct fm_mrpcim *m, const struct entry *e,
			 enum fm_chassis_event_kind k)
{
	(void)k;
	fm_mr_runs_wake(m, fm_mr_row_wait_key(e->vh, e->bridge));
}

static void on_fn_wakes(struct fm_mrpcim *m, const struct entry *e,
			enum fm_chassis_event_kind k)
{
	struct fm_fn_id f = fn_of(e);

	(void)k;
	if (f.vf == FM_WHOLE)
		f.pf = FM_WHOLE;
	fm_mr_runs_wake(m, fm_mr_fn_wait_key(f.port, f.pf, f.vf));
}

static void on_stray(struct fm_mrpcim *m, const struct entry *e, enum fm_chassis_event_kind k)
{
	fm_mr_event_add(m, (struct fm_chassis_event){.kind = k,
						     .port = e->vh ? e->vh : e->port,
						     .bridge = FM_NO_BRIDGE,
						     .value = e->arg1});
}

static void on_owner(struct fm_mrpcim *m, const struct entry *e, enum fm_chassis_event_kind k)
{
	(void)k;
	if (e->arg0 != m->owner_id && e->arg1 > m->owner_epoch)
		fm_mr_disowned(m, e->arg1);
}

/* Events without a row mean nothing to the engine. */
static const struct {
	entry_fn *fn;
	enum fm_chassis_event_kind kind;
} entries[MR_EV_COUNT] = {
	[MR_EV_PORT_LINK] = {on_link, FM_CE_HOST_LINK},
	[MR_EV_PORT_POWER] = {on_host, FM_CE_HOST_POWER},
	[MR_EV_PORT_PRESENCE] = {on_host, FM_CE_ADAPTER_PRESENCE},
	[MR_EV_HOST_RESET] = {on_host, FM_CE_HOST_RESET},
	[MR_EV_FATAL_ERROR] = {on_host, FM_CE_HOST_FATAL},
	[MR_EV_SLOT_POWER] = {on_bridge, FM_CE_SLOT_POWER},
	[MR_EV_REMOVAL_SEEN] = {on_bridge, FM_CE_REMOVAL_SEEN},
	[MR_EV_ROW_EFFECTIVE] = {on_row_wakes, 0},
	[MR_EV_ROW_DRAINED] = {on_row_wakes, 0},
	[MR_EV_VF_STATE] = {on_vf_state, FM_CE_VF_STATE},
	[MR_EV_VF_ENABLE] = {on_pf, FM_CE_VF_ENABLE},
	[MR_EV_VF_DRAINED] = {on_fn_wakes, 0},
	[MR_EV_RESET_DONE] = {on_fn_wakes, 0},
	[MR_EV_UR_DROP] = {on_stray, FM_CE_STRANGE},
	[MR_EV_OWNER_CHANGED] = {on_owner, 0},
	[MR_EV_WATCHDOG] = {on_watchdog, FM_CE_WATCHDOG},
	[MR_EV_MAILBOX] = {on_pf, FM_CE_MAILBOX},
	[MR_EV_VH0_HELD] = {on_held, FM_CE_HELD},
	/* Buses and BARs of VH 0 may be others now. */
	[MR_EV_VH0_RESET] = {on_host, FM_CE_OVERFLOW},
};

/* ---- reading ---- */

static void overflowed(struct fm_mrpcim *m)
{
	if (!m->ring.overflow_told)
		fm_mr_event_add(m, (struct fm_chassis_event){.kind = FM_CE_OVERFLOW,
							     .bridge = FM_NO_BRIDGE});
	m->ring.overflow_told = true;
}

/* Translates the entries of a reply from value 'at' on that lie before 'head'. */
static void translate(struct fm_mrpcim *m, const struct fm_mr_reply *p, unsigned at,
		      uint64_t head)
{
	struct fm_mr_ring *ring = &m->ring;

	for (unsigned i = 0; i < ring->asked && ring->tail < head; i++, ring->tail++) {
		uint64_t what = fm_mr_value(p, at + i * ENTRY_REGS);
		struct entry e = {
			.ev = (uint16_t)what,
			.port = (uint16_t)(what >> 16),
			.vh = (uint16_t)(what >> 32),
			.bridge = (uint16_t)(what >> 48),
			.seq = fm_mr_value(p, at + i * ENTRY_REGS + 1),
			.arg0 = fm_mr_value(p, at + i * ENTRY_REGS + 2),
			.arg1 = fm_mr_value(p, at + i * ENTRY_REGS + 3),
		};

		if (e.seq != ring->tail) {
			overflowed(m);
			ring->tail = head;
			return;
		}
		if (e.ev < MR_EV_COUNT && entries[e.ev].fn)
			entries[e.ev].fn(m, &e, entries[e.ev].kind);
	}
}

static void on_ring(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p,
		    uint64_t serial);

static bool unacknowledged(const struct fm_mrpcim *m)
{
	return m->owned && (m->ring.overflow || m->ring.acked != m->ring.tail);
}

/* One batch: what we have read is acknowledged, then head, tail, flags and 'want' entries, as
 * far as they lie in a row. */
static void send_read(struct fm_mrpcim *m, uint64_t want)
{
	struct fm_mr_ring *ring = &m->ring;
	struct mr_batch *b = &m->batch;
	unsigned first = (unsigned)(ring->tail % ring->entries);

	ring->asked = want < ENTRIES_PER_BATCH ? (unsigned)want : ENTRIES_PER_BATCH;
	if (ring->asked > ring->entries - first)
		ring->asked = ring->entries - first;
	mr_batch_reset(b);
	if (m->owned && ring->overflow)
		mr_batch_sw_write(b, SW_EVENT_FLAGS, MR_SW_EVENT_OVERFLOW);
	if (m->owned && ring->acked != ring->tail) {
		mr_batch_sw_write(b, SW_EVENT_TAIL, ring->tail);
		ring->acked = ring->tail;
	}
	if (m->owned)
		ring->overflow = ring->overflow_told = false;
	mr_batch_sw_read(b, SW_EVENT_HEAD, 3);
	if (ring->asked)
		mr_batch_sw_read(b, SW_EVENT(first), (uint16_t)(ring->asked * ENTRY_REGS));
	ring->news = false;
	ring->not_before = m->now.mono_ns + PAUSE_NS;
	ring->run = fm_mr_run_new(m);
	ring->run->on_reply = on_ring;
	fm_mr_send(m, ring->run);
}

static void on_ring(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p,
		    uint64_t serial)
{
	struct fm_mr_ring *ring = &m->ring;
	uint64_t head = fm_mr_value(p, 0);

	(void)serial;
	fm_mr_run_end(m, r);
	ring->run = NULL;
	if (p->status == MR_BATCH_STALE_OWNER) {
		fm_mr_disowned(m, 0);
		send_read(m, 0);
		return;
	}
	if (p->status != MR_BATCH_OK || p->n < 3)
		return;
	ring->overflow = fm_mr_value(p, 2) & MR_SW_EVENT_OVERFLOW;
	if (ring->overflow ||
	    head < ring->tail) { /* the chassis had no power: it counts anew */
		overflowed(m);
		ring->tail = head;
	}
	translate(m, p, 3, head);
	if (ring->tail < head || (m->owned && ring->overflow))
		send_read(m, head - ring->tail);
	else
		fm_mr_ring_due(m);
}

/* Reads or acknowledges if it is time: somebody waits for what an interrupt announced, the ring
 * is half full, or the pause is over. */
void fm_mr_ring_due(struct fm_mrpcim *m)
{
	struct fm_mr_ring *ring = &m->ring;
	int32_t fill = (int32_t)(ring->head - (uint32_t)ring->acked);
	int32_t news = (int32_t)(ring->head - (uint32_t)ring->tail);
	bool urgent = ring->news && (m->heaped || fill >= (int32_t)(ring->entries / 2));

	if (!ring->entries || ring->run || (!ring->news && !unacknowledged(m)))
		return;
	if (urgent || m->now.mono_ns >= ring->not_before)
		send_read(m, news > 0 ? (uint32_t)news : 0);
}

/* When fm_mr_ring_due has something to do, MR_NEVER if nothing waits. */
int64_t fm_mr_ring_deadline(const struct fm_mrpcim *m)
{
	const struct fm_mr_ring *ring = &m->ring;

	if (!ring->entries || ring->run || (!ring->news && !unacknowledged(m)))
		return MR_NEVER;
	return ring->not_before;
}

/* An interrupt came, with the low bits of the head. */
void fm_mr_ring_read(struct fm_mrpcim *m, uint32_t head)
{
	m->ring.head = head;
	m->ring.news = true;
	fm_mr_ring_due(m);
}
