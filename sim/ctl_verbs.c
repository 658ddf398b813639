// SPDX-License-Identifier: Apache-2.0
/*
 * The verbs of the control socket: what a tester's hands do to the chassis, and raw looks at
 * what a host would see.
 */
#include <errno.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/os/options.h"
#include "common/pci/regmap.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "sim/ctl.h"
#include "sim/ctl_priv.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"
#include "sim/tree_text.h"
#include "sim/world.h"

struct verb {
	const char *name, *args, *help;
	int min, max;
	/* NULL: not here (ctl.c) */
	int (*run)(struct sim_world *w, char **arg, int n, struct mr_buf *out);
};

/* A sentence with one word in it; returns 1. */
int sim_ctl_refuse(struct mr_buf *out, const char *fmt, const char *what)
{
	mr_buf_printf(out, fmt, what);
	mr_buf_putc(out, '\n');
	return 1;
}

/* 0, or the sentence for an errno value. */
int sim_ctl_done(int r, const char *what, struct mr_buf *out)
{
	if (!r)
		return 0;
	mr_buf_printf(out, "%s: refused (%s)\n", what, strerror(-r));
	return 1;
}

/* VH of a blade by name, 0 with a sentence when there is none. */
static unsigned blade(struct sim_world *w, const char *name, struct mr_buf *out)
{
	int vh = sim_host_find(sim_world_chassis(w), name);

	if (vh > 0 && sim_world_blade(w, (unsigned)vh))
		return (unsigned)vh;
	sim_ctl_refuse(out, "there is no blade '%s'", name);
	return 0;
}

/* 1 or 0 for the two words, -1 with a sentence. */
static int word(const char *s, const char *yes, const char *no, struct mr_buf *out)
{
	if (mr_streq(s, yes))
		return 1;
	if (mr_streq(s, no))
		return 0;
	mr_buf_printf(out, "expected %s or %s, got '%s'\n", yes, no, s);
	return -1;
}

static int v_power(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	unsigned vh = blade(w, arg[0], out);
	int on = vh ? word(arg[1], "on", "off", out) : -1;

	(void)n;
	if (on < 0)
		return 1;
	return sim_ctl_done(
		sim_host_set_power(sim_world_chassis(w), sim_world_now(w), (uint16_t)vh, on),
		arg[0], out);
}

static int v_reset(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	unsigned vh = blade(w, arg[0], out);

	(void)n;
	if (!vh)
		return 1;
	return sim_ctl_done(
		sim_host_reset(sim_world_chassis(w), sim_world_now(w), (uint16_t)vh), arg[0],
		out);
}

static int v_link(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	struct sim_chassis *c = sim_world_chassis(w);
	uint64_t number;
	int port = sim_host_find(c, arg[0]), up = word(arg[1], "up", "down", out);

	(void)n;
	if (up < 0)
		return 1;
	if (port < 0)
		port = sim_adapter_find(c, arg[0]);
	if (port < 0 && !mr_parse_u64(arg[0], MR_MAX_PORTS, false, &number, NULL))
		port = (int)number;
	if (port < 0)
		return sim_ctl_refuse(out, "there is no port, blade or adapter '%s'", arg[0]);
	return sim_ctl_done(sim_port_set_link(c, sim_world_now(w), (uint16_t)port, up), arg[0],
			    out);
}

static int v_hang(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	unsigned vh = blade(w, arg[0], out);
	int on = vh ? word(arg[1], "on", "off", out) : -1;

	(void)n;
	if (on < 0)
		return 1;
	sim_blade_hang(sim_world_blade(w, vh), on);
	return 0;
}

static const char *life(const struct sim_world *w, struct sim_chassis *c, unsigned vh)
{
	const struct sim_blade *b = sim_world_blade(w, vh);

	if (sim_blade_hung(b))
		return "hung";
	if (sim_blade_up(b))
		return "up";
	if (!sim_host_power(c, (uint16_t)vh))
		return "off";
	return sim_host_link(c, (uint16_t)vh) ? "booting" : "waits for its link";
}

