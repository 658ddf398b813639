/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The chassis as text, a register a line, in a fixed order and with nothing that changes by
 * itself: two dumps differ in the lines of what happened between them.
 */
#include "common/str.h"
#include "sim/model/internal.h"
#include "sim/model/place.h"
#include "sim/model/snapshot.h"

struct dump {
	struct sim_chassis *c;
	struct mr_buf *out;
};

static void line(struct dump *k, const char *place, const char *reg, uint64_t v)
{
	mr_buf_printf(k->out, "%s/%s: 0x%llx\n", place, reg, (unsigned long long)v);
}

static bool same(const char *a, const char *b)
{
	return mr_streq(a, b);
}

/* Registers that say what the chassis is like; those that count what was asked of it are in
 * `ctl status`. */
static void put_switch(struct dump *k)
{
	for (const struct sim_reg_name *r = sim_switch_regs; r->name; r++)
		line(k, "switch", r->name, sim_sw_read(k->c, r->at));
}

static void put_ports(struct dump *k)
{
	char place[96];

	for (unsigned n = 1; n <= k->c->ports; n++) {
		const struct sim_host *h = sim_host_at(k->c, n);
		const struct sim_adapter *a = sim_adapter_at(k->c, n);

		if (!h && !a)
			continue;
		mr_fmt(place, sizeof(place), "port/%s", h ? h->d.name : a->name);
		for (const struct sim_reg_name *r = sim_port_regs; r->name; r++)
			line(k, place, r->name, sim_sw_read(k->c, SW_PORT(n) + r->at));
	}
}

/* How the host set the bridge up; numbers as they stand in its registers. */
static void put_bridge(struct dump *k, const char *place, const struct sim_bridge_cfg *g)
{
	mr_buf_printf(k->out, "%s/bridge: command 0x%x buses %u-%u slot 0x%x status 0x%x",
		      place, g->command, g->sec, g->sub, g->slotctl, g->slotsta);
	mr_buf_printf(k->out, " windows 0x%x-0x%x 0x%x%04x-0x%x%04x\n", g->mem_base,
		      g->mem_limit, g->pref_base_hi, g->pref_base, g->pref_limit_hi,
		      g->pref_limit);
}

static void put_rows(struct dump *k, unsigned vh)
{
	const struct sim_host *h = &k->c->host[vh];
	char place[96];

	if (!h->used || !h->bridge)
		return;
	mr_fmt(place, sizeof(place), "upstream/%s", h->d.name);
	put_bridge(k, place, &h->up);
	for (unsigned b = 0; b < h->d.bridges; b++) {
		const struct sim_bridge *r = &h->bridge[b];

		mr_fmt(place, sizeof(place), "row/%s/%u", h->d.name, b);
		if (r->cfg.sec || r->cfg.command)
			put_bridge(k, place, &r->cfg);
		for (const struct sim_reg_name *n = sim_row_regs; n->name; n++) {
			uint64_t v = sim_row_read(k->c, vh, b, n->at);

			if (v && (r->row.state || r->row.tombstone || same(n->name, "lost") ||
				  same(n->name, "maps")))
				line(k, place, n->name, v);
		}
	}
}

/* What a driver left in a function. */
static void put_fn(struct dump *k, const char *place, const struct sim_fn *f)
{
	uint64_t sum = 0;

	for (unsigned i = 0; f->mem && i < SIM_FN_MEM; i++)
		sum = sum * 31 + f->mem[i];
	for (unsigned i = 0; i < 4u * f->vectors; i++)
		sum = sum * 31 + f->msix[i];
	for (unsigned i = 0; i < sim_atc_count(f); i++)
		mr_buf_printf(k->out, "%s/atc: 0x%llx to 0x%llx, 0x%llx bytes, %u\n", place,
			      (unsigned long long)f->atc->e[i].from,
			      (unsigned long long)f->atc->e[i].to,
			      (unsigned long long)f->atc->e[i].size, f->atc->e[i].perm);
	if (f->command | f->msix_ctl | f->ats_ctl | f->bar[0] | f->bar[1] | f->bar[2] || sum)
		mr_buf_printf(
			k->out,
			"%s/function: command 0x%x msix 0x%x ats 0x%x bars %x:%x %x:%x %x:%x "
			"memory %llx\n",
			place, f->command, f->msix_ctl, f->ats_ctl, f->bar[1], f->bar[0],
			f->bar[3], f->bar[2], f->bar[5], f->bar[4], (unsigned long long)sum);
}

