/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads need no owner, so these batches disturb nobody.
 */
#include "tests/sim-test/world/management.h"

#include <linux/pci_regs.h>
#include <stdlib.h>

#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/str.h"
#include "tests/sim-test/world/world.h"

static uint64_t read1(struct world *w, uint8_t space, uint16_t vh, uint16_t bdf,
		      uint64_t address, uint8_t width)
{
	struct sim_batch_result r = {0};
	struct mr_batch b = {0};
	uint64_t v = UINT64_MAX;

	mr_batch_read(&b, space, vh, bdf, address, width, 1);
	sim_chassis_batch(w->chassis, w->now, 0, 0, (const uint8_t *)b.ops.data, b.ops.len, &r);
	if (r.status == MR_BATCH_OK && r.data.len == 8)
		v = mr_batch_get_value((const uint8_t *)r.data.data, 0);
	mr_buf_done(&r.data);
	mr_batch_done(&b);
	return v;
}

uint64_t management_read(struct world *w, uint64_t address)
{
	return read1(w, MR_SPACE_SWITCH, 0, 0, address, 8);
}

static uint64_t mem(struct world *w, uint64_t address)
{
	return read1(w, MR_SPACE_MEMORY, 0, 0, address, 8);
}

/* The control table behind a port: its address in VH 0, 0 where there is none. */
static uint64_t control_table(struct world *w, unsigned port)
{
	uint64_t rid = management_read(w, SW_PORT(port) + PORT_VH0_RID), bar;

	if (management_read(w, SW_PORT(port) + PORT_KIND) != MR_PORT_ADAPTER || rid >= 0xffff)
		return 0;
	bar = read1(w, MR_SPACE_CONFIG, 0, (uint16_t)rid, PCI_BASE_ADDRESS_0, 4) |
	      read1(w, MR_SPACE_CONFIG, 0, (uint16_t)rid, PCI_BASE_ADDRESS_1, 4) << 32;
	bar &= ~UINT64_C(0xf);
	return bar && mem(w, bar + CT_MAGIC) == MR_CT_MAGIC ? bar : 0;
}

typedef bool row_fn(struct world *w, unsigned port, unsigned pf, unsigned vf, uint64_t row,
		    char *why, size_t size);

static bool each_vf(struct world *w, row_fn *fn, char *why, size_t size)
{
	unsigned ports = (unsigned)(management_read(w, SW_CAPS) & 0xffff);

	for (unsigned port = 1; port <= ports; port++) {
		uint64_t ct = control_table(w, port), counts = ct ? mem(w, ct + CT_COUNTS) : 0;
		unsigned pfs = counts & 0xff, vfs = counts >> 16 & 0xffff;

		for (unsigned pf = 0; pf < pfs; pf++)
			for (unsigned vf = 0; vf < vfs; vf++)
				if (!fn(w, port, pf, vf, ct + CT_VF(vfs, pf, vf), why, size))
					return false;
	}
	return true;
}

static bool vf_free(struct world *w, unsigned port, unsigned pf, unsigned vf, uint64_t row,
		    char *why, size_t size)
{
	uint64_t map = mem(w, row + VF_MAP), status = mem(w, row + VF_STATUS),
		 gate = mem(w, row + VF_GATE);

	if ((map & 0xffff) == 0 && status & MR_VF_DEFAULTS && !gate)
		return true;
	mr_fmt(why, size,
	       "port %u pf%u vf%u is not free: VF_MAP %#llx, VF_STATUS %#llx, VF_GATE %llu",
	       port, pf, vf, (unsigned long long)map, (unsigned long long)status,
	       (unsigned long long)gate);
	return false;
}

static unsigned rows_leading_to_functions(struct world *w)
{
	unsigned n = 0;

	for (unsigned vh = 1; vh <= w->hosts; vh++)
		for (unsigned b = 0; b < sim_host_bridges(w->chassis, (uint16_t)vh); b++) {
			uint64_t row = SW_BRIDGE(vh, b);

			if (management_read(w, row + ROW_STATE) != MR_ROW_FREE &&
			    MR_TARGET_KIND(management_read(w, row + ROW_TARGET)) !=
				    MR_TARGET_PFS)
				n++;
		}
	return n;
}

bool management_all_free(struct world *w, char *why, size_t size)
{
	unsigned rows = rows_leading_to_functions(w);

	if (rows) {
		mr_fmt(why, size, "%u bridge rows still lead to a function", rows);
		return false;
	}
	return each_vf(w, vf_free, why, size);
}

/* I3 on ports: the guarantees of functions whose gate is open fit their port. */
bool management_guarantees_hold(struct world *w, char *why, size_t size)
{
	unsigned ports = (unsigned)(management_read(w, SW_CAPS) & 0xffff);

	for (unsigned port = 1; port <= ports; port++) {
		uint64_t ct = control_table(w, port), counts = ct ? mem(w, ct + CT_COUNTS) : 0;
		unsigned pfs = counts & 0xff, vfs = counts >> 16 & 0xffff;

		for (unsigned pf = 0; pf < pfs; pf++) {
			uint64_t net = management_read(w,
						       SW_PORT(port) + PORT_NET_MBPS + 8 * pf),
				 sum = 0;

			for (unsigned vf = 0; vf < vfs; vf++) {
				uint64_t row = ct + CT_VF(vfs, pf, vf);

				if (mem(w, row + VF_GATE))
					sum += mem(w, row + VF_MIN_MBPS);
			}
			if (net && sum > net) {
				mr_fmt(why, size,
				       "I3: port %u pf%u guarantees %llu of %llu Mbit/s", port,
				       pf, (unsigned long long)sum, (unsigned long long)net);
				return false;
			}
		}
	}
	return true;
}

/* I9: an owner of an older epoch writes to every host port's authorisation and to every row's
 * state. */
bool management_stale_writer(struct world *w, char *why, size_t size)
{
	uint64_t refused = management_read(w, SW_REFUSED),
		 owner = management_read(w, SW_OWNER_ID),
		 epoch = management_read(w, SW_OWNER_EPOCH),
		 writes = management_read(w, SW_WRITES);
	struct sim_batch_result r = {0};
	struct mr_batch b = {0};
	bool good;

	mr_batch_sw_write(&b, SW_PORT(1) + PORT_AUTH, MR_AUTH_HELD);
	mr_batch_sw_write(&b, SW_BRIDGE(1, 0) + ROW_STATE, MR_ROW_BLOCKED);
	sim_chassis_batch(w->chassis, w->now, owner, epoch - 1, (const uint8_t *)b.ops.data,
			  b.ops.len, &r);
	good = r.status == MR_BATCH_STALE_OWNER && r.executed == 0 &&
	       management_read(w, SW_REFUSED) > refused &&
	       management_read(w, SW_WRITES) == writes;
	if (!good)
		mr_fmt(why, size,
		       "I9: a write of epoch %llu under epoch %llu ended with status %u after "
		       "%u records",
		       (unsigned long long)epoch - 1, (unsigned long long)epoch, r.status,
		       r.executed);
	mr_buf_done(&r.data);
	mr_batch_done(&b);
	return good;
}
