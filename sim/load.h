/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that the simulator reads: a chassis description. Findings go to standard error, one
 * line each with its place.
 */
#ifndef SIM_LOAD_H
#define SIM_LOAD_H

struct mr_err;
struct sim_desc;

/* The description in 'file' (sim_desc_free), or NULL with 'err' set. */
struct sim_desc *sim_load_chassis(const char *file, struct mr_err *err);
/* Refuses blades of kinds that this program does not run. */
int sim_check_kinds(const struct sim_desc *d, struct mr_err *err);

#endif
