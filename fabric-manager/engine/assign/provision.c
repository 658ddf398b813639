// SPDX-License-Identifier: Apache-2.0
/*
 * The VF count of an adapter in VH 0. The first one is set when the plan wants it. Another one
 * (class Count) ends every function of the PF: it waits for `approve`, then all assignments on
 * these functions take the ordinary way out, the count is changed, and they come back, on the
 * same functions where these still exist. Who comes back waits at its step PROVISION. The
 * operating mode of an adapter (class Host) goes the same way, but that all functions of the
 * adapter go, with its PFs in hosts, and who had one is placed anew: the adapter comes back
 * with others.
 *
 * Where a host is the root of VH 0 its agent is the SR-PCIM: it is asked first, PF by PF. The
 * operation comes behind it in any case: it reads what there is, adds what the agent does not
 * do (access control), and sets the count where there is no agent or it refused.
 */
#include "fabric-manager/engine/assign/provision.h"

#include <limits.h>

#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/ops.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/soon.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/engine/state/wanted.h"

#define NAMES_SHOWN 8
#define ENABLE_NS   (30 * MR_NS_PER_S)

static struct fm_prov *prov_get(struct fm_engine *e, unsigned chassis, unsigned port)
{
	for (unsigned i = 0; i < e->provs; i++)
		if (e->prov[i].chassis == chassis && e->prov[i].port == port)
			return &e->prov[i];
	MR_GROW(e->prov, e->provs, e->cap_provs);
	e->prov[e->provs] = (struct fm_prov){.chassis = (uint16_t)chassis,
					     .port = (uint16_t)port,
					     .op = FM_OP_PROVISION,
					     .until = MR_NEVER};
	return &e->prov[e->provs++];
}

static const char *name_of(const struct fm_engine *e, const struct fm_prov *p)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, p->chassis, p->port);

	return d ? d->name : "adapter";
}

static const char *mode_name(const struct fm_adapter *d, uint32_t mode)
{
	return d && mode < d->modes ? d->mode[mode].name : "?";
}

/* What it is to be: "16", "mr8". */
static const char *target(const struct fm_engine *e, const struct fm_prov *p, char *buf,
			  size_t size)
{
	if (p->op == FM_OP_MODE)
		return mode_name(fm_adapter_by_port(&e->inv, p->chassis, p->port), p->value);
	mr_fmt(buf, size, "%u", p->value);
	return buf;
}

/* What it is to be, in words: provision.h. */
void fm_prov_words(const struct fm_engine *e, const struct fm_prov *p, struct mr_buf *out)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, p->chassis, p->port);

	mr_buf_printf(out, "%s: ", name_of(e, p));
	if (p->op == FM_OP_MODE)
		mr_buf_printf(out, "mode %s", mode_name(d, p->value));
	else
		mr_buf_printf(out, "%u function%s", p->value, p->value == 1 ? "" : "s");
}

static const char *class_of(const struct fm_prov *p)
{
	return fm_class_name(p->op == FM_OP_MODE ? FM_CLASS_HOST : FM_CLASS_COUNT);
}

static const char *what(const struct fm_prov *p)
{
	return p->op == FM_OP_MODE ? "operating mode" : "function count";
}

/* Whether the change stops the function that 'a' holds. */
static bool hits(const struct fm_engine *e, const struct fm_prov *p, const struct fm_asg *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, p->chassis, p->port);
	struct fm_fn_id f = a->a.fn;

	if (!d || !a->a.has_fn || f.chassis != p->chassis || f.port != p->port)
		return false;
	return p->op == FM_OP_MODE ||
	       (f.pf < d->pfs && d->pf[f.pf].numvfs && d->pf[f.pf].numvfs != p->value);
}

/* Functions of each PF once the change is made. */
static unsigned functions_then(const struct fm_engine *e, const struct fm_prov *p)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, p->chassis, p->port);

	if (p->op == FM_OP_PROVISION)
		return p->value;
	return d && p->value < d->modes ? d->mode[p->value].vfs : UINT_MAX;
}

/* Whom the change interrupts: "3: web/data0/0 on blade01, ...". Returns how many of them find
 * no function on the adapter afterwards. */
