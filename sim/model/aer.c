/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors: the Advanced Error Reporting capability, the error bits of Status, Secondary Status
 * and Device Status, and error messages on their way to the root of one hierarchy. Each
 * function and bridge has its own record from its first error (or first written mask) on, so
 * that nothing that is logged in one VH is seen in another. VFs have status bits of their own;
 * masks, severities and enables are their PF's, and errors that belong to no single function
 * are logged in the PF only (facts/mriov.md 1.4).
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stddef.h>
#include <string.h>

#include "common/xalloc.h"
#include "sim/model/internal.h"

#define UNC_BITS 0x007ff030u /* DLP SDES TLP FCP CmpltTO .. UnsupReq ACSViol UncorrInt */
#define UNC_MASK 0x00400000u /* defaults: uncorrectable internal error is masked */
#define UNC_SEV	 0x00462030u /* DLP SDES FCP RxOF MalfTLP UncorrInt are fatal */
#define COR_BITS 0x0000f1c1u
#define COR_MASK 0x0000e000u /* advisory, internal, header log overflow are masked */
#define CTL_CAP	 (PCI_ERR_CAP_ECRC_GENC | PCI_ERR_CAP_ECRC_CHKC)
#define CTL_RW	 (PCI_ERR_CAP_ECRC_GENE | PCI_ERR_CAP_ECRC_CHKE)
/* Errors of a link or a port: of no single function. */
#define UNC_SHARED 0x000e2030u
#define COR_SHARED 0x000011c1u

/* Of Secondary Status: the bit that is Signaled System Error in Status. */
#define RECEIVED_SERR PCI_STATUS_SIG_SYSTEM_ERROR

/* ---- records ---- */

enum key_kind {
	KEY_UP = 1,
	KEY_DOWN,
	KEY_DSP,
	KEY_SELF,
	KEY_PF,
	KEY_VF,
};

static uint64_t make_key(enum key_kind kind, unsigned port, unsigned x, unsigned y)
{
	return (uint64_t)kind << 56 | (uint64_t)port << 32 | (uint64_t)x << 16 | y;
}

static uint64_t key_of(const struct sim_loc *l)
{
	switch (l->kind) {
	case SIM_LOC_UP:
		return make_key(KEY_UP, l->vh, 0, 0);
	case SIM_LOC_DOWN:
		return make_key(KEY_DOWN, l->vh, 0, l->b);
	case SIM_LOC_DSP:
		return make_key(KEY_DSP, l->a->port, 0, 0);
	case SIM_LOC_PF:
		return make_key(KEY_PF, l->a->port, l->d, l->p);
	case SIM_LOC_VF:
	case SIM_LOC_SYNTH:
		return make_key(KEY_VF, l->a->port, l->p, l->v);
	default:
		return make_key(KEY_SELF, l->a->port, 0, 0);
	}
}

