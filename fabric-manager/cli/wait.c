// SPDX-License-Identifier: Apache-2.0
/*
 * --wait: looks at the assignments whenever an event comes (and now and then without one) until
 * the manager has nothing left to do, and tells each change on standard error.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/map.h"
#include "common/now.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/args.h"
#include "fabric-manager/cli/client.h"
#include "fabric-manager/cli/out.h"
#include "fabric-manager/cli/run.h"
#include "fabric-manager/cli/writer.h"
#include "fabric-manager/model/assignment.h"

#define LOOK_EVERY_NS (250 * MR_NS_PER_MS) /* without events */
#define SHOWN_MAX     10		   /* of those that did not make it */

struct item {
	char *name;
	char *phase;
	char *why;	 /* reason, detail; "" = none */
	char *held;	 /* why its part of an edit has not begun; "" = it has, or has none */
	bool time_helps; /* and whether it begins without anybody's doing */
	bool concerned;	 /* named by the reply, of the profile, or changed since */
	bool extra, standby; /* beyond a device's minimum: Pending is as good as Active */
	bool there;	     /* in the last look */
};

struct waiting {
	struct cli_client *client;
	const struct cli_args *args;
	const struct mr_tree *reply; /* NULL = none */
	struct mr_map *index;	     /* name -> item */
	struct item *item;
	unsigned n, cap;
	bool first;
	struct mr_map *read_only; /* chassis that nobody adopted yet */
};

/* Whether 'name' is the assignment 'whole', or one of the profile 'whole'. */
static bool is_of(const char *name, const char *whole)
{
	size_t n = strlen(whole);

	return n && !strncmp(name, whole, n) && (!name[n] || name[n] == '/');
}

/* Whether a text of the tree names the assignment or its profile. */
static bool names(const struct mr_tree *t, const char *name)
{
	if (t->kind == MR_TREE_TEXT)
		return t->text && is_of(name, t->text);
	for (unsigned i = 0; i < t->n; i++) {
		if (names(t->child[i], name))
			return true;
	}
	return false;
}

static bool is_concerned(const struct waiting *w, const char *name)
{
	return is_of(name, w->args->request.name) || (w->reply && names(w->reply, name));
}

static bool is_settled(const struct item *it)
{
	static const enum fm_phase settled[] = {FM_PHASE_PENDING,     FM_PHASE_ACTIVE,
						FM_PHASE_DEGRADED,    FM_PHASE_FAILED,
						FM_PHASE_QUARANTINED, FM_PHASE_RELEASED};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(settled); i++) {
		if (mr_streq(it->phase, fm_phase_name(settled[i])))
			return true;
	}
	return it->standby && mr_streq(it->phase, fm_phase_name(FM_PHASE_MAPPED));
}

static bool is_phase(const struct item *i, enum fm_phase p)
{
	return mr_streq(i->phase, fm_phase_name(p));
}

/* "REASON: message", what there is of it. */
static char *why_of(const struct mr_tree *row)
{
	const char *reason = mr_tree_text(row, "reason"),
		   *detail = mr_tree_text(row, "message");
	struct mr_buf b = {0};

	if (reason[0] && strcmp(reason, "OK"))
		mr_buf_puts(&b, reason);
	if (detail[0])
		mr_buf_printf(&b, "%s%s", b.len ? ": " : "", detail);
	return mr_buf_steal(&b);
}

static struct item *item_of(struct waiting *w, const char *name, bool *ret_new)
{
	uint64_t at;

	*ret_new = !mr_map_get(w->index, name, &at);
	if (!*ret_new)
		return &w->item[at];
	MR_GROW(w->item, w->n, w->cap);
	mr_map_set(w->index, name, w->n);
	w->item[w->n] = (struct item){.name = mr_xstrdup(name),
				      .phase = mr_xstrdup(""),
				      .why = mr_xstrdup(""),
				      .held = mr_xstrdup(""),
				      .concerned = is_concerned(w, name)};
	return &w->item[w->n++];
}

static void tell(const struct waiting *w, const struct item *i, const char *before)
{
	if (before[0])
		cli_say(w->args, "%s: %s -> %s%s%s", i->name, before, i->phase,
			i->why[0] ? ", " : "", i->why);
	else
		cli_say(w->args, "%s: %s%s%s", i->name, i->phase, i->why[0] ? ", " : "",
			i->why);
}

/* Whether what an edit waits for comes by itself. */
static bool passes(const char *what)
{
	return mr_streq(what, "window") || mr_streq(what, "restart") || mr_streq(what, "turn");
}

