/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of registers: one table per kind of place, names as in docs/register-map.md without the
 * prefix, in camel case.
 */
#include "sim/model/place.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#include "common/err.h"
#include "common/ids.h"
#include "common/str.h"
#include "sim/model/internal.h"

#define PARTS_MAX 6

const struct sim_reg_name sim_switch_regs[] = {
	{"magic", SW_MAGIC},
	{"version", SW_VERSION},
	{"caps", SW_CAPS},
	{"nvm", SW_NVM},
	{"serial", SW_SERIAL},
	{"ownerId", SW_OWNER_ID},
	{"ownerEpoch", SW_OWNER_EPOCH},
	{"generation", SW_GENERATION},
	{"refused", SW_REFUSED},
	{"eventHead", SW_EVENT_HEAD},
	{"eventTail", SW_EVENT_TAIL},
	{"eventFlags", SW_EVENT_FLAGS},
	{"commit", SW_COMMIT},
	{"writes", SW_WRITES},
	{"urDrops", SW_UR_DROPS},
	{"rowsUsed", SW_ROWS_USED},
	{"cutAnswer", SW_CUT_ANSWER},
	{NULL, 0},
};

const struct sim_reg_name sim_port_regs[] = {
	{"kind", PORT_KIND},
	{"status", PORT_STATUS},
	{"auth", PORT_AUTH},
	{"challenge", PORT_CHALLENGE},
	{"boots", PORT_BOOTS},
	{"linkDowns", PORT_LINK_DOWNS},
	{"vh0Rid", PORT_VH0_RID},
	{"reset", PORT_RESET},
	{"held", PORT_HELD},
	{"cutAnswer", PORT_CUT_ANSWER},
	{"bridges", PORT_BRIDGES},
	{"linkMbps", PORT_LINK_MBPS},
	{NULL, 0},
};

const struct sim_reg_name sim_row_regs[] = {
	{"state", ROW_STATE},
	{"status", ROW_STATUS},
	{"target", ROW_TARGET},
	{"cookie", ROW_COOKIE},
	{"tombstone", ROW_TOMBSTONE},
	{"ids", ROW_IDS},
	{"subsys", ROW_SUBSYS},
	{"msix", ROW_MSIX},
	{"bar0", ROW_BAR},
	{"bar2", ROW_BAR + 16},
	{"bar4", ROW_BAR + 32},
	{"window0", ROW_WINDOW},
	{"window2", ROW_WINDOW + 16},
	{"window4", ROW_WINDOW + 32},
	{"buses", ROW_BUSES},
	{"outstanding", ROW_OUTSTANDING},
	{"lost", ROW_LOST},
	{"maps", ROW_MAPS},
	{NULL, 0},
};

const struct sim_reg_name sim_vf_regs[] = {
	{"map", VF_MAP},
	{"command", VF_COMMAND},
	{"status", VF_STATUS},
	{"block", VF_BLOCK},
	{"cookie", VF_COOKIE},
	{"ident0", VF_IDENT0},
	{"ident1", VF_IDENT1},
	{"vlan", VF_VLAN},
	{"minMbps", VF_MIN_MBPS},
	{"maxMbps", VF_MAX_MBPS},
	{"flags", VF_FLAGS},
	{"gate", VF_GATE},
	{"resets", VF_RESETS},
	{"remaps", VF_REMAPS},
	{"lost", VF_LOST},
	{"outstanding", VF_OUTSTANDING},
	{"io", VF_IO},
	{"frames", VF_FRAMES},
	{"bytes", VF_BYTES},
	{"dropped", VF_DROPPED},
	{"shape", VF_SHAPE},
	{"switching", VF_SWITCHING},
	{"amounts", VF_AMOUNTS},
	{"class0", VF_CLASS0},
	{"class1", VF_CLASS1},
	{"scrub", VF_SCRUB},
	{"acl0", VF_ACL(0)},
	{"acl1", VF_ACL(1)},
	{"acl2", VF_ACL(2)},
	{"acl3", VF_ACL(3)},
	{NULL, 0},
};

const struct sim_reg_name sim_pf_regs[] = {
	{"totalVfs", PFR_TOTALVFS},
	{"status", PFR_STATUS},
	{"resets", PFR_RESETS},
	{NULL, 0},
};

const struct sim_reg_name sim_vh_regs[] = {
	{"map", VH_MAP},       {"reset", VH_RESET}, {"owned", VH_OWNED},
	{"buried", VH_BURIED}, {NULL, 0},
};

