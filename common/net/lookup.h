/* SPDX-License-Identifier: Apache-2.0 */
/* Host names to addresses without blocking the loop: getaddrinfo in a thread of its own. */
#ifndef COMMON_NET_LOOKUP_H
#define COMMON_NET_LOOKUP_H

#include <sys/socket.h>

struct mr_addr;
struct mr_err;
struct mr_loop;
struct mr_lookup;

/* 'ss' is NULL when the name was not found; 'err' says why then. */
typedef void mr_lookup_fn(const struct sockaddr_storage *ss, socklen_t len,
			  const struct mr_err *err, void *arg);

struct mr_lookup *mr_lookup_start(struct mr_loop *l, const struct mr_addr *addr,
				  mr_lookup_fn *fn, void *arg);
void mr_lookup_cancel(struct mr_lookup *k);

#endif
