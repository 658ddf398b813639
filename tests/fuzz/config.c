// SPDX-License-Identifier: Apache-2.0
/* The manager's configuration: what is accepted is within its bounds, what is refused says
 * why. */
#include "fabric-manager/io/config.h"

#include <errno.h>

#include "common/err.h"
#include "common/os/log.h"
#include "common/str.h"
#include "tests/fuzz/fuzz.h"

TARGET(data, len)
{
	struct fm_config c = {0};
	struct mr_diags diags = {0};
	struct mr_buf text = {0};
	int rc;

	mr_buf_add(&text, data, len);
	rc = fm_config_read("m.yaml", mr_buf_text(&text), len, &c, &diags);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	fuzz_check_diags(&diags, rc);
	if (rc == 0) {
		FUZZ_CHECK(c.n_chassis > 0 && c.n_chassis <= FM_CONFIG_CHASSIS_MAX);
		FUZZ_CHECK(c.store[0] && c.control[0]);
		for (unsigned i = 0; i < c.n_chassis; i++)
			FUZZ_CHECK(c.chassis[i].name[0] && c.chassis[i].address[0]);
		FUZZ_CHECK(c.log_level >= MR_LOG_DEBUG && c.log_level <= MR_LOG_ERROR);
	}
	mr_diags_done(&diags);
	mr_buf_done(&text);
	return 0;
}
