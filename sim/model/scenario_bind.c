/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ties a scenario to a chassis: every name in it becomes a number, or a finding with the place
 * of the step and the nearest name that there is.
 */
#include <errno.h>
#include <string.h>

#include "common/str.h"
#include "sim/model/internal.h"
#include "sim/model/scenario_priv.h"

struct binder {
	const struct sim_scn *s;
	struct sim_chassis *c;
	struct mr_diags *diags;
};

static void wrong(struct binder *k, const struct scn_args *a, const char *what,
		  const char *name, const char *const *names)
{
	const char *near = names ? mr_nearest(name, names) : NULL;

	mr_diags_add(k->diags, MR_SEV_ERROR, k->s->file, a->line, a->col, a->path,
		     "%s '%.64s'%s%s%s", what, name, near ? ", did you mean '" : "",
		     near ? near : "", near ? "'?" : "");
}

/* Names of all hosts and adapters, up to a reasonable number. */
static void all_names(const struct sim_chassis *c, bool hosts, bool adapters,
		      const char *names[64])
{
	unsigned n = 0;

	for (unsigned vh = 1; hosts && vh <= c->hosts && n < 40; vh++)
		if (c->host[vh].used)
			names[n++] = c->host[vh].d.name;
	for (unsigned i = 0; adapters && i < c->adapters && n < 63; i++)
		names[n++] = c->adapter[i].name;
	names[n] = NULL;
}

static void bind_blade(struct binder *k, struct scn_args *a)
{
	int vh = sim_host_find(k->c, a->blade);
	const char *names[64];

	all_names(k->c, true, false, names);
	if (vh < 0)
		wrong(k, a, "there is no blade", a->blade, names);
	else
		a->vh = (unsigned)vh;
	if (vh > 0 && a->has_bridge && a->bridge >= sim_host_bridges(k->c, (uint16_t)vh))
		wrong(k, a, "too high a number for a bridge of", a->blade, NULL);
}

static void bind_port(struct binder *k, struct scn_args *a)
{
	int port = sim_host_find(k->c, a->port);
	const char *names[64];

	if (port < 0)
		port = sim_adapter_find(k->c, a->port);
	all_names(k->c, true, true, names);
	if (port < 0)
		wrong(k, a, "there is no blade or adapter", a->port, names);
	else
		a->portnr = (unsigned)port;
}

static void bind_adapter(struct binder *k, struct scn_args *a, const char *name)
{
	int port = sim_adapter_find(k->c, name);
	const char *names[64];

	all_names(k->c, false, true, names);
	if (port < 0)
		wrong(k, a, "there is no adapter", name, names);
	else
		a->portnr = (unsigned)port;
}

/* ADAPTER/pfP/vfV, or the name of a `base` adapter. */
static void bind_function(struct binder *k, struct scn_args *a)
{
	char name[sizeof(a->function)], *slash, *vf;
	const struct sim_adapter *d;
	uint64_t p, v;

	mr_copy(name, sizeof(name), a->function);
	slash = strchr(name, '/');
	if (slash)
		*slash++ = 0;
	bind_adapter(k, a, name);
	d = a->portnr ? sim_adapter_at(k->c, a->portnr) : NULL;
	if (!d)
		return;
	a->vf = 0xffff;
	if (!slash && d->m.kind == SIM_KIND_BASE)
		return;
	vf = slash ? strchr(slash, '/') : NULL;
	if (vf)
		*vf++ = 0;
	if (!vf || !mr_starts(slash, "pf") || !mr_starts(vf, "vf") ||
	    mr_parse_u64(slash + 2, MR_MAX_PFS, false, &p, NULL) ||
	    mr_parse_u64(vf + 2, MR_MAX_VFS, false, &v, NULL) || p >= d->m.pfs ||
	    v >= d->m.vfs) {
		wrong(k, a, "expected ADAPTER/pfP/vfV within the adapter, got", a->function,
		      NULL);
		return;
	}
	a->pf = (unsigned)p;
	a->vf = (unsigned)v;
}

