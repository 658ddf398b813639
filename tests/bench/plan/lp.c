/* SPDX-License-Identifier: Apache-2.0 */
/* Models as MPS files, CBC as a process, its solution read back. See lp.h. */
#include "tests/bench/plan/lp.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "common/str.h"
#include "common/xalloc.h"
#include "tests/bench/bench.h"

/* A new row; returns its number. */
uint32_t lp_row(struct lp *m, char sense, double rhs)
{
	unsigned n = m->rows;

	MR_GROW(m->rhs, n, m->cap_rhs);
	m->rhs[n] = rhs;
	MR_GROW(m->sense, m->rows, m->cap_rows);
	m->sense[m->rows++] = sense;
	return n;
}

/* A new column without entries; returns its number. */
uint32_t lp_col(struct lp *m, double cost, double low, double high, bool integer)
{
	MR_GROW(m->col, m->cols, m->cap_cols);
	m->col[m->cols] = (struct lp_col){m->entries, cost, low, high, integer};
	return m->cols++;
}

/* See lp.h. */
void lp_put(struct lp *m, uint32_t row, double factor)
{
	MR_GROW(m->entry, m->entries, m->cap_entries);
	m->entry[m->entries++] = (struct lp_entry){row, factor};
}

/* Frees what 'm' owns. */
void lp_done(struct lp *m)
{
	free(m->sense);
	free(m->rhs);
	free(m->col);
	free(m->entry);
	*m = (struct lp){0};
}

/* ---- files ---- */

static void write_cols(const struct lp *m, FILE *f, bool relaxed)
{
	for (unsigned c = 0; c < m->cols; c++) {
		const struct lp_col *col = &m->col[c];
		unsigned last = c + 1 < m->cols ? m->col[c + 1].first : m->entries;
		bool integer = col->integer && !relaxed;

		if (integer)
			fprintf(f, " M1 'MARKER' 'INTORG'\n");
		fprintf(f, " C%u COST %.15g\n", c, col->cost);
		for (unsigned e = col->first; e < last; e++)
			fprintf(f, " C%u R%u %.15g\n", c, m->entry[e].row, m->entry[e].factor);
		if (integer)
			fprintf(f, " M2 'MARKER' 'INTEND'\n");
	}
}

static int write_model(const struct lp *m, const char *path, bool relaxed)
{
	FILE *f = fopen(path, "w");

	if (!f)
		return -1;
	fprintf(f, "NAME BANYAN FREE\nROWS\n N COST\n");
	for (unsigned r = 0; r < m->rows; r++)
		fprintf(f, " %c R%u\n", m->sense[r], r);
	fprintf(f, "COLUMNS\n");
	write_cols(m, f, relaxed);
	fprintf(f, "RHS\n");
	for (unsigned r = 0; r < m->rows; r++)
		if (m->rhs[r] != 0)
			fprintf(f, " RHS R%u %.15g\n", r, m->rhs[r]);
	fprintf(f, "BOUNDS\n");
	for (unsigned c = 0; c < m->cols; c++) {
		if (m->col[c].low != 0)
			fprintf(f, " LO B C%u %.15g\n", c, m->col[c].low);
		if (m->col[c].high < HUGE_VAL)
			fprintf(f, " UP B C%u %.15g\n", c, m->col[c].high);
		else
			fprintf(f, " PL B C%u\n", c);
	}
	fprintf(f, "ENDATA\n");
	return fclose(f) ? -1 : 0;
}

/* "Optimal - objective value 3" and then one line a column that is not 0:
 * "[**] number name value cost". */
static int read_solution(const struct lp *m, const char *path, struct lp_answer *ret)
{
	FILE *f = fopen(path, "r");
	char line[256], *p;

	if (!f)
		return -1;
	if (!fgets(line, sizeof(line), f)) {
		fclose(f);
		return -1;
	}
	ret->proven = strncmp(line, "Optimal", 7) == 0;
	ret->found = !strstr(line, "nfeasible") && !strstr(line, "no integer solution");
	p = strstr(line, "objective value");
	ret->cost = p ? strtod(p + 15, NULL) : 0;
	ret->value = mr_xcalloc(m->cols + 1, sizeof(*ret->value));
	while (fgets(line, sizeof(line), f)) {
		double value;
		unsigned c;

		if (sscanf(line + strspn(line, " *"), "%*u C%u %lf", &c, &value) == 2 &&
		    c < m->cols)
			ret->value[c] = value;
	}
	fclose(f);
	return 0;
}

/* "Lower bound:  -123.0" stands in the log when the time was over. */
static void read_bound(const char *path, struct lp_answer *ret)
{
	FILE *f = fopen(path, "r");
	char line[256];

	ret->bound = ret->proven ? ret->cost : -HUGE_VAL;
	while (f && fgets(line, sizeof(line), f))
		if (!ret->proven && strncmp(line, "Lower bound:", 12) == 0)
			ret->bound = strtod(line + 12, NULL);
	if (f)
		fclose(f);
}

/* ---- the process ---- */

static int run_cbc(char *const argv[], const char *log)
{
	posix_spawn_file_actions_t io;
	pid_t pid;
	int status, rc;

	posix_spawn_file_actions_init(&io);
	posix_spawn_file_actions_addopen(&io, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&io, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
	posix_spawn_file_actions_adddup2(&io, 1, 2);
	rc = posix_spawnp(&pid, argv[0], &io, NULL, argv, environ);
	posix_spawn_file_actions_destroy(&io);
	if (rc)
		return -1;
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? 0 : -1;
}

/* See lp.h. */
bool lp_have_cbc(void)
{
	char *argv[] = {"cbc", "-quit", NULL};

	return run_cbc(argv, "/dev/null") == 0;
}

/* See lp.h. */
int lp_solve(const struct lp *m, const char *dir, unsigned seconds, bool relaxed,
	     struct lp_answer *ret)
{
	char model[512], log[512], out[512], sec[16];
	char *argv[16];
	unsigned n = 0;
	int rc;

	*ret = (struct lp_answer){.bound = -HUGE_VAL};
	mr_fmt(model, sizeof(model), "%s/model.mps", dir);
	mr_fmt(log, sizeof(log), "%s/cbc.log", dir);
	mr_fmt(out, sizeof(out), "%s/solution", dir);
	mr_fmt(sec, sizeof(sec), "%u", seconds);
	unlink(out);
	if (write_model(m, model, relaxed)) {
		fprintf(stderr, "%s: cannot be written\n", model);
		return -1;
	}
	argv[n++] = "cbc";
	argv[n++] = model;
	argv[n++] = "-sec";
	argv[n++] = sec;
	argv[n++] = "-timeMode";
	argv[n++] = "elapsed";
	argv[n++] = "-solve";
	argv[n++] = "-solution";
	argv[n++] = out;
	argv[n] = NULL;
	ret->ns = bench_now_ns();
	rc = run_cbc(argv, log);
	ret->ns = bench_now_ns() - ret->ns;
	if (!rc)
		rc = read_solution(m, out, ret);
	if (!rc)
		read_bound(log, ret);
	else
		fprintf(stderr, "cbc %s: no answer, see %s\n", model, log);
	unlink(model);
	unlink(out);
	if (!rc)
		unlink(log);
	return rc;
}
