// SPDX-License-Identifier: Apache-2.0
/*
 * uevents in the kernel's own format and order of keys: a header "ACTION@DEVPATH", then
 * NUL-terminated ACTION, DEVPATH, SUBSYSTEM, keys of the caller, DRIVER, keys of the bus,
 * SEQNUM. They queue until the face takes them; a reader that never comes costs a bounded
 * memory, the oldest go first and SEQNUM shows the gap.
 */
#include <linux/pci_regs.h>
#include <stdlib.h>

#include "common/ids.h"
#include "common/xalloc.h"
#include "sim/model/blade_priv.h"

static void path_to(const struct sim_blade *b, const struct sim_dev *d, struct mr_buf *out)
{
	const struct blade_node *up = d->parent < 0 ? NULL : blade_node(b, (uint16_t)d->parent);
	char text[MR_BDF_TEXT];

	if (up)
		path_to(b, &up->d, out);
	else
		mr_buf_printf(out, "/devices/pci%04x:00", b->domain);
	mr_buf_printf(out, "/%s", mr_pci_text((uint16_t)b->domain, d->rid, text));
}

/* Appends the device's path below the root of sysfs. */
void sim_blade_devpath(const struct sim_blade *b, const struct sim_dev *d, struct mr_buf *ret)
{
	path_to(b, d, ret);
}

static struct mr_buf *push(struct sim_blade *root)
{
	struct sim_blade *b = root->lead;
	struct mr_buf *slot;

	if (b->ue_count == BLADE_UEVENTS_MAX) {
		b->ue_head = (b->ue_head + 1) % b->ue_cap;
		b->ue_count--;
	}
	if (b->ue_count == b->ue_cap) {
		unsigned cap = b->ue_cap ? 2 * b->ue_cap : 64;
		struct mr_buf *grown = mr_xcalloc(cap, sizeof(*grown));

		for (unsigned i = 0; i < b->ue_cap; i++)
			grown[i] = b->uevent[(b->ue_head + i) % b->ue_cap];
		free(b->uevent);
		b->uevent = grown;
		b->ue_cap = cap;
		b->ue_head = 0;
	}
	slot = &b->uevent[(b->ue_head + b->ue_count++) % b->ue_cap];
	mr_buf_reset(slot);
	return slot;
}

/* One "KEY=VALUE" with its NUL. */
static void __attribute__((format(printf, 2, 3))) key(struct mr_buf *m, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	mr_buf_vprintf(m, fmt, ap);
	va_end(ap);
	mr_buf_add(m, "", 1);
}

static void head(struct mr_buf *m, const char *action, const char *path, const char *subsystem)
{
	key(m, "%s@%s", action, path);
	key(m, "ACTION=%s", action);
	key(m, "DEVPATH=%s", path);
	key(m, "SUBSYSTEM=%s", subsystem);
}

/* Queues a uevent of a PCI device; 'extra' is one more KEY=VALUE or NULL. */
void blade_uevent_dev(struct sim_blade *b, const char *action, const struct blade_node *n,
		      const char *extra)
{
	const struct sim_dev *d = &n->d;
	struct mr_buf path = {0}, *m = push(b);
	char bdf[MR_BDF_TEXT];

	path_to(b, d, &path);
	head(m, action, path.data, "pci");
	if (extra)
		key(m, "%s", extra);
	if (d->driver[0])
		key(m, "DRIVER=%s", d->driver);
	key(m, "PCI_CLASS=%04X", d->class_code);
	key(m, "PCI_ID=%04X:%04X", d->vendor, d->device);
	key(m, "PCI_SUBSYS_ID=%04X:%04X", d->subvendor, d->subdevice);
	key(m, "PCI_SLOT_NAME=%s", mr_pci_text((uint16_t)b->domain, d->rid, bdf));
	key(m, "MODALIAS=pci:v%08Xd%08Xsv%08Xsd%08Xbc%02Xsc%02Xi%02X", d->vendor, d->device,
	    d->subvendor, d->subdevice, d->class_code >> 16 & 0xff, d->class_code >> 8 & 0xff,
	    d->class_code & 0xff);
	key(m, "SEQNUM=%llu", (unsigned long long)++b->lead->seqnum);
	mr_buf_done(&path);
}

/* Queues a uevent of the class device that the driver of 'n' made, if it made one. */
void blade_uevent_class(struct sim_blade *b, const char *action, const struct blade_node *n)
{
	struct mr_buf path = {0}, *m;
	char name[32];
	const char *class = sim_dev_class(&n->d, name, sizeof(name));

	if (!class)
		return;
	path_to(b, &n->d, &path);
	if (mr_streq(class, "fc_host"))
		mr_buf_printf(&path, "/%s", name);
	mr_buf_printf(&path, "/%s/%s", class, name);
	m = push(b);
	head(m, action, path.data, class);
	if (mr_streq(class, "net")) {
		key(m, "INTERFACE=%s", name);
		key(m, "IFINDEX=%u", n->d.index + 2);
	} else if (mr_streq(class, "infiniband")) {
		key(m, "NAME=%s", name);
	} else if (mr_streq(class, "nvme")) {
		key(m, "MAJOR=241");
		key(m, "MINOR=%u", n->d.index);
		key(m, "DEVNAME=%s", name);
		key(m, "NVME_TRTYPE=pcie");
	}
	key(m, "SEQNUM=%llu", (unsigned long long)++b->lead->seqnum);
	mr_buf_done(&path);
}

/*
 * Takes the oldest uevent into 'ret' (freed first); false when there is none. The text changes
 * hands: a host that booted had hundreds of them, which the queue would keep for ever.
 */
bool sim_blade_uevent(struct sim_blade *b, struct mr_buf *ret)
{
	struct mr_buf *m;

	if (!b->ue_count)
		return false;
	m = &b->uevent[b->ue_head];
	mr_buf_done(ret);
	*ret = *m;
	*m = (struct mr_buf){0};
	b->ue_head = (b->ue_head + 1) % b->ue_cap;
	b->ue_count--;
	return true;
}
