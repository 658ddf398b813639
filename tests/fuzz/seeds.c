// SPDX-License-Identifier: Apache-2.0
/*
 * Writes the seeds that are bytes: one file each under FOLDER/TARGET/, made by our own
 * encoders, so that they follow the protocols. Seeds that are text stand in corpus/ and
 * config/.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "agent/codec/codec.h"
#include "common/err.h"
#include "common/net/frame.h"
#include "common/net/hello.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/agent.h"
#include "fabric-manager/codec/control.h"
#include "fabric-manager/codec/record.h"
#include "proto/chassis.pb-c.h"
#include "sim/codec/chassis.h"
#include "sim/model/chassis.h"
#include "tests/unit/fm_codec/made.h"

#define PATH_BYTES 1024

static const char *folder;

/* Writes 'b' and empties it. */
static void seed(const char *target, const char *name, struct mr_buf *b)
{
	char path[PATH_BYTES];
	FILE *f;

	mr_fmt(path, sizeof(path), "%s/%s", folder, target);
	mkdir(path, 0777);
	mr_fmt(path, sizeof(path), "%s/%s/%s", folder, target, name);
	f = fopen(path, "wb");
	if (!f || fwrite(mr_buf_text(b), 1, b->len, f) != b->len || fclose(f)) {
		fprintf(stderr, "cannot write %s\n", path);
		exit(1);
	}
	mr_buf_done(b);
}

/* The same bytes without the header of their frame. */
static void seed_payload(const char *target, const char *name, struct mr_buf *frame)
{
	struct mr_buf b = {0};

	mr_buf_add(&b, frame->data + MR_FRAME_HEADER, frame->len - MR_FRAME_HEADER);
	mr_buf_done(frame);
	seed(target, name, &b);
}

static void seed_frames(void)
{
	struct mr_buf b = {0};
	char byte = 0;

	for (unsigned len = 1; len <= 300; len += 23) {
		char payload[300] = {0};

		mr_frame_put(&b, payload, len);
	}
	seed("frame", "good", &b);
	mr_frame_put(&b, "x", 1);
	mr_buf_add(&b, &byte, 1);
	seed("frame", "cut", &b);
	mr_frame_put(&b, "x", 1);
	mr_buf_add(&b, "\0\0\0\0abc", 7);
	seed("frame", "zero", &b);
	mr_buf_add(&b, "\0\x2d\x01\0\0abc", 8);
	seed("frame", "over", &b);
}

static void seed_hellos(void)
{
	struct mr_hello h = {"control", "cli", "blade01", "6f1c", 1, 0};
	struct mr_buf b = {0};

	mr_hello_put(&b, &h);
	seed_payload("hello", "good", &b);
	h.major = 2;
	mr_hello_put(&b, &h);
	seed_payload("hello", "version", &b);
	mr_copy(h.protocol, sizeof(h.protocol), "agent");
	mr_hello_put(&b, &h);
	seed_payload("hello", "protocol", &b);
	mr_error_put(&b, MR_REASON_NOT_PERMITTED, -EPERM, "no");
	seed_payload("hello", "refusal", &b);
}

static void build_batch(struct mr_batch *b)
{
	uint64_t values[] = {1, UINT64_MAX, 0x0225b5000001};

	mr_batch_sw_expect(b, 0x100, 0xffff, 7);
	mr_batch_cas(b, MR_SPACE_SWITCH, 0, 0, 0x40, 8, 0, 1);
	mr_batch_write_n(b, MR_SPACE_SWITCH, 0, 0, 0x1000, 8, values, 3);
	mr_batch_write(b, MR_SPACE_CONFIG, 3, 0x0108, 4, 2, 6);
	mr_batch_read(b, MR_SPACE_CONFIG, 3, 0x0108, 0, 4, 64);
	mr_batch_write(b, MR_SPACE_MEMORY, 0, 0x0100, 0x2000, 4, 1);
	mr_batch_read(b, MR_SPACE_MEMORY, 0, 0x0100, 0x2000, 1, 1);
}

static void seed_batches(void)
{
	Banyan__ChassisMsg m = BANYAN__CHASSIS_MSG__INIT;
	Banyan__Batch body = BANYAN__BATCH__INIT;
	struct mr_batch batch = {0};
	struct mr_buf b = {0};
	uint8_t packed[1024];

	build_batch(&batch);
	body.owner_id = 0x1122334455667788;
	body.owner_epoch = 3;
	body.ops.data = (uint8_t *)batch.ops.data;
	body.ops.len = batch.ops.len;
	m.id = 9;
	m.body_case = BANYAN__CHASSIS_MSG__BODY_BATCH;
	m.batch = &body;
	if (banyan__chassis_msg__get_packed_size(&m) > sizeof(packed))
		exit(1);
	mr_buf_add(&b, packed, banyan__chassis_msg__pack(&m, packed));
	seed("chassis_msg", "batch", &b);
	seed("batch", "all", &batch.ops);
	mr_batch_done(&batch);
}

