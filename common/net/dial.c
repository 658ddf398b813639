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
#include "common/net/lookup.h"
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
	struct mr_peer *peer;	  /* NULL between attempts */
	struct mr_lookup *lookup; /* of the peer's address, under way */
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
	mr_lookup_cancel(d->lookup);
	d->lookup = NULL;
	if (!d->once)
		mr_timer_set(d->retry,
			     mr_clock_now().mono_ns + mr_backoff_next(&d->backoff, &d->rng));
}

static int start_connect(struct mr_dialer *d, const struct sockaddr_storage *ss, socklen_t len,
			 struct mr_err *err)
{
	int fd = socket(ss->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	int r;

	if (fd < 0)
		return mr_err_set(err, -errno, MR_REASON_INTERNAL, "socket: %s",
				  strerror(errno));
	mr_peer_socket_setup(fd, ss->ss_family);
	r = connect(fd, (const struct sockaddr *)ss, len) == 0 ? 0 : -errno;
	if (r == 0 || r == -EINPROGRESS) {
		mr_peer_attach(d->peer, fd, r != 0);
		return 0;
	}
	close(fd);
	return mr_err_set(err, r, MR_REASON_UNREACHABLE, "cannot connect to %s: %s", d->addr,
			  strerror(-r));
}

static void on_lookup(const struct sockaddr_storage *ss, socklen_t len,
		      const struct mr_err *lookup_err, void *arg)
{
	struct mr_dialer *d = arg;
	struct mr_err err = {0};

	d->lookup = NULL;
	if (!ss)
		mr_peer_fail(d->peer, lookup_err->text);
	else if (start_connect(d, ss, len, &err) < 0)
		mr_peer_fail(d->peer, err.text);
}

static void attempt(void *arg)
{
	struct mr_dialer *d = arg;
	struct sockaddr_storage ss;
	struct mr_err err = {0};
	struct mr_addr a;
	socklen_t len;
	int r;

	d->peer = mr_peer_new(d->loop, d->addr, &d->cfg,
			      (struct mr_peer_owner){peer_ready, peer_gone, d});
	r = mr_addr_parse(d->addr, &a, &err);
	if (r == 0)
		r = mr_addr_resolve(&a, true, &ss, &len, &err);
	if (r == 0)
		r = start_connect(d, &ss, len, &err);
	if (r == -EAGAIN && !err.code)
		d->lookup = mr_lookup_start(d->loop, &a, on_lookup, d);
	else if (r < 0)
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

/* Closes its peer, whose on_close comes before it returns, and tries no more; NULL is
 * accepted. */
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
