/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VF migration (facts/mriov.md 1.7) and the MR-PCIM's commands: MVFs, the slots they stand in,
 * the State Array that SR-PCIMs see, and the reset that every hand-over needs.
 * An MVF that its host gave up or that was cut ('released') is never handed back to that host
 * by a later VF Enable: it waits for RETURN.
 */
#include <linux/pci_regs.h>
#include <stddef.h>

#include "common/mutant.h"
#include "sim/model/internal.h"

/* Whether VF Enable of VH 0 covers MVF v, and VH 0 owns it. */
bool sim_vf_enabled0(const struct sim_adapter *a, unsigned p, unsigned v)
{
	const struct sim_sriov *iov = &sim_pf(a, 0, p)->iov;

	return iov->ctl & PCI_SRIOV_CTRL_VFE && v < iov->num && !sim_mvf(a, p, v)->nv.d;
}

static bool vh_enabled(const struct sim_adapter *a, unsigned d, unsigned p)
{
	return sim_pf(a, d, p)->iov.ctl & PCI_SRIOV_CTRL_VFE;
}

static bool may_migrate(const struct sim_adapter *a, unsigned d, unsigned p)
{
	unsigned both = PCI_SRIOV_CTRL_VFE | PCI_SRIOV_CTRL_VFM;

	return (sim_pf(a, d, p)->iov.ctl & both) == both;
}

/* MVFs of PF p that VH d gets when it sets VF Enable. */
unsigned sim_vh_owned(const struct sim_adapter *a, unsigned d, unsigned p)
{
	unsigned n = 0;

	for (unsigned v = 0; v < a->m.vfs; v++)
		n += sim_mvf(a, p, v)->nv.d == d && !sim_mvf(a, p, v)->nv.released;
	return n;
}

/* The VF migration interrupt of PF d:p, if its host has it enabled. */
void sim_migration_interrupt(struct sim_chassis *c, struct sim_adapter *a, unsigned d,
			     unsigned p)
{
	struct sim_dvh *h = &a->vh[d];
	struct sim_host *host = sim_host_at(c, h->vh);
	uint8_t bus = h->row_vs && host && host->bridge ? host->bridge[h->row_b].cfg.sec : 0;

	if (!(sim_pf(a, d, p)->iov.ctl & PCI_SRIOV_CTRL_INTR) || !host)
		return;
	sim_notice_push(c, &(struct sim_notice){
				   .kind = SIM_NOTICE_HOST_MIGRATION,
				   .vh = h->vh,
				   .bridge = h->row_b,
				   .rid = (uint16_t)(bus << 8 | sim_pf_function(a, d, p))});
}

/* Tells the SR-PCIM of VH d that the MR-PCIM changed a state (mriov.md 1.7: every time). */
static void notify_host(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p)
{
	sim_pf(a, d, p)->iov.status |= PCI_SRIOV_STATUS_VFM;
	sim_migration_interrupt(c, a, d, p);
}

static void slot_set(struct sim_adapter *a, unsigned p, unsigned v, unsigned s)
{
	struct sim_mvf *m = sim_mvf(a, p, v);

	if (m->nv.slot && m->nv.d)
		*sim_lvf(a, m->nv.d, p, m->nv.slot) = 0;
	m->nv.slot = (uint16_t)s;
	if (s)
		*sim_lvf(a, m->nv.d, p, s) = (uint16_t)(v + 1);
}

/*
 * Packs PF d:p: the MVFs that the VH keeps stand in slots 1..k in their old order, new ones
 * behind; released ones stand in none. Only while VF Enable is 0.
 */
