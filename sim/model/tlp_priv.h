/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request in flight, for the files that move it: tlp.c (hops between a root and a function),
 * peer.c (hops between two functions), tlp_io.c (saving and restoring).
 */
#ifndef SIM_MODEL_TLP_PRIV_H
#define SIM_MODEL_TLP_PRIV_H

#include "sim/model/internal.h"

/* Places, in the order of a host's request; a function's request walks them backwards. One that
 * goes to another bridge of its VH has that bridge's port where the root would be. */
enum place {
	AT_PEER = -1,
	AT_ROOT,
	AT_HOST_PORT,
	AT_DEV_PORT,
	AT_FUNCTION
};

/* What a function's memory request turned out to be. */
enum sim_route {
	SIM_ROUTE_ROOT,
	SIM_ROUTE_INSIDE, /* to a function of the same device */
	SIM_ROUTE_PEER,	  /* to another bridge of the VH */
};

struct tlp {
	uint64_t id;
	struct sim_tlp req;
	struct sim_tlp_fate fate;
	int32_t at;	    /* enum place */
	uint32_t route;	    /* enum sim_route */
	bool back;	    /* it is the completion by now */
	bool in_row, in_vf; /* counted as outstanding there */
	bool in_peer;	    /* and at the row of the bridge that it goes to */
	bool stale;	    /* a translation that was taken back on its way */
	bool answered;	    /* by a blocked port in the function's place */
	bool detour;	    /* a completion between peers that goes over the root */
	bool gone;	    /* its final fate was read */
	unsigned vs, b, peer;
	uint32_t maps; /* of the row when it was passed */
	struct sim_adapter *a;
	struct sim_mvf *v; /* of a function's request or the one that it reached */
	unsigned d;	   /* VH prefix that the device put on it */
	uint64_t born;	   /* state of the function when it asked */
	uint32_t epoch;	   /* of its translation cache then */
	uint64_t last;	   /* an invalidation waits for what was launched up to this one */
	struct sim_translation tr; /* a translation's answer, or what a request was sent by */
	uint64_t data;
};

/* In the order of their ids; those that are gone leave when there is no room. */
struct sim_tlps {
	struct tlp *item;
	unsigned n, cap;
	unsigned gone;
	uint64_t next;
};

/* tlp_launch.c */
/* NULL: there is none, or its fate was read. 'hint': its place in the list once. */
struct tlp *sim_tlp_find(struct sim_chassis *c, uint64_t id, uint64_t hint);

/* tlp.c */
/* Changes when the function is reset or given away. */
uint64_t sim_tlp_life(const struct sim_mvf *v);
void sim_tlp_enter_vf(struct tlp *t, struct sim_mvf *v);
/* Routed by ID, not by address. */
bool sim_tlp_by_id(const struct tlp *t);
void sim_tlp_next_hop(struct sim_chassis *c, struct tlp *t);
struct sim_bridge *sim_tlp_row(struct sim_chassis *c, const struct tlp *t);
struct sim_loc sim_tlp_source(const struct tlp *t);
uint16_t sim_tlp_requester(const struct sim_chassis *c, const struct tlp *t);
void sim_tlp_finish(struct sim_chassis *c, struct tlp *t, enum sim_tlp_end end);
void sim_tlp_lose(struct sim_chassis *c, struct tlp *t, bool blocked);
bool sim_tlp_posted(const struct tlp *t);
/* Where a request ends: what a read gives, what a write does. 'land' leaves RESET_DONE alone:
 * of VH 0's root, which may look at functions that are not its own. */
void sim_tlp_deliver(struct sim_chassis *c, struct tlp *t, const struct sim_loc *l,
		     unsigned bar, uint64_t off);
void sim_tlp_land(struct sim_chassis *c, struct tlp *t, const struct sim_loc *l, unsigned bar,
		  uint64_t off);

/* peer.c */
/* Whether the device itself takes the request to another of its functions. */
bool sim_peer_inside(const struct tlp *t, struct sim_loc *ret, unsigned *ret_bar,
		     uint64_t *ret_off);
void sim_peer_inside_arrive(struct sim_chassis *c, struct tlp *t);
/* At the bridge above the function, on the way up: false when the request ended there. */
bool sim_peer_upstream(struct sim_chassis *c, struct tlp *t);
void sim_peer_port(struct sim_chassis *c, struct tlp *t);
void sim_peer_reach(struct sim_chassis *c, struct tlp *t);

/* root.c */
void sim_root_request(struct sim_chassis *c, struct tlp *t);

#endif
