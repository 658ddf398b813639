// SPDX-License-Identifier: Apache-2.0
/*
 * Rows of class devices: net, infiniband with its verbs device, fc_host and scsi_host; those of
 * NVMe stand in face_nvme.c.
 * What they show comes from the function itself (sim_host_fn_view), as a class driver would
 * read it.
 */
#include <errno.h>

#include "common/ids.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/face_row.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"
#include "sim/world.h"

static const char *const classes[] = {"net",	 "infiniband", "infiniband_verbs", "nvme",
				      "fc_host", "scsi_host",  "nvme-subsystem"};

/* The folders of class/. */
const char *face_class_name(unsigned sub)
{
	return sub < MR_ARRAY_SIZE(classes) ? classes[sub] : NULL;
}

/* Whether the place's device has a class device of that class. */
static bool has_class(const struct face_at *at, const char *class)
{
	char name[FACE_NAME_MAX];

	return mr_streq(sim_dev_class(at->dev, name, sizeof(name)), class);
}

static bool is_net(const struct face_at *at)
{
	return has_class(at, "net");
}

static bool is_ib(const struct face_at *at)
{
	return has_class(at, "infiniband");
}

/* Whether it is an NVMe controller with a driver. */
bool face_is_nvme(const struct face_at *at)
{
	return has_class(at, "nvme");
}

static bool is_fc(const struct face_at *at)
{
	return has_class(at, "fc_host");
}

/* What the function shows: all 0 when it does not answer. */
struct sim_fn_view face_view(const struct face_at *at)
{
	struct sim_fn_view v = {0};

	sim_host_fn_view(sim_world_chassis(at->world), (uint16_t)at->vh, at->rid, &v);
	return v;
}

static int puts_of(struct mr_buf *out, const char *text)
{
	mr_buf_printf(out, "%s\n", text);
	return 0;
}

/* ---- net ---- */

/* Without an identity the driver makes up a local one, another for each appearance. */
static int r_address(const struct face_at *at, struct mr_buf *out)
{
	uint64_t mac = face_view(at).ident0;
	char text[MR_IDENT_TEXT];

	if (!mac)
		mac = UINT64_C(0x020000000000) | (uint64_t)at->vh << 32 |
		      (at->dev->serial & 0xffff) << 16 | at->rid;
	return puts_of(
		out, mr_ident_text(&(struct mr_ident){.type = MR_IDENT_MAC, .lo = mac}, text));
}

TEXT(r_addr_assign, "%d", face_view(at).ident0 ? 0 : 1)
TEXT(r_operstate, "%s", face_view(at).link ? "up" : "down")
TEXT(r_carrier, "%d", face_view(at).link)
TEXT(r_net_speed, "%lld", face_view(at).link ? (long long)face_view(at).mbps : -1LL)
TEXT(r_mtu, "%u", face_view(at).mtu ? face_view(at).mtu : 1500u)
TEXT(r_ifindex, "%u", at->dev->index + 2)
TEXT(r_net_type, "%d", 1)
TEXT(r_net_flags, "0x%x", 0x1003)
TEXT(r_dev_port, "%d", 0)
TEXT(r_duplex, "%s", "full")

static int r_net_uevent(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "INTERFACE=eth%u\nIFINDEX=%u\n", at->dev->index, at->dev->index + 2);
	return 0;
}

/* ---- infiniband ---- */

static int guid(struct mr_buf *out, uint64_t prefix, uint64_t v)
{
	if (prefix)
		mr_buf_printf(out, "%04x:%04x:%04x:%04x:", (unsigned)(prefix >> 48),
			      (unsigned)(prefix >> 32 & 0xffff),
			      (unsigned)(prefix >> 16 & 0xffff), (unsigned)(prefix & 0xffff));
	mr_buf_printf(out, "%04x:%04x:%04x:%04x\n", (unsigned)(v >> 48),
		      (unsigned)(v >> 32 & 0xffff), (unsigned)(v >> 16 & 0xffff),
		      (unsigned)(v & 0xffff));
	return 0;
}

