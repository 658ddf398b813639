/* SPDX-License-Identifier: Apache-2.0 */
/* The first frame of a connection and the error frame, as bytes; no sockets. */
#ifndef COMMON_NET_HELLO_H
#define COMMON_NET_HELLO_H

#include <stddef.h>
#include <stdint.h>

#include "common/net/peer.h"
#include "common/reason.h"

struct mr_buf;
struct mr_err;

void mr_hello_put(struct mr_buf *out, const struct mr_hello *h);
int mr_hello_read(const uint8_t *data, size_t len, const struct mr_hello *ours,
		  struct mr_hello *ret, struct mr_err *err);
void mr_error_put(struct mr_buf *out, enum mr_reason reason, int code, const char *text);

#endif