static void add_blades(struct sim_world *w, struct mr_tree *t)
{
	struct mr_tree *list = mr_tree_add_list(t, "blades");

	for (unsigned vh = 1; vh <= sim_world_blades(w); vh++) {
		const struct sim_blade *b = sim_world_blade(w, vh);
		struct mr_tree *m;

		if (!b)
			continue;
		m = mr_tree_add_map(list, NULL);
		mr_tree_add_text(m, "name", sim_blade_name(b));
		mr_tree_add_int(m, "vh", vh);
		if (sim_blade_lead(b) != b)
			mr_tree_add_text(m, "rootOf", sim_blade_name(sim_blade_lead(b)));
		mr_tree_add_text(m, "state", life(w, sim_world_chassis(w), vh));
		mr_tree_add_text(m, "bootId", sim_blade_boot_id(b));
		mr_tree_add_int(m, "devices", sim_blade_devs(b));
	}
}

static int v_status(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	struct mr_tree *t;

	if (n && (n != 2 || !mr_streq(arg[0], "-o") ||
		  (!mr_streq(arg[1], "json") && !mr_streq(arg[1], "text")))) {
		mr_buf_puts(out, "usage: status [-o json|text]\n");
		return MR_EXIT_USAGE;
	}
	t = sim_chassis_status(sim_world_chassis(w));
	add_blades(w, t);
	if (n && mr_streq(arg[1], "json"))
		sim_tree_json(t, out);
	else
		sim_tree_text(t, out);
	mr_tree_free(t);
	return 0;
}

static uint32_t cfg(struct sim_world *w, unsigned vh, uint16_t rid, unsigned off,
		    unsigned width)
{
	return sim_host_cfg_read(sim_world_chassis(w), sim_world_now(w), (uint16_t)vh, rid, off,
				 width);
}

static void walk_below(struct sim_world *w, unsigned vh, uint16_t rid, unsigned depth,
		       struct mr_buf *out);

/* One bus by raw configuration cycles. VFs have no ids: their class tells them. Returns whether
 * there are bridges. */
static bool walk_bus(struct sim_world *w, unsigned vh, unsigned bus, unsigned depth,
		     struct mr_buf *out)
{
	bool bridges = false;

	for (unsigned i = 0; i < 256; i++) {
		uint16_t rid = (uint16_t)(bus << 8 | i);
		uint32_t id = cfg(w, vh, rid, PCI_VENDOR_ID, 4);
		uint32_t class = cfg(w, vh, rid, PCI_CLASS_REVISION, 4);
		char text[MR_BDF_TEXT];

		if (id == UINT32_MAX && class == UINT32_MAX)
			continue;
		mr_buf_printf(out, "%s %04x: %04x:%04x (rev %02x)\n",
			      mr_bdf_text(rid, text) + 5, class >> 16, id & 0xffff, id >> 16,
			      class & 0xff);
		if ((cfg(w, vh, rid, PCI_HEADER_TYPE, 1) & 0x7f) != PCI_HEADER_TYPE_BRIDGE)
			continue;
		bridges = true;
		if (depth < 8 && cfg(w, vh, rid, PCI_SECONDARY_BUS, 1) > bus)
			walk_below(w, vh, rid, depth + 1, out);
	}
	return bridges;
}

/* The buses of a bridge: its own, and when no bridges take the others, those of VFs. */
static void walk_below(struct sim_world *w, unsigned vh, uint16_t rid, unsigned depth,
		       struct mr_buf *out)
{
	unsigned bus = cfg(w, vh, rid, PCI_SECONDARY_BUS, 1);
	unsigned last = cfg(w, vh, rid, PCI_SUBORDINATE_BUS, 1);

	if (walk_bus(w, vh, bus, depth, out))
		return;
	while (++bus <= last)
		walk_bus(w, vh, bus, depth, out);
}

static int v_lspci(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	unsigned vh = blade(w, arg[0], out);

	(void)n;
	if (!vh)
		return 1;
	walk_bus(w, vh, 1, 0, out);
	return 0;
}

static int v_mem(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	unsigned vh = blade(w, arg[0], out);
	uint64_t address, width = 4, value;
	struct mr_err err = {0};

	if (!vh)
		return 1;
	if (mr_parse_u64(arg[1], UINT64_MAX, true, &address, &err) ||
	    (n > 2 && mr_parse_u64(arg[2], 8, false, &width, &err)) ||
	    (n > 3 && mr_parse_u64(arg[3], UINT64_MAX, true, &value, &err)))
		return sim_ctl_refuse(out, "%s", err.text);
	if (width != 1 && width != 2 && width != 4 && width != 8)
		return sim_ctl_refuse(out, "expected a width of 1, 2, 4 or 8 bytes, got '%s'",
				      arg[2]);
	if (n > 3) {
		sim_host_mem_write(sim_world_chassis(w), sim_world_now(w), (uint16_t)vh,
				   address, (unsigned)width, value);
		return 0;
	}
	value = sim_host_mem_read(sim_world_chassis(w), sim_world_now(w), (uint16_t)vh, address,
				  (unsigned)width);
	if (width < 8)
		value &= (UINT64_C(1) << (8 * width)) - 1;
	mr_buf_printf(out, "0x%0*llx\n", (int)(2 * width), (unsigned long long)value);
	return 0;
}

