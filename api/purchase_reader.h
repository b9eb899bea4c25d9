// What a backtest reads of an event: whether it is a purchase, its truth, its amount and its key.
//
// Immutable once made, but for LabelBook::Entry::used; truth() may be asked from many threads. The
// schema and the book must outlive it.
//
// Invariants
// 1. Only declared fields are read, never derived ones: their slots are there in rows as decoded
//    and as the engine hands them out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "api/env.h"
#include "event/row.h"
#include "event/schema.h"
#include "nfa/image.h"
#include "weir/backtest.h"

namespace weir::api {

enum class Truth : std::uint8_t {
  kNone,  // no purchase
  kUnlabelled,
  kHonest,
  kFraud,
  kUndecidable,  // a label of which nobody said what it means
};

// Labels that are not in the purchases themselves, by the id of the purchase.
class LabelBook {
 public:
  struct Entry {
    bool fraud = false;
    std::int64_t known_ms = INT64_MIN;
    mutable bool used = false;  // set by one thread only
  };
  // Of two labels of one id the one known later counts, as far as it is known; of one time, fraud.
  void add(std::string_view id, bool fraud, std::int64_t known_ms,
           std::optional<std::int64_t> known_at_ms);
  [[nodiscard]] const Entry* find(std::string_view id) const;
  [[nodiscard]] std::uint64_t unused() const;

 private:
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };
  std::unordered_map<std::string, Entry, TextHash, std::equal_to<>> entries_;
};

// Whether a text is a label that means fraud.
[[nodiscard]] Truth truth_of_text(std::string_view text,
                                  const std::vector<std::string>& fraud_values);

// The file of BacktestLabels::file.
[[nodiscard]] Result<LabelBook> read_label_file(Env env, const BacktestLabels& labels);

// TYPE and FIELD of `TYPE.FIELD`, if there is such a type; else no type and all of the text.
struct NamedField {
  event::EventTypeId type;
  std::string field;
};
[[nodiscard]] NamedField parse_field(const event::Schema& schema, const std::string& text);

class PurchaseReader {
 public:
  // `book` is null unless labels come from events or a file.
  [[nodiscard]] static Result<PurchaseReader> make(const nfa::Image& image,
                                                   const BacktestOptions& options,
                                                   const LabelBook* book);

  // Marks what it reads as to be read, and as optional: what rules do not need makes no record bad.
  // Labels and their times get the role of a label, so that no value of theirs does either.
  void mark(event::Schema& schema) const;

  [[nodiscard]] Truth truth(const event::Row& row) const;
  // In ten-thousandths; false, and 0, if there is none.
  bool amount(const event::Row& row, std::int64_t& amount_e4) const;
  // {"card":"c1"}; false if a field of it is absent, or there is no key.
  bool append_key(std::string& out, const event::Row& row) const;

  [[nodiscard]] bool by_identity() const { return book_ != nullptr; }
  [[nodiscard]] const LabelBook* book() const { return book_; }
  [[nodiscard]] const std::vector<std::string>& key_fields() const { return key_fields_; }
  [[nodiscard]] const std::string& amount_field() const { return amount_field_; }
  [[nodiscard]] bool rules_read_label() const { return rules_read_label_; }
  [[nodiscard]] const std::string& label_text() const { return label_text_; }
  // The names of the types that are purchases.
  [[nodiscard]] std::string purchase_names() const;

 private:
  static constexpr std::int32_t kNoSlot = -1;
  struct TypeFields {
    bool is_purchase = false;
    std::int32_t label = kNoSlot;
    std::int32_t label_time = kNoSlot;
    std::int32_t amount = kNoSlot;
    std::vector<std::uint32_t> key;  // empty: it has no such key
  };

  explicit PurchaseReader(const event::Schema& schema) : schema_(&schema) {}
  [[nodiscard]] Result<void> find_labels(const BacktestLabels& labels);
  [[nodiscard]] Result<std::string> declared_label() const;
  [[nodiscard]] Result<void> find_label_field(const NamedField& named, const std::string& text);
  [[nodiscard]] Result<void> find_label_times(const std::string& field);
  void find_amounts(const std::string& field);
  [[nodiscard]] Result<void> find_purchases(const BacktestLabels& labels);
  [[nodiscard]] Result<void> find_keys(const nfa::Image& image, const BacktestOptions& options);
  [[nodiscard]] Truth truth_of_field(const event::Row& row, const TypeFields& fields) const;
  [[nodiscard]] Truth without_label(const event::Row& row) const;

  const event::Schema* schema_;
  const LabelBook* book_ = nullptr;
  std::vector<TypeFields> types_;  // by EventTypeId
  std::vector<std::string> fraud_values_;
  std::vector<std::string> key_fields_;
  std::string amount_field_;
  std::string label_text_;
  std::optional<std::int64_t> known_at_ms_;
  std::int64_t maturity_ms_ = 0;
  bool rest_is_honest_ = false;
  bool rules_read_label_ = false;
};

}  // namespace weir::api
