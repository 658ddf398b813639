// SPDX-License-Identifier: Apache-2.0
/*
 * Who may write to a chassis (HANDOVER 8 and 9): one with another serial, a higher generation
 * or a newer owner is not ours.
 */
#include "fabric-manager/engine/chassis/ours.h"

#include "fabric-manager/engine/state/ops.h"

/* The memory of the switch was blank or corrupt at power-on: it belongs to nobody and was
 * programmed by nobody. */
static bool is_blank(const struct fm_chassis *o)
{
	return !o->owner_id && !o->owner_epoch && !o->generation;
}

/*
 * Why the chassis is not ours to program (HANDOVER 8 and 9); OK when it is. The same holds for
 * a manager that runs and for one that was just started. A switch that we know and whose memory
 * is blank, or of an earlier epoch of ours, is programmed anew.
 */
enum mr_reason fm_ch_not_ours(const struct fm_engine *e, unsigned chassis, char *why,
			      size_t size)
{
	const struct fm_ch *c = &e->ch[chassis];
	const struct fm_chassis *o = &e->inv.chassis[chassis];
	bool known = mr_streq(o->serial, c->rec.serial), twin;
	/* this run's own commits, those for other chassis among them, say nothing of what the
	 * store was when it was loaded */
	uint64_t generation = c->owned ? e->meta.generation : e->loaded_generation;

	if (c->rec.serial[0] && !known) {
		mr_fmt(why, size, "the switch has serial %s, ours had %s", o->serial,
		       c->rec.serial);
		return MR_REASON_CONFLICT;
	}
	if (o->generation > generation) {
		mr_fmt(why, size,
		       "the switch was programmed by store generation %llu, this store has "
		       "%llu",
		       (unsigned long long)o->generation, (unsigned long long)generation);
		return MR_REASON_STALE_OWNER;
	}
	/* with the epoch that this run was to take it is another run's, on a copy of our store
	 */
	twin = c->epoch && o->owner_epoch == c->epoch && o->owner_id != fm_owner_id(e);
	if ((known && o->owner_epoch > c->rec.owner_epoch) ||
	    (o->owner_id && (twin || !fm_owner_is_ours(e, o->owner_id)))) {
		mr_fmt(why, size,
		       "another manager owns the chassis since epoch %llu, ours was %llu",
		       (unsigned long long)o->owner_epoch,
		       (unsigned long long)c->rec.owner_epoch);
		return MR_REASON_STALE_OWNER;
	}
	if (known && !o->owner_id && !is_blank(o)) {
		mr_fmt(why, size,
		       "the chassis has forgotten that it is ours, though its memory is not "
		       "blank; `banyan adopt chassis %s` takes it over",
		       e->chassis_name[chassis]);
		return MR_REASON_STALE_OWNER;
	}
	return MR_REASON_OK;
}
