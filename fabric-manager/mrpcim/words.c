/* SPDX-License-Identifier: Apache-2.0 */
/* Registers in words, for refusals: which register of what, what was expected, what it
 * reads. */
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/mrpcim/internal.h"

struct name {
	unsigned offset;
	const char *text;
};

#define N(reg)            \
	{                 \
		reg, #reg \
	}
static const struct name switch_names[] = {
	N(SW_MAGIC),	  N(SW_OWNER_ID),    N(SW_OWNER_EPOCH), N(SW_GENERATION),
	N(SW_EVENT_TAIL), N(SW_EVENT_FLAGS), N(SW_COMMIT),	N(SW_CUT_ANSWER),
};
static const struct name port_names[] = {
	N(PORT_AUTH), N(PORT_CHALLENGE), N(PORT_RESET), N(PORT_STATUS), N(PORT_CUT_ANSWER),
};
static const struct name row_names[] = {
	N(ROW_STATE), N(ROW_STATUS), N(ROW_TARGET), N(ROW_COOKIE), N(ROW_TOMBSTONE),
	N(ROW_IDS),   N(ROW_SUBSYS), N(ROW_MSIX),   N(ROW_BAR),	   N(ROW_WINDOW),
};
static const struct name vf_names[] = {
	N(VF_MAP),    N(VF_COMMAND), N(VF_STATUS), N(VF_BLOCK),	    N(VF_COOKIE),
	N(VF_IDENT0), N(VF_IDENT1),  N(VF_VLAN),   N(VF_MIN_MBPS),  N(VF_MAX_MBPS),
	N(VF_FLAGS),  N(VF_GATE),    N(VF_SHAPE),  N(VF_SWITCHING), N(VF_AMOUNTS),
	N(VF_CLASS0), N(VF_CLASS1),  N(VF_ACL(0)), N(VF_ACL(1)),    N(VF_ACL(2)),
	N(VF_ACL(3)),
};
static const struct name ns_names[] = {
	N(NS_STATUS), N(NS_SIZE), N(NS_SHAPE), N(NS_COOKIE), N(NS_COMMAND),
};
static const struct name vh_names[] = {N(VH_MAP), N(VH_RESET), N(VH_OWNED), N(VH_BURIED)};
#undef N

#define LOOK_UP(table, offset) look_up(table, MR_ARRAY_SIZE(table), (unsigned)(offset))
static const char *look_up(const struct name *table, size_t n, unsigned offset)
{
	for (size_t i = 0; i < n; i++)
		if (table[i].offset == offset)
			return table[i].text;
	return "a register";
}

static void switch_words(uint64_t a, char *buf, size_t size)
{
	if (a >= SW_BRIDGES)
		mr_fmt(buf, size, "%s of VH %u's bridge %u", LOOK_UP(row_names, a & 0xff),
		       (unsigned)((a - SW_BRIDGES) >> 16), (unsigned)(a >> 8 & 0xff));
	else if (a >= SW_PORTS && a < SW_PORT(MR_MAX_PORTS + 1))
		mr_fmt(buf, size, "%s of port %u", LOOK_UP(port_names, a & 0xff),
		       (unsigned)((a - SW_PORTS) / SW_PORT_STRIDE));
	else
		mr_fmt(buf, size, "%s", LOOK_UP(switch_names, a));
}

static void table_words(const struct fm_mr_dev *d, uint64_t off, char *buf, size_t size)
{
	unsigned i = (unsigned)((off - CT_VFS) >> 8);

	if (off >= CT_NAMESPACES)
		mr_fmt(buf, size, "%s of %s/pf%u's namespace %u", LOOK_UP(ns_names, off & 0x3f),
		       d->a.name, (unsigned)((off - CT_NAMESPACES) / 0x40 / MR_MAX_NAMESPACES),
		       (unsigned)((off - CT_NAMESPACES) / 0x40 % MR_MAX_NAMESPACES) + 1);
	else if (off >= CT_VFS && d->a.vfs)
		mr_fmt(buf, size, "%s of %s/pf%u/vf%u", LOOK_UP(vf_names, off & 0xff),
		       d->a.name, i / d->a.vfs, i % d->a.vfs);
	else if (off >= CT_VHS && off < CT_PFS)
		mr_fmt(buf, size, "%s of %s's device VH %u", LOOK_UP(vh_names, off & 0x1f),
		       d->a.name, (unsigned)((off - CT_VHS) / 0x20));
	else if (off >= CT_PFS && off < CT_LVFS)
		mr_fmt(buf, size, "a PF register of %s", d->a.name);
	else
		mr_fmt(buf, size, "a slot register of %s", d->a.name);
}

/* Names the register that 'r' accesses. */
void fm_mr_words(const struct fm_mr_geometry *g, const struct mr_batch_rec *r, char *buf,
		 size_t size)
{
	mr_fmt(buf, size, "address 0x%llx", (unsigned long long)r->address);
	if (r->space == MR_SPACE_SWITCH) {
		switch_words(r->address, buf, size);
	} else if (r->space == MR_SPACE_CONFIG) {
		char bdf[MR_BDF_TEXT];

		mr_fmt(buf, size, "config register 0x%x of %s in VH %u", (unsigned)r->address,
		       mr_bdf_text(r->bdf, bdf), r->vh);
	}
	for (unsigned i = 0; r->space == MR_SPACE_MEMORY && i < g->devs; i++) {
		const struct fm_mr_dev *d = &g->dev[i];
		uint64_t end = CT_NS(d->a.pfs, 0);

		if (d->ct && r->address >= d->ct && r->address < d->ct + end)
			table_words(d, r->address - d->ct, buf, size);
	}
}

/*
 * Fills the refusal of 'r' from the reply 'p' of the batch 'b': CONFLICT, and the record that
 * stopped it in words; UNREACHABLE where nobody answered.
 */
void fm_mr_explain(struct fm_mrpcim *m, struct fm_mr_run *r, const struct mr_batch *b,
		   const struct fm_mr_reply *p)
{
	const uint8_t *ops = (const uint8_t *)b->ops.data;
	unsigned values = 0;
	struct mr_batch_rec rec = {0};
	char words[96];
	size_t pos = 0;

	for (unsigned i = 0; i <= p->executed; i++) {
		if (mr_batch_next(ops, b->ops.len, &pos, &rec) != 1) {
			fm_mr_refuse(r, MR_REASON_INTERNAL, "the reply names record %u of %u",
				     p->executed, b->records);
			return;
		}
		if (i < p->executed)
			values += rec.op == MR_OP_READ ? rec.count : rec.op == MR_OP_CAS;
	}
	fm_mr_words(m->geo, &rec, words, sizeof(words));
	if (p->status == MR_BATCH_EXPECT && rec.op == MR_OP_EXPECT &&
	    rec.space != MR_SPACE_SWITCH &&
	    fm_mr_value(p, values) == UINT64_MAX >> (64 - 8 * rec.width))
		fm_mr_no_answer(r);
	else if (p->status == MR_BATCH_EXPECT && rec.op == MR_OP_EXPECT)
		fm_mr_refuse(
			r, MR_REASON_CONFLICT, "%s: expected 0x%llx, it reads 0x%llx", words,
			(unsigned long long)mr_batch_value(&rec, 1),
			(unsigned long long)(fm_mr_value(p, values) & mr_batch_value(&rec, 0)));
	else
		fm_mr_refuse(r, MR_REASON_CONFLICT, "%s refused the value 0x%llx", words,
			     rec.op == MR_OP_READ ? 0ull
						  : (unsigned long long)mr_batch_value(
							    &rec, rec.op == MR_OP_CAS));
}