unsigned fm_prov_hits(const struct fm_engine *e, const struct fm_prov *p, struct mr_buf *out)
{
	const struct fm_asg *a;
	struct mr_buf names = {0};
	unsigned n = 0, over = 0, then = functions_then(e, p), on[MR_MAX_PFS] = {0};
	char text[FM_ASSIGNMENT_TEXT];

	FM_FOREACH_ASG(e, a)
	{
		if (!hits(e, p, a))
			continue;
		over += ++on[a->a.fn.pf] > then;
		if (n++ < NAMES_SHOWN)
			mr_buf_printf(&names, "%s%s on %s", n > 1 ? ", " : ": ",
				      fm_assignment_text(&a->a, text), a->a.host);
	}
	mr_buf_printf(out, "%u%s%s", n, n ? mr_buf_text(&names) : "",
		      n > NAMES_SHOWN ? ", ..." : "");
	if (over) /* pending, unless another adapter of their pool takes them */
		mr_buf_printf(out, "; %u of them find%s no function there afterwards", over,
			      over == 1 ? "s" : "");
	mr_buf_done(&names);
	return over;
}

/* ---- what is durable: that it waits for a yes, and that it got one ---- */

static void record(struct fm_engine *e, const struct fm_prov *p)
{
	struct fm_rec_operation *r = &fm_rec(e, FM_RECORD_OPERATION)->operation;
	struct mr_buf words = {0};

	r->id = p->approval;
	r->kind = (uint16_t)p->op;
	r->approved = p->approved;
	r->port = p->port;
	r->value = p->value;
	mr_copy(r->chassis, sizeof(r->chassis), e->chassis_name[p->chassis]);
	fm_prov_words(e, p, &words);
	mr_fmt(r->detail, sizeof(r->detail), "%s", mr_buf_text(&words));
	mr_buf_done(&words);
	e->intent = true;
}

/* Takes a stored one in; false when it is of a chassis that is not ours. The plan says whether
 * it is still wanted. */
bool fm_prov_load(struct fm_engine *e, const struct fm_rec_operation *r)
{
	for (unsigned c = 0; c < e->inv.n; c++) {
		struct fm_prov *p;

		if (!mr_streq(e->chassis_name[c], r->chassis))
			continue;
		p = prov_get(e, c, r->port);
		p->op = (enum fm_op_kind)r->kind;
		p->approval = r->id;
		p->approved = r->approved;
		p->value = r->value;
		p->wanted = true;
		return true;
	}
	return false;
}

/* ---- going ahead ---- */

/* The session of the management host's agent that can carry out commands, or NULL. */
static struct fm_session *root_agent(const struct fm_engine *e, unsigned chassis)
{
	unsigned port = e->inv.chassis[chassis].root_port;
	struct fm_session *s = port ? fm_session_at(e, chassis, port) : NULL;

	return s && s->synced ? s : NULL;
}

/* Asks the management host to enable the VFs of the next PF; false when all were. */
static bool ask_agent(struct fm_engine *e, struct fm_prov *p)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, p->chassis, p->port);
	struct fm_session *s = root_agent(e, p->chassis);
	struct fm_agent_cmd c = {.verb = FM_AGENT_ENABLE_VFS,
				 .deadline_ns = ENABLE_NS,
				 .force = p->approved,
				 .count = (uint16_t)p->value};
	unsigned pf = 0;

	while (d && pf < d->pfs && p->told >> pf & 1)
		pf++;
	if (!d || !s || pf == d->pfs || p->op != FM_OP_PROVISION)
		return false;
	p->told |= (uint16_t)(1u << pf);
	p->shown = s->id;
	/* behind port k of VH 0, which is slot k - 1; the BF of an mra adapter is function 0 */
	c.place = (struct fm_place){FM_WAY_LVF, e->inv.chassis[p->chassis].root_port,
				    (uint16_t)(d->slot - 1),
				    (uint16_t)(pf + (d->kind == FM_ADAPTER_MRA)), 0};
	p->tag = fm_cmd_send(e, s, &c, FM_TAG_PROV, 0, (uint64_t)(p - e->prov));
	p->until = e->now.mono_ns + ENABLE_NS + 5 * MR_NS_PER_S;
	fm_timer_set(e, FM_TM_PROV, (uint64_t)(p - e->prov), p->until);
	return true;
}

