// SPDX-License-Identifier: Apache-2.0
/*
 * docs/policy.schema.json from the tables: the language as JSON Schema (draft 7) for one
 * document, so that editors complete keys, show what they mean and underline what is wrong. It
 * is no narrower than the reader: a scalar that YAML tools take for a number, or for a boolean,
 * where the reader takes its characters, is accepted. What one document can't say (references,
 * overlaps) is the reader's alone.
 */
#include <string.h>

#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "fabric-manager/policy/scalar.h"
#include "fabric-manager/policy/table.h"
#include "fabric-manager/policy/tables.h"

#define NAME_PATTERN "^[A-Za-z0-9][-A-Za-z0-9_.]{0,62}$"

/* The text being written, and how deep it is. */
struct json {
	struct mr_buf *out;
	unsigned depth;
	bool first; /* the open object or list is empty */
};

static void object(struct json *j, const struct fm_table *t);

static void text(struct json *j, const char *s)
{
	mr_buf_putc(j->out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			mr_buf_putc(j->out, '\\');
		mr_buf_putc(j->out, *s);
	}
	mr_buf_putc(j->out, '"');
}

static void line(struct json *j)
{
	mr_buf_puts(j->out, j->first ? "\n" : ",\n");
	for (unsigned i = 0; i < j->depth; i++)
		mr_buf_puts(j->out, "  ");
	j->first = false;
}

static void member(struct json *j, const char *name)
{
	line(j);
	text(j, name);
	mr_buf_puts(j->out, ": ");
}

static void open(struct json *j, const char *name, char bracket)
{
	if (name)
		member(j, name);
	mr_buf_putc(j->out, bracket);
	j->depth++;
	j->first = true;
}

static void close(struct json *j, char bracket)
{
	bool empty = j->first;

	j->depth--;
	j->first = true;
	if (!empty)
		line(j);
	mr_buf_putc(j->out, bracket);
	j->first = false;
}

static void text_member(struct json *j, const char *name, const char *s)
{
	member(j, name);
	text(j, s);
}

/* A member whose value is JSON already. */
static void raw_member(struct json *j, const char *name, const char *value)
{
	member(j, name);
	mr_buf_puts(j->out, value);
}

static void words(struct json *j, const char *name, const char *const *w)
{
	member(j, name);
	for (unsigned i = 0; w[i]; i++) {
		mr_buf_puts(j->out, i ? ", " : "[");
		text(j, w[i]);
	}
	mr_buf_putc(j->out, ']');
}

static const char *ident_pattern(const struct fm_key *k)
{
	static const char wwn[] = "^([0-9A-Fa-f]{2}[:-]){7}[0-9A-Fa-f]{2}$";

	switch (k->min) {
	case MR_IDENT_MAC:
		return "^([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}$";
	case MR_IDENT_WWPN:
	case MR_IDENT_WWNN:
	case MR_IDENT_GUID:
		return wwn;
	default:
		return NULL;
	}
}

/* What a text must look like; NULL = anything. */
static const char *pattern(const struct fm_key *k)
{
	static const char *const of[FM_T_COUNT] = {
		[FM_T_NAME] = NAME_PATTERN,
		[FM_T_HEX] = "^(0[xX])?[0-9A-Fa-f]{1,4}$",
		[FM_T_VFSET] = "^[0-9]+(-[0-9]+)?(,[0-9]+(-[0-9]+)?)*$",
		[FM_T_PERCENT] = "^[0-9]{1,3}%$",
		[FM_T_RATE] = "^[0-9]+(\\.[0-9]+)? *(kbit|Mbit|Gbit)$",
		[FM_T_SIZE] = "^[0-9]+(\\.[0-9]+)? *(KiB|MiB|GiB|TiB)$",
		[FM_T_TIME] = "^[0-9]+(\\.[0-9]+)? *(ms|s|m|h)$",
		[FM_T_CLOCK] = "^[0-2][0-9]:[0-5][0-9]$",
	};

	return k->type == FM_T_IDENT ? ident_pattern(k) : of[k->type];
}

static void integer(struct json *j, const struct fm_key *k)
{
	char v[24];

	raw_member(j, "type", "\"integer\"");
	mr_fmt(v, sizeof(v), "%lld", (long long)k->min);
	raw_member(j, "minimum", v);
	mr_fmt(v, sizeof(v), "%lld", (long long)k->max);
	if (k->max)
		raw_member(j, "maximum", v);
}

