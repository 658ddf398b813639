/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A whole fabric in one process under a virtual clock: the real engine and MR-PCIM, the real
 * codecs, real agent cores over real blades, the chassis model, and a model of store and
 * network. One seed decides everything: delays, the order of what happens on different
 * connections, random choices of the test. Nothing here is a mock of what is promised.
 *
 * Messages on one connection keep their order; everything that crosses one is bytes, as on a
 * real wire.
 */
#ifndef TESTS_SIM_TEST_WORLD_H
#define TESTS_SIM_TEST_WORLD_H

#include <stdbool.h>
#include <stdint.h>

#include "agent/core/core.h"
#include "common/map.h"
#include "common/now.h"
#include "common/rng.h"
#include "common/str.h"
#include "fabric-manager/codec/agent.h"
#include "fabric-manager/codec/record.h"
#include "fabric-manager/engine/action/hold.h"
#include "fabric-manager/engine/engine.h"
#include "fabric-manager/mrpcim/mrpcim.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"
#include "tests/sim-test/world/store.h"
#include "tests/sim-test/world/touched.h"

#define WORLD_HOSTS_MAX 256

/* Connections; each keeps the order of its messages. */
enum lane {
	LANE_BATCH,  /* manager -> chassis */
	LANE_BATCH2, /* the same, of one who succeeded another (world.apart) */
	LANE_REPLY,  /* chassis -> manager: replies and interrupts */
	LANE_COMMIT, /* store -> manager */
	LANE_OWN,    /* the manager's parts among themselves */
	LANE_SEARCH, /* and its searches that are made apart */
	LANE_AGENTS, /* + 2 * VH: manager -> agent; + 1: agent -> manager */
	LANE_LOCAL =
		LANE_AGENTS + 2 * WORLD_HOSTS_MAX, /* + VH: an agent's own scans and writes */
	LANE_COUNT = LANE_LOCAL + WORLD_HOSTS_MAX,
	LANE_APART = LANE_COUNT, /* of a bench: nobody waits for what was sent before */
};

struct world;
struct world_msg;
typedef void world_deliver_fn(struct world *w, struct world_msg *m);

struct world_msg {
	int64_t due_ns;
	uint64_t seq;
	unsigned lane;
	unsigned life; /* of the receiver: a message to somebody who restarted is lost */
	unsigned wire; /* life of the chassis' connection */
	world_deliver_fn *deliver;
	unsigned vh;
	uint64_t tag, id, epoch;
	uint32_t a, b;
	int err;
	struct mr_buf bytes;
	void *ptr;
	void (*free_ptr)(void *ptr);
};

/* What is wrong with a host's agent or its connection. */
struct world_quirks {
	bool deaf, mute; /* half open: what the manager sends, or what it sends, gets lost */
	bool silent;	 /* it says nothing but heartbeats */
	bool repeats;	 /* it says everything twice */
	bool lies;	 /* it confirms commands that it did not carry out */
	bool dreams;	 /* it sees a function in a slot where none is */
	int64_t slow_ns; /* up to so much later */
	bool deceives;	 /* and that it sits there, too */
	unsigned claims; /* the host whose name it says, 0 = its own */
};

struct world_host {
	struct world_quirks quirks;
	struct sim_blade *blade; /* NULL: no such host */
	struct ag_core *agent;	 /* NULL: not running */
	bool crashed, cut;	 /* the test keeps it down, or off the network */
	bool wants_agent;	 /* an agent runs on it whenever it is up */
	unsigned life;
	bool connected;
	uint64_t session, ended; /* ended: one whose words are still on their way */
	bool uevent_pending;
	char boot_id[40];
	uint64_t incarnation;
	unsigned resets_told; /* resets that the manager heard of */
	struct mr_map *told;  /* places of what the manager was told of; NULL = not all */
};

/* A command that an agent has not answered. */
struct world_heard {
	unsigned vh;
	uint64_t session;
	struct ag_cmd cmd;
	bool old;
};

/* An operation under way, of which manager. */
struct world_op {
	struct fm_op op;
	unsigned life;
	int64_t began_ns;
};

/* A command under way at an agent. */
struct world_cmd {
	uint64_t id;
	enum fm_agent_verb verb;
	uint64_t session;
	struct fm_place place;
	unsigned resets_told; /* of its host, when it was sent */
	uint32_t epoch;
	bool heard, answered; /* by the agent; the answer may be on its way */
};

/* A function that a command named, for some time after its answer. */
struct world_late {
	uint64_t fn;
	int64_t until_ns;
};

/* The connection between manager and chassis. */
struct world_wire {
	bool cut;
	unsigned life;	 /* what was sent on an earlier one is lost */
	bool late;	 /* but for batches that were on their way */
	bool deaf, mute; /* half open: batches, or replies and interrupts, get lost */
	bool ready;	 /* the MR-PCIM takes operations for it */
};

