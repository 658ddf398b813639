// SPDX-License-Identifier: Apache-2.0
/*
 * FUSE for the tables of face_tree.h: low-level API, its descriptor in the event loop, one
 * thread. Every read asks the model; the kernel remembers only what cannot change as long as
 * its folder is there: attributes, and entries that each folder of the kind has (face_lasts). A
 * path costs a question a component otherwise, and a scan is all paths. A write that takes the
 * kernel's time (sriov_numvfs, slot power, reset) acts at once and is answered by the world's
 * clock; a write to a hung blade waits until the blade goes on.
 */
#include "sim/face.h"

#define FUSE_USE_VERSION 35
#include <errno.h>
#include <fcntl.h>
#include <fuse_lowlevel.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/err.h"
#include "common/net/loop.h"
#include "common/os/log.h"
#include "common/xalloc.h"
#include "sim/face_tree.h"
#include "sim/model/blade.h"
#include "sim/mount.h"
#include "sim/world.h"

#define BURST	  64   /* requests served before the loop looks at others */
#define WRITE_MAX 8192 /* bytes of one write that are kept for later */
#define LASTING	  1e6  /* s that the kernel remembers what does not change */

/* A write whose answer, or whose doing, waits. */
struct parked {
	struct sim_face *face;
	fuse_req_t req;
	size_t len;
	uint64_t ino; /* of a write to a hung blade */
	size_t off;
	char *text; /* NULL: done, only the answer waits */
	struct parked *next, **prev;
};

struct sim_face {
	struct sim_world *world;
	struct fuse_session *session;
	struct mr_watch *watch;
	struct fuse_buf buf;
	struct parked *parked;
	struct listing *listing; /* folders that are open */
	void (*gone)(void *arg);
	void *gone_arg;
	bool mounted;
};

static struct sim_face *face_of(fuse_req_t req)
{
	return fuse_req_userdata(req);
}

static int open_ino(fuse_req_t req, fuse_ino_t ino, struct face_at *ret)
{
	return face_open(face_of(req)->world, ino, ret);
}

static void fill_stat(const struct face_at *at, struct stat *st)
{
	const struct face_row *row = at->dir == D_FILE ? face_row_of(at) : NULL;

	memset(st, 0, sizeof(*st));
	st->st_ino = face_ino(at);
	st->st_nlink = row ? 1 : 2;
	st->st_mode = !row ? S_IFDIR | 0755 : row->link ? S_IFLNK | 0777 : S_IFREG | row->mode;
	st->st_size = !row || row->link ? 0 : row->size ? (off_t)row->size(at) : 4096;
	st->st_blksize = 4096;
	st->st_uid = getuid();
	st->st_gid = getgid();
}

/* Sizes are asked for each time: that of 'config' is what the device answers. The root, too: so
 * a mount shows that its server is dead. */
static double attr_lasts(const struct face_at *at)
{
	bool asked = at->dir == D_FILE ? face_row_of(at)->size != NULL : at->dir == D_ROOT;

	return asked ? 0 : LASTING;
}

static void op_lookup(fuse_req_t req, fuse_ino_t parent, const char *name)
{
	struct fuse_entry_param e = {0};
	struct face_at dir, at;
	int r = open_ino(req, parent, &dir);

	if (!r)
		r = face_lookup(&dir, name, &at);
	if (r) {
		fuse_reply_err(req, -r);
		return;
	}
	fill_stat(&at, &e.attr);
	e.ino = e.attr.st_ino;
	e.attr_timeout = attr_lasts(&at);
	e.entry_timeout = face_lasts(&dir, &at) ? LASTING : 0;
	fuse_reply_entry(req, &e);
}

static void op_getattr(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct face_at at;
	struct stat st;
	int r = open_ino(req, ino, &at);

	(void)fi;
	if (r) {
		fuse_reply_err(req, -r);
		return;
	}
	fill_stat(&at, &st);
	fuse_reply_attr(req, &st, attr_lasts(&at));
}

/* Only a truncation that comes with opening for writing means anything here: nothing. */
static void op_setattr(fuse_req_t req, fuse_ino_t ino, struct stat *attr, int to_set,
		       struct fuse_file_info *fi)
{
	(void)attr;
	if (to_set & ~(FUSE_SET_ATTR_SIZE | FUSE_SET_ATTR_MTIME | FUSE_SET_ATTR_ATIME |
		       FUSE_SET_ATTR_MTIME_NOW | FUSE_SET_ATTR_ATIME_NOW | FUSE_SET_ATTR_CTIME))
		fuse_reply_err(req, EPERM);
	else
		op_getattr(req, ino, fi);
}

static void op_readlink(fuse_req_t req, fuse_ino_t ino)
{
	struct face_at at;
	struct mr_buf out = {0};
	int r = open_ino(req, ino, &at);

	if (!r && (at.dir != D_FILE || !face_row_of(&at)->link))
		r = -EINVAL;
	if (!r)
		r = face_readlink(&at, &out);
	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_readlink(req, mr_buf_text(&out));
	mr_buf_done(&out);
}

