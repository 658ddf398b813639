/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of the chassis model do for each other, on the structs of state.h. Nobody
 * outside sim/model includes this.
 */
#ifndef SIM_MODEL_INTERNAL_H
#define SIM_MODEL_INTERNAL_H

#include "sim/model/state.h"

/* chassis.c */
void sim_due_add(struct sim_chassis *c, int64_t at, enum sim_due_kind kind, uint64_t a,
		 uint64_t b);
void sim_due_hop(struct sim_chassis *c, uint64_t id, uint64_t place);
void sim_due_gather(struct sim_chassis *c);
void sim_due_clear(struct sim_chassis *c);
void sim_event_push(struct sim_chassis *c, enum mr_ev ev, unsigned port, unsigned vh,
		    unsigned bridge, uint64_t arg0, uint64_t arg1);
void sim_notice_push(struct sim_chassis *c, const struct sim_notice *n);
struct sim_adapter *sim_adapter_at(const struct sim_chassis *c, unsigned port);
struct sim_host *sim_host_at(const struct sim_chassis *c, unsigned vh);

/* host.c */
bool sim_host_alive(const struct sim_host *h); /* link up and tree shown */
void sim_host_link_update(struct sim_chassis *c, unsigned vh);

/* regs.c, rows.c */
uint64_t sim_sw_read(struct sim_chassis *c, uint64_t addr);
enum sim_wr sim_sw_write(struct sim_chassis *c, uint64_t addr, uint64_t v);
uint64_t sim_row_read(struct sim_chassis *c, unsigned vs, unsigned b, unsigned off);
enum sim_wr sim_row_write(struct sim_chassis *c, unsigned vs, unsigned b, unsigned off,
			  uint64_t v);
struct sim_bridge *sim_bridges(struct sim_host *h); /* allocates */
const struct sim_bridge *sim_bridge_peek(const struct sim_host *h, unsigned b);
unsigned sim_row_at_host(const struct sim_chassis *c, const struct sim_bridge *r);
unsigned sim_row_at_dev(const struct sim_chassis *c, const struct sim_bridge *r);
bool sim_row_effective(const struct sim_chassis *c, const struct sim_bridge *r);
void sim_row_settle(struct sim_chassis *c, unsigned vs, unsigned b);
void sim_row_drain_check(struct sim_chassis *c, unsigned vs, unsigned b);
/* Where the target of the row keeps which row it is; NULL: there is no such target. */
const uint16_t *sim_row_target(const struct sim_chassis *c, uint64_t target);
/* Ties the target of a row that is not FREE to it (on) or unties it. */
void sim_row_tie(struct sim_chassis *c, unsigned vs, unsigned b, bool on);

/* slot.c */
void sim_slot_update(struct sim_chassis *c, unsigned vh, unsigned b);
void sim_slots_update_adapter(struct sim_chassis *c, const struct sim_adapter *a);
void sim_slots_bounce(struct sim_chassis *c, struct sim_adapter *a);
void sim_vh0_slot_update(struct sim_chassis *c, struct sim_adapter *a);
void sim_vh0_slot_write(struct sim_chassis *c, const struct sim_loc *l, uint32_t v,
			uint32_t mask);
void sim_slot_ctl_write(struct sim_chassis *c, unsigned vh, unsigned b, uint16_t v);
void sim_slot_status_clear(struct sim_chassis *c, unsigned vh, unsigned b, uint16_t bits);
void sim_slot_due(struct sim_chassis *c, unsigned vh, unsigned b);
void sim_target_reset(struct sim_chassis *c, unsigned vh, unsigned b);

/* adapter.c */
void sim_adapter_init(struct sim_chassis *c, struct sim_adapter *a,
		      const struct sim_adapter_desc *d, const struct sim_model_desc *m);
void sim_adapter_done(struct sim_adapter *a);
void sim_adapters_place(struct sim_chassis *c);
void sim_vh0_root_set(struct sim_chassis *c);
void sim_vh0_port_set(struct sim_adapter *a);
/* What stands below the upstream bridge (NULL) or below one port of VH 0 is reset. */
void sim_vh0_reset_below(struct sim_chassis *c, struct sim_adapter *only);
void sim_adapter_assign(const struct sim_chassis *c,
			struct sim_adapter *a); /* BARs of VH 0 as its firmware sets them */
