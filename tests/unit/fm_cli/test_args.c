/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tables of command lines: what request they come to, and how they are refused. The help, the
 * completion and the man page are compared with the table of verbs.
 */
#include "common/str.h"
#include "fabric-manager/cli/complete.h"
#include "fabric-manager/cli/kinds.h"
#include "tests/unit/fm_cli/run.h"

static const struct {
	const char *line;
	enum fm_verb verb;
	const char *kind, *name, *host, *set;
	enum cli_format format;
	const char *paths; /* with blanks between them */
	const char *flags; /* w(atch) W(ait) p(rune) y(es) f(ollow) c(olour off) */
} good[] = {
	{"get hosts", FM_VERB_GET, "hosts", "", "", "", CLI_FORMAT_TABLE, "", ""},
	{"get Host blade01 -o json", FM_VERB_GET, "hosts", "blade01", "", "", CLI_FORMAT_JSON,
	 "", ""},
	{"get -o wide ServerProfile", FM_VERB_GET, "profiles", "", "", "", CLI_FORMAT_WIDE, "",
	 ""},
	{"get profile web01", FM_VERB_GET, "profiles", "web01", "", "", CLI_FORMAT_TABLE, "",
	 ""},
	{"get function/c1/nic/pf0/vf3", FM_VERB_GET, "functions", "c1/nic/pf0/vf3", "", "",
	 CLI_FORMAT_TABLE, "", ""},
	{"get assignments -w", FM_VERB_GET, "assignments", "", "", "", CLI_FORMAT_TABLE, "",
	 "w"},
	{"--no-color get pools", FM_VERB_GET, "adapterpools", "", "", "", CLI_FORMAT_TABLE, "",
	 "c"},
	{"describe adapters nic-left --output yaml", FM_VERB_DESCRIBE, "adapters", "nic-left",
	 "", "", CLI_FORMAT_YAML, "", ""},
	{"apply -f a.yaml", FM_VERB_APPLY, "", "", "", "", CLI_FORMAT_TABLE, "a.yaml", ""},
	{"apply -f a.yaml --set web -f b --file=c -fd e.yaml --prune --yes --wait",
	 FM_VERB_APPLY, "", "", "", "web", CLI_FORMAT_TABLE, "a.yaml b c d e.yaml", "Wpy"},
	{"plan -f -", FM_VERB_PLAN, "", "", "", "", CLI_FORMAT_TABLE, "-", ""},
	{"whatif host-dies blade03", FM_VERB_WHATIF, "", "host-dies", "", "", CLI_FORMAT_TABLE,
	 "", ""},
	{"whatif -f new.yaml", FM_VERB_WHATIF, "", "", "", "", CLI_FORMAT_TABLE, "new.yaml",
	 ""},
	{"history", FM_VERB_HISTORY, "", "", "", "", CLI_FORMAT_TABLE, "", ""},
	{"rollback 41 --yes --wait", FM_VERB_ROLLBACK, "", "41", "", "", CLI_FORMAT_TABLE, "",
	 "Wy"},
	{"diff 41 43", FM_VERB_DIFF, "", "41", "", "", CLI_FORMAT_TABLE, "", ""},
	{"plan", FM_VERB_PLAN, "", "", "", "", CLI_FORMAT_TABLE, "", ""},
	{"plan --max-disruption -f -f x", FM_VERB_PLAN, "", "", "", "", CLI_FORMAT_TABLE, "x",
	 ""},
	{"apply --max-disruption Live -f x", FM_VERB_APPLY, "", "", "", "", CLI_FORMAT_TABLE,
	 "x", ""},
	{"plan --set -f -f x", FM_VERB_PLAN, "", "", "", "-f", CLI_FORMAT_TABLE, "x", ""},
	{"diff", FM_VERB_DIFF, "", "", "", "", CLI_FORMAT_TABLE, "", ""},
	{"explain web01/data0/1", FM_VERB_EXPLAIN, "", "web01/data0/1", "", "",
	 CLI_FORMAT_TABLE, "", ""},
	{"delete qosclass gold -y", FM_VERB_DELETE, "qosclasses", "gold", "", "",
	 CLI_FORMAT_TABLE, "", "y"},
	{"delete -f a.yaml", FM_VERB_DELETE, "", "", "", "", CLI_FORMAT_TABLE, "a.yaml", ""},
	{"move web01 blade05 --wait", FM_VERB_MOVE, "", "web01", "blade05", "",
	 CLI_FORMAT_TABLE, "", "W"},
	{"connect web01 blade02", FM_VERB_CONNECT, "", "web01", "blade02", "", CLI_FORMAT_TABLE,
	 "", ""},
	{"disconnect web01", FM_VERB_DISCONNECT, "", "web01", "", "", CLI_FORMAT_TABLE, "", ""},
	{"failback web01", FM_VERB_FAILBACK, "", "web01", "", "", CLI_FORMAT_TABLE, "", ""},
	{"reset-override web01", FM_VERB_RESET_OVERRIDE, "", "web01", "", "", CLI_FORMAT_TABLE,
	 "", ""},
	{"approve nic-left", FM_VERB_APPROVE, "", "nic-left", "", "", CLI_FORMAT_TABLE, "", ""},
	{"describe serverprofiles/web01", FM_VERB_DESCRIBE, "profiles", "web01", "", "",
	 CLI_FORMAT_TABLE, "", ""},
	{"adopt chassis c1", FM_VERB_ADOPT, "chassis", "c1", "", "", CLI_FORMAT_TABLE, "", ""},
	{"cordon blade01", FM_VERB_CORDON, "", "blade01", "", "", CLI_FORMAT_TABLE, "", ""},
	{"uncordon blade01", FM_VERB_UNCORDON, "", "blade01", "", "", CLI_FORMAT_TABLE, "", ""},
	{"drain blade01", FM_VERB_DRAIN, "", "blade01", "", "", CLI_FORMAT_TABLE, "", ""},
	{"events --follow -o json", FM_VERB_EVENTS, "", "", "", "", CLI_FORMAT_JSON, "", "f"},
	{"status -o name", FM_VERB_STATUS, "", "", "", "", CLI_FORMAT_NAME, "", ""},
	{"top", FM_VERB_TOP, "", "", "", "", CLI_FORMAT_TABLE, "", ""},
	{"top --watch", FM_VERB_TOP, "", "", "", "", CLI_FORMAT_TABLE, "", "w"},
};

