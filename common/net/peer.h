/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A peer: one framed connection with its hello (INTERFACES, "Frames"). Listeners accept peers,
 * dialers keep one alive with growing pauses. Writing never blocks: frames queue, over the
 * limit the peer is closed.
 *
 * Life: callbacks run in the loop; `on_ready` once both hellos were read and agree; `on_frame`
 * for each message after that; `on_close` exactly once, after which the peer is gone. A dialer
 * connects again by itself (100 ms, doubling to 10 s, with jitter) and reports each connection
 * by on_ready/on_close. A peer may be closed inside its own callback; it is freed by the loop
 * afterwards. on_close comes also for a connection that never became ready (refused, silent,
 * wrong version): mr_peer_user is NULL then. A failed attempt of a dialer is such a connection.
 */
#ifndef COMMON_NET_PEER_H
#define COMMON_NET_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mr_err;
struct mr_loop;
struct mr_peer;
struct mr_listener;
struct mr_dialer;

#define MR_HELLO_MAGIC	    0x4e594e42u /* "BNYN" */
#define MR_PROTOCOL_MAJOR   1
#define MR_PROTOCOL_MINOR   0
#define MR_HELLO_TIMEOUT_MS 5000
#define MR_PEERS_MAX	    20000	/* of one listener */
#define MR_PEER_QUEUE_MAX   (64u << 20) /* bytes not yet taken by the other side */

/* Who we say we are, and what the other side said. Texts are copied. */
struct mr_hello {
	char protocol[16]; /* "agent", "control", "chassis" */
	char role[16];	   /* "manager", "agent", "cli", "sim" */
	char name[64];
	char instance[64]; /* boot id or random id of this run */
	uint32_t major;
	uint32_t minor;
};

struct mr_peer_ops {
	void (*on_ready)(struct mr_peer *p, const struct mr_hello *theirs, void *arg);
	void (*on_frame)(struct mr_peer *p, const uint8_t *data, size_t len, void *arg);
	/* 'why' is a sentence for the log. */
	void (*on_close)(struct mr_peer *p, const char *why, void *arg);
};

struct mr_peer_config {
	struct mr_hello hello;
	uint32_t cap; /* of a frame after the hello */
	const struct mr_peer_ops *ops;
	void *arg;
	unsigned hello_timeout_ms; /* 0 = MR_HELLO_TIMEOUT_MS */
	unsigned peers_max;	   /* of a listener; 0 = MR_PEERS_MAX */
};

/* "unix:/path", "tcp:host:port", "tcp:[::1]:port"; a bare path is unix. A stale unix socket is
 * replaced, a live one refused (-EADDRINUSE). */
int mr_listen(struct mr_loop *l, const char *addr, const struct mr_peer_config *cfg,
	      struct mr_listener **ret, struct mr_err *err);
/* Closes its peers; their on_close comes before it returns. */
void mr_listener_free(struct mr_listener *l);
/* The bound address as text, with the port that the system chose for port 0. */
const char *mr_listener_name(const struct mr_listener *l);

struct mr_dialer *mr_dial(struct mr_loop *l, const char *addr,
			  const struct mr_peer_config *cfg);
void mr_dialer_free(struct mr_dialer *d);
/* One blocking-free attempt without retry; on_close reports failure. */
struct mr_dialer *mr_dial_once(struct mr_loop *l, const char *addr,
			       const struct mr_peer_config *cfg);

/* Queues one frame; written together with what else was queued in this turn of the loop. */
void mr_peer_send(struct mr_peer *p, const void *data, size_t len);
/* Closes after what is queued was written; on_close follows. */
void mr_peer_close(struct mr_peer *p, const char *why);
void mr_peer_set_user(struct mr_peer *p, void *user);
void *mr_peer_user(const struct mr_peer *p);
/* Text for logs: "unix:/run/x.sock" or "tcp:127.0.0.1:4711". */
const char *mr_peer_name(const struct mr_peer *p);

#endif
