// One value of a record, found and checked as text but not yet typed: what the scanners of JSON
// and CSV hand to the RecordDecoder. A view into the record's bytes.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace weir::event {

// A place in records that some type looks at; see DecodePlan.
using CaptureId = base::Id<struct CaptureTag, std::uint32_t>;

enum class TokenKind : std::uint8_t {
  kNone,  // not in the record
  kNull,  // null, or an empty cell: counts as absent
  kTrue,
  kFalse,
  kNumber,   // a valid JSON number
  kString,   // what stands between the quotes; escapes checked, not yet undone
  kObject,   // valid JSON text, braces included
  kArray,    // valid JSON text, brackets included
  kCell,     // a CSV cell: text that may mean any type
  kBlocked,  // a.b where a is neither an object nor absent
};
[[nodiscard]] std::string_view token_kind_name(TokenKind kind);  // "a string"; for messages

struct Token {
  const char* begin = nullptr;
  std::uint32_t size = 0;
  TokenKind kind = TokenKind::kNone;
  bool escaped = false;    // a string with a backslash in it
  bool duplicate = false;  // the record has it more than once

  [[nodiscard]] std::string_view text() const { return {begin, size}; }
};

// The tokens of the record at hand, by CaptureId. Starting a new record costs nothing: a token
// counts only if it carries the record's stamp.
class TokenTable {
 public:
  void resize(std::size_t captures) {
    entries_.assign(captures, {});
    stamp_ = 0;
  }
  void begin_record() { ++stamp_; }
  void put(CaptureId id, const Token& token) {
    Entry& entry = entries_[id.index()];
    const bool again = entry.stamp == stamp_;
    entry.token = token;
    entry.token.duplicate = again;
    entry.stamp = stamp_;
  }
  // The record has some part of what leads to `id` twice.
  void mark_duplicate(CaptureId id) {
    if (entries_[id.index()].stamp != stamp_) put(id, {});
    entries_[id.index()].token.duplicate = true;
  }
  [[nodiscard]] Token get(CaptureId id) const {
    const Entry& entry = entries_[id.index()];
    return entry.stamp == stamp_ ? entry.token : Token{};
  }

 private:
  struct Entry {
    Token token;
    std::uint64_t stamp = 0;
  };
  std::vector<Entry> entries_;
  std::uint64_t stamp_ = 0;
};

}  // namespace weir::event
