// SPDX-License-Identifier: Apache-2.0
/* See small_chassis.h. */
#include "tests/fuzz/small_chassis.h"

#include <string.h>

#include "common/err.h"
#include "sim/model/chassis.h"
#include "sim/model/desc.h"
#include "tests/fuzz/fuzz.h"

static const char description[] =
	"apiVersion: banyan/v1\nkind: ChassisModel\nmetadata: {name: c1}\nspec:\n"
	"  serial: C1\n"
	"  switch: {ports: 5, owner: free, nvm: yes, cutAnswer: ur}\n"
	"  hosts:\n"
	"    - {slot: 1, name: a, kind: face, link: {speed: 16GT, width: 8}, hotplugReserve: "
	"{buses: 16, mmio: 256MiB, mmio64: 64GiB}, bridges: 4, vfMigration: true}\n"
	"    - {slot: 2, name: b, kind: face, link: {speed: 16GT, width: 8}, hotplugReserve: "
	"{buses: 16, mmio: 256MiB, mmio64: 64GiB}, bridges: 4, vfMigration: false}\n"
	"  models:\n"
	"    m: {kind: mra, class: ethernet, vendor: \"15b3\", device: \"101d\", vfDevice: "
	"\"101e\", ports: [{speed: 100Gbit}], link: {speed: 16GT, width: 16}, vfs: 4, vhs: 3, "
	"bars: [{size: 64KiB, type: mem64}], msix: 4, timing: {flr: 1ms, vfEnable: 1ms}}\n"
	"    s: {kind: sriov, class: nvme, vendor: \"144d\", device: \"a824\", vfDevice: "
	"\"a825\", link: {speed: 16GT, width: 4}, vfs: 4, bars: [{size: 32KiB, type: mem64}], "
	"msix: 4, timing: {flr: 1ms, vfEnable: 1ms}}\n"
	"    w: {kind: base, class: gpu, vendor: \"1002\", device: \"740f\", link: {speed: "
	"16GT, "
	"width: 16}, bars: [{size: 1MiB, type: mem32}], msix: 4, timing: {flr: 1ms}}\n"
	"  adapters:\n"
	"    - {slot: 1, name: nic, model: m, serial: N}\n"
	"    - {slot: 2, name: ssd, model: s, serial: D}\n"
	"    - {slot: 3, name: gpu, model: w, serial: G}\n";
/* See small_chassis.h. */
struct sim_chassis *small_chassis(struct mr_now now)
{
	static struct sim_desc *desc; /* read once; kept to the end of the program */
	struct mr_diags diags = {0};

	if (!desc)
		FUZZ_CHECK(!sim_desc_read("small.yaml", description, strlen(description), &desc,
					  &diags));
	mr_diags_done(&diags);
	return sim_chassis_new(desc, now);
}
