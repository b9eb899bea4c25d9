// Gives events room for the values of features, and finds out which keys of features they deal with
// and in which windows they count (language L4.1). As the Router does for rules. It changes nothing
// but the chunk and its own scratch, so several may work beside each other. Not thread-safe.
//
// Cost: each distinct condition at most once an event and level; one key and one hash an access.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "nfa/event_context.h"
#include "runtime/feature_chunk.h"
#include "runtime/loaded_image.h"
#include "runtime/turn.h"

namespace weir::runtime {

class FeatureRouter {
 public:
  explicit FeatureRouter(const LoadedImage& loaded)
      : loaded_(loaded), context_(loaded.conditions) {}

  // Makes rows that can be written of turns[begin..end), where their types need it: the turns point
  // to those from now on.
  void enrich(std::span<Turn> turns, std::size_t begin, std::size_t end, FeatureChunk& chunk) const;
  // Rows of turns[begin..end) that were enriched before, or made with room for features.
  void adopt(std::span<const Turn> turns, std::size_t begin, std::size_t end,
             FeatureChunk& chunk) const;
  // What these turns do with the features of a level, all lower levels being done.
  void route(std::span<const Turn> turns, std::size_t begin, std::size_t end, std::size_t level,
             FeatureChunk& chunk);

  [[nodiscard]] std::vector<nfa::CountedPredicate>& counted() { return context_.counted(); }
  // What expressions in keys (`F[x]`) counted.
  [[nodiscard]] const nfa::EvalCounters& counters() const { return context_.counters(); }

 private:
  void route_access(const FeatureAccess& access, const event::Row& row, FeatureOp& op,
                    FeatureChunk& chunk);
  [[nodiscard]] std::uint64_t counts(const FeatureAccess& access);
  [[nodiscard]] bool append_key(const FeatureAccess& access, const event::Row& row,
                                std::string& out);

  const LoadedImage& loaded_;
  nfa::EventContext context_;
};

}  // namespace weir::runtime
