/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A traffic generator per VF, so that rates can be seen to hold. Frames are not modelled one by
 * one: between two changes every flow has a rate, and its counters are brought up to date
 * whenever the chassis is looked at. The flows of one PF share its port: each gets its
 * guarantee, the rest is shared in proportion to the weights (max-min), nobody gets more than
 * its maximum but for its burst, a bucket that fills while it sends less. What a flow offers
 * above that is dropped; at a closed gate or a block all of it is lost. The frames of an NVMe
 * function are its commands. A flow may go to another VF of its port: what VF_SWITCHING of both
 * says becomes of it, and another VF may get copies. What the adapter does not let through
 * (filter.c) is dropped.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "sim/model/internal.h"

#define MBPS_MAX  1000000u
#define FRAME_MIN 64u
#define FRAME_MAX 9216u
#define BURST_MIN MR_NS_PER_MS
#define BURST_MAX (3600 * MR_NS_PER_S)
/* Of a longer time only the end is followed burst by burst, before that the mean counts. */
#define FOLLOWED (10 * MR_NS_PER_S)
#define SLICE	 (1000 * MR_NS_PER_S) /* rate x time stays below 2^64 */
#define LEVEL	 1024		      /* parts of 1 Mbit/s in which shares are found */

/* ---- flows: sorted by port, PF, VF ---- */

static uint64_t key_of(unsigned port, unsigned pf, unsigned vf)
{
	return (uint64_t)port << 32 | (uint64_t)pf << 16 | vf;
}

static unsigned place_of(const struct sim_chassis *c, uint64_t key)
{
	unsigned i = 0;

	while (i < c->flows && c->flow[i].key < key)
		i++;
	return i;
}

static struct sim_flow *find(const struct sim_chassis *c, uint64_t key)
{
	unsigned i = place_of(c, key);

	return i < c->flows && c->flow[i].key == key ? &c->flow[i] : NULL;
}

static struct sim_flow *make(struct sim_chassis *c, uint64_t key)
{
	struct sim_flow *f = find(c, key);
	unsigned i = place_of(c, key);

	if (f)
		return f;
	MR_GROW(c->flow, c->flows, c->flow_cap);
	memmove(&c->flow[i + 1], &c->flow[i], (c->flows - i) * sizeof(*c->flow));
	c->flows++;
	c->flow[i] = (struct sim_flow){.key = key, .bucket = UINT64_MAX}; /* full */
	return &c->flow[i];
}

/* ---- what a flow offers, and whether it gets out ---- */

static uint64_t offered(const struct sim_flow *f, int64_t at, bool mean)
{
	int64_t period = f->t.on_ns + f->t.off_ns;

	if (f->t.kind != SIM_TRAFFIC_BURSTY)
		return f->t.kind == SIM_TRAFFIC_CONSTANT ? f->t.mbps : 0;
	if (mean)
		return f->t.mbps * (uint64_t)(f->t.on_ns / MR_NS_PER_US) /
		       (uint64_t)(period / MR_NS_PER_US);
	return (at - f->start_ns) % period < f->t.on_ns ? f->t.mbps : 0;
}

/* When the next burst of any flow begins or ends after 'at'. */
static int64_t next_edge(const struct sim_chassis *c, int64_t at, int64_t end)
{
	for (unsigned i = 0; i < c->flows; i++) {
		const struct sim_flow *f = &c->flow[i];
		int64_t period = f->t.on_ns + f->t.off_ns, into, edge;

		if (f->t.kind != SIM_TRAFFIC_BURSTY)
			continue;
		into = (at - f->start_ns) % period;
		edge = at + (into < f->t.on_ns ? f->t.on_ns : period) - into;
		if (edge < end)
			end = edge;
	}
	return end;
}

enum way {
	NOBODY, /* no driver runs the function: nothing is offered */
	SHUT,	/* gate or block: everything is lost */
	OPEN,
	DROP /* the engine stands still, or its peer cannot be reached: everything is dropped */
};

static enum way row_way(const struct sim_chassis *c, const struct sim_mvf *m)
{
	const struct sim_bridge *r;

	if (!m->row_vs)
		return NOBODY;
	r = sim_bridge_peek(&c->host[m->row_vs], m->row_b);
	if (sim_row_at_host(c, r) == MR_ROW_BLOCKED || sim_row_at_dev(c, r) == MR_ROW_BLOCKED)
		return SHUT;
	return r->dlla ? OPEN : NOBODY;
}

