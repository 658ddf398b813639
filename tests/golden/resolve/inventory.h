/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An inventory from a few lines of YAML, for tests of what works on inventories:
 *   chassis: [{name: c1, hosts: [{name: blade01, port: 1, slot: 1}], adapters: [{name:
 * nic-left, port: 20, slot: 3, kind: mra, class: ethernet, vendor: 15b3, device: 101d, serial:
 * N-1, pfs: 1, vfs: 64, mbps: 100000, absent: no, rid: 0x8600, numvfs: 8, netPort: 1}]}]
 */
#ifndef TESTS_GOLDEN_RESOLVE_INVENTORY_H
#define TESTS_GOLDEN_RESOLVE_INVENTORY_H

#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "common/yaml.h"
#include "fabric-manager/model/inventory.h"

static const char *inv_text(const struct mr_yaml *m, const char *key)
{
	const struct mr_yaml *v = mr_yaml_get(m, key);

	return v ? v->text : "";
}

static unsigned inv_num(const struct mr_yaml *m, const char *key, unsigned missing)
{
	const struct mr_yaml *v = mr_yaml_get(m, key);

	return v ? (unsigned)strtoul(v->text, NULL, 0) : missing;
}

static void inv_adapter(const struct mr_yaml *m, struct fm_adapter *a)
{
	char text[16];

	mr_copy(a->name, sizeof(a->name), inv_text(m, "name"));
	mr_copy(a->serial, sizeof(a->serial), inv_text(m, "serial"));
	a->port = (uint16_t)inv_num(m, "port", 0);
	a->slot = (uint16_t)inv_num(m, "slot", 0);
	a->present = a->link = mr_yaml_bool(inv_text(m, "absent")) != 1;
	a->kind = !strcmp(inv_text(m, "kind"), "base")	  ? FM_ADAPTER_BASE
		  : !strcmp(inv_text(m, "kind"), "sriov") ? FM_ADAPTER_SRIOV
							  : FM_ADAPTER_MRA;
	a->device_class = (enum mr_class)mr_class_parse(inv_text(m, "class"));
	mr_fmt(text, sizeof(text), "0x%s", inv_text(m, "vendor"));
	a->vendor = (uint16_t)strtoul(text, NULL, 16);
	mr_fmt(text, sizeof(text), "0x%s", inv_text(m, "device"));
	a->device = (uint16_t)strtoul(text, NULL, 16);
	a->pfs = (uint8_t)inv_num(m, "pfs", 1);
	a->vfs = (uint16_t)inv_num(m, "vfs", 0);
	for (unsigned i = 0; i < a->pfs; i++) {
		a->pf[i].net_mbps = inv_num(m, "mbps", 0);
		a->pf[i].rid = (uint16_t)(inv_num(m, "rid", 0) + i);
		a->pf[i].numvfs = (uint16_t)inv_num(m, "numvfs", 0);
		a->pf[i].net_port = (uint8_t)inv_num(m, "netPort", 0);
	}
	a->fn = mr_xcalloc((size_t)a->pfs * a->vfs + 1, sizeof(a->fn[0]));
}

static void inv_chassis(const struct mr_yaml *m, struct fm_chassis *c)
{
	const struct mr_yaml *hosts = mr_yaml_get(m, "hosts"),
			     *adapters = mr_yaml_get(m, "adapters");

	mr_copy(c->name, sizeof(c->name), inv_text(m, "name"));
	c->observed = true;
	c->hosts = hosts ? hosts->n : 0;
	c->host = mr_xcalloc(c->hosts + 1, sizeof(c->host[0]));
	for (unsigned i = 0; i < c->hosts; i++) {
		mr_copy(c->host[i].name, MR_NAME_MAX, inv_text(hosts->child[i], "name"));
		c->host[i].port = (uint16_t)inv_num(hosts->child[i], "port", 0);
		c->host[i].slot = (uint16_t)inv_num(hosts->child[i], "slot", 0);
	}
	c->adapters = adapters ? adapters->n : 0;
	c->adapter = mr_xcalloc(c->adapters + 1, sizeof(c->adapter[0]));
	for (unsigned i = 0; i < c->adapters; i++)
		inv_adapter(adapters->child[i], &c->adapter[i]);
}

/* The inventory of 'doc'; free with fm_inventory_done. */
static void inv_read(const struct mr_yaml *doc, struct fm_inventory *inv)
{
	const struct mr_yaml *list = mr_yaml_get(doc, "chassis");

	inv->n = list ? list->n : 0;
	inv->chassis = mr_xcalloc(inv->n + 1, sizeof(inv->chassis[0]));
	for (unsigned i = 0; i < inv->n; i++)
		inv_chassis(list->child[i], &inv->chassis[i]);
}

#endif
