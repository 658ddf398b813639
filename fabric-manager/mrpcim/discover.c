/* SPDX-License-Identifier: Apache-2.0 */
/*
 * OBSERVE: reads the whole chassis. A phase lists the reads that it wants; they are packed into
 * as few batches as the caps allow and sent at once; when all are answered the next phase knows
 * enough to ask on. A chassis whose state changes meanwhile is no error: what was read is what
 * was there when it was read, rows last.
 */
#include "fabric-manager/mrpcim/discover.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"

#define REPLY_VALUES_MAX (MR_BATCH_MAX_BYTES / 8)
#define ROW_HEAD_REGS	 (ROW_TOMBSTONE / 8 + 1)
#define ROW_TAIL_REGS	 ((ROW_MAPS - ROW_BUSES) / 8 + 1)
#define TABLE_REGS	 (CT_VF_MSIX / 8 + 1)
#define PORTS_PER_READ	 (MR_BATCH_MAX_RECORDS * 8 / SW_PORT_STRIDE)

/* ---- what the phases want ---- */

/* Appends a read to the phase. */
void fm_mr_want_add(struct fm_mr_disc *d, struct fm_mr_want w)
{
	MR_GROW(d->want, d->wants, d->want_cap);
	d->want[d->wants++] = w;
}

static void want_switch(struct fm_mr_disc *d, uint64_t address, unsigned count,
			fm_mr_take_fn *take, uint32_t a, uint32_t b)
{
	fm_mr_want_add(d, (struct fm_mr_want){MR_SPACE_SWITCH, 8, 0, (uint16_t)count, address,
					      take, a, b});
}

static void want_memory(struct fm_mr_disc *d, uint64_t address, unsigned count,
			fm_mr_take_fn *take, uint32_t a, uint32_t b)
{
	fm_mr_want_add(d, (struct fm_mr_want){MR_SPACE_MEMORY, 8, 0, (uint16_t)count, address,
					      take, a, b});
}

/* 'function': 0 is function 0, p + 1 is PF p. */
static void want_cfg(struct fm_mr_disc *d, uint16_t rid, unsigned from, unsigned to,
		     uint32_t adapter, uint32_t function)
{
	fm_mr_want_add(d,
		       (struct fm_mr_want){MR_SPACE_CONFIG, 4, rid, (uint16_t)((to - from) / 4),
					   from, fm_mr_take_cfg, adapter, function});
}

static bool globals(struct fm_mr_disc *d)
{
	want_switch(d, SW_MAGIC, SW_CUT_ANSWER / 8 + 1, fm_mr_take_globals, 0, 0);
	return true;
}

static bool ports(struct fm_mr_disc *d)
{
	if (d->magic != MR_SW_MAGIC || d->version != MR_SW_VERSION) {
		mr_err_set(&d->err, -1, MR_REASON_UNSUPPORTED,
			   "no switch of ours: SW_MAGIC reads 0x%llx, version %llu",
			   (unsigned long long)d->magic, (unsigned long long)d->version);
		return false;
	}
	for (unsigned p = 1; p <= d->highest_port; p += PORTS_PER_READ) {
		unsigned n = d->highest_port - p + 1;

		n = n < PORTS_PER_READ ? n : PORTS_PER_READ;
		want_switch(d, SW_PORT(p), n * SW_PORT_STRIDE / 8, fm_mr_take_ports, p, n);
	}
	return true;
}

/* Function 0 of every adapter, and what the switch knows of its BARs. */
static bool adapters(struct fm_mr_disc *d)
{
	for (unsigned i = 0; i < d->ch->adapters; i++) {
		const struct fm_mr_dev *dev = &d->geo->dev[i];

		if (dev->rid == 0xffff)
			continue;
		d->found[i].bf = MR_NEW(struct fm_mr_cfg);
		want_cfg(d, dev->rid, 0, CFG_LEGACY, i, 0);
		want_cfg(d, dev->rid, CFG_LEGACY, CFG_FIRST, i, 0);
		want_switch(d, SW_PORT_BAR(dev->a.port), PORT_BAR_IDS / 8 + 1, fm_mr_take_bars,
			    i, 0);
	}
	return true;
}

