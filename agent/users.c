/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Users of functions. A net device is used by its master (bridge, bond, team, OVS) or by what
 * stands on top of it (upper_*); a block device by holders (md, dm), mounts and swap; a vfio
 * group by whoever keeps it open.
 */
#include "agent/users.h"

#include <ifaddrs.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/core/core.h"
#include "common/net/addr.h"
#include "common/os/clock.h"
#include "common/xalloc.h"

#define PROC_FILE_MAX (4u << 20)
#define OPENS_MAX     4096

/* A device file that a process keeps open. */
struct ag_open {
	char path[64];
	char pid[16];
};

static char *slurp(const char *path)
{
	unsigned long len;
	char *text;

	return mr_file_read(path, PROC_FILE_MAX, &text, &len, NULL) ? NULL : text;
}

static bool same_address(const struct sockaddr *a, const struct sockaddr *b)
{
	if (!a || a->sa_family != b->sa_family)
		return false;
	if (a->sa_family == AF_INET)
		return ((const struct sockaddr_in *)a)->sin_addr.s_addr ==
		       ((const struct sockaddr_in *)b)->sin_addr.s_addr;
	return a->sa_family == AF_INET6 &&
	       !memcmp(&((const struct sockaddr_in6 *)a)->sin6_addr,
		       &((const struct sockaddr_in6 *)b)->sin6_addr, sizeof(struct in6_addr));
}

static void interface_of(const struct sockaddr *local, char *ret, size_t size)
{
	struct ifaddrs *all, *i;

	if (getifaddrs(&all))
		return;
	for (i = all; i; i = i->ifa_next)
		if (same_address(i->ifa_addr, local))
			mr_copy(ret, size, i->ifa_name);
	freeifaddrs(all);
}

