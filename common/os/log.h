/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Log lines on standard error: time, level, subsystem, text. Only shells log, once, where a
 * thing is handled. Lines of one call site that repeat within a second are counted and folded
 * into one.
 */
#ifndef COMMON_OS_LOG_H
#define COMMON_OS_LOG_H

enum mr_log_level {
	MR_LOG_DEBUG,
	MR_LOG_INFO,
	MR_LOG_WARN,
	MR_LOG_ERROR
};

int mr_log_level_parse(const char *s); /* -1 = none */
void mr_log_setup(enum mr_log_level level, int json, const char *program);
void mr_log(enum mr_log_level level, const char *subsystem, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

#define mr_debug(sub, ...) mr_log(MR_LOG_DEBUG, sub, __VA_ARGS__)
#define mr_info(sub, ...)  mr_log(MR_LOG_INFO, sub, __VA_ARGS__)
#define mr_warn(sub, ...)  mr_log(MR_LOG_WARN, sub, __VA_ARGS__)
#define mr_error(sub, ...) mr_log(MR_LOG_ERROR, sub, __VA_ARGS__)

#endif
