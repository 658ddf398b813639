/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One connection: hello, frames in, frames out, close. Who made it (listen.c, dial.c) hears of
 * it through struct mr_peer_owner.
 *
 * Closing is graceful: what is queued is written, then our direction is shut, and the other
 * side's end or a second is awaited, because closing a socket with unread input would throw
 * away the last frames on their way out.
 */
#include "common/net/peer.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/hello.h"
#include "common/net/peer-int.h"
#include "common/str.h"
#include "common/xalloc.h"

static void set_timeout(struct mr_peer *p, unsigned ms)
{
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};

	event_add(&p->timeout, &tv);
}

static unsigned hello_ms(const struct mr_peer *p)
{
	return p->cfg->hello_timeout_ms ? p->cfg->hello_timeout_ms : MR_HELLO_TIMEOUT_MS;
}

/* Tells owner and user, once. The user may free listener or dialer in it. */
static void report(struct mr_peer *p)
{
	if (p->reported)
		return;
	p->reported = true;
	p->owner.gone(p, p->owner.owner);
	p->cfg->ops->on_close(p, p->why, p->cfg->arg);
}

static void bury(void *arg)
{
	struct mr_peer *p = arg;

	report(p);
	mr_frame_reader_done(&p->reader);
	mr_buf_done(&p->out);
	free(p);
}

/* The end of the connection; report and free follow from the loop. The first reason given
 * stays. */
static void finish(struct mr_peer *p, const char *why)
{
	if (p->state == PEER_DEAD)
		return;
	if (!p->why[0])
		mr_fmt(p->why, sizeof(p->why), "%s", why);
	p->state = PEER_DEAD;
	event_del(&p->timeout);
	mr_flush_cancel(p->loop, &p->flush);
	if (p->fd >= 0) {
		event_del(&p->readable);
		event_del(&p->writable);
		close(p->fd);
		p->fd = -1;
	}
	mr_loop_defer(p->loop, bury, p);
}

/* Ends the peer now and calls on_close before it returns: its owner goes away. */
void mr_peer_kill(struct mr_peer *p, const char *why)
{
	finish(p, why);
	report(p);
}

/* Ends a peer that never was a connection. */
void mr_peer_fail(struct mr_peer *p, const char *why)
{
	finish(p, why);
}

static void refuse(struct mr_peer *p, enum mr_reason reason, int code, const char *text)
{
	mr_error_put(&p->out, reason, code, text);
	mr_peer_close(p, text);
}

static void become_ready(struct mr_peer *p, const struct mr_hello *theirs)
{
	p->state = PEER_READY;
	p->reader.cap = p->cfg->cap;
	event_del(&p->timeout);
	p->owner.ready(p->owner.owner);
	p->cfg->ops->on_ready(p, theirs, p->cfg->arg);
}

static void take_hello(struct mr_peer *p, const uint8_t *data, size_t len)
{
	struct mr_hello theirs;
	struct mr_err err = {0};
	int r = mr_hello_read(data, len, &p->cfg->hello, &theirs, &err);

	if (r == 0)
		become_ready(p, &theirs);
	else if (r == -ECONNREFUSED)
		mr_peer_close(p, err.text);
	else
		refuse(p, err.reason, err.code, err.text);
}

static void refuse_length(struct mr_peer *p)
{
	char text[96];

	mr_fmt(text, sizeof(text), "frame: expected a length of 1 to %u bytes", p->reader.cap);
	refuse(p, MR_REASON_LIMIT, -EMSGSIZE, text);
}

static void take_frames(struct mr_peer *p)
{
	const uint8_t *data;
	size_t len;
	int r = 0;

	while (p->state == PEER_HELLO || p->state == PEER_READY) {
		r = mr_frame_next(&p->reader, &data, &len);
		if (r <= 0)
			break;
		if (p->state == PEER_READY)
			p->cfg->ops->on_frame(p, data, len, p->cfg->arg);
		else
			take_hello(p, data, len);
	}
	if (r < 0)
		refuse_length(p);
}

static void on_readable(evutil_socket_t fd, short what, void *arg)
{
	struct mr_peer *p = arg;
	ssize_t n = recv(fd, p->loop->scratch, sizeof(p->loop->scratch), 0);

	(void)what;
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0)
		finish(p, strerror(errno));
	else if (n == 0)
		finish(p, "the other side closed the connection");
	else if (p->state != PEER_CLOSING) {
		mr_frame_feed(&p->reader, p->loop->scratch, (size_t)n);
		take_frames(p);
	}
}

static void all_written(struct mr_peer *p)
{
	p->sent = 0;
	if (p->out.cap > MR_PEER_KEEP_BYTES)
		mr_buf_done(&p->out);
	else
		mr_buf_reset(&p->out);
	if (p->state != PEER_CLOSING || p->drained)
		return;
	p->drained = true;
	shutdown(p->fd, SHUT_WR);
	set_timeout(p, MR_LINGER_MS);
}

/*
 * EPIPE and ECONNRESET are left to the reading side, which first reads what the other side said
 * before it went.
 */
static void write_failed(struct mr_peer *p, int code)
{
	if (p->state != PEER_CLOSING && (code == EPIPE || code == ECONNRESET)) {
		mr_buf_done(&p->out);
		p->sent = 0;
	} else {
		finish(p, strerror(code));
	}
}

static void write_out(struct mr_peer *p)
{
	size_t rest = p->out.len - p->sent;
	ssize_t n = 0;

	if (p->state == PEER_CONNECTING || p->state == PEER_DEAD)
		return;
	if (rest > 0)
		n = send(p->fd, p->out.data + p->sent, rest, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		write_failed(p, errno);
		return;
	}
	p->sent += n > 0 ? (size_t)n : 0;
	if (p->sent == p->out.len)
		all_written(p);
	else
		event_add(&p->writable, NULL);
}

