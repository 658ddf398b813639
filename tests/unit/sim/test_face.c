// SPDX-License-Identifier: Apache-2.0
/*
 * The sysfs tables without FUSE: every place can be named, opened again by its inode and looked
 * up by its name; inodes are unique; what went away answers so. And the control socket's verbs.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/map.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/options.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/ctl.h"
#include "sim/face_tree.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "sim/model/place.h"
#include "sim/world.h"
#include "tests/unit/check_main.h"

#define OWNER 5

static struct mr_loop *loop;
static struct sim_world *world;

static void sw_write(uint64_t address, uint64_t value, bool first)
{
	struct mr_batch b = {0};
	struct sim_batch_result r = {0};

	if (first)
		mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, 0, 1);
	mr_batch_sw_write(&b, address, value);
	sim_chassis_batch(sim_world_chassis(world), sim_world_now(world), OWNER, 1,
			  (const uint8_t *)b.ops.data, b.ops.len, &r);
	ck_assert_uint_eq(r.status, MR_BATCH_OK);
	mr_batch_done(&b);
	mr_buf_done(&r.data);
}

static void stop(void *arg)
{
	mr_loop_stop(arg);
}

/* Lets the virtual clock go on by ten seconds. */
static void pass(void)
{
	sim_world_at(world, sim_world_now(world).mono_ns + 10 * MR_NS_PER_S, stop, loop);
	mr_loop_run(loop);
}

/* blade03 boots with a whole GPU behind bridge 4. */
static void setup(void)
{
	struct mr_diags diags = {0};
	struct sim_desc *desc = NULL;
	unsigned long len;
	char *text;
	int port;

	ck_assert_int_eq(
		mr_file_read(SRCDIR "/config/demo-chassis.yaml", 1 << 20, &text, &len, NULL),
		0);
	ck_assert_int_eq(sim_desc_read("demo", text, len, &desc, &diags), 0);
	loop = mr_loop_new();
	world = sim_world_new(loop, desc, true, 1);
	sim_desc_free(desc);
	free(text);
	port = sim_adapter_find(sim_world_chassis(world), "gpu-whole");
	sw_write(SW_BRIDGE(3, 4) + ROW_TARGET, MR_TARGET(MR_TARGET_DEVICE, port, 0, 0), true);
	sw_write(SW_BRIDGE(3, 4) + ROW_STATE, MR_ROW_MAPPED, false);
	sw_write(SW_PORT(3) + PORT_AUTH, MR_AUTH_AUTHORISED, false);
	sim_world_pump(world);
	pass();
	ck_assert(sim_blade_up(sim_world_blade(world, 3)));
}

static void teardown(void)
{
	sim_world_free(world);
	mr_loop_free(loop);
}

static unsigned check_folder(const struct face_at *dir, struct mr_map *seen, unsigned depth)
{
	struct face_cursor cur = {0};
	char name[FACE_NAME_MAX];
	struct face_at at, again;
	unsigned count = 0;

	ck_assert_uint_lt(depth, 20);
	while (face_next(dir, &cur, &at, name)) {
		uint64_t was;

		ck_assert_msg(!mr_map_get_u64(seen, face_ino(&at), &was), "inode of %s", name);
		mr_map_set_u64(seen, face_ino(&at), 1);
		ck_assert_int_eq(face_open(world, face_ino(&at), &again), 0);
		ck_assert_uint_eq(face_ino(&again), face_ino(&at));
		ck_assert_msg(face_lookup(dir, name, &again) == 0, "look-up of %s", name);
		ck_assert_uint_eq(face_ino(&again), face_ino(&at));
		count += 1 + (at.dir == D_FILE ? 0 : check_folder(&at, seen, depth + 1));
	}
	return count;
}

START_TEST(every_place_is_found_again)
{
	struct mr_map *seen = mr_map_new();
	struct face_at root;

	ck_assert_int_eq(face_open(world, 1, &root), 0);
	ck_assert_uint_gt(check_folder(&root, seen, 0), 500);
	mr_map_free(seen);
}
END_TEST

static void expect_read(const char *path, const char *want)
{
	struct mr_buf out = {0};
	struct face_at at;

	ck_assert_msg(face_walk(world, path, &at) == 0, "%s", path);
	if (face_row_of(&at)->link)
		ck_assert_int_eq(face_readlink(&at, &out), 0);
	else
		ck_assert_int_eq(face_row_of(&at)->read(&at, &out), 0);
	ck_assert_str_eq(mr_buf_text(&out), want);
	mr_buf_done(&out);
}

