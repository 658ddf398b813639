/* SPDX-License-Identifier: Apache-2.0 */
/* Operations that set a function up where no host sees it change hands: CONFIGURE, SET_ATTRS,
 * the gate, tombstones. */
#include <linux/pci_regs.h>

#include "common/mutant.h"
#include "fabric-manager/mrpcim/internal.h"

#define PROOF (MR_VF_RESET_BUSY | MR_VF_RESET_DONE)

/* ---- attributes ---- */

static const struct {
	uint64_t cap;
	const char *what;
} caps[] = {
	{MR_CT_CAP_MIN_RATE, "a guaranteed rate"},
	{MR_CT_CAP_SPOOF, "spoof checking"},
	{MR_CT_CAP_TRUST, "trust"},
	{MR_CT_CAP_VLAN, "VLANs"},
	{MR_CT_CAP_TRUNK, "more than one VLAN"},
	{MR_CT_CAP_QINQ, "802.1ad"},
	{MR_CT_CAP_MTU, "an MTU"},
	{MR_CT_CAP_BURST, "a burst size"},
	{MR_CT_CAP_WEIGHT, "weights"},
	{MR_CT_CAP_BRIDGING, "VEPA or isolation"},
	{MR_CT_CAP_MIRROR, "mirroring"},
	{MR_CT_CAP_PKEY, "partition keys"},
	{MR_CT_CAP_MSIX, "MSI-X vectors by VF"},
	{MR_CT_CAP_QUEUES, "queue pairs by VF"},
	{MR_CT_CAP_FRAMEBUFFER, "framebuffer by VF"},
	{MR_CT_CAP_SLICE, "time slices"},
	{MR_CT_CAP_WATCHDOG, "a watchdog"},
	{MR_CT_CAP_NAMESPACES, "namespaces"},
	{MR_CT_CAP_IOPS, "a limit of commands per second"},
	{MR_CT_CAP_ACL, "filter rules"},
};

/* Only adapters that can do one of these have registers from VF_SHAPE on. */
#define CLASS_CAPS                                                                         \
	(MR_CT_CAP_TRUNK | MR_CT_CAP_MTU | MR_CT_CAP_BURST | MR_CT_CAP_WEIGHT |            \
	 MR_CT_CAP_BRIDGING | MR_CT_CAP_MIRROR | MR_CT_CAP_PKEY | MR_CT_CAP_MSIX |         \
	 MR_CT_CAP_QUEUES | MR_CT_CAP_FRAMEBUFFER | MR_CT_CAP_SLICE | MR_CT_CAP_WATCHDOG | \
	 MR_CT_CAP_NAMESPACES | MR_CT_CAP_IOPS)

/* Whether the adapter can do what the attributes ask for. */
static bool attrs_check(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	static const struct fm_attrs none;
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	uint64_t lacks = fm_attrs_caps(&r->op.attrs) & ~(uint64_t)d->a.caps;

	if (d->a.kind == FM_ADAPTER_BASE) {
		if (!fm_attrs_eq(&r->op.attrs, &none))
			fm_mr_refuse(r, MR_REASON_UNSUPPORTED,
				     "%s is a whole device: it takes no attributes", d->a.name);
		return r->res.reason == MR_REASON_OK;
	}
	if (r->op.attrs.device_class && r->op.attrs.device_class != d->a.device_class)
		fm_mr_refuse(r, MR_REASON_INVALID,
			     "%s is of class %s, the attributes are of %s", d->a.name,
			     mr_class_name(d->a.device_class),
			     mr_class_name(r->op.attrs.device_class));
	for (unsigned i = 0; i < sizeof(caps) / sizeof(caps[0]); i++)
		if (lacks & caps[i].cap)
			fm_mr_refuse(r, MR_REASON_UNSUPPORTED, "%s cannot do %s", d->a.name,
				     caps[i].what);
	return r->res.reason == MR_REASON_OK;
}

/* The registers VF_IDENT0 to VF_FLAGS; 'reg' has 6 places. */
static void attr_regs(const struct fm_attrs *a, uint64_t *reg)
{
	reg[0] = a->ident0;
	reg[1] = a->ident1;
	reg[2] = fm_mr_vlan_reg(a);
	reg[3] = a->min_mbps;
	reg[4] = a->max_mbps;
	reg[5] = fm_mr_flags_reg(a);
}

static void vf_write_n(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b,
		       unsigned reg, const uint64_t *v, uint16_t n)
{
	mr_batch_write_n(b, MR_SPACE_MEMORY, 0, 0,
			 fm_mr_vf_row(fm_mr_run_dev(m, r), r->op.fn) + reg, 8, v, n);
}

/* VF_SHAPE to VF_CLASS1 and VF_ACL, where the adapter has any of it. */
static void class_write(const struct fm_mrpcim *m, const struct fm_mr_run *r,
			struct mr_batch *b)
{
	uint64_t reg[VF_CLASS_REGS];
	uint64_t has = fm_mr_run_dev(m, r)->a.caps;

