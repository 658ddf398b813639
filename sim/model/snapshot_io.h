/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One walk over the state for both ways: every call either appends what is at the address or
 * fills it. Shared by snapshot.c and tlp.c.
 */
#ifndef SIM_MODEL_SNAPSHOT_IO_H
#define SIM_MODEL_SNAPSHOT_IO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

struct sim_io {
	struct mr_buf *out; /* NULL: loading */
	const uint8_t *in;
	size_t len, pos;
	bool bad;	  /* loading: the bytes do not fit */
	int64_t shift_ns; /* loading: from the saved time to the present one */
};

/* 'size' bytes; zeros where the bytes ran out. */
void sim_io_raw(struct sim_io *io, void *p, size_t size);
/* A number that is not over 'max'. */
void sim_io_count(struct sim_io *io, unsigned *n, unsigned max);
/* An array that is there (then of n elements) or NULL; 'p' is the address of the pointer. */
void sim_io_array(struct sim_io *io, void *p, size_t n, size_t size);

#endif
