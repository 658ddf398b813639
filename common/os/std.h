/* SPDX-License-Identifier: Apache-2.0 */
/* The three descriptors that every program takes for granted. */
#ifndef COMMON_OS_STD_H
#define COMMON_OS_STD_H

#include <stdbool.h>

/*
 * First in main: who was started without one of them (2>&-) would get the next thing that it
 * opens under that number, the loop's own signal pipe for instance, and write its log there.
 * What is missing is held so that reading or writing it fails.
 */
void mr_std_hold(void);

/*
 * Last of what printed to standard output: whether all of it was written. If not, it says so on
 * standard error, once. A full disk is not "done".
 */
bool mr_std_written(const char *program);

#endif
