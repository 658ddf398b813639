/* SPDX-License-Identifier: Apache-2.0 */
/* A group of two hosts with a profile each, and a spare; how they fail. */
#ifndef TESTS_UNIT_FM_ENGINE_FAILING_H
#define TESTS_UNIT_FM_ENGINE_FAILING_H

#include "tests/unit/fm_engine/world.h"

#define GROUP(more) \
	GROUP_OF(more) "---\n" W_PROFILE("one", "blade01") "---\n" W_PROFILE("two", "blade02")
#define GROUP_OF(more) W_HOSTS_TEXT W_POOLS_TEXT GROUP_SPEC(more)
#define GROUP_SPEC(more)                                                         \
	"apiVersion: banyan/v1\nkind: HostGroup\nmetadata: {name: db}\nspec:\n"  \
	"  hosts: [blade01, blade02]\n  spares: [blade03]\n  failover:\n"        \
	"    mode: automatic\n    triggers: {agentLost: 15s, hostLinkDown: 5s, " \
	"powerOff: true, "                                                       \
	"fatalError: true}\n    rebootGrace: 10m\n" more

static inline void up(struct world *w, const char *text)
{
	w_up_three(w, text);
	W_PHASE(w, "one/data0", ACTIVE);
	W_PHASE(w, "two/data0", ACTIVE);
	mr_buf_reset(&w->ops);
}

static inline void power(struct world *w, unsigned port, bool on)
{
	w->c.host[port - 1].power = w->c.host[port - 1].link = on;
	w_chassis(w, FM_CE_HOST_LINK, port, 0, on);
	w_chassis(w, FM_CE_HOST_POWER, port, 0, on);
	if (on)
		w_chassis(w, FM_CE_HOST_RESET, port, 0, ++w->c.host[port - 1].boots);
}

static inline const char *host_of(struct world *w, const char *asg)
{
	return w_asg(w, asg) ? w_asg(w, asg)->host : "";
}

#endif
