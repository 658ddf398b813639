// SPDX-License-Identifier: Apache-2.0
/*
 * Walking the tables of the sysfs tree: places, names, look-ups, paths. Knows no file and no
 * FUSE.
 */
#include "sim/face_tree.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/ids.h"
#include "common/pci/regmap.h"
#include "common/xalloc.h"
#include "sim/model/blade.h"
#include "sim/world.h"

static const struct {
	const struct face_row *rows;
	const unsigned *count;
} tables[] = {
	{face_bus_rows, &face_bus_row_count},
	{face_dev_rows, &face_dev_row_count},
	{face_class_rows, &face_class_row_count},
	{face_nvme_rows, &face_nvme_row_count},
};

static const struct face_row *row_at(unsigned i)
{
	for (size_t t = 0; t < MR_ARRAY_SIZE(tables); t++) {
		if (i < *tables[t].count)
			return &tables[t].rows[i];
		i -= *tables[t].count;
	}
	return NULL;
}

/* The row of a file or link. */
const struct face_row *face_row_of(const struct face_at *at)
{
	return row_at(at->row);
}

/* Fields, from the low end: dir 6, row 10, vh 8, sub 12, rid 16, serial 12. */
uint64_t face_ino(const struct face_at *at)
{
	if (at->dir == D_ROOT)
		return 1;
	return (uint64_t)at->dir | (uint64_t)at->row << 6 | (uint64_t)at->vh << 16 |
	       (uint64_t)(at->sub & 0xfff) << 24 | (uint64_t)at->rid << 36 |
	       (uint64_t)(at->serial & 0xfff) << 52;
}

static bool has_dev(const struct face_at *at)
{
	return at->serial != 0;
}

/* The place that an inode names, as long as what it belongs to exists. */
int face_open(struct sim_world *w, uint64_t ino, struct face_at *ret)
{
	struct face_at at = {.world = w};

	if (ino == 1) {
		at.dir = D_ROOT;
		*ret = at;
		return 0;
	}
	at.dir = ino & 0x3f;
	at.row = ino >> 6 & 0x3ff;
	at.vh = ino >> 16 & 0xff;
	at.sub = ino >> 24 & 0xfff;
	at.rid = (uint16_t)(ino >> 36);
	at.serial = (uint16_t)(ino >> 52);
	at.blade = sim_world_blade(w, at.vh);
	if (!at.blade || at.dir >= D_COUNT || (at.dir == D_FILE && !row_at(at.row)))
		return -ENOENT;
	if (has_dev(&at)) {
		at.dev = sim_blade_find(at.blade, at.rid);
		if (!at.dev || (at.dev->serial & 0xfff) + 1 != at.serial)
			return -ENOENT;
	}
	*ret = at;
	return 0;
}

static void take_dev(struct face_at *at, const struct sim_dev *d)
{
	at->dev = d;
	at->rid = d->rid;
	at->serial = (uint16_t)((d->serial & 0xfff) + 1);
}

/* The class device's name if the device has one of class 'class'. */
static bool class_name_is(const struct sim_dev *d, const char *class, char *name)
{
	const char *has = sim_dev_class(d, name, FACE_NAME_MAX);

	if (has && mr_streq(class, "infiniband_verbs") && mr_streq(has, "infiniband")) {
		mr_fmt(name, FACE_NAME_MAX, "uverbs%u", d->index);
		return true;
	}
	return has && (mr_streq(has, class) ||
		       (mr_streq(class, "scsi_host") && mr_streq(has, "fc_host")));
}

/* Whether the row stands for devices of the whole server, not of one root or device. */
static bool of_server(enum face_each each)
{
	return each != EACH_CHILD && each != EACH_VIRTFN;
}

