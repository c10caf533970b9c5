/* A pool's ops, queue, workers and supervisor: binding/core/schedule.h, pool.cc, completions.cc, reaper.cc.
 *
 * What is modelled: one environment that submits chains, cancels and interrupts; tasks that take ops under the lock, block
 * or not, and rest; the supervisor that starts workers, kills tasks in their call and gives their stacks to others, and
 * cleans up after tasks that somebody else has killed, at any statement and with the lock held. Time is left out: whatever
 * depends on how long something takes may happen at any moment. What the lock guards is one statement where no task can be
 * in the middle of it, and step by step where one can.
 *
 * Properties:
 *   invariant   the lock is free and ops are queued: a worker is on its way, or the supervisor looks after the pool
 *   once        each op ends once, and is run by one worker at a time
 *   progress    nothing is left over: when nobody can take a step any more, all ops have ended, and each record is free
 *               or its task rests
 *
 * Each MUTANT_… takes one thing away; spin has to find a violation then (scripts/model.mjs).
 */
#define OPS 2
#define RECORDS 2
#define ANY_PLACE(p) (place[0] == p || place[1] == p)
#define ANY_QUEUED (queued[0] || queued[1])
#define IS_FREE(n) (place[n] == gone && !alive[n] && !lost[n])
#define IS_DOOMED(n) (isIn[n] && alive[n] && !struck[n] && !doomed[n] && runs[n] != NOBODY && \
                      state[runs[n]] == Interrupting)
#define IS_KILLED(n) (doomed[n] && !alive[n] && place[n] == inCall && !lost[n])
#ifndef STRIKES
#define STRIKES 1 /* SIGKILLs by somebody else */
#endif
#ifndef KILLS
#define KILLS 1 /* tasks that the supervisor kills in a call */
#endif
#define NOBODY 255
#define THREAD 254

mtype:state = { Free, Queued, Running, Interrupting, Done };
mtype:place = { gone, coming, inCall, resting, leaving, fallen };

mtype:state state[OPS] = Free;
bool queued[OPS];         /* in the chain of the queue */
bool listed[OPS];         /* its event was put in */
byte by[OPS] = NOBODY;             /* the record of whose worker takes it last: Op::worker */
byte ends[OPS];           /* how often */
bool interrupted[OPS];
bool cancelled[OPS];

mtype:place place[RECORDS] = gone;
byte runs[RECORDS] = NOBODY;       /* the op, or NOBODY: Worker::running */
bool awake[RECORDS];      /* the futex */
bool alive[RECORDS];      /* cleared by the kernel when its task is off its stack */
bool struck[RECORDS];     /* somebody else has killed its task */
bool doomed[RECORDS];     /* the supervisor kills it in its call */
bool lost[RECORDS];       /* died of a strike, and nobody has noticed yet */
byte claimed[RECORDS] = NOBODY;    /* by whose task its stack is taken last: Worker::predecessor */
byte adopts[RECORDS] = NOBODY;     /* the record whose stack its task goes on with, until it is free: Worker::adopts */
bool left[RECORDS];       /* its task has said that it goes on with another stack: Reaper::ended() */
bool isIn[RECORDS];       /* in its system call: may be killed by the supervisor */

byte holder = NOBODY;     /* of the lock */
bool ownerDied = false;
bool supervised = false;
bool comingCount = false; /* made from the places: whether any is coming; wrong when a task dies in the middle */
byte strikes = 0;
byte kills = 0;

#define IS_EMPTY (!ANY_QUEUED && !ANY_PLACE(fallen))
#define IS_ON_THE_WAY ANY_PLACE(coming)

/* Whoever locks after a death: everything is made from the places and the chain. */
inline repair() {
  for (k : 0 .. OPS - 1) { if :: queued[k] && state[k] != Queued -> queued[k] = false :: else fi }
  comingCount = IS_ON_THE_WAY;
  supervised = true
}

inline lockAs(who) {
  d_step {
    holder == NOBODY -> holder = who;
    if
    :: ownerDied ->
       ownerDied = false;
#ifndef MUTANT_NO_REPAIR
       repair()
#endif
    :: else
    fi
  }
}

