/* SPDX-License-Identifier: Apache-2.0 */
/* Texts of addresses to socket addresses and back. */
#include "common/net/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"

static int parse_unix(const char *s, struct mr_addr *ret, struct mr_err *err)
{
	if (!*s)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "address: expected a path after \"unix:\"");
	if (!mr_copy(ret->path, sizeof(ret->path), s))
		return mr_err_set(err, -ENAMETOOLONG, MR_REASON_LIMIT,
				  "address \"%s\": expected a path of at most %zu bytes", s,
				  sizeof(ret->path) - 1);
	ret->is_unix = true;
	return 0;
}

static int parse_tcp(const char *s, struct mr_addr *ret, struct mr_err *err)
{
	const char *colon = strrchr(s, ':');
	size_t n = colon ? (size_t)(colon - s) : 0;
	bool bracket = s[0] == '[';
	uint64_t port;

	if (bracket && (n < 3 || s[n - 1] != ']'))
		n = 0;
	if (!bracket && n > 0 && memchr(s, ':', n))
		n = 0;
	if (n == 0 || n >= sizeof(ret->host))
		return mr_err_set(
			err, -EINVAL, MR_REASON_INVALID,
			"address \"tcp:%s\": expected tcp:HOST:PORT or tcp:[IPV6]:PORT", s);
	if (mr_parse_u64(colon + 1, 65535, false, &port, NULL) < 0)
		return mr_err_set(err, -EINVAL, MR_REASON_INVALID,
				  "address \"tcp:%s\": expected a port from 0 to 65535", s);
	memcpy(ret->host, s + bracket, n - 2 * bracket);
	mr_fmt(ret->port, sizeof(ret->port), "%u", (unsigned)port);
	return 0;
}

/* Parses an address without resolving it: 0, -EINVAL, or -ENAMETOOLONG. */
int mr_addr_parse(const char *s, struct mr_addr *ret, struct mr_err *err)
{
	struct mr_addr a = {0};
	int r;

	if (mr_starts(s, "tcp:"))
		r = parse_tcp(s + 4, &a, err);
	else if (mr_starts(s, "unix:"))
		r = parse_unix(s + 5, &a, err);
	else if (s[strcspn(s, ":/")] == '/') /* a colon before it: a kind that we have not */
		r = parse_unix(s, &a, err);
	else
		r = mr_err_set(err, -EINVAL, MR_REASON_INVALID,
			       "address \"%s\": expected unix:PATH, tcp:HOST:PORT or a path "
			       "with a slash",
			       s);
	if (r == 0)
		*ret = a;
	return r;
}

/* The text that parses to the same address; returns buf. */
const char *mr_addr_text(const struct mr_addr *a, char *buf, size_t size)
{
	if (a->is_unix)
		mr_fmt(buf, size, "unix:%s", a->path);
	else if (strchr(a->host, ':'))
		mr_fmt(buf, size, "tcp:[%s]:%s", a->host, a->port);
	else
		mr_fmt(buf, size, "tcp:%s:%s", a->host, a->port);
	return buf;
}

static void unix_sockaddr(const struct mr_addr *a, struct sockaddr_storage *ret,
			  socklen_t *ret_len)
{
	struct sockaddr_un *un = (struct sockaddr_un *)ret;

	memset(ret, 0, sizeof(*ret));
	un->sun_family = AF_UNIX;
	memcpy(un->sun_path, a->path, sizeof(un->sun_path));
	*ret_len = sizeof(*un);
}

/*
 * The socket address. With 'numeric' only what needs no name service, so that it cannot block:
 * -EAGAIN for a host name then. Otherwise -EHOSTUNREACH when the name is not known.
 */
int mr_addr_resolve(const struct mr_addr *a, bool numeric, struct sockaddr_storage *ret,
		    socklen_t *ret_len, struct mr_err *err)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *list;
	int r;

	if (a->is_unix) {
		unix_sockaddr(a, ret, ret_len);
		return 0;
	}
	if (numeric)
		hints.ai_flags |= AI_NUMERICHOST;
	r = getaddrinfo(mr_streq(a->host, "localhost") ? "127.0.0.1" : a->host, a->port, &hints,
			&list);
	if (r == EAI_NONAME && numeric)
		return -EAGAIN;
	if (r != 0)
		return mr_err_set(err, -EHOSTUNREACH, MR_REASON_NOT_FOUND, "tcp:%s:%s: %s",
				  a->host, a->port, gai_strerror(r));
	memcpy(ret, list->ai_addr, list->ai_addrlen);
	*ret_len = list->ai_addrlen;
	freeaddrinfo(list);
	return 0;
}

/* Text of a TCP socket's address for logs; returns buf. */
const char *mr_sockaddr_text(const struct sockaddr *sa, char *buf, size_t size)
{
	char host[INET6_ADDRSTRLEN] = "?";

	if (sa->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)sa;

		inet_ntop(AF_INET, &in->sin_addr, host, sizeof(host));
		mr_fmt(buf, size, "tcp:%s:%u", host, ntohs(in->sin_port));
	} else if (sa->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)sa;

		inet_ntop(AF_INET6, &in6->sin6_addr, host, sizeof(host));
		mr_fmt(buf, size, "tcp:[%s]:%u", host, ntohs(in6->sin6_port));
	} else {
		mr_fmt(buf, size, "unix:?");
	}
	return buf;
}