static void check_flags(const struct cli_args *a, const char *flags)
{
	ck_assert_int_eq(a->watch, strchr(flags, 'w') != NULL);
	ck_assert_int_eq(a->wait, strchr(flags, 'W') != NULL);
	ck_assert_int_eq(a->request.prune, strchr(flags, 'p') != NULL);
	ck_assert_int_eq(a->request.yes, strchr(flags, 'y') != NULL);
	ck_assert_int_eq(a->request.follow, strchr(flags, 'f') != NULL);
	ck_assert_int_eq(a->no_color, strchr(flags, 'c') != NULL);
}

static void check_paths(const struct cli_args *a, const char *paths)
{
	struct mr_buf b = {0};

	for (unsigned i = 0; i < a->paths; i++)
		mr_buf_printf(&b, "%s%s", i ? " " : "", a->path[i]);
	ck_assert_str_eq(mr_buf_text(&b), paths);
	mr_buf_done(&b);
}

START_TEST(good_lines)
{
	char *argv[RUN_ARGS_MAX + 1], *line = strdup(good[_i].line);
	int argc = split(line, argv), code = -1;
	struct cli_args a;

	ck_assert_msg(cli_args_parse(argc, argv, &a, &code) == 0, "%s", good[_i].line);
	ck_assert_str_eq(fm_verb_name(a.request.verb), fm_verb_name(good[_i].verb));
	ck_assert_str_eq(a.request.kind, good[_i].kind);
	ck_assert_str_eq(a.request.name, good[_i].name);
	ck_assert_str_eq(a.request.host, good[_i].host);
	ck_assert_str_eq(a.request.set, good[_i].set);
	ck_assert_int_eq(a.format, good[_i].format);
	ck_assert_str_eq(a.manager, CLI_MANAGER_DEFAULT);
	check_paths(&a, good[_i].paths);
	check_flags(&a, good[_i].flags);
	cli_args_done(&a);
	free(line);
}
END_TEST

