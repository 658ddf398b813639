// SPDX-License-Identifier: Apache-2.0
/* What is shown of the roots of hosts that have several. */
#include "fabric-manager/engine/chassis/damp.h"
#include "fabric-manager/engine/state/hosts.h"
#include "fabric-manager/engine/state/wanted.h"
#include "fabric-manager/engine/view/view.h"

/* "blade01/root1" of an assignment that is behind one root of several. */
void fm_tree_root(struct mr_tree *t, const struct fm_engine *e, const struct fm_asg *a)
{
	const struct fm_host_def *d = a && a->a.has_fn && a->a.place.way != FM_WAY_NONE
					      ? fm_host_def(e, a->a.host)
					      : NULL;
	char text[FM_ROOT_TEXT];

	if (d && d->roots > 1)
		mr_tree_add_text(t, "root",
				 fm_root_text(e, a->a.chassis, a->a.place.port, text));
}

const char *fm_access_name(enum mr_port_auth auth)
{
	static const char *const names[] = {"held", "authorised", "isolated"};

	return (size_t)auth < MR_ARRAY_SIZE(names) ? names[auth] : "?";
}

/* What the switch lets a host do at its port 'h'; of several roots the best one's, as the host
 * is as well as the best of them. NULL: it was not read. */
const char *fm_host_access(const struct fm_engine *e, const struct fm_host_def *d,
			   const struct fm_host *h)
{
	bool held = h && h->auth == MR_AUTH_HELD;

	for (unsigned r = 0; d && r < d->roots; r++) {
		const struct fm_host *root = fm_root_get(&e->inv, d, r);

		if (root && root->auth == MR_AUTH_AUTHORISED)
			return fm_access_name(root->auth);
		held |= root && root->auth == MR_AUTH_HELD;
	}
	return h ? fm_access_name(held ? MR_AUTH_HELD : h->auth) : NULL;
}

/* The list of a host's roots, where it has several. */
void fm_tree_roots(struct mr_tree *t, const struct fm_engine *e, const struct fm_host_def *d)
{
	const struct fm_hst *st = fm_host((struct fm_engine *)e, d->name, false);
	struct mr_tree *l;

	if (d->roots < 2)
		return;
	l = mr_tree_add_list(t, "roots");
	for (unsigned r = 0; r < d->roots; r++) {
		const struct fm_host *h = fm_root_get(&e->inv, d, r);
		struct mr_tree *m = mr_tree_add_map(l, NULL);
		const struct fm_asg *a;
		unsigned n = 0;

		FM_FOREACH_ASG(e, a)
		{
			n += a->a.has_fn && a->a.chassis == d->chassis &&
			     a->a.place.port == d->root[r] && mr_streq(a->a.host, d->name);
		}
		mr_tree_add_fmt(m, "name", "%s/root%u", d->name, r);
		mr_tree_add_int(m, "port", d->root[r]);
		mr_tree_add_text(m, "access", h ? fm_access_name(h->auth) : NULL);
		mr_tree_add_bool(m, "link", h && h->link);
		mr_tree_add_bool(m, "lost", st && st->lost >> r & 1);
		mr_tree_add_int(m, "assignments", n);
	}
}

/* Which of a host's links are missing while the host is up, for its conditions; false: none. */
bool fm_roots_missing(const struct fm_engine *e, const struct fm_host_def *d, char *ret,
		      size_t size)
{
	unsigned missing = 0;

	for (unsigned r = 0; d->roots > 1 && r < d->roots; r++) {
		const struct fm_host *h = fm_root_get(&e->inv, d, r);
		size_t n = missing ? strlen(ret) : 0;

		if (h && !h->link)
			mr_fmt(ret + n, size - n, "%s%u", missing++ ? ", " : "no link of root ",
			       r);
	}
	return missing;
}
