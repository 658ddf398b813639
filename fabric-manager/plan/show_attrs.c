/* SPDX-License-Identifier: Apache-2.0 */
/* What a change of attributes is, in words: each that differs, with both values. */
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/acl.h"
#include "fabric-manager/plan/show.h"

/* "10Gbit", "0", "free". */
const char *fm_show_rate(uint64_t mbps, char *buf, size_t size)
{
	if (!mbps)
		return "0";
	return mbps > UINT64_MAX / 1000000 ? "free" : mr_rate_text(mbps * 1000000, buf, size);
}

/* ", NAME OLD -> NEW" when they differ; 0 is what nothing was said of. */
static void number(struct mr_buf *b, const char *name, uint64_t old, uint64_t now)
{
	if (old != now)
		mr_buf_printf(b, ", %s %llu -> %llu", name, (unsigned long long)old,
			      (unsigned long long)now);
}

const char *fm_show_bridging(unsigned v)
{
	static const char *const names[] = {"veb", "vepa", "isolated"};

	return v < MR_ARRAY_SIZE(names) ? names[v] : "?";
}

const char *fm_show_link_state(unsigned v)
{
	static const char *const names[] = {"auto", "enable", "disable"};

	return v < MR_ARRAY_SIZE(names) ? names[v] : "?";
}

/* What functions of every class may have. */
static void common_words(const struct fm_attrs *is, const struct fm_attrs *want,
			 struct mr_buf *b)
{
	number(b, "VLAN", is->vlan, want->vlan);
	number(b, "VLAN priority", is->vlan_qos, want->vlan_qos);
	if (is->vlan_ad != want->vlan_ad)
		mr_buf_printf(b, ", VLAN protocol %s", want->vlan_ad ? "802.1ad" : "802.1q");
	if (is->trust != want->trust)
		mr_buf_printf(b, ", trust %s", want->trust ? "on" : "off");
	if (is->spoof_check != want->spoof_check)
		mr_buf_printf(b, ", spoofCheck %s", want->spoof_check ? "on" : "off");
	if (is->link_state != want->link_state)
		mr_buf_printf(b, ", linkState %s -> %s", fm_show_link_state(is->link_state),
			      fm_show_link_state(want->link_state));
	if (is->bridging != want->bridging)
		mr_buf_printf(b, ", bridging %s -> %s", fm_show_bridging(is->bridging),
			      fm_show_bridging(want->bridging));
	number(b, "MTU", is->mtu, want->mtu);
	number(b, "weight", is->weight, want->weight);
	number(b, "burst in KiB", is->burst_kib, want->burst_kib);
	number(b, "MSI-X vectors", is->msix, want->msix);
	number(b, "queues", is->queues, want->queues);
	if (is->mirror && is->mirror != want->mirror)
		mr_buf_printf(b, ", no copies to vf%u", is->mirror - 1u);
	if (want->mirror && is->mirror != want->mirror)
		mr_buf_printf(b, ", copies to vf%u", want->mirror - 1u);
	if (!fm_acl_eq(is, want)) {
		mr_buf_puts(b, ", acl ");
		fm_acl_text(is, b);
		mr_buf_puts(b, " -> ");
		fm_acl_text(want, b);
	}
}

void fm_show_trunk(const struct fm_attrs *at, struct mr_buf *b)
{
	for (unsigned i = 0; i < MR_VF_TRUNK_RANGES && at->trunk[i].first; i++) {
		mr_buf_printf(b, "%s%u", i ? "," : "", at->trunk[i].first);
		if (at->trunk[i].last != at->trunk[i].first)
			mr_buf_printf(b, "-%u", at->trunk[i].last);
	}
	if (!at->trunk[0].first)
		mr_buf_puts(b, "none");
}

void fm_show_pkeys(const struct fm_attrs *at, struct mr_buf *b)
{
	for (unsigned i = 0; i < MR_VF_PKEYS && at->pkey[i]; i++)
		mr_buf_printf(b, "%s0x%04x", i ? "," : "", at->pkey[i]);
	if (!at->pkey[0])
		mr_buf_puts(b, "none");
}

static void namespaces(uint64_t is, uint64_t want, struct mr_buf *b)
{
	for (unsigned i = 0; i < 64; i++)
		if ((is ^ want) >> i & 1)
			mr_buf_printf(b, ", %s namespace %u",
				      want >> i & 1 ? "attaches" : "detaches", i + 1);
}

