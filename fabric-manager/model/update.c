// SPDX-License-Identifier: Apache-2.0
/*
 * The arithmetic of updates: shares of a group, and windows on the wall clock. Days are counted
 * from 1970-01-01, a Thursday, in the window's own zone; there is no summer time in it.
 */
#include "fabric-manager/model/update.h"

#include <stddef.h>

#include "common/now.h"
#include "common/str.h"
#include "common/xalloc.h"

#define MINUTE_NS (60 * MR_NS_PER_S)
#define DAY	  (24 * 60) /* minutes */
#define THURSDAY  3

/* The policy's word, "?" for a number that is none. */
const char *fm_strategy_name(enum fm_strategy s)
{
	static const char *const names[] = {
#define X(name, text) text,
		FM_STRATEGIES(X)
#undef X
	};

	return (size_t)s < MR_ARRAY_SIZE(names) ? names[s] : "?";
}

/* The policy's word, "?" for a number that is none. */
const char *fm_on_failure_name(enum fm_on_failure f)
{
	static const char *const names[] = {
#define X(name, text) text,
		FM_ON_FAILURES(X)
#undef X
	};

	return (size_t)f < MR_ARRAY_SIZE(names) ? names[f] : "?";
}

/* How many of 'hosts' may be disturbed at one time: rounded down, at least 1. */
unsigned fm_update_at_once(const struct fm_update *u, unsigned hosts)
{
	unsigned n = u->percent ? hosts * u->max_unavailable / 100 : u->max_unavailable;

	if (!u->max_unavailable)
		return hosts ? hosts : 1;
	return n ? n : 1;
}

/* Minutes from 'now' (minutes since 1970 in the window's zone) until the window opens; 0 = it
 * is open. */
static int64_t until_open(const struct fm_window *w, int64_t now)
{
	int64_t today = now / DAY - (now % DAY < 0), at = now - today * DAY;
	int64_t len = (w->end + DAY - w->start) % DAY;

	if (!len)
		len = DAY;
	for (int64_t d = -1; d <= 7; d++) { /* yesterday's may reach into today */
		unsigned weekday = (unsigned)(((today + d + THURSDAY) % 7 + 7) % 7);
		int64_t start = d * DAY + w->start;

		if (!(w->days >> weekday & 1) || at >= start + len)
			continue;
		return at >= start ? 0 : start - at;
	}
	return 7 * DAY; /* no day at all: never, looked at now and then */
}

/* Whether a change may begin now; else when the next window opens. */
bool fm_update_open(const struct fm_update *u, int64_t wall_ns, int64_t *ret_opens_wall_ns)
{
	int64_t minute = wall_ns / MINUTE_NS, best = INT64_MAX;

	for (unsigned i = 0; i < u->windows; i++) {
		int64_t wait = until_open(&u->window[i], minute + u->window[i].zone_minutes);

		if (!wait)
			return true;
		if (wait < best)
			best = wait;
	}
	if (u->windows)
		*ret_opens_wall_ns = (minute + best) * MINUTE_NS;
	return !u->windows;
}

static bool two_digits(const char *s, int max, int *ret)
{
	if (s[0] < '0' || s[0] > '9' || s[1] < '0' || s[1] > '9')
		return false;
	*ret = (s[0] - '0') * 10 + s[1] - '0';
	return *ret <= max;
}

/* "UTC", "Z", or an offset "+02:00"; false for any other text. */
bool fm_zone_parse(const char *s, int16_t *ret_minutes)
{
	int h, m;

	if (mr_streq(s, "UTC") || mr_streq(s, "Z")) {
		*ret_minutes = 0;
		return true;
	}
	if ((s[0] != '+' && s[0] != '-') || !two_digits(s + 1, 14, &h) || s[3] != ':' ||
	    !two_digits(s + 4, 59, &m) || s[6])
		return false;
	*ret_minutes = (int16_t)((s[0] == '-' ? -1 : 1) * (h * 60 + m));
	return true;
}
