// SPDX-License-Identifier: Apache-2.0
/*
 * What a claim's function is set to, from its QosClass, PortProfile and device: rates and
 * attributes of its class. Whether an adapter can do it is the planner's question; what no
 * adapter can do gives the claim its reason here.
 */
#include <stdlib.h>

#include "fabric-manager/model/acl.h"
#include "fabric-manager/policy/resolving.h"

#define BITS_PER_MBIT 1000000
#define KIB	      1024
#define MIB	      (UINT64_C(1) << 20)
#define VLANS	      4096
#define NS_PER_US     1000
#define NS_PER_MS     1000000

/* MiB, rounded up. */
uint32_t fm_mib(uint64_t bytes)
{
	uint64_t n = (bytes + MIB - 1) / MIB;

	return n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

static uint32_t mbps(int64_t bits)
{
	return bits == FM_UNLIMITED ? 0 : (uint32_t)(bits / BITS_PER_MBIT);
}

static void set_qos(const struct fm_resolving *r, const struct fm_doc_device *dev,
		    struct fm_claim *c)
{
	const struct fm_doc *q = fm_docs_find(r->docs, FM_KIND_QOS_CLASS, dev->qos.name.s);

	c->guaranteed_mbps = mbps(q ? q->spec.qos_class.guaranteed.v : dev->qos.guaranteed.v);
	c->limit_mbps = mbps(q ? q->spec.qos_class.limit.v : dev->qos.limit.v);
	c->weight = (uint16_t)(q ? q->spec.qos_class.weight.v : dev->qos.weight.v);
	/* hardware counts a burst in KiB */
	c->burst_kib = q ? (uint32_t)((q->spec.qos_class.burst.v + KIB - 1) / KIB) : 0;
	c->attrs.min_mbps = c->guaranteed_mbps;
	c->attrs.max_mbps = c->limit_mbps;
	c->attrs.weight = c->weight;
	c->attrs.burst_kib = c->burst_kib;
}

/* The VLANs as ascending ranges; see docs.h. */
unsigned fm_vlan_ranges(const struct fm_nums *vlans, struct fm_vlan_range *ret)
{
	bool in[VLANS + 1] = {false}; /* one more, which is never in */
	unsigned n = 0;

	if (!vlans->n)
		return 0; /* as most functions */
	for (unsigned i = 0; i < vlans->n; i++)
		in[vlans->item[i].v & (VLANS - 1)] = true;
	for (unsigned v = 0; v < VLANS; v++) {
		struct fm_vlan_range range = {(uint16_t)v, 0};

		if (!in[v])
			continue;
		while (in[v + 1])
			v++;
		range.last = (uint16_t)v;
		if (n < MR_VF_TRUNK_RANGES)
			ret[n] = range;
		n++;
	}
	return n;
}

/* VLAN, spoof check, trust and switching are of Ethernet; other classes have them off. */
static void set_ethernet(const struct fm_doc_port_profile *p,
			 const struct fm_doc_device *identity, struct fm_claim *c)
{
	static const uint8_t bridging[FM_DOC_BRIDGE_COUNT] = {
		[FM_DOC_BRIDGE_VEB] = MR_BRIDGING_VEB,
		[FM_DOC_BRIDGE_VEPA] = MR_BRIDGING_VEPA,
		[FM_DOC_BRIDGE_ISOLATED] = MR_BRIDGING_ISOLATED,
	};
	struct fm_attrs *a = &c->attrs;

	a->vlan = (uint16_t)(p->vlan.trunk.n ? p->vlan.native.v : p->vlan.access.v);
	a->vlan_qos = (uint8_t)p->vlan.qos.v;
	a->vlan_ad = p->vlan.protocol.v == FM_DOC_VLAN_8021AD;
	a->trust = p->trust.v;
	a->spoof_check = p->spoof_check.v < 0 ? identity->identity.ref[MR_IDENT_MAC].at.line > 0
					      : p->spoof_check.v;
	a->bridging = p->bridging.at.line ? bridging[p->bridging.v] : 0;
	fm_vlan_ranges(&p->vlan.trunk, a->trunk);
	for (unsigned i = 0; i < p->acl.n && i < MR_VF_ACL_ROWS; i++) {
		fm_acl_parse(p->acl.item[i].match.s, &a->acl[i], NULL); /* was checked */
		if (p->acl.item[i].action.v == FM_DOC_ACL_DENY)
			a->acl[i] |= MR_ACL_DENY;
	}
	if (p->bridging.at.line && p->bridging.v == FM_DOC_BRIDGE_SWITCHDEV) {
		c->reason = MR_REASON_UNSUPPORTED;
		c->detail =
			"its PortProfile asks for switchdev, and no adapter has representors";
	}
}

static void set_port(const struct fm_resolving *r, const struct fm_doc_device *dev,
		     const struct fm_doc_device *identity, struct fm_claim *c)
{
	static const uint8_t link_states[FM_DOC_LINK_STATE_COUNT] = {
		[FM_DOC_LINK_AUTO] = 0,
		[FM_DOC_LINK_ENABLE] = 1,
		[FM_DOC_LINK_DISABLE] = 2,
	};
	const struct fm_doc *doc =
		fm_docs_find(r->docs, FM_KIND_PORT_PROFILE, dev->port_profile.s);
	const struct fm_doc_port_profile *p =
		doc ? &doc->spec.port_profile : &r->no_port->spec.port_profile;

	c->attrs.link_state = link_states[p->link_state.v];
	c->attrs.mtu = (uint16_t)p->mtu.v;
	if (dev->class.v == FM_DOC_CLASS_ETHERNET)
		set_ethernet(p, identity, c);
	for (unsigned i = 0;
	     dev->class.v == FM_DOC_CLASS_INFINIBAND && i < p->pkey.n && i < MR_VF_PKEYS; i++)
		c->attrs.pkey[i] = (uint16_t)strtoul(p->pkey.item[i].s, NULL, 16);
}

static void set_device(const struct fm_doc_device *dev, struct fm_attrs *a)
{
	a->queues = (uint16_t)dev->queues.v;
	if (dev->class.v == FM_DOC_CLASS_NVME && dev->storage.iops_limit.v != FM_UNLIMITED)
		a->nvme.iops = (uint32_t)dev->storage.iops_limit.v;
	if (dev->class.v == FM_DOC_CLASS_GPU) {
		a->gpu.framebuffer_mib = fm_mib((uint64_t)dev->gpu.framebuffer.v);
		a->gpu.slice_us = (uint32_t)(dev->gpu.time_slice.v / NS_PER_US);
		a->gpu.watchdog_ms = (uint32_t)(dev->gpu.watchdog.timeout.v / NS_PER_MS);
	}
}

/* Rates and attributes; the claim's reason where no adapter can do them. 'identity' is the
 * device whose identity it shows. */
void fm_resolve_attrs(const struct fm_resolving *r, const struct fm_doc_device *dev,
		      const struct fm_doc_device *identity, struct fm_claim *c)
{
	c->attrs.device_class = (uint8_t)fm_class_of(dev->class.v);
	set_qos(r, dev, c);
	set_port(r, dev, identity, c);
	set_device(dev, &c->attrs);
}
