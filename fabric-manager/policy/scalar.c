// SPDX-License-Identifier: Apache-2.0
/*
 * Scalars: one parser and one printer per type. Numbers of YAML are never asked: the text as
 * written counts (POLICY, "Rules for every document").
 */
#include "fabric-manager/policy/scalar.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/ids.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"

#define TEXT_MAX   255
#define VFS_MAX	   65535
#define RANGES_MAX 256
#define MBIT	   1000000

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits, '-', '_', '.', the first a letter or digit, at most MR_NAME_MAX - 1. */
static bool is_name(const char *s)
{
	size_t n = strnlen(s, MR_NAME_MAX);

	if (!n || n >= MR_NAME_MAX || !(is_letter(s[0]) || is_digit(s[0])))
		return false;
	for (; *s; s++) {
		if (!is_letter(*s) && !is_digit(*s) && !strchr("-_.", *s))
			return false;
	}
	return true;
}

static bool is_text(const char *s)
{
	size_t n = strnlen(s, TEXT_MAX + 1);

	if (!n || n > TEXT_MAX)
		return false;
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	}
	return true;
}

/* 16 bits as four small hex digits; "0x" in front is accepted. */
static char *hex_text(const char *s)
{
	char buf[8];
	uint64_t v;

	if (mr_starts(s, "0x") || mr_starts(s, "0X"))
		s += 2;
	if (strlen(s) < 1 || strlen(s) > 4 || strspn(s, "0123456789abcdefABCDEF") != strlen(s))
		return NULL;
	v = strtoull(s, NULL, 16);
	mr_fmt(buf, sizeof(buf), "%04x", (unsigned)v);
	return mr_xstrdup(buf);
}

static char *ident_text(const struct fm_key *k, const char *s)
{
	char buf[MR_IDENT_TEXT];
	struct mr_ident id;
	char *ret;

	if (k->min >= 0)
		return mr_ident_parse((enum mr_ident_type)k->min, s, &id, NULL)
			       ? NULL
			       : mr_xstrdup(mr_ident_text(&id, buf));
	if (strlen(s) >= MR_IDENT_TEXT || strspn(s, "0123456789abcdefABCDEF:-") != strlen(s) ||
	    !*s)
		return NULL;
	ret = mr_xstrdup(s);
	for (char *p = ret; *p; p++)
		*p = *p >= 'A' && *p <= 'F' ? (char)(*p + 32) : *p;
	return ret;
}

struct range {
	unsigned first;
	unsigned last;
};

static bool range_read(const char **s, struct range *r)
{
	char *end;

	if (!is_digit(**s))
		return false;
	r->first = r->last = (unsigned)strtoul(*s, &end, 10);
	if (end - *s > 5)
		return false;
	*s = end;
	if (**s == '-') {
		++*s;
		if (!is_digit(**s))
			return false;
		r->last = (unsigned)strtoul(*s, &end, 10);
		if (end - *s > 5)
			return false;
		*s = end;
	}
	return r->first <= r->last && r->last <= VFS_MAX;
}

static int range_cmp(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return (x->first > y->first) - (x->first < y->first);
}

/* "7,0-3" -> "0-3,7"; NULL when it is no set, or a VF stands twice. Neighbours become one
 * range. */
static char *vfset_text(const char *s)
{
	struct range r[RANGES_MAX];
	struct mr_buf out = {0};
	unsigned n = 0;

	do {
		if (n == RANGES_MAX || !range_read(&s, &r[n]) || (*s && *s != ','))
			return NULL;
		n++;
	} while (*s++);
	qsort(r, n, sizeof(r[0]), range_cmp);
	for (unsigned i = 0; i < n; i++) {
		unsigned first = r[i].first;

		if (i && r[i].first <= r[i - 1].last) {
			mr_buf_done(&out);
			return NULL;
		}
		while (i + 1 < n && r[i + 1].first == r[i].last + 1)
			i++;
		mr_buf_printf(&out, first == r[i].last ? "%s%u" : "%s%u-%u", out.len ? "," : "",
			      first, r[i].last);
	}
	return mr_buf_steal(&out);
}

/* The canonical spelling of 'text' for the row 'k', or NULL when it is no value of its type. */
char *fm_scalar_text(const struct fm_key *k, const char *text)
{
	switch (k->type) {
	case FM_T_NAME:
		return is_name(text) ? mr_xstrdup(text) : NULL;
	case FM_T_HEX:
		return hex_text(text);
	case FM_T_IDENT:
		return ident_text(k, text);
	case FM_T_VFSET:
		return vfset_text(text);
	default:
		return is_text(text) ? mr_xstrdup(text) : NULL;
	}
}