#define GPU "blade03/bus/pci/devices/0000:0b:00.0"
#define DEV "blade03/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.4/0000:0b:00.0/"

START_TEST(contents_have_the_kernels_format)
{
	expect_read(DEV "vendor", "0x1002\n");
	expect_read(DEV "class", "0x030200\n");
	expect_read(DEV "driver_override", "(null)\n");
	expect_read(DEV "modalias", "pci:v00001002d0000740Fsv00001002sd00000001bc03sc02i00\n");
	expect_read(DEV "driver", "../../../../../../bus/pci/drivers/amdgpu");
	expect_read(DEV "max_link_width", "16\n");
	expect_read(GPU, "../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.4/"
			 "0000:0b:00.0");
	expect_read("blade03/bus/pci/slots/4/address", "0000:0b:00\n");
	expect_read("blade03/bus/pci/slots/4/power", "1\n");
	expect_read("blade03/kernel/hostname", "blade03\n");
}
END_TEST

START_TEST(what_is_gone_is_not_there)
{
	struct face_at at, gpu;
	uint64_t ino;

	ck_assert_int_eq(face_walk(world, DEV "vendor", &gpu), 0);
	ino = face_ino(&gpu);
	ck_assert_int_eq(face_open(world, ino, &at), 0);
	ck_assert_int_eq(
		sim_blade_remove(sim_world_blade(world, 3), sim_world_now(world), 0x0b00), 0);
	ck_assert_int_eq(face_open(world, ino, &at), -ENOENT);
	ck_assert_int_eq(sim_blade_rescan(sim_world_blade(world, 3), sim_world_now(world)), 0);
	ck_assert_int_eq(face_walk(world, DEV "vendor", &gpu), 0);
	ck_assert_uint_ne(face_ino(&gpu), ino);
	ck_assert_int_eq(face_open(world, ino, &at), -ENOENT);
	ck_assert_int_eq(face_open(world, UINT64_MAX, &at), -ENOENT);
	ck_assert_int_eq(face_walk(world, "blade03/nothing", &at), -ENOENT);
	ck_assert_int_eq(face_walk(world, "blade09", &at), -ENOENT);
}
END_TEST

struct lasting {
	uint64_t dir, ino;
	char name[FACE_NAME_MAX];
};

static struct lasting *lasting;
static unsigned n_lasting, lasting_cap;

static void note_lasting(const struct face_at *dir)
{
	struct face_cursor cur = {0};
	char name[FACE_NAME_MAX];
	struct face_at at;

	while (face_next(dir, &cur, &at, name)) {
		if (face_lasts(dir, &at)) {
			MR_GROW(lasting, n_lasting, lasting_cap);
			lasting[n_lasting] = (struct lasting){face_ino(dir), face_ino(&at), ""};
			mr_copy(lasting[n_lasting++].name, FACE_NAME_MAX, name);
		}
		if (at.dir != D_FILE)
			note_lasting(&at);
	}
}

/* How many folders of those entries are there; each has the entry that it had. */
static unsigned check_lasting(void)
{
	unsigned n = 0;

	for (unsigned i = 0; i < n_lasting; i++) {
		const struct lasting *l = &lasting[i];
		struct face_at dir, at;

		if (face_open(world, l->dir, &dir))
			continue;
		ck_assert_msg(face_lookup(&dir, l->name, &at) == 0, "%s is gone", l->name);
		ck_assert_uint_eq(face_ino(&at), l->ino);
		n++;
	}
	return n;
}

START_TEST(what_the_kernel_remembers_stays)
{
	struct sim_blade *b = sim_world_blade(world, 3);
	struct face_at root, at;

	ck_assert_int_eq(face_open(world, 1, &root), 0);
	note_lasting(&root);
	ck_assert_uint_gt(n_lasting, 300);
	ck_assert_int_eq(sim_blade_unbind(b, sim_world_now(world), "amdgpu", 0x0b00), 0);
	ck_assert_uint_eq(check_lasting(), n_lasting);
	ck_assert_int_eq(sim_blade_remove(b, sim_world_now(world), 0x0b00), 0);
	ck_assert_uint_lt(check_lasting(), n_lasting);
	ck_assert_int_eq(face_walk(world, GPU, &at), -ENOENT);
	ck_assert_int_eq(
		sim_host_set_power(sim_world_chassis(world), sim_world_now(world), 3, false),
		0);
	sim_world_pump(world);
	ck_assert_uint_gt(check_lasting(), 10);
	free(lasting);
}
END_TEST