bool sim_adapter_up(const struct sim_adapter *a);
void sim_adapter_power_on(struct sim_chassis *c, struct sim_adapter *a);
void sim_adapter_reset(struct sim_chassis *c, struct sim_adapter *a);
/* mode.c */
struct sim_room {
	unsigned vhs, pfs, vfs; /* device VHs, PFs of all of them, MVFs */
	size_t slots;		/* LVF slots */
};
struct sim_room sim_adapter_room(const struct sim_adapter *a);
uint64_t sim_mode_read(const struct sim_adapter *a, uint64_t off);
enum sim_wr sim_mode_write(struct sim_adapter *a, uint64_t off, uint64_t v);
/* Another mode takes effect if it can: true when the device has to be powered on anew. */
bool sim_mode_switch(struct sim_chassis *c, struct sim_adapter *a);
void sim_due_forget(struct sim_chassis *c, unsigned port);
bool sim_adapter_assigned(const struct sim_adapter *a);
struct sim_pf *sim_pf(const struct sim_adapter *a, unsigned d, unsigned p);
struct sim_mvf *sim_mvf(const struct sim_adapter *a, unsigned p, unsigned v);
uint16_t *sim_lvf(const struct sim_adapter *a, unsigned d, unsigned p, unsigned s);
bool sim_slot_tombed(const struct sim_adapter *a, unsigned d, unsigned p, unsigned s);
unsigned sim_pf_function(const struct sim_adapter *a, unsigned d, unsigned p);
unsigned sim_model_buses(const struct sim_model_desc *m);

/* fn.c */
void sim_fn_reset(struct sim_fn *f);
void sim_fn_done(struct sim_fn *f);
uint32_t *sim_fn_msix(struct sim_fn *f, unsigned vectors); /* with room for so many */
unsigned sim_fn_dirt(const struct sim_fn *f);
uint64_t sim_bar_size(const struct sim_loc *l, unsigned i, unsigned *ret_flags);
uint64_t sim_model_bar_reg(const struct sim_model_desc *m, unsigned i);
uint64_t sim_bar_address(const struct sim_loc *l, unsigned i);
void sim_bar_write(const struct sim_loc *l, unsigned i, uint32_t v, uint32_t mask);
void sim_msix_layout(const struct sim_loc *l, unsigned *ret_vectors, unsigned *ret_bir,
		     uint32_t *ret_offset);
uint64_t sim_fn_mem(struct sim_chassis *c, const struct sim_loc *l, unsigned bar, uint64_t off,
		    unsigned width, bool write, uint64_t v);
bool sim_fn_has_control(const struct sim_loc *l);
bool sim_vf_defaults(const struct sim_mvf *v);
void sim_mvf_dirty(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v);
void sim_mvf_clear(const struct sim_chassis *c, const struct sim_adapter *a, struct sim_mvf *v);
void sim_mvf_host_reset(struct sim_chassis *c, struct sim_adapter *a, struct sim_mvf *v);
/* A request of VH 'vh' reached the function: RESET_DONE no longer tells the truth. */
void sim_fn_touched(const struct sim_loc *l);

/* attrs.c: what adapters differ in */
/* Entry i of the partition table that MVF v of PF p works with. */
uint16_t sim_vf_pkey(const struct sim_adapter *a, unsigned p, unsigned v, unsigned i);
uint64_t sim_class_head(const struct sim_adapter *a, uint64_t off);
uint64_t sim_class_read(const struct sim_adapter *a, unsigned p, unsigned v, unsigned off);
enum sim_wr sim_class_write(struct sim_chassis *c, struct sim_adapter *a, unsigned p,
			    unsigned v, unsigned off, uint64_t value);
