package weir.peers;

import com.espertech.esper.common.client.EPCompiled;
import com.espertech.esper.common.client.EventBean;
import com.espertech.esper.common.client.configuration.Configuration;
import com.espertech.esper.compiler.client.CompilerArguments;
import com.espertech.esper.compiler.client.EPCompilerProvider;
import com.espertech.esper.runtime.client.EPEventService;
import com.espertech.esper.runtime.client.EPRuntime;
import com.espertech.esper.runtime.client.EPRuntimeProvider;
import com.espertech.esper.runtime.client.EPStatement;
import com.espertech.esper.common.client.EventSender;

/** Esper, driven by event time: its clock is set before every event. */
final class EsperEngine implements Engine {
    private static final String[] TYPES =
            {"Auth", "DeviceChange", "Mfa", "PasswordReset", "Transfer", "Other"};

    private final EPRuntime runtime;
    private final EPEventService service;
    private final EventSender[] senders = new EventSender[TYPES.length];
    private long now;

    EsperEngine(Workload workload, Matches matches) throws Exception {
        Configuration configuration = new Configuration();
        for (String type : TYPES) {
            configuration.getCommon().addEventType(type, Event.class);
        }
        configuration.getRuntime().getThreading().setInternalTimerEnabled(false);
        // One thread feeds it: no order to preserve between threads, no locks to share.
        configuration.getRuntime().getThreading().setListenerDispatchPreserveOrder(false);
        configuration.getRuntime().getThreading().setInsertIntoDispatchPreserveOrder(false);
        configuration.getRuntime().getExecution().setDisableLocking(true);
        CompilerArguments arguments = new CompilerArguments(configuration);
        EPCompiled compiled =
                EPCompilerProvider.getCompiler().compile(EsperStatements.of(workload), arguments);
        runtime = EPRuntimeProvider.getRuntime("peers-" + System.nanoTime(), configuration);
        service = runtime.getEventService();
        service.clockExternal();
        service.advanceTime(0);
        for (EPStatement statement :
                runtime.getDeploymentService().deploy(compiled).getStatements()) {
            if (statement.getName().equals("found")) {
                statement.addListener((found, removed, from, at) -> take(found, matches));
            }
        }
        for (int i = 0; i < TYPES.length; i++) {
            senders[i] = service.getEventSender(TYPES[i]);
        }
    }

    private static void take(EventBean[] found, Matches matches) {
        for (EventBean row : found) {
            matches.add(
                    (String) row.get("k"), (Long) row.get("first_ts"), (Long) row.get("last_ts"));
        }
    }

    @Override
    public void send(Event e) {
        if (e.ts != now) {
            now = e.ts;
            service.advanceTime(now);
        }
        senders[e.type].sendEvent(e);
    }

    @Override
    public void finish() {
        service.advanceTime(now + 24 * 3600_000L);
    }

    @Override
    public void close() {
        runtime.destroy();
    }
}
