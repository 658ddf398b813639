// SPDX-License-Identifier: Apache-2.0
/*
 * Rows of the sysfs tree that are no device's: blades, the PCI bus, slots, drivers, classes,
 * IOMMU groups, and what identifies the running kernel.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "common/ids.h"
#include "common/xalloc.h"
#include "sim/face_tree.h"
#include "sim/model/blade.h"

static int r_boot_id(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "%s\n", sim_blade_boot_id(at->blade));
	return 0;
}

static int r_hostname(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "%s\n", sim_blade_name(at->blade));
	return 0;
}

static int r_osrelease(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "6.1.0-banyan%s\n",
		      sim_blade_has_vf_migration(at->blade) ? "+vfm" : "");
	return 0;
}

static int r_one(const struct face_at *at, struct mr_buf *out)
{
	(void)at;
	mr_buf_puts(out, "1\n");
	return 0;
}

static int r_zero(const struct face_at *at, struct mr_buf *out)
{
	(void)at;
	mr_buf_puts(out, "0\n");
	return 0;
}

static bool has_migration(const struct face_at *at)
{
	return sim_blade_has_vf_migration(at->blade);
}

/* Links from bus/pci/devices, drivers and groups to the device itself. */
static int r_device(const struct face_at *at, struct mr_buf *out)
{
	sim_blade_devpath(at->blade, at->dev, out);
	return 0;
}

static int r_class_device(const struct face_at *at, struct mr_buf *out)
{
	char name[FACE_NAME_MAX];
	const char *class = sim_dev_class(at->dev, name, sizeof(name));
	const char *list = face_class_name(at->sub);

	if (!class)
		return -ENOENT;
	sim_blade_devpath(at->blade, at->dev, out);
	if (mr_streq(class, "fc_host"))
		mr_buf_printf(out, "/%s", name);
	if (mr_streq(list, "infiniband_verbs"))
		mr_buf_printf(out, "/%s/uverbs%u", list, at->dev->index);
	else
		mr_buf_printf(out, "/%s/%s", list, name);
	return 0;
}

static int w_rescan(const struct face_at *at, const char *text, size_t len, size_t off,
		    int64_t *ret_done_ns)
{
	unsigned long v = 0;
	int r = face_number(text, len, &v);

	(void)off;
	(void)ret_done_ns;
	for (unsigned i = 0; !r && v && i < sim_blade_roots(at->blade); i++)
		r = sim_blade_rescan(sim_blade_root(at->blade, i), face_now(at));
	return r;
}

/* The device of the server that was written by its address. */
static bool bdf(const struct face_at *at, const char *text, size_t len, struct face_at *ret)
{
	char word[32];

	face_trim(text, len, word, sizeof(word));
	return face_find(at, word, ret);
}

static int w_probe(const struct face_at *at, const char *text, size_t len, size_t off,
		   int64_t *ret_done_ns)
{
	struct face_at d;

	(void)off;
	(void)ret_done_ns;
	return bdf(at, text, len, &d) ? sim_blade_probe(d.blade, face_now(at), d.rid) : -ENODEV;
}

static int w_bind(const struct face_at *at, const char *text, size_t len, size_t off,
		  int64_t *ret_done_ns)
{
	struct face_at d;

	(void)off;
	(void)ret_done_ns;
	if (!bdf(at, text, len, &d))
		return -ENODEV;
	return sim_blade_bind(d.blade, face_now(at), sim_blade_driver(at->sub), d.rid);
}

static int w_unbind(const struct face_at *at, const char *text, size_t len, size_t off,
		    int64_t *ret_done_ns)
{
	struct face_at d;

	(void)off;
	(void)ret_done_ns;
	if (!bdf(at, text, len, &d))
		return -ENODEV;
	return sim_blade_unbind(d.blade, face_now(at), sim_blade_driver(at->sub), d.rid);
}

static uint16_t slot_bridge(const struct face_at *at)
{
	return (uint16_t)(2 << 8 | at->sub);
}

static uint32_t slot_reg(const struct face_at *at, unsigned off)
{
	struct face_at bridge = *at;

	bridge.rid = slot_bridge(at);
	return face_cfg(&bridge, face_cap(&bridge, PCI_CAP_ID_EXP) + off, 2);
}

static int r_slot_address(const struct face_at *at, struct mr_buf *out)
{
	char text[MR_BDF_TEXT];

	face_address(at, sim_blade_slot_address(at->blade, at->sub), text);
	mr_buf_printf(out, "%.10s\n", text); /* without the function */
	return 0;
}

static int r_slot_power(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "%d\n", sim_blade_slot_power(at->blade, at->sub));
	return 0;
}

static int w_slot_power(const struct face_at *at, const char *text, size_t len, size_t off,
			int64_t *ret_done_ns)
{
	char word[16];
	unsigned long v;

	(void)off;
	face_trim(text, len, word, sizeof(word));
	v = strtoul(word, NULL, 10) & 0xff;
	return v > 1 ? -EINVAL
		     : sim_blade_slot_set_power(at->blade, face_now(at), at->sub, v == 1,
						ret_done_ns);
}

static int r_slot_adapter(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "%d\n", !!(slot_reg(at, PCI_EXP_SLTSTA) & PCI_EXP_SLTSTA_PDS));
	return 0;
}

static int r_slot_attention(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "%d\n",
		      (slot_reg(at, PCI_EXP_SLTCTL) & PCI_EXP_SLTCTL_AIC) ==
			      PCI_EXP_SLTCTL_ATTN_IND_ON);
	return 0;
}

