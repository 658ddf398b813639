/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Allocation that aborts instead of failing. Therefore every size that comes from outside is
 * capped first.
 */
#ifndef COMMON_XALLOC_H
#define COMMON_XALLOC_H

#include <stddef.h>

void *mr_xmalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mr_xcalloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));
void *mr_xrealloc(void *p, size_t n, size_t size); /* overflow of n * size aborts */
char *mr_xstrdup(const char *s);		   /* NULL gives NULL */
char *mr_xstrndup(const char *s, size_t n);
void *mr_xmemdup(const void *p, size_t size);

#define MR_NEW(type) ((type *)mr_xcalloc(1, sizeof(type)))

/* Makes room for one more element of the array 'a' with 'n' used of 'cap'. */
#define MR_GROW(a, n, cap)                                           \
	do {                                                         \
		if ((n) == (cap)) {                                  \
			(cap) = (cap) ? 2 * (cap) : 8;               \
			(a) = mr_xrealloc((a), (cap), sizeof(*(a))); \
		}                                                    \
	} while (0)

#define MR_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
