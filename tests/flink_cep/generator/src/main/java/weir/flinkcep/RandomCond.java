package weir.flinkcep;

import java.io.Serializable;
import java.util.List;
import java.util.SplittableRandom;

/** Random conditions: over the event alone, and over what the match has taken so far. */
final class RandomCond {
    private static final String[] OPS = {"==", "!=", "<", "<=", ">", ">="};
    private static final Cond.Term V = (e, b) -> e.v();

    private final SplittableRandom dice;

    RandomCond(SplittableRandom dice) {
        this.dice = dice;
    }

    /** On the class mostly; with `overlap` also weak ones, so that an event suits several parts. */
    Cond simple(boolean overlap) {
        int roll = dice.nextInt(overlap ? 10 : 40);
        Cond cond;
        if (roll == 0) {
            return value();
        } else if (roll == 1) {
            cond = Cond.or(isClass(letter()), value());
        } else if (roll == 2) {
            cond = notClass(letter());
        } else if (roll == 3) {
            String k = letter();
            String other = k.equals("a") ? "b" : "a";
            cond = Cond.or(isClass(k), isClass(other));
        } else {
            cond = isClass(letter());
        }
        return dice.nextInt(5) == 0 ? Cond.and(cond, value()) : cond;
    }

    Cond value() {
        int bound = dice.nextInt(3);
        return switch (dice.nextInt(4)) {
            case 0 -> compare(V, ">=", bound + 1);
            case 1 -> compare(V, "<", bound + 1);
            case 2 -> compare(V, "==", bound + 1);
            default -> Cond.of("v % 2 == " + bound % 2, (e, b) -> e.v() % 2 == bound % 2);
        };
    }

    /** A condition over what an earlier part took (unknown while that part has taken nothing). */
    Cond overEarlier(String part) {
        Cond cond =
                switch (dice.nextInt(10)) {
                    case 0, 1, 2 -> versus(op(), part + ".v", last(part));
                    case 3 -> versus(op(), "first(" + part + ").v", first(part));
                    case 4 -> versus(op(), "last(" + part + ").v", last(part));
                    case 5 -> versus(op(), "sum(" + part + ".v)", sum(part));
                    case 6 -> versus(op(), "avg(" + part + ".v)", average(part));
                    case 7 -> versus(op(), "max(" + part + ".v)", best(part, true));
                    case 8 -> versus(op(), "min(" + part + ".v)", best(part, false));
                    default -> counted(part);
                };
        int wrap = dice.nextInt(12);
        return wrap == 0 ? Cond.not(cond) : wrap == 1 ? Cond.otherwiseTrue(cond) : cond;
    }

    /** A condition of a repeated part over its own repetitions so far. */
    Cond overOwn(String part) {
        Cond none = compareCount(part, "==", 0);
        return switch (dice.nextInt(7)) {
            case 0 -> Cond.or(none, versus(op(), "prev(" + part + ").v", last(part)));
            case 1 -> Cond.otherwiseTrue(versus(op(), "prev(" + part + ").v", last(part)));
            case 2 -> compareCount(part, "<", 1 + dice.nextInt(3));
            case 3 ->
                    Cond.compare(
                            "sum(" + part + ".v)", sum(part), "<=", "3", (e, b) -> 3);
            case 4 -> Cond.or(none, versus(op(), "first(" + part + ").v", first(part)));
            case 5 -> Cond.or(none, versus(">=", "max(" + part + ".v)", best(part, true)));
            default -> versus(">=", "count(" + part + ")", count(part));
        };
    }

    Cond isClass(String k) {
        return Cond.of("k == \"" + k + "\"", (e, b) -> e.k().equals(k));
    }

    private Cond notClass(String k) {
        return Cond.of("k != \"" + k + "\"", (e, b) -> !e.k().equals(k));
    }

    String letter() {
        return String.valueOf((char) ('a' + dice.nextInt(3)));
    }

    private String op() {
        return OPS[dice.nextInt(OPS.length)];
    }

    private static Cond compare(Cond.Term left, String op, int bound) {
        return Cond.compare("v", left, op, String.valueOf(bound), (e, b) -> bound);
    }

    private static Cond versus(String op, String text, Cond.Term term) {
        return Cond.compare("v", V, op, text, term);
    }

    private static Cond compareCount(String part, String op, int bound) {
        return Cond.compare(
                "count(" + part + ")", count(part), op, String.valueOf(bound), (e, b) -> bound);
    }

    private Cond counted(String part) {
        return dice.nextInt(2) == 0
                ? compareCount(part, op(), 1 + dice.nextInt(2))
                : versus(op(), "count(" + part + ")", count(part));
    }

    /** A value of the events that a part has taken. Flink wants conditions serialisable. */
    private interface Summary extends Serializable {
        Object of(List<Event> taken);
    }

    private static Cond.Term over(String part, Summary summary) {
        return (e, b) -> summary.of(b.taken(part));
    }

    private static Cond.Term last(String part) {
        return over(part, list -> list.isEmpty() ? null : list.get(list.size() - 1).v());
    }

    private static Cond.Term first(String part) {
        return over(part, list -> list.isEmpty() ? null : list.get(0).v());
    }

    private static Cond.Term sum(String part) {
        return over(part, list -> list.stream().mapToInt(Event::v).sum());
    }

    private static Cond.Term average(String part) {
        return over(
                part,
                list ->
                        list.isEmpty()
                                ? null
                                : list.stream().mapToInt(Event::v).sum() / (double) list.size());
    }

    private static Cond.Term best(String part, boolean max) {
        return over(
                part,
                list ->
                        list.isEmpty()
                                ? null
                                : max
                                        ? list.stream().mapToInt(Event::v).max().getAsInt()
                                        : list.stream().mapToInt(Event::v).min().getAsInt());
    }

    private static Cond.Term count(String part) {
        return over(part, List::size);
    }
}
