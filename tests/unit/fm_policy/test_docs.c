// SPDX-License-Identifier: Apache-2.0
/*
 * Sets of documents: order, merging, removal, sharing; what counts as a difference; sizes
 * beyond the caps; and that the tables themselves are sound.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/policy/docs.h"
#include "fabric-manager/policy/table.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_policy/examples.h"

#define HEAD(kind, name) \
	"---\napiVersion: banyan/v1\nkind: " kind "\nmetadata: {name: " name "}\n"

static int read_text(struct fm_docs *s, const char *text)
{
	struct mr_diags diags = {0};
	int r = fm_docs_read(s, "t", text, strlen(text), &diags);

	ck_assert((r == 0) == (diags.errors == 0));
	mr_diags_done(&diags);
	return r;
}

static bool same(const char *a, const char *b)
{
	struct fm_docs x = {0}, y = {0};
	bool ret;

	ck_assert_int_eq(read_text(&x, a), 0);
	ck_assert_int_eq(read_text(&y, b), 0);
	ret = fm_doc_equal(x.doc[0], y.doc[0]);
	fm_docs_done(&x);
	fm_docs_done(&y);
	return ret;
}

START_TEST(order)
{
	struct fm_docs a = {0}, b = {0};
	struct mr_buf x = {0}, y = {0};

	ck_assert_int_eq(
		read_text(&a, HEAD("QosClass", "z") HEAD("Host", "b") HEAD("Host", "a")), 0);
	ck_assert_int_eq(
		read_text(&b, HEAD("Host", "a") HEAD("QosClass", "z") HEAD("Host", "b")), 0);
	fm_docs_print(&a, &x);
	fm_docs_print(&b, &y);
	ck_assert_str_eq(mr_buf_text(&x), mr_buf_text(&y));
	ck_assert_str_eq(a.doc[0]->meta.name.s, "a");
	mr_buf_done(&x);
	mr_buf_done(&y);
	fm_docs_done(&a);
	fm_docs_done(&b);
}
END_TEST

START_TEST(merge)
{
	struct fm_docs old = {0}, new = {0}, all = {0};

	ck_assert_int_eq(read_text(&old, HEAD("Host", "a") HEAD("Host", "b")), 0);
	ck_assert_int_eq(
		read_text(&new, HEAD("Host", "b") "spec: {cordoned: yes}\n" HEAD("Host", "c")),
		0);
	fm_docs_merge(&all, &old);
	fm_docs_merge(&all, &new);
	ck_assert_uint_eq(all.n, 3);
	ck_assert_ptr_eq(fm_docs_find(&all, FM_KIND_HOST, "a"), old.doc[0]);
	ck_assert_int_eq(fm_docs_find(&all, FM_KIND_HOST, "b")->spec.host.cordoned.v, 1);
	ck_assert_int_eq(fm_docs_find(&old, FM_KIND_HOST, "b")->spec.host.cordoned.v, 0);
	fm_docs_done(&old);
	fm_docs_done(&new);
	ck_assert(fm_docs_remove(&all, FM_KIND_HOST, "a"));
	ck_assert(!fm_docs_remove(&all, FM_KIND_HOST, "a"));
	ck_assert_ptr_null(fm_docs_find(&all, FM_KIND_HOST, "a"));
	ck_assert_ptr_null(fm_docs_find(&all, FM_KIND_QOS_CLASS, "b"));
	ck_assert_str_eq(fm_docs_find(&all, FM_KIND_HOST, "c")->meta.name.s, "c");
	fm_docs_done(&all);
}
END_TEST

/* What is noted of a document goes where it goes, and into copies. */
START_TEST(notes)
{
	struct fm_docs s = {0}, new = {0}, copy, none;

	ck_assert_int_eq(read_text(&s, HEAD("Host", "b") HEAD("Host", "d")), 0);
	ck_assert_int_eq(
		read_text(&new, HEAD("Host", "a")
					HEAD("Host", "b") "spec: {cordoned: yes}\n" HEAD("Host",
											 "c")),
		0);
	fm_docs_note(&s, FM_KIND_HOST, "b", 7);
	fm_docs_note(&s, FM_KIND_HOST, "d", 70000);
	fm_docs_note(&s, FM_KIND_HOST, "a", 9); /* there is none yet */
	fm_docs_merge(&s, &new);
	fm_docs_copy(&copy, &s);
	ck_assert_uint_eq(fm_docs_noted(&s, FM_KIND_HOST, "a"), 0);
	ck_assert_uint_eq(fm_docs_noted(&s, FM_KIND_HOST, "b"), 7);
	ck_assert_uint_eq(fm_docs_noted(&s, FM_KIND_HOST, "c"), 0);
	ck_assert_uint_eq(fm_docs_noted(&s, FM_KIND_HOST, "d"), 70000);
	ck_assert(fm_docs_remove(&s, FM_KIND_HOST, "b"));
	ck_assert_uint_eq(fm_docs_noted(&s, FM_KIND_HOST, "b"), 0);
	ck_assert_uint_eq(fm_docs_noted(&s, FM_KIND_HOST, "d"), 70000);
	fm_docs_done(&s);
	ck_assert_uint_eq(fm_docs_noted(&copy, FM_KIND_HOST, "b"), 7);
	ck_assert_ptr_eq(fm_docs_find(&copy, FM_KIND_HOST, "a"), new.doc[0]);
	fm_docs_copy(&none, &s);
	ck_assert_uint_eq(none.n, 0);
	fm_docs_merge(&none, &new);
	ck_assert_uint_eq(none.n, 3);
	fm_docs_done(&none);
	fm_docs_done(&new);
	fm_docs_done(&copy);
}
END_TEST

