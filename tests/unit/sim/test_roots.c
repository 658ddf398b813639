// SPDX-License-Identifier: Apache-2.0
/*
 * A server with two roots: one folder, one kernel, two PCI domains. What the kernel shares and
 * what each root has for itself, and what a link, a reset and the power do to both.
 */
#include <check.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/map.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/options.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/face_tree.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "sim/model/place.h"
#include "sim/world.h"
#include "tests/unit/check_main.h"

static struct mr_loop *loop;
static struct sim_world *world;
static bool owned;

static void sw_write(uint64_t address, uint64_t value)
{
	struct mr_batch b = {0};
	struct sim_batch_result r = {0};

	if (!owned)
		mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, 0, 1);
	owned = true;
	mr_batch_sw_write(&b, address, value);
	sim_chassis_batch(sim_world_chassis(world), sim_world_now(world), 5, 1,
			  (const uint8_t *)b.ops.data, b.ops.len, &r);
	ck_assert_uint_eq(r.status, MR_BATCH_OK);
	mr_batch_done(&b);
	mr_buf_done(&r.data);
}

static uint64_t cfg_access(uint16_t rid, unsigned off, unsigned width, int64_t value)
{
	struct sim_chassis *c = sim_world_chassis(world);
	struct sim_place p = {.space = MR_SPACE_CONFIG, .rid = rid, .width = (uint8_t)width};

	p.address = off;
	if (value >= 0)
		return sim_place_write(c, sim_world_now(world), &p, 5, 1, (uint64_t)value);
	return sim_place_read(c, sim_world_now(world), &p);
}

#define APERTURE 32768u

/* VF 'vh' - 1 of the drive arrives behind bridge 4 of that root. */
static void give(unsigned vh)
{
	struct sim_chassis *c = sim_world_chassis(world);
	int port = sim_adapter_find(c, "nvme-left");
	struct sim_place at = {
		.space = MR_SPACE_SWITCH, .width = 8, .address = SW_PORT(port) + PORT_VH0_RID};
	uint16_t rid = (uint16_t)sim_place_read(c, sim_world_now(world), &at);
	uint64_t bar;

	cfg_access(rid, 0x180 + 0x10, 2, 4);
	cfg_access(rid, 0x180 + 0x08, 2, 0x19);
	bar = (cfg_access(rid, 0x180 + 0x24, 4, -1) & ~15ull) |
	      cfg_access(rid, 0x180 + 0x28, 4, -1) << 32;
	sw_write(SW_BRIDGE(vh, 4) + ROW_IDS, 0x010802ull << 32 | 0xa825144d);
	sw_write(SW_BRIDGE(vh, 4) + ROW_MSIX, 8 | (uint64_t)APERTURE / 2 << 32);
	sw_write(SW_BRIDGE(vh, 4) + ROW_BAR, APERTURE | MR_BAR_64);
	sw_write(SW_BRIDGE(vh, 4) + ROW_WINDOW, bar + (vh - 1) * APERTURE);
	sw_write(SW_BRIDGE(vh, 4) + ROW_TARGET,
		 MR_TARGET(MR_TARGET_SYNTHETIC, port, 0, vh - 1));
	sw_write(SW_BRIDGE(vh, 4) + ROW_STATE, MR_ROW_MAPPED);
	sw_write(SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED);
}

static void stop(void *arg)
{
	mr_loop_stop(arg);
}

static void pass(void)
{
	sim_world_pump(world);
	sim_world_at(world, sim_world_now(world).mono_ns + 10 * MR_NS_PER_S, stop, loop);
	mr_loop_run(loop);
}

/* An NVMe function at the same bridge of both roots of blade01. */
static void setup(void)
{
	struct mr_diags diags = {0};
	struct sim_desc *desc = NULL;
	unsigned long len;
	char *text;

	owned = false;
	ck_assert_int_eq(
		mr_file_read(SRCDIR "/config/roots-chassis.yaml", 1 << 20, &text, &len, NULL),
		0);
	ck_assert_int_eq(sim_desc_read("roots", text, len, &desc, &diags), 0);
	loop = mr_loop_new();
	world = sim_world_new(loop, desc, true, 1);
	sim_desc_free(desc);
	free(text);
	sw_write(SW_PORT(1) + PORT_AUTH, MR_AUTH_HELD);
	give(1);
	give(2);
	pass();
	ck_assert(sim_blade_up(sim_world_blade(world, 1)));
	ck_assert(sim_blade_up(sim_world_blade(world, 2)));
}

