/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The adapter's control table (regmap.h): VH table, PF table, LVF slots, VF rows. What the
 * commands of a VF row do stands in migrate.c.
 */
#include <linux/pci_regs.h>
#include <stddef.h>

#include "sim/model/internal.h"

/* ---- head ---- */

static uint64_t serial_reg(const struct sim_adapter *a, unsigned i)
{
	uint64_t v = 0;

	for (unsigned k = 0; k < 8; k++)
		v |= (uint64_t)(unsigned char)a->serial[8 * i + k] << 8 * k;
	return v;
}

static uint64_t read_head(const struct sim_adapter *a, uint64_t off)
{
	if (off >= CT_SERIAL && off < CT_SERIAL + 32)
		return serial_reg(a, (unsigned)(off - CT_SERIAL) / 8);
	if (off >= CT_NET_MBPS && off < CT_NET_MBPS + 64)
		return a->m.port_mbps[(off - CT_NET_MBPS) / 8];
	if (off >= CT_VF_BAR && off <= CT_VF_MSIX)
		return sim_model_bar_reg(&a->m, (unsigned)(off - CT_VF_BAR) / 8);
	switch (off) {
	case CT_MAGIC:
		return MR_CT_MAGIC;
	case CT_COUNTS:
		return a->m.pfs | (uint64_t)a->m.vfs << 16 |
		       (uint64_t)(a->m.kind == SIM_KIND_MRA ? a->vhs : 0) << 32 |
		       (uint64_t)a->m.device_class << 48;
	case CT_RATE_STEP:
		return a->m.rate_step_mbps;
	case CT_CAPS:
		return sim_model_caps(&a->m) |
		       (a->m.kind == SIM_KIND_MRA ? MR_CT_CAP_MAILBOX : 0);
	default:
		return off >= CT_MODES && off < CT_RESOURCES ? sim_mode_read(a, off)
							     : sim_class_head(a, off);
	}
}

/* ---- VH table ---- */

static unsigned owned_all(const struct sim_adapter *a, unsigned d)
{
	unsigned n = 0;

	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		n += a->vf[i].nv.d == d;
	return n;
}

static unsigned buried_all(const struct sim_adapter *a, unsigned d)
{
	const uint8_t *t = &a->tomb[(size_t)d * a->m.pfs * a->m.vfs];
	unsigned n = 0;

	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		n += t[i];
	return n;
}

static uint64_t read_vh(const struct sim_adapter *a, unsigned d, unsigned off)
{
	if (a->m.kind != SIM_KIND_MRA || d >= a->vhs)
		return SIM_ONES;
	switch (off) {
	case VH_MAP:
		return a->vh[d].enabled | (uint64_t)a->vh[d].vh << 16;
	case VH_RESET:
		return a->vh[d].resets;
	case VH_OWNED:
		return owned_all(a, d);
	case VH_BURIED:
		return buried_all(a, d);
	default:
		return SIM_ONES;
	}
}

static enum sim_wr write_vh_map(struct sim_chassis *c, struct sim_adapter *a, unsigned d,
				uint64_t v)
{
	struct sim_dvh *h = &a->vh[d];
	unsigned vh = v >> 16 & 0xffff;
	bool on = v & 1;

	if (!d || v & ~0xffff0001ull || (on && (!sim_host_at(c, vh) || vh == c->root)))
		return SIM_WR_REFUSED;
	/* A row leads to it, or it owns MVFs: neither may lose its way or change its host. */
	if ((h->row_vs || owned_all(a, d)) && (!on || vh != h->vh))
		return SIM_WR_REFUSED;
	for (unsigned e = 1; on && e < a->vhs; e++)
		if (e != d && a->vh[e].enabled && a->vh[e].vh == vh)
			return SIM_WR_REFUSED;
	if (on && !h->enabled && sim_spaces_left(a) < a->m.pfs)
		return SIM_WR_REFUSED;
	for (unsigned p = 0; p < a->m.pfs && (on != h->enabled || vh != h->vh); p++)
		sim_mail_empty(&sim_pf(a, d, p)->mail);
	h->enabled = on;
	h->vh = (uint16_t)(on ? vh : 0);
	a->dirty = true;
	return SIM_WR_DONE;
}

