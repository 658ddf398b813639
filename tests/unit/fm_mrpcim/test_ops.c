/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Operations against registers of paper, which lie, hang and forget: what was not read back is
 * never reported as done. What works is tested on the simulated chassis (tests/sim-test).
 */
#include "common/rng.h"
#include "tests/unit/check_main.h"
#include "tests/unit/fm_mrpcim/fake.h"

static struct fake f;

static const uint64_t row = SW_BRIDGE(1, 2);
static const uint64_t vf = FAKE_CT(2) + CT_VF(FAKE_VFS, 0, 5);

static void setup(void)
{
	fake_ready(&f, NULL);
}

static void teardown(void)
{
	fake_done(&f);
}

static struct fm_op op_of(enum fm_op_kind kind)
{
	return (struct fm_op){
		.tag = 50 + kind,
		.kind = kind,
		.fn = {.port = 2, .vf = 5},
		.place = {.way = FM_WAY_SYNTHETIC, .port = 1, .bridge = 2},
		.cookie = 0x700000001ull,
		.attrs = {.ident0 = 0x020000000005ull, .vlan = 7, .max_mbps = 500},
		.generation = 10,
	};
}

static struct fm_op_result run(enum fm_op_kind kind)
{
	struct fm_op op = op_of(kind);

	return fake_op(&f, &op);
}

static unsigned place_of(uint64_t address)
{
	for (unsigned i = 0; i < f.writes; i++)
		if (f.write[i].address == address)
			return i;
	ck_abort_msg("0x%llx was not written", (unsigned long long)address);
	return 0;
}

static uint64_t last_value(uint64_t address)
{
	for (unsigned i = f.writes; i--;)
		if (f.write[i].address == address)
			return f.write[i].value;
	ck_abort_msg("0x%llx was not written", (unsigned long long)address);
	return 0;
}

/* ---- orders that the promise leans on ---- */

START_TEST(generation_first_commit_last)
{
	struct fm_op op = op_of(FM_OP_CONFIGURE);

	op.generation = 11;
	ck_assert_int_eq(fake_op(&f, &op).end, FM_OP_DONE);
	ck_assert_uint_eq(f.write[0].address, SW_GENERATION);
	ck_assert_uint_eq(f.write[0].value, 11);
	ck_assert_uint_eq(f.write[f.writes - 1].address, SW_COMMIT);
	f.writes = 0;
	ck_assert_int_eq(fake_op(&f, &op).end, FM_OP_DONE);
	ck_assert_uint_ne(f.write[0].address, SW_GENERATION);
	op.generation = 9; /* an older intent, finished late: nothing goes back */
	ck_assert_int_eq(fake_op(&f, &op).end, FM_OP_DONE);
	ck_assert_uint_eq(fake_read(&f, MR_SPACE_SWITCH, 0, SW_GENERATION), 11);
}
END_TEST

START_TEST(configure_closes_and_blocks_before_identities)
{
	ck_assert_int_eq(run(FM_OP_CONFIGURE).end, FM_OP_DONE);
	ck_assert_uint_lt(place_of(vf + VF_GATE), place_of(vf + VF_IDENT0));
	ck_assert_uint_lt(place_of(vf + VF_BLOCK), place_of(vf + VF_IDENT0));
	ck_assert_uint_eq(last_value(vf + VF_BLOCK), 3);
	ck_assert_uint_eq(last_value(vf + VF_GATE), 0);
}
END_TEST

START_TEST(map_shows_the_vf_and_opens_last)
{
	ck_assert_int_eq(run(FM_OP_CONFIGURE).end, FM_OP_DONE);
	f.writes = f.batches = 0;
	ck_assert_int_eq(run(FM_OP_MAP).end, FM_OP_DONE);
	ck_assert_uint_eq(f.batches, 1);
	ck_assert_uint_lt(place_of(row + ROW_WINDOW), place_of(row + ROW_STATE));
	ck_assert_uint_lt(place_of(row + ROW_STATE), place_of(vf + VF_BLOCK));
	ck_assert_uint_eq(last_value(row + ROW_IDS),
			  0x15b3 | 0x101eull << 16 | 0x020000ull << 32 | 2ull << 56);
	ck_assert_uint_eq(last_value(row + ROW_SUBSYS), 0x15b3 | 0x77 << 16);
	ck_assert_uint_eq(last_value(row + ROW_MSIX), 16 | 0x8000ull << 32);
	ck_assert_uint_eq(last_value(row + ROW_BAR), 0x10000 | MR_BAR_64);
	ck_assert_uint_eq(last_value(row + ROW_WINDOW), 0x2080000000ull + 5 * 0x10000);
	ck_assert_uint_eq(last_value(row + ROW_WINDOW + 8), 0);
	ck_assert_uint_eq(last_value(row + ROW_COOKIE), 0x700000001ull);
	ck_assert_uint_eq(last_value(vf + VF_BLOCK), 0);
}
END_TEST

