package weir.flinkcep;

import java.io.Serializable;
import java.util.ArrayList;
import java.util.List;

/** A pattern as both languages can say it. A sequence is a list of steps; the first one takes. */
final class Shape {
    private Shape() {}

    enum Link { NEXT, FOLLOWED_BY, FOLLOWED_BY_ANY }

    enum Inner { RELAXED, CONSECUTIVE, COMBINATIONS }

    enum Skip { NONE, PAST_LAST, TO_NEXT, TO_FIRST, TO_LAST }

    /** What stands in a sequence: a {@link Part}, a {@link Group} or a {@link Not}. */
    abstract static class Step implements Serializable {}

    /** A step that takes events: how it is linked to what stands before, and how often it comes. */
    abstract static class Taking extends Step {
        Link link = Link.FOLLOWED_BY;
        /** Flink's times: 1,1 with `counted` false is a plain single; max 0 is without bound. */
        boolean counted;
        int min = 1;
        int max = 1;
        boolean optional;
        Inner inner = Inner.RELAXED;
        boolean greedy;
        Cond until;

        boolean looping() {
            return counted && max == 0;
        }

        boolean repeats() {
            return counted && max != 1;
        }
    }

    static final class Part extends Taking {
        String name;
        Cond cond;
        /** Flink's within(PREVIOUS_AND_CURRENT), in milliseconds, its limit excluded; 0 is none. */
        long gap;
    }

    static final class Group extends Taking {
        final List<Step> steps = new ArrayList<>();
    }

    static final class Not extends Step {
        String name;
        Cond cond;
        boolean next;
        /** At the end only: within(PREVIOUS_AND_CURRENT) of its own; 0 is none. */
        long gap;
    }

    /** A whole pattern. `window` is Flink's within, its limit excluded; 0 is none. */
    static final class Whole {
        final List<Step> steps = new ArrayList<>();
        long window;
        Skip skip = Skip.NONE;
        String skipTo;
        final java.util.TreeSet<String> tags = new java.util.TreeSet<>();
    }
}