/* A number, or a text in its place: a word, a percentage. */
static void integer_or(struct json *j, const struct fm_key *k)
{
	open(j, "anyOf", '[');
	line(j);
	open(j, NULL, '{');
	integer(j, k);
	close(j, '}');
	line(j);
	open(j, NULL, '{');
	if (k->type == FM_T_SHARE)
		text_member(j, "pattern", "^[0-9]{1,3}%$");
	else
		text_member(j, "const", k->word);
	close(j, '}');
	close(j, ']');
}

static void ratio(struct json *j, const struct fm_key *k)
{
	char v[24];

	raw_member(j, "type", "[\"number\", \"string\"]");
	mr_fmt(v, sizeof(v), "%lld.%03lld", (long long)(k->min / 1000),
	       (long long)(k->min % 1000));
	raw_member(j, "minimum", v);
	text_member(j, "pattern", "^[0-9]+(\\.[0-9]+)?$");
}

static void text_value(struct json *j, const struct fm_key *k)
{
	const char *p = pattern(k);
	/* digits alone are a number to YAML tools, and a word can be a boolean */
	bool loose = k->type == FM_T_TEXT || k->type == FM_T_NAME || k->type == FM_T_HEX ||
		     k->type == FM_T_VFSET || k->type == FM_T_IDENT;

	raw_member(j, "type",
		   k->type == FM_T_TEXT ? "[\"string\", \"number\", \"boolean\"]"
		   : loose		? "[\"string\", \"integer\"]"
					: "\"string\"");
	if (k->type == FM_T_TEXT)
		raw_member(j, "minLength", "1");
	if (p && k->word) {
		struct mr_buf both = {0};

		mr_buf_printf(&both, "(%s)|^%s$", p, k->word);
		text_member(j, "pattern", mr_buf_text(&both));
		mr_buf_done(&both);
	} else if (p) {
		text_member(j, "pattern", p);
	}
}

/* The type of one scalar value of the row. */
static void scalar(struct json *j, const struct fm_key *k)
{
	switch (k->type) {
	case FM_T_BOOL:
		raw_member(j, "enum",
			   "[true, false, \"on\", \"off\", \"yes\", \"no\", \"On\", \"Off\", "
			   "\"Yes\", \"No\"]");
		break;
	case FM_T_ENUM:
		words(j, "enum", k->names);
		break;
	case FM_T_SHARE:
		integer_or(j, k);
		break;
	case FM_T_INT:
		if (k->word)
			integer_or(j, k);
		else
			integer(j, k);
		break;
	case FM_T_RATIO:
		ratio(j, k);
		break;
	default:
		text_value(j, k);
	}
}

static void either(struct json *j, const struct fm_key *k)
{
	open(j, "anyOf", '[');
	line(j);
	open(j, NULL, '{');
	scalar(j, fm_table_scalar(k->sub));
	close(j, '}');
	line(j);
	open(j, NULL, '{');
	object(j, k->sub);
	close(j, '}');
	close(j, ']');
}

/* Tables that stand once under "definitions". */
static const char *definition(const struct fm_table *t)
{
	return t == &fm_profile_table  ? "#/definitions/ServerProfile"
	       : t == &fm_update_table ? "#/definitions/update"
				       : NULL;
}

/* One value of the row, without what describes the key. */
static void value(struct json *j, const struct fm_key *k)
{
	if (k->type == FM_T_LABELS) {
		raw_member(j, "type", "\"object\"");
		raw_member(j, "additionalProperties",
			   "{\"type\": [\"string\", \"number\", \"boolean\"]}");
	} else if (k->type == FM_T_EITHER) {
		either(j, k);
	} else if (k->sub && definition(k->sub)) {
		open(j, "allOf", '[');
		line(j);
		open(j, NULL, '{');
		text_member(j, "$ref", definition(k->sub));
		close(j, '}');
		close(j, ']');
	} else if (k->sub) {
		object(j, k->sub);
	} else {
		scalar(j, k);
	}
}

static void default_of(struct json *j, const struct fm_key *k)
{
	struct mr_buf def = {0};

	if (fm_key_default(k, &def)) {
		const char *s = mr_buf_text(&def);

		member(j, "default");
		if (k->type == FM_T_BOOL || (k->type == FM_T_INT && s[0] >= '0' && s[0] <= '9'))
			mr_buf_puts(j->out, s);
		else
			text(j, s);
	}
	mr_buf_done(&def);
}