static int r_node_guid(const struct face_at *at, struct mr_buf *out)
{
	return guid(out, 0, face_view(at).ident1);
}

static int r_gid(const struct face_at *at, struct mr_buf *out)
{
	return guid(out, UINT64_C(0xfe80000000000000), face_view(at).ident0);
}

TEXT(r_node_type, "%s", "1: CA")
TEXT(r_node_desc, "%s mlx5_%u", sim_blade_name(at->blade), at->dev->index)
TEXT(r_fw_ver, "%s", "20.0.0001")
TEXT(r_hca_type, "MT%u", at->dev->device)
TEXT(r_board_id, "%s", "BNY0000000001")
TEXT(r_port_state, "%s", face_view(at).link ? "4: ACTIVE" : "1: DOWN")
TEXT(r_phys_state, "%s", face_view(at).link ? "5: LinkUp" : "3: Disabled")
TEXT(r_link_layer, "%s", "InfiniBand")
TEXT(r_lid, "0x%x", face_view(at).link ? at->vh + 1 : 0)
TEXT(r_sm_lid, "0x%x", face_view(at).link ? 1 : 0)
TEXT(r_lid_mask, "%d", 0)
TEXT(r_sm_sl, "%d", 0)
TEXT(r_rate, "%llu Gb/sec (4X)", (unsigned long long)face_view(at).mbps / 1000)
TEXT(r_cap_mask, "0x%08x", 0x2651e848)

static int r_pkey(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "0x%04x\n", face_view(at).pkey[at->sub]);
	return 0;
}
TEXT(r_verbs_dev, "231:%u", 192 + at->dev->index)
TEXT(r_ibdev, "mlx5_%u", at->dev->index)
TEXT(r_dev_abi, "%d", 1)

/* ---- fc_host ---- */

TEXT(r_port_name, "0x%016llx", (unsigned long long)face_view(at).ident0)
TEXT(r_node_name, "0x%016llx", (unsigned long long)face_view(at).ident1)
TEXT(r_fc_state, "%s", face_view(at).link ? "Online" : "Linkdown")
TEXT(r_fc_type, "%s", "NPort (fabric via point-to-point)")
TEXT(r_proc_name, "%s", "lpfc")
TEXT(r_fc_port_id, "0x%06x", face_view(at).link ? 0x010000u | at->vh << 8 | at->dev->index : 0)
TEXT(r_fc_fabric, "0x%016llx", face_view(at).link ? 0x100000051e000001ull : 0)
TEXT(r_fc_classes, "%s", "Class 3")
TEXT(r_fc_fc4s, "%s", "0x00 0x00 0x01 0x00 0x00 0x00 0x00 0x00")
TEXT(r_fc_frame, "%s", "2048 bytes")
TEXT(r_fc_vports, "%d", 255)
TEXT(r_fc_symbolic, "Emulex %s FV1.0 DV14.2.0.7 HN:%s OS:Linux",
     face_view(at).model ? face_view(at).model : "", sim_blade_name(at->blade))

static int r_fc_speeds(const struct face_at *at, struct mr_buf *out)
{
	uint64_t most = face_view(at).mbps / 1000;
	bool first = true;

	for (uint64_t g = most > 8 ? most / 4 : 2; g <= most; g *= 2, first = false)
		mr_buf_printf(out, "%s%llu Gbit", first ? "" : ", ", (unsigned long long)g);
	mr_buf_puts(out, "\n");
	return 0;
}

static int r_fc_speed(const struct face_at *at, struct mr_buf *out)
{
	struct sim_fn_view v = face_view(at);

	if (!v.link)
		return puts_of(out, "unknown");
	mr_buf_printf(out, "%llu Gbit\n", (unsigned long long)v.mbps / 1000);
	return 0;
}

/* ---- links ---- */

/* The PCI device below which the class device stands. */
int face_l_pci_device(const struct face_at *at, struct mr_buf *out)
{
	sim_blade_devpath(at->blade, at->dev, out);
	return 0;
}

