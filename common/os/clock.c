/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Clocks, system randomness, and reading a small file whole: what shells need of the system
 * before they have a loop.
 */
#include "common/os/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "common/err.h"
#include "common/str.h"
#include "common/xalloc.h"

static int64_t clock_ns(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * MR_NS_PER_S + ts.tv_nsec;
}

/* Both clocks, read one after the other. */
struct mr_now mr_clock_now(void)
{
	return (struct mr_now){.mono_ns = clock_ns(CLOCK_MONOTONIC),
			       .wall_ns = clock_ns(CLOCK_REALTIME)};
}

/* 64 random bits of the kernel's generator. Aborts when the kernel has none to give. */
uint64_t mr_random_u64(void)
{
	uint64_t v;

	while (getrandom(&v, sizeof(v), 0) != sizeof(v)) {
		if (errno != EINTR)
			abort();
	}
	return v;
}

static int read_stream(FILE *f, const char *path, unsigned long max, struct mr_buf *buf,
		       struct mr_err *err)
{
	char chunk[16384];
	size_t n;

	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0) {
		if (buf->len + n > max)
			return mr_err_set(err, -EFBIG, MR_REASON_LIMIT,
					  "%s: expected at most %lu bytes", path, max);
		mr_buf_add(buf, chunk, n);
	}
	if (ferror(f))
		return mr_err_set(err, -errno, MR_REASON_INVALID, "%s: %s", path,
				  strerror(errno));
	return 0;
}

/*
 * Reads the file 'path' whole. '*ret' is malloc'ed, NUL-terminated, the caller's; 'ret_len' may
 * be NULL. Fails with the errno of open or read, -EFBIG for more than 'max' bytes.
 */
int mr_file_read(const char *path, unsigned long max, char **ret, unsigned long *ret_len,
		 struct mr_err *err)
{
	struct mr_buf buf = {0};
	FILE *f = fopen(path, "re");
	int r;

	if (!f) {
		r = -errno;
		return mr_err_set(err, r,
				  r == -ENOENT ? MR_REASON_NOT_FOUND : MR_REASON_INVALID,
				  "%s: %s", path, strerror(-r));
	}
	r = read_stream(f, path, max, &buf, err);
	fclose(f);
	if (r < 0) {
		mr_buf_done(&buf);
		return r;
	}
	if (ret_len)
		*ret_len = buf.len;
	*ret = mr_buf_steal(&buf);
	return 0;
}
