// SPDX-License-Identifier: Apache-2.0
/*
 * The policy language for fuzzing, from its tables: FOLDER/policy/KIND has every key of the
 * kind with its example, and FILE every key and word as a libFuzzer dictionary.
 */
#include <stdio.h>
#include <sys/stat.h>

#include "fabric-manager/policy/tables.h"
#include "tests/unit/fm_policy/examples.h"

static int write_file(const char *path, struct mr_buf *b)
{
	FILE *f = fopen(path, "wb");
	int bad = !f || fwrite(mr_buf_text(b), 1, b->len, f) != b->len || fclose(f);

	if (bad)
		perror(path);
	mr_buf_done(b);
	return bad;
}

/* The words of a table; a profile's stand with ServerProfile. */
static void words(const struct fm_table *t, struct mr_buf *out)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];

		if (k->name[0])
			mr_buf_printf(out, "\"%s: \"\n", k->name);
		if (k->word)
			mr_buf_printf(out, "\"%s\"\n", k->word);
		for (unsigned n = 0; k->type == FM_T_ENUM && k->names[n]; n++)
			mr_buf_printf(out, "\"%s\"\n", k->names[n]);
		if (k->sub && k->sub != &fm_profile_table)
			words(k->sub, out);
	}
}

int main(int argc, char **argv)
{
	static const char *const units[] = {"Gbit", "Mbit", "kbit", "GiB", "KiB", "ms", "h"};
	struct mr_buf dict = {0};
	char path[1024];
	int bad = argc != 3;

	if (!bad)
		mr_fmt(path, sizeof(path), "%s/policy", argv[1]);
	bad = bad || (mkdir(argv[1], 0777), mkdir(path, 0777), 0);
	for (int k = 0; !bad && k < FM_KIND_COUNT; k++) {
		mr_buf_printf(&dict, "\"kind: %s\"\n", fm_kind_name((enum fm_kind)k));
		words(fm_kind_table((enum fm_kind)k), &dict);
		for (unsigned objects = 0; !bad && objects < 2; objects++) {
			struct mr_buf doc = {0};

			example_doc((enum fm_kind)k, objects, &doc);
			mr_fmt(path, sizeof(path), "%s/policy/%s-%u", argv[1],
			       fm_kind_name((enum fm_kind)k), objects);
			bad = write_file(path, &doc);
		}
	}
	for (unsigned i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		mr_buf_printf(&dict, "\"%s\"\n", units[i]);
	return bad || write_file(argv[2], &dict);
}
