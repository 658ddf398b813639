// SPDX-License-Identifier: Apache-2.0
/*
 * A saved chassis that someone changed who knows the check sum: the input is a list of patches
 * of 4 bytes (where, what). What is refused comes with a sentence; what is taken can be used,
 * saved and restored, and shows the same then.
 */
#include "sim/model/snapshot.h"

#include <string.h>

#include "common/err.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/tree.h"
#include "sim/model/chassis.h"
#include "sim/model/fault.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_chassis.h"

#define PATCH_BYTES 4
#define HEADER	    40
#define OWNER	    7
#define SSD	    4 /* ports */
#define GPU	    5

static struct sim_chassis *source;
static struct mr_now then = {1, 1};

static void run(struct mr_batch *b, uint64_t epoch)
{
	struct sim_batch_result r = {0};

	sim_chassis_batch(source, then, OWNER, epoch, (const uint8_t *)b->ops.data, b->ops.len,
			  &r);
	mr_buf_done(&r.data);
	mr_batch_done(b);
}

static void pass(int64_t ns)
{
	then.mono_ns += ns;
	sim_chassis_step(source, then);
}

/* Two functions at work, one behind a row, with something of every kind under way. */
static void make_source(void)
{
	const struct sim_fault slow = {.kind = SIM_FAULT_SLOW_REGISTER,
				       .space = MR_SPACE_SWITCH,
				       .address = SW_PORT(2) + PORT_AUTH,
				       .delay_ns = MR_NS_PER_S};
	const struct sim_traffic flow = {.kind = SIM_TRAFFIC_CONSTANT, .mbps = 9, .frame = 64};
	const struct sim_translation map = {4096, 8192, 4096, SIM_IOMMU_READ};
	struct sim_tlp t = {.kind = SIM_TLP_MEM_READ, .vh = 1, .address = 4096};
	struct mr_batch b = {0};

	source = small_chassis(then);
	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, 0, 1);
	run(&b, 1);
	mr_batch_sw_write(&b, SW_PORT(1) + PORT_AUTH, MR_AUTH_AUTHORISED);
	mr_batch_sw_write(&b, SW_BRIDGE(1, 1) + ROW_TARGET,
			  MR_TARGET(MR_TARGET_DEVICE, GPU, 0, 0));
	mr_batch_sw_write(&b, SW_BRIDGE(1, 1) + ROW_STATE, MR_ROW_MAPPED);
	mr_batch_sw_write(&b, SW_COMMIT, 1);
	run(&b, 1);
	sim_host_cfg_write(source, then, 1, 0x100, 0x18, 4, 1 | 2 << 8 | 0xff << 16);
	sim_host_cfg_write(source, then, 1, 0x201, 0x18, 4, 2 | 3 << 8 | 3 << 16);
	pass(MR_NS_PER_MS);
	sim_host_cfg_write(source, then, 1, 0x300, 4, 2, 6);
	sim_host_iommu_map(source, then, 1, &map);
	sim_traffic_set(source, then, SSD, 0, 1, &flow);
	sim_fault_set(source, &slow);
	mr_batch_sw_write(&b, SW_PORT(2) + PORT_AUTH, MR_AUTH_ISOLATED);
	mr_batch_sw_write(&b, SW_BRIDGE(1, 1) + ROW_COOKIE, 7);
	run(&b, 1);
	sim_canary(source, then, 1, 0x300, 0x1234);
	t.from_function = true;
	t.port = GPU;
	t.vf = 0xffff;
	sim_tlp_launch(source, then, &t);
	t.kind = SIM_TLP_ATS_REQUEST;
	sim_tlp_launch(source, then, &t);
	pass(1500);
}

static void seal(struct mr_buf *bytes)
{
	uint64_t h = 0xcbf29ce484222325ull, len = bytes->len - HEADER;

	for (size_t i = HEADER; i < bytes->len; i++)
		h = (h ^ (uint8_t)bytes->data[i]) * 0x100000001b3ull;
	memcpy(bytes->data + 24, &len, 8);
	memcpy(bytes->data + 32, &h, 8);
}

/* Offsets reach everything: 24 bits, and of those that are too large the rest. */
static void patch(struct mr_buf *bytes, const uint8_t *p)
{
	size_t at = (size_t)p[0] | (size_t)p[1] << 8 | (size_t)p[2] << 16;

	bytes->data[HEADER + at % (bytes->len - HEADER)] = (char)p[3];
}

static void use(struct sim_chassis *c, struct mr_now now)
{
	struct sim_tlp t = {.kind = SIM_TLP_MEM_READ, .vh = 1, .address = 4096};
	struct sim_notice n;

	sim_host_cfg_read(c, now, 1, 0x300, 0, 4);
	sim_canary(c, now, 1, 0x300, 0);
	sim_tlp_launch(c, now, &t);
	now.mono_ns += MR_NS_PER_S;
	sim_chassis_step(c, now);
	while (sim_chassis_notice(c, &n))
		FUZZ_CHECK(n.vh <= 2);
	mr_tree_free(sim_chassis_status(c));
	sim_chassis_power_cycle(c, now, MR_NVM_GOOD);
	sim_host_reset(c, now, 1);
}

TARGET(data, len)
{
	struct mr_buf bytes = {0}, again = {0}, a = {0}, b = {0};
	struct sim_chassis *c = NULL, *d = NULL;
	struct mr_err err = {0};
	struct mr_now now;
	int rc;

	if (!source)
		make_source();
	now = then;
	sim_chassis_save(source, now, &bytes);
	if (len & 1) /* cut off */
		bytes.len -= fuzz_byte(&data, &len) * 64u % (bytes.len - HEADER);
	for (; len >= PATCH_BYTES; data += PATCH_BYTES, len -= PATCH_BYTES)
		patch(&bytes, data);
	seal(&bytes);
	rc = sim_chassis_restore(bytes.data, bytes.len, now, &c, &err);
	fuzz_check_err(&err, rc);
	if (!rc) {
		sim_chassis_dump(c, now, &a);
		sim_chassis_save(c, now, &again);
		FUZZ_CHECK(!sim_chassis_restore(again.data, again.len, now, &d, NULL));
		sim_chassis_dump(d, now, &b);
		fuzz_check_same(&a, &b);
		use(c, now);
		sim_chassis_free(d);
	}
	sim_chassis_free(c);
	mr_buf_done(&bytes);
	mr_buf_done(&again);
	mr_buf_done(&a);
	mr_buf_done(&b);
	return 0;
}
