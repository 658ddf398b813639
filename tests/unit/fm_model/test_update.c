/* SPDX-License-Identifier: Apache-2.0 */
/* Windows on the wall clock, shares of a group, time zones. */
#include <stdlib.h>

#include "common/now.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/model/update.h"
#include "tests/unit/check_main.h"

#define HOUR (3600 * MR_NS_PER_S)
/* Monday 2023-11-13 00:00 UTC */
#define MONDAY	      (INT64_C(1699833600) * MR_NS_PER_S)
#define AT(day, h, m) (MONDAY + ((day)*24 + (h)) * HOUR + (m)*60 * MR_NS_PER_S)
#define MON	      1u
#define SAT	      (1u << 5)
#define SUN	      (1u << 6)
#define ALL	      0x7fu

static const struct {
	const char *name;
	struct fm_window w;
	int64_t now;
	int64_t opens; /* 0 = open */
} windows[] = {
	{"before it", {MON, 120, 300, 0}, AT(0, 1, 59), AT(0, 2, 0)},
	{"its first minute", {MON, 120, 300, 0}, AT(0, 2, 0), 0},
	{"its last minute", {MON, 120, 300, 0}, AT(0, 4, 59), 0},
	{"after it, a week to go", {MON, 120, 300, 0}, AT(0, 5, 0), AT(7, 2, 0)},
	{"the next of two days", {SAT | SUN, 120, 300, 0}, AT(5, 6, 0), AT(6, 2, 0)},
	{"over midnight, the evening", {MON, 1320, 240, 0}, AT(0, 23, 0), 0},
	{"over midnight, the morning of the next day", {MON, 1320, 240, 0}, AT(1, 3, 59), 0},
	{"over midnight, that morning is over", {MON, 1320, 240, 0}, AT(1, 4, 0), AT(7, 22, 0)},
	{"the morning of its own day is not in it",
	 {MON, 1320, 240, 0},
	 AT(0, 1, 0),
	 AT(0, 22, 0)},
	{"sunday night into monday", {SUN, 1320, 240, 0}, AT(7, 1, 0), 0},
	{"all day", {MON, 600, 600, 0}, AT(1, 9, 59), 0},
	{"every day, always", {ALL, 0, 0, 0}, AT(3, 12, 0), 0},
	{"east: it is later there", {MON, 0, 60, 120}, AT(-1, 22, 30), 0},
	{"west: it is earlier there", {MON, 0, 60, -330}, AT(0, 5, 29), AT(0, 5, 30)},
	{"no day at all", {0, 0, 60, 0}, AT(0, 0, 0), AT(7, 0, 0)},
	{"before 1970", {MON, 120, 300, 0}, -72 * HOUR, -70 * HOUR},
};

START_TEST(window)
{
	struct fm_window w = windows[_i].w;
	struct fm_update u = {.window = &w, .windows = 1};
	int64_t opens = 0;
	bool open = fm_update_open(&u, windows[_i].now, &opens);

	ck_assert_msg(open == !windows[_i].opens, "%s", windows[_i].name);
	ck_assert_msg(opens == windows[_i].opens, "%s: opens at %lld, not %lld",
		      windows[_i].name, (long long)((opens - MONDAY) / MR_NS_PER_S / 60),
		      (long long)((windows[_i].opens - MONDAY) / MR_NS_PER_S / 60));
}
END_TEST

START_TEST(none_and_two)
{
	struct fm_window w[2] = {{MON, 120, 180, 0}, {SAT, 60, 120, 0}};
	struct fm_update u = {0};
	int64_t opens = 0;

	ck_assert(fm_update_open(&u, AT(0, 0, 0), &opens)); /* no window: any time */
	u.window = w;
	u.windows = 2;
	ck_assert(!fm_update_open(&u, AT(1, 0, 0), &opens));
	ck_assert_int_eq(opens, AT(5, 1, 0)); /* the first that comes */
}
END_TEST

START_TEST(shares)
{
	struct fm_update all = {0}, two = {.max_unavailable = 2},
			 quarter = {.max_unavailable = 25, .percent = true};

	ck_assert_uint_eq(fm_update_at_once(&all, 7), 7);
	ck_assert_uint_eq(fm_update_at_once(&two, 7), 2);
	ck_assert_uint_eq(fm_update_at_once(&quarter, 7), 1);
	ck_assert_uint_eq(fm_update_at_once(&quarter, 8), 2);
	ck_assert_uint_eq(fm_update_at_once(&quarter, 3), 1); /* at least 1 */
}
END_TEST

static const struct {
	const char *text;
	int minutes; /* -1 = refused */
} zones[] = {
	{"UTC", 0},    {"Z", 0},      {"+02:00", 120}, {"-05:30", -330},      {"+14:00", 840},
	{"", -1},      {"utc", -1},   {"+2", -1},      {"+15:00", -1},	      {"+02:60", -1},
	{"+02:0", -1}, {"02:00", -1}, {"+02:000", -1}, {"Europe/Berlin", -1}, {"+0a:00", -1},
	{"-", -1},
};

START_TEST(zone)
{
	int16_t minutes = -1;
	bool good = fm_zone_parse(zones[_i].text, &minutes);

	ck_assert_msg(good == (zones[_i].minutes != -1), "'%s'", zones[_i].text);
	ck_assert_msg(minutes == zones[_i].minutes, "'%s': %d", zones[_i].text, minutes);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("model update");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, window, 0, MR_ARRAY_SIZE(windows));
	tcase_add_test(t, none_and_two);
	tcase_add_test(t, shares);
	tcase_add_loop_test(t, zone, 0, MR_ARRAY_SIZE(zones));
	suite_add_tcase(s, t);
	return check_run(s);
}
