// SPDX-License-Identifier: Apache-2.0
/*
 * banyan-sim: a chassis in software. Reads its description, builds the world, opens its faces
 * (chassis.proto, sysfs, uevents, control socket), and runs until SIGTERM or Ctrl-C.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/os/options.h"
#include "common/os/std.h"
#include "common/pci/regmap.h"
#include "common/tree.h"
#include "sim/ctl.h"
#include "sim/face.h"
#include "sim/load.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "sim/model/snapshot.h"
#include "sim/run.h"
#include "sim/save.h"
#include "sim/server.h"
#include "sim/uevent.h"
#include "sim/world.h"

struct arguments {
	const char *chassis, *restore, *memory, *listen, *face, *run, *clock, *log;
};

struct sim {
	struct mr_loop *loop;
	struct sim_world *world;
	struct sim_server *server;
	struct sim_face *face;
	struct sim_uevents *uevents;
	struct sim_ctl *ctl;
	const char *memory;
	struct mr_err failure;
};

static int parse(int argc, char **argv, struct arguments *a, int *ret_exit)
{
	const struct mr_option options[] = {
		{"chassis", 0, "FILE", "description of the chassis (YAML)", &a->chassis, NULL,
		 false},
		{"restore", 0, "FILE", "instead of it: a chassis that 'ctl save' wrote",
		 &a->restore, NULL, false},
		{"memory", 0, "FILE",
		 "where the switch's memory is kept at each commit, and found after a loss of "
		 "power",
		 &a->memory, NULL, false},
		{"listen", 0, "ADDR", "where managers connect: unix:PATH or tcp:HOST:PORT",
		 &a->listen, NULL, true},
		{"host-face", 0, "DIR", "folder that gets the blades' sysfs trees", &a->face,
		 NULL, true},
		{"run", 0, "DIR", "folder for the uevent sockets and ctl.sock", &a->run, NULL,
		 true},
		{"clock", 0, "real|virtual", "virtual: time advances when nobody talks to us",
		 &a->clock, NULL, false},
		{"log", 0, "LEVEL", "debug, info, warn or error (default info)", &a->log, NULL,
		 false},
		{NULL, 0, NULL, NULL, NULL, NULL, false},
	};
	const struct mr_program program = {
		.name = "banyan-sim",
		.synopsis = "--chassis FILE --listen ADDR --host-face DIR --run DIR",
		.about = "A multi-root chassis in software. 'banyan-sim ctl --help' for the "
			 "tester's verbs, 'banyan-sim run --help' for scenarios.",
		.options = options,
	};
	int first = mr_options_parse(&program, argc, argv, ret_exit);

	if (first < 0)
		return first;
	if (first == argc && !a->chassis == !!a->restore &&
	    (!a->clock || mr_streq(a->clock, "real") || mr_streq(a->clock, "virtual")) &&
	    (!a->log || mr_log_level_parse(a->log) >= 0))
		return 0;
	fprintf(stderr, "banyan-sim: expected --chassis or --restore, no operands, --clock "
			"real|virtual and a log level\n");
	*ret_exit = MR_EXIT_USAGE;
	return -1;
}

static void on_interrupt(uint32_t vector, uint32_t data, void *arg)
{
	struct sim *s = arg;

	if (s->server)
		sim_server_interrupt(s->server, vector, data);
	if (s->ctl)
		sim_ctl_interrupt(s->ctl);
}

static void on_blade(unsigned vh, void *arg)
{
	struct sim *s = arg;

	if (s->uevents)
		sim_uevents_flush(s->uevents, vh);
}

static void on_uevent(unsigned vh, const struct mr_buf *message, void *arg)
{
	struct sim *s = arg;

	if (s->ctl)
		sim_ctl_uevent(s->ctl, vh, message);
}

/* What the switch says it keeps it must find again: without that this one ends. */
static void on_committed(void *arg)
{
	struct sim *s = arg;
	int r = s->memory ? sim_save(s->world, s->memory) : 0;

	if (!r)
		return;
	mr_err_set(&s->failure, r, MR_REASON_INVALID,
		   "expected a file that can be written at '%s': %s", s->memory, strerror(-r));
	mr_loop_stop(s->loop);
}

static void on_power_lost(void *arg)
{
	struct sim *s = arg;

	if (s->server)
		sim_server_drop(s->server);
}

static void on_stop(void *arg)
{
	struct sim *s = arg;

	mr_loop_stop(s->loop);
}

