package weir.flinkcep;

import java.util.List;

/** Whether a sequence can be satisfied by no event at all. */
final class Empty {
    private Empty() {}

    static boolean can(List<Shape.Step> steps) {
        return steps.stream().allMatch(Empty::can);
    }

    private static boolean can(Shape.Step step) {
        if (step instanceof Shape.Not) {
            return true;
        }
        Shape.Taking t = (Shape.Taking) step;
        return t.optional || (t instanceof Shape.Group group && can(group.steps));
    }
}
