/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One life of a core is one boot of the host. On a real host the agent dies with it; a
 * simulated blade may lose its PCI tree or come back with another boot id under a running
 * agent, which then drops the session and starts over, as a real one would have.
 */
#include "agent/shell.h"

#include <stdlib.h>
#include <string.h>

#include "agent/scanner.h"
#include "agent/session.h"
#include "agent/uevents.h"
#include "agent/writer.h"
#include "common/err.h"
#include "common/net/loop.h"
#include "common/os/clock.h"
#include "common/os/log.h"
#include "common/xalloc.h"

#define DOWN_POLL_NS (500 * MR_NS_PER_MS) /* is the host back? */
#define GOODBYE_NS   (200 * MR_NS_PER_MS)

struct ag_shell {
	struct mr_loop *loop;
	struct ag_shell_config cfg;
	struct ag_scan_config scan_cfg;
	struct ag_identity id;
	struct ag_core *core; /* NULL while the host is down */
	struct ag_session *session;
	struct ag_scanner *scanner;
	struct ag_writer *writer;
	struct ag_uevents *uevents;
	struct mr_timer *timer, *stop;
	struct ag_actions actions;
	bool said_down; /* said in the log that there is no PCI tree yet */
};

static void on_session(const struct ag_event *ev, void *arg);
static void on_written(uint64_t tag, int err, uint32_t value, void *arg);
static void on_scanned(const struct ag_look *look, void *arg);

static void log_line(const struct ag_action *a)
{
	mr_log(a->level == 3   ? MR_LOG_ERROR
	       : a->level == 2 ? MR_LOG_WARN
			       : MR_LOG_INFO,
	       "agent", "%s", a->detail);
}

static void carry_out(struct ag_shell *s, const struct ag_action *a)
{
	switch (a->kind) {
	case AG_ACT_SCAN:
		ag_scanner_start(s->scanner, a->isolation_wanted);
		break;
	case AG_ACT_WRITE:
		mr_debug("agent", "write %s, tag %llu", ag_write_name(a->write),
			 (unsigned long long)a->tag);
		ag_writer_add(s->writer, a);
		break;
	case AG_ACT_LOG:
		log_line(a);
		break;
	case AG_ACT_HELLO:
	case AG_ACT_ANSWER:
	case AG_ACT_REPORT:
	case AG_ACT_ACK:
	case AG_ACT_HEARTBEAT:
	case AG_ACT_GOODBYE:
		ag_session_send(s->session, a);
		break;
	}
}

/* One event into the core, its actions out. */
static void feed(struct ag_shell *s, const struct ag_event *ev)
{
	if (!s->core)
		return;
	ag_actions_reset(&s->actions);
	ag_core_step(s->core, mr_clock_now(), ev, &s->actions);
	for (unsigned i = 0; i < s->actions.n; i++)
		carry_out(s, &s->actions.item[i]);
	mr_timer_set(s->timer, ag_core_deadline(s->core));
}

static void on_session(const struct ag_event *ev, void *arg)
{
	feed(arg, ev);
}

static void on_written(uint64_t tag, int err, uint32_t value, void *arg)
{
	feed(arg,
	     &(struct ag_event){.kind = AG_EV_WRITTEN, .tag = tag, .err = err, .value = value});
}

static void on_uevent(void *arg)
{
	feed(arg, &(struct ag_event){.kind = AG_EV_UEVENT});
}

static void start_workers(struct ag_shell *s)
{
	s->scanner = ag_scanner_new(s->loop, &s->scan_cfg, on_scanned, s);
	s->writer = ag_writer_new(s->loop, &s->cfg.write, on_written, s);
}

static void stop_workers(struct ag_shell *s)
{
	ag_scanner_free(s->scanner);
	ag_writer_free(s->writer);
	s->scanner = NULL;
	s->writer = NULL;
}

