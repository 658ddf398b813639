// SPDX-License-Identifier: Apache-2.0
/*
 * Rows of NVMe: the controller, its namespaces, and the subsystems that controllers of one
 * drive make up, as `nvme list-subsys` and `nvme list` read them. As on a kernel without native
 * multipath the namespaces stand below their controller. There is no `dev`: its number would be
 * taken for a disk of the machine that the simulator runs on.
 */
#include <errno.h>

#include "common/ids.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/face_row.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"
#include "sim/world.h"

/* ---- controllers ---- */

static int r_serial(const struct face_at *at, struct mr_buf *out)
{
	struct sim_fn_view v = face_view(at);

	mr_buf_printf(out, "%-20s\n", v.serial ? v.serial : "");
	return 0;
}

static int r_model(const struct face_at *at, struct mr_buf *out)
{
	struct sim_fn_view v = face_view(at);

	mr_buf_printf(out, "%-40s\n", v.model ? v.model : "");
	return 0;
}

static int r_address(const struct face_at *at, struct mr_buf *out)
{
	char text[MR_BDF_TEXT];

	mr_buf_printf(out, "%s\n", face_address(at, at->rid, text));
	return 0;
}

/* As the kernel makes it up for drives that have none of their own: ids, serial, model. */
static int r_nqn(const struct face_at *at, struct mr_buf *out)
{
	struct sim_fn_view v = face_view(at);

	mr_buf_printf(out, "nqn.2014.08.org.nvmexpress:%04x%04x%-20s%-40s\n", at->dev->vendor,
		      face_cfg(at, 0x2c, 2), v.serial ? v.serial : "", v.model ? v.model : "");
	return 0;
}

TEXT(r_firmware, "%-8s", "1.0")
TEXT(r_state, "%s", face_view(at).link ? "live" : "connecting")
TEXT(r_transport, "%s", "pcie")
TEXT(r_cntlid, "%u", face_view(at).number)
TEXT(r_cntrltype, "%s", "io")
TEXT(r_dctype, "%s", "none")
TEXT(r_numa, "%d", -1)
TEXT(r_kato, "%d", 0)

/* ---- namespaces ---- */

/* Number of the n-th namespace of the controller, 0 past the last: they are numbered through.
 */
static unsigned nsid_of(const struct face_at *at, unsigned n)
{
	uint64_t bits = face_view(at).class_reg[1];

	if (!face_is_nvme(at))
		return 0;
	for (unsigned i = 0; i < MR_MAX_NAMESPACES; i++)
		if (bits >> i & 1 && !n--)
			return i + 1;
	return 0;
}

/* The n-th namespace: face_tree.h. */
bool face_nvme_ns(const struct face_at *dir, unsigned n, char name[FACE_NAME_MAX])
{
	if (!dir->dev || !nsid_of(dir, n))
		return false;
	mr_fmt(name, FACE_NAME_MAX, "nvme%un%u", dir->dev->index, n + 1);
	return true;
}

static int ns(const struct face_at *at, struct sim_ns_view *ret)
{
	return sim_host_ns_view(sim_world_chassis(at->world), (uint16_t)at->vh, at->rid,
				nsid_of(at, at->sub), ret);
}

static int r_nsid(const struct face_at *at, struct mr_buf *out)
{
	unsigned id = nsid_of(at, at->sub);

	if (!id)
		return -ENODEV;
	mr_buf_printf(out, "%u\n", id);
	return 0;
}

/* In sectors of 512 bytes, whatever the block size. */
static int r_size(const struct face_at *at, struct mr_buf *out)
{
	struct sim_ns_view n;
	int r = ns(at, &n);

	if (!r)
		mr_buf_printf(out, "%llu\n", (unsigned long long)n.size / 512);
	return r;
}

static int r_block(const struct face_at *at, struct mr_buf *out)
{
	struct sim_ns_view n;
	int r = ns(at, &n);

	if (!r)
		mr_buf_printf(out, "%u\n", 1u << n.block_shift);
	return r;
}

static int put_uuid(const struct face_at *at, const char *before, struct mr_buf *out)
{
	struct sim_ns_view n;
	int r = ns(at, &n);

	if (r)
		return r;
	mr_buf_puts(out, before);
	for (unsigned i = 0; i < 16; i++)
		mr_buf_printf(out, "%s%02x", i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "",
			      n.uuid[i]);
	mr_buf_puts(out, "\n");
	return 0;
}

static int r_uuid(const struct face_at *at, struct mr_buf *out)
{
	return put_uuid(at, "", out);
}

static int r_wwid(const struct face_at *at, struct mr_buf *out)
{
	return put_uuid(at, "uuid.", out);
}

TEXT(r_zero, "%d", 0)

static int l_controller(const struct face_at *at, struct mr_buf *out)
{
	sim_blade_devpath(at->blade, at->dev, out);
	mr_buf_printf(out, "/nvme/nvme%u", at->dev->index);
	return 0;
}

/* ---- subsystems ---- */

static const struct sim_dev *nvme_dev(const struct face_at *dir, unsigned i,
				      struct face_at *ret)
{
	const struct sim_dev *d;

	*ret = *dir;
	d = face_dev(dir, i, ret);
	ret->dev = d;
	ret->rid = d ? d->rid : 0;
	return d;
}

/* Subsystem of the blade's i-th device: the first controller of the same drive gives it its
 * number; -1 for what is no controller. */
static int subsys_of(const struct face_at *dir, unsigned i)
{
	struct face_at a, b;
	uint16_t port;

	if (!nvme_dev(dir, i, &a) || !face_is_nvme(&a))
		return -1;
	port = face_view(&a).port;
	for (unsigned k = 0; nvme_dev(dir, k, &b); k++)
		if (face_is_nvme(&b) && face_view(&b).port == port)
			return (int)b.dev->index;
	return -1;
}