static int l_scsi_device(const struct face_at *at, struct mr_buf *out)
{
	char name[FACE_NAME_MAX];

	sim_blade_devpath(at->blade, at->dev, out);
	if (sim_dev_class(at->dev, name, sizeof(name)))
		mr_buf_printf(out, "/%s", name);
	return 0;
}

/* The folder of its class. */
int face_l_subsystem(const struct face_at *at, struct mr_buf *out)
{
	switch (face_row_of(at)->in) {
	case D_VERBS:
		mr_buf_puts(out, "/class/infiniband_verbs");
		return 0;
	case D_FC:
		mr_buf_puts(out, "/class/fc_host");
		return 0;
	case D_SHOST:
		mr_buf_puts(out, "/class/scsi_host");
		return 0;
	default:
		break;
	}
	char name[FACE_NAME_MAX];

	mr_buf_printf(out, "/class/%s", sim_dev_class(at->dev, name, sizeof(name)));
	return 0;
}

#define OWN(IN, DIR, cond)                                                            \
	{                                                                             \
		.in = IN, .name = "", .dir = DIR, .each = EACH_OWN_CLASS, .has = cond \
	}

/* Rows; within a folder in the order in which they are listed. */
const struct face_row face_class_rows[] = {
	{.in = D_DEV, .name = "net", .dir = D_DEV_CLASS, .has = is_net},
	OWN(D_DEV_CLASS, D_NET, is_net),
	RO(D_NET, "address", r_address),
	RO(D_NET, "addr_assign_type", r_addr_assign),
	RO(D_NET, "operstate", r_operstate),
	RO(D_NET, "carrier", r_carrier),
	RO(D_NET, "speed", r_net_speed),
	RO(D_NET, "duplex", r_duplex),
	RO(D_NET, "mtu", r_mtu),
	RO(D_NET, "ifindex", r_ifindex),
	RO(D_NET, "iflink", r_ifindex),
	RO(D_NET, "type", r_net_type),
	RO(D_NET, "flags", r_net_flags),
	RO(D_NET, "dev_port", r_dev_port),
	RO(D_NET, "uevent", r_net_uevent),
	{.in = D_NET, .name = "statistics", .dir = D_NET_STATS},
	RO(D_NET_STATS, "collisions", face_stat),
	RO(D_NET_STATS, "multicast", face_stat),
	RO(D_NET_STATS, "rx_bytes", face_stat),
	RO(D_NET_STATS, "rx_compressed", face_stat),
	RO(D_NET_STATS, "rx_crc_errors", face_stat),
	RO(D_NET_STATS, "rx_dropped", face_stat),
	RO(D_NET_STATS, "rx_errors", face_stat),
	RO(D_NET_STATS, "rx_fifo_errors", face_stat),
	RO(D_NET_STATS, "rx_frame_errors", face_stat),
	RO(D_NET_STATS, "rx_length_errors", face_stat),
	RO(D_NET_STATS, "rx_missed_errors", face_stat),
	RO(D_NET_STATS, "rx_nohandler", face_stat),
	RO(D_NET_STATS, "rx_over_errors", face_stat),
	RO(D_NET_STATS, "rx_packets", face_stat),
	RO(D_NET_STATS, "tx_aborted_errors", face_stat),
	RO(D_NET_STATS, "tx_bytes", face_stat),
	RO(D_NET_STATS, "tx_carrier_errors", face_stat),
	RO(D_NET_STATS, "tx_compressed", face_stat),
	RO(D_NET_STATS, "tx_dropped", face_stat),
	RO(D_NET_STATS, "tx_errors", face_stat),
	RO(D_NET_STATS, "tx_fifo_errors", face_stat),
	RO(D_NET_STATS, "tx_heartbeat_errors", face_stat),
	RO(D_NET_STATS, "tx_packets", face_stat),
	LINK(D_NET, "device", face_l_pci_device),
	LINK(D_NET, "subsystem", face_l_subsystem),

	{.in = D_DEV, .name = "infiniband", .dir = D_DEV_CLASS, .has = is_ib},
	OWN(D_DEV_CLASS, D_IB, is_ib),
	RO(D_IB, "node_guid", r_node_guid),
	RO(D_IB, "sys_image_guid", r_node_guid),
	RO(D_IB, "node_type", r_node_type),
	RO(D_IB, "node_desc", r_node_desc),
	RO(D_IB, "fw_ver", r_fw_ver),
	RO(D_IB, "hca_type", r_hca_type),
	RO(D_IB, "board_id", r_board_id),
	LINK(D_IB, "device", face_l_pci_device),
	LINK(D_IB, "subsystem", face_l_subsystem),
	{.in = D_IB, .name = "ports", .dir = D_IB_PORTS},
	{.in = D_IB_PORTS, .name = "1", .dir = D_IB_PORT},
	RO(D_IB_PORT, "state", r_port_state),
	RO(D_IB_PORT, "phys_state", r_phys_state),
	RO(D_IB_PORT, "link_layer", r_link_layer),
	RO(D_IB_PORT, "lid", r_lid),
	RO(D_IB_PORT, "lid_mask_count", r_lid_mask),
	RO(D_IB_PORT, "sm_lid", r_sm_lid),
	RO(D_IB_PORT, "sm_sl", r_sm_sl),
	RO(D_IB_PORT, "rate", r_rate),
	RO(D_IB_PORT, "cap_mask", r_cap_mask),
	{.in = D_IB_PORT, .name = "gids", .dir = D_IB_GIDS},
	RO(D_IB_GIDS, "0", r_gid),
	{.in = D_IB_PORT, .name = "pkeys", .dir = D_IB_PKEYS},
	{.in = D_IB_PKEYS, .name = "%u", .mode = 0444, .each = EACH_PKEY, .read = r_pkey},

	{.in = D_DEV, .name = "infiniband_verbs", .dir = D_VERBS_LIST, .has = is_ib},
	{.in = D_VERBS_LIST, .name = "uverbs%u", .dir = D_VERBS, .each = EACH_OWN_VERBS},
	RO(D_VERBS, "ibdev", r_ibdev),
	RO(D_VERBS, "dev", r_verbs_dev),
	RO(D_VERBS, "abi_version", r_dev_abi),
	LINK(D_VERBS, "device", face_l_pci_device),
	LINK(D_VERBS, "subsystem", face_l_subsystem),

	OWN(D_DEV, D_SCSI, is_fc),
	{.in = D_SCSI, .name = "fc_host", .dir = D_FC_LIST},
	OWN(D_FC_LIST, D_FC, NULL),
	RO(D_FC, "port_name", r_port_name),
	RO(D_FC, "node_name", r_node_name),
	RO(D_FC, "port_state", r_fc_state),
	RO(D_FC, "port_type", r_fc_type),
	RO(D_FC, "port_id", r_fc_port_id),
	RO(D_FC, "fabric_name", r_fc_fabric),
	RO(D_FC, "speed", r_fc_speed),
	RO(D_FC, "supported_speeds", r_fc_speeds),
	RO(D_FC, "supported_classes", r_fc_classes),
	RO(D_FC, "supported_fc4s", r_fc_fc4s),
	RO(D_FC, "active_fc4s", r_fc_fc4s),
	RO(D_FC, "maxframe_size", r_fc_frame),
	RO(D_FC, "max_npiv_vports", r_fc_vports),
	RO(D_FC, "symbolic_name", r_fc_symbolic),
	LINK(D_FC, "device", l_scsi_device),
	LINK(D_FC, "subsystem", face_l_subsystem),
	{.in = D_SCSI, .name = "scsi_host", .dir = D_SHOST_LIST},
	OWN(D_SHOST_LIST, D_SHOST, NULL),
	RO(D_SHOST, "proc_name", r_proc_name),
	LINK(D_SHOST, "device", l_scsi_device),
	LINK(D_SHOST, "subsystem", face_l_subsystem),
};
const unsigned face_class_row_count = MR_ARRAY_SIZE(face_class_rows);
