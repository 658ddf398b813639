/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Fuzz targets: one file NAME.c with one TARGET, a function over bytes that a stranger chose.
 * With clang it becomes a libFuzzer program; the dev and asan builds link the same file with
 * replay.c and run it over the seeds and over what fuzzing once found.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct mr_buf;
struct mr_diags;
struct mr_err;

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);
#define TARGET(data, len) int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)

/* Ends the program, saying where, when 'cond' does not hold; not compiled out. */
#define FUZZ_CHECK(cond)                                           \
	do {                                                       \
		if (!(cond))                                       \
			fuzz_failed(__FILE__, __LINE__, "" #cond); \
	} while (0)
void fuzz_failed(const char *file, int line, const char *cond) __attribute__((noreturn));

/* The input's first byte, moving behind it; 0 at the end. */
uint8_t fuzz_byte(const uint8_t **data, size_t *len);
/* Every finding has text of one line of UTF-8, a file and a place; 'rc' is 0 exactly without
 * errors. */
void fuzz_check_diags(const struct mr_diags *d, int rc);
/* A failure 'rc' left a code and a sentence in 'err', one line of UTF-8; a success left
 * nothing. */
void fuzz_check_err(const struct mr_err *err, int rc);
/* Both hold the same bytes. */
void fuzz_check_same(const struct mr_buf *a, const struct mr_buf *b);

#endif
