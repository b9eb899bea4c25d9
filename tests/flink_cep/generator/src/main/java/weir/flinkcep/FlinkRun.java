package weir.flinkcep;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.flink.api.common.state.KeyedStateStore;
import org.apache.flink.api.common.state.MapState;
import org.apache.flink.api.common.typeutils.TypeSerializer;
import org.apache.flink.api.common.typeutils.base.IntSerializer;
import org.apache.flink.cep.configuration.SharedBufferCacheConfig;
import org.apache.flink.cep.nfa.NFA;
import org.apache.flink.cep.nfa.NFAState;
import org.apache.flink.cep.nfa.aftermatch.AfterMatchSkipStrategy;
import org.apache.flink.cep.nfa.compiler.NFACompiler;
import org.apache.flink.cep.nfa.sharedbuffer.SharedBuffer;
import org.apache.flink.cep.nfa.sharedbuffer.SharedBufferAccessor;
import org.apache.flink.cep.pattern.Pattern;

/**
 * One pattern over one stream in Flink's own NFA, fed as CepOperator feeds it in event time: before
 * the events of a time, time advances to it. It also advances at every moment at which a window
 * could run out, as with a watermark that leaves no moment out, so what a deadline completes comes
 * out in the order of the deadlines.
 */
final class FlinkRun {
    /** A match: part to event positions, and the moment it was emitted (event -1: a deadline). */
    record Match(TreeMap<String, List<Integer>> parts, int event, long ts) {}

    final List<Match> matches = new ArrayList<>();
    /** A completed match was at some time kept back, because an earlier start was still open. */
    boolean held;

    private final NFA<Event> nfa;
    private final AfterMatchSkipStrategy skip;
    private final NFAState state;
    private final SharedBuffer<Event> buffer;

    @SuppressWarnings("unchecked")
    private FlinkRun(Pattern<Event, ?> pattern, AfterMatchSkipStrategy skip) {
        this.nfa = NFACompiler.compileFactory((Pattern<Event, Event>) pattern, false).createNFA();
        this.skip = skip;
        this.state = nfa.createInitialNFAState();
        // State lives in plain maps, which never serialise: the serializer is not called.
        TypeSerializer<?> unused = IntSerializer.INSTANCE;
        this.buffer = new SharedBuffer<>(
                        memory(), (TypeSerializer<Event>) unused, new SharedBufferCacheConfig());
    }

    static FlinkRun of(
            Pattern<Event, ?> pattern,
            AfterMatchSkipStrategy skip,
            List<Event> events,
            Collection<Long> windows)
            throws Exception {
        FlinkRun run = new FlinkRun(pattern, skip);
        try {
            run.feed(events, windows);
        } finally {
            run.buffer.releaseCacheStatisticsTimer();
        }
        return run;
    }

    private void feed(List<Event> events, Collection<Long> windows) throws Exception {
        TreeSet<Long> deadlines = new TreeSet<>();
        for (Event e : events) {
            windows.forEach(w -> deadlines.add(e.ts() + w));
        }
        long now = Long.MIN_VALUE;
        for (Event e : events) {
            while (!deadlines.isEmpty() && deadlines.first() <= e.ts()) {
                advance(deadlines.pollFirst());
            }
            if (e.ts() != now) {
                advance(e.ts());
                now = e.ts();
            }
            try (SharedBufferAccessor<Event> accessor = buffer.getAccessor()) {
                take(nfa.process(accessor, state, e, e.ts(), skip, () -> 0L), e.index(), e.ts());
            }
        }
        while (!deadlines.isEmpty()) {
            advance(deadlines.pollFirst());
        }
        advance(Long.MAX_VALUE);
    }

    private void advance(long ts) throws Exception {
        try (SharedBufferAccessor<Event> accessor = buffer.getAccessor()) {
            take(nfa.advanceTime(accessor, state, ts, skip).f0, -1, ts);
        }
    }

    private void take(Collection<Map<String, List<Event>>> found, int event, long ts) {
        for (Map<String, List<Event>> match : found) {
            TreeMap<String, List<Integer>> parts = new TreeMap<>();
            match.forEach(
                    (name, list) ->
                            parts.put(name, list.stream().map(Event::index).toList()));
            matches.add(new Match(parts, event, ts));
        }
        held |= !state.getCompletedMatches().isEmpty();
    }

    /** Keyed state in memory: CEP's shared buffer asks for map states only. */
    private static KeyedStateStore memory() {
        return (KeyedStateStore)
                Proxy.newProxyInstance(
                        FlinkRun.class.getClassLoader(),
                        new Class<?>[] {KeyedStateStore.class},
                        (proxy, method, args) -> {
                            if (!method.getName().equals("getMapState")) {
                                throw new UnsupportedOperationException(method.getName());
                            }
                            return new MemoryMap<>();
                        });
    }

    private static final class MemoryMap<K, V> implements MapState<K, V> {
        private final Map<K, V> map = new HashMap<>();

        @Override
        public V get(K key) {
            return map.get(key);
        }

        @Override
        public void put(K key, V value) {
            map.put(key, value);
        }

        @Override
        public void putAll(Map<K, V> other) {
            map.putAll(other);
        }

        @Override
        public void remove(K key) {
            map.remove(key);
        }

        @Override
        public boolean contains(K key) {
            return map.containsKey(key);
        }

        @Override
        public Iterable<Map.Entry<K, V>> entries() {
            return map.entrySet();
        }

        @Override
        public Iterable<K> keys() {
            return map.keySet();
        }

        @Override
        public Iterable<V> values() {
            return map.values();
        }

        @Override
        public Iterator<Map.Entry<K, V>> iterator() {
            return map.entrySet().iterator();
        }

        @Override
        public boolean isEmpty() {
            return map.isEmpty();
        }

        @Override
        public void clear() {
            map.clear();
        }
    }
}
