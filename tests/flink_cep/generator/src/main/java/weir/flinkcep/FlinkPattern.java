package weir.flinkcep;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.cep.pattern.WithinType;
import org.apache.flink.cep.pattern.conditions.IterativeCondition;

/** A {@link Shape} said in Flink's Pattern API. */
@SuppressWarnings({"unchecked", "rawtypes"})
final class FlinkPattern {
    private FlinkPattern() {}

    static Pattern<Event, ?> build(Shape.Whole whole, AfterMatchSkipStrategy skip) {
        Pattern pattern = sequence(whole.steps, skip);
        if (whole.window > 0) {
            pattern = pattern.within(Duration.ofMillis(whole.window));
        }
        return pattern;
    }

    static AfterMatchSkipStrategy skip(Shape.Whole whole) {
        return switch (whole.skip) {
            case NONE -> AfterMatchSkipStrategy.noSkip();
            case PAST_LAST -> AfterMatchSkipStrategy.skipPastLastEvent();
            case TO_NEXT -> AfterMatchSkipStrategy.skipToNext();
            case TO_FIRST -> AfterMatchSkipStrategy.skipToFirst(whole.skipTo);
            case TO_LAST -> AfterMatchSkipStrategy.skipToLast(whole.skipTo);
        };
    }

    private static Pattern sequence(List<Shape.Step> steps, AfterMatchSkipStrategy skip) {
        Pattern pattern = null;
        for (Shape.Step step : steps) {
            pattern = append(pattern, step, skip);
        }
        return pattern;
    }

    private static Pattern append(Pattern before, Shape.Step step, AfterMatchSkipStrategy skip) {
        if (step instanceof Shape.Not not) {
            Pattern p = not.next ? before.notNext(not.name) : before.notFollowedBy(not.name);
            p = p.where(condition(not.cond));
            return not.gap > 0
                    ? p.within(Duration.ofMillis(not.gap), WithinType.PREVIOUS_AND_CURRENT)
                    : p;
        }
        if (step instanceof Shape.Group group) {
            Pattern inside = sequence(group.steps, AfterMatchSkipStrategy.noSkip());
            Pattern p =
                    before == null
                            ? Pattern.begin(inside, skip)
                            : switch (group.link) {
                                case NEXT -> before.next(inside);
                                case FOLLOWED_BY -> before.followedBy(inside);
                                case FOLLOWED_BY_ANY -> before.followedByAny(inside);
                            };
            return quantify(p, group);
        }
        Shape.Part part = (Shape.Part) step;
        Pattern p =
                before == null
                        ? Pattern.begin(part.name, skip)
                        : switch (part.link) {
                            case NEXT -> before.next(part.name);
                            case FOLLOWED_BY -> before.followedBy(part.name);
                            case FOLLOWED_BY_ANY -> before.followedByAny(part.name);
                        };
        p = quantify(p.where(condition(part.cond)), part);
        return part.gap > 0
                ? p.within(Duration.ofMillis(part.gap), WithinType.PREVIOUS_AND_CURRENT)
                : p;
    }

    private static Pattern quantify(Pattern p, Shape.Taking t) {
        if (t.looping()) {
            p = t.min == 1 ? p.oneOrMore() : p.timesOrMore(t.min);
        } else if (t.counted) {
            p = t.min == t.max ? p.times(t.min) : p.times(t.min, t.max);
        }
        if (t.inner == Shape.Inner.CONSECUTIVE) {
            p = p.consecutive();
        } else if (t.inner == Shape.Inner.COMBINATIONS) {
            p = p.allowCombinations();
        }
        if (t.greedy) {
            p = p.greedy();
        }
        if (t.until != null) {
            p = p.until(condition(t.until));
        }
        return t.optional ? p.optional() : p;
    }

    /** Weir's `where` accepts only true: false and unknown are both false to Flink. */
    private static IterativeCondition<Event> condition(Cond cond) {
        return new Condition(cond);
    }

    private static final class Condition extends IterativeCondition<Event> {
        private static final long serialVersionUID = 1L;
        private final Cond cond;

        Condition(Cond cond) {
            this.cond = cond;
        }

        @Override
        public boolean filter(Event e, Context<Event> context) {
            Boolean value = cond.eval(e, name -> events(context, name));
            return Boolean.TRUE.equals(value);
        }

        private static List<Event> events(Context<Event> context, String name) {
            try {
                List<Event> out = new ArrayList<>();
                context.getEventsForPattern(name).forEach(out::add);
                return out;
            } catch (Exception failure) {
                throw new IllegalStateException(failure);
            }
        }
    }
}
