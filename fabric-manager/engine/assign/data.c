// SPDX-License-Identifier: Apache-2.0
/*
 * Namespaces are objects of a profile: made once, on the drive of the function that needs them
 * first, and named by a cookie there, so that a restarted manager joins them. They outlive
 * every function; what is attached is an attribute of a function (CONFIGURE, GATE_CLOSE), this
 * file says which. One is erased only when no document names it, and it said `onDelete: erase`.
 */
#include "fabric-manager/engine/assign/data.h"

#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/model/data.h"

static const char *text_of(const struct fm_rec_data *r, char *buf, size_t size)
{
	mr_fmt(buf, size, "%s/%s/%s", r->profile, r->device, r->name);
	return buf;
}
#define DATA_TEXT (3 * MR_NAME_MAX)

static int find(const struct fm_engine *e, const char *profile, const char *device,
		const char *name)
{
	for (unsigned i = 0; i < e->datas; i++)
		if (mr_streq(e->data[i].name, name) && mr_streq(e->data[i].device, device) &&
		    mr_streq(e->data[i].profile, profile))
			return (int)i;
	return -1;
}

static int find_id(const struct fm_engine *e, uint32_t id)
{
	for (unsigned i = 0; i < e->datas; i++)
		if (e->data[i].id == id)
			return (int)i;
	return -1;
}

static void save(struct fm_engine *e, unsigned i)
{
	fm_rec(e, FM_RECORD_DATA)->data = e->data[i];
	e->intent = true;
}

static void set_state(struct fm_engine *e, unsigned i, enum fm_data_state s, const char *words)
{
	char text[DATA_TEXT];

	e->data[i].state = s;
	e->data_run[i].tries = 0;
	e->data_run[i].erased = false;
	e->data_run[i].detail[0] = 0;
	fm_note(e, MR_REASON_OK, text_of(&e->data[i], text, sizeof(text)), "%s", words);
	save(e, i);
	e->wake = true;
	fm_plan_soon(e, 0);
}

static unsigned add(struct fm_engine *e, const struct fm_rec_data *r)
{
	unsigned n = e->datas;

	MR_GROW(e->data_run, n, e->cap_data_run);
	MR_GROW(e->data, e->datas, e->cap_datas);
	e->data[e->datas] = *r;
	e->data_run[e->datas] = (struct fm_data_run){.until = MR_NEVER};
	return e->datas++;
}

static void drop(struct fm_engine *e, unsigned i)
{
	struct fm_record *r = fm_rec(e, FM_RECORD_DATA);

	r->erase = true;
	r->data = e->data[i];
	e->intent = true;
	e->datas--;
	e->data[i] = e->data[e->datas];
	e->data_run[i] = e->data_run[e->datas];
	e->wake = true;
	fm_plan_soon(e, 0);
}

/* Takes a stored one in. */
void fm_data_load(struct fm_engine *e, const struct fm_rec_data *r)
{
	unsigned i = add(e, r);

	e->data_run[i].wanted = r->state == FM_DATA_CREATE || r->state == FM_DATA_READY;
	if (r->id >= e->meta.next_assignment)
		e->meta.next_assignment = r->id + 1;
}

void fm_data_take(struct fm_engine *e, unsigned i, const struct fm_claim *c,
		  const struct fm_ns_want *w)
{
	struct fm_record *old = fm_rec(e, FM_RECORD_DATA);
	struct fm_rec_data *r = &e->data[i];

	old->erase = true;
	old->data = *r;
	mr_copy(r->profile, sizeof(r->profile), c->profile);
	mr_copy(r->device, sizeof(r->device), c->device);
	mr_copy(r->name, sizeof(r->name), w->name);
	r->size = w->size;
	r->erase = w->erase;
	r->owner = 0;
	e->data_run[i].wanted = true;
	set_state(e, i, FM_DATA_READY, "its profile takes it over");
}

/* ---- operations ---- */

