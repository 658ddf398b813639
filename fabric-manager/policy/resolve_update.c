// SPDX-License-Identifier: Apache-2.0
/*
 * How edits reach what is running: FabricPolicy's `update`, and that of a profile or template,
 * whose keys win over it one by one.
 */
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/update.h"
#include "fabric-manager/policy/resolving.h"

#define ALL_DAYS 0x7f

static const enum fm_strategy strategies[FM_DOC_STRATEGY_COUNT] = {
	[FM_DOC_ROLLING_UPDATE] = FM_STRATEGY_ROLLING,
	[FM_DOC_ON_HOST_RESTART] = FM_STRATEGY_ON_HOST_RESTART,
	[FM_DOC_MANUAL_UPDATE] = FM_STRATEGY_MANUAL,
	[FM_DOC_IMMEDIATE_UPDATE] = FM_STRATEGY_IMMEDIATE,
};
static const enum fm_on_failure failures[FM_DOC_FAILURE_COUNT] = {
	[FM_DOC_FAILURE_PAUSE] = FM_ON_FAILURE_PAUSE,
	[FM_DOC_FAILURE_ROLLBACK] = FM_ON_FAILURE_ROLLBACK,
	[FM_DOC_FAILURE_CONTINUE] = FM_ON_FAILURE_CONTINUE,
};
static const enum fm_drain_mode modes[FM_DOC_DRAIN_COUNT] = {
	[FM_DOC_DRAIN_NONE] = FM_DRAIN_NONE,
	[FM_DOC_DRAIN_REQUEST] = FM_DRAIN_REQUEST,
	[FM_DOC_DRAIN_FORCE] = FM_DRAIN_FORCE,
};

static void windows(struct fm_update *u, const struct fm_doc_update *f)
{
	u->window = mr_xcalloc(f->windows.n + 1, sizeof(*u->window));
	u->windows = f->windows.n;
	for (unsigned i = 0; i < f->windows.n; i++) {
		const struct fm_doc_window *w = &f->windows.item[i];
		struct fm_window *to = &u->window[i];

		to->days = w->days.n ? 0 : ALL_DAYS;
		for (unsigned k = 0; k < w->days.n; k++)
			to->days |= (uint8_t)(1u << w->days.item[k].v);
		to->start = (uint16_t)w->start.v;
		to->end = (uint16_t)w->end.v;
		if (w->timezone.s)
			fm_zone_parse(w->timezone.s, &to->zone_minutes);
	}
}

static uint8_t asks(const struct fm_nums *allow)
{
	uint8_t all = (1u << FM_DOC_CHANGES_COUNT) - 1;

	for (unsigned i = 0; i < allow->n; i++)
		all &= (uint8_t) ~(1u << allow->item[i].v);
	return all & (uint8_t) ~(1u << FM_DOC_CHANGE_NONE | 1u << FM_DOC_CHANGE_LIVE);
}

/* What is written in 'f' replaces what 'u' has. */
static void put(struct fm_update *u, const struct fm_doc_update *f)
{
	if (f->max_unavailable.at.line) {
		u->percent = f->max_unavailable.v < 0;
		u->max_unavailable =
			(uint16_t)(u->percent ? -f->max_unavailable.v : f->max_unavailable.v);
		if (!f->strategy.at.line)
			u->strategy = FM_STRATEGY_ROLLING;
	}
	if (f->strategy.at.line)
		u->strategy = strategies[f->strategy.v];
	if (u->strategy == FM_STRATEGY_IMMEDIATE)
		u->max_unavailable = 0; /* FabricPolicy's, where a profile says otherwise */
	if (u->strategy == FM_STRATEGY_ROLLING && !u->max_unavailable)
		u->max_unavailable = 1;
	if (f->on_failure.at.line)
		u->on_failure = failures[f->on_failure.v];
	if (f->allow.at.line)
		u->asks = asks(&f->allow);
	if (f->windows.at.line)
		windows(u, f);
}

static void put_drain(struct fm_drain *d, const struct fm_doc_update *f)
{
	if (f->drain.mode.at.line)
		d->mode = modes[f->drain.mode.v];
	if (f->drain.timeout.at.line)
		d->timeout_ns = f->drain.timeout.v;
}

/* FabricPolicy's, the first of all. */
void fm_resolve_update(struct fm_resolving *r, const struct fm_doc_update *f)
{
	struct fm_desired *d = r->d;

	d->update = mr_xcalloc(r->docs->n + 1, sizeof(*d->update));
	d->updates = 1;
	d->update[0].asks = 1u << FM_DOC_CHANGE_COUNT | 1u << FM_DOC_CHANGE_HOST;
	put(&d->update[0], f);
	d->drain.mode = modes[f->drain.mode.v];
	d->drain.timeout_ns = f->drain.timeout.v;
}

/* That of a profile, from its document or template 'doc'. */
void fm_resolve_profile_update(struct fm_resolving *r, const struct fm_doc *doc,
			       const struct fm_doc_update *f, struct fm_profile *p)
{
	struct fm_desired *d = r->d;
	struct fm_update *u;
	uint64_t at;

	p->drain = d->drain;
	put_drain(&p->drain, f);
	if (!f->strategy.at.line && !f->max_unavailable.at.line && !f->allow.at.line &&
	    !f->windows.at.line && !f->on_failure.at.line)
		return;
	if (!mr_map_get_u64(r->update_of, (uintptr_t)doc, &at)) {
		at = d->updates++;
		mr_map_set_u64(r->update_of, (uintptr_t)doc, at);
		u = &d->update[at];
		*u = d->update[0];
		if (u->windows)
			u->window = mr_xmemdup(u->window, u->windows * sizeof(*u->window));
		if (f->windows.at.line) {
			free(u->window);
			u->window = NULL;
		}
		put(u, f);
	}
	p->update = (uint16_t)at;
}