/* What a folder held when it was opened or rewound: who reads on while devices come and go gets
 * every entry once. Offsets count entries. */
struct listing {
	struct listed {
		struct stat st; /* inode and type */
		char name[FACE_NAME_MAX];
	} * entry;
	size_t n, cap;
	struct listing *next, **prev; /* all that are open */
};

static void list(struct listing *l, const struct face_at *at, const char *name)
{
	MR_GROW(l->entry, l->n, l->cap);
	fill_stat(at, &l->entry[l->n].st);
	mr_copy(l->entry[l->n++].name, FACE_NAME_MAX, name);
}

static int list_all(fuse_req_t req, fuse_ino_t ino, struct listing *l)
{
	struct face_cursor cur = {0};
	struct face_at dir, at;
	char name[FACE_NAME_MAX];
	int r = open_ino(req, ino, &dir);

	l->n = 0;
	if (r)
		return r;
	list(l, &dir, ".");
	list(l, &dir, "..");
	while (face_next(&dir, &cur, &at, name))
		list(l, &at, name);
	return 0;
}

static struct listing *listing_new(struct sim_face *f)
{
	struct listing *l = MR_NEW(struct listing);

	l->next = f->listing;
	l->prev = &f->listing;
	if (l->next)
		l->next->prev = &l->next;
	f->listing = l;
	return l;
}

static void listing_free(struct listing *l)
{
	*l->prev = l->next;
	if (l->next)
		l->next->prev = l->prev;
	free(l->entry);
	free(l);
}

static struct listing *listing_of(const struct fuse_file_info *fi)
{
	return (struct listing *)(uintptr_t)fi->fh;
}

static void op_opendir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct face_at dir;
	int r = open_ino(req, ino, &dir);

	if (r) {
		fuse_reply_err(req, -r);
		return;
	}
	fi->fh = (uintptr_t)listing_new(face_of(req));
	fuse_reply_open(req, fi);
}

static void op_releasedir(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	(void)ino;
	listing_free(listing_of(fi));
	fuse_reply_err(req, 0);
}

static void op_readdir(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		       struct fuse_file_info *fi)
{
	struct listing *l = listing_of(fi);
	char *buf = mr_xmalloc(size + 1);
	size_t used = 0;
	int r = off ? 0 : list_all(req, ino, l);

	for (size_t i = (size_t)off; !r && i < l->n; i++) {
		const struct listed *e = &l->entry[i];
		size_t need = fuse_add_direntry(req, buf + used, size - used, e->name, &e->st,
						(off_t)i + 1);

		if (need > size - used)
			break;
		used += need;
	}
	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_buf(req, buf, used);
	free(buf);
}

/* As kernfs: even root may not open for what the file cannot do. */
static void op_open(fuse_req_t req, fuse_ino_t ino, struct fuse_file_info *fi)
{
	struct face_at at;
	int r = open_ino(req, ino, &at), mode = fi->flags & O_ACCMODE;

	if (!r && at.dir != D_FILE)
		r = -EISDIR;
	if (!r && ((mode != O_RDONLY && !(face_row_of(&at)->mode & 0200)) ||
		   (mode != O_WRONLY && !(face_row_of(&at)->mode & 0444))))
		r = -EACCES;
	if (r) {
		fuse_reply_err(req, -r);
		return;
	}
	fi->direct_io = 1;
	fuse_reply_open(req, fi);
}

static void op_read(fuse_req_t req, fuse_ino_t ino, size_t size, off_t off,
		    struct fuse_file_info *fi)
{
	struct sim_face *f = face_of(req); /* an answered request is gone */
	struct mr_buf out = {0};
	struct face_at at;
	size_t from = 0;
	int r = open_ino(req, ino, &at);

	(void)fi;
	if (r == -ENOENT)
		r = -ENODEV; /* the device of an open file is gone */
	if (!r && face_row_of(&at)->read_at)
		r = face_row_of(&at)->read_at(&at, (size_t)off, size, &out);
	else if (!r) {
		r = face_row_of(&at)->read(&at, &out);
		from = (size_t)off < out.len ? (size_t)off : out.len;
	}
	if (r)
		fuse_reply_err(req, -r);
	else
		fuse_reply_buf(req, mr_buf_text(&out) + from,
			       out.len - from < size ? out.len - from : size);
	mr_buf_done(&out);
	sim_world_pump(f->world);
}

static struct parked *park(struct sim_face *f, fuse_req_t req, size_t len)
{
	struct parked *p = MR_NEW(struct parked);

	p->face = f;
	p->req = req;
	p->len = len;
	p->next = f->parked;
	p->prev = &f->parked;
	if (p->next)
		p->next->prev = &p->next;
	f->parked = p;
	return p;
}

static void unpark(struct parked *p)
{
	*p->prev = p->next;
	if (p->next)
		p->next->prev = p->prev;
	free(p->text);
	free(p);
}

static void on_due(void *arg)
{
	struct parked *p = arg;

	fuse_reply_write(p->req, p->len);
	unpark(p);
}

