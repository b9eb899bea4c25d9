package weir.flinkcep;

import java.util.List;
import java.util.SplittableRandom;

/**
 * The translation: a {@link Shape} as the text of a Weir rule over the event type `ev`.
 *
 * <p>Flink's windows leave their limit out and Weir's include it, so W milliseconds become W - 1.
 * Where Weir has two spellings of one thing, the generator's dice choose.
 */
final class WeirText {
    private final SplittableRandom dice;
    private final StringBuilder out = new StringBuilder();

    private WeirText(SplittableRandom dice) {
        this.dice = dice;
    }

    static String rule(Shape.Whole whole, SplittableRandom dice) {
        WeirText text = new WeirText(dice);
        text.out.append("rule r { by u when ");
        text.sequence(whole.steps);
        text.out.append(whole.window > 0 ? " within " + (whole.window - 1) + "ms" : " unbounded");
        text.out.append(
                switch (whole.skip) {
                    case NONE -> " skip none";
                    case PAST_LAST -> dice.nextInt(2) == 0 ? " skip past last" : "";
                    case TO_NEXT -> " skip to next";
                    case TO_FIRST -> " skip to first " + whole.skipTo;
                    case TO_LAST -> " skip to last " + whole.skipTo;
                });
        text.out.append(" report 100000 score 1 }");
        return text.out.toString();
    }

    private void sequence(List<Shape.Step> steps) {
        boolean first = true;
        for (Shape.Step step : steps) {
            if (step instanceof Shape.Not not) {
                out.append(not.next ? " without next ev" : " without ev");
                if (dice.nextInt(4) == 0) {
                    out.append(" as ").append(not.name);
                }
                where(not.cond);
                if (not.gap > 0) {
                    out.append(" for ").append(not.gap - 1).append("ms");
                }
                continue;
            }
            Shape.Taking taking = (Shape.Taking) step;
            if (!first) {
                link(taking);
            }
            first = false;
            quantifier(taking);
            if (taking instanceof Shape.Group group) {
                out.append("(");
                sequence(group.steps);
                out.append(")");
                modifiers(group);
            } else {
                Shape.Part part = (Shape.Part) taking;
                out.append("ev");
                if (dice.nextInt(2) == 0) {
                    modifiers(part);
                    out.append(" as ").append(part.name);
                } else {
                    out.append(" as ").append(part.name);
                    modifiers(part);
                }
                where(part.cond);
            }
            if (taking.until != null) {
                out.append(" until ").append(taking.until.weir());
            }
        }
    }

    private void link(Shape.Taking taking) {
        out.append(
                switch (taking.link) {
                    case NEXT -> " then next ";
                    case FOLLOWED_BY -> " then ";
                    case FOLLOWED_BY_ANY -> " then every ";
                });
        if (taking instanceof Shape.Part part && part.gap > 0) {
            out.append("within ").append(part.gap - 1).append("ms ");
        }
    }

    private void quantifier(Shape.Taking t) {
        if (!t.counted) {
            out.append(t.optional ? "optional " : "");
        } else if (t.looping() && t.min == 1) {
            boolean word = dice.nextInt(2) == 0;
            String some = word ? "some " : "1+ ";
            out.append(!t.optional ? some : word ? "any number of " : "optional some ");
        } else if (t.looping()) {
            out.append(t.optional ? "optional " : "").append(t.min).append("+ ");
        } else if (t.min == t.max) {
            out.append(t.optional ? "optional " : "").append(t.min).append(' ');
        } else if (t.optional && t.min == 1 && dice.nextInt(2) == 0) {
            out.append("0..").append(t.max).append(' ');
        } else {
            out.append(t.optional ? "optional " : "").append(t.min).append("..").append(t.max);
            out.append(' ');
        }
    }

    private void modifiers(Shape.Taking t) {
        if (t.inner == Shape.Inner.CONSECUTIVE) {
            out.append(" in a row");
        } else if (t.inner == Shape.Inner.COMBINATIONS) {
            out.append(" in any combination");
        }
        if (t.greedy) {
            out.append(" greedy");
        }
    }

    private void where(Cond cond) {
        out.append(" where ").append(cond.weir());
    }
}
