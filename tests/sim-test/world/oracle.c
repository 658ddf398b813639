/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probing: what was ever an address is tried again, and every word says under which owner it
 * was sent.
 */
#include "tests/sim-test/world/oracle.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "tests/sim-test/world/management.h"

#define SCRATCH	   0x800 /* in a function's memory: where the canary sits */
#define BUFFER(vh) (0x100000000ull + (uint64_t)(vh)*0x100000)
#define FLIGHT_MAX 4096

/* A function that some host once reached. */
struct fn {
	uint16_t port, pf, vf;
	uint16_t owner;			     /* the host that reaches it now, 0 = none */
	uint8_t learnt[WORLD_HOSTS_MAX / 8]; /* hosts whose buffers it was told of */
	uint32_t seen;			     /* check in which it was last reached */
};

/* What a host once addressed. */
struct addr {
	bool memory;
	uint64_t address; /* or RID */
};

struct probed {
	struct addr *addr;
	unsigned n, cap;
	struct mr_map *known;
};

/* A request under way: what its arrival would mean. */
struct flight {
	uint64_t id;
	uint16_t vh;	/* host that sent it, or 0 */
	uint32_t fn;	/* function that sent it + 1, or 0 */
	uint16_t owner; /* of the function when it was sent */
	bool memory;	/* a read of memory: its word is looked at */
};

struct oracle {
	struct world *w;
	struct fn *fn;
	unsigned fns, cap;
	struct mr_map *index; /* port, pf, vf -> fn */
	struct probed host[WORLD_HOSTS_MAX];
	struct flight flight[FLIGHT_MAX];
	unsigned flying;
	uint32_t check;
	unsigned reachable;
	uint64_t requests;
	char complaint[512];
};

struct oracle *oracle_new(struct world *w)
{
	struct oracle *o = MR_NEW(struct oracle);

	o->w = w;
	o->index = mr_map_new();
	for (unsigned vh = 1; vh <= w->hosts; vh++)
		o->host[vh].known = mr_map_new();
	return o;
}

void oracle_free(struct oracle *o)
{
	for (unsigned vh = 1; vh <= o->w->hosts; vh++) {
		free(o->host[vh].addr);
		mr_map_free(o->host[vh].known);
	}
	mr_map_free(o->index);
	free(o->fn);
	free(o);
}

static bool complain(struct oracle *o, const char *fmt, ...)
{
	va_list ap;
	struct mr_buf b = {0};

	va_start(ap, fmt);
	mr_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	if (!o->complaint[0])
		mr_fmt(o->complaint, sizeof(o->complaint), "%s", mr_buf_text(&b));
	mr_buf_done(&b);
	return false;
}

const char *oracle_complaint(const struct oracle *o)
{
	return o->complaint;
}

unsigned oracle_reachable(const struct oracle *o)
{
	return o->reachable;
}

uint64_t oracle_requests(const struct oracle *o)
{
	return o->requests;
}

/* ---- what is known ---- */

static struct fn *fn_of(struct oracle *o, uint16_t port, uint16_t pf, uint16_t vf)
{
	uint64_t key = (uint64_t)port << 32 | (uint64_t)pf << 16 | vf, at;

	if (mr_map_get_u64(o->index, key, &at))
		return &o->fn[at];
	MR_GROW(o->fn, o->fns, o->cap);
	o->fn[o->fns] = (struct fn){.port = port, .pf = pf, .vf = vf};
	mr_map_set_u64(o->index, key, o->fns);
	return &o->fn[o->fns++];
}

static void learn(struct probed *p, bool memory, uint64_t address)
{
	uint64_t key = address << 1 | memory, at;

	if (mr_map_get_u64(p->known, key, &at))
		return;
	MR_GROW(p->addr, p->n, p->cap);
	p->addr[p->n] = (struct addr){memory, address};
	mr_map_set_u64(p->known, key, p->n++);
}

/* What the host's kernel shows now is an address from now on. PFs share a function's fate and
 * are left to their VFs. */
static void learn_host(struct oracle *o, unsigned vh)
{
	struct sim_blade *b = o->w->host[vh].blade;

	if (!b || !sim_blade_up(b))
		return;
	for (unsigned i = 0; i < sim_blade_devs(b); i++) {
		const struct sim_dev *d = sim_blade_dev(b, i);

		if (d->header || d->totalvfs || (d->slot < 0 && !d->is_virtfn))
			continue;
		learn(&o->host[vh], false, d->rid);
		if (d->bar_size[0] && d->bar[0])
			learn(&o->host[vh], true, d->bar[0] + SCRATCH);
	}
}