static void prov_send(struct fm_engine *e, struct fm_prov *p)
{
	struct fm_op op = {.kind = p->op, .chassis = p->chassis, .value = p->value};

	if (p->tag || p->until != MR_NEVER || !fm_ch_ready(e, p->chassis) || ask_agent(e, p))
		return;
	p->told = 0;
	op.fn = (struct fm_fn_id){p->chassis, p->port, 0, 0};
	e->intent = true;
	p->tag = fm_op_send(e, &op, FM_TAG_PROV, 0, (uint64_t)(p - e->prov));
}

/* Reserved, and nothing more: the hardware knows nothing of it yet. */
static bool parked(const struct fm_asg *a)
{
	return a->step == FM_STEP_PROVISION && !a->tag && !a->a.going;
}

/* Out, and back to the same function if there will be one. */
static void send_away(struct fm_engine *e, const struct fm_prov *p, struct fm_asg *a)
{
	struct fm_drain drain = fm_drain_of(e, a);

	if (p->op == FM_OP_PROVISION && !a->next.set && a->a.fn.vf < p->value)
		fm_asg_next_same(a);
	fm_asg_release(e, a, a->unwanted, fm_cut_at_once(e, a), &drain);
}

/* Whether a PF of the adapter stands in a host; it goes when nobody there uses it any more. */
static bool is_attached(const struct fm_engine *e, const struct fm_prov *p)
{
	for (unsigned i = 0; i < e->attaches; i++)
		if (e->attach[i].chassis == p->chassis && e->attach[i].port == p->port &&
		    e->attach[i].state != FM_ATTACH_NONE)
			return true;
	return false;
}

/* Whether nothing stands on the functions any more; what does is on its way out. */
static bool drained(struct fm_engine *e, const struct fm_prov *p)
{
	struct fm_asg *a;
	bool none = true;

	FM_FOREACH_ASG(e, a)
	{
		if (!hits(e, p, a) || (parked(a) && p->op == FM_OP_PROVISION))
			continue;
		none = false;
		if (!a->a.going)
			send_away(e, p, a);
	}
	return none && (p->op == FM_OP_PROVISION || !is_attached(e, p));
}

static void go(struct fm_engine *e, struct fm_prov *p)
{
	if (!p->wanted || p->tag || p->until != MR_NEVER || !fm_ch_ready(e, p->chassis))
		return;
	if (!p->approval || (p->approved && drained(e, p)))
		prov_send(e, p);
}

/* The operator said yes. */
void fm_prov_approve(struct fm_engine *e, struct fm_prov *p)
{
	p->approved = true;
	record(e, p);
	p->until = e->now.mono_ns;
	fm_timer_set(e, FM_TM_PROV, (uint64_t)(p - e->prov), p->until);
}

/* The policy says yes by itself to what waits for one. */
void fm_prov_allow(struct fm_engine *e, unsigned chassis, unsigned port)
{
	struct fm_prov *p = prov_get(e, chassis, port);

	if (p->approval && !p->approved)
		fm_prov_approve(e, p);
}

/* Something was released: perhaps it was the last one. */
void fm_prov_released(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->provs; i++)
		if (e->prov[i].approved)
			go(e, &e->prov[i]);
}

/* ---- not going ahead ---- */

static void forget(struct fm_engine *e, struct fm_prov *p)
{
	struct fm_record *r;

	if (p->approval) {
		r = fm_rec(e, FM_RECORD_OPERATION);
		r->erase = true;
		r->operation.id = p->approval;
	}
	p->wanted = p->approved = false;
	p->approval = 0;
	p->tries = 0;
	e->wake = true;
}

/* The host of 'a' did not let go: the count stays as it is, and who has gone comes back. */
void fm_prov_refused(struct fm_engine *e, const struct fm_asg *a)
{
	char text[FM_ASSIGNMENT_TEXT];

	for (unsigned i = 0; i < e->provs; i++) {
		struct fm_prov *p = &e->prov[i];

		if (!p->approved || p->tag || !hits(e, p, a))
			continue;
		fm_note(e, MR_REASON_BUSY, name_of(e, p),
			"class %s: given up: %s on %s does not let go of its function",
			class_of(p), fm_assignment_text(&a->a, text), a->a.host);
		forget(e, p);
		fm_plan_soon(e, MR_NS_PER_S);
	}
}

/* A plan is about to say which counts it wants. */
void fm_prov_plan(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->provs; i++)
		e->prov[i].asked = false;
}

