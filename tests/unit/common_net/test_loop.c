/* SPDX-License-Identifier: Apache-2.0 */
/* The loop itself: order of timers, deferred and posted calls, signals, watches; and the texts
 * of addresses. */
#include <pthread.h>
#include <signal.h>

#include "common/net/addr.h"
#include "tests/unit/common_net/fixture.h"

static char order[64];
static unsigned count;

static void note(void *arg)
{
	strcat(order, arg);
	look();
}

static bool noted_all(void)
{
	return strlen(order) >= count;
}

static void reset(unsigned n)
{
	order[0] = '\0';
	count = n;
}

START_TEST(timers_in_order_and_never_early)
{
	static const struct {
		char *name;
		int ms;
	} at[] = {{"c", 30}, {"a", -1000}, {"b", 15}};
	int64_t start = mr_clock_now().mono_ns;
	struct mr_timer *t[4];

	reset(3);
	for (unsigned i = 0; i < 3; i++) {
		t[i] = mr_timer_new(loop, note, at[i].name);
		mr_timer_set(t[i], start + at[i].ms * MR_NS_PER_MS);
	}
	t[3] = mr_timer_new(loop, note, "never");
	mr_timer_set(t[3], start + 5 * MR_NS_PER_MS);
	mr_timer_set(t[3], MR_NEVER);
	run_until(noted_all);
	ck_assert_str_eq(order, "abc");
	ck_assert(mr_clock_now().mono_ns >= start + 30 * MR_NS_PER_MS);
	for (unsigned i = 0; i < 4; i++)
		mr_timer_free(t[i]);
}
END_TEST

static struct mr_timer *own;

static void again_then_free(void *arg)
{
	note(arg);
	if (strlen(order) < 3) {
		mr_timer_set(own, mr_clock_now().mono_ns);
	} else {
		mr_timer_free(own);
		own = NULL;
	}
}

START_TEST(a_timer_sets_and_frees_itself)
{
	reset(3);
	own = mr_timer_new(loop, again_then_free, "t");
	mr_timer_set(own, 0);
	run_until(noted_all);
	ck_assert_str_eq(order, "ttt");
	ck_assert_ptr_null(own);
}
END_TEST

static void defer_two(void *arg)
{
	mr_loop_defer(loop, note, "2");
	mr_loop_defer(loop, note, "3");
	note(arg);
}

START_TEST(deferred_calls_come_after_the_callback)
{
	reset(3);
	mr_loop_defer(loop, defer_two, "1");
	run_until(noted_all);
	ck_assert_str_eq(order, "123");
}
END_TEST

#define POSTS 1000
static unsigned posted[2];

static void on_posted(void *arg)
{
	uintptr_t v = (uintptr_t)arg;

	ck_assert_uint_eq(posted[v & 1], v >> 1);
	posted[v & 1]++;
	look();
}

static void *poster(void *arg)
{
	for (uintptr_t i = 0; i < POSTS; i++)
		mr_loop_post(loop, on_posted, (void *)(i << 1 | (uintptr_t)arg));
	return NULL;
}

static bool all_posted(void)
{
	return posted[0] == POSTS && posted[1] == POSTS;
}

START_TEST(posts_of_a_thread_keep_their_order)
{
	pthread_t thread[2];

	posted[0] = posted[1] = 0;
	for (uintptr_t i = 0; i < 2; i++)
		ck_assert_int_eq(pthread_create(&thread[i], NULL, poster, (void *)i), 0);
	run_until(all_posted);
	for (unsigned i = 0; i < 2; i++)
		pthread_join(thread[i], NULL);
}
END_TEST

START_TEST(signals_arrive_in_the_loop)
{
	reset(1);
	mr_loop_signal(loop, SIGUSR1, note, "s");
	raise(SIGUSR1);
	ck_assert_str_eq(order, "");
	run_until(noted_all);
	ck_assert_str_eq(order, "s");
	raise(SIGPIPE); /* ignored, or this test ends here */
}
END_TEST

static int pipe_fd[2];
static struct mr_watch *pipe_watch;

static void on_pipe(void *arg)
{
	char c;

	ck_assert_int_eq(read(pipe_fd[0], &c, 1), 1);
	mr_watch_free(pipe_watch);
	note(arg);
}

