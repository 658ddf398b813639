// SPDX-License-Identifier: Apache-2.0
/* mrpcim on the simulated chassis, with a wire that never delays; see observe.h. */
#include "tests/golden/config/observe.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/mrpcim/mrpcim.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"

#define OWNER 7

struct wire {
	struct sim_chassis *sim;
	struct fm_mrpcim *m;
	struct mr_now now;
	struct fm_chassis *observed;
	bool ended;
};

static void step(struct wire *w, const struct fm_mr_event *ev);

static void send(struct wire *w, const struct fm_mr_action *a)
{
	struct sim_batch_result r = {0};

	sim_chassis_batch(w->sim, w->now, a->owner_id, a->owner_epoch,
			  (const uint8_t *)a->ops.data, a->ops.len, &r);
	step(w, &(struct fm_mr_event){.kind = FM_MR_REPLY,
				      .tag = a->tag,
				      .executed = r.executed,
				      .status = r.status,
				      .data = (const uint8_t *)r.data.data,
				      .len = r.data.len});
	mr_buf_done(&r.data);
}

static void step(struct wire *w, const struct fm_mr_event *ev)
{
	struct fm_mr_actions out = {0};

	fm_mrpcim_step(w->m, w->now, ev, &out);
	for (unsigned i = 0; i < out.n; i++) {
		struct fm_mr_action *a = &out.item[i];

		if (a->kind == FM_MR_BATCH)
			send(w, a);
		if (a->kind != FM_MR_RESULT)
			continue;
		w->ended = true;
		if (a->result.end != FM_OP_DONE)
			fprintf(stderr, "%s: %s\n", fm_op_kind_name(a->result.kind),
				a->result.detail);
		if (a->result.observed)
			w->observed = a->result.observed;
		a->result.observed = NULL;
	}
	fm_mr_actions_done(&out);
}

/* Runs one operation to its end; time passes only when the driver waits. */
static void operate(struct wire *w, struct fm_op op)
{
	w->ended = false;
	step(w, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	while (!w->ended) {
		int64_t due = fm_mrpcim_deadline(w->m);

		if (due == MR_NEVER)
			return;
		w->now.mono_ns = due > w->now.mono_ns ? due : w->now.mono_ns;
		sim_chassis_step(w->sim, w->now);
		step(w, &(struct fm_mr_event){.kind = FM_MR_TIMER});
	}
}

/* See observe.h. */
void observe_chassis(const char *file, const char *text, size_t len, struct fm_inventory *inv,
		     bool **ret_lvf, struct mr_diags *diags)
{
	struct wire w = {.now = {1, 1}};
	struct sim_desc *d;

	if (sim_desc_read(file, text, len, &d, diags))
		return;
	w.sim = sim_chassis_new(d, w.now);
	w.m = fm_mrpcim_new(0, d->name);
	step(&w, &(struct fm_mr_event){.kind = FM_MR_LINK_UP});
	operate(&w, (struct fm_op){.tag = 1,
				   .kind = FM_OP_TAKE_OWNER,
				   .value = 1,
				   .owner_id = OWNER,
				   .owner_epoch = 1});
	operate(&w, (struct fm_op){.tag = 2, .kind = FM_OP_OBSERVE});
	if (w.observed) {
		*ret_lvf = mr_xcalloc(MR_MAX_PORTS + 1, sizeof(**ret_lvf));
		for (unsigned vh = 1; vh <= sim_chassis_hosts(w.sim); vh++)
			(*ret_lvf)[vh] = sim_host_vf_migration(w.sim, (uint16_t)vh);
		*inv = (struct fm_inventory){.chassis = w.observed, .n = 1};
	}
	fm_mrpcim_free(w.m);
	sim_chassis_free(w.sim);
	sim_desc_free(d);
}
