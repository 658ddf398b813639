/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Addresses and identities: routing IDs (BDF) and MAC, WWN, GUID, UUID, VLAN values with their
 * texts.
 */
#ifndef COMMON_IDS_H
#define COMMON_IDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mr_err;

#define MR_NAME_MAX 64 /* bytes of a name with its NUL: hosts, adapters, profiles, devices */

/* Routing ID: bus 15:8, device 7:3, function 2:0 (or 7:0 function under ARI). */
static inline uint16_t mr_rid(unsigned bus, unsigned dev, unsigned fn)
{
	return (uint16_t)(bus << 8 | (dev & 31) << 3 | (fn & 7));
}
#define MR_RID_BUS(rid) ((rid) >> 8 & 0xff)
#define MR_RID_DEV(rid) ((rid) >> 3 & 31)
#define MR_RID_FN(rid)	((rid)&7)

#define MR_BDF_TEXT 16
/* "0000:02:03.1"; buf of MR_BDF_TEXT bytes. */
const char *mr_bdf_text(uint16_t rid, char *buf);
/* Accepts "02:03.1" and "0000:02:03.1". */
int mr_bdf_parse(const char *s, uint16_t *ret_rid, struct mr_err *err);

/* The same with a domain other than 0: "0001:02:03.1". */
const char *mr_pci_text(uint16_t domain, uint16_t rid, char *buf);
int mr_pci_parse(const char *s, uint16_t *ret_domain, uint16_t *ret_rid, struct mr_err *err);

/* A PCI address is always (root, RID); a root is an upstream port of a chassis (HANDOVER 7). */
struct mr_root {
	char chassis[MR_NAME_MAX];
	uint16_t port;
};

#define MR_IDENT_TYPES(X) \
	X(MAC, "mac")     \
	X(WWPN, "wwpn") X(WWNN, "wwnn") X(GUID, "guid") X(UUID, "uuid") X(VLAN, "vlan")
enum mr_ident_type {
#define X(name, text) MR_IDENT_##name,
	MR_IDENT_TYPES(X)
#undef X
	MR_IDENT_COUNT
};

/* An identity value as a number: MAC 48 bits, WWN and GUID 64, VLAN 12 (all in 'lo'), UUID
 * 128. */
struct mr_ident {
	enum mr_ident_type type;
	uint64_t hi;
	uint64_t lo;
};

#define MR_IDENT_TEXT 40
const char *mr_ident_type_name(enum mr_ident_type t);
int mr_ident_type_parse(const char *s); /* -1 = none */
/* Colon-separated pairs for MAC, WWN, GUID; 8-4-4-4-12 for UUID; decimal for VLAN. buf of
 * MR_IDENT_TEXT bytes. */
const char *mr_ident_text(const struct mr_ident *id, char *buf);
/* Parses and checks the value rules of POLICY (MAC unicast, not zero; WWN NAA 1, 2, 5; GUID not
 * zero; VLAN 1-4094). */
int mr_ident_parse(enum mr_ident_type t, const char *s, struct mr_ident *ret,
		   struct mr_err *err);
int mr_ident_cmp(const struct mr_ident *a, const struct mr_ident *b); /* by type, then value */

#endif
