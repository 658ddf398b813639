/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two hosts are attached to one adapter at the same time: each operation reads the VH table
 * before the other has written to it, and both have to come out with a device VH of their own.
 */
#include "tests/sim-test/rig.h"
#include "tests/unit/check_main.h"

#define QUEUE 16

/* Batches that are out, answered in order by drain(). */
struct wire {
	struct fm_mr_action batch[QUEUE];
	unsigned first, n;
	struct fm_op_result result[2];
	unsigned results;
};

static void feed(struct rig *x, struct wire *q, const struct fm_mr_event *ev)
{
	struct fm_mr_actions out = {0};

	fm_mrpcim_step(x->m, x->now, ev, &out);
	for (unsigned i = 0; i < out.n; i++) {
		struct fm_mr_action *a = &out.item[i];

		if (a->kind == FM_MR_BATCH) {
			ck_assert_uint_lt(q->n, QUEUE);
			q->batch[q->n++] = *a;
			a->ops = (struct mr_buf){0};
		} else if (a->kind == FM_MR_RESULT) {
			ck_assert_uint_lt(q->results, 2);
			q->result[q->results++] = a->result;
		}
	}
	fm_mr_actions_done(&out);
}

static void drain(struct rig *x, struct wire *q)
{
	while (q->first < q->n) {
		struct fm_mr_action *a = &q->batch[q->first++];
		struct sim_batch_result r = {0};

		sim_chassis_batch(x->c, x->now, a->owner_id, a->owner_epoch,
				  (const uint8_t *)a->ops.data, a->ops.len, &r);
		mr_buf_done(&a->ops);
		feed(x, q,
		     &(struct fm_mr_event){.kind = FM_MR_REPLY,
					   .tag = a->tag,
					   .executed = r.executed,
					   .status = r.status,
					   .data = (const uint8_t *)r.data.data,
					   .len = r.data.len});
		mr_buf_done(&r.data);
	}
}

START_TEST(test_two_at_once)
{
	char *text = rig_load("config/demo-chassis.yaml");
	struct wire q = {.n = 0};
	struct fm_adapter *a;
	struct rig x;
	unsigned seen = 0;

	rig_init(&x, text);
	a = fm_adapter_by_name(&x.inv, "nic-left", NULL);
	for (uint16_t host = 1; host <= 2; host++) {
		struct fm_op op = {.tag = 100 + host,
				   .kind = FM_OP_ATTACH_PF,
				   .fn = {.port = a->port},
				   .place = {.way = FM_WAY_LVF, .port = host, .bridge = 3}};

		feed(&x, &q, &(struct fm_mr_event){.kind = FM_MR_OP, .op = &op});
	}
	ck_assert_uint_eq(q.n, 2); /* both have read, none has written */
	drain(&x, &q);
	ck_assert_uint_eq(q.results, 2);
	for (unsigned i = 0; i < 2; i++)
		ck_assert_msg(q.result[i].end == FM_OP_DONE, "%s", q.result[i].detail);
	rig_do(&x, (struct fm_op){.kind = FM_OP_OBSERVE});
	a = fm_adapter_by_name(&x.inv, "nic-left", NULL);
	for (unsigned d = 1; d < a->vhs; d++)
		if (a->vh_of[d] != FM_WHOLE)
			seen |= 1u << a->vh_of[d];
	ck_assert_uint_eq(seen, 1u << 1 | 1u << 2);
	rig_done(&x);
	free(text);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("attach");
	TCase *t = tcase_create("attach");

	tcase_add_test(t, test_two_at_once);
	suite_add_tcase(s, t);
	return check_run(s);
}