static void teardown(void)
{
	sim_world_free(world);
	mr_loop_free(loop);
}

static bool there(const char *path)
{
	struct face_at at;

	return !face_walk(world, path, &at);
}

static unsigned check_folder(const struct face_at *dir, struct mr_map *seen)
{
	struct face_cursor cur = {0};
	char name[FACE_NAME_MAX];
	struct face_at at, again;
	unsigned count = 0;

	while (face_next(dir, &cur, &at, name)) {
		uint64_t was;

		ck_assert_msg(!mr_map_get_u64(seen, face_ino(&at), &was), "inode of %s", name);
		mr_map_set_u64(seen, face_ino(&at), 1);
		ck_assert_int_eq(face_open(world, face_ino(&at), &again), 0);
		ck_assert_uint_eq(face_ino(&again), face_ino(&at));
		ck_assert_msg(face_lookup(dir, name, &again) == 0, "look-up of %s", name);
		ck_assert_uint_eq(face_ino(&again), face_ino(&at));
		count += 1 + (at.dir == D_FILE ? 0 : check_folder(&at, seen));
	}
	return count;
}

START_TEST(one_folder)
{
	struct mr_map *seen = mr_map_new();
	struct face_at root;

	ck_assert(!there("blade01b"));
	ck_assert(there("blade01/bus/pci/devices/0000:01:00.0"));
	ck_assert(there("blade01/bus/pci/devices/0001:01:00.0"));
	ck_assert(!there("blade01/bus/pci/devices/0002:01:00.0"));
	ck_assert(there("blade01/devices/pci0001:00/0001:00:01.0/0001:01:00.0"));
	ck_assert(!there("blade01/devices/pci0000:00/0001:00:01.0"));
	ck_assert(there("blade01/bus/pci/slots/4"));
	ck_assert(there("blade01/bus/pci/slots/4-1"));
	ck_assert(!there("blade01/bus/pci/slots/4-2"));
	ck_assert(there("blade01/class/nvme/nvme0"));
	ck_assert(there("blade01/class/nvme/nvme1"));
	ck_assert(!there("blade01/class/nvme/nvme2"));
	ck_assert_int_eq(face_open(world, 1, &root), 0);
	ck_assert_uint_gt(check_folder(&root, seen), 500);
	mr_map_free(seen);
}
END_TEST

static const struct sim_dev *endpoint(unsigned vh)
{
	const struct sim_blade *b = sim_world_blade(world, vh);

	for (unsigned i = 0; i < sim_blade_devs(b); i++)
		if (!sim_blade_dev(b, i)->header && sim_blade_dev(b, i)->slot == 4)
			return sim_blade_dev(b, i);
	return NULL;
}

/* Numbers are one kernel's, addresses do not overlap, and each function is its own root's. */
START_TEST(one_kernel)
{
	const struct sim_dev *a = endpoint(1), *b = endpoint(2);

	ck_assert(a && b);
	ck_assert_uint_eq(a->rid, b->rid);
	ck_assert_uint_ne(a->index, b->index);
	ck_assert_int_ne(a->iommu_group, b->iommu_group);
	ck_assert(a->bar[0] && b->bar[0] && a->bar[0] != b->bar[0]);
	ck_assert_str_eq(sim_blade_boot_id(sim_world_blade(world, 1)),
			 sim_blade_boot_id(sim_world_blade(world, 2)));
}
END_TEST

static void write_file(const char *path, const char *text)
{
	int64_t done = 0;
	struct face_at at;

	ck_assert_int_eq(face_walk(world, path, &at), 0);
	ck_assert_int_eq(face_row_of(&at)->write(&at, text, strlen(text), 0, &done), 0);
}

