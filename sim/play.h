/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario on the running chassis (`banyan-sim ctl run`): the run of sim/model/scenario.h as
 * a guest of the world, beside managers, agents and testers.
 */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include <stdbool.h>

#include "common/str.h"

struct sim_play;
struct sim_world;

/* What is asked for: words of the control socket. */
struct sim_play_request {
	const char *file, *text; /* its name, for findings, and what is in it */
	const char *seed;	 /* NULL: the file's */
	bool json;
};

struct sim_play_ops {
	/* It is over; the receiver frees the play. */
	void (*over)(bool passed, const struct mr_buf *report, void *arg);
	/* It looked at the world, and may have done something to it. */
	void (*moved)(void *arg);
};

/* Begins; the first step happens with the next sim_world_pump. -EINVAL: 'why' gets the
 * findings. */
int sim_play_new(struct sim_world *w, const struct sim_play_request *q,
		 const struct sim_play_ops *ops, void *arg, struct sim_play **ret,
		 struct mr_buf *why);
/* Ends it wherever it is; NULL is accepted. */
void sim_play_free(struct sim_play *p);
/* What the world's watcher hands on. */
void sim_play_interrupt(struct sim_play *p);
void sim_play_uevent(struct sim_play *p, unsigned vh, const struct mr_buf *message);

#endif
