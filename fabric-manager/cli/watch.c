// SPDX-License-Identifier: Apache-2.0
/*
 * What goes on until Ctrl-C: --watch draws again when something changed, `events --follow`
 * appends.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "common/now.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/args.h"
#include "fabric-manager/cli/client.h"
#include "fabric-manager/cli/out.h"
#include "fabric-manager/cli/run.h"
#include "fabric-manager/cli/text.h"
#include "fabric-manager/cli/writer.h"

#define DRAW_EVERY_NS (2 * MR_NS_PER_S)	   /* without events: counters change, ages grow */
#define DRAW_PAUSE_NS (100 * MR_NS_PER_MS) /* at most so often */

/* ---- --watch ---- */

/* Over what was there before, so that nothing flickers; each line clears its rest. */
static void redraw(const struct mr_buf *text, struct mr_buf *out)
{
	mr_buf_puts(out, "\033[H");
	for (size_t i = 0; i < text->len; i++) {
		if (text->data[i] == '\n')
			mr_buf_puts(out, "\033[K");
		mr_buf_putc(out, text->data[i]);
	}
	mr_buf_puts(out, "\033[J");
}

/* Shows 'text' when it differs from '*last'. False when nobody reads any more. */
static bool draw(struct mr_buf *text, struct mr_buf *last, bool terminal)
{
	struct mr_buf out = {0};
	bool first = !last->data, ok;

	if (!first && !strcmp(mr_buf_text(text), mr_buf_text(last)))
		return true;
	if (terminal)
		redraw(text, &out);
	else
		mr_buf_printf(&out, "%s%s", first ? "" : "\n", mr_buf_text(text));
	ok = cli_put(&out);
	mr_buf_done(&out);
	mr_buf_reset(last);
	mr_buf_puts(last, mr_buf_text(text));
	mr_buf_puts(last, "");
	return ok;
}

/* Waits for an event or the next turn; a burst of events is one turn. */
static enum cli_got next_turn(struct cli_client *c)
{
	int64_t now = mr_clock_now().mono_ns, until = now + DRAW_EVERY_NS;
	struct fm_control_msg m;
	enum cli_got got;

	while ((got = cli_client_next(c, until, &m)) == CLI_GOT_MESSAGE) {
		if (until > now + DRAW_PAUSE_NS)
			until = now + DRAW_PAUSE_NS;
		fm_control_msg_done(&m);
	}
	return got;
}

static int watch_step(struct cli_client *c, const struct cli_args *a, struct mr_buf *last,
		      bool *ret_go_on)
{
	struct cli_writer w = cli_writer_of(a);
	struct mr_buf text = {0};
	struct fm_control_msg m;
	int code = cli_ask(c, a, &a->request, &m);

	*ret_go_on = false;
	if (!code && m.reply.exit_code != FM_EXIT_DONE) {
		code = cli_show_reply(a, &m.reply);
	} else if (!code) {
		if (m.reply.tree)
			cli_write(&w, m.reply.tree, &text);
		*ret_go_on = draw(&text, last, isatty(STDOUT_FILENO) && !cli_for_programs(a));
	}
	mr_buf_done(&text);
	fm_control_msg_done(&m);
	return code;
}

static int watch(struct cli_client *c, const struct cli_args *a)
{
	struct mr_buf last = {0};
	bool go_on = true;
	int code;

	cli_client_catch_interrupt(c);
	cli_client_follow(c);
	if (isatty(STDOUT_FILENO) && !cli_for_programs(a)) {
		struct mr_buf clear = {0};

		mr_buf_puts(&clear, "\033[2J");
		cli_put(&clear);
		mr_buf_done(&clear);
	}
	do
		code = watch_step(c, a, &last, &go_on);
	while (!code && go_on && next_turn(c) != CLI_GOT_INTERRUPT);
	mr_buf_done(&last);
	return code == CLI_EXIT_INTERRUPTED ? FM_EXIT_DONE : code;
}

int cli_run_show(const struct cli_args *a)
{
	struct cli_client *c;
	int code;

	if (!a->watch)
		return cli_run_request(a);
	c = cli_client_new(a->manager);
	code = watch(c, a);
	cli_client_free(c);
	return code;
}

/* ---- events ---- */

/* As the manager's replies have it (docs/json.md). */
static struct mr_tree *event_tree(const struct fm_rec_event *e)
{
	struct mr_tree *t = mr_tree_map();