/* What only some classes have. */
static void class_words(const struct fm_attrs *is, const struct fm_attrs *want,
			struct mr_buf *b)
{
	static const struct fm_attrs none;
	unsigned class = want->device_class ? want->device_class : is->device_class;

	if (fm_attrs_class_eq(is, want))
		return;
	is = is->device_class == class ? is : &none;
	want = want->device_class == class ? want : &none;
	switch (class) {
	case MR_CLASS_ETHERNET:
		mr_buf_puts(b, ", VLANs of the trunk ");
		fm_show_trunk(is, b);
		mr_buf_puts(b, " -> ");
		fm_show_trunk(want, b);
		break;
	case MR_CLASS_IB:
		mr_buf_puts(b, ", pkey ");
		fm_show_pkeys(is, b);
		mr_buf_puts(b, " -> ");
		fm_show_pkeys(want, b);
		break;
	case MR_CLASS_NVME:
		number(b, "iopsLimit", is->nvme.iops, want->nvme.iops);
		namespaces(is->nvme.namespaces, want->nvme.namespaces, b);
		break;
	case MR_CLASS_GPU:
		number(b, "framebuffer in MiB", is->gpu.framebuffer_mib,
		       want->gpu.framebuffer_mib);
		number(b, "timeSlice in us", is->gpu.slice_us, want->gpu.slice_us);
		number(b, "watchdog in ms", is->gpu.watchdog_ms, want->gpu.watchdog_ms);
		break;
	default:
		break;
	}
}

static void ident_words(const struct fm_claim *c, unsigned i, uint64_t is, uint64_t want,
			struct mr_buf *b)
{
	struct mr_ident id = {.type = c->ident[i].type, .lo = is};
	char text[MR_IDENT_TEXT];

	if (is == want)
		return;
	mr_buf_printf(b, ", %s %s", mr_ident_type_name(id.type),
		      is ? mr_ident_text(&id, text) : "none");
	id.lo = want;
	mr_buf_printf(b, " -> %s", want ? mr_ident_text(&id, text) : "none");
}

/* What an update or a rebind changes: show.h. */
void fm_show_update(const struct fm_assignment *a, const struct fm_claim *c,
		    const struct fm_attrs *want, struct mr_buf *b)
{
	char x[32], y[32];

	if (a->guaranteed_mbps != c->guaranteed_mbps)
		mr_buf_printf(b, ", guaranteed %s -> %s",
			      fm_show_rate(a->guaranteed_mbps, x, sizeof(x)),
			      fm_show_rate(c->guaranteed_mbps, y, sizeof(y)));
	if (a->limit_mbps != c->limit_mbps)
		mr_buf_printf(
			b, ", limit %s -> %s",
			a->limit_mbps ? fm_show_rate(a->limit_mbps, x, sizeof(x)) : "none",
			c->limit_mbps ? fm_show_rate(c->limit_mbps, y, sizeof(y)) : "none");
	else if (a->attrs.max_mbps != want->max_mbps)
		mr_buf_printf(b, ", share of the port %s -> %s",
			      a->attrs.max_mbps ? fm_show_rate(a->attrs.max_mbps, x, sizeof(x))
						: "all",
			      want->max_mbps ? fm_show_rate(want->max_mbps, y, sizeof(y))
					     : "all");
	common_words(&a->attrs, want, b);
	class_words(&a->attrs, want, b);
	ident_words(c, 0, a->attrs.ident0, want->ident0, b);
	ident_words(c, 1, a->attrs.ident1, want->ident1, b);
	if (!mr_streq(a->driver, c->driver ? c->driver : ""))
		mr_buf_printf(b, ", driver %s -> %s", a->driver[0] ? a->driver : "default",
			      c->driver && c->driver[0] ? c->driver : "default");
}

static void step_words(const char *what, uint32_t said, uint32_t set, struct mr_buf *b)
{
	char x[32], y[32];

	if (said && set && said != set)
		mr_buf_printf(b, ", %s %s is set as %s", what, fm_show_rate(said, x, sizeof(x)),
			      fm_show_rate(set, y, sizeof(y)));
}

/* See show.h. */
void fm_show_steps(const struct fm_claim *c, const struct fm_attrs *want, struct mr_buf *b)
{
	step_words("guaranteed", c->guaranteed_mbps, want->min_mbps, b);
	step_words("limit", c->limit_mbps, want->max_mbps, b);
}
