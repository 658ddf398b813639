// SPDX-License-Identifier: Apache-2.0
/*
 * The tables of verbs and options. A new verb is a row here; what it does is one of the
 * functions of run.h.
 */
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "fabric-manager/cli/args.h"
#include "fabric-manager/cli/run.h"

#define HERE	(-1)
#define ASKS	(CLI_OPT_MANAGER | CLI_OPT_OUTPUT | CLI_OPT_NO_COLOR)
#define CHANGES (ASKS | CLI_OPT_WAIT)

const struct cli_option cli_options[CLI_OPT_COUNT] = {
	{CLI_OPT_MANAGER, "manager", 'm', "ADDR",
	 "the manager's control socket: unix:PATH or tcp:HOST:PORT (default: the environment's "
	 "BANYAN_MANAGER, else " CLI_MANAGER_DEFAULT ")"},
	{CLI_OPT_FILE, "file", 'f', "PATH",
	 "a policy file, a folder (its *.yaml, sorted) or - for standard input; may be "
	 "repeated"},
	{CLI_OPT_OUTPUT, "output", 'o', "FORMAT", "table, wide, json, yaml or name"},
	{CLI_OPT_NO_COLOR, "no-color", 0, NULL, "no colour, not even on a terminal"},
	{CLI_OPT_WATCH, "watch", 'w', NULL, "show it again whenever it changes, until Ctrl-C"},
	{CLI_OPT_WAIT, "wait", 0, NULL,
	 "wait until the fabric has settled, with a line for each change; exit code 3 when the "
	 "time ran out"},
	{CLI_OPT_WAIT, "timeout", 0, "TIME", "how long --wait waits (default 60s)"},
	{CLI_OPT_SET, "set", 0, "NAME", "the set that these documents belong to"},
	{CLI_OPT_PRUNE, "prune", 0, NULL, "remove the set's documents that are no longer here"},
	{CLI_OPT_YES, "yes", 'y', NULL, "yes, also when running assignments go"},
	{CLI_OPT_DRAIN, "force", 0, NULL,
	 "go on where a function is in use: its driver is unbound, and when the time of its "
	 "drain policy is over it is cut"},
	{CLI_OPT_DRAIN, "release", 0, NULL,
	 "take away what finds no place on another host; its identities and data stay its own"},
	{CLI_OPT_DISRUPTION, "max-disruption", 0, "CLASS|N",
	 "refuse when a change is of a worse class (None, Live, Reset, Move, Count, Host), or "
	 "when more than N running assignments are interrupted"},
	{CLI_OPT_IF_VERSION, "if-version", 0, "VERSION",
	 "refuse when another version of the documents is in force, and say what changed "
	 "since"},
	{CLI_OPT_FOLLOW, "follow", 0, NULL, "go on and show events as they come"},
	{CLI_OPT_SINCE, "since", 0, "WHEN",
	 "from this sequence number on, or not older than this time (10m)"},
};

