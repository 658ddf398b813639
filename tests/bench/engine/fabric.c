// SPDX-License-Identifier: Apache-2.0
/*
 * The fabric of the engine's bench: see fabric.h.
 */
#include "tests/bench/engine/fabric.h"

#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/record.h"
#include "tests/bench/bench.h"

#define VFS	    70
#define PER_CHASSIS 200

/* ---- hardware ---- */

void bench_host(struct fm_host *h, unsigned chassis, unsigned i)
{
	h->port = h->slot = (uint16_t)(i + 1);
	mr_fmt(h->name, sizeof(h->name), "c%u-blade%03u", chassis, i);
	h->present = h->power = h->link = true;
	h->auth = MR_AUTH_AUTHORISED;
	h->boots = 1;
	h->link_mbps = 1000000;
	h->bridges = MR_MAX_BRIDGES;
	h->bridge = mr_xcalloc(h->bridges, sizeof(*h->bridge));
	for (unsigned b = 0; b < h->bridges; b++)
		h->bridge[b] = (struct fm_bridge){.bus_first = (uint8_t)(b + 2),
						  .bus_last = (uint8_t)(b + 2),
						  .mmio = 64 << 20,
						  .mmio64 = UINT64_C(1) << 30};
}

static void make_adapter(struct fm_adapter *a, unsigned chassis, unsigned i)
{
	mr_fmt(a->name, sizeof(a->name), "c%u-nic%03u", chassis, i);
	mr_fmt(a->serial, sizeof(a->serial), "S-%u-%u", chassis, i);
	a->port = (uint16_t)(256 + i);
	a->slot = (uint16_t)i;
	a->present = a->link = a->plugged = true;
	a->kind = FM_ADAPTER_SRIOV;
	a->device_class = MR_CLASS_ETHERNET;
	a->vendor = 0x15b3;
	a->device = 0x101d;
	a->pfs = 1;
	a->vfs = VFS;
	a->caps = 31;
	a->rate_step_mbps = 1;
	a->link_mbps = 200000;
	a->pf[0].net_mbps = 100000;
	a->pf[0].numvfs = VFS;
	a->pf[0].vf_stride = a->pf[0].vf_offset = 1;
	a->pf[0].vf_bar[0] = (struct fm_bar){.size = 65536, .flags = MR_BAR_64};
	a->fn = mr_xcalloc(VFS, sizeof(*a->fn));
	for (unsigned v = 0; v < VFS; v++) {
		a->fn[v].row_bridge = FM_NO_BRIDGE;
		a->fn[v].status = MR_VF_RESET_DONE | MR_VF_DEFAULTS;
	}
}

static unsigned part(unsigned all, unsigned parts, unsigned i)
{
	return all / parts + (i < all % parts);
}

void bench_fabric_init(struct bench_fabric *f, unsigned adapters, unsigned hosts)
{
	unsigned most = adapters > hosts ? adapters : hosts;
	unsigned n = (most + PER_CHASSIS - 1) / PER_CHASSIS;

	*f = (struct bench_fabric){.rec_by = mr_map_new()};
	f->now = (struct mr_now){1000 * MR_NS_PER_S, 1700000000 * MR_NS_PER_S};
	f->inv = (struct fm_inventory){.chassis = mr_xcalloc(n, sizeof(struct fm_chassis)),
				       .n = n};
	f->name = mr_xcalloc(n, sizeof(*f->name));
	for (unsigned c = 0; c < n; c++) {
		struct fm_chassis *ch = &f->inv.chassis[c];

		mr_fmt(ch->name, sizeof(ch->name), "c%u", c);
		mr_fmt(ch->serial, sizeof(ch->serial), "C-%04u", c);
		f->name[c] = ch->name;
		ch->adapters = part(adapters, n, c);
		ch->hosts = part(hosts, n, c);
		ch->adapter = mr_xcalloc(ch->adapters + 1, sizeof(*ch->adapter));
		ch->host = mr_xcalloc(ch->hosts + 1, sizeof(*ch->host));
		for (unsigned i = 0; i < ch->adapters; i++)
			make_adapter(&ch->adapter[i], c, i);
		for (unsigned i = 0; i < ch->hosts; i++)
			bench_host(&ch->host[i], c, i);
	}
}

/* ---- the store ---- */

static void store(struct bench_fabric *f, const struct fm_record *r)
{
	const struct fm_codec_names names = {f->name, f->inv.n};
	struct mr_buf key = {0}, hex = {0};
	uint64_t at;

	fm_record_key(r, &names, &key);
	for (size_t i = 0; i < key.len; i++)
		mr_buf_printf(&hex, "%02x", (unsigned char)mr_buf_text(&key)[i]);
	if (!mr_map_get(f->rec_by, mr_buf_text(&hex), &at)) {
		at = f->recs;
		MR_GROW(f->rec, f->recs, f->cap_recs);
		f->recs++;
		mr_map_set(f->rec_by, mr_buf_text(&hex), at);
	} else if (f->rec[at].kind == FM_RECORD_DOCUMENT) {
		free(f->rec[at].document.text);
	}
	f->rec[at] = *r;
	if (r->kind == FM_RECORD_DOCUMENT)
		f->rec[at].document.text = r->erase ? NULL : mr_xstrdup(r->document.text);
	mr_buf_done(&key);
	mr_buf_done(&hex);
}