static void look_at(struct waiting *w, const struct mr_tree *row)
{
	const char *phase = mr_tree_text(row, "phase");
	bool is_new;
	struct item *i = item_of(w, mr_tree_text(row, "name"), &is_new);
	const struct mr_tree *extra, *standby;
	char *before = i->phase;

	i->there = true;
	extra = mr_tree_get(row, "extra");
	i->extra = extra && extra->kind == MR_TREE_BOOL && extra->num;
	standby = mr_tree_get(row, "standby");
	i->standby = standby && standby->kind == MR_TREE_BOOL && standby->num;
	free(i->why);
	i->why = why_of(row);
	free(i->held);
	i->held = mr_xstrdup(mr_tree_text(row, "held"));
	i->time_helps = passes(mr_tree_text(row, "waitsFor"));
	i->phase = mr_xstrdup(phase);
	if (strcmp(before, phase) && (!w->first || (i->concerned && !is_settled(i)))) {
		i->concerned = true;
		tell(w, i, before);
	}
	free(before);
}

static void look_for_gone(struct waiting *w)
{
	for (unsigned k = 0; k < w->n; k++) {
		struct item *i = &w->item[k];

		if (!i->there && i->phase[0] && !is_phase(i, FM_PHASE_RELEASED)) {
			char *before = i->phase;

			i->phase = mr_xstrdup(fm_phase_name(FM_PHASE_RELEASED));
			i->concerned = true;
			tell(w, i, before);
			free(before);
		}
		i->there = false;
	}
}

/* Asks for the assignments and compares. 0, or the exit code after it said why not. */
static int look(struct waiting *w)
{
	struct fm_request get = {.verb = FM_VERB_GET,
				 .kind = "assignments",
				 .name = "",
				 .host = "",
				 .set = "",
				 .who = ""};
	const struct mr_tree *rows = NULL;
	struct fm_control_msg m;
	int code = cli_ask(w->client, w->args, &get, &m);

	if (code)
		return code;
	if (m.reply.exit_code != FM_EXIT_DONE)
		code = cli_show_reply(w->args, &m.reply);
	else if (m.reply.tree)
		rows = cli_rows(m.reply.tree);
	for (unsigned i = 0; rows && i < rows->n; i++) {
		if (rows->child[i]->kind == MR_TREE_MAP)
			look_at(w, rows->child[i]);
	}
	if (!code)
		look_for_gone(w);
	w->first = false;
	fm_control_msg_done(&m);
	return code;
}

static void note_chassis(struct waiting *w, const struct mr_tree *status)
{
	const struct mr_tree *list = mr_tree_get(status, "chassis");

	mr_map_free(w->read_only);
	w->read_only = mr_map_new();
	for (unsigned i = 0; list && list->kind == MR_TREE_LIST && i < list->n; i++) {
		const struct mr_tree *c = list->child[i];

		if (c->kind == MR_TREE_MAP && mr_streq(mr_tree_text(c, "state"), "read-only"))
			mr_map_set(w->read_only, mr_tree_text(c, "name"), 1);
	}
}

/* Changes of the reply's plan in chassis that are only read still. Says which; returns how
 * many. */
static unsigned not_adopted(const struct waiting *w)
{
	const struct mr_tree *list = w->reply && w->reply->kind == MR_TREE_MAP
					     ? mr_tree_get(w->reply, "onlyRead")
					     : NULL;
	unsigned n = 0;
	uint64_t v;

	for (unsigned i = 0; list && list->kind == MR_TREE_LIST && i < list->n; i++) {
		const struct mr_tree *c = list->child[i];
		const char *name = c->kind == MR_TREE_MAP ? mr_tree_text(c, "chassis") : "";

		if (!name[0] || !mr_map_get(w->read_only, name, &v))
			continue;
		cli_say(w->args, "chassis %s is only read; `banyan adopt chassis %s`", name,
			name);
		n += (unsigned)mr_tree_int(c, "changes");
	}
	return n;
}

/* Whether the manager says that it is idle: 1, 0, or -1 where it does not say. */
static int ask_idle(struct waiting *w, int *ret)
{
	struct fm_request status = {.verb = FM_VERB_STATUS,
				    .kind = "",
				    .name = "",
				    .host = "",
				    .set = "",
				    .who = ""};
	const struct mr_tree *idle = NULL;
	struct fm_control_msg m;
	int code = cli_ask(w->client, w->args, &status, &m);

	if (code)
		return code;
	if (m.reply.tree && m.reply.tree->kind == MR_TREE_MAP)
		idle = mr_tree_get(m.reply.tree, "idle");
	if (idle)
		note_chassis(w, m.reply.tree);
	*ret = idle && idle->kind == MR_TREE_BOOL ? idle->num != 0 : -1;
	fm_control_msg_done(&m);
	return 0;
}

