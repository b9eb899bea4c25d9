package weir.peers;

/** A peer with one workload deployed. Made outside the clock, used by one thread, for one pass. */
interface Engine extends AutoCloseable {
    /** Takes an event; times never go back. */
    void send(Event e) throws Exception;

    /** The input has ended: time runs out for whatever waits. */
    void finish() throws Exception;
}
