// SPDX-License-Identifier: Apache-2.0
/* The YAML reader: trees are whole, within the caps, and every node and finding has a place. */
#include "common/yaml.h"

#include <errno.h>

#include "common/err.h"
#include "common/str.h"
#include "tests/fuzz/fuzz.h"

static void check_node(const struct mr_yaml *n, unsigned depth)
{
	FUZZ_CHECK(depth <= MR_YAML_MAX_DEPTH);
	FUZZ_CHECK(n->line > 0 && n->col > 0);
	FUZZ_CHECK((n->kind == MR_YAML_SCALAR) == (n->text != NULL));
	FUZZ_CHECK(n->kind != MR_YAML_SCALAR || n->n == 0);
	for (unsigned i = 0; i < n->n; i++) {
		check_node(n->child[i], depth + 1);
		if (n->kind != MR_YAML_MAP)
			continue;
		FUZZ_CHECK(n->key[i]->kind == MR_YAML_SCALAR && n->key[i]->text);
		FUZZ_CHECK(mr_yaml_get(n, n->key[i]->text) == n->child[i]);
	}
}

TARGET(data, len)
{
	struct mr_yaml_docs docs = {0};
	struct mr_diags diags = {0};
	struct mr_buf text = {0};
	int rc;

	mr_buf_add(&text, data, len);
	rc = mr_yaml_read("f.yaml", mr_buf_text(&text), len, &docs, &diags);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	fuzz_check_diags(&diags, rc);
	FUZZ_CHECK(rc == 0 || docs.n == 0);
	for (unsigned i = 0; i < docs.n; i++)
		check_node(docs.doc[i], 1);
	mr_yaml_docs_done(&docs);
	mr_diags_done(&diags);
	mr_buf_done(&text);
	return 0;
}