/* Idle is not enough: the manager may wait for a host. Of a manager that does not say whether
 * it is idle, all assignments must have come to rest. */
static bool has_settled(const struct waiting *w, int idle)
{
	for (unsigned i = 0; i < w->n; i++) {
		if ((idle < 0 || w->item[i].concerned) && !is_settled(&w->item[i]))
			return false;
	}
	return idle != 0;
}

static bool is_bad(const struct waiting *w, const struct item *i)
{
	bool takes = w->args->request.verb == FM_VERB_DELETE ||
		     w->args->request.verb == FM_VERB_DISCONNECT;

	return i->concerned &&
	       (is_phase(i, FM_PHASE_FAILED) || is_phase(i, FM_PHASE_QUARANTINED) ||
		(!takes && !i->extra && is_phase(i, FM_PHASE_PENDING)));
}

static const struct mr_tree *changes_of(const struct waiting *w)
{
	const struct mr_tree *plan = w->reply && w->reply->kind == MR_TREE_MAP
					     ? mr_tree_get(w->reply, "plan")
					     : NULL;
	const struct mr_tree *list =
		plan && plan->kind == MR_TREE_MAP ? mr_tree_get(plan, "changes") : NULL;

	return list && list->kind == MR_TREE_LIST ? list : NULL;
}

/* Claims that the reply's plan leaves without a function and that are no assignments yet. Says
 * which; returns how many. */
static unsigned not_placed(const struct waiting *w, unsigned shown)
{
	const struct mr_tree *list = changes_of(w);
	unsigned n = 0;

	for (unsigned i = 0; list && i < list->n; i++) {
		const struct mr_tree *c = list->child[i];
		uint64_t at;

		if (c->kind != MR_TREE_MAP || strcmp(mr_tree_text(c, "change"), "pend") ||
		    mr_map_get(w->index, mr_tree_text(c, "assignment"), &at))
			continue;
		if (shown + n++ < SHOWN_MAX)
			cli_say(w->args, "%s is not placed, %s", mr_tree_text(c, "assignment"),
				mr_tree_text(c, "detail"));
	}
	return n;
}

/* Parts of the edit that have not begun: says which when 'tell_them'. With 'only_time' those
 * that begin by themselves. */
static unsigned held(const struct waiting *w, bool only_time, bool tell_them)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->n; i++) {
		const struct item *it = &w->item[i];
		size_t len = strcspn(it->name, "/");

		if (!it->concerned || !it->held[0] || (only_time && !it->time_helps))
			continue;
		if (!tell_them || n++ >= SHOWN_MAX) {
			n += !tell_them;
			continue;
		}
		if (strstr(it->held, "approval"))
			cli_say(w->args, "%s: an edit %s; `banyan approve %.*s`", it->name,
				it->held, (int)len, it->name);
		else
			cli_say(w->args, "%s: an edit is held: %s", it->name, it->held);
	}
	return n;
}

/* Counts by phase, then those that are not as wanted. Returns the exit code. */
static int sum_up(const struct waiting *w)
{
	unsigned bad = 0, running = 0, gone = 0;

	for (unsigned i = 0; i < w->n; i++) {
		if (!w->item[i].concerned)
			continue;
		running += is_phase(&w->item[i], FM_PHASE_ACTIVE) ||
			   is_phase(&w->item[i], FM_PHASE_DEGRADED);
		gone += is_phase(&w->item[i], FM_PHASE_RELEASED);
		if (is_bad(w, &w->item[i]) && bad++ < SHOWN_MAX)
			cli_say(w->args, "%s is %s%s%s", w->item[i].name, w->item[i].phase,
				w->item[i].why[0] ? ", " : "", w->item[i].why);
	}
	bad += not_placed(w, bad);
	if (!running && !gone && !bad) {
		cli_say(w->args, "settled: nothing had to change");
		return FM_EXIT_DONE;
	}
	cli_say(w->args, "settled: %u running, %u released, %u not as wanted", running, gone,
		bad);
	return bad ? FM_EXIT_FAILED : FM_EXIT_DONE;
}

