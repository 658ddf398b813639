// SPDX-License-Identifier: Apache-2.0
/*
 * JSON (jansson) and YAML of a tree. Both escape whatever a terminal would not show, so that
 * they are safe to look at and still read back as the same text.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/text.h"
#include "fabric-manager/cli/writer.h"

/* The text with U+FFFD for bytes that are no UTF-8: neither format can carry them. */
static char *valid(const char *s)
{
	struct mr_buf b = {0};
	uint32_t code;

	while (s && *s) {
		unsigned n = cli_utf8(s, &code);

		if (n)
			mr_buf_add(&b, s, n);
		else
			mr_buf_puts(&b, "\xef\xbf\xbd");
		s += n ? n : 1;
	}
	return mr_buf_steal(&b);
}

static json_t *to_json(const struct mr_tree *t);

static json_t *text_to_json(const char *s)
{
	char *text = valid(s);
	json_t *j = json_string(text);

	free(text);
	return j;
}

static json_t *map_to_json(const struct mr_tree *t)
{
	json_t *j = json_object();

	for (unsigned i = 0; i < t->n; i++) {
		char *key = valid(t->child[i]->key);

		json_object_set_new(j, key, to_json(t->child[i]));
		free(key);
	}
	return j;
}

static json_t *list_to_json(const struct mr_tree *t)
{
	json_t *j = json_array();

	for (unsigned i = 0; i < t->n; i++)
		json_array_append_new(j, to_json(t->child[i]));
	return j;
}

static json_t *to_json(const struct mr_tree *t)
{
	switch (t->kind) {
	case MR_TREE_BOOL:
		return json_boolean(t->num != 0);
	case MR_TREE_INT:
		return json_integer(t->num);
	case MR_TREE_TEXT:
		return text_to_json(t->text);
	case MR_TREE_LIST:
		return list_to_json(t);
	case MR_TREE_MAP:
		return map_to_json(t);
	default:
		return json_null();
	}
}

/* jansson escapes controls below 20h; what else is not shown stands only inside strings. */
static void escape_rest(const char *s, struct mr_buf *out)
{
	while (*s) {
		uint32_t code = 0;
		unsigned n = cli_utf8(s, &code);

		if (!n || code == '\n' || cli_is_shown(code))
			mr_buf_add(out, s, n ? n : 1);
		else if (code < 0x10000)
			mr_buf_printf(out, "\\u%04x", code);
		else
			mr_buf_printf(out, "\\u%04x\\u%04x", 0xd800 + ((code - 0x10000) >> 10),
				      0xdc00 + ((code - 0x10000) & 0x3ff));
		s += n ? n : 1;
	}
}

void cli_write_json(const struct mr_tree *t, bool compact, struct mr_buf *out)
{
	json_t *j = to_json(t);
	char *text = json_dumps(j, JSON_ENCODE_ANY | (compact ? JSON_COMPACT : JSON_INDENT(2)));

	escape_rest(text ? text : "", out);
	mr_buf_putc(out, '\n');
	free(text);
	json_decref(j);
}

/* ---- YAML ---- */

static bool is_word(char c, bool first)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c == '/' ||
	       (!first && ((c >= '0' && c <= '9') || c == '-' || c == '.' || c == '@'));
}

/* Texts that no reader, not even one of YAML 1.1, takes for something else. */
static bool is_plain(const char *s)
{
	static const char *const taken[] = {"y",  "n",	 "yes",	 "no",	 "true",
					    "on", "off", "null", "false"};

	if (!is_word(s[0], true))
		return false;
	for (unsigned i = 0; i < MR_ARRAY_SIZE(taken); i++) {
		if (!mr_strcasecmp(taken[i], s))
			return false;
	}
	for (const char *p = s; *p; p++) {
		if (!is_word(*p, p == s) && !(*p == ' ' && is_word(p[1], true)))
			return false;
	}
	return true;
}