#define MACS(who, mac, more)                                                           \
	HEAD("ServerProfile", who)                                                     \
	"spec: {devices: [{name: d, class: ethernet, pool: nics, identity: {mac: " mac \
	"}" more "}]}\n"

/* One profile of two is edited: whether a wish can follow, and what is found. */
static const struct {
	const char *name, *text;
	unsigned edits;
} edits[] = {
	{"nothing", MACS("a", "{pool: macs}", ""), 0},
	{"a rate", MACS("a", "{pool: macs}", ", qos: {limit: 1Gbit}"), 1},
	{"rates that contradict",
	 MACS("a", "{pool: macs}", ", qos: {limit: 1Gbit, guaranteed: 2Gbit}"), 1},
	{"a class of rates", MACS("a", "{pool: macs}", ", qos: gold"), 1},
	{"no such class", MACS("a", "{pool: macs}", ", qos: silver"), 1},
	{"a value", MACS("a", "'02:00:00:00:00:01'", ""), 1},
	{"the other one's value", MACS("a", "'02:00:00:00:00:02'", ""), 1},
	{"its own value again", MACS("b", "'02:00:00:00:00:02'", ", driver: none"), 1},
	{"a value of no pool", MACS("a", "'02:00:00:00:01:00'", ""), 1},
	{"no such pool of values", MACS("a", "{pool: none}", ""), 1},
	{"no such port profile", MACS("a", "{pool: macs}", ", portProfile: p"), 1},
	{"another pool",
	 HEAD("ServerProfile", "a") "spec: {devices: [{name: d, class: ethernet, pool: x}]}\n",
	 0},
	{"another name", MACS("c", "{pool: macs}", ""), 0},
	{"two functions", MACS("a", "{pool: macs}", ", count: 2"), 0},
	{"a class that one uses", HEAD("QosClass", "gold") "spec: {limit: 1Gbit}\n", 1},
	{"a class that contradicts itself",
	 HEAD("QosClass", "gold") "spec: {limit: 1Gbit, guaranteed: 2Gbit}\n", 1},
	{"a class that is suspended", HEAD("QosClass", "gold") "spec: {suspend: true}\n", 0},
	{"a class that nobody uses", HEAD("QosClass", "tin") "spec: {limit: 1Gbit}\n", 0},
	{"a class and who uses it",
	 HEAD("QosClass", "gold") "spec: {limit: 1Gbit}\n" MACS("u", "{pool: macs}",
								", qos: gold"),
	 1},
	{"a class and another one",
	 HEAD("QosClass", "gold") "spec: {limit: 1Gbit}\n" MACS("b", "{pool: macs}", ""), 2},
	{"a class, and a value of another one's",
	 HEAD("QosClass", "gold") "spec: {limit: 1Gbit}\n" MACS("a", "'02:00:00:00:00:02'", ""),
	 2},
	{"a port", HEAD("PortProfile", "tr") "spec: {vlan: {access: 7}}\n", 1},
	{"a port that contradicts itself",
	 HEAD("PortProfile", "tr") "spec: {vlan: {access: 7, trunk: [8]}}\n", 1},
	{"copies for somebody", HEAD("PortProfile", "tr") "spec: {mirrorTo: a/d}\n", 0},
	{"a pool",
	 HEAD("IdentityPool", "macs") "spec: {type: mac, ranges: [{start: "
				      "'02:00:00:00:00:00', end: "
				      "'02:00:00:00:01:ff'}]}\n",
	 0},
};

