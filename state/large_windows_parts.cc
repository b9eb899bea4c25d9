// The queues, sets, sketches, rank indices and last values of a LargeWindows.
#include <algorithm>
#include <cmath>

#include "base/mutants.h"
#include "state/large_windows.h"

namespace weir::state {
namespace {

// The hash of HyperLogLog: without a seed, since what it estimates is output.
std::uint64_t sketch_hash(const StructurePlan& plan, Int128 value) {
  if (plan.wide) return mix_key(static_cast<UInt128>(value), 0);
  return mix_key(static_cast<std::uint64_t>(value), 0);
}

template <typename Value>
typename ExtremeQueue<Value>::Order order_of(const StructurePlan& plan,
                                             const WindowLayout& layout) {
  return {.greatest = plan.greatest,
          .text = layout.columns[plan.column].spec.kind == ColumnKind::kText};
}

}  // namespace

template <typename Value>
void LargeWindows::push_queue(const StructurePlan& plan, std::int64_t time, Int128 value) {
  using Queue = ExtremeQueue<Value>;
  at<Queue>(plan.state)
      .push(context_.pool, order_of<Value>(plan, layout_), position(plan.window, time),
            static_cast<Value>(value), floor(plan.window, time),
            cursors<typename Queue::Cursor>(plan));
}

template <typename Key>
void LargeWindows::touch_set(const StructurePlan& plan, std::int64_t time, Int128 value) {
  using Set = RecencySet<Key>;
  const auto all = cursors<RecencyCursor>(plan);
  Set& set = at<Set>(plan.state);
  set.evict(context_.pool, context_.seed, floor(plan.window, time), all);
  set.touch(context_.pool, context_.seed, static_cast<Key>(value), position(plan.window, time),
            all);
}

void LargeWindows::touch_sketch(const StructurePlan& plan, std::int64_t time, Int128 value) {
  const auto all = cursors<RecencyCursor>(plan);
  SketchState& sketch = at<SketchState>(plan.state);
  const std::int64_t here = position(plan.window, time);
  const std::int64_t floor_now = floor(plan.window, time);
  const std::uint64_t hash = sketch_hash(plan, value);
  sketch.recent.evict(context_.pool, context_.seed, floor_now, all);
  sketch.recent.touch(context_.pool, context_.seed, hash, here, all);
  if (sketch.all.started()) {
    sketch.all.add(context_.pool, hash, here);
    // The set holds the whole window again, and by far.
    if (sketch.dropped < floor_now && sketch.recent.size() < SketchState::kExact / 2) {
      sketch.all.release(context_.pool);
    }
  }
  if (sketch.recent.size() <= SketchState::kExact) return;
  if (!sketch.all.started()) {
    sketch.recent.for_each([&](std::uint64_t key, std::int64_t position) {
      if (!sketch.all.started()) sketch.all.start(context_.pool, position);
      sketch.all.add(context_.pool, key, position);
    });
  }
  sketch.dropped = sketch.recent.evict_front(context_.pool, context_.seed, all);
}

void LargeWindows::set_last(const ColumnPlan& column, std::int64_t time, Int128 value) {
  auto& last = at<LastValue>(column.last);
  if (column.spec.kind == ColumnKind::kText) {
    if (last.present != 0) TextCell::disown(context_.pool, load_cell(last.cell));
    value = TextCell::clone(context_.pool, value);
  }
  last.time = time;
  last.seq = header().next_seq;
  std::memcpy(last.cell, &value, sizeof value);
  last.present = 1;
}

void LargeWindows::add_parts(std::int64_t time, const Int128* values, std::uint64_t present) {
  const auto has = [present](std::uint16_t column) { return ((present >> column) & 1) != 0; };
  for (const StructurePlan& plan : layout_.queues) {
    if (!has(plan.column)) continue;
    if (plan.wide) {
      push_queue<Int128>(plan, time, values[plan.column]);
    } else {
      push_queue<std::int64_t>(plan, time, values[plan.column]);
    }
  }
  for (const StructurePlan& plan : layout_.sets) {
    if (!has(plan.column)) continue;
    if (plan.wide) {
      touch_set<UInt128>(plan, time, values[plan.column]);
    } else {
      touch_set<std::uint64_t>(plan, time, values[plan.column]);
    }
  }
  for (const StructurePlan& plan : layout_.sketches) {
    if (has(plan.column)) touch_sketch(plan, time, values[plan.column]);
  }
  for (const std::uint16_t c : layout_.last_columns) {
    if (has(c)) set_last(layout_.columns[c], time, values[c]);
  }
}

void LargeWindows::trim_parts(std::int64_t time) {
  for (const StructurePlan& plan : layout_.queues) {
    const std::int64_t from = floor(plan.window, time);
    if (plan.wide) {
      at<ExtremeQueue<Int128>>(plan.state)
          .drop_front(context_.pool, order_of<Int128>(plan, layout_), from);
    } else {
      at<ExtremeQueue<std::int64_t>>(plan.state)
          .drop_front(context_.pool, order_of<std::int64_t>(plan, layout_), from);
    }
  }
  for (const StructurePlan& plan : layout_.sets) {
    const std::int64_t from = floor(plan.window, time);
    if (plan.wide) {
      at<RecencySet<UInt128>>(plan.state)
          .evict(context_.pool, context_.seed, from, cursors<RecencyCursor>(plan));
    } else {
      at<RecencySet<std::uint64_t>>(plan.state)
          .evict(context_.pool, context_.seed, from, cursors<RecencyCursor>(plan));
    }
  }
}

void LargeWindows::release_parts() {
  for (const StructurePlan& plan : layout_.queues) {
    if (plan.wide) {
      at<ExtremeQueue<Int128>>(plan.state).release(context_.pool, order_of<Int128>(plan, layout_));
    } else {
      at<ExtremeQueue<std::int64_t>>(plan.state)
          .release(context_.pool, order_of<std::int64_t>(plan, layout_));
    }
  }
  for (const StructurePlan& plan : layout_.sets) {
    if (plan.wide) {
      at<RecencySet<UInt128>>(plan.state).release(context_.pool);
    } else {
      at<RecencySet<std::uint64_t>>(plan.state).release(context_.pool);
    }
  }
  for (const StructurePlan& plan : layout_.sketches) {
    at<SketchState>(plan.state).recent.release(context_.pool);
    at<SketchState>(plan.state).all.release(context_.pool);
  }
  for (const RankPlan& plan : layout_.ranks) at<RankIndex>(plan.state).release(context_.pool);
  for (const ColumnPlan& column : layout_.columns) {
    if (!column.has_last || column.spec.kind != ColumnKind::kText) continue;
    const auto& last = at<LastValue>(column.last);
    if (last.present != 0) TextCell::disown(context_.pool, load_cell(last.cell));
  }
}

std::size_t LargeWindows::part_bytes() const {
  std::size_t total = 0;
  for (const StructurePlan& plan : layout_.queues) {
    total += plan.wide ? at<ExtremeQueue<Int128>>(plan.state).bytes(order_of<Int128>(plan, layout_))
                       : at<ExtremeQueue<std::int64_t>>(plan.state)
                             .bytes(order_of<std::int64_t>(plan, layout_));
  }
  for (const StructurePlan& plan : layout_.sets) {
    total += plan.wide ? at<RecencySet<UInt128>>(plan.state).bytes()
                       : at<RecencySet<std::uint64_t>>(plan.state).bytes();
  }
  for (const StructurePlan& plan : layout_.sketches) {
    total += at<SketchState>(plan.state).recent.bytes() + at<SketchState>(plan.state).all.bytes();
  }
  for (const RankPlan& plan : layout_.ranks) total += at<RankIndex>(plan.state).bytes();
  for (const ColumnPlan& column : layout_.columns) {
    if (!column.has_last || column.spec.kind != ColumnKind::kText) continue;
    const auto& last = at<LastValue>(column.last);
    if (last.present != 0) total += TextCell::bytes(load_cell(last.cell));
  }
  return total;
}

Reading LargeWindows::read_extreme(const AggregatePlan& plan, std::int64_t floor) {
  const StructurePlan& structure = layout_.queues[plan.structure];
  const ColumnKind kind = layout_.columns[structure.column].spec.kind;
  const auto read = [&]<typename Value>() {
    using Queue = ExtremeQueue<Value>;
    Value value;
    auto& cursor = cursors<typename Queue::Cursor>(structure)[plan.cursor];
    if (!at<Queue>(structure.state).read(floor, cursor, &value)) return Reading::absent();
    return value_reading(kind, value);
  };
  return structure.wide ? read.template operator()<Int128>()
                        : read.template operator()<std::int64_t>();
}

Reading LargeWindows::read_distinct(const AggregatePlan& plan, std::int64_t floor) {
  if (base::mutant(base::Mutant::kDistinctRemembers)) floor = INT64_MIN;
  const StructurePlan& structure = layout_.sets[plan.structure];
  const auto read = [&]<typename Key>() {
    using Set = RecencySet<Key>;
    return at<Set>(structure.state).count(floor, cursors<RecencyCursor>(structure)[plan.cursor]);
  };
  const std::uint32_t n = structure.wide ? read.template operator()<UInt128>()
                                         : read.template operator()<std::uint64_t>();
  return n > 0 ? Reading::of(n) : Reading::absent();
}

Reading LargeWindows::read_sketch(const AggregatePlan& plan, std::int64_t floor) {
  const StructurePlan& structure = layout_.sketches[plan.structure];
  SketchState& sketch = at<SketchState>(structure.state);
  auto& cursor = cursors<RecencyCursor>(structure)[0];
  std::int64_t n = sketch.recent.count(floor, cursor);
  if (sketch.dropped >= floor) n = std::llround(sketch.all.estimate(floor));
  return n > 0 ? Reading::of(n) : Reading::absent();
}

Reading LargeWindows::read_quantile(const AggregatePlan& plan, std::int64_t floor) {
  advance(layout_.windows[plan.spec.window], floor);
  const RankIndex& index = at<RankIndex>(layout_.ranks[plan.structure].state);
  if (index.size() == 0) return Reading::absent();
  const std::uint32_t low = index.select(nearest_rank(plan.spec.quantile, index.size()));
  // The ring holds fewer than 2^32 records: the low half of a number tells it.
  const std::uint64_t head = header().head_seq;
  const std::uint64_t seq =
      head + static_cast<std::uint32_t>(low - static_cast<std::uint32_t>(head));
  return value_reading(layout_.columns[plan.spec.column].spec.kind,
                       RecordFormat::load(record_of(seq), fields_, plan.spec.column));
}

Reading LargeWindows::read_last(const AggregatePlan& plan, std::int64_t floor) const {
  const ColumnPlan& column = layout_.columns[plan.spec.column];
  const auto& last = at<LastValue>(column.last);
  const bool numbers = layout_.windows[plan.spec.window].spec.kind == WindowKind::kLastEvents;
  const auto here = numbers ? static_cast<std::int64_t>(last.seq) : last.time;
  if (last.present == 0 || here < floor) return Reading::absent();
  return value_reading(column.spec.kind, load_cell(last.cell));
}

}  // namespace weir::state
