/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A scenario file to steps. Keys of actions and expectations are tables (scenario_act.c,
 * scenario_expect.c); a plain value stands for the one key that an action cannot do without.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/now.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"
#include "sim/model/scenario_priv.h"

#define KEYS_MAX 96
#define TIME_MAX (3600ull * 1000000000ull)

/* ---- readers of values ---- */

/* A text of at most f->max - 1 characters. */
SIM_READER(scn_rd_text)
{
	const char *text = sim_rd_text(rd, y, path);

	if (text && (!*text || !mr_copy(to, f->max, text)))
		sim_rd_error(rd, y, path, "expected 1 to %u characters", (unsigned)f->max - 1);
}

/* A number, decimal or 0x: f->min says whether it is the value, the mask or the least. */
SIM_READER(scn_rd_value)
{
	const char *text = sim_rd_text(rd, y, path);
	struct scn_args *a = to;
	struct mr_err err = {0};
	uint64_t v;

	if (!text)
		return;
	if (mr_parse_u64(text, UINT64_MAX, true, &v, &err)) {
		sim_rd_error(rd, y, path, "%s", err.text);
	} else if (f->min == 0) {
		a->value = v;
		a->has_value = true;
	} else if (f->min == 1) {
		a->mask = v;
		a->has_mask = true;
	} else {
		a->least = v;
		a->has_least = true;
	}
}

/* A bridge of a blade; which one there are is known when the chassis is. */
SIM_READER(scn_rd_bridge)
{
	((struct scn_args *)to)->has_bridge = true;
	sim_rd_uint(rd, f, y, path, &((struct scn_args *)to)->bridge);
}

/* A boolean that may be missing: -1 then. */
SIM_READER(scn_rd_flag)
{
	bool v = false;

	sim_rd_bool(rd, f, y, path, &v);
	*(int *)to = v;
}

static SIM_READER(rd_percent)
{
	sim_rd_uint(rd, f, y, path, to);
}

static SIM_READER(rd_at)
{
	struct scn_step *s = to;

	sim_rd_time(rd, f, y, path, &s->at_ns);
}

/* ---- maps of keys ---- */

static void read_args(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
		      const struct sim_field *fields, const char *primary, struct scn_args *a)
{
	const struct sim_field *f = fields;

	*a = (struct scn_args){.line = y->line, .col = y->col, .flag = -1};
	mr_fmt(a->path, sizeof(a->path), "%s", path);
	if (y->kind == MR_YAML_MAP || !primary) {
		sim_rd_map(rd, y, path, fields, a);
		return;
	}
	while (!mr_streq(f->key, primary))
		f++;
	f->read(rd, f, y, path, (char *)a + f->at);
	for (f = fields; f->key; f++)
		if (f->required && !mr_streq(f->key, primary))
			sim_rd_error(rd, y, path, "expected a map with '%s' and '%s'", primary,
				     f->key);
}

static const struct scn_action *const actions[] = {scn_acts, scn_tester_acts, scn_tlp_acts,
						   scn_manage_acts};

static const struct scn_action *find_action(const char *key)
{
	for (unsigned t = 0; t < MR_ARRAY_SIZE(actions); t++)
		for (const struct scn_action *a = actions[t]; a->key; a++)
			if (mr_streq(a->key, key))
				return a;
	return NULL;
}

static const struct scn_check *find_check(const char *key)
{
	for (const struct scn_check *k = scn_checks; k->key; k++)
		if (mr_streq(k->key, key))
			return k;
	return NULL;
}

