/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A small table of lines printed lately, one slot by hash: a collision only means that a repeat
 * is printed.
 */
#include "common/os/fold.h"

#include <string.h>

#include "common/now.h"
#include "common/str.h"

static unsigned slot_of(const char *subsystem, const char *text)
{
	uint32_t h = 2166136261u;

	for (; *subsystem; subsystem++)
		h = (h ^ (unsigned char)*subsystem) * 16777619u;
	for (; *text; text++)
		h = (h ^ (unsigned char)*text) * 16777619u;
	return h % MR_FOLD_SLOTS;
}

static void tell_repeats(struct mr_fold_line *line, mr_fold_fn *tell, void *arg)
{
	if (line->used && line->repeats > 0)
		tell(line, arg);
	line->used = false;
}

/*
 * Whether the line is to be printed now; a repeat within a second is counted instead. A line
 * that loses its slot to this one is told first. Lines too long for a slot are always printed.
 */
bool mr_fold_add(struct mr_fold *f, int64_t mono_ns, enum mr_log_level level,
		 const char *subsystem, const char *text, mr_fold_fn *tell, void *arg)
{
	struct mr_fold_line *line = &f->line[slot_of(subsystem, text)];

	mr_fold_expire(f, mono_ns, tell, arg);
	if (line->used && line->level == level && mr_streq(line->subsystem, subsystem) &&
	    mr_streq(line->text, text)) {
		line->repeats++;
		return false;
	}
	tell_repeats(line, tell, arg);
	memset(line, 0, sizeof(*line));
	line->used = mr_copy(line->subsystem, sizeof(line->subsystem), subsystem) &&
		     mr_copy(line->text, sizeof(line->text), text);
	line->level = level;
	line->printed_ns = mono_ns;
	return true;
}

/* Tells the counts of all lines whose second is over; MR_NEVER tells all. */
void mr_fold_expire(struct mr_fold *f, int64_t mono_ns, mr_fold_fn *tell, void *arg)
{
	for (unsigned i = 0; i < MR_FOLD_SLOTS; i++) {
		if (f->line[i].used && mono_ns - f->line[i].printed_ns >= MR_NS_PER_S)
			tell_repeats(&f->line[i], tell, arg);
	}
}
