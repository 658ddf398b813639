// SPDX-License-Identifier: Apache-2.0
/*
 * Contents of sysfs files as the agent reads them. The first byte says which: numbers and
 * identities agree with the C library's reading, a line ends where it should, and any
 * configuration space gives a VS identity of text or none.
 */
#include "agent/sysfs.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "agent/classdev.h"
#include "agent/core/core.h"
#include "agent/vsid.h"
#include "tests/fuzz/fuzz.h"

#define FOLDER "/proc/self/fd"

/* A file with these contents; its name in FOLDER. */
static void file(const uint8_t *data, size_t len, char *name, size_t size)
{
	static int fd = -1;

	if (fd < 0)
		fd = memfd_create("sysfs", MFD_CLOEXEC);
	FUZZ_CHECK(fd >= 0 && !ftruncate(fd, 0));
	FUZZ_CHECK(pwrite(fd, data, len, 0) == (ssize_t)len);
	FUZZ_CHECK(mr_fmt(name, size, "%d", fd));
}

static void check_line(const char *name, const uint8_t *data, size_t len)
{
	const uint8_t *end = memchr(data, '\n', len);
	size_t n = end ? (size_t)(end - data) : len;
	char line[64];

	if (!ag_read_text(FOLDER, name, line, sizeof(line))) {
		FUZZ_CHECK(len == 0 && !line[0]);
		return;
	}
	n = n < sizeof(line) - 1 ? n : sizeof(line) - 1;
	n = strnlen((const char *)data, n);
	FUZZ_CHECK(strlen(line) == n && !memcmp(line, data, n));
}

static void check_int(const char *name)
{
	char line[32], *end;
	int64_t v = 0;
	bool ok = ag_read_int(FOLDER, name, &v);

	if (!ok)
		return;
	FUZZ_CHECK(ag_read_text(FOLDER, name, line, sizeof(line)));
	FUZZ_CHECK(v == strtoll(line, &end, 0) && (!*end || *end == ' '));
}

static void check_hex(const char *name)
{
	char line[64];
	uint64_t v;

	if (!ag_read_text(FOLDER, name, line, sizeof(line)))
		return;
	v = ag_hex_number(line);
	if (line[strspn(line, "0123456789abcdefABCDEF")] == '\0' && strlen(line) <= 16)
		FUZZ_CHECK(v == strtoull(line, NULL, 16));
	if (line[strspn(line, "0123456789abcdefABCDEFx:")])
		FUZZ_CHECK(v == 0);
}

static void check_vsid(const uint8_t *data, size_t len)
{
	struct ag_root root = {0};

	if (!ag_vsid_parse(data, len, &root))
		return;
	FUZZ_CHECK(memchr(root.serial, '\0', sizeof(root.serial)));
	for (const char *s = root.serial; *s; s++)
		FUZZ_CHECK(*s > 0x20 && *s < 0x7f);
}

TARGET(data, len)
{
	unsigned which = fuzz_byte(&data, &len) & 3;
	char name[16];

	if (which == 3) {
		check_vsid(data, len);
		return 0;
	}
	file(data, len, name, sizeof(name));
	if (which == 0)
		check_line(name, data, len);
	else if (which == 1)
		check_int(name);
	else
		check_hex(name);
	return 0;
}
