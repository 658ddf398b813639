// SPDX-License-Identifier: Apache-2.0
/* The control socket's two ends: the listener in the simulator, and `banyan-sim ctl`. */
#include "sim/ctl.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/os/options.h"
#include "common/xalloc.h"
#include "sim/face.h"
#include "sim/world.h"

struct sim_ctl {
	struct sim_world *world;
	struct sim_face *face;
	struct mr_listener *listener;
};

static struct mr_peer_config config(const struct mr_peer_ops *ops, void *arg, const char *role)
{
	struct mr_peer_config cfg = {
		.hello = {.protocol = "ctl",
			  .major = MR_PROTOCOL_MAJOR,
			  .minor = MR_PROTOCOL_MINOR},
		.cap = SIM_CTL_CAP,
		.ops = ops,
		.arg = arg,
	};

	mr_copy(cfg.hello.role, sizeof(cfg.hello.role), role);
	mr_copy(cfg.hello.name, sizeof(cfg.hello.name), "ctl");
	return cfg;
}

/* Words of a request: each NUL-terminated, at most SIM_CTL_ARGS. -1 = it is none. */
static int split(char *text, size_t len, char **argv)
{
	int n = 0;

	if (!len || text[len - 1])
		return -1;
	for (char *at = text; at < text + len; at += strlen(at) + 1) {
		if (n == SIM_CTL_ARGS)
			return -1;
		argv[n++] = at;
	}
	return n;
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct sim_ctl *c = arg;
	char *text = mr_xmemdup(data, len), *argv[SIM_CTL_ARGS];
	struct mr_buf out = {0};
	int n = split(text, len, argv);

	mr_buf_putc(&out, 0);
	if (n < 0)
		mr_buf_puts(&out, "expected words, each with a NUL at its end\n");
	out.data[0] = (char)(n < 0 ? MR_EXIT_USAGE : sim_ctl_run(c->world, n, argv, &out));
	sim_world_pump(c->world);
	sim_face_resume(c->face);
	mr_peer_send(p, out.data, out.len);
	mr_buf_done(&out);
	free(text);
}

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	(void)p;
	(void)theirs;
	(void)arg;
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	(void)p;
	(void)why;
	(void)arg;
}

/* Listens at RUN/ctl.sock. */
int sim_ctl_new(struct mr_loop *l, struct sim_world *w, struct sim_face *f, const char *run,
		struct sim_ctl **ret, struct mr_err *err)
{
	static const struct mr_peer_ops ops = {on_ready, on_frame, on_close};
	struct sim_ctl *c = MR_NEW(struct sim_ctl);
	struct mr_peer_config cfg = config(&ops, c, "sim");
	char path[256];
	int r;

	c->world = w;
	c->face = f;
	mr_fmt(path, sizeof(path), "unix:%s/ctl.sock", run);
	r = mr_listen(l, path, &cfg, &c->listener, err);
	if (r) {
		free(c);
		return r;
	}
	*ret = c;
	return 0;
}

/* NULL is accepted. */
void sim_ctl_free(struct sim_ctl *c)
{
	if (!c)
		return;
	mr_listener_free(c->listener);
	free(c);
}

/* ---- the other end ---- */

struct client {
	struct mr_loop *loop;
	int argc;
	char **argv;
	int exit_code;
	bool answered;
};

static void client_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	struct client *c = arg;
	struct mr_buf out = {0};

	(void)theirs;
	for (int i = 0; i < c->argc; i++)
		mr_buf_add(&out, c->argv[i], strlen(c->argv[i]) + 1);
	mr_peer_send(p, out.data, out.len);
	mr_buf_done(&out);
}

static void client_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct client *c = arg;

	(void)p;
	c->answered = true;
	c->exit_code = data[0];
	fwrite(data + 1, 1, len - 1, c->exit_code ? stderr : stdout);
	mr_loop_stop(c->loop);
}

static void client_close(struct mr_peer *p, const char *why, void *arg)
{
	struct client *c = arg;

	(void)p;
	if (!c->answered)
		fprintf(stderr, "banyan-sim ctl: %s\n", why);
	mr_loop_stop(c->loop);
}

static int ask(const char *run, int argc, char **argv)
{
	static const struct mr_peer_ops ops = {client_ready, client_frame, client_close};
	struct client c = {.argc = argc, .argv = argv, .exit_code = MR_EXIT_UNAVAILABLE};
	struct mr_peer_config cfg = config(&ops, &c, "cli");
	struct mr_dialer *d;
	char path[256];

	mr_fmt(path, sizeof(path), "unix:%s/ctl.sock", run);
	c.loop = mr_loop_new();
	d = mr_dial_once(c.loop, path, &cfg);
	mr_loop_run(c.loop);
	mr_dialer_free(d);
	mr_loop_free(c.loop);
	return c.exit_code;
}

/* `banyan-sim ctl`; argv[0] is "ctl". */
int sim_ctl_main(int argc, char **argv)
{
	const char *run = NULL;
	const struct mr_option options[] = {
		{"run", 0, "DIR", "the simulator's folder of sockets", &run, NULL, true},
		{NULL, 0, NULL, NULL, NULL, NULL, false},
	};
	struct mr_program program = {.name = "banyan-sim ctl",
				     .synopsis = "--run DIR VERB [ARGUMENT...]",
				     .options = options,
				     .commands = true};
	struct mr_buf text = {0}, bad = {0};
	int code, first;

	mr_buf_puts(&text,
		    "Does to a simulated chassis what a tester's hands would do.\nVerbs:\n");
	sim_ctl_help(&text);
	program.about = text.data;
	first = mr_options_parse(&program, argc, argv, &code);
	if (first >= 0) {
		code = sim_ctl_check(argc - first, argv + first, &bad);
		if (code)
			fputs(bad.data, stderr);
		else
			code = ask(run, argc - first, argv + first);
	}
	mr_buf_done(&text);
	mr_buf_done(&bad);
	return code;
}
