/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an inventory, and finding things in it by port, name and function id. */
#include "fabric-manager/model/inventory.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "common/str.h"
#include "common/xalloc.h"

static const char *const kind_names[] = {"mra", "sriov", "base"};

/* The description's word for a kind of adapter, "?" for a number that is none. */
const char *fm_adapter_kind_name(enum fm_adapter_kind k)
{
	return (size_t)k < MR_ARRAY_SIZE(kind_names) ? kind_names[k] : "?";
}

/* Frees what 'c' owns, not 'c' itself; it is empty and usable afterwards. */
void fm_chassis_done(struct fm_chassis *c)
{
	if (!c)
		return;
	for (unsigned i = 0; i < c->hosts; i++)
		free(c->host[i].bridge);
	for (unsigned i = 0; i < c->adapters; i++) {
		free(c->adapter[i].vh_of);
		free(c->adapter[i].fn);
		free(c->adapter[i].buried);
		for (unsigned p = 0; p < MR_MAX_PFS; p++)
			free(c->adapter[i].pf[p].ns);
	}
	free(c->host);
	free(c->adapter);
	*c = (struct fm_chassis){0};
}

/* Frees what 'inv' owns, not 'inv' itself. */
void fm_inventory_done(struct fm_inventory *inv)
{
	if (!inv)
		return;
	for (unsigned i = 0; i < inv->n; i++)
		fm_chassis_done(&inv->chassis[i]);
	free(inv->chassis);
	*inv = (struct fm_inventory){0};
}

static void *copy_array(const void *from, size_t n, size_t size)
{
	return from && n ? mr_xmemdup(from, n * size) : NULL;
}

/* How many entries the function array of 'a' has. */
static unsigned functions(const struct fm_adapter *a)
{
	return a->kind == FM_ADAPTER_BASE ? 1 : (unsigned)a->pfs * a->vfs;
}

/* Makes 'to', which is overwritten, a deep copy of 'from'. */
void fm_chassis_copy(struct fm_chassis *to, const struct fm_chassis *from)
{
	*to = *from;
	to->host = copy_array(from->host, from->hosts, sizeof(*from->host));
	for (unsigned i = 0; i < to->hosts; i++) {
		struct fm_host *h = &to->host[i];

		h->bridge = copy_array(h->bridge, h->bridges, sizeof(*h->bridge));
	}
	to->adapter = copy_array(from->adapter, from->adapters, sizeof(*from->adapter));
	for (unsigned i = 0; i < to->adapters; i++) {
		struct fm_adapter *a = &to->adapter[i];

		a->vh_of = copy_array(a->vh_of, a->vhs, sizeof(*a->vh_of));
		a->fn = copy_array(a->fn, functions(a), sizeof(*a->fn));
		a->buried = copy_array(a->buried, a->burieds, sizeof(*a->buried));
		for (unsigned p = 0; p < MR_MAX_PFS; p++)
			a->pf[p].ns =
				copy_array(a->pf[p].ns, a->namespaces, sizeof(*a->pf[p].ns));
	}
}

/* The value of VF_AMOUNTS for 'want' of a resource: inventory.h. */
uint32_t fm_pf_amount(const struct fm_pf *pf, enum fm_resource r, uint32_t want)
{
	const struct fm_amounts *a = &pf->amount[r];
	uint32_t step = a->step ? a->step : 1, over;

	if (want <= a->base)
		return 0;
	if (want > a->max)
		return UINT32_MAX;
	over = (want - a->base + step - 1) / step;
	return over > (a->max - a->base) / step ? UINT32_MAX : a->base + over * step;
}

/* What an adapter is known by. */
struct fm_card fm_adapter_card(const struct fm_adapter *a)
{
	struct fm_card c = {.vendor = a->vendor, .device = a->device};

	mr_copy(c.serial, sizeof(c.serial), a->serial);
	return c;
}