static void mapped(void)
{
	sw(&f, row + ROW_STATE, MR_ROW_MAPPED);
	sw(&f, row + ROW_TARGET, MR_TARGET(MR_TARGET_SYNTHETIC, 2, 0, 5));
	mem(&f, vf + VF_BLOCK, 0);
}

static void row_becomes_effective(struct fake *x, const struct fake_write *w)
{
	if (w->address == row + ROW_STATE)
		sw(x, row + ROW_STATUS, MR_ROW_EFFECTIVE);
}

START_TEST(block_stops_what_comes_from_the_function_first)
{
	mapped();
	f.on_write = row_becomes_effective;
	ck_assert_int_eq(run(FM_OP_BLOCK).end, FM_OP_DONE);
	ck_assert_uint_eq(f.write[0].address, vf + VF_BLOCK);
	ck_assert_uint_eq(f.write[0].value, 1);
	ck_assert_uint_eq(f.write[1].address, row + ROW_STATE);
	ck_assert_uint_eq(f.write[1].value, MR_ROW_BLOCKED);
	ck_assert_uint_eq(f.write[2].value, 3);
	f.writes = 0;
	ck_assert_int_eq(run(FM_OP_BLOCK).end, FM_OP_DONE);
	for (unsigned i = 0; i < f.writes; i++) /* never opened for a moment */
		ck_assert(f.write[i].address != vf + VF_BLOCK || f.write[i].value == 3);
}
END_TEST

/* ---- hardware that hangs ---- */

static unsigned ticks;

/* Time passes in steps of the driver's own deadlines until the operation ends. */
static struct fm_op_result wait_for_end(const struct fm_op *op)
{
	unsigned before = f.results;

	ticks = 0;
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_OP, .op = op});
	while (f.results == before) {
		int64_t at = fm_mrpcim_deadline(f.m);

		ck_assert_msg(at != MR_NEVER, "it waits for nothing");
		ck_assert_uint_lt(ticks++, 100);
		f.now.mono_ns = at;
		fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_TIMER});
	}
	ck_assert_int_eq(fm_mrpcim_deadline(f.m), MR_NEVER);
	return f.result[--f.results];
}

START_TEST(a_reset_that_is_not_confirmed_ends_in_time)
{
	struct fm_op op = op_of(FM_OP_RESET);
	int64_t before = f.now.mono_ns;
	struct fm_op_result r = wait_for_end(&op);

	ck_assert_int_eq(r.end, FM_OP_REFUSED);
	ck_assert_int_eq(r.reason, MR_REASON_TIMEOUT);
	ck_assert_int_eq(f.now.mono_ns - before, MR_NS_PER_S);
	ck_assert_uint_eq(fake_read(&f, MR_SPACE_MEMORY, 0, vf + VF_COOKIE), 0);
}
END_TEST

static void resets_without_defaults(struct fake *x, const struct fake_write *w)
{
	if (w->address != vf + VF_COMMAND)
		return;
	mem(x, vf + VF_RESETS, 1);
	mem(x, vf + VF_STATUS, MR_VF_RESET_DONE);
}

START_TEST(a_reset_that_leaves_something_is_refused)
{
	f.on_write = resets_without_defaults;
	ck_assert_int_eq(run(FM_OP_RESET).reason, MR_REASON_CONFLICT);
}
END_TEST

static void resets_later(struct fake *x, const struct fake_write *w)
{
	if (w->address == vf + VF_COMMAND)
		mem(x, vf + VF_STATUS, MR_VF_RESET_BUSY);
}

