/* SPDX-License-Identifier: Apache-2.0 */
/* A tree (common/tree.h) as text: indented for people, JSON for programs. */
#ifndef SIM_TREE_TEXT_H
#define SIM_TREE_TEXT_H

#include <stdbool.h>

#include "common/str.h"

struct mr_tree;

void sim_tree_text(const struct mr_tree *t, struct mr_buf *out);
void sim_tree_json(const struct mr_tree *t, struct mr_buf *out);

#endif
