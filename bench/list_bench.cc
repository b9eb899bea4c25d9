// Lists of millions (language L4.3): what loading one takes, what it holds in memory, and how long
// it takes to ask. Lines of JSON on standard output, a line a kind of list.
//
//   list_bench [--entries N]
//
// Values are as in card fraud: 16 digits, short ids of 8 characters, whole numbers, addresses with
// networks of four lengths among them. Half of the asked are in. `floor`: a std::unordered_set of
// the same strings, for comparison.
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <unordered_set>
#include <vector>

#include "event/ip.h"
#include "nfa/data_file.h"
#include "nfa/live_list.h"

namespace weir::bench {
namespace {

using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

std::uint64_t mixed(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

// Even numbers are in the list, odd ones are not.
std::string card(std::uint64_t i) {
  char text[24];
  std::snprintf(text, sizeof text, "%016llu",
                static_cast<unsigned long long>(mixed(i) % 5'000'000'000'000'000u * 2 + i % 2));
  return text;
}
std::string short_id(std::uint64_t i) {
  char text[24];
  std::snprintf(text, sizeof text, "%08llx", static_cast<unsigned long long>(mixed(i) >> 32));
  return text;
}
std::string number(std::uint64_t i) { return std::to_string(mixed(i) >> 2); }
std::string address(std::uint64_t i) {
  const std::uint64_t x = mixed(i);
  std::string text = std::to_string(x & 255) + '.' + std::to_string(x >> 8 & 255) + '.' +
                     std::to_string(x >> 16 & 255) + '.' + std::to_string(x >> 24 & 255);
  constexpr const char* kLengths[] = {"/24", "/20", "/28", "/22"};
  return i % 64 == 0 ? text + kLengths[x >> 40 & 3] : text;
}

struct Kind {
  const char* name;
  event::TypeKind type;
  std::string (*make)(std::uint64_t i);
};

// Makes the values, so that making them is not measured.
std::vector<event::Value> asked_values(const Kind& kind, std::uint64_t entries,
                                       std::vector<std::string>& texts, std::size_t count) {
  nfa::DataSet one(nfa::ValueClass::kString);
  std::vector<event::Value> out;
  for (std::size_t i = 0; i < count; ++i) {
    const std::uint64_t entry = mixed(i + 77) % entries * 2 + i % 2;
    texts.push_back(kind.make(i % 2 == 0 ? entry : entry + 2 * entries));
  }
  for (const std::string& text : texts) {
    if (kind.type == event::TypeKind::kString) {
      out.push_back(event::Value::of_string(text));
    } else if (kind.type == event::TypeKind::kInt) {
      out.push_back(event::Value::of_int(std::strtoll(text.c_str(), nullptr, 10)));
    } else {
      const auto network = event::parse_cidr(text);
      out.push_back(event::ip_value(network->base));
    }
  }
  return out;
}

void run_kind(const Kind& kind, std::uint64_t entries) {
  std::string text;
  for (std::uint64_t i = 0; i < entries; ++i) text += kind.make(i * 2) + '\n';
  const std::size_t text_bytes = text.size();
  event::Type type;
  type.kind = kind.type;
  const auto start = Clock::now();
  auto set = nfa::read_list_text(std::move(text), "list.txt", "list", type);
  const double load_s = seconds_since(start);
  if (!set) {
    std::fprintf(stderr, "%s\n", set.error().message.c_str());
    std::exit(EXIT_FAILURE);
  }
  const nfa::LiveList list(*set);
  std::vector<std::string> texts;
  constexpr std::size_t kAsked = 2'000'000;
  const auto asked = asked_values(kind, entries, texts, kAsked);
  const auto begin = Clock::now();
  std::size_t in = 0;
  for (const event::Value& value : asked) in += list.contains(value, 0) ? 1 : 0;
  const double ask_s = seconds_since(begin);
  std::printf(
      "{\"list\":\"%s\",\"entries\":%zu,\"file_bytes\":%zu,\"load_seconds\":%.2f,"
      "\"bytes\":%zu,\"bytes_per_entry\":%.1f,\"ask_ns\":%.0f,\"share_in\":%.2f}\n",
      kind.name, set->size(), text_bytes, load_s, set->bytes(),
      static_cast<double>(set->bytes()) / static_cast<double>(set->size()), ask_s * 1e9 / kAsked,
      static_cast<double>(in) / kAsked);
}

void run_floor(const Kind& kind, std::uint64_t entries) {
  std::unordered_set<std::string> plain;
  const auto start = Clock::now();
  for (std::uint64_t i = 0; i < entries; ++i) plain.insert(kind.make(i * 2));
  const double load_s = seconds_since(start);
  std::vector<std::string> texts;
  constexpr std::size_t kAsked = 2'000'000;
  (void)asked_values(kind, entries, texts, kAsked);
  const auto begin = Clock::now();
  std::size_t in = 0;
  for (const std::string& text : texts) in += plain.count(text);
  std::printf("{\"floor\":\"%s\",\"load_seconds\":%.2f,\"ask_ns\":%.0f,\"share_in\":%.2f}\n",
              kind.name, load_s, seconds_since(begin) * 1e9 / kAsked,
              static_cast<double>(in) / kAsked);
}

int run(std::uint64_t entries) {
  const Kind kinds[] = {{"cards of 16 digits", event::TypeKind::kString, card},
                        {"ids of 8 characters", event::TypeKind::kString, short_id},
                        {"whole numbers", event::TypeKind::kInt, number},
                        {"addresses and networks", event::TypeKind::kIp, address}};
  for (const Kind& kind : kinds) run_kind(kind, entries);
  run_floor(kinds[0], entries);
  return EXIT_SUCCESS;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) {
  std::uint64_t entries = 10'000'000;
  if (argc > 2 && std::strcmp(argv[1], "--entries") == 0) {
    entries = std::strtoull(argv[2], nullptr, 10);
  }
  return weir::bench::run(entries == 0 ? 1 : entries);
}
