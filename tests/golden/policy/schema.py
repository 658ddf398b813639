#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""docs/policy.schema.json against what the reader says: every policy of config/ and every golden case that the reader
accepts is valid; the cases named here, which one document shows to be wrong, are not. SOURCE-FOLDER."""
import glob
import json
import os
import sys

import jsonschema
import yaml

# Golden cases that a schema of one document can see.
WRONG = """bad-name count-wrong enum-misspelt hex-wrong int-not-a-number int-out-of-range mac-wrong
 missing-keys missing-metadata missing-name misspelt-key no-header no-spec-but-required percent rate-without-unit
 time-without-unit status-in-file unknown-key-deep unknown-key-far unknown-kind unknown-kind-far unknown-top-key
 vfs-wrong wrong-api-version wrong-type-list wrong-type-object wrong-type-scalar""".split()


def documents(path):
    with open(path, encoding="utf-8") as f:
        return [d for d in yaml.safe_load_all(f) if d is not None]


def inputs(case):
    if os.path.exists(os.path.join(case, "files")):
        return []  # config/, looked at below
    return [os.path.join(case, "input.yaml")]


def main():
    src = sys.argv[1]
    with open(os.path.join(src, "docs/policy.schema.json"), encoding="utf-8") as f:
        schema = json.load(f)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    bad = good = refused = 0

    def findings(path):
        return [(e.json_path, e.message) for d in documents(path) for e in validator.iter_errors(d)]

    policies = []
    for path in sorted(glob.glob(os.path.join(src, "config/*.yaml"))):
        if any(isinstance(d, dict) and d.get("apiVersion") == "banyan/v1" and d.get("kind") != "ChassisModel"
               for d in documents(path)):
            policies.append(path)
    cases = sorted(glob.glob(os.path.join(src, "tests/golden/policy/*/expected.txt")))
    for expected in cases:
        with open(expected, encoding="utf-8") as f:
            if "\naccepted, " in "\n" + f.read():
                policies += inputs(os.path.dirname(expected))
    for path in policies:
        good += 1
        for where, what in findings(path):
            print(f"{path}: {where}: {what:.200}")
            bad += 1
    for name in WRONG:
        case = os.path.join(src, "tests/golden/policy", name)
        if not os.path.exists(case):
            print(f"{name}: there is no such case")
            bad += 1
            continue
        refused += 1
        if not findings(os.path.join(case, "input.yaml")):
            print(f"{case}: the reader refuses it, the schema does not")
            bad += 1
    print(f"{good} accepted, {refused} refused, {bad} wrong")
    return 1 if bad or good < 20 else 0


sys.exit(main())
