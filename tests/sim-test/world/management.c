/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads need no owner, so these batches disturb nobody.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "tests/sim-test/world/faults.h"
#include "tests/sim-test/world/management_priv.h"
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

uint64_t management_memory(struct world *w, uint64_t address)
{
	return read1(w, MR_SPACE_MEMORY, 0, 0, address, 8);
}

/* ---- where the tables are: found once ---- */

#define SRIOV_BAR (0x180 + PCI_SRIOV_BAR) /* where the register map has it */

static void find_table(struct world *w, struct management *m, unsigned port)
{
	struct table *t = &m->port[port];
	uint64_t rid = management_read(w, SW_PORT(port) + PORT_VH0_RID), bar, counts;

	if (management_read(w, SW_PORT(port) + PORT_KIND) != MR_PORT_ADAPTER || rid >= 0xffff)
		return;
	t->bus = (unsigned)(rid >> 8);
	bar = read1(w, MR_SPACE_CONFIG, 0, (uint16_t)rid, PCI_BASE_ADDRESS_0, 4) |
	      read1(w, MR_SPACE_CONFIG, 0, (uint16_t)rid, PCI_BASE_ADDRESS_1, 4) << 32;
	bar &= ~UINT64_C(0xf);
	if (!bar || management_memory(w, bar + CT_MAGIC) != MR_CT_MAGIC)
		return;
	counts = management_memory(w, bar + CT_COUNTS);
	t->base = bar;
	t->pfs = counts & 0xff;
	t->vfs = counts >> 16 & 0xffff;
	t->mra = counts >> 32 & 0xffff;
	t->size = management_memory(w, bar + CT_VF_BAR) & ~MR_BAR_FLAGS;
	t->sum = mr_xcalloc(t->pfs, sizeof(*t->sum));
	t->memory = mr_xcalloc(t->pfs, sizeof(*t->memory));
	t->seen = mr_xcalloc(t->pfs * t->vfs, sizeof(*t->seen));
}

void management_look(struct world *w)
{
	struct management *m = w->management = MR_NEW(struct management);

	m->identity = mr_map_new();
	m->ports = (unsigned)(management_read(w, SW_CAPS) & 0xffff);
	for (unsigned p = 1; p <= m->ports; p++)
		find_table(w, m, p);
}

void management_free(struct world *w)
{
	for (unsigned p = 0; p <= MR_MAX_PORTS; p++) {
		free(w->management->port[p].sum);
		free(w->management->port[p].memory);
		free(w->management->port[p].seen);
	}
	mr_map_free(w->management->identity);
	mr_batch_done(&w->management->batch);
	mr_buf_done(&w->management->rows.data);
	free(w->management);
}

static uint64_t table_end(const struct table *t)
{
	return t->base + CT_VF(t->vfs, t->pfs, 0);
}

/* Rows of namespaces stand behind all VF rows. */
static struct management_at namespace_at(const struct management *m, uint64_t address)
{
	for (unsigned p = 1; p <= m->ports; p++) {
		const struct table *t = &m->port[p];
		uint64_t off = address - t->base - CT_NAMESPACES;
		unsigned n = (unsigned)(off / (CT_NS(0, 1) - CT_NS(0, 0)));

		if (t->base && address >= t->base + CT_NAMESPACES &&
		    address < t->base + CT_NS(t->pfs, 0))
			return (struct management_at){.port = p,
						      .is_ns = true,
						      .pf = n / MR_MAX_NAMESPACES,
						      .ns = n % MR_MAX_NAMESPACES};
	}
	return (struct management_at){0};
}

struct management_at management_at(struct world *w, uint64_t address)
{
	const struct management *m = w->management;
	struct management_at at = {0};

	for (unsigned p = 1; p <= m->ports; p++) {
		const struct table *t = &m->port[p];
		uint64_t off = address - t->base - CT_VFS;
		unsigned n = (unsigned)(off >> 8);

		if (!t->base || address < t->base || address >= table_end(t))
			continue;
		at.port = p;
		if (address < t->base + CT_VFS)
			return at;
		at.is_vf = true;
		at.reg = off & 0xff;
		at.fn = fm_fn_key((struct fm_fn_id){.port = (uint16_t)p,
						    .pf = (uint16_t)(n / t->vfs),
						    .vf = (uint16_t)(n % t->vfs)});
		return at;
	}
	return namespace_at(m, address);
}

bool management_has_functions(struct world *w, unsigned port)
{
	return w->management->port[port].base != 0;
}

uint64_t management_vf_memory(struct world *w, unsigned port, unsigned pf, unsigned vf)
{
	const struct table *t = &w->management->port[port];

	if (!t->base || pf >= t->pfs || vf >= t->vfs)
		return 0;
	if (!t->memory[pf]) {
		uint16_t rid = (uint16_t)((t->bus << 8) + t->mra + pf);

		t->memory[pf] =
			(read1(w, MR_SPACE_CONFIG, 0, rid, SRIOV_BAR, 4) & ~UINT64_C(0xf)) |
			read1(w, MR_SPACE_CONFIG, 0, rid, SRIOV_BAR + 4, 4) << 32;
	}
	return t->memory[pf] + vf * t->size;
}

void management_look_anew(struct world *w)
{
	struct management *m = w->management;

	for (unsigned port = 1; port <= m->ports; port++)
		for (unsigned pf = 0; pf < m->port[port].pfs; pf++)
			m->port[port].memory[pf] = 0;
}

