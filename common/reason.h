/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one list of reasons (INTERFACES, "Reasons"). proto/common.proto mirrors it;
 * tests/unit/common_net compares.
 */
#ifndef COMMON_REASON_H
#define COMMON_REASON_H

/* X(NAME, sentence) in the order of the enum; the order is wire format, append only. */
#define MR_REASONS(X)                                                   \
	X(OK, "done")                                                   \
	X(INVALID, "the request is not valid")                          \
	X(NOT_FOUND, "there is no such thing")                          \
	X(CONFLICT, "it contradicts something that exists")             \
	X(STALE_OWNER, "another manager owns the chassis")              \
	X(STALE_EPOCH, "the assignment has moved on")                   \
	X(NO_CAPACITY, "no free function fits")                         \
	X(NO_BANDWIDTH, "the port's bandwidth is promised already")     \
	X(NO_WINDOW, "the bridge's window or bus range is too small")   \
	X(UNREACHABLE, "the host cannot reach the adapter")             \
	X(WRONG_SLOT, "the host sits behind another port than it says") \
	X(BUSY, "it is in use")                                         \
	X(TIMEOUT, "no answer in time")                                 \
	X(DRIVER_REFUSED, "the host's driver refused")                  \
	X(DEVICE_GONE, "the device is gone")                            \
	X(QUARANTINED, "the function is in quarantine")                 \
	X(UNSUPPORTED, "not supported")                                 \
	X(NOT_PERMITTED, "not permitted")                               \
	X(NEEDS_APPROVAL, "it waits for approval")                      \
	X(PKEY_MISSING, "the port lacks the partition key")             \
	X(GUARANTEE_BROKEN, "less capacity than was guaranteed")        \
	X(LIMIT, "a limit is reached")                                  \
	X(STORE_FAILED, "the store failed")                             \
	X(INTERNAL, "internal error")

enum mr_reason {
#define X(name, text) MR_REASON_##name,
	MR_REASONS(X)
#undef X
	MR_REASON_COUNT
};

/* The reason's token ("NO_WINDOW"), its sentence, and back (-1 when there is no such token). */
const char *mr_reason_name(enum mr_reason r);
const char *mr_reason_text(enum mr_reason r);
int mr_reason_parse(const char *name);

#endif
