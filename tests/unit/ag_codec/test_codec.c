/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.proto at the agent's end: every field of what it says, every check of what it hears,
 * and bytes that nobody meant.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "agent/codec/codec.h"
#include "common/err.h"
#include "common/rng.h"
#include "common/xalloc.h"
#include "proto/agent.pb-c.h"
#include "tests/unit/check_main.h"

static struct mr_buf out;

static Banyan__AgentMsg *unpacked(int body)
{
	Banyan__AgentMsg *m =
		banyan__agent_msg__unpack(NULL, out.len, (const uint8_t *)out.data);

	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(m->body_case, body);
	mr_buf_reset(&out);
	return m;
}

static void pack(const Banyan__AgentMsg *m)
{
	mr_buf_reset(&out);
	mr_buf_add(&out, "", 0);
	out.len = 0;
	for (size_t n = banyan__agent_msg__get_packed_size(m); n; n--)
		mr_buf_putc(&out, 0);
	banyan__agent_msg__pack(m, (uint8_t *)out.data);
}

static int get(struct ag_msg *ret, struct mr_err *err)
{
	*err = (struct mr_err){0};
	return ag_msg_get((const uint8_t *)out.data, out.len, ret, err);
}

static const struct ag_root root = {"C1-0001", 3, 4, 5, 0xfedcba9876543210};
static const struct ag_fn fn = {.place = {AG_WAY_LVF, 1, 2, 3, 4},
				.rid = 0x1234,
				.domain = 1,
				.vendor = 0x15b3,
				.device = 0x101e,
				.class_code = 0x020000,
				.driver = "mlx5_core",
				.name = "eth0",
				.ident0 = 0x0225b5000001,
				.ident1 = 7,
				.link = true,
				.numa = -1,
				.iommu_group = 12,
				.pf = true,
				.numvfs = 8,
				.totalvfs = 16,
				.pkeys_told = true,
				.pkeys = 2,
				.pkey = {0xffff, 0x8001},
				.users = "not told",
				.carries_agent = true};

static void check_fn(const Banyan__AgentFunction *m)
{
	ck_assert_ptr_nonnull(m);
	ck_assert_ptr_nonnull(m->place);
	ck_assert_uint_eq(m->place->way, 1);
	ck_assert_uint_eq(m->place->port, 1);
	ck_assert_uint_eq(m->place->bridge, 2);
	ck_assert_uint_eq(m->place->pf, 3);
	ck_assert_uint_eq(m->place->slot, 4);
	ck_assert_uint_eq(m->rid, 0x1234);
	ck_assert_uint_eq(m->domain, 1);
	ck_assert_uint_eq(m->vendor, 0x15b3);
	ck_assert_uint_eq(m->device, 0x101e);
	ck_assert_uint_eq(m->class_code, 0x020000);
	ck_assert_str_eq(m->driver, "mlx5_core");
	ck_assert_str_eq(m->name, "eth0");
	ck_assert_uint_eq(m->ident0, 0x0225b5000001);
	ck_assert_uint_eq(m->ident1, 7);
	ck_assert(m->link);
	ck_assert_int_eq(m->numa, -1);
	ck_assert_int_eq(m->iommu_group, 12);
	ck_assert(m->pf);
	ck_assert_uint_eq(m->numvfs, 8);
	ck_assert_uint_eq(m->totalvfs, 16);
	ck_assert(m->pkeys_told);
	ck_assert_uint_eq(m->n_pkey, 2);
	ck_assert_uint_eq(m->pkey[1], 0x8001);
}

static void check_root(const Banyan__AgentRoot *m)
{
	ck_assert_str_eq(m->chassis_serial, "C1-0001");
	ck_assert_uint_eq(m->port, 3);
	ck_assert_uint_eq(m->vs, 4);
	ck_assert_uint_eq(m->owner_epoch, 5);
	ck_assert_uint_eq(m->challenge, 0xfedcba9876543210);
}

