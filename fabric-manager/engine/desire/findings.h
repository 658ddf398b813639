/* SPDX-License-Identifier: Apache-2.0 */
/* What documents and inventory say together, for who brings documents into force. */
#ifndef FABRIC_MANAGER_ENGINE_DESIRE_FINDINGS_H
#define FABRIC_MANAGER_ENGINE_DESIRE_FINDINGS_H

struct mr_diags;

/*
 * Adds to 'ret' the findings of 'new', documents that are to be in force: all warnings, and the
 * errors that 'old', the documents in force, does not have as well, wherever they stood there.
 * What stands already (the inventory may have changed) holds no edit back.
 */
void fm_findings_add(const struct mr_diags *new, const struct mr_diags *old,
		     struct mr_diags *ret);

#endif
