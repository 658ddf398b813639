// SPDX-License-Identifier: Apache-2.0
/* Programs that are started without standard descriptors. */
#include <check.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/os/std.h"
#include "tests/unit/check_main.h"

/* In a process of its own: what went wrong first, 0 = nothing. */
static int without(int mask)
{
	char c = 'x';
	int fd;

	for (int i = 0; i < 3; i++)
		if (mask >> i & 1)
			close(i);
	mr_std_hold();
	fd = open("/dev/null", O_RDWR);
	if (fd < 3)
		return 1;
	if (mask & 1 && (read(0, &c, 1) >= 0 || errno != EBADF))
		return 2;
	for (int i = 1; i < 3; i++)
		if (mask >> i & 1 && (write(i, &c, 1) >= 0 || errno != EBADF))
			return 2 + i;
	return 0;
}

START_TEST(nothing_else_gets_their_numbers)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(without(_i));
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	ck_assert_int_eq(WEXITSTATUS(status), 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("std");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, nothing_else_gets_their_numbers, 0, 8);
	suite_add_tcase(s, t);
	return check_run(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
