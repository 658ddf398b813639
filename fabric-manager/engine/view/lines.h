/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What differs between two texts, line by line.
 */
#ifndef FABRIC_MANAGER_ENGINE_VIEW_LINES_H
#define FABRIC_MANAGER_ENGINE_VIEW_LINES_H

struct mr_buf;

/* Appends the lines that differ with "- " and "+ " in front, two lines around them with "  ",
 * and "..." where more were left out. Either text may be "". */
void fm_lines_diff(const char *before, const char *after, struct mr_buf *out);

#endif
