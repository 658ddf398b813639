// SPDX-License-Identifier: Apache-2.0
/*
 * From argv to the request, by the tables of verbs.c.
 */
#include "fabric-manager/cli/args.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/now.h"
#include "common/os/options.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/kinds.h"

#define TIMEOUT_DEFAULT_NS (60 * MR_NS_PER_S)

/* Where getopt's values go, before they are checked. */
struct raw {
	const char *manager, *file, *output, *timeout, *set, *since, *disruption, *if_version;
	bool no_color, watch, wait, prune, yes, follow, force, release;
};

static void bind_option(const struct cli_option *o, struct raw *raw, struct mr_option *ret)
{
	const struct {
		const char *name;
		const char **text;
		bool *flag;
	} to[] = {
		{"manager", &raw->manager, NULL},
		{"file", &raw->file, NULL},
		{"output", &raw->output, NULL},
		{"timeout", &raw->timeout, NULL},
		{"max-disruption", &raw->disruption, NULL},
		{"if-version", &raw->if_version, NULL},
		{"set", &raw->set, NULL},
		{"since", &raw->since, NULL},
		{"no-color", NULL, &raw->no_color},
		{"watch", NULL, &raw->watch},
		{"wait", NULL, &raw->wait},
		{"prune", NULL, &raw->prune},
		{"yes", NULL, &raw->yes},
		{"force", NULL, &raw->force},
		{"release", NULL, &raw->release},
		{"follow", NULL, &raw->follow},
	};

	*ret = (struct mr_option){
		.name = o->name, .letter = o->letter, .arg = o->arg, .help = o->help};
	for (unsigned i = 0; i < MR_ARRAY_SIZE(to); i++) {
		if (strcmp(to[i].name, o->name))
			continue;
		ret->text = to[i].text;
		ret->flag = to[i].flag;
	}
}

/* The options of 'bits' as getopt's table; 'ret' has room for all of them and the end. */
static void bind_options(unsigned bits, struct raw *raw, struct mr_option *ret)
{
	for (unsigned i = 0; i < CLI_OPT_COUNT; i++) {
		if (cli_options[i].bit & bits)
			bind_option(&cli_options[i], raw, ret++);
	}
	*ret = (struct mr_option){0};
}

