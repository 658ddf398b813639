/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The field readers of the chassis file: one per type of value. They check what a value is by
 * itself; desc_check.c checks what values are together.
 */
#include "sim/model/desc_read.h"

#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/now.h"
#include "common/str.h"
#include "common/yaml.h"

/* Adds an error at the place of 'y' (NULL: the document). */
void sim_rd_error(struct sim_rd *rd, const struct mr_yaml *y, const char *path, const char *fmt,
		  ...)
{
	char text[512];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	mr_diags_add(rd->diags, MR_SEV_ERROR, rd->file, y ? y->line : 1, y ? y->col : 1, path,
		     "%s", text);
}

static void unknown_key(struct sim_rd *rd, const struct mr_yaml *key, const char *path,
			const struct sim_field *f)
{
	const char *names[24] = {NULL};
	const char *near;
	unsigned n = 0;

	for (; f->key && n + 1 < sizeof(names) / sizeof(names[0]); f++)
		names[n++] = f->key;
	near = mr_nearest(key->text, names);
	sim_rd_error(rd, key, path, "unknown key '%.64s'%s%s%s", key->text,
		     near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

static const struct sim_field *find_field(const struct sim_field *f, const char *key)
{
	for (; f->key; f++)
		if (mr_streq(f->key, key))
			return f;
	return NULL;
}

/* Reads the map 'y' field by field; each key has to be in the table. */
void sim_rd_map(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
		const struct sim_field *f, void *obj)
{
	const struct sim_field *field;
	char sub[SIM_PATH_MAX];

	if (y->kind != MR_YAML_MAP) {
		sim_rd_error(rd, y, path, "expected a map of keys");
		return;
	}
	for (unsigned i = 0; i < y->n; i++) {
		mr_fmt(sub, sizeof(sub), "%s%s%.64s", path, *path ? "." : "", y->key[i]->text);
		field = find_field(f, y->key[i]->text);
		if (field)
			field->read(rd, field, y->child[i], sub, (char *)obj + field->at);
		else
			unknown_key(rd, y->key[i], sub, f);
	}
	for (; f->key; f++)
		if (f->required && !mr_yaml_get(y, f->key))
			sim_rd_error(rd, y, path, "the key '%s' is missing", f->key);
}

/* The text of a scalar. */
const char *sim_rd_text(struct sim_rd *rd, const struct mr_yaml *y, const char *path)
{
	if (y->kind == MR_YAML_SCALAR)
		return y->text;
	sim_rd_error(rd, y, path, "expected a single value");
	return NULL;
}

/* Whether 'y' is a list. */
bool sim_rd_seq(struct sim_rd *rd, const struct mr_yaml *y, const char *path)
{
	if (y->kind == MR_YAML_SEQ)
		return true;
	sim_rd_error(rd, y, path, "expected a list");
	return false;
}

/* Index of a word of a fixed list. */
int sim_rd_word(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
		const char *const *words)
{
	const char *text = sim_rd_text(rd, y, path);
	struct mr_buf list = {0};

	if (!text)
		return -1;
	for (int i = 0; words[i]; i++)
		if (mr_streq(words[i], text))
			return i;
	for (int i = 0; words[i]; i++)
		mr_buf_printf(&list, "%s%s", i ? ", " : "", words[i]);
	sim_rd_error(rd, y, path, "'%.64s' is not one of: %s", text, mr_buf_text(&list));
	mr_buf_done(&list);
	return -1;
}

static bool name_char(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= '0' && ch <= '9') || ch == '-' || ch == '.' ||
	       ch == '_' || (ch >= 'A' && ch <= 'Z');
}

SIM_READER(sim_rd_name)
{
	const char *text = sim_rd_text(rd, y, path);
	bool ok = text && *text;

	(void)f;
	for (const char *s = text; ok && *s; s++)
		ok = name_char(*s);
	if (!text)
		return;
	/* A port register and a folder of the host face carry the name: 32 bytes at most. */
	if (!ok || strlen(text) >= 32)
		sim_rd_error(rd, y, path,
			     "expected a name of 1 to 31 letters, digits, '-', '_' and '.'");
	else
		mr_copy(to, MR_NAME_MAX, text);
}

SIM_READER(sim_rd_serial)
{
	const char *text = sim_rd_text(rd, y, path);

	(void)f;
	if (text && (!*text || !mr_copy(to, 32, text)))
		sim_rd_error(rd, y, path, "expected a serial number of 1 to 31 characters");
}

SIM_READER(sim_rd_uint)
{
	const char *text = sim_rd_text(rd, y, path);
	uint64_t v = 0;

	if (!text)
		return;
	if (mr_parse_u64(text, UINT32_MAX, false, &v, NULL) || v < f->min || v > f->max)
		sim_rd_error(rd, y, path, "'%.64s': expected a number from %llu to %llu", text,
			     (unsigned long long)f->min, (unsigned long long)f->max);
	else
		*(unsigned *)to = (unsigned)v;
}

SIM_READER(sim_rd_hex16)
{
	const char *text = sim_rd_text(rd, y, path);
	unsigned v = 0;
	bool ok = text && strlen(text) == 4;

	(void)f;
	for (unsigned i = 0; ok && i < 4; i++) {
		ok = mr_hex_digit(text[i]) >= 0;
		v = v << 4 | (unsigned)(mr_hex_digit(text[i]) & 15);
	}
	if (ok && v != 0 && v != 0xffff)
		*(uint16_t *)to = (uint16_t)v;
	else if (text)
		sim_rd_error(rd, y, path,
			     "'%.64s': expected four hexadecimal digits, neither 0000 nor ffff",
			     text);
}

SIM_READER(sim_rd_size)
{
	const char *text = sim_rd_text(rd, y, path);
	struct mr_err err = {0};
	uint64_t v = 0;

	if (!text)
		return;
	if (mr_parse_size(text, &v, &err))
		sim_rd_error(rd, y, path, "%s", err.text);
	else if (v < f->min || v > f->max)
		sim_rd_error(rd, y, path, "'%.64s': expected %llu to %llu bytes", text,
			     (unsigned long long)f->min, (unsigned long long)f->max);
	else
		*(uint64_t *)to = v;
}

SIM_READER(sim_rd_mbps)
{
	const char *text = sim_rd_text(rd, y, path);
	struct mr_err err = {0};
	uint64_t bps = 0;

	(void)f;
	if (!text)
		return;
	if (mr_parse_rate(text, &bps, &err))
		sim_rd_error(rd, y, path, "%s", err.text);
	else if (bps % 1000000 || !bps || bps > UINT64_C(10000) * 1000000000)
		sim_rd_error(rd, y, path, "'%.64s': expected whole Mbit/s, 1Mbit to 10000Gbit",
			     text);
	else
		*(uint64_t *)to = bps / 1000000;
}

SIM_READER(sim_rd_time)
{
	const char *text = sim_rd_text(rd, y, path);
	struct mr_err err = {0};
	uint64_t us = 0;
	int64_t v = 0;
	size_t n;
	char num[24];

	if (!text)
		return;
	n = strlen(text);
	/* "10us": shorter times than a policy has. */
	if (n > 2 && n < sizeof(num) && mr_streq(text + n - 2, "us")) {
		memcpy(num, text, n - 2);
		num[n - 2] = 0;
		if (mr_parse_u64(num, 1000000000, false, &us, &err))
			v = -1;
		else
			v = (int64_t)us * MR_NS_PER_US;
	} else if (mr_parse_time(text, &v, &err)) {
		v = -1;
	}
	if (v < 0)
		sim_rd_error(rd, y, path, "'%.64s': expected a time such as 10us, 100ms or 1s",
			     text);
	else if ((uint64_t)v > f->max)
		sim_rd_error(rd, y, path, "'%.64s': expected at most %llu ms", text,
			     (unsigned long long)(f->max / 1000000));
	else
		*(int64_t *)to = v;
}

SIM_READER(sim_rd_speed)
{
	static const char *const words[] = {"2.5GT", "5GT",  "8GT", "16GT",
					    "32GT",  "64GT", NULL};
	static const unsigned speeds[] = {25, 50, 80, 160, 320, 640};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	if (i >= 0)
		*(unsigned *)to = speeds[i];
}

SIM_READER(sim_rd_width)
{
	static const char *const words[] = {"1", "2", "4", "8", "16", NULL};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	if (i >= 0)
		*(unsigned *)to = 1u << i;
}

SIM_READER(sim_rd_bool)
{
	const char *text = sim_rd_text(rd, y, path);
	int v = text ? mr_yaml_bool(text) : -1;

	(void)f;
	if (text && v < 0)
		sim_rd_error(rd, y, path, "'%.64s': expected true or false", text);
	else if (text)
		*(bool *)to = v;
}

SIM_READER(sim_rd_sub)
{
	sim_rd_map(rd, y, path, f->sub, to);
}

SIM_READER(sim_rd_cut)
{
	static const char *const words[] = {"default", "ones", "ur", NULL};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	if (i >= 0)
		*(unsigned *)to = (unsigned)i;
}
