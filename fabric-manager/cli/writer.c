// SPDX-License-Identifier: Apache-2.0
/*
 * Choice of the format, values as people read them, and names.
 */
#include "fabric-manager/cli/writer.h"

#include <string.h>

#include "common/now.h"
#include "common/str.h"
#include "common/tree.h"
#include "fabric-manager/cli/kinds.h"
#include "fabric-manager/cli/text.h"

/* Beyond it an integer of nanoseconds is a point in time (2001), below a span. */
#define WALL_LEAST_NS 1000000000000000000

const struct mr_tree *cli_rows(const struct mr_tree *t)
{
	const struct mr_tree *items;

	if (t->kind == MR_TREE_LIST)
		return t;
	items = t->kind == MR_TREE_MAP ? mr_tree_get(t, "items") : NULL;
	return items && items->kind == MR_TREE_LIST ? items : NULL;
}

bool cli_is_scalar(const struct mr_tree *v)
{
	return v->kind != MR_TREE_LIST && v->kind != MR_TREE_MAP;
}

static bool ends(const char *s, const char *end)
{
	size_t n = s ? strlen(s) : 0, m = strlen(end);

	return n > m && !strcmp(s + n - m, end);
}

/* Points in time in seconds, as the manager's trees have them. */
static bool is_second(const char *key)
{
	return mr_streq(key, "since") || mr_streq(key, "time");
}

/* The largest unit that gives two digits, or seconds: "3m", "26h", "12d". */
static void age(int64_t ns, struct mr_buf *out)
{
	int64_t s = ns > 0 ? ns / MR_NS_PER_S : 0;

	if (s < 120)
		mr_buf_printf(out, "%llds", (long long)s);
	else if (s < 120 * 60)
		mr_buf_printf(out, "%lldm", (long long)(s / 60));
	else if (s < 48 * 3600)
		mr_buf_printf(out, "%lldh", (long long)(s / 3600));
	else
		mr_buf_printf(out, "%lldd", (long long)(s / 86400));
}

static void integer(const struct cli_writer *w, const struct mr_tree *v, struct mr_buf *out)
{
	char buf[32];

	if (ends(v->key, "_ns") && v->num >= WALL_LEAST_NS)
		age(w->wall_ns - v->num, out);
	else if (ends(v->key, "_ns") && v->num)
		mr_buf_puts(out, mr_time_text(v->num, buf, sizeof(buf)));
	else if (ends(v->key, "_ns"))
		return;
	else if (is_second(v->key) && v->num >= WALL_LEAST_NS / MR_NS_PER_S &&
		 v->num < INT64_MAX / MR_NS_PER_S)
		age(w->wall_ns - v->num * MR_NS_PER_S, out);
	else if (is_second(v->key) && !v->num)
		return;
	else if (ends(v->key, "Mbps") && v->num > 0 && v->num < INT64_MAX / 1000000)
		mr_buf_puts(out, mr_rate_text((uint64_t)v->num * 1000000, buf, sizeof(buf)));
	else if (ends(v->key, "Mbps") && !v->num)
		return;
	else if (ends(v->key, "_bps") && v->num > 0)
		mr_buf_puts(out, mr_rate_text((uint64_t)v->num, buf, sizeof(buf)));
	else if (ends(v->key, "_bytes") && v->num > 0)
		mr_buf_puts(out, mr_size_text((uint64_t)v->num, buf, sizeof(buf)));
	else
		mr_buf_printf(out, "%lld", (long long)v->num);
}

/* "a,b"; maps in it by their name, or as their count when they have none. */
static void list(const struct cli_writer *w, const struct mr_tree *v, struct mr_buf *out)
{
	for (unsigned i = 0; i < v->n; i++) {
		const struct mr_tree *c = v->child[i];
		const struct mr_tree *name =
			c->kind == MR_TREE_MAP ? mr_tree_get(c, "name") : c;

		if (!name || !cli_is_scalar(name)) {
			mr_buf_printf(out, "%s%u", i ? ",+" : "", v->n - i);
			return;
		}
		mr_buf_puts(out, i ? "," : "");
		cli_value(w, name, out);
	}
}

