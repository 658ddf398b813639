/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Words for the tables of class drivers (face_class.c, face_nvme.c): files of one value, and
 * rows of struct face_row.
 */
#ifndef SIM_FACE_ROW_H
#define SIM_FACE_ROW_H

#include "common/str.h"
#include "sim/face_tree.h"

/* A reader named 'fn' of one line. */
#define TEXT(fn, fmt, ...)                                          \
	static int fn(const struct face_at *at, struct mr_buf *out) \
	{                                                           \
		(void)at;                                           \
		mr_buf_printf(out, fmt "\n", __VA_ARGS__);          \
		return 0;                                           \
	}

#define RO(IN, NAME, fn)                                         \
	{                                                        \
		.in = IN, .name = NAME, .mode = 0444, .read = fn \
	}
#define LINK(IN, NAME, fn)                                       \
	{                                                        \
		.in = IN, .name = NAME, .read = fn, .link = true \
	}

#endif
