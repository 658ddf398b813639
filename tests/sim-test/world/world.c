/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual clock, the messages under way, and the hardware of a world.
 */
#include "tests/sim-test/world/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/xalloc.h"
#include "sim/model/desc.h"
#include "tests/sim-test/world/faults.h"
#include "tests/sim-test/world/management.h"

#define FILE_MAX   (1u << 20)
#define QUIET_NS   (3 * MR_NS_PER_S)
#define FNV_PRIME  UINT64_C(1099511628211)
#define WALL_START (INT64_C(1767225600) * MR_NS_PER_S) /* 2026-01-01 */

/* ---- messages: a binary heap ---- */

static bool before(const struct world_msg *a, const struct world_msg *b)
{
	return a->due_ns != b->due_ns ? a->due_ns < b->due_ns : a->seq < b->seq;
}

static void swap(struct world *w, unsigned i, unsigned j)
{
	struct world_msg *m = w->heap[i];

	w->heap[i] = w->heap[j];
	w->heap[j] = m;
}

static void sift_up(struct world *w, unsigned i)
{
	for (; i && before(w->heap[i], w->heap[(i - 1) / 2]); i = (i - 1) / 2)
		swap(w, i, (i - 1) / 2);
}

static void sift_down(struct world *w, unsigned i)
{
	for (;;) {
		unsigned least = i;

		for (unsigned c = 2 * i + 1; c <= 2 * i + 2; c++)
			if (c < w->heap_n && before(w->heap[c], w->heap[least]))
				least = c;
		if (least == i)
			return;
		swap(w, i, least);
		i = least;
	}
}

struct world_msg *world_msg_new(unsigned lane, world_deliver_fn *deliver)
{
	struct world_msg *m = MR_NEW(struct world_msg);

	m->lane = lane;
	m->deliver = deliver;
	return m;
}

static void msg_free(struct world_msg *m)
{
	mr_buf_done(&m->bytes);
	if (m->free_ptr)
		m->free_ptr(m->ptr);
	free(m);
}

int64_t world_delay(struct world *w)
{
	return 1 + (int64_t)mr_rng_below(&w->rng, (uint64_t)w->delay_max_ns);
}

/* Never before what was sent on the same connection. */
void world_post(struct world *w, struct world_msg *m, int64_t delay_ns)
{
	m->due_ns = w->now.mono_ns + delay_ns;
	if (m->lane < LANE_COUNT && m->due_ns < w->lane_due[m->lane])
		m->due_ns = w->lane_due[m->lane];
	if (m->lane < LANE_COUNT)
		w->lane_due[m->lane] = m->due_ns;
	m->seq = w->next_seq++;
	MR_GROW(w->heap, w->heap_n, w->heap_cap);
	w->heap[w->heap_n] = m;
	sift_up(w, w->heap_n++);
}

static struct world_msg *msg_take(struct world *w)
{
	struct world_msg *m = w->heap[0];

	w->heap[0] = w->heap[--w->heap_n];
	sift_down(w, 0);
	return m;
}

/* ---- time ---- */

