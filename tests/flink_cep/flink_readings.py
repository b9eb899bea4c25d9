"""How Flink CEP reads a pattern where it differs from Weir, one named switch a difference.

Used to say why a case is set aside: the smallest set of switches under which the definition gives
what Flink gave. None of this is Weir's meaning; that is oracle.py. References: NFACompiler.java
(the automaton of a pattern) and NFA.java of flink-cep 1.20.
"""

import itertools
from dataclasses import dataclass, replace

from oracle import Chain, Oracle
from rule_text import Absence, Link

# code: what Flink does instead. Those of language.md L3.14 first.
READINGS = {
    "without-and-next-part":
        "an event that satisfies both a `without` and the next part ends the match, unless that "
        "part is the last",
    "without-inside-repetition":
        "a `without` after a repetition also looks between the repetitions",
    "greedy-maximum":
        "a `greedy` repetition that has reached its maximum still holds back, and so kills",
    "greedy-ended":
        "a `greedy` repetition that its row, link or `until` has ended still holds back",
    "until-before-first":
        "a stopping event before the first repetition is fatal",
    "link-after-repeated-group":
        "after a repeated group the next part may also come later, while the group's first part "
        "could still wait",
    "nested-group-link":
        "a group that begins a group loses its outer link and is strict",
    "first-part-inner":
        "a repeated first part of a group takes the group's `in a row` or `in any combination` "
        "instead of its own",
    "gap-and-repetition":
        "within(PREVIOUS_AND_CURRENT) does not hold for repeated parts, nor for the first event "
        "after a repetition, an optional part or a notNext",
    "end-without-after-repetition":
        "a notFollowedBy at the end, after a repetition, needs a further event",
    "end-without-next-deadline":
        "a notNext at the end gives nothing when `within` runs out before a further event",
    # Not listed in L3.14.
    "end-without-for-and-within":
        "a notFollowedBy at the end with a gap of its own completes when the pattern's `within` "
        "runs out, if that is earlier",
    "gap-of-optional":
        "within(PREVIOUS_AND_CURRENT) on an optional part looks at the very next event only; if "
        "that comes too late, the match dies even without the part",
    "without-next-before-optional-end":
        "a notNext whose later parts are all left out looks at the last taken event itself",
    "without-after-optional-tail":
        "a `without` after a group whose last part is optional also looks at the very next event "
        "when that part takes it",
    "without-in-group-tail":
        "a `without` inside a group, with the rest of the group left out, is forgotten after the "
        "next event",
    "without-before-optional-group":
        "a `without` before a group that is optional, or whose first part is, is forgotten after "
        "the next event",
    "without-before-times-range":
        "a `without` before times(a, b) also looks before the repetitions past the a-th",
    "without-before-optionals":
        "a `without` before several optional parts is watched again before the second, from the "
        "second event on, although the first was taken",
    "greedy-exact-count":
        "`greedy` on an optional times(n) has no effect when it is left out",
    "greedy-at-end":
        "a `greedy` repetition before an absence at the end still holds back",
    "greedy-before-without-next":
        "a `greedy` repetition before a notNext holds back the very next event only",
    "until-innermost-group":
        "inside a group in a group, the outer group's `until` does not hold",
    "until-after-open-tail":
        "a stopping event right after an iteration whose last part is optional or could go on "
        "is fatal",
}


@dataclass(frozen=True)
class Stop:
    """A `without` where Weir has none, or as Flink watches for it."""

    absence: Absence
    begin: int = 1  # the first event looked at, counted from the last taken one
    end: int = 99   # and the last
    taken: bool = True  # the event that is taken counts too


@dataclass(frozen=True)
class FlinkChain(Chain):
    dead: bool = False     # may complete at its last event, not go on
    hop: bool = False      # after the last taken event the automaton does not yet rest at the
                           # next part's own state
    blocked: object = None # the group whose `until` keeps it from leaving at the next event
    waiting: tuple = ()    # first parts of repeated groups just left, which still can wait


