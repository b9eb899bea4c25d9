// What the values of one field of one event type have in common, gathered value by value, and the
// Weir type that follows from it. Used by the schema inference.
//
// Memory: bounded per field (kMaxDistinct hashes), whatever the file. Thread safety: none.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <unordered_set>
#include <vector>

#include "apps/schema/record_reader.h"

namespace weir::apps {

struct TypeGuess {
  std::string type{};    // Weir syntax, without the `?`: "decimal", "list of string", "enum(...)"
  bool known = true;     // false: no value seen; the type is a placeholder
  uint64_t misfits = 0;  // values that are not of the type
};

class FieldStatistics {
 public:
  // Distinct values are counted up to here; of a field that may be the identity, further.
  static constexpr size_t kMaxDistinct = 50'000;
  static constexpr size_t kMaxDistinctIds = 2'000'000;
  // An enum has at most so many values, each met so often in the mean.
  static constexpr size_t kMaxEnumValues = 16;
  static constexpr uint64_t kMinEnumUses = 10;

  explicit FieldStatistics(std::string path);

  void Add(const FieldValue& value);

  // CSV cells have no type of their own: one that is not a number makes the column a string.
  TypeGuess Guess(bool untyped_cells) const;

  const std::string& path() const { return path_; }
  uint64_t present() const { return present_; }    // not null
  uint64_t repeated() const { return repeated_; }  // records in which it stands twice
  uint64_t opaque() const { return opaque_; }
  // Hashes of the distinct values among the first `sampled` ones: once there are kMaxDistinct, no
  // more are looked at.
  const std::unordered_set<uint64_t>& hashes() const { return hashes_; }
  uint64_t sampled() const { return sampled_; }
  bool IsUnique() const { return hashes_.size() == sampled_; }
  // All values are times as Weir reads them: RFC 3339, or milliseconds since the epoch.
  bool IsTime() const;
  bool LooksLikeEpochSeconds() const;
  // All values are true or false, or 0 or 1.
  bool IsBinary() const;

 private:
  uint64_t Count(ScalarKind kind) const { return kinds_[static_cast<size_t>(kind)]; }
  std::string NumberType() const;
  std::string TextType() const;
  TypeGuess ListGuess() const;

  std::string path_;
  size_t max_distinct_;
  uint64_t present_ = 0;
  uint64_t sampled_ = 0;
  uint64_t repeated_ = 0;
  uint64_t opaque_ = 0;
  uint64_t geo_ = 0;
  uint64_t lists_ = 0;
  std::array<uint64_t, kScalarKinds> kinds_{};       // of scalars
  std::array<uint64_t, kScalarKinds> list_kinds_{};  // of the items of lists
  uint64_t epoch_ms_ = 0;                // integers that are milliseconds from 1973 to 2286
  uint64_t epoch_seconds_ = 0;           // the same in seconds
  std::unordered_set<uint64_t> hashes_;  // of the scalars' texts
  std::set<std::string> values_;         // the texts, while they are few
};

}  // namespace weir::apps
