/* SPDX-License-Identifier: Apache-2.0 */
/* The judge asks for the rows of functions after every event: they are kept decoded. */
#include "tests/sim-test/world/store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/engine/action/action.h"
#include "tests/sim-test/world/faults.h"
#include "tests/sim-test/world/said.h"
#include "tests/sim-test/world/world.h"

/* ---- rows ---- */

static char *hex_key(const struct mr_buf *key)
{
	static const char digits[] = "0123456789abcdef";
	char *hex = mr_xmalloc(2 * key->len + 1);

	for (size_t i = 0; i < key->len; i++) {
		hex[2 * i] = digits[(unsigned char)key->data[i] >> 4];
		hex[2 * i + 1] = digits[(unsigned char)key->data[i] & 15];
	}
	hex[2 * key->len] = '\0';
	return hex;
}

static void row_done(struct store_row *r)
{
	mr_buf_done(&r->key);
	mr_buf_done(&r->value);
}

static bool is_tombstone(const struct store_row *r)
{
	return mr_starts(mr_buf_text(&r->key), "tomb/");
}

/* The last row takes the place of the one that goes. */
static void row_remove(struct world *w, const char *hex)
{
	struct world_store *s = &w->store;
	uint64_t at;
	char *last;

	if (!mr_map_get(s->index, hex, &at))
		return;
	if (s->row[at].fn) {
		mr_map_del_u64(s->fn, s->row[at].fn);
		world_touch_fn(w, s->row[at].fn);
	}
	if (s->row[at].id)
		mr_map_del_u64(s->host, s->row[at].id);
	s->tombstones -= is_tombstone(&s->row[at]);
	row_done(&s->row[at]);
	mr_map_del(s->index, hex);
	if (at == --s->rows)
		return;
	s->row[at] = s->row[s->rows];
	last = hex_key(&s->row[at].key);
	mr_map_set(s->index, last, at);
	free(last);
}

/* What the judge asks for. */
static void row_decode(struct world *w, const struct fm_record *r, struct store_row *row)
{
	int port, vh;

	if (r->kind == FM_RECORD_FUNCTION) {
		port = sim_adapter_find(w->chassis, r->function.adapter);
		if (port <= 0)
			return;
		row->fn = fm_fn_key(
			(struct fm_fn_id){0, (uint16_t)port, r->function.pf, r->function.vf});
		mr_map_set_u64(w->store.fn, row->fn, r->function.assignment);
		world_touch_fn(w, row->fn);
	} else if (r->kind == FM_RECORD_ASSIGNMENT) {
		vh = sim_host_find(w->chassis, r->assignment.host);
		/* a root of that server: each is an owner of its own */
		if (vh > 0 && r->assignment.has_fn && r->assignment.place.port &&
		    sim_host_lead(w->chassis, r->assignment.place.port) == vh)
			vh = r->assignment.place.port;
		row->id = r->assignment.id;
		mr_map_set_u64(w->store.host, row->id, vh > 0 ? (uint64_t)vh : 0);
		if (r->assignment.has_fn)
			world_touch_fn(w, fm_fn_key(r->assignment.fn));
	}
}

static void row_add(struct world *w, const char *hex, struct store_row row)
{
	struct world_store *s = &w->store;

	MR_GROW(s->row, s->rows, s->cap);
	s->row[s->rows] = row;
	s->tombstones += is_tombstone(&row);
	mr_map_set(s->index, hex, s->rows++);
}

static void row_read(const struct store_row *row, struct fm_record *ret)
{
	struct mr_err err = {0};

	if (!fm_record_read(row->key.data, row->key.len, row->value.data, row->value.len,
			    &world_names, ret, &err))
		return;
	fprintf(stderr, "stored row does not read: %s\n", err.text);
	abort();
}

static void judge_ident(struct world *w, const char *hex, const struct fm_record *r)
{
	struct fm_record was;
	uint64_t at;

	if (!mr_map_get(w->store.index, hex, &at)) {
		world_said_ident(w, NULL, r);
		return;
	}
	row_read(&w->store.row[at], &was);
	world_said_ident(w, &was, r);
	fm_record_done(&was);
}

