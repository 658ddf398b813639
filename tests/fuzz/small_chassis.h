/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chassis that is quick to build: two hosts (ports 1, 2) with four bridges each, an `mra`
 * (port 3) and an `sriov` (port 4) adapter of four VFs, a `base` one (port 5).
 */
#ifndef TESTS_FUZZ_SMALL_CHASSIS_H
#define TESTS_FUZZ_SMALL_CHASSIS_H

#include "common/now.h"

struct sim_chassis;

/* The caller frees it with sim_chassis_free. */
struct sim_chassis *small_chassis(struct mr_now now);

#endif
