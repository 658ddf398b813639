// SPDX-License-Identifier: Apache-2.0
/*
 * What a row expects, in words: the text of "expected ..." in errors and of the reference's
 * type column; its default, and an example.
 */
#include <string.h>

#include "common/ids.h"
#include "common/str.h"
#include "fabric-manager/policy/scalar.h"
#include "fabric-manager/policy/table.h"

static void join(const char *const *names, struct mr_buf *out)
{
	for (unsigned i = 0; names[i]; i++)
		mr_buf_printf(out, "%s%s", i ? ", " : "", names[i]);
}

static void keys_of(const struct fm_table *t, struct mr_buf *out)
{
	const char *comma = "";

	for (unsigned i = 0; i < t->n; i++) {
		if (!t->key[i].name[0])
			continue;
		mr_buf_printf(out, "%s%s", comma, t->key[i].name);
		comma = ", ";
	}
}

/* " from A to B", as the values are written. */
static void bounds(const struct fm_key *k, struct mr_buf *out)
{
	struct fm_key plain = *k;
	struct fm_num lo = {.v = k->min}, hi = {.v = k->max};

	plain.word = NULL;
	if (!k->min && !k->max)
		return;
	mr_buf_puts(out, " from ");
	fm_scalar_print(&plain, &lo, out);
	if (k->max) {
		mr_buf_puts(out, " to ");
		fm_scalar_print(&plain, &hi, out);
	}
}

static void ident_expected(const struct fm_key *k, struct mr_buf *out)
{
	static const char *const text[MR_IDENT_COUNT] = {
		[MR_IDENT_MAC] = "a unicast MAC address such as \"02:25:b5:00:00:01\"",
		[MR_IDENT_WWPN] = "a WWPN of NAA 1, 2 or 5 such as \"20:00:00:25:b5:0a:00:01\"",
		[MR_IDENT_WWNN] = "a WWNN of NAA 1, 2 or 5 such as \"20:00:00:25:b5:ff:00:01\"",
		[MR_IDENT_GUID] = "a GUID that is not zero such as \"02:00:00:00:00:aa:00:01\"",
		[MR_IDENT_UUID] = "a UUID",
		[MR_IDENT_VLAN] = "a VLAN from 1 to 4094",
	};

	mr_buf_puts(out,
		    k->min < 0 ? "an identity of the pool's type, in quotes" : text[k->min]);
}

static void scalar_expected(const struct fm_key *k, struct mr_buf *out)
{
	static const char *const text[FM_T_COUNT] = {
		[FM_T_TEXT] = "a text of 1 to 255 characters",
		[FM_T_NAME] = "a name (letters, digits, '-', '_', '.'; at most 63)",
		[FM_T_HEX] = "a hexadecimal id of four digits such as \"15b3\"",
		[FM_T_VFSET] = "VF numbers and ranges such as \"0-3,7\", each VF once",
		[FM_T_BOOL] = "true or false (on/off, yes/no)",
		[FM_T_INT] = "a whole number",
		[FM_T_PERCENT] = "a percentage",
		[FM_T_RATIO] = "a factor such as 2.0",
		[FM_T_RATE] = "a rate with its unit (kbit, Mbit, Gbit), in whole Mbit,",
		[FM_T_SIZE] = "a size with its unit (KiB, MiB, GiB)",
		[FM_T_TIME] = "a time with its unit (ms, s, m, h)",
		[FM_T_CLOCK] = "a time of day \"HH:MM\"",
		[FM_T_SHARE] = "a percentage, or a whole number",
	};

	if (k->type == FM_T_IDENT) {
		ident_expected(k, out);
	} else if (k->type == FM_T_ENUM) {
		mr_buf_puts(out, "one of ");
		join(k->names, out);
	} else {
		mr_buf_puts(out, text[k->type]);
		if (!fm_type_is_text(k->type) && k->type != FM_T_BOOL && k->type != FM_T_CLOCK)
			bounds(k, out);
	}
	if (k->word)
		mr_buf_printf(out, ", or %s", k->word);
}

/* Appends what 'k' expects: "a rate with its unit ...", "a list, each entry ...", "a map of
 * ...". */
void fm_key_expected(const struct fm_key *k, struct mr_buf *out)
{
	if (k->flags & FM_K_LIST)
		mr_buf_puts(out, "a list, each entry ");
	if (k->type == FM_T_LABELS) {
		mr_buf_puts(out, "a map of names to texts");
		return;
	}
	if (k->type == FM_T_EITHER) {
		scalar_expected(fm_table_scalar(k->sub), out);
		mr_buf_puts(out, ", or ");
	}
	if (k->sub) {
		mr_buf_puts(out, "a map with the keys ");
		keys_of(k->sub, out);
		return;
	}
	scalar_expected(k, out);
}

/* Appends the default of 'k' as it would be written; false when it has none. */
bool fm_key_default(const struct fm_key *k, struct mr_buf *out)
{
	struct fm_num v = {.v = k->def};

	if (!(k->flags & FM_K_DEFAULT))
		return false;
	fm_scalar_print(k, &v, out);
	return true;
}

/* A value of each type for rows without one of their own. */
static void type_example(const struct fm_key *k, struct mr_buf *out)
{
	static const char *const ident[MR_IDENT_COUNT] = {
		[MR_IDENT_MAC] = "\"02:25:b5:00:00:01\"",
		[MR_IDENT_WWPN] = "\"20:00:00:25:b5:0a:00:01\"",
		[MR_IDENT_WWNN] = "\"20:00:00:25:b5:ff:00:01\"",
		[MR_IDENT_GUID] = "\"02:00:00:00:00:aa:00:01\"",
		[MR_IDENT_UUID] = "\"4c4c4544-0042-4a10-8051-b4c04f383732\"",
		[MR_IDENT_VLAN] = "\"100\"",
	};
	static const char *const text[FM_T_COUNT] = {
		[FM_T_TEXT] = "text",	    [FM_T_NAME] = "name",   [FM_T_HEX] = "\"15b3\"",
		[FM_T_VFSET] = "\"0-3,7\"", [FM_T_PERCENT] = "90%", [FM_T_RATIO] = "2.0",
		[FM_T_RATE] = "10Gbit",	    [FM_T_SIZE] = "64GiB",  [FM_T_TIME] = "30s",
		[FM_T_CLOCK] = "\"02:00\"", [FM_T_SHARE] = "25%",
	};
	struct fm_num v = {.v = k->def};

	if (k->type == FM_T_IDENT) {
		mr_buf_puts(out, ident[k->min < 0 ? MR_IDENT_MAC : k->min]);
		return;
	}
	if (text[k->type]) {
		mr_buf_puts(out, text[k->type]);
		return;
	}
	/* of booleans and words one that is not the default, of numbers the lowest but one */
	if (k->type == FM_T_BOOL)
		v.v = k->def != 1;
	else if (k->type == FM_T_ENUM)
		v.v = k->flags & FM_K_DEFAULT && !k->def && k->names[1] ? 1 : 0;
	else
		v.v = k->min + 1;
	fm_scalar_print(k, &v, out);
}

/* Appends a value that the reader takes; false for a map, whose keys have their own. */
bool fm_key_example(const struct fm_key *k, struct mr_buf *out)
{
	if (k->eg) {
		mr_buf_puts(out, k->eg);
		return true;
	}
	if (k->sub || k->type == FM_T_LABELS)
		return false;
	mr_buf_puts(out, k->flags & FM_K_LIST ? "[" : "");
	type_example(k, out);
	mr_buf_puts(out, k->flags & FM_K_LIST ? "]" : "");
	return true;
}
