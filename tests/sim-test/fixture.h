/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the stories of fabric_X.c have in common: one world with its judge, documents that are
 * applied, and the assignments that come of them.
 */
#ifndef TESTS_SIM_TEST_FIXTURE_H
#define TESTS_SIM_TEST_FIXTURE_H

#include <check.h>

#include "common/err.h"
#include "tests/sim-test/world/oracle.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define SETTLE_NS (120 * MR_NS_PER_S)

#define DOC(kind, name, spec)                                                                 \
	"---\napiVersion: banyan/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec: " spec \
	"\n"

extern struct world *w;
extern struct oracle *judge;

/* The chassis of this file, its hosts up and its judge looking; 'agent_on' as in world_new. */
void fabric_power(const char *chassis, uint64_t seed, bool (*agent_on)(const char *host));
/* And a manager that came to rest. */
void fabric_begin(const char *chassis, uint64_t seed, bool (*agent_on)(const char *host));
/* The judge had nothing to complain of. */
void fabric_end(void);
/* Judges; the first complaint is kept, for fabric_settle and fabric_end. */
void fabric_judge(void);
/* The same, as on_op of the world: after every operation. */
void fabric_judge_op(struct world *x, const struct fm_op_result *r, void *arg);

void fabric_settle(void);
/* The documents are accepted, or the findings are said. */
void fabric_accept(const char *text);
/* And the fabric comes to rest. */
void fabric_apply(const char *text);
void fabric_apply_buf(struct mr_buf *text); /* empties it */
/* The exit code; the reply is in the world. */
int fabric_ask(const struct fm_request *r);
/* Whether the object shows the condition. */
bool fabric_shows(const char *kind, const char *name, const char *condition);
/* How many entries of the journal on the object say so. */
unsigned fabric_said(const char *object, const char *words);

/* "profile/device", "profile/device/n", or the first one of "profile"; NULL = none. */
const struct fm_assignment *fabric_find(const char *name);
/* There is one. */
const struct fm_assignment *fabric_get(const char *name);
/* And it is Active. */
const struct fm_assignment *fabric_active(const char *name);

const struct fm_adapter *fabric_adapter(const char *name);
void fabric_pull(const char *adapter);
void fabric_insert(const char *adapter);

#endif
