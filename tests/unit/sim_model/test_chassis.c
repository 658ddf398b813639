// SPDX-License-Identifier: Apache-2.0
/* Switch registers, owner, events, batches, host links and slots of the demo chassis. */
#include "fixture.h"

static struct fx x;

static void setup(void)
{
	x = fx_new("config/demo-chassis.yaml");
	ck_assert_uint_eq(fx_take_over(&x), MR_BATCH_OK);
}

static void teardown(void)
{
	fx_free(&x);
}

START_TEST(discovery)
{
	char serial[33] = {0};

	ck_assert_uint_eq(sw(&x, SW_MAGIC), MR_SW_MAGIC);
	ck_assert_uint_eq(sw(&x, SW_CAPS) & 0xffff, 12);
	ck_assert_uint_eq(sw(&x, SW_CAPS) >> 16 & 0xffff, 5);
	ck_assert_uint_eq(sw(&x, SW_CAPS) >> 32 & 0xffff, 16);
	for (unsigned i = 0; i < 4; i++)
		for (unsigned k = 0; k < 8; k++)
			serial[8 * i + k] = (char)(sw(&x, SW_SERIAL + 8 * i) >> 8 * k);
	ck_assert_str_eq(serial, "C1-0001");
	ck_assert_uint_eq(sw(&x, SW_PORT(0) + PORT_KIND), MR_PORT_MGMT);
	ck_assert_uint_eq(sw(&x, SW_PORT(1) + PORT_KIND), MR_PORT_HOST);
	ck_assert_uint_eq(sw(&x, SW_PORT(8) + PORT_KIND), MR_PORT_ADAPTER);
	ck_assert_uint_eq(sim_adapter_find(x.c, "nic-left"), 8);
	ck_assert_uint_eq(sw(&x, SW_PORT(8) + PORT_NET_MBPS), 100000);
	ck_assert_uint_eq(sw(&x, SW_PORT(8) + PORT_LINK_MBPS), 256000);
	ck_assert_uint_eq(sw(&x, 0x7000), UINT64_MAX);
}
END_TEST

/* A compare-swap of the epoch by somebody who owns nothing yet. */
static uint32_t take(uint64_t old, uint64_t epoch)
{
	struct mr_batch b = {0};
	struct sim_batch_result r;

	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, old, epoch);
	r = fx_run(&x, &b, epoch);
	mr_buf_done(&r.data);
	return r.status;
}

START_TEST(the_epoch_goes_up)
{
	uint64_t was = sw(&x, SW_OWNER_EPOCH);

	ck_assert_uint_eq(take(was, was), MR_BATCH_REFUSED);
	ck_assert_uint_eq(take(was, was - 1), MR_BATCH_REFUSED);
	ck_assert_uint_eq(take(was - 1, was + 1), MR_BATCH_REFUSED);
	ck_assert_uint_eq(take(was + 1, was + 2), MR_BATCH_REFUSED);
	ck_assert_uint_eq(sw(&x, SW_OWNER_EPOCH), was);
	ck_assert_uint_eq(take(was, was + 7), MR_BATCH_OK);
	ck_assert_uint_eq(sw(&x, SW_OWNER_EPOCH), was + 7);
}
END_TEST

START_TEST(owner)
{
	struct fx other = x;

	/* The epoch goes up, by compare-swap only, and fences the older owner. */
	ck_assert_uint_eq(sw(&x, SW_OWNER_EPOCH), 1);
	ck_assert_uint_eq(sw(&x, SW_OWNER_ID), OWNER);
	ck_assert_uint_eq(sw_w(&x, SW_OWNER_EPOCH, 9), MR_BATCH_REFUSED);
	ck_assert_uint_eq(fx_take_over(&other), MR_BATCH_OK);
	ck_assert_uint_eq(sw_w(&x, SW_GENERATION, 5), MR_BATCH_STALE_OWNER);
	ck_assert_uint_eq(sw(&x, SW_REFUSED), 1);
	ck_assert_uint_eq(sw(&x, SW_GENERATION), 0);
	ck_assert_uint_eq(sw_w(&other, SW_GENERATION, 5), MR_BATCH_OK);
	ck_assert_uint_eq(sw_w(&other, SW_GENERATION, 4), MR_BATCH_REFUSED);
	ck_assert_uint_eq(sw_w(&other, SW_GENERATION, 5), MR_BATCH_OK);
	ck_assert_uint_eq(sw(&other, SW_WRITES), 4);
}
END_TEST

START_TEST(nobody_owns_a_free_switch)
{
	struct fx y = fx_new("config/demo-chassis.yaml");

	ck_assert_uint_eq(sw_w(&y, SW_GENERATION, 5), MR_BATCH_STALE_OWNER);
	fx_free(&y);
}
END_TEST

