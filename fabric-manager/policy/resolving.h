/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of the resolver share. Internal to resolve*.c. */
#ifndef FABRIC_MANAGER_POLICY_RESOLVING_H
#define FABRIC_MANAGER_POLICY_RESOLVING_H

#include "common/err.h"
#include "fabric-manager/policy/resolve.h"

struct fm_had;
struct fm_mirror_wish;
struct mr_map;

struct fm_resolving {
	const struct fm_resolve_input *in;
	const struct fm_docs *docs;
	const struct fm_inventory *inv; /* never NULL */
	struct fm_desired *d;
	struct mr_diags *diags;
	struct mr_map *host_of;	  /* name -> index of d->host */
	struct mr_map *update_of; /* document -> index of d->update */
	uint32_t suspends;	  /* bits 1 << enum fm_kind: some document of the kind is */
	unsigned adapter_docs, adapter_end; /* documents of kind Adapter: from, up to */
	struct fm_doc *no_port;		    /* the PortProfile of a device without one */
	/* the profile before this one, and what it was made from: of a template most say the
	 * same */
	const struct fm_doc_profile *last_spec;
	struct fm_profile last;
	struct fm_mirror_wish *mirror;
	unsigned mirrors, cap_mirrors;
	unsigned cap_contests;
	struct fm_had *had; /* resolve_had.c; NULL = nobody asked yet */
};

/* A finding at 'at' of 'doc'; 'sev' says whether documents and inventory contradict each
 * other. */
#define FM_FIND(r, sev, doc, at_, path, ...) \
	mr_diags_add((r)->diags, sev, (doc)->file, (at_).line, (at_).col, path, __VA_ARGS__)

/* How edits reach what is running: FabricPolicy's, and a profile's from its document. */
void fm_resolve_update(struct fm_resolving *r, const struct fm_doc_update *f);
void fm_resolve_profile_update(struct fm_resolving *r, const struct fm_doc *doc,
			       const struct fm_doc_update *f, struct fm_profile *p);

/* Whether the document 'kind' 'name' says `suspend: true`; false when there is none. */
bool fm_doc_suspended(const struct fm_resolving *r, enum fm_kind kind, const char *name);

/* What is asked of the documents again and again; the first of all. */
void fm_resolve_look(struct fm_resolving *r);
/* Where the profile is connected is said: what of it and of its claims follows from that. */
void fm_resolve_connected(struct fm_resolving *r, const struct fm_doc *doc,
			  const struct fm_doc_profile *spec, struct fm_profile *p);
/* Of its claims, for the latter. */
void fm_resolve_claims_connected(struct fm_resolving *r, const struct fm_doc_profile *spec,
				 const struct fm_profile *p);

/* The parts, in this order. */
void fm_resolve_hosts(struct fm_resolving *r);
void fm_resolve_groups(struct fm_resolving *r);
void fm_resolve_adapters(struct fm_resolving *r);
void fm_resolve_pools(struct fm_resolving *r);
void fm_resolve_priorities(struct fm_resolving *r);
void fm_resolve_domains(struct fm_resolving *r);
void fm_resolve_replaced(struct fm_resolving *r);
void fm_resolve_profiles(struct fm_resolving *r);

/* The document that makes the profile, NULL when it is not there any more. */
const struct fm_doc *fm_profile_origin(const struct fm_resolving *r,
				       const struct fm_profile *p);
/* Of a profile: its claims with 'p' as their profile, then its rules and pairs. The arrays of
 * r->d have room for them. */
void fm_resolve_claims(struct fm_resolving *r, const struct fm_doc *doc,
		       const struct fm_doc_profile *spec, struct fm_profile *p);

/* The 'n' claims from 'first' on are of a device whose PortProfile has `mirrorTo`; then all of
 * them at once. */
void fm_mirror_wish(struct fm_resolving *r, const struct fm_doc *doc, uint32_t first,
		    uint32_t n);
void fm_resolve_mirrors(struct fm_resolving *r);
void fm_resolve_attrs(const struct fm_resolving *r, const struct fm_doc_device *dev,
		      const struct fm_doc_device *identity, struct fm_claim *c);
uint32_t fm_mib(uint64_t bytes); /* rounded up */

/* A port (PF) of an adapter. */
struct fm_port_at {
	unsigned chassis;
	const struct fm_adapter *adapter;
	unsigned pf;
};
bool fm_port_selected(const struct fm_resolving *r, const struct fm_doc_adapter_selector *s,
		      const struct fm_port_at *p);
/* Whether the port has all these labels. */
bool fm_port_labels_match(const struct fm_resolving *r, const struct fm_labels *want,
			  const struct fm_port_at *p);
/* Findings only: labels of which two documents say different things; names of adapters that
 * nothing has. */
void fm_resolve_labels(struct fm_resolving *r);
void fm_resolve_names(struct fm_resolving *r);
/* Whether every chassis has been read: before, nobody knows which adapters there are. */
bool fm_all_read(const struct fm_resolving *r);
/* Whether an Adapter document is about the adapter. */
bool fm_adapter_doc_is(const struct fm_doc *doc, const struct fm_chassis *c,
		       const struct fm_adapter *a);
/* Whether 'name' means the adapter: its own name, "CHASSIS/NAME", or that of an Adapter
 * document about it. */
bool fm_adapter_is(const struct fm_resolving *r, const char *name, unsigned chassis,
		   const struct fm_adapter *a);

/* Who keeps what two selectors take: whether it is the one that comes second by name. Indices
 * of d->pool, of d->group. */
bool fm_had_pool(struct fm_resolving *r, const struct fm_port_at *at, unsigned vf,
		 unsigned first, unsigned second);
bool fm_had_group(struct fm_resolving *r, const char *host, int first, int second);
void fm_had_done(struct fm_resolving *r);

enum mr_class fm_class_of(int64_t doc_class);
/* Index of the pool 'name' for devices of 'class_', of the identity pool, of the group;
 * FM_WHOLE = none. */
uint16_t fm_pool_index(const struct fm_desired *d, const char *name, enum mr_class class_);
unsigned fm_ident_pool_index(const struct fm_desired *d, const char *name);
int fm_group_index(const struct fm_desired *d, const char *name);
/* 1 + index of the class, of the domain; 0 = none. */
uint16_t fm_class_index(const struct fm_desired *d, const char *name);
uint16_t fm_domain_index(const struct fm_desired *d, const char *name);

#endif
