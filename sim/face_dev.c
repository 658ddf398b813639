// SPDX-License-Identifier: Apache-2.0
/*
 * Rows of a PCI device's folder: what facts/linux-host.md 2.1 lists, with the kernel's formats
 * and errnos, and the extension of HANDOVER 14 (docs/host-face.md).
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/ids.h"
#include "common/xalloc.h"
#include "sim/face_tree.h"
#include "sim/model/blade.h"

#define CONFIG_SIZE 4096

/* One read of configuration space at the place's rid. */
uint32_t face_cfg(const struct face_at *at, unsigned off, unsigned width)
{
	return sim_blade_cfg_read(at->blade, face_now(at), at->rid, off, width);
}

/* Offset of capability 'id', 0 when there is none. */
unsigned face_cap(const struct face_at *at, unsigned id)
{
	unsigned off = face_cfg(at, PCI_CAPABILITY_LIST, 1) & 0xfc;

	for (unsigned ttl = 48; off >= 0x40 && off < 0xfc && ttl; ttl--) {
		uint32_t head = face_cfg(at, off, 2);

		if ((head & 0xff) == id)
			return off;
		off = head >> 8 & 0xfc;
	}
	return 0;
}

static unsigned sriov_cap(const struct face_at *at)
{
	unsigned off = PCI_CFG_SPACE_SIZE;

	for (unsigned ttl = 480; off >= PCI_CFG_SPACE_SIZE && ttl; ttl--) {
		uint32_t head = face_cfg(at, off, 4);

		if (!head || head == UINT32_MAX)
			return 0;
		if (PCI_EXT_CAP_ID(head) == PCI_EXT_CAP_ID_SRIOV)
			return off;
		off = PCI_EXT_CAP_NEXT(head);
	}
	return 0;
}

static bool is_pf(const struct face_at *at)
{
	return at->dev->totalvfs;
}

static bool is_vf(const struct face_at *at)
{
	return at->dev->is_virtfn;
}

static bool not_vf(const struct face_at *at)
{
	return !at->dev->is_virtfn;
}

static bool is_bridge(const struct face_at *at)
{
	return at->dev->header == 1;
}

static bool is_pcie(const struct face_at *at)
{
	return face_cap(at, PCI_CAP_ID_EXP);
}

static bool is_bound(const struct face_at *at)
{
	return at->dev->driver[0];
}

static bool has_reset(const struct face_at *at)
{
	return sim_blade_can_reset(at->blade, at->rid);
}

static bool can_migrate(const struct face_at *at)
{
	return is_pf(at) && sim_blade_can_migrate(at->blade, face_now(at), at->rid);
}

static bool has_bar(const struct face_at *at)
{
	return at->dev->bar_size[at->sub];
}