START_TEST(batches)
{
	struct mr_batch b = {0};
	struct sim_batch_result r;

	/* The first record that fails stops the batch and the reply says which. */
	mr_batch_sw_write(&b, SW_GENERATION, 3);
	mr_batch_sw_expect(&b, SW_GENERATION, UINT64_MAX, 4);
	mr_batch_sw_write(&b, SW_GENERATION, 9);
	r = fx_run(&x, &b, x.epoch);
	ck_assert_uint_eq(r.status, MR_BATCH_EXPECT);
	ck_assert_uint_eq(r.executed, 1);
	ck_assert_uint_eq(mr_batch_get_value((const uint8_t *)r.data.data, 0), 3);
	mr_buf_done(&r.data);
	ck_assert_uint_eq(sw(&x, SW_GENERATION), 3);
	/* A record that is none: nothing of the batch is executed. */
	mr_batch_sw_write(&b, SW_GENERATION, 8);
	mr_buf_add(&b.ops, "x", 1);
	r = fx_run(&x, &b, x.epoch);
	ck_assert_uint_eq(r.status, MR_BATCH_MALFORMED);
	ck_assert_uint_eq(sw(&x, SW_GENERATION), 3);
	for (unsigned i = 0; i < 9; i++)
		mr_batch_sw_read(&b, SW_PORTS, 4096);
	r = fx_run(&x, &b, x.epoch);
	ck_assert_uint_eq(r.status, MR_BATCH_LIMIT);
	mr_buf_done(&r.data);
}
END_TEST

START_TEST(events)
{
	uint64_t head = sw(&x, SW_EVENT_HEAD);
	uint64_t at = SW_EVENT(head % 1024);

	sw_w(&x, SW_EVENT_TAIL, head);
	fx_notices(&x, SIM_NOTICE_MGMT_IRQ, -1);
	ck_assert_int_eq(sim_host_set_power(x.c, x.now, 2, false), 0);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_MGMT_IRQ, -1), 1);
	ck_assert_uint_eq(sw(&x, SW_EVENT_HEAD), head + 1);
	ck_assert_uint_eq(sw(&x, at), MR_EV_PORT_POWER | 2 << 16 | 2ull << 32);
	ck_assert_uint_eq(sw(&x, at + 8), head);
	ck_assert_uint_eq(sw(&x, at + 16), 0);
	/* A ring that nobody reads loses events and says so. */
	for (unsigned i = 0; i < 1100; i++)
		sim_host_set_power(x.c, x.now, 2, !(i & 1));
	ck_assert_uint_eq(sw(&x, SW_EVENT_FLAGS), MR_SW_EVENT_OVERFLOW);
	ck_assert_uint_eq(sw(&x, SW_EVENT_HEAD), head + 1024);
	ck_assert_uint_eq(sw_w(&x, SW_EVENT_TAIL, head + 1025), MR_BATCH_REFUSED);
	ck_assert_uint_eq(sw_w(&x, SW_EVENT_TAIL, head + 1024), MR_BATCH_OK);
	ck_assert_uint_eq(sw_w(&x, SW_EVENT_FLAGS, 1), MR_BATCH_OK);
	ck_assert_uint_eq(sw(&x, SW_EVENT_FLAGS), 0);
}
END_TEST

START_TEST(ports)
{
	/* Held: link down; authorised: the tree; isolated: link up and nothing below. */
	ck_assert(!sim_host_link(x.c, 1));
	ck_assert_uint_eq(hcfg(&x, 1, 0x100, 0, 4), 0xffffffff);
	fx_notices(&x, SIM_NOTICE_HOST_LINK, 1);
	ck_assert_uint_eq(sw_w(&x, SW_PORT(1) + PORT_AUTH, MR_AUTH_AUTHORISED), MR_BATCH_OK);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_LINK, 1), 1);
	fx_enumerate(&x, 1);
	ck_assert_uint_eq(hcfg(&x, 1, 0x100, 0, 2), 0xba5a);
	ck_assert_uint_eq(hcfg(&x, 1, 0x20f, 0x0a, 2), 0x0604);
	ck_assert_uint_eq(hcfg(&x, 1, 0x210, 0, 4), 0xffffffff); /* 16 bridges */
	ck_assert_uint_eq(hcfg(&x, 1, 0x200, 0x0e, 1), 0x81);	 /* more than function 0 */
	ck_assert_uint_eq(sw_w(&x, SW_PORT(1) + PORT_AUTH, MR_AUTH_ISOLATED), MR_BATCH_OK);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_LINK, 1), 2);
	fx_enumerate(&x, 1);
	ck_assert_uint_eq(hcfg(&x, 1, 0x100, 0, 2), 0xba5a);
	ck_assert_uint_eq(hcfg(&x, 1, 0x200, 0, 4), 0xffffffff);
	ck_assert_uint_eq(sw_w(&x, SW_PORT(1) + PORT_AUTH, 3), MR_BATCH_REFUSED);
}
END_TEST

