package weir.peers;

/**
 * The workloads in SiddhiQL. Of several correct forms the fastest found (README.md has the others).
 * `within` includes its limit, as Weir's does; windows exclude it: one millisecond more.
 */
final class SiddhiQueries {
    private static final String STREAMS = """
            @app:playback
            define stream Auth (card string, ts long, country string, amount double, approved bool);
            define stream DeviceChange (account string, ts long);
            define stream Mfa (account string, ts long);
            define stream PasswordReset (account string, ts long);
            define stream Transfer (account string, ts long, amount double);
            define stream Other (account string, ts long);
            define stream Clock (ts long);
            define stream Found (k string, first_ts long, last_ts long);
            """;

    private SiddhiQueries() {}

    static String of(Workload workload) {
        return STREAMS
                + text(workload)
                        .replace("{window}", workload.openWindowMs + " milliseconds")
                        .replace("{ms}", String.valueOf(workload.windowMs));
    }

    private static String text(Workload workload) {
        return switch (workload) {
            // Each probe opens a run; `Matches` drops the overlapping ones.
            case W1 -> """
                    from every p=Auth[not approved and amount < 2]
                      -> q=Auth[card == p.card and not approved and amount < 2]
                      -> r=Auth[card == p.card and not approved and amount < 2]
                      -> h=Auth[card == p.card and approved and amount > 200]
                      within {ms} milliseconds
                    select p.card as k, p.ts as first_ts, h.ts as last_ts insert into Found;
                    """;
            case W2 -> """
                    partition with (card of Auth) begin
                    from every a=Auth, b=Auth[country != a.country]
                      within {ms} milliseconds
                    select a.card as k, a.ts as first_ts, b.ts as last_ts insert into Found;
                    end;
                    """;
            // Partitioned, the same pattern finds nothing at all.
            case W3 -> """
                    from every c=DeviceChange -> not Mfa[account == c.account]
                      and t=Transfer[account == c.account and amount > 1000]
                      within {ms} milliseconds
                    select c.account as k, c.ts as first_ts, t.ts as last_ts insert into Found;
                    """;
            // `not ... for` takes a constant, counted from the transfer; the delayed reset tells
            // when the window of the reset is over.
            case W4 -> """
                    from PasswordReset#window.delay({window}) select account, ts insert into Due;
                    from every r=PasswordReset -> t=Transfer[account == r.account]
                      within {ms} milliseconds
                    select r.account as account, r.ts as ts insert into Candidate;
                    from every c=Candidate -> not Mfa[account == c.account]
                      and d=Due[account == c.account and ts == c.ts]
                    select c.account as k, c.ts as first_ts, c.ts + {ms}L as last_ts
                    insert into Found;
                    """;
            case W5 -> """
                    from Auth#window.time({window})
                    select card as k, ts as first_ts, ts as last_ts, count() as n,
                      sum(amount) as total
                    group by card having n > 5L and total > 1000.0
                    insert into Velocity;
                    from Velocity select k, first_ts, last_ts insert into Found;
                    """;
            case W6 -> """
                    partition with (card of Auth) begin
                    from every a=Auth, b=Auth[amount > a.amount], c=Auth[amount > b.amount],
                      d=Auth[amount > c.amount]
                      within {ms} milliseconds
                    select a.card as k, a.ts as first_ts, d.ts as last_ts insert into Found;
                    end;
                    """;
        };
    }
}
