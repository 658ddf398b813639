/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Probing: what was ever an address is tried again, and every word says under which owner it
 * was sent.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "tests/sim-test/world/faults.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/oracle_priv.h"

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

bool oracle_complain(struct oracle *o, const char *fmt, ...)
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

/* The host's kernel maps all buffers, which nobody else's frames are. */
static void map_buffers(struct oracle *o, unsigned vh)
{
	const struct sim_translation m = {.from = BUFFER(0),
					  .to = FRAME(vh),
					  .size = BUFFERS,
					  .perm = SIM_IOMMU_READ | SIM_IOMMU_WRITE};

	sim_host_iommu_map(o->w->chassis, o->w->now, (uint16_t)vh, &m);
}

/* What the host's kernel shows now is an address from now on. PFs share a function's fate and
 * are left to their VFs. */
static void learn_host(struct oracle *o, unsigned vh)
{
	struct sim_blade *b = o->w->host[vh].blade;

	if (!b || !sim_blade_up(b))
		return;
	map_buffers(o, vh);
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

/* 'fn' + 1 where a function sends, 0 where a host does. */
static struct flight send(struct oracle *o, const struct sim_tlp *t, uint32_t fn, bool word)
{
	const struct fn *f = fn ? &o->fn[fn - 1] : NULL;

	o->requests++;
	return (struct flight){
		.id = world_tlp_launch(o->w, t, word),
		.vh = f ? 0 : t->vh,
		.fn = fn,
		.owner = f && !f->owner ? f->last
			 : f		? f->owner
					: 0,
		.held = f && f->owner,
		.memory = t->kind == SIM_TLP_MEM_READ,
		.translated = t->translated,
		.address = t->kind == SIM_TLP_CFG_READ ? t->rid : t->address,
	};
}

static void launch(struct oracle *o, const struct sim_tlp *t, uint32_t fn)
{
	if (o->flying == FLIGHT_MAX)
		step_to_end(o);
	o->flight[o->flying++] = send(o, t, fn, false);
}

/* A host reached a function: at most one host may, in one check. */
static void reached(struct oracle *o, const struct flight *f, const struct sim_tlp_fate *fate)
{
	struct fn *fn;

	/* A PF of the host's own, where a function stood before. */
	if (fate->at_vf == FM_WHOLE && management_has_functions(o->w, fate->at_port))
		return;
	fn = fn_of(o, fate->at_port, fate->at_pf, fate->at_vf);
	if (fn->seen == o->check && fn->owner != f->vh) {
		oracle_complain(o, "I1: port %u pf%u vf%u is reached by host %u and by host %u",
				fn->port, fn->pf, fn->vf, fn->owner, f->vh);
		return;
	}
	fn->seen = o->check;
	if (fn->owner != f->vh)
		fn->address = fn->rid = 0;
	fn->owner = fn->last = f->vh;
	if (f->memory)
		fn->address = f->address;
	else
		fn->rid = (uint16_t)f->address;
	fn->learnt[f->vh / 8] |= (uint8_t)(1 << f->vh % 8);
}

/* What sim_canary leaves in memory. */
static uint64_t filling(unsigned vh)
{
	return BUFFER(vh) | UINT64_C(0x0101010101010101);
}

/* The canary: a word of another owner in the function's memory is a leak (I2). */
static void judge_memory(struct oracle *o, const struct flight *f,
			 const struct sim_tlp_fate *fate)
{
	uint64_t word = fate->data;

	if (word && word != UINT64_MAX && word != BUFFER(f->vh) && word != filling(f->vh))
		oracle_complain(
			o,
			"I2: host %u reads %#llx in port %u pf%u vf%u, which another owner "
			"wrote",
			f->vh, (unsigned long long)word, fate->at_port, fate->at_pf,
			fate->at_vf);
}

/* What a function sends translated may end only where this host's root told it, or where the
 * host's own canary put it. */
static void judge_translated(struct oracle *o, const struct flight *f,
			     const struct sim_tlp_fate *fate)
{
	const struct fn *fn = &o->fn[f->fn - 1];
	uint64_t at = fate->at_address, vh = fate->at_vh;

	if (at - FRAME(vh) < BUFFERS || at - (BUFFER(vh) & ~4095ull) < 4096)
		return;
	oracle_complain(
		o,
		"I2: a translated word of port %u pf%u vf%u landed in host %u at %#llx, "
		"which another owner's root told it",
		fn->port, fn->pf, fn->vf, (unsigned)vh, (unsigned long long)at);
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
	if (fate->end == SIM_TLP_LANDED && fate->at_port != UINT16_MAX) {
		const struct fn *fn = &o->fn[f->fn - 1];

		oracle_complain(
			o,
			"I1: a word of port %u pf%u vf%u reached port %u pf%u vf%u without "
			"its host",
			fn->port, fn->pf, fn->vf, fate->at_port, fate->at_pf, fate->at_vf);
		return;
	}
	if (f->translated && fate->end == SIM_TLP_LANDED)
		judge_translated(o, f, fate);
	if (fate->end == SIM_TLP_LANDED && fate->at_vh != 0 && fate->at_vh != f->owner) {
		const struct fn *fn = &o->fn[f->fn - 1];

		oracle_complain(o,
				"%s: a word of port %u pf%u vf%u, sent when %s host %u had it, "
				"landed in host %u",
				f->held ? "I1" : "I2", fn->port, fn->pf, fn->vf,
				f->held ? "" : "nobody after", f->owner, fate->at_vh);
	}
}

/* Lets what flies arrive; the rest of the world stands still for these microseconds. */
static void step_to_end(struct oracle *o)
{
	unsigned left = 0;

	for (unsigned i = 0; i < o->flying; i++) {
		struct sim_tlp_fate fate = world_tlp_fate(o->w, o->flight[i].id);

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
		launch(o, &t, 0);
	}
}

/* To the function beside it, at an address of VH 0 that its host may have in use. */
static void probe_neighbour(struct oracle *o, uint32_t at)
{
	const struct fn *fn = &o->fn[at], *to = &o->fn[(at + 1) % o->fns];
	struct sim_tlp t = {.kind = SIM_TLP_MEM_WRITE,
			    .from_function = true,
			    .port = fn->port,
			    .pf = fn->pf,
			    .vf = fn->vf,
			    .data = BUFFER(fn->owner)};

	if (fn->vf == FM_WHOLE || to->vf == FM_WHOLE || !fn->owner)
		return;
	t.address = management_vf_memory(o->w, to->port, to->pf, to->vf);
	if (t.address)
		launch(o, &t, at + 1);
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

		if (!(fn->learnt[vh / 8] & 1 << vh % 8))
			continue;
		launch(o, &t, at + 1);
		t.translated = true;
		launch(o, &t, at + 1);
		t.translated = false;
		t.kind = SIM_TLP_MSI;
		t.data = 0;
		launch(o, &t, at + 1);
	}
}

