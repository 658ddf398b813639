// SPDX-License-Identifier: Apache-2.0
/*
 * The YAML reader: trees and places, what is refused and where, every cap on both sides, and
 * that hostile input is refused at once.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"
#include "tests/unit/check_main.h"

static struct mr_yaml_docs docs;
static struct mr_diags diags;
static struct mr_buf in;

static void setup(void)
{
	docs = (struct mr_yaml_docs){0};
	diags = (struct mr_diags){0};
	in = (struct mr_buf){0};
}

static void teardown(void)
{
	mr_yaml_docs_done(&docs);
	mr_diags_done(&diags);
	mr_buf_done(&in);
}

static int read_in(void)
{
	mr_yaml_docs_done(&docs);
	mr_diags_done(&diags);
	return mr_yaml_read("f.yaml", in.data, in.len, &docs, &diags);
}

static int read_text(const char *text)
{
	mr_buf_reset(&in);
	mr_buf_puts(&in, text);
	return read_in();
}

static void repeat(const char *s, unsigned n)
{
	while (n--)
		mr_buf_puts(&in, s);
}

/* One line that shows the whole tree: {k@1:1: v@1:4, ...}; quoted scalars in quotes. */
static void show(const struct mr_yaml *n, struct mr_buf *out)
{
	const char *open = n->kind == MR_YAML_MAP ? "{" : "[";

	if (n->kind == MR_YAML_SCALAR) {
		mr_buf_printf(out, n->quoted ? "'%s'@%u:%u" : "%s@%u:%u", n->text, n->line,
			      n->col);
		return;
	}
	mr_buf_printf(out, "%s@%u:%u", open, n->line, n->col);
	for (unsigned i = 0; i < n->n; i++) {
		mr_buf_puts(out, " ");
		if (n->kind == MR_YAML_MAP) {
			show(n->key[i], out);
			mr_buf_puts(out, "=");
		}
		show(n->child[i], out);
	}
	mr_buf_puts(out, n->kind == MR_YAML_MAP ? "}" : "]");
}

static const struct {
	const char *name;
	const char *text;
	const char *want; /* documents, one after the other with '|' between */
} trees[] = {
	{"empty", "", ""},
	{"only comments", "# a\n\n# b\n", ""},
	{"scalar", "a", "a@1:1"},
	{"map", "a: 1\nb: 2\n", "{@1:1 a@1:1=1@1:4 b@2:1=2@2:4}"},
	{"nested", "a:\n  - b\n  - c: d\n", "{@1:1 a@1:1=[@2:3 b@2:5 {@3:5 c@3:5=d@3:8}]}"},
	{"flow", "{a: [x, 'y']}", "{@1:1 a@1:2=[@1:5 x@1:6 'y'@1:9]}"},
	{"not resolved", "a: on\nb: 1:30\nc: 0x10\nd: ~\n",
	 "{@1:1 a@1:1=on@1:4 b@2:1=1:30@2:4 c@3:1=0x10@3:4 d@4:1=~@4:4}"},
	{"quoted", "a: \"x\"\nb: |\n  y\n", "{@1:1 a@1:1='x'@1:4 b@2:1='y\n'@2:4}"},
	{"absent value", "a:\nb: ''\n", "{@1:1 a@1:1=@1:3 b@2:1=''@2:4}"},
	{"two documents", "---\na: 1\n---\n- b\n", "{@2:1 a@2:1=1@2:4}|[@4:1 b@4:3]"},
	{"empty documents", "---\n---\n# x\n---\na\n---\n...\n", "a@5:1"},
	{"quoted empty document", "--- ''\n", "''@1:5"},
	{"windows lines", "a: 1\r\nb:\r\n- c\r\n", "{@1:1 a@1:1=1@1:4 b@2:1=[@3:1 c@3:3]}"},
	{"alias", "a: &x [1, 2]\nb: *x\n",
	 "{@1:1 a@1:1=[@1:4 1@1:8 2@1:11] b@2:1=[@1:4 1@1:8 2@1:11]}"},
	{"alias as key", "a: &x k\n*x : v\n", "{@1:1 a@1:1=k@1:4 k@1:4=v@2:6}"},
	{"anchor again", "[&x a, *x, &x b, *x]", "[@1:1 a@1:2 a@1:2 b@1:12 b@1:12]"},
	{"yaml's own tag", "a: !!str 1\n", "{@1:1 a@1:1=1@1:4}"},
	{"tab behind a key", "a:\t1\n", "{@1:1 a@1:1=1@1:4}"},
	{"tab in a text", "a: |\n  x\n  \ty\n", "{@1:1 a@1:1='x\n\ty\n'@1:4}"},
	{"tab in a quoted text", "a: \"x\n \ty\"\n", "{@1:1 a@1:1='x y'@1:4}"},
	{"byte order mark", "\xef\xbb\xbf- x\n", "[@1:1 x@1:3]"},
	{"byte order mark before a map",
	 "\xef\xbb\xbf"
	 "a: 1\nb: 2\n",
	 "{@1:1 a@1:1=1@1:4 b@2:1=2@2:4}"},
	{"byte order mark alone", "\xef\xbb\xbf", ""},
};

