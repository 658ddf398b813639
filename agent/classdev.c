/* SPDX-License-Identifier: Apache-2.0 */
/* Class devices as drivers make them below a function's folder. */
#include "agent/classdev.h"

#include <string.h>

#include "agent/core/core.h"
#include "agent/sysfs.h"
#include "common/xalloc.h"

uint64_t ag_hex_number(const char *text)
{
	uint64_t v = 0;
	unsigned digits = 0;

	if (text[0] == '0' && text[1] == 'x')
		text += 2;
	for (; *text; text++) {
		unsigned c = (unsigned char)*text, d;

		if (c == ':')
			continue;
		if (c >= '0' && c <= '9')
			d = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			d = (c | 0x20) - 'a' + 10;
		else
			return 0;
		if (++digits > 16)
			return 0;
		v = v << 4 | d;
	}
	return v;
}

static uint64_t hex_file(const char *dir, const char *name)
{
	char text[64];

	return ag_read_text(dir, name, text, sizeof(text)) ? ag_hex_number(text) : 0;
}

static bool says(const char *dir, const char *name, const char *want)
{
	char text[64];

	return ag_read_text(dir, name, text, sizeof(text)) && strstr(text, want);
}

static void read_net(const char *dir, struct ag_fn *f)
{
	int64_t carrier;

	f->ident0 = hex_file(dir, "address");
	f->link = ag_read_int(dir, "carrier", &carrier) && carrier == 1;
}

/* The first entries of a table that may be long. */
static void read_pkeys(const char *dir, struct ag_fn *f)
{
	char name[32];
	int64_t key;

	for (unsigned i = 0; i < AG_PKEYS_MAX; i++) {
		mr_fmt(name, sizeof(name), "ports/1/pkeys/%u", i);
		if (!ag_read_int(dir, name, &key))
			break;
		f->pkeys_told = true;
		if (key > 0 && key <= 0xffff)
			f->pkey[f->pkeys++] = (uint16_t)key;
	}
}

/* The port GUID is the second half of GID 0. */
static void read_ib(const char *dir, struct ag_fn *f)
{
	char gid[64];

	f->ident1 = hex_file(dir, "node_guid");
	if (ag_read_text(dir, "ports/1/gids/0", gid, sizeof(gid)) && strlen(gid) == 39)
		f->ident0 = ag_hex_number(gid + 20);
	f->link = says(dir, "ports/1/state", "ACTIVE");
	read_pkeys(dir, f);
}

static void read_nvme(const char *dir, struct ag_fn *f)
{
	f->link = says(dir, "state", "live");
}

static void read_fc(const char *dir, struct ag_fn *f)
{
	f->ident0 = hex_file(dir, "port_name");
	f->ident1 = hex_file(dir, "node_name");
	f->link = says(dir, "port_state", "Online");
}

static const struct {
	const char *folder; /* in the function's folder; fc_host stands in hostN */
	void (*read)(const char *dir, struct ag_fn *f);
} classes[] = {
	{"infiniband", read_ib}, /* before net: an HCA may have both */
	{"net", read_net},
	{"nvme", read_nvme},
};

static bool has(const struct ag_names *names, const char *name)
{
	for (unsigned i = 0; i < names->n; i++)
		if (mr_streq(names->name[i], name))
			return true;
	return false;
}

/* The first device in DIR/FOLDER; its folder in 'path'. */
static bool first_in(const char *dir, const char *folder, struct ag_fn *f, char *path)
{
	struct ag_names in;
	bool ok;

	if (!mr_fmt(path, AG_PATH_MAX, "%s/%s", dir, folder) || ag_names_read(path, &in))
		return false;
	ok = in.n && mr_copy(f->name, sizeof(f->name), in.name[0]) &&
	     mr_fmt(path, AG_PATH_MAX, "%s/%s/%s", dir, folder, in.name[0]);
	ag_names_done(&in);
	return ok;
}

static bool read_host(const char *dir, const char *host, struct ag_fn *f)
{
	char path[AG_PATH_MAX], in[64];

	if (strncmp(host, "host", 4) || !mr_fmt(in, sizeof(in), "%s/fc_host", host) ||
	    !first_in(dir, in, f, path))
		return false;
	read_fc(path, f);
	return true;
}

void ag_classdev_read(const char *dir, const struct ag_names *names, struct ag_fn *f)
{
	char path[AG_PATH_MAX];

	for (unsigned i = 0; i < MR_ARRAY_SIZE(classes); i++)
		if (has(names, classes[i].folder) &&
		    first_in(dir, classes[i].folder, f, path)) {
			classes[i].read(path, f);
			return;
		}
	for (unsigned i = 0; i < names->n; i++)
		if (read_host(dir, names->name[i], f))
			return;
}

/* ---- cards of the host's own ---- */

#define CLASS_ETHERNET 0x0200
#define CLASS_IB       0x0207
#define CLASS_FC       0x0c04

/* Every device in DIR/FOLDER; 'read' takes its identities. */
static unsigned each_in(const char *dir, const char *folder,
			void (*read)(const char *dir, struct ag_fn *f),
			const struct ag_own *base, struct ag_own *ret, unsigned most)
{
	char path[AG_PATH_MAX], each[AG_PATH_MAX];
	struct ag_names in;
	unsigned n = 0;

	if (!mr_fmt(path, sizeof(path), "%s/%s", dir, folder) || ag_names_read(path, &in))
		return 0;
	for (unsigned i = 0; i < in.n && n < most; i++) {
		struct ag_fn f = {.rid = 0};

		if (!mr_fmt(each, sizeof(each), "%s/%s", path, in.name[i]))
			continue;
		read(each, &f);
		ret[n] = *base;
		ret[n].ident0 = f.ident0;
		ret[n].ident1 = f.ident1;
		n += mr_copy(ret[n].name, sizeof(ret[n].name), in.name[i]) &&
		     (f.ident0 || f.ident1);
	}
	ag_names_done(&in);
	return n;
}

unsigned ag_classdev_own(const char *dir, const struct ag_names *names,
			 const struct ag_own *base, struct ag_own *ret, unsigned most)
{
	unsigned n = 0;
	char host[64];

	switch (base->class_code >> 8) {
	case CLASS_ETHERNET:
		return each_in(dir, "net", read_net, base, ret, most);
	case CLASS_IB:
		return each_in(dir, "infiniband", read_ib, base, ret, most);
	case CLASS_FC:
		for (unsigned i = 0; i < names->n; i++)
			if (mr_starts(names->name[i], "host") &&
			    mr_fmt(host, sizeof(host), "%s/fc_host", names->name[i]))
				n += each_in(dir, host, read_fc, base, ret + n, most - n);
		return n;
	default:
		return 0;
	}
}