void sim_vh_pack(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p)
{
	unsigned next = 1;

	for (unsigned s = 1; s <= a->m.vfs; s++) {
		unsigned in = *sim_lvf(a, d, p, s);

		if (!in)
			continue;
		slot_set(a, p, in - 1,
			 sim_mvf(a, p, in - 1)->nv.released && !MR_MUTANT(SLOTS_KEPT) ? 0
										      : next);
		next += !sim_mvf(a, p, in - 1)->nv.released;
		sim_mvf_dirty(c, a, p, in - 1);
	}
	for (unsigned v = 0; v < a->m.vfs; v++) {
		struct sim_mvf *m = sim_mvf(a, p, v);

		if (m->nv.d != d)
			continue;
		m->state = MR_VF_UNAVAILABLE;
		if (!m->nv.slot && !m->nv.released)
			slot_set(a, p, v, next++);
	}
}

/* ---- the State Array ---- */

/* Byte i (slot i + 1) of the State Array of PF d:p. */
uint8_t sim_array_read(const struct sim_adapter *a, unsigned d, unsigned p, unsigned i)
{
	unsigned in = i < a->m.vfs ? *sim_lvf(a, d, p, i + 1) : 0;

	return in ? sim_mvf(a, p, in - 1)->state : MR_VF_UNAVAILABLE;
}

static const struct {
	uint8_t from, write;
} sr_pcim_moves[] = {
	{MR_VF_MIGRATE_IN, MR_VF_AVAILABLE},
	{MR_VF_AVAILABLE, MR_VF_MIGRATE_IN},
	{MR_VF_MIGRATE_OUT, MR_VF_UNAVAILABLE},
};

/* The SR-PCIM writes byte i. What table 9-2 does not know is silently ignored. */
void sim_array_write(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p,
		     unsigned i, uint8_t v)
{
	unsigned in = i < a->m.vfs ? *sim_lvf(a, d, p, i + 1) : 0;
	struct sim_mvf *m;

	if (!in || !may_migrate(a, d, p))
		return;
	m = sim_mvf(a, p, in - 1);
	for (unsigned k = 0; k < sizeof(sr_pcim_moves) / sizeof(sr_pcim_moves[0]); k++) {
		if (sr_pcim_moves[k].from != m->state || sr_pcim_moves[k].write != v)
			continue;
		m->state = v;
		m->nv.released = v == MR_VF_UNAVAILABLE;
		sim_mvf_dirty(c, a, p, in - 1);
		sim_event_push(c, MR_EV_VF_STATE, a->port, a->vh[d].vh, 0,
			       (uint64_t)p << 16 | (in - 1),
			       (uint64_t)d << 32 | (uint64_t)(i + 1) << 8 | v);
		return;
	}
}

/* ---- commands ---- */

struct cmd {
	struct sim_chassis *c;
	struct sim_adapter *a;
	struct sim_mvf *m;
	unsigned p, v, arg;
};

/* Tells once that a blocked function has nothing outstanding any more. */
void sim_vf_drain_check(struct sim_chassis *c, struct sim_adapter *a, struct sim_mvf *v)
{
	unsigned i = (unsigned)(v - a->vf);

	if (v->drain_told || v->nv.block != 3 || v->outstanding)
		return;
	v->drain_told = true;
	sim_event_push(c, MR_EV_VF_DRAINED, a->port, 0, 0,
		       (uint64_t)(i / a->m.vfs) << 16 | i % a->m.vfs, 0);
}

/* The end of a reset by the MR-PCIM. */
void sim_vf_reset_done(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v)
{
	struct sim_mvf *m = sim_mvf(a, p, v);

	if (!m->reset_busy)
		return;
	m->reset_busy = false;
	m->reset_done = true;
	m->resets++;
	if (m->scrubbing) {
		m->scrubbing = false;
		m->scrubs++;
		m->fb = 0;
	}
	sim_event_push(c, MR_EV_RESET_DONE, a->port, 0, 0, (uint64_t)p << 16 | v, m->resets);
}

static bool row_maps(const struct cmd *k)
{
	return k->m->row_vs &&
	       k->c->host[k->m->row_vs].bridge[k->m->row_b].row.state == MR_ROW_MAPPED;
}

