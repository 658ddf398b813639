/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the commands do next, each a function from (last scan, how the last write ended) to one
 * write, one answer, or waiting. QUIESCE, RELEASE, ENABLE_VFS, CONFIRM_GONE here; ACTIVATE in
 * activate.c.
 *
 * A slot of a State Array changes on command only: what the MR-PCIM asks by MigrateIn or
 * MigrateOut alone is looked at and waits, because only the command carries the epochs that
 * fence it (HANDOVER 5, 8). Unlike the SR-PCIM that Linux once had, every slot is looked at,
 * whatever InitialVFs says (facts/mriov.md 1.7).
 */
#include <errno.h>

#include "agent/core/priv.h"
#include "common/mutant.h"
#include "common/pci/regmap.h"
#include "common/str.h"

#define UNBINDS_MAX 16 /* 8 functions behind a slot, each twice */
#define POWERS_MAX  5  /* AG_POLL_NS apart: longer than a slot takes to go off */

bool ag_refuse_users(struct ag_core *c, struct ag_job *j)
{
	const struct ag_fn *f;
	unsigned n = ag_look_at(c, &j->cmd.place, &f);

	for (; n; n--, f++) {
		if (f->carries_agent) {
			ag_job_end(c, j, MR_REASON_BUSY, "agent",
				   "the agent's own connection runs over it");
			return true;
		}
		if (f->users[0] && !j->cmd.force) {
			ag_job_end(c, j, MR_REASON_BUSY, f->users, "in use: %s", f->users);
			return true;
		}
	}
	return false;
}

/* A PF whose VFs are on is not taken from its driver: that is a change of the count. */
static bool refuse_pf(struct ag_core *c, struct ag_job *j)
{
	const struct ag_fn *f;

	if (!ag_look_at(c, &j->cmd.place, &f) || !f->pf || !f->numvfs)
		return false;
	ag_job_end(c, j, MR_REASON_NOT_PERMITTED, f->driver,
		   "a PF with %u VFs enabled stays with its driver", f->numvfs);
	return true;
}

void ag_unbind(struct ag_core *c, struct ag_job *j, const struct ag_fn *f)
{
	if (j->unbinds++ >= UNBINDS_MAX)
		ag_job_end(c, j, MR_REASON_DRIVER_REFUSED, f->driver,
			   "driver '%s' is bound again and again", f->driver);
	else
		ag_job_write(c, j, AG_WR_UNBIND, f, 0, f->driver);
}

static const struct ag_fn *first_bound(const struct ag_core *c, const struct ag_place *p)
{
	const struct ag_fn *f;
	unsigned n = ag_look_at(c, p, &f);

	for (; n; n--, f++)
		if (f->driver[0])
			return f;
	return NULL;
}

/* An unbind that failed on a function that is still bound. */
static bool unbind_failed(struct ag_core *c, struct ag_job *j)
{
	if (j->result != AG_WR_UNBIND || !j->err || j->err == -ENODEV ||
	    !first_bound(c, &j->cmd.place))
		return false;
	ag_job_refused(c, j);
	return true;
}

/*
 * A refusal after the release hooks: they may have stopped a workload, and the function stays.
 * The activate hooks run before it is said. Not with force: then the function is cut, whatever
 * is said. Not where the fences or the deadline end the command: another owner is asked then,
 * or activates on the way back.
 */
bool ag_quiesce_restores(struct ag_core *c, struct ag_job *j, enum mr_reason reason,
			 const char *who, const char *detail)
{
	const struct ag_fn *f = first_bound(c, &j->cmd.place);

	if (j->cmd.verb != AG_QUIESCE || !j->hooked || j->cmd.force || j->restoring || !f ||
	    reason == MR_REASON_OK || reason == MR_REASON_TIMEOUT ||
	    reason == MR_REASON_STALE_EPOCH || reason == MR_REASON_STALE_OWNER ||
	    reason == MR_REASON_WRONG_SLOT)
		return false;
	j->restoring = true;
	j->why.reason = reason;
	mr_copy(j->why.who, sizeof(j->why.who), who);
	mr_copy(j->why.detail, sizeof(j->why.detail), detail);
	ag_job_write(c, j, AG_WR_HOOKS, f, 0, "activate");
	return true;
}

