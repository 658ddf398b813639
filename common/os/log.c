/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines on standard error, as text or as one JSON object a line; each is one write. Repeats
 * go through fold.c. Any thread may log.
 */
#include "common/os/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/os/clock.h"
#include "common/os/fold.h"
#include "common/str.h"
#include "common/xalloc.h"

static const char *const level_names[] = {"debug", "info", "warn", "error"};
static const char *const level_labels[] = {"DEBUG", "INFO", "WARN", "ERROR"};

static struct {
	pthread_mutex_t lock;
	enum mr_log_level level;
	bool json;
	char program[64];
	struct mr_fold fold;
	struct mr_buf line;
} logger = {.lock = PTHREAD_MUTEX_INITIALIZER, .level = MR_LOG_INFO};

/* The level of its name in lower case, -1 when there is no such level. */
int mr_log_level_parse(const char *s)
{
	for (unsigned i = 0; i < MR_ARRAY_SIZE(level_names); i++) {
		if (mr_streq(s, level_names[i]))
			return (int)i;
	}
	return -1;
}

/* Control characters would let a peer's text begin a line of its own. */
static void put_text(struct mr_buf *out, const char *s, bool json)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (json && (c == '"' || c == '\\'))
			mr_buf_printf(out, "\\%c", c);
		else if (c == '\n')
			mr_buf_puts(out, "\\n");
		else if (c < 0x20 || c == 0x7f)
			mr_buf_printf(out, json ? "\\u%04x" : "\\x%02x", c);
		else
			mr_buf_putc(out, (char)c);
	}
}

static void put_time(struct mr_buf *out, int64_t wall_ns)
{
	time_t s = wall_ns / MR_NS_PER_S;
	char text[40];
	struct tm tm;

	gmtime_r(&s, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	mr_buf_printf(out, "%s.%03dZ", text, (int)(wall_ns % MR_NS_PER_S / MR_NS_PER_MS));
}

static void put_json(struct mr_buf *out, const struct mr_fold_line *l)
{
	mr_buf_printf(out, "\",\"level\":\"%s\",\"program\":\"", level_names[l->level]);
	put_text(out, logger.program, true);
	mr_buf_puts(out, "\",\"subsystem\":\"");
	put_text(out, l->subsystem, true);
	mr_buf_puts(out, "\",\"text\":\"");
	put_text(out, l->text, true);
	if (l->repeats > 0)
		mr_buf_printf(out, "\",\"repeats\":%u}\n", l->repeats);
	else
		mr_buf_puts(out, "\"}\n");
}

static void put_plain(struct mr_buf *out, const struct mr_fold_line *l)
{
	mr_buf_printf(out, " %-5s ", level_labels[l->level]);
	put_text(out, l->subsystem, false);
	mr_buf_puts(out, ": ");
	put_text(out, l->text, false);
	if (l->repeats > 0)
		mr_buf_printf(out, " (%u more times)", l->repeats);
	mr_buf_putc(out, '\n');
}

static void write_line(const struct mr_fold_line *l, void *arg)
{
	struct mr_buf *out = &logger.line;

	(void)arg;
	mr_buf_reset(out);
	if (logger.json)
		mr_buf_puts(out, "{\"time\":\"");
	put_time(out, mr_clock_now().wall_ns);
	if (logger.json)
		put_json(out, l);
	else
		put_plain(out, l);
	if (write(STDERR_FILENO, out->data, out->len) < 0) {
		/* nowhere left to say so */
	}
}

static void flush_at_exit(void)
{
	pthread_mutex_lock(&logger.lock);
	mr_fold_expire(&logger.fold, MR_NEVER, write_line, NULL);
	mr_buf_done(&logger.line);
	pthread_mutex_unlock(&logger.lock);
}

/* Sets what is printed (from 'level' up), the format, and the program's name in JSON lines. */
void mr_log_setup(enum mr_log_level level, int json, const char *program)
{
	static bool registered;

	pthread_mutex_lock(&logger.lock);
	logger.level = level;
	logger.json = json != 0;
	mr_copy(logger.program, sizeof(logger.program), program);
	if (!registered)
		atexit(flush_at_exit);
	registered = true;
	pthread_mutex_unlock(&logger.lock);
}

/* Prints one line, cut at MR_FOLD_TEXT bytes, unless its level is off or it repeats. */
void mr_log(enum mr_log_level level, const char *subsystem, const char *fmt, ...)
{
	struct mr_fold_line l = {.level = level};
	va_list ap;

	if (level < logger.level)
		return;
	va_start(ap, fmt);
	vsnprintf(l.text, sizeof(l.text), fmt, ap);
	va_end(ap);
	mr_copy(l.subsystem, sizeof(l.subsystem), subsystem);
	pthread_mutex_lock(&logger.lock);
	if (mr_fold_add(&logger.fold, mr_clock_now().mono_ns, level, l.subsystem, l.text,
			write_line, NULL))
		write_line(&l, NULL);
	pthread_mutex_unlock(&logger.lock);
}
