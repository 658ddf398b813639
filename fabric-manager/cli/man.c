// SPDX-License-Identifier: Apache-2.0
/*
 * The man page, in man(7) macros, from the tables of verbs and kinds.
 */
#include "common/str.h"
#include "fabric-manager/cli/args.h"
#include "fabric-manager/cli/complete.h"
#include "fabric-manager/cli/kinds.h"

/* roff: a minus is "\-", a backslash "\e", a dot or quote never begins a line. */
static void roff(struct mr_buf *out, const char *s)
{
	if (*s == '.' || *s == '\'')
		mr_buf_puts(out, "\\&");
	for (; *s; s++) {
		if (*s == '-')
			mr_buf_puts(out, "\\-");
		else if (*s == '\\')
			mr_buf_puts(out, "\\e");
		else
			mr_buf_putc(out, *s);
	}
}

static void option(const struct cli_option *o, struct mr_buf *out)
{
	mr_buf_puts(out, ".TP\n.BR ");
	if (o->letter)
		mr_buf_printf(out, "\\-%c \", \" ", o->letter);
	mr_buf_puts(out, "\\-\\-");
	roff(out, o->name);
	if (o->arg)
		mr_buf_printf(out, " \" \\fI%s\\fR\"", o->arg);
	mr_buf_putc(out, '\n');
	roff(out, o->help);
	mr_buf_puts(out, ".\n");
}

static void verb(const struct cli_verb *v, struct mr_buf *out)
{
	bool first = true;

	mr_buf_puts(out, ".SS banyan ");
	roff(out, v->name);
	if (v->operands[0]) {
		mr_buf_putc(out, ' ');
		roff(out, v->operands);
	}
	mr_buf_putc(out, '\n');
	roff(out, v->help);
	mr_buf_putc(out, '\n');
	for (unsigned i = 0; i < CLI_OPT_COUNT; i++) {
		if (!(cli_options[i].bit & v->options))
			continue;
		mr_buf_puts(out, first ? "Options: " : ", ");
		mr_buf_puts(out, "\\-\\-");
		roff(out, cli_options[i].name);
		first = false;
	}
	mr_buf_puts(out, first ? "" : ".\n");
	mr_buf_puts(out, ".PP\n.RS 4\n");
	roff(out, v->example);
	mr_buf_puts(out, "\n.RE\n");
}

static void kinds(struct mr_buf *out)
{
	mr_buf_puts(out,
		    ".SH KINDS\nPlural, singular and the documents' spelling are the same: "
		    "hosts, host, Host.\n");
	for (const struct cli_kind *k = cli_kinds; k->plural; k++) {
		mr_buf_printf(out, ".TP\n.B %s\n%s%s", k->plural,
			      k->policy ? "Documents of kind " : "What the manager sees: ",
			      k->policy ? k->kind : k->plural);
		if (k->alias)
			mr_buf_printf(out, "; also %s", k->alias);
		mr_buf_puts(out, ".\n");
	}
}

static void tail(struct mr_buf *out)
{
	mr_buf_puts(out,
		    ".SH ENVIRONMENT\n.TP\n.B " CLI_MANAGER_ENV
		    "\nThe manager's control socket when there is no \\-\\-manager.\n"
		    ".TP\n.B " CLI_USER_ENV
		    "\nThe name that the manager is told, for its history and the users of a "
		    "Domain; unset it is the login name, under sudo that of who called it.\n"
		    ".TP\n.B NO_COLOR\nNo colour, as \\-\\-no\\-color.\n"
		    ".SH EXIT STATUS\n"
		    ".TP\n.B 0\nDone.\n"
		    ".TP\n.B 1\nFailed or refused; the reason is on standard error.\n"
		    ".TP\n.B 2\nChanges are pending (plan, diff), or something would not fit "
		    "(whatif).\n"
		    ".TP\n.B 3\nThe time of \\-\\-wait ran out; work goes on.\n"
		    ".TP\n.B 64\nWrong usage.\n"
		    ".TP\n.B 69\nThe manager is not reachable.\n"
		    ".TP\n.B 130\nCtrl\\-C ended \\-\\-wait; work goes on.\n"
		    ".SH SEE ALSO\n.BR \"banyan\\-manager \\-\\-help\" ,\n.BR \"banyan\\-agent "
		    "\\-\\-help\" ,\n.BR \"banyan\\-sim \\-\\-help\"\n");
}

void cli_man_page(struct mr_buf *out)
{
	mr_buf_puts(out,
		    ".\\\" SPDX-License-Identifier: Apache-2.0\n"
		    ".\\\" Made from the table of verbs: banyan completion man\n"
		    ".TH BANYAN 1 \"\" Banyan \"Banyan manual\"\n"
		    ".SH NAME\nbanyan \\- who gets which function of which shared adapter\n"
		    ".SH SYNOPSIS\n.B banyan\n\\fIVERB\\fR [\\fIoptions\\fR]\n"
		    ".SH DESCRIPTION\nTalks to banyan\\-manager over its control socket: puts "
		    "policy documents into force, shows what is assigned to whom, and moves "
		    "profiles between hosts.\n.SH VERBS\n");
	for (const struct cli_verb *v = cli_verbs; v->name; v++)
		verb(v, out);
	mr_buf_puts(out, ".SH OPTIONS\n");
	for (unsigned i = 0; i < CLI_OPT_COUNT; i++)
		option(&cli_options[i], out);
	kinds(out);
	tail(out);
}
