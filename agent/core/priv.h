/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the agent's core share. core.c: events, scans, session; look.c: what a scan
 * shows and what changed; job.c: life of a command; verbs.c and activate.c: what each command
 * does next.
 */
#ifndef AGENT_CORE_PRIV_H
#define AGENT_CORE_PRIV_H

#include "agent/core/core.h"

#define AG_JOBS_MAX	 4096
#define AG_DONE_MAX	 1024  /* acknowledgements kept for commands that are asked again */
#define AG_EPOCHS_MAX	 65536 /* assignments whose epoch is remembered */
#define AG_SCAN_FN_MAX	 65536
#define AG_SCAN_SLOT_MAX 4096
#define AG_NO_WRITE	 AG_WRITE_COUNT

/* One command on its way; op 0 is our own. */
struct ag_job {
	struct ag_cmd cmd;
	uint64_t session;     /* that asked (last); an ack goes only there */
	int64_t due;	      /* monotonic */
	uint64_t need;	      /* number of the scan that it waits for */
	int64_t retry;	      /* no write is repeated before, monotonic */
	uint64_t tag;	      /* write under way, 0 = none */
	enum ag_write write;  /* that one, or the last */
	enum ag_write result; /* a write that ended and was not looked at yet, or AG_NO_WRITE */
	int err;
	uint32_t value;
	unsigned step;		    /* of the verb */
	unsigned unbinds;	    /* a driver that comes back again and again */
	unsigned powers;	    /* ENABLE_VFS: times that its slot was turned on */
	bool hooked, reset;	    /* done once */
	uint8_t overridden, probed; /* functions 0..7 behind the slot, or bit 0 */
	uint8_t asked[128];	    /* ENABLE_VFS alone: VFs that were given to their driver */
	char waits[96];		    /* for what, in the words of a TIMEOUT */
	bool over;		    /* answered; stays while its write is under way */
	bool restoring; /* QUIESCE: its activate hooks run, and then 'why' is said */
	struct {
		enum mr_reason reason;
		char who[64], detail[128];
	} why;
};

struct ag_done {
	uint64_t op, owner_epoch;
	char detail[128];
	bool has_fn;
	struct ag_fn fn;
};

enum ag_session_state {
	AG_OFFLINE,
	AG_LOOKING, /* connected; a fresh scan comes before the hello */
	AG_HELLO_SENT,
	AG_ACCEPTED,
};

struct ag_core {
	struct mr_now now;
	struct ag_actions *out; /* of the running step */
	struct ag_scan seen;	/* last good scan, functions and slots sorted */
	bool looked;		/* there was one */
	uint64_t scans_started, scans_done;
	bool scanning, scan_now;
	int64_t scan_at, rescan_at;
	enum ag_session_state state;
	uint64_t session, hello_need, answer_need;
	struct ag_root said[AG_ROOTS_MAX]; /* in the last hello */
	unsigned saids;
	bool answer_due;
	uint64_t revision;
	struct ag_fn *reported;
	unsigned n_reported;
	struct ag_own *own; /* as reported */
	unsigned n_own;
	int64_t heartbeat_at, offline_since, alone_ns, alone_next;
	struct ag_job **job;
	unsigned jobs, jobs_cap;
	struct ag_done *done; /* grows to AG_DONE_MAX, then the oldest make room */
	unsigned dones, dones_cap, done_oldest;
	struct mr_map *epoch; /* owner epoch, assignment -> highest epoch seen */
	uint64_t last_tag;
};

/* core.c */
struct ag_action *ag_emit(struct ag_core *c, enum ag_action_kind kind);
void ag_log(struct ag_core *c, int level, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* A scan that starts from now on; its number. */
uint64_t ag_want_scan(struct ag_core *c);

/* look.c */
int ag_place_cmp(const struct ag_place *a, const struct ag_place *b);
void ag_look_take(struct ag_core *c, const struct ag_scan *scan);
void ag_look_done(struct ag_scan *s);
/* Functions at a place: [*ret_first, *ret_first + n). LVF: one; else all behind the slot. */
unsigned ag_look_at(const struct ag_core *c, const struct ag_place *p,
		    const struct ag_fn **ret_first);
const struct ag_fn *ag_look_pf(const struct ag_core *c, const struct ag_place *p);
const struct ag_slot *ag_look_slot(const struct ag_core *c, const struct ag_place *p);
const struct ag_root *ag_look_root(const struct ag_core *c, uint16_t port);
bool ag_look_vf_migration(const struct ag_core *c);
/* Fills a REPORT with everything, or with what changed since the last one; false = nothing. */
bool ag_look_report(struct ag_core *c, bool full, struct ag_action *a);

/* job.c */
void ag_job_add(struct ag_core *c, const struct ag_cmd *cmd);
struct ag_job *ag_job_alone(struct ag_core *c, const struct ag_place *place);
void ag_job_written(struct ag_core *c, uint64_t tag, int err, uint32_t value);
void ag_jobs_run(struct ag_core *c);
int64_t ag_jobs_deadline(const struct ag_core *c);
void ag_jobs_free(struct ag_core *c);
void ag_job_end(struct ag_core *c, struct ag_job *j, enum mr_reason reason, const char *who,
		const char *fmt, ...) __attribute__((format(printf, 5, 6)));
/* Looks again at the next scan: what it waits for did not come yet. A write is not repeated
 * before AG_POLL_NS are over (ag_job_may_write). */
void ag_job_later(struct ag_core *c, struct ag_job *j);
bool ag_job_may_write(const struct ag_core *c, const struct ag_job *j);
void ag_job_wait(struct ag_job *j, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
struct ag_action *ag_job_write(struct ag_core *c, struct ag_job *j, enum ag_write w,
			       const struct ag_fn *f, uint32_t value, const char *text);

/* The refusal of a write in our words. */
void ag_job_refused(struct ag_core *c, struct ag_job *j);

/* verbs.c, activate.c */
void ag_verb_run(struct ag_core *c, struct ag_job *j);
/* Whether activate hooks have to run before a QUIESCE is refused; starts them then. */
bool ag_quiesce_restores(struct ag_core *c, struct ag_job *j, enum mr_reason reason,
			 const char *who, const char *detail);
void ag_activate(struct ag_core *c, struct ag_job *j);
/* Ends the job with BUSY if one of the functions is not ours to take; true = ended. */
bool ag_refuse_users(struct ag_core *c, struct ag_job *j);
/* Unbinds one function; ends the job when its driver keeps coming back. */
void ag_unbind(struct ag_core *c, struct ag_job *j, const struct ag_fn *f);

#endif