static void seed_reply(void)
{
	struct mr_tree *t = mr_tree_map(), *list = mr_tree_add_list(t, "items");
	struct mr_diags d = {0};
	struct fm_reply r = {
		.reason = MR_REASON_NO_WINDOW, .exit_code = 1, .tree = t, .diags = &d};
	struct mr_buf b = {0};
	char text[] = "no";

	r.text = text;
	mr_tree_add_int(list, NULL, -5);
	mr_tree_add_bool(list, NULL, true);
	mr_tree_add_text(mr_tree_add_map(list, NULL), "name", "x");
	mr_tree_add_text(t, "none", NULL);
	mr_diags_add(&d, MR_SEV_WARNING, "f.yaml", 3, 4, "spec.x", "odd");
	mr_diags_add(&d, MR_SEV_ERROR, "f.yaml", 5, 6, "", "wrong");
	fm_control_put_reply(&b, 12, &r);
	seed("control", "reply", &b);
	mr_tree_free(t);
	mr_diags_done(&d);
}

static void seed_control(void)
{
	struct fm_file files[] = {{"a.yaml", "kind: X\n", 8}, {"b.yaml", "", 0}};
	struct fm_request r = {.name = "n",
			       .host = "h",
			       .set = "s",
			       .kind = "hosts",
			       .yes = true,
			       .since = 77};
	struct fm_rec_event e = {5, 6, MR_REASON_BUSY, "p/d", "text"};
	struct mr_err err = {.code = -EBUSY, .reason = MR_REASON_BUSY, .text = "not now"};
	struct mr_buf b = {0};

	for (unsigned v = 0; v < FM_VERB_COUNT; v++) {
		r.verb = (enum fm_verb)v;
		r.file = files;
		r.files = r.verb == FM_VERB_APPLY ? 2 : 0;
		fm_control_put_request(&b, v, &r);
		seed("control", fm_verb_name(r.verb), &b);
	}
	seed_reply();
	fm_control_put_event(&b, &e);
	seed("control", "event", &b);
	fm_control_put_error(&b, 3, &err);
	seed("control", "error", &b);
}

static void seed_records(void)
{
	static const char *const chassis[] = {"c1", "c2"};
	const struct fm_codec_names names = {chassis, 2};

	for (unsigned k = 0; k < FM_RECORD_COUNT; k++) {
		struct fm_record r = made_record((enum fm_record_kind)k);
		struct mr_buf key = {0}, row = {0};

		fm_record_key(&r, &names, &key);
		mr_buf_putc(&row, (char)key.len);
		mr_buf_add(&row, key.data, key.len);
		fm_record_value(&r, &names, &row);
		seed("record", fm_record_kind_name(r.kind), &row);
		fm_record_done(&r);
		mr_buf_done(&key);
	}
}

static void seed_texts(void)
{
	static const char *const text[] = {"02:25:b5:00:00:01",
					   "20:00:00:25:b5:0a:00:00",
					   "50:00:00:25:b5:0a:00:00",
					   "02:00:00:00:00:aa:00:00",
					   "6f1c0e4a-8a53-4d0c-9d0b-0123456789ab",
					   "100",
					   "0000:02:03.1",
					   "25Gbit",
					   "64KiB",
					   "10m",
					   "c1/nic-*\nc1/nic-left"};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(text); i++) {
		struct mr_buf b = {0};
		char name[16];

		mr_buf_putc(&b, (char)i);
		mr_buf_puts(&b, text[i]);
		mr_fmt(name, sizeof(name), "%u", i);
		seed("texts", name, &b);
	}
}

static const struct ag_root root = {"C1-0001", 3, 4, 5, 0xfedcba9876543210};
static struct ag_fn function = {.place = {AG_WAY_LVF, 1, 2, 3, 4},
				.rid = 0x1234,
				.vendor = 0x15b3,
				.device = 0x101e,
				.class_code = 0x020000,
				.driver = "mlx5_core",
				.name = "eth0",
				.ident0 = 0x0225b5000001,
				.link = true,
				.numa = -1,
				.iommu_group = 12,
				.pf = true,
				.numvfs = 8,
				.totalvfs = 16};