/* Whether what is known of the adapter's count is not what it will be in a moment. */
static bool under_way(const struct fm_engine *e, const struct fm_prov *p)
{
	return p->wanted || p->tag || p->until != MR_NEVER ||
	       e->ch[p->chassis].read_at < p->reread;
}

/* Another session of the management host, perhaps of another boot: its kernel shows no VFs,
 * whatever the hardware has. The agent is asked for the counts that there are. */
static void show_root(struct fm_engine *e, unsigned chassis)
{
	const struct fm_chassis *ch = &e->inv.chassis[chassis];
	struct fm_session *s = root_agent(e, chassis);
	bool later = false;

	for (unsigned i = 0; s && fm_ch_ready(e, chassis) && i < ch->adapters; i++) {
		const struct fm_adapter *d = &ch->adapter[i];
		struct fm_prov *p = prov_get(e, chassis, d->port);

		if (d->kind == FM_ADAPTER_BASE || !d->present || p->approval ||
		    p->shown == s->id)
			continue;
		if (under_way(e, p)) {
			later = true;
		} else if (d->pf[0].numvfs) {
			p->op = FM_OP_PROVISION;
			p->value = d->pf[0].numvfs;
			p->wanted = true;
			p->shown = s->id;
			go(e, p);
		}
	}
	if (later)
		fm_plan_soon(e, MR_NS_PER_S);
}

static bool has_count(const struct fm_engine *e, const struct fm_prov *p)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, p->chassis, p->port);

	return d && (p->op == FM_OP_MODE ? d->mode_now : d->pf[0].numvfs) == p->value;
}

/* It has: what it did not want was withdrawn. */
void fm_prov_planned(struct fm_engine *e)
{
	for (unsigned c = 0; c < e->inv.n; c++)
		show_root(e, c);
	for (unsigned i = 0; i < e->provs; i++) {
		struct fm_prov *p = &e->prov[i];
		char to[16];

		if (!p->approval || p->asked || p->tag || !fm_ch_ready(e, p->chassis))
			continue;
		if (has_count(e, p)) /* done, and the manager died before it knew */
			fm_note(e, MR_REASON_OK, name_of(e, p), "the %s was changed to %s",
				what(p), target(e, p, to, sizeof(to)));
		else
			fm_note(e, MR_REASON_OK, name_of(e, p),
				"class %s: the change of the %s to %s was withdrawn",
				class_of(p), what(p), target(e, p, to, sizeof(to)));
		forget(e, p);
	}
}

/* ---- what asks ---- */

/* Whether the function of 'a' is enabled in VH 0; else that is on its way. */
bool fm_prov_ready(struct fm_engine *e, const struct fm_asg *a, char *why, size_t size)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);
	struct fm_prov *p;
	bool known;

	if (!d || d->kind == FM_ADAPTER_BASE || a->a.fn.pf >= d->pfs)
		return true;
	p = prov_get(e, a->a.fn.chassis, a->a.fn.port);
	known = !p->tag && e->ch[p->chassis].read_at >= p->reread;
	if (known && !p->approved && d->pf[a->a.fn.pf].numvfs > a->a.fn.vf)
		return true; /* enabled, and its time passed */
	if (p->approval)
		mr_fmt(why, size, "waiting for %s the %s of adapter %s",
		       p->approved ? "the change of" : "approval to change", what(p), d->name);
	else
		mr_fmt(why, size, "waiting for the functions of adapter %s", d->name);
	if (known && !p->wanted && !p->failed && p->op == FM_OP_PROVISION &&
	    d->pf[a->a.fn.pf].numvfs == 0)
		p->wanted = true;
	go(e, p);
	return false;
}

/* provision.h */
bool fm_prov_busy(const struct fm_engine *e, const struct fm_asg *a, char *why, size_t size)
{
	for (unsigned i = 0; i < e->provs; i++) {
		const struct fm_prov *p = &e->prov[i];

		if (p->chassis != a->a.fn.chassis || p->port != a->a.fn.port || !p->tag)
			continue;
		mr_fmt(why, size, "waiting for the functions of adapter %s", name_of(e, p));
		return true;
	}
	return false;
}

