// SPDX-License-Identifier: Apache-2.0
/*
 * All assignments: found by name, id, function and place; their phase, with the log line and
 * the event that each arrow makes.
 */
#include "fabric-manager/engine/state/asgs.h"

#include <stdarg.h>

#include "fabric-manager/engine/state/measure.h"
#include "fabric-manager/engine/state/news.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/pkeys.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"

#define KEY_MAX (2 * MR_NAME_MAX + 8)

static const char *name_key(const char *profile, const char *device, unsigned index, char *buf)
{
	mr_fmt(buf, KEY_MAX, "%s/%s/%u", profile, device, index);
	return buf;
}

/* A place as a number: chassis, root, bridge, and for an LVF its PF and slot. */
uint64_t fm_place_key(unsigned chassis, const struct fm_place *p)
{
	uint64_t lvf = p->way == FM_WAY_LVF ? (uint64_t)(p->pf + 1u) << 12 | p->slot : 0;

	return (uint64_t)chassis << 48 | (uint64_t)p->port << 36 | (uint64_t)p->bridge << 24 |
	       lvf;
}

static struct fm_asg *from_map(const struct mr_map *m, uint64_t key)
{
	uint64_t v;

	return mr_map_get_u64(m, key, &v) ? (struct fm_asg *)(uintptr_t)v : NULL;
}

/* The assignment of a claim, or NULL. */
struct fm_asg *fm_asg_by_name(const struct fm_engine *e, const char *profile,
			      const char *device, unsigned index)
{
	char key[KEY_MAX];
	uint64_t v;

	if (!mr_map_get(e->asg_by_name, name_key(profile, device, index, key), &v))
		return NULL;
	return (struct fm_asg *)(uintptr_t)v;
}

/* "PROFILE/DEVICE" or "PROFILE/DEVICE/INDEX". */
struct fm_asg *fm_asg_by_text(const struct fm_engine *e, const char *text)
{
	char buf[FM_ASSIGNMENT_TEXT], *device, *index;
	uint64_t n = 0;

	if (!mr_copy(buf, sizeof(buf), text) || !(device = strchr(buf, '/')))
		return NULL;
	*device++ = 0;
	index = strchr(device, '/');
	if (index) {
		*index++ = 0;
		if (mr_parse_u64(index, 0xffff, false, &n, NULL))
			return NULL;
	}
	return fm_asg_by_name(e, buf, device, (unsigned)n);
}

/* By durable id, function that it holds or is promised, and place in a host. */
struct fm_asg *fm_asg_by_id(const struct fm_engine *e, uint32_t id)
{
	return from_map(e->asg_by_id, id);
}
struct fm_asg *fm_asg_by_fn(const struct fm_engine *e, struct fm_fn_id fn)
{
	return from_map(e->asg_by_fn, fm_fn_key(fn));
}
struct fm_asg *fm_asg_by_place(const struct fm_engine *e, unsigned chassis,
			       const struct fm_place *p)
{
	return from_map(e->asg_by_place, fm_place_key(chassis, p));
}

/* ---- by host ---- */

static void leave_list(struct fm_engine *e, struct fm_asg *a)
{
	if (!a->here)
		return;
	if (a->prev_here)
		a->prev_here->next_here = a->next_here;
	else
		e->here[a->here - 1].first = a->next_here;
	if (a->next_here)
		a->next_here->prev_here = a->prev_here;
	a->here = 0;
	a->next_here = a->prev_here = NULL;
}

static void join_list(struct fm_engine *e, struct fm_asg *a)
{
	uint64_t v;

	leave_list(e, a);
	if (!a->a.host[0])
		return;
	if (!mr_map_get(e->here_by, a->a.host, &v)) {
		MR_GROW(e->here, e->heres, e->cap_heres);
		v = e->heres++;
		e->here[v] = (struct fm_here){.first = NULL};
		mr_map_set(e->here_by, a->a.host, v);
	}
	a->here = (uint32_t)v + 1;
	a->next_here = e->here[v].first;
	if (a->next_here)
		a->next_here->prev_here = a;
	e->here[v].first = a;
}

static int index_cmp(const void *pa, const void *pb)
{
	const struct fm_asg *const *a = pa, *const *b = pb;

	return ((*a)->index > (*b)->index) - ((*a)->index < (*b)->index);
}

