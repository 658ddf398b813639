/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A host on paper for the tests of the agent's core: functions and slots that a test changes, a
 * clock that it turns, and every step's actions as text, so that a test reads as a transcript.
 *
 * The host: one root at port 1 (owner epoch 5). Bridge 3 holds a PF 03:00.0 with 8 VFs of which
 * slots 1 and 2 are there; bridge 7 is an empty slot, off; bridge 9 holds an NVMe function.
 */
#ifndef TESTS_UNIT_AG_CORE_FIXTURE_H
#define TESTS_UNIT_AG_CORE_FIXTURE_H

#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "agent/core/core.h"
#include "common/pci/regmap.h"
#include "common/str.h"

#define MS MR_NS_PER_MS

static struct ag_core *core;
static struct ag_actions acts;
static struct mr_buf said;
static struct mr_now now;
static struct ag_fn fn[16];
static struct ag_slot slot[8];
static struct ag_scan host;
static bool isolation_wanted; /* by the last scan that was asked for */
static uint64_t tag;	      /* of the last write */
static uint64_t next_op;

static inline struct ag_fn make_fn(unsigned bridge, unsigned pf, unsigned s, const char *driver)
{
	struct ag_fn f = {.place = {AG_WAY_LVF, 1, (uint16_t)bridge, (uint16_t)pf, (uint16_t)s},
			  .rid = (uint16_t)(bridge << 8 | pf | s << 3),
			  .vendor = 0x15b3,
			  .device = s ? 0x101e : 0x101d,
			  .class_code = 0x020000,
			  .numa = -1,
			  .iommu_group = -1};

	mr_copy(f.driver, sizeof(f.driver), driver);
	return f;
}

static inline void put(struct ag_fn f)
{
	fn[host.fns++] = f;
}

/* The function at a place of the paper host, NULL = none. */
static inline struct ag_fn *at(unsigned bridge, unsigned s)
{
	for (unsigned i = 0; i < host.fns; i++)
		if (fn[i].place.bridge == bridge && fn[i].place.slot == s)
			return &fn[i];
	return NULL;
}

static inline void drop(unsigned bridge, unsigned s)
{
	struct ag_fn *f = at(bridge, s);

	ck_assert_ptr_nonnull(f);
	*f = fn[--host.fns];
}

static inline void show_place(const struct ag_place *p)
{
	mr_buf_printf(&said, "%u.%u.%u", p->bridge, p->pf, p->slot);
}

static inline void show_write(const struct ag_action *a)
{
	tag = a->tag;
	mr_buf_printf(&said, "write %s ", ag_write_name(a->write));
	if (a->write == AG_WR_SLOT_POWER)
		mr_buf_printf(&said, "slot %u", a->place.bridge);
	else
		mr_buf_printf(&said, "%x:%x.%x", MR_RID_BUS(a->rid), MR_RID_DEV(a->rid),
			      MR_RID_FN(a->rid));
	if (a->write == AG_WR_VF_STATE)
		mr_buf_printf(&said, " [%u]", a->place.slot);
	if (a->text[0])
		mr_buf_printf(&said, " '%s'", a->text);
	mr_buf_printf(&said, " = %u", a->value);
}

static inline void show_report(const struct ag_action *a)
{
	mr_buf_printf(&said, "report%s %u", a->full ? " full" : "", (unsigned)a->revision);
	for (unsigned i = 0; i < a->fns; i++) {
		mr_buf_puts(&said, " +");
		show_place(&a->fn[i].place);
	}
	for (unsigned i = 0; i < a->gones; i++) {
		mr_buf_puts(&said, " -");
		show_place(&a->gone[i]);
	}
	for (unsigned i = 0; i < a->owns; i++)
		mr_buf_printf(&said, "%s %s", i ? "" : " own", a->own[i].name);
}

