/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reader of the manager's configuration: a table of keys for each map, strict about everything
 * else.
 */
#include "fabric-manager/io/config.h"

#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/os/log.h"
#include "common/str.h"
#include "common/yaml.h"

struct reader {
	const char *file;
	struct mr_diags *diags;
	struct fm_config *cfg;
};

/* One key: its path for findings and what reads its value. */
struct key {
	const char *name;
	const char *expected;
	bool required;
	void (*read)(struct reader *r, const struct mr_yaml *v, const char *path);
};

static void complain(struct reader *r, const struct mr_yaml *at, const char *path,
		     const char *text, const char *detail)
{
	mr_diags_add(r->diags, MR_SEV_ERROR, r->file, at->line, at->col, path, "%s%s", text,
		     detail);
}

/* A scalar into a text of 'size' bytes, with a prefix. */
static void copy(struct reader *r, const struct mr_yaml *v, const char *path,
		 const char *prefix, char *to, size_t size)
{
	if (v->kind != MR_YAML_SCALAR || !v->text[0])
		complain(r, v, path, "expected a text", "");
	else if (!mr_fmt(to, size, "%s%s", prefix, v->text))
		complain(r, v, path, "text is too long", "");
}

static const struct key *find(const struct key *keys, const char *name)
{
	for (; keys->name; keys++)
		if (mr_streq(keys->name, name))
			return keys;
	return NULL;
}

static void unknown_key(struct reader *r, const struct key *keys, const struct mr_yaml *k,
			const char *path)
{
	const char *names[16];
	const char *near;
	unsigned n = 0;

	for (; keys->name && n < 15; keys++)
		names[n++] = keys->name;
	names[n] = NULL;
	near = mr_nearest(k->text, names);
	if (near)
		mr_diags_add(r->diags, MR_SEV_ERROR, r->file, k->line, k->col, path,
			     "unknown key '%s'; did you mean '%s'?", k->text, near);
	else
		mr_diags_add(r->diags, MR_SEV_ERROR, r->file, k->line, k->col, path,
			     "unknown key '%s'", k->text);
}

/* A map against its table: unknown keys, missing keys, then each value. */
static void read_map(struct reader *r, const struct mr_yaml *m, const char *path,
		     const struct key *keys)
{
	if (m->kind != MR_YAML_MAP) {
		complain(r, m, path, "expected a map", "");
		return;
	}
	for (unsigned i = 0; i < m->n; i++) {
		const struct key *k = find(keys, m->key[i]->text);
		char sub[128];

		mr_fmt(sub, sizeof(sub), "%s%s%s", path, path[0] ? "." : "", m->key[i]->text);
		if (k)
			k->read(r, m->child[i], sub);
		else
			unknown_key(r, keys, m->key[i], path);
	}
	for (; keys->name; keys++)
		if (keys->required && !mr_yaml_get(m, keys->name))
			mr_diags_add(r->diags, MR_SEV_ERROR, r->file, m->line, m->col, path,
				     "key '%s' is missing; expected %s", keys->name,
				     keys->expected);
}

static void read_sqlite(struct reader *r, const struct mr_yaml *v, const char *path)
{
	copy(r, v, path, "", r->cfg->store, sizeof(r->cfg->store));
}

static void read_store(struct reader *r, const struct mr_yaml *v, const char *path)
{
	static const struct key keys[] = {
		{"sqlite", "the path of the store's file", true, read_sqlite}, {0}};

	read_map(r, v, path, keys);
}

/* Whichever is read second. Bound later, it would find "a running program": itself. */
static void two_sockets(struct reader *r, const struct mr_yaml *v, const char *path)
{
	if (r->cfg->control[0] && mr_streq(r->cfg->control, r->cfg->agents_unix))
		complain(r, v, path, "expected another path than that of the other socket", "");
}

static void read_control_unix(struct reader *r, const struct mr_yaml *v, const char *path)
{
	copy(r, v, path, "unix:", r->cfg->control, sizeof(r->cfg->control));
	two_sockets(r, v, path);
}

static void read_control(struct reader *r, const struct mr_yaml *v, const char *path)
{
	static const struct key keys[] = {
		{"unix", "the path of the control socket", true, read_control_unix}, {0}};

	read_map(r, v, path, keys);
}

static void read_agents_unix(struct reader *r, const struct mr_yaml *v, const char *path)
{
	copy(r, v, path, "unix:", r->cfg->agents_unix, sizeof(r->cfg->agents_unix));
	two_sockets(r, v, path);
}

static void read_agents_tcp(struct reader *r, const struct mr_yaml *v, const char *path)
{
	copy(r, v, path, "tcp:", r->cfg->agents_tcp, sizeof(r->cfg->agents_tcp));
}

