#include "state/small_windows.h"

#include <algorithm>

#include "base/mutants.h"
#include "state/total.h"

namespace weir::state {

SmallWindows::SmallWindows(const WindowContext& context, std::byte*& block)
    : context_(context), block_(block) {
  if (block_ != nullptr) parse();
}

void SmallWindows::parse() {
  const SmallHeader& header = this->header();
  const std::size_t columns = context_.layout.columns.size();
  fields_[RecordFormat::kTime].bytes = header.time_bytes;
  fields_[RecordFormat::kMask].bytes = context_.layout.mask_bytes;
  for (std::size_t c = 0; c < columns; ++c) {
    fields_[RecordFormat::kColumns + c].bytes = static_cast<std::uint8_t>(block_[kWidths + c]);
  }
  stride_ = RecordFormat::lay_out({fields_, RecordFormat::kColumns + columns});
  records_ = block_ + kWidths + columns;
  base_ = header.base_ms;
  count_ = header.count;
  capacity_ = header.capacity;
}

void SmallWindows::set_count(unsigned count) {
  count_ = count;
  header().count = static_cast<std::uint8_t>(count);
}

void SmallWindows::load_record(unsigned i, Int128* values) const {
  for (unsigned c = 0; c < context_.layout.columns.size(); ++c) values[c] = value(i, c);
}

// What is not there is stored as 0, so that it is never read as a text that owns memory.
void SmallWindows::store_record(unsigned i, std::int64_t time, const Int128* values,
                                std::uint64_t present) {
  std::byte* at = record(i);
  store_narrow(at + fields_[0].end, fields_[0].bytes, static_cast<std::uint64_t>(time - base_));
  const RecordFormat::Field& mask = fields_[RecordFormat::kMask];
  if (mask.bytes != 0) store_narrow(at + mask.end, mask.bytes, present);
  for (unsigned c = 0; c < context_.layout.columns.size(); ++c) {
    const RecordFormat::Field& field = fields_[RecordFormat::kColumns + c];
    store_any(at + field.end, field.bytes, ((present >> c) & 1) != 0 ? values[c] : 0);
  }
}

bool SmallWindows::fits(std::int64_t time, const Int128* values, std::uint64_t present) const {
  if (unsigned_bytes_of(static_cast<std::uint64_t>(time - base_)) > fields_[0].bytes) return false;
  for (unsigned c = 0; c < context_.layout.columns.size(); ++c) {
    if (((present >> c) & 1) == 0) continue;
    if (bytes_of(values[c]) > fields_[RecordFormat::kColumns + c].bytes) return false;
  }
  return true;
}

unsigned SmallWindows::window_begin(std::uint16_t window, std::int64_t time) const {
  const WindowSpec& spec = context_.layout.windows[window].spec;
  if (count_ == 0) return 0;
  if (spec.kind == WindowKind::kLastEvents) {
    const unsigned more = base::mutant(base::Mutant::kLastOneMore) ? 1 : 0;
    return count_ - std::min(count_, spec.events + more);
  }
  unsigned begin = count_;
  if (spec.kind == WindowKind::kSession) {
    for (std::int64_t next = time; begin > 0; --begin) {
      const std::int64_t here = time_of(begin - 1);
      if (next - here > spec.length_ms) break;
      next = here;
    }
    return begin;
  }
  std::int64_t floor = context_.clock.floor(window, time);
  const bool sliding = spec.kind == WindowKind::kSliding;
  if (base::mutant(base::Mutant::kSlidingEdgeLost) && sliding) ++floor;
  while (begin > 0 && time_of(begin - 1) >= floor) --begin;
  return begin;
}

unsigned SmallWindows::live_begin(std::int64_t time) const {
  unsigned begin = count_;
  for (std::size_t w = 0; w < context_.layout.windows.size() && begin > 0; ++w) {
    begin = std::min(begin, window_begin(static_cast<std::uint16_t>(w), time));
  }
  return begin;
}

void SmallWindows::drop_oldest(unsigned n) {
  if (context_.layout.has_text) {
    for (unsigned i = 0; i < n; ++i) {
      for (unsigned c = 0; c < context_.layout.columns.size(); ++c) {
        if (context_.layout.columns[c].spec.kind != ColumnKind::kText) continue;
        TextCell::disown(context_.pool, value(i, c));
      }
    }
  }
  std::memmove(records_, record(n), std::size_t{stride_} * (count_ - n));
  set_count(count_ - n);
}

bool SmallWindows::add(std::int64_t time, const Int128* values, std::uint64_t present) {
  if (block_ == nullptr) {
    rebuild(time, values, present);
    return true;
  }
  if (count_ == capacity_ || !fits(time, values, present)) {
    const unsigned dead = live_begin(time);
    if (dead == 0 && count_ == context_.few) return false;
    if (dead > 0) drop_oldest(dead);
    if (count_ == capacity_ || !fits(time, values, present)) {
      rebuild(time, values, present);
      return true;
    }
  }
  store_record(count_, time, values, present);
  set_count(count_ + 1);
  return true;
}

void SmallWindows::allocate(std::size_t records, const RecordFormat::Field* fields,
                            std::uint32_t stride, std::int64_t base) {
  const std::size_t columns = context_.layout.columns.size();
  const std::size_t bytes = base::Pool::rounded(kWidths + columns + records * stride);
  block_ = static_cast<std::byte*>(context_.pool.allocate(bytes));
  const std::size_t room = (bytes - kWidths - columns) / stride;
  SmallHeader& header = this->header();
  header.base_ms = base;
  header.units = static_cast<std::uint16_t>(bytes / base::Pool::kSmallest);
  header.form = static_cast<std::uint8_t>(BlockForm::kSmall);
  header.count = 0;
  header.time_bytes = fields[0].bytes;
  header.capacity = static_cast<std::uint8_t>(std::min<std::size_t>(room, context_.few));
  for (std::size_t c = 0; c < columns; ++c) {
    block_[kWidths + c] = static_cast<std::byte>(fields[RecordFormat::kColumns + c].bytes);
  }
  parse();
}

// Columns get the least widths that hold all values, the old ones and the new.
void SmallWindows::rebuild(std::int64_t time, const Int128* values, std::uint64_t present) {
  const std::size_t columns = context_.layout.columns.size();
  RecordFormat::Field fields[RecordFormat::kColumns + kMaxColumns];
  const std::int64_t base = count_ > 0 ? time_of(0) : time;
  const unsigned span = unsigned_bytes_of(static_cast<std::uint64_t>(time - base));
  fields[0].bytes = static_cast<std::uint8_t>(std::max(span, context_.layout.small_time_bytes));
  fields[1].bytes = context_.layout.mask_bytes;
  for (unsigned c = 0; c < columns; ++c) {
    unsigned bytes = ((present >> c) & 1) != 0 ? bytes_of(values[c]) : 1;
    for (unsigned i = 0; i < count_; ++i) bytes = std::max(bytes, bytes_of(value(i, c)));
    fields[RecordFormat::kColumns + c].bytes = static_cast<std::uint8_t>(bytes);
  }
  const std::uint32_t stride = RecordFormat::lay_out({fields, RecordFormat::kColumns + columns});
  std::byte* old_block = block_;
  allocate(count_ + 1, fields, stride, base);
  if (old_block != nullptr) {
    SmallWindows old(context_, old_block);
    old.for_each([&](std::int64_t at, const Int128* old_values, std::uint64_t old_present) {
      store_record(count_, at, old_values, old_present);
      set_count(count_ + 1);
    });
    old.release_block();
  }
  store_record(count_, time, values, present);
  set_count(count_ + 1);
}

void SmallWindows::trim(std::int64_t time) {
  if (const unsigned dead = live_begin(time); dead > 0) drop_oldest(dead);
  if (count_ == 0) release();
}

void SmallWindows::release_block() {
  context_.pool.release(block_, block_bytes());
  block_ = nullptr;
  count_ = capacity_ = 0;
}

void SmallWindows::release() {
  if (context_.layout.has_text) drop_oldest(count_);
  release_block();
}

std::size_t SmallWindows::bytes() const {
  std::size_t total = block_bytes();
  for (unsigned c = 0; context_.layout.has_text && c < context_.layout.columns.size(); ++c) {
    if (context_.layout.columns[c].spec.kind != ColumnKind::kText) continue;
    for (unsigned i = 0; i < count_; ++i) total += TextCell::bytes(value(i, c));
  }
  return total;
}

void SmallWindows::read_all(std::int64_t time, Reading* out) const {
  const std::vector<AggregatePlan>& plans = context_.layout.aggregates;
  unsigned begin = 0;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const std::uint16_t window = plans[i].spec.window;
    if (i == 0 || window != plans[i - 1].spec.window) begin = window_begin(window, time);
    out[i] = read_from(plans[i], begin, time);
  }
}

