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
#include <optional>
#include <span>
#include <string>
#include <string_view>
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

// Bytes that stay where they are, packed one behind the other; given back all at once. Moving it
// keeps them in place.
class PackedText {
 public:
  [[nodiscard]] std::string_view keep(std::string_view text);
  [[nodiscard]] std::size_t bytes() const { return bytes_; }

 private:
  std::vector<std::unique_ptr<char[]>> chunks_;
  char* next_ = nullptr;
  std::size_t left_ = 0;
  std::size_t bytes_ = 0;  // of all chunks
};

// Compact: 16 bytes an entry, 5 bytes for each of its 1.33 to 2.67 slots, and the bytes of a string
// of more than 12. What only some sets have (times, prefixes) costs the others nothing.
class DataSet {
 public:
  static constexpr std::int64_t kNever = std::numeric_limits<std::int64_t>::max();

  explicit DataSet(ValueClass value_class) : class_(value_class) {}

  [[nodiscard]] ValueClass value_class() const { return class_; }
  // Entries, those that have run out but were not swept yet included.
  [[nodiscard]] std::size_t size() const { return values_.size() - dead_count_; }
  [[nodiscard]] bool empty() const { return size() == 0; }
  // That many more will come; a set of no more takes no more memory than it needs.
  void reserve(std::size_t more);
  // True if it was not in. An entry that is in keeps the later of both times.
  bool insert(const event::Value& value, std::int64_t last_ms = kNever) {
    return insert_prefix(value, 128, last_ms);
  }
  // As written `ADDRESS/BITS`; the bits past the prefix are cleared.
  bool insert_prefix(const event::Value& value, std::uint8_t bits, std::int64_t last_ms = kNever);
  // True if it was in.
  bool erase(const event::Value& value, std::uint8_t bits = 128);
  // An entry is in up to and including its last_ms. `without`: entries that do not count; null:
  // all do.
  [[nodiscard]] bool contains(const event::Value& value, std::int64_t now_ms,
                              const DataSet* without = nullptr) const;
  // Of the entry that is this value, or this prefix; nothing: there is none.
  [[nodiscard]] std::optional<std::int64_t> last_ms(const event::Value& value,
                                                    std::uint8_t bits = 128) const;
  // Forgets the entries that are out at now_ms; gives their number.
  std::size_t expire(std::int64_t now_ms);
  // What it holds in memory.
  [[nodiscard]] std::size_t bytes() const;

  struct Entry {
    event::Value value;
    std::uint8_t bits = 128;
    std::int64_t last_ms = kNever;
  };
  // By value bytes, for printing and checkpoints; the values point into the set.
  [[nodiscard]] std::vector<Entry> sorted_entries() const;
  // In the order of sorted_entries().
  [[nodiscard]] bool stands_before(const Entry& a, const Entry& b) const;

  void append_bytes(base::ByteWriter& out) const;
  [[nodiscard]] static base::Result<DataSet> read(base::ByteReader& in);

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;

  [[nodiscard]] std::uint64_t hash_of(const event::Value& value, std::uint8_t bits) const;
  [[nodiscard]] std::uint8_t bits_at(std::uint32_t entry) const {
    return bits_.empty() ? std::uint8_t{128} : bits_[entry];
  }
  [[nodiscard]] std::int64_t last_at(std::uint32_t entry) const {
    return last_ms_.empty() ? kNever : last_ms_[entry];
  }
  [[nodiscard]] bool is_dead(std::uint32_t entry) const { return !dead_.empty() && dead_[entry]; }
  [[nodiscard]] std::uint32_t find(const event::Value& value, std::uint8_t bits) const;
  void put(const event::Value& value, std::uint8_t bits, std::int64_t last_ms);
  void set_last(std::uint32_t entry, std::int64_t last_ms);
  void kill(std::uint32_t entry);
  void drop_dead();
  void make_slots(std::size_t entries);
  void index_entry(std::uint32_t entry);
  void note_length(std::uint8_t bits, int change);

  ValueClass class_;
  std::vector<event::Value> values_;   // by entry, dead ones included until drop_dead()
  std::vector<std::int64_t> last_ms_;  // by entry; empty: none runs out
  std::vector<std::uint8_t> bits_;     // by entry; empty: all 128
  std::vector<bool> dead_;             // by entry; empty: none is
  std::size_t dead_count_ = 0;
  PackedText text_;
  // Open addressing, linear probing; as many as a power of two, at most three quarters in use. A
  // tag is 0 where there is no entry, else some bits of its hash: a miss seldom looks further.
  std::vector<std::uint8_t> tags_;
  std::vector<std::uint32_t> slots_;          // beside tags_: the entry
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
