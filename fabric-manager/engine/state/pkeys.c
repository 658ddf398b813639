// SPDX-License-Identifier: Apache-2.0
/* Partitions that are wanted against those that are there: see the header. */
#include "fabric-manager/engine/state/pkeys.h"

#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/out.h"

/* A full member is a limited one too. */
static bool is_member(const struct fm_agent_fn *f, uint16_t want)
{
	for (unsigned i = 0; i < f->pkeys; i++)
		if (!((f->pkey[i] ^ want) & ~MR_PKEY_FULL) &&
		    (f->pkey[i] & MR_PKEY_FULL || !(want & MR_PKEY_FULL)))
			return true;
	return false;
}

/* What the port lacks, in words; false when it lacks nothing. */
static bool lacks(const struct fm_agent_fn *f, const uint16_t *want, struct mr_buf *out)
{
	unsigned n = 0;

	for (unsigned i = 0; i < MR_VF_PKEYS && want[i]; i++)
		if (!is_member(f, want[i]))
			mr_buf_printf(out, "%s0x%04x",
				      n++ ? ", " : "its port is not in partition ", want[i]);
	for (unsigned i = 0; n && i < f->pkeys; i++)
		mr_buf_printf(out, "%s0x%04x", i ? ", " : "; it is in ", f->pkey[i]);
	if (n && !f->pkeys)
		mr_buf_puts(out, "; it is in none");
	return n;
}

/* Says PKEY_MISSING, or that it is no more so: see the header. */
void fm_pkeys_check(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_agent_fn *f;
	struct mr_buf why = {0};
	char name[FM_ASSIGNMENT_TEXT];
	bool said = a->a.reason == MR_REASON_PKEY_MISSING;

	if ((!a->pkey[0] && !said) || a->a.phase != FM_PHASE_ACTIVE ||
	    (!said && a->a.reason != MR_REASON_OK))
		return;
	f = fm_host_reported(fm_host(e, a->a.host, false), &a->a.place);
	if (!f || !f->pkeys_told)
		return;
	if (lacks(f, a->pkey, &why)) {
		if (!said)
			fm_note(e, MR_REASON_PKEY_MISSING, fm_assignment_text(&a->a, name),
				"%s", mr_buf_text(&why));
		if (!said || !mr_streq(a->a.detail, mr_buf_text(&why))) {
			fm_asg_why(e, a, MR_REASON_PKEY_MISSING, "%s", mr_buf_text(&why));
			fm_asg_dirty(e, a);
		}
	} else if (said) {
		fm_note(e, MR_REASON_OK, fm_assignment_text(&a->a, name),
			"its port is in all partitions that are wanted");
		fm_asg_why(e, a, MR_REASON_OK, "%s", "");
		fm_asg_dirty(e, a);
	}
	mr_buf_done(&why);
}

/* Nothing else is the matter with it. */
void fm_pkeys_settle(struct fm_engine *e, struct fm_asg *a)
{
	if (a->a.reason != MR_REASON_PKEY_MISSING)
		fm_asg_why(e, a, MR_REASON_OK, "%s", "");
	fm_pkeys_check(e, a);
}
