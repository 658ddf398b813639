// SPDX-License-Identifier: Apache-2.0
/* Versions of the documents as the store has them: each as what it changes. What a version says
 * is the same before and after a restart, whatever came and went; stores of older managers go
 * on; rows that are missing are found. */
#include "common/rng.h"
#include "fabric-manager/engine/state/history.h"
#include "tests/unit/fm_engine/world.h"

#define BASE  W_HOSTS_TEXT W_POOLS_TEXT
#define NAMES 6
#define SAID  64

static void class_text(struct mr_buf *b, unsigned name, unsigned limit)
{
	mr_buf_printf(b,
		      "---\napiVersion: banyan/v1\nkind: QosClass\nmetadata: {name: q%u}\n"
		      "spec: {limit: %uGbit}\n",
		      name, limit);
}

static void class_is(struct world *w, enum fm_verb verb, unsigned name, unsigned limit)
{
	struct mr_buf b = {0};

	class_text(&b, name, limit);
	w_text(w, verb, mr_buf_text(&b), true);
	mr_buf_done(&b);
}

/* ---- what a version says ---- */

struct said {
	uint64_t version;
	char *text;
};

static char *say(const struct fm_engine *e, const struct fm_base *base)
{
	struct mr_buf b = {0};

	fm_docs_print(&base->docs, &b);
	for (unsigned i = 0; i < base->docs.n; i++)
		mr_buf_printf(&b, "%s ", fm_base_set_name(e, base->docs.note[i]));
	return mr_buf_steal(&b);
}

static void hear(const struct world *w, struct said *said)
{
	struct said *s = &said[w->e->base.version % SAID];

	free(s->text);
	*s = (struct said){w->e->base.version, say(w->e, &w->e->base)};
}

/* All kept versions say what they said when they were in force. */
static void same_as_said(const struct world *w, const struct said *said)
{
	for (unsigned i = 0; i < w->e->versions; i++) {
		const struct fm_version *v = &w->e->version[i];
		const struct said *s = &said[v->rec.version % SAID];
		char *now = say(w->e, &v->base);

		ck_assert(!v->broken);
		ck_assert_uint_eq(s->version, v->rec.version);
		ck_assert_str_eq(now, s->text);
		free(now);
	}
}

/* No row that no version has: of each document at most one a version, and one before them. */
static void no_more_than_needed(const struct world *w)
{
	unsigned rows = 0;

	for (unsigned i = 0; i < w->e->versions; i++) {
		const struct fm_version *v = &w->e->version[i];
		bool begins = !i || v->rec.full == v->rec.version;

		rows += begins ? v->base.docs.n
			       : v->rec.added + v->rec.changed + v->rec.removed;
	}
	ck_assert_uint_eq(w_count(w, FM_RECORD_DOCUMENT), rows);
	ck_assert_uint_eq(w_count(w, FM_RECORD_VERSION), w->e->versions);
}

static void any_edit(struct world *w, struct mr_rng *rng)
{
	unsigned name = (unsigned)mr_rng_below(rng, NAMES);
	unsigned what = (unsigned)mr_rng_below(rng, 8);
	char to[24];

	if (what == 7) {
		const struct fm_version *v = &w->e->version[mr_rng_below(rng, w->e->versions)];

		mr_fmt(to, sizeof(to), "%llu", (unsigned long long)v->rec.version);
		w_verb(w, FM_VERB_ROLLBACK, to, NULL);
	} else if (what > 4) {
		class_is(w, FM_VERB_DELETE, name, 1);
	} else {
		class_is(w, FM_VERB_APPLY, name, 1 + (unsigned)mr_rng_below(rng, 3));
	}
	ck_assert_msg(w->exit_code == 0, "%s", w->text);
}

