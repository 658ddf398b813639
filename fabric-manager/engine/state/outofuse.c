// SPDX-License-Identifier: Apache-2.0
/*
 * Functions and adapters out of use. A function whose reset was not confirmed is in quarantine
 * until an operator's `reset` is confirmed; an adapter that refused the configuration of
 * several functions in a row is left alone. Both are durable: the record of a quarantined
 * function says also whether it counts against its adapter.
 */
#include "fabric-manager/engine/state/outofuse.h"

#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"

/* The function of a record; port FM_WHOLE while its adapter was not read yet. */
static struct fm_fn_id fn_of(const struct fm_engine *e, const struct fm_rec_function *r)
{
	struct fm_fn_id fn = {.port = FM_WHOLE, .pf = r->pf, .vf = r->vf};

	for (unsigned c = 0; c < e->inv.n; c++) {
		if (!mr_streq(e->chassis_name[c], r->chassis))
			continue;
		fn.chassis = (uint16_t)c;
		for (unsigned i = 0; i < e->inv.chassis[c].adapters; i++)
			if (mr_streq(e->inv.chassis[c].adapter[i].name, r->adapter))
				fn.port = e->inv.chassis[c].adapter[i].port;
	}
	return fn;
}

static int index_of(const struct fm_engine *e, struct fm_fn_id fn)
{
	for (unsigned i = 0; i < e->quarantines; i++)
		if (fm_fn_eq(e->quarantine_fn[i], fn))
			return (int)i;
	return -1;
}

/* Whether a function is in quarantine. */
bool fm_is_quarantined(const struct fm_engine *e, struct fm_fn_id fn)
{
	return index_of(e, fn) >= 0;
}

/* Why a function is in quarantine; NULL = it is not. */
const char *fm_quarantine_why(const struct fm_engine *e, struct fm_fn_id fn)
{
	int i = index_of(e, fn);

	return i < 0 ? NULL : e->quarantine[i].detail;
}

static bool same_key(const struct fm_rec_function *a, const struct fm_rec_function *b)
{
	return a->pf == b->pf && a->vf == b->vf && mr_streq(a->chassis, b->chassis) &&
	       mr_streq(a->adapter, b->adapter);
}

/* Puts a function into quarantine, or says anew why it is there. */
void fm_quarantine_add(struct fm_engine *e, const struct fm_rec_function *r, bool persist)
{
	unsigned i = 0;

	while (i < e->quarantines && !same_key(&e->quarantine[i], r))
		i++;
	if (i == e->quarantines) {
		MR_GROW(e->quarantine_fn, e->quarantines, e->cap_quarantine_fns);
		MR_GROW(e->quarantine, e->quarantines, e->cap_quarantines);
		e->quarantines++;
	}
	e->quarantine_fn[i] = fn_of(e, r);
	e->quarantine[i] = *r;
	fm_news_port(e, e->quarantine_fn[i].chassis, e->quarantine_fn[i].port);
	if (persist)
		fm_rec(e, FM_RECORD_FUNCTION)->function = *r;
}

/* The function was reset, and that was confirmed; its record is erased by who held it. */
void fm_quarantine_end(struct fm_engine *e, struct fm_fn_id fn)
{
	int i = index_of(e, fn);
	char text[FM_FN_TEXT];

	if (i < 0)
		return;
	fm_note(e, MR_REASON_OK, fm_fn_text(&e->inv, fn, text),
		"its reset is confirmed: it is out of quarantine");
	fm_news_port(e, fn.chassis, fn.port);
	e->quarantines--;
	e->quarantine[i] = e->quarantine[e->quarantines];
	e->quarantine_fn[i] = e->quarantine_fn[e->quarantines];
}

static struct fm_refusing *refusing_at(struct fm_engine *e, unsigned chassis, unsigned port)
{
	for (unsigned i = 0; i < e->refusings; i++)
		if (e->refusing[i].chassis == chassis && e->refusing[i].port == port)
			return &e->refusing[i];
	return NULL;
}