/* An event of the function ends the wait; one of another does not. */
START_TEST(an_event_ends_the_wait)
{
	struct fm_op op = op_of(FM_OP_RESET);
	unsigned before;

	f.on_write = resets_later;
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	ck_assert_uint_eq(f.results, 0);
	mem(&f, vf + VF_RESETS, 1);
	mem(&f, vf + VF_STATUS, MR_VF_RESET_DONE | MR_VF_DEFAULTS);
	for (unsigned i = 0; i < 2; i++) {
		sw(&f, SW_EVENT(i), MR_EV_RESET_DONE | 2u << 16);
		sw(&f, SW_EVENT(i) + 8, i);
		sw(&f, SW_EVENT(i) + 16, 4 + i); /* vf 4, then 5 */
		sw(&f, SW_EVENT_HEAD, i + 1);
		before = f.results;
		fake_step(&f,
			  &(struct fm_mr_event){.kind = FM_MR_INTERRUPT, .irq_data = i + 1});
		ck_assert_uint_eq(f.results, before + i);
	}
	ck_assert_int_eq(f.result[0].end, FM_OP_DONE);
	f.now.mono_ns = fm_mrpcim_deadline(f.m);
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_TIMER});
	ck_assert_uint_eq(fake_read(&f, MR_SPACE_SWITCH, 0, SW_EVENT_TAIL), 2);
	ck_assert_int_eq(fm_mrpcim_deadline(f.m), MR_NEVER);
}
END_TEST

/* A host's link event, number 'n' of the ring. */
static void link_event(unsigned n)
{
	sw(&f, SW_EVENT(n), MR_EV_PORT_LINK | 1u << 16);
	sw(&f, SW_EVENT(n) + 8, n);
	sw(&f, SW_EVENT(n) + 16, 1);
	sw(&f, SW_EVENT_HEAD, n + 1);
}

static void interrupt(unsigned head)
{
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_INTERRUPT, .irq_data = head});
}

/* The first event is read at once, those right behind it together, a pause later. */
START_TEST(events_in_a_row_are_read_together)
{
	unsigned batches = f.batches, events = f.events;
	int64_t due;

	link_event(0);
	interrupt(1);
	ck_assert_uint_eq(f.events, events + 1);
	ck_assert_uint_eq(f.batches, batches + 1);
	for (unsigned n = 1; n < 9; n++) {
		link_event(n);
		interrupt(n + 1);
	}
	ck_assert_uint_eq(f.events, events + 1);
	ck_assert_uint_eq(f.batches, batches + 1);
	due = fm_mrpcim_deadline(f.m);
	ck_assert_int_gt(due, f.now.mono_ns);
	ck_assert_int_le(due, f.now.mono_ns + MR_NS_PER_MS);
	f.now.mono_ns = due;
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_TIMER});
	ck_assert_uint_eq(f.events, events + 9);
	ck_assert_uint_eq(f.batches, batches + 2);
	f.now.mono_ns = fm_mrpcim_deadline(f.m);
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_TIMER});
	ck_assert_uint_eq(fake_read(&f, MR_SPACE_SWITCH, 0, SW_EVENT_TAIL), 9);
	ck_assert_int_eq(fm_mrpcim_deadline(f.m), MR_NEVER);
}
END_TEST

/* A ring that is half full is not kept waiting. */
START_TEST(a_filling_ring_is_read_at_once)
{
	unsigned events = f.events;

	link_event(0);
	interrupt(1);
	for (unsigned n = 1; n < 32; n++) {
		link_event(n);
		interrupt(n + 1);
	}
	ck_assert_uint_eq(f.events, events + 32);
}
END_TEST

/* What an operation begins to wait for may stand in the ring already. */
START_TEST(who_waits_reads_what_was_put_off)
{
	struct fm_op op = op_of(FM_OP_RESET);
	unsigned events = f.events;

	for (unsigned n = 0; n < 2; n++) {
		link_event(n);
		interrupt(n + 1);
	}
	ck_assert_uint_eq(f.events, events + 1);
	f.on_write = resets_later;
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	ck_assert_uint_eq(f.events, events + 2);
	ck_assert_uint_eq(f.results, 0);
}
END_TEST

/* Another VF count: VF Enable 0, nothing of the capability for a second, NumVFs, VF Enable 1;
 * then what the VFs have of access control. */
