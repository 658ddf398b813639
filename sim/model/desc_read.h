/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a chassis file is read: maps of YAML are tables of fields, each with its type, limits and
 * place in a struct. Findings carry the path of the key. Shared by desc.c, desc_model.c and
 * desc_check.c only.
 */
#ifndef SIM_MODEL_DESC_READ_H
#define SIM_MODEL_DESC_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/model/desc.h"

struct mr_diags;
struct mr_yaml;

#define SIM_PATH_MAX 128

struct sim_rd {
	const char *file;
	struct mr_diags *diags;
	struct sim_desc *desc;
	const struct mr_yaml *models; /* of the spec: adapters may stand before them */
};

struct sim_field {
	const char *key;
	/* Reads 'y' into 'to'; findings go to 'rd'. */
	void (*read)(struct sim_rd *rd, const struct sim_field *f, const struct mr_yaml *y,
		     const char *path, void *to);
	size_t at;	   /* of the member in the struct */
	uint64_t min, max; /* of numbers */
	bool required;
	const struct sim_field *sub; /* of a nested map */
};

void sim_rd_error(struct sim_rd *rd, const struct mr_yaml *y, const char *path, const char *fmt,
		  ...) __attribute__((format(printf, 4, 5)));
/* Reads the map 'y' by the table 'f' (ended by key NULL); unknown and missing keys are
 * errors. */
void sim_rd_map(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
		const struct sim_field *f, void *obj);
/* The text of a scalar, or NULL with an error. */
const char *sim_rd_text(struct sim_rd *rd, const struct mr_yaml *y, const char *path);
/* Whether 'y' is a sequence; else an error. */
bool sim_rd_seq(struct sim_rd *rd, const struct mr_yaml *y, const char *path);
/* Index of the text in a NULL-terminated list, or -1 with an error that names the list. */
int sim_rd_word(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
		const char *const *words);

#define SIM_READER(name)                                                                 \
	void name(struct sim_rd *rd, const struct sim_field *f, const struct mr_yaml *y, \
		  const char *path, void *to)
SIM_READER(sim_rd_name);   /* char[MR_NAME_MAX], a name */
SIM_READER(sim_rd_serial); /* char[32] */
SIM_READER(sim_rd_uint);   /* unsigned */
SIM_READER(sim_rd_hex16);  /* uint16_t */
SIM_READER(sim_rd_size);   /* uint64_t, bytes */
SIM_READER(sim_rd_mbps);   /* uint64_t */
SIM_READER(sim_rd_time);   /* int64_t, ns */
SIM_READER(sim_rd_speed);  /* unsigned, 100 MT/s */
SIM_READER(sim_rd_width);  /* unsigned, lanes */
SIM_READER(sim_rd_bool);   /* bool */
SIM_READER(sim_rd_sub);	   /* nested map into the same struct */
SIM_READER(sim_rd_cut);	   /* unsigned, as PORT_CUT_ANSWER */

SIM_READER(sim_rd_resources); /* of a model: desc_class.c */
SIM_READER(sim_rd_lacks);     /* uint64_t, MR_CT_CAP_* */
void sim_model_check_resources(struct sim_rd *rd, const struct mr_yaml *y, const char *path,
			       const struct sim_model_desc *m);

SIM_READER(sim_rd_models);
SIM_READER(sim_rd_adapters);

/* Gives adapters whose model is a profile their entry in desc->model. */
void sim_desc_profiles(struct sim_desc *d);

/* Limits that need the whole description: ports, buses, addresses, duplicates. */
void sim_desc_check(struct sim_rd *rd, const struct mr_yaml *spec);

#endif
