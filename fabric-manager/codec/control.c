/* SPDX-License-Identifier: Apache-2.0 */
/*
 * To and from pairs of control.proto, side by side.
 */
#include "fabric-manager/codec/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/tree.h"
#include "common/xalloc.h"
#include "proto/control.pb-c.h"
#include "proto/field.h"

/* ---- trees ---- */

/* A tree as messages; one allocation a node, freed by tree_free. */
static Banyan__Tree *tree_to(const struct mr_tree *t)
{
	Banyan__Tree *m = mr_xmalloc(sizeof(*m));

	banyan__tree__init(m);
	m->kind = t->kind;
	m->key = t->key ? t->key : m->key;
	m->num = t->num;
	m->text = t->text ? t->text : m->text;
	m->n_child = t->n;
	m->child = t->n ? mr_xcalloc(t->n, sizeof(Banyan__Tree *)) : NULL;
	for (unsigned i = 0; i < t->n; i++)
		m->child[i] = tree_to(t->child[i]);
	return m;
}

static void tree_free(Banyan__Tree *m)
{
	if (!m)
		return;
	for (size_t i = 0; i < m->n_child; i++)
		tree_free(m->child[i]);
	free(m->child);
	free(m);
}

static int tree_from(const Banyan__Tree *m, struct mr_tree *parent, unsigned depth,
		     struct mr_err *err);

static int children_from(const Banyan__Tree *m, struct mr_tree *t, unsigned depth,
			 struct mr_err *err)
{
	for (size_t i = 0; i < m->n_child; i++) {
		int rc = tree_from(m->child[i], t, depth + 1, err);

		if (rc)
			return rc;
	}
	return 0;
}

/* Adds one message to the container 'parent'. */
static int tree_from(const Banyan__Tree *m, struct mr_tree *parent, unsigned depth,
		     struct mr_err *err)
{
	const char *key = parent->kind == MR_TREE_MAP ? m->key : NULL;

	if (depth > FM_CONTROL_TREE_DEPTH_MAX)
		return mr_err_set(err, -EINVAL, MR_REASON_LIMIT, "tree is deeper than %d",
				  FM_CONTROL_TREE_DEPTH_MAX);
	switch (m->kind) {
	case MR_TREE_NULL:
		mr_tree_add_text(parent, key, NULL);
		return 0;
	case MR_TREE_BOOL:
		mr_tree_add_bool(parent, key, m->num != 0);
		return 0;
	case MR_TREE_INT:
		mr_tree_add_int(parent, key, m->num);
		return 0;
	case MR_TREE_TEXT:
		mr_tree_add_text(parent, key, m->text);
		return 0;
	case MR_TREE_LIST:
		return children_from(m, mr_tree_add_list(parent, key), depth, err);
	case MR_TREE_MAP:
		return children_from(m, mr_tree_add_map(parent, key), depth, err);
	default:
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "tree.kind is %u, expected 0 to %d", m->kind, MR_TREE_MAP);
	}
}

/* The root: a map or a list. */
static int root_from(const Banyan__Tree *m, struct mr_tree **ret, struct mr_err *err)
{
	struct mr_tree *t;
	int rc;

	if (m->kind != MR_TREE_MAP && m->kind != MR_TREE_LIST)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "tree.kind is %u, expected a map or a list", m->kind);
	t = m->kind == MR_TREE_MAP ? mr_tree_map() : mr_tree_list();
	rc = children_from(m, t, 0, err);
	if (rc)
		mr_tree_free(t);
	else
		*ret = t;
	return rc;
}

/* ---- requests ---- */

void fm_control_put_request(struct mr_buf *out, uint64_t id, const struct fm_request *r)
{
	Banyan__ControlMsg m = BANYAN__CONTROL_MSG__INIT;
	Banyan__Request q = BANYAN__REQUEST__INIT;
	Banyan__File *files = r->files ? mr_xcalloc(r->files, sizeof(*files)) : NULL;
	Banyan__File **list = r->files ? mr_xcalloc(r->files, sizeof(Banyan__File *)) : NULL;
	char none[] = "";

	for (unsigned i = 0; i < r->files; i++) {
		banyan__file__init(&files[i]);
		files[i].name = (char *)r->file[i].name;
		files[i].text.data = (uint8_t *)r->file[i].text;
		files[i].text.len = r->file[i].len;
		list[i] = &files[i];
	}
	q.verb = (char *)fm_verb_name(r->verb);
	q.kind = r->kind ? (char *)r->kind : none;
	q.name = r->name ? (char *)r->name : none;
	q.host = r->host ? (char *)r->host : none;
	q.set = r->set ? (char *)r->set : none;
	q.arg = r->arg ? (char *)r->arg : none;
	q.has_if_version = r->has_if_version;
	q.if_version = r->if_version;
	q.max_disruption = r->max_disruption ? (char *)r->max_disruption : none;
	q.n_file = r->files;
	q.file = list;
	q.yes = r->yes;
	q.prune = r->prune;
	q.force = r->force;
	q.release = r->release;
	q.follow = r->follow;
	q.since = r->since;
	m.id = id;
	m.body_case = BANYAN__CONTROL_MSG__BODY_REQUEST;
	m.request = &q;
	mr_pb_put(out, &m.base);
	free(list);
	free(files);
}

