/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The switch's register file: global registers, event ring and port table. Bridge rows are in
 * rows.c. Tables say what each register is; what is not in them reads all-ones.
 */
#include "common/str.h"
#include "sim/model/internal.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* 8 bytes of a text of 'size' bytes, NUL-padded, first byte in the low byte. */
static uint64_t text_reg(const char *text, unsigned size, unsigned i)
{
	uint64_t v = 0;
	bool end = false;

	for (unsigned k = 0; k < 8 * (i + 1) && k < size; k++) {
		end = end || !text[k];
		if (k >= 8 * i && !end)
			v |= (uint64_t)(unsigned char)text[k] << 8 * (k - 8 * i);
	}
	return v;
}

/* ---- global registers ---- */

struct sw_reg {
	uint16_t at, count;
	uint64_t (*read)(const struct sim_chassis *c, unsigned i);
	enum sim_wr (*write)(struct sim_chassis *c, uint64_t v);
};

#define READER(name, value)                                           \
	static uint64_t name(const struct sim_chassis *c, unsigned i) \
	{                                                             \
		(void)c, (void)i;                                     \
		return value;                                         \
	}

READER(rd_magic, MR_SW_MAGIC)
READER(rd_version, MR_SW_VERSION)
READER(rd_serial, text_reg(c->serial, sizeof(c->serial), i))
READER(rd_caps, (uint64_t)c->ports | (uint64_t)c->hosts << 16 | (uint64_t)c->max_bridges << 32 |
			(uint64_t)c->events << 48)
READER(rd_nvm, c->nvm_found)
READER(rd_owner_id, c->owner_id)
READER(rd_owner_epoch, c->owner_epoch)
READER(rd_generation, c->generation)
READER(rd_refused, c->refused)
READER(rd_head, c->head)
READER(rd_tail, c->tail)
READER(rd_flags, c->event_flags)
READER(rd_commits, c->commits)
READER(rd_writes, c->writes)
READER(rd_ur_drops, c->ur_drops)
READER(rd_rows_used, c->rows_used)
READER(rd_effect, (uint64_t)c->effect_ns)
READER(rd_cut, c->cut_answer)

/* Takes only the compare-swap of exec.c. */
static enum sim_wr wr_refused(struct sim_chassis *c, uint64_t v)
{
	(void)c, (void)v;
	return SIM_WR_REFUSED;
}

static enum sim_wr wr_generation(struct sim_chassis *c, uint64_t v)
{
	if (v < c->generation)
		return SIM_WR_REFUSED;
	c->generation = v;
	return SIM_WR_DONE;
}

/* What was read is free again; hosts whose drops were told may be told anew. */
static enum sim_wr wr_tail(struct sim_chassis *c, uint64_t v)
{
	if (v < c->tail || v > c->head)
		return SIM_WR_REFUSED;
	c->tail = v;
	for (unsigned i = 0; i <= c->hosts; i++)
		c->host[i].ur_told = false;
	for (unsigned i = 0; i < c->adapters; i++)
		c->adapter[i].held_told = false;
	return SIM_WR_DONE;
}

static enum sim_wr wr_flags(struct sim_chassis *c, uint64_t v)
{
	c->event_flags &= ~v;
	return SIM_WR_DONE;
}

static enum sim_wr wr_commit(struct sim_chassis *c, uint64_t v)
{
	(void)v;
	sim_nvm_commit(c);
	return SIM_WR_DONE;
}

static enum sim_wr wr_cut(struct sim_chassis *c, uint64_t v)
{
	if (v > 1)
		return SIM_WR_REFUSED;
	c->cut_answer = v;
	return SIM_WR_DONE;
}

static const struct sw_reg sw_regs[] = {
	{SW_MAGIC, 1, rd_magic, NULL},
	{SW_VERSION, 1, rd_version, NULL},
	{SW_SERIAL, 4, rd_serial, NULL},
	{SW_CAPS, 1, rd_caps, NULL},
	{SW_NVM, 1, rd_nvm, NULL},
	{SW_OWNER_ID, 1, rd_owner_id, NULL},
	{SW_OWNER_EPOCH, 1, rd_owner_epoch, wr_refused},
	{SW_GENERATION, 1, rd_generation, wr_generation},
	{SW_REFUSED, 1, rd_refused, NULL},
	{SW_EVENT_HEAD, 1, rd_head, NULL},
	{SW_EVENT_TAIL, 1, rd_tail, wr_tail},
	{SW_EVENT_FLAGS, 1, rd_flags, wr_flags},
	{SW_COMMIT, 1, rd_commits, wr_commit},
	{SW_WRITES, 1, rd_writes, NULL},
	{SW_UR_DROPS, 1, rd_ur_drops, NULL},
	{SW_ROWS_USED, 1, rd_rows_used, NULL},
	{SW_EFFECT_NS, 1, rd_effect, NULL},
	{SW_CUT_ANSWER, 1, rd_cut, wr_cut},
};

