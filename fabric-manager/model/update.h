/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How edits reach what is running (POLICY, FabricPolicy and ServerProfile `update`): strategy,
 * how many hosts at a time, which change classes without asking, and when. It governs only
 * steps that take something from a running assignment because a document was edited.
 */
#ifndef FABRIC_MANAGER_MODEL_UPDATE_H
#define FABRIC_MANAGER_MODEL_UPDATE_H

#include <stdbool.h>
#include <stdint.h>

/* X(NAME, word) */
#define FM_STRATEGIES(X)                    \
	X(IMMEDIATE, "Immediate")           \
	X(ROLLING, "RollingUpdate")         \
	X(ON_HOST_RESTART, "OnHostRestart") \
	X(MANUAL, "Manual")
enum fm_strategy {
#define X(name, text) FM_STRATEGY_##name,
	FM_STRATEGIES(X)
#undef X
	FM_STRATEGY_COUNT
};
const char *fm_strategy_name(enum fm_strategy s);

#define FM_ON_FAILURES(X) \
	X(PAUSE, "pause") \
	X(ROLLBACK, "rollback") X(CONTINUE, "continue")
enum fm_on_failure {
#define X(name, text) FM_ON_FAILURE_##name,
	FM_ON_FAILURES(X)
#undef X
	FM_ON_FAILURE_COUNT
};
const char *fm_on_failure_name(enum fm_on_failure f);

/* A span of wall-clock time that comes again: from 'start' on each of 'days', up to 'end', on
 * the next day where that is not later. */
struct fm_window {
	uint8_t days;	      /* bit 0 = Monday ... bit 6 = Sunday */
	uint16_t start, end;  /* minutes of the day; equal: all day */
	int16_t zone_minutes; /* east of UTC */
};

struct fm_update {
	enum fm_strategy strategy;
	enum fm_on_failure on_failure;
	bool percent;
	uint16_t max_unavailable; /* hosts of a group, or per cent of them; 0 = all */
	uint8_t asks;		  /* bits 1 << enum fm_class that wait for approval */
	struct fm_window *window; /* owned; none = any time */
	unsigned windows;
};

/* How many of 'hosts' may be disturbed at one time: rounded down, at least 1. */
unsigned fm_update_at_once(const struct fm_update *u, unsigned hosts);
/* Whether a change may begin now; else when the next window opens. */
bool fm_update_open(const struct fm_update *u, int64_t wall_ns, int64_t *ret_opens_wall_ns);
/* "UTC", "Z", or an offset "+02:00"; false for any other text. */
bool fm_zone_parse(const char *s, int16_t *ret_minutes);

#endif
