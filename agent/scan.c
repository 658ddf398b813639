/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI tree of sysfs, read top down: bridges first, so that it is known which of them is the
 * upstream bridge of one of our roots (it has the VS identity), which are its downstream
 * bridges, and by which hot-plug slot the functions behind them are called. Of functions that
 * stand behind no root of ours only the identities of network ports are read: nobody else may
 * be given them; all else is the host's own business. Each root may
 * be in a PCI domain of its own: an address here is domain and routing ID together.
 *
 * A scan may meet a tree that changes under it: a file that is gone is a function that is gone,
 * and the uevent that tells so brings the next scan.
 */
#include "agent/scan.h"

#include <stdlib.h>
#include <string.h>

#include "agent/classdev.h"
#include "agent/isolation.h"
#include "agent/users.h"
#include "agent/verbs.h"
#include "agent/vsid.h"
#include "common/xalloc.h"

#define CONFIG_BYTES	  4096
#define NONE		  (-1)
#define ADDR(domain, rid) ((int64_t)(domain) << 16 | (rid))
#define VERBS_MAX	  64

/* One entry of bus/pci/devices. */
struct node {
	uint16_t rid, domain;
	unsigned depth;
	int64_t parent; /* address of the bridge above, NONE on a root bus */
	uint32_t class_code;
	int root; /* index of ours that it is or stands below, NONE */
	bool is_root;
	bool above; /* a bridge between one of ours and the root complex */
	int slot;   /* index into slots: itself a slot's bridge, or below one; NONE */
	int64_t pf; /* VFs: address of the PF */
	unsigned virtfn;
	int secondary; /* bridges that may have a slot: their secondary bus, NONE */
};

/* Where in walk.node an address stands. */
struct place {
	int64_t addr;
	unsigned node;
};

struct walk {
	const struct ag_scan_config *cfg;
	struct ag_look *look;
	struct node *node;
	unsigned nodes;
	struct ag_dir devices; /* bus/pci/devices */
	struct place *by_addr; /* sorted */
	struct ag_verbs_dev verbs[VERBS_MAX];
	unsigned n_verbs;
	struct ag_users users;
	bool *orphans; /* by slot: VFs whose PF was removed under them */
};

static int place_cmp(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return (x->addr > y->addr) - (x->addr < y->addr);
}

static struct node *find(struct walk *w, int64_t addr)
{
	const struct place key = {.addr = addr}, *p;

	if (addr == NONE)
		return NULL;
	p = bsearch(&key, w->by_addr, w->nodes, sizeof(key), place_cmp);
	return p ? &w->node[p->node] : NULL;
}

static int64_t addr_of(const struct node *n)
{
	return ADDR(n->domain, n->rid);
}

static bool is_bridge(const struct node *n)
{
	return n->class_code >> 8 == 0x0604;
}

static bool open_node(const struct walk *w, const struct node *n, struct ag_dir *ret)
{
	char path[AG_PATH_MAX], bdf[MR_BDF_TEXT];

	return mr_fmt(path, sizeof(path), "%s/%s", w->devices.path,
		      mr_pci_text(n->domain, n->rid, bdf)) &&
	       ag_dir_open(path, ret);
}

/* A number in a device's folder. */
static bool node_int(const struct walk *w, const struct node *n, const char *name, int64_t *ret)
{
	struct ag_dir dir;
	bool ok;

	if (!open_node(w, n, &dir))
		return false;
	ok = ag_read_int(dir.path, name, ret);
	ag_dir_close(&dir);
	return ok;
}