const struct sim_reg_name sim_ns_regs[] = {
	{"status", NS_STATUS},	 {"size", NS_SIZE},
	{"shape", NS_SHAPE},	 {"cookie", NS_COOKIE},
	{"command", NS_COMMAND}, {"uuid0", NS_UUID},
	{"uuid1", NS_UUID + 8},	 {NULL, 0},
};

const struct sim_reg_name sim_mail_regs[] = {
	{"request0", MB_REQUEST},    {"request1", MB_REQUEST + 8},
	{"response0", MB_RESPONSE},  {"response1", MB_RESPONSE + 8},
	{"status", MB_STATUS},	     {"doorbell", MB_DOORBELL},
	{"interrupt", MB_INTERRUPT}, {NULL, 0},
};

/* ---- parts of a name ---- */

struct parts {
	char text[160];
	char *part[PARTS_MAX];
	unsigned n;
	struct mr_err *err;
};

static int wrong(struct parts *k, const char *expected, const char *got)
{
	return mr_err_set(k->err, -EINVAL, MR_REASON_INVALID, "expected %s, got '%.64s'",
			  expected, got ? got : "");
}

static int split(struct parts *k, const char *text)
{
	if (!mr_copy(k->text, sizeof(k->text), text))
		return wrong(k, "a register of at most 159 characters", text);
	k->part[k->n++] = k->text;
	for (char *s = k->text; *s; s++) {
		if (*s != '/')
			continue;
		if (k->n == PARTS_MAX)
			return wrong(k, "at most six parts between slashes", text);
		*s = 0;
		k->part[k->n++] = s + 1;
	}
	return 0;
}

static int find_reg(struct parts *k, const struct sim_reg_name *table, const char *name,
		    uint64_t *ret)
{
	const char *list[32] = {NULL}, *near;

	for (unsigned i = 0; table[i].name; i++) {
		if (mr_streq(table[i].name, name)) {
			*ret += table[i].at;
			return 0;
		}
		list[i] = table[i].name;
	}
	near = mr_nearest(name, list);
	return mr_err_set(k->err, -EINVAL, MR_REASON_INVALID, "no register '%.64s'%s%s%s", name,
			  near ? ", did you mean '" : "", near ? near : "", near ? "'?" : "");
}

/* A number after an optional prefix ("pf0"). */
static int number(struct parts *k, const char *text, const char *prefix, uint64_t max,
		  uint64_t *ret)
{
	if (!mr_starts(text, prefix))
		return wrong(k, prefix, text);
	return mr_parse_u64(text + strlen(prefix), max, true, ret, k->err);
}

static struct sim_adapter *adapter(struct sim_chassis *c, struct parts *k, const char *name)
{
	int port = sim_adapter_find(c, name);

	if (port < 0)
		wrong(k, "the name of an adapter", name);
	return port < 0 ? NULL : sim_adapter_at(c, (unsigned)port);
}

/* ---- the kinds of place ---- */

static int at_switch(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	(void)c;
	return find_reg(k, sim_switch_regs, k->part[1], &p->address);
}

static int at_port(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	int port = sim_host_find(c, k->part[1]);

	if (port < 0)
		port = sim_adapter_find(c, k->part[1]);
	if (port < 0)
		return wrong(k, "the name of a blade or an adapter", k->part[1]);
	p->address = SW_PORT(port);
	return find_reg(k, sim_port_regs, k->part[2], &p->address);
}

static int at_row(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	int vh = sim_host_find(c, k->part[1]);
	uint64_t b;

	if (vh < 0)
		return wrong(k, "the name of a blade", k->part[1]);
	if (number(k, k->part[2], "", sim_host_bridges(c, (uint16_t)vh) - 1, &b))
		return -EINVAL;
	p->address = SW_BRIDGE(vh, b);
	return find_reg(k, sim_row_regs, k->part[3], &p->address);
}

/* The control table of the adapter in VH 0, where its BARs always are. */
static int control(struct parts *k, struct sim_adapter *a, struct sim_place *p)
{
	struct sim_loc l;

	if (a->m.kind == SIM_KIND_BASE)
		return wrong(k, "an adapter with a control table", a->name);
	l = sim_adapter_locate(a, 0, 0);
	p->space = MR_SPACE_MEMORY;
	p->address = sim_bar_address(&l, 0);
	return 0;
}

