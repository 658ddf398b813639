// SPDX-License-Identifier: Apache-2.0
/*
 * YAML documents to trees, from libyaml's events. Containers that are open stand on a stack of
 * bounded depth, so nothing recurses over the input. Each anchor remembers how much its value
 * holds (nodes, text, levels, aliases), so that an alias is refused before its copy is made and
 * not when memory is gone.
 */
#include "common/yaml.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "common/err.h"
#include "common/map.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml_tree.h"

#define MAX_TEXT	   (4 * (size_t)MR_YAML_MAX_BYTES) /* of all scalars, copies included */
#define MAX_TAG_DIRECTIVES 16 /* libyaml compares each with all before it */
#define MAP_FROM	   16 /* keys from which duplicates are looked for in a mr_map */

/* What has been built so far, or how much of that lies within one value. */
struct amount {
	unsigned nodes;
	unsigned aliases;
	size_t text;
};

/* A container that is open. */
struct frame {
	struct mr_yaml *node;
	unsigned cap;		/* of node->key and node->child */
	struct mr_yaml *key;	/* of a map: read already, its value comes next */
	struct mr_map *seen;	/* text of a key -> its line; from MAP_FROM keys */
	struct anchor *anchor;	/* this container's, or NULL */
	struct amount at_start; /* when it was opened */
	unsigned levels;	/* of containers in it, itself included */
};

struct anchor {
	struct mr_yaml *node; /* belongs to the document */
	struct amount holds;
	unsigned levels;
	bool open;
};

struct reader {
	const char *file;
	const char *text;
	size_t len;
	struct mr_diags *diags;
	bool failed;
	yaml_parser_t parser;
	struct mr_yaml_docs docs;
	unsigned docs_cap;
	struct mr_yaml *root; /* of the document that is open */
	struct frame stack[MR_YAML_MAX_DEPTH];
	unsigned depth;
	struct amount built;
	struct mr_map *anchors; /* name -> index of anchor */
	struct anchor **anchor;
	unsigned n_anchors;
	unsigned cap_anchors;
	size_t line_at; /* offset of the line that was looked at for tabs */
	size_t line;	/* its number, from 0 */
	bool line_done;
};

/* "spec.devices[1].qos": the keys that lead to where the reader stands. What is open is its
 * parent's last one. */
static void path_of(const struct reader *r, struct mr_buf *out)
{
	for (unsigned i = 0; i < r->depth; i++) {
		const struct mr_yaml *n = r->stack[i].node;
		const struct mr_yaml *key = r->stack[i].key;
		bool top = i + 1 == r->depth;

		if (n->kind == MR_YAML_SEQ) {
			mr_buf_printf(out, "[%u]", n->n - !top);
			continue;
		}
		if (!top)
			key = n->key[n->n - 1];
		if (key)
			mr_buf_printf(out, "%s%.64s", out->len ? "." : "", key->text);
	}
}

/* Reports an error at 'line' and 'col' (from 0) with the path; returns -EINVAL. */
__attribute__((format(printf, 4, 5))) static int refuse(struct reader *r, size_t line,
							size_t col, const char *fmt, ...)
{
	struct mr_buf path = {0}, text = {0};
	va_list ap;

	va_start(ap, fmt);
	mr_buf_vprintf(&text, fmt, ap);
	va_end(ap);
	path_of(r, &path);
	mr_diags_add(r->diags, MR_SEV_ERROR, r->file, (unsigned)line + 1, (unsigned)col + 1,
		     mr_buf_text(&path), "%s", mr_buf_text(&text));
	mr_buf_done(&path);
	mr_buf_done(&text);
	r->failed = true;
	return -EINVAL;
}

/* Bytes of the line break at 'p' as libyaml counts them (also NEL, LS and PS), 0 when there is
 * none. */
