/* SPDX-License-Identifier: Apache-2.0 */
/* The driver on a unix socket, with registers of paper behind it. */
#include <stdio.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/loop.h"
#include "common/net/peer.h"
#include "common/os/clock.h"
#include "fabric-manager/driver/driver.h"
#include "proto/chassis.pb-c.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_mrpcim/fake.h"

static struct fake f;
static struct mr_loop *loop;
static struct mr_listener *listener;
static struct mr_peer *served;
static struct fm_driver *driver;
static char folder[64], address[96];
static unsigned results, lost, done, connected, disconnected, wanted;
static uint64_t last_tag;
static bool mute, chain, error_once;

/* ---- the chassis' end ---- */

static void send_msg(struct mr_peer *p, const Banyan__ChassisMsg *m)
{
	size_t len = banyan__chassis_msg__get_packed_size(m);
	uint8_t *raw = mr_xmalloc(len);

	banyan__chassis_msg__pack(m, raw);
	mr_peer_send(p, raw, len);
	free(raw);
}

static void on_frame(struct mr_peer *p, const uint8_t *data, size_t len, void *arg)
{
	Banyan__ChassisMsg *in = banyan__chassis_msg__unpack(NULL, len, data);
	Banyan__ChassisMsg out = BANYAN__CHASSIS_MSG__INIT;
	Banyan__BatchReply reply = BANYAN__BATCH_REPLY__INIT;
	Banyan__Error error = BANYAN__ERROR__INIT;
	struct mr_buf values = {0};
	struct mr_batch_rec r;
	size_t pos = 0;

	(void)arg;
	ck_assert_ptr_nonnull(in);
	ck_assert_int_eq(in->body_case, BANYAN__CHASSIS_MSG__BODY_BATCH);
	f.owner_id = in->batch->owner_id;
	while (!reply.status &&
	       mr_batch_next(in->batch->ops.data, in->batch->ops.len, &pos, &r) == 1) {
		reply.status = fake_record(&f, &r, &values);
		reply.executed += reply.status == MR_BATCH_OK;
	}
	f.writes = 0;
	reply.data.data = (uint8_t *)values.data;
	reply.data.len = values.len;
	out.reply_to = in->id;
	out.body_case = BANYAN__CHASSIS_MSG__BODY_BATCH_REPLY;
	out.batch_reply = &reply;
	if (error_once) {
		error.text = (char *)"unreadable";
		out.body_case = BANYAN__CHASSIS_MSG__BODY_ERROR;
		out.error = &error;
		error_once = false;
	}
	if (!mute)
		send_msg(p, &out);
	mr_buf_done(&values);
	banyan__chassis_msg__free_unpacked(in, NULL);
}

static void on_ready(struct mr_peer *p, const struct mr_hello *theirs, void *arg)
{
	(void)arg;
	ck_assert_str_eq(theirs->role, "manager");
	served = p;
}

static void on_close(struct mr_peer *p, const char *why, void *arg)
{
	(void)why, (void)arg;
	if (served == p)
		served = NULL;
}

static const struct mr_peer_ops server_ops = {on_ready, on_frame, on_close};

static void serve(void)
{
	struct mr_peer_config cfg = {
		.hello = {.protocol = "chassis", .role = "sim", .name = "paper", .major = 1},
		.cap = MR_FRAME_CAP_CHASSIS,
		.ops = &server_ops,
	};

	ck_assert_int_eq(mr_listen(loop, address, &cfg, &listener, NULL), 0);
}

/* ---- the manager's end ---- */

static void look(void)
{
	if (results >= wanted && connected)
		mr_loop_stop(loop);
}

static struct fm_op auth(uint64_t tag)
{
	return (struct fm_op){
		.tag = tag, .kind = FM_OP_AUTHORISE, .place = {.port = 1}, .value = tag % 3};
}

static void on_result(struct fm_op_result *r, void *arg)
{
	struct fm_op next = auth(r->tag + 1);

	(void)arg;
	results++;
	lost += r->end == FM_OP_LOST;
	done += r->end == FM_OP_DONE;
	last_tag = r->tag;
	if (chain && results < wanted)
		fm_driver_submit(driver, &next);
	look();
}

static void on_event(const struct fm_chassis_event *ev, void *arg)
{
	(void)arg;
	ck_assert_uint_eq(ev->chassis, 2);
	connected += ev->kind == FM_CE_CONNECTED;
	disconnected += ev->kind == FM_CE_DISCONNECTED;
	look();
}