static void send(struct fm_engine *e, unsigned i, enum fm_op_kind kind, unsigned chassis,
		 const struct fm_adapter *a)
{
	const struct fm_rec_data *r = &e->data[i];
	const struct fm_namespace *row = fm_data_row(a, r);
	struct fm_op op = {.kind = kind,
			   .chassis = (uint16_t)chassis,
			   .fn = {(uint16_t)chassis, a->port, r->pf, 0},
			   .cookie = kind == FM_OP_NS_CREATE || !row ? fm_data_cookie(r)
								     : row->cookie,
			   .ns = {.index = r->index,
				  .block_shift = r->block_shift,
				  .shared = r->shared,
				  .size = fm_drive_size(a, r->pf, r->size)}};

	e->intent = true;
	e->data_run[i].tag = fm_op_send(e, &op, FM_TAG_DATA, 0, r->id);
}

/* A row that nothing stands in, and that none of ours is to stand in; -1 = none. */
static int free_row(const struct fm_engine *e, unsigned chassis, const struct fm_adapter *a,
		    unsigned pf)
{
	uint64_t used = 0;
	unsigned c;

	for (unsigned i = 0; i < e->datas; i++)
		if (e->data[i].pf == pf && fm_data_drive(&e->inv, &e->data[i], &c) == a &&
		    c == chassis)
			used |= UINT64_C(1) << e->data[i].index;
	for (unsigned k = 0; a->pf[pf].ns && k < a->namespaces; k++)
		if (!a->pf[pf].ns[k].exists && !(used >> k & 1))
			return (int)k;
	return -1;
}

static void create(struct fm_engine *e, unsigned i, unsigned chassis,
		   const struct fm_adapter *a)
{
	const struct fm_namespace *row = fm_data_row(a, &e->data[i]);
	char words[128];
	int k;

	if (fm_data_is_there(a, &e->data[i])) {
		mr_fmt(words, sizeof(words), "namespace %u of %s/pf%u is made",
		       e->data[i].index + 1u, a->name, e->data[i].pf);
		set_state(e, i, FM_DATA_READY, words);
		return;
	}
	if (!row || row->exists) { /* somebody else's by now */
		k = free_row(e, chassis, a, e->data[i].pf);
		if (k < 0)
			return;
		e->data[i].index = (uint8_t)k;
		save(e, i);
	}
	send(e, i, FM_OP_NS_CREATE, chassis, a);
}

/* Whether a function that had it is on its way out: as long as its host may say no, it may come
 * back. */
static bool may_come_back(const struct fm_engine *e, const struct fm_rec_data *r)
{
	const struct fm_asg *a;

	FM_FOREACH_ASG(e, a)
	{
		if (a->a.going && a->a.has_fn && mr_streq(a->a.profile, r->profile) &&
		    mr_streq(a->a.device, r->device))
			return true;
	}
	return false;
}

/* What was erased before this manager began is not known to have been. */
static void forget(struct fm_engine *e, unsigned i, const struct fm_adapter *a)
{
	char text[DATA_TEXT];

	text_of(&e->data[i], text, sizeof(text));
	if (e->data_run[i].erased)
		fm_note(e, MR_REASON_OK, text, "erased and deleted from %s/pf%u", a->name,
			e->data[i].pf);
	else
		fm_note(e, MR_REASON_OK, text, "forgotten: %s/pf%u does not have it", a->name,
			e->data[i].pf);
	drop(e, i);
}

static void erase(struct fm_engine *e, unsigned i, unsigned chassis, const struct fm_adapter *a)
{
	if (!fm_data_is_there(a, &e->data[i])) {
		forget(e, i, a);
		return;
	}
	if (fm_data_attached(a, &e->data[i], FM_WHOLE) >= 0 || may_come_back(e, &e->data[i]))
		return; /* who has it is on its way out, and says when it is */
	send(e, i, e->data_run[i].erased ? FM_OP_NS_DELETE : FM_OP_NS_ERASE, chassis, a);
}

/* The next step of namespace 'i', when its drive can be asked and was read since the last one;
 * true when it left the list. */
static bool advance(struct fm_engine *e, unsigned i)
{
	const struct fm_rec_data *r = &e->data[i];
	const struct fm_data_run *run = &e->data_run[i];
	unsigned chassis = 0, n = e->datas;
	const struct fm_adapter *a = fm_data_drive(&e->inv, r, &chassis);

	if ((r->state != FM_DATA_CREATE && r->state != FM_DATA_ERASE) || run->tag ||
	    run->until != MR_NEVER || !a || !fm_ch_ready(e, chassis) ||
	    e->ch[chassis].read_at < run->reread)
		return false;
	if (r->state == FM_DATA_CREATE)
		create(e, i, chassis, a);
	else
		erase(e, i, chassis, a);
	return e->datas < n;
}

