// SPDX-License-Identifier: Apache-2.0
/* Chassis files: the two that come with the project, and every kind of bad input. */
#include <limits.h>

#include "fixture.h"

START_TEST(demo)
{
	char *text = fx_load("config/demo-chassis.yaml");
	struct sim_desc *d = fx_desc(text);

	ck_assert_str_eq(d->name, "c1");
	ck_assert_uint_eq(d->hosts, 5);
	ck_assert_uint_eq(d->adapters, 7);
	ck_assert_uint_eq(d->host[3].vf_migration, 0);
	ck_assert_uint_eq(d->host[0].vf_migration, 1);
	ck_assert_uint_eq(d->host[0].bridges, 16);
	ck_assert_uint_eq(d->host[0].reserve_mmio64, 512ull << 30);
	for (unsigned i = 0; i < d->adapters; i++) {
		const struct sim_model_desc *m = &d->model[d->adapter[i].model];

		if (strcmp(d->adapter[i].name, "nic-right"))
			continue;
		ck_assert_uint_eq(d->adapter[i].slot, 5);
		ck_assert_uint_eq(m->kind, SIM_KIND_MRA);
		ck_assert_uint_eq(m->vendor, 0x15b3);
		ck_assert_uint_eq(m->vf_device, 0x101e);
		ck_assert_uint_eq(m->port_mbps[0], 100000);
		ck_assert_uint_eq(m->vfs, 64);
		ck_assert_uint_eq(m->vhs, 17);
		ck_assert_uint_eq(m->bar[0].size, 0x10000);
		ck_assert(m->bar[0].mem64 && m->bar[0].prefetch);
		ck_assert_uint_eq(m->link_speed, 160);
	}
	sim_desc_free(d);
	free(text);
}
END_TEST

START_TEST(large)
{
	char *text = fx_load("config/large-chassis.yaml");
	struct sim_desc *d = fx_desc(text);
	struct sim_chassis *c = sim_chassis_new(d, (struct mr_now){0, 0});
	unsigned vfs = 0;

	ck_assert_uint_eq(d->hosts, 32);
	ck_assert_uint_eq(d->adapters, 16);
	for (unsigned i = 0; i < 16; i++) {
		vfs += d->model[d->adapter[i].model].vfs;
		ck_assert(d->model[d->adapter[i].model].kind != SIM_KIND_MRA ||
			  d->model[d->adapter[i].model].vhs == 33);
	}
	ck_assert_uint_eq(vfs, 4096);
	ck_assert_int_eq(sim_host_find(c, "blade16"), 16);
	ck_assert_int_eq(sim_adapter_find(c, "fc-left"), 34);
	sim_chassis_free(c);
	sim_desc_free(d);
	free(text);
}
END_TEST

/* ---- bad input: a good file with one place changed ---- */

static const char good[] =
	"apiVersion: banyan/v1\n"
	"kind: ChassisModel\n"
	"metadata: {name: t1}\n"
	"spec:\n"
	"  serial: T1-0001\n"
	"  switch: {ports: 4, owner: free, managementRoot: embedded, nvm: yes, cutAnswer: "
	"ones}\n"
	"  hosts:\n"
	"    - {slot: 1, name: blade01, kind: face, link: {speed: 16GT, width: 8}}\n"
	"    - {slot: 2, name: blade02, hotplugReserve: {buses: 8, mmio: 256MiB}}\n"
	"  models:\n"
	"    nic: {kind: mra, class: ethernet, vendor: \"15b3\", device: \"101d\", vfDevice: "
	"\"101e\",\n"
	"      ports: [{speed: 100Gbit}], link: {speed: 16GT, width: 16}, vfs: 64, vhs: 17,\n"
	"      bars: [{size: 64KiB, type: mem64}], msix: 16, timing: {flr: 100ms, vfEnable: "
	"0ms}}\n"
	"  adapters:\n"
	"    - {slot: 1, name: nic-left, model: nic, serial: N-1}\n"
	"    - {slot: 2, name: nic-right, model: nic, serial: N-2}\n";

