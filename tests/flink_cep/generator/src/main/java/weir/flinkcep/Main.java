package weir.flinkcep;

import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.nfa.compiler.NFACompiler;
import org.apache.flink.cep.pattern.Pattern;

/**
 * Usage: Main FIRST_SEED COUNT OUT. Writes one JSON line a seed: the rule, the events, what Flink
 * answers without skipping (with moments) and, under a skip strategy, what it answers then. The
 * same seeds give the same file. Which of these become the corpus is sift.py's affair.
 */
public final class Main {
    private static final int STREAMS = 8; // tried a pattern, until one gives a few matches
    private static final int MAX_MATCHES = 30;

    private Main() {}

    public static void main(String[] args) throws Exception {
        long first = Long.parseLong(args[0]);
        long count = Long.parseLong(args[1]);
        Map<String, Integer> dropped = new TreeMap<>();
        Path path = Path.of(args[2]);
        try (PrintWriter out =
                new PrintWriter(Files.newBufferedWriter(path, StandardCharsets.UTF_8))) {
            for (long seed = first; seed < first + count; seed++) {
                String line = one(seed, dropped);
                if (line != null) {
                    out.print(line + "\n");
                }
            }
        }
        System.err.println("not run: " + dropped);
    }

    private static String one(long seed, Map<String, Integer> dropped) throws Exception {
        // Hashed first: neighbouring seeds would give overlapping sequences.
        SplittableRandom dice = new SplittableRandom(new SplittableRandom(seed).nextLong());
        Shape.Whole whole = RandomPattern.draw(dice);
        if (Empty.can(whole.steps)) {
            dropped.merge("can be empty", 1, Integer::sum);
            return null;
        }
        if (Greedy.beforeOptional(whole.steps)) {
            dropped.merge("optional after greedy", 1, Integer::sum);
            return null;
        }
        Pattern<Event, ?> plain;
        Pattern<Event, ?> skipping;
        try {
            plain = FlinkPattern.build(whole, AfterMatchSkipStrategy.noSkip());
            skipping = FlinkPattern.build(whole, FlinkPattern.skip(whole));
            NFACompiler.compileFactory(skipping, false);
        } catch (RuntimeException refused) {
            String why = String.valueOf(refused.getMessage()).replaceAll("[@{].*", "");
            dropped.merge("Flink refuses: " + why, 1, Integer::sum);
            return null;
        }
        List<Long> windows = windows(whole.steps, new ArrayList<>());
        if (whole.window > 0) {
            windows.add(whole.window);
        }
        String rule = WeirText.rule(whole, dice);
        for (int i = 0; i < STREAMS; i++) {
            List<Event> events = stream(dice);
            FlinkRun all;
            FlinkRun kept;
            try {
                all = FlinkRun.of(plain, AfterMatchSkipStrategy.noSkip(), events, windows);
                kept = FlinkRun.of(skipping, FlinkPattern.skip(whole), events, windows);
            } catch (Exception | StackOverflowError failed) {
                dropped.merge("Flink fails: " + failed.getClass().getName(), 1, Integer::sum);
                continue;
            }
            long n = all.matches.stream().map(m -> m.parts().toString()).distinct().count();
            boolean last = i == STREAMS - 1;
            if ((n > 0 && n <= MAX_MATCHES) || (n == 0 && last && dice.nextInt(4) == 0)) {
                return json(seed, whole, rule, events, all, kept);
            }
        }
        dropped.merge("no stream with 1 to " + MAX_MATCHES + " matches", 1, Integer::sum);
        return null;
    }

    private static List<Long> windows(List<Shape.Step> steps, List<Long> out) {
        for (Shape.Step step : steps) {
            if (step instanceof Shape.Group group) {
                windows(group.steps, out);
            } else if (step instanceof Shape.Part part && part.gap > 0) {
                out.add(part.gap);
            } else if (step instanceof Shape.Not not && not.gap > 0) {
                out.add(not.gap);
            }
        }
        return out;
    }

    /** 5 to 14 events of three classes, now and then a fourth, a quarter of them at equal times. */
    private static List<Event> stream(SplittableRandom dice) {
        List<Event> events = new ArrayList<>();
        long ts = 1000;
        int n = 5 + dice.nextInt(10);
        for (int i = 0; i < n; i++) {
            ts += dice.nextInt(4) == 0 ? 0 : 1 + dice.nextInt(7);
            String k = String.valueOf((char) ('a' + (dice.nextInt(12) == 0 ? 3 : dice.nextInt(3))));
            events.add(new Event(i, ts, k, dice.nextInt(4)));
        }
        return events;
    }

    private static String json(
            long seed,
            Shape.Whole whole,
            String rule,
            List<Event> events,
            FlinkRun all,
            FlinkRun kept) {
        String tags =
                whole.tags.stream().map(t -> "\"" + t + "\"").collect(Collectors.joining(","));
        String stream =
                events.stream()
                        .map(e -> "[" + e.ts() + ",\"" + e.k() + "\"," + e.v() + "]")
                        .collect(Collectors.joining(","));
        return "{\"seed\":" + seed
                + ",\"tags\":[" + tags + "]"
                + ",\"rule\":\"" + rule.replace("\"", "\\\"") + "\""
                + ",\"events\":[" + stream + "]"
                + ",\"all\":" + matches(all)
                + ",\"kept\":" + (whole.skip == Shape.Skip.NONE ? "null" : matches(kept))
                + ",\"held\":" + kept.held
                + "}";
    }

    /** Each match as [parts, completing event or null, time]; Flink's deadlines lie 1 ms on. */
    private static String matches(FlinkRun run) {
        TreeSet<String> lines = new TreeSet<>();
        for (FlinkRun.Match m : run.matches) {
            String parts =
                    m.parts().entrySet().stream()
                            .map(p -> "\"" + p.getKey() + "\":" + p.getValue())
                            .collect(Collectors.joining(",", "{", "}"))
                            .replace(" ", "");
            boolean deadline = m.event() < 0;
            lines.add(
                    "[" + parts + "," + (deadline ? "null" : m.event()) + ","
                            + (deadline ? m.ts() - 1 : m.ts()) + "]");
        }
        return lines.stream().collect(Collectors.joining(",", "[", "]"));
    }
}
