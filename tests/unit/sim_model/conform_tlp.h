/* SPDX-License-Identifier: Apache-2.0 */
/* Requests of functions, for the conformance cases on ATS and ACS. */
#ifndef TESTS_SIM_MODEL_CONFORM_TLP_H
#define TESTS_SIM_MODEL_CONFORM_TLP_H

#include "tests/unit/sim_model/conform.h"

#define HOP 1000ll
#define ATS 0x170u /* where our map puts the capabilities */
#define ACS 0x160u

static inline struct sim_tlp cf_tlp(const struct cf_pf *f, unsigned v, enum sim_tlp_kind kind,
				    uint64_t address)
{
	return (struct sim_tlp){.kind = kind,
				.from_function = true,
				.port = (uint16_t)sim_adapter_find(x.c, f->adapter),
				.pf = (uint16_t)f->p,
				.vf = (uint16_t)v,
				.address = address,
				.data = 0x1234};
}

static inline struct sim_tlp_fate cf_run(const struct sim_tlp *t)
{
	uint64_t id = sim_tlp_launch(x.c, x.now, t);

	fx_pass(&x, 30 * HOP);
	return sim_tlp_fate(x.c, id);
}

static inline struct sim_tlp_fate cf_send(const struct cf_pf *f, unsigned v,
					  enum sim_tlp_kind kind, uint64_t address)
{
	struct sim_tlp t = cf_tlp(f, v, kind, address);

	return cf_run(&t);
}

static inline struct sim_tlp_fate cf_translated(const struct cf_pf *f, unsigned v,
						enum sim_tlp_kind kind, uint64_t address)
{
	struct sim_tlp t = cf_tlp(f, v, kind, address);

	t.translated = true;
	return cf_run(&t);
}

static inline struct sim_tlp cf_invalidation(const struct cf_pf *f, unsigned s, uint64_t from,
					     uint64_t size)
{
	return (struct sim_tlp){.kind = SIM_TLP_ATS_INVALIDATE,
				.vh = (uint16_t)f->vh,
				.rid = cf_vf_rid(f, s),
				.address = from,
				.data = size};
}

static inline struct sim_tlp_fate cf_invalidate(const struct cf_pf *f, unsigned s,
						uint64_t from, uint64_t size)
{
	struct sim_tlp t = cf_invalidation(f, s, from, size);

	return cf_run(&t);
}

/* A mapping of host 'vh's translation agent. */
static inline int cf_iommu(unsigned vh, uint64_t from, uint64_t to, uint64_t size,
			   uint32_t perm)
{
	const struct sim_translation m = {from, to, size, perm};

	return sim_host_iommu_map(x.c, x.now, (uint16_t)vh, &m);
}

/* The VF in slot s: bus master, gate open, Enable of ATS as asked. */
static inline void cf_start(const struct cf_pf *f, unsigned v, unsigned s, bool ats)
{
	ck_assert_uint_eq(mvf_w(f, v, VF_GATE, 1), MR_BATCH_OK);
	hcfg_w(&x, (uint16_t)f->vh, cf_vf_rid(f, s), PCI_COMMAND, 2, PCI_COMMAND_MASTER);
	hcfg_w(&x, (uint16_t)f->vh, cf_vf_rid(f, s), ATS + PCI_ATS_CTRL, 2,
	       ats ? PCI_ATS_CTRL_ENABLE : 0);
}

static inline unsigned cf_dirt(const struct cf_pf *f, unsigned s)
{
	return sim_canary(x.c, x.now, (uint16_t)f->vh, cf_vf_rid(f, s), 0);
}

#endif
