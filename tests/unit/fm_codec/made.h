/* SPDX-License-Identifier: Apache-2.0 */
/* A row of each kind, for the tests of their codec and for the seeds of its fuzzers. */
#ifndef TESTS_UNIT_FM_CODEC_MADE_H
#define TESTS_UNIT_FM_CODEC_MADE_H

#include "common/xalloc.h"
#include "fabric-manager/codec/record.h"

static const struct fm_rec_data made_data = {.profile = "db",
					     .device = "disk",
					     .name = "root",
					     .id = 9,
					     .state = FM_DATA_KEPT,
					     .chassis = "c1",
					     .adapter = "nvme",
					     .serial = "D-0001",
					     .pf = 1,
					     .index = 63,
					     .block_shift = 12,
					     .shared = true,
					     .erase = true,
					     .size = 1ull << 40,
					     .owner = 77};

static inline struct fm_assignment made_assignment(void)
{
	return (struct fm_assignment){.profile = "web-blade01",
				      .device = "data0",
				      .index = 1,
				      .count = 2,
				      .id = 5,
				      .epoch = 6,
				      .phase = FM_PHASE_DRAINING_IO,
				      .reason = MR_REASON_BUSY,
				      .detail = "in use",
				      .host = "blade01",
				      .has_fn = true,
				      .fn = {1, 17, 0, 63},
				      .adapter = "nic-left",
				      .card = {"N-0001", 0x15b3, 0x101d},
				      .chassis = 1,
				      .place = {FM_WAY_LVF, 1, 3, 0, 4},
				      .guaranteed_mbps = 10000,
				      .limit_mbps = 40000,
				      .attrs = {0x0225b5000001,
						0x20000025b5000000,
						10,
						20,
						100,
						3,
						true,
						true,
						true,
						2,
						MR_BRIDGING_VEPA,
						256,
						9000,
						30,
						20,
						8,
						3,
						MR_CLASS_ETHERNET,
						{{{10, 19}, {0, 0}, {30, 30}}},
						.acl = {MR_ACL_THERE, MR_ACL_DENY}},
				      .driver = "vfio-pci",
				      .going = true,
				      .forced = true,
				      .partner = "data1",
				      .standby = true,
				      .foreign = true,
				      .cookie = 0x1122334455667788,
				      .since_wall_ns = 123};
}

/* A row with something in every member that a reader could trip over. */
static inline struct fm_record made_record(enum fm_record_kind kind)
{
	struct fm_record r = {.kind = kind};

	switch (kind) {
	case FM_RECORD_META:
	case FM_RECORD_CURRENT:
		r.meta = (struct fm_rec_meta){1, UINT64_MAX, 7, 8, 128, 9, 41};
		break;
	case FM_RECORD_DOCUMENT:
		r.document = (struct fm_rec_document){41,    true,   "HostGroup",
						      "web", "prod", mr_xstrdup("a: b\n")};
		break;
	case FM_RECORD_ASSIGNMENT:
		r.assignment = made_assignment();
		break;
	case FM_RECORD_IDENT:
		r.ident = (struct fm_rec_ident){
			{MR_IDENT_MAC, 0, 0x0225b5000001}, "p", "d", 3, 1, 77};
		break;
	case FM_RECORD_FUNCTION:
		r.function = (struct fm_rec_function){"c1", "nic-left",	       0,     63, 5, 6,
						      true, MR_REASON_TIMEOUT, "hung"};
		break;
	case FM_RECORD_DATA:
		r.data = made_data;
		break;
	case FM_RECORD_OVERRIDE:
		r.override = (struct fm_rec_override){"db", "blade15", "root", "fail-over", 5};
		break;
	case FM_RECORD_TOMBSTONE:
		r.tombstone =
			(struct fm_rec_tombstone){"c1", {FM_WAY_LVF, 1, 2, 0, 9}, "boot", 3, 5};
		break;
	case FM_RECORD_OPERATION:
		r.operation = (struct fm_rec_operation){
			0x0102030405060708, 5, 6, 300, true, "x", "c1", 9, 4, 7};
		break;
	case FM_RECORD_EVENT:
		r.event = (struct fm_rec_event){12, 34, MR_REASON_TIMEOUT, "a/b", "text"};
		break;
	case FM_RECORD_CHASSIS:
		r.chassis = (struct fm_rec_chassis){"c1", "C1-0001", 4, FM_ADOPTING_OURS};
		break;
	case FM_RECORD_HOST:
		r.host = (struct fm_rec_host){"blade01", true, "boot", 9};
		break;
	case FM_RECORD_MEASURE:
		r.measure = (struct fm_rec_measure){
			"c1", "nic-left", FM_WAY_SYNTHETIC, {1, 2, 3}, {4, 5, 6}};
		break;
	case FM_RECORD_VERSION:
		r.version = (struct fm_rec_version){41, 5, "ann", "prod", "apply",   1,
						    2,	3, 40,	  6,	  UINT64_MAX};
		break;
	case FM_RECORD_COUNT:
		break;
	}
	return r;
}

#endif