static const struct sw_reg *find_global(uint64_t addr)
{
	for (unsigned i = 0; i < COUNT(sw_regs); i++)
		if (addr >= sw_regs[i].at && addr < sw_regs[i].at + 8ull * sw_regs[i].count)
			return &sw_regs[i];
	return NULL;
}

static uint64_t event_read(const struct sim_chassis *c, uint64_t off)
{
	uint64_t i = off / SW_EVENT_STRIDE;

	return i < c->events ? c->event[i].reg[off % SW_EVENT_STRIDE / 8] : SIM_ONES;
}

/* ---- port table ---- */

struct port {
	unsigned n;
	bool root; /* of VH 0: port 0 inside the switch, or the management host's */
	struct sim_host *host;
	struct sim_adapter *a;
};

static struct port port_at(const struct sim_chassis *c, unsigned n)
{
	return (struct port){n, n == c->root, n <= c->hosts ? sim_host_at(c, n) : NULL,
			     n ? sim_adapter_at(c, n) : NULL};
}

static uint64_t port_kind(const struct port *p)
{
	if (p->root)
		return MR_PORT_MGMT;
	return p->host ? MR_PORT_HOST : p->a ? MR_PORT_ADAPTER : MR_PORT_NONE;
}

/* Raw speed times width, in Mbit/s: units of 100 MT/s per lane. */
static uint64_t link_mbps(unsigned speed, unsigned width)
{
	return (uint64_t)speed * 100 * width;
}

static uint64_t port_status(const struct port *p)
{
	const struct sim_host *h = p->host;
	const struct sim_adapter *a = p->a;

	if (p->root && !h)
		return MR_PORT_PRESENT | MR_PORT_POWER | MR_PORT_LINK;
	if (h)
		return MR_PORT_PRESENT | (h->power ? MR_PORT_POWER : 0) |
		       (h->link ? MR_PORT_LINK : 0) | (uint64_t)h->d.link_speed << 16 |
		       (uint64_t)h->d.link_width << 32;
	if (a)
		return (a->present ? MR_PORT_PRESENT | MR_PORT_POWER : 0) |
		       (sim_adapter_up(a) ? MR_PORT_LINK : 0) |
		       (uint64_t)a->m.link_speed << 16 | (uint64_t)a->m.link_width << 32;
	return 0;
}

static uint64_t host_port_read(const struct sim_host *h, unsigned vs, unsigned off)
{
	switch (off) {
	case PORT_VS:
		return vs;
	case PORT_AUTH:
		return h->auth;
	case PORT_CHALLENGE:
		return h->challenge;
	case PORT_BOOTS:
		return h->boots;
	case PORT_LINK_DOWNS:
		return h->link_downs;
	case PORT_CUT_ANSWER:
		return h->cut_answer;
	case PORT_BRIDGES:
		return h->d.bridges;
	case PORT_SLOT:
		return h->d.slot;
	case PORT_LINK_MBPS:
		return link_mbps(h->d.link_speed, h->d.link_width);
	default:
		return 0;
	}
}

static uint64_t adapter_port_read(const struct sim_adapter *a, unsigned off)
{
	if (off >= PORT_SERIAL && off < PORT_SERIAL + 32)
		return a->present
			       ? text_reg(a->serial, sizeof(a->serial), (off - PORT_SERIAL) / 8)
			       : 0;
	if (off >= PORT_NET_MBPS && off < PORT_NET_MBPS + 64)
		return a->m.port_mbps[(off - PORT_NET_MBPS) / 8];
	switch (off) {
	case PORT_SLOT:
		return a->slot;
	case PORT_LINK_DOWNS:
		return a->link_downs;
	case PORT_VH0_RID:
		return a->present ? (uint64_t)a->bus << 8 : 0xffff;
	case PORT_RESET:
		return a->resets;
	case PORT_LINK_MBPS:
		return link_mbps(a->m.link_speed, a->m.link_width);
	case PORT_HELD:
		return a->held | (uint64_t)a->held_kinds << 32;
	default:
		return 0;
	}
}

