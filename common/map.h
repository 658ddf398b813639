/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hash map from a string or a u64 to a u64 (an index, or a pointer cast by the user). Iteration
 * order is the order of insertion, so what is computed from a map is deterministic; removal
 * keeps the order of the rest.
 */
#ifndef COMMON_MAP_H
#define COMMON_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mr_map; /* opaque */

struct mr_map *mr_map_new(void);
struct mr_map *mr_map_copy(const struct mr_map *m); /* keys of its own; of NULL an empty one */
void mr_map_free(struct mr_map *m); /* NULL is accepted; keys are copied and freed */
size_t mr_map_count(const struct mr_map *m);

bool mr_map_get(const struct mr_map *m, const char *key, uint64_t *ret);
void mr_map_set(struct mr_map *m, const char *key, uint64_t value);
bool mr_map_del(struct mr_map *m, const char *key);

bool mr_map_get_u64(const struct mr_map *m, uint64_t key, uint64_t *ret);
void mr_map_set_u64(struct mr_map *m, uint64_t key, uint64_t value);
bool mr_map_del_u64(struct mr_map *m, uint64_t key);

/* Walks in insertion order: *pos starts at 0; false at the end. 'ret_key' is NULL for u64
 * keys. */
bool mr_map_next(const struct mr_map *m, size_t *pos, const char **ret_key,
		 uint64_t *ret_u64key, uint64_t *ret_value);

#endif
