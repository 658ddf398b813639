// SPDX-License-Identifier: Apache-2.0
/*
 * Value trees: what was added is found again, and a very deep one is freed.
 */
#include <check.h>

#include "common/tree.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

START_TEST(test_build_and_get)
{
	struct mr_tree *t = mr_tree_map();
	struct mr_tree *list = mr_tree_add_list(t, "list");
	struct mr_tree *sub = mr_tree_map();
	const struct mr_tree *c;

	mr_tree_add_int(list, NULL, -5);
	mr_tree_add_text(list, NULL, "x");
	mr_tree_add_text(t, "name", "nic");
	mr_tree_add_text(t, "none", NULL);
	mr_tree_add_fmt(t, "fmt", "%s/%d", "pf", 2);
	mr_tree_add_bool(t, "on", true);
	mr_tree_add_int(t, "big", INT64_MIN);
	mr_tree_add_int(sub, "deep", 1);
	mr_tree_attach(t, "sub", sub);
	mr_tree_add_text(mr_tree_add_map(t, "m"), "k", "v");
	ck_assert_uint_eq(t->n, 8);
	ck_assert_str_eq(t->child[0]->key, "list");
	c = mr_tree_get(t, "list");
	ck_assert_uint_eq(c->n, 2);
	ck_assert_int_eq(c->child[0]->num, -5);
	ck_assert_ptr_null(c->child[0]->key);
	ck_assert_str_eq(mr_tree_text(t, "name"), "nic");
	ck_assert_str_eq(mr_tree_text(t, "fmt"), "pf/2");
	ck_assert_str_eq(mr_tree_text(mr_tree_get(t, "m"), "k"), "v");
	ck_assert_int_eq(mr_tree_get(t, "none")->kind, MR_TREE_NULL);
	ck_assert_int_eq(mr_tree_get(t, "on")->kind, MR_TREE_BOOL);
	ck_assert_int_eq(mr_tree_int(t, "on"), 1);
	ck_assert_int_eq(mr_tree_int(t, "big"), INT64_MIN);
	ck_assert_int_eq(mr_tree_int(mr_tree_get(t, "sub"), "deep"), 1);
	mr_tree_free(t);
}
END_TEST

START_TEST(test_absent)
{
	struct mr_tree *t = mr_tree_list();

	mr_tree_add_int(t, NULL, 1);
	ck_assert_ptr_null(mr_tree_get(t, "x"));
	ck_assert_ptr_null(mr_tree_get(NULL, "x"));
	ck_assert_str_eq(mr_tree_text(t, "x"), "");
	ck_assert_int_eq(mr_tree_int(t, "x"), 0);
	mr_tree_free(t);
	mr_tree_free(NULL);
}
END_TEST

static struct mr_tree *pair(const char *key, const char *text, int64_t n)
{
	struct mr_tree *t = mr_tree_map();

	mr_tree_add_text(t, key, text);
	mr_tree_add_int(mr_tree_add_list(t, "list"), NULL, n);
	return t;
}

START_TEST(test_equal)
{
	struct mr_tree *a = pair("k", "v", 1);
	struct mr_tree *other[] = {pair("k", "w", 1), pair("l", "v", 1), pair("k", "v", 2),
				   pair("k", NULL, 1), pair("k", "v", 1)};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(other); i++) {
		ck_assert_int_eq(mr_tree_eq(a, other[i]), i + 1 == MR_ARRAY_SIZE(other));
		mr_tree_free(other[i]);
	}
	ck_assert(!mr_tree_eq(a, NULL));
	ck_assert(mr_tree_eq(NULL, NULL));
	mr_tree_free(a);
}
END_TEST

/* Deeper than any call stack would go. */
START_TEST(test_free_deep)
{
	struct mr_tree *t = mr_tree_list(), *at = t;

	for (unsigned i = 0; i < 1000000; i++)
		at = mr_tree_add_list(at, NULL);
	mr_tree_add_int(at, NULL, 1);
	ck_assert_uint_eq(at->n, 1);
	mr_tree_free(t);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("tree");
	TCase *t = tcase_create("tree");

	tcase_add_test(t, test_build_and_get);
	tcase_add_test(t, test_absent);
	tcase_add_test(t, test_equal);
	tcase_add_test(t, test_free_deep);
	suite_add_tcase(s, t);
	return check_run(s);
}