START_TEST(says_the_same)
{
	struct said said[SAID] = {{0}};
	struct mr_rng rng;
	struct world w;

	mr_rng_init(&rng, (uint64_t)_i + 1);
	w_init(&w);
	w_start(&w);
	w_apply(&w, BASE);
	hear(&w, said);
	for (unsigned i = 0; i < 60; i++) {
		any_edit(&w, &rng);
		hear(&w, said);
		same_as_said(&w, said);
		no_more_than_needed(&w);
		if (mr_rng_below(&rng, 4))
			continue;
		w_restart(&w);
		ck_assert_int_eq(fm_engine_usable(w.e, NULL), 0);
		same_as_said(&w, said);
	}
	ck_assert_uint_eq(w.e->versions, FM_VERSIONS_KEPT);
	for (unsigned i = 0; i < SAID; i++)
		free(said[i].text);
	w_done(&w);
}
END_TEST

/* ---- rows ---- */

static struct fm_record *row(struct world *w, uint64_t version, const char *name)
{
	for (unsigned i = 0; i < w->recs; i++)
		if (w->rec[i].kind == FM_RECORD_DOCUMENT &&
		    w->rec[i].document.version == version &&
		    mr_streq(w->rec[i].document.name, name))
			return &w->rec[i];
	return NULL;
}

static void lose(struct world *w, uint64_t version, const char *name)
{
	struct fm_record r = *row(w, version, name);

	r.erase = true;
	w_store_put(w, &r);
}

/* Version 1: hosts and pools; 2: a class q0; 3: q1; 4: without q0; 5: another q1. */
static void five(struct world *w)
{
	w_init(w);
	w_start(w);
	w_apply(w, BASE);
	class_is(w, FM_VERB_APPLY, 0, 1);
	class_is(w, FM_VERB_APPLY, 1, 1);
	class_is(w, FM_VERB_DELETE, 0, 1);
	class_is(w, FM_VERB_APPLY, 1, 2);
	ck_assert_uint_eq(w->e->base.version, 5);
}

/* As a manager wrote it that kept all documents of each version. */
static void write_as_before(struct world *w)
{
	for (unsigned i = w->recs; i > 0; i--) {
		struct fm_record r = w->rec[i - 1];

		r.erase = r.kind == FM_RECORD_DOCUMENT;
		if (r.kind == FM_RECORD_VERSION)
			r.version.full = r.version.digest = r.version.documents = 0;
		if (r.kind == FM_RECORD_META)
			r.meta.schema = 1;
		w_store_put(w, &r);
	}
	for (unsigned v = 0; v < w->e->versions; v++)
		for (unsigned i = 0; i < w->e->version[v].base.docs.n; i++) {
			struct fm_doc *d = w->e->version[v].base.docs.doc[i];
			struct fm_record r = {.kind = FM_RECORD_DOCUMENT};

			r.document.version = w->e->version[v].rec.version;
			mr_copy(r.document.kind, MR_NAME_MAX, fm_kind_name(d->kind));
			mr_copy(r.document.name, MR_NAME_MAX, d->meta.name.s);
			r.document.text = (char *)fm_doc_text(d);
			w_store_put(w, &r);
		}
}

/* They are read, and gone on with until nothing of them is left. */
START_TEST(of_an_older_manager)
{
	struct said said[SAID] = {{0}};
	struct world w;

	five(&w);
	for (unsigned i = 0; i < w.e->versions; i++)
		said[i + 1] = (struct said){i + 1, say(w.e, &w.e->version[i].base)};
	write_as_before(&w);
	w_restart(&w);
	ck_assert_int_eq(fm_engine_usable(w.e, NULL), 0);
	same_as_said(&w, said);
	for (unsigned i = 0; i < 12; i++) {
		class_is(&w, i % 3 ? FM_VERB_APPLY : FM_VERB_DELETE, 1, i);
		hear(&w, said);
		w_restart(&w);
		ck_assert_int_eq(fm_engine_usable(w.e, NULL), 0);
		same_as_said(&w, said);
		no_more_than_needed(&w);
	}
	for (unsigned i = 0; i < SAID; i++)
		free(said[i].text);
	w_done(&w);
}
END_TEST

static const struct {
	uint64_t version;
	const char *name;
} in_force[] = {{1, "blade01"}, {4, "q0"}, {5, "q1"}};

