/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Change sets to store transactions, and the store's rows to the engine's first event. The
 * store is ours alone (its file is locked), so rows are written without comparing revisions; a
 * shared store will compare.
 */
#include <stdlib.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/io/shell.h"
#include "fabric-manager/store/store.h"

struct loading {
	struct fm_manager *m;
	struct fm_record *record;
	unsigned n, cap;
	struct mr_err *err;
};

static int load_row(const void *key, size_t key_len, const void *value, size_t value_len,
		    uint64_t revision, void *arg)
{
	struct loading *l = arg;
	int rc;

	(void)revision;
	MR_GROW(l->record, l->n, l->cap);
	rc = fm_record_read(key, key_len, value, value_len, &l->m->names, &l->record[l->n],
			    l->err);
	if (!rc)
		l->n++;
	return rc;
}

/* Reads the whole store and gives it to the engine as its first event. */
int fm_persist_load(struct fm_manager *m, struct mr_err *err)
{
	struct loading l = {.m = m, .err = err};
	int rc = fm_store_load(m->store, load_row, &l, err);

	if (!rc) {
		const struct fm_event ev = {
			.kind = FM_EV_STORE_LOADED, .record = l.record, .records = l.n};

		fm_pump_event(m->pump, &ev);
		rc = fm_engine_usable(m->engine, err);
	}
	for (unsigned i = 0; i < l.n; i++)
		fm_record_done(&l.record[i]);
	free(l.record);
	return rc;
}

/* Queues one change set as commit 'n'. */
void fm_persist_commit(struct fm_manager *m, uint64_t n, const struct fm_changes *changes)
{
	struct fm_store_put *put = mr_xcalloc(changes->n + 1, sizeof(*put));
	size_t *at = mr_xcalloc(2 * changes->n + 2, sizeof(*at));
	struct mr_buf bytes = {0};

	for (unsigned i = 0; i < changes->n; i++) {
		const struct fm_record *r = &changes->item[i];

		at[2 * i] = bytes.len;
		fm_record_key(r, &m->names, &bytes);
		at[2 * i + 1] = bytes.len;
		if (!r->erase)
			fm_record_value(r, &m->names, &bytes);
	}
	at[2 * changes->n] = bytes.len;
	for (unsigned i = 0; i < changes->n; i++)
		put[i] = (struct fm_store_put){
			.key = bytes.data + at[2 * i],
			.key_len = at[2 * i + 1] - at[2 * i],
			.expect = FM_STORE_ANY,
			.value = changes->item[i].erase ? NULL : bytes.data + at[2 * i + 1],
			.value_len = at[2 * i + 2] - at[2 * i + 1],
		};
	fm_store_commit(m->store, n, put, changes->n);
	mr_buf_done(&bytes);
	free(at);
	free(put);
}
