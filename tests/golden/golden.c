// SPDX-License-Identifier: Apache-2.0
/* The harness of the golden suites; see golden.h. */
#include "tests/golden/golden.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

#define PATH_BYTES 1024

char *golden_file(const char *dir, const char *name, size_t *ret_len)
{
	char path[PATH_BYTES], chunk[4096];
	struct mr_buf b = {0};
	size_t n;
	FILE *f;

	if (!mr_fmt(path, sizeof(path), "%s/%s", dir, name))
		return NULL;
	f = fopen(path, "rb");
	if (!f)
		return NULL;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		mr_buf_add(&b, chunk, n);
	fclose(f);
	if (ret_len)
		*ret_len = b.len;
	return mr_buf_steal(&b);
}

/* Prints the first line in which the two texts differ. */
static void show_difference(const char *want, const char *have)
{
	const char *start = want;
	unsigned line = 1;

	while (*want && *want == *have) {
		line += *want == '\n';
		want++;
		have++;
	}
	while (want > start && want[-1] != '\n') {
		want--;
		have--;
	}
	printf("  line %u expected: %.*s\n  line %u got:      %.*s\n", line,
	       (int)strcspn(want, "\n"), want, line, (int)strcspn(have, "\n"), have);
}

static bool write_expected(const char *dir, const struct mr_buf *out)
{
	char path[PATH_BYTES];
	FILE *f;
	bool ok;

	mr_fmt(path, sizeof(path), "%s/expected.txt", dir);
	f = fopen(path, "wb");
	if (!f)
		return false;
	ok = fwrite(mr_buf_text(out), 1, out->len, f) == out->len;
	return fclose(f) == 0 && ok;
}

static bool run_case(const char *suite, const char *name, bool update, golden_case *run)
{
	char dir[PATH_BYTES];
	struct mr_buf out = {0};
	char *want;
	bool ok;

	mr_fmt(dir, sizeof(dir), "%s/%s", suite, name);
	run(dir, &out);
	want = golden_file(dir, "expected.txt", NULL);
	ok = want && !strcmp(want, mr_buf_text(&out));
	if (!ok && update) {
		ok = write_expected(dir, &out);
		printf("%s %s\n", ok ? "updated" : "CANNOT WRITE", name);
	} else if (!ok) {
		printf("FAIL %s%s\n", name, want ? "" : ": no expected.txt");
		show_difference(want ? want : "", mr_buf_text(&out));
	}
	free(want);
	mr_buf_done(&out);
	return ok;
}

static int is_case(const struct dirent *e)
{
	return e->d_name[0] != '.' && e->d_type == DT_DIR;
}

static bool is_wanted(const char *name, int argc, char **argv)
{
	bool any = false;

	for (int i = 2; i < argc; i++) {
		if (!strcmp(argv[i], "--update"))
			continue;
		any = true;
		if (!strcmp(argv[i], name))
			return true;
	}
	return !any;
}

int golden_main(int argc, char **argv, golden_case *run)
{
	struct dirent **entry;
	unsigned ran = 0, failed = 0;
	bool update = false;
	int n;

	for (int i = 2; i < argc; i++)
		update |= !strcmp(argv[i], "--update");
	n = argc < 2 ? -1 : scandir(argv[1], &entry, is_case, alphasort);
	for (int i = 0; i < n; i++) {
		if (is_wanted(entry[i]->d_name, argc, argv)) {
			ran++;
			failed += !run_case(argv[1], entry[i]->d_name, update, run);
		}
		free(entry[i]);
	}
	if (n >= 0)
		free(entry);
	printf("%u cases, %u differ\n", ran, failed);
	return !ran ? 2 : failed ? 1 : 0;
}
