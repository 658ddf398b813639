/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bad input on the wire (issue "Bad input"): each gets our Hello, at most one Error with the
 * right reason, and the end of the connection; the listener and its other peers go on.
 */
#include <sys/resource.h>

#include "common/rng.h"
#include "proto/common.pb-c.h"
#include "tests/unit/common_net/fixture.h"

static struct raw raw;

static bool raw_ended(void)
{
	return raw.eof && server.closed > 0;
}

static bool raw_has_hello(void)
{
	return raw.in.len > 4 && server.ready > 0;
}

static bool raw_echoed(void)
{
	return server.frames > 0 && raw.in.len > 7 &&
	       !memcmp(raw.in.data + raw.in.len - 3, "abc", 3);
}

static void listen_quick(void)
{
	struct mr_peer_config cfg = config_of(&server, "manager");

	cfg.hello_timeout_ms = 50;
	listen_with(&cfg);
}

/* After our Hello exactly one Error of 'reason' and nothing else. */
static void check_answer(enum mr_reason reason)
{
	struct mr_frame_reader r;
	const uint8_t *data;
	size_t len;
	Banyan__Envelope *m;

	mr_frame_reader_init(&r, CAP);
	mr_frame_feed(&r, raw.in.data, raw.in.len);
	ck_assert_int_eq(mr_frame_next(&r, &data, &len), 1);
	ck_assert_uint_eq(data[0], 0x0d);
	ck_assert_int_eq(mr_frame_next(&r, &data, &len), 1);
	m = banyan__envelope__unpack(NULL, len, data);
	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(m->body_case, BANYAN__ENVELOPE__BODY_ERROR);
	ck_assert_msg(m->error->reason == (Banyan__Reason)reason, "%d: %s", m->error->reason,
		      m->error->text);
	ck_assert_int_gt(m->error->err, 0);
	ck_assert_uint_gt(strlen(m->error->text), 10);
	banyan__envelope__free_unpacked(m, NULL);
	ck_assert_int_eq(mr_frame_next(&r, &data, &len), 0);
	ck_assert_uint_eq(r.used, r.buf.len);
	mr_frame_reader_done(&r);
}

static void put_hello(struct mr_buf *out, uint32_t magic, const char *protocol, uint32_t major,
		      const char *name)
{
	Banyan__Hello m = BANYAN__HELLO__INIT;
	uint8_t data[8192];

	m.magic = magic;
	m.protocol = (char *)protocol;
	m.major = major;
	m.name = (char *)name;
	mr_frame_put(out, data, banyan__hello__pack(&m, data));
}

static void four_gigabytes(struct mr_buf *b)
{
	mr_buf_add(b, "\xff\xff\xff\xff\x00\x00", 6);
}

static void zero_length(struct mr_buf *b)
{
	mr_buf_add(b, "\0\0\0\0", 4);
}

static void over_the_hello_cap(struct mr_buf *b)
{
	mr_buf_add(b, "\x01\x10\0\0", 4);
}

static void random_bytes(struct mr_buf *b)
{
	struct mr_rng rng;

	mr_rng_init(&rng, 42);
	for (unsigned i = 0; i < 1000; i++) {
		uint64_t v = mr_rng_next(&rng);

		mr_buf_add(b, &v, 8);
	}
}

static void no_hello(struct mr_buf *b)
{
	mr_frame_put(b, "\x0d\x01", 2);
}

static void not_even_protobuf(struct mr_buf *b)
{
	mr_frame_put(b, "GET / HTTP/1.1", 14);
}

static void wrong_magic(struct mr_buf *b)
{
	put_hello(b, 0x12345678, "control", MR_PROTOCOL_MAJOR, "x");
}

static void wrong_protocol(struct mr_buf *b)
{
	put_hello(b, MR_HELLO_MAGIC, "agent", MR_PROTOCOL_MAJOR, "x");
}

static void wrong_version(struct mr_buf *b)
{
	put_hello(b, MR_HELLO_MAGIC, "control", MR_PROTOCOL_MAJOR + 1, "x");
}

static void long_name(struct mr_buf *b)
{
	char name[200];

	memset(name, 'n', sizeof(name));
	name[sizeof(name) - 1] = '\0';
	put_hello(b, MR_HELLO_MAGIC, "control", MR_PROTOCOL_MAJOR, name);
}