static uint64_t port_read(const struct sim_chassis *c, unsigned n, unsigned off)
{
	struct port p = port_at(c, n);
	const char *name = p.host   ? p.host->d.name
			   : p.a    ? p.a->name
			   : p.root ? "management"
				    : "";

	if (n > c->ports || off > PORT_HELD)
		return SIM_ONES;
	if (off == PORT_KIND)
		return port_kind(&p);
	if (off == PORT_STATUS)
		return port_status(&p);
	if (off >= PORT_NAME && off < PORT_NAME + 32)
		return text_reg(name, 32, (off - PORT_NAME) / 8);
	if (p.host)
		return host_port_read(p.host, p.root ? 0 : n, off);
	return p.a ? adapter_port_read(p.a, off) : 0;
}

static enum sim_wr host_port_write(struct sim_chassis *c, struct sim_host *h, unsigned n,
				   unsigned off, uint64_t v)
{
	switch (off) {
	case PORT_AUTH:
		if (v > MR_AUTH_ISOLATED || (n == c->root && v != h->auth))
			return SIM_WR_REFUSED;
		if (h->auth != v) { /* another tree: the link goes down in between */
			h->auth = MR_AUTH_HELD;
			sim_host_link_update(c, n);
		}
		h->auth = (uint8_t)v;
		sim_host_link_update(c, n);
		return SIM_WR_DONE;
	case PORT_CHALLENGE:
		h->challenge = v;
		return SIM_WR_DONE;
	case PORT_CUT_ANSWER:
		if (v > 2)
			return SIM_WR_REFUSED;
		h->cut_answer = (uint8_t)v;
		return SIM_WR_DONE;
	default:
		return SIM_WR_DROPPED;
	}
}

static enum sim_wr port_write(struct sim_chassis *c, unsigned n, unsigned off, uint64_t v)
{
	struct port p = port_at(c, n);

	if (n > c->ports)
		return SIM_WR_DROPPED;
	if (p.host)
		return host_port_write(c, p.host, n, off, v);
	if (!p.a || off != PORT_RESET || v != 1)
		return SIM_WR_DROPPED;
	if (!p.a->present)
		return SIM_WR_REFUSED;
	sim_adapter_reset(c, p.a);
	sim_slots_bounce(c, p.a);
	return SIM_WR_DONE;
}

/* BARs and MSI-X table of function 0 of a `base` adapter; nothing for others. */
static uint64_t port_bar_read(const struct sim_chassis *c, unsigned n, unsigned off)
{
	struct sim_adapter *a = n ? sim_adapter_at(c, n) : NULL;

	if (!a || a->m.kind != SIM_KIND_BASE)
		return SIM_ONES;
	if (off == PORT_BAR_IDS)
		return a->m.vendor | (uint64_t)a->m.device << 16 |
		       (uint64_t)mr_class_code(a->m.device_class) << 32;
	return sim_model_bar_reg(&a->m, off / 8);
}

/* ---- the whole file ---- */

/* The switch register at 'addr'; all-ones where there is none. */
uint64_t sim_sw_read(struct sim_chassis *c, uint64_t addr)
{
	const struct sw_reg *r;

	if (addr & 7)
		return SIM_ONES;
	if (addr >= SW_BRIDGES)
		return (addr - SW_BRIDGES) >> 16 > c->hosts
			       ? SIM_ONES
			       : sim_row_read(c, (unsigned)((addr - SW_BRIDGES) >> 16),
					      addr >> 8 & 0xff, addr & 0xff);
	if (addr >= SW_PORT_BARS)
		return port_bar_read(c, (unsigned)((addr - SW_PORT_BARS) / 0x40), addr % 0x40);
	if (addr >= SW_PORTS)
		return port_read(c, (unsigned)((addr - SW_PORTS) / SW_PORT_STRIDE),
				 addr % SW_PORT_STRIDE);
	if (addr >= SW_EVENTS)
		return event_read(c, addr - SW_EVENTS);
	r = find_global(addr);
	return r ? r->read(c, (unsigned)((addr - r->at) / 8)) : SIM_ONES;
}

/* Writes a switch register; refused where its present state does not take the value. */
enum sim_wr sim_sw_write(struct sim_chassis *c, uint64_t addr, uint64_t v)
{
	const struct sw_reg *r;

	if (addr & 7)
		return SIM_WR_DROPPED;
	if (addr >= SW_BRIDGES)
		return (addr - SW_BRIDGES) >> 16 > c->hosts
			       ? SIM_WR_DROPPED
			       : sim_row_write(c, (unsigned)((addr - SW_BRIDGES) >> 16),
					       addr >> 8 & 0xff, addr & 0xff, v);
	if (addr >= SW_PORTS)
		return port_write(c, (unsigned)((addr - SW_PORTS) / SW_PORT_STRIDE),
				  addr % SW_PORT_STRIDE, v);
	r = addr < SW_EVENTS ? find_global(addr) : NULL;
	return r && r->write ? r->write(c, v) : SIM_WR_DROPPED;
}
