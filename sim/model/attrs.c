/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What adapters differ in: registers of a VF that only some have, and the resources that the
 * VFs of a PF share. A write that the device cannot keep is refused: without the capability,
 * over a limit, between two steps, over the total, or while a host uses the function.
 * namespace.c has the objects that VF_CLASS1 of an NVMe function attaches.
 */
#include <limits.h>
#include <stddef.h>

#include "sim/model/internal.h"

#define WEIGHT_MAX   1000ull
#define BURST_MAX    (1ull << 20) /* KiB */
#define IOPS_MAX     10000000ull
#define SLICE_MAX    1000000ull /* us */
#define WATCHDOG_MAX 600000ull	/* ms */

/* ---- capabilities and capacities ---- */

static const uint64_t class_caps[MR_CLASS_COUNT] = {
	[MR_CLASS_ETHERNET] = MR_CT_CAP_SPOOF | MR_CT_CAP_TRUST | MR_CT_CAP_VLAN |
			      MR_CT_CAP_TRUNK | MR_CT_CAP_QINQ | MR_CT_CAP_MTU |
			      MR_CT_CAP_BURST | MR_CT_CAP_WEIGHT | MR_CT_CAP_BRIDGING |
			      MR_CT_CAP_MIRROR | MR_CT_CAP_ACL,
	[MR_CLASS_FC] = MR_CT_CAP_BURST | MR_CT_CAP_WEIGHT,
	[MR_CLASS_IB] = MR_CT_CAP_BURST | MR_CT_CAP_WEIGHT | MR_CT_CAP_PKEY,
	[MR_CLASS_NVME] = MR_CT_CAP_NAMESPACES | MR_CT_CAP_IOPS,
	[MR_CLASS_GPU] = MR_CT_CAP_SLICE | MR_CT_CAP_SCRUB | MR_CT_CAP_WATCHDOG,
};

static const uint64_t resource_cap[MR_RES_COUNT] = {
	[MR_RES_MSIX] = MR_CT_CAP_MSIX,
	[MR_RES_QUEUES] = MR_CT_CAP_QUEUES,
	[MR_RES_FRAMEBUFFER] = MR_CT_CAP_FRAMEBUFFER,
};

/* MR_CT_CAP_* of a model. A resource of which no VF can have more than its base is none that
 * can be handed out. */
uint64_t sim_model_caps(const struct sim_model_desc *m)
{
	uint64_t caps = MR_CT_CAP_GATE | (m->ports ? MR_CT_CAP_MIN_RATE : 0) |
			class_caps[m->device_class];

	for (unsigned r = 0; r < MR_RES_COUNT; r++)
		if (m->res[r].max > m->res[r].base)
			caps |= resource_cap[r];
	return caps & ~m->lacks;
}

static uint64_t has(const struct sim_adapter *a, uint64_t cap, uint64_t v)
{
	return sim_model_caps(&a->m) & cap ? v : 0;
}

/* What MVF v of PF p has of a resource. */
static uint64_t amount(const struct sim_adapter *a, unsigned p, unsigned v, unsigned r)
{
	uint64_t reg = sim_mvf(a, p, v)->nv.amounts;
	uint64_t n = r == MR_RES_MSIX	  ? reg & 0xffff
		     : r == MR_RES_QUEUES ? reg >> 16 & 0xffff
					  : reg >> 32;

	return n ? n : a->m.res[r].base;
}

/* MSI-X vectors of MVF v of PF p. */
unsigned sim_vf_vectors(const struct sim_adapter *a, unsigned p, unsigned v)
{
	return (unsigned)amount(a, p, v, MR_RES_MSIX);
}

/* Entry i of the partition table that MVF v of PF p works with: its own where the adapter has
 * them, else its port's; without one the default partition alone. */
