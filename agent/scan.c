/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The PCI tree of sysfs, read top down: bridges first, so that it is known which of them is the
 * upstream bridge of one of our roots (it has the VS identity), which are its downstream
 * bridges, and by which hot-plug slot the functions behind them are called. Functions that do
 * not stand behind a slot of ours are left out: they are the host's own business. Only PCI
 * domain 0 is looked at.
 *
 * A scan may meet a tree that changes under it: a file that is gone is a function that is gone,
 * and the uevent that tells so brings the next scan.
 */
#include "agent/scan.h"

#include <stdlib.h>
#include <string.h>

#include "agent/classdev.h"
#include "agent/users.h"
#include "agent/verbs.h"
#include "agent/vsid.h"
#include "common/xalloc.h"

#define CONFIG_BYTES 4096
#define NONE	     (-1)
#define VERBS_MAX    64

/* One entry of bus/pci/devices. */
struct node {
	uint16_t rid;
	unsigned depth;
	int parent; /* rid of the bridge above, NONE on a root bus */
	uint32_t class_code;
	int root; /* index of ours that it is or stands below, NONE */
	bool is_root;
	int slot; /* index into slots: itself a slot's bridge, or below one; NONE */
	int pf;	  /* VFs: rid of the PF */
	unsigned virtfn;
};

struct walk {
	const struct ag_scan_config *cfg;
	struct ag_look *look;
	struct node *node;
	unsigned nodes;
	int by_rid[65536];
	struct ag_verbs_dev verbs[VERBS_MAX];
	unsigned n_verbs;
	struct ag_users users;
};

static struct node *find(struct walk *w, int rid)
{
	return rid == NONE || w->by_rid[rid] == NONE ? NULL : &w->node[w->by_rid[rid]];
}

static bool is_bridge(const struct node *n)
{
	return n->class_code >> 8 == 0x0604;
}

static bool node_dir(const struct walk *w, uint16_t rid, char *path)
{
	char bdf[MR_BDF_TEXT];

	return ag_sysfs_path(&w->cfg->fs, path, "bus/pci/devices/%s", mr_bdf_text(rid, bdf));
}

/* Depth and parent are in the link: ../../../devices/pci0000:00/0000:00:01.0/0000:01:00.0 */
static bool read_place(const struct walk *w, const char *name, struct node *n)
{
	char path[AG_PATH_MAX], to[AG_PATH_MAX], *save, *part;
	uint16_t rid;

	if (!ag_sysfs_path(&w->cfg->fs, path, "bus/pci/devices/%s", name) ||
	    mr_bdf_parse(name, &n->rid, NULL) || ag_link_target(path, to, sizeof(to)) <= 0)
		return false;
	n->parent = n->pf = n->root = n->slot = NONE;
	for (part = strtok_r(to, "/", &save); part; part = strtok_r(NULL, "/", &save)) {
		if (mr_bdf_parse(part, &rid, NULL))
			continue;
		n->depth++;
		if (rid != n->rid)
			n->parent = rid;
	}
	return true;
}

static int by_depth(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	if (x->depth != y->depth)
		return x->depth < y->depth ? -1 : 1;
	return x->rid < y->rid ? -1 : x->rid > y->rid;
}

static int read_nodes(struct walk *w)
{
	char path[AG_PATH_MAX];
	struct ag_names names;
	int rc = ag_sysfs_path(&w->cfg->fs, path, "bus/pci/devices")
			 ? ag_names_read(path, &names)
			 : -1;

	if (rc)
		return rc;
	w->node = mr_xcalloc(names.n + 1, sizeof(*w->node));
	for (unsigned i = 0; i < names.n; i++) {
		struct node *n = &w->node[w->nodes];
		int64_t class_code;

		*n = (struct node){0};
		if (!read_place(w, names.name[i], n) || !node_dir(w, n->rid, path) ||
		    !ag_read_int(path, "class", &class_code))
			continue;
		n->class_code = (uint32_t)class_code & 0xffffff;
		w->nodes++;
	}
	ag_names_done(&names);
	qsort(w->node, w->nodes, sizeof(*w->node), by_depth);
	for (unsigned i = 0; i < 65536; i++)
		w->by_rid[i] = NONE;
	for (unsigned i = 0; i < w->nodes; i++)
		w->by_rid[w->node[i].rid] = (int)i;
	return 0;
}

/* Reads a bridge's configuration and keeps its VS identity if it has one. */
static bool take_root(struct walk *w, struct node *n)
{
	struct ag_scan *s = &w->look->scan;
	char dir[AG_PATH_MAX], path[AG_PATH_MAX];
	uint8_t config[CONFIG_BYTES];

	if (s->roots == AG_ROOTS_MAX || !node_dir(w, n->rid, dir) ||
	    !mr_fmt(path, sizeof(path), "%s/config", dir) ||
	    !ag_vsid_parse(config, ag_read_bytes(path, config, sizeof(config)),
			   &s->root[s->roots]))
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

		if (up)
			n->root = up->root;
		if (n->root == NONE && is_bridge(n))
			take_root(w, n);
	}
}