/* What waits goes on: data.h. */
void fm_data_run(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->datas;)
		i += !advance(e, i);
}

/* Who waits to attach it looks again, too. */
void fm_data_detached(struct fm_engine *e)
{
	fm_data_run(e);
	e->wake = e->wake || e->datas;
}

static void failed(struct fm_engine *e, unsigned i, unsigned chassis,
		   const struct fm_op_result *r)
{
	struct fm_data_run *run = &e->data_run[i];
	char text[DATA_TEXT];

	run->reread = e->next_op;
	fm_ch_observe(e, chassis);
	if (r->end == FM_OP_LOST)
		return;
	mr_fmt(run->detail, sizeof(run->detail), "%s",
	       r->detail[0] ? r->detail : mr_reason_text(r->reason));
	if (!run->tries)
		fm_note(e, r->reason, text_of(&e->data[i], text, sizeof(text)), "%s: %s",
			fm_op_kind_name(r->kind), run->detail);
	run->until = e->now.mono_ns + fm_pause_ns(run->tries++);
	fm_timer_set(e, FM_TM_DATA, e->data[i].id, run->until);
	e->wake = true; /* for its words */
}

/* The end of an operation on a namespace. */
void fm_data_result(struct fm_engine *e, const struct fm_inflight *f,
		    const struct fm_op_result *r)
{
	int i = find_id(e, (uint32_t)f->key);
	const struct fm_adapter *a;
	struct fm_namespace *row;
	unsigned chassis;

	if (i < 0)
		return;
	e->data_run[i].tag = 0;
	if (r->end != FM_OP_DONE) {
		failed(e, (unsigned)i, f->chassis, r);
		return;
	}
	a = fm_data_drive(&e->inv, &e->data[i], &chassis);
	row = a ? fm_data_row(a, &e->data[i]) : NULL;
	if (row && r->has_ns)
		*row = r->ns;
	e->inv.revision++;
	e->data_run[i].tries = 0;
	e->data_run[i].erased = r->kind == FM_OP_NS_ERASE || r->kind == FM_OP_NS_DELETE;
	advance(e, (unsigned)i);
}

/* The pause after a failure ended. */
void fm_data_timer(struct fm_engine *e, uint32_t id)
{
	int i = find_id(e, id);

	if (i < 0 || e->data_run[i].until > e->now.mono_ns)
		return;
	e->data_run[i].until = MR_NEVER;
	advance(e, (unsigned)i);
}

/* ---- what the documents name ---- */

static void make(struct fm_engine *e, const struct fm_claim *c, const struct fm_ns_want *w,
		 const struct fm_placed *p)
{
	const struct fm_adapter *a = fm_adapter_by_port(&e->inv, p->fn.chassis, p->fn.port);
	struct fm_rec_data r = {.state = FM_DATA_CREATE,
				.pf = p->fn.pf,
				.shared = w->shared,
				.erase = w->erase,
				.size = w->size};
	int row = a && p->fn.pf < a->pfs ? free_row(e, p->fn.chassis, a, p->fn.pf) : -1;
	unsigned i;

	if (row < 0)
		return; /* the plan says so: storage of the drive */
	mr_copy(r.profile, sizeof(r.profile), c->profile);
	mr_copy(r.device, sizeof(r.device), c->device);
	mr_copy(r.name, sizeof(r.name), w->name);
	mr_copy(r.chassis, sizeof(r.chassis), e->chassis_name[p->fn.chassis]);
	mr_copy(r.adapter, sizeof(r.adapter), a->name);
	mr_copy(r.serial, sizeof(r.serial), a->serial);
	r.index = (uint8_t)row;
	r.block_shift = fm_drive_block_shift(a, w->block_shift);
	r.id = e->meta.next_assignment++;
	e->meta_dirty = true;
	i = add(e, &r);
	e->data_run[i].wanted = true;
	save(e, i);
}

