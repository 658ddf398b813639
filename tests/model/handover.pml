/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hand-over of one function between two hosts (HANDOVER 5 to 8) as a Promela model:
 * a manager that crashes and comes back from its store, two hosts with their agents, which
 * reboot, hang and go on writing what they once intended, the switch with its rows, the function
 * with its resets, and words in flight.
 *
 * The manager works on the engine's own table of steps (steps.pml is written from it), by the
 * rules of assign.c, flow.c and tomb.c for a function that is reached by a bridge. Every word
 * carries the epoch of the ownership under which it was issued; epochs never come back. Time is
 * left out: a deadline may pass whenever somebody waits for an answer.
 *
 * I1 and I2 are assertions at the places where a word or a state takes effect; that the hand-over
 * ends is the formula at the end. -DWITHOUT_x takes one guard out (docs/testing.md has the list).
 */
#include "steps.pml"

/*
 * Without -DTOGETHER one kind of trouble happens in a run, and only host 0 reboots; with it each of
 * them happens once. In the proof
 * that it ends the words are left out: they only delay.
 */
#ifndef MOVES
#ifdef LIVE
#define MOVES 1
#else
#define MOVES 2 /* there and back: a bridge is used for a second time */
#endif
#endif

#define NONE 0 /* an epoch: nobody's */

/* ---- switch ---- */
#define FREE	0
#define MAPPED	1
#define BLOCKED 2
byte row[2];	    /* of the bridge that the profile has in each host */
byte row_cookie[2]; /* assignment epoch */
bit effective[2];   /* the state written last holds at both ports */
bit tomb_bit[2];
byte owner; /* epoch of the manager that owns the switch */

/* ---- the function ---- */
bit open_both; /* VF_BLOCK reads 0 */
bit reset_done, reset_busy, stuck;
byte filled = NONE; /* whose states it holds; NONE: defaults */
byte cookie;
bit gate;
byte ident = NONE; /* whose identity it carries */

/* ---- words in flight, by the epoch under which they were issued ---- */
byte up = NONE; /* function to host */
byte down[2];	/* host to function */

/* ---- hosts ---- */
byte boot[2];
bit hung[2];
byte device[2];	 /* the kernel device: of which mapping; NONE */
bit driver[2];	 /* bound */
bit slot_off[2]; /* by the agent, until it is activated again */
byte intends[2]; /* a write that the driver of a hung host decided on: of which mapping */
bit reset_event[2]; /* HOST_RESET, not heard by the manager yet */

/* ---- wires: one operation under way, one of a manager that died; one command a host ---- */
#define NOW  0
#define LATE 1
typedef operation {
	byte kind = NO; /* FM_OP_*, NO: none */
	byte epoch, owner;
	bit host, begun
}
operation wire[2];
#define OPEN	0
#define DONE	1
#define REFUSED 2
byte result; /* of wire[NOW] */

typedef command {
	byte verb = NO;
	byte boot
}
command asked[2];
command answer[2];

/* ---- the manager: what is in its store, and what it knows ---- */
bit target;  /* the policy in force: which host */
typedef record {
	byte phase = FM_PHASE_PENDING;
	byte epoch;
	bit host, has, going, forced;
	bit tomb[2]
}
record a;     /* as the manager has it */
record store; /* as it is durable */
bit intent;   /* something has to be durable before the next operation */
bit alive;
byte life;
byte step, tried; /* 'tried' failed once, and is tried once more */
bit sent, waits; /* an operation or command is on its way; or only waits for the store */
bit consent, cut, bound, resume;
byte session[2];   /* boot that answered the challenge, 0: none */
bit gone_asked[2]; /* CONFIRM_GONE under way */
bit gone_said[2];  /* its answer */

byte moves = MOVES, crashes, reboots, hangs, sticks;

hidden byte at, whose; /* host and epoch of the operation that is carried out */
hidden byte r_op, r_verb, r_phase, r_done, r_next, r_fail, i;

#define FUNCTION_ROW(h) (row[h] == MAPPED || (row[h] == BLOCKED && !effective[h]))

/* ---------------------------------------------------------------- the store */

inline write_store()
{
	store.phase = a.phase; store.epoch = a.epoch; store.host = a.host; store.has = a.has;
	store.going = a.going; store.forced = a.forced;
	store.tomb[0] = a.tomb[0]; store.tomb[1] = a.tomb[1]; intent = 0
}

