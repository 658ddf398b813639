/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The command line as a table: one row per verb with its operands, its options, its help and an
 * example. Parsing, help, completion (complete.c) and the man page (man.c) derive from it.
 */
#ifndef FABRIC_MANAGER_CLI_ARGS_H
#define FABRIC_MANAGER_CLI_ARGS_H

#include <stdbool.h>
#include <stdint.h>

#include "fabric-manager/model/request.h"

struct mr_buf;
struct cli_args;
struct cli_kind;

#define CLI_MANAGER_DEFAULT  "unix:/run/banyan/manager.sock"
#define CLI_MANAGER_ENV	     "BANYAN_MANAGER"
#define CLI_USER_ENV	     "BANYAN_USER"
#define CLI_EXIT_USAGE	     64
#define CLI_EXIT_AWAY	     69
#define CLI_EXIT_INTERRUPTED 130

/* X(NAME, text) */
#define CLI_FORMATS(X)    \
	X(TABLE, "table") \
	X(WIDE, "wide")   \
	X(JSON, "json")   \
	X(YAML, "yaml")   \
	X(NAME, "name")
enum cli_format {
#define X(name, text) CLI_FORMAT_##name,
	CLI_FORMATS(X)
#undef X
	CLI_FORMAT_COUNT
};
const char *cli_format_name(enum cli_format f);

/* Bits of cli_verb.options. */
enum {
	CLI_OPT_MANAGER = 1 << 0,
	CLI_OPT_FILE = 1 << 1,
	CLI_OPT_OUTPUT = 1 << 2,
	CLI_OPT_NO_COLOR = 1 << 3,
	CLI_OPT_WATCH = 1 << 4,
	CLI_OPT_WAIT = 1 << 5, /* with --timeout */
	CLI_OPT_SET = 1 << 6,
	CLI_OPT_PRUNE = 1 << 7,
	CLI_OPT_YES = 1 << 8,
	CLI_OPT_FOLLOW = 1 << 9,
	CLI_OPT_SINCE = 1 << 10,
	CLI_OPT_DISRUPTION = 1 << 11,
	CLI_OPT_IF_VERSION = 1 << 12,
	CLI_OPT_DRAIN = 1 << 13, /* --force and --release */
};
#define CLI_OPT_COUNT 16

struct cli_option {
	unsigned bit;
	const char *name;
	char letter;	  /* 0 = none */
	const char *arg;  /* NULL = a flag */
	const char *help; /* one line */
};
extern const struct cli_option cli_options[CLI_OPT_COUNT];

struct cli_verb {
	const char *name;
	int request;	  /* enum fm_verb; -1 = it is answered here */
	const char *take; /* what each operand is: k(ind) n(ame) h(ost) q(uestion) a(rg) v(erb)
			     s(hell) */
	unsigned least;	  /* operands that must be there */
	const char *operands; /* for the help: "KIND [NAME]" */
	unsigned options;
	const char *help; /* a sentence */
	const char *example;
	int (*run)(const struct cli_args *a); /* returns the exit code */
};
extern const struct cli_verb cli_verbs[]; /* ends with name NULL */

/* The row of a verb, NULL when there is none. */
const struct cli_verb *cli_verb_find(const char *name);
/* The verbs' names, ending with NULL, for suggestions. */
const char *const *cli_verb_names(void);

struct cli_args {
	const struct cli_verb *verb;
	const char *manager;
	enum cli_format format;
	const char **path; /* of -f, points into argv */
	unsigned paths;
	const char *operand[2]; /* as written; "" = not there */
	const struct cli_kind *kind;
	bool watch;
	bool wait;
	bool no_color;
	int64_t timeout_ns;	   /* of --wait */
	int64_t since_age_ns;	   /* events that are not older; 0 = all */
	struct fm_request request; /* without the files' texts */
};

/*
 * Parses 'argv' (program name first) into 'ret'. Returns 0, or -1 with the exit code in
 * '*ret_exit' after it printed help, the version, or what is wrong. cli_args_done frees.
 */
int cli_args_parse(int argc, char **argv, struct cli_args *ret, int *ret_exit);
void cli_args_done(struct cli_args *a);

/* Prints the help of the program (verb NULL) or of one verb on standard output. */
int cli_help(const struct cli_verb *verb);

/* The whole command: parses, runs, returns the exit code. */
int cli_main(int argc, char **argv);

#endif
