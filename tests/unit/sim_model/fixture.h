/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the chassis model share: a chassis from a file or a text, an owner, and
 * batches of one record.
 */
#ifndef TESTS_SIM_MODEL_FIXTURE_H
#define TESTS_SIM_MODEL_FIXTURE_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/pci/batch.h"
#include "common/pci/regmap.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "tests/unit/check_main.h"

#define OWNER 77u

struct fx {
	struct sim_chassis *c;
	struct mr_now now;
	uint64_t epoch;
	uint32_t status; /* of the last batch */
};

static inline char *fx_load(const char *name)
{
	char path[512], *text = malloc(1 << 20);
	size_t n;
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", SRCDIR, name);
	f = fopen(path, "r");
	ck_assert_msg(f != NULL, "no %s", path);
	n = fread(text, 1, (1 << 20) - 1, f);
	text[n] = 0;
	fclose(f);
	return text;
}

static inline struct sim_desc *fx_desc(const char *text)
{
	struct mr_diags diags = {0};
	struct sim_desc *d = NULL;
	struct mr_buf out = {0};

	if (sim_desc_read("chassis.yaml", text, strlen(text), &d, &diags)) {
		mr_diags_print(&diags, &out);
		ck_abort_msg("%s", mr_buf_text(&out));
	}
	ck_assert_uint_eq(diags.n, 0);
	mr_diags_done(&diags);
	return d;
}

static inline struct sim_batch_result fx_run(struct fx *x, struct mr_batch *b, uint64_t epoch)
{
	struct sim_batch_result r = {0};

	sim_chassis_batch(x->c, x->now, OWNER, epoch, (const uint8_t *)b->ops.data, b->ops.len,
			  &r);
	x->status = r.status;
	mr_batch_done(b);
	return r;
}

static inline uint64_t fx_read(struct fx *x, uint8_t space, uint16_t vh, uint16_t rid,
			       uint64_t addr, uint8_t width)
{
	struct mr_batch b = {0};
	struct sim_batch_result r;
	uint64_t v;

	mr_batch_read(&b, space, vh, rid, addr, width, 1);
	r = fx_run(x, &b, x->epoch);
	ck_assert_uint_eq(r.status, MR_BATCH_OK);
	ck_assert_uint_eq(r.data.len, 8);
	v = mr_batch_get_value((const uint8_t *)r.data.data, 0);
	mr_buf_done(&r.data);
	return v;
}

/* Status of the batch. */
static inline uint32_t fx_write(struct fx *x, uint8_t space, uint16_t vh, uint16_t rid,
				uint64_t addr, uint8_t width, uint64_t v)
{
	struct mr_batch b = {0};
	struct sim_batch_result r;

	mr_batch_write(&b, space, vh, rid, addr, width, v);
	r = fx_run(x, &b, x->epoch);
	mr_buf_done(&r.data);
	return r.status;
}

static inline uint64_t sw(struct fx *x, uint64_t addr)
{
	return fx_read(x, MR_SPACE_SWITCH, 0, 0, addr, 8);
}

static inline uint32_t sw_w(struct fx *x, uint64_t addr, uint64_t v)
{
	return fx_write(x, MR_SPACE_SWITCH, 0, 0, addr, 8, v);
}

static inline uint32_t fx_take_over(struct fx *x)
{
	struct mr_batch b = {0};
	struct sim_batch_result r;
	uint64_t old = sw(x, SW_OWNER_EPOCH);

	mr_batch_cas(&b, MR_SPACE_SWITCH, 0, 0, SW_OWNER_EPOCH, 8, old, old + 1);
	r = fx_run(x, &b, old + 1);
	mr_buf_done(&r.data);
	if (r.status == MR_BATCH_OK)
		x->epoch = old + 1;
	return r.status;
}

static inline void fx_pass(struct fx *x, int64_t ns)
{
	x->now.mono_ns += ns;
	sim_chassis_step(x->c, x->now);
}

