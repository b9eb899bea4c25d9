#include "runtime/feature_router.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/mutants.h"
#include "runtime/key_codec.h"
#include "runtime/key_map.h"

namespace weir::runtime {

void FeatureRouter::enrich(std::span<Turn> turns, std::size_t begin, std::size_t end,
                           FeatureChunk& chunk) const {
  chunk.begin = begin;
  if (chunk.rows.size() < end - begin) chunk.rows.resize(end - begin);
  for (std::size_t i = begin; i < end; ++i) {
    const event::Row& row = *turns[i].row;
    const FeatureSlots slots = loaded_.features.slots[row.type.index()];
    if (slots.declared == slots.all) continue;
    FeatureChunk::Enriched& to = chunk.rows[i - begin];
    const std::size_t words = event::presence_words(slots.all);
    char* memory = chunk.arena->allocate(slots.all * sizeof(event::Value) + words * 8);
    to.slots = reinterpret_cast<event::Value*>(memory);
    to.present = reinterpret_cast<std::uint64_t*>(to.slots + slots.all);
    std::memcpy(static_cast<void*>(to.slots), row.slots, slots.declared * sizeof(event::Value));
    for (std::size_t f = slots.declared; f < slots.all; ++f) to.slots[f] = event::Value();
    const std::size_t copied = event::presence_words(slots.declared);
    for (std::size_t w = 0; w < words; ++w) to.present[w] = w < copied ? row.present[w] : 0;
    if (const unsigned last = slots.declared % 64; last != 0) {
      to.present[slots.declared / 64] &= (std::uint64_t{1} << last) - 1;
    }
    to.row = row;
    to.row.slots = to.slots;
    to.row.present = to.present;
    turns[i].row = &to.row;
  }
}

void FeatureRouter::adopt(std::span<const Turn> turns, std::size_t begin, std::size_t end,
                          FeatureChunk& chunk) const {
  chunk.begin = begin;
  if (chunk.rows.size() < end - begin) chunk.rows.resize(end - begin);
  for (std::size_t i = begin; i < end; ++i) {
    const event::Row& row = *turns[i].row;
    const FeatureSlots slots = loaded_.features.slots[row.type.index()];
    if (slots.declared == slots.all) continue;
    // The memory is the engine's own: it only looks constant to those who read rows.
    FeatureChunk::Enriched& to = chunk.rows[i - begin];
    to.slots = const_cast<event::Value*>(row.slots);
    to.present = const_cast<std::uint64_t*>(row.present);
  }
}

void FeatureRouter::route(std::span<const Turn> turns, std::size_t begin, std::size_t end,
                          std::size_t level, FeatureChunk& chunk) {
  chunk.clear_ops();
  const auto& by_type = loaded_.features.levels[level];
  for (std::size_t i = begin; i < end; ++i) {
    const event::Row& row = *turns[i].row;
    const auto& accesses = by_type[row.type.index()];
    if (accesses.empty()) continue;
    context_.begin(row, static_cast<std::uint32_t>(i), turns[i].clock_ms);
    for (std::uint32_t a = 0; a < accesses.size(); ++a) {
      FeatureOp op;
      op.turn = static_cast<std::uint32_t>(i);
      op.access = a;
      route_access(accesses[a], row, op, chunk);
    }
  }
}

inline void FeatureRouter::route_access(const FeatureAccess& access, const event::Row& row,
                                        FeatureOp& op, FeatureChunk& chunk) {
  op.counts = access.always;
  if (access.asked != 0) op.counts |= counts(access);
  if (op.counts == 0 && access.before.empty() && access.after.empty()) return;
  const std::size_t at = chunk.key_bytes.size();
  if (!append_key(access, row, chunk.key_bytes)) return;
  op.dimension = access.dimension;
  op.bytes_at = static_cast<std::uint32_t>(at);
  op.bytes_size = static_cast<std::uint32_t>(chunk.key_bytes.size() - at);
  op.hash = hash_key(chunk.bytes(op));
  chunk.of_shard[shard_of(op.hash, chunk.of_shard.size())].push_back(op);
}

// Of the groups that have conditions.
std::uint64_t FeatureRouter::counts(const FeatureAccess& access) {
  std::uint64_t bits = 0;
  for (std::uint64_t left = access.asked; left != 0; left &= left - 1) {
    const auto i = static_cast<std::size_t>(std::countr_zero(left));
    const auto& where = loaded_.features.groups[access.updates[i]].where;
    const bool all = base::mutant(base::Mutant::kFeatureWhereIgnored) ||
                     std::ranges::all_of(where, [this](auto id) { return context_.test(id); });
    if (all) bits |= std::uint64_t{1} << i;
  }
  return bits;
}

inline bool FeatureRouter::append_key(const FeatureAccess& access, const event::Row& row,
                                      std::string& out) {
  for (const FeatureKeyPart& part : access.key) {
    if (part.from.slot != nfa::FeatureImage::kNoSlot) {
      if (!row.has(part.from.slot)) return false;
      append_key_value(part.kind, row.slots[part.from.slot], out);
    } else {
      event::Value value;
      const auto& program = loaded_.conditions.programs[part.from.program.index()];
      const auto input = context_.input(&row, nullptr, nullptr);
      if (!nfa::evaluate(program, input, context_.scratch(), &value)) return false;
      append_key_value(part.kind, value, out);
    }
  }
  return true;
}

}  // namespace weir::runtime
