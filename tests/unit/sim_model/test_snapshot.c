// SPDX-License-Identifier: Apache-2.0
/*
 * Saving and restoring: after random use a restored chassis shows the same status and the same
 * dump, and behaves the same for as long again; what is cut or damaged is refused.
 */
#include <errno.h>
#include <stddef.h>

#include "common/rng.h"
#include "common/tree.h"
#include "sim/model/fault.h"
#include "sim/model/internal.h"
#include "sim/model/snapshot.h"
#include "tests/unit/sim_model/fixture.h"

#define CHASSIS "config/demo-chassis.yaml"

/* A digest of everything that the model answers. */
static void look(struct sim_chassis *c, struct mr_now now, struct mr_buf *out)
{
	struct mr_tree *t = sim_chassis_status(c);

	mr_buf_reset(out);
	sim_chassis_dump(c, now, out);
	for (unsigned i = 0; i < t->n; i++)
		for (unsigned k = 0; k < t->child[i]->n; k++)
			mr_buf_printf(out, "%s %lld\n", t->child[i]->key,
				      (long long)t->child[i]->child[k]->num);
	mr_tree_free(t);
}

static uint64_t rnd(struct mr_rng *g, uint64_t n)
{
	return mr_rng_below(g, n);
}

/* One thing that somebody does to the chassis; the answer counts. */
static uint64_t use(struct fx *x, struct mr_rng *g)
{
	static const char *const names[] = {"hba", "nvme", "nic-left", "gpu-whole"};
	const char *name = names[rnd(g, 4)];
	uint16_t vh = (uint16_t)(1 + rnd(g, 5));
	unsigned b = (unsigned)rnd(g, 4);
	struct sim_tlp t = {.kind = SIM_TLP_CFG_READ, .vh = vh, .rid = 0x300};

	switch (rnd(g, 12)) {
	case 0:
		return sw_w(x, SW_PORT(vh) + PORT_AUTH, rnd(g, 3));
	case 1:
		return (uint64_t)sim_host_set_power(x->c, x->now, vh, rnd(g, 2));
	case 2:
		return (uint64_t)(rnd(g, 2) ? sim_adapter_pull(x->c, x->now, name)
					    : sim_adapter_insert(x->c, x->now, name));
	case 3:
		return sw_w(x, SW_COMMIT, 1);
	case 4:
		return row_w(
			x, vh, b, ROW_TARGET,
			MR_TARGET(MR_TARGET_DEVICE, sim_adapter_find(x->c, "gpu-whole"), 0, 0));
	case 5:
		return row_w(x, vh, b, ROW_STATE, rnd(g, 3));
	case 6:
		return ct_w(x, names[rnd(g, 3)],
			    CT_VF(32, 0, rnd(g, 8)) + 8 * rnd(g, VF_SCRUB / 8 + 1), rnd(g, 8));
	case 7:
		hcfg_w(x, vh, (uint16_t)(0x200 + b), (unsigned)rnd(g, 64) * 4, 4,
		       (uint32_t)mr_rng_next(g));
		return hcfg(x, vh, (uint16_t)(0x200 + b), (unsigned)rnd(g, 1024) * 4, 4);
	case 8:
		if (sim_host_link(x->c, vh))
			fx_enumerate(x, vh);
		return 0;
	case 9:
		return sim_tlp_launch(x->c, x->now, &t);
	case 10:
		if (rnd(g, 8))
			return 0;
		sim_chassis_power_cycle(x->c, x->now, (unsigned)rnd(g, 4));
		return fx_take_over(x);
	default:
		fx_pass(x, (int64_t)rnd(g, 20000));
		if (sim_chassis_deadline(x->c) == MR_NEVER)
			return 0;
		return (uint64_t)(sim_chassis_deadline(x->c) - x->now.mono_ns);
	}
}

static void break_something(struct fx *x, uint64_t seed)
{
	const struct sim_fault f = {.kind = SIM_FAULT_SLOW_REGISTER,
				    .space = MR_SPACE_SWITCH,
				    .address = SW_PORT(2) + PORT_AUTH,
				    .delay_ns = 5000};

	if (seed % 2)
		ck_assert_int_eq(sim_fault_set(x->c, &f), 0);
}