/* Some of it waits for somebody, or for its time: work goes on then. */
static int sum_up_held(struct waiting *w, unsigned asked)
{
	unsigned n = held(w, false, true) + asked;

	cli_say(w->args, "%u step%s of the edit %s not begun; work goes on then", n,
		n == 1 ? "" : "s", n == 1 ? "has" : "have");
	return FM_EXIT_TIMEOUT;
}

static int ran_out(struct waiting *w)
{
	char buf[32];
	unsigned busy = 0;

	held(w, false, true);

	for (unsigned i = 0; i < w->n; i++)
		busy += w->item[i].concerned && !is_settled(&w->item[i]);
	cli_say(w->args, "%s are over, work goes on: %u assignment%s under way",
		mr_time_text(w->args->timeout_ns, buf, sizeof(buf)), busy,
		busy == 1 ? "" : "s");
	return FM_EXIT_TIMEOUT;
}

/* Changes of a function count (class Count) that wait for a yes: says which. */
static int ask_counts(struct waiting *w, unsigned *ret)
{
	struct fm_request get = {.verb = FM_VERB_GET,
				 .kind = "operations",
				 .name = "",
				 .host = "",
				 .set = "",
				 .who = ""};
	const struct mr_tree *list = changes_of(w), *rows;
	struct fm_control_msg m;
	bool count = false;
	int code;

	*ret = 0;
	for (unsigned i = 0; list && i < list->n; i++)
		count |= list->child[i]->kind == MR_TREE_MAP &&
			 mr_streq(mr_tree_text(list->child[i], "change"), "provision");
	if (!count)
		return 0;
	code = cli_ask(w->client, w->args, &get, &m);
	if (code)
		return code;
	rows = m.reply.tree ? cli_rows(m.reply.tree) : NULL;
	for (unsigned i = 0; rows && i < rows->n; i++) {
		const struct mr_tree *o = rows->child[i];

		if (o->kind != MR_TREE_MAP || !mr_streq(mr_tree_text(o, "kind"), "provision") ||
		    !mr_streq(mr_tree_text(o, "state"), "needs approval"))
			continue;
		++*ret;
		cli_say(w->args, "waits for approval: %s; `banyan approve %lld`",
			mr_tree_text(o, "detail"), (long long)mr_tree_int(o, "id"));
	}
	fm_control_msg_done(&m);
	return 0;
}

/* Nothing is under way. Parts of the edit may not have begun: -1 to wait for them, else the
 * exit code. */
static int at_rest(struct waiting *w)
{
	unsigned asked = 0;
	int code = ask_counts(w, &asked);

	if (code)
		return code;
	asked += not_adopted(w);
	if (!asked && !held(w, false, false))
		return sum_up(w);
	if (!asked && held(w, true, false) == held(w, false, false))
		return -1;
	return sum_up_held(w, asked);
}

/* Until something happens, or it is time to look again, or the time is over. */
static enum cli_got pause_until(struct waiting *w, int64_t until)
{
	struct fm_control_msg m;
	enum cli_got got = cli_client_next(w->client, until, &m);

	if (got == CLI_GOT_MESSAGE)
		fm_control_msg_done(&m);
	return got;
}

static int watch_it(struct waiting *w)
{
	int64_t end = mr_clock_now().mono_ns + w->args->timeout_ns;

	for (;;) {
		int64_t now;
		int idle = -1;
		/* first whether it is idle: what is seen after that is how it ended */
		int code = ask_idle(w, &idle);

		if (!code)
			code = look(w);
		if (code)
			return code;
		if (has_settled(w, idle) && (code = at_rest(w)) >= 0)
			return code;
		now = mr_clock_now().mono_ns;
		if (now >= end)
			return ran_out(w);
		if (pause_until(w, now + LOOK_EVERY_NS < end ? now + LOOK_EVERY_NS : end) ==
		    CLI_GOT_INTERRUPT)
			return CLI_EXIT_INTERRUPTED;
	}
}

int cli_wait(struct cli_client *c, const struct cli_args *a, const struct fm_reply *r)
{
	struct waiting w = {.client = c, .args = a, .reply = r->tree, .first = true};
	int code;

	w.index = mr_map_new();
	w.read_only = mr_map_new();
	cli_client_catch_interrupt(c);
	cli_client_follow(c);
	code = watch_it(&w);
	for (unsigned i = 0; i < w.n; i++) {
		free(w.item[i].name);
		free(w.item[i].phase);
		free(w.item[i].why);
		free(w.item[i].held);
	}
	free(w.item);
	mr_map_free(w.index);
	mr_map_free(w.read_only);
	return code;
}
