package weir.peers;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Runs one peer on one workload and prints what it took as one line of JSON. See README.md. */
public final class Peers {
    private static final String USAGE = """
            usage: Peers --peer flink-operator|flink-job|esper|siddhi --workload W1..W6
                         --events FILE --alerts OUT [--mode engine|endtoend] [--warm N]
                         [--types named|all]
            """;

    /** What one pass took. */
    record Pass(long events, long matches, double seconds) {}

    private final String peer;
    private final Workload workload;
    private final Path events;
    private final Path alerts;
    private final boolean allTypes;

    private Peers(Map<String, String> options) {
        peer = required(options, "peer");
        workload = Workload.valueOf(required(options, "workload"));
        events = Path.of(required(options, "events"));
        alerts = Path.of(required(options, "alerts"));
        // What Flink's `next` and `consecutive` look at is all that reaches the operator.
        boolean strict = workload == Workload.W2 || workload == Workload.W6;
        allTypes = options.getOrDefault("types", "named").equals("all")
                && !(peer.startsWith("flink") && strict)
                && workload != Workload.W5;
    }

    public static void main(String[] args) throws Exception {
        Map<String, String> options = parsed(args);
        String mode = options.getOrDefault("mode", "engine");
        Peers peers = new Peers(options);
        int passes = 1 + Integer.parseInt(options.getOrDefault("warm", "0"));
        Pass pass = mode.equals("engine") ? peers.engineOnly(passes) : peers.endToEnd(passes);
        System.out.printf(
                Locale.ROOT,
                "{\"peer\":\"%s\",\"workload\":\"%s\",\"mode\":\"%s\",\"events\":%d,\"matches\":%d,"
                        + "\"seconds\":%.6f,\"events_per_second\":%.0f,\"peak_rss_bytes\":%d}%n",
                peers.peer, peers.workload, mode, pass.events, pass.matches, pass.seconds,
                pass.events / pass.seconds, peakRss());
        // Some peers leave threads behind.
        System.exit(0);
    }

    private Pass engineOnly(int passes) throws Exception {
        if (peer.equals("flink-job")) {
            throw new IllegalArgumentException("flink-job runs end to end only");
        }
        List<Event> all = new ArrayList<>();
        try (EventReader reader = new EventReader(events)) {
            for (Event e = reader.next(); e != null; e = reader.next()) {
                all.add(e);
            }
        }
        Pass last = null;
        for (int i = 0; i < passes; i++) {
            System.gc();
            Matches matches = matches();
            try (Engine engine = engine(matches)) {
                long start = System.nanoTime();
                for (Event e : all) {
                    if (allTypes || workload.names(e)) {
                        engine.send(e);
                    }
                }
                engine.finish();
                matches.close();
                last = new Pass(all.size(), matches.count(), seconds(start));
            }
        }
        return last;
    }

    private Pass endToEnd(int passes) throws Exception {
        Pass last = null;
        for (int i = 0; i < passes; i++) {
            last = peer.equals("flink-job")
                    ? FlinkJob.run(workload, events, allTypes, matches())
                    : endToEndPass();
        }
        return last;
    }

    private Pass endToEndPass() throws Exception {
        Matches matches = matches();
        try (Engine engine = engine(matches)) {
            long count = 0;
            long start = System.nanoTime();
            try (EventReader reader = new EventReader(events)) {
                for (Event e = reader.next(); e != null; e = reader.next()) {
                    count++;
                    if (allTypes || workload.names(e)) {
                        engine.send(e);
                    }
                }
            }
            engine.finish();
            matches.close();
            return new Pass(count, matches.count(), seconds(start));
        }
    }

    private Engine engine(Matches matches) throws Exception {
        return switch (peer) {
            case "flink-operator" -> new FlinkOperator(workload, matches);
            case "esper" -> new EsperEngine(workload, matches);
            case "siddhi" -> new SiddhiEngine(workload, matches);
            default -> throw new IllegalArgumentException("no such peer: " + peer);
        };
    }

    private Matches matches() throws IOException {
        // Flink skips past the last event by itself.
        boolean skips = workload == Workload.W1 || workload == Workload.W6;
        return new Matches(workload, alerts, skips && !peer.startsWith("flink"));
    }

    static double seconds(long start) {
        return (System.nanoTime() - start) / 1e9;
    }

    private static Map<String, String> parsed(String[] args) {
        Map<String, String> options = new HashMap<>();
        for (int i = 0; i < args.length; i += 2) {
            if (!args[i].startsWith("--") || i + 1 == args.length) {
                throw new IllegalArgumentException(USAGE);
            }
            options.put(args[i].substring(2), args[i + 1]);
        }
        return options;
    }

    private static String required(Map<String, String> options, String name) {
        String value = options.get(name);
        if (value == null) {
            throw new IllegalArgumentException("--" + name + " is missing\n" + USAGE);
        }
        return value;
    }

    /** The most memory that the process has had, as Linux counts it; 0 elsewhere. */
    private static long peakRss() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.exists(status)) {
            return 0;
        }
        for (String line : Files.readAllLines(status)) {
            if (line.startsWith("VmHWM:")) {
                return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
            }
        }
        return 0;
    }
}
