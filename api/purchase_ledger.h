// Counts the purchases of a stream, and keeps the fraudulent ones: what a backtest knows of the
// input, whatever the rules make of it. One a pass, filled by one thread before the engines run the
// same events; find() may then be asked from many threads.
//
// Memory: the fraudulent purchases, and their records up to kRecordBytes in all.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "api/backtest_facts.h"
#include "api/purchase_reader.h"
#include "event/row.h"

namespace weir::api {

class PurchaseLedger {
 public:
  static constexpr std::size_t kRecordBytes = std::size_t{64} << 20;

  PurchaseLedger(const event::Schema& schema, const PurchaseReader& reader, bool keep_records)
      : schema_(schema), reader_(reader), keep_records_(keep_records) {}

  // An event of the judged period that reached the rules. `is_csv`: its record is no JSON.
  void add(const event::Row& row, bool is_csv);

  // Of PurchaseFacts::frauds; -1 if the event at that position is none.
  [[nodiscard]] std::int32_t find(std::uint64_t seq) const;
  [[nodiscard]] const PurchaseFacts& facts() const { return facts_; }
  // What a fraud was, but for what the rules made of it.
  [[nodiscard]] BacktestExample example(std::size_t fraud) const;
  // The first label of which nobody said what it means: what is wrong, in a sentence.
  [[nodiscard]] const std::string& undecidable() const { return undecidable_; }
  [[nodiscard]] std::optional<std::int64_t> first_ms() const { return first_ms_; }
  [[nodiscard]] std::optional<std::int64_t> last_ms() const { return last_ms_; }

 private:
  void add_fraud(const event::Row& row, std::int64_t amount_e4, bool is_csv);

  const event::Schema& schema_;
  const PurchaseReader& reader_;
  bool keep_records_;
  PurchaseFacts facts_;
  std::vector<std::string> ids_;      // beside facts_.frauds
  std::vector<std::string> records_;  // likewise; empty: not kept
  std::size_t record_bytes_ = 0;
  std::unordered_map<std::string, std::uint32_t> keys_;  // to facts_.keys
  std::string undecidable_;
  std::optional<std::int64_t> first_ms_;
  std::optional<std::int64_t> last_ms_;
  std::int64_t day_ = INT64_MIN;  // of the event before
  PurchaseDay* day_counts_ = nullptr;
};

}  // namespace weir::api
