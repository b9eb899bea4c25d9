package weir.peers;

/**
 * The workloads in Esper's EPL. Of several correct forms the fastest found (README.md has the
 * others). Timers at a limit come before the events of that millisecond: one millisecond more.
 */
final class EsperStatements {
    private EsperStatements() {}

    static String of(Workload workload) {
        return text(workload)
                .replace("{window}", workload.openWindowMs + " milliseconds")
                .replace("{ms}", String.valueOf(workload.windowMs))
                .replace("{open_ms}", String.valueOf(workload.openWindowMs));
    }

    private static String text(Workload workload) {
        return switch (workload) {
            // Each probe opens a run; `Matches` drops the overlapping ones.
            case W1 -> """
                    @name('found') select p.card as k, p.ts as first_ts, h.ts as last_ts
                    from pattern [ every p=Auth(approved = false, amount < 2)
                      -> ([2] q=Auth(card = p.card, approved = false, amount < 2)
                          -> h=Auth(card = p.card, approved = true, amount > 200))
                         where timer:within({window}) ]
                    """;
            case W2 -> """
                    @name('found') select * from Auth match_recognize (
                      partition by card
                      measures A.card as k, A.ts as first_ts, B.ts as last_ts
                      after match skip to next row
                      pattern (A B)
                      define B as B.country != A.country and B.ts - A.ts <= {ms}L)
                    """;
            case W3 -> """
                    @name('found') select c.account as k, c.ts as first_ts, t.ts as last_ts
                    from pattern [ every c=DeviceChange
                      -> (t=Transfer(account = c.account, amount > 1000)
                          and not Mfa(account = c.account)) where timer:within({window}) ]
                    """;
            // The second timer runs for what the transfer has left of the window.
            case W4 -> """
                    @name('found') select r.account as k, r.ts as first_ts, r.ts + {ms}L as last_ts
                    from pattern [ every r=PasswordReset
                      -> (t=Transfer(account = r.account) where timer:within({window}))
                      -> (timer:interval((r.ts + {open_ms}L - t.ts) / 1000.0)
                          and not Mfa(account = r.account)) ]
                    """;
            case W5 -> """
                    @name('found') select card as k, ts as first_ts, ts as last_ts
                    from Auth#time({window}) group by card
                    having count(*) > 5 and sum(amount) > 1000
                    """;
            case W6 -> """
                    @name('found') select * from Auth match_recognize (
                      partition by card
                      measures A.card as k, A.ts as first_ts, D.ts as last_ts
                      after match skip to next row
                      pattern (A B C D)
                      define B as B.amount > A.amount, C as C.amount > B.amount,
                        D as D.amount > C.amount and D.ts - A.ts <= {ms}L)
                    """;
        };
    }
}