static void yaml_text(const char *s, struct mr_buf *out)
{
	char *text = valid(s);

	if (is_plain(text)) {
		mr_buf_puts(out, text);
		free(text);
		return;
	}
	mr_buf_putc(out, '"');
	for (const char *p = text; *p;) {
		uint32_t code = 0;
		unsigned n = cli_utf8(p, &code);

		if (code == '"' || code == '\\')
			mr_buf_printf(out, "\\%c", (char)code);
		else if (code == '\n')
			mr_buf_puts(out, "\\n");
		else if (cli_is_shown(code))
			mr_buf_add(out, p, n);
		else
			mr_buf_printf(out, code < 0x10000 ? "\\u%04X" : "\\U%08X", code);
		p += n;
	}
	mr_buf_putc(out, '"');
	free(text);
}

/* Text of several lines that can stand as it is: every line is shown, none begins with a blank
 * or is empty, and a newline ends it. */
static bool is_literal(const char *s)
{
	bool begin = true;
	const char *p = s;

	while (*p) {
		uint32_t code;
		unsigned n = cli_utf8(p, &code);

		if (!n || (p == s && *p == ' ') || (begin && *p == '\n') ||
		    (code != '\n' && !cli_is_shown(code)))
			return false;
		begin = code == '\n';
		p += n;
	}
	return begin && p > s;
}

static void yaml_literal(const char *s, unsigned indent, struct mr_buf *out)
{
	mr_buf_puts(out, "|\n");
	while (*s) {
		size_t n = strcspn(s, "\n") + 1;

		mr_buf_printf(out, "%*s", (int)indent, "");
		mr_buf_add(out, s, n);
		s += n;
	}
}

static void yaml_scalar(const struct mr_tree *t, struct mr_buf *out)
{
	switch (t->kind) {
	case MR_TREE_BOOL:
		mr_buf_puts(out, t->num ? "true" : "false");
		break;
	case MR_TREE_INT:
		mr_buf_printf(out, "%lld", (long long)t->num);
		break;
	case MR_TREE_TEXT:
		yaml_text(t->text ? t->text : "", out);
		break;
	case MR_TREE_LIST:
		mr_buf_puts(out, "[]");
		break;
	case MR_TREE_MAP:
		mr_buf_puts(out, "{}");
		break;
	default:
		mr_buf_puts(out, "null");
	}
}

/* The children of 't', each at 'indent'; the first one's indentation was written already when
 * 'begun' (behind "- "). */
static void yaml_children(const struct mr_tree *t, unsigned indent, bool begun,
			  struct mr_buf *out)
{
	for (unsigned i = 0; i < t->n; i++) {
		const struct mr_tree *c = t->child[i];
		bool leaf = cli_is_scalar(c) || !c->n;

		if (i || !begun)
			mr_buf_printf(out, "%*s", (int)indent, "");
		if (t->kind == MR_TREE_LIST) {
			mr_buf_putc(out, '-');
		} else {
			yaml_text(c->key, out);
			mr_buf_putc(out, ':');
		}
		if (c->kind == MR_TREE_TEXT && c->text && is_literal(c->text)) {
			mr_buf_putc(out, ' ');
			yaml_literal(c->text, indent + 2, out);
		} else if (leaf) {
			mr_buf_putc(out, ' ');
			yaml_scalar(c, out);
			mr_buf_putc(out, '\n');
		} else if (t->kind == MR_TREE_LIST) {
			mr_buf_putc(out, ' ');
			yaml_children(c, indent + 2, true, out);
		} else {
			mr_buf_putc(out, '\n');
			yaml_children(c, indent + 2, false, out);
		}
	}
}

void cli_write_yaml(const struct mr_tree *t, struct mr_buf *out)
{
	if (!cli_is_scalar(t) && t->n) {
		yaml_children(t, 0, false, out);
		return;
	}
	yaml_scalar(t, out);
	mr_buf_putc(out, '\n');
}
