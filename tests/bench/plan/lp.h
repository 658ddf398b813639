/* SPDX-License-Identifier: Apache-2.0 */
/* A linear model, column by column, and CBC as its solver. Rows come before the columns. */
#ifndef TESTS_BENCH_PLAN_LP_H
#define TESTS_BENCH_PLAN_LP_H

#include <stdbool.h>
#include <stdint.h>

struct lp_entry {
	uint32_t row;
	double factor;
};
struct lp_col {
	uint32_t first; /* of its entries */
	double cost;	/* minimised */
	double low, high;
	bool integer;
};
struct lp {
	char *sense; /* of each row: 'L' <=, 'G' >= */
	double *rhs;
	unsigned rows, cap_rows, cap_rhs;
	struct lp_col *col;
	unsigned cols, cap_cols;
	struct lp_entry *entry;
	unsigned entries, cap_entries;
};

uint32_t lp_row(struct lp *m, char sense, double rhs);
uint32_t lp_col(struct lp *m, double cost, double low, double high, bool integer);
/* An entry of the newest column. */
void lp_put(struct lp *m, uint32_t row, double factor);
void lp_done(struct lp *m);

struct lp_answer {
	bool found;   /* there is a solution in 'value' */
	bool proven;  /* and none is better */
	double cost;  /* of the solution */
	double bound; /* no solution costs less; -HUGE_VAL = not told */
	int64_t ns;
	double *value; /* one a column; the caller frees */
};

/* Whether CBC can be started. */
bool lp_have_cbc(void);
/* Runs CBC for at most 'seconds' on files in 'dir'. 'relaxed': integers may be fractions.
 * Returns 0, or -1 with a message on stderr when
 * CBC did not run or its answer can't be read. */
int lp_solve(const struct lp *m, const char *dir, unsigned seconds, bool relaxed,
	     struct lp_answer *ret);

#endif
