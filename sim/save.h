/* SPDX-License-Identifier: Apache-2.0 */
/* A chassis as a file (sim/model/snapshot.h). */
#ifndef SIM_SAVE_H
#define SIM_SAVE_H

struct sim_world;

/* Written beside the file and renamed: a save that breaks off leaves the older one alone. 0 or
 * a negative errno value. */
int sim_save(struct sim_world *w, const char *path);

#endif
