/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hard limits of fit.c in words: why a candidate was dropped, with the numbers that bind,
 * and the smallest change that would let the claim in.
 */
#include "fabric-manager/plan/fit.h"

static const struct fm_use nothing = {.unit = FM_NONE};

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

static void sum_words(struct mr_buf *out, const char *what, uint64_t rest, uint64_t more,
		      uint64_t max, const char *of)
{
	rate(out, what, rest);
	rate(out, " + ", more);
	rate(out, " = ", rest + more);
	rate(out, ", ", max);
	mr_buf_puts(out, of);
}

/* "nic-left/pf0: guarantees 90Gbit + 10Gbit = 100Gbit, 90Gbit reservable", and the steps in
 * which it is guaranteed where it has such. */
void fm_rate_words(const struct fm_world *w, const struct fm_use *from, const struct fm_use *to,
		   enum fm_drop d, struct mr_buf *out)
{
	const struct fm_unit *u = &w->unit[to->unit];
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	const struct fm_link *l = d == FM_DROP_LINK ? &a->link : &w->host[to->host].link;
	bool here = from->unit != FM_NONE;
	uint64_t g = here ? from->guaranteed : 0;
	uint64_t had = here ? fm_unit_limit(u, from->limit) : 0;

	if (d == FM_DROP_LINK)
		mr_buf_puts(out, a->a->name);
	else if (d == FM_DROP_HOST_LINK)
		fm_world_root_words(w, to->host, out);
	else
		fm_unit_words(w, to->unit, out);
	if (d == FM_DROP_LIMIT) {
		sum_words(out, ": limits ", u->sum->limit - had, fm_unit_limit(u, to->limit),
			  u->sum->e->limit_max_mbps, " allowed by oversubscription");
		return;
	}
	if (d == FM_DROP_GUARANTEE)
		sum_words(out, ": guarantees ", u->sum->guaranteed - g, to->guaranteed,
			  u->sum->e->guaranteed_max_mbps, " reservable");
	else
		sum_words(out, ": guarantees ", l->guaranteed - g, to->guaranteed, l->max,
			  " on its PCIe link");
	if (u->step > 1)
		rate(out, ", guaranteed in steps of ", u->step);
}

static void window_words(const struct fm_world *w, const struct fm_ask *ask,
			 const struct fm_unit *u, uint32_t root, enum fm_drop d,
			 struct mr_buf *out)
{
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	const struct fm_unit_host *h = &w->host[root];
	const struct fm_need *n =
		fm_fit_way(a->a, ask->lvf) == FM_WAY_LVF ? &a->need : &u->need;
	const struct fm_bridge *b;
	uint16_t at = 0;
	bool low;

	fm_fit_bridge(h, n, &at);
	b = &h->h->bridge[at];
	fm_world_root_words(w, root, out);
	mr_buf_printf(out, ": bridge %u has ", at);
	if (d == FM_DROP_BUSES) {
		mr_buf_printf(out, "%u buses, needs %u",
			      b->bus_first ? b->bus_last - b->bus_first + 1u : 0, n->buses);
		return;
	}
	low = fm_need_low(b, n) > b->mmio;
	size(out, "", low ? b->mmio : b->mmio64);
	size(out, ", needs ", low ? fm_need_low(b, n) : n->mmio64);
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

static void demand_words(const struct fm_world *w, const struct fm_ask *ask,
			 const struct fm_cand *c, struct mr_buf *out)
{
	const struct fm_unit *u = &w->unit[c->unit];
	enum fm_resource r = fm_fit_demand(u, ask->demand);

	uint64_t more;

	fm_unit_words(w, c->unit, out);
	if (r == FM_RESOURCE_COUNT)
		return;
	more = fm_unit_charge(u, r, ask->demand->amount[r]);
	mr_buf_printf(out, ": %s %llu + %llu = %llu, %llu%s to hand out", fm_resource_name(r),
		      (unsigned long long)u->held[r], (unsigned long long)more,
		      (unsigned long long)(u->held[r] + more),
		      (unsigned long long)fm_unit_capacity(u, r), fm_resource_unit(r));
}

/* The root of the host that came nearest. */
static uint32_t nearest(const struct fm_world *w, const struct fm_ask *ask,
			const struct fm_cand *c)
{
	struct fm_fit fit;

	fm_fit_cand(w, ask, c, &fit);
	return fit.root;
}

static struct fm_use asked(const struct fm_world *w, const struct fm_ask *ask, uint32_t unit,
			   uint32_t root)
{
	struct fm_use u = {.unit = unit, .host = root};

	fm_fit_rates(&w->unit[unit], ask->claim, &u);
	return u;
}

/* "nic-left/pf0: it has no trust", "nic-left/pf0: mtu 9000, and it has 1500 at most". */
static void able_words(const struct fm_world *w, uint32_t unit, const struct fm_ask *ask,
		       struct mr_buf *out)
{
	struct mr_buf why = {0};