class FlinkReading(Oracle):
    def __init__(self, rule, events, readings):
        super().__init__(rule, events)
        self.on = frozenset(readings)
        self.following = {}  # id(step): the absences right after it
        self.beyond = {}     # id(step): those after it and the optional rest of its group
        self.preceding = {}  # id(step): the absences right before it
        self.earlier = {}    # id(step): those before it and before optional steps before it
        self.step_of = {}    # name: the part
        self.group_of = {}   # id(step): the group it stands in
        self.first_of = {}   # id(step): the group it begins
        self.survey(rule.steps, (list(rule.trailing), list(rule.trailing)), None)

    def survey(self, steps, after, group):
        """`after` is what follows the group: the absences right after it, and those beyond."""
        for i, step in enumerate(steps):
            if is_absence(step):
                continue
            rest = steps[i + 1:]
            mine = list(itertools.takewhile(is_absence, rest))
            before = list(itertools.takewhile(is_absence, reversed(steps[:i])))
            optional = all(can_be_empty(s) for s in rest)
            self.following[id(step)] = mine + after[0] if len(mine) == len(rest) else mine
            self.beyond[id(step)] = after[1] if optional else mine
            self.preceding[id(step)] = [a for a in before if not a.next]
            self.earlier[id(step)] = self.through_optionals(steps[:i])
            self.group_of[id(step)] = group
            self.step_of[step.name] = step
            if i == 0 and group is not None:
                self.first_of[id(step)] = group
            inner = (self.following[id(step)], self.beyond[id(step)])
            self.survey(step.steps, inner, step)

    @staticmethod
    def through_optionals(steps):
        out = []
        for step in reversed(steps):
            if is_absence(step):
                out += [] if step.next else [step]
            elif not step.optional:
                break
        return out

    def start(self):
        return FlinkChain()

    # the unfolding

    def sequence(self, steps, i, link, chain, done):
        if i == len(steps):
            if "without-in-group-tail" in self.on and steps is not self.rule.steps:
                chain = replace(chain, absences=tuple(
                    Stop(a, end=1, taken=False) if a in steps and not a.next else a
                    for a in chain.absences))
        else:
            step = steps[i]
            if is_absence(step):
                if step.next:
                    chain = replace(chain, hop=True)
            elif step.steps and id(step) in self.first_of and "nested-group-link" in self.on:
                link = Link("next")
        super().sequence(steps, i, link, chain, done)

    def inner_link(self, step):
        group = self.first_of.get(id(step))
        if group is not None and not step.steps and "first-part-inner" in self.on:
            return Link(group.inner)
        return super().inner_link(step)

    def enter(self, step, link, count, chain, done):
        more = []
        if count > 0:
            if "without-inside-repetition" in self.on:
                more += self.between(step, count)
            if "without-before-times-range" in self.on and not step.steps:
                if count >= step.low and step.high is not None:
                    more += [Stop(a, begin=2) for a in self.preceding[id(step)]]
        elif step.optional and not step.steps and "without-before-optionals" in self.on:
            if chain.taken and self.step_of[chain.taken[-1][0]].optional:
                more += [Stop(a, begin=2) for a in self.earlier[id(step)]
                         if a not in chain.absences]
        elif step.steps and "without-before-optional-group" in self.on:
            if step.optional or step.steps[0].optional:
                chain = replace(chain, absences=tuple(
                    Stop(a, end=1, taken="without-and-next-part" in self.on)
                    if is_absence(a) and not a.next else a for a in chain.absences))
        if "without-after-optional-tail" in self.on and (count > 0 or step.optional):
            if not self.following[id(step)] or count == 0:
                more += [Stop(a, end=1) for a in self.beyond[id(step)]]
        chain = replace(chain, absences=chain.absences + tuple(more))
        super().enter(step, link, count, chain, done)

    def between(self, step, count):
        """The absences after a repetition, as they watch over its next round."""
        can_go_on = count >= step.low
        for i, absence in enumerate(self.following[id(step)]):
            if step.steps:
                if can_go_on or (i == 0 and not absence.next):
                    yield Stop(absence)
            elif i == 0 and not absence.next:
                # The optional rounds of times(a, b) stop watching after the first event.
                yield Stop(absence, end=1 if can_go_on and step.high is not None else 99)
            elif can_go_on:  # greedy's guard stands before the stop
                yield Stop(absence, end=1, taken=not step.greedy)

    def leave(self, step, link, count, chain, done):
        open_ended = step.high is None or count < step.high
        if count == 0 and self.gap_kills(step, link, chain):
            chain = replace(chain, dead=True)
        if open_ended and self.tail_kills(step, chain):
            if step.steps and count > 0 and step.inner != "next":
                chain = replace(chain, blocked=self.group_of[id(step)])
            else:
                chain = replace(chain, dead=True)
        if open_ended:
            chain = replace(chain, hop=True)
        if step.steps and count > 0 and open_ended and step.inner != "next":
            first = step.steps[0]
            if not first.steps and not first.optional:
                chain = replace(chain, waiting=chain.waiting + ((step, first),))
        super().leave(step, link, count, chain, done)

    def gap_kills(self, step, link, chain):
        if "gap-of-optional" not in self.on or link.within is None or not chain.taken:
            return False
        following = chain.last + 1
        if chain.hop or step.steps or step.counted or following >= len(self.events):
            return False
        return self.ts[following] - self.ts[chain.last] > link.within

    def tail_kills(self, step, chain):
        group = self.group_of[id(step)]
        if "until-after-open-tail" not in self.on or group is None or not group.until:
            return False
        started = any(s is group and len(chain.taken) > before for s, before in chain.scopes)
        following = chain.last + 1 if started else len(self.events)
        return following < len(self.events) and self.holds(group.until, following, chain)

    # one part

    def part(self, step, link, chain, done):
        if not chain.dead:
            super().part(step, link, chain, done)

    def scopes_for(self, step, scopes):
        if "until-innermost-group" not in self.on:
            return scopes
        group = self.group_of[id(step)]
        return tuple(s for s in scopes if s[0] is step or s[0] is group)

    def accepts(self, step, event, chain):
        return super().accepts(
            step, event, replace(chain, scopes=self.scopes_for(step, chain.scopes)))

    def allowed(self, step, link, event, chain):
        scopes = self.scopes_for(step, chain.scopes)
        if chain.taken and "until-before-first" in self.on:
            if self.stopped_early(step, link, scopes, event, chain):
                return False
        kept = replace(chain, scopes=scopes)
        return super().allowed(step, link, event, kept)

    def stopped_early(self, step, link, scopes, event, chain):
        for scope, before in scopes:
            if len(chain.taken) > before:
                continue
            for j in range(chain.last + 1, event):
                if self.holds(scope.until, j, chain):
                    if scope.steps or (link.kind == "then" and self.holds(scope.cond, j, chain)):
                        return True
        return False

    def candidates(self, step, link, chain):
        if chain.blocked is not None:
            good = []
        else:
            good = super().candidates(step, link, chain)
        if not chain.taken or "link-after-repeated-group" not in self.on:
            return good
        for group, first in chain.waiting:
            for j in range(chain.last + 1, len(self.events)):
                if any(is_absence(a) and a.next and self.holds(a.cond, j, chain)
                       for a in chain.absences):
                    break
                if chain.blocked is None or not self.holds(chain.blocked.until, j, chain):
                    good += self.from_here(step, link, j, chain)
                if not self.waits(group, first, j, chain):
                    break
        return sorted(set(good))

    def from_here(self, step, link, event, chain):
        """The choices of a part whose turn comes only with this event."""
        later = range(event, event + 1 if link.kind == "next" else len(self.events))
        unchecked = "gap-and-repetition" in self.on
        return [j for j in later
                if self.accepts(step, j, chain)
                and (super(FlinkReading, self).in_gap(step, link, j, chain)
                     or (unchecked and self.ts[j] == self.ts[event]))][:1]

    def waits(self, group, first, event, chain):
        if group.until and self.holds(group.until, event, chain):
            return False
        return group.inner == "every" or not self.holds(first.cond, event, chain)

    def in_gap(self, step, link, event, chain):
        if link.within is None:
            return True
        if "gap-and-repetition" in self.on:
            if any(h.step.until and self.holds(h.step.until, chain.last + 1, chain)
                   for h in chain.holds):
                return True
            before = self.step_of[chain.taken[-1][0]]
            if before.optional and self.preceding[id(before)]:
                return True  # the automaton rests at a copy of the state, which has no window
            if step.counted or (chain.hop and self.ts[event] == self.ts[chain.last + 1]):
                return True
        if "gap-of-optional" in self.on and step.optional:
            if chain.hop or event > chain.last + 1:
                following = chain.last + 1
                return chain.hop or self.ts[following] - self.ts[chain.last] <= link.within
        return super().in_gap(step, link, event, chain)

    def broken(self, absence, last, event, chain):
        if is_absence(absence):
            return super().broken(absence, last, event, chain)
        looked_at = range(last + absence.begin, min(event, last + absence.end + 1))
        return any(self.holds(absence.absence.cond, j, chain) for j in looked_at)

    def extend(self, step, event, chain):
        dead = bool(chain.taken) and any(self.ends(a, event, chain) for a in chain.absences)
        return FlinkChain(
            taken=chain.taken + ((step.name, event),), scopes=chain.scopes, dead=dead)

    def ends(self, absence, event, chain):
        if is_absence(absence):
            return (not absence.next and "without-and-next-part" in self.on
                    and self.holds(absence.cond, event, chain))
        return (absence.taken
                and chain.last + absence.begin <= event <= chain.last + absence.end
                and self.holds(absence.absence.cond, event, chain))

    def held(self, hold, event, chain):
        step = hold.step
        if "greedy-before-without-next" in self.on and chain.taken and event > chain.last + 1:
            if any(a.next for a in self.following[id(step)]):
                return False
        if hold.count == 0 and step.low == step.high and "greedy-exact-count" in self.on:
            return False
        if hold.count == step.high:
            return ("greedy-maximum" in self.on and step.low != step.high
                    and self.holds(step.cond, event, chain))
        if "greedy-ended" in self.on and chain.taken:
            if step.until and self.holds(step.until, chain.last + 1, chain):
                return False
            return self.holds(step.cond, event, chain)
        return super().held(hold, event, chain)

    # completion

    def complete(self, chain):
        if chain.dead and self.rule.trailing:
            return
        if "without-next-before-optional-end" in self.on and chain.taken:
            before = replace(chain, taken=chain.taken[:-1])
            if any(is_absence(a) and a.next and self.holds(a.cond, chain.last, before)
                   for a in chain.absences):
                return
        super().complete(chain)

    def absent(self, absence, chain):
        moment = super().absent(absence, chain)
        greedy = "greedy-at-end" in self.on and chain.holds
        if absence.next:
            following = min(chain.last + 1, len(self.events) - 1)
            if greedy and self.still_greedy(following, chain):
                return None
            deadline = moment is not None and moment[1] == 1
            return None if deadline and "end-without-next-deadline" in self.on else moment
        late = chain.hop and "end-without-after-repetition" in self.on
        both = absence.deadline is not None and self.rule.within is not None
        if late or greedy or (both and "end-without-for-and-within" in self.on):
            return self.pending(absence, chain, late)
        return moment

    def still_greedy(self, event, chain):
        return any(
            self.holds(h.step.cond, event, chain)
            and not (h.step.until and self.holds(h.step.until, chain.last + 1, chain))
            for h in chain.holds)

    def pending(self, absence, chain, late):
        """The automaton's pending state, as time advances over the events and deadlines."""
        limits = [] if self.rule.within is None else [self.ts[chain.first] + self.rule.within]
        if absence.deadline is not None:
            limits.append(self.ts[chain.last] + absence.deadline)
        waiting = late
        for now, event in self.clock(chain.last):
            if event is None:
                if waiting:
                    if self.rule.within is not None and now > limits[0]:
                        return None
                elif any(now > limit for limit in limits):
                    return (now - 1, 1, 0)
            elif self.holds(absence.cond, event, chain):
                return None
            elif "greedy-at-end" in self.on and self.still_greedy(event, chain):
                return None
            else:
                waiting = False
        return None

    def clock(self, last):
        """What happens after an event: (time, None) time advances to it, (time, event) an event."""
        windows = [w + 1 for w in gaps(self.rule.steps + self.rule.trailing)]
        if self.rule.within is not None:
            windows.append(self.rule.within + 1)
        turns = {(t + w, 0, -1) for t in self.ts for w in windows}
        turns |= {(t, 0, -1) for t in self.ts}
        turns |= {(t, 1, j) for j, t in enumerate(self.ts)} | {(1 << 62, 0, -1)}
        for now, kind, event in sorted(turns):
            if (now, kind, event) > (self.ts[last], 1, last):
                yield now, event if kind else None