static const struct {
	const char *what, *from, *to, *says;
} bad[] = {
	{"not YAML", "spec:\n", "spec: [\n", ""},
	{"wrong type", "hosts:\n    -", "hosts: 5\n  x:\n    -", "spec.hosts: expected a list"},
	{"a list for a number", "ports: 4", "ports: [4]",
	 "spec.switch.ports: expected a single"},
	{"misspelt key", "cutAnswer", "cutAnswr", "did you mean 'cutAnswer'?"},
	{"unknown key", "nvm: yes", "colour: red", "unknown key 'colour'"},
	{"missing key", "serial: T1-0001", "# none", "the key 'serial' is missing"},
	{"other kind", "ChassisModel", "Host", "'Host' is not one of: ChassisModel"},
	{"other version", "banyan/v1", "banyan/v9", "'banyan/v9' is not one of"},
	{"unit missing", "64KiB", "65536", "bars[0].size"},
	{"unit absurd", "100Gbit", "100GiB", "ports[0].speed"},
	{"too small a BAR", "64KiB", "1KiB", "expected 4096 to"},
	{"BAR no power of two", "64KiB", "96KiB", "power of two"},
	{"no yes or no", "msix: 16", "dependentPfs: some", "expected true or false"},
	{"too many vectors", "msix: 16", "msix: 2048", "2048 MSI-X vectors need 33024 bytes"},
	{"speed", "{speed: 16GT, width: 16}", "{speed: 17GT, width: 16}",
	 "'17GT' is not one of"},
	{"vendor", "\"15b3\"", "\"15bz\"", "four hexadecimal digits"},
	{"class", "ethernet", "token-ring", "'token-ring' is not one of"},
	{"mra without vhs", "vhs: 17,", "", "kind mra needs 'vhs'"},
	{"sriov with vhs", "kind: mra", "kind: sriov", "'vhs' is for kind mra only"},
	{"base with VFs", "kind: mra", "kind: base", "kind base has no VFs"},
	{"VFs over the limit", "vfs: 64", "vfs: 5000", "expected a number from 1 to 1024"},
	{"unknown model", "model: nic, serial: N-2", "model: nik, serial: N-2",
	 "no model 'nik'"},
	{"two in a slot", "slot: 2, name: nic-right", "slot: 1, name: nic-right",
	 "slot 1 is taken by adapter 'nic-left'"},
	{"two of a name", "blade02", "blade01", "two hosts are named 'blade01'"},
	{"root of nobody", "name: blade02", "rootOf: blade07, name: blade02",
	 "rootOf: 'blade07': expected the name of another of spec.hosts"},
	{"root of itself", "name: blade02", "rootOf: blade02, name: blade02",
	 "'blade02': expected the name of another"},
	{"a root with a power of its own", "name: blade02",
	 "rootOf: blade01, power: false, name: blade02",
	 "power: host 'blade02' is a root of 'blade01', which says this for both"},
	{"two of a serial", "N-2", "N-1", "two adapters have the serial 'N-1'"},
	{"a name with a slash", "name: blade02", "name: ../etc", "expected a name of 1 to 31"},
	{"too few ports", "ports: 4", "ports: 3", "2 host slots + 2 adapter slots = 4 ports"},
	{"too many ports", "ports: 4", "ports: 513", "513 ports: at most 512"},
	{"host slot 256", "slot: 2, name: blade02", "slot: 256, name: blade02",
	 "expected a number from 1 to 255"},
	{"254 bridges", "buses: 8, mmio: 256MiB}", "buses: 253, mmio: 256MiB}, bridges: 254",
	 "254 bridges: 256 buses - 1 (root) - 1 (upstream bridge) - 1 (internal bus) = 253"},
	{"bridges over buses", "mmio: 256MiB}", "mmio: 256MiB}, bridges: 9",
	 "9 bridges need at least 9 buses, reserved are 8"},
	{"a management root of no kind", "embedded", "nobody", "expected 'embedded' or"},
	{"a management host without a name", "embedded", "'host:'", "expected 'embedded' or"},
	{"a management host nobody knows", "embedded", "host:blade07",
	 "spec.switch.managementRoot: 'host:blade07': expected the name of one of spec.hosts"},
	{"a management host with bridges", "embedded", "host:blade02",
	 "spec.hosts[1].hotplugReserve: host 'blade02' is the management root"},
	{"time", "100ms", "100", "timing.flr"},
	{"time too long", "100ms", "100h", "expected at most 10000 ms"},
	{"boolean", "mmio: 256MiB}", "mmio: 256MiB}, power: maybe", "expected true or false"},
};

