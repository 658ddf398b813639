/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a chassis is ours to program.
 */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_OURS_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_OURS_H

#include "fabric-manager/engine/state/state.h"

/* OK, or why it is not, with words in 'why'. */
enum mr_reason fm_ch_not_ours(const struct fm_engine *e, unsigned chassis, char *why,
			      size_t size);

#endif
