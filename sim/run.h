/* SPDX-License-Identifier: Apache-2.0 */
/* `banyan-sim run SCENARIO.yaml`: runs a scenario (sim/model/scenario.h) and prints its
 * report. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include <stdbool.h>

#define SIM_SCENARIO_MAX (1u << 20) /* bytes of a scenario file */

struct mr_buf;
struct sim_scn_run;

/* The report of a run that is over, as text or JSON. */
void sim_run_report(const struct sim_scn_run *run, bool json, struct mr_buf *out);
/* argv[0] is "run"; the exit code: 0 passed, 1 failed or not readable. */
int sim_run_main(int argc, char **argv);

#endif
