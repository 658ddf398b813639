/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Functions whose engine stands still: their registers answer, but no queue runs and nothing is
 * sent, until a reset. Where the adapter has a watchdog (VF_CLASS0 of a GPU) and the manager
 * set it, the adapter itself resets such a VF after that time, and says so.
 */
#include <errno.h>
#include <linux/pci_regs.h>

#include "sim/model/internal.h"

static int64_t timeout_ns(const struct sim_adapter *a, const struct sim_mvf *m)
{
	if (!(sim_model_caps(&a->m) & MR_CT_CAP_WATCHDOG))
		return 0;
	return (int64_t)(m->nv.class0 >> 32) * MR_NS_PER_MS;
}

/* When the watchdog of a VF that stands still fires; again after its time was changed. */
void sim_stall_arm(struct sim_chassis *c, const struct sim_adapter *a, unsigned p, unsigned v)
{
	const struct sim_mvf *m = sim_mvf(a, p, v);
	int64_t takes = timeout_ns(a, m), at = m->fn.stalled_at + takes;

	if (m->fn.stalled && takes)
		sim_due_add(c, at > c->now.mono_ns ? at : c->now.mono_ns, SIM_DUE_WATCHDOG,
			    a->port, (uint64_t)p << 16 | v);
}

/* A watchdog may fire now: the VF is reset as by its FLR, its assignment and device memory
 * stay. */
void sim_stall_due(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v)
{
	struct sim_mvf *m = sim_mvf(a, p, v);
	int64_t takes = timeout_ns(a, m);

	if (!m->fn.stalled || !takes || m->fn.stalled_at + takes > c->now.mono_ns)
		return; /* it was reset meanwhile, or the time was changed */
	sim_mvf_host_reset(c, a, m);
	sim_event_push(c, MR_EV_WATCHDOG, a->port, 0, 0, (uint64_t)p << 16 | v,
		       (uint64_t)(takes / MR_NS_PER_MS));
}

/* A VF stands still from now on: chassis.h. */
int sim_vf_stall(struct sim_chassis *c, struct mr_now now, uint16_t port, uint16_t pf,
		 uint16_t vf)
{
	struct sim_adapter *a;
	struct sim_loc l;
	struct sim_fn *f;

	sim_chassis_step(c, now);
	a = port <= c->ports ? sim_adapter_at(c, port) : NULL;
	if (!a || pf >= a->m.pfs || vf >= a->m.vfs)
		return -ENOENT;
	l = sim_loc_vf(a, pf, vf);
	f = l.fn;
	if (!sim_loc_answers(c, &l) || !(f->command & PCI_COMMAND_MASTER))
		return -ENODEV;
	if (f->stalled)
		return -EALREADY;
	f->stalled = true;
	f->stalled_at = c->now.mono_ns;
	sim_stall_arm(c, a, pf, vf);
	return 0;
}