inline read_store()
{
	a.phase = store.phase; a.epoch = store.epoch; a.host = store.host; a.has = store.has;
	a.going = store.going; a.forced = store.forced;
	a.tomb[0] = store.tomb[0]; a.tomb[1] = store.tomb[1]; intent = 0
}

/* ---------------------------------------------------------------- assign.c, flow.c, tomb.c */

#define RANK(p) (p == FM_PHASE_RELEASING -> 1 : (p == FM_PHASE_FENCED -> 2 : \
	(p == FM_PHASE_DRAINING_IO -> 3 : (p == FM_PHASE_RESETTING -> 4 : 0))))

/* fm_asg_phase_to: a step of the way out that is done once more leaves the phase. */
inline phase_to(to)
{
	if
	:: to != FM_SAME && !(RANK(a.phase) && RANK(to) && RANK(a.phase) > RANK(to)) ->
		a.phase = to
	:: else
	fi
}

inline start(s)
{
	step = s; resume = 0
}

#ifdef WITHOUT_TOMBSTONE
#define TOMB(h) 0
#else
#define TOMB(h) a.tomb[h]
#endif

#define SEES(state) (row[a.host] == state && row_cookie[a.host] == a.epoch)
/* Its cut is not done: nobody can say that it is over (still_cutting). */
#define CUTTING(h) (a.has && a.going && a.host == h && SEES(MAPPED))
#define ASK_GONE(h) (a.tomb[h] && !CUTTING(h))
/* REMOVAL_SEEN of the row, as an event or as it is read. */
#define CONSUMED(h) (row[h] != MAPPED && effective[h] && device[h] == NONE && !hung[h])

inline tomb_add(h)
{
	a.tomb[h] = 1;
	gone_asked[h] = 0; gone_said[h] = 0 /* what was asked before is about another one */
}

inline tomb_clear(h)
{
	a.tomb[h] = 0; tomb_bit[h] = 0; gone_asked[h] = 0; gone_said[h] = 0
}

/* Its row is free, and nobody is known to have cut it with its host's consent. */
inline tomb_lost()
{
	if
	:: !CONSUMED(a.host) -> i = a.host; tomb_add(i); intent = 1
	:: else
	fi
}

inline give()
{
	a.host = target; a.has = 1; a.epoch++; a.going = 0; a.forced = 0;
	consent = 0; cut = 0; bound = 0; a.phase = FM_PHASE_RESERVED; intent = 1;
	start(FM_STEP_PROVISION)
}

inline out_done()
{
	if
	:: !consent && session[a.host] && ASK_GONE(a.host) -> gone_asked[a.host] = 1
	:: else
	fi;
	a.has = 0; a.going = 0; a.forced = 0; consent = 0; cut = 0; bound = 0; intent = 1;
	if
	:: !TOMB(target) -> give()
	:: else -> a.phase = FM_PHASE_PENDING; start(FM_STEP_NONE)
	fi
}

inline quarantine()
{
	a.phase = FM_PHASE_QUARANTINED; a.has = 0; a.going = 0; a.forced = 0; intent = 1;
	start(FM_STEP_NONE)
}

inline redo(s)
{
	a.going = 1; cut = 1; intent = 1; start(s)
}

#define RUNS (a.phase == FM_PHASE_MAPPED || a.phase == FM_PHASE_ACTIVATING || \
	a.phase == FM_PHASE_ACTIVE || a.phase == FM_PHASE_DEGRADED || a.phase == FM_PHASE_FAILED)
#define BEFORE_MAP (a.phase == FM_PHASE_CONFIGURED || a.phase == FM_PHASE_RESERVED || \
	a.phase == FM_PHASE_RESETTING)

/* resume_out */
inline go_on_out()
{
	if
	:: SEES(MAPPED) ->
		consent = 0; /* what the host said was of before */
		if
		:: BEFORE_MAP -> a.phase = FM_PHASE_MAPPED
		:: else
		fi;
		if
		:: cut || a.phase == FM_PHASE_FENCED || a.phase == FM_PHASE_DRAINING_IO ->
			start(FM_STEP_BLOCK)
		:: else -> start((a.forced -> FM_STEP_CUT : FM_STEP_QUIESCE))
		fi
	:: SEES(BLOCKED) ->
		start((a.phase == FM_PHASE_RELEASING -> FM_STEP_BLOCK : FM_STEP_DRAIN))
	:: else ->
		if
		:: !BEFORE_MAP && !consent -> tomb_lost()
		:: else
		fi;
		start((BEFORE_MAP -> FM_STEP_RESET_OUT : FM_STEP_TOMBSTONE))
	fi
}

