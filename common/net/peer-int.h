/* SPDX-License-Identifier: Apache-2.0 */
/* A peer as listener and dialer see it; nobody outside common/net includes it. */
#ifndef COMMON_NET_PEER_INT_H
#define COMMON_NET_PEER_INT_H

#include <event2/event_struct.h>
#include <sys/queue.h>

#include "common/net/frame.h"
#include "common/net/loop-int.h"
#include "common/net/peer.h"

#define MR_LINGER_MS	   1000 /* for the other side to read our last frames after a half close */
#define MR_CLOSE_FLUSH_MS  5000 /* for the last frames to get out at all */
#define MR_PEER_KEEP_BYTES 4096 /* of an empty output buffer */

/* What a listener or dialer learns of its peers; called before the user's on_ready and
 * on_close. */
struct mr_peer_owner {
	void (*ready)(void *owner);
	void (*gone)(struct mr_peer *p, void *owner);
	void *owner;
};

enum mr_peer_state {
	PEER_CONNECTING,
	PEER_HELLO,
	PEER_READY,
	PEER_CLOSING,
	PEER_DEAD
};

struct mr_peer {
	TAILQ_ENTRY(mr_peer) link; /* the listener's */
	struct mr_loop *loop;
	const struct mr_peer_config *cfg; /* the owner's; not read after on_close */
	struct mr_peer_owner owner;
	enum mr_peer_state state;
	int fd;
	bool reported; /* on_close was called */
	bool drained;  /* CLOSING: all is written, the other side's end is awaited */
	struct event readable;
	struct event writable;
	struct event timeout;
	struct mr_flush flush;
	struct mr_frame_reader reader;
	struct mr_buf out;
	size_t sent; /* bytes of 'out' written already */
	void *user;
	char name[128];
	char why[256];
};

struct mr_peer *mr_peer_new(struct mr_loop *l, const char *name,
			    const struct mr_peer_config *cfg, struct mr_peer_owner owner);
void mr_peer_attach(struct mr_peer *p, int fd, bool connecting);
void mr_peer_fail(struct mr_peer *p, const char *why);
void mr_peer_kill(struct mr_peer *p, const char *why);
int mr_peer_socket_setup(int fd, int family);

#endif
