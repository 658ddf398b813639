/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of a scenario share: scenario_read.c (YAML to steps, names to numbers),
 * scenario.c (time, triggers, the run), scenario_act.c, scenario_tester.c and scenario_manage.c
 * scenario_tlp.c (what steps do),
 * scenario_expect.c (what they expect), scenario_report.c (what was).
 */
#ifndef SIM_MODEL_SCENARIO_PRIV_H
#define SIM_MODEL_SCENARIO_PRIV_H

#include "common/err.h"
#include "common/ids.h"
#include "common/pci/regmap.h"
#include "common/rng.h"
#include "sim/model/chassis.h"
#include "sim/model/desc_read.h"
#include "sim/model/fault.h"
#include "sim/model/place.h"
#include "sim/model/scenario.h"

#define SCN_STEPS_MAX	1000
#define SCN_EXPECTS_MAX 64
#define SCN_LINES_MAX	200000 /* of a report */
#define SCN_OWNER	1      /* id of the run as the management */

/* Keys of an action, an expectation or a trigger: as written, then as resolved. */
struct scn_args {
	unsigned line, col;
	char path[SIM_PATH_MAX];
	char blade[MR_NAME_MAX], adapter[MR_NAME_MAX];
	char port[MR_NAME_MAX]; /* a blade or an adapter */
	char function[96];	/* ADAPTER/pfP/vfV, or a `base` ADAPTER */
	char to[96];		/* another VF of the same PF */
	char place[160];	/* a register (place.h) */
	char at[24];		/* BB:DD.F */
	char word[64];		/* kind of fault, memory, event, state, text */
	char driver[32];
	uint64_t value, mask, least;
	bool has_value, has_mask, has_least, has_bridge, has_count, has_kind, stale, total;
	unsigned kind; /* of an error or of traffic: as in chassis.h */
	uint32_t header[4];
	int flag; /* present, up, on: -1 = not said */
	unsigned bridge, count;
	int64_t time_ns, off_ns;

	unsigned vh, portnr, pf, vf; /* vf ffffh: the whole device */
	unsigned to_vf;		     /* VF + 1, 0: none */
	struct sim_place reg;
	uint16_t rid;
	unsigned event;
};

/* Who resolves 'word'. */
enum scn_word {
	SCN_WORD_TEXT,
	SCN_WORD_EVENT,
	SCN_WORD_FAULT,
	SCN_WORD_MEMORY,
	SCN_WORD_STATE,
};

struct scn_action {
	const char *key, *help;
	const struct sim_field *fields;
	const char *primary; /* of 'fields': what a plain value means; NULL: a map is needed */
	enum scn_word word;
	/* 0, or a negative errno (a refusal); 'why' gets a sentence. */
	int (*run)(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why);
};
extern const struct scn_action scn_acts[], scn_tester_acts[], scn_tlp_acts[], scn_manage_acts[];

struct scn_check {
	const char *key, *help;
	const struct sim_field *fields;
	const char *primary;
	enum scn_word word;
	/* Whether it holds; 'found' gets what was there. */
	bool (*holds)(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found);
};
extern const struct scn_check scn_checks[];

struct scn_expect {
	const struct scn_check *check;
	struct scn_args a;
};

struct scn_step {
	unsigned line, col;
	char path[SIM_PATH_MAX];
	char name[96];
	int64_t at_ns, after_ns, jitter_ns, within_ns, every_ns; /* at: -1 = not said */
	unsigned chance, repeat;
	bool has_on, refused;
	struct scn_args on;
	struct scn_expect *when; /* NULL: not said */
	const struct scn_action *action;
	struct scn_args a;
	struct scn_expect *expect;
	unsigned expects;
};

struct sim_scn {
	char file[256];
	char name[MR_NAME_MAX];
	char about[256];
	char chassis[256];
	uint64_t seed;
	bool owner; /* the run takes the chassis over at the start */
	int64_t poll_ns;
	struct scn_step *step;
	unsigned steps;
};

/* ---- a run ---- */

enum scn_phase {
	SCN_WAIT,   /* for its time and its event */
	SCN_EXPECT, /* acted; until everything holds */
	SCN_OVER,
};

/* An event that the management read. */
struct scn_event {
	unsigned ev, port, vh, bridge;
	uint64_t arg0, arg1;
};

struct scn_line {
	int64_t t_ns;  /* since the start */
	unsigned step; /* from 1; 0: none */
	const char *kind;
	char *text;
};

struct scn_uevent {
	unsigned vh;
	char *text; /* NULs as blanks */
};

struct sim_scn_run {
	const struct sim_scn *scn;
	struct sim_chassis *c;
	struct sim_scn_live live; /* settle NULL: the chassis is the run's own */
	struct sim_blade **blade; /* by VH */
	unsigned blades;
	struct mr_rng rng;
	struct mr_now now;
	int64_t start;
	uint64_t seed, owner_id, epoch;

	unsigned at;	/* step */
	unsigned round; /* of a repeated one */
	enum scn_phase phase;
	int64_t due, limit; /* of the phase; since when the step waits */
	bool begun, passed, skipped;

	bool deaf; /* the management does not read its events */
	uint64_t cursor;
	int64_t poll_due;
	struct scn_event *event;
	unsigned events, event_cap, event_mark;
	unsigned irqs, irq_mark;
	bool irq; /* since the ring was read */
	struct scn_uevent *uevent;
	unsigned uevents, uevent_cap, uevent_mark;
	uint64_t tlp; /* the last request of scenario_tlp.c, and its fate */
	struct sim_tlp_fate fate;
	struct scn_line *line;
	unsigned lines, line_cap, lines_lost;
	unsigned held, missed;
};

/* scenario.c */
void scn_log(struct sim_scn_run *r, const char *kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
struct sim_blade *scn_blade(struct sim_scn_run *r, unsigned vh);
/* scenario_watch.c: notices, events, uevents; and how many events match since the mark. */
void scn_watch(struct sim_scn_run *r);
void scn_read_events(struct sim_scn_run *r);
unsigned scn_event_count(const struct sim_scn_run *r, const struct scn_args *a, unsigned mark);
int scn_event_parse(const char *name); /* -1 = none */
/* scenario_manage.c */
int scn_take_over(struct sim_scn_run *r);
/* scenario_expect.c */
const char *const *scn_states(void);
const char *scn_state(struct sim_scn_run *r, unsigned vh);

/* scenario_tlp.c: the expectation 'answer'. */
bool scn_answer(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found);
extern const struct sim_field scn_answer_fields[];

/* scenario_read.c: readers of keys. */
SIM_READER(scn_rd_text);
SIM_READER(scn_rd_value);
SIM_READER(scn_rd_bridge);
SIM_READER(scn_rd_flag);
SIM_READER(scn_rd_aer_kind);
extern const struct sim_field scn_event_fields[];

#define SCN_AT(member) offsetof(struct scn_args, member)
/* Keys that many actions cannot do without. */
#define SCN_BLADE                                                               \
	{                                                                       \
		"blade", scn_rd_text, SCN_AT(blade), 0, MR_NAME_MAX, true, NULL \
	}
#define SCN_ADAPTER                                                                 \
	{                                                                           \
		"adapter", scn_rd_text, SCN_AT(adapter), 0, MR_NAME_MAX, true, NULL \
	}
#define SCN_BRIDGE                                             \
	{                                                      \
		"bridge", scn_rd_bridge, 0, 0, 252, true, NULL \
	}

#endif