/* fm_asg_resume */
inline go_on()
{
	if
	:: a.going -> go_on_out()
	:: !a.going && SEES(MAPPED) ->
		if
		:: a.phase == FM_PHASE_ACTIVE && gate -> start(FM_STEP_NONE)
		:: else ->
			if
			:: BEFORE_MAP -> a.phase = FM_PHASE_MAPPED
			:: else
			fi;
			start((bound -> FM_STEP_GATE_OPEN : FM_STEP_ACTIVATE))
		fi
	:: !a.going && SEES(BLOCKED) -> redo(FM_STEP_BLOCK)
	:: else ->
		if
		:: RUNS -> tomb_lost(); redo(FM_STEP_TOMBSTONE)
		:: a.phase == FM_PHASE_CONFIGURED && cookie == a.epoch && ident == a.epoch ->
			start(FM_STEP_MAP)
		:: a.phase == FM_PHASE_CONFIGURED && !(cookie == a.epoch && ident == a.epoch) ->
			start(FM_STEP_DATA)
		:: else -> start(FM_STEP_PROVISION)
		fi
	fi
}

inline advance()
{
	fm_row(step);
	if
	:: step == tried -> tried = FM_STEP_NONE /* steps before it are done once more on the way */
	:: else
	fi;
	phase_to(r_done);
	step = r_next
}

/* failed(): what a failure for good means. */
inline fail()
{
	fm_row(step);
	if
	:: r_fail == FM_ON_BACK && step == FM_STEP_GATE_CLOSE && a.forced -> resume = 1
	:: r_fail == FM_ON_BACK && !(step == FM_STEP_GATE_CLOSE && a.forced) ->
		a.forced = 1;
		start((step == FM_STEP_QUIESCE -> FM_STEP_CUT : FM_STEP_BLOCK))
	:: r_fail == FM_ON_HOLD -> resume = 1
	:: r_fail == FM_ON_QUARANTINE -> quarantine()
	:: r_fail == FM_ON_PEND -> a.going = 1; start(FM_STEP_RESET_OUT)
	:: r_fail == FM_ON_FAIL -> a.phase = FM_PHASE_FAILED; start(FM_STEP_NONE)
	:: r_fail == FM_ON_DEGRADE -> a.phase = FM_PHASE_DEGRADED; start(FM_STEP_NONE)
	:: r_fail == FM_ON_PASS -> advance()
	fi
}

inline before_block()
{
	cut = 1; intent = 1;
	if
	:: !consent -> a.forced = 1; i = a.host; tomb_add(i)
	:: else
	fi
}

#ifdef WITHOUT_FENCE
#define FENCES(s) (s == FM_STEP_BLOCK || s == FM_STEP_DRAIN || s == FM_STEP_UNMAP)
#else
#define FENCES(s) 0
#endif
#ifdef WITHOUT_DRAIN
#define DRAINS(s) (s == FM_STEP_DRAIN)
#else
#define DRAINS(s) 0
#endif
#ifdef WITHOUT_RESET
#define RESETS(s) (s == FM_STEP_RESET_OUT || s == FM_STEP_RESET_IN)
#elif defined(WITHOUT_CONFIRM)
#define RESETS(s) (s == FM_STEP_RESET_IN)
#else
#define RESETS(s) 0
#endif
#ifdef WITHOUT_GATE
#define GATES(s) (s == FM_STEP_GATE_CLOSE)
#else
#define GATES(s) 0
#endif

/* The column 'wanted' of the table, for the way by a bridge; its adapter always answers. */
#define PASSED(s) (FENCES(s) || DRAINS(s) || RESETS(s) || GATES(s) || \
	((s == FM_STEP_QUIESCE || s == FM_STEP_GIVE_BACK) && a.forced) || \
	(s == FM_STEP_REQUEST_OUT || s == FM_STEP_CUT) || \
	(s == FM_STEP_TOMBSTONE && (consent || !TOMB(a.host))) || \
	(s == FM_STEP_RESET_IN && reset_done && filled == NONE))

