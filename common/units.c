// SPDX-License-Identifier: Apache-2.0
/*
 * Numbers of str.h: whole numbers, and rates, sizes and times with their units, to values and
 * back. A fraction is accepted where the value is a whole number of bits, bytes or nanoseconds
 * ("2.5Gbit"), so every value has a text.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"

#define FRACTION_MAX 18	       /* digits behind the point */
#define QUOTE	     "'%.40s'" /* what was written, cut */

struct unit {
	const char *name;
	uint64_t factor;
};

struct unit_kind {
	const char *what; /* "a rate such as 25Gbit (kbit, Mbit, Gbit)" */
	const char *whole;
	uint64_t max;
	const struct unit *unit; /* small to large, ends with NULL */
};

static const struct unit rate_units[] = {
	{"kbit", 1000},
	{"Mbit", 1000000},
	{"Gbit", 1000000000},
	{NULL, 0},
};
static const struct unit size_units[] = {
	{"KiB", UINT64_C(1) << 10},
	{"MiB", UINT64_C(1) << 20},
	{"GiB", UINT64_C(1) << 30},
	{"TiB", UINT64_C(1) << 40},
	{NULL, 0},
};
static const struct unit time_units[] = {
	{"ms", UINT64_C(1000000)},
	{"s", UINT64_C(1000000000)},
	{"m", UINT64_C(60000000000)},
	{"h", UINT64_C(3600000000000)},
	{NULL, 0},
};
static const struct unit_kind rate_kind = {
	.what = "a rate such as 25Gbit (units kbit, Mbit, Gbit)",
	.whole = "bits per second",
	.max = UINT64_MAX,
	.unit = rate_units,
};
static const struct unit_kind size_kind = {
	.what = "a size such as 2GiB (units KiB, MiB, GiB, TiB)",
	.whole = "bytes",
	.max = UINT64_MAX,
	.unit = size_units,
};
static const struct unit_kind time_kind = {
	.what = "a time such as 30s (units ms, s, m, h)",
	.whole = "nanoseconds",
	.max = INT64_MAX,
	.unit = time_units,
};

/* Reads digits of 'base' at '*s' and moves it behind them. 0, -EINVAL without a digit, -ERANGE
 * above 64 bits. */
static int digits(const char **s, int base, uint64_t *ret)
{
	const char *p = *s;
	uint64_t v = 0;
	bool over = false;

	for (; mr_hex_digit(*p) >= 0 && mr_hex_digit(*p) < base; p++) {
		over |= __builtin_mul_overflow(v, (uint64_t)base, &v);
		over |= __builtin_add_overflow(v, (uint64_t)mr_hex_digit(*p), &v);
	}
	if (p == *s)
		return -EINVAL;
	*s = p;
	*ret = v;
	return over ? -ERANGE : 0;
}

/*
 * Parses the whole of 's' as a number of at most 'max'. Returns 0, -EINVAL when it is no
 * number, -ERANGE when it is too large.
 */
int mr_parse_u64(const char *s, uint64_t max, bool hex, uint64_t *ret, struct mr_err *err)
{
	const char *p = s ? s : "";
	uint64_t v = 0;
	int base = 10;
	int r;

	if (hex && p[0] == '0' && (p[1] == 'x' || p[1] == 'X')) {
		base = 16;
		p += 2;
	}
	r = digits(&p, base, &v);
	if (r == -EINVAL || *p)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "expected a whole number%s of at most %llu, got " QUOTE,
				  hex ? " (decimal, or hexadecimal after 0x)" : "",
				  (unsigned long long)max, s ? s : "");
	if (r || v > max)
		return mr_err_set(err, -ERANGE, MR_REASON_INVALID,
				  "expected a number of at most %llu, got " QUOTE,
				  (unsigned long long)max, s);
	*ret = v;
	return 0;
}

/* Reads "12" or "12.34" at '*s': the value is ret_num / ret_scale, with a scale that is a power
 * of ten. */
static int decimal(const char **s, unsigned __int128 *ret_num, uint64_t *ret_scale)
{
	uint64_t whole, fraction = 0, scale = 1;
	const char *point;
	int r = digits(s, 10, &whole);

	if (r)
		return r;
	if (**s == '.') {
		point = ++*s;
		r = digits(s, 10, &fraction);
		if (r == -EINVAL || *s - point > FRACTION_MAX)
			return -EINVAL;
		for (; point < *s; point++)
			scale *= 10;
	}
	*ret_num = (unsigned __int128)whole * scale + fraction;
	*ret_scale = scale;
	return 0;
}