inline wake(target) {
  if :: target != NOBODY -> awake[target] = true :: else fi
}

/* A thread's whole time with the lock is one statement: nobody kills it. */
#define enter(condition) holder == NOBODY && (condition) -> if :: ownerDied -> ownerDied = false; repairUnlessMutant() :: else fi
inline repairUnlessMutant() {
#ifndef MUTANT_NO_REPAIR
  repair()
#else
  skip
#endif
}
inline leaveLock() { assert(IS_EMPTY || IS_ON_THE_WAY || supervised); wake(target); target = NOBODY; k = 0 }

inline unlock() {
  d_step { assert(IS_EMPTY || IS_ON_THE_WAY || supervised); holder = NOBODY; k = 0 }
}

/* Who is to be woken: one that rests, or NOBODY. One of the two holds afterwards. */
inline ensureWorkerAwake(target) {
  target = NOBODY;
  if
  :: !IS_EMPTY && !comingCount ->
     for (k : 0 .. RECORDS - 1) { if :: place[k] == resting -> target = k :: else fi };
     if
     :: target != NOBODY -> place[target] = coming; comingCount = true
     :: true -> target = NOBODY; supervised = true /* none rests, or there are enough for the processors */
     fi
  :: else
  fi
}

inline putIn(op) {
  d_step {
#ifndef MUTANT_PUT_TWICE
    if
    :: !listed[op] -> listed[op] = true; ends[op]++
    :: else
    fi;
#else
    listed[op] = true; ends[op]++;
#endif
    assert(ends[op] <= 1)
  }
}

inline endCall(op) {
  atomic { state[op] == Running || state[op] == Interrupting -> state[op] = Done }
  putIn(op)
}

proctype Task(byte me) {
  byte target = NOBODY, op = NOBODY, other = NOBODY, k = 0;
  bool exists = true; /* this task, whosever record it is */
  {
    if :: place[me] == resting -> goto sleep :: else fi;
  look: skip;
    lockAs(me);
    /* take(): one store after the other, and a strike between any two */
    d_step {
      target = NOBODY; op = NOBODY; other = NOBODY;
      if :: place[me] == coming -> comingCount = false;
            for (k : 0 .. RECORDS - 1) { if :: k != me && place[k] == coming -> comingCount = true :: else fi }
         :: else
      fi;
      for (k : 0 .. RECORDS - 1) { if :: place[k] == fallen -> other = k :: else fi };
      for (k : 0 .. OPS - 1) { if :: queued[k] && op == NOBODY -> op = k :: else fi };
      k = 0
    }
    if
    :: other != NOBODY ->
#ifndef MUTANT_ADOPTS_UNSAID
       adopts[me] = other;
       claimed[other] = me;
#endif
#ifndef MUTANT_STACK_STAYS
       d_step { place[other] = inCall; place[me] = leaving };
#endif
       d_step { ensureWorkerAwake(target); k = 0 };
       unlock();
       d_step { wake(target); target = NOBODY };
       goto adopt
    :: other == NOBODY && op != NOBODY ->
#ifndef MUTANT_UNLINK_FIRST
       runs[me] = op;
       by[op] = me;
       d_step { assert(state[op] == Queued); state[op] = Running };
       queued[op] = false;
#else
       queued[op] = false;
       runs[me] = op;
       by[op] = me;
       d_step { assert(state[op] == Queued); state[op] = Running };
#endif
       place[me] = inCall;
#ifndef MUTANT_LEFTOVERS
       d_step { ensureWorkerAwake(target); k = 0 };
#endif
       unlock();
       d_step { wake(target); target = NOBODY };
       goto call
    :: else ->
#ifdef MUTANT_REST_LATER
       unlock();
       lockAs(me);
#endif
       place[me] = resting;
       unlock();
       goto sleep
    fi;

  sleep: skip;
    if
    :: atomic { awake[me] -> awake[me] = false }; goto look
    :: lockAs(me); /* it has waited long enough */
       if
       :: place[me] == resting -> place[me] = leaving; unlock(); goto leave
       :: else -> unlock(); goto sleepOn
       fi
    fi;
  sleepOn: skip;
    atomic { awake[me] -> awake[me] = false };
    goto look;

  call: skip;
    op = runs[me];
    isIn[me] = true;
    if
    :: true -> skip                       /* it returns by itself */
    :: interrupted[op] -> skip            /* or by the signal; without either it is blocked for good */
    :: doomed[me] ->                      /* or the supervisor's kill ends the task in it */
       d_step { isIn[me] = false; alive[me] = false; exists = false };
       goto dead
    fi;
    /* The gate: only one of the two can have it. */
    atomic {
      if
      :: doomed[me] -> isIn[me] = false; alive[me] = false; exists = false; goto dead
      :: else -> isIn[me] = false
      fi
    };
#ifdef MUTANT_FORGETS_FIRST
    runs[me] = NOBODY;
#endif
    endCall(op);
    runs[me] = NOBODY;
    goto look;

  adopt: skip;
    /* This task is the other record's from here on: the kernel knows the other `alive`. */
    d_step {
      assert(!alive[other]);
      k = me;
      me = other; alive[me] = true; doomed[me] = false; struck[me] = struck[k]; struck[k] = false;
      other = k; k = 0
    };
    d_step { left[other] = true; other = NOBODY };
    op = runs[me];
    endCall(op);
    runs[me] = NOBODY;
    goto look;

  leave: skip;
    d_step { alive[me] = false; exists = false };
    d_step { /* the reaper */
      enter(true);
      place[me] = gone;
      ensureWorkerAwake(target);
      leaveLock()
    };
    goto dead
  }
  unless {
    d_step {
      exists && struck[me] && alive[me] ->
      struck[me] = false; alive[me] = false; exists = false; isIn[me] = false; lost[me] = true;
      if :: holder == me -> holder = NOBODY; ownerDied = true :: else fi
    }
  };
dead:
  skip
}

