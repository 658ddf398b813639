/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving and restoring: structs as they are in memory with every pointer of theirs followed or
 * set anew. A struct of internal.h that gets a pointer gets a line here; one that gets a plain
 * member needs none.
 */
#include "sim/model/snapshot.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "sim/model/internal.h"
#include "sim/model/snapshot_io.h"

#define MAGIC	    0x50414e534e594142ull /* "BAYNSNAP" */
#define VERSION	    3u
#define QUEUE_MAX   (1u << 20)
#define FAULTS_MAX  4096u
#define HEADER_SIZE 40u

/* ---- the walk ---- */

/* Both ways: snapshot_io.h. */
void sim_io_raw(struct sim_io *io, void *p, size_t size)
{
	if (io->out) {
		mr_buf_add(io->out, p, size);
		return;
	}
	if (io->bad || size > io->len - io->pos) {
		io->bad = true;
		memset(p, 0, size);
		return;
	}
	memcpy(p, io->in + io->pos, size);
	io->pos += size;
}

/* A number with a cap. */
void sim_io_count(struct sim_io *io, unsigned *n, unsigned max)
{
	sim_io_raw(io, n, sizeof(*n));
	if (*n <= max)
		return;
	io->bad = true;
	*n = 0;
}

/* An array or NULL: snapshot_io.h. */
void sim_io_array(struct sim_io *io, void *p, size_t n, size_t size)
{
	void *at = NULL;
	uint8_t there;

	memcpy(&at, p, sizeof(at));
	there = at != NULL;
	if (!io->out)
		at = NULL;
	sim_io_raw(io, &there, 1);
	if (there && !io->out) {
		io->bad = io->bad || there > 1 || n * size > io->len - io->pos;
		if (!io->bad)
			at = mr_xcalloc(n + 1, size);
	}
	if (at)
		sim_io_raw(io, at, n * size);
	memcpy(p, &at, sizeof(at));
}

/* ---- functions, adapters, hosts ---- */

/* Times of a chassis lie this far from 0 at most: their sums do not overflow. */
#define TIME_MAX (INT64_MAX / 4)

static void shift(struct sim_io *io, int64_t *at)
{
	if (io->out || !*at || *at == MR_NEVER || *at == INT64_MIN)
		return;
	if (*at > TIME_MAX || *at < -TIME_MAX)
		io->bad = true;
	else
		*at += io->shift_ns;
}

/* What a function holds; the struct itself came with its owner. */
static void io_fn(struct sim_io *io, struct sim_fn *f)
{
	shift(io, &f->busy_until);
	shift(io, &f->stalled_at);
	if (f->vectors > 2048) {
		io->bad = true;
		f->vectors = 0;
	}
	sim_io_array(io, &f->mem, SIM_FN_MEM, 1);
	sim_io_array(io, &f->msix, 4ull * f->vectors + 4, sizeof(*f->msix));
	if (!f->msix)
		f->vectors = 0;
	sim_io_array(io, &f->atc, 1, sizeof(*f->atc));
}

/* Functions whose bytes could not be followed hold nothing. */
static void forget_fn(struct sim_fn *f)
{
	f->mem = NULL;
	f->msix = NULL;
	f->atc = NULL;
}

static void drop_pointers(struct sim_adapter *a)
{
	forget_fn(&a->self);
	a->vh = NULL;
	a->pf = NULL;
	a->vf = NULL;
	a->lvf = NULL;
	a->tomb = NULL;
	a->ns = NULL;
	a->nv_vf = NULL;
	a->nv_pf = NULL;
	a->nv_vh = NULL;
	a->nv_tomb = NULL;
}

/* The counts of a model are within what a description may have. */
static bool sane_model(const struct sim_adapter *a)
{
	const struct sim_model_desc *m = &a->m;

	if (m->modes > MR_MAX_MODES ||
	    (m->modes && (a->mode >= m->modes || a->mode_next >= m->modes ||
			  m->vfs != m->mode[a->mode].vfs || m->vhs != m->mode[a->mode].vhs)))
		return false;
	for (unsigned i = 0; i < m->modes; i++)
		if (m->mode[i].vfs > MR_MAX_VFS || m->mode[i].vhs > MR_MAX_DEVICE_VHS)
			return false;
	return m->pfs && m->pfs <= MR_MAX_PFS && m->vfs <= MR_MAX_VFS && m->msix <= 2048 &&
	       a->vhs && a->vhs <= MR_MAX_DEVICE_VHS;
}

