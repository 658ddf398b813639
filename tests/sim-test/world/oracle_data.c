/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data changes hands with its profile only (HANDOVER 5): every Active NVMe function reads the
 * first block of each namespace that it shows its host. What it finds there is nothing, or what
 * the same device of the same profile left; then it leaves its own word.
 */
#include "common/pci/regmap.h"
#include "tests/sim-test/world/oracle_priv.h"

/* Words of the judge; others are some test's own. */
#define MINE (UINT64_C(1) << 63)

static uint64_t word_of(const struct fm_assignment *a)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (const char *s = a->profile; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(1099511628211);
	h = h * 31;
	for (const char *s = a->device; *s; s++)
		h = (h ^ (uint8_t)*s) * UINT64_C(1099511628211);
	return h | MINE;
}

static bool judge(struct oracle *o, const struct fm_assignment *a, uint16_t rid, unsigned nsid)
{
	struct world *w = o->w;
	struct sim_ns_view v;

	if (sim_host_ns_view(w->chassis, a->place.port, rid, nsid, &v))
		return true;
	if (v.word && !(v.word & MINE))
		return true;
	if (v.word && v.word != word_of(a))
		return oracle_complain(o,
				       "data: %s/%s finds what another profile wrote in "
				       "namespace %u of %s",
				       a->profile, a->device, nsid, a->adapter);
	sim_host_ns_write(w->chassis, a->place.port, rid, nsid, word_of(a));
	return true;
}

/* Contents of namespaces: oracle_priv.h. */
bool oracle_data(struct oracle *o)
{
	bool good = true;

	for (unsigned i = 0; o->w->manager_up && i < fm_engine_assignments(o->w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(o->w->engine, i);
		uint16_t rid;

		/* whose data the function has that was adopted its name does not say */
		if (a->phase != FM_PHASE_ACTIVE || a->adopted ||
		    a->attrs.device_class != MR_CLASS_NVME || !a->bdf[0] ||
		    mr_bdf_parse(a->bdf, &rid, NULL))
			continue;
		for (unsigned nsid = 1; nsid <= MR_MAX_NAMESPACES; nsid++)
			good = judge(o, a, rid, nsid) && good;
	}
	return good;
}
