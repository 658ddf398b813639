/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of peers share: a loop with a deadline, a listener that echoes, and a raw
 * client that sends and collects bytes without knowing what a frame is. Everything runs in one
 * thread; run_until() drives the loop.
 */
#ifndef TESTS_UNIT_COMMON_NET_FIXTURE_H
#define TESTS_UNIT_COMMON_NET_FIXTURE_H

#include <check.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/hello.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/now.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "tests/unit/check_main.h"

#define CAP 65536u

/* What the callbacks of one side saw. */
struct side {
	unsigned ready;
	unsigned frames;
	unsigned closed;
	unsigned refused; /* closed without having been ready */
	size_t bytes;
	char why[256];
	struct mr_hello theirs;
	struct mr_peer *peer; /* the last that became ready, NULL once it closed */
	void (*on_frame)(struct mr_peer *p, const uint8_t *data, size_t len, struct side *s);
};

struct raw {
	int fd;
	struct mr_watch *watch;
	struct mr_buf in;
	bool eof;
};

static struct mr_loop *loop;
static struct side server, client;
static struct mr_listener *listener;
static char folder[64], address[128];
static bool (*condition)(void);

static void look(void)
{
	if (condition && condition())
		mr_loop_stop(loop);
}

static void on_deadline(void *arg)
{
	(void)arg;
	ck_abort_msg("30 s are over: server ready %u frames %u closed %u (%s); client ready %u "
		     "frames %u closed %u (%s)",
		     server.ready, server.frames, server.closed, server.why, client.ready,
		     client.frames, client.closed, client.why);
}

static inline void run_until(bool (*cond)(void))
{
	struct mr_timer *deadline = mr_timer_new(loop, on_deadline, NULL);

	mr_timer_set(deadline, mr_clock_now().mono_ns + 30 * MR_NS_PER_S);
	condition = cond;
	if (!cond())
		mr_loop_run(loop);
	condition = NULL;
	mr_timer_free(deadline);
}

static void side_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct side *s = arg;

	ck_assert_ptr_null(mr_peer_user(p));
	mr_peer_set_user(p, s);
	s->ready++;
	s->theirs = *theirs;
	s->peer = p;
	look();
}

static void side_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct side *s = arg;

	s->frames++;
	s->bytes += len;
	if (s->on_frame)
		s->on_frame(p, data, len, s);
	look();
}

static void side_close(struct mr_peer *p, const char *why, void *arg)
{
	struct side *s = arg;

	ck_assert_uint_gt(strlen(why), 0);
	s->closed++;
	if (!mr_peer_user(p))
		s->refused++;
	if (s->peer == p)
		s->peer = NULL;
	mr_copy(s->why, sizeof(s->why), why);
	look();
}

static const struct mr_peer_ops side_ops = {side_ready, side_frame, side_close};

static inline void echo(struct mr_peer *p, const uint8_t *data, size_t len, struct side *s)
{
	(void)s;
	mr_peer_send(p, data, len);
}

static inline struct mr_peer_config config_of(struct side *s, const char *role)
{
	struct mr_peer_config cfg = {.cap = CAP, .ops = &side_ops, .arg = s};

	strcpy(cfg.hello.protocol, "control");
	strcpy(cfg.hello.role, role);
	strcpy(cfg.hello.name, "test");
	strcpy(cfg.hello.instance, "1");
	return cfg;
}

static inline void listen_with(const struct mr_peer_config *cfg)
{
	struct mr_err err = {0};

	ck_assert_msg(mr_listen(loop, address, cfg, &listener, &err) == 0, "%s", err.text);
}

static inline void setup(void)
{
	strcpy(folder, "/tmp/banyan-net-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(address, sizeof(address), "unix:%s/s", folder);
	memset(&server, 0, sizeof(server));
	memset(&client, 0, sizeof(client));
	server.on_frame = echo;
	listener = NULL;
	loop = mr_loop_new();
}

static inline void teardown(void)
{
	mr_listener_free(listener);
	mr_loop_free(loop);
	unlink(address + 5);
	ck_assert_msg(rmdir(folder) == 0, "something is left in %s", folder);
}

static void raw_readable(void *arg)
{
	struct raw *r = arg;
	char data[4096];
	ssize_t n = recv(r->fd, data, sizeof(data), MSG_DONTWAIT);

	if (n > 0)
		mr_buf_add(&r->in, data, (size_t)n);
	if (n == 0 || (n < 0 && errno != EAGAIN)) {
		r->eof = true;
		shutdown(r->fd, SHUT_WR); /* as a client that saw the end would */
		mr_watch_free(r->watch);
		r->watch = NULL;
	}
	look();
}

static inline void raw_open(struct raw *r, bool watch)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};

	memset(r, 0, sizeof(*r));
	ck_assert(mr_copy(un.sun_path, sizeof(un.sun_path), address + 5));
	r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(connect(r->fd, (struct sockaddr *)&un, sizeof(un)), 0);
	if (watch)
		r->watch = mr_watch_new(loop, r->fd, raw_readable, r);
}

static inline void raw_close(struct raw *r)
{
	mr_watch_free(r->watch);
	close(r->fd);
	mr_buf_done(&r->in);
}

static inline void raw_send(struct raw *r, const void *data, size_t len)
{
	ck_assert_int_eq(send(r->fd, data, len, MSG_NOSIGNAL), (ssize_t)len);
}

static inline void raw_hello(struct raw *r)
{
	struct mr_peer_config cfg = config_of(&client, "cli");
	struct mr_buf b = {0};

	mr_hello_put(&b, &cfg.hello);
	raw_send(r, b.data, b.len);
	mr_buf_done(&b);
}

static inline int run_suite(TCase *t)
{
	Suite *s = suite_create("net");

	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return check_run(s);
}

#endif
