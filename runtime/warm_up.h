// When the input of each rule that has to be warm began (language L3.6, reading R11): at the first
// event of one of its types that has a key. Looked for in the order of turns, before they are
// shared out; read by the shards. Not thread-safe while it looks.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "runtime/loaded_image.h"
#include "runtime/turn.h"

namespace weir::runtime {

class WarmUp {
 public:
  // Of the rules of a stage.
  WarmUp(const LoadedImage& loaded, std::size_t stage);

  void see(std::span<const Turn> turns);
  // Whether at ts_ms the rule has seen as much of its input as its leading absences want; true for
  // a rule that has none.
  [[nodiscard]] bool is_warm(std::uint32_t rule, std::int64_t ts_ms) const {
    const std::int64_t wanted = warm_after_ms_[rule];
    return wanted == 0 || ts_ms - first_seen_ms_[rule] >= wanted;
  }

 private:
  [[nodiscard]] bool has_key(const RuleOfType& of_type, const event::Row& row);

  const LoadedStage& stage_;
  std::vector<std::int64_t> first_seen_ms_;         // by rule
  std::vector<std::int64_t> warm_after_ms_;         // by rule: its longest leading absence
  std::vector<std::vector<std::uint32_t>> unseen_;  // by type: places in by_type
  std::vector<bool> seen_;                          // by rule
  std::size_t left_ = 0;                            // entries of unseen_
  std::string key_;
};

}  // namespace weir::runtime
