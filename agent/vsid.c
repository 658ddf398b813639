/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks the extended capabilities, with bounds on every step: the bytes come from hardware that
 * may be half gone (all ones) while they are read.
 */
#include "agent/vsid.h"

#include <linux/pci_regs.h>
#include <string.h>

#include "agent/core/core.h"
#include "common/pci/regmap.h"

#define DVSEC_ID      0x23
#define DVSEC_HEADER1 0x4 /* 15:0 vendor, 31:20 length */
#define DVSEC_HEADER2 0x8 /* 15:0 id */
#define CAPS_MAX      96

static uint32_t get32(const uint8_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

static uint64_t get64(const uint8_t *p)
{
	return get32(p) | (uint64_t)get32(p + 4) << 32;
}

static bool is_ours(const uint8_t *cap)
{
	uint32_t h1 = get32(cap + DVSEC_HEADER1), h2 = get32(cap + DVSEC_HEADER2);

	return PCI_EXT_CAP_ID(get32(cap)) == DVSEC_ID && (h1 & 0xffff) == MR_DVSEC_VENDOR &&
	       (h2 & 0xffff) == MR_DVSEC_VS_IDENTITY && h1 >> 20 >= VSID_LENGTH;
}

/* The serial is text: what is not printable ends it. */
static void read_serial(const uint8_t *from, struct ag_root *ret)
{
	unsigned n = 0;

	while (n < sizeof(ret->serial) - 1 && from[n] > 0x20 && from[n] < 0x7f) {
		ret->serial[n] = (char)from[n];
		n++;
	}
	ret->serial[n] = '\0';
}

bool ag_vsid_parse(const uint8_t *config, size_t len, struct ag_root *ret)
{
	size_t off = PCI_CFG_SPACE_SIZE;

	for (unsigned n = 0; n < CAPS_MAX && off >= PCI_CFG_SPACE_SIZE && off + 12 <= len;
	     n++) {
		const uint8_t *cap = config + off;

		if (get32(cap) == UINT32_MAX)
			return false;
		if (is_ours(cap) && off + VSID_LENGTH <= len) {
			uint32_t port = get32(cap + VSID_PORT);

			ret->port = (uint16_t)port;
			ret->vs = (uint16_t)(port >> 16);
			ret->owner_epoch = get64(cap + VSID_EPOCH_LO);
			ret->challenge = get64(cap + VSID_CHALLENGE_LO);
			read_serial(cap + VSID_SERIAL, ret);
			return true;
		}
		off = PCI_EXT_CAP_NEXT(get32(cap));
	}
	return false;
}
