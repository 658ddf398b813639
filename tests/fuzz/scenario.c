/* SPDX-License-Identifier: Apache-2.0 */
/* Scenario files: read, and what could be read is bound to a small chassis and run for a
 * while. */
#include "sim/model/scenario.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "sim/model/desc.h"
#include "tests/fuzz/fuzz.h"

static const char chassis[] =
	"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c1}\n"
	"spec:\n  serial: C1\n  switch: {ports: 6}\n"
	"  hosts: [{slot: 1, name: blade01}, {slot: 2, name: blade02}]\n"
	"  models:\n    m: {kind: sriov, class: nvme, vendor: \"144d\", device: \"a824\", "
	"vfDevice: \"a825\", link: {speed: 16GT, width: 4}, vfs: 4, "
	"bars: [{size: 32KiB, type: mem64}]}\n"
	"  adapters: [{slot: 1, name: nvme, model: m, serial: D1}]\n";

static void run(const struct sim_scn *s, const struct sim_desc *d)
{
	struct sim_scn_run *r = sim_scn_run_new(s, d, 1, (struct mr_now){1, 1});
	struct mr_buf out = {0};

	for (unsigned i = 0; i < 2000 && !sim_scn_run_over(r); i++) {
		int64_t due = sim_scn_run_deadline(r);

		sim_scn_run_step(r, (struct mr_now){due, due});
	}
	sim_scn_run_text(r, &out);
	mr_buf_done(&out);
	sim_scn_run_free(r);
}

TARGET(data, len)
{
	struct mr_diags diags = {0};
	struct sim_desc *d = NULL;
	struct sim_scn *s = NULL;
	struct mr_buf text = {0};
	int rc;

	mr_buf_add(&text, data, len);
	rc = sim_scn_read("s.yaml", mr_buf_text(&text), len, &s, &diags);
	FUZZ_CHECK((rc == 0) == (s != NULL));
	if (s) {
		FUZZ_CHECK(!sim_desc_read("c.yaml", chassis, strlen(chassis), &d, &diags));
		rc = sim_scn_bind(s, d, &diags);
	}
	fuzz_check_diags(&diags, rc);
	if (!rc)
		run(s, d);
	sim_desc_free(d);
	sim_scn_free(s);
	mr_diags_done(&diags);
	mr_buf_done(&text);
	return 0;
}
