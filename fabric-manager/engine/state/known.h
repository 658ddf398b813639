/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is known of hosts beside documents and inventory: the sessions of their agents, the
 * fences by power, and what both said. Part of state.h.
 */
#ifndef FABRIC_MANAGER_ENGINE_STATE_KNOWN_H
#define FABRIC_MANAGER_ENGINE_STATE_KNOWN_H

#include "common/map.h"
#include "fabric-manager/engine/action/action.h"
#include "fabric-manager/model/desired.h"
#include "fabric-manager/plan/plan.h"

enum fm_session_state {
	FM_SS_HELLO,	  /* waits until its chassis is ready */
	FM_SS_CHALLENGED, /* PORT_CHALLENGE being written */
	FM_SS_ASKED,	  /* the agent has to answer */
	FM_SS_ACCEPTED,
	FM_SS_CONTEST, /* another boot answers for the same host: asked again */
	FM_SS_SUSPENDED
};
struct fm_session {
	uint64_t id;
	enum fm_session_state state;
	struct fm_agent_hello hello;
	uint16_t chassis[FM_ROOTS_MAX];
	uint64_t challenge[FM_ROOTS_MAX];
	uint64_t tag[FM_ROOTS_MAX]; /* CHALLENGE operations under way */
	bool answered;
	bool synced; /* a full report came */
	int64_t until;
	struct fm_hst *host; /* where it was accepted */
};

/* The fence by power of a host (assign/fence.c). */
struct fm_fence {
	uint64_t tag;  /* of the POWER_OFF under way, 0 = none */
	int64_t until; /* mono: when its answer is lost; without one, when to ask again */
	unsigned tries;
	int64_t off;		  /* mono: when its controller said off, 0 = it did not */
	uint64_t boots;		  /* of the host when it was asked */
	char said[FM_DETAIL_MAX]; /* why it failed, as the last event had it */
};

/* What is known of a host beside documents and inventory. */
struct fm_hst {
	struct fm_rec_host rec; /* rec.name is the key */
	struct fm_session *session;
	uint64_t revision;
	char kernel[64];
	bool vf_migration;
	bool told;		  /* 'has' was, by the last agent */
	uint8_t has;		  /* bits 1 << enum fm_require */
	struct mr_map *fn;	  /* place key -> struct fm_agent_fn *, as reported */
	struct fm_agent_own *own; /* network ports that are its own, as reported */
	unsigned owns;
	struct fm_foreign *foreign; /* state/foreign.c: what of that was not given to it */
	unsigned foreigns;
	bool foreign_due;
	/* desire/failover.c: when each trigger began (mono), 0 = it holds not */
	int64_t agent_lost, link_down, fatal;
	int64_t awaited; /* since the manager started: it knows the agent, not where it is */
	int64_t grace_until;  /* a reboot was announced or seen */
	bool had_power;	      /* under this manager */
	bool link_when_lost;  /* the link was up when the agent was lost */
	int64_t moved;	      /* mono: last automatic move away */
	int64_t back_wall_ns; /* last automatic move home, 0 = none by this manager */
	/* desire/rootloss.c: when each root began to be down while another one was up (mono), 0
	 * = it is not; bit r: root r is lost by that; and a plan was made since */
	int64_t root_down[FM_ROOTS_MAX];
	uint8_t lost;
	bool lost_planned;
	bool mass;     /* its loss is one of many: alarm given */
	bool no_spare; /* said so */
	bool manual;   /* that it failed was said, and people move its profiles */
	struct fm_fence fence;
	bool stored;
	bool restarted;		      /* since the last plan */
	char conflict[FM_DETAIL_MAX]; /* an agent that is not this host's said that it is */
	int64_t conflict_at;	      /* mono: when it said so last; counts when not empty */
	bool suspect;		      /* on the list of fm_failover_soon */
	struct fm_hst *next_suspect;
};

#endif
