/* SPDX-License-Identifier: Apache-2.0 */
/* The hard limits of placement: what a function, an adapter, a port and a bridge can take. */
#include "fabric-manager/plan/fit.h"

/* Lowest free function first..last of a unit, FM_NONE when all are used. */
static uint32_t lowest_free(const struct fm_unit *u, unsigned first, unsigned last)
{
	if (!u->usable)
		return FM_NONE;
	last = last < u->usable - 1u ? last : u->usable - 1u;
	for (unsigned i = first; i <= last; i = (i / 64 + 1) * 64) {
		uint64_t free_bits = ~u->bits[i / 64] & (~UINT64_C(0) << (i % 64));
		unsigned at;

		if (!free_bits)
			continue;
		at = i / 64 * 64 + (unsigned)__builtin_ctzll(free_bits);
		return at <= last ? at : FM_NONE;
	}
	return FM_NONE;
}

/* What a `base` device and an adapter without the capability cannot be set to. A guarantee is
 * admitted on every port; only an adapter that has a scheduler is told of it. */
static bool able(const struct fm_adapter *a, const struct fm_claim *c)
{
	if (a->kind == FM_ADAPTER_BASE &&
	    (c->ident[0].source != FM_IDENT_NONE || c->ident[1].source != FM_IDENT_NONE))
		return false;
	return fm_adapter_can(a, &c->attrs, NULL);
}

static bool has_vh(const struct fm_adapter *a, uint16_t vh)
{
	for (unsigned d = 1; a->vh_of && d < a->vhs; d++)
		if (a->vh_of[d] == vh)
			return true;
	return false;
}

static enum fm_way way_of(const struct fm_adapter *a, bool lvf)
{
	if (a->kind == FM_ADAPTER_BASE)
		return FM_WAY_DEVICE;
	return a->kind == FM_ADAPTER_MRA && lvf ? FM_WAY_LVF : FM_WAY_SYNTHETIC;
}

/* What has to stand in the 32-bit window of 'b'. */
static uint64_t low_need(const struct fm_bridge *b, const struct fm_need *n)
{
	return n->mmio + (b->mmio64 ? 0 : n->mmio64);
}

static enum fm_drop bridge_drop(const struct fm_bridge *b, const struct fm_need *n)
{
	if (!b->bus_first || b->bus_last - b->bus_first + 1u < n->buses)
		return FM_DROP_BUSES;
	if (low_need(b, n) > b->mmio || (b->mmio64 && n->mmio64 > b->mmio64))
		return FM_DROP_WINDOW;
	return FM_DROP_NONE;
}

/* Lowest free bridge of the host that has what 'n' needs; when there is none, the free bridge
 * that has most of it. Windows count once the host's firmware has assigned any. */
static enum fm_drop pick_bridge(const struct fm_unit_host *h, const struct fm_need *n,
				uint16_t *ret)
{
	enum fm_drop worst = FM_DROP_BRIDGES;
	uint64_t most = 0;

	for (unsigned b = 0; h->free && b < h->h->bridges && b < MR_MAX_BRIDGES; b++) {
		const struct fm_bridge *br = &h->h->bridge[b];
		enum fm_drop d;

		if (fm_bit(h->used, b))
			continue;
		d = h->windows ? bridge_drop(br, n) : FM_DROP_NONE;
		if (!d || d > worst || (d == worst && br->mmio + br->mmio64 > most)) {
			worst = d;
			most = br->mmio + br->mmio64;
			*ret = (uint16_t)b;
		}
		if (!d)
			return d;
	}
	return worst;
}

static enum fm_drop fit_bridge(const struct fm_world *w, const struct fm_ask *ask,
			       const struct fm_unit *u, struct fm_fit *fit)
{
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	const struct fm_unit_host *h = &w->host[ask->host];

	fit->bridge = FM_NO_BRIDGE;
	if (fit->way != FM_WAY_LVF)
		return pick_bridge(h, &u->need, &fit->bridge);
	if (h->pfs[a->index] == FM_NO_BRIDGE)
		return pick_bridge(h, &a->need, &fit->bridge);
	fit->bridge = h->pfs[a->index];
	return FM_DROP_NONE;
}

/* Sums of the port's edge (POLICY, "Arithmetic of admission"). What does not grow always
 * fits. */
