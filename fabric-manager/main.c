/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banyan-manager: reads its configuration, runs until it is told to end. Ending it leaves
 * everything running that it manages.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/os/options.h"
#include "common/os/std.h"
#include "common/str.h"
#include "fabric-manager/io/config.h"
#include "fabric-manager/io/manager.h"

#define CONFIG_MAX (1u << 20)

static const char *config_file = "/etc/banyan/manager.yaml";
static const char *bmc_users, *bmc_ca;

static const struct mr_option options[] = {
	{.name = "config",
	 .letter = 'c',
	 .arg = "FILE",
	 .help = "configuration (default /etc/banyan/manager.yaml)",
	 .text = &config_file},
	{.name = "bmc-users",
	 .arg = "FILE",
	 .help = "credentials of baseboard controllers: lines \"HOST USER:PASSWORD\" or "
		 "\"default USER:PASSWORD\"; mode 0600",
	 .text = &bmc_users},
	{.name = "bmc-ca",
	 .arg = "FILE",
	 .help = "certificates (PEM) that theirs are verified by (default: the system's)",
	 .text = &bmc_ca},
	{0},
};

static const struct mr_program program = {
	.name = "banyan-manager",
	.synopsis = "[--config FILE] [--bmc-users FILE] [--bmc-ca FILE]",
	.about = "The fabric manager: policies in, functions of shared adapters into the right "
		 "hosts.",
	.options = options,
};

/* Reads and checks the configuration; prints what is wrong. */
static int configure(struct fm_config *cfg)
{
	struct mr_diags diags = {0};
	struct mr_err err = {0};
	struct mr_buf out = {0};
	unsigned long len;
	char *text;
	int rc = mr_file_read(config_file, CONFIG_MAX, &text, &len, &err);

	if (rc) {
		fprintf(stderr, "banyan-manager: %s\n", err.text);
		return rc;
	}
	rc = fm_config_read(config_file, text, len, cfg, &diags);
	cfg->bmc_users = bmc_users;
	cfg->bmc_ca = bmc_ca;
	mr_diags_print(&diags, &out);
	fputs(mr_buf_text(&out), stderr);
	mr_buf_done(&out);
	mr_diags_done(&diags);
	free(text);
	return rc;
}

static void stop(void *arg)
{
	mr_loop_stop(arg);
}

int main(int argc, char **argv)
{
	struct fm_manager *manager;
	struct fm_config cfg;
	struct mr_err err = {0};
	struct mr_loop *loop;
	int code;
	int first;

	mr_std_hold();
	first = mr_options_parse(&program, argc, argv, &code);
	if (first < 0)
		return code;
	if (first < argc) {
		fprintf(stderr, "banyan-manager: unexpected operand '%s'\n", argv[first]);
		return MR_EXIT_USAGE;
	}
	if (configure(&cfg))
		return 1;
	mr_log_setup((enum mr_log_level)cfg.log_level, cfg.log_json, "banyan-manager");
	loop = mr_loop_new();
	mr_loop_signal(loop, SIGTERM, stop, loop);
	mr_loop_signal(loop, SIGINT, stop, loop);
	if (fm_manager_new(loop, &cfg, &manager, &err)) {
		mr_error("main", "cannot start: %s", err.text);
		mr_loop_free(loop);
		return 1;
	}
	mr_info("main", "ready; control socket %s", cfg.control);
	mr_loop_run(loop);
	fm_manager_free(manager);
	mr_loop_free(loop);
	return 0;
}
