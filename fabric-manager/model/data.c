/* SPDX-License-Identifier: Apache-2.0 */
/* Namespaces against the inventory. */
#include "fabric-manager/model/data.h"

#include "common/str.h"
#include "common/xalloc.h"

#define MIB	 (UINT64_C(1) << 20)
#define SHIFT_4K 12

#define FNV_START UINT32_C(2166136261)
#define FNV_PRIME UINT32_C(16777619)

static const char *const state_names[] = {
#define X(name, text) text,
	FM_DATA_STATES(X)
#undef X
};

/* The word of a state, "?" for a number that is none. */
const char *fm_data_state_name(enum fm_data_state s)
{
	return (size_t)s < MR_ARRAY_SIZE(state_names) ? state_names[s] : "?";
}

/* With its end, so that "a", "bc" is not "ab", "c". */
static uint32_t fnv(uint32_t h, const char *s)
{
	do
		h = (h ^ (uint8_t)*s) * FNV_PRIME;
	while (*s++);
	return h;
}

/* Whose it is: data.h. */
uint32_t fm_data_owner(const char *profile, const char *device, const char *name)
{
	uint32_t h = fnv(fnv(fnv(FNV_START, profile), device), name);

	return h ? h : 1;
}

/* What its row gets: data.h. */
uint64_t fm_data_cookie(const struct fm_rec_data *r)
{
	return (uint64_t)r->id << 32 | fm_data_owner(r->profile, r->device, r->name);
}

static bool is_drive(const struct fm_chassis *c, const struct fm_adapter *a,
		     const struct fm_rec_data *r)
{
	if (!a->present || r->pf >= a->pfs)
		return false;
	return r->serial[0] ? mr_streq(a->serial, r->serial)
			    : mr_streq(a->name, r->adapter) && mr_streq(c->name, r->chassis);
}

/* The drive: data.h. */
const struct fm_adapter *fm_data_drive(const struct fm_inventory *inv,
				       const struct fm_rec_data *r, unsigned *ret_chassis)
{
	for (unsigned c = 0; c < inv->n; c++)
		for (unsigned i = 0; i < inv->chassis[c].adapters; i++) {
			const struct fm_adapter *a = &inv->chassis[c].adapter[i];

			if (!is_drive(&inv->chassis[c], a, r))
				continue;
			*ret_chassis = c;
			return a;
		}
	return NULL;
}

/* Its row: data.h. */
struct fm_namespace *fm_data_row(const struct fm_adapter *a, const struct fm_rec_data *r)
{
	return r->pf < a->pfs && a->pf[r->pf].ns && r->index < a->namespaces
		       ? &a->pf[r->pf].ns[r->index]
		       : NULL;
}

/* Whether it is there: data.h. What was adopted goes by another name than it was made by, so
 * only the id is asked for. */
bool fm_data_is_there(const struct fm_adapter *a, const struct fm_rec_data *r)
{
	const struct fm_namespace *n = fm_data_row(a, r);

	return n && n->exists && n->cookie >> 32 == r->id;
}

bool fm_data_made_for(const struct fm_inventory *inv, const struct fm_rec_data *r,
		      const char *profile, const char *device, const char *name)
{
	uint32_t owner = fm_data_owner(profile, device, name);
	unsigned chassis;
	const struct fm_adapter *d = r->owner ? NULL : fm_data_drive(inv, r, &chassis);

	if (r->owner)
		return r->owner == owner;
	return d && fm_data_is_there(d, r) && (uint32_t)fm_data_row(d, r)->cookie == owner;
}

void fm_data_shape_words(uint64_t size, unsigned block_shift, bool shared, struct mr_buf *out)
{
	char text[32];

	mr_buf_puts(out, mr_size_text(size, text, sizeof(text)));
	if (block_shift)
		mr_buf_printf(out, " in blocks of %s",
			      mr_size_text(UINT64_C(1) << block_shift, text, sizeof(text)));
	mr_buf_puts(out, shared ? ", shared" : "");
}

void fm_data_gone_words(const struct fm_rec_data *r, const char *what, struct mr_buf *out)
{
	mr_buf_printf(out, " on drive %s of chassis %s", r->adapter, r->chassis);
	if (r->serial[0])
		mr_buf_printf(out, " (serial number %s)", r->serial);
	mr_buf_printf(out, ", which %s", what);
}

void fm_data_lost_words(const struct fm_rec_data *r, struct mr_buf *out)
{
	mr_buf_printf(out, "namespace %s is", r->name);
	fm_data_gone_words(r, "does not have it any more", out);
	mr_buf_printf(out, "; `banyan delete namespace %s/%s/%s` has an empty one made",
		      r->profile, r->device, r->name);
}

/* Who has it attached: data.h. */
int fm_data_attached(const struct fm_adapter *a, const struct fm_rec_data *r, unsigned but)
{
	for (unsigned v = 0; a->fn && a->kind != FM_ADAPTER_BASE && v < a->vfs; v++) {
		const struct fm_attrs *at = &a->fn[(size_t)r->pf * a->vfs + v].attrs;

		if (v != but && at->device_class == MR_CLASS_NVME &&
		    at->nvme.namespaces >> r->index & 1)
			return (int)v;
	}
	return -1;
}

/* In steps: data.h. */
uint64_t fm_drive_size(const struct fm_adapter *a, unsigned pf, uint64_t size)
{
	uint64_t step = a->pf[pf].amount[FM_RESOURCE_STORAGE].step * MIB;

	return step && size % step ? size + step - size % step : size;
}

/* Blocks: data.h. */
uint8_t fm_drive_block_shift(const struct fm_adapter *a, uint8_t want)
{
	uint32_t can = a->limits.block_sizes;

	if (want || !can)
		return want;
	return can >> SHIFT_4K & 1 ? SHIFT_4K : (uint8_t)__builtin_ctz(can);
}