static void silence(struct mr_buf *b)
{
	(void)b;
}

static void half_a_hello(struct mr_buf *b)
{
	put_hello(b, MR_HELLO_MAGIC, "control", MR_PROTOCOL_MAJOR, "x");
	b->len -= 1;
}

static const struct {
	const char *name;
	void (*fill)(struct mr_buf *b);
	enum mr_reason reason;
} bad[] = {
	{"a frame of 4 GB", four_gigabytes, MR_REASON_LIMIT},
	{"length zero", zero_length, MR_REASON_LIMIT},
	{"over the cap before the hello", over_the_hello_cap, MR_REASON_LIMIT},
	{"random bytes", random_bytes, MR_REASON_LIMIT},
	{"a broken hello", no_hello, MR_REASON_INVALID},
	{"something else", not_even_protobuf, MR_REASON_INVALID},
	{"wrong magic", wrong_magic, MR_REASON_INVALID},
	{"wrong protocol", wrong_protocol, MR_REASON_UNSUPPORTED},
	{"wrong version", wrong_version, MR_REASON_UNSUPPORTED},
	{"a name too long", long_name, MR_REASON_INVALID},
	{"silence before hello", silence, MR_REASON_TIMEOUT},
	{"half a hello", half_a_hello, MR_REASON_TIMEOUT},
};

START_TEST(bad_first_frames)
{
	struct mr_buf b = {0};

	listen_quick();
	bad[_i].fill(&b);
	raw_open(&raw, true);
	if (b.len > 0)
		raw_send(&raw, b.data, b.len);
	run_until(raw_ended);
	check_answer(bad[_i].reason);
	ck_assert_msg(server.closed == 1 && server.refused == 1, "%s", bad[_i].name);
	raw_close(&raw);
	mr_buf_done(&b);
}
END_TEST

START_TEST(bad_later_frames)
{
	static const char *const heads[] = {"\x01\x00\x01\x00", "\0\0\0\0", "\xff\xff\xff\xff"};

	listen_quick();
	raw_open(&raw, true);
	raw_hello(&raw);
	run_until(raw_has_hello);
	raw_send(&raw, heads[_i], 4);
	run_until(raw_ended);
	check_answer(MR_REASON_LIMIT);
	ck_assert_uint_eq(server.refused, 0);
	raw_close(&raw);
}
END_TEST

static struct mr_buf slow;
static size_t slow_at;
static struct mr_timer *slow_timer;

/* A zero timer comes up in the next turn of the loop, after the byte before was read. */
static void send_next(void *arg)
{
	(void)arg;
	raw_send(&raw, slow.data + slow_at++, 1);
	if (slow_at < slow.len)
		mr_timer_set(slow_timer, 0);
}

START_TEST(one_byte_at_a_time)
{
	struct mr_peer_config cfg = config_of(&server, "manager");

	listen_with(&cfg);
	put_hello(&slow, MR_HELLO_MAGIC, "control", MR_PROTOCOL_MAJOR, "slow");
	mr_frame_put(&slow, "abc", 3);
	raw_open(&raw, true);
	slow_timer = mr_timer_new(loop, send_next, NULL);
	mr_timer_set(slow_timer, 0);
	run_until(raw_echoed);
	ck_assert_str_eq(server.theirs.name, "slow");
	mr_timer_free(slow_timer);
	raw_close(&raw);
	mr_buf_done(&slow);
}
END_TEST

static bool server_saw_the_end(void)
{
	return server.closed > 0;
}

START_TEST(a_peer_that_goes_away_in_the_middle)
{
	listen_quick();
	raw_open(&raw, true);
	raw_hello(&raw);
	run_until(raw_has_hello);
	raw_send(&raw, "\x10\0\0\0half", 8);
	raw_close(&raw);
	run_until(server_saw_the_end);
	ck_assert_str_eq(server.why, "the other side closed the connection");
	ck_assert_uint_eq(server.frames, 0);
}
END_TEST