static int at_vf(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	struct sim_adapter *a = adapter(c, k, k->part[1]);
	uint64_t pf, vf;

	if (!a || control(k, a, p) || number(k, k->part[2], "pf", a->m.pfs - 1, &pf) ||
	    number(k, k->part[3], "vf", a->m.vfs - 1, &vf))
		return -EINVAL;
	p->address += CT_VF(a->m.vfs, pf, vf);
	return find_reg(k, sim_vf_regs, k->part[4], &p->address);
}

static int at_pf(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	struct sim_adapter *a = adapter(c, k, k->part[1]);
	uint64_t d, pf;

	if (!a || control(k, a, p) || number(k, k->part[2], "", a->vhs - 1, &d) ||
	    number(k, k->part[3], "", a->m.pfs - 1, &pf))
		return -EINVAL;
	p->address += CT_PF(a->m.pfs, d, pf);
	return find_reg(k, sim_pf_regs, k->part[4], &p->address);
}

static int at_vh(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	struct sim_adapter *a = adapter(c, k, k->part[1]);
	uint64_t d;

	if (!a || control(k, a, p) || number(k, k->part[2], "", a->vhs - 1, &d))
		return -EINVAL;
	p->address += CT_VH(d);
	return find_reg(k, sim_vh_regs, k->part[3], &p->address);
}

static int at_ns(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	struct sim_adapter *a = adapter(c, k, k->part[1]);
	uint64_t pf, n;

	if (!a || control(k, a, p) || number(k, k->part[2], "pf", a->m.pfs - 1, &pf) ||
	    number(k, k->part[3], "", MR_MAX_NAMESPACES - 1, &n))
		return -EINVAL;
	p->address += CT_NS(pf, n);
	return find_reg(k, sim_ns_regs, k->part[4], &p->address);
}

/* The BF's side of the mailbox of a PF. */
static int at_mail(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	struct sim_adapter *a = adapter(c, k, k->part[1]);
	uint64_t d, pf;

	if (!a || control(k, a, p))
		return -EINVAL;
	if (a->m.kind != SIM_KIND_MRA)
		return wrong(k, "an adapter with mailboxes (kind mra)", a->name);
	if (number(k, k->part[2], "", a->vhs - 1, &d) ||
	    number(k, k->part[3], "", a->m.pfs - 1, &pf))
		return -EINVAL;
	if (!d)
		return wrong(k, "a device VH from 1 on", k->part[2]);
	p->address += CT_MAIL(a->m.pfs, d, pf);
	return find_reg(k, sim_mail_regs, k->part[4], &p->address);
}

static int width(struct parts *k, const char *text, unsigned max, struct sim_place *p)
{
	uint64_t v = p->width;

	if (text && (mr_parse_u64(text, max, false, &v, k->err) || !v || v & (v - 1)))
		return wrong(k, max == 4 ? "a width of 1, 2 or 4" : "a width of 1, 2, 4 or 8",
			     text);
	p->width = (uint8_t)v;
	return 0;
}

static int at_config(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	int vh = mr_streq(k->part[1], "vh0") ? 0 : sim_host_find(c, k->part[1]);

	if (vh < 0)
		return wrong(k, "the name of a blade or vh0", k->part[1]);
	p->host = vh;
	p->vh = (uint16_t)vh;
	p->space = MR_SPACE_CONFIG;
	p->width = 4;
	if (mr_bdf_parse(k->part[2], &p->rid, k->err) ||
	    number(k, k->part[3], "", 4095, &p->address))
		return -EINVAL;
	return width(k, k->n > 4 ? k->part[4] : NULL, 4, p);
}

static int at_memory(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	int vh = sim_host_find(c, k->part[1]);

	if (vh < 0)
		return wrong(k, "the name of a blade", k->part[1]);
	p->host = true;
	p->vh = (uint16_t)vh;
	p->space = MR_SPACE_MEMORY;
	if (number(k, k->part[2], "", UINT64_MAX, &p->address))
		return -EINVAL;
	return width(k, k->n > 3 ? k->part[3] : NULL, 8, p);
}

/* Behind BAR 0 of a function, wherever its host's kernel put it by then. */
static int at_bar(struct sim_chassis *c, struct parts *k, struct sim_place *p)
{
	int vh = sim_host_find(c, k->part[1]);

	if (vh < 0)
		return wrong(k, "the name of a blade", k->part[1]);
	p->host = p->in_bar = true;
	p->vh = (uint16_t)vh;
	p->space = MR_SPACE_MEMORY;
	if (mr_bdf_parse(k->part[2], &p->rid, k->err) ||
	    number(k, k->part[3], "", UINT32_MAX, &p->address))
		return -EINVAL;
	return width(k, k->n > 4 ? k->part[4] : NULL, 8, p);
}