/* The n-th controller of the subsystem: face_tree.h. */
bool face_nvme_ctrl(const struct face_at *dir, unsigned n, struct face_at *ret,
		    char name[FACE_NAME_MAX])
{
	for (unsigned i = 0; nvme_dev(dir, i, ret); i++) {
		if (subsys_of(dir, i) != (int)dir->sub || n--)
			continue;
		mr_fmt(name, FACE_NAME_MAX, "nvme%u", ret->dev->index);
		return true;
	}
	return false;
}

/* Whether a subsystem may have that number, and its name: face_tree.h. */
bool face_nvme_subsys(const struct face_at *dir, unsigned n, char name[FACE_NAME_MAX])
{
	struct face_at a;

	mr_fmt(name, FACE_NAME_MAX, "nvme-subsys%u", n);
	if (dir->dir == D_CLASS_LIST && !mr_streq(face_class_name(dir->sub), "nvme-subsystem"))
		return false;
	for (unsigned i = 0; nvme_dev(dir, i, &a); i++)
		if (a.dev->index >= n && face_is_nvme(&a))
			return true;
	return false;
}

static bool subsys_exists(const struct face_at *at)
{
	struct face_at a;

	for (unsigned i = 0; nvme_dev(at, i, &a); i++)
		if (a.dev->index == at->sub && face_is_nvme(&a))
			return subsys_of(at, i) == (int)at->sub;
	return false;
}

/* A file of the subsystem is that of its first controller. */
static int of_first(const struct face_at *at, struct mr_buf *out,
		    int (*read)(const struct face_at *at, struct mr_buf *out))
{
	char name[FACE_NAME_MAX];
	struct face_at a;

	return face_nvme_ctrl(at, 0, &a, name) ? read(&a, out) : -ENODEV;
}

static int s_nqn(const struct face_at *at, struct mr_buf *out)
{
	return of_first(at, out, r_nqn);
}

static int s_serial(const struct face_at *at, struct mr_buf *out)
{
	return of_first(at, out, r_serial);
}

static int s_model(const struct face_at *at, struct mr_buf *out)
{
	return of_first(at, out, r_model);
}

TEXT(s_type, "%s", "nvm")

static int l_subsys(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "/devices/virtual/nvme-subsystem/nvme-subsys%u", at->sub);
	return 0;
}

static int l_subsys_class(const struct face_at *at, struct mr_buf *out)
{
	(void)at;
	mr_buf_puts(out, "/class/nvme-subsystem");
	return 0;
}

/* Rows; within a folder in the order in which they are listed. */
const struct face_row face_nvme_rows[] = {
	{.in = D_DEV, .name = "nvme", .dir = D_DEV_CLASS, .has = face_is_nvme},
	{.in = D_DEV_CLASS,
	 .name = "",
	 .dir = D_NVME,
	 .each = EACH_OWN_CLASS,
	 .has = face_is_nvme},
	RO(D_NVME, "serial", r_serial),
	RO(D_NVME, "model", r_model),
	RO(D_NVME, "firmware_rev", r_firmware),
	RO(D_NVME, "subsysnqn", r_nqn),
	RO(D_NVME, "state", r_state),
	RO(D_NVME, "transport", r_transport),
	RO(D_NVME, "address", r_address),
	RO(D_NVME, "cntlid", r_cntlid),
	RO(D_NVME, "cntrltype", r_cntrltype),
	RO(D_NVME, "dctype", r_dctype),
	RO(D_NVME, "numa_node", r_numa),
	RO(D_NVME, "kato", r_kato),
	LINK(D_NVME, "device", face_l_pci_device),
	LINK(D_NVME, "subsystem", face_l_subsystem),
	{.in = D_NVME, .name = "", .dir = D_NVME_NS, .each = EACH_NS},
	RO(D_NVME_NS, "nsid", r_nsid),
	RO(D_NVME_NS, "size", r_size),
	RO(D_NVME_NS, "uuid", r_uuid),
	RO(D_NVME_NS, "wwid", r_wwid),
	RO(D_NVME_NS, "ro", r_zero),
	RO(D_NVME_NS, "removable", r_zero),
	RO(D_NVME_NS, "hidden", r_zero),
	LINK(D_NVME_NS, "device", l_controller),
	{.in = D_NVME_NS, .name = "queue", .dir = D_NVME_QUEUE},
	RO(D_NVME_QUEUE, "logical_block_size", r_block),
	RO(D_NVME_QUEUE, "physical_block_size", r_block),
	RO(D_NVME_QUEUE, "rotational", r_zero),

	{.in = D_DEVICES, .name = "virtual", .dir = D_VIRTUAL},
	{.in = D_VIRTUAL, .name = "nvme-subsystem", .dir = D_SUBSYS_LIST},
	{.in = D_SUBSYS_LIST,
	 .name = "",
	 .dir = D_SUBSYS,
	 .each = EACH_SUBSYS,
	 .has = subsys_exists},
	RO(D_SUBSYS, "subsysnqn", s_nqn),
	RO(D_SUBSYS, "serial", s_serial),
	RO(D_SUBSYS, "model", s_model),
	RO(D_SUBSYS, "firmware_rev", r_firmware),
	RO(D_SUBSYS, "subsystype", s_type),
	LINK(D_SUBSYS, "subsystem", l_subsys_class),
	{.in = D_SUBSYS, .name = "", .each = EACH_CTRL, .read = l_controller, .link = true},
	{.in = D_CLASS_LIST,
	 .name = "",
	 .each = EACH_SUBSYS,
	 .has = subsys_exists,
	 .read = l_subsys,
	 .link = true},
};
const unsigned face_nvme_row_count = MR_ARRAY_SIZE(face_nvme_rows);
