// SPDX-License-Identifier: Apache-2.0
/*
 * The simulated chassis under whatever managers, hosts and the tester do: the input is a list
 * of steps of 8 bytes. Whatever they are, the chassis answers with a known status, a reply of
 * the length that the records ask for, and deadlines in the future; its status can be told.
 */
#include "sim/model/chassis.h"

#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/tree.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/small_chassis.h"

#define STEP_BYTES 8
#define OWNER	   7

static const char *const adapters[] = {"nic", "ssd", "gpu", "none"};

struct run {
	struct sim_chassis *c;
	struct mr_now now;
	uint64_t epoch;
	struct sim_batch_result result;
};

static void execute(struct run *r, const uint8_t *ops, size_t len)
{
	struct mr_batch_rec rec;
	size_t pos = 0;
	unsigned records = 0;

	while (mr_batch_next(ops, len, &pos, &rec) == 1)
		records++;
	sim_chassis_batch(r->c, r->now, OWNER, r->epoch, ops, len, &r->result);
	FUZZ_CHECK(r->result.status <= MR_BATCH_REFUSED);
	FUZZ_CHECK(r->result.executed <= records);
	FUZZ_CHECK(r->result.data.len % 8 == 0);
	FUZZ_CHECK(r->result.data.len <= MR_BATCH_MAX_BYTES + 8);
	FUZZ_CHECK(r->result.status != MR_BATCH_OK || r->result.executed == records);
	FUZZ_CHECK(r->result.status != MR_BATCH_MALFORMED || r->result.executed == 0);
}

static void execute_batch(struct run *r, struct mr_batch *b)
{
	execute(r, (const uint8_t *)b->ops.data, b->ops.len);
	mr_batch_done(b);
}

static uint64_t read_switch(struct run *r, uint64_t address)
{
	struct mr_batch b = {0};

	mr_batch_sw_read(&b, address, 1);
	execute_batch(r, &b);
	FUZZ_CHECK(r->result.data.len == 8);
	return mr_batch_get_value((const uint8_t *)r->result.data.data, 0);
}

static void take_over(struct run *r)
{
	struct mr_batch b = {0};

	r->epoch = read_switch(r, SW_OWNER_EPOCH) + 1;
	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, r->epoch - 1, r->epoch);
	execute_batch(r, &b);
}

/* A value that means something to many registers, from a byte. */
static uint64_t value_of(uint8_t v)
{
	static const uint8_t port[] = {3, 4, 5, 9};

	if (v < 0x40)
		return v;
	if (v < 0x80)
		return MR_TARGET(v & 3, port[v >> 2 & 3], 0, v >> 4 & 3);
	if (v < 0xc0)
		return (uint64_t)(v & 7) | (uint64_t)(v >> 3 & 7) << 16;
	return v < 0xe0 ? 1ull << (2 * (v & 31)) : UINT64_MAX >> (v & 31);
}

/* A register of the switch: of a port, a bridge row, or global. */
static void step_switch(struct run *r, const uint8_t *s)
{
	uint64_t at = s[1] < 0x40   ? SW_BRIDGE(1 + (s[1] & 1), s[1] >> 1 & 3)
		      : s[1] < 0x80 ? SW_PORT(s[1] & 7)
		      : s[1] < 0xa0 ? SW_PORT_BAR(s[1] & 7)
		      : s[1] < 0xc0 ? SW_EVENT(s[1] & 31)
				    : 0;
	struct mr_batch b = {0};

	at += 8ull * (s[2] & 31);
	if (s[0] & 8)
		mr_batch_sw_read(&b, at, (uint16_t)(1 + s[4]));
	else
		mr_batch_sw_write(&b, at, value_of(s[3]));
	execute_batch(r, &b);
}

static uint16_t rid_of(struct run *r, uint8_t adapter, uint8_t fn)
{
	return (uint16_t)(read_switch(r, SW_PORT(3 + adapter % 3) + PORT_VH0_RID) + fn % 16);
}

/* Configuration space as VH 0 or as a host numbered it. */
static void step_config(struct run *r, const uint8_t *s)
{
	uint16_t vh = s[1] & 3, offset = (uint16_t)((s[2] | s[3] << 8) & 0xffc);
	uint16_t rid = s[1] & 4 ? (uint16_t)(s[4] << 8 | s[5]) : rid_of(r, s[4], s[5]);
	struct mr_batch b = {0};

	if (s[0] & 8)
		mr_batch_read(&b, MR_SPACE_CONFIG, vh, rid, offset, 4, (uint16_t)(1 + s[6]));
	else
		mr_batch_write(&b, MR_SPACE_CONFIG, vh, rid, offset, s[7] & 1 ? 2 : 4,
			       value_of(s[6]));
	execute_batch(r, &b);
}

