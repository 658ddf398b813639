// SPDX-License-Identifier: Apache-2.0
/*
 * The kinds of documents: name, table, sentence; and the life of one document, which its table
 * governs.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "fabric-manager/policy/tables.h"

static const struct {
	const struct fm_table *table;
	const char *help;
} kinds[FM_KIND_COUNT] = {
	[FM_KIND_HOST] = {&fm_host_table,
			  "Labels of a host, its chassis ports, cordon, power control."},
	[FM_KIND_ADAPTER] =
		{&fm_adapter_table,
		 "Labels of an adapter and of its ports, what happens when it is replaced."},
	[FM_KIND_HOST_GROUP] =
		{&fm_host_group_table,
		 "Which hosts, which spares, how a failed host's profiles move."},
	[FM_KIND_ADAPTER_POOL] =
		{&fm_adapter_pool_table,
		 "Which adapters, ports or VF ranges are handed out, and how much of them."},
	[FM_KIND_IDENTITY_POOL] = {&fm_identity_pool_table, "Ranges of identities."},
	[FM_KIND_PORT_PROFILE] = {&fm_port_profile_table,
				  "How a function is attached to its network or SAN."},
	[FM_KIND_QOS_CLASS] = {&fm_qos_class_table, "A named guarantee and limit."},
	[FM_KIND_SERVER_PROFILE] = {&fm_profile_table,
				    "One named set of devices with its identities, connected "
				    "to one host or none."},
	[FM_KIND_PROFILE_TEMPLATE] = {&fm_template_table,
				      "A pattern for profiles: one for each host of a group."},
	[FM_KIND_PRIORITY_CLASS] = {&fm_priority_table, "Importance and preemption."},
	[FM_KIND_DOMAIN] = {&fm_domain_table, "A tenant: what it may use."},
	[FM_KIND_FABRIC_POLICY] = {&fm_fabric_table,
				   "One, named default: drift, update, unknown hosts."},
};

static const char *const kind_names[] = {FM_DOC_KINDS(FM_ENUM_TEXT) NULL};
static const char *const class_names[] = {FM_DOC_CLASSES(FM_ENUM_TEXT) NULL};

/* The kind as it is written: "HostGroup". */
const char *fm_kind_name(enum fm_kind k)
{
	return (unsigned)k < FM_KIND_COUNT ? kind_names[k] : "?";
}

/* The kind that 's' names, or -1. */
int fm_kind_parse(const char *s)
{
	for (int k = 0; s && k < FM_KIND_COUNT; k++) {
		if (!strcmp(s, kind_names[k]))
			return k;
	}
	return -1;
}

/* The word of a class ("fibre-channel"); "?" when 'class_' is none. */
const char *fm_doc_class_name(int64_t class_)
{
	return class_ >= 0 && class_ < FM_DOC_CLASS_COUNT ? class_names[class_] : "?";
}

/* The table of a kind's spec. */
const struct fm_table *fm_kind_table(enum fm_kind k)
{
	return kinds[k].table;
}

/* One sentence about a kind. */
const char *fm_kind_help(enum fm_kind k)
{
	return kinds[k].help;
}

/* A document of 'kind' with every default, no name, and one reference. */
struct fm_doc *fm_doc_new(enum fm_kind kind)
{
	struct fm_doc *d = MR_NEW(struct fm_doc);

	d->refs = 1;
	d->kind = kind;
	fm_table_defaults(fm_kind_table(kind), &d->spec);
	return d;
}

/* One more reference to 'd'. */
struct fm_doc *fm_doc_ref(struct fm_doc *d)
{
	d->refs++;
	return d;
}

/* Gives a reference back; the last one frees. NULL is accepted. */
void fm_doc_unref(struct fm_doc *d)
{
	if (!d || --d->refs)
		return;
	fm_table_done(&fm_meta_table, &d->meta);
	fm_table_done(fm_kind_table(d->kind), &d->spec);
	free(d->file);
	free(d->text);
	free(d);
}

/* Whether two documents say the same; places and defaults that were written out do not
 * count. */
bool fm_doc_equal(const struct fm_doc *a, const struct fm_doc *b)
{
	return a->kind == b->kind && fm_table_equal(&fm_meta_table, &a->meta, &b->meta) &&
	       fm_table_equal(fm_kind_table(a->kind), &a->spec, &b->spec);
}

static bool count_is_range(const struct fm_doc_device *d)
{
	return d->count.min.at.line || d->count.max.at.line;
}

/* The functions that a device must have. */
int64_t fm_doc_count_min(const struct fm_doc_device *d)
{
	return count_is_range(d) ? d->count.min.v : d->count.n.v;
}

/* The functions that a device may have. */
int64_t fm_doc_count_max(const struct fm_doc_device *d)
{
	if (!count_is_range(d))
		return d->count.n.v;
	return d->count.max.at.line ? d->count.max.v : d->count.min.v;
}
