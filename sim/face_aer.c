// SPDX-License-Identifier: Apache-2.0
/* The error counters of a PCI device's folder: aer_dev_*, in the kernel's format. */
#include "common/xalloc.h"
#include "sim/face_tree.h"
#include "sim/model/blade.h"
#include "sim/model/chassis.h"

static const char *const correctable[16] = {
	[0] = "RxErr",	  [6] = "BadTLP",	[7] = "BadDLLP",     [8] = "Rollover",
	[12] = "Timeout", [13] = "NonFatalErr", [14] = "CorrIntErr", [15] = "HeaderOF",
};

static const char *const uncorrectable[27] = {
	[0] = "Undefined",	[4] = "DLP",
	[5] = "SDES",		[12] = "TLP",
	[13] = "FCP",		[14] = "CmpltTO",
	[15] = "CmpltAbrt",	[16] = "UnxCmplt",
	[17] = "RxOF",		[18] = "MalfTLP",
	[19] = "ECRC",		[20] = "UnsupReq",
	[21] = "ACSViol",	[22] = "UncorrIntErr",
	[23] = "BlockedTLP",	[24] = "AtomicOpBlocked",
	[25] = "TLPBlockedErr", [26] = "PoisonTLPBlocked",
};

/* Whether the device has the counters. */
bool face_has_errors(const struct face_at *at)
{
	return sim_blade_errors(at->blade, at->rid);
}

static int put(const struct face_at *at, enum sim_aer_kind kind, const char *const *names,
	       unsigned n, const char *total, struct mr_buf *out)
{
	const struct sim_dev_errors *e = sim_blade_errors(at->blade, at->rid);

	for (unsigned i = 0; i < n; i++)
		if (names[i])
			mr_buf_printf(out, "%s %llu\n", names[i],
				      (unsigned long long)e->bit[kind][i]);
	mr_buf_printf(out, "TOTAL_%s %llu\n", total, (unsigned long long)e->total[kind]);
	return 0;
}

/* aer_dev_correctable */
int face_aer_correctable(const struct face_at *at, struct mr_buf *out)
{
	return put(at, SIM_AER_CORRECTABLE, correctable, MR_ARRAY_SIZE(correctable), "ERR_COR",
		   out);
}

/* aer_dev_nonfatal */
int face_aer_nonfatal(const struct face_at *at, struct mr_buf *out)
{
	return put(at, SIM_AER_NONFATAL, uncorrectable, MR_ARRAY_SIZE(uncorrectable),
		   "ERR_NONFATAL", out);
}

/* aer_dev_fatal */
int face_aer_fatal(const struct face_at *at, struct mr_buf *out)
{
	return put(at, SIM_AER_FATAL, uncorrectable, MR_ARRAY_SIZE(uncorrectable), "ERR_FATAL",
		   out);
}