/* The activate hooks ended. One that failed is said as by ACTIVATE: the way back asks again. */
static void restored(struct ag_core *c, struct ag_job *j)
{
	if (j->err)
		ag_job_end(c, j, MR_REASON_DRIVER_REFUSED, "hook",
			   "an activate hook failed (%d), after: %s", -j->err, j->why.detail);
	else
		ag_job_end(c, j, j->why.reason, j->why.who, "%s", j->why.detail);
}

/* Check, ask, act (HANDOVER 12): users, hooks, users again, unbind. */
static void quiesce(struct ag_core *c, struct ag_job *j)
{
	const struct ag_fn *f = first_bound(c, &j->cmd.place);

	if (j->restoring) {
		if (j->result == AG_WR_HOOKS)
			restored(c, j);
		return;
	}
	if (refuse_pf(c, j) || (f && ag_refuse_users(c, j)))
		return;
	if (j->result == AG_WR_HOOKS && j->err && !j->cmd.force)
		ag_job_end(c, j, MR_REASON_BUSY, "hook", "a release hook says no (%d)",
			   -j->err);
	else if (unbind_failed(c, j))
		return;
	else if (!f)
		ag_job_end(c, j, MR_REASON_OK, NULL, "no driver is bound");
	else if (!j->hooked) {
		j->hooked = true;
		ag_job_write(c, j, AG_WR_HOOKS, f, 0, "release");
	} else
		ag_unbind(c, j, f);
}

/* Before the slot's state is given away: no driver, and a reset of its own (B5's note: FLR by
 * A before MigrateOut completes). */
static void leave_slot(struct ag_core *c, struct ag_job *j, const struct ag_fn *pf)
{
	const struct ag_fn *f;

	if (ag_look_at(c, &j->cmd.place, &f)) {
		if (ag_refuse_users(c, j) || unbind_failed(c, j))
			return;
		if (f->driver[0]) {
			ag_unbind(c, j, f);
			return;
		}
		if (!j->reset) {
			j->reset = true;
			ag_job_write(c, j, AG_WR_RESET, f, 0, NULL);
			return;
		}
	}
	j->step = 2;
	ag_job_write(c, j, AG_WR_VF_STATE, pf, MR_VF_UNAVAILABLE, NULL);
}

/* What the slot's state says once it was read; 'written' after we gave it away. */
static void judge_slot(struct ag_core *c, struct ag_job *j, const struct ag_fn *pf,
		       bool written)
{
	switch (j->value) {
	case MR_VF_UNAVAILABLE:
		j->step = 3;
		break;
	case MR_VF_AVAILABLE:
		ag_job_end(c, j, MR_REASON_CONFLICT, NULL,
			   "retracted: the slot reads Available, the function stays");
		break;
	case MR_VF_MIGRATE_OUT:
		if (!written) {
			j->step = 1;
			leave_slot(c, j, pf);
			break;
		}
		/* fall through */
	default:
		ag_job_end(c, j, MR_REASON_CONFLICT, NULL, "the slot reads %s",
			   j->value <= MR_VF_AVAILABLE
				   ? mr_vf_state_name((enum mr_vf_state)j->value)
				   : "no state");
	}
}

/* Step 0 read the state, 1 take the function from its driver, 2 Unavailable was written, 3 wait
 * until the kernel device is gone. */
static void release_lvf(struct ag_core *c, struct ag_job *j)
{
	const struct ag_fn *pf = ag_look_pf(c, &j->cmd.place), *f;
	bool answered = j->result == AG_WR_VF_STATE;

	if (!j->cmd.place.slot)
		ag_job_end(c, j, MR_REASON_INVALID, NULL, "a PF is not released, its VFs are");
	else if (!pf || !pf->vf_migration)
		ag_job_end(c, j, MR_REASON_NOT_FOUND, NULL, "no PF with VF migration there");
	else if (answered && j->err)
		ag_job_refused(c, j);
	else if (answered)
		judge_slot(c, j, pf, j->step == 2);
	else if (j->step == 0)
		ag_job_write(c, j, AG_WR_VF_STATE, pf, AG_VF_STATE_READ, NULL);
	else if (j->step == 1)
		leave_slot(c, j, pf);
	if (j->over || j->tag || j->step != 3)
		return;
	if (!ag_look_at(c, &j->cmd.place, &f))
		ag_job_end(c, j, MR_REASON_OK, NULL, "the slot reads Unavailable");
	else {
		ag_job_wait(j, "the kernel device to go");
		ag_job_later(c, j);
	}
}

