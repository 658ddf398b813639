/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command against a manager that answers as each test wants, in a process of its own: exit
 * codes, what goes to which output, --wait, --watch, --follow, and a manager that misbehaves.
 */
#include <signal.h>
#include <sys/prctl.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/control.h"
#include "tests/unit/fm_cli/run.h"

typedef void answer_fn(struct mr_peer *p, uint64_t id, const struct fm_request *r);

static answer_fn *answer;
static unsigned asked; /* requests of the fake that were counted */
static pid_t fake;

/* ---- the fake manager ---- */

static void send_reply(struct mr_peer *p, uint64_t id, struct fm_reply *r)
{
	struct mr_buf b = {0};

	fm_control_put_reply(&b, id, r);
	mr_peer_send(p, b.data, b.len);
	mr_buf_done(&b);
	fm_reply_done(r);
}

static void reply(struct mr_peer *p, uint64_t id, enum mr_reason reason, int code,
		  const char *text, struct mr_tree *tree)
{
	struct fm_reply r = {.reason = reason,
			     .exit_code = code,
			     .text = text ? mr_xstrdup(text) : NULL,
			     .tree = tree};

	send_reply(p, id, &r);
}

static void send_event(struct mr_peer *p, uint64_t seq, const char *text)
{
	struct fm_rec_event e = {.seq = seq, .wall_ns = 1700000000000000000};
	struct mr_buf b = {0};

	strcpy(e.object, "web01/data0");
	mr_copy(e.text, sizeof(e.text), text);
	fm_control_put_event(&b, &e);
	mr_peer_send(p, b.data, b.len);
	mr_buf_done(&b);
}

static void fake_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	(void)p;
	(void)theirs;
	(void)arg;
}

static void fake_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct fm_control_msg m;

	(void)arg;
	if (fm_control_get(data, len, &m, NULL) < 0 || m.kind != FM_CONTROL_REQUEST)
		_exit(1);
	answer(p, m.id, &m.request);
	fm_control_msg_done(&m);
}

static void fake_close(struct mr_peer *p, const char *why, void *arg)
{
	(void)p;
	(void)why;
	(void)arg;
}

static void fake_main(int ready)
{
	static const struct mr_peer_ops ops = {fake_ready, fake_frame, fake_close};
	struct mr_peer_config cfg = {.cap = 8 << 20, .ops = &ops};
	struct mr_loop *loop = mr_loop_new();
	struct mr_listener *l;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	strcpy(cfg.hello.protocol, "control");
	strcpy(cfg.hello.role, "manager");
	strcpy(cfg.hello.name, "fake");
	strcpy(cfg.hello.instance, "1");
	if (mr_listen(loop, "unix:sock", &cfg, &l, NULL) < 0 || write(ready, "", 1) != 1)
		_exit(1);
	mr_loop_run(loop);
}

static void serve(answer_fn *fn)
{
	int ready[2];
	char c;

	answer = fn;
	ck_assert_int_eq(pipe(ready), 0);
	fflush(NULL);
	fake = fork();
	if (!fake) {
		fake_main(ready[1]);
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	setenv(CLI_MANAGER_ENV, "unix:sock", 1);
}

static void end_fake(void)
{
	if (fake > 0) {
		kill(fake, SIGKILL);
		waitpid(fake, NULL, 0);
	}
	fake = 0;
}

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
	(void)r;
	reply(p, id, MR_REASON_OK, 0, NULL, mr_tree_list());
}

