// Lists and tables (language L4.3): sets of values that may run out, and rows found by a key.
//
// Used by the evaluator for `x in list`, `x in [..]` and `table[x].column`, filled from files by
// the compiler and changed by rules and the API through the runtime. Reading is safe from many
// threads; a change is not, and the runtime keeps them apart.
//
// Invariants
// 1. Everything that is put in is copied: strings live in the set or table.
// 2. Whether a value is in depends on the set's contents and the time asked for only, never on
//    when expire() ran.
// 3. An ip set holds prefixes over 128 bit (a single address has 128); an address is in if any
//    prefix covers it. Look-up costs one probe for each different prefix length in the set.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "event/schema.h"
#include "event/value.h"
#include "nfa/program.h"

namespace weir::nfa {

// Equality and hash of present values of one class, over their bytes (XXH3; -0.0 is 0.0).
[[nodiscard]] bool equal_values(ValueClass c, const event::Value& a, const event::Value& b);
[[nodiscard]] std::uint64_t hash_value(ValueClass c, const event::Value& value);

// Holds a copy of what long strings point to. Moving it keeps the bytes in place.
class OwnedValue {
 public:
  OwnedValue() = default;
  OwnedValue(ValueClass c, const event::Value& value);
  [[nodiscard]] const event::Value& get() const { return value_; }

 private:
  event::Value value_;
  std::unique_ptr<char[]> text_;
};

class DataSet {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  explicit DataSet(ValueClass value_class) : class_(value_class) {}

  [[nodiscard]] ValueClass value_class() const { return class_; }
  // Entries, those that have run out but were not swept yet included.
  [[nodiscard]] std::size_t size() const { return live_; }
  // True if it was not in. An entry that is in keeps the later of both times.
  bool insert(const event::Value& value, std::int64_t last_ms = kNever) {
    return insert_prefix(value, 128, last_ms);
  }
  // As written `ADDRESS/BITS`; the bits past the prefix are cleared.
  bool insert_prefix(const event::Value& value, std::uint8_t bits, std::int64_t last_ms = kNever);
  // True if it was in.
  bool erase(const event::Value& value, std::uint8_t bits = 128);
  // An entry is in up to and including its last_ms.
  [[nodiscard]] bool contains(const event::Value& value, std::int64_t now_ms) const;
  // Forgets the entries that are out at now_ms; gives their number.
  std::size_t expire(std::int64_t now_ms);

  struct Entry {
    event::Value value;
    std::uint8_t bits = 128;
    std::int64_t last_ms = kNever;
  };
  // By value bytes, for printing and checkpoints; the values point into the set.
  [[nodiscard]] std::vector<Entry> sorted_entries() const;

  void append_bytes(base::ByteWriter& out) const;
  [[nodiscard]] static base::Result<DataSet> read(base::ByteReader& in);

 private:
  struct Node {
    OwnedValue value;
    std::uint64_t hash = 0;
    std::int64_t last_ms = kNever;
    std::uint8_t bits = 128;
    bool live = false;
  };
  static constexpr std::uint32_t kFree = UINT32_MAX;

  [[nodiscard]] std::uint64_t hash_of(const event::Value& value, std::uint8_t bits) const;
  [[nodiscard]] const Node* find(const event::Value& value, std::uint8_t bits) const;
  [[nodiscard]] Node* find(const event::Value& value, std::uint8_t bits) {
    return const_cast<Node*>(static_cast<const DataSet*>(this)->find(value, bits));
  }
  void rebuild();
  void note_length(std::uint8_t bits, int change);

  ValueClass class_;
  std::vector<Node> nodes_;           // dead ones are dropped by rebuild()
  std::vector<std::uint32_t> index_;  // open addressing, linear probing; size a power of two
  std::size_t live_ = 0;
  std::vector<std::uint8_t> lengths_;         // of prefixes, each once, longest first
  std::vector<std::uint32_t> length_counts_;  // parallel
};

class DataTable {
 public:
  struct Column {
    std::string name;
    event::Type type;
    bool optional = false;
    friend bool operator==(const Column&, const Column&) = default;
  };
  DataTable(std::vector<Column> columns, std::size_t key);

  [[nodiscard]] const std::vector<Column>& columns() const { return columns_; }
  [[nodiscard]] std::size_t key() const { return key_; }
  [[nodiscard]] std::size_t rows() const {
    return columns_.empty() ? 0 : cells_.size() / columns_.size();
  }
  [[nodiscard]] VerifyContext::Table shape() const;

  // Null: absent. Valid until a row is added.
  [[nodiscard]] const event::Value* cell(std::size_t row, std::size_t column) const;

  // One value a column. False, and nothing added, if the key is absent or is there already.
  bool add_row(std::span<const event::Value> values, std::span<const bool> present);
  // The value in the key's row; null: no such row, or absent in it.
  [[nodiscard]] const event::Value* find(const event::Value& key, std::size_t column) const;

  void append_bytes(base::ByteWriter& out) const;
  [[nodiscard]] static base::Result<DataTable> read(base::ByteReader& in);

 private:
  static constexpr std::uint32_t kFree = UINT32_MAX;
  [[nodiscard]] std::uint32_t find_row(const event::Value& key) const;
  void index_row(std::uint32_t row);
  void grow();

  std::vector<Column> columns_;
  std::size_t key_;
  std::vector<OwnedValue> cells_;     // row by row
  std::vector<bool> present_;         // likewise
  std::vector<std::uint32_t> index_;  // rows by hash of the key; size a power of two
};

}  // namespace weir::nfa
