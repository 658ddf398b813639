/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One request and one reply: exit codes, what goes to which output, files, and a manager that
 * is not there or misbehaves.
 */
#include <pwd.h>

#include "tests/unit/fm_cli/fake.h"

/* ---- one request, one reply ---- */

static void answer_hosts(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_map();
	struct mr_tree *m = mr_tree_add_map(mr_tree_add_list(t, "items"), NULL);

	if (r->verb != FM_VERB_GET || strcmp(r->kind, "hosts"))
		_exit(1);
	mr_tree_add_text(m, "name", "blade01");
	mr_tree_add_text(m, "state",
			 "Ready \033]0;owned\007\xc2\x9b"
			 "2J");
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(a_table_without_escapes)
{
	static const char *const lines[] = {"get hosts", "get hosts -o wide",
					    "get hosts -o json", "get hosts -o yaml",
					    "get hosts -o name"};

	serve(answer_hosts);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(lines); i++) {
		run(lines[i]);
		ck_assert_int_eq(got.code, 0);
		ck_assert_str_eq(got.err, "");
		expect_in(got.out, "blade01");
		ck_assert_ptr_null(strpbrk(got.out, "\033\007\x9b"));
	}
	ck_assert_str_eq(got.out, "host/blade01\n");
	end_fake();
}
END_TEST

START_TEST(a_reader_that_goes_away)
{
	int fd[2];
	char *err;

	serve(answer_hosts);
	ck_assert_int_eq(pipe(fd), 0);
	close(fd[0]);
	ck_assert_int_eq(finish(start("get hosts", fd[1])), 0);
	close(fd[1]);
	err = read_all("err");
	ck_assert_str_eq(err, "");
	free(err);
	end_fake();
}
END_TEST