START_TEST(test_hello_and_answer)
{
	struct ag_identity id = {"blade01", "2b0f-boot", "6.1.0", 9};
	struct ag_action a = {.root = {root, root},
			      .roots = 2,
			      .vf_migration = true,
			      .isolation = {true, false, true}};
	Banyan__AgentMsg *m;

	ag_put_hello(&out, &id, &a);
	m = unpacked(BANYAN__AGENT_MSG__BODY_AGENT_HELLO);
	ck_assert_str_eq(m->agent_hello->host, "blade01");
	ck_assert_str_eq(m->agent_hello->boot_id, "2b0f-boot");
	ck_assert_str_eq(m->agent_hello->kernel, "6.1.0");
	ck_assert_uint_eq(m->agent_hello->incarnation, 9);
	ck_assert(m->agent_hello->vf_migration);
	ck_assert(m->agent_hello->isolation && m->agent_hello->isolation->iommu &&
		  !m->agent_hello->isolation->interrupt_remapping &&
		  m->agent_hello->isolation->acs);
	ck_assert_uint_eq(m->agent_hello->n_root, 2);
	check_root(m->agent_hello->root[1]);
	banyan__agent_msg__free_unpacked(m, NULL);
	ag_put_answer(&out, &a);
	m = unpacked(BANYAN__AGENT_MSG__BODY_ANSWER);
	ck_assert_uint_eq(m->answer->n_root, 2);
	check_root(m->answer->root[0]);
	banyan__agent_msg__free_unpacked(m, NULL);
}
END_TEST

START_TEST(test_report)
{
	struct ag_fn f = fn;
	struct ag_place gone = {AG_WAY_DEVICE, 1, 9, 0, 0};
	struct ag_action a = {
		.revision = 41, .full = true, .fn = &f, .fns = 1, .gone = &gone, .gones = 1};
	struct ag_own own = {.domain = 1,
			     .rid = 0x305,
			     .class_code = 0x0c0400,
			     .name = "host0",
			     .ident0 = 7,
			     .ident1 = 8};
	unsigned pos = 0;
	Banyan__AgentMsg *m;

	ck_assert(ag_put_report(&out, &a, &pos));
	m = unpacked(BANYAN__AGENT_MSG__BODY_REPORT);
	ck_assert_uint_eq(m->report->revision, 41);
	ck_assert(m->report->full);
	ck_assert_uint_eq(m->report->n_function, 1);
	check_fn(m->report->function[0]);
	ck_assert_uint_eq(m->report->n_gone, 1);
	ck_assert_uint_eq(m->report->gone[0]->way, 3);
	ck_assert_uint_eq(m->report->gone[0]->bridge, 9);
	ck_assert(!m->report->own_told);
	banyan__agent_msg__free_unpacked(m, NULL);
	ck_assert(!ag_put_report(&out, &a, &pos));
	a.own_told = true;
	a.own = &own;
	a.owns = 1;
	pos = 0;
	ck_assert(ag_put_report(&out, &a, &pos));
	m = unpacked(BANYAN__AGENT_MSG__BODY_REPORT);
	ck_assert(m->report->own_told);
	ck_assert_uint_eq(m->report->n_own, 1);
	ck_assert_uint_eq(m->report->own[0]->domain, 1);
	ck_assert_uint_eq(m->report->own[0]->rid, 0x305);
	ck_assert_uint_eq(m->report->own[0]->class_code, 0x0c0400);
	ck_assert_str_eq(m->report->own[0]->name, "host0");
	ck_assert_uint_eq(m->report->own[0]->ident0, 7);
	ck_assert_uint_eq(m->report->own[0]->ident1, 8);
	banyan__agent_msg__free_unpacked(m, NULL);
}
END_TEST

START_TEST(test_report_in_chunks)
{
	struct ag_action a = {.revision = 7, .full = true, .fns = 5000, .gones = 5000};
	unsigned pos = 0, frames = 0, fns = 0, gones = 0;

	a.fn = mr_xcalloc(a.fns, sizeof(*a.fn));
	a.gone = mr_xcalloc(a.gones, sizeof(*a.gone));
	for (unsigned i = 0; i < a.fns; i++)
		a.fn[i] = fn;
	while (ag_put_report(&out, &a, &pos)) {
		Banyan__AgentMsg *m;

		ck_assert_uint_lt(out.len, 1u << 20);
		m = unpacked(BANYAN__AGENT_MSG__BODY_REPORT);
		ck_assert_int_eq(m->report->full, !frames);
		frames++;
		fns += (unsigned)m->report->n_function;
		gones += (unsigned)m->report->n_gone;
		banyan__agent_msg__free_unpacked(m, NULL);
	}
	ck_assert_uint_eq(frames, 3);
	ck_assert_uint_eq(fns, 5000);
	ck_assert_uint_eq(gones, 5000);
	free(a.fn);
	free(a.gone);
}
END_TEST

