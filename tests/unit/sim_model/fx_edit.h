/* SPDX-License-Identifier: Apache-2.0 */
/* A chassis from a shipped file with words of it replaced, for tests of one setting. */
#ifndef TESTS_SIM_MODEL_FX_EDIT_H
#define TESTS_SIM_MODEL_FX_EDIT_H

#include "tests/unit/sim_model/fixture.h"

/* 'text' with every 'old' replaced by 'new'; the caller frees it. */
static inline char *fx_replace(const char *text, const char *old, const char *new)
{
	struct mr_buf out = {0};
	const char *at;

	ck_assert_msg(strstr(text, old) != NULL, "no '%s' there", old);
	while ((at = strstr(text, old)) != NULL) {
		mr_buf_add(&out, text, (size_t)(at - text));
		mr_buf_puts(&out, new);
		text = at + strlen(old);
	}
	mr_buf_puts(&out, text);
	mr_buf_putc(&out, 0);
	return out.data;
}

static inline struct fx fx_new_text(const char *text)
{
	struct sim_desc *d = fx_desc(text);
	struct fx x = {.now = {1000000, 1000000}};

	x.c = sim_chassis_new(d, x.now);
	sim_desc_free(d);
	return x;
}

static inline struct fx fx_new_edited(const char *file, const char *old, const char *new)
{
	char *text = fx_load(file), *edited = fx_replace(text, old, new);
	struct fx x = fx_new_text(edited);

	free(edited);
	free(text);
	return x;
}

#endif
