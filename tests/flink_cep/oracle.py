"""The matches of a rule, by the definitions of language.md L3 and nothing else.

Plain recursion: a chain is built one part at a time, every choice (take or leave out, how often,
which event) is tried, and each way to the end of the pattern is a match. No automaton, no sharing.
The unfolding into chains (L3.5) and the assignment of events go hand in hand: the chains are
tried as a tree of their common beginnings.
"""

from dataclasses import dataclass, replace

import rule_text


@dataclass(frozen=True)
class Hold:
    """A greedy repetition just left: the part after it must leave it what it can still take."""

    step: object
    count: int
    link: object
    scopes: tuple


@dataclass(frozen=True)
class Chain:
    """A chain under way."""

    taken: tuple = ()    # (part name, event), in order
    absences: tuple = () # the `without`s since the last taken event
    holds: tuple = ()
    scopes: tuple = ()   # open `until`s: (step, how many events were taken before it)

    @property
    def last(self):
        return self.taken[-1][1] if self.taken else None

    @property
    def first(self):
        return self.taken[0][1]


@dataclass(frozen=True)
class Match:
    parts: tuple   # ((name, (event, ...)), ...), by name
    seq: object    # the completing event, None for a deadline
    ts: int        # when it completed
    order: tuple   # ((event, position of the part), ...)

    @property
    def first(self):
        return self.order[0][0]

    @property
    def last(self):
        return self.order[-1][0]

    def moment(self):
        return (self.ts, 0, self.seq) if self.seq is not None else (self.ts, 1, 0)

    def preference(self):  # L3.9
        return (self.first, -len(self.order), self.order)