START_TEST(test_trees)
{
	struct mr_buf got = {0};

	ck_assert_msg(read_text(trees[_i].text) == 0, "%s: refused: %s", trees[_i].name,
		      diags.n ? diags.item[0].text : "");
	for (unsigned i = 0; i < docs.n; i++) {
		mr_buf_puts(&got, i ? "|" : "");
		show(docs.doc[i], &got);
	}
	ck_assert_msg(mr_streq(mr_buf_text(&got), trees[_i].want), "%s: got %s", trees[_i].name,
		      mr_buf_text(&got));
	mr_buf_done(&got);
}
END_TEST

static const struct {
	const char *name;
	const char *text;
	const char *want; /* beginning of the printed findings */
} refused[] = {
	{"duplicate key", "a: 1\nb: 2\na: 3\n",
	 "f.yaml:3:1: a: duplicate key 'a', which is in line 1 already"},
	{"duplicate below", "s:\n  d:\n  - q: {x: 1, x: 2}\n",
	 "f.yaml:3:15: s.d[0].q.x: duplicate key 'x'"},
	{"two duplicates", "a: 1\na: 2\nb: 1\nb: 2\n",
	 "f.yaml:2:1: a: duplicate key 'a', which is in line 1 already\nf.yaml:4:1: b: "
	 "duplicate key 'b'"},
	{"tab as indentation", "a:\n\tb: 1\n",
	 "f.yaml:2:1: a: a tab is used as indentation; use spaces"},
	{"tab after spaces", "a:\n  \tb: 1\n",
	 "f.yaml:2:3: a: a tab is used as indentation; use spaces"},
	{"tab in brackets", "a: [\n\tb]\n",
	 "f.yaml:2:1: a[0]: a tab is used as indentation; use spaces"},
	{"tab before bracket", "a: ['b'\n\t]\n",
	 "f.yaml:2:1: a[1]: a tab is used as indentation; use spaces"},
	{"list as key", "? [a, b]\n: c\n",
	 "f.yaml:1:3: expected a plain word as key, got a list or a map"},
	{"map as key", "{{a: b}: c}\n",
	 "f.yaml:1:2: expected a plain word as key, got a list or a map"},
	{"aliased list as key", "a: &x [1]\n*x : c\n",
	 "f.yaml:2:1: expected a plain word as key"},
	{"no anchor", "a: *x\n", "f.yaml:1:4: a: there is no anchor '&x' before this alias"},
	{"anchor of another document", "a: &x 1\n---\na: *x\n",
	 "f.yaml:3:4: a: there is no anchor '&x'"},
	{"alias inside itself", "a: &x [*x]\n",
	 "f.yaml:1:8: a[0]: the alias '*x' stands inside its own value"},
	{"foreign tag", "a: !vault x\n",
	 "f.yaml:1:4: a: tags are not known here, got '!vault'"},
	{"NUL in a text", "a: \"x\\0y\"\n",
	 "f.yaml:1:4: a: a NUL character is not allowed in a text"},
	{"no UTF-8", "a: 1\nb: x\xff\n", "f.yaml:2:5: expected UTF-8 text: "},
	{"control character", "a: 1\nbc: \x01\n", "f.yaml:2:5: expected UTF-8 text: "},
	{"bracket not closed", "a: [1,\n", "f.yaml:2:1: "},
	{"bad indentation", "a: 1\n  b: 2\n", "f.yaml:2:4: "},
	{"unknown directive version", "%YAML 9.9\n---\na: 1\n", "f.yaml:1:1: "},
};