static bool has_vectors(const struct face_at *at)
{
	unsigned off = is_bound(at) ? face_cap(at, PCI_CAP_ID_MSIX) : 0;

	return off && face_cfg(at, off + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_ENABLE;
}

static bool has_vector(const struct face_at *at)
{
	unsigned off = face_cap(at, PCI_CAP_ID_MSIX);

	return off && at->sub <= (face_cfg(at, off + PCI_MSIX_FLAGS, 2) & PCI_MSIX_FLAGS_QSIZE);
}

#define NUMBER(fn, fmt, value)                                      \
	static int fn(const struct face_at *at, struct mr_buf *out) \
	{                                                           \
		(void)at;                                           \
		mr_buf_printf(out, fmt "\n", value);                \
		return 0;                                           \
	}
NUMBER(r_vendor, "0x%04x", at->dev->vendor)
NUMBER(r_device, "0x%04x", at->dev->device)
NUMBER(r_subvendor, "0x%04x", at->dev->subvendor)
NUMBER(r_subdevice, "0x%04x", at->dev->subdevice)
NUMBER(r_revision, "0x%02x", at->dev->revision)
NUMBER(r_class, "0x%06x", at->dev->class_code)
NUMBER(r_numa_node, "%d", at->dev->numa_node)
/* of INTx or MSI: nothing here has a pin, and no driver uses MSI (MSI-X is in msi_irqs) */
NUMBER(r_irq, "%u", 0u)
NUMBER(r_enable, "%d", (int)is_bound(at))
NUMBER(r_totalvfs, "%u", at->dev->totalvfs)
NUMBER(r_numvfs, "%u", at->dev->numvfs)
NUMBER(r_autoprobe, "%d", at->dev->autoprobe)
NUMBER(r_offset, "%u", face_cfg(at, sriov_cap(at) + PCI_SRIOV_VF_OFFSET, 2))
NUMBER(r_stride, "%u", face_cfg(at, sriov_cap(at) + PCI_SRIOV_VF_STRIDE, 2))
NUMBER(r_vf_device, "%x", face_cfg(at, sriov_cap(at) + PCI_SRIOV_VF_DID, 2))
NUMBER(r_vf_total_msix, "%d", 0)
NUMBER(r_secondary, "%u", face_cfg(at, PCI_SECONDARY_BUS, 1))
NUMBER(r_subordinate, "%u", face_cfg(at, PCI_SUBORDINATE_BUS, 1))
NUMBER(r_override, "%s", at->dev->driver_override[0] ? at->dev->driver_override : "(null)")
NUMBER(r_reset_method, "%s", "flr")
NUMBER(r_vector, "%s", "msix")
NUMBER(r_cpus, "%s", "ff")
NUMBER(r_cpulist, "%s", "0-7")
NUMBER(r_dma_bits, "%d", at->dev->header ? 32 : 64)

static int modalias(const struct face_at *at, struct mr_buf *out)
{
	const struct sim_dev *d = at->dev;

	mr_buf_printf(out, "pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X\n", d->vendor,
		      d->device, d->subvendor, d->subdevice, d->class_code >> 16 & 0xff,
		      d->class_code >> 8 & 0xff, d->class_code & 0xff);
	return 0;
}

static int r_uevent(const struct face_at *at, struct mr_buf *out)
{
	const struct sim_dev *d = at->dev;
	char text[MR_BDF_TEXT];

	if (d->driver[0])
		mr_buf_printf(out, "DRIVER=%s\n", d->driver);
	mr_buf_printf(out, "PCI_CLASS=%04X\nPCI_ID=%04X:%04X\nPCI_SUBSYS_ID=%04X:%04X\n",
		      d->class_code, d->vendor, d->device, d->subvendor, d->subdevice);
	mr_buf_printf(out, "PCI_SLOT_NAME=%s\nMODALIAS=", face_address(at, d->rid, text));
	return modalias(at, out);
}

static void resource_line(struct mr_buf *out, uint64_t base, uint64_t size, unsigned long flags)
{
	mr_buf_printf(out, "0x%016llx 0x%016llx 0x%016lx\n", (unsigned long long)base,
		      (unsigned long long)(size ? base + size - 1 : 0), size ? flags : 0);
}

/* Windows of a bridge, as its registers have them. */
static void resource_windows(const struct face_at *at, struct mr_buf *out)
{
	uint32_t mem = face_cfg(at, PCI_MEMORY_BASE, 4);
	uint32_t pref = face_cfg(at, PCI_PREF_MEMORY_BASE, 4);
	uint64_t base = (uint64_t)(mem & 0xfff0) << 16, end = (mem & 0xfff00000) | 0xfffff;
	uint64_t base64 = (uint64_t)(pref & 0xfff0) << 16,
		 end64 = (pref & 0xfff00000) | 0xfffff;

	base64 |= (uint64_t)face_cfg(at, PCI_PREF_BASE_UPPER32, 4) << 32;
	end64 |= (uint64_t)face_cfg(at, PCI_PREF_LIMIT_UPPER32, 4) << 32;
	resource_line(out, 0, 0, 0);
	resource_line(out, base, end > base ? end - base + 1 : 0, 0x200);
	resource_line(out, base64, end64 > base64 ? end64 - base64 + 1 : 0, 0x102201);
	resource_line(out, 0, 0, 0);
}

static int r_resource(const struct face_at *at, struct mr_buf *out)
{
	const struct sim_dev *d = at->dev;

	for (unsigned i = 0; i < 6; i++)
		resource_line(out, d->bar[i], d->bar_size[i], d->bar_flags[i]);
	resource_line(out, 0, 0, 0); /* no expansion ROM */
	for (unsigned i = 0; i < 6; i++) {
		uint64_t base = 0, aperture = 0;
		unsigned long flags = 0;

		sim_blade_vf_bar(at->blade, at->rid, i, &base, &aperture, &flags);
		resource_line(out, base, aperture * d->totalvfs, flags);
	}
	if (d->header)
		resource_windows(at, out);
	return 0;
}

static int speed(const struct face_at *at, unsigned reg, struct mr_buf *out)
{
	static const char *const gts[] = {"Unknown",	   "2.5 GT/s PCIe",  "5.0 GT/s PCIe",
					  "8.0 GT/s PCIe", "16.0 GT/s PCIe", "32.0 GT/s PCIe",
					  "64.0 GT/s PCIe"};
	unsigned v = face_cfg(at, face_cap(at, PCI_CAP_ID_EXP) + reg, 2) & 0xf;

	mr_buf_printf(out, "%s\n", gts[v < MR_ARRAY_SIZE(gts) ? v : 0]);
	return 0;
}

static int width(const struct face_at *at, unsigned reg, struct mr_buf *out)
{
	uint32_t v = face_cfg(at, face_cap(at, PCI_CAP_ID_EXP) + reg, 2);

	mr_buf_printf(out, "%u\n", v >> 4 & 0x3f);
	return 0;
}

static int r_cur_speed(const struct face_at *at, struct mr_buf *out)
{
	return speed(at, PCI_EXP_LNKSTA, out);
}

static int r_max_speed(const struct face_at *at, struct mr_buf *out)
{
	return speed(at, PCI_EXP_LNKCAP, out);
}

static int r_cur_width(const struct face_at *at, struct mr_buf *out)
{
	return width(at, PCI_EXP_LNKSTA, out);
}

static int r_max_width(const struct face_at *at, struct mr_buf *out)
{
	return width(at, PCI_EXP_LNKCAP, out);
}

/* Links. */
static int l_driver(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "/bus/pci/drivers/%s", at->dev->driver);
	return 0;
}

