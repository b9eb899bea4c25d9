// An EventSource that reads and decodes ahead on an executor's threads, while the caller's thread
// works on what it was handed. open_event_source() makes one if it is given such an executor.
//
// Idea. Reading is serial: whoever has the turn reads a block, cuts it behind its last line end
// (LineCutter) and puts it at the end of a queue. Decoding is not: any thread takes the oldest
// block that nobody decodes, with a JsonReader of its own that counts seq, position and line from
// 0; what was before is added when the block leaves the queue, in order, to the caller. A thread
// that finds nothing to do goes home, and is called again when there is room. The caller is one of
// the threads: if the first block is not ready, it decodes another one meanwhile.
//
// CSV cannot be cut without reading it, as a line end may stand in a cell: it is decoded under the
// turn of reading, and so only runs beside the matching.
//
// Not taken: oneTBB's parallel_pipeline. It owns the calling thread until the input ends, so the
// caller could neither stop in between nor be an EventSource.
//
// Thread safety: that of EventSource; the threads inside share what mutex_ guards.
//
// Invariants
// 1. What is handed out is what the serial source hands out, if reads give the same bytes: batch
//    for batch rows, bad and unknown records, odd counts and progress, an error behind all that
//    came before it.
// 2. Nothing that could be handed out waits for input: no thread decodes or hands out later
//    because another one waits in a read. The caller itself reads only when the queue is empty.
// 3. At most 2 * concurrency() blocks are in the queue, each of block_bytes and the beginning of a
//    record.
// 4. The executor need not give a thread at all: the caller alone gets to the end.
#pragma once

#include <memory>

#include "base/error.h"
#include "event/input.h"
#include "event/source_files.h"

namespace weir::event {

// `files` are open ahead and stoppable, and the options are in their ranges; schema and executor
// must outlive the source (the schema until set_schema). Destroying it ends a read that waits.
[[nodiscard]] std::unique_ptr<EventSource> make_parallel_source(std::unique_ptr<SourceFiles> files,
                                                                const Schema& schema,
                                                                const InputOptions& options);

}  // namespace weir::event