/* The downstream bridge of ours whose secondary bus a slot's address names. */
static struct node *bridge_of_bus(struct walk *w, unsigned bus)
{
	for (unsigned i = 0; i < w->nodes; i++) {
		struct node *n = &w->node[i];
		const struct node *up = find(w, n->parent);
		char dir[AG_PATH_MAX];
		int64_t secondary;

		if (is_bridge(n) && up && up->is_root && n->slot == NONE &&
		    node_dir(w, n->rid, dir) &&
		    ag_read_int(dir, "secondary_bus_number", &secondary) && secondary == bus)
			return n;
	}
	return NULL;
}

/* One of bus/pci/slots: "3", or "3-1" where two controllers have a slot 3. */
static void take_slot(struct walk *w, const char *name)
{
	struct ag_scan *s = &w->look->scan;
	char dir[AG_PATH_MAX], address[64];
	unsigned long number = strtoul(name, NULL, 10);
	struct node *n;
	int64_t power;
	uint16_t rid;

	if (number > 0xfffe || !ag_sysfs_path(&w->cfg->fs, dir, "bus/pci/slots/%s", name) ||
	    !ag_read_text(dir, "address", address, sizeof(address) - 3))
		return;
	memcpy(address + strlen(address), ".0", 3);
	n = mr_bdf_parse(address, &rid, NULL) ? NULL : bridge_of_bus(w, MR_RID_BUS(rid));
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
	char path[AG_PATH_MAX];
	struct ag_names names;

	if (!ag_sysfs_path(&w->cfg->fs, path, "bus/pci/slots") || ag_names_read(path, &names))
		return;
	w->look->scan.slot = mr_xcalloc(names.n + 1, sizeof(*w->look->scan.slot));
	for (unsigned i = 0; i < names.n; i++)
		take_slot(w, names.name[i]);
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
		uint16_t rid;

		if (!mr_starts(names->name[i], "virtfn") ||
		    !ag_read_link(dir, names->name[i], to, sizeof(to)) ||
		    mr_bdf_parse(to, &rid, NULL))
			continue;
		vf = find(w, rid);
		if (!vf)
			continue;
		vf->pf = pf->rid;
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

		if (pf->pf && pf->rid == n->pf && pf->vf_migration) {
			f->place = pf->place;
			f->place.slot = (uint16_t)(n->virtfn + 1);
			return;
		}
	}
}

/* One pass over the functions: PFs and plain ones first, VFs need what that pass noted. */
static void read_fns(struct walk *w, bool vfs)
{
	struct ag_scan *s = &w->look->scan;

	for (unsigned i = 0; i < w->nodes; i++) {
		struct node *n = &w->node[i];
		struct ag_fn *f = &s->fn[s->fns];
		char dir[AG_PATH_MAX];
		struct ag_names names;
		bool is_vf;

		if (n->slot == NONE || is_bridge(n) || !node_dir(w, n->rid, dir) ||
		    (vfs && n->pf == NONE) || ag_names_read(dir, &names))
			continue;
		is_vf = listed(&names, "physfn");
		if (is_vf == vfs) {
			*f = (struct ag_fn){0};
			read_fn(w, n, dir, &names, f);
			if (f->pf)
				note_vfs(w, n, dir, &names);
			if (vfs)
				put_vf_place(s, n, f);
			else
				put_place(w, n, f);
			s->fns++;
		}
		ag_names_done(&names);
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

void ag_scan_run(const struct ag_scan_config *cfg, struct ag_look *ret)
{
	struct walk *w = MR_NEW(struct walk);
	char path[AG_PATH_MAX];

	*ret = (struct ag_look){0};
	w->cfg = cfg;
	w->look = ret;
	ag_read_line(cfg->boot_id, ret->boot_id, sizeof(ret->boot_id));
	ret->scan.failed = read_nodes(w) != 0;
	ret->alive = w->nodes;
	if (!ret->scan.failed) {
		ret->scan.vf_migration = ag_sysfs_path(&cfg->fs, path, "bus/pci") &&
					 ag_exists(path, "banyan_vf_migration");
		ret->scan.fn = mr_xcalloc(w->nodes + 1, sizeof(*ret->scan.fn));
		if (cfg->fs.real)
			w->n_verbs = ag_verbs_list(&ag_verbs_libibverbs, w->verbs, VERBS_MAX);
		ag_users_begin(&cfg->fs, cfg->manager, &w->users);
		find_roots(w);
		find_slots(w);
		read_fns(w, false);
		read_fns(w, true);
		tell_devices(&ret->scan);
		ag_users_end(&w->users);
	}
	free(w->node);
	free(w);
}

void ag_look_free(struct ag_look *l)
{
	free(l->scan.fn);
	free(l->scan.slot);
	*l = (struct ag_look){0};
}
