#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Checks of the tree itself: format, shell scripts, lengths (functions 100 lines, files 600), no generated files. All
# findings are printed before it fails.
set -u
cd "$(dirname "$0")/.." || exit 2
bad=0
list() { git -c safe.directory='*' ls-files -- "$@"; }
finding() { echo "lint: $*"; bad=1; }

mapfile -t sources < <(list '*.c' '*.h')
mapfile -t scripts < <(list | while read -r f; do
	[ -f "$f" ] && head -n 1 "$f" | grep -aqE '^#!.*\b(ba)?sh\b' && echo "$f"
done)
[ ${#sources[@]} -gt 0 ] || { echo "lint: no tracked sources: not a git checkout?"; exit 2; }

for f in "${sources[@]}"; do
	clang-format --dry-run -Werror "$f" >/dev/null 2>&1 || finding "$f: not formatted (clang-format -i)"
done
shellcheck "${scripts[@]}" || finding "shellcheck has findings"

# A function's body is between a '{' and a '}' in column 1.
awk '
	FNR == 1 { body = 0 }
	/^\{/ { body = FNR }
	/^\}/ { if (body && FNR - body - 1 > 100) { printf "lint: %s:%d: function of %d lines\n", FILENAME, body, FNR - body - 1; bad = 1 } body = 0 }
	FNR == 601 { printf "lint: %s: over 600 lines\n", FILENAME; bad = 1 }
	END { exit bad }' "${sources[@]}" || bad=1

for f in "${sources[@]}"; do
	head -n 1 "$f" | grep -q 'SPDX-License-Identifier: Apache-2.0' || finding "$f: expected the SPDX line first"
done
generated=$(list | grep -E '(\.pb-c\.[ch]|\.o|\.a|\.so|\.pyc|compile_commands\.json|CMakeCache\.txt)$|^build|(^|/)__pycache__/')
[ -z "$generated" ] || finding "generated files are tracked: $generated"
[ $bad = 0 ] && echo "lint: ${#sources[@]} sources, ${#scripts[@]} scripts: ok"
exit $bad
