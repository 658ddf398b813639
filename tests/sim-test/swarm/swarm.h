/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Swarms of faults. A seed decides a plan: a configuration (which faults are on, how long they
 * last, how slow messages are) and a list of acts, each a fault or something that an operator
 * does, with the step of an operation at which it comes. Acts have generators of their own, so
 * that a plan of which some are left out plays the others as they were: that is how a failure
 * is shrunk.
 */
#ifndef TESTS_SIM_TEST_SWARM_H
#define TESTS_SIM_TEST_SWARM_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/model/agent.h"
#include "fabric-manager/model/op.h"
#include "tests/sim-test/world/seed.h"

#define SWARM_ACTS 64

/* X(NAME, words). Those that operators do are last, and behind them one that others become. */
#define SWARM_TROUBLES(X)                                                             \
	X(SLOW_NETWORK, "messages take up to a second")                               \
	X(AGENT_CUT, "an agent's connection is cut")                                  \
	X(AGENT_HALF_OPEN, "an agent's connection is half open")                      \
	X(CHASSIS_CUT, "the chassis' connection is cut")                              \
	X(CHASSIS_HALF_OPEN, "the chassis' connection is half open")                  \
	X(MANAGER_DIES, "the manager dies")                                           \
	X(AGENT_DIES, "an agent dies")                                                \
	X(BOTH_DIE, "the manager and all agents die")                                 \
	X(OLD_MANAGER, "another manager takes over, and the old one comes back")      \
	X(STORE_FULL, "the store is full")                                            \
	X(STORE_ERROR, "the store fails")                                             \
	X(STORE_SLOW, "the store is slow")                                            \
	X(STORE_UNSYNCED, "the machine dies with what the store has not synced")      \
	X(STORE_OLD, "the store is restored from an old copy")                        \
	X(BLADE_REBOOTS, "a blade reboots")                                           \
	X(BLADE_POWER, "a blade loses power")                                         \
	X(BLADE_HANGS, "a blade hangs and goes on later")                             \
	X(CABLE_CUT, "a blade's cable is cut")                                        \
	X(LINK_FLAPS, "a blade's link flaps")                                         \
	X(AGENT_SLOW, "an agent is slow")                                             \
	X(AGENT_SILENT, "an agent says nothing but heartbeats")                       \
	X(AGENT_REPEATS, "an agent says everything twice")                            \
	X(AGENT_LIES, "an agent confirms what it did not do")                         \
	X(AGENT_DREAMS, "an agent reports what is not there")                         \
	X(AGENT_TWICE, "a second agent of a host connects, the first not gone")       \
	X(BLADE_IMPOSTOR, "a blade says that it is another one")                      \
	X(BLADES_SWAPPED, "two blades, or their cables, are swapped")                 \
	X(ADAPTER_PULLED, "an adapter is pulled")                                     \
	X(FLR_HANGS, "resets of an adapter hang")                                     \
	X(INTERRUPTS_LOST, "interrupts are lost")                                     \
	X(EVENT_RING, "the event ring overflows")                                     \
	X(REGISTER_STALE, "a register takes what is written later")                   \
	X(REGISTER_ONES, "a register reads all-ones")                                 \
	X(CHASSIS_POWER, "the chassis loses power")                                   \
	X(CHASSIS_STALE, "the chassis loses power and the last commit of its memory") \
	X(CHASSIS_BLANK, "the chassis loses power and its memory")                    \
	X(CHASSIS_CORRUPT, "the chassis loses power and its memory is corrupt")       \
	X(OPERATOR_EDITS, "an operator edits the policy")                             \
	X(OPERATOR_DELETES, "an operator deletes a profile")                          \
	X(OPERATOR_MOVES, "an operator moves a profile")                              \
	X(STORE_GONE, "the store is gone")
enum swarm_kind {
#define X(name, text) SWARM_##name,
	SWARM_TROUBLES(X)
#undef X
	SWARM_KINDS
};

/* Steps that a fault can hit: an operation under way at the chassis, a command under way at an
 * agent, or none of them. */
#define SWARM_IDLE  (FM_OP_COUNT + FM_AGENT_VERB_COUNT)
#define SWARM_STEPS (SWARM_IDLE + 1)

struct swarm_act {
	unsigned number; /* in the whole plan */
	enum swarm_kind kind;
	unsigned step;	  /* it waits until such a one begins; SWARM_IDLE: for nothing */
	int64_t wait_ns;  /* but no longer than this */
	unsigned more;	  /* and so many messages */
	int64_t lasts_ns; /* of a fault that lasts */
	uint64_t rng;	  /* what else it needs to decide */
	unsigned towards; /* the step that is to come of it; SWARM_IDLE: none of them */
};

