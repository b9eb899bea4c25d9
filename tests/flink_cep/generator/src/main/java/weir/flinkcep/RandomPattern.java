package weir.flinkcep;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Random patterns. Each draws a few features and uses them often, so that all single features and
 * all pairs come up, and small patterns dominate.
 */
final class RandomPattern {
    enum Feature {
        NEXT, ANY, NOT_NEXT, NOT_FOLLOW, END_NOT, LOOP, TIMES, OPTIONAL, GREEDY, CONSECUTIVE,
        COMBINATIONS, UNTIL, GROUP, NESTED, WINDOW, GAP, EARLIER, OWN, SKIP, OVERLAP
    }

    private static final int MAX_PARTS = 6;
    private static final Set<Feature> NEED_REPEAT =
            EnumSet.of(
                    Feature.GREEDY,
                    Feature.CONSECUTIVE,
                    Feature.COMBINATIONS,
                    Feature.UNTIL,
                    Feature.OWN);

    private final SplittableRandom dice;
    private final RandomCond conds;
    private final Set<Feature> features = EnumSet.noneOf(Feature.class);
    private final List<String> named = new ArrayList<>();
    private int nots;

    private RandomPattern(SplittableRandom dice) {
        this.dice = dice;
        this.conds = new RandomCond(dice);
        Feature[] all = Feature.values();
        for (int i = 1 + dice.nextInt(4); i > 0; i--) {
            features.add(all[dice.nextInt(all.length)]);
        }
        if (features.stream().anyMatch(NEED_REPEAT::contains)
                && !has(Feature.LOOP)
                && !has(Feature.TIMES)) {
            features.add(has(Feature.UNTIL) || dice.nextInt(3) > 0 ? Feature.LOOP : Feature.TIMES);
        }
        if (has(Feature.UNTIL)) {
            features.add(Feature.LOOP);
        }
        if (has(Feature.NESTED)) {
            features.add(Feature.GROUP);
        }
    }

    static Shape.Whole draw(SplittableRandom dice) {
        return new RandomPattern(dice).whole();
    }

    private boolean has(Feature f) {
        return features.contains(f);
    }

    private boolean use(Feature f, double chance) {
        return has(f) && dice.nextDouble() < chance;
    }

    private Shape.Whole whole() {
        Shape.Whole whole = new Shape.Whole();
        int length = 1 + dice.nextInt(3) + (dice.nextInt(3) == 0 ? 0 : 1);
        sequence(whole.steps, length, 0);
        if (use(Feature.WINDOW, 1)) {
            whole.window = 5 + dice.nextInt(36);
        }
        endNot(whole);
        if (has(Feature.SKIP)) {
            skip(whole);
        }
        Tags.collect(whole);
        return whole;
    }

    private void sequence(List<Shape.Step> steps, int length, int depth) {
        for (int i = 0; i < length && named.size() < MAX_PARTS; i++) {
            boolean first = steps.isEmpty();
            if (!first) {
                nots(steps);
            }
            int groups = depth == 0 ? 1 : has(Feature.NESTED) && depth < 3 ? 1 : 0;
            Shape.Taking t =
                    groups > 0 && use(Feature.GROUP, depth == 0 ? 0.5 : 0.4)
                            ? group(depth)
                            : part(!first, depth);
            t.link =
                    use(Feature.NEXT, 0.5)
                            ? Shape.Link.NEXT
                            : use(Feature.ANY, 0.5)
                                    ? Shape.Link.FOLLOWED_BY_ANY
                                    : Shape.Link.FOLLOWED_BY;
            if (t.optional && !first && before(steps).greedy) {
                t.optional = false;
            }
            steps.add(t);
        }
    }

    private static Shape.Taking before(List<Shape.Step> steps) {
        for (int i = steps.size() - 1; ; i--) {
            if (steps.get(i) instanceof Shape.Taking t) {
                return t;
            }
        }
    }

    /** Absences between two steps; Flink refuses them right after an optional one. */
    private void nots(List<Shape.Step> steps) {
        if (before(steps).optional) {
            return;
        }
        if (use(Feature.NOT_NEXT, 0.5)) {
            steps.add(not(true));
        }
        if (use(Feature.NOT_FOLLOW, 0.6)) {
            steps.add(not(false));
            if (dice.nextInt(6) == 0) {
                steps.add(not(false));
            }
        }
    }

