/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Command line options from a table, over getopt_long: help, version and errors are derived
 * from it.
 */
#ifndef COMMON_OS_OPTIONS_H
#define COMMON_OS_OPTIONS_H

#include <stdbool.h>

struct mr_option {
	const char *name; /* long name without dashes */
	char letter;	  /* 0 = none */
	const char *arg;  /* name of its value in the help, NULL = a flag */
	const char *help;
	const char **text; /* where the value goes (points into argv), or ... */
	bool *flag;
	bool required;
};

struct mr_program {
	const char *name;
	const char *synopsis; /* after the name */
	const char *about;
	const struct mr_option *options; /* ends with name NULL */
	bool commands; /* the first operand is a command with options of its own: parsing stops
			  there */
};

#define MR_EXIT_FAILED	    1
#define MR_EXIT_USAGE	    64
#define MR_EXIT_UNAVAILABLE 69
#define MR_VERSION	    "0.1.0"

/*
 * Parses argv. Returns the index of the first operand, or -1 after --help/--version (exit 0, or
 * 1 if they could not be written) or a usage error (exit 64); '*ret_exit' then holds the exit
 * code and the text was printed.
 */
int mr_options_parse(const struct mr_program *p, int argc, char **argv, int *ret_exit);

#endif
