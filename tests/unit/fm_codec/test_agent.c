/* SPDX-License-Identifier: Apache-2.0 */
/*
 * agent.proto at the manager's end: every field of its commands, every check of what agents
 * say, and bytes that nobody meant.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/agent.h"
#include "fabric-manager/model/desired.h"
#include "proto/agent.pb-c.h"
#include "tests/unit/check_main.h"

static struct mr_buf out;
static struct fm_agent_msg got;
static struct mr_err err;

static Banyan__Place place;
static Banyan__AgentFunction fn;
static Banyan__AgentFunction *fns[] = {&fn};
static Banyan__Place gone;
static Banyan__Place *gones[] = {&gone};
static Banyan__Report report;
static Banyan__OwnPort own;
static Banyan__OwnPort *owns[FM_OWN_PORTS_MAX + 1];
static Banyan__AgentRoot root;
static Banyan__AgentRoot *roots[9] = {&root, &root, &root, &root, &root,
				      &root, &root, &root, &root};
static Banyan__AgentHello hello;
static Banyan__Isolation isolation;
static Banyan__Answer answer;
static Banyan__Ack ack;
static Banyan__AgentMsg msg;

static void make_place(Banyan__Place *p)
{
	banyan__place__init(p);
	p->way = FM_WAY_LVF;
	p->port = 1;
	p->bridge = 2;
	p->pf = 3;
	p->slot = 4;
}

static uint32_t pkey[FM_PKEYS_SEEN + 1] = {0xffff, 0x8001};

static void make_fn(void)
{
	banyan__agent_function__init(&fn);
	make_place(&place);
	fn.place = &place;
	fn.rid = 0x1234;
	fn.domain = 1;
	fn.vendor = 0x15b3;
	fn.device = 0x101e;
	fn.class_code = 0x020000;
	fn.driver = (char *)"mlx5_core";
	fn.name = (char *)"eth0";
	fn.ident0 = 11;
	fn.ident1 = 12;
	fn.link = 1;
	fn.numa = -1;
	fn.iommu_group = 5;
	fn.pf = 1;
	fn.numvfs = 6;
	fn.totalvfs = 7;
	fn.pkeys_told = 1;
	fn.n_pkey = 2;
	fn.pkey = pkey;
}

/* Good messages of every kind, for tests to spoil. */
static void make(Banyan__AgentMsg__BodyCase body)
{
	make_fn();
	make_place(&gone);
	banyan__report__init(&report);
	report.revision = 9;
	report.full = 1;
	report.n_function = report.n_gone = 1;
	report.function = fns;
	report.gone = gones;
	banyan__own_port__init(&own);
	own.domain = 1;
	own.rid = 0x305;
	own.class_code = 0x0c0400;
	own.name = (char *)"host0";
	own.ident0 = 7;
	own.ident1 = 8;
	for (unsigned i = 0; i < MR_ARRAY_SIZE(owns); i++)
		owns[i] = &own;
	report.own = owns;
	report.n_own = 1;
	report.own_told = 1;
	banyan__agent_root__init(&root);
	root.chassis_serial = (char *)"C1-0001";
	root.port = 3;
	root.vs = 4;
	root.owner_epoch = 5;
	root.challenge = 6;
	banyan__agent_hello__init(&hello);
	hello.host = (char *)"blade01";
	hello.boot_id = (char *)"boot";
	hello.kernel = (char *)"6.1";
	hello.incarnation = 8;
	hello.vf_migration = 1;
	hello.isolation = NULL;
	banyan__isolation__init(&isolation);
	isolation.iommu = isolation.interrupt_remapping = 1;
	hello.n_root = 2;
	hello.root = roots;
	banyan__answer__init(&answer);
	answer.n_root = 1;
	answer.root = roots;
	banyan__ack__init(&ack);
	ack.op = 99;
	ack.reason = BANYAN__REASON__REASON_BUSY;
	ack.detail = (char *)"in use";
	ack.who = (char *)"md0";
	ack.function = &fn;
	banyan__agent_msg__init(&msg);
	msg.id = 12;
	msg.reply_to = 13;
	msg.body_case = body;
	switch (body) {
	case BANYAN__AGENT_MSG__BODY_AGENT_HELLO:
		msg.agent_hello = &hello;
		break;
	case BANYAN__AGENT_MSG__BODY_ANSWER:
		msg.answer = &answer;
		break;
	case BANYAN__AGENT_MSG__BODY_REPORT:
		msg.report = &report;
		break;
	default:
		msg.ack = &ack;
		break;
	}
}

