/* SPDX-License-Identifier: Apache-2.0 */
/* Completion scripts and the man page, from the table of verbs. */
#ifndef FABRIC_MANAGER_CLI_COMPLETE_H
#define FABRIC_MANAGER_CLI_COMPLETE_H

struct mr_buf;

void cli_complete_bash(struct mr_buf *out);
void cli_complete_zsh(struct mr_buf *out);
/* docs/man/banyan.1; a test compares. */
void cli_man_page(struct mr_buf *out);

#endif
