// SPDX-License-Identifier: Apache-2.0
/*
 * `banyan-sim run`: the shell around a scenario. On the virtual clock the run goes from one
 * thing that is due to the next; on the real one it waits for each, and the report is the same.
 */
#include "sim/run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/options.h"
#include "common/str.h"
#include "common/tree.h"
#include "sim/load.h"
#include "sim/model/desc.h"
#include "sim/model/scenario.h"
#include "sim/tree_text.h"

#define START_NS 1000000000 /* of the run's own clock */

struct arguments {
	const char *file, *clock, *seed, *output;
};

static int parse(int argc, char **argv, struct arguments *a, int *ret_exit)
{
	const struct mr_option options[] = {
		{"clock", 0, "real|virtual", "virtual (default): as fast as it goes", &a->clock,
		 NULL, false},
		{"seed", 0, "N", "instead of the file's", &a->seed, NULL, false},
		{"output", 'o', "text|json", "form of the report (default text)", &a->output,
		 NULL, false},
		{NULL, 0, NULL, NULL, NULL, NULL, false},
	};
	struct mr_buf about = {0};
	struct mr_program program = {.name = "banyan-sim run",
				     .synopsis = "SCENARIO.yaml [OPTIONS]",
				     .options = options};
	int first;

	mr_buf_puts(&about, "Runs a scenario on a simulated chassis; exit code 0 when "
			    "everything went as it expects.\n");
	sim_scn_help(&about);
	program.about = about.data;
	first = mr_options_parse(&program, argc, argv, ret_exit);
	mr_buf_done(&about);
	if (first < 0)
		return -1;
	*ret_exit = MR_EXIT_USAGE;
	if (first + 1 == argc &&
	    (!a->clock || mr_streq(a->clock, "real") || mr_streq(a->clock, "virtual")) &&
	    (!a->output || mr_streq(a->output, "text") || mr_streq(a->output, "json"))) {
		a->file = argv[first];
		return 0;
	}
	fputs("banyan-sim run: expected one scenario file, --clock real|virtual and "
	      "-o text|json\n",
	      stderr);
	return -1;
}

static void print(const struct mr_diags *diags)
{
	struct mr_buf text = {0};

	mr_diags_print(diags, &text);
	fputs(mr_buf_text(&text), stderr);
	mr_buf_done(&text);
}

/* The chassis file stands relative to the scenario. */
static struct sim_desc *load_chassis(const struct sim_scn *s, const char *file,
				     struct mr_err *err)
{
	const char *slash = strrchr(file, '/'), *name = sim_scn_chassis(s);
	struct mr_buf path = {0};
	struct sim_desc *d;

	if (*name != '/' && slash)
		mr_buf_add(&path, file, (size_t)(slash + 1 - file));
	mr_buf_puts(&path, name);
	d = sim_load_chassis(path.data, err);
	if (d && sim_check_kinds(d, err)) {
		sim_desc_free(d);
		d = NULL;
	}
	mr_buf_done(&path);
	return d;
}

/* The scenario with its chassis; 0 or -EINVAL. */
static int load(const char *file, struct sim_scn **ret, struct sim_desc **ret_desc,
		struct mr_err *err)
{
	struct mr_diags diags = {0};
	unsigned long len;
	char *text;
	int r = mr_file_read(file, SIM_SCENARIO_MAX, &text, &len, err);

	if (r)
		return r;
	r = sim_scn_read(file, text, len, ret, &diags);
	free(text);
	if (!r) {
		*ret_desc = load_chassis(*ret, file, err);
		r = *ret_desc ? sim_scn_bind(*ret, *ret_desc, &diags) : -EINVAL;
	}
	print(&diags);
	mr_diags_done(&diags);
	return r ? mr_err_set(err, r, MR_REASON_INVALID, "'%s' is no scenario that can be run",
			      file)
		 : 0;
}

/* ---- the real clock ---- */

struct pace {
	struct sim_scn_run *run;
	struct mr_loop *loop;
	struct mr_timer *timer;
	int64_t shift; /* real time less the run's */
};

static void on_time(void *arg)
{
	struct pace *p = arg;
	int64_t now = mr_clock_now().mono_ns - p->shift;

	sim_scn_run_step(p->run, (struct mr_now){now, now});
	if (sim_scn_run_over(p->run))
		mr_loop_stop(p->loop);
	else
		mr_timer_set(p->timer, sim_scn_run_deadline(p->run) + p->shift);
}

static void run_real(struct sim_scn_run *run)
{
	struct pace p = {.run = run, .loop = mr_loop_new()};

	p.timer = mr_timer_new(p.loop, on_time, &p);
	p.shift = mr_clock_now().mono_ns - START_NS;
	mr_timer_set(p.timer, mr_clock_now().mono_ns);
	mr_loop_run(p.loop);
	mr_timer_free(p.timer);
	mr_loop_free(p.loop);
}

static void run_virtual(struct sim_scn_run *run)
{
	while (!sim_scn_run_over(run)) {
		int64_t due = sim_scn_run_deadline(run);

		sim_scn_run_step(run, (struct mr_now){due, due});
	}
}

/* The report of a run that is over: run.h. */
void sim_run_report(const struct sim_scn_run *run, bool json, struct mr_buf *out)
{
	struct mr_tree *t;

	if (!json) {
		sim_scn_run_text(run, out);
		return;
	}
	t = sim_scn_run_tree(run);
	sim_tree_json(t, out);
	mr_tree_free(t);
}

static void print_report(const struct sim_scn_run *run, bool json)
{
	struct mr_buf out = {0};

	sim_run_report(run, json, &out);
	fwrite(out.data, 1, out.len, stdout);
	mr_buf_done(&out);
}

/* `banyan-sim run`: run.h. */
int sim_run_main(int argc, char **argv)
{
	struct arguments a = {0};
	struct sim_scn *s = NULL;
	struct sim_desc *desc = NULL;
	struct sim_scn_run *run;
	struct mr_err err = {0};
	uint64_t seed = 0;
	int code = 0;

	if (parse(argc, argv, &a, &code))
		return code;
	if ((a.seed && mr_parse_u64(a.seed, UINT64_MAX, true, &seed, &err)) ||
	    load(a.file, &s, &desc, &err)) {
		fprintf(stderr, "banyan-sim run: %s\n", err.text);
		code = 1;
	} else {
		run = sim_scn_run_new(s, desc, a.seed ? seed : sim_scn_seed(s),
				      (struct mr_now){START_NS, START_NS});
		if (mr_streq(a.clock, "real"))
			run_real(run);
		else
			run_virtual(run);
		print_report(run, mr_streq(a.output, "json"));
		code = !sim_scn_run_passed(run);
		sim_scn_run_free(run);
	}
	sim_desc_free(desc);
	sim_scn_free(s);
	return code;
}
