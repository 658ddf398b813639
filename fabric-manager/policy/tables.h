/* SPDX-License-Identifier: Apache-2.0 */
/* The tables of the kinds, for kinds.c; everybody else asks fm_kind_table. */
#ifndef FABRIC_MANAGER_POLICY_TABLES_H
#define FABRIC_MANAGER_POLICY_TABLES_H

#include "fabric-manager/policy/table.h"

extern const struct fm_table fm_host_table;
extern const struct fm_table fm_adapter_table;
extern const struct fm_table fm_host_group_table;
extern const struct fm_table fm_adapter_pool_table;
extern const struct fm_table fm_identity_pool_table;
extern const struct fm_table fm_port_profile_table;
extern const struct fm_table fm_qos_class_table;
extern const struct fm_table fm_profile_table;
extern const struct fm_table fm_device_table; /* of a profile */
extern const struct fm_table fm_template_table;
extern const struct fm_table fm_priority_table;
extern const struct fm_table fm_domain_table;
extern const struct fm_table fm_fabric_table;
extern const struct fm_table fm_update_table; /* of FabricPolicy and of a profile */

#endif
