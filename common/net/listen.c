/* SPDX-License-Identifier: Apache-2.0 */
/* Listeners: unix and TCP sockets that turn connections into peers, up to a limit. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/addr.h"
#include "common/net/hello.h"
#include "common/net/peer-int.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "common/xalloc.h"

#define ACCEPTS_PER_TURN 64
#define BACKLOG		 1024
#define ACCEPT_PAUSE_MS	 100 /* without descriptors or memory */

struct mr_listener {
	struct mr_loop *loop;
	struct mr_peer_config cfg;
	int fd;
	bool is_unix;
	char path[sizeof(((struct mr_addr *)0)->path)];
	struct stat made; /* the unix socket that we bound */
	char name[MR_ADDR_TEXT];
	struct mr_watch *watch;
	struct mr_timer *pause;
	TAILQ_HEAD(, mr_peer) peers;
	unsigned n;
};

static void on_acceptable(void *arg);

/* Whether somebody answers at a unix socket: 0 = nobody (stale), or -EADDRINUSE, -EEXIST. */
static int probe_unix(const struct mr_addr *a, const struct sockaddr_storage *ss, socklen_t len,
		      struct mr_err *err)
{
	struct stat st;
	int fd, r;

	if (lstat(a->path, &st) == 0 && !S_ISSOCK(st.st_mode))
		return mr_err_set(err, -EEXIST, MR_REASON_CONFLICT,
				  "%s: expected a socket or nothing, there is something else",
				  a->path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return mr_err_set(err, -errno, MR_REASON_INTERNAL, "socket: %s",
				  strerror(errno));
	r = connect(fd, (const struct sockaddr *)ss, len) == 0 ? 0 : errno;
	close(fd);
	if (r == ECONNREFUSED || r == ENOENT)
		return 0;
	return mr_err_set(err, -EADDRINUSE, MR_REASON_CONFLICT,
			  "%s: a running program listens there", a->path);
}

static int bind_socket(int fd, const struct mr_addr *a, const struct sockaddr_storage *ss,
		       socklen_t len, struct mr_err *err)
{
	const int one = 1;
	int r;

	if (!a->is_unix)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	r = bind(fd, (const struct sockaddr *)ss, len) < 0 ? -errno : 0;
	if (r == -EADDRINUSE && a->is_unix) {
		r = probe_unix(a, ss, len, err);
		if (r < 0)
			return r;
		unlink(a->path);
		r = bind(fd, (const struct sockaddr *)ss, len) < 0 ? -errno : 0;
	}
	if (r == 0 && listen(fd, BACKLOG) < 0)
		r = -errno;
	if (r < 0)
		return mr_err_set(err, r,
				  r == -EADDRINUSE ? MR_REASON_CONFLICT : MR_REASON_INVALID,
				  "cannot listen at %s: %s", a->is_unix ? a->path : a->host,
				  strerror(-r));
	return 0;
}

static void name_listener(struct mr_listener *l, const struct mr_addr *a)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	l->is_unix = a->is_unix;
	mr_addr_text(a, l->name, sizeof(l->name));
	if (a->is_unix) {
		mr_copy(l->path, sizeof(l->path), a->path);
		if (lstat(l->path, &l->made) < 0)
			l->made.st_ino = 0;
	} else if (getsockname(l->fd, (struct sockaddr *)&ss, &len) == 0) {
		mr_sockaddr_text((struct sockaddr *)&ss, l->name, sizeof(l->name));
	}
}

static void on_pause_over(void *arg)
{
	struct mr_listener *l = arg;

	l->watch = mr_watch_new(l->loop, l->fd, on_acceptable, l);
}

/* See peer.h: 0, or what parsing, resolving, binding said; -EADDRINUSE for a live unix
 * socket. */
int mr_listen(struct mr_loop *loop, const char *addr, const struct mr_peer_config *cfg,
	      struct mr_listener **ret, struct mr_err *err)
{
	struct sockaddr_storage ss;
	struct mr_listener *l;
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
	r = bind_socket(fd, &a, &ss, len, err);
	if (r < 0) {
		close(fd);
		return r;
	}
	l = MR_NEW(struct mr_listener);
	l->loop = loop;
	l->cfg = *cfg;
	l->fd = fd;
	TAILQ_INIT(&l->peers);
	name_listener(l, &a);
	l->pause = mr_timer_new(loop, on_pause_over, l);
	l->watch = mr_watch_new(loop, fd, on_acceptable, l);
	*ret = l;
	return 0;
}

/* See peer.h; NULL is accepted. A unix socket's path is removed if it still is ours. */
void mr_listener_free(struct mr_listener *l)
{
	struct mr_peer *p;
	struct stat st;

	if (!l)
		return;
	mr_watch_free(l->watch);
	mr_timer_free(l->pause);
	close(l->fd);
	if (l->is_unix && lstat(l->path, &st) == 0 && st.st_ino == l->made.st_ino &&
	    st.st_dev == l->made.st_dev)
		unlink(l->path);
	while ((p = TAILQ_FIRST(&l->peers)))
		mr_peer_kill(p, "the listener was closed");
	free(l);
}

const char *mr_listener_name(const struct mr_listener *l)
{
	return l->name;
}

static void peer_ready(void *owner)
{
	(void)owner;
}

static void peer_gone(struct mr_peer *p, void *owner)
{
	struct mr_listener *l = owner;

	TAILQ_REMOVE(&l->peers, p, link);
	l->n--;
}

/* One error frame, as much of it as goes at once: a full listener keeps nothing of whom it
 * turns away. */
static void turn_away(int fd)
{
	struct mr_buf out = {0};

	mr_error_put(&out, MR_REASON_LIMIT, -EUSERS, "too many connections");
	if (send(fd, out.data, out.len, MSG_NOSIGNAL) < 0) {
		/* it goes away without knowing why */
	}
	mr_buf_done(&out);
	close(fd);
}

static void take_connection(struct mr_listener *l, int fd, const struct sockaddr_storage *ss)
{
	unsigned max = l->cfg.peers_max ? l->cfg.peers_max : MR_PEERS_MAX;
	char name[MR_ADDR_TEXT];
	struct mr_peer *p;

	if (l->n >= max) {
		turn_away(fd);
		return;
	}
	mr_peer_socket_setup(fd, ss->ss_family);
	if (!l->is_unix)
		mr_sockaddr_text((const struct sockaddr *)ss, name, sizeof(name));
	p = mr_peer_new(l->loop, l->is_unix ? l->name : name, &l->cfg,
			(struct mr_peer_owner){peer_ready, peer_gone, l});
	TAILQ_INSERT_TAIL(&l->peers, p, link);
	l->n++;
	mr_peer_attach(p, fd, false);
}

static void on_acceptable(void *arg)
{
	struct mr_listener *l = arg;

	for (unsigned i = 0; i < ACCEPTS_PER_TURN; i++) {
		struct sockaddr_storage ss = {0};
		socklen_t len = sizeof(ss);
		int fd = accept4(l->fd, (struct sockaddr *)&ss, &len,
				 SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			take_connection(l, fd, &ss);
		} else if (errno == EMFILE || errno == ENFILE || errno == ENOMEM ||
			   errno == ENOBUFS) {
			mr_watch_free(l->watch);
			l->watch = NULL;
			mr_timer_set(l->pause,
				     mr_clock_now().mono_ns + ACCEPT_PAUSE_MS * MR_NS_PER_MS);
			return;
		} else if (errno != EINTR && errno != ECONNABORTED) {
			return;
		}
	}
}
