// SPDX-License-Identifier: Apache-2.0
/*
 * Chassis, blades and the clock in the event loop. With the virtual clock, time jumps to the
 * next thing that is due once nobody has asked for anything during a short real moment.
 */
#include "sim/world.h"

#include <stdlib.h>

#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/rng.h"
#include "common/xalloc.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"
#include "sim/model/snapshot.h"

#define IDLE_NS (2 * MR_NS_PER_MS) /* real silence after which virtual time goes on */

struct pending {
	int64_t at;
	void (*fn)(void *arg);
	void *arg;
};

struct sim_world {
	struct mr_loop *loop;
	struct mr_timer *timer;
	struct sim_chassis *chassis;
	struct sim_blade **blade; /* by VH, [0] unused */
	unsigned blades;
	uint64_t commits; /* that the watcher heard of */
	uint64_t *seen;	  /* revision of each blade that the watcher heard of */
	const struct sim_world_ops *ops;
	void *ops_arg;
	const struct sim_world_guest *guest;
	void *guest_arg;
	bool virtual_clock, in_pump;
	struct mr_now virtual_now;
	struct pending *pending;
	unsigned n, cap;
};

/* The world's time: the real clocks, or virtual ones that started at the real ones. */
struct mr_now sim_world_now(struct sim_world *w)
{
	return w->virtual_clock ? w->virtual_now : mr_clock_now();
}

static int64_t own_deadline(const struct sim_world *w)
{
	int64_t due = sim_chassis_deadline(w->chassis);

	for (unsigned vh = 1; vh <= w->blades; vh++)
		if (w->blade[vh] && sim_blade_deadline(w->blade[vh]) < due)
			due = sim_blade_deadline(w->blade[vh]);
	for (unsigned i = 0; i < w->n; i++)
		if (w->pending[i].at < due)
			due = w->pending[i].at;
	return due;
}

static int64_t deadline(const struct sim_world *w)
{
	int64_t due = own_deadline(w),
		guest = w->guest ? w->guest->deadline(w->guest_arg) : due;

	return guest < due ? guest : due;
}

static void arm(struct sim_world *w)
{
	int64_t due = deadline(w);

	if (w->virtual_clock && due != MR_NEVER)
		due = mr_clock_now().mono_ns + IDLE_NS;
	mr_timer_set(w->timer, due);
}

static void on_timer(void *arg)
{
	struct sim_world *w = arg;
	int64_t due = deadline(w);

	if (w->virtual_clock && due != MR_NEVER && due > w->virtual_now.mono_ns) {
		w->virtual_now.wall_ns += due - w->virtual_now.mono_ns;
		w->virtual_now.mono_ns = due;
	}
	sim_world_pump(w);
}

static struct sim_world *new_world(struct mr_loop *l, bool virtual_clock)
{
	struct sim_world *w = MR_NEW(struct sim_world);

	w->loop = l;
	w->virtual_clock = virtual_clock;
	w->virtual_now = mr_clock_now();
	return w;
}

static void add_blades(struct sim_world *w, uint64_t seed)
{
	struct mr_rng rng;

	mr_rng_init(&rng, seed);
	w->blades = sim_chassis_hosts(w->chassis);
	w->blade = mr_xcalloc(w->blades + 1, sizeof(w->blade[0]));
	w->seen = mr_xcalloc(w->blades + 1, sizeof(w->seen[0]));
	for (unsigned vh = 1; vh <= w->blades; vh++)
		if (sim_host_name(w->chassis, (uint16_t)vh))
			w->blade[vh] =
				sim_blade_new(w->chassis, (uint16_t)vh, mr_rng_next(&rng));
	sim_blade_join(w->blade, w->blades);
	w->timer = mr_timer_new(w->loop, on_timer, w);
}

/* The world that 'desc' describes; blades get boot ids from 'seed'. */
struct sim_world *sim_world_new(struct mr_loop *l, const struct sim_desc *desc,
				bool virtual_clock, uint64_t seed)
{
	struct sim_world *w = new_world(l, virtual_clock);

	w->chassis = sim_chassis_new(desc, sim_world_now(w));
	add_blades(w, seed);
	return w;
}

/* The world around a chassis that was saved; its hosts boot. NULL with 'err' set. */
struct sim_world *sim_world_restore(struct mr_loop *l, const void *data, size_t len,
				    bool virtual_clock, uint64_t seed, struct mr_err *err)
{
	struct sim_world *w = new_world(l, virtual_clock);

	if (sim_chassis_restore(data, len, sim_world_now(w), &w->chassis, err)) {
		free(w);
		return NULL;
	}
	add_blades(w, seed);
	for (unsigned vh = 1; vh <= w->blades; vh++)
		if (w->blade[vh] && sim_blade_lead(w->blade[vh]) == w->blade[vh] &&
		    sim_host_power(w->chassis, (uint16_t)vh))
			sim_host_reset(w->chassis, sim_world_now(w), (uint16_t)vh);
	return w;
}