static bool row_drained(const struct cmd *k)
{
	return !k->m->row_vs ||
	       sim_row_read(k->c, k->m->row_vs, k->m->row_b, ROW_STATUS) & MR_ROW_DRAINED;
}

/* Device memory is a framebuffer's: RESET leaves it, SCRUB takes its time to clear it. */
static enum sim_wr reset(struct cmd *k, bool scrub)
{
	int64_t takes = k->a->m.flr_ns + (scrub ? k->a->m.scrub_ns : 0);
	struct sim_mvf *m = k->m;
	bool blocked = m->nv.block == 3 && (!m->outstanding || MR_MUTANT(DRAIN_SKIPPED));
	bool idle = !m->nv.d && !row_maps(k) && row_drained(k) && !m->outstanding;
	uint64_t cookie = m->nv.cookie;
	struct sim_loc l = sim_loc_vf(k->a, k->p, k->v);

	if (m->reset_busy || (!blocked && !idle))
		return SIM_WR_REFUSED;
	sim_mvf_clear(k->c, k->a, m);
	sim_aer_forget(k->c, &l);
	sim_traffic_forget(k->c, k->a, k->p, k->v);
	m->nv = (struct sim_vf_nv){.d = m->nv.d,
				   .slot = m->nv.slot,
				   .released = m->nv.released,
				   .block = m->nv.block,
				   .acs = m->nv.acs,
				   .cookie = cookie};
	m->reset_busy = true;
	m->reset_done = false;
	m->scrubbing = scrub;
	m->fn.busy_until = sim_fault_reset_end(k->c, k->a);
	if (m->fn.busy_until == MR_NEVER)
		return SIM_WR_DONE;
	if (scrub)
		m->fn.busy_until += k->a->m.scrub_ns;
	if (takes)
		sim_due_add(k->c, m->fn.busy_until, SIM_DUE_RESET, k->a->port,
			    (uint64_t)k->p << 16 | k->v);
	else
		sim_vf_reset_done(k->c, k->a, k->p, k->v);
	return SIM_WR_DONE;
}

static enum sim_wr cmd_reset(struct cmd *k)
{
	return reset(k, false);
}

static enum sim_wr cmd_scrub(struct cmd *k)
{
	if (!(sim_model_caps(&k->a->m) & MR_CT_CAP_SCRUB))
		return SIM_WR_REFUSED;
	return reset(k, true);
}

/* Lowest slot that is neither used nor tombstoned and that the host's array covers; 0 =
 * none. */
static unsigned free_slot(const struct sim_adapter *a, unsigned d, unsigned p)
{
	unsigned num = sim_pf(a, d, p)->iov.num;

	for (unsigned s = 1; s <= num && s <= a->m.vfs; s++)
		if (!*sim_lvf(a, d, p, s) && !sim_slot_tombed(a, d, p, s))
			return s;
	return 0;
}

static enum sim_wr cmd_migrate_in(struct cmd *k)
{
	struct sim_adapter *a = k->a;
	struct sim_mvf *m = k->m;
	unsigned d = k->arg, s = 0;

	if (a->m.kind != SIM_KIND_MRA || !d || d >= a->vhs || !a->vh[d].enabled)
		return SIM_WR_REFUSED;
	if (m->nv.d || m->row_vs || !m->reset_done || m->nv.block != 3 || m->outstanding)
		return SIM_WR_REFUSED;
	if (vh_enabled(a, d, k->p)) {
		s = may_migrate(a, d, k->p) ? free_slot(a, d, k->p) : 0;
		if (!s)
			return SIM_WR_REFUSED;
	} else if (sim_vh_owned(a, d, k->p) >= sim_pf(a, d, k->p)->iov.total) {
		return SIM_WR_REFUSED;
	}
	m->nv.d = (uint16_t)d;
	m->nv.released = false;
	m->nv.slot = 0;
	m->reset_done = false;
	m->remaps++;
	if (!s) {
		sim_vh_pack(k->c, a, d, k->p);
		return SIM_WR_DONE;
	}
	slot_set(a, k->p, k->v, s);
	m->state = MR_VF_MIGRATE_IN;
	notify_host(k->c, a, d, k->p);
	return SIM_WR_DONE;
}

