/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hooks: executables in a folder, run in the order of their names before a function is released
 * and after it was activated. Each gets one JSON object on standard input:
 * {"when","host","bdf","place":{"way","port","bridge","pf","slot"}}; exit status 0 = go on.
 */
#ifndef AGENT_HOOKS_H
#define AGENT_HOOKS_H

struct ag_action;

/*
 * Runs what stands in 'folder'; no folder is no hooks. 0; -ECANCELED when a hook says no (exit
 * status not 0), -ETIMEDOUT when the action's deadline passed: the hook and what it started in
 * its process group are ended.
 */
int ag_hooks_run(const char *folder, const char *host, const struct ag_action *a);

#endif