START_TEST(restored_is_the_same)
{
	struct fx x = fx_new(CHASSIS), y;
	struct mr_buf bytes = {0}, again = {0}, a = {0}, b = {0};
	struct mr_rng g, h;

	mr_rng_init(&g, (uint64_t)_i + 1);
	fx_take_over(&x);
	fx_provision(&x, "hba", 0, 8);
	break_something(&x, (uint64_t)_i);
	for (unsigned i = 0; i < 400; i++)
		use(&x, &g);
	sim_chassis_save(x.c, x.now, &bytes);
	y = x;
	y.now.mono_ns += 777777;
	y.c = NULL;
	ck_assert_int_eq(sim_chassis_restore(bytes.data, bytes.len, y.now, &y.c, NULL), 0);
	look(x.c, x.now, &a);
	look(y.c, y.now, &b);
	ck_assert_str_eq(a.data, b.data);
	h = g;
	for (unsigned i = 0; i < 400; i++) {
		ck_assert_uint_eq(use(&x, &g), use(&y, &h));
		ck_assert_uint_eq(x.status, y.status);
	}
	look(x.c, x.now, &a);
	look(y.c, y.now, &b);
	ck_assert_str_eq(a.data, b.data);
	fx_free(&x);
	fx_free(&y);
	mr_buf_done(&bytes);
	mr_buf_done(&again);
	mr_buf_done(&a);
	mr_buf_done(&b);
}
END_TEST

static void refused(const struct mr_buf *bytes, size_t len, const char *word)
{
	struct sim_chassis *c = NULL;
	struct mr_err err = {0};

	ck_assert_int_eq(sim_chassis_restore(bytes->data, len, (struct mr_now){1, 1}, &c, &err),
			 -EINVAL);
	ck_assert(!c);
	ck_assert_msg(strstr(err.text, word) != NULL, "'%s' in '%s'", word, err.text);
}

START_TEST(bad_bytes_are_refused)
{
	struct fx x = fx_new(CHASSIS);
	struct mr_buf bytes = {0};

	sim_chassis_save(x.c, x.now, &bytes);
	refused(&bytes, 0, "found other bytes");
	refused(&bytes, 20, "within its header");
	refused(&bytes, bytes.len / 2, "cut off");
	refused(&bytes, bytes.len - 1, "cut off");
	bytes.data[bytes.len / 2] ^= 4;
	refused(&bytes, bytes.len, "damaged");
	bytes.data[bytes.len / 2] ^= 4;
	bytes.data[8] ^= 1;
	refused(&bytes, bytes.len, "another version");
	bytes.data[0] ^= 1;
	refused(&bytes, bytes.len, "found other bytes");
	fx_free(&x);
	mr_buf_done(&bytes);
}
END_TEST

/* ---- a chassis in which everything that can be under way is ---- */

#define WORD 0x00abcdef12345000ull /* an address, and a rate, that stand nowhere else */
#define RATE 0x98765ull
#define RID  (uint16_t)(FX_BUS(0) << 8)

static struct sim_tlp word(const struct fx *x, enum sim_tlp_kind kind)
{
	return (struct sim_tlp){.kind = kind,
				.from_function = true,
				.port = (uint16_t)sim_adapter_find(x->c, "hba"),
				.vf = 3,
				.address = WORD,
				.data = 1};
}

static struct fx busy(void)
{
	struct fx x = fx_new(CHASSIS);
	const struct sim_traffic flow = {
		.kind = SIM_TRAFFIC_CONSTANT, .mbps = RATE, .frame = 64};
	const struct sim_translation map = {WORD, 0x7000, 4096,
					    SIM_IOMMU_READ | SIM_IOMMU_WRITE};
	struct sim_tlp t = word(&x, SIM_TLP_ATS_REQUEST);

