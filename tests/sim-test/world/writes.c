/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The write log of I6: every register write of the manager touches only functions, rows and
 * ports that an operation under way names.
 */
#include <stdlib.h>

#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/said.h"
#include "tests/sim-test/world/world.h"

#define FLR_NS (100 * MR_NS_PER_MS) /* PCIe 6.6.2: a function may take so long */

/* PROVISION and MODE are about every function of an adapter, none of which may be running. */
static uint64_t named_by(const struct fm_op *op)
{
	struct fm_fn_id f = op->fn;

	if (op->kind == FM_OP_PROVISION || op->kind == FM_OP_MODE)
		f.pf = f.vf = FM_WHOLE;
	return fm_fn_key(f);
}

void world_op_begins(struct world *w, const struct fm_op *op)
{
	MR_GROW(w->op, w->ops, w->ops_cap);
	w->op[w->ops++] = (struct world_op){*op, w->manager_life, w->now.mono_ns};
	w->began |= UINT64_C(1) << op->kind;
	if (op->kind != FM_OP_READ_FN)
		mr_map_set_u64(w->named, named_by(op), 1);
}

/* Ids of commands are a manager's own: one with an older store uses them once more. */
static uint64_t command_key(uint64_t life, uint64_t id)
{
	return life << 40 | id;
}

/* A command may make the host reset its function. */
void world_cmd_begins(struct world *w, uint64_t session, const struct fm_agent_cmd *cmd)
{
	MR_GROW(w->cmd, w->cmds, w->cmd_cap);
	w->cmd[w->cmds++] =
		(struct world_cmd){.id = cmd->op,
				   .verb = cmd->verb,
				   .session = session,
				   .place = cmd->place,
				   .resets_told = w->host[cmd->place.port].resets_told,
				   .epoch = cmd->epoch};
	w->began |= UINT64_C(1) << (FM_OP_COUNT + cmd->verb);
	mr_map_set_u64(w->commanded, command_key(w->manager_life, cmd->op), UINT64_MAX);
	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		if (a->id != cmd->assignment)
			continue;
		mr_map_set_u64(w->named, fm_fn_key(a->fn), 1);
		mr_map_set_u64(w->commanded, command_key(w->manager_life, cmd->op),
			       fm_fn_key(a->fn));
	}
}

void world_cmds_lost(struct world *w, uint64_t session)
{
	for (unsigned i = w->cmds; i-- > 0;)
		if (!session || w->cmd[i].session == session)
			w->cmd[i] = w->cmd[--w->cmds];
}

/* Until its answer it may have. */
void world_cmd_acked(struct world *w, uint64_t id, bool good)
{
	uint64_t fn, life = w->manager_life;

	for (unsigned i = w->cmds; i-- > 0;)
		if (w->cmd[i].id == id) {
			if (good)
				world_said_consent(w, &w->cmd[i]);
			w->cmd[i] = w->cmd[--w->cmds];
		}
	while (life && !mr_map_get_u64(w->commanded, command_key(life, id), &fn))
		life--;
	if (!life)
		return;
	mr_map_set_u64(w->named, fn, 1);
	mr_map_del_u64(w->commanded, command_key(life, id));
	MR_GROW(w->late, w->lates, w->late_cap);
	w->late[w->lates++] = (struct world_late){fn, w->now.mono_ns + FLR_NS};
}

/* A reset that its host began may end, and be counted, so much later. */
static void name_late(struct world *w)
{
	for (unsigned i = w->lates; i-- > 0;)
		if (w->late[i].until_ns < w->now.mono_ns)
			w->late[i] = w->late[--w->lates];
		else
			mr_map_set_u64(w->named, w->late[i].fn, 1);
}

/* Another look begins: what is under way is named in it, too. */
void world_named_again(struct world *w)
{
	uint64_t op, fn;
	size_t pos = 0;

	mr_map_free(w->named_before);
	w->named_before = w->named;
	w->named = mr_map_new();
	for (unsigned i = 0; i < w->ops; i++)
		mr_map_set_u64(w->named, named_by(&w->op[i].op), 1);
	while (mr_map_next(w->commanded, &pos, NULL, &op, &fn))
		mr_map_set_u64(w->named, fn, 1);
	name_late(w);
	w->shaken = false;
	w->looked_ns = w->now.mono_ns;
}

/* What a manager that died had under way may still arrive, and so may writes of an operation
 * that ended otherwise than done, until he or his successor has read the chassis or is its
 * owner. */
void world_op_ends(struct world *w, const struct fm_op_result *r)
{
	bool fresh =
		!w->as_ghost && r->end == FM_OP_DONE &&
		(r->kind == FM_OP_TAKE_OWNER || (r->kind == FM_OP_OBSERVE && !w->ghost.engine));

	for (unsigned i = w->ops; i-- > 0;) {
		if (w->op[i].life == w->manager_life && w->op[i].op.tag == r->tag &&
		    r->end != FM_OP_DONE)
			w->op[i].life = 0;
		else if (w->op[i].life != w->manager_life ? fresh : w->op[i].op.tag == r->tag)
			w->op[i] = w->op[--w->ops];
	}
}

typedef bool names_fn(const struct fm_op *op, uint64_t a, uint64_t b);

static bool any_names(const struct world *w, names_fn *fn, uint64_t a, uint64_t b)
{
	for (unsigned i = 0; i < w->ops; i++)
		if (fn(&w->op[i].op, a, b))
			return true;
	return false;
}

