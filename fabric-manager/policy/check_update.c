// SPDX-License-Identifier: Apache-2.0
/*
 * What FabricPolicy says beside words: drift of attributes that there are, and
 * what `update` says, a profile's as well: windows whose time zone is known. Zones with rules
 * of their own (Europe/Berlin) are refused by name: the core reads no zone files, and a window
 * that moves by an hour twice a year must not do so unseen.
 */
#include "common/str.h"
#include "fabric-manager/model/drift.h"
#include "fabric-manager/model/update.h"
#include "fabric-manager/policy/check.h"

/* `drift.ignore` names attributes that there are. */
void fm_check_drift(struct fm_check *c, const struct fm_doc *d,
		    const struct fm_doc_fabric_drift *f)
{
	static const char *const names[] = {
#define X(name, text, help) text,
		FM_DRIFTS(X)
#undef X
			NULL};
	char path[64];

	for (unsigned i = 0; i < f->ignore.n; i++) {
		const char *near = mr_nearest(f->ignore.item[i].s, names);

		if (fm_drift_parse(f->ignore.item[i].s) >= 0)
			continue;
		mr_fmt(path, sizeof(path), "spec.drift.ignore[%u]", i);
		fm_check_error(c, d, f->ignore.item[i].at, path,
			       "there is no attribute '%s' to compare%s%s%s",
			       f->ignore.item[i].s, near ? "; did you mean " : "",
			       near ? near : "", near ? "?" : "");
	}
}

/* 'path' is that of `update`. */
void fm_check_update(struct fm_check *c, const struct fm_doc *d, const char *path,
		     const struct fm_doc_update *u)
{
	char at[160], place[FM_PLACE_MAX];
	int16_t minutes;

	if (u->strategy.at.line && u->strategy.v == FM_DOC_IMMEDIATE_UPDATE &&
	    u->max_unavailable.at.line) {
		mr_fmt(at, sizeof(at), "%s.maxUnavailable", path);
		fm_check_error(c, d, u->max_unavailable.at, at,
			       "the strategy Immediate (%s) reaches all hosts at once",
			       fm_check_place(d, u->strategy.at, place));
	}
	for (unsigned i = 0; i < u->windows.n; i++) {
		const struct fm_doc_window *w = &u->windows.item[i];

		if (!w->timezone.s || fm_zone_parse(w->timezone.s, &minutes))
			continue;
		mr_fmt(at, sizeof(at), "%s.windows[%u].timezone", path, i);
		fm_check_error(
			c, d, w->timezone.at, at,
			"the time zone '%s' is not known: expected UTC or an offset from it "
			"like +02:00",
			w->timezone.s);
	}
}
