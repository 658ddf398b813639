/* SPDX-License-Identifier: Apache-2.0 */
/* Discovery, the answers: registers into the model and into the driver's own geometry. Every
 * number from outside is capped here. */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/mrpcim/discover.h"

#define VALUE(v, reg) mr_batch_get_value(v, (reg) / 8)

/* Four registers of text, cut at the first NUL; bytes that are no printable text become '?'. */
static void take_text(const uint8_t *v, unsigned reg, char *buf, size_t size)
{
	const uint8_t *text = v + reg;
	size_t n = 0;

	for (; n + 1 < size && n < 32 && text[n]; n++)
		buf[n] = (char)(text[n] > ' ' && text[n] < 0x7f ? text[n] : '?');
	buf[n] = 0;
}

/* ---- switch ---- */

/* Registers from SW_MAGIC on. */
void fm_mr_take_globals(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_chassis *ch = d->ch;
	uint64_t caps = VALUE(v, SW_CAPS);

	(void)w;
	d->magic = VALUE(v, SW_MAGIC);
	d->version = VALUE(v, SW_VERSION);
	d->highest_port = caps & 0xffff;
	if (d->highest_port > MR_MAX_PORTS)
		d->highest_port = MR_MAX_PORTS;
	d->max_bridges = caps >> 32 & 0xffff;
	if (d->max_bridges > MR_MAX_BRIDGES)
		d->max_bridges = MR_MAX_BRIDGES;
	take_text(v, SW_SERIAL, ch->serial, sizeof(ch->serial));
	ch->owner_id = VALUE(v, SW_OWNER_ID);
	ch->owner_epoch = VALUE(v, SW_OWNER_EPOCH);
	ch->generation = VALUE(v, SW_GENERATION);
	ch->writes = VALUE(v, SW_WRITES);
	ch->refused = VALUE(v, SW_REFUSED);
	ch->nvm = VALUE(v, SW_NVM) <= MR_NVM_CORRUPT ? VALUE(v, SW_NVM) : MR_NVM_CORRUPT;
	ch->effect_ns = (int64_t)(VALUE(v, SW_EFFECT_NS) & (UINT64_MAX >> 1));
	if (ch->effect_ns > FM_MR_READY_MAX_NS)
		ch->effect_ns = FM_MR_READY_MAX_NS;
	d->geo->effect_ns = ch->effect_ns;
}

static void take_host(struct fm_mr_disc *d, unsigned port, const uint8_t *v)
{
	struct fm_chassis *ch = d->ch;
	uint64_t status = VALUE(v, PORT_STATUS), bridges = VALUE(v, PORT_BRIDGES);
	struct fm_host *h;

	if (port > MR_MAX_HOSTS || VALUE(v, PORT_VS) != port)
		return;
	ch->host = mr_xrealloc(ch->host, ch->hosts + 1, sizeof(*ch->host));
	h = &ch->host[ch->hosts++];
	*h = (struct fm_host){
		.port = (uint16_t)port,
		.slot = (uint16_t)VALUE(v, PORT_SLOT),
		.present = status & MR_PORT_PRESENT,
		.power = status & MR_PORT_POWER,
		.link = status & MR_PORT_LINK,
		.auth = VALUE(v, PORT_AUTH) <= MR_AUTH_ISOLATED ? VALUE(v, PORT_AUTH)
								: MR_AUTH_HELD,
		.boots = VALUE(v, PORT_BOOTS),
		.link_downs = VALUE(v, PORT_LINK_DOWNS),
		.link_mbps = VALUE(v, PORT_LINK_MBPS),
		.bridges = (uint16_t)(bridges < d->max_bridges ? bridges : d->max_bridges),
	};
	take_text(v, PORT_NAME, h->name, sizeof(h->name));
	h->bridge = mr_xcalloc(h->bridges ? h->bridges : 1u, sizeof(*h->bridge));
	d->geo->bridges[port] = h->bridges;
}

