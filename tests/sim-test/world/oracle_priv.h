/* SPDX-License-Identifier: Apache-2.0 */
/* What the judge's files share: what it knows of hosts and functions, and what is in flight. */
#ifndef TESTS_SIM_TEST_ORACLE_PRIV_H
#define TESTS_SIM_TEST_ORACLE_PRIV_H

#include "common/xalloc.h"
#include "tests/sim-test/world/oracle.h"

#define SCRATCH	   0x800 /* in a function's memory: where the canary sits */
#define BUFFER(vh) (0x100000000ull + (uint64_t)(vh)*0x100000)
#define BUFFERS	   ((uint64_t)WORLD_HOSTS_MAX * 0x100000)
#define FRAME(vh) \
	(0x800000000000ull + (uint64_t)(vh)*0x100000000ull) /* where its root has them */
#define FLIGHT_MAX 4096
#define WATCH_MAX  512

/* A function that some host once reached. */
struct fn {
	uint16_t port, pf, vf;
	uint16_t owner;			     /* the host that reaches it now, 0 = none */
	uint16_t last;			     /* and that did so last */
	uint8_t learnt[WORLD_HOSTS_MAX / 8]; /* hosts whose buffers it was told of */
	uint32_t seen;			     /* check in which it was last reached */
	uint32_t look;			     /* and in which it was looked at */
	uint16_t filled;  /* the host in whose name its state is filled, 0 = none */
	uint16_t rid;	  /* where its owner reached it last */
	uint64_t address; /* of its memory there, 0 = unknown */
	uint32_t rid_check, address_check; /* in which check: later something else may be there
					    */
};

/* What a host once addressed. */
struct addr {
	bool memory;
	int slot;	  /* the bridge that its kernel had it behind */
	uint32_t fn;	  /* that it led to last + 1, 0 = none yet */
	uint64_t address; /* or RID */
};

struct probed {
	struct addr *addr;
	unsigned n, cap;
	struct mr_map *known;
	uint64_t revision; /* of what its kernel showed when it was looked at */
};

/* A request under way: what its arrival would mean. */
struct flight {
	uint64_t id;
	uint16_t vh;	  /* host that sent it, or 0 */
	uint32_t fn;	  /* function that sent it + 1, or 0 */
	uint16_t owner;	  /* of the function when it was sent, or who had it last */
	bool held;	  /* he had it */
	bool memory;	  /* a read of memory: its word is looked at */
	bool translated;  /* sent by what the function had in its cache */
	uint32_t at;	  /* address of the host that it was sent to */
	uint64_t address; /* of memory, or RID */
};

struct oracle {
	struct world *w;
	struct fn *fn;
	unsigned fns, cap;
	struct mr_map *index; /* port, pf, vf -> fn */
	struct probed host[WORLD_HOSTS_MAX];
	struct flight flight[FLIGHT_MAX];
	unsigned flying;
	struct flight watch[WATCH_MAX]; /* across operations */
	unsigned watched;
	uint32_t check;
	uint32_t *look; /* functions that this check looks at */
	unsigned looks, look_cap;
	struct mr_map *carried; /* identity -> VH << 16 | RID that carried it last */
	uint64_t full_at;	/* events until everything is looked at */
	uint64_t fulls;
	bool rows_excused;
	bool thorough; /* everything after every event */
	uint64_t requests;
	uint64_t pair; /* the identity that a declared `ha` pair shares, 0 = none */
	char complaint[512];
};

bool oracle_complain(struct oracle *o, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* ---- oracle.c ---- */
struct fn *oracle_fn_of(struct oracle *o, uint16_t port, uint16_t pf, uint16_t vf);
/* This check looks at function 'i', too. */
void oracle_look_at(struct oracle *o, uint32_t i);
/* ---- oracle_traffic.c ---- */
void oracle_probe_address(struct oracle *o, unsigned vh, uint32_t i);
void oracle_probe_fn(struct oracle *o, uint32_t at);
void oracle_probe_neighbour(struct oracle *o, uint32_t at);
/* Lets what flies arrive; the rest of the world stands still for these microseconds. */
void oracle_land(struct oracle *o);
/* What arrived meanwhile, whoever has the function by now. */
void oracle_judge_watched(struct oracle *o);
/* ---- oracle_tables.c: I4 and I5, by the tables of hosts and store ---- */
/* The function as the store's rows name it. */
uint64_t oracle_fn_key(const struct fn *f);
/* Of everything, or of what this check looks at. */
bool oracle_identities(struct oracle *o, bool all);
bool oracle_rows(struct oracle *o);
/* ---- oracle_data.c: contents of namespaces ---- */
bool oracle_data(struct oracle *o);

#endif