const struct cli_verb cli_verbs[] = {
	{"apply", FM_VERB_APPLY, "", 0, "-f PATH",
	 CHANGES | CLI_OPT_FILE | CLI_OPT_SET | CLI_OPT_PRUNE | CLI_OPT_YES |
		 CLI_OPT_DISRUPTION | CLI_OPT_IF_VERSION,
	 "Put policy documents into force; all of them or, when one is wrong, none.",
	 "banyan apply -f policy.yaml --wait", cli_run_request},
	{"plan", FM_VERB_PLAN, "", 0, "[-f PATH]",
	 ASKS | CLI_OPT_FILE | CLI_OPT_SET | CLI_OPT_PRUNE | CLI_OPT_DISRUPTION,
	 "Show what apply would change, whom it interrupts and for how long; exit code 0 for "
	 "nothing, 2 for something.",
	 "banyan plan -f policy.yaml", cli_run_request},
	{"diff", FM_VERB_DIFF, "na", 0, "[VERSION [VERSION]]", ASKS,
	 "Show where the fabric differs from the policy in force, or what differs between two "
	 "versions of the documents; exit code 2 when something does.",
	 "banyan diff 41 43", cli_run_request},
	{"history", FM_VERB_HISTORY, "", 0, "", ASKS | CLI_OPT_WATCH,
	 "Show the versions of the documents that are kept: who, when, what changed.",
	 "banyan history", cli_run_show},
	{"rollback", FM_VERB_ROLLBACK, "n", 0, "[VERSION]",
	 CHANGES | CLI_OPT_YES | CLI_OPT_DISRUPTION | CLI_OPT_IF_VERSION,
	 "Put the documents of an older version into force again, as a new version; without "
	 "VERSION those before the last change.",
	 "banyan rollback 41 --wait", cli_run_request},
	{"whatif", FM_VERB_WHATIF, "qa", 0,
	 "host-dies HOST | adapter-dies ADAPTER | cordon HOST | more TEMPLATE=N | -f PATH",
	 ASKS | CLI_OPT_FILE | CLI_OPT_SET,
	 "Show what would move, what would have no place and what would be left, and change "
	 "nothing; exit code 0 when all fits, 2 when something would not.",
	 "banyan whatif host-dies blade03", cli_run_request},
	{"validate", HERE, "", 0, "-f PATH", CLI_OPT_FILE | CLI_OPT_OUTPUT | CLI_OPT_NO_COLOR,
	 "Check policy documents as a complete set, without a manager.",
	 "banyan validate -f policy/", cli_run_validate},
	{"get", FM_VERB_GET, "kn", 1, "KIND [NAME]", ASKS | CLI_OPT_WATCH,
	 "List the things of a kind, or one of them.", "banyan get assignments -o wide",
	 cli_run_show},
	{"describe", FM_VERB_DESCRIBE, "kn", 2, "KIND NAME", ASKS,
	 "Show everything that is known of one thing.", "banyan describe host blade01",
	 cli_run_request},
	{"explain", FM_VERB_EXPLAIN, "n", 1, "ASSIGNMENT", ASKS,
	 "Say why an assignment is where it is, or why it is nowhere.",
	 "banyan explain web01/data0", cli_run_request},
	{"delete", FM_VERB_DELETE, "kn", 0, "KIND NAME | -f PATH",
	 CHANGES | CLI_OPT_FILE | CLI_OPT_SET | CLI_OPT_YES | CLI_OPT_IF_VERSION,
	 "Take policy documents out of force; --yes when running assignments go. Or erase a "
	 "namespace that no document names, or forget one that its drive lost (--yes).",
	 "banyan delete profile web01 --yes", cli_run_request},
	{"move", FM_VERB_MOVE, "nh", 2, "PROFILE HOST", CHANGES | CLI_OPT_YES,
	 "Move a connected profile with its identities to another host.",
	 "banyan move web01 blade05 --wait", cli_run_request},
	{"connect", FM_VERB_CONNECT, "nh", 2, "PROFILE HOST", CHANGES,
	 "Connect a profile to a host.", "banyan connect web01 blade02", cli_run_request},
	{"disconnect", FM_VERB_DISCONNECT, "n", 1, "PROFILE", CHANGES | CLI_OPT_YES,
	 "Take a profile from its host; its identities stay its own.",
	 "banyan disconnect web01", cli_run_request},
	{"failback", FM_VERB_FAILBACK, "n", 1, "PROFILE", CHANGES | CLI_OPT_YES,
	 "Move a profile back to the host that it was taken from.", "banyan failback web01",
	 cli_run_request},
	{"reset-override", FM_VERB_RESET_OVERRIDE, "n", 1, "PROFILE", CHANGES | CLI_OPT_YES,
	 "End a profile's override: its documents say again where it is.",
	 "banyan reset-override web01", cli_run_request},
	{"switchover", FM_VERB_SWITCHOVER, "n", 1, "PROFILE/DEVICE", CHANGES,
	 "Take the named device of an `ha` pair into use; the other one is its standby then.",
	 "banyan switchover web01/data1 --wait", cli_run_request},
	{"approve", FM_VERB_APPROVE, "n", 1, "OPERATION|ADAPTER|PROFILE", CHANGES | CLI_OPT_YES,
	 "Let a change go ahead that waits for approval; --yes when fewer functions are left "
	 "than run.",
	 "banyan approve nic-left", cli_run_request},
	{"adopt", FM_VERB_ADOPT, "kn", 2, "chassis NAME", CHANGES | CLI_OPT_YES,
	 "Take over a chassis that another store, or a newer one, has programmed, or that was "
	 "replaced; what runs there runs on.",
	 "banyan adopt chassis c1", cli_run_request},
	{"cancel", FM_VERB_CANCEL, "", 0, "", CHANGES,
	 "Stop a rollout: what has not begun stays as it is.", "banyan cancel",
	 cli_run_request},
	{"resume", FM_VERB_RESUME, "", 0, "", CHANGES,
	 "Go on with a rollout that was paused or cancelled; what failed is tried again.",
	 "banyan resume --wait", cli_run_request},
	{"reset", FM_VERB_RESET, "n", 1, "FUNCTION", CHANGES | CLI_OPT_YES,
	 "Reset a function that is in quarantine, or, with --yes, take one that was adopted "
	 "from "
	 "its host; it is free when the reset is confirmed.",
	 "banyan reset nic-left/pf0/vf3 --wait", cli_run_request},
	{"cordon", FM_VERB_CORDON, "n", 1, "HOST", ASKS,
	 "Give a host nothing new; what it has goes on.", "banyan cordon blade03",
	 cli_run_request},
	{"uncordon", FM_VERB_UNCORDON, "n", 1, "HOST", CHANGES | CLI_OPT_YES,
	 "End a host's cordon; with --yes what drain moved away comes back.",
	 "banyan uncordon blade03 --yes --wait", cli_run_request},
	{"drain", FM_VERB_DRAIN, "n", 1, "HOST", CHANGES | CLI_OPT_YES | CLI_OPT_DRAIN,
	 "Cordon a host and move its profiles to spares, or to other hosts of their group.",
	 "banyan drain blade03 --wait", cli_run_request},
	{"events", FM_VERB_EVENTS, "", 0, "", ASKS | CLI_OPT_FOLLOW | CLI_OPT_SINCE,
	 "Show what happened, oldest first.", "banyan events --since 10m --follow",
	 cli_run_events},
	{"status", FM_VERB_STATUS, "", 0, "", ASKS | CLI_OPT_WATCH,
	 "Show the manager, its chassis, and how many assignments are in which phase.",
	 "banyan status", cli_run_show},
	{"top", FM_VERB_TOP, "", 0, "", ASKS | CLI_OPT_WATCH,
	 "Show how much of each port is used and promised.", "banyan top --watch",
	 cli_run_show},
	{"schema", HERE, "", 0, "", 0,
	 "Print the JSON Schema of the policy language, for editors.",
	 "banyan schema > policy.schema.json", cli_run_schema},
	{"completion", HERE, "s", 1, "bash|zsh|man", 0,
	 "Print the shell's completion script, or the man page.",
	 "source <(banyan completion bash)", cli_run_completion},
	{"help", HERE, "v", 0, "[VERB]", 0, "Show this text, or the help of one verb.",
	 "banyan help apply", cli_run_help},
	{"version", HERE, "", 0, "", 0, "Show the version of this command.", "banyan version",
	 cli_run_version},
	{0},
};

const struct cli_verb *cli_verb_find(const char *name)
{
	for (const struct cli_verb *v = cli_verbs; v->name; v++) {
		if (!strcmp(v->name, name))
			return v;
	}
	return NULL;
}

const char *const *cli_verb_names(void)
{
	static const char *names[MR_ARRAY_SIZE(cli_verbs)];

	for (unsigned i = 0; i < MR_ARRAY_SIZE(cli_verbs); i++)
		names[i] = cli_verbs[i].name;
	return names;
}

const char *cli_format_name(enum cli_format f)
{
	static const char *const names[] = {
#define X(name, text) text,
		CLI_FORMATS(X)
#undef X
	};

	return names[f];
}