/* step_once() */
inline step_once()
{
	fm_row(step);
	if
	:: PASSED(step) -> step = r_next
	:: else ->
		phase_to(r_phase);
		if
		:: step == FM_STEP_OUT_DONE -> out_done()
		:: step == FM_STEP_IN_DONE -> a.phase = FM_PHASE_ACTIVE; start(FM_STEP_NONE)
		:: r_op == NO && r_verb == NO && step != FM_STEP_OUT_DONE &&
			step != FM_STEP_IN_DONE -> step = r_next
		:: else ->
			if
			:: step == FM_STEP_BLOCK -> before_block()
			:: else
			fi;
			waits = 1
		fi
	fi
}

/* An answer of the agent of host h, in the session that got the command. */
inline take_answer()
{
	sent = 0;
	if
	:: step == FM_STEP_QUIESCE -> bound = 0
	:: step == FM_STEP_GIVE_BACK -> consent = 1
	:: step == FM_STEP_ACTIVATE -> bound = 1
	:: else
	fi;
	advance()
}

inline take_result()
{
	sent = 0;
	if
	:: result == DONE ->
		if
		:: step == FM_STEP_BLOCK && !consent && !a.tomb[a.host] ->
			i = a.host; tomb_add(i); intent = 1 /* it was said before a reset of the host */
		:: else
		fi;
		advance()
	:: else ->
		if
		:: step == tried -> tried = FM_STEP_NONE; fail()
		:: else -> tried = step; resume = 1
		fi
	fi;
	result = OPEN
}

#define IDLE (!sent && !waits)
#define MINE (IDLE && !resume)
#define CALM (alive && MINE && step == FM_STEP_NONE)

/* Where there is nothing left to do: in place, out of use, of no use, or waiting for a host that
 * has not let go of the bridge. */
#define REST (CALM && (a.phase == FM_PHASE_QUARANTINED || \
	(a.has && a.host == target && !a.going) || \
	(a.phase == FM_PHASE_PENDING && TOMB(target) && hung[target])))

#ifdef WITHOUT_DURABLE
#define HELD 0
#else
#define HELD intent
#endif

#ifdef WITHOUT_BOOT
#define OF_SESSION(h) 1
#else
#define OF_SESSION(h) (answer[h].boot == session[h])
#endif

inline hear_reset(h)
{
	reset_event[h] = 0;
	if
	:: a.tomb[h] && !CUTTING(h) -> tomb_clear(h)
	:: else
	fi
#ifndef WITHOUT_BOOT
	; session_ends(h); /* what the old boot said, or will be heard to have said, is void */
	if
	:: a.host == h -> /* the new boot found the function again */
		if
		:: waits && step == FM_STEP_BLOCK && consent -> waits = 0; resume = 1
		:: else
		fi;
		consent = 0
	:: else
	fi
#endif
}

inline manager_starts()
{
	read_store();
	life++; owner = life; alive = 1;
	hear_all();
	step = FM_STEP_NONE; sent = 0; waits = 0; tried = FM_STEP_NONE; consent = 0; cut = 0; bound = 0;
	session[0] = (hung[0] -> 0 : boot[0]); session[1] = (hung[1] -> 0 : boot[1]);
	gone_asked[0] = ASK_GONE(0); gone_asked[1] = ASK_GONE(1); gone_said[0] = 0;
	gone_said[1] = 0; result = OPEN;
	resume = a.has
}

inline hear_all()
{
	if
	:: reset_event[0] -> hear_reset(0)
	:: else
	fi;
	if
	:: reset_event[1] -> hear_reset(1)
	:: else
	fi
}

