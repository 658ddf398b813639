// SPDX-License-Identifier: Apache-2.0
/*
 * Golden suite of the policy reader: a case is input.yaml, or `files` with paths below the
 * source folder. What comes out: the findings, and for a set without errors its normalised
 * YAML.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "tests/golden/golden.h"

static void read_one(struct fm_docs *set, const char *dir, const char *name,
		     struct mr_diags *diags)
{
	const char *base = strrchr(name, '/');
	size_t len;
	char *text = golden_file(dir, name, &len);

	if (text)
		fm_docs_read(set, base ? base + 1 : name, text, len, diags);
	else
		mr_diags_add(diags, MR_SEV_ERROR, name, 0, 0, NULL, "no such file");
	free(text);
}

static void read_all(struct fm_docs *set, const char *dir, struct mr_diags *diags)
{
	char *list = golden_file(dir, "files", NULL);
	char *rest = NULL;

	if (!list) {
		read_one(set, dir, "input.yaml", diags);
		return;
	}
	for (char *p = strtok_r(list, "\n", &rest); p; p = strtok_r(NULL, "\n", &rest))
		read_one(set, SRCDIR, p, diags);
	free(list);
}

static void run(const char *dir, struct mr_buf *out)
{
	struct mr_diags diags = {0};
	struct fm_docs set = {0};

	read_all(&set, dir, &diags);
	if (!diags.errors)
		fm_docs_validate(&set, &diags);
	fm_diags_sort(&diags);
	mr_diags_print(&diags, out);
	if (diags.errors)
		mr_buf_printf(out, "refused, errors: %u\n", diags.errors);
	else
		mr_buf_printf(out, "accepted, documents: %u\n", set.n);
	if (!diags.errors)
		fm_docs_print(&set, out);
	fm_docs_done(&set);
	mr_diags_done(&diags);
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, run);
}
