/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of YAML trees as the reader builds them; users of trees need only yaml.h.
 */
#ifndef COMMON_YAML_TREE_H
#define COMMON_YAML_TREE_H

struct mr_yaml;

void mr_yaml_free(struct mr_yaml *n);
struct mr_yaml *mr_yaml_copy(const struct mr_yaml *n);

#endif