/* Walks a canonical VF set: true and the next range; '*pos' starts at the text and moves on. */
bool fm_vfset_next(const char **pos, unsigned *ret_first, unsigned *ret_last)
{
	struct range r;

	if (!*pos || !**pos || !range_read(pos, &r))
		return false;
	if (**pos == ',')
		++*pos;
	*ret_first = r.first;
	*ret_last = r.last;
	return true;
}

static int int_num(const char *s, int64_t *ret)
{
	uint64_t v;

	if (mr_parse_u64(s, INT64_MAX - 1, false, &v, NULL))
		return -EINVAL;
	*ret = (int64_t)v;
	return 0;
}

static int bool_num(const char *s, int64_t *ret)
{
	int v = mr_yaml_bool(s);

	*ret = v;
	return v < 0 ? -EINVAL : 0;
}

static int percent_num(const char *s, int64_t *ret)
{
	size_t n = strlen(s);
	char digits[8];

	if (n < 2 || n > 4 || s[n - 1] != '%')
		return -EINVAL;
	memcpy(digits, s, n - 1);
	digits[n - 1] = '\0';
	return int_num(digits, ret);
}

/* "2", "2.0", "1.25" -> thousandths. */
static int ratio_num(const char *s, int64_t *ret)
{
	int64_t v = 0;
	unsigned fraction = 0;
	size_t whole = strspn(s, "0123456789");

	if (!whole || whole > 6)
		return -EINVAL;
	for (size_t i = 0; i < whole; i++)
		v = v * 10 + (s[i] - '0');
	s += whole;
	if (*s == '.') {
		for (s++; is_digit(*s) && fraction < 3; s++, fraction++)
			v = v * 10 + (*s - '0');
		if (!fraction)
			return -EINVAL;
	}
	for (; fraction < 3; fraction++)
		v *= 10;
	*ret = v;
	return *s ? -EINVAL : 0;
}

/* Hardware counts in Mbit/s, so a rate is a whole number of them. */
static int rate_num(const char *s, int64_t *ret)
{
	uint64_t v;

	if (mr_parse_rate(s, &v, NULL) || v >= INT64_MAX || v % MBIT)
		return -EINVAL;
	*ret = (int64_t)v;
	return 0;
}

static int size_num(const char *s, int64_t *ret)
{
	uint64_t v;

	if (mr_parse_size(s, &v, NULL) || v >= INT64_MAX)
		return -EINVAL;
	*ret = (int64_t)v;
	return 0;
}

static int time_num(const char *s, int64_t *ret)
{
	return mr_parse_time(s, ret, NULL) ? -EINVAL : 0;
}

/* "02:05" -> 125 */
static int clock_num(const char *s, int64_t *ret)
{
	int h, m;

	if (strlen(s) != 5 || !is_digit(s[0]) || !is_digit(s[1]) || s[2] != ':' ||
	    !is_digit(s[3]) || !is_digit(s[4]))
		return -EINVAL;
	h = (s[0] - '0') * 10 + s[1] - '0';
	m = (s[3] - '0') * 10 + s[4] - '0';
	*ret = h * 60 + m;
	return h > 23 || m > 59 ? -EINVAL : 0;
}

static int enum_num(const struct fm_key *k, const char *s, int64_t *ret)
{
	for (int i = 0; k->names[i]; i++) {
		if (!strcmp(k->names[i], s)) {
			*ret = i;
			return 0;
		}
	}
	return -EINVAL;
}

static int parse_num(const struct fm_key *k, const char *s, int64_t *ret)
{
	switch (k->type) {
	case FM_T_BOOL:
		return bool_num(s, ret);
	case FM_T_ENUM:
		return enum_num(k, s, ret);
	case FM_T_PERCENT:
		return percent_num(s, ret);
	case FM_T_RATIO:
		return ratio_num(s, ret);
	case FM_T_RATE:
		return rate_num(s, ret);
	case FM_T_SIZE:
		return size_num(s, ret);
	case FM_T_TIME:
		return time_num(s, ret);
	case FM_T_CLOCK:
		return clock_num(s, ret);
	default:
		return int_num(s, ret);
	}
}

/* The value of 'text' for the row 'k'. Returns 0, or -EINVAL when it is none or out of
 * bounds. */
