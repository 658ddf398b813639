/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a chassis file to an inventory, the long way: the simulated chassis is built, and mrpcim
 * takes it over, provisions nothing, and observes it by register batches.
 */
#ifndef TESTS_GOLDEN_CONFIG_OBSERVE_H
#define TESTS_GOLDEN_CONFIG_OBSERVE_H

#include <stdbool.h>
#include <stddef.h>

struct fm_inventory;
struct mr_diags;

/*
 * Reads the description 'text' and observes the chassis. 'inv' gets it as its only one;
 * '*ret_lvf' (by host port; the caller frees) whether the host's kernel has VF migration. With
 * errors in 'diags' both stay as they are.
 */
void observe_chassis(const char *file, const char *text, size_t len, struct fm_inventory *inv,
		     bool **ret_lvf, struct mr_diags *diags);

#endif
