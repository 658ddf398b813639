/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations: what the engine asks of a chassis (the border is asynchronous; each ends exactly
 * once: done, refused, lost). Each names the only function, row, host or port that its register
 * writes may touch (I6).
 */
#ifndef FABRIC_MANAGER_MODEL_OP_H
#define FABRIC_MANAGER_MODEL_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "common/reason.h"
#include "fabric-manager/model/ids.h"
#include "fabric-manager/model/inventory.h"

/*
 * X(NAME, text, what 'done' proves - each was read back).
 *
 * A hand-over (HANDOVER 5) is: [QUIESCE by the agent] GATE_CLOSE, then LVF: REQUEST_OUT +
 * agent, or BLOCK at once; BLOCK, DRAIN, UNMAP, RESET; CONFIGURE, MAP, [ACTIVATE by the agent],
 * GATE_OPEN.
 */
#define FM_OPS(X)                                                                            \
	X(TAKE_OWNER, "take-owner",                                                          \
	  "the switch shows our owner id and the new epoch, generation written")             \
	X(OBSERVE, "observe",                                                                \
	  "the whole chassis was read; the inventory comes with the completion")             \
	X(AUTHORISE, "authorise", "PORT_AUTH of the host port reads the wanted value")       \
	X(CHALLENGE, "challenge", "PORT_CHALLENGE of the host port reads the wanted value")  \
	X(PROVISION, "provision",                                                            \
	  "VH 0: NumVFs and VF Enable of the adapter's PFs as wanted, VFs ready")            \
	X(MODE, "mode", "the adapter's mode in effect is the wanted one; nobody uses it")    \
	X(ATTACH_PF, "attach-pf",                                                            \
	  "VH-table row enabled and the host's bridge leads to the adapter's PFs")           \
	X(DETACH_PF, "detach-pf", "that bridge is free again and the VH-table row disabled") \
	X(CONFIGURE, "configure",                                                            \
	  "function free, reset, blocked; attributes and cookie read back, gate closed")     \
	X(MAP, "map", "row MAPPED, or MigrateIn; place.slot is known; unblocked")            \
	X(GATE_OPEN, "gate-open", "VF_GATE reads 1")                                         \
	X(GATE_CLOSE, "gate-close", "VF_GATE reads 0 and identity filters are removed")      \
	X(REQUEST_OUT, "request-out", "LVF: state reads MigrateOut")                         \
	X(RETRACT, "retract", "LVF: MigrateOut or MigrateIn taken back")                     \
	X(BLOCK, "block",                                                                    \
	  "blocked from then to, row BLOCKED and effective (LVF: FORCE_OUT unless "          \
	  "Unavailable)")                                                                    \
	X(DRAIN, "drain", "nothing outstanding, or the completion timeout passed")           \
	X(UNMAP, "unmap", "row FREE, or RETURNed to VH 0; no host reaches it")               \
	X(RESET, "reset", "HANDOVER 10's first rung confirmed; defaults read back")          \
	X(SET_ATTRS, "set-attrs", "class Live: attributes of a mapped function read back")   \
	X(TOMBSTONE, "tombstone", "tombstone bit of the bridge or slot reads as wanted")     \
	X(READ_FN, "read-fn", "one function and its row were read")                          \
	X(NS_CREATE, "create-namespace", "it exists as asked for, with our cookie")          \
	X(NS_DELETE, "delete-namespace", "its row reads empty; its contents are gone")       \
	X(NS_ERASE, "erase-namespace", "it holds nothing that was written before")
enum fm_op_kind {
#define X(name, text, proves) FM_OP_##name,
	FM_OPS(X)
#undef X
	FM_OP_COUNT
};
const char *fm_op_kind_name(enum fm_op_kind k);

/* A namespace: which of the PF's, and for NS_CREATE what it is to be. */
struct fm_ns_ask {
	uint8_t index; /* namespace number - 1 */
	uint8_t block_shift;
	bool shared;
	uint64_t size; /* bytes */
};