static int request_from(const Banyan__Request *q, struct fm_control_msg *ret,
			struct mr_err *err)
{
	int verb = fm_verb_parse(q->verb);

	if (verb < 0)
		return mr_err_set(err, -EINVAL, MR_REASON_UNSUPPORTED,
				  "request.verb '%.64s' is unknown", q->verb);
	if (q->n_file > FM_CONTROL_FILES_MAX)
		return mr_err_set(err, -EINVAL, MR_REASON_LIMIT,
				  "request.file: %zu files, at most %d", q->n_file,
				  FM_CONTROL_FILES_MAX);
	ret->files = mr_xcalloc(q->n_file + 1, sizeof(*ret->files));
	for (size_t i = 0; i < q->n_file; i++)
		ret->files[i] = (struct fm_file){
			q->file[i]->name,
			q->file[i]->text.data ? (const char *)q->file[i]->text.data : "",
			q->file[i]->text.len};
	ret->request = (struct fm_request){
		.verb = (enum fm_verb)verb,
		.kind = q->kind,
		.name = q->name,
		.host = q->host,
		.set = q->set,
		.who = "",
		.arg = q->arg,
		.has_if_version = q->has_if_version,
		.if_version = q->if_version,
		.max_disruption = q->max_disruption,
		.file = ret->files,
		.files = (unsigned)q->n_file,
		.yes = q->yes,
		.prune = q->prune,
		.force = q->force,
		.release = q->release,
		.follow = q->follow,
		.since = q->since,
	};
	return 0;
}

/* ---- replies ---- */

void fm_control_put_reply(struct mr_buf *out, uint64_t reply_to, const struct fm_reply *r)
{
	Banyan__ControlMsg m = BANYAN__CONTROL_MSG__INIT;
	Banyan__Reply p = BANYAN__REPLY__INIT;
	unsigned n = r->diags ? r->diags->n : 0;
	Banyan__Finding *findings = n ? mr_xcalloc(n, sizeof(*findings)) : NULL;
	Banyan__Finding **list = n ? mr_xcalloc(n, sizeof(Banyan__Finding *)) : NULL;

	for (unsigned i = 0; i < n; i++) {
		const struct mr_diag *d = &r->diags->item[i];

		banyan__finding__init(&findings[i]);
		findings[i].severity = d->severity;
		findings[i].file = d->file ? d->file : findings[i].file;
		findings[i].line = d->line;
		findings[i].col = d->col;
		findings[i].path = d->path ? d->path : findings[i].path;
		findings[i].text = d->text ? d->text : findings[i].text;
		list[i] = &findings[i];
	}
	p.reason = (Banyan__Reason)r->reason;
	p.exit_code = r->exit_code;
	p.text = r->text ? r->text : p.text;
	p.n_finding = n;
	p.finding = list;
	p.tree = r->tree ? tree_to(r->tree) : NULL;
	m.reply_to = reply_to;
	m.body_case = BANYAN__CONTROL_MSG__BODY_REPLY;
	m.reply = &p;
	mr_pb_put(out, &m.base);
	tree_free(p.tree);
	free(list);
	free(findings);
}

static int reason_from(const char *field, int v, enum mr_reason *ret, struct mr_err *err)
{
	if (v < 0 || v >= MR_REASON_COUNT)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "%s is %d, expected 0 to %d",
				  field, v, MR_REASON_COUNT - 1);
	*ret = (enum mr_reason)v;
	return 0;
}