/* A peer of 'function', by its own name. */
static void bind_to(struct binder *k, struct scn_args *a)
{
	struct scn_args to = *a;
	unsigned before = k->diags->errors;

	mr_copy(to.function, sizeof(to.function), a->to);
	bind_function(k, &to);
	if (k->diags->errors != before)
		return;
	if (to.portnr != a->portnr || to.pf != a->pf || to.vf == a->vf || to.vf == 0xffff)
		wrong(k, a, "expected another VF of the same PF, got", a->to, NULL);
	else
		a->to_vf = to.vf + 1;
}

static void bind_word(struct binder *k, struct scn_args *a, enum scn_word word)
{
	static const char *const memories[] = {"good", "blank", "stale", "corrupt", NULL};
	const char *names[64] = {NULL};
	int i = -1;

	switch (word) {
	case SCN_WORD_EVENT:
		i = scn_event_parse(a->word);
		for (int e = 0; e < MR_EV_COUNT; e++)
			names[e] = mr_ev_name((enum mr_ev)e);
		if (i < 0)
			wrong(k, a, "there is no event", a->word, names);
		break;
	case SCN_WORD_FAULT:
		i = mr_streq(a->word, "all") ? SIM_FAULT_COUNT : sim_fault_parse(a->word);
		for (int f = 0; f < SIM_FAULT_COUNT; f++)
			names[f] = sim_fault_name((enum sim_fault_kind)f);
		if (i < 0)
			wrong(k, a, "there is no fault", a->word, names);
		break;
	case SCN_WORD_MEMORY:
		for (int m = 0; memories[m]; m++)
			i = mr_streq(memories[m], a->word) ? m : i;
		if (i < 0)
			wrong(k, a, "expected good, blank, stale or corrupt, got", a->word,
			      memories);
		break;
	case SCN_WORD_STATE:
		for (int s = 0; scn_states()[s]; s++)
			i = mr_streq(scn_states()[s], a->word) ? s : i;
		if (i < 0)
			wrong(k, a, "there is no state of a blade", a->word, scn_states());
		break;
	case SCN_WORD_TEXT:
		return;
	}
	a->event = i < 0 ? 0 : (unsigned)i;
}

static void bind_args(struct binder *k, struct scn_args *a, enum scn_word word)
{
	struct mr_err err = {0};

	if (a->blade[0])
		bind_blade(k, a);
	if (a->port[0])
		bind_port(k, a);
	if (a->adapter[0])
		bind_adapter(k, a, a->adapter);
	if (a->function[0])
		bind_function(k, a);
	if (a->to[0])
		bind_to(k, a);
	if (a->word[0])
		bind_word(k, a, word);
	if (a->place[0] && sim_place_find(k->c, a->place, &a->reg, &err))
		mr_diags_add(k->diags, MR_SEV_ERROR, k->s->file, a->line, a->col, a->path,
			     "'%.100s': %s", a->place, err.text);
	if (a->at[0] && mr_bdf_parse(a->at, &a->rid, &err))
		mr_diags_add(k->diags, MR_SEV_ERROR, k->s->file, a->line, a->col, a->path, "%s",
			     err.text);
}

/* Resolves every name: scenario.h. */
int sim_scn_bind_chassis(struct sim_scn *s, struct sim_chassis *c, struct mr_diags *diags)
{
	struct binder k = {s, c, diags};
	unsigned before = diags->errors;

	for (unsigned i = 0; i < s->steps; i++) {
		struct scn_step *t = &s->step[i];

		if (t->has_on)
			bind_args(&k, &t->on, SCN_WORD_EVENT);
		if (t->when)
			bind_args(&k, &t->when->a, t->when->check->word);
		if (t->action)
			bind_args(&k, &t->a, t->action->word);
		for (unsigned e = 0; e < t->expects; e++)
			bind_args(&k, &t->expect[e].a, t->expect[e].check->word);
	}
	return diags->errors == before ? 0 : -EINVAL;
}

/* The same against a chassis that 'desc' describes: scenario.h. */
int sim_scn_bind(struct sim_scn *s, const struct sim_desc *desc, struct mr_diags *diags)
{
	struct sim_chassis *c = sim_chassis_new(desc, (struct mr_now){1, 1});
	int r = sim_scn_bind_chassis(s, c, diags);

	sim_chassis_free(c);
	return r;
}