static int open_faces(struct sim *s, const struct arguments *a, const char *name,
		      struct mr_err *err)
{
	int r;

	if (mkdir(a->run, 0755) && errno != EEXIST) {
		r = -errno;
		return mr_err_set(err, r, MR_REASON_INVALID,
				  "expected a folder for sockets at '%s': %s", a->run,
				  strerror(-r));
	}
	r = sim_face_new(s->loop, s->world, a->face, on_stop, s, &s->face, err);
	if (!r)
		r = sim_uevents_new(s->loop, s->world, a->run, &s->uevents, err);
	if (!r)
		sim_uevents_tap(s->uevents, on_uevent, s);
	if (!r)
		r = sim_server_new(s->loop, s->world, a->listen, name, &s->server, err);
	if (!r)
		r = sim_ctl_new(s->loop, s->world, s->face, a->run, &s->ctl, err);
	return r;
}

/* The world of --chassis or --restore; of --memory, once there is some. */
static int make_world(struct sim *s, const struct arguments *a, struct mr_err *err)
{
	bool virtual_clock = mr_streq(a->clock, "virtual");
	bool memory = a->memory && !access(a->memory, F_OK);
	const char *file = memory ? a->memory : a->restore;
	struct sim_desc *desc = file ? NULL : sim_load_chassis(a->chassis, err);
	unsigned long len;
	char *bytes;
	int r = 0;

	if (desc) {
		r = sim_check_kinds(desc, err);
		if (!r)
			s->world = sim_world_new(s->loop, desc, virtual_clock, mr_random_u64());
		sim_desc_free(desc);
		return r;
	}
	if (!file)
		return -EINVAL;
	r = mr_file_read(file, SIM_SNAPSHOT_MAX, &bytes, &len, err);
	if (r)
		return r;
	s->world = sim_world_restore(s->loop, bytes, len, virtual_clock, mr_random_u64(), err);
	free(bytes);
	if (!s->world)
		return mr_err_prefix(err, "%s", file);
	if (memory)
		sim_chassis_power_cycle(sim_world_chassis(s->world), sim_world_now(s->world),
					MR_NVM_GOOD);
	return 0;
}

static int run(struct sim *s, const struct arguments *a, struct mr_err *err)
{
	static const struct sim_world_ops ops = {on_interrupt, on_blade, on_committed,
						 on_power_lost};
	struct mr_tree *status;
	int r;

	s->loop = mr_loop_new();
	s->memory = a->memory;
	r = make_world(s, a, err);
	if (r)
		return r;
	sim_world_watch(s->world, &ops, s);
	on_committed(s); /* a file that cannot be written is told of now */
	mr_loop_signal(s->loop, SIGTERM, on_stop, s);
	mr_loop_signal(s->loop, SIGINT, on_stop, s);
	status = sim_chassis_status(sim_world_chassis(s->world));
	r = s->failure.code ? 0 : open_faces(s, a, mr_tree_text(status, "name"), err);
	if (!r && !s->failure.code) {
		mr_info("sim", "chassis '%s' with %u hosts and %u adapters is up",
			mr_tree_text(status, "name"), mr_tree_get(status, "hosts")->n,
			mr_tree_get(status, "adapters")->n);
		sim_world_pump(s->world);
		mr_loop_run(s->loop);
		mr_info("sim", "stopping");
	}
	mr_tree_free(status);
	if (!r && s->failure.code)
		*err = s->failure;
	return r ? r : s->failure.code;
}

static void close_all(struct sim *s)
{
	sim_ctl_free(s->ctl);
	sim_server_free(s->server);
	sim_uevents_free(s->uevents);
	sim_face_free(s->face);
	sim_world_free(s->world);
	if (s->loop)
		mr_loop_free(s->loop);
}

int main(int argc, char **argv)
{
	struct arguments a = {0};
	struct sim s = {0};
	struct mr_err err = {0};
	int code = 0;

	mr_std_hold();
	if (argc > 1 && mr_streq(argv[1], "ctl"))
		return sim_ctl_main(argc - 1, argv + 1);
	if (argc > 1 && mr_streq(argv[1], "run"))
		return sim_run_main(argc - 1, argv + 1);
	if (parse(argc, argv, &a, &code))
		return code;
	mr_log_setup(a.log ? (enum mr_log_level)mr_log_level_parse(a.log) : MR_LOG_INFO, 0,
		     "banyan-sim");
	if (run(&s, &a, &err)) {
		mr_error("sim", "%s", err.text);
		code = 1;
	}
	close_all(&s);
	return code;
}
