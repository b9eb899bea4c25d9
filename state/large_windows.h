// The windows of a key with many events: running totals, cursors, panes, queues and sets, at the
// places that the layout gives them, and a ring of records as far as some window needs one.
//
//   block:  header | fields of a record | state words | ring
//
// Worked example: sum(amount) over 10m and 1h. The total counts every amount ever added. Each
// window has a cursor into the ring and the total as it was before the record there. Adding an
// event appends a record and adds to one total, whatever the number of windows. Reading moves a
// window's cursor over what it no longer includes, adds that to its base, and subtracts the base
// from the total. Hopping windows need no ring: they keep the totals as they were at the beginning
// of each pane. All of it is exact (exact_sum.h), so totals may go on for ever, modulo their width.
//
// Invariants
// 1. A cursor's base is the total of everything before its record; the same for a pane.
// 2. The ring holds the records from the least cursor on, and maybe some before it. Records are
//    numbered from 0 through the life of the block.
// 3. Cursors are moved when their window is read, and all of them every kReclaim events, so that
//    memory follows the windows and not what is read.
// 4. A record whose time every window that goes by time has passed may have lost it: its distance
//    from the base is then 0.
//
// Ownership: the block owns what its words point to. Not relocatable by value: the one pointer to
// the block is the key's. Cost: add O(1) amortised and O(1) for each pane, queue and set; see
// extreme_queue.h, recency_set.h, sliding_hll.h and rank_index.h for those. A ring that is full is
// copied to one about twice as large, one that is an eighth full to a smaller one: O(1) amortised.
#pragma once

#include "state/extreme_queue.h"
#include "state/rank_index.h"
#include "state/small_windows.h"
#include "state/total.h"

namespace weir::state {

// The beginning of a block.
struct LargeHeader {
  std::int64_t base_ms;  // of the ring's times
  std::uint16_t unused;
  std::uint8_t form;
  std::uint8_t unused2;
  std::uint32_t stride;
  std::uint64_t bytes;     // of the block
  std::uint64_t head_seq;  // of the oldest record in the ring
  std::uint64_t next_seq;  // of the next event
  std::int64_t last_ms;
  std::uint32_t head_slot;
  std::uint32_t tail_slot;  // of the next record
  std::uint32_t capacity;   // records; 0 if no window needs the ring
  std::uint32_t ring_at;    // bytes from the block's beginning
};
static_assert(offsetof(LargeHeader, form) == kFormByte && sizeof(LargeHeader) % 8 == 0);

class LargeWindows {
 public:
  LargeWindows(const WindowContext& context, std::byte*& block)
      : context_(context), layout_(context.layout), block_(block) {
    if (block_ != nullptr) attach();
  }

  // Makes an empty block.
  void create(std::int64_t time);
  // The columns' values as numbers (total.h). Texts stay the caller's.
  void add(std::int64_t time, const Int128* values, std::uint64_t present);
  // The same for a layout that is plain.
  void add_plain(std::int64_t time, const Cell* cells);
  [[nodiscard]] Reading read(const AggregatePlan& plan, std::int64_t time);
  // Moves all cursors to `time` and gives back what memory that frees.
  void trim(std::int64_t time);
  void release();
  [[nodiscard]] std::size_t bytes() const;
  // The ring alone tells all, and few records are left: a small block would do.
  [[nodiscard]] bool could_be_small() const {
    return layout_.ring_is_all && header().next_seq - header().head_seq <= context_.few / 4;
  }
  // visit(time, values, present) for each record in the ring, the oldest first.
  template <typename Visit>
  void for_each_record(Visit visit) const {
    Int128 values[kMaxColumns] = {};
    for (std::uint64_t seq = header().head_seq; seq != header().next_seq; ++seq) {
      const std::byte* record = record_of(seq);
      for (const std::uint16_t c : layout_.ring_columns) {
        values[c] = RecordFormat::load(record, fields_, c);
      }
      visit(time_of(record), values, RecordFormat::load_mask(record, fields_));
    }
  }

 private:
  static constexpr std::uint64_t kReclaim = 16;

  using Header = LargeHeader;

  // What a window or pane was when it began (WindowPlan): position, number, bases, firsts.
  using Record = std::uint64_t*;

  struct PaneQueue {
    std::uint64_t* data;
    std::uint32_t front;
    std::uint32_t size;
    std::uint32_t capacity;  // a power of two, of records
    std::uint32_t unused;
  };
  static_assert(sizeof(PaneQueue) == 24);

  struct LastValue {
    std::int64_t time;
    std::uint64_t seq;
    std::uint64_t cell[2];
    std::uint64_t present;
  };
  static_assert(sizeof(LastValue) == 40);