/* The blade that is the root of VH 0. */
static void take_root(struct fm_mr_disc *d, unsigned port, const uint8_t *v)
{
	if (port > MR_MAX_HOSTS)
		return;
	d->ch->root_port = (uint16_t)port;
	take_text(v, PORT_NAME, d->ch->root_name, sizeof(d->ch->root_name));
}

static void take_adapter(struct fm_mr_disc *d, unsigned port, const uint8_t *v)
{
	struct fm_chassis *ch = d->ch;
	struct fm_mr_geometry *g = d->geo;
	uint64_t status = VALUE(v, PORT_STATUS), rid = VALUE(v, PORT_VH0_RID);
	bool there = status & MR_PORT_PRESENT && status & MR_PORT_POWER;
	struct fm_adapter *a;

	if (ch->adapters >= MR_MAX_ADAPTERS)
		return;
	ch->adapter = mr_xrealloc(ch->adapter, ch->adapters + 1, sizeof(*ch->adapter));
	d->found = mr_xrealloc(d->found, ch->adapters + 1, sizeof(*d->found));
	g->dev = mr_xrealloc(g->dev, ch->adapters + 1, sizeof(*g->dev));
	d->found[ch->adapters] = (struct fm_mr_found){0};
	a = &ch->adapter[ch->adapters];
	*a = (struct fm_adapter){
		.port = (uint16_t)port,
		.slot = (uint16_t)VALUE(v, PORT_SLOT),
		.plugged = there,
		.present = there,
		.link = status & MR_PORT_LINK,
		.kind = FM_ADAPTER_BASE,
		.link_mbps = VALUE(v, PORT_LINK_MBPS),
	};
	take_text(v, PORT_NAME, a->name, sizeof(a->name));
	take_text(v, PORT_SERIAL, a->serial, sizeof(a->serial));
	for (unsigned i = 0; i < MR_MAX_PFS; i++)
		a->pf[i].net_mbps = VALUE(v, PORT_NET_MBPS + 8 * i);
	g->dev[ch->adapters] = (struct fm_mr_dev){
		.a.port = (uint16_t)port,
		.rid = a->present && rid < 0xffff ? (uint16_t)rid : 0xffff,
	};
	g->dev_at[port] = (uint16_t)++ch->adapters;
	g->devs = ch->adapters;
}

/* Port registers of 'w->b' ports from 'w->a' on. */
void fm_mr_take_ports(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	for (unsigned i = 0; i < w->b; i++, v += SW_PORT_STRIDE) {
		uint64_t kind = VALUE(v, PORT_KIND);

		d->geo->port_kind[w->a + i] = kind <= MR_PORT_MGMT ? (uint8_t)kind : 0;
		if (kind == MR_PORT_HOST)
			take_host(d, w->a + i, v);
		else if (kind == MR_PORT_ADAPTER)
			take_adapter(d, w->a + i, v);
		else if (kind == MR_PORT_MGMT && w->a + i)
			take_root(d, w->a + i, v);
	}
}

/* A bridge's row in two parts: ROW_STATE to ROW_TOMBSTONE, ROW_BUSES to ROW_MAPS. */
void fm_mr_take_row_head(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_bridge *br = &d->ch->host[w->a].bridge[w->b];

	br->state = fm_mr_row_state(VALUE(v, ROW_STATE));
	br->unread = VALUE(v, ROW_STATE) > MR_ROW_BLOCKED;
	br->status = (uint32_t)VALUE(v, ROW_STATUS);
	br->target = VALUE(v, ROW_TARGET);
	br->cookie = VALUE(v, ROW_COOKIE);
	br->tombstone = VALUE(v, ROW_TOMBSTONE) & 1;
}

void fm_mr_take_row_tail(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_bridge *br = &d->ch->host[w->a].bridge[w->b];

	br->bus_first = (uint8_t)VALUE(v, 0);
	br->bus_last = (uint8_t)(VALUE(v, 0) >> 8);
	br->mmio = VALUE(v, ROW_MMIO - ROW_BUSES);
	br->mmio64 = VALUE(v, ROW_MMIO64 - ROW_BUSES);
	br->maps = (uint32_t)VALUE(v, ROW_MAPS - ROW_BUSES);
}

