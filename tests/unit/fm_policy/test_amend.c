// SPDX-License-Identifier: Apache-2.0
/*
 * A wish that is amended is the one that resolving all again gives, over seeded overrides,
 * adapters that come, go and change, and edits of profiles.
 */
#include <check.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "common/str.h"
#include "common/yaml.h"
#include "fabric-manager/policy/resolve.h"
#include "tests/golden/resolve/inventory.h"
#include "tests/unit/check_main.h"

#define SEEDS	  check_seeds(60)
#define STEPS	  40
#define OVERRIDES 6
#define HEAD(kind, name) \
	"apiVersion: banyan/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec: "

/* One that refers to others for what it is set to. */
#define E(more)                                                                                \
	HEAD("ServerProfile", "e")                                                             \
	"{host: b2, devices: [{name: d, class: ethernet, pool: nics, qos: gold, portProfile: " \
	"tr" more "}]}\n"

/* Pools that overlap by speed, one without a class, borders, a mode, a suspended host, an `ha`
 * pair, rules. */
static const char *const docs[] = {
	HEAD("HostGroup",
	     "web") "{hosts: [b1, b2], hostSelector: {matchLabels: {slot: '3'}}}\n",
	HEAD("Host", "b4") "{suspend: true}\n",
	HEAD("AdapterPool", "a-fast") "{adapterSelector: {minLinkSpeed: 150Gbit}}\n",
	HEAD("AdapterPool", "nics") "{adapterSelector: {class: ethernet, vendor: '15b3'}, "
				    "bandwidth: {reservable: 80%}, spares: [n3]}\n",
	HEAD("AdapterPool", "any") "{adapterSelector: {slots: ['9']}}\n",
	HEAD("Adapter", "n2") "{suspend: true}\n",
	HEAD("Adapter", "n3") "{onReplace: ask}\n",
	HEAD("Domain", "red") "{hosts: [b3], adapters: [n3, g]}\n",
	HEAD("IdentityPool", "m") "{type: mac, ranges: [{start: '02:00:00:00:00:00', end: "
				  "'02:00:00:00:00:ff'}]}\n",
	HEAD("ProfileTemplate", "t") "{hostGroup: web, template: {devices: [{name: z, class: "
				     "ethernet, pool: nics, count: 3, identity: {mac: {pool: "
				     "m}}}, {name: a, class: ethernet, pool: nics}], "
				     "placement: [{type: antiAffinity}]}}\n",
	HEAD("ServerProfile", "p") "{host: b4, devices: [{name: d, class: gpu, pool: any}]}\n",
	HEAD("ServerProfile", "z") "{devices: [{name: d, class: nvme, pool: any, storage: "
				   "{namespaces: [{name: n, size: 1GiB}]}}]}\n",
	HEAD("ServerProfile", "q") "{devices: [{name: d, class: ethernet, pool: nics, ha: "
				   "{role: primary, with: e}}, {name: e, class: ethernet, "
				   "pool: nics, ha: {role: secondary, with: d}}]}\n",
	HEAD("ServerProfile",
	     "r") "{domain: red, devices: [{name: d, class: gpu, pool: any}]}\n",
	HEAD("QosClass", "gold") "{limit: 5Gbit}\n",
	HEAD("PortProfile", "tr") "{vlan: {access: 5}}\n",
	E(""),
};

/* What profiles may ask for instead; what changes tables, names or the host is not followed. */
#define P(more, rest)              \
	HEAD("ServerProfile", "p") \
	"{host: b4, devices: [{name: d, class: gpu, pool: any" more "}]" rest "}\n"
#define R(more)                    \
	HEAD("ServerProfile", "r") \
	"{domain: red, devices: [{name: d, class: gpu, pool: any" more "}]}\n"
