/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading below a sysfs root, /sys or another folder that looks like it: small files, numbers,
 * links, lists. Only reads; write.h has the writes.
 */
#ifndef AGENT_SYSFS_H
#define AGENT_SYSFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/str.h"

#define AG_PATH_MAX 1024

struct ag_sysfs {
	char root[512]; /* without a trailing slash */
	bool real; /* the running kernel's own: /proc, netlink and libibverbs belong to it */
};

/* A folder as the root; "/sys" is the real one. false when the name is too long. */
bool ag_sysfs_init(struct ag_sysfs *fs, const char *root);
/* ROOT/fmt...; false when it does not fit. */
bool ag_sysfs_path(const struct ag_sysfs *fs, char *buf, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/*
 * A folder that is read often: opened once, and named by a short path that leads there without
 * walking down the tree again (each step of a path costs a FUSE or kernel look-up). false if
 * there is no such folder.
 */
struct ag_dir {
	int fd;
	char path[32];
};
bool ag_dir_open(const char *path, struct ag_dir *ret);
void ag_dir_close(struct ag_dir *d);

/* First line of a small file without its end; false if it cannot be read. */
bool ag_read_line(const char *path, char *buf, size_t size);
/* The same for DIR/NAME; numbers as sysfs writes them (0x.. or decimal). */
bool ag_read_text(const char *dir, const char *name, char *buf, size_t size);
bool ag_read_int(const char *dir, const char *name, int64_t *ret);
/* Up to 'size' bytes of a binary file; the number read, 0 on failure. */
size_t ag_read_bytes(const char *path, void *buf, size_t size);
/* Last component of the link DIR/NAME. */
bool ag_read_link(const char *dir, const char *name, char *buf, size_t size);
/* Where a link leads, as text; its length or -1. */
long ag_link_target(const char *path, char *buf, size_t size);
bool ag_exists(const char *dir, const char *name);

/* Names in a folder, sorted, "." and ".." left out; at most AG_NAMES_MAX. */
#define AG_NAMES_MAX 70000
struct ag_names {
	char **name;
	unsigned n, cap;
};
/* 0 or a negative errno value. */
int ag_names_read(const char *path, struct ag_names *ret);
void ag_names_done(struct ag_names *n);

#endif