/* ---- requests ---- */

static void step_to_end(struct oracle *o);

static void launch(struct oracle *o, const struct sim_tlp *t, uint32_t fn, uint16_t owner)
{
	if (o->flying == FLIGHT_MAX)
		step_to_end(o);
	o->flight[o->flying++] = (struct flight){
		.id = sim_tlp_launch(o->w->chassis, o->w->now, t),
		.vh = t->from_function ? 0 : t->vh,
		.fn = fn,
		.owner = owner,
		.memory = t->kind == SIM_TLP_MEM_READ,
	};
	o->requests++;
}

/* A host reached a function: at most one host may, in one check. */
static void reached(struct oracle *o, const struct flight *f, const struct sim_tlp_fate *fate)
{
	struct fn *fn = fn_of(o, fate->at_port, fate->at_pf, fate->at_vf);
	bool first = fn->seen != o->check;

	if (!first && fn->owner != f->vh) {
		complain(o, "I1: port %u pf%u vf%u is reached by host %u and by host %u",
			 fn->port, fn->pf, fn->vf, fn->owner, f->vh);
		return;
	}
	if (first)
		o->reachable++;
	fn->seen = o->check;
	fn->owner = f->vh;
	fn->learnt[f->vh / 8] |= (uint8_t)(1 << f->vh % 8);
}

/* The canary: a word of another owner in the function's memory is a leak (I2). */
static void judge_memory(struct oracle *o, const struct flight *f,
			 const struct sim_tlp_fate *fate)
{
	uint64_t word = fate->data;

	if (word && word != UINT64_MAX && word != BUFFER(f->vh))
		complain(o,
			 "I2: host %u reads %#llx in port %u pf%u vf%u, which another owner "
			 "wrote",
			 f->vh, (unsigned long long)word, fate->at_port, fate->at_pf,
			 fate->at_vf);
}

static void judge(struct oracle *o, const struct flight *f, const struct sim_tlp_fate *fate)
{
	if (!f->fn) {
		if (fate->end == SIM_TLP_COMPLETED && fate->at_port != UINT16_MAX) {
			reached(o, f, fate);
			if (f->memory)
				judge_memory(o, f, fate);
		}
		return;
	}
	if (fate->end == SIM_TLP_LANDED && fate->at_vh != 0 && fate->at_vh != f->owner) {
		const struct fn *fn = &o->fn[f->fn - 1];

		complain(o,
			 "I1: a word of port %u pf%u vf%u, sent when host %u had it, landed in "
			 "host %u",
			 fn->port, fn->pf, fn->vf, f->owner, fate->at_vh);
	}
}

/* Lets what flies arrive; the rest of the world stands still for these microseconds. */
static void step_to_end(struct oracle *o)
{
	unsigned left = 0;

	for (unsigned i = 0; i < o->flying; i++) {
		struct sim_tlp_fate fate = sim_tlp_fate(o->w->chassis, o->flight[i].id);

		if (fate.end == SIM_TLP_FLYING)
			o->flight[left++] = o->flight[i];
		else
			judge(o, &o->flight[i], &fate);
	}
	o->flying = left;
	if (!left)
		return;
	world_pass(o->w, 10 * MR_NS_PER_US);
	step_to_end(o);
}

static void probe_host(struct oracle *o, unsigned vh)
{
	const struct probed *p = &o->host[vh];

	if (!o->w->host[vh].blade || !sim_host_power(o->w->chassis, (uint16_t)vh))
		return;
	for (unsigned i = 0; i < p->n; i++) {
		struct sim_tlp t = {.vh = (uint16_t)vh};

		t.kind = p->addr[i].memory ? SIM_TLP_MEM_READ : SIM_TLP_CFG_READ;
		t.address = p->addr[i].memory ? p->addr[i].address : 0;
		t.rid = (uint16_t)p->addr[i].address;
		launch(o, &t, 0, 0);
	}
}