static char *replaced(const char *from, const char *to)
{
	const char *at = strstr(good, from);
	char *out = malloc(sizeof(good) + strlen(to) + 1);

	ck_assert_msg(at != NULL, "'%s' is not in the good file", from);
	snprintf(out, sizeof(good) + strlen(to) + 1, "%.*s%s%s", (int)(at - good), good, to,
		 at + strlen(from));
	return out;
}

static void refused(const char *text, size_t len, const char *what, const char *says)
{
	struct mr_diags diags = {0};
	struct sim_desc *d = NULL;
	struct mr_buf out = {0};

	ck_assert_msg(sim_desc_read("bad.yaml", text, len, &d, &diags) < 0, "%s: accepted",
		      what);
	ck_assert(d == NULL);
	mr_diags_print(&diags, &out);
	ck_assert_msg(diags.errors > 0 && strstr(mr_buf_text(&out), says) != NULL,
		      "%s: expected '%s' in:\n%s", what, says, mr_buf_text(&out));
	mr_buf_done(&out);
	mr_diags_done(&diags);
}

/* The line of the first byte that differs from the good file. */
static unsigned line_of_change(const char *text)
{
	unsigned line = 1;

	for (size_t i = 0; text[i] && text[i] == good[i]; i++)
		line += text[i] == '\n';
	return line;
}

/* Where a map lacks something its beginning is told: so many lines away. A key that contradicts
 * another is told where it stands. */
static unsigned lines_away(const char *what)
{
	static const struct {
		const char *what;
		unsigned lines;
	} maps[] = {{"not YAML", 2},
		    {"missing key", 1},
		    {"too many vectors", 2},
		    {"a management host with bridges", 3},
		    {"mra without vhs", 1}};

	for (unsigned i = 0; i < sizeof(maps) / sizeof(maps[0]); i++)
		if (mr_streq(maps[i].what, what))
			return maps[i].lines;
	return 0;
}

/* Every finding says file, line and column, one of them where the file
 * was spoilt. */
static void check_places(const char *text, const char *what)
{
	struct mr_diags diags = {0};
	struct sim_desc *d = NULL;
	unsigned at = line_of_change(text), nearest = UINT_MAX;

	sim_desc_read("bad.yaml", text, strlen(text), &d, &diags);
	for (unsigned i = 0; i < diags.n; i++) {
		const struct mr_diag *g = &diags.item[i];
		unsigned off = g->line > at ? g->line - at : at - g->line;

		ck_assert_msg(mr_streq(g->file, "bad.yaml") && g->line && g->col, "%s: '%s'",
			      what, g->text);
		nearest = off < nearest ? off : nearest;
	}
	ck_assert_msg(nearest == lines_away(what), "%s: line %u, told %u lines away", what, at,
		      nearest);
	mr_diags_done(&diags);
}

START_TEST(bad_input)
{
	char *text = replaced(bad[_i].from, bad[_i].to);

	refused(text, strlen(text), bad[_i].what, bad[_i].says);
	check_places(text, bad[_i].what);
	free(text);
}
END_TEST

START_TEST(good_one)
{
	struct sim_desc *d = fx_desc(good);

	ck_assert_uint_eq(d->host[1].bridges, 8);
	ck_assert_uint_eq(d->host[0].bridges, 30);
	ck_assert_uint_eq(d->model[0].flr_ns, 100000000);
	sim_desc_free(d);
}
END_TEST

