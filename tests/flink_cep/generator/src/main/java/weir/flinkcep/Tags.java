package weir.flinkcep;

import java.util.List;
import java.util.Set;

/** Names the constructs that a pattern uses, in the words of Flink's Pattern API. */
final class Tags {
    private Tags() {}

    static void collect(Shape.Whole whole) {
        Set<String> tags = whole.tags;
        steps(whole.steps, tags, 0);
        if (whole.window > 0) {
            tags.add("within(first-last)");
        }
        tags.add(
                switch (whole.skip) {
                    case NONE -> "noSkip";
                    case PAST_LAST -> "skipPastLast";
                    case TO_NEXT -> "skipToNext";
                    case TO_FIRST -> "skipToFirst";
                    case TO_LAST -> "skipToLast";
                });
        Shape.Step last = whole.steps.get(whole.steps.size() - 1);
        if (last instanceof Shape.Not not) {
            tags.add(not.next ? "notNext(end)" : "notFollowedBy(end)");
        }
    }

    private static void steps(List<Shape.Step> steps, Set<String> tags, int depth) {
        boolean first = true;
        for (Shape.Step step : steps) {
            boolean end = depth == 0 && step == steps.get(steps.size() - 1);
            if (step instanceof Shape.Not not) {
                if (!end) {
                    tags.add(not.next ? "notNext" : "notFollowedBy");
                }
                if (not.gap > 0) {
                    tags.add("within(previous-current)");
                }
                condition(not.cond, tags);
                continue;
            }
            taking((Shape.Taking) step, tags, first);
            first = false;
            if (step instanceof Shape.Group group) {
                tags.add(depth == 0 ? "group" : "group in group");
                steps(group.steps, tags, depth + 1);
            } else {
                Shape.Part part = (Shape.Part) step;
                condition(part.cond, tags);
                if (part.gap > 0) {
                    tags.add("within(previous-current)");
                }
            }
        }
    }

    private static void taking(Shape.Taking t, Set<String> tags, boolean first) {
        if (!first) {
            tags.add(
                    switch (t.link) {
                        case NEXT -> "next";
                        case FOLLOWED_BY -> "followedBy";
                        case FOLLOWED_BY_ANY -> "followedByAny";
                    });
        }
        if (t.looping()) {
            tags.add(t.min == 1 ? "oneOrMore" : "timesOrMore");
        } else if (t.counted) {
            tags.add(t.min == t.max ? "times(n)" : "times(a,b)");
        }
        if (t.optional) {
            tags.add("optional");
        }
        if (t.greedy) {
            tags.add("greedy");
        }
        if (t.inner == Shape.Inner.CONSECUTIVE) {
            tags.add("consecutive");
        } else if (t.inner == Shape.Inner.COMBINATIONS) {
            tags.add("allowCombinations");
        }
        if (t.until != null) {
            tags.add("until");
            condition(t.until, tags);
        }
    }

    private static void condition(Cond cond, Set<String> tags) {
        if (cond.weir().matches(".*\\b[pn][0-9].*")) {
            tags.add("iterative");
        }
    }
}
