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
#include "common/os/clock.h"
#include "common/os/options.h"
#include "common/xalloc.h"
#include "sim/face.h"
#include "sim/play.h"
#include "sim/run.h"
#include "sim/world.h"

struct sim_ctl {
	struct sim_world *world;
	struct sim_face *face;
	struct mr_listener *listener;
	struct mr_timer *resume;
	struct sim_play *play; /* the scenario that runs, and who asked for it */
	struct mr_peer *asker;
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

/* ---- scenarios ---- */

static void answer(struct mr_peer *p, int code, const struct mr_buf *text)
{
	struct mr_buf out = {0};

	mr_buf_putc(&out, (char)code);
	mr_buf_add(&out, mr_buf_text(text), text->len);
	mr_peer_send(p, out.data, out.len);
	mr_buf_done(&out);
}

static void on_over(bool passed, const struct mr_buf *report, void *arg)
{
	struct sim_ctl *c = arg;
	struct mr_peer *asker = c->asker;

	sim_play_free(c->play);
	c->play = NULL;
	c->asker = NULL;
	answer(asker, SIM_CTL_REPORT | !passed, report);
}

static void on_resume(void *arg)
{
	struct sim_ctl *c = arg;

	sim_face_resume(c->face);
}

/* What was written while a blade hung waits outside of the world's step. */
static void on_moved(void *arg)
{
	struct sim_ctl *c = arg;

	mr_timer_set(c->resume, 0);
}

/* run FILE [OPTION VALUE]... TEXT */
static int read_request(int argc, char **argv, struct sim_play_request *q, struct mr_buf *why)
{
	*q = (struct sim_play_request){.file = argv[1], .text = argv[argc - 1]};
	for (int i = 2; i + 2 < argc; i += 2)
		if (mr_streq(argv[i], "--seed"))
			q->seed = argv[i + 1];
		else if (mr_streq(argv[i], "-o") && mr_streq(argv[i + 1], "json"))
			q->json = true;
		else if (!mr_streq(argv[i], "-o") || !mr_streq(argv[i + 1], "text"))
			argc = 0;
	if (argc == 3 || argc == 5 || argc == 7)
		return 0;
	mr_buf_puts(why, "usage: run FILE [--seed N] [-o text|json]\n");
	return MR_EXIT_USAGE;
}

static void play(struct sim_ctl *c, struct mr_peer *p, int argc, char **argv)
{
	static const struct sim_play_ops ops = {on_over, on_moved};
	struct sim_play_request q;
	struct mr_buf why = {0};
	int code = read_request(argc, argv, &q, &why);

	if (!code && c->play) {
		mr_buf_puts(&why, "a scenario is running already\n");
		code = 1;
	}
	if (!code && sim_play_new(c->world, &q, &ops, c, &c->play, &why)) {
		mr_buf_printf(&why, "'%s' cannot be played here\n", q.file);
		code = 1;
	}
	if (code) {
		answer(p, code, &why);
	} else {
		c->asker = p;
		sim_world_pump(c->world);
	}
	mr_buf_done(&why);
}

/* A management interrupt. */
void sim_ctl_interrupt(struct sim_ctl *c)
{
	if (c->play)
		sim_play_interrupt(c->play);
}

/* A uevent of a blade. */
void sim_ctl_uevent(struct sim_ctl *c, unsigned vh, const struct mr_buf *message)
{
	if (c->play)
		sim_play_uevent(c->play, vh, message);
}

/* ---- requests ---- */

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct sim_ctl *c = arg;
	char *text = mr_xmemdup(data, len), *argv[SIM_CTL_ARGS];
	struct mr_buf out = {0};
	int code = MR_EXIT_USAGE, n = split(text, len, argv);

	if (n > 2 && mr_streq(argv[0], "run")) {
		play(c, p, n, argv);
		free(text);
		return;
	}
	if (n < 0)
		mr_buf_puts(&out, "expected words, each with a NUL at its end\n");
	else
		code = sim_ctl_run(c->world, n, argv, &out);
	sim_world_pump(c->world);
	sim_face_resume(c->face);
	answer(p, code, &out);
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
	struct sim_ctl *c = arg;

	(void)why;
	if (!c->play || c->asker != p)
		return;
	sim_play_free(c->play);
	c->play = NULL;
	c->asker = NULL;
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
	c->resume = mr_timer_new(l, on_resume, c);
	*ret = c;
	return 0;
}

/* NULL is accepted. */
void sim_ctl_free(struct sim_ctl *c)
{
	if (!c)
		return;
	sim_play_free(c->play);
	c->play = NULL;
	mr_listener_free(c->listener);
	mr_timer_free(c->resume);
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
	c->exit_code = data[0] & ~SIM_CTL_REPORT;
	fwrite(data + 1, 1, len - 1, data[0] && !(data[0] & SIM_CTL_REPORT) ? stderr : stdout);
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

/* `run`: the words of the command line, and the file's text as the last. */
static int ask_run(const char *run, int argc, char **argv)
{
	char *word[SIM_CTL_ARGS], *text = NULL;
	struct mr_err err = {0};
	unsigned long len = 0;
	int code = 1;

	for (int i = 0; i < argc; i++)
		word[i] = argv[i];
	if (mr_file_read(argv[1], SIM_SCENARIO_MAX, &text, &len, &err)) {
		fprintf(stderr, "banyan-sim ctl: %s\n", err.text);
	} else if (memchr(text, 0, len)) {
		fprintf(stderr, "banyan-sim ctl: %s: expected text, found a NUL byte\n",
			argv[1]);
	} else {
		word[argc] = text;
		code = ask(run, argc + 1, word);
	}
	free(text);
	return code;
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
		else if (mr_streq(argv[first], "run"))
			code = ask_run(run, argc - first, argv + first);
		else
			code = ask(run, argc - first, argv + first);
	}
	mr_buf_done(&text);
	mr_buf_done(&bad);
	return code;
}
