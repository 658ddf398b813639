/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Chassis drivers as io/ sees them: operations go down with a tag, completions and events come
 * up. What is behind a driver (register batches over chassis.proto now; CXL's FM API or
 * Switchtec PAX later) is a row in driver.c's table.
 *
 * Life of a driver:
 *   open    returns at once, also when nobody answers: the driver connects by itself and again
 *           after every loss, with growing pauses. It logs each change of that state once.
 *   submit  takes a copy of an operation, in any state and from anywhere in the loop, callbacks
 *           included. It never calls back before it returns. Operations are started in the
 *           order of their submission; they may end in any other.
 *   result  on_result comes exactly once for every submitted operation: done, refused or lost.
 *           Lost means that the connection went away (or was not there): what the hardware did
 *           is not known and has to be read. 'observed' of a result belongs to the callback
 *           when it sets the pointer to NULL, else it is freed behind it.
 *   event   on_event says what the chassis says by itself, first of all CONNECTED; operations
 *           that are submitted before it are lost. DISCONNECTED comes after the results of what
 *           was under way.
 *   close   ends the connection; operations under way get no completion, no callback comes any
 *           more. Not to be called from inside a callback.
 * All of it happens in the loop's thread. A driver holds no policy and tries nothing again.
 */
#ifndef FABRIC_MANAGER_DRIVER_DRIVER_H
#define FABRIC_MANAGER_DRIVER_DRIVER_H

#include <stdint.h>

#include "fabric-manager/model/op.h"

struct mr_err;
struct mr_loop;

struct fm_driver_calls {
	void (*on_result)(struct fm_op_result *r, void *arg);
	void (*on_event)(const struct fm_chassis_event *ev, void *arg);
};

struct fm_driver_config {
	const char *driver;   /* "mrpcim" */
	const char *name;     /* of the chassis, for logs and names */
	unsigned index;	      /* of the chassis in the inventory */
	const char *address;  /* "unix:/run/banyan/c1.sock" */
	const char *instance; /* of this run of the manager, for the hello */
	const struct fm_driver_calls *calls;
	void *arg;
};

struct fm_driver;

/* What a kind of driver does; each keeps its state behind a struct fm_driver as first
 * member. */
struct fm_driver_ops {
	const char *name;
	struct fm_driver *(*open)(struct mr_loop *l, const struct fm_driver_config *cfg,
				  struct mr_err *err);
	void (*submit)(struct fm_driver *d, const struct fm_op *op);
	void (*close)(struct fm_driver *d);
};
struct fm_driver {
	const struct fm_driver_ops *ops;
};
extern const struct fm_driver_ops fm_driver_mrpcim;

int fm_driver_open(struct mr_loop *l, const struct fm_driver_config *cfg,
		   struct fm_driver **ret, struct mr_err *err);
void fm_driver_submit(struct fm_driver *d, const struct fm_op *op);
void fm_driver_close(struct fm_driver *d);

#endif