static int run(const char *a, const char *b, const char *c, struct mr_buf *out)
{
	char *argv[] = {(char *)a, (char *)b, (char *)c};

	mr_buf_reset(out);
	return sim_ctl_run(world, c ? 3 : b ? 2 : 1, argv, out);
}

START_TEST(verbs)
{
	static const struct {
		const char *a, *b, *c;
		int code;
		const char *text;
	} cases[] = {
		{"power", "blade03", "off", 0, ""},
		{"power", "blade03", "off", 1,
		 "blade03: refused (Operation already in progress)\n"},
		{"power", "blade03", "maybe", 1, "expected on or off, got 'maybe'\n"},
		{"reset", "blade03", NULL, 1, "blade03: refused (Host is down)\n"},
		{"power", "blade03", "on", 0, ""},
		{"reset", "nobody", NULL, 1, "there is no blade 'nobody'\n"},
		{"replace", "gpu-whole", "G-9", 1, "pull it first: 'gpu-whole'\n"},
		{"traffic", "nvme/pf0/vf0", NULL, 0,
		 "frames 0 bytes 0 dropped 0 lost 0 spoofed 0\n"},
		{"pull", "gpu-whole", NULL, 0, ""},
		{"replace", "nobody", "G-9", 1, "there is no such adapter: 'nobody'\n"},
		{"replace", "gpu-whole", "G-9", 0, ""},
		{"swap", "gpu-whole", "gpu-whole", 0, ""},
		{"insert", "gpu-whole", NULL, 0, ""},
		{"insert", "nobody", NULL, 1, "there is no adapter 'nobody'\n"},
		{"namespace", "nvme", "1", 1, "expected ADAPTER/pfP, got 'nvme'\n"},
		{"namespace", "nvme/pf0", "1", 1, "there is no such namespace of 'nvme/pf0'\n"},
		{"link", "blade03", "down", 0, ""},
		{"link", "nobody", "down", 1, "there is no port, blade or adapter 'nobody'\n"},
		{"hang", "blade03", "on", 0, ""},
		{"cycle", "often", NULL, 1,
		 "expected good, blank, stale or corrupt, got 'often'\n"},
		{"power", "blade03", NULL, MR_EXIT_USAGE,
		 "usage: banyan-sim ctl --run DIR power BLADE on|off\n"},
		{"status", "-o", "xml", MR_EXIT_USAGE, "usage: status [-o json|text]\n"},
	};
	struct mr_buf out = {0};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ck_assert_int_eq(run(cases[i].a, cases[i].b, cases[i].c, &out), cases[i].code);
		ck_assert_str_eq(mr_buf_text(&out), cases[i].text);
	}
	ck_assert_int_eq(run("status", "-o", "json", &out), 0);
	ck_assert_ptr_nonnull(strstr(out.data, "\"state\": \"hung\""));
	ck_assert_int_eq(run("explode", NULL, NULL, &out), MR_EXIT_USAGE);
	mr_buf_done(&out);
}
END_TEST

/* ---- class devices of the other classes ---- */

static void ct_write(const char *adapter, uint64_t off, uint64_t value)
{
	struct sim_chassis *c = sim_world_chassis(world);
	struct mr_err err = {0};
	struct sim_place p;
	char name[64];

	mr_fmt(name, sizeof(name), "vf/%s/pf0/vf0/cookie", adapter);
	ck_assert_int_eq(sim_place_find(c, name, &p, &err), 0);
	p.address += off - VF_COOKIE;
	ck_assert_uint_eq(sim_place_write(c, sim_world_now(world), &p, OWNER, 1, value),
			  MR_BATCH_OK);
}

#define VF0(reg)    (reg)
#define NS0(i, reg) (CT_NS(0, i) + (reg)-CT_VFS)