Reading SmallWindows::read_from(const AggregatePlan& plan, unsigned begin,
                                std::int64_t time) const {
  switch (plan.spec.kind) {
    case Aggregate::kMin:
    case Aggregate::kMax:
      return read_extreme(plan, begin);
    case Aggregate::kDistinct:
    case Aggregate::kApproxDistinct:
      return read_distinct(plan, begin);
    case Aggregate::kQuantile:
      return read_quantile(plan, begin);
    case Aggregate::kFirst:
    case Aggregate::kLast:
      return read_end(plan, begin);
    default:
      return read_totals(plan, begin, time);
  }
}

Reading SmallWindows::read_totals(const AggregatePlan& plan, unsigned begin,
                                  std::int64_t time) const {
  const WindowPlan& window = context_.layout.windows[plan.spec.window];
  const unsigned column = plan.spec.column;
  const auto op = [&](std::uint16_t base) {
    return context_.layout.fields[window.bases[base].field].op;
  };
  Totals totals;
  totals.count = count_ - begin;
  ColumnKind kind = ColumnKind::kInt64;
  if (column != AggregateSpec::kNoColumn) {
    kind = context_.layout.columns[column].spec.kind;
    for (unsigned i = begin; i < count_; ++i) {
      if (!has(i, column)) {
        --totals.count;
        continue;
      }
      const Int128 v = value(i, column);
      if (plan.sum != AggregatePlan::kNone) add_value(op(plan.sum), totals.sum, v);
      if (plan.squares != AggregatePlan::kNone) add_value(op(plan.squares), totals.squares, v);
      if (plan.beyond != AggregatePlan::kNone) add_value(op(plan.beyond), &totals.beyond, v);
    }
  }
  const bool needs_length = plan.spec.kind == Aggregate::kRate;
  const std::int64_t length = needs_length ? context_.clock.length(plan.spec.window, time) : 0;
  return reading_of(plan.spec, kind, totals, length);
}

