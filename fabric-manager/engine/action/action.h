/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What goes into the engine and what comes out of it: one event a step, actions in order
 * (INTERFACES, "How a core is driven"). An action that names a commit waits until that is
 * durable (hold.h).
 */
#ifndef FABRIC_MANAGER_ENGINE_ACTION_ACTION_H
#define FABRIC_MANAGER_ENGINE_ACTION_ACTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"
#include "common/now.h"
#include "fabric-manager/model/agent.h"
#include "fabric-manager/model/bmc.h"
#include "fabric-manager/model/op.h"
#include "fabric-manager/model/record.h"
#include "fabric-manager/model/request.h"
#include "fabric-manager/plan/job.h"

struct mr_tree;

enum fm_event_kind {
	FM_EV_STORE_LOADED,  /* first event: all records */
	FM_EV_COMMITTED,     /* commit 'n' is durable */
	FM_EV_COMMIT_FAILED, /* commit 'n' and what waits for it are dropped; err says why */
	FM_EV_CHASSIS,	     /* op.h: fm_chassis_event */
	FM_EV_OP_RESULT,     /* completion of an operation; 'observed' is taken over */
	FM_EV_AGENT_HELLO,   /* session 'session' said hello */
	FM_EV_AGENT_ANSWER,  /* the challenge's answer: hello.root[] re-read */
	FM_EV_AGENT_REPORT,
	FM_EV_AGENT_ACK,
	FM_EV_AGENT_GOODBYE, /* announced shutdown of the host */
	FM_EV_AGENT_LOST,    /* connection closed or heartbeat missed */
	FM_EV_POWER,	     /* answer to POWER_OFF 'tag': power, and detail unless it is off */
	FM_EV_REQUEST,	     /* operator; answered by exactly one REPLY with its tag */
	FM_EV_SEARCHED,	     /* 'job' of SEARCH 'tag' was run; it stays the caller's */
	FM_EV_TIMER,	     /* 'now' reached fm_engine_deadline */
};

struct fm_event {
	enum fm_event_kind kind;
	uint64_t n;			/* commit number */
	uint64_t tag;			/* of a request; of a POWER_OFF; of a SEARCH */
	uint64_t session;		/* of an agent connection, given by io/, never reused */
	const struct fm_record *record; /* STORE_LOADED */
	unsigned records;
	const struct fm_chassis_event *chassis;
	struct fm_op_result *result;
	const struct fm_agent_hello *hello;
	const struct fm_agent_report *report;
	const struct fm_agent_ack *ack;
	const struct fm_request *request;
	const struct fm_search_job *job;
	enum fm_power power;
	const char *detail; /* AGENT_LOST, COMMIT_FAILED, POWER */
};

enum fm_action_kind {
	FM_ACT_PERSIST,		/* changes, commit number 'n' (consecutive) */
	FM_ACT_OPERATION,	/* to the chassis */
	FM_ACT_AGENT_CHALLENGE, /* ask session for its roots' challenges */
	FM_ACT_AGENT_COMMAND,
	FM_ACT_RECALL,	     /* operation or command 'n' is dropped if it is still held */
	FM_ACT_AGENT_ACCEPT, /* session is good: report in full */
	FM_ACT_AGENT_CLOSE,  /* with reason and text */
	FM_ACT_POWER_OFF,    /* host by bmc; answered by one POWER within FM_POWER_OFF_NS */
	FM_ACT_SEARCH, /* run 'job', perhaps elsewhere; answered by one SEARCHED, in their order
			*/
	FM_ACT_REPLY,  /* to an operator */
	FM_ACT_EVENT,  /* for `events --follow` */
	FM_ACT_LOG,    /* one line: level, text */
};

struct fm_action {
	enum fm_action_kind kind;
	uint64_t after_commit;	   /* hold until this commit is durable; 0 = at once */
	uint64_t n;		   /* PERSIST, RECALL */
	struct fm_changes changes; /* PERSIST: owned by the action */
	struct fm_op op;
	uint64_t session;
	struct fm_agent_cmd cmd;
	uint64_t tag;		/* REPLY, POWER_OFF, SEARCH */
	enum mr_reason reason;	/* REPLY, AGENT_CLOSE */
	int exit_code;		/* REPLY: of the command line (INTERFACES, "CLI") */
	struct mr_tree *tree;	/* REPLY: owned by the action; NULL = none */
	struct mr_diags *diags; /* REPLY: findings of documents; owned; NULL = none */
	char *text; /* REPLY: one sentence; LOG: the line; AGENT_COMMAND: cmd.notes; owned */
	struct fm_rec_event event;
	char host[MR_NAME_MAX]; /* POWER_OFF */
	char bmc[FM_BMC_MAX];
	int level;		   /* LOG: 1 info, 2 warn, 3 error */
	struct fm_search_job *job; /* SEARCH: owned */
};

struct fm_actions {
	struct fm_action *item;
	unsigned n, cap;
};
void fm_action_done(struct fm_action *a); /* frees what it owns */
void fm_actions_done(struct fm_actions *a);

#endif
