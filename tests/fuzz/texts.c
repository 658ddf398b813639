// SPDX-License-Identifier: Apache-2.0
/*
 * Small texts: addresses, identities, rates, sizes, times. The first byte says which; what
 * parses is written as text that parses to the same value.
 */
#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/str.h"
#include "tests/fuzz/fuzz.h"

static void check_ident(enum mr_ident_type t, const char *s, struct mr_err *err)
{
	struct mr_ident a = {0}, b = {0};
	char text[MR_IDENT_TEXT];
	int rc = mr_ident_parse(t, s, &a, err);

	fuzz_check_err(err, rc);
	if (rc)
		return;
	FUZZ_CHECK(!mr_ident_parse(t, mr_ident_text(&a, text), &b, err));
	FUZZ_CHECK(mr_ident_cmp(&a, &b) == 0);
}

static void check_bdf(const char *s, struct mr_err *err)
{
	uint16_t a = 0, b = 0;
	char text[MR_BDF_TEXT];
	int rc = mr_bdf_parse(s, &a, err);

	fuzz_check_err(err, rc);
	if (rc)
		return;
	FUZZ_CHECK(!mr_bdf_parse(mr_bdf_text(a, text), &b, err));
	FUZZ_CHECK(a == b);
}

static void check_unit(unsigned which, const char *s, struct mr_err *err)
{
	int (*parse)(const char *, uint64_t *, struct mr_err *) =
		which ? mr_parse_size : mr_parse_rate;
	const char *(*print)(uint64_t, char *, size_t) = which ? mr_size_text : mr_rate_text;
	uint64_t a = 0, b = 0;
	char text[64];
	int rc = parse(s, &a, err);

	fuzz_check_err(err, rc);
	if (rc)
		return;
	FUZZ_CHECK(!parse(print(a, text, sizeof(text)), &b, err));
	FUZZ_CHECK(a == b);
}

static void check_time(const char *s, struct mr_err *err)
{
	int64_t a = 0, b = 0;
	char text[64];
	int rc = mr_parse_time(s, &a, err);

	fuzz_check_err(err, rc);
	if (rc)
		return;
	FUZZ_CHECK(a >= 0);
	FUZZ_CHECK(!mr_parse_time(mr_time_text(a, text, sizeof(text)), &b, err));
	FUZZ_CHECK(a == b);
}

/* A pattern, a newline, a name; fnmatch knows the same two wildcards, and brackets, and is slow
 * with many stars. */
static void check_glob(char *s)
{
	char *name = strchr(s, '\n');
	unsigned stars = 0;
	bool matches;

	if (!name)
		return;
	*name++ = '\0';
	for (const char *p = s; *p; p++)
		stars += *p == '*';
	matches = mr_glob(s, name);
	if (stars < 5 && !strchr(s, '['))
		FUZZ_CHECK(matches == !fnmatch(s, name, FNM_NOESCAPE));
}

TARGET(data, len)
{
	unsigned which = fuzz_byte(&data, &len) % (MR_IDENT_COUNT + 5);
	struct mr_err err = {0};
	struct mr_buf b = {0};
	char *s;

	mr_buf_add(&b, data, len);
	s = mr_buf_steal(&b);
	if (which < MR_IDENT_COUNT)
		check_ident((enum mr_ident_type)which, s, &err);
	else if (which == MR_IDENT_COUNT)
		check_bdf(s, &err);
	else if (which <= MR_IDENT_COUNT + 2)
		check_unit(which - MR_IDENT_COUNT - 1, s, &err);
	else if (which == MR_IDENT_COUNT + 3)
		check_time(s, &err);
	else
		check_glob(s);
	free(s);
	return 0;
}
