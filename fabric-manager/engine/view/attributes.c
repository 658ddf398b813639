// SPDX-License-Identifier: Apache-2.0
/*
 * What a function is set to, in the policy's words: the keys are a contract (docs/json.md).
 */
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/view/view.h"
#include "fabric-manager/model/acl.h"
#include "fabric-manager/plan/show.h"

static void add_ident(struct mr_tree *t, const struct fm_engine *e,
		      const struct fm_assignment *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->fn.chassis, a->fn.port);
	struct mr_ident id = {.lo = a->attrs.ident0, .type = MR_IDENT_MAC};
	char text[MR_IDENT_TEXT];

	if (d && d->device_class == MR_CLASS_FC)
		id.type = MR_IDENT_WWPN;
	else if (d && d->device_class == MR_CLASS_IB)
		id.type = MR_IDENT_GUID;
	if (id.lo)
		mr_tree_add_text(t, mr_ident_type_name(id.type), mr_ident_text(&id, text));
	if (a->attrs.ident1) {
		id.lo = a->attrs.ident1;
		id.type = d && d->device_class == MR_CLASS_IB ? MR_IDENT_GUID : MR_IDENT_WWNN;
		mr_tree_add_text(t, id.type == MR_IDENT_GUID ? "nodeGuid" : "wwnn",
				 mr_ident_text(&id, text));
	}
}

/* A list in words, or null. */
static void add_words(struct mr_tree *t, const char *key, const struct fm_attrs *a, bool some,
		      void (*show)(const struct fm_attrs *, struct mr_buf *))
{
	struct mr_buf b = {0};

	if (some)
		show(a, &b);
	mr_tree_add_text(t, key, some ? mr_buf_text(&b) : NULL);
	mr_buf_done(&b);
}

static void add_namespaces(struct mr_tree *t, uint64_t attached)
{
	struct mr_tree *l = mr_tree_add_list(t, "namespaces");

	for (unsigned i = 0; i < 64; i++)
		if (attached >> i & 1)
			mr_tree_add_int(l, NULL, i + 1);
}

/* What only functions of the class have: the same keys whether something is set or not. */
static void add_class(struct mr_tree *t, enum mr_class class, const struct fm_attrs *is)
{
	static const struct fm_attrs none;
	const struct fm_attrs *a = is->device_class == class ? is : &none;

	switch (class) {
	case MR_CLASS_ETHERNET:
		add_words(t, "trunk", a, a->trunk[0].first, fm_show_trunk);
		break;
	case MR_CLASS_IB:
		add_words(t, "pkey", a, a->pkey[0], fm_show_pkeys);
		break;
	case MR_CLASS_NVME:
		mr_tree_add_int(t, "iopsLimit", a->nvme.iops);
		add_namespaces(t, a->nvme.namespaces);
		break;
	case MR_CLASS_GPU:
		mr_tree_add_int(t, "framebufferMib", a->gpu.framebuffer_mib);
		mr_tree_add_int(t, "timeSliceUs", a->gpu.slice_us);
		mr_tree_add_int(t, "watchdogMs", a->gpu.watchdog_ms);
		break;
	default:
		break;
	}
}

void fm_tree_attributes(struct mr_tree *t, const struct fm_engine *e,
			const struct fm_assignment *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->fn.chassis, a->fn.port);
	const struct fm_attrs *is = &a->attrs;

	add_ident(t, e, a);
	mr_tree_add_int(t, "guaranteedMbps", a->guaranteed_mbps);
	mr_tree_add_int(t, "setGuaranteedMbps", is->min_mbps);
	mr_tree_add_int(t, "limitMbps", a->limit_mbps);
	mr_tree_add_int(t, "setLimitMbps", is->max_mbps);
	mr_tree_add_int(t, "burstKib", is->burst_kib);
	mr_tree_add_int(t, "weight", is->weight);
	mr_tree_add_int(t, "vlan", is->vlan);
	mr_tree_add_int(t, "vlanQos", is->vlan_qos);
	mr_tree_add_text(t, "vlanProtocol", is->vlan_ad ? "802.1ad" : "802.1q");
	mr_tree_add_bool(t, "trust", is->trust);
	mr_tree_add_bool(t, "spoofCheck", is->spoof_check);
	mr_tree_add_text(t, "linkState", fm_show_link_state(is->link_state));
	mr_tree_add_text(t, "bridging", fm_show_bridging(is->bridging));
	mr_tree_add_int(t, "mtu", is->mtu);
	mr_tree_add_int(t, "msix", is->msix);
	mr_tree_add_int(t, "queues", is->queues);
	mr_tree_add_int(t, "mirrorTo", is->mirror ? is->mirror - 1 : -1);
	add_words(t, "acl", is, fm_acl_rules(is), fm_acl_text);
	add_class(t, d ? d->device_class : is->device_class, is);
	mr_tree_add_text(t, "driver", a->driver);
}
