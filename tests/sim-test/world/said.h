/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of a world say to each other has to be so: agents about their kernels, the
 * manager about who is who and what is durable, the store about identities. The first word that
 * is not so is the world's `stray`, which the judge complains of. Nothing here asks the engine
 * or an agent's core what it believes.
 */
#ifndef TESTS_SIM_TEST_SAID_H
#define TESTS_SIM_TEST_SAID_H

#include <stdbool.h>
#include <stdint.h>

struct ag_action;
struct ag_cmd;
struct fm_agent_cmd;
struct fm_agent_report;
struct fm_op;
struct fm_op_result;
struct fm_record;
struct mr_buf;
struct store_row;
struct world;
struct world_cmd;

/* I1: an agent is taken for the host that it sits on, and for no other. */
void world_said_accepted(struct world *w, unsigned vh);

/* A command reached the agent of 'vh'. 'old': it is one of long ago, which nobody sends any
 * more. */
void world_said_command(struct world *w, unsigned vh, const struct ag_cmd *cmd, bool old);
/* What the agent of 'vh' answers: what it gave back and what is gone its kernel does not show
 * (I10); it does nothing for who asked long ago (I2). */
void world_said_ack(struct world *w, unsigned vh, const struct ag_action *a);
/* Its commands are forgotten. */
void world_said_ended(struct world *w, unsigned vh);

/* The manager heard this of 'vh'. */
void world_said_report(struct world *w, unsigned vh, const struct fm_agent_report *r);
/* At rest: what it heard last of each host is what its kernel shows (I10), and the switch knows
 * the generation of what was done (I5). */
bool world_said_holds(struct world *w, struct mr_buf *why);

/* The manager hears that the host was reset: what it agreed to before is over. */
void world_said_reset(struct world *w, unsigned vh);
/* And that its agent gave something back, in the boot that was asked for it. */
void world_said_consent(struct world *w, const struct world_cmd *c);
/* I5: what is mapped was promised before. I2: what is mapped is behind a bridge where the
 * host's kernel shows nothing; what is cut without consent leaves a tombstone. I9: who was told
 * that the chassis is another one's begins nothing there. */
void world_said_op(struct world *w, const struct fm_op *op);
/* I5: a host is told of what is mapped. */
void world_said_announced(struct world *w, const struct fm_agent_cmd *cmd);
/* I2: a transaction erased the row of a function: it was reset. Not so where the same
 * transaction has another row of it, and the fabric shows it to somebody: whose it is was found
 * out. */
void world_said_freed(struct world *w, uint64_t key);
/* I2: what was reset is at its defaults, whatever the device says of itself, and what is
 * drained has nothing in flight. I4: a closed gate is closed. */
void world_said_result(struct world *w, const struct fm_op_result *r);

/* I4: no gate shows an identity that was given back, and an identity changes hands only after
 * its pool's reuseAfter (world.reuse_ns). 'was': its row until now, or NULL. */
void world_said_ident(struct world *w, const struct fm_record *was, const struct fm_record *r);

#endif
