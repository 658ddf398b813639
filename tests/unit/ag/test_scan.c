/* SPDX-License-Identifier: Apache-2.0 */
/* Scans of a fake sysfs root: roots, slots, places, class devices, users, and half a tree. */
#include <linux/pci_regs.h>
#include <sys/sysmacros.h>

#include "agent/classdev.h"
#include "agent/isolation.h"
#include "agent/scan.h"
#include "agent/verbs.h"
#include "tests/unit/ag/tree.h"
#include "tests/unit/check_main.h"

static struct ag_look look;
static struct ag_scan_config cfg;

static void scan(void)
{
	ag_look_free(&look);
	ag_scan_run(&cfg, true, &look);
}

static void setup(void)
{
	tree_host();
	ck_assert(ag_sysfs_init(&cfg.fs, tree));
	mr_fmt(cfg.boot_id, sizeof(cfg.boot_id), "%s/kernel/boot_id", tree);
}

static void teardown(void)
{
	ag_look_free(&look);
	tree_remove();
}

static const struct ag_fn *at(unsigned bridge, unsigned pf, unsigned slot)
{
	for (unsigned i = 0; i < look.scan.fns; i++) {
		const struct ag_place *p = &look.scan.fn[i].place;

		if (p->bridge == bridge && p->pf == pf && p->slot == slot)
			return &look.scan.fn[i];
	}
	return NULL;
}

START_TEST(test_root)
{
	scan();
	ck_assert(look.alive && !look.scan.failed);
	ck_assert_str_eq(look.boot_id, "2b0f");
	ck_assert_uint_eq(look.scan.roots, 1);
	ck_assert_str_eq(look.scan.root[0].serial, "C1-0001");
	ck_assert_uint_eq(look.scan.root[0].port, 3);
	ck_assert_uint_eq(look.scan.root[0].vs, 7);
	ck_assert_uint_eq(look.scan.root[0].owner_epoch, 0x100000005);
	ck_assert_uint_eq(look.scan.root[0].challenge, 0x1122334455667788);
	ck_assert(look.scan.vf_migration);
}
END_TEST

/* Configuration of a port: PCI Express capability of 'type' at 40h, ACS at 100h with 'ctrl';
 * 'cap' 0 = no ACS. */
static void make_port(uint8_t config[4096], unsigned type, unsigned cap, unsigned ctrl)
{
	memset(config, 0, 4096);
	config[PCI_STATUS] = PCI_STATUS_CAP_LIST;
	config[PCI_CAPABILITY_LIST] = 0x40;
	put32(config + 0x40, PCI_CAP_ID_EXP | (2 | type << 4) << 16);
	if (cap)
		put32(config + 0x100, PCI_EXT_CAP_ID_ACS | 1 << 16);
	put32(config + 0x104, cap | ctrl << 16);
}

static void tree_port(const char *dir, unsigned type, unsigned cap, unsigned ctrl)
{
	uint8_t config[4096];
	char path[256];

	make_port(config, type, cap, ctrl);
	mr_fmt(path, sizeof(path), "%s/config", dir);
	tree_bytes(path, config, sizeof(config));
}

#define ROOT_PORT "devices/pci0000:00/0000:00:01.0"
#define ISOLATES  0x1d

/* The root port, our upstream bridge, and the bridges of the slots, all as they should be. */
static void isolated(void)
{
	uint8_t config[4096], identity[4096];

	tree_port(ROOT_PORT, PCI_EXP_TYPE_ROOT_PORT, ISOLATES, ISOLATES);
	make_port(config, PCI_EXP_TYPE_UPSTREAM, 0, 0);
	tree_identity(identity, 3);
	memcpy(config + 0x100, identity + 0x100, sizeof(config) - 0x100);
	tree_bytes(TREE_UP "/config", config, sizeof(config));
	tree_port(TREE_B(1), PCI_EXP_TYPE_DOWNSTREAM, 0x5f, ISOLATES);
	tree_port(TREE_B(2), PCI_EXP_TYPE_DOWNSTREAM, PCI_ACS_SV, PCI_ACS_SV);
	tree_port(TREE_B(4), PCI_EXP_TYPE_DOWNSTREAM, ISOLATES, ISOLATES);
	tree_port(TREE_B(5), PCI_EXP_TYPE_DOWNSTREAM, ISOLATES, ISOLATES);
	tree_link(TREE_UP "/iommu_group", "../../../../kernel/iommu_groups/3");
	tree_file("kernel/iommu_groups/3/type", "DMA-FQ\n");
	tree_file("kernel/irq/1/chip_name", "\n");
	tree_file("kernel/irq/9/chip_name", "IR-IO-APIC\n");
}

