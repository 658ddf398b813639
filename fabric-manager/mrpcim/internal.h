/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the rooms of mrpcim share; nobody outside includes it.
 *
 * An operation becomes a run: a short list of steps, each of which builds one batch and judges
 * its reply. geometry.c knows where registers are, run.c sends, waits and ends, discover.c
 * reads whole chassis, ring.c reads events, ops_*.c are the operations, ops.c is their table.
 */
#ifndef FABRIC_MANAGER_MRPCIM_INTERNAL_H
#define FABRIC_MANAGER_MRPCIM_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/queue.h>

#include "common/mutant.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "fabric-manager/mrpcim/mrpcim.h"

#define FM_MR_RUNS_MAX	  65536u /* operations under way; more are refused */
#define FM_MR_SLOT_BITS	  20	 /* of a batch tag: which run; the rest is a serial number */
#define FM_MR_WAIT_CHAINS 1024

/* Times of the specification (facts/mriov.md 1.4) that no register gives. */
#define FM_MR_VF_ENABLE_NS   (100 * MR_NS_PER_MS) /* before VFs may be touched */
#define FM_MR_VF_DISABLE_NS  MR_NS_PER_S	  /* before the capability may be touched */
#define FM_MR_READY_MAX_NS   MR_NS_PER_S	  /* after it without success: broken */
#define FM_MR_FLR_DEFAULT_NS MR_NS_PER_S	  /* without Readiness Time Reporting */
#define FM_MR_HOT_RESET_NS   (100 * MR_NS_PER_MS)
#define FM_MR_COMPLETION_NS  (50 * MR_NS_PER_MS) /* default range of Device Control 2 */

/* ---- where things are (geometry.c) ---- */

/* An adapter with what only the driver has to know of it. */
struct fm_mr_dev {
	struct fm_adapter a; /* a.fn is NULL; a.vh_of owned */
	uint64_t vh_changed; /* fm_mrpcim.vh_changes when we changed a.vh_of last */
	uint16_t rid;	     /* function 0 in VH 0 */
	uint64_t ct;	     /* address of the control table in VH 0, 0 = none */
	uint32_t class_code;
	uint64_t vf_bar_reg[6]; /* CT_VF_BAR */
	uint64_t vf_msix;
	uint16_t pcie, msix, ats;   /* offsets of capabilities of function 0, 0 = none */
	uint16_t sriov[MR_MAX_PFS]; /* of the PFs in VH 0 */
	uint16_t acs[MR_MAX_PFS], vf_acs[MR_MAX_PFS]; /* of them, of their VFs; 0 = none */
	uint16_t acs_bits[MR_MAX_PFS];		      /* what of it PROVISION sets in the PF */
	bool flr;				      /* function 0 has it */
	bool ari;				      /* its PFs have the ARI capability */
	bool multi_function;	       /* a `base` device with more than function 0 */
	int64_t completion_timeout_ns; /* longest that a request may be outstanding */
};

struct fm_mr_geometry {
	struct fm_mr_dev *dev;
	unsigned devs;
	uint16_t dev_at[MR_MAX_PORTS + 1]; /* index + 1 */
	uint8_t port_kind[MR_MAX_PORTS + 1];
	uint16_t bridges[MR_MAX_HOSTS + 1]; /* by VS = VH */
	int64_t effect_ns;
};
struct fm_mr_geometry *fm_mr_geometry_new(void);
void fm_mr_geometry_free(struct fm_mr_geometry *g);
struct fm_mr_dev *fm_mr_dev_at(const struct fm_mr_geometry *g, unsigned port);
void fm_mr_vh_set(struct fm_mrpcim *m, struct fm_mr_dev *d, unsigned dvh, uint16_t system_vh);
int fm_mr_device_vh(const struct fm_mr_dev *d, unsigned system_vh);
uint16_t fm_mr_pf_rid(const struct fm_mr_dev *d, unsigned pf);
uint64_t fm_mr_vf_row(const struct fm_mr_dev *d, struct fm_fn_id fn);
void fm_mr_words(const struct fm_mr_geometry *g, const struct mr_batch_rec *r, char *buf,
		 size_t size);