/* The host of that boot is there: a new core, a new session. */
static void begin(struct ag_shell *s, const char *boot_id)
{
	mr_copy(s->id.boot_id, sizeof(s->id.boot_id), boot_id);
	s->id.incarnation = (uint64_t)mr_clock_now().wall_ns;
	s->core = ag_core_new();
	ag_core_set_alone(s->core, s->cfg.alone_ns);
	s->session = ag_session_new(s->loop, s->cfg.manager, &s->id, on_session, s);
	mr_info("agent", "host '%s', boot %s, sysfs '%s'", s->id.host, boot_id,
		s->cfg.write.fs.root);
	feed(s, &(struct ag_event){.kind = AG_EV_TIMER});
}

/* The boot is over: nothing of it may speak or write any more. */
static void finish(struct ag_shell *s)
{
	ag_session_free(s->session);
	s->session = NULL;
	ag_core_free(s->core);
	s->core = NULL;
	stop_workers(s);
	start_workers(s);
	s->said_down = true;
	mr_info("agent", "host '%s' went down", s->id.host);
}

static void stay_down(struct ag_shell *s)
{
	if (!s->said_down)
		mr_info("agent", "host '%s' has no PCI tree below '%s' yet; waiting for it",
			s->id.host, s->cfg.write.fs.root);
	s->said_down = true;
	mr_timer_set(s->timer, mr_clock_now().mono_ns + DOWN_POLL_NS);
}

static void on_scanned(const struct ag_look *look, void *arg)
{
	struct ag_shell *s = arg;
	bool other = !mr_streq(look->boot_id, s->id.boot_id);

	if (s->core && (!look->alive || (other && look->boot_id[0])))
		finish(s);
	if (!s->core && look->alive && look->boot_id[0])
		begin(s, look->boot_id);
	else if (s->core)
		feed(s, &(struct ag_event){.kind = AG_EV_SCAN, .scan = &look->scan});
	else
		stay_down(s);
}

static void on_timer(void *arg)
{
	struct ag_shell *s = arg;

	if (s->core)
		feed(s, &(struct ag_event){.kind = AG_EV_TIMER});
	else
		ag_scanner_start(s->scanner, false);
}

static void on_stop(void *arg)
{
	struct ag_shell *s = arg;

	mr_loop_stop(s->loop);
}

int ag_shell_new(struct mr_loop *l, const struct ag_shell_config *cfg, struct ag_shell **ret,
		 struct mr_err *err)
{
	struct ag_shell *s = MR_NEW(struct ag_shell);
	int rc;

	s->loop = l;
	s->cfg = *cfg;
	s->scan_cfg.fs = cfg->write.fs;
	mr_copy(s->scan_cfg.boot_id, sizeof(s->scan_cfg.boot_id), cfg->boot_id);
	mr_copy(s->scan_cfg.manager, sizeof(s->scan_cfg.manager), cfg->manager);
	mr_copy(s->id.host, sizeof(s->id.host), cfg->write.host);
	mr_copy(s->id.kernel, sizeof(s->id.kernel), cfg->kernel);
	s->timer = mr_timer_new(l, on_timer, s);
	s->stop = mr_timer_new(l, on_stop, s);
	start_workers(s);
	rc = ag_uevents_new(l, cfg->uevents[0] ? cfg->uevents : NULL, on_uevent, s, &s->uevents,
			    err);
	if (rc) {
		ag_shell_free(s);
		return rc;
	}
	ag_scanner_start(s->scanner, false);
	*ret = s;
	return 0;
}

void ag_shell_goodbye(struct ag_shell *s)
{
	feed(s, &(struct ag_event){.kind = AG_EV_SHUTDOWN});
	mr_timer_set(s->stop, mr_clock_now().mono_ns + GOODBYE_NS);
}

/* NULL is accepted. Writes that hang are left behind (writer.h). */
void ag_shell_free(struct ag_shell *s)
{
	if (!s)
		return;
	ag_session_free(s->session);
	ag_uevents_free(s->uevents);
	stop_workers(s);
	ag_core_free(s->core);
	ag_actions_done(&s->actions);
	mr_timer_free(s->timer);
	mr_timer_free(s->stop);
	free(s);
}
