// SPDX-License-Identifier: Apache-2.0
/*
 * Tables (aligned, "-" for what is not there, no spaces at the ends of lines) and pages.
 */
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/kinds.h"
#include "fabric-manager/cli/text.h"
#include "fabric-manager/cli/writer.h"

#define COLUMNS_MAX 24
#define GAP	    2

/* What is under a path of dots, the last part without a dot of its own. */
static const struct mr_tree *walk(const struct mr_tree *t, const char *path, size_t len)
{
	char key[64];

	while (t && len) {
		size_t n = 0;

		while (n < len && path[n] != '.')
			n++;
		if (t->kind != MR_TREE_MAP || n >= sizeof(key))
			return NULL;
		memcpy(key, path, n);
		key[n] = '\0';
		t = mr_tree_get(t, key);
		path += n < len ? n + 1 : n;
		len -= n < len ? n + 1 : n;
	}
	return t;
}

/* Appends "-" when nothing was added since 'from'; no blanks at the end of what was. */
static void end_value(struct mr_buf *out, size_t from)
{
	while (out->len > from && out->data[out->len - 1] == ' ')
		out->data[--out->len] = '\0';
	if (out->len == from)
		mr_buf_putc(out, '-');
}

/* The type of the last condition that holds: the more telling ones come later. */
static void condition(const struct mr_tree *list, struct mr_buf *out)
{
	for (unsigned i = list->kind == MR_TREE_LIST ? list->n : 0; i-- > 0;) {
		const struct mr_tree *on = walk(list->child[i], "status", 6);

		if (on && on->kind == MR_TREE_BOOL && on->num) {
			cli_clean(out, mr_tree_text(list->child[i], "type"));
			return;
		}
	}
}

/* The cell of a column: the first alternative that is there. */
static void cell(const struct cli_writer *w, const struct mr_tree *row, const char *path,
		 struct mr_buf *out)
{
	const struct mr_tree *v = NULL;
	char how = 0;

	while (*path && !v) {
		size_t n = strcspn(path, "|");

		how = *path == '#' || *path == '?' ? *path : 0;
		v = walk(row, path + (how != 0), n - (how != 0));
		if (v && v->kind == MR_TREE_NULL)
			v = NULL;
		path += n + (path[n] == '|');
	}
	if (!v)
		return;
	if (how == '#')
		mr_buf_printf(out, "%u", v->n);
	else if (how == '?')
		condition(v, out);
	else
		cli_value(w, v, out);
}

/* A key without the unit that ends it: the value is printed with one. */
static size_t without_unit(const char *key)
{
	static const char *const units[] = {"_ns", "_bps", "_bytes", "Mbps"};
	size_t len = strlen(key);

	for (unsigned i = 0; i < MR_ARRAY_SIZE(units); i++) {
		size_t n = strlen(units[i]);

		if (len > n && !strcmp(key + len - n, units[i]))
			return len - n;
	}
	return len;
}

/* "hostGroup" -> "HOST GROUP", "since_ns" -> "SINCE". */
static char *header_of(const char *key)
{
	struct mr_buf b = {0};
	size_t len = without_unit(key);

	for (size_t i = 0; i < len; i++) {
		char c = key[i];
		bool up = c >= 'A' && c <= 'Z';

		if (up && i && key[i - 1] >= 'a' && key[i - 1] <= 'z')
			mr_buf_putc(&b, ' ');
		if (c == '_')
			c = ' ';
		mr_buf_putc(&b, c >= 'a' && c <= 'z' ? (char)(c - 32) : c);
	}
	return mr_buf_steal(&b);
}

struct grid {
	unsigned columns, rows;
	char *head[COLUMNS_MAX];
	char *path[COLUMNS_MAX];
	size_t width[COLUMNS_MAX];
	char **cell; /* rows x columns */
};

static void add_column(struct grid *g, char *head, const char *path)
{
	g->head[g->columns] = head;
	g->path[g->columns] = mr_xstrdup(path);
	g->columns++;
}

static bool has_path(const struct grid *g, const char *path)
{
	for (unsigned i = 0; i < g->columns; i++) {
		if (!strcmp(g->path[i], path))
			return true;
	}
	return false;
}

/* Every key of the rows, in the order in which they come. Keys with the marks of paths would be
 * read as such and are left out. */
