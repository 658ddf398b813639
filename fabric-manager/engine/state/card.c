// SPDX-License-Identifier: Apache-2.0
/* Adapters that are exchanged: see the header. */
#include "fabric-manager/engine/state/card.h"

#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/state/soon.h"

static const struct fm_adapter *adapter_of(const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_adapter *d = fm_adapter_by_port(&e->inv, a->a.fn.chassis, a->a.fn.port);

	return d && d->present ? d : NULL;
}

/* It has a function: of which adapter. */
void fm_card_take(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_adapter *d = adapter_of(e, a);

	a->a.card = d ? fm_adapter_card(d) : (struct fm_card){.vendor = 0};
}

/* It let go of its function. */
void fm_card_leave(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_adapter *d = adapter_of(e, a);

	if (d && fm_card_is(&a->a.card, d))
		a->a.card = (struct fm_card){.vendor = 0};
}

/* Whether another one is in the slot of its function. A record of an older store learns which
 * it is. */
bool fm_card_other(struct fm_engine *e, struct fm_asg *a)
{
	const struct fm_adapter *d = adapter_of(e, a);

	if (!d || !a->a.has_fn)
		return false;
	if (!a->a.card.vendor) {
		fm_card_take(e, a);
		fm_asg_dirty(e, a);
	}
	return !fm_card_is(&a->a.card, d);
}

/* Whether it waits for a yes to 'd': see the header. */
bool fm_card_asks(const struct fm_engine *e, const struct fm_asg *a, unsigned chassis,
		  const struct fm_adapter *d)
{
	const struct fm_card *c = &a->a.card;

	return !a->a.has_fn && c->vendor && a->a.fn.chassis == chassis &&
	       a->a.fn.port == d->port && d->present && !fm_card_is(c, d) &&
	       a->a.reason == MR_REASON_NEEDS_APPROVAL &&
	       !fm_replace_goes_on(fm_desired_replace(e->desired, chassis, d->port, c), c, d);
}

/* How many do: see the header. */
unsigned fm_card_asked(struct fm_engine *e, unsigned chassis, const struct fm_adapter *d,
		       bool yes)
{
	struct fm_asg *a;
	unsigned n = 0;

	FM_FOREACH_ASG(e, a)
	{
		if (!fm_card_asks(e, a, chassis, d))
			continue;
		n++;
		if (!yes)
			continue;
		a->a.card = (struct fm_card){.vendor = 0};
		fm_asg_dirty(e, a);
		e->intent = true;
		fm_plan_soon(e, 0);
	}
	return n;
}
