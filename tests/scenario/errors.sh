#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# What is wrong in a scenario file is told with its line, column, key and the nearest key that there is; what it expects
# and does not get ends with exit code 1 and the reason.
# usage: errors.sh BANYAN-SIM SOURCE-FOLDER
sim=$1
t=$(mktemp -d) || exit 2
trap 'rm -rf "$t"' EXIT
cp "$2/config/demo-chassis.yaml" "$t/chassis.yaml"
bad=0

# check NAME EXIT TEXT: the scenario's steps come on standard input.
check() {
	{
		printf 'apiVersion: banyan/v1\nkind: Scenario\nmetadata: {name: t}\nspec:\n  chassis: chassis.yaml\n  steps:\n'
		cat
	} >"$t/s.yaml"
	"$sim" run "$t/s.yaml" >"$t/out" 2>&1
	code=$?
	if [ $code -ne "$2" ] || ! grep -qF -- "$3" "$t/out"; then
		echo "$1: exit $code, expected $2 with: $3"
		cat "$t/out"
		bad=1
	fi
}

check 'a misspelt action' 1 "s.yaml:7:8: spec.steps[0].pul: unknown key 'pul', did you mean 'pull'?" <<'X'
    - {pul: hba}
X
check 'a misspelt expectation' 1 "s.yaml:7:31: spec.steps[0].expect[0].regster: unknown key 'regster', did you mean 'register'?" <<'X'
    - {pull: hba, expect: [  {regster: {place: switch/writes}}]}
X
check 'no such adapter' 1 "spec.steps[0].pull: there is no adapter 'hbb', did you mean 'hba'?" <<'X'
    - {pull: hbb}
X
check 'no such register' 1 "no register 'writs', did you mean 'writes'?" <<'X'
    - {expect: [{register: {place: switch/writs, is: 0}}]}
X
check 'no such event' 1 "there is no event 'PORT_LINKS', did you mean 'PORT_LINK'?" <<'X'
    - {on: PORT_LINKS}
X
check 'two actions' 1 "a step does one thing, and 'pull' is given already" <<'X'
    - {pull: hba, insert: hba}
X
check 'a bridge too many' 1 "too high a number for a bridge of 'blade01'" <<'X'
    - {map: {function: hba/pf0/vf0, blade: blade01, bridge: 99}}
X
check 'a function too many' 1 "expected ADAPTER/pfP/vfV within the adapter, got 'hba/pf0/vf99'" <<'X'
    - {resetVf: hba/pf0/vf99}
X
check 'a missing key' 1 "the key 'bridge' is missing" <<'X'
    - {cut: {blade: blade01}}
X
check 'a time' 1 "expected a time such as 10us" <<'X'
    - {after: soon, pull: hba}
X
check 'a misspelt key of an action' 1 "s.yaml:7:58: spec.steps[0].aer.headr: unknown key 'headr', did you mean 'header'?" <<'X'
    - {aer: {blade: blade01, at: "03:00.0", kind: fatal, headr: [1]}}
X
check 'a kind of error' 1 "spec.steps[0].aer.kind: 'deadly' is not one of: correctable, nonfatal, fatal" <<'X'
    - {aer: {blade: blade01, at: "03:00.0", kind: deadly}}
X
check 'a header of five words' 1 "spec.steps[0].aer.header: 5 words, expected 1 to 4" <<'X'
    - {aer: {blade: blade01, at: "03:00.0", kind: fatal, header: [1, 2, 3, 4, 5]}}
X
check 'a word too large' 1 "spec.steps[0].aer.header[1]: " <<'X'
    - {aer: {blade: blade01, at: "03:00.0", kind: fatal, header: [1, 0x100000000]}}
X
check 'a rate without a unit' 1 "spec.steps[0].traffic.rate: " <<'X'
    - {traffic: {function: hba/pf0/vf0, kind: constant, rate: 1000}}
X
check 'a frame too short' 1 "spec.steps[0].traffic.frame: '10': expected a number from 64 to 9216" <<'X'
    - {traffic: {function: hba/pf0/vf0, kind: constant, frame: 10}}
X
check 'a burst too short' 1 "bursts and pauses of 1 ms to 1 h" <<'X'
    - {traffic: {function: hba/pf0/vf0, kind: bursty, on: 1us}}
X
check 'a slot without a button' 1 "blade01 slot 0: errno 112" <<'X'
    - {button: {blade: blade01, bridge: 0}}
X
check 'a serial too long' 1 "spec.steps[0].replaceSwitch: expected a serial number of 1 to 31 characters" <<'X'
    - {replaceSwitch: a123456789b123456789c123456789d123456789}
X
check 'a misspelt condition' 1 "spec.steps[0].when.regster: unknown key 'regster', did you mean 'register'?" <<'X'
    - {when: {regster: {place: switch/writes}}, pull: hba}
X
check 'two conditions' 1 "spec.steps[0].when: expected a map of one key" <<'X'
    - {when: {blade: {name: blade01, state: up}, link: {port: hba, up: true}}, pull: hba}
X
check 'a condition that never holds' 1 "waited for link of hba is up" <<'X'
    - {when: {link: {port: hba, up: false}}, within: 1s, pull: hba}
X
check 'an expectation that fails' 1 "switch/rowsUsed is 0x0, expected 0x1" <<'X'
    - {pull: hba, expect: [{register: {place: switch/rowsUsed, is: 1}}]}
X
check 'a refusal that was not expected' 1 "expected it to be done" <<'X'
    - {insert: hba}
X
check 'an event that never comes' 1 "no event RESET_DONE came in time" <<'X'
    - {on: RESET_DONE, within: 1s, pull: hba}
X
check 'no such chassis' 1 "unknown key 'chasis', did you mean 'chassis'?" <<'X'
    - {pull: hba}
  chasis: other.yaml
X
# the page: its example runs, and it names all that steps can do and expect
mkdir "$t/page" && cp "$2/config/demo-chassis.yaml" "$t"
# shellcheck disable=SC2016 # backticks of Markdown
sed -n '/^```yaml$/,/^```$/p' "$2/docs/scenarios.md" | sed '/^```yaml$/d; /^```$/q' | grep -v '^```' >"$t/page/s.yaml"
"$sim" run "$t/page/s.yaml" >"$t/out" 2>&1 || { echo "the example of docs/scenarios.md fails"; cat "$t/out"; bad=1; }
keys=$("$sim" run --help | sed -n '/^Steps do/,/^$/s/^  \([a-zA-Z]*\) .*/\1/p')
[ "$(echo "$keys" | wc -l)" -gt 50 ] || { echo "expected more than 50 keys in the help: $keys"; bad=1; }
for key in $keys; do
	grep -qE "(\`|[|] |, |[{])$key(\`|:| )" "$2/docs/scenarios.md" || { echo "docs/scenarios.md does not tell of '$key'"; bad=1; }
done
"$sim" run >"$t/out" 2>&1
[ $? -eq 64 ] || { echo "no file: expected exit code 64"; bad=1; }
exit $bad
