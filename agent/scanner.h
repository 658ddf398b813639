/* SPDX-License-Identifier: Apache-2.0 */
/* Scans in a thread of their own: reading hundreds of small files takes its time. */
#ifndef AGENT_SCANNER_H
#define AGENT_SCANNER_H

#include "agent/scan.h"

struct mr_loop;
struct ag_scanner;

/* In the loop; 'look' is freed after the call. */
typedef void ag_scanned_fn(const struct ag_look *look, void *arg);

struct ag_scanner *ag_scanner_new(struct mr_loop *l, const struct ag_scan_config *cfg,
				  ag_scanned_fn *fn, void *arg);
/* Starts a scan; each start is answered once. 'isolation': scan.h. */
void ag_scanner_start(struct ag_scanner *s, bool isolation);
/* Nobody is told any more; a scan that runs ends by itself. */
void ag_scanner_free(struct ag_scanner *s);

#endif
