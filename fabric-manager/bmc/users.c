// SPDX-License-Identifier: Apache-2.0
/*
 * Reads the file of credentials. Findings never quote a line: it may hold a password.
 */
#include "fabric-manager/bmc/users.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/err.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "common/xalloc.h"

#define FILE_MAX (1u << 20)

struct user {
	const char *host, *name, *password; /* in 'text' */
};

struct fm_bmc_users {
	char *text;
	struct user *user;
	unsigned n, cap;
};

static int check_mode(const char *path, struct mr_err *err)
{
	struct stat st;

	if (stat(path, &st))
		return mr_err_set(err, -errno, MR_REASON_NOT_FOUND, "%s: %s", path,
				  strerror(errno));
	if (st.st_mode & (S_IRWXG | S_IRWXO))
		return mr_err_set(err, -EACCES, MR_REASON_NOT_PERMITTED,
				  "%s: mode %04o, expected 0600: it holds passwords", path,
				  st.st_mode & 07777);
	return 0;
}

static const struct user *find(const struct fm_bmc_users *u, const char *host)
{
	for (unsigned i = 0; i < u->n; i++)
		if (mr_streq(u->user[i].host, host))
			return &u->user[i];
	return NULL;
}

/* One line, cut into its words in place. */
static int read_line(struct fm_bmc_users *u, char *line, const char *path, unsigned number,
		     struct mr_err *err)
{
	size_t host = strcspn(line, " \t");
	char *name = line + host + strspn(line + host, " \t");
	char *colon = strchr(name, ':');

	if (!host || !colon || colon == name)
		return mr_err_at(err, -EINVAL, MR_REASON_INVALID, path, number, 1,
				 "expected HOST USER:PASSWORD or default USER:PASSWORD");
	line[host] = *colon = 0;
	if (find(u, line))
		return mr_err_at(err, -EINVAL, MR_REASON_INVALID, path, number, 1,
				 "a second line for '%s'", line);
	MR_GROW(u->user, u->n, u->cap);
	u->user[u->n++] = (struct user){line, name, colon + 1};
	return 0;
}

/* users.h */
int fm_bmc_users_read(const char *path, struct fm_bmc_users **ret, struct mr_err *err)
{
	struct fm_bmc_users *u;
	unsigned long len;
	unsigned number = 0;
	char *text, *line;
	int rc = check_mode(path, err);

	if (!rc)
		rc = mr_file_read(path, FILE_MAX, &text, &len, err);
	if (rc)
		return rc;
	u = MR_NEW(struct fm_bmc_users);
	u->text = text;
	while (!rc && (line = strsep(&text, "\n"))) {
		number++;
		line[strcspn(line, "\r")] = 0;
		if (line[0] && line[0] != '#')
			rc = read_line(u, line, path, number, err);
	}
	if (rc)
		fm_bmc_users_free(u);
	else
		*ret = u;
	return rc;
}

/* users.h */
void fm_bmc_users_free(struct fm_bmc_users *u)
{
	if (!u)
		return;
	free(u->text);
	free(u->user);
	free(u);
}

/* users.h */
bool fm_bmc_user(const struct fm_bmc_users *u, const char *host, const char **ret_user,
		 const char **ret_password)
{
	const struct user *f = find(u, host);

	if (!f)
		f = find(u, "default");
	if (!f)
		return false;
	*ret_user = f->name;
	*ret_password = f->password;
	return true;
}
