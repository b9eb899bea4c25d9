#include "state/window_group.h"

#include <algorithm>
#include <cmath>

#include "state/large_windows.h"
#include "state/plain_block.h"

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
  sliding_over_ = longest_sliding_ > 0 ? longest_sliding_ + 1 : 0;
}

std::int64_t WindowGroup::latest_expiry(std::int64_t last) {
  if (layout_->for_ever) return INT64_MAX;
  std::int64_t latest = last + sliding_over_;
  for (const std::uint16_t w : unit_windows_) latest = std::max(latest, clock_.expiry(w, last));
  return latest;
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
  if (!key.empty()) time = std::max(time, key.last_ms);
  if (!layout_->plain || !add_plain(key, time, cells)) add_any(key, time, cells, present);
  key.last_ms = time;
}

// False: it is for add_any() to do.
inline bool WindowGroup::add_plain(KeyWindows& key, std::int64_t time, const Cell* cells) {
  if (key.empty()) return make_lone(key, cells);
  if (time - key.last_ms > longest_sliding_) {
    release(key);
    return make_lone(key, cells);
  }
  if (key.is_lone()) give_block(key);
  if (is_small(key)) return PlainBlock(*layout_, key.block).add(time, cells);
  LargeWindows large(context_, key.block);
  large.add_plain(time, cells);
  if (large.could_be_small()) [[unlikely]]
    demote(key);
  return true;
}

// ---- an event alone ----------------------------------------------------------------------------

// The key is empty. False if the event cannot stand without a block.
inline bool WindowGroup::make_lone(KeyWindows& key, const Cell* cells) const {
  if (!layout_->lone) return false;
  const std::int64_t value = layout_->columns.empty() ? 0 : cells[0].integer;
  const auto up = static_cast<std::uint64_t>(value) << 1;
  if (static_cast<std::int64_t>(up) >> 1 != value) return false;
  key.block = reinterpret_cast<std::byte*>(up | 1);
  return true;
}

void WindowGroup::give_block(KeyWindows& key) {
  const Int128 value = key.lone_value();
  key.block = nullptr;
  static_cast<void>(SmallWindows(context_, key.block).add(key.last_ms, &value, ~std::uint64_t{0}));
}

inline Reading WindowGroup::read_lone(const AggregatePlan& plan, const KeyWindows& key,
                                      std::int64_t time) const {
  const bool held = time - key.last_ms <= layout_->sliding[plan.spec.window].length_ms;
  return quick_reading(plan, held ? 1 : 0, held ? key.lone_value() : 0);
}

// All aggregates of a key with a lone event.
void WindowGroup::read_all_lone(const KeyWindows& key, std::int64_t time, Reading* out) const {
  const KeyWindows lone = key;
  time = std::max(time, lone.last_ms);
  const AggregatePlan* plan = layout_->aggregates.data();
  for (std::size_t left = layout_->aggregates.size(); left > 0; --left, ++plan, ++out) {
    *out = read_lone(*plan, lone, time);
  }
}

// ---- all others --------------------------------------------------------------------------------

void WindowGroup::add_any(KeyWindows& key, std::int64_t time, const Cell* cells,
                          std::uint64_t present) {
  Int128 values[kMaxColumns];
  present = convert(cells, present, values);
  if (key.empty() || is_small(key)) return add_small(key, time, values, present);

  LargeWindows large(context_, key.block);
  const std::int64_t last = key.last_ms;
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
  time = std::max(time, key.last_ms);
  if (key.is_lone()) return read_lone(plan, key, time);
  if (!is_small(key)) return LargeWindows(context_, key.block).read(plan, time);
  if (plan.quick == AggregatePlan::Quick::kNone || !layout_->plain) {
    return SmallWindows(context_, key.block).read(plan, time);
  }
  const PlainBlock block(*layout_, key.block);
  const PlainBlock::Held held = block.held(layout_->sliding[plan.spec.window], time);
  return quick_reading(plan, held.count, held.sum);
}

void WindowGroup::read_all_others(KeyWindows& key, std::int64_t time, Reading* out) {
  const std::vector<AggregatePlan>& plans = layout_->aggregates;
  time = std::max(time, key.last_ms);
  if (key.empty()) {
    for (std::size_t i = 0; i < plans.size(); ++i) out[i] = read_empty(plans[i]);
  } else if (!is_small(key)) {
    LargeWindows large(context_, key.block);
    for (std::size_t i = 0; i < plans.size(); ++i) out[i] = large.read(plans[i], time);
  } else if (layout_->quick) {
    read_quick_block(key, time, out);
  } else {
    SmallWindows(context_, key.block).read_all(time, out);
  }
}

void WindowGroup::read_quick_block(const KeyWindows& key, std::int64_t time, Reading* out) const {
  const std::vector<AggregatePlan>& plans = layout_->aggregates;
  const PlainBlock block(*layout_, key.block);
  PlainBlock::Held held;
  for (std::size_t i = 0; i < plans.size(); ++i) {
    const std::uint16_t window = plans[i].spec.window;
    if (i == 0 || window != plans[i - 1].spec.window) {
      held = block.held(layout_->sliding[window], time);
    }
    out[i] = quick_reading(plans[i], held.count, held.sum);
  }
}

void WindowGroup::trim(KeyWindows& key, std::int64_t time) {
  if (key.empty()) return;
  time = std::max(time, key.last_ms);
  if (time >= expiry_after(key.last_ms)) return release(key);
  if (key.is_lone()) return;
  if (is_small(key)) return SmallWindows(context_, key.block).trim(time);
  LargeWindows large(context_, key.block);
  large.trim(time);
  if (large.could_be_small()) demote(key);
}

void WindowGroup::release_block(KeyWindows& key) {
  if (is_small(key)) {
    SmallWindows(context_, key.block).release();
  } else {
    LargeWindows(context_, key.block).release();
  }
}

std::size_t WindowGroup::bytes(const KeyWindows& key) const {
  if (key.empty() || key.is_lone()) return 0;
  std::byte* block = key.block;
  if (is_small(key)) return SmallWindows(context_, block).bytes();
  return LargeWindows(context_, block).bytes();
}

}  // namespace weir::state