START_TEST(test_refused)
{
	struct mr_buf got = {0};

	ck_assert_int_eq(read_text(refused[_i].text), -EINVAL);
	ck_assert_uint_eq(docs.n, 0);
	ck_assert_ptr_null(docs.doc);
	mr_diags_print(&diags, &got);
	ck_assert_msg(mr_starts(mr_buf_text(&got), refused[_i].want), "%s: got %s",
		      refused[_i].name, mr_buf_text(&got));
	mr_buf_done(&got);
}
END_TEST

static void expect_error(unsigned line, const char *part)
{
	ck_assert_int_eq(read_in(), -EINVAL);
	ck_assert_uint_eq(diags.errors, 1);
	ck_assert_uint_eq(diags.item[0].line, line);
	ck_assert_msg(strstr(diags.item[0].text, part) != NULL, "got %s", diags.item[0].text);
}

START_TEST(test_levels)
{
	repeat("[", 64);
	repeat("]", 64);
	ck_assert_int_eq(read_in(), 0);
	mr_buf_reset(&in);
	repeat("[", 65);
	repeat("]", 65);
	expect_error(1, "more than 64 levels");
	ck_assert_uint_eq(diags.item[0].col, 65);
}
END_TEST

/* An alias puts its value's levels below where it stands. */
START_TEST(test_levels_by_alias)
{
	for (unsigned above = 33; above <= 34; above++) {
		mr_buf_reset(&in);
		mr_buf_puts(&in, "- &x ");
		repeat("[", 30);
		repeat("]", 30);
		mr_buf_puts(&in, "\n- ");
		repeat("[", above);
		mr_buf_puts(&in, "*x");
		repeat("]", above);
		ck_assert_int_eq(read_in(), above == 33 ? 0 : -EINVAL);
	}
	ck_assert(strstr(diags.item[0].text, "more than 64 levels"));
}
END_TEST

/* Levels that an alias brought count for an alias of what holds them. */
START_TEST(test_levels_by_alias_of_alias)
{
	for (unsigned last = 1; last <= 2; last++) {
		mr_buf_reset(&in);
		mr_buf_puts(&in, "- &x ");
		repeat("[", 31);
		repeat("]", 31);
		mr_buf_puts(&in, "\n- &y ");
		repeat("[", 31);
		mr_buf_puts(&in, "*x");
		repeat("]", 31);
		mr_buf_puts(&in, "\n- ");
		repeat("[", last);
		mr_buf_puts(&in, "*y");
		repeat("]", last);
		ck_assert_int_eq(read_in(), last == 1 ? 0 : -EINVAL);
	}
}
END_TEST

START_TEST(test_nesting_of_4_mib)
{
	repeat("[", MR_YAML_MAX_BYTES);
	expect_error(1, "more than 64 levels");
	mr_buf_reset(&in);
	repeat("- ", MR_YAML_MAX_BYTES / 2);
	expect_error(1, "more than 64 levels");
	mr_buf_reset(&in);
	repeat("? ", MR_YAML_MAX_BYTES / 2);
	expect_error(1, "expected a plain word as key");
}
END_TEST

