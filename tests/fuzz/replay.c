// SPDX-License-Identifier: Apache-2.0
/*
 * main of a target without libFuzzer: runs it over every file of the folders that are given,
 * and over every prefix of the short ones.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/fuzz/fuzz.h"

#define PREFIXES_BELOW 600 /* bytes; longer files run whole */

static unsigned files;

/* The bytes in memory of exactly their size, so that a sanitizer sees a read behind them. */
static void run(const char *data, size_t len)
{
	uint8_t *copy = mr_xmalloc(len + !len);

	if (len)
		memcpy(copy, data, len);
	LLVMFuzzerTestOneInput(copy, len);
	free(copy);
}

static int visit(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	char chunk[4096];
	struct mr_buf b = {0};
	size_t n;
	FILE *f;

	(void)st;
	(void)ftw;
	if (type != FTW_F)
		return 0;
	f = fopen(path, "rb");
	if (!f)
		return -1;
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		mr_buf_add(&b, chunk, n);
	fclose(f);
	fprintf(stderr, "%s\n", path);
	for (size_t len = 0; b.len < PREFIXES_BELOW && len < b.len; len++)
		run(b.data, len);
	run(b.data, b.len);
	mr_buf_done(&b);
	files++;
	return 0;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		if (nftw(argv[i], visit, 16, FTW_PHYS)) {
			fprintf(stderr, "cannot read %s\n", argv[i]);
			return 2;
		}
	}
	printf("%u files\n", files);
	return files ? 0 : 2;
}