/* ---- adapters ---- */

/* A part of the configuration space of function 'w->b' (0: function 0, p + 1: PF p). */
void fm_mr_take_cfg(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_mr_found *f = &d->found[w->a];
	struct fm_mr_cfg *c = w->b ? f->pf[w->b - 1] : f->bf;

	for (unsigned i = 0; i < w->count; i++)
		c->dw[w->address / 4 + i] = (uint32_t)mr_batch_get_value(v, i);
}

static void take_bar(uint64_t reg, uint64_t base, struct fm_bar *ret)
{
	*ret = (struct fm_bar){
		.size = reg & ~MR_BAR_FLAGS, .base = base, .flags = reg & MR_BAR_FLAGS};
}

/* BARs and MSI-X of function 0, as the switch's processor sized them; `base` devices only. */
void fm_mr_take_bars(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_adapter *a = &d->ch->adapter[w->a];
	uint64_t msix = VALUE(v, PORT_BAR_MSIX);

	d->found[w->a].ids = VALUE(v, PORT_BAR_IDS);
	for (unsigned i = 0; i < 6; i++) {
		uint64_t reg = mr_batch_get_value(v, i);

		if (reg != UINT64_MAX)
			take_bar(reg, 0, &a->bar[i]);
	}
	if (msix == UINT64_MAX)
		return;
	a->msix = (uint16_t)msix;
	a->msix_table = (uint32_t)((msix >> 32) | (msix >> 16 & 7));
}

/* Where BAR register 'bir' of function 0 leads in VH 0, plus an offset. */
static uint64_t table_address(const struct fm_mr_cfg *c, uint32_t where)
{
	uint64_t base = fm_mr_bar_address(c, PCI_BASE_ADDRESS_0 + 4 * (where & 7));

	return base && (where & 7) < 6 ? base + (where & ~7u) : 0;
}

/* A whole device that a host has: what VH 0's enumeration saw of it. */
static void take_ids(struct fm_mr_dev *dev, struct fm_adapter *a, uint64_t ids)
{
	a->present = ids && ids != UINT64_MAX && a->link;
	a->vendor = (uint16_t)ids;
	a->device = (uint16_t)(ids >> 16);
	a->revision = (uint8_t)(ids >> 56);
	a->flr_ns = FM_MR_FLR_DEFAULT_NS;
	dev->class_code = ids >> 32 & 0xffffff;
	dev->completion_timeout_ns = FM_MR_COMPLETION_NS;
}

