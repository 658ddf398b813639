/* SPDX-License-Identifier: Apache-2.0 */
/* Small reads of sysfs; a file that is not there is a normal answer. */
#include "agent/sysfs.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/xalloc.h"

bool ag_sysfs_init(struct ag_sysfs *fs, const char *root)
{
	size_t n = strlen(root);

	while (n > 1 && root[n - 1] == '/')
		n--;
	if (n >= sizeof(fs->root))
		return false;
	memcpy(fs->root, root, n);
	fs->root[n] = '\0';
	fs->real = mr_streq(fs->root, "/sys");
	return true;
}

bool ag_sysfs_path(const struct ag_sysfs *fs, char *buf, const char *fmt, ...)
{
	size_t n = strlen(fs->root);
	va_list ap;
	int r;

	memcpy(buf, fs->root, n);
	buf[n] = '/';
	va_start(ap, fmt);
	r = vsnprintf(buf + n + 1, AG_PATH_MAX - n - 1, fmt, ap);
	va_end(ap);
	return r >= 0 && (size_t)r < AG_PATH_MAX - n - 1;
}

bool ag_dir_open(const char *path, struct ag_dir *ret)
{
	ret->fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return ret->fd >= 0 &&
	       mr_fmt(ret->path, sizeof(ret->path), "/proc/self/fd/%d", ret->fd);
}

/* Closes it; the short path leads nowhere afterwards. */
void ag_dir_close(struct ag_dir *d)
{
	close(d->fd);
}

size_t ag_read_bytes(const char *path, void *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t n = 0;

	if (fd < 0)
		return 0;
	while (n < size) {
		ssize_t r = pread(fd, (char *)buf + n, size - n, (off_t)n);

		if (r <= 0)
			break;
		n += (size_t)r;
	}
	close(fd);
	return n;
}

bool ag_read_line(const char *path, char *buf, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	char *end;

	buf[0] = '\0';
	if (fd < 0)
		return false;
	n = read(fd, buf, size - 1); /* sysfs gives a file in one read */
	close(fd);
	if (n <= 0)
		return false;
	buf[n] = '\0';
	end = strchr(buf, '\n');
	if (end)
		*end = '\0';
	return true;
}

bool ag_read_text(const char *dir, const char *name, char *buf, size_t size)
{
	char path[AG_PATH_MAX];

	buf[0] = '\0';
	return mr_fmt(path, sizeof(path), "%s/%s", dir, name) && ag_read_line(path, buf, size);
}

bool ag_read_int(const char *dir, const char *name, int64_t *ret)
{
	char text[32], *end;
	long long v;

	if (!ag_read_text(dir, name, text, sizeof(text)) || !text[0])
		return false;
	errno = 0;
	v = strtoll(text, &end, 0);
	if (errno || (*end && *end != ' '))
		return false;
	*ret = v;
	return true;
}

long ag_link_target(const char *path, char *buf, size_t size)
{
	ssize_t n = readlink(path, buf, size - 1);

	if (n < 0)
		return -1;
	buf[n] = '\0';
	return (long)n;
}

bool ag_read_link(const char *dir, const char *name, char *buf, size_t size)
{
	char path[AG_PATH_MAX], to[AG_PATH_MAX];
	const char *last;

	buf[0] = '\0';
	if (!mr_fmt(path, sizeof(path), "%s/%s", dir, name) ||
	    ag_link_target(path, to, sizeof(to)) <= 0)
		return false;
	last = strrchr(to, '/');
	return mr_copy(buf, size, last ? last + 1 : to);
}

bool ag_exists(const char *dir, const char *name)
{
	char path[AG_PATH_MAX];

	return mr_fmt(path, sizeof(path), "%s/%s", dir, name) && !access(path, F_OK);
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* A folder that changes while it is read may give an entry twice. */
static void drop_twins(struct ag_names *s)
{
	unsigned n = 0;

	for (unsigned i = 0; i < s->n; i++)
		if (n && mr_streq(s->name[n - 1], s->name[i]))
			free(s->name[i]);
		else
			s->name[n++] = s->name[i];
	s->n = n;
}

int ag_names_read(const char *path, struct ag_names *ret)
{
	DIR *d = opendir(path);
	struct dirent *e;

	*ret = (struct ag_names){0};
	if (!d)
		return -errno;
	while (ret->n < AG_NAMES_MAX && (e = readdir(d))) {
		if (mr_streq(e->d_name, ".") || mr_streq(e->d_name, ".."))
			continue;
		MR_GROW(ret->name, ret->n, ret->cap);
		ret->name[ret->n++] = mr_xstrdup(e->d_name);
	}
	closedir(d);
	if (ret->n)
		qsort(ret->name, ret->n, sizeof(*ret->name), by_name);
	drop_twins(ret);
	return 0;
}

/* Frees the names; 'n' is empty afterwards. */
void ag_names_done(struct ag_names *n)
{
	for (unsigned i = 0; i < n->n; i++)
		free(n->name[i]);
	free(n->name);
	*n = (struct ag_names){0};
}