static const struct ag_fn *pf_with_vfs(const struct ag_core *c, const struct ag_place *p)
{
	const struct ag_fn *f;
	unsigned n = ag_look_at(c, p, &f);

	for (; n; n--, f++)
		if (f->pf && f->numvfs)
			return f;
	return NULL;
}

/* The slot's power goes off: pciehp removes what is behind it. VFs of a whole device first, by
 * the count (facts/linux-host.md 2.1, M6). */
static void release_slot(struct ag_core *c, struct ag_job *j)
{
	const struct ag_slot *s = ag_look_slot(c, &j->cmd.place);
	const struct ag_fn *pf = pf_with_vfs(c, &j->cmd.place), *f;
	unsigned n = ag_look_at(c, &j->cmd.place, &f);

	if (!s)
		ag_job_end(c, j, MR_REASON_NOT_FOUND, NULL, "no such slot");
	else if (!s->power && !s->occupied && !n)
		ag_job_end(c, j, MR_REASON_OK, NULL, "the slot is empty and off");
	else if (ag_refuse_users(c, j))
		return;
	else if (j->result != AG_NO_WRITE && j->err && j->err != -ENODEV && j->err != -EBUSY)
		ag_job_refused(c, j);
	else if (j->result != AG_NO_WRITE && j->err)
		ag_job_later(c, j);
	else if (pf && ag_job_may_write(c, j) && j->result != AG_WR_NUMVFS)
		ag_job_write(c, j, AG_WR_NUMVFS, pf, 0, NULL);
	else if (s->power && !pf && ag_job_may_write(c, j) && j->result != AG_WR_SLOT_POWER)
		ag_job_write(c, j, AG_WR_SLOT_POWER, NULL, 0, s->name);
	else
		ag_job_later(c, j);
	if (!j->over && !j->tag)
		ag_job_wait(j, "slot %u to be empty", j->cmd.place.bridge);
}

static void release(struct ag_core *c, struct ag_job *j)
{
	if (MR_MUTANT(RELEASE_LIES))
		ag_job_end(c, j, MR_REASON_OK, NULL, "released");
	else if (j->cmd.place.way == AG_WAY_LVF)
		release_lvf(c, j);
	else
		release_slot(c, j);
}

/* Without a manager: VFs that came up are this host's own, they get their drivers. */
static void bind_all(struct ag_core *c, struct ag_job *j)
{
	for (unsigned i = 0; i < c->seen.fns; i++) {
		const struct ag_fn *f = &c->seen.fn[i];
		unsigned s = f->place.slot;

		if (f->place.port != j->cmd.place.port ||
		    f->place.bridge != j->cmd.place.bridge || f->place.pf != j->cmd.place.pf ||
		    !s || s >= 8 * sizeof(j->asked) || f->driver[0] ||
		    j->asked[s / 8] & 1 << s % 8)
			continue;
		j->asked[s / 8] |= (uint8_t)(1 << s % 8);
		ag_job_write(c, j, AG_WR_PROBE, f, 0, NULL);
		return;
	}
	ag_job_end(c, j, MR_REASON_OK, NULL, "VFs are enabled");
}

/* Step 0 autoprobe off, 1 count 0 (only with force), 2 count. */
static void enable_writes(struct ag_core *c, struct ag_job *j, const struct ag_fn *pf,
			  unsigned count)
{
	if (j->result != AG_NO_WRITE && j->err) {
		if (j->result == AG_WR_NUMVFS || j->result == AG_WR_AUTOPROBE) {
			ag_job_refused(c, j);
			return;
		}
	}
	if (!pf->driver[0] && !j->probed) {
		j->probed = 1;
		ag_job_write(c, j, AG_WR_PROBE, pf, 0, NULL);
	} else if (j->step == 0) {
		j->step = 1;
		ag_job_write(c, j, AG_WR_AUTOPROBE, pf, 0, NULL);
	} else if (pf->numvfs && ag_job_may_write(c, j) && j->result != AG_WR_NUMVFS) {
		ag_job_write(c, j, AG_WR_NUMVFS, pf, 0, NULL);
	} else if (!pf->numvfs && ag_job_may_write(c, j) &&
		   (j->result != AG_WR_NUMVFS || !j->value)) {
		ag_job_write(c, j, AG_WR_NUMVFS, pf, count, NULL);
	} else {
		ag_job_wait(j, "the VFs to be enabled");
		ag_job_later(c, j);
	}
}