/* Rows as they are read: MVF, FM_MR_VF_READ registers from VF_MAP; bridge, ROW_REGS from
 * ROW_STATE. */
#define FM_MR_VF_READ (VF_ACL(MR_VF_ACL_ROWS) / 8)
void fm_mr_fn_parse(const struct fm_mr_dev *d, const uint64_t *reg, struct fm_fn *ret);
void fm_mr_ns_parse(const uint64_t reg[NS_REGS], struct fm_namespace *ret);
uint8_t fm_mr_row_state(uint64_t reg);
void fm_mr_row_parse(const uint64_t *reg, struct fm_bridge *ret);
uint64_t fm_mr_flags_reg(const struct fm_attrs *a);
uint64_t fm_mr_vlan_reg(const struct fm_attrs *a);

/* ---- runs (run.c) ---- */

struct fm_mr_run;

struct fm_mr_reply {
	const uint8_t *data;
	unsigned n; /* values */
	uint32_t executed, status;
};
static inline uint64_t fm_mr_value(const struct fm_mr_reply *p, unsigned i)
{
	return i < p->n ? mr_batch_get_value(p->data, i) : UINT64_MAX;
}

enum fm_mr_next {
	FM_MR_NEXT,    /* go on with the next step; after the last one it is done */
	FM_MR_DONE,    /* done although steps are left */
	FM_MR_AGAIN,   /* build and send this step again at the time set by fm_mr_pause */
	FM_MR_REFUSED, /* run->res says why */
};

/* One batch of an operation. A build that adds nothing is a step that is not needed. */
struct fm_mr_step {
	void (*build)(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b);
	enum fm_mr_next (*judge)(struct fm_mrpcim *m, struct fm_mr_run *r,
				 const struct fm_mr_reply *p);
};
#define FM_MR_STEPS_MAX 7

/* What an operation is made of: steps by the way in which the function is reached. */
enum fm_mr_needs {
	FM_MR_WRITES = 1,  /* ours to do only as the owner */
	FM_MR_ADAPTER = 2, /* op.fn.port is an adapter that was discovered */
	FM_MR_FN = 4,	   /* op.fn is a function of it */
	FM_MR_HOST = 8,	   /* op.place.port is a host port */
	FM_MR_BRIDGE = 16, /* op.place.bridge is a bridge of it */
	FM_MR_PLACE = 32,  /* host, and bridge unless the way is LVF or none */
	FM_MR_MRA = 64,	   /* the adapter is multi-root aware */
	/* Where a bridge row leads to it: the adapter may be out of its slot; it may be there
	 * and not answer (its link is down). */
	FM_MR_GONE_OK = 128,
	FM_MR_MUTE_OK = 256,
	FM_MR_ROOT = 512, /* op.place.port may be that of the host that is VH 0's root */
};
struct fm_mr_op {
	unsigned needs;
	/* Steps per enum fm_way, ended by one without a build; [FM_WAY_NONE] for ways that have
	 * no list of their own. */
	struct fm_mr_step way[4][FM_MR_STEPS_MAX + 1];
	/* More to check before the first register; fills res and returns false. */
	bool (*check)(struct fm_mrpcim *m, struct fm_mr_run *r);
};
extern const struct fm_mr_op *const fm_mr_ops[FM_OP_COUNT];
extern const struct fm_mr_op fm_mr_take_owner, fm_mr_authorise, fm_mr_challenge,
	fm_mr_provision, fm_mr_mode, fm_mr_attach_pf, fm_mr_detach_pf, fm_mr_configure,
	fm_mr_map, fm_mr_gate_open, fm_mr_gate_close, fm_mr_request_out, fm_mr_retract,
	fm_mr_block, fm_mr_drain, fm_mr_unmap, fm_mr_reset, fm_mr_set_attrs, fm_mr_tombstone,
	fm_mr_read_fn, fm_mr_ns_create, fm_mr_ns_delete, fm_mr_ns_erase;

