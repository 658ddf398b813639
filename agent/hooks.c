/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Starting hooks from a worker thread: posix_spawn, a pidfd to wait with a deadline, and the
 * hook's own process group so that all of it can be ended.
 */
#include "agent/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "agent/core/core.h"
#include "agent/sysfs.h"
#include "common/os/clock.h"

extern char **environ;

static const char *const ways[] = {"none", "lvf", "synthetic", "device"};

/* A text between quotes; it holds no control characters. */
static void quoted(const char *s, size_t len, struct mr_buf *out)
{
	mr_buf_putc(out, '"');
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"' || s[i] == '\\')
			mr_buf_putc(out, '\\');
		mr_buf_putc(out, s[i]);
	}
	mr_buf_putc(out, '"');
}

/* What the policy says for hooks: a line "KEY=VALUE" becomes a member. */
static void put_notes(const char *notes, struct mr_buf *out)
{
	const char *comma = "";

	while (*notes) {
		size_t len = strcspn(notes, "\n"), key = strcspn(notes, "=\n");

		if (key < len) {
			mr_buf_puts(out, comma);
			quoted(notes, key, out);
			mr_buf_putc(out, ':');
			quoted(notes + key + 1, len - key - 1, out);
			comma = ",";
		}
		notes += len + (notes[len] == '\n');
	}
}

/* Names of hosts hold no quotes (they were checked). */
static void describe(const char *host, const struct ag_action *a, struct mr_buf *out)
{
	char bdf[MR_BDF_TEXT];

	mr_buf_printf(
		out,
		"{\"when\":\"%s\",\"host\":\"%s\",\"bdf\":\"%s\",\"place\":{\"way\":\"%s\","
		"\"port\":%u,\"bridge\":%u,\"pf\":%u,\"slot\":%u},\"notes\":{",
		a->text, host, mr_pci_text(a->domain, a->rid, bdf), ways[a->place.way & 3],
		a->place.port, a->place.bridge, a->place.pf, a->place.slot);
	put_notes(a->notes ? a->notes : "", out);
	mr_buf_puts(out, "}}\n");
}

/* The text as a file that the hook reads: a pipe could block a hook that does not read. */
static int as_input(const struct mr_buf *text)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd >= 0 && (write(fd, text->data, text->len) != (ssize_t)text->len ||
			lseek(fd, 0, SEEK_SET))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static int spawn(const char *path, const struct mr_buf *text, pid_t *ret)
{
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	char *argv[] = {(char *)path, NULL};
	int in = as_input(text), rc;

	if (in < 0)
		return -EIO;
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, in, STDIN_FILENO);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP);
	posix_spawnattr_setpgroup(&attr, 0);
	rc = posix_spawn(ret, path, &files, &attr, argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&files);
	close(in);
	return -rc;
}

/* Until the process ends or the deadline passes. */
static int await(pid_t pid, int64_t deadline_ns)
{
	struct pollfd p = {.fd = pidfd_open(pid, 0), .events = POLLIN};
	int status = 0, late = 0;

	if (p.fd >= 0) {
		int64_t left = (deadline_ns - mr_clock_now().mono_ns) / MR_NS_PER_MS;

		left = left < 0 ? 0 : left > INT32_MAX ? INT32_MAX : left;
		late = poll(&p, 1, (int)left) == 0;
		close(p.fd);
	}
	if (late)
		kill(-pid, SIGKILL);
	if (waitpid(pid, &status, 0) != pid)
		return -ECHILD;
	if (late)
		return -ETIMEDOUT;
	return WIFEXITED(status) && !WEXITSTATUS(status) ? 0 : -ECANCELED;
}

static int run_one(const char *folder, const char *name, const struct mr_buf *text,
		   int64_t deadline_ns)
{
	char path[AG_PATH_MAX];
	struct stat st;
	pid_t pid;
	int rc;

	if (name[0] == '.' || !mr_fmt(path, sizeof(path), "%s/%s", folder, name) ||
	    stat(path, &st) || !S_ISREG(st.st_mode) || !(st.st_mode & 0111))
		return 0;
	rc = spawn(path, text, &pid);
	return rc ? rc : await(pid, deadline_ns);
}

int ag_hooks_run(const char *folder, const char *host, const struct ag_action *a)
{
	struct mr_buf text = {0};
	struct ag_names names;
	int rc = 0;

	if (!folder[0] || ag_names_read(folder, &names))
		return 0;
	describe(host, a, &text);
	for (unsigned i = 0; i < names.n && !rc; i++)
		rc = run_one(folder, names.name[i], &text, a->deadline_ns);
	ag_names_done(&names);
	mr_buf_done(&text);
	return rc;
}
