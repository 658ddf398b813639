// SPDX-License-Identifier: Apache-2.0
/* Who may edit a tenant's documents. */
#include <check.h>
#include <errno.h>
#include <string.h>

#include "common/err.h"
#include "common/str.h"
#include "fabric-manager/policy/docs.h"
#include "tests/unit/check_main.h"

#define DOC(kind, name, spec)                                                                 \
	"---\napiVersion: banyan/v1\nkind: " kind "\nmetadata: {name: " name "}\nspec: " spec \
	"\n"
#define RED	DOC("Domain", "red", "{pools: [x], users: [alice, bob]}")
#define OPEN	DOC("Domain", "open", "{pools: [x]}")
#define P(spec) DOC("ServerProfile", "p", spec)

static const struct {
	const char *name, *before, *now, *who;
	bool may;
} cases[] = {
	{"a user makes a profile", RED, RED P("{domain: red}"), "alice", true},
	{"a stranger does not", RED, RED P("{domain: red}"), "eve", false},
	{"nor a template", RED,
	 RED DOC("ProfileTemplate", "t", "{replicas: 1, template: {domain: red}}"), "eve",
	 false},
	{"nor an edit", RED P("{domain: red}"), RED P("{domain: red, atomic: true}"), "eve",
	 false},
	{"nor a removal", RED P("{domain: red}"), RED, "eve", false},
	{"nor does it leave", RED OPEN P("{domain: red}"), RED OPEN P("{domain: open}"), "eve",
	 false},
	{"nor come", RED OPEN P("{domain: open}"), RED OPEN P("{domain: red}"), "eve", false},
	{"what stays is nobody's edit", RED P("{domain: red}"),
	 RED OPEN P("{domain: red, atomic: false}"), "eve", true},
	{"without users anybody may", OPEN, OPEN P("{domain: open}"), "eve", true},
	{"the domain is the operator's", RED, OPEN, "eve", true},
};

static void read_docs(const char *text, struct fm_docs *ret)
{
	struct mr_diags diags = {0};

	ck_assert_int_eq(fm_docs_read(ret, "t", text, strlen(text), &diags), 0);
	mr_diags_done(&diags);
}

START_TEST(users)
{
	struct fm_docs before = {0}, now = {0};
	struct mr_diags diags = {0};

	read_docs(cases[_i].before, &before);
	read_docs(cases[_i].now, &now);
	ck_assert_msg(fm_docs_check_users(&before, &now, cases[_i].who, &diags) ==
			      (cases[_i].may ? 0 : -EPERM),
		      "%s", cases[_i].name);
	ck_assert_uint_eq(diags.errors, !cases[_i].may);
	mr_diags_done(&diags);
	fm_docs_done(&before);
	fm_docs_done(&now);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("users");
	TCase *t = tcase_create("all");

	tcase_add_loop_test(t, users, 0, sizeof(cases) / sizeof(cases[0]));
	suite_add_tcase(s, t);
	return check_run(s);
}
