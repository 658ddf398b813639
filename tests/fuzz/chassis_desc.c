// SPDX-License-Identifier: Apache-2.0
/*
 * Chassis descriptions: what is refused says where and why; what is accepted is within the
 * limits of the register map and can be built and stepped (small ones are).
 */
#include <errno.h>

#include "common/err.h"
#include "common/str.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "tests/fuzz/fuzz.h"

#define BUILT_MAX 4096 /* functions and bridges of a chassis that is built here */

static unsigned check(const struct sim_desc *d)
{
	unsigned size = 0;

	FUZZ_CHECK(d->ports <= MR_MAX_PORTS && d->hosts <= MR_MAX_HOSTS);
	FUZZ_CHECK(d->adapters <= MR_MAX_ADAPTERS);
	for (unsigned i = 0; i < d->hosts; i++) {
		FUZZ_CHECK(d->host[i].name[0] && d->host[i].slot > 0);
		FUZZ_CHECK(d->host[i].bridges <= MR_MAX_BRIDGES);
		size += d->host[i].bridges;
	}
	for (unsigned i = 0; i < d->models; i++) {
		const struct sim_model_desc *m = &d->model[i];

		FUZZ_CHECK(m->vfs <= MR_MAX_VFS && m->pfs <= MR_MAX_PFS);
		FUZZ_CHECK(m->vhs <= MR_MAX_DEVICE_VHS);
		for (unsigned b = 0; b < 6; b++)
			FUZZ_CHECK(!(m->bar[b].size & (m->bar[b].size - 1)));
	}
	for (unsigned i = 0; i < d->adapters; i++) {
		const struct sim_model_desc *m = &d->model[d->adapter[i].model];

		FUZZ_CHECK(d->adapter[i].model < d->models && d->adapter[i].name[0]);
		size += m->pfs * (m->vfs + 1) * (m->vhs + 1);
	}
	return size;
}

static void build(const struct sim_desc *d)
{
	struct mr_now now = {1, 1};
	struct sim_chassis *c = sim_chassis_new(d, now);
	struct sim_notice n;

	now.mono_ns += MR_NS_PER_S;
	sim_chassis_step(c, now);
	for (unsigned i = 0; sim_chassis_notice(c, &n); i++)
		FUZZ_CHECK(i < 100000);
	FUZZ_CHECK(sim_chassis_hosts(c) <= MR_MAX_HOSTS);
	sim_chassis_free(c);
}

TARGET(data, len)
{
	struct sim_desc *d = NULL;
	struct mr_diags diags = {0};
	struct mr_buf text = {0};
	int rc;

	mr_buf_add(&text, data, len);
	rc = sim_desc_read("c.yaml", mr_buf_text(&text), len, &d, &diags);
	FUZZ_CHECK(rc == 0 || rc == -EINVAL);
	FUZZ_CHECK((rc == 0) == (d != NULL));
	fuzz_check_diags(&diags, rc);
	if (d && check(d) <= BUILT_MAX)
		build(d);
	sim_desc_free(d);
	mr_diags_done(&diags);
	mr_buf_done(&text);
	return 0;
}
