/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a seed to a plan. Rounds: an operator does something, and while it is carried out some
 * faults come, each at a step of an operation. Which faults there are at all, how long they
 * last and how slow messages are is the seed's choice, so that different seeds explore
 * different corners.
 */
#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"
#include "tests/sim-test/swarm/swarm.h"

#define FAULTS	   SWARM_OPERATOR_EDITS /* those of the table that operators do not do */
#define ROUNDS_MAX 6
#define ROUND_MAX  3		     /* faults of one round */
#define PULLED_NS  (3 * MR_NS_PER_S) /* at least: nobody is quicker */

struct config {
	bool on[SWARM_KINDS];
	unsigned faults; /* of a round, at most */
	int64_t lasts_ns;
};

/* From 'low' to 'high', each power of ten as likely as any other. */
static int64_t some_time(struct mr_rng *rng, int64_t low, int64_t high)
{
	int64_t top = low;

	while (top < high && mr_rng_chance(rng, 75))
		top *= 10;
	if (top > high)
		top = high;
	return low + (int64_t)mr_rng_below(rng, (uint64_t)top);
}

static void configure(struct config *c, struct mr_rng *rng)
{
	unsigned percent = 15 + (unsigned)mr_rng_below(rng, 70), on = 0;

	memset(c, 0, sizeof(*c));
	while (!on)
		for (unsigned k = 0; k < FAULTS; k++)
			on += c->on[k] = mr_rng_chance(rng, percent);
	c->faults = 1 + (unsigned)mr_rng_below(rng, ROUND_MAX);
	c->lasts_ns = some_time(rng, 10 * MR_NS_PER_MS, 30 * MR_NS_PER_S);
}

struct swarm_act *swarm_plan_add(struct swarm_plan *p, enum swarm_kind k, struct mr_rng *rng)
{
	struct swarm_act *a = &p->act[p->acts];

	p->acts += p->acts < SWARM_ACTS - 1;
	*a = (struct swarm_act){
		.kind = k, .step = SWARM_IDLE, .towards = SWARM_IDLE, .rng = mr_rng_next(rng)};
	return a;
}

/* Steps that come only after something else happened. */
static enum swarm_kind cause_of(unsigned step)
{
	switch (step) {
	case FM_OP_TAKE_OWNER:
	case FM_OP_OBSERVE:
	case FM_OP_READ_FN:
		return SWARM_MANAGER_DIES;
	case FM_OP_AUTHORISE:
	case FM_OP_PROVISION:
	case FM_OP_ATTACH_PF:
		return SWARM_BLADE_REBOOTS;
	case FM_OP_CHALLENGE:
	case FM_OP_COUNT + FM_AGENT_ENABLE_VFS:
		return SWARM_BLADE_REBOOTS;
	case FM_OP_TOMBSTONE:
	case FM_OP_COUNT + FM_AGENT_CONFIRM_GONE:
		return SWARM_BLADE_HANGS;
	case FM_OP_NS_DELETE:
	case FM_OP_NS_ERASE:
	case FM_OP_UNMAP:
	case FM_OP_DRAIN:
		return SWARM_OPERATOR_DELETES;
	case FM_OP_REQUEST_OUT:
	case FM_OP_RETRACT:
		return SWARM_OPERATOR_MOVES;
	default:
		return SWARM_KINDS;
	}
}

static void add_fault(struct swarm_plan *p, const struct config *c, struct mr_rng *rng)
{
	enum swarm_kind k, cause;
	struct swarm_act *a;
	unsigned step;

	do
		k = (enum swarm_kind)mr_rng_below(rng, FAULTS);
	while (!c->on[k]);
	step = mr_rng_chance(rng, 10) ? SWARM_IDLE : (unsigned)mr_rng_below(rng, SWARM_STEPS);
	cause = cause_of(step);
	if (cause < SWARM_KINDS && mr_rng_chance(rng, 60)) {
		a = swarm_plan_add(p, cause, rng);
		a->lasts_ns = some_time(rng, MR_NS_PER_MS, MR_NS_PER_S);
	}
	a = swarm_plan_add(p, k, rng);
	if (k == SWARM_STORE_OLD &&
	    a->rng & 1) /* the plans of other seeds stay what they were */
		a->kind = SWARM_STORE_GONE;
	a->step = step;
	a->wait_ns = some_time(rng, 10 * MR_NS_PER_MS, 10 * MR_NS_PER_S);
	a->more = mr_rng_chance(rng, 50) ? 0 : (unsigned)mr_rng_below(rng, 8);
	a->lasts_ns = some_time(rng, MR_NS_PER_MS, c->lasts_ns);
	if (k == SWARM_ADAPTER_PULLED && a->lasts_ns < PULLED_NS)
		a->lasts_ns = PULLED_NS;
}

