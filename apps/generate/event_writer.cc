#include "apps/generate/event_writer.h"

#include <charconv>
#include <utility>

#include "apps/generate/population.h"

namespace weir::apps {
namespace {

constexpr int kOwnerDigits = 8;
constexpr int kMerchantDigits = 5;

bool HasMerchant(EventType type) {
  return type == EventType::kAuth || type == EventType::kChargeback || type == EventType::kRefund;
}

bool HasAmount(EventType type) {
  return HasMerchant(type) || type == EventType::kTransfer || type == EventType::kBonus ||
         type == EventType::kPayment || type == EventType::kLimitChange;
}

// The others have no result.
bool HasResult(EventType type) {
  return type == EventType::kAuth || type == EventType::kLogin || type == EventType::kMfa ||
         type == EventType::kTransfer || type == EventType::kPayment;
}

}  // namespace

std::string_view EventWriter::EventLine(const StreamEvent& event, std::string_view label) {
  line_.clear();
  Text(R"({"type":")");
  Text(kEventTypeNames[std::to_underlying(event.type)]);
  Text(R"(","ts":)");
  Number(event.ts_ms);
  Text(R"(,"card":"c)");
  Padded(std::to_underlying(event.card), kOwnerDigits);
  Text(R"(","account":"a)");
  Padded(std::to_underlying(event.account), kOwnerDigits);
  if (event.type == EventType::kTransfer) {
    Text(R"(","from_account":"a)");
    Padded(std::to_underlying(event.account), kOwnerDigits);
    Text(R"(","to_account":"a)");
    Padded(std::to_underlying(event.to_account), kOwnerDigits);
  }
  if (HasMerchant(event.type)) {
    Text(R"(","merchant":"m)");
    Padded(std::to_underlying(event.merchant), kMerchantDigits);
    Text(R"(","mcc":)");
    Number(event.mcc);
    Text(R"(,"country":")");
  } else {
    Text(R"(","country":")");
  }
  Text(CountryName(event.country));
  Text("\"");
  if (event.type == EventType::kAccountOpen) {
    Text(R"(,"phone":"p)");
    Hex(event.phone);
    Text(R"(","address":"h)");
    Hex(event.address);
    Text("\"");
  }
  if (HasAmount(event.type)) {
    Text(R"(,"amount":)");
    Cents(event.amount_cents);
  }
  if (HasResult(event.type)) Text(event.approved ? R"(,"approved":true)" : R"(,"approved":false)");
  Text(R"(,"device":"d)");
  Hex(std::to_underlying(event.device));
  Text(R"(","ip":")");
  Address(event.ipv4);
  Text("\"");
  if (!label.empty()) {
    Text(R"(,"fraud":")");
    Text(label);
    Text("\"");
  }
  Text("}\n");
  return line_;
}

std::string_view EventWriter::ManifestLine(const Attack& attack, std::span<const uint64_t> events,
                                           int64_t first_ms, int64_t last_ms) {
  line_.clear();
  Text(R"({"kind":")");
  Text(AttackName(attack.kind));
  switch (kAttackRows[std::to_underlying(attack.kind)].key) {
    case AttackKey::kCard:
      Text(R"(","key":{"card":"c)");
      Padded(std::to_underlying(attack.card), kOwnerDigits);
      break;
    case AttackKey::kAccount:
      Text(R"(","key":{"account":"a)");
      Padded(std::to_underlying(attack.account), kOwnerDigits);
      break;
    case AttackKey::kMerchant:
      Text(R"(","key":{"merchant":"m)");
      Padded(std::to_underlying(OwnMerchant(attack)), kMerchantDigits);
      break;
    case AttackKey::kDevice:
      Text(R"(","key":{"device":"d)");
      Hex(std::to_underlying(OwnDevice(attack)));
      break;
  }
  Text(R"("},"events":[)");
  for (size_t i = 0; i < events.size(); ++i) {
    if (i > 0) Text(",");
    Number(static_cast<int64_t>(events[i]));
  }
  Text(R"(],"first_ts":)");
  Number(first_ms);
  Text(R"(,"last_ts":)");
  Number(last_ms);
  Text("}\n");
  return line_;
}

void EventWriter::Number(int64_t value) {
  char digits[20];
  const auto result = std::to_chars(digits, digits + sizeof(digits), value);
  line_.append(digits, result.ptr);
}

void EventWriter::Padded(uint64_t value, int digits) {
  char text[20];
  char* const end = text + sizeof(text);
  char* begin = end;
  for (int i = 0; i < digits || value > 0; ++i) {
    *--begin = static_cast<char>('0' + value % 10);
    value /= 10;
  }
  line_.append(begin, end);
}

void EventWriter::Hex(uint64_t value) {
  char text[12];
  for (int i = 11; i >= 0; --i, value >>= 4) {
    text[i] = "0123456789abcdef"[value & 15];
  }
  line_.append(text, sizeof(text));
}

void EventWriter::Cents(int64_t cents) {
  Number(cents / 100);
  line_.push_back('.');
  Padded(static_cast<uint64_t>(cents % 100), 2);
}

void EventWriter::Address(uint32_t ipv4) {
  for (int shift = 24; shift >= 0; shift -= 8) {
    Number((ipv4 >> shift) & 255);
    if (shift > 0) line_.push_back('.');
  }
}

}  // namespace weir::apps
