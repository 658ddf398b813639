// SPDX-License-Identifier: Apache-2.0
/* Verbs of the control socket that take the chassis as a whole: save and dump. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "sim/ctl.h"
#include "sim/model/snapshot.h"
#include "sim/world.h"

/* Written beside the file and renamed: a save that breaks off leaves the older one alone. */
int sim_ctl_save(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	struct mr_buf bytes = {0}, beside = {0};
	bool ok = false;
	FILE *f;

	(void)n;
	mr_buf_printf(&beside, "%s.new", arg[0]);
	f = fopen(beside.data, "wb");
	if (f) {
		sim_chassis_save(sim_world_chassis(w), sim_world_now(w), &bytes);
		ok = fwrite(bytes.data, 1, bytes.len, f) == bytes.len;
		ok = !fclose(f) && ok && !rename(beside.data, arg[0]);
	}
	if (!ok)
		mr_buf_printf(out, "expected a file that can be written at '%s': %s\n", arg[0],
			      strerror(errno));
	mr_buf_done(&bytes);
	mr_buf_done(&beside);
	return !ok;
}

/* Every register that is not at its default. */
int sim_ctl_dump(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	(void)arg, (void)n;
	sim_chassis_dump(sim_world_chassis(w), sim_world_now(w), out);
	if (out->len < SIM_CTL_CAP)
		return 0;
	mr_buf_reset(out);
	mr_buf_putc(out, 0);
	mr_buf_puts(out, "the dump is over 8 MiB\n");
	return 1;
}
