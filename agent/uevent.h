/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One uevent message, in the kernel's format ("add@/devices/...\0ACTION=add\0...") or in
 * libudev's (magic "libudev", then the same keys): one parser for both.
 */
#ifndef AGENT_UEVENT_H
#define AGENT_UEVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ag_uevent {
	char action[16];
	char subsystem[32];
	const char *devpath; /* into the message; "" = none */
	uint64_t seqnum;
	bool vf_migration; /* VF_MIGRATION=1 (HANDOVER 14) */
};

/* false for bytes that are no uevent. 'data' needs no NUL at its end. */
bool ag_uevent_parse(const char *data, size_t len, struct ag_uevent *ret);
/* Whether it can concern a function of ours: PCI itself, or a class device on it. */
bool ag_uevent_matters(const struct ag_uevent *e);

#endif
