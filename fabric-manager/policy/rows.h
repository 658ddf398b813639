/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How the rows of the tables are written. Each macro names the struct, the key, the member and
 * the row's help; a member of the wrong type does not compile. The rest of the columns follow
 * as designated initialisers.
 */
#ifndef FABRIC_MANAGER_POLICY_ROWS_H
#define FABRIC_MANAGER_POLICY_ROWS_H

#include <stddef.h>

#include "common/xalloc.h"
#include "fabric-manager/policy/table.h"

/* 0, and an error at compile time unless member 'm' of struct 's' has the type 't'. */
#define IS(s, m, t)  (0 * sizeof(_Generic(((struct s *)0)->m, t : 1)))
#define AT(s, m, t)  (offsetof(struct s, m) + IS(s, m, t))
#define ATL(s, m, t) (offsetof(struct s, m) + IS(s, m.item, t *))

#define TXT(s, key, m, kind, text, ...)                                               \
	{                                                                             \
		.name = key, .type = FM_T_##kind, .offset = AT(s, m, struct fm_text), \
		.help = text, ##__VA_ARGS__                                           \
	}
#define NUM(s, key, m, kind, text, ...)                                              \
	{                                                                            \
		.name = key, .type = FM_T_##kind, .offset = AT(s, m, struct fm_num), \
		.help = text, ##__VA_ARGS__                                          \
	}
#define TXTS(s, key, m, kind, fl, text, ...)                                           \
	{                                                                              \
		.name = key, .type = FM_T_##kind, .offset = ATL(s, m, struct fm_text), \
		.flags = FM_K_LIST | (fl), .help = text, ##__VA_ARGS__                 \
	}
#define NUMS(s, key, m, kind, fl, text, ...)                                          \
	{                                                                             \
		.name = key, .type = FM_T_##kind, .offset = ATL(s, m, struct fm_num), \
		.flags = FM_K_LIST | (fl), .help = text, ##__VA_ARGS__                \
	}
#define LABELS(s, key, m, text, ...)                                                    \
	{                                                                               \
		.name = key, .type = FM_T_LABELS, .offset = AT(s, m, struct fm_labels), \
		.help = text, ##__VA_ARGS__                                             \
	}
#define OBJ(s, key, m, table, text, ...)                                           \
	{                                                                          \
		.name = key, .type = FM_T_OBJECT, .offset = offsetof(struct s, m), \
		.sub = &table, .help = text, ##__VA_ARGS__                         \
	}
#define OBJS(s, key, m, table, fl, text, ...)                                         \
	{                                                                             \
		.name = key, .type = FM_T_OBJECT, .offset = offsetof(struct s, m),    \
		.sub = &table, .flags = FM_K_LIST | (fl), .help = text, ##__VA_ARGS__ \
	}
#define EITHER(s, key, m, table, text, ...)                                        \
	{                                                                          \
		.name = key, .type = FM_T_EITHER, .offset = offsetof(struct s, m), \
		.sub = &table, .help = text, ##__VA_ARGS__                         \
	}
#define SUSPEND(s)                                                             \
	NUM(s, "suspend", suspend, BOOL, "Freezes what the document governs.", \
	    .flags = FM_K_DEFAULT)

#define REQUIRED      .flags = FM_K_REQUIRED
#define DEF(v)	      .flags = FM_K_DEFAULT, .def = (v)
#define RANGE(lo, hi) .min = (lo), .max = (hi)

/* The table of struct 's' (or of a member's type) over the rows 'k'. */
#define TABLE(s, text, k)                                                               \
	{                                                                               \
		.name = text, .key = k, .n = MR_ARRAY_SIZE(k), .size = sizeof(struct s) \
	}

#define MS  INT64_C(1000000)
#define SEC (1000 * MS)
#define MIN (60 * SEC)
#define DAY (1440 * MIN)

#define KBIT  INT64_C(1000)
#define GBIT  (1000 * 1000 * KBIT)
#define MBIT  (1000 * KBIT)
#define RATES RANGE(MBIT, 100000 * GBIT)
#define KIB   INT64_C(1024)
#define GIB   (INT64_C(1) << 30)
#define PORTS RANGE(0, 511)

#endif