START_TEST(a_peer_that_goes_away_before_its_hello)
{
	listen_quick();
	raw_open(&raw, false);
	raw_close(&raw);
	run_until(server_saw_the_end);
	ck_assert_uint_eq(server.refused, 1);
}
END_TEST

#define IDLE 100

static bool all_idle_ready(void)
{
	return server.ready == IDLE;
}

START_TEST(a_hundred_idle_connections)
{
	struct mr_peer_config cfg = config_of(&server, "manager");
	struct raw idle[IDLE];

	listen_with(&cfg);
	for (unsigned i = 0; i < IDLE; i++) {
		raw_open(&idle[i], false);
		raw_hello(&idle[i]);
	}
	run_until(all_idle_ready);
	raw_open(&raw, true);
	raw_hello(&raw);
	raw_send(&raw,
		 "\x03\0\0\0"
		 "abc",
		 7);
	run_until(raw_echoed);
	ck_assert_uint_eq(server.closed, 0);
	for (unsigned i = 0; i < IDLE; i++)
		raw_close(&idle[i]);
	raw_close(&raw);
}
END_TEST

static bool client_refused(void)
{
	return client.closed > 0;
}

static bool two_ready(void)
{
	return server.ready == 2;
}

START_TEST(a_full_listener_says_so)
{
	struct mr_peer_config cfg = config_of(&server, "manager"),
			      mine = config_of(&client, "cli");
	struct mr_dialer *d;
	struct raw full[2];

	cfg.peers_max = 2;
	listen_with(&cfg);
	for (unsigned i = 0; i < 2; i++) {
		raw_open(&full[i], false);
		raw_hello(&full[i]);
	}
	run_until(two_ready);
	d = mr_dial_once(loop, address, &mine);
	run_until(client_refused);
	ck_assert_str_eq(client.why, "the other side refused: too many connections");
	ck_assert_uint_eq(server.closed, 0);
	mr_dialer_free(d);
	raw_close(&full[0]);
	raw_close(&full[1]);
}
END_TEST

static struct rlimit limit;

static void restore_limit(void *arg)
{
	bool *restored = arg;

	ck_assert_uint_eq(server.ready, 0);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	*restored = true;
}

START_TEST(without_descriptors_it_waits)
{
	struct mr_peer_config cfg = config_of(&server, "manager");
	struct mr_timer *t;
	struct rlimit low;
	bool restored = false;

	listen_with(&cfg);
	raw_open(&raw, true);
	raw_hello(&raw);
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	low = (struct rlimit){.rlim_cur = (rlim_t)raw.fd + 1, .rlim_max = limit.rlim_max};
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &low), 0);
	t = mr_timer_new(loop, restore_limit, &restored);
	mr_timer_set(t, mr_clock_now().mono_ns + 20 * MR_NS_PER_MS);
	run_until(raw_has_hello);
	ck_assert(restored);
	mr_timer_free(t);
	raw_close(&raw);
}
END_TEST

START_TEST(a_dialer_refuses_a_wrong_version_too)
{
	struct mr_peer_config cfg = config_of(&server, "manager"),
			      mine = config_of(&client, "cli");
	struct mr_dialer *d;

	cfg.hello.major = MR_PROTOCOL_MAJOR + 1;
	listen_with(&cfg);
	d = mr_dial_once(loop, address, &mine);
	run_until(client_refused);
	ck_assert_ptr_nonnull(strstr(client.why, "expected version 1"));
	run_until(server_saw_the_end);
	ck_assert_uint_eq(client.ready + server.ready, 0);
	mr_dialer_free(d);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("wire");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, bad_first_frames, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_loop_test(t, bad_later_frames, 0, 3);
	tcase_add_test(t, one_byte_at_a_time);
	tcase_add_test(t, a_peer_that_goes_away_in_the_middle);
	tcase_add_test(t, a_peer_that_goes_away_before_its_hello);
	tcase_add_test(t, a_hundred_idle_connections);
	tcase_add_test(t, a_full_listener_says_so);
	/* valgrind accepts a connection, closes it, and says EMFILE then */
	if (!getenv("MR_VALGRIND"))
		tcase_add_test(t, without_descriptors_it_waits);
	tcase_add_test(t, a_dialer_refuses_a_wrong_version_too);
	return run_suite(t);
}
