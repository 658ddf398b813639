// SPDX-License-Identifier: Apache-2.0
/* What every target checks; see fuzz.h. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "tests/fuzz/fuzz.h"

/* See fuzz.h. */
void fuzz_failed(const char *file, int line, const char *cond)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, cond);
	abort();
}

/* See fuzz.h. */
uint8_t fuzz_byte(const uint8_t **data, size_t *len)
{
	if (!*len)
		return 0;
	--*len;
	return *(*data)++;
}

/* Bytes of the UTF-8 character at 's', 0 for none (continuation bytes are checked, overlong
 * forms are not). */
static unsigned utf8_len(const char *s)
{
	uint8_t c = (uint8_t)*s;
	unsigned n = c < 0x80 ? 1 : c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : c >= 0xc2 ? 2 : 0;

	for (unsigned i = 1; i < n; i++) {
		if (((uint8_t)s[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

static bool is_line(const char *s)
{
	while (*s) {
		unsigned n = utf8_len(s);

		if (!n || (uint8_t)*s < 0x20 || *s == 0x7f)
			return false;
		s += n;
	}
	return true;
}

/* See fuzz.h. */
void fuzz_check_diags(const struct mr_diags *d, int rc)
{
	unsigned errors = 0;

	FUZZ_CHECK(rc <= 0);
	FUZZ_CHECK((rc == 0) == (d->errors == 0));
	FUZZ_CHECK(d->n <= MR_DIAGS_MAX);
	for (unsigned i = 0; i < d->n; i++) {
		const struct mr_diag *f = &d->item[i];

		errors += f->severity == MR_SEV_ERROR;
		FUZZ_CHECK(f->text && f->text[0] && is_line(f->text));
		FUZZ_CHECK(f->file && f->file[0]);
		FUZZ_CHECK(f->line > 0 && f->col > 0);
		FUZZ_CHECK(!f->path || is_line(f->path));
	}
	FUZZ_CHECK(errors <= d->errors);
}

/* See fuzz.h. */
void fuzz_check_err(const struct mr_err *err, int rc)
{
	FUZZ_CHECK(rc <= 0);
	FUZZ_CHECK(err->code == rc);
	FUZZ_CHECK((rc == 0) == (err->text[0] == '\0'));
	FUZZ_CHECK(is_line(err->text));
	FUZZ_CHECK(rc == 0 || err->reason != MR_REASON_OK);
}

/* See fuzz.h. */
void fuzz_check_same(const struct mr_buf *a, const struct mr_buf *b)
{
	FUZZ_CHECK(a->len == b->len);
	FUZZ_CHECK(a->len == 0 || !memcmp(a->data, b->data, a->len));
}