	for (unsigned i = 0; has & MR_CT_CAP_ACL && i < MR_VF_ACL_ROWS; i++)
		fm_mr_vf_write(m, r, b, VF_ACL(i), r->op.attrs.acl[i]);
	if (!(has & CLASS_CAPS))
		return;
	fm_attrs_class_regs(&r->op.attrs, reg);
	for (unsigned i = 0; i < VF_CLASS_REGS; i++) /* one by one: a refusal names which */
		fm_mr_vf_write(m, r, b, VF_SHAPE + 8 * i, reg[i]);
}

static enum fm_mr_next attrs_written(struct fm_mrpcim *m, struct fm_mr_run *r,
				     const struct fm_mr_reply *p)
{
	fm_mr_take(m, r, p);
	if (!fm_attrs_eq(&r->res.fn.attrs, &r->op.attrs))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "%s/pf%u/vf%u took other attributes than were written",
				    fm_mr_run_dev(m, r)->a.name, r->op.fn.pf, r->op.fn.vf);
	return FM_MR_DONE;
}

/* ---- CONFIGURE: HANDOVER 5, step 7 ---- */

/*
 * RESET_DONE is the proof that nobody used the function since its reset. It is blocked before
 * and stays so; the gate closes before an identity is set (I4).
 */
static void configure_vf(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	uint64_t reg[8] = {3, r->op.cookie};

	fm_mr_vf_expect(m, r, b, VF_MAP, 0xffff, 0);
	if (!FM_MR_TRUSTS_RESETS)
		fm_mr_vf_expect(m, r, b, VF_STATUS, PROOF, MR_VF_RESET_DONE);
	if (fm_mr_has_row(r))
		fm_mr_row_expect(r, b, ROW_STATE, UINT64_MAX, MR_ROW_FREE);
	fm_mr_vf_write(m, r, b, VF_GATE, MR_MUTANT(GATE_OPENED_EARLY));
	attr_regs(&r->op.attrs, reg + 2);
	vf_write_n(m, r, b, VF_BLOCK, reg, 8);
	class_write(m, r, b);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

static void configure(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (!fm_mr_row_only(m, r)) {
		configure_vf(m, r, b);
		return;
	}
	/* A whole device has no row of its own: its state is that of the bridge's. */
	if (fm_mr_has_row(r))
		fm_mr_row_expect(r, b, ROW_STATE, UINT64_MAX, MR_ROW_FREE);
	mr_batch_expect(b, MR_SPACE_CONFIG, 0, d->rid, PCI_VENDOR_ID, 4, UINT32_MAX,
			d->a.vendor | (uint32_t)d->a.device << 16);
	fm_mr_look(m, r, b);
}

static enum fm_mr_next configured(struct fm_mrpcim *m, struct fm_mr_run *r,
				  const struct fm_mr_reply *p)
{
	enum fm_mr_next next = attrs_written(m, r, p);

	if (next == FM_MR_DONE && !fm_mr_row_only(m, r) &&
	    ((r->res.fn.gate_open && !MR_MUTANT(GATE_OPENED_EARLY)) || r->res.fn.block != 3 ||
	     r->res.fn.cookie != r->op.cookie))
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the function does not read gated, blocked and ours");
	return next;
}

const struct fm_mr_op fm_mr_configure = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE,
	.way = {[FM_WAY_NONE] = {{configure, configured}}},
	.check = attrs_check,
};

/* ---- SET_ATTRS: of a function that runs ---- */

static void set_attrs(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	uint64_t reg[6];

	if (fm_mr_row_only(m, r)) {
		fm_mr_look(m, r, b);
		return;
	}
	fm_mr_vf_expect(m, r, b, VF_COOKIE, UINT64_MAX, r->op.cookie);
	attr_regs(&r->op.attrs, reg);
	vf_write_n(m, r, b, VF_IDENT0, reg, 6);
	class_write(m, r, b);
	fm_mr_commit(b);
	fm_mr_look(m, r, b);
}

const struct fm_mr_op fm_mr_set_attrs = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE,
	.way = {[FM_WAY_NONE] = {{set_attrs, attrs_written}}},
	.check = attrs_check,
};

/* ---- the gate ---- */

/* NVMe: the namespaces that the function has attached, its data. */
static bool has_data(const struct fm_mrpcim *m, const struct fm_mr_run *r)
{
	return fm_mr_run_dev(m, r)->a.caps & MR_CT_CAP_NAMESPACES;
}

/* GATE_CLOSE took identities and data away: GATE_OPEN puts back those that it is given. */
static void gate_open(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const uint64_t ident[] = {r->op.attrs.ident0, r->op.attrs.ident1};

	if (!fm_mr_row_only(m, r)) {
		fm_mr_vf_expect(m, r, b, VF_COOKIE, UINT64_MAX, r->op.cookie);
		if (ident[0] || ident[1])
			vf_write_n(m, r, b, VF_IDENT0, ident, 2);
		if (has_data(m, r) && r->op.attrs.device_class == MR_CLASS_NVME &&
		    r->op.attrs.nvme.namespaces)
			fm_mr_vf_write(m, r, b, VF_CLASS1, r->op.attrs.nvme.namespaces);
		fm_mr_vf_write(m, r, b, VF_GATE, 1);
		if (MR_MUTANT(NEIGHBOUR_WRITTEN))
			fm_mr_vf_write(m, r, b, 0x100 + VF_VLAN, 7);
		fm_mr_commit(b);
	}
	fm_mr_look(m, r, b);
}

