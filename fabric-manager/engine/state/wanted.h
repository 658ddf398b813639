/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What documents and operators want of hosts and profiles, looked up by name.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_WANTED_H
#define FABRIC_MANAGER_ENGINE_STATE_WANTED_H

#include "fabric-manager/engine/state/state.h"
#include "fabric-manager/model/roots.h"

const struct fm_host_def *fm_host_def(const struct fm_engine *e, const char *name);
/* The host behind a port: by documents, else the slot's name; NULL = no such port. */
const char *fm_host_at(const struct fm_engine *e, unsigned chassis, unsigned port);
#define FM_ROOT_TEXT (MR_NAME_MAX + 8)
/* "blade01", "blade01/root1" where the host has several; "?" = no such port. buf of
 * FM_ROOT_TEXT bytes. */
const char *fm_root_text(const struct fm_engine *e, unsigned chassis, unsigned port, char *buf);
/* Why a profile has an override: `banyan drain` moved it away, also if its host says no. */
#define FM_DRAINED	    "banyan drain"
#define FM_DRAINED_BY_FORCE "banyan drain --force"
/* How 'a' leaves its host: its drain policy or that of the verb, and whether the host is asked
 * at all. */
struct fm_drain fm_drain_of(const struct fm_engine *e, const struct fm_asg *a);
bool fm_cut_at_once(struct fm_engine *e, const struct fm_asg *a);
void fm_override_put(struct fm_engine *e, const char *profile, const char *host,
		     const char *who, const char *why);
bool fm_override_del(struct fm_engine *e, const char *profile);
/* Whether 'now' says another host for the profile than the documents in force do: such an edit
 * ends its override (POLICY, "Documents, sets, overrides"). */
bool fm_override_ends(const struct fm_engine *e, const char *profile,
		      const struct fm_docs *now);
/* Ends all of these; before 'now' comes into force. */
void fm_overrides_edit(struct fm_engine *e, const struct fm_docs *now);
void fm_overrides_sweep(struct fm_engine *e);
const struct fm_rec_override *fm_override_get(const struct fm_engine *e, const char *profile);

#endif
