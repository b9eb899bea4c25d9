package weir.peers;

import java.nio.file.Path;
import org.apache.flink.api.common.eventtime.WatermarkStrategy;
import org.apache.flink.api.common.functions.OpenContext;
import org.apache.flink.api.common.functions.RichFlatMapFunction;
import org.apache.flink.cep.CEP;
import org.apache.flink.connector.file.src.FileSource;
import org.apache.flink.connector.file.src.reader.TextLineInputFormat;
import org.apache.flink.streaming.api.datastream.DataStream;
import org.apache.flink.streaming.api.datastream.KeyedStream;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.functions.sink.v2.DiscardingSink;
import org.apache.flink.util.Collector;

/** A local job (MiniCluster, parallelism 1): file, parser, keyBy, CEP, alerts. */
final class FlinkJob {
    private FlinkJob() {}

    static Peers.Pass run(Workload workload, Path events, boolean allTypes, Matches matches)
            throws Exception {
        FlinkPatterns.Emit.matches = matches;
        StreamExecutionEnvironment env = StreamExecutionEnvironment.createLocalEnvironment(1);
        env.getConfig().enableObjectReuse();
        env.getConfig().setAutoWatermarkInterval(200);
        FileSource<String> source =
                FileSource.forRecordStreamFormat(
                                new TextLineInputFormat(),
                                new org.apache.flink.core.fs.Path(events.toUri()))
                        .build();
        // Watermarks come after the parser: times are in the text.
        DataStream<Event> typed =
                env.fromSource(source, WatermarkStrategy.noWatermarks(), "events")
                        .flatMap(new Parse(workload, allTypes))
                        .returns(Event.class)
                        .assignTimestampsAndWatermarks(
                                WatermarkStrategy.<Event>forMonotonousTimestamps()
                                        .withTimestampAssigner((e, ts) -> e.ts));
        KeyedStream<Event, String> keyed =
                workload.byCard ? typed.keyBy(e -> e.card) : typed.keyBy(e -> e.account);
        DataStream<Event> found =
                workload == Workload.W5
                        ? keyed.process(new FlinkVelocity(workload))
                        : CEP.pattern(keyed, FlinkPatterns.of(workload))
                                .inEventTime()
                                .process(new FlinkPatterns.Emit(workload));
        // Matches are written where they are found: one task less.
        found.sinkTo(new DiscardingSink<>());
        env.execute();
        matches.close();
        return new Peers.Pass(Parse.count, matches.count(), Peers.seconds(Parse.opened));
    }

    /** A line to an event, passed on if the workload names its type. Starts the clock. */
    private static final class Parse extends RichFlatMapFunction<String, Event> {
        private static final long serialVersionUID = 1;
        static volatile long opened;
        static volatile long count;

        private final Workload workload;
        private final boolean allTypes;
        private long seen;

        Parse(Workload workload, boolean allTypes) {
            this.workload = workload;
            this.allTypes = allTypes;
        }

        @Override
        public void open(OpenContext context) {
            opened = System.nanoTime();
        }

        @Override
        public void flatMap(String line, Collector<Event> out) throws Exception {
            seen++;
            Event e = EventReader.parse(line);
            if (allTypes || workload.names(e)) {
                out.collect(e);
            }
        }

        @Override
        public void close() {
            count = seen;
        }
    }
}
