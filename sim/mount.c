// SPDX-License-Identifier: Apache-2.0
/* A mount whose process is gone answers ENOTCONN; it is detached, ours alone can follow. */
#include "sim/mount.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/err.h"
#include "common/os/log.h"
#include "common/str.h"

/* Without the right to unmount, FUSE's helper has it for our own mounts. */
static int detach(const char *dir)
{
	pid_t pid;
	int status;

	if (!umount2(dir, MNT_DETACH))
		return 0;
	pid = fork();
	if (pid == 0) {
		execlp("fusermount3", "fusermount3", "-u", "-z", "-q", dir, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -EPERM;
}

/* Whether 'dir' is on another file system than its parent. */
static int is_mount(const char *dir, const struct stat *st)
{
	struct stat up;
	char parent[4096];

	return mr_fmt(parent, sizeof(parent), "%s/..", dir) && !stat(parent, &up) &&
	       up.st_dev != st->st_dev;
}

/* See the header. */
int sim_mount_prepare(const char *dir, struct mr_err *err)
{
	struct stat st;
	int r;

	if (stat(dir, &st) && errno == ENOTCONN) {
		r = detach(dir);
		if (r)
			return mr_err_set(err, r, MR_REASON_BUSY,
					  "a dead mount at '%s' cannot be detached: %s", dir,
					  strerror(-r));
		mr_info("face", "detached the dead mount at '%s'", dir);
	}
	if (stat(dir, &st) && (errno != ENOENT || mkdir(dir, 0755) || stat(dir, &st))) {
		r = -errno;
		return mr_err_set(err, r, MR_REASON_INVALID,
				  "expected a folder for the host face at '%s': %s", dir,
				  strerror(-r));
	}
	if (!S_ISDIR(st.st_mode))
		return mr_err_set(err, -ENOTDIR, MR_REASON_INVALID,
				  "expected a folder for the host face, '%s' is none", dir);
	if (is_mount(dir, &st))
		return mr_err_set(err, -EBUSY, MR_REASON_BUSY,
				  "something is mounted at '%s' and alive; is another "
				  "banyan-sim running?",
				  dir);
	return 0;
}
