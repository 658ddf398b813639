// SPDX-License-Identifier: Apache-2.0
/*
 * uevents as a reader of the agent gets them, from the kernel, libudev or anybody: what parses
 * has its texts inside the message.
 */
#include "agent/uevent.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

static bool within(const char *s, const uint8_t *data, size_t len)
{
	const char *begin = (const char *)data;

	if (!*s && (s < begin || s >= begin + len))
		return true; /* the empty text of "none" */
	return s >= begin && s < begin + len && memchr(s, '\0', (size_t)(begin + len - s));
}

TARGET(data, len)
{
	struct ag_uevent e;

	if (!ag_uevent_parse((const char *)data, len, &e))
		return 0;
	FUZZ_CHECK(e.action[0] && memchr(e.action, '\0', sizeof(e.action)));
	FUZZ_CHECK(e.subsystem[0] && memchr(e.subsystem, '\0', sizeof(e.subsystem)));
	FUZZ_CHECK(within(e.devpath, data, len));
	FUZZ_CHECK(!ag_uevent_matters(&e) || strcmp(e.subsystem, "usb"));
	return 0;
}