	fm_unit_words(w, unit, out);
	if (fm_fit_able(w->adapter[w->unit[unit].adapter].a, ask->claim, &why))
		fm_data_able_words(ask, unit, &why);
	mr_buf_printf(out, ": %s", mr_buf_text(&why));
	mr_buf_done(&why);
}

static void adapter_words(const struct fm_world *w, uint32_t unit, enum fm_drop d,
			  struct mr_buf *out)
{
	const struct fm_unit_adapter *a = &w->adapter[w->unit[unit].adapter];

	if (d == FM_DROP_VHS)
		mr_buf_printf(out, "%s: all %u device VHs are given to other hosts", a->a->name,
			      a->a->vhs ? a->a->vhs - 1u : 0);
	else if (d == FM_DROP_REFUSING)
		mr_buf_printf(out,
			      "%s is not used: %u of its functions in a row were quarantined "
			      "(%s)",
			      a->a->name, a->refusing.in_row,
			      mr_reason_name(a->refusing.reason));
	else if (d == FM_DROP_GONE)
		mr_buf_printf(out, "%s is %s", a->a->name,
			      !fm_adapter_in_slot(a->a) ? "absent"
			      : !a->a->link		? "without link"
							: "not answering");
	else if (d == FM_DROP_FLAPS)
		mr_buf_printf(out, "the link of %s goes up and down", a->a->name);
	else if (d == FM_DROP_MODE)
		mr_buf_printf(out, "%s is to be switched to another mode first", a->a->name);
	else if (d == FM_DROP_SUSPENDED)
		mr_buf_printf(out, "%s is suspended", a->a->name);
	else if (d == FM_DROP_DOMAIN)
		mr_buf_printf(out, "%s is outside of the domain", a->a->name);
	else
		mr_buf_printf(out, "%s is a spare: for what a failed adapter had", a->a->name);
}

/* An adapter that is not the one that the claim ran on. */
static void card_words(const struct fm_ask *ask, const struct fm_adapter *a, enum fm_drop d,
		       struct mr_buf *out)
{
	const struct fm_card *was = ask->lost;

	if (d == FM_DROP_SERIAL) {
		mr_buf_printf(out,
			      "%s is not the adapter that it ran on (serial number %s, "
			      "onReplace: follow-serial)",
			      a->name, was->serial);
		return;
	}
	mr_buf_printf(out, "%s is another adapter now (%s %04x:%04x, it was %s %04x:%04x): ",
		      a->name, a->serial[0] ? a->serial : "-", a->vendor, a->device,
		      was->serial[0] ? was->serial : "-", was->vendor, was->device);
	mr_buf_printf(out, "`banyan approve %s` lets it take the place", a->name);
}

/* Why candidate 'c' was dropped, in words with the numbers that bind. */
void fm_fit_words(const struct fm_world *w, const struct fm_ask *ask, const struct fm_cand *c,
		  enum fm_drop d, struct mr_buf *out)
{
	uint32_t root = nearest(w, ask, c);
	const struct fm_use to = asked(w, ask, c->unit, root);