static enum sim_wr write_vh(struct sim_chassis *c, struct sim_adapter *a, unsigned d,
			    unsigned off, uint64_t v)
{
	if (a->m.kind != SIM_KIND_MRA || d >= a->vhs)
		return SIM_WR_DROPPED;
	if (off == VH_MAP)
		return write_vh_map(c, a, d, v);
	if (off != VH_RESET || v != 1)
		return SIM_WR_DROPPED;
	if (!d) /* VH 0 carries what others use: only by PORT_RESET */
		return SIM_WR_REFUSED;
	for (unsigned p = 0; p < a->m.pfs; p++)
		sim_pf_conventional_reset(c, a, d, p);
	a->vh[d].resets++;
	return SIM_WR_DONE;
}

/* ---- PFs and LVF slots ---- */

static uint64_t read_pf(const struct sim_adapter *a, uint64_t i, unsigned off)
{
	const struct sim_pf *pf;
	unsigned d = (unsigned)(i / a->m.pfs), p = (unsigned)(i % a->m.pfs), initial;

	if (i >= (uint64_t)a->vhs * a->m.pfs)
		return SIM_ONES;
	pf = sim_pf(a, d, p);
	initial = !d				     ? pf->iov.total
		  : pf->iov.ctl & PCI_SRIOV_CTRL_VFE ? pf->iov.initial
						     : sim_vh_owned(a, d, p);
	switch (off) {
	case PFR_TOTALVFS:
		return pf->iov.total;
	case PFR_STATUS:
		return (pf->iov.ctl & 3) | (uint64_t)pf->iov.num << 16 |
		       (uint64_t)initial << 32;
	case PFR_RESETS:
		return pf->resets;
	default:
		return SIM_ONES;
	}
}

static enum sim_wr write_pf(struct sim_adapter *a, uint64_t i, unsigned off, uint64_t v)
{
	struct sim_pf *pf;
	unsigned d;

	if (i >= (uint64_t)a->vhs * a->m.pfs || off != PFR_TOTALVFS)
		return SIM_WR_DROPPED;
	d = (unsigned)(i / a->m.pfs);
	pf = &a->pf[i];
	if (pf->iov.ctl & PCI_SRIOV_CTRL_VFE || v > a->m.vfs || (!d && v != a->m.vfs) ||
	    (d && v < sim_vh_owned(a, d, (unsigned)(i % a->m.pfs))))
		return SIM_WR_REFUSED;
	pf->iov.total = (uint16_t)v;
	if (pf->iov.num > v) /* NumVFs never reads more than TotalVFs */
		pf->iov.num = (uint16_t)v;
	a->dirty = true;
	return SIM_WR_DONE;
}

static uint64_t lvf0(const struct sim_adapter *a, unsigned p, unsigned s)
{
	bool mine = !sim_mvf(a, p, s - 1)->nv.d;
	unsigned state = sim_vf_enabled0(a, p, s - 1) ? MR_VF_AVAILABLE : MR_VF_UNAVAILABLE;

	return mine ? MR_LVF_USED | (uint64_t)state << 8 | (uint64_t)(s - 1) << 16 : 0;
}

static uint64_t read_lvf(const struct sim_adapter *a, uint64_t i)
{
	unsigned s, p, d, in;

	if (i >= (uint64_t)a->vhs * a->m.pfs * a->m.vfs)
		return SIM_ONES;
	s = (unsigned)(i % a->m.vfs) + 1;
	p = (unsigned)(i / a->m.vfs % a->m.pfs);
	d = (unsigned)(i / a->m.vfs / a->m.pfs);
	if (!d)
		return lvf0(a, p, s);
	in = *sim_lvf(a, d, p, s);
	return (in ? MR_LVF_USED | (uint64_t)sim_mvf(a, p, in - 1)->state << 8 |
				(uint64_t)(in - 1) << 16
		   : 0) |
	       (a->tomb[i] ? MR_LVF_TOMBSTONE : 0);
}

