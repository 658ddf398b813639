// SPDX-License-Identifier: Apache-2.0
/*
 * Changed texts: bytes of good documents are replaced, removed and doubled. Whatever comes out
 * is an error with a place, or a set that can be checked, printed, read back and resolved; run
 * with sanitizers this finds the rest.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/resolve.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_policy/gen.h"

#define ROUNDS 400

static void damage(struct mr_rng *r, struct mr_buf *b)
{
	static const char bytes[] = "{}[]:,-\"'#&*! \n\t0a%|>\\\x01\xff";
	unsigned n = 1 + (unsigned)mr_rng_below(r, 4);

	while (n--) {
		size_t at = mr_rng_below(r, b->len - 20), len = mr_rng_below(r, 20);

		if (mr_rng_chance(r, 60)) {
			b->data[at] = bytes[mr_rng_below(r, sizeof(bytes) - 1)];
		} else if (mr_rng_chance(r, 50)) {
			memmove(b->data + at, b->data + at + len, b->len - at - len + 1);
			b->len -= len;
		} else {
			memmove(b->data + at, b->data + mr_rng_below(r, b->len - 20), len);
		}
		if (b->len < 60)
			return;
	}
}

static void read_back(const struct fm_docs *s)
{
	struct mr_diags diags = {0};
	struct fm_docs again = {0};
	struct mr_buf text = {0};

	fm_docs_print(s, &text);
	ck_assert_msg(fm_docs_read(&again, "t", mr_buf_text(&text), text.len, &diags) == 0,
		      "%s", mr_buf_text(&text));
	ck_assert_uint_eq(again.n, s->n);
	for (unsigned i = 0; i < s->n; i++)
		ck_assert_msg(fm_doc_equal(s->doc[i], again.doc[i]), "%s", mr_buf_text(&text));
	mr_buf_done(&text);
	mr_diags_done(&diags);
	fm_docs_done(&again);
}

START_TEST(changed)
{
	unsigned refused = 0;
	struct mr_rng rng;

	mr_rng_init(&rng, (uint64_t)_i);
	for (unsigned round = 0; round < ROUNDS; round++) {
		struct mr_diags diags = {0};
		struct fm_docs s = {0};
		struct fm_resolve_input in = {.docs = &s};
		struct mr_buf text = {0};
		int r;

		gen_doc(&rng, (enum fm_kind)_i, 1, &text);
		damage(&rng, &text);
		r = fm_docs_read(&s, "t", mr_buf_text(&text), text.len, &diags);
		ck_assert((r != 0) == (diags.errors > 0));
		refused += r != 0;
		read_back(&s);
		if (!r && !fm_docs_validate(&s, &diags))
			fm_desired_free(fm_resolve(&in, &diags));
		fm_docs_done(&s);
		mr_diags_done(&diags);
		mr_buf_done(&text);
	}
	ck_assert_uint_gt(refused, ROUNDS / 4);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("hostile");
	TCase *t = tcase_create("all");

	tcase_set_timeout(t, 60);
	tcase_add_loop_test(t, changed, 0, FM_KIND_COUNT);
	suite_add_tcase(s, t);
	return check_run(s);
}
