// SPDX-License-Identifier: Apache-2.0
/* Verbs of the control socket that take the chassis as a whole: save and dump. */
#include <string.h>

#include "sim/ctl.h"
#include "sim/model/snapshot.h"
#include "sim/save.h"
#include "sim/world.h"

int sim_ctl_save(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	int r = sim_save(w, arg[0]);

	(void)n;
	if (r)
		mr_buf_printf(out, "expected a file that can be written at '%s': %s\n", arg[0],
			      strerror(-r));
	return r != 0;
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
