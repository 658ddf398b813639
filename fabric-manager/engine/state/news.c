// SPDX-License-Identifier: Apache-2.0
/*
 * Lists of what changed since the kept planner was told last. See news.h.
 */
#include "fabric-manager/engine/state/news.h"

#include "fabric-manager/engine/state/foreign.h"

/* An assignment is on the list once. */
void fm_news_asg(struct fm_engine *e, struct fm_asg *a)
{
	struct fm_news *n = &e->news;

	if (a->news)
		return;
	fm_foreign_due(e, a->a.host);
	MR_GROW(n->asg, n->asgs, n->cap_asgs);
	n->asg[n->asgs++] = a;
	a->news = n->asgs;
}

/* What it stood for in the planner's input is free. */
void fm_news_drop(struct fm_engine *e, struct fm_asg *a)
{
	struct fm_news *n = &e->news;

	fm_foreign_due(e, a->a.host);
	if (a->news)
		n->asg[a->news - 1] = NULL;
	a->news = 0;
	for (unsigned i = 0; i < FM_SLOTS; i++) {
		if (!a->slot[i])
			continue;
		MR_GROW(n->gone, n->gones, n->cap_gones);
		n->gone[n->gones++] = a->slot[i] - 1;
	}
}

/* Record 'i' of the identity locks. */
void fm_news_ident(struct fm_engine *e, unsigned i)
{
	struct fm_news *n = &e->news;

	MR_GROW(n->ident, n->idents, n->cap_idents);
	n->ident[n->idents++] = i;
}

/* The adapter or the host behind a port; each is on the list once. */
void fm_news_port(struct fm_engine *e, unsigned chassis, unsigned port)
{
	struct fm_news *n = &e->news;
	size_t all = (size_t)e->inv.n * (MR_MAX_PORTS + 1);
	size_t at = (size_t)chassis * (MR_MAX_PORTS + 1) + port;

	if (chassis >= e->inv.n || port > MR_MAX_PORTS)
		return;
	if (!n->has_port)
		n->has_port = mr_xcalloc(all, sizeof(*n->has_port));
	if (n->has_port[at])
		return;
	n->has_port[at] = true;
	MR_GROW(n->port, n->ports, n->cap_ports);
	n->port[n->ports++] = (uint32_t)at;
}

/* All of a chassis. */
void fm_news_chassis(struct fm_engine *e, unsigned chassis)
{
	if (!e->news.chassis)
		e->news.chassis = mr_xcalloc(e->inv.n + 1, sizeof(*e->news.chassis));
	e->news.chassis[chassis] = true;
}

/* Sessions came or went, or say something else of their hosts. */
void fm_news_hosts(struct fm_engine *e)
{
	e->news.hosts = true;
}

/* Nothing is new any more. */
void fm_news_told(struct fm_engine *e)
{
	struct fm_news *n = &e->news;

	for (unsigned i = 0; i < n->asgs; i++)
		if (n->asg[i])
			n->asg[i]->news = 0;
	for (unsigned i = 0; i < n->ports; i++)
		n->has_port[n->port[i]] = false;
	for (unsigned i = 0; n->chassis && i < e->inv.n; i++)
		n->chassis[i] = false;
	n->asgs = n->gones = n->idents = n->ports = 0;
	n->hosts = false;
}

/* Frees the lists. */
void fm_news_done(struct fm_engine *e)
{
	free(e->news.asg);
	free(e->news.gone);
	free(e->news.ident);
	free(e->news.port);
	free(e->news.has_port);
	free(e->news.chassis);
}