/* A manager whom another one has succeeded, and who does not know. Its store is not his any
 * more. */
struct world_ghost {
	struct fm_engine *engine; /* NULL: there is none */
	struct fm_mrpcim *mr;
	struct fm_hold *hold;
	unsigned life;
};

struct world {
	struct mr_now now;
	struct mr_rng rng;
	int64_t delay_max_ns; /* of a message */
	/* hardware */
	struct sim_chassis *chassis;
	struct world_host host[WORLD_HOSTS_MAX];
	unsigned hosts;
	/* the manager */
	bool manager_up;
	unsigned manager_life, lives;
	struct fm_engine *engine;
	struct fm_mrpcim *mr;
	struct fm_hold *hold;
	struct world_ghost ghost;
	bool as_ghost;		  /* it is the ghost who acts at the moment */
	bool apart;		  /* and its batches pass those of the manager */
	bool ghost_stores;	  /* what it commits is durable, in a store of its own */
	int64_t ghost_deposed_ns; /* when it was told that another one owns the chassis, or 0 */
	struct world_wire wire;
	uint64_t next_session, next_tag;
	struct world_store store;
	/* messages under way: a heap by (due, seq) */
	struct world_msg **heap;
	unsigned heap_n, heap_cap;
	uint64_t next_seq;
	int64_t lane_due[LANE_COUNT];
	/* what I6 is judged by */
	struct world_op *op; /* under way */
	unsigned ops, ops_cap;
	struct mr_map *named; /* functions that operations and commands named since the last
				 full look */
	struct mr_map *named_before; /* between that one and the one before */
	struct mr_map *commanded;    /* command not answered yet -> the function it is about */
	struct world_late *late;
	unsigned lates, late_cap;
	struct world_cmd *cmd; /* under way */
	unsigned cmds, cmd_cap;
	uint64_t began; /* steps that began in the last step of the world: a bit of each
			   operation's kind, then of each command's verb */
	int64_t unsteady_until_ns; /* hardware does things late until then */
	int64_t forgot_ns; /* when the chassis lost power last, and what was done before */
	int64_t reread_ns; /* when the manager had read it last as it was since */
	int64_t looked_ns; /* when everything was looked at last */
	bool shaken;	   /* hosts or adapters did something by themselves since then */
	char stray[200];   /* the first write that no operation named, or word that is not so */
	/* what said.h is about */
	struct world_heard *heard;
	unsigned heards, heard_cap;
	struct mr_map *consent; /* VH << 16 | bridge that its host gave back */
	uint64_t generation;	/* of what the switch did last */
	int64_t reuse_ns;	/* of every pool of identities; 0 = not looked at */
	struct management *management;
	struct world_faults *faults; /* planted, NULL = none ever */
	/* the last reply to an operator */
	struct fm_reply reply;
	bool replied;
	uint64_t asked;
	/* what a test wants to hear of */
	void (*on_op)(struct world *w, const struct fm_op_result *r, void *arg);
	void (*before_batch)(struct world *w, void *arg); /* of the manager, at the switch */
	void (*after_step)(struct world *w, void *arg);	  /* its inputs are done */
	void *arg;
	int64_t busy_since_ns; /* some virtual time, and events of the engine in it */
	unsigned busy;
	bool lingers; /* words of an agent that ended arrive, and the manager learns late of it
		       */
	bool echoes;  /* agents get commands of long ago again */
	bool verbose;
	bool unsaid;	/* words need not be so: the judge has to find out by traffic */
	bool unchecked; /* a bench: the engine's plans are not held against ones from scratch */
	bool untraced;	/* nobody reads the trace */
	int64_t (*clock)(void); /* a bench: what the manager's steps take is added up */
	int64_t manager_ns;	/* all of them so far */
	struct mr_buf trace;	/* the last log lines and operations */
	uint64_t digest;	/* of all of them */
	uint64_t events;	/* inputs to a core, the chassis or the store so far */
	struct world_touched touched;
};

/* ---- world.c ---- */
/* From the text of a chassis description; every host gets an agent where agents[vh] (NULL:
 * all). The manager is down. */
struct world *world_new(const char *chassis_file, uint64_t seed,
			bool (*agent_on)(const char *host));
void world_free(struct world *w);
/* Delivers the next message, or lets the next deadline pass. False: nothing will ever happen
 * again. */
bool world_step(struct world *w);
/* Steps until the manager has nothing to do and no message is under way, or 'limit_ns' of
 * virtual time passed (false). */
