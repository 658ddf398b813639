/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every prefix of the store's write log recovers: after a cut at any moment the store opens, is
 * whole, holds every transaction that it acknowledged and each other one whole or not at all,
 * and goes on. With synchronous=OFF or NORMAL, planted, the same checks find losses. Twice:
 * random transactions with clean restarts and checkpoints, and what a fabric's engine really
 * commits. MR_SEEDS says for how many seeds.
 */
#include <check.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/crash/disk.h"
#include "tests/crash/replay.h"
#include "tests/crash/run.h"
#include "tests/sim-test/world/world.h"
#include "tests/unit/check_main.h"

#define GROUP_MAX  6
#define WINDOW	   32
#define WINDOW_BIG 6 /* where a disk is several MB */
#define SETTLE_NS  (120 * MR_NS_PER_S)

static struct run *run;
static struct disk_log disk_log;
static char failure[256];

static void setup(void)
{
	disk_register();
	disk_log = (struct disk_log){0};
	run = run_new();
	failure[0] = '\0';
	disk_record(&disk_log);
}

static void teardown(void)
{
	run_free(run);
	disk_reset();
	disk_log_done(&disk_log);
}

static void open_store(void)
{
	struct mr_err err = {0};

	ck_assert_msg(run_open(run, &err) == 0, "%s", err.text);
}

/* The disk holds the rows after one of the transactions that a cut there allows. */
static bool is_whole(uint64_t mark, unsigned at, void *arg)
{
	struct replay *r = arg;
	struct mr_err err = {0};
	uint64_t state;

	if (run_look(&state, r->disks % 8 == 0, &err)) {
		mr_fmt(failure, sizeof(failure), "cut before operation %u: %s", at, err.text);
		return false;
	}
	for (uint64_t i = mark; i <= run_acked(run) && i <= mark + GROUP_MAX; i++)
		if (run_state(run, i) == state)
			return true;
	mr_fmt(failure, sizeof(failure),
	       "cut before operation %u: not what it was after %llu acknowledged transactions "
	       "nor "
	       "a later one",
	       at, (unsigned long long)mark);
	return false;
}

/* Replays what was recorded. */
static bool recovers(uint64_t seed, unsigned window)
{
	struct replay r = {
		.log = &disk_log, .window = window, .check = is_whole, .arg = &r, .disks = 0};
	bool ok;

	mr_rng_init(&r.rng, seed);
	run_close(run);
	disk_record(NULL);
	disk_reset();
	ok = replay_run(&r);
	printf("seed %llu: %llu transactions, %u operations, %u disks%s%s\n",
	       (unsigned long long)seed, (unsigned long long)run_acked(run), disk_log.n,
	       r.disks, ok ? "" : ": ", failure);
	return ok;
}

/* A group becomes durable at once: the first holds the disk until the others are queued. */
static void commit_group(struct mr_rng *rng, size_t value_max)
{
	unsigned n = (unsigned)mr_rng_below(rng, GROUP_MAX);

	disk_hold();
	run_commit_random(run, rng, value_max);
	disk_wait_held();
	for (unsigned i = 0; i < n; i++)
		run_commit_random(run, rng, value_max);
	disk_go();
	run_wait(run);
	ck_assert_uint_eq(run_acked(run), run_queued(run));
}

static void random_transactions(uint64_t seed)
{
	struct mr_rng rng;

	mr_rng_init(&rng, seed);
	open_store();
	for (unsigned i = 0; i < 40; i++) {
		commit_group(&rng, i % 6 == 5 ? 20000 : 900);
		if (mr_rng_chance(&rng, 15)) {
			run_close(run);
			open_store();
		}
	}
}

START_TEST(every_prefix_recovers)
{
	random_transactions((uint64_t)_i);
	ck_assert_msg(recovers((uint64_t)_i, WINDOW), "%s", failure);
}
END_TEST

/* Rows of 300 KB fill the WAL until SQLite checkpoints by itself and begins it anew. */
START_TEST(a_checkpoint_recovers)
{
	struct mr_rng rng;
	unsigned begun = 0;

	mr_rng_init(&rng, (uint64_t)_i);
	open_store();
	for (unsigned i = 0; i < 12; i++)
		commit_group(&rng, i < 9 ? 200000 : 500);
	for (unsigned i = 0; i < disk_log.n; i++)
		begun += disk_log.op[i].kind == DISK_WRITE && !disk_log.op[i].off &&
			 mr_streq(disk_log.op[i].name, RUN_FILE "-wal");
	ck_assert_uint_ge(begun, 2);
	ck_assert_msg(recovers((uint64_t)_i, WINDOW_BIG), "%s", failure);
}
END_TEST

/* ---- what an engine commits ---- */

static const struct store_row *find_row(const struct store_row *row, unsigned n,
					const struct mr_buf *key)
{
	for (unsigned i = 0; i < n; i++)
		if (row[i].key.len == key->len && !memcmp(row[i].key.data, key->data, key->len))
			return &row[i];
	return NULL;
}