static void advance(struct world *w, int64_t mono_ns)
{
	if (mono_ns <= w->now.mono_ns)
		return;
	w->now.wall_ns += mono_ns - w->now.mono_ns;
	w->now.mono_ns = mono_ns;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t next_deadline(const struct world *w)
{
	int64_t d = sim_chassis_deadline(w->chassis);

	if (w->manager_up)
		d = least(d, least(fm_engine_deadline(w->engine), fm_mrpcim_deadline(w->mr)));
	if (w->ghost.engine)
		d = least(d, least(fm_engine_deadline(w->ghost.engine),
				   fm_mrpcim_deadline(w->ghost.mr)));
	for (unsigned vh = 1; vh <= w->hosts; vh++) {
		if (w->host[vh].blade)
			d = least(d, sim_blade_deadline(w->host[vh].blade));
		if (w->host[vh].agent)
			d = least(d, ag_core_deadline(w->host[vh].agent));
	}
	return d;
}

void world_shake(struct world *w)
{
	w->shaken = true;
	world_touch_all(w);
}

void world_forgets(struct world *w)
{
	w->generation = 0;
	w->forgot_ns = w->now.mono_ns;
}

void world_unsteady(struct world *w, int64_t ns)
{
	world_shake(w);
	if (w->unsteady_until_ns < w->now.mono_ns + ns)
		w->unsteady_until_ns = w->now.mono_ns + ns;
}

void world_input(struct world *w)
{
	w->events++;
}

/* What is due there was caused by an earlier input: none of its own. */
static void chassis_step(struct world *w)
{
	if (sim_chassis_deadline(w->chassis) <= w->now.mono_ns)
		world_touch_due(w);
	sim_chassis_step(w->chassis, w->now);
}

static void fire_manager(struct world *w)
{
	const struct fm_event timer = {.kind = FM_EV_TIMER};
	const struct fm_mr_event mr_timer = {.kind = FM_MR_TIMER};

	if (fm_mrpcim_deadline(w->mr) <= w->now.mono_ns)
		world_mr_event(w, &mr_timer);
	if (fm_engine_deadline(w->engine) <= w->now.mono_ns)
		world_engine_event(w, &timer);
}

/* A kernel that finds its root turns each slot on or off, as it is occupied: what was put in
 * meanwhile is reset by that. */
static void step_blade(struct world *w, unsigned vh)
{
	struct sim_blade *b = w->host[vh].blade;
	bool up = sim_blade_up(b);

	world_input(w);
	sim_blade_step(b, w->now);
	if (!up && sim_blade_up(b))
		world_shake(w);
	world_blade_changed(w, vh);
}

/* Everybody whose time has come. */
static void fire(struct world *w)
{
	const struct ag_event ag_timer = {.kind = AG_EV_TIMER};

	chassis_step(w);
	world_notices(w);
	for (unsigned vh = 1; vh <= w->hosts; vh++) {
		struct world_host *h = &w->host[vh];

		if (h->blade && sim_blade_deadline(h->blade) <= w->now.mono_ns)
			step_blade(w, vh);
		if (h->agent && ag_core_deadline(h->agent) <= w->now.mono_ns)
			world_agent_event(w, vh, &ag_timer);
	}
	if (w->manager_up)
		fire_manager(w);
	if (w->ghost.engine) {
		world_ghost_swap(w);
		fire_manager(w);
		world_ghost_swap(w);
	}
	world_notices(w);
}

static void deliver(struct world *w)
{
	struct world_msg *m = msg_take(w);

	bool ghosts = w->ghost.engine && m->lane < LANE_AGENTS && m->life == w->ghost.life;

	advance(w, m->due_ns);
	chassis_step(w);
	if (ghosts)
		world_ghost_swap(w);
	m->deliver(w, m);
	if (ghosts)
		world_ghost_swap(w);
	msg_free(m);
	world_notices(w);
}

bool world_step(struct world *w)
{
	int64_t deadline = next_deadline(w);

	w->began = 0;
	if (!w->heap_n && deadline == MR_NEVER)
		return false;
	if (!w->heap_n || deadline < w->heap[0]->due_ns) {
		advance(w, deadline);
		fire(w);
	} else {
		deliver(w);
	}
	if (w->after_step)
		w->after_step(w, w->arg);
	return true;
}

void world_pass(struct world *w, int64_t ns)
{
	advance(w, w->now.mono_ns + ns);
	sim_chassis_step(w->chassis, w->now);
	world_notices(w);
}

int64_t world_next(const struct world *w)
{
	int64_t next = next_deadline(w);

	return w->heap_n ? least(next, w->heap[0]->due_ns) : next;
}

void world_run_for(struct world *w, int64_t ns)
{
	int64_t end = w->now.mono_ns + ns;

	for (;;) {
		if (world_next(w) > end)
			break;
		world_step(w);
	}
	advance(w, end);
}

/* Idle, and nothing for a while: a quiet moment between two messages is no end. */
bool world_settle(struct world *w, int64_t limit_ns)
{
	int64_t end = w->now.mono_ns + limit_ns, quiet = w->now.mono_ns;

	while (w->now.mono_ns < end) {
		if (!fm_engine_idle(w->engine))
			quiet = w->now.mono_ns;
		else if (world_next(w) - quiet > QUIET_NS)
			return true;
		if (!world_step(w))
			return fm_engine_idle(w->engine);
	}
	return false;
}

/* ---- hardware ---- */

void world_notices(struct world *w)
{
	struct sim_notice n;

	while (sim_chassis_notice(w->chassis, &n)) {
		if (n.kind == SIM_NOTICE_MGMT_IRQ) {
			world_mgmt_irq(w, n.vector, (uint32_t)n.arg);
		} else if (n.kind != SIM_NOTICE_HOST_MSI && n.vh <= w->hosts &&
			   w->host[n.vh].blade) {
			/* interrupts are the judge's words: blades do nothing for them */
			world_input(w);
			sim_blade_notice(w->host[n.vh].blade, w->now, &n);
			world_blade_changed(w, n.vh);
		}
	}
}

static char *read_file(const char *path, size_t *ret_len)
{
	char *text = mr_xmalloc(FILE_MAX);
	FILE *f = fopen(path, "r");

	if (!f) {
		perror(path);
		exit(1);
	}
	*ret_len = fread(text, 1, FILE_MAX - 1, f);
	text[*ret_len] = '\0';
	fclose(f);
	return text;
}

static struct sim_desc *read_desc(const char *path)
{
	struct mr_diags diags = {0};
	struct sim_desc *desc;
	size_t len;
	char *text = read_file(path, &len);

	if (sim_desc_read(path, text, len, &desc, &diags)) {
		struct mr_buf out = {0};

		mr_diags_print(&diags, &out);
		fputs(mr_buf_text(&out), stderr);
		exit(1);
	}
	mr_diags_done(&diags);
	free(text);
	return desc;
}

struct world *world_new(const char *chassis_file, uint64_t seed,
			bool (*agent_on)(const char *host))
{
	struct sim_desc *desc = read_desc(chassis_file);
	struct world *w = MR_NEW(struct world);
	struct sim_blade **blade;

	w->now = (struct mr_now){MR_NS_PER_S, WALL_START};
	w->delay_max_ns = 50 * MR_NS_PER_US;
	w->digest = UINT64_C(14695981039346656037);
	mr_rng_init(&w->rng, seed);
	world_store_init(w);
	w->named = mr_map_new();
	w->consent = mr_map_new();
	w->named_before = mr_map_new();
	w->commanded = mr_map_new();
	w->chassis = sim_chassis_new(desc, w->now);
	sim_desc_free(desc);
	w->hosts = sim_chassis_hosts(w->chassis);
	blade = mr_xcalloc(w->hosts + 1, sizeof(*blade));
	for (unsigned vh = 1; vh <= w->hosts; vh++) {
		const char *name = sim_host_name(w->chassis, (uint16_t)vh);

		if (!name)
			continue;
		blade[vh] = w->host[vh].blade =
			sim_blade_new(w->chassis, (uint16_t)vh, mr_rng_next(&w->rng));
		w->host[vh].wants_agent = !agent_on || agent_on(name);
	}
	sim_blade_join(blade, w->hosts);
	free(blade);
	management_look(w);
	world_notices(w);
	return w;
}

void world_free(struct world *w)
{
	world_manager_kill(w);
	world_ghost_kill(w);
	while (w->heap_n)
		msg_free(msg_take(w));
	free(w->heap);
	for (unsigned vh = 1; vh <= w->hosts; vh++) {
		ag_core_free(w->host[vh].agent);
		sim_blade_free(w->host[vh].blade);
		mr_map_free(w->host[vh].told);
	}
	sim_chassis_free(w->chassis);
	world_store_done(w);
	mr_map_free(w->named);
	mr_map_free(w->named_before);
	mr_map_free(w->commanded);
	free(w->op);
	free(w->cmd);
	free(w->heard);
	free(w->late);
	mr_map_free(w->consent);
	management_free(w);
	world_faults_free(w);
	fm_reply_done(&w->reply);
	mr_buf_done(&w->trace);
	free(w);
}

/* Keeps the last 64 KiB. */
void world_trace(struct world *w, const char *fmt, ...)
{
	size_t at;
	va_list ap;

	if (w->untraced)
		return;
	if (w->trace.len > 1u << 16) {
		size_t keep = w->trace.len - (1u << 15);

		memmove(w->trace.data, w->trace.data + keep, w->trace.len - keep);
		w->trace.len -= keep;
		w->trace.data[w->trace.len] = '\0';
	}
	at = w->trace.len;
	mr_buf_printf(&w->trace, "%10.6f ", (double)w->now.mono_ns / 1e9);
	va_start(ap, fmt);
	mr_buf_vprintf(&w->trace, fmt, ap);
	va_end(ap);
	mr_buf_putc(&w->trace, '\n');
	for (; at < w->trace.len; at++)
		w->digest = (w->digest ^ (unsigned char)w->trace.data[at]) * FNV_PRIME;
	if (w->verbose) {
		const char *line = strrchr(mr_buf_text(&w->trace), '\n');

		while (line > w->trace.data && line[-1] != '\n')
			line--;
		fputs(line, stderr);
	}
}