static const char *const edited[] = {
	P("", ""),
	P(", qos: {limit: 5Gbit}, identity: {mac: {pool: m}}", ""),
	P(", driver: vfio-pci, identity: {mac: '02:00:00:00:00:07'}", ", onRelease: retain"),
	P(", gpu: {timeSlice: 2ms}", ", onRelease: scrub"),
	P(", gpu: {framebuffer: 1GiB}", ""),
	P(", count: 2", ""),
	P("", ", suspend: true"),
	P("", ", atomic: true"),
	HEAD("ServerProfile", "p") "{host: b1, devices: [{name: d, class: gpu, pool: any}]}\n",
	HEAD("ServerProfile",
	     "p") "{host: b4, devices: [{name: d, class: ethernet, pool: any}]}\n",
	R(""),
	R(", qos: {guaranteed: 1Gbit}"),
	R(", driver: none"),
	R(", qos: gold"),
	E(", driver: none"),
	E(", identity: {mac: {pool: m}}"),
	HEAD("QosClass", "gold") "{limit: 6Gbit}\n",
	HEAD("QosClass", "gold") "{guaranteed: 1Gbit, limit: 7Gbit}\n",
	HEAD("QosClass", "gold") "{limit: 5Gbit}\n",
	HEAD("QosClass", "gold") "{limit: 5Gbit, suspend: true}\n",
	HEAD("PortProfile", "tr") "{vlan: {access: 6}}\n",
	HEAD("PortProfile", "tr") "{vlan: {trunk: [7, 8]}, mtu: 9000}\n",
	HEAD("PortProfile", "tr") "{suspend: true}\n",
};

/* Somebody takes any host of a group: who is connected where is not one profile's own. */
static const char chooses[] =
	HEAD("ServerProfile", "s") "{host: {group: web}, devices: [{name: "
				   "d, class: gpu, pool: any}]}\n";

static const char inventory[] =
	"chassis: [{name: c1, hosts: [{name: b1, port: 1, slot: 1}, {name: b2, port: 2, slot: "
	"2}, {name: b3, port: 3, slot: 3}, {name: b4, port: 4, slot: 4}], adapters: [{name: "
	"n1, port: 20, slot: 6, class: ethernet, vendor: 15b3, vfs: 8, mbps: 100000}, {name: "
	"n2, port: 21, slot: 7, class: ethernet, vendor: 15b3, vfs: 8, mbps: 100000}, {name: "
	"n3, port: 22, slot: 8, class: ethernet, vendor: 8086, vfs: 8, mbps: 100000}, {name: "
	"g, port: 23, slot: 9, class: gpu, kind: base}]}]\n";

struct world {
	struct mr_rng rng;
	struct fm_docs docs;
	struct fm_inventory inv;
	struct fm_rec_override o[OVERRIDES];
	struct fm_resolve_input in;
	const char *changed[OVERRIDES + 4], *edited[FM_EDITS_MAX];
	struct fm_amend what;
	bool anew; /* documents changed as no wish can follow */
};

static void read_all(struct world *w, bool with_group)
{
	struct mr_diags diags = {0};
	struct mr_yaml_docs y = {0};

	ck_assert_int_eq(mr_yaml_read("i", inventory, strlen(inventory), &y, &diags), 0);
	inv_read(y.doc[0], &w->inv);
	mr_yaml_docs_done(&y);
	for (unsigned i = 0; i < MR_ARRAY_SIZE(docs); i++)
		fm_docs_read(&w->docs, "d", docs[i], strlen(docs[i]), &diags);
	if (with_group)
		fm_docs_read(&w->docs, "g", chooses, strlen(chooses), &diags);
	fm_docs_check(&w->docs, &diags);
	ck_assert_msg(!diags.errors, "%s", diags.errors ? diags.item[0].text : "");
	mr_diags_done(&diags);
	w->in = (struct fm_resolve_input){
		.docs = &w->docs, .inventory = &w->inv, .override = w->o};
	w->what.profile = w->changed;
	w->what.edited = w->edited;
}

/* One override comes, goes, or names another host; the last of the list takes its place. */
static void change_override(struct world *w)
{
	static const char *const profiles[] = {"t-b1", "t-b2", "t-b3", "p", "q", "r", "none"};
	static const char *const hosts[] = {"", "b1", "b2", "b3", "b4", "b4", "elsewhere"};
	const char *name = profiles[mr_rng_below(&w->rng, MR_ARRAY_SIZE(profiles))];
	unsigned i = 0;

	while (i < w->in.overrides && strcmp(w->o[i].profile, name) != 0)
		i++;
	if (i == OVERRIDES || w->what.profiles == MR_ARRAY_SIZE(w->changed))
		return;
	w->changed[w->what.profiles++] = name;
	if (i < w->in.overrides && mr_rng_chance(&w->rng, 40)) {
		w->o[i] = w->o[--w->in.overrides];
		return;
	}
	w->in.overrides += i == w->in.overrides;
	mr_copy(w->o[i].profile, MR_NAME_MAX, name);
	mr_copy(w->o[i].host, MR_NAME_MAX, hosts[mr_rng_below(&w->rng, MR_ARRAY_SIZE(hosts))]);
}