enum fm_drop fm_fit_rate(const struct fm_unit *u, const struct fm_use *from,
			 uint64_t guaranteed, uint64_t limit)
{
	uint64_t had = fm_unit_limit(u, from->limit) * (from->unit != FM_NONE);
	uint64_t l = fm_unit_limit(u, limit);

	if (!u->edge)
		return FM_DROP_NONE;
	if (guaranteed > from->guaranteed &&
	    u->guaranteed - from->guaranteed + guaranteed > u->edge->guaranteed_max_mbps)
		return FM_DROP_GUARANTEE;
	if (l > had && u->edge->limit_max_mbps != UINT64_MAX &&
	    u->limit - had + l > u->edge->limit_max_mbps)
		return FM_DROP_LIMIT;
	return FM_DROP_NONE;
}

static const struct fm_use nothing = {.unit = FM_NONE};

static enum fm_drop fit_adapter(const struct fm_world *w, const struct fm_ask *ask,
				const struct fm_unit *u)
{
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];

	if (!a->a->present || !a->a->link)
		return FM_DROP_GONE;
	if (a->refusing)
		return FM_DROP_REFUSING;
	if (!able(a->a, ask->claim))
		return FM_DROP_ABLE;
	if (u->hard == w->stamp)
		return FM_DROP_ANTI;
	if ((a->exclusive || ask->exclusive) && a->only_host != FM_NONE &&
	    a->only_host != ask->host)
		return FM_DROP_SHARE;
	return FM_DROP_NONE;
}

/* Whether the claim fits on the functions of 'c', and how. */
enum fm_drop fm_fit_cand(const struct fm_world *w, const struct fm_ask *ask,
			 const struct fm_cand *c, struct fm_fit *ret)
{
	const struct fm_unit *u = &w->unit[c->unit];
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	const struct fm_unit_host *h = &w->host[ask->host];
	enum fm_drop d = fit_adapter(w, ask, u);
	uint32_t vf;

	if (d)
		return d;
	ret->unit = c->unit;
	ret->way = way_of(a->a, ask->lvf);
	vf = lowest_free(u, c->vf_first, c->vf_last);
	if (vf == FM_NONE)
		return FM_DROP_FULL;
	ret->vf = (uint16_t)vf;
	if (ret->way == FM_WAY_LVF && h->pfs[a->index] == FM_NO_BRIDGE && !a->free_vhs &&
	    !has_vh(a->a, h->h->port))
		return FM_DROP_VHS;
	d = fm_fit_rate(u, &nothing, ask->claim->guaranteed_mbps, ask->claim->limit_mbps);
	return d ? d : fit_bridge(w, ask, u, ret);
}

/* ---- words ---- */

static const char *const drop_texts[] = {
#define X(name, reason, text, advice) text,
	FM_DROPS(X)
#undef X
};
static const char *const drop_advice[] = {
#define X(name, reason, text, advice) advice,
	FM_DROPS(X)
#undef X
};
static const enum mr_reason drop_reasons[] = {
#define X(name, reason, text, advice) MR_REASON_##reason,
	FM_DROPS(X)
#undef X
};

/* The rule that dropped a candidate. */
const char *fm_drop_text(enum fm_drop d)
{
	return drop_texts[d];
}

/* What a person can do about the rule; "" for FM_DROP_NONE. */
const char *fm_drop_advice(enum fm_drop d)
{
	return drop_advice[d];
}

/* Its reason from the fixed list. */
enum mr_reason fm_drop_reason(enum fm_drop d)
{
	return drop_reasons[d];
}

/* Appends the name of a unit. */
void fm_unit_words(const struct fm_world *w, uint32_t unit, struct mr_buf *out)
{
	const struct fm_unit *u = &w->unit[unit];
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];

	if (w->n_chassis > 1)
		mr_buf_printf(out, "%s/", w->chassis[a->chassis].c->name);
	mr_buf_puts(out, a->a->name);
	if (u->pf != FM_WHOLE)
		mr_buf_printf(out, "/pf%u", u->pf);
}

static void rate(struct mr_buf *out, const char *before, uint64_t mbps)
{
	char text[32];

	mr_buf_printf(out, "%s%s", before, mr_rate_text(mbps * 1000000, text, sizeof(text)));
}

static void size(struct mr_buf *out, const char *before, uint64_t bytes)
{
	char text[32];
	size_t digits = 0;

	mr_size_text(bytes, text, sizeof(text));
	while (text[digits] >= '0' && text[digits] <= '9')
		digits++;
	mr_buf_printf(out, "%s%.*s %s", before, (int)digits, text,
		      text[digits] ? text + digits : "bytes");
}

