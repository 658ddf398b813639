/* SPDX-License-Identifier: Apache-2.0 */
/* Peers that behave: echo over unix and TCP, reconnecting, limits, closing in every
 * callback. */
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/common_net/fixture.h"

static unsigned wanted;

static bool client_got_all(void)
{
	return client.frames >= wanted;
}

static bool client_ready(void)
{
	return client.ready >= wanted;
}

static bool server_ready(void)
{
	return server.ready > 0;
}

static bool client_closed(void)
{
	return client.closed >= wanted;
}

static bool server_closed(void)
{
	return server.closed >= wanted;
}

/* The k-th message: its length and content follow from k. */
static size_t pattern(unsigned k, uint8_t *data)
{
	size_t len = 1 + k * 997 % CAP;

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 7 + k);
	return len;
}

static void check_echo(struct mr_peer *p, const uint8_t *data, size_t len, struct side *s)
{
	static uint8_t expect[CAP];

	(void)p;
	ck_assert_uint_eq(len, pattern(s->frames - 1, expect));
	ck_assert_mem_eq(data, expect, len);
}

static void send_patterns(unsigned n)
{
	static uint8_t data[CAP];

	for (unsigned k = 0; k < n; k++)
		mr_peer_send(client.peer, data, pattern(k, data));
}

static void echo_over(const char *addr)
{
	struct mr_peer_config cfg = config_of(&client, "cli");
	struct mr_dialer *d = mr_dial(loop, addr, &cfg);

	wanted = 1;
	run_until(client_ready);
	ck_assert_str_eq(client.theirs.role, "manager");
	ck_assert_str_eq(client.theirs.protocol, "control");
	ck_assert_uint_eq(client.theirs.major, MR_PROTOCOL_MAJOR);
	client.on_frame = check_echo;
	send_patterns(300);
	wanted = 300;
	run_until(client_got_all);
	ck_assert_uint_eq(server.frames, 300);
	ck_assert_str_eq(server.theirs.role, "cli");
	mr_dialer_free(d);
	ck_assert_uint_eq(client.closed, 1);
	wanted = 1;
	run_until(server_closed);
	ck_assert_uint_eq(server.refused, 0);
}

START_TEST(echo_over_unix)
{
	struct mr_peer_config cfg = config_of(&server, "manager");

	listen_with(&cfg);
	ck_assert_str_eq(mr_listener_name(listener), address);
	echo_over(address);
}
END_TEST

START_TEST(echo_over_tcp)
{
	static const char *const at[] = {"tcp:127.0.0.1:0", "tcp:localhost:0", "tcp:[::1]:0"};
	struct mr_peer_config cfg = config_of(&server, "manager");
	struct mr_err err = {0};
	int r = mr_listen(loop, at[_i], &cfg, &listener, &err);

	if (r == -EADDRNOTAVAIL || r == -EAFNOSUPPORT) /* a machine without IPv6 */
		ck_assert_msg(_i == 2, "%s", err.text);
	else
		echo_over(mr_listener_name(listener));
}
END_TEST

START_TEST(a_dialer_waits_for_its_listener)
{
	struct mr_peer_config mine = config_of(&client, "agent"),
			      cfg = config_of(&server, "manager");
	struct mr_dialer *d = mr_dial(loop, address, &mine);

	wanted = 2;
	run_until(client_closed);
	ck_assert_uint_eq(client.refused, client.closed);
	ck_assert_ptr_nonnull(strstr(client.why, "cannot connect"));
	wanted = 1;
	listen_with(&cfg);
	run_until(client_ready);
	wanted = client.closed + 1;
	mr_listener_free(listener);
	listener = NULL;
	ck_assert_uint_eq(server.closed, 1);
	run_until(client_closed);
	wanted = 2;
	listen_with(&cfg);
	run_until(client_ready);
	mr_dialer_free(d);
}
END_TEST

START_TEST(dialing_once)
{
	struct mr_peer_config mine = config_of(&client, "cli");
	struct mr_dialer *d = mr_dial_once(loop, address, &mine);

	ck_assert_uint_eq(client.closed, 0); /* never from inside the call */
	wanted = 1;
	run_until(client_closed);
	mr_dialer_free(d);
	d = mr_dial_once(loop, "nonsense", &mine);
	wanted = 2;
	run_until(client_closed);
	ck_assert_ptr_nonnull(strstr(client.why, "expected unix:PATH"));
	mr_dialer_free(d);
	ck_assert_uint_eq(client.closed, 2);
}
END_TEST

static bool client_decided(void)
{
	return client.ready + client.closed > 0;
}

static bool client_says_why(void)
{
	return client.closed > 0;
}

START_TEST(names_are_looked_up_beside_the_loop)
{
	struct mr_peer_config mine = config_of(&client, "cli"),
			      cfg = config_of(&server, "manager");
	char name[256], at[300];
	struct mr_err err = {0};
	struct mr_dialer *d;

	ck_assert_int_eq(gethostname(name, sizeof(name)), 0);
	ck_assert_msg(mr_listen(loop, "tcp:[::]:0", &cfg, &listener, &err) == 0 ||
			      mr_listen(loop, "tcp:0.0.0.0:0", &cfg, &listener, NULL) == 0,
		      "%s", err.text);
	snprintf(at, sizeof(at), "tcp:%s%s", name, strrchr(mr_listener_name(listener), ':'));
	d = mr_dial_once(loop, at, &mine);
	/* this machine's own name may be unknown to its name service */
	run_until(client_decided);
	ck_assert_uint_eq(client.ready + client.refused, 1);
	mr_dialer_free(d);
	memset(&client, 0, sizeof(client));
	d = mr_dial_once(loop, "tcp:no-such-host.invalid:1", &mine);
	run_until(client_says_why);
	ck_assert_msg(strstr(client.why, "no-such-host.invalid") ||
			      strstr(client.why, "too long"),
		      "%s", client.why);
	mr_dialer_free(d);
	d = mr_dial_once(loop, "tcp:no-such-host.invalid:1", &mine);
	mr_dialer_free(d); /* while it is looked up */
	ck_assert_uint_eq(client.closed, 2);
}
END_TEST

