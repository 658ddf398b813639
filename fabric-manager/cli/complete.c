// SPDX-License-Identifier: Apache-2.0
/* See complete.h. The scripts hold words only; names of things are asked for with -o name. */
#include "fabric-manager/cli/complete.h"

#include <stdio.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/args.h"
#include "fabric-manager/cli/kinds.h"

static void options_of(const struct cli_verb *v, struct mr_buf *out)
{
	for (unsigned i = 0; i < CLI_OPT_COUNT; i++) {
		if (cli_options[i].bit & v->options)
			mr_buf_printf(out, "--%s ", cli_options[i].name);
	}
	mr_buf_puts(out, "--help");
}

static void verb_words(struct mr_buf *out)
{
	for (const struct cli_verb *v = cli_verbs; v->name; v++)
		mr_buf_printf(out, "%s%s", v == cli_verbs ? "" : " ", v->name);
}

static void kind_words(struct mr_buf *out, bool documents)
{
	bool first = true;

	for (const struct cli_kind *k = cli_kinds; k->plural; k++) {
		if (documents && !k->policy)
			continue;
		mr_buf_printf(out, "%s%s", first ? "" : " ", k->plural);
		first = false;
	}
}

/* What a question of `whatif` is about, as its help has it: "host-dies HOST | ...". */
static const struct {
	const char *operand, *ask;
} abouts[] = {{"HOST", "hosts"}, {"ADAPTER", "adapters"}, {"TEMPLATE=N", "profiletemplates"}};

/* Calls 'f' for each question of 'v' with its word and its operand; not for "-f PATH". */
static void each_question(const struct cli_verb *v, struct mr_buf *out,
			  void (*f)(struct mr_buf *out, const char *word, const char *operand))
{
	for (const char *s = v->operands; s; s = strchr(s, '|')) {
		char word[32], operand[32];

		s += strspn(s, "| ");
		if (*s != '-' && sscanf(s, "%31s %31s", word, operand) == 2)
			f(out, word, operand);
	}
}

static void question_word(struct mr_buf *out, const char *word, const char *operand)
{
	(void)operand;
	mr_buf_printf(out, "%s ", word);
}

/* One line of _banyan_about. Replicas are a number that nobody can guess. */
static void question_names(struct mr_buf *out, const char *word, const char *operand)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(abouts); i++)
		if (mr_streq(abouts[i].operand, operand))
			mr_buf_printf(out, "\t%s) _banyan_names %s%s ;;\n", word, abouts[i].ask,
				      strchr(operand, '=') ? " | sed 's/$/=/'" : "");
}

/* What the first operand of a verb is completed with; a shell's expression. */
static void operand_words(const struct cli_verb *v, struct mr_buf *out)
{
	const char *ask = NULL;

	switch (v->take[0]) {
	case 'k':
		if (v->request == FM_VERB_ADOPT)
			mr_buf_puts(out, "chassis");
		else
			kind_words(out, v->request == FM_VERB_DELETE);
		break;
	case 'v':
		verb_words(out);
		break;
	case 's':
		mr_buf_puts(out, "bash zsh man");
		break;
	case 'q':
		each_question(v, out, question_word);
		break;
	case 'n':
		if (strstr(v->operands, "HOST") == v->operands)
			ask = "hosts";
		else if (v->request == FM_VERB_EXPLAIN)
			ask = "assignments";
		else if (strstr(v->operands, "PROFILE") == v->operands)
			ask = "serverprofiles";
		break;
	}
	if (ask)
		mr_buf_printf(out, "$(_banyan_names %s)", ask);
}

/* ... and the second. A kind or a question is one word: it needs no quotes. */
static const char *second_words(const struct cli_verb *v)
{
	if (v->take[0] && v->take[1] == 'h')
		return "$(_banyan_names hosts)";
	if (v->take[0] == 'q')
		return "$(_banyan_about $first)";
	return v->take[0] == 'k' && v->take[1] ? "$(_banyan_names $first)" : "";
}

static const char names_function[] =
	"_banyan_names() {\n"
	"\tbanyan get \"$1\" -o name 2>/dev/null | sed 's|^[^/]*/||'\n"
	"}\n";

static void functions(struct mr_buf *out)
{
	mr_buf_puts(out, names_function);
	mr_buf_puts(out, "_banyan_about() {\n\tcase $1 in\n");
	for (const struct cli_verb *v = cli_verbs; v->name; v++)
		if (v->take[0] == 'q')
			each_question(v, out, question_names);
	mr_buf_puts(out, "\tesac\n}\n");
}