uint16_t sim_vf_pkey(const struct sim_adapter *a, unsigned p, unsigned v, unsigned i)
{
	const struct sim_vf_nv *nv = &sim_mvf(a, p, v)->nv;
	uint64_t reg = i < 4 ? nv->class0 : nv->class1;
	uint16_t key = (uint16_t)(reg >> 16 * (i % 4));
	bool any = nv->class0 | nv->class1;

	if (a->m.device_class != MR_CLASS_IB || i >= MR_VF_PKEYS)
		return 0;
	if (!(sim_model_caps(&a->m) & MR_CT_CAP_PKEY)) {
		key = a->port_pkey[i];
		any = a->port_pkey[0];
	}
	return any || i ? key : 0xffff;
}

static unsigned spaces_taken(const struct sim_adapter *a)
{
	unsigned n = 1; /* the BF */

	for (unsigned d = 0; d < a->vhs; d++)
		n += a->vh[d].enabled ? a->m.pfs : 0;
	for (unsigned p = 0; p < a->m.pfs; p++)
		n += sim_pf(a, 0, p)->iov.num;
	return n;
}

/* Configuration spaces that are left: internal.h. */
unsigned sim_spaces_left(const struct sim_adapter *a)
{
	unsigned taken = spaces_taken(a);

	if (!a->m.config_spaces)
		return UINT_MAX;
	return taken < a->m.config_spaces ? a->m.config_spaces - taken : 0;
}

static uint64_t used(const struct sim_adapter *a, unsigned p, unsigned r)
{
	uint64_t sum = 0;

	if (r == MR_RES_CAPACITY)
		return sim_ns_used(a, p) >> 20;
	for (unsigned v = 0; v < a->m.vfs; v++)
		sum += amount(a, p, v, r);
	return sum;
}

static uint64_t read_resource(const struct sim_adapter *a, uint64_t off)
{
	unsigned p = (unsigned)(off / 0x100), r = (unsigned)(off / 0x40 % 4);
	const struct sim_res_desc *d;

	if (p >= a->m.pfs)
		return SIM_ONES;
	d = &a->m.res[r];
	switch (off % 0x40) {
	case RES_TOTAL:
		return d->total;
	case RES_BASE:
		return d->base;
	case RES_MAX:
		return d->max;
	case RES_STEP:
		return d->step;
	case RES_USED:
		return used(a, p, r);
	default:
		return SIM_ONES;
	}
}

/* Registers of the table's head from CT_LIMITS on. */
uint64_t sim_class_head(const struct sim_adapter *a, uint64_t off)
{
	if (off >= CT_RESOURCES && off < CT_VHS)
		return read_resource(a, off - CT_RESOURCES);
	switch (off) {
	case CT_LIMITS:
		return has(a, MR_CT_CAP_MTU, a->m.mtu) |
		       has(a, MR_CT_CAP_WEIGHT, WEIGHT_MAX) << 16 |
		       has(a, MR_CT_CAP_BURST, BURST_MAX) << 32;
	case CT_LISTS:
		return has(a, MR_CT_CAP_TRUNK, MR_VF_TRUNK_RANGES) |
		       has(a, MR_CT_CAP_PKEY, MR_VF_PKEYS) << 8 |
		       has(a, MR_CT_CAP_NAMESPACES, MR_MAX_NAMESPACES) << 16 |
		       has(a, MR_CT_CAP_IOPS, IOPS_MAX) << 32;
	case CT_TIMES:
		return has(a, MR_CT_CAP_SLICE, SLICE_MAX) |
		       has(a, MR_CT_CAP_WATCHDOG, WATCHDOG_MAX) << 32;
	case CT_SCRUB:
		return (uint64_t)a->m.scrub_ns;
	case CT_BLOCK_SIZES:
		return has(a, MR_CT_CAP_NAMESPACES, 1ull << 9 | 1ull << 12);
	case CT_SPACES:
		return a->m.config_spaces ? a->m.config_spaces | (uint64_t)spaces_taken(a) << 16
					  : 0;
	case CT_ACL:
		return has(a, MR_CT_CAP_ACL, a->m.acl_rules);
	default:
		return SIM_ONES;
	}
}

/* ---- what a VF may be set to ---- */

struct ask {
	struct sim_chassis *c;
	const struct sim_adapter *a;
	unsigned p, v;
	unsigned row; /* of VF_ACL */
	uint64_t caps, value, old;
};

