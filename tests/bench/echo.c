/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bare libevent echo: no frames, no codec, no registers, the same numbers of bytes both
 * ways. What is left between it and `map` is ours.
 */
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/bench/bench.h"
#include "tests/bench/server.h"

#define ROOM (256 << 10) /* bytes of one read */

struct end {
	struct event_base *base;
	struct event *read, *write;
	int fd;
	unsigned in, out;    /* bytes of a message to read, and to write for it */
	size_t got, to_send; /* bytes of the unfinished message; bytes not yet written */
	unsigned done, sent, total;
	bool client;
	char *bytes;
	size_t cap;
};

static void flush(struct end *e)
{
	while (e->to_send) {
		size_t n = e->to_send < e->cap ? e->to_send : e->cap;
		ssize_t w = write(e->fd, e->bytes, n);

		if (w < 0) {
			if (errno == EAGAIN)
				event_add(e->write, NULL);
			return;
		}
		e->to_send -= (size_t)w;
	}
}

static void on_write(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	flush(arg);
}

static void on_read(evutil_socket_t fd, short what, void *arg)
{
	struct end *e = arg;
	ssize_t n = read(fd, e->bytes, e->cap);

	(void)what;
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			event_base_loopbreak(e->base);
		return;
	}
	for (e->got += (size_t)n; e->got >= e->in; e->got -= e->in) {
		e->done++;
		if (e->client && e->sent == e->total)
			continue;
		e->sent++;
		e->to_send += e->out;
	}
	if (e->client && e->done == e->total)
		event_base_loopbreak(e->base);
	else
		flush(e);
}

static void end_init(struct end *e, struct event_base *base, int fd, size_t cap)
{
	e->fd = fd;
	e->cap = cap;
	e->bytes = mr_xcalloc(1, e->cap);
	evutil_make_socket_nonblocking(fd);
	e->base = base;
	e->read = event_new(e->base, fd, EV_READ | EV_PERSIST, on_read, e);
	e->write = event_new(e->base, fd, EV_WRITE, on_write, e);
	event_add(e->read, NULL);
}

static void end_done(struct end *e)
{
	event_free(e->read);
	event_free(e->write);
	close(e->fd);
	free(e->bytes);
}

/* The side that answers; see the header. */
void bench_echo_answer(const int *fd, unsigned n, size_t room, unsigned request, unsigned reply)
{
	struct event_base *base = event_base_new();
	struct end *e = mr_xcalloc(n, sizeof(*e));

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned i = 0; i < n; i++) {
		e[i] = (struct end){.in = request, .out = reply};
		end_init(&e[i], base, fd[i], room);
	}
	event_base_dispatch(base);
	_exit(0);
}

/* What socketpair is for unix sockets, over TCP and loopback. */
static int tcp_pair(int fd[2])
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
	struct sockaddr *any = (struct sockaddr *)&at;
	const int one = 1;
	socklen_t len = sizeof(at);
	int l = socket(AF_INET, SOCK_STREAM, 0);

	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	fd[1] = -1;
	if (!bind(l, any, len) && !listen(l, 1) && !getsockname(l, any, &len) &&
	    !connect(fd[0], any, len))
		fd[1] = accept(l, NULL, NULL);
	close(l);
	for (unsigned i = 0; i < 2; i++)
		setsockopt(fd[i], IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	return fd[1] < 0 ? -1 : 0;
}

/* Exchanges per second; see the header. */
double bench_echo(bool tcp, unsigned n, unsigned window, unsigned request, unsigned reply)
{
	struct end e = {.in = reply, .out = request, .total = n, .client = true};
	struct event_base *base;
	int fd[2];
	int64_t start;
	pid_t pid;

	if (!request || !reply ||
	    (tcp ? tcp_pair(fd) : socketpair(AF_UNIX, SOCK_STREAM, 0, fd)))
		return 0;
	pid = fork();
	if (!pid) {
		bench_pin(BENCH_SERVER);
		close(fd[0]);
		bench_echo_answer(&fd[1], 1, ROOM, request, reply);
	}
	close(fd[1]);
	bench_pin(BENCH_CLIENT);
	base = event_base_new();
	end_init(&e, base, fd[0], ROOM);
	start = bench_now_ns();
	e.sent = window < n ? window : n;
	e.to_send = (size_t)e.sent * request;
	flush(&e);
	event_base_dispatch(e.base);
	start = bench_now_ns() - start;
	end_done(&e);
	event_base_free(base);
	bench_pin(BENCH_ANYWHERE);
	bench_child_end(pid);
	return e.done == n ? (double)n * 1e9 / (double)start : 0;
}