/* ---- operations ---- */

static struct fm_event *answer(struct bench_fabric *f, enum fm_event_kind kind)
{
	MR_GROW(f->queue, f->q_n, f->q_cap);
	f->queue[f->q_n] = (struct fm_event){.kind = kind};
	return &f->queue[f->q_n++];
}

static void map_row(const struct fm_op *op, struct fm_fn *fn, struct fm_bridge *b)
{
	b->state = MR_ROW_MAPPED;
	b->cookie = fn->cookie = op->cookie;
	b->target = MR_TARGET(MR_TARGET_SYNTHETIC, op->fn.port, op->fn.pf, op->fn.vf);
	fn->row_vs = op->place.port;
	fn->row_bridge = op->place.bridge;
	fn->block = 0;
	fn->status = 0;
}

static void function_op(const struct fm_op *op, struct fm_fn *fn, struct fm_bridge *b)
{
	switch (op->kind) {
	case FM_OP_CONFIGURE:
		fn->attrs = op->attrs;
		fn->cookie = op->cookie;
		fn->block = 3;
		fn->gate_open = false;
		break;
	case FM_OP_MAP:
		map_row(op, fn, b);
		break;
	case FM_OP_GATE_OPEN:
	case FM_OP_GATE_CLOSE:
		fn->gate_open = op->kind == FM_OP_GATE_OPEN;
		break;
	case FM_OP_SET_ATTRS:
		fn->attrs = op->attrs;
		break;
	case FM_OP_BLOCK:
		b->state = MR_ROW_BLOCKED;
		fn->block = 3;
		break;
	case FM_OP_UNMAP:
		*b = (struct fm_bridge){.bus_first = b->bus_first,
					.bus_last = b->bus_last,
					.mmio = b->mmio,
					.mmio64 = b->mmio64};
		fn->row_bridge = FM_NO_BRIDGE;
		break;
	case FM_OP_TOMBSTONE:
		b->tombstone = op->value;
		break;
	case FM_OP_RESET:
		fn->attrs = (struct fm_attrs){0};
		fn->gate_open = false;
		fn->status = MR_VF_RESET_DONE | MR_VF_DEFAULTS;
		break;
	default:
		break;
	}
}

static void operation(struct bench_fabric *f, const struct fm_op *op)
{
	struct fm_chassis *c = &f->inv.chassis[op->chassis];
	struct fm_op_result *r;
	struct fm_fn *fn;
	struct fm_host *h;

	f->ops++;
	if (f->deaf && op->kind > FM_OP_DETACH_PF)
		return;
	r = MR_NEW(struct fm_op_result);
	answer(f, FM_EV_OP_RESULT)->result = r;
	*r = (struct fm_op_result){
		.tag = op->tag, .kind = op->kind, .id = op->fn, .place = op->place};
	if (op->kind == FM_OP_OBSERVE) {
		r->observed = MR_NEW(struct fm_chassis);
		fm_chassis_copy(r->observed, c);
	} else if (op->kind == FM_OP_TAKE_OWNER) {
		c->owner_id = op->owner_id;
		c->owner_epoch = op->owner_epoch;
		c->generation = op->value;
	}
	if (op->kind <= FM_OP_DETACH_PF)
		return;
	fn = fm_fn_get(&f->inv, op->fn);
	h = fm_host_by_port(&f->inv, op->chassis, op->place.port);
	if (!fn || !h || op->place.bridge >= h->bridges)
		return;
	function_op(op, fn, &h->bridge[op->place.bridge]);
	r->has_fn = r->has_bridge = true;
	r->fn = *fn;
	r->bridge = h->bridge[op->place.bridge];
}

static void action(struct bench_fabric *f, const struct fm_action *a)
{
	switch (a->kind) {
	case FM_ACT_PERSIST:
		for (unsigned i = 0; i < a->changes.n; i++)
			store(f, &a->changes.item[i]);
		answer(f, FM_EV_COMMITTED)->n = a->n;
		break;
	case FM_ACT_OPERATION:
		operation(f, &a->op);
		break;
	case FM_ACT_REPLY:
		f->exit_code = a->exit_code;
		mr_fmt(f->reply, sizeof(f->reply), "%s", a->text ? a->text : "");
		for (unsigned i = 0; a->diags && i < a->diags->n && i < 5; i++)
			fprintf(stderr, "%s:%u: %s\n", a->diags->item[i].file,
				a->diags->item[i].line, a->diags->item[i].text);
		break;
	default:
		break;
	}
}

