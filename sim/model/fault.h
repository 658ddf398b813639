/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Faults of the hardware: what a scenario breaks. The chassis asks here at five places (a
 * register is read, is written, an interrupt is sent, a reset begins, a root answers); with no
 * fault set each is one comparison with NULL.
 */
#ifndef SIM_MODEL_FAULT_H
#define SIM_MODEL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/now.h"

struct mr_batch_rec;
struct sim_adapter;
struct sim_chassis;
struct sim_faults;
struct sim_notice;

#define SIM_FAULTS(X)                       \
	X(STUCK_REGISTER, "stuck-register") \
	X(SLOW_REGISTER, "slow-register")   \
	X(LOST_INTERRUPT, "lost-interrupt") \
	X(FLR_HANG, "flr-hang")             \
	X(SHALLOW_RESET, "shallow-reset")   \
	X(SLOW_ROOT, "slow-root")
enum sim_fault_kind {
#define X(name, text) SIM_FAULT_##name,
	SIM_FAULTS(X)
#undef X
	SIM_FAULT_COUNT
};
const char *sim_fault_name(enum sim_fault_kind k);
int sim_fault_parse(const char *s); /* -1 = none */

struct sim_fault {
	enum sim_fault_kind kind;
	uint8_t space; /* register: as in a batch */
	uint16_t vh, rid;
	uint64_t address;
	uint64_t value;	  /* stuck: what it reads; shallow reset: 1 = ATS Enable stays, too */
	int64_t delay_ns; /* slow: from the write to its effect, or of a root's answers */
	unsigned count;	  /* lost interrupts, 0 = all; of any kind */
	uint16_t port;	  /* of resets: adapter */
};

/* Sets a fault; -ENOSPC over 64. Takes effect at once. */
int sim_fault_set(struct sim_chassis *c, const struct sim_fault *f);
/* Takes every fault of a kind away; SIM_FAULT_COUNT: all. Resets that hang end then, slow
 * writes that wait take effect in time. */
void sim_fault_clear(struct sim_chassis *c, struct mr_now now, enum sim_fault_kind kind);
void sim_faults_free(struct sim_faults *f);

/* ---- what the chassis asks ---- */

/* Whether any register is faulty. */
bool sim_fault_registers(const struct sim_chassis *c);
/* A stuck register: its value instead of the true one. */
bool sim_fault_read(const struct sim_chassis *c, const struct mr_batch_rec *r, uint64_t addr,
		    uint64_t *ret);
/* A write that does not take effect (stuck), or not now (slow). */
bool sim_fault_write(struct sim_chassis *c, const struct mr_batch_rec *r, uint64_t addr,
		     uint64_t v);
/* A slow write is due. */
void sim_fault_due(struct sim_chassis *c, uint64_t id);
/* Whether this notice is an interrupt that gets lost. */
bool sim_fault_loses(struct sim_chassis *c, const struct sim_notice *n);
/* When a reset of a function of the adapter that begins now ends: MR_NEVER when it hangs. */
int64_t sim_fault_reset_end(const struct sim_chassis *c, const struct sim_adapter *a);
/* A reset that leaves a VF's cache of translations as it is: the fault, or NULL. */
const struct sim_fault *sim_fault_shallow(const struct sim_chassis *c,
					  const struct sim_adapter *a);
/* How much later the root of VH 'vh' answers what functions read from its memory. */
int64_t sim_fault_root_delay(const struct sim_chassis *c, unsigned vh);

#endif
