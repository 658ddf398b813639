// SPDX-License-Identifier: Apache-2.0
/*
 * The shell around a scenario on the running chassis. Time is the world's: the run is asked
 * whenever something happened, and when something of it is due.
 */
#include "sim/play.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "sim/model/chassis.h"
#include "sim/model/scenario.h"
#include "sim/run.h"
#include "sim/world.h"

struct sim_play {
	struct sim_world *world;
	struct sim_scn *scn;
	struct sim_scn_run *run;
	bool json;
	const struct sim_play_ops *ops;
	void *arg;
};

static void carry(void *arg)
{
	struct sim_play *p = arg;

	sim_world_carry(p->world);
}

static void settle(void *arg)
{
	struct sim_play *p = arg;

	sim_world_settle(p->world);
}

static void on_step(struct mr_now now, void *arg)
{
	struct sim_play *p = arg;
	struct mr_buf report = {0};

	sim_scn_run_step(p->run, now);
	p->ops->moved(p->arg);
	if (!sim_scn_run_over(p->run))
		return;
	sim_run_report(p->run, p->json, &report);
	p->ops->over(sim_scn_run_passed(p->run), &report, p->arg);
	mr_buf_done(&report);
}

static int64_t on_deadline(void *arg)
{
	const struct sim_play *p = arg;

	return sim_scn_run_deadline(p->run);
}

static int begin(struct sim_play *p, uint64_t seed, struct mr_err *err)
{
	static const struct sim_world_guest guest = {on_step, on_deadline};
	unsigned n = sim_world_blades(p->world);
	struct sim_blade **blade = mr_xcalloc(n + 1, sizeof(*blade));
	struct sim_scn_live live = {.chassis = sim_world_chassis(p->world),
				    .blade = blade,
				    .blades = n,
				    .carry = carry,
				    .settle = settle,
				    .arg = p};

	for (unsigned vh = 1; vh <= n; vh++)
		blade[vh] = sim_world_blade(p->world, vh);
	p->run = sim_scn_run_join(p->scn, &live, seed, sim_world_now(p->world), err);
	free(blade);
	if (!p->run)
		return -EBUSY;
	sim_world_join(p->world, &guest, p);
	return 0;
}

/* Reads the scenario and begins it: play.h. */
int sim_play_new(struct sim_world *w, const struct sim_play_request *q,
		 const struct sim_play_ops *ops, void *arg, struct sim_play **ret,
		 struct mr_buf *why)
{
	struct sim_play *p = MR_NEW(struct sim_play);
	struct mr_diags diags = {0};
	struct mr_err err = {0};
	uint64_t seed = 0;
	int r = q->seed ? mr_parse_u64(q->seed, UINT64_MAX, true, &seed, &err) : 0;

	p->world = w;
	p->json = q->json;
	p->ops = ops;
	p->arg = arg;
	if (!r)
		r = sim_scn_read(q->file, q->text, strlen(q->text), &p->scn, &diags);
	if (!r)
		r = sim_scn_bind_chassis(p->scn, sim_world_chassis(w), &diags);
	if (!r)
		r = begin(p, q->seed ? seed : sim_scn_seed(p->scn), &err);
	mr_diags_print(&diags, why);
	mr_diags_done(&diags);
	if (err.text[0])
		mr_buf_printf(why, "%s\n", err.text);
	if (r) {
		sim_play_free(p);
		return r;
	}
	*ret = p;
	return 0;
}

/* NULL is accepted. */
void sim_play_free(struct sim_play *p)
{
	if (!p)
		return;
	if (p->run)
		sim_world_join(p->world, NULL, NULL);
	sim_scn_run_free(p->run);
	sim_scn_free(p->scn);
	free(p);
}

/* A management interrupt. */
void sim_play_interrupt(struct sim_play *p)
{
	sim_scn_run_interrupt(p->run);
}

/* A uevent of a blade. */
void sim_play_uevent(struct sim_play *p, unsigned vh, const struct mr_buf *message)
{
	sim_scn_run_uevent(p->run, vh, message);
}