/* NULL is accepted. */
void sim_world_free(struct sim_world *w)
{
	if (!w)
		return;
	mr_timer_free(w->timer);
	for (unsigned vh = 1; vh <= w->blades; vh++)
		sim_blade_free(w->blade[vh]);
	sim_chassis_free(w->chassis);
	free(w->blade);
	free(w->seen);
	free(w->pending);
	free(w);
}

/* Who is told of interrupts and of blades that changed. */
void sim_world_watch(struct sim_world *w, const struct sim_world_ops *ops, void *arg)
{
	w->ops = ops;
	w->ops_arg = arg;
}

/* The chassis, for the faces. */
struct sim_chassis *sim_world_chassis(struct sim_world *w)
{
	return w->chassis;
}

/* Highest VH number. */
unsigned sim_world_blades(const struct sim_world *w)
{
	return w->blades;
}

/* The blade behind VH 'vh', or NULL. */
struct sim_blade *sim_world_blade(const struct sim_world *w, unsigned vh)
{
	return vh && vh <= w->blades ? w->blade[vh] : NULL;
}

static void deliver(struct sim_world *w, struct mr_now now)
{
	struct sim_notice n;

	while (sim_chassis_notice(w->chassis, &n))
		if (n.kind == SIM_NOTICE_MGMT_IRQ) {
			if (w->ops)
				w->ops->interrupt(n.vector, (uint32_t)n.arg, w->ops_arg);
		} else if (n.kind == SIM_NOTICE_MGMT_LOST) {
			if (w->ops)
				w->ops->connections_lost(w->ops_arg);
		} else if (sim_world_blade(w, n.vh)) {
			sim_blade_notice(w->blade[n.vh], now, &n);
		}
}

static void run_pending(struct sim_world *w, struct mr_now now)
{
	for (unsigned i = 0; i < w->n;) {
		struct pending p = w->pending[i];

		if (p.at > now.mono_ns) {
			i++;
			continue;
		}
		w->pending[i] = w->pending[--w->n];
		p.fn(p.arg);
	}
}

static void tell(struct sim_world *w)
{
	if (w->ops && sim_chassis_commits(w->chassis) != w->commits) {
		w->commits = sim_chassis_commits(w->chassis);
		w->ops->committed(w->ops_arg);
	}
	for (unsigned vh = 1; vh <= w->blades && w->ops; vh++) {
		if (!w->blade[vh] || sim_blade_lead(w->blade[vh]) != w->blade[vh] ||
		    sim_blade_revision(w->blade[vh]) == w->seen[vh])
			continue;
		w->seen[vh] = sim_blade_revision(w->blade[vh]);
		w->ops->blade_changed(vh, w->ops_arg);
	}
}

/* Notices and uevents, and nothing else: world.h. */
void sim_world_carry(struct sim_world *w)
{
	deliver(w, sim_world_now(w));
	tell(w);
}

/* All that is due at this moment: world.h. */
void sim_world_settle(struct sim_world *w)
{
	struct mr_now now = sim_world_now(w);

	do {
		sim_chassis_step(w->chassis, now);
		deliver(w, now);
		for (unsigned vh = 1; vh <= w->blades; vh++)
			if (w->blade[vh] && sim_blade_deadline(w->blade[vh]) <= now.mono_ns)
				sim_blade_step(w->blade[vh], now);
		deliver(w, now);
		run_pending(w, now);
	} while (own_deadline(w) <= now.mono_ns);
	tell(w);
}

/* Carries notices, steps what is due until nothing is, then arms the timer. */
void sim_world_pump(struct sim_world *w)
{
	int64_t begun = sim_world_now(w).mono_ns;

	if (w->in_pump)
		return;
	w->in_pump = true;
	do {
		sim_world_settle(w);
		if (w->guest)
			w->guest->step(sim_world_now(w), w->guest_arg);
	} while (deadline(w) <= begun);
	w->in_pump = false;
	arm(w);
}

/* Who is called beside the faces: world.h. */
void sim_world_join(struct sim_world *w, const struct sim_world_guest *g, void *arg)
{
	w->guest = g;
	w->guest_arg = arg;
}

/* One call at a time of the world's clock. */
void sim_world_at(struct sim_world *w, int64_t mono_ns, void (*fn)(void *arg), void *arg)
{
	MR_GROW(w->pending, w->n, w->cap);
	w->pending[w->n++] = (struct pending){mono_ns, fn, arg};
	if (!w->in_pump)
		arm(w);
}