static inline struct fx fx_new(const char *file)
{
	char *text = fx_load(file);
	struct sim_desc *d = fx_desc(text);
	struct fx x = {0};

	x.now = (struct mr_now){1000000, 1000000};
	x.c = sim_chassis_new(d, x.now);
	sim_desc_free(d);
	free(text);
	return x;
}

static inline void fx_free(struct fx *x)
{
	sim_chassis_free(x->c);
}

/* Drains all notices; how many there were of 'kind' for 'vh' (-1: any). */
static inline unsigned fx_notices(struct fx *x, enum sim_notice_kind kind, int vh)
{
	struct sim_notice n;
	unsigned count = 0;

	while (sim_chassis_notice(x->c, &n))
		count += n.kind == kind && (vh < 0 || n.vh == vh);
	return count;
}

/* ---- VH 0 ---- */

static inline uint32_t cfg0(struct fx *x, uint16_t rid, unsigned off, uint8_t width)
{
	return (uint32_t)fx_read(x, MR_SPACE_CONFIG, 0, rid, off, width);
}

static inline uint64_t ct(struct fx *x, const char *adapter, uint64_t off)
{
	int port = sim_adapter_find(x->c, adapter);
	uint16_t rid = (uint16_t)sw(x, SW_PORT(port) + PORT_VH0_RID);
	uint64_t bar = (cfg0(x, rid, 0x10, 4) & ~15u) | (uint64_t)cfg0(x, rid, 0x14, 4) << 32;

	return fx_read(x, MR_SPACE_MEMORY, 0, 0, bar + off, 8);
}

static inline uint32_t ct_w(struct fx *x, const char *adapter, uint64_t off, uint64_t v)
{
	int port = sim_adapter_find(x->c, adapter);
	uint16_t rid = (uint16_t)sw(x, SW_PORT(port) + PORT_VH0_RID);
	uint64_t bar = (cfg0(x, rid, 0x10, 4) & ~15u) | (uint64_t)cfg0(x, rid, 0x14, 4) << 32;

	return fx_write(x, MR_SPACE_MEMORY, 0, 0, bar + off, 8, v);
}

/* NumVFs and VF Enable of PF p in VH 0. */
static inline void fx_provision(struct fx *x, const char *adapter, unsigned fn, unsigned num)
{
	uint16_t rid =
		(uint16_t)(sw(x, SW_PORT(sim_adapter_find(x->c, adapter)) + PORT_VH0_RID) + fn);

	ck_assert_uint_eq(fx_write(x, MR_SPACE_CONFIG, 0, rid, 0x180 + 0x10, 2, num),
			  MR_BATCH_OK);
	ck_assert_uint_eq(fx_write(x, MR_SPACE_CONFIG, 0, rid, 0x180 + 0x08, 2, 0x19),
			  MR_BATCH_OK);
}

/* ---- hosts ---- */

static inline uint32_t hcfg(struct fx *x, uint16_t vh, uint16_t rid, unsigned off,
			    unsigned width)
{
	return sim_host_cfg_read(x->c, x->now, vh, rid, off, width);
}

static inline void hcfg_w(struct fx *x, uint16_t vh, uint16_t rid, unsigned off, unsigned width,
			  uint32_t v)
{
	sim_host_cfg_write(x->c, x->now, vh, rid, off, width, v);
}

#define FX_BUS(b)     (3u + 2u * (b)) /* secondary bus of bridge b */
#define FX_WIN64(b)   (0x100000000000ull + (uint64_t)(b)*0x10000000000ull / 16)
#define FX_WIN64_SIZE (0x10000000000ull / 16)

