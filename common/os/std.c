/* SPDX-License-Identifier: Apache-2.0 */
/* See std.h. */
#include "common/os/std.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mr_std_hold(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* the lowest free number is this one; the wrong way round, so that it fails */
		if (open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
			abort();
	}
}

bool mr_std_written(const char *program)
{
	/* who lost a part of it before this leaves the errno of that write, or none */
	if (!fflush(stdout) && !ferror(stdout))
		return true;
	fprintf(stderr, "%s: write error: %s\n", program,
		errno ? strerror(errno) : "not all was written");
	clearerr(stdout);
	return false;
}