static void on_deadline(void *arg)
{
	(void)arg;
	ck_abort_msg("30 s are over: %u of %u results, connected %u", results, wanted,
		     connected);
}

static void run(unsigned want)
{
	struct mr_timer *t = mr_timer_new(loop, on_deadline, NULL);

	mr_timer_set(t, mr_clock_now().mono_ns + 30 * MR_NS_PER_S);
	wanted = want;
	if (results < wanted || !connected)
		mr_loop_run(loop);
	mr_timer_free(t);
}

static void submit(struct fm_op op)
{
	unsigned before = results;

	fm_driver_submit(driver, &op);
	ck_assert_uint_eq(results, before);
}

static void setup(void)
{
	static const struct fm_driver_calls calls = {on_result, on_event};
	struct fm_driver_config cfg = {.driver = "mrpcim",
				       .name = "c1",
				       .index = 2,
				       .address = address,
				       .calls = &calls};

	results = lost = done = connected = disconnected = 0;
	mute = chain = error_once = false;
	memset(&f, 0, sizeof(f));
	fake_init(&f);
	strcpy(folder, "/tmp/fm_driver.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(folder));
	snprintf(address, sizeof(address), "unix:%s/c1.sock", folder);
	loop = mr_loop_new();
	serve();
	ck_assert_int_eq(fm_driver_open(loop, &cfg, &driver, NULL), 0);
	run(0);
	submit((struct fm_op){.tag = 1, .kind = FM_OP_OBSERVE});
	submit((struct fm_op){.tag = 2,
			      .kind = FM_OP_TAKE_OWNER,
			      .value = 10,
			      .owner_id = 9,
			      .owner_epoch = 4});
	run(2);
	ck_assert_uint_eq(done, 2);
	results = done = 0;
}

static void teardown(void)
{
	fm_driver_close(driver);
	mr_listener_free(listener);
	mr_loop_free(loop);
	fake_done(&f);
	rmdir(folder);
}

START_TEST(many_in_flight_end_once_and_in_order)
{
	for (uint64_t i = 0; i < 1000; i++)
		submit(auth(10 + i));
	run(1000);
	ck_assert_uint_eq(done, 1000);
	ck_assert_uint_eq(last_tag, 1009);
	ck_assert_uint_eq(fake_read(&f, MR_SPACE_SWITCH, 0, SW_PORT(1) + PORT_AUTH), 1009 % 3);
}
END_TEST

START_TEST(callbacks_may_submit)
{
	chain = true;
	wanted = 500;
	submit(auth(10));
	run(500);
	ck_assert_uint_eq(done, 500);
	ck_assert_uint_eq(last_tag, 509);
}
END_TEST

static void cut(void *arg)
{
	(void)arg;
	mute = false;
	mr_peer_close(served, "cut by the test");
}

START_TEST(a_cut_connection_loses_and_comes_back)
{
	mute = true;
	for (uint64_t i = 0; i < 10; i++)
		submit(auth(10 + i));
	mr_loop_defer(loop, cut, NULL);
	connected = 0;
	run(10);
	ck_assert_uint_eq(lost, 10);
	ck_assert_uint_eq(disconnected, 1);
	submit(auth(30));
	run(11);
	ck_assert_uint_eq(done, 1);
}
END_TEST

START_TEST(an_error_refuses_only_its_batch)
{
	error_once = true;
	submit(auth(10));
	submit(auth(11));
	run(2);
	ck_assert_uint_eq(done, 1);
	ck_assert_uint_eq(lost, 0);
}
END_TEST

START_TEST(what_cannot_be_opened)
{
	struct fm_driver *d = NULL;
	struct mr_err err = {0};
	struct fm_driver_config cfg = {.driver = "cxl", .name = "c9", .address = address};

	ck_assert_int_lt(fm_driver_open(loop, &cfg, &d, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "expected driver mrpcim, got 'cxl'"));
	err = (struct mr_err){0};
	cfg.driver = "mrpcim";
	cfg.address = "tcp:nowhere";
	ck_assert_int_lt(fm_driver_open(loop, &cfg, &d, &err), 0);
	ck_assert_ptr_nonnull(strstr(err.text, "c9"));
	ck_assert_ptr_null(d);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("driver");
	TCase *t = tcase_create("mrpcim");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, many_in_flight_end_once_and_in_order);
	tcase_add_test(t, callbacks_may_submit);
	tcase_add_test(t, a_cut_connection_loses_and_comes_back);
	tcase_add_test(t, an_error_refuses_only_its_batch);
	tcase_add_test(t, what_cannot_be_opened);
	suite_add_tcase(s, t);
	return check_run(s);
}