/* RESET: what becomes of device memory (HANDOVER 5, onRelease). */
enum fm_release {
	FM_RELEASE_RESET, /* cleared where the device can */
	FM_RELEASE_SCRUB, /* the same: the plan gives such a claim no device that cannot */
	FM_RELEASE_RETAIN /* kept: the same profile will have it again */
};

struct fm_op {
	uint64_t tag; /* operation id, echoed by its completion */
	enum fm_op_kind kind;
	uint16_t chassis;
	struct fm_fn_id
		fn; /* the function (adapter port for PROVISION, MODE, ATTACH_PF, DETACH_PF) */
	struct fm_place place; /* host port, bridge, way, slot */
	uint64_t cookie;
	struct fm_attrs attrs;
	uint64_t value; /* TAKE_OWNER: generation; AUTHORISE: enum mr_port_auth; CHALLENGE;
			 * PROVISION: VFs per PF, 0 max; MODE: index; TOMBSTONE: 0/1; RESET:
			 * fm_release */
	uint64_t owner_id,
		owner_epoch; /* TAKE_OWNER: ours, and the epoch to take, above the switch's */
	uint64_t generation; /* written before the first register of each transaction, where it
				grew */
	bool forced;	     /* BLOCK: without the host's consent */
	struct fm_ns_ask ns; /* NS_*: of fn.port and fn.pf; fn.vf means nothing */
};

enum fm_op_end {
	FM_OP_DONE,
	FM_OP_REFUSED,
	FM_OP_LOST
};

struct fm_op_result {
	uint64_t tag;
	enum fm_op_kind kind;
	enum fm_op_end end;
	enum mr_reason reason; /* of a refusal */
	char detail[160];
	struct fm_fn_id id;
	bool has_fn;
	struct fm_fn fn;       /* as read back at the end */
	struct fm_place place; /* with the slot that the hardware chose */
	bool has_ns;
	struct fm_namespace ns; /* NS_*: as read back */
	bool has_bridge;
	struct fm_bridge bridge;
	struct fm_chassis
		*observed; /* OBSERVE: taken over by the receiver (fm_chassis_done + free) */
	uint64_t owner_epoch;
};

/* What the chassis says by itself (events of the ring, translated; and the state of the
 * connection). */
#define FM_CHASSIS_EVENTS(X)                                                         \
	X(CONNECTED, "connected: observe it")                                        \
	X(DISCONNECTED, "operations under way are lost")                             \
	X(OVERFLOW, "events were lost: observe")                                     \
	X(HOST_LINK, "value 1 up, 0 down")                                           \
	X(HOST_POWER, "value 1 on, 0 off")                                           \
	X(HOST_RESET, "value: boots")                                                \
	X(HOST_FATAL, "fatal error reported by the host port")                       \
	X(ADAPTER_PRESENCE, "value 1 inserted, 0 pulled")                            \
	X(ADAPTER_LINK, "value 1 up, 0 down")                                        \
	X(SLOT_POWER, "bridge: value 1 on, 0 off, by the host")                      \
	X(REMOVAL_SEEN, "bridge: the host consumed the removal")                     \
	X(VF_STATE, "fn: SR-PCIM wrote the State Array; value: enum mr_vf_state")    \
	X(VF_ENABLE, "fn.port, place.port: VF Enable changed in that VH")            \
	X(STALE_OWNER,                                                               \
	  "our batch was refused: somebody else owns the chassis; value: its epoch") \
	X(STRANGE, "traffic without a row; port")                                    \
	X(WATCHDOG, "fn stood still for 'value' ms: the adapter reset it")           \
	X(MAILBOX, "fn.port, fn.pf: its PF in the VH of 'port' sent a request")      \
	X(HELD, "adapter port: VH 0's root was refused; value: enum mr_held")
enum fm_chassis_event_kind {
#define X(name, text) FM_CE_##name,
	FM_CHASSIS_EVENTS(X)
#undef X
};
const char *fm_chassis_event_name(enum fm_chassis_event_kind k);

struct fm_chassis_event {
	enum fm_chassis_event_kind kind;
	uint16_t chassis;
	uint16_t port; /* host or adapter port */
	uint16_t bridge;
	struct fm_fn_id fn;
	uint64_t value;
};

#endif