START_TEST(test_empty_full_report)
{
	struct ag_action a = {.revision = 1, .full = true};
	unsigned pos = 0;
	Banyan__AgentMsg *m;

	ck_assert(ag_put_report(&out, &a, &pos));
	m = unpacked(BANYAN__AGENT_MSG__BODY_REPORT);
	ck_assert(m->report->full);
	banyan__agent_msg__free_unpacked(m, NULL);
	ck_assert(!ag_put_report(&out, &a, &pos));
}
END_TEST

/* DESIGN 11: a delta of one function is about 60 bytes. */
START_TEST(test_a_delta_is_small)
{
	struct ag_fn f = fn;
	struct ag_action a = {.revision = 1000, .fn = &f, .fns = 1};
	unsigned pos = 0;

	f.pkeys_told = false; /* it is no HCA */
	f.pkeys = 0;
	ag_put_report(&out, &a, &pos);
	ck_assert_uint_le(out.len, 80);
	mr_buf_reset(&out);
}
END_TEST

START_TEST(test_ack)
{
	struct ag_action a = {.op = 1234567890123,
			      .reason = MR_REASON_BUSY,
			      .detail = "in use",
			      .who = "mounted on /data"};
	Banyan__AgentMsg *m;

	ag_put_ack(&out, &a);
	m = unpacked(BANYAN__AGENT_MSG__BODY_ACK);
	ck_assert_uint_eq(m->ack->op, 1234567890123);
	ck_assert_int_eq(m->ack->reason, BANYAN__REASON__REASON_BUSY);
	ck_assert_str_eq(m->ack->detail, "in use");
	ck_assert_str_eq(m->ack->who, "mounted on /data");
	ck_assert_ptr_null(m->ack->function);
	banyan__agent_msg__free_unpacked(m, NULL);
	a.has_fn = true;
	a.ack_fn = fn;
	ag_put_ack(&out, &a);
	m = unpacked(BANYAN__AGENT_MSG__BODY_ACK);
	check_fn(m->ack->function);
	banyan__agent_msg__free_unpacked(m, NULL);
}
END_TEST

START_TEST(test_small_ones)
{
	struct mr_err err = {0};
	Banyan__AgentMsg *m;

	ag_put_sync_begin(&out);
	banyan__agent_msg__free_unpacked(unpacked(BANYAN__AGENT_MSG__BODY_SYNC_BEGIN), NULL);
	ag_put_sync_end(&out);
	banyan__agent_msg__free_unpacked(unpacked(BANYAN__AGENT_MSG__BODY_SYNC_END), NULL);
	ag_put_heartbeat(&out, 17);
	m = unpacked(BANYAN__AGENT_MSG__BODY_HEARTBEAT);
	ck_assert_uint_eq(m->heartbeat->revision, 17);
	banyan__agent_msg__free_unpacked(m, NULL);
	ag_put_goodbye(&out, "shutdown");
	m = unpacked(BANYAN__AGENT_MSG__BODY_GOODBYE);
	ck_assert_str_eq(m->goodbye->why, "shutdown");
	banyan__agent_msg__free_unpacked(m, NULL);
	mr_err_set(&err, -EINVAL, MR_REASON_INVALID, "field way is missing");
	ag_put_error(&out, 5, &err);
	m = unpacked(BANYAN__AGENT_MSG__BODY_ERROR);
	ck_assert_uint_eq(m->reply_to, 5);
	ck_assert_int_eq(m->error->err, EINVAL);
	ck_assert_str_eq(m->error->text, "field way is missing");
	banyan__agent_msg__free_unpacked(m, NULL);
}
END_TEST

static Banyan__Place place;
static Banyan__Command cmd;
static Banyan__AgentMsg msg;

/* A good command in 'msg', for tests to spoil. */
static void make_command(void)
{
	banyan__place__init(&place);
	banyan__command__init(&cmd);
	banyan__agent_msg__init(&msg);
	place.way = 2;
	place.port = 1;
	place.bridge = 7;
	place.pf = 3;
	place.slot = 9;
	cmd.op = 77;
	cmd.verb = AG_ACTIVATE;
	cmd.assignment = 5;
	cmd.epoch = 6;
	cmd.owner_epoch = 1ull << 40;
	cmd.deadline_ns = 3000000000;
	cmd.place = &place;
	cmd.driver = (char *)"vfio-pci";
	cmd.force = 1;
	cmd.notes = (char *)"device=d\nzone=z\n";
	cmd.ident0 = 0x0225b5000001;
	cmd.count = 16;
	msg.id = 12;
	msg.body_case = BANYAN__AGENT_MSG__BODY_COMMAND;
	msg.command = &cmd;
}