/* From 'from' to 'to' in the VH that owns the MVF, with its SR-PCIM told. */
static enum sim_wr move(struct cmd *k, unsigned from, unsigned to)
{
	if (!k->m->nv.d || !may_migrate(k->a, k->m->nv.d, k->p) || k->m->state != from)
		return SIM_WR_REFUSED;
	k->m->state = (uint8_t)to;
	k->m->nv.released = to == MR_VF_UNAVAILABLE;
	notify_host(k->c, k->a, k->m->nv.d, k->p);
	return SIM_WR_DONE;
}

static enum sim_wr cmd_in_retract(struct cmd *k)
{
	return move(k, MR_VF_MIGRATE_IN, MR_VF_UNAVAILABLE);
}

static enum sim_wr cmd_out(struct cmd *k)
{
	return move(k, MR_VF_AVAILABLE, MR_VF_MIGRATE_OUT);
}

static enum sim_wr cmd_out_retract(struct cmd *k)
{
	return move(k, MR_VF_MIGRATE_OUT, MR_VF_AVAILABLE);
}

static enum sim_wr cmd_force_out(struct cmd *k)
{
	struct sim_mvf *m = k->m;

	if (!m->nv.d)
		return SIM_WR_REFUSED;
	m->nv.block = 3;
	m->nv.released = true;
	if (!vh_enabled(k->a, m->nv.d, k->p)) {
		sim_vh_pack(k->c, k->a, m->nv.d, k->p);
	} else if (m->state != MR_VF_UNAVAILABLE) {
		m->state = MR_VF_UNAVAILABLE;
		notify_host(k->c, k->a, m->nv.d, k->p);
	}
	sim_vf_drain_check(k->c, k->a, m);
	return SIM_WR_DONE;
}

static enum sim_wr cmd_return(struct cmd *k)
{
	struct sim_mvf *m = k->m;
	unsigned d = m->nv.d;

	if (!d || m->state != MR_VF_UNAVAILABLE || m->nv.block != 3 ||
	    (m->outstanding && !MR_MUTANT(DRAIN_SKIPPED)))
		return SIM_WR_REFUSED;
	slot_set(k->a, k->p, k->v, 0);
	m->nv.d = 0;
	m->nv.released = false;
	m->remaps++;
	if (!vh_enabled(k->a, d, k->p))
		sim_vh_pack(k->c, k->a, d, k->p);
	return SIM_WR_DONE;
}

static enum sim_wr (*const commands[])(struct cmd *k) = {
	[MR_VFC_RESET] = cmd_reset,
	[MR_VFC_MIGRATE_IN] = cmd_migrate_in,
	[MR_VFC_MIGRATE_IN_RETRACT] = cmd_in_retract,
	[MR_VFC_MIGRATE_OUT] = cmd_out,
	[MR_VFC_MIGRATE_OUT_RETRACT] = cmd_out_retract,
	[MR_VFC_FORCE_OUT] = cmd_force_out,
	[MR_VFC_RETURN] = cmd_return,
	[MR_VFC_SCRUB] = cmd_scrub,
};

/* Executes VF_COMMAND 'value' for MVF p/v; refused where the present state does not allow
 * it. */
enum sim_wr sim_vf_command(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v,
			   uint64_t value)
{
	struct cmd k = {c, a, sim_mvf(a, p, v), p, v, (unsigned)(value >> 16 & 0xffff)};
	uint64_t op = value & 0xffff;

	if (value >> 32 || op >= sizeof(commands) / sizeof(commands[0]) || !commands[op])
		return SIM_WR_REFUSED;
	return commands[op](&k);
}