bool world_settle(struct world *w, int64_t limit_ns);
/* Only the hardware goes on for 'ns': its requests and timers (the oracle's moment). */
void world_pass(struct world *w, int64_t ns);
void world_run_for(struct world *w, int64_t ns);
int64_t world_next(const struct world *w); /* when something will happen */
/* An input to a core, the chassis or the store. */
void world_input(struct world *w);
/* Queues a message; takes over 'm' (from world_msg_new). */
struct world_msg *world_msg_new(unsigned lane, world_deliver_fn *deliver);
void world_post(struct world *w, struct world_msg *m, int64_t delay_ns);
int64_t world_delay(struct world *w); /* random, up to delay_max_ns */
/* Hardware does something by itself, or is about to. */
void world_shake(struct world *w);
/* And what it does may come so much later. */
void world_unsteady(struct world *w, int64_t ns);
/* The chassis loses power: its memory may be older than what was done. */
void world_forgets(struct world *w);
/* After anything touched the chassis: passes its notices on. */
void world_notices(struct world *w);
void world_trace(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* ---- manager.c ---- */
void world_manager_start(struct world *w);
void world_manager_kill(struct world *w); /* as kill -9: what is durable stays */
/* Asks and waits for the reply (w->reply); false when none came within a minute of virtual
 * time. */
bool world_ask(struct world *w, const struct fm_request *r);
/* Asks without waiting: w->replied tells when the answer is there. */
void world_send(struct world *w, const struct fm_request *r);
bool world_apply(struct world *w, const char *text);
/* These documents, and no others in the set. */
bool world_apply_set(struct world *w, const char *set, const char *text);
/* Requests of the user `test`; what is not named here is "". The second one says yes. */
struct fm_request world_request(enum fm_verb verb, const char *kind, const char *name);
struct fm_request world_request_apply(const struct fm_file *file);
/* The connection to the chassis ends, and is made again. 'late': batches on their way arrive.
 */
void world_wire_cut(struct world *w, bool late);
void world_wire_join(struct world *w);
/* Another manager starts on the same store; the one of before goes on as the ghost. */
void world_manager_supersede(struct world *w);
void world_ghost_kill(struct world *w);
/* The ghost and the manager change places: around everything that the ghost does. */
void world_ghost_swap(struct world *w);
void world_mgmt_irq(struct world *w, uint32_t vector, uint32_t data);
void world_engine_event(struct world *w, const struct fm_event *ev);
void world_mr_event(struct world *w, const struct fm_mr_event *ev);
extern const struct fm_codec_names world_names;

/* ---- writes.c: I6's write log ---- */
void world_op_begins(struct world *w, const struct fm_op *op);
void world_cmd_begins(struct world *w, uint64_t session, const struct fm_agent_cmd *cmd);
void world_cmd_acked(struct world *w, uint64_t id, bool good);
/* Commands of the session, or of all with 0, are answered no more. */
void world_cmds_lost(struct world *w, uint64_t session);
void world_named_again(struct world *w);
void world_op_ends(struct world *w, const struct fm_op_result *r);
void world_writes_done(struct world *w, const uint8_t *ops, size_t len,
		       const struct sim_batch_result *res);

/* ---- blades.c ---- */
void world_agent_event(struct world *w, unsigned vh, const struct ag_event *ev);
/* What its kernel shows now. */
struct ag_scan *world_agent_scan(struct world *w, unsigned vh);
void world_agent_scan_free(struct ag_scan *s);
int64_t world_agent_delay(struct world *w, unsigned vh); /* of what its agent does or says */
void world_blade_changed(struct world *w,
			 unsigned root); /* drains uevents, starts or ends its agent */
void world_agent_crash(struct world *w, unsigned vh); /* and does not come back by itself */
void world_agent_restart(struct world *w, unsigned vh);
void world_agent_cut(struct world *w, unsigned vh); /* its connection, until it joins */
void world_agent_join(struct world *w, unsigned vh);
/* The manager ended its agent's session: it connects again after a second. */
void world_agent_closed(struct world *w, unsigned vh);
/* Its agent dies without a word, and the next one connects before the manager knows. False:
 * there is none. */
bool world_agent_again(struct world *w, unsigned vh);
/* What happens to a blade. */
void world_blade_reset(struct world *w, unsigned vh);
void world_blade_power(struct world *w, unsigned vh, bool on);
void world_blade_hang(struct world *w, unsigned vh, bool hung);
void world_cable(struct world *w, unsigned vh, bool up);
void world_agents_manager(struct world *w, bool up); /* the manager came or went: connections */

/* ---- link.c: agent.proto both ways ---- */
/* An action of the agent that is a message; nothing happens for what is none. */
void world_agent_say(struct world *w, unsigned vh, const struct ag_action *a);
void world_to_agent(struct world *w, uint64_t session,
		    struct mr_buf *bytes); /* takes over the bytes */
void world_to_manager(struct world *w, unsigned vh, struct mr_buf *bytes);
/* The session ends for the manager some seconds later. */
void world_session_lingers(struct world *w, unsigned vh, uint64_t session);
int world_session_host(const struct world *w, uint64_t session); /* VH or -1 */

#endif
