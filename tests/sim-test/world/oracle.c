/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is looked at when. After an event: the functions that it touched, and everybody who
 * might reach them; everything every 64 events. What was ever an address is tried again, and
 * every word says under which owner it was sent.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

#include "common/pci/regmap.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/oracle_priv.h"

#define FULL_EVERY 64 /* events */

struct oracle *oracle_new(struct world *w)
{
	struct oracle *o = MR_NEW(struct oracle);

	o->w = w;
	o->index = mr_map_new();
	o->carried = mr_map_new();
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
	mr_map_free(o->carried);
	free(o->fn);
	free(o->look);
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

struct fn *oracle_fn_of(struct oracle *o, uint16_t port, uint16_t pf, uint16_t vf)
{
	struct fn new = {.port = port, .pf = pf, .vf = vf};
	uint64_t key = oracle_fn_key(&new), at;

	if (mr_map_get_u64(o->index, key, &at))
		return &o->fn[at];
	MR_GROW(o->fn, o->fns, o->cap);
	o->fn[o->fns] = new;
	mr_map_set_u64(o->index, key, o->fns);
	return &o->fn[o->fns++];
}

static void learn(struct probed *p, const struct addr *a)
{
	uint64_t key = a->address << 1 | a->memory, at;

	if (mr_map_get_u64(p->known, key, &at)) {
		p->addr[at].slot = a->slot;
		return;
	}
	MR_GROW(p->addr, p->n, p->cap);
	p->addr[p->n] = *a;
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

/* The bridge that it sits behind: a VF's is its PF's. */
static int slot_of(const struct sim_blade *b, const struct sim_dev *d)
{
	const struct sim_dev *pf = d->is_virtfn ? sim_blade_find(b, d->physfn) : NULL;

	return pf ? pf->slot : d->slot;
}

/* What the host's kernel shows now is an address from now on. PFs share a function's fate and
 * are left to their VFs. VH 0's root may look at all of them (I1): its memory reaches none. */
static void learn_host(struct oracle *o, unsigned vh)
{
	struct sim_blade *b = o->w->host[vh].blade;
	struct probed *p = &o->host[vh];

	if (!b || !sim_blade_up(b))
		return;
	map_buffers(o, vh);
	if (p->revision == sim_blade_revision(b))
		return;
	p->revision = sim_blade_revision(b);
	for (unsigned i = 0; i < sim_blade_devs(b); i++) {
		const struct sim_dev *d = sim_blade_dev(b, i);
		struct addr a = {.address = d->rid};

		if (d->header || d->totalvfs || (d->slot < 0 && !d->is_virtfn))
			continue;
		a.slot = slot_of(b, d);
		if (!sim_host_management(o->w->chassis, (uint16_t)vh))
			learn(p, &a);
		a.memory = true;
		a.address = d->bar[0] + SCRATCH;
		if (d->bar_size[0] && d->bar[0])
			learn(p, &a);
	}
}

/* ---- the driver in the host, as the judge plays it ---- */

/* The driver of a new owner begins: nothing that was left to it may wake up. */
static void wake(struct oracle *o, const struct fn *fn)
{
	if (fn->rid_check == o->check && fn->filled != fn->owner)
		sim_host_cfg_write(o->w->chassis, o->w->now, fn->owner, fn->rid, PCI_COMMAND, 2,
				   PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER);
}

/* What a kernel and the driver that is bound there by now set by themselves: memory space and
 * mastering (also the judge's own driver, wake()), and what a driver that an agent unbound
 * again left of MSI-X, which is no vector. */
static unsigned of_drivers(const struct oracle *o, const struct fn *fn)
{
	const struct sim_blade *b = o->w->host[fn->owner].blade;
	const struct sim_dev *d = b ? sim_blade_find(b, fn->rid) : NULL;

	return SIM_DIRT_COMMAND | SIM_DIRT_MSIX | (d && d->driver[0] ? SIM_DIRT_VECTORS : 0);
}

/* Canary: a new owner finds nothing of the last one, and leaves everything. */
static void canary(struct oracle *o, struct fn *fn)
{
	unsigned dirt;

	if (fn->rid_check != o->check || fn->filled == fn->owner)
		return;
	dirt = sim_canary(o->w->chassis, o->w->now, fn->owner, fn->rid, 0);
	dirt &= ~of_drivers(o, fn);
	if (fn->filled && dirt)
		oracle_complain(o,
				"I2: host %u finds states %#x of port %u pf%u vf%u as host %u "
				"left them",
				fn->owner, dirt, fn->port, fn->pf, fn->vf, fn->filled);
	sim_canary(o->w->chassis, o->w->now, fn->owner, fn->rid, BUFFER(fn->owner));
	fn->filled = fn->owner;
}

static void mark_memory(struct oracle *o, const struct fn *fn)
{
	if (fn->address_check == o->check && fn->filled == fn->owner)
		sim_host_mem_write(o->w->chassis, o->w->now, fn->owner, fn->address, 8,
				   BUFFER(fn->owner));
}

/* ---- what is looked at ---- */

void oracle_look_at(struct oracle *o, uint32_t i)
{
	if (o->fn[i].look == o->check)
		return;
	o->fn[i].look = o->check;
	MR_GROW(o->look, o->looks, o->look_cap);
	o->look[o->looks++] = i;
}

/* Whether a row that was touched has led 'vh' to the address. */
static bool row_touched(const struct touched_set *t, unsigned vh, const struct addr *a)
{
	for (unsigned i = 0; i < t->rows; i++)
		if (t->row[i] == (vh << 16 | (unsigned)a->slot))
			return true;
	return false;
}

static void look_behind_rows(struct oracle *o, const struct touched_set *t)
{
	for (unsigned i = 0; i < t->rows; i++) {
		const struct probed *p = &o->host[t->row[i] >> 16];

		for (unsigned k = 0; k < p->n; k++)
			if (p->addr[k].fn && row_touched(t, t->row[i] >> 16, &p->addr[k]))
				oracle_look_at(o, p->addr[k].fn - 1);
	}
}

static void choose_functions(struct oracle *o, const struct touched_set *t)
{
	uint64_t at;

	o->looks = 0;
	for (uint32_t i = 0; t->all && i < o->fns; i++)
		oracle_look_at(o, i);
	for (unsigned i = 0; i < t->fns; i++)
		if (mr_map_get_u64(o->index, t->fn[i], &at))
			oracle_look_at(o, (uint32_t)at);
	look_behind_rows(o, t);
}

/* Whether the address may lead to a function that is looked at: it did once, or it leads to the
 * same PF's, in the host that has or had this one or is promised it. */
static bool may_lead(const struct oracle *o, unsigned vh, const struct addr *a)
{
	const struct fn *to = a->fn ? &o->fn[a->fn - 1] : NULL;

	if (to && to->look == o->check)
		return true;
	for (unsigned i = 0; i < o->looks; i++) {
		const struct fn *f = &o->fn[o->look[i]];
		unsigned promised = 0;

		if (to && (to->port != f->port || to->pf != f->pf))
			continue;
		if (f->owner == vh || f->last == vh)
			return true;
		if (world_store_promises(o->w, oracle_fn_key(f), &promised) && promised == vh)
			return true;
	}
	return false;
}

static bool probes_all(const struct touched_set *t, unsigned vh)
{
	return t->all || touched_host(t, vh);
}

static bool alive(const struct oracle *o, unsigned vh)
{
	return o->w->host[vh].blade && sim_host_power(o->w->chassis, (uint16_t)vh);
}

/* Hosts that did something ask everywhere. Whom one of them reaches that had another owner is
 * looked at. */
static void probe_touched(struct oracle *o, const struct touched_set *t)
{
	for (unsigned vh = 1; vh <= o->w->hosts; vh++)
		for (unsigned i = 0; probes_all(t, vh) && alive(o, vh) && i < o->host[vh].n;
		     i++)
			oracle_probe_address(o, vh, i);
	oracle_land(o);
}

/* The other hosts ask for what is looked at. */
static void probe_others(struct oracle *o, const struct touched_set *t)
{
	for (unsigned vh = 1; vh <= o->w->hosts; vh++) {
		const struct probed *p = &o->host[vh];

		for (unsigned i = 0; !probes_all(t, vh) && alive(o, vh) && i < p->n; i++)
			if (row_touched(t, vh, &p->addr[i]) || may_lead(o, vh, &p->addr[i]))
				oracle_probe_address(o, vh, i);
	}
	oracle_land(o);
}

/* Functions of a full check that nobody reached have no owner any more. */
static void forget_owners(struct oracle *o)
{
	for (unsigned i = 0; i < o->fns; i++)
		if (o->fn[i].seen != o->check)
			o->fn[i].owner = 0;
}

static void probe_functions(struct oracle *o)
{
	for (unsigned i = 0; i < o->looks; i++)
		wake(o, &o->fn[o->look[i]]);
	for (unsigned i = 0; i < o->looks; i++) {
		oracle_probe_fn(o, o->look[i]);
		oracle_probe_neighbour(o, o->look[i]);
	}
	oracle_land(o);
	for (unsigned i = 0; i < o->looks; i++) {
		canary(o, &o->fn[o->look[i]]);
		mark_memory(o, &o->fn[o->look[i]]);
	}
}

static bool tables_hold(struct oracle *o, const struct touched_set *t)
{
	if (o->complaint[0] || !oracle_identities(o, t->all) || !oracle_rows(o))
		return false;
	if (o->w->stray[0])
		return oracle_complain(o, "%s", o->w->stray);
	return management_holds(o->w, t, o->complaint, sizeof(o->complaint));
}

static bool check(struct oracle *o, const struct touched_set *t)
{
	o->check++;
	if (t->all)
		management_look_anew(o->w);
	oracle_judge_watched(o);
	for (unsigned vh = 1; vh <= o->w->hosts; vh++)
		if (t->all || touched_host(t, vh))
			learn_host(o, vh);
	choose_functions(o, t);
	probe_touched(o, t);
	probe_others(o, t);
	if (t->all)
		forget_owners(o);
	probe_functions(o);
	return tables_hold(o, t) && (!t->all || oracle_data(o));
}

bool oracle_check(struct oracle *o, unsigned vh)
{
	struct touched_set t = {.any = true, .all = !vh};

	t.host[vh / 64] |= UINT64_C(1) << vh % 64;
	return check(o, &t);
}

/* ---- after every event ---- */

static bool full(struct oracle *o)
{
	o->full_at = o->w->events + FULL_EVERY;
	o->fulls++;
	return oracle_check(o, 0);
}

bool oracle_after_event(struct oracle *o)
{
	struct touched_set t = o->w->touched.now;
	bool good = true;

	t.all |= o->w->shaken;
	world_touch_none(o->w);
	if (t.all || o->w->events >= o->full_at)
		return full(o);
	if (t.any)
		good = check(o, &t);
	else if (o->watched)
		oracle_judge_watched(o);
	good = good && !o->complaint[0];
	if (good && o->thorough && !full(o)) {
		char found[sizeof(o->complaint)];

		mr_copy(found, sizeof(found), o->complaint);
		o->complaint[0] = '\0';
		return oracle_complain(o, "not seen by the check of what was touched: %s",
				       found);
	}
	return good;
}

void oracle_thorough(struct oracle *o)
{
	o->thorough = true;
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