static const char *isolation(void)
{
	static char text[64];
	const struct ag_isolation *is = &look.scan.isolation;

	scan();
	mr_fmt(text, sizeof(text), "%s%s%s", is->iommu ? "iommu " : "",
	       is->interrupt_remapping ? "ir " : "", is->acs ? "acs" : "");
	return text;
}

START_TEST(test_isolation)
{
	ck_assert_str_eq(isolation(), "");
	isolated();
	ck_assert_str_eq(isolation(), "iommu ir acs");
	tree_file("kernel/irq/9/chip_name", "IO-APIC\n");
	ck_assert_str_eq(isolation(), "iommu acs");
	tree_file("kernel/iommu_groups/3/type", "identity\n"); /* passed through */
	ck_assert_str_eq(isolation(), "acs");
	tree_port(TREE_B(4), PCI_EXP_TYPE_DOWNSTREAM, ISOLATES, ISOLATES & ~PCI_ACS_RR);
	ck_assert_str_eq(isolation(), "");
	tree_port(TREE_B(4), PCI_EXP_TYPE_DOWNSTREAM, ISOLATES, ISOLATES);
	ck_assert_str_eq(isolation(), "acs");
	tree_port(ROOT_PORT, PCI_EXP_TYPE_ROOT_PORT, 0, 0);
	ck_assert_str_eq(isolation(), "");
}
END_TEST

/* Half a configuration space, one of all ones, and lists that run in a circle. */
START_TEST(test_isolation_of_nonsense)
{
	uint8_t config[4096] = {0};

	ck_assert(!ag_acs_isolates(config, 0));
	make_port(config, PCI_EXP_TYPE_DOWNSTREAM, ISOLATES, ISOLATES);
	ck_assert(ag_acs_isolates(config, sizeof(config)));
	ck_assert(!ag_acs_isolates(config, 256));
	config[0x40] = PCI_CAP_ID_PM;
	config[0x41] = 0x40;
	ck_assert(!ag_acs_isolates(config, sizeof(config)));
	make_port(config, PCI_EXP_TYPE_DOWNSTREAM, ISOLATES, ISOLATES);
	put32(config + 0x100, 0x10010002 | 1 << 16);
	ck_assert(!ag_acs_isolates(config, sizeof(config)));
	memset(config, 0xff, sizeof(config));
	ck_assert(!ag_acs_isolates(config, sizeof(config)));
}
END_TEST

START_TEST(test_slots)
{
	static const struct {
		unsigned bridge;
		bool power, occupied;
	} want[] = {{1, true, true}, {2, true, true}, {4, true, true}, {5, false, false}};

	scan();
	ck_assert_uint_eq(look.scan.slots, 4);
	for (unsigned i = 0; i < 4; i++) {
		ck_assert_uint_eq(look.scan.slot[i].port, 3);
		ck_assert_uint_eq(look.scan.slot[i].bridge, want[i].bridge);
		ck_assert_int_eq(look.scan.slot[i].power, want[i].power);
		ck_assert_int_eq(look.scan.slot[i].occupied, want[i].occupied);
	}
	ck_assert_str_eq(look.scan.slot[3].name, "5");
}
END_TEST

