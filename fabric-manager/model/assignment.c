/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The phase table of an assignment (HANDOVER 5), names of phases and of assignments.
 *
 * The table is the shape of the promise: no arrow leads from a phase in which a host may reach
 * the function to one in which another host may, except through Fenced, DrainingIO and
 * Resetting.
 */
#include "fabric-manager/model/assignment.h"

#include <stddef.h>

#include "common/str.h"
#include "common/xalloc.h"

static const char *const phase_names[] = {
#define X(name, text) text,
	FM_PHASES(X)
#undef X
};

/* The phase as it is printed, "?" for a number that is none. */
const char *fm_phase_name(enum fm_phase p)
{
	return (size_t)p < MR_ARRAY_SIZE(phase_names) ? phase_names[p] : "?";
}

/* The phase of a printed name, or -1. */
int fm_phase_parse(const char *s)
{
	for (unsigned i = 0; i < FM_PHASE_COUNT; i++)
		if (mr_streq(s, phase_names[i]))
			return (int)i;
	return -1;
}

#define TO(phase) (1u << FM_PHASE_##phase)

/* Phases that each phase may be followed by. */
static const uint32_t arrows[FM_PHASE_COUNT] = {
	/* No function is held; what cannot be placed stays here with its reason. Released: the
	 * claim went away before it was placed. */
	[FM_PHASE_PENDING] = TO(RESERVED) | TO(RELEASED),

	/*
	 * Function, identities and data are locked in the store, the hardware is untouched:
	 * back to Pending or Released costs nothing. A function that is not known to be reset
	 * is reset first; one that is found mapped against all books is cut first (Fenced).
	 */
	[FM_PHASE_RESERVED] = TO(RESETTING) | TO(CONFIGURED) | TO(PENDING) | TO(RELEASED) |
			      TO(FENCED) | TO(QUARANTINED),

	/*
	 * The way up. Configured and not yet mapped: no host reached it, so what is withdrawn
	 * only loses its attributes (Resetting); Fenced where a lost answer leaves open whether
	 * it was mapped. From Mapped on a host may have used it, so it leaves by Releasing with
	 * the host's help or by Fenced without.
	 */
	[FM_PHASE_CONFIGURED] = TO(MAPPED) | TO(RESETTING) | TO(FENCED) | TO(QUARANTINED),
	[FM_PHASE_MAPPED] = TO(ACTIVATING) | TO(QUIESCING) | TO(RELEASING) | TO(FENCED) |
			    TO(DEGRADED) | TO(FAILED),
	/* Back to Mapped: the host has it bound, and its gate stays closed (an `ha` pair). */
	[FM_PHASE_ACTIVATING] = TO(MAPPED) | TO(ACTIVE) | TO(DEGRADED) | TO(FAILED) |
				TO(QUIESCING) | TO(RELEASING) | TO(FENCED),
	/* Releasing at once: drain mode none, or the host said good-bye. */
	[FM_PHASE_ACTIVE] = TO(QUIESCING) | TO(RELEASING) | TO(FENCED) | TO(DEGRADED) |
			    TO(FAILED) | TO(ACTIVATING),

	/*
	 * Before the point of no return: back to Active (nothing was unbound), to Activating
	 * (the host has to bind it again), or to the shortfall that it had.
	 */
	[FM_PHASE_QUIESCING] = TO(RELEASING) | TO(FENCED) | TO(ACTIVE) | TO(ACTIVATING) |
			       TO(DEGRADED) | TO(FAILED),
	[FM_PHASE_RELEASING] =
		TO(FENCED) | TO(ACTIVE) | TO(ACTIVATING) | TO(DEGRADED) | TO(FAILED),

	/*
	 * The point of no return is behind: forward, or quarantine. Fenced and DrainingIO keep
	 * I2: nothing new is accepted, what was outstanding ends before the reset.
	 */
	[FM_PHASE_FENCED] = TO(DRAINING_IO) | TO(QUARANTINED),
	[FM_PHASE_DRAINING_IO] = TO(RESETTING) | TO(QUARANTINED),

	/*
	 * Only a confirmed reset leads on: to the next owner's configuration, to the same
	 * claim's new function (Reserved) or to waiting for one (Pending), or to the end.
	 */
	[FM_PHASE_RESETTING] =
		TO(CONFIGURED) | TO(RELEASED) | TO(RESERVED) | TO(PENDING) | TO(QUARANTINED),

	/*
	 * Mapped with a shortfall (link down, agent away, drift), or mapped and of no use (the
	 * driver refused). A host may still reach the function, so both heal, or leave as
	 * Active does.
	 */
	[FM_PHASE_DEGRADED] = TO(ACTIVE) | TO(ACTIVATING) | TO(QUIESCING) | TO(RELEASING) |
			      TO(FENCED) | TO(FAILED),
	[FM_PHASE_FAILED] = TO(ACTIVE) | TO(ACTIVATING) | TO(QUIESCING) | TO(RELEASING) |
			    TO(FENCED) | TO(DEGRADED),

	/*
	 * The function is blocked both ways and no rung of the reset ladder confirmed. Another
	 * try resets it; or the claim goes on without it (the function keeps its own record of
	 * the quarantine, HANDOVER 5: identity and data are free).
	 */
	[FM_PHASE_QUARANTINED] = TO(RESETTING) | TO(RESERVED) | TO(PENDING) | TO(RELEASED),

	/* The end. A claim that comes back gets a new assignment. */
	[FM_PHASE_RELEASED] = 0,
};

/* Whether the phase table has an arrow from 'from' to 'to'. Staying is no arrow. */
bool fm_phase_allowed(enum fm_phase from, enum fm_phase to)
{
	if ((size_t)from >= FM_PHASE_COUNT || (size_t)to >= FM_PHASE_COUNT)
		return false;
	return arrows[from] >> to & 1;
}

/* Writes "PROFILE/DEVICE" or, of several, "PROFILE/DEVICE/INDEX" into 'buf' of
 * FM_ASSIGNMENT_TEXT bytes. Returns 'buf'. */
const char *fm_assignment_text(const struct fm_assignment *a, char *buf)
{
	if (a->count > 1)
		mr_fmt(buf, FM_ASSIGNMENT_TEXT, "%s/%s/%u", a->profile, a->device, a->index);
	else
		mr_fmt(buf, FM_ASSIGNMENT_TEXT, "%s/%s", a->profile, a->device);
	return buf;
}
