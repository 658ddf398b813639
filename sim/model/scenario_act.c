/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What steps do to the box and its blades: what a person, a failing part or a host's user would
 * do. What a manager does is in scenario_manage.c.
 */
#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "sim/model/blade.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

static const struct sim_field blade_only[] = {SCN_BLADE, {0}};
static const struct sim_field adapter_only[] = {SCN_ADAPTER, {0}};

static const struct sim_field port_only[] = {
	{"port", scn_rd_text, SCN_AT(port), 0, MR_NAME_MAX, true, NULL},
	{0},
};

static const struct sim_field memory_only[] = {
	{"memory", scn_rd_text, SCN_AT(word), 0, 64, true, NULL},
	{0},
};

static const struct sim_field fault_fields[] = {
	{"kind", scn_rd_text, SCN_AT(word), 0, 64, true, NULL},
	{"register", scn_rd_text, SCN_AT(place), 0, 160, false, NULL},
	{"value", scn_rd_value, 0, 0, 0, false, NULL},
	{"delay", sim_rd_time, SCN_AT(time_ns), 0, 3600ull * 1000000000, false, NULL},
	{"adapter", scn_rd_text, SCN_AT(adapter), 0, MR_NAME_MAX, false, NULL},
	{"count", sim_rd_uint, SCN_AT(count), 0, 1000000, false, NULL},
	{"blade", scn_rd_text, SCN_AT(blade), 0, MR_NAME_MAX, false, NULL},
	{0},
};

static const struct sim_field heal_fields[] = {
	{"kind", scn_rd_text, SCN_AT(word), 0, 64, true, NULL},
	{0},
};

static const struct sim_field slot_fields[] = {
	SCN_BLADE,
	SCN_BRIDGE,
	{"on", scn_rd_flag, SCN_AT(flag), 0, 0, true, NULL},
	{0},
};

static const struct sim_field device_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, true, NULL},
	{0},
};

static const struct sim_field numvfs_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, true, NULL},
	{"count", sim_rd_uint, SCN_AT(count), 0, 1024, true, NULL},
	{0},
};

static const struct sim_field state_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, true, NULL},
	{"index", sim_rd_uint, SCN_AT(count), 0, 1023, true, NULL},
	{"value", scn_rd_value, 0, 0, 0, true, NULL},
	{0},
};

static const struct sim_field driver_fields[] = {
	SCN_BLADE,
	{"at", scn_rd_text, SCN_AT(at), 0, 24, true, NULL},
	{"driver", scn_rd_text, SCN_AT(driver), 0, 32, true, NULL},
	{0},
};

static int said(int rc, struct mr_buf *why)
{
	if (rc)
		mr_buf_printf(why, "errno %d", -rc);
	return rc;
}

/* ---- the box ---- */

static int a_power_on(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->blade);
	return said(sim_host_set_power(r->c, r->now, (uint16_t)a->vh, true), why);
}

static int a_power_off(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->blade);
	return said(sim_host_set_power(r->c, r->now, (uint16_t)a->vh, false), why);
}

static int a_reset(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->blade);
	return said(sim_host_reset(r->c, r->now, (uint16_t)a->vh), why);
}

static int a_pull(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->adapter);
	return said(sim_adapter_pull(r->c, r->now, a->adapter), why);
}

static int a_insert(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->adapter);
	return said(sim_adapter_insert(r->c, r->now, a->adapter), why);
}

static int a_link_down(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->port);
	return said(sim_port_set_link(r->c, r->now, (uint16_t)a->portnr, false), why);
}

static int a_link_up(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->port);
	return said(sim_port_set_link(r->c, r->now, (uint16_t)a->portnr, true), why);
}

static int a_link_flap(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	int rc = a_link_down(r, a, why);

	return rc ? rc : said(sim_port_set_link(r->c, r->now, (uint16_t)a->portnr, true), why);
}

static int a_cycle(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "memory then %s", a->word);
	sim_chassis_power_cycle(r->c, r->now, a->event);
	return 0;
}

static int a_hang(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->blade);
	sim_blade_hang(r->blade[a->vh], true);
	return 0;
}

static int a_resume(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->blade);
	sim_blade_hang(r->blade[a->vh], false);
	return 0;
}

/* ---- faults ---- */

static int a_fault(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	struct sim_fault f = {.kind = (enum sim_fault_kind)a->event,
			      .space = a->reg.space,
			      .vh = a->event == SIM_FAULT_SLOW_ROOT ? a->vh : a->reg.vh,
			      .rid = a->reg.rid,
			      .address = a->reg.address,
			      .value = a->value,
			      .delay_ns = a->time_ns,
			      .count = a->count,
			      .port = (uint16_t)a->portnr};
	bool reg = a->event <= SIM_FAULT_SLOW_REGISTER;
	bool root = a->event == SIM_FAULT_SLOW_ROOT;

	mr_buf_printf(why, "%s %s%s%s", a->word, a->place, a->adapter, a->blade);
	if (a->event >= SIM_FAULT_COUNT || (reg && (!a->place[0] || a->reg.host)) ||
	    (root ? !a->blade[0] : a->event >= SIM_FAULT_FLR_HANG && !a->adapter[0])) {
		mr_buf_puts(why,
			    ": expected a register of the management, an adapter or a blade");
		return -EINVAL;
	}
	if (f.kind == SIM_FAULT_STUCK_REGISTER && !a->has_value)
		f.value = sim_place_read(r->c, r->now, &a->reg);
	return said(sim_fault_set(r->c, &f), why);
}

