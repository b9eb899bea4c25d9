// A list as it is now (language L4.3): what its file says, and what rules and the API have changed
// since.
//
// The file's entries are shared and stay as they are; the changes lie over them. So a list of
// millions costs an engine nothing until something changes, and then as much as the changes. Used
// by the evaluator for `x in list`; owned and changed by the runtime (runtime/live_lists.h).
// Reading is safe from many threads; a change is not.
//
// Invariants
// 1. What was added is in until its time, whatever the file says then.
// 2. What was removed of the file's entries is out as long as the file has it: an entry that is
//    gone from the file, and comes back later, is in again. What is added behind a removal is in
//    for its own time only.
// 3. A removal takes away the entry that says the same, a network or an address: a network that
//    covers the address stays.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "nfa/dataset.h"

namespace weir::nfa {

class LiveList {
 public:
  // `file`: what the image has; must outlive this, or replace_file().
  explicit LiveList(const DataSet& file)
      : file_(&file), added_(file.value_class()), removed_(file.value_class()) {}

  [[nodiscard]] ValueClass value_class() const { return added_.value_class(); }

  [[nodiscard]] bool contains(const event::Value& value, std::int64_t now_ms) const {
    if (!changed_) return file_->contains(value, now_ms);
    return added_.contains(value, now_ms) ||
           file_->contains(value, now_ms, removed_.empty() ? nullptr : &removed_);
  }

  // In up to and including last_ms. What is in already keeps the later of both times.
  void add(const event::Value& value, std::uint8_t bits, std::int64_t last_ms);
  void remove(const event::Value& value, std::uint8_t bits);
  // The file has been read anew: all at once, changes stay. Gives back what the last call gave.
  std::shared_ptr<const DataSet> replace_file(std::shared_ptr<const DataSet> file);
  // Forgets all changes.
  void reset();
  // Forgets what is out at now_ms, if that is worth looking for.
  void sweep(std::int64_t now_ms);

  // Its value is as it was asked for, or points into the list and is good until that changes.
  struct Entry : DataSet::Entry {
    bool from_file = false;
  };
  // The entry that says the same, if it is in; an address that only a network covers has none.
  [[nodiscard]] std::optional<Entry> find(const event::Value& value, std::uint8_t bits,
                                          std::int64_t now_ms) const;
  // All that are in, by value bytes.
  [[nodiscard]] std::vector<Entry> entries(std::int64_t now_ms) const;
  // Entries of the file, and those added; what ran out and was not swept yet counts.
  [[nodiscard]] std::size_t size() const {
    return file_->size() + added_.size() - removed_.size();
  }
  [[nodiscard]] std::size_t bytes() const { return added_.bytes() + removed_.bytes(); }

 private:
  const DataSet* file_;
  std::shared_ptr<const DataSet> owned_file_;  // what file_ points to, once it was replaced
  DataSet added_;
  DataSet removed_;  // entries of the file
  bool changed_ = false;
  std::size_t sweep_at_ = 64;  // entries of added_
};

}  // namespace weir::nfa
