/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The files, SQLite's methods on them, faults and the log. Sector size, and that a write leaves
 * the bytes beside it alone, are promised as SQLite's own VFS of Unix promises them; so is that
 * the first sync of a journal or WAL makes the folder durable.
 */
#include "tests/crash/disk.h"

#include <assert.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

#define FILES_MAX   16
#define SECTOR_SIZE 4096 /* SQLite's default on Unix */

struct inode {
	char name[32];	 /* "" = free, or deleted and still open */
	unsigned number; /* 0 = temporary: no business of the log */
	unsigned char *data;
	size_t size, cap;
	unsigned open;
	bool sync_dir; /* its next sync is one of the folder, too */
};

struct fault {
	unsigned count, after, times;
	int code;
};

static struct {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	struct inode inode[FILES_MAX];
	unsigned numbers;
	struct disk_log *log;
	struct fault fault[DISK_FAULTS];
	size_t capacity;
	bool hold, held;
} disk = {.lock = PTHREAD_MUTEX_INITIALIZER, .cond = PTHREAD_COND_INITIALIZER};

struct file {
	sqlite3_file base;
	struct inode *inode;
};

/* ---- under the lock ---- */

static struct disk_op *log_op(enum disk_op_kind kind, const struct inode *i)
{
	struct disk_log *l = disk.log;
	struct disk_op *op;

	if (!l || (i && !i->number))
		return NULL;
	MR_GROW(l->op, l->n, l->cap);
	op = &l->op[l->n++];
	*op = (struct disk_op){.kind = kind, .inode = i ? i->number : 0};
	if (i)
		mr_copy(op->name, sizeof(op->name), i->name);
	return op;
}

static struct inode *inode_find(const char *name)
{
	for (unsigned i = 0; i < FILES_MAX; i++)
		if (disk.inode[i].name[0] && mr_streq(disk.inode[i].name, name))
			return &disk.inode[i];
	return NULL;
}

static void inode_drop(struct inode *i)
{
	free(i->data);
	*i = (struct inode){0};
}

/* 'name' NULL: a temporary file. */
static struct inode *inode_new(const char *name)
{
	for (unsigned k = 0; k < FILES_MAX; k++) {
		struct inode *i = &disk.inode[k];

		if (i->name[0] || i->open)
			continue;
		if (name) {
			mr_copy(i->name, sizeof(i->name), name);
			i->number = ++disk.numbers;
			log_op(DISK_CREATE, i);
		}
		return i;
	}
	assert(!"too many files");
	return NULL;
}

static size_t used(void)
{
	size_t n = 0;

	for (unsigned i = 0; i < FILES_MAX; i++)
		n += disk.inode[i].size;
	return n;
}

static void inode_resize(struct inode *i, size_t size)
{
	if (size > i->cap) {
		i->cap = size + size / 2;
		i->data = mr_xrealloc(i->data, i->cap, 1);
	}
	if (size > i->size)
		memset(i->data + i->size, 0, size - i->size);
	i->size = size;
}

/* SQLITE_OK, or what this operation is to fail with. */
static int fault(enum disk_fault_kind kind)
{
	struct fault *f = &disk.fault[kind];

	f->count++;
	if (!f->times)
		return SQLITE_OK;
	if (f->after) {
		f->after--;
		return SQLITE_OK;
	}
	f->times--;
	return f->code;
}

static void wait_while_held(void)
{
	while (disk.hold) {
		disk.held = true;
		pthread_cond_broadcast(&disk.cond);
		pthread_cond_wait(&disk.cond, &disk.lock);
	}
	disk.held = false;
}

/* ---- SQLite's methods ---- */

static void enter(void)
{
	pthread_mutex_lock(&disk.lock);
}

static int leave(int rc)
{
	pthread_mutex_unlock(&disk.lock);
	return rc;
}

static int m_close(sqlite3_file *f)
{
	struct inode *i = ((struct file *)f)->inode;

	enter();
	if (!--i->open && !i->name[0])
		inode_drop(i);
	return leave(SQLITE_OK);
}