/* ---- words in flight while a function is cut from its host ---- */

static void watch(struct oracle *o, const struct sim_tlp *t, uint32_t fn)
{
	if (o->watched < WATCH_MAX)
		o->watch[o->watched++] = send(o, t, fn, true);
}

/* What arrived meanwhile, whoever has the function by now. */
static void judge_watched(struct oracle *o)
{
	unsigned left = 0;

	for (unsigned i = 0; i < o->watched; i++) {
		const struct flight *f = &o->watch[i];
		struct sim_tlp_fate fate = world_tlp_fate(o->w, f->id);

		if (fate.end == SIM_TLP_FLYING)
			o->watch[left++] = *f;
		else if (f->fn)
			judge(o, f, &fate);
		else if (f->memory && fate.end == SIM_TLP_COMPLETED &&
			 fate.at_port != UINT16_MAX)
			judge_memory(o, f, &fate);
	}
	o->watched = left;
}

/* The function writes and interrupts, its host writes and reads, all at this moment. */
static void talk(struct oracle *o, uint32_t at)
{
	const struct fn *fn = &o->fn[at];
	struct sim_tlp t = {.from_function = true,
			    .port = fn->port,
			    .pf = fn->pf,
			    .vf = fn->vf,
			    .address = BUFFER(fn->owner),
			    .data = BUFFER(fn->owner)};

	t.kind = SIM_TLP_MEM_WRITE;
	watch(o, &t, at + 1);
	t.translated = true;
	watch(o, &t, at + 1);
	t.translated = false;
	t.kind = SIM_TLP_ATS_REQUEST;
	watch(o, &t, at + 1);
	t.kind = SIM_TLP_MEM_READ;
	watch(o, &t, at + 1);
	t.kind = SIM_TLP_MSI;
	t.data = 0;
	watch(o, &t, at + 1);
	if (!fn->address)
		return;
	t = (struct sim_tlp){
		.vh = fn->owner, .address = fn->address, .data = BUFFER(fn->owner)};
	t.kind = SIM_TLP_MEM_WRITE;
	watch(o, &t, 0);
	t.kind = SIM_TLP_MEM_READ;
	watch(o, &t, 0);
	t.kind = SIM_TLP_ATS_INVALIDATE;
	t.rid = fn->rid;
	t.address = BUFFER(0); /* nobody's: what is cached stays */
	t.data = 4096;
	if (fn->rid)
		watch(o, &t, 0);
}

static bool cuts(enum fm_op_kind k)
{
	return k == FM_OP_GATE_CLOSE || k == FM_OP_REQUEST_OUT || k == FM_OP_BLOCK ||
	       k == FM_OP_DRAIN || k == FM_OP_UNMAP || k == FM_OP_RESET;
}