static void change_adapter(struct world *w)
{
	struct fm_chassis *c = &w->inv.chassis[0];
	struct fm_adapter *a = &c->adapter[mr_rng_below(&w->rng, c->adapters)];

	w->what.adapters = true;
	switch (mr_rng_below(&w->rng, 3)) {
	case 0:
		a->present = !a->present;
		break;
	case 1:
		a->pf[0].net_mbps = a->pf[0].net_mbps == 100000 ? 200000 : 100000;
		break;
	default:
		mr_copy(a->serial, sizeof(a->serial), mr_rng_chance(&w->rng, 50) ? "S" : "T");
		break;
	}
}

static void change_documents(struct world *w, unsigned n)
{
	struct fm_docs was = w->docs;

	fm_docs_copy(&w->docs, &was);
	while (n--) {
		const char *text = edited[mr_rng_below(&w->rng, MR_ARRAY_SIZE(edited))];
		struct fm_docs one = {0};

		ck_assert_int_eq(fm_docs_read(&one, "e", text, strlen(text), NULL), 0);
		fm_docs_merge(&w->docs, &one);
		fm_docs_done(&one);
		w->anew = true;
	}
	w->what.edits = fm_docs_edits(&was, &w->docs, w->edited);
	w->anew = w->anew && !w->what.edits;
	fm_docs_done(&was);
}

/* All again, from what stood before the change. */
static struct fm_desired *again(struct world *w, const struct fm_desired *before)
{
	w->in.before = before;
	return fm_resolve(&w->in, NULL);
}

static void same(const struct fm_desired *a, const struct fm_desired *b)
{
	struct mr_buf where = {0};

	ck_assert_msg(!fm_desired_differs(a, b, &where), "%s", mr_buf_text(&where));
	mr_buf_done(&where);
}

/* What edits made of claims is told, and nothing else. Overrides change others, too. */
static void all_told(const struct world *w, const struct fm_desired *d,
		     const struct fm_claim *before)
{
	unsigned at = 0;

	for (unsigned i = 0; i < d->claims && !w->what.profiles; i++) {
		bool told = at < w->what.changes && w->what.changed[at] == i;

		ck_assert_int_eq(told, !fm_claim_eq(&before[i], &d->claim[i]));
		at += told;
	}
}

START_TEST(amended)
{
	struct world w = {.what = {.adapters = false}};
	bool with_group = _i % 10 == 9;
	unsigned followed = 0, edits = 0;
	struct fm_desired *d;

	mr_rng_init(&w.rng, (uint64_t)_i);
	read_all(&w, with_group);
	d = again(&w, NULL);
	for (unsigned n = 0; n < STEPS; n++) {
		struct fm_desired *fresh, *was;
		struct fm_claim *before;

		w.what.profiles = w.what.changes = 0;
		w.what.adapters = w.anew = false;
		change_documents(&w, (unsigned)mr_rng_below(&w.rng, 3));
		for (unsigned k = (unsigned)mr_rng_below(&w.rng, 3); k; k--)
			change_override(&w);
		for (unsigned k = (unsigned)mr_rng_below(&w.rng, 3); k; k--)
			change_adapter(&w);
		fresh = again(&w, d);
		w.in.before = d;
		before = mr_xmemdup(d->claim, d->claims * sizeof(*before));
		if (!w.anew && fm_resolve_amend(&w.in, d, &w.what, &was)) {
			followed++;
			edits += w.what.edits;
			same(d, fresh);
			all_told(&w, d, before);
			fm_desired_free(was);
			fm_desired_free(fresh);
		} else {
			fm_desired_free(d);
			d = fresh;
		}
		free(before);
	}
	free(w.what.changed);
	ck_assert_msg(followed >= (with_group ? 1 : STEPS / 4), "%u followed", followed);
	ck_assert_msg(with_group ? !edits : edits >= 2, "%u edits", edits);
	fm_desired_free(d);
	fm_docs_done(&w.docs);
	fm_inventory_done(&w.inv);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("amend");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, amended, 0, SEEDS);
	suite_add_tcase(s, t);
	return check_run_here(s);
}
