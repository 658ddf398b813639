// SPDX-License-Identifier: Apache-2.0
/*
 * Properties of the resolver that golden cases do not show: the order of documents, adapters
 * and overrides means nothing; a chassis that is not there yet is no error; everything is
 * freed.
 */
#include <check.h>
#include <stdlib.h>
#include <string.h>

#include "common/err.h"
#include "common/rng.h"
#include "common/yaml.h"
#include "fabric-manager/policy/resolve.h"
#include "tests/golden/resolve/inventory.h"
#include "tests/unit/check_main.h"

#define HEAD(kind, name) \
	"apiVersion: banyan/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec: "

static const char *const docs[] = {
	HEAD("HostGroup", "web") "{hosts: [b2, b1], hostSelector: {matchLabels: {slot: '3'}}, "
				 "spares: [b9]}\n",
	HEAD("HostGroup", "rest") "{hostSelector: {matchExpressions: [{key: slot, operator: "
				  "In, values: ['4', '3']}]}}\n",
	HEAD("AdapterPool", "x") "{adapterSelector: {slots: ['7', '8']}}\n",
	HEAD("AdapterPool", "y") "{adapterSelector: {class: ethernet, vendor: '15b3'}}\n",
	HEAD("IdentityPool", "m") "{type: mac, ranges: [{start: '02:00:00:00:00:00', end: "
				  "'02:00:00:00:00:ff'}]}\n",
	HEAD("ProfileTemplate", "t") "{hostGroup: web, template: {devices: [{name: z, class: "
				     "ethernet, pool: x, count: 3, "
				     "identity: {mac: {pool: m}}}, {name: a, class: ethernet, "
				     "pool: y}], placement: [{type: "
				     "antiAffinity}]}}\n",
	HEAD("ServerProfile", "p") "{host: b4, devices: [{name: d, class: gpu, pool: x}]}\n",
	HEAD("ServerProfile", "t-b1") "{devices: [{name: d, class: gpu, pool: x}]}\n",
	HEAD("QosClass", "q") "{limit: 1Gbit}\n",
};

static const char inventory[] = "chassis: [{name: c1, hosts: [{name: b1, port: 1, slot: 1}, "
				"{name: b2, port: 2, slot: 2}, {name: b3, port: 3, slot: "
				"3}, {name: b4, port: 4, slot: 4}], adapters: [{name: n1, "
				"port: 20, slot: 7, class: ethernet, vendor: 15b3, vfs: 8, "
				"mbps: 100000}, {name: n2, port: 21, slot: 8, class: ethernet, "
				"vendor: 8086, vfs: 8, mbps: 100000}, {name: g, port: "
				"22, slot: 9, class: gpu, kind: base}]}]\n";

static void read_inventory(struct fm_inventory *inv)
{
	struct mr_diags diags = {0};
	struct mr_yaml_docs y = {0};

	ck_assert_int_eq(mr_yaml_read("i", inventory, strlen(inventory), &y, &diags), 0);
	inv_read(y.doc[0], inv);
	mr_yaml_docs_done(&y);
	mr_diags_done(&diags);
}

static void read_shuffled(struct mr_rng *rng, struct fm_docs *set)
{
	unsigned order[MR_ARRAY_SIZE(docs)];
	struct mr_diags diags = {0};

	for (unsigned i = 0; i < MR_ARRAY_SIZE(docs); i++)
		order[i] = i;
	for (unsigned i = MR_ARRAY_SIZE(docs); i > 1; i--) {
		unsigned j = (unsigned)mr_rng_below(rng, i), t = order[i - 1];

		order[i - 1] = order[j];
		order[j] = t;
	}
	for (unsigned i = 0; i < MR_ARRAY_SIZE(docs); i++)
		ck_assert_int_eq(
			fm_docs_read(set, "t", docs[order[i]], strlen(docs[order[i]]), &diags),
			0);
	mr_diags_done(&diags);
}

