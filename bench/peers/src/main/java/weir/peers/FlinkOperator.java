package weir.peers;

import org.apache.flink.api.common.ExecutionConfig;
import org.apache.flink.api.common.typeinfo.TypeInformation;
import org.apache.flink.api.common.typeinfo.Types;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.cep.nfa.compiler.NFACompiler;
import org.apache.flink.cep.operator.CepOperator;
import org.apache.flink.cep.pattern.Pattern;
import org.apache.flink.streaming.runtime.streamrecord.StreamRecord;
import org.apache.flink.streaming.util.KeyedOneInputStreamOperatorTestHarness;

/**
 * Flink's CepOperator alone, in the harness of Flink's own tests: keyed state on the heap, timers
 * and NFA as in a job, without network, serialisation or source.
 */
final class FlinkOperator implements Engine {
    /** A watermark after each event is four times slower; more than this gains nothing. */
    private static final int EVENTS_A_WATERMARK = 1000;

    private final KeyedOneInputStreamOperatorTestHarness<String, Event, Event> harness;
    private final StreamRecord<Event> record = new StreamRecord<>(null);
    private int sinceWatermark;

    FlinkOperator(Workload workload, Matches matches) throws Exception {
        FlinkPatterns.Emit.matches = matches;
        @SuppressWarnings("unchecked")
        Pattern<Event, Event> pattern = (Pattern<Event, Event>) FlinkPatterns.of(workload);
        TypeSerializer<Event> serializer =
                TypeInformation.of(Event.class).createSerializer(new ExecutionConfig());
        CepOperator<Event, String, Event> operator =
                new CepOperator<>(
                        serializer,
                        false,
                        NFACompiler.compileFactory(pattern, false),
                        null,
                        pattern.getAfterMatchSkipStrategy(),
                        new FlinkPatterns.Emit(workload),
                        null);
        harness = new KeyedOneInputStreamOperatorTestHarness<>(
                operator, workload::key, Types.STRING);
        harness.getExecutionConfig().enableObjectReuse();
        harness.setup(serializer);
        harness.open();
    }

    @Override
    public void send(Event e) throws Exception {
        harness.processElement(record.replace(e, e.ts));
        if (++sinceWatermark == EVENTS_A_WATERMARK) {
            sinceWatermark = 0;
            // Another event of this millisecond may follow.
            harness.processWatermark(e.ts - 1);
            harness.getOutput().clear();
        }
    }

    @Override
    public void finish() throws Exception {
        harness.processWatermark(Long.MAX_VALUE);
        harness.getOutput().clear();
    }

    @Override
    public void close() throws Exception {
        harness.close();
    }
}
