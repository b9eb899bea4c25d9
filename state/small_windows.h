// The windows of a key with few events: the records alone, in one block. Every reading walks the
// records of its window, newest to oldest, so there is nothing to maintain: this is the definition
// of the windows written out. A key becomes a LargeWindows when kRecords of them (in tests, fewer)
// are alive.
//
// A block is a SmallHeader, a byte for each column, its width, and the records (record_format.h),
// rounded up as the pool does: an amount and a time of windows up to two hours take about 6 bytes
// an event, so a key's first eight events fit into 64 bytes. Layouts that are plain have a short
// way to them (plain_block.h).
//
// Invariant: the records are those that some window may still include, and maybe older ones; their
// times do not fall.
// Ownership: the block holds the cells of its texts. Cost: add O(1) but for moving up to kRecords
// records at times; read O(records), distinct and quantile O(kRecords^2) at worst.
#pragma once

#include "state/record_format.h"
#include "state/window_clock.h"

namespace weir::state {

// What the operations on a key's block share.
struct WindowContext {
  const WindowLayout& layout;
  WindowClock& clock;
  base::Pool& pool;
  std::uint64_t seed;
  unsigned few;  // SmallWindows::kRecords, or fewer
};

// Which of the two a block is: the byte at kFormByte.
inline constexpr std::size_t kFormByte = 10;
enum class BlockForm : std::uint8_t { kSmall = 1, kLarge = 2 };

// The beginning of a block of few records. The columns' widths follow at kBytes, and then the
// records.
struct SmallHeader {
  static constexpr std::size_t kBytes = 14;

  std::int64_t base_ms;  // of the records' times
  std::uint16_t units;   // bytes of the block / Pool::kSmallest
  std::uint8_t form;
  std::uint8_t count;
  std::uint8_t time_bytes;
  std::uint8_t capacity;  // records
};
static_assert(offsetof(SmallHeader, form) == kFormByte &&
              offsetof(SmallHeader, capacity) + 1 == SmallHeader::kBytes);

class SmallWindows {
 public:
  static constexpr unsigned kRecords = 16;

  // `block` outlives this, and may be null before the first add.
  SmallWindows(const WindowContext& context, std::byte*& block);

  // The columns' values as numbers (total.h), texts owned by the caller until this returns true.
  // False: kRecords are alive, and nothing was changed.
  [[nodiscard]] bool add(std::int64_t time, const Int128* values, std::uint64_t present);
  [[nodiscard]] Reading read(const AggregatePlan& plan, std::int64_t time) const {
    return read_from(plan, window_begin(plan.spec.window, time), time);
  }
  // All aggregates of the layout, in order.
  void read_all(std::int64_t time, Reading* out) const;
  // Forgets what no window includes at `time`, and what memory that frees.
  void trim(std::int64_t time);
  // Gives the block back, but leaves the texts to whom visit() has shown them.
  void release_block();
  void release();
  [[nodiscard]] std::size_t bytes() const;

  // visit(time, values, present) for each record, the oldest first.
  template <typename Visit>
  void for_each(Visit visit) const {
    Int128 values[kMaxColumns];
    for (unsigned i = 0; i < count_; ++i) {
      load_record(i, values);
      visit(time_of(i), values, mask_of(i));
    }
  }

 private:
  static constexpr std::size_t kWidths = SmallHeader::kBytes;

  void parse();
  [[nodiscard]] SmallHeader& header() const { return *reinterpret_cast<SmallHeader*>(block_); }
  [[nodiscard]] std::size_t block_bytes() const { return header().units * base::Pool::kSmallest; }
  [[nodiscard]] std::byte* record(unsigned i) const { return records_ + std::size_t{stride_} * i; }
  [[nodiscard]] std::int64_t time_of(unsigned i) const {
    return base_ + static_cast<std::int64_t>(RecordFormat::load_time(record(i), fields_));
  }
  [[nodiscard]] std::uint64_t mask_of(unsigned i) const {
    return RecordFormat::load_mask(record(i), fields_);
  }
  [[nodiscard]] bool has(unsigned i, unsigned column) const {
    return RecordFormat::has(record(i), fields_, column);
  }
  [[nodiscard]] Int128 value(unsigned i, unsigned column) const {
    return RecordFormat::load(record(i), fields_, column);
  }
  void load_record(unsigned i, Int128* values) const;
  void store_record(unsigned i, std::int64_t time, const Int128* values, std::uint64_t present);
  void set_count(unsigned count);
  [[nodiscard]] bool fits(std::int64_t time, const Int128* values, std::uint64_t present) const;
  // The first record that the window, or any window, includes at `time`; `end` is one past the last
  // record if there is none.
  [[nodiscard]] unsigned window_begin(std::uint16_t window, std::int64_t time) const;
  [[nodiscard]] unsigned live_begin(std::int64_t time) const;
  void drop_oldest(unsigned n);
  // A new block for the records and one more.
  void rebuild(std::int64_t time, const Int128* values, std::uint64_t present);
  void allocate(std::size_t records, const RecordFormat::Field* fields, std::uint32_t stride,
                std::int64_t base);

  // As of `time`; the window begins with record `begin`.
  [[nodiscard]] Reading read_from(const AggregatePlan& plan, unsigned begin,
                                  std::int64_t time) const;
  [[nodiscard]] Reading read_totals(const AggregatePlan& plan, unsigned begin,
                                    std::int64_t time) const;
  [[nodiscard]] Reading read_extreme(const AggregatePlan& plan, unsigned begin) const;
  [[nodiscard]] Reading read_distinct(const AggregatePlan& plan, unsigned begin) const;
  [[nodiscard]] Reading read_quantile(const AggregatePlan& plan, unsigned begin) const;
  [[nodiscard]] Reading read_end(const AggregatePlan& plan, unsigned begin) const;

  const WindowContext& context_;
  std::byte*& block_;
  std::byte* records_ = nullptr;
  std::int64_t base_ = 0;
  unsigned count_ = 0;
  unsigned capacity_ = 0;
  std::uint32_t stride_ = 0;
  RecordFormat::Field fields_[RecordFormat::kColumns + kMaxColumns];
};

}  // namespace weir::state