  void attach() {
    header_ = reinterpret_cast<Header*>(block_);
    fields_ = reinterpret_cast<RecordFormat::Field*>(block_ + sizeof(Header));
    words_ = reinterpret_cast<std::uint64_t*>(block_ + layout_.ring_at) - layout_.state_words;
  }
  [[nodiscard]] Header& header() const { return *header_; }
  template <typename T>
  [[nodiscard]] T& at(std::uint32_t word) const {
    return *reinterpret_cast<T*>(words_ + word);
  }
  template <typename Cursor>
  [[nodiscard]] std::span<Cursor> cursors(const StructurePlan& plan) const {
    return {&at<Cursor>(plan.cursors), plan.windows.size()};
  }
  [[nodiscard]] Record record_state(const WindowPlan& window) const {
    return words_ + window.state;
  }

  // Ring (large_windows_ring.cc).
  [[nodiscard]] std::byte* slot(std::uint64_t index) const {
    return reinterpret_cast<std::byte*>(header_) + header_->ring_at + index * header_->stride;
  }
  [[nodiscard]] std::uint32_t slot_of(std::uint64_t seq) const {
    const std::uint64_t index = header().head_slot + (seq - header().head_seq);
    return static_cast<std::uint32_t>(index >= header().capacity ? index - header().capacity
                                                                 : index);
  }
  [[nodiscard]] std::byte* record_of(std::uint64_t seq) const { return slot(slot_of(seq)); }
  [[nodiscard]] std::int64_t time_of(const std::byte* record) const {
    return header().base_ms + static_cast<std::int64_t>(RecordFormat::load_time(record, fields_));
  }
  void append(std::int64_t time, const Int128* values, std::uint64_t present);
  void make_room_for(std::int64_t time, const Cell* cells);
  void append_texts(std::byte* record, std::int64_t time, const Int128* values,
                    std::uint64_t present);
  [[nodiscard]] bool fits(std::int64_t time, const Int128* values, std::uint64_t present) const;
  void write_record(std::byte* record, std::int64_t time, const Int128* values,
                    std::uint64_t present);
  void make_room(std::int64_t time, const Int128* values, std::uint64_t present);
  void rebuild_ring(std::int64_t time, std::uint64_t records, const Int128* values,
                    std::uint64_t present);
  void move_cursors(std::int64_t time);
  void reclaim(std::int64_t time);
  void drop_head(std::uint64_t head);
  void advance(const WindowPlan& window, std::int64_t floor);
  template <bool kSum>
  void advance_sliding(const SlidingPlan& window, std::int64_t floor);
  void move_cursor(std::uint16_t window, std::int64_t time);
  void leave(const WindowPlan& window, Record state, const std::byte* record, std::uint64_t seq);
  template <typename Act>
  void with_values(std::uint16_t column, Act act) const;
  void add_ranks(std::uint64_t present);

  // Windows.
  [[nodiscard]] std::int64_t floor(std::uint16_t window, std::int64_t time) const;
  [[nodiscard]] std::int64_t position(std::uint16_t window, std::int64_t time) const;
  void open_panes(std::int64_t time);
  void open_pane(const WindowPlan& window, Record record, std::int64_t position);
  void push_pane(const WindowPlan& window, std::int64_t position);
  void drop_panes(const WindowPlan& window, std::int64_t floor);
  [[nodiscard]] Record pane_at(const WindowPlan& window, std::uint32_t i) const;
  void set_firsts(const Int128* values, std::uint64_t present);
  [[nodiscard]] static Int128 load_cell(const std::uint64_t* two) {
    Int128 cell;
    std::memcpy(&cell, two, sizeof cell);
    return cell;
  }
  [[nodiscard]] std::size_t text_bytes() const;
  void disown_firsts(const WindowPlan& window, Record record) const;
  // Where the window begins; null: it holds nothing.
  [[nodiscard]] Record begin_of(const WindowPlan& window, std::int64_t floor);

  // Queues, sets, sketches, last values (large_windows_parts.cc).
  void add_parts(std::int64_t time, const Int128* values, std::uint64_t present);
  template <typename Value>
  void push_queue(const StructurePlan& plan, std::int64_t time, Int128 value);
  template <typename Key>
  void touch_set(const StructurePlan& plan, std::int64_t time, Int128 value);
  void touch_sketch(const StructurePlan& plan, std::int64_t time, Int128 value);
  void set_last(const ColumnPlan& column, std::int64_t time, Int128 value);
  void release_parts();
  void trim_parts(std::int64_t time);
  [[nodiscard]] std::size_t part_bytes() const;