/* A row of what is in force is gone: nothing is begun with the rest. */
START_TEST(missing_in_force)
{
	struct mr_err err = {0};
	struct world w;

	five(&w);
	lose(&w, in_force[_i].version, in_force[_i].name);
	w_restart(&w);
	ck_assert_int_ne(fm_engine_usable(w.e, &err), 0);
	ck_assert_msg(strstr(err.text, "version 5 of the documents is in force, and the store "
				       "has not all rows of it"),
		      "%s", err.text);
	W_OPS(&w, "");
	w_request(&w, (struct fm_request){.verb = FM_VERB_HISTORY});
	ck_assert_int_eq(w.exit_code, 1);
	w_done(&w);
}
END_TEST

/* The note of the version in force is gone. */
START_TEST(missing_version)
{
	struct fm_record r = {
		.kind = FM_RECORD_VERSION, .erase = true, .version = {.version = 5}};
	struct world w;

	five(&w);
	w_store_put(&w, &r);
	w_restart(&w);
	ck_assert_int_ne(fm_engine_usable(w.e, NULL), 0);
	w_done(&w);
}
END_TEST

/* A row that only older versions need: nobody goes back there, all else goes on; what comes
 * next leans on nothing that is missing. */
START_TEST(missing_in_history)
{
	struct world w;

	five(&w);
	lose(&w, 3, "q1");
	w_restart(&w);
	ck_assert_int_eq(fm_engine_usable(w.e, NULL), 0);
	w_verb(&w, FM_VERB_ROLLBACK, "3", NULL);
	ck_assert_int_eq(w.reason, MR_REASON_STORE_FAILED);
	ck_assert_str_eq(w.text, "version 3 is not in the store as it was written: 6 of 7 "
				 "documents, or others");
	w_verb(&w, FM_VERB_ROLLBACK, NULL, NULL); /* 4 */
	ck_assert_int_eq(w.reason, MR_REASON_STORE_FAILED);
	w_request(&w, (struct fm_request){.verb = FM_VERB_DIFF, .name = "4"});
	ck_assert_int_eq(w.reason, MR_REASON_STORE_FAILED);
	w_verb(&w, FM_VERB_ROLLBACK, "2", NULL);
	ck_assert_msg(w.exit_code == 0, "%s", w.text);
	w_restart(&w);
	ck_assert_int_eq(fm_engine_usable(w.e, NULL), 0);
	ck_assert_uint_eq(w.e->base.version, 6);
	w_done(&w);
}
END_TEST

/* A store of a newer manager is left alone. */
START_TEST(newer_store)
{
	struct mr_err err = {0};
	struct world w;

	five(&w);
	for (unsigned i = 0; i < w.recs; i++)
		if (w.rec[i].kind == FM_RECORD_META)
			w.rec[i].meta.schema = 3;
	w_restart(&w);
	ck_assert_int_ne(fm_engine_usable(w.e, &err), 0);
	ck_assert_str_eq(err.text,
			 "the store was written by a newer manager (schema 3, this one knows "
			 "2)");
	W_OPS(&w, "");
	w_done(&w);
}
END_TEST

/* The store did not take the version with which the oldest goes: what is old goes later. */
START_TEST(old_ones_go_later)
{
	struct said said[SAID] = {{0}};
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, BASE);
	hear(&w, said);
	for (unsigned i = 0; i < 11; i++) {
		w.store_fails = i == 9;
		class_is(&w, FM_VERB_APPLY, i % 2, i + 1);
		ck_assert_int_eq(w.exit_code, w.store_fails);
		w.store_fails = false;
		w_run(&w, 60 * MR_NS_PER_S);
		hear(&w, said);
	}
	w_restart(&w);
	ck_assert_uint_eq(w.e->base.version, 11);
	same_as_said(&w, said);
	no_more_than_needed(&w);
	for (unsigned i = 0; i < SAID; i++)
		free(said[i].text);
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine chain");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, says_the_same, 0, 6);
	tcase_add_test(t, of_an_older_manager);
	tcase_add_loop_test(t, missing_in_force, 0, MR_ARRAY_SIZE(in_force));
	tcase_add_test(t, missing_version);
	tcase_add_test(t, missing_in_history);
	tcase_add_test(t, newer_store);
	tcase_add_test(t, old_ones_go_later);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