static int l_subsystem(const struct face_at *at, struct mr_buf *out)
{
	(void)at;
	mr_buf_puts(out, "/bus/pci");
	return 0;
}

static bool in_group(const struct face_at *at)
{
	return at->dev->iommu_group >= 0;
}

static int l_group(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "/kernel/iommu_groups/%d", at->dev->iommu_group);
	return 0;
}

/* Dangling when the PF was removed under its VFs: the path of what is not there. */
static int l_physfn(const struct face_at *at, struct mr_buf *out)
{
	const struct sim_dev *pf = sim_blade_find(at->blade, at->dev->physfn);
	const struct sim_dev *bridge = sim_blade_find(at->blade, (uint16_t)at->dev->parent);
	char text[MR_BDF_TEXT];

	if (pf) {
		sim_blade_devpath(at->blade, pf, out);
		return 0;
	}
	if (bridge)
		sim_blade_devpath(at->blade, bridge, out);
	mr_buf_printf(out, "/%s", face_address(at, at->dev->physfn, text));
	return 0;
}

static int l_virtfn(const struct face_at *at, struct mr_buf *out)
{
	const struct sim_dev *d;

	for (unsigned i = 0; (d = sim_blade_dev(at->blade, i)); i++)
		if (d->is_virtfn && d->physfn == at->rid && d->virtfn == at->sub) {
			sim_blade_devpath(at->blade, d, out);
			return 0;
		}
	return -ENOENT;
}

/* Files with offsets. */
static uint64_t config_size(const struct face_at *at)
{
	return is_pcie(at) ? CONFIG_SIZE : PCI_CFG_SPACE_SIZE;
}

static int read_config(const struct face_at *at, size_t off, size_t len, struct mr_buf *out)
{
	uint64_t size = config_size(at);

	while (len && off < size) {
		unsigned w = off % 4 == 0 && len >= 4 ? 4 : 1;
		uint32_t v = face_cfg(at, (unsigned)off, w);

		for (unsigned i = 0; i < w; i++)
			mr_buf_putc(out, (char)(v >> (8 * i)));
		off += w;
		len -= w;
	}
	return 0;
}

static int write_config(const struct face_at *at, const char *text, size_t len, size_t off,
			int64_t *ret_done_ns)
{
	uint64_t size = config_size(at);

	(void)ret_done_ns;
	while (len && off < size) {
		unsigned w = off % 4 == 0 && len >= 4 ? 4 : off % 2 == 0 && len >= 2 ? 2 : 1;
		uint32_t v = 0;

		for (unsigned i = 0; i < w; i++)
			v |= (uint32_t)(uint8_t)text[i] << (8 * i);
		sim_blade_cfg_write(at->blade, face_now(at), at->rid, (unsigned)off, w, v);
		text += w;
		off += w;
		len -= w;
	}
	return len ? -EFBIG : 0;
}

static uint64_t bar_size(const struct face_at *at)
{
	return at->dev->bar_size[at->sub];
}

