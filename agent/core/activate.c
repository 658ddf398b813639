/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ACTIVATE: a function was mapped. It arrives (by its slot's presence, or by the State Array:
 * MigrateIn -> Available, read back, then reset by us: a clean start), gets the driver that was
 * asked for, and shows the identity that was programmed; then the hooks run and the function as
 * it is then goes back with the acknowledgement. What is so already is not written.
 */
#include <errno.h>

#include "agent/core/priv.h"
#include "common/pci/regmap.h"
#include "common/str.h"

static void later(struct ag_core *c, struct ag_job *j, const char *what)
{
	ag_job_wait(j, "%s", what);
	ag_job_later(c, j);
}

/* The slot of the State Array was written (or refused); true = go on, the function is ours. */
static void judge_available(struct ag_core *c, struct ag_job *j)
{
	if (j->err && j->err != -EAGAIN) {
		ag_job_refused(c, j);
		return;
	}
	if (!j->err && j->value == MR_VF_AVAILABLE) {
		j->step = 1;
		return;
	}
	ag_job_wait(j, "slot %u to offer the function, it reads %s", j->cmd.place.slot,
		    j->err			  ? "nothing"
		    : j->value <= MR_VF_AVAILABLE ? mr_vf_state_name((enum mr_vf_state)j->value)
						  : "no state");
	ag_job_later(c, j);
}

/* Step 0 until the slot reads Available, 1 until the kernel shows the function. */
static bool lvf_arrived(struct ag_core *c, struct ag_job *j)
{
	const struct ag_fn *pf = ag_look_pf(c, &j->cmd.place), *f;

	if (!j->cmd.place.slot) {
		ag_job_end(c, j, MR_REASON_INVALID, NULL, "a VF slot counts from 1");
		return false;
	}
	if (j->result == AG_WR_VF_STATE) {
		judge_available(c, j);
		if (j->over || !j->step)
			return false;
	}
	if (ag_look_at(c, &j->cmd.place, &f)) {
		if (f->driver[0] || j->reset)
			return true;
		j->reset = true;
		ag_job_write(c, j, AG_WR_RESET, f, 0, NULL);
	} else if (!pf || !pf->vf_migration) {
		later(c, j, "a PF with VF migration");
	} else if (j->cmd.place.slot > pf->numvfs) {
		later(c, j, "VFs to be enabled");
	} else if (!j->step && ag_job_may_write(c, j)) {
		ag_job_write(c, j, AG_WR_VF_STATE, pf, MR_VF_AVAILABLE, NULL);
	} else if (j->step) {
		later(c, j, "the function to appear");
	} else {
		ag_job_later(c, j);
	}
	return false;
}

/* A slot that was powered off by its last release may need to be asked once. */
static bool slot_arrived(struct ag_core *c, struct ag_job *j)
{
	const struct ag_slot *s = ag_look_slot(c, &j->cmd.place);
	const struct ag_fn *f;

	if (ag_look_at(c, &j->cmd.place, &f))
		return true;
	if (s && !s->power && j->step == 1 && ag_job_may_write(c, j)) {
		j->step = 2;
		ag_job_write(c, j, AG_WR_SLOT_POWER, NULL, 1, s->name);
		return false;
	}
	if (!j->step)
		j->step = 1;
	later(c, j, s ? "the function to appear" : "a slot to appear");
	return false;
}

static bool stub(const char *driver)
{
	return mr_streq(driver, "vfio-pci") || mr_streq(driver, "pci-pf-stub");
}

/* Bit of a function behind its slot. */
static uint8_t bit_of(const struct ag_job *j, const struct ag_fn *f)
{
	return j->cmd.place.way == AG_WAY_LVF ? 1 : (uint8_t)(1 << (f->place.pf & 7));
}

static bool driver_fits(const struct ag_job *j, const struct ag_fn *f)
{
	if (mr_streq(j->cmd.driver, "none"))
		return !f->driver[0];
	if (j->cmd.driver[0])
		return mr_streq(f->driver, j->cmd.driver);
	return f->driver[0] ? !stub(f->driver) : j->probed & bit_of(j, f);
}

/* One write towards the driver that was asked for. */
static void toward_driver(struct ag_core *c, struct ag_job *j, const struct ag_fn *f)
{
	uint8_t bit = bit_of(j, f);

	if (f->driver[0]) {
		if (j->probed & bit)
			ag_job_end(c, j, MR_REASON_DRIVER_REFUSED, f->driver,
				   "'%s' took it instead of '%s'", f->driver, j->cmd.driver);
		else if (!ag_refuse_users(c, j))
			ag_unbind(c, j, f);
	} else if (!(j->overridden & bit)) {
		j->overridden |= bit;
		ag_job_write(c, j, AG_WR_OVERRIDE, f, 0, j->cmd.driver);
	} else if (!(j->probed & bit)) {
		j->probed |= bit;
		ag_job_write(c, j, AG_WR_PROBE, f, 0, NULL);
	} else {
		ag_job_end(c, j, MR_REASON_DRIVER_REFUSED, NULL, "driver '%s' does not bind",
			   j->cmd.driver);
	}
}

static bool bound(struct ag_core *c, struct ag_job *j)
{
	const struct ag_fn *f;
	unsigned n = ag_look_at(c, &j->cmd.place, &f);

	if ((j->result == AG_WR_UNBIND || j->result == AG_WR_OVERRIDE) && j->err &&
	    j->err != -ENODEV) {
		ag_job_refused(c, j);
		return false;
	}
	for (; n; n--, f++)
		if (!f->place.slot == (j->cmd.place.way != AG_WAY_LVF) && !driver_fits(j, f)) {
			toward_driver(c, j, f);
			return false;
		}
	return true;
}

/* Classes whose class device always tells its address: Ethernet and InfiniBand. */
static bool tells_identity(const struct ag_fn *f)
{
	return f->name[0] && (f->class_code >> 8 == 0x0200 || f->class_code >> 8 == 0x0207);
}

/* Whether the host reads what was programmed. A driver that reads it late gets its time. */
static bool ident_fits(struct ag_core *c, struct ag_job *j)
{
	const struct ag_fn *f;

	if (!j->cmd.ident0 || !ag_look_at(c, &j->cmd.place, &f) || f->ident0 == j->cmd.ident0 ||
	    (!f->ident0 && !tells_identity(f)))
		return true;
	if (!f->ident0) {
		later(c, j, "an identity to show");
		return false;
	}
	ag_job_end(c, j, MR_REASON_CONFLICT, f->name, "'%s' reads %012llx, %012llx was set",
		   f->name, (unsigned long long)f->ident0, (unsigned long long)j->cmd.ident0);
	return false;
}

void ag_activate(struct ag_core *c, struct ag_job *j)
{
	bool lvf = j->cmd.place.way == AG_WAY_LVF;
	const struct ag_fn *f;

	if (!(lvf ? lvf_arrived(c, j) : slot_arrived(c, j)) || !bound(c, j) ||
	    !ident_fits(c, j))
		return;
	ag_look_at(c, &j->cmd.place, &f);
	if (!j->hooked) {
		j->hooked = true;
		ag_job_write(c, j, AG_WR_HOOKS, f, 0, "activate");
	} else if (j->result == AG_WR_HOOKS && j->err) {
		ag_job_end(c, j, MR_REASON_DRIVER_REFUSED, "hook",
			   "an activate hook failed (%d)", -j->err);
	} else {
		ag_job_end(c, j, MR_REASON_OK, NULL, "%s",
			   f->driver[0] ? f->driver : "no driver is bound");
	}
}