static void io_fns(struct sim_io *io, struct sim_adapter *a, unsigned pfs, unsigned vfs)
{
	io_fn(io, &a->self);
	for (unsigned i = 0; i < pfs && a->pf && !io->bad; i++) {
		shift(io, &a->pf[i].iov.ready_at);
		io_fn(io, &a->pf[i].fn);
	}
	for (unsigned i = 0; i < vfs && a->vf && !io->bad; i++)
		io_fn(io, &a->vf[i].fn);
}

static void io_adapter(struct sim_io *io, struct sim_adapter *a)
{
	struct sim_room r;

	sim_io_raw(io, a, sizeof(*a));
	if (!io->out)
		drop_pointers(a);
	if (!sane_model(a)) {
		io->bad = true;
		a->m.pfs = a->m.vfs = a->m.modes = a->vhs = 0;
	}
	r = sim_adapter_room(a);
	sim_io_array(io, &a->vh, r.vhs, sizeof(*a->vh));
	sim_io_array(io, &a->pf, r.pfs, sizeof(*a->pf));
	for (unsigned i = 0; !io->out && a->pf && i < r.pfs; i++)
		forget_fn(&a->pf[i].fn);
	sim_io_array(io, &a->vf, r.vfs, sizeof(*a->vf));
	for (unsigned i = 0; !io->out && a->vf && i < r.vfs; i++)
		forget_fn(&a->vf[i].fn);
	io_fns(io, a, r.pfs, r.vfs);
	sim_io_array(io, &a->lvf, r.slots, sizeof(*a->lvf));
	sim_io_array(io, &a->tomb, r.slots, 1);
	sim_io_array(io, &a->ns, (size_t)a->m.pfs * MR_MAX_NAMESPACES, sizeof(*a->ns));
	for (unsigned i = 0; a->ns && i < a->m.pfs * MR_MAX_NAMESPACES; i++)
		shift(io, &a->ns[i].busy_until);
	sim_io_array(io, &a->nv_vf, r.vfs, sizeof(*a->nv_vf));
	sim_io_array(io, &a->nv_pf, r.pfs, sizeof(*a->nv_pf));
	sim_io_array(io, &a->nv_vh, r.vhs, sizeof(*a->nv_vh));
	sim_io_array(io, &a->nv_tomb, r.slots, 1);
	io->bad = io->bad || !a->vh || !a->pf || !a->vf || !a->lvf || !a->tomb;
}

static void io_host(struct sim_io *io, struct sim_host *h)
{
	sim_io_raw(io, h, sizeof(*h));
	if (!io->out) {
		h->bridge = NULL;
		h->nvm = NULL;
		h->map = NULL;
	}
	if (h->d.bridges > MR_MAX_BRIDGES) {
		io->bad = true;
		h->d.bridges = 0;
	}
	sim_io_array(io, &h->bridge, h->d.bridges, sizeof(*h->bridge));
	sim_io_array(io, &h->nvm, h->d.bridges, sizeof(*h->nvm));
	if (h->maps > SIM_IOMMU_MAPS) {
		io->bad = true;
		h->maps = 0;
	}
	sim_io_array(io, &h->map, h->maps, sizeof(*h->map));
	if (!io->out)
		h->maps = h->map_cap = h->map ? h->maps : 0;
	for (unsigned b = 0; h->bridge && b < h->d.bridges; b++) {
		shift(io, &h->bridge[b].eff_host);
		shift(io, &h->bridge[b].eff_dev);
		shift(io, &h->bridge[b].cfg.slot_due);
	}
}

/* ---- the chassis ---- */