static int get(void)
{
	size_t len = banyan__agent_msg__get_packed_size(&msg);
	uint8_t *bytes = mr_xmalloc(len + 1);
	int rc;

	banyan__agent_msg__pack(&msg, bytes);
	fm_agent_msg_done(&got);
	err = (struct mr_err){0};
	rc = fm_agent_get(bytes, len, &got, &err);
	free(bytes);
	return rc;
}

static void check_fn(const struct fm_agent_fn *f)
{
	ck_assert_int_eq(f->place.way, FM_WAY_LVF);
	ck_assert_uint_eq(f->place.port, 1);
	ck_assert_uint_eq(f->place.bridge, 2);
	ck_assert_uint_eq(f->place.pf, 3);
	ck_assert_uint_eq(f->place.slot, 4);
	ck_assert_uint_eq(f->rid, 0x1234);
	ck_assert_uint_eq(f->domain, 1);
	ck_assert_uint_eq(f->vendor, 0x15b3);
	ck_assert_uint_eq(f->device, 0x101e);
	ck_assert_uint_eq(f->class_code, 0x020000);
	ck_assert_str_eq(f->driver, "mlx5_core");
	ck_assert_str_eq(f->name, "eth0");
	ck_assert_uint_eq(f->ident0, 11);
	ck_assert_uint_eq(f->ident1, 12);
	ck_assert(f->link);
	ck_assert_int_eq(f->numa, -1);
	ck_assert_int_eq(f->iommu_group, 5);
	ck_assert(f->pf);
	ck_assert_uint_eq(f->numvfs, 6);
	ck_assert(f->pkeys_told);
	ck_assert_uint_eq(f->pkeys, 2);
	ck_assert_uint_eq(f->pkey[1], 0x8001);
	ck_assert_uint_eq(f->totalvfs, 7);
}

static void check_root(const struct fm_agent_root *r)
{
	ck_assert_str_eq(r->chassis_serial, "C1-0001");
	ck_assert_uint_eq(r->port, 3);
	ck_assert_uint_eq(r->vs, 4);
	ck_assert_uint_eq(r->owner_epoch, 5);
	ck_assert_uint_eq(r->challenge, 6);
}

START_TEST(test_hello)
{
	make(BANYAN__AGENT_MSG__BODY_AGENT_HELLO);
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_HELLO);
	ck_assert_uint_eq(got.id, 12);
	ck_assert_uint_eq(got.reply_to, 13);
	ck_assert_str_eq(got.hello.host, "blade01");
	ck_assert_str_eq(got.hello.boot_id, "boot");
	ck_assert_str_eq(got.hello.kernel, "6.1");
	ck_assert_uint_eq(got.hello.incarnation, 8);
	ck_assert(got.hello.vf_migration);
	ck_assert(!got.hello.told); /* an agent that knows nothing of it */
	ck_assert_uint_eq(got.hello.roots, 2);
	check_root(&got.hello.root[1]);
	make(BANYAN__AGENT_MSG__BODY_ANSWER);
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_ANSWER);
	ck_assert_uint_eq(got.hello.roots, 1);
	check_root(&got.hello.root[0]);
	make(BANYAN__AGENT_MSG__BODY_AGENT_HELLO);
	hello.isolation = &isolation;
	ck_assert_int_eq(get(), 0);
	ck_assert(got.hello.told);
	ck_assert_uint_eq(got.hello.has,
			  1 << FM_REQUIRE_IOMMU | 1 << FM_REQUIRE_INTERRUPT_REMAPPING);
}
END_TEST

START_TEST(test_report)
{
	make(BANYAN__AGENT_MSG__BODY_REPORT);
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_REPORT);
	ck_assert_uint_eq(got.report.revision, 9);
	ck_assert(got.report.full);
	ck_assert_uint_eq(got.report.fns, 1);
	check_fn(&got.report.fn[0]);
	ck_assert_uint_eq(got.report.gones, 1);
	ck_assert_uint_eq(got.report.gone[0].slot, 4);
	ck_assert(got.report.own_told);
	ck_assert_uint_eq(got.report.owns, 1);
	ck_assert_uint_eq(got.report.own[0].domain, 1);
	ck_assert_uint_eq(got.report.own[0].rid, 0x305);
	ck_assert_uint_eq(got.report.own[0].class_code, 0x0c0400);
	ck_assert_str_eq(got.report.own[0].name, "host0");
	ck_assert_uint_eq(got.report.own[0].ident0, 7);
	ck_assert_uint_eq(got.report.own[0].ident1, 8);
}
END_TEST

