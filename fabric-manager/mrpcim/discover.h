/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading a whole chassis, shared by the files that do it: discover.c asks phase by phase,
 * discover_take.c puts answers into the model, caps.c reads configuration space.
 */
#ifndef FABRIC_MANAGER_MRPCIM_DISCOVER_H
#define FABRIC_MANAGER_MRPCIM_DISCOVER_H

#include "common/err.h"
#include "fabric-manager/mrpcim/internal.h"

/* Configuration space of one function, read in parts. */
#define CFG_LEGACY 0x100 /* bytes of the first part, */
#define CFG_FIRST  0x300 /* of the first two; all of it only where capabilities go on */
#define CFG_SIZE   0x1000
struct fm_mr_cfg {
	uint32_t dw[CFG_SIZE / 4];
};
uint32_t fm_mr_cfg32(const struct fm_mr_cfg *c, unsigned off);
uint16_t fm_mr_cfg16(const struct fm_mr_cfg *c, unsigned off);
bool fm_mr_cfg_present(const struct fm_mr_cfg *c);
bool fm_mr_cfg_goes_on(const struct fm_mr_cfg *c);
unsigned fm_mr_cap(const struct fm_mr_cfg *c, unsigned id);
unsigned fm_mr_ext_cap(const struct fm_mr_cfg *c, unsigned id);
unsigned fm_mr_dvsec(const struct fm_mr_cfg *c, unsigned vendor, unsigned id);
uint64_t fm_mr_bar_address(const struct fm_mr_cfg *c, unsigned off);
/* ops_acs.c */
unsigned fm_mr_acs_bits(const struct fm_mr_cfg *c, unsigned at);
int64_t fm_mr_flr_ns(const struct fm_mr_cfg *c, int64_t otherwise);
int64_t fm_mr_completion_ns(const struct fm_mr_cfg *c);

struct fm_mr_want;
typedef void fm_mr_take_fn(struct fm_mr_disc *d, const struct fm_mr_want *w,
			   const uint8_t *values);

/* One read record with what is done with its values. */
struct fm_mr_want {
	uint8_t space, width;
	uint16_t bdf, count;
	uint64_t address;
	fm_mr_take_fn *take;
	uint32_t a, b; /* whom it is about: adapter or host index, function or bridge */
};

/* What is read of an adapter until it is in the model. */
struct fm_mr_found {
	struct fm_mr_cfg *bf;		  /* function 0, NULL while nothing answers */
	uint64_t ids;			  /* PORT_BAR_IDS */
	struct fm_mr_cfg *pf[MR_MAX_PFS]; /* PF p; the same as bf where that is PF 0 */
	bool buries;			  /* slots of some host's PFs have a tombstone */
};

struct fm_mr_disc {
	struct fm_chassis *ch;
	struct fm_mr_geometry *geo; /* dev[i] belongs to ch->adapter[i] */
	struct fm_mr_found *found;  /* the same */
	unsigned highest_port, max_bridges;
	uint64_t magic, version;
	struct fm_mr_want *want;
	unsigned wants, want_cap;
	unsigned *part; /* first want of each batch of the phase */
	unsigned parts, part_cap;
	uint64_t first_serial;
	unsigned open; /* batches not yet answered */
	unsigned phase;
	uint64_t vh_changes; /* fm_mrpcim.vh_changes when it began */
	struct mr_err err;
};

void fm_mr_want_add(struct fm_mr_disc *d, struct fm_mr_want w);
void fm_mr_take_globals(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_ports(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_row_head(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_row_tail(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_cfg(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_bars(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_table(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_limits(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_modes(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_resources(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_namespaces(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_vhs(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_slots(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_fn_row(struct fm_mr_disc *d, const struct fm_mr_want *w, const uint8_t *v);
void fm_mr_take_kind(struct fm_mr_disc *d, unsigned adapter);
void fm_mr_take_pfs(struct fm_mr_disc *d, unsigned adapter);
void fm_mr_tie_rows(struct fm_mr_disc *d);

#endif