/* What is written by an address acts in that domain. */
START_TEST(files_act_on_their_root)
{
	char address[MR_BDF_TEXT];

	mr_pci_text(1, endpoint(2)->rid, address);
	write_file("blade01/bus/pci/drivers/nvme/unbind", address);
	ck_assert_str_eq(endpoint(1)->driver, "nvme");
	ck_assert_str_eq(endpoint(2)->driver, "");
	write_file("blade01/bus/pci/drivers_probe", address);
	ck_assert_str_eq(endpoint(2)->driver, "nvme");
	write_file("blade01/bus/pci/slots/4-1/power", "0");
	pass();
	ck_assert_ptr_nonnull(endpoint(1));
	ck_assert_ptr_null(endpoint(2));
}
END_TEST

static void link_of(unsigned port, bool up)
{
	sim_port_set_link(sim_world_chassis(world), sim_world_now(world), (uint16_t)port, up);
	pass();
}

/* A root that comes back is found by the kernel that runs; when none was left it boots. */
START_TEST(links)
{
	struct sim_blade *b = sim_world_blade(world, 1);
	char boot[40];

	mr_copy(boot, sizeof(boot), sim_blade_boot_id(b));
	link_of(1 + (unsigned)_i, false);
	ck_assert_ptr_null(endpoint(1 + (unsigned)_i));
	ck_assert_ptr_nonnull(endpoint(2 - (unsigned)_i));
	link_of(1 + (unsigned)_i, true);
	ck_assert_ptr_nonnull(endpoint(1 + (unsigned)_i));
	ck_assert_str_eq(sim_blade_boot_id(b), boot);
	link_of(1, false);
	link_of(2, false);
	link_of(1 + (unsigned)_i, true);
	ck_assert_str_ne(sim_blade_boot_id(b), boot);
	mr_copy(boot, sizeof(boot), sim_blade_boot_id(b));
	link_of(2 - (unsigned)_i, true);
	ck_assert_str_eq(sim_blade_boot_id(b), boot);
	ck_assert(endpoint(1) && endpoint(2));
}
END_TEST

/* Reset and power are the server's. */
START_TEST(reset_and_power)
{
	struct sim_blade *b = sim_world_blade(world, 1);
	struct sim_chassis *c = sim_world_chassis(world);
	char boot[40];

	mr_copy(boot, sizeof(boot), sim_blade_boot_id(b));
	ck_assert_int_eq(sim_host_reset(c, sim_world_now(world), 2), 0);
	pass();
	ck_assert_str_ne(sim_blade_boot_id(b), boot);
	ck_assert(endpoint(1) && endpoint(2));
	ck_assert_int_eq(sim_host_set_power(c, sim_world_now(world), 2, false), 0);
	pass();
	ck_assert(!sim_host_power(c, 1) && !sim_host_power(c, 2));
	ck_assert(!endpoint(1) && !endpoint(2));
	ck_assert_int_eq(sim_host_set_power(c, sim_world_now(world), 1, true), 0);
	pass();
	ck_assert(endpoint(1) && endpoint(2));
}
END_TEST

/* A hung kernel sees nothing of its roots until it goes on. */
START_TEST(hung)
{
	sim_blade_hang(sim_world_blade(world, 1), true);
	ck_assert(sim_blade_hung(sim_world_blade(world, 2)));
	link_of(2, false);
	link_of(2, true);
	ck_assert(sim_blade_hung(sim_world_blade(world, 1)));
	sim_blade_hang(sim_world_blade(world, 1), false);
	pass();
	ck_assert(endpoint(1) && endpoint(2));
	ck_assert(sim_blade_up(sim_world_blade(world, 2)));
}
END_TEST

int main(void)
{
	Suite *s = suite_create("roots");
	TCase *t = tcase_create("roots");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, one_folder);
	tcase_add_test(t, one_kernel);
	tcase_add_test(t, files_act_on_their_root);
	tcase_add_loop_test(t, links, 0, 2);
	tcase_add_test(t, reset_and_power);
	tcase_add_test(t, hung);
	suite_add_tcase(s, t);
	return check_run(s);
}
