package weir.peers;

import java.util.ArrayDeque;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.state.ValueState;
import org.apache.flink.api.common.state.ValueStateDescriptor;
import org.apache.flink.api.common.typeinfo.TypeHint;
import org.apache.flink.streaming.api.functions.KeyedProcessFunction;
import org.apache.flink.util.Collector;

/**
 * W5 as an operator of one's own: Flink's windows fire by timers, not with every event. It relies
 * on the order of the file, and so needs neither buffer nor timers; a job on a stream out of order
 * would need both.
 */
final class FlinkVelocity extends KeyedProcessFunction<String, Event, Event> {
    private static final long serialVersionUID = 1;

    private final Workload workload;
    private transient ValueState<ArrayDeque<long[]>> recent;

    FlinkVelocity(Workload workload) {
        this.workload = workload;
    }

    @Override
    public void open(OpenContext context) {
        recent = getRuntimeContext().getState(
                new ValueStateDescriptor<>(
                        "recent", new TypeHint<ArrayDeque<long[]>>() {}.getTypeInfo()));
    }

    @Override
    public void processElement(Event e, Context context, Collector<Event> out) throws Exception {
        ArrayDeque<long[]> window = recent.value();
        if (window == null) {
            window = new ArrayDeque<>();
            recent.update(window);
        }
        while (!window.isEmpty() && window.peekFirst()[0] < e.ts - workload.windowMs) {
            window.pollFirst();
        }
        window.addLast(new long[] {e.ts, Math.round(e.amount * 100)});
        if (window.size() <= 5) {
            return;
        }
        long cents = 0;
        for (long[] entry : window) {
            cents += entry[1];
        }
        if (cents > 100_000) {
            FlinkPatterns.Emit.matches.add(e.card, e.ts, e.ts);
        }
    }
}
