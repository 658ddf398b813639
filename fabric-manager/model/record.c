/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the kinds of records, and change sets. */
#include "fabric-manager/model/record.h"

#include <stdlib.h>

#include "common/xalloc.h"

static const char *const kind_names[] = {
#define X(name, key) #name,
	FM_RECORDS(X)
#undef X
};

/* The token of a kind of record, "?" for a number that is none. */
const char *fm_record_kind_name(enum fm_record_kind k)
{
	return (size_t)k < MR_ARRAY_SIZE(kind_names) ? kind_names[k] : "?";
}

/* Appends an empty record of 'kind' to the change set and returns it for filling. It stays the
 * set's and is valid until the next call. */
struct fm_record *fm_changes_add(struct fm_changes *c, enum fm_record_kind kind)
{
	MR_GROW(c->item, c->n, c->cap);
	c->item[c->n] = (struct fm_record){.kind = kind};
	return &c->item[c->n++];
}

/* Frees the change set with the texts of its documents; 'c' is empty and usable afterwards. */
void fm_changes_done(struct fm_changes *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->n; i++)
		if (c->item[i].kind == FM_RECORD_DOCUMENT)
			free(c->item[i].document.text);
	free(c->item);
	*c = (struct fm_changes){0};
}
