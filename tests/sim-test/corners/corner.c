/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/sim-test/corners/corner.h"

unsigned corner_below(struct corner *c, unsigned n)
{
	return (unsigned)mr_rng_below(&c->w->rng, n);
}

/* ---- the policy ---- */

static void print_wish(const struct wish *x, unsigned i, struct mr_buf *out)
{
	mr_buf_printf(out,
		      "---\napiVersion: banyan/v1\nkind: ServerProfile\nmetadata: {name: p%u}\n"
		      "spec:\n  host: blade0%u\n  devices:\n",
		      i, x->host);
	for (unsigned d = 0; d < 1u + x->pair; d++) {
		mr_buf_printf(out, "    - {name: d%u, class: ethernet, pool: %s", d, x->pool);
		if (x->guaranteed_gbit)
			mr_buf_printf(out, ", qos: {guaranteed: %uGbit}", x->guaranteed_gbit);
		mr_buf_puts(out, ", identity: {mac: {pool: macs}}}\n");
	}
	if (x->pair)
		mr_buf_puts(out, "  placement:\n    - {type: antiAffinity, devices: [d0, d1], "
				 "topology: adapter, required: true}\n");
}

/* Both adapters are one pool or two: no pool may take what another one takes. */
static void print_pools(const struct corner *c, struct mr_buf *out)
{
	static const char *const pools[][2] = {
		{"narrow", "N-1"}, {"wide", "W-1"}, {"any", "N-1, W-1"}};

	for (unsigned i = c->one_pool ? 2 : 0; i < (c->one_pool ? 3 : 2); i++)
		mr_buf_printf(out,
			      "---\napiVersion: banyan/v1\nkind: AdapterPool\nmetadata: {name: "
			      "%s}\nspec: {adapterSelector: {serials: [%s]}%s}\n",
			      pools[i][0], pools[i][1],
			      c->few && i == 1 ? ", partition: {vfs: 0-1}" : "");
}

static void print(const struct corner *c, struct mr_buf *out)
{
	mr_buf_printf(out,
		      "apiVersion: banyan/v1\nkind: FabricPolicy\nmetadata: {name: default}\n"
		      "spec: {update: {drain: {mode: force, timeout: 5s}}, drift: {action: "
		      "Report, interval: 20s}}\n"
		      "---\napiVersion: banyan/v1\nkind: IdentityPool\nmetadata: {name: macs}\n"
		      "spec: {type: mac, ranges: [{start: \"02:25:b5:00:00:00\", end: "
		      "\"02:25:b5:00:00:ff\"}], reuseAfter: %us}\n",
		      REUSE_S);
	print_pools(c, out);
	for (unsigned h = 1; h <= HOSTS; h++)
		mr_buf_printf(out,
			      "---\napiVersion: banyan/v1\nkind: Host\nmetadata: {name: "
			      "blade0%u}\n",
			      h);
	for (unsigned i = 0; i < PROFILES; i++)
		if (c->wish[i].host)
			print_wish(&c->wish[i], i, out);
}

/* Sends it; the world goes on where the caller lets it. */
void corner_send(struct corner *c)
{
	struct mr_buf text = {0};
	struct fm_request q;
	struct fm_file file;

	print(c, &text);
	q = seed_request(FM_VERB_APPLY, &file, &text);
	world_send(c->w, &q);
	mr_buf_done(&text);
}

bool corner_until(struct corner *c, bool (*is)(const struct corner *c), int64_t limit_ns)
{
	int64_t end = c->w->now.mono_ns + limit_ns;

	while (!c->r->failed && !is(c) && c->w->now.mono_ns < end)
		world_step(c->w);
	return is(c);
}

static bool replied(const struct corner *c)
{
	return c->w->replied;
}

void corner_apply(struct corner *c)
{
	if (c->r->failed)
		return;
	corner_send(c);
	if (!corner_until(c, replied, 60 * S))
		seed_fail(c->r, "apply: no answer");
	else if (c->w->reply.exit_code != FM_EXIT_DONE)
		seed_refused(c->r, "apply");
}

const struct fm_assignment *corner_find(const struct corner *c, unsigned profile, unsigned d)
{
	char name[16], text[FM_ASSIGNMENT_TEXT];

	mr_fmt(name, sizeof(name), "p%u/d%u", profile, d);
	for (unsigned i = 0; c->w->manager_up && i < fm_engine_assignments(c->w->engine); i++)
		if (mr_streq(fm_assignment_text(fm_engine_assignment(c->w->engine, i), text),
			     name))
			return fm_engine_assignment(c->w->engine, i);
	return NULL;
}

/* How many of the wished devices are in use where they should be, and how many are wished. */
unsigned corner_active(const struct corner *c, unsigned *ret_wished)
{
	unsigned n = 0;

	*ret_wished = 0;
	for (unsigned i = 0; i < PROFILES; i++)
		for (unsigned d = 0; c->wish[i].host && d < 1u + c->wish[i].pair; d++) {
			const struct fm_assignment *a = corner_find(c, i, d);

			++*ret_wished;
			n += a && a->phase == FM_PHASE_ACTIVE &&
			     a->host[6] == (char)('0' + c->wish[i].host);
		}
	return n;
}

static bool all_active(const struct corner *c)
{
	unsigned wished;

	return corner_active(c, &wished) == wished;
}

/* Everything is where it should be before so much time passed, and the judge is content. */
void corner_settled(struct corner *c, int64_t limit_ns, const char *when)
{
	unsigned wished, n;

	corner_until(c, all_active, limit_ns);
	n = corner_active(c, &wished);
	if (n != wished)
		seed_fail(c->r, "%s: %u of %u devices are in use after %d s", when, n, wished,
			  (int)(limit_ns / S));
	seed_settled(c->r, NULL, when);
}

void corner_none(struct corner *c)
{
	for (unsigned i = 0; i < PROFILES; i++)
		c->wish[i].host = 0;
}

void corner_some_steps(struct corner *c, unsigned most)
{
	for (unsigned n = corner_below(c, most); n && !c->r->failed; n--)
		world_step(c->w);
}

/* p0 and p1 on a host of the seed's choice, at rest. */
unsigned corner_two_on(struct corner *c, unsigned host)
{
	corner_none(c);
	c->wish[0] = (struct wish){host, "wide", 0, false};
	c->wish[1] = (struct wish){host, "narrow", 1, false};
	corner_apply(c);
	corner_settled(c, 300 * S, "two profiles");
	return host;
}

unsigned corner_other(struct corner *c, unsigned host)
{
	return 1 + (host + corner_below(c, HOSTS - 1)) % HOSTS;
}