static struct fm_refusing *refusing_get(struct fm_engine *e, struct fm_fn_id fn)
{
	struct fm_refusing *r = refusing_at(e, fn.chassis, fn.port);

	if (r)
		return r;
	MR_GROW(e->refusing, e->refusings, e->cap_refusings);
	r = &e->refusing[e->refusings++];
	*r = (struct fm_refusing){.chassis = fn.chassis, .port = fn.port};
	return r;
}

/* The chassis was read: its adapters are where they are. What the store knew of their
 * refusals counts again. */
void fm_outofuse_find(struct fm_engine *e, unsigned chassis)
{
	for (unsigned i = 0; i < e->quarantines; i++) {
		if (e->quarantine_fn[i].chassis != chassis)
			continue;
		fm_news_port(e, chassis, e->quarantine_fn[i].port);
		e->quarantine_fn[i] = fn_of(e, &e->quarantine[i]);
		fm_news_port(e, e->quarantine_fn[i].chassis, e->quarantine_fn[i].port);
	}
	for (unsigned i = e->refusings; i-- > 0;) {
		if (e->refusing[i].chassis != chassis)
			continue;
		fm_news_port(e, chassis, e->refusing[i].port);
		e->refusing[i] = e->refusing[--e->refusings];
	}
	for (unsigned i = 0; i < e->quarantines; i++) {
		struct fm_fn_id fn = e->quarantine_fn[i];
		struct fm_refusing *r;

		if (fn.chassis != chassis || fn.port == FM_WHOLE || !e->quarantine[i].refused)
			continue;
		r = refusing_get(e, fn);
		r->in_row++;
		r->reason = e->quarantine[i].refused;
	}
}

/* What functions of the adapter (any, for a port FM_WHOLE) were refused counts no more. */
static void forget(struct fm_engine *e, unsigned chassis, unsigned port)
{
	for (unsigned i = 0; i < e->quarantines; i++) {
		if (!e->quarantine[i].refused ||
		    (port != FM_WHOLE && (e->quarantine_fn[i].chassis != chassis ||
					  e->quarantine_fn[i].port != port)))
			continue;
		e->quarantine[i].refused = MR_REASON_OK;
		fm_rec(e, FM_RECORD_FUNCTION)->function = e->quarantine[i];
	}
}

/* The function of 'a' could not be configured, for the reason that 'a' tells: an adapter that
 * refuses them all must not use up function after function. */
void fm_refusing_note(struct fm_engine *e, const struct fm_asg *a)
{
	struct fm_refusing *r = refusing_get(e, a->a.fn);

	fm_news_port(e, r->chassis, r->port);
	if (r->reason != a->a.reason)
		forget(e, a->a.fn.chassis, a->a.fn.port);
	r->in_row = r->reason == a->a.reason ? r->in_row + 1 : 1;
	r->reason = a->a.reason;
	if (r->in_row == FM_REFUSALS_MAX)
		fm_log(e, 2,
		       "adapter '%s': %u functions in a row were quarantined; nothing more is "
		       "placed there until one of them is reset, the adapter is inserted "
		       "again, or "
		       "a changed policy is applied",
		       a->a.adapter, r->in_row);
}

/* The adapter behind 'port' configures, or is another one, or is to be tried again. */
void fm_refusing_end(struct fm_engine *e, unsigned chassis, unsigned port)
{
	struct fm_refusing *r = refusing_at(e, chassis, port);

	if (!r)
		return;
	if (r->in_row >= FM_REFUSALS_MAX)
		fm_plan_soon(e, 20 * MR_NS_PER_MS);
	forget(e, chassis, port);
	fm_news_port(e, chassis, port);
	*r = e->refusing[--e->refusings];
}

/* An operator acts: every adapter is tried again. */
void fm_refusing_end_all(struct fm_engine *e)
{
	forget(e, 0, FM_WHOLE);
	for (unsigned i = 0; i < e->refusings; i++)
		fm_news_port(e, e->refusing[i].chassis, e->refusing[i].port);
	e->refusings = 0;
}