static int v_cycle(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	static const char *const memories[] = {"good", "blank", "stale", "corrupt"};
	unsigned nvm = 0;

	while (n && nvm < MR_ARRAY_SIZE(memories) && !mr_streq(arg[0], memories[nvm]))
		nvm++;
	if (nvm == MR_ARRAY_SIZE(memories))
		return sim_ctl_refuse(out, "expected good, blank, stale or corrupt, got '%s'",
				      arg[0]);
	sim_chassis_power_cycle(sim_world_chassis(w), sim_world_now(w), nvm);
	return 0;
}

/* The two things that a hand or a short circuit does to a slot. */
static int at_slot(struct sim_world *w, char **arg, struct mr_buf *out,
		   int (*fn)(struct sim_chassis *, struct mr_now, uint16_t, unsigned))
{
	unsigned vh = blade(w, arg[0], out);
	struct mr_err err = {0};
	uint64_t slot;

	if (!vh)
		return 1;
	if (mr_parse_u64(arg[1], 255, false, &slot, &err))
		return sim_ctl_refuse(out, "%s", err.text);
	return sim_ctl_done(
		fn(sim_world_chassis(w), sim_world_now(w), (uint16_t)vh, (unsigned)slot),
		arg[0], out);
}

static int v_button(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	(void)n;
	return at_slot(w, arg, out, sim_slot_button);
}

static int v_powerfault(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	(void)n;
	return at_slot(w, arg, out, sim_slot_power_fault);
}

static int aer_kind(const char *text, struct mr_buf *out)
{
	static const char *const kinds[] = {"correctable", "nonfatal", "fatal"};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(kinds); i++)
		if (mr_streq(text, kinds[i]))
			return (int)i;
	mr_buf_printf(out, "expected correctable, nonfatal or fatal, got '%s'\n", text);
	return -1;
}

static void aer_told(const struct sim_aer_result *r, struct mr_buf *out)
{
	char text[MR_BDF_TEXT];

	mr_buf_printf(out, "bit %u logged at %s%s%s: %s\n", r->bit,
		      r->vh ? "" : "the management hierarchy's ", mr_bdf_text(r->rid, text) + 5,
		      r->masked ? ", masked" : "", r->sent ? "reported" : "no message");
}

/* Header log of an injected error: a memory read of one dword by nobody in particular. */
static int v_aer(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	struct sim_aer_fault f = {.bit = -1, .header = {1, 0xf, 0, 0}};
	unsigned vh = blade(w, arg[0], out);
	struct sim_aer_result got;
	struct mr_err err = {0};
	uint64_t bit;
	uint16_t rid;
	int r, kind = vh ? aer_kind(arg[2], out) : -1;

	if (kind < 0)
		return 1;
	if (mr_bdf_parse(arg[1], &rid, &err) ||
	    (n > 3 && mr_parse_u64(arg[3], 31, false, &bit, &err)))
		return sim_ctl_refuse(out, "%s", err.text);
	f.kind = (enum sim_aer_kind)kind;
	if (n > 3)
		f.bit = (int)bit;
	r = sim_aer_inject(sim_world_chassis(w), sim_world_now(w), (uint16_t)vh, rid, &f, &got);
	if (r == -EDOM)
		return sim_ctl_refuse(out, "the severity register makes this bit other than %s",
				      arg[2]);
	if (r == -EINVAL)
		return sim_ctl_refuse(out, "no error has bit %s", arg[3]);
	if (r)
		return sim_ctl_done(r, arg[1], out);
	aer_told(&got, out);
	return 0;
}