static enum way way_of(const struct sim_chassis *c, struct sim_adapter *a, unsigned p,
		       unsigned v)
{
	const struct sim_mvf *m = sim_mvf(a, p, v);
	struct sim_loc l = sim_loc_vf(a, p, v);
	enum way way;

	if (!(m->fn.command & PCI_COMMAND_MASTER) || !sim_loc_answers(c, &l))
		return NOBODY;
	if (m->nv.d)
		way = m->state == MR_VF_AVAILABLE || m->state == MR_VF_MIGRATE_OUT ? OPEN
										   : NOBODY;
	else
		way = row_way(c, m);
	if (way == OPEN && (!m->nv.gate || m->nv.block & 1 || (m->nv.flags >> 2 & 3) == 2))
		return SHUT;
	return way == OPEN && m->fn.stalled ? DROP : way;
}

/* ---- from one VF of a port to another ---- */

static unsigned mode_of(const struct sim_mvf *m)
{
	return m->nv.switching & 3;
}

/* Whether frames of a VF reach its peer: neither is isolated, it accepts them, and somebody
 * takes them. */
static enum way way_to(const struct sim_chassis *c, struct sim_adapter *a, unsigned p,
		       unsigned v, const struct sim_traffic *t)
{
	unsigned peer = t->to - 1u;

	if (mode_of(sim_mvf(a, p, v)) == MR_BRIDGING_ISOLATED ||
	    mode_of(sim_mvf(a, p, peer)) == MR_BRIDGING_ISOLATED ||
	    !sim_filter_accepts(a, p, v, peer, t))
		return DROP;
	return way_of(c, a, p, peer) == OPEN ? OPEN : DROP;
}

/* 'n' frames arrive at a VF: from a peer, which it answers, or copies. */
static void arrive(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v,
		   uint64_t n, unsigned frame)
{
	struct sim_flow *f = find(c, key_of(a->port, p, v));
	enum way way = f ? way_of(c, a, p, v) : NOBODY;

	if (way == NOBODY)
		return;
	if (way == OPEN) {
		f->n.frames += n;
		f->n.bytes += n * frame;
	} else {
		f->n.lost += n;
		sim_mvf(a, p, v)->lost += n;
	}
}

/* Whether another VF of the PF sends to this one, or has it copied. */
static bool is_target(const struct sim_chassis *c, const struct sim_adapter *a, unsigned p,
		      unsigned v)
{
	uint64_t key = key_of(a->port, p, 0);

	for (unsigned i = place_of(c, key); i < c->flows && c->flow[i].key >> 16 == key >> 16;
	     i++)
		if (c->flow[i].t.kind != SIM_TRAFFIC_OFF && c->flow[i].t.to == v + 1)
			return true;
	for (unsigned i = 0; i < a->m.vfs; i++)
		if ((sim_mvf(a, p, i)->nv.switching >> 16 & 0xffff) == v + 1)
			return true;
	return false;
}

/* VF_SWITCHING was written: who gets copies needs counters. */
void sim_traffic_mirror(struct sim_chassis *c, const struct sim_adapter *a, unsigned p,
			unsigned v)
{
	unsigned to = sim_mvf(a, p, v)->nv.switching >> 16 & 0xffff;

	if (to && to <= a->m.vfs)
		make(c, key_of(a->port, p, to - 1));
}

/* ---- sharing a port ---- */

struct share {
	uint64_t floor, want, weight;
	uint64_t max; /* which only the bucket lets it exceed; 0 = none */
	bool inside;  /* it does not leave the adapter */
	uint64_t got;
};

static uint64_t clamp(uint64_t level, const struct share *s)
{
	uint64_t v = level * s->weight / LEVEL;

	v = v > s->floor ? v : s->floor;
	return v < s->want ? v : s->want;
}

static uint64_t sum_at(const struct share *s, unsigned n, uint64_t level)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n; i++)
		sum += s[i].inside ? 0 : clamp(level, &s[i]);
	return sum;
}

/* The highest level at which all together fit into 'room'; guarantees that do not fit shrink
 * in proportion. */
static uint64_t fair_level(struct share *s, unsigned n, uint64_t room)
{
	uint64_t lo = 0, hi = (uint64_t)MBPS_MAX * LEVEL, floors = sum_at(s, n, 0);

	for (unsigned i = 0; floors > room && i < n; i++)
		s[i].floor = s[i].floor * room / floors;
	while (lo < hi) {
		uint64_t mid = (lo + hi + 1) / 2;

		if (sum_at(s, n, mid) <= room)
			lo = mid;
		else
			hi = mid - 1;
	}
	return lo;
}

