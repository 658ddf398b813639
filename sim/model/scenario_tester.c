/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What steps do as a tester with an instrument on the box: errors and traffic at a function,
 * hands at a slot, another switch. The plain hands (power, cables, slots of adapters) are in
 * scenario_act.c.
 */
#include <errno.h>
#include <string.h>

#include "common/now.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

#define BURST_DEFAULT (10 * MR_NS_PER_MS)

/* The kinds of error, in the order of enum sim_aer_kind. */
SIM_READER(scn_rd_aer_kind)
{
	static const char *const words[] = {"correctable", "nonfatal", "fatal", NULL};
	struct scn_args *a = to;
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	a->kind = i < 0 ? 0 : (unsigned)i;
	a->has_kind = true;
}

static SIM_READER(rd_traffic_kind)
{
	static const char *const words[] = {"off", "constant", "bursty", NULL};
	int i = sim_rd_word(rd, y, path, words);

	(void)f;
	((struct scn_args *)to)->kind = i < 0 ? 0 : (unsigned)i;
}

static SIM_READER(rd_bit)
{
	((struct scn_args *)to)->has_count = true;
	sim_rd_uint(rd, f, y, path, &((struct scn_args *)to)->count);
}

/* Up to four words of a TLP header; those that are not given are 0. */
static SIM_READER(rd_header)
{
	struct scn_args *a = to;
	struct mr_err err = {0};
	char sub[SIM_PATH_MAX];
	const char *text;
	uint64_t v;

	(void)f;
	if (!sim_rd_seq(rd, y, path))
		return;
	a->has_value = true;
	if (!y->n || y->n > MR_ARRAY_SIZE(a->header))
		sim_rd_error(rd, y, path, "%u words, expected 1 to 4", y->n);
	for (unsigned i = 0; i < y->n && i < MR_ARRAY_SIZE(a->header); i++) {
		mr_fmt(sub, sizeof(sub), "%.100s[%u]", path, i);
		text = sim_rd_text(rd, y->child[i], sub);
		if (text && mr_parse_u64(text, UINT32_MAX, true, &v, &err))
			sim_rd_error(rd, y->child[i], sub, "%s", err.text);
		else if (text)
			a->header[i] = (uint32_t)v;
	}
}

static const struct sim_field aer_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, true, NULL},
	{"kind", scn_rd_aer_kind, 0, 0, 0, true, NULL},
	{"bit", rd_bit, 0, 0, 31, false, NULL},
	{"header", rd_header, 0, 0, 0, false, NULL},
	{0},
};

static const struct sim_field slot_fields[] = {
	SCN_BLADE,
	SCN_BRIDGE,
	{0},
};

static const struct sim_field traffic_fields[] = {
	{"function", scn_rd_text, SCN_AT(function), 0, 96, true, NULL},
	{"kind", rd_traffic_kind, 0, 0, 0, true, NULL},
	{"rate", sim_rd_mbps, SCN_AT(value), 0, 0, false, NULL},
	{"frame", sim_rd_uint, SCN_AT(count), 64, 9216, false, NULL},
	{"on", sim_rd_time, SCN_AT(time_ns), 0, 3600ull * 1000000000, false, NULL},
	{"off", sim_rd_time, SCN_AT(off_ns), 0, 3600ull * 1000000000, false, NULL},
	{"to", scn_rd_text, SCN_AT(to), 0, 96, false, NULL},
	{0},
};

static const struct sim_field stall_fields[] = {
	{"function", scn_rd_text, SCN_AT(function), 0, 96, true, NULL},
	{0},
};

static const struct sim_field replace_fields[] = {
	{"serial", sim_rd_serial, SCN_AT(word), 0, 0, true, NULL},
	{0},
};

static int refused(int rc, struct mr_buf *why)
{
	const char *text = rc == -EDOM	   ? "the severity register makes this bit another kind"
			   : rc == -EINVAL ? "no error has that bit"
					   : NULL;

	if (text)
		mr_buf_printf(why, ": %s", text);
	else
		mr_buf_printf(why, ": errno %d", -rc);
	return rc;
}

