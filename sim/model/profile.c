/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Profiles: models of devices that people know, by name, for chassis files. Ids, ports, links
 * and numbers of VFs are those of the devices; BARs and vectors are what one of their VFs (of
 * `base` devices: the function) has, MSI-X tables excepted, which stand where this model puts
 * them. docs/chassis-file.md lists them.
 */
#include <stddef.h>

#include "common/str.h"
#include "sim/model/desc_read.h"

#define KIB 1024ull
#define MIB (1024 * KIB)
#define GIB (1024 * MIB)
#define MEM64(n)                \
	{                       \
		(n), true, true \
	}
#define MEM32(n)                  \
	{                         \
		(n), false, false \
	}
#define G(n)	 ((n)*1000ull)
#define GT(s, w) .link_speed = (s)*10, .link_width = (w)
#define NONE      \
	{         \
		0 \
	}
#define COMMON		.rate_step_mbps = 1
#define MSIX(most, all) .res[MR_RES_MSIX] = {.max = (most), .total = (all)}
#define MS(n)		((n)*1000000ll)
#define IDS(v, d)	.vendor = 0x##v, .device = 0x##d

static const struct sim_model_desc profiles[] = {
	/* ethernet */
	{.name = "connectx4lx-25g",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_ETHERNET,
	 IDS(15b3, 1015),
	 .vf_device = 0x1016,
	 .pfs = 2,
	 .ports = 2,
	 .port_mbps = {G(25), G(25)},
	 GT(8, 8),
	 .vfs = 64,
	 .bar = {MEM64(MIB)},
	 .msix = 12},
	{.name = "connectx6dx-100g",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_ETHERNET,
	 IDS(15b3, 101d),
	 .vf_device = 0x101e,
	 .pfs = 2,
	 .ports = 2,
	 .port_mbps = {G(100), G(100)},
	 GT(16, 16),
	 .vfs = 64,
	 .bar = {MEM64(MIB)},
	 .msix = 12,
	 MSIX(64, 2048)},
	{.name = "e810-25g",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_ETHERNET,
	 IDS(8086, 159b),
	 .vf_device = 0x1889,
	 .pfs = 2,
	 .ports = 2,
	 .port_mbps = {G(25), G(25)},
	 GT(16, 8),
	 .vfs = 128,
	 .bar = {MEM64(128 * KIB), NONE, NONE, MEM64(16 * KIB)},
	 .msix = 17},
	{.name = "e810-100g",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_ETHERNET,
	 IDS(8086, 1592),
	 .vf_device = 0x1889,
	 .pfs = 2,
	 .ports = 2,
	 .port_mbps = {G(100), G(100)},
	 GT(16, 16),
	 .vfs = 128,
	 .bar = {MEM64(128 * KIB), NONE, NONE, MEM64(16 * KIB)},
	 .msix = 17},
	{.name = "x710-10g",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_ETHERNET,
	 IDS(8086, 1572),
	 .vf_device = 0x154c,
	 .pfs = 4,
	 .ports = 4,
	 .port_mbps = {G(10), G(10), G(10), G(10)},
	 GT(8, 8),
	 .vfs = 32,
	 .bar = {MEM64(64 * KIB), NONE, NONE, MEM64(16 * KIB)},
	 .msix = 5,
	 .lacks = MR_CT_CAP_WEIGHT | MR_CT_CAP_BURST | MR_CT_CAP_MIRROR},
	/* the multi-root device whose registers are public: 17 VHs, 17 paths, 25 configuration
	 * spaces for the functions of all of them */
	{.name = "x3100-mr17",
	 COMMON,
	 .kind = SIM_KIND_MRA,
	 .device_class = MR_CLASS_ETHERNET,
	 IDS(17d5, 5833),
	 .vf_device = 0x5833,
	 .pfs = 1,
	 .ports = 1,
	 .port_mbps = {G(10)},
	 GT(5, 8),
	 .vfs = 17,
	 .vhs = 17,
	 .mode = {{"mr17", 17, 17}, {"mr8", 8, 9}},
	 .modes = 2,
	 .config_spaces = 25,
	 .bar = {MEM64(MIB)},
	 .msix = 4,
	 .mtu = 9600,
	 .lacks = MR_CT_CAP_WEIGHT | MR_CT_CAP_BURST | MR_CT_CAP_MIRROR | MR_CT_CAP_QINQ |
		  MR_CT_CAP_BRIDGING | MR_CT_CAP_TRUNK | MR_CT_CAP_ACL},
	/* fibre channel, InfiniBand */
	{.name = "lpe16002-16g",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_FC,
	 IDS(10df, e200),
	 .vf_device = 0xe208,
	 .pfs = 2,
	 .ports = 2,
	 .port_mbps = {G(16), G(16)},
	 GT(8, 8),
	 .vfs = 32,
	 .bar = {MEM64(64 * KIB)},
	 .msix = 8,
	 .lacks = MR_CT_CAP_WEIGHT | MR_CT_CAP_BURST},
	{.name = "connectx6-hdr",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_IB,
	 IDS(15b3, 101b),
	 .vf_device = 0x101c,
	 .pfs = 1,
	 .ports = 1,
	 .port_mbps = {G(200)},
	 GT(16, 16),
	 .vfs = 64,
	 .bar = {MEM64(MIB)},
	 .msix = 12,
	 MSIX(64, 2048)},
	/* nvme, gpu */
	{.name = "pm1735-nvme",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_NVME,
	 IDS(144d, a824),
	 .vf_device = 0xa824,
	 .pfs = 1,
	 GT(16, 8),
	 .vfs = 32,
	 .bar = {MEM64(32 * KIB)},
	 .msix = 9,
	 MSIX(65, 512),
	 .scrub_ns = MS(200),
	 .res[MR_RES_QUEUES] = {.base = 8, .max = 64, .total = 512},
	 .res[MR_RES_CAPACITY] = {.total = 1490 * 1024}},
	{.name = "a100-40g",
	 COMMON,
	 .kind = SIM_KIND_SRIOV,
	 .device_class = MR_CLASS_GPU,
	 IDS(10de, 20f1),
	 .vf_device = 0x20f1,
	 .pfs = 1,
	 GT(16, 16),
	 .vfs = 16,
	 .bar = {MEM64(256 * KIB), NONE, MEM64(4 * GIB), NONE, MEM64(32 * MIB)},
	 .msix = 6,
	 .scrub_ns = MS(500),
	 .res[MR_RES_FRAMEBUFFER] = {.total = 40 * 1024, .step = 1024}},
	{.name = "mi210-64g",
	 COMMON,
	 .kind = SIM_KIND_BASE,
	 .device_class = MR_CLASS_GPU,
	 IDS(1002, 740f),
	 .pfs = 1,
	 GT(16, 16),
	 .bar = {MEM64(64 * GIB), NONE, MEM64(2 * MIB), NONE, NONE, MEM32(512 * KIB)},
	 .msix = 4},
};

/* The profile 'name', or NULL. */
const struct sim_model_desc *sim_profile_find(const char *name)
{
	for (size_t i = 0; i < sizeof(profiles) / sizeof(profiles[0]); i++)
		if (mr_streq(profiles[i].name, name))
			return &profiles[i];
	return NULL;
}

/* The i-th profile, NULL past the last. */
const struct sim_model_desc *sim_profile(unsigned i)
{
	return i < sizeof(profiles) / sizeof(profiles[0]) ? &profiles[i] : NULL;
}