/* Depth and parent are in the link: ../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0 */
static bool read_place(const struct walk *w, const char *name, struct node *n)
{
	char path[AG_PATH_MAX], to[AG_PATH_MAX], *save, *part;
	uint16_t rid, domain;

	if (!mr_fmt(path, sizeof(path), "%s/%s", w->devices.path, name) ||
	    mr_pci_parse(name, &n->domain, &n->rid, NULL) ||
	    ag_link_target(path, to, sizeof(to)) <= 0)
		return false;
	n->parent = n->pf = NONE;
	n->root = n->slot = n->secondary = NONE;
	for (part = strtok_r(to, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (mr_pci_parse(part, &domain, &rid, NULL))
			continue;
		n->depth++;
		if (ADDR(domain, rid) != addr_of(n))
			n->parent = ADDR(domain, rid);
	}
	return true;
}

static int by_depth(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return (addr_of(x) > addr_of(y)) - (addr_of(x) < addr_of(y));
}

static int read_nodes(struct walk *w)
{
	struct ag_names names;
	int rc = ag_names_read(w->devices.path, &names);

	if (rc)
		return rc;
	w->node = mr_xcalloc(names.n + 1, sizeof(*w->node));
	for (unsigned i = 0; i < names.n; i++) {
		struct node *n = &w->node[w->nodes];
		int64_t class_code;

		*n = (struct node){0};
		if (!read_place(w, names.name[i], n) || !node_int(w, n, "class", &class_code))
			continue;
		n->class_code = (uint32_t)class_code & 0xffffff;
		w->nodes++;
	}
	ag_names_done(&names);
	qsort(w->node, w->nodes, sizeof(*w->node), by_depth);
	w->by_addr = mr_xcalloc(w->nodes + 1, sizeof(*w->by_addr));
	for (unsigned i = 0; i < w->nodes; i++)
		w->by_addr[i] = (struct place){addr_of(&w->node[i]), i};
	qsort(w->by_addr, w->nodes, sizeof(*w->by_addr), place_cmp);
	return 0;
}

static size_t read_config(const struct walk *w, const struct node *n,
			  uint8_t config[CONFIG_BYTES])
{
	char path[AG_PATH_MAX], bdf[MR_BDF_TEXT];

	return mr_fmt(path, sizeof(path), "%s/%s/config", w->devices.path,
		      mr_pci_text(n->domain, n->rid, bdf))
		       ? ag_read_bytes(path, config, CONFIG_BYTES)
		       : 0;
}

/* Reads a bridge's configuration and keeps its VS identity if it has one. */
static bool take_root(struct walk *w, struct node *n)
{
	struct ag_scan *s = &w->look->scan;
	uint8_t config[CONFIG_BYTES];

	if (s->roots == AG_ROOTS_MAX ||
	    !ag_vsid_parse(config, read_config(w, n, config), &s->root[s->roots]))
		return false;
	n->root = (int)s->roots++;
	n->is_root = true;
	return true;
}

/* Parents come before their children, so each bridge's root is known when it is needed. */
static void find_roots(struct walk *w)
{
	for (unsigned i = 0; i < w->nodes; i++) {
		struct node *n = &w->node[i];
		const struct node *up = find(w, n->parent);

		int64_t bus;

		if (up)
			n->root = up->root;
		if (n->root == NONE && is_bridge(n))
			take_root(w, n);
		else if (up && up->is_root && is_bridge(n) &&
			 node_int(w, n, "secondary_bus_number", &bus))
			n->secondary = (int)bus;
	}
}

/* The downstream bridge of ours whose secondary bus a slot's address names. */
static struct node *bridge_of_bus(struct walk *w, unsigned domain, unsigned bus)
{
	for (unsigned i = 0; i < w->nodes; i++) {
		struct node *n = &w->node[i];

		if (n->domain == domain && n->secondary == (int)bus && n->slot == NONE)
			return n;
	}
	return NULL;
}

/* One of bus/pci/slots: "3", or "3-1" where two controllers have a slot 3. */
static void take_slot(struct walk *w, const char *dir, const char *name)
{
	struct ag_scan *s = &w->look->scan;
	char address[64];
	unsigned long number = strtoul(name, NULL, 10);
	struct node *n;
	int64_t power;
	uint16_t domain, rid;

	if (number > 0xfffe || !ag_read_text(dir, "address", address, sizeof(address) - 3))
		return;
	memcpy(address + strlen(address), ".0", 3);
	n = mr_pci_parse(address, &domain, &rid, NULL)
		    ? NULL
		    : bridge_of_bus(w, domain, MR_RID_BUS(rid));
	if (!n)
		return;
	s->slot[s->slots] = (struct ag_slot){
		.port = s->root[n->root].port,
		.bridge = (uint16_t)number,
		.power = ag_read_int(dir, "power", &power) && power,
	};
	if (mr_copy(s->slot[s->slots].name, sizeof(s->slot[0].name), name))
		n->slot = (int)s->slots++;
}

static void find_slots(struct walk *w)
{
	char path[AG_PATH_MAX], name[AG_PATH_MAX];
	struct ag_names names;

	if (!ag_sysfs_path(&w->cfg->fs, path, "bus/pci/slots") || ag_names_read(path, &names))
		return;
	w->look->scan.slot = mr_xcalloc(names.n + 1, sizeof(*w->look->scan.slot));
	for (unsigned i = 0; i < names.n; i++) {
		struct ag_dir dir;

		if (!mr_fmt(name, sizeof(name), "%s/%s", path, names.name[i]) ||
		    !ag_dir_open(name, &dir))
			continue;
		take_slot(w, dir.path, names.name[i]);
		ag_dir_close(&dir);
	}
	ag_names_done(&names);
	for (unsigned i = 0; i < w->nodes; i++) {
		struct node *n = &w->node[i];
		const struct node *up = find(w, n->parent);

		if (!up || up->slot == NONE || n->root == NONE)
			continue;
		n->slot = up->slot;
		w->look->scan.slot[n->slot].occupied = true;
	}
}

static bool translates(const struct walk *w, const struct node *n)
{
	struct ag_dir dir;
	bool ok;

	if (!open_node(w, n, &dir))
		return false;
	ok = ag_iommu_translates(dir.path);
	ag_dir_close(&dir);
	return ok;
}

/* Of all ways from our slots to the root complex the weakest counts. */
static void find_isolation(struct walk *w)
{
	struct ag_isolation *is = &w->look->scan.isolation;
	uint8_t config[CONFIG_BYTES];

	is->iommu = is->acs = w->look->scan.roots;
	is->interrupt_remapping = ag_interrupts_remapped(&w->cfg->fs);
	for (unsigned i = 0; i < w->nodes; i++)
		if (w->node[i].is_root)
			for (struct node *n = find(w, w->node[i].parent); n;
			     n = find(w, n->parent))
				n->above = true;
	for (unsigned i = 0; i < w->nodes; i++) {
		const struct node *n = &w->node[i];

		if (n->is_root)
			is->iommu = is->iommu && translates(w, n);
		if (n->above || n->is_root || n->secondary != NONE)
			is->acs = is->acs && ag_acs_isolates(config, read_config(w, n, config));
	}
}

static bool listed(const struct ag_names *names, const char *name)
{
	for (unsigned i = 0; i < names->n; i++)
		if (mr_streq(names->name[i], name))
			return true;
	return false;
}

/* virtfnN links of a PF: which VF stands in which slot. */
static void note_vfs(struct walk *w, const struct node *pf, const char *dir,
		     const struct ag_names *names)
{
	for (unsigned i = 0; i < names->n; i++) {
		char to[64];
		struct node *vf;
		uint16_t domain, rid;

		if (!mr_starts(names->name[i], "virtfn") ||
		    !ag_read_link(dir, names->name[i], to, sizeof(to)) ||
		    mr_pci_parse(to, &domain, &rid, NULL))
			continue;
		vf = find(w, ADDR(domain, rid));
		if (!vf)
			continue;
		vf->pf = addr_of(pf);
		vf->virtfn = (unsigned)strtoul(names->name[i] + 6, NULL, 10);
	}
}

static uint16_t number16(const char *dir, const char *name)
{
	int64_t v;

	return ag_read_int(dir, name, &v) && v >= 0 && v <= 0xffff ? (uint16_t)v : 0;
}

static void read_sriov(const char *dir, const struct ag_names *names, struct ag_fn *f)
{
	if (!listed(names, "sriov_totalvfs"))
		return;
	f->totalvfs = number16(dir, "sriov_totalvfs");
	f->numvfs = number16(dir, "sriov_numvfs");
	f->pf = f->totalvfs;
	f->vf_migration = f->pf && listed(names, "vf_migration_state");
}

/* What libibverbs says of a device stands over the class files. */
static void from_verbs(const struct walk *w, struct ag_fn *f)
{
	for (unsigned i = 0; i < w->n_verbs; i++)
		if (mr_streq(w->verbs[i].name, f->name))
			f->ident1 = w->verbs[i].node_guid;
}

static void read_fn(struct walk *w, const struct node *n, const char *dir,
		    const struct ag_names *names, struct ag_fn *f)
{
	char group[32];
	int64_t numa;

	f->rid = n->rid;
	f->domain = n->domain;
	f->vendor = number16(dir, "vendor");
	f->device = number16(dir, "device");
	f->class_code = n->class_code;
	f->numa = ag_read_int(dir, "numa_node", &numa) ? (int32_t)numa : -1;
	f->iommu_group = ag_read_link(dir, "iommu_group", group, sizeof(group))
				 ? (int32_t)strtol(group, NULL, 10)
				 : -1;
	ag_read_link(dir, "driver", f->driver, sizeof(f->driver));
	read_sriov(dir, names, f);
	ag_classdev_read(dir, names, f);
	from_verbs(w, f);
	ag_users_read(&w->cfg->fs, &w->users, dir, names, f);
}

/* Where the manager would point at it. VFs of a PF without migration have no place. */
static void put_place(struct walk *w, const struct node *n, struct ag_fn *f)
{
	const struct ag_slot *s = &w->look->scan.slot[n->slot];

	f->place = (struct ag_place){AG_WAY_SYNTHETIC, s->port, s->bridge,
				     (uint16_t)(n->rid & 0xff), 0};
	if (f->pf)
		f->place.way = f->vf_migration ? AG_WAY_LVF : AG_WAY_DEVICE;
}

static void put_vf_place(const struct ag_scan *s, const struct node *n, struct ag_fn *f)
{
	f->place = (struct ag_place){0};
	for (unsigned i = 0; i < s->fns; i++) {
		const struct ag_fn *pf = &s->fn[i];

		if (pf->pf && ADDR(pf->domain, pf->rid) == n->pf && pf->vf_migration) {
			f->place = pf->place;
			f->place.slot = (uint16_t)(n->virtfn + 1);
			return;
		}
	}
}

/* One function, if it is of the kind that this pass reads. */
static void take_fn(struct walk *w, struct node *n, const char *dir,
		    const struct ag_names *names, bool vfs)
{
	struct ag_scan *s = &w->look->scan;
	struct ag_fn *f = &s->fn[s->fns];

	if (listed(names, "physfn") != vfs) {
		if (!vfs && !ag_exists(dir, "physfn/class"))
			w->orphans[n->slot] = true;
		return;
	}
	*f = (struct ag_fn){0};
	read_fn(w, n, dir, names, f);
	if (f->pf)
		note_vfs(w, n, dir, names);
	if (vfs)
		put_vf_place(s, n, f);
	else
		put_place(w, n, f);
	s->fns++;
}

/* One pass over the functions: PFs and plain ones first, VFs need what that pass noted. */
static void read_fns(struct walk *w, bool vfs)
{
	for (unsigned i = 0; i < w->nodes; i++) {
		struct node *n = &w->node[i];
		struct ag_names names;
		struct ag_dir dir;

		if (n->slot == NONE || is_bridge(n) || (n->pf != NONE) != vfs ||
		    !open_node(w, n, &dir))
			continue;
		if (!ag_names_read(dir.path, &names)) {
			take_fn(w, n, dir.path, &names, vfs);
			ag_names_done(&names);
		}
		ag_dir_close(&dir);
	}
}

static bool is_own_network(const struct node *n)
{
	return n->root == NONE && (n->class_code >> 16 == 0x02 || n->class_code >> 8 == 0x0c04);
}

/* Network ports of the host's own. */
static void read_own(struct walk *w)
{
	struct ag_scan *s = &w->look->scan;

	s->own = mr_xcalloc(AG_OWN_MAX, sizeof(*s->own));
	for (unsigned i = 0; i < w->nodes && s->owns < AG_OWN_MAX; i++) {
		const struct node *n = &w->node[i];
		const struct ag_own base = {
			.rid = n->rid, .domain = n->domain, .class_code = n->class_code};
		struct ag_names names;
		struct ag_dir dir;

		if (!is_own_network(n) || !open_node(w, n, &dir))
			continue;
		if (!ag_names_read(dir.path, &names)) {
			s->owns += ag_classdev_own(dir.path, &names, &base, s->own + s->owns,
						   AG_OWN_MAX - s->owns);
			ag_names_done(&names);
		}
		ag_dir_close(&dir);
	}
}

/* Several functions behind one slot are a device, not one synthetic function. */
static void tell_devices(struct ag_scan *s)
{
	for (unsigned i = 0; i < s->fns; i++) {
		struct ag_place *p = &s->fn[i].place;

		for (unsigned k = 0; k < s->fns && p->way == AG_WAY_SYNTHETIC; k++)
			if (i != k && p->port == s->fn[k].place.port &&
			    p->bridge == s->fn[k].place.bridge)
				p->way = AG_WAY_DEVICE;
	}
}

static void tell_orphans(struct walk *w)
{
	struct ag_scan *s = &w->look->scan;

	for (unsigned i = 0; i < s->fns; i++) {
		const struct node *n = find(w, ADDR(s->fn[i].domain, s->fn[i].rid));

		s->fn[i].orphans = s->fn[i].pf && n && w->orphans[n->slot];
	}
}

static void read_all(struct walk *w, bool isolation)
{
	const struct ag_scan_config *cfg = w->cfg;
	struct ag_scan *s = &w->look->scan;
	char path[AG_PATH_MAX];

	s->vf_migration = ag_sysfs_path(&cfg->fs, path, "bus/pci") &&
			  ag_exists(path, "banyan_vf_migration");
	s->fn = mr_xcalloc(w->nodes + 1, sizeof(*s->fn));
	if (cfg->fs.real)
		w->n_verbs = ag_verbs_list(&ag_verbs_libibverbs, w->verbs, VERBS_MAX);
	ag_users_begin(&cfg->fs, cfg->manager, &w->users);
	find_roots(w);
	find_slots(w);
	if (isolation)
		find_isolation(w);
	w->orphans = mr_xcalloc(s->slots + 1, sizeof(*w->orphans));
	read_fns(w, false);
	read_fns(w, true);
	read_own(w);
	tell_devices(s);
	tell_orphans(w);
	ag_users_end(&w->users);
}

void ag_scan_run(const struct ag_scan_config *cfg, bool isolation, struct ag_look *ret)
{
	struct walk *w = MR_NEW(struct walk);
	char path[AG_PATH_MAX];

	*ret = (struct ag_look){.scan = {.failed = true}};
	w->cfg = cfg;
	w->look = ret;
	ag_read_line(cfg->boot_id, ret->boot_id, sizeof(ret->boot_id));
	if (ag_sysfs_path(&cfg->fs, path, "bus/pci/devices") &&
	    ag_dir_open(path, &w->devices)) {
		ret->scan.failed = read_nodes(w) != 0;
		ret->alive = w->nodes;
		if (!ret->scan.failed)
			read_all(w, isolation);
		ag_dir_close(&w->devices);
	}
	free(w->orphans);
	free(w->node);
	free(w->by_addr);
	free(w);
}

void ag_look_free(struct ag_look *l)
{
	free(l->scan.fn);
	free(l->scan.slot);
	free(l->scan.own);
	*l = (struct ag_look){0};
}
