// SPDX-License-Identifier: Apache-2.0
/*
 * Texts of routing IDs and identity values. An identity value is checked when it is parsed, so
 * that no later layer meets a multicast MAC or a zero GUID.
 */
#include "common/ids.h"

#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"

/* "0000:02:03.1" into 'buf' of MR_BDF_TEXT bytes; returns 'buf'. */
const char *mr_bdf_text(uint16_t rid, char *buf)
{
	return mr_pci_text(0, rid, buf);
}

/* The address of a function in any domain. */
const char *mr_pci_text(uint16_t domain, uint16_t rid, char *buf)
{
	mr_fmt(buf, MR_BDF_TEXT, "%04x:%02x:%02x.%x", domain, MR_RID_BUS(rid), MR_RID_DEV(rid),
	       MR_RID_FN(rid));
	return buf;
}

/*
 * Reads 's' by 'form': 'h' is a hexadecimal digit, shifted into the 128 bits of hi and lo; all
 * else stands for itself. False when 's' does not have exactly this form.
 */
static bool read_form(const char *s, const char *form, uint64_t *ret_hi, uint64_t *ret_lo)
{
	uint64_t hi = 0, lo = 0;

	for (; *form; form++, s++) {
		int d = mr_hex_digit(*s);

		if (*form != 'h') {
			if (*s != *form)
				return false;
			continue;
		}
		if (d < 0)
			return false;
		hi = hi << 4 | lo >> 60;
		lo = lo << 4 | (uint64_t)d;
	}
	*ret_hi = hi;
	*ret_lo = lo;
	return !*s;
}

/* Parses "02:03.1" or "0000:02:03.1". Returns 0 or -EINVAL. */
int mr_bdf_parse(const char *s, uint16_t *ret_rid, struct mr_err *err)
{
	const char *p = s ? s : "";
	uint64_t hi, v;

	if (mr_starts(p, "0000:"))
		p += strlen("0000:");
	if (!read_form(p, "hh:hh.h", &hi, &v) || (v >> 4 & 0xff) > 31 || (v & 15) > 7)
		return mr_err_set(
			err, -EINVAL, MR_REASON_INVALID,
			"expected a PCI address such as 02:03.1 or 0000:02:03.1, got '%.40s'",
			s ? s : "");
	*ret_rid = mr_rid(v >> 12 & 0xff, v >> 4 & 31, v & 7);
	return 0;
}

/* Reads "0001:02:03.1"; without a domain it is 0. */
int mr_pci_parse(const char *s, uint16_t *ret_domain, uint16_t *ret_rid, struct mr_err *err)
{
	uint64_t hi, domain = 0;
	char head[5] = "";

	if (s && strlen(s) > 5 && s[4] == ':') {
		memcpy(head, s, 4);
		if (!read_form(head, "hhhh", &hi, &domain))
			return mr_bdf_parse(s, ret_rid, err); /* says what is wrong */
		s += 5;
	}
	*ret_domain = (uint16_t)domain;
	return mr_bdf_parse(s, ret_rid, err);
}

#define EIGHT_PAIRS "hh:hh:hh:hh:hh:hh:hh:hh"

static const char *const type_name[MR_IDENT_COUNT] = {
#define X(id, text) text,
	MR_IDENT_TYPES(X)
#undef X
};

/* How each type is written ('h' is a hexadecimal digit, NULL means decimal), and what its value
 * must be. */
static const struct {
	const char *form;
	const char *what;
} type_info[MR_IDENT_COUNT] = {
	[MR_IDENT_MAC] = {"hh:hh:hh:hh:hh:hh",
			  "a unicast MAC address such as 02:00:00:00:00:01"},
	[MR_IDENT_WWPN] = {EIGHT_PAIRS,
			   "a WWPN of NAA 1, 2 or 5 such as 20:00:00:00:00:00:00:01"},
	[MR_IDENT_WWNN] = {EIGHT_PAIRS,
			   "a WWNN of NAA 1, 2 or 5 such as 20:00:00:00:00:00:00:01"},
	[MR_IDENT_GUID] = {EIGHT_PAIRS,
			   "a GUID that is not zero such as 00:02:c9:03:00:00:00:01"},
	[MR_IDENT_UUID] = {"hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh",
			   "a UUID such as 123e4567-e89b-12d3-a456-426614174000"},
	[MR_IDENT_VLAN] = {NULL, "a VLAN of 1 to 4094"},
};