START_TEST(a_count_changes_in_its_order)
{
	struct fm_op op = {.tag = 9, .kind = FM_OP_PROVISION, .fn = {.port = 2}, .value = 4};
	const uint64_t ctrl = 0x140 + PCI_SRIOV_CTRL, num = 0x140 + PCI_SRIOV_NUM_VF;
	int64_t start = f.now.mono_ns;
	unsigned n = 0, off;

	for (uint16_t rid = 0x280; rid < 0x284; rid++) { /* VFs: ACS at 110h, RR and DT */
		cfg(&f, rid, 0x100, 0x22u | 1u << 16 | 0x110u << 20);
		cfg(&f, rid, 0x110, PCI_EXT_CAP_ID_ACS | 1u << 16);
		cfg(&f, rid, 0x114, PCI_ACS_RR | PCI_ACS_DT);
	}
	mem(&f, vf + VF_COOKIE, 0x700000001ull);
	ck_assert_int_eq(fake_op(&f, &op).reason, MR_REASON_CONFLICT);
	for (unsigned i = 0; i < f.writes; i++)
		ck_assert_uint_ne(f.write[i].space, MR_SPACE_CONFIG);
	mem(&f, vf + VF_COOKIE, 0);
	f.writes = 0;
	fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	off = f.writes;
	ck_assert_uint_eq(last_value(ctrl) & PCI_SRIOV_CTRL_VFE, 0);
	while (!f.results && n++ < 16) {
		f.now.mono_ns = fm_mrpcim_deadline(f.m);
		if (f.now.mono_ns < start + MR_NS_PER_S)
			ck_assert_uint_eq(f.writes, off);
		fake_step(&f, &(struct fm_mr_event){.kind = FM_MR_TIMER});
	}
	ck_assert_uint_eq(f.results, 1);
	ck_assert_int_eq(f.result[0].end, FM_OP_DONE);
	ck_assert_int_ge(f.now.mono_ns - start, MR_NS_PER_S + 100 * MR_NS_PER_MS);
	ck_assert_uint_eq(last_value(num), 4);
	ck_assert_uint_ne(last_value(ctrl) & PCI_SRIOV_CTRL_VFE, 0);
	ck_assert_uint_lt(place_of(ctrl), place_of(num));
	ck_assert_uint_lt(place_of(num), place_of(0x110 + PCI_ACS_CTRL));
	ck_assert_uint_ne(last_value(0x110 + PCI_ACS_CTRL) & PCI_ACS_RR, 0);
}
END_TEST

static void port_resets(struct fake *x, const struct fake_write *w)
{
	if (w->address == SW_PORT(4) + PORT_RESET)
		sw(x, SW_PORT(4) + PORT_RESET, 8);
}

/* The next rung where the first is missing: the port's hot reset, as the time of it demands. */
START_TEST(a_device_without_flr_is_reset_by_its_port)
{
	struct fm_op op = {.tag = 1,
			   .kind = FM_OP_RESET,
			   .fn = {.port = 4, .pf = FM_WHOLE, .vf = FM_WHOLE},
			   .place = {.way = FM_WAY_DEVICE, .port = 1, .bridge = 1}};
	struct fm_op observe = {.tag = 2, .kind = FM_OP_OBSERVE};
	int64_t before = f.now.mono_ns;
	struct fm_op_result r;

	cfg(&f, 0x400, 0x40 + PCI_EXP_DEVCAP, 0);
	r = fake_op(&f, &observe);
	fm_chassis_done(r.observed);
	free(r.observed);
	sw(&f, SW_PORT(4) + PORT_RESET, 7);
	f.on_write = port_resets;
	r = wait_for_end(&op);
	ck_assert_msg(r.end == FM_OP_DONE, "%s", r.detail);
	ck_assert_uint_eq(f.writes, 1);
	ck_assert_int_ge(f.now.mono_ns - before, 100 * MR_NS_PER_MS);
	sw(&f, SW_BRIDGE(1, 1) + ROW_STATE, MR_ROW_MAPPED); /* a host has it */
	sw(&f, SW_BRIDGE(1, 1) + ROW_TARGET, MR_TARGET(MR_TARGET_DEVICE, 4, 0, 0));
	ck_assert_int_eq(fake_op(&f, &op).reason, MR_REASON_CONFLICT);
	ck_assert_uint_eq(f.writes, 1);
}
END_TEST

START_TEST(the_drain_ends_with_the_completion_timeout)
{
	struct fm_op op = op_of(FM_OP_DRAIN);
	int64_t before = f.now.mono_ns;
	struct fm_op_result r;

	mapped();
	sw(&f, row + ROW_STATE, MR_ROW_BLOCKED);
	mem(&f, vf + VF_BLOCK, 3);
	r = wait_for_end(&op);
	ck_assert_int_eq(r.end, FM_OP_DONE);
	ck_assert(!(r.fn.status & MR_VF_DRAINED));
	ck_assert_int_eq(f.now.mono_ns - before, 210 * MR_NS_PER_MS); /* range 0110b */
	ck_assert_str_ne(r.detail, "");
}
END_TEST

