// SPDX-License-Identifier: Apache-2.0
/* See save.h. Nothing is synced: what it outlives is the program, not the machine. */
#include "sim/save.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>

#include "common/str.h"
#include "sim/model/snapshot.h"
#include "sim/world.h"

int sim_save(struct sim_world *w, const char *path)
{
	struct mr_buf bytes = {0}, beside = {0};
	bool ok = false;
	int r = 0;
	FILE *f;

	mr_buf_printf(&beside, "%s.new", path);
	f = fopen(beside.data, "wb");
	if (f) {
		sim_chassis_save(sim_world_chassis(w), sim_world_now(w), &bytes);
		ok = fwrite(bytes.data, 1, bytes.len, f) == bytes.len;
		ok = !fclose(f) && ok && !rename(beside.data, path);
	}
	if (!ok)
		r = errno ? -errno : -EIO;
	mr_buf_done(&bytes);
	mr_buf_done(&beside);
	return r;
}