/* Configuration spaces that are left; UINT_MAX where they are not counted. */
unsigned sim_spaces_left(const struct sim_adapter *a);
unsigned sim_vf_vectors(const struct sim_adapter *a, unsigned p, unsigned v);
/* namespace.c */
uint64_t sim_ns_read(const struct sim_chassis *c, const struct sim_adapter *a, uint64_t i,
		     unsigned off);
enum sim_wr sim_ns_write(struct sim_chassis *c, struct sim_adapter *a, uint64_t i, unsigned off,
			 uint64_t v);
/* Commands of MVF v of PF p reach what it has attached. */
void sim_ns_written(struct sim_adapter *a, unsigned p, unsigned v);
uint64_t sim_ns_used(const struct sim_adapter *a, unsigned p);
bool sim_ns_attachable(const struct sim_chassis *c, const struct sim_adapter *a, unsigned p,
		       uint64_t bits);
uint64_t sim_ns_known(const struct sim_adapter *a, unsigned p, uint64_t bits, uint64_t commit);

/* control.c, migrate.c */
uint64_t sim_ct_read(struct sim_chassis *c, struct sim_adapter *a, uint64_t off);
enum sim_wr sim_ct_write(struct sim_chassis *c, struct sim_adapter *a, uint64_t off,
			 uint64_t v);
enum sim_wr sim_vf_command(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v,
			   uint64_t value);
void sim_vf_reset_done(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v);
void sim_vf_drain_check(struct sim_chassis *c, struct sim_adapter *a, struct sim_mvf *v);
void sim_vh_pack(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p);
unsigned sim_vh_owned(const struct sim_adapter *a, unsigned d, unsigned p);
uint8_t sim_array_read(const struct sim_adapter *a, unsigned d, unsigned p, unsigned i);
void sim_array_write(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p,
		     unsigned i, uint8_t v);
bool sim_vf_enabled0(const struct sim_adapter *a, unsigned p, unsigned v);
/* The VF migration interrupt of PF d:p, if its host has it enabled. */
void sim_migration_interrupt(struct sim_chassis *c, struct sim_adapter *a, unsigned d,
			     unsigned p);

/* mailbox.c */
uint64_t sim_mail_access(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
			 unsigned width, bool write, uint64_t v);
uint64_t sim_mail_read(const struct sim_adapter *a, uint64_t i, unsigned off);
enum sim_wr sim_mail_write(struct sim_chassis *c, const struct sim_adapter *a, uint64_t i,
			   unsigned off, uint64_t v);
void sim_mail_empty(struct sim_mail *m);

/* sriov.c */
uint32_t sim_sriov_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel);
void sim_sriov_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		     uint32_t mask);
void sim_sriov_enable(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p,
		      bool on);
void sim_sriov_geometry(const struct sim_adapter *a, unsigned d, unsigned p,
			unsigned *ret_offset, unsigned *ret_stride);
uint64_t sim_sriov_aperture(const struct sim_adapter *a, const struct sim_pf *pf, unsigned i);
void sim_pf_reset(struct sim_chassis *c, struct sim_adapter *a, unsigned d, unsigned p);
void sim_pf_conventional_reset(struct sim_chassis *c, struct sim_adapter *a, unsigned d,
			       unsigned p);

/* cfg.c: configuration space of what 'l' names, dword at a time */
uint32_t sim_cfg_read(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
		      unsigned width);
void sim_cfg_write(struct sim_chassis *c, const struct sim_loc *l, unsigned off, unsigned width,
		   uint32_t v);
/* cfg_caps.c */
struct sim_cap {
	uint16_t off, len, id;
	uint8_t version; /* 0: a capability of the first 256 bytes */
	bool (*has)(const struct sim_loc *l);
	uint32_t (*read)(struct sim_chassis *c, const struct sim_loc *l, unsigned rel);
	void (*write)(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		      uint32_t mask);
};
extern const struct sim_cap sim_fn_caps[], sim_bridge_caps[];
extern const unsigned sim_fn_caps_n, sim_bridge_caps_n;
uint32_t sim_pcie_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel);
void sim_pcie_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		    uint32_t mask);
bool sim_loc_is_bridge(const struct sim_loc *l);
bool sim_loc_is_slot(const struct sim_loc *l);
uint16_t sim_merge16(uint16_t old, uint32_t v, uint32_t mask, uint16_t writable);