/* The control table of an adapter, through its BAR in VH 0. */
static void step_control(struct run *r, const uint8_t *s)
{
	uint16_t rid = rid_of(r, s[1], 0);
	uint64_t at = s[2] < 0x40   ? CT_VH(s[2] & 3)
		      : s[2] < 0x60 ? CT_PF(1, s[2] & 3, 0)
		      : s[2] < 0x80 ? CT_MAIL(1, s[2] & 3, 0)
		      : s[2] < 0xf0 ? CT_VF(4, 0, s[2] & 7)
				    : CT_NS(0, s[2] & 15);
	struct mr_batch b = {0};
	uint64_t bar;

	mr_batch_read(&b, MR_SPACE_CONFIG, 0, rid, 0x10, 4, 2);
	execute_batch(r, &b);
	FUZZ_CHECK(r->result.data.len == 16);
	bar = mr_batch_get_value((const uint8_t *)r->result.data.data, 0) & ~15ull;
	bar |= mr_batch_get_value((const uint8_t *)r->result.data.data, 1) << 32;
	at += bar + 8ull * (s[3] & 31);
	if (s[0] & 8)
		mr_batch_read(&b, MR_SPACE_MEMORY, 0, 0, at, 8, (uint16_t)(1 + (s[4] & 31)));
	else
		mr_batch_write(&b, MR_SPACE_MEMORY, 0, 0, at, 8, value_of(s[4]));
	execute_batch(r, &b);
}

/* A host reads or writes what it sees. */
static void step_host(struct run *r, const uint8_t *s)
{
	uint16_t vh = 1 + (s[1] & 1), rid = (uint16_t)(s[2] << 8 | s[3]);
	unsigned offset = (unsigned)((s[4] | s[5] << 8) & 0xffc);
	uint32_t value = (uint32_t)value_of(s[6]) | (uint32_t)s[7] << 16;

	if (s[1] & 4)
		sim_host_mem_write(r->c, r->now, vh, (uint64_t)s[2] << 32 | offset, 4, value);
	else if (s[1] & 8)
		sim_host_mem_read(r->c, r->now, vh, (uint64_t)s[2] << 32 | offset, 8);
	else if (s[0] & 8)
		sim_host_cfg_read(r->c, r->now, vh, rid, offset, 4);
	else
		sim_host_cfg_write(r->c, r->now, vh, rid, offset, 4, value);
}

static void step_tester(struct run *r, const uint8_t *s)
{
	uint16_t vh = 1 + (s[2] & 1);

	switch (s[1] & 7) {
	case 0:
		sim_host_set_power(r->c, r->now, vh, s[3] & 1);
		break;
	case 1:
		sim_host_reset(r->c, r->now, vh);
		break;
	case 2:
		sim_port_set_link(r->c, r->now, s[2] & 7, s[3] & 1);
		break;
	case 3:
		sim_adapter_pull(r->c, r->now, adapters[s[2] & 3]);
		break;
	case 4:
		sim_adapter_insert(r->c, r->now, adapters[s[2] & 3]);
		break;
	case 5:
		sim_chassis_power_cycle(r->c, r->now, s[2] & 3);
		break;
	default:
		take_over(r);
		break;
	}
}

static void step_traffic(struct run *r, const uint8_t *s)
{
	struct sim_tlp t = {.kind = (enum sim_tlp_kind)(s[1] & 3),
			    .from_function = s[1] & 4,
			    .vh = s[2] & 3,
			    .port = s[3] & 7,
			    .vf = s[4] & 7,
			    .rid = (uint16_t)(s[5] << 8 | s[6]),
			    .address = (uint64_t)s[7] << 30,
			    .data = s[6]};
	uint64_t id = sim_tlp_launch(r->c, r->now, &t);

	FUZZ_CHECK(sim_tlp_fate(r->c, id).end <= SIM_TLP_DROPPED);
}

static void pass(struct run *r, uint8_t how)
{
	int64_t due;

	r->now.mono_ns += (int64_t)how * how * MR_NS_PER_US * 100;
	r->now.wall_ns = r->now.mono_ns;
	sim_chassis_step(r->c, r->now);
	due = sim_chassis_deadline(r->c);
	FUZZ_CHECK(due > r->now.mono_ns);
}

static void step(struct run *r, const uint8_t *s)
{
	switch (s[0] & 7) {
	case 0:
	case 1:
		step_switch(r, s);
		break;
	case 2:
		step_config(r, s);
		break;
	case 3:
		step_control(r, s);
		break;
	case 4:
		step_host(r, s);
		break;
	case 5:
		step_tester(r, s);
		break;
	case 6:
		step_traffic(r, s);
		break;
	default:
		pass(r, s[1]);
		break;
	}
}

TARGET(data, len)
{
	struct run r = {.now = {1, 1}};
	struct sim_notice n;

	r.c = small_chassis(r.now);
	take_over(&r);
	if (len && data[0] == 0xff)
		execute(&r, data + 1, len - 1); /* records as they come */
	else
		for (; len >= STEP_BYTES; data += STEP_BYTES, len -= STEP_BYTES)
			step(&r, data);
	pass(&r, 255);
	while (sim_chassis_notice(r.c, &n))
		FUZZ_CHECK(n.vh <= 2);
	mr_tree_free(sim_chassis_status(r.c));
	mr_buf_done(&r.result.data);
	sim_chassis_free(r.c);
	return 0;
}
