/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IOMMU, interrupt remapping and ACS. Linux has no file that says "on" for interrupt remapping;
 * the names of its interrupt chips do ("IR-IO-APIC", "IR-PCI-MSI"). For ACS the bits are read,
 * as the kernel does when it makes IOMMU groups (pci_acs_enabled): what a port cannot do, it
 * need not; a port without the capability isolates nothing.
 */
#include "agent/isolation.h"

#include <linux/pci_regs.h>

#include "common/str.h"

#define CAPS_MAX 96
#define WANTED	 (PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF)

static unsigned get16(const uint8_t *p)
{
	return p[0] | (unsigned)p[1] << 8;
}

static uint32_t get32(const uint8_t *p)
{
	return get16(p) | (uint32_t)get16(p + 2) << 16;
}

/* PCI_EXP_TYPE_*, -1 when it is no PCI Express device. */
static int port_type(const uint8_t *config, size_t len)
{
	unsigned at;

	if (len < PCI_CFG_SPACE_SIZE || !(get16(config + PCI_STATUS) & PCI_STATUS_CAP_LIST))
		return -1;
	at = config[PCI_CAPABILITY_LIST] & 0xfc;
	for (unsigned n = 0; n < CAPS_MAX && at >= PCI_STD_HEADER_SIZEOF; n++) {
		if (config[at] == PCI_CAP_ID_EXP)
			return (get16(config + at + PCI_EXP_FLAGS) & PCI_EXP_FLAGS_TYPE) >> 4;
		at = config[at + 1] & 0xfc;
	}
	return -1;
}

static const uint8_t *find_acs(const uint8_t *config, size_t len)
{
	size_t at = PCI_CFG_SPACE_SIZE;

	for (unsigned n = 0; n < CAPS_MAX && at >= PCI_CFG_SPACE_SIZE && at + 8 <= len; n++) {
		uint32_t head = get32(config + at);

		if (PCI_EXT_CAP_ID(head) == PCI_EXT_CAP_ID_ACS)
			return config + at;
		at = PCI_EXT_CAP_NEXT(head);
	}
	return NULL;
}

bool ag_acs_isolates(const uint8_t *config, size_t len)
{
	int type = port_type(config, len);
	const uint8_t *acs;
	unsigned able;

	if (type == PCI_EXP_TYPE_UPSTREAM)
		return true;
	if (type != PCI_EXP_TYPE_ROOT_PORT && type != PCI_EXP_TYPE_DOWNSTREAM)
		return false;
	acs = find_acs(config, len);
	if (!acs)
		return false;
	able = get16(acs + PCI_ACS_CAP);
	return !(WANTED & able & ~get16(acs + PCI_ACS_CTRL));
}

bool ag_iommu_translates(const char *dev)
{
	char type[32];

	/* "DMA" and "DMA-FQ"; "identity" is passed through */
	return ag_read_text(dev, "iommu_group/type", type, sizeof(type)) &&
	       mr_starts(type, "DMA");
}

bool ag_interrupts_remapped(const struct ag_sysfs *fs)
{
	char path[AG_PATH_MAX], name[64], chip[64];
	struct ag_names irqs;
	bool found = false;

	if (!ag_sysfs_path(fs, path, "kernel/irq") || ag_names_read(path, &irqs))
		return false;
	for (unsigned i = 0; i < irqs.n && !found; i++)
		found = mr_fmt(name, sizeof(name), "%s/chip_name", irqs.name[i]) &&
			ag_read_text(path, name, chip, sizeof(chip)) && mr_starts(chip, "IR-");
	ag_names_done(&irqs);
	return found;
}
