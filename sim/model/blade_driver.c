// SPDX-License-Identifier: Apache-2.0
/*
 * The driver model: which driver takes which device, bind and unbind with the kernel's errnos,
 * what a driver does to its function (Command, MSI-X), and the class devices that appear.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/model/blade_priv.h"
#include "sim/model/chassis.h"

#define ANY	    0xffff
#define VECTORS_MAX 8 /* that a driver asks for */

static const struct driver {
	const char *name;
	uint32_t class_code, class_mask; /* mask 0: only by driver_override */
	uint16_t vendor;
	bool sriov; /* has sriov_configure */
	enum mr_class makes;
} drivers[] = {
	{"pcieport", 0x060400, 0xffffff, ANY, false, MR_CLASS_OTHER},
	{"mlx5_core", 0x020000, 0xffff00, ANY, true, MR_CLASS_ETHERNET},
	{"mlx5_core", 0x020700, 0xffff00, ANY, true, MR_CLASS_IB},
	{"lpfc", 0x0c0400, 0xffff00, ANY, true, MR_CLASS_FC},
	{"nvme", 0x010802, 0xffffff, ANY, true, MR_CLASS_NVME},
	{"nvidia", 0x030200, 0xffff00, 0x10de, true, MR_CLASS_OTHER},
	{"amdgpu", 0x030200, 0xffff00, ANY, true, MR_CLASS_OTHER},
	{"vfio-pci", 0, 0, ANY, false, MR_CLASS_OTHER},
	{"pci-pf-stub", 0, 0, ANY, true, MR_CLASS_OTHER},
};

static const struct {
	enum mr_class device_class;
	const char *class, *format;
} class_devs[] = {
	{MR_CLASS_ETHERNET, "net", "eth%u"},
	{MR_CLASS_IB, "infiniband", "mlx5_%u"},
	{MR_CLASS_NVME, "nvme", "nvme%u"},
	{MR_CLASS_FC, "fc_host", "host%u"},
};

/* The drivers by name, each once; NULL after the last. */
const char *sim_blade_driver(unsigned i)
{
	for (unsigned k = 0; k < MR_ARRAY_SIZE(drivers); k++)
		if (!k || !mr_streq(drivers[k].name, drivers[k - 1].name))
			if (i-- == 0)
				return drivers[k].name;
	return NULL;
}

/* Device class of a PCI class code, OTHER when it is none of ours. */
unsigned blade_class_of(uint32_t class_code)
{
	for (unsigned c = 0; c < MR_CLASS_COUNT; c++)
		if (c != MR_CLASS_OTHER && mr_class_code(c) >> 8 == class_code >> 8)
			return c;
	return MR_CLASS_OTHER;
}

/* Whether the driver has sriov_configure. */
bool blade_driver_has_sriov(const char *driver)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(drivers); i++)
		if (mr_streq(drivers[i].name, driver))
			return drivers[i].sriov;
	return false;
}

static bool has_id(const struct driver *drv, const struct blade_node *n)
{
	return drv->class_mask && (n->d.class_code & drv->class_mask) == drv->class_code &&
	       (drv->vendor == ANY || drv->vendor == n->d.vendor);
}

/* pci_match_device: an override admits only the driver that it names. */
static const struct driver *match(const struct blade_node *n, const char *name)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(drivers); i++) {
		const struct driver *drv = &drivers[i];

		if (name && !mr_streq(drv->name, name))
			continue;
		if (n->d.driver_override[0] ? mr_streq(drv->name, n->d.driver_override)
					    : has_id(drv, n))
			return drv;
	}
	return NULL;
}

/* The class device that a bound driver made, NULL if it makes none. */
const char *sim_dev_class(const struct sim_dev *d, char *ret_name, size_t size)
{
	unsigned made = MR_CLASS_OTHER;

	if (d->device_class == MR_CLASS_OTHER) /* as of bridges: a host has hundreds */
		return NULL;
	for (unsigned i = 0; i < MR_ARRAY_SIZE(drivers); i++)
		if (mr_streq(drivers[i].name, d->driver) && drivers[i].makes == d->device_class)
			made = drivers[i].makes;
	for (unsigned i = 0; i < MR_ARRAY_SIZE(class_devs); i++)
		if (class_devs[i].device_class == made) {
			mr_fmt(ret_name, size, class_devs[i].format, d->index);
			return class_devs[i].class;
		}
	return NULL;
}

static unsigned free_index(const struct sim_blade *b, unsigned device_class)
{
	unsigned k = 0, all = 0;
	char name[32];
	bool *used;

	if (device_class == MR_CLASS_OTHER) /* no class device, no number */
		return 0;
	for (unsigned r = 0; r < b->lead->roots; r++)
		all += b->lead->root[r]->devs;
	used = mr_xcalloc(all + 1, sizeof(*used));
	for (unsigned r = 0; r < b->lead->roots; r++) {
		const struct sim_blade *o = b->lead->root[r];

		for (unsigned i = 0; i < o->devs; i++) {
			const struct sim_dev *d = &o->dev[i]->d;

			if (d->device_class == device_class && d->index < all &&
			    sim_dev_class(d, name, sizeof(name)))
				used[d->index] = true;
		}
	}
	while (used[k])
		k++;
	free(used);
	return k;
}

/* pci_enable_device: -EINVAL when a BAR has no address. -ENODEV is the driver's own word: the
 * function, which this host may only look at (root.c), does nothing that it is told. */
