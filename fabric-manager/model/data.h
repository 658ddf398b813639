/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Namespaces against the inventory: on which drive one is, its row there, what the drive makes
 * of what a document asks for.
 */
#ifndef FABRIC_MANAGER_MODEL_DATA_H
#define FABRIC_MANAGER_MODEL_DATA_H

#include "fabric-manager/model/inventory.h"
#include "fabric-manager/model/record.h"

/* A word for whose it is and what it is called there, never 0. Drives keep it: it is the same
 * in every release. */
uint32_t fm_data_owner(const char *profile, const char *device, const char *name);
/* What its row gets when it is made: id, by which a restarted manager joins them, and owner, by
 * which one whose store is gone tells whose data it is. */
uint64_t fm_data_cookie(const struct fm_rec_data *r);

/* The drive, in whatever slot it stands now; NULL: it is in none that was read. */
const struct fm_adapter *fm_data_drive(const struct fm_inventory *inv,
				       const struct fm_rec_data *r, unsigned *ret_chassis);
/* The row of the namespace on its drive 'a', NULL: the drive has no such row. */
struct fm_namespace *fm_data_row(const struct fm_adapter *a, const struct fm_rec_data *r);
/* Whether that row holds it, and not nothing or another one. */
bool fm_data_is_there(const struct fm_adapter *a, const struct fm_rec_data *r);
/* Whether it was made for that, as the store says, or else its drive. */
bool fm_data_made_for(const struct fm_inventory *inv, const struct fm_rec_data *r,
		      const char *profile, const char *device, const char *name);
/* The VF of its PF, other than 'but', that has it attached; -1 = none (FM_WHOLE: but none). */
int fm_data_attached(const struct fm_adapter *a, const struct fm_rec_data *r, unsigned but);

/* "256MiB in blocks of 4KiB, shared"; 'block_shift' 0: the blocks are left out. */
void fm_data_shape_words(uint64_t size, unsigned block_shift, bool shared, struct mr_buf *out);
/* " on drive ssd of chassis c1, which ..."; and that whole for a drive that has lost it, with
 * what to do. */
void fm_data_gone_words(const struct fm_rec_data *r, const char *what, struct mr_buf *out);
void fm_data_lost_words(const struct fm_rec_data *r, struct mr_buf *out);

/* 'size' in the steps in which a PF of 'a' hands storage out. */
uint64_t fm_drive_size(const struct fm_adapter *a, unsigned pf, uint64_t size);
/* The size of its blocks where the document leaves it open ('want' 0): 4 KiB if it can. */
uint8_t fm_drive_block_shift(const struct fm_adapter *a, uint8_t want);

#endif