static void answer_empty(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_TOP ? mr_tree_map() : mr_tree_list();

	if (r->verb == FM_VERB_TOP)
		mr_tree_add_list(t, "ports");
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(an_empty_list)
{
	serve(answer_empty);
	run("get operations");
	ck_assert_int_eq(got.code, 0);
	ck_assert_str_eq(got.out, "");
	ck_assert_str_eq(got.err, "banyan get: no operations\n");
	run("get operations -o json");
	ck_assert_str_eq(got.out, "[]\n");
	ck_assert_str_eq(got.err, "");
	run("top");
	ck_assert_int_eq(got.code, 0);
	ck_assert_str_eq(got.err, "banyan top: no ports\n");
	end_fake();
}
END_TEST

static void answer_name(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	(void)r;
	reply(p, id, MR_REASON_CONFLICT, FM_EXIT_FAILED, client_name, NULL);
}

/* History, events and the users of a Domain live on the name of who asks. */
START_TEST(the_client_says_who_asks)
{
	const struct passwd *pw = getpwuid(getuid());
	struct mr_buf want = {0};

	serve(answer_name);
	unsetenv("SUDO_USER");
	unsetenv("BANYAN_USER");
	mr_buf_printf(&want, "banyan cancel: %s (CONFLICT)\n", pw ? pw->pw_name : "uid-");
	run("cancel");
	if (pw)
		ck_assert_str_eq(got.err, mr_buf_text(&want));
	setenv("SUDO_USER", "ann", 1);
	run("cancel");
	ck_assert_str_eq(got.err,
			 getuid() ? mr_buf_text(&want) : "banyan cancel: ann (CONFLICT)\n");
	setenv("BANYAN_USER", "release robot", 1);
	run("cancel");
	ck_assert_str_eq(got.err, "banyan cancel: release robot (CONFLICT)\n");
	unsetenv("BANYAN_USER");
	unsetenv("SUDO_USER");
	mr_buf_done(&want);
	end_fake();
}
END_TEST

/* A closed standard input is no empty file, which would be valid. */
START_TEST(files_of_a_closed_input)
{
	int was = dup(STDIN_FILENO);

	close(STDIN_FILENO);
	ck_assert_int_eq(open("/dev/null", O_WRONLY), STDIN_FILENO); /* as mr_std_hold does */
	run("validate -f -");
	if (was >= 0)
		dup2(was, STDIN_FILENO);
	ck_assert_int_eq(got.code, 1);
	expect_in(got.err, "banyan validate: -f -: standard input is not open for reading\n");
}
END_TEST

static void answer_refused(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct fm_reply f = {.reason = MR_REASON_INVALID, .exit_code = FM_EXIT_FAILED};

	if (r->verb != FM_VERB_APPLY) {
		reply(p, id, MR_REASON_CONFLICT, FM_EXIT_FAILED, "blade05 has a profile", NULL);
		return;
	}
	if (r->files != 2 || strcmp(r->file[0].name, "p/a.yaml") || r->file[1].len != 3 ||
	    memcmp(r->file[1].text, "two", 3))
		_exit(1);
	f.text = mr_xstrdup("nothing was changed");
	f.diags = MR_NEW(struct mr_diags);
	mr_diags_add(f.diags, MR_SEV_ERROR, "p/a.yaml", 3, 7, "spec.x", "expected a \033 rate");
	mr_diags_add(f.diags, MR_SEV_WARNING, "p/b.yaml", 1, 1, "", "quote it");
	send_reply(p, id, &f);
}

START_TEST(refusals_have_a_reason)
{
	ck_assert_int_eq(system("mkdir p"), 0);
	write_file("p/b.yaml", "two");
	write_file("p/a.yaml", "one");
	write_file("p/c.yml", "not this");
	serve(answer_refused);
	run("move web01 blade05");
	ck_assert_int_eq(got.code, 1);
	ck_assert_str_eq(got.err, "banyan move: blade05 has a profile (CONFLICT)\n");
	run("apply -f p");
	ck_assert_int_eq(got.code, 1);
	ck_assert_str_eq(got.out, "");
	expect_in(got.err, "p/a.yaml:3:7: spec.x: expected a ? rate\n");
	expect_in(got.err, "p/b.yaml:1:1: warning: quote it\n");
	expect_in(got.err, "banyan apply: nothing was changed (INVALID)\n");
	end_fake();
}
END_TEST

static void answer_plan(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_map();
	struct mr_tree *m = mr_tree_add_map(mr_tree_add_list(t, "changes"), NULL);

	mr_tree_add_text(m, "change", "give");
	mr_tree_add_text(m, "class", "None");
	if (r->file[0].len)
		reply(p, id, MR_REASON_OK, FM_EXIT_CHANGES, "1 change", t);
	else
		reply(p, id, MR_REASON_OK, 0, "nothing to do", NULL);
	if (!r->file[0].len)
		mr_tree_free(t);
}

START_TEST(plan_exits_2)
{
	write_file("a.yaml", "one");
	write_file("empty.yaml", "");
	serve(answer_plan);
	run("plan -f a.yaml");
	ck_assert_int_eq(got.code, 2);
	expect_in(got.out, "CHANGE  CLASS");
	expect_in(got.out, "1 change\n");
	ck_assert_str_eq(got.err, "");
	run("plan -f a.yaml -o json");
	ck_assert_int_eq(got.code, 2);
	ck_assert_int_eq(got.out[0], '{');
	ck_assert_str_eq(got.err, "banyan plan: 1 change\n");
	run("plan -f empty.yaml");
	ck_assert_int_eq(got.code, 0);
	ck_assert_str_eq(got.out, "nothing to do\n");
	end_fake();
}
END_TEST

/* ---- no manager, and bad ones ---- */

START_TEST(no_manager)
{
	run("get hosts -m unix:sock");
	ck_assert_int_eq(got.code, CLI_EXIT_AWAY);
	ck_assert_str_eq(got.out, "");
	expect_in(got.err, "the manager is not reachable at unix:sock");
	run("status --watch -m nonsense:1:2");
	ck_assert_int_eq(got.code, CLI_EXIT_AWAY);
	expect_in(got.err, "nonsense:1:2");
}
END_TEST

static void answer_close(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	(void)id;
	(void)r;
	mr_peer_close(p, "test");
}

START_TEST(manager_goes_away)
{
	serve(answer_close);
	run("drain blade01");
	ck_assert_int_eq(got.code, CLI_EXIT_AWAY);
	expect_in(got.err, "went away before it answered");
	end_fake();
}
END_TEST

static void answer_garbage(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	(void)id;
	(void)r;
	mr_peer_send(p, "\xff\xff\xff\xff garbage", 12);
}

START_TEST(garbage_for_an_answer)
{
	serve(answer_garbage);
	run("get hosts");
	ck_assert_int_eq(got.code, 1);
	expect_in(got.err, "no manager that this command understands: frame is no ControlMsg");
	end_fake();
}
END_TEST

static void answer_error(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_err err = {.code = -95, .reason = MR_REASON_UNSUPPORTED, .text = "too new"};
	struct mr_buf b = {0};

	(void)r;
	fm_control_put_reply(&b, id + 1, &(struct fm_reply){.exit_code = 2}); /* of nobody */
	mr_peer_send(p, b.data, b.len);
	mr_buf_reset(&b);
	fm_control_put_error(&b, id, &err);
	mr_peer_send(p, b.data, b.len);
	mr_buf_done(&b);
}

START_TEST(an_error_for_an_answer)
{
	serve(answer_error);
	run("top");
	ck_assert_int_eq(got.code, 1);
	ck_assert_str_eq(got.err, "banyan top: too new (UNSUPPORTED)\n");
	end_fake();
}
END_TEST

/* ---- files ---- */

START_TEST(files_that_cannot_be_read)
{
	char path[128];
	FILE *f = fopen("big.yaml", "w");

	ck_assert_int_eq(ftruncate(fileno(f), 10 << 20), 0);
	fclose(f);
	ck_assert_int_eq(system("mkdir empty"), 0);
	run("apply -f missing.yaml");
	ck_assert_int_eq(got.code, 1);
	ck_assert_str_eq(got.err, "banyan apply: missing.yaml: No such file or directory\n");
	run("apply -f big.yaml");
	ck_assert_int_eq(got.code, 1);
	expect_in(got.err, "big.yaml: ");
	run("plan -f empty");
	ck_assert_int_eq(got.code, 1);
	expect_in(got.err, "empty: expected *.yaml in this folder, found none");
	mr_fmt(path, sizeof(path), "validate -f missing -f big.yaml");
	run(path);
	ck_assert_int_eq(got.code, 1);
	expect_in(got.err, "missing: No such file");
}
END_TEST

START_TEST(validate_needs_no_manager)
{
	write_file("good.yaml",
		   "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n");
	write_file("bad.yaml", "apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n"
			       "spec: {cordonde: yes}\n");
	run("validate -f good.yaml");
	ck_assert_int_eq(got.code, 0);
	ck_assert_str_eq(got.out, "valid, 1 document\n");
	ck_assert_str_eq(got.err, "");
	run("validate -f good.yaml bad.yaml");
	ck_assert_int_eq(got.code, 1);
	ck_assert_str_eq(got.out, "");
	expect_in(got.err, "bad.yaml:4:8: spec.cordonde: ");
	expect_in(got.err, "cordoned");
	run("validate -f good.yaml -f good.yaml -o json");
	ck_assert_int_eq(got.code, 1);
	expect_in(got.out, "\"valid\": false");
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("calls");

	tcase_add_test(t, a_table_without_escapes);
	tcase_add_test(t, a_reader_that_goes_away);
	tcase_add_test(t, an_empty_list);
	tcase_add_test(t, the_client_says_who_asks);
	tcase_add_test(t, files_of_a_closed_input);
	tcase_add_test(t, refusals_have_a_reason);
	tcase_add_test(t, plan_exits_2);
	tcase_add_test(t, no_manager);
	tcase_add_test(t, manager_goes_away);
	tcase_add_test(t, garbage_for_an_answer);
	tcase_add_test(t, an_error_for_an_answer);
	tcase_add_test(t, files_that_cannot_be_read);
	tcase_add_test(t, validate_needs_no_manager);
	return run_suite("calls", t);
}