/* face_tree.h */
const struct sim_dev *face_dev(const struct face_at *at, unsigned n, struct face_at *ret)
{
	struct sim_blade *lead = sim_blade_lead(at->blade);

	for (unsigned r = 0; r < sim_blade_roots(lead); r++) {
		struct sim_blade *b = sim_blade_root(lead, r);

		if (n < sim_blade_devs(b)) {
			ret->blade = b;
			ret->vh = sim_blade_vh(b);
			return sim_blade_dev(b, n);
		}
		n -= sim_blade_devs(b);
	}
	return NULL;
}

/* face_tree.h */
bool face_find(const struct face_at *at, const char *address, struct face_at *ret)
{
	struct sim_blade *lead = sim_blade_lead(at->blade);
	const struct sim_dev *d;
	uint16_t domain, rid;

	if (mr_pci_parse(address, &domain, &rid, NULL) || domain >= sim_blade_roots(lead))
		return false;
	d = sim_blade_find(sim_blade_root(lead, domain), rid);
	*ret = *at;
	ret->blade = sim_blade_root(lead, domain);
	ret->vh = sim_blade_vh(ret->blade);
	if (d)
		take_dev(ret, d);
	return d;
}

/* face_tree.h */
const char *face_address(const struct face_at *at, uint16_t rid, char *buf)
{
	return mr_pci_text((uint16_t)sim_blade_domain(at->blade), rid, buf);
}

static bool dev_matches(const struct face_at *dir, const struct face_row *row,
			const struct face_at *at, const struct sim_dev *d, char *name)
{
	face_address(at, d->rid, name);
	switch (row->each) {
	case EACH_DEV:
		return true;
	case EACH_CHILD:
		return dir->dev ? d->parent == dir->dev->rid : d->parent < 0;
	case EACH_BOUND:
		return mr_streq(d->driver, sim_blade_driver(dir->sub));
	case EACH_IN_GROUP:
		return d->iommu_group == (int)dir->sub;
	case EACH_CLASS_DEV:
		return class_name_is(d, face_class_name(dir->sub), name);
	case EACH_VIRTFN:
		mr_fmt(name, FACE_NAME_MAX, row->name, d->virtfn);
		return d->is_virtfn && dir->dev && d->physfn == dir->dev->rid;
	case EACH_GROUP:
		mr_fmt(name, FACE_NAME_MAX, row->name, (unsigned)d->iommu_group);
		return d->iommu_group >= 0;
	default:
		return false;
	}
}

/* Of several devices in one group only the first stands for it. */
static bool first_of_group(const struct face_at *dir, unsigned n)
{
	struct face_at at;
	int g = face_dev(dir, n, &at)->iommu_group;

	for (unsigned i = 0; i < n; i++)
		if (face_dev(dir, i, &at)->iommu_group == g)
			return false;
	return true;
}

static bool next_dev(const struct face_at *dir, const struct face_row *row, unsigned *n,
		     struct face_at *ret, char *name)
{
	const struct sim_dev *d;

	while ((d = of_server(row->each) ? face_dev(dir, *n, ret)
					 : sim_blade_dev(dir->blade, *n))) {
		unsigned i = (*n)++;

		if (!dev_matches(dir, row, ret, d, name))
			continue;
		if (row->each == EACH_GROUP) {
			if (!first_of_group(dir, i))
				continue;
			ret->sub = (unsigned)d->iommu_group;
			ret->blade = dir->blade;
			ret->vh = dir->vh;
			return true;
		}
		if (row->each == EACH_VIRTFN) /* a link of the PF; the VF is its number */
			ret->sub = d->virtfn;
		else
			take_dev(ret, d);
		return true;
	}
	return false;
}

static bool slot_exists(const struct face_at *dir, unsigned slot)
{
	return sim_blade_find(dir->blade, (uint16_t)(2 << 8 | slot));
}

/* The n-th slot of the server. As in Linux the name of one that is there already gets a number
 * behind it. */
