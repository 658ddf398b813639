/* SPDX-License-Identifier: Apache-2.0 */
/*
 * uevents of the simulated blades: one SOCK_SEQPACKET listener RUN/<blade>.uevent each, any
 * number of readers, one kernel-format message a packet (INTERFACES).
 */
#ifndef SIM_UEVENT_H
#define SIM_UEVENT_H

struct mr_buf;
struct mr_err;
struct mr_loop;
struct sim_uevents;
struct sim_world;

/* Opens the listeners of all blades below folder 'run'. */
int sim_uevents_new(struct mr_loop *l, struct sim_world *w, const char *run,
		    struct sim_uevents **ret, struct mr_err *err);
void sim_uevents_free(struct sim_uevents *u);
/* Who else gets every message, whether a reader is there or not. */
void sim_uevents_tap(struct sim_uevents *u,
		     void (*fn)(unsigned vh, const struct mr_buf *message, void *arg),
		     void *arg);
/* Sends what waits at blade 'vh'; a new boot closes its readers, as a reboot ends them. */
void sim_uevents_flush(struct sim_uevents *u, unsigned vh);

#endif