/* Whether the claim stands where its data is, or is to be. */
static bool stands(const struct fm_placed *p)
{
	return p->placed &&
	       (p->reason == MR_REASON_OK || p->reason == MR_REASON_GUARANTEE_BROKEN);
}

/* It is wanted before it was erased. Whether it was ever made, or is gone by now though the
 * answer was lost, its drive says. */
static void want_again(struct fm_engine *e, unsigned i)
{
	unsigned chassis;
	const struct fm_adapter *a = fm_data_drive(&e->inv, &e->data[i], &chassis);

	set_state(e, i, a && fm_data_is_there(a, &e->data[i]) ? FM_DATA_READY : FM_DATA_CREATE,
		  "its profile has it again before it was erased");
}

static bool is_held_up(const struct fm_engine *e, const struct fm_desired *d,
		       const struct fm_claim *c)
{
	struct mr_buf why = {0};
	enum mr_reason r = fm_data_found(e, d, c, &why);

	mr_buf_done(&why);
	return r != MR_REASON_OK;
}

static void want(struct fm_engine *e, const struct fm_desired *d, const struct fm_claim *c,
		 const struct fm_ns_want *w, const struct fm_placed *p)
{
	int i = find(e, c->profile, c->device, w->name);

	if (i < 0) {
		int own = fm_data_own(e, c, w);

		if (own >= 0 && fm_data_serves(e, (unsigned)own, w))
			fm_data_take(e, (unsigned)own, c, w);
		else if (own < 0 && stands(p) && !is_held_up(e, d, c))
			make(e, c, w, p);
		return;
	}
	e->data_run[i].wanted = true;
	if (e->data[i].state == FM_DATA_KEPT)
		set_state(e, (unsigned)i, FM_DATA_READY, "its profile has it again");
	else if (e->data[i].state == FM_DATA_ERASE && !e->data_run[i].tag &&
		 !e->data_run[i].erased)
		want_again(e, (unsigned)i);
	if (e->data[i].erase == w->erase)
		return;
	e->data[i].erase = w->erase;
	save(e, (unsigned)i);
}

static void unwant(struct fm_engine *e, unsigned i)
{
	const struct fm_rec_data *r = &e->data[i];

	if (e->data_run[i].wanted || e->data_run[i].tag || r->state == FM_DATA_KEPT ||
	    r->state == FM_DATA_ERASE)
		return;
	if (r->erase || r->state == FM_DATA_CREATE)
		set_state(e, i, FM_DATA_ERASE, "no document names it: it is erased");
	else
		set_state(e, i, FM_DATA_KEPT, "no document names it: it is kept");
}

/* A plan was made: data.h. */
void fm_data_plan(struct fm_engine *e, const struct fm_desired *d, const struct fm_plan *plan)
{
	for (unsigned i = 0; i < e->datas; i++)
		e->data_run[i].wanted = false;
	for (unsigned i = 0; d->nss && i < d->claims; i++)
		for (unsigned n = 0; n < d->claim[i].nss; n++)
			want(e, d, &d->claim[i], &d->ns[d->claim[i].ns + n], &plan->placed[i]);
	for (unsigned i = 0; i < e->datas; i++)
		unwant(e, i);
	for (unsigned i = 0; d->nss && i < d->claims; i++)
		if (d->claim[i].nss && plan->placed[i].placed &&
		    plan->placed[i].reason == MR_REASON_OK)
			fm_data_tell(e, d, &d->claim[i]);
	fm_data_run(e);
}

/* ---- operators ---- */

/* The namespace of that name. */
int fm_data_named(const struct fm_engine *e, const char *name)
{
	char text[DATA_TEXT];

	for (unsigned i = 0; i < e->datas; i++)
		if (mr_streq(text_of(&e->data[i], text, sizeof(text)), name))
			return (int)i;
	return -1;
}