void cli_complete_bash(struct mr_buf *out)
{
	mr_buf_puts(out, "# bash completion of banyan; source <(banyan completion bash)\n");
	functions(out);
	mr_buf_puts(out,
		    "_banyan() {\n"
		    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}\n"
		    "\tlocal verb=${COMP_WORDS[1]} first=${COMP_WORDS[2]} words= options=\n"
		    "\tcase $prev in\n"
		    "\t-f|--file) mapfile -t COMPREPLY < <(compgen -f -- \"$cur\"); return ;;\n"
		    "\t-o|--output) words='");
	for (unsigned f = 0; f < CLI_FORMAT_COUNT; f++)
		mr_buf_printf(out, "%s%s", f ? " " : "", cli_format_name((enum cli_format)f));
	mr_buf_puts(
		out,
		"'; mapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\"); return ;;\n"
		"\tesac\n"
		"\tif [ \"$COMP_CWORD\" -eq 1 ]; then\n"
		"\t\twords='");
	verb_words(out);
	mr_buf_puts(out, "'\n\telse\n\t\tcase $verb in\n");
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		mr_buf_printf(out, "\t\t%s)\n\t\t\toptions='", v->name);
		options_of(v, out);
		mr_buf_puts(out, "'\n");
		if (v->take[0]) {
			mr_buf_puts(out, "\t\t\t[ \"$COMP_CWORD\" -eq 2 ] && words=\"");
			operand_words(v, out);
			mr_buf_puts(out, "\"\n");
		}
		if (second_words(v)[0])
			mr_buf_printf(out, "\t\t\t[ \"$COMP_CWORD\" -eq 3 ] && words=\"%s\"\n",
				      second_words(v));
		mr_buf_puts(out, "\t\t\t;;\n");
	}
	mr_buf_puts(out,
		    "\t\tesac\n\tfi\n"
		    "\tcase $cur in -*) words=$options ;; esac\n"
		    "\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
		    "\tcase ${COMPREPLY[0]} in *=) compopt -o nospace ;; esac 2>/dev/null\n"
		    "}\ncomplete -F _banyan banyan\n");
}

/* Text inside '...' of zsh's _describe and _arguments: no colon, bracket or quote. */
static void zsh_text(struct mr_buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\'')
			mr_buf_puts(out, "'\\''");
		else if (*s == ':' || *s == '[' || *s == ']')
			mr_buf_printf(out, "\\%c", *s);
		else
			mr_buf_putc(out, *s);
	}
}

static void zsh_option(const struct cli_option *o, struct mr_buf *out)
{
	mr_buf_printf(out, " \\\n\t\t\t'*--%s%s[", o->name, o->arg ? "=" : "");
	zsh_text(out, o->help);
	mr_buf_putc(out, ']');
	if (o->bit == CLI_OPT_FILE)
		mr_buf_puts(out, ":path:_files");
	else if (o->bit == CLI_OPT_OUTPUT)
		mr_buf_puts(out, ":format:(table wide json yaml name)");
	else if (o->arg)
		mr_buf_printf(out, ":%s:", o->arg);
	mr_buf_putc(out, '\'');
}

void cli_complete_zsh(struct mr_buf *out)
{
	mr_buf_puts(out, "#compdef banyan\n");
	functions(out);
	mr_buf_puts(out, "_banyan() {\n\tlocal verb=$words[2] first=$words[3]\n"
			 "\tif (( CURRENT == 2 )); then\n\t\tlocal -a verbs=(\n");
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		mr_buf_printf(out, "\t\t\t'%s:", v->name);
		zsh_text(out, v->help);
		mr_buf_puts(out, "'\n");
	}
	mr_buf_puts(out, "\t\t)\n\t\t_describe verb verbs\n\t\treturn\n\tfi\n"
			 "\tshift words\n\t(( CURRENT-- ))\n\tcase $verb in\n");
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		mr_buf_printf(out, "\t%s)\n\t\t_arguments '--help[show its help]'", v->name);
		for (unsigned i = 0; i < CLI_OPT_COUNT; i++) {
			if (cli_options[i].bit & v->options)
				zsh_option(&cli_options[i], out);
		}
		if (v->take[0]) {
			mr_buf_puts(out, " \\\n\t\t\t\"1:operand:(");
			operand_words(v, out);
			mr_buf_puts(out, ")\"");
		}
		if (second_words(v)[0])
			mr_buf_printf(out, " \\\n\t\t\t\"2:name:(%s)\"", second_words(v));
		mr_buf_puts(out, "\n\t\t;;\n");
	}
	mr_buf_puts(out, "\tesac\n}\ncompdef _banyan banyan\n");
}
