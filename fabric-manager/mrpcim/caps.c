/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration space as it was read: capability lists, BARs, times. Lists that loop or lead
 * nowhere end. */
#include <linux/pci_regs.h>

#include "common/xalloc.h"
#include "fabric-manager/mrpcim/discover.h"

#define RTR_ID	     0x22 /* Readiness Time Reporting; pci_regs.h does not have it yet */
#define RTR_REPORT1  0x04 /* 31 valid */
#define RTR_REPORT2  0x08 /* 11:0 FLR time */
#define CAPS_MAX     48	  /* of the first 256 bytes */
#define EXT_CAPS_MAX 960
#define LONGEST_CAP  PCI_EXT_CAP_SRIOV_SIZEOF /* of those that we read */

/* The dword and the 16-bit register at 'off'; all-ones beyond the end. */
uint32_t fm_mr_cfg32(const struct fm_mr_cfg *c, unsigned off)
{
	return off + 4 <= CFG_SIZE ? c->dw[off / 4] : UINT32_MAX;
}

uint16_t fm_mr_cfg16(const struct fm_mr_cfg *c, unsigned off)
{
	return (uint16_t)(fm_mr_cfg32(c, off & ~3u) >> 8 * (off & 2));
}

/* Whether a function answered: ids are neither all-ones nor "not yet". */
bool fm_mr_cfg_present(const struct fm_mr_cfg *c)
{
	uint16_t vendor = fm_mr_cfg16(c, PCI_VENDOR_ID);

	return vendor != 0xffff && vendor != 0x0001;
}

/* Offset of capability 'id' of the first 256 bytes, 0 when there is none. */
unsigned fm_mr_cap(const struct fm_mr_cfg *c, unsigned id)
{
	unsigned at = fm_mr_cfg32(c, PCI_CAPABILITY_LIST) & 0xfc;

	for (unsigned i = 0; i < CAPS_MAX && at >= 0x40; i++) {
		uint16_t head = fm_mr_cfg16(c, at);

		if ((head & 0xff) == id)
			return at;
		at = head >> 8 & 0xfc;
	}
	return 0;
}

static unsigned ext_next(const struct fm_mr_cfg *c, unsigned at)
{
	uint32_t head = fm_mr_cfg32(c, at);

	return head == UINT32_MAX ? 0 : head >> 20 & 0xffc;
}

/* Offset of the first extended capability 'id' behind 'at' (0: from the start), 0 = none. */
static unsigned ext_from(const struct fm_mr_cfg *c, unsigned at, unsigned id)
{
	at = at ? ext_next(c, at) : CFG_LEGACY;
	for (unsigned i = 0; i < EXT_CAPS_MAX && at >= CFG_LEGACY; i++, at = ext_next(c, at))
		if ((fm_mr_cfg32(c, at) & 0xffff) == id)
			return at;
	return 0;
}

/* Offset of extended capability 'id', 0 when there is none. */
unsigned fm_mr_ext_cap(const struct fm_mr_cfg *c, unsigned id)
{
	return ext_from(c, 0, id);
}

/* Offset of the DVSEC 'id' of 'vendor', 0 when there is none. */
unsigned fm_mr_dvsec(const struct fm_mr_cfg *c, unsigned vendor, unsigned id)
{
	unsigned at = 0;

	for (unsigned i = 0; i < EXT_CAPS_MAX; i++) {
		at = ext_from(c, at, PCI_EXT_CAP_ID_DVSEC);
		if (!at || ((fm_mr_cfg32(c, at + 4) & 0xffff) == vendor &&
			    fm_mr_cfg16(c, at + 8) == id))
			return at;
	}
	return 0;
}

/* Whether capabilities reach beyond the part that is read first. */
bool fm_mr_cfg_goes_on(const struct fm_mr_cfg *c)
{
	unsigned at = CFG_LEGACY;

	for (unsigned i = 0; i < EXT_CAPS_MAX && at >= CFG_LEGACY; i++, at = ext_next(c, at))
		if (at + LONGEST_CAP > CFG_FIRST)
			return true;
	return false;
}

/* Address in the BAR register at 'off' (and the next one, where it is a 64-bit BAR). */
uint64_t fm_mr_bar_address(const struct fm_mr_cfg *c, unsigned off)
{
	uint32_t low = fm_mr_cfg32(c, off);
	uint64_t high = 0;

	if ((low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
		high = fm_mr_cfg32(c, off + 4);
	return high << 32 | (low & (uint32_t)PCI_BASE_ADDRESS_MEM_MASK);
}

/* A readiness time: value times 32 to the power of its scale, in ns. */
static int64_t readiness_ns(unsigned v)
{
	unsigned scale = v >> 9 & 7;

	return (int64_t)(v & 0x1ff) << 5 * scale;
}

/* How long an FLR takes by Readiness Time Reporting, 'otherwise' where the function reports
 * none. */
int64_t fm_mr_flr_ns(const struct fm_mr_cfg *c, int64_t otherwise)
{
	unsigned at = fm_mr_ext_cap(c, RTR_ID);

	if (!at || !(fm_mr_cfg32(c, at + RTR_REPORT1) >> 31))
		return otherwise;
	return readiness_ns(fm_mr_cfg32(c, at + RTR_REPORT2) & 0xfff);
}

/* Longest time that a request may be outstanding: upper end of the range that Device Control 2
 * selects, and not less than the default range's (requesters in hosts have ranges of their
 * own). */
int64_t fm_mr_completion_ns(const struct fm_mr_cfg *c)
{
	static const int64_t upper_ms[16] = {
		[5] = 55, [6] = 210, [9] = 900, [10] = 3500, [13] = 13000, [14] = 64000,
	};
	unsigned at = fm_mr_cap(c, PCI_CAP_ID_EXP);
	int64_t ns =
		at ? upper_ms[fm_mr_cfg16(c, at + PCI_EXP_DEVCTL2) & 15] * MR_NS_PER_MS : 0;

	return ns > FM_MR_COMPLETION_NS ? ns : FM_MR_COMPLETION_NS;
}
