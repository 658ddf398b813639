/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Directed corners: random plans seldom come to some steps. Every fourth seed aims at one of
 * them: something is done that leads there, and when the step is under way one of the faults
 * comes; then the next one. Seed after seed this goes through all of these steps and faults.
 */
#include "common/xalloc.h"
#include "tests/sim-test/swarm/swarm.h"

#define EVERY 4 /* seeds */
#define FAULTS                                                                         \
	7 /* of one seed: no divisor of their number, so that each comes at each place \
	   */
#define REST_NS	  (6 * MR_NS_PER_S)
#define PULLED_NS (3 * MR_NS_PER_S) /* at least: nobody is quicker */
#define WAIT_NS	  (30 * MR_NS_PER_S)

/*
 * How to come to a step. An operator sees to it that there is something to take (an edit), and
 * takes it (a delete); a fault, if there is one, comes between them, or at 'at'. An agent is
 * waited for for 10 s, or 3 s if it is only asked.
 */
static const struct aim {
	unsigned step;
	bool taken;	       /* an operator takes something */
	enum swarm_kind fault; /* SWARM_KINDS: none is needed */
	unsigned lasts_ms;
	unsigned at; /* SWARM_IDLE: before the operator takes it */
} aims[] = {
	{FM_OP_RETRACT, true, SWARM_AGENT_DIES, 5000, FM_OP_COUNT + FM_AGENT_RELEASE},
	{FM_OP_COUNT + FM_AGENT_CONFIRM_GONE, true, SWARM_AGENT_DIES, 15000, SWARM_IDLE},
	{FM_OP_MODE, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_DETACH_PF, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_REQUEST_OUT, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_READ_FN, false, SWARM_BLADE_REBOOTS, 0, SWARM_IDLE},
	{FM_OP_SET_ATTRS, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_TOMBSTONE, true, SWARM_AGENT_DIES, 15000, SWARM_IDLE},
	{FM_OP_NS_DELETE, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_NS_ERASE, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_DRAIN, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_GATE_CLOSE, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_UNMAP, true, SWARM_KINDS, 0, SWARM_IDLE},
	{FM_OP_TAKE_OWNER, false, SWARM_MANAGER_DIES, 100, SWARM_IDLE},
	{FM_OP_AUTHORISE, false, SWARM_CHASSIS_HALF_OPEN, 20000, FM_OP_AUTHORISE},
};

static struct swarm_act *add(struct swarm_plan *p, const struct aim *a, enum swarm_kind k,
			     int64_t wait_ns, struct mr_rng *rng)
{
	struct swarm_act *act = swarm_plan_add(p, k, rng);

	act->towards = a->step;
	act->wait_ns = wait_ns;
	return act;
}

static void add_fault(struct swarm_plan *p, const struct aim *a, struct mr_rng *rng)
{
	struct swarm_act *act = add(p, a, a->fault, REST_NS, rng);

	act->step = a->at;
	act->lasts_ns = a->lasts_ms * MR_NS_PER_MS;
}

/* A host is let in once; it has booted before that is known if the switch is not heard. */
static void let_in_unheard(struct swarm_plan *p, const struct aim *a, struct mr_rng *rng)
{
	if (p->acts == 1)
		add_fault(p, a, rng);
	add(p, a, SWARM_OPERATOR_EDITS, MR_NS_PER_S, rng);
}

static void add_cause(struct swarm_plan *p, const struct aim *a, struct mr_rng *rng)
{
	bool first = a->fault != SWARM_KINDS && a->at == SWARM_IDLE;

	if (a->step == FM_OP_AUTHORISE) {
		let_in_unheard(p, a, rng);
		return;
	}
	add(p, a, SWARM_OPERATOR_EDITS, REST_NS, rng);
	if (first)
		add_fault(p, a, rng);
	if (a->taken)
		add(p, a, SWARM_OPERATOR_DELETES, first ? MR_NS_PER_MS : REST_NS, rng);
	if (a->fault != SWARM_KINDS && !first)
		add_fault(p, a, rng);
}

/* 'number' counts up with the seeds that aim at the same step. */
static enum swarm_kind fault_of(uint64_t number)
{
	return (enum swarm_kind)(number % SWARM_KINDS);
}

bool swarm_aim(struct swarm_plan *p, struct mr_rng *rng)
{
	uint64_t number = p->seed / EVERY;
	const struct aim *a = &aims[number % MR_ARRAY_SIZE(aims)];

	if (p->seed % EVERY)
		return false;
	number /= MR_ARRAY_SIZE(aims);
	p->aims = true;
	p->modes = a->step == FM_OP_MODE;
	p->request = a->step == FM_OP_RETRACT;
	for (uint64_t i = 0; i < FAULTS; i++) {
		struct swarm_act *act;

		add_cause(p, a, rng);
		act = swarm_plan_add(p, fault_of(number * FAULTS + i), rng);
		act->step = a->step;
		act->wait_ns = WAIT_NS;
		act->lasts_ns = 1 + (int64_t)mr_rng_below(rng, 2 * MR_NS_PER_S);
		if (act->kind == SWARM_ADAPTER_PULLED)
			act->lasts_ns += PULLED_NS;
	}
	return true;
}
