/* SPDX-License-Identifier: Apache-2.0 */
/* A chassis with the blades that run on it: time and notices carried between them. */
#ifndef TESTS_SIM_MODEL_FX_BLADE_H
#define TESTS_SIM_MODEL_FX_BLADE_H

#include "sim/model/blade.h"
#include "tests/unit/sim_model/fixture.h"

struct fx_blades {
	struct fx x;
	unsigned n;
	struct sim_blade *blade[16]; /* by VH */
};

static inline void fxb_notices(struct fx_blades *f)
{
	struct sim_notice n;

	while (sim_chassis_notice(f->x.c, &n))
		if (n.kind != SIM_NOTICE_MGMT_IRQ && n.vh && n.vh <= f->n)
			sim_blade_notice(f->blade[n.vh], f->x.now, &n);
}

static inline int64_t fxb_due(const struct fx_blades *f)
{
	int64_t due = sim_chassis_deadline(f->x.c);

	for (unsigned vh = 1; vh <= f->n; vh++)
		if (sim_blade_deadline(f->blade[vh]) < due)
			due = sim_blade_deadline(f->blade[vh]);
	return due;
}

/* Lets everything happen until nothing is due any more. */
static inline void fxb_settle(struct fx_blades *f)
{
	for (;;) {
		int64_t due;

		fxb_notices(f);
		due = fxb_due(f);
		if (due == MR_NEVER)
			return;
		if (due > f->x.now.mono_ns)
			f->x.now.mono_ns = due;
		sim_chassis_step(f->x.c, f->x.now);
		for (unsigned vh = 1; vh <= f->n; vh++)
			sim_blade_step(f->blade[vh], f->x.now);
	}
}

/* Every host's port authorised, every blade up, hba's 32 VFs enabled in VH 0. */
static inline struct fx_blades fxb_new(struct fx made)
{
	struct fx_blades f = {.x = made, .n = sim_chassis_hosts(made.c)};

	ck_assert_uint_eq(fx_take_over(&f.x), MR_BATCH_OK);
	fx_provision(&f.x, "hba", 0, 32);
	for (unsigned vh = 1; vh <= f.n; vh++) {
		f.blade[vh] = sim_blade_new(f.x.c, (uint16_t)vh, vh);
		ck_assert_uint_eq(sw_w(&f.x, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED),
				  MR_BATCH_OK);
	}
	fxb_settle(&f);
	return f;
}

static inline void fxb_free(struct fx_blades *f)
{
	for (unsigned vh = 1; vh <= f->n; vh++)
		sim_blade_free(f->blade[vh]);
	fx_free(&f->x);
}

/* The function behind bridge b of a blade. */
static inline uint16_t fxb_rid(const struct fx_blades *f, unsigned vh, unsigned b)
{
	return sim_blade_slot_address(f->blade[vh], b);
}

/* Shows the PFs of device VH d of an mra adapter behind bridge b, and gives it MVFs 0..k-1. */
static inline void fxb_give_pf(struct fx_blades *f, const char *adapter, unsigned d,
			       unsigned vh, unsigned b, unsigned vf)
{
	struct fx *x = &f->x;
	uint64_t target = MR_TARGET(MR_TARGET_PFS, sim_adapter_find(x->c, adapter), d, 0);
	uint64_t at = CT_VF(64, 0, vf);

	ck_assert_uint_eq(ct_w(x, adapter, CT_VH(d) + VH_MAP, 1 | (uint64_t)vh << 16),
			  MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(x, adapter, at + VF_BLOCK, 3), MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(x, adapter, at + VF_COMMAND, MR_VFC_RESET), MR_BATCH_OK);
	ck_assert_uint_eq(
		ct_w(x, adapter, at + VF_COMMAND, MR_VFC_MIGRATE_IN | (uint64_t)d << 16),
		MR_BATCH_OK);
	ck_assert_uint_eq(ct_w(x, adapter, at + VF_BLOCK, 0), MR_BATCH_OK);
	ck_assert_uint_eq(row_w(x, vh, b, ROW_TARGET, target), MR_BATCH_OK);
	ck_assert_uint_eq(row_w(x, vh, b, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_OK);
	fxb_settle(f);
}

/* The same host enables its VFs. */
static inline void fxb_numvfs(struct fx_blades *f, unsigned vh, unsigned b, const char *text)
{
	int64_t done;

	ck_assert_int_eq(
		sim_blade_numvfs(f->blade[vh], f->x.now, fxb_rid(f, vh, b), text, &done), 0);
	fxb_settle(f);
}

#endif
