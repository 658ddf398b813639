/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the adapter lets through of the frames that a function sends, by the attributes that the
 * MR-PCIM gave it: source address, size, VLAN, partition, filter rules; and what the function
 * that they are for accepts. All frames of a flow are alike, so a flow passes or is dropped as
 * a whole.
 */
#include "sim/model/internal.h"

#define ETH_HEADER 14u
#define ETH_TAG	   4u
#define ETH_IPV4   0x800u
#define VLAN(reg)  ((unsigned)((reg)&0xfff))

static bool has_ranges(const struct sim_mvf *m)
{
	return m->nv.class0 | m->nv.class1;
}

static bool in_ranges(const struct sim_mvf *m, unsigned vlan)
{
	const uint64_t reg[2] = {m->nv.class0, m->nv.class1};

	for (unsigned i = 0; i < MR_VF_TRUNK_RANGES; i++) {
		unsigned first = reg[i / 2] >> 32 * (i % 2) & 0xffff;
		unsigned last = reg[i / 2] >> (32 * (i % 2) + 16) & 0xffff;

		if (first && vlan >= first && vlan <= last)
			return true;
	}
	return false;
}

/* The VLAN that a frame is in once the adapter took it; -1: it does not take it. A port of one
 * VLAN tags by itself, and takes no tagged frame. */
static int vlan_of(const struct sim_mvf *m, const struct sim_traffic *t)
{
	unsigned own = VLAN(m->nv.vlan);

	if (!t->vlan)
		return has_ranges(m) && !own ? -1 : (int)own;
	if (has_ranges(m))
		return t->vlan == own || in_ranges(m, t->vlan) ? t->vlan : -1;
	return own ? -1 : t->vlan;
}

static bool too_large(const struct sim_mvf *m, const struct sim_traffic *t)
{
	unsigned mtu = m->nv.shape & 0xffff;

	return mtu && t->frame > mtu + ETH_HEADER + (t->vlan ? ETH_TAG : 0);
}

/* A frame as filter rules see it; dst 0: nobody's that is known. */
struct frame {
	uint64_t src, dst;
	unsigned vlan, ethertype;
};

static bool matches(uint64_t rule, const struct frame *f)
{
	uint64_t v = MR_ACL_VALUE(rule);

	if (MR_ACL_VLAN(rule) && MR_ACL_VLAN(rule) != f->vlan)
		return false;
	switch (MR_ACL_WHAT(rule)) {
	case MR_ACL_SRC:
		return f->src == v;
	case MR_ACL_DST:
		return f->dst == v;
	case MR_ACL_ETHERTYPE:
		return f->ethertype == v;
	default:
		return true;
	}
}

/* What the first rule of 'm' that is about the frame says; without one it passes. */
static bool rules_allow(const struct sim_mvf *m, const struct frame *f)
{
	for (unsigned i = 0; i < MR_VF_ACL_ROWS; i++)
		if (m->nv.acl[i] && matches(m->nv.acl[i], f))
			return !(m->nv.acl[i] & MR_ACL_DENY);
	return true;
}

/* What MVF v of PF p sends, to its peer's address where that is not said. */
static struct frame frame_of(const struct sim_adapter *a, unsigned p, unsigned v,
			     const struct sim_traffic *t)
{
	const struct sim_mvf *m = sim_mvf(a, p, v);
	uint64_t peer = t->to ? sim_mvf(a, p, t->to - 1u)->nv.ident0 : 0;
	int vlan = vlan_of(m, t);

	return (struct frame){.src = t->src ? t->src : m->nv.ident0,
			      .dst = t->dst ? t->dst : peer,
			      .vlan = vlan < 0 ? 0 : (unsigned)vlan,
			      .ethertype = t->ethertype ? t->ethertype : ETH_IPV4};
}

static bool is_member(const struct sim_adapter *a, unsigned p, unsigned v, unsigned key)
{
	for (unsigned i = 0; i < MR_VF_PKEYS; i++) {
		unsigned have = sim_vf_pkey(a, p, v, i);

		if (have && !((have ^ key) & ~MR_PKEY_FULL))
			return true;
	}
	return !key;
}

/* Whether the adapter takes what MVF v of PF p sends; 'ret_spoofed': not, for its source
 * address. */
bool sim_filter_takes(const struct sim_adapter *a, unsigned p, unsigned v,
		      const struct sim_traffic *t, bool *ret_spoofed)
{
	const struct sim_mvf *m = sim_mvf(a, p, v);
	struct frame f = frame_of(a, p, v, t);

	*ret_spoofed = m->nv.flags & 2 && t->src && t->src != m->nv.ident0;
	if (a->m.device_class == MR_CLASS_IB)
		return is_member(a, p, v, t->pkey);
	if (a->m.device_class != MR_CLASS_ETHERNET)
		return true;
	return !*ret_spoofed && !too_large(m, t) && vlan_of(m, t) >= 0 && rules_allow(m, &f);
}

/* Whether MVF 'to' accepts what 'v' sends: it is in the VLAN, the frame is for its address
 * unless it is trusted to listen to all, and its rules let it in. */
bool sim_filter_accepts(const struct sim_adapter *a, unsigned p, unsigned v, unsigned to,
			const struct sim_traffic *t)
{
	const struct sim_mvf *m = sim_mvf(a, p, to);
	struct frame f = frame_of(a, p, v, t);
	int vlan = vlan_of(sim_mvf(a, p, v), t);

	if (a->m.device_class == MR_CLASS_IB)
		return is_member(a, p, to, t->pkey);
	if (a->m.device_class != MR_CLASS_ETHERNET)
		return VLAN(sim_mvf(a, p, v)->nv.vlan) == VLAN(m->nv.vlan);
	if (!rules_allow(m, &f) || (t->dst && t->dst != m->nv.ident0 && !(m->nv.flags & 1)))
		return false;
	return vlan == (int)VLAN(m->nv.vlan) || (vlan > 0 && in_ranges(m, (unsigned)vlan)) ||
	       (vlan > 0 && !has_ranges(m) && !VLAN(m->nv.vlan) && t->vlan);
}