static void hosts_file(struct mr_buf *b, unsigned n)
{
	mr_buf_puts(b, "apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: t}\n"
		       "spec:\n  serial: T\n  switch: {ports: 512}\n  hosts:");
	mr_buf_puts(b, n ? "\n" : " []\n");
	for (unsigned i = 0; i < n; i++)
		mr_buf_printf(b, "    - {slot: %u, name: b%u}\n", i % 255 + 1, i);
}

START_TEST(host_counts)
{
	struct mr_buf b = {0};
	struct sim_desc *d;

	hosts_file(&b, 0);
	refused(b.data, b.len, "no host", "0 hosts: expected 1 to 255");
	mr_buf_reset(&b);
	hosts_file(&b, 300);
	refused(b.data, b.len, "300 hosts", "300 hosts: expected 1 to 255");
	mr_buf_reset(&b);
	hosts_file(&b, 255);
	d = fx_desc(b.data);
	ck_assert_uint_eq(d->hosts, 255);
	sim_desc_free(d);
	mr_buf_done(&b);
}
END_TEST

START_TEST(documents_and_depth)
{
	struct mr_buf b = {0};

	refused("", 0, "empty", "found 0");
	mr_buf_puts(&b, good);
	mr_buf_puts(&b, "---\n");
	mr_buf_puts(&b, good);
	refused(b.data, b.len, "two documents", "found 2");
	mr_buf_reset(&b);
	for (unsigned i = 0; i < 3000000; i++)
		mr_buf_putc(&b, '[');
	refused(b.data, b.len, "nesting", "");
	mr_buf_done(&b);
}
END_TEST

START_TEST(buses_of_vh0)
{
	struct mr_buf b = {0};

	/* 128 adapters of two buses each: 2 + 256. */
	mr_buf_puts(&b, "apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: t}\n"
			"spec:\n  serial: T\n  switch: {ports: 200}\n"
			"  hosts: [{slot: 1, name: b1}]\n  models:\n"
			"    m: {kind: sriov, class: nvme, vendor: \"144d\", device: \"a824\", "
			"vfDevice: \"a825\", link: {speed: 8GT, width: 4}, vfs: 256, "
			"bars: [{size: 16KiB, type: mem64}]}\n  adapters:\n");
	for (unsigned i = 1; i <= 128; i++)
		mr_buf_printf(&b, "    - {slot: %u, model: m, serial: S%u}\n", i, i);
	refused(b.data, b.len, "buses",
		"1 (root) + 1 (internal bus) + 256 (adapters with room for their VFs) = 258");
	mr_buf_done(&b);
}
END_TEST

START_TEST(addresses_of_vh0)
{
	struct mr_buf b = {0};

	mr_buf_puts(&b, "apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: t}\n"
			"spec:\n  serial: T\n  switch: {ports: 20}\n"
			"  hosts: [{slot: 1, name: b1}]\n  models:\n"
			"    m: {kind: sriov, class: nvme, vendor: \"144d\", device: \"a824\", "
			"vfDevice: \"a825\", link: {speed: 8GT, width: 4}, vfs: 256, "
			"bars: [{size: 4MiB, type: mem32}]}\n  adapters:\n");
	for (unsigned i = 1; i <= 2; i++)
		mr_buf_printf(&b, "    - {slot: %u, model: m, serial: S%u}\n", i, i);
	refused(b.data, b.len, "32-bit BARs",
		"need 2056 MiB with alignment, VH 0 has 2048 MiB");
	mr_buf_done(&b);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("desc");
	TCase *t = tcase_create("files");

	tcase_set_timeout(t, 30);
	tcase_add_test(t, demo);
	tcase_add_test(t, large);
	tcase_add_test(t, good_one);
	tcase_add_loop_test(t, bad_input, 0, (int)(sizeof(bad) / sizeof(bad[0])));
	tcase_add_test(t, host_counts);
	tcase_add_test(t, documents_and_depth);
	tcase_add_test(t, buses_of_vh0);
	tcase_add_test(t, addresses_of_vh0);
	suite_add_tcase(s, t);
	return check_run(s);
}