START_TEST(edited)
{
	struct fm_docs was = {0}, now, one = {0};
	struct mr_diags diags = {0};
	const char *name[FM_EDITS_MAX];
	bool fine;

	ck_assert_int_eq(
		read_text(&was,
			  HEAD("AdapterPool",
			       "nics") "spec: {adapterSelector: {class: "
				       "ethernet}}\n" HEAD("QosClass", "gold") HEAD(
					       "IdentityPool",
					       "macs") "spec: {type: mac, ranges: [{start: "
						       "'02:00:00:00:00:00', end: "
						       "'02:00:00:00:00:ff'}]}\n" MACS(
							       "a", "{pool: macs}",
							       "") MACS("b",
									"'02:00:00:00:00:02'",
									"") HEAD("QosClass",
										 "tin")
							       HEAD("PortProfile", "tr")
								       MACS("u", "{pool: macs}",
									    ", qos: gold, "
									    "portProfile: tr")),
		0);
	ck_assert_int_eq(fm_docs_check(&was, &diags), 0);
	ck_assert_uint_eq(diags.n, 0);
	fm_docs_copy(&now, &was);
	ck_assert_int_eq(read_text(&one, edits[_i].text), 0);
	for (unsigned i = 0; i < one.n; i++) {
		struct fm_doc *d = one.doc[i],
			      *had = fm_docs_find(&was, d->kind, d->meta.name.s);

		if (!had || !fm_doc_equal(had, d))
			fm_docs_put(&now, fm_doc_ref(d));
	}
	ck_assert_msg(fm_docs_edits(&was, &now, name) == edits[_i].edits, "%s", edits[_i].name);
	fine = !fm_docs_check(&now, &diags) && !diags.n;
	ck_assert_msg(fm_docs_edits_silent(&was, &now, name, edits[_i].edits) ==
			      (fine && edits[_i].edits),
		      "%s", edits[_i].name);
	mr_diags_done(&diags);
	fm_docs_done(&one);
	fm_docs_done(&was);
	fm_docs_done(&now);
}
END_TEST

START_TEST(equal)
{
	ck_assert(same(HEAD("Host", "a"), HEAD("Host", "a") "spec: {cordoned: off}\n"));
	ck_assert(!same(HEAD("Host", "a"), HEAD("Host", "a") "spec: {cordoned: on}\n"));
	ck_assert(!same(HEAD("Host", "a"), HEAD("Host", "b")));
	ck_assert(!same(HEAD("Host", "a"), HEAD("Adapter", "a")));
	ck_assert(same(HEAD("QosClass", "q") "spec: {limit: 1Gbit}\n",
		       HEAD("QosClass", "q") "spec: {limit: 1000Mbit}\n"));
	ck_assert(same(HEAD("QosClass", "q"), HEAD("QosClass", "q") "spec: {limit: none}\n"));
	ck_assert(!same(HEAD("HostGroup", "g") "spec: {hosts: [a, b]}\n",
			HEAD("HostGroup", "g") "spec: {hosts: [a]}\n"));
	ck_assert(same(
		HEAD("HostGroup", "g") "spec: {hostSelector: {matchLabels: {a: b, c: d}}}\n",
		HEAD("HostGroup", "g") "spec: {hostSelector: {matchLabels: {c: d, a: b}}}\n"));
}
END_TEST

START_TEST(one_wrong_document)
{
	struct fm_docs s = {0};

	ck_assert_int_eq(read_text(&s, HEAD("Host", "a") HEAD("Host", "b") "spec: {x: y}\n"),
			 -EINVAL);
	fm_docs_done(&s);
}
END_TEST

static int validate(const char *text)
{
	struct mr_diags diags = {0};
	struct fm_docs s = {0};
	int r;

	ck_assert_int_eq(fm_docs_read(&s, "t", text, strlen(text), &diags), 0);
	r = fm_docs_validate(&s, &diags);
	fm_docs_done(&s);
	mr_diags_done(&diags);
	return r;
}

START_TEST(results)
{
	ck_assert_int_eq(validate(HEAD("Host", "a")), 0);
	ck_assert_int_eq(validate(HEAD("Host", "a") "spec: {ports: [1, 2]}\n"), 0);
	ck_assert_int_eq(validate(HEAD("FabricPolicy", "a")), -EINVAL);
	ck_assert_int_eq(
		validate(HEAD("FabricPolicy", "a") HEAD("Host", "b") "spec: {ports: [1, 2]}\n"),
		-EINVAL);
}
END_TEST

