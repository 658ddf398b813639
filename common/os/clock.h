/* SPDX-License-Identifier: Apache-2.0 */
/* The real clocks, and randomness from the system. Shells read them and hand them to the
 * cores. */
#ifndef COMMON_OS_CLOCK_H
#define COMMON_OS_CLOCK_H

#include <stdint.h>

#include "common/now.h"

struct mr_now mr_clock_now(void);
uint64_t mr_random_u64(void);
/* Whole file into memory, at most 'max' bytes: 0 or a negative errno value; *ret is malloc'ed
 * and NUL-terminated. */
struct mr_err;
int mr_file_read(const char *path, unsigned long max, char **ret, unsigned long *ret_len,
		 struct mr_err *err);

#endif
