/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the control socket's verbs share. */
#ifndef SIM_CTL_PRIV_H
#define SIM_CTL_PRIV_H

#include "common/str.h"

struct sim_world;

int sim_ctl_refuse(struct mr_buf *out, const char *fmt, const char *what);
int sim_ctl_done(int r, const char *what, struct mr_buf *out);

typedef int sim_ctl_verb_fn(struct sim_world *w, char **arg, int n, struct mr_buf *out);
/* ctl_adapter.c */
sim_ctl_verb_fn sim_ctl_pull, sim_ctl_insert, sim_ctl_replace, sim_ctl_swap, sim_ctl_pkeys,
	sim_ctl_namespace;
/* ctl_traffic.c */
sim_ctl_verb_fn sim_ctl_traffic, sim_ctl_stall;

#endif
