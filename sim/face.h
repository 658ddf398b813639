/* SPDX-License-Identifier: Apache-2.0 */
/* The host face of all blades: one FUSE mount with a sysfs tree per blade
 * (docs/host-face.md). */
#ifndef SIM_FACE_H
#define SIM_FACE_H

struct mr_err;
struct mr_loop;
struct sim_face;
struct sim_world;

/*
 * Mounts at 'dir', which is made if need be. A dead mount there is detached, a live one refused
 * with -EBUSY. 'gone' is called when somebody else unmounts.
 */
int sim_face_new(struct mr_loop *l, struct sim_world *w, const char *dir,
		 void (*gone)(void *arg), void *arg, struct sim_face **ret, struct mr_err *err);
/* Unmounts. NULL is accepted. */
void sim_face_free(struct sim_face *f);
/* A blade was released from hanging: what was written meanwhile is carried out. */
void sim_face_resume(struct sim_face *f);

#endif
