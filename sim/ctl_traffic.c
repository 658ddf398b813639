// SPDX-License-Identifier: Apache-2.0
/* Verbs of the control socket about what functions do. */
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

/* ADAPTER/pfP/vfV */
static int function(struct sim_world *w, const char *text, uint16_t at[3], struct mr_buf *out)
{
	char adapter[MR_NAME_MAX];
	unsigned pf, vf;
	int used = 0, port;

	if (sscanf(text, "%31[^/]/pf%3u/vf%5u%n", adapter, &pf, &vf, &used) != 3 || text[used])
		return sim_ctl_refuse(out, "expected ADAPTER/pfP/vfV, got '%s'", text);
	port = sim_adapter_find(sim_world_chassis(w), adapter);
	if (port < 0)
		return sim_ctl_refuse(out, "there is no adapter '%s'", adapter);
	at[0] = (uint16_t)port;
	at[1] = (uint16_t)pf;
	at[2] = (uint16_t)vf;
	return 0;
}

static int traffic_args(char **arg, int n, struct sim_traffic *t, struct mr_buf *out)
{
	static const char *const kinds[] = {"off", "constant", "bursty"};
	uint64_t v[4] = {1000, 1500, 10, 10};
	struct mr_err err = {0};
	unsigned k = 0;

	while (k < MR_ARRAY_SIZE(kinds) && !mr_streq(arg[0], kinds[k]))
		k++;
	if (k == MR_ARRAY_SIZE(kinds))
		return sim_ctl_refuse(out, "expected off, constant or bursty, got '%s'",
				      arg[0]);
	if (n > 5)
		return sim_ctl_refuse(out, "expected 'to FUNCTION', got '%s'", arg[5]);
	for (int i = 1; i < n; i++)
		if (mr_parse_u64(arg[i], 3600000, false, &v[i - 1], &err))
			return sim_ctl_refuse(out, "%s", err.text);
	t->kind = (enum sim_traffic_kind)k;
	t->mbps = v[0];
	t->frame = (unsigned)v[1];
	t->on_ns = (int64_t)v[2] * MR_NS_PER_MS;
	t->off_ns = (int64_t)v[3] * MR_NS_PER_MS;
	return 0;
}

/* "to FUNCTION": another VF of the same PF. */
static int traffic_to(struct sim_world *w, const char *text, const uint16_t at[3],
		      struct sim_traffic *t, struct mr_buf *out)
{
	uint16_t to[3];

	if (function(w, text, to, out))
		return -1;
	if (to[0] != at[0] || to[1] != at[1] || to[2] == at[2]) {
		sim_ctl_refuse(out, "expected another VF of the same PF, got '%s'", text);
		return -1;
	}
	t->to = (uint16_t)(to[2] + 1);
	return 0;
}

/* A pair of words about what the frames are like; 1 = it is none. */
static int frame_arg(struct sim_world *w, char **arg, const uint16_t at[3],
		     struct sim_traffic *t, struct mr_buf *out)
{
	const struct {
		const char *word;
		uint64_t max;
		uint16_t *to;
	} numbers[] = {
		{"vlan", 4094, &t->vlan},
		{"pkey", 0xffff, &t->pkey},
		{"ethertype", 0xffff, &t->ethertype},
	};
	bool src = mr_streq(arg[0], "src");
	struct mr_err err = {0};
	struct mr_ident mac;
	uint64_t v;

	if (mr_streq(arg[0], "to"))
		return traffic_to(w, arg[1], at, t, out);
	if (src || mr_streq(arg[0], "dst")) {
		if (mr_ident_parse(MR_IDENT_MAC, arg[1], &mac, &err))
			return sim_ctl_refuse(out, "%s", err.text) - 2;
		*(src ? &t->src : &t->dst) = mac.lo;
		return 0;
	}
	for (unsigned i = 0; i < MR_ARRAY_SIZE(numbers); i++) {
		if (!mr_streq(arg[0], numbers[i].word))
			continue;
		if (mr_parse_u64(arg[1], numbers[i].max, true, &v, &err))
			return sim_ctl_refuse(out, "%s", err.text) - 2;
		*numbers[i].to = (uint16_t)v;
		return 0;
	}
	return 1;
}

/* The pairs at the end of the words: how many words that is, -1 with a sentence. */
static int frame_args(struct sim_world *w, char **arg, int n, const uint16_t at[3],
		      struct sim_traffic *t, struct mr_buf *out)
{
	int words = 0, r;

	while (n - words >= 2) {
		r = frame_arg(w, arg + n - words - 2, at, t, out);
		if (r < 0)
			return -1;
		if (r)
			break;
		words += 2;
	}
	return words;
}

/* Sets what a VF offers, or, without more words, tells its counters. */
int sim_ctl_traffic(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	struct sim_chassis *c = sim_world_chassis(w);
	struct sim_counters got;
	struct sim_traffic t;
	uint16_t at[3] = {0};
	int r, words;

	if (function(w, arg[0], at, out))
		return 1;
	if (n > 1) {
		struct sim_traffic like = {0};

		words = frame_args(w, arg + 1, n - 1, at, &like, out);
		if (words < 0 || traffic_args(arg + 1, n - 1 - words, &like, out))
			return 1;
		t = like;
		r = sim_traffic_set(c, sim_world_now(w), at[0], at[1], at[2], &t);
	} else {
		r = sim_traffic_read(c, sim_world_now(w), at[0], at[1], at[2], &got);
	}
	if (r == -ENOENT)
		return sim_ctl_refuse(out, "there is no function '%s'", arg[0]);
	if (r || n > 1)
		return sim_ctl_done(r, arg[0], out);
	mr_buf_printf(out, "frames %llu bytes %llu dropped %llu lost %llu spoofed %llu\n",
		      (unsigned long long)got.frames, (unsigned long long)got.bytes,
		      (unsigned long long)got.dropped, (unsigned long long)got.lost,
		      (unsigned long long)got.spoofed);
	return 0;
}

int sim_ctl_stall(struct sim_world *w, char **arg, int n, struct mr_buf *out)
{
	uint16_t at[3] = {0};
	int r;

	(void)n;
	if (function(w, arg[0], at, out))
		return 1;
	r = sim_vf_stall(sim_world_chassis(w), sim_world_now(w), at[0], at[1], at[2]);
	if (r == -ENODEV)
		return sim_ctl_refuse(out, "no driver runs '%s'", arg[0]);
	if (r == -EALREADY)
		return sim_ctl_refuse(out, "'%s' stands still already", arg[0]);
	return r == -ENOENT ? sim_ctl_refuse(out, "there is no function '%s'", arg[0])
			    : sim_ctl_done(r, arg[0], out);
}
