#include "runtime/stream_stage.h"

#include <algorithm>
#include <iterator>

#include "base/bytes.h"
#include "base/hash.h"
#include "event/record_json.h"
#include "runtime/feature_cells.h"
#include "runtime/key_codec.h"
#include "runtime/key_map.h"

namespace weir::runtime {
namespace {

// FROZEN: what a result is called, in matches and in the ids of alerts.
base::Hash128 identity_of(const nfa::StreamImage& stream, std::string_view key,
                          std::int64_t end_ms) {
  base::ByteWriter out;
  out.string(stream.name);
  for (const nfa::FeatureImage& column : stream.columns) out.string(column.state_identity);
  out.string(key);
  out.i64(end_ms);
  return base::hash128(out.bytes());
}

}  // namespace

StreamShard::StreamShard(const LoadedImage& loaded, std::size_t stage, const EngineOptions& options,
                         std::size_t shard, std::size_t shards)
    : loaded_(loaded),
      keep_raw_(options.keep_raw),
      shard_(shard),
      shards_(shards),
      context_(loaded.conditions),
      by_type_(loaded.image->schema.types.size()) {
  std::size_t columns = 0;
  for (std::uint32_t s = 0; s < loaded.streams.size(); ++s) {
    const LoadedStream& stream = loaded.streams[s];
    if (stream.image->stage != stage) continue;
    OpenStream& open = streams_.emplace_back();
    open.stream = s;
    open.keys = std::make_unique<WindowTable>(pool_);
    for (std::uint32_t g = 0; g < stream.columns.groups.size(); ++g) {
      const FeatureGroup& group = stream.columns.groups[g];
      open.groups.push_back(std::make_unique<state::WindowGroup>(
          group.layout, pool_, state::WindowGroup::Options{.few = options.few_events}));
      by_type_[group.source.index()].push_back(
          {static_cast<std::uint32_t>(streams_.size() - 1), g});
      columns = std::max(columns, group.columns.size());
    }
  }
  cells_.resize(columns);
}

StreamShard::~StreamShard() {
  for (OpenStream& open : streams_) {
    open.keys->for_each([&](WindowEntry& entry) {
      for (HeldWindows& held : entry.held) open.groups[held.group]->release(held.windows);
    });
  }
}

// ---- events ------------------------------------------------------------------------------------

void StreamShard::run(std::span<const Turn> turns, std::int64_t clock_ms) {
  results_.clear();
  arena_.reset();
  for (std::uint32_t t = 0; t < turns.size(); ++t) {
    const Turn& turn = turns[t];
    close_before(turn.clock_ms);
    const auto& counts = by_type_[turn.row->type.index()];
    if (counts.empty()) continue;
    context_.begin(*turn.row, t);
    for (const Count& each : counts) count(each, *turn.row, turn.clock_ms);
  }
  close_before(clock_ms);
}

std::int64_t StreamShard::window_end(const LoadedStream& stream, std::int64_t ts_ms) const {
  if (stream.calendar != nullptr) return stream.calendar->unit_of(ts_ms).end;
  const std::int64_t length = stream.image->window.length_ms;
  const std::int64_t into = ts_ms % length;
  return ts_ms - into + (into < 0 ? 0 : length);
}

void StreamShard::count(const Count& count, const event::Row& row, std::int64_t clock_ms) {
  OpenStream& open = streams_[count.open];
  const LoadedStream& stream = loaded_.streams[open.stream];
  const FeatureGroup& group = stream.columns.groups[count.group];
  key_.clear();
  for (std::size_t k = 0; k < group.key.size(); ++k) {
    if (!row.has(group.key[k])) return;
    append_key_value(stream.key_kinds[k], row.slots[group.key[k]], key_);
  }
  const std::uint64_t hash = hash_key(key_);
  if (shard_of(hash, shards_) != shard_) return;
  const bool counts =
      std::ranges::all_of(group.where, [this](nfa::PredicateId id) { return context_.test(id); });
  if (!counts) return;
  const std::int64_t end_ms = window_end(stream, row.ts_ms);
  if (end_ms <= clock_ms) {
    ++late_;
    return;
  }
  open.end_ms = end_ms;
  WindowEntry* entry = open.keys->find(key_, hash);
  if (entry == nullptr) entry = open.keys->insert(key_, hash);
  HeldWindows* held = WindowTable::find_group(*entry, count.group);
  if (held == nullptr) held = &open.keys->add_group(*entry, count.group);
  std::uint64_t present = 0;
  for (std::size_t c = 0; c < group.columns.size(); ++c) {
    if (!row.has(group.columns[c].slot)) continue;
    cells_[c] = cell_of(group.columns[c], row.slots[group.columns[c].slot]);
    present |= std::uint64_t{1} << c;
  }
  open.groups[count.group]->add(held->windows, row.ts_ms, cells_.data(), present);
}

// ---- results -----------------------------------------------------------------------------------

void StreamShard::close_before(std::int64_t clock_ms) {
  for (OpenStream& open : streams_) {
    if (open.keys->size() > 0 && open.end_ms <= clock_ms) close(open);
  }
}

void StreamShard::close(OpenStream& open) {
  std::vector<WindowEntry*> entries;
  open.keys->for_each([&](WindowEntry& entry) { entries.push_back(&entry); });
  for (WindowEntry* entry : entries) {
    results_.push_back(
        {open.stream, open.end_ms - 1, arena_.copy(entry->key()), row_of(open, *entry)});
    for (HeldWindows& held : entry->held) open.groups[held.group]->release(held.windows);
    open.keys->erase(entry);
  }
}

const event::Row* StreamShard::row_of(OpenStream& open, WindowEntry& entry) {
  const LoadedStream& stream = loaded_.streams[open.stream];
  const auto& fields = loaded_.image->schema.types[stream.image->type.index()].fields;
  auto* slots = arena_.allocate_array<event::Value>(fields.size());
  const std::size_t words = event::presence_words(fields.size());
  auto* present = arena_.allocate_array<std::uint64_t>(words);
  std::fill_n(slots, fields.size(), event::Value());
  std::fill_n(present, words, 0);
  put_key(stream, entry.key(), slots, present);
  for (std::size_t c = 0; c < stream.image->columns.size(); ++c) {
    const std::size_t slot = stream.key_kinds.size() + c;
    if (read(open, entry, c, &slots[slot])) event::set_present(present, slot);
  }
  auto* row = new (arena_.allocate(sizeof(event::Row))) event::Row;
  row->type = stream.image->type;
  row->ts_ms = open.end_ms - 1;
  row->seq = event::Row::kNoPosition;
  row->slots = slots;
  row->present = present;
  row->identity = arena_.copy(identity_of(*stream.image, entry.key(), open.end_ms).hex());
  if (keep_raw_) {
    std::string text;
    event::append_record_json(text, loaded_.image->schema, *row);
    row->raw = arena_.copy(text);
  }
  return row;
}

void StreamShard::put_key(const LoadedStream& stream, std::string_view key, event::Value* slots,
                          std::uint64_t* present) {
  const std::string_view kept = arena_.copy(key);
  decode_key(stream.key_kinds, kept, key_values_, key_texts_);
  for (std::size_t k = 0; k < key_values_.size(); ++k) {
    slots[k] = key_values_[k];
    if (stream.key_kinds[k] == event::TypeKind::kString) {
      slots[k] = event::Value::of_string(arena_.copy(key_values_[k].string.view()));
    }
    event::set_present(present, k);
  }
}

bool StreamShard::read(OpenStream& open, WindowEntry& entry, std::size_t column,
                       event::Value* out) {
  const LoadedStream& stream = loaded_.streams[open.stream];
  const FeaturePlace& place = stream.columns.places[column];
  state::KeyWindows nothing;
  HeldWindows* held = WindowTable::find_group(entry, place.group);
  const state::Reading reading = open.groups[place.group]->read(
      held != nullptr ? held->windows : nothing, open.end_ms - 1, place.aggregate);
  switch (reading.kind) {
    case state::Reading::Kind::kAbsent:
      return false;
    case state::Reading::Kind::kOverflow:
      break;
    case state::Reading::Kind::kFloat:
      *out = event::Value::of_float(reading.real);
      return true;
    case state::Reading::Kind::kText:
      *out = event::Value::of_string(arena_.copy(reading.text()));
      return true;
    case state::Reading::Kind::kExact:
      if (exact_value(stream.image->columns[column].result.kind, reading.exact, out)) return true;
      break;
  }
  ++overflow_;
  return false;
}

void StreamShard::add_stats(EngineStats& stats) const {
  stats.late_for_streams += late_;
  stats.overflow += overflow_;
  stats.state_bytes += pool_.bytes_in_use();
  for (const OpenStream& open : streams_) stats.state_bytes += open.keys->bytes();
}

// ---- the stage ---------------------------------------------------------------------------------

StreamStage::StreamStage(const LoadedImage& loaded, std::size_t stage, const EngineOptions& options,
                         std::size_t shards) {
  const bool any = std::ranges::any_of(
      loaded.streams, [&](const LoadedStream& stream) { return stream.image->stage == stage; });
  for (std::size_t i = 0; any && i < shards; ++i) {
    shards_.push_back(std::make_unique<StreamShard>(loaded, stage, options, i, shards));
  }
}

void StreamStage::run(std::span<const Turn> turns, std::int64_t clock_ms,
                      base::Executor* executor) {
  results_.clear();
  base::for_each(executor, shards_.size(),
                 [&](std::size_t s) { shards_[s]->run(turns, clock_ms); });
  for (const auto& shard : shards_) {
    std::ranges::copy(shard->results(), std::back_inserter(results_));
  }
}

void StreamStage::add_stats(EngineStats& stats) const {
  for (const auto& shard : shards_) shard->add_stats(stats);
}

}  // namespace weir::runtime