/* aer.c */
uint32_t sim_aer_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel);
void sim_aer_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		   uint32_t mask);
uint16_t sim_aer_devsta(const struct sim_chassis *c, const struct sim_loc *l);
void sim_aer_devsta_clear(struct sim_chassis *c, const struct sim_loc *l, uint16_t bits);
uint32_t sim_aer_header(const struct sim_chassis *c, const struct sim_loc *l, unsigned off);
void sim_aer_header_clear(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
			  uint32_t bits);
void sim_aer_reset(struct sim_chassis *c, const struct sim_loc *l);
void sim_aer_reset_vh(struct sim_chassis *c, unsigned vh);
void sim_aer_forget(struct sim_chassis *c, const struct sim_loc *l);
void sim_aer_acs_violation(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid);
void sim_aer_forget_adapter(struct sim_chassis *c, const struct sim_adapter *a);

/* ats.c */
bool sim_ats_has(const struct sim_loc *l);
uint32_t sim_ats_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel);
void sim_ats_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		   uint32_t mask);
uint64_t sim_ats_unit(const struct sim_loc *l);
void sim_atc_drop(struct sim_fn *f);
unsigned sim_atc_count(const struct sim_fn *f);
const struct sim_translation *sim_atc_find(const struct sim_fn *f, uint64_t addr, bool write);
void sim_atc_invalidate(struct sim_fn *f, uint64_t from, uint64_t size);
void sim_atc_add(struct sim_fn *f, const struct sim_translation *e);
bool sim_iommu_translate(const struct sim_host *h, uint64_t addr, uint64_t size,
			 struct sim_translation *ret);
void sim_iommu_forget(struct sim_host *h);

/* peer.c: access control, requests between functions */
bool sim_acs_has(const struct sim_loc *l);
bool sim_acs_apart(const struct sim_loc *l, unsigned off);
uint32_t sim_acs_read(struct sim_chassis *c, const struct sim_loc *l, unsigned rel);
void sim_acs_write(struct sim_chassis *c, const struct sim_loc *l, unsigned rel, uint32_t v,
		   uint32_t mask);

/* stall.c */
void sim_stall_arm(struct sim_chassis *c, const struct sim_adapter *a, unsigned p, unsigned v);
void sim_stall_due(struct sim_chassis *c, struct sim_adapter *a, unsigned p, unsigned v);

/* traffic.c */
/* filter.c: what an adapter takes of a VF's frames, and what another VF accepts of them. */
bool sim_filter_takes(const struct sim_adapter *a, unsigned p, unsigned v,
		      const struct sim_traffic *t, bool *ret_spoofed);
bool sim_filter_accepts(const struct sim_adapter *a, unsigned p, unsigned v, unsigned to,
			const struct sim_traffic *t);
void sim_traffic_run(struct sim_chassis *c, int64_t to);
uint64_t sim_traffic_reg(const struct sim_chassis *c, const struct sim_adapter *a, uint64_t i,
			 unsigned off);
bool sim_traffic_sane(const struct sim_chassis *c);
void sim_traffic_mirror(struct sim_chassis *c, const struct sim_adapter *a, unsigned p,
			unsigned v);
void sim_traffic_drop(struct sim_chassis *c, unsigned port);
void sim_traffic_forget(struct sim_chassis *c, const struct sim_adapter *a, unsigned p,
			unsigned v);

/* vh.c, vh0.c */
struct sim_loc sim_vh_locate(struct sim_chassis *c, unsigned vh, uint16_t rid);
/* Whether a host holds the whole `base` device now: VH 0 may only look at it. */
bool sim_base_held(const struct sim_chassis *c, const struct sim_adapter *a);
unsigned sim_vh0_bus(const struct sim_chassis *c);
struct sim_loc sim_vh0_up(struct sim_chassis *c);
struct sim_loc sim_vh0_port(struct sim_chassis *c, struct sim_adapter *a);
struct sim_loc sim_vh0_locate(struct sim_chassis *c, uint16_t rid);
struct sim_loc sim_vh0_decode(struct sim_chassis *c, uint64_t addr, unsigned *ret_bar,
			      uint64_t *ret_off);
