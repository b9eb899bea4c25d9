package weir.peers;

/** The rules W1 to W6, as far as every peer shares them: the key, the types, the window. */
enum Workload {
    W1(true, 10 * 60_000L, Event.AUTH),
    W2(true, 30 * 60_000L, Event.AUTH),
    W3(false, 60 * 60_000L, Event.DEVICE_CHANGE, Event.MFA, Event.TRANSFER),
    W4(false, 15 * 60_000L, Event.MFA, Event.PASSWORD_RESET, Event.TRANSFER),
    W5(true, 10 * 60_000L, Event.AUTH),
    W6(true, 30 * 60_000L, Event.AUTH);

    /** Keyed by card; otherwise by account. */
    final boolean byCard;

    /** Weir's windows include their limit. */
    final long windowMs;

    /** As `windowMs`, where a peer's windows exclude their limit: times are whole milliseconds. */
    final long openWindowMs;

    private final int types;

    Workload(boolean byCard, long windowMs, int... types) {
        this.byCard = byCard;
        this.windowMs = windowMs;
        this.openWindowMs = windowMs + 1;
        int mask = 0;
        for (int type : types) {
            mask |= 1 << type;
        }
        this.types = mask;
    }

    /** Names the type of `e`: as with streams of one type, a peer needs no others. */
    boolean names(Event e) {
        return (types >> e.type & 1) != 0;
    }

    String key(Event e) {
        return byCard ? e.card : e.account;
    }
}