/* Memory BARs are for mmap, which no file of ours can do (HANDOVER 14). */
static int read_bar(const struct face_at *at, size_t off, size_t len, struct mr_buf *out)
{
	(void)at;
	(void)off;
	(void)len;
	(void)out;
	return -EIO;
}

static int write_bar(const struct face_at *at, const char *text, size_t len, size_t off,
		     int64_t *ret_done_ns)
{
	(void)at;
	(void)text;
	(void)len;
	(void)off;
	(void)ret_done_ns;
	return -EIO;
}

static uint64_t state_size(const struct face_at *at)
{
	return at->dev->totalvfs;
}

static int read_state(const struct face_at *at, size_t off, size_t len, struct mr_buf *out)
{
	for (; len && off < at->dev->totalvfs; off++, len--) {
		uint8_t v;
		int r = sim_blade_vf_state_read(at->blade, face_now(at), at->rid, (unsigned)off,
						&v);

		if (r)
			return r;
		mr_buf_putc(out, (char)v);
	}
	return 0;
}

static int write_state(const struct face_at *at, const char *text, size_t len, size_t off,
		       int64_t *ret_done_ns)
{
	(void)ret_done_ns;
	if (len != 1 || off >= at->dev->totalvfs)
		return -EINVAL;
	return sim_blade_vf_state_write(at->blade, face_now(at), at->rid, (unsigned)off,
					(uint8_t)*text);
}

/* Files that act. */
static int w_numvfs(const struct face_at *at, const char *text, size_t len, size_t off,
		    int64_t *ret_done_ns)
{
	char word[32];
	unsigned long v = 0;

	(void)off;
	if (face_number(text, len, &v))
		return -EINVAL;
	mr_fmt(word, sizeof(word), "%lu", v);
	return sim_blade_numvfs(at->blade, face_now(at), at->rid, word, ret_done_ns);
}

static int w_autoprobe(const struct face_at *at, const char *text, size_t len, size_t off,
		       int64_t *ret_done_ns)
{
	char word[8];

	(void)off;
	(void)ret_done_ns;
	face_trim(text, len, word, sizeof(word));
	if (!strchr("01yYnN", word[0]) || !word[0])
		return -EINVAL;
	return sim_blade_autoprobe(at->blade, at->rid, strchr("1yY", word[0]));
}

static int w_override(const struct face_at *at, const char *text, size_t len, size_t off,
		      int64_t *ret_done_ns)
{
	char word[64];

	(void)off;
	(void)ret_done_ns;
	face_trim(text, len, word, sizeof(word));
	return sim_blade_override(at->blade, at->rid, word);
}

static int w_remove(const struct face_at *at, const char *text, size_t len, size_t off,
		    int64_t *ret_done_ns)
{
	unsigned long v = 0;
	int r = face_number(text, len, &v);

	(void)off;
	(void)ret_done_ns;
	return r || !v ? r : sim_blade_remove(at->blade, face_now(at), at->rid);
}

static int w_rescan(const struct face_at *at, const char *text, size_t len, size_t off,
		    int64_t *ret_done_ns)
{
	unsigned long v = 0;
	int r = face_number(text, len, &v);

	(void)off;
	(void)ret_done_ns;
	return r || !v ? r : sim_blade_rescan(at->blade, face_now(at));
}

static int w_reset(const struct face_at *at, const char *text, size_t len, size_t off,
		   int64_t *ret_done_ns)
{
	struct mr_now now = face_now(at);
	unsigned long v = 0;
	int r = face_number(text, len, &v);

	(void)off;
	if (!r)
		r = v == 1 ? sim_blade_reset(at->blade, now, at->rid) : -EINVAL;
	if (!r)
		*ret_done_ns = now.mono_ns + sim_blade_timing(at->blade)->flr_ns;
	return r;
}

static int w_msix_count(const struct face_at *at, const char *text, size_t len, size_t off,
			int64_t *ret_done_ns)
{
	(void)text;
	(void)len;
	(void)off;
	(void)ret_done_ns;
	return is_bound(at) ? -EBUSY : -EOPNOTSUPP;
}

#define RO(NAME, fn)                                                \
	{                                                           \
		.in = D_DEV, .name = NAME, .mode = 0444, .read = fn \
	}
#define RO_IF(NAME, fn, cond)                                                    \
	{                                                                        \
		.in = D_DEV, .name = NAME, .mode = 0444, .has = cond, .read = fn \
	}
