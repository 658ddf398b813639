// SPDX-License-Identifier: Apache-2.0
/* See files.h. */
#include "fabric-manager/cli/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "common/xalloc.h"

static int add_file(struct cli_files *f, const char *path, const char *name, struct mr_err *err)
{
	unsigned long len = 0;
	char *text = NULL;
	int r;

	if (f->n == CLI_FILES_MAX)
		return mr_err_set(err, -E2BIG, MR_REASON_LIMIT, "%s: over %d files", name,
				  CLI_FILES_MAX);
	r = mr_file_read(path, CLI_FILE_MAX, &text, &len, err);
	if (r < 0)
		return r;
	if (len > CLI_TOTAL_MAX - f->total) {
		free(text);
		return mr_err_set(err, -EFBIG, MR_REASON_LIMIT,
				  "%s: the files together are over %lu KiB, which is what one "
				  "request carries",
				  name, CLI_TOTAL_MAX >> 10);
	}
	f->total += len;
	MR_GROW(f->file, f->n, f->cap);
	f->file[f->n++] = (struct fm_file){.name = mr_xstrdup(name), .text = text, .len = len};
	return 0;
}

static int is_yaml(const struct dirent *e)
{
	size_t n = strlen(e->d_name);

	return e->d_name[0] != '.' && n > 5 && !strcmp(e->d_name + n - 5, ".yaml");
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static int add_folder(struct cli_files *f, const char *path, struct mr_err *err)
{
	struct dirent **entry = NULL;
	int n = scandir(path, &entry, is_yaml, by_name);
	int r = 0;

	if (n < 0)
		return mr_err_set(err, -errno, MR_REASON_INVALID, "%s: %s", path,
				  strerror(errno));
	if (!n)
		r = mr_err_set(err, -ENOENT, MR_REASON_NOT_FOUND,
			       "%s: expected *.yaml in this folder, found none", path);
	for (int i = 0; i < n; i++) {
		struct mr_buf b = {0};
		size_t len = strlen(path);

		mr_buf_printf(&b, "%s%s%s", path, len && path[len - 1] == '/' ? "" : "/",
			      entry[i]->d_name);
		if (!r)
			r = add_file(f, b.data, b.data, err);
		mr_buf_done(&b);
		free(entry[i]);
	}
	free(entry);
	return r;
}

/* /dev/stdin opens what the descriptor stands for anew: how it was opened counts. */
static bool is_readable(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_WRONLY;
}

static int add_path(struct cli_files *f, const char *path, struct mr_err *err)
{
	struct stat st;

	if (!strcmp(path, "-")) {
		for (unsigned i = 0; i < f->n; i++) {
			if (!strcmp(f->file[i].name, "stdin"))
				return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
						  "-f -: standard input can be read only once");
		}
		if (!is_readable(STDIN_FILENO))
			return mr_err_set(err, -EBADF, MR_REASON_INVALID,
					  "-f -: standard input is not open for reading");
		return add_file(f, "/dev/stdin", "stdin", err);
	}
	if (stat(path, &st) < 0)
		return mr_err_set(err, -errno, MR_REASON_NOT_FOUND, "%s: %s", path,
				  strerror(errno));
	return S_ISDIR(st.st_mode) ? add_folder(f, path, err) : add_file(f, path, path, err);
}

int cli_files_read(const char *const *path, unsigned n, struct cli_files *ret,
		   struct mr_err *err)
{
	int r = 0;

	*ret = (struct cli_files){0};
	for (unsigned i = 0; i < n && !r; i++)
		r = add_path(ret, path[i], err);
	return r;
}

void cli_files_done(struct cli_files *f)
{
	for (unsigned i = 0; i < f->n; i++) {
		free((char *)f->file[i].name);
		free((char *)f->file[i].text);
	}
	free(f->file);
	*f = (struct cli_files){0};
}