START_TEST(a_block_without_effect_is_told)
{
	struct fm_op op = op_of(FM_OP_BLOCK);

	mapped();
	ck_assert_int_eq(wait_for_end(&op).reason, MR_REASON_TIMEOUT);
}
END_TEST

/* ---- registers that lie ---- */

static uint64_t stuck_address, stuck_value;

static void stuck(struct fake *x, const struct fake_write *w)
{
	if (w->address == stuck_address)
		fake_set(x, w->space, 0, w->address, stuck_value);
}

START_TEST(what_does_not_read_back_is_not_done)
{
	const struct {
		enum fm_op_kind kind;
		uint64_t address, value;
	} rows[] = {
		{FM_OP_CONFIGURE, vf + VF_IDENT0, 0},
		{FM_OP_CONFIGURE, vf + VF_VLAN, 8},
		{FM_OP_CONFIGURE, vf + VF_MAX_MBPS, 499},
		{FM_OP_CONFIGURE, vf + VF_FLAGS, 1},
		{FM_OP_CONFIGURE, vf + VF_COOKIE, 0},
		{FM_OP_CONFIGURE, vf + VF_BLOCK, 2},
		{FM_OP_CONFIGURE, vf + VF_GATE, 1},
		{FM_OP_MAP, row + ROW_STATE, MR_ROW_FREE},
		{FM_OP_MAP, row + ROW_COOKIE, 0},
		{FM_OP_MAP, row + ROW_WINDOW, 0},
		{FM_OP_MAP, row + ROW_IDS, 0},
		{FM_OP_MAP, row + ROW_TARGET, 0},
		{FM_OP_MAP, vf + VF_BLOCK, 3},
		{FM_OP_GATE_OPEN, vf + VF_GATE, 0},
		{FM_OP_GATE_CLOSE, vf + VF_GATE, 1},
		{FM_OP_GATE_CLOSE, vf + VF_IDENT0, 5},
		{FM_OP_SET_ATTRS, vf + VF_MAX_MBPS, 0},
		{FM_OP_BLOCK, vf + VF_BLOCK, 1},
		{FM_OP_TOMBSTONE, row + ROW_TOMBSTONE, 0},
	};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(rows); i++) {
		struct fm_op op = op_of(rows[i].kind);
		struct fm_op_result r;

		sw(&f, row + ROW_STATE, MR_ROW_FREE);
		mem(&f, vf + VF_BLOCK, 3);
		mem(&f, vf + VF_GATE, 0);
		f.on_write = NULL;
		if (rows[i].kind != FM_OP_CONFIGURE)
			ck_assert_int_eq(run(FM_OP_CONFIGURE).end, FM_OP_DONE);
		if (rows[i].kind == FM_OP_TOMBSTONE)
			op.value = 1;
		f.on_write = stuck;
		stuck_address = rows[i].address;
		stuck_value = rows[i].value;
		f.writes = 0;
		r = fake_op(&f, &op);
		ck_assert_msg(r.end == FM_OP_REFUSED && r.reason == MR_REASON_CONFLICT,
			      "row %u: %s: %u %s", i, fm_op_kind_name(op.kind), r.end,
			      r.detail);
		ck_assert_uint_gt(f.writes, 0);
		f.writes = 0;
	}
}
END_TEST

START_TEST(refusals_before_the_first_write)
{
	struct fm_op op = op_of(FM_OP_CONFIGURE);
	struct fm_op_result r;

	op.attrs.trust = true; /* the adapter cannot */
	r = fake_op(&f, &op);
	ck_assert_int_eq(r.reason, MR_REASON_UNSUPPORTED);
	ck_assert_str_eq(r.detail, "nic cannot do trust");
	mem(&f, vf + VF_STATUS, 0);
	r = run(FM_OP_CONFIGURE);
	ck_assert_int_eq(r.reason, MR_REASON_CONFLICT);
	ck_assert_str_eq(r.detail, "VF_STATUS of nic/pf0/vf5: expected 0x2, it reads 0x0");
	ck_assert_uint_eq(f.writes, 0);
}
END_TEST

/* ---- a switch that answers nonsense ---- */