START_TEST(a_watch_may_free_itself)
{
	reset(2);
	ck_assert_int_eq(pipe(pipe_fd), 0);
	ck_assert_int_eq(write(pipe_fd[1], "xy", 2), 2);
	pipe_watch = mr_watch_new(loop, pipe_fd[0], on_pipe, "w");
	own = mr_timer_new(loop, note, "t");
	mr_timer_set(own, mr_clock_now().mono_ns + 5 * MR_NS_PER_MS);
	run_until(noted_all);
	ck_assert_str_eq(order, "wt");
	mr_timer_free(own);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}
END_TEST

START_TEST(stop_before_run)
{
	mr_loop_stop(loop);
	mr_loop_run(loop);
	reset(1);
	mr_loop_defer(loop, note, "r");
	run_until(noted_all);
}
END_TEST

static const struct {
	const char *text;
	const char *expect; /* canonical text, or NULL with ... */
	const char *error;  /* ... a part of the sentence */
} addresses[] = {
	{"unix:/run/x.sock", "unix:/run/x.sock", NULL},
	{"/run/x.sock", "unix:/run/x.sock", NULL},
	{"./x", "unix:./x", NULL},
	{"unix:x", "unix:x", NULL},
	{"tcp:127.0.0.1:4711", "tcp:127.0.0.1:4711", NULL},
	{"tcp:[::1]:0", "tcp:[::1]:0", NULL},
	{"tcp:manager.example:7461", "tcp:manager.example:7461", NULL},
	{"", NULL, "expected unix:PATH"},
	{"x", NULL, "expected unix:PATH"},
	{"frob:/x", NULL, "expected unix:PATH"},
	{"/x:y", "unix:/x:y", NULL},
	{"unix:", NULL, "expected a path"},
	{"tcp:host", NULL, "expected tcp:HOST:PORT"},
	{"tcp::1", NULL, "expected tcp:HOST:PORT"},
	{"tcp:::1:80", NULL, "expected tcp:HOST:PORT"},
	{"tcp:[]:80", NULL, "expected tcp:HOST:PORT"},
	{"tcp:[::1:80", NULL, "expected tcp:HOST:PORT"},
	{"tcp:h:65536", NULL, "expected a port"},
	{"tcp:h:x", NULL, "expected a port"},
	{"tcp:h:", NULL, "expected a port"},
	{"/012345678901234567890123456789012345678901234567890123456789012345678901234567890123"
	 "4567890123456789"
	 "0123456789",
	 NULL, "expected a path of at most 107 bytes"},
};

START_TEST(address_texts)
{
	struct mr_err err = {0};
	struct mr_addr a;
	char text[MR_ADDR_TEXT];
	int r = mr_addr_parse(addresses[_i].text, &a, &err);

	if (addresses[_i].expect) {
		ck_assert_int_eq(r, 0);
		ck_assert_str_eq(mr_addr_text(&a, text, sizeof(text)), addresses[_i].expect);
	} else {
		ck_assert_int_lt(r, 0);
		ck_assert_msg(strstr(err.text, addresses[_i].error) != NULL, "%s", err.text);
	}
}
END_TEST

static bool odd_posted(void)
{
	return posted[1] == 2;
}

START_TEST(what_an_owner_posted_goes_with_it)
{
	posted[0] = posted[1] = 0;
	for (uintptr_t i = 0; i < 2; i++)
		mr_loop_post(loop, on_posted, (void *)i);
	mr_loop_unpost(loop, (void *)0);
	mr_loop_post(loop, on_posted, (void *)(uintptr_t)3);
	run_until(odd_posted);
	ck_assert_uint_eq(posted[0], 0);
	ck_assert_uint_eq(posted[1], 2);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("loop");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, timers_in_order_and_never_early);
	tcase_add_test(t, a_timer_sets_and_frees_itself);
	tcase_add_test(t, deferred_calls_come_after_the_callback);
	tcase_add_test(t, posts_of_a_thread_keep_their_order);
	tcase_add_test(t, what_an_owner_posted_goes_with_it);
	tcase_add_test(t, signals_arrive_in_the_loop);
	tcase_add_test(t, a_watch_may_free_itself);
	tcase_add_test(t, stop_before_run);
	tcase_add_loop_test(t, address_texts, 0, sizeof(addresses) / sizeof(addresses[0]));
	return run_suite(t);
}
