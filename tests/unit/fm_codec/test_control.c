/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.proto both ways: requests, replies with trees and findings, events; random and cut
 * bytes end in an error.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/control.h"
#include "tests/unit/check_main.h"

static struct fm_control_msg get(const struct mr_buf *b)
{
	struct fm_control_msg m;
	struct mr_err err = {0};

	ck_assert_msg(!fm_control_get((const uint8_t *)b->data, b->len, &m, &err), "%s",
		      err.text);
	return m;
}

START_TEST(test_request)
{
	struct fm_file files[] = {{"a.yaml", "kind: X\n", 8}, {"b.yaml", "", 0}};
	struct fm_request r = {.verb = FM_VERB_APPLY,
			       .name = "n",
			       .host = "h",
			       .set = "s",
			       .file = files,
			       .files = 2,
			       .yes = true,
			       .release = true,
			       .follow = true,
			       .since = 77,
			       .arg = "9",
			       .has_if_version = true,
			       .if_version = 1ull << 40,
			       .max_disruption = "Live"};
	struct mr_buf b = {0};
	struct fm_control_msg m;

	fm_control_put_request(&b, 9, &r);
	m = get(&b);
	ck_assert_int_eq(m.kind, FM_CONTROL_REQUEST);
	ck_assert_uint_eq(m.id, 9);
	ck_assert_int_eq(m.request.verb, FM_VERB_APPLY);
	ck_assert_str_eq(m.request.name, "n");
	ck_assert_str_eq(m.request.kind, "");
	ck_assert_str_eq(m.request.host, "h");
	ck_assert_str_eq(m.request.set, "s");
	ck_assert_uint_eq(m.request.files, 2);
	ck_assert_str_eq(m.request.file[0].name, "a.yaml");
	ck_assert_uint_eq(m.request.file[0].len, 8);
	ck_assert_mem_eq(m.request.file[0].text, "kind: X\n", 8);
	ck_assert(m.request.yes && m.request.follow && !m.request.prune);
	ck_assert(m.request.release && !m.request.force);
	ck_assert_uint_eq(m.request.since, 77);
	ck_assert_str_eq(m.request.arg, "9");
	ck_assert(m.request.has_if_version);
	ck_assert_uint_eq(m.request.if_version, 1ull << 40);
	ck_assert_str_eq(m.request.max_disruption, "Live");
	fm_control_msg_done(&m);
	mr_buf_done(&b);
}
END_TEST

START_TEST(test_reply)
{
	struct mr_tree *t = mr_tree_map(), *list;
	struct mr_diags d = {0};
	struct fm_reply r = {
		.reason = MR_REASON_NO_WINDOW, .exit_code = 1, .tree = t, .diags = &d};
	struct fm_control_msg m;
	struct mr_buf b = {0};
	char text[] = "no";

	r.text = text;
	list = mr_tree_add_list(t, "items");
	mr_tree_add_int(list, NULL, -5);
	mr_tree_add_bool(list, NULL, true);
	mr_tree_add_text(t, "name", "x");
	mr_tree_add_text(t, "none", NULL);
	mr_diags_add(&d, MR_SEV_WARNING, "f.yaml", 3, 4, "spec.x", "odd");
	fm_control_put_reply(&b, 12, &r);
	m = get(&b);
	ck_assert_int_eq(m.kind, FM_CONTROL_REPLY);
	ck_assert_uint_eq(m.reply_to, 12);
	ck_assert_int_eq(m.reply.reason, MR_REASON_NO_WINDOW);
	ck_assert_int_eq(m.reply.exit_code, 1);
	ck_assert_str_eq(m.reply.text, "no");
	ck_assert_str_eq(mr_tree_text(m.reply.tree, "name"), "x");
	ck_assert_int_eq(mr_tree_get(m.reply.tree, "none")->kind, MR_TREE_NULL);
	ck_assert_int_eq(mr_tree_get(m.reply.tree, "items")->child[0]->num, -5);
	ck_assert_int_eq(mr_tree_get(m.reply.tree, "items")->child[1]->kind, MR_TREE_BOOL);
	ck_assert_uint_eq(m.reply.diags->n, 1);
	ck_assert_int_eq(m.reply.diags->item[0].severity, MR_SEV_WARNING);
	ck_assert_uint_eq(m.reply.diags->item[0].col, 4);
	ck_assert_str_eq(m.reply.diags->item[0].path, "spec.x");
	fm_control_msg_done(&m);
	mr_tree_free(t);
	mr_diags_done(&d);
	mr_buf_done(&b);
}
END_TEST

START_TEST(test_event_and_error)
{
	struct fm_rec_event e = {5, 6, MR_REASON_BUSY, "p/d", "text"};
	struct mr_err in = {0};
	struct mr_buf b = {0};
	struct fm_control_msg m;

	fm_control_put_event(&b, &e);
	m = get(&b);
	ck_assert_int_eq(m.kind, FM_CONTROL_EVENT);
	ck_assert_mem_eq(&m.event, &e, sizeof(e));
	fm_control_msg_done(&m);
	mr_buf_reset(&b);
	mr_err_set(&in, -EBUSY, MR_REASON_BUSY, "not now");
	fm_control_put_error(&b, 3, &in);
	m = get(&b);
	ck_assert_int_eq(m.kind, FM_CONTROL_ERROR);
	ck_assert_int_eq(m.reply.reason, MR_REASON_BUSY);
	ck_assert_str_eq(m.reply.text, "not now");
	fm_control_msg_done(&m);
	mr_buf_done(&b);
}
END_TEST

START_TEST(test_deep_tree_is_refused)
{
	struct mr_tree *t = mr_tree_map(), *at = t;
	struct fm_reply r = {.tree = t};
	struct fm_control_msg m;
	struct mr_err err = {0};
	struct mr_buf b = {0};

	for (int i = 0; i < FM_CONTROL_TREE_DEPTH_MAX + 2; i++)
		at = mr_tree_add_map(at, "x");
	fm_control_put_reply(&b, 1, &r);
	ck_assert_int_eq(fm_control_get((const uint8_t *)b.data, b.len, &m, &err), -EINVAL);
	ck_assert_int_eq(err.reason, MR_REASON_LIMIT);
	mr_tree_free(t);
	mr_buf_done(&b);
}
END_TEST

START_TEST(test_random_bytes)
{
	struct fm_request r = {.verb = FM_VERB_GET, .kind = "hosts"};
	struct mr_buf b = {0};
	struct mr_rng rng;

	fm_control_put_request(&b, 1, &r);
	mr_rng_init(&rng, 2);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[128];
		size_t len = mr_rng_below(&rng, b.len + 1);
		struct fm_control_msg m;
		struct mr_err err = {0};
		int rc;

		memcpy(bytes, b.data, len);
		if (len)
			bytes[mr_rng_below(&rng, len)] = (uint8_t)mr_rng_next(&rng);
		rc = fm_control_get(bytes, len, &m, &err);
		if (!rc)
			fm_control_msg_done(&m);
		else if (rc != -EINVAL && rc != -ENOTSUP)
			ck_abort_msg("unexpected %d", rc);
	}
	mr_buf_done(&b);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("control");
	TCase *c = tcase_create("control");

	tcase_add_test(c, test_request);
	tcase_add_test(c, test_reply);
	tcase_add_test(c, test_event_and_error);
	tcase_add_test(c, test_deep_tree_is_refused);
	tcase_add_test(c, test_random_bytes);
	suite_add_tcase(suite, c);
	return check_run(suite);
}
