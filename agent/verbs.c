/* SPDX-License-Identifier: Apache-2.0 */
/* The list of RDMA devices, from libibverbs. */
#include "agent/verbs.h"

#include <endian.h>

#include "common/str.h"

static uint64_t guid(struct ibv_device *dev)
{
	return ibv_get_device_guid(dev);
}

const struct ag_verbs_ops ag_verbs_libibverbs = {ibv_get_device_list, ibv_free_device_list,
						 ibv_get_device_name, guid};

unsigned ag_verbs_list(const struct ag_verbs_ops *ops, struct ag_verbs_dev *ret, unsigned max)
{
	int n = 0;
	unsigned used = 0;
	struct ibv_device **list = ops->list(&n);

	if (!list)
		return 0;
	for (int i = 0; i < n && used < max; i++) {
		const char *name = ops->name(list[i]);

		if (!name || !mr_copy(ret[used].name, sizeof(ret[used].name), name))
			continue;
		ret[used++].node_guid = be64toh(ops->guid(list[i]));
	}
	ops->free_list(list);
	return used;
}