static void row_set(struct world *w, const struct fm_record *r)
{
	struct store_row row = {.fn = 0};
	uint64_t at;
	char *hex;

	fm_record_key(r, &world_names, &row.key);
	hex = hex_key(&row.key);
	if (r->kind == FM_RECORD_IDENT)
		judge_ident(w, hex, r);
	if (r->kind == FM_RECORD_FUNCTION && r->erase && mr_map_get(w->store.index, hex, &at) &&
	    w->store.row[at].fn) {
		MR_GROW(w->store.erased, w->store.eraseds, w->store.erased_cap);
		w->store.erased[w->store.eraseds++] = w->store.row[at].fn;
	}
	row_remove(w, hex);
	if (r->erase) {
		mr_buf_done(&row.key);
	} else {
		fm_record_value(r, &world_names, &row.value);
		row_decode(w, r, &row);
		row_add(w, hex, row);
	}
	free(hex);
}

/* A transaction is one: what counts is whose a function is after all of it. */
static void judge_erased(struct world *w)
{
	for (unsigned i = 0; i < w->store.eraseds; i++)
		world_said_freed(w, w->store.erased[i]);
	w->store.eraseds = 0;
}

void world_store_init(struct world *w)
{
	w->store.index = mr_map_new();
	w->store.fn = mr_map_new();
	w->store.host = mr_map_new();
}

static void forget_rows(struct world *w)
{
	struct world_store *s = &w->store;

	for (unsigned i = 0; i < s->rows; i++)
		row_done(&s->row[i]);
	s->rows = s->tombstones = 0;
	mr_map_free(s->index);
	mr_map_free(s->fn);
	mr_map_free(s->host);
}

void world_store_done(struct world *w)
{
	forget_rows(w);
	free(w->store.row);
	free(w->store.erased);
}

/* ---- what is promised ---- */

bool world_store_promises(const struct world *w, uint64_t fn, unsigned *ret_vh)
{
	uint64_t id, vh = 0;

	if (!mr_map_get_u64(w->store.fn, fn, &id))
		return false;
	mr_map_get_u64(w->store.host, id, &vh);
	*ret_vh = (unsigned)vh;
	return true;
}

bool world_store_has(const struct world *w, const struct fm_record *r)
{
	struct mr_buf key = {0};
	uint64_t at;
	char *hex;
	bool has;

	fm_record_key(r, &world_names, &key);
	hex = hex_key(&key);
	has = mr_map_get(w->store.index, hex, &at);
	free(hex);
	mr_buf_done(&key);
	return has;
}

bool world_store_is_of(const struct world *w, uint32_t id, const struct fm_rec_ident *i)
{
	struct fm_record r;
	bool is = false;

	for (unsigned k = 0; id && k < w->store.rows; k++) {
		if (w->store.row[k].id != id)
			continue;
		row_read(&w->store.row[k], &r);
		is = mr_streq(r.assignment.profile, i->profile) &&
		     mr_streq(r.assignment.device, i->device) && r.assignment.index == i->index;
		fm_record_done(&r);
	}
	return is;
}

unsigned world_store_tombstones(const struct world *w)
{
	return w->store.tombstones;
}

static void print_left(const struct store_row *row, bool more, struct mr_buf *out)
{
	struct fm_record r;

	mr_buf_printf(out, "%s%s", more ? ", " : "", mr_buf_text(&row->key));
	row_read(row, &r);
	if (r.kind == FM_RECORD_IDENT)
		mr_buf_printf(out, " of %s/%s/%u%s", r.ident.profile, r.ident.device,
			      r.ident.index, r.ident.released_wall_ns ? ", released" : "");
	fm_record_done(&r);
}

bool world_store_left(const struct world *w, struct mr_buf *out)
{
	static const char *const kinds[] = {"assign/",	 "ident/", "func/",
					    "override/", "tomb/",  "op/"};
	bool any = false;

	for (unsigned i = 0; i < w->store.rows; i++)
		for (unsigned k = 0; k < MR_ARRAY_SIZE(kinds); k++)
			if (mr_starts(mr_buf_text(&w->store.row[i].key), kinds[k])) {
				print_left(&w->store.row[i], any, out);
				any = true;
			}
	return any;
}

/* ---- transactions ---- */

/* All or nothing, as the store promises; the ghost's is another one's by now, or its own. What
 * a dead manager left is durable or not when the next one reads it, and that is that. A manager
 * that died meanwhile has it all the same, unless the machine died with it. */
