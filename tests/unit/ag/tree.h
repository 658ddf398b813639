/* SPDX-License-Identifier: Apache-2.0 */
/* A fake sysfs root in a temporary folder: files, links, a host with one root of ours. */
#ifndef TESTS_UNIT_AG_TREE_H
#define TESTS_UNIT_AG_TREE_H

#include <check.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/pci/regmap.h"
#include "common/str.h"

static char tree[64];

#define TREE_UP	  "devices/pci0000:00/0000:00:01.0/0000:01:00.0"
#define TREE_B(b) TREE_UP "/0000:02:0" #b ".0"

/* Makes the folders above a path. */
static inline void tree_parents(const char *path)
{
	char copy[512];

	mr_copy(copy, sizeof(copy), path);
	for (char *s = copy + 1; (s = strchr(s, '/')); s++) {
		*s = '\0';
		mkdir(copy, 0755);
		*s = '/';
	}
}

static inline void tree_bytes(const char *name, const void *data, size_t len)
{
	char path[512];
	int fd;

	ck_assert(mr_fmt(path, sizeof(path), "%s/%s", tree, name));
	tree_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, data, len), (ssize_t)len);
	close(fd);
}

static inline void tree_file(const char *name, const char *text)
{
	tree_bytes(name, text, strlen(text));
}

static inline void tree_dir(const char *name)
{
	char path[512];

	ck_assert(mr_fmt(path, sizeof(path), "%s/%s/", tree, name));
	tree_parents(path);
}

static inline void tree_link(const char *name, const char *to)
{
	char path[512];

	ck_assert(mr_fmt(path, sizeof(path), "%s/%s", tree, name));
	tree_parents(path);
	ck_assert_int_eq(symlink(to, path), 0);
}

static inline const char *tree_read(const char *name)
{
	static char text[512];
	char path[512];
	int fd;
	ssize_t n;

	ck_assert(mr_fmt(path, sizeof(path), "%s/%s", tree, name));
	fd = open(path, O_RDONLY);
	ck_assert_int_ge(fd, 0);
	n = read(fd, text, sizeof(text) - 1);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	return text;
}

/* A PCI device: its folder below 'parent', class, ids, and its link in bus/pci/devices. */
static inline void tree_pci(const char *parent, const char *bdf, const char *class_code,
			    const char *device)
{
	char name[512];

#define IN(file, text) \
	(mr_fmt(name, sizeof(name), "%s/%s/%s", parent, bdf, file), tree_file(name, text))
	IN("class", class_code);
	IN("vendor", "0x15b3\n");
	IN("device", device);
	IN("numa_node", "0\n");
#undef IN
	char to[512];

	mr_fmt(name, sizeof(name), "bus/pci/devices/%s", bdf);
	mr_fmt(to, sizeof(to), "../../../%s/%s", parent, bdf);
	tree_link(name, to);
}

static inline void put32(uint8_t *p, uint32_t v)
{
	for (unsigned i = 0; i < 4; i++)
		p[i] = (uint8_t)(v >> (8 * i));
}

/* Configuration space with a VS identity at 148h, behind another capability at 100h. */
static inline void tree_identity(uint8_t config[4096], unsigned port_number)
{
	uint8_t *cap = config + 0x148;

	memset(config, 0, 4096);
	put32(config + 0x100, 0x14810001);
	put32(cap, 0x00010023);
	put32(cap + 4, MR_DVSEC_VENDOR | VSID_LENGTH << 20);
	put32(cap + 8, MR_DVSEC_VS_IDENTITY);
	put32(cap + VSID_PORT, port_number | 7u << 16);
	put32(cap + VSID_EPOCH_LO, 5);
	put32(cap + VSID_EPOCH_HI, 1);
	put32(cap + VSID_CHALLENGE_LO, 0x55667788);
	put32(cap + VSID_CHALLENGE_HI, 0x11223344);
	memcpy(cap + VSID_SERIAL, "C1-0001", 7);
}