static int reply_from(const Banyan__Reply *p, struct fm_reply *r, struct mr_err *err)
{
	int rc = reason_from("reply.reason", p->reason, &r->reason, err);

	if (!rc && p->tree)
		rc = root_from(p->tree, &r->tree, err);
	if (rc)
		return rc;
	r->exit_code = p->exit_code;
	r->text = p->text[0] ? mr_xstrdup(p->text) : NULL;
	if (p->n_finding)
		r->diags = MR_NEW(struct mr_diags);
	for (size_t i = 0; i < p->n_finding; i++) {
		const Banyan__Finding *f = p->finding[i];

		mr_diags_add(r->diags,
			     f->severity == MR_SEV_WARNING ? MR_SEV_WARNING : MR_SEV_ERROR,
			     f->file, f->line, f->col, f->path, "%s", f->text);
	}
	return 0;
}

/* ---- events, errors ---- */

void fm_control_put_event(struct mr_buf *out, const struct fm_rec_event *e)
{
	Banyan__ControlMsg m = BANYAN__CONTROL_MSG__INIT;
	Banyan__EventMsg v = BANYAN__EVENT_MSG__INIT;

	v.seq = e->seq;
	v.wall_ns = e->wall_ns;
	v.reason = (Banyan__Reason)e->reason;
	v.object = (char *)e->object;
	v.text = (char *)e->text;
	m.body_case = BANYAN__CONTROL_MSG__BODY_EVENT;
	m.event = &v;
	mr_pb_put(out, &m.base);
}

static int event_from(const Banyan__EventMsg *v, struct fm_rec_event *e, struct mr_err *err)
{
	int rc = reason_from("event.reason", v->reason, &e->reason, err);

	if (rc)
		return rc;
	e->seq = v->seq;
	e->wall_ns = v->wall_ns;
	if (!mr_copy(e->object, sizeof(e->object), v->object))
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "event.object is over %zu bytes", sizeof(e->object) - 1);
	if (!mr_copy(e->text, sizeof(e->text), v->text))
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "event.text is over %zu bytes", sizeof(e->text) - 1);
	return 0;
}

void fm_control_put_error(struct mr_buf *out, uint64_t reply_to, const struct mr_err *err)
{
	Banyan__ControlMsg m = BANYAN__CONTROL_MSG__INIT;
	Banyan__Error e = BANYAN__ERROR__INIT;

	e.reason = (Banyan__Reason)err->reason;
	e.err = err->code;
	e.text = (char *)err->text;
	m.reply_to = reply_to;
	m.body_case = BANYAN__CONTROL_MSG__BODY_ERROR;
	m.error = &e;
	mr_pb_put(out, &m.base);
}

static int error_from(const Banyan__Error *e, struct fm_reply *r, struct mr_err *err)
{
	int rc = reason_from("error.reason", e->reason, &r->reason, err);

	if (!rc) {
		r->exit_code = FM_EXIT_FAILED;
		r->text = mr_xstrdup(e->text);
	}
	return rc;
}

static int body_from(const Banyan__ControlMsg *m, struct fm_control_msg *ret,
		     struct mr_err *err)
{
	switch (m->body_case) {
	case BANYAN__CONTROL_MSG__BODY_ERROR:
		ret->kind = FM_CONTROL_ERROR;
		return error_from(m->error, &ret->reply, err);
	case BANYAN__CONTROL_MSG__BODY_REQUEST:
		ret->kind = FM_CONTROL_REQUEST;
		return request_from(m->request, ret, err);
	case BANYAN__CONTROL_MSG__BODY_REPLY:
		ret->kind = FM_CONTROL_REPLY;
		return reply_from(m->reply, &ret->reply, err);
	case BANYAN__CONTROL_MSG__BODY_EVENT:
		ret->kind = FM_CONTROL_EVENT;
		return event_from(m->event, &ret->event, err);
	default:
		return mr_err_set(err, -ENOTSUP, MR_REASON_UNSUPPORTED,
				  "message has a body that is not known here");
	}
}

int fm_control_get(const uint8_t *data, size_t len, struct fm_control_msg *ret,
		   struct mr_err *err)
{
	Banyan__ControlMsg *m = banyan__control_msg__unpack(NULL, len, data);
	int rc;

	*ret = (struct fm_control_msg){0};
	if (!m)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID, "frame is no ControlMsg");
	ret->raw = m;
	ret->id = m->id;
	ret->reply_to = m->reply_to;
	rc = body_from(m, ret, err);
	if (rc) {
		uint64_t id = ret->id;

		fm_control_msg_done(ret);
		ret->id = id;
	}
	return rc;
}

void fm_control_msg_done(struct fm_control_msg *m)
{
	fm_reply_done(&m->reply);
	free(m->files);
	if (m->raw)
		banyan__control_msg__free_unpacked(m->raw, NULL);
	*m = (struct fm_control_msg){0};
}
