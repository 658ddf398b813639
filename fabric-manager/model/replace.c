/* SPDX-License-Identifier: Apache-2.0 */
/* Adapters that were exchanged: which rule holds for those that ran on the old one. */
#include "common/str.h"
#include "fabric-manager/model/desired.h"
#include "fabric-manager/model/inventory.h"

/* What documents say of that adapter in that slot: desired.h. */
enum fm_on_replace fm_desired_replace(const struct fm_desired *d, unsigned chassis,
				      unsigned port, const struct fm_card *c)
{
	for (unsigned i = 0; i < d->replaces; i++) {
		const struct fm_replace *r = &d->replace[i];

		if ((r->chassis == FM_WHOLE || r->chassis == chassis) &&
		    (r->port == FM_WHOLE || r->port == port) &&
		    (!r->serial[0] || mr_streq(r->serial, c->serial)))
			return r->mode;
	}
	return FM_REPLACE_UNSAID;
}

/* Whether those of 'c' may go on with 'now': desired.h. */
bool fm_replace_goes_on(enum fm_on_replace mode, const struct fm_card *c,
			const struct fm_adapter *now)
{
	switch (mode) {
	case FM_REPLACE_SLOT:
		return true;
	case FM_REPLACE_UNSAID:
		return !c->vendor || (c->vendor == now->vendor && c->device == now->device);
	case FM_REPLACE_SERIAL:
	case FM_REPLACE_ASK:
		break;
	}
	return fm_card_is(c, now);
}