START_TEST(test_command)
{
	struct ag_msg m;
	struct mr_err err;

	make_command();
	pack(&msg);
	ck_assert_int_eq(get(&m, &err), 0);
	ck_assert_int_eq(m.kind, AG_MSG_COMMAND);
	ck_assert_uint_eq(m.id, 12);
	ck_assert_uint_eq(m.cmd.op, 77);
	ck_assert_uint_eq(m.cmd.verb, AG_ACTIVATE);
	ck_assert_uint_eq(m.cmd.assignment, 5);
	ck_assert_uint_eq(m.cmd.epoch, 6);
	ck_assert_uint_eq(m.cmd.owner_epoch, 1ull << 40);
	ck_assert_int_eq(m.cmd.deadline_ns, 3000000000);
	ck_assert_uint_eq(m.cmd.place.way, AG_WAY_SYNTHETIC);
	ck_assert_uint_eq(m.cmd.place.port, 1);
	ck_assert_uint_eq(m.cmd.place.bridge, 7);
	ck_assert_uint_eq(m.cmd.place.pf, 3);
	ck_assert_uint_eq(m.cmd.place.slot, 9);
	ck_assert_str_eq(m.cmd.driver, "vfio-pci");
	ck_assert(m.cmd.force);
	ck_assert_str_eq(m.cmd.notes, "device=d\nzone=z\n");
	ck_assert_uint_eq(m.cmd.ident0, 0x0225b5000001);
	ck_assert_uint_eq(m.cmd.count, 16);
}
END_TEST

START_TEST(test_bad_commands)
{
	struct ag_msg m;
	struct mr_err err;

#define BAD(change, want)                                              \
	do {                                                           \
		make_command();                                        \
		change;                                                \
		pack(&msg);                                            \
		ck_assert_int_eq(get(&m, &err), -EINVAL);              \
		ck_assert_msg(strstr(err.text, want), "%s", err.text); \
		ck_assert_uint_eq(m.id, 12);                           \
	} while (0)
	BAD(cmd.verb = AG_VERB_COUNT, "field verb is 5");
	BAD(cmd.place = NULL, "field place is missing");
	BAD(place.way = 4, "field way is 4");
	BAD(place.port = 0x10000, "field port");
	BAD(place.bridge = 0x10000, "field bridge");
	BAD(place.pf = 0x10000, "field pf");
	BAD(place.slot = 0x10000, "field slot");
	BAD(cmd.driver = (char *)"../evil", "field driver");
	BAD(cmd.driver = (char *)"a b", "field driver");
	BAD(cmd.driver = (char *)"a-driver-whose-name-does-not-end-in-time", "over 31 bytes");
	BAD(cmd.notes = (char *)"a=\tb\n", "field notes");
	BAD(cmd.deadline_ns = -1, "field deadline_ns");
#undef BAD
}
END_TEST