/* A firmware for tests: upstream 01:00.0, internal bus 2, two buses and 64 GiB a bridge. */
static inline void fx_enumerate(struct fx *x, uint16_t vh)
{
	unsigned n = sim_host_bridges(x->c, vh);

	n = n > 100 ? 100 : n;
	hcfg_w(x, vh, 0x100, 0x18, 4, 1 | 2 << 8 | 0xff << 16);
	hcfg_w(x, vh, 0x100, 0x24, 4, 0xfff10001);
	hcfg_w(x, vh, 0x100, 0x28, 4, 0x1000);
	hcfg_w(x, vh, 0x100, 0x2c, 4, 0xffff);
	hcfg_w(x, vh, 0x100, 0x04, 2, 6);
	for (unsigned b = 0; b < n; b++) {
		uint16_t rid = (uint16_t)(0x200 + b);

		hcfg_w(x, vh, rid, 0x18, 4, 2 | FX_BUS(b) << 8 | (FX_BUS(b) + 1) << 16);
		hcfg_w(x, vh, rid, 0x24, 4,
		       (uint32_t)(FX_WIN64(b) >> 16 & 0xfff0) |
			       (uint32_t)((FX_WIN64(b) + FX_WIN64_SIZE - 1) >> 16 & 0xfff0)
				       << 16);
		hcfg_w(x, vh, rid, 0x28, 4, (uint32_t)(FX_WIN64(b) >> 32));
		hcfg_w(x, vh, rid, 0x2c, 4,
		       (uint32_t)((FX_WIN64(b) + FX_WIN64_SIZE - 1) >> 32));
		hcfg_w(x, vh, rid, 0x04, 2, 6);
		hcfg_w(x, vh, rid, 0x80 + 0x18, 2, 0x1038); /* PDCE CCIE HPIE DLLSCE */
		hcfg_w(x, vh, rid, 0x80 + 0x28, 2, 0x20);   /* ARI forwarding */
		hcfg_w(x, vh, rid, 0x80 + 0x1a, 2, 0x1f);
	}
	fx_notices(x, SIM_NOTICE_HOST_HOTPLUG, vh);
}

/* Authorises the port and enumerates. */
static inline void fx_boot(struct fx *x, uint16_t vh)
{
	ck_assert_uint_eq(sw_w(x, SW_PORT(vh) + PORT_AUTH, MR_AUTH_AUTHORISED), MR_BATCH_OK);
	ck_assert(sim_host_link(x->c, vh));
	fx_enumerate(x, vh);
}

static inline uint64_t row(struct fx *x, unsigned vs, unsigned b, unsigned reg)
{
	return sw(x, SW_BRIDGE(vs, b) + reg);
}

static inline uint32_t row_w(struct fx *x, unsigned vs, unsigned b, unsigned reg, uint64_t v)
{
	return sw_w(x, SW_BRIDGE(vs, b) + reg, v);
}

/* Maps and lets it become effective. */
static inline void fx_map(struct fx *x, unsigned vs, unsigned b, uint64_t target)
{
	ck_assert_uint_eq(row_w(x, vs, b, ROW_TARGET, target), MR_BATCH_OK);
	ck_assert_uint_eq(row_w(x, vs, b, ROW_STATE, MR_ROW_MAPPED), MR_BATCH_OK);
	fx_pass(x, 1000000);
	ck_assert(row(x, vs, b, ROW_STATUS) & MR_ROW_EFFECTIVE);
}

/* A synthetic function over pf0/vf of an sriov adapter whose VFs are enabled in VH 0. */
static inline void fx_map_synthetic(struct fx *x, unsigned vs, unsigned b, const char *adapter,
				    unsigned vf, uint64_t size, uint64_t ids)
{
	int port = sim_adapter_find(x->c, adapter);
	uint16_t rid = (uint16_t)sw(x, SW_PORT(port) + PORT_VH0_RID);
	uint64_t bar = (cfg0(x, rid, 0x1a4, 4) & ~15u) | (uint64_t)cfg0(x, rid, 0x1a8, 4) << 32;

	row_w(x, vs, b, ROW_IDS, ids);
	row_w(x, vs, b, ROW_SUBSYS, 0x00011077);
	row_w(x, vs, b, ROW_MSIX, 8 | (size / 2) << 32);
	row_w(x, vs, b, ROW_BAR, size | MR_BAR_64 | MR_BAR_PREF);
	row_w(x, vs, b, ROW_WINDOW, bar + vf * size);
	fx_map(x, vs, b, MR_TARGET(MR_TARGET_SYNTHETIC, port, 0, vf));
}

#endif
