// SPDX-License-Identifier: Apache-2.0
/* Documents in, functions in place for hosts without an agent; refusals; deletion; restart. */
#include "tests/unit/fm_engine/world.h"

#define WEB W_HOSTS_TEXT W_POOLS_TEXT W_PROFILE("web", "blade01")

START_TEST(active_without_agent)
{
	struct world w;

	w_init(&w);
	w_start(&w);
	W_OPS(&w, "observe take-owner ");
	w_apply(&w, WEB);
	W_PHASE(&w, "web/data0", ACTIVE);
	W_OPS(&w, "provision observe configure map gate-open authorise authorise authorise ");
	ck_assert_uint_eq(w.c.adapter[0].fn[0].attrs.ident0, 0x0225b5000000);
	ck_assert(w.c.adapter[0].fn[0].gate_open);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_IDENT), 1);
	ck_assert_uint_eq(w_count(&w, FM_RECORD_FUNCTION), 1);
	ck_assert(fm_engine_idle(w.e));
	w_done(&w);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("engine apply");
	TCase *t = tcase_create("all");

	tcase_add_test(t, active_without_agent);
	suite_add_tcase(s, t);
	return w_main(s) ? EXIT_FAILURE : EXIT_SUCCESS;
}