static int usage(const struct cli_verb *v, int *ret_exit, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

static int usage(const struct cli_verb *v, int *ret_exit, const char *fmt, ...)
{
	va_list ap;

	fprintf(stderr, "banyan%s%s: ", v ? " " : "", v ? v->name : "");
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	if (v)
		fprintf(stderr, "\nusage: banyan %s%s%s [options]\nsee banyan help %s\n",
			v->name, v->operands[0] ? " " : "", v->operands, v->name);
	else
		fprintf(stderr, "\nusage: banyan VERB [options]\nsee banyan help\n");
	*ret_exit = CLI_EXIT_USAGE;
	return -1;
}

/* ---- help ---- */

static void program_of(const struct cli_verb *v, struct mr_buf *text, const char *at[3])
{
	size_t name, synopsis, about;

	name = 0;
	mr_buf_printf(text, "banyan %s%c", v->name, 0);
	synopsis = text->len;
	mr_buf_printf(text, "%s%s[options]%c", v->operands, v->operands[0] ? " " : "", 0);
	about = text->len;
	mr_buf_printf(text, "%s\n\nexample: %s", v->help, v->example);
	at[0] = text->data + name;
	at[1] = text->data + synopsis;
	at[2] = text->data + about;
}

static void overview(struct mr_buf *out)
{
	mr_buf_puts(out,
		    "Banyan's command line: who gets which function of which shared adapter."
		    "\n\nverbs:\n");
	for (const struct cli_verb *v = cli_verbs; v->name; v++)
		mr_buf_printf(out, "  %-15s %s\n", v->name, v->help);
	mr_buf_puts(out, "\nkinds:");
	for (const struct cli_kind *k = cli_kinds; k->plural; k++)
		mr_buf_printf(out, " %s", k->plural);
	mr_buf_puts(out,
		    "\n\nexit codes: 0 done; 1 failed or refused; 2 changes are pending "
		    "(plan, diff);\n  3 --wait ran out, work goes on; 64 wrong usage; 69 the "
		    "manager is not reachable");
}

int cli_help(const struct cli_verb *verb)
{
	char self[] = "banyan", help[] = "--help";
	char *argv[] = {self, help, NULL};
	struct mr_option options[CLI_OPT_COUNT + 1];
	struct mr_program p = {.name = "banyan", .synopsis = "VERB [options]"};
	struct mr_buf text = {0};
	const char *at[3];
	struct raw raw;
	int code;

	bind_options(verb ? verb->options : CLI_OPT_MANAGER | CLI_OPT_NO_COLOR, &raw, options);
	p.options = options;
	if (verb) {
		program_of(verb, &text, at);
		p.name = at[0];
		p.synopsis = at[1];
		p.about = at[2];
	} else {
		overview(&text);
		p.about = mr_buf_text(&text);
	}
	mr_options_parse(&p, 2, argv, &code);
	mr_buf_done(&text);
	return code;
}

/* ---- operands and values ---- */

/* Whether what follows this argument is its value. */
static bool takes_value(const char *arg)
{
	for (unsigned i = 0; i < CLI_OPT_COUNT; i++) {
		const struct cli_option *o = &cli_options[i];
		char letter[] = {'-', o->letter, '\0'};

		if (o->arg && ((o->letter && !strcmp(arg, letter)) ||
			       (mr_starts(arg, "--") && !strcmp(arg + 2, o->name))))
			return true;
	}
	return false;
}

/* All values of -f: getopt keeps only the last. Skips the values of other options. */
static void collect_paths(struct cli_args *a, int argc, char **argv)
{
	bool skip = false, path = false;

	a->path = mr_xcalloc((size_t)argc + 1, sizeof(*a->path));
	for (int i = 0; i < argc && strcmp(argv[i], "--"); i++) {
		const char *s = argv[i];

		if (path)
			a->path[a->paths++] = s;
		else if (!skip && mr_starts(s, "--file="))
			a->path[a->paths++] = s + 7;
		else if (!skip && mr_starts(s, "-f") && s[2])
			a->path[a->paths++] = s + 2;
		path = !skip && !path && (!strcmp(s, "-f") || !strcmp(s, "--file"));
		skip = !skip && !path && takes_value(s);
	}
}

static int take_kind(struct cli_args *a, const char *s, int *ret_exit)
{
	const char *near;

	a->kind = cli_kind_find(s);
	if (!a->kind) {
		near = mr_nearest(s, cli_kind_names());
		return usage(a->verb, ret_exit, "there is no kind '%.64s'%s%s%s", s,
			     near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
	}
	if (a->verb->request == FM_VERB_DELETE && !a->kind->policy &&
	    strcmp(a->kind->plural, "namespaces"))
		return usage(a->verb, ret_exit, "%s are no documents: they cannot be deleted",
			     a->kind->plural);
	if (a->verb->request == FM_VERB_ADOPT && strcmp(a->kind->plural, "chassis"))
		return usage(a->verb, ret_exit, "expected chassis, found %s", a->kind->plural);
	a->request.kind = a->kind->plural;
	return 0;
}

/* "KIND/NAME" as -o name prints it: cuts it in two. */
static void split_operand(const char *take, char **operand, unsigned *n, char **two)
{
	char *slash = *n == 1 && mr_streq(take, "kn") ? strchr(operand[0], '/') : NULL;

	if (!slash)
		return;
	*slash = '\0';
	two[0] = operand[0];
	two[1] = slash + 1;
	*n = 2;
}

static int take_operands(struct cli_args *a, char **operand, unsigned n, int *ret_exit)
{
	const char *take = a->verb->take;
	char *two[2] = {0};

	split_operand(take, operand, &n, two);
	if (two[0])
		operand = two;
	if (n < a->verb->least)
		return usage(a->verb, ret_exit, "expected %s", a->verb->operands);
	for (unsigned i = 0; i < n; i++) {
		if (!take[i])
			return usage(a->verb, ret_exit, "unexpected operand '%.64s'",
				     operand[i]);
		if (!operand[i][0])
			return usage(a->verb, ret_exit, "operand %u is empty", i + 1);
		a->operand[i] = operand[i];
		if (take[i] == 'k' && take_kind(a, operand[i], ret_exit) < 0)
			return -1;
		if (take[i] == 'n' || take[i] == 'q')
			a->request.name = operand[i];
		if (take[i] == 'h')
			a->request.host = operand[i];
		if (take[i] == 'a')
			a->request.arg = operand[i];
	}
	return 0;
}

static int take_time(const struct cli_args *a, const char *option, const char *s, int64_t *ret,
		     int *ret_exit)
{
	struct mr_err err = {0};

	if (mr_parse_time(s, ret, &err) < 0)
		return usage(a->verb, ret_exit, "--%s: %s", option, err.text);
	return 0;
}

static int take_values(struct cli_args *a, const struct raw *raw, int *ret_exit)
{
	unsigned f = CLI_FORMAT_TABLE;

	while (raw->output && f < CLI_FORMAT_COUNT &&
	       strcmp(raw->output, cli_format_name((enum cli_format)f)))
		f++;
	if (f == CLI_FORMAT_COUNT)
		return usage(
			a->verb, ret_exit,
			"--output: expected table, wide, json, yaml or name, found '%.64s'",
			raw->output);
	a->format = (enum cli_format)f;
	a->timeout_ns = TIMEOUT_DEFAULT_NS;
	if (raw->timeout && take_time(a, "timeout", raw->timeout, &a->timeout_ns, ret_exit) < 0)
		return -1;
	if (raw->timeout && !raw->wait)
		return usage(a->verb, ret_exit, "--timeout goes with --wait");
	if (raw->if_version &&
	    mr_parse_u64(raw->if_version, UINT64_MAX, false, &a->request.if_version, NULL))
		return usage(a->verb, ret_exit,
			     "--if-version: expected the number of a version, found '%.64s'",
			     raw->if_version);
	a->request.has_if_version = raw->if_version != NULL;
	if (raw->since &&
	    mr_parse_u64(raw->since, UINT64_MAX, false, &a->request.since, NULL) < 0)
		return take_time(a, "since", raw->since, &a->since_age_ns, ret_exit);
	return 0;
}

/* What one row of the table cannot say. */
static int check_whole(struct cli_args *a, int *ret_exit)
{
	bool files = a->paths > 0, named = a->request.name[0];

	if (a->verb->request == FM_VERB_DELETE) {
		if (files == named || (!files && !a->kind))
			return usage(a->verb, ret_exit, "expected either KIND NAME or -f PATH");
	} else if (a->verb->request == FM_VERB_WHATIF) {
		if (files == named || (named && !a->request.arg))
			return usage(a->verb, ret_exit, "expected %s", a->verb->operands);
	} else if ((a->verb->options & CLI_OPT_FILE) && !files &&
		   (a->verb->request != FM_VERB_PLAN || a->request.prune)) {
		return usage(a->verb, ret_exit, "expected -f PATH");
	}
	if (a->request.prune && !a->request.set[0])
		return usage(a->verb, ret_exit,
			     "--prune needs --set NAME: it removes what is left of that set");
	return 0;
}

static int parse_verb(struct cli_args *a, int argc, char **argv, struct raw *raw, int *ret_exit)
{
	struct mr_option options[CLI_OPT_COUNT + 1];
	struct mr_program p = {.options = options};
	struct mr_buf text = {0};
	const char *at[3];
	int first;

	if (a->verb->options & CLI_OPT_FILE)
		collect_paths(a, argc - 1, argv + 1);
	bind_options(a->verb->options, raw, options);
	program_of(a->verb, &text, at);
	p.name = at[0];
	p.synopsis = at[1];
	p.about = at[2];
	first = mr_options_parse(&p, argc, argv, ret_exit);
	mr_buf_done(&text);
	if (first < 0)
		return -1;
	if (raw->file && !a->paths)
		a->path[a->paths++] = raw->file;
	/* `-f *.yaml` as the shell expands it */
	if (a->paths && a->verb->options & CLI_OPT_FILE) {
		while (first < argc)
			a->path[a->paths++] = argv[first++];
	}
	return take_operands(a, argv + first, (unsigned)(argc - first), ret_exit);
}

static int find_verb(struct cli_args *a, const char *name, int *ret_exit)
{
	const char *near;

	a->verb = cli_verb_find(name);
	if (a->verb)
		return 0;
	near = mr_nearest(name, cli_verb_names());
	return usage(NULL, ret_exit, "there is no verb '%.64s'%s%s%s", name,
		     near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
}

/* --help before the verb is the overview; the options before it are those of every verb. */
static int parse_globals(int argc, char **argv, struct raw *raw, int *ret_exit)
{
	struct mr_option options[CLI_OPT_COUNT + 1];
	struct mr_program p = {.name = "banyan",
			       .synopsis = "VERB [options]",
			       .options = options,
			       .commands = true};
	struct mr_buf about = {0};
	int first;

	bind_options(CLI_OPT_MANAGER | CLI_OPT_NO_COLOR, raw, options);
	overview(&about);
	p.about = mr_buf_text(&about);
	first = mr_options_parse(&p, argc, argv, ret_exit);
	mr_buf_done(&about);
	if (first == argc)
		return usage(NULL, ret_exit, "expected a verb");
	return first;
}

int cli_args_parse(int argc, char **argv, struct cli_args *ret, int *ret_exit)
{
	const char *env = getenv(CLI_MANAGER_ENV);
	struct cli_args a = {.operand = {"", ""}};
	struct raw raw = {.manager = env && env[0] ? env : CLI_MANAGER_DEFAULT};
	int first = parse_globals(argc, argv, &raw, ret_exit);

	a.request =
		(struct fm_request){.kind = "", .name = "", .host = "", .set = "", .who = ""};
	if (first < 0 || find_verb(&a, argv[first], ret_exit) < 0)
		return -1;
	if (parse_verb(&a, argc - first, argv + first, &raw, ret_exit) < 0)
		goto fail;
	a.request.set = raw.set ? raw.set : "";
	a.request.prune = raw.prune;
	a.request.max_disruption = raw.disruption ? raw.disruption : "";
	if (take_values(&a, &raw, ret_exit) < 0 || check_whole(&a, ret_exit) < 0)
		goto fail;
	if (a.verb->request >= 0)
		a.request.verb = (enum fm_verb)a.verb->request;
	a.manager = raw.manager;
	a.watch = raw.watch;
	a.wait = raw.wait;
	a.no_color = raw.no_color;
	a.request.yes = raw.yes;
	a.request.force = raw.force;
	a.request.release = raw.release;
	a.request.follow = raw.follow;
	*ret = a;
	return 0;
fail:
	free(a.path);
	return -1;
}

void cli_args_done(struct cli_args *a)
{
	free(a->path);
	*a = (struct cli_args){0};
}

int cli_main(int argc, char **argv)
{
	struct cli_args a;
	int code;

	if (cli_args_parse(argc, argv, &a, &code) < 0)
		return code;
	code = a.verb->run(&a);
	cli_args_done(&a);
	return code;
}
