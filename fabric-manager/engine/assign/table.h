/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of an assignment's steps (HANDOVER 5): what is asked of whom, the phase while it
 * runs and the phase that its confirmation proves, what follows, what a failure means.
 */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_TABLE_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_TABLE_H

#include "fabric-manager/engine/state/state.h"

enum fm_on_fail {
	FM_ON_BACK,	  /* give the way out up, unless it is forced: then go on */
	FM_ON_HOLD,	  /* stay, with an alarm: the cut is not proved */
	FM_ON_QUARANTINE, /* the function is out of use */
	FM_ON_PEND,	  /* undo, and wait for a change */
	FM_ON_FAIL,	  /* mapped, but of no use */
	FM_ON_DEGRADE,	  /* in use with a shortfall */
	FM_ON_PASS	  /* goes on without it */
};

struct fm_step_row {
	const char *name;
	int op;		     /* enum fm_op_kind, -1 = none */
	int verb;	     /* enum fm_agent_verb, -1 = none */
	enum fm_phase phase; /* while it runs; FM_PHASE_COUNT = as before */
	enum fm_phase done;
	enum fm_step next;
	enum fm_on_fail fail;
	bool (*wanted)(const struct fm_engine *e, const struct fm_asg *a);
	bool alone; /* it needs no answer of the adapter */
};

#define FM_SAME FM_PHASE_COUNT /* the phase stays */

extern const struct fm_step_row fm_steps[FM_STEP_COUNT];
enum fm_step fm_step_next(enum fm_step s);
const char *fm_step_name(enum fm_step s);
/* phase.c: goes to 'to', through the phases between. */
void fm_asg_phase_to(struct fm_engine *e, struct fm_asg *a, enum fm_phase to);
/* The agent that can be asked about 'a', or NULL. */
struct fm_session *fm_step_agent(const struct fm_engine *e, const struct fm_asg *a);
/* Whether the function is there, to be asked now or when its adapter answers; whether a row, if
 * not the function, leads there. */
bool fm_step_is_there(const struct fm_engine *e, const struct fm_asg *a);
bool fm_step_leads_there(const struct fm_engine *e, const struct fm_asg *a);

/* Whether the host's agent is there and has not said that it has it. */
bool fm_step_unbound(const struct fm_engine *e, const struct fm_asg *a);
/* Whether its gate may be open: it was not read closed. */
bool fm_step_not_shut(const struct fm_engine *e, const struct fm_asg *a);
/* Whether the host has let go of an LVF, or does not have it: its VF Enable is 0. */
bool fm_step_host_let_go(const struct fm_engine *e, const struct fm_asg *a);

#endif