START_TEST(test_places)
{
	const struct ag_fn *f;

	scan();
	ck_assert_uint_eq(look.scan.fns, 6); /* not the host's own NVMe, no bridges */
	f = at(1, 0, 0);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->place.way, AG_WAY_LVF);
	ck_assert_uint_eq(f->place.port, 3);
	ck_assert(f->pf && f->vf_migration);
	ck_assert_uint_eq(f->numvfs, 8);
	ck_assert_uint_eq(f->totalvfs, 8);
	ck_assert_uint_eq(f->rid, 0x0400);
	f = at(1, 0, 1);
	ck_assert_ptr_nonnull(f);
	ck_assert_str_eq(f->driver, "");
	ck_assert_int_eq(f->iommu_group, -1);
	f = at(1, 0, 5);
	ck_assert_ptr_nonnull(f);
	ck_assert_uint_eq(f->place.way, AG_WAY_LVF);
	ck_assert_uint_eq(f->rid, 0x0405);
	ck_assert_uint_eq(f->vendor, 0x15b3);
	ck_assert_uint_eq(f->device, 0x101e);
	ck_assert_uint_eq(f->class_code, 0x020000);
	ck_assert_str_eq(f->driver, "mlx5_core");
	ck_assert_int_eq(f->iommu_group, 17);
	ck_assert_int_eq(f->numa, 0);
	ck_assert_ptr_nonnull(at(2, 0, 0));
	ck_assert_uint_eq(at(2, 0, 0)->place.way, AG_WAY_SYNTHETIC);
	ck_assert_uint_eq(at(4, 0, 0)->place.way, AG_WAY_DEVICE);
	ck_assert_uint_eq(at(4, 1, 0)->place.way, AG_WAY_DEVICE);
}
END_TEST

START_TEST(test_without_the_extension)
{
	char path[256];

	mr_fmt(path, sizeof(path), "%s/bus/pci/banyan_vf_migration", tree);
	unlink(path);
	mr_fmt(path, sizeof(path), "%s/" TREE_B(1) "/0000:04:00.0/vf_migration_state", tree);
	unlink(path);
	scan();
	ck_assert(!look.scan.vf_migration);
	ck_assert_uint_eq(at(1, 0, 0)->place.way, AG_WAY_DEVICE);
	ck_assert_ptr_null(at(1, 0, 1));
}
END_TEST

/* A PF that was removed under its VFs and came back: they hang in the air. */
START_TEST(test_orphans)
{
	scan();
	ck_assert(!at(1, 0, 0)->orphans);
	tree_pci(TREE_B(1), "0000:04:00.3", "0x020000\n", "0x101e\n");
	tree_link(TREE_B(1) "/0000:04:00.3/physfn", "../0000:99:00.0");
	scan();
	ck_assert(at(1, 0, 0)->orphans);
	ck_assert_uint_eq(look.scan.fns, 6);
}
END_TEST

START_TEST(test_class_devices)
{
	const struct ag_fn *f;

	tree_pci(TREE_B(5), "0000:08:00.0", "0x020700\n", "0x101c\n");
	tree_file(TREE_B(5) "/0000:08:00.0/infiniband/mlx5_2/node_guid",
		  "0002:c903:0000:0001\n");
	tree_file(TREE_B(5) "/0000:08:00.0/infiniband/mlx5_2/ports/1/gids/0",
		  "fe80:0000:0000:0000:0002:c903:0000:00ab\n");
	tree_file(TREE_B(5) "/0000:08:00.0/infiniband/mlx5_2/ports/1/state", "4: ACTIVE\n");
	tree_file(TREE_B(5) "/0000:08:00.0/infiniband/mlx5_2/ports/1/pkeys/0", "0xffff\n");
	tree_file(TREE_B(5) "/0000:08:00.0/infiniband/mlx5_2/ports/1/pkeys/1", "0x0000\n");
	tree_file(TREE_B(5) "/0000:08:00.0/infiniband/mlx5_2/ports/1/pkeys/2", "0x8001\n");
	tree_file(TREE_B(5) "/0000:08:00.0/net/ib0/address", "00\n");
	scan();
	f = at(1, 0, 5);
	ck_assert_str_eq(f->name, "eth3");
	ck_assert_uint_eq(f->ident0, 0x0225b5000001);
	ck_assert(f->link);
	f = at(2, 0, 0);
	ck_assert_str_eq(f->name, "host2");
	ck_assert_uint_eq(f->ident0, 0x20000025b5000001);
	ck_assert_uint_eq(f->ident1, 0x20000025b5ffffff);
	ck_assert(f->link);
	f = at(5, 0, 0);
	ck_assert_str_eq(f->name, "mlx5_2");
	ck_assert_uint_eq(f->ident0, 0x0002c903000000ab);
	ck_assert_uint_eq(f->ident1, 0x0002c90300000001);
	ck_assert(f->link);
	ck_assert(f->pkeys_told);
	ck_assert_uint_eq(f->pkeys, 2);
	ck_assert_uint_eq(f->pkey[1], 0x8001);
}
END_TEST