void oracle_traffic(struct oracle *o)
{
	judge_watched(o);
	for (unsigned i = 0; i < o->w->ops; i++) {
		const struct fm_op *op = &o->w->op[i].op;
		uint64_t at;

		if (cuts(op->kind) && mr_map_get_u64(o->index, fm_fn_key(op->fn), &at) &&
		    o->fn[at].owner && o->fn[at].owner == op->place.port)
			talk(o, (uint32_t)at);
	}
}

/* The driver of a new owner begins: nothing that was left to it may wake up. */
static void wake(struct oracle *o, const struct fn *fn)
{
	if (fn->seen == o->check && fn->filled != fn->owner && fn->rid)
		sim_host_cfg_write(o->w->chassis, o->w->now, fn->owner, fn->rid, PCI_COMMAND, 2,
				   PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* ---- canary: a new owner finds nothing of the last one, and leaves everything ---- */

static void canary(struct oracle *o, struct fn *fn)
{
	unsigned dirt;

	if (fn->seen != o->check || fn->filled == fn->owner || !fn->rid)
		return;
	dirt = sim_canary(o->w->chassis, o->w->now, fn->owner, fn->rid, 0);
	if (!fn->filled)
		o->driver_states |= dirt; /* what a kernel and its driver set by themselves */
	else if (dirt & ~o->driver_states)
		oracle_complain(o,
				"I2: host %u finds states %#x of port %u pf%u vf%u as host %u "
				"left them",
				fn->owner, dirt & ~o->driver_states, fn->port, fn->pf, fn->vf,
				fn->filled);
	sim_canary(o->w->chassis, o->w->now, fn->owner, fn->rid, BUFFER(fn->owner));
	fn->filled = fn->owner;
}

static void mark_memory(struct oracle *o, const struct fn *fn)
{
	if (fn->seen == o->check && fn->address)
		sim_host_mem_write(o->w->chassis, o->w->now, fn->owner, fn->address, 8,
				   BUFFER(fn->owner));
}

/* Functions of a full check that nobody reached have no owner any more. */
static void forget_owners(struct oracle *o)
{
	for (unsigned i = 0; i < o->fns; i++)
		if (o->fn[i].seen != o->check)
			o->fn[i].owner = 0;
}

static bool concerns(const struct fn *f, unsigned vh)
{
	return !vh || f->owner == vh || f->learnt[vh / 8] & 1 << vh % 8;
}

/* The host asked for, and those that may have its former functions by now. */
static void probe_hosts(struct oracle *o, const struct mr_map *rows, unsigned vh)
{
	bool wanted[WORLD_HOSTS_MAX] = {false};

	wanted[vh] = true;
	for (unsigned i = 0; vh && i < o->fns; i++) {
		uint64_t promised = 0;

		if (concerns(&o->fn[i], vh) &&
		    mr_map_get_u64(rows, oracle_fn_key(&o->fn[i]), &promised))
			wanted[promised] = true;
	}
	for (unsigned h = 1; h <= o->w->hosts; h++)
		if (!vh || wanted[h])
			probe_host(o, h);
	step_to_end(o);
}

static bool check(struct oracle *o, const struct mr_map *rows, unsigned vh)
{
	probe_hosts(o, rows, vh);
	if (!vh)
		forget_owners(o);
	for (unsigned i = 0; i < o->fns; i++)
		wake(o, &o->fn[i]);
	for (uint32_t i = 0; i < o->fns; i++)
		if (concerns(&o->fn[i], vh)) {
			probe_fn(o, i);
			probe_neighbour(o, i);
		}
	step_to_end(o);
	for (unsigned i = 0; i < o->fns; i++) {
		canary(o, &o->fn[i]);
		mark_memory(o, &o->fn[i]);
	}
	if (o->complaint[0] || !oracle_identities(o) || !oracle_rows(o, rows))
		return false;
	if (o->w->stray[0])
		return oracle_complain(o, "%s", o->w->stray);
	return vh || management_holds(o->w, o->complaint, sizeof(o->complaint));
}

bool oracle_check(struct oracle *o, unsigned vh)
{
	struct mr_map *rows = world_store_functions(o->w);
	bool good;

	o->check++;
	judge_watched(o);
	for (unsigned h = 1; h <= o->w->hosts; h++)
		learn_host(o, h);
	good = check(o, rows, vh) && oracle_data(o);
	mr_map_free(rows);
	return good;
}

unsigned oracle_owner(const struct oracle *o, struct fm_fn_id fn)
{
	for (unsigned i = 0; i < o->fns; i++)
		if (oracle_fn_key(&o->fn[i]) == fm_fn_key(fn))
			return o->fn[i].owner;
	return 0;
}

bool oracle_all_free(struct oracle *o)
{
	return management_all_free(o->w, o->complaint, sizeof(o->complaint));
}

bool oracle_stale_writer(struct oracle *o)
{
	return management_stale_writer(o->w, o->complaint, sizeof(o->complaint));
}
