#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# table.sh SEEDS-SWARM DOC: the table of pairs that cannot be is in the document as the program prints it.
have=$(sed -n '/<!-- pairs: printed by seeds-swarm --unreachable -->/,/<!-- end of the pairs -->/p' "$2" | sed '1d;$d')
want=$("$1" --unreachable) || exit 1
[ -n "$want" ] && [ "$have" = "$want" ] && exit 0
echo "$2 does not have what $1 --unreachable prints:"
echo "$want"
exit 1
