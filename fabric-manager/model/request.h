/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What operators ask and get (control.proto): the border between the command line and the
 * engine.
 */
#ifndef FABRIC_MANAGER_MODEL_REQUEST_H
#define FABRIC_MANAGER_MODEL_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/reason.h"

struct mr_diags;
struct mr_tree;

/* X(NAME, verb of the command line) */
#define FM_VERBS(X)                         \
	X(APPLY, "apply")                   \
	X(PLAN, "plan")                     \
	X(DIFF, "diff")                     \
	X(VALIDATE, "validate")             \
	X(GET, "get")                       \
	X(DESCRIBE, "describe")             \
	X(EXPLAIN, "explain")               \
	X(DELETE, "delete")                 \
	X(MOVE, "move")                     \
	X(CONNECT, "connect")               \
	X(DISCONNECT, "disconnect")         \
	X(FAILBACK, "failback")             \
	X(RESET_OVERRIDE, "reset-override") \
	X(APPROVE, "approve")               \
	X(CORDON, "cordon")                 \
	X(UNCORDON, "uncordon")             \
	X(DRAIN, "drain")                   \
	X(EVENTS, "events")                 \
	X(STATUS, "status")                 \
	X(TOP, "top")                       \
	X(ADOPT, "adopt")                   \
	X(RESET, "reset")                   \
	X(CANCEL, "cancel")                 \
	X(RESUME, "resume")                 \
	X(HISTORY, "history")               \
	X(ROLLBACK, "rollback")             \
	X(WHATIF, "whatif")                 \
	X(SWITCHOVER, "switchover")
enum fm_verb {
#define X(name, text) FM_VERB_##name,
	FM_VERBS(X)
#undef X
	FM_VERB_COUNT
};
const char *fm_verb_name(enum fm_verb v);
int fm_verb_parse(const char *s);

struct fm_file {
	const char *name; /* for findings */
	const char *text;
	size_t len;
};

struct fm_request {
	enum fm_verb verb;
	const char *kind;	    /* "profiles", "hosts" ... or "" */
	const char *name;	    /* of an object, profile, host, assignment, or "" */
	const char *host;	    /* target of move, connect */
	const char *arg;	    /* diff: the other version; whatif: of whom */
	const char *set;	    /* apply, delete -f */
	const char *who;	    /* user at the control socket */
	const char *max_disruption; /* plan, apply: a class or a number, "" = all is allowed */
	const struct fm_file *file;
	unsigned files;
	bool yes;	     /* running assignments may go */
	bool force, release; /* drain: also if a host says no; what finds no place goes */
	bool prune;
	bool follow;	     /* events: go on sending (io/ subscribes the connection) */
	bool has_if_version; /* what changes documents: only when this version is in force */
	uint64_t if_version;
	uint64_t since; /* events: from this sequence number */
};

/* A copy with texts of its own; the caller frees it with fm_request_free. */
struct fm_request *fm_request_copy(const struct fm_request *r);
void fm_request_free(struct fm_request *r); /* NULL is accepted */

/* Exit codes of the command line (INTERFACES, "CLI"). */
#define FM_EXIT_DONE	0
#define FM_EXIT_FAILED	1
#define FM_EXIT_CHANGES 2
#define FM_EXIT_TIMEOUT 3

/* Exactly one for each request. Owns tree, diags and text; fm_reply_done frees them. */
struct fm_reply {
	enum mr_reason reason;
	int exit_code;
	char *text;		/* one sentence; NULL = none */
	struct mr_tree *tree;	/* NULL = none */
	struct mr_diags *diags; /* findings of documents; NULL = none */
};
void fm_reply_done(struct fm_reply *r);

#endif
