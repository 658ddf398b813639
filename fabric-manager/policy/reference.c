// SPDX-License-Identifier: Apache-2.0
/*
 * docs/policy-reference.md from the tables: every kind and key, what it expects, its default,
 * and whether it is carried out. A test holds the file to this text.
 */
#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "fabric-manager/policy/table.h"
#include "fabric-manager/policy/tables.h"

static const char intro[] =
	"# Policy reference\n"
	"\n"
	"Generated from the tables in `fabric-manager/policy/`; change those, then run the "
	"target `golden-update`.\n"
	"\n"
	"A policy is a set of YAML documents `{apiVersion: banyan/v1, kind, metadata: {name, "
	"labels, annotations}, spec}`.\n"
	"The order of documents means nothing. A file with an error changes nothing; every "
	"error names file, line, column,\n"
	"the path of the key, what is expected, and the nearest known name.\n"
	"\n"
	"* A name has at most 63 letters, digits, `-`, `_` and `.`, and starts with a letter "
	"or digit.\n"
	"* Rates carry a unit: `kbit`, `Mbit`, `Gbit` (bits per second, powers of ten), and "
	"are whole Mbit. Sizes: `KiB`,\n"
	"  `MiB`, `GiB`, `TiB`. Times: `ms`, `s`, `m`, `h`. `0` as a limit is refused: write "
	"`none`.\n"
	"* `on`/`off`, `yes`/`no`, `true`/`false` are one boolean. MAC, WWN, GUID, hexadecimal "
	"ids and times of day should\n"
	"  stand in quotes; without them there is a warning, since other YAML tools read them "
	"as numbers.\n"
	"* The keys of a selector must all hold; of a list one value must. An empty selector "
	"matches nothing,\n"
	"  `matchAll: true` everything. Two pools that select the same function are an error, "
	"and so is a host in two groups.\n"
	"  Where that comes later, with another adapter, blade or link speed, the pool or "
	"group "
	"that had it keeps it (of two\n"
	"  that had it not: the first by name), and who waits for it says `CONFLICT` and both "
	"places.\n"
	"* Labels `chassis`, `slot` and `class` exist by themselves and can't be written.\n";

static const char metadata_intro[] = "\n## metadata\n\nOf every document.\n";

static void cell(const char *s, struct mr_buf *out)
{
	for (; *s; s++) {
		if (*s == '|')
			mr_buf_putc(out, '\\');
		mr_buf_putc(out, *s);
	}
}

static void type_cell(const struct fm_key *k, struct mr_buf *out)
{
	struct mr_buf want = {0};
	const char *text;

	fm_key_expected(k, &want);
	text = mr_buf_text(&want);
	if (k->sub && k->type == FM_T_OBJECT)
		text = k->flags & FM_K_LIST ? "a list of maps" : "a map";
	else if (k->type == FM_T_EITHER)
		text = "one of these forms:";
	else if (k->type == FM_T_NAME)
		text = k->flags & FM_K_LIST ? "a list of names"
		       : k->word	    ? "a name, or `none`"
					    : "a name";
	cell(text, out);
	mr_buf_done(&want);
}

static void default_cell(const struct fm_key *k, struct mr_buf *out)
{
	struct mr_buf def = {0};

	if (k->flags & FM_K_REQUIRED)
		mr_buf_puts(out, "required");
	else if (fm_key_default(k, &def))
		mr_buf_printf(out, "`%s`", mr_buf_text(&def));
	mr_buf_done(&def);
}

static void example_cell(const struct fm_key *k, struct mr_buf *out)
{
	struct mr_buf eg = {0};

	if (fm_key_example(k, &eg)) {
		mr_buf_putc(out, '`');
		cell(mr_buf_text(&eg), out);
		mr_buf_putc(out, '`');
	}
	mr_buf_done(&eg);
}

static void rows(const struct fm_table *t, struct fm_path *path, struct mr_buf *out)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];
		unsigned len =
			k->name[0] ? fm_path_push(path, k->name) : (unsigned)strlen(path->text);

		mr_buf_printf(out, "| `%s%s` | ", path->text,
			      k->flags & FM_K_LIST && k->sub ? "[]" : "");
		type_cell(k, out);
		mr_buf_puts(out, " | ");
		default_cell(k, out);
		mr_buf_puts(out, " | ");
		example_cell(k, out);
		mr_buf_puts(out, " | ");
		cell(k->help, out);
		mr_buf_puts(out, " |\n");
		if (k->flags & FM_K_LIST && k->sub)
			mr_fmt(path->text + strlen(path->text), 3, "[]");
		if (k->sub && k->sub != &fm_profile_table)
			rows(k->sub, path, out);
		fm_path_pop(path, len);
	}
}

static void table(const struct fm_table *t, struct mr_buf *out)
{
	struct fm_path path = {{0}};

	mr_buf_puts(out, "\n| key | expected | default | example | meaning "
			 "|\n|---|---|---|---|---|\n");
	rows(t, &path, out);
}

/* docs/policy-reference.md: every kind and key, from the tables. */
void fm_policy_reference(struct mr_buf *out)
{
	mr_buf_puts(out, intro);
	mr_buf_puts(out, metadata_intro);
	table(&fm_meta_table, out);
	for (int k = 0; k < FM_KIND_COUNT; k++) {
		enum fm_kind kind = (enum fm_kind)k;

		mr_buf_printf(out, "\n## %s\n\n%s\n", fm_kind_name(kind), fm_kind_help(kind));
		table(fm_kind_table(kind), out);
	}
}
