// SPDX-License-Identifier: Apache-2.0
/*
 * Allocation that aborts. There is no way to go on after a failed allocation of a few bytes,
 * and no caller needs a path for it: sizes from outside are capped before they come here.
 */
#include "common/xalloc.h"

#include <stdlib.h>
#include <string.h>

/* 'size' bytes, not initialised; never NULL, also for size 0. The caller frees. */
void *mr_xmalloc(size_t size)
{
	void *p = malloc(size ? size : 1);

	if (!p)
		abort();
	return p;
}

/* 'n' elements of 'size' zero bytes each; never NULL. The caller frees. */
void *mr_xcalloc(size_t n, size_t size)
{
	void *p = n && size ? calloc(n, size) : calloc(1, 1);

	if (!p)
		abort();
	return p;
}

/* Changes 'p' (NULL: a new one) to 'n' elements of 'size' bytes; never NULL. An overflow of n *
 * size aborts. */
void *mr_xrealloc(void *p, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes))
		abort();
	p = realloc(p, bytes ? bytes : 1);
	if (!p)
		abort();
	return p;
}

/* A copy of 's' that the caller frees; NULL gives NULL. */
char *mr_xstrdup(const char *s)
{
	return s ? mr_xmemdup(s, strlen(s) + 1) : NULL;
}

/* A NUL-terminated copy of at most 'n' bytes of 's' that the caller frees; NULL gives NULL. */
char *mr_xstrndup(const char *s, size_t n)
{
	char *p;

	if (!s)
		return NULL;
	n = strnlen(s, n);
	p = mr_xmalloc(n + 1);
	memcpy(p, s, n);
	p[n] = '\0';
	return p;
}

/* A copy of 'size' bytes that the caller frees; never NULL. */
void *mr_xmemdup(const void *p, size_t size)
{
	void *q = mr_xmalloc(size);

	if (size)
		memcpy(q, p, size);
	return q;
}