struct fm_mr_wait {
	TAILQ_ENTRY(fm_mr_wait) link;
	uint64_t key; /* 0 = not in a chain */
	struct fm_mr_run *run;
};
TAILQ_HEAD(fm_mr_chain, fm_mr_wait);

struct fm_mr_run {
	struct fm_op op;
	struct fm_op_result res;
	const struct fm_mr_op *kind; /* NULL: discovery, ring, hello */
	const struct fm_mr_step *step;
	uint32_t slot;
	uint64_t serial;	   /* of the batch that is out; 0 = none */
	unsigned values;	   /* that its reply must have */
	bool first;		   /* no batch was sent yet */
	bool mute;		   /* its adapter did not answer */
	bool prelude;		   /* the batch begins with SW_GENERATION */
	int64_t started_ns;	   /* the operation */
	int64_t give_up_ns;	   /* of the present step; 0 = not waiting */
	int64_t pause_ns;	   /* next pause */
	int64_t wake_ns;	   /* while in the heap */
	unsigned heap_at;	   /* index + 1 */
	struct fm_mr_wait wait[2]; /* by function, by row */
	unsigned i_fn, i_row, i_x; /* where the reply has the MVF row, the bridge row, more */
	uint64_t keep[4];	   /* what a step remembers for a later one */
	struct fm_mr_disc *disc;
	void (*on_reply)(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p,
			 uint64_t serial); /* discovery, ring, hello */
	struct fm_mr_run *next_free;
};

struct fm_mr_ring {
	struct fm_mr_run *run; /* the batch that is out, NULL = idle */
	uint64_t tail;	       /* sequence number of the next event that we want */
	uint64_t acked;	       /* tail as the switch has it */
	unsigned entries, asked;
	uint32_t head;	    /* low bits, as the last interrupt had it */
	bool news;	    /* an interrupt came since the last batch was sent */
	int64_t not_before; /* of the next batch, unless it is urgent */
	bool overflow, overflow_told;
};

struct fm_mrpcim {
	unsigned index;
	char name[MR_NAME_MAX];
	bool up, ready; /* connected; hello answered */
	bool owned;	/* the switch took our epoch and has not refused it since */
	uint64_t owner_id, owner_epoch;
	uint64_t generation; /* highest that was sent or read */
	struct fm_mr_geometry *geo;
	uint64_t vh_changes; /* of VH tables, since the start */
	struct mr_now now;
	struct fm_mr_actions *out; /* of the step under way */
	struct mr_batch batch;	   /* under construction */
	uint64_t serial;
	struct fm_mr_run **run;
	unsigned runs, run_cap;
	struct fm_mr_run *free_run;
	struct fm_mr_run **heap;
	unsigned heaped, heap_cap;
	struct fm_mr_chain chain[FM_MR_WAIT_CHAINS];
	struct fm_mr_ring ring;
};