/* Capabilities behind the part that was read first. */
static bool adapters_on(struct fm_mr_disc *d)
{
	for (unsigned i = 0; i < d->ch->adapters; i++)
		if (d->found[i].bf && fm_mr_cfg_goes_on(d->found[i].bf))
			want_cfg(d, d->geo->dev[i].rid, CFG_FIRST, CFG_SIZE, i, 0);
	return true;
}

static bool tables(struct fm_mr_disc *d)
{
	for (unsigned i = 0; i < d->ch->adapters; i++) {
		fm_mr_take_kind(d, i);
		if (d->geo->dev[i].ct)
			want_memory(d, d->geo->dev[i].ct, TABLE_REGS, fm_mr_take_table, i, 0);
	}
	return true;
}

static bool pfs(struct fm_mr_disc *d)
{
	for (unsigned i = 0; i < d->ch->adapters; i++) {
		const struct fm_mr_dev *dev = &d->geo->dev[i];

		for (unsigned p = 0; dev->ct && p < dev->a.pfs; p++) {
			if (fm_mr_pf_rid(dev, p) == dev->rid) {
				d->found[i].pf[p] = d->found[i].bf;
				continue;
			}
			d->found[i].pf[p] = MR_NEW(struct fm_mr_cfg);
			want_cfg(d, fm_mr_pf_rid(dev, p), 0, CFG_LEGACY, i, p + 1);
			want_cfg(d, fm_mr_pf_rid(dev, p), CFG_LEGACY, CFG_FIRST, i, p + 1);
		}
		if (dev->ct)
			want_memory(d, dev->ct + CT_LIMITS, (CT_ACL - CT_LIMITS) / 8 + 1,
				    fm_mr_take_limits, i, 0);
		if (dev->ct)
			want_memory(d, dev->ct + CT_MODES,
				    (unsigned)(CT_MODE_ROW(MR_MAX_MODES) - CT_MODES) / 8,
				    fm_mr_take_modes, i, 0);
		if (dev->a.vhs)
			want_memory(d, dev->ct + CT_VHS, dev->a.vhs * 4u, fm_mr_take_vhs, i, 0);
	}
	return true;
}

static bool pfs_on(struct fm_mr_disc *d)
{
	for (unsigned i = 0; i < d->ch->adapters; i++) {
		const struct fm_mr_dev *dev = &d->geo->dev[i];

		for (unsigned p = 0; dev->ct && p < dev->a.pfs; p++) {
			const struct fm_mr_cfg *c = d->found[i].pf[p];

			if (c != d->found[i].bf && fm_mr_cfg_goes_on(c))
				want_cfg(d, fm_mr_pf_rid(dev, p), CFG_FIRST, CFG_SIZE, i,
					 p + 1);
		}
	}
	return true;
}

/* What the VFs of each PF share, and its namespaces. */
static void want_shared(struct fm_mr_disc *d, unsigned i)
{
	const struct fm_mr_dev *dev = &d->geo->dev[i];
	unsigned rows = d->ch->adapter[i].namespaces;

	for (unsigned p = 0; dev->ct && p < dev->a.pfs; p++) {
		want_memory(d, dev->ct + CT_RES(p, 0), 0x100 / 8, fm_mr_take_resources, i, p);
		if (rows)
			want_memory(d, dev->ct + CT_NS(p, 0), rows * 8, fm_mr_take_namespaces,
				    i, p);
	}
}

/* Where slots have tombstones, which ones. */
static void want_slots(struct fm_mr_disc *d, unsigned i)
{
	const struct fm_mr_dev *dev = &d->geo->dev[i];
	const struct fm_adapter *a = &d->ch->adapter[i];

	for (unsigned v = 1; d->found[i].buries && v < a->vhs; v++)
		for (unsigned p = 0; a->vh_of[v] != FM_WHOLE && p < a->pfs; p++)
			want_memory(d, fm_mr_lvf_address(dev, v, p, 1), a->vfs,
				    fm_mr_take_slots, i, v * a->pfs + p);
}

