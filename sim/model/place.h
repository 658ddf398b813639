/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers by name, for scenarios and dumps: what a person calls a register, and where it is.
 *
 *   switch/REG                   port/BLADE|ADAPTER/REG      row/BLADE/BRIDGE/REG
 *   vf/ADAPTER/pfP/vfV/REG       pf/ADAPTER/VH/P/REG         vh/ADAPTER/VH/REG
 *   ns/ADAPTER/pfP/N/REG, N from 0 mail/ADAPTER/VH/P/REG
 *   config/BLADE|vh0/BB:DD.F/OFFSET[/WIDTH]                  memory/BLADE/ADDRESS[/WIDTH]
 *   bar/BLADE/BB:DD.F/OFFSET[/WIDTH], behind BAR 0
 */
#ifndef SIM_MODEL_PLACE_H
#define SIM_MODEL_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "common/now.h"

struct mr_err;
struct sim_chassis;

/* A register: of the management's spaces (as a batch record names it), or as a host sees it. */
struct sim_place {
	bool host;     /* a request of host 'vh', else the management's */
	uint8_t space; /* enum mr_batch_space */
	uint16_t vh, rid;
	bool in_bar; /* 'address' counts from BAR 0 of 'rid' as it is at the access */
	uint64_t address;
	uint8_t width;
};

struct sim_reg_name {
	const char *name;
	uint32_t at;
};
extern const struct sim_reg_name sim_switch_regs[], sim_port_regs[], sim_row_regs[],
	sim_vf_regs[], sim_pf_regs[], sim_vh_regs[], sim_ns_regs[], sim_mail_regs[];

/* Finds the register that 'text' names; -EINVAL with what was expected and the nearest name. */
int sim_place_find(struct sim_chassis *c, const char *text, struct sim_place *ret,
		   struct mr_err *err);
/* Reads it as its side would; nobody's ownership is needed. */
uint64_t sim_place_read(struct sim_chassis *c, struct mr_now now, const struct sim_place *p);
/* Writes it: enum mr_batch_status; the owner counts for the management's registers only. */
uint32_t sim_place_write(struct sim_chassis *c, struct mr_now now, const struct sim_place *p,
			 uint64_t owner, uint64_t epoch, uint64_t v);

#endif
