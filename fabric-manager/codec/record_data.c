/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The pair of a namespace's record; the table of all pairs is record_pairs.c.
 */
#include <errno.h>

#include "common/err.h"
#include "fabric-manager/codec/record_pairs.h"
#include "proto/field.h"
#include "proto/store.pb-c.h"

/* To a message: record_pairs.h. */
void fm_record_data_to(const struct fm_record_ctx *c, const struct fm_record *r,
		       struct mr_buf *out)
{
	const struct fm_rec_data *s = &r->data;
	Banyan__StoreData m = BANYAN__STORE_DATA__INIT;

	(void)c;
	m.profile = (char *)s->profile;
	m.device = (char *)s->device;
	m.name = (char *)s->name;
	m.id = s->id;
	m.state = (char *)fm_data_state_name(s->state);
	m.chassis = (char *)s->chassis;
	m.adapter = (char *)s->adapter;
	m.serial = (char *)s->serial;
	m.pf = s->pf;
	m.index = s->index;
	m.block_shift = s->block_shift;
	m.shared = s->shared;
	m.erase = s->erase;
	m.size = s->size;
	m.owner = s->owner;
	mr_pb_put(out, &m.base);
}

/* And back. */
int fm_record_data_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreData *m = msg;
	struct fm_rec_data *s = &r->data;
	unsigned state = 0;

	while (state < FM_DATA_STATE_COUNT &&
	       !mr_streq(m->state, fm_data_state_name((enum fm_data_state)state)))
		state++;
	if (state == FM_DATA_STATE_COUNT)
		return mr_err_set(c->err, -EINVAL, MR_REASON_INVALID,
				  "stored state '%s' of a namespace is unknown", m->state);
	if (TEXT(s->profile, profile) || TEXT(s->device, device) || TEXT(s->name, name) ||
	    TEXT(s->chassis, chassis) || TEXT(s->adapter, adapter) || TEXT(s->serial, serial) ||
	    RANGE(pf, MR_MAX_PFS - 1) || RANGE(index, MR_MAX_NAMESPACES - 1) ||
	    RANGE(block_shift, 31))
		return -EINVAL;
	s->state = (enum fm_data_state)state;
	s->id = m->id;
	s->pf = (uint16_t)m->pf;
	s->index = (uint8_t)m->index;
	s->block_shift = (uint8_t)m->block_shift;
	s->shared = m->shared;
	s->erase = m->erase;
	s->size = m->size;
	s->owner = m->owner;
	return 0;
}

/* How long the parts of a hand-over took. */
void fm_record_measure_to(const struct fm_record_ctx *c, const struct fm_record *r,
			  struct mr_buf *out)
{
	const struct fm_rec_measure *s = &r->measure;
	Banyan__StoreMeasure m = BANYAN__STORE_MEASURE__INIT;

	(void)c;
	m.chassis = (char *)s->chassis;
	m.adapter = (char *)s->adapter;
	m.way = s->way;
	m.n_n = m.n_sum_ns = FM_SPAN_COUNT;
	m.n = (uint32_t *)s->n;
	m.sum_ns = (uint64_t *)s->sum_ns;
	mr_pb_put(out, &m.base);
}

/* Spans of a later version are dropped, those that an earlier one did not know are 0. */
int fm_record_measure_from(const struct fm_record_ctx *c, const void *msg, struct fm_record *r)
{
	const Banyan__StoreMeasure *m = msg;
	struct fm_rec_measure *s = &r->measure;

	if (TEXT(s->chassis, chassis) || TEXT(s->adapter, adapter) || RANGE(way, FM_WAY_DEVICE))
		return -EINVAL;
	if (m->n_n != m->n_sum_ns)
		return mr_err_set(c->err, -EINVAL, MR_REASON_INVALID,
				  "stored field sum_ns has %zu members, n has %zu", m->n_sum_ns,
				  m->n_n);
	s->way = (enum fm_way)m->way;
	for (size_t i = 0; i < m->n_n && i < FM_SPAN_COUNT; i++) {
		s->n[i] = m->n[i];
		s->sum_ns[i] = m->sum_ns[i];
	}
	return 0;
}
