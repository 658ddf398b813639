/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks a log: what is durable is kept as files, what is not as a list of pieces; before each
 * sync, which is when most is pending, disks are made of the durable files and a choice of the
 * pieces. An earlier cut in the same window is the choice of a prefix.
 */
#include "tests/crash/replay.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

#define SECTOR	512
#define ALL_MAX 6 /* pieces that are tried in all combinations */
#define NAMES	8

struct contents {
	unsigned char *data;
	size_t size, cap;
};

struct entry {
	char name[32];
	unsigned inode; /* 0 = none */
};

struct files {
	struct contents *inode; /* by number */
	unsigned inodes;
	struct entry entry[NAMES];
};

/* Part of an operation that is there or not. */
struct piece {
	const struct disk_op *op;
	size_t from, len; /* of a write */
};

struct walk {
	struct replay *r;
	struct files durable;
	struct piece *piece;
	unsigned n, cap;
	bool *chosen;
	uint64_t mark;
	unsigned at;
};

static void resize(struct contents *c, size_t size)
{
	if (size > c->cap) {
		c->cap = size + size / 2;
		c->data = mr_xrealloc(c->data, c->cap, 1);
	}
	if (size > c->size)
		memset(c->data + c->size, 0, size - c->size);
	c->size = size;
}

static struct contents *contents_of(struct files *f, unsigned inode)
{
	while (f->inodes <= inode) {
		f->inode = mr_xrealloc(f->inode, f->inodes + 1, sizeof(*f->inode));
		f->inode[f->inodes++] = (struct contents){0};
	}
	return &f->inode[inode];
}

static void set_entry(struct files *f, const char *name, unsigned inode)
{
	for (unsigned i = 0; i < NAMES; i++)
		if (!f->entry[i].name[0] || mr_streq(f->entry[i].name, name)) {
			mr_copy(f->entry[i].name, sizeof(f->entry[i].name), name);
			f->entry[i].inode = inode;
			return;
		}
}

static void apply(struct files *f, const struct piece *p)
{
	struct contents *c = contents_of(f, p->op->inode);
	size_t at = (size_t)p->op->off + p->from;

	switch (p->op->kind) {
	case DISK_CREATE:
		set_entry(f, p->op->name, p->op->inode);
		break;
	case DISK_DELETE:
		set_entry(f, p->op->name, 0);
		break;
	case DISK_TRUNCATE:
		resize(c, (size_t)p->op->off);
		break;
	default:
		if (at + p->len > c->size)
			resize(c, at + p->len);
		memcpy(c->data + at, p->op->data + p->from, p->len);
	}
}

static void files_done(struct files *f)
{
	for (unsigned i = 0; i < f->inodes; i++)
		free(f->inode[i].data);
	free(f->inode);
}

/* A copy of what is durable and reachable, or may become so. */
static struct files files_copy(const struct walk *w)
{
	struct files f = {0};
	bool *used = mr_xcalloc(w->durable.inodes + 1, sizeof(*used));

	memcpy(f.entry, w->durable.entry, sizeof(f.entry));
	for (unsigned i = 0; i < NAMES; i++)
		used[f.entry[i].inode] = true;
	for (unsigned i = 0; i < w->n; i++)
		if (w->piece[i].op->inode < w->durable.inodes)
			used[w->piece[i].op->inode] = true;
	for (unsigned i = 1; i < w->durable.inodes; i++) {
		struct contents *to = contents_of(&f, i);
		const struct contents *from = &w->durable.inode[i];

		if (!used[i] || !from->size)
			continue;
		resize(to, from->size);
		memcpy(to->data, from->data, from->size);
	}
	free(used);
	return f;
}

/* The disk that the choice makes. */
static bool try(struct walk *w)
{
	struct files f = files_copy(w);

	for (unsigned i = 0; i < w->n; i++)
		if (w->chosen[i])
			apply(&f, &w->piece[i]);
	disk_reset();
	for (unsigned i = 0; i < NAMES; i++)
		if (f.entry[i].inode) {
			const struct contents *c = contents_of(&f, f.entry[i].inode);

			disk_put(f.entry[i].name, c->data, c->size);
		}
	files_done(&f);
	w->r->disks++;
	return w->r->check(w->mark, w->at, w->r->arg);
}

