/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Drivers: what carries operations to a chassis and brings back completions and events.
 *
 * Life of a driver: open starts to connect and returns at once; FM_CE_CONNECTED is reported
 * when the chassis answers and FM_CE_DISCONNECTED when it is lost, any number of times; between
 * the two, operations may be submitted, any number at once. Each submitted operation ends by
 * exactly one on_result (done, refused, lost); submitting while disconnected ends it as lost.
 * Callbacks come from the loop only, never from inside open, submit or close. After close there
 * is no callback any more; what was under way is not reported.
 *
 * A driver holds no policy and retries nothing (DESIGN section 5). Chassis of other makes
 * follow as further rows of the table in driver.c, equals of `mrpcim`.
 */
#ifndef FABRIC_MANAGER_DRIVER_DRIVER_H
#define FABRIC_MANAGER_DRIVER_DRIVER_H

#include <stdbool.h>

#include "fabric-manager/model/op.h"

struct mr_err;
struct mr_loop;
struct fm_driver;

/* Who is told. 'result' and what it owns belong to the callee's caller again when it returns,
 * except that the callee may take result->observed and leave NULL. */
struct fm_driver_user {
	void (*on_result)(struct fm_op_result *result, void *arg);
	void (*on_event)(const struct fm_chassis_event *event, void *arg);
	void *arg;
};

/* Whether there is a driver of this name ("mrpcim"). */
bool fm_driver_known(const char *name);
/*
 * Opens driver 'name' to the chassis 'chassis' (its name and its index in the inventory) at
 * 'address' ("unix:PATH", "tcp:HOST:PORT"). 0, or -ENOENT for an unknown driver, -EINVAL for an
 * address that cannot be parsed.
 */
int fm_driver_open(struct mr_loop *loop, const char *name, unsigned index, const char *chassis,
		   const char *address, const struct fm_driver_user *user,
		   struct fm_driver **ret, struct mr_err *err);
void fm_driver_submit(struct fm_driver *d, const struct fm_op *op); /* copied */
void fm_driver_close(struct fm_driver *d);			    /* NULL is accepted */

#endif
