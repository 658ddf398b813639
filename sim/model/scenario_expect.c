/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What steps expect: registers, what a blade's sysfs shows, events and interrupts that the
 * management saw, uevents. Events and uevents count from the last step that did something.
 */
#include <linux/pci_regs.h>
#include <string.h>

#include "common/pci/regmap.h"
#include "common/str.h"
#include "common/xalloc.h"
#include "sim/model/blade.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

static SIM_READER(rd_count)
{
	((struct scn_args *)to)->has_count = true;
	sim_rd_uint(rd, f, y, path, &((struct scn_args *)to)->count);
}

#define F_LEAST                                               \
	{                                                     \
		"atLeast", scn_rd_value, 0, 2, 0, false, NULL \
	}
#define F_COUNT                                               \
	{                                                     \
		"count", rd_count, 0, 0, 1000000, false, NULL \
	}

static const struct sim_field register_fields[] = {
	{"place", scn_rd_text, SCN_AT(place), 0, 160, true, NULL},
	{"is", scn_rd_value, 0, 0, 0, false, NULL},
	{"mask", scn_rd_value, 0, 1, 0, false, NULL},
	F_LEAST,
	{0},
};

/* Also what 'on' of a step takes. */
const struct sim_field scn_event_fields[] = {
	{"name", scn_rd_text, SCN_AT(word), 0, 64, true, NULL},
	{"port", scn_rd_text, SCN_AT(port), 0, MR_NAME_MAX, false, NULL},
	{"bridge", scn_rd_bridge, 0, 0, 252, false, NULL},
	{"arg", scn_rd_value, 0, 0, 0, false, NULL},
	F_COUNT,
	F_LEAST,
	{"total", sim_rd_bool, SCN_AT(total), 0, 0, false, NULL},
	{0},
};

static const struct sim_field device_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, false, NULL},
	{"bridge", scn_rd_bridge, 0, 0, 252, false, NULL},
	{"present", scn_rd_flag, SCN_AT(flag), 0, 0, false, NULL},
	{"driver", scn_rd_text, SCN_AT(driver), 0, 32, false, NULL},
	{0},
};

static const struct sim_field devices_fields[] = {SCN_BLADE, F_COUNT, F_LEAST, {0}};

static const struct sim_field blade_fields[] = {
	{"name", scn_rd_text, SCN_AT(blade), 0, MR_NAME_MAX, true, NULL},
	{"state", scn_rd_text, SCN_AT(word), 0, 64, true, NULL},
	{0},
};

static const struct sim_field link_fields[] = {
	{"port", scn_rd_text, SCN_AT(port), 0, MR_NAME_MAX, true, NULL},
	{"up", scn_rd_flag, SCN_AT(flag), 0, 0, true, NULL},
	{0},
};

static const struct sim_field uevent_fields[] = {
	SCN_BLADE,
	{"text", scn_rd_text, SCN_AT(word), 0, 64, true, NULL},
	F_COUNT,
	{0},
};

static const struct sim_field errors_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, false, NULL},
	{"kind", scn_rd_aer_kind, 0, 0, 0, false, NULL},
	F_COUNT,
	F_LEAST,
	{0},
};

static const struct sim_field count_fields[] = {F_COUNT, F_LEAST, {0}};

static const struct sim_field vf_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, true, NULL},
	F_COUNT,
	{0},
};

/* ---- checks ---- */

/* 'count' exactly, or at least 'atLeast' (1 when neither is said). */
static bool right_number(const struct scn_args *a, uint64_t n)
{
	if (a->has_count)
		return n == a->count;
	return n >= (a->has_least ? a->least : 1);
}

static bool e_register(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	uint64_t v = sim_place_read(r->c, r->now, &a->reg);

	if (a->has_mask)
		v &= a->mask;
	mr_buf_printf(found, "%s is 0x%llx", a->place, (unsigned long long)v);
	if (a->has_value && v != a->value)
		mr_buf_printf(found, ", expected 0x%llx", (unsigned long long)a->value);
	if (a->has_least && v < a->least)
		mr_buf_printf(found, ", expected at least 0x%llx",
			      (unsigned long long)a->least);
	return (!a->has_value || v == a->value) && (!a->has_least || v >= a->least);
}

static bool e_event(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	unsigned n = scn_event_count(r, a, a->total ? 0 : r->event_mark);

	mr_buf_printf(found, "%s came %u times", a->word, n);
	return right_number(a, n);
}

static bool e_interrupts(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	unsigned n = r->irqs - r->irq_mark;

	mr_buf_printf(found, "%u came", n);
	return right_number(a, n);
}

/* The first device at an address or behind a bridge. */
static const struct sim_dev *device(struct sim_scn_run *r, const struct scn_args *a)
{
	const struct sim_blade *b = r->blade[a->vh];

	if (a->at[0])
		return sim_blade_find(b, a->rid);
	for (unsigned i = 0; i < sim_blade_devs(b); i++)
		if (sim_blade_dev(b, i)->slot == (int)a->bridge)
			return sim_blade_dev(b, i);
	return NULL;
}

