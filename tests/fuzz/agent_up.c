// SPDX-License-Identifier: Apache-2.0
/*
 * agent.proto as the manager reads it: what decodes, said again by the agent's codec, decodes
 * to a message that the agent would say in the same bytes.
 */
#include <errno.h>
#include <stdlib.h>

#include "agent/codec/codec.h"
#include "common/err.h"
#include "common/xalloc.h"
#include "fabric-manager/codec/agent.h"
#include "tests/fuzz/fuzz.h"

static struct ag_place place(const struct fm_place *p)
{
	return (struct ag_place){(uint8_t)p->way, p->port, p->bridge, p->pf, p->slot};
}

static struct ag_fn function(const struct fm_agent_fn *f)
{
	struct ag_fn to = {.place = place(&f->place),
			   .rid = f->rid,
			   .vendor = f->vendor,
			   .device = f->device,
			   .class_code = f->class_code,
			   .ident0 = f->ident0,
			   .ident1 = f->ident1,
			   .link = f->link,
			   .numa = f->numa,
			   .iommu_group = f->iommu_group,
			   .pf = f->pf,
			   .numvfs = f->numvfs,
			   .totalvfs = f->totalvfs};

	FUZZ_CHECK(mr_copy(to.driver, sizeof(to.driver), f->driver));
	FUZZ_CHECK(mr_copy(to.name, sizeof(to.name), f->name));
	return to;
}

static void roots(const struct fm_agent_hello *h, struct ag_action *a)
{
	FUZZ_CHECK(h->roots <= FM_ROOTS_MAX);
	a->roots = h->roots;
	for (unsigned i = 0; i < h->roots; i++) {
		const struct fm_agent_root *r = &h->root[i];

		a->root[i] = (struct ag_root){.port = r->port,
					      .vs = r->vs,
					      .owner_epoch = r->owner_epoch,
					      .challenge = r->challenge};
		mr_copy(a->root[i].serial, sizeof(a->root[i].serial), r->chassis_serial);
	}
}

static void say_hello(struct mr_buf *out, const struct fm_agent_hello *h, bool answer)
{
	struct ag_identity id = {.incarnation = h->incarnation};
	struct ag_action a = {.vf_migration = h->vf_migration};

	roots(h, &a);
	mr_copy(id.host, sizeof(id.host), h->host);
	mr_copy(id.boot_id, sizeof(id.boot_id), h->boot_id);
	mr_copy(id.kernel, sizeof(id.kernel), h->kernel);
	if (answer) {
		ag_put_answer(out, &a);
		return;
	}
	FUZZ_CHECK(h->host[0] && h->boot_id[0]);
	ag_put_hello(out, &id, &a);
}

static void say_report(struct mr_buf *out, const struct fm_agent_report *r)
{
	struct ag_action a = {
		.revision = r->revision, .full = r->full, .fns = r->fns, .gones = r->gones};
	unsigned pos = 0;

	a.fn = mr_xcalloc(r->fns + 1, sizeof(*a.fn));
	a.gone = mr_xcalloc(r->gones + 1, sizeof(*a.gone));
	for (unsigned i = 0; i < r->fns; i++)
		a.fn[i] = function(&r->fn[i]);
	for (unsigned i = 0; i < r->gones; i++)
		a.gone[i] = place(&r->gone[i]);
	FUZZ_CHECK(r->fns + r->gones <= AG_REPORT_CHUNK);
	FUZZ_CHECK(ag_put_report(out, &a, &pos));
	free(a.fn);
	free(a.gone);
}

static void say_ack(struct mr_buf *out, const struct fm_agent_ack *k)
{
	struct ag_action a = {.op = k->op, .reason = k->reason, .has_fn = k->has_fn};

	FUZZ_CHECK(k->op && k->reason < MR_REASON_COUNT);
	mr_copy(a.detail, sizeof(a.detail), k->detail);
	mr_copy(a.who, sizeof(a.who), k->who);
	if (k->has_fn)
		a.ack_fn = function(&k->fn);
	ag_put_ack(out, &a);
}

static void say(struct mr_buf *out, const struct fm_agent_msg *m)
{
	struct mr_err err = {.code = -EIO, .reason = MR_REASON_INTERNAL};

	switch (m->kind) {
	case FM_AGENT_MSG_ERROR:
		mr_copy(err.text, sizeof(err.text), m->text);
		ag_put_error(out, m->reply_to, &err);
		break;
	case FM_AGENT_MSG_HELLO:
	case FM_AGENT_MSG_ANSWER:
		say_hello(out, &m->hello, m->kind == FM_AGENT_MSG_ANSWER);
		break;
	case FM_AGENT_MSG_REPORT:
		say_report(out, &m->report);
		break;
	case FM_AGENT_MSG_SYNC_BEGIN:
		ag_put_sync_begin(out);
		break;
	case FM_AGENT_MSG_SYNC_END:
		ag_put_sync_end(out);
		break;
	case FM_AGENT_MSG_ACK:
		say_ack(out, &m->ack);
		break;
	case FM_AGENT_MSG_HEARTBEAT:
		ag_put_heartbeat(out, m->report.revision);
		break;
	case FM_AGENT_MSG_GOODBYE:
		ag_put_goodbye(out, m->text);
		break;
	}
}

TARGET(data, len)
{
	struct mr_buf first = {0}, second = {0};
	struct fm_agent_msg m, again;
	struct mr_err err = {0};
	int rc = fm_agent_get(data, len, &m, &err);

	FUZZ_CHECK(rc == 0 || rc == -EINVAL || rc == -ENOTSUP);
	fuzz_check_err(&err, rc);
	if (rc == 0) {
		say(&first, &m);
		rc = fm_agent_get((const uint8_t *)first.data, first.len, &again, &err);
		FUZZ_CHECK(rc == 0);
		FUZZ_CHECK(again.kind == m.kind);
		say(&second, &again);
		fuzz_check_same(&first, &second);
		fm_agent_msg_done(&again);
		fm_agent_msg_done(&m);
	}
	mr_buf_done(&first);
	mr_buf_done(&second);
	return 0;
}
