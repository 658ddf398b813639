/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim-test/world/said.h"

#include <stdarg.h>
#include <stdlib.h>

#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "tests/sim-test/world/management.h"
#include "tests/sim-test/world/world.h"

#define COMMIT_NS (100 * MR_NS_PER_MS) /* of a manager whose store is well */

static void wrong(struct world *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void wrong(struct world *w, const char *fmt, ...)
{
	struct mr_buf b = {0};
	va_list ap;

	if (w->stray[0] || w->unsaid)
		return;
	va_start(ap, fmt);
	mr_buf_vprintf(&b, fmt, ap);
	va_end(ap);
	mr_copy(w->stray, sizeof(w->stray), mr_buf_text(&b));
	mr_buf_done(&b);
}

/* ---- who is who ---- */

void world_said_accepted(struct world *w, unsigned vh)
{
	unsigned claims = w->host[vh].quirks.claims;

	if (claims && claims != vh)
		wrong(w, "I1: the agent of host %u is taken for host %u's", vh, claims);
}

/* ---- what an agent did ---- */

void world_said_command(struct world *w, unsigned vh, const struct ag_cmd *cmd, bool old)
{
	for (unsigned i = 0; i < w->cmds && !old; i++)
		if (w->cmd[i].id == cmd->op && w->cmd[i].session == w->host[vh].session &&
		    w->cmd[i].epoch != cmd->epoch)
			wrong(w, "I2: a command of epoch %u reaches host %u as one of epoch %u",
			      w->cmd[i].epoch, vh, cmd->epoch);
	for (unsigned i = 0; i < w->cmds && !old; i++)
		if (w->cmd[i].id == cmd->op && w->cmd[i].session == w->host[vh].session)
			w->cmd[i].heard = true;
	MR_GROW(w->heard, w->heards, w->heard_cap);
	w->heard[w->heards++] = (struct world_heard){vh, w->host[vh].session, *cmd, old};
}

void world_said_ended(struct world *w, unsigned vh)
{
	for (unsigned i = w->heards; i-- > 0;)
		if (w->heard[i].vh == vh)
			w->heard[i] = w->heard[--w->heards];
}

static uint64_t place_key(unsigned port, unsigned way, unsigned bridge, unsigned pf,
			  unsigned slot)
{
	return (uint64_t)port << 50 | (uint64_t)way << 48 | (uint64_t)bridge << 32 |
	       (uint64_t)pf << 16 | slot;
}

static uint64_t key_of(const struct ag_place *p)
{
	return place_key(p->port, p->way, p->bridge, p->pf, p->slot);
}

/*
 * Whether the kernel of its host shows something there: a VF in a slot, or behind a bridge.
 * What one shows that hangs since its VH was reset by a lost link is over (HANDOVER 6): no
 * bridge has its numbers any more, and before anything else it removes all of it, or is booted.
 */
static bool shows(const struct world *w, const struct ag_place *p)
{
	const struct sim_blade *b = w->host[p->port].blade;
	bool there = false;

	if (!b || sim_blade_cut_off(b))
		return false;
	for (unsigned i = 0; i < sim_blade_devs(b) && !there; i++) {
		const struct sim_dev *d = sim_blade_dev(b, i),
				     *pf = d->is_virtfn ? sim_blade_find(b, d->physfn) : NULL;

		if (d->header)
			continue;
		if (p->way == AG_WAY_LVF)
			there = pf && pf->slot == p->bridge && (pf->rid & 0xff) == p->pf &&
				d->virtfn + 1 == p->slot;
		else
			there = !d->is_virtfn && !d->totalvfs && d->slot == p->bridge;
	}
	return there;
}

static void did(struct world *w, const struct world_heard *h)
{
	const struct ag_cmd *c = &h->cmd;

	if (h->old)
		wrong(w,
		      "I2: the agent of host %u obeys a %s of epoch %u, which is over: bridge "
		      "%u",
		      h->vh, fm_agent_verb_name((enum fm_agent_verb)c->verb), c->epoch,
		      c->place.bridge);
	if ((c->verb == AG_RELEASE || c->verb == AG_CONFIRM_GONE) && shows(w, &c->place))
		wrong(w,
		      "I10: the agent of host %u says done to %s, and its kernel shows what is "
		      "at bridge %u slot %u",
		      h->vh, fm_agent_verb_name((enum fm_agent_verb)c->verb), c->place.bridge,
		      c->place.slot);
}

/* An agent answers a command in the session that asked for it, or asked again: a manager whose
 * store was older gives the numbers of its operations once more. */
void world_said_ack(struct world *w, unsigned vh, const struct ag_action *a)
{
	for (unsigned i = 0; i < w->cmds; i++)
		if (w->cmd[i].id == a->op && w->cmd[i].session == w->host[vh].session)
			w->cmd[i].answered = true;
	for (unsigned i = w->heards; i-- > 0;) {
		if (w->heard[i].vh != vh || w->heard[i].session != w->host[vh].session ||
		    w->heard[i].cmd.op != a->op)
			continue;
		if (a->reason == MR_REASON_OK && !w->host[vh].quirks.lies)
			did(w, &w->heard[i]);
		w->heard[i] = w->heard[--w->heards];
	}
}

/* ---- what the manager was told of ---- */

void world_said_report(struct world *w, unsigned vh, const struct fm_agent_report *r)
{
	const struct world_quirks *q = &w->host[vh].quirks;
	struct mr_map **told = &w->host[vh].told;
	const struct fm_place *p;

	if (r->full || q->dreams || q->claims || q->mute || q->silent) {
		mr_map_free(*told);
		*told = NULL;
	}
	if (r->full && !q->dreams && !q->claims)
		*told = mr_map_new();
	if (!*told)
		return;
	for (unsigned i = 0; i < r->fns; i++) {
		p = &r->fn[i].place;
		mr_map_set_u64(*told, place_key(p->port, p->way, p->bridge, p->pf, p->slot), 1);
	}
	for (unsigned i = 0; i < r->gones; i++) {
		p = &r->gone[i];
		mr_map_del_u64(*told, place_key(p->port, p->way, p->bridge, p->pf, p->slot));
	}
}

static bool host_is_told(struct world *w, unsigned vh, struct mr_buf *why)
{
	struct ag_scan *s = world_agent_scan(w, vh);
	bool same = mr_map_count(w->host[vh].told) == s->fns;
	uint64_t any;

	for (unsigned i = 0; i < s->fns && same; i++)
		same = mr_map_get_u64(w->host[vh].told, key_of(&s->fn[i].place), &any);
	if (!same)
		mr_buf_printf(why,
			      "I10: the manager was told of %zu functions in host %u, whose "
			      "kernel shows %u",
			      mr_map_count(w->host[vh].told), vh, s->fns);
	world_agent_scan_free(s);
	return same;
}

static bool all_told(struct world *w, struct mr_buf *why)
{
	for (unsigned vh = 1; vh <= w->hosts; vh++) {
		const struct world_host *h = &w->host[vh];
		const struct world_quirks *q = &h->quirks;

		if (h->told && h->agent && h->connected && sim_blade_up(h->blade) &&
		    !q->silent && !q->mute && !q->deaf && !q->dreams && !q->claims &&
		    !host_is_told(w, vh, why))
			return false;
	}
	return true;
}

/* ---- consent: a cut of a row that its host did not agree to leaves a tombstone ---- */

static uint64_t row_key(const struct fm_place *p)
{
	return (uint64_t)p->port << 16 | p->bridge;
}

void world_said_reset(struct world *w, unsigned vh)
{
	w->host[vh].resets_told++;
	for (unsigned b = 0; b < MR_MAX_BRIDGES; b++)
		mr_map_del_u64(w->consent, (uint64_t)vh << 16 | b);
}

void world_said_consent(struct world *w, const struct world_cmd *c)
{
	if (c->verb == FM_AGENT_RELEASE && c->resets_told == w->host[c->place.port].resets_told)
		mr_map_set_u64(w->consent, row_key(&c->place), 1);
}

static bool is_tombstoned(const struct world *w, const struct fm_place *p)
{
	struct fm_record r = {.kind = FM_RECORD_TOMBSTONE};

	mr_copy(r.tombstone.chassis, sizeof(r.tombstone.chassis), "c1");
	r.tombstone.place = *p;
	return world_store_has(w, &r);
}

static uint64_t vf_reg(struct world *w, struct fm_fn_id fn, unsigned reg)
{
	uint64_t row = management_vf_row(w, fn.port, fn.pf, fn.vf);

	return row ? management_memory(w, row + reg) : UINT64_MAX;
}

static uint64_t row_state(struct world *w, const struct fm_place *p)
{
	return management_read(w, SW_BRIDGE(p->port, p->bridge) + ROW_STATE);
}

static void cut(struct world *w, const struct fm_op *op)
{
	const struct ag_place there = {
		.way = AG_WAY_SYNTHETIC, .port = op->place.port, .bridge = op->place.bridge};
	uint64_t any;

	if (op->place.way != FM_WAY_SYNTHETIC || is_tombstoned(w, &op->place) ||
	    mr_map_get_u64(w->consent, row_key(&op->place), &any) || !shows(w, &there))
		return;
	if (row_state(w, &op->place) == MR_ROW_MAPPED)
		wrong(w,
		      "I2: host %u did not agree to the cut of bridge %u, and no tombstone "
		      "stands there",
		      op->place.port, op->place.bridge);
}

/* ---- what the switch and the devices were told ---- */

/* Nothing that the last owner's kernel still has is at the place, nor does it wait for it. */
static void mapped(struct world *w, const struct fm_op *op)
{
	const struct ag_place p = {
		.way = AG_WAY_SYNTHETIC, .port = op->place.port, .bridge = op->place.bridge};
	const struct sim_blade *b = w->host[op->place.port].blade;
	unsigned vh;

	if (!world_store_promises(w, fm_fn_key(op->fn), &vh))
		wrong(w, "I5: port %u pf%u vf%u is mapped before it is promised", op->fn.port,
		      op->fn.pf, op->fn.vf);
	if (op->place.way == FM_WAY_LVF || row_state(w, &op->place) != MR_ROW_FREE)
		return;
	mr_map_del_u64(w->consent, row_key(&op->place));
	if (b && sim_blade_up(b) && shows(w, &p))
		wrong(w,
		      "I2: port %u pf%u vf%u is mapped at bridge %u of host %u, whose kernel "
		      "shows another one there",
		      op->fn.port, op->fn.pf, op->fn.vf, op->place.bridge, op->place.port);
}

/* By the row's own mark: another one's row may stand there by now. */
static bool leads_there(struct world *w, const struct fm_op *op)
{
	uint64_t row = SW_BRIDGE(op->place.port, op->place.bridge),
		 state = row_state(w, &op->place);

	return (state == MR_ROW_MAPPED || state == MR_ROW_BLOCKED) && op->cookie &&
	       management_read(w, row + ROW_COOKIE) == op->cookie;
}

/* What it had decided before may still wait for its commit. */
static void of_ghost(struct world *w, const struct fm_op *op)
{
	if (w->ghost_deposed_ns && w->now.mono_ns > w->ghost_deposed_ns + COMMIT_NS &&
	    op->kind != FM_OP_OBSERVE && op->kind != FM_OP_READ_FN)
		wrong(w, "I9: a manager that was told that it lost the chassis begins %s",
		      fm_op_kind_name(op->kind));
}

/* What is asked for while there is no connection reaches nothing: the MR-PCIM ends it (what the
 * answers of before were is delivered first). */
void world_said_op(struct world *w, const struct fm_op *op)
{
	if (w->as_ghost)
		of_ghost(w, op);
	if (w->as_ghost || !w->wire.ready)
		return;
	if (op->kind == FM_OP_MAP)
		mapped(w, op);
	if (op->kind == FM_OP_BLOCK)
		cut(w, op);
	if (op->kind == FM_OP_RESET && op->place.way == FM_WAY_SYNTHETIC && leads_there(w, op))
		wrong(w, "I2: port %u pf%u vf%u is reset, and bridge %u of host %u leads there",
		      op->fn.port, op->fn.pf, op->fn.vf, op->place.bridge, op->place.port);
}

/* A row that reads all-ones tells nothing of what it leads to. */
void world_said_announced(struct world *w, const struct fm_agent_cmd *cmd)
{
	uint64_t state;

	if (w->as_ghost || w->now.mono_ns <= w->unsteady_until_ns ||
	    cmd->verb != FM_AGENT_ACTIVATE || cmd->place.way != FM_WAY_SYNTHETIC)
		return;
	state = row_state(w, &cmd->place);
	if (state != MR_ROW_MAPPED && state != UINT64_MAX)
		wrong(w, "I5: host %u is told of bridge %u, where nothing is mapped",
		      cmd->place.port, cmd->place.bridge);
}

/* Whether a slot of a PF or a bridge leads to the function. */
static bool is_mapped(struct world *w, struct fm_fn_id fn)
{
	uint64_t target = MR_TARGET(MR_TARGET_SYNTHETIC, fn.port, fn.pf, fn.vf);

	if (vf_reg(w, fn, VF_MAP) & 0xffff)
		return true;
	for (unsigned vh = 1; vh <= w->hosts; vh++)
		for (unsigned b = 0; b < sim_host_bridges(w->chassis, (uint16_t)vh); b++) {
			uint64_t row = SW_BRIDGE(vh, b);

			if (management_read(w, row + ROW_STATE) != MR_ROW_FREE &&
			    management_read(w, row + ROW_TARGET) == target)
				return true;
		}
	return false;
}

void world_said_freed(struct world *w, uint64_t key)
{
	struct fm_fn_id fn = {0, key >> 32 & 0xffff, key >> 16 & 0xffff, key & 0xffff};
	struct sim_vf_look v;
	uint64_t status;
	unsigned vh;

	if (fn.vf == FM_WHOLE || sim_vf_look(w->chassis, fn.port, fn.pf, fn.vf, &v) || !v.link)
		return;
	if (world_store_promises(w, key, &vh) && is_mapped(w, fn))
		return;
	if (w->reread_ns < w->forgot_ns) /* the reset was forgotten, which is found when it is
					  * read: then what is nobody's is reset */
		return;
	status = vf_reg(w, fn, VF_STATUS);
	if (v.open || (status != UINT64_MAX && status & MR_VF_RESET_BUSY) ||
	    sim_vf_dirt(w->chassis, fn.port, fn.pf, fn.vf))
		wrong(w, "I2: port %u pf%u vf%u is nobody's, and was not reset", fn.port, fn.pf,
		      fn.vf);
}

static void reset(struct world *w, struct fm_fn_id fn)
{
	unsigned dirt = sim_vf_dirt(w->chassis, fn.port, fn.pf, fn.vf);
	uint64_t status = vf_reg(w, fn, VF_STATUS);

	if (dirt)
		wrong(w, "I2: port %u pf%u vf%u was reset, and still has states %#x", fn.port,
		      fn.pf, fn.vf, dirt);
	if (status != UINT64_MAX && status & MR_VF_RESET_BUSY)
		wrong(w, "I2: the reset of port %u pf%u vf%u is said to be over, and is not",
		      fn.port, fn.pf, fn.vf);
}

/* Whether the chassis lost power since, and with it what was done: its answer came before. */
static bool is_forgotten(const struct world *w, uint64_t tag)
{
	for (unsigned i = 0; i < w->ops; i++)
		if (w->op[i].op.tag == tag && w->op[i].life == w->manager_life)
			return w->op[i].began_ns <= w->forgot_ns;
	return false;
}

static void note_generation(struct world *w, uint64_t tag)
{
	for (unsigned i = 0; i < w->ops; i++)
		if (w->op[i].op.tag == tag && w->op[i].op.generation > w->generation)
			w->generation = w->op[i].op.generation;
}

void world_said_result(struct world *w, const struct fm_op_result *r)
{
	uint64_t v;

	if (w->as_ghost && !w->ghost_deposed_ns && r->end == FM_OP_REFUSED &&
	    r->reason == MR_REASON_STALE_OWNER)
		w->ghost_deposed_ns = w->now.mono_ns;
	if (r->end != FM_OP_DONE || w->as_ghost || is_forgotten(w, r->tag))
		return;
	if (r->kind == FM_OP_OBSERVE)
		w->reread_ns = w->now.mono_ns;
	if (r->id.vf == FM_WHOLE)
		return;
	if (r->kind == FM_OP_MAP)
		note_generation(w, r->tag);
	if (r->kind == FM_OP_RESET)
		reset(w, r->id);
	v = r->kind == FM_OP_DRAIN ? vf_reg(w, r->id, VF_OUTSTANDING) : UINT64_MAX;
	if (v && v != UINT64_MAX)
		wrong(w, "I2: port %u pf%u vf%u is said to be drained, and %llu requests fly",
		      r->id.port, r->id.pf, r->id.vf, (unsigned long long)v);
	v = r->kind == FM_OP_GATE_CLOSE ? vf_reg(w, r->id, VF_GATE) : UINT64_MAX;
	if (v && v != UINT64_MAX)
		wrong(w, "I4: the gate of port %u pf%u vf%u is said to be closed, and is open",
		      r->id.port, r->id.pf, r->id.vf);
}

bool world_said_holds(struct world *w, struct mr_buf *why)
{
	uint64_t generation = management_read(w, SW_GENERATION);

	if (!all_told(w, why))
		return false;
	if (generation >= w->generation)
		return true;
	mr_buf_printf(why, "I5: the switch is of generation %llu, and did operations of %llu",
		      (unsigned long long)generation, (unsigned long long)w->generation);
	return false;
}

/* ---- identities ---- */

static bool same_claim(const struct fm_rec_ident *a, const struct fm_rec_ident *b)
{
	return mr_streq(a->profile, b->profile) && mr_streq(a->device, b->device) &&
	       a->index == b->index;
}

static bool gate_shows(const struct world *w, uint64_t ident, struct fm_fn_id *ret_fn)
{
	struct sim_vf_look v;

	for (uint16_t port = 1; port <= MR_MAX_PORTS; port++)
		for (uint16_t pf = 0; !sim_vf_look(w->chassis, port, pf, 0, &v); pf++)
			for (uint16_t vf = 0; !sim_vf_look(w->chassis, port, pf, vf, &v); vf++)
				if (v.open && v.ident0 == ident) {
					*ret_fn = (struct fm_fn_id){0, port, pf, vf};
					return true;
				}
	return false;
}

/* Whether a function shows it that carries the number of this claim's assignment: what an old
 * copy of the store does not know was found out. */
static bool is_shown_by(struct world *w, const struct fm_rec_ident *r)
{
	struct fm_fn_id fn;

	return gate_shows(w, r->ident.lo, &fn) &&
	       world_store_is_of(w, (uint32_t)(vf_reg(w, fn, VF_COOKIE) >> 32), r);
}

void world_said_ident(struct world *w, const struct fm_record *was, const struct fm_record *r)
{
	const struct fm_rec_ident *old = was ? &was->ident : NULL;
	struct fm_fn_id fn;

	if (!r->erase && r->ident.released_wall_ns && gate_shows(w, r->ident.ident.lo, &fn))
		wrong(w, "I4: identity %#llx of %s/%s/%u is given back behind an open gate",
		      (unsigned long long)r->ident.ident.lo, r->ident.profile, r->ident.device,
		      r->ident.index);
	if (!w->reuse_ns || !old || (!r->erase && same_claim(old, &r->ident)))
		return;
	if (old->released_wall_ns && w->now.wall_ns >= old->released_wall_ns + w->reuse_ns)
		return;
	if (!old->released_wall_ns && w->store.failed) /* may be what was not stored */
		return;
	if (!r->erase && is_shown_by(w, &r->ident))
		return;
	wrong(w, "I4: identity %#llx of %s/%s/%u is %s %s its reuseAfter",
	      (unsigned long long)old->ident.lo, old->profile, old->device, old->index,
	      r->erase ? "free" : "somebody else's",
	      old->released_wall_ns ? "before" : "without");
}
