/* SPDX-License-Identifier: Apache-2.0 */
/* The table of chassis drivers. */
#include "fabric-manager/driver/driver.h"

#include <errno.h>

#include "common/err.h"
#include "common/str.h"
#include "common/xalloc.h"

static const struct fm_driver_ops *const drivers[] = {&fm_driver_mrpcim};

/* Opens the driver that 'cfg' names; see driver.h. 0, or -ENOENT for a name that is none, or
 * what the driver said of the address. Texts of 'cfg' are copied; calls and arg are kept. */
int fm_driver_open(struct mr_loop *l, const struct fm_driver_config *cfg,
		   struct fm_driver **ret, struct mr_err *err)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(drivers); i++) {
		struct fm_driver *d;

		if (!mr_streq(drivers[i]->name, cfg->driver))
			continue;
		d = drivers[i]->open(l, cfg, err);
		if (!d)
			return -EINVAL;
		*ret = d;
		return 0;
	}
	return mr_err_set(err, -ENOENT, MR_REASON_UNSUPPORTED,
			  "chassis '%s': expected driver mrpcim, got '%s'", cfg->name,
			  cfg->driver);
}

/* Hands an operation down; see driver.h. */
void fm_driver_submit(struct fm_driver *d, const struct fm_op *op)
{
	d->ops->submit(d, op);
}

/* Closes and frees; NULL is accepted. */
void fm_driver_close(struct fm_driver *d)
{
	if (d)
		d->ops->close(d);
}
