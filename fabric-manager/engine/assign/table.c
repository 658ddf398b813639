// SPDX-License-Identifier: Apache-2.0
/*
 * The table of steps, and when each applies. What was read back decides, never what was sent.
 */
#include "fabric-manager/engine/assign/table.h"

#include "common/mutant.h"
#include "fabric-manager/engine/chassis/tomb.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/pair.h"
#include "fabric-manager/engine/state/seen.h"

/* The agent that can be asked about 'a', or NULL. */
struct fm_session *fm_step_agent(const struct fm_engine *e, const struct fm_asg *a)
{
	return fm_session_of((struct fm_engine *)e, a->a.host);
}

static bool knows_agent(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_hst *h = fm_host_of((struct fm_engine *)e, a);

	return h && (h->session || h->rec.boot_id[0]);
}
/* Somebody is there to be asked: an agent, or a running host whose agent may come back. */
static bool asks_host(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_host *h = fm_host_by_port(&e->inv, a->a.chassis, a->a.place.port);

	if (a->a.forced || a->cut)
		return false;
	return fm_step_agent(e, a) || (knows_agent(e, a) && h && h->power && h->link);
}
/* Whether the function is there, to be asked now or when its adapter answers. */
bool fm_step_is_there(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);

	if (MR_MUTANT(ADOPTED_UNRESET) && a->a.adopted && a->step == FM_STEP_RESET_OUT)
		return false;
	return fm_adapter_is_mute(d) || (d && d->present && fm_fn_get(&e->inv, a->a.fn));
}
/* A row leads to a function whose adapter does not answer: the host is cut there all the same,
 * before the adapter is back with its gates as they were. */
static bool cuts_at_switch(const struct fm_engine *e, const struct fm_asg *a)
{
	return a->a.place.way != FM_WAY_LVF && fm_seen_mute(e, a->a.fn) &&
	       fm_asg_seen(e, a) == FM_SEEN_MAPPED;
}
/* The state of an LVF as it was read last, by GATE_CLOSE at the latest. */
static bool lvf_reads(const struct fm_engine *e, const struct fm_asg *a, enum mr_vf_state state)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	return a->a.place.way == FM_WAY_LVF && f && f->state == state;
}
/* Whether the host has let go of an LVF, or does not have it: its VF Enable is 0. */
bool fm_step_host_let_go(const struct fm_engine *e, const struct fm_asg *a)
{
	return lvf_reads(e, a, MR_VF_UNAVAILABLE);
}
static bool asks_lvf(const struct fm_engine *e, const struct fm_asg *a)
{
	return lvf_reads(e, a, MR_VF_AVAILABLE) && asks_host(e, a);
}
static bool gives_back(const struct fm_engine *e, const struct fm_asg *a)
{
	return !lvf_reads(e, a, MR_VF_UNAVAILABLE) && !lvf_reads(e, a, MR_VF_MIGRATE_IN) &&
	       asks_host(e, a);
}
static bool has_gate(const struct fm_engine *e, const struct fm_asg *a)
{
	return a->a.place.way != FM_WAY_DEVICE && fm_step_is_there(e, a);
}
static bool opens(const struct fm_engine *e, const struct fm_asg *a)
{
	return has_gate(e, a) && fm_pair_may_open(e, a);
}
/* Whether its gate may be open: it was not read closed. */
bool fm_step_not_shut(const struct fm_engine *e, const struct fm_asg *a)
{
	return has_gate(e, a) && !a->shut;
}
/* Whether a row, if not the function, leads there. */
bool fm_step_leads_there(const struct fm_engine *e, const struct fm_asg *a)
{
	return a->a.place.way != FM_WAY_LVF || fm_step_is_there(e, a);
}
static bool without_consent(const struct fm_engine *e, const struct fm_asg *a)
{
	return !a->consent && fm_step_leads_there(e, a) && fm_tomb_of(e, a);
}
static bool not_reset(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);
	uint32_t good = MR_VF_RESET_DONE | MR_VF_DEFAULTS;

	return a->a.place.way == FM_WAY_DEVICE || !f || (f->status & good) != good;
}
static bool retracts(const struct fm_engine *e, const struct fm_asg *a)
{
	return a->retracts || lvf_reads(e, a, MR_VF_MIGRATE_OUT);
}
/* Whether the host's agent is there and has not said that it has it. */
bool fm_step_unbound(const struct fm_engine *e, const struct fm_asg *a)
{
	return !a->bound && fm_step_agent(e, a);
}
/* Whether it comes back to a closed gate, which took the identity. */
static bool stands_by(const struct fm_engine *e, const struct fm_asg *a)
{
	return a->a.standby && has_gate(e, a);
}
static bool gate_shut(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);

	return opens(e, a) && (!f || !f->gate_open);
}

