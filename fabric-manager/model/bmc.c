// SPDX-License-Identifier: Apache-2.0
/*
 * Reads the address of a baseboard controller: strict, so that no part of a policy gets into a
 * request that was not meant to (no user, no query, no other path).
 */
#include "fabric-manager/model/bmc.h"

#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

#define LETTERS "abcdefghijklmnopqrstuvwxyz"
#define UPPER	"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS	"0123456789"

const char *fm_power_name(enum fm_power p)
{
	static const char *const names[] = {
#define X(name, text) [FM_POWER_##name] = text,
		FM_POWERS(X)
#undef X
	};

	return p < MR_ARRAY_SIZE(names) ? names[p] : "?";
}

/* Length of the host at the head of 's', 0 when there is none. */
static size_t host_len(const char *s)
{
	size_t n;

	if (*s != '[')
		return strspn(s, LETTERS UPPER DIGITS ".-_");
	n = strspn(s + 1, DIGITS "abcdefABCDEF:.");
	return n && s[n + 1] == ']' ? n + 2 : 0;
}

/* ":PORT" at 's', whose length is put into 'ret_len'; a default where there is none; 0 = bad.
 */
static uint64_t port_of(const char *s, size_t *ret_len)
{
	char digits[8];
	uint64_t port;

	*ret_len = 0;
	if (*s != ':')
		return 443;
	*ret_len = 1 + strspn(s + 1, DIGITS);
	if (*ret_len > 6)
		return 0;
	mr_fmt(digits, sizeof(digits), "%.*s", (int)*ret_len - 1, s + 1);
	return mr_parse_u64(digits, 65535, false, &port, NULL) ? 0 : port;
}

/* bmc.h */
bool fm_bmc_parse(const char *text, struct fm_bmc_address *ret)
{
	static const char scheme[] = "https://", systems[] = FM_BMC_SYSTEMS "/";
	struct fm_bmc_address a = {.system = ""};
	bool url = mr_starts(text, scheme);
	const char *s = url ? text + strlen(scheme) : text;
	size_t n = host_len(s), port_len;
	uint64_t port;

	if (!n)
		return false;
	port = port_of(s + n, &port_len);
	if (!port ||
	    !mr_fmt(a.host, sizeof(a.host), "%.*s:%llu", (int)n, s, (unsigned long long)port))
		return false;
	for (char *c = a.host; *c; c++)
		if (*c >= 'A' && *c <= 'Z')
			*c = (char)(*c - 'A' + 'a');
	s += n + port_len;
	if (url && mr_starts(s, systems)) {
		s += strlen(systems);
		n = strspn(s, LETTERS UPPER DIGITS ".-_~");
		if (!n || !mr_fmt(a.system, sizeof(a.system), "%.*s", (int)n, s))
			return false;
		s += n;
	}
	if (*s)
		return false;
	*ret = a;
	return true;
}