static inline void show(const struct ag_action *a)
{
	switch (a->kind) {
	case AG_ACT_SCAN:
		mr_buf_puts(&said, "scan");
		isolation_wanted = a->isolation_wanted;
		break;
	case AG_ACT_WRITE:
		show_write(a);
		break;
	case AG_ACT_HELLO:
	case AG_ACT_ANSWER:
		mr_buf_printf(&said, "%s", a->kind == AG_ACT_HELLO ? "hello" : "answer");
		for (unsigned i = 0; i < a->roots; i++)
			mr_buf_printf(&said, " %s:%u/%u@%u#%llx", a->root[i].serial,
				      a->root[i].port, a->root[i].vs,
				      (unsigned)a->root[i].owner_epoch,
				      (unsigned long long)a->root[i].challenge);
		mr_buf_puts(&said, a->vf_migration ? " vfm" : "");
		mr_buf_puts(&said, a->isolation.iommu ? " iommu" : "");
		break;
	case AG_ACT_REPORT:
		show_report(a);
		break;
	case AG_ACT_ACK:
		mr_buf_printf(&said, "ack %u %s (%s)", (unsigned)a->op,
			      mr_reason_name(a->reason), a->detail);
		if (a->who[0])
			mr_buf_printf(&said, " who '%s'", a->who);
		if (a->has_fn) {
			mr_buf_puts(&said, " fn ");
			show_place(&a->ack_fn.place);
		}
		break;
	case AG_ACT_HEARTBEAT:
		mr_buf_printf(&said, "heartbeat %u", (unsigned)a->revision);
		break;
	case AG_ACT_GOODBYE:
		mr_buf_puts(&said, "goodbye");
		break;
	case AG_ACT_LOG:
		return;
	}
	mr_buf_puts(&said, "; ");
}

/* One event; what the core then does, as text. */
static inline const char *step(const struct ag_event *ev)
{
	ag_actions_reset(&acts);
	mr_buf_reset(&said);
	ag_core_step(core, now, ev, &acts);
	for (unsigned i = 0; i < acts.n; i++)
		show(&acts.item[i]);
	return mr_buf_text(&said);
}

static inline const char *event(enum ag_event_kind kind)
{
	return step(&(struct ag_event){.kind = kind});
}

static inline const char *scan(void)
{
	struct ag_scan found = host;

	if (!isolation_wanted)
		found.isolation = (struct ag_isolation){0};
	return step(&(struct ag_event){.kind = AG_EV_SCAN, .scan = &found});
}

static inline const char *wait_ms(int64_t ms)
{
	now.mono_ns += ms * MS;
	return event(AG_EV_TIMER);
}

/* The last write ended: 'err', read back 'value'; then the scan that follows. */
static inline const char *written(int err, uint32_t value)
{
	ck_assert_str_eq(
		step(&(struct ag_event){
			.kind = AG_EV_WRITTEN, .tag = tag, .err = err, .value = value}),
		"scan; ");
	return scan();
}

static inline struct ag_cmd cmd(enum ag_verb verb, enum ag_way way, unsigned bridge, unsigned s)
{
	return (struct ag_cmd){.op = ++next_op,
			       .verb = verb,
			       .assignment = 40,
			       .epoch = 2,
			       .owner_epoch = 5,
			       .deadline_ns = 10 * MR_NS_PER_S,
			       .place = {way, 1, (uint16_t)bridge, 0, (uint16_t)s}};
}

static inline const char *command(const struct ag_cmd *c)
{
	return step(&(struct ag_event){.kind = AG_EV_COMMAND, .cmd = c});
}

/* A command and the fresh scan that it asks for. */
static inline const char *ask(const struct ag_cmd *c)
{
	ck_assert_str_eq(command(c), "scan; ");
	return scan();
}

static inline void setup(void)
{
	struct ag_root root = {"C1-0001", 1, 1, 5, 0xabc};
	struct ag_fn pf = make_fn(3, 0, 0, "mlx5_core"), nvme = make_fn(9, 0, 0, "nvme");

	host = (struct ag_scan){.root = {root}, .roots = 1, .fn = fn, .slot = slot};
	now = (struct mr_now){0};
	next_op = 100;
	pf.pf = pf.vf_migration = true;
	pf.numvfs = pf.totalvfs = 8;
	nvme.place.way = AG_WAY_SYNTHETIC;
	nvme.class_code = 0x010802;
	put(pf);
	put(make_fn(3, 0, 1, ""));
	put(make_fn(3, 0, 2, "mlx5_core"));
	put(nvme);
	slot[0] = (struct ag_slot){1, 3, true, true, ""};
	slot[1] = (struct ag_slot){1, 7, false, false, ""};
	slot[2] = (struct ag_slot){1, 9, true, true, ""};
	host.slots = 3;
	core = ag_core_new();
}

/* A session that was accepted. */
static inline void setup_session(void)
{
	setup();
	ck_assert_str_eq(event(AG_EV_CONNECTED), "scan; ");
	ck_assert_str_eq(scan(), "hello C1-0001:1/1@5#abc vfm; ");
	ck_assert_str_eq(event(AG_EV_ACCEPTED), "report full 1 +3.0.0 +3.0.1 +3.0.2 +9.0.0; ");
}

static inline void teardown(void)
{
	ag_core_free(core);
	ag_actions_done(&acts);
	mr_buf_done(&said);
}

#endif
