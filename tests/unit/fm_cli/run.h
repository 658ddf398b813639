/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Runs the command in a child process and keeps what it printed. Everything happens in a
 * temporary folder, which is the tests' working folder.
 */
#ifndef TESTS_UNIT_FM_CLI_RUN_H
#define TESTS_UNIT_FM_CLI_RUN_H

#include <check.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "fabric-manager/cli/args.h"
#include "tests/unit/check_main.h"

#define RUN_ARGS_MAX 16

static char run_folder[64];
static struct {
	int code;
	char *out, *err;
} got;

static inline void run_setup(void)
{
	strcpy(run_folder, "/tmp/banyan-cli-XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(run_folder));
	ck_assert_int_eq(chdir(run_folder), 0);
	unsetenv(CLI_MANAGER_ENV);
	got.code = -1;
	got.out = got.err = NULL;
}

static inline void run_teardown(void)
{
	char *argv[] = {"rm", "-rf", run_folder, NULL};
	pid_t pid;

	free(got.out);
	free(got.err);
	ck_assert_int_eq(chdir("/"), 0);
	pid = fork();
	if (!pid)
		_exit(execvp(argv[0], argv) ? 127 : 0);
	waitpid(pid, NULL, 0);
}

static inline void write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	ck_assert_ptr_nonnull(f);
	fputs(text, f);
	fclose(f);
}

static inline char *read_all(const char *path)
{
	char *text = NULL;

	ck_assert_int_eq(mr_file_read(path, 64 << 20, &text, NULL, NULL), 0);
	return text;
}

static inline void to_file(const char *path, int fd)
{
	int file = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	dup2(file, fd);
	close(file);
}

/* The words of 'line' (no quoting) behind "banyan"; returns how many, with a NULL after
 * them. */
static inline int split(char *line, char **argv)
{
	int n = 0;

	argv[n++] = "banyan";
	for (char *p = strtok(line, " "); p; p = strtok(NULL, " ")) {
		ck_assert_int_lt(n, RUN_ARGS_MAX);
		argv[n++] = p;
	}
	argv[n] = NULL;
	return n;
}

/* Starts `banyan LINE` with its output in the files out and err, or on 'out_fd'. */
static inline pid_t start(const char *line, int out_fd)
{
	char *argv[RUN_ARGS_MAX + 1], *copy = strdup(line);
	int argc = split(copy, argv);
	pid_t pid;

	fflush(NULL);
	pid = fork();
	if (!pid) {
		if (out_fd < 0)
			to_file("out", STDOUT_FILENO);
		else
			dup2(out_fd, STDOUT_FILENO);
		to_file("err", STDERR_FILENO);
		argc = cli_main(argc, argv);
		fflush(NULL);
		free(copy);
		_exit(argc);
	}
	free(copy);
	return pid;
}

static inline int finish(pid_t pid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status), "it was ended by signal %d", WTERMSIG(status));
	return WEXITSTATUS(status);
}

static inline void run(const char *line)
{
	free(got.out);
	free(got.err);
	got.code = finish(start(line, -1));
	got.out = read_all("out");
	got.err = read_all("err");
}

static inline void expect_in(const char *text, const char *part)
{
	ck_assert_msg(strstr(text, part) != NULL, "expected \"%s\" in:\n%s", part, text);
}

static inline int run_suite(const char *name, TCase *t)
{
	Suite *s = suite_create(name);

	tcase_add_checked_fixture(t, run_setup, run_teardown);
	tcase_set_timeout(t, 60);
	suite_add_tcase(s, t);
	return check_run(s);
}

#endif