static const struct {
	const char *line, *says;
} bad[] = {
	{"", "expected a verb"},
	{"gte hosts", "there is no verb 'gte', did you mean get?"},
	{"frobnicate", "there is no verb 'frobnicate'\n"},
	{"get", "expected KIND [NAME]"},
	{"get hostz", "there is no kind 'hostz', did you mean hosts?"},
	{"get xyzzy", "there is no kind 'xyzzy'\n"},
	{"get hosts a b", "unexpected operand 'b'"},
	{"get hosts -o xml", "--output: expected table, wide, json, yaml or name, found 'xml'"},
	{"get hosts --wait", "unknown option --wait"},
	{"get hosts --wacth", "did you mean --watch?"},
	{"describe host", "expected KIND NAME"},
	{"describe host/", "operand 2 is empty"},
	{"apply", "expected -f PATH"},
	{"apply a.yaml", "unexpected operand 'a.yaml'"},
	{"apply -f", "needs a value"},
	{"apply -f a --prune", "--prune needs --set NAME"},
	{"apply -f a --timeout 5s", "--timeout goes with --wait"},
	{"apply -f a --wait --timeout 5", "--timeout: "},
	{"delete", "expected either KIND NAME or -f PATH"},
	{"delete host", "expected either KIND NAME or -f PATH"},
	{"delete functions f", "functions are no documents"},
	{"move web01", "expected PROFILE HOST"},
	{"adopt", "expected chassis NAME"},
	{"adopt hosts c1", "expected chassis, found hosts"},
	{"events --since yesterday", "--since: "},
	{"validate", "expected -f PATH"},
	{"validate -f x --manager y", "unknown option --manager"},
	{"completion fish", "expected bash, zsh or man, found 'fish'"},
	{"help gte", "there is no verb 'gte', did you mean get?"},
};

START_TEST(bad_lines)
{
	run(bad[_i].line);
	ck_assert_msg(got.code == CLI_EXIT_USAGE, "%s: exit code %d", bad[_i].line, got.code);
	ck_assert_str_eq(got.out, "");
	expect_in(got.err, bad[_i].says);
}
END_TEST

START_TEST(values)
{
	char *argv[RUN_ARGS_MAX + 1];
	char line[] = "--manager tcp:a:1 drain b --wait --timeout 90s";
	char since[] = "events --since 4711", age[] = "events --since 10m -m unix:/x";
	struct cli_args a;
	int code;

	ck_assert_int_eq(cli_args_parse(split(line, argv), argv, &a, &code), 0);
	ck_assert_str_eq(a.manager, "tcp:a:1");
	ck_assert_int_eq(a.timeout_ns, 90000000000);
	cli_args_done(&a);
	setenv(CLI_MANAGER_ENV, "unix:/from-env", 1);
	ck_assert_int_eq(cli_args_parse(split(since, argv), argv, &a, &code), 0);
	ck_assert_str_eq(a.manager, "unix:/from-env");
	ck_assert_uint_eq(a.request.since, 4711);
	ck_assert_int_eq(a.since_age_ns, 0);
	cli_args_done(&a);
	ck_assert_int_eq(cli_args_parse(split(age, argv), argv, &a, &code), 0);
	ck_assert_str_eq(a.manager, "unix:/x");
	ck_assert_uint_eq(a.request.since, 0);
	ck_assert_int_eq(a.since_age_ns, 600000000000);
	cli_args_done(&a);
}
END_TEST

/* Every verb of the protocol is a row, and every row has what help needs. */
START_TEST(table_is_whole)
{
	for (int v = 0; v < FM_VERB_COUNT; v++) {
		const struct cli_verb *row = cli_verb_find(fm_verb_name((enum fm_verb)v));

		ck_assert_ptr_nonnull(row);
		ck_assert(row->request == v || row->request == -1);
	}
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		ck_assert_ptr_nonnull(v->run);
		ck_assert_uint_le(v->least, strlen(v->take));
		expect_in(v->example, v->name);
		ck_assert_msg(v->help[strlen(v->help) - 1] == '.', "%s", v->help);
	}
}
END_TEST

