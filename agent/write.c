/* SPDX-License-Identifier: Apache-2.0 */
/* Table of writes: path, text, read back. */
#include "agent/write.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "agent/hooks.h"
#include "common/xalloc.h"

/* One write() of the whole text, as sysfs wants it. */
static int put(const char *path, const void *text, size_t len, off_t at)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), rc = 0;
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = at ? pwrite(fd, text, len, at) : write(fd, text, len);
	if (n < 0)
		rc = -errno;
	else if ((size_t)n != len)
		rc = -EIO;
	close(fd);
	return rc;
}

static int put_text(const char *path, const char *text)
{
	return put(path, text, strlen(text), 0);
}

/* ROOT/bus/pci/devices/BDF/NAME. */
static bool fn_path(const struct ag_write_config *cfg, const struct ag_action *a,
		    const char *name, char *path)
{
	char bdf[MR_BDF_TEXT];

	return ag_sysfs_path(&cfg->fs, path, "bus/pci/devices/%s/%s",
			     mr_pci_text(a->domain, a->rid, bdf), name);
}

/* To the driver that is bound now; none is fine. */
static int unbind(const struct ag_write_config *cfg, const struct ag_action *a,
		  uint32_t *ret_value)
{
	char path[AG_PATH_MAX], driver[64], bdf[MR_BDF_TEXT];

	(void)ret_value;
	mr_pci_text(a->domain, a->rid, bdf);
	if (!ag_sysfs_path(&cfg->fs, path, "bus/pci/devices/%s", bdf))
		return -ENAMETOOLONG;
	if (!ag_read_link(path, "driver", driver, sizeof(driver)))
		return 0;
	if (!ag_sysfs_path(&cfg->fs, path, "bus/pci/drivers/%s/unbind", driver))
		return -ENAMETOOLONG;
	return put_text(path, bdf);
}

static int override(const struct ag_write_config *cfg, const struct ag_action *a,
		    uint32_t *ret_value)
{
	char path[AG_PATH_MAX];

	(void)ret_value;
	if (!fn_path(cfg, a, "driver_override", path))
		return -ENAMETOOLONG;
	return put_text(path, a->text[0] ? a->text : "\n");
}

/* The PF's sriov_drivers_autoprobe if 'a' is a VF and the file reads 0. */
static bool closed_autoprobe(const struct ag_write_config *cfg, const struct ag_action *a,
			     char *path)
{
	int64_t on;

	return fn_path(cfg, a, "physfn", path) &&
	       ag_read_int(path, "sriov_drivers_autoprobe", &on) && !on &&
	       fn_path(cfg, a, "physfn/sriov_drivers_autoprobe", path);
}

/* Linux binds a VF only while its PF's autoprobe is on, or to the driver of an override. */
static int probe(const struct ag_write_config *cfg, const struct ag_action *a,
		 uint32_t *ret_value)
{
	char path[AG_PATH_MAX], autoprobe_path[AG_PATH_MAX], bdf[MR_BDF_TEXT];
	bool closed = closed_autoprobe(cfg, a, autoprobe_path);
	int rc;

	(void)ret_value;
	if (!ag_sysfs_path(&cfg->fs, path, "bus/pci/drivers_probe"))
		return -ENAMETOOLONG;
	if (closed)
		put_text(autoprobe_path, "1");
	rc = put_text(path, mr_pci_text(a->domain, a->rid, bdf));
	if (closed)
		put_text(autoprobe_path, "0");
	return rc;
}

static int reset(const struct ag_write_config *cfg, const struct ag_action *a,
		 uint32_t *ret_value)
{
	char path[AG_PATH_MAX];

	(void)ret_value;
	return fn_path(cfg, a, "reset", path) ? put_text(path, "1") : -ENAMETOOLONG;
}

static int autoprobe(const struct ag_write_config *cfg, const struct ag_action *a,
		     uint32_t *ret_value)
{
	char path[AG_PATH_MAX];

	(void)ret_value;
	return fn_path(cfg, a, "sriov_drivers_autoprobe", path)
		       ? put_text(path, a->value ? "1" : "0")
		       : -ENAMETOOLONG;
}

/* Reads first and skips what is so already: a redundant write is EBUSY on some drivers. */
static int numvfs(const struct ag_write_config *cfg, const struct ag_action *a,
		  uint32_t *ret_value)
{
	char path[AG_PATH_MAX], text[16];
	int64_t is;
	int rc;

	if (!fn_path(cfg, a, "", path))
		return -ENAMETOOLONG;
	if (ag_read_int(path, "sriov_numvfs", &is) && is == a->value) {
		*ret_value = a->value;
		return 0;
	}
	mr_fmt(text, sizeof(text), "%u", a->value);
	if (!fn_path(cfg, a, "sriov_numvfs", path))
		return -ENAMETOOLONG;
	rc = put_text(path, text);
	if (!rc && fn_path(cfg, a, "", path) && ag_read_int(path, "sriov_numvfs", &is))
		*ret_value = (uint32_t)is;
	return rc;
}

/* One byte of the State Array; the array drops what is not legal, so it is read back. */
static int vf_state(const struct ag_write_config *cfg, const struct ag_action *a,
		    uint32_t *ret_value)
{
	uint8_t v = (uint8_t)a->value;
	char path[AG_PATH_MAX];
	int fd, rc = 0;

	if (!a->place.slot)
		return -EINVAL;
	if (!fn_path(cfg, a, "vf_migration_state", path))
		return -ENAMETOOLONG;
	fd = open(path, (a->value == AG_VF_STATE_READ ? O_RDONLY : O_RDWR) | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? -EOPNOTSUPP : -errno;
	if (a->value != AG_VF_STATE_READ && pwrite(fd, &v, 1, a->place.slot - 1) != 1)
		rc = errno ? -errno : -EIO;
	else if (pread(fd, &v, 1, a->place.slot - 1) != 1)
		rc = errno ? -errno : -EIO;
	else
		*ret_value = v;
	close(fd);
	return rc;
}

/* The scan said what the host calls the slot. */
static int slot_power(const struct ag_write_config *cfg, const struct ag_action *a,
		      uint32_t *ret_value)
{
	char path[AG_PATH_MAX];

	(void)ret_value;
	if (!a->text[0] || strchr(a->text, '/'))
		return -ENODEV;
	if (!ag_sysfs_path(&cfg->fs, path, "bus/pci/slots/%s/power", a->text))
		return -ENAMETOOLONG;
	return put_text(path, a->value ? "1" : "0");
}

static int hooks(const struct ag_write_config *cfg, const struct ag_action *a,
		 uint32_t *ret_value)
{
	(void)ret_value;
	return ag_hooks_run(cfg->hooks, cfg->host, a);
}

static int (*const writes[AG_WRITE_COUNT])(const struct ag_write_config *,
					   const struct ag_action *, uint32_t *) = {
	[AG_WR_UNBIND] = unbind,       [AG_WR_OVERRIDE] = override,	[AG_WR_PROBE] = probe,
	[AG_WR_RESET] = reset,	       [AG_WR_SLOT_POWER] = slot_power, [AG_WR_NUMVFS] = numvfs,
	[AG_WR_AUTOPROBE] = autoprobe, [AG_WR_VF_STATE] = vf_state,	[AG_WR_HOOKS] = hooks,
};

int ag_write_run(const struct ag_write_config *cfg, const struct ag_action *a,
		 uint32_t *ret_value)
{
	*ret_value = 0;
	return a->write < AG_WRITE_COUNT ? writes[a->write](cfg, a, ret_value) : -EINVAL;
}
