#include "apps/schema/field_names.h"

#include <algorithm>
#include <iterator>
#include <vector>

namespace weir::apps {
namespace {

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }

char ToLower(char c) { return IsUpper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

template <typename Words>
bool OneOf(std::string_view name, const Words& words) {
  return std::find(std::begin(words), std::end(words), name) != std::end(words);
}

template <typename Words>
int RankIn(std::string_view name, const Words& words) {
  const auto at = std::find(std::begin(words), std::end(words), name);
  return at == std::end(words) ? 0 : static_cast<int>(at - std::begin(words)) + 1;
}

// The last component in snake case: "order.createdAt" gives created_at, "User ID" gives user_id.
std::string SnakeCase(std::string_view path) {
  std::string_view last = path.substr(path.rfind('.') + 1);
  std::string snake;
  for (size_t i = 0; i < last.size(); ++i) {
    const char c = last[i];
    if (!IsLower(c) && !IsUpper(c) && !IsDigit(c)) {
      if (!snake.empty() && snake.back() != '_') snake.push_back('_');
      continue;
    }
    if (IsUpper(c) && i > 0 && (IsLower(last[i - 1]) || IsDigit(last[i - 1]))) {
      snake.push_back('_');
    }
    snake.push_back(ToLower(c));
  }
  while (!snake.empty() && snake.back() == '_') snake.pop_back();
  return snake;
}

// Whether one of the words between the underscores is among `words`.
template <typename Words>
bool HasWord(std::string_view snake, const Words& words) {
  while (true) {
    const size_t end = snake.find('_');
    if (OneOf(snake.substr(0, end), words)) return true;
    if (end == std::string_view::npos) return false;
    snake.remove_prefix(end + 1);
  }
}

constexpr std::string_view kReserved[] = {
    "and",     "or",     "not",   "in",   "is",       "between", "then",  "next",  "every",
    "without", "within", "after", "for",  "by",       "as",      "where", "until", "having",
    "when",    "any",    "all",   "some", "optional", "of",      "true",  "false"};
constexpr std::string_view kRoles[] = {"time", "id", "label", "pii"};
constexpr std::string_view kTimeNames[] = {
    "ts",   "timestamp",  "event_time",      "event_ts",   "event_timestamp",
    "time", "datetime",   "occurred_at",     "created_at", "transaction_time",
    "date", "event_date", "transaction_date"};
constexpr std::string_view kIdNames[] = {"id",        "event_id",   "transaction_id", "trans_id",
                                         "tx_id",     "txn_id",     "message_id",     "uuid",
                                         "trans_num", "request_id", "order_id",       "reference"};
constexpr std::string_view kKeyNames[] = {"card",         "card_id",      "card_number",
                                          "card_no",      "cc_num",       "pan",
                                          "account",      "account_id",   "account_number",
                                          "account_no",   "iban",         "customer",
                                          "customer_id",  "user",         "user_id",
                                          "username",     "client",       "client_id",
                                          "from_account", "src",          "source_account",
                                          "sender",       "name_orig",    "to_account",
                                          "dst",          "dest_account", "receiver",
                                          "beneficiary",  "name_dest",    "device",
                                          "device_id",    "email",        "ip",
                                          "ip_address",   "session",      "session_id",
                                          "phone",        "merchant",     "merchant_id"};
constexpr std::string_view kLabels[] = {"fraud",         "is_fraud",    "isfraud", "fraudulent",
                                        "is_fraudulent", "fraud_label", "label",   "is_anomaly",
                                        "anomaly",       "is_sar",      "class",   "target"};
constexpr std::string_view kMoneyWords[] = {"amount",  "amt", "price", "total",
                                            "balance", "fee", "cost",  "sum"};
constexpr std::string_view kCoordinates[] = {"lat", "lon", "lng", "long", "latitude", "longitude"};
constexpr std::string_view kPersonalWords[] = {"email",    "phone",     "mobile",  "ssn",
                                               "dob",      "birthdate", "iban",    "pan",
                                               "passport", "street",    "address", "surname"};
constexpr std::string_view kPersonalNames[] = {"first_name",  "last_name",   "full_name",
                                               "card_number", "card_no",     "cc_num",
                                               "cardholder",  "holder_name", "date_of_birth"};
constexpr std::string_view kOpenWords[] = {"country", "currency", "city",   "zip", "postcode",
                                           "name",    "ip",       "device", "bin", "mcc",
                                           "token",   "state",    "region"};

}  // namespace

bool IsIdentifier(std::string_view name) {
  if (name.empty() || IsDigit(name.front())) return false;
  return std::ranges::all_of(
      name, [](char c) { return IsLower(c) || IsUpper(c) || IsDigit(c) || c == '_'; });
}

bool IsReservedWord(std::string_view name) { return OneOf(name, kReserved); }

bool IsRoleWord(std::string_view name) { return OneOf(name, kRoles); }

std::string MakeIdentifier(std::string_view name, std::set<std::string>& taken) {
  std::string base(name);
  if (!IsIdentifier(base)) {
    base.clear();
    for (const char c : name) {
      const bool word = IsLower(c) || IsUpper(c) || IsDigit(c);
      if (word) base.push_back(ToLower(c));
      if (!word && !base.empty() && base.back() != '_') base.push_back('_');
    }
    while (!base.empty() && base.back() == '_') base.pop_back();
    if (base.empty()) base = "field";
    if (IsDigit(base.front())) base.insert(0, "f_");
  }
  std::string unique = base;
  for (int i = 2; !taken.insert(unique).second; ++i) unique = base + "_" + std::to_string(i);
  return unique;
}

std::string QuoteField(std::string_view name) {
  std::string quoted(name);
  if (IsReservedWord(name) || IsRoleWord(name)) quoted = "`" + quoted + "`";
  return quoted;
}

bool IsQuotable(std::string_view text) {
  constexpr std::string_view kSpecial = "\"\\{}\x7f";
  return !text.empty() && std::ranges::all_of(text, [&](char c) {
    return static_cast<unsigned char>(c) >= ' ' && kSpecial.find(c) == std::string_view::npos;
  });
}

bool SuggestsTime(std::string_view path) {
  const std::string name = SnakeCase(path);
  return OneOf(name, kTimeNames) || name.ends_with("_at") || name.ends_with("_ts") ||
         name.ends_with("_time") || name.ends_with("_timestamp") || name.ends_with("_date");
}

bool SuggestsMoney(std::string_view path) { return HasWord(SnakeCase(path), kMoneyWords); }

bool SuggestsCoordinate(std::string_view path) { return HasWord(SnakeCase(path), kCoordinates); }

bool SuggestsLabel(std::string_view path) { return OneOf(SnakeCase(path), kLabels); }

bool SuggestsPersonalData(std::string_view path) {
  const std::string name = SnakeCase(path);
  return OneOf(name, kPersonalNames) || HasWord(name, kPersonalWords);
}

bool SuggestsOpenSet(std::string_view path) {
  const std::string name = SnakeCase(path);
  return KeyRank(path) > 0 || IdRank(path) > 0 || name.ends_with("_id") ||
         HasWord(name, kOpenWords);
}

int KeyRank(std::string_view path) { return RankIn(SnakeCase(path), kKeyNames); }

int IdRank(std::string_view path) { return RankIn(SnakeCase(path), kIdNames); }

int TimeRank(std::string_view path) { return RankIn(SnakeCase(path), kTimeNames); }

}  // namespace weir::apps
