/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Non-volatile memory of the switch (HANDOVER 9): what SW_COMMIT copies, and the power cycle
 * that restores it: adapters first, then rows, then ports. Only what changed since the last
 * commit is copied. An adapter inserted while the chassis runs is not restored: it is blank.
 * 'stale' memory is the one before the last commit.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "sim/model/internal.h"

static void commit_row(struct sim_chassis *c, unsigned vs, unsigned b)
{
	struct sim_host *h = &c->host[vs];
	struct sim_bridge *r = &sim_bridges(h)[b];
	struct sim_row_nvm *n;

	if (!h->nvm)
		h->nvm = mr_xcalloc(h->d.bridges, sizeof(*h->nvm));
	n = &h->nvm[b];
	n->prev = n->cur;
	n->cur = r->row;
	n->commit = c->commits;
	r->dirty = false;
}

static void commit_vf(struct sim_chassis *c, struct sim_adapter *a, unsigned i)
{
	struct sim_vf_nvm *n;

	if (!a->nv_vf)
		a->nv_vf = mr_xcalloc(sim_adapter_room(a).vfs + 1, sizeof(*a->nv_vf));
	n = &a->nv_vf[i];
	n->prev = n->cur;
	n->cur = a->vf[i].nv;
	n->commit = c->commits;
	a->vf[i].dirty = false;
}

static void commit_adapter(struct sim_adapter *a)
{
	unsigned pfs = a->vhs * a->m.pfs, slots = pfs * a->m.vfs;
	struct sim_room r = sim_adapter_room(a);

	if (!a->nv_valid) {
		a->nv_pf = mr_xcalloc(r.pfs, sizeof(*a->nv_pf));
		a->nv_vh = mr_xcalloc(r.vhs, sizeof(*a->nv_vh));
		a->nv_tomb = mr_xcalloc(r.slots + 1, 1);
		a->nv_valid = true;
	}
	for (unsigned i = 0; i < pfs; i++)
		a->nv_pf[i] = (struct sim_pf_nv){a->pf[i].iov.total, a->pf[i].iov.num,
						 a->pf[i].iov.ctl, a->pf[i].fn.acs_ctl};
	memcpy(a->nv_vh, a->vh, a->vhs * sizeof(*a->vh));
	memcpy(a->nv_tomb, a->tomb, slots);
	a->dirty = false;
}

uint64_t sim_chassis_commits(const struct sim_chassis *c)
{
	return c->commits;
}

/* Copies the tables to non-volatile memory. */
void sim_nvm_commit(struct sim_chassis *c)
{
	c->commits++;
	for (unsigned i = 0; i < c->dirties; i++) {
		uint64_t id = c->dirty[i];

		if (id >> 63)
			commit_row(c, id >> 16 & 0xffff, id & 0xffff);
		else
			commit_vf(c, sim_adapter_at(c, id >> 32 & 0xffff),
				  (unsigned)(id & UINT32_MAX));
	}
	c->dirties = 0;
	for (unsigned i = 0; i < c->adapters; i++)
		if (c->adapter[i].present && (c->adapter[i].dirty || !c->adapter[i].nv_valid))
			commit_adapter(&c->adapter[i]);
	for (unsigned vh = 1; vh <= c->hosts; vh++) {
		c->host[vh].nv_auth = c->host[vh].auth;
		c->host[vh].nv_cut = c->host[vh].cut_answer;
	}
	c->nv_owner_id = c->owner_id;
	c->nv_owner_epoch = c->owner_epoch;
	c->nv_generation = c->generation;
	c->nv_cut_answer = c->cut_answer;
}

static void restore_vf(struct sim_chassis *c, struct sim_adapter *a, unsigned i)
{
	struct sim_vf_nvm *n = &a->nv_vf[i];
	struct sim_mvf *m = &a->vf[i];
	unsigned p = i / a->m.vfs, v = i % a->m.vfs, slot;

	if (c->restoring_stale && n->commit == c->commits)
		n->cur = n->prev;
	m->nv = n->cur;
	if (a->ns) /* which namespaces there are is the device's own memory */
		m->nv.class1 =
			sim_ns_known(a, p, m->nv.class1, c->restoring_stale ? 0 : n->commit);
	slot = m->nv.slot;
	m->nv.slot = 0;
	if (!m->nv.d || !slot || *sim_lvf(a, m->nv.d, p, slot))
		return;
	m->nv.slot = (uint16_t)slot;
	*sim_lvf(a, m->nv.d, p, slot) = (uint16_t)(v + 1);
}

/* Loads the tables of a device that just got power: VH table, slots, VF rows; in VH 0 NumVFs
 * and VF Enable. The VFs of hosts stand packed until the hosts enable them. */
void sim_nvm_restore_adapter(struct sim_chassis *c, struct sim_adapter *a)
{
	if (!a->nv_valid)
		return;
	for (unsigned d = 1; d < a->vhs; d++) {
		a->vh[d].enabled = a->nv_vh[d].enabled;
		a->vh[d].vh = a->nv_vh[d].vh;
	}
	memcpy(a->tomb, a->nv_tomb, a->vhs * a->m.pfs * a->m.vfs);
	for (unsigned i = 0; i < a->vhs * a->m.pfs; i++)
		a->pf[i].iov.total = a->nv_pf[i].total;
	for (unsigned i = 0; a->nv_vf && i < a->m.pfs * a->m.vfs; i++)
		restore_vf(c, a, i);
	for (unsigned d = 1; d < a->vhs; d++)
		for (unsigned p = 0; p < a->m.pfs; p++)
			sim_vh_pack(c, a, d, p);
	for (unsigned p = 0; p < a->m.pfs && a->m.kind != SIM_KIND_BASE; p++) {
		struct sim_pf *pf = sim_pf(a, 0, p);

		pf->iov.num = a->nv_pf[p].num;
		pf->iov.ctl |= a->nv_pf[p].ctl & PCI_SRIOV_CTRL_MSE;
		pf->fn.acs_ctl = a->nv_pf[p].acs;
		if (a->nv_pf[p].ctl & PCI_SRIOV_CTRL_VFE)
			sim_sriov_enable(c, a, 0, p, true);
	}
}