/* 10 MB of nesting, and a file that is merely too long. */
START_TEST(too_large)
{
	size_t len = 10u << 20;
	char *text = malloc(len + 1);
	struct mr_diags diags = {0};
	struct fm_docs s = {0};

	ck_assert_ptr_nonnull(text);
	memset(text, '[', len);
	text[len] = '\0';
	ck_assert_int_lt(fm_docs_read(&s, "t", text, len, &diags), 0);
	ck_assert_uint_eq(diags.errors, 1);
	mr_diags_done(&diags);
	ck_assert_int_lt(fm_docs_read(&s, "t", text, 1u << 20, &diags), 0);
	ck_assert_uint_eq(diags.errors, 1);
	mr_diags_done(&diags);
	ck_assert_uint_eq(s.n, 0);
	free(text);
	fm_docs_done(&s);
}
END_TEST

/* More entries than a list may have. */
START_TEST(too_many)
{
	struct mr_buf b = {0};
	struct fm_docs s = {0};

	mr_buf_puts(&b, HEAD("HostGroup", "g") "spec: {hosts: [a");
	for (unsigned i = 0; i < FM_LIST_MAX; i++)
		mr_buf_printf(&b, ",h%u", i);
	mr_buf_puts(&b, "]}\n");
	ck_assert_int_eq(read_text(&s, mr_buf_text(&b)), -EINVAL);
	mr_buf_done(&b);
	fm_docs_done(&s);
}
END_TEST

static void check_table(const struct fm_table *t, unsigned depth)
{
	ck_assert_uint_lt(depth, 8);
	for (unsigned i = 0; i < t->n; i++) {
		const struct fm_key *k = &t->key[i];

		ck_assert_msg(k->help && k->help[strlen(k->help) - 1] == '.',
			      "%s.%s has no sentence", t->name, k->name);
		ck_assert_msg(k->type != FM_T_ENUM || k->names, "%s.%s has no words", t->name,
			      k->name);
		ck_assert_msg(k->offset + fm_key_size(k) <= t->size || k->flags & FM_K_LIST ||
				      k->type == FM_T_LABELS,
			      "%s.%s lies outside", t->name, k->name);
		ck_assert_msg(!k->name[0] || fm_table_find(t, k->name) == k,
			      "%s.%s stands twice", t->name, k->name);
		ck_assert_msg(!(k->flags & FM_K_DEFAULT) || !k->sub,
			      "%s.%s: an object has no default", t->name, k->name);
		ck_assert_msg(k->type != FM_T_EITHER || !fm_table_scalar(k->sub)->name[0],
			      "%s.%s has no scalar form", t->name, k->name);
		if (k->sub)
			check_table(k->sub, depth + 1);
	}
}

START_TEST(tables)
{
	check_table(fm_kind_table((enum fm_kind)_i), 0);
	ck_assert_int_eq(fm_kind_parse(fm_kind_name((enum fm_kind)_i)), _i);
}
END_TEST

/* The reader takes the example of every key, without a warning. */
START_TEST(examples)
{
	for (unsigned objects = 0; objects < 2; objects++) {
		struct mr_diags diags = {0};
		struct mr_buf text = {0}, found = {0};
		struct fm_docs s = {0};

		example_doc((enum fm_kind)_i, objects, &text);
		fm_docs_read(&s, "t", mr_buf_text(&text), text.len, &diags);
		mr_diags_print(&diags, &found);
		ck_assert_msg(!diags.n, "%s\n%s", mr_buf_text(&text), mr_buf_text(&found));
		fm_docs_done(&s);
		mr_diags_done(&diags);
		mr_buf_done(&text);
		mr_buf_done(&found);
	}
}
END_TEST

int main(void)
{
	Suite *s = suite_create("docs");
	TCase *t = tcase_create("all");

	tcase_add_test(t, order);
	tcase_add_test(t, merge);
	tcase_add_test(t, notes);
	tcase_add_loop_test(t, edited, 0, MR_ARRAY_SIZE(edits));
	tcase_add_test(t, equal);
	tcase_add_test(t, one_wrong_document);
	tcase_add_test(t, results);
	tcase_add_test(t, too_large);
	tcase_add_test(t, too_many);
	tcase_add_loop_test(t, tables, 0, FM_KIND_COUNT);
	tcase_add_loop_test(t, examples, 0, FM_KIND_COUNT);
	suite_add_tcase(s, t);
	return check_run(s);
}
