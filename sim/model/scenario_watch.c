/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run sees: notices of the chassis (the blades get theirs), events of the ring as a
 * manager reads them, uevents of the blades. An interrupt that got lost is not seen, and the
 * events wait for the next one or for the poll.
 */
#include <stdlib.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "sim/model/blade.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

#define SEEN_MAX 1000000

/* The number of an event's name, -1 where there is none. */
int scn_event_parse(const char *name)
{
	for (int e = 0; e < MR_EV_COUNT; e++)
		if (mr_streq(mr_ev_name((enum mr_ev)e), name))
			return e;
	return mr_streq(name, "OVERFLOW") ? MR_EV_COUNT : -1;
}

static const char *port_name(const struct sim_chassis *c, unsigned port)
{
	const struct sim_host *h = sim_host_at(c, port);
	const struct sim_adapter *a = port ? sim_adapter_at(c, port) : NULL;

	return h ? h->d.name : a ? a->name : "-";
}

static void saw(struct sim_scn_run *r, const struct scn_event *e)
{
	if (r->events == SEEN_MAX)
		return;
	MR_GROW(r->event, r->events, r->event_cap);
	r->event[r->events++] = *e;
	if (e->ev == MR_EV_COUNT)
		scn_log(r, "event", "OVERFLOW: events were lost");
	else
		scn_log(r, "event", "%s %s bridge %u: 0x%llx 0x%llx",
			mr_ev_name((enum mr_ev)e->ev), port_name(r->c, e->port), e->bridge,
			(unsigned long long)e->arg0, (unsigned long long)e->arg1);
}

static uint64_t sw_read(struct sim_scn_run *r, uint64_t addr)
{
	struct sim_place p = {.space = MR_SPACE_SWITCH, .address = addr, .width = 8};

	return sim_place_read(r->c, r->now, &p);
}

static void sw_write(struct sim_scn_run *r, uint64_t addr, uint64_t v)
{
	struct sim_place p = {.space = MR_SPACE_SWITCH, .address = addr, .width = 8};

	sim_place_write(r->c, r->now, &p, r->owner_id, r->epoch, v);
}

static bool owns(struct sim_scn_run *r)
{
	return r->epoch && sw_read(r, SW_OWNER_EPOCH) == r->epoch &&
	       sw_read(r, SW_OWNER_ID) == r->owner_id;
}

/* Reads the ring from where it stopped; the owner makes room behind itself. */
void scn_read_events(struct sim_scn_run *r)
{
	uint64_t head = sw_read(r, SW_EVENT_HEAD), size = sw_read(r, SW_CAPS) >> 48;
	bool over = sw_read(r, SW_EVENT_FLAGS) & MR_SW_EVENT_OVERFLOW;

	if (head < r->cursor) /* the chassis lost its power */
		r->cursor = 0;
	if (head - r->cursor > size)
		r->cursor = head - size;
	for (; r->cursor < head; r->cursor++) {
		uint64_t at = SW_EVENT(r->cursor % size), id = sw_read(r, at);

		saw(r,
		    &(struct scn_event){(unsigned)(id & 0xffff), (unsigned)(id >> 16 & 0xffff),
					(unsigned)(id >> 32 & 0xffff), (unsigned)(id >> 48),
					sw_read(r, at + 16), sw_read(r, at + 24)});
	}
	if (!owns(r))
		return;
	if (sw_read(r, SW_EVENT_TAIL) != head)
		sw_write(r, SW_EVENT_TAIL, head);
	if (!over)
		return;
	saw(r, &(struct scn_event){.ev = MR_EV_COUNT});
	sw_write(r, SW_EVENT_FLAGS, MR_SW_EVENT_OVERFLOW);
}

/* A uevent of a blade, its NULs as blanks. */
void sim_scn_run_uevent(struct sim_scn_run *r, unsigned vh, const struct mr_buf *message)
{
	char *text;

	if (r->uevents == SEEN_MAX)
		return;
	text = mr_xmalloc(message->len + 1);
	for (size_t i = 0; i < message->len; i++)
		text[i] = message->data[i] ? message->data[i] : ' ';
	text[message->len] = 0;
	MR_GROW(r->uevent, r->uevents, r->uevent_cap);
	r->uevent[r->uevents++] = (struct scn_uevent){vh, text};
}

static void read_uevents(struct sim_scn_run *r, unsigned vh)
{
	struct mr_buf b = {0};

	while (sim_blade_uevent(r->blade[vh], &b)) {
		sim_scn_run_uevent(r, vh, &b);
		mr_buf_reset(&b);
	}
	mr_buf_done(&b);
}

/* A management interrupt came. */
void sim_scn_run_interrupt(struct sim_scn_run *r)
{
	r->irqs++;
	r->irq = true;
}

static void take_notices(struct sim_scn_run *r)
{
	struct sim_notice n;

	while (sim_chassis_notice(r->c, &n))
		if (n.kind == SIM_NOTICE_MGMT_IRQ)
			sim_scn_run_interrupt(r);
		else if (scn_blade(r, n.vh))
			sim_blade_notice(r->blade[n.vh], r->now, &n);
}

/* Carries notices to where they belong, and looks what blades and the ring tell. */
void scn_watch(struct sim_scn_run *r)
{
	bool irq;

	do {
		if (r->live.carry)
			r->live.carry(r->live.arg);
		else
			take_notices(r);
		irq = r->irq;
		r->irq = false;
		if (irq && !r->deaf)
			scn_read_events(r);
	} while (irq);
	for (unsigned vh = 1; !r->live.settle && vh <= r->blades; vh++)
		if (r->blade[vh])
			read_uevents(r, vh);
}

/* How many events since 'mark' are those that the arguments describe. */
unsigned scn_event_count(const struct sim_scn_run *r, const struct scn_args *a, unsigned mark)
{
	unsigned n = 0;

	for (unsigned i = mark; i < r->events; i++) {
		const struct scn_event *e = &r->event[i];

		n += e->ev == a->event && (!a->port[0] || e->port == a->portnr) &&
		     (!a->has_bridge || e->bridge == a->bridge) &&
		     (!a->has_value || e->arg0 == a->value);
	}
	return n;
}
