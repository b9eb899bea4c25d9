#include "apps/schema/field_statistics.h"

#include <algorithm>
#include <charconv>
#include <functional>
#include <utility>

#include "apps/schema/field_names.h"

namespace weir::apps {
namespace {

constexpr int64_t kFirstEpochMs = 100'000'000'000;    // 1973
constexpr int64_t kLastEpochMs = 10'000'000'000'000;  // 2286
constexpr int64_t kFirstEpochSecond = 500'000'000;    // 1985
constexpr int64_t kLastEpochSecond = 10'000'000'000;

}  // namespace

FieldStatistics::FieldStatistics(std::string path)
    : path_(std::move(path)), max_distinct_(IdRank(path_) > 0 ? kMaxDistinctIds : kMaxDistinct) {}

void FieldStatistics::Add(const FieldValue& value) {
  if (value.repeated) {  // the first one counts
    ++repeated_;
    return;
  }
  switch (value.shape) {
    case ValueShape::kOpaque:
      ++opaque_;
      return;
    case ValueShape::kGeo:
      ++geo_;
      ++present_;
      return;
    case ValueShape::kList:
      ++lists_;
      ++list_kinds_[static_cast<size_t>(value.kind)];
      ++present_;
      return;
    case ValueShape::kScalar:
      break;
  }
  ++kinds_[static_cast<size_t>(value.kind)];
  if (value.kind == ScalarKind::kNull) return;
  ++present_;
  if (hashes_.size() < max_distinct_) {
    hashes_.insert(std::hash<std::string>()(value.text));
    ++sampled_;
  }
  if (values_.size() <= kMaxEnumValues) values_.insert(value.text);
  if (value.kind != ScalarKind::kInt) return;
  int64_t number = 0;
  std::from_chars(value.text.data(), value.text.data() + value.text.size(), number);
  epoch_ms_ += number >= kFirstEpochMs && number <= kLastEpochMs;
  epoch_seconds_ += number >= kFirstEpochSecond && number <= kLastEpochSecond;
}

bool FieldStatistics::IsTime() const {
  if (present_ == 0) return false;
  return Count(ScalarKind::kTime) == present_ || epoch_ms_ == present_;
}

bool FieldStatistics::LooksLikeEpochSeconds() const {
  return present_ > 0 && epoch_seconds_ == present_;
}

bool FieldStatistics::IsBinary() const {
  if (present_ == 0) return false;
  if (Count(ScalarKind::kBool) == present_) return true;
  return Count(ScalarKind::kInt) == present_ &&
         std::ranges::all_of(values_, [](const std::string& v) { return v == "0" || v == "1"; });
}

std::string FieldStatistics::NumberType() const {
  if (Count(ScalarKind::kFloat) > 0) return "float";
  if (Count(ScalarKind::kDecimal) > 0) return SuggestsCoordinate(path_) ? "float" : "decimal";
  if (epoch_ms_ == present_ && SuggestsTime(path_)) return "time";
  // A sample of round amounts is no promise that the next has no cents.
  return SuggestsMoney(path_) ? "decimal" : "int";
}

std::string FieldStatistics::TextType() const {
  if (Count(ScalarKind::kTime) == present_) return "time";
  if (Count(ScalarKind::kIp) == present_) return "ip";
  const bool few = values_.size() <= kMaxEnumValues && values_.size() > 1 &&
                   present_ >= kMinEnumUses * values_.size();
  if (!few || SuggestsOpenSet(path_) || !std::ranges::all_of(values_, IsQuotable)) return "string";
  std::string type = "enum(";
  for (const std::string& value : values_) {
    if (type.back() != '(') type += ", ";
    type += "\"" + value + "\"";
  }
  return type + ")";
}

TypeGuess FieldStatistics::ListGuess() const {
  const auto count = [this](ScalarKind kind) { return list_kinds_[static_cast<size_t>(kind)]; };
  const uint64_t empty = count(ScalarKind::kNull);
  const uint64_t bools = count(ScalarKind::kBool);
  const uint64_t numbers =
      count(ScalarKind::kInt) + count(ScalarKind::kDecimal) + count(ScalarKind::kFloat);
  const uint64_t texts = lists_ - empty - bools - numbers;
  const uint64_t most = std::max({bools, numbers, texts});
  TypeGuess guess{.known = lists_ > empty, .misfits = present_ - empty - most};
  std::string item = "string";
  if (most == 0 || most == texts) {
    if (texts > 0 && count(ScalarKind::kIp) == texts) item = "ip";
    if (texts > 0 && count(ScalarKind::kTime) == texts) item = "time";
  } else if (most == bools) {
    item = "bool";
  } else {
    item = count(ScalarKind::kFloat) > 0     ? "float"
           : count(ScalarKind::kDecimal) > 0 ? "decimal"
                                             : "int";
  }
  guess.type = "list of " + item;
  return guess;
}

TypeGuess FieldStatistics::Guess(bool untyped_cells) const {
  if (present_ == 0) return {.type = "string", .known = false};
  const uint64_t bools = Count(ScalarKind::kBool);
  const uint64_t numbers =
      Count(ScalarKind::kInt) + Count(ScalarKind::kDecimal) + Count(ScalarKind::kFloat);
  const uint64_t texts =
      Count(ScalarKind::kTime) + Count(ScalarKind::kIp) + Count(ScalarKind::kString);
  if (untyped_cells && bools != present_ && numbers != present_) {
    return {.type = bools + numbers == 0 ? TextType() : "string"};
  }
  const uint64_t most = std::max({bools, numbers, texts, lists_, geo_});
  if (most == lists_) return ListGuess();
  TypeGuess guess{.misfits = present_ - most};
  if (most == geo_) {
    guess.type = "geo";
  } else if (most == texts) {
    guess.type = guess.misfits == 0 ? TextType() : "string";
  } else {
    guess.type = most == numbers ? NumberType() : "bool";
  }
  return guess;
}

}  // namespace weir::apps