/* Where the record of 'key' stands or would have to stand. */
static unsigned place_of(const struct sim_chassis *c, uint64_t key)
{
	unsigned lo = 0, hi = c->aers;

	while (lo < hi) {
		unsigned mid = (lo + hi) / 2;

		if (c->aer[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static const struct sim_aer fresh = {
	.unc_mask = UNC_MASK, .unc_sev = UNC_SEV, .cor_mask = COR_MASK};

static const struct sim_aer *peek(const struct sim_chassis *c, const struct sim_loc *l)
{
	uint64_t key = key_of(l);
	unsigned i = place_of(c, key);

	return i < c->aers && c->aer[i].key == key ? &c->aer[i] : &fresh;
}

static struct sim_aer *record(struct sim_chassis *c, const struct sim_loc *l)
{
	uint64_t key = key_of(l);
	unsigned i = place_of(c, key);

	if (i < c->aers && c->aer[i].key == key)
		return &c->aer[i];
	MR_GROW(c->aer, c->aers, c->aer_cap);
	memmove(&c->aer[i + 1], &c->aer[i], (c->aers - i) * sizeof(*c->aer));
	c->aers++;
	c->aer[i] = fresh;
	c->aer[i].key = key;
	if (l->fn)
		l->fn->errors = true;
	return &c->aer[i];
}

/* ---- resets ---- */

static void soft(struct sim_aer *e)
{
	e->devsta = e->status = e->secondary = 0;
}

static void soft_range(struct sim_chassis *c, uint64_t first, uint64_t last)
{
	for (unsigned i = place_of(c, first); i < c->aers && c->aer[i].key <= last; i++)
		soft(&c->aer[i]);
}

/* A reset of the function: what is sticky, the AER capability, survives it. */
void sim_aer_reset(struct sim_chassis *c, const struct sim_loc *l)
{
	uint64_t key = key_of(l);

	soft_range(c, key, key);
}

/* A conventional reset of a host's hierarchy: its bridges. */
void sim_aer_reset_vh(struct sim_chassis *c, unsigned vh)
{
	soft_range(c, make_key(KEY_UP, vh, 0, 0), make_key(KEY_UP, vh, 0, 0));
	soft_range(c, make_key(KEY_DOWN, vh, 0, 0), make_key(KEY_DOWN, vh, 0, 0xffff));
}

/* Nothing is left, sticky bits neither: power-on, a reset by the MR-PCIM, a VF that ceased. */
void sim_aer_forget(struct sim_chassis *c, const struct sim_loc *l)
{
	uint64_t key = key_of(l);
	unsigned i = place_of(c, key);

	if (l->fn)
		l->fn->errors = false;
	if (i == c->aers || c->aer[i].key != key)
		return;
	c->aers--;
	memmove(&c->aer[i], &c->aer[i + 1], (c->aers - i) * sizeof(*c->aer));
}

/* The same for every function of an adapter and its port. */
void sim_aer_forget_adapter(struct sim_chassis *c, const struct sim_adapter *a)
{
	unsigned n = 0;

	for (unsigned i = 0; i < c->aers; i++) {
		bool of_it = c->aer[i].key >> 56 >= KEY_DSP &&
			     (c->aer[i].key >> 32 & 0xffff) == a->port;

		if (!of_it)
			c->aer[n++] = c->aer[i];
	}
	c->aers = n;
}

/* ---- registers ---- */

/* Dword 'rel' of the capability. Of a VF only status and header log are its own; masks,
 * severities and control read 0. */
uint32_t sim_aer_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel)
{
	const struct sim_aer *e = peek(c, l);
	bool vf = l->kind == SIM_LOC_VF;

	switch (rel) {
	case PCI_ERR_UNCOR_STATUS:
		return e->unc_sta;
	case PCI_ERR_UNCOR_MASK:
		return vf ? 0 : e->unc_mask;
	case PCI_ERR_UNCOR_SEVER:
		return vf ? 0 : e->unc_sev;
	case PCI_ERR_COR_STATUS:
		return e->cor_sta;
	case PCI_ERR_COR_MASK:
		return vf ? 0 : e->cor_mask;
	case PCI_ERR_CAP:
		return vf ? e->first : e->ctl | e->first | CTL_CAP;
	default:
		if (rel >= PCI_ERR_HEADER_LOG && rel < PCI_ERR_HEADER_LOG + 16)
			return e->header[(rel - PCI_ERR_HEADER_LOG) / 4];
		return 0;
	}
}

static uint32_t merge(uint32_t old, uint32_t v, uint32_t mask, uint32_t writable)
{
	return (old & ~(mask & writable)) | (v & mask & writable);
}

/* Status bits that are cleared take First Error Pointer along when it points at one of them. */
static void clear_unc(struct sim_aer *e, uint32_t bits)
{
	e->unc_sta &= ~bits;
	if (bits >> e->first & 1)
		e->first = 0;
}

/* Writes the bytes 'mask' of dword 'rel': status is RW1C, masks and severities are RW. */
void sim_aer_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		   uint32_t mask)
{
	bool status = rel == PCI_ERR_UNCOR_STATUS || rel == PCI_ERR_COR_STATUS;
	struct sim_aer *e;

	if (status && peek(c, l) == &fresh)
		return;
	if (rel < PCI_ERR_UNCOR_STATUS || rel > PCI_ERR_CAP ||
	    (l->kind == SIM_LOC_VF && !status))
		return;
	e = record(c, l);
	switch (rel) {
	case PCI_ERR_UNCOR_STATUS:
		clear_unc(e, v & mask);
		break;
	case PCI_ERR_UNCOR_MASK:
		e->unc_mask = merge(e->unc_mask, v, mask, UNC_BITS);
		break;
	case PCI_ERR_UNCOR_SEVER:
		e->unc_sev = merge(e->unc_sev, v, mask, UNC_BITS);
		break;
	case PCI_ERR_COR_STATUS:
		e->cor_sta &= ~(v & mask);
		break;
	case PCI_ERR_COR_MASK:
		e->cor_mask = merge(e->cor_mask, v, mask, COR_BITS);
		break;
	case PCI_ERR_CAP:
		e->ctl = merge(e->ctl, v, mask, CTL_RW);
		break;
	}
}

/* Device Status. */
uint16_t sim_aer_devsta(const struct sim_chassis *c, const struct sim_loc *l)
{
	return peek(c, l)->devsta;
}

/* RW1C of Device Status. */
void sim_aer_devsta_clear(struct sim_chassis *c, const struct sim_loc *l, uint16_t bits)
{
	if (peek(c, l) != &fresh)
		record(c, l)->devsta &= (uint16_t)~bits;
}

/* The error bits of dword 'off' of the header: Status, Secondary Status of bridges. */
uint32_t sim_aer_header(const struct sim_chassis *c, const struct sim_loc *l, unsigned off)
{
	if (off == PCI_COMMAND)
		return (uint32_t)peek(c, l)->status << 16;
	if (off == PCI_IO_BASE && sim_loc_is_bridge(l))
		return (uint32_t)peek(c, l)->secondary << 16;
	return 0;
}

/* RW1C of the same. */
void sim_aer_header_clear(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
			  uint32_t bits)
{
	uint16_t clear = (uint16_t)(bits >> 16);

	if (!clear || peek(c, l) == &fresh)
		return;
	if (off == PCI_COMMAND)
		record(c, l)->status &= (uint16_t)~clear;
	else if (off == PCI_IO_BASE && sim_loc_is_bridge(l))
		record(c, l)->secondary &= (uint16_t)~clear;
}

/* ---- messages ---- */

static void serr(struct sim_chassis *c, const struct sim_loc *l, uint16_t command,
		 enum sim_aer_kind kind)
{
	if (kind != SIM_AER_CORRECTABLE && command & PCI_COMMAND_SERR)
		record(c, l)->status |= PCI_STATUS_SIG_SYSTEM_ERROR;
}

/* A message arrives at a bridge from below. Whether it goes on. */
static bool forward(struct sim_chassis *c, struct sim_loc l, enum sim_aer_kind kind)
{
	if (kind != SIM_AER_CORRECTABLE)
		record(c, &l)->secondary |= RECEIVED_SERR;
	if (!(l.br->bctl & PCI_BRIDGE_CTL_SERR))
		return false;
	serr(c, &l, l.br->command, kind);
	return true;
}

/* The downstream port that 'l' stands behind. */
static struct sim_loc port_above(struct sim_chassis *c, const struct sim_loc *l)
{
	if (!l->vh)
		return sim_vh0_port(c, l->a);
	return (struct sim_loc){.kind = SIM_LOC_DOWN,
				.vh = l->vh,
				.host = l->host,
				.b = l->b,
				.bridge = l->bridge,
				.br = &l->bridge->cfg};
}

/* From function or bridge 'l' to the root of its VH. */
static bool climb(struct sim_chassis *c, const struct sim_loc *l, enum sim_aer_kind kind)
{
	struct sim_loc up = sim_vh0_up(c);

	if (l->kind == SIM_LOC_UP)
		return true;
	if (l->vh) {
		up.vh = l->vh;
		up.host = l->host;
		up.br = &l->host->up;
	}
	if (!sim_loc_is_bridge(l) && !forward(c, port_above(c, l), kind))
		return false;
	return forward(c, up, kind);
}

static void send(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid,
		 enum sim_aer_kind kind, unsigned bit, struct sim_aer_result *ret)
{
	unsigned host = l->vh ? l->vh : c->root;

	/* Where VH 0's root is the switch's own processor, that looks at the registers. */
	ret->sent = !host || climb(c, l, kind);
	if (!ret->sent || !host)
		return;
	sim_notice_push(c, &(struct sim_notice){.kind = SIM_NOTICE_HOST_ERROR,
						.vh = (uint16_t)host,
						.bridge = (uint16_t)l->b,
						.rid = rid,
						.vector = kind});
	if (kind == SIM_AER_FATAL)
		sim_event_push(c, MR_EV_FATAL_ERROR, host, l->vh, l->b, rid, bit);
}

/* ---- logging ---- */

/* The function whose masks, severities and enables count for 'l'. */
static struct sim_loc ruler(const struct sim_loc *l)
{
	struct sim_loc pf;

	if (l->kind != SIM_LOC_VF)
		return *l;
	pf = sim_loc_pf(l->a, l->d, l->p);
	pf.vh = l->vh;
	pf.host = l->host;
	pf.b = l->b;
	pf.bridge = l->bridge;
	return pf;
}

static uint16_t devctl_of(const struct sim_loc *l)
{
	return sim_loc_is_bridge(l) ? l->br->devctl : l->fn->devctl;
}

static uint16_t command_of(const struct sim_loc *l)
{
	return sim_loc_is_bridge(l) ? l->br->command : l->fn->command;
}

static bool log_correctable(struct sim_chassis *c, const struct sim_loc *l, unsigned bit)
{
	struct sim_loc pf = ruler(l);
	struct sim_aer *e = record(c, l);

	e->devsta |= PCI_EXP_DEVSTA_CED;
	e->cor_sta |= 1u << bit;
	return !(peek(c, &pf)->cor_mask >> bit & 1);
}

/* The header of the first unmasked error stays until software clears its status bit. */
static bool log_uncorrectable(struct sim_chassis *c, const struct sim_loc *l, unsigned bit,
			      bool fatal, const uint32_t header[4])
{
	struct sim_loc pf = ruler(l);
	uint32_t mask = peek(c, &pf)->unc_mask;
	struct sim_aer *e = record(c, l);
	bool held = e->first && e->unc_sta >> e->first & 1;

	e->devsta |= fatal ? PCI_EXP_DEVSTA_FED : PCI_EXP_DEVSTA_NFED;
	if (1u << bit == PCI_ERR_UNC_UNSUP)
		e->devsta |= PCI_EXP_DEVSTA_URD;
	e->unc_sta |= 1u << bit;
	if (mask >> bit & 1)
		return false;
	if (!held) {
		e->first = (uint8_t)bit;
		memcpy(e->header, header, sizeof(e->header));
	}
	return true;
}

static bool reporting(const struct sim_loc *l, enum sim_aer_kind kind, unsigned bit)
{
	struct sim_loc pf = ruler(l);
	uint16_t ctl = devctl_of(&pf), serr_on = command_of(&pf) & PCI_COMMAND_SERR;

	if (kind == SIM_AER_CORRECTABLE)
		return ctl & PCI_EXP_DEVCTL_CERE;
	if (serr_on)
		return true;
	if (1u << bit == PCI_ERR_UNC_UNSUP && !(ctl & PCI_EXP_DEVCTL_URRE))
		return false;
	return ctl & (kind == SIM_AER_FATAL ? PCI_EXP_DEVCTL_FERE : PCI_EXP_DEVCTL_NFERE);
}

/* ---- injection ---- */

static bool is_vf(const struct sim_loc *l)
{
	return l->kind == SIM_LOC_VF || l->kind == SIM_LOC_SYNTH;
}

/* What the word stands for when no bit is named. */
static unsigned default_bit(const struct sim_loc *l, enum sim_aer_kind kind)
{
	if (kind == SIM_AER_CORRECTABLE)
		return is_vf(l) ? 13 : 0; /* advisory non-fatal; receiver error */
	if (kind == SIM_AER_FATAL)
		return is_vf(l) ? 22 : 18; /* uncorrectable internal error; malformed TLP */
	return 14;			   /* completion timeout */
}

static bool shared(enum sim_aer_kind kind, unsigned bit)
{
	return (kind == SIM_AER_CORRECTABLE ? COR_SHARED : UNC_SHARED) >> bit & 1;
}

/* The PF that logs what happened to the link of VF 'l': in the VH where it stands, which for a
 * synthetic function is VH 0. */
static struct sim_loc to_pf(struct sim_chassis *c, const struct sim_loc *l, uint16_t *rid)
{
	struct sim_loc pf = sim_loc_pf(l->a, l->d, l->p);

	if (!l->d) {
		pf.host = &c->host[0];
		*rid = (uint16_t)((l->a->bus << 8) + sim_pf_function(l->a, 0, l->p));
		return pf;
	}
	pf.vh = l->vh;
	pf.host = l->host;
	pf.b = l->b;
	pf.bridge = l->bridge;
	*rid = (uint16_t)((l->bridge->cfg.sec << 8) + sim_pf_function(l->a, l->d, l->p));
	return pf;
}

static int check(struct sim_chassis *c, const struct sim_loc *l, enum sim_aer_kind kind,
		 unsigned bit)
{
	struct sim_loc pf = ruler(l);
	uint32_t known = kind == SIM_AER_CORRECTABLE ? COR_BITS : UNC_BITS;

	if (bit > 31 || !(known >> bit & 1))
		return -EINVAL;
	if (kind == SIM_AER_CORRECTABLE)
		return 0;
	return (peek(c, &pf)->unc_sev >> bit & 1) == (kind == SIM_AER_FATAL) ? 0 : -EDOM;
}

/* Logs the error of bit ret->bit at 'l' and sends what the registers say. */
static void happen(struct sim_chassis *c, const struct sim_loc *l,
		   const struct sim_aer_fault *f, struct sim_aer_result *ret)
{
	struct sim_loc pf = ruler(l);
	bool open;

	if (f->kind == SIM_AER_CORRECTABLE)
		open = log_correctable(c, l, ret->bit);
	else
		open = log_uncorrectable(c, l, ret->bit, f->kind == SIM_AER_FATAL, f->header);
	ret->masked = !open;
	if (!open || !reporting(l, f->kind, ret->bit))
		return;
	serr(c, l, command_of(&pf), f->kind);
	send(c, l, ret->rid, f->kind, ret->bit, ret);
}

/* Lets an error happen at 'rid' of VH 'vh': chassis.h. */
int sim_aer_inject(struct sim_chassis *c, struct mr_now now, uint16_t vh, uint16_t rid,
		   const struct sim_aer_fault *f, struct sim_aer_result *ret)
{
	struct sim_loc l;
	unsigned bit;
	int r;

	sim_chassis_step(c, now);
	l = vh ? sim_vh_locate(c, vh, rid) : sim_vh0_locate(c, rid);
	if (!sim_loc_answers(c, &l))
		return -ENODEV;
	bit = f->bit < 0 ? default_bit(&l, f->kind) : (unsigned)f->bit;
	if (bit <= 31 && is_vf(&l) && shared(f->kind, bit))
		l = to_pf(c, &l, &rid);
	r = check(c, &l, f->kind, bit);
	if (r)
		return r;
	*ret = (struct sim_aer_result){.vh = l.vh, .rid = rid, .bit = bit};
	happen(c, &l, f, ret);
	return 0;
}

/* A downstream bridge found a request that its access control forbids. */
void sim_aer_acs_violation(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid)
{
	const unsigned bit = 21;
	bool fatal = peek(c, l)->unc_sev >> bit & 1;
	struct sim_aer_fault f = {.kind = fatal ? SIM_AER_FATAL : SIM_AER_NONFATAL};
	struct sim_aer_result r = {.vh = l->vh, .rid = rid, .bit = bit};

	happen(c, l, &f, &r);
}
