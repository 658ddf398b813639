// SPDX-License-Identifier: Apache-2.0
/*
 * Verbs that are one request and one reply, and what all others need of them.
 */
#include "fabric-manager/cli/run.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/now.h"
#include "common/os/clock.h"
#include "common/os/options.h"
#include "common/os/std.h"
#include "common/str.h"
#include "common/tree.h"
#include "fabric-manager/cli/args.h"
#include "fabric-manager/cli/client.h"
#include "fabric-manager/cli/complete.h"
#include "fabric-manager/cli/files.h"
#include "fabric-manager/cli/kinds.h"
#include "fabric-manager/cli/out.h"
#include "fabric-manager/cli/text.h"
#include "fabric-manager/cli/writer.h"

#define REPLY_TIMEOUT_NS (60 * MR_NS_PER_S)

int cli_no_reply(const struct cli_client *c, const struct cli_args *a, enum cli_got got)
{
	const char *why = cli_client_why(c);

	if (got == CLI_GOT_INTERRUPT)
		return CLI_EXIT_INTERRUPTED;
	if (got == CLI_GOT_TIMEOUT) {
		cli_say(a,
			"the manager at %s took the request and did not answer within %lld s",
			a->manager, (long long)(REPLY_TIMEOUT_NS / MR_NS_PER_S));
		return CLI_EXIT_AWAY;
	}
	if (cli_client_got_garbage(c)) {
		cli_say(a, "what answers at %s is no manager that this command understands: %s",
			a->manager, why);
		return FM_EXIT_FAILED;
	}
	if (cli_client_was_ready(c))
		cli_say(a,
			"the manager at %s went away before it answered (%s); `banyan status` "
			"tells what it did",
			a->manager, why);
	else
		cli_say(a,
			"the manager is not reachable at %s: %s. Is banyan-manager running? "
			"--manager or " CLI_MANAGER_ENV " names another socket",
			a->manager, why);
	return CLI_EXIT_AWAY;
}

int cli_ask(struct cli_client *c, const struct cli_args *a, const struct fm_request *r,
	    struct fm_control_msg *ret)
{
	uint64_t id = cli_client_send(c, r);
	int64_t until = mr_clock_now().mono_ns + REPLY_TIMEOUT_NS;

	for (;;) {
		struct fm_control_msg m;
		enum cli_got got = cli_client_next(c, until, &m);

		if (got != CLI_GOT_MESSAGE) {
			*ret = (struct fm_control_msg){0};
			return cli_no_reply(c, a, got);
		}
		if ((m.kind == FM_CONTROL_REPLY && m.reply_to == id) ||
		    (m.kind == FM_CONTROL_ERROR && (m.reply_to == id || !m.reply_to))) {
			*ret = m;
			return 0;
		}
		fm_control_msg_done(&m);
	}
}

void cli_show_findings(const struct mr_diags *d)
{
	struct mr_buf raw = {0}, b = {0};

	mr_diags_print(d, &raw);
	cli_clean_lines(&b, mr_buf_text(&raw));
	fputs(mr_buf_text(&b), stderr);
	mr_buf_done(&raw);
	mr_buf_done(&b);
}

static void say_failed(const struct cli_args *a, const struct fm_reply *r)
{
	const char *name = mr_reason_name(r->reason);

	if (r->text && r->reason != MR_REASON_OK)
		cli_say(a, "%s (%s)", r->text, name);
	else if (r->text)
		cli_say(a, "%s", r->text);
	else if (!r->diags || r->reason != MR_REASON_INVALID)
		cli_say(a, "%s (%s)", mr_reason_text(r->reason), name);
}

/* An empty list is an answer, but not one that people can see. */
static void say_nothing_there(const struct cli_args *a, const struct mr_tree *t)
{
	const struct mr_tree *rows = t ? cli_rows(t) : NULL;
	const char *what = a->kind ? a->kind->plural : "entries";

	if (!rows && t && cli_only_list(t)) {
		rows = cli_only_list(t);
		what = rows->key;
	}
	if (rows && !rows->n)
		cli_say(a, "no %s", what);
}

int cli_show_reply(const struct cli_args *a, const struct fm_reply *r)
{
	bool failed = r->exit_code != FM_EXIT_DONE && r->exit_code != FM_EXIT_CHANGES;
	struct mr_buf b = {0};

	if (r->diags)
		cli_show_findings(r->diags);
	if (r->tree)
		cli_put_tree(a, r->tree);
	if (failed) {
		say_failed(a, r);
	} else if (cli_for_programs(a)) {
		if (r->text)
			cli_say(a, "%s", r->text);
	} else if (r->text) {
		cli_clean_lines(&b, r->text);
		mr_buf_putc(&b, '\n');
		cli_put(&b);
	} else {
		say_nothing_there(a, r->tree);
	}
	mr_buf_done(&b);
	return r->exit_code;
}

int cli_run_request(const struct cli_args *a)
{
	struct fm_request r = a->request;
	struct cli_files files;
	struct fm_control_msg m;
	struct cli_client *c;
	struct mr_err err = {0};
	int code;

	if (cli_files_read(a->path, a->paths, &files, &err) < 0) {
		cli_say(a, "%s", err.text);
		cli_files_done(&files);
		return FM_EXIT_FAILED;
	}
	r.file = files.file;
	r.files = files.n;
	c = cli_client_new(a->manager);
	code = cli_ask(c, a, &r, &m);
	if (!code && m.kind != FM_CONTROL_EVENT) {
		code = cli_show_reply(a, &m.reply);
		if (!code && a->wait)
			code = cli_wait(c, a, &m.reply);
	}
	fm_control_msg_done(&m);
	cli_client_free(c);
	cli_files_done(&files);
	return code;
}

int cli_run_completion(const struct cli_args *a)
{
	struct mr_buf b = {0};

	if (!strcmp(a->operand[0], "bash")) {
		cli_complete_bash(&b);
	} else if (!strcmp(a->operand[0], "zsh")) {
		cli_complete_zsh(&b);
	} else if (!strcmp(a->operand[0], "man")) {
		cli_man_page(&b);
	} else {
		cli_say(a, "expected bash, zsh or man, found '%.64s'", a->operand[0]);
		return CLI_EXIT_USAGE;
	}
	cli_put(&b);
	mr_buf_done(&b);
	return FM_EXIT_DONE;
}

int cli_run_help(const struct cli_args *a)
{
	const struct cli_verb *v = a->operand[0][0] ? cli_verb_find(a->operand[0]) : NULL;
	const char *near;

	if (a->operand[0][0] && !v) {
		near = mr_nearest(a->operand[0], cli_verb_names());
		cli_say(a, "there is no verb '%.64s'%s%s%s", a->operand[0],
			near ? ", did you mean " : "", near ? near : "", near ? "?" : "");
		return CLI_EXIT_USAGE;
	}
	return cli_help(v);
}

int cli_run_version(const struct cli_args *a)
{
	(void)a;
	printf("banyan " MR_VERSION "\n");
	return mr_std_written("banyan") ? FM_EXIT_DONE : FM_EXIT_FAILED;
}