/* Somebody else. */
active proctype Stranger() {
  byte n;
  do
  :: atomic {
       strikes < STRIKES ->
       select(n : 0 .. RECORDS - 1);
       if :: alive[n] && !doomed[n] -> struck[n] = true; strikes++ :: else fi
     }
  :: break
  od
}

active proctype Environment() {
  byte target = NOBODY, op = 0, k = 0, n = 0;
  /* Workers that have found nothing to do. */
  d_step { for (k : 0 .. RECORDS - 1) { place[k] = resting; alive[k] = true }; k = 0 };
  atomic { run Task(0); run Task(1) };
  /* A tick's calls as one chain. */
  do
  :: op < OPS ->
     if :: op + 1 < OPS -> n = 2 :: n = 1 fi;
     d_step {
       enter(true);
       for (k : 1 .. n) { state[op] = Queued; queued[op] = true; op++ };
       ensureWorkerAwake(target);
       leaveLock(); n = 0
     }
  :: else -> break
  od;
  op = 0;
  /* Cancels some of those that are queued. What runs is told to stop at some time, so that none is blocked for good. */
  do
  :: op < OPS ->
     if
     :: d_step {
          enter(state[op] == Queued);
          state[op] = Done;
          cancelled[op] = true;
#ifndef MUTANT_CANCEL_KEEPS_WORKER
          by[op] = NOBODY;
#endif
#ifndef MUTANT_CANCEL_LEAVES
          queued[op] = false;
#endif
          leaveLock()
        };
        putIn(op)
     :: d_step { true -> if :: state[op] == Running -> state[op] = Interrupting :: else fi; interrupted[op] = true }
     fi;
     op++
  :: else -> break
  od
}