START_TEST(test_bytes)
{
	mr_buf_puts(&in, "a: ");
	repeat("x", MR_YAML_MAX_BYTES - 3);
	ck_assert_int_eq(read_in(), 0);
	ck_assert_uint_eq(strlen(mr_yaml_get(docs.doc[0], "a")->text), MR_YAML_MAX_BYTES - 3);
	mr_buf_putc(&in, 'x');
	expect_error(1, "expected at most 4194304 bytes");
	mr_buf_reset(&in);
	repeat("[", 10 * 1000 * 1000);
	expect_error(1, "expected at most 4194304 bytes");
}
END_TEST

START_TEST(test_aliases)
{
	mr_buf_puts(&in, "- &x y\n");
	repeat("- *x\n", MR_YAML_MAX_ALIASES);
	ck_assert_int_eq(read_in(), 0);
	ck_assert_uint_eq(docs.doc[0]->n, MR_YAML_MAX_ALIASES + 1);
	mr_buf_puts(&in, "- *x\n");
	expect_error(1002, "more than 1000 expansions of aliases");
}
END_TEST

/* Expansions inside of what is expanded count as well: 9 levels of 9 would be 387 million
 * values. */
START_TEST(test_alias_bomb)
{
	mr_buf_puts(&in, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (unsigned i = 1; i <= 9; i++) {
		mr_buf_printf(&in, "a%u: &a%u [", i, i);
		for (unsigned j = 0; j < 9; j++)
			mr_buf_printf(&in, "%s*a%u", j ? ", " : "", i - 1);
		mr_buf_puts(&in, "]\n");
	}
	expect_error(5, "more than 1000 expansions of aliases");
}
END_TEST

START_TEST(test_aliases_of_large_things)
{
	mr_buf_puts(&in, "- &x ");
	repeat("y", 1 << 20);
	mr_buf_puts(&in, "\n");
	repeat("- *x\n", 100);
	expect_error(17, "bytes of text");
	mr_buf_reset(&in);
	mr_buf_puts(&in, "- &x [");
	repeat("y,", 100000);
	mr_buf_puts(&in, "]\n");
	repeat("- *x\n", 100);
	expect_error(10, "more than 1000000 values");
}
END_TEST

START_TEST(test_nodes)
{
	repeat("-\n", MR_YAML_MAX_NODES - 1);
	ck_assert_int_eq(read_in(), 0);
	ck_assert_uint_eq(docs.doc[0]->n, MR_YAML_MAX_NODES - 1);
	repeat("-\n", 1);
	expect_error(MR_YAML_MAX_NODES, "more than 1000000 values");
}
END_TEST

START_TEST(test_large_map)
{
	for (unsigned i = 0; i < 200000; i++)
		mr_buf_printf(&in, "key%u: %u\n", i, i);
	ck_assert_int_eq(read_in(), 0);
	ck_assert_uint_eq(docs.doc[0]->n, 200000);
	ck_assert_str_eq(mr_yaml_get(docs.doc[0], "key199999")->text, "199999");
	mr_buf_puts(&in, "key7: x\n");
	expect_error(200001, "duplicate key 'key7', which is in line 8 already");
}
END_TEST

/* Around the size from which keys are hashed, each earlier key is found. */
START_TEST(test_duplicates_at_any_size)
{
	for (unsigned n = 1; n <= 40; n++) {
		for (unsigned dup = 0; dup < n; dup++) {
			mr_buf_reset(&in);
			for (unsigned i = 0; i < n; i++)
				mr_buf_printf(&in, "k%u: x\n", i);
			mr_buf_printf(&in, "k%u: x\n", dup);
			expect_error(n + 1, "duplicate key");
		}
	}
}
END_TEST

START_TEST(test_findings_are_bounded)
{
	mr_buf_puts(&in, "a: 1\n");
	repeat("a: 1\n", 1000);
	ck_assert_int_eq(read_in(), -EINVAL);
	ck_assert_uint_eq(diags.errors, 1000);
	ck_assert_uint_eq(diags.n, MR_DIAGS_MAX);
}
END_TEST

START_TEST(test_tag_directives)
{
	for (unsigned i = 0; i < 200000; i++)
		mr_buf_printf(&in, "%%TAG !%u! x\n", i);
	mr_buf_puts(&in, "---\na: 1\n");
	expect_error(17, "TAG directives");
}
END_TEST

START_TEST(test_wide_line)
{
	repeat(" ", 1 << 20);
	mr_buf_puts(&in, "[");
	repeat("a,", 400000);
	mr_buf_puts(&in, "]");
	ck_assert_int_eq(read_in(), 0);
	ck_assert_uint_eq(docs.doc[0]->n, 400000);
}
END_TEST

START_TEST(test_cut_anywhere)
{
	static const char text[] =
		"a: &x {b: [1, 'two', *x2], ? c : d}\n\"e\\\"\": |\n  f\n--- !t\n? - g\n";

	for (size_t n = 0; n <= strlen(text); n++) {
		mr_buf_reset(&in);
		mr_buf_add(&in, text, n);
		ck_assert_int_eq(read_in() == 0, diags.errors == 0);
	}
}
END_TEST

START_TEST(test_without_findings)
{
	ck_assert_int_eq(mr_yaml_read(NULL, "a: [", 4, &docs, NULL), -EINVAL);
	ck_assert_int_eq(mr_yaml_read(NULL, NULL, 0, &docs, NULL), 0);
	ck_assert_uint_eq(docs.n, 0);
	mr_yaml_docs_done(NULL);
}
END_TEST

START_TEST(test_get)
{
	ck_assert_int_eq(read_text("a: 1\nb: [2]\n"), 0);
	ck_assert_str_eq(mr_yaml_get(docs.doc[0], "a")->text, "1");
	ck_assert_ptr_null(mr_yaml_get(docs.doc[0], "c"));
	ck_assert_ptr_null(mr_yaml_get(mr_yaml_get(docs.doc[0], "b"), "c"));
	ck_assert_ptr_null(mr_yaml_get(NULL, "a"));
}
END_TEST

START_TEST(test_bool)
{
	static const struct {
		const char *text;
		int want;
	} cases[] = {
		{"on", 1},    {"off", 0}, {"Yes", 1}, {"NO", 0}, {"true", 1}, {"False", 0},
		{"none", -1}, {"", -1},	  {"1", -1},  {"y", -1}, {"on ", -1}, {NULL, -1},
	};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(cases); i++)
		ck_assert_int_eq(mr_yaml_bool(cases[i].text), cases[i].want);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("yaml");
	TCase *t = tcase_create("yaml");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 30);
	tcase_add_loop_test(t, test_trees, 0, MR_ARRAY_SIZE(trees));
	tcase_add_loop_test(t, test_refused, 0, MR_ARRAY_SIZE(refused));
	tcase_add_test(t, test_levels);
	tcase_add_test(t, test_levels_by_alias);
	tcase_add_test(t, test_levels_by_alias_of_alias);
	tcase_add_test(t, test_nesting_of_4_mib);
	tcase_add_test(t, test_bytes);
	tcase_add_test(t, test_aliases);
	tcase_add_test(t, test_alias_bomb);
	tcase_add_test(t, test_aliases_of_large_things);
	tcase_add_test(t, test_nodes);
	tcase_add_test(t, test_large_map);
	tcase_add_test(t, test_duplicates_at_any_size);
	tcase_add_test(t, test_findings_are_bounded);
	tcase_add_test(t, test_tag_directives);
	tcase_add_test(t, test_wide_line);
	tcase_add_test(t, test_cut_anywhere);
	tcase_add_test(t, test_without_findings);
	tcase_add_test(t, test_get);
	tcase_add_test(t, test_bool);
	suite_add_tcase(s, t);
	return check_run(s);
}