/* Everything of the wish but pointers. */
static void dump(const struct fm_desired *d, struct mr_buf *out)
{
	char text[FM_CLAIM_TEXT];

	for (unsigned i = 0; i < d->hosts; i++)
		mr_buf_printf(out, "%s %u %u %d %d\n", d->host[i].name, d->host[i].root[0],
			      d->host[i].known, d->host[i].group, d->host[i].spare);
	for (unsigned i = 0; i < d->pools; i++) {
		mr_buf_printf(out, "%s %d:", d->pool[i].name, (int)d->pool[i].device_class);
		for (unsigned j = 0; j < d->pool[i].parts; j++)
			mr_buf_printf(out, " %u/%u-%u", d->pool[i].part[j].port,
				      d->pool[i].part[j].vf_first, d->pool[i].part[j].vf_last);
		mr_buf_putc(out, '\n');
	}
	for (unsigned i = 0; i < d->claims; i++)
		mr_buf_printf(out, "%s %u %u %d\n", fm_claim_text(&d->claim[i], text),
			      d->claim[i].host, d->claim[i].pool, (int)d->claim[i].reason);
	for (unsigned i = 0; i < d->rules; i++)
		mr_buf_printf(out, "rule %u\n", d->rule[i].claims);
}

static char *resolve(struct fm_docs *set, const struct fm_inventory *inv,
		     struct fm_rec_override *o, unsigned n)
{
	struct fm_resolve_input in = {
		.docs = set, .inventory = inv, .override = o, .overrides = n};
	struct mr_diags diags = {0};
	struct fm_desired *d = fm_resolve(&in, &diags);
	struct mr_buf out = {0};

	dump(d, &out);
	fm_diags_sort(&diags);
	mr_diags_print(&diags, &out);
	mr_diags_done(&diags);
	fm_desired_free(d);
	return mr_buf_steal(&out);
}

START_TEST(order_means_nothing)
{
	struct fm_rec_override o[2] = {{.profile = "p", .host = "b3"}, {.profile = "t-b2"}},
			       swapped[2] = {o[1], o[0]};
	struct fm_inventory inv = {0};
	char *first = NULL;
	struct mr_rng rng;

	read_inventory(&inv);
	mr_rng_init(&rng, 7);
	for (unsigned i = 0; i < 40; i++) {
		struct fm_docs set = {0};
		char *text;

		read_shuffled(&rng, &set);
		text = resolve(&set, &inv, i & 1 ? o : swapped, 2);
		if (first)
			ck_assert_str_eq(text, first);
		else
			first = mr_xstrdup(text);
		free(text);
		fm_docs_done(&set);
	}
	ck_assert_ptr_nonnull(strstr(first, "t-b2/z/2"));
	ck_assert_ptr_nonnull(strstr(first, "exists already"));
	ck_assert_ptr_nonnull(strstr(first, "overlaps AdapterPool 'x'"));
	free(first);
	fm_inventory_done(&inv);
}
END_TEST

START_TEST(nothing_is_there)
{
	struct fm_docs set = {0}, none = {0};
	struct mr_rng rng;
	char *text;

	mr_rng_init(&rng, 1);
	read_shuffled(&rng, &set);
	text = resolve(&set, NULL, NULL, 0);
	ck_assert_ptr_nonnull(strstr(text, "t-b2/a 1 2 2\n"));
	free(text);
	text = resolve(&none, NULL, NULL, 0);
	ck_assert_str_eq(text, "");
	free(text);
	fm_docs_done(&set);
}
END_TEST

START_TEST(cordon_by_verb)
{
	struct fm_rec_host rec = {.name = "b1", .cordoned = true};
	struct fm_docs set = {0};
	struct fm_resolve_input in = {.docs = &set, .host = &rec, .hosts = 1};
	struct fm_desired *d;
	struct mr_rng rng;

	mr_rng_init(&rng, 1);
	read_shuffled(&rng, &set);
	d = fm_resolve(&in, NULL);
	ck_assert_str_eq(d->host[0].name, "b1");
	ck_assert(d->host[0].cordoned);
	ck_assert(!d->host[1].cordoned);
	fm_desired_free(d);
	fm_docs_done(&set);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("resolve");
	TCase *t = tcase_create("all");

	tcase_add_test(t, order_means_nothing);
	tcase_add_test(t, nothing_is_there);
	tcase_add_test(t, cordon_by_verb);
	suite_add_tcase(s, t);
	return check_run(s);
}
