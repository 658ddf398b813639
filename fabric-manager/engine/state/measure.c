/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums of durations by adapter, way and part of the hand-over. What had to wait for somebody
 * (it carries a reason then) is no measure of the next one and is not counted. Sums are
 * durable; old ones weigh less and less, so that an adapter with new firmware is soon known
 * again.
 */
#include "fabric-manager/engine/state/measure.h"

#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/wanted.h"

#define KEEP	      64		  /* at twice as many, the sums are halved */
#define COMPLETION_NS (50 * MR_NS_PER_MS) /* default range of Device Control 2 */
#define FLR_NS	      MR_NS_PER_S	  /* without Readiness Time Reporting */

static struct fm_measure *find(const struct fm_engine *e, const char *chassis,
			       const char *adapter, enum fm_way way)
{
	for (unsigned i = 0; i < e->measures; i++) {
		struct fm_measure *m = &e->measure[i];

		if (m->rec.way == way && mr_streq(m->rec.adapter, adapter) &&
		    mr_streq(m->rec.chassis, chassis))
			return m;
	}
	return NULL;
}

/* Takes over a stored sum. */
void fm_measure_load(struct fm_engine *e, const struct fm_rec_measure *r)
{
	MR_GROW(e->measure, e->measures, e->cap_measures);
	e->measure[e->measures++] = (struct fm_measure){.rec = *r};
}

static struct fm_measure *make(struct fm_engine *e, const struct fm_asg *a)
{
	const char *chassis = e->chassis_name[a->a.fn.chassis];
	struct fm_measure *m = find(e, chassis, a->a.adapter, a->a.place.way);
	struct fm_rec_measure r = {.way = a->a.place.way};

	if (m)
		return m;
	mr_copy(r.chassis, sizeof(r.chassis), chassis);
	mr_copy(r.adapter, sizeof(r.adapter), a->a.adapter);
	fm_measure_load(e, &r);
	return &e->measure[e->measures - 1];
}

/* The part of the hand-over that ends with this arrow; FM_SPAN_COUNT = none. */
static enum fm_span span_of(enum fm_phase from, enum fm_phase to)
{
	static const struct {
		enum fm_phase from, to;
		enum fm_span span;
	} arrows[] = {
		{FM_PHASE_QUIESCING, FM_PHASE_RELEASING, FM_SPAN_QUIESCE},
		{FM_PHASE_RELEASING, FM_PHASE_FENCED, FM_SPAN_RELEASE},
		{FM_PHASE_DRAINING_IO, FM_PHASE_RESETTING, FM_SPAN_DRAIN},
		{FM_PHASE_RESETTING, FM_PHASE_RELEASED, FM_SPAN_RESET},
		{FM_PHASE_RESERVED, FM_PHASE_RESETTING, FM_SPAN_RESERVE},
		{FM_PHASE_RESETTING, FM_PHASE_CONFIGURED, FM_SPAN_CONFIGURE},
		{FM_PHASE_CONFIGURED, FM_PHASE_MAPPED, FM_SPAN_MAP},
		{FM_PHASE_ACTIVATING, FM_PHASE_ACTIVE, FM_SPAN_ACTIVATE},
	};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(arrows); i++)
		if (arrows[i].from == from && arrows[i].to == to)
			return arrows[i].span;
	return FM_SPAN_COUNT;
}

/* 'a' is about to leave its phase for 'to'. */
void fm_measure_arrow(struct fm_engine *e, const struct fm_asg *a, enum fm_phase to)
{
	enum fm_span s = span_of(a->a.phase, to);
	struct fm_measure *m;

	if (s == FM_SPAN_COUNT || a->since_ns == MR_NEVER || a->a.reason != MR_REASON_OK ||
	    a->tries || !a->a.adapter[0] || a->a.fn.chassis >= e->inv.n)
		return;
	m = make(e, a);
	if (m->rec.n[s] >= 2 * KEEP) {
		m->rec.n[s] /= 2;
		m->rec.sum_ns[s] /= 2;
	}
	m->rec.n[s]++;
	m->rec.sum_ns[s] += (uint64_t)(e->now.mono_ns - a->since_ns);
	m->dirty = true;
}