static void choose(struct walk *w, unsigned from, unsigned to, bool on)
{
	for (unsigned i = from; i < to; i++)
		w->chosen[i] = on;
}

static bool try_all(struct walk *w)
{
	for (unsigned mask = 0; mask < 1u << w->n; mask++) {
		for (unsigned i = 0; i < w->n; i++)
			w->chosen[i] = mask >> i & 1;
		if (!try(w))
			return false;
	}
	return true;
}

/* One of the kinds of choices, by turns. */
static void choose_some(struct walk *w, unsigned turn)
{
	struct mr_rng *rng = &w->r->rng;
	unsigned one = (unsigned)mr_rng_below(rng, w->n), percent;

	switch (turn % 4) {
	case 0: /* a cut in the middle of what went to the disk in its order */
		choose(w, 0, one, true);
		choose(w, one, w->n, false);
		break;
	case 1:
		choose(w, 0, w->n, true);
		w->chosen[one] = false;
		break;
	case 2:
		choose(w, 0, w->n, false);
		w->chosen[one] = true;
		break;
	default:
		percent = 5 + (unsigned)mr_rng_below(rng, 91);
		for (unsigned i = 0; i < w->n; i++)
			w->chosen[i] = mr_rng_chance(rng, percent);
	}
}

/* What a cut could leave before the next operation. */
static bool cut(struct walk *w)
{
	bool ok;

	w->chosen = mr_xrealloc(w->chosen, w->n + 1, sizeof(*w->chosen));
	if (w->n <= ALL_MAX)
		return try_all(w);
	choose(w, 0, w->n, false);
	ok = try(w);
	choose(w, 0, w->n, true);
	ok = ok && try(w);
	for (unsigned i = 2; ok && i < w->r->window; i++) {
		choose_some(w, i);
		ok = try(w);
	}
	return ok;
}

static void add(struct walk *w, const struct disk_op *op, size_t from, size_t len)
{
	MR_GROW(w->piece, w->n, w->cap);
	w->piece[w->n++] = (struct piece){op, from, len};
}

/* A write ends at the borders of sectors. */
static void add_write(struct walk *w, const struct disk_op *op)
{
	size_t from = 0;

	while (from < op->len) {
		size_t len = SECTOR - (size_t)((op->off + from) % SECTOR);

		if (len > op->len - from)
			len = op->len - from;
		add(w, op, from, len);
		from += len;
	}
}

/* Pieces of a file, or of the folder (inode 0), become durable. */
static void settle(struct walk *w, unsigned inode)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < w->n; i++) {
		const struct disk_op *op = w->piece[i].op;
		bool entry = op->kind == DISK_CREATE || op->kind == DISK_DELETE;

		if (inode ? !entry && op->inode == inode : entry)
			apply(&w->durable, &w->piece[i]);
		else
			w->piece[kept++] = w->piece[i];
	}
	w->n = kept;
}

static bool step(struct walk *w, const struct disk_op *op)
{
	switch (op->kind) {
	case DISK_WRITE:
		add_write(w, op);
		return true;
	case DISK_CREATE:
	case DISK_DELETE:
	case DISK_TRUNCATE:
		add(w, op, 0, 0);
		return true;
	case DISK_MARK:
		w->mark = op->off;
		return true;
	case DISK_SYNC:
	case DISK_SYNC_DIR:
		if (!cut(w))
			return false;
		settle(w, op->kind == DISK_SYNC ? op->inode : 0);
	}
	return true;
}

bool replay_run(struct replay *r)
{
	struct walk w = {.r = r};
	bool ok = true;

	for (; ok && w.at < r->log->n; w.at++)
		ok = step(&w, &r->log->op[w.at]);
	ok = ok && cut(&w);
	files_done(&w.durable);
	free(w.piece);
	free(w.chosen);
	return ok;
}