static bool slot_at(const struct face_at *dir, unsigned n, struct face_at *ret, char *name)
{
	struct sim_blade *lead = sim_blade_lead(dir->blade);
	unsigned same = 0, r = 0;

	for (; r < sim_blade_roots(lead); r++) {
		if (n < sim_blade_slots(sim_blade_root(lead, r)))
			break;
		n -= sim_blade_slots(sim_blade_root(lead, r));
	}
	ret->blade = sim_blade_root(lead, r);
	if (!ret->blade)
		return false;
	ret->vh = sim_blade_vh(ret->blade);
	ret->sub = n;
	while (r-- > 0)
		same += sim_blade_find(sim_blade_root(lead, r), (uint16_t)(2 << 8 | n)) != NULL;
	mr_fmt(name, FACE_NAME_MAX, same ? "%u-%u" : "%u", n, same);
	return true;
}

/* The n-th PCI domain. */
static bool domain_at(const struct face_at *dir, unsigned n, struct face_at *ret, char *name)
{
	ret->sub = dir->sub;
	ret->blade = sim_blade_root(sim_blade_lead(dir->blade), n);
	if (!ret->blade)
		return false;
	ret->vh = sim_blade_vh(ret->blade);
	mr_fmt(name, FACE_NAME_MAX, "pci%04x:00", n);
	return true;
}

/* The n-th instance of a row that is numbered; false past the end. */
static bool numbered(const struct face_at *dir, const struct face_row *row, unsigned n,
		     struct face_at *ret, char *name)
{
	ret->sub = n;
	switch (row->each) {
	case EACH_ONE:
		ret->sub = dir->sub;
		mr_copy(name, FACE_NAME_MAX, row->name);
		return n == 0;
	case EACH_DRIVER:
		mr_copy(name, FACE_NAME_MAX, sim_blade_driver(n) ? sim_blade_driver(n) : "");
		return sim_blade_driver(n);
	case EACH_SLOT:
		return slot_at(dir, n, ret, name);
	case EACH_DOMAIN:
		return domain_at(dir, n, ret, name);
	case EACH_BAR:
		mr_fmt(name, FACE_NAME_MAX, row->name, n);
		return n < 6;
	case EACH_VECTOR:
		mr_fmt(name, FACE_NAME_MAX, row->name, 32 + n);
		return n < 8;
	case EACH_OWN_CLASS:
		return n == 0 && dir->dev && sim_dev_class(dir->dev, name, FACE_NAME_MAX);
	case EACH_OWN_VERBS:
		if (dir->dev)
			mr_fmt(name, FACE_NAME_MAX, row->name, dir->dev->index);
		return n == 0 && dir->dev;
	case EACH_PKEY:
		mr_fmt(name, FACE_NAME_MAX, row->name, n);
		return n < MR_VF_PKEYS;
	case EACH_NS:
		return face_nvme_ns(dir, n, name);
	case EACH_SUBSYS:
		return face_nvme_subsys(dir, n, name);
	case EACH_CTRL: {
		struct face_at a;

		if (!face_nvme_ctrl(dir, n, &a, name))
			return false;
		ret->sub = dir->sub;
		ret->blade = a.blade;
		ret->vh = a.vh;
		take_dev(ret, a.dev);
		return true;
	}
	case EACH_CLASS:
		mr_copy(name, FACE_NAME_MAX, face_class_name(n) ? face_class_name(n) : "");
		return face_class_name(n);
	case EACH_BLADE:
		ret->vh = n + 1;
		ret->sub = 0;
		ret->blade = sim_world_blade(dir->world, n + 1);
		mr_copy(name, FACE_NAME_MAX, ret->blade ? sim_blade_name(ret->blade) : "");
		return n < sim_world_blades(dir->world);
	default:
		return false;
	}
}

static bool there(const struct face_row *row, const struct face_at *at)
{
	if (row->each == EACH_BLADE && (!at->blade || sim_blade_lead(at->blade) != at->blade))
		return false;
	if (row->each == EACH_SLOT && !slot_exists(at, at->sub))
		return false;
	return !row->has || row->has(at);
}

