// SPDX-License-Identifier: Apache-2.0
/*
 * Filling and writing of errors and findings. Texts are cut at the size of their buffers, since
 * what they quote may come from outside.
 */
#include "common/err.h"

#include <stdio.h>
#include <stdlib.h>

#include "common/str.h"
#include "common/xalloc.h"

#define TEXT_BYTES 768 /* bytes of a finding's text */
#define PATH_BYTES 512 /* bytes of a finding's path */

/* Bytes of the printable UTF-8 character at 'p', 0 when there is none (control, cut, overlong,
 * surrogate). */
static size_t printable(const unsigned char *p)
{
	unsigned char c = p[0], least = 0x80, most = 0xbf;
	size_t n = c >= 0xf0 ? 4 : c >= 0xe0 ? 3 : 2;

	if (c < 0x80)
		return c >= 0x20 && c != 0x7f;
	if (c < 0xc2 || c > 0xf4)
		return 0;
	if (c == 0xc2 || c == 0xe0)
		least = 0xa0;
	else if (c == 0xf0)
		least = 0x90;
	if (c == 0xed)
		most = 0x9f;
	else if (c == 0xf4)
		most = 0x8f;
	if (p[1] < least || p[1] > most)
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

/*
 * Texts quote what came from outside, and are cut. Whatever was quoted, a text stays one line
 * of UTF-8: it goes to terminals, logs and JSON. What is neither becomes '?'.
 */
static char *clean(char *s)
{
	for (char *p = s; *p;) {
		size_t n = printable((const unsigned char *)p);

		if (!n)
			*p = '?';
		p += n ? n : 1;
	}
	return s;
}

static int fill(struct mr_err *err, int code, enum mr_reason reason, const char *fmt,
		va_list ap)
{
	if (!err || err->code)
		return code;
	err->code = code;
	err->reason = reason;
	err->file[0] = '\0';
	err->line = 0;
	err->col = 0;
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	clean(err->text);
	return code;
}

/* Fills 'err' unless it is NULL or set already; returns 'code'. */
int mr_err_set(struct mr_err *err, int code, enum mr_reason reason, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, reason, fmt, ap);
	va_end(ap);
	return code;
}

/* As mr_err_set, with the place; 'file' NULL means none. A file name that does not fit is
 * cut. */
int mr_err_at(struct mr_err *err, int code, enum mr_reason reason, const char *file,
	      unsigned line, unsigned col, const char *fmt, ...)
{
	bool first = err && !err->code;
	va_list ap;

	va_start(ap, fmt);
	fill(err, code, reason, fmt, ap);
	va_end(ap);
	if (first) {
		mr_fmt(err->file, sizeof(err->file), "%s", file ? file : "");
		err->line = line;
		err->col = col;
	}
	return code;
}

/* Puts "FMT: " before the text of 'err' if it is set; returns its code, 0 for NULL or unset. */
int mr_err_prefix(struct mr_err *err, const char *fmt, ...)
{
	char prefix[sizeof(err->text)];
	char old[sizeof(err->text)];
	va_list ap;

	if (!err || !err->code)
		return 0;
	va_start(ap, fmt);
	vsnprintf(prefix, sizeof(prefix), fmt, ap);
	va_end(ap);
	mr_copy(old, sizeof(old), err->text);
	mr_fmt(err->text, sizeof(err->text), "%s: %s", prefix, old);
	clean(err->text);
	return err->code;
}

/* "file:line:col: text", or only the text when there is no place, cut to 'size' bytes; returns
 * 'buf'. */
const char *mr_err_format(const struct mr_err *err, char *buf, unsigned long size)
{
	if (!err || !err->code)
		mr_fmt(buf, size, "%s", "");
	else if (!err->file[0])
		mr_fmt(buf, size, "%s", err->text);
	else
		mr_fmt(buf, size, "%s:%u:%u: %s", err->file, err->line, err->col, err->text);
	return buf;
}

static void diag_done(struct mr_diag *d)
{
	free(d->file);
	free(d->path);
	free(d->text);
}

/* Frees the findings; 'd' is empty afterwards. NULL is accepted. */
void mr_diags_done(struct mr_diags *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < d->n; i++)
		diag_done(&d->item[i]);
	free(d->item);
	*d = (struct mr_diags){0};
}

/* Removes the latest warning to make room for an error; false when only errors are kept. */
static bool drop_warning(struct mr_diags *d)
{
	for (unsigned i = d->n; i-- > 0;) {
		if (d->item[i].severity != MR_SEV_WARNING)
			continue;
		diag_done(&d->item[i]);
		for (d->n--; i < d->n; i++)
			d->item[i] = d->item[i + 1];
		return true;
	}
	return false;
}

/*
 * Adds a finding; 'file' and 'path' may be NULL for none, 'd' NULL drops it. Above MR_DIAGS_MAX
 * it is counted but not kept; an error then takes the place of a warning, so that warnings
 * never hide why a reading failed.
 */
void mr_diags_add(struct mr_diags *d, enum mr_severity sev, const char *file, unsigned line,
		  unsigned col, const char *path, const char *fmt, ...)
{
	char text[TEXT_BYTES];
	va_list ap;

	if (!d)
		return;
	if (sev == MR_SEV_ERROR)
		d->errors++;
	if (d->n >= (d->max ? d->max : MR_DIAGS_MAX) &&
	    (sev != MR_SEV_ERROR || !drop_warning(d)))
		return;
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	MR_GROW(d->item, d->n, d->cap);
	d->item[d->n++] = (struct mr_diag){
		.severity = sev,
		.file = mr_xstrdup(file ? file : ""),
		.line = line,
		.col = col,
		.path = clean(mr_xstrndup(path ? path : "", PATH_BYTES)),
		.text = mr_xstrdup(clean(text)),
	};
}

/* One line for each finding that was kept, in the order they were added, and one for those that
 * were not. */
void mr_diags_print(const struct mr_diags *d, struct mr_buf *out)
{
	unsigned errors = 0;

	for (unsigned i = 0; i < d->n; i++) {
		const struct mr_diag *g = &d->item[i];

		errors += g->severity == MR_SEV_ERROR;
		mr_buf_printf(out, "%s:%u:%u: %s", g->file, g->line, g->col,
			      g->severity == MR_SEV_WARNING ? "warning: " : "");
		if (g->path[0])
			mr_buf_printf(out, "%s: ", g->path);
		mr_buf_printf(out, "%s\n", g->text);
	}
	if (d->errors > errors)
		mr_buf_printf(out, "and %u more errors\n", d->errors - errors);
}
