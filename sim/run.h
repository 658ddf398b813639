/* SPDX-License-Identifier: Apache-2.0 */
/* `banyan-sim run SCENARIO.yaml`: runs a scenario (sim/model/scenario.h) and prints its
 * report. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

/* argv[0] is "run"; the exit code: 0 passed, 1 failed or not readable. */
int sim_run_main(int argc, char **argv);

#endif
