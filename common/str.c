// SPDX-License-Identifier: Apache-2.0
/*
 * Buffers, bounded copies, comparisons and the nearest name. Numbers and units are in units.c.
 */
#include "common/str.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "common/xalloc.h"

#define NEAREST_MAX 64 /* longer names have no nearest one */

/* Frees the memory; 'b' is empty and usable afterwards. */
void mr_buf_done(struct mr_buf *b)
{
	if (!b)
		return;
	free(b->data);
	*b = (struct mr_buf){0};
}

/* Empties 'b' and keeps its memory. */
void mr_buf_reset(struct mr_buf *b)
{
	b->len = 0;
	if (b->data)
		b->data[0] = '\0';
}

/* Room for 'more' bytes and a NUL behind them. */
void mr_buf_reserve(struct mr_buf *b, size_t more)
{
	size_t need, cap = b->cap ? b->cap : 32;

	if (__builtin_add_overflow(b->len, more, &need) ||
	    __builtin_add_overflow(need, 1, &need))
		abort();
	if (need <= b->cap)
		return;
	while (cap < need)
		cap = cap > SIZE_MAX / 2 ? need : 2 * cap;
	b->data = mr_xrealloc(b->data, cap, 1);
	b->cap = cap;
	b->data[b->len] = '\0';
}

/* Appends 'len' bytes of 'data', which may contain NUL. */
void mr_buf_add(struct mr_buf *b, const void *data, size_t len)
{
	mr_buf_reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

/* Appends the string 's'; NULL appends nothing. */
void mr_buf_puts(struct mr_buf *b, const char *s)
{
	if (s)
		mr_buf_add(b, s, strlen(s));
}

/* Appends one byte. */
void mr_buf_putc(struct mr_buf *b, char c)
{
	mr_buf_add(b, &c, 1);
}

/* Appends a formatted text. */
void mr_buf_printf(struct mr_buf *b, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	mr_buf_vprintf(b, fmt, ap);
	va_end(ap);
}

/* Appends a formatted text; most fit what is there, so the second pass is rare. */
void mr_buf_vprintf(struct mr_buf *b, const char *fmt, va_list ap)
{
	va_list again;
	int n;

	va_copy(again, ap);
	mr_buf_reserve(b, 64);
	n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
	if (n < 0)
		abort();
	if ((size_t)n >= b->cap - b->len) {
		mr_buf_reserve(b, (size_t)n);
		vsnprintf(b->data + b->len, b->cap - b->len, fmt, again);
	}
	va_end(again);
	b->len += (size_t)n;
}

/* The text of 'b', which the caller frees; never NULL. 'b' is empty afterwards. */
char *mr_buf_steal(struct mr_buf *b)
{
	char *s = b->data ? b->data : mr_xstrdup("");

	*b = (struct mr_buf){0};
	return s;
}

/* The text of 'b', valid until it changes; never NULL. */
const char *mr_buf_text(const struct mr_buf *b)
{
	return b->data ? b->data : "";
}

/* snprintf into 'buf' of 'size' bytes; false when the text was cut. */
bool mr_fmt(char *buf, size_t size, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, size, fmt, ap);
	va_end(ap);
	return n >= 0 && (size_t)n < size;
}

/* Copies 's' into 'buf' of 'size' bytes; false and "" when it does not fit or is NULL. */
bool mr_copy(char *buf, size_t size, const char *s)
{
	size_t len = s ? strnlen(s, size) : size;

	if (len >= size) {
		if (size)
			buf[0] = '\0';
		return false;
	}
	memcpy(buf, s, len);
	buf[len] = '\0';
	return true;
}

/* Whether two strings are the same; NULL is the same as NULL only. */
bool mr_streq(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Whether 's' begins with 'prefix'. */
bool mr_starts(const char *s, const char *prefix)
{
	return s && prefix && !strncmp(s, prefix, strlen(prefix));
}

/* Order without regard to the case of ASCII letters. */
int mr_strcasecmp(const char *a, const char *b)
{
	return strcasecmp(a, b);
}

/* Whether the whole of 's' matches 'pattern': '*' any run, '?' any one byte. Time is at most
 * their product. */
bool mr_glob(const char *pattern, const char *s)
{
	const char *star = NULL, *from = NULL;

	while (*s) {
		if (*pattern == '*') {
			star = pattern++;
			from = s;
		} else if (*pattern == '?' || *pattern == *s) {
			pattern++;
			s++;
		} else if (star) {
			pattern = star + 1;
			s = ++from;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

static bool same_letter(char a, char b)
{
	return (a >= 'A' && a <= 'Z' ? a + 32 : a) == (b >= 'A' && b <= 'Z' ? b + 32 : b);
}

static unsigned min(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

/* Letters to insert, delete, change or swap with the next one, to turn 'a' into 'b'; case does
 * not count. */
static unsigned distance(const char *a, size_t na, const char *b, size_t nb)
{
	unsigned row[3][NEAREST_MAX + 1];
	unsigned *before = row[0], *last = row[1], *now = row[2];

	for (unsigned j = 0; j <= nb; j++)
		last[j] = j;
	for (unsigned i = 1; i <= na; i++) {
		unsigned *t;

		now[0] = i;
		for (unsigned j = 1; j <= nb; j++) {
			unsigned d = last[j - 1] + !same_letter(a[i - 1], b[j - 1]);

			d = min(d, min(last[j], now[j - 1]) + 1);
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) &&
			    same_letter(a[i - 2], b[j - 1]))
				d = min(d, before[j - 2] + 1);
			now[j] = d;
		}
		t = before;
		before = last;
		last = now;
		now = t;
	}
	return last[nb];
}

/*
 * The name of 'names' (NULL-terminated) that 's' may be a misspelling of: the nearest within a
 * third of the length of 's' (one letter for two), the first of several; NULL when there is
 * none.
 */
const char *mr_nearest(const char *s, const char *const *names)
{
	size_t len = s ? strnlen(s, NEAREST_MAX + 1) : 0;
	unsigned best = (unsigned)(len == 2 ? 1 : len / 3) + 1;
	const char *ret = NULL;

	if (!len || len > NEAREST_MAX)
		return NULL;
	for (; *names; names++) {
		size_t n = strnlen(*names, NEAREST_MAX + 1);
		unsigned d;

		if (n > NEAREST_MAX)
			continue;
		d = distance(s, len, *names, n);
		if (d < best) {
			best = d;
			ret = *names;
		}
	}
	return ret;
}

/* The value of a hexadecimal digit, -1 for what is none. */
int mr_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}
