// SPDX-License-Identifier: Apache-2.0
/*
 * What the chassis says about functions while they run: what their host did to them, and what
 * the adapter did by itself. They are looked at again, or activated once more.
 */
#include "fabric-manager/engine/chassis/running.h"

#include "fabric-manager/engine/chassis/chassis.h"
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/out.h"
#include "fabric-manager/engine/state/seen.h"
#include "fabric-manager/engine/state/wanted.h"

/* The host powered a slot off, or on again. */
void fm_ch_slot_power(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	struct fm_place p = {FM_WAY_SYNTHETIC, ev->port, ev->bridge, 0, 0};
	struct fm_asg *a = fm_asg_by_place(e, ev->chassis, &p);

	if (!a || a->a.going || a->step != FM_STEP_NONE)
		return;
	if (!ev->value) {
		a->bound = false;
		fm_asg_why(e, a, MR_REASON_DEVICE_GONE, "%s powered the slot %u off", a->a.host,
			   ev->bridge);
		if (fm_phase_allowed(a->a.phase, FM_PHASE_DEGRADED))
			fm_asg_phase(e, a, FM_PHASE_DEGRADED, 0);
	} else if (a->a.phase == FM_PHASE_DEGRADED) {
		a->step = FM_STEP_ACTIVATE;
		fm_asg_poke(e, a);
	}
}

/* SR-PCIM wrote the State Array. */
void fm_ch_vf_state(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	struct fm_asg *a = fm_asg_by_fn(e, ev->fn);

	if (!a || a->a.going || a->step != FM_STEP_NONE || !fm_asg_runs(a))
		return;
	a->step = FM_STEP_READ_BACK; /* what the host did to a running function is looked at */
	fm_asg_poke(e, a);
}

/* The adapter reset a function that stood still: what runs there has to be set up again, and
 * the host's agent looks whether it was. Without an agent nobody can be asked. */
void fm_ch_watchdog(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	struct fm_asg *a = fm_asg_by_fn(e, ev->fn);
	char name[FM_ASSIGNMENT_TEXT], fn[FM_FN_TEXT];

	fm_note(e, MR_REASON_TIMEOUT,
		a ? fm_assignment_text(&a->a, name) : fm_fn_text(&e->inv, ev->fn, fn),
		"stood still for %llu ms: its watchdog reset it",
		(unsigned long long)ev->value);
	if (!a || a->a.going || a->step != FM_STEP_NONE ||
	    (a->a.phase != FM_PHASE_ACTIVE && a->a.phase != FM_PHASE_DEGRADED))
		return;
	fm_asg_why(e, a, MR_REASON_TIMEOUT, "its watchdog reset it after %llu ms",
		   (unsigned long long)ev->value);
	if (a->a.phase == FM_PHASE_ACTIVE)
		fm_asg_phase(e, a, FM_PHASE_DEGRADED, 0);
	a->step = FM_STEP_ACTIVATE;
	fm_asg_poke(e, a);
}

/* No request of a PF's driver has a meaning yet; it stays in the mailbox, which rings once. */
void fm_ch_mailbox(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, ev->chassis, ev->fn.port);
	char name[FM_ROOT_TEXT];

	fm_note(e, MR_REASON_UNSUPPORTED, d ? d->name : e->chassis_name[ev->chassis],
		"pf%u of host %s sent a request to its mailbox; it is not answered", ev->fn.pf,
		fm_root_text(e, ev->chassis, ev->port, name));
}

/* The management host asked for what would have ended functions of other hosts (class Count, by
 * nobody's approval): the switch held it, and nothing changed. */
void fm_ch_held(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	static const char *const what[] = {"to stop VFs", "to reset a PF", "to power a PF down",
					   "to lift access control"};
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, ev->chassis, ev->port);

	fm_note(e, MR_REASON_NEEDS_APPROVAL, d ? d->name : e->chassis_name[ev->chassis],
		"the management host %s asked %s while hosts have functions of it: held",
		e->inv.chassis[ev->chassis].root_name,
		ev->value < MR_ARRAY_SIZE(what) ? what[ev->value] : "for something");
}

/* VF Enable changed in a VH: the slots of its LVFs may be others now. In VH 0 it was the
 * management host, or we were; whose VFs are gone is read, and planned for. */
void fm_ch_vf_enable(struct fm_engine *e, const struct fm_chassis_event *ev)
{
	struct fm_asg *a;

	if (!ev->port && e->inv.chassis[ev->chassis].root_port) {
		fm_ch_observe(e, ev->chassis);
		return;
	}
	FM_FOREACH_ASG(e, a)
	{
		if (!a->a.has_fn || a->a.place.way != FM_WAY_LVF ||
		    a->a.chassis != ev->chassis || a->a.place.port != ev->port ||
		    a->a.fn.port != ev->fn.port)
			continue;
		if (a->step != FM_STEP_NONE || a->resume) {
			fm_ch_observe(e, ev->chassis); /* what is under way is not disturbed */
			continue;
		}
		a->step = FM_STEP_READ_BACK;
		fm_asg_poke(e, a);
	}
}