static void deliver_commit(struct world *w, struct world_msg *m)
{
	struct world_store *s = &w->store;
	struct fm_changes *c = m->ptr;
	struct fm_event ev = {
		.kind = FM_EV_COMMITTED, .n = m->tag, .detail = s->detail ? s->detail : ""};
	bool here = w->manager_up && m->life == w->manager_life;

	world_input(w);
	if (!here && (s->loses || m->id <= s->loaded))
		return;
	if (s->fails)
		s->failed = s->posted;
	if (w->as_ghost ? !w->ghost_stores : m->id <= s->failed)
		ev.kind = FM_EV_COMMIT_FAILED;
	for (unsigned i = 0; ev.kind == FM_EV_COMMITTED && !w->as_ghost && i < c->n; i++)
		if (!world_fault_record(w, &c->item[i]))
			row_set(w, &c->item[i]);
	judge_erased(w);
	if (!here)
		return;
	fm_hold_settle(w->hold, m->tag, ev.kind == FM_EV_COMMITTED);
	world_engine_event(w, &ev);
}

static void free_changes(void *ptr)
{
	fm_changes_done(ptr);
	free(ptr);
}

void world_store_persist(struct world *w, struct fm_action *a)
{
	struct world_msg *m = world_msg_new(LANE_COMMIT, deliver_commit);

	m->life = w->manager_life;
	m->tag = a->n;
	m->id = w->as_ghost ? 0
			    : ++w->store.posted; /* 0: it fails, also when the ghost is gone */
	m->ptr = mr_xmemdup(&a->changes, sizeof(a->changes));
	m->free_ptr = free_changes;
	a->changes = (struct fm_changes){0};
	world_post(w, m, world_delay(w) + w->store.slow_ns);
}

static int by_key(const void *a, const void *b)
{
	const struct store_row *x = a, *y = b;
	size_t n = x->key.len < y->key.len ? x->key.len : y->key.len;
	int d = memcmp(x->key.data, y->key.data, n);

	return d ? d : (x->key.len > y->key.len) - (x->key.len < y->key.len);
}

/* In the order of their keys, as the real store loads them. */
static void sort_rows(struct world_store *s)
{
	if (s->rows)
		qsort(s->row, s->rows, sizeof(*s->row), by_key);
	for (unsigned i = 0; i < s->rows; i++) {
		char *hex = hex_key(&s->row[i].key);

		mr_map_set(s->index, hex, i);
		free(hex);
	}
}

void world_store_load(struct world *w)
{
	struct world_store *s = &w->store;
	struct fm_record *r = mr_xcalloc(s->rows + 1, sizeof(*r));
	const struct fm_event ev = {
		.kind = FM_EV_STORE_LOADED, .record = r, .records = s->rows};

	s->loaded = s->posted;
	sort_rows(s);
	for (unsigned i = 0; i < s->rows; i++)
		row_read(&s->row[i], &r[i]);
	world_engine_event(w, &ev);
	for (unsigned i = 0; i < s->rows; i++)
		fm_record_done(&r[i]);
	free(r);
}

/* ---- copies ---- */

static void buf_copy(struct mr_buf *to, const struct mr_buf *from)
{
	*to = (struct mr_buf){0};
	mr_buf_add(to, from->data, from->len);
}

struct store_copy world_store_copy(const struct world *w)
{
	struct store_copy c = {mr_xcalloc(w->store.rows + 1, sizeof(*c.row)), w->store.rows};

	for (unsigned i = 0; i < c.rows; i++) {
		buf_copy(&c.row[i].key, &w->store.row[i].key);
		buf_copy(&c.row[i].value, &w->store.row[i].value);
	}
	return c;
}

void world_store_restore(struct world *w, const struct store_copy *c)
{
	forget_rows(w);
	world_store_init(w);
	for (unsigned i = 0; i < c->rows; i++) {
		struct fm_record r;

		row_read(&c->row[i], &r);
		row_set(w, &r);
		fm_record_done(&r);
	}
	world_touch_all(w);
}

void store_copy_done(struct store_copy *c)
{
	for (unsigned i = 0; i < c->rows; i++)
		row_done(&c->row[i]);
	free(c->row);
	*c = (struct store_copy){0};
}
