/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One failure, filled in by pure and library code that returns a negative errno value. The
 * first error wins: filling an mr_err that is set already changes nothing. Every function takes
 * err = NULL.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#include <stdarg.h>
#include <stdbool.h>

#include "common/reason.h"

struct mr_err {
	int code; /* negative errno value, 0 = unset */
	enum mr_reason reason;
	char file[256]; /* "" = no place */
	unsigned line;
	unsigned col;
	char text[768];
};

/* Fills '*err' and returns 'code' (a negative errno value), so that callers can `return
 * mr_err_set(...)`. */
int mr_err_set(struct mr_err *err, int code, enum mr_reason reason, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int mr_err_at(struct mr_err *err, int code, enum mr_reason reason, const char *file,
	      unsigned line, unsigned col, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

/* Puts "FMT: " before the text of an error that is set; returns its code. */
int mr_err_prefix(struct mr_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* "file:line:col: text" (or only the text) into buf; returns buf. */
const char *mr_err_format(const struct mr_err *err, char *buf, unsigned long size);

/* A list of findings of one reading (policy, chassis file): errors and warnings, each with a
 * place. */
enum mr_severity {
	MR_SEV_ERROR,
	MR_SEV_WARNING
};

struct mr_diag {
	enum mr_severity severity;
	char *file;
	unsigned line;
	unsigned col;
	char *path; /* of the key: "spec.devices[1].qos.limit", "" = whole document */
	char *text;
};

struct mr_diags {
	struct mr_diag *item;
	unsigned n;
	unsigned cap;
	unsigned errors; /* how many of them are errors: all are counted, also what is not kept
			  */
	unsigned max;	 /* so many are kept; 0 = MR_DIAGS_MAX */
};

#define MR_DIAGS_MAX 100

void mr_diags_done(struct mr_diags *d);
void mr_diags_add(struct mr_diags *d, enum mr_severity sev, const char *file, unsigned line,
		  unsigned col, const char *path, const char *fmt, ...)
	__attribute__((format(printf, 7, 8)));

struct mr_buf;
/* One line each: "FILE:LINE:COL: [warning: ]PATH: TEXT\n". */
void mr_diags_print(const struct mr_diags *d, struct mr_buf *out);

#endif