static size_t break_at(const char *p, const char *end)
{
	if (*p == '\n')
		return 1;
	if (*p == '\r')
		return p + 1 < end && p[1] == '\n' ? 2 : 1;
	if (end - p >= 2 && !memcmp(p, "\xc2\x85", 2))
		return 2;
	if (end - p >= 3 && (!memcmp(p, "\xe2\x80\xa8", 3) || !memcmp(p, "\xe2\x80\xa9", 3)))
		return 3;
	return 0;
}

/* Line and column (both from 0, in bytes) of the byte 'offset'. */
static void place_of(const struct reader *r, size_t offset, size_t *ret_line, size_t *ret_col)
{
	const char *p = r->text, *start = p;
	const char *end = p + (offset < r->len ? offset : r->len);
	size_t line = 0;

	while (p < end) {
		size_t n = break_at(p, end);

		p += n ? n : 1;
		if (n) {
			line++;
			start = p;
		}
	}
	*ret_line = line;
	*ret_col = (size_t)(end - start);
}

/* Moves line_at to the start of 'line'; over the whole input each byte is passed once. */
static void seek_line(struct reader *r, size_t line)
{
	while (r->line < line && r->line_at < r->len) {
		size_t n = break_at(r->text + r->line_at, r->text + r->len);

		r->line_at += n ? n : 1;
		r->line += n != 0;
		r->line_done = r->line_done && !n;
	}
}

/* Refuses a tab before what is the first thing on its line. libyaml accepts it inside brackets;
 * we do not. */
static int check_tab(struct reader *r, const yaml_mark_t *mark)
{
	const char *p;

	if (mark->line < r->line)
		return 0;
	seek_line(r, mark->line);
	if (r->line_done || r->line != mark->line)
		return 0;
	r->line_done = true;
	p = r->text + r->line_at;
	for (size_t i = 0; i < mark->column && r->line_at + i < r->len; i++) {
		if (p[i] == '\t')
			return refuse(r, mark->line, i,
				      "a tab is used as indentation; use spaces");
		if (p[i] != ' ')
			return 0;
	}
	return 0;
}

/* Every size of the input is checked here, before anything of that size is allocated. */
static int check_amount(struct reader *r, const yaml_mark_t *at, const struct amount *more)
{
	if (more->aliases > MR_YAML_MAX_ALIASES - r->built.aliases)
		return refuse(r, at->line, at->column, "more than %u expansions of aliases",
			      MR_YAML_MAX_ALIASES);
	if (more->nodes > MR_YAML_MAX_NODES - r->built.nodes)
		return refuse(r, at->line, at->column, "more than %u values",
			      MR_YAML_MAX_NODES);
	if (more->text > MAX_TEXT - r->built.text)
		return refuse(r, at->line, at->column, "more than %zu bytes of text", MAX_TEXT);
	r->built.aliases += more->aliases;
	r->built.nodes += more->nodes;
	r->built.text += more->text;
	return 0;
}

static struct mr_yaml *node_new(enum mr_yaml_kind kind, const yaml_mark_t *at)
{
	struct mr_yaml *n = MR_NEW(struct mr_yaml);

	n->kind = kind;
	n->line = (unsigned)at->line + 1;
	n->col = (unsigned)at->column + 1;
	return n;
}

static void frame_grow(struct frame *f)
{
	struct mr_yaml *n = f->node;

	if (n->n < f->cap)
		return;
	f->cap = f->cap ? 2 * f->cap : 4;
	n->child = mr_xrealloc(n->child, f->cap, sizeof(*n->child));
	if (n->kind == MR_YAML_MAP)
		n->key = mr_xrealloc(n->key, f->cap, sizeof(*n->key));
}

/* The line of the key 'text' of the open map 'f', 0 when it has none; from MAP_FROM keys on by
 * hash. */
static unsigned key_seen(struct frame *f, const char *text)
{
	const struct mr_yaml *n = f->node;
	uint64_t line;

	if (n->n < MAP_FROM) {
		for (unsigned i = 0; i < n->n; i++) {
			if (!strcmp(n->key[i]->text, text))
				return n->key[i]->line;
		}
		return 0;
	}
	if (!f->seen) {
		f->seen = mr_map_new();
		for (unsigned i = 0; i < n->n; i++)
			mr_map_set(f->seen, n->key[i]->text, n->key[i]->line);
	}
	return mr_map_get(f->seen, text, &line) ? (unsigned)line : 0;
}