START_TEST(an_empty_list)
{
	serve(answer_empty);
	run("get operations");
	ck_assert_int_eq(got.code, 0);
	ck_assert_str_eq(got.out, "");
	ck_assert_str_eq(got.err, "no operations\n");
	run("get operations -o json");
	ck_assert_str_eq(got.out, "[]\n");
	ck_assert_str_eq(got.err, "");
	end_fake();
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

/* ---- --wait ---- */

static void add_assignment(struct mr_tree *list, const char *name, const char *phase)
{
	struct mr_tree *m = mr_tree_add_map(list, NULL);

	mr_tree_add_text(m, "name", name);
	mr_tree_add_text(m, "phase", phase);
	mr_tree_add_text(m, "reason", strcmp(phase, "Pending") ? "" : "NO_CAPACITY");
}

/* web01/data0 advances by one phase with each look, old/x stays Pending. */
static void answer_progress(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	static const char *const phases[] = {"Reserved", "Mapped", "Active"};
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map();

	if (r->verb == FM_VERB_GET) {
		add_assignment(t, "old/x", "Pending");
		add_assignment(t, "web01/data0", phases[asked]);
		asked += asked < 2;
		send_event(p, asked, "phase changed");
	} else if (r->verb == FM_VERB_STATUS) {
		mr_tree_add_bool(t, "idle", asked == 2);
	}
	reply(p, id, MR_REASON_OK, 0, r->verb == FM_VERB_MOVE ? "moving" : NULL, t);
}

START_TEST(wait_until_settled)
{
	serve(answer_progress);
	run("move web01 blade02 --wait");
	ck_assert_int_eq(got.code, 0);
	ck_assert_str_eq(got.out, "moving\n");
	expect_in(got.err, "banyan move: web01/data0: Reserved\n");
	expect_in(got.err, "banyan move: web01/data0: Reserved -> Mapped\n");
	expect_in(got.err, "settled: 1 running, 0 released, 0 not as wanted\n");
	end_fake();
}
END_TEST

static void answer_pending(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map();

	if (r->verb == FM_VERB_GET)
		add_assignment(t, "web01/data0", "Pending");
	else if (r->verb == FM_VERB_STATUS)
		mr_tree_add_bool(t, "idle", true);
	else
		mr_tree_add_text(t, "assignment", "web01/data0");
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(wait_that_ends_badly)
{
	write_file("a.yaml", "one");
	serve(answer_pending);
	run("apply -f a.yaml --wait");
	ck_assert_int_eq(got.code, 1);
	expect_in(got.err, "web01/data0 is Pending, NO_CAPACITY\n");
	expect_in(got.err, "0 running, 0 released, 1 not as wanted\n");
	end_fake();
}
END_TEST

static void answer_busy(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map();

	if (r->verb == FM_VERB_GET)
		add_assignment(t, "web01/data0", "Quiescing");
	if (r->verb == FM_VERB_STATUS) /* it waits for a host */
		mr_tree_add_bool(t, "idle", true);
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(wait_that_runs_out)
{
	serve(answer_busy);
	run("failback web01 --wait --timeout 50ms");
	ck_assert_int_eq(got.code, 3);
	expect_in(got.err, "50ms are over, work goes on: 1 assignment under way\n");
	end_fake();
}
END_TEST

static void answer_gone(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map();

	if (r->verb == FM_VERB_GET && !asked++)
		add_assignment(t, "web01/data0", "Releasing");
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(wait_until_gone)
{
	serve(answer_gone);
	run("delete profile web01 --wait");
	ck_assert_int_eq(got.code, 0);
	expect_in(got.err, "web01/data0: Releasing -> Released\n");
	expect_in(got.err, "0 running, 1 released, 0 not as wanted\n");
	end_fake();
}
END_TEST

/* ---- --follow, --watch ---- */

static void answer_events(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_map();
	struct mr_tree *m = mr_tree_add_map(mr_tree_add_list(t, "events"), NULL);

	mr_tree_add_int(m, "seq", 1);
	mr_tree_add_int(m, "time", 1600000000);
	mr_tree_add_text(m, "object", "web01/data0");
	mr_tree_add_text(m, "reason", "OK");
	mr_tree_add_text(m, "text", "long ago");
	reply(p, id, MR_REASON_OK, 0, NULL, t);
	if (!r->follow)
		return;
	send_event(p, 2, "Reserved\n-> Mapped");
	send_event(p, 3, "Active");
	mr_peer_close(p, "the manager stops");
}

START_TEST(events_past_and_coming)
{
	serve(answer_events);
	run("events --follow");
	ck_assert_int_eq(got.code, CLI_EXIT_AWAY);
	ck_assert_str_eq(
		got.out,
		"2020-09-13T12:26:40Z  OK             web01/data0               long ago\n"
		"2023-11-14T22:13:20Z  OK             web01/data0               Reserved\\n-> "
		"Mapped\n"
		"2023-11-14T22:13:20Z  OK             web01/data0               Active\n");
	run("events --follow --since 1h -o json");
	ck_assert_ptr_null(strstr(got.out, "long ago"));
	ck_assert_int_eq(strncmp(got.out, "{\"seq\":2,", 9), 0);
	run("events -o name");
	ck_assert_int_eq(got.code, 0);
	ck_assert_str_eq(got.out, "event/1\n");
	run("events --since 1h -o yaml");
	ck_assert_str_eq(got.out, "[]\n");
	end_fake();
}
END_TEST

static void answer_changing(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = mr_tree_list();

	if (r->verb == FM_VERB_GET) {
		add_assignment(t, "web01/data0", asked++ ? "Active" : "Mapped");
	}
	reply(p, id, MR_REASON_OK, 0, NULL, t);
	if (asked)
		send_event(p, asked, "changed");
}

/* Reads from 'fd' until 'part' was there; what came before it and ends with it or later. */
static char *read_until(int fd, const char *part)
{
	struct mr_buf b = {0};
	char chunk[256];

	while (!strstr(mr_buf_text(&b), part)) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		ck_assert_msg(n > 0, "it ended before \"%s\" came: %s", part, mr_buf_text(&b));
		mr_buf_add(&b, chunk, (size_t)n);
	}
	return mr_buf_steal(&b);
}

/* A terminal: the command's output and what is written there. */
static int open_terminal(int *ret_slave)
{
	int master = posix_openpt(O_RDWR | O_NOCTTY);

	ck_assert_int_ge(master, 0);
	ck_assert_int_eq(grantpt(master), 0);
	ck_assert_int_eq(unlockpt(master), 0);
	*ret_slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	ck_assert_int_ge(*ret_slave, 0);
	return master;
}

START_TEST(colour_only_on_a_terminal)
{
	static const struct {
		const char *line, *shows;
	} cases[] = {
		{"get assignments", "  \033[33mMapped\033[0m  "},
		{"get assignments --no-color", "  Active  "},
		{"get assignments -o json", "\"phase\": \"Active\""},
	};

	serve(answer_changing);
	setenv("TERM", "xterm", 1);
	unsetenv("NO_COLOR");
	for (unsigned i = 0; i < MR_ARRAY_SIZE(cases); i++) {
		int slave, master = open_terminal(&slave);
		pid_t pid = start(cases[i].line, slave);
		char *out = read_until(master, cases[i].shows);

		ck_assert_int_eq(finish(pid), 0);
		ck_assert_int_eq(strchr(out, '\033') != NULL, i == 0);
		free(out);
		close(slave);
		close(master);
	}
	end_fake();
}
END_TEST

START_TEST(watch_on_a_terminal_draws_over)
{
	int slave, master = open_terminal(&slave);
	pid_t pid;
	char *out;

	serve(answer_changing);
	setenv("TERM", "dumb", 1);
	pid = start("get assignments --watch", slave);
	out = read_until(master, "Active");
	ck_assert_int_eq(strncmp(out, "\033[2J\033[H", 7), 0);
	expect_in(out, "\033[K\r\n\033[J\033[HNAME");
	free(out);
	kill(pid, SIGINT);
	ck_assert_int_eq(finish(pid), 0);
	close(slave);
	close(master);
	end_fake();
}
END_TEST

START_TEST(watch_until_interrupted)
{
	int fd[2];
	pid_t pid;
	char *err, *out;

	serve(answer_changing);
	ck_assert_int_eq(pipe(fd), 0);
	pid = start("get assignments --watch", fd[1]);
	close(fd[1]);
	out = read_until(fd[0], "Active");
	expect_in(out, "  Mapped  ");
	expect_in(out, "\n\nNAME");
	free(out);
	kill(pid, SIGINT);
	ck_assert_int_eq(finish(pid), 0);
	close(fd[0]);
	err = read_all("err");
	ck_assert_str_eq(err, "");
	free(err);
	end_fake();
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("calls");

	tcase_add_test(t, a_table_without_escapes);
	tcase_add_test(t, a_reader_that_goes_away);
	tcase_add_test(t, an_empty_list);
	tcase_add_test(t, refusals_have_a_reason);
	tcase_add_test(t, plan_exits_2);
	tcase_add_test(t, no_manager);
	tcase_add_test(t, manager_goes_away);
	tcase_add_test(t, garbage_for_an_answer);
	tcase_add_test(t, an_error_for_an_answer);
	tcase_add_test(t, files_that_cannot_be_read);
	tcase_add_test(t, validate_needs_no_manager);
	tcase_add_test(t, wait_until_settled);
	tcase_add_test(t, wait_that_ends_badly);
	tcase_add_test(t, wait_that_runs_out);
	tcase_add_test(t, wait_until_gone);
	tcase_add_test(t, events_past_and_coming);
	tcase_add_test(t, watch_until_interrupted);
	tcase_add_test(t, colour_only_on_a_terminal);
	tcase_add_test(t, watch_on_a_terminal_draws_over);
	return run_suite("calls", t);
}
