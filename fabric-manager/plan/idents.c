/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Identity allocation over the locks of the store and what current assignments carry. Two open
 * hash tables of 4-byte references; the values stay where they are. A reference whose value is
 * another one by now means nothing: so nothing is ever taken out, and a table that is full of
 * such is made anew.
 */
#include "fabric-manager/plan/idents.h"

#include <stdlib.h>
#include <string.h>

#include "common/mutant.h"
#include "common/xalloc.h"

/* A reference: what it points at in the top two bits, index (* 2 + slot) below. 0 = empty. */
enum ref {
	REF_RECORD = 1,
	REF_PLACED = 2,
	REF_CURRENT = 3
};
#define REF(kind, i) ((uint32_t)(kind) << 30 | (uint32_t)(i))
#define REF_KIND(r)  ((r) >> 30)
#define REF_AT(r)    ((r)&0x3fffffffu)

/* Two rounds: values of a pool follow each other, and one leaves them in long runs. */
static uint32_t mix(uint64_t x)
{
	for (unsigned i = 0; i < 2; i++)
		x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return (uint32_t)(x >> 32);
}

static uint32_t value_hash(enum mr_ident_type type, uint64_t lo)
{
	return mix(lo * 8 + type);
}

static uint32_t owner_hash(const char *profile, const char *device, unsigned index,
			   unsigned slot)
{
	uint64_t h = 14695981039346656037u;

	for (; *profile; profile++)
		h = (h ^ (uint8_t)*profile) * 1099511628211u;
	for (h = h * 31; *device; device++)
		h = (h ^ (uint8_t)*device) * 1099511628211u;
	return mix(h ^ (uint64_t)index << 8 ^ slot);
}

static uint32_t *table_new(size_t entries, uint32_t *ret_mask)
{
	uint32_t size = 16;

	while (size < entries + entries / 2)
		size *= 2;
	*ret_mask = size - 1;
	return mr_xcalloc(size, sizeof(uint32_t));
}

static void table_add(uint32_t *table, uint32_t mask, uint32_t hash, uint32_t ref)
{
	while (table[hash & mask])
		hash++;
	table[hash & mask] = ref;
}

/* The types that a current assignment's two values have: by its adapter's class. */
static bool current_type(const struct fm_world *w, const struct fm_assignment *a, unsigned slot,
			 enum mr_ident_type *ret)
{
	uint32_t at = a->has_fn && a->phase != FM_PHASE_RELEASED
			      ? fm_world_adapter(w, a->fn.chassis, a->fn.port)
			      : FM_NONE;

	return at != FM_NONE && fm_ident_type(w->adapter[at].a->device_class, slot, ret);
}

static void ref_value(const struct fm_idents *s, uint32_t ref, enum mr_ident_type *ret_type,
		      uint64_t *ret_lo)
{
	uint32_t at = REF_AT(ref);
	const struct fm_placed *pl;
	const struct fm_assignment *a;
	struct mr_ident id = {0};

	*ret_lo = 0;
	if (REF_KIND(ref) == REF_RECORD) {
		if (at < s->in->idents)
			id = s->in->ident[at].ident;
	} else if (REF_KIND(ref) == REF_PLACED) {
		pl = &s->plan->placed[at / 2];
		if (pl->placed)
			id = fm_placed_ident(&s->in->desired->claim[at / 2], pl, at % 2);
	} else {
		a = at / 2 < s->in->currents ? s->in->current[at / 2] : NULL;
		if (a && current_type(s->world, a, at % 2, &id.type))
			id.lo = at % 2 ? a->attrs.ident1 : a->attrs.ident0;
	}
	*ret_type = id.type;
	*ret_lo = id.lo;
}

static bool same_claim(const struct fm_claim *c, const char *profile, const char *device,
		       unsigned index)
{
	return c->index == index && mr_streq(c->device, device) &&
	       mr_streq(c->profile, profile);
}

/* Whether the user that 'ref' names is claim 'i' itself. */
static bool is_claims(const struct fm_idents *s, uint32_t ref, unsigned i)
{
	const struct fm_desired *d = s->in->desired;
	const struct fm_claim *c = &d->claim[i];
	uint32_t at = REF_AT(ref);
	const struct fm_rec_ident *r;
	const struct fm_assignment *a;

	if (REF_KIND(ref) == REF_PLACED)
		return at / 2 == i;
	if (REF_KIND(ref) == REF_RECORD) {
		r = &s->in->ident[at];
		return same_claim(c, r->profile, r->device, r->index);
	}
	a = s->in->current[at / 2];
	if (a->standby && mr_streq(a->profile, c->profile) && mr_streq(a->partner, c->device))
		return true; /* it was of a pair, and its gate is closed */
	return same_claim(c, a->profile, a->device, a->index);
}