int fm_scalar_num(const struct fm_key *k, const char *text, int64_t *ret)
{
	int64_t v;

	if (k->word && !strcmp(text, k->word)) {
		*ret = FM_UNLIMITED;
		return 0;
	}
	if (k->type == FM_T_SHARE && percent_num(text, &v) == 0 && v >= 1 && v <= 100) {
		*ret = -v;
		return 0;
	}
	if (parse_num(k, text, &v))
		return -EINVAL;
	if (k->type != FM_T_BOOL && k->type != FM_T_ENUM && k->type != FM_T_CLOCK &&
	    (v < k->min || (k->max && v > k->max)))
		return -EINVAL;
	*ret = v;
	return 0;
}

/*
 * Whether YAML 1.1 readers take 'text' for something else than its characters (02:25 is a
 * number of base 60, 15e3 a float). All values of these types are asked to stand in quotes, so
 * that the next one is safe too.
 */
bool fm_scalar_wants_quotes(const struct fm_key *k, const char *text)
{
	switch (k->type) {
	case FM_T_HEX:
	case FM_T_CLOCK:
		return true;
	case FM_T_IDENT:
		return strchr(text, ':') || strchr(text, '-');
	case FM_T_TEXT:
		return strspn(text, "0123456789abcdefABCDEF:.*?") == strlen(text) &&
		       strchr(text, ':');
	default:
		return false;
	}
}

static bool plain_is_safe(const char *s)
{
	static const char *const words[] = {"null", "y",  "n",	  "on",	  "off",
					    "yes",  "no", "true", "false"};

	if (!is_letter(*s))
		return false;
	for (unsigned i = 0; i < MR_ARRAY_SIZE(words); i++) {
		if (!mr_strcasecmp(s, words[i]))
			return false;
	}
	for (; *s; s++) {
		if (!is_letter(*s) && !is_digit(*s) && !strchr("-_./", *s))
			return false;
	}
	return true;
}

/* Appends 's' as a YAML scalar: plain where no reader can mistake it, else in double quotes. */
void fm_yaml_text(const char *s, struct mr_buf *out)
{
	if (plain_is_safe(s)) {
		mr_buf_puts(out, s);
		return;
	}
	mr_buf_putc(out, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			mr_buf_printf(out, "\\%c", *s);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			mr_buf_printf(out, "\\x%02x", (unsigned char)*s);
		else
			mr_buf_putc(out, *s);
	}
	mr_buf_putc(out, '"');
}

static void ratio_print(int64_t v, struct mr_buf *out)
{
	char text[24];
	size_t n;

	mr_fmt(text, sizeof(text), "%lld.%03lld", (long long)(v / 1000), (long long)(v % 1000));
	n = strlen(text);
	while (n > 2 && text[n - 1] == '0' && text[n - 2] != '.')
		text[--n] = '\0';
	mr_buf_puts(out, text);
}

static void num_print(const struct fm_key *k, int64_t v, struct mr_buf *out)
{
	char buf[48];

	switch (k->type) {
	case FM_T_BOOL:
		mr_buf_puts(out, v ? "true" : "false");
		break;
	case FM_T_ENUM:
		mr_buf_puts(out, k->names[v]);
		break;
	case FM_T_PERCENT:
		mr_buf_printf(out, "%lld%%", (long long)v);
		break;
	case FM_T_SHARE:
		mr_buf_printf(out, v < 0 ? "%lld%%" : "%lld", (long long)(v < 0 ? -v : v));
		break;
	case FM_T_RATIO:
		ratio_print(v, out);
		break;
	case FM_T_RATE:
		mr_buf_puts(out, mr_rate_text((uint64_t)v, buf, sizeof(buf)));
		break;
	case FM_T_SIZE:
		mr_buf_puts(out, mr_size_text((uint64_t)v, buf, sizeof(buf)));
		break;
	case FM_T_TIME:
		mr_buf_puts(out, mr_time_text(v, buf, sizeof(buf)));
		break;
	case FM_T_CLOCK:
		mr_buf_printf(out, "\"%02d:%02d\"", (int)(v / 60), (int)(v % 60));
		break;
	default:
		mr_buf_printf(out, "%lld", (long long)v);
	}
}

/* Appends the value at 'field' (struct fm_text or fm_num) as it would be written. */
void fm_scalar_print(const struct fm_key *k, const void *field, struct mr_buf *out)
{
	const struct fm_text *t = field;
	const struct fm_num *n = field;

	if (!fm_type_is_text(k->type) && k->word && n->v == FM_UNLIMITED)
		mr_buf_puts(out, k->word);
	else if (!fm_type_is_text(k->type))
		num_print(k, n->v, out);
	else if (!t->s)
		mr_buf_puts(out, k->word ? k->word : "\"\"");
	else if (k->type == FM_T_TEXT || k->type == FM_T_NAME)
		fm_yaml_text(t->s, out);
	else
		mr_buf_printf(out, "\"%s\"", t->s);
}
