package weir.peers;

import java.io.BufferedWriter;
import java.io.Closeable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * Where a peer's matches go: counted, and written as alerts, one JSON object a line. Buffered, so
 * that what is measured is the engine; not thread safe.
 */
final class Matches implements Closeable {
    private final String workload;
    private final Writer out;
    private final Map<String, Long> lastEnd;
    private long count;

    /**
     * @param skipPastLast drops a match that begins before the end of the key's last one, for peers
     *     whose patterns cannot say so; matches have to come in the order of their ends
     */
    Matches(Workload workload, Path alerts, boolean skipPastLast) throws IOException {
        this.workload = workload.name();
        this.out = new BufferedWriter(Files.newBufferedWriter(alerts), 1 << 16);
        this.lastEnd = skipPastLast ? new HashMap<>() : null;
    }

    /** A match of `key`, its first event at `first`, complete at `ts`. */
    void add(String key, long first, long ts) {
        if (lastEnd != null) {
            Long end = lastEnd.get(key);
            if (end != null && first <= end) {
                return;
            }
            lastEnd.put(key, ts);
        }
        count++;
        try {
            out.write("{\"rule\":\"" + workload + "\",\"key\":\"" + key + "\",\"first_ts\":" + first
                    + ",\"ts\":" + ts + "}\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    long count() {
        return count;
    }

    @Override
    public void close() throws IOException {
        out.close();
    }
}
