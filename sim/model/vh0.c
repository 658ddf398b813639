/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VH 0, the management hierarchy: its upstream bridge, on the next bus one downstream port per
 * adapter slot (slot k is function k - 1), then each adapter's own buses. The upstream bridge
 * is on bus 0, or on bus 1 where a blade is the root: bus 0 is the blade's own then. A `base`
 * device that a host holds can only be looked at from here: its configuration space reads,
 * nothing is written.
 */
#include <stddef.h>

#include "sim/model/internal.h"

/* Whether a row leads a host to the whole device (blocked and effective: no more). */
bool sim_base_held(const struct sim_chassis *c, const struct sim_adapter *a)
{
	const struct sim_bridge *r;

	if (a->m.kind != SIM_KIND_BASE || !a->row_vs)
		return false;
	r = sim_bridge_peek(&c->host[a->row_vs], a->row_b);
	return r->row.state != MR_ROW_BLOCKED || !sim_row_effective(c, r);
}

/* The bus of the upstream bridge. */
unsigned sim_vh0_bus(const struct sim_chassis *c)
{
	return c->root ? 1 : 0;
}

/* The upstream bridge. */
struct sim_loc sim_vh0_up(struct sim_chassis *c)
{
	return (struct sim_loc){.kind = SIM_LOC_UP, .host = &c->host[0], .br = &c->host[0].up};
}

/* The downstream port of an adapter; where a blade is the root it is a hot-plug slot of that
 * host. */
struct sim_loc sim_vh0_port(struct sim_chassis *c, struct sim_adapter *a)
{
	return (struct sim_loc){.kind = SIM_LOC_DSP,
				.host = sim_host_at(c, c->root),
				.a = a,
				.br = &a->dsp,
				.b = a->slot};
}

/* What VH 0 has at routing ID 'rid'. */
struct sim_loc sim_vh0_locate(struct sim_chassis *c, uint16_t rid)
{
	struct sim_loc l = {.kind = SIM_LOC_NONE};
	unsigned bus = rid >> 8, top = sim_vh0_bus(c);

	if (rid == top << 8)
		return sim_vh0_up(c);
	for (unsigned i = 0; i < c->adapters && bus > top; i++) {
		struct sim_adapter *a = &c->adapter[i];

		if (bus == top + 1 && (rid & 0xff) + 1u == a->slot)
			return sim_vh0_port(c, a);
		if (bus >= a->bus && bus <= a->last_bus && sim_adapter_up(a))
			return sim_adapter_locate(a, 0, rid - (unsigned)(a->bus << 8));
	}
	return l;
}

/* Which function of VH 0 decodes 'addr'. */
struct sim_loc sim_vh0_decode(struct sim_chassis *c, uint64_t addr, unsigned *ret_bar,
			      uint64_t *ret_off)
{
	struct sim_loc l = {.kind = SIM_LOC_NONE};

	for (unsigned i = 0; i < c->adapters && l.kind == SIM_LOC_NONE; i++)
		if (sim_adapter_up(&c->adapter[i]) && !sim_base_held(c, &c->adapter[i]))
			l = sim_adapter_decode(&c->adapter[i], 0, addr, ret_bar, ret_off);
	if (l.kind != SIM_LOC_NONE && !sim_loc_answers(c, &l))
		l.kind = SIM_LOC_NONE;
	return l;
}
