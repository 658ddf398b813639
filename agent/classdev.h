/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The class device of a function (net, infiniband, nvme, fc_host): its name, the identity that
 * the host reads, whether its link is up.
 */
#ifndef AGENT_CLASSDEV_H
#define AGENT_CLASSDEV_H

#include <stdint.h>

struct ag_fn;
struct ag_names;

/* 'dir' is the function's folder, 'names' what is in it. Fills name, ident0, ident1, link. */
void ag_classdev_read(const char *dir, const struct ag_names *names, struct ag_fn *f);
/* The same of a card of the host's own, by its class code: each network port of 'base'. At most
 * 'most'; their number. */
struct ag_own;
unsigned ag_classdev_own(const char *dir, const struct ag_names *names,
			 const struct ag_own *base, struct ag_own *ret, unsigned most);
/* "02:25:b5:00:00:01", "0002:c903:0000:0001", "0x2000..." -> number; 0 if it is none. */
uint64_t ag_hex_number(const char *text);

#endif
