/* SPDX-License-Identifier: Apache-2.0 */
/* What is known of the adapters' control tables: where they are, and what stood in their rows
 * at the last look. */
#ifndef TESTS_SIM_TEST_MANAGEMENT_PRIV_H
#define TESTS_SIM_TEST_MANAGEMENT_PRIV_H

#include "common/map.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "sim/model/chassis.h"
#include "tests/sim-test/world/management.h"

/* A function as it read at the last look (I6). */
struct seen {
	uint64_t resets, remaps, lost;
	bool runs, known;
	uint64_t guaranteed; /* behind its open gate */
};

struct table {
	uint64_t base; /* in VH 0, 0 = none found yet */
	unsigned bus, pfs, vfs;
	bool mra;
	uint64_t size;	   /* of a VF's BAR 0 */
	uint64_t *sum;	   /* a PF each: of the guarantees that were seen */
	uint64_t *memory;  /* and where its VFs' memory begins, 0 = not looked up yet */
	struct seen *seen; /* a VF each */
};

struct management {
	unsigned ports;
	struct table port[MR_MAX_PORTS + 1];
	struct mr_map *identity; /* behind open gates -> fm_fn_key */
	struct mr_batch batch;	 /* of a look at rows, and its result: their memory is kept */
	struct sim_batch_result rows;
};

#endif
