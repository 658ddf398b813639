// SPDX-License-Identifier: Apache-2.0
/*
 * Hash map with open addressing over an array of entries in the order of their insertion. A
 * removed entry stays as a dead one until an insertion finds the array full; then the array is
 * compacted, or doubled when more than half of it is alive. So every operation is O(1),
 * amortised, and entries may be removed during a walk.
 */
#include "common/map.h"

#include <stdlib.h>
#include <string.h>

#include "common/xalloc.h"

#define CAP_MIN 8u
#define CAP_MAX (1u << 30)

struct entry {
	char *key; /* NULL: the key is u64key */
	uint64_t u64key;
	uint64_t value;
	uint32_t hash;
	bool alive;
};

struct mr_map {
	struct entry *entry;
	uint32_t n;	/* entries in use, alive or dead */
	uint32_t cap;	/* a power of two */
	uint32_t alive; /* of the n */
	uint32_t *slot; /* 2 * cap: index of an entry + 1, 0 = free */
};

/* What is looked for: a string, or with str NULL a number. */
struct key {
	const char *str;
	uint64_t num;
	uint32_t hash;
};

static uint64_t mix(uint64_t x)
{
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	x = (x ^ x >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return x ^ x >> 32;
}

static struct key key_of_str(const char *s)
{
	size_t len = strlen(s);
	uint64_t h = len, w;

	for (const char *p = s; len; p += 8) {
		size_t part = len < 8 ? len : 8;

		w = 0;
		memcpy(&w, p, part);
		h = mix(h ^ w) + UINT64_C(0x9e3779b97f4a7c15);
		len -= part;
	}
	return (struct key){.str = s, .hash = (uint32_t)mix(h)};
}

static struct key key_of_num(uint64_t num)
{
	return (struct key){.num = num, .hash = (uint32_t)mix(num + 1)};
}

static bool matches(const struct entry *e, const struct key *k)
{
	if (!e->alive || e->hash != k->hash || !e->key != !k->str)
		return false;
	return k->str ? !strcmp(e->key, k->str) : e->u64key == k->num;
}

static struct entry *find(const struct mr_map *m, const struct key *k)
{
	uint32_t mask = 2 * m->cap - 1;

	if (!m->alive)
		return NULL;
	for (uint32_t i = k->hash & mask; m->slot[i]; i = (i + 1) & mask) {
		struct entry *e = &m->entry[m->slot[i] - 1];

		if (matches(e, k))
			return e;
	}
	return NULL;
}

static void occupy(struct mr_map *m, uint32_t index)
{
	uint32_t mask = 2 * m->cap - 1;
	uint32_t i = m->entry[index].hash & mask;

	while (m->slot[i])
		i = (i + 1) & mask;
	m->slot[i] = index + 1;
}

/* Room for one more entry: drops the dead ones, and doubles the arrays when that would not free
 * half. */
static void make_room(struct mr_map *m)
{
	uint32_t cap = m->cap ? m->cap : CAP_MIN, to = 0;

	if (m->n < m->cap)
		return;
	if (m->alive > m->cap / 2)
		cap *= 2;
	if (cap > CAP_MAX)
		abort();
	for (uint32_t i = 0; i < m->n; i++) {
		if (m->entry[i].alive)
			m->entry[to++] = m->entry[i];
	}
	m->n = to;
	m->entry = mr_xrealloc(m->entry, cap, sizeof(*m->entry));
	free(m->slot);
	m->slot = mr_xcalloc(2 * (size_t)cap, sizeof(*m->slot));
	m->cap = cap;
	for (uint32_t i = 0; i < m->n; i++)
		occupy(m, i);
}

static bool get(const struct mr_map *m, const struct key *k, uint64_t *ret)
{
	const struct entry *e = m ? find(m, k) : NULL;

	if (e && ret)
		*ret = e->value;
	return e;
}

static void set(struct mr_map *m, const struct key *k, uint64_t value)
{
	struct entry *e = find(m, k);

	if (e) {
		e->value = value;
		return;
	}
	make_room(m);
	m->entry[m->n] = (struct entry){
		.key = mr_xstrdup(k->str),
		.u64key = k->num,
		.value = value,
		.hash = k->hash,
		.alive = true,
	};
	occupy(m, m->n++);
	m->alive++;
}

static bool del(struct mr_map *m, const struct key *k)
{
	struct entry *e = m ? find(m, k) : NULL;

	if (!e)
		return false;
	free(e->key);
	e->key = NULL;
	e->alive = false;
	m->alive--;
	return true;
}

/* A new empty map; free it with mr_map_free. */
struct mr_map *mr_map_new(void)
{
	return MR_NEW(struct mr_map);
}

/* A map of its own with the same entries in the same order. */
struct mr_map *mr_map_copy(const struct mr_map *m)
{
	struct mr_map *n = mr_map_new();

	if (!m || !m->cap)
		return n;
	*n = *m;
	n->entry = mr_xmalloc(m->cap * sizeof(*n->entry));
	memcpy(n->entry, m->entry, m->n * sizeof(*n->entry));
	n->slot = mr_xmemdup(m->slot, 2 * (size_t)m->cap * sizeof(*n->slot));
	for (uint32_t i = 0; i < n->n; i++)
		n->entry[i].key = mr_xstrdup(m->entry[i].key);
	return n;
}

/* Frees 'm' and its copies of the keys; the values are the caller's. */
void mr_map_free(struct mr_map *m)
{
	if (!m)
		return;
	for (uint32_t i = 0; i < m->n; i++)
		free(m->entry[i].key);
	free(m->entry);
	free(m->slot);
	free(m);
}

/* How many keys are in 'm'; 0 for NULL. */
size_t mr_map_count(const struct mr_map *m)
{
	return m ? m->alive : 0;
}

/* Whether 'key' is in 'm' (NULL: it is not); its value into 'ret' unless that is NULL. */
bool mr_map_get(const struct mr_map *m, const char *key, uint64_t *ret)
{
	struct key k = key_of_str(key);

	return get(m, &k, ret);
}

/* Adds 'key' (copied) at the end, or replaces its value where it stands. */
void mr_map_set(struct mr_map *m, const char *key, uint64_t value)
{
	struct key k = key_of_str(key);

	set(m, &k, value);
}

/* Removes 'key'; false when it was not there. */
bool mr_map_del(struct mr_map *m, const char *key)
{
	struct key k = key_of_str(key);

	return del(m, &k);
}

/* Whether 'key' is in 'm' (NULL: it is not); its value into 'ret' unless that is NULL. */
bool mr_map_get_u64(const struct mr_map *m, uint64_t key, uint64_t *ret)
{
	struct key k = key_of_num(key);

	return get(m, &k, ret);
}

/* Adds 'key' at the end, or replaces its value where it stands. */
void mr_map_set_u64(struct mr_map *m, uint64_t key, uint64_t value)
{
	struct key k = key_of_num(key);

	set(m, &k, value);
}

/* Removes 'key'; false when it was not there. */
bool mr_map_del_u64(struct mr_map *m, uint64_t key)
{
	struct key k = key_of_num(key);

	return del(m, &k);
}

/*
 * The entry at '*pos' or after, in insertion order; false at the end. Each ret may be NULL; the
 * key belongs to the map until it is removed. Removing during a walk is allowed, adding a new
 * key is not.
 */
bool mr_map_next(const struct mr_map *m, size_t *pos, const char **ret_key,
		 uint64_t *ret_u64key, uint64_t *ret_value)
{
	while (m && *pos < m->n) {
		const struct entry *e = &m->entry[(*pos)++];

		if (!e->alive)
			continue;
		if (ret_key)
			*ret_key = e->key;
		if (ret_u64key)
			*ret_u64key = e->u64key;
		if (ret_value)
			*ret_value = e->value;
		return true;
	}
	return false;
}
