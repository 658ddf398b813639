// SPDX-License-Identifier: Apache-2.0
/*
 * Attributes compared one by one, and shown.
 */
#include "fabric-manager/model/drift.h"

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/acl.h"
#include "fabric-manager/model/ids.h"

static const char *const names[] = {
#define X(name, text, help) text,
	FM_DRIFTS(X)
#undef X
};

/* The policy's word, "?" for a number that is none. */
const char *fm_drift_name(enum fm_drift d)
{
	return (size_t)d < MR_ARRAY_SIZE(names) ? names[d] : "?";
}

/* The attribute with that word; -1 = none. */
int fm_drift_parse(const char *s)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(names); i++)
		if (mr_streq(s, names[i]))
			return (int)i;
	return -1;
}

static bool is_ethernet(const struct fm_attrs *a)
{
	return a->device_class == MR_CLASS_ETHERNET;
}

/* Bits of what differs between 'reads' and 'wants'; the gate is not an attribute. */
uint32_t fm_attrs_drift(const struct fm_attrs *reads, const struct fm_attrs *wants)
{
	const struct fm_attrs *r = reads, *w = wants;
	bool class_differs = !fm_attrs_class_eq(r, w);
	uint32_t d = 0;

	if (r->ident0 != w->ident0 || r->ident1 != w->ident1)
		d |= 1u << FM_DRIFT_IDENTITY;
	if (r->vlan != w->vlan || r->vlan_qos != w->vlan_qos || r->vlan_ad != w->vlan_ad ||
	    (is_ethernet(w) && class_differs))
		d |= 1u << FM_DRIFT_VLAN;
	if (r->min_mbps != w->min_mbps || r->max_mbps != w->max_mbps ||
	    r->burst_kib != w->burst_kib || r->weight != w->weight)
		d |= 1u << FM_DRIFT_RATES;
	if (r->trust != w->trust)
		d |= 1u << FM_DRIFT_TRUST;
	if (r->spoof_check != w->spoof_check)
		d |= 1u << FM_DRIFT_SPOOF_CHECK;
	if (r->link_state != w->link_state)
		d |= 1u << FM_DRIFT_LINK_STATE;
	if (r->mtu != w->mtu)
		d |= 1u << FM_DRIFT_MTU;
	if (r->bridging != w->bridging)
		d |= 1u << FM_DRIFT_BRIDGING;
	if (r->mirror != w->mirror)
		d |= 1u << FM_DRIFT_MIRROR;
	if (!fm_acl_eq(r, w))
		d |= 1u << FM_DRIFT_ACL;
	if (r->msix != w->msix || r->queues != w->queues || (!is_ethernet(w) && class_differs))
		d |= 1u << FM_DRIFT_RESOURCES;
	return d;
}

static const char *on_off(bool b)
{
	return b ? "on" : "off";
}

/* The attributes that a bit covers, in words. */
void fm_attrs_drift_text(const struct fm_attrs *a, enum fm_drift d, char *buf, size_t size)
{
	static const char *const links[] = {"auto", "enable", "disable"};
	struct mr_buf rules = {0};

	switch (d) {
	case FM_DRIFT_IDENTITY:
		mr_fmt(buf, size, "%llx", (unsigned long long)a->ident0);
		if (a->ident1)
			mr_fmt(buf, size, "%llx/%llx", (unsigned long long)a->ident0,
			       (unsigned long long)a->ident1);
		break;
	case FM_DRIFT_VLAN:
		mr_fmt(buf, size, "%u priority %u%s", a->vlan, a->vlan_qos,
		       a->vlan_ad ? " 802.1ad" : "");
		break;
	case FM_DRIFT_RATES:
		mr_fmt(buf, size, "%u-%u Mbit/s, burst %u KiB, weight %u", a->min_mbps,
		       a->max_mbps, a->burst_kib, a->weight);
		break;
	case FM_DRIFT_TRUST:
		mr_fmt(buf, size, "%s", on_off(a->trust));
		break;
	case FM_DRIFT_SPOOF_CHECK:
		mr_fmt(buf, size, "%s", on_off(a->spoof_check));
		break;
	case FM_DRIFT_LINK_STATE:
		mr_fmt(buf, size, "%s",
		       a->link_state < MR_ARRAY_SIZE(links) ? links[a->link_state] : "?");
		break;
	case FM_DRIFT_MTU:
		mr_fmt(buf, size, "%u", a->mtu);
		break;
	case FM_DRIFT_BRIDGING:
		mr_fmt(buf, size, "mode %u", a->bridging);
		break;
	case FM_DRIFT_MIRROR:
		mr_fmt(buf, size, "%d", (int)a->mirror - 1);
		break;
	case FM_DRIFT_ACL:
		fm_acl_text(a, &rules);
		mr_fmt(buf, size, "%s", mr_buf_text(&rules));
		mr_buf_done(&rules);
		break;
	case FM_DRIFT_RESOURCES:
		mr_fmt(buf, size, "%u interrupts, %u queues, and those of its class", a->msix,
		       a->queues);
		break;
	default:
		mr_fmt(buf, size, "%s", "");
	}
}