/* 'node' (taken) is the next key of the map 'f'. A duplicate is reported, and reading goes
 * on. */
static void take_key(struct reader *r, struct frame *f, struct mr_yaml *node,
		     const yaml_mark_t *at)
{
	unsigned before = key_seen(f, node->text);

	f->key = node;
	if (before)
		refuse(r, at->line, at->column,
		       "duplicate key '%.64s', which is in line %u already", node->text,
		       before);
	else if (f->seen)
		mr_map_set(f->seen, node->text, node->line);
}

/* Puts 'node' (taken in any case) where the reader stands: the document's root, an item, a key
 * or a value. */
static int attach(struct reader *r, struct mr_yaml *node, const yaml_mark_t *at)
{
	struct frame *f = r->depth ? &r->stack[r->depth - 1] : NULL;

	if (!f) {
		r->root = node;
		return 0;
	}
	if (f->node->kind == MR_YAML_MAP && !f->key) {
		if (node->kind != MR_YAML_SCALAR) {
			mr_yaml_free(node);
			return refuse(r, at->line, at->column,
				      "expected a plain word as key, got a list or a map");
		}
		take_key(r, f, node, at);
		return 0;
	}
	frame_grow(f);
	if (f->key)
		f->node->key[f->node->n] = f->key;
	f->node->child[f->node->n++] = node;
	f->key = NULL;
	return 0;
}

/* A new anchor of the document, or NULL for 'name' NULL. A name given again means the later
 * one, as in YAML. */
static struct anchor *anchor_new(struct reader *r, const yaml_char_t *name,
				 struct mr_yaml *node)
{
	struct anchor *a;

	if (!name)
		return NULL;
	a = MR_NEW(struct anchor);
	a->node = node;
	a->open = true;
	MR_GROW(r->anchor, r->n_anchors, r->cap_anchors);
	if (!r->anchors)
		r->anchors = mr_map_new();
	mr_map_set(r->anchors, (const char *)name, r->n_anchors);
	r->anchor[r->n_anchors++] = a;
	return a;
}

static void anchors_done(struct reader *r)
{
	for (unsigned i = 0; i < r->n_anchors; i++)
		free(r->anchor[i]);
	free(r->anchor);
	mr_map_free(r->anchors);
	r->anchor = NULL;
	r->anchors = NULL;
	r->n_anchors = r->cap_anchors = 0;
}

/* Tags other than YAML's own would mean something that is not done here, so they are
 * refused. */
static int check_tag(struct reader *r, const yaml_char_t *tag, const yaml_mark_t *at)
{
	const char *t = (const char *)tag;

	if (!t || mr_streq(t, "!") || mr_starts(t, "tag:yaml.org,2002:"))
		return 0;
	return refuse(r, at->line, at->column, "tags are not known here, got '%.64s'", t);
}

static int on_scalar(struct reader *r, const yaml_event_t *ev)
{
	const yaml_mark_t *at = &ev->start_mark;
	const char *text = (const char *)ev->data.scalar.value;
	struct amount one = {.nodes = 1, .text = ev->data.scalar.length};
	struct mr_yaml *n;
	struct anchor *a;

	if (check_tag(r, ev->data.scalar.tag, at) || check_amount(r, at, &one))
		return -EINVAL;
	if (strlen(text) != ev->data.scalar.length)
		return refuse(r, at->line, at->column,
			      "a NUL character is not allowed in a text");
	n = node_new(MR_YAML_SCALAR, at);
	n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	n->text = mr_xstrdup(text);
	a = anchor_new(r, ev->data.scalar.anchor, n);
	if (a) {
		a->holds = one;
		a->open = false;
	}
	return attach(r, n, at);
}

