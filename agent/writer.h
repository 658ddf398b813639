/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Workers: one thread for each slot of the host that has something to do, so that a write that
 * hangs holds up only its own slot, and never the loop. The writes of one slot run in order.
 */
#ifndef AGENT_WRITER_H
#define AGENT_WRITER_H

#include "agent/write.h"

struct mr_loop;
struct ag_writer;

/* In the loop, once for each write. */
typedef void ag_written_fn(uint64_t tag, int err, uint32_t value, void *arg);

struct ag_writer *ag_writer_new(struct mr_loop *l, const struct ag_write_config *cfg,
				ag_written_fn *fn, void *arg);
/* Queues a write. One whose deadline passes before it starts is not done: -ETIMEDOUT. */
void ag_writer_add(struct ag_writer *w, const struct ag_action *a);
/*
 * Nobody is told any more. What runs is left to end by itself (a write that hangs cannot be
 * ended), what waits is dropped; the memory goes with the last worker.
 */
void ag_writer_free(struct ag_writer *w);

#endif
