/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Load over many unix sockets at once: each sends a burst of messages, and the next one when
 * all of the last were answered. Messages are of one size, and so are their answers; nobody
 * looks into them, so that whoever is measured is not measured together with a codec.
 */
#ifndef TESTS_BENCH_AGENTS_LOAD_H
#define TESTS_BENCH_AGENTS_LOAD_H

#include <event2/event_struct.h>
#include <stddef.h>
#include <stdint.h>

#define BENCH_BURST 16 /* messages at once, at most */

struct bench_load {
	size_t frame, ack; /* bytes */
	uint64_t sent;	   /* messages */
	/* internal */
	struct event_base *base;
	unsigned burst, under_way; /* bursts */
	uint64_t total;
	char room[1 << 16];
};

struct bench_line {
	int fd;
	const char *frames; /* BENCH_BURST of them; borrowed */
	/* internal */
	struct bench_load *load;
	struct event ev;
	size_t got;
};

/* A connection to a unix socket; -1 with a line on standard error. */
int bench_connect(const char *path);
/* Messages a second of all lines together, 'total' of them or a few more; 0 = a line broke. */
double bench_lines_drive(struct bench_line *line, unsigned lines, struct bench_load *d,
			 unsigned burst, uint64_t total);
/* The same bytes to a bare libevent echo in a child that listens at 'path'. The lines' fd are
 * its own meanwhile. */
double bench_lines_echo(struct bench_line *line, unsigned lines, struct bench_load *d,
			const char *path, unsigned burst, uint64_t total);

#endif