static uint64_t port_room(const struct sim_adapter *a, unsigned p)
{
	uint64_t link = (uint64_t)a->m.link_speed * 100 * a->m.link_width;
	uint64_t port = a->m.port_mbps[a->m.ports > 1 ? p : 0];

	return port && port < link ? port : link;
}

static uint64_t count(uint64_t *credit, uint64_t rate, int64_t ns, unsigned frame)
{
	uint64_t cost = 8000ull * frame, n; /* of a frame, in thousandths of a bit */

	if (!rate) /* nothing offered: there may be no frame size either */
		return 0;
	*credit += rate * (uint64_t)ns;
	n = *credit / cost;
	*credit -= n * cost;
	return n;
}

/* Of 'n' commands as many as the limit of so many a second lets pass. */
static uint64_t limit_commands(struct sim_flow *f, uint64_t n, uint64_t iops, int64_t ns)
{
	uint64_t may;

	if (!iops)
		return n;
	f->commands += iops * (uint64_t)ns;
	may = f->commands / MR_NS_PER_S;
	n = n < may ? n : may;
	f->commands -= n * MR_NS_PER_S;
	if (f->commands > MR_NS_PER_S) /* what was not used is no credit */
		f->commands = MR_NS_PER_S;
	return n;
}

static uint64_t iops_of(const struct sim_adapter *a, const struct sim_mvf *m)
{
	return a->m.device_class == MR_CLASS_NVME ? m->nv.class0 : 0;
}

/* What of a flow's bucket is left; of a longer time only the mean counts, no bucket. */
static void fill_bucket(struct sim_flow *f, const struct sim_mvf *m, bool mean)
{
	uint64_t most = mean || !m->nv.max ? 0 : (m->nv.shape >> 32) * 8192 * 1000;

	if (f->bucket > most)
		f->bucket = most;
	f->bucket_max = most;
}

#define SLICE_DEFAULT 1000u /* us, of a GPU function that has none said */
#define SLICE_PART    100u  /* us: a finer difference between slices counts for nothing */

/* What shares are in proportion to: of a GPU's functions their slices of its time. */
static uint64_t weight_of(const struct sim_adapter *a, const struct sim_mvf *m)
{
	uint64_t weight = m->nv.shape >> 16 & 0xffff, slice = m->nv.class0 & UINT32_MAX;

	if (a->m.device_class == MR_CLASS_GPU)
		weight = (slice ? slice : SLICE_DEFAULT) / SLICE_PART;
	return weight ? weight : 1;
}

static struct share share_of(struct sim_chassis *c, struct sim_adapter *a, struct sim_flow *f,
			     int64_t at, bool mean)
{
	unsigned p = f->key >> 16 & 0xffff, v = f->key & 0xffff;
	const struct sim_mvf *m = sim_mvf(a, p, v);
	uint64_t iops = iops_of(a, m), most;
	struct share s = {.weight = weight_of(a, m), .max = m->nv.max};

	f->way = (uint8_t)way_of(c, a, p, v);
	f->spoofs = false;
	if (f->way == OPEN && !sim_filter_takes(a, p, v, &f->t, &f->spoofs))
		f->way = DROP;
	if (f->way == OPEN && f->t.to)
		f->way = (uint8_t)way_to(c, a, p, v, &f->t);
	s.inside = f->t.to && mode_of(m) == MR_BRIDGING_VEB;
	f->rate = f->way == NOBODY ? 0 : offered(f, at, mean);
	fill_bucket(f, m, mean);
	s.want = f->way == OPEN ? f->rate : 0;
	if (s.max && s.want > s.max && !f->bucket)
		s.want = s.max;
	most = iops * f->t.frame * 8 / 1000000 + 1;
	if (iops && s.want > most)
		s.want = most;
	s.floor = m->nv.min < s.want ? m->nv.min : s.want;
	return s;
}

/* How long the rates hold: until the first bucket is empty, 'ns' at most. */
static int64_t until_empty(const struct sim_flow *f, const struct share *s, unsigned n,
			   int64_t ns)
{
	for (unsigned i = 0; i < n; i++) {
		uint64_t over = s[i].max && s[i].got > s[i].max ? s[i].got - s[i].max : 0;

		if (over && f[i].bucket / over + 1 < (uint64_t)ns)
			ns = (int64_t)(f[i].bucket / over + 1);
	}
	return ns;
}

static void use_bucket(struct sim_flow *f, const struct share *s, int64_t ns)
{
	uint64_t change;

	if (!f->bucket_max)
		return;
	change = (s->got > s->max ? s->got - s->max : s->max - s->got) * (uint64_t)ns;
	if (s->got > s->max)
		f->bucket = change < f->bucket ? f->bucket - change : 0;
	else
		f->bucket =
			f->bucket_max - f->bucket > change ? f->bucket + change : f->bucket_max;
}