static void restore_row(struct sim_chassis *c, unsigned vs, unsigned b)
{
	struct sim_host *h = &c->host[vs];
	struct sim_bridge *r = &h->bridge[b];
	struct sim_row_nvm *n = h->nvm ? &h->nvm[b] : NULL;

	memset(r, 0, sizeof(*r));
	if (n && c->restoring_stale && n->commit == c->commits)
		n->cur = n->prev;
	if (n)
		r->row = n->cur;
	if (r->row.state == MR_ROW_FREE)
		return;
	r->maps = 1;
	c->rows_used++;
	sim_row_tie(c, vs, b, true);
	if (MR_TARGET_KIND(r->row.target) == MR_TARGET_DEVICE) /* as when it was mapped */
		sim_fn_reset(&sim_adapter_at(c, MR_TARGET_PORT(r->row.target))->self);
}

/* No row leads anywhere, nothing is in flight or waits for a commit. */
static void drop_ties(struct sim_chassis *c)
{
	for (unsigned i = 0; i < c->adapters; i++) {
		struct sim_adapter *a = &c->adapter[i];

		a->row_vs = 0;
		sim_vh0_slot_update(c, a);
		for (unsigned d = 0; d < a->vhs; d++)
			a->vh[d].row_vs = 0;
		for (unsigned k = 0; k < a->m.pfs * a->m.vfs; k++) {
			a->vf[k].row_vs = 0;
			a->vf[k].outstanding = 0;
			a->vf[k].dirty = false;
		}
	}
}

/* Everything volatile is lost; ports go down first, so that every host sees it. */
static void lose_power(struct sim_chassis *c)
{
	for (unsigned vh = 1; vh <= c->hosts; vh++) {
		c->host[vh].auth = MR_AUTH_HELD;
		if (c->host[vh].used)
			sim_host_link_update(c, vh);
		c->host[vh].challenge = 0;
	}
	sim_due_clear(c);
	sim_tlps_free(c->tlps);
	c->tlps = NULL;
	c->dirties = 0;
	c->rows_used = 0;
	c->head = c->tail = c->event_flags = 0;
	c->writes = c->refused = c->ur_drops = 0;
}

/* Drops what the memory holds of an adapter. */
void sim_nvm_forget_adapter(struct sim_adapter *a)
{
	free(a->nv_vf);
	free(a->nv_pf);
	free(a->nv_vh);
	free(a->nv_tomb);
	a->nv_vf = NULL;
	a->nv_pf = NULL;
	a->nv_vh = NULL;
	a->nv_tomb = NULL;
	a->nv_valid = false;
}

/* The memory is blank or not to be trusted. */
static void wipe(struct sim_chassis *c)
{
	for (unsigned vh = 1; vh <= c->hosts; vh++) {
		free(c->host[vh].nvm);
		c->host[vh].nvm = NULL;
		c->host[vh].nv_auth = MR_AUTH_HELD;
		c->host[vh].nv_cut = (uint8_t)c->host[vh].d.cut_answer;
	}
	for (unsigned i = 0; i < c->adapters; i++)
		sim_nvm_forget_adapter(&c->adapter[i]);
	c->nv_owner_id = c->nv_owner_epoch = c->nv_generation = 0;
	c->nv_cut_answer = c->described_cut;
}

/*
 * Power loss of the whole chassis and its return. 'nvm' says what the memory then holds; good
 * and stale memory is restored, else every port is held and every table at its default.
 */
void sim_chassis_power_cycle(struct sim_chassis *c, struct mr_now now, unsigned nvm)
{
	bool keep = nvm == MR_NVM_GOOD || nvm == MR_NVM_STALE;

	sim_chassis_step(c, now);
	lose_power(c);
	if (!keep)
		wipe(c);
	c->nvm_found = nvm;
	c->restoring_stale = nvm == MR_NVM_STALE;
	c->owner_id = keep ? c->nv_owner_id : 0;
	c->owner_epoch = keep ? c->nv_owner_epoch : 0;
	c->generation = keep ? c->nv_generation : 0;
	c->cut_answer = c->nv_cut_answer;
	drop_ties(c);
	for (unsigned i = 0; i < c->adapters; i++)
		if (c->adapter[i].present)
			sim_adapter_power_on(c, &c->adapter[i]);
	for (unsigned vh = 1; vh <= c->hosts; vh++)
		for (unsigned b = 0; c->host[vh].bridge && b < c->host[vh].d.bridges; b++)
			restore_row(c, vh, b);
	for (unsigned vh = 1; vh <= c->hosts; vh++) {
		struct sim_host *h = &c->host[vh];

		if (!h->used)
			continue;
		h->boots += h->power;
		h->cut_answer = keep ? h->nv_cut : (uint8_t)h->d.cut_answer;
		h->auth = vh == c->root ? MR_AUTH_AUTHORISED : keep ? h->nv_auth : MR_AUTH_HELD;
		sim_host_link_update(c, vh);
	}
	c->restoring_stale = false;
	sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_MGMT_LOST});
}

/* Another switch, blank and nobody's, takes the place of the one that is there. */
void sim_chassis_replace(struct sim_chassis *c, struct mr_now now, const char *serial)
{
	sim_chassis_power_cycle(c, now, MR_NVM_BLANK);
	mr_copy(c->serial, sizeof(c->serial), serial);
	c->commits = 0;
}