Reading SmallWindows::read_extreme(const AggregatePlan& plan, unsigned begin) const {
  const unsigned column = plan.spec.column;
  const ColumnKind kind = context_.layout.columns[column].spec.kind;
  const bool greatest = plan.spec.kind == Aggregate::kMax;
  const auto better = [&](const Int128& v, const Int128& than) {
    const Int128& low = greatest ? than : v;
    const Int128& high = greatest ? v : than;
    return kind == ColumnKind::kText ? TextCell::view(low) < TextCell::view(high) : low < high;
  };
  bool found = false;
  Int128 best = 0;
  for (unsigned i = begin; i < count_; ++i) {
    if (!has(i, column)) continue;
    const Int128 v = value(i, column);
    if (!found || better(v, best)) best = v;
    found = true;
  }
  return found ? value_reading(kind, best) : Reading::absent();
}

Reading SmallWindows::read_distinct(const AggregatePlan& plan, unsigned begin) const {
  Int128 seen[kRecords];
  unsigned n = 0;
  for (unsigned i = begin; i < count_; ++i) {
    if (!has(i, plan.spec.column)) continue;
    const Int128 v = value(i, plan.spec.column);
    if (std::find(seen, seen + n, v) == seen + n) seen[n++] = v;
  }
  return n > 0 ? Reading::of(n) : Reading::absent();
}

Reading SmallWindows::read_quantile(const AggregatePlan& plan, unsigned begin) const {
  Int128 values[kRecords];
  unsigned n = 0;
  for (unsigned i = begin; i < count_; ++i) {
    if (has(i, plan.spec.column)) values[n++] = value(i, plan.spec.column);
  }
  if (n == 0) return Reading::absent();
  const std::uint64_t rank = nearest_rank(plan.spec.quantile, n);
  std::nth_element(values, values + rank, values + n);
  return value_reading(context_.layout.columns[plan.spec.column].spec.kind, values[rank]);
}

Reading SmallWindows::read_end(const AggregatePlan& plan, unsigned begin) const {
  const unsigned column = plan.spec.column;
  const bool first = plan.spec.kind == Aggregate::kFirst;
  for (unsigned step = 0; step < count_ - begin; ++step) {
    const unsigned i = first ? begin + step : count_ - 1 - step;
    if (!has(i, column)) continue;
    return value_reading(context_.layout.columns[column].spec.kind, value(i, column));
  }
  return Reading::absent();
}

}  // namespace weir::state
