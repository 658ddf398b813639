/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a host has against DMA and interrupts of functions that go astray, as far as Linux 6.1
 * shows it: IOMMU, interrupt remapping, ACS.
 */
#ifndef AGENT_ISOLATION_H
#define AGENT_ISOLATION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "agent/sysfs.h"

/*
 * Whether the bridge whose 'len' bytes of configuration these are sends everything from below
 * it upstream, to the IOMMU: root ports and downstream ports by ACS; upstream ports need none.
 * Any bytes are fine.
 */
bool ag_acs_isolates(const uint8_t *config, size_t len);
/* Whether DMA of the device in folder 'dev' is translated. */
bool ag_iommu_translates(const char *dev);
/* Whether the kernel has interrupts remapped (x86; elsewhere it shows nothing: false). */
bool ag_interrupts_remapped(const struct ag_sysfs *fs);

#endif