static int enable(struct sim_blade *b, struct mr_now now, const struct blade_node *n)
{
	uint16_t bits =
		n->d.is_virtfn ? PCI_COMMAND_MASTER : PCI_COMMAND_MASTER | PCI_COMMAND_MEMORY;

	for (unsigned i = 0; i < 6; i++)
		if (n->d.bar_size[i] && !n->d.bar[i])
			return -EINVAL;
	blade_set_bits(b, now, n->d.rid, PCI_COMMAND, bits, bits);
	return (blade_rd(b, now, n->d.rid, PCI_COMMAND, 2) & bits) == bits ? 0 : -ENODEV;
}

/* Programs the first vectors of the MSI-X table to the local APIC and switches MSI-X on. */
static void msix_on(struct sim_blade *b, struct mr_now now, const struct blade_node *n)
{
	uint32_t table, entries;

	if (!n->msix)
		return;
	entries = (blade_rd(b, now, n->d.rid, n->msix + PCI_MSIX_FLAGS, 2) &
		   PCI_MSIX_FLAGS_QSIZE) +
		  1;
	table = blade_rd(b, now, n->d.rid, n->msix + PCI_MSIX_TABLE, 4);
	if ((table & PCI_MSIX_TABLE_BIR) > 5 || !n->d.bar[table & PCI_MSIX_TABLE_BIR])
		return;
	for (uint32_t i = 0; i < entries && i < VECTORS_MAX; i++) {
		uint64_t at = n->d.bar[table & PCI_MSIX_TABLE_BIR] +
			      (table & PCI_MSIX_TABLE_OFFSET) + i * PCI_MSIX_ENTRY_SIZE;

		sim_host_mem_write(b->c, now, b->vh, at, 4, 0xfee00000);
		sim_host_mem_write(b->c, now, b->vh, at + 4, 4, 0);
		sim_host_mem_write(b->c, now, b->vh, at + 8, 4, 0x4020 + i);
		sim_host_mem_write(b->c, now, b->vh, at + 12, 4, 0);
	}
	blade_set_bits(b, now, n->d.rid, n->msix + PCI_MSIX_FLAGS, PCI_MSIX_FLAGS_ENABLE,
		       PCI_MSIX_FLAGS_ENABLE);
}

/* really_probe; NVMe's class device comes after 'bind', the others' before. */
static int probe(struct sim_blade *b, struct mr_now now, struct blade_node *n,
		 const struct driver *drv)
{
	bool late = drv->makes == MR_CLASS_NVME;
	int r;

	if (n->d.is_virtfn && !n->d.driver_override[0]) {
		const struct blade_node *pf = blade_node(b, n->d.physfn);

		if (!pf || !pf->d.autoprobe)
			return -ENODEV;
	}
	r = enable(b, now, n);
	if (r)
		return r;
	if (drv->class_mask && !n->d.header)
		msix_on(b, now, n);
	n->d.index = free_index(b, drv->makes);
	mr_copy(n->d.driver, sizeof(n->d.driver), drv->name);
	if (!late)
		blade_uevent_class(b, "add", n);
	blade_uevent_dev(b, "bind", n, NULL);
	if (late)
		blade_uevent_class(b, "add", n);
	blade_changed(b);
	return 0;
}

/* device_attach: binds a matching driver if there is one; its refusal is only logged. */
int blade_attach(struct sim_blade *b, struct mr_now now, struct blade_node *n)
{
	const struct driver *drv = n->d.driver[0] ? NULL : match(n, NULL);

	return drv ? probe(b, now, n, drv) : 0;
}

/* device_release_driver; 'gone': the function does not answer any more. */
void blade_detach(struct sim_blade *b, struct mr_now now, struct blade_node *n, bool gone)
{
	if (!n->d.driver[0])
		return;
	blade_uevent_class(b, "remove", n);
	if (!gone) {
		if (n->msix)
			blade_set_bits(b, now, n->d.rid, n->msix + PCI_MSIX_FLAGS,
				       PCI_MSIX_FLAGS_ENABLE, 0);
		blade_set_bits(b, now, n->d.rid, PCI_COMMAND, PCI_COMMAND_MASTER, 0);
	}
	n->d.driver[0] = '\0';
	blade_uevent_dev(b, "unbind", n, NULL);
	blade_changed(b);
}

/* drivers/NAME/bind. */
int sim_blade_bind(struct sim_blade *b, struct mr_now now, const char *driver, uint16_t rid)
{
	struct blade_node *n = blade_node(b, rid);
	const struct driver *drv = n ? match(n, driver) : NULL;

	if (!drv)
		return -ENODEV;
	return n->d.driver[0] ? -EBUSY : probe(b, now, n, drv);
}

/* drivers/NAME/unbind: VFs of a PF stay as they are. */
int sim_blade_unbind(struct sim_blade *b, struct mr_now now, const char *driver, uint16_t rid)
{
	struct blade_node *n = blade_node(b, rid);

	if (!n || !n->d.driver[0] || !mr_streq(n->d.driver, driver))
		return -ENODEV;
	blade_detach(b, now, n, false);
	return 0;
}

/* drivers_probe: no matching driver is no error. */
int sim_blade_probe(struct sim_blade *b, struct mr_now now, uint16_t rid)
{
	struct blade_node *n = blade_node(b, rid);

	return n ? blade_attach(b, now, n) : -ENODEV;
}

/* driver_override: empty clears it. */
int sim_blade_override(struct sim_blade *b, uint16_t rid, const char *driver)
{
	struct blade_node *n = blade_node(b, rid);

	if (!n)
		return -ENODEV;
	return mr_copy(n->d.driver_override, sizeof(n->d.driver_override), driver) ? 0
										   : -EINVAL;
}
