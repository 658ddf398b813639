/* SPDX-License-Identifier: Apache-2.0 */
/* The option table: a table of command lines and what becomes of them, and the help text. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/options.h"
#include "common/xalloc.h"
#include "tests/unit/check_main.h"

static const char *config, *listen_at;
static bool verbose;
static char out_path[64], err_path[64];

static const struct mr_option options[] = {
	{"config", 'c', "FILE", "what to read", &config, NULL, true},
	{"listen", 0, "ADDR", "where to listen", &listen_at, NULL, false},
	{"verbose", 'v', NULL, "say more", NULL, &verbose, false},
	{0},
};

static struct {
	int result;
	int exit;
	char *out;
	char *err;
} got;

static char *read_and_remove(const char *path)
{
	char *text = NULL;

	ck_assert_int_eq(mr_file_read(path, 1 << 20, &text, NULL, NULL), 0);
	unlink(path);
	return text;
}

static int redirect(int fd, char *path)
{
	int file, saved = dup(fd);

	strcpy(path, "/tmp/banyan-options-XXXXXX");
	file = mkstemp(path);
	ck_assert_int_ge(file, 0);
	fflush(NULL);
	dup2(file, fd);
	close(file);
	return saved;
}

static void restore(int fd, int saved)
{
	fflush(NULL);
	dup2(saved, fd);
	close(saved);
}

static void run(bool commands, char **argv)
{
	struct mr_program p = {.name = "prog",
			       .synopsis = "[OPTION...] [FILE...]",
			       .about = "Does things.",
			       .options = options,
			       .commands = commands};
	int argc = 0, out, err;

	while (argv[argc])
		argc++;
	config = listen_at = NULL;
	verbose = false;
	got.exit = -1;
	out = redirect(1, out_path);
	err = redirect(2, err_path);
	got.result = mr_options_parse(&p, argc, argv, &got.exit);
	restore(1, out);
	restore(2, err);
	got.out = read_and_remove(out_path);
	got.err = read_and_remove(err_path);
}

#define RUN(commands, ...) run(commands, (char *[]){"prog", __VA_ARGS__, NULL})

static void done(void)
{
	free(got.out);
	free(got.err);
	got.out = got.err = NULL;
}

START_TEST(values_flags_operands)
{
	RUN(false, "--config", "a.yaml", "first", "-v", "--listen=x", "second");
	ck_assert_int_eq(got.result, 5);
	ck_assert_str_eq(config, "a.yaml");
	ck_assert_str_eq(listen_at, "x");
	ck_assert(verbose);
	done();
	RUN(false, "-ca.yaml", "--", "-v");
	ck_assert_int_eq(got.result, 3);
	ck_assert(!verbose);
	done();
}
END_TEST

START_TEST(commands_stop_at_the_first_operand)
{
	RUN(true, "-c", "x", "get", "-v");
	ck_assert_int_eq(got.result, 3);
	ck_assert(!verbose);
	done();
}
END_TEST

static const struct {
	const char *name;
	char *argv[5];
	const char *expect; /* within standard error */
} wrong[] = {
	{"required", {"prog", "-v"}, "prog: expected --config FILE"},
	{"unknown",
	 {"prog", "--confg", "x"},
	 "prog: unknown option --confg, did you mean --config?"},
	{"unknown far", {"prog", "--zzzzzz"}, "prog: unknown option --zzzzzz\n"},
	{"unknown letter", {"prog", "-x"}, "prog: unknown option -x"},
	{"no value", {"prog", "--config"}, "prog: option --config needs a value"},
	{"a value too many", {"prog", "--verbose=1"}, "takes no value"},
};

START_TEST(wrong_usage)
{
	run(false, (char **)wrong[_i].argv);
	ck_assert_int_eq(got.result, -1);
	ck_assert_int_eq(got.exit, MR_EXIT_USAGE);
	ck_assert_msg(strstr(got.err, wrong[_i].expect) != NULL, "%s: %s", wrong[_i].name,
		      got.err);
	ck_assert_ptr_nonnull(strstr(got.err, "see prog --help"));
	done();
}
END_TEST

START_TEST(help_and_version)
{
	RUN(false, "--help");
	ck_assert_int_eq(got.result, -1);
	ck_assert_int_eq(got.exit, 0);
	ck_assert_str_eq(got.out,
			 "usage: prog [OPTION...] [FILE...]\n\nDoes things.\n\noptions:\n"
			 "  -c, --config FILE            what to read (required)\n"
			 "      --listen ADDR            where to listen\n"
			 "  -v, --verbose                say more\n"
			 "      --help                   show this text\n"
			 "      --version                show the version\n");
	done();
	RUN(false, "--version");
	ck_assert_int_eq(got.exit, 0);
	ck_assert_str_eq(got.out, "prog " MR_VERSION "\n");
	done();
}
END_TEST

/* A full disk is no "done". */
START_TEST(what_cannot_be_written)
{
	static const char *const option[] = {"--help", "--version"};
	struct mr_program p = {
		.name = "prog", .synopsis = "", .about = "Does things.", .options = options};
	char *argv[] = {"prog", (char *)option[_i], NULL};
	int out = redirect(1, out_path), err = redirect(2, err_path);

	unlink(out_path);
	ck_assert_ptr_nonnull(freopen("/dev/full", "w", stdout));
	got.result = mr_options_parse(&p, 2, argv, &got.exit);
	restore(1, out);
	restore(2, err);
	got.err = read_and_remove(err_path);
	ck_assert_int_eq(got.result, -1);
	ck_assert_int_eq(got.exit, MR_EXIT_FAILED);
	ck_assert_str_eq(got.err, "prog: write error: No space left on device\n");
	done();
}
END_TEST

int main(void)
{
	Suite *s = suite_create("options");
	TCase *t = tcase_create("options");

	tcase_add_test(t, values_flags_operands);
	tcase_add_test(t, commands_stop_at_the_first_operand);
	tcase_add_loop_test(t, wrong_usage, 0, MR_ARRAY_SIZE(wrong));
	tcase_add_test(t, help_and_version);
	tcase_add_loop_test(t, what_cannot_be_written, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