/* A downstream bridge b with its slot: bus 3 + b. */
static inline void tree_bridge(unsigned b, bool power)
{
	char bdf[16], name[128], text[32];

	mr_fmt(bdf, sizeof(bdf), "0000:02:0%u.0", b);
	tree_pci(TREE_UP, bdf, "0x060400\n", "0xba51\n");
	mr_fmt(name, sizeof(name), TREE_UP "/%s/secondary_bus_number", bdf);
	mr_fmt(text, sizeof(text), "%u\n", 3 + b);
	tree_file(name, text);
	mr_fmt(name, sizeof(name), "bus/pci/slots/%u/address", b);
	mr_fmt(text, sizeof(text), "0000:%02x:00\n", 3 + b);
	tree_file(name, text);
	mr_fmt(name, sizeof(name), "bus/pci/slots/%u/power", b);
	tree_file(name, power ? "1\n" : "0\n");
}

/*
 * The host: its own 00:02.0 (NVMe); our root at port 3 with bridges 1 (PF with VFs 0 and 4 of
 * 8), 2 (FC function), 4 (GPU with two functions), 5 (empty, off).
 */
static inline void tree_host(void)
{
	uint8_t config[4096];

	mr_copy(tree, sizeof(tree), "/tmp/banyan-ag.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(tree));
	tree_file("kernel/boot_id", "2b0f\n");
	tree_pci("devices/pci0000:00", "0000:00:00.0", "0x060000\n", "0x0001\n");
	tree_pci("devices/pci0000:00", "0000:00:01.0", "0x060400\n", "0x0002\n");
	tree_pci("devices/pci0000:00", "0000:00:02.0", "0x010802\n", "0x0003\n");
	tree_pci("devices/pci0000:00/0000:00:01.0", "0000:01:00.0", "0x060400\n", "0xba50\n");
	tree_identity(config, 3);
	tree_bytes(TREE_UP "/config", config, sizeof(config));
	tree_bridge(1, true);
	tree_bridge(2, true);
	tree_bridge(4, true);
	tree_bridge(5, false);
	tree_file("bus/pci/banyan_vf_migration", "1\n");
	tree_pci(TREE_B(1), "0000:04:00.0", "0x020000\n", "0x101d\n");
	tree_file(TREE_B(1) "/0000:04:00.0/sriov_totalvfs", "8\n");
	tree_file(TREE_B(1) "/0000:04:00.0/sriov_numvfs", "8\n");
	tree_file(TREE_B(1) "/0000:04:00.0/sriov_drivers_autoprobe", "0\n");
	tree_bytes(TREE_B(1) "/0000:04:00.0/vf_migration_state", "\3\0\0\0\3\0\0\0", 8);
	tree_link(TREE_B(1) "/0000:04:00.0/virtfn0", "../0000:04:00.1");
	tree_link(TREE_B(1) "/0000:04:00.0/virtfn4", "../0000:04:00.5");
	tree_link(TREE_B(1) "/0000:04:00.0/virtfn6", "../0000:04:00.7");
	tree_pci(TREE_B(1), "0000:04:00.1", "0x020000\n", "0x101e\n");
	tree_link(TREE_B(1) "/0000:04:00.1/physfn", "../0000:04:00.0");
	tree_pci(TREE_B(1), "0000:04:00.5", "0x020000\n", "0x101e\n");
	tree_link(TREE_B(1) "/0000:04:00.5/physfn", "../0000:04:00.0");
	tree_link(TREE_B(1) "/0000:04:00.5/driver", "../../../bus/pci/drivers/mlx5_core");
	tree_link(TREE_B(1) "/0000:04:00.5/iommu_group", "../../../kernel/iommu_groups/17");
	tree_file(TREE_B(1) "/0000:04:00.5/net/eth3/address", "02:25:b5:00:00:01\n");
	tree_file(TREE_B(1) "/0000:04:00.5/net/eth3/carrier", "1\n");
	tree_pci(TREE_B(2), "0000:05:00.0", "0x0c0400\n", "0x2289\n");
	tree_file(TREE_B(2) "/0000:05:00.0/host2/fc_host/host2/port_name",
		  "0x20000025b5000001\n");
	tree_file(TREE_B(2) "/0000:05:00.0/host2/fc_host/host2/node_name",
		  "0x20000025b5ffffff\n");
	tree_file(TREE_B(2) "/0000:05:00.0/host2/fc_host/host2/port_state", "Online\n");
	tree_pci(TREE_B(4), "0000:07:00.0", "0x030200\n", "0x740f\n");
	tree_pci(TREE_B(4), "0000:07:00.1", "0x040300\n", "0x7410\n");
}

static inline int tree_unlink(const char *path, const struct stat *st, int flag,
			      struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path);
}

static inline void tree_remove(void)
{
	nftw(tree, tree_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

#endif