static int m_read(sqlite3_file *f, void *buf, int len, sqlite3_int64 off)
{
	struct inode *i = ((struct file *)f)->inode;
	size_t have;
	int rc;

	enter();
	rc = fault(DISK_FAULT_READ);
	if (rc)
		return leave(rc);
	have = (size_t)off < i->size ? i->size - (size_t)off : 0;
	if (have > (size_t)len)
		have = (size_t)len;
	if (have)
		memcpy(buf, i->data + off, have);
	memset((char *)buf + have, 0, (size_t)len - have);
	return leave(have == (size_t)len ? SQLITE_OK : SQLITE_IOERR_SHORT_READ);
}

static int m_write(sqlite3_file *f, const void *buf, int len, sqlite3_int64 off)
{
	struct inode *i = ((struct file *)f)->inode;
	size_t end = (size_t)off + (size_t)len;
	struct disk_op *op;
	int rc;

	enter();
	wait_while_held();
	rc = fault(DISK_FAULT_WRITE);
	if (!rc && end > i->size && used() + (end - i->size) > disk.capacity)
		rc = SQLITE_FULL;
	if (rc)
		return leave(rc);
	if (end > i->size)
		inode_resize(i, end);
	memcpy(i->data + off, buf, (size_t)len);
	op = log_op(DISK_WRITE, i);
	if (op) {
		op->off = (uint64_t)off;
		op->len = (size_t)len;
		op->data = mr_xmemdup(buf, (size_t)len);
	}
	return leave(SQLITE_OK);
}

static int m_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	struct inode *i = ((struct file *)f)->inode;
	struct disk_op *op;

	enter();
	inode_resize(i, (size_t)size);
	op = log_op(DISK_TRUNCATE, i);
	if (op)
		op->off = (uint64_t)size;
	return leave(SQLITE_OK);
}

static int m_sync(sqlite3_file *f, int flags)
{
	struct inode *i = ((struct file *)f)->inode;
	int rc;

	(void)flags;
	enter();
	rc = fault(DISK_FAULT_SYNC);
	if (rc)
		return leave(rc);
	log_op(DISK_SYNC, i);
	if (i->sync_dir)
		log_op(DISK_SYNC_DIR, i);
	i->sync_dir = false;
	return leave(SQLITE_OK);
}

static int m_size(sqlite3_file *f, sqlite3_int64 *ret)
{
	enter();
	*ret = (sqlite3_int64)((struct file *)f)->inode->size;
	return leave(SQLITE_OK);
}

static int m_lock(sqlite3_file *f, int level)
{
	(void)f, (void)level;
	return SQLITE_OK;
}

static int m_reserved(sqlite3_file *f, int *ret)
{
	(void)f;
	*ret = 0;
	return SQLITE_OK;
}

static int m_control(sqlite3_file *f, int op, void *arg)
{
	(void)f, (void)op, (void)arg;
	return SQLITE_NOTFOUND;
}

static int m_sector(sqlite3_file *f)
{
	(void)f;
	return SECTOR_SIZE;
}

static int m_characteristics(sqlite3_file *f)
{
	(void)f;
	return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods methods = {
	.iVersion = 1,
	.xClose = m_close,
	.xRead = m_read,
	.xWrite = m_write,
	.xTruncate = m_truncate,
	.xSync = m_sync,
	.xFileSize = m_size,
	.xLock = m_lock,
	.xUnlock = m_lock,
	.xCheckReservedLock = m_reserved,
	.xFileControl = m_control,
	.xSectorSize = m_sector,
	.xDeviceCharacteristics = m_characteristics,
};

static int v_open(sqlite3_vfs *v, const char *name, sqlite3_file *f, int flags, int *ret_flags)
{
	struct file *file = (struct file *)f;
	struct inode *i;

	(void)v;
	file->base.pMethods = NULL;
	enter();
	i = name ? inode_find(name) : NULL;
	if (!i && !(flags & SQLITE_OPEN_CREATE))
		return leave(SQLITE_CANTOPEN);
	if (!i) {
		i = inode_new(name);
		i->sync_dir = flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL);
	}
	i->open++;
	file->inode = i;
	file->base.pMethods = &methods;
	if (ret_flags)
		*ret_flags = flags;
	return leave(SQLITE_OK);
}

