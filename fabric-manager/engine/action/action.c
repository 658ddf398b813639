// SPDX-License-Identifier: Apache-2.0
/*
 * Frees what actions own.
 */
#include "fabric-manager/engine/action/action.h"

#include <stdlib.h>

#include "common/tree.h"

/* Frees what an action owns. */
void fm_action_done(struct fm_action *a)
{
	fm_changes_done(&a->changes);
	mr_tree_free(a->tree);
	if (a->diags)
		mr_diags_done(a->diags);
	free(a->diags);
	free(a->text);
	fm_search_job_free(a->job);
	a->job = NULL;
	a->tree = NULL;
	a->diags = NULL;
	a->text = NULL;
}

/* Frees the actions and what they own; 'a' is empty afterwards. */
void fm_actions_done(struct fm_actions *a)
{
	for (unsigned i = 0; i < a->n; i++)
		fm_action_done(&a->item[i]);
	free(a->item);
	*a = (struct fm_actions){0};
}
