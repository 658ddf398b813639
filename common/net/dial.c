/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dialers: keep one peer alive towards an address, with growing pauses (backoff.c), or try
 * exactly once. Every attempt is a peer, also one that fails before there is a connection: its
 * on_close says why.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/addr.h"
#include "common/net/backoff.h"
#include "common/net/peer-int.h"
#include "common/os/clock.h"
#include "common/rng.h"
#include "common/str.h"
#include "common/xalloc.h"

struct mr_dialer {
	struct mr_loop *loop;
	struct mr_peer_config cfg;
	char *addr;
	bool once;
	struct mr_peer *peer; /* NULL between attempts */
	struct mr_timer *retry;
	struct mr_backoff backoff;
	struct mr_rng rng;
};

static void peer_ready(void *owner)
{
	struct mr_dialer *d = owner;

	mr_backoff_reset(&d->backoff);
}

static void peer_gone(struct mr_peer *p, void *owner)
{
	struct mr_dialer *d = owner;

	(void)p;
	d->peer = NULL;
	if (!d->once)
		mr_timer_set(d->retry,
			     mr_clock_now().mono_ns + mr_backoff_next(&d->backoff, &d->rng));
}

/* Starts connecting: the socket, '*ret_under_way' when it is not connected yet, or what failed.
 */
static int start_connect(const char *addr, bool *ret_under_way, struct mr_err *err)
{
	struct sockaddr_storage ss;
	struct mr_addr a;
	socklen_t len;
	int fd, r;

	r = mr_addr_parse(addr, &a, err);
	if (r == 0)
		r = mr_addr_resolve(&a, false, &ss, &len, err);
	if (r < 0)
		return r;
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return mr_err_set(err, -errno, MR_REASON_INTERNAL, "socket: %s",
				  strerror(errno));
	mr_peer_socket_setup(fd, ss.ss_family);
	*ret_under_way = false;
	if (connect(fd, (struct sockaddr *)&ss, len) == 0)
		return fd;
	if (errno == EINPROGRESS) {
		*ret_under_way = true;
		return fd;
	}
	r = mr_err_set(err, -errno, MR_REASON_UNREACHABLE, "cannot connect to %s: %s", addr,
		       strerror(errno));
	close(fd);
	return r;
}

static void attempt(void *arg)
{
	struct mr_dialer *d = arg;
	struct mr_err err = {0};
	bool under_way = false;
	int fd = start_connect(d->addr, &under_way, &err);

	d->peer = mr_peer_new(d->loop, fd < 0 ? -1 : fd, under_way, d->addr, &d->cfg,
			      (struct mr_peer_owner){peer_ready, peer_gone, d});
	if (fd < 0)
		mr_peer_fail(d->peer, err.text);
}

static struct mr_dialer *dialer_new(struct mr_loop *l, const char *addr,
				    const struct mr_peer_config *cfg, bool once)
{
	struct mr_dialer *d = MR_NEW(struct mr_dialer);

	d->loop = l;
	d->cfg = *cfg;
	d->addr = mr_xstrdup(addr);
	d->once = once;
	d->retry = mr_timer_new(l, attempt, d);
	mr_rng_init(&d->rng, mr_random_u64());
	attempt(d);
	return d;
}

/* Keeps one peer to 'addr' alive until mr_dialer_free; a wrong address is reported like a
 * failed attempt. */
struct mr_dialer *mr_dial(struct mr_loop *l, const char *addr, const struct mr_peer_config *cfg)
{
	return dialer_new(l, addr, cfg, false);
}

/* See peer.h; it is still freed by mr_dialer_free. */
struct mr_dialer *mr_dial_once(struct mr_loop *l, const char *addr,
			       const struct mr_peer_config *cfg)
{
	return dialer_new(l, addr, cfg, true);
}

/* Closes its peer, whose on_close comes before it returns, and tries no more; NULL is accepted.
 */
void mr_dialer_free(struct mr_dialer *d)
{
	if (!d)
		return;
	d->once = true;
	if (d->peer)
		mr_peer_kill(d->peer, "the dialer was closed");
	mr_timer_free(d->retry);
	free(d->addr);
	free(d);
}
