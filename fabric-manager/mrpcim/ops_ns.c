/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces: created, erased and deleted by their row in the control table. Attaching is an
 * attribute of a function (ops_fn.c). The cookie says whose data a namespace holds, and
 * nobody's is deleted or erased under another cookie.
 */
#include "fabric-manager/mrpcim/internal.h"

static uint64_t place(const struct fm_mrpcim *m, const struct fm_mr_run *r, unsigned reg)
{
	return fm_mr_run_dev(m, r)->ct + CT_NS(r->op.fn.pf, r->op.ns.index) + reg;
}

static void write(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b,
		  unsigned reg, uint64_t v)
{
	mr_batch_write(b, MR_SPACE_MEMORY, 0, 0, place(m, r, reg), 8, v);
}

static void expect(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b,
		   unsigned reg, uint64_t mask, uint64_t v)
{
	mr_batch_expect(b, MR_SPACE_MEMORY, 0, 0, place(m, r, reg), 8, mask, v);
}

static void look(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	r->i_x = mr_batch_read(b, MR_SPACE_MEMORY, 0, 0, place(m, r, 0), 8, NS_REGS);
}

/* The row as it was read; false when nothing answers. */
static bool take(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p)
{
	uint64_t reg[NS_REGS];

	(void)m;
	for (unsigned i = 0; i < NS_REGS; i++)
		reg[i] = fm_mr_value(p, r->i_x + i);
	fm_mr_ns_parse(reg, &r->res.ns);
	r->res.has_ns = reg[0] != UINT64_MAX;
	if (!r->res.has_ns)
		fm_mr_no_answer(r);
	return r->res.has_ns;
}

static bool check(struct fm_mrpcim *m, struct fm_mr_run *r)
{
	const struct fm_mr_dev *d = fm_mr_run_dev(m, r);

	if (!(d->a.caps & MR_CT_CAP_NAMESPACES))
		fm_mr_refuse(r, MR_REASON_UNSUPPORTED, "%s cannot do namespaces", d->a.name);
	else if (r->op.fn.pf >= d->a.pfs || r->op.ns.index >= d->a.namespaces)
		fm_mr_refuse(r, MR_REASON_NOT_FOUND, "%s has no namespace %u of pf%u",
			     d->a.name, r->op.ns.index + 1, r->op.fn.pf);
	else if (!r->op.cookie)
		fm_mr_refuse(r, MR_REASON_INVALID, "a namespace needs a cookie");
	return r->res.reason == MR_REASON_OK;
}

/* ---- NS_CREATE ---- */

static uint64_t shape(const struct fm_ns_ask *k)
{
	return k->block_shift | (k->shared ? MR_NS_SHARED : 0);
}

static void create(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	expect(m, r, b, NS_STATUS, MR_NS_EXISTS, 0);
	write(m, r, b, NS_SIZE, r->op.ns.size);
	write(m, r, b, NS_SHAPE, shape(&r->op.ns));
	write(m, r, b, NS_COOKIE, r->op.cookie);
	write(m, r, b, NS_COMMAND, MR_NSC_CREATE);
	look(m, r, b);
}

static enum fm_mr_next created(struct fm_mrpcim *m, struct fm_mr_run *r,
			       const struct fm_mr_reply *p)
{
	const struct fm_namespace *n = &r->res.ns;

	if (!take(m, r, p))
		return FM_MR_REFUSED;
	if (!n->exists || n->size != r->op.ns.size || n->cookie != r->op.cookie ||
	    n->block_shift != r->op.ns.block_shift || n->shared != r->op.ns.shared)
		return fm_mr_refuse(r, MR_REASON_CONFLICT,
				    "the namespace does not read as it was created");
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_ns_create = {
	.needs = FM_MR_WRITES | FM_MR_ADAPTER,
	.way = {[FM_WAY_NONE] = {{create, created}}},
	.check = check,
};

/* ---- NS_DELETE, NS_ERASE ---- */

static void delete (struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	expect(m, r, b, NS_COOKIE, UINT64_MAX, r->op.cookie);
	write(m, r, b, NS_COMMAND, MR_NSC_DELETE);
	look(m, r, b);
}

static enum fm_mr_next deleted(struct fm_mrpcim *m, struct fm_mr_run *r,
			       const struct fm_mr_reply *p)
{
	if (!take(m, r, p))
		return FM_MR_REFUSED;
	if (r->res.ns.exists)
		return fm_mr_refuse(r, MR_REASON_CONFLICT, "the namespace is still there");
	return FM_MR_DONE;
}

const struct fm_mr_op fm_mr_ns_delete = {
	.needs = FM_MR_WRITES | FM_MR_ADAPTER,
	.way = {[FM_WAY_NONE] = {{delete, deleted}}},
	.check = check,
};

static void erase(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b)
{
	expect(m, r, b, NS_COOKIE, UINT64_MAX, r->op.cookie);
	write(m, r, b, NS_COMMAND, MR_NSC_ERASE);
	look(m, r, b);
}

/* Until the device says that it is through. */
static enum fm_mr_next erased(struct fm_mrpcim *m, struct fm_mr_run *r,
			      const struct fm_mr_reply *p)
{
	int64_t takes = fm_mr_run_dev(m, r)->a.limits.scrub_ns;
	const struct fm_namespace *n = &r->res.ns;

	if (!take(m, r, p))
		return FM_MR_REFUSED;
	if (n->exists && !n->erasing && !n->written)
		return FM_MR_NEXT;
	if (n->exists && n->erasing &&
	    fm_mr_pause(m, r, takes, takes + FM_MR_READY_MAX_NS) == FM_MR_AGAIN)
		return FM_MR_AGAIN;
	return fm_mr_refuse(r, MR_REASON_TIMEOUT,
			    "the erasing of %s/pf%u's namespace %u was "
			    "not confirmed",
			    fm_mr_run_dev(m, r)->a.name, r->op.fn.pf, r->op.ns.index + 1);
}

static enum fm_mr_next erasing(struct fm_mrpcim *m, struct fm_mr_run *r,
			       const struct fm_mr_reply *p)
{
	return take(m, r, p) ? FM_MR_NEXT : FM_MR_REFUSED;
}

const struct fm_mr_op fm_mr_ns_erase = {
	.needs = FM_MR_WRITES | FM_MR_ADAPTER,
	.way = {[FM_WAY_NONE] = {{erase, erasing}, {look, erased}}},
	.check = check,
};
