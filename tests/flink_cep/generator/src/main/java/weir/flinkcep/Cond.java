package weir.flinkcep;

import java.io.Serializable;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * A condition with both readings: its Weir text, and its value over an event and the match so far.
 *
 * <p>Weir's conditions are three-valued (language.md L2.4): null is unknown, and only true accepts.
 */
interface Cond extends Serializable {

    /** What a part has taken so far in the match at hand, oldest first. */
    interface Binding {
        List<Event> taken(String name);
    }

    Boolean eval(Event e, Binding b);

    String weir();

    /** A value of an event in the context of a match; null when absent. */
    interface Term extends Serializable {
        Object of(Event e, Binding b);
    }

    static Cond of(String text, Term value) {
        return new Cond() {
            @Override
            public Boolean eval(Event e, Binding b) {
                return (Boolean) value.of(e, b);
            }

            @Override
            public String weir() {
                return text;
            }
        };
    }

    /** `left OP right` over numbers; absent if either side is. Averages compare exactly enough. */
    static Cond compare(String left, Term l, String op, String right, Term r) {
        BiPredicate<Double, Double> test = numeric(op);
        return of(
                left + " " + op + " " + right,
                (e, b) -> {
                    Object x = l.of(e, b);
                    Object y = r.of(e, b);
                    if (x == null || y == null) {
                        return null;
                    }
                    return test.test(((Number) x).doubleValue(), ((Number) y).doubleValue());
                });
    }

    private static BiPredicate<Double, Double> numeric(String op) {
        return (BiPredicate<Double, Double> & Serializable)
                (x, y) ->
                        switch (op) {
                            case "==" -> x.doubleValue() == y.doubleValue();
                            case "!=" -> x.doubleValue() != y.doubleValue();
                            case "<" -> x < y;
                            case "<=" -> x <= y;
                            case ">" -> x > y;
                            case ">=" -> x >= y;
                            default -> throw new IllegalArgumentException(op);
                        };
    }

    static Cond and(Cond x, Cond y) {
        return of(
                x.weir() + " and " + y.weir(),
                (e, b) -> {
                    Boolean p = x.eval(e, b);
                    Boolean q = y.eval(e, b);
                    if (Boolean.FALSE.equals(p) || Boolean.FALSE.equals(q)) {
                        return false;
                    }
                    return p == null || q == null ? null : Boolean.TRUE;
                });
    }

    /** In parentheses always, so that it can stand under `and`. */
    static Cond or(Cond x, Cond y) {
        return of(
                "(" + x.weir() + " or " + y.weir() + ")",
                (e, b) -> {
                    Boolean p = x.eval(e, b);
                    Boolean q = y.eval(e, b);
                    if (Boolean.TRUE.equals(p) || Boolean.TRUE.equals(q)) {
                        return true;
                    }
                    return p == null || q == null ? null : Boolean.FALSE;
                });
    }

    static Cond not(Cond x) {
        return of(
                "not (" + x.weir() + ")",
                (e, b) -> {
                    Boolean p = x.eval(e, b);
                    return p == null ? null : Boolean.valueOf(!p);
                });
    }

    static Cond otherwiseTrue(Cond x) {
        return of(
                "(" + x.weir() + " otherwise true)",
                (e, b) -> {
                    Boolean p = x.eval(e, b);
                    return p == null || p;
                });
    }
}
