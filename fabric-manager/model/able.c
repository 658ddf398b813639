// SPDX-License-Identifier: Apache-2.0
/*
 * Whether an adapter can do what a function is to be set to: capabilities and how far they
 * reach. Rates, bursts, weights and partition keys are left out: an adapter that lacks them is
 * not told, and one that has them is told what it can do.
 */
#include "common/str.h"
#include "fabric-manager/model/acl.h"
#include "fabric-manager/model/inventory.h"

static bool no(struct mr_buf *why, const char *what, uint64_t want, uint64_t most)
{
	if (why)
		mr_buf_printf(why, "%s %llu, and it has %llu at most", what,
			      (unsigned long long)want, (unsigned long long)most);
	return false;
}

static const char *cap_word(uint64_t bit)
{
	switch (bit) {
	case MR_CT_CAP_SPOOF:
		return "spoof check";
	case MR_CT_CAP_TRUST:
		return "trust";
	case MR_CT_CAP_VLAN:
		return "vlan";
	default:
		return mr_ct_cap_name(bit);
	}
}

static unsigned trunk_ranges(const struct fm_attrs *at)
{
	unsigned n = 0;

	while (n < MR_VF_TRUNK_RANGES && at->trunk[n].first)
		n++;
	return n;
}

static unsigned pkeys(const struct fm_attrs *at)
{
	unsigned n = 0;

	while (n < MR_VF_PKEYS && at->pkey[n])
		n++;
	return n;
}

static bool class_fits(const struct fm_limits *l, const struct fm_attrs *at, struct mr_buf *why)
{
	switch (at->device_class) {
	case MR_CLASS_ETHERNET:
		if (fm_acl_rules(at) > l->acl_rules)
			return no(why, "acl rules", fm_acl_rules(at), l->acl_rules);
		return trunk_ranges(at) <= l->trunk_ranges ||
		       no(why, "VLAN ranges", trunk_ranges(at), l->trunk_ranges);
	case MR_CLASS_IB:
		return !l->pkeys || pkeys(at) <= l->pkeys ||
		       no(why, "partition keys", pkeys(at), l->pkeys);
	case MR_CLASS_NVME:
		return at->nvme.iops <= l->iops || no(why, "iopsLimit", at->nvme.iops, l->iops);
	case MR_CLASS_GPU:
		if (at->gpu.slice_us > l->slice_us)
			return no(why, "timeSlice in us", at->gpu.slice_us, l->slice_us);
		return at->gpu.watchdog_ms <= l->watchdog_ms ||
		       no(why, "watchdog in ms", at->gpu.watchdog_ms, l->watchdog_ms);
	default:
		return true;
	}
}

/* Amounts are the same on every PF. */
static bool amounts_fit(const struct fm_adapter *a, const struct fm_attrs *at,
			struct mr_buf *why)
{
	const struct fm_pf *pf = &a->pf[0];
	uint32_t fb = at->device_class == MR_CLASS_GPU ? at->gpu.framebuffer_mib : 0;

	if (fm_pf_amount(pf, FM_RESOURCE_QUEUES, at->queues) == UINT32_MAX)
		return no(why, "queues", at->queues, pf->amount[FM_RESOURCE_QUEUES].max);
	if (fm_pf_amount(pf, FM_RESOURCE_MSIX, at->msix) == UINT32_MAX)
		return no(why, "MSI-X vectors", at->msix, pf->amount[FM_RESOURCE_MSIX].max);
	return fm_pf_amount(pf, FM_RESOURCE_FRAMEBUFFER, fb) != UINT32_MAX ||
	       no(why, "framebuffer in MiB", fb, pf->amount[FM_RESOURCE_FRAMEBUFFER].max);
}

/* Whether 'a' can be set to 'at': inventory.h. */
bool fm_adapter_can(const struct fm_adapter *a, const struct fm_attrs *at, struct mr_buf *why)
{
	uint64_t lacks = fm_attrs_caps(at) & ~(uint64_t)FM_ATTRS_SOFT_CAPS & ~(uint64_t)a->caps;

	for (uint64_t bit = 1; why && bit && bit <= lacks; bit <<= 1) {
		const char *word = lacks & bit ? cap_word(bit) : NULL;

		if (word)
			mr_buf_printf(why, "%s%s", why->len ? ", " : "it has no ", word);
	}
	if (lacks)
		return false;
	if (at->mtu > a->limits.mtu)
		return no(why, "mtu", at->mtu, a->limits.mtu);
	return class_fits(&a->limits, at, why) && amounts_fit(a, at, why);
}