static struct mr_dialer *the_dialer;

static void free_dialer(struct mr_peer *p, const uint8_t *data, size_t len, struct side *s)
{
	mr_dialer_free(the_dialer);
	the_dialer = NULL;
	ck_assert_uint_eq(s->closed, 1);
	ck_assert_uint_eq(data[0], 'x'); /* still there until the callback returns */
	mr_peer_send(p, data, len);
	mr_peer_close(p, "again");
}

static void free_listener(struct mr_peer *p, const uint8_t *data, size_t len, struct side *s)
{
	(void)p, (void)data, (void)len;
	mr_listener_free(listener);
	listener = NULL;
	ck_assert_uint_eq(s->closed, 1);
}

static void answer_and_close(struct mr_peer *p, const uint8_t *data, size_t len, struct side *s)
{
	(void)s;
	mr_peer_send(p, data, len);
	mr_peer_close(p, "enough");
	mr_peer_close(p, "twice");
	mr_peer_send(p, data, len);
}

static void start_pair(void)
{
	struct mr_peer_config mine = config_of(&client, "cli"),
			      cfg = config_of(&server, "manager");

	listen_with(&cfg);
	the_dialer = mr_dial_once(loop, address, &mine);
	wanted = 1;
	run_until(client_ready);
}

START_TEST(freeing_in_a_callback)
{
	start_pair();
	if (_i == 0)
		client.on_frame = free_dialer;
	else
		server.on_frame = free_listener;
	mr_peer_send(client.peer, "xyz", 3);
	mr_peer_send(client.peer, "xyz", 3);
	run_until(_i == 0 ? server_closed : client_closed);
	ck_assert_uint_eq(client.closed, 1);
	ck_assert_uint_eq(server.closed, 1);
	ck_assert_uint_eq(_i == 0 ? client.frames : server.frames, 1);
	mr_dialer_free(the_dialer);
}
END_TEST

START_TEST(what_was_queued_arrives_before_the_end)
{
	start_pair();
	server.on_frame = answer_and_close;
	mr_peer_send(client.peer, "xyz", 3);
	run_until(client_closed);
	ck_assert_uint_eq(client.frames, 1);
	run_until(server_closed);
	ck_assert_str_eq(server.why, "enough");
	ck_assert_uint_eq(server.closed, 1);
	mr_dialer_free(the_dialer);
}
END_TEST

START_TEST(a_message_over_the_cap_is_not_sent)
{
	static char data[CAP + 1];

	start_pair();
	mr_peer_send(client.peer, data, sizeof(data));
	run_until(client_closed);
	ck_assert_ptr_nonnull(strstr(client.why, "does not fit"));
	ck_assert_uint_eq(server.frames, 0);
	mr_dialer_free(the_dialer);
}
END_TEST

START_TEST(who_does_not_read_is_closed)
{
	struct mr_peer_config cfg = config_of(&server, "manager");
	static char data[CAP];
	struct raw r;

	listen_with(&cfg);
	raw_open(&r, false);
	raw_hello(&r);
	run_until(server_ready);
	wanted = 1;
	for (unsigned i = 0; i < MR_PEER_QUEUE_MAX / CAP + 100 && server.peer; i++)
		mr_peer_send(server.peer, data, CAP);
	run_until(server_closed);
	ck_assert_ptr_nonnull(strstr(server.why, "does not read"));
	raw_close(&r);
}
END_TEST

START_TEST(unix_sockets_stale_live_and_other)
{
	struct mr_peer_config cfg = config_of(&server, "manager");
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	struct mr_listener *second = NULL;
	struct mr_err err = {0};
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	ck_assert(mr_copy(un.sun_path, sizeof(un.sun_path), address + 5));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&un, sizeof(un)), 0);
	close(fd); /* a stale one */
	listen_with(&cfg);
	ck_assert_int_eq(mr_listen(loop, address, &cfg, &second, &err), -EADDRINUSE);
	ck_assert_ptr_nonnull(strstr(err.text, "a running program listens there"));
	ck_assert_ptr_null(second);
	mr_listener_free(listener);
	listener = NULL;
	ck_assert_int_ne(access(address + 5, F_OK), 0);
	fd = open(address + 5, O_CREAT | O_WRONLY, 0600);
	close(fd);
	ck_assert_int_eq(mr_listen(loop, address, &cfg, &second, NULL), -EEXIST);
	ck_assert_int_eq(access(address + 5, F_OK), 0);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("peer");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, echo_over_unix);
	tcase_add_loop_test(t, echo_over_tcp, 0, 3);
	tcase_add_test(t, a_dialer_waits_for_its_listener);
	tcase_add_test(t, dialing_once);
	tcase_add_test(t, names_are_looked_up_beside_the_loop);
	tcase_add_loop_test(t, freeing_in_a_callback, 0, 2);
	tcase_add_test(t, what_was_queued_arrives_before_the_end);
	tcase_add_test(t, a_message_over_the_cap_is_not_sent);
	tcase_add_test(t, who_does_not_read_is_closed);
	tcase_add_test(t, unix_sockets_stale_live_and_other);
	return run_suite(t);
}
