// SPDX-License-Identifier: Apache-2.0
/*
 * Tokens and sentences of the reasons, both from the one list in the header.
 */
#include "common/reason.h"

#include <string.h>

/* The token of 'r'; "INTERNAL" for a value that is none, since it may come from the wire. */
const char *mr_reason_name(enum mr_reason r)
{
	static const char *const names[] = {
#define X(name, text) #name,
		MR_REASONS(X)
#undef X
	};

	return (unsigned)r < MR_REASON_COUNT ? names[r] : names[MR_REASON_INTERNAL];
}

/* The sentence of 'r'; that of INTERNAL for a value that is none. */
const char *mr_reason_text(enum mr_reason r)
{
	static const char *const texts[] = {
#define X(name, text) text,
		MR_REASONS(X)
#undef X
	};

	return (unsigned)r < MR_REASON_COUNT ? texts[r] : texts[MR_REASON_INTERNAL];
}

/* The reason with the token 'name' exactly as written, or -1; NULL gives -1. */
int mr_reason_parse(const char *name)
{
	for (int r = 0; name && r < MR_REASON_COUNT; r++) {
		if (!strcmp(name, mr_reason_name((enum mr_reason)r)))
			return r;
	}
	return -1;
}