    private Shape.Not not(boolean next) {
        Shape.Not not = new Shape.Not();
        not.name = "n" + ++nots;
        not.next = next;
        not.cond = conds.simple(has(Feature.OVERLAP));
        if (use(Feature.EARLIER, 0.4)) {
            not.cond = Cond.and(not.cond, conds.overEarlier(named.get(dice.nextInt(named.size()))));
        }
        return not;
    }

    private void endNot(Shape.Whole whole) {
        if (!has(Feature.END_NOT) || before(whole.steps).optional) {
            return;
        }
        Shape.Not not = not(dice.nextInt(4) == 0);
        if (!not.next && (whole.window == 0 || dice.nextInt(8) == 0)) {
            if (dice.nextInt(3) == 0) {
                whole.window = 5 + dice.nextInt(36);
            } else {
                not.gap = 2 + dice.nextInt(whole.window > 0 ? (int) whole.window - 2 : 14);
            }
        }
        whole.steps.add(not);
    }

    private void skip(Shape.Whole whole) {
        Shape.Skip[] all = Shape.Skip.values();
        whole.skip = all[1 + dice.nextInt(all.length - 1)];
        if (whole.skip == Shape.Skip.TO_FIRST || whole.skip == Shape.Skip.TO_LAST) {
            List<String> top = new ArrayList<>(); // Flink looks for the name outside groups only
            for (Shape.Step step : whole.steps) {
                if (step instanceof Shape.Part part) {
                    top.add(part.name);
                }
            }
            if (top.isEmpty()) {
                whole.skip = Shape.Skip.PAST_LAST;
            } else {
                whole.skipTo = top.get(dice.nextInt(top.size()));
            }
        }
    }

    private Shape.Group group(int depth) {
        Shape.Group group = new Shape.Group();
        sequence(group.steps, 1 + dice.nextInt(2) + (dice.nextInt(3) == 0 ? 0 : 1), depth + 1);
        quantify(group, 0.5);
        if (group.repeats() && Empty.can(group.steps)) {
            group.counted = false;
            group.min = 1;
            group.max = 1;
            group.inner = Shape.Inner.RELAXED;
            group.until = null;
        }
        return group;
    }

    private Shape.Part part(boolean linked, int depth) {
        Shape.Part part = new Shape.Part();
        part.name = "p" + (named.size() + 1);
        part.cond = conds.simple(has(Feature.OVERLAP));
        if (!named.isEmpty() && use(Feature.EARLIER, 0.6)) {
            String earlier = named.get(dice.nextInt(named.size()));
            part.cond = Cond.and(part.cond, conds.overEarlier(earlier));
        }
        named.add(part.name);
        quantify(part, 0.6);
        if (part.repeats()) {
            part.greedy = part.inner != Shape.Inner.COMBINATIONS && use(Feature.GREEDY, 0.7);
            if (use(Feature.OWN, 0.7)) {
                part.cond = Cond.and(part.cond, conds.overOwn(part.name));
            }
        }
        if (linked && use(Feature.GAP, 0.7) && (!part.repeats() || dice.nextInt(4) == 0)) {
            part.gap = 2 + dice.nextInt(10);
        }
        return part;
    }

    private void quantify(Shape.Taking t, double chance) {
        if (use(Feature.LOOP, chance)) {
            t.counted = true;
            t.max = 0;
            t.min = dice.nextInt(3) == 0 ? 2 : 1;
        } else if (use(Feature.TIMES, chance)) {
            t.counted = true;
            t.min = 1 + dice.nextInt(3);
            t.max = t.min + dice.nextInt(3);
        }
        if (t.repeats()) {
            if (use(Feature.CONSECUTIVE, 0.5)) {
                t.inner = Shape.Inner.CONSECUTIVE;
            } else if (use(Feature.COMBINATIONS, 0.5)) {
                t.inner = Shape.Inner.COMBINATIONS;
            }
        }
        if (t.looping() && use(Feature.UNTIL, 0.7)) {
            t.until = conds.simple(true);
            if (use(Feature.EARLIER, 0.3) && !named.isEmpty()) {
                String earlier = named.get(dice.nextInt(named.size()));
                t.until = Cond.and(t.until, conds.overEarlier(earlier));
            }
        }
        t.optional = use(Feature.OPTIONAL, 0.4);
    }
}