/* A datagram socket that is connected, and sends nothing, shows the kernel's route. */
static void own_interface(const char *manager, char *ret, size_t size)
{
	struct sockaddr_storage to, local;
	socklen_t to_len = sizeof(to), len = sizeof(local);
	struct mr_addr a;
	int fd;

	if (mr_addr_parse(manager, &a, NULL) || a.is_unix ||
	    mr_addr_resolve(&a, false, &to, &to_len, NULL))
		return;
	fd = socket(to.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (!connect(fd, (struct sockaddr *)&to, to_len) &&
	    !getsockname(fd, (struct sockaddr *)&local, &len))
		interface_of((struct sockaddr *)&local, ret, size);
	close(fd);
}

void ag_users_begin(const struct ag_sysfs *fs, const char *manager, struct ag_users *ret)
{
	*ret = (struct ag_users){0};
	if (!fs->real)
		return;
	ret->mounts = slurp("/proc/self/mountinfo");
	ret->swaps = slurp("/proc/swaps");
	own_interface(manager, ret->interface, sizeof(ret->interface));
}

/* Frees what was looked up. */
void ag_users_end(struct ag_users *u)
{
	free(u->mounts);
	free(u->swaps);
	free(u->open);
	*u = (struct ag_users){0};
}

static void used(struct ag_fn *f, const char *what, const char *who)
{
	if (!f->users[0])
		mr_fmt(f->users, sizeof(f->users), "%s %s", what, who);
}

static void look_at_net(const struct ag_users *u, const char *dir, const char *ifname,
			struct ag_fn *f)
{
	char path[AG_PATH_MAX], master[64];
	struct ag_names in;

	if (u->interface[0] && mr_streq(ifname, u->interface)) {
		f->carries_agent = true;
		used(f, "route of the agent over", ifname);
	}
	if (!mr_fmt(path, sizeof(path), "%s/net/%s", dir, ifname))
		return;
	if (ag_read_link(path, "master", master, sizeof(master))) {
		used(f, "member of", master);
		if (u->interface[0] && mr_streq(master, u->interface))
			f->carries_agent = true;
	}
	if (ag_names_read(path, &in))
		return;
	for (unsigned i = 0; i < in.n; i++)
		if (mr_starts(in.name[i], "upper_"))
			used(f, "below", in.name[i] + 6);
	ag_names_done(&in);
}

/* "... MAJOR:MINOR ROOT MOUNTPOINT ..." of mountinfo: the mount point of a block device. */
static bool mounted(const char *mounts, const char *number, char *where, size_t size)
{
	char key[40];
	const char *at;

	if (!mounts || !mr_fmt(key, sizeof(key), " %s ", number))
		return false;
	at = strstr(mounts, key);
	if (!at)
		return false;
	at = strchr(at + strlen(key), ' '); /* over the root within the file system */
	if (!at)
		return false;
	mr_fmt(where, size, "%.*s", (int)strcspn(at + 1, " "), at + 1);
	return true;
}

static bool swapped(const char *swaps, const char *block)
{
	char key[80];

	return swaps && mr_fmt(key, sizeof(key), "/dev/%s ", block) && strstr(swaps, key);
}

/* One block device or partition. */
static void look_at_block(const struct ag_users *u, const char *path, const char *block,
			  struct ag_fn *f)
{
	char number[32], where[64], holders[AG_PATH_MAX];
	struct ag_names in;

	if (ag_read_text(path, "dev", number, sizeof(number)) &&
	    mounted(u->mounts, number, where, sizeof(where)))
		used(f, "mounted on", where);
	if (swapped(u->swaps, block))
		used(f, "swap on", block);
	if (!mr_fmt(holders, sizeof(holders), "%s/holders", path) ||
	    ag_names_read(holders, &in))
		return;
	if (in.n)
		used(f, "held by", in.name[0]);
	ag_names_done(&in);
}

static void look_at_partitions(const struct ag_users *u, const char *path, const char *block,
			       struct ag_fn *f)
{
	char part[AG_PATH_MAX];
	struct ag_names in;

	look_at_block(u, path, block, f);
	if (ag_names_read(path, &in))
		return;
	for (unsigned i = 0; i < in.n; i++)
		if (mr_starts(in.name[i], block) &&
		    mr_fmt(part, sizeof(part), "%s/%s", path, in.name[i]))
			look_at_block(u, part, in.name[i], f);
	ag_names_done(&in);
}

/* Namespaces stand in the controller's folder: nvme/nvme1/nvme1n1. */
static void look_at_nvme(const struct ag_users *u, const char *dir, struct ag_fn *f)
{
	char path[AG_PATH_MAX], block[AG_PATH_MAX];
	struct ag_names in;

	if (!mr_fmt(path, sizeof(path), "%s/nvme/%s", dir, f->name) || ag_names_read(path, &in))
		return;
	for (unsigned i = 0; i < in.n; i++)
		if (mr_starts(in.name[i], f->name) &&
		    mr_fmt(block, sizeof(block), "%s/%s", path, in.name[i]))
			look_at_partitions(u, block, in.name[i], f);
	ag_names_done(&in);
}

/* Device files of one process that could be a function's. */
static void note_opens(struct ag_users *u, const char *pid)
{
	char folder[64], link[96], to[128];
	struct ag_names fds;

	if (!mr_fmt(folder, sizeof(folder), "/proc/%s/fd", pid) || ag_names_read(folder, &fds))
		return;
	for (unsigned i = 0; i < fds.n && u->opens < OPENS_MAX; i++) {
		struct ag_open o;

		if (!mr_fmt(link, sizeof(link), "%s/%s", folder, fds.name[i]) ||
		    ag_link_target(link, to, sizeof(to)) <= 0 ||
		    (!mr_starts(to, "/dev/vfio/") && !mr_starts(to, "/dev/infiniband/")) ||
		    !mr_copy(o.path, sizeof(o.path), to) || !mr_copy(o.pid, sizeof(o.pid), pid))
			continue;
		MR_GROW(u->open, u->opens, u->opens_cap);
		u->open[u->opens++] = o;
	}
	ag_names_done(&fds);
}

/* Once a scan, and only if there is a function that may be used that way. */
static void look_at_processes(struct ag_users *u)
{
	struct ag_names pids;

	if (u->looked_at_processes)
		return;
	u->looked_at_processes = true;
	if (ag_names_read("/proc", &pids))
		return;
	for (unsigned i = 0; i < pids.n; i++)
		if (pids.name[i][0] >= '0' && pids.name[i][0] <= '9')
			note_opens(u, pids.name[i]);
	ag_names_done(&pids);
}

static void look_at_file(struct ag_users *u, const char *path, struct ag_fn *f)
{
	char who[96];

	look_at_processes(u);
	for (unsigned i = 0; i < u->opens; i++)
		if (mr_streq(u->open[i].path, path) &&
		    mr_fmt(who, sizeof(who), "process %s (%s)", u->open[i].pid, path))
			used(f, "open in", who);
}

static void look_at_verbs(struct ag_users *u, const char *dir, struct ag_fn *f)
{
	char path[AG_PATH_MAX];
	struct ag_names in;

	if (!mr_fmt(path, sizeof(path), "%s/infiniband_verbs", dir) || ag_names_read(path, &in))
		return;
	for (unsigned i = 0; i < in.n; i++)
		if (mr_fmt(path, sizeof(path), "/dev/infiniband/%s", in.name[i]))
			look_at_file(u, path, f);
	ag_names_done(&in);
}

static void look_at_nets(const struct ag_users *u, const char *dir, struct ag_fn *f)
{
	char path[AG_PATH_MAX];
	struct ag_names in;

	if (!mr_fmt(path, sizeof(path), "%s/net", dir) || ag_names_read(path, &in))
		return;
	for (unsigned i = 0; i < in.n; i++)
		look_at_net(u, dir, in.name[i], f);
	ag_names_done(&in);
}

void ag_users_read(const struct ag_sysfs *fs, struct ag_users *u, const char *dir,
		   const struct ag_names *names, struct ag_fn *f)
{
	char group[64];

	for (unsigned i = 0; i < names->n; i++) {
		if (mr_streq(names->name[i], "nvme"))
			look_at_nvme(u, dir, f);
		else if (mr_streq(names->name[i], "net"))
			look_at_nets(u, dir, f);
		else if (fs->real && mr_streq(names->name[i], "infiniband_verbs"))
			look_at_verbs(u, dir, f);
	}
	if (fs->real && mr_streq(f->driver, "vfio-pci") &&
	    mr_fmt(group, sizeof(group), "/dev/vfio/%d", f->iommu_group))
		look_at_file(u, group, f);
}