/* Function 0 was read: what kind of adapter it is, and where its control table lies. */
void fm_mr_take_kind(struct fm_mr_disc *d, unsigned adapter)
{
	struct fm_mr_dev *dev = &d->geo->dev[adapter];
	struct fm_adapter *a = &d->ch->adapter[adapter];
	const struct fm_mr_cfg *c = d->found[adapter].bf;
	unsigned mriov, at;

	if (!a->present || !c || !fm_mr_cfg_present(c)) {
		take_ids(dev, a, a->present && c ? d->found[adapter].ids : 0);
		return;
	}
	mriov = fm_mr_ext_cap(c, PCI_EXT_CAP_ID_MRIOV);
	if (mriov && (fm_mr_cfg32(c, mriov) >> 16 & 15) == MR_MRIOV_VERSION)
		a->kind = FM_ADAPTER_MRA;
	else if (fm_mr_ext_cap(c, PCI_EXT_CAP_ID_SRIOV))
		a->kind = FM_ADAPTER_SRIOV;
	a->vendor = fm_mr_cfg16(c, PCI_VENDOR_ID);
	a->device = fm_mr_cfg16(c, PCI_DEVICE_ID);
	a->subvendor = fm_mr_cfg16(c, PCI_SUBSYSTEM_VENDOR_ID);
	a->subdevice = fm_mr_cfg16(c, PCI_SUBSYSTEM_ID);
	a->revision = (uint8_t)fm_mr_cfg32(c, PCI_CLASS_REVISION);
	dev->class_code = fm_mr_cfg32(c, PCI_CLASS_REVISION) >> 8;
	dev->pcie = (uint16_t)fm_mr_cap(c, PCI_CAP_ID_EXP);
	dev->msix = (uint16_t)fm_mr_cap(c, PCI_CAP_ID_MSIX);
	dev->ats = (uint16_t)fm_mr_ext_cap(c, PCI_EXT_CAP_ID_ATS);
	dev->flr = dev->pcie && fm_mr_cfg32(c, dev->pcie + PCI_EXP_DEVCAP) & PCI_EXP_DEVCAP_FLR;
	dev->multi_function = fm_mr_cfg32(c, PCI_CACHE_LINE_SIZE) >> 16 & 0x80;
	dev->completion_timeout_ns = fm_mr_completion_ns(c);
	a->flr_ns = fm_mr_flr_ns(c, FM_MR_FLR_DEFAULT_NS);
	at = fm_mr_dvsec(c, MR_DVSEC_VENDOR, MR_DVSEC_CONTROL);
	dev->ct = at && a->kind != FM_ADAPTER_BASE ? table_address(c, fm_mr_cfg32(c, at + 0xc))
						   : 0;
	a->present = a->kind == FM_ADAPTER_BASE || dev->ct;
}

/* The class that a `base` device's class code stands for. */
static enum mr_class class_of(uint32_t code)
{
	for (unsigned i = 1; i < MR_CLASS_COUNT; i++)
		if (mr_class_code(i) == code)
			return i;
	return MR_CLASS_OTHER;
}

/* The head of the control table; one that is none takes the adapter out of the inventory. */
void fm_mr_take_table(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_mr_dev *dev = &d->geo->dev[w->a];
	struct fm_adapter *a = &d->ch->adapter[w->a];
	uint64_t counts = VALUE(v, CT_COUNTS), vhs = counts >> 32 & 0xffff, msix;
	unsigned pfs = counts & 0xff, vfs = counts >> 16 & 0xffff;

	if (VALUE(v, CT_MAGIC) != MR_CT_MAGIC || !pfs || pfs > MR_MAX_PFS || vfs > MR_MAX_VFS ||
	    vhs > MR_MAX_DEVICE_VHS || (a->kind == FM_ADAPTER_MRA) != (vhs > 0)) {
		a->present = false;
		dev->ct = 0;
		return;
	}
	a->pfs = (uint8_t)pfs;
	a->vfs = (uint16_t)vfs;
	a->vhs = (uint16_t)vhs;
	a->device_class = counts >> 48 < MR_CLASS_COUNT ? counts >> 48 : MR_CLASS_OTHER;
	a->caps = (uint32_t)VALUE(v, CT_CAPS);
	a->rate_step_mbps = (uint32_t)VALUE(v, CT_RATE_STEP);
	for (unsigned i = 0; i < MR_MAX_PFS; i++)
		a->pf[i].net_mbps = VALUE(v, CT_NET_MBPS + 8 * i);
	for (unsigned i = 0; i < 6; i++)
		dev->vf_bar_reg[i] = VALUE(v, CT_VF_BAR + 8 * i);
	dev->vf_msix = msix = VALUE(v, CT_VF_MSIX);
	a->msix = (uint16_t)msix;
	a->msix_table = (uint32_t)((msix >> 32) | (msix >> 16 & 7));
	a->fn = mr_xcalloc((size_t)pfs * vfs + 1, sizeof(*a->fn));
	dev->a.kind = a->kind;
	dev->a.pfs = a->pfs;
	dev->a.vfs = a->vfs;
	dev->a.vhs = a->vhs;
}