/* kill -9: an operation under way may still come to the switch. */
inline manager_dies()
{
	alive = 0;
	if
	:: sent && wire[NOW].kind != NO && !wire[NOW].begun ->
		wire[LATE].kind = wire[NOW].kind; wire[LATE].epoch = wire[NOW].epoch;
		wire[LATE].owner = wire[NOW].owner; wire[LATE].host = wire[NOW].host
	:: else
	fi;
	wire[NOW].kind = NO; wire[NOW].begun = 0; wire[NOW].epoch = 0; wire[NOW].owner = 0;
	wire[NOW].host = 0; result = OPEN;
	asked[0].verb = NO; asked[1].verb = NO; answer[0].verb = NO; answer[1].verb = NO;
	asked[0].boot = 0; asked[1].boot = 0; answer[0].boot = 0; answer[1].boot = 0;
	a.phase = FM_PHASE_PENDING; a.epoch = 0; a.host = 0; a.has = 0; a.going = 0;
	a.forced = 0; a.tomb[0] = 0; a.tomb[1] = 0; intent = 0;
	step = FM_STEP_NONE; sent = 0; waits = 0; tried = FM_STEP_NONE; consent = 0; cut = 0; bound = 0;
	resume = 0; session[0] = 0; session[1] = 0;
	gone_asked[0] = 0; gone_asked[1] = 0; gone_said[0] = 0; gone_said[1] = 0
}

inline send()
{
	fm_row(step);
	if
	:: r_op != NO ->
		wire[NOW].kind = r_op; wire[NOW].host = a.host; wire[NOW].epoch = a.epoch;
		wire[NOW].owner = life; wire[NOW].begun = 0; waits = 0; sent = 1
	:: else ->
		asked[a.host].verb = r_verb; asked[a.host].boot = session[a.host];
		waits = 0; sent = 1
	fi
}

#define ASKS (step == FM_STEP_QUIESCE || step == FM_STEP_GIVE_BACK || step == FM_STEP_ACTIVATE)

/* The connection ended: what was asked is asked again in the next session. */
inline session_ends(h)
{
	session[h] = 0; gone_asked[h] = 0; gone_said[h] = 0;
	if
	:: sent && a.host == h && ASKS ->
		sent = 0;
		if
		:: a.going && !cut -> a.forced = 1
		:: else
		fi;
		asked[h].verb = NO; asked[h].boot = 0
	:: else
	fi
}

/* A challenge was answered. */
inline welcome(h)
{
	session[h] = boot[h]; gone_asked[h] = ASK_GONE(h);
	if
	:: MINE && step == FM_STEP_NONE && a.has && a.host == h && !a.going && RUNS &&
		!driver[h] -> start(FM_STEP_ACTIVATE)
	:: else
	fi
}

/* An answer counts for the command that is under way, in the session that got it. */
inline hear_agent()
{
	fm_row(step);
	if
	:: sent && ASKS && answer[a.host].verb == r_verb && OF_SESSION(a.host) -> take_answer()
	:: else
	fi;
	answer[a.host].verb = NO; answer[a.host].boot = 0
}

inline deadline()
{
	asked[a.host].verb = NO; asked[a.host].boot = 0;
	sent = 0; waits = 0;
	if
	:: step == FM_STEP_QUIESCE -> bound = 0
	:: else
	fi;
	fail()
}

/* Works on until it has to wait for somebody. */
inline run_on()
{
	if
	:: IDLE && resume && a.has -> go_on()
	:: else
	fi;
	do
	:: MINE && step != FM_STEP_NONE -> step_once()
	:: else -> break
	od;
	if
	:: !crashes && intent -> write_store() /* a commit that nothing interrupts is a delay */
	:: else
	fi;
	if
	:: waits && !HELD && (ASKS -> session[a.host] != 0 : wire[NOW].kind == NO) -> send()
	:: else
	fi
}