/* The end of the way out: the next phase may be one on another adapter. */
void fm_measure_out(struct fm_engine *e, struct fm_asg *a)
{
	fm_measure_arrow(e, a, FM_PHASE_RELEASED);
	a->since_ns = MR_NEVER;
}

/* Puts sums that changed into the step's change set. */
void fm_measure_write(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->measures; i++) {
		struct fm_measure *m = &e->measure[i];

		if (m->dirty)
			fm_rec(e, FM_RECORD_MEASURE)->measure = m->rec;
		m->dirty = false;
	}
}

/* Sums the means of the spans from 'from' on, below 'to'; 'last' tells whether that way was
 * ever gone to its end. */
static bool mean(const struct fm_measure *m, enum fm_span from, unsigned to, enum fm_span last,
		 int64_t *ret)
{
	int64_t ns = 0;

	if (!m || !m->rec.n[last])
		return false;
	for (unsigned s = from; s < to; s++)
		if (m->rec.n[s])
			ns += (int64_t)(m->rec.sum_ns[s] / m->rec.n[s]);
	*ret = ns;
	return true;
}

/* Adds what adapters of the same model took by the same way. */
static void add_alike(const struct fm_engine *e, const struct fm_adapter *d, enum fm_way way,
		      struct fm_measure *sum)
{
	for (unsigned i = 0; i < e->measures; i++) {
		const struct fm_rec_measure *r = &e->measure[i].rec;
		char name[2 * MR_NAME_MAX];
		const struct fm_adapter *o;

		mr_fmt(name, sizeof(name), "%s/%s", r->chassis, r->adapter);
		o = r->way == way ? fm_adapter_by_name(&e->inv, name, NULL) : NULL;
		if (!o || o->vendor != d->vendor || o->device != d->device)
			continue;
		for (unsigned s = 0; s < FM_SPAN_COUNT; s++) {
			sum->rec.n[s] += r->n[s];
			sum->rec.sum_ns[s] += r->sum_ns[s];
		}
	}
}

/* The mean of the spans from 'from' on, below 'to', on the adapter of a function, or else on
 * all of its model. False when none ever went there to the end. */
static bool measured(const struct fm_engine *e, struct fm_fn_id fn, enum fm_way way,
		     enum fm_span from, unsigned to, int64_t *ret)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, fn.chassis, fn.port);
	struct fm_measure alike = {.dirty = false};
	enum fm_span last = (enum fm_span)(to - 1);

	if (!d)
		return false;
	if (mean(find(e, e->chassis_name[fn.chassis], d->name, way), from, to, last, ret))
		return true;
	add_alike(e, d, way, &alike);
	return mean(&alike, from, to, last, ret);
}

static int64_t reset_ns(const struct fm_engine *e, struct fm_fn_id fn)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, fn.chassis, fn.port);

	return d && d->flr_ns ? d->flr_ns : FLR_NS;
}

/* The way out of 'a'. */
struct fm_expect fm_expect_out(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_drain drain = fm_drain_of(e, a);
	struct fm_expect x = {0};

	x.measured = measured(e, a->a.fn, a->a.place.way, FM_SPAN_QUIESCE, FM_SPAN_IN, &x.ns);
	if (x.measured)
		return x;
	x.ns = COMPLETION_NS + reset_ns(e, a->a.fn);
	if (drain.mode != FM_DRAIN_NONE && fm_session_of((struct fm_engine *)e, a->a.host))
		x.ns += drain.timeout_ns;
	return x;
}

/* The way in on function 'fn' by 'way' for 'host'. */
struct fm_expect fm_expect_in(const struct fm_engine *e, struct fm_fn_id fn, enum fm_way way,
			      const char *host)
{
	struct fm_expect x = {0};

	x.measured = measured(e, fn, way, FM_SPAN_IN, FM_SPAN_COUNT, &x.ns);
	if (x.measured)
		return x;
	x.ns = reset_ns(e, fn);
	if (fm_session_of((struct fm_engine *)e, host))
		x.ns += FM_ACTIVATE_NS;
	return x;
}