/* The VH table: which system VH each device VH is. */
void fm_mr_take_vhs(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_adapter *a = &d->ch->adapter[w->a];

	a->vh_of = mr_xcalloc(a->vhs, sizeof(*a->vh_of));
	for (unsigned i = 1; i < a->vhs; i++) {
		uint64_t map = mr_batch_get_value(v, 4 * i + VH_MAP / 8);

		a->vh_of[i] = map & 1 ? (uint16_t)(map >> 16) : FM_WHOLE;
		d->found[w->a].buries |=
			map & 1 && mr_batch_get_value(v, 4 * i + VH_BURIED / 8);
	}
}

/* The slots of PF 'w->b' % PFs of device VH 'w->b' / PFs. */
void fm_mr_take_slots(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	struct fm_adapter *a = &d->ch->adapter[w->a];

	for (unsigned s = 1; s <= a->vfs; s++) {
		uint64_t reg = mr_batch_get_value(v, s - 1);

		if (reg == UINT64_MAX || !(reg & MR_LVF_TOMBSTONE))
			continue;
		a->buried = mr_xrealloc(a->buried, a->burieds + 1u, sizeof(*a->buried));
		a->buried[a->burieds++] = (struct fm_buried){
			a->vh_of[w->b / a->pfs], (uint16_t)(w->b % a->pfs), (uint16_t)s};
	}
}

/* The next PF of a Function Dependency List: the link is a function number, its own for a PF
 * that depends on none. */
static uint8_t dependency(const struct fm_mr_dev *dev, const struct fm_adapter *a, unsigned p,
			  unsigned link)
{
	for (unsigned next = 0; next < a->pfs; next++)
		if (next != p && (fm_mr_pf_rid(dev, next) & 0xff) == link)
			return (uint8_t)(next + 1);
	return 0;
}

static void take_pf(struct fm_mr_dev *dev, struct fm_adapter *a, unsigned p,
		    const struct fm_mr_cfg *c)
{
	unsigned at = fm_mr_ext_cap(c, PCI_EXT_CAP_ID_SRIOV);
	struct fm_pf *pf = &a->pf[p];
	uint16_t ctrl = fm_mr_cfg16(c, at + PCI_SRIOV_CTRL);

	pf->rid = fm_mr_pf_rid(dev, p);
	if (!at)
		return;
	dev->sriov[p] = (uint16_t)at;
	dev->acs[p] = (uint16_t)fm_mr_ext_cap(c, PCI_EXT_CAP_ID_ACS);
	dev->ari |= fm_mr_ext_cap(c, PCI_EXT_CAP_ID_ARI) != 0;
	dev->acs_bits[p] = (uint16_t)fm_mr_acs_bits(c, dev->acs[p]);
	if (ctrl & PCI_SRIOV_CTRL_VFE &&
	    !(dev->acs_bits[p] & ~fm_mr_cfg16(c, dev->acs[p] + PCI_ACS_CTRL)))
		pf->numvfs = fm_mr_cfg16(c, at + PCI_SRIOV_NUM_VF);
	pf->vf_offset = fm_mr_cfg16(c, at + PCI_SRIOV_VF_OFFSET);
	pf->vf_stride = fm_mr_cfg16(c, at + PCI_SRIOV_VF_STRIDE);
	a->vf_device = fm_mr_cfg16(c, at + PCI_SRIOV_VF_DID);
	pf->depends = dependency(dev, a, p, fm_mr_cfg16(c, at + PCI_SRIOV_FUNC_LINK) & 0xff);
	for (unsigned i = 0; i < 6; i++)
		if (dev->vf_bar_reg[i] & ~MR_BAR_FLAGS)
			take_bar(dev->vf_bar_reg[i],
				 fm_mr_bar_address(c, at + PCI_SRIOV_BAR + 4 * i),
				 &pf->vf_bar[i]);
}

static void take_base(struct fm_mr_dev *dev, struct fm_adapter *a, const struct fm_mr_cfg *c)
{
	a->pfs = 1;
	a->device_class = class_of(dev->class_code);
	a->pf[0].rid = dev->rid;
	a->fn = mr_xcalloc(1, sizeof(*a->fn));
	a->fn->row_bridge = FM_NO_BRIDGE;
	for (unsigned i = 0; i < 6; i++)
		if (a->bar[i].size && fm_mr_cfg_present(c))
			a->bar[i].base = fm_mr_bar_address(c, PCI_BASE_ADDRESS_0 + 4 * i);
}

