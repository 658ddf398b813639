/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of the tests' small world: its chassis' tables, its store, its knobs. world.h says
 * what it is for.
 */
#ifndef TESTS_UNIT_FM_ENGINE_WORLD_BASE_H
#define TESTS_UNIT_FM_ENGINE_WORLD_BASE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "fabric-manager/engine/engine.h"
#include "fabric-manager/model/inventory.h"

#define W_HOSTS	   4
#define W_ADAPTERS 3
#define W_BRIDGES  16
#define W_VFS	   8
#define NIC	   10
#define HBA	   11
#define GPU	   12

struct w_agent {
	bool on;
	uint64_t session;
	char boot[8];
	bool lvf, told;
	uint8_t has;	  /* FM_REQUIRE_* */
	bool busy;	  /* nacks quiesce */
	bool hangs;	  /* its kernel does: nacks what it should let go */
	bool keeps;	  /* nacks release: it does not give the function back */
	bool silent;	  /* answers nothing */
	bool silent_gone; /* does not answer confirm-gone; w.gone_* has the question */
	bool refuses;	  /* nacks activate */
	bool lies;	  /* reads another challenge */
	int resets; /* its host is reset once, after (1) or before (2) it said "released" */
	uint64_t incarnation;
};

struct w_event {
	enum fm_event_kind kind;
	uint64_t n, session;
	struct fm_op_result result;
	struct fm_agent_ack ack;
	struct fm_agent_hello hello;
	struct fm_chassis_event chassis;
	enum fm_power power;
	bool fails;
};

struct world {
	struct fm_engine *e;
	struct mr_now now;
	struct fm_chassis c;
	uint64_t challenge[W_HOSTS + 1];
	struct fm_record *rec;
	unsigned recs, cap_recs;
	struct w_event *queue;
	unsigned q_at, q_n, q_cap;
	struct w_agent agent[W_HOSTS + 1]; /* by port */
	uint64_t sessions;
	struct mr_buf ops; /* "configure map gate-open ..." */
	struct mr_buf log; /* all log lines */
	struct mr_buf closed;
	struct mr_buf notes; /* of the last command to an agent that had some */
	/* knobs */
	int64_t op_ns;	  /* what each operation of the chassis takes */
	int refuse, lose; /* enum fm_op_kind, -1 = none */
	unsigned times;	  /* how often */
	bool store_fails;
	uint64_t gone_op; /* confirm-gone that was not answered, and of which bridge */
	unsigned gone_bridge;
	/* every host's baseboard controller: what it says; it may be silent, or another host's
	 */
	enum fm_power power;
	bool bmc_silent, bmc_of_another;
	uint64_t power_tag; /* what it was asked last */
	uint64_t seed;	    /* of the engine that runs */
	long crash_after;   /* actions until everything in flight is forgotten; -1 = never */
	bool crashed;
	bool had_crashed; /* before the last restart */
	bool apart;	  /* of engines: searches are made apart; and not before w_search_go */
	bool search_waits;
	struct {
		uint64_t tag;
		struct fm_search_job *job;
	} search[8];
	unsigned searches, searched; /* that wait; in all */
	/* last reply */
	unsigned replies;
	int exit_code;
	enum mr_reason reason;
	char text[512];
	struct mr_tree *tree;
	char findings[2048];
	bool reply_held;
	unsigned writes;	       /* to functions and rows */
	void (*each)(struct world *w); /* after each step of the engine; NULL = nothing */
};

static const char *const w_names[] = {"c1"};

static inline void w_host(struct fm_host *h, unsigned port)
{
	*h = (struct fm_host){.port = (uint16_t)port, .slot = (uint16_t)port, .present = true};
	mr_fmt(h->name, sizeof(h->name), "blade%02u", port);
	h->power = h->link = true;
	h->auth = MR_AUTH_HELD;
	h->boots = 1;
	h->link_mbps = 100000;
	h->bridges = W_BRIDGES;
	h->bridge = mr_xcalloc(W_BRIDGES, sizeof(*h->bridge));
}

static inline void w_adapter(struct fm_adapter *a, const char *name, unsigned port,
			     enum fm_adapter_kind kind, enum mr_class class_)
{
	*a = (struct fm_adapter){.port = (uint16_t)port,
				 .slot = (uint16_t)(port - 9),
				 .present = true,
				 .link = true,
				 .kind = kind,
				 .device_class = class_};
	mr_copy(a->name, sizeof(a->name), name);
	mr_fmt(a->serial, sizeof(a->serial), "S-%u", port);
	a->vendor = 0x15b3;
	a->device = (uint16_t)(0x1000 + port);
	a->link_mbps = 200000;
	a->caps = 31;
	a->rate_step_mbps = 1;
	if (kind == FM_ADAPTER_BASE) {
		a->fn = mr_xcalloc(1, sizeof(*a->fn));
		a->fn->row_bridge = FM_NO_BRIDGE;
		return;
	}
	a->pfs = 1;
	a->vfs = W_VFS;
	if (kind == FM_ADAPTER_MRA) {
		a->vhs = W_HOSTS + 1;
		a->vh_of = mr_xcalloc(a->vhs, sizeof(*a->vh_of));
		for (unsigned i = 1; i < a->vhs; i++)
			a->vh_of[i] = FM_WHOLE;
	}
	a->pf[0].net_mbps = 100000;
	a->pf[0].vf_bar[0].size = 65536;
	a->pf[0].vf_bar[0].flags = MR_BAR_64;
	a->fn = mr_xcalloc(W_VFS, sizeof(*a->fn));
	for (unsigned i = 0; i < W_VFS; i++) {
		a->fn[i].row_bridge = FM_NO_BRIDGE;
		a->fn[i].status = MR_VF_RESET_DONE | MR_VF_DEFAULTS;
	}
}