active proctype manager()
{
	do
	:: atomic { !alive -> d_step { manager_starts(); run_on() } }
	:: atomic { alive && intent -> d_step { write_store(); run_on() } }
	/* the planner */
	:: atomic { CALM && a.has && a.host != target && !a.going ->
		d_step { a.going = 1; intent = 1; resume = 1; run_on() } }
	:: atomic { CALM && !a.has && a.phase == FM_PHASE_PENDING && !TOMB(target) ->
		d_step { give(); run_on() } }
	/* answers and deadlines */
	:: atomic { alive && sent && result != OPEN -> d_step { take_result(); run_on() } }
	:: atomic { alive && answer[a.host].verb != NO -> d_step { hear_agent(); run_on() } }
#ifndef WITHOUT_DEADLINE
	:: atomic { alive && ASKS && (sent || waits) -> d_step { deadline(); run_on() } }
#endif
	/* sessions, events, tombstones */
	:: atomic { alive && !session[0] && !hung[0] -> d_step { welcome(0); run_on() } }
	:: atomic { alive && !session[1] && !hung[1] -> d_step { welcome(1); run_on() } }
	:: atomic { alive && session[0] && session[0] != boot[0] ->
		d_step { session_ends(0); run_on() } }
	:: atomic { alive && session[1] && session[1] != boot[1] ->
		d_step { session_ends(1); run_on() } }
	:: atomic { alive && reset_event[0] -> d_step { hear_reset(0); run_on() } }
	:: atomic { alive && reset_event[1] -> d_step { hear_reset(1); run_on() } }
	:: atomic { alive && a.tomb[0] && (CONSUMED(0) || gone_said[0]) -> d_step { tomb_clear(0) } }
	:: atomic { alive && a.tomb[1] && (CONSUMED(1) || gone_said[1]) -> d_step { tomb_clear(1) } }
	od
}

/* ---------------------------------------------------------------- switch and function */

#ifdef WITHOUT_EPOCH
#define OWNS(w) 1
#else
#define OWNS(w) (wire[w].owner == owner)
#endif
#ifdef WITHOUT_DRAIN
#define DRAINED(h) 1
#else
#define DRAINED(h) (effective[h] && down[h] == NONE && up == NONE)
#endif
#ifdef WITHOUT_FENCE
#define ONE_ROW(h) 1
#define NOT_OPEN 1
#else
#define ONE_ROW(h) (row[1 - h] == FREE)
#define NOT_OPEN (!open_both)
#endif
#if defined(WITHOUT_CONFIRM) || defined(WITHOUT_RESET)
#define CLEAN 1
#else
#define CLEAN (reset_done && !reset_busy)
#endif

inline ends(w, how)
{
	if
	:: w == NOW -> result = how
	:: else
	fi;
	wire[w].kind = NO; wire[w].epoch = 0; wire[w].owner = 0; wire[w].host = 0;
	wire[w].begun = 0
}

#define I1_ONE_HOST assert(!(FUNCTION_ROW(0) && FUNCTION_ROW(1)))
#define I5_PROMISED(h, e) assert(store.has && store.host == h && store.epoch == e)

/* The first batch of an operation; BLOCK, DRAIN and RESET then wait. */
inline begins(w)
{
	assert(wire[w].owner == owner); /* I9 */
	if
	:: wire[w].kind == FM_OP_BLOCK ->
		assert(!gate); /* the identity is off before the function may be another's */
		open_both = 0;
		if
		:: row[at] == MAPPED -> row[at] = BLOCKED; effective[at] = 0; wire[w].begun = 1
		:: row[at] == BLOCKED -> wire[w].begun = 1
		:: else -> ends(w, DONE)
		fi
	:: wire[w].kind == FM_OP_DRAIN ->
		if
		:: open_both || row[at] == MAPPED -> ends(w, REFUSED)
		:: else -> wire[w].begun = 1
		fi
	:: wire[w].kind == FM_OP_UNMAP ->
		if
		:: row[at] == MAPPED || (row[at] == BLOCKED && !DRAINED(at)) -> ends(w, REFUSED)
		:: else -> row[at] = FREE; row_cookie[at] = NONE; effective[at] = 1; ends(w, DONE)
		fi
	:: wire[w].kind == FM_OP_TOMBSTONE -> tomb_bit[at] = a.tomb[at]; ends(w, DONE)
	:: wire[w].kind == FM_OP_RESET ->
		if
		:: reset_busy || !NOT_OPEN || !DRAINED(at) -> ends(w, REFUSED)
		:: else ->
			reset_busy = 1; reset_done = 0; wire[w].begun = 1;
#ifdef WITHOUT_CONFIRM
			cookie = NONE; ends(w, DONE)
#endif
		fi
	:: wire[w].kind == FM_OP_CONFIGURE ->
		if
		:: row[at] != FREE || !CLEAN -> ends(w, REFUSED)
		:: else -> open_both = 0; cookie = whose; gate = 0; ident = whose; ends(w, DONE)
		fi
	:: wire[w].kind == FM_OP_MAP ->
		if
		:: row[at] != FREE || !ONE_ROW(at) || tomb_bit[at] || !CLEAN || cookie != whose || gate ->
			ends(w, REFUSED)
		:: else ->
			row[at] = MAPPED; row_cookie[at] = whose; effective[at] = 0; open_both = 1;
			reset_done = 0;
			I1_ONE_HOST;
			I5_PROMISED(at, whose);
			ends(w, DONE)
		fi
	:: wire[w].kind == FM_OP_GATE_CLOSE -> gate = 0; ident = NONE; ends(w, DONE)
	:: wire[w].kind == FM_OP_GATE_OPEN ->
		if
		:: cookie != whose -> ends(w, REFUSED)
		:: else ->
			ident = whose; gate = 1;
			assert(row[at] == MAPPED && row_cookie[at] == whose);
			ends(w, DONE)
		fi
	fi
}