static void gate_close(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	static const uint64_t none[2];

	if (!fm_mr_row_only(m, r) && !MR_MUTANT(GATE_STAYS_OPEN)) {
		fm_mr_vf_write(m, r, b, VF_GATE, 0);
		vf_write_n(m, r, b, VF_IDENT0, none, 2);
		if (has_data(m, r))
			fm_mr_vf_write(m, r, b, VF_CLASS1, 0);
		fm_mr_commit(b);
	}
	fm_mr_look(m, r, b);
}

/* A whole device without a row has nothing to look at either: its gate is the block. */
static enum fm_mr_next gate_set(struct fm_mrpcim *m, struct fm_mr_run *r,
				const struct fm_mr_reply *p)
{
	bool want = r->op.kind == FM_OP_GATE_OPEN;
	const struct fm_fn *f = &r->res.fn;

	fm_mr_take(m, r, p);
	if (fm_mr_row_only(m, r) || (MR_MUTANT(GATE_STAYS_OPEN) && !want))
		return FM_MR_DONE;
	if (f->gate_open != want ||
	    (!want && (f->attrs.ident0 || f->attrs.ident1 ||
		       (f->attrs.device_class == MR_CLASS_NVME && f->attrs.nvme.namespaces))))
		return fm_mr_refuse(r, MR_REASON_CONFLICT, "the gate does not read %s",
				    want ? "open" : "closed, without identities and data");
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_gate_open = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE,
	.way = {[FM_WAY_NONE] = {{gate_open, gate_set}}},
};

const struct fm_mr_op fm_mr_gate_close = {
	.needs = FM_MR_WRITES | FM_MR_FN | FM_MR_PLACE,
	.way = {[FM_WAY_NONE] = {{gate_close, gate_set}}},
};

/* ---- TOMBSTONE (HANDOVER 6) ---- */

static void tomb_bridge(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	uint64_t a = SW_BRIDGE(r->op.place.port, r->op.place.bridge) + ROW_TOMBSTONE;

	(void)m;
	mr_batch_sw_write(b, a, r->op.value);
	fm_mr_commit(b);
	r->i_x = mr_batch_sw_read(b, a, 1);
	r->keep[0] = 1;
}

static void tomb_slot(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	int dvh = d ? fm_mr_device_vh(d, r->op.place.port) : -1;
	uint64_t a;

	if (dvh < 0)
		return;
	a = fm_mr_lvf_address(d, (unsigned)dvh, r->op.place.pf, r->op.place.slot);
	mr_batch_write(b, MR_SPACE_MEMORY, 0, 0, a, 8, r->op.value ? MR_LVF_TOMBSTONE : 0);
	fm_mr_commit(b);
	r->i_x = mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, a, 8, 1);
	r->keep[0] = MR_LVF_TOMBSTONE;
}

static enum fm_mr_next tomb_set(struct fm_mrpcim *m, struct fm_mr_run *r,
				const struct fm_mr_reply *p)
{
	(void)m;
	if (!(fm_mr_value(p, r->i_x) & r->keep[0]) != !r->op.value)
		return fm_mr_refuse(r, MR_REASON_CONFLICT, "the tombstone does not read %u",
				    r->op.value != 0);
	return FM_MR_DONE;
}

/* A bridge's tombstone needs no adapter: what stood there may be gone. */
static bool tomb_check(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);
	struct fm_place p = r->op.place;

	if (r->op.value > 1 || p.way == FM_WAY_NONE)
		fm_mr_refuse(r, MR_REASON_INVALID,
			     "a tombstone is 0 or 1, of a bridge or slot");
	else if (p.way == FM_WAY_LVF && !d)
		fm_mr_refuse(r, MR_REASON_DEVICE_GONE, "no adapter was found in port %u",
			     r->op.fn.port);
	else if (p.way == FM_WAY_LVF && (d->a.kind != FM_ADAPTER_MRA || !p.slot ||
					 p.slot > d->a.vfs || p.pf >= d->a.pfs))
		fm_mr_refuse(r, MR_REASON_NOT_FOUND, "%s has no slot %u of pf%u", d->a.name,
			     p.slot, p.pf);
	else if (p.way == FM_WAY_LVF)
		fm_mr_run_dvh(m, r);
	return r->res.reason == MR_REASON_OK;
}

const struct fm_mr_op fm_mr_tombstone = {
	.needs = FM_MR_WRITES | FM_MR_PLACE,
	.way = {[FM_WAY_LVF] = {{tomb_slot, tomb_set}},
		[FM_WAY_SYNTHETIC] = {{tomb_bridge, tomb_set}},
		[FM_WAY_DEVICE] = {{tomb_bridge, tomb_set}}},
	.check = tomb_check,
};
