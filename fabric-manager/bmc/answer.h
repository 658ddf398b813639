/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a Redfish service answers (DSP0266, DSP0268), as far as a power-off reads it.
 */
#ifndef FABRIC_MANAGER_BMC_ANSWER_H
#define FABRIC_MANAGER_BMC_ANSWER_H

#include <stddef.h>

#include "fabric-manager/model/bmc.h"

struct mr_err;

/* The id of the only member of a collection of systems; of more, or none, err names them. 0 or
 * -EPROTO. */
int fm_bmc_member(const char *json, size_t len, char *ret_id, size_t size, struct mr_err *err);
/* PowerState of a system: only Off is off; what is on its way is on. 0 or -EPROTO. */
int fm_bmc_power(const char *json, size_t len, enum fm_power *ret, struct mr_err *err);
/* The words of an error, "" where there are none. */
void fm_bmc_message(const char *json, size_t len, char *ret, size_t size);

#endif
