// SPDX-License-Identifier: Apache-2.0
/*
 * uevent sockets. A reader that does not read loses messages, as with netlink: it is closed, so
 * that it knows and looks at everything again.
 */
#include "sim/uevent.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/os/log.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "sim/model/blade.h"
#include "sim/world.h"

#define READERS_MAX 64
#define SEND_BYTES  (8 << 20)

struct station {
	struct sim_uevents *owner;
	unsigned vh;
	int fd;
	struct mr_watch *watch;
	struct sockaddr_un addr;
	char boot_id[40];
	int reader[READERS_MAX];
	unsigned readers;
};

struct sim_uevents {
	struct mr_loop *loop;
	struct sim_world *world;
	struct station *station; /* by VH */
	unsigned n;
	struct mr_buf message;
	void (*tap)(unsigned vh, const struct mr_buf *message, void *arg);
	void *tap_arg;
};

static void on_reader(void *arg)
{
	struct station *s = arg;
	int room = SEND_BYTES;
	int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);

	if (fd < 0)
		return;
	if (s->readers == READERS_MAX) {
		mr_warn("uevent", "blade '%s' has %d readers already; the new one is closed",
			sim_blade_name(sim_world_blade(s->owner->world, s->vh)), READERS_MAX);
		close(fd);
		return;
	}
	/* a burst of many VFs waits in the socket; only root may exceed the system's limit */
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof(room)))
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	s->reader[s->readers++] = fd;
}

/* A stale socket file of a process that is gone is in the way and is removed. */
static int listen_at(struct station *s, const char *path, struct mr_err *err)
{
	int r;

	s->addr.sun_family = AF_UNIX;
	if (!mr_copy(s->addr.sun_path, sizeof(s->addr.sun_path), path))
		return mr_err_set(err, -ENAMETOOLONG, MR_REASON_INVALID,
				  "'%s' is too long for a socket's name", path);
	s->fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	unlink(path);
	if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&s->addr, sizeof(s->addr)) ||
	    listen(s->fd, READERS_MAX)) {
		r = -errno;
		return mr_err_set(err, r, MR_REASON_INTERNAL, "cannot listen at '%s': %s", path,
				  strerror(-r));
	}
	s->watch = mr_watch_new(s->owner->loop, s->fd, on_reader, s);
	return 0;
}

static int station_open(struct sim_uevents *u, unsigned vh, const char *run, struct mr_err *err)
{
	const struct sim_blade *b = sim_world_blade(u->world, vh);
	struct station *s = &u->station[vh];
	char path[256];

	s->owner = u;
	s->vh = vh;
	s->fd = -1;
	if (!b || sim_blade_lead(b) != b)
		return 0;
	mr_copy(s->boot_id, sizeof(s->boot_id), sim_blade_boot_id(b));
	mr_fmt(path, sizeof(path), "%s/%s.uevent", run, sim_blade_name(b));
	return listen_at(s, path, err);
}

/* Opens the listeners; on failure none stays. */
int sim_uevents_new(struct mr_loop *l, struct sim_world *w, const char *run,
		    struct sim_uevents **ret, struct mr_err *err)
{
	struct sim_uevents *u = MR_NEW(struct sim_uevents);
	int r = 0;

	u->loop = l;
	u->world = w;
	u->n = sim_world_blades(w);
	u->station = mr_xcalloc(u->n + 1, sizeof(u->station[0]));
	for (unsigned vh = 0; vh <= u->n; vh++)
		u->station[vh].fd = -1;
	for (unsigned vh = 1; vh <= u->n && !r; vh++)
		r = station_open(u, vh, run, err);
	if (r) {
		sim_uevents_free(u);
		return r;
	}
	*ret = u;
	return 0;
}

static void close_readers(struct station *s)
{
	while (s->readers)
		close(s->reader[--s->readers]);
}

/* NULL is accepted; the socket files go, too. */
void sim_uevents_free(struct sim_uevents *u)
{
	if (!u)
		return;
	for (unsigned vh = 1; vh <= u->n; vh++) {
		struct station *s = &u->station[vh];

		close_readers(s);
		if (s->watch)
			mr_watch_free(s->watch);
		if (s->fd >= 0) {
			close(s->fd);
			unlink(s->addr.sun_path);
		}
	}
	mr_buf_done(&u->message);
	free(u->station);
	free(u);
}

static void send_one(struct station *s, const struct mr_buf *m)
{
	for (unsigned i = 0; i < s->readers;) {
		ssize_t sent = send(s->reader[i], m->data, m->len, MSG_NOSIGNAL);

		if (sent == (ssize_t)m->len) {
			i++;
			continue;
		}
		close(s->reader[i]);
		s->reader[i] = s->reader[--s->readers];
	}
}

/* Sends what waits; see the header. */
void sim_uevents_flush(struct sim_uevents *u, unsigned vh)
{
	struct sim_blade *b = sim_world_blade(u->world, vh);
	struct station *s = &u->station[vh];

	if (!b)
		return;
	if (!mr_streq(s->boot_id, sim_blade_boot_id(b))) {
		mr_copy(s->boot_id, sizeof(s->boot_id), sim_blade_boot_id(b));
		close_readers(s);
	}
	while (sim_blade_uevent(b, &u->message)) {
		send_one(s, &u->message);
		if (u->tap)
			u->tap(vh, &u->message, u->tap_arg);
	}
}

/* Who else listens: uevent.h. */
void sim_uevents_tap(struct sim_uevents *u,
		     void (*fn)(unsigned vh, const struct mr_buf *message, void *arg),
		     void *arg)
{
	u->tap = fn;
	u->tap_arg = arg;
}
