/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is durable, in the model's terms: codec/ turns a record into a key of INTERFACES "Store"
 * and a store.proto value, and back. The engine names records; it never sees keys or bytes.
 */
#ifndef FABRIC_MANAGER_MODEL_RECORD_H
#define FABRIC_MANAGER_MODEL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/ids.h"
#include "common/reason.h"
#include "fabric-manager/model/assignment.h"

#define FM_RECORDS(X)                                \
	X(META, "meta/schema")                       \
	X(CURRENT, "policy/current")                 \
	X(DOCUMENT, "policy/v/VERSION/KIND/NAME")    \
	X(ASSIGNMENT, "assign/PROFILE/DEVICE/INDEX") \
	X(IDENT, "ident/TYPE/VALUE")                 \
	X(FUNCTION, "func/CHASSIS/ADAPTER/PF/VF")    \
	X(DATA, "data/PROFILE/DEVICE/NAMESPACE")     \
	X(OVERRIDE, "override/PROFILE")              \
	X(TOMBSTONE, "tomb/CHASSIS/PORT/PLACE")      \
	X(OPERATION, "op/ID")                        \
	X(EVENT, "event/SEQ")                        \
	X(CHASSIS, "chassis/NAME")                   \
	X(HOST, "host/NAME")                         \
	X(MEASURE, "measure/CHASSIS/ADAPTER/WAY")    \
	X(VERSION, "policy/h/VERSION")
enum fm_record_kind {
#define X(name, key) FM_RECORD_##name,
	FM_RECORDS(X)
#undef X
	FM_RECORD_COUNT
};
const char *fm_record_kind_name(enum fm_record_kind k);

/* Counters that must never go back. */
struct fm_rec_meta {
	uint32_t schema;
	uint64_t owner_id;   /* of this store: who we are to the switches */
	uint64_t generation; /* store generation */
	uint32_t next_assignment;
	uint64_t next_operation; /* upper end of the reserved block */
	uint64_t next_event;
	uint64_t version; /* of the documents in force */
};
/* CURRENT points at 'version'; documents of older versions are history. A version has of each
 * document the newest row that is not newer than itself, nor older than fm_rec_version.full. */
struct fm_rec_document {
	uint64_t version;
	bool removed; /* from this version on; no text */
	char kind[MR_NAME_MAX];
	char name[MR_NAME_MAX];
	char set[MR_NAME_MAX];
	char *text; /* normalised YAML; owned */
};
/* How a version came into force. */
struct fm_rec_version {
	uint64_t version;
	int64_t wall_ns;
	char who[MR_NAME_MAX];
	char set[MR_NAME_MAX];
	char how[MR_NAME_MAX]; /* "apply", "rollback to 4" */
	uint32_t added, changed, removed;
	/* the version with which the rows begin that this one consists of; 0 = itself, as
	 * managers wrote it that stored each version with all of its documents */
	uint64_t full;
	uint32_t documents; /* how many it has, and a sum over their rows (state/chain.h) */
	uint64_t digest;
};
struct fm_rec_ident {
	struct mr_ident ident;
	char profile[MR_NAME_MAX], device[MR_NAME_MAX];
	uint16_t index;
	uint8_t slot;		  /* 0 or 1 of FM_IDENTS */
	int64_t released_wall_ns; /* 0 = held; else free again after the pool's reuseAfter */
};
struct fm_rec_function {
	char chassis[MR_NAME_MAX], adapter[MR_NAME_MAX];
	uint16_t pf, vf;
	uint32_t assignment, epoch; /* holder; 0 = quarantine without one */
	bool quarantined;
	enum mr_reason refused; /* not OK: its adapter refused to configure it, and why */
	char detail[FM_DETAIL_MAX];
};
/*
 * A namespace: an object of its profile on one drive, never of a slot or of a function. X(NAME,
 * word)
 */
#define FM_DATA_STATES(X)                                              \
	X(CREATE, "creating") /* to be made; nobody has seen it yet */ \
	X(READY, "ready")                                              \
	X(KEPT, "kept")	    /* no document names it; onDelete: keep */ \
	X(ERASE, "erasing") /* onDelete: erase: its contents go, then itself */
