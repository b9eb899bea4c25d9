package weir.peers;

import io.siddhi.core.SiddhiAppRuntime;
import io.siddhi.core.SiddhiManager;
import io.siddhi.core.event.Event;
import io.siddhi.core.stream.input.InputHandler;
import io.siddhi.core.stream.output.StreamCallback;

/** Siddhi in playback: its clock is that of the events. Streams are not asynchronous. */
final class SiddhiEngine implements Engine {
    private static final String[] STREAMS =
            {"Auth", "DeviceChange", "Mfa", "PasswordReset", "Transfer", "Other"};

    private final SiddhiManager manager = new SiddhiManager();
    private final SiddhiAppRuntime app;
    private final InputHandler[] inputs = new InputHandler[STREAMS.length];
    private final InputHandler clock;
    private long now;

    SiddhiEngine(Workload workload, Matches matches) {
        app = manager.createSiddhiAppRuntime(SiddhiQueries.of(workload));
        app.addCallback("Found", new StreamCallback() {
            @Override
            public void receive(Event[] found) {
                for (Event match : found) {
                    matches.add(
                            (String) match.getData(0),
                            (Long) match.getData(1),
                            (Long) match.getData(2));
                }
            }
        });
        app.start();
        for (int i = 0; i < STREAMS.length; i++) {
            inputs[i] = app.getInputHandler(STREAMS[i]);
        }
        clock = app.getInputHandler("Clock");
    }

    @Override
    public void send(weir.peers.Event e) throws Exception {
        now = e.ts;
        inputs[e.type].send(e.ts, row(e));
    }

    private static Object[] row(weir.peers.Event e) {
        return switch (e.type) {
            case weir.peers.Event.AUTH ->
                    new Object[] {e.card, e.ts, e.country, e.amount, e.approved};
            case weir.peers.Event.TRANSFER -> new Object[] {e.account, e.ts, e.amount};
            default -> new Object[] {e.account, e.ts};
        };
    }

    @Override
    public void finish() throws Exception {
        long end = now + 24 * 3600_000L;
        clock.send(end, new Object[] {end});
    }

    @Override
    public void close() {
        app.shutdown();
        manager.shutdown();
    }
}
