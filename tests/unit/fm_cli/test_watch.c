/* SPDX-License-Identifier: Apache-2.0 */
/* What goes on after the reply: --wait, --watch, --follow; and colour. */
#include "tests/unit/fm_cli/fake.h"

static unsigned asked; /* requests of the fake that were counted */

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

/* One more function than the device must have: none was left for it. */
static void answer_extra(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map();

	if (r->verb == FM_VERB_GET) {
		add_assignment(t, "web01/data0/0", "Active");
		mr_tree_add_bool(t->child[0], "extra", false);
		add_assignment(t, "web01/data0/1", "Pending");
		mr_tree_add_bool(t->child[1], "extra", true);
	} else if (r->verb == FM_VERB_STATUS) {
		mr_tree_add_bool(t, "idle", true);
	} else {
		mr_tree_add_text(t, "assignment", "web01/data0");
	}
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(wait_for_extras)
{
	write_file("a.yaml", "one");
	serve(answer_extra);
	run("apply -f a.yaml --wait");
	ck_assert_int_eq(got.code, 0);
	expect_in(got.err, "1 running, 0 released, 0 not as wanted\n");
	end_fake();
}
END_TEST

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

/* A plan that leaves one claim without a function; there are no assignments. */
static void answer_not_placed(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map();

	if (r->verb == FM_VERB_APPLY) {
		struct mr_tree *c = mr_tree_add_map(
			mr_tree_add_list(mr_tree_add_map(t, "plan"), "changes"), NULL);

		mr_tree_add_text(c, "change", "pend");
		mr_tree_add_text(c, "assignment", "web01/data0");
		mr_tree_add_text(c, "detail", "NO_CAPACITY: 64 of 64 in use");
	}
	if (r->verb == FM_VERB_STATUS)
		mr_tree_add_bool(t, "idle", true);
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(wait_for_what_has_no_place)
{
	write_file("a.yaml", "one");
	serve(answer_not_placed);
	run("apply -f a.yaml --wait");
	ck_assert_int_eq(got.code, 1);
	expect_in(got.err, "web01/data0 is not placed, NO_CAPACITY: 64 of 64 in use\n");
	expect_in(got.err, "0 running, 0 released, 1 not as wanted\n");
	end_fake();
}
END_TEST

static const char *held_word; /* what the edit waits for */

/* An edit of web01 and web02 whose part of web02 has not begun. */
static void answer_held(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map();

	if (r->verb == FM_VERB_GET && mr_streq(r->kind, "assignments")) {
		add_assignment(t, "web01/data0", "Active");
		add_assignment(t, "web02/data0", "Active");
		mr_tree_add_text(t->child[1], "held",
				 mr_streq(held_word, "approval") ? "waits for approval"
								 : "waits for its time");
		mr_tree_add_text(t->child[1], "waitsFor", held_word);
	} else if (r->verb == FM_VERB_STATUS) {
		mr_tree_add_bool(t, "idle", true);
	} else {
		mr_tree_add_text(t, "one", "web01/data0");
		mr_tree_add_text(t, "two", "web02/data0");
	}
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

/* What nobody but a person begins ends the waiting, what begins by itself does not. */
START_TEST(wait_for_what_is_held)
{
	write_file("a.yaml", "one");
	held_word = "approval";
	serve(answer_held);
	run("apply -f a.yaml --wait");
	ck_assert_int_eq(got.code, 3);
	expect_in(got.err, "web02/data0: an edit waits for approval; `banyan approve web02`\n");
	expect_in(got.err, "1 step of the edit has not begun; work goes on then\n");
	end_fake();
	held_word = "window";
	serve(answer_held);
	run("apply -f a.yaml --wait --timeout 50ms");
	ck_assert_int_eq(got.code, 3);
	expect_in(got.err, "web02/data0: an edit is held: waits for its time\n");
	expect_in(got.err, "50ms are over, work goes on: 0 assignments under way\n");
	end_fake();
}
END_TEST

/* Nothing of it happens before somebody adopts the chassis. */
static void answer_only_read(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map(), *m;

	if (r->verb == FM_VERB_APPLY) {
		m = mr_tree_add_map(mr_tree_add_list(t, "onlyRead"), NULL);
		mr_tree_add_text(m, "chassis", "c1");
		mr_tree_add_int(m, "changes", 2);
	} else if (r->verb == FM_VERB_STATUS) {
		mr_tree_add_bool(t, "idle", true);
		m = mr_tree_add_map(mr_tree_add_list(t, "chassis"), NULL);
		mr_tree_add_text(m, "name", "c1");
		mr_tree_add_text(m, "state", held_word);
	}
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(wait_for_an_adoption)
{
	write_file("a.yaml", "one");
	held_word = "read-only";
	serve(answer_only_read);
	run("apply -f a.yaml --wait");
	ck_assert_int_eq(got.code, 3);
	expect_in(got.err, "chassis c1 is only read; `banyan adopt chassis c1`\n");
	expect_in(got.err, "2 steps of the edit have not begun; work goes on then\n");
	end_fake();
	held_word = "ready"; /* by now */
	serve(answer_only_read);
	run("apply -f a.yaml --wait");
	ck_assert_int_eq(got.code, 0);
	end_fake();
}
END_TEST

/* A change of a function count asks first. */
static void answer_count(struct mr_peer *p, uint64_t id, const struct fm_request *r)
{
	struct mr_tree *t = r->verb == FM_VERB_GET ? mr_tree_list() : mr_tree_map(), *m;

	if (r->verb == FM_VERB_APPLY) {
		m = mr_tree_add_map(mr_tree_add_list(mr_tree_add_map(t, "plan"), "changes"),
				    NULL);
		mr_tree_add_text(m, "change", "provision");
	} else if (r->verb == FM_VERB_STATUS) {
		mr_tree_add_bool(t, "idle", true);
	} else if (mr_streq(r->kind, "operations")) {
		m = mr_tree_add_map(t, NULL);
		mr_tree_add_int(m, "id", 17);
		mr_tree_add_text(m, "kind", "provision");
		mr_tree_add_text(m, "state", "needs approval");
		mr_tree_add_text(m, "detail", "nic: 8 functions, interrupts 2: a, b");
	}
	reply(p, id, MR_REASON_OK, 0, NULL, t);
}

START_TEST(wait_for_a_count)
{
	write_file("a.yaml", "one");
	serve(answer_count);
	run("apply -f a.yaml --wait");
	ck_assert_int_eq(got.code, 3);
	expect_in(got.err, "waits for approval: nic: 8 functions, interrupts 2: a, b; `banyan "
			   "approve 17`\n");
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
	TCase *t = tcase_create("watch");

	tcase_add_test(t, wait_until_settled);
	tcase_add_test(t, wait_for_extras);
	tcase_add_test(t, wait_that_ends_badly);
	tcase_add_test(t, wait_for_what_has_no_place);
	tcase_add_test(t, wait_that_runs_out);
	tcase_add_test(t, wait_for_what_is_held);
	tcase_add_test(t, wait_for_a_count);
	tcase_add_test(t, wait_for_an_adoption);
	tcase_add_test(t, wait_until_gone);
	tcase_add_test(t, events_past_and_coming);
	tcase_add_test(t, watch_until_interrupted);
	tcase_add_test(t, colour_only_on_a_terminal);
	tcase_add_test(t, watch_on_a_terminal_draws_over);
	return run_suite("watch", t);
}