struct swarm_plan {
	uint64_t seed;
	int64_t delay_max_ns;
	bool aims;    /* at a step */
	bool modes;   /* on the chassis whose adapter has modes */
	bool request; /* hosts are asked for functions, not forced */
	struct swarm_act act[SWARM_ACTS];
	unsigned acts;
};

/* ---- plan.c ---- */
/* 'aim': every fourth seed aims at a step (aim.c). */
void swarm_plan(struct swarm_plan *p, uint64_t seed, bool aim);
/* The next free act. */
struct swarm_act *swarm_plan_add(struct swarm_plan *p, enum swarm_kind k, struct mr_rng *rng);
/* aim.c: whether the seed aims at a step; its plan then. */
bool swarm_aim(struct swarm_plan *p, struct mr_rng *rng);
/* Only the acts whose numbers 'text' lists ("3,7,9"). False: no such list. */
bool swarm_plan_only(struct swarm_plan *p, const char *text);
/* The list of all of its acts. */
void swarm_plan_list(const struct swarm_plan *p, struct mr_buf *out);
/* One act in words. */
void swarm_act_print(const struct swarm_act *a, struct mr_buf *out);
const char *swarm_name(enum swarm_kind k);
const char *swarm_words(enum swarm_kind k);
const char *swarm_step_name(unsigned step);

/* ---- cover.c ---- */
/* Why a fault cannot hit the step; NULL: it can. */
const char *swarm_unreachable(unsigned step, enum swarm_kind kind);

/* All that is argued, as a table. */
void swarm_unreachable_print(void);

/* ---- run.c ---- */
typedef uint32_t swarm_hits[SWARM_STEPS][SWARM_KINDS];
struct swarm_result {
	bool failed;
	char why[600];
	uint64_t events, requests, digest;
	double s;
	swarm_hits hit; /* how often a fault hit a step */
};
struct swarm_options {
	const char *chassis;
	bool verbose, thorough, trace; /* trace: the last steps of a failure are printed */
	bool digest;		       /* what happened has one */
};
/* Names the pairs that were neither hit nor argued to be unreachable, or both; how many those
 * are. */
unsigned swarm_cover(swarm_hits hit, bool print);
void swarm_run(const struct swarm_plan *p, const struct swarm_options *o,
	       struct swarm_result *ret);

/* ---- trouble.c ---- */
struct swarm;
/* A fault under way. */
struct swarm_trouble {
	enum swarm_kind kind;
	unsigned act;
	int64_t until_ns;
	unsigned vh, other; /* blades */
	unsigned towards;   /* of the act */
	char adapter[MR_NAME_MAX];
	uint16_t port;
};

/* A run. */
struct swarm {
	struct seed_run r;
	struct world *w;   /* r.w */
	struct mr_rng rng; /* of the act that begins */
	struct swarm_trouble trouble[SWARM_ACTS];
	unsigned troubles;
	bool busy[WORLD_HOSTS_MAX + 1]; /* something is wrong with the blade or its agent */
	bool manager_busy, store_busy, wire_busy, adapter_busy, network_busy;
	struct store_copy copy;
	int64_t delay_ns; /* of messages, without trouble */
	bool deaf;	  /* kernels missed interrupts */
	bool dreamt;	  /* an agent reported what was not there */
	bool aims;	  /* the plan does */
	bool modes;	  /* an adapter has modes */
	unsigned wanted;  /* the blade that the act that begins is meant for, 0 = any */
	bool restored;	  /* an old store came back: acknowledged changes may be gone */
	/* r.p is the policy that was acknowledged last */
	struct policy latest;  /* the one that was sent last */
	struct policy sent[8]; /* that were sent since, in their order */
	unsigned sents;
	bool forgotten;	   /* more than that */
	bool asked_policy; /* the last request is one of them */
	bool applied;	   /* a first one was sent */
	bool acked;	   /* one was acknowledged */
	struct swarm_result *result;
};

/* An operator says yes to another mode of an adapter, if that is asked for. */
void swarm_approve(struct swarm *s);
/* An operator adopts the chassis; refused where that is not asked for. */
void swarm_adopt(struct swarm *s);
/* Whether the last policy was answered: keeps account. */
void swarm_answered(struct swarm *s);
/* Makes it happen; false: it cannot, now. A fault that lasts has to be ended. */
bool swarm_begin(struct swarm *s, struct swarm_trouble *t);
bool swarm_lasts(enum swarm_kind k);
void swarm_end(struct swarm *s, struct swarm_trouble *t);

#endif
