/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a mapped function is compared with what is intended (FabricPolicy `drift`), and what
 * happens when it differs.
 */
#ifndef FABRIC_MANAGER_MODEL_DRIFT_H
#define FABRIC_MANAGER_MODEL_DRIFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* X(NAME, word of the policy, what it covers) */
#define FM_DRIFTS(X)                                                           \
	X(IDENTITY, "identity", "MAC, WWNs, GUIDs")                            \
	X(VLAN, "vlan", "VLAN, its priority and protocol, trunk")              \
	X(RATES, "rates", "guarantee, limit, burst, weight")                   \
	X(TRUST, "trust", "trust")                                             \
	X(SPOOF_CHECK, "spoofCheck", "spoof check")                            \
	X(LINK_STATE, "linkState", "link state")                               \
	X(MTU, "mtu", "MTU")                                                   \
	X(BRIDGING, "bridging", "bridging mode")                               \
	X(MIRROR, "mirror", "where frames are copied to")                      \
	X(ACL, "acl", "filter rules")                                          \
	X(RESOURCES, "resources", "interrupts, queues and what the class has") \
	X(GATE, "gate", "whether the gate is open")                            \
	X(HOST_IDENTITY, "hostIdentity", "the identity that the host sets")    \
	X(DRIVER, "driver", "the driver that the host bound")
enum fm_drift {
#define X(name, text, help) FM_DRIFT_##name,
	FM_DRIFTS(X)
#undef X
	FM_DRIFT_COUNT
};
const char *fm_drift_name(enum fm_drift d);
int fm_drift_parse(const char *s); /* -1 = none */

enum fm_drift_action {
	FM_DRIFT_REPORT,
	FM_DRIFT_CORRECT,
	FM_DRIFT_IGNORE
};
struct fm_drift_policy {
	enum fm_drift_action action;
	int64_t interval_ns;
	uint32_t ignore; /* bits 1 << enum fm_drift */
};

struct fm_attrs;
/* Bits of what differs between 'reads' and 'wants'; the gate is not an attribute. */
uint32_t fm_attrs_drift(const struct fm_attrs *reads, const struct fm_attrs *wants);
#define FM_DRIFT_TEXT 192 /* with four filter rules */
/* The attributes that a bit covers, in words; FM_DRIFT_TEXT is room enough. */
void fm_attrs_drift_text(const struct fm_attrs *a, enum fm_drift d, char *buf, size_t size);

#endif
