/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From a disk's log to every disk that a power cut could have left. Between two syncs of a file
 * what was written to it may be lost or there, in any order, cut at sectors of 512 bytes; so
 * may the entries of the folder until that is synced. Few such pieces are tried in all
 * combinations, of many some: none, all, prefixes, all but one, one alone, and random ones.
 */
#ifndef TESTS_CRASH_REPLAY_H
#define TESTS_CRASH_REPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/rng.h"
#include "tests/crash/disk.h"

struct replay {
	const struct disk_log *log;
	struct mr_rng rng;
	unsigned window; /* disks to try between two syncs where there are more than a few
			    pieces */
	/* The disk is as after a cut before operation 'at'; 'mark' is the last of disk_mark
	 * before it. false ends the replay. */
	bool (*check)(uint64_t mark, unsigned at, void *arg);
	void *arg;
	unsigned disks; /* that were tried */
};

/* Whether every check was true. */
bool replay_run(struct replay *r);

#endif