static inline void w_engine(struct world *w)
{
	struct fm_engine_config cfg = {w_names, 1, w->seed, true, w->apart};

	w->e = fm_engine_new(&cfg);
}

static inline void w_init(struct world *w)
{
	*w = (struct world){
		.refuse = -1, .lose = -1, .crash_after = -1, .seed = 42, .apart = true};
	w->now = (struct mr_now){1000 * MR_NS_PER_S, 1700000000 * MR_NS_PER_S};
	mr_copy(w->c.name, sizeof(w->c.name), "c1");
	mr_copy(w->c.serial, sizeof(w->c.serial), "C1-0001");
	w->c.hosts = W_HOSTS;
	w->c.host = mr_xcalloc(W_HOSTS, sizeof(*w->c.host));
	for (unsigned i = 0; i < W_HOSTS; i++)
		w_host(&w->c.host[i], i + 1);
	w->c.adapters = W_ADAPTERS;
	w->c.adapter = mr_xcalloc(W_ADAPTERS, sizeof(*w->c.adapter));
	w_adapter(&w->c.adapter[0], "nic-left", NIC, FM_ADAPTER_MRA, MR_CLASS_ETHERNET);
	w_adapter(&w->c.adapter[1], "hba", HBA, FM_ADAPTER_SRIOV, MR_CLASS_FC);
	w_adapter(&w->c.adapter[2], "gpu0", GPU, FM_ADAPTER_BASE, MR_CLASS_GPU);
	w_engine(w);
}

static inline void w_done(struct world *w)
{
	fm_engine_free(w->e);
	while (w->searches)
		fm_search_job_free(w->search[--w->searches].job);
	fm_chassis_done(&w->c);
	for (unsigned i = 0; i < w->recs; i++)
		if (w->rec[i].kind == FM_RECORD_DOCUMENT)
			free(w->rec[i].document.text);
	free(w->rec);
	free(w->queue);
	mr_buf_done(&w->ops);
	mr_buf_done(&w->log);
	mr_buf_done(&w->closed);
	mr_buf_done(&w->notes);
	mr_tree_free(w->tree);
}

/* ---- the store */

static inline bool w_same_key(const struct fm_record *a, const struct fm_record *b)
{
	if (a->kind != b->kind)
		return false;
	switch (a->kind) {
	case FM_RECORD_META:
	case FM_RECORD_CURRENT:
		return true;
	case FM_RECORD_DOCUMENT:
		return a->document.version == b->document.version &&
		       mr_streq(a->document.kind, b->document.kind) &&
		       mr_streq(a->document.name, b->document.name);
	case FM_RECORD_ASSIGNMENT:
		return mr_streq(a->assignment.profile, b->assignment.profile) &&
		       mr_streq(a->assignment.device, b->assignment.device) &&
		       a->assignment.index == b->assignment.index;
	case FM_RECORD_IDENT:
		return !mr_ident_cmp(&a->ident.ident, &b->ident.ident);
	case FM_RECORD_FUNCTION:
		return mr_streq(a->function.adapter, b->function.adapter) &&
		       a->function.pf == b->function.pf && a->function.vf == b->function.vf;
	case FM_RECORD_DATA:
		return mr_streq(a->data.profile, b->data.profile) &&
		       mr_streq(a->data.device, b->data.device) &&
		       mr_streq(a->data.name, b->data.name);
	case FM_RECORD_OVERRIDE:
		return mr_streq(a->override.profile, b->override.profile);
	case FM_RECORD_TOMBSTONE:
		return a->tombstone.place.port == b->tombstone.place.port &&
		       a->tombstone.place.bridge == b->tombstone.place.bridge &&
		       a->tombstone.place.slot == b->tombstone.place.slot;
	case FM_RECORD_OPERATION:
		return a->operation.id == b->operation.id;
	case FM_RECORD_EVENT:
		return a->event.seq == b->event.seq;
	case FM_RECORD_CHASSIS:
		return mr_streq(a->chassis.name, b->chassis.name);
	case FM_RECORD_HOST:
		return mr_streq(a->host.name, b->host.name);
	case FM_RECORD_VERSION:
		return a->version.version == b->version.version;
	case FM_RECORD_MEASURE:
		return mr_streq(a->measure.adapter, b->measure.adapter) &&
		       a->measure.way == b->measure.way;
	default:
		return false;
	}
}

static inline void w_store_put(struct world *w, const struct fm_record *r)
{
	unsigned i = 0;

	while (i < w->recs && !w_same_key(&w->rec[i], r))
		i++;
	if (i < w->recs && w->rec[i].kind == FM_RECORD_DOCUMENT)
		free(w->rec[i].document.text);
	if (r->erase) {
		if (i < w->recs)
			w->rec[i] = w->rec[--w->recs];
		return;
	}
	if (i == w->recs) {
		MR_GROW(w->rec, w->recs, w->cap_recs);
		w->recs++;
	}
	w->rec[i] = *r;
	if (r->kind == FM_RECORD_DOCUMENT)
		w->rec[i].document.text = mr_xstrdup(r->document.text);
}

static inline unsigned w_count(const struct world *w, enum fm_record_kind kind)
{
	unsigned n = 0;

	for (unsigned i = 0; i < w->recs; i++)
		n += w->rec[i].kind == kind;
	return n;
}

/* I5: what is mapped has a row in the store. */
static inline bool w_stored(const struct world *w, uint64_t cookie)
{
	for (unsigned i = 0; i < w->recs; i++)
		if (w->rec[i].kind == FM_RECORD_ASSIGNMENT &&
		    fm_cookie(&w->rec[i].assignment) == cookie)
			return true;
	return false;
}

#endif