static void seed_agent_up(void)
{
	struct ag_identity id = {"blade01", "2b0f-boot", "6.1.0", 9};
	struct ag_place gone = {AG_WAY_DEVICE, 1, 7, 0, 0};
	struct ag_action a = {.root = {root, root},
			      .roots = 2,
			      .vf_migration = true,
			      .op = 5,
			      .reason = MR_REASON_BUSY,
			      .detail = "in use",
			      .who = "mounted on /data",
			      .has_fn = true,
			      .ack_fn = function,
			      .revision = 8,
			      .full = true,
			      .fn = &function,
			      .fns = 1,
			      .gone = &gone,
			      .gones = 1};
	struct mr_buf b = {0};
	unsigned pos = 0;

	ag_put_hello(&b, &id, &a);
	seed("agent_up", "hello", &b);
	ag_put_answer(&b, &a);
	seed("agent_up", "answer", &b);
	ag_put_report(&b, &a, &pos);
	seed("agent_up", "report", &b);
	ag_put_ack(&b, &a);
	seed("agent_up", "ack", &b);
	ag_put_sync_begin(&b);
	seed("agent_up", "sync-begin", &b);
	ag_put_sync_end(&b);
	seed("agent_up", "sync-end", &b);
	ag_put_heartbeat(&b, 8);
	seed("agent_up", "heartbeat", &b);
	ag_put_goodbye(&b, "reboot");
	seed("agent_up", "goodbye", &b);
}

static void seed_agent_down(void)
{
	struct fm_agent_cmd cmd = {.op = 9,
				   .assignment = 5,
				   .epoch = 6,
				   .owner_epoch = 7,
				   .deadline_ns = 30000000000,
				   .place = {FM_WAY_SYNTHETIC, 1, 3, 0, 0},
				   .driver = "vfio-pci",
				   .force = true,
				   .ident0 = 0x0225b5000001};
	struct mr_err err = {.code = -EPERM, .reason = MR_REASON_WRONG_SLOT, .text = "no"};
	struct mr_buf b = {0};

	for (unsigned v = 0; v < FM_AGENT_VERB_COUNT; v++) {
		cmd.verb = (enum fm_agent_verb)v;
		fm_agent_put_command(&b, &cmd);
		seed("agent_down", fm_agent_verb_name(cmd.verb), &b);
	}
	fm_agent_put_challenge(&b);
	seed("agent_down", "challenge", &b);
	fm_agent_put_accept(&b, 77);
	seed("agent_down", "accept", &b);
	fm_agent_put_report_ack(&b, 8);
	seed("agent_down", "report-ack", &b);
	fm_agent_put_heartbeat(&b);
	seed("agent_down", "heartbeat", &b);
	fm_agent_put_error(&b, 3, &err);
	seed("agent_down", "error", &b);
}

/* Steps of the target `chassis`: VFs on, hosts in, a function mapped, cut and reset. */
static void seed_chassis(void)
{
	static const uint8_t steps[][8] = {
		{2, 0, 0x90, 1, 1, 0, 4, 1},	/* ssd: NumVFs 4 */
		{2, 0, 0x88, 1, 1, 0, 0x19, 1}, /* VF Enable, MSE */
		{7, 250},			/* let it come up */
		{0, 0x41, 8, 1},		/* port 1: authorised */
		{0, 0x42, 8, 1},
		{4, 0, 1, 0, 0x18, 0, 1, 0xff}, /* upstream bridge: bus numbers */
		{4, 0, 1, 0, 0x04, 0, 6, 0},	/* and Command */
		{0, 0x00, 2, 0x55},		/* VS 1 bridge 0: target */
		{0, 0x00, 0, MR_ROW_MAPPED},
		{7, 10},
		{6, 1, 1, 4, 1, 0, 0, 4}, /* a read in flight */
		{0, 0x00, 0, MR_ROW_BLOCKED},
		{7, 100},
		{3, 1, 0x81, 1, MR_VFC_RESET}, /* VF 1: command */
		{0, 0x00, 0, MR_ROW_FREE},
		{3, 0, 0x01, 0, 0x89},			   /* nic: VH 1 enabled */
		{3, 0, 0x80, 1, 0x88 | MR_VFC_MIGRATE_IN}, /* VF 0 to it */
		{5, 0, 0, 0},				   /* blade a: power off */
		{5, 3, 1, 0},				   /* ssd pulled */
		{5, 4, 1, 0},
		{5, 5, 0, 0}, /* the chassis' power goes and comes */
	};
	struct mr_buf b = {0};
	struct mr_batch batch = {0};

	mr_buf_add(&b, steps, sizeof(steps));
	seed("chassis", "life", &b);
	build_batch(&batch);
	mr_buf_putc(&b, (char)0xff);
	mr_buf_add(&b, batch.ops.data, batch.ops.len);
	seed("chassis", "records", &b);
	mr_batch_done(&batch);
}