/* Those that have a function in a host, in the order of all; the caller frees the list. */
unsigned fm_asgs_of_host(const struct fm_engine *e, const char *host, struct fm_asg ***ret)
{
	struct fm_asg **list = NULL;
	unsigned n = 0, cap = 0;
	uint64_t v;

	if (mr_map_get(e->here_by, host, &v))
		for (struct fm_asg *a = e->here[v].first; a; a = a->next_here)
			if (a->a.has_fn && mr_streq(a->a.host, host)) {
				MR_GROW(list, n, cap);
				list[n++] = a;
			}
	if (n)
		qsort(list, n, sizeof(struct fm_asg *), index_cmp);
	*ret = list;
	return n;
}

/* Makes the place findable. */
void fm_asg_index(struct fm_engine *e, struct fm_asg *a)
{
	if (a->a.has_fn)
		join_list(e, a);
	if (a->a.has_fn && a->a.place.way != FM_WAY_NONE)
		mr_map_set_u64(e->asg_by_place, fm_place_key(a->a.chassis, &a->a.place),
			       (uintptr_t)a);
}

/* The opposite, before the place changes. */
void fm_asg_unindex(struct fm_engine *e, struct fm_asg *a)
{
	uint64_t key = fm_place_key(a->a.chassis, &a->a.place);

	if (a->a.has_fn && from_map(e->asg_by_place, key) == a)
		mr_map_del_u64(e->asg_by_place, key);
}

/* Takes a copy of 'a' in; id 0 gets the next one. */
struct fm_asg *fm_asg_new(struct fm_engine *e, const struct fm_assignment *from)
{
	struct fm_asg *a = MR_NEW(struct fm_asg);
	char key[KEY_MAX];

	a->a = *from;
	a->until = a->drain_until = a->since_ns = MR_NEVER;
	if (!a->a.id) {
		a->a.id = e->meta.next_assignment++;
		a->a.since_wall_ns = e->now.wall_ns;
	}
	a->index = e->asgs;
	MR_GROW(e->asg, e->asgs, e->cap_asgs);
	e->asg[e->asgs++] = a;
	mr_map_set(e->asg_by_name, name_key(a->a.profile, a->a.device, a->a.index, key),
		   (uintptr_t)a);
	mr_map_set_u64(e->asg_by_id, a->a.id, (uintptr_t)a);
	fm_asg_index(e, a);
	fm_news_asg(e, a);
	return a;
}

static void list_remove(struct fm_asg **list, unsigned *n, const struct fm_asg *a)
{
	unsigned k = 0;

	for (unsigned i = 0; i < *n; i++)
		if (list[i] != a)
			list[k++] = list[i];
	*n = k;
}

/* Erases an assignment that holds nothing, here and in the store. */
void fm_asg_drop(struct fm_engine *e, struct fm_asg *a)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_ASSIGNMENT);
	char key[KEY_MAX];

	r->erase = true;
	r->assignment = a->a;
	e->adopteds -= a->a.adopted;
	e->stoods -= a->stood_for;
	fm_asg_unindex(e, a);
	leave_list(e, a);
	fm_news_drop(e, a);
	if (a->tag)
		fm_inflight_del(e, a->tag);
	if (a->queued)
		for (unsigned i = e->todo_at; i < e->todos; i++)
			if (e->todo[i] == a)
				e->todo[i] = NULL;
	if (a->dirty)
		list_remove(e->dirty, &e->dirties, a);
	if (a->waits)
		list_remove(e->waiting, &e->waitings, a);
	mr_map_del(e->asg_by_name, name_key(a->a.profile, a->a.device, a->a.index, key));
	mr_map_del_u64(e->asg_by_id, a->a.id);
	e->asg[a->index] = e->asg[--e->asgs];
	e->asg[a->index]->index = a->index;
	free(a->notes);
	free(a);
}

/* It is another claim's from now on; nobody else has that name. */
void fm_asg_rename(struct fm_engine *e, struct fm_asg *a, const struct fm_claim *c)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_ASSIGNMENT);
	char key[KEY_MAX];

	r->erase = true;
	r->assignment = a->a;
	mr_map_del(e->asg_by_name, name_key(a->a.profile, a->a.device, a->a.index, key));
	mr_copy(a->a.profile, sizeof(a->a.profile), c->profile);
	mr_copy(a->a.device, sizeof(a->a.device), c->device);
	a->a.index = c->index;
	a->a.count = c->count;
	mr_map_set(e->asg_by_name, name_key(a->a.profile, a->a.device, a->a.index, key),
		   (uintptr_t)a);
	fm_asg_dirty(e, a);
}

/* Its record is written when the step ends. */
void fm_asg_dirty(struct fm_engine *e, struct fm_asg *a)
{
	fm_news_asg(e, a);
	if (a->dirty)
		return;
	a->dirty = true;
	MR_GROW(e->dirty, e->dirties, e->cap_dirties);
	e->dirty[e->dirties++] = a;
}