static uint64_t field(const struct ask *k, unsigned low, unsigned bits)
{
	return k->value >> low & ((1ull << bits) - 1);
}

/* A field that needs a capability unless it is 0, and has a limit. */
static bool in(const struct ask *k, uint64_t cap, uint64_t v, uint64_t max)
{
	return !v || (k->caps & cap && v <= max);
}

static bool shape_ok(const struct ask *k)
{
	uint64_t mtu = field(k, 0, 16);

	return in(k, MR_CT_CAP_MTU, mtu, k->a->m.mtu) && (!mtu || mtu >= 68) &&
	       in(k, MR_CT_CAP_WEIGHT, field(k, 16, 16), WEIGHT_MAX) &&
	       in(k, MR_CT_CAP_BURST, k->value >> 32, BURST_MAX);
}

static bool switching_ok(const struct ask *k)
{
	uint64_t to = field(k, 16, 16);

	return !(k->value & ~0xffff0003ull) &&
	       in(k, MR_CT_CAP_BRIDGING, field(k, 0, 2), MR_BRIDGING_ISOLATED) &&
	       in(k, MR_CT_CAP_MIRROR, to, k->a->m.vfs) && to != k->v + 1;
}

static bool amount_ok(const struct ask *k, unsigned r, uint64_t v)
{
	const struct sim_res_desc *d = &k->a->m.res[r];
	uint64_t others;

	if (!v)
		return true;
	if (!(k->caps & resource_cap[r]) || v < d->base || v > d->max ||
	    (v - d->base) % d->step)
		return false;
	others = used(k->a, k->p, r) - amount(k->a, k->p, k->v, r);
	return others + v <= d->total;
}

static bool amounts_ok(const struct ask *k)
{
	const struct sim_mvf *m = sim_mvf(k->a, k->p, k->v);

	if (k->value != k->old && (m->nv.d || m->row_vs))
		return false;
	return amount_ok(k, MR_RES_MSIX, field(k, 0, 16)) &&
	       amount_ok(k, MR_RES_QUEUES, field(k, 16, 16)) &&
	       amount_ok(k, MR_RES_FRAMEBUFFER, k->value >> 32);
}

/* Two VLAN ranges: each empty or in order. */
static bool ranges_ok(const struct ask *k)
{
	for (unsigned i = 0; i < 2; i++) {
		uint64_t first = field(k, 32 * i, 16), last = field(k, 32 * i + 16, 16);

		if ((first || last) && (!first || first > last || last > 4094))
			return false;
	}
	return in(k, MR_CT_CAP_TRUNK, k->value, SIM_ONES);
}

/* Four partition keys: 0, or with a number besides the membership bit. */
static bool pkeys_ok(const struct ask *k)
{
	for (unsigned i = 0; i < 4; i++)
		if (field(k, 16 * i, 16) == MR_PKEY_FULL)
			return false;
	return in(k, MR_CT_CAP_PKEY, k->value, SIM_ONES);
}

static bool iops_ok(const struct ask *k)
{
	return in(k, MR_CT_CAP_IOPS, k->value, IOPS_MAX);
}

static bool namespaces_ok(const struct ask *k)
{
	return in(k, MR_CT_CAP_NAMESPACES, k->value, SIM_ONES) &&
	       sim_ns_attachable(k->c, k->a, k->p, k->value & ~k->old);
}

static bool times_ok(const struct ask *k)
{
	return in(k, MR_CT_CAP_SLICE, field(k, 0, 32), SLICE_MAX) &&
	       in(k, MR_CT_CAP_WATCHDOG, k->value >> 32, WATCHDOG_MAX);
}

static bool none_ok(const struct ask *k)
{
	return !k->value;
}

/* VF_CLASS0 and VF_CLASS1 by class. */
static bool (*const class_ok[MR_CLASS_COUNT][2])(const struct ask *k) = {
	[MR_CLASS_ETHERNET] = {ranges_ok, ranges_ok}, [MR_CLASS_IB] = {pkeys_ok, pkeys_ok},
	[MR_CLASS_NVME] = {iops_ok, namespaces_ok},   [MR_CLASS_GPU] = {times_ok, none_ok},
	[MR_CLASS_FC] = {none_ok, none_ok},	      [MR_CLASS_OTHER] = {none_ok, none_ok},
};

