package weir.peers;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.flink.cep.functions.PatternProcessFunction;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.cep.pattern.conditions.IterativeCondition;
import org.apache.flink.cep.pattern.conditions.SimpleCondition;

/** The workloads in Flink CEP. Its windows exclude their limit: one millisecond more. */
final class FlinkPatterns {
    private FlinkPatterns() {}

    static Pattern<Event, ?> of(Workload workload) {
        Duration window = Duration.ofMillis(workload.openWindowMs);
        return switch (workload) {
            case W1 -> begin("probe", AfterMatchSkipStrategy.skipPastLastEvent())
                    .where(SimpleCondition.of(e -> auth(e) && !e.approved && e.amount < 2))
                    .timesOrMore(3)
                    .followedBy("last")
                    .where(SimpleCondition.of(e -> auth(e) && e.approved && e.amount > 200))
                    .within(window);
            case W2 -> begin("here", AfterMatchSkipStrategy.noSkip())
                    .next("last")
                    .where(new Elsewhere())
                    .within(window);
            case W3 -> begin("change", AfterMatchSkipStrategy.noSkip())
                    .where(type(Event.DEVICE_CHANGE))
                    .notFollowedBy("mfa")
                    .where(type(Event.MFA))
                    .followedBy("last")
                    .where(SimpleCondition.of(e -> e.type == Event.TRANSFER && e.amount > 1000))
                    .within(window);
            case W4 -> begin("reset", AfterMatchSkipStrategy.noSkip())
                    .where(type(Event.PASSWORD_RESET))
                    .followedBy("out")
                    .where(type(Event.TRANSFER))
                    .notFollowedBy("mfa")
                    .where(type(Event.MFA))
                    .within(window);
            case W6 -> begin("last", AfterMatchSkipStrategy.skipPastLastEvent())
                    .where(new LargerThanBefore())
                    .timesOrMore(4)
                    .consecutive()
                    .within(window);
            case W5 -> throw new IllegalArgumentException("W5 is no pattern");
        };
    }

    private static Pattern<Event, Event> begin(String name, AfterMatchSkipStrategy skip) {
        return Pattern.begin(name, skip);
    }

    private static boolean auth(Event e) {
        return e.type == Event.AUTH;
    }

    private static SimpleCondition<Event> type(int type) {
        return SimpleCondition.of(e -> e.type == type);
    }

    /** Another country than the event before. */
    private static final class Elsewhere extends IterativeCondition<Event> {
        private static final long serialVersionUID = 1;

        @Override
        public boolean filter(Event e, Context<Event> context) throws Exception {
            for (Event here : context.getEventsForPattern("here")) {
                return !here.country.equals(e.country);
            }
            return false;
        }
    }

    /** The first of its run, or of a larger amount than the one before. */
    private static final class LargerThanBefore extends IterativeCondition<Event> {
        private static final long serialVersionUID = 1;

        @Override
        public boolean filter(Event e, Context<Event> context) throws Exception {
            Event before = null;
            for (Event step : context.getEventsForPattern("last")) {
                before = step;
            }
            return before == null || e.amount > before.amount;
        }
    }

    /** Hands matches to `Receiver`, which is found through a static: Flink serialises functions. */
    static final class Emit extends PatternProcessFunction<Event, Event> {
        private static final long serialVersionUID = 1;
        static volatile Matches matches;

        private final Workload workload;

        Emit(Workload workload) {
            this.workload = workload;
        }

        @Override
        public void processMatch(
                Map<String, List<Event>> match,
                Context context,
                org.apache.flink.util.Collector<Event> out) {
            Event first = null;
            for (List<Event> part : match.values()) {
                if (first == null || part.get(0).ts < first.ts) {
                    first = part.get(0);
                }
            }
            long ts = first.ts + workload.windowMs;
            if (workload != Workload.W4) {
                List<Event> last = match.get("last");
                ts = last.get(last.size() - 1).ts;
            }
            matches.add(workload.key(first), first.ts, ts);
        }
    }
}