#define SAME	 FM_PHASE_COUNT
#define P(x)	 FM_PHASE_##x
#define OPK(x)	 .op = FM_OP_##x, .verb = -1
#define AGENT(x) .op = -1, .verb = FM_AGENT_##x
#define BOOK	 .op = -1, .verb = -1
#define NEXT(x)	 .next = FM_STEP_##x
#define ALONE	 .alone = true

const struct fm_step_row fm_steps[FM_STEP_COUNT] = {
	[FM_STEP_NONE] = {"none", BOOK, SAME, SAME},
	[FM_STEP_QUIESCE] = {"quiesce", AGENT(QUIESCE), P(QUIESCING), SAME, NEXT(CUT),
			     FM_ON_BACK, asks_host, ALONE},
	[FM_STEP_CUT] = {"block", OPK(BLOCK), P(RELEASING), SAME, NEXT(GATE_CLOSE), FM_ON_HOLD,
			 cuts_at_switch, ALONE},
	[FM_STEP_GATE_CLOSE] = {"gate-close", OPK(GATE_CLOSE), P(RELEASING), SAME,
				NEXT(REQUEST_OUT), FM_ON_BACK, has_gate},
	[FM_STEP_REQUEST_OUT] = {"request-out", OPK(REQUEST_OUT), P(RELEASING), SAME,
				 NEXT(GIVE_BACK), FM_ON_BACK, asks_lvf},
	[FM_STEP_GIVE_BACK] = {"give-back", AGENT(RELEASE), P(RELEASING), SAME, NEXT(BLOCK),
			       FM_ON_BACK, gives_back},
	[FM_STEP_BLOCK] = {"block", OPK(BLOCK), P(RELEASING), P(FENCED), NEXT(DRAIN),
			   FM_ON_HOLD, fm_step_leads_there},
	[FM_STEP_DRAIN] = {"drain", OPK(DRAIN), P(DRAINING_IO), SAME, NEXT(UNMAP),
			   FM_ON_QUARANTINE, fm_step_leads_there},
	[FM_STEP_UNMAP] = {"unmap", OPK(UNMAP), P(DRAINING_IO), SAME, NEXT(TOMBSTONE),
			   FM_ON_QUARANTINE, fm_step_leads_there},
	[FM_STEP_TOMBSTONE] = {"tombstone", OPK(TOMBSTONE), SAME, SAME, NEXT(RESET_OUT),
			       FM_ON_PASS, without_consent},
	[FM_STEP_RESET_OUT] = {"reset", OPK(RESET), P(RESETTING), SAME, NEXT(OUT_DONE),
			       FM_ON_QUARANTINE, fm_step_is_there},
	[FM_STEP_OUT_DONE] = {"released", BOOK, P(RESETTING), SAME, ALONE},
	[FM_STEP_PROVISION] = {"provision", BOOK, SAME, SAME, NEXT(ATTACH)},
	[FM_STEP_ATTACH] = {"attach-pf", BOOK, SAME, SAME, NEXT(ENABLE)},
	[FM_STEP_ENABLE] = {"enable-vfs", BOOK, SAME, SAME, NEXT(DATA)},
	[FM_STEP_DATA] = {"namespaces", BOOK, SAME, SAME, NEXT(RESET_IN)},
	[FM_STEP_RESET_IN] = {"reset", OPK(RESET), P(RESETTING), SAME, NEXT(CONFIGURE),
			      FM_ON_QUARANTINE, not_reset},
	[FM_STEP_CONFIGURE] = {"configure", OPK(CONFIGURE), P(RESETTING), P(CONFIGURED),
			       NEXT(MAP), FM_ON_QUARANTINE},
	[FM_STEP_MAP] = {"map", OPK(MAP), SAME, P(MAPPED), NEXT(ACTIVATE), FM_ON_PEND},
	[FM_STEP_ACTIVATE] = {"activate", AGENT(ACTIVATE), P(ACTIVATING), SAME, NEXT(GATE_OPEN),
			      FM_ON_FAIL, knows_agent},
	[FM_STEP_GATE_OPEN] = {"gate-open", OPK(GATE_OPEN), P(ACTIVATING), SAME, NEXT(IN_DONE),
			       FM_ON_DEGRADE, opens},
	[FM_STEP_IN_DONE] = {"active", BOOK, P(ACTIVATING), SAME, ALONE},
	[FM_STEP_SET_ATTRS] = {"set-attrs", OPK(SET_ATTRS), SAME, SAME, NEXT(NONE),
			       FM_ON_DEGRADE, has_gate},
	[FM_STEP_READ_BACK] = {"read-back", OPK(READ_FN), SAME, SAME, NEXT(NONE), FM_ON_PASS},
	[FM_STEP_STANDBY_CLOSE] = {"gate-close", OPK(GATE_CLOSE), SAME, SAME, NEXT(STANDBY_SET),
				   FM_ON_HOLD, fm_step_not_shut},
	/* The gate took the identity with it: a standby carries it, behind its closed gate. */
	[FM_STEP_STANDBY_SET] = {"set-attrs", OPK(SET_ATTRS), SAME, SAME, NEXT(IN_DONE),
				 FM_ON_PASS, has_gate},
	[FM_STEP_BACK_RETRACT] = {"retract", OPK(RETRACT), SAME, SAME, NEXT(BACK_OPEN),
				  FM_ON_HOLD, retracts},
	/* The gate took identity and data with it: a driver that looks before they are back
	 * finds another device. */
	[FM_STEP_BACK_OPEN] = {"gate-open", OPK(GATE_OPEN), SAME, SAME, NEXT(BACK_SET),
			       FM_ON_DEGRADE, gate_shut},
	[FM_STEP_BACK_SET] = {"set-attrs", OPK(SET_ATTRS), SAME, SAME, NEXT(BACK_ACTIVATE),
			      FM_ON_PASS, stands_by},
	[FM_STEP_BACK_ACTIVATE] = {"activate", AGENT(ACTIVATE), P(ACTIVATING), SAME,
				   NEXT(BACK_DONE), FM_ON_FAIL, fm_step_unbound},
	[FM_STEP_BACK_DONE] = {"back", BOOK, SAME, SAME, ALONE},
};

/* The step behind this one, whether it is wanted or not. */
enum fm_step fm_step_next(enum fm_step s)
{
	if (MR_MUTANT(ANNOUNCED_EARLY))
		return s == FM_STEP_CONFIGURE  ? FM_STEP_ACTIVATE
		       : s == FM_STEP_ACTIVATE ? FM_STEP_MAP
		       : s == FM_STEP_MAP      ? FM_STEP_GATE_OPEN
					       : fm_steps[s].next;
	if (MR_MUTANT(RESET_BEFORE_UNMAP))
		return s == FM_STEP_DRAIN	? FM_STEP_RESET_OUT
		       : s == FM_STEP_RESET_OUT ? FM_STEP_UNMAP
		       : s == FM_STEP_TOMBSTONE ? FM_STEP_OUT_DONE
						: fm_steps[s].next;
	return fm_steps[s].next;
}

/* The step as it is shown. */
const char *fm_step_name(enum fm_step s)
{
	return s < FM_STEP_COUNT ? fm_steps[s].name : "?";
}