static const struct {
	const char *name;
	unsigned min, max;
	int (*find)(struct sim_chassis *c, struct parts *k, struct sim_place *p);
} kinds[] = {
	{"switch", 2, 2, at_switch}, {"port", 3, 3, at_port},	  {"row", 4, 4, at_row},
	{"vf", 5, 5, at_vf},	     {"pf", 5, 5, at_pf},	  {"vh", 4, 4, at_vh},
	{"config", 4, 5, at_config}, {"memory", 3, 4, at_memory}, {"ns", 5, 5, at_ns},
	{"mail", 5, 5, at_mail},     {"bar", 4, 5, at_bar},
};

/* Finds a register by name: place.h. */
int sim_place_find(struct sim_chassis *c, const char *text, struct sim_place *ret,
		   struct mr_err *err)
{
	struct sim_place p = {.space = MR_SPACE_SWITCH, .width = 8};
	struct parts k = {.err = err};

	if (split(&k, text))
		return -EINVAL;
	for (unsigned i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (!mr_streq(kinds[i].name, k.part[0]))
			continue;
		if (k.n < kinds[i].min || k.n > kinds[i].max)
			return wrong(&k, "another number of parts between slashes", text);
		if (kinds[i].find(c, &k, &p))
			return -EINVAL;
		*ret = p;
		return 0;
	}
	return wrong(
		&k,
		"switch/, port/, row/, vf/, pf/, vh/, ns/, mail/, config/, memory/ or bar/ "
		"and a name",
		text);
}

/* ---- access ---- */

static uint32_t one(struct sim_chassis *c, struct mr_now now, struct mr_batch *b,
		    uint64_t owner, uint64_t epoch, uint64_t *ret)
{
	struct sim_batch_result r = {0};

	sim_chassis_batch(c, now, owner, epoch, (const uint8_t *)b->ops.data, b->ops.len, &r);
	if (ret && r.data.len >= 8)
		*ret = mr_batch_get_value((const uint8_t *)r.data.data, 0);
	mr_buf_done(&r.data);
	mr_batch_done(b);
	return r.status;
}

/* The place with the BAR that it lies in added to its address. */
static struct sim_place in_bar(struct sim_chassis *c, struct mr_now now, struct sim_place p)
{
	uint32_t low;

	if (!p.in_bar)
		return p;
	low = sim_host_cfg_read(c, now, p.vh, p.rid, PCI_BASE_ADDRESS_0, 4);
	p.address += low & PCI_BASE_ADDRESS_MEM_MASK;
	if ((low & PCI_BASE_ADDRESS_MEM_TYPE_MASK) == PCI_BASE_ADDRESS_MEM_TYPE_64)
		p.address +=
			(uint64_t)sim_host_cfg_read(c, now, p.vh, p.rid, PCI_BASE_ADDRESS_1, 4)
			<< 32;
	return p;
}

/* The register's value. */
uint64_t sim_place_read(struct sim_chassis *c, struct mr_now now, const struct sim_place *at)
{
	const struct sim_place there = in_bar(c, now, *at), *p = &there;
	struct mr_batch b = {0};
	uint64_t v = SIM_ONES;

	if (p->host && p->space == MR_SPACE_CONFIG)
		return sim_host_cfg_read(c, now, p->vh, p->rid, (unsigned)p->address, p->width);
	if (p->host) {
		v = sim_host_mem_read(c, now, p->vh, p->address, p->width);
		return p->width == 8 ? v : v & ((1ull << 8 * p->width) - 1);
	}
	mr_batch_read(&b, p->space, p->vh, p->rid, p->address, p->width, 1);
	one(c, now, &b, 0, 0, &v);
	return v;
}

/* Writes it; enum mr_batch_status. */
uint32_t sim_place_write(struct sim_chassis *c, struct mr_now now, const struct sim_place *at,
			 uint64_t owner, uint64_t epoch, uint64_t v)
{
	const struct sim_place there = in_bar(c, now, *at), *p = &there;
	struct mr_batch b = {0};

	if (p->host && p->space == MR_SPACE_CONFIG)
		sim_host_cfg_write(c, now, p->vh, p->rid, (unsigned)p->address, p->width,
				   (uint32_t)v);
	else if (p->host)
		sim_host_mem_write(c, now, p->vh, p->address, p->width, v);
	if (p->host)
		return MR_BATCH_OK;
	mr_batch_write(&b, p->space, p->vh, p->rid, p->address, p->width, v);
	return one(c, now, &b, owner, epoch, NULL);
}