static void put_vf(struct dump *k, struct sim_adapter *a, unsigned i)
{
	char place[96];
	uint64_t fresh = CT_VF(a->m.vfs, i / a->m.vfs, i % a->m.vfs);

	mr_fmt(place, sizeof(place), "vf/%s/pf%u/vf%u", a->name, i / a->m.vfs, i % a->m.vfs);
	for (const struct sim_reg_name *r = sim_vf_regs; r->name; r++) {
		uint64_t v = sim_ct_read(k->c, a, fresh + r->at);

		if (v && !same(r->name, "command") &&
		    (!same(r->name, "map") || a->vf[i].nv.d) &&
		    (!same(r->name, "status") || v != (MR_VF_RESET_DONE | MR_VF_DEFAULTS)))
			line(k, place, r->name, v);
	}
	put_fn(k, place, &a->vf[i].fn);
}

static void put_namespaces(struct dump *k, struct sim_adapter *a)
{
	char place[96];

	for (unsigned i = 0; a->ns && i < a->m.pfs * MR_MAX_NAMESPACES; i++) {
		if (!a->ns[i].exists)
			continue;
		mr_fmt(place, sizeof(place), "ns/%s/pf%u/%u", a->name, i / MR_MAX_NAMESPACES,
		       i % MR_MAX_NAMESPACES);
		for (const struct sim_reg_name *r = sim_ns_regs; r->name; r++)
			if (!same(r->name, "command"))
				line(k, place, r->name, sim_ns_read(k->c, a, i, r->at));
	}
}

/* Words that wait in its mailbox, or stand ready there. */
static void put_mail(struct dump *k, const struct sim_adapter *a, unsigned i)
{
	char place[96];

	mr_fmt(place, sizeof(place), "mail/%s/%u/%u", a->name, i / a->m.pfs, i % a->m.pfs);
	for (const struct sim_reg_name *r = sim_mail_regs; r->name && i >= a->m.pfs; r++) {
		uint64_t v = sim_mail_read(a, i, r->at);

		if (v && v != SIM_ONES)
			line(k, place, r->name, v);
	}
}

static void put_adapter(struct dump *k, struct sim_adapter *a)
{
	char place[96];

	if (a->m.kind == SIM_KIND_BASE || a->m.kind == SIM_KIND_MRA) {
		mr_fmt(place, sizeof(place), "adapter/%s", a->name);
		put_fn(k, place, &a->self);
	}
	for (unsigned d = 1; d < a->vhs; d++) {
		if (!a->vh[d].enabled)
			continue;
		mr_fmt(place, sizeof(place), "vh/%s/%u", a->name, d);
		for (const struct sim_reg_name *r = sim_vh_regs; r->name; r++)
			line(k, place, r->name, sim_ct_read(k->c, a, CT_VH(d) + r->at));
	}
	for (unsigned i = 0; i < a->vhs * a->m.pfs && a->m.kind != SIM_KIND_BASE; i++) {
		unsigned d = i / a->m.pfs, p = i % a->m.pfs;

		if (d && !a->vh[d].enabled)
			continue;
		mr_fmt(place, sizeof(place), "pf/%s/%u/%u", a->name, d, p);
		for (const struct sim_reg_name *r = sim_pf_regs; r->name; r++)
			line(k, place, r->name,
			     sim_ct_read(k->c, a, CT_PF(a->m.pfs, d, p) + r->at));
		put_mail(k, a, i);
		put_fn(k, place, &a->pf[i].fn);
	}
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++)
		put_vf(k, a, i);
	put_namespaces(k, a);
}

/* The dump: snapshot.h. */
void sim_chassis_dump(struct sim_chassis *c, struct mr_now now, struct mr_buf *out)
{
	struct dump k = {c, out};

	sim_chassis_step(c, now);
	put_switch(&k);
	put_ports(&k);
	for (unsigned vh = 1; vh <= c->hosts; vh++)
		put_rows(&k, vh);
	for (unsigned i = 0; i < c->adapters; i++)
		put_adapter(&k, &c->adapter[i]);
}
