// SPDX-License-Identifier: Apache-2.0
/* Device profiles in chassis files: each by its name, with changes, and what is refused. */
#include "tests/unit/sim_model/fx_edit.h"

static struct mr_buf file(const char *models, const char *adapters)
{
	struct mr_buf b = {0};

	mr_buf_printf(&b,
		      "apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: t}\nspec:\n"
		      "  serial: T-1\n"
		      "  switch: {ports: 8, owner: free, managementRoot: embedded, nvm: yes}\n"
		      "  hosts:\n    - {slot: 1, name: b1}\n%s  adapters:\n%s",
		      models, adapters);
	mr_buf_putc(&b, 0);
	return b;
}

/* Every profile is a model that an adapter can have, and VH 0 finds the device. */
START_TEST(each)
{
	for (unsigned i = 0; sim_profile(i); i++) {
		const struct sim_model_desc *m = sim_profile(i);
		char line[128];
		struct mr_buf b;
		struct fx x;
		uint16_t rid;

		snprintf(line, sizeof(line), "    - {slot: 1, name: a, model: %s, serial: S}\n",
			 m->name);
		b = file("", line);
		x = fx_new_text(b.data);
		rid = (uint16_t)(sw(&x, SW_PORT(2) + PORT_VH0_RID) + (m->kind == SIM_KIND_MRA));
		ck_assert_uint_eq(cfg0(&x, rid, 0, 4), m->vendor | (uint32_t)m->device << 16);
		ck_assert_uint_eq(cfg0(&x, rid, 9, 1) | cfg0(&x, rid, 10, 2) << 8,
				  mr_class_code(m->device_class));
		if (m->kind != SIM_KIND_BASE)
			ck_assert_uint_eq(cfg0(&x, rid, 0x180 + 0x0e, 2), m->vfs);
		ck_assert_ptr_eq(sim_profile_find(m->name), m);
		fx_free(&x);
		mr_buf_done(&b);
	}
	ck_assert_ptr_null(sim_profile_find("rtl8139"));
}
END_TEST

/* What stands beside 'profile' changes it; the rest stays. */
START_TEST(changes)
{
	struct mr_buf b = file("  models:\n"
			       "    nic: {profile: connectx6dx-100g, kind: mra, vhs: 5, vfs: 8,"
			       " ports: [{speed: 40Gbit}], bars: [{size: 8KiB, type: mem32}]}\n"
			       "    e810-25g: {profile: e810-25g, vfs: 2}\n",
			       "    - {slot: 1, model: nic, serial: A}\n"
			       "    - {slot: 2, model: e810-100g, serial: B}\n"
			       "    - {slot: 3, model: e810-25g, serial: C}\n"
			       "    - {slot: 4, model: e810-100g, serial: D}\n");
	struct sim_desc *d = fx_desc(b.data);
	const struct sim_model_desc *m = &d->model[d->adapter[0].model];

	ck_assert_uint_eq(d->models, 3);
	ck_assert_str_eq(m->name, "nic");
	ck_assert_uint_eq(m->device, 0x101d);
	ck_assert_uint_eq(m->kind, SIM_KIND_MRA);
	ck_assert_uint_eq(m->vfs, 8);
	ck_assert_uint_eq(m->pfs, 1);
	ck_assert_uint_eq(m->port_mbps[0], 40000);
	ck_assert_uint_eq(m->bar[0].size, 8192);
	ck_assert(!m->bar[0].mem64);
	ck_assert_uint_eq(m->msix, 12);
	ck_assert_uint_eq(d->adapter[1].model, d->adapter[3].model);
	ck_assert_str_eq(d->model[d->adapter[1].model].name, "e810-100g");
	/* A model of the file is preferred to the profile of its name. */
	ck_assert_uint_eq(d->model[d->adapter[2].model].vfs, 2);
	sim_desc_free(d);
	mr_buf_done(&b);
}
END_TEST

static const struct {
	const char *models, *adapters, *says;
} bad[] = {
	{"  models:\n    m: {profile: rtl8139}\n", "    - {slot: 1, model: m, serial: A}\n",
	 "there is no profile 'rtl8139'"},
	{"  models:\n    m: {profile: [a]}\n", "    - {slot: 1, model: m, serial: A}\n",
	 "profile"},
	{"  models:\n    m: {profile: mi210-64g, vfs: 3}\n",
	 "    - {slot: 1, model: m, serial: A}\n", "kind base has no VFs"},
	{"  models:\n    m: {profile: x710-10g, kind: mra}\n",
	 "    - {slot: 1, model: m, serial: A}\n", "kind mra needs 'vhs'"},
	{"", "    - {slot: 1, model: rtl8139, serial: A}\n", "and no profile"},
};

START_TEST(refused)
{
	struct mr_buf b = file(bad[_i].models, bad[_i].adapters), out = {0};
	struct mr_diags diags = {0};
	struct sim_desc *d;

	ck_assert_int_ne(sim_desc_read("t.yaml", b.data, strlen(b.data), &d, &diags), 0);
	ck_assert_ptr_null(d);
	mr_diags_print(&diags, &out);
	ck_assert_msg(strstr(mr_buf_text(&out), bad[_i].says) != NULL, "%s", mr_buf_text(&out));
	mr_diags_done(&diags);
	mr_buf_done(&out);
	mr_buf_done(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("profiles");
	TCase *t = tcase_create("files");

	tcase_add_test(t, each);
	tcase_add_test(t, changes);
	tcase_add_loop_test(t, refused, 0, 5);
	suite_add_tcase(s, t);
	return check_run(s);
}
