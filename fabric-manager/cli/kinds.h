/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What `get` and `describe` know by name: every kind of policy document and what the manager
 * shows of itself, each with the columns of its table.
 */
#ifndef FABRIC_MANAGER_CLI_KINDS_H
#define FABRIC_MANAGER_CLI_KINDS_H

#include <stdbool.h>

/*
 * 'path': keys with dots between them; alternatives with '|', the first that is there counts.
 * A list's length with '#' before it; with '?' the type of the last condition of a list that
 * holds.
 */
struct cli_column {
	const char *header;
	const char *path;
	bool wide; /* only with -o wide */
};

struct cli_kind {
	const char *plural; /* as in requests: "hosts" */
	const char *kind;   /* of documents: "Host"; of other things their singular */
	const char *alias;  /* shorter plural, or NULL */
	bool policy;	    /* there are documents of it: it can be deleted */
	const struct cli_column *column; /* ends with header NULL */
};
extern const struct cli_kind cli_kinds[]; /* ends with plural NULL */

/* By plural, singular, alias or the document's kind, in any case of letters; NULL = none. */
const struct cli_kind *cli_kind_find(const char *s);
/* All plurals, ending with NULL. */
const char *const *cli_kind_names(void);
/* The columns for a list under the key 'key' of some tree ("changes", "assignments"); NULL =
 * none are known. */
const struct cli_column *cli_columns_of(const char *key);

#endif
