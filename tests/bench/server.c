/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chassis server: sim_model behind chassis.proto, without blades. It is what banyan-sim's
 * server does, so that the figure is of the manager's way to the registers and back.
 */
#include "tests/bench/server.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/os/clock.h"
#include "sim/codec/chassis.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "tests/bench/bench.h"
#include "tests/bench/rig.h"

struct server {
	struct mr_loop *loop;
	struct mr_timer *timer;
	struct mr_peer *peer;
	struct sim_chassis *chassis;
	struct sim_request request;
	struct sim_batch_result result;
	struct mr_buf out;
};

static void describe(struct mr_buf *b, const struct bench_shape *s)
{
	mr_buf_printf(b,
		      "apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c1}\nspec:\n"
		      "  serial: BENCH-1\n"
		      "  switch: {ports: %u, owner: free, managementRoot: embedded, nvm: yes}\n"
		      "  hosts:\n",
		      s->hosts + s->adapters);
	for (unsigned i = 1; i <= s->hosts; i++)
		mr_buf_printf(b,
			      "    - {slot: %u, name: blade%03u, kind: face, bridges: %u, "
			      "hotplugReserve: {buses: 253, mmio: 1GiB, mmio64: 64GiB}}\n",
			      i, i, s->bridges);
	mr_buf_printf(b,
		      "  models:\n    nic: {kind: sriov, class: ethernet, vendor: \"15b3\", "
		      "device: \"101d\", vfDevice: \"101e\", ports: [{speed: 100Gbit}], "
		      "link: {speed: 16GT, width: 16}, vfs: %u, "
		      "bars: [{size: 4KiB, type: mem64}], msix: 16, timing: {flr: 0ms, "
		      "vfEnable: 0ms}}\n  adapters:\n",
		      s->vfs);
	for (unsigned i = 1; i <= s->adapters; i++)
		mr_buf_printf(b, "    - {slot: %u, name: nic%u, model: nic, serial: S%u}\n", i,
			      i, i);
}

/* See the header; a description that is refused ends the process. */
struct sim_chassis *bench_chassis(const struct bench_shape *s)
{
	struct mr_diags diags = {0};
	struct sim_desc *d = NULL;
	struct mr_buf text = {0};
	struct sim_chassis *c;

	describe(&text, s);
	if (sim_desc_read("bench", text.data, text.len, &d, &diags)) {
		mr_buf_reset(&text);
		mr_diags_print(&diags, &text);
		fputs(mr_buf_text(&text), stderr);
		_exit(1);
	}
	c = sim_chassis_new(d, mr_clock_now());
	sim_desc_free(d);
	mr_diags_done(&diags);
	mr_buf_done(&text);
	return c;
}

/* Lets what is due happen; passes interrupts on. */
static void pump(void *arg)
{
	struct server *s = arg;
	struct sim_notice n;

	sim_chassis_step(s->chassis, mr_clock_now());
	while (sim_chassis_notice(s->chassis, &n)) {
		if (n.kind != SIM_NOTICE_MGMT_IRQ || !s->peer)
			continue;
		mr_buf_reset(&s->out);
		sim_interrupt_put(&s->out, n.vector, (uint32_t)n.arg);
		mr_peer_send(s->peer, s->out.data, s->out.len);
	}
	mr_timer_set(s->timer, sim_chassis_deadline(s->chassis));
}

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	(void)theirs;
	((struct server *)arg)->peer = p;
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct server *s = arg;

	if (sim_request_read(data, len, &s->request, NULL)) {
		mr_peer_close(p, "no batch");
		return;
	}
	sim_chassis_batch(s->chassis, mr_clock_now(), s->request.owner_id,
			  s->request.owner_epoch, (const uint8_t *)s->request.ops.data,
			  s->request.ops.len, &s->result);
	mr_buf_reset(&s->out);
	sim_reply_put(&s->out, s->request.id, &s->result);
	mr_peer_send(p, s->out.data, s->out.len);
	pump(s);
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	struct server *s = arg;

	(void)p, (void)why;
	s->peer = NULL;
}

static const struct mr_peer_ops ops = {on_ready, on_frame, on_close};

struct order {
	const char *path;
	const struct bench_shape *shape;
};

static void serve(void *arg, int ready)
{
	const struct order *o = arg;
	struct server s = {.loop = mr_loop_new(), .chassis = bench_chassis(o->shape)};
	struct mr_peer_config cfg = {.hello = {.protocol = "chassis",
					       .role = "sim",
					       .name = "c1",
					       .instance = "bench",
					       .major = MR_PROTOCOL_MAJOR},
				     .cap = MR_FRAME_CAP_CHASSIS,
				     .ops = &ops,
				     .arg = &s};
	struct mr_listener *l;
	struct mr_err err = {0};

	s.timer = mr_timer_new(s.loop, pump, &s);
	if (mr_listen(s.loop, o->path, &cfg, &l, &err) || write(ready, "", 1) != 1) {
		fprintf(stderr, "%s\n", err.text);
		_exit(1);
	}
	close(ready);
	mr_loop_run(s.loop);
	_exit(0);
}

/* See the header. */
pid_t bench_child_start(void (*run)(void *arg, int ready), void *arg)
{
	int fd[2];
	pid_t pid;
	char c;

	if (pipe(fd))
		return -1;
	pid = fork();
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		bench_pin(BENCH_SERVER);
		close(fd[0]);
		run(arg, fd[1]);
		_exit(1);
	}
	close(fd[1]);
	if (pid > 0 && read(fd[0], &c, 1) != 1) {
		bench_child_end(pid);
		pid = -1;
	}
	close(fd[0]);
	return pid;
}

pid_t bench_chassis_start(const char *path, const struct bench_shape *shape)
{
	struct order o = {path, shape};

	return bench_child_start(serve, &o);
}

/* Ends a child that this program started. */
void bench_child_end(pid_t pid)
{
	if (pid <= 0)
		return;
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}