START_TEST(test_other_messages_of_the_manager)
{
	Banyan__Challenge ch = BANYAN__CHALLENGE__INIT;
	Banyan__Accept ac = BANYAN__ACCEPT__INIT;
	Banyan__ReportAck ra = BANYAN__REPORT_ACK__INIT;
	Banyan__Heartbeat hb = BANYAN__HEARTBEAT__INIT;
	Banyan__Error er = BANYAN__ERROR__INIT;
	Banyan__SyncEnd se = BANYAN__SYNC_END__INIT;
	struct ag_msg m;
	struct mr_err err;

	banyan__agent_msg__init(&msg);
	msg.body_case = BANYAN__AGENT_MSG__BODY_CHALLENGE;
	msg.challenge = &ch;
	pack(&msg);
	ck_assert_int_eq(get(&m, &err), 0);
	ck_assert_int_eq(m.kind, AG_MSG_CHALLENGE);
	ac.session = 31;
	msg.body_case = BANYAN__AGENT_MSG__BODY_ACCEPT;
	msg.accept = &ac;
	pack(&msg);
	ck_assert_int_eq(get(&m, &err), 0);
	ck_assert_int_eq(m.kind, AG_MSG_ACCEPT);
	ck_assert_uint_eq(m.session, 31);
	ra.revision = 8;
	msg.body_case = BANYAN__AGENT_MSG__BODY_REPORT_ACK;
	msg.report_ack = &ra;
	pack(&msg);
	ck_assert_int_eq(get(&m, &err), 0);
	ck_assert_int_eq(m.kind, AG_MSG_REPORT_ACK);
	ck_assert_uint_eq(m.revision, 8);
	msg.body_case = BANYAN__AGENT_MSG__BODY_HEARTBEAT;
	msg.heartbeat = &hb;
	pack(&msg);
	ck_assert_int_eq(get(&m, &err), 0);
	ck_assert_int_eq(m.kind, AG_MSG_HEARTBEAT);
	er.reason = BANYAN__REASON__REASON_WRONG_SLOT;
	er.text = (char *)"not\nyours";
	msg.body_case = BANYAN__AGENT_MSG__BODY_ERROR;
	msg.error = &er;
	pack(&msg);
	ck_assert_int_eq(get(&m, &err), 0);
	ck_assert_int_eq(m.kind, AG_MSG_ERROR);
	ck_assert_int_eq(m.reason, MR_REASON_WRONG_SLOT);
	ck_assert_str_eq(m.text, "not?yours");
	er.reason = (Banyan__Reason)999;
	pack(&msg);
	ck_assert_int_eq(get(&m, &err), 0);
	ck_assert_int_eq(m.reason, MR_REASON_INTERNAL);
	msg.body_case = BANYAN__AGENT_MSG__BODY_SYNC_END;
	msg.sync_end = &se;
	pack(&msg);
	ck_assert_int_eq(get(&m, &err), -EINVAL);
}
END_TEST

START_TEST(test_unknown_body)
{
	static const uint8_t later[] = {0x08, 0x2a, 0xfa, 0x07, 0x00}; /* id 42, field 127 */
	struct mr_err err = {0};
	struct ag_msg m;

	ck_assert_int_eq(ag_msg_get(later, sizeof(later), &m, &err), -ENOTSUP);
	ck_assert_int_eq(err.reason, MR_REASON_UNSUPPORTED);
	ck_assert_uint_eq(m.id, 42);
}
END_TEST

/* Whatever comes in: an answer, never a crash, and what is accepted holds to its limits. */
START_TEST(test_random_bytes)
{
	struct mr_rng rng;
	struct mr_buf good = {0};
	unsigned accepted = 0;

	mr_rng_init(&rng, 7);
	make_command();
	pack(&msg);
	mr_buf_add(&good, out.data, out.len);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[200];
		size_t len = good.len;
		struct ag_msg m;

		memcpy(bytes, good.data, len);
		for (unsigned n = 1 + (unsigned)mr_rng_below(&rng, 4); n; n--)
			bytes[mr_rng_below(&rng, len)] = (uint8_t)mr_rng_next(&rng);
		if (mr_rng_chance(&rng, 20))
			len = (size_t)mr_rng_below(&rng, len + 1);
		if (ag_msg_get(bytes, len, &m, NULL))
			continue;
		accepted++;
		ck_assert_int_le(m.kind, AG_MSG_HEARTBEAT);
		ck_assert_uint_lt(m.cmd.verb, AG_VERB_COUNT);
		ck_assert_uint_le(m.cmd.place.way, AG_WAY_DEVICE);
		ck_assert_uint_lt(strlen(m.cmd.driver), sizeof(m.cmd.driver));
	}
	ck_assert_uint_gt(accepted, 100);
	mr_buf_done(&good);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ag_codec");
	TCase *t = tcase_create("codec");
	int failed;

	tcase_add_test(t, test_hello_and_answer);
	tcase_add_test(t, test_report);
	tcase_add_test(t, test_report_in_chunks);
	tcase_add_test(t, test_empty_full_report);
	tcase_add_test(t, test_a_delta_is_small);
	tcase_add_test(t, test_ack);
	tcase_add_test(t, test_small_ones);
	tcase_add_test(t, test_command);
	tcase_add_test(t, test_bad_commands);
	tcase_add_test(t, test_other_messages_of_the_manager);
	tcase_add_test(t, test_unknown_body);
	tcase_add_test(t, test_random_bytes);
	suite_add_tcase(s, t);
	failed = check_run(s);
	mr_buf_done(&out);
	return failed;
}
