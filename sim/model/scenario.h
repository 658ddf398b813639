/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Scenarios (docs/scenarios.md): what happens to a chassis, step by step, and what is expected
 * then. A file is read (sim_scn_read), tied to a chassis (sim_scn_bind: every name in it is
 * resolved, or is an error with its place), and run.
 *
 * A run owns time: it does what is due up to 'now', each thing at its own moment, so that the
 * same file and seed give the same report byte for byte however coarse the clock is that drives
 * it. It is the management of the chassis (owner, event ring) unless a step says otherwise.
 *
 * A run can also join a chassis that others drive (`banyan-sim ctl run`): then time, notices
 * and uevents come from its driver, and everybody else goes on as before.
 */
#ifndef SIM_MODEL_SCENARIO_H
#define SIM_MODEL_SCENARIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/now.h"
#include "common/str.h"

struct mr_buf;
struct mr_diags;
struct mr_err;
struct mr_tree;
struct sim_blade;
struct sim_chassis;
struct sim_desc;
struct sim_scn;
struct sim_scn_run;

/* Reads a Scenario document; -EINVAL with findings in 'diags' and *ret NULL. */
int sim_scn_read(const char *file, const char *text, size_t len, struct sim_scn **ret,
		 struct mr_diags *diags);
void sim_scn_free(struct sim_scn *s);
/* What it is called, the chassis file that it names (as written), its seed. */
const char *sim_scn_name(const struct sim_scn *s);
const char *sim_scn_chassis(const struct sim_scn *s);
uint64_t sim_scn_seed(const struct sim_scn *s);

/* Resolves the names in the scenario against a chassis of 'desc'. */
int sim_scn_bind(struct sim_scn *s, const struct sim_desc *desc, struct mr_diags *diags);
/* The same against a chassis that is there. */
int sim_scn_bind_chassis(struct sim_scn *s, struct sim_chassis *c, struct mr_diags *diags);

/* A run over a new chassis of 'desc' that begins at 'now'. Keeps 's', not 'desc'. */
struct sim_scn_run *sim_scn_run_new(const struct sim_scn *s, const struct sim_desc *desc,
				    uint64_t seed, struct mr_now now);
/* A chassis that others drive. The run keeps no pointer to this struct. */
struct sim_scn_live {
	struct sim_chassis *chassis;
	struct sim_blade *const *blade; /* by VH, [0] unused, NULL where there is no host */
	unsigned blades;
	/* Hands notices and uevents on (see below); lets all happen that is due, and hands on.
	 */
	void (*carry)(void *arg);
	void (*settle)(void *arg);
	void *arg;
};
/*
 * A run that joins it. NULL with 'err' set when the scenario says 'owner: true' and the chassis
 * has an owner, whom it would depose. Its driver calls sim_scn_run_step whenever something
 * happened or is due, and tells of management interrupts and of the blades' uevents.
 */
struct sim_scn_run *sim_scn_run_join(const struct sim_scn *s, const struct sim_scn_live *live,
				     uint64_t seed, struct mr_now now, struct mr_err *err);
void sim_scn_run_interrupt(struct sim_scn_run *r);
void sim_scn_run_uevent(struct sim_scn_run *r, unsigned vh, const struct mr_buf *message);
void sim_scn_run_free(struct sim_scn_run *r);
/* Does what is due until 'now'; when there is something due next; whether it is over. */
void sim_scn_run_step(struct sim_scn_run *r, struct mr_now now);
int64_t sim_scn_run_deadline(const struct sim_scn_run *r);
bool sim_scn_run_over(const struct sim_scn_run *r);
/* Of a run that is over: whether every step came to its end as expected; what happened, as text
 * and as a tree (the caller frees it with mr_tree_free). */
bool sim_scn_run_passed(const struct sim_scn_run *r);
void sim_scn_run_text(const struct sim_scn_run *r, struct mr_buf *out);
struct mr_tree *sim_scn_run_tree(const struct sim_scn_run *r);
struct sim_chassis *sim_scn_run_chassis(struct sim_scn_run *r);

/* One line each: "key  what it does", for help and documentation. */
void sim_scn_help(struct mr_buf *out);

#endif
