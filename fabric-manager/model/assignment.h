/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Assignments: claim -> function -> host, with phase, epoch and the identity locks; and the
 * phase table.
 */
#ifndef FABRIC_MANAGER_MODEL_ASSIGNMENT_H
#define FABRIC_MANAGER_MODEL_ASSIGNMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/reason.h"
#include "fabric-manager/model/ids.h"

/* POLICY, "States that one sees". */
#define FM_PHASES(X)                  \
	X(PENDING, "Pending")         \
	X(RESERVED, "Reserved")       \
	X(QUIESCING, "Quiescing")     \
	X(RELEASING, "Releasing")     \
	X(FENCED, "Fenced")           \
	X(DRAINING_IO, "DrainingIO")  \
	X(RESETTING, "Resetting")     \
	X(CONFIGURED, "Configured")   \
	X(MAPPED, "Mapped")           \
	X(ACTIVATING, "Activating")   \
	X(ACTIVE, "Active")           \
	X(DEGRADED, "Degraded")       \
	X(FAILED, "Failed")           \
	X(QUARANTINED, "Quarantined") \
	X(RELEASED, "Released")
enum fm_phase {
#define X(name, text) FM_PHASE_##name,
	FM_PHASES(X)
#undef X
	FM_PHASE_COUNT
};
const char *fm_phase_name(enum fm_phase p);
int fm_phase_parse(const char *s);
/* Whether the phase table has an arrow from 'from' to 'to'; the engine asserts it, I1-I2 lean
 * on it. */
bool fm_phase_allowed(enum fm_phase from, enum fm_phase to);

#define FM_DETAIL_MAX 200

/* Profiles that no document can name: of functions that were found running and run on, and of
 * those that are on their way out of everybody's hands. */
#define FM_ADOPTED   "adopted"
#define FM_UNCLAIMED "unclaimed"

struct fm_assignment {
	char profile[MR_NAME_MAX];
	char device[MR_NAME_MAX];
	uint16_t index, count;
	uint32_t id;	/* durable, never reused; larger = younger */
	uint32_t epoch; /* +1 at every change of host or function */
	enum fm_phase phase;
	enum mr_reason reason;
	char detail[FM_DETAIL_MAX]; /* the reason in words, for explain */
	char host[MR_NAME_MAX];	    /* "" = none */
	bool has_fn;
	struct fm_fn_id fn;
	char adapter[MR_NAME_MAX]; /* name of fn's adapter, as stored */
	/* which adapter that is; without a function: the one with which its last was lost */
	struct fm_card card;
	struct fm_place place;
	uint16_t chassis; /* of the host */
	uint32_t guaranteed_mbps, limit_mbps;
	struct fm_attrs attrs; /* identities included */
	char driver[MR_NAME_MAX];
	char bdf[20]; /* as the agent reported it, "" unknown */
	bool going;   /* to be released: no document wants it any more (or it moves away) */
	bool forced;  /* cut without the host's consent */
	bool owed;    /* it was parked: it gets a place before all others */
	bool rides;   /* going, and counted at its host already: it moves within it */
	/* its way out was given up, as the drain policy says; an operator's verb goes on */
	bool paused;
	char partner[MR_NAME_MAX]; /* the other device of its `ha` pair, "" = of none */
	bool standby;		   /* of the pair it is the one whose gate stays closed */
	int64_t since_wall_ns;	   /* of the phase */
	bool adopted;		   /* found running, and no claim took it over yet */
	bool foreign;		   /* its row is not one that we made: */
	uint64_t cookie;	   /* what that carries */
};

/* What its row or slot carries (HANDOVER 8). */
static inline uint64_t fm_cookie(const struct fm_assignment *a)
{
	return a->foreign ? a->cookie : (uint64_t)a->id << 32 | a->epoch;
}
/* "PROFILE/DEVICE[/INDEX]"; buf of FM_ASSIGNMENT_TEXT bytes. */
#define FM_ASSIGNMENT_TEXT 144
const char *fm_assignment_text(const struct fm_assignment *a, char *buf);

#endif