static void columns_of_keys(struct grid *g, const struct mr_tree *rows)
{
	for (unsigned r = 0; r < rows->n; r++) {
		const struct mr_tree *row = rows->child[r];

		for (unsigned i = 0; row->kind == MR_TREE_MAP && i < row->n; i++) {
			const char *key = row->child[i]->key;
			struct mr_buf head = {0};
			char *raw;

			if (g->columns == COLUMNS_MAX || strpbrk(key, ".|#?") ||
			    has_path(g, key))
				continue;
			raw = header_of(key);
			cli_clean(&head, raw);
			free(raw);
			add_column(g, mr_buf_steal(&head), key);
		}
	}
}

static void fill(struct grid *g, const struct cli_writer *w, const struct mr_tree *rows)
{
	g->rows = rows->n;
	g->cell = mr_xcalloc((size_t)rows->n * g->columns + 1, sizeof(*g->cell));
	for (unsigned c = 0; c < g->columns; c++) {
		g->width[c] = cli_width(g->head[c]);
		for (unsigned r = 0; r < rows->n; r++) {
			struct mr_buf b = {0};
			size_t n;

			cell(w, rows->child[r], g->path[c], &b);
			end_value(&b, 0);
			n = cli_width(b.data);
			g->width[c] = n > g->width[c] ? n : g->width[c];
			g->cell[(size_t)r * g->columns + c] = mr_buf_steal(&b);
		}
	}
}

/* ---- rows that differ by the number of a function only ---- */

/* Functions of one device that became one row: the row's name up to its number, and the
 * numbers, of which the last ones, first to last, are not in 'names' yet. */
struct fold {
	char *stem;
	uint64_t first, last;
	struct mr_buf names;
	unsigned n;
};

/* "web/gpu/12": whether it is the function of a device that has several. */
static bool numbered(const char *name, size_t *ret_stem, uint64_t *ret)
{
	const char *slash = strrchr(name, '/');

	if (!slash || strchr(name, '/') == slash)
		return false;
	*ret_stem = (size_t)(slash + 1 - name);
	return !mr_parse_u64(slash + 1, UINT32_MAX, false, ret, NULL);
}

static void fold_run(struct fold *f)
{
	mr_buf_printf(&f->names, "%s%llu", f->names.len ? "," : "",
		      (unsigned long long)f->first);
	if (f->last != f->first)
		mr_buf_printf(&f->names, "-%llu", (unsigned long long)f->last);
}

/* The name of a row that stands for several, "web/gpu/[4-63]", and a new beginning. */
static void fold_end(struct fold *f, char **cell)
{
	struct mr_buf b = {0};

	if (f->n > 1) {
		fold_run(f);
		mr_buf_printf(&b, "%s[%s]", f->stem, mr_buf_text(&f->names));
		free(*cell);
		*cell = mr_buf_steal(&b);
	}
	free(f->stem);
	mr_buf_done(&f->names);
	*f = (struct fold){.n = 0};
}

/* Whether the row 'next' says the same of another function of the device; takes it in then. */
static bool fold_takes(struct fold *f, const struct grid *g, char *const *row,
		       char *const *next, unsigned what)
{
	size_t stem;
	uint64_t number;

	if (!f->n || !numbered(next[what], &stem, &number) || strlen(f->stem) != stem ||
	    strncmp(f->stem, next[what], stem))
		return false;
	for (unsigned c = 0; c < g->columns; c++)
		if (c != what && strcmp(row[c], next[c]))
			return false;
	if (number != f->last + 1) {
		fold_run(f);
		f->first = number;
	}
	f->last = number;
	f->n++;
	return true;
}

static void fold_begin(struct fold *f, const char *name)
{
	size_t stem;

	if (!numbered(name, &stem, &f->first))
		return;
	f->stem = mr_xstrndup(name, stem);
	f->last = f->first;
	f->n = 1;
}

/* Whether a row says what has no place: of a plan's changes, or of what `whatif` lists. */
static bool is_pending(const struct mr_tree *row, bool change)
{
	return row->kind == MR_TREE_MAP &&
	       (!change || mr_streq(mr_tree_text(row, "change"), "pend"));
}

/*
 * What has no place is one row for each device, however many functions it asks for: rows that
 * follow one another and differ in the name alone.
 */
