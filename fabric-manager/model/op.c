/* SPDX-License-Identifier: Apache-2.0 */
/* Names of operations and of what a chassis says by itself. */
#include "fabric-manager/model/op.h"

#include "common/xalloc.h"

static const char *const op_names[] = {
#define X(name, text, proves) text,
	FM_OPS(X)
#undef X
};

static const char *const event_names[] = {
#define X(name, text) #name,
	FM_CHASSIS_EVENTS(X)
#undef X
};

/* The word for an operation, "?" for a number that is none. */
const char *fm_op_kind_name(enum fm_op_kind k)
{
	return (size_t)k < MR_ARRAY_SIZE(op_names) ? op_names[k] : "?";
}

/* The token of a chassis event, "?" for a number that is none. */
const char *fm_chassis_event_name(enum fm_chassis_event_kind k)
{
	return (size_t)k < MR_ARRAY_SIZE(event_names) ? event_names[k] : "?";
}