static void count_flow(struct sim_chassis *c, struct sim_adapter *a, struct sim_flow *f,
		       const struct share *s, int64_t ns)
{
	unsigned p = f->key >> 16 & 0xffff, copies;
	struct sim_mvf *m = sim_mvf(a, p, f->key & 0xffff);
	uint64_t sent = count(&f->sent, s->got, ns, f->t.frame);
	uint64_t over = count(&f->over, f->rate - s->got, ns, f->t.frame);
	uint64_t passed = limit_commands(f, sent, iops_of(a, m), ns);

	if (passed)
		sim_ns_written(a, p, f->key & 0xffff);
	over += sent - passed;
	copies = m->nv.switching >> 16 & 0xffff;
	if (f->t.to)
		arrive(c, a, p, f->t.to - 1u, passed, f->t.frame);
	if (copies)
		arrive(c, a, p, copies - 1, passed, f->t.frame);
	f->n.frames += passed;
	f->n.bytes += passed * f->t.frame;
	if (f->way == SHUT) {
		f->n.lost += over;
		m->lost += over;
	} else {
		f->n.dropped += over;
		f->n.spoofed += f->spoofs ? over : 0;
	}
	use_bucket(f, s, ns);
}

/* Flows first..last of one PF for 'ns' from 'at' on. */
static void run_port(struct sim_chassis *c, unsigned first, unsigned last, int64_t at,
		     int64_t ns, bool mean)
{
	struct sim_flow *f = &c->flow[first];
	struct sim_adapter *a = sim_adapter_at(c, (unsigned)(f->key >> 32));
	unsigned n = last - first + 1;
	struct share *s = mr_xcalloc(n, sizeof(*s));
	uint64_t level;

	while (ns > 0) {
		int64_t part;

		for (unsigned i = 0; i < n; i++)
			s[i] = share_of(c, a, &f[i], at, mean);
		level = fair_level(s, n, port_room(a, f->key >> 16 & 0xffff));
		for (unsigned i = 0; i < n; i++)
			s[i].got = s[i].inside ? s[i].want : clamp(level, &s[i]);
		part = until_empty(f, s, n, ns);
		for (unsigned i = 0; i < n; i++)
			count_flow(c, a, &f[i], &s[i], part);
		at += part;
		ns -= part;
	}
	free(s);
}

static void run_slice(struct sim_chassis *c, int64_t at, int64_t ns, bool mean)
{
	unsigned first = 0;

	for (unsigned i = 0; i < c->flows; i++) {
		if (i + 1 < c->flows && c->flow[i + 1].key >> 16 == c->flow[i].key >> 16)
			continue;
		run_port(c, first, i, at, ns, mean);
		first = i + 1;
	}
}

/* Brings all counters to the time 'to', with everything as it has been since the last call. */
void sim_traffic_run(struct sim_chassis *c, int64_t to)
{
	int64_t at = c->traffic_at;

	c->traffic_at = to > at ? to : at;
	while (c->flows && at < to) {
		bool mean = to - at > FOLLOWED;
		int64_t end = mean ? to - FOLLOWED : next_edge(c, at, to);

		if (end - at > SLICE)
			end = at + SLICE;
		run_slice(c, at, end - at, mean);
		at = end;
	}
}

/* ---- tester, registers ---- */

static bool exists(const struct sim_chassis *c, unsigned port, unsigned pf, unsigned vf)
{
	const struct sim_adapter *a = port <= c->ports ? sim_adapter_at(c, port) : NULL;

	return a && pf < a->m.pfs && vf < a->m.vfs;
}

static bool sane(const struct sim_traffic *t)
{
	if (t->kind == SIM_TRAFFIC_OFF)
		return true;
	if (t->kind > SIM_TRAFFIC_BURSTY || t->vlan > 4094 || t->src >> 48 || t->dst >> 48 ||
	    !t->mbps || t->mbps > MBPS_MAX || t->frame < FRAME_MIN || t->frame > FRAME_MAX)
		return false;
	return t->kind == SIM_TRAFFIC_CONSTANT ||
	       (t->on_ns >= BURST_MIN && t->off_ns >= BURST_MIN && t->on_ns <= BURST_MAX &&
		t->off_ns <= BURST_MAX);
}

/* Nobody, or another VF of an adapter with network ports. */
static bool right_peer(const struct sim_chassis *c, unsigned port, unsigned vf, unsigned to)
{
	const struct sim_adapter *a = sim_adapter_at(c, port);

	return !to || (a->m.port_mbps[0] && to <= a->m.vfs && to != vf + 1);
}

