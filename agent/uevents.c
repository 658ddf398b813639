/* SPDX-License-Identifier: Apache-2.0 */
/* The sources of uevents, read in the loop. Lost ones (ENOBUFS, end of file) count as one. */
#include "agent/uevents.h"

#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/uevent.h"
#include "common/err.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/str.h"
#include "common/xalloc.h"

#define MESSAGE_MAX  65536
#define BUFFER_BYTES (8 << 20)
#define GROUP_KERNEL 1
#define PER_TURN     256 /* messages read before others get their turn */
#define RETRY_FIRST  (100 * MR_NS_PER_MS)
#define RETRY_LAST   (2 * MR_NS_PER_S)

struct ag_uevents {
	struct mr_loop *loop;
	char socket[108]; /* "" = netlink */
	ag_uevents_fn *fn;
	void *arg;
	int fd;
	struct mr_watch *watch;
	struct mr_timer *retry;
	int64_t pause;
	char message[MESSAGE_MAX];
};

static void on_readable(void *arg);

static int connect_socket(const struct ag_uevents *u)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), rc;

	if (fd < 0)
		return -errno;
	mr_copy(addr.sun_path, sizeof(addr.sun_path), u->socket);
	if (!connect(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static int open_netlink(void)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = GROUP_KERNEL};
	int bytes = BUFFER_BYTES, rc;
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK | SOCK_CLOEXEC,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)))
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	rc = -errno;
	close(fd);
	return rc;
}

static void try_open(void *arg)
{
	struct ag_uevents *u = arg;
	int fd = u->socket[0] ? connect_socket(u) : open_netlink();

	if (fd < 0) {
		if (u->pause == RETRY_FIRST)
			mr_warn("agent", "no uevents from '%s' (%s); trying on",
				u->socket[0] ? u->socket : "netlink", strerror(-fd));
		mr_timer_set(u->retry, mr_clock_now().mono_ns + u->pause);
		u->pause = 2 * u->pause < RETRY_LAST ? 2 * u->pause : RETRY_LAST;
		return;
	}
	u->pause = RETRY_FIRST;
	u->fd = fd;
	u->watch = mr_watch_new(u->loop, fd, on_readable, u);
	u->fn(u->arg);
}

static void lost(struct ag_uevents *u)
{
	mr_watch_free(u->watch);
	u->watch = NULL;
	close(u->fd);
	u->fd = -1;
	mr_timer_set(u->retry, mr_clock_now().mono_ns + u->pause);
	u->fn(u->arg);
}

static bool looks_like_one(const struct ag_uevents *u, ssize_t n)
{
	struct ag_uevent e;

	return ag_uevent_parse(u->message, (size_t)n, &e) && ag_uevent_matters(&e);
}

static void on_readable(void *arg)
{
	struct ag_uevents *u = arg;
	bool look = false;

	for (unsigned i = 0; i < PER_TURN; i++) {
		ssize_t n = recv(u->fd, u->message, sizeof(u->message), 0);

		if (n > 0) {
			look |= looks_like_one(u, n);
			continue;
		}
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0 && (errno == ENOBUFS || errno == EINTR)) {
			look = true;
			continue;
		}
		lost(u);
		return;
	}
	if (look)
		u->fn(u->arg);
}

int ag_uevents_new(struct mr_loop *l, const char *socket, ag_uevents_fn *fn, void *arg,
		   struct ag_uevents **ret, struct mr_err *err)
{
	struct ag_uevents *u = MR_NEW(struct ag_uevents);

	if (!mr_copy(u->socket, sizeof(u->socket), socket ? socket : "")) {
		free(u);
		return mr_err_set(err, -ENAMETOOLONG, MR_REASON_INVALID,
				  "'%s' is too long for a socket's name", socket);
	}
	u->loop = l;
	u->fn = fn;
	u->arg = arg;
	u->fd = -1;
	u->pause = RETRY_FIRST;
	u->retry = mr_timer_new(l, try_open, u);
	mr_timer_set(u->retry, 0);
	*ret = u;
	return 0;
}

void ag_uevents_free(struct ag_uevents *u)
{
	if (!u)
		return;
	if (u->watch)
		mr_watch_free(u->watch);
	if (u->fd >= 0)
		close(u->fd);
	mr_timer_free(u->retry);
	free(u);
}