static uint64_t cfg_access(uint16_t rid, unsigned off, unsigned width, int64_t value)
{
	struct sim_chassis *c = sim_world_chassis(world);
	struct sim_place p = {.space = MR_SPACE_CONFIG, .rid = rid, .width = (uint8_t)width};

	p.address = off;
	if (value >= 0)
		return sim_place_write(c, sim_world_now(world), &p, OWNER, 1, (uint64_t)value);
	return sim_place_read(c, sim_world_now(world), &p);
}

/* VF 0 of an adapter, whose PF is function 'fn' in VH 0, arrives behind bridge b of blade01. */
static void give(const char *adapter, unsigned fn, unsigned b, uint64_t ids, uint64_t size)
{
	struct sim_chassis *c = sim_world_chassis(world);
	int port = sim_adapter_find(c, adapter);
	struct sim_place at = {
		.space = MR_SPACE_SWITCH, .width = 8, .address = SW_PORT(port) + PORT_VH0_RID};
	uint16_t rid = (uint16_t)(sim_place_read(c, sim_world_now(world), &at) + fn);
	uint64_t bar;

	cfg_access(rid, 0x180 + 0x10, 2, 4);
	cfg_access(rid, 0x180 + 0x08, 2, 0x19);
	bar = (cfg_access(rid, 0x180 + 0x24, 4, -1) & ~15ull) |
	      cfg_access(rid, 0x180 + 0x28, 4, -1) << 32;
	sw_write(SW_BRIDGE(1, b) + ROW_IDS, ids, false);
	sw_write(SW_BRIDGE(1, b) + ROW_MSIX, 8 | size / 2 << 32, false);
	sw_write(SW_BRIDGE(1, b) + ROW_BAR, size | MR_BAR_64, false);
	sw_write(SW_BRIDGE(1, b) + ROW_WINDOW, bar, false);
	sw_write(SW_BRIDGE(1, b) + ROW_TARGET, MR_TARGET(MR_TARGET_SYNTHETIC, port, 0, 0),
		 false);
	sw_write(SW_BRIDGE(1, b) + ROW_STATE, MR_ROW_MAPPED, false);
}

static void boot01(void)
{
	sw_write(SW_PORT(1) + PORT_AUTH, MR_AUTH_AUTHORISED, false);
	sim_world_pump(world);
	pass();
	ck_assert(sim_blade_up(sim_world_blade(world, 1)));
}

START_TEST(nvme_attributes)
{
	static const char *const C = "blade01/class/nvme/nvme0";
	struct mr_map *seen = mr_map_new();
	struct mr_buf text = {0};
	struct face_at at;
	char path[160];

	for (unsigned i = 0; i < 3; i += 2) {
		ct_write("nvme", NS0(i, NS_SIZE), 1 << 20);
		ct_write("nvme", NS0(i, NS_SHAPE), 12);
		ct_write("nvme", NS0(i, NS_COMMAND), MR_NSC_CREATE);
	}
	give("nvme", 0, 1, 0x010802ull << 32 | 0xa825144d, 32768);
	ct_write("nvme", VF_CLASS1, 5); /* namespaces 1 and 3 */
	ct_write("nvme", VF_GATE, 1);
	boot01();
	ck_assert_int_eq(face_walk(world, C, &at), 0);
	ck_assert(face_row_of(&at)->link);
#define NVME(b)                                                                                \
	"blade01/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.1/0000:05:00.0/nvme/" \
	"nvme0/" b
	expect_read(NVME("state"), "live\n");
	expect_read(NVME("transport"), "pcie\n");
	expect_read(NVME("serial"), "D-0001              \n");
	expect_read(NVME("cntlid"), "1\n");
	expect_read(NVME("nvme0n1/nsid"), "1\n");
	expect_read(NVME("nvme0n2/nsid"), "3\n");
	expect_read(NVME("nvme0n2/size"), "2048\n");
	expect_read(NVME("nvme0n2/queue/logical_block_size"), "4096\n");
	expect_read(NVME("nvme0n2/device"),
		    "../../../../../../../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0/"
		    "0000:02:00.1/0000:05:00.0/nvme/nvme0");
	ck_assert_int_eq(face_walk(world, NVME("nvme0n3"), &at), -ENOENT);
	ck_assert_int_eq(face_walk(world, NVME("nvme0n1/uuid"), &at), 0);
	ck_assert_int_eq(face_row_of(&at)->read(&at, &text), 0);
	ck_assert_uint_eq(strlen(mr_buf_text(&text)), 37);
	ck_assert_int_eq(mr_buf_text(&text)[14], '4'); /* a random UUID */
	mr_buf_done(&text);
	expect_read("blade01/class/nvme-subsystem/nvme-subsys0",
		    "../../devices/virtual/nvme-subsystem/nvme-subsys0");
	ck_assert_int_eq(face_walk(world, NVME("subsysnqn"), &at), 0);
	ck_assert_int_eq(face_row_of(&at)->read(&at, &text), 0);
	mr_fmt(path, sizeof(path), "%s", mr_buf_text(&text));
	expect_read("blade01/devices/virtual/nvme-subsystem/nvme-subsys0/subsysnqn", path);
	ck_assert_int_eq(face_walk(world,
				   "blade01/devices/virtual/nvme-subsystem/nvme-subsys0/nvme0",
				   &at),
			 0);
	ck_assert_int_eq(face_walk(world, "blade03/class/nvme-subsystem/nvme-subsys0", &at),
			 -ENOENT);
	ck_assert_int_eq(face_open(world, 1, &at), 0);
	check_folder(&at, seen, 0);
	ct_write("nvme", VF_GATE, 0);
	expect_read(NVME("state"), "connecting\n");
	ct_write("nvme", VF_CLASS1, 4);
	expect_read(NVME("nvme0n1/nsid"), "3\n");
	mr_buf_done(&text);
	mr_map_free(seen);
}
END_TEST