/* Whether flows that were read are in order, of functions that exist, and within the limits. */
bool sim_traffic_sane(const struct sim_chassis *c)
{
	for (unsigned i = 0; i < c->flows; i++) {
		const struct sim_flow *f = &c->flow[i];

		if ((i && f->key <= c->flow[i - 1].key) || f->key >> 48 ||
		    !exists(c, (unsigned)(f->key >> 32), f->key >> 16 & 0xffff,
			    f->key & 0xffff) ||
		    !sane(&f->t) || f->start_ns > c->traffic_at || f->way > DROP ||
		    !right_peer(c, (unsigned)(f->key >> 32), f->key & 0xffff, f->t.to))
			return false;
	}
	return c->traffic_at == c->now.mono_ns;
}

/* What an MVF offers from now on: chassis.h. */
int sim_traffic_set(struct sim_chassis *c, struct mr_now now, uint16_t port, uint16_t pf,
		    uint16_t vf, const struct sim_traffic *t)
{
	struct sim_flow *f;

	sim_chassis_step(c, now);
	if (!exists(c, port, pf, vf))
		return -ENOENT;
	if (!sane(t) || !right_peer(c, port, vf, t->to))
		return -EINVAL;
	if (t->to)
		make(c, key_of(port, pf, t->to - 1u));
	f = make(c, key_of(port, pf, vf));
	f->t = *t;
	sim_traffic_mirror(c, sim_adapter_at(c, port), pf, vf);
	f = find(c, key_of(port, pf, vf)); /* the table may have grown */
	f->start_ns = c->now.mono_ns;
	f->sent = f->over = f->commands = 0;
	return 0;
}

/* The counters of an MVF: chassis.h. */
int sim_traffic_read(struct sim_chassis *c, struct mr_now now, uint16_t port, uint16_t pf,
		     uint16_t vf, struct sim_counters *ret)
{
	const struct sim_flow *f;

	sim_chassis_step(c, now);
	if (!exists(c, port, pf, vf))
		return -ENOENT;
	f = find(c, key_of(port, pf, vf));
	*ret = f ? f->n : (struct sim_counters){0};
	return 0;
}

/* The same by what a host sees at 'rid': chassis.h. */
int sim_host_fn_counters(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
			 struct sim_counters *ret)
{
	struct sim_loc l;

	sim_chassis_step(c, now);
	l = sim_vh_locate(c, vh, rid);
	*ret = (struct sim_counters){0};
	if (!sim_loc_answers(c, &l) || sim_loc_is_bridge(&l))
		return -ENODEV;
	if (l.kind != SIM_LOC_VF && l.kind != SIM_LOC_SYNTH)
		return 0;
	return sim_traffic_read(c, now, (uint16_t)l.a->port, (uint16_t)l.p, (uint16_t)l.v, ret);
}

/* Registers VF_FRAMES, VF_BYTES, VF_DROPPED. */
uint64_t sim_traffic_reg(const struct sim_chassis *c, const struct sim_adapter *a, uint64_t i,
			 unsigned off)
{
	const struct sim_flow *f;

	if (i >= (uint64_t)a->m.pfs * a->m.vfs)
		return SIM_ONES;
	f = find(c, key_of(a->port, (unsigned)(i / a->m.vfs), (unsigned)(i % a->m.vfs)));
	if (!f)
		return 0;
	return off == VF_FRAMES ? f->n.frames : off == VF_BYTES ? f->n.bytes : f->n.dropped;
}

/* No flows of the adapter behind 'port' any more. */
void sim_traffic_drop(struct sim_chassis *c, unsigned port)
{
	unsigned keep = 0;

	for (unsigned i = 0; i < c->flows; i++)
		if (c->flow[i].key >> 32 != port)
			c->flow[keep++] = c->flow[i];
	c->flows = keep;
}

/* A reset by the MR-PCIM: the next owner finds no counts and no traffic of the last one. */
void sim_traffic_forget(struct sim_chassis *c, const struct sim_adapter *a, unsigned p,
			unsigned v)
{
	uint64_t key = key_of(a->port, p, v);
	unsigned i = place_of(c, key);

	if (i == c->flows || c->flow[i].key != key)
		return;
	if (is_target(c, a, p, v)) {
		c->flow[i] = (struct sim_flow){.key = key, .bucket = UINT64_MAX};
		return;
	}
	c->flows--;
	memmove(&c->flow[i], &c->flow[i + 1], (c->flows - i) * sizeof(*c->flow));
}
