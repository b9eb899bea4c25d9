#include "runtime/warm_up.h"

#include <algorithm>

#include "runtime/key_codec.h"

namespace weir::runtime {

WarmUp::WarmUp(const LoadedImage& loaded, std::size_t stage)
    : stage_(loaded.stages[stage]),
      first_seen_ms_(loaded.image->rules.size(), 0),
      seen_(loaded.image->rules.size(), false) {
  for (const auto& rule : loaded.image->rules) {
    std::int64_t longest = 0;
    for (const auto& absence : rule.automaton.leading) {
      longest = std::max(longest, absence.duration_ms);
    }
    warm_after_ms_.push_back(longest);
  }
  for (const auto& rules : stage_.by_type) {
    auto& unseen = unseen_.emplace_back();
    for (std::uint32_t i = 0; i < rules.size(); ++i) {
      if (warm_after_ms_[rules[i].rule] > 0) unseen.push_back(i);
    }
    left_ += unseen.size();
  }
}

void WarmUp::see(std::span<const Turn> turns) {
  for (std::size_t t = 0; left_ > 0 && t < turns.size(); ++t) {
    const event::Row& row = *turns[t].row;
    auto& unseen = unseen_[row.type.index()];
    left_ -= std::erase_if(unseen, [&](std::uint32_t place) {
      const RuleOfType& of_type = stage_.by_type[row.type.index()][place];
      if (seen_[of_type.rule]) return true;
      if (!has_key(of_type, row)) return false;
      seen_[of_type.rule] = true;
      first_seen_ms_[of_type.rule] = row.ts_ms;
      return true;
    });
  }
}

bool WarmUp::has_key(const RuleOfType& of_type, const event::Row& row) {
  key_.clear();
  if (!of_type.by_part) return append_key(of_type.key, row, key_);
  return std::ranges::any_of(of_type.part_keys, [&](const PartKey& part) {
    key_.clear();
    return append_key(part.key, row, key_);
  });
}

}  // namespace weir::runtime
