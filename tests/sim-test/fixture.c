/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim-test/fixture.h"

#include <string.h>

#include "common/tree.h"

struct world *w;
struct oracle *judge;
static char complaint[512]; /* the first one */

void fabric_power(const char *chassis, uint64_t seed, bool (*agent_on)(const char *host))
{
	char path[512];

	mr_fmt(path, sizeof(path), "%s/%s", SRCDIR, chassis);
	complaint[0] = 0;
	w = world_new(path, seed, agent_on);
	judge = oracle_new(w);
	world_run_for(w, 10 * MR_NS_PER_S);
}

void fabric_begin(const char *chassis, uint64_t seed, bool (*agent_on)(const char *host))
{
	fabric_power(chassis, seed, agent_on);
	world_manager_start(w);
	ck_assert(world_settle(w, SETTLE_NS));
}

void fabric_end(void)
{
	fabric_judge();
	ck_assert_str_eq(complaint, "");
	oracle_free(judge);
	world_free(w);
}

void fabric_judge(void)
{
	if (!complaint[0] && !oracle_check(judge, 0))
		mr_fmt(complaint, sizeof(complaint), "%s", oracle_complaint(judge));
}

void fabric_judge_op(struct world *x, const struct fm_op_result *r, void *arg)
{
	(void)x, (void)r, (void)arg;
	fabric_judge();
}

void fabric_settle(void)
{
	ck_assert(world_settle(w, SETTLE_NS));
	ck_assert_str_eq(complaint, "");
}

void fabric_accept(const char *text)
{
	struct mr_buf out = {0};
	bool good = world_apply(w, text);

	if (w->reply.diags)
		mr_diags_print(w->reply.diags, &out);
	ck_assert_msg(good, "%s %s", w->reply.text, mr_buf_text(&out));
	mr_buf_done(&out);
}

void fabric_apply(const char *text)
{
	fabric_accept(text);
	fabric_settle();
}

void fabric_apply_buf(struct mr_buf *text)
{
	fabric_apply(mr_buf_text(text));
	mr_buf_done(text);
}

int fabric_ask(const struct fm_request *r)
{
	ck_assert(world_ask(w, r));
	return w->reply.exit_code;
}

bool fabric_shows(const char *kind, const char *name, const char *condition)
{
	const struct fm_request r = world_request(FM_VERB_GET, kind, name);
	const struct mr_tree *l;

	fabric_ask(&r);
	l = mr_tree_get(mr_tree_get(w->reply.tree, "items")->child[0], "conditions");
	for (unsigned i = 0; i < l->n; i++)
		if (mr_streq(mr_tree_text(l->child[i], "type"), condition))
			return mr_tree_get(l->child[i], "status")->num != 0;
	return false;
}

unsigned fabric_said(const char *object, const char *words)
{
	const struct fm_request r = world_request(FM_VERB_GET, "events", "");
	const struct mr_tree *l;
	unsigned n = 0;

	fabric_ask(&r);
	l = mr_tree_get(w->reply.tree, "items");
	for (unsigned i = 0; i < l->n; i++)
		n += mr_streq(mr_tree_text(l->child[i], "object"), object) &&
		     strstr(mr_tree_text(l->child[i], "text"), words);
	return n;
}

const struct fm_assignment *fabric_find(const char *name)
{
	char text[FM_ASSIGNMENT_TEXT];

	for (unsigned i = 0; i < fm_engine_assignments(w->engine); i++) {
		const struct fm_assignment *a = fm_engine_assignment(w->engine, i);

		if (mr_streq(a->profile, name) || mr_streq(fm_assignment_text(a, text), name))
			return a;
	}
	return NULL;
}

const struct fm_assignment *fabric_get(const char *name)
{
	const struct fm_assignment *a = fabric_find(name);

	ck_assert_msg(a != NULL, "there is no %s", name);
	return a;
}

const struct fm_assignment *fabric_active(const char *name)
{
	const struct fm_assignment *a = fabric_get(name);

	ck_assert_msg(a->phase == FM_PHASE_ACTIVE, "%s %s: %s", name, fm_phase_name(a->phase),
		      a->detail);
	return a;
}

const struct fm_adapter *fabric_adapter(const char *name)
{
	return fm_adapter_by_name(fm_engine_inventory(w->engine), name, NULL);
}

void fabric_pull(const char *adapter)
{
	w->shaken = true;
	ck_assert_int_eq(sim_adapter_pull(w->chassis, w->now, adapter), 0);
	world_notices(w);
}

void fabric_insert(const char *adapter)
{
	w->shaken = true;
	ck_assert_int_eq(sim_adapter_insert(w->chassis, w->now, adapter), 0);
	world_notices(w);
}