struct sim_loc sim_loc_pf(struct sim_adapter *a, unsigned d, unsigned p);
struct sim_loc sim_loc_vf(struct sim_adapter *a, unsigned p, unsigned v);
uint16_t sim_vf_rid0(const struct sim_adapter *a, unsigned p, unsigned v);
/* Which PF or VF stands at function number 'fn' (may exceed 255) of device VH d. */
struct sim_loc sim_adapter_locate(struct sim_adapter *a, unsigned d, unsigned fn);
struct sim_loc sim_adapter_vf_place(struct sim_adapter *a, unsigned fn);
/* The one that decodes 'addr' among BARs and VF BARs of device VH d. */
struct sim_loc sim_adapter_decode(struct sim_adapter *a, unsigned d, uint64_t addr,
				  unsigned *ret_bar, uint64_t *ret_off);
/* What the row of bridge b leads to, whatever the row's state is: by function number behind the
 * bridge, by address. */
struct sim_loc sim_behind_cfg(struct sim_chassis *c, struct sim_host *h, unsigned b,
			      unsigned fn);
struct sim_loc sim_behind_mem(struct sim_chassis *c, struct sim_host *h, unsigned b,
			      uint64_t addr, unsigned *ret_bar, uint64_t *ret_off);
/* The bridge of the host that a request goes to, -1 = none. */
int sim_vh_bridge_of_rid(const struct sim_host *h, uint16_t rid);
int sim_vh_bridge_of_addr(const struct sim_host *h, uint64_t addr);
/* Whether it answers now: reset, VF state, VF Enable. */
bool sim_loc_answers(const struct sim_chassis *c, struct sim_loc *l);
void sim_ur_drop(struct sim_chassis *c, unsigned vh, uint16_t rid, uint64_t addr);
unsigned sim_cut_answer(const struct sim_chassis *c, const struct sim_host *h);

/* root.c: requests of the host that is VH 0's root */
struct sim_loc sim_root_locate(struct sim_chassis *c, uint16_t rid);
uint32_t sim_root_cfg_read(struct sim_chassis *c, const struct sim_loc *l, unsigned off,
			   unsigned width);
void sim_root_cfg_write(struct sim_chassis *c, const struct sim_loc *l, uint16_t rid,
			unsigned off, unsigned width, uint32_t v);
struct sim_loc sim_root_decode(struct sim_chassis *c, uint64_t addr, unsigned *ret_bar,
			       uint64_t *ret_off);

/* exec.c: a write without an owner: what a slow register does late */
void sim_exec_write(struct sim_chassis *c, const struct mr_batch_rec *r, uint64_t addr,
		    uint64_t v);

/* tlp.c, snapshot.c */
struct sim_io;
struct mr_err;
/* Whether what was read is a chassis that this model can have come to: snapshot_check.c. */
int sim_snapshot_check(struct sim_chassis *c, struct mr_err *err);
bool sim_tlps_sane(const struct sim_chassis *c);
/* How many of its requests in flight count at bridge b of a VS, or at an MVF. */
unsigned sim_tlps_at_row(const struct sim_chassis *c, unsigned vs, unsigned b);
unsigned sim_tlps_at_vf(const struct sim_chassis *c, const struct sim_mvf *v);
void sim_tlps_io(struct sim_chassis *c, struct sim_io *io);
uint32_t sim_tlps_layout(void);
void sim_tlps_free(struct sim_tlps *t);
void sim_tlp_due(struct sim_chassis *c, uint64_t id, uint64_t hint);

/* nvm.c */
void sim_nvm_commit(struct sim_chassis *c);
void sim_nvm_forget_adapter(struct sim_adapter *a);
void sim_nvm_restore_adapter(struct sim_chassis *c, struct sim_adapter *a);

#endif