/* A phase in which nothing is under way: worth an event and a durable record. */
static bool settled(enum fm_phase p)
{
	return p == FM_PHASE_PENDING || p == FM_PHASE_ACTIVE || p == FM_PHASE_DEGRADED ||
	       p == FM_PHASE_FAILED || p == FM_PHASE_QUARANTINED || p == FM_PHASE_RELEASED;
}

static void phase_event(struct fm_engine *e, const struct fm_asg *a, const char *name)
{
	char fn[FM_FN_TEXT];

	if (a->a.phase == FM_PHASE_ACTIVE)
		fm_note(e, a->a.reason, name, "Active on %s as %s", a->a.host,
			fm_fn_text(&e->inv, a->a.fn, fn));
	else if (a->a.detail[0])
		fm_note(e, a->a.reason, name, "%s: %s", fm_phase_name(a->a.phase), a->a.detail);
	else
		fm_note(e, a->a.reason, name, "%s", fm_phase_name(a->a.phase));
}

/*
 * One arrow of the phase table, by operation 'op' (0: the last one). The detail in words stays
 * as it was set by fm_asg_why; a phase without a shortfall clears it.
 */
void fm_asg_phase(struct fm_engine *e, struct fm_asg *a, enum fm_phase to, uint64_t op)
{
	char name[FM_ASSIGNMENT_TEXT];
	enum fm_phase from = a->a.phase;

	if (from == to)
		return;
	assert(fm_phase_allowed(from, to));
	fm_news_asg(e, a);
	fm_assignment_text(&a->a, name);
	fm_measure_arrow(e, a, to);
	a->a.phase = to;
	a->a.since_wall_ns = e->now.wall_ns;
	a->since_ns = e->now.mono_ns;
	if (op)
		a->last_tag = op;
	fm_log(e, 1, "assignment '%s': %s -> %s (operation %llu)%s%s", name,
	       fm_phase_name(from), fm_phase_name(to), (unsigned long long)a->last_tag,
	       a->a.detail[0] ? ": " : "", a->a.detail);
	if (to == FM_PHASE_MAPPED || settled(to))
		fm_ports_soon(e);
	if (!settled(to))
		return;
	phase_event(e, a, name);
	fm_asg_dirty(e, a);
	fm_pkeys_check(e, a);
}

/* The reason, in words; OK clears it. */
void fm_asg_why(struct fm_engine *e, struct fm_asg *a, enum mr_reason r, const char *fmt, ...)
{
	char text[FM_DETAIL_MAX];
	struct mr_buf b = {0};
	va_list ap;

	va_start(ap, fmt);
	mr_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	mr_fmt(text, sizeof(text), "%s", mr_buf_text(&b));
	mr_buf_done(&b);
	if (a->a.reason == r && mr_streq(a->a.detail, text))
		return;
	a->a.reason = r;
	a->shown = a->step;
	memcpy(a->a.detail, text, sizeof(text));
	if (settled(a->a.phase))
		fm_asg_dirty(e, a);
}

/* Puts it on the list that this step works off. */
void fm_asg_poke(struct fm_engine *e, struct fm_asg *a)
{
	fm_news_asg(e, a);
	if (a->queued)
		return;
	a->queued = true;
	MR_GROW(e->todo, e->todos, e->cap_todos);
	e->todo[e->todos++] = a;
}

static void retry(struct fm_engine *e)
{
	struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (!a->a.paused || a->a.has_fn)
			continue;
		a->a.paused = false;
		a->a.reason = MR_REASON_OK;
	}
	fm_plan_soon(e, 20 * MR_NS_PER_MS);
}

/* Hardware or documents are others now: what failed for good, and stands nowhere, is planned
 * again. */
void fm_asgs_retry(struct fm_engine *e)
{
	e->retries = 0;
	for (unsigned i = 0; e->some_failed && i < e->asgs; i++)
		e->asg[i]->fail_ns = 0;
	e->some_failed = false;
	if (e->some_paused || e->retry_at != MR_NEVER)
		retry(e);
}

/* Something failed for good, and stands nowhere: nothing is taken from anybody by another try,
 * after a minute and then after longer and longer. */
void fm_asgs_retry_later(struct fm_engine *e)
{
	if (e->retry_at != MR_NEVER)
		return;
	e->retry_at = e->now.mono_ns + fm_retry_pause_ns(e->retries++);
	fm_timer_set(e, FM_TM_RETRY, 0, e->retry_at);
}

void fm_asgs_retry_timer(struct fm_engine *e)
{
	e->retry_at = MR_NEVER;
	retry(e);
}
