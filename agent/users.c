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

#define PROC_FILE_MAX (4u << 20)

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

/* Whether one process keeps 'path' open. */
static bool process_has(const char *pid, const char *path)
{
	char folder[64], to[128];
	struct ag_names fds;
	bool found = false;

	if (!mr_fmt(folder, sizeof(folder), "/proc/%s/fd", pid) || ag_names_read(folder, &fds))
		return false;
	for (unsigned i = 0; i < fds.n && !found; i++) {
		char link[96];
		ssize_t n = mr_fmt(link, sizeof(link), "%s/%s", folder, fds.name[i])
				    ? readlink(link, to, sizeof(to) - 1)
				    : -1;

		if (n > 0) {
			to[n] = '\0';
			found = mr_streq(to, path);
		}
	}
	ag_names_done(&fds);
	return found;
}

static void look_at_vfio(struct ag_fn *f)
{
	char path[64], who[64];
	struct ag_names pids;

	if (!mr_fmt(path, sizeof(path), "/dev/vfio/%d", f->iommu_group) ||
	    ag_names_read("/proc", &pids))
		return;
	for (unsigned i = 0; i < pids.n; i++)
		if (pids.name[i][0] >= '0' && pids.name[i][0] <= '9' &&
		    process_has(pids.name[i], path) &&
		    mr_fmt(who, sizeof(who), "process %s", pids.name[i]))
			used(f, "vfio group open in", who);
	ag_names_done(&pids);
}

void ag_users_read(const struct ag_sysfs *fs, const struct ag_users *u, const char *dir,
		   const struct ag_names *names, struct ag_fn *f)
{
	char path[AG_PATH_MAX];
	struct ag_names in;

	for (unsigned i = 0; i < names->n; i++) {
		if (mr_streq(names->name[i], "nvme"))
			look_at_nvme(u, dir, f);
		if (!mr_streq(names->name[i], "net") ||
		    !mr_fmt(path, sizeof(path), "%s/net", dir) || ag_names_read(path, &in))
			continue;
		for (unsigned k = 0; k < in.n; k++)
			look_at_net(u, dir, in.name[k], f);
		ag_names_done(&in);
	}
	if (fs->real && mr_streq(f->driver, "vfio-pci"))
		look_at_vfio(f);
}