/* The word of 't' ("mac"); "?" for a value that is none. */
const char *mr_ident_type_name(enum mr_ident_type t)
{
	return (unsigned)t < MR_IDENT_COUNT ? type_name[t] : "?";
}

/* The type with the word 's', or -1; NULL gives -1. */
int mr_ident_type_parse(const char *s)
{
	for (int t = 0; s && t < MR_IDENT_COUNT; t++) {
		if (!strcmp(s, type_name[t]))
			return t;
	}
	return -1;
}

/* Writes the value by the form of its type: the digits come from the lower end, so it is filled
 * backwards. */
static void write_form(const struct mr_ident *id, const char *form, char *buf)
{
	uint64_t hi = id->hi, lo = id->lo;
	size_t n = strlen(form);

	buf[n] = '\0';
	while (n-- > 0) {
		buf[n] = form[n];
		if (form[n] != 'h')
			continue;
		buf[n] = "0123456789abcdef"[lo & 15];
		lo = lo >> 4 | hi << 60;
		hi >>= 4;
	}
}

/* The text of 'id' into 'buf' of MR_IDENT_TEXT bytes; returns 'buf'. */
const char *mr_ident_text(const struct mr_ident *id, char *buf)
{
	const char *form =
		(unsigned)id->type < MR_IDENT_COUNT ? type_info[id->type].form : NULL;

	if (form)
		write_form(id, form, buf);
	else
		mr_fmt(buf, MR_IDENT_TEXT, "%llu", (unsigned long long)id->lo);
	return buf;
}

/* The value rules of POLICY, IdentityPool. */
static bool value_allowed(const struct mr_ident *id)
{
	unsigned naa = (unsigned)(id->lo >> 60);

	switch (id->type) {
	case MR_IDENT_MAC:
		return id->lo != 0 && !(id->lo >> 40 & 1);
	case MR_IDENT_WWPN:
	case MR_IDENT_WWNN:
		return naa == 1 || naa == 2 || naa == 5;
	case MR_IDENT_GUID:
		return id->lo != 0;
	case MR_IDENT_VLAN:
		return id->lo >= 1 && id->lo <= 4094;
	default:
		return true;
	}
}

static bool read_ident(const char *s, struct mr_ident *id)
{
	const char *form = type_info[id->type].form;

	if (form)
		return read_form(s, form, &id->hi, &id->lo);
	return mr_parse_u64(s, UINT16_MAX, false, &id->lo, NULL) == 0;
}

/* Parses 's' as a value of type 't' and checks the rules of its type. Returns 0 or -EINVAL. */
int mr_ident_parse(enum mr_ident_type t, const char *s, struct mr_ident *ret,
		   struct mr_err *err)
{
	struct mr_ident id = {.type = t};

	if ((unsigned)t >= MR_IDENT_COUNT)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "%d is no type of identity",
				  (int)t);
	if (!s || !read_ident(s, &id) || !value_allowed(&id))
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "expected %s, got '%.60s'",
				  type_info[t].what, s ? s : "");
	*ret = id;
	return 0;
}

/* Negative, 0 or positive: the order of 'a' and 'b' by type, then value. */
int mr_ident_cmp(const struct mr_ident *a, const struct mr_ident *b)
{
	if (a->type != b->type)
		return a->type < b->type ? -1 : 1;
	if (a->hi != b->hi)
		return a->hi < b->hi ? -1 : 1;
	if (a->lo != b->lo)
		return a->lo < b->lo ? -1 : 1;
	return 0;
}
