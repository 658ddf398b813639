/* SPDX-License-Identifier: Apache-2.0 */
/* Random documents from the tables: every kind, key, type and list, written in ways that are
 * not canonical. */
#ifndef TESTS_UNIT_FM_POLICY_GEN_H
#define TESTS_UNIT_FM_POLICY_GEN_H

#include "common/ids.h"
#include "common/rng.h"
#include "common/str.h"
#include "fabric-manager/policy/table.h"

static void gen_table(struct mr_rng *r, const struct fm_table *t, struct mr_buf *out);

static int64_t gen_between(struct mr_rng *r, const struct fm_key *k, int64_t step)
{
	int64_t lo = k->min / step, hi = k->max ? k->max / step : lo + 1000;

	return (lo + (int64_t)mr_rng_below(r, (uint64_t)(hi - lo + 1))) * step;
}

static void gen_ident(struct mr_rng *r, const struct fm_key *k, struct mr_buf *out)
{
	struct mr_ident id = {.type = k->min < 0 ? MR_IDENT_MAC : (enum mr_ident_type)k->min};
	char text[MR_IDENT_TEXT];

	id.lo = mr_rng_next(r) >> 20 | 1;
	if (id.type == MR_IDENT_MAC)
		id.lo = (id.lo & 0x00fffffffffeull) | 0x020000000000ull;
	else if (id.type == MR_IDENT_WWPN || id.type == MR_IDENT_WWNN)
		id.lo |= 0x2000000000000000ull;
	mr_ident_text(&id, text);
	for (char *p = text; mr_rng_chance(r, 30) && *p; p++)
		*p = *p >= 'a' && *p <= 'f' ? (char)(*p - 32) : *p;
	mr_buf_printf(out, "\"%s\"", text);
}

static void gen_text(struct mr_rng *r, const struct fm_key *k, struct mr_buf *out)
{
	static const char *const texts[] = {"\"a b\"",	     "plain",	   "\"on\"",
					    "\"12\"",	     "\"x: {y}\"", "'it''s'",
					    "\"\\\"q\\\"\"", "null",	   "\"\\\\\"",
					    "\"# no\"",	     "\"- z\"",	   "\"u\xc3\xbc\""};

	if (k->word && mr_rng_chance(r, 20))
		mr_buf_puts(out, k->word);
	else if (k->type == FM_T_NAME)
		mr_buf_printf(out, "n%u", (unsigned)mr_rng_below(r, 1000));
	else if (k->type == FM_T_HEX)
		mr_buf_printf(out, mr_rng_chance(r, 50) ? "\"0x%X\"" : "\"%04x\"",
			      (unsigned)mr_rng_below(r, 65536));
	else if (k->type == FM_T_IDENT)
		gen_ident(r, k, out);
	else if (k->type == FM_T_VFSET)
		mr_buf_puts(out, mr_rng_chance(r, 50) ? "\"9,0-3,4\"" : "7");
	else
		mr_buf_puts(out, texts[mr_rng_below(r, sizeof(texts) / sizeof(texts[0]))]);
}

static void gen_num(struct mr_rng *r, const struct fm_key *k, struct mr_buf *out)
{
	static const char *const bools[] = {"true", "False", "ON", "off", "Yes", "\"no\""};
	unsigned n = 0;

	if (k->word && mr_rng_chance(r, 20)) {
		mr_buf_puts(out, k->word);
		return;
	}
	switch (k->type) {
	case FM_T_BOOL:
		mr_buf_puts(out, bools[mr_rng_below(r, 6)]);
		break;
	case FM_T_ENUM:
		while (k->names[n])
			n++;
		mr_buf_puts(out, k->names[mr_rng_below(r, n)]);
		break;
	case FM_T_PERCENT:
		mr_buf_printf(out, "%lld%%", (long long)gen_between(r, k, 1));
		break;
	case FM_T_SHARE:
		mr_buf_printf(out, mr_rng_chance(r, 50) ? "%lld%%" : "%lld",
			      1 + (long long)mr_rng_below(r, 100));
		break;
	case FM_T_RATIO:
		mr_buf_printf(out, "%lld.%02lld", (long long)(1 + mr_rng_below(r, 900)),
			      (long long)mr_rng_below(r, 99));
		break;
	case FM_T_RATE:
		mr_buf_printf(out, mr_rng_chance(r, 50) ? "%lldMbit" : "%lld000kbit",
			      (long long)gen_between(r, k, 1000000) / 1000000);
		break;
	case FM_T_SIZE:
		mr_buf_printf(out, "%lldKiB", 1 + (long long)mr_rng_below(r, 64));
		break;
	case FM_T_TIME:
		mr_buf_printf(out, "%lldms",
			      k->max < 60 * INT64_C(1000000000)
				      ? 1LL
				      : 1000 + (long long)mr_rng_below(r, 80000000));
		break;
	case FM_T_CLOCK:
		mr_buf_printf(out, "\"%02d:%02d\"", (int)mr_rng_below(r, 24),
			      (int)mr_rng_below(r, 60));
		break;
	default:
		mr_buf_printf(out, "%lld", (long long)gen_between(r, k, 1));
	}
}

/* One value in flow style. */
static void gen_value(struct mr_rng *r, const struct fm_key *k, struct mr_buf *out)
{
	if (k->type == FM_T_LABELS)
		mr_buf_printf(out, "{z%u: v, a: \"\", \"b.c/d\": \"%u\"}",
			      (unsigned)mr_rng_below(r, 9), (unsigned)mr_rng_below(r, 9));
	else if (k->type == FM_T_EITHER && mr_rng_chance(r, 50))
		gen_value(r, fm_table_scalar(k->sub), out);
	else if (k->sub)
		gen_table(r, k->sub, out);
	else if (fm_type_is_text(k->type))
		gen_text(r, k, out);
	else
		gen_num(r, k, out);
}

static void gen_list(struct mr_rng *r, const struct fm_key *k, struct mr_buf *out)
{
	unsigned n = (unsigned)mr_rng_below(r, 3) + (k->flags & FM_K_NONEMPTY ? 1 : 0);

	mr_buf_putc(out, '[');
	for (unsigned i = 0; i < n; i++) {
		mr_buf_puts(out, i ? ", " : "");
		gen_value(r, k, out);
	}
	mr_buf_putc(out, ']');
}

/* A map of the required and some other keys, in some order. */
static void gen_table(struct mr_rng *r, const struct fm_table *t, struct mr_buf *out)
{
	unsigned from = (unsigned)mr_rng_below(r, t->n);
	const char *comma = "";
	bool must = true; /* the object form of an EITHER has at least one key */

	mr_buf_putc(out, '{');
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[(from + i) % t->n];

		if (!k->name[0] ||
		    (!must && !(k->flags & FM_K_REQUIRED) && mr_rng_chance(r, 50)))
			continue;
		must = false;
		mr_buf_printf(out, "%s%s: ", comma, k->name);
		comma = ", ";
		if (k->flags & FM_K_LIST)
			gen_list(r, k, out);
		else
			gen_value(r, k, out);
	}
	mr_buf_putc(out, '}');
}

static void gen_doc(struct mr_rng *r, enum fm_kind kind, unsigned serial, struct mr_buf *out)
{
	mr_buf_printf(out, "---\nkind: %s\nspec: ", fm_kind_name(kind));
	gen_table(r, fm_kind_table(kind), out);
	mr_buf_printf(out, "\nmetadata: {name: d%u, labels: {x: y}}\napiVersion: banyan/v1\n",
		      serial);
}

#endif