/* The claim itself, or the other one of its `ha` pair, which may carry the same values. */
static bool is_own(const struct fm_idents *s, uint32_t ref, unsigned i)
{
	const struct fm_desired *d = s->in->desired;
	unsigned n = d->claim[i].pair;

	if (is_claims(s, ref, i))
		return true;
	return n && n <= d->pairs &&
	       (is_claims(s, ref, d->pair[n - 1].primary) ||
		is_claims(s, ref, d->pair[n - 1].secondary));
}

/* A released lock: it bars its value for a time only. */
static bool is_resting(const struct fm_idents *s, uint32_t ref)
{
	return REF_KIND(ref) == REF_RECORD && s->in->ident[REF_AT(ref)].released_wall_ns;
}

/* Who bars claim 'i' (UINT32_MAX: any claim) from a value; 0 = nobody. A released lock bars for
 * 'reuse_ns'. Of several the lowest reference: records, then this plan, then assignments. */
static uint32_t barred(const struct fm_idents *s, unsigned i, enum mr_ident_type type,
		       uint64_t lo, int64_t reuse_ns)
{
	uint32_t best = 0;

	for (uint32_t h = value_hash(type, lo); s->value[h & s->value_mask]; h++) {
		uint32_t ref = s->value[h & s->value_mask];
		enum mr_ident_type t;
		uint64_t v;

		ref_value(s, ref, &t, &v);
		if (t != type || v != lo || (i != UINT32_MAX && is_own(s, ref, i)))
			continue;
		if (is_resting(s, ref) &&
		    s->in->ident[REF_AT(ref)].released_wall_ns + reuse_ns <= s->in->wall_ns)
			continue;
		best = !best || ref < best ? ref : best;
	}
	return best;
}

/* Whether a value is in use whatever a plan decides and however long one waits. */
static bool in_use_for_good(const struct fm_idents *s, enum mr_ident_type type, uint64_t lo)
{
	for (uint32_t h = value_hash(type, lo); s->value[h & s->value_mask]; h++) {
		uint32_t ref = s->value[h & s->value_mask];
		enum mr_ident_type t;
		uint64_t v;

		ref_value(s, ref, &t, &v);
		if (t == type && v == lo && REF_KIND(ref) != REF_PLACED && !is_resting(s, ref))
			return true;
	}
	return false;
}

static bool is_foreign(const struct fm_idents *s, enum mr_ident_type type, uint64_t lo)
{
	const struct mr_ident id = {.type = type, .lo = lo};

	return fm_foreign_find(s->in, "", &id) != NULL;
}

static void add_record(struct fm_idents *s, unsigned i)
{
	const struct fm_rec_ident *r = &s->in->ident[i];

	table_add(s->value, s->value_mask, value_hash(r->ident.type, r->ident.lo),
		  REF(REF_RECORD, i));
	table_add(s->owner, s->owner_mask, owner_hash(r->profile, r->device, r->index, r->slot),
		  REF(REF_RECORD, i));
	s->values++;
	s->owners++;
}

static void add_current(struct fm_idents *s, unsigned at)
{
	const struct fm_assignment *a = s->in->current[at / 2];
	uint64_t lo = !a ? 0 : at % 2 ? a->attrs.ident1 : a->attrs.ident0;
	enum mr_ident_type type;

	if (!lo || !current_type(s->world, a, at % 2, &type))
		return;
	table_add(s->value, s->value_mask, value_hash(type, lo), REF(REF_CURRENT, at));
	s->values++;
}

/* What claim 'i' carries on its assignment is in the tables by that. */
static bool carries(const struct fm_idents *s, unsigned i, unsigned slot, uint64_t lo)
{
	int32_t cur = s->plan->placed[i].current;
	const struct fm_assignment *a = cur < 0 ? NULL : s->in->current[cur];
	enum mr_ident_type type;

	return a && lo == (slot ? a->attrs.ident1 : a->attrs.ident0) &&
	       current_type(s->world, a, slot, &type) &&
	       type == s->in->desired->claim[i].ident[slot].type;
}

static void add_placed(struct fm_idents *s, unsigned i)
{
	const struct fm_claim *c = &s->in->desired->claim[i];

	for (unsigned k = 0; k < FM_IDENTS; k++) {
		struct mr_ident id = fm_placed_ident(c, &s->plan->placed[i], k);

		if (c->ident[k].source == FM_IDENT_NONE || !id.lo || carries(s, i, k, id.lo))
			continue;
		table_add(s->value, s->value_mask, value_hash(id.type, id.lo),
			  REF(REF_PLACED, i * 2 + k));
		s->values++;
	}
}