static enum sim_wr write_lvf(struct sim_adapter *a, uint64_t i, uint64_t v)
{
	if (i >= (uint64_t)a->vhs * a->m.pfs * a->m.vfs)
		return SIM_WR_DROPPED;
	if (i < (uint64_t)a->m.pfs * a->m.vfs) /* VH 0: identity, nothing to bury */
		return SIM_WR_REFUSED;
	a->tomb[i] = !!(v & MR_LVF_TOMBSTONE);
	a->dirty = true;
	return SIM_WR_DONE;
}

/* ---- VF rows ---- */

static uint64_t vf_map(const struct sim_adapter *a, unsigned p, unsigned v)
{
	const struct sim_mvf *m = sim_mvf(a, p, v);
	unsigned state = m->state;

	if (!m->nv.d) {
		state = sim_vf_enabled0(a, p, v) ? MR_VF_AVAILABLE : MR_VF_UNAVAILABLE;
		return (uint64_t)(v + 1) << 16 | (uint64_t)state << 32;
	}
	return m->nv.d | (uint64_t)m->nv.slot << 16 | (uint64_t)state << 32;
}

static uint64_t vf_status(const struct sim_adapter *a, unsigned p, unsigned v)
{
	const struct sim_mvf *m = sim_mvf(a, p, v);

	return (m->reset_busy ? MR_VF_RESET_BUSY : 0) | (m->reset_done ? MR_VF_RESET_DONE : 0) |
	       (sim_vf_defaults(m) ? MR_VF_DEFAULTS : 0) |
	       (m->nv.block == 3 && !m->outstanding ? MR_VF_DRAINED : 0) |
	       (m->fn.stalled ? MR_VF_STALLED : 0) |
	       (sim_vf_enabled0(a, p, v) ? MR_VF_ENABLED : 0);
}

/* RW registers of a row: where they are kept and which bits they have. */
static const struct {
	size_t at;
	uint64_t mask;
} vf_fields[VF_REGS] = {
#define FIELD(reg, member, bits) [(reg) / 8] = {offsetof(struct sim_vf_nv, member), bits}
	FIELD(VF_COOKIE, cookie, SIM_ONES), FIELD(VF_IDENT0, ident0, SIM_ONES),
	FIELD(VF_IDENT1, ident1, SIM_ONES), FIELD(VF_VLAN, vlan, 0xffff),
	FIELD(VF_MIN_MBPS, min, SIM_ONES),  FIELD(VF_MAX_MBPS, max, SIM_ONES),
	FIELD(VF_FLAGS, flags, 15),	    FIELD(VF_GATE, gate, 1),
#undef FIELD
};

static uint64_t *vf_field(struct sim_mvf *m, unsigned off)
{
	return (uint64_t *)(void *)((char *)&m->nv + vf_fields[off / 8].at);
}

static uint64_t read_vf(const struct sim_adapter *a, uint64_t i, unsigned off)
{
	struct sim_mvf *m;
	unsigned p = (unsigned)(i / a->m.vfs), v = (unsigned)(i % a->m.vfs);

	if (i >= (uint64_t)a->m.pfs * a->m.vfs)
		return SIM_ONES;
	m = &a->vf[i];
	if (off >= VF_SHAPE)
		return sim_class_read(a, p, v, off);
	if (off >= 8 * VF_REGS)
		return SIM_ONES;
	if (vf_fields[off / 8].mask)
		return *vf_field(m, off);
	switch (off) {
	case VF_MAP:
		return vf_map(a, p, v);
	case VF_COMMAND:
		return 0;
	case VF_STATUS:
		return vf_status(a, p, v);
	case VF_BLOCK:
		return m->nv.block;
	case VF_RESETS:
		return m->resets;
	case VF_REMAPS:
		return m->remaps;
	case VF_LOST:
		return m->lost;
	case VF_OUTSTANDING:
		return m->outstanding;
	case VF_IO:
		return m->io;
	default:
		return SIM_ONES;
	}
}

static enum sim_wr check_limits(const struct sim_adapter *a, unsigned p, unsigned off,
				uint64_t v)
{
	uint64_t port = a->m.port_mbps[a->m.ports > 1 ? p : 0];

	if (off == VF_VLAN && v >> 15 && !(sim_model_caps(&a->m) & MR_CT_CAP_QINQ))
		return SIM_WR_REFUSED;
	if (off != VF_MIN_MBPS && off != VF_MAX_MBPS)
		return SIM_WR_DONE;
	if (v % a->m.rate_step_mbps || (port && v > port))
		return SIM_WR_REFUSED;
	return SIM_WR_DONE;
}

