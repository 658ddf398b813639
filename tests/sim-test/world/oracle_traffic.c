/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests of the judge: launched, let fly, and judged by where they arrive.
 */
#include <string.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/world/faults.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/oracle_priv.h"

#define PASS_NS (10 * MR_NS_PER_US) /* at once, while requests of a check fly */

/* ---- requests ---- */

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
		oracle_land(o);
	o->flight[o->flying++] = send(o, t, fn, false);
}

/* A host reached a function: at most one host may, in one check. */
static void reached(struct oracle *o, const struct flight *f, const struct sim_tlp_fate *fate)
{
	struct fn *fn;

	/* A PF of the host's own, where a function stood before. */
	if (fate->at_vf == FM_WHOLE && management_has_functions(o->w, fate->at_port))
		return;
	fn = oracle_fn_of(o, fate->at_port, fate->at_pf, fate->at_vf);
	if (fn->owner != f->vh)
		oracle_look_at(o, (uint32_t)(fn - o->fn));
	o->host[f->vh].addr[f->at].fn = (uint32_t)(fn - o->fn) + 1;
	if (fn->seen == o->check && fn->owner != f->vh) {
		oracle_complain(o, "I1: port %u pf%u vf%u is reached by host %u and by host %u",
				fn->port, fn->pf, fn->vf, fn->owner, f->vh);
		return;
	}
	fn->seen = o->check;
	if (fn->owner != f->vh)
		fn->address = fn->rid = 0;
	fn->owner = fn->last = f->vh;
	if (f->memory) {
		fn->address = f->address;
		fn->address_check = o->check;
	} else {
		fn->rid = (uint16_t)f->address;
		fn->rid_check = o->check;
	}
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
static unsigned land_some(struct oracle *o)
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
	return left;
}

void oracle_land(struct oracle *o)
{
	while (land_some(o))
		world_pass(o->w, PASS_NS);
}

/* A host asks at an address that it once had. */
void oracle_probe_address(struct oracle *o, unsigned vh, uint32_t i)
{
	const struct addr *a = &o->host[vh].addr[i];
	struct sim_tlp t = {.vh = (uint16_t)vh};

	t.kind = a->memory ? SIM_TLP_MEM_READ : SIM_TLP_CFG_READ;
	t.address = a->memory ? a->address : 0;
	t.rid = (uint16_t)a->address;
	launch(o, &t, 0);
	o->flight[o->flying - 1].at = i;
}

/* To the function beside it, at an address of VH 0 that its host may have in use. */
void oracle_probe_neighbour(struct oracle *o, uint32_t at)
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

/* The function writes to every buffer that it ever heard of, and interrupts. */
void oracle_probe_fn(struct oracle *o, uint32_t at)
{
	const struct fn *fn = &o->fn[at];
	struct sim_tlp t = {
		.from_function = true, .port = fn->port, .pf = fn->pf, .vf = fn->vf};
	bool any = false;

	for (unsigned vh = 1; vh <= o->w->hosts; vh++) {
		if (!(fn->learnt[vh / 8] & 1 << vh % 8))
			continue;
		t.kind = SIM_TLP_MEM_WRITE;
		t.address = BUFFER(vh);
		t.data = BUFFER(fn->owner);
		t.translated = false;
		launch(o, &t, at + 1);
		t.translated = true;
		launch(o, &t, at + 1);
		any = true;
	}
	t.kind = SIM_TLP_MSI; /* its own table says where to: once is enough */
	t.translated = false;
	t.data = 0;
	if (any)
		launch(o, &t, at + 1);
}

/* ---- words in flight while a function is cut from its host ---- */

static void watch(struct oracle *o, const struct sim_tlp *t, uint32_t fn)
{
	if (o->watched < WATCH_MAX)
		o->watch[o->watched++] = send(o, t, fn, true);
}

/* What arrived meanwhile, whoever has the function by now. */
void oracle_judge_watched(struct oracle *o)
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
	oracle_judge_watched(o);
	for (unsigned i = 0; i < o->w->ops; i++) {
		const struct fm_op *op = &o->w->op[i].op;
		uint64_t at;

		if (cuts(op->kind) && mr_map_get_u64(o->index, fm_fn_key(op->fn), &at) &&
		    o->fn[at].owner && o->fn[at].owner == op->place.port)
			talk(o, (uint32_t)at);
	}
}
