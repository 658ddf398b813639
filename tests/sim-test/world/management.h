/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Raw reads of the register map for the few invariants that are about registers: sums of
 * guarantees, emptiness after a delete, refusal of a deposed owner. Each returns false with a
 * sentence in 'why'.
 */
#ifndef TESTS_SIM_TEST_MANAGEMENT_H
#define TESTS_SIM_TEST_MANAGEMENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct world;

bool management_guarantees_hold(struct world *w, char *why, size_t size);
bool management_all_free(struct world *w, char *why, size_t size);
bool management_stale_writer(struct world *w, char *why, size_t size);
/* A switch register. */
uint64_t management_read(struct world *w, uint64_t address);

#endif
