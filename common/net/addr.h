/* SPDX-License-Identifier: Apache-2.0 */
/* Addresses of peers: "unix:/path", "tcp:host:port", "tcp:[::1]:port"; a bare path is unix. */
#ifndef COMMON_NET_ADDR_H
#define COMMON_NET_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>

struct mr_err;

#define MR_ADDR_TEXT 320

struct mr_addr {
	bool is_unix;
	char path[sizeof(((struct sockaddr_un *)0)->sun_path)]; /* unix */
	char host[256];						/* tcp, without brackets */
	char port[8];
};

int mr_addr_parse(const char *s, struct mr_addr *ret, struct mr_err *err);
const char *mr_addr_text(const struct mr_addr *a, char *buf, size_t size);
int mr_addr_resolve(const struct mr_addr *a, bool numeric, struct sockaddr_storage *ret,
		    socklen_t *ret_len, struct mr_err *err);
const char *mr_sockaddr_text(const struct sockaddr *sa, char *buf, size_t size);

#endif
