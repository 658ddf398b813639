// SPDX-License-Identifier: Apache-2.0
/* get namespaces: what profiles own on drives, kept ones included. */
#include "fabric-manager/engine/state/asgs.h"
#include "fabric-manager/engine/view/view.h"
#include "fabric-manager/model/data.h"

/* Who has it attached: the function that is listed first stands for all. */
static void add_holders(struct fm_engine *e, const struct fm_rec_data *r, struct mr_tree *m)
{
	unsigned chassis = 0;
	const struct fm_adapter *d = fm_data_drive(&e->inv, r, &chassis);
	int vf = d ? fm_data_attached(d, r, FM_WHOLE) : -1;
	struct fm_fn_id id = {(uint16_t)chassis, d ? d->port : 0, r->pf, (uint16_t)vf};
	const struct fm_asg *a = vf >= 0 ? fm_asg_by_fn(e, id) : NULL;
	char text[FM_FN_TEXT];

	mr_tree_add_text(m, "attached", vf >= 0 ? fm_fn_text(&e->inv, id, text) : NULL);
	mr_tree_add_text(m, "host", a && a->a.host[0] ? a->a.host : NULL);
}

static void add_one(struct fm_engine *e, struct mr_tree *list, unsigned i)
{
	const struct fm_rec_data *r = &e->data[i];
	struct mr_tree *m = mr_tree_add_map(list, NULL);
	char text[32];

	mr_tree_add_fmt(m, "name", "%s/%s/%s", r->profile, r->device, r->name);
	mr_tree_add_text(m, "profile", r->profile);
	mr_tree_add_text(m, "device", r->device);
	mr_tree_add_text(m, "state", fm_data_state_name(r->state));
	mr_tree_add_text(m, "size", mr_size_text(r->size, text, sizeof(text)));
	mr_tree_add_text(m, "blockSize",
			 mr_size_text(UINT64_C(1) << r->block_shift, text, sizeof(text)));
	mr_tree_add_text(m, "sharing", r->shared ? "shared" : "exclusive");
	mr_tree_add_text(m, "onDelete", r->erase ? "erase" : "keep");
	mr_tree_add_fmt(m, "drive", "%s%s%s/pf%u", e->inv.n > 1 ? r->chassis : "",
			e->inv.n > 1 ? "/" : "", r->adapter, r->pf);
	mr_tree_add_text(m, "serial", r->serial);
	mr_tree_add_int(m, "nsid", r->index + 1);
	add_holders(e, r, m);
	mr_tree_add_text(m, "message", e->data_run[i].detail);
}

/* The list, by name. */
void fm_get_namespaces(struct fm_engine *e, struct mr_tree *list, const char *name)
{
	char text[3 * MR_NAME_MAX];

	for (unsigned i = 0; i < e->datas; i++) {
		const struct fm_rec_data *r = &e->data[i];

		mr_fmt(text, sizeof(text), "%s/%s/%s", r->profile, r->device, r->name);
		if (!name[0] || mr_streq(name, text))
			add_one(e, list, i);
	}
}