class Oracle:
    def __init__(self, rule, events):
        self.rule = rule
        self.events = [{"ts": ts, "k": k, "v": v} for ts, k, v in events]
        self.ts = [ts for ts, _, _ in events]
        self.found = {}

    def matches(self):
        self.sequence(self.rule.steps, 0, None, self.start(), self.complete)
        return set(self.found.values())

    def start(self):
        return Chain()

    # conditions

    def holds(self, cond, event, chain):
        def taken(name):
            return [self.events[j] for n, j in chain.taken if n == name]
        return cond(self.events[event], taken) is True

    def accepts(self, step, event, chain):
        """L3.4: a stopping event does not satisfy the repeated part."""
        return self.holds(step.cond, event, chain) and not any(
            self.holds(s.until, event, chain) for s, _ in chain.scopes)

    # the unfolding (L3.4, L3.5)

    def sequence(self, steps, i, link, chain, done):
        """`link` replaces the link of the first part: a group's, or a repetition's."""
        if i == len(steps):
            return done(chain)
        step = steps[i]
        if isinstance(step, rule_text.Absence):
            guarded = replace(chain, absences=chain.absences + (step,))
            return self.sequence(steps, i + 1, None, guarded, done)
        own = link if i == 0 and link is not None else step.link
        self.repeat(step, own, 0, chain, lambda c: self.sequence(steps, i + 1, None, c, done))

    def repeat(self, step, link, count, chain, done):
        """`count` repetitions are done: go on after them, or take one more."""
        if count == 0 and step.until:
            chain = replace(chain, scopes=chain.scopes + ((step, len(chain.taken)),))
        if self.may_stop(step, count):
            self.leave(step, link, count, chain, done)
        if step.high is None or count < step.high:
            next_link = link if count == 0 else self.inner_link(step)

            def again(c):
                if len(c.taken) > len(chain.taken):
                    self.repeat(step, link, count + 1, c, done)
                elif self.may_stop(step, count + 1):  # a group that can be empty is optional
                    self.leave(step, link, count + 1, c, done)
            self.enter(step, next_link, count, chain, again)

    def enter(self, step, link, count, chain, done):
        """One more repetition after `count` of them."""
        if step.steps:
            self.sequence(step.steps, 0, link, chain, done)
        else:
            self.part(step, link, chain, done)

    def may_stop(self, step, count):
        return (count == 0 and step.optional) or (
            step.low <= count and (step.high is None or count <= step.high))

    def inner_link(self, step):
        return rule_text.Link(step.inner)

    def leave(self, step, link, count, chain, done):
        if step.greedy:
            hold = Hold(step, count, link, chain.scopes)
            chain = replace(chain, holds=chain.holds + (hold,))
        if step.until:
            chain = replace(chain, scopes=tuple(s for s in chain.scopes if s[0] is not step))
        done(chain)

    # one part (L3.3, L3.6, L3.7)

    def part(self, step, link, chain, done):
        for event in self.candidates(step, link, chain):
            if self.allowed(step, link, event, chain):
                done(self.extend(step, event, chain))

    def extend(self, step, event, chain):
        return Chain(taken=chain.taken + ((step.name, event),), scopes=chain.scopes)

    def candidates(self, step, link, chain):
        if not chain.taken:
            return [j for j in range(len(self.events)) if self.accepts(step, j, chain)]
        last = chain.last
        if link.kind == "next":
            later = range(last + 1, min(last + 2, len(self.events)))
        else:
            later = range(last + 1, len(self.events))
        good = [j for j in later
                if self.in_gap(step, link, j, chain) and self.accepts(step, j, chain)]
        return good if link.kind == "every" else good[:1]

    def in_gap(self, step, link, event, chain):
        return link.within is None or self.ts[event] - self.ts[chain.last] <= link.within

    def allowed(self, step, link, event, chain):
        if not chain.taken:
            return not any(self.held(h, event, chain) for h in chain.holds)
        if self.rule.within is not None:
            if self.ts[event] - self.ts[chain.first] > self.rule.within:
                return False
        last = chain.last
        return (not self.stopped(chain.scopes, event, chain)
                and not any(self.broken(a, last, event, chain) for a in chain.absences)
                and not any(self.held(h, j, chain)
                            for h in chain.holds for j in range(last + 1, event + 1)))

    def stopped(self, scopes, event, chain):
        """L3.4: no stopping event between the first and the last event of the repetition."""
        return any(len(chain.taken) > before
                   and any(self.holds(s.until, j, chain) for j in range(chain.last + 1, event))
                   for s, before in scopes)

    def broken(self, absence, last, event, chain):
        if absence.next:
            return self.holds(absence.cond, last + 1, chain)
        return any(self.holds(absence.cond, j, chain) for j in range(last + 1, event))

    def held(self, hold, event, chain):
        """Whether a greedy repetition can still take the event (L3.4)."""
        if hold.count == hold.step.high:
            return False
        at_left = replace(chain, scopes=hold.scopes)
        if not self.accepts(hold.step, event, at_left):
            return False
        if not chain.taken:
            return True
        link = hold.link if hold.count == 0 else self.inner_link(hold.step)
        if link.kind == "next" and event != chain.last + 1:
            return False
        return (self.in_gap(hold.step, link, event, chain)
                and not self.stopped(hold.scopes, event, at_left))

    # completion (L3.6, L3.7)

    def complete(self, chain):
        if not chain.taken:
            return
        moments = [(self.ts[chain.last], 0, chain.last)]
        for absence in self.rule.trailing:
            moment = self.absent(absence, chain)
            if moment is None:
                return
            moments.append(moment)
        self.record(chain, max(moments))

    def record(self, chain, moment):
        ts, is_deadline, seq = moment
        parts = {}
        for name, j in chain.taken:
            parts.setdefault(name, []).append(j)
        key = tuple(sorted((n, tuple(js)) for n, js in parts.items()))
        order = tuple(sorted((j, self.rule.names.index(n)) for n, j in chain.taken))
        self.found[key, moment] = Match(key, None if is_deadline else seq, ts, order)

    def absent(self, absence, chain):
        """When an absence at the end completes, or None if it does not hold."""
        first, last, within = chain.first, chain.last, self.rule.within
        limit = None if within is None else self.ts[first] + within
        if absence.next:
            following = last + 1
            if following < len(self.events) and (limit is None or self.ts[following] <= limit):
                if self.holds(absence.cond, following, chain):
                    return None
                return (self.ts[following], 0, following)
            return None if limit is None else (limit, 1, 0)
        if absence.deadline is not None:
            limit = self.ts[last] + absence.deadline
        for j in range(last + 1, len(self.events)):
            if self.ts[j] <= limit and self.holds(absence.cond, j, chain):
                return None
        return (limit, 1, 0)


def report(rule, matches):
    """L3.9: which matches are reported, decided as they complete, in the order of preference."""
    reported = []
    for match in sorted(matches, key=lambda m: (m.moment(), m.preference())):
        if not any(excludes(rule, earlier, match) for earlier in reported):
            reported.append(match)
    return set(reported)


def excludes(rule, earlier, match):
    if rule.skip == "none":
        return False
    if rule.skip == "past last":
        return match.first <= earlier.last
    if rule.skip == "to next":
        return match.first == earlier.first
    events = dict(earlier.parts).get(rule.skip_to)
    if not events:
        return False
    return match.first < (events[0] if rule.skip == "to first" else events[-1])