/* Of the host's own cards only the identities of network ports are read, each of them. */
START_TEST(test_own_ports)
{
	const struct ag_own *o;

	tree_pci("devices/pci0000:00", "0000:00:03.0", "0x020000\n", "0x1521\n");
	tree_file("devices/pci0000:00/0000:00:03.0/net/eno1/address", "02:25:b5:00:00:07\n");
	tree_file("devices/pci0000:00/0000:00:03.0/net/eno2/address", "02:25:b5:00:00:08\n");
	tree_file("devices/pci0000:00/0000:00:03.0/net/none/address", "00:00:00:00:00:00\n");
	tree_pci("devices/pci0000:00", "0000:00:04.0", "0x0c0400\n", "0x2261\n");
	tree_file("devices/pci0000:00/0000:00:04.0/host0/fc_host/host0/port_name",
		  "0x2100000000000001\n");
	tree_file("devices/pci0000:00/0000:00:04.0/host0/fc_host/host0/node_name",
		  "0x2000000000000001\n");
	tree_pci("devices/pci0000:00", "0000:00:05.0", "0x020700\n", "0x101b\n");
	tree_file("devices/pci0000:00/0000:00:05.0/infiniband/mlx5_0/node_guid",
		  "0002:c903:0000:0002\n");
	scan();
	o = look.scan.own;
	ck_assert_uint_eq(look.scan.owns, 4);
	ck_assert_uint_eq(o[0].rid, 3 << 3);
	ck_assert_uint_eq(o[0].ident0 + o[1].ident0, 2 * UINT64_C(0x0225b5000007) + 1);
	ck_assert_str_ne(o[0].name, o[1].name);
	ck_assert_str_eq(o[2].name, "host0");
	ck_assert_uint_eq(o[2].ident0, 0x2100000000000001);
	ck_assert_uint_eq(o[2].ident1, 0x2000000000000001);
	ck_assert_uint_eq(o[3].class_code, 0x020700);
	ck_assert_uint_eq(o[3].ident1, 0x0002c90300000002);
	ck_assert_uint_eq(look.scan.fns, 6);
}
END_TEST

START_TEST(test_users)
{
	scan();
	ck_assert_str_eq(at(1, 0, 5)->users, "");
	tree_dir(TREE_B(1) "/0000:04:00.5/net/eth3/upper_vlan7");
	scan();
	ck_assert_str_eq(at(1, 0, 5)->users, "below vlan7");
	tree_link(TREE_B(1) "/0000:04:00.5/net/eth3/master", "../../../../virtual/net/br0");
	scan();
	ck_assert_str_eq(at(1, 0, 5)->users, "member of br0");
	ck_assert(!at(1, 0, 5)->carries_agent);
	tree_pci(TREE_B(5), "0000:08:00.0", "0x010802\n", "0xa825\n");
	tree_file(TREE_B(5) "/0000:08:00.0/nvme/nvme1/state", "live\n");
	tree_dir(TREE_B(5) "/0000:08:00.0/nvme/nvme1/nvme1n1/nvme1n1p1/holders/dm-0");
	scan();
	ck_assert_str_eq(at(5, 0, 0)->users, "held by dm-0");
	ck_assert(at(5, 0, 0)->link);
}
END_TEST