/* Operations of the target `mrpcim`, with answers that are changed now and then. */
static void seed_mrpcim(void)
{
	struct mr_buf b = {0};

	for (uint8_t op = 0; op < 16; op++) {
		uint8_t e[] = {31, op, 0, 6, op, op | 0x10};

		mr_buf_add(&b, e, sizeof(e));
	}
	seed("mrpcim", "synthetic", &b);
	for (uint8_t op = 0; op < 16; op++) {
		uint8_t e[] = {7, (uint8_t)(8 * op), 1, op, 0xff, op};

		mr_buf_add(&b, e, sizeof(e));
	}
	seed("mrpcim", "lvf", &b);
}

static void seed_wire(void)
{
	struct sim_batch_result r = {.executed = 300, .status = 2};
	struct mr_buf b = {0};

	mr_batch_put_value(&r.data, 77);
	mr_batch_put_value(&r.data, UINT64_MAX);
	sim_reply_put(&b, UINT64_MAX, &r);
	seed("wire", "reply", &b);
	mr_buf_reset(&r.data);
	r.executed = 0x89abcdef;
	r.status = UINT32_MAX;
	sim_reply_put(&b, 3, &r);
	seed("wire", "empty", &b);
	sim_interrupt_put(&b, 0, 5);
	seed("wire", "interrupt", &b);
	sim_error_put(&b, 9, MR_REASON_LIMIT, -EMSGSIZE, "too long");
	seed("wire", "error", &b);
	mr_buf_done(&r.data);
}

/* libudev's message: header, then the keys of the kernel's. */
static void seed_uevents(void)
{
	static const char keys[] = "ACTION=add\0DEVPATH=/devices/pci0000:00/0000:00:01.0\0"
				   "SUBSYSTEM=pci\0VF_MIGRATION=1\0SEQNUM=4711";
	const uint32_t header[] = {0xcefaedfe, 40, 40, sizeof(keys)};
	struct mr_buf b = {0};

	mr_buf_add(&b, "add@/devices/pci0000:00/0000:00:01.0", 37);
	mr_buf_add(&b, keys, sizeof(keys));
	seed("uevent", "kernel", &b);
	mr_buf_add(&b, "libudev", 8);
	mr_buf_add(&b, header, sizeof(header));
	mr_buf_add(&b, "0123456789abcdef", 16);
	mr_buf_add(&b, keys, sizeof(keys));
	seed("uevent", "libudev", &b);
}

static void seed_sysfs(void)
{
	static const char *const text[] = {"02:25:b5:00:00:01\n", "-1\n",
					   "0x20000025b50a0000\n"};
	static const uint32_t dvsec[] = {0x00010023, 0x0401ba5a, MR_DVSEC_VS_IDENTITY,
					 0x00030003, 1,		 0,
					 0x55667788, 0x11223344, 0x302d3143};
	struct mr_buf b = {0};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(text); i++) {
		char name[] = {(char)('a' + i), '\0'};

		mr_buf_putc(&b, (char)i);
		mr_buf_puts(&b, text[i]);
		seed("sysfs", name, &b);
	}
	mr_buf_putc(&b, 3);
	for (unsigned i = 0; i < 256; i++)
		mr_buf_putc(&b, 0);
	mr_buf_add(&b, dvsec, sizeof(dvsec));
	for (unsigned i = 0; i < 64; i++)
		mr_buf_putc(&b, 0);
	seed("sysfs", "vs-identity", &b);
}

/* Patches of a saved chassis: where in 24 bits, what. The first chassis is untouched. */
static void seed_snapshots(void)
{
	static const uint8_t patch[][4] = {
		{0, 0, 0, 1}, {0x40, 0, 0, 0xff}, {0x80, 1, 0, 2}, {0, 8, 0, 0x80}};
	struct mr_buf b = {0};

	seed("snapshot", "same", &b);
	for (unsigned i = 0; i < sizeof(patch) / sizeof(patch[0]); i++) {
		char name[16];

		mr_buf_add(&b, patch[i], sizeof(patch[i]));
		mr_fmt(name, sizeof(name), "patch%u", i);
		seed("snapshot", name, &b);
	}
	mr_buf_add(&b, "\x05", 1);
	seed("snapshot", "cut", &b);
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: fuzz-seeds FOLDER\n");
		return 64;
	}
	folder = argv[1];
	mkdir(folder, 0777);
	seed_frames();
	seed_snapshots();
	seed_hellos();
	seed_batches();
	seed_control();
	seed_records();
	seed_texts();
	seed_agent_up();
	seed_agent_down();
	seed_chassis();
	seed_mrpcim();
	seed_wire();
	seed_uevents();
	seed_sysfs();
	return 0;
}