	fx_take_over(&x);
	fx_provision(&x, "hba", 0, 8);
	fx_boot(&x, 4);
	ct_w(&x, "hba", CT_VF(32, 0, 3) + VF_GATE, 1);
	fx_map_synthetic(&x, 4, 0, "hba", 3, 0x10000, 0x22891077);
	hcfg_w(&x, 4, RID, 0x04, 2, 6);
	hcfg_w(&x, 4, RID, 0x176, 2, 0x8000);
	ck_assert_int_eq(sim_host_iommu_map(x.c, x.now, 4, &map), 0);
	sim_tlp_launch(x.c, x.now, &t);
	fx_pass(&x, 20000);
	ck_assert_int_eq(sim_traffic_set(x.c, x.now, t.port, 0, 3, &flow), 0);
	t.kind = SIM_TLP_MEM_READ;
	t.translated = true;
	sim_tlp_launch(x.c, x.now, &t);
	sim_tlp_launch(x.c, x.now,
		       &(struct sim_tlp){.kind = SIM_TLP_ATS_INVALIDATE,
					 .vh = 4,
					 .rid = RID,
					 .address = 0,
					 .data = 4096});
	fx_pass(&x, 1500);
	return x;
}

/* What is under way goes on, and what was cached is used, after a restore as without. */
START_TEST(under_way)
{
	struct fx x = busy(), y;
	struct mr_buf bytes = {0}, a = {0}, b = {0};
	struct sim_tlp t = word(&x, SIM_TLP_MEM_WRITE);

	t.translated = true;
	sim_chassis_save(x.c, x.now, &bytes);
	y = x;
	ck_assert_int_eq(sim_chassis_restore(bytes.data, bytes.len, y.now, &y.c, NULL), 0);
	look(y.c, y.now, &b);
	ck_assert(strstr(b.data, "/atc: 0xabcdef12345000 to 0x7000, 0x1000 bytes, 3\n") !=
		  NULL);
	for (unsigned i = 0; i < 12; i++) {
		uint64_t p = sim_tlp_launch(x.c, x.now, &t), q = sim_tlp_launch(y.c, y.now, &t);

		look(x.c, x.now, &a);
		look(y.c, y.now, &b);
		ck_assert_str_eq(a.data, b.data);
		ck_assert_uint_eq(p, q);
		fx_pass(&x, 1000);
		fx_pass(&y, 1000);
		ck_assert_int_eq(sim_tlp_fate(x.c, p).end, sim_tlp_fate(y.c, q).end);
	}
	fx_free(&x);
	fx_free(&y);
	mr_buf_done(&bytes);
	mr_buf_done(&a);
	mr_buf_done(&b);
}
END_TEST

static size_t place_of(const struct mr_buf *bytes, uint64_t value)
{
	for (size_t i = 40; i + 8 <= bytes->len; i++)
		if (!memcmp(bytes->data + i, &value, 8))
			return i;
	ck_abort_msg("%llx is not in there", (unsigned long long)value);
}

/* Bytes that someone changed who knows the check sum. */
static void forge(struct mr_buf *bytes, size_t at, uint64_t v, size_t width)
{
	uint64_t h = 0xcbf29ce484222325ull;

	memcpy(bytes->data + at, &v, width);
	for (size_t i = 40; i < bytes->len; i++)
		h = (h ^ (uint8_t)bytes->data[i]) * 0x100000001b3ull;
	memcpy(bytes->data + 32, &h, 8);
}

/* Members of a saved request and of a saved flow, and what they are not. */
static const struct {
	bool flow;
	size_t at;
	uint64_t v;
	size_t width;
	const char *word;
} forged[] = {
	{false, offsetof(struct sim_tlp, kind), 99, 4, "a request in flight"},
	{false, offsetof(struct sim_tlp, vf), 77, 2, "a request in flight"},
	{false, offsetof(struct sim_tlp, port), 1, 2, "a request in flight"},
	{false, offsetof(struct sim_tlp, from_function), 2, 1, "a request in flight"},
	{false, offsetof(struct sim_tlp, from_function), 0, 1, "a request in flight"},
	{true, offsetof(struct sim_traffic, kind), 7, 4, "the traffic of a VF"},
	{true, offsetof(struct sim_traffic, mbps), UINT64_MAX, 8, "the traffic of a VF"},
	{true, offsetof(struct sim_traffic, frame), 0, 4, "the traffic of a VF"},
};