	mr_tree_add_int(t, "seq", (int64_t)e->seq);
	mr_tree_add_int(t, "time", e->wall_ns / MR_NS_PER_S);
	mr_tree_add_text(t, "object", e->object);
	mr_tree_add_text(t, "reason", mr_reason_name(e->reason));
	mr_tree_add_text(t, "text", e->text);
	return t;
}

static void time_text(int64_t wall_s, char *buf, size_t size)
{
	time_t s = (time_t)wall_s;
	struct tm tm;

	if (!gmtime_r(&s, &tm) || !strftime(buf, size, "%Y-%m-%dT%H:%M:%SZ", &tm))
		mr_copy(buf, size, "-");
}

static void pad(struct mr_buf *out, const char *s, size_t width)
{
	size_t from = out->len, n;

	cli_clean(out, s[0] ? s : "-");
	n = cli_width(out->data + from);
	while (n++ < width)
		mr_buf_putc(out, ' ');
	mr_buf_puts(out, "  ");
}

static void write_event(const struct cli_args *a, const struct mr_tree *e, struct mr_buf *out)
{
	char when[32];

	switch (a->format) {
	case CLI_FORMAT_JSON:
		cli_write_json(e, true, out);
		break;
	case CLI_FORMAT_YAML:
		mr_buf_puts(out, "---\n");
		cli_write_yaml(e, out);
		break;
	case CLI_FORMAT_NAME:
		mr_buf_printf(out, "event/%lld\n", (long long)mr_tree_int(e, "seq"));
		break;
	default:
		time_text(mr_tree_int(e, "time"), when, sizeof(when));
		pad(out, when, 20);
		pad(out, mr_tree_text(e, "reason"), 13);
		pad(out, mr_tree_text(e, "object"), 24);
		cli_clean(out, mr_tree_text(e, "text"));
		mr_buf_putc(out, '\n');
	}
}

/* The list "events" of the reply. */
static const struct mr_tree *events_of(const struct mr_tree *t)
{
	const struct mr_tree *l = t && t->kind == MR_TREE_MAP ? mr_tree_get(t, "events") : NULL;

	return l && l->kind == MR_TREE_LIST ? l : NULL;
}

/* The rows that are young enough, as a list of their own (JSON, YAML) or line by line. */
static bool show_past(const struct cli_args *a, const struct mr_tree *rows)
{
	int64_t least =
		a->since_age_ns ? (mr_clock_now().wall_ns - a->since_age_ns) / MR_NS_PER_S : 0;
	struct mr_tree list = {.kind = MR_TREE_LIST};
	struct mr_buf b = {0};
	bool ok;

	for (unsigned i = 0; rows && i < rows->n; i++) {
		if (mr_tree_int(rows->child[i], "time") < least)
			continue;
		MR_GROW(list.child, list.n, list.cap);
		list.child[list.n++] = rows->child[i];
	}
	if (!a->request.follow && a->format == CLI_FORMAT_JSON)
		cli_write_json(&list, false, &b);
	else if (!a->request.follow && a->format == CLI_FORMAT_YAML)
		cli_write_yaml(&list, &b);
	else
		for (unsigned i = 0; i < list.n; i++)
			write_event(a, list.child[i], &b);
	ok = cli_put(&b);
	mr_buf_done(&b);
	free(list.child);
	return ok;
}

static int follow(struct cli_client *c, const struct cli_args *a)
{
	struct mr_buf b = {0};
	struct fm_control_msg m;
	enum cli_got got;
	bool ok = true;

	while (ok && (got = cli_client_next(c, MR_NEVER, &m)) == CLI_GOT_MESSAGE) {
		if (m.kind == FM_CONTROL_EVENT) {
			struct mr_tree *e = event_tree(&m.event);

			write_event(a, e, &b);
			ok = cli_put(&b);
			mr_tree_free(e);
		}
		fm_control_msg_done(&m);
	}
	mr_buf_done(&b);
	if (!ok || got == CLI_GOT_INTERRUPT)
		return FM_EXIT_DONE;
	return cli_no_reply(c, a, got);
}

int cli_run_events(const struct cli_args *a)
{
	struct cli_client *c = cli_client_new(a->manager);
	struct fm_control_msg m;
	int code;

	if (a->request.follow)
		cli_client_catch_interrupt(c);
	code = cli_ask(c, a, &a->request, &m);
	if (!code && m.reply.exit_code != FM_EXIT_DONE)
		code = cli_show_reply(a, &m.reply);
	else if (!code && show_past(a, events_of(m.reply.tree)) && a->request.follow)
		code = follow(c, a);
	fm_control_msg_done(&m);
	cli_client_free(c);
	return code == CLI_EXIT_INTERRUPTED ? FM_EXIT_DONE : code;
}
