/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Known bugs, planted where they would be made, so that the tests can show that they would see
 * them (docs/testing.md). Only the build `mutants` has them: everywhere else MR_MUTANT is 0 and
 * nothing is left of them. That build's programs switch one on by its name in BANYAN_MUTANT
 * (tests/mutants/choose.c).
 */
#ifndef COMMON_MUTANT_H
#define COMMON_MUTANT_H

/* X(NAME, the invariant that it breaks, what it does) */
#define MR_MUTANTS_LIST(X)                                                                     \
	/* the switch's and the devices' own rules */                                          \
	X(EPOCH_UNCHECKED, "I9", "the switch takes writes of any epoch")                       \
	X(ATC_LEFT, "I2", "a reset leaves the translation cache, and says defaults")           \
	X(ATS_LEFT, "I2", "a reset leaves ATS enabled, and says defaults")                     \
	X(MSIX_LEFT, "I2", "a reset leaves one MSI-X entry, and says defaults")                \
	X(MEMORY_LEFT, "I2", "a reset leaves the memory behind BAR 0, and says defaults")      \
	X(SLOTS_KEPT, "I1", "slots that were released stay when a PF is packed")               \
	X(NEIGHBOUR_RESET, "I8", "a reset of a host takes a function of another one with it")  \
	X(SWAP_UNCOMPARED, "I9", "a take-over is not compared with the owner that was read")   \
	/* the driver of the switch */                                                         \
	X(FLR_SKIPPED, "I2", "a function is said to be reset, and is not")                     \
	X(RESET_UNCONFIRMED, "I2", "nobody waits for a reset, nor asks whether it was done")   \
	X(DRAIN_SKIPPED, "I2", "nobody waits until nothing is in flight, nor does the switch") \
	X(CUT_LIES, "I1", "BLOCK is answered done, and nothing was blocked")                   \
	X(GATE_STAYS_OPEN, "I4", "GATE_CLOSE closes nothing, and leaves the identity")         \
	X(NEIGHBOUR_WRITTEN, "I6", "GATE_OPEN writes an attribute of the function beside")     \
	X(COOKIE_FORGOTTEN, "I5", "MAP does not write whose the row is")                       \
	X(GENERATION_UNWRITTEN, "I5", "the store's generation does not reach the switch")      \
	X(REDIRECT_FORGOTTEN, "I1", "peer requests are not redirected on a shared adapter")    \
	X(LET_THROUGH_EARLY, "I1",                                                             \
	  "MAP lets requests through before the row leads to the host")                        \
	X(RESET_TIME_IGNORED, "I10", "a function gets no time for its reset")                  \
	/* the engine */                                                                       \
	X(ANNOUNCED_EARLY, "I5", "a host is told of a function before it is mapped")           \
	X(RESET_BEFORE_UNMAP, "I2", "a function is reset while a row leads to it")             \
	X(IDENTITY_UNLOCKED, "I4", "identities are given back when a release begins")          \
	X(ACK_BEFORE_DURABLE, "I5", "an operator gets his answer before it is durable")        \
	X(WRITE_BEFORE_DURABLE, "I5", "operations do not wait for their intent")               \
	X(GATE_OPENED_EARLY, "I4", "the gate opens before the function is in its host")        \
	X(DEADLINE_FORGOTTEN, "I10", "an agent that does not answer is waited for for ever")   \
	X(REMAPPED_AT_RESTART, "I7", "a manager that starts cuts and maps everything anew")    \
	X(TOMBSTONE_FORGOTTEN, "I2", "a cut without consent leaves no tombstone")              \
	X(TOMBSTONE_REUSED, "I2", "a tombstone keeps nobody from its place")                   \
	X(DELTA_DROPPED, "I10", "an agent's report loses what appeared")                       \
	X(OLD_BOOT_TRUSTED, "I2", "an answer of a session or a boot that ended counts")        \
	X(CHALLENGE_UNCHECKED, "I1", "any answer to a challenge is good")                      \
	X(FUNCTION_UNLOCKED, "I5", "the row of a function is erased when its release begins")  \
	X(FAILED_COMMIT_FORGOTTEN, "I5", "what a commit that failed had is not written again") \
	X(DOCUMENT_IGNORED, "I5", "what no document names any more stays")                     \
	X(OWNER_IGNORED, "I9", "a manager goes on though the switch is another's")             \
	X(QUARANTINE_SKIPPED, "I2", "a function whose reset was not confirmed is used again")  \
	X(TOMBSTONE_KEPT, "I10", "a tombstone that is over stays in the store")                \
	X(HOST_RESET_UNHEARD, "I10", "a reset of a host means nothing")                        \
	X(PORTS_HELD, "I10", "hosts are never let in")                                         \
	X(FUNCTION_LEAKED, "I10", "the row of a function that was released stays")             \
	X(REUSE_IGNORED, "I4", "an identity is given again before its reuseAfter")             \
	X(SLOTS_UNFOLLOWED, "I6", "slots that a reboot packed are remembered as they were")    \
	X(LOCK_IGNORED, "I5", "a function that somebody still has is given to another")        \
	X(TAKEN_UNASKED, "I5", "a chassis that is newer than the store is taken unasked")      \
	X(ADOPTION_CUTS, "I7", "adoption cuts what no row of the store names")                 \
	X(ADOPTED_UNRESET, "I2", "what was adopted is given back without a reset")             \
	X(ROOTS_ALL_LOST, "I7",                                                                \
	  "a root that is lost takes what is behind the other one along")                      \
	X(ROOT_MISTAKEN, "I5", "a host is told of functions as if behind its first root")      \
	/* the planner */                                                                      \
	X(EDGE_FORGOTTEN, "I3", "guarantees are not summed up over an adapter's link")         \
	X(PORT_FORGOTTEN, "I3", "guarantees are not summed up over a network port")            \
	X(ANTI_AFFINITY_IGNORED, "I10", "required antiAffinity is not looked at")              \
	X(IDENTITY_TWICE, "I4", "a pool gives an identity that a claim has")                   \
	/* codecs */                                                                           \
	X(COMMAND_LOSES_EPOCH, "I2", "a command reaches the agent without its epoch")          \
	X(RECORD_LOSES_PLACE, "I7", "the store loses at which bridge an assignment is")        \
	X(RECORD_LOSES_QUARANTINE, "I2", "the store loses that a function is in quarantine")   \
	X(RECORD_LOSES_RELEASE, "I4", "the store loses when an identity was given back")       \
	/* the agent */                                                                        \
	X(EPOCH_IGNORED_BY_AGENT, "I2", "an agent obeys a command of an older epoch")          \
	X(RELEASE_LIES, "I10", "an agent says released, and did nothing")                      \
	X(GONE_NOT_REPORTED, "I10", "an agent does not report what went away")                 \
	X(GONE_LIES, "I10", "an agent says gone of what is still there")

#ifdef MR_MUTANTS
enum mr_mutant {
	MR_MUTANT_NONE,
#define X(name, invariant, text) MR_MUTANT_##name,
	MR_MUTANTS_LIST(X)
#undef X
};
extern enum mr_mutant mr_mutant;
#define MR_MUTANT(name) (mr_mutant == MR_MUTANT_##name)
#else
#define MR_MUTANT(name) 0
#endif

#endif