/* On the running kernel's own sysfs also what /proc says; its first mount, as the root may be
 * no mount of its own. */
START_TEST(test_mounts)
{
	char number[32], where[256], expected[280];
	FILE *f = fopen("/proc/self/mountinfo", "r");

	ck_assert_ptr_nonnull(f);
	ck_assert_int_eq(fscanf(f, "%*u %*u %30s %*s %255s", number, where), 2);
	fclose(f);
	mr_fmt(expected, sizeof(expected), "mounted on %s", where);
	tree_pci(TREE_B(5), "0000:08:00.0", "0x010802\n", "0xa825\n");
	tree_file(TREE_B(5) "/0000:08:00.0/nvme/nvme1/nvme1n1/nvme1n1p2/dev", number);
	scan();
	ck_assert_str_eq(at(5, 0, 0)->users, "");
	cfg.fs.real = true;
	scan();
	ck_assert_str_eq(at(5, 0, 0)->users, expected);
}
END_TEST

START_TEST(test_no_tree)
{
	mr_copy(cfg.fs.root, sizeof(cfg.fs.root), "/nonexistent/banyan");
	scan();
	ck_assert(look.scan.failed && !look.alive);
	tree_dir("off/bus/pci/devices");
	mr_fmt(cfg.fs.root, sizeof(cfg.fs.root), "%s/off", tree);
	scan();
	ck_assert(!look.scan.failed && !look.alive);
	ck_assert_uint_eq(look.scan.fns, 0);
}
END_TEST

/* Files that a changing tree may show: nothing of it may end the agent. */
START_TEST(test_strange_files)
{
	tree_file(TREE_B(1) "/0000:04:00.0/sriov_totalvfs", "99999999999999999999\n");
	tree_file(TREE_B(1) "/0000:04:00.0/sriov_numvfs", "-4\n");
	tree_file(TREE_B(1) "/0000:04:00.5/vendor", "\n");
	tree_file(TREE_B(1) "/0000:04:00.5/net/eth3/address", "zz:zz\n");
	tree_file("bus/pci/slots/2/address",
		  "not an address that anybody knows of at all....\n");
	tree_file("bus/pci/slots/banana/address", "0000:04:00\n");
	tree_file(TREE_UP "/config", "short");
	tree_file("bus/pci/devices/nonsense", "");
	tree_link("bus/pci/devices/0000:99:00.0", "../../../devices/gone");
	scan();
	ck_assert(!look.scan.failed);
	ck_assert_uint_eq(look.scan.roots, 0);
	ck_assert_uint_eq(look.scan.fns, 0);
}
END_TEST

START_TEST(test_hex_numbers)
{
	ck_assert_uint_eq(ag_hex_number("02:25:b5:00:00:01"), 0x0225b5000001);
	ck_assert_uint_eq(ag_hex_number("0x20000025B5000001"), 0x20000025b5000001);
	ck_assert_uint_eq(ag_hex_number("0002:c903:0000:0001"), 0x0002c90300000001);
	ck_assert_uint_eq(ag_hex_number("fe80:0000:0000:0000:1"), 0);
	ck_assert_uint_eq(ag_hex_number("02:25:b5:00:00:0g"), 0);
	ck_assert_uint_eq(ag_hex_number(""), 0);
}
END_TEST

static struct ibv_device fake[2];
static struct ibv_device *fakes[] = {&fake[0], &fake[1], NULL};
static unsigned freed;

static struct ibv_device **list_two(int *n)
{
	*n = 2;
	return fakes;
}

static struct ibv_device **list_none(int *n)
{
	(void)n;
	return NULL;
}

static void free_list(struct ibv_device **list)
{
	ck_assert_ptr_eq(list, fakes);
	freed++;
}

static const char *name(struct ibv_device *dev)
{
	return dev == &fake[0] ? "mlx5_0" : "mlx5_1";
}

static uint64_t guid(struct ibv_device *dev)
{
	return htobe64(dev == &fake[0] ? 0x0002c90300000001 : 2);
}