static int a_heal(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->word);
	sim_fault_clear(r->c, r->now, (enum sim_fault_kind)a->event);
	return 0;
}

/* ---- what a host's user does ---- */

static int a_slot_power(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	int64_t done;

	mr_buf_printf(why, "%s slot %u %s", a->blade, a->bridge, a->flag ? "on" : "off");
	return said(sim_blade_slot_set_power(r->blade[a->vh], r->now, a->bridge, a->flag > 0,
					     &done),
		    why);
}

static int a_numvfs(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	char text[16];
	int64_t done;

	mr_fmt(text, sizeof(text), "%u", a->count);
	mr_buf_printf(why, "%s %s: %u", a->blade, a->at, a->count);
	return said(sim_blade_numvfs(r->blade[a->vh], r->now, a->rid, text, &done), why);
}

static int a_flr(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s %s", a->blade, a->at);
	return said(sim_blade_reset(r->blade[a->vh], r->now, a->rid), why);
}

static int a_remove(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s %s", a->blade, a->at);
	return said(sim_blade_remove(r->blade[a->vh], r->now, a->rid), why);
}

static int a_rescan(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s", a->blade);
	return said(sim_blade_rescan(r->blade[a->vh], r->now), why);
}

static int a_vf_state(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s %s index %u: %llu", a->blade, a->at, a->count,
		      (unsigned long long)a->value);
	return said(sim_blade_vf_state_write(r->blade[a->vh], r->now, a->rid, a->count,
					     (uint8_t)a->value),
		    why);
}

static int a_unbind(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s %s %s", a->blade, a->at, a->driver);
	return said(sim_blade_unbind(r->blade[a->vh], r->now, a->driver, a->rid), why);
}

static int a_bind(struct sim_scn_run *r, const struct scn_args *a, struct mr_buf *why)
{
	mr_buf_printf(why, "%s %s %s", a->blade, a->at, a->driver);
	return said(sim_blade_bind(r->blade[a->vh], r->now, a->driver, a->rid), why);
}

const struct scn_action scn_acts[] = {
	{"powerOn", "blade: its power on", blade_only, "blade", 0, a_power_on},
	{"powerOff", "blade: its power off", blade_only, "blade", 0, a_power_off},
	{"reset", "blade: warm reset", blade_only, "blade", 0, a_reset},
	{"pull", "adapter: out of its slot, at any moment", adapter_only, "adapter", 0, a_pull},
	{"insert", "adapter: back into it", adapter_only, "adapter", 0, a_insert},
	{"linkDown", "port: cut the cable of a blade or an adapter", port_only, "port", 0,
	 a_link_down},
	{"linkUp", "port: restore it", port_only, "port", 0, a_link_up},
	{"linkFlap", "port: down and up again", port_only, "port", 0, a_link_flap},
	{"cycle", "memory: chassis off and on; the memory is then good, blank, stale, corrupt",
	 memory_only, "memory", SCN_WORD_MEMORY, a_cycle},
	{"hang", "blade: its kernel stands still", blade_only, "blade", 0, a_hang},
	{"resume", "blade: and goes on", blade_only, "blade", 0, a_resume},
	{"fault", "kind, register, value, delay, adapter, count, blade: break something",
	 fault_fields, "kind", SCN_WORD_FAULT, a_fault},
	{"heal", "kind, or all: mend it", heal_fields, "kind", SCN_WORD_FAULT, a_heal},
	{"slotPower", "blade, bridge, on: the host writes slots/N/power", slot_fields, NULL, 0,
	 a_slot_power},
	{"numvfs", "blade, at, count: the host writes sriov_numvfs", numvfs_fields, NULL, 0,
	 a_numvfs},
	{"flr", "blade, at: the host writes reset", device_fields, NULL, 0, a_flr},
	{"remove", "blade, at: the host writes remove", device_fields, NULL, 0, a_remove},
	{"rescan", "blade: the host writes rescan", blade_only, "blade", 0, a_rescan},
	{"vfState", "blade, at, index, value: its agent writes a byte of the State Array",
	 state_fields, NULL, 0, a_vf_state},
	{"unbind", "blade, at, driver: the host unbinds", driver_fields, NULL, 0, a_unbind},
	{"bind", "blade, at, driver: the host binds", driver_fields, NULL, 0, a_bind},
	{0},
};
