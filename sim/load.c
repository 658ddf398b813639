// SPDX-License-Identifier: Apache-2.0
/* Reads a chassis file and prints what is wrong with it. */
#include "sim/load.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "sim/model/desc.h"

#define CHASSIS_FILE_MAX (4u << 20)

/* The description, NULL after its findings were printed. */
struct sim_desc *sim_load_chassis(const char *file, struct mr_err *err)
{
	struct mr_diags diags = {0};
	struct mr_buf text = {0};
	struct sim_desc *desc = NULL;
	unsigned long len;
	char *yaml;

	if (mr_file_read(file, CHASSIS_FILE_MAX, &yaml, &len, err))
		return NULL;
	if (sim_desc_read(file, yaml, len, &desc, &diags))
		mr_err_set(err, -EINVAL, MR_REASON_INVALID,
			   "'%s' is no chassis that can be built", file);
	mr_diags_print(&diags, &text);
	fputs(mr_buf_text(&text), stderr);
	mr_buf_done(&text);
	mr_diags_done(&diags);
	free(yaml);
	return desc;
}

/* Blades of other kinds than the face have their room here (docs/host-face.md). */
int sim_check_kinds(const struct sim_desc *d, struct mr_err *err)
{
	for (unsigned i = 0; i < d->hosts; i++)
		if (d->host[i].kind != SIM_BLADE_FACE)
			return mr_err_set(
				err, -EOPNOTSUPP, MR_REASON_UNSUPPORTED,
				"host '%s' is of kind qemu, which is not supported yet",
				d->host[i].name);
	return 0;
}