/* Without 'header': a memory read of one dword by nobody in particular, as `ctl aer` logs. */
static int t_aer(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	struct sim_aer_fault f = {.kind = (enum sim_aer_kind)a->kind,
				  .bit = a->has_count ? (int)a->count : -1,
				  .header = {1, 0xf, 0, 0}};
	struct sim_aer_result got = {0};
	char text[MR_BDF_TEXT];
	int rc;

	if (a->has_value)
		memcpy(f.header, a->header, sizeof(f.header));
	mr_buf_printf(why, "%s %s", a->blade, a->at);
	rc = sim_aer_inject(r->c, r->now, (uint16_t)a->vh, a->rid, &f, &got);
	if (rc)
		return refused(rc, why);
	mr_buf_printf(why, ", bit %u logged at %s%s%s, %s", got.bit, got.vh ? "" : "vh0/",
		      mr_bdf_text(got.rid, text) + 5, got.masked ? ", masked" : "",
		      got.sent ? "reported" : "no message");
	return 0;
}

static int t_button(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	int rc = sim_slot_button(r->c, r->now, (uint16_t)a->vh, a->bridge);

	mr_buf_printf(why, "%s slot %u", a->blade, a->bridge);
	return rc ? refused(rc, why) : 0;
}

static int t_power_fault(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	int rc = sim_slot_power_fault(r->c, r->now, (uint16_t)a->vh, a->bridge);

	mr_buf_printf(why, "%s slot %u", a->blade, a->bridge);
	return rc ? refused(rc, why) : 0;
}

static int t_traffic(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	struct sim_traffic t = {.kind = (enum sim_traffic_kind)a->kind,
				.mbps = a->value ? a->value : 1000,
				.frame = a->count ? a->count : 1500,
				.on_ns = a->time_ns ? a->time_ns : BURST_DEFAULT,
				.off_ns = a->off_ns ? a->off_ns : BURST_DEFAULT,
				.to = (uint16_t)a->to_vf};
	int rc = sim_traffic_set(r->c, r->now, (uint16_t)a->portnr, (uint16_t)a->pf,
				 (uint16_t)a->vf, &t);

	mr_buf_printf(why, "%s", a->function);
	if (t.kind != SIM_TRAFFIC_OFF)
		mr_buf_printf(why, " offers %llu Mbit/s", (unsigned long long)t.mbps);
	if (t.to)
		mr_buf_printf(why, " to %s", a->to);
	if (rc == -EINVAL)
		mr_buf_puts(why,
			    ": expected at most 1 Tbit/s, bursts and pauses of 1 ms to 1 h");
	return rc == -EINVAL || !rc ? rc : refused(rc, why);
}

static int t_stall(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	int rc = sim_vf_stall(r->c, r->now, (uint16_t)a->portnr, (uint16_t)a->pf,
			      (uint16_t)a->vf);

	mr_buf_printf(why, "%s", a->function);
	if (rc)
		mr_buf_printf(why, ": %s",
			      rc == -ENODEV	? "no driver runs it"
			      : rc == -EALREADY ? "it stands still already"
						: "it has no VFs");
	return rc;
}

static int t_replace(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "its serial is %s", a->word);
	sim_chassis_replace(r->c, r->now, a->word);
	return 0;
}

const struct scn_action scn_tester_acts[] = {
	{"aer", "blade, at, kind (correctable, nonfatal, fatal), bit, header: an error there",
	 aer_fields, NULL, 0, t_aer},
	{"button", "blade, bridge: press the slot's attention button", slot_fields, NULL, 0,
	 t_button},
	{"powerFault", "blade, bridge: the slot's power controller finds a fault", slot_fields,
	 NULL, 0, t_power_fault},
	{"traffic",
	 "function, kind (off, constant, bursty), rate, frame, on, off, to: what it offers",
	 traffic_fields, NULL, 0, t_traffic},
	{"stall", "function: a VF's engine stands still until a reset", stall_fields,
	 "function", 0, t_stall},
	{"replaceSwitch", "serial: another, blank switch stands in the chassis", replace_fields,
	 "serial", 0, t_replace},
	{0},
};
