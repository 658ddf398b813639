/* SPDX-License-Identifier: Apache-2.0 */
/* Two NICs, and four who run there of whom two have to change places so that a fifth gets one.
 */
#ifndef TESTS_UNIT_FM_ENGINE_SWAP_H
#define TESTS_UNIT_FM_ENGINE_SWAP_H

#include "tests/unit/fm_engine/world.h"

#define POOL                                                                 \
	W_HOSTS_TEXT                                                         \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n" \
	"spec: {adapterSelector: {class: ethernet}, bandwidth: {reservable: 100%}}\n"
#define PROFILE(name, host)                                                             \
	"---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: " name "}\n" \
	"spec:\n  host: " host "\n  devices:\n"
#define DEVICE(name, gbit)                                                                     \
	"    - {name: " name ", class: ethernet, pool: nics, qos: {guaranteed: " gbit "Gbit}}" \
	"\n"
#define A(devices) PROFILE("a", "blade01") devices
#define B(devices) PROFILE("b", "blade02") devices
#define Z	   PROFILE("c", "blade03") DEVICE("z", "2")

static const char *const names[] = {"a/x", "b/y", "a/p", "b/q"};

static inline bool on_left(struct world *w, const char *name)
{
	return mr_streq(w_asg(w, name)->adapter, "nic-left");
}

/* 10 Gbit each: x (6) and q (3) on one NIC, y (5) and p (4) on the other. z (2) gets a place
 * once x and y, or p and q, have changed theirs. */
static inline void up(struct world *w)
{
	w_init(w);
	free(w->c.adapter[1].fn);
	w_adapter(&w->c.adapter[1], "nic-right", HBA, FM_ADAPTER_SRIOV, MR_CLASS_ETHERNET);
	w->c.adapter[0].pf[0].net_mbps = w->c.adapter[1].pf[0].net_mbps = 10000;
	w_start(w);
	w_apply(w, W_HOSTS_TEXT);
	for (unsigned p = 1; p <= 3; p++)
		w_agent_up(w, p, "boot-a", false);
	w_apply(w, POOL A(DEVICE("x", "6")));
	w_apply(w, POOL A(DEVICE("x", "6")) B(DEVICE("y", "5")));
	w_apply(w, POOL A(DEVICE("x", "6") DEVICE("p", "4")) B(DEVICE("y", "5")));
	w_apply(w,
		POOL A(DEVICE("x", "6") DEVICE("p", "4")) B(DEVICE("y", "5") DEVICE("q", "3")));
	for (unsigned i = 0; i < 4; i++)
		W_PHASE(w, names[i], ACTIVE);
	ck_assert(on_left(w, "a/x") == on_left(w, "b/q"));
	ck_assert(on_left(w, "b/y") == on_left(w, "a/p"));
	ck_assert(on_left(w, "b/y") != on_left(w, "a/x"));
}

#define ASKED POOL A(DEVICE("x", "6") DEVICE("p", "4")) B(DEVICE("y", "5") DEVICE("q", "3")) Z

#endif