#define WO_IF(NAME, fn, cond)                                                     \
	{                                                                         \
		.in = D_DEV, .name = NAME, .mode = 0200, .has = cond, .write = fn \
	}
#define LINK_IF(NAME, fn, cond)                                                  \
	{                                                                        \
		.in = D_DEV, .name = NAME, .has = cond, .read = fn, .link = true \
	}

/* Rows; within a folder in the order in which they are listed. */
const struct face_row face_dev_rows[] = {
	RO("vendor", r_vendor),
	RO("device", r_device),
	RO("subsystem_vendor", r_subvendor),
	RO("subsystem_device", r_subdevice),
	RO("revision", r_revision),
	RO("class", r_class),
	RO("modalias", modalias),
	RO("uevent", r_uevent),
	RO("resource", r_resource),
	RO("irq", r_irq),
	RO("numa_node", r_numa_node),
	RO("local_cpus", r_cpus),
	RO("local_cpulist", r_cpulist),
	RO("dma_mask_bits", r_dma_bits),
	RO("consistent_dma_mask_bits", r_dma_bits),
	RO("enable", r_enable),
	{.in = D_DEV,
	 .name = "driver_override",
	 .mode = 0644,
	 .read = r_override,
	 .write = w_override},
	{.in = D_DEV,
	 .name = "config",
	 .mode = 0644,
	 .write = write_config,
	 .read_at = read_config,
	 .size = config_size},
	{.in = D_DEV,
	 .name = "resource%u",
	 .mode = 0600,
	 .each = EACH_BAR,
	 .has = has_bar,
	 .write = write_bar,
	 .read_at = read_bar,
	 .size = bar_size},
	RO_IF("current_link_speed", r_cur_speed, is_pcie),
	RO_IF("current_link_width", r_cur_width, is_pcie),
	RO_IF("max_link_speed", r_max_speed, is_pcie),
	RO_IF("max_link_width", r_max_width, is_pcie),
	RO_IF("aer_dev_correctable", face_aer_correctable, face_has_errors),
	RO_IF("aer_dev_nonfatal", face_aer_nonfatal, face_has_errors),
	RO_IF("aer_dev_fatal", face_aer_fatal, face_has_errors),
	RO_IF("secondary_bus_number", r_secondary, is_bridge),
	RO_IF("subordinate_bus_number", r_subordinate, is_bridge),
	WO_IF("remove", w_remove, not_vf),
	WO_IF("rescan", w_rescan, not_vf),
	WO_IF("reset", w_reset, has_reset),
	RO_IF("reset_method", r_reset_method, has_reset),
	RO_IF("sriov_totalvfs", r_totalvfs, is_pf),
	{.in = D_DEV,
	 .name = "sriov_numvfs",
	 .mode = 0644,
	 .has = is_pf,
	 .read = r_numvfs,
	 .write = w_numvfs},
	{.in = D_DEV,
	 .name = "sriov_drivers_autoprobe",
	 .mode = 0644,
	 .has = is_pf,
	 .read = r_autoprobe,
	 .write = w_autoprobe},
	RO_IF("sriov_offset", r_offset, is_pf),
	RO_IF("sriov_stride", r_stride, is_pf),
	RO_IF("sriov_vf_device", r_vf_device, is_pf),
	RO_IF("sriov_vf_total_msix", r_vf_total_msix, is_pf),
	WO_IF("sriov_vf_msix_count", w_msix_count, is_vf),
	{.in = D_DEV,
	 .name = "vf_migration_state",
	 .mode = 0600,
	 .has = can_migrate,
	 .write = write_state,
	 .read_at = read_state,
	 .size = state_size},
	LINK_IF("driver", l_driver, is_bound),
	LINK_IF("subsystem", l_subsystem, NULL),
	LINK_IF("iommu_group", l_group, in_group),
	LINK_IF("physfn", l_physfn, is_vf),
	{.in = D_DEV, .name = "virtfn%u", .each = EACH_VIRTFN, .read = l_virtfn, .link = true},
	{.in = D_DEV, .name = "msi_irqs", .dir = D_MSI, .has = has_vectors},
	{.in = D_MSI,
	 .name = "%u",
	 .mode = 0444,
	 .each = EACH_VECTOR,
	 .has = has_vector,
	 .read = r_vector},
	{.in = D_DEV, .name = "", .dir = D_DEV, .each = EACH_CHILD},
};
const unsigned face_dev_row_count = MR_ARRAY_SIZE(face_dev_rows);
