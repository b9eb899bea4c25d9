#include "runtime/feature_router.h"

#include <algorithm>
#include <cstring>

#include "base/mutants.h"
#include "runtime/key_codec.h"
#include "runtime/key_map.h"

namespace weir::runtime {

void FeatureRouter::enrich(std::span<Turn> turns, std::size_t begin, std::size_t end,
                           FeatureChunk& chunk) const {
  const auto& schema = loaded_.image->schema;
  chunk.begin = begin;
  chunk.rows.clear();
  chunk.rows.resize(end - begin);
  for (std::size_t i = begin; i < end; ++i) {
    const event::Row& row = *turns[i].row;
    if (!loaded_.features.is_enriched(*loaded_.image, row.type)) continue;
    const std::size_t declared = loaded_.features.declared[row.type.index()];
    const std::size_t fields = schema.types[row.type.index()].fields.size();
    FeatureChunk::Enriched& to = chunk.rows[i - begin];
    to.slots = chunk.arena->allocate_array<event::Value>(fields);
    to.present = chunk.arena->allocate_array<std::uint64_t>(event::presence_words(fields));
    std::memcpy(static_cast<void*>(to.slots), row.slots, declared * sizeof(event::Value));
    std::memset(static_cast<void*>(to.slots + declared), 0,
                (fields - declared) * sizeof(event::Value));
    std::copy_n(row.present, event::presence_words(declared), to.present);
    for (std::size_t w = event::presence_words(declared); w < event::presence_words(fields); ++w) {
      to.present[w] = 0;
    }
    for (std::size_t f = declared; f < fields; ++f) event::set_absent(to.present, f);
    to.row = row;
    to.row.slots = to.slots;
    to.row.present = to.present;
    turns[i].row = &to.row;
  }
}

void FeatureRouter::route(std::span<const Turn> turns, std::size_t begin, std::size_t end,
                          std::size_t level, FeatureChunk& chunk) {
  chunk.clear_ops();
  for (std::size_t i = begin; i < end; ++i) {
    const event::Row& row = *turns[i].row;
    const auto& accesses = loaded_.features.levels[level][row.type.index()];
    if (accesses.empty()) continue;
    context_.begin(row, static_cast<std::uint32_t>(i));
    for (std::uint32_t a = 0; a < accesses.size(); ++a) {
      FeatureOp op;
      op.turn = static_cast<std::uint32_t>(i);
      op.access = a;
      route_access(accesses[a], row, op, chunk);
    }
  }
}

void FeatureRouter::route_access(const FeatureAccess& access, const event::Row& row, FeatureOp op,
                                 FeatureChunk& chunk) {
  op.counts = counts(access);
  if (op.counts == 0 && access.before.empty() && access.after.empty()) return;
  const std::size_t at = chunk.key_bytes.size();
  if (!append_key(access, row, chunk.key_bytes)) return;
  op.bytes_at = static_cast<std::uint32_t>(at);
  op.bytes_size = static_cast<std::uint32_t>(chunk.key_bytes.size() - at);
  op.hash = hash_key(chunk.bytes(op));
  chunk.of_shard[shard_of(op.hash, chunk.of_shard.size())].push_back(op);
}

std::uint64_t FeatureRouter::counts(const FeatureAccess& access) {
  std::uint64_t bits = 0;
  for (std::size_t i = 0; i < access.updates.size(); ++i) {
    const auto& where = loaded_.features.groups[access.updates[i]].where;
    const bool all = base::mutant(base::Mutant::kFeatureWhereIgnored) ||
                     std::ranges::all_of(where, [this](auto id) { return context_.test(id); });
    if (all) bits |= std::uint64_t{1} << i;
  }
  return bits;
}

bool FeatureRouter::append_key(const FeatureAccess& access, const event::Row& row,
                               std::string& out) {
  for (const FeatureKeyPart& part : access.key) {
    event::Value value;
    if (part.from.slot != nfa::FeatureImage::kNoSlot) {
      if (!row.has(part.from.slot)) return false;
      value = row.slots[part.from.slot];
    } else {
      const auto& program = loaded_.conditions.programs[part.from.program.index()];
      const auto input = context_.input(&row, nullptr, nullptr);
      if (!nfa::evaluate(program, input, context_.scratch(), &value)) return false;
    }
    append_key_value(part.kind, value, out);
  }
  return true;
}

}  // namespace weir::runtime
