// SPDX-License-Identifier: Apache-2.0
/* Verbs of the control socket about adapters: hands in their slots. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/ctl_priv.h"
#include "sim/model/chassis.h"
#include "sim/world.h"

int sim_ctl_pull(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	int r = sim_adapter_pull(sim_world_chassis(w), sim_world_now(w), arg[0]);

	(void)n;
	return r == -ENOENT ? sim_ctl_refuse(out, "there is no adapter '%s'", arg[0])
			    : sim_ctl_done(r, arg[0], out);
}

int sim_ctl_insert(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	int r = sim_adapter_insert(sim_world_chassis(w), sim_world_now(w), arg[0]);

	(void)n;
	return r == -ENOENT ? sim_ctl_refuse(out, "there is no adapter '%s'", arg[0])
			    : sim_ctl_done(r, arg[0], out);
}

static int slot_done(int r, char **arg, struct mr_buf *out)
{
	if (r == -ENOENT)
		return sim_ctl_refuse(out, "there is no such adapter: '%s'", arg[0]);
	if (r == -EBUSY)
		return sim_ctl_refuse(out, "pull it first: '%s'", arg[0]);
	if (r == -ENOSPC)
		return sim_ctl_refuse(
			out, "the other slot has no room for the functions of '%s'", arg[0]);
	return sim_ctl_done(r, arg[0], out);
}

/* "15b3:101d" */
static int ids(const char *text, uint16_t *vendor, uint16_t *device, struct mr_buf *out)
{
	unsigned v, d;
	int used = 0;

	if (sscanf(text, "%4x:%4x%n", &v, &d, &used) != 2 || text[used])
		return sim_ctl_refuse(out, "expected VENDOR:DEVICE in hexadecimal, got '%s'",
				      text);
	*vendor = (uint16_t)v;
	*device = (uint16_t)d;
	return 0;
}

int sim_ctl_replace(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	uint16_t vendor = 0, device = 0;

	if (n > 2 && ids(arg[2], &vendor, &device, out))
		return 1;
	return slot_done(
		sim_adapter_replace(sim_world_chassis(w), arg[0], arg[1], vendor, device), arg,
		out);
}

int sim_ctl_swap(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	(void)n;
	return slot_done(sim_adapter_swap(sim_world_chassis(w), arg[0], arg[1]), arg, out);
}

int sim_ctl_pkeys(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	uint16_t key[MR_VF_PKEYS];
	struct mr_err err = {0};
	uint64_t v;

	for (int i = 1; i < n; i++) {
		if (mr_parse_u64(arg[i], 0xffff, true, &v, &err))
			return sim_ctl_refuse(out, "%s", err.text);
		key[i - 1] = (uint16_t)v;
	}
	return slot_done(
		sim_adapter_set_pkeys(sim_world_chassis(w), arg[0], key, (unsigned)n - 1), arg,
		out);
}

/* What a namespace holds: the word that a host wrote to its first block last. */
int sim_ctl_namespace(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	char adapter[MR_NAME_MAX];
	struct sim_ns_view v;
	struct mr_err err = {0};
	uint64_t nsid;
	unsigned pf;
	int used = 0;

	(void)n;
	if (sscanf(arg[0], "%31[^/]/pf%3u%n", adapter, &pf, &used) != 2 || arg[0][used])
		return sim_ctl_refuse(out, "expected ADAPTER/pfP, got '%s'", arg[0]);
	if (mr_parse_u64(arg[1], MR_MAX_NAMESPACES, false, &nsid, &err))
		return sim_ctl_refuse(out, "%s", err.text);
	if (sim_adapter_ns_view(sim_world_chassis(w), adapter, pf, (unsigned)nsid, &v))
		return sim_ctl_refuse(out, "there is no such namespace of '%s'", arg[0]);
	mr_buf_printf(out, "size %llu block %u%s contents 0x%llx\n", (unsigned long long)v.size,
		      1u << v.block_shift, v.shared ? " shared" : "",
		      (unsigned long long)v.word);
	return 0;
}