/* Whether 'c' is that adapter, as far as it says. */
bool fm_card_is(const struct fm_card *c, const struct fm_adapter *a)
{
	return (!c->serial[0] || mr_streq(c->serial, a->serial)) &&
	       (!c->vendor || (c->vendor == a->vendor && c->device == a->device));
}

/* The adapter in adapter port 'port', or NULL. Ports follow each other as a rule, and are found
 * at once then: this is asked for every function of a chassis that is read. */
struct fm_adapter *fm_adapter_by_port(const struct fm_inventory *inv, unsigned chassis,
				      unsigned port)
{
	const struct fm_chassis *c = chassis < inv->n ? &inv->chassis[chassis] : NULL;
	unsigned at;

	if (!c || !c->adapters)
		return NULL;
	at = port - c->adapter[0].port;
	if (at < c->adapters && c->adapter[at].port == port)
		return &c->adapter[at];
	for (unsigned i = 0; i < c->adapters; i++)
		if (c->adapter[i].port == port)
			return &c->adapter[i];
	return NULL;
}

/* The host behind host port 'port', or NULL. Found as an adapter is. */
struct fm_host *fm_host_by_port(const struct fm_inventory *inv, unsigned chassis, unsigned port)
{
	const struct fm_chassis *c = chassis < inv->n ? &inv->chassis[chassis] : NULL;
	unsigned at;

	if (!c || !c->hosts)
		return NULL;
	at = port - c->host[0].port;
	if (at < c->hosts && c->host[at].port == port)
		return &c->host[at];
	for (unsigned i = 0; i < c->hosts; i++)
		if (c->host[i].port == port)
			return &c->host[i];
	return NULL;
}

/* Whether 'name' ("N" or "C/N") can mean something in the chassis called 'chassis';
 * '*ret_local' is the part after the chassis. */
static bool in_chassis(const char *name, const char *chassis, const char **ret_local)
{
	const char *slash = strchr(name, '/');

	*ret_local = slash ? slash + 1 : name;
	return !slash || ((size_t)(slash - name) == strlen(chassis) &&
			  strncmp(name, chassis, (size_t)(slash - name)) == 0);
}

/* The adapter called 'name'; a bare name has to be the only one of its kind. NULL, with
 * '*ret_chassis' untouched, when there is none or several. */
struct fm_adapter *fm_adapter_by_name(const struct fm_inventory *inv, const char *name,
				      unsigned *ret_chassis)
{
	struct fm_adapter *found = NULL;
	unsigned where = 0;
	const char *local;

	for (unsigned i = 0; i < inv->n; i++) {
		const struct fm_chassis *c = &inv->chassis[i];

		if (!in_chassis(name, c->name, &local))
			continue;
		for (unsigned k = 0; k < c->adapters; k++) {
			if (!mr_streq(c->adapter[k].name, local))
				continue;
			if (found)
				return NULL;
			found = &c->adapter[k];
			where = i;
		}
	}
	if (found && ret_chassis)
		*ret_chassis = where;
	return found;
}

/* The host called 'name', as fm_adapter_by_name. */
struct fm_host *fm_host_by_name(const struct fm_inventory *inv, const char *name,
				unsigned *ret_chassis)
{
	struct fm_host *found = NULL;
	unsigned where = 0;
	const char *local;

	for (unsigned i = 0; i < inv->n; i++) {
		const struct fm_chassis *c = &inv->chassis[i];

		if (!in_chassis(name, c->name, &local))
			continue;
		for (unsigned k = 0; k < c->hosts; k++) {
			if (!mr_streq(c->host[k].name, local))
				continue;
			if (found)
				return NULL;
			found = &c->host[k];
			where = i;
		}
	}
	if (found && ret_chassis)
		*ret_chassis = where;
	return found;
}

/* The function that 'id' names, NULL when there is none. */
struct fm_fn *fm_fn_get(const struct fm_inventory *inv, struct fm_fn_id id)
{
	const struct fm_adapter *a = fm_adapter_by_port(inv, id.chassis, id.port);

