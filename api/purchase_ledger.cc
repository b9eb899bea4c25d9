#include "api/purchase_ledger.h"

#include <algorithm>

#include "event/record_json.h"

namespace weir::api {

void PurchaseLedger::add(const event::Row& row, bool is_csv) {
  first_ms_ = std::min(first_ms_.value_or(row.ts_ms), row.ts_ms);
  last_ms_ = std::max(last_ms_.value_or(row.ts_ms), row.ts_ms);
  const Truth truth = reader_.truth(row);
  if (truth == Truth::kNone) return;
  if (truth == Truth::kUndecidable) {
    if (undecidable_.empty()) {
      undecidable_ = "nobody said whether the label of the event at position " +
                     std::to_string(row.seq) +
                     " means fraud; name the values that do (--label-value)";
    }
    return;
  }
  std::int64_t amount_e4 = 0;
  if (!reader_.amount(row, amount_e4)) ++facts_.without_amount;
  if (const std::int64_t day = day_of(row.ts_ms); day != day_) {
    day_ = day;
    day_counts_ = &facts_.days[day];
  }
  ++day_counts_->purchases;
  if (reader_.by_identity() && !row.identity.empty()) {
    if (const auto* entry = reader_.book()->find(row.identity)) entry->used = true;
  }
  if (truth == Truth::kHonest) {
    tally(facts_.honest, amount_e4);
  } else if (truth == Truth::kUnlabelled) {
    tally(facts_.unlabelled, amount_e4);
  } else {
    ++day_counts_->fraud;
    add_fraud(row, amount_e4, is_csv);
  }
}

void PurchaseLedger::add_fraud(const event::Row& row, std::int64_t amount_e4, bool is_csv) {
  tally(facts_.fraud, amount_e4);
  FraudEvent fraud = {row.seq, row.ts_ms, amount_e4, kNoKey};
  std::string key;
  if (reader_.append_key(key, row)) {
    const auto next = static_cast<std::uint32_t>(facts_.keys.size());
    const auto [found, added] = keys_.try_emplace(key, next);
    if (added) facts_.keys.push_back(std::move(key));
    fraud.key = found->second;
  }
  facts_.frauds.push_back(fraud);
  if (!keep_records_) return;
  ids_.emplace_back(row.identity);
  std::string& record = records_.emplace_back();
  if (record_bytes_ >= kRecordBytes) return;
  if (is_csv) {
    event::append_record_json(record, schema_, row);
  } else {
    record = row.raw;
  }
  record_bytes_ += record.size();
}

std::int32_t PurchaseLedger::find(std::uint64_t seq) const {
  const auto& frauds = facts_.frauds;
  const auto place = std::ranges::lower_bound(frauds, seq, {}, &FraudEvent::seq);
  if (place == frauds.end() || place->seq != seq) return -1;
  return static_cast<std::int32_t>(place - frauds.begin());
}

BacktestExample PurchaseLedger::example(std::size_t fraud) const {
  const FraudEvent& event = facts_.frauds[fraud];
  BacktestExample out;
  out.seq = event.seq;
  out.ts_ms = event.ts_ms;
  out.amount_e4 = event.amount_e4;
  if (event.key != kNoKey) out.key = facts_.keys[event.key];
  if (keep_records_) {
    out.id = ids_[fraud];
    out.event = records_[fraud];
  }
  return out;
}

}  // namespace weir::api