static bool names_function(const struct fm_op *op, uint64_t key, uint64_t unused)
{
	(void)unused;
	return fm_fn_key(op->fn) == key;
}

static bool names_adapter(const struct fm_op *op, uint64_t port, uint64_t unused)
{
	(void)unused;
	return op->fn.port == port;
}

static bool names_row(const struct fm_op *op, uint64_t vh, uint64_t bridge)
{
	return op->place.port == vh && op->place.bridge == bridge;
}

static bool names_port(const struct fm_op *op, uint64_t port, uint64_t unused)
{
	(void)unused;
	return op->place.port == port || op->fn.port == port;
}

static bool names_namespace(const struct fm_op *op, uint64_t port, uint64_t row)
{
	return op->kind >= FM_OP_NS_CREATE && op->fn.port == port && op->fn.pf == row >> 8 &&
	       op->ns.index == (row & 0xff);
}

static bool switch_write_named(const struct world *w, uint64_t a)
{
	if (a >= SW_BRIDGES)
		return any_names(w, names_row, (a - SW_BRIDGES) >> 16, a >> 8 & 0xff);
	if (a >= SW_PORTS)
		return any_names(w, names_port, (a - SW_PORTS) / SW_PORT_STRIDE, 0);
	return true; /* owner, generation, event ring, commit: the switch's own */
}

static bool opens_gate(const struct fm_op *op, uint64_t key, uint64_t unused)
{
	return op->kind == FM_OP_GATE_OPEN && names_function(op, key, unused);
}

static bool write_named(struct world *w, const struct mr_batch_rec *r)
{
	struct management_at at;

	if (r->space == MR_SPACE_SWITCH)
		return switch_write_named(w, r->address);
	if (r->space == MR_SPACE_CONFIG) {
		int port = management_port_of_bus(w, r->bdf >> 8);

		return r->vh == 0 && port >= 0 &&
		       any_names(w, names_adapter, (uint64_t)port, 0);
	}
	at = management_at(w, r->address);
	if (at.is_vf && at.reg == VF_GATE && mr_batch_value(r, 0))
		return any_names(w, opens_gate, at.fn, 0);
	if (at.is_vf)
		return any_names(w, names_function, at.fn, 0);
	if (at.is_ns)
		return any_names(w, names_namespace, at.port, at.pf << 8 | at.ns);
	return at.port && any_names(w, names_adapter, at.port, 0);
}

/* What it may have changed: touched.h. */
static void touch_switch(struct world *w, uint64_t a)
{
	if (a >= SW_BRIDGES)
		world_touch_row(w, (unsigned)((a - SW_BRIDGES) >> 16), a >> 8 & 0xff);
	else if (a >= SW_PORTS && w->host[(a - SW_PORTS) / SW_PORT_STRIDE].blade)
		world_touch_host(w, (unsigned)((a - SW_PORTS) / SW_PORT_STRIDE));
	else if (a >= SW_PORTS)
		world_touch_all(w);
}

static void touch(struct world *w, const struct mr_batch_rec *r)
{
	struct management_at at;

	if (r->space == MR_SPACE_SWITCH) {
		touch_switch(w, r->address);
		return;
	}
	if (r->space == MR_SPACE_CONFIG) {
		world_touch_all(w);
		return;
	}
	at = management_at(w, r->address);
	if (at.is_vf)
		world_touch_fn(w, at.fn);
	else if (!at.is_ns)
		world_touch_all(w);
}

static bool maps_behind_row(const struct fm_op *op, uint64_t key, uint64_t unused)
{
	return op->kind == FM_OP_MAP && op->place.way == FM_WAY_SYNTHETIC &&
	       names_function(op, key, unused);
}

/* MAP takes the block of a function away that is to be behind a row. */
static bool lets_through(struct world *w, const struct mr_batch_rec *r)
{
	struct management_at at;

	if (r->space != MR_SPACE_MEMORY)
		return false;
	at = management_at(w, r->address);
	return at.is_vf && at.reg == VF_BLOCK && !mr_batch_value(r, 0) &&
	       any_names(w, maps_behind_row, at.fn, 0);
}

void world_writes_done(struct world *w, const uint8_t *ops, size_t len,
		       const struct sim_batch_result *res)
{
	struct mr_batch_rec r;
	unsigned rows = 0;
	size_t pos = 0;

	if (res->status == MR_BATCH_STALE_OWNER || res->status == MR_BATCH_MALFORMED)
		return;
	for (unsigned n = 0; n < res->executed && mr_batch_next(ops, len, &pos, &r) == 1; n++) {
		if (r.op != MR_OP_WRITE)
			continue;
		touch(w, &r);
		rows += r.space == MR_SPACE_SWITCH && r.address >= SW_BRIDGES &&
			(r.address & 0xff) == ROW_STATE &&
			mr_batch_value(&r, 0) == MR_ROW_MAPPED;
		if (!rows && lets_through(w, &r))
			mr_fmt(w->stray, sizeof(w->stray),
			       "I1: requests of a function are let through before its row is "
			       "mapped");
		if (!w->stray[0] && !write_named(w, &r))
			mr_fmt(w->stray, sizeof(w->stray),
			       "I6: a write to space %u, vh %u, bdf %#x, address %#llx touches "
			       "what no operation under way names",
			       r.space, r.vh, r.bdf, (unsigned long long)r.address);
	}
}