static void fold_pending(struct grid *g, const struct mr_tree *rows)
{
	bool change = mr_streq(rows->key, "changes");
	struct fold f = {.n = 0};
	unsigned n = 0, what = 0;

	while (what < g->columns && strcmp(g->head[what], change ? "WHAT" : "ASSIGNMENT"))
		what++;
	if ((!change && !mr_streq(rows->key, "pending")) || what == g->columns)
		return;

	for (unsigned r = 0; r < rows->n; r++) {
		char **row = g->cell + (size_t)r * g->columns, **last = row;

		if (n)
			last = g->cell + (size_t)(n - 1) * g->columns;
		if (fold_takes(&f, g, last, row, what)) {
			for (unsigned c = 0; c < g->columns; c++)
				free(row[c]);
			continue;
		}
		fold_end(&f, &last[what]);
		memmove(g->cell + (size_t)n++ * g->columns, row, g->columns * sizeof(*row));
		if (is_pending(rows->child[r], change))
			fold_begin(&f, row[what]);
	}
	if (n)
		fold_end(&f, &g->cell[(size_t)(n - 1) * g->columns + what]);
	g->rows = n;
	g->width[what] = cli_width(g->head[what]);
	for (unsigned r = 0; r < n; r++) {
		size_t width = cli_width(g->cell[(size_t)r * g->columns + what]);

		g->width[what] = width > g->width[what] ? width : g->width[what];
	}
}

static void spaces(struct mr_buf *out, size_t n)
{
	while (n--)
		mr_buf_putc(out, ' ');
}

static void print_line(const struct grid *g, char *const *cells, const struct cli_writer *w,
		       bool head, unsigned indent, struct mr_buf *out)
{
	spaces(out, indent);
	for (unsigned c = 0; c < g->columns; c++) {
		enum cli_color color = head ? CLI_HEAD : cli_color_of(cells[c]);

		cli_colored(out, w->color ? color : CLI_PLAIN, cells[c]);
		if (c + 1 < g->columns)
			spaces(out, g->width[c] - cli_width(cells[c]) + GAP);
	}
	mr_buf_putc(out, '\n');
}

static void grid_done(struct grid *g)
{
	for (size_t i = 0; i < (size_t)g->rows * g->columns; i++)
		free(g->cell[i]);
	for (unsigned c = 0; c < g->columns; c++) {
		free(g->head[c]);
		free(g->path[c]);
	}
	free(g->cell);
}

/* Rows that are no maps: one line each. */
static void plain_list(const struct cli_writer *w, const struct mr_tree *rows, unsigned indent,
		       struct mr_buf *out)
{
	for (unsigned i = 0; i < rows->n; i++) {
		size_t from;

		spaces(out, indent);
		from = out->len;
		cli_value(w, rows->child[i], out);
		end_value(out, from);
		mr_buf_putc(out, '\n');
	}
}

void cli_write_table(const struct cli_writer *w, const struct mr_tree *rows,
		     const struct cli_column *column, unsigned indent, struct mr_buf *out)
{
	struct grid g = {0};

	for (; column && column->header && g.columns < COLUMNS_MAX; column++) {
		if (!column->wide || w->format == CLI_FORMAT_WIDE)
			add_column(&g, mr_xstrdup(column->header), column->path);
	}
	if (!g.columns)
		columns_of_keys(&g, rows);
	if (!g.columns) {
		plain_list(w, rows, indent, out);
		return;
	}
	fill(&g, w, rows);
	fold_pending(&g, rows);
	if (rows->n)
		print_line(&g, g.head, w, true, indent, out);
	for (unsigned r = 0; r < g.rows; r++)
		print_line(&g, g.cell + (size_t)r * g.columns, w, false, indent, out);
	grid_done(&g);
}

/* ---- pages ---- */

/* Words that are written in capitals wherever they stand. */
static void capitals(char *s)
{
	static const char *const words[] = {"BDF",  "ID",   "MAC",  "VLAN", "QoS",
					    "WWPN", "WWNN", "GUID", "VH"};

	while (*s) {
		size_t n = strcspn(s, " ");

		for (unsigned i = 0; i < MR_ARRAY_SIZE(words); i++) {
			char word[8];

			if (strlen(words[i]) == n &&
			    mr_fmt(word, sizeof(word), "%.*s", (int)n, s) &&
			    !mr_strcasecmp(words[i], word))
				memcpy(s, words[i], n);
		}
		s += n + (s[n] == ' ');
	}
}

/* "hostGroup" -> "Host group", "vlanQos" -> "VLAN QoS". */
static char *label_of(const char *key)
{
	struct mr_buf b = {0};
	char *s = header_of(key);

	for (char *p = s + (*s != '\0'); *p; p++)
		*p = *p >= 'A' && *p <= 'Z' ? (char)(*p + 32) : *p;
	capitals(s);
	cli_clean(&b, s);
	free(s);
	return mr_buf_steal(&b);
}