static bool class0_ok(const struct ask *k)
{
	return class_ok[k->a->m.device_class][0](k);
}

static bool class1_ok(const struct ask *k)
{
	return class_ok[k->a->m.device_class][1](k);
}

/* A filter rule that says what it is about, in a row that the adapter has. */
static bool acl_ok(const struct ask *k)
{
	uint64_t v = MR_ACL_VALUE(k->value);
	bool means;

	switch (MR_ACL_WHAT(k->value)) {
	case MR_ACL_ANY:
		means = !v;
		break;
	case MR_ACL_ETHERTYPE:
		means = v >= 0x600 && v <= 0xffff;
		break;
	default:
		means = v;
	}
	return !k->value || (k->caps & MR_CT_CAP_ACL && k->row < k->a->m.acl_rules &&
			     k->value & MR_ACL_THERE && means && MR_ACL_VLAN(k->value) <= 4094);
}

static const struct field {
	size_t at;
	bool (*ok)(const struct ask *k); /* NULL: no attribute */
} fields[] = {
#define FIELD(reg, member, ok) [((reg)-VF_SHAPE) / 8] = {offsetof(struct sim_vf_nv, member), ok}
	FIELD(VF_SHAPE, shape, shape_ok),	FIELD(VF_SWITCHING, switching, switching_ok),
	FIELD(VF_AMOUNTS, amounts, amounts_ok), FIELD(VF_CLASS0, class0, class0_ok),
	FIELD(VF_CLASS1, class1, class1_ok),	FIELD(VF_ACL(0), acl[0], acl_ok),
	FIELD(VF_ACL(1), acl[1], acl_ok),	FIELD(VF_ACL(2), acl[2], acl_ok),
	FIELD(VF_ACL(3), acl[3], acl_ok),
#undef FIELD
};
_Static_assert(MR_VF_ACL_ROWS == 4, "all rows stand there");

/* The attribute at register 'off', or NULL. */
static const struct field *field_at(unsigned off)
{
	unsigned i = (off - VF_SHAPE) / 8;

	return i < sizeof(fields) / sizeof(fields[0]) && fields[i].ok ? &fields[i] : NULL;
}

static uint64_t *place(const struct sim_adapter *a, unsigned p, unsigned v,
		       const struct field *f)
{
	return (uint64_t *)(void *)((char *)&sim_mvf(a, p, v)->nv + f->at);
}

static uint64_t read_scrub(const struct sim_mvf *m)
{
	return (m->scrubbing ? MR_VF_SCRUB_BUSY : 0) | (m->fb ? MR_VF_SCRUB_WRITTEN : 0) |
	       (uint64_t)m->scrubs << 32;
}

/* Register 'off' of MVF v of PF p, from VF_SHAPE on. */
uint64_t sim_class_read(const struct sim_adapter *a, unsigned p, unsigned v, unsigned off)
{
	const struct field *f = field_at(off);

	if (off == VF_SCRUB)
		return read_scrub(sim_mvf(a, p, v));
	return f ? *place(a, p, v, f) : SIM_ONES;
}

/* Writes it. */
enum sim_wr sim_class_write(struct sim_chassis *c, struct sim_adapter *a, unsigned p,
			    unsigned v, unsigned off, uint64_t value)
{
	const struct field *f = field_at(off);
	struct ask k = {.c = c,
			.a = a,
			.p = p,
			.v = v,
			.row = (off - VF_ACL(0)) / 8,
			.caps = sim_model_caps(&a->m),
			.value = value};

	if (!f)
		return SIM_WR_DROPPED;
	k.old = *place(a, p, v, f);
	if (!f->ok(&k))
		return SIM_WR_REFUSED;
	*place(a, p, v, f) = value;
	sim_stall_arm(c, a, p, v);
	sim_traffic_mirror(c, a, p, v);
	return SIM_WR_DONE;
}