START_TEST(test_ack)
{
	make(BANYAN__AGENT_MSG__BODY_ACK);
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_ACK);
	ck_assert_uint_eq(got.ack.op, 99);
	ck_assert_int_eq(got.ack.reason, MR_REASON_BUSY);
	ck_assert_str_eq(got.ack.detail, "in use");
	ck_assert_str_eq(got.ack.who, "md0");
	ck_assert(got.ack.has_fn);
	check_fn(&got.ack.fn);
	ack.function = NULL;
	ack.reason = (Banyan__Reason)1000;
	ck_assert_int_eq(get(), 0);
	ck_assert(!got.ack.has_fn);
	ck_assert_int_eq(got.ack.reason, MR_REASON_INTERNAL);
}
END_TEST

#define LONG_TEXT                                                            \
	"a-text-that-is-far-too-long-for-any-field-of-this-message-because-" \
	"it-goes-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on-and-on"

START_TEST(test_bad_fields)
{
#define BAD(kind, change, want)                                                    \
	do {                                                                       \
		make(BANYAN__AGENT_MSG__BODY_##kind);                              \
		change;                                                            \
		ck_assert_int_eq(get(), -EINVAL);                                  \
		ck_assert_msg(strstr(err.text, want), "'%s': %s", want, err.text); \
		ck_assert_uint_eq(got.id, 12);                                     \
		ck_assert_ptr_null(got.report.fn);                                 \
	} while (0)
	BAD(AGENT_HELLO, hello.host = (char *)"", "field host is missing");
	BAD(AGENT_HELLO, hello.host = (char *)LONG_TEXT, "field host is over 63");
	BAD(AGENT_HELLO, hello.host = (char *)"a\033[1m", "control character");
	BAD(AGENT_HELLO, hello.boot_id = (char *)"", "field boot_id is missing");
	BAD(AGENT_HELLO, hello.boot_id = (char *)LONG_TEXT, "field boot_id");
	BAD(AGENT_HELLO, hello.kernel = (char *)LONG_TEXT, "field kernel");
	BAD(AGENT_HELLO, hello.n_root = 9, "number of roots is 9, at most 8");
	BAD(AGENT_HELLO, root.chassis_serial = (char *)LONG_TEXT, "field chassis_serial");
	BAD(ANSWER, root.port = 0x10000, "field port");
	BAD(ANSWER, root.vs = 0x10000, "field vs");
	BAD(REPORT, fn.place = NULL, "field place is missing");
	BAD(REPORT, place.way = 0, "field way is missing");
	BAD(REPORT, place.way = 4, "field way is 4");
	BAD(REPORT, own.rid = 0x10000, "field rid");
	BAD(REPORT, own.name = (char *)LONG_TEXT, "field name is over 31");
	BAD(REPORT, report.n_own = FM_OWN_PORTS_MAX + 1, "field n_own");
	BAD(REPORT, gone.way = 4, "field way is 4");
	BAD(REPORT, place.port = 0x10000, "field port");
	BAD(REPORT, place.bridge = 0x10000, "field bridge");
	BAD(REPORT, place.pf = 0x10000, "field pf");
	BAD(REPORT, place.slot = 0x10000, "field slot");
	BAD(REPORT, fn.rid = 0x10000, "field rid");
	BAD(REPORT, fn.domain = 0x10000, "field domain");
	BAD(REPORT, fn.vendor = 0x10000, "field vendor");
	BAD(REPORT, fn.device = 0x10000, "field device");
	BAD(REPORT, fn.class_code = 0x1000000, "field class_code");
	BAD(REPORT, fn.driver = (char *)LONG_TEXT, "field driver");
	BAD(REPORT, fn.name = (char *)"eth0\n", "field name holds a control character");
	BAD(REPORT, fn.numvfs = 0x10000, "field numvfs");
	BAD(REPORT, fn.totalvfs = 0x10000, "field totalvfs");
	BAD(REPORT, fn.n_pkey = FM_PKEYS_SEEN + 1, "field n_pkey");
	BAD(ACK, ack.op = 0, "field op is missing");
	BAD(ACK, ack.detail = (char *)LONG_TEXT, "field detail");
	BAD(ACK, ack.who = (char *)LONG_TEXT, "field who");
	BAD(ACK, fn.rid = 0x10000, "field rid");
#undef BAD
}
END_TEST

static Banyan__AgentMsg *said(int body)
{
	Banyan__AgentMsg *m =
		banyan__agent_msg__unpack(NULL, out.len, (const uint8_t *)out.data);

	ck_assert_ptr_nonnull(m);
	ck_assert_int_eq(m->body_case, body);
	mr_buf_reset(&out);
	return m;
}

START_TEST(test_command)
{
	struct fm_agent_cmd c = {77,
				 FM_AGENT_ACTIVATE,
				 5,
				 6,
				 1ull << 40,
				 3000000000,
				 {FM_WAY_SYNTHETIC, 1, 7, 3, 9},
				 "vfio-pci",
				 true,
				 "zone=z\n",
				 0x0225b5000001,
				 16};
	Banyan__AgentMsg *m;

	fm_agent_put_command(&out, &c);
	m = said(BANYAN__AGENT_MSG__BODY_COMMAND);
	ck_assert_uint_eq(m->command->op, 77);
	ck_assert_uint_eq(m->command->verb, 2);
	ck_assert_uint_eq(m->command->assignment, 5);
	ck_assert_uint_eq(m->command->epoch, 6);
	ck_assert_uint_eq(m->command->owner_epoch, 1ull << 40);
	ck_assert_int_eq(m->command->deadline_ns, 3000000000);
	ck_assert_uint_eq(m->command->place->way, 2);
	ck_assert_uint_eq(m->command->place->port, 1);
	ck_assert_uint_eq(m->command->place->bridge, 7);
	ck_assert_uint_eq(m->command->place->pf, 3);
	ck_assert_uint_eq(m->command->place->slot, 9);
	ck_assert_uint_eq(m->command->count, 16);
	ck_assert_str_eq(m->command->driver, "vfio-pci");
	ck_assert(m->command->force);
	ck_assert_str_eq(m->command->notes, "zone=z\n");
	ck_assert_uint_eq(m->command->ident0, 0x0225b5000001);
	banyan__agent_msg__free_unpacked(m, NULL);
}
END_TEST

START_TEST(test_other_words_of_the_manager)
{
	struct mr_err e = {0};
	Banyan__AgentMsg *m;

	fm_agent_put_challenge(&out);
	banyan__agent_msg__free_unpacked(said(BANYAN__AGENT_MSG__BODY_CHALLENGE), NULL);
	fm_agent_put_accept(&out, 31);
	m = said(BANYAN__AGENT_MSG__BODY_ACCEPT);
	ck_assert_uint_eq(m->accept->session, 31);
	banyan__agent_msg__free_unpacked(m, NULL);
	fm_agent_put_report_ack(&out, 8);
	m = said(BANYAN__AGENT_MSG__BODY_REPORT_ACK);
	ck_assert_uint_eq(m->report_ack->revision, 8);
	banyan__agent_msg__free_unpacked(m, NULL);
	fm_agent_put_heartbeat(&out);
	banyan__agent_msg__free_unpacked(said(BANYAN__AGENT_MSG__BODY_HEARTBEAT), NULL);
	mr_err_set(&e, -EPERM, MR_REASON_WRONG_SLOT, "you sit elsewhere");
	fm_agent_put_error(&out, 4, &e);
	m = said(BANYAN__AGENT_MSG__BODY_ERROR);
	ck_assert_uint_eq(m->reply_to, 4);
	ck_assert_int_eq(m->error->reason, BANYAN__REASON__REASON_WRONG_SLOT);
	ck_assert_int_eq(m->error->err, EPERM);
	ck_assert_str_eq(m->error->text, "you sit elsewhere");
	banyan__agent_msg__free_unpacked(m, NULL);
}
END_TEST

START_TEST(test_small_ones)
{
	Banyan__Heartbeat h = BANYAN__HEARTBEAT__INIT;
	Banyan__Goodbye g = BANYAN__GOODBYE__INIT;
	Banyan__SyncBegin sb = BANYAN__SYNC_BEGIN__INIT;
	Banyan__SyncEnd se = BANYAN__SYNC_END__INIT;
	Banyan__Error e = BANYAN__ERROR__INIT;
	Banyan__Challenge c = BANYAN__CHALLENGE__INIT;

	banyan__agent_msg__init(&msg);
	h.revision = 17;
	msg.body_case = BANYAN__AGENT_MSG__BODY_HEARTBEAT;
	msg.heartbeat = &h;
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_HEARTBEAT);
	ck_assert_uint_eq(got.report.revision, 17);
	g.why = (char *)"shut\tdown";
	msg.body_case = BANYAN__AGENT_MSG__BODY_GOODBYE;
	msg.goodbye = &g;
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_GOODBYE);
	ck_assert_str_eq(got.text, "shut?down");
	msg.body_case = BANYAN__AGENT_MSG__BODY_SYNC_BEGIN;
	msg.sync_begin = &sb;
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_SYNC_BEGIN);
	msg.body_case = BANYAN__AGENT_MSG__BODY_SYNC_END;
	msg.sync_end = &se;
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_SYNC_END);
	e.text = (char *)"no";
	msg.body_case = BANYAN__AGENT_MSG__BODY_ERROR;
	msg.error = &e;
	ck_assert_int_eq(get(), 0);
	ck_assert_int_eq(got.kind, FM_AGENT_MSG_ERROR);
	ck_assert_str_eq(got.text, "no");
	msg.body_case = BANYAN__AGENT_MSG__BODY_CHALLENGE;
	msg.challenge = &c;
	ck_assert_int_eq(get(), -EINVAL);
}
END_TEST