static void ask(struct fm_engine *e, struct fm_prov *p)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, p->chassis, p->port);
	struct mr_buf whom = {0};
	char from[40], to[40];

	p->approval = fm_next_op(e);
	p->approved = false;
	fm_prov_hits(e, p, &whom);
	record(e, p);
	mr_fmt(from, sizeof(from), "%u", d ? d->pf[0].numvfs : 0);
	mr_fmt(to, sizeof(to), "%u", p->value);
	if (p->op == FM_OP_MODE) {
		mr_copy(from, sizeof(from), mode_name(d, d ? d->mode_now : 0));
		mr_copy(to, sizeof(to), mode_name(d, p->value));
	}
	fm_note(e, MR_REASON_NEEDS_APPROVAL, name_of(e, p),
		"class %s: banyan approve %llu changes the %s from %s to %s and interrupts %s",
		class_of(p), (unsigned long long)p->approval, what(p), from, to,
		mr_buf_text(&whom));
	mr_buf_done(&whom);
}

/* The plan wants another VF count or mode. One that takes functions from running assignments
 * (class Count, Host) waits for `approve`. */
void fm_prov_want(struct fm_engine *e, const struct fm_change *c)
{
	struct fm_prov *p = prov_get(e, c->chassis, c->port);
	enum fm_op_kind op = c->kind == FM_CHANGE_MODE ? FM_OP_MODE : FM_OP_PROVISION;
	bool approval = c->change_class != FM_CLASS_NONE, same;

	p->asked = true;
	same = p->op == op && p->value == c->value;
	if (p->failed && same)
		return; /* until the adapter or the wish is another */
	p->failed = false;
	if (p->tag || e->ch[c->chassis].read_at < p->reread) {
		/* One is under way. A reading meanwhile may have shown all that will be new:
		 * the next plan, which sees what became of it, does not come by itself. */
		fm_plan_soon(e, MR_NS_PER_S);
		return;
	}
	if (p->wanted && same && !p->approval == !approval) {
		if (p->approved)
			go(e, p); /* what it waited for may have gone */
		return;
	}
	if (p->approval)
		forget(e, p);
	p->wanted = true;
	p->op = op;
	p->value = c->value;
	if (approval)
		ask(e, p);
	else
		go(e, p);
}

/* The management host enabled the VFs of a PF, or did not: the operation looks. */
void fm_prov_ack(struct fm_engine *e, const struct fm_inflight *f,
		 const struct fm_agent_ack *ack)
{
	struct fm_prov *p = &e->prov[f->key];

	if (p->tag != f->tag)
		return;
	p->tag = 0;
	p->until = MR_NEVER;
	if (ack->reason != MR_REASON_OK)
		fm_log(e, 2,
		       "enable-vfs of adapter %s by the management host: '%s'; the switch "
		       "sets them",
		       name_of(e, p), ack->detail);
	if (!p->wanted)
		p->told = 0;
	go(e, p);
}

/* PROVISION or MODE ended: the adapter is read again. */
void fm_prov_result(struct fm_engine *e, const struct fm_inflight *f,
		    const struct fm_op_result *r)
{
	struct fm_prov *p = &e->prov[f->key];
	char to[16];

	p->tag = 0;
	if (r->end == FM_OP_DONE) {
		if (p->approval)
			fm_note(e, MR_REASON_OK, name_of(e, p), "the %s was changed to %s",
				what(p), target(e, p, to, sizeof(to)));
		forget(e, p);
		p->reread = e->next_op;
	} else {
		fm_log(e, 2, "%s of adapter port %u: '%s'; %s", fm_op_kind_name(p->op), p->port,
		       r->detail,
		       p->tries < FM_TRIES_MAX ? "it is tried again" : "it is given up");
		if (p->tries >= FM_TRIES_MAX) {
			forget(e, p);
			p->failed = true;
			p->reread = e->next_op;
		} else {
			p->until = e->now.mono_ns + fm_pause_ns(p->tries++);
			fm_timer_set(e, FM_TM_PROV, f->key, p->until);
		}
	}
	fm_ch_observe(e, p->chassis);
}

/* The pause after a failure ended, the approval came, or the management host does not answer.
 */
void fm_prov_timer(struct fm_engine *e, unsigned i)
{
	struct fm_prov *p = i < e->provs ? &e->prov[i] : NULL;

	if (!p || p->until == MR_NEVER || p->until > e->now.mono_ns)
		return;
	p->until = MR_NEVER;
	if (p->tag) {
		fm_inflight_del(e, p->tag);
		p->tag = 0;
	}
	go(e, p);
}
