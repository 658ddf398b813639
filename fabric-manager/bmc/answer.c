// SPDX-License-Identifier: Apache-2.0
/*
 * Reads the answers of a Redfish service with jansson. A controller is another machine with
 * software of its own: nothing of an answer is believed that does not have its shape.
 */
#include "fabric-manager/bmc/answer.h"

#include <errno.h>
#include <jansson.h>

#include "common/err.h"
#include "common/str.h"

static json_t *parse(const char *json, size_t len, const char *what, struct mr_err *err)
{
	json_error_t e;
	json_t *root = json_loadb(json, len, 0, &e);

	if (!root)
		mr_err_set(err, -EPROTO, MR_REASON_INVALID,
			   "%s: no JSON: line %d, column %d: %s", what, e.line, e.column,
			   e.text);
	return root;
}

/* answer.h */
int fm_bmc_member(const char *json, size_t len, char *ret_id, size_t size, struct mr_err *err)
{
	json_t *root = parse(json, len, FM_BMC_SYSTEMS, err);
	const json_t *members = json_object_get(root, "Members"), *m;
	struct fm_bmc_address a;
	struct mr_buf names = {0};
	char url[FM_BMC_MAX];
	size_t i;
	int rc = 0;

	if (!root)
		return -EPROTO;
	json_array_foreach(members, i, m)
	{
		const char *id = json_string_value(json_object_get(m, "@odata.id"));

		if (!id || !mr_fmt(url, sizeof(url), "https://bmc%s", id) ||
		    !fm_bmc_parse(url, &a) || !a.system[0])
			rc = mr_err_set(err, -EPROTO, MR_REASON_INVALID,
					FM_BMC_SYSTEMS ": a member without an @odata.id of "
						       "a system");
		else
			mr_buf_printf(&names, "%s%s", names.len ? ", " : "", a.system);
	}
	if (!rc && json_array_size(members) != 1)
		rc = mr_err_set(err, -EPROTO, MR_REASON_INVALID,
				FM_BMC_SYSTEMS " has %zu members%s%.200s: power.bmc has to "
					       "name one",
				json_array_size(members), names.len ? ": " : "",
				mr_buf_text(&names));
	if (!rc)
		mr_copy(ret_id, size, a.system);
	mr_buf_done(&names);
	json_decref(root);
	return rc;
}

/* answer.h */
int fm_bmc_power(const char *json, size_t len, enum fm_power *ret, struct mr_err *err)
{
	static const char *const on[] = {"On", "PoweringOn", "PoweringOff", "Paused"};
	json_t *root = parse(json, len, "system", err);
	const char *state = json_string_value(json_object_get(root, "PowerState"));
	int rc = root ? 0 : -EPROTO;

	*ret = mr_streq(state, "Off") ? FM_POWER_OFF : FM_POWER_UNKNOWN;
	for (size_t i = 0; i < sizeof(on) / sizeof(on[0]); i++)
		if (mr_streq(state, on[i]))
			*ret = FM_POWER_ON;
	if (!rc && *ret == FM_POWER_UNKNOWN)
		rc = mr_err_set(err, -EPROTO, MR_REASON_INVALID,
				"system: PowerState is %.40s, expected On or Off",
				state ? state : "not there");
	json_decref(root);
	return rc;
}

/* answer.h */
void fm_bmc_message(const char *json, size_t len, char *ret, size_t size)
{
	json_t *root = json_loadb(json, len, 0, NULL);
	const json_t *error = json_object_get(root, "error");
	const char *text = json_string_value(json_object_get(error, "message"));

	mr_fmt(ret, size, "%.100s", text ? text : "");
	json_decref(root);
}