/* Opens a list or a map: attached to its parent first, so that freeing the root frees it in any
 * state. */
static int on_start(struct reader *r, const yaml_event_t *ev, enum mr_yaml_kind kind)
{
	bool seq = kind == MR_YAML_SEQ;
	const yaml_mark_t *at = &ev->start_mark;
	struct amount one = {.nodes = 1}, before = r->built;
	struct mr_yaml *n;

	if (r->depth == MR_YAML_MAX_DEPTH)
		return refuse(r, at->line, at->column, "more than %d levels of lists and maps",
			      MR_YAML_MAX_DEPTH);
	if (check_tag(r, seq ? ev->data.sequence_start.tag : ev->data.mapping_start.tag, at) ||
	    check_amount(r, at, &one))
		return -EINVAL;
	n = node_new(kind, at);
	if (attach(r, n, at))
		return -EINVAL;
	r->stack[r->depth++] = (struct frame){
		.node = n,
		.anchor = anchor_new(
			r, seq ? ev->data.sequence_start.anchor : ev->data.mapping_start.anchor,
			n),
		.at_start = before,
		.levels = 1,
	};
	return 0;
}

static void on_end(struct reader *r)
{
	struct frame *f = &r->stack[--r->depth];

	mr_map_free(f->seen);
	f->seen = NULL;
	if (f->anchor) {
		f->anchor->open = false;
		f->anchor->levels = f->levels;
		f->anchor->holds.nodes = r->built.nodes - f->at_start.nodes;
		f->anchor->holds.aliases = r->built.aliases - f->at_start.aliases;
		f->anchor->holds.text = r->built.text - f->at_start.text;
	}
	if (r->depth && f[-1].levels < f->levels + 1)
		f[-1].levels = f->levels + 1;
}

static int on_alias(struct reader *r, const yaml_event_t *ev)
{
	const yaml_mark_t *at = &ev->start_mark;
	const char *name = (const char *)ev->data.alias.anchor;
	struct amount more;
	struct anchor *a;
	uint64_t index;

	if (!mr_map_get(r->anchors, name, &index))
		return refuse(r, at->line, at->column,
			      "there is no anchor '&%.64s' before this alias", name);
	a = r->anchor[index];
	if (a->open)
		return refuse(r, at->line, at->column,
			      "the alias '*%.64s' stands inside its own value", name);
	if (r->depth + a->levels > MR_YAML_MAX_DEPTH)
		return refuse(r, at->line, at->column, "more than %d levels of lists and maps",
			      MR_YAML_MAX_DEPTH);
	more = a->holds;
	more.aliases++;
	if (check_amount(r, at, &more))
		return -EINVAL;
	if (r->depth && r->stack[r->depth - 1].levels < a->levels + 1)
		r->stack[r->depth - 1].levels = a->levels + 1;
	return attach(r, mr_yaml_copy(a->node), at);
}

/* The document's tree is complete: kept unless there is nothing in it. */
static void on_document_end(struct reader *r)
{
	struct mr_yaml *n = r->root;

	r->root = NULL;
	anchors_done(r);
	if (!n || (n->kind == MR_YAML_SCALAR && !n->quoted && !n->text[0])) {
		mr_yaml_free(n);
		return;
	}
	MR_GROW(r->docs.doc, r->docs.n, r->docs_cap);
	r->docs.doc[r->docs.n++] = n;
}

static int on_event(struct reader *r, const yaml_event_t *ev)
{
	if (check_tab(r, &ev->start_mark))
		return -EINVAL;
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(r, ev);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(r, ev, MR_YAML_SEQ);
	case YAML_MAPPING_START_EVENT:
		return on_start(r, ev, MR_YAML_MAP);
	case YAML_ALIAS_EVENT:
		return on_alias(r, ev);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		on_end(r);
		return 0;
	case YAML_DOCUMENT_END_EVENT:
		on_document_end(r);
		return 0;
	default:
		return 0;
	}
}