/* Bridge rows and MVF rows: what changes most is read last and together. */
static bool rows(struct fm_mr_disc *d)
{
	for (unsigned h = 0; h < d->ch->hosts; h++) {
		const struct fm_host *host = &d->ch->host[h];

		for (unsigned b = 0; b < host->bridges; b++) {
			want_switch(d, SW_BRIDGE(host->port, b), ROW_HEAD_REGS,
				    fm_mr_take_row_head, h, b);
			want_switch(d, SW_BRIDGE(host->port, b) + ROW_BUSES, ROW_TAIL_REGS,
				    fm_mr_take_row_tail, h, b);
		}
	}
	for (unsigned i = 0; i < d->ch->adapters; i++) {
		const struct fm_mr_dev *dev = &d->geo->dev[i];
		unsigned n = dev->ct ? (unsigned)dev->a.pfs * dev->a.vfs : 0;

		fm_mr_take_pfs(d, i);
		want_shared(d, i);
		want_slots(d, i);
		for (unsigned f = 0; f < n; f++)
			want_memory(d, dev->ct + CT_VFS + (uint64_t)f * 0x100, FM_MR_VF_READ,
				    fm_mr_take_fn_row, i, f);
	}
	return true;
}

static bool (*const phases[])(struct fm_mr_disc *d) = {
	globals, ports, adapters, adapters_on, tables, pfs, pfs_on, rows,
};

/* ---- life ---- */

static struct fm_mr_disc *disc_new(const struct fm_mrpcim *m)
{
	struct fm_mr_disc *d = MR_NEW(struct fm_mr_disc);

	d->ch = MR_NEW(struct fm_chassis);
	mr_copy(d->ch->name, sizeof(d->ch->name), m->name);
	d->vh_changes = m->vh_changes;
	d->geo = fm_mr_geometry_new();
	return d;
}

static void found_done(struct fm_mr_found *f)
{
	for (unsigned p = 0; p < MR_MAX_PFS; p++)
		if (f->pf[p] != f->bf)
			free(f->pf[p]);
	free(f->bf);
}

/* Frees a discovery with what it found so far; NULL is accepted. */
void fm_mr_disc_free(struct fm_mr_disc *d)
{
	if (!d)
		return;
	for (unsigned i = 0; d->found && d->ch && i < d->ch->adapters; i++)
		found_done(&d->found[i]);
	free(d->found);
	if (d->ch)
		fm_chassis_done(d->ch);
	free(d->ch);
	fm_mr_geometry_free(d->geo);
	free(d->want);
	free(d->part);
	free(d);
}

/* Where VFs have access control is found by PROVISION, which may be under way just now. A whole
 * device that a host has shows no capabilities in VH 0: they are as before. */
static void keep_known(const struct fm_mr_geometry *old, struct fm_mr_dev *dev,
		       struct fm_adapter *a)
{
	const struct fm_mr_dev *was = fm_mr_dev_at(old, a->port);

	if (was)
		memcpy(dev->vf_acs, was->vf_acs, sizeof(dev->vf_acs));
	if (!a->present || a->kind != FM_ADAPTER_BASE || dev->pcie || !was ||
	    was->a.vendor != a->vendor || was->a.device != a->device)
		return;
	dev->pcie = was->pcie;
	dev->msix = was->msix;
	dev->ats = was->ats;
	dev->flr = was->flr;
	dev->multi_function = was->multi_function;
	dev->completion_timeout_ns = was->completion_timeout_ns;
	dev->a.flr_ns = a->flr_ns = was->a.flr_ns;
}

/* The VH table that we changed while it was read is as we know it. */
static void keep_vhs(const struct fm_mrpcim *m, const struct fm_mr_disc *d,
		     struct fm_mr_dev *dev, struct fm_adapter *a)
{
	const struct fm_mr_dev *was = fm_mr_dev_at(m->geo, a->port);

