/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Folding of repeated log lines: the decision of log.c, apart from clock and output so that
 * tests need neither. A line that was printed less than a second ago is only counted; the count
 * is told when the second is over.
 */
#ifndef COMMON_OS_FOLD_H
#define COMMON_OS_FOLD_H

#include <stdbool.h>
#include <stdint.h>

#include "common/os/log.h"

#define MR_FOLD_SLOTS	  64
#define MR_FOLD_TEXT	  1024
#define MR_FOLD_SUBSYSTEM 32

struct mr_fold_line {
	enum mr_log_level level;
	char subsystem[MR_FOLD_SUBSYSTEM];
	char text[MR_FOLD_TEXT];
	int64_t printed_ns; /* when it was printed last */
	unsigned repeats;   /* swallowed since then */
	bool used;
};

struct mr_fold {
	struct mr_fold_line line[MR_FOLD_SLOTS];
};

typedef void mr_fold_fn(const struct mr_fold_line *line, void *arg);

bool mr_fold_add(struct mr_fold *f, int64_t mono_ns, enum mr_log_level level,
		 const char *subsystem, const char *text, mr_fold_fn *tell, void *arg);
void mr_fold_expire(struct mr_fold *f, int64_t mono_ns, mr_fold_fn *tell, void *arg);

#endif