  [[nodiscard]] Reading read_quick(const AggregatePlan& plan, std::int64_t time);
  [[nodiscard]] Reading read_totals(const AggregatePlan& plan, std::int64_t time);
  [[nodiscard]] Reading read_extreme(const AggregatePlan& plan, std::int64_t floor);
  [[nodiscard]] Reading read_distinct(const AggregatePlan& plan, std::int64_t floor);
  [[nodiscard]] Reading read_sketch(const AggregatePlan& plan, std::int64_t floor);
  [[nodiscard]] Reading read_quantile(const AggregatePlan& plan, std::int64_t floor);
  [[nodiscard]] Reading read_first(const AggregatePlan& plan, std::int64_t floor);
  [[nodiscard]] Reading read_last(const AggregatePlan& plan, std::int64_t floor) const;

  const WindowContext& context_;
  const WindowLayout& layout_;
  std::byte*& block_;
  Header* header_ = nullptr;
  RecordFormat::Field* fields_ = nullptr;
  std::uint64_t* words_ = nullptr;
};

// As advance(), for the windows that have a SlidingPlan.
template <bool kSum>
void LargeWindows::advance_sliding(const SlidingPlan& window, std::int64_t floor) {
  const Header& h = *header_;
  std::uint64_t* const state = words_ + window.state;
  std::uint64_t seq = state[WindowPlan::kStart];
  if (floor <= h.base_ms || seq == h.next_seq) return;
  const auto distance = static_cast<std::uint64_t>(floor - h.base_ms);
  const RecordFormat::Field time = fields_[RecordFormat::kTime];
  const RecordFormat::Field value = fields_[RecordFormat::kColumns + window.column];
  const std::byte* record = record_of(seq);
  if (load_unsigned(record + time.end, time.bytes) >= distance) return;
  const std::byte* const end = slot(h.capacity);
  Int128 sum = 0;
  do {
    if constexpr (kSum) sum += load_narrow(record + value.end, value.bytes);
    ++seq;
    record += h.stride;
    if (record == end) record = slot(0);
  } while (seq != h.next_seq && load_unsigned(record + time.end, time.bytes) < distance);
  state[WindowPlan::kStart] = seq;
  if constexpr (kSum) {
    sum += load_cell(words_ + window.base);
    std::memcpy(words_ + window.base, &sum, sizeof sum);
  }
}

inline void LargeWindows::move_cursor(std::uint16_t index, std::int64_t time) {
  const SlidingPlan& window = layout_.sliding[index];
  switch (window.leave) {
    case SlidingPlan::Leave::kSumInt:
      return advance_sliding<true>(window, time - window.length_ms);
    case SlidingPlan::Leave::kNothing:
      return advance_sliding<false>(window, time - window.length_ms);
    default:
      return advance(layout_.windows[index], floor(index, time));
  }
}

inline void LargeWindows::add_plain(std::int64_t time, const Cell* cells) {
  LargeHeader* h = header_;
  h->last_ms = time;
  const RecordFormat::Field* at = fields_;
  const auto distance = static_cast<std::uint64_t>(time - h->base_ms);
  bool fits =
      h->next_seq - h->head_seq != h->capacity && (distance >> 1 >> (8 * at->bytes - 1)) == 0;
  for (const std::uint16_t c : layout_.ring_columns) {
    const unsigned shift = 64 - 8u * at[RecordFormat::kColumns + c].bytes;
    const std::int64_t value = cells[c].integer;
    const auto up = static_cast<std::int64_t>(static_cast<std::uint64_t>(value) << shift);
    fits = fits && (up >> shift) == value;
  }
  if (!fits) [[unlikely]] {
    make_room_for(time, cells);
    h = header_;
    at = fields_;
  }
  std::byte* record = slot(h->tail_slot);
  h->tail_slot = h->tail_slot + 1 == h->capacity ? 0 : h->tail_slot + 1;
  ++h->next_seq;
  store_narrow(record + at->end, at->bytes, static_cast<std::uint64_t>(time - h->base_ms));
  for (const std::uint16_t c : layout_.ring_columns) {
    const RecordFormat::Field& field = at[RecordFormat::kColumns + c];
    store_narrow(record + field.end, field.bytes, static_cast<std::uint64_t>(cells[c].integer));
  }
  for (const FieldPlan& field : layout_.fields) {
    add_int(words_ + field.total, cells[field.column].integer);
  }
  if (h->next_seq % kReclaim == 0) reclaim(time);
}

// As read_totals() would.
inline Reading LargeWindows::read_quick(const AggregatePlan& plan, std::int64_t time) {
  using Quick = AggregatePlan::Quick;
  const SlidingPlan& window = layout_.sliding[plan.spec.window];
  move_cursor(plan.spec.window, time);
  const std::uint64_t count = header_->next_seq - words_[window.state + WindowPlan::kStart];
  if (plan.quick == Quick::kCount) return Reading::of(count);
  return quick_reading(plan, count,
                       load_cell(words_ + plan.total) - load_cell(words_ + window.base));
}

}  // namespace weir::state
