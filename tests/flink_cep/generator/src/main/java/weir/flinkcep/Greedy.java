package weir.flinkcep;

import java.util.List;

/**
 * Flink refuses `optional()` right after a greedy pattern, because it would never match without the
 * optional part; it overlooks the same thing said with groups, and where a further repetition of a
 * group that ends in a greedy part is what may be left out. Such patterns are not run.
 */
final class Greedy {
    private Greedy() {}

    static boolean beforeOptional(List<Shape.Step> steps) {
        Shape.Taking before = null;
        for (Shape.Step step : steps) {
            if (!(step instanceof Shape.Taking t)) {
                continue;
            }
            if (before != null && ends(before) && begins(t)) {
                return true;
            }
            if (t instanceof Shape.Group group
                    && (beforeOptional(group.steps)
                            || (group.min != group.max && ends(group))
                            || (group.max > 1 && ends(group) && begins(group)))) {
                return true;
            }
            before = t;
        }
        return false;
    }

    /** Whether a greedy part may stand last. */
    private static boolean ends(Shape.Taking t) {
        if (t instanceof Shape.Group group) {
            for (int i = group.steps.size() - 1; i >= 0; i--) {
                if (group.steps.get(i) instanceof Shape.Taking last) {
                    return ends(last);
                }
            }
        }
        return t.greedy;
    }

    /** Whether what stands first may be left out. */
    private static boolean begins(Shape.Taking t) {
        return t.optional
                || (t instanceof Shape.Group group && begins((Shape.Taking) group.steps.get(0)));
    }
}
