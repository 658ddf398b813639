/* SPDX-License-Identifier: Apache-2.0 */
/* The other processes of the benchmarks: a chassis server made of sim_model, and the echo. */
#ifndef TESTS_BENCH_SERVER_H
#define TESTS_BENCH_SERVER_H

#include <stdbool.h>
#include <sys/types.h>

struct bench_shape;
struct sim_chassis;

/* The chassis, for one process. */
struct sim_chassis *bench_chassis(const struct bench_shape *s);
/* Serves it at 'path' until it is killed. Returns the child's pid, or -1. It listens when this
 * returns. */
pid_t bench_chassis_start(const char *path, const struct bench_shape *s);
/* Forks a child on the server's processor; 'run' writes a byte to 'ready' when it listens,
 * and does not return. The pid, or -1 if the child ended before. */
pid_t bench_child_start(void (*run)(void *arg, int ready), void *arg);
void bench_child_end(pid_t pid);

/*
 * A bare libevent echo over a unix socket pair ('tcp': over TCP and loopback), the other end in
 * a child: 'n' requests of 'request' bytes, each answered by 'reply' bytes, 'window' at once.
 * Returns exchanges per second, 0 on failure.
 */
double bench_echo(bool tcp, unsigned n, unsigned window, unsigned request, unsigned reply);
/*
 * The answering side alone, for a child: each of the 'n' connections gives 'reply' bytes for
 * 'request' bytes; 'room' bytes are read at once. Ends with its last connection.
 */
void bench_echo_answer(const int *fd, unsigned n, size_t room, unsigned request,
		       unsigned reply);

#endif
