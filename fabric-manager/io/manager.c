/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Start and end of the manager: the order in which its parts come up. The engine has its store
 * before it hears of chassis, agents or operators.
 */
#include "fabric-manager/io/manager.h"

#include <stdlib.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/xalloc.h"
#include "fabric-manager/bmc/bmc.h"
#include "fabric-manager/driver/driver.h"
#include "fabric-manager/io/shell.h"
#include "fabric-manager/store/store.h"

static void on_commit(uint64_t n, const struct mr_err *err, void *arg)
{
	struct fm_manager *m = arg;
	const struct fm_event ev = {
		.kind = err ? FM_EV_COMMIT_FAILED : FM_EV_COMMITTED,
		.n = n,
		.detail = err ? err->text : NULL,
	};

	if (err)
		mr_error("store", "commit %llu failed: %s; nothing of it reaches hardware",
			 (unsigned long long)n, err->text);
	fm_pump_event(m->pump, &ev);
}

static void poll_store(void *arg)
{
	struct fm_manager *m = arg;

	fm_store_poll(m->store);
}

static void wake(void *arg)
{
	struct fm_manager *m = arg;

	mr_loop_post(m->loop, poll_store, m);
}

static void on_power(uint64_t tag, enum fm_power power, const char *detail, void *arg)
{
	struct fm_manager *m = arg;
	const struct fm_event ev = {
		.kind = FM_EV_POWER, .tag = tag, .power = power, .detail = detail};

	fm_pump_event(m->pump, &ev);
}

static void poll_bmc(void *arg)
{
	struct fm_manager *m = arg;

	fm_bmc_poll(m->bmc);
}

static void wake_bmc(void *arg)
{
	struct fm_manager *m = arg;

	mr_loop_post(m->loop, poll_bmc, m);
}

static void on_result(struct fm_op_result *result, void *arg)
{
	struct fm_manager *m = arg;
	const struct fm_event ev = {.kind = FM_EV_OP_RESULT, .result = result};

	fm_pump_event(m->pump, &ev);
}

static void on_chassis(const struct fm_chassis_event *event, void *arg)
{
	struct fm_manager *m = arg;
	const struct fm_event ev = {.kind = FM_EV_CHASSIS, .chassis = event};

	fm_pump_event(m->pump, &ev);
}

static int open_drivers(struct fm_manager *m, struct mr_err *err)
{
	static const struct fm_driver_calls calls = {on_result, on_chassis};
	char instance[24];

	mr_fmt(instance, sizeof(instance), "%016llx", (unsigned long long)mr_random_u64());
	for (unsigned i = 0; i < m->cfg.n_chassis; i++) {
		const struct fm_config_chassis *c = &m->cfg.chassis[i];
		const struct fm_driver_config cfg = {
			.driver = c->driver,
			.name = c->name,
			.index = i,
			.address = c->address,
			.instance = instance,
			.calls = &calls,
			.arg = m,
		};
		int rc = fm_driver_open(m->loop, &cfg, &m->driver[i], err);

		if (rc)
			return mr_err_prefix(err, "chassis '%s'", c->name);
	}
	return 0;
}

static int start(struct fm_manager *m, struct mr_err *err)
{
	static const struct fm_store_ops ops = {on_commit, wake};
	static const struct fm_bmc_ops bmc = {on_power, wake_bmc};
	int rc = fm_bmc_open(m->cfg.bmc_users, m->cfg.bmc_ca, &bmc, m, &m->bmc, err);

	if (!rc)
		rc = fm_searcher_new(m, &m->searcher, err);
	if (!rc)
		rc = fm_store_open(m->cfg.store, &ops, m, &m->store, err);
	if (!rc)
		rc = fm_control_new(m, &m->control, err);
	if (!rc)
		rc = fm_agents_new(m, &m->agents, err);
	if (!rc)
		rc = fm_persist_load(m, err);
	if (!rc)
		rc = open_drivers(m, err);
	return rc;
}

int fm_manager_new(struct mr_loop *loop, const struct fm_config *cfg, struct fm_manager **ret,
		   struct mr_err *err)
{
	struct fm_manager *m = MR_NEW(struct fm_manager);
	struct fm_engine_config engine = {
		.n_chassis = cfg->n_chassis, .seed = mr_random_u64(), .search_apart = true};
	int rc;

	m->loop = loop;
	m->cfg = *cfg;
	for (unsigned i = 0; i < cfg->n_chassis; i++)
		m->chassis[i] = m->cfg.chassis[i].name;
	m->names = (struct fm_codec_names){m->chassis, cfg->n_chassis};
	engine.chassis = m->chassis;
	m->engine = fm_engine_new(&engine);
	m->pump = fm_pump_new(m);
	rc = start(m, err);
	if (rc)
		fm_manager_free(m);
	else
		*ret = m;
	return rc;
}

void fm_manager_free(struct fm_manager *m)
{
	if (!m)
		return;
	fm_control_free(m->control);
	fm_agents_free(m->agents);
	for (unsigned i = 0; i < m->cfg.n_chassis; i++)
		fm_driver_close(m->driver[i]);
	fm_bmc_close(m->bmc);
	fm_searcher_free(m->searcher);
	fm_store_close(m->store);
	mr_loop_unpost(m->loop, m); /* these may have called in their last moments */
	fm_pump_free(m->pump);
	fm_engine_free(m->engine);
	free(m);
}
