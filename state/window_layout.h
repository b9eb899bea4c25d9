// The plan of a group of windows: which columns are stored, which totals are kept, and where each
// piece of state stands in the block of a key. Made once, immutable, shared by all keys, shards and
// threads.
//
// How windows are kept (window_group.h says more):
//   a cursor    a place in the ring of records: windows whose end the records themselves tell
//               (sliding, last N), and all that have a quantile
//   panes       snapshots of the totals at the beginning of each pane: hopping windows; of one
//   pane:
//               tumbling, calendar and session windows
//   none        only queues, sets and last values, which find their window by its floor
// Either way the value of count, sum, avg, stddev and rate is the difference of two totals, the one
// now and the one where the window began. One total serves all windows.
//
// Extremes and distinct values of all sliding windows over a column share one queue or set; the
// others have one each, with the beginnings of their panes for positions.
#pragma once

#include <memory>
#include <vector>

#include "base/error.h"
#include "state/recency_set.h"
#include "state/sliding_hll.h"
#include "state/window_spec.h"

namespace weir::state {

enum class FieldOp : std::uint8_t {
  kPresent,        // events that have the column
  kSumInt,         // 2 words
  kSumWide,        // 3
  kSumFloat,       // 4
  kSquaresInt,     // 3
  kSquaresWide,    // 3, of what fits 64 bits
  kSquaresFloat,   // 8
  kBeyondSquares,  // values of a kInt128 that do not fit 64 bits
  kBeyondFloat     // floats that do not fit a sum (exact_sum.h)
};
[[nodiscard]] unsigned words_of(FieldOp op);

// A total: of all events since the key's state began, modulo 2^(64 * words).
struct FieldPlan {
  FieldOp op = FieldOp::kPresent;
  std::uint16_t column = 0;
  std::uint16_t words = 1;
  std::uint32_t total = 0;  // state word
};

// A total as it was where a window or a pane began.
struct BasePlan {
  std::uint16_t field = 0;
  std::uint16_t at = 0;  // word of the window's record
};

// The first value of a column in a pane: three words (cell, present). In a cursor's record: one
// word, the number of the record that was found to be the first that has it.
struct FirstPlan {
  std::uint16_t column = 0;
  std::uint16_t at = 0;
};

enum class Keeping : std::uint8_t { kNone, kCursor, kOnePane, kPanes };

struct WindowPlan {
  // Words of the record that every kept window has.
  static constexpr unsigned kPosition = 0;  // of a pane; a cursor has none
  static constexpr unsigned kStart = 1;     // number of the first event
  static constexpr unsigned kBases = 2;

  WindowSpec spec;
  Keeping keeping = Keeping::kNone;
  std::uint16_t record_words = kBases;
  std::uint32_t state = 0;    // the record; with panes a PaneQueue of records
  std::uint32_t session = 0;  // word: when the session began; of sessions only
  std::vector<BasePlan> bases;
  std::vector<FirstPlan> firsts;
  std::vector<std::uint16_t> ranks;  // of WindowLayout::ranks
};

// What the reading of a sliding window needs, together: most windows are sliding ones, with a
// cursor, over columns that always are there.
struct SlidingPlan {
  enum class Leave : std::uint8_t {
    kOther,    // not such a window: WindowPlan tells
    kNothing,  // no total but the number of events
    kSumInt    // one, a kSumInt
  };

  Leave leave = Leave::kOther;
  std::uint16_t column = 0;
  std::uint32_t state = 0;  // as WindowPlan::state
  std::uint32_t base = 0;   // state word of the sum
  std::int64_t length_ms = 0;
};

// A queue, a set or a sketch: where values stand, and for which windows.
struct StructurePlan {
  std::uint16_t column = 0;
  bool greatest = false;     // of queues
  bool wide = false;         // 128-bit values
  std::uint16_t window = 0;  // the one whose floor and positions count; of sliding ones the longest
  std::uint32_t state = 0;   // the structure
  std::uint32_t cursors = 0;  // behind it: an array, a cursor for each of its windows
  std::vector<std::uint16_t> windows;
};

// A sketch's state: exact for the values seen last, and a HyperLogLog once there were more.
struct SketchState {
  static constexpr std::uint32_t kExact = 256;  // different values counted exactly

  RecencySet<std::uint64_t> recent;
  SlidingHll all;
  std::int64_t dropped;  // the last position that `recent` has forgotten for lack of room
};

struct RankPlan {
  std::uint16_t column = 0;
  std::uint16_t window = 0;
  std::uint32_t state = 0;
};

struct ColumnPlan {
  ColumnSpec spec;
  bool in_ring = false;
  bool has_last = false;
  std::uint32_t last = 0;  // LastValue
};

struct AggregatePlan {
  static constexpr std::uint16_t kNone = 0xFFFF;

  AggregateSpec spec;
  // count, sum, avg, stddev, rate: indices into WindowPlan::bases.
  std::uint16_t present = kNone;  // of an optional column
  std::uint16_t sum = kNone;
  std::uint16_t squares = kNone;
  std::uint16_t beyond = kNone;
  // Of the queue, set, sketch or rank index, and the cursor in it; of firsts: in
  // WindowPlan::firsts.
  std::uint16_t structure = kNone;
  std::uint16_t cursor = 0;

  // Of windows that have a SlidingPlan.
  enum class Quick : std::uint8_t { kNone, kCount, kSumInt, kAvgInt };
  Quick quick = Quick::kNone;
  std::uint32_t total = 0;  // state word of the sum
};

struct WindowLayout {
  // Refused: no column where one is needed, a kind of column that the aggregate is not defined for,
  // a length or number of events below 1 or a length above kMaxLength, S above D, no calendar.
  [[nodiscard]] static base::Result<std::shared_ptr<const WindowLayout>> make(WindowGroupSpec spec);

  static constexpr std::int64_t kMaxLength = std::int64_t{1} << 50;  // ms: 35,000 years

  std::vector<ColumnPlan> columns;
  std::vector<WindowPlan> windows;
  std::vector<SlidingPlan> sliding;  // one a window
  std::vector<AggregatePlan> aggregates;
  std::vector<FieldPlan> fields;
  std::vector<StructurePlan> queues;
  std::vector<StructurePlan> sets;
  std::vector<StructurePlan> sketches;
  std::vector<RankPlan> ranks;
  std::vector<std::uint16_t> cursor_windows;  // the windows that have one
  std::vector<std::uint16_t> pane_windows;    // kOnePane or kPanes
  std::vector<std::uint16_t> session_windows;
  std::vector<std::uint16_t> ring_columns;
  std::vector<std::uint16_t> last_columns;  // those with ColumnPlan::has_last
  std::uint32_t state_words = 0;
  std::uint32_t ring_at = 0;           // bytes of a large block before its ring
  std::uint32_t small_time_bytes = 1;  // of a time in a block of few records
  std::uint8_t mask_bytes = 0;         // of a record: which columns are there; 0: all always are
  bool ring_times = false;             // some cursor goes by time
  bool plain = false;  // counts and sums of sliding windows, over columns of kInt64 alone
  bool quick = false;  // plain, and all aggregates are quick
  bool lone = false;   // quick, and at most one column: an event alone needs no block
  bool has_text = false;
  bool has_parts = false;      // queues, sets, sketches or last values
  bool for_ever = false;       // a last-N window: nothing ever expires
  bool ring_is_all = false;    // the ring alone tells every value: few records need nothing else
  std::uint64_t optional = 0;  // bits of the columns that may be absent
};

}  // namespace weir::state
