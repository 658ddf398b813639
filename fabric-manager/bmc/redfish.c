// SPDX-License-Identifier: Apache-2.0
/*
 * Redfish over libcurl: HTTPS only, certificates verified, no redirects, answers of a limited
 * size. Nothing of a request is ever logged.
 */
#include "fabric-manager/bmc/redfish.h"

#include <curl/curl.h>
#include <errno.h>

#include "common/err.h"
#include "common/now.h"
#include "common/os/clock.h"
#include "common/str.h"
#include "fabric-manager/bmc/answer.h"

#define REQUEST_NS (10 * MR_NS_PER_S)
#define POLL_NS	   (MR_NS_PER_S / 2)
#define BODY_MAX   (1u << 20)

struct talk {
	const struct fm_redfish *r;
	CURL *curl;
	struct mr_buf body;
	char system[FM_BMC_MAX + sizeof(FM_BMC_SYSTEMS)]; /* path */
};

static size_t take(char *data, size_t size, size_t n, void *arg)
{
	struct talk *t = arg;

	if (size * n > BODY_MAX - t->body.len)
		return 0;
	mr_buf_add(&t->body, data, size * n);
	return size * n;
}

static int is_over(void *arg, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	struct talk *t = arg;

	(void)a, (void)b, (void)c, (void)d;
	return t->r->is_over(t->r->arg);
}

static void set_up(struct talk *t)
{
	curl_easy_setopt(t->curl, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(t->curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(t->curl, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(t->curl, CURLOPT_PROXY, "");
	curl_easy_setopt(t->curl, CURLOPT_HTTPAUTH, CURLAUTH_BASIC);
	curl_easy_setopt(t->curl, CURLOPT_USERNAME, t->r->user);
	curl_easy_setopt(t->curl, CURLOPT_PASSWORD, t->r->password);
	if (t->r->ca)
		curl_easy_setopt(t->curl, CURLOPT_CAINFO, t->r->ca);
	curl_easy_setopt(t->curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(t->curl, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(t->curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(t->curl, CURLOPT_XFERINFOFUNCTION, is_over);
	curl_easy_setopt(t->curl, CURLOPT_XFERINFODATA, t);
}

/* What an HTTP status means. */
static int judge(struct talk *t, const char *path, long status, struct mr_err *err)
{
	const char *host = t->r->address.host;
	char words[128];

	if (status >= 200 && status < 300)
		return 0;
	if (status == 401 || status == 403)
		return mr_err_set(err, -EACCES, MR_REASON_NOT_PERMITTED,
				  "%s refuses the credentials of --bmc-users (%ld)", host,
				  status);
	if (status == 404)
		return mr_err_set(err, -ENOENT, MR_REASON_NOT_FOUND, "%s has no %s", host,
				  path);
	fm_bmc_message(mr_buf_text(&t->body), t->body.len, words, sizeof(words));
	return mr_err_set(err, -EPROTO, MR_REASON_UNREACHABLE, "%s: %s: answer %ld%s%s", host,
			  path, status, words[0] ? ": " : "", words);
}

/* One request; 'post' NULL = GET. The answer is in t->body. */
static int request(struct talk *t, const char *path, const char *post, struct mr_err *err)
{
	int64_t left = t->r->deadline_ns - mr_clock_now().mono_ns;
	struct curl_slist *headers = NULL;
	char url[3 * FM_BMC_MAX];
	long status = 0;
	CURLcode rc;

	if (left > REQUEST_NS)
		left = REQUEST_NS;
	mr_fmt(url, sizeof(url), "https://%s%s", t->r->address.host, path);
	mr_buf_reset(&t->body);
	headers = curl_slist_append(headers, "Content-Type: application/json");
	curl_easy_setopt(t->curl, CURLOPT_URL, url);
	curl_easy_setopt(t->curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(t->curl, CURLOPT_TIMEOUT_MS,
			 left > MR_NS_PER_MS ? (long)(left / MR_NS_PER_MS) : 1L);
	if (post)
		curl_easy_setopt(t->curl, CURLOPT_POSTFIELDS, post);
	else
		curl_easy_setopt(t->curl, CURLOPT_HTTPGET, 1L);
	rc = curl_easy_perform(t->curl);
	curl_easy_getinfo(t->curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	if (rc)
		return mr_err_set(err, -EHOSTUNREACH, MR_REASON_UNREACHABLE, "%s: %s",
				  t->r->address.host, curl_easy_strerror(rc));
	return judge(t, path, status, err);
}

static int find_system(struct talk *t, struct mr_err *err)
{
	char id[FM_BMC_MAX];
	int rc = 0;

	mr_copy(id, sizeof(id), t->r->address.system);
	if (!id[0])
		rc = request(t, FM_BMC_SYSTEMS, NULL, err);
	if (!rc && !id[0]) {
		rc = fm_bmc_member(mr_buf_text(&t->body), t->body.len, id, sizeof(id), err);
		if (rc)
			mr_err_prefix(err, "%s", t->r->address.host);
	}
	mr_fmt(t->system, sizeof(t->system), FM_BMC_SYSTEMS "/%s", id);
	return rc;
}

static int read_power(struct talk *t, enum fm_power *ret, struct mr_err *err)
{
	int rc = request(t, t->system, NULL, err);

	if (rc)
		return rc;
	rc = fm_bmc_power(mr_buf_text(&t->body), t->body.len, ret, err);
	return rc ? mr_err_prefix(err, "%s", t->r->address.host) : 0;
}

static int reset(struct talk *t, struct mr_err *err)
{
	char path[sizeof(t->system) + 64];

	mr_fmt(path, sizeof(path), "%s/Actions/ComputerSystem.Reset", t->system);
	return request(t, path, "{\"ResetType\":\"ForceOff\"}", err);
}

/* A controller that does not answer for a moment is asked again, like one that is not done. */
static int await_off(struct talk *t, struct mr_err *err)
{
	const struct fm_redfish *r = t->r;
	enum fm_power power = FM_POWER_ON;
	struct mr_err why = {0};
	int64_t now;
	int rc = 0;

	while ((now = mr_clock_now().mono_ns) < r->deadline_ns && !r->is_over(r->arg)) {
		why = (struct mr_err){0};
		rc = read_power(t, &power, &why);
		if (!rc && power == FM_POWER_OFF)
			return 0;
		r->wait_until(now + POLL_NS, r->arg);
	}
	return mr_err_set(err, -ETIMEDOUT, MR_REASON_TIMEOUT,
			  "%s took the power-off, and PowerState is not Off in time%s%s",
			  r->address.host, rc ? ": " : "", rc ? why.text : "");
}

/* redfish.h */
int fm_redfish_off(const struct fm_redfish *r, struct mr_err *err)
{
	struct talk t = {.r = r, .curl = curl_easy_init()};
	enum fm_power power;
	int rc;

	if (!t.curl)
		return mr_err_set(err, -ENOMEM, MR_REASON_INTERNAL, "libcurl has no memory");
	set_up(&t);
	rc = find_system(&t, err);
	if (!rc)
		rc = read_power(&t, &power, err);
	if (!rc && power != FM_POWER_OFF) {
		rc = reset(&t, err);
		if (!rc)
			rc = await_off(&t, err);
	}
	curl_easy_cleanup(t.curl);
	mr_buf_done(&t.body);
	return rc;
}
