// SPDX-License-Identifier: Apache-2.0
/*
 * Golden suite of what operators are answered: a case has `chassis`, the path of a chassis
 * description, and `commands`, one request a line: [WHO:] VERB [WORD [WORD]] [-f FILE]
 * [--if-version N] [--yes], or `! lose-store`: the manager starts anew with an empty store.
 * They are asked of a whole fabric in one process, one after the other, each when the one
 * before has settled. What comes out: exit code, sentence and tables.
 */
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/kinds.h"
#include "fabric-manager/cli/writer.h"
#include "tests/golden/golden.h"
#include "tests/sim-test/world/world.h"

#define SETTLE_NS (120 * MR_NS_PER_S)
#define LATER_NS  (36 * 3600 * MR_NS_PER_S) /* ages in days say nothing of seconds */

/* Takes the words of a line into 'r'; "-f" reads the file of the case. */
static bool parse(const char *dir, char *line, struct fm_request *r, struct fm_file *file)
{
	char *save, *word = strtok_r(line, " ", &save);
	int verb;

	if (word && word[strlen(word) - 1] == ':') {
		word[strlen(word) - 1] = '\0';
		r->who = word;
		word = strtok_r(NULL, " ", &save);
	}
	verb = word ? fm_verb_parse(word) : -1;
	r->verb = (enum fm_verb)verb;
	while (verb >= 0 && (word = strtok_r(NULL, " ", &save))) {
		if (!strcmp(word, "--yes")) {
			r->yes = true;
		} else if (!strcmp(word, "--if-version")) {
			r->has_if_version = true;
			r->if_version = strtoull(strtok_r(NULL, " ", &save), NULL, 10);
		} else if (!strcmp(word, "-f")) {
			file->name = strtok_r(NULL, " ", &save);
			file->text = golden_file(dir, file->name, &file->len);
			r->file = file;
			r->files = file->text != NULL;
		} else if ((r->verb == FM_VERB_GET || r->verb == FM_VERB_ADOPT) &&
			   !r->kind[0]) {
			r->kind = word;
		} else if (!r->name[0]) {
			r->name = word;
		} else {
			r->arg = word;
		}
	}
	return verb >= 0;
}

static void ask(struct world *w, const char *dir, const char *command, struct mr_buf *out)
{
	struct fm_file file = {.name = NULL};
	struct fm_request r = {.kind = "",
			       .name = "",
			       .host = "",
			       .set = "",
			       .arg = "",
			       .who = "",
			       .max_disruption = ""};
	struct cli_writer to = {.format = CLI_FORMAT_TABLE};
	char *line = mr_xstrdup(command);

	mr_buf_printf(out, "$ %s\n", command);
	if (!parse(dir, line, &r, &file)) {
		mr_buf_puts(out, "expected a verb\n");
	} else if (!world_ask(w, &r)) {
		mr_buf_puts(out, "no answer\n");
	} else {
		to.wall_ns = w->now.wall_ns + LATER_NS;
		to.kind = r.kind[0] ? cli_kind_find(r.kind) : NULL;
		if (w->reply.diags)
			mr_diags_print(w->reply.diags, out);
		if (w->reply.tree)
			cli_write(&to, w->reply.tree, out);
		mr_buf_printf(out, "[%d] %s\n\n", w->reply.exit_code,
			      w->reply.text ? w->reply.text : "");
		world_settle(w, SETTLE_NS);
	}
	free((char *)file.text);
	free(line);
}

static void lose_store(struct world *w, struct mr_buf *out)
{
	const struct store_copy empty = {0};

	mr_buf_puts(out, "(the store is lost)\n\n");
	world_manager_kill(w);
	w->store.loses = true; /* what was under way was meant for the other one */
	world_store_restore(w, &empty);
	w->store.loses = false;
	world_manager_start(w);
	world_settle(w, SETTLE_NS);
}

static void run(const char *dir, struct mr_buf *out)
{
	char *chassis = golden_file(dir, "chassis", NULL);
	char *commands = golden_file(dir, "commands", NULL), *save, *line;
	struct mr_buf path = {0};
	struct world *w;

	if (!chassis || !commands) {
		mr_buf_puts(out, "expected the files chassis and commands\n");
		return;
	}
	chassis[strcspn(chassis, "\n")] = '\0';
	mr_buf_printf(&path, "%s/%s", SRCDIR, chassis);
	w = world_new(mr_buf_text(&path), 3, NULL);
	world_run_for(w, 10 * MR_NS_PER_S);
	world_manager_start(w);
	world_settle(w, SETTLE_NS);
	for (line = strtok_r(commands, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		if (!strcmp(line, "! lose-store"))
			lose_store(w, out);
		else
			ask(w, dir, line, out);
	world_free(w);
	mr_buf_done(&path);
	free(chassis);
	free(commands);
}

int main(int argc, char **argv)
{
	return golden_main(argc, argv, run);
}
