/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the bench of the engine drives it against: chassis of synthetic functions that do what
 * they are told at once, a store that is durable at once, no agents. Only the engine's own
 * steps are timed.
 */
#ifndef TESTS_BENCH_ENGINE_FABRIC_H
#define TESTS_BENCH_ENGINE_FABRIC_H

#include "common/map.h"
#include "common/str.h"
#include "fabric-manager/engine/engine.h"
#include "fabric-manager/model/inventory.h"

struct bench_fabric {
	struct fm_engine *engine;
	struct mr_now now;
	struct fm_inventory inv;
	const char **name; /* of the chassis */
	/* what is stored */
	struct fm_record *rec;
	unsigned recs, cap_recs;
	struct mr_map *rec_by;
	/* answers under way */
	struct fm_event *queue; /* owns result */
	unsigned q_at, q_n, q_cap;
	bool deaf; /* operations on functions are not answered */
	/* since bench_fabric_mark */
	int64_t ns; /* processor time of the engine's steps */
	unsigned steps, ops;
	int64_t longest; /* step */
	/* what the bench carries out itself: operations (they are answered beside) and what is
	 * said to agents; NULL: nothing */
	void (*tell)(const struct fm_action *a, void *arg);
	void *tell_arg;
	bool untimed; /* who asks the clock twice a step pays for it */
	/* the last reply */
	int exit_code;
	char reply[512];
};

/* A host without anything: 32 bridges, nothing behind them. */
void bench_host(struct fm_host *h, unsigned chassis, unsigned i);
/* Chassis with so many hosts and adapters all together. */
void bench_fabric_init(struct bench_fabric *f, unsigned adapters, unsigned hosts);
void bench_fabric_done(struct bench_fabric *f);
/* An engine on what is stored, with its chassis connected. */
void bench_fabric_start(struct bench_fabric *f);
void bench_fabric_stop(struct bench_fabric *f);
/* Everything that was given out runs, as if it had been put in place. */
void bench_fabric_activate(struct bench_fabric *f);
void bench_fabric_event(struct bench_fabric *f, const struct fm_event *ev);
/* Time passes until nothing is left to do; at most 'ns'. */
void bench_fabric_run(struct bench_fabric *f, int64_t ns);
void bench_fabric_mark(struct bench_fabric *f);
bool bench_fabric_apply(struct bench_fabric *f, const struct fm_file *file, unsigned files);
bool bench_fabric_request(struct bench_fabric *f, struct fm_request r);

#endif