/* Both tables from what is, with room for what a plan adds. */
static void fill(struct fm_idents *s)
{
	const struct fm_plan_input *in = s->in;
	size_t wanted = 0, carried = 0;

	for (unsigned i = 0; i < in->desired->claims; i++)
		for (unsigned k = 0; k < FM_IDENTS; k++)
			wanted += in->desired->claim[i].ident[k].source != FM_IDENT_NONE;
	for (unsigned i = 0; i < in->currents; i++)
		if (in->current[i])
			carried +=
				!!in->current[i]->attrs.ident0 + !!in->current[i]->attrs.ident1;
	wanted = wanted > carried ? wanted : carried;
	free(s->value);
	free(s->owner);
	s->values = s->owners = 0;
	s->value = table_new(wanted + in->idents + in->currents / 4 + 4, &s->value_mask);
	s->owner = table_new(in->idents + in->idents / 4 + 4, &s->owner_mask);
	for (unsigned i = 0; i < in->idents; i++)
		add_record(s, i);
	for (unsigned i = 0; i < in->currents * 2; i++)
		add_current(s, i);
	for (unsigned i = 0; i < s->plan->claims; i++)
		add_placed(s, i); /* also one that has to give way for a moment */
}

/* Claims have other numbers. */
void fm_idents_refill(struct fm_idents *s)
{
	fill(s);
}

/* Before 'n' more entries: a table keeps a quarter free. */
static void make_room(struct fm_idents *s, unsigned n)
{
	if (s->values + n > (s->value_mask + 1) / 4 * 3 ||
	    s->owners + n > (s->owner_mask + 1) / 4 * 3)
		fill(s);
}

static void shadow(struct fm_idents *s)
{
	while (s->records < s->in->idents) {
		MR_GROW(s->record, s->records, s->cap_records);
		s->record[s->records] = s->in->ident[s->records].ident.lo;
		s->records++;
	}
}

/* Collects who uses what. 'plan' is the one that is being made. */
void fm_idents_init(struct fm_idents *s, const struct fm_world *w, const struct fm_plan *plan)
{
	const struct fm_plan_input *in = w->in;

	*s = (struct fm_idents){.in = in, .world = w, .plan = plan};
	s->cursor = mr_xcalloc(in->desired->ident_pools + 1, sizeof(*s->cursor));
	s->begin = mr_xcalloc(in->desired->ident_pools + 1, sizeof(*s->begin));
	fill(s);
	shadow(s);
}

/* ---- changes ---- */

/* A further plan begins. */
void fm_idents_again(struct fm_idents *s)
{
	memcpy(s->cursor, s->begin, s->in->desired->ident_pools * sizeof(*s->cursor));
}

/* A value may be free again: whoever looks for the lowest one looks there, too. */
static void is_free(struct fm_idents *s, uint64_t lo)
{
	const struct fm_desired *d = s->in->desired;

	for (unsigned i = 0; lo && i < d->ident_pools; i++) {
		struct fm_ident_cursor *c = &s->begin[i];

		for (unsigned r = 0; c->begun && lo < c->next && r < d->ident_pool[i].ranges;
		     r++) {
			const struct fm_ident_range *x = &d->ident_pool[i].range[r];

			if (lo >= x->first && lo <= x->last)
				*c = (struct fm_ident_cursor){r, lo, true};
		}
	}
}

/* An assignment had these values, and has others now or is gone. */
void fm_idents_left(struct fm_idents *s, const uint64_t ident[FM_IDENTS])
{
	for (unsigned k = 0; k < FM_IDENTS; k++)
		is_free(s, ident[k]);
}

/* Current assignment 'k' has other values. */
void fm_idents_current(struct fm_idents *s, unsigned k)
{
	make_room(s, FM_IDENTS);
	for (unsigned i = 0; k < s->in->currents && i < FM_IDENTS; i++)
		add_current(s, k * 2 + i);
}

/* Record 'i' of in->ident is new, another one, or beyond the end now. */
void fm_idents_record(struct fm_idents *s, unsigned i)
{
	if (i < s->records)
		is_free(s, s->record[i]);
	shadow(s);
	if (i >= s->in->idents)
		return;
	s->record[i] = s->in->ident[i].ident.lo;
	make_room(s, 1);
	add_record(s, i);
}