static bool is_verbs(const struct face_at *at)
{
	return mr_streq(face_class_name(at->sub), "infiniband_verbs");
}

static int r_verbs_abi(const struct face_at *at, struct mr_buf *out)
{
	(void)at;
	mr_buf_puts(out, "6\n");
	return 0;
}

static int r_group_type(const struct face_at *at, struct mr_buf *out)
{
	(void)at;
	mr_buf_puts(out, "DMA\n");
	return 0;
}

/* The prefix is all that Linux shows of interrupt remapping that is on. */
static int r_irq_chip(const struct face_at *at, struct mr_buf *out)
{
	mr_buf_printf(out, "%sIO-APIC\n", sim_blade_remaps_interrupts(at->blade) ? "IR-" : "");
	return 0;
}

static int r_irq_actions(const struct face_at *at, struct mr_buf *out)
{
	(void)at;
	mr_buf_puts(out, "acpi\n");
	return 0;
}

/* Rows; within a folder in the order in which they are listed. */
const struct face_row face_bus_rows[] = {
	{.in = D_ROOT, .name = "", .dir = D_BLADE, .each = EACH_BLADE},
	{.in = D_BLADE, .name = "bus", .dir = D_BUS},
	{.in = D_BLADE, .name = "class", .dir = D_CLASS},
	{.in = D_BLADE, .name = "devices", .dir = D_DEVICES},
	{.in = D_BLADE, .name = "kernel", .dir = D_KERNEL},

	{.in = D_BUS, .name = "pci", .dir = D_PCI},
	{.in = D_PCI, .name = "devices", .dir = D_PCI_DEVICES},
	{.in = D_PCI, .name = "drivers", .dir = D_DRIVERS},
	{.in = D_PCI, .name = "slots", .dir = D_SLOTS},
	{.in = D_PCI, .name = "rescan", .mode = 0200, .write = w_rescan},
	{.in = D_PCI, .name = "drivers_probe", .mode = 0200, .write = w_probe},
	{.in = D_PCI, .name = "drivers_autoprobe", .mode = 0444, .read = r_one},
	{.in = D_PCI,
	 .name = "banyan_vf_migration",
	 .mode = 0444,
	 .has = has_migration,
	 .read = r_one},
	{.in = D_PCI_DEVICES, .name = "", .each = EACH_DEV, .read = r_device, .link = true},

	{.in = D_DRIVERS, .name = "", .dir = D_DRIVER, .each = EACH_DRIVER},
	{.in = D_DRIVER, .name = "bind", .mode = 0200, .write = w_bind},
	{.in = D_DRIVER, .name = "unbind", .mode = 0200, .write = w_unbind},
	{.in = D_DRIVER, .name = "", .each = EACH_BOUND, .read = r_device, .link = true},

	{.in = D_SLOTS, .name = "%u", .dir = D_SLOT, .each = EACH_SLOT},
	{.in = D_SLOT, .name = "address", .mode = 0444, .read = r_slot_address},
	{.in = D_SLOT,
	 .name = "power",
	 .mode = 0644,
	 .read = r_slot_power,
	 .write = w_slot_power},
	{.in = D_SLOT, .name = "adapter", .mode = 0444, .read = r_slot_adapter},
	{.in = D_SLOT, .name = "attention", .mode = 0444, .read = r_slot_attention},
	{.in = D_SLOT, .name = "latch", .mode = 0444, .read = r_zero},

	{.in = D_DEVICES, .name = "", .dir = D_PCI_ROOT, .each = EACH_DOMAIN},
	{.in = D_PCI_ROOT, .name = "", .dir = D_DEV, .each = EACH_CHILD},

	{.in = D_CLASS, .name = "", .dir = D_CLASS_LIST, .each = EACH_CLASS},
	{.in = D_CLASS_LIST,
	 .name = "",
	 .each = EACH_CLASS_DEV,
	 .read = r_class_device,
	 .link = true},
	{.in = D_CLASS_LIST,
	 .name = "abi_version",
	 .mode = 0444,
	 .has = is_verbs,
	 .read = r_verbs_abi},

	{.in = D_KERNEL, .name = "boot_id", .mode = 0444, .read = r_boot_id},
	{.in = D_KERNEL, .name = "hostname", .mode = 0444, .read = r_hostname},
	{.in = D_KERNEL, .name = "osrelease", .mode = 0444, .read = r_osrelease},
	{.in = D_KERNEL, .name = "iommu_groups", .dir = D_GROUPS},
	{.in = D_KERNEL, .name = "irq", .dir = D_IRQS},
	{.in = D_IRQS, .name = "9", .dir = D_IRQ},
	{.in = D_IRQ, .name = "actions", .mode = 0444, .read = r_irq_actions},
	{.in = D_IRQ, .name = "chip_name", .mode = 0444, .read = r_irq_chip},
	{.in = D_GROUPS, .name = "%u", .dir = D_GROUP, .each = EACH_GROUP},
	{.in = D_GROUP, .name = "devices", .dir = D_GROUP_DEVICES},
	{.in = D_GROUP, .name = "type", .mode = 0444, .read = r_group_type},
	{.in = D_GROUP_DEVICES,
	 .name = "",
	 .each = EACH_IN_GROUP,
	 .read = r_device,
	 .link = true},
};
const unsigned face_bus_row_count = MR_ARRAY_SIZE(face_bus_rows);
