/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults: a short list that is searched; scenarios set a handful. What a slow write carries is
 * kept here until the queue of the chassis says that it is due.
 */
#include "sim/model/fault.h"

#include <errno.h>
#include <stdlib.h>

#include "common/pci/batch.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "sim/model/internal.h"

#define FAULTS_MAX 64

static const char *const names[] = {
#define X(name, text) text,
	SIM_FAULTS(X)
#undef X
};

/* Text of a kind. */
const char *sim_fault_name(enum sim_fault_kind k)
{
	return k < SIM_FAULT_COUNT ? names[k] : "?";
}

/* Kind of a text, -1 where there is none. */
int sim_fault_parse(const char *s)
{
	for (int i = 0; i < SIM_FAULT_COUNT; i++)
		if (mr_streq(names[i], s))
			return i;
	return -1;
}

/* Sets a fault: fault.h. */
int sim_fault_set(struct sim_chassis *c, const struct sim_fault *f)
{
	if (!c->faults)
		c->faults = MR_NEW(struct sim_faults);
	if (c->faults->n == FAULTS_MAX)
		return -ENOSPC;
	MR_GROW(c->faults->item, c->faults->n, c->faults->cap);
	c->faults->item[c->faults->n++] = *f;
	return 0;
}

/* A function whose reset waits for ever ends it now. */
static void release_resets(struct sim_chassis *c, struct sim_adapter *a)
{
	if (a->self.busy_until == MR_NEVER)
		a->self.busy_until = c->now.mono_ns;
	for (unsigned i = 0; i < a->vhs * a->m.pfs; i++)
		if (a->pf[i].fn.busy_until == MR_NEVER)
			a->pf[i].fn.busy_until = c->now.mono_ns;
	for (unsigned i = 0; i < a->m.pfs * a->m.vfs; i++) {
		struct sim_mvf *m = &a->vf[i];

		if (m->fn.busy_until != MR_NEVER)
			continue;
		m->fn.busy_until = c->now.mono_ns;
		sim_vf_reset_done(c, a, i / a->m.vfs, i % a->m.vfs);
	}
}

/* Takes faults away: fault.h. */
void sim_fault_clear(struct sim_chassis *c, struct mr_now now, enum sim_fault_kind kind)
{
	struct sim_faults *f = c->faults;
	unsigned n = 0;

	sim_chassis_step(c, now);
	if (!f)
		return;
	for (unsigned i = 0; i < f->n; i++)
		if (kind != SIM_FAULT_COUNT && f->item[i].kind != kind)
			f->item[n++] = f->item[i];
	f->n = n;
	for (unsigned i = 0; i < c->adapters; i++)
		if (sim_fault_reset_end(c, &c->adapter[i]) != MR_NEVER)
			release_resets(c, &c->adapter[i]);
}

/* NULL is accepted. */
void sim_faults_free(struct sim_faults *f)
{
	if (!f)
		return;
	free(f->item);
	free(f->wait);
	free(f);
}

/* ---- what the chassis asks ---- */

static const struct sim_fault *find(const struct sim_chassis *c, enum sim_fault_kind kind,
				    const struct mr_batch_rec *r, uint64_t addr)
{
	const struct sim_faults *f = c->faults;

	for (unsigned i = 0; f && i < f->n; i++) {
		const struct sim_fault *t = &f->item[i];

		if (t->kind == kind && t->space == r->space && t->address == addr &&
		    (r->space != MR_SPACE_CONFIG || (t->vh == r->vh && t->rid == r->bdf)))
			return t;
	}
	return NULL;
}

/* Whether a stuck or slow register is set. */
bool sim_fault_registers(const struct sim_chassis *c)
{
	for (unsigned i = 0; c->faults && i < c->faults->n; i++)
		if (c->faults->item[i].kind <= SIM_FAULT_SLOW_REGISTER)
			return true;
	return false;
}