/* Frees what 's' owns. */
void fm_idents_done(struct fm_idents *s)
{
	free(s->value);
	free(s->owner);
	free(s->cursor);
	free(s->begin);
	free(s->record);
	*s = (struct fm_idents){0};
}

static bool in_pool(const struct fm_ident_pool *p, uint64_t lo)
{
	for (unsigned r = 0; r < p->ranges; r++)
		if (lo >= p->range[r].first && lo <= p->range[r].last)
			return true;
	return false;
}

/* The first range that starts above 'after' (or any, when 'begun' is false). */
static bool next_range(const struct fm_ident_pool *p, struct fm_ident_cursor *c)
{
	unsigned best = p->ranges;

	for (unsigned r = 0; r < p->ranges; r++) {
		if (c->begun && p->range[r].first <= p->range[c->range].first)
			continue;
		if (best == p->ranges || p->range[r].first < p->range[best].first)
			best = r;
	}
	if (best == p->ranges)
		return false;
	*c = (struct fm_ident_cursor){
		.range = best, .next = p->range[best].first, .begun = true};
	return true;
}

/* The lowest value of a pool that nobody uses. While a plan is made values are only taken, so
 * its cursor never has to go back; what is in use for good is not looked at again later. */
static bool lowest(struct fm_idents *s, unsigned pool, uint64_t *ret)
{
	const struct fm_ident_pool *p = &s->in->desired->ident_pool[pool];
	struct fm_ident_cursor *c = &s->cursor[pool], *b = &s->begin[pool];
	bool both;

	if (!c->begun && !next_range(p, c))
		return false;
	if (!b->begun)
		*b = *c;
	both = b->range == c->range && b->next == c->next;
	for (;;) {
		const struct fm_ident_range *r = &p->range[c->range];

		while (c->next <= r->last) {
			both = both && in_use_for_good(s, p->type, c->next);
			if (MR_MUTANT(IDENTITY_TWICE) ||
			    (!both &&
			     !barred(s, UINT32_MAX, p->type, c->next, p->reuse_after_ns) &&
			     !is_foreign(s, p->type, c->next))) {
				*ret = c->next;
				return true;
			}
			if (c->next++ == UINT64_MAX)
				return false;
			if (both)
				*b = *c;
		}
		if (!next_range(p, c))
			return false;
		if (both)
			*b = *c;
	}
}

/* What the claim has, or had last, when the pool still holds it and nobody else took it. */
static bool sticky(const struct fm_idents *s, unsigned i, unsigned slot, uint64_t *ret)
{
	const struct fm_claim *c = &s->in->desired->claim[i];
	const struct fm_ident_pool *p = &s->in->desired->ident_pool[c->ident[slot].pool];
	int32_t cur = s->plan->placed[i].current;
	uint64_t have = 0;
	int64_t best = INT64_MIN;

	if (cur >= 0)
		have = slot ? s->in->current[cur]->attrs.ident1
			    : s->in->current[cur]->attrs.ident0;
	for (uint32_t h = owner_hash(c->profile, c->device, c->index, slot);
	     !have && s->owner[h & s->owner_mask]; h++) {
		uint32_t at = REF_AT(s->owner[h & s->owner_mask]);
		const struct fm_rec_ident *r = &s->in->ident[at];
		int64_t when;

		if (at >= s->in->idents)
			continue;
		when = r->released_wall_ns ? r->released_wall_ns : INT64_MAX;
		if (r->slot != slot || r->ident.type != p->type || !in_pool(p, r->ident.lo) ||
		    !same_claim(c, r->profile, r->device, r->index))
			continue;
		if (when > best || (when == best && r->ident.lo < *ret)) {
			best = when;
			*ret = r->ident.lo;
		}
	}
	if (have)
		*ret = have;
	return (have || best != INT64_MIN) && in_pool(p, *ret) &&
	       !barred(s, i, p->type, *ret, p->reuse_after_ns);
}

/* What the `ha` pair of claim 'i' has: the value of the one that is placed, or that the primary
 * had last. */
static bool pairs_value(const struct fm_idents *s, unsigned i, unsigned slot, uint64_t *ret)
{
	const struct fm_desired *d = s->in->desired;
	unsigned n = d->claim[i].pair, other;
	struct mr_ident id;

	if (!n || n > d->pairs)
		return false;
	other = d->pair[n - 1].primary == i ? d->pair[n - 1].secondary : d->pair[n - 1].primary;
	if (s->plan->placed[other].placed) {
		id = fm_placed_ident(&d->claim[other], &s->plan->placed[other], slot);
		*ret = id.lo;
		if (id.lo &&
		    in_pool(&s->in->desired->ident_pool[d->claim[i].ident[slot].pool], id.lo))
			return true;
	}
	return sticky(s, d->pair[n - 1].primary, slot, ret);
}