/* All of an adapter but its rows was read; the driver's own copy is made of it. */
void fm_mr_take_pfs(struct fm_mr_disc *d, unsigned adapter)
{
	struct fm_mr_dev *dev = &d->geo->dev[adapter];
	struct fm_adapter *a = &d->ch->adapter[adapter];
	const struct fm_mr_found *f = &d->found[adapter];

	if (a->present && a->kind == FM_ADAPTER_BASE)
		take_base(dev, a, f->bf);
	for (unsigned p = 0; dev->ct && p < a->pfs; p++)
		take_pf(dev, a, p, f->pf[p]);
	if (dev->ct && a->kind == FM_ADAPTER_MRA) {
		/* What hosts see are the PFs, not the BF. */
		a->device = fm_mr_cfg16(f->pf[0], PCI_DEVICE_ID);
		dev->class_code = fm_mr_cfg32(f->pf[0], PCI_CLASS_REVISION) >> 8;
	}
	dev->a = *a;
	dev->a.fn = NULL;
	dev->a.buried = NULL;
	dev->a.burieds = 0;
	for (unsigned p = 0; p < MR_MAX_PFS; p++)
		dev->a.pf[p].ns = NULL;
	dev->a.vh_of = a->vh_of ? mr_xmemdup(a->vh_of, a->vhs * sizeof(*a->vh_of)) : NULL;
}

/* Row of function 'w->b' = pf * vfs + vf. */
void fm_mr_take_fn_row(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v)
{
	uint64_t reg[FM_MR_VF_READ];

	for (unsigned i = 0; i < FM_MR_VF_READ; i++)
		reg[i] = mr_batch_get_value(v, i);
	fm_mr_fn_parse(&d->geo->dev[w->a], reg, &d->ch->adapter[w->a].fn[w->b]);
}

/* ---- rows and functions ---- */

static struct fm_fn *target_fn(const struct fm_mr_disc *d, uint64_t target)
{
	const struct fm_mr_geometry *g = d->geo;
	unsigned port = MR_TARGET_PORT(target), kind = MR_TARGET_KIND(target);
	unsigned pf = MR_TARGET_PF(target), vf = MR_TARGET_VF(target);
	struct fm_adapter *a;

	if (port > MR_MAX_PORTS || !g->dev_at[port])
		return NULL;
	a = &d->ch->adapter[g->dev_at[port] - 1];
	if (!a->fn)
		return NULL;
	if (a->kind == FM_ADAPTER_BASE)
		return kind == MR_TARGET_DEVICE ? a->fn : NULL;
	return kind == MR_TARGET_SYNTHETIC && pf < a->pfs && vf < a->vfs
		       ? &a->fn[(size_t)pf * a->vfs + vf]
		       : NULL;
}

static void tie(const struct fm_mr_disc *d, const struct fm_host *h, unsigned b)
{
	const struct fm_bridge *br = &h->bridge[b];
	struct fm_fn *f = br->state == MR_ROW_FREE ? NULL : target_fn(d, br->target);

	if (!f)
		return;
	f->row_vs = h->port;
	f->row_bridge = (uint16_t)b;
	if (MR_TARGET_KIND(br->target) != MR_TARGET_DEVICE)
		return;
	f->cookie = br->cookie;
	f->owner_vh = h->port;
	f->block = br->state == MR_ROW_BLOCKED ? 3 : 0;
}

/* Every function that a row leads to learns which row. */
void fm_mr_tie_rows(struct fm_mr_disc *d)
{
	for (unsigned i = 0; i < d->ch->hosts; i++)
		for (unsigned b = 0; b < d->ch->host[i].bridges; b++)
			tie(d, &d->ch->host[i], b);
}