/* Whether its drive was read, and has it in no row: data.h. */
bool fm_data_lost(const struct fm_engine *e, unsigned i)
{
	const struct fm_rec_data *r = &e->data[i];
	unsigned chassis = 0;
	const struct fm_adapter *d = fm_data_drive(&e->inv, r, &chassis);
	const struct fm_namespace *ns = d ? d->pf[r->pf].ns : NULL;

	if (r->state != FM_DATA_READY || e->data_run[i].tag || !ns ||
	    !fm_ch_ready(e, chassis) || fm_adapter_is_mute(d) ||
	    e->ch[chassis].read_at < e->data_run[i].reread)
		return false;
	for (unsigned k = 0; k < d->namespaces; k++)
		if (ns[k].exists && ns[k].cookie >> 32 == r->id)
			return false;
	return true;
}

/* Whether nobody wants it any more: data.h. */
bool fm_data_erasable(struct fm_engine *e, unsigned i, char *why, size_t size)
{
	const struct fm_rec_data *r = &e->data[i];
	unsigned chassis;
	const struct fm_adapter *d = fm_data_drive(&e->inv, r, &chassis);
	int vf = d ? fm_data_attached(d, r, FM_WHOLE) : -1;

	if (fm_data_lost(e, i))
		return true;
	if (vf >= 0)
		mr_fmt(why, size, "it is attached to %s/pf%u/vf%d", d->name, r->pf, vf);
	else if (r->state == FM_DATA_ERASE)
		mr_fmt(why, size, "it is being erased already");
	else if (r->state != FM_DATA_KEPT)
		mr_fmt(why, size, "documents name it: device %s of profile %s", r->device,
		       r->profile);
	else
		return true;
	return false;
}

/* Its contents go, then itself. */
void fm_data_erase(struct fm_engine *e, unsigned i, const char *who)
{
	const char *what = fm_data_lost(e, i) ? "forgotten" : "erased";
	char words[MR_NAME_MAX + 32];

	mr_fmt(words, sizeof(words), "it is %s: by %s", what, who[0] ? who : "operator");
	set_state(e, i, FM_DATA_ERASE, words);
	fm_data_run(e);
}

/* ---- attaching ---- */

/* Why namespace 'i' cannot be attached to the function of 'a' now; false = it can. */
static bool waits(struct fm_engine *e, const struct fm_asg *a, unsigned i, char *why,
		  size_t size)
{
	const struct fm_rec_data *r = &e->data[i];
	const struct fm_data_run *run = &e->data_run[i];
	unsigned chassis = 0;
	const struct fm_adapter *d = fm_data_drive(&e->inv, r, &chassis);
	struct mr_buf words = {0};
	int vf;

	if (r->state != FM_DATA_READY) {
		mr_fmt(why, size, "namespace %s: %s%s%s", r->name, fm_data_state_name(r->state),
		       run->detail[0] ? ": " : "", run->detail);
		return true;
	}
	if (!d || chassis != a->a.fn.chassis || d->port != a->a.fn.port ||
	    r->pf != a->a.fn.pf) {
		mr_fmt(why, size, "namespace %s is on drive %s", r->name, r->adapter);
		fm_plan_soon(e, MR_NS_PER_S);
		return true;
	}
	if (fm_data_lost(e, i)) {
		fm_data_lost_words(r, &words);
		mr_fmt(why, size, "%s", mr_buf_text(&words));
		mr_buf_done(&words);
		return true;
	}
	vf = r->shared ? -1 : fm_data_attached(d, r, a->a.fn.vf);
	if (vf >= 0)
		mr_fmt(why, size, "namespace %s is still attached to %s/pf%u/vf%d", r->name,
		       d->name, r->pf, vf);
	return vf >= 0;
}

/*
 * HANDOVER 5: data is set on a function only after every other one that carried it was gated
 * and cut; there its controller has detached it, and its commands are gone.
 */
bool fm_data_ready(struct fm_engine *e, struct fm_asg *a, char *why, size_t size)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < e->datas; i++) {
		const struct fm_rec_data *r = &e->data[i];

		if (!e->data_run[i].wanted || !mr_streq(r->device, a->a.device) ||
		    !mr_streq(r->profile, a->a.profile))
			continue;
		if (waits(e, a, i, why, size))
			return false;
		mask |= UINT64_C(1) << r->index;
	}
	if (a->a.attrs.device_class != MR_CLASS_NVME || a->a.attrs.nvme.namespaces == mask)
		return true;
	a->a.attrs.nvme.namespaces = mask;
	fm_asg_dirty(e, a);
	e->intent = true;
	return true;
}