def can_be_empty(step):
    """Whether the automaton may pass a step without an event; an absence ends the question."""
    return not is_absence(step) and (
        step.optional or (bool(step.steps) and all(can_be_empty(s) for s in step.steps)))


def is_absence(step):
    return isinstance(step, Absence)


def gaps(steps):
    for step in steps:
        if is_absence(step):
            if step.deadline is not None:
                yield step.deadline
        else:
            if step.link.within is not None:
                yield step.link.within
            yield from gaps(step.steps)


def explain(rule, events, plain, wanted, most=4):
    """The smallest set of readings that turns `plain` into `wanted`, as outcomes; or None."""
    def gives(readings):
        return outcomes(FlinkReading(rule, events, readings).matches())

    alone = {code: gives([code]) for code in READINGS}
    for code, found in alone.items():
        if found == wanted:
            return (code,)
    telling = [code for code, found in alone.items() if found != plain]
    for pool in (telling, list(READINGS)):
        for size in range(2, most + 1 if pool is telling else most):
            for readings in itertools.combinations(pool, size):
                if gives(readings) == wanted:
                    return readings
    return None


def outcomes(matches):
    return first_moments((m.parts, m.seq, m.ts) for m in matches)


def first_moments(outcomes_):
    """Flink may give one match several times; the first counts (L3.14: each is reported once)."""
    first = {}
    for parts, seq, ts in outcomes_:
        moment = (ts, seq is None, seq or 0)
        if parts not in first or moment < first[parts][0]:
            first[parts] = (moment, seq, ts)
    return {(parts, seq, ts) for parts, (_, seq, ts) in first.items()}