START_TEST(challenge)
{
	fx_boot(&x, 3);
	sw_w(&x, SW_PORT(3) + PORT_CHALLENGE, 0x1122334455667788);
	hcfg_w(&x, 3, 0x100, 0x218, 4, 0); /* read-only to the host */
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x200, 2), 0x23);
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x204, 2), MR_DVSEC_VENDOR);
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x208, 2), MR_DVSEC_VS_IDENTITY);
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x20c, 4), 3 | 3 << 16);
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x210, 4), 1);
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x218, 4), 0x55667788);
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x21c, 4), 0x11223344);
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x220, 4), 'C' | '1' << 8 | '-' << 16 | '0' << 24);
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x150, 2), 3); /* serial number capability */
	ck_assert_uint_eq(hcfg(&x, 3, 0x100, 0x154, 2), 3); /* its low 16 bits: the port */
}
END_TEST

START_TEST(hot_plug)
{
	uint64_t ids = 0x1077 | 0x2289 << 16 | 0x0c0400ull << 32 | 2ull << 56;
	uint16_t rid = FX_BUS(4) << 8;

	fx_boot(&x, 4);
	fx_provision(&x, "hba", 0, 32);
	fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, 4);
	fx_map_synthetic(&x, 4, 4, "hba", 7, 0x10000, ids);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, 4), 1);
	ck_assert_uint_eq(hcfg(&x, 4, 0x204, 0x9a, 2), 0x0148); /* PDS DLLSC PDC */
	ck_assert_uint_eq(hcfg(&x, 4, 0x204, 0x92, 2) >> 13 & 1, 1);
	ck_assert_uint_eq(hcfg(&x, 4, rid, 0, 4), 0x22891077);
	ck_assert_uint_eq(hcfg(&x, 4, rid, 8, 4), 0x0c040002);
	ck_assert_uint_eq(hcfg(&x, 4, rid, 0x2c, 4), 0x00011077);
	hcfg_w(&x, 4, 0x204, 0x9a, 2, 0x0108);
	ck_assert_uint_eq(hcfg(&x, 4, 0x204, 0x9a, 2), 0x0040);
	/* A forced cut: an orderly removal, only there; consumed when the host says so. */
	ck_assert_uint_eq(row_w(&x, 4, 4, ROW_STATE, MR_ROW_BLOCKED), MR_BATCH_OK);
	ck_assert_uint_eq(row_w(&x, 4, 4, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_REFUSED);
	fx_pass(&x, 1000000);
	ck_assert_uint_eq(fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, 4), 1);
	ck_assert_uint_eq(hcfg(&x, 4, rid, 0, 4), 0xffffffff);
	ck_assert_uint_eq(hcfg(&x, 4, 0x204, 0x9a, 2), 0x0108);
	ck_assert(row(&x, 4, 4, ROW_STATUS) & MR_ROW_DRAINED);
	ck_assert(!(row(&x, 4, 4, ROW_STATUS) & MR_ROW_REMOVAL_SEEN));
	hcfg_w(&x, 4, 0x204, 0x9a, 2, 0x0108);
	ck_assert(row(&x, 4, 4, ROW_STATUS) & MR_ROW_REMOVAL_SEEN);
	ck_assert_uint_eq(row(&x, 4, 4, ROW_LOST), 1);
	ck_assert_uint_eq(row_w(&x, 4, 4, ROW_STATE, MR_ROW_FREE), MR_BATCH_OK);
	ck_assert_uint_eq(sw(&x, SW_ROWS_USED), 0);
}
END_TEST

START_TEST(slot_power)
{
	fx_boot(&x, 4);
	fx_provision(&x, "hba", 0, 32);
	fx_map_synthetic(&x, 4, 0, "hba", 0, 0x10000, 0x22891077);
	fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, 4);
	hcfg_w(&x, 4, 0x200, 0x9a, 2, 0x011f);
	hcfg_w(&x, 4, 0x200, 0x98, 2, 0x1438); /* power off */
	ck_assert_uint_ge(fx_notices(&x, SIM_NOTICE_HOST_HOTPLUG, 4), 1);
	ck_assert_uint_eq(hcfg(&x, 4, 0x200, 0x9a, 2), 0x0150); /* PDS, CC, DLLSC */
	ck_assert_uint_eq(hcfg(&x, 4, FX_BUS(0) << 8, 0, 4), 0xffffffff);
	ck_assert(!(row(&x, 4, 0, ROW_STATUS) & MR_ROW_POWER));
	hcfg_w(&x, 4, 0x200, 0x98, 2, 0x1038);
	ck_assert(row(&x, 4, 0, ROW_STATUS) & MR_ROW_DLLA);
	ck_assert_uint_eq(hcfg(&x, 4, FX_BUS(0) << 8, 0, 4), 0x22891077);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("chassis");
	TCase *t = tcase_create("switch");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, discovery);
	tcase_add_test(t, owner);
	tcase_add_test(t, the_epoch_goes_up);
	tcase_add_test(t, nobody_owns_a_free_switch);
	tcase_add_test(t, batches);
	tcase_add_test(t, events);
	tcase_add_test(t, ports);
	tcase_add_test(t, challenge);
	tcase_add_test(t, hot_plug);
	tcase_add_test(t, slot_power);
	suite_add_tcase(s, t);
	return check_run(s);
}