static void map(const struct cli_writer *w, const struct mr_tree *v, struct mr_buf *out)
{
	for (unsigned i = 0; i < v->n; i++) {
		mr_buf_puts(out, i ? "," : "");
		cli_clean(out, v->child[i]->key);
		mr_buf_putc(out, '=');
		if (cli_is_scalar(v->child[i]))
			cli_value(w, v->child[i], out);
		else
			mr_buf_printf(out, "%u", v->child[i]->n);
	}
}

void cli_value(const struct cli_writer *w, const struct mr_tree *v, struct mr_buf *out)
{
	switch (v->kind) {
	case MR_TREE_NULL:
		break;
	case MR_TREE_BOOL:
		mr_buf_puts(out, v->num ? "yes" : "no");
		break;
	case MR_TREE_INT:
		integer(w, v, out);
		break;
	case MR_TREE_TEXT:
		cli_clean(out, v->text ? v->text : "");
		break;
	case MR_TREE_LIST:
		list(w, v, out);
		break;
	case MR_TREE_MAP:
		map(w, v, out);
		break;
	}
}

static void one_name(const struct cli_writer *w, const struct mr_tree *t, struct mr_buf *out)
{
	const struct mr_tree *name = cli_is_scalar(t) ? t : NULL;
	const char *kind = w->kind ? w->kind->kind : "";

	if (t->kind == MR_TREE_MAP) {
		name = mr_tree_get(t, "name");
		name = name ? name : mr_tree_get(t, "id");
		name = name ? name : mr_tree_get(t, "version");
		name = name ? name : mr_tree_get(t, "seq");
	}
	if (!name || !cli_is_scalar(name))
		return;
	for (const char *p = kind; *p; p++)
		mr_buf_putc(out, *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p);
	mr_buf_puts(out, *kind ? "/" : "");
	cli_value(w, name, out);
	mr_buf_putc(out, '\n');
}

/* One per row: KIND/NAME. */
static void write_names(const struct cli_writer *w, const struct mr_tree *t, struct mr_buf *out)
{
	const struct mr_tree *rows = cli_rows(t);

	if (!rows)
		one_name(w, t, out);
	for (unsigned i = 0; rows && i < rows->n; i++)
		one_name(w, rows->child[i], out);
}

const struct mr_tree *cli_only_list(const struct mr_tree *t)
{
	const struct mr_tree *c = t->kind == MR_TREE_MAP && t->n == 1 ? t->child[0] : NULL;

	return c && c->kind == MR_TREE_LIST ? c : NULL;
}

static void people(const struct cli_writer *w, const struct mr_tree *t, struct mr_buf *out)
{
	const struct mr_tree *rows = cli_rows(t);
	struct mr_tree one = {.kind = MR_TREE_LIST, .n = 1};
	struct mr_tree *child = (struct mr_tree *)t;

	if (!rows && w->kind) {
		one.child = &child;
		rows = &one;
	}
	if (rows && w->kind)
		cli_write_table(w, rows, w->kind->column, 0, out);
	else if (t->kind == MR_TREE_LIST)
		cli_write_table(w, t, NULL, 0, out);
	else if (cli_only_list(t))
		cli_write_table(w, cli_only_list(t), cli_columns_of(cli_only_list(t)->key), 0,
				out);
	else
		cli_write_page(w, t, 0, out);
}

void cli_write(const struct cli_writer *w, const struct mr_tree *t, struct mr_buf *out)
{
	switch (w->format) {
	case CLI_FORMAT_JSON:
		cli_write_json(t, false, out);
		break;
	case CLI_FORMAT_YAML:
		cli_write_yaml(t, out);
		break;
	case CLI_FORMAT_NAME:
		write_names(w, t, out);
		break;
	default:
		people(w, t, out);
	}
}
