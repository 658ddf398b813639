// SPDX-License-Identifier: Apache-2.0
/* See text.h. */
#include "fabric-manager/cli/text.h"

#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

/* Length and lowest code point of what begins with 'b'; 0 = it begins nothing. */
static unsigned lead(unsigned char b, uint32_t *ret_bits, uint32_t *ret_least)
{
	static const struct {
		unsigned char mask, is;
		uint32_t least;
	} form[] = {{0x80, 0x00, 0},
		    {0xe0, 0xc0, 0x80},
		    {0xf0, 0xe0, 0x800},
		    {0xf8, 0xf0, 0x10000}};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(form); i++) {
		if ((b & form[i].mask) == form[i].is) {
			*ret_bits = b & (unsigned char)~form[i].mask;
			*ret_least = form[i].least;
			return i + 1;
		}
	}
	return 0;
}

unsigned cli_utf8(const char *s, uint32_t *ret)
{
	uint32_t code = 0, least = 0;
	unsigned n = lead((unsigned char)s[0], &code, &least);

	for (unsigned i = 1; i < n; i++) {
		if (((unsigned char)s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | ((unsigned char)s[i] & 0x3f);
	}
	if (!n || code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff))
		return 0;
	*ret = code;
	return n;
}

bool cli_is_shown(uint32_t code)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{0, 0x1f},	  {0x7f, 0x9f},	    {0x200b, 0x200f}, {0x2028, 0x202e},
		{0x2060, 0x206f}, {0xfeff, 0xfeff}, {0xfff9, 0xfffb}, {0xe0000, 0xe007f},
	};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(hidden); i++) {
		if (code >= hidden[i].first && code <= hidden[i].last)
			return false;
	}
	return true;
}

static void escape(struct mr_buf *out, uint32_t code)
{
	if (code == '\n')
		mr_buf_puts(out, "\\n");
	else if (code == '\t')
		mr_buf_puts(out, "\\t");
	else
		mr_buf_printf(out, code < 0x80 ? "\\x%02x" : "\\u%04x", code);
}

static void clean(struct mr_buf *out, const char *s, bool lines)
{
	while (*s) {
		uint32_t code;
		unsigned n = cli_utf8(s, &code);

		if (!n)
			mr_buf_printf(out, "\\x%02x", (unsigned char)*s);
		else if (cli_is_shown(code) || (lines && code == '\n'))
			mr_buf_add(out, s, n);
		else
			escape(out, code);
		s += n ? n : 1;
	}
}

void cli_clean(struct mr_buf *out, const char *s)
{
	clean(out, s, false);
}

void cli_clean_lines(struct mr_buf *out, const char *s)
{
	clean(out, s, true);
}

size_t cli_width(const char *s)
{
	size_t n = 0;

	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

enum cli_color cli_color_of(const char *word)
{
	static const struct {
		const char *word;
		enum cli_color color;
	} words[] = {
		{"Active", CLI_GOOD},	  {"Ready", CLI_GOOD},	     {"Connected", CLI_GOOD},
		{"True", CLI_GOOD},	  {"Failed", CLI_BAD},	     {"Quarantined", CLI_BAD},
		{"Conflict", CLI_BAD},	  {"Lost", CLI_BAD},	     {"Degraded", CLI_BUSY},
		{"Pending", CLI_BUSY},	  {"Reserved", CLI_BUSY},    {"Quiescing", CLI_BUSY},
		{"Releasing", CLI_BUSY},  {"Fenced", CLI_BUSY},	     {"DrainingIO", CLI_BUSY},
		{"Resetting", CLI_BUSY},  {"Configured", CLI_BUSY},  {"Mapped", CLI_BUSY},
		{"Activating", CLI_BUSY}, {"Progressing", CLI_BUSY},
	};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(words); i++) {
		if (!mr_strcasecmp(words[i].word, word))
			return words[i].color;
	}
	return CLI_PLAIN;
}

void cli_colored(struct mr_buf *out, enum cli_color c, const char *s)
{
	static const char *const on[] = {"", "\033[32m", "\033[33m", "\033[31m", "\033[1m"};

	mr_buf_puts(out, on[c]);
	mr_buf_puts(out, s);
	if (c != CLI_PLAIN)
		mr_buf_puts(out, "\033[0m");
}