static void key(struct json *j, const struct fm_key *k)
{
	struct mr_buf help = {0};
	struct mr_buf eg = {0};

	mr_buf_puts(&help, k->help);
	if (fm_key_example(k, &eg))
		mr_buf_printf(&help, " Example: %s", mr_buf_text(&eg));
	open(j, k->name, '{');
	text_member(j, "description", mr_buf_text(&help));
	default_of(j, k);
	if (k->flags & FM_K_LIST) {
		raw_member(j, "type", "\"array\"");
		if (k->flags & FM_K_NONEMPTY)
			raw_member(j, "minItems", "1");
		open(j, "items", '{');
		value(j, k);
		close(j, '}');
	} else {
		value(j, k);
	}
	close(j, '}');
	mr_buf_done(&help);
	mr_buf_done(&eg);
}

static bool has_required(const struct fm_table *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (t->key[i].flags & FM_K_REQUIRED)
			return true;
	}
	return false;
}

static void required(struct json *j, const struct fm_table *t)
{
	const char *comma = "[";

	if (!has_required(t))
		return;
	member(j, "required");
	for (unsigned i = 0; i < t->n; i++) {
		if (!(t->key[i].flags & FM_K_REQUIRED))
			continue;
		mr_buf_puts(j->out, comma);
		text(j, t->key[i].name);
		comma = ", ";
	}
	mr_buf_putc(j->out, ']');
}

/* The members of an object's schema. */
static void object(struct json *j, const struct fm_table *t)
{
	raw_member(j, "type", "\"object\"");
	raw_member(j, "additionalProperties", "false");
	required(j, t);
	open(j, "properties", '{');
	for (unsigned i = 0; i < t->n; i++) {
		if (t->key[i].name[0])
			key(j, &t->key[i]);
	}
	close(j, '}');
}

static void define(struct json *j, const char *name, const char *help, const struct fm_table *t)
{
	open(j, name, '{');
	if (help)
		text_member(j, "description", help);
	object(j, t);
	close(j, '}');
}

/* "if kind is K, then spec is K's"; without required keys it may be left empty. */
static void kind_rule(struct json *j, enum fm_kind kind)
{
	const char *name = fm_kind_name(kind);
	bool must = has_required(fm_kind_table(kind));

	line(j);
	mr_buf_printf(j->out,
		      "{\"if\": {\"properties\": {\"kind\": {\"const\": \"%s\"}}}, \"then\": "
		      "{%s\"properties\": {\"spec\": ",
		      name, must ? "\"required\": [\"spec\"], " : "");
	mr_buf_printf(j->out,
		      must ? "{\"$ref\": \"#/definitions/%s\"}}}}"
			   : "{\"if\": {\"type\": \"object\"}, \"then\": {\"$ref\": "
			     "\"#/definitions/%s\"}}}}}",
		      name);
}

static void header(struct json *j)
{
	open(j, "properties", '{');
	raw_member(j, "apiVersion", "{\"const\": \"" FM_DOC_API "\"}");
	open(j, "kind", '{');
	member(j, "enum");
	for (int k = 0; k < FM_KIND_COUNT; k++) {
		mr_buf_puts(j->out, k ? ", " : "[");
		text(j, fm_kind_name((enum fm_kind)k));
	}
	mr_buf_putc(j->out, ']');
	close(j, '}');
	raw_member(j, "metadata", "{\"$ref\": \"#/definitions/metadata\"}");
	raw_member(j, "spec", "{\"type\": [\"object\", \"null\"]}");
	close(j, '}');
}

/* The language as JSON Schema; see docs.h. */
void fm_policy_schema(struct mr_buf *out)
{
	struct json j = {.out = out};

	open(&j, NULL, '{');
	text_member(&j, "$schema", "http://json-schema.org/draft-07/schema#");
	text_member(&j, "title", "Banyan policy document");
	text_member(&j, "$comment",
		    "Generated from the tables in fabric-manager/policy; change those, then "
		    "run the target golden-update.");
	raw_member(&j, "type", "\"object\"");
	raw_member(&j, "additionalProperties", "false");
	raw_member(&j, "required", "[\"apiVersion\", \"kind\", \"metadata\"]");
	header(&j);
	open(&j, "allOf", '[');
	for (int k = 0; k < FM_KIND_COUNT; k++)
		kind_rule(&j, (enum fm_kind)k);
	close(&j, ']');
	open(&j, "definitions", '{');
	define(&j, "metadata", NULL, &fm_meta_table);
	define(&j, "update", NULL, &fm_update_table);
	for (int k = 0; k < FM_KIND_COUNT; k++)
		define(&j, fm_kind_name((enum fm_kind)k), fm_kind_help((enum fm_kind)k),
		       fm_kind_table((enum fm_kind)k));
	close(&j, '}');
	close(&j, '}');
	mr_buf_putc(out, '\n');
}