static void add_operator(struct swarm_plan *p, struct mr_rng *rng)
{
	uint64_t dice = mr_rng_below(rng, 100);
	struct swarm_act *a = swarm_plan_add(p,
					     dice < 60	 ? SWARM_OPERATOR_EDITS
					     : dice < 80 ? SWARM_OPERATOR_DELETES
							 : SWARM_OPERATOR_MOVES,
					     rng);

	if (mr_rng_chance(rng, 50))
		a->step = (unsigned)mr_rng_below(rng, SWARM_STEPS);
	a->wait_ns = some_time(rng, MR_NS_PER_MS, 20 * MR_NS_PER_S);
}

void swarm_plan(struct swarm_plan *p, uint64_t seed, bool aim)
{
	static const int64_t delays[] = {10 * MR_NS_PER_US, 50 * MR_NS_PER_US, MR_NS_PER_MS,
					 20 * MR_NS_PER_MS};
	struct config c;
	struct mr_rng rng;
	uint64_t rounds;

	memset(p, 0, sizeof(*p));
	p->seed = seed;
	mr_rng_init(&rng, seed * 2 + 1);
	configure(&c, &rng);
	p->delay_max_ns = delays[mr_rng_below(&rng, MR_ARRAY_SIZE(delays))];
	swarm_plan_add(p, SWARM_OPERATOR_EDITS, &rng);
	rounds = aim && swarm_aim(p, &rng) ? 0 : 2 + mr_rng_below(&rng, ROUNDS_MAX - 1);
	for (uint64_t i = 0; i < rounds; i++) {
		if (i)
			add_operator(p, &rng);
		for (uint64_t n = 1 + mr_rng_below(&rng, c.faults); n; n--)
			add_fault(p, &c, &rng);
	}
	for (unsigned i = 0; i < p->acts; i++)
		p->act[i].number = i;
}

bool swarm_plan_only(struct swarm_plan *p, const char *text)
{
	unsigned kept = 0;

	while (*text) {
		char *end;
		unsigned long n = strtoul(text, &end, 10);

		if (end == text || n >= p->acts || n < kept || (*end && *end != ','))
			return false;
		p->act[kept++] = p->act[n];
		text = *end ? end + 1 : end;
	}
	p->acts = kept;
	return true;
}

void swarm_plan_list(const struct swarm_plan *p, struct mr_buf *out)
{
	for (unsigned i = 0; i < p->acts; i++)
		mr_buf_printf(out, "%s%u", i ? "," : "", p->act[i].number);
}

const char *swarm_step_name(unsigned step)
{
	if (step == SWARM_IDLE)
		return "idle";
	return step < FM_OP_COUNT
		       ? fm_op_kind_name((enum fm_op_kind)step)
		       : fm_agent_verb_name((enum fm_agent_verb)(step - FM_OP_COUNT));
}

void swarm_act_print(const struct swarm_act *a, struct mr_buf *out)
{
	mr_buf_printf(out, "%u: %s", a->number, swarm_words(a->kind));
	if (a->step != SWARM_IDLE)
		mr_buf_printf(out, ", %u messages after %s begins", a->more,
			      swarm_step_name(a->step));
	mr_buf_printf(out, ", after %.3f s at most", (double)a->wait_ns / 1e9);
	if (swarm_lasts(a->kind))
		mr_buf_printf(out, ", for %.3f s", (double)a->lasts_ns / 1e9);
}
