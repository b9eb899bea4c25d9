#include "nfa/live_list.h"

#include <algorithm>
#include <utility>

namespace weir::nfa {

void LiveList::add(const event::Value& value, std::uint8_t bits, std::int64_t last_ms) {
  changed_ = true;
  added_.insert_prefix(value, bits, last_ms);
}

void LiveList::remove(const event::Value& value, std::uint8_t bits) {
  changed_ = true;
  added_.erase(value, bits);
  if (file_->last_ms(value, bits)) removed_.insert_prefix(value, bits);
}

std::shared_ptr<const DataSet> LiveList::replace_file(std::shared_ptr<const DataSet> file) {
  file_ = file.get();
  std::swap(owned_file_, file);
  DataSet still(value_class());
  for (const DataSet::Entry& entry : removed_.sorted_entries()) {
    if (file_->last_ms(entry.value, entry.bits)) still.insert_prefix(entry.value, entry.bits);
  }
  removed_ = std::move(still);
  return file;
}

void LiveList::reset() {
  added_ = DataSet(value_class());
  removed_ = DataSet(value_class());
  changed_ = false;
}

// Twice as many as were left the last time: each entry is looked at a few times at most.
void LiveList::sweep(std::int64_t now_ms) {
  constexpr std::size_t kFew = 64;
  if (added_.size() < sweep_at_) return;
  (void)added_.expire(now_ms);
  sweep_at_ = std::max(kFew, added_.size() * 2);
}

std::optional<LiveList::Entry> LiveList::find(const event::Value& value, std::uint8_t bits,
                                              std::int64_t now_ms) const {
  Entry entry;
  entry.value = value;
  entry.bits = bits;
  entry.last_ms = INT64_MIN;
  if (const auto last = file_->last_ms(value, bits); last && !removed_.last_ms(value, bits)) {
    entry.last_ms = *last;
    entry.from_file = true;
  }
  if (const auto last = added_.last_ms(value, bits)) {
    entry.last_ms = std::max(entry.last_ms, *last);
  }
  if (entry.last_ms == INT64_MIN || entry.last_ms < now_ms) return std::nullopt;
  return entry;
}

std::vector<LiveList::Entry> LiveList::entries(std::int64_t now_ms) const {
  std::vector<Entry> found;
  const auto take = [&](const DataSet::Entry& entry) {
    if (const auto in = find(entry.value, entry.bits, now_ms)) found.push_back(*in);
  };
  for (const DataSet::Entry& entry : file_->sorted_entries()) take(entry);
  const auto of_file = static_cast<std::ptrdiff_t>(found.size());
  for (const DataSet::Entry& entry : added_.sorted_entries()) {
    if (!file_->last_ms(entry.value, entry.bits)) take(entry);  // else it is there
  }
  std::inplace_merge(found.begin(), found.begin() + of_file, found.end(),
                     [this](const Entry& a, const Entry& b) { return added_.stands_before(a, b); });
  return found;
}

}  // namespace weir::nfa