static void step(struct bench_fabric *f, const struct fm_event *ev)
{
	struct fm_actions acts = {0};
	int64_t ns = f->untimed ? 0 : bench_cpu_ns();

	fm_engine_step(f->engine, f->now, ev, &acts);
	ns = f->untimed ? 0 : bench_cpu_ns() - ns;
	f->ns += ns;
	f->longest = ns > f->longest ? ns : f->longest;
	f->steps++;
	for (unsigned i = 0; i < acts.n; i++) {
		action(f, &acts.item[i]);
		if (f->tell)
			f->tell(&acts.item[i], f->tell_arg);
	}
	fm_actions_done(&acts);
}

static void pump(struct bench_fabric *f)
{
	while (f->q_at < f->q_n) {
		struct fm_event ev = f->queue[f->q_at++];

		step(f, &ev);
		free(ev.result);
	}
	f->q_at = f->q_n = 0;
}

void bench_fabric_event(struct bench_fabric *f, const struct fm_event *ev)
{
	step(f, ev);
	pump(f);
}

void bench_fabric_run(struct bench_fabric *f, int64_t ns)
{
	int64_t end = f->now.mono_ns + ns;

	pump(f);
	while (fm_engine_deadline(f->engine) <= end) {
		int64_t to = fm_engine_deadline(f->engine);

		if (to > f->now.mono_ns) {
			f->now.wall_ns += to - f->now.mono_ns;
			f->now.mono_ns = to;
		}
		step(f, &(struct fm_event){.kind = FM_EV_TIMER});
		pump(f);
	}
}

/* A request until all that follows is done; what it says, where it fails, goes to standard
 * error.
 */
bool bench_fabric_request(struct bench_fabric *f, struct fm_request r)
{
	struct fm_event ev = {.kind = FM_EV_REQUEST, .tag = 1, .request = &r};

	r.yes = true;
	r.who = "bench";
	f->exit_code = -1;
	bench_fabric_event(f, &ev);
	bench_fabric_run(f, MR_NS_PER_S);
	if (f->exit_code)
		fprintf(stderr, "engine: %s\n", f->reply);
	return !f->exit_code;
}

bool bench_fabric_apply(struct bench_fabric *f, const struct fm_file *file, unsigned files)
{
	return bench_fabric_request(
		f, (struct fm_request){.verb = FM_VERB_APPLY, .file = file, .files = files});
}

void bench_fabric_mark(struct bench_fabric *f)
{
	f->ns = f->longest = 0;
	f->steps = f->ops = 0;
}

/* ---- life ---- */

void bench_fabric_start(struct bench_fabric *f)
{
	const struct fm_engine_config cfg = {
		.chassis = f->name, .n_chassis = f->inv.n, .seed = 7};
	struct fm_event ev = {.kind = FM_EV_STORE_LOADED, .record = f->rec, .records = f->recs};

	f->engine = fm_engine_new(&cfg);
	step(f, &ev);
	for (unsigned i = 0; i < f->inv.n; i++) {
		struct fm_chassis_event c = {.kind = FM_CE_CONNECTED, .chassis = (uint16_t)i};

		step(f, &(struct fm_event){.kind = FM_EV_CHASSIS, .chassis = &c});
	}
	pump(f);
}

void bench_fabric_stop(struct bench_fabric *f)
{
	fm_engine_free(f->engine);
	f->engine = NULL;
}

void bench_fabric_activate(struct bench_fabric *f)
{
	for (unsigned i = 0; i < fm_engine_assignments(f->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(f->engine, i);
		struct fm_op op = {.cookie = fm_cookie(a), .fn = a->fn, .place = a->place};
		struct fm_host *h = fm_host_by_port(&f->inv, a->chassis, a->place.port);
		struct fm_fn *fn = a->has_fn ? fm_fn_get(&f->inv, a->fn) : NULL;
		struct fm_record r = {.kind = FM_RECORD_ASSIGNMENT, .assignment = *a};

		if (!fn || !h)
			continue;
		fn->attrs = a->attrs;
		fn->gate_open = true;
		map_row(&op, fn, &h->bridge[a->place.bridge]);
		r.assignment.phase = FM_PHASE_ACTIVE;
		r.assignment.reason = MR_REASON_OK;
		r.assignment.detail[0] = 0;
		store(f, &r);
	}
}

void bench_fabric_done(struct bench_fabric *f)
{
	fm_engine_free(f->engine);
	fm_inventory_done(&f->inv);
	for (unsigned i = 0; i < f->recs; i++)
		if (f->rec[i].kind == FM_RECORD_DOCUMENT)
			free(f->rec[i].document.text);
	free(f->rec);
	free(f->queue);
	free(f->name);
	mr_map_free(f->rec_by);
}