START_TEST(test_unknown_body)
{
	static const uint8_t later[] = {0x08, 0x2a, 0xfa, 0x07, 0x00}; /* id 42, field 127 */

	err = (struct mr_err){0};
	ck_assert_int_eq(fm_agent_get(later, sizeof(later), &got, &err), -ENOTSUP);
	ck_assert_int_eq(err.reason, MR_REASON_UNSUPPORTED);
	ck_assert_uint_eq(got.id, 42);
}
END_TEST

/* Whatever comes in: an answer, never a crash, and what is accepted holds to its limits. */
START_TEST(test_random_bytes)
{
	struct mr_rng rng;
	unsigned accepted = 0;
	uint8_t good[512];
	size_t size;

	mr_rng_init(&rng, 11);
	for (unsigned i = 0; i < 20000; i++) {
		uint8_t bytes[512];
		size_t len;

		make(i % 2 ? BANYAN__AGENT_MSG__BODY_REPORT
			   : BANYAN__AGENT_MSG__BODY_AGENT_HELLO);
		size = banyan__agent_msg__pack(&msg, good);
		memcpy(bytes, good, size);
		for (unsigned n = 1 + (unsigned)mr_rng_below(&rng, 4); n; n--)
			bytes[mr_rng_below(&rng, size)] = (uint8_t)mr_rng_next(&rng);
		len = mr_rng_chance(&rng, 20) ? (size_t)mr_rng_below(&rng, size + 1) : size;
		fm_agent_msg_done(&got);
		if (fm_agent_get(bytes, len, &got, NULL))
			continue;
		accepted++;
		ck_assert_uint_le(got.hello.roots, FM_ROOTS_MAX);
		for (unsigned k = 0; k < got.report.fns; k++)
			ck_assert_int_le(got.report.fn[k].place.way, FM_WAY_DEVICE);
	}
	ck_assert_uint_gt(accepted, 100);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("fm_codec_agent");
	TCase *t = tcase_create("agent");
	int failed;

	tcase_add_test(t, test_hello);
	tcase_add_test(t, test_report);
	tcase_add_test(t, test_ack);
	tcase_add_test(t, test_bad_fields);
	tcase_add_test(t, test_command);
	tcase_add_test(t, test_other_words_of_the_manager);
	tcase_add_test(t, test_small_ones);
	tcase_add_test(t, test_unknown_body);
	tcase_add_test(t, test_random_bytes);
	suite_add_tcase(s, t);
	failed = check_run(s);
	fm_agent_msg_done(&got);
	mr_buf_done(&out);
	return failed;
}
