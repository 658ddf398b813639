// SPDX-License-Identifier: Apache-2.0
/*
 * parse(print(x)) == x for the examples and for documents generated from the tables, and
 * printing is a fixed point. The generator writes every key of the grammar, so this also says
 * that the reader takes all of it.
 */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "fabric-manager/policy/docs.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_policy/gen.h"

static void must_read(struct fm_docs *s, const char *text, size_t len)
{
	struct mr_diags diags = {0};
	struct mr_buf out = {0};
	int r = fm_docs_read(s, "t", text, len, &diags);

	mr_diags_print(&diags, &out);
	ck_assert_msg(r == 0, "%s%s", mr_buf_text(&out), text);
	mr_buf_done(&out);
	mr_diags_done(&diags);
}

static void check_same(const struct fm_docs *a, const struct fm_docs *b)
{
	ck_assert_uint_eq(a->n, b->n);
	for (unsigned i = 0; i < a->n; i++) {
		struct mr_buf x = {0}, y = {0};

		fm_doc_print(a->doc[i], &x);
		fm_doc_print(b->doc[i], &y);
		ck_assert_msg(fm_doc_equal(a->doc[i], b->doc[i]), "differs:\n%s\n%s",
			      mr_buf_text(&x), mr_buf_text(&y));
		ck_assert_str_eq(mr_buf_text(&x), mr_buf_text(&y));
		mr_buf_done(&x);
		mr_buf_done(&y);
	}
}

static void roundtrip(const char *text, size_t len)
{
	struct fm_docs a = {0}, b = {0};
	struct mr_buf out = {0};

	must_read(&a, text, len);
	fm_docs_print(&a, &out);
	must_read(&b, mr_buf_text(&out), out.len);
	check_same(&a, &b);
	fm_docs_done(&a);
	fm_docs_done(&b);
	mr_buf_done(&out);
}

START_TEST(examples)
{
	static const char *const files[] = {"nic-sharing", "spare-blade", "hpc-preemption"};
	char path[512], text[65536];
	size_t n;
	FILE *f;

	mr_fmt(path, sizeof(path), SRCDIR "/config/%s.yaml", files[_i]);
	f = fopen(path, "rb");
	ck_assert_ptr_nonnull(f);
	n = fread(text, 1, sizeof(text), f);
	fclose(f);
	ck_assert_uint_gt(n, 100);
	roundtrip(text, n);
}
END_TEST

START_TEST(generated)
{
	for (unsigned round = 0; round < 60; round++) {
		struct mr_buf text = {0};
		struct mr_rng rng;

		mr_rng_init(&rng, 1000 * (uint64_t)_i + round);
		for (unsigned i = 0; i < 5; i++)
			gen_doc(&rng, (enum fm_kind)_i, i, &text);
		roundtrip(mr_buf_text(&text), text.len);
		mr_buf_done(&text);
	}
}
END_TEST

/* A change of one value is a difference, whatever the kind. */
START_TEST(generated_differ)
{
	unsigned differ = 0;

	for (unsigned round = 0; round < 40; round++) {
		struct mr_buf a = {0}, b = {0};
		struct fm_docs x = {0}, y = {0};
		struct mr_rng rng;

		mr_rng_init(&rng, round);
		gen_doc(&rng, (enum fm_kind)_i, 1, &a);
		gen_doc(&rng, (enum fm_kind)_i, 1, &b);
		must_read(&x, mr_buf_text(&a), a.len);
		must_read(&y, mr_buf_text(&b), b.len);
		ck_assert(fm_doc_equal(x.doc[0], x.doc[0]));
		ck_assert(fm_doc_equal(x.doc[0], y.doc[0]) == fm_doc_equal(y.doc[0], x.doc[0]));
		differ += !fm_doc_equal(x.doc[0], y.doc[0]);
		fm_docs_done(&x);
		fm_docs_done(&y);
		mr_buf_done(&a);
		mr_buf_done(&b);
	}
	ck_assert_uint_gt(differ, 20);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("roundtrip");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, examples, 0, 3);
	tcase_add_loop_test(t, generated, 0, FM_KIND_COUNT);
	tcase_add_loop_test(t, generated_differ, 0, FM_KIND_COUNT);
	suite_add_tcase(s, t);
	return check_run(s);
}