/* Says in one sentence what libyaml did not accept, and where. */
static int syntax_error(struct reader *r)
{
	const yaml_parser_t *p = &r->parser;
	const char *problem = p->problem ? p->problem : "this is not YAML";
	size_t line = p->problem_mark.line, col = p->problem_mark.column;

	if (p->error == YAML_MEMORY_ERROR)
		abort();
	if (p->error == YAML_READER_ERROR) {
		place_of(r, p->problem_offset, &line, &col);
		r->failed = true;
		/* libyaml reads ahead: the tree does not stand where these bytes are, so there
		 * is no path. */
		mr_diags_add(r->diags, MR_SEV_ERROR, r->file, (unsigned)line + 1,
			     (unsigned)col + 1, "", "expected UTF-8 text: %s", problem);
		return -EINVAL;
	}
	seek_line(r, line);
	if (r->line == line && r->line_at + col < r->len && r->text[r->line_at + col] == '\t')
		return refuse(r, line, col, "a tab is used as indentation; use spaces");
	if (p->context && p->context_mark.line != line)
		return refuse(r, line, col, "%s %s that began in line %zu", problem, p->context,
			      p->context_mark.line + 1);
	return refuse(r, line, col, "%s%s%s", problem, p->context ? " " : "",
		      p->context ? p->context : "");
}

static int read_events(struct reader *r)
{
	yaml_event_t ev;
	bool end = false;
	int ret = 0;

	while (!ret && !end) {
		if (!yaml_parser_parse(&r->parser, &ev))
			return syntax_error(r);
		end = ev.type == YAML_STREAM_END_EVENT;
		ret = on_event(r, &ev);
		yaml_event_delete(&ev);
	}
	return ret;
}

/* What has to hold before libyaml sees the text. */
static int check_text(struct reader *r)
{
	const char *p = r->text, *end = p + r->len;
	unsigned tags = 0;
	size_t line = 0;

	if (r->len > MR_YAML_MAX_BYTES)
		return refuse(r, 0, 0, "expected at most %u bytes, got %zu", MR_YAML_MAX_BYTES,
			      r->len);
	for (; p && p < end; line++) {
		if (end - p >= 4 && !memcmp(p, "%TAG", 4) && ++tags > MAX_TAG_DIRECTIVES)
			return refuse(r, line, 0, "more than %d %%TAG directives",
				      MAX_TAG_DIRECTIVES);
		while (p < end && !break_at(p, end))
			p++;
		if (p < end)
			p += break_at(p, end);
	}
	return 0;
}

static void reader_done(struct reader *r)
{
	for (unsigned i = 0; i < r->depth; i++) {
		mr_map_free(r->stack[i].seen);
		mr_yaml_free(r->stack[i].key);
	}
	mr_yaml_free(r->root);
	anchors_done(r);
	mr_yaml_docs_done(&r->docs);
}

/*
 * Reads the documents of 'len' bytes of 'text' into 'ret', which the caller frees with
 * mr_yaml_docs_done. Returns 0, or -EINVAL with everything found in 'diags' (may be NULL) and
 * 'ret' empty.
 */
int mr_yaml_read(const char *file, const char *text, size_t len, struct mr_yaml_docs *ret,
		 struct mr_diags *diags)
{
	struct reader *r = MR_NEW(struct reader);
	int result = -EINVAL;

	*ret = (struct mr_yaml_docs){0};
	r->file = file;
	r->text = len ? text : "";
	r->len = len;
	r->diags = diags;
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		r->text += 3; /* an editor's mark; libyaml would count it as a column */
		r->len -= 3;
	}
	if (check_text(r))
		goto out;
	if (!yaml_parser_initialize(&r->parser))
		abort();
	yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r->parser, (const unsigned char *)r->text, r->len);
	if (!read_events(r) && !r->failed) {
		*ret = r->docs;
		r->docs = (struct mr_yaml_docs){0};
		result = 0;
	}
	yaml_parser_delete(&r->parser);
out:
	reader_done(r);
	free(r);
	return result;
}
