// SPDX-License-Identifier: Apache-2.0
/* See client.h. */
#include "fabric-manager/cli/client.h"

#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/now.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/args.h"

#define CONTROL_FRAME_MAX (8u << 20)
#define QUEUE_MAX	  4096 /* events that nobody looked at yet: beyond it they are dropped */

struct cli_client {
	struct mr_loop *loop;
	struct mr_dialer *dialer;
	struct mr_timer *timer;
	struct mr_peer *peer; /* NULL until ready and after the end */
	uint64_t last_id;
	struct mr_buf *waiting; /* requests until the connection stands */
	unsigned waitings, cap_waitings;
	struct fm_control_msg *msg;
	unsigned first, msgs, cap_msgs;
	bool ready, closed, garbage, late, interrupted;
	char why[512];
};

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct cli_client *c = arg;

	(void)theirs;
	mr_peer_set_user(p, c);
	c->peer = p;
	c->ready = true;
	for (unsigned i = 0; i < c->waitings; i++) {
		mr_peer_send(p, c->waiting[i].data, c->waiting[i].len);
		mr_buf_done(&c->waiting[i]);
	}
	c->waitings = 0;
}

/* Makes room at the end of the queue, which is taken from its front. */
static void compact(struct cli_client *c)
{
	if (!c->first || c->msgs < c->cap_msgs)
		return;
	memmove(c->msg, c->msg + c->first, (c->msgs - c->first) * sizeof(*c->msg));
	c->msgs -= c->first;
	c->first = 0;
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct cli_client *c = arg;
	struct fm_control_msg m;
	struct mr_err err = {0};

	mr_loop_stop(c->loop);
	if (fm_control_get(data, len, &m, &err) < 0) {
		c->garbage = true;
		mr_peer_close(p, err.text);
		return;
	}
	if (m.kind == FM_CONTROL_EVENT && c->msgs - c->first >= QUEUE_MAX) {
		fm_control_msg_done(&m);
		return;
	}
	compact(c);
	MR_GROW(c->msg, c->msgs, c->cap_msgs);
	c->msg[c->msgs++] = m;
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct cli_client *c = arg;

	(void)p;
	c->peer = NULL;
	c->closed = true;
	mr_fmt(c->why, sizeof(c->why), "%s", why);
	mr_loop_stop(c->loop);
}

static void on_timer(void *arg)
{
	struct cli_client *c = arg;

	c->late = true;
	mr_loop_stop(c->loop);
}

static void on_interrupt(void *arg)
{
	struct cli_client *c = arg;

	c->interrupted = true;
	mr_loop_stop(c->loop);
}

/* Who asks, for the history, the events and the users of a Domain. It is a word and no proof:
 * who may open the socket is the operating system's to say. */
static void name_operator(char *out, size_t size)
{
	const struct passwd *pw = getpwuid(getuid());
	const char *name = getenv(CLI_USER_ENV);

	if ((!name || !*name) && !getuid())
		name = getenv("SUDO_USER");
	if ((!name || !*name) && pw)
		name = pw->pw_name;
	if (name && *name)
		mr_copy(out, size, name);
	else
		mr_fmt(out, size, "uid-%u", (unsigned)getuid());
}

struct cli_client *cli_client_new(const char *addr)
{
	static const struct mr_peer_ops ops = {on_ready, on_frame, on_close};
	struct cli_client *c = MR_NEW(struct cli_client);
	struct mr_peer_config cfg = {.cap = CONTROL_FRAME_MAX, .ops = &ops, .arg = c};

	mr_copy(cfg.hello.protocol, sizeof(cfg.hello.protocol), "control");
	mr_copy(cfg.hello.role, sizeof(cfg.hello.role), "cli");
	name_operator(cfg.hello.name, sizeof(cfg.hello.name));
	mr_fmt(cfg.hello.instance, sizeof(cfg.hello.instance), "%d", (int)getpid());
	c->loop = mr_loop_new();
	c->timer = mr_timer_new(c->loop, on_timer, c);
	c->dialer = mr_dial_once(c->loop, addr, &cfg);
	return c;
}

void cli_client_free(struct cli_client *c)
{
	mr_dialer_free(c->dialer);
	mr_timer_free(c->timer);
	mr_loop_free(c->loop);
	while (c->first < c->msgs)
		fm_control_msg_done(&c->msg[c->first++]);
	for (unsigned i = 0; i < c->waitings; i++)
		mr_buf_done(&c->waiting[i]);
	free(c->waiting);
	free(c->msg);
	free(c);
}

void cli_client_catch_interrupt(struct cli_client *c)
{
	mr_loop_signal(c->loop, SIGINT, on_interrupt, c);
	mr_loop_signal(c->loop, SIGTERM, on_interrupt, c);
}

uint64_t cli_client_send(struct cli_client *c, const struct fm_request *r)
{
	struct mr_buf b = {0};
	uint64_t id = ++c->last_id;

	fm_control_put_request(&b, id, r);
	if (c->ready) {
		if (c->peer)
			mr_peer_send(c->peer, b.data, b.len);
		mr_buf_done(&b);
		return id;
	}
	MR_GROW(c->waiting, c->waitings, c->cap_waitings);
	c->waiting[c->waitings++] = b;
	return id;
}

enum cli_got cli_client_next(struct cli_client *c, int64_t until_mono_ns,
			     struct fm_control_msg *ret)
{
	c->late = false;
	mr_timer_set(c->timer, until_mono_ns);
	for (;;) {
		if (c->interrupted)
			return CLI_GOT_INTERRUPT;
		if (c->first < c->msgs) {
			*ret = c->msg[c->first++];
			if (c->first == c->msgs)
				c->first = c->msgs = 0;
			return CLI_GOT_MESSAGE;
		}
		if (c->closed)
			return CLI_GOT_CLOSED;
		if (c->late)
			return CLI_GOT_TIMEOUT;
		mr_loop_run(c->loop);
	}
}

const char *cli_client_why(const struct cli_client *c)
{
	return c->why;
}

bool cli_client_was_ready(const struct cli_client *c)
{
	return c->ready;
}

bool cli_client_got_garbage(const struct cli_client *c)
{
	return c->garbage;
}

/* Asks for the events from now on, as they come: something may have changed. */
void cli_client_follow(struct cli_client *c)
{
	struct fm_request events = {.verb = FM_VERB_EVENTS,
				    .kind = "",
				    .name = "",
				    .host = "",
				    .set = "",
				    .who = "",
				    .follow = true,
				    .since = INT64_MAX};

	cli_client_send(c, &events);
}
