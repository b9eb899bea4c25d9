package weir.flinkcep;

/** One event of a stream: its position, its time in milliseconds, a class and a small value. */
record Event(int index, long ts, String k, int v) {}
