/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A disk in memory under SQLite: the default VFS of the process, so that the store runs on it
 * as it is. It keeps a log of everything that a power cut can take apart, fails on request, and
 * can hold writes back. There is one disk; two threads may use it (the store's and the test's).
 */
#ifndef TESTS_CRASH_DISK_H
#define TESTS_CRASH_DISK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum disk_op_kind {
	DISK_CREATE, /* 'inode' is what 'name' stands for from now on; durable with its folder
		      */
	DISK_DELETE,
	DISK_WRITE,
	DISK_TRUNCATE, /* to 'off' bytes */
	DISK_SYNC,
	DISK_SYNC_DIR,
	DISK_MARK, /* disk_mark: 'off' is its number */
};

struct disk_op {
	enum disk_op_kind kind;
	unsigned inode;
	char name[32];
	uint64_t off;
	size_t len;
	unsigned char *data;
};

struct disk_log {
	struct disk_op *op;
	unsigned n, cap;
};

/* Becomes the default VFS of this process; once. */
void disk_register(void);
/* An empty disk without faults; nobody has a file open. */
void disk_reset(void);
/* A file as it is found there. */
void disk_put(const char *name, const void *data, size_t len);

/* Appends to 'l' what happens from now on; NULL: no more. */
void disk_record(struct disk_log *l);
void disk_mark(uint64_t number);
void disk_log_done(struct disk_log *l);

enum disk_fault_kind {
	DISK_FAULT_READ,
	DISK_FAULT_WRITE,
	DISK_FAULT_SYNC,
	DISK_FAULTS
};
/* After 'after' more operations of that kind the next 'times' fail with SQLite's 'code'. */
void disk_fail(enum disk_fault_kind kind, unsigned after, unsigned times, int code);
/* Operations of a kind since disk_reset. */
unsigned disk_count(enum disk_fault_kind kind);
/* Bytes that all files together may have; SIZE_MAX = no limit. */
void disk_capacity(size_t bytes);
size_t disk_used(void);

/* Writes wait from now on; until one does; they go on. */
void disk_hold(void);
void disk_wait_held(void);
void disk_go(void);

#endif
