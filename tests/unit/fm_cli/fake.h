/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A manager that answers as each test wants, in a process of its own, on the socket "sock" of
 * the test's folder.
 */
#ifndef TESTS_UNIT_FM_CLI_FAKE_H
#define TESTS_UNIT_FM_CLI_FAKE_H

#include <signal.h>
#include <sys/prctl.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/control.h"
#include "tests/unit/fm_cli/run.h"

typedef void answer_fn(struct mr_peer *p, uint64_t id, const struct fm_request *r);

static answer_fn *answer;
static char client_name[64]; /* as the client called itself; in the process of the fake */
static pid_t fake;

static inline void send_reply(struct mr_peer *p, uint64_t id, struct fm_reply *r)
{
	struct mr_buf b = {0};

	fm_control_put_reply(&b, id, r);
	mr_peer_send(p, b.data, b.len);
	mr_buf_done(&b);
	fm_reply_done(r);
}

static inline void reply(struct mr_peer *p, uint64_t id, enum mr_reason reason, int code,
			 const char *text, struct mr_tree *tree)
{
	struct fm_reply r = {.reason = reason,
			     .exit_code = code,
			     .text = text ? mr_xstrdup(text) : NULL,
			     .tree = tree};

	send_reply(p, id, &r);
}

static inline void send_event(struct mr_peer *p, uint64_t seq, const char *text)
{
	struct fm_rec_event e = {.seq = seq, .wall_ns = 1700000000000000000};
	struct mr_buf b = {0};

	strcpy(e.object, "web01/data0");
	mr_copy(e.text, sizeof(e.text), text);
	fm_control_put_event(&b, &e);
	mr_peer_send(p, b.data, b.len);
	mr_buf_done(&b);
}

static inline void fake_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	(void)p;
	(void)arg;
	mr_copy(client_name, sizeof(client_name), theirs->name);
}

static inline void fake_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	struct fm_control_msg m;

	(void)arg;
	if (fm_control_get(data, len, &m, NULL) < 0 || m.kind != FM_CONTROL_REQUEST)
		_exit(1);
	answer(p, m.id, &m.request);
	fm_control_msg_done(&m);
}

static inline void fake_close(struct mr_peer *p, const char *why, void *arg)
{
	(void)p;
	(void)why;
	(void)arg;
}

static inline void fake_main(int ready)
{
	static const struct mr_peer_ops ops = {fake_ready, fake_frame, fake_close};
	struct mr_peer_config cfg = {.cap = 8 << 20, .ops = &ops};
	struct mr_loop *loop = mr_loop_new();
	struct mr_listener *l;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	strcpy(cfg.hello.protocol, "control");
	strcpy(cfg.hello.role, "manager");
	strcpy(cfg.hello.name, "fake");
	strcpy(cfg.hello.instance, "1");
	if (mr_listen(loop, "unix:sock", &cfg, &l, NULL) < 0 || write(ready, "", 1) != 1)
		_exit(1);
	mr_loop_run(loop);
}

static inline void serve(answer_fn *fn)
{
	int ready[2];
	char c;

	answer = fn;
	ck_assert_int_eq(pipe(ready), 0);
	fflush(NULL);
	fake = fork();
	if (!fake) {
		fake_main(ready[1]);
		_exit(0);
	}
	ck_assert_int_eq(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	setenv(CLI_MANAGER_ENV, "unix:sock", 1);
}

static inline void end_fake(void)
{
	if (fake > 0) {
		kill(fake, SIGKILL);
		waitpid(fake, NULL, 0);
	}
	fake = 0;
}

#endif
