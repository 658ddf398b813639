/* SPDX-License-Identifier: Apache-2.0 */
/* Copies of what functions send (PortProfile `mirrorTo`), as far as hand-overs go. */
#ifndef FABRIC_MANAGER_ENGINE_ASSIGN_MIRROR_H
#define FABRIC_MANAGER_ENGINE_ASSIGN_MIRROR_H

#include "fabric-manager/engine/state/state.h"

/* Whether no function is copied to that of 'a'; else that is ended, and 'why' says what is
 * waited for. */
bool fm_mirror_ready(struct fm_engine *e, const struct fm_asg *a, char *why, size_t size);
/* An assignment came, went, or has other attributes: somebody may have waited for that. */
void fm_mirror_moved(struct fm_engine *e);

#endif
