/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing byte buffer, bounded string copies, numbers with units, and the nearest name for a
 * misspelt one.
 */
#ifndef COMMON_STR_H
#define COMMON_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mr_err;

struct mr_buf {
	/* always NUL-terminated once something was added; NULL when empty and new */
	char *data;
	size_t len;
	size_t cap;
};

void mr_buf_done(struct mr_buf *b);
void mr_buf_reset(struct mr_buf *b);		    /* keeps the memory */
void mr_buf_reserve(struct mr_buf *b, size_t more); /* so many bytes come: room at once */
void mr_buf_add(struct mr_buf *b, const void *data, size_t len);
void mr_buf_puts(struct mr_buf *b, const char *s);
void mr_buf_putc(struct mr_buf *b, char c);
void mr_buf_printf(struct mr_buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
void mr_buf_vprintf(struct mr_buf *b, const char *fmt, va_list ap)
	__attribute__((format(printf, 2, 0)));
char *mr_buf_steal(
	struct mr_buf *b); /* never NULL; the caller frees; the buffer is empty afterwards */
const char *mr_buf_text(const struct mr_buf *b); /* never NULL */

/* snprintf that says whether it all fitted; the text is NUL-terminated in either case. */
bool mr_fmt(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* Copies a name; false (and buf = "") when it does not fit. */
bool mr_copy(char *buf, size_t size, const char *s);

bool mr_streq(const char *a, const char *b);
bool mr_starts(const char *s, const char *prefix);
int mr_strcasecmp(const char *a, const char *b);
/* '*' and '?' globs. */
bool mr_glob(const char *pattern, const char *s);
/* The name of 'names' (NULL-terminated) nearest to 's' within a third of its length, or
 * NULL. */
const char *mr_nearest(const char *s, const char *const *names);

/* The value of a hexadecimal digit, -1 for what is none. */
int mr_hex_digit(char c);

/* Whole-string numbers: 0 or -EINVAL/-ERANGE with the expectation in err. Base 10, or 16 with
 * 0x where 'hex'. */
int mr_parse_u64(const char *s, uint64_t max, bool hex, uint64_t *ret, struct mr_err *err);
/* "25Gbit" -> bits per second; kbit Mbit Gbit only. "2GiB" -> bytes; KiB MiB GiB TiB. "30s" ->
 * ns; ms s m h. */
int mr_parse_rate(const char *s, uint64_t *ret_bps, struct mr_err *err);
int mr_parse_size(const char *s, uint64_t *ret_bytes, struct mr_err *err);
int mr_parse_time(const char *s, int64_t *ret_ns, struct mr_err *err);
/* Back to the shortest text that parses to the same value. */
const char *mr_rate_text(uint64_t bps, char *buf, size_t size);
const char *mr_size_text(uint64_t bytes, char *buf, size_t size);
const char *mr_time_text(int64_t ns, char *buf, size_t size);

#endif
