/* SPDX-License-Identifier: Apache-2.0 */
/* Operations on the chassis and its host ports: owner (HANDOVER 8), authorisation (9),
 * challenge (7). */
#include "fabric-manager/mrpcim/internal.h"

/* ---- TAKE_OWNER: all reasons to refuse come before the compare-swap ---- */

static void owner_look(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	(void)m;
	r->i_x = mr_batch_sw_read(b, SW_OWNER_ID, 3);
}

static void taken(struct fm_mrpcim *m, const struct fm_mr_run *r, uint64_t generation)
{
	m->owned = true;
	m->owner_id = r->op.owner_id;
	m->owner_epoch = r->op.owner_epoch;
	m->generation = generation;
}

static enum fm_mr_next owner_looked(struct fm_mrpcim *m, struct fm_mr_run *r,
				    const struct fm_mr_reply *p)
{
	uint64_t id = fm_mr_value(p, r->i_x), epoch = fm_mr_value(p, r->i_x + 1);
	uint64_t generation = fm_mr_value(p, r->i_x + 2);

	r->res.owner_epoch = epoch;
	if (generation > r->op.value)
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the chassis was programmed by store generation %llu, this "
				    "store is at %llu",
				    (unsigned long long)generation,
				    (unsigned long long)r->op.value);
	if (id == r->op.owner_id && epoch == r->op.owner_epoch) {
		taken(m, r, generation);
		return FM_MR_DONE;
	}
	if (epoch >= r->op.owner_epoch)
		return fm_mr_refuse(r, MR_REASON_STALE_OWNER,
				    "the chassis is at owner epoch %llu, cannot take %llu",
				    (unsigned long long)epoch,
				    (unsigned long long)r->op.owner_epoch);
	return FM_MR_NEXT;
}

static void owner_swap(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	(void)m;
	mr_batch_cas(b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, r->res.owner_epoch,
		     r->op.owner_epoch);
	mr_batch_sw_write(b, SW_GENERATION, r->op.value);
	r->i_x = mr_batch_sw_read(b, SW_OWNER_ID, 3);
}

static enum fm_mr_next owner_swapped(struct fm_mrpcim *m, struct fm_mr_run *r,
				     const struct fm_mr_reply *p)
{
	r->res.owner_epoch = fm_mr_value(p, r->i_x + 1);
	if (fm_mr_value(p, r->i_x) != r->op.owner_id ||
	    fm_mr_value(p, r->i_x + 1) != r->op.owner_epoch)
		return fm_mr_refuse(r, MR_REASON_STALE_OWNER,
				    "the chassis does not show us as its owner");
	taken(m, r, fm_mr_value(p, r->i_x + 2));
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_take_owner = {
	.needs = FM_MR_WRITES,
	.way = {[FM_WAY_NONE] = {{owner_look, owner_looked}, {owner_swap, owner_swapped}}},
};

/* ---- one register of a host port, written and read back ---- */

static void port_write(struct fm_mr_run *r, struct mr_batch *b, unsigned reg)
{
	uint64_t a = SW_PORT(r->op.place.port) + reg;

	mr_batch_sw_write(b, a, r->op.value);
	fm_mr_commit(b);
	r->i_x = mr_batch_sw_read(b, a, 1);
}

static void auth_write(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	(void)m;
	port_write(r, b, PORT_AUTH);
}

static void challenge_write(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	(void)m;
	port_write(r, b, PORT_CHALLENGE);
}

static enum fm_mr_next port_written(struct fm_mrpcim *m, struct fm_mr_run *r,
				    const struct fm_mr_reply *p)
{
	uint64_t got = fm_mr_value(p, r->i_x);

	(void)m;
	if (got != r->op.value)
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "port %u: %s wrote 0x%llx, it reads 0x%llx",
				    r->op.place.port, fm_op_kind_name(r->op.kind),
				    (unsigned long long)r->op.value, (unsigned long long)got);
	return FM_MR_DONE;
}

static bool auth_check(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	(void)m;
	if (r->op.value > MR_AUTH_ISOLATED)
		fm_mr_refuse(r, MR_REASON_INVALID, "there is no authorisation %llu",
			     (unsigned long long)r->op.value);
	return r->res.reason == MR_REASON_OK;
}

const struct fm_mr_op fm_mr_authorise = {
	.needs = FM_MR_WRITES | FM_MR_HOST,
	.way = {[FM_WAY_NONE] = {{auth_write, port_written}}},
	.check = auth_check,
};

const struct fm_mr_op fm_mr_challenge = {
	.needs = FM_MR_WRITES | FM_MR_HOST | FM_MR_ROOT,
	.way = {[FM_WAY_NONE] = {{challenge_write, port_written}}},
};
