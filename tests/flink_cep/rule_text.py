"""Reads the part of the Weir language that the corpus uses: one rule over one event type.

The grammar is language.md L3's. A condition becomes a function `cond(event, taken)` that returns
True, False or None (unknown, L2.4), where `taken(name)` lists what a part has taken so far.
Nothing here knows of Flink.
"""

import re
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Callable, Optional

TOKEN = re.compile(r'\s*("[^"]*"|\d+ms|\d+|\.\.|[A-Za-z_]\w*|==|!=|<=|>=|[-+*/%<>(){}.,])')


@dataclass
class Link:
    kind: str = "then"  # then, next, every
    within: Optional[int] = None


@dataclass
class Absence:
    next: bool
    cond: Callable
    deadline: Optional[int]  # `for`, in ms


@dataclass
class Step:
    """What takes events: a part (name, cond) or a group (steps)."""

    link: Link
    optional: bool = False
    low: int = 1
    high: Optional[int] = 1
    counted: bool = False  # a number was written, be it 1
    inner: str = "then"  # then; next: in a row; every: in any combination
    greedy: bool = False
    until: Optional[Callable] = None
    name: Optional[str] = None
    cond: Optional[Callable] = None
    steps: list = field(default_factory=list)


@dataclass
class Rule:
    steps: list
    trailing: list
    within: Optional[int]
    skip: str  # none, past last, to next, to first, to last
    skip_to: Optional[str]
    names: list


def tokens(text):
    out, at = [], 0
    text = text.rstrip()
    while at < len(text):
        m = TOKEN.match(text, at)
        if not m:
            raise SyntaxError(f"{text[at:at + 20]!r}")
        out.append(m.group(1))
        at = m.end()
    return out + ["<end>"]


class Reader:
    def __init__(self, text):
        self.t = tokens(text)
        self.i = 0
        self.names = []

    def peek(self, *words):
        return self.t[self.i:self.i + len(words)] == list(words)

    def take(self, *words):
        if not self.peek(*words):
            return False
        self.i += len(words)
        return True

    def need(self, *words):
        if not self.take(*words):
            raise SyntaxError(f"expected {words}, got {self.t[self.i:self.i + 6]}")

    def word(self):
        self.i += 1
        return self.t[self.i - 1]

    def duration(self):
        return int(self.word().removesuffix("ms"))

    # rule and pattern

    def rule(self):
        self.need("rule")
        self.word()
        self.need("{", "by")
        self.word()
        self.need("when")
        steps = self.pattern()
        within, skip, skip_to = None, "past last", None
        while not self.take("}"):
            if self.take("within"):
                within = self.duration()
            elif self.take("unbounded"):
                within = None
            elif self.take("skip"):
                skip = self.word()
                if skip != "none":
                    skip += " " + self.word()
                if skip in ("to first", "to last"):
                    skip_to = self.word()
            elif self.take("report") or self.take("score"):
                self.word()
            else:
                raise SyntaxError(f"clause {self.t[self.i:self.i + 6]}")
        trailing = []
        while isinstance(steps[-1], Absence):
            trailing.insert(0, steps.pop())
        return Rule(steps, trailing, within, skip, skip_to, self.names)

    def pattern(self):
        out = [self.step(Link())]
        while True:
            if self.take("without"):
                out.append(self.absence())
            elif self.take("then"):
                out.append(self.step(self.link()))
            else:
                return out

    def link(self):
        link = Link()
        if self.take("next"):
            link.kind = "next"
        elif self.take("every"):
            link.kind = "every"
        if self.take("within"):
            link.within = self.duration()
        return link

    def absence(self):
        is_next = self.take("next")
        self.need("ev")
        if self.take("as"):
            self.word()
        self.need("where")
        cond = self.condition()
        return Absence(is_next, cond, self.duration() if self.take("for") else None)

    def step(self, link):
        step = Step(link)
        self.quantifier(step)
        if self.take("("):
            step.steps = self.pattern()
            self.need(")")
            self.modifiers(step)
        else:
            self.need("ev")
            self.modifiers(step)
            self.names.append(step.name)
            self.need("where")
            step.cond = self.condition()
        if self.take("until"):
            step.until = self.condition()
        return step

    def quantifier(self, step):
        if self.take("optional"):
            step.optional = True
        if self.take("some"):
            step.high, step.counted = None, True
        elif self.take("any", "number", "of"):
            step.optional, step.high, step.counted = True, None, True
        elif self.t[self.i].isdigit():
            step.low = step.high = int(self.word())
            step.counted = True
            if self.take("+"):
                step.high = None
            elif self.take(".."):
                step.high = int(self.word())
            if step.low == 0:
                step.optional, step.low = True, 1

    def modifiers(self, step):
        while True:
            if self.take("in", "a", "row"):
                step.inner = "next"
            elif self.take("in", "any", "combination"):
                step.inner = "every"
            elif self.take("greedy"):
                step.greedy = True
            elif self.take("as"):
                step.name = self.word()
            else:
                return

    # conditions

    def condition(self):
        left = self.conjunction()
        while self.take("or"):
            left = either(left, self.conjunction())
        return left

    def conjunction(self):
        left = self.negation()
        while self.take("and"):
            left = both(left, self.negation())
        return left

    def negation(self):
        if self.take("not"):
            inner = self.negation()
            return lambda e, t: None if inner(e, t) is None else not inner(e, t)
        if self.take("("):
            inner = self.condition()
            if self.take("otherwise", "true"):
                whole = inner
                inner = lambda e, t: whole(e, t) is not False
            self.need(")")
            return inner
        return self.comparison()

    def comparison(self):
        left = self.term()
        op = OPERATORS[self.word()]
        right = self.term()

        def test(e, t):
            x, y = left(e, t), right(e, t)
            return None if x is None or y is None else op(x, y)
        return test

    def term(self):
        left = self.atom()
        if self.take("%"):
            m = int(self.word())
            return lambda e, t: left(e, t) % m
        return left

    def atom(self):
        w = self.word()
        if w.isdigit():
            return lambda e, t, n=int(w): n
        if w.startswith('"'):
            return lambda e, t, s=w[1:-1]: s
        if self.take("("):
            part = self.word()
            at = self.word() if self.take(".") else None
            self.need(")")
            if self.take("."):
                at = self.word()
            return summary(w, part, at)
        if self.take("."):
            return summary("last", w, self.word())
        return lambda e, t: e[w]


def summary(function, part, at):
    def value(_, taken):
        list_ = [e[at] if at else 1 for e in taken(part)]
        if function in ("sum", "count"):
            return sum(list_)
        return SUMMARIES[function](list_) if list_ else None
    return value


def both(x, y):
    def cond(e, t):
        p, q = x(e, t), y(e, t)
        if p is False or q is False:
            return False
        return None if p is None or q is None else True
    return cond


def either(x, y):
    def cond(e, t):
        p, q = x(e, t), y(e, t)
        if p is True or q is True:
            return True
        return None if p is None or q is None else False
    return cond


OPERATORS = {
    "==": lambda x, y: x == y, "!=": lambda x, y: x != y,
    "<": lambda x, y: x < y, "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
}
SUMMARIES = {
    "first": lambda l: l[0], "last": lambda l: l[-1], "prev": lambda l: l[-1],
    "max": max, "min": min, "avg": lambda l: Fraction(sum(l), len(l)),
}


def parse(text):
    return Reader(text).rule()
