#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Every YAML file of config/ is named by a case of this suite.
cd "$(dirname "$0")/../../.." || exit 2
bad=0 n=0
for f in config/*.yaml; do
	n=$((n + 1))
	grep -qE "^[a-z]+ $f\$" tests/golden/config/*/files || { echo "$f: expected a case below tests/golden/config"; bad=1; }
done
echo "$n files"
[ $n -gt 0 ] && exit $bad
