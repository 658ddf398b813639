/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Mailboxes between the PF of a host's VH and the BF, for the SR-PCIM and the MR-PCIM: two
 * words each way, a doorbell, an event or an interrupt. Each PF of each device VH has one of
 * its own; nothing leads from one to another, and what ends or moves a VH empties its own.
 */
#include <linux/pci_regs.h>
#include <stddef.h>
#include <string.h>

#include "sim/model/internal.h"

/* The status as both sides read it. */
static uint64_t status(const struct sim_mail *m)
{
	return (m->asked ? MR_MB_REQUEST : 0) | (m->answered ? MR_MB_RESPONSE : 0) |
	       (uint64_t)m->taken << 32;
}

static uint64_t read_reg(const struct sim_mail *m, unsigned off, bool host)
{
	switch (off) {
	case MB_REQUEST:
	case MB_REQUEST + 8:
		return m->request[(off - MB_REQUEST) / 8];
	case MB_RESPONSE:
	case MB_RESPONSE + 8: /* the PF sees a response when it was sent */
		return host && !m->answered ? 0 : m->response[(off - MB_RESPONSE) / 8];
	case MB_STATUS:
		return status(m);
	case MB_INTERRUPT:
		return m->interrupt;
	default:
		return 0;
	}
}

/* ---- the PF's side: memory of its host ---- */

/* Tells the MR-PCIM; once until it took a request, however often the PF is reset meanwhile. */
static void ask(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p)
{
	struct sim_mail *m = &sim_pf(a, d, p)->mail;

	m->asked = true;
	if (m->told)
		return;
	m->told = true;
	sim_event_push(c, MR_EV_MAILBOX, a->port, a->vh[d].vh, 0, (uint64_t)p << 16 | d, 0);
}

static void write_host(struct sim_chassis *c, const struct sim_loc *l, unsigned off, uint64_t v)
{
	struct sim_mail *m = &sim_pf(l->a, l->d, l->p)->mail;

	switch (off) {
	case MB_REQUEST:
	case MB_REQUEST + 8:
		if (!m->asked)
			m->request[(off - MB_REQUEST) / 8] = v;
		break;
	case MB_DOORBELL:
		if (v & MR_MB_RESPONSE && m->answered) {
			m->answered = false;
			memset(m->response, 0, sizeof(m->response));
		}
		if (v & MR_MB_REQUEST && !m->asked)
			ask(c, l->a, l->d, l->p);
		break;
	case MB_INTERRUPT:
		m->interrupt = (uint32_t)v & (MR_MB_ENABLE | 0x7ff);
		break;
	}
}

/* Access of its host at 'off' of the mailbox of PF 'l': 4 or 8 bytes at a time to write. */
uint64_t sim_mail_access(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
			 unsigned width, bool write, uint64_t v)
{
	const struct sim_mail *m = &sim_pf(l->a, l->d, l->p)->mail;
	unsigned shift = 8 * (off & 7);
	uint64_t mask = width == 8 ? UINT64_MAX : ((1ull << 8 * width) - 1) << shift;
	uint64_t now = read_reg(m, off & ~7u, true);

	if (write && width >= 4)
		write_host(c, l, off & ~7u, (now & ~mask) | (v << shift & mask));
	return (now & mask) >> shift;
}

/* ---- the BF's side: the control table ---- */

static struct sim_mail *of_index(const struct sim_adapter *a, uint64_t i)
{
	if (a->m.kind != SIM_KIND_MRA || i < a->m.pfs || i >= (uint64_t)a->vhs * a->m.pfs)
		return NULL; /* VH 0 has none */
	return &a->pf[i].mail;
}

/* Register 'off' of the mailbox of PF i = d x PFs + p. */
uint64_t sim_mail_read(const struct sim_adapter *a, uint64_t i, unsigned off)
{
	const struct sim_mail *m = of_index(a, i);

	return m ? read_reg(m, off, false) : SIM_ONES;
}

/* MSI-X of the PF, if it wants one and its host sees it. */
static void interrupt(struct sim_chassis *c, const struct sim_adapter *a, unsigned d,
		      unsigned p)
{
	const struct sim_pf *pf = sim_pf(a, d, p);
	const struct sim_dvh *h = &a->vh[d];
	unsigned v = pf->mail.interrupt & 0x7ff;
	const struct sim_bridge *r;

	if (!(pf->mail.interrupt & MR_MB_ENABLE) || !h->row_vs ||
	    !(pf->fn.msix_ctl & PCI_MSIX_FLAGS_ENABLE) ||
	    pf->fn.msix_ctl & PCI_MSIX_FLAGS_MASKALL || v >= pf->fn.vectors ||
	    pf->fn.msix[4 * v + 3] & 1)
		return;
	r = sim_bridge_peek(&c->host[h->row_vs], h->row_b);
	if (sim_row_at_host(c, r) != MR_ROW_MAPPED || sim_row_at_dev(c, r) != MR_ROW_MAPPED ||
	    !r->dlla)
		return;
	sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_MSI,
						.vh = h->row_vs,
						.bridge = h->row_b,
						.rid = (uint16_t)(r->cfg.sec << 8 | p),
						.vector = v});
}

static enum sim_wr ring(struct sim_chassis *c, const struct sim_adapter *a, uint64_t i,
			uint64_t v)
{
	struct sim_mail *m = &a->pf[i].mail;
	unsigned d = (unsigned)(i / a->m.pfs), p = (unsigned)(i % a->m.pfs);

	if (v == MR_MB_REQUEST) {
		m->told = false;
		if (!m->asked)
			return SIM_WR_REFUSED;
		m->asked = false;
		m->taken++;
		memset(m->request, 0, sizeof(m->request));
		return SIM_WR_DONE;
	}
	if (v != MR_MB_RESPONSE || m->answered || !a->vh[d].row_vs)
		return SIM_WR_REFUSED;
	m->answered = true;
	interrupt(c, a, d, p);
	return SIM_WR_DONE;
}

/* Writes such a register; refused where its state does not take it. */
enum sim_wr sim_mail_write(struct sim_chassis *c, const struct sim_adapter *a, uint64_t i,
			   unsigned off, uint64_t v)
{
	struct sim_mail *m = of_index(a, i);

	if (!m)
		return SIM_WR_DROPPED;
	if (off == MB_DOORBELL)
		return ring(c, a, i, v);
	if (off != MB_RESPONSE && off != MB_RESPONSE + 8)
		return SIM_WR_DROPPED;
	if (m->answered)
		return SIM_WR_REFUSED;
	m->response[(off - MB_RESPONSE) / 8] = v;
	return SIM_WR_DONE;
}

/* Empties the mailbox: nothing of one host is there for the next. The event stays told. */
void sim_mail_empty(struct sim_mail *m)
{
	*m = (struct sim_mail){.told = m->told};
}