static void read_agents(struct reader *r, const struct mr_yaml *v, const char *path)
{
	static const struct key keys[] = {
		{"unix", "the path of the agents' socket", false, read_agents_unix},
		{"tcp", "HOST:PORT", false, read_agents_tcp},
		{0},
	};

	read_map(r, v, path, keys);
}

static struct fm_config_chassis *last(struct reader *r)
{
	return &r->cfg->chassis[r->cfg->n_chassis - 1];
}

static void read_chassis_name(struct reader *r, const struct mr_yaml *v, const char *path)
{
	copy(r, v, path, "", last(r)->name, sizeof(last(r)->name));
	if (strchr(last(r)->name, '/'))
		complain(r, v, path, "a name has no '/'", "");
	for (unsigned i = 0; i + 1 < r->cfg->n_chassis; i++)
		if (mr_streq(r->cfg->chassis[i].name, last(r)->name))
			complain(r, v, path, "a second chassis is named ", last(r)->name);
}

static void read_chassis_driver(struct reader *r, const struct mr_yaml *v, const char *path)
{
	copy(r, v, path, "", last(r)->driver, sizeof(last(r)->driver));
	if (!mr_streq(last(r)->driver, "mrpcim"))
		complain(r, v, path, "unknown driver; expected mrpcim", "");
}

static void read_chassis_address(struct reader *r, const struct mr_yaml *v, const char *path)
{
	copy(r, v, path, "", last(r)->address, sizeof(last(r)->address));
}

static void read_chassis(struct reader *r, const struct mr_yaml *v, const char *path)
{
	static const struct key keys[] = {
		{"name", "the chassis' name", true, read_chassis_name},
		{"driver", "mrpcim", false, read_chassis_driver},
		{"address", "unix:PATH or tcp:HOST:PORT", true, read_chassis_address},
		{0},
	};

	if (v->kind != MR_YAML_SEQ || !v->n) {
		complain(r, v, path, "expected a list with at least one chassis", "");
		return;
	}
	for (unsigned i = 0; i < v->n; i++) {
		char sub[128];

		if (r->cfg->n_chassis == FM_CONFIG_CHASSIS_MAX) {
			complain(r, v->child[i], path, "more than 16 chassis", "");
			return;
		}
		r->cfg->n_chassis++;
		mr_copy(last(r)->driver, sizeof(last(r)->driver), "mrpcim");
		mr_fmt(sub, sizeof(sub), "%s[%u]", path, i);
		read_map(r, v->child[i], sub, keys);
	}
}

static void read_log_level(struct reader *r, const struct mr_yaml *v, const char *path)
{
	char word[16] = "";

	copy(r, v, path, "", word, sizeof(word));
	r->cfg->log_level = mr_log_level_parse(word);
	if (r->cfg->log_level < 0)
		complain(r, v, path, "expected debug, info, warn or error", "");
}

static void read_log_format(struct reader *r, const struct mr_yaml *v, const char *path)
{
	char word[16] = "";

	copy(r, v, path, "", word, sizeof(word));
	r->cfg->log_json = mr_streq(word, "json");
	if (!r->cfg->log_json && !mr_streq(word, "text"))
		complain(r, v, path, "expected text or json", "");
}

static void read_log(struct reader *r, const struct mr_yaml *v, const char *path)
{
	static const struct key keys[] = {
		{"level", "debug, info, warn or error", false, read_log_level},
		{"format", "text or json", false, read_log_format},
		{0},
	};

	read_map(r, v, path, keys);
}

int fm_config_read(const char *file, const char *text, size_t len, struct fm_config *ret,
		   struct mr_diags *diags)
{
	static const struct key keys[] = {
		{"store", "{sqlite: PATH}", true, read_store},
		{"control", "{unix: PATH}", true, read_control},
		{"agents", "{unix: PATH, tcp: HOST:PORT}", false, read_agents},
		{"chassis", "a list of {name, driver, address}", true, read_chassis},
		{"log", "{level, format}", false, read_log},
		{0},
	};
	struct fm_config cfg = {.log_level = MR_LOG_INFO};
	struct reader r = {file, diags, &cfg};
	struct mr_yaml_docs docs;
	unsigned before = diags->errors;

	if (mr_yaml_read(file, text, len, &docs, diags))
		return -EINVAL;
	if (docs.n == 1)
		read_map(&r, docs.doc[0], "", keys);
	else
		mr_diags_add(diags, MR_SEV_ERROR, file, 1, 1, "",
			     "expected one document, found %u", docs.n);
	mr_yaml_docs_done(&docs);
	if (diags->errors > before)
		return -EINVAL;
	*ret = cfg;
	return 0;
}