/*
 * A PF comes by its slot's presence. Presence that changes while the kernel still turns the
 * slot off (RELEASE just before) is not noticed, so a slot that stays off is turned on, a poll
 * later than the first look: the kernel may do it by itself. It refuses (-ENODEV) while the
 * slot is changing or empty. Without a manager the slot stays as it is: somebody turned it off.
 */
static void await_pf(struct ag_core *c, struct ag_job *j)
{
	const struct ag_slot *s = ag_look_slot(c, &j->cmd.place);
	bool waited = j->retry && ag_job_may_write(c, j);

	if (j->result == AG_WR_SLOT_POWER && j->err && j->err != -ENODEV && j->err != -EBUSY) {
		ag_job_refused(c, j);
	} else if (j->cmd.op && s && !s->power && waited && j->result != AG_WR_SLOT_POWER &&
		   j->powers < POWERS_MAX) {
		j->powers++;
		ag_job_write(c, j, AG_WR_SLOT_POWER, NULL, 1, s->name);
	} else {
		ag_job_wait(j, "a PF to appear");
		ag_job_later(c, j);
	}
}

/*
 * NumVFs = TotalVFs, or what was asked of the PFs of VH 0; what is so already is not written
 * (class Count otherwise). Writing
 * the count of a PF that was removed under its VFs and came back brings Linux 6.1 down
 * (facts/linux-host.md 2.1, M6).
 */
static void enable_vfs(struct ag_core *c, struct ag_job *j)
{
	const struct ag_fn *pf = ag_look_pf(c, &j->cmd.place);
	unsigned count = !pf ? 0 : j->cmd.count ? j->cmd.count : pf->totalvfs;

	if (!pf) {
		await_pf(c, j);
	} else if (pf->orphans) {
		ag_job_end(c, j, MR_REASON_CONFLICT, pf->driver,
			   "VFs of a removed PF are left: the host needs a restart");
	} else if (!pf->totalvfs) {
		ag_job_end(c, j, MR_REASON_UNSUPPORTED, pf->driver, "the PF has no VFs");
	} else if (count > pf->totalvfs) {
		ag_job_end(c, j, MR_REASON_LIMIT, pf->driver,
			   "the PF has %u VFs, %u were asked", pf->totalvfs, count);
	} else if (pf->numvfs == count) {
		if (j->cmd.op)
			ag_job_end(c, j, MR_REASON_OK, NULL, "%u VFs", pf->numvfs);
		else
			bind_all(c, j);
	} else if (pf->numvfs && !j->cmd.force && !j->step) {
		ag_job_end(c, j, MR_REASON_NEEDS_APPROVAL, pf->driver,
			   "%u VFs are enabled, %u were asked: a change of the count",
			   pf->numvfs, count);
	} else {
		enable_writes(c, j, pf, count);
	}
}

/* For tombstones: only what a scan of this boot does not show is gone. */
static void confirm_gone(struct ag_core *c, struct ag_job *j)
{
	const struct ag_slot *s =
		j->cmd.place.way == AG_WAY_LVF ? NULL : ag_look_slot(c, &j->cmd.place);
	const struct ag_fn *f;

	if (ag_look_at(c, &j->cmd.place, &f) && !MR_MUTANT(GONE_LIES))
		ag_job_end(c, j, MR_REASON_BUSY, f->driver, "the kernel device is still there");
	else if (s && s->occupied)
		ag_job_end(c, j, MR_REASON_BUSY, NULL, "the slot is still occupied");
	else
		ag_job_end(c, j, MR_REASON_OK, NULL, "gone");
}

static void (*const verbs[AG_VERB_COUNT])(struct ag_core *, struct ag_job *) = {
	[AG_QUIESCE] = quiesce,		  [AG_RELEASE] = release,
	[AG_ACTIVATE] = ag_activate,	  [AG_ENABLE_VFS] = enable_vfs,
	[AG_CONFIRM_GONE] = confirm_gone,
};

/* The next move of a command on the last scan. */
void ag_verb_run(struct ag_core *c, struct ag_job *j)
{
	verbs[j->cmd.verb](c, j);
}
