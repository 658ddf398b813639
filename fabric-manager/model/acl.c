// SPDX-License-Identifier: Apache-2.0
/* Filter rules: the policy's words and the adapter's rows. */
#include "fabric-manager/model/acl.h"

#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "fabric-manager/model/ids.h"

#define WORDS	      4 /* "vlan N src MAC" */
#define WORD	      24
#define ETHERTYPE_MIN 0x600 /* below it is a length */

/* The words of 's', at most WORDS of them, or -1. */
static int split(const char *s, char word[WORDS][WORD])
{
	int n = 0;

	for (s += strspn(s, " "); *s; s += strspn(s, " ")) {
		size_t len = strcspn(s, " ");

		if (n == WORDS || len >= WORD)
			return -1;
		memcpy(word[n], s, len);
		word[n++][len] = '\0';
		s += len;
	}
	return n;
}

static int parse_vlan(const char *s, uint64_t *row, struct mr_err *err)
{
	struct mr_ident id;
	int r = mr_ident_parse(MR_IDENT_VLAN, s, &id, err);

	if (!r)
		*row |= id.lo << 48;
	return r;
}

static int parse_address(const char *s, enum mr_acl_what what, uint64_t *row,
			 struct mr_err *err)
{
	struct mr_ident id;
	int r = mr_ident_parse(MR_IDENT_MAC, s, &id, err);

	if (!r)
		*row |= MR_ACL_ROW(what, 0, id.lo);
	return r;
}

static int parse_ethertype(const char *s, uint64_t *row, struct mr_err *err)
{
	uint64_t v;
	int r = mr_parse_u64(s, UINT16_MAX, true, &v, err);

	if (!r && v < ETHERTYPE_MIN)
		r = mr_err_set(err, -EINVAL, MR_REASON_INVALID,
			       "expected an ethertype from 0x0600 to 0xffff, got '%s'", s);
	if (!r)
		*row |= MR_ACL_ROW(MR_ACL_ETHERTYPE, 0, v);
	return r;
}

/* What a rule matches, as a row that allows it: acl.h. */
int fm_acl_parse(const char *match, uint64_t *ret, struct mr_err *err)
{
	char word[WORDS][WORD];
	uint64_t row = MR_ACL_THERE;
	int n = split(match, word), i = 0, r = 0;

	if (n == 1 && mr_streq(word[0], "any")) {
		*ret = row;
		return 0;
	}
	if (n >= 2 && mr_streq(word[0], "vlan")) {
		r = parse_vlan(word[1], &row, err);
		i = 2;
	}
	if (!r && n == i + 2 && mr_streq(word[i], "src"))
		r = parse_address(word[i + 1], MR_ACL_SRC, &row, err);
	else if (!r && n == i + 2 && mr_streq(word[i], "dst"))
		r = parse_address(word[i + 1], MR_ACL_DST, &row, err);
	else if (!r && n == i + 2 && mr_streq(word[i], "ethertype"))
		r = parse_ethertype(word[i + 1], &row, err);
	else if (!r && (n != i || !n))
		r = mr_err_set(err, -EINVAL, MR_REASON_INVALID,
			       "expected 'any' or '[vlan N] [src MAC | dst MAC | ethertype "
			       "0xHHHH]', got '%s'",
			       match);
	if (!r)
		*ret = row;
	return r;
}

/* How many rules there are. */
unsigned fm_acl_rules(const struct fm_attrs *a)
{
	unsigned n = 0;

	while (n < MR_VF_ACL_ROWS && a->acl[n])
		n++;
	return n;
}

bool fm_acl_eq(const struct fm_attrs *a, const struct fm_attrs *b)
{
	return !memcmp(a->acl, b->acl, sizeof(a->acl));
}

static void row_text(uint64_t row, struct mr_buf *out)
{
	struct mr_ident id = {.type = MR_IDENT_MAC, .lo = MR_ACL_VALUE(row)};
	unsigned what = MR_ACL_WHAT(row), vlan = MR_ACL_VLAN(row);
	char text[MR_IDENT_TEXT];

	mr_buf_puts(out, row & MR_ACL_DENY ? "deny" : "allow");
	if (!(row & MR_ACL_THERE))
		mr_buf_puts(out, " nothing"); /* a row that no rule was written to */
	else if (what == MR_ACL_ANY && !vlan)
		mr_buf_puts(out, " any");
	if (vlan)
		mr_buf_printf(out, " vlan %u", vlan);
	if (what == MR_ACL_SRC || what == MR_ACL_DST)
		mr_buf_printf(out, " %s %s", what == MR_ACL_SRC ? "src" : "dst",
			      mr_ident_text(&id, text));
	if (what == MR_ACL_ETHERTYPE)
		mr_buf_printf(out, " ethertype 0x%04x", (unsigned)(MR_ACL_VALUE(row) & 0xffff));
}

/* All of them in words: acl.h. Rows may be read with holes. */
void fm_acl_text(const struct fm_attrs *a, struct mr_buf *out)
{
	bool some = false;

	for (unsigned i = 0; i < MR_VF_ACL_ROWS; i++) {
		if (!a->acl[i])
			continue;
		mr_buf_puts(out, some ? ", " : "");
		row_text(a->acl[i], out);
		some = true;
	}
	if (!some)
		mr_buf_puts(out, "none");
}