enum fm_data_state {
#define X(name, text) FM_DATA_##name,
	FM_DATA_STATES(X)
#undef X
	FM_DATA_STATE_COUNT
};
const char *fm_data_state_name(enum fm_data_state s);
struct fm_rec_data {
	char profile[MR_NAME_MAX], device[MR_NAME_MAX], name[MR_NAME_MAX];
	uint32_t id; /* from the sequence of assignments: never reused */
	enum fm_data_state state;
	/* the drive: its serial number, or where it has none chassis and name */
	char chassis[MR_NAME_MAX], adapter[MR_NAME_MAX];
	char serial[32];
	uint16_t pf;
	uint8_t index; /* namespace number - 1 */
	uint8_t block_shift;
	bool shared;
	bool erase;	/* onDelete */
	uint64_t size;	/* bytes, as the document says */
	uint32_t owner; /* of one that was adopted: for whose its drive has it (fm_data_owner);
			   0 = as its drive says when it is asked */
};
struct fm_rec_override {
	char profile[MR_NAME_MAX];
	char host[MR_NAME_MAX]; /* "" = disconnected */
	char who[MR_NAME_MAX];
	char why[FM_DETAIL_MAX];
	int64_t since_wall_ns;
};
struct fm_rec_tombstone {
	char chassis[MR_NAME_MAX];
	struct fm_place place;
	char boot_id[40]; /* of the host when it was cut, "" unknown */
	uint64_t boots;	  /* PORT_BOOTS then */
	uint32_t assignment;
};
/* What waits for an operator's yes, or got it and is being done. */
struct fm_rec_operation {
	uint64_t id;
	uint32_t assignment, epoch;
	uint16_t kind; /* enum fm_op_kind, or 256 + enum fm_agent_verb, or FM_REC_* */
	bool approved;
	char detail[FM_DETAIL_MAX]; /* FM_REC_UPDATE: the profile */
	char chassis[MR_NAME_MAX];  /* PROVISION: of the adapter */
	uint16_t port;
	uint32_t value;	  /* how many functions; FM_REC_ROLLOUT: its state */
	uint64_t version; /* FM_REC_*: of the documents */
};
#define FM_REC_ROLLOUT 512 /* an edit on its way; approved: it puts an older version back */
#define FM_REC_UPDATE  513 /* a profile's part of it */
struct fm_rec_event {
	uint64_t seq;
	int64_t wall_ns;
	enum mr_reason reason;
	char object[FM_ASSIGNMENT_TEXT];
	char text[256];
};
/* An operator said `adopt`, and not all of it was read since: by whom its rows were made. */
enum fm_adopting {
	FM_ADOPTING_NONE,
	FM_ADOPTING_ANOTHERS,
	FM_ADOPTING_OURS, /* by this store, as it was later than now */
};
struct fm_rec_chassis {
	char name[MR_NAME_MAX];
	char serial[33];
	uint64_t owner_epoch; /* highest that we held */
	enum fm_adopting adopting;
};
struct fm_rec_host { /* what the manager must remember of a host: cordon by verb, last boot that
			had a session */
	char name[MR_NAME_MAX];
	bool cordoned;
	char boot_id[40];
	int64_t moved_wall_ns; /* last automatic fail-over away (holdDown) */
};

/* Parts of the way out and of the way in of a function, whose durations are measured. */
#define FM_SPANS(X)               \
	X(QUIESCE, "quiesce")     \
	X(RELEASE, "release")     \
	X(DRAIN, "drain")         \
	X(RESET, "reset")         \
	X(RESERVE, "reserve")     \
	X(CONFIGURE, "configure") \
	X(MAP, "map")             \
	X(ACTIVATE, "activate")
enum fm_span {
#define X(name, text) FM_SPAN_##name,
	FM_SPANS(X)
#undef X
	FM_SPAN_COUNT
};
#define FM_SPAN_IN FM_SPAN_RESERVE /* the first one of the way in */

/* How long they took on one adapter by one way: how often, and all together. */
struct fm_rec_measure {
	char chassis[MR_NAME_MAX], adapter[MR_NAME_MAX];
	enum fm_way way;
	uint32_t n[FM_SPAN_COUNT];
	uint64_t sum_ns[FM_SPAN_COUNT];
};

struct fm_record {
	enum fm_record_kind kind;
	bool erase; /* in a change set: delete the key (only the key members count) */
	union {
		struct fm_rec_meta meta;
		struct fm_rec_meta current;
		struct fm_rec_document document;
		struct fm_assignment assignment;
		struct fm_rec_ident ident;
		struct fm_rec_function function;
		struct fm_rec_data data;
		struct fm_rec_override override;
		struct fm_rec_tombstone tombstone;
		struct fm_rec_operation operation;
		struct fm_rec_event event;
		struct fm_rec_chassis chassis;
		struct fm_rec_host host;
		struct fm_rec_measure measure;
		struct fm_rec_version version;
	};
};

/* A transaction: all of it becomes durable or nothing. Owns the texts of documents. */
struct fm_changes {
	struct fm_record *item;
	unsigned n, cap;
};
struct fm_record *
fm_changes_add(struct fm_changes *c,
	       enum fm_record_kind kind); /* zeroed; valid until the next add */
void fm_changes_done(struct fm_changes *c);

#endif