/* "nic-left/pf0: guarantees 90Gbit + 10Gbit = 100Gbit, 90Gbit reservable". */
void fm_rate_words(const struct fm_world *w, uint32_t unit, const struct fm_use *from,
		   uint64_t guaranteed, uint64_t limit, enum fm_drop d, struct mr_buf *out)
{
	const struct fm_unit *u = &w->unit[unit];
	bool g = d == FM_DROP_GUARANTEE;
	uint64_t had = from->unit == FM_NONE ? 0
		       : g		     ? from->guaranteed
					     : fm_unit_limit(u, from->limit);
	uint64_t rest = (g ? u->guaranteed : u->limit) - had;
	uint64_t more = g ? guaranteed : fm_unit_limit(u, limit);

	fm_unit_words(w, unit, out);
	rate(out, g ? ": guarantees " : ": limits ", rest);
	rate(out, " + ", more);
	rate(out, " = ", rest + more);
	rate(out, ", ", g ? u->edge->guaranteed_max_mbps : u->edge->limit_max_mbps);
	mr_buf_puts(out, g ? " reservable" : " allowed by oversubscription");
}

static void window_words(const struct fm_world *w, const struct fm_ask *ask,
			 const struct fm_unit *u, enum fm_drop d, struct mr_buf *out)
{
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	const struct fm_unit_host *h = &w->host[ask->host];
	const struct fm_need *n = way_of(a->a, ask->lvf) == FM_WAY_LVF ? &a->need : &u->need;
	const struct fm_bridge *b;
	uint16_t at = 0;
	bool low;

	pick_bridge(h, n, &at);
	b = &h->h->bridge[at];
	mr_buf_printf(out, "%s: bridge %u has ", h->h->name, at);
	if (d == FM_DROP_BUSES) {
		mr_buf_printf(out, "%u buses, needs %u",
			      b->bus_first ? b->bus_last - b->bus_first + 1u : 0, n->buses);
		return;
	}
	low = low_need(b, n) > b->mmio;
	size(out, "", low ? b->mmio : b->mmio64);
	size(out, ", needs ", low ? low_need(b, n) : n->mmio64);
}

static void full_words(const struct fm_world *w, const struct fm_cand *c, struct mr_buf *out)
{
	const struct fm_unit *u = &w->unit[c->unit];
	unsigned used = 0, all = 0, off = 0;

	for (unsigned v = c->vf_first; v <= c->vf_last && v < u->vfs; v++, all++) {
		off += v >= u->usable;
		used += v < u->usable && fm_bit(u->bits, v);
	}
	fm_unit_words(w, c->unit, out);
	mr_buf_printf(out, ": %u of %u functions are used", used, all);
	if (off)
		mr_buf_printf(out, ", %u not enabled", off);
	if (u->leaving)
		mr_buf_printf(out, ", %u on the way out", u->leaving);
}

/* Why candidate 'c' was dropped, in words with the numbers that bind. */
void fm_fit_words(const struct fm_world *w, const struct fm_ask *ask, const struct fm_cand *c,
		  enum fm_drop d, struct mr_buf *out)
{
	const struct fm_unit *u = &w->unit[c->unit];
	const struct fm_adapter *a = w->adapter[u->adapter].a;
	const struct fm_unit_host *h = &w->host[ask->host];

	switch (d) {
	case FM_DROP_GUARANTEE:
	case FM_DROP_LIMIT:
		fm_rate_words(w, c->unit, &nothing, ask->claim->guaranteed_mbps,
			      ask->claim->limit_mbps, d, out);
		return;
	case FM_DROP_BUSES:
	case FM_DROP_WINDOW:
		window_words(w, ask, u, d, out);
		return;
	case FM_DROP_BRIDGES:
		mr_buf_printf(out, "%s: all %u bridges are used or tombstoned", h->h->name,
			      h->h->bridges);
		return;
	case FM_DROP_FULL:
		full_words(w, c, out);
		return;
	case FM_DROP_VHS:
		mr_buf_printf(out, "%s: all %u device VHs are given to other hosts", a->name,
			      a->vhs ? a->vhs - 1u : 0);
		return;
	case FM_DROP_REFUSING:
		mr_buf_printf(out,
			      "%s is not used: %u of its functions in a row were quarantined "
			      "(%s)",
			      a->name, w->adapter[u->adapter].refusing->in_row,
			      mr_reason_name(w->adapter[u->adapter].refusing->reason));
		return;
	case FM_DROP_GONE:
		mr_buf_printf(out, "%s is %s", a->name, a->present ? "without link" : "absent");
		return;
	default:
		fm_unit_words(w, c->unit, out);
		mr_buf_printf(out, ": %s", fm_drop_text(d));
		return;
	}
}