static void io_faults(struct sim_io *io, struct sim_chassis *c)
{
	struct sim_faults *f;

	sim_io_array(io, &c->faults, 1, sizeof(*c->faults));
	f = c->faults;
	if (!f)
		return;
	if (!io->out)
		f->item = NULL, f->wait = NULL;
	sim_io_count(io, &f->n, FAULTS_MAX);
	sim_io_array(io, &f->item, f->n, sizeof(*f->item));
	if (!io->out)
		f->n = f->cap = f->item ? f->n : 0;
	sim_io_count(io, &f->waits, FAULTS_MAX);
	sim_io_array(io, &f->wait, f->waits, sizeof(*f->wait));
	if (!io->out)
		f->waits = f->wait_cap = f->wait ? f->waits : 0;
}

static void io_queues(struct sim_io *io, struct sim_chassis *c)
{
	sim_io_count(io, &c->dues, QUEUE_MAX);
	sim_io_array(io, &c->due, c->dues, sizeof(*c->due));
	sim_io_count(io, &c->dirties, QUEUE_MAX);
	sim_io_array(io, &c->dirty, c->dirties, sizeof(*c->dirty));
	sim_io_count(io, &c->notices, QUEUE_MAX);
	sim_io_array(io, &c->notice, c->notices, sizeof(*c->notice));
	sim_io_count(io, &c->aers, QUEUE_MAX);
	sim_io_array(io, &c->aer, c->aers, sizeof(*c->aer));
	sim_io_count(io, &c->flows, QUEUE_MAX);
	sim_io_array(io, &c->flow, c->flows, sizeof(*c->flow));
	if (io->out)
		return;
	c->flows = c->flow_cap = c->flow ? c->flows : 0;
	shift(io, &c->traffic_at);
	for (unsigned i = 0; i < c->flows; i++)
		shift(io, &c->flow[i].start_ns);
	c->aers = c->aer_cap = c->aer ? c->aers : 0;
	c->dues = c->due_cap = c->due ? c->dues : 0;
	c->dirties = c->dirty_cap = c->dirty ? c->dirties : 0;
	c->notices = c->notice_cap = c->notice ? c->notices : 0;
	for (unsigned i = 0; i < c->dues; i++)
		shift(io, &c->due[i].at);
	if (c->notice_first > c->notices)
		io->bad = true;
}

static void io_tables(struct sim_io *io, struct sim_chassis *c)
{
	if (c->hosts > MR_MAX_HOSTS || c->adapters > MR_MAX_ADAPTERS ||
	    c->ports > MR_MAX_PORTS || c->events > 32768 || !c->events) {
		io->bad = true;
		c->hosts = c->adapters = 0;
		return;
	}
	if (!io->out) {
		c->host = mr_xcalloc(c->hosts + 1, sizeof(*c->host));
		c->adapter = mr_xcalloc(c->adapters + 1, sizeof(*c->adapter));
		c->adapter_at = NULL;
		c->event = NULL;
	}
	for (unsigned i = 0; i <= c->hosts; i++)
		io_host(io, &c->host[i]);
	for (unsigned i = 0; i < c->adapters; i++)
		io_adapter(io, &c->adapter[i]);
	sim_io_array(io, &c->adapter_at, c->ports + 1, sizeof(*c->adapter_at));
	sim_io_array(io, &c->event, c->events, sizeof(*c->event));
	for (unsigned i = 0; c->adapter_at && i <= c->ports; i++)
		io->bad = io->bad || c->adapter_at[i] > c->adapters;
	io->bad = io->bad || !c->adapter_at || !c->event;
}

static void io_chassis(struct sim_io *io, struct sim_chassis *c, struct mr_now now)
{
	sim_io_raw(io, c, sizeof(*c));
	if (!io->out) {
		if (c->now.mono_ns < 0 || c->now.mono_ns > TIME_MAX || now.mono_ns > TIME_MAX) {
			io->bad = true;
			c->now = now;
		}
		io->shift_ns = now.mono_ns - c->now.mono_ns;
		c->now = now;
		c->host = NULL;
		c->adapter = NULL;
		c->adapter_at = NULL;
		c->event = NULL;
		c->due = c->hop = NULL;
		c->hops = c->hop_first = c->hop_cap = 0;
		c->notice = NULL;
		c->dirty = NULL;
		c->tlps = NULL;
		c->faults = NULL;
		c->aer = NULL;
		c->flow = NULL;
	}
	io_tables(io, c);
	io_queues(io, c);
	io_faults(io, c);
	sim_tlps_io(c, io);
}