/* What BLOCK, DRAIN and RESET wait for. */
inline goes_on()
{
	if
	:: wire[NOW].kind == FM_OP_RESET && !reset_busy -> cookie = NONE; ends(NOW, DONE)
	:: wire[NOW].kind == FM_OP_RESET && reset_busy -> ends(NOW, REFUSED) /* not in time */
	:: else -> ends(NOW, DONE)
	fi
}

#define OVER ((wire[NOW].kind == FM_OP_BLOCK && effective[wire[NOW].host]) || \
	(wire[NOW].kind == FM_OP_DRAIN && DRAINED(wire[NOW].host)) || \
	(wire[NOW].kind == FM_OP_RESET && (!reset_busy || stuck)))

active proctype switch()
{
	do
	:: atomic { wire[NOW].kind != NO && !wire[NOW].begun ->
		d_step {
			if
			:: OWNS(NOW) -> at = wire[NOW].host; whose = wire[NOW].epoch; begins(NOW)
			:: else -> ends(NOW, REFUSED)
			fi
		} }
	:: atomic { wire[NOW].begun && OVER -> d_step { goes_on() } }
	:: atomic { wire[LATE].kind != NO ->
		d_step {
			if
			:: OWNS(LATE) -> at = wire[LATE].host; whose = wire[LATE].epoch; begins(LATE);
				ends(LATE, DONE)
			:: else -> ends(LATE, REFUSED)
			fi
		} }
	:: atomic { !effective[0] -> effective[0] = 1 }
	:: atomic { !effective[1] -> effective[1] = 1 }
	od
}

/*
 * Words matter where they may be overtaken by a cut, where they fill the function, and where they
 * are not of the present mapping; the others are not followed.
 */
#define CUT_NEAR (a.going || store.going)

/* A word or a request of host h arrives at the function. */
inline arrives(h)
{
	if
	:: open_both ->
		assert(down[h] == cookie); /* I1, I2: of this ownership and no other */
		assert(filled == NONE || filled == cookie); /* I2: the canary */
		filled = cookie; reset_done = 0
	:: else
	fi;
	down[h] = NONE
}

/* One of the function arrives where its row leads to by now. */
inline leaves()
{
	if
	:: FUNCTION_ROW(0) -> assert(up == row_cookie[0]) /* I1, I2 */
	:: else ->
		if
		:: FUNCTION_ROW(1) -> assert(up == row_cookie[1])
		:: else
		fi
	fi;
	up = NONE
}

active proctype function()
{
	do
	:: atomic { down[0] != NONE -> d_step { arrives(0) } }
	:: atomic { down[1] != NONE -> d_step { arrives(1) } }
	:: atomic { up != NONE -> d_step { leaves() } }
	:: atomic { reset_busy && !stuck ->
		reset_busy = 0; reset_done = 1; filled = NONE; ident = NONE; gate = 0 }
	od
}

/* Its queues work for whoever filled them. */
proctype dma()
{
	do
	:: atomic { open_both && filled != NONE && up == NONE && CUT_NEAR -> up = filled }
	od
}

/* ---------------------------------------------------------------- hosts */

inline obeys(h)
{
	if
	:: asked[h].boot != boot[h] -> skip
	:: else ->
		if
		:: asked[h].verb == FM_AGENT_QUIESCE -> driver[h] = 0
		:: asked[h].verb == FM_AGENT_RELEASE ->
			device[h] = NONE; driver[h] = 0; intends[h] = NONE; slot_off[h] = 1
		:: asked[h].verb == FM_AGENT_ACTIVATE -> driver[h] = 1
		fi;
		answer[h].verb = asked[h].verb; answer[h].boot = boot[h]
	fi;
	asked[h].verb = NO; asked[h].boot = 0
}

