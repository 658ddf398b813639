// SPDX-License-Identifier: Apache-2.0
/*
 * Policy documents: reading and both checks never fail but by findings with places; what was
 * read prints as text that reads back without a finding and prints the same.
 */
#include <errno.h>

#include "common/err.h"
#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "tests/fuzz/fuzz.h"

static void check_print(const struct fm_docs *set)
{
	struct mr_buf first = {0}, second = {0};
	struct mr_diags diags = {0};
	struct fm_docs again = {0};

	fm_docs_print(set, &first);
	FUZZ_CHECK(!fm_docs_read(&again, "p.yaml", mr_buf_text(&first), first.len, &diags));
	FUZZ_CHECK(diags.n == 0);
	FUZZ_CHECK(again.n == set->n);
	fm_docs_print(&again, &second);
	fuzz_check_same(&first, &second);
	fm_docs_done(&again);
	mr_diags_done(&diags);
	mr_buf_done(&first);
	mr_buf_done(&second);
}

TARGET(data, len)
{
	struct mr_diags diags = {0}, checks = {0};
	struct fm_docs set = {0};
	struct mr_buf text = {0};
	int rc;

	mr_buf_add(&text, data, len);
	rc = fm_docs_read(&set, "f.yaml", mr_buf_text(&text), len, &diags);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	fuzz_check_diags(&diags, rc);
	check_print(&set);
	if (rc == 0) {
		rc = fm_docs_validate(&set, &checks);
		FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -ENOTSUP);
		fuzz_check_diags(&checks, rc);
	}
	fm_docs_done(&set);
	mr_diags_done(&checks);
	mr_diags_done(&diags);
	mr_buf_done(&text);
	return 0;
}