	if (!a || !a->fn)
		return NULL;
	if (a->kind == FM_ADAPTER_BASE)
		return id.pf == FM_WHOLE && id.vf == FM_WHOLE ? a->fn : NULL;
	if (id.pf >= a->pfs || id.vf >= a->vfs)
		return NULL;
	return &a->fn[(size_t)id.pf * a->vfs + id.vf];
}

/*
 * Writes the name of a function into 'buf' of FM_FN_TEXT bytes, the chassis in front where the
 * inventory has several; an adapter that is not there shows its port. Returns 'buf'.
 */
const char *fm_fn_text(const struct fm_inventory *inv, struct fm_fn_id id, char *buf)
{
	const struct fm_adapter *a = fm_adapter_by_port(inv, id.chassis, id.port);
	char port[16] = "";
	struct mr_buf b = {0};

	if (inv->n > 1 && id.chassis < inv->n) {
		mr_buf_puts(&b, inv->chassis[id.chassis].name);
		mr_buf_putc(&b, '/');
	}
	if (!a)
		mr_fmt(port, sizeof(port), "port%u", id.port);
	mr_buf_puts(&b, a ? a->name : port);
	if (id.pf != FM_WHOLE)
		mr_buf_printf(&b, "/pf%u/vf%u", id.pf, id.vf);
	mr_fmt(buf, FM_FN_TEXT, "%s", mr_buf_text(&b));
	mr_buf_done(&b);
	return buf;
}

/* Whether the adapter is in its slot. */
bool fm_adapter_in_slot(const struct fm_adapter *a)
{
	return a && (a->present || a->plugged);
}

/* Whether it is there and does not answer. */
bool fm_adapter_is_mute(const struct fm_adapter *a)
{
	return a && a->plugged && !a->present;
}

/* The number behind 'prefix' in 's' up to its end. */
static bool numbered(const char *s, const char *prefix, uint16_t *ret)
{
	uint64_t v;

	if (!mr_starts(s, prefix) ||
	    mr_parse_u64(s + strlen(prefix), FM_WHOLE - 1, false, &v, NULL) < 0)
		return false;
	*ret = (uint16_t)v;
	return true;
}

/* Cuts "/pfP/vfV" off the end of 'text'. False when there is no such end. */
static bool cut_numbers(char *text, struct fm_fn_id *ret)
{
	char *vf = strrchr(text, '/'), *pf;
	bool good;

	if (!vf)
		return false;
	*vf = 0;
	pf = strrchr(text, '/');
	good = pf && numbered(pf + 1, "pf", &ret->pf) && numbered(vf + 1, "vf", &ret->vf);
	if (good)
		*pf = 0;
	else
		*vf = '/';
	return good;
}

/*
 * The function that 'text' names: "[CHASSIS/]ADAPTER/pfP/vfV", or "[CHASSIS/]ADAPTER" for a
 * whole `base` device. -EINVAL for a text that is no name, -ENOENT for one that names nothing.
 */
int fm_fn_parse(const struct fm_inventory *inv, const char *text, struct fm_fn_id *ret)
{
	struct fm_fn_id id = {.pf = FM_WHOLE, .vf = FM_WHOLE};
	const struct fm_adapter *a;
	char name[FM_FN_TEXT];
	unsigned chassis = 0;

	if (!mr_copy(name, sizeof(name), text) || !name[0])
		return -EINVAL;
	cut_numbers(name, &id);
	a = fm_adapter_by_name(inv, name, &chassis);
	if (!a)
		return -ENOENT;
	id.chassis = (uint16_t)chassis;
	id.port = a->port;
	if ((a->kind == FM_ADAPTER_BASE) != (id.pf == FM_WHOLE))
		return -EINVAL;
	if (!fm_fn_get(inv, id))
		return -ENOENT;
	*ret = id;
	return 0;
}

/* Index of the mode 'name': inventory.h. */
int fm_adapter_mode(const struct fm_adapter *a, const char *name)
{
	for (unsigned i = 0; i < a->modes; i++)
		if (mr_streq(a->mode[i].name, name))
			return (int)i;
	return -1;
}
