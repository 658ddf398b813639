// SPDX-License-Identifier: Apache-2.0
/* What documents and inventory say together, as the one who applies is told of it. */
#include "tests/unit/fm_engine/world.h"

#define MANY 150

/* 'n' pools that each ask for one VF which the adapter lacks, from VF 'first' on. */
static void lacking(struct mr_buf *out, const char *name, unsigned first, unsigned n)
{
	mr_buf_reset(out);
	for (unsigned i = 0; i < n; i++)
		mr_buf_printf(out,
			      "---\napiVersion: banyan/v1\nkind: AdapterPool\n"
			      "metadata: {name: %s%03u}\nspec: {adapterSelector: {class: "
			      "ethernet}, partition: {vfs: \"%u\"}}\n",
			      name, i, first + i);
}

/* All of them are counted, and it is said that not all are shown. */
START_TEST(many_are_refused)
{
	struct mr_buf text = {0};
	struct world w;

	w_init(&w);
	w_start(&w);
	lacking(&text, "a", 1000, MANY);
	w_text(&w, FM_VERB_APPLY, mr_buf_text(&text), true);
	ck_assert_int_eq(w.reason, MR_REASON_INVALID);
	ck_assert_str_eq(w.text, "150 errors, the first 100 are shown; nothing was changed");
	mr_buf_done(&text);
	w_done(&w);
}
END_TEST

/* Contradictions that came with an adapter stand, however many; a new one is refused though it
 * comes after all of them, and those that stand are not held against anybody. */
START_TEST(one_new_among_many)
{
	struct mr_buf text = {0};
	struct world w;

	w_init(&w);
	w.c.adapter[0].present = false;
	w_start(&w);
	lacking(&text, "b", 1000, MANY);
	w_apply(&w, mr_buf_text(&text));
	w.c.adapter[0].present = w.c.adapter[0].plugged = true;
	w_chassis(&w, FM_CE_OVERFLOW, 0, 0, 0);
	w_run(&w, 2 * MR_NS_PER_S);
	lacking(&text, "z", 5000, 1);
	w_text(&w, FM_VERB_APPLY, mr_buf_text(&text), true);
	ck_assert_int_eq(w.reason, MR_REASON_INVALID);
	ck_assert_str_eq(w.text, "1 error; nothing was changed");
	ck_assert_ptr_nonnull(strstr(w.findings, "VF 5000 does not exist"));
	lacking(&text, "a", 3, 1);
	w_apply(&w, mr_buf_text(&text));
	mr_buf_done(&text);
	w_done(&w);
}
END_TEST

#define SPARE(name)                                                        \
	"---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: " \
	"nics}\nspec: {adapterSelector: {class: ethernet}, spares: [" name "]}\n"

/* Who names an adapter that nobody knows is told, and not refused: it may be pulled. */
START_TEST(a_misspelt_adapter)
{
	struct fm_event loaded = {.kind = FM_EV_STORE_LOADED};
	struct world w;

	w_init(&w);
	w_step(&w, &loaded);
	w_apply(&w, SPARE("nic-lefd")); /* before the chassis is read, nobody knows */
	ck_assert_str_eq(w.findings, "");
	w_chassis(&w, FM_CE_CONNECTED, 0, 0, 0);
	w_settle(&w);
	w_apply(&w, SPARE("nic-lefd"));
	ck_assert_ptr_nonnull(strstr(w.findings, "p.yaml:5:53: warning: spec.spares: no "
						 "adapter and no Adapter document is called "
						 "'nic-lefd'"));
	ck_assert_ptr_nonnull(strstr(w.findings, "did you mean nic-left?"));
	w_apply(&w, SPARE("nic-left"));
	ck_assert_str_eq(w.findings, "");
	w_done(&w);
}
END_TEST

#define ADAPTER(name, labels, spec)                                         \
	"---\napiVersion: banyan/v1\nkind: Adapter\nmetadata: {name: " name \
	", labels: " labels "}\nspec: " spec "\n"

/* Two documents about one adapter that give it two values of one label are refused. */
START_TEST(a_label_of_two_values)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	w_apply(&w, ADAPTER("nic-left", "{rack: r1}", "{}"));
	w_text(&w, FM_VERB_APPLY, ADAPTER("other", "{rack: r2}", "{serial: S-10}"), true);
	ck_assert_int_eq(w.reason, MR_REASON_INVALID);
	ck_assert_ptr_nonnull(strstr(w.findings, "metadata.labels: 'rack: r2' is 'r1' by "
						 "Adapter 'nic-left' at p.yaml:4:"));
	w_apply(&w, ADAPTER("other", "{rack: r1}", "{serial: S-10}"));
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("findings");
	TCase *t = tcase_create("all");

	tcase_add_test(t, many_are_refused);
	tcase_add_test(t, one_new_among_many);
	tcase_add_test(t, a_misspelt_adapter);
	tcase_add_test(t, a_label_of_two_values);
	suite_add_tcase(s, t);
	return check_run(s);
}
