// SPDX-License-Identifier: Apache-2.0
/* Many connections that ask and wait, and the bare echo for them: load.h. */
#include "tests/bench/agents/load.h"

#include <errno.h>
#include <event2/event.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/bench/bench.h"
#include "tests/bench/server.h"

#define ECHO_ROOM 4096

int bench_connect(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	mr_copy(at.sun_path, sizeof(at.sun_path), path);
	if (fd >= 0 && !connect(fd, (struct sockaddr *)&at, sizeof(at)))
		return fd;
	perror("agents: connect");
	if (fd >= 0)
		close(fd);
	return -1;
}

static void send_burst(struct bench_line *l)
{
	struct bench_load *d = l->load;
	size_t n = d->burst * d->frame;

	if (write(l->fd, l->frames, n) != (ssize_t)n)
		event_base_loopbreak(d->base);
	d->sent += d->burst;
	d->under_way++;
}

static void on_acks(evutil_socket_t fd, short what, void *arg)
{
	struct bench_line *l = arg;
	struct bench_load *d = l->load;
	ssize_t n = read(fd, d->room, sizeof(d->room));

	(void)what;
	if (n <= 0) {
		if (n == 0 || errno != EAGAIN)
			event_base_loopbreak(d->base);
		return;
	}
	l->got += (size_t)n;
	if (l->got < d->burst * d->ack)
		return;
	l->got = 0;
	d->under_way--;
	if (d->sent < d->total)
		send_burst(l);
	else if (!d->under_way)
		event_base_loopbreak(d->base);
}

double bench_lines_drive(struct bench_line *line, unsigned lines, struct bench_load *d,
			 unsigned burst, uint64_t total)
{
	int64_t ns = bench_now_ns();

	d->burst = burst;
	d->sent = d->under_way = 0;
	d->total = total;
	d->base = event_base_new();
	for (unsigned i = 0; i < lines; i++) {
		line[i].load = d;
		line[i].got = 0;
		evutil_make_socket_nonblocking(line[i].fd);
		event_assign(&line[i].ev, d->base, line[i].fd, EV_READ | EV_PERSIST, on_acks,
			     &line[i]);
		event_add(&line[i].ev, NULL);
		send_burst(&line[i]);
	}
	event_base_dispatch(d->base);
	ns = bench_now_ns() - ns;
	for (unsigned i = 0; i < lines; i++)
		event_del(&line[i].ev);
	event_base_free(d->base);
	return d->under_way ? 0 : (double)d->sent * 1e9 / (double)ns;
}

static int listen_at(const char *path)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	unlink(path);
	mr_copy(at.sun_path, sizeof(at.sun_path), path);
	if (fd >= 0 && (bind(fd, (struct sockaddr *)&at, sizeof(at)) || listen(fd, 4096))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void echo_child(int listener, unsigned lines, const struct bench_load *d)
{
	int *fd = mr_xcalloc(lines, sizeof(*fd));

	bench_pin(BENCH_SERVER);
	for (unsigned i = 0; i < lines; i++)
		if ((fd[i] = accept(listener, NULL, NULL)) < 0)
			_exit(1);
	bench_echo_answer(fd, lines, ECHO_ROOM, (unsigned)d->frame, (unsigned)d->ack);
}

double bench_lines_echo(struct bench_line *line, unsigned lines, struct bench_load *d,
			const char *path, unsigned burst, uint64_t total)
{
	int listener = listen_at(path);
	unsigned n = 0;
	double rate = 0;
	pid_t pid;

	if (listener < 0)
		return 0;
	pid = fork();
	if (!pid)
		echo_child(listener, lines, d);
	while (n < lines && (line[n].fd = bench_connect(path)) >= 0)
		n++;
	close(listener);
	if (n == lines)
		rate = bench_lines_drive(line, lines, d, burst, total);
	for (unsigned i = 0; i < n; i++)
		close(line[i].fd);
	bench_child_end(pid);
	unlink(path);
	return rate;
}