/* The owner leaves its mark, and the function writes to every buffer that it ever heard of. */
static void probe_fn(struct oracle *o, uint32_t at)
{
	const struct fn *fn = &o->fn[at];

	for (unsigned vh = 1; vh <= o->w->hosts; vh++) {
		struct sim_tlp t = {.kind = SIM_TLP_MEM_WRITE,
				    .from_function = true,
				    .port = fn->port,
				    .pf = fn->pf,
				    .vf = fn->vf,
				    .address = BUFFER(vh),
				    .data = BUFFER(fn->owner)};

		if (fn->learnt[vh / 8] & 1 << vh % 8)
			launch(o, &t, at + 1, fn->owner);
	}
}

static void mark_memory(struct oracle *o, unsigned vh)
{
	struct sim_blade *b = o->w->host[vh].blade;

	if (!b || !sim_blade_up(b))
		return;
	for (unsigned i = 0; i < sim_blade_devs(b); i++) {
		const struct sim_dev *d = sim_blade_dev(b, i);

		if (!d->header && !d->totalvfs && d->bar_size[0] && d->bar[0])
			sim_host_mem_write(o->w->chassis, o->w->now, (uint16_t)vh,
					   d->bar[0] + SCRATCH, 8, BUFFER(vh));
	}
}

/* ---- I4: an identity stands behind one open gate ---- */

static bool check_identities(struct oracle *o)
{
	struct mr_map *seen = mr_map_new();
	bool good = true;

	for (unsigned vh = 1; vh <= o->w->hosts; vh++) {
		struct sim_blade *b = o->w->host[vh].blade;

		if (!b || !sim_blade_up(b))
			continue;
		for (unsigned i = 0; i < sim_blade_devs(b); i++) {
			const struct sim_dev *d = sim_blade_dev(b, i);
			struct sim_fn_view v;
			uint64_t other;

			if (sim_host_fn_view(o->w->chassis, (uint16_t)vh, d->rid, &v) ||
			    v.is_pf || !v.link || !v.ident0)
				continue;
			if (mr_map_get_u64(seen, v.ident0, &other))
				good = complain(o,
						"I4: identity %#llx is open in host %u (rid "
						"%#x) and host %u (rid %#x)",
						(unsigned long long)v.ident0,
						(unsigned)(other >> 16),
						(unsigned)(other & 0xffff), vh, d->rid);
			mr_map_set_u64(seen, v.ident0, (uint64_t)vh << 16 | d->rid);
		}
	}
	mr_map_free(seen);
	return good;
}

/* ---- I5: what is reachable has a row in the store ---- */

static bool check_rows(struct oracle *o)
{
	for (unsigned i = 0; i < o->fns; i++) {
		const struct fn *f = &o->fn[i];

		if (f->seen == o->check &&
		    !world_store_has_function(o->w, f->port, f->pf, f->vf))
			return complain(o,
					"I5: host %u reaches port %u pf%u vf%u, which no row "
					"of the store names",
					f->owner, f->port, f->pf, f->vf);
	}
	return true;
}

/* Functions of a full check that nobody reached have no owner any more. */
static void forget_owners(struct oracle *o)
{
	for (unsigned i = 0; i < o->fns; i++)
		if (o->fn[i].seen != o->check)
			o->fn[i].owner = 0;
}

bool oracle_check(struct oracle *o, unsigned vh)
{
	o->check++;
	o->reachable = 0;
	for (unsigned h = 1; h <= o->w->hosts; h++)
		learn_host(o, h);
	for (unsigned h = 1; h <= o->w->hosts; h++)
		if (!vh || h == vh)
			probe_host(o, h);
	step_to_end(o);
	if (!vh)
		forget_owners(o);
	for (uint32_t i = 0; i < o->fns; i++)
		if (!vh || o->fn[i].owner == vh || o->fn[i].learnt[vh / 8] & 1 << vh % 8)
			probe_fn(o, i);
	step_to_end(o);
	for (unsigned h = 1; h <= o->w->hosts; h++)
		if (!vh || h == vh)
			mark_memory(o, h);
	if (!check_identities(o) || !check_rows(o))
		return false;
	if (!vh && !management_guarantees_hold(o->w, o->complaint, sizeof(o->complaint)))
		return false;
	return !o->complaint[0];
}

bool oracle_all_free(struct oracle *o)
{
	return management_all_free(o->w, o->complaint, sizeof(o->complaint));
}

bool oracle_stale_writer(struct oracle *o)
{
	return management_stale_writer(o->w, o->complaint, sizeof(o->complaint));
}
