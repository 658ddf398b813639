/* SPDX-License-Identifier: Apache-2.0 */
/*
 * control.proto: requests, replies and events to and from the model's structs. Used by both
 * ends.
 */
#ifndef FABRIC_MANAGER_CODEC_CONTROL_H
#define FABRIC_MANAGER_CODEC_CONTROL_H

#include <stddef.h>
#include <stdint.h>

#include "common/str.h"
#include "fabric-manager/model/record.h"
#include "fabric-manager/model/request.h"

struct mr_err;

/* Caps of what comes in; the frame's own cap (8 MiB) stands before them. */
#define FM_CONTROL_FILES_MAX	  256
#define FM_CONTROL_TREE_DEPTH_MAX 32

/* Each packs one ControlMsg with this id (or as the reply to that id) and appends it to
 * 'out'. */
void fm_control_put_request(struct mr_buf *out, uint64_t id, const struct fm_request *r);
void fm_control_put_reply(struct mr_buf *out, uint64_t reply_to, const struct fm_reply *r);
void fm_control_put_event(struct mr_buf *out, const struct fm_rec_event *e);
void fm_control_put_error(struct mr_buf *out, uint64_t reply_to, const struct mr_err *err);

enum fm_control_kind {
	FM_CONTROL_ERROR,
	FM_CONTROL_REQUEST,
	FM_CONTROL_REPLY,
	FM_CONTROL_EVENT,
};

struct fm_control_msg {
	enum fm_control_kind kind;
	uint64_t id, reply_to;
	struct fm_request request; /* its texts live in 'raw' */
	struct fm_reply reply;	   /* ERROR: reason and text */
	struct fm_rec_event event;
	struct fm_file *files;
	void *raw;
};

/* Decodes one frame. 0, or -EINVAL naming the field; -ENOTSUP (reason UNSUPPORTED, id filled
 * in) for an unknown body. */
int fm_control_get(const uint8_t *data, size_t len, struct fm_control_msg *ret,
		   struct mr_err *err);
void fm_control_msg_done(struct fm_control_msg *m);

#endif