static bool is_dev_row(enum face_each each)
{
	return each == EACH_DEV || each == EACH_CHILD || each == EACH_BOUND ||
	       each == EACH_IN_GROUP || each == EACH_CLASS_DEV || each == EACH_VIRTFN ||
	       each == EACH_GROUP;
}

/* The next instance of one row in folder 'dir'; *n counts. */
static bool next_of_row(const struct face_at *dir, unsigned index, unsigned *n,
			struct face_at *ret, char *name)
{
	const struct face_row *row = row_at(index);

	for (;;) {
		*ret = *dir;
		ret->dir = row->dir;
		ret->row = row->dir == D_FILE ? index : 0;
		if (is_dev_row(row->each) ? !next_dev(dir, row, n, ret, name)
					  : !numbered(dir, row, (*n)++, ret, name))
			return false;
		if (there(row, ret))
			return true;
	}
}

/* The next entry of a folder. */
bool face_next(const struct face_at *dir, struct face_cursor *cur, struct face_at *ret,
	       char name[FACE_NAME_MAX])
{
	for (; row_at(cur->row); cur->row++, cur->n = 0)
		if (row_at(cur->row)->in == dir->dir &&
		    next_of_row(dir, cur->row, &cur->n, ret, name))
			return true;
	return false;
}

/* Rows whose entries are called by the address of a device: no need to walk them all. */
static bool is_named_by_bdf(enum face_each each)
{
	return each == EACH_DEV || each == EACH_CHILD || each == EACH_BOUND ||
	       each == EACH_IN_GROUP;
}

static bool lookup_bdf(const struct face_at *dir, unsigned index, const char *name,
		       struct face_at *ret)
{
	const struct face_row *row = row_at(index);
	char have[FACE_NAME_MAX];

	if (!face_find(dir, name, ret) || (!of_server(row->each) && ret->vh != dir->vh) ||
	    !dev_matches(dir, row, ret, ret->dev, have) || !mr_streq(have, name))
		return false;
	ret->dir = row->dir;
	ret->row = row->dir == D_FILE ? index : 0;
	return there(row, ret);
}

/* The entry of that name, or -ENOENT. Fixed names are compared without asking the blade. */
int face_lookup(const struct face_at *dir, const char *name, struct face_at *ret)
{
	char have[FACE_NAME_MAX];
	const struct face_row *row;

	for (unsigned i = 0; (row = row_at(i)); i++) {
		unsigned n = 0;

		if (row->in != dir->dir ||
		    (row->each == EACH_ONE && !mr_streq(row->name, name)))
			continue;
		if (is_named_by_bdf(row->each)) {
			if (lookup_bdf(dir, i, name, ret))
				return 0;
			continue;
		}
		while (next_of_row(dir, i, &n, ret, have))
			if (mr_streq(have, name))
				return 0;
	}
	return -ENOENT;
}

/* See the header. */
bool face_lasts(const struct face_at *dir, const struct face_at *at)
{
	const struct face_row *row;

	for (unsigned i = 0; (row = row_at(i)); i++)
		if (row->in == dir->dir &&
		    (at->dir == D_FILE ? i == at->row : row->dir == at->dir) &&
		    (row->has || (row->each != EACH_ONE && row->each != EACH_BLADE)))
			return false;
	return true;
}

