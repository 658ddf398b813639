/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Options over getopt_long. The table gives its arrays, the help text and the suggestion for a
 * misspelt name;
 * --help and --version exist by themselves.
 */
#include "common/os/options.h"

#include <assert.h>
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>

#include "common/os/std.h"
#include "common/str.h"
#include "common/xalloc.h"

#define OPTIONS_MAX 40
enum {
	CODE_HELP = 1000,
	CODE_VERSION,
	CODE_FIRST
};

struct tables {
	struct option longs[OPTIONS_MAX + 3];
	char shorts[3 * OPTIONS_MAX + 3];
	const char *names[OPTIONS_MAX + 3];
	bool seen[OPTIONS_MAX];
	unsigned n;
};

static void build(const struct mr_program *p, struct tables *t)
{
	char *s = t->shorts;
	unsigned i;

	if (p->commands)
		*s++ = '+';
	*s++ = ':';
	for (i = 0; p->options && p->options[i].name; i++) {
		const struct mr_option *o = &p->options[i];

		assert(i < OPTIONS_MAX);
		t->longs[i] = (struct option){o->name, o->arg ? required_argument : no_argument,
					      NULL, CODE_FIRST + (int)i};
		t->names[i] = o->name;
		if (o->letter)
			*s++ = o->letter;
		if (o->letter && o->arg)
			*s++ = ':';
	}
	*s = '\0';
	t->n = i;
	t->longs[i] = (struct option){"help", no_argument, NULL, CODE_HELP};
	t->longs[i + 1] = (struct option){"version", no_argument, NULL, CODE_VERSION};
	t->names[i] = "help";
	t->names[i + 1] = "version";
}

static void print_option(char letter, const char *name, const char *arg, const char *help,
			 bool required)
{
	char left[80];

	mr_fmt(left, sizeof(left), "  %c%c%c --%s%s%s", letter ? '-' : ' ',
	       letter ? letter : ' ', letter ? ',' : ' ', name, arg ? " " : "", arg ? arg : "");
	printf("%-30s %s%s\n", left, help, required ? " (required)" : "");
}

static void print_help(const struct mr_program *p)
{
	printf("usage: %s %s\n\n%s\n\noptions:\n", p->name, p->synopsis, p->about);
	for (const struct mr_option *o = p->options; o && o->name; o++)
		print_option(o->letter, o->name, o->arg, o->help, o->required);
	print_option(0, "help", NULL, "show this text", false);
	print_option(0, "version", NULL, "show the version", false);
}

static int usage_error(const struct mr_program *p, int *ret_exit)
{
	fprintf(stderr, "usage: %s %s\nsee %s --help\n", p->name, p->synopsis, p->name);
	*ret_exit = MR_EXIT_USAGE;
	return -1;
}

static void print_unknown(const struct mr_program *p, const struct tables *t, const char *arg)
{
	char name[80];
	const char *near;

	if (optopt && optopt < CODE_HELP) {
		fprintf(stderr, "%s: unknown option -%c\n", p->name, optopt);
		return;
	}
	if (optopt >= CODE_HELP) {
		fprintf(stderr, "%s: option %s takes no value\n", p->name, arg);
		return;
	}
	mr_fmt(name, sizeof(name), "%s", arg + 2);
	name[strcspn(name, "=")] = '\0';
	near = mr_nearest(name, t->names);
	fprintf(stderr, "%s: unknown option --%s%s%s%s\n", p->name, name,
		near ? ", did you mean --" : "", near ? near : "", near ? "?" : "");
}

static int index_of(const struct mr_program *p, const struct tables *t, int code)
{
	for (unsigned i = 0; i < t->n; i++) {
		if (code == CODE_FIRST + (int)i ||
		    (p->options[i].letter && code == p->options[i].letter))
			return (int)i;
	}
	return -1;
}

static int check_required(const struct mr_program *p, const struct tables *t)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct mr_option *o = &p->options[i];

		if (!o->required || t->seen[i])
			continue;
		fprintf(stderr, "%s: expected --%s%s%s\n", p->name, o->name, o->arg ? " " : "",
			o->arg ? o->arg : "");
		return -1;
	}
	return 0;
}

/* One option from getopt: 0 = go on, -1 = finished with '*ret_exit'. */
static int take(const struct mr_program *p, struct tables *t, int code, char **argv,
		int *ret_exit)
{
	const struct mr_option *o;
	int i;

	*ret_exit = 0;
	if (code == CODE_HELP || code == CODE_VERSION) {
		errno = 0;
		if (code == CODE_HELP)
			print_help(p);
		else
			printf("%s %s\n", p->name, MR_VERSION);
		*ret_exit = mr_std_written(p->name) ? 0 : MR_EXIT_FAILED;
		return -1;
	}
	if (code == ':' || code == '?') {
		if (code == ':')
			fprintf(stderr, "%s: option %s needs a value\n", p->name,
				argv[optind - 1]);
		else
			print_unknown(p, t, argv[optind - 1]);
		return usage_error(p, ret_exit);
	}
	i = index_of(p, t, code);
	assert(i >= 0);
	o = &p->options[i];
	t->seen[i] = true;
	if (o->text)
		*o->text = optarg;
	if (o->flag)
		*o->flag = true;
	return 0;
}

/*
 * Parses 'argv' by the table of 'p'; operands are moved behind the options, unless
 * 'p->commands'. Returns the index of the first operand, or -1 with the exit code in
 * '*ret_exit' after it printed help, version or what is wrong.
 */
int mr_options_parse(const struct mr_program *p, int argc, char **argv, int *ret_exit)
{
	struct tables t = {0};
	int code;

	build(p, &t);
	opterr = 0;
	optind = 0; /* GNU: start anew, also its inner state */
	while ((code = getopt_long(argc, argv, t.shorts, t.longs, NULL)) != -1) {
		if (take(p, &t, code, argv, ret_exit) < 0)
			return -1;
	}
	if (check_required(p, &t) < 0)
		return usage_error(p, ret_exit);
	return optind;
}