uint64_t management_vf_row(struct world *w, unsigned port, unsigned pf, unsigned vf)
{
	const struct table *t = port <= MR_MAX_PORTS ? &w->management->port[port] : NULL;

	return t && t->base && pf < t->pfs && vf < t->vfs ? t->base + CT_VF(t->vfs, pf, vf) : 0;
}

int management_port_of_bus(struct world *w, unsigned bus)
{
	const struct management *m = w->management;
	int port = -1;

	for (unsigned p = 1; p <= m->ports; p++)
		if (m->port[p].bus && m->port[p].bus <= bus &&
		    (port < 0 || m->port[p].bus > m->port[port].bus))
			port = (int)p;
	return port;
}

void management_write(struct world *w, uint64_t address, uint64_t value)
{
	struct sim_batch_result r = {0};
	struct mr_batch b = {0};

	mr_batch_write(&b, MR_SPACE_MEMORY, 0, 0, address, 8, value);
	sim_chassis_batch(w->chassis, w->now, management_read(w, SW_OWNER_ID),
			  management_read(w, SW_OWNER_EPOCH), (const uint8_t *)b.ops.data,
			  b.ops.len, &r);
	mr_buf_done(&r.data);
	mr_batch_done(&b);
}

void management_stranger(struct world *w)
{
	struct sim_batch_result r = {0};
	struct mr_batch b = {0};

	mr_batch_sw_write(&b, SW_PORT(1) + PORT_AUTH, MR_AUTH_HELD);
	sim_chassis_batch(w->chassis, w->now, UINT64_MAX, 0, (const uint8_t *)b.ops.data,
			  b.ops.len, &r);
	mr_buf_done(&r.data);
	mr_batch_done(&b);
}

/* ---- every function, with its row's registers ---- */

struct vf {
	unsigned port, pf, vf;
	uint64_t reg[VF_REGS];
};
#define REG(v, name) ((v)->reg[(name) / 8])

typedef bool vf_fn(struct world *w, const struct vf *v, void *arg, char *why, size_t size);

/* Rows of VFs, as many as asked for in one batch. */
static bool read_vfs(struct world *w, uint64_t row, unsigned n)
{
	struct mr_batch *b = &w->management->batch;
	struct sim_batch_result *r = &w->management->rows;

	mr_buf_reset(&b->ops);
	for (unsigned i = 0; i < n; i++)
		mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, row + CT_VF(1, i, 0) - CT_VF(1, 0, 0),
			      8, VF_REGS);
	sim_chassis_batch(w->chassis, w->now, 0, 0, (const uint8_t *)b->ops.data, b->ops.len,
			  r);
	return r->status == MR_BATCH_OK && r->data.len == (size_t)8 * VF_REGS * n;
}

/* Number 'i' of them. False: its adapter is not there. */
static bool take_vf(const struct world *w, unsigned i, struct vf *v)
{
	const uint8_t *rows = (const uint8_t *)w->management->rows.data.data;

	for (unsigned k = 0; k < VF_REGS; k++)
		v->reg[k] = mr_batch_get_value(rows, i * VF_REGS + k);
	return REG(v, VF_MAP) != UINT64_MAX;
}

/* 'fn' may read others: what was read is taken first. */
static bool each_vf_of(struct world *w, const struct table *t, unsigned port, unsigned pf,
		       vf_fn *fn, void *arg, char *why, size_t size)
{
	struct vf *all = mr_xcalloc(t->vfs, sizeof(*all));
	unsigned n = 0;
	bool good = true;

	if (read_vfs(w, t->base + CT_VF(t->vfs, pf, 0), t->vfs))
		for (unsigned i = 0; i < t->vfs; i++) {
			all[n] = (struct vf){.port = port, .pf = pf, .vf = i};
			n += take_vf(w, i, &all[n]);
		}
	for (unsigned i = 0; good && i < n; i++)
		good = fn(w, &all[i], arg, why, size);
	free(all);
	return good;
}

/* Functions of adapters that are not there are passed over. */
static bool each_vf(struct world *w, vf_fn *fn, void *arg, char *why, size_t size)
{
	const struct management *m = w->management;

	for (unsigned port = 1; port <= m->ports; port++) {
		const struct table *t = &m->port[port];

		for (unsigned pf = 0; t->base && pf < t->pfs; pf++)
			if (!each_vf_of(w, t, port, pf, fn, arg, why, size))
				return false;
	}
	return true;
}

static bool vf_free(struct world *w, const struct vf *v, void *arg, char *why, size_t size)
{
	(void)w;
	(void)arg;
	if ((REG(v, VF_MAP) & 0xffff) == 0 && REG(v, VF_STATUS) & MR_VF_DEFAULTS &&
	    !REG(v, VF_GATE))
		return true;
	mr_fmt(why, size,
	       "port %u pf%u vf%u is not free: VF_MAP %#llx, VF_STATUS %#llx, VF_GATE %llu",
	       v->port, v->pf, v->vf, (unsigned long long)REG(v, VF_MAP),
	       (unsigned long long)REG(v, VF_STATUS), (unsigned long long)REG(v, VF_GATE));
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
	return each_vf(w, vf_free, NULL, why, size);
}

static bool add_activity(struct world *w, const struct vf *v, void *arg, char *why, size_t size)
{
	uint64_t *sum = arg;

	(void)w;
	(void)why;
	(void)size;
	*sum += REG(v, VF_RESETS) + REG(v, VF_REMAPS);
	return true;
}

uint64_t management_activity(struct world *w)
{
	uint64_t sum = 0;

	each_vf(w, add_activity, &sum, NULL, 0);
	return sum;
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
	world_batch(w, owner, epoch - 1, (const uint8_t *)b.ops.data, b.ops.len, &r);
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
