/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The tester's control socket RUN/ctl.sock and `banyan-sim ctl`. Protocol "ctl" over
 * common/net/peer.h: a request is the verb and its arguments, each NUL-terminated; the answer
 * is one byte (the exit code; bit 7: the text is a report, whatever the code) and text. The
 * table of verbs gives help and checks. `run` takes the text of its file as one more word, and
 * is answered when the scenario is over; if its asker goes away, it ends there.
 */
#ifndef SIM_CTL_H
#define SIM_CTL_H

#include "common/str.h"

struct mr_err;
struct mr_loop;
struct sim_ctl;
struct sim_face;
struct sim_world;

#define SIM_CTL_CAP    (8u << 20)
#define SIM_CTL_ARGS   20
#define SIM_CTL_REPORT 0x80 /* of the answer's first byte */

int sim_ctl_new(struct mr_loop *l, struct sim_world *w, struct sim_face *f, const char *run,
		struct sim_ctl **ret, struct mr_err *err);
void sim_ctl_free(struct sim_ctl *c);
/* What a scenario that runs has to know. */
void sim_ctl_interrupt(struct sim_ctl *c);
void sim_ctl_uevent(struct sim_ctl *c, unsigned vh, const struct mr_buf *message);

/*
 * Runs one verb: appends its answer to 'out' and returns the exit code: 0, 1 refused (a
 * sentence), MR_EXIT_USAGE for what is no verb or has the wrong arguments.
 */
int sim_ctl_run(struct sim_world *w, int argc, char **argv, struct mr_buf *out);
/* Whether the verb exists and takes so many arguments; if not, what would be right. */
int sim_ctl_check(int argc, char **argv, struct mr_buf *out);
/* Verbs of ctl_save.c. */
int sim_ctl_save(struct sim_world *w, char **arg, int n, struct mr_buf *out);
int sim_ctl_dump(struct sim_world *w, char **arg, int n, struct mr_buf *out);
/* One line for each verb. */
void sim_ctl_help(struct mr_buf *out);

/* `banyan-sim ctl --run DIR VERB...`: the exit code. */
int sim_ctl_main(int argc, char **argv);

#endif