struct fm_mr_run *fm_mr_run_new(struct fm_mrpcim *m);
void fm_mr_run_end(struct fm_mrpcim *m, struct fm_mr_run *r);
void fm_mr_run_start(struct fm_mrpcim *m, const struct fm_op *op);
void fm_mr_run_reply(struct fm_mrpcim *m, const struct fm_mr_event *ev);
void fm_mr_runs_lost(struct fm_mrpcim *m);
void fm_mr_runs_wake(struct fm_mrpcim *m, uint64_t key);
void fm_mr_runs_due(struct fm_mrpcim *m);
uint64_t fm_mr_send(struct fm_mrpcim *m, struct fm_mr_run *r);
void fm_mr_finish(struct fm_mrpcim *m, struct fm_mr_run *r, enum fm_op_end end);
struct fm_mr_action *fm_mr_action_add(struct fm_mrpcim *m, enum fm_mr_action_kind kind);
void fm_mr_event_add(struct fm_mrpcim *m, struct fm_chassis_event ev);
void fm_mr_disowned(struct fm_mrpcim *m, uint64_t epoch);
enum fm_mr_next fm_mr_refuse(struct fm_mr_run *r, enum mr_reason reason, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
enum fm_mr_next fm_mr_pause(struct fm_mrpcim *m, struct fm_mr_run *r, int64_t first_ns,
			    int64_t limit_ns);
uint64_t fm_mr_fn_wait_key(unsigned port, unsigned pf, unsigned vf);
uint64_t fm_mr_row_wait_key(unsigned vs, unsigned bridge);

/* heap.c: runs that wait, by wake_ns */
void fm_mr_heap_put(struct fm_mrpcim *m, struct fm_mr_run *r);
void fm_mr_heap_del(struct fm_mrpcim *m, struct fm_mr_run *r);

/* words.c: which record of a batch did not hold, as a sentence */
enum fm_mr_next fm_mr_no_answer(struct fm_mr_run *r);
void fm_mr_explain(struct fm_mrpcim *m, struct fm_mr_run *r, const struct mr_batch *b,
		   const struct fm_mr_reply *p);

/* Mutants that take a reset on trust: what proves it is asked by nobody then. */
#define FM_MR_TRUSTS_RESETS (MR_MUTANT(FLR_SKIPPED) || MR_MUTANT(RESET_UNCONFIRMED))

/* ---- what operations are built of (ops.c) ---- */
struct fm_mr_dev *fm_mr_run_dev(const struct fm_mrpcim *m, const struct fm_mr_run *r);
void fm_mr_vf_write(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b,
		    unsigned reg, uint64_t v);
void fm_mr_vf_expect(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b,
		     unsigned reg, uint64_t mask, uint64_t v);
void fm_mr_vf_expect_owner(const struct fm_mrpcim *m, const struct fm_mr_run *r,
			   struct mr_batch *b);
void fm_mr_row_write(const struct fm_mr_run *r, struct mr_batch *b, unsigned reg, uint64_t v);
void fm_mr_row_expect(const struct fm_mr_run *r, struct mr_batch *b, unsigned reg,
		      uint64_t mask, uint64_t v);
bool fm_mr_row_only(const struct fm_mrpcim *m, const struct fm_mr_run *r);
bool fm_mr_has_row(const struct fm_mr_run *r);
uint64_t fm_mr_target(const struct fm_mrpcim *m, const struct fm_mr_run *r);
uint64_t fm_mr_lvf_address(const struct fm_mr_dev *d, unsigned dvh, unsigned pf, unsigned slot);
int fm_mr_run_dvh(const struct fm_mrpcim *m, struct fm_mr_run *r);
void fm_mr_commit(struct mr_batch *b);
void fm_mr_look(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b);
void fm_mr_take(struct fm_mrpcim *m, struct fm_mr_run *r, const struct fm_mr_reply *p);
enum fm_mr_next fm_mr_looked(struct fm_mrpcim *m, struct fm_mr_run *r,
			     const struct fm_mr_reply *p);

/* ops_acs.c: the last steps of PROVISION; stops the batch of a MAP until they are done */
void fm_mr_acs_expect(const struct fm_mrpcim *m, const struct fm_mr_run *r, struct mr_batch *b);
void fm_mr_acs_find(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b);
enum fm_mr_next fm_mr_acs_found(struct fm_mrpcim *m, struct fm_mr_run *r,
				const struct fm_mr_reply *p);
void fm_mr_acs_set(struct fm_mrpcim *m, struct fm_mr_run *r, struct mr_batch *b);
enum fm_mr_next fm_mr_acs_is_set(struct fm_mrpcim *m, struct fm_mr_run *r,
				 const struct fm_mr_reply *p);

/* discover.c, ring.c */
void fm_mr_disc_start(struct fm_mrpcim *m, struct fm_mr_run *r);
void fm_mr_disc_free(struct fm_mr_disc *d);
void fm_mr_ring_read(struct fm_mrpcim *m, uint32_t head);
void fm_mr_ring_due(struct fm_mrpcim *m);
int64_t fm_mr_ring_deadline(const struct fm_mrpcim *m);
void fm_mr_ring_reset(struct fm_mrpcim *m, uint64_t head, uint64_t tail, unsigned entries);

#endif