static const struct verb verbs[] = {
	{"power", "BLADE on|off", "switch a blade's power", 2, 2, v_power},
	{"reset", "BLADE", "warm reset of a blade", 1, 1, v_reset},
	{"pull", "ADAPTER", "take an adapter out of its slot", 1, 1, sim_ctl_pull},
	{"insert", "ADAPTER", "put it back", 1, 1, sim_ctl_insert},
	{"replace", "ADAPTER SERIAL [VENDOR:DEVICE]", "put a blank card where one was pulled",
	 2, 3, sim_ctl_replace},
	{"swap", "ADAPTER ADAPTER", "let two cards that were pulled change their slots", 2, 2,
	 sim_ctl_swap},
	{"pkeys", "ADAPTER [KEY...]", "partitions that the subnet manager gives its ports", 1,
	 1 + MR_VF_PKEYS, sim_ctl_pkeys},
	{"namespace", "ADAPTER/pfP NSID", "what a namespace holds: 0, or what was written last",
	 2, 2, sim_ctl_namespace},
	{"link", "PORT|BLADE|ADAPTER up|down", "restore or cut a cable", 2, 2, v_link},
	{"button", "BLADE SLOT", "press the attention button of a slot", 2, 2, v_button},
	{"powerfault", "BLADE SLOT", "let the slot's power controller find a fault", 2, 2,
	 v_powerfault},
	{"aer", "BLADE BDF correctable|nonfatal|fatal [BIT]",
	 "let a function or bridge find an error", 3, 4, v_aer},
	{"traffic",
	 "FUNCTION [off|constant|bursty [MBIT [BYTES [ON OFF]]] [to FUNCTION] [src MAC] "
	 "[dst MAC] [vlan N] [pkey KEY] [ethertype N]]",
	 "what a VF offers (ON, OFF in ms; to another VF of its PF), or its counters", 1, 18,
	 sim_ctl_traffic},
	{"stall", "FUNCTION", "let a VF's engine stand still until a reset", 1, 1,
	 sim_ctl_stall},
	{"hang", "BLADE on|off", "freeze a blade's kernel, let it go on", 2, 2, v_hang},
	{"cycle", "[good|blank|stale|corrupt]",
	 "power cycle of the chassis; what its memory then holds", 0, 1, v_cycle},
	{"status", "[-o json|text]", "the chassis, its adapters and blades", 0, 2, v_status},
	{"lspci", "BLADE", "what raw configuration cycles of the blade find", 1, 1, v_lspci},
	{"run", "FILE [--seed N] [-o text|json]", "play a scenario here, beside all others", 1,
	 5, NULL},
	{"save", "FILE", "the chassis to a file for --restore, written by the simulator", 1, 1,
	 sim_ctl_save},
	{"dump", "", "every register that is not at its default, one a line", 0, 0,
	 sim_ctl_dump},
	{"mem", "BLADE ADDRESS [WIDTH [VALUE]]",
	 "a memory read (or write) of the blade's processor", 2, 4, v_mem},
};

/* One line a verb. */
void sim_ctl_help(struct mr_buf *out)
{
	for (size_t i = 0; i < MR_ARRAY_SIZE(verbs); i++)
		mr_buf_printf(out, "  %-10s %-30s %s\n", verbs[i].name, verbs[i].args,
			      verbs[i].help);
}

static const struct verb *find(const char *name)
{
	for (size_t i = 0; i < MR_ARRAY_SIZE(verbs); i++)
		if (mr_streq(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

/* 0, or MR_EXIT_USAGE with what would be right. */
int sim_ctl_check(int argc, char **argv, struct mr_buf *out)
{
	const struct verb *v = argc ? find(argv[0]) : NULL;

	if (v && argc - 1 >= v->min && argc - 1 <= v->max)
		return 0;
	if (v) {
		mr_buf_printf(out, "usage: banyan-sim ctl --run DIR %s %s\n", v->name, v->args);
	} else {
		mr_buf_printf(out, "'%s' is no verb; there are:\n", argc ? argv[0] : "");
		sim_ctl_help(out);
	}
	return MR_EXIT_USAGE;
}

/* Runs one verb; see the header. */
int sim_ctl_run(struct sim_world *w, int argc, char **argv, struct mr_buf *out)
{
	int r = sim_ctl_check(argc, argv, out);

	if (r)
		return r;
	if (find(argv[0])->run)
		return find(argv[0])->run(w, argv + 1, argc - 1, out);
	return sim_ctl_refuse(out, "'%s' goes by the control socket only", argv[0]);
}