/* Where a folder that holds links stands, inside its blade's tree. */
static void path_text(const struct face_at *dir, struct mr_buf *out)
{
	static const char *const fixed[D_COUNT] = {
		[D_PCI_DEVICES] = "/bus/pci/devices",
		[D_DRIVERS] = "/bus/pci/drivers",
		[D_PCI] = "/bus/pci",
	};
	char name[FACE_NAME_MAX];
	const char *class;

	if (fixed[dir->dir]) {
		mr_buf_puts(out, fixed[dir->dir]);
		return;
	}
	switch (dir->dir) {
	case D_DRIVER:
		mr_buf_printf(out, "/bus/pci/drivers/%s", sim_blade_driver(dir->sub));
		return;
	case D_CLASS_LIST:
		mr_buf_printf(out, "/class/%s", face_class_name(dir->sub));
		return;
	case D_GROUP_DEVICES:
		mr_buf_printf(out, "/kernel/iommu_groups/%u/devices", dir->sub);
		return;
	default:
		break;
	}
	if (dir->dir == D_SUBSYS)
		mr_buf_printf(out, "/devices/virtual/nvme-subsystem/nvme-subsys%u", dir->sub);
	if (!dir->dev || dir->dir == D_SUBSYS)
		return;
	sim_blade_devpath(dir->blade, dir->dev, out);
	class = sim_dev_class(dir->dev, name, sizeof(name));
	if (!class || dir->dir == D_DEV)
		return;
	if (dir->dir == D_VERBS)
		mr_buf_printf(out, "/infiniband_verbs/uverbs%u", dir->dev->index);
	else if (dir->dir == D_SCSI)
		mr_buf_printf(out, "/%s", name);
	else if (dir->dir == D_FC || dir->dir == D_SHOST)
		mr_buf_printf(out, "/%s/%s/%s", name,
			      dir->dir == D_FC ? "fc_host" : "scsi_host", name);
	else
		mr_buf_printf(out, "/%s/%s", class, name);
	if (dir->dir == D_NVME_NS && face_nvme_ns(dir, dir->sub, name))
		mr_buf_printf(out, "/%s", name);
}

/* The target of a link, relative to the folder that it is in. */
int face_readlink(const struct face_at *link, struct mr_buf *out)
{
	struct face_at dir = *link;
	struct mr_buf here = {0}, target = {0};
	const struct face_row *row = face_row_of(link);
	int r;

	dir.dir = row->in;
	path_text(&dir, &here);
	r = row->read(link, &target);
	for (size_t i = 0; !r && i < here.len; i++)
		if (here.data[i] == '/')
			mr_buf_puts(out, "../");
	if (!r)
		mr_buf_puts(out, target.data + 1);
	mr_buf_done(&here);
	mr_buf_done(&target);
	return r;
}

/* Walks a path from the root of the mount. */
int face_walk(struct sim_world *w, const char *path, struct face_at *ret)
{
	struct face_at at, dir;
	int r = face_open(w, 1, &at);

	while (!r && *path) {
		char name[FACE_NAME_MAX];
		size_t len = strcspn(path, "/");

		if (len >= sizeof(name))
			return -ENOENT;
		memcpy(name, path, len);
		name[len] = '\0';
		path += len + (path[len] == '/');
		dir = at;
		if (len)
			r = face_lookup(&dir, name, &at);
	}
	if (!r)
		*ret = at;
	return r;
}

/* The world's time. */
struct mr_now face_now(const struct face_at *at)
{
	return sim_world_now(at->world);
}

/* kstrtoul(text, 0): a number and at most a newline; -EINVAL for all that it refuses. */
int face_number(const char *text, size_t len, unsigned long *ret)
{
	char word[32], *end;

	if (len && text[len - 1] == '\n')
		len--;
	if (len >= sizeof(word))
		return -EINVAL;
	memcpy(word, text, len);
	word[len] = '\0';
	if (word[word[0] == '+'] < '0' || word[word[0] == '+'] > '9')
		return -EINVAL;
	*ret = strtoul(word, &end, 0);
	return *end ? -EINVAL : 0;
}

/* What was written, without the newline and blanks around it; cut at 'size'. */
void face_trim(const char *text, size_t len, char *ret, size_t size)
{
	while (len && (*text == ' ' || *text == '\n' || *text == '\t'))
		text++, len--;
	while (len && (text[len - 1] == ' ' || text[len - 1] == '\n' || text[len - 1] == '\0'))
		len--;
	if (len >= size)
		len = size - 1;
	memcpy(ret, text, len);
	ret[len] = '\0';
}