active proctype Supervisor() {
  byte target = NOBODY, n = 0, k = 0, op = NOBODY;
end:
  do
  /* Looks after the pool. */
  :: d_step {
       enter(supervised && (IS_EMPTY || (!comingCount && (ANY_PLACE(resting) || IS_FREE(0) || IS_FREE(1))) || ownerDied));
       target = NOBODY; n = NOBODY;
#ifndef MUTANT_SUPERVISION_ENDS
       if
       :: IS_EMPTY -> supervised = false
       :: else ->
#else
       if
       :: true -> supervised = false;
       fi;
       if
       :: IS_EMPTY
       :: else ->
#endif
          if
          :: !comingCount ->
             for (k : 0 .. RECORDS - 1) { if :: place[k] == resting -> target = k :: else fi };
             if
             :: target != NOBODY -> place[target] = coming; comingCount = true
             :: else ->
                if
                :: IS_FREE(0) -> n = 0
                :: else -> if :: IS_FREE(1) -> n = 1 :: else fi
                fi;
                if
                :: n != NOBODY -> place[n] = coming; comingCount = true; alive[n] = true; runs[n] = NOBODY;
                   awake[n] = false; doomed[n] = false; struck[n] = false
                :: else
                fi
             fi
          :: else
          fi
       fi;
       leaveLock()
     };
     if
     :: n != NOBODY -> run Task(n)
     :: else
     fi;
     n = 0
  /* Kills a task that does not leave its call. */
  :: atomic { kills < KILLS && IS_DOOMED(0) -> doomed[0] = true; kills++ }
  :: atomic { kills < KILLS && IS_DOOMED(1) -> doomed[1] = true; kills++ }
  /* It is gone: its stack is for another task. */
  :: d_step {
       enter(IS_KILLED(0) || IS_KILLED(1));
       if :: IS_KILLED(0) -> n = 0 :: else -> n = 1 fi;
       place[n] = fallen; doomed[n] = false;
       ensureWorkerAwake(target);
       leaveLock(); n = 0
     }
  /* The former record of a task that goes on with another stack is free. */
  :: d_step {
       enter(left[0] || left[1]);
       if :: left[0] -> n = 0 :: else -> n = 1 fi;
       left[n] = false; place[n] = gone; alive[n] = false; adopts[n] = NOBODY;
       leaveLock(); n = 0
     }
  /* Somebody else has killed one: its op ends, and whom it was about to wake is woken. Had it not said yet that it has
     left its former record, that is free as well. */
  :: d_step {
       enter((lost[0] || lost[1]) && !left[0] && !left[1]);
       if :: lost[0] -> n = 0 :: else -> n = 1 fi;
#ifndef MUTANT_FORMER_STAYS
       k = claimed[n];
       if
       :: k != NOBODY -> if :: adopts[k] == n && alive[k] -> place[k] = gone; alive[k] = false; adopts[k] = NOBODY :: else fi
       :: else
       fi;
#endif
       comingCount = false;
       place[n] = gone; lost[n] = false;
       comingCount = IS_ON_THE_WAY;
       op = runs[n]; runs[n] = NOBODY;
#ifndef MUTANT_ANYBODYS_OP
       /* Decided with the lock held: an op that is queued still may be another worker's a moment later. */
       if :: op != NOBODY && (by[op] != n || state[op] == Queued) -> op = NOBODY :: else fi;
#endif
       if
       :: adopts[n] != NOBODY && claimed[adopts[n]] == n && place[adopts[n]] == inCall -> place[adopts[n]] = fallen
       :: else
       fi;
       adopts[n] = NOBODY;
       ensureWorkerAwake(target);
#ifndef MUTANT_NO_SECOND_WAKE
       for (k : 0 .. RECORDS - 1) { if :: place[k] == coming -> awake[k] = true :: else fi };
#endif
       leaveLock()
     };
     if
     :: op != NOBODY && (state[op] == Running || state[op] == Interrupting) -> state[op] = Done; putIn(op)
     :: op != NOBODY && state[op] == Done -> assert(!cancelled[op]); putIn(op)
     :: else
     fi;
     op = NOBODY; n = 0
  od
}

/* Nobody can take a step any more. */
active proctype Monitor() {
  byte n;
end:
  timeout ->
  for (n : 0 .. OPS - 1) { assert(ends[n] == 1) };
  for (n : 0 .. RECORDS - 1) { assert(place[n] == gone || place[n] == resting) }
}
