/* SPDX-License-Identifier: Apache-2.0 */
/* The phase table: what it allows, and what it must never allow (HANDOVER 4 and 5). */
#include <check.h>
#include <stdlib.h>

#include "fabric-manager/model/assignment.h"
#include "tests/unit/check_main.h"

static const enum fm_phase good_life[] = {
	FM_PHASE_PENDING,   FM_PHASE_RESERVED,	 FM_PHASE_RESETTING,   FM_PHASE_CONFIGURED,
	FM_PHASE_MAPPED,    FM_PHASE_ACTIVATING, FM_PHASE_ACTIVE,      FM_PHASE_QUIESCING,
	FM_PHASE_RELEASING, FM_PHASE_FENCED,	 FM_PHASE_DRAINING_IO, FM_PHASE_RESETTING,
	FM_PHASE_RELEASED,
};

START_TEST(a_whole_life_is_allowed)
{
	for (unsigned i = 1; i < sizeof(good_life) / sizeof(good_life[0]); i++)
		ck_assert_msg(fm_phase_allowed(good_life[i - 1], good_life[i]), "%s -> %s",
			      fm_phase_name(good_life[i - 1]), fm_phase_name(good_life[i]));
	ck_assert(fm_phase_allowed(FM_PHASE_RESERVED, FM_PHASE_CONFIGURED));
	ck_assert(fm_phase_allowed(FM_PHASE_RESETTING, FM_PHASE_CONFIGURED));
}
END_TEST

/* Phases in which a host may reach the function. */
static bool reachable(enum fm_phase p)
{
	switch (p) {
	case FM_PHASE_MAPPED:
	case FM_PHASE_ACTIVATING:
	case FM_PHASE_ACTIVE:
	case FM_PHASE_DEGRADED:
	case FM_PHASE_FAILED:
	case FM_PHASE_QUIESCING:
	case FM_PHASE_RELEASING:
		return true;
	default:
		return false;
	}
}

START_TEST(no_way_around_the_fence)
{
	for (enum fm_phase from = 0; from < FM_PHASE_COUNT; from++) {
		for (enum fm_phase to = 0; to < FM_PHASE_COUNT; to++) {
			if (reachable(from) && !reachable(to) && to != FM_PHASE_FENCED)
				ck_assert_msg(!fm_phase_allowed(from, to), "%s -> %s",
					      fm_phase_name(from), fm_phase_name(to));
		}
	}
	ck_assert(!fm_phase_allowed(FM_PHASE_FENCED, FM_PHASE_ACTIVE));
	ck_assert(!fm_phase_allowed(FM_PHASE_FENCED, FM_PHASE_RESETTING));
	ck_assert(!fm_phase_allowed(FM_PHASE_DRAINING_IO, FM_PHASE_CONFIGURED));
}
END_TEST

/* Or from Activating, by which it was mapped already: the standby of an `ha` pair. */
START_TEST(mapped_only_from_configured)
{
	for (enum fm_phase from = 0; from < FM_PHASE_COUNT; from++)
		ck_assert_int_eq(fm_phase_allowed(from, FM_PHASE_MAPPED),
				 from == FM_PHASE_CONFIGURED || from == FM_PHASE_ACTIVATING);
}
END_TEST

START_TEST(quarantine_is_left_by_reset_or_without_the_function)
{
	ck_assert(fm_phase_allowed(FM_PHASE_QUARANTINED, FM_PHASE_RESETTING));
	ck_assert(fm_phase_allowed(FM_PHASE_RESETTING, FM_PHASE_QUARANTINED));
	ck_assert(!fm_phase_allowed(FM_PHASE_QUARANTINED, FM_PHASE_CONFIGURED));
	ck_assert(!fm_phase_allowed(FM_PHASE_QUARANTINED, FM_PHASE_ACTIVE));
}
END_TEST

START_TEST(roll_back_before_the_point_of_no_return)
{
	ck_assert(fm_phase_allowed(FM_PHASE_QUIESCING, FM_PHASE_ACTIVE));
	ck_assert(fm_phase_allowed(FM_PHASE_RELEASING, FM_PHASE_ACTIVE));
	ck_assert(fm_phase_allowed(FM_PHASE_QUIESCING, FM_PHASE_DEGRADED));
}
END_TEST

START_TEST(edges_of_the_table)
{
	for (enum fm_phase to = 0; to < FM_PHASE_COUNT; to++) {
		ck_assert(!fm_phase_allowed(FM_PHASE_RELEASED, to));
		ck_assert(!fm_phase_allowed(to, to));
	}
	ck_assert(!fm_phase_allowed(FM_PHASE_COUNT, FM_PHASE_PENDING));
	ck_assert(!fm_phase_allowed(FM_PHASE_PENDING, FM_PHASE_COUNT));
}
END_TEST

START_TEST(names)
{
	char text[FM_ASSIGNMENT_TEXT];
	struct fm_assignment a = {.profile = "db1", .device = "data", .index = 2, .count = 1};

	for (enum fm_phase p = 0; p < FM_PHASE_COUNT; p++)
		ck_assert_int_eq(fm_phase_parse(fm_phase_name(p)), (int)p);
	ck_assert_int_eq(fm_phase_parse("Nowhere"), -1);
	ck_assert_str_eq(fm_phase_name(FM_PHASE_COUNT), "?");
	ck_assert_str_eq(fm_assignment_text(&a, text), "db1/data");
	a.count = 3;
	ck_assert_str_eq(fm_assignment_text(&a, text), "db1/data/2");
}
END_TEST

int main(void)
{
	Suite *s = suite_create("phase");
	TCase *t = tcase_create("table");

	tcase_add_test(t, a_whole_life_is_allowed);
	tcase_add_test(t, no_way_around_the_fence);
	tcase_add_test(t, mapped_only_from_configured);
	tcase_add_test(t, quarantine_is_left_by_reset_or_without_the_function);
	tcase_add_test(t, roll_back_before_the_point_of_no_return);
	tcase_add_test(t, edges_of_the_table);
	tcase_add_test(t, names);
	suite_add_tcase(s, t);
	return check_run(s);
}