static void unknown(struct sim_rd *rd, const struct mr_yaml *key, const char *path,
		    const char *const *names)
{
	const char *near = mr_nearest(key->text, names);

	sim_rd_error(rd, key, path, "unknown key '%.64s'%s%s%s", key->text,
		     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* ---- expectations ---- */

/* Whether 'e' got what the map of one key asks for. */
static bool read_expect(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
			struct scn_expect *e)
{
	const char *names[KEYS_MAX] = {NULL};
	char sub[SIM_PATH_MAX];
	unsigned n = 0;

	if (y->kind != MR_YAML_MAP || y->n != 1) {
		sim_rd_error(rd, y, path, "expected a map of one key: what is expected");
		return false;
	}
	mr_fmt(sub, sizeof(sub), "%s.%.32s", path, y->key[0]->text);
	e->check = find_check(y->key[0]->text);
	if (e->check) {
		read_args(rd, y->child[0], sub, e->check->fields, e->check->primary, &e->a);
		return true;
	}
	for (const struct scn_check *k = scn_checks; k->key; k++)
		names[n++] = k->key;
	unknown(rd, y->key[0], sub, names);
	return false;
}

static SIM_READER(rd_expects)
{
	struct scn_step *s = to;
	char sub[SIM_PATH_MAX];

	(void)f;
	if (!sim_rd_seq(rd, y, path))
		return;
	if (y->n > SCN_EXPECTS_MAX) {
		sim_rd_error(rd, y, path, "%u expectations, at most %d", y->n, SCN_EXPECTS_MAX);
		return;
	}
	s->expect = mr_xcalloc(y->n + 1, sizeof(*s->expect));
	for (unsigned i = 0; i < y->n; i++) {
		mr_fmt(sub, sizeof(sub), "%.100s[%u]", path, i);
		s->expects += read_expect(rd, y->child[i], sub, &s->expect[s->expects]);
	}
}

static SIM_READER(rd_on)
{
	struct scn_step *s = to;

	(void)f;
	s->has_on = true;
	read_args(rd, y, path, scn_event_fields, "name", &s->on);
}

static SIM_READER(rd_when)
{
	struct scn_step *s = to;

	(void)f;
	s->when = MR_NEW(struct scn_expect);
	if (!read_expect(rd, y, path, s->when)) {
		free(s->when);
		s->when = NULL;
	}
}

/* ---- steps ---- */

#define AT(member) offsetof(struct scn_step, member)

static const struct sim_field step_fields[] = {
	{"name", scn_rd_text, AT(name), 0, sizeof(((struct scn_step *)0)->name), false, NULL},
	{"at", rd_at, 0, 0, TIME_MAX, false, NULL},
	{"after", sim_rd_time, AT(after_ns), 0, TIME_MAX, false, NULL},
	{"jitter", sim_rd_time, AT(jitter_ns), 0, TIME_MAX, false, NULL},
	{"on", rd_on, 0, 0, 0, false, NULL},
	{"when", rd_when, 0, 0, 0, false, NULL},
	{"chance", rd_percent, AT(chance), 1, 100, false, NULL},
	{"repeat", sim_rd_uint, AT(repeat), 1, 100000, false, NULL},
	{"every", sim_rd_time, AT(every_ns), 0, TIME_MAX, false, NULL},
	{"within", sim_rd_time, AT(within_ns), 0, TIME_MAX, false, NULL},
	{"refused", sim_rd_bool, AT(refused), 0, 0, false, NULL},
	{"expect", rd_expects, 0, 0, 0, false, NULL},
	{0},
};

static void unknown_step_key(struct sim_rd *rd, const struct mr_yaml *key, const char *path)
{
	const char *names[KEYS_MAX] = {NULL};
	unsigned n = 0;

	for (const struct sim_field *f = step_fields; f->key; f++)
		names[n++] = f->key;
	for (unsigned t = 0; t < MR_ARRAY_SIZE(actions); t++)
		for (const struct scn_action *a = actions[t]; a->key; a++)
			names[n++] = a->key;
	unknown(rd, key, path, names);
}

static void read_step_key(struct sim_rd *rd, const struct mr_yaml *key,
			  const struct mr_yaml *value, const char *path, struct scn_step *s)
{
	const struct scn_action *action = find_action(key->text);
	char sub[SIM_PATH_MAX];

	mr_fmt(sub, sizeof(sub), "%s.%.32s", path, key->text);
	for (const struct sim_field *f = step_fields; f->key; f++)
		if (mr_streq(f->key, key->text)) {
			f->read(rd, f, value, sub, (char *)s + f->at);
			return;
		}
	if (!action) {
		unknown_step_key(rd, key, sub);
	} else if (s->action) {
		sim_rd_error(rd, key, sub, "a step does one thing, and '%s' is given already",
			     s->action->key);
	} else {
		s->action = action;
		read_args(rd, value, sub, action->fields, action->primary, &s->a);
	}
}

static void read_step(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
		      struct scn_step *s)
{
	*s = (struct scn_step){
		.line = y->line, .col = y->col, .at_ns = -1, .chance = 100, .repeat = 1};
	mr_fmt(s->path, sizeof(s->path), "%s", path);
	if (y->kind != MR_YAML_MAP) {
		sim_rd_error(rd, y, path, "expected a map: a step");
		return;
	}
	for (unsigned i = 0; i < y->n; i++)
		read_step_key(rd, y->key[i], y->child[i], path, s);
	if (!s->action && !s->expects && !s->has_on && !s->when && s->at_ns < 0 && !s->after_ns)
		sim_rd_error(rd, y, path, "a step that neither waits, does nor expects");
}

static SIM_READER(rd_steps)
{
	struct sim_scn *s = to;
	char sub[SIM_PATH_MAX];

	(void)f;
	if (!sim_rd_seq(rd, y, path))
		return;
	if (!y->n || y->n > SCN_STEPS_MAX) {
		sim_rd_error(rd, y, path, "%u steps, expected 1 to %d", y->n, SCN_STEPS_MAX);
		return;
	}
	s->step = mr_xcalloc(y->n, sizeof(*s->step));
	for (unsigned i = 0; i < y->n; i++) {
		mr_fmt(sub, sizeof(sub), "%s[%u]", path, i);
		read_step(rd, y->child[i], sub, &s->step[s->steps++]);
	}
}

/* ---- the document ---- */

#undef AT
#define AT(member) offsetof(struct sim_scn, member)

static SIM_READER(rd_fixed)
{
	static const char *const versions[] = {"banyan/v1", NULL}, *const kinds[] = {"Scenario",
										     NULL};

	(void)to;
	sim_rd_word(rd, y, path, f->min ? kinds : versions);
}

static SIM_READER(rd_seed)
{
	const char *text = sim_rd_text(rd, y, path);
	struct mr_err err = {0};

	(void)f;
	if (text && mr_parse_u64(text, UINT64_MAX, true, to, &err))
		sim_rd_error(rd, y, path, "%s", err.text);
}

static const struct sim_field spec_fields[] = {
	{"about", scn_rd_text, AT(about), 0, sizeof(((struct sim_scn *)0)->about), false, NULL},
	{"chassis", scn_rd_text, AT(chassis), 0, sizeof(((struct sim_scn *)0)->chassis), true,
	 NULL},
	{"seed", rd_seed, AT(seed), 0, 0, false, NULL},
	{"owner", sim_rd_bool, AT(owner), 0, 0, false, NULL},
	{"poll", sim_rd_time, AT(poll_ns), 0, TIME_MAX, false, NULL},
	{"steps", rd_steps, 0, 0, 0, true, NULL},
	{0},
};

static const struct sim_field metadata_fields[] = {
	{"name", sim_rd_name, AT(name), 0, 0, true, NULL},
	{0},
};

static const struct sim_field doc_fields[] = {
	{"apiVersion", rd_fixed, 0, 0, 0, true, NULL},
	{"kind", rd_fixed, 0, 1, 0, true, NULL},
	{"metadata", sim_rd_sub, 0, 0, 0, true, metadata_fields},
	{"spec", sim_rd_sub, 0, 0, 0, true, spec_fields},
	{0},
};

/* Reads a scenario: scenario.h. */
int sim_scn_read(const char *file, const char *text, size_t len, struct sim_scn **ret,
		 struct mr_diags *diags)
{
	struct sim_rd rd = {file, diags, NULL, NULL};
	struct mr_yaml_docs docs = {0};
	unsigned before = diags->errors;
	struct sim_scn *s;

	*ret = NULL;
	if (mr_yaml_read(file, text, len, &docs, diags))
		return -EINVAL;
	s = MR_NEW(struct sim_scn);
	s->seed = 1;
	s->owner = true;
	mr_copy(s->file, sizeof(s->file), file);
	if (docs.n != 1)
		sim_rd_error(&rd, NULL, "", "expected one Scenario document, found %u", docs.n);
	else
		sim_rd_map(&rd, docs.doc[0], "", doc_fields, s);
	mr_yaml_docs_done(&docs);
	if (diags->errors != before) {
		sim_scn_free(s);
		return -EINVAL;
	}
	*ret = s;
	return 0;
}

/* NULL is accepted. */
void sim_scn_free(struct sim_scn *s)
{
	if (!s)
		return;
	for (unsigned i = 0; i < s->steps; i++) {
		free(s->step[i].expect);
		free(s->step[i].when);
	}
	free(s->step);
	free(s);
}

/* Its name. */
const char *sim_scn_name(const struct sim_scn *s)
{
	return s->name;
}

/* The chassis file that it names, as written. */
const char *sim_scn_chassis(const struct sim_scn *s)
{
	return s->chassis;
}

/* Its seed. */
uint64_t sim_scn_seed(const struct sim_scn *s)
{
	return s->seed;
}

/* What steps can do and expect, one line each. */
void sim_scn_help(struct mr_buf *out)
{
	mr_buf_puts(out, "Steps do one of:\n");
	for (unsigned t = 0; t < MR_ARRAY_SIZE(actions); t++)
		for (const struct scn_action *a = actions[t]; a->key; a++)
			mr_buf_printf(out, "  %-14s %s\n", a->key, a->help);
	mr_buf_puts(out, "and expect:\n");
	for (const struct scn_check *k = scn_checks; k->key; k++)
		mr_buf_printf(out, "  %-14s %s\n", k->key, k->help);
}