static void do_write(struct sim_face *f, fuse_req_t req, fuse_ino_t ino, const char *text,
		     size_t len, size_t off)
{
	struct face_at at;
	int64_t done = INT64_MIN;
	int r = face_open(f->world, ino, &at);

	if (r == -ENOENT)
		r = -ENODEV;
	if (!r)
		r = face_row_of(&at)->write(&at, text, len, off, &done);
	if (r)
		fuse_reply_err(req, -r);
	else if (done <= sim_world_now(f->world).mono_ns)
		fuse_reply_write(req, len);
	else
		sim_world_at(f->world, done, on_due, park(f, req, len));
	sim_world_pump(f->world);
}

static void op_write(fuse_req_t req, fuse_ino_t ino, const char *text, size_t len, off_t off,
		     struct fuse_file_info *fi)
{
	struct sim_face *f = face_of(req);
	struct face_at at;
	struct parked *p;

	(void)fi;
	if (len > WRITE_MAX) {
		fuse_reply_err(req, EFBIG);
		return;
	}
	if (open_ino(req, ino, &at) || !sim_blade_hung(at.blade)) {
		do_write(f, req, ino, text, len, (size_t)off);
		return;
	}
	p = park(f, req, len);
	p->ino = ino;
	p->off = (size_t)off;
	p->text = mr_xcalloc(1, len + 1);
	memcpy(p->text, text, len);
}

/* Carries out what was written while a blade hung, in the order of writing. */
void sim_face_resume(struct sim_face *f)
{
	for (;;) {
		struct parked *oldest = NULL;
		struct face_at at;

		for (struct parked *p = f->parked; p; p = p->next)
			if (p->text &&
			    (face_open(f->world, p->ino, &at) || !sim_blade_hung(at.blade)))
				oldest = p;
		if (!oldest)
			return;
		do_write(f, oldest->req, oldest->ino, oldest->text, oldest->len, oldest->off);
		unpark(oldest);
	}
}

static const struct fuse_lowlevel_ops ops = {
	.lookup = op_lookup,
	.getattr = op_getattr,
	.setattr = op_setattr,
	.readlink = op_readlink,
	.opendir = op_opendir,
	.readdir = op_readdir,
	.releasedir = op_releasedir,
	.open = op_open,
	.read = op_read,
	.write = op_write,
};

static void on_readable(void *arg)
{
	struct sim_face *f = arg;

	for (unsigned i = 0; i < BURST && !fuse_session_exited(f->session); i++) {
		int r = fuse_session_receive_buf(f->session, &f->buf);

		if (r == -EAGAIN || r == -EINTR)
			return;
		if (r <= 0) {
			fuse_session_exit(f->session);
			break;
		}
		fuse_session_process_buf(f->session, &f->buf);
	}
	if (fuse_session_exited(f->session) && f->gone) {
		mr_error("face", "the host face was unmounted by somebody else; stopping");
		f->gone(f->gone_arg);
		f->gone = NULL;
	}
}

static int start(struct sim_face *f, struct mr_loop *l, const char *dir, struct mr_err *err)
{
	char *root_argv[] = {"banyan-sim", "-o",
			     "fsname=banyan-sim,default_permissions,allow_other", NULL};
	char *user_argv[] = {"banyan-sim", "-o", "fsname=banyan-sim,default_permissions", NULL};
	struct fuse_args args = FUSE_ARGS_INIT(3, geteuid() ? user_argv : root_argv);
	int fd;

	f->session = fuse_session_new(&args, &ops, sizeof(ops), f);
	fuse_opt_free_args(&args);
	if (!f->session || fuse_session_mount(f->session, dir))
		return mr_err_set(err, -EIO, MR_REASON_INTERNAL,
				  "FUSE cannot mount at '%s'; expected /dev/fuse and the right "
				  "to mount",
				  dir);
	f->mounted = true;
	fd = fuse_session_fd(f->session);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	f->watch = mr_watch_new(l, fd, on_readable, f);
	return 0;
}

/* Mounts; see the header. */
int sim_face_new(struct mr_loop *l, struct sim_world *w, const char *dir,
		 void (*gone)(void *arg), void *arg, struct sim_face **ret, struct mr_err *err)
{
	struct sim_face *f;
	int r = sim_mount_prepare(dir, err);

	if (r)
		return r;
	f = MR_NEW(struct sim_face);
	f->world = w;
	f->gone = gone;
	f->gone_arg = arg;
	r = start(f, l, dir, err);
	if (r) {
		sim_face_free(f);
		return r;
	}
	*ret = f;
	return 0;
}

/* Answers what waits, then unmounts. */
void sim_face_free(struct sim_face *f)
{
	if (!f)
		return;
	while (f->parked) {
		fuse_reply_err(f->parked->req, EINTR);
		unpark(f->parked);
	}
	while (f->listing)
		listing_free(f->listing);
	if (f->watch)
		mr_watch_free(f->watch);
	if (f->mounted)
		fuse_session_unmount(f->session);
	if (f->session)
		fuse_session_destroy(f->session);
	free(f->buf.mem);
	free(f);
}