/* A second root in domain 1, of the same bus and slot numbers: what is behind it is told by
 * port and domain, and the slot by the name that the kernel gave it. */
START_TEST(test_domains)
{
#define UP1 "devices/pci0001:00/0001:00:01.0/0001:01:00.0"
	const struct ag_fn *f[2] = {NULL, NULL};
	uint8_t config[4096];
	unsigned slots = 0;

	tree_pci("devices/pci0001:00", "0001:00:01.0", "0x060400\n", "0x0002\n");
	tree_pci("devices/pci0001:00/0001:00:01.0", "0001:01:00.0", "0x060400\n", "0xba50\n");
	tree_identity(config, 4);
	tree_bytes(UP1 "/config", config, sizeof(config));
	tree_pci(UP1, "0001:02:02.0", "0x060400\n", "0xba51\n");
	tree_file(UP1 "/0001:02:02.0/secondary_bus_number", "5\n");
	tree_file("bus/pci/slots/2-1/address", "0001:05:00\n");
	tree_file("bus/pci/slots/2-1/power", "1\n");
	tree_pci(UP1 "/0001:02:02.0", "0001:05:00.0", "0x0c0400\n", "0x2289\n");
	scan();
	ck_assert_uint_eq(look.scan.roots, 2);
	ck_assert_uint_eq(look.scan.root[0].port, 3);
	ck_assert_uint_eq(look.scan.root[1].port, 4);
	for (unsigned i = 0; i < look.scan.fns; i++)
		if (look.scan.fn[i].place.bridge == 2)
			f[look.scan.fn[i].domain] = &look.scan.fn[i];
	ck_assert(f[0] && f[1]);
	ck_assert_uint_eq(f[0]->rid, f[1]->rid);
	ck_assert_uint_eq(f[0]->place.port, 3);
	ck_assert_uint_eq(f[1]->place.port, 4);
	for (unsigned i = 0; i < look.scan.slots; i++) {
		const struct ag_slot *s = &look.scan.slot[i];

		if (s->bridge != 2)
			continue;
		slots++;
		ck_assert_str_eq(s->name, s->port == 4 ? "2-1" : "2");
		ck_assert(s->occupied);
	}
	ck_assert_uint_eq(slots, 2);
}
END_TEST

START_TEST(test_verbs)
{
	const struct ag_verbs_ops two = {list_two, free_list, name, guid};
	const struct ag_verbs_ops none = {list_none, free_list, name, guid};
	struct ag_verbs_dev dev[2];

	ck_assert_uint_eq(ag_verbs_list(&none, dev, 2), 0);
	ck_assert_uint_eq(freed, 0);
	ck_assert_uint_eq(ag_verbs_list(&two, dev, 2), 2);
	ck_assert_str_eq(dev[1].name, "mlx5_1");
	ck_assert_uint_eq(dev[0].node_guid, 0x0002c90300000001);
	ck_assert_uint_eq(ag_verbs_list(&two, dev, 1), 1);
	ck_assert_uint_eq(freed, 2);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ag_scan");
	TCase *t = tcase_create("scan"), *plain = tcase_create("plain");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_test(t, test_root);
	tcase_add_test(t, test_isolation);
	tcase_add_test(t, test_isolation_of_nonsense);
	tcase_add_test(t, test_slots);
	tcase_add_test(t, test_domains);
	tcase_add_test(t, test_places);
	tcase_add_test(t, test_without_the_extension);
	tcase_add_test(t, test_orphans);
	tcase_add_test(t, test_class_devices);
	tcase_add_test(t, test_own_ports);
	tcase_add_test(t, test_users);
	tcase_add_test(t, test_mounts);
	tcase_add_test(t, test_no_tree);
	tcase_add_test(t, test_strange_files);
	tcase_add_test(plain, test_hex_numbers);
	tcase_add_test(plain, test_verbs);
	suite_add_tcase(s, t);
	suite_add_tcase(s, plain);
	return check_run(s);
}