static bool same(const struct mr_buf *a, const struct mr_buf *b)
{
	return a->len == b->len && (!a->len || !memcmp(a->data, b->data, a->len));
}

/* What changed in the world's store since 'was' becomes a transaction. */
static void follow(struct world *w, struct store_copy *was)
{
	struct store_copy now = world_store_copy(w);
	struct run_row *row = mr_xcalloc(was->rows + now.rows + 1, sizeof(*row));
	unsigned n = 0;

	for (unsigned i = 0; i < now.rows; i++) {
		const struct mr_buf *k = &now.row[i].key, *v = &now.row[i].value;
		const struct store_row *old = find_row(was->row, was->rows, k);

		if (!old || !same(&old->value, v))
			row[n++] = (struct run_row){
				(unsigned char *)k->data,
				(unsigned char *)(v->len ? v->data : k->data), k->len, v->len};
	}
	for (unsigned i = 0; i < was->rows; i++) {
		const struct mr_buf *k = &was->row[i].key;

		if (!find_row(now.row, now.rows, k))
			row[n++] = (struct run_row){(unsigned char *)k->data, NULL, k->len, 0};
	}
	if (n) {
		run_commit(run, row, n);
		run_wait(run);
	}
	free(row);
	store_copy_done(was);
	*was = now;
}

/* Applies one policy and follows the store until the fabric has come to rest. */
static void follow_policy(struct world *w, struct store_copy *was, const char *text)
{
	int64_t end;

	ck_assert_msg(world_apply(w, text), "%s", w->reply.text);
	end = w->now.mono_ns + SETTLE_NS;
	follow(w, was);
	while (!fm_engine_idle(w->engine) && w->now.mono_ns < end && world_step(w))
		follow(w, was);
	ck_assert(fm_engine_idle(w->engine));
}

#define POLICY(hosts)                                                                         \
	"apiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: nics}\n"                  \
	"spec: {adapterSelector: {class: ethernet}}\n---\n"                                   \
	"apiVersion: banyan/v1\nkind: IdentityPool\nmetadata: {name: macs}\n"                 \
	"spec: {type: mac, ranges: [{start: \"02:25:b5:00:00:00\", end: "                     \
	"\"02:25:b5:00:00:ff\"}]}\n---\n"                                                     \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade01}\n---\n"                 \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade02}\n---\n"                 \
	"apiVersion: banyan/v1\nkind: Host\nmetadata: {name: blade04}\n---\n"                 \
	"apiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: web}\n"                 \
	"spec: {host: " hosts ", devices: [{name: d, class: ethernet, pool: nics, count: 3, " \
	"identity: {mac: {pool: macs}}}]}\n"

START_TEST(what_an_engine_commits_recovers)
{
	struct world *w = world_new(SRCDIR "/config/demo-chassis.yaml", (uint64_t)_i, NULL);
	struct store_copy was = {0};

	open_store();
	world_manager_start(w);
	world_run_for(w, 10 * MR_NS_PER_S);
	follow(w, &was);
	follow_policy(w, &was, POLICY("blade01"));
	follow_policy(w, &was, POLICY("blade04"));
	store_copy_done(&was);
	world_free(w);
	ck_assert_uint_gt(run_acked(run), 20);
	ck_assert_msg(recovers((uint64_t)_i, WINDOW), "%s", failure);
}
END_TEST

/* ---- a store that does not wait for the disk ---- */

static const char *planted;

/* The store's own PRAGMA has no effect. */
static int authorise(void *arg, int action, const char *what, const char *value, const char *db,
		     const char *trigger)
{
	(void)arg, (void)db, (void)trigger;
	return action == SQLITE_PRAGMA && value && mr_streq(what, "synchronous") ? SQLITE_IGNORE
										 : SQLITE_OK;
}

static int plant(sqlite3 *db, char **ret_error, const void *api)
{
	int rc = sqlite3_exec(db, planted, NULL, NULL, NULL);

	(void)ret_error, (void)api;
	sqlite3_set_authorizer(db, authorise, NULL);
	return rc;
}

START_TEST(a_store_that_does_not_sync_is_caught)
{
	static const char *const how[] = {
		"PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=OFF",
		"PRAGMA locking_mode=EXCLUSIVE; PRAGMA synchronous=NORMAL"};

	planted = how[_i];
	sqlite3_auto_extension((void (*)(void))plant);
	random_transactions(1);
	sqlite3_cancel_auto_extension((void (*)(void))plant);
	ck_assert(!recovers(1, WINDOW));
	ck_assert_msg(strstr(failure, "acknowledged"), "%s", failure);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("replay");
	TCase *t = tcase_create("replay");

	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, every_prefix_recovers, 1, 1 + check_seeds(2));
	tcase_add_loop_test(t, a_checkpoint_recovers, 1, 1 + check_seeds(1));
	tcase_add_loop_test(t, what_an_engine_commits_recovers, 1, 1 + check_seeds(1));
	tcase_add_loop_test(t, a_store_that_does_not_sync_is_caught, 0, 2);
	suite_add_tcase(s, t);
	return check_run(s);
}
