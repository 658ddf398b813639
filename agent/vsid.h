/* SPDX-License-Identifier: Apache-2.0 */
/* The VS-identity capability (HANDOVER 7, common/pci/regmap.h) in a configuration space. */
#ifndef AGENT_VSID_H
#define AGENT_VSID_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ag_root;

/*
 * Looks for the capability in 'len' bytes of an upstream bridge's configuration space. true and
 * '*ret' filled when it is there and whole; any bytes are fine.
 */
bool ag_vsid_parse(const uint8_t *config, size_t len, struct ag_root *ret);

#endif
