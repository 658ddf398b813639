// SPDX-License-Identifier: Apache-2.0
/*
 * `banyan validate`: the policy reader and its checks over files, without a manager. The
 * documents are taken as a complete set. `banyan schema`: the same language for editors.
 */
#include "common/err.h"
#include "common/str.h"
#include "common/tree.h"
#include "fabric-manager/cli/args.h"
#include "fabric-manager/cli/files.h"
#include "fabric-manager/cli/out.h"
#include "fabric-manager/cli/run.h"
#include "fabric-manager/policy/docs.h"

static struct mr_tree *result_tree(const struct fm_docs *set, const struct mr_diags *d)
{
	struct mr_tree *t = mr_tree_map(), *list;

	mr_tree_add_bool(t, "valid", !d->errors);
	mr_tree_add_int(t, "documents", set->n);
	list = mr_tree_add_list(t, "findings");
	for (unsigned i = 0; i < d->n; i++) {
		const struct mr_diag *f = &d->item[i];
		struct mr_tree *m = mr_tree_add_map(list, NULL);

		mr_tree_add_text(m, "severity",
				 f->severity == MR_SEV_WARNING ? "warning" : "error");
		mr_tree_add_text(m, "file", f->file);
		mr_tree_add_int(m, "line", f->line);
		mr_tree_add_int(m, "column", f->col);
		mr_tree_add_text(m, "path", f->path);
		mr_tree_add_text(m, "text", f->text);
	}
	return t;
}

static void show(const struct cli_args *a, const struct fm_docs *set, const struct mr_diags *d)
{
	struct mr_buf b = {0};

	cli_show_findings(d);
	if (cli_for_programs(a)) {
		struct mr_tree *t = result_tree(set, d);

		cli_put_tree(a, t);
		mr_tree_free(t);
	} else if (d->errors) {
		cli_say(a, "refused, %u error%s", d->errors, d->errors == 1 ? "" : "s");
	} else {
		mr_buf_printf(&b, "valid, %u document%s\n", set->n, set->n == 1 ? "" : "s");
		cli_put(&b);
	}
	mr_buf_done(&b);
}

int cli_run_validate(const struct cli_args *a)
{
	struct cli_files files;
	struct mr_diags diags = {0};
	struct fm_docs set = {0};
	struct mr_err err = {0};
	int code = FM_EXIT_FAILED;

	if (cli_files_read(a->path, a->paths, &files, &err) < 0) {
		cli_say(a, "%s", err.text);
		goto out;
	}
	for (unsigned i = 0; i < files.n; i++)
		fm_docs_read(&set, files.file[i].name, files.file[i].text, files.file[i].len,
			     &diags);
	if (!diags.errors)
		fm_docs_validate(&set, &diags);
	fm_diags_sort(&diags);
	show(a, &set, &diags);
	code = diags.errors ? FM_EXIT_FAILED : FM_EXIT_DONE;
out:
	fm_docs_done(&set);
	mr_diags_done(&diags);
	cli_files_done(&files);
	return code;
}

int cli_run_schema(const struct cli_args *a)
{
	struct mr_buf b = {0};

	(void)a;
	fm_policy_schema(&b);
	cli_put(&b);
	mr_buf_done(&b);
	return FM_EXIT_DONE;
}
