/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What libibverbs knows of the host's RDMA devices, behind a table so that tests can stand in
 * for it. Only for the running kernel's own sysfs.
 */
#ifndef AGENT_VERBS_H
#define AGENT_VERBS_H

#include <infiniband/verbs.h>
#include <stdbool.h>
#include <stdint.h>

struct ag_verbs_ops {
	struct ibv_device **(*list)(int *n);
	void (*free_list)(struct ibv_device **list);
	const char *(*name)(struct ibv_device *dev);
	uint64_t (*guid)(struct ibv_device *dev); /* big-endian, as the library has it */
};
extern const struct ag_verbs_ops ag_verbs_libibverbs;

struct ag_verbs_dev {
	char name[32];
	uint64_t node_guid;
};

/* At most 'max' devices into 'ret'; no RDMA in the kernel (ENOSYS) is none. */
unsigned ag_verbs_list(const struct ag_verbs_ops *ops, struct ag_verbs_dev *ret, unsigned max);

#endif