static bool e_device(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	const struct sim_dev *d = device(r, a);
	char text[MR_BDF_TEXT];

	if (!d) {
		mr_buf_printf(found, "%s: none", a->blade);
		return a->flag == 0;
	}
	mr_buf_printf(found, "%s: %s %04x:%04x driver '%s'", a->blade,
		      mr_bdf_text(d->rid, text), d->vendor, d->device, d->driver);
	return a->flag != 0 && (!a->driver[0] || mr_streq(a->driver, d->driver));
}

static bool e_devices(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	const struct sim_blade *b = r->blade[a->vh];
	unsigned n = 0;

	for (unsigned i = 0; i < sim_blade_devs(b); i++)
		n += sim_blade_dev(b, i)->header == 0 && sim_blade_dev(b, i)->rid >> 8;
	mr_buf_printf(found, "%s: %u functions", a->blade, n);
	return right_number(a, n);
}

static bool e_virtfns(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	const struct sim_blade *b = r->blade[a->vh];
	unsigned n = 0;

	for (unsigned i = 0; i < sim_blade_devs(b); i++)
		n += sim_blade_dev(b, i)->is_virtfn && sim_blade_dev(b, i)->physfn == a->rid;
	mr_buf_printf(found, "%s %s: %u", a->blade, a->at, n);
	return right_number(a, n);
}

/* Words of a blade's state. */
const char *const *scn_states(void)
{
	static const char *const words[] = {"up", "off", "hung", "booting", "waiting", NULL};

	return words;
}

/* The state of a blade, one of these words. */
const char *scn_state(struct sim_scn_run *r, unsigned vh)
{
	const struct sim_blade *b = r->blade[vh];
	uint16_t host = (uint16_t)vh;

	if (sim_blade_hung(b))
		return "hung";
	if (sim_blade_up(b))
		return "up";
	if (!sim_host_power(r->c, host))
		return "off";
	return sim_host_link(r->c, host) ? "booting" : "waiting";
}

static bool e_blade(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	const char *is = scn_state(r, a->vh);

	mr_buf_printf(found, "%s is %s", a->blade, is);
	if (!mr_streq(is, a->word))
		mr_buf_printf(found, ", expected %s", a->word);
	return mr_streq(is, a->word);
}

static bool e_link(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	struct sim_place p = {.space = MR_SPACE_SWITCH,
			      .address = SW_PORT(a->portnr) + PORT_STATUS,
			      .width = 8};
	bool up = sim_place_read(r->c, r->now, &p) & MR_PORT_LINK;

	mr_buf_printf(found, "of %s is %s", a->port, up ? "up" : "down");
	return up == (a->flag > 0);
}

static bool e_uevent(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	unsigned n = 0;

	for (unsigned i = r->uevent_mark; i < r->uevents; i++)
		n += r->uevent[i].vh == a->vh && strstr(r->uevent[i].text, a->word) != NULL;
	mr_buf_printf(found, "%s: %u with '%s'", a->blade, n, a->word);
	return right_number(a, n);
}

/* What the blade's kernel counted, of one device or of all. */
static bool e_errors(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *found)
{
	const struct sim_blade *b = r->blade[a->vh];
	uint64_t n = 0;

	for (unsigned i = 0; i < sim_blade_devs(b); i++) {
		uint16_t rid = sim_blade_dev(b, i)->rid;
		const struct sim_dev_errors *e = sim_blade_errors(b, rid);

		for (unsigned k = 0; e && k < MR_ARRAY_SIZE(e->total); k++)
			if ((!a->at[0] || rid == a->rid) && (!a->has_kind || k == a->kind))
				n += e->total[k];
	}
	mr_buf_printf(found, "%s%s%s: %llu counted", a->blade, a->at[0] ? " " : "", a->at,
		      (unsigned long long)n);
	return right_number(a, n);
}

const struct scn_check scn_checks[] = {
	{"register", "place, is, mask, atLeast: a register's value", register_fields, NULL, 0,
	 e_register},
	{"event", "name, port, bridge, arg, count, atLeast, total: read from the ring",
	 scn_event_fields, "name", SCN_WORD_EVENT, e_event},
	{"interrupts", "count, atLeast: of the management", count_fields, NULL, 0,
	 e_interrupts},
	{"device", "blade, at or bridge, present, driver: in the blade's sysfs", device_fields,
	 NULL, 0, e_device},
	{"devices", "blade, count, atLeast: functions below the root port", devices_fields,
	 NULL, 0, e_devices},
	{"virtfns", "blade, at, count: VFs of that PF in sysfs", vf_fields, NULL, 0, e_virtfns},
	{"blade", "name, state: up, off, hung, booting, waiting", blade_fields, NULL,
	 SCN_WORD_STATE, e_blade},
	{"link", "port, up: of a blade or an adapter", link_fields, NULL, 0, e_link},
	{"errors", "blade, at, kind, count, atLeast: errors that the blade's kernel counted",
	 errors_fields, NULL, 0, e_errors},
	{"answer", "is (flying, landed, completed, ur, dropped), address, blade: last request",
	 scn_answer_fields, NULL, 0, scn_answer},
	{"uevent", "blade, text, count: uevents with this text", uevent_fields, NULL, 0,
	 e_uevent},
	{0},
};
