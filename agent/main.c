/* SPDX-License-Identifier: Apache-2.0 */
/*
 * banyan-agent: one per host. Tells the manager what the host has, and is its SR-PCIM. Runs
 * until SIGTERM or Ctrl-C (the manager sees the connection go); SIGPWR says that the host goes
 * down.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "agent/shell.h"
#include "common/err.h"
#include "common/net/addr.h"
#include "common/net/loop.h"
#include "common/os/log.h"
#include "common/os/options.h"
#include "common/os/std.h"

struct arguments {
	const char *manager, *sysfs, *uevents, *name, *boot_id, *hooks, *alone, *log;
};

static int parse(int argc, char **argv, struct arguments *a, int *ret_exit)
{
	const struct mr_option options[] = {
		{"manager", 'm', "ADDR", "the manager: unix:PATH or tcp:HOST:PORT", &a->manager,
		 NULL, true},
		{"sysfs", 0, "DIR", "root of sysfs (default /sys)", &a->sysfs, NULL, false},
		{"uevents", 0, "SOCKET",
		 "where uevents come from (default the kernel's netlink)", &a->uevents, NULL,
		 false},
		{"name", 0, "HOST", "name of this host (default its host name)", &a->name, NULL,
		 false},
		{"boot-id", 0, "FILE", "file with the boot id (default the kernel's)",
		 &a->boot_id, NULL, false},
		{"hooks", 0, "DIR", "hooks (default /etc/banyan/hooks.d)", &a->hooks, NULL,
		 false},
		{"alone-after", 0, "TIME",
		 "without a manager for that long the agent enables VFs itself (default 10s)",
		 &a->alone, NULL, false},
		{"log", 0, "LEVEL", "debug, info, warn or error (default info)", &a->log, NULL,
		 false},
		{NULL, 0, NULL, NULL, NULL, NULL, false},
	};
	const struct mr_program program = {
		.name = "banyan-agent",
		.synopsis = "--manager ADDR [OPTION...]",
		.about = "Tells the Banyan manager what this host has, and carries out what "
			 "has to be done in the host.",
		.options = options,
	};
	int first = mr_options_parse(&program, argc, argv, ret_exit);

	if (first < 0)
		return first;
	if (first == argc && (!a->log || mr_log_level_parse(a->log) >= 0))
		return 0;
	fprintf(stderr, "banyan-agent: expected no operands and a log level\n");
	*ret_exit = MR_EXIT_USAGE;
	return -1;
}

static int too_long(const char *what, struct mr_err *err)
{
	return mr_err_set(err, -ENAMETOOLONG, MR_REASON_INVALID, "%s is too long", what);
}

/* A foreign tree may say who it is (docs/host-face.md): kernel/hostname, osrelease, boot_id. */
static int find_name(const struct arguments *a, struct ag_shell_config *c, struct mr_err *err)
{
	char path[AG_PATH_MAX], *host = c->write.host;
	size_t size = sizeof(c->write.host);

	if (a->name) {
		if (!mr_copy(host, size, a->name))
			return too_long("--name", err);
	} else if (c->write.fs.real) {
		gethostname(host, size - 1);
	} else if (ag_sysfs_path(&c->write.fs, path, "kernel/hostname")) {
		ag_read_line(path, host, size);
	}
	for (const char *s = host; *s; s++)
		if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_",
			    *s))
			return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
					  "expected letters, digits, '.', '-' and '_' in the "
					  "host's name, it is '%s'",
					  host);
	return host[0] ? 0
		       : mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				    "expected a host name: give --name HOST");
}

static void find_kernel(struct ag_shell_config *c)
{
	char path[AG_PATH_MAX];
	struct utsname u;

	if (!c->write.fs.real && ag_sysfs_path(&c->write.fs, path, "kernel/osrelease"))
		ag_read_line(path, c->kernel, sizeof(c->kernel));
	else if (!uname(&u))
		mr_fmt(c->kernel, sizeof(c->kernel), "%s", u.release);
}

static int find_boot_id(const struct arguments *a, struct ag_shell_config *c,
			struct mr_err *err)
{
	char path[AG_PATH_MAX];
	const char *file = "/proc/sys/kernel/random/boot_id";

	if (a->boot_id)
		file = a->boot_id;
	else if (!c->write.fs.real && ag_sysfs_path(&c->write.fs, path, "kernel/boot_id"))
		file = path;
	return mr_copy(c->boot_id, sizeof(c->boot_id), file) ? 0 : too_long("--boot-id", err);
}

static int configure(const struct arguments *a, struct ag_shell_config *c, struct mr_err *err)
{
	struct mr_addr manager;
	int rc;

	if (!ag_sysfs_init(&c->write.fs, a->sysfs ? a->sysfs : "/sys"))
		return too_long("--sysfs", err);
	rc = mr_addr_parse(a->manager, &manager, err);
	if (rc)
		return mr_err_prefix(err, "--manager");
	if (!mr_copy(c->manager, sizeof(c->manager), a->manager))
		return too_long("--manager", err);
	if (!mr_copy(c->uevents, sizeof(c->uevents), a->uevents ? a->uevents : ""))
		return too_long("--uevents", err);
	if (!mr_copy(c->write.hooks, sizeof(c->write.hooks),
		     a->hooks ? a->hooks : "/etc/banyan/hooks.d"))
		return too_long("--hooks", err);
	rc = mr_parse_time(a->alone ? a->alone : "10s", &c->alone_ns, err);
	if (rc)
		return mr_err_prefix(err, "--alone-after");
	find_kernel(c);
	rc = find_boot_id(a, c, err);
	return rc ? rc : find_name(a, c, err);
}

struct program {
	struct mr_loop *loop;
	struct ag_shell *shell;
};

static void on_term(void *arg)
{
	struct program *p = arg;

	mr_loop_stop(p->loop);
}

static void on_power(void *arg)
{
	struct program *p = arg;

	ag_shell_goodbye(p->shell);
}

int main(int argc, char **argv)
{
	struct ag_shell_config c = {0};
	struct arguments a = {0};
	struct program p = {0};
	struct mr_err err = {0};
	int code = 0;

	mr_std_hold();
	if (parse(argc, argv, &a, &code))
		return code;
	mr_log_setup(a.log ? (enum mr_log_level)mr_log_level_parse(a.log) : MR_LOG_INFO, 0,
		     "banyan-agent");
	p.loop = mr_loop_new();
	if (configure(&a, &c, &err) || ag_shell_new(p.loop, &c, &p.shell, &err)) {
		mr_error("agent", "%s", err.text);
		code = 1;
	} else {
		mr_loop_signal(p.loop, SIGTERM, on_term, &p);
		mr_loop_signal(p.loop, SIGINT, on_term, &p);
		mr_loop_signal(p.loop, SIGPWR, on_power, &p);
		mr_loop_run(p.loop);
	}
	ag_shell_free(p.shell);
	mr_loop_free(p.loop);
	return code;
}