	if (!was || was->vh_changed <= d->vh_changes || was->a.vhs != a->vhs)
		return;
	memcpy(dev->a.vh_of, was->a.vh_of, a->vhs * sizeof(*a->vh_of));
	memcpy(a->vh_of, was->a.vh_of, a->vhs * sizeof(*a->vh_of));
	dev->vh_changed = was->vh_changed;
}

/* What was found is the result, and from now on where registers are. */
static void finish(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	struct fm_mr_disc *d = r->disc;

	fm_mr_tie_rows(d);
	d->ch->observed = true;
	for (unsigned i = 0; i < d->ch->adapters; i++) {
		keep_known(m->geo, &d->geo->dev[i], &d->ch->adapter[i]);
		keep_vhs(m, d, &d->geo->dev[i], &d->ch->adapter[i]);
		found_done(&d->found[i]);
	}
	free(d->found);
	d->found = NULL;
	fm_mr_geometry_free(m->geo);
	m->geo = d->geo;
	d->geo = NULL;
	r->res.observed = d->ch;
	d->ch = NULL;
	fm_mr_finish(m, r, FM_OP_DONE);
}

/* ---- batches ---- */

static void part_begin(struct fm_mr_disc *d, unsigned first)
{
	MR_GROW(d->part, d->parts, d->part_cap);
	d->part[d->parts++] = first;
}

/* Packs and sends everything that the phase wants. */
static void send_wants(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	struct fm_mr_disc *d = r->disc;
	struct mr_batch *b = &m->batch;

	d->parts = d->open = 0;
	d->first_serial = m->serial + 1;
	mr_batch_reset(b);
	part_begin(d, 0);
	for (unsigned i = 0; i < d->wants; i++) {
		const struct fm_mr_want *w = &d->want[i];

		if (b->records == MR_BATCH_MAX_RECORDS ||
		    b->reply_values + w->count > REPLY_VALUES_MAX) {
			fm_mr_send(m, r);
			d->open++;
			mr_batch_reset(b);
			part_begin(d, i);
		}
		mr_batch_read(b, w->space, 0, w->bdf, w->address, w->width, w->count);
	}
	fm_mr_send(m, r);
	d->open++;
}

/* Runs phases up to one that has something to ask. */
static void advance(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	struct fm_mr_disc *d = r->disc;

	d->wants = 0;
	while (!d->wants && d->phase < MR_ARRAY_SIZE(phases)) {
		if (!phases[d->phase++](d)) {
			fm_mr_refuse(r, d->err.reason, "%s", d->err.text);
			fm_mr_finish(m, r, FM_OP_REFUSED);
			return;
		}
	}
	if (d->wants)
		send_wants(m, r);
	else
		finish(m, r);
}

/* Hands the values of one batch to whoever wanted them; false when their number is wrong. */
static bool deal(struct fm_mr_disc *d, unsigned part, const struct fm_mr_reply *p)
{
	unsigned end = part + 1 < d->parts ? d->part[part + 1] : d->wants;
	const uint8_t *v = p->data;
	unsigned values = 0;

	for (unsigned i = d->part[part]; i < end; i++)
		values += d->want[i].count;
	if (p->status != MR_BATCH_OK || p->n != values)
		return false;
	for (unsigned i = d->part[part]; i < end; i++) {
		d->want[i].take(d, &d->want[i], v);
		v += 8u * d->want[i].count;
	}
	return true;
}

static void on_reply(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p,
		     uint64_t serial)
{
	struct fm_mr_disc *d = r->disc;

	if (serial < d->first_serial || serial - d->first_serial >= d->parts)
		return;
	if (!deal(d, (unsigned)(serial - d->first_serial), p)) {
		fm_mr_refuse(r, MR_REASON_INTERNAL,
			     "a read of the chassis ended with batch status %u and %u values",
			     p->status, p->n);
		fm_mr_finish(m, r, FM_OP_REFUSED);
		return;
	}
	if (--d->open == 0)
		advance(m, r);
}

/* Starts to read the chassis for the operation of 'r'. */
void fm_mr_disc_start(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	r->disc = disc_new(m);
	r->on_reply = on_reply;
	advance(m, r);
}