static int v_delete(sqlite3_vfs *v, const char *name, int sync_dir)
{
	struct inode *i;

	(void)v;
	enter();
	i = inode_find(name);
	if (!i)
		return leave(SQLITE_IOERR_DELETE_NOENT);
	log_op(DISK_DELETE, i);
	if (sync_dir)
		log_op(DISK_SYNC_DIR, i);
	i->name[0] = '\0';
	if (!i->open)
		inode_drop(i);
	return leave(SQLITE_OK);
}

static int v_access(sqlite3_vfs *v, const char *name, int flags, int *ret)
{
	(void)v, (void)flags;
	enter();
	*ret = inode_find(name) != NULL;
	return leave(SQLITE_OK);
}

static int v_full_path(sqlite3_vfs *v, const char *name, int size, char *ret)
{
	(void)v;
	return mr_copy(ret, (size_t)size, name) ? SQLITE_OK : SQLITE_CANTOPEN;
}

/* ---- for tests ---- */

void disk_register(void)
{
	static sqlite3_vfs vfs;

	vfs = *sqlite3_vfs_find(NULL); /* randomness, sleep and time stay as they are */
	vfs.iVersion = 2;
	vfs.szOsFile = sizeof(struct file);
	vfs.zName = "banyan-crash";
	vfs.pNext = NULL;
	vfs.xOpen = v_open;
	vfs.xDelete = v_delete;
	vfs.xAccess = v_access;
	vfs.xFullPathname = v_full_path;
	sqlite3_vfs_register(&vfs, 1);
	disk_reset();
}

void disk_reset(void)
{
	enter();
	for (unsigned i = 0; i < FILES_MAX; i++) {
		assert(!disk.inode[i].open);
		inode_drop(&disk.inode[i]);
	}
	memset(disk.fault, 0, sizeof(disk.fault));
	disk.numbers = 0;
	disk.capacity = SIZE_MAX;
	disk.log = NULL;
	leave(0);
}

void disk_put(const char *name, const void *data, size_t len)
{
	struct inode *i;

	enter();
	i = inode_new(name);
	inode_resize(i, len);
	if (len)
		memcpy(i->data, data, len);
	leave(0);
}

void disk_record(struct disk_log *l)
{
	enter();
	disk.log = l;
	leave(0);
}

void disk_mark(uint64_t number)
{
	struct disk_op *op;

	enter();
	op = log_op(DISK_MARK, NULL);
	if (op)
		op->off = number;
	leave(0);
}

void disk_log_done(struct disk_log *l)
{
	for (unsigned i = 0; i < l->n; i++)
		free(l->op[i].data);
	free(l->op);
	*l = (struct disk_log){0};
}

void disk_fail(enum disk_fault_kind kind, unsigned after, unsigned times, int code)
{
	enter();
	disk.fault[kind].after = after;
	disk.fault[kind].times = times;
	disk.fault[kind].code = code;
	leave(0);
}

unsigned disk_count(enum disk_fault_kind kind)
{
	unsigned n;

	enter();
	n = disk.fault[kind].count;
	leave(0);
	return n;
}

void disk_capacity(size_t bytes)
{
	enter();
	disk.capacity = bytes;
	leave(0);
}

size_t disk_used(void)
{
	size_t n;

	enter();
	n = used();
	leave(0);
	return n;
}

void disk_hold(void)
{
	enter();
	disk.hold = true;
	leave(0);
}

void disk_wait_held(void)
{
	enter();
	while (!disk.held)
		pthread_cond_wait(&disk.cond, &disk.lock);
	leave(0);
}

void disk_go(void)
{
	enter();
	disk.hold = disk.held = false;
	pthread_cond_broadcast(&disk.cond);
	leave(0);
}
