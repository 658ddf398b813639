// SPDX-License-Identifier: Apache-2.0
/*
 * Holds docs/policy-reference.md and docs/policy.schema.json (a FILE that ends in .json) to
 * what the tables say: FILE compares, FILE --update writes it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "tests/golden/golden.h"

static int update(const char *path, const struct mr_buf *want)
{
	FILE *f = fopen(path, "wb");

	if (!f || fwrite(mr_buf_text(want), 1, want->len, f) != want->len) {
		perror(path);
		return 1;
	}
	return fclose(f) == 0 ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct mr_buf want = {0};
	char *have;
	int ret = 0;

	if (argc < 2)
		return 2;
	if (strstr(argv[1], ".json"))
		fm_policy_schema(&want);
	else
		fm_policy_reference(&want);
	have = golden_file("", argv[1], NULL);
	if (argc > 2) {
		ret = update(argv[1], &want);
	} else if (!have || strcmp(have, mr_buf_text(&want))) {
		printf("%s differs from the tables; build the target golden-update and read "
		       "the difference\n",
		       argv[1]);
		ret = 1;
	}
	free(have);
	mr_buf_done(&want);
	return ret;
}
