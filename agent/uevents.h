/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where uevents come from: the kernel's netlink group, or a SOCK_SEQPACKET socket that speaks
 * the kernel's format (a simulated blade). All that comes out is "look": what happened is read
 * from sysfs.
 */
#ifndef AGENT_UEVENTS_H
#define AGENT_UEVENTS_H

struct mr_err;
struct mr_loop;
struct ag_uevents;

/* Something may have changed, or uevents were lost. */
typedef void ag_uevents_fn(void *arg);

/*
 * 'socket' NULL: netlink. A socket that is not there (a blade that is off, a simulator that
 * restarts) is tried again with growing pauses; that is no error.
 */
int ag_uevents_new(struct mr_loop *l, const char *socket, ag_uevents_fn *fn, void *arg,
		   struct ag_uevents **ret, struct mr_err *err);
void ag_uevents_free(struct ag_uevents *u);

#endif
