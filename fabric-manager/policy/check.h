/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the set check share: where findings go, which host is in which group, which
 * identity ranges there are. Internal to check*.c.
 */
#ifndef FABRIC_MANAGER_POLICY_CHECK_H
#define FABRIC_MANAGER_POLICY_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ids.h"
#include "fabric-manager/policy/docs.h"

struct mr_map;

/* A host as a group names it; a value written by 'doc' at 'at'. */
struct fm_member {
	const struct fm_doc *doc; /* the group */
	struct fm_at at;
	const char *host;
	bool spare;
};

/* One range of an identity pool; sorted by type, then first value. */
struct fm_check_range {
	const struct fm_doc *doc;
	struct fm_at at;
	struct mr_ident first;
	struct mr_ident last;
};

struct fm_check {
	const struct fm_docs *set;
	const struct fm_doc
		*last[FM_KIND_COUNT]; /* what was referred to last: most say the same */
	struct mr_diags *diags;
	unsigned errors;
	struct fm_member *member;
	unsigned members, cap_members;
	struct mr_map *member_of; /* host -> index of member */
	struct fm_check_range *range;
	unsigned ranges, cap_ranges;
	struct mr_map *literal; /* "type/value" -> const struct fm_at *, with its document in
				   literal_doc */
	struct mr_map *literal_doc;
	const struct fm_doc **domain; /* check_domains.c: all of them */
	unsigned domains;
	struct mr_map *profile; /* profile name -> const struct fm_doc *: documents and what
				   templates make */
};

/* A profile, or a template's, while it is checked, and the path of what is looked at. */
struct fm_view {
	struct fm_check *c;
	const struct fm_doc *doc;
	const struct fm_doc_profile *p;
	bool template;
	char path[128];
};
/* "spec.template.devices[2].KEY", "spec.template.KEY"; into v->path. */
const char *fm_view_device(struct fm_view *v, unsigned i, const char *key);
const char *fm_view_key(struct fm_view *v, const char *key);
/* The device of that name, or NULL. */
const struct fm_doc_device *fm_view_find(const struct fm_view *v, const char *name);

#define FM_PLACE_MAX 320

void fm_check_error(struct fm_check *c, const struct fm_doc *d, struct fm_at at,
		    const char *path, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void fm_check_warn(struct fm_check *c, const struct fm_doc *d, struct fm_at at,
		   const char *path, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
/* "file:line:col" into buf of FM_PLACE_MAX bytes. */
const char *fm_check_place(const struct fm_doc *d, struct fm_at at, char *buf);
/* The document that 't' refers to; an error with the nearest name, and NULL, when there is
 * none. */
const struct fm_doc *fm_check_ref(struct fm_check *c, const struct fm_doc *d, const char *path,
				  const struct fm_text *t, enum fm_kind kind);

/* The parts, in this order: later ones use what the earlier ones gathered. */
void fm_check_hosts(struct fm_check *c);
void fm_check_adapter_pools(struct fm_check *c);
void fm_check_identity_pools(struct fm_check *c);
void fm_check_profiles(struct fm_check *c);
/* What is not the document of 'was', and the profiles that ask for something else by it (their
 * names, in order), against the literals of all. */
void fm_check_edited(struct fm_check *c, const struct fm_docs *was, const char *const *name,
		     unsigned n);
void fm_check_domains(struct fm_check *c);

/* Parts of fm_check_profiles: what a device says beside pool, rates and identities; what the
 * placement rules say together. */
void fm_check_port_profile(struct fm_check *c, const struct fm_doc *d);
void fm_check_devices(struct fm_view *v);
void fm_check_rules(struct fm_view *v);

void fm_check_drift(struct fm_check *c, const struct fm_doc *d,
		    const struct fm_doc_fabric_drift *f);
/* `update` of FabricPolicy or a profile; 'path' is its own. */
void fm_check_update(struct fm_check *c, const struct fm_doc *d, const char *path,
		     const struct fm_doc_update *u);

/* What a value of 't' can be: 0, or -EINVAL with an error at 'at'. */
int fm_check_ident(struct fm_check *c, const struct fm_doc *d, const char *path,
		   enum mr_ident_type type, const struct fm_text *t, struct mr_ident *ret);
/* The pool range that holds 'id', or NULL; whether there is any range of its type. */
const struct fm_check_range *fm_check_range_of(const struct fm_check *c,
					       const struct mr_ident *id);
bool fm_check_has_ranges(const struct fm_check *c, enum mr_ident_type type);

#endif