	switch (d) {
	case FM_DROP_GUARANTEE:
	case FM_DROP_LIMIT:
	case FM_DROP_LINK:
	case FM_DROP_HOST_LINK:
		fm_rate_words(w, &nothing, &to, d, out);
		return;
	case FM_DROP_BUSES:
	case FM_DROP_WINDOW:
		window_words(w, ask, &w->unit[c->unit], root, d, out);
		return;
	case FM_DROP_BRIDGES:
		fm_world_root_words(w, root, out);
		mr_buf_printf(out, ": all %u bridges are used or tombstoned",
			      w->host[root].h->bridges);
		return;
	case FM_DROP_FULL:
		full_words(w, c, out);
		return;
	case FM_DROP_RESOURCE:
		demand_words(w, ask, c, out);
		return;
	case FM_DROP_DATA:
	case FM_DROP_STORAGE:
		fm_data_words(ask, c->unit, d, out);
		return;
	case FM_DROP_ABLE:
		able_words(w, c->unit, ask, out);
		return;
	case FM_DROP_SERIAL:
	case FM_DROP_REPLACED:
		card_words(ask, w->adapter[w->unit[c->unit].adapter].a, d, out);
		return;
	case FM_DROP_VHS:
	case FM_DROP_REFUSING:
	case FM_DROP_GONE:
	case FM_DROP_FLAPS:
	case FM_DROP_MODE:
	case FM_DROP_SUSPENDED:
	case FM_DROP_DOMAIN:
	case FM_DROP_SPARE:
		adapter_words(w, c->unit, d, out);
		return;
	default:
		fm_unit_words(w, c->unit, out);
		mr_buf_printf(out, ": %s", fm_drop_text(d));
		return;
	}
}

/* ---- the smallest change that would help ---- */

static bool help_rate(const struct fm_world *w, const struct fm_ask *ask,
		      const struct fm_cand *c, enum fm_drop d, struct mr_buf *out)
{
	uint32_t unit = c->unit, root = nearest(w, ask, c);
	const struct fm_unit *u = &w->unit[unit];
	const struct fm_unit_adapter *a = &w->adapter[u->adapter];
	const struct fm_unit_host *h = &w->host[root];
	const struct fm_use to = asked(w, ask, unit, root);
	uint64_t g = to.guaranteed;

	switch (d) {
	case FM_DROP_GUARANTEE:
		rate(out, "", u->sum->guaranteed + g - u->sum->e->guaranteed_max_mbps);
		break;
	case FM_DROP_LIMIT:
		rate(out, "",
		     u->sum->limit + fm_unit_limit(u, to.limit) - u->sum->e->limit_max_mbps);
		mr_buf_puts(out, " less of limits on ");
		fm_unit_words(w, unit, out);
		return true;
	case FM_DROP_LINK:
		rate(out, "", a->link.guaranteed + g - a->link.max);
		mr_buf_printf(out, " less guaranteed on %s", a->a->name);
		return true;
	case FM_DROP_HOST_LINK:
		rate(out, "", h->link.guaranteed + g - h->link.max);
		mr_buf_puts(out, " less guaranteed on host ");
		fm_world_root_words(w, root, out);
		return true;
	default:
		return false;
	}
	mr_buf_puts(out, " less guaranteed on ");
	fm_unit_words(w, unit, out);
	return true;
}

/* "2Gbit less guaranteed on nic-left/pf0", "one more function on nvme/pf0". */
bool fm_fit_help(const struct fm_world *w, const struct fm_ask *ask, const struct fm_cand *c,
		 enum fm_drop d, struct mr_buf *out)
{
	const struct fm_unit *u = &w->unit[c->unit];
	enum fm_resource r;

	switch (d) {
	case FM_DROP_FULL:
		mr_buf_puts(out, "one more function of pool ");
		mr_buf_printf(out, "%s on ", w->in->desired->pool[ask->claim->pool].name);
		fm_unit_words(w, c->unit, out);
		return true;
	case FM_DROP_RESOURCE:
		r = fm_fit_demand(u, ask->demand);
		if (r == FM_RESOURCE_COUNT)
			return false;
		mr_buf_printf(
			out, "%llu%s less of %s on ",
			(unsigned long long)(u->held[r] +
					     fm_unit_charge(u, r, ask->demand->amount[r]) -
					     fm_unit_capacity(u, r)),
			fm_resource_unit(r), fm_resource_name(r));
		fm_unit_words(w, c->unit, out);
		return true;
	case FM_DROP_BRIDGES:
		mr_buf_puts(out, "one more free bridge in host ");
		fm_world_root_words(w, nearest(w, ask, c), out);
		return true;
	case FM_DROP_VHS:
		mr_buf_printf(out, "one more device VH of %s", w->adapter[u->adapter].a->name);
		return true;
	default:
		return help_rate(w, ask, c, d, out);
	}
}
