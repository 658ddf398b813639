/* SPDX-License-Identifier: Apache-2.0 */
/* Parsing of uevents; every key is taken only when its NUL is inside the message. */
#include "agent/uevent.h"

#include <endian.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

#define UDEV_MAGIC 0xfeedcafe

/* libudev's header (struct udev_monitor_netlink_header). */
struct udev_header {
	char prefix[8];
	uint32_t magic; /* big-endian */
	uint32_t header_size;
	uint32_t properties_off;
	uint32_t properties_len;
};

static const char *const subsystems[] = {"pci",	    "net",   "infiniband", "nvme",
					 "fc_host", "block", "pci_slot"};

/* Where the keys start, or 0 if the message is neither. */
static size_t keys_at(const char *data, size_t *len)
{
	struct udev_header h;
	const char *end;

	if (*len >= sizeof(h) && !memcmp(data, "libudev", 8)) {
		memcpy(&h, data, sizeof(h));
		if (be32toh(h.magic) != UDEV_MAGIC || h.properties_off < sizeof(h) ||
		    h.properties_off > *len || h.properties_len > *len - h.properties_off)
			return 0;
		*len = h.properties_off + h.properties_len;
		return h.properties_off;
	}
	end = memchr(data, '\0', *len);
	if (!end || end == data || !memchr(data, '@', (size_t)(end - data)))
		return 0;
	return (size_t)(end - data) + 1;
}

static void take(const char *key, struct ag_uevent *ret)
{
	if (mr_starts(key, "ACTION="))
		mr_copy(ret->action, sizeof(ret->action), key + 7);
	else if (mr_starts(key, "SUBSYSTEM="))
		mr_copy(ret->subsystem, sizeof(ret->subsystem), key + 10);
	else if (mr_starts(key, "DEVPATH="))
		ret->devpath = key + 8;
	else if (mr_starts(key, "SEQNUM="))
		mr_parse_u64(key + 7, UINT64_MAX, false, &ret->seqnum, NULL);
	else if (mr_streq(key, "VF_MIGRATION=1"))
		ret->vf_migration = true;
}

bool ag_uevent_parse(const char *data, size_t len, struct ag_uevent *ret)
{
	struct ag_uevent e = {.devpath = ""};
	size_t at = keys_at(data, &len);

	if (!at)
		return false;
	while (at < len) {
		const char *end = memchr(data + at, '\0', len - at);

		if (!end)
			break;
		take(data + at, &e);
		at = (size_t)(end - data) + 1;
	}
	if (!e.action[0] || !e.subsystem[0])
		return false;
	*ret = e;
	return true;
}

bool ag_uevent_matters(const struct ag_uevent *e)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(subsystems); i++)
		if (mr_streq(e->subsystem, subsystems[i]))
			return true;
	return false;
}