START_TEST(forged_records_are_refused)
{
	struct fx x = busy();
	struct mr_buf bytes = {0};
	size_t at;

	sim_chassis_save(x.c, x.now, &bytes);
	if (forged[_i].flow) {
		at = place_of(&bytes, RATE) - offsetof(struct sim_traffic, mbps);
	} else {
		/* the request under way is saved after the cache's entry and the agent's map */
		at = bytes.len;
		do
			at--;
		while (memcmp(bytes.data + at, &(uint64_t){WORD}, 8) ||
		       memcmp(bytes.data + at + 8, &(uint64_t){1}, 8));
		at -= offsetof(struct sim_tlp, address);
	}
	forge(&bytes, at + forged[_i].at, forged[_i].v, forged[_i].width);
	refused(&bytes, bytes.len, forged[_i].word);
	fx_free(&x);
	mr_buf_done(&bytes);
}
END_TEST

/* An adapter without modes that is to be switched to one at its next reset. */
START_TEST(forged_mode_is_refused)
{
	struct fx x = busy();
	struct mr_buf bytes = {0};
	const struct sim_adapter *a = &x.c->adapter[0];
	const char *name;

	ck_assert_uint_eq(a->m.modes, 0);
	sim_chassis_save(x.c, x.now, &bytes);
	name = memmem(bytes.data, bytes.len, a->name, sizeof(a->name));
	ck_assert_ptr_nonnull(name);
	forge(&bytes,
	      (size_t)(name - bytes.data) - offsetof(struct sim_adapter, name) +
		      offsetof(struct sim_adapter, mode_next),
	      113, 1);
	refused(&bytes, bytes.len, "the model of an adapter");
	fx_free(&x);
	mr_buf_done(&bytes);
}
END_TEST

START_TEST(dumps_differ_in_what_happened)
{
	struct fx x = fx_new(CHASSIS);
	struct mr_buf a = {0}, b = {0};
	unsigned n = 0;
	char *p, *q;

	fx_take_over(&x);
	sim_chassis_dump(x.c, x.now, &a);
	sim_chassis_dump(x.c, x.now, &b);
	ck_assert_str_eq(a.data, b.data);
	mr_buf_reset(&b);
	ck_assert_uint_eq(ct_w(&x, "nvme", CT_VF(32, 0, 3) + VF_COOKIE, 0x42), MR_BATCH_OK);
	sim_chassis_dump(x.c, x.now, &b);
	ck_assert(strstr(b.data, "vf/nvme/pf0/vf3/cookie: 0x42\n") != NULL);
	for (p = a.data, q = b.data; *p && *q;) {
		size_t pl = strcspn(p, "\n"), ql = strcspn(q, "\n");

		if (pl == ql && !memcmp(p, q, pl)) {
			p += pl + 1;
		} else if (!memcmp(q, "switch/writes", 13)) {
			p += pl + 1;
		} else {
			n++;
		}
		q += ql + 1;
	}
	ck_assert_uint_eq(n, 1); /* and the counter of writes, which is on both sides */
	fx_free(&x);
	mr_buf_done(&a);
	mr_buf_done(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("snapshot");
	TCase *t = tcase_create("snapshot");

	tcase_add_loop_test(t, restored_is_the_same, 0, 40);
	tcase_add_test(t, bad_bytes_are_refused);
	tcase_add_test(t, under_way);
	tcase_add_test(t, forged_mode_is_refused);
	tcase_add_loop_test(t, forged_records_are_refused, 0,
			    sizeof(forged) / sizeof(forged[0]));
	tcase_add_test(t, dumps_differ_in_what_happened);
	suite_add_tcase(s, t);
	return check_run(s);
}