static void collision_words(const struct fm_idents *s, uint32_t ref, const struct mr_ident *id,
			    struct mr_buf *out)
{
	char text[FM_ASSIGNMENT_TEXT], value[MR_IDENT_TEXT];
	const struct fm_rec_ident *r = &s->in->ident[REF_AT(ref)];

	mr_buf_printf(out, "%s %s is used by ", mr_ident_type_name(id->type),
		      mr_ident_text(id, value));
	if (REF_KIND(ref) == REF_RECORD)
		mr_buf_printf(out, "%s/%s", r->profile, r->device);
	else if (REF_KIND(ref) == REF_PLACED)
		mr_buf_puts(out, fm_claim_text(&s->in->desired->claim[REF_AT(ref) / 2], text));
	else
		mr_buf_puts(out, fm_assignment_text(s->in->current[REF_AT(ref) / 2], text));
}

/* Whether the claim runs with the value, or its pair does. */
static bool has_now(const struct fm_idents *s, unsigned i, unsigned slot, uint64_t lo)
{
	const struct fm_desired *d = s->in->desired;
	unsigned n = d->claim[i].pair;

	if (carries(s, i, slot, lo))
		return true;
	return n && n <= d->pairs &&
	       (carries(s, d->pair[n - 1].primary, slot, lo) ||
		carries(s, d->pair[n - 1].secondary, slot, lo));
}

/* A value that the claim does not run with yet, and that some other function shows. */
static enum mr_reason unless_foreign(const struct fm_idents *s, unsigned i, unsigned slot,
				     const struct mr_ident *id, struct mr_buf *out)
{
	const char *own = s->in->desired->claim[i].profile;
	const struct fm_foreign *f = fm_foreign_find(s->in, own, id);
	char value[MR_IDENT_TEXT];

	if (!f || has_now(s, i, slot, id->lo))
		return MR_REASON_OK;
	mr_buf_printf(out, "%s %s is seen on %s", mr_ident_type_name(id->type),
		      mr_ident_text(id, value), f->where);
	return MR_REASON_CONFLICT;
}

static enum mr_reason find_one(struct fm_idents *s, unsigned i, unsigned slot,
			       struct mr_ident *ret, struct mr_buf *out)
{
	const struct fm_ident_want *want = &s->in->desired->claim[i].ident[slot];
	uint32_t who;

	if (want->source == FM_IDENT_LITERAL) {
		who = barred(s, i, want->type, want->literal.lo, 0);
		*ret = want->literal;
		ret->type = want->type;
		if (!who)
			return unless_foreign(s, i, slot, ret, out);
		collision_words(s, who, ret, out);
		return MR_REASON_CONFLICT;
	}
	ret->type = s->in->desired->ident_pool[want->pool].type;
	ret->hi = 0;
	if (pairs_value(s, i, slot, &ret->lo) || sticky(s, i, slot, &ret->lo))
		return unless_foreign(s, i, slot, ret, out);
	if (s->in->withheld >> ret->type & 1) {
		mr_buf_printf(out, "no %s is given: %s", mr_ident_type_name(ret->type),
			      s->in->withheld_of);
		return MR_REASON_CONFLICT;
	}
	if (lowest(s, want->pool, &ret->lo))
		return MR_REASON_OK;
	mr_buf_printf(out, "identity pool %s: every value is used",
		      s->in->desired->ident_pool[want->pool].name);
	return MR_REASON_NO_CAPACITY;
}

/* Finds both identities of a claim. */
enum mr_reason fm_idents_find(struct fm_idents *s, unsigned i, struct mr_ident ret[FM_IDENTS],
			      struct mr_buf *out)
{
	const struct fm_claim *c = &s->in->desired->claim[i];

	for (unsigned k = 0; k < FM_IDENTS; k++) {
		enum mr_reason r = MR_REASON_OK;

		ret[k] = (struct mr_ident){.type = c->ident[k].type};
		if (c->ident[k].source != FM_IDENT_NONE)
			r = find_one(s, i, k, &ret[k], out);
		if (r != MR_REASON_OK)
			return r;
	}
	return MR_REASON_OK;
}

/* Marks the identities of placed[i] as its own. */
void fm_idents_take(struct fm_idents *s, unsigned i)
{
	make_room(s, FM_IDENTS);
	add_placed(s, i);
}
