/* SPDX-License-Identifier: Apache-2.0 */
/* A chassis as one number, to be compared with what it was. */
#ifndef FABRIC_MANAGER_ENGINE_CHASSIS_SIGNATURE_H
#define FABRIC_MANAGER_ENGINE_CHASSIS_SIGNATURE_H

#include "fabric-manager/model/inventory.h"

/* What placement and resolving depend on. */
uint64_t fm_signature(const struct fm_chassis *c);
/* Which hosts there are, and where. */
uint64_t fm_signature_slots(const struct fm_chassis *c);

#endif
