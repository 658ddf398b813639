/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole state of a chassis as bytes and back (a box whose tables outlive the program), and
 * as text that diffs well. The bytes are for the same version of the program: a header says
 * which, how long they are and their check sum, and what does not match is refused. So is what
 * no chassis can come to (snapshot_check.c): a check sum does not keep out who knows it.
 *
 * Hosts are not part of it: whoever restores a chassis lets its hosts boot.
 */
#ifndef SIM_MODEL_SNAPSHOT_H
#define SIM_MODEL_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#include "common/now.h"
#include "common/str.h"

struct mr_err;
struct sim_chassis;

#define SIM_SNAPSHOT_MAX (512u << 20)

/* Appends the state at 'now'. */
void sim_chassis_save(struct sim_chassis *c, struct mr_now now, struct mr_buf *out);
/* The chassis that was saved, its time moved to 'now' (what was due later stays so much later).
 * -EINVAL with a sentence for bytes that are none, are cut or damaged, or of another version.
 */
int sim_chassis_restore(const void *data, size_t len, struct mr_now now,
			struct sim_chassis **ret, struct mr_err *err);
/* Every register that is not at its default, one a line, sorted by place (place.h). */
void sim_chassis_dump(struct sim_chassis *c, struct mr_now now, struct mr_buf *out);

#endif
