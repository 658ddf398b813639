/* SPDX-License-Identifier: Apache-2.0 */
/*
 * start: the largest chassis from its file: reading it, building it with every blade, then
 * every hierarchy up and enumerated by its host. Memory is what is allocated and not freed, and
 * beside it what the process grew by.
 */
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "tests/bench/bench.h"

#define FILE_NAME SRCDIR "/config/largest-chassis.yaml"

struct result {
	double read_ms, start_ms, up_ms;
	int64_t start_live, start_rss, up_live, up_rss; /* bytes */
	unsigned hosts, bridges, devices;
};

static char *load(size_t *ret_len)
{
	FILE *f = fopen(FILE_NAME, "r");
	char *text = mr_xcalloc(1, 1 << 20);

	*ret_len = f ? fread(text, 1, (1 << 20) - 1, f) : 0;
	if (f)
		fclose(f);
	return text;
}

/* Bytes that are allocated now. */
static int64_t live(void)
{
	struct mallinfo2 m = mallinfo2();

	return (int64_t)(m.uordblks + m.hblkhd);
}

/* What sim/uevent.c does for every blade, readers or not. */
static void take_uevents(struct sim_blade *b)
{
	struct mr_buf text = {0};

	while (sim_blade_uevent(b, &text))
		;
	mr_buf_done(&text);
}

/* Every port is authorised; then every blade boots. */
static void all_up(struct sim_chassis *c, struct sim_blade **blade, struct result *r)
{
	struct mr_now now = {2000000000, 2000000000};
	struct sim_batch_result out = {0};
	struct mr_batch b = {0};
	struct sim_notice n;

	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, 0, 1);
	for (unsigned vh = 1; vh <= r->hosts; vh++)
		mr_batch_sw_write(&b, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED);
	sim_chassis_batch(c, now, 1, 1, (const uint8_t *)b.ops.data, b.ops.len, &out);
	while (sim_chassis_notice(c, &n))
		if (n.kind != SIM_NOTICE_MGMT_IRQ && blade[n.vh])
			sim_blade_notice(blade[n.vh], now, &n);
	now.mono_ns += 10000000000;
	for (unsigned vh = 1; vh <= r->hosts; vh++) {
		if (!blade[vh])
			continue;
		sim_blade_step(blade[vh], now);
		take_uevents(blade[vh]);
		r->devices += sim_blade_devs(blade[vh]);
	}
	mr_buf_done(&out.data);
	mr_batch_done(&b);
}

static int once(struct result *r)
{
	struct mr_diags diags = {0};
	struct sim_desc *d = NULL;
	struct sim_blade **blade;
	struct sim_chassis *c;
	size_t len;
	char *text = load(&len);
	int64_t rss = bench_rss(), heap = live(), at = bench_now_ns();
	int rc = sim_desc_read(FILE_NAME, text, len, &d, &diags);

	mr_diags_done(&diags);
	free(text);
	if (rc)
		return rc;
	r->read_ms = (double)(bench_now_ns() - at) / 1e6;
	c = sim_chassis_new(d, (struct mr_now){1000000000, 1000000000});
	r->hosts = sim_chassis_hosts(c);
	blade = mr_xcalloc(r->hosts + 1, sizeof(struct sim_blade *));
	for (unsigned vh = 1; vh <= r->hosts; vh++)
		blade[vh] = sim_blade_new(c, (uint16_t)vh, vh);
	r->start_ms = (double)(bench_now_ns() - at) / 1e6;
	r->start_live = live() - heap;
	r->start_rss = bench_rss() - rss;
	r->bridges = sim_host_bridges(c, 1);
	at = bench_now_ns();
	all_up(c, blade, r);
	r->up_ms = (double)(bench_now_ns() - at) / 1e6;
	r->up_live = live() - heap;
	r->up_rss = bench_rss() - rss;
	for (unsigned vh = 1; vh <= r->hosts; vh++)
		sim_blade_free(blade[vh]);
	free(blade);
	sim_chassis_free(c);
	sim_desc_free(d);
	return 0;
}

/* The first round counts for memory (it was not there before), the best one for time. */
int bench_start(const struct bench_options *o)
{
	struct result best = {0}, r;

	for (unsigned i = 0; i < o->rounds; i++) {
		r = (struct result){0};
		if (once(&r))
			return -1;
		if (!i)
			best = r;
		if (r.start_ms < best.start_ms) {
			best.start_ms = r.start_ms;
			best.read_ms = r.read_ms;
			best.up_ms = r.up_ms;
		}
	}
	fprintf(o->out,
		"{\"bench\": \"start\", \"hosts\": %u, \"bridges\": %u, \"read_ms\": %.2f, "
		"\"start_ms\": %.2f, \"bar_ms\": 25, \"start_mb\": %.1f, \"start_rss_mb\": "
		"%.1f, "
		"\"bar_mb\": 30, \"all_up_ms\": %.1f, \"all_up_mb\": %.1f, \"all_up_rss_mb\": "
		"%.1f, \"devices\": %u, \"ratio_of_bar\": %.3f}\n",
		best.hosts, best.bridges, best.read_ms, best.start_ms,
		(double)best.start_live / 1e6, (double)best.start_rss / 1e6, best.up_ms,
		(double)best.up_live / 1e6, (double)best.up_rss / 1e6, best.devices,
		best.start_ms / 25);
	return 0;
}
