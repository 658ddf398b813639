// SPDX-License-Identifier: Apache-2.0
/*
 * Freeing, copying and looking into YAML trees. These recurse, since the reader lets no tree
 * become deeper than MR_YAML_MAX_DEPTH.
 */
#include "common/yaml_tree.h"

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"

/* Frees 'n' and everything below it; NULL is accepted. The depth is at most
 * MR_YAML_MAX_DEPTH. */
void mr_yaml_free(struct mr_yaml *n)
{
	if (!n)
		return;
	for (unsigned i = 0; i < n->n; i++) {
		if (n->key)
			mr_yaml_free(n->key[i]);
		mr_yaml_free(n->child[i]);
	}
	free(n->key);
	free(n->child);
	free(n->text);
	free(n);
}

/* A copy of 'n', which is no deeper than MR_YAML_MAX_DEPTH; the places stay those of the
 * original. */
struct mr_yaml *mr_yaml_copy(const struct mr_yaml *n)
{
	struct mr_yaml *c = mr_xmemdup(n, sizeof(*n));

	c->text = mr_xstrdup(n->text);
	c->key = n->key ? mr_xcalloc(n->n, sizeof(*c->key)) : NULL;
	c->child = n->child ? mr_xcalloc(n->n, sizeof(*c->child)) : NULL;
	for (unsigned i = 0; i < n->n; i++) {
		if (n->key)
			c->key[i] = mr_yaml_copy(n->key[i]);
		c->child[i] = mr_yaml_copy(n->child[i]);
	}
	return c;
}

/* Frees the documents; 'd' is empty afterwards. NULL is accepted. */
void mr_yaml_docs_done(struct mr_yaml_docs *d)
{
	if (!d)
		return;
	for (unsigned i = 0; i < d->n; i++)
		mr_yaml_free(d->doc[i]);
	free(d->doc);
	*d = (struct mr_yaml_docs){0};
}

/* The value of 'key' of 'map', or NULL when it has none or is no map (or NULL). */
const struct mr_yaml *mr_yaml_get(const struct mr_yaml *map, const char *key)
{
	if (!map || map->kind != MR_YAML_MAP)
		return NULL;
	for (unsigned i = 0; i < map->n; i++) {
		if (!strcmp(map->key[i]->text, key))
			return map->child[i];
	}
	return NULL;
}

/* on, yes, true: 1; off, no, false: 0, in any case of letters; -1 for all else and NULL. */
int mr_yaml_bool(const char *text)
{
	static const char *const words[] = {"off", "on", "no", "yes", "false", "true"};

	for (unsigned i = 0; text && i < MR_ARRAY_SIZE(words); i++) {
		if (!mr_strcasecmp(text, words[i]))
			return i & 1;
	}
	return -1;
}