START_TEST(help_names_everything)
{
	char line[64];

	run("help");
	ck_assert_int_eq(got.code, 0);
	ck_assert_str_eq(got.err, "");
	for (const struct cli_verb *v = cli_verbs; v->name; v++)
		expect_in(got.out, v->help);
	for (const struct cli_kind *k = cli_kinds; k->plural; k++)
		expect_in(got.out, k->plural);
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		char *by_option;

		mr_fmt(line, sizeof(line), "%s --help", v->name);
		run(line);
		ck_assert_int_eq(got.code, 0);
		expect_in(got.out, v->example);
		by_option = strdup(got.out);
		mr_fmt(line, sizeof(line), "help %s", v->name);
		run(line);
		ck_assert_str_eq(got.out, by_option);
		free(by_option);
	}
	run("version");
	expect_in(got.out, "banyan ");
}
END_TEST

/* bash itself reads its script and completes with it. */
START_TEST(bash_completes)
{
	static const struct {
		const char *words, *reply;
	} cases[] = {
		{"ap", "apply approve"},
		{"get hos", "hosts hostgroups"},
		{"get hosts -o j", "json"},
		{"delete ch", ""},
		{"move --ti", "--timeout"},
		{"help unc", "uncordon"},
		{"get hosts \"\"", "a-hosts"},
		{"whatif \"\"", "host-dies adapter-dies cordon more"},
		{"whatif ad", "adapter-dies"},
		{"whatif host-dies \"\"", "a-hosts"},
		{"whatif adapter-dies \"\"", "a-adapters"},
		{"whatif cordon a", "a-hosts"},
		{"whatif more \"\"", "a-profiletemplates="},
	};
	char command[1024];

	run("completion bash");
	ck_assert_int_eq(got.code, 0);
	write_file("script", got.out);
	for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		FILE *p;
		char line[256] = "";

		mr_fmt(command, sizeof(command),
		       "bash -c 'banyan() { echo $2/a-$2; }; . ./script; COMP_WORDS=(banyan "
		       "%s); "
		       "COMP_CWORD=$((${#COMP_WORDS[@]}-1)); _banyan; printf %%s "
		       "\"${COMPREPLY[*]}\"'",
		       cases[i].words);
		p = popen(command, "r");
		ck_assert_ptr_nonnull(p);
		if (!fgets(line, sizeof(line), p))
			line[0] = '\0';
		ck_assert_int_eq(pclose(p), 0);
		ck_assert_str_eq(line, cases[i].reply);
	}
}
END_TEST

START_TEST(zsh_has_every_verb)
{
	run("completion zsh");
	ck_assert_int_eq(got.code, 0);
	expect_in(got.out, "#compdef banyan\n");
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		char part[64];

		mr_fmt(part, sizeof(part), "\t%s)\n", v->name);
		expect_in(got.out, part);
		mr_fmt(part, sizeof(part), "'%s:", v->name);
		expect_in(got.out, part);
	}
}
END_TEST

START_TEST(man_page_is_current)
{
	char *page = read_all(SRCDIR "/docs/man/banyan.1");

	run("completion man");
	ck_assert_msg(!strcmp(page, got.out), "docs/man/banyan.1 is old: write it with `banyan "
					      "completion man > docs/man/banyan.1`");
	free(page);
}
END_TEST

int main(void)
{
	TCase *t = tcase_create("args");

	tcase_add_loop_test(t, good_lines, 0, sizeof(good) / sizeof(good[0]));
	tcase_add_loop_test(t, bad_lines, 0, sizeof(bad) / sizeof(bad[0]));
	tcase_add_test(t, values);
	tcase_add_test(t, table_is_whole);
	tcase_add_test(t, help_names_everything);
	tcase_add_test(t, bash_completes);
	tcase_add_test(t, zsh_has_every_verb);
	tcase_add_test(t, man_page_is_current);
	return run_suite("args", t);
}
