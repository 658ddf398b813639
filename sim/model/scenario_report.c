/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The report of a run: what happened, line by line with the time since the start, and the
 * verdict. Nothing of the machine or of the clock is in it: the same file and seed give the
 * same bytes.
 */
#include "common/now.h"
#include "common/tree.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

/* The report as text. */
void sim_scn_run_text(const struct sim_scn_run *r, struct mr_buf *out)
{
	mr_buf_printf(out, "scenario %s, seed %llu\n", r->scn->name,
		      (unsigned long long)r->seed);
	for (unsigned i = 0; i < r->lines; i++) {
		const struct scn_line *l = &r->line[i];

		mr_buf_printf(out, "%5lld.%06lld  ", (long long)(l->t_ns / MR_NS_PER_S),
			      (long long)(l->t_ns % MR_NS_PER_S / MR_NS_PER_US));
		if (l->step)
			mr_buf_printf(out, "%3u  ", l->step);
		else
			mr_buf_puts(out, "  -  ");
		mr_buf_printf(out, "%-8s %s\n", l->kind, l->text);
	}
	if (r->lines_lost)
		mr_buf_printf(out, "%u more lines are not shown\n", r->lines_lost);
	mr_buf_printf(out,
		      "result: %s; %u steps, %u expectations held, %u failed; %llu register "
		      "writes, %llu refused; %u events\n",
		      r->passed ? "passed" : "failed", r->scn->steps, r->held, r->missed,
		      (unsigned long long)r->c->writes, (unsigned long long)r->c->refused,
		      r->events);
}

/* The report as a tree. */
struct mr_tree *sim_scn_run_tree(const struct sim_scn_run *r)
{
	struct mr_tree *t = mr_tree_map(), *list;

	mr_tree_add_text(t, "scenario", r->scn->name);
	mr_tree_add_fmt(t, "seed", "%llu", (unsigned long long)r->seed);
	mr_tree_add_bool(t, "passed", r->passed);
	mr_tree_add_int(t, "steps", r->scn->steps);
	mr_tree_add_int(t, "held", r->held);
	mr_tree_add_int(t, "failed", r->missed);
	mr_tree_add_int(t, "events", r->events);
	mr_tree_add_int(t, "linesLost", r->lines_lost);
	list = mr_tree_add_list(t, "log");
	for (unsigned i = 0; i < r->lines; i++) {
		const struct scn_line *l = &r->line[i];
		struct mr_tree *m = mr_tree_add_map(list, NULL);

		mr_tree_add_int(m, "ns", l->t_ns);
		mr_tree_add_int(m, "step", l->step);
		mr_tree_add_text(m, "kind", l->kind);
		mr_tree_add_text(m, "text", l->text);
	}
	mr_tree_attach(t, "chassis", sim_chassis_status(r->c));
	return t;
}