/* The next step of a chassis that answers every batch with random values. */
static void nonsense(struct fm_mrpcim *m, struct mr_rng *rng, const struct fm_mr_event *ev,
		     unsigned depth)
{
	struct fm_mr_actions out = {0};

	fm_mrpcim_step(m, f.now, ev, &out);
	for (unsigned i = 0; i < out.n && depth < 40; i++) {
		struct mr_buf data = {0};
		struct mr_batch_rec r;
		size_t pos = 0;

		while (out.item[i].kind == FM_MR_BATCH &&
		       mr_batch_next((uint8_t *)out.item[i].ops.data, out.item[i].ops.len, &pos,
				     &r) == 1)
			for (unsigned k = 0; r.op == MR_OP_READ && k < r.count; k++) {
				uint64_t v = mr_rng_next(rng);

				v >>= mr_rng_next(rng) & 63;
				if (r.space == MR_SPACE_SWITCH && r.address + 8 * k == SW_MAGIC)
					v = MR_SW_MAGIC;
				if (r.space == MR_SPACE_SWITCH &&
				    r.address + 8 * k == SW_VERSION)
					v = MR_SW_VERSION;
				if (r.space == MR_SPACE_SWITCH && r.address + 8 * k == SW_CAPS)
					v = 20 | 4 << 16 | 3ull << 32 | 8ull << 48;
				if (r.space == MR_SPACE_SWITCH && r.address >= SW_PORTS &&
				    (r.address + 8 * k) % SW_PORT_STRIDE == PORT_KIND)
					v &= 3;
				mr_batch_put_value(&data, v);
			}
		if (out.item[i].kind == FM_MR_BATCH)
			nonsense(m, rng,
				 &(struct fm_mr_event){.kind = FM_MR_REPLY,
						       .tag = out.item[i].tag,
						       .status = mr_rng_next(rng) % 50 ? 0 : 2,
						       .executed =
							       (uint32_t)mr_rng_next(rng) % 9,
						       .data = (uint8_t *)data.data,
						       .len = data.len},
				 depth + 1);
		mr_buf_done(&data);
	}
	fm_mr_actions_done(&out);
}

/* Nothing that a switch says makes the driver read or write where it must not (run with the
 * sanitizers), and it ends what it was asked. */
START_TEST(nonsense_does_no_harm)
{
	struct mr_rng rng;

	mr_rng_init(&rng, 7);
	for (unsigned i = 0; i < 300; i++) {
		struct fm_mrpcim *m = fm_mrpcim_new(0, "c1");
		struct fm_op op = {.tag = 1, .kind = FM_OP_OBSERVE};

		nonsense(m, &rng, &(struct fm_mr_event){.kind = FM_MR_LINK_UP}, 0);
		nonsense(m, &rng, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op}, 0);
		for (unsigned k = 0; k < 40; k++) {
			op = op_of((enum fm_op_kind)(mr_rng_next(&rng) % FM_OP_COUNT));
			if (op.kind == FM_OP_OBSERVE)
				continue;
			op.fn = (struct fm_fn_id){.port = mr_rng_next(&rng) % 22,
						  .pf = mr_rng_next(&rng) % 3,
						  .vf = mr_rng_next(&rng) % 9};
			op.place.way = mr_rng_next(&rng) % 4;
			op.place.port = mr_rng_next(&rng) % 6;
			nonsense(m, &rng, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op},
				 0);
			nonsense(m, &rng, &(struct fm_mr_event){.kind = FM_MR_INTERRUPT}, 0);
		}
		fm_mrpcim_free(m);
	}
	ck_assert_uint_eq(f.writes, 0);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("ops");
	TCase *t = tcase_create("paper");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_set_timeout(t, 60);
	tcase_add_test(t, generation_first_commit_last);
	tcase_add_test(t, configure_closes_and_blocks_before_identities);
	tcase_add_test(t, map_shows_the_vf_and_opens_last);
	tcase_add_test(t, block_stops_what_comes_from_the_function_first);
	tcase_add_test(t, a_reset_that_is_not_confirmed_ends_in_time);
	tcase_add_test(t, a_reset_that_leaves_something_is_refused);
	tcase_add_test(t, an_event_ends_the_wait);
	tcase_add_test(t, a_count_changes_in_its_order);
	tcase_add_test(t, events_in_a_row_are_read_together);
	tcase_add_test(t, a_filling_ring_is_read_at_once);
	tcase_add_test(t, who_waits_reads_what_was_put_off);
	tcase_add_test(t, a_device_without_flr_is_reset_by_its_port);
	tcase_add_test(t, the_drain_ends_with_the_completion_timeout);
	tcase_add_test(t, a_block_without_effect_is_told);
	tcase_add_test(t, what_does_not_read_back_is_not_done);
	tcase_add_test(t, refusals_before_the_first_write);
	tcase_add_test(t, nonsense_does_no_harm);
	suite_add_tcase(s, t);
	return check_run(s);
}