START_TEST(fc_and_infiniband_attributes)
{
	give("hba", 0, 1, 0x0c0400ull << 32 | 0x22891077, 65536);
	ct_write("hba", VF_IDENT0, 0x20000025b5000001);
	ct_write("hba", VF_IDENT1, 0x20000025b5000002);
	ct_write("hba", VF_GATE, 1);
	give("hca", 1, 2, 0x020700ull << 32 | 0x101c15b3, 1 << 20);
	ct_write("hca", VF_IDENT0, 0x0002c90300000001);
	ct_write("hca", VF_IDENT1, 0x0002c90300000002);
	ct_write("hca", VF_GATE, 1);
	boot01();
#define FC                                                                                \
	"blade01/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.1/0000:05:00.0/" \
	"host0/"                                                                          \
	"fc_host/host0/"
	expect_read(FC "port_name", "0x20000025b5000001\n");
	expect_read(FC "node_name", "0x20000025b5000002\n");
	expect_read(FC "port_state", "Online\n");
	expect_read(FC "speed", "32 Gbit\n");
	expect_read(FC "supported_speeds", "8 Gbit, 16 Gbit, 32 Gbit\n");
	expect_read(FC "symbolic_name", "Emulex fc-32g FV1.0 DV14.2.0.7 HN:blade01 OS:Linux\n");
#define IB                                                                                \
	"blade01/devices/pci0000:00/0000:00:01.0/0000:01:00.0/0000:02:00.2/0000:07:00.0/" \
	"infiniband/mlx5_0/"
	expect_read(IB "node_guid", "0002:c903:0000:0002\n");
	expect_read(IB "sys_image_guid", "0002:c903:0000:0002\n");
	expect_read(IB "ports/1/gids/0", "fe80:0000:0000:0000:0002:c903:0000:0001\n");
	expect_read(IB "ports/1/link_layer", "InfiniBand\n");
	expect_read(IB "ports/1/pkeys/0", "0xffff\n");
	expect_read(IB "ports/1/pkeys/7", "0x0000\n");
	ct_write("hca", VF_CLASS0, 0x8001 | 0x1234 << 16);
	expect_read(IB "ports/1/pkeys/0", "0x8001\n");
	expect_read(IB "ports/1/pkeys/1", "0x1234\n");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("face");
	TCase *t = tcase_create("face");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, every_place_is_found_again);
	tcase_add_test(t, contents_have_the_kernels_format);
	tcase_add_test(t, what_is_gone_is_not_there);
	tcase_add_test(t, what_the_kernel_remembers_stays);
	tcase_add_test(t, verbs);
	tcase_add_test(t, nvme_attributes);
	tcase_add_test(t, fc_and_infiniband_attributes);
	suite_add_tcase(s, t);
	return check_run(s);
}
