/* SPDX-License-Identifier: Apache-2.0 */
/* Which roots of the planner's picture are one host's, and what they are called. */
#include "fabric-manager/plan/world.h"

/* world.h */
void fm_world_init_roots(struct fm_world *w, const struct fm_desired *d)
{
	for (unsigned i = 0; i < d->hosts; i++) {
		const struct fm_host_def *h = &d->host[i];
		uint32_t last = FM_NONE;

		for (unsigned r = 0; r < h->roots; r++) {
			uint32_t at = fm_world_host(w, h->chassis, h->root[r]);

			if (at == FM_NONE)
				continue;
			if (last != FM_NONE) {
				w->host[at].lead = w->host[last].lead;
				w->host[last].next = at;
			}
			last = at;
		}
	}
}

/* world.h */
void fm_world_root_words(const struct fm_world *w, uint32_t root, struct mr_buf *out)
{
	const struct fm_unit_host *h = &w->host[root];
	const struct fm_desired *d = w->in->desired;

	for (unsigned i = 0; (h->lead != root || h->next != FM_NONE) && i < d->hosts; i++) {
		int r = fm_root_at(&d->host[i], h->chassis, h->h->port);

		if (r < 0)
			continue;
		mr_buf_printf(out, "%s/root%d", d->host[i].name, r);
		return;
	}
	mr_buf_puts(out, h->h->name);
}