static bool is_block(const struct mr_tree *v)
{
	return v->kind == MR_TREE_TEXT && v->text && strchr(v->text, '\n');
}

static bool is_simple(const struct mr_tree *v)
{
	if (is_block(v))
		return false;
	if (v->kind == MR_TREE_MAP)
		return !v->n;
	for (unsigned i = 0; v->kind == MR_TREE_LIST && i < v->n; i++) {
		if (!cli_is_scalar(v->child[i]))
			return false;
	}
	return true;
}

static size_t label_width(const struct mr_tree *map)
{
	size_t width = 0;

	for (unsigned i = 0; i < map->n; i++) {
		char *label = label_of(map->child[i]->key);
		size_t n = is_simple(map->child[i]) ? cli_width(label) : 0;

		width = n > width ? n : width;
		free(label);
	}
	return width;
}

static void print_simple(const struct cli_writer *w, const struct mr_tree *v, const char *label,
			 size_t width, struct mr_buf *out)
{
	struct mr_buf b = {0};

	cli_value(w, v, &b);
	end_value(&b, 0);
	mr_buf_printf(out, "%s:", label);
	spaces(out, width - cli_width(label) + GAP);
	cli_colored(out, w->color ? cli_color_of(b.data) : CLI_PLAIN, b.data);
	mr_buf_putc(out, '\n');
	mr_buf_done(&b);
}

/* Text of several lines, each at 'indent'. */
static void block(const char *s, unsigned indent, struct mr_buf *out)
{
	while (*s) {
		size_t n = strcspn(s, "\n");
		char *line = mr_xstrndup(s, n);

		spaces(out, n ? indent : 0);
		cli_clean(out, line);
		mr_buf_putc(out, '\n');
		free(line);
		s += n + (s[n] == '\n');
	}
}

/* Whether the rows of a list read better one below the other than as a table. */
static bool are_pages(const struct mr_tree *list)
{
	if (mr_streq(list->key, "items") && list->n == 1 && list->child[0]->kind == MR_TREE_MAP)
		return true;
	for (unsigned i = 0; i < list->n; i++) {
		for (unsigned k = 0;
		     list->child[i]->kind == MR_TREE_MAP && k < list->child[i]->n; k++) {
			if (is_block(list->child[i]->child[k]))
				return true;
		}
	}
	return false;
}

static void pages(const struct cli_writer *w, const struct mr_tree *list, unsigned indent,
		  struct mr_buf *out)
{
	for (unsigned i = 0; i < list->n; i++) {
		if (i)
			mr_buf_putc(out, '\n');
		if (list->child[i]->kind == MR_TREE_MAP)
			cli_write_page(w, list->child[i], indent, out);
		else
			print_simple(w, list->child[i], "-", 0, out);
	}
}

/* What stands below its label. */
static void section(const struct cli_writer *w, const struct mr_tree *v, unsigned indent,
		    struct mr_buf *out)
{
	if (is_block(v))
		block(v->text, indent, out);
	else if (v->kind == MR_TREE_MAP)
		cli_write_page(w, v, indent, out);
	else if (are_pages(v))
		pages(w, v, indent, out);
	else
		cli_write_table(w, v, cli_columns_of(v->key), indent, out);
}

/* Whether a page is one thing that was described: the kind it was asked by tells nothing new.
 */
static bool is_of_one(const struct mr_tree *map)
{
	const struct mr_tree *items = mr_tree_get(map, "items");

	return items && items->kind == MR_TREE_LIST && are_pages(items);
}

void cli_write_page(const struct cli_writer *w, const struct mr_tree *map, unsigned indent,
		    struct mr_buf *out)
{
	size_t width = label_width(map);
	bool one = is_of_one(map);

	for (unsigned i = 0; i < map->n; i++) {
		const struct mr_tree *v = map->child[i];
		char *label;

		if (one && mr_streq(v->key, "kind"))
			continue;
		label = label_of(v->key);
		if (is_simple(v)) {
			spaces(out, indent);
			print_simple(w, v, label, width, out);
		} else if (mr_streq(v->key, "items") && are_pages(v)) {
			pages(w, v, indent,
			      out); /* describe: the thing itself needs no label */
		} else {
			spaces(out, indent);
			cli_colored(out, w->color ? CLI_HEAD : CLI_PLAIN, label);
			mr_buf_puts(out, ":\n");
			section(w, v, indent + 2, out);
		}
		free(label);
	}
}