/* Read of a stuck register: fault.h. */
bool sim_fault_read(const struct sim_chassis *c, const struct mr_batch_rec *r, uint64_t addr,
		    uint64_t *ret)
{
	const struct sim_fault *t = find(c, SIM_FAULT_STUCK_REGISTER, r, addr);

	if (t)
		*ret = t->value;
	return t;
}

/* Write of a stuck or slow register: fault.h. */
bool sim_fault_write(struct sim_chassis *c, const struct mr_batch_rec *r, uint64_t addr,
		     uint64_t v)
{
	const struct sim_fault *t = find(c, SIM_FAULT_SLOW_REGISTER, r, addr);
	struct sim_faults *f = c->faults;

	if (find(c, SIM_FAULT_STUCK_REGISTER, r, addr))
		return true;
	if (!t || f->landing)
		return false;
	MR_GROW(f->wait, f->waits, f->wait_cap);
	f->wait[f->waits++] =
		(struct sim_slow_write){++f->next, r->width, r->space, r->vh, r->bdf, addr, v};
	sim_due_add(c, c->now.mono_ns + t->delay_ns, SIM_DUE_WRITE, f->next, 0);
	return true;
}

/* The slow write 'id' takes effect. */
void sim_fault_due(struct sim_chassis *c, uint64_t id)
{
	struct sim_faults *f = c->faults;
	struct sim_slow_write w;
	struct mr_batch_rec r;

	for (unsigned i = 0; f && i < f->waits; i++) {
		if (f->wait[i].id != id)
			continue;
		w = f->wait[i];
		f->wait[i] = f->wait[--f->waits];
		r = (struct mr_batch_rec){.op = MR_OP_WRITE,
					  .width = w.width,
					  .space = w.space,
					  .vh = w.vh,
					  .bdf = w.rid,
					  .count = 1,
					  .address = w.address};
		f->landing = true;
		sim_exec_write(c, &r, w.address, w.value);
		f->landing = false;
		return;
	}
}

/* Whether an interrupt is lost; counts those of a fault with a count. */
bool sim_fault_loses(struct sim_chassis *c, const struct sim_notice *n)
{
	struct sim_faults *f = c->faults;

	if (!f || n->kind == SIM_NOTICE_HOST_LINK) /* no interrupt: the link itself */
		return false;
	for (unsigned i = 0; i < f->n; i++) {
		if (f->item[i].kind != SIM_FAULT_LOST_INTERRUPT)
			continue;
		if (f->item[i].count && !--f->item[i].count)
			f->item[i] = f->item[--f->n];
		return true;
	}
	return false;
}

static const struct sim_fault *of_adapter(const struct sim_chassis *c, enum sim_fault_kind kind,
					  const struct sim_adapter *a)
{
	for (unsigned i = 0; c->faults && i < c->faults->n; i++)
		if (c->faults->item[i].kind == kind && c->faults->item[i].port == a->port)
			return &c->faults->item[i];
	return NULL;
}

/* When a reset that begins now ends. */
int64_t sim_fault_reset_end(const struct sim_chassis *c, const struct sim_adapter *a)
{
	return of_adapter(c, SIM_FAULT_FLR_HANG, a) ? MR_NEVER : c->now.mono_ns + a->m.flr_ns;
}

/* Whether resets of its VFs leave their caches: fault.h. */
const struct sim_fault *sim_fault_shallow(const struct sim_chassis *c,
					  const struct sim_adapter *a)
{
	return of_adapter(c, SIM_FAULT_SHALLOW_RESET, a);
}

/* How much later a root answers: fault.h. */
int64_t sim_fault_root_delay(const struct sim_chassis *c, unsigned vh)
{
	for (unsigned i = 0; c->faults && i < c->faults->n; i++)
		if (c->faults->item[i].kind == SIM_FAULT_SLOW_ROOT &&
		    c->faults->item[i].vh == vh)
			return c->faults->item[i].delay_ns;
	return 0;
}