static const struct unit *unit_of(const struct unit_kind *kind, const char *s)
{
	for (const struct unit *u = kind->unit; u->name; u++) {
		if (!strcmp(u->name, s))
			return u;
	}
	return NULL;
}

static int too_large(const struct unit_kind *kind, const char *s, struct mr_err *err)
{
	return mr_err_set(err, -ERANGE, MR_REASON_INVALID,
			  "expected %s, got " QUOTE ", which is too large", kind->what, s);
}

static int parse(const struct unit_kind *kind, const char *s, uint64_t *ret, struct mr_err *err)
{
	const char *p = s ? s : "";
	const struct unit *unit;
	unsigned __int128 num = 0, value;
	uint64_t scale = 1;
	int r = decimal(&p, &num, &scale);

	if (r == -EINVAL)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "expected %s, got " QUOTE,
				  kind->what, s ? s : "");
	unit = unit_of(kind, p);
	if (!unit)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "expected %s, got " QUOTE " %s", kind->what, s,
				  *p ? "with another unit" : "without a unit");
	/* whole < 2^64 and scale <= 10^18 < 2^60: num < 2^124; the product may wrap, hence the
	 * division first. */
	if (r || num / scale > kind->max / unit->factor)
		return too_large(kind, s, err);
	value = num / scale * unit->factor;
	num = num % scale * unit->factor;
	if (num % scale)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "expected a whole number of %s, got " QUOTE, kind->whole, s);
	value += num / scale;
	if (value > kind->max)
		return too_large(kind, s, err);
	*ret = (uint64_t)value;
	return 0;
}

/* "25Gbit" to bits per second. Returns 0, -EINVAL, or -ERANGE above 64 bits. */
int mr_parse_rate(const char *s, uint64_t *ret_bps, struct mr_err *err)
{
	return parse(&rate_kind, s, ret_bps, err);
}

/* "2GiB" to bytes. Returns 0, -EINVAL, or -ERANGE above 64 bits. */
int mr_parse_size(const char *s, uint64_t *ret_bytes, struct mr_err *err)
{
	return parse(&size_kind, s, ret_bytes, err);
}

/* "30s" to nanoseconds. Returns 0, -EINVAL, or -ERANGE above 63 bits. */
int mr_parse_time(const char *s, int64_t *ret_ns, struct mr_err *err)
{
	uint64_t ns;
	int r = parse(&time_kind, s, &ns, err);

	if (!r)
		*ret_ns = (int64_t)ns;
	return r;
}

/* 'value' in 'unit' into 'buf' of 64 bytes; its length, or 0 when it takes too many digits
 * behind the point. */
static size_t write_in(const struct unit *unit, uint64_t value, char *buf)
{
	uint64_t rest = value % unit->factor;
	char fraction[FRACTION_MAX + 2] = ".";
	size_t n = 1;

	while (rest && n <= FRACTION_MAX) {
		rest *= 10;
		fraction[n++] = (char)('0' + rest / unit->factor);
		rest %= unit->factor;
	}
	if (rest)
		return 0;
	fraction[n == 1 ? 0 : n] = '\0';
	return (size_t)snprintf(buf, 64, "%llu%s%s", (unsigned long long)(value / unit->factor),
				fraction, unit->name);
}

/* The shortest text of 'value'; of two of one length the smaller unit, which has fewer digits
 * behind the point. */
static const char *text(const struct unit_kind *kind, const char *sign, uint64_t value,
			char *buf, size_t size)
{
	char best[64] = "", next[64];
	size_t best_len = sizeof(best), len;

	for (const struct unit *u = kind->unit; u->name; u++) {
		len = write_in(u, value, next);
		if (len && len < best_len) {
			best_len = len;
			memcpy(best, next, len + 1);
		}
	}
	mr_fmt(buf, size, "%s%s", sign, best);
	return buf;
}

/* The shortest text that mr_parse_rate reads as 'bps', cut to 'size' bytes; returns 'buf'. */
const char *mr_rate_text(uint64_t bps, char *buf, size_t size)
{
	return text(&rate_kind, "", bps, buf, size);
}

/* The shortest text that mr_parse_size reads as 'bytes', cut to 'size' bytes; returns 'buf'. */
const char *mr_size_text(uint64_t bytes, char *buf, size_t size)
{
	return text(&size_kind, "", bytes, buf, size);
}

/* The shortest text that mr_parse_time reads as 'ns', cut to 'size' bytes; a negative one gets
 * a '-'. */
const char *mr_time_text(int64_t ns, char *buf, size_t size)
{
	return text(&time_kind, ns < 0 ? "-" : "", ns < 0 ? -(uint64_t)ns : (uint64_t)ns, buf,
		    size);
}