/* ---- header ---- */

static uint64_t check_sum(const uint8_t *p, size_t len)
{
	uint64_t h = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 0x100000001b3ull;
	return h;
}

/* What the bytes look like: sizes of the structs that are in them. */
static uint64_t layout(void)
{
	const uint32_t sizes[] = {sizeof(struct sim_chassis),
				  sizeof(struct sim_host),
				  sizeof(struct sim_adapter),
				  sizeof(struct sim_bridge),
				  sizeof(struct sim_pf),
				  sizeof(struct sim_mvf),
				  sizeof(struct sim_dvh),
				  sizeof(struct sim_vf_nvm),
				  sizeof(struct sim_row_nvm),
				  sizeof(struct sim_event),
				  sizeof(struct sim_due),
				  sizeof(struct sim_notice),
				  sizeof(struct sim_fault),
				  sizeof(struct sim_aer),
				  sizeof(struct sim_flow),
				  sizeof(struct sim_ns),
				  sizeof(struct sim_atc),
				  sim_tlps_layout(),
				  MR_EV_COUNT};

	return check_sum((const uint8_t *)sizes, sizeof(sizes));
}

/* Appends the state: snapshot.h. */
void sim_chassis_save(struct sim_chassis *c, struct mr_now now, struct mr_buf *out)
{
	struct mr_buf body = {0};
	struct sim_io io = {.out = &body};

	sim_chassis_step(c, now);
	sim_due_gather(c);
	io_chassis(&io, c, now);
	mr_batch_put_value(out, MAGIC);
	mr_batch_put_value(out, VERSION);
	mr_batch_put_value(out, layout());
	mr_batch_put_value(out, body.len);
	mr_batch_put_value(out, check_sum((const uint8_t *)body.data, body.len));
	mr_buf_add(out, body.data, body.len);
	mr_buf_done(&body);
}

static int refuse(struct mr_err *err, const char *why)
{
	return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "%s", why);
}

static int check_header(const uint8_t *p, size_t len, struct mr_err *err)
{
	if (len < 8 || mr_batch_get_value(p, 0) != MAGIC)
		return refuse(err, "expected a saved chassis, found other bytes");
	if (len < HEADER_SIZE)
		return refuse(err, "the saved chassis is cut off within its header");
	if (mr_batch_get_value(p, 1) != VERSION || mr_batch_get_value(p, 2) != layout())
		return refuse(err, "the chassis was saved by another version of this program");
	if (mr_batch_get_value(p, 3) != len - HEADER_SIZE)
		return refuse(err, "the saved chassis is not as long as it says: it was cut "
				   "off, or something follows it");
	if (mr_batch_get_value(p, 4) != check_sum(p + HEADER_SIZE, len - HEADER_SIZE))
		return refuse(err, "the saved chassis is damaged: its check sum is wrong");
	return 0;
}

/* The chassis that was saved: snapshot.h. */
int sim_chassis_restore(const void *data, size_t len, struct mr_now now,
			struct sim_chassis **ret, struct mr_err *err)
{
	const uint8_t *p = data;
	int rc = len > SIM_SNAPSHOT_MAX ? refuse(err, "a saved chassis has 512 MiB at most")
					: check_header(p, len, err);
	struct sim_io io = {.in = p + HEADER_SIZE, .len = rc ? 0 : len - HEADER_SIZE};
	struct sim_chassis *c;

	if (rc)
		return rc;
	c = MR_NEW(struct sim_chassis);
	io_chassis(&io, c, now);
	if (io.bad || io.pos != io.len)
		rc = refuse(err, "the saved chassis contradicts itself: its parts are not as "
				 "long as they say");
	else
		rc = sim_snapshot_check(c, err);
	if (rc) {
		sim_chassis_free(c);
		return rc;
	}
	*ret = c;
	return 0;
}
