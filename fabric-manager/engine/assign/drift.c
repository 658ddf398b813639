// SPDX-License-Identifier: Apache-2.0
/*
 * What changed behind our back: the chassis are read again at the interval of FabricPolicy, and
 * what a mapped function shows is compared with what is intended. A difference is said once;
 * with `drift.action: Correct` it is written again, a few times in a row at most: who sets it
 * back each time is not fought for ever. A gate that reads closed is opened in any case.
 *
 * What somebody did in the host itself is known from its agent: a driver that was unbound is
 * bound again (ACTIVATE), an address that was set there is only reported.
 */
#include "fabric-manager/engine/assign/drift.h"

#include "fabric-manager/engine/assign/assign.h"
#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/timers.h"
#include "fabric-manager/model/drift.h"

static const struct fm_drift_policy *policy(const struct fm_engine *e)
{
	static const struct fm_drift_policy report = {.interval_ns = 30 * MR_NS_PER_S};

	return e->desired ? &e->desired->drift : &report;
}

/* What the agent of its host says of it now; NULL: there is none, or it says nothing. */
static const struct fm_agent_fn *reported(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_hst *h = fm_host_of((struct fm_engine *)e, a);

	return h && h->session && h->session->synced ? fm_host_reported(h, &a->a.place) : NULL;
}

/* The same bits, of what is done in the host. */
static uint32_t host_drift(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_agent_fn *r = reported(e, a);
	bool none = mr_streq(a->a.driver, "none");
	uint32_t d = 0;

	if (!r)
		return 0;
	if (r->ident0 && a->a.attrs.ident0 && r->ident0 != a->a.attrs.ident0)
		d |= 1u << FM_DRIFT_HOST_IDENTITY;
	if (a->bound && !none && a->driven == fm_place_key(a->a.chassis, &a->a.place) &&
	    (!r->driver[0] || (a->a.driver[0] && !mr_streq(r->driver, a->a.driver))))
		d |= 1u << FM_DRIFT_DRIVER;
	return d;
}

/* Bits of what is read of a mapped function and is not as intended; 0 = nothing. */
uint32_t fm_drift(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);
	uint32_t d;

	if (!f || a->a.place.way == FM_WAY_DEVICE || !fm_asg_in_use(e, a) || a->a.standby ||
	    a->tag || a->step != FM_STEP_NONE || policy(e)->action == FM_DRIFT_IGNORE)
		return 0;
	d = fm_attrs_drift(&f->attrs, &a->a.attrs);
	if (!f->gate_open)
		d |= 1u << FM_DRIFT_GATE;
	d |= host_drift(e, a);
	return d & ~policy(e)->ignore;
}

/* One of them in words: what is read, what is intended. */
void fm_drift_text(const struct fm_engine *e, const struct fm_asg *a, enum fm_drift d,
		   char *reads, char *intended, size_t size)
{
	const struct fm_fn *f = fm_fn_get(&e->inv, a->a.fn);
	const struct fm_agent_fn *r = reported(e, a);

	if (d == FM_DRIFT_GATE) {
		mr_fmt(reads, size, "%s", "closed");
		mr_fmt(intended, size, "%s", "open");
		return;
	}
	if (d == FM_DRIFT_HOST_IDENTITY && r) {
		mr_fmt(reads, size, "%llx", (unsigned long long)r->ident0);
		mr_fmt(intended, size, "%llx", (unsigned long long)a->a.attrs.ident0);
		return;
	}
	if (d == FM_DRIFT_DRIVER && r) {
		mr_fmt(reads, size, "%s", r->driver[0] ? r->driver : "none");
		mr_fmt(intended, size, "%s", a->a.driver[0] ? a->a.driver : "the kernel's");
		return;
	}
	fm_attrs_drift_text(&f->attrs, d, reads, size);
	fm_attrs_drift_text(&a->a.attrs, d, intended, size);
}

/* All of them in one sentence. */
void fm_drift_sentence(const struct fm_engine *e, const struct fm_asg *a, uint32_t drift,
		       struct mr_buf *out)
{
	char reads[FM_DRIFT_TEXT], intended[FM_DRIFT_TEXT];

	for (unsigned i = 0; i < FM_DRIFT_COUNT; i++) {
		if (!(drift >> i & 1))
			continue;
		fm_drift_text(e, a, (enum fm_drift)i, reads, intended, sizeof(reads));
		mr_buf_printf(out, "%s%s reads %s, intended %s", out->len ? "; " : "",
			      fm_drift_name((enum fm_drift)i), reads, intended);
	}
}

#define NOT_WRITTEN (1u << FM_DRIFT_GATE | 1u << FM_DRIFT_HOST_IDENTITY)

/* Writes what is intended once more, but on an adapter that is suspended; when only the host's
 * driver differs, its agent is asked to bind it. */
static void correct(struct fm_engine *e, struct fm_asg *a)
{
	uint32_t d = fm_drift(e, a) & ~NOT_WRITTEN;
	char name[FM_ASSIGNMENT_TEXT];

	if (policy(e)->action != FM_DRIFT_CORRECT ||
	    fm_adapter_suspended(e->desired, a->a.fn.chassis, a->a.fn.port) || !d)
		return;
	if (a->corrections == FM_TRIES_MAX) {
		fm_note(e, MR_REASON_CONFLICT, fm_assignment_text(&a->a, name),
			"alarm: drift comes back after %u corrections; it is only reported "
			"until "
			"it is over",
			a->corrections);
		a->corrections++;
	}
	if (a->corrections > FM_TRIES_MAX)
		return;
	a->corrections++;
	if (d != 1u << FM_DRIFT_DRIVER) {
		fm_asg_update(e, a, &a->a.attrs);
		return;
	}
	a->bound = false;
	a->step = FM_STEP_ACTIVATE;
	fm_asg_poke(e, a);
}

/* Says so once, and when it is over; corrects it where the policy says so. */
void fm_drift_report(struct fm_engine *e, struct fm_asg *a)
{
	uint32_t d = fm_drift(e, a);
	char name[FM_ASSIGNMENT_TEXT];
	struct mr_buf why = {0};

	if (!d) {
		if (a->drifted)
			fm_note(e, MR_REASON_OK, fm_assignment_text(&a->a, name),
				"drift is over");
		a->drifted = false;
		a->corrections = 0;
		return;
	}
	fm_drift_sentence(e, a, d, &why);
	if (!a->drifted)
		fm_note(e, MR_REASON_CONFLICT, fm_assignment_text(&a->a, name), "drift: %s",
			mr_buf_text(&why));
	mr_buf_done(&why);
	a->drifted = true;
	correct(e, a);
}

/* Reads each chassis again; what differs is reported by the join. */
void fm_drift_timer(struct fm_engine *e)
{
	for (unsigned i = 0; i < e->inv.n; i++)
		if (e->ch[i].state == FM_CH_READY && !e->ch[i].tag && !e->store_down &&
		    policy(e)->action != FM_DRIFT_IGNORE)
			fm_ch_observe(e, i);
	e->drift_at = e->now.mono_ns + policy(e)->interval_ns;
	fm_timer_set(e, FM_TM_DRIFT, 0, e->drift_at);
}

/* The policy may be another one: a shorter interval begins now. */
void fm_drift_policy_changed(struct fm_engine *e)
{
	int64_t at = e->now.mono_ns + policy(e)->interval_ns;

	if (e->drift_at == MR_NEVER || at >= e->drift_at)
		return;
	e->drift_at = at;
	fm_timer_set(e, FM_TM_DRIFT, 0, at);
}