static enum sim_wr write_vf(struct sim_chassis *c, struct sim_adapter *a, uint64_t i,
			    unsigned off, uint64_t v)
{
	struct sim_mvf *m;
	unsigned p = (unsigned)(i / a->m.vfs), vf = (unsigned)(i % a->m.vfs);

	if (i >= (uint64_t)a->m.pfs * a->m.vfs || (off >= 8 * VF_REGS && off < VF_SHAPE))
		return SIM_WR_DROPPED;
	m = &a->vf[i];
	if (off >= VF_SHAPE) {
		enum sim_wr done = sim_class_write(c, a, p, vf, off, v);

		if (done != SIM_WR_DONE)
			return done;
	} else if (off == VF_COMMAND) {
		if (sim_vf_command(c, a, p, vf, v) != SIM_WR_DONE)
			return SIM_WR_REFUSED;
	} else if (off == VF_BLOCK) {
		if (v > 3)
			return SIM_WR_REFUSED;
		m->nv.block = (uint8_t)v;
		m->drain_told = m->drain_told && v == 3;
		sim_vf_drain_check(c, a, m);
	} else if (vf_fields[off / 8].mask) {
		if (v & ~vf_fields[off / 8].mask || check_limits(a, p, off, v) != SIM_WR_DONE)
			return SIM_WR_REFUSED;
		*vf_field(m, off) = v;
	} else {
		return SIM_WR_DROPPED;
	}
	m->writes++;
	sim_mvf_dirty(c, a, p, vf);
	return SIM_WR_DONE;
}

/* ---- the whole table ---- */

/* 64-bit register at 'off' of the control table. */
uint64_t sim_ct_read(struct sim_chassis *c, struct sim_adapter *a, uint64_t off)
{
	if (off & 7)
		return SIM_ONES;
	if (off >= CT_VFS && off < CT_NAMESPACES && (off & 0xff) >= VF_FRAMES &&
	    (off & 0xff) <= VF_DROPPED)
		return sim_traffic_reg(c, a, (off - CT_VFS) >> 8, off & 0xff);
	if (off >= CT_NAMESPACES)
		return sim_ns_read(c, a, (off - CT_NAMESPACES) / 0x40, off % 0x40);
	if (off >= CT_VFS)
		return read_vf(a, (off - CT_VFS) >> 8, off & 0xff);
	if (off >= CT_LVFS)
		return read_lvf(a, (off - CT_LVFS) / 8);
	if (off >= CT_MAILS)
		return sim_mail_read(a, (off - CT_MAILS) / 0x40, off % 0x40);
	if (off >= CT_PFS)
		return read_pf(a, (off - CT_PFS) / 0x20, off % 0x20);
	if (off >= CT_VHS)
		return read_vh(a, (unsigned)(off - CT_VHS) / 0x20, off % 0x20);
	return read_head(a, off);
}

/* Writes a register of the control table. */
enum sim_wr sim_ct_write(struct sim_chassis *c, struct sim_adapter *a, uint64_t off, uint64_t v)
{
	if (off & 7)
		return SIM_WR_DROPPED;
	if (off >= CT_NAMESPACES)
		return sim_ns_write(c, a, (off - CT_NAMESPACES) / 0x40, off % 0x40, v);
	if (off >= CT_VFS)
		return write_vf(c, a, (off - CT_VFS) >> 8, off & 0xff, v);
	if (off >= CT_LVFS)
		return write_lvf(a, (off - CT_LVFS) / 8, v);
	if (off >= CT_MAILS)
		return sim_mail_write(c, a, (off - CT_MAILS) / 0x40, off % 0x40, v);
	if (off >= CT_PFS)
		return write_pf(a, (off - CT_PFS) / 0x20, off % 0x20, v);
	if (off >= CT_VHS)
		return write_vh(c, a, (unsigned)(off - CT_VHS) / 0x20, off % 0x20, v);
	return sim_mode_write(a, off, v);
}
