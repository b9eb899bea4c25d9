#include "state/window_group.h"

#include <algorithm>
#include <cmath>

#include "state/large_windows.h"

namespace weir::state {

WindowGroup::WindowGroup(std::shared_ptr<const WindowLayout> layout, base::Pool& pool,
                         Options options)
    : layout_(std::move(layout)),
      clock_(*layout_),
      context_{*layout_, clock_, pool, options.seed,
               std::clamp(options.few, 1u, SmallWindows::kRecords)} {
  for (std::uint16_t w = 0; w < layout_->windows.size(); ++w) {
    const WindowSpec& spec = layout_->windows[w].spec;
    if (spec.kind == WindowKind::kSliding || spec.kind == WindowKind::kSession) {
      longest_sliding_ = std::max(longest_sliding_, spec.length_ms);
    } else {
      unit_windows_.push_back(w);
    }
  }
}

std::int64_t WindowGroup::last_time(const KeyWindows& key) const {
  std::byte* block = key.block;
  if (is_small(key)) return SmallWindows(context_, block).last_time();
  return LargeWindows(context_, block).last_time();
}

std::int64_t WindowGroup::expiry_after(std::int64_t last) {
  if (layout_->for_ever) return INT64_MAX;
  std::int64_t latest = last + longest_sliding_ + (longest_sliding_ > 0 ? 1 : 0);
  for (const std::uint16_t w : unit_windows_) latest = std::max(latest, clock_.expiry(w, last));
  return latest;
}

std::int64_t WindowGroup::expiry(const KeyWindows& key) {
  return key.empty() ? INT64_MIN : expiry_after(last_time(key));
}

// The values as numbers; returns which of them are there.
std::uint64_t WindowGroup::convert(const Cell* cells, std::uint64_t present, Int128* values) {
  present |= ~layout_->optional;
  for (std::size_t c = 0; c < layout_->columns.size(); ++c) {
    const std::uint64_t bit = std::uint64_t{1} << c;
    if ((present & bit) == 0) continue;
    const Cell& cell = cells[c];
    switch (layout_->columns[c].spec.kind) {
      case ColumnKind::kInt64:
      case ColumnKind::kHash64:
        values[c] = cell.integer;
        break;
      case ColumnKind::kInt128:
      case ColumnKind::kHash128:
        values[c] = cell.wide;
        break;
      case ColumnKind::kFloat:
        if (!std::isfinite(cell.real)) {
          present &= ~bit;
        } else {
          values[c] = ordered_bits(cell.real);
        }
        break;
      case ColumnKind::kText:
        values[c] = TextCell::own(context_.pool, cell.text);
        break;
    }
  }
  return present;
}

void WindowGroup::add(KeyWindows& key, std::int64_t time, const Cell* cells,
                      std::uint64_t present) {
  if (layout_->plain && !key.empty() && !is_small(key)) {
    LargeWindows large(context_, key.block);
    const std::int64_t last = large.last_time();
    time = std::max(time, last);
    if (time - last <= longest_sliding_) [[likely]] {
      large.add_plain(time, cells);
      if (large.could_be_small()) [[unlikely]]
        demote(key);
      return;
    }
  }
  add_any(key, time, cells, present);
}

void WindowGroup::add_any(KeyWindows& key, std::int64_t time, const Cell* cells,
                          std::uint64_t present) {
  Int128 values[kMaxColumns];
  present = convert(cells, present, values);
  if (key.empty() || is_small(key)) return add_small(key, time, values, present);

  LargeWindows large(context_, key.block);
  const std::int64_t last = large.last_time();
  time = std::max(time, last);
  if (time - last > longest_sliding_ && time >= expiry_after(last)) [[unlikely]] {
    large.release();
    return add_small(key, time, values, present);
  }
  large.add(time, values, present);
  if (layout_->has_text) {
    for (std::size_t c = 0; c < layout_->columns.size(); ++c) {
      if (layout_->columns[c].spec.kind != ColumnKind::kText) continue;
      if (((present >> c) & 1) != 0) TextCell::disown(context_.pool, values[c]);
    }
  }
  if (large.could_be_small()) [[unlikely]]
    demote(key);
}

// Texts in `values` become the block's.
void WindowGroup::add_small(KeyWindows& key, std::int64_t time, const Int128* values,
                            std::uint64_t present) {
  SmallWindows small(context_, key.block);
  if (!key.empty()) time = std::max(time, small.last_time());
  if (small.add(time, values, present)) return;
  promote(key);
  LargeWindows(context_, key.block).add(time, values, present);
  for (std::size_t c = 0; layout_->has_text && c < layout_->columns.size(); ++c) {
    if (layout_->columns[c].spec.kind != ColumnKind::kText) continue;
    if (((present >> c) & 1) != 0) TextCell::disown(context_.pool, values[c]);
  }
}

void WindowGroup::promote(KeyWindows& key) {
  std::byte* few = key.block;
  SmallWindows small(context_, few);
  key.block = nullptr;
  LargeWindows large(context_, key.block);
  bool created = false;
  small.for_each([&](std::int64_t time, const Int128* values, std::uint64_t present) {
    if (!created) large.create(time);
    created = true;
    large.add(time, values, present);
  });
  small.release();
}

void WindowGroup::demote(KeyWindows& key) {
  std::byte* many = key.block;
  LargeWindows large(context_, many);
  key.block = nullptr;
  SmallWindows small(context_, key.block);
  large.for_each_record([&](std::int64_t time, const Int128* values, std::uint64_t present) {
    Int128 owned[kMaxColumns];
    for (std::size_t c = 0; c < layout_->columns.size(); ++c) {
      const bool text = layout_->columns[c].spec.kind == ColumnKind::kText;
      const bool there = ((present >> c) & 1) != 0;
      owned[c] = text && there ? TextCell::clone(context_.pool, values[c]) : values[c];
    }
    static_cast<void>(small.add(time, owned, present));
  });
  large.release();
}

// A key without events.
Reading WindowGroup::read_empty(const AggregatePlan& plan) const {
  const bool has_column = plan.spec.column != AggregateSpec::kNoColumn;
  switch (plan.spec.kind) {
    case Aggregate::kCount:
    case Aggregate::kSum:
      return reading_of(
          plan.spec, has_column ? layout_->columns[plan.spec.column].spec.kind : ColumnKind::kInt64,
          Totals{}, 0);
    default:
      return Reading::absent();
  }
}

Reading WindowGroup::read(KeyWindows& key, std::int64_t time, std::size_t aggregate) {
  const AggregatePlan& plan = layout_->aggregates[aggregate];
  if (key.empty()) return read_empty(plan);
  if (is_small(key)) {
    const SmallWindows small(context_, key.block);
    return small.read(plan, std::max(time, small.last_time()));
  }
  LargeWindows large(context_, key.block);
  return large.read(plan, std::max(time, large.last_time()));
}

void WindowGroup::read_all(KeyWindows& key, std::int64_t time, Reading* out) {
  const std::vector<AggregatePlan>& plans = layout_->aggregates;
  if (key.empty()) {
    for (std::size_t i = 0; i < plans.size(); ++i) out[i] = read_empty(plans[i]);
  } else if (is_small(key)) {
    const SmallWindows small(context_, key.block);
    time = std::max(time, small.last_time());
    for (std::size_t i = 0; i < plans.size(); ++i) out[i] = small.read(plans[i], time);
  } else {
    LargeWindows large(context_, key.block);
    time = std::max(time, large.last_time());
    for (std::size_t i = 0; i < plans.size(); ++i) out[i] = large.read(plans[i], time);
  }
}

void WindowGroup::trim(KeyWindows& key, std::int64_t time) {
  if (key.empty()) return;
  const std::int64_t last = last_time(key);
  time = std::max(time, last);
  if (time >= expiry_after(last)) return release(key);
  if (is_small(key)) return SmallWindows(context_, key.block).trim(time);
  LargeWindows large(context_, key.block);
  large.trim(time);
  if (large.could_be_small()) demote(key);
}

void WindowGroup::release(KeyWindows& key) {
  if (key.empty()) return;
  if (is_small(key)) {
    SmallWindows(context_, key.block).release();
  } else {
    LargeWindows(context_, key.block).release();
  }
}

std::size_t WindowGroup::bytes(const KeyWindows& key) const {
  if (key.empty()) return 0;
  std::byte* block = key.block;
  if (is_small(key)) return SmallWindows(context_, block).bytes();
  return LargeWindows(context_, block).bytes();
}

}  // namespace weir::state