/* ACTIVATE waits for the function, and turns the slot on for it. */
#define CAN_OBEY(h) (asked[h].verb != NO && answer[h].verb == NO && !hung[h] && \
	(asked[h].boot != boot[h] || asked[h].verb != FM_AGENT_ACTIVATE || device[h] != NONE))

#define APPEARS(h) (row[h] == MAPPED && effective[h] && device[h] == NONE && !hung[h] && \
	!slot_off[h] && !(alive && reset_event[h]))
#define DISAPPEARS(h) (device[h] != NONE && !hung[h] && \
	(!FUNCTION_ROW(h) || row_cookie[h] != device[h]))

proctype kernel(bit h)
{
	do
	:: atomic { CAN_OBEY(h) -> d_step { obeys(h) } }
	:: atomic { asked[h].verb == FM_AGENT_ACTIVATE && asked[h].boot == boot[h] && !hung[h] &&
		slot_off[h] -> slot_off[h] = 0 }
	:: atomic { gone_asked[h] && session[h] == boot[h] && !hung[h] ->
		gone_asked[h] = 0; gone_said[h] = (device[h] == NONE) }
	:: atomic { APPEARS(h) -> device[h] = row_cookie[h] }
	:: atomic { DISAPPEARS(h) -> device[h] = NONE; driver[h] = 0; intends[h] = NONE }
	od
}

/* What the driver does; one that hung writes at any later time what it once intended. */
proctype traffic(bit h)
{
	do
	:: atomic { driver[h] && device[h] != NONE && !hung[h] && FUNCTION_ROW(h) &&
		down[h] == NONE && (CUT_NEAR || filled != device[h] || row_cookie[h] != device[h]) ->
		down[h] = device[h] }
	:: atomic { intends[h] != NONE && FUNCTION_ROW(h) && down[h] == NONE ->
		down[h] = intends[h]; intends[h] = NONE }
	od
}

/* ---------------------------------------------------------------- what goes wrong */

inline reboots_now(h)
{
	reboots--; boot[h]++; hung[h] = 0; device[h] = NONE; driver[h] = 0; intends[h] = NONE;
	slot_off[h] = 0; reset_event[h] = 1
}

inline hangs_now(h)
{
	hangs--; hung[h] = 1;
	if
	:: driver[h] -> intends[h] = device[h]
	:: else
	fi
}

active proctype trouble()
{
	do
	:: atomic { moves -> moves--; target = 1 - target }
	:: atomic { crashes && alive -> d_step { crashes--; manager_dies() } }
	:: atomic { reboots -> d_step { reboots_now(0) } }
#ifdef TOGETHER
	:: atomic { reboots -> d_step { reboots_now(1) } }
#endif
	:: atomic { hangs && !hung[0] -> d_step { hangs_now(0) } }
	:: atomic { hangs && !hung[1] -> d_step { hangs_now(1) } }
	:: atomic { hung[0] -> hung[0] = 0 }
	:: atomic { hung[1] -> hung[1] = 0 }
	:: atomic { sticks && reset_busy && !stuck -> sticks--; stuck = 1 }
	:: break /* no more of it; who hangs hangs for good */
	od
}

init
{
	d_step {
		effective[0] = 1; effective[1] = 1; boot[0] = 1; boot[1] = 1; reset_done = 1
	};
	atomic {
#ifdef TOGETHER
		crashes = 1; reboots = 1; hangs = 1; sticks = 1;
#elif defined(TROUBLE)
		TROUBLE = 1;
#else
		if
		:: crashes = 1
		:: reboots = 1
		:: hangs = 1
		:: sticks = 1
		fi;
#endif
		run kernel(0); run kernel(1);
#ifndef LIVE
		run dma(); run traffic(0); run traffic(1)
#endif
	}
}

#ifdef LIVE
bit tick;

active proctype clock()
{
	do
	:: timeout -> tick = 1 - tick /* time goes on where nothing else does: who waits for ever is seen waiting */
	od
}

ltl it_ends { <> [] REST }
#endif