static void on_flush(void *arg)
{
	struct mr_peer *p = arg;

	if (!event_pending(&p->writable, EV_WRITE, NULL))
		write_out(p);
}

static void start_hello(struct mr_peer *p)
{
	p->state = PEER_HELLO;
	set_timeout(p, hello_ms(p));
	event_add(&p->readable, NULL);
	mr_hello_put(&p->out, &p->cfg->hello);
	mr_flush_add(p->loop, &p->flush);
}

static void on_writable(evutil_socket_t fd, short what, void *arg)
{
	struct mr_peer *p = arg;
	int code = 0;
	socklen_t len = sizeof(code);

	(void)what;
	if (p->state != PEER_CONNECTING) {
		write_out(p);
		return;
	}
	getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len);
	if (code)
		finish(p, strerror(code));
	else
		start_hello(p);
}

static void on_timeout(evutil_socket_t fd, short what, void *arg)
{
	struct mr_peer *p = arg;
	char text[64];

	(void)fd, (void)what;
	if (p->state == PEER_CONNECTING) {
		finish(p, "the connection took too long");
	} else if (p->state == PEER_HELLO) {
		mr_fmt(text, sizeof(text), "expected a Hello within %u ms", hello_ms(p));
		refuse(p, MR_REASON_TIMEOUT, -ETIMEDOUT, text);
	} else {
		finish(p, "the other side did not take the last frames");
	}
}

/* Non-blocking sockets come with SOCK_NONBLOCK; what is left is that small frames go out at
 * once. */
int mr_peer_socket_setup(int fd, int family)
{
	const int one = 1;

	if (family == AF_UNIX)
		return 0;
	return setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ? -errno : 0;
}

/*
 * A peer without a socket yet: mr_peer_attach or mr_peer_fail follows before the time for the
 * hello is over. 'cfg' stays the owner's and outlives the peer or its mr_peer_kill.
 */
struct mr_peer *mr_peer_new(struct mr_loop *l, const char *name,
			    const struct mr_peer_config *cfg, struct mr_peer_owner owner)
{
	struct mr_peer *p = MR_NEW(struct mr_peer);

	p->loop = l;
	p->cfg = cfg;
	p->owner = owner;
	p->fd = -1;
	mr_fmt(p->name, sizeof(p->name), "%s", name);
	p->flush = (struct mr_flush){.fn = on_flush, .arg = p};
	mr_frame_reader_init(&p->reader, MR_FRAME_CAP_HELLO);
	event_assign(&p->timeout, l->base, -1, 0, on_timeout, p);
	p->state = PEER_CONNECTING;
	set_timeout(p, hello_ms(p));
	return p;
}

/* Gives it the non-blocking socket 'fd', which it owns from now on. 'connecting': connect() is
 * under way. */
void mr_peer_attach(struct mr_peer *p, int fd, bool connecting)
{
	if (p->state != PEER_CONNECTING) { /* it was given up while its name was looked up */
		close(fd);
		return;
	}
	p->fd = fd;
	event_assign(&p->readable, p->loop->base, fd, EV_READ | EV_PERSIST, on_readable, p);
	event_assign(&p->writable, p->loop->base, fd, EV_WRITE, on_writable, p);
	if (connecting)
		event_add(&p->writable, NULL);
	else
		start_hello(p);
}

/* Over 'sent' bytes that are gone the buffer would grow for ever under a steady stream. */
static void compact_out(struct mr_peer *p)
{
	size_t rest = p->out.len - p->sent;

	if (p->sent < MR_LOOP_SCRATCH || p->sent < rest)
		return;
	memmove(p->out.data, p->out.data + p->sent, rest);
	p->out.len = rest;
	p->sent = 0;
}

/* See peer.h. A peer that is closing or closed takes nothing more. */
void mr_peer_send(struct mr_peer *p, const void *data, size_t len)
{
	char text[96];

	if (p->state != PEER_READY)
		return;
	if (len == 0 || len > p->cfg->cap) {
		mr_fmt(text, sizeof(text),
		       "a message of %zu bytes does not fit the protocol's %u", len,
		       p->cfg->cap);
		mr_peer_close(p, text);
		return;
	}
	if (p->out.len - p->sent + len > MR_PEER_QUEUE_MAX) {
		mr_fmt(text, sizeof(text), "the other side does not read: %zu bytes wait",
		       p->out.len - p->sent);
		finish(p, text);
		return;
	}
	compact_out(p);
	mr_frame_put(&p->out, data, len);
	mr_flush_add(p->loop, &p->flush);
}

/* See peer.h; 'why' is copied. */
void mr_peer_close(struct mr_peer *p, const char *why)
{
	if (p->state == PEER_CONNECTING) {
		finish(p, why);
		return;
	}
	if (p->state >= PEER_CLOSING)
		return;
	mr_fmt(p->why, sizeof(p->why), "%s", why);
	p->state = PEER_CLOSING;
	set_timeout(p, MR_CLOSE_FLUSH_MS);
	mr_flush_add(p->loop, &p->flush);
}

/* A pointer of the user's, NULL at first. */
void mr_peer_set_user(struct mr_peer *p, void *user)
{
	p->user = user;
}

void *mr_peer_user(const struct mr_peer *p)
{
	return p->user;
}

const char *mr_peer_name(const struct mr_peer *p)
{
	return p->name;
}
