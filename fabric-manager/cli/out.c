// SPDX-License-Identifier: Apache-2.0
/* See out.h. */
#include "fabric-manager/cli/out.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/str.h"
#include "fabric-manager/cli/args.h"
#include "fabric-manager/cli/text.h"
#include "fabric-manager/cli/writer.h"

bool cli_put(struct mr_buf *b)
{
	bool ok;

	signal(SIGPIPE, SIG_IGN);
	ok = (!b->len || fwrite(b->data, 1, b->len, stdout) == b->len) && !fflush(stdout);
	if (!ok && errno == EPIPE)
		clearerr(stdout); /* `| head` has seen enough: no failure */
	else if (!ok)
		fprintf(stderr, "banyan: cannot write to standard output: %s\n",
			strerror(errno));
	mr_buf_reset(b);
	return ok;
}

static bool terminal_has_color(void)
{
	const char *term = getenv("TERM"), *no = getenv("NO_COLOR");

	return isatty(STDOUT_FILENO) && !(no && *no) && term && *term && strcmp(term, "dumb");
}

struct cli_writer cli_writer_of(const struct cli_args *a)
{
	return (struct cli_writer){
		.format = a->format,
		.kind = a->verb->request == FM_VERB_GET ? a->kind : NULL,
		.color = !a->no_color && !cli_for_programs(a) && terminal_has_color(),
		.wall_ns = mr_clock_now().wall_ns,
	};
}

bool cli_put_tree(const struct cli_args *a, const struct mr_tree *t)
{
	struct cli_writer w = cli_writer_of(a);
	struct mr_buf b = {0};
	bool ok;

	cli_write(&w, t, &b);
	ok = cli_put(&b);
	mr_buf_done(&b);
	return ok;
}

void cli_say(const struct cli_args *a, const char *fmt, ...)
{
	struct mr_buf raw = {0}, b = {0};
	va_list ap;

	va_start(ap, fmt);
	mr_buf_vprintf(&raw, fmt, ap);
	va_end(ap);
	cli_clean_lines(&b, mr_buf_text(&raw));
	fprintf(stderr, "banyan %s: %s\n", a->verb->name, mr_buf_text(&b));
	mr_buf_done(&raw);
	mr_buf_done(&b);
}

bool cli_for_programs(const struct cli_args *a)
{
	return a->format != CLI_FORMAT_TABLE && a->format != CLI_FORMAT_WIDE;
}
