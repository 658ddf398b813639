/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The longest common subsequence of lines, after what is the same at both ends was set aside.
 * Documents are short; of those that are not, the middle is shown as all old and all new.
 */
#include "fabric-manager/engine/view/lines.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

#define CONTEXT	  2
#define CELLS_MAX (1u << 20) /* of the table, 2 bytes each */

struct line {
	const char *s;
	size_t len;
};
struct lines {
	struct line *line;
	unsigned n, cap;
};

/* Lines to print: mark is ' ', '-' or '+'. */
struct marked {
	struct line *line;
	char *mark;
	unsigned n;
};

static void split(const char *s, struct lines *ret)
{
	while (*s) {
		size_t len = strcspn(s, "\n");

		MR_GROW(ret->line, ret->n, ret->cap);
		ret->line[ret->n++] = (struct line){s, len};
		s += len + (s[len] == '\n');
	}
}

static bool same(const struct line *a, const struct line *b)
{
	return a->len == b->len && !memcmp(a->s, b->s, a->len);
}

static void mark(struct marked *m, const struct line *l, char c)
{
	m->line[m->n] = *l;
	m->mark[m->n++] = c;
}

/* Lengths of the longest common subsequences of all ends: (n + 1) x (m + 1). */
static uint16_t *table(const struct line *a, unsigned n, const struct line *b, unsigned m)
{
	uint16_t *t = mr_xcalloc((size_t)(n + 1) * (m + 1), sizeof(*t));

	for (unsigned i = n; i-- > 0;)
		for (unsigned k = m; k-- > 0;) {
			uint16_t *here = &t[(size_t)i * (m + 1) + k];
			uint16_t down = here[m + 1], right = here[1];

			if (same(&a[i], &b[k]))
				*here = (uint16_t)(here[m + 2] + 1);
			else
				*here = down > right ? down : right;
		}
	return t;
}

static void middle(const struct line *a, unsigned n, const struct line *b, unsigned m,
		   struct marked *out)
{
	bool small = (size_t)(n + 1) * (m + 1) <= CELLS_MAX;
	uint16_t *t = small ? table(a, n, b, m) : NULL;
	unsigned i = 0, k = 0;

	while (t && i < n && k < m) {
		const uint16_t *here = &t[(size_t)i * (m + 1) + k];

		if (same(&a[i], &b[k])) {
			mark(out, &a[i++], ' ');
			k++;
		} else if (here[m + 1] >= here[1]) {
			mark(out, &a[i++], '-');
		} else {
			mark(out, &b[k++], '+');
		}
	}
	while (i < n)
		mark(out, &a[i++], '-');
	while (k < m)
		mark(out, &b[k++], '+');
	free(t);
}

static bool near_change(const struct marked *m, unsigned at)
{
	unsigned from = at > CONTEXT ? at - CONTEXT : 0;

	for (unsigned i = from; i <= at + CONTEXT && i < m->n; i++)
		if (m->mark[i] != ' ')
			return true;
	return false;
}

static void print(const struct marked *m, struct mr_buf *out)
{
	bool left_out = false;

	for (unsigned i = 0; i < m->n; i++) {
		if (!near_change(m, i)) {
			left_out = true;
			continue;
		}
		if (left_out)
			mr_buf_puts(out, "...\n");
		left_out = false;
		mr_buf_printf(out, "%c %.*s\n", m->mark[i], (int)m->line[i].len, m->line[i].s);
	}
	if (left_out && m->n)
		mr_buf_puts(out, "...\n");
}

void fm_lines_diff(const char *before, const char *after, struct mr_buf *out)
{
	struct lines a = {0}, b = {0};
	struct marked m;
	unsigned head = 0, tail = 0;

	split(before, &a);
	split(after, &b);
	m = (struct marked){mr_xcalloc(a.n + b.n + 1, sizeof(*m.line)),
			    mr_xcalloc(a.n + b.n + 1, 1), 0};
	while (head < a.n && head < b.n && same(&a.line[head], &b.line[head]))
		head++;
	while (tail < a.n - head && tail < b.n - head &&
	       same(&a.line[a.n - 1 - tail], &b.line[b.n - 1 - tail]))
		tail++;
	for (unsigned i = 0; i < head; i++)
		mark(&m, &a.line[i], ' ');
	if (head < a.n || head < b.n)
		middle(a.line + head, a.n - head - tail, b.line + head, b.n - head - tail, &m);
	for (unsigned i = a.n - tail; i < a.n; i++)
		mark(&m, &a.line[i], ' ');
	print(&m, out);
	free(m.line);
	free(m.mark);
	free(a.line);
	free(b.line);
}
