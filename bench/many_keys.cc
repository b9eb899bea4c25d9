// An engine with as many keys as wanted, each of which holds something (workload W10).
//
//   many_keys RULES... --keys N [--passes N] [--threads N]
//
// The rules see events `auth` with the fields `card`, a string, and `amount`, a decimal from 0 to
// 1,000. Rounds over all keys in a mixed order, all within the time that the first line of the
// rules says windows last; then time passes. Prints for each round the rate, and what a key takes:
// by the engine's own count and by the process's memory.
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "api/ruleset_impl.h"
#include "bench/bench_options.h"
#include "runtime/engine.h"
#include "runtime/tbb_executor.h"

namespace weir::bench {
namespace {

constexpr std::size_t kBatch = 4096;
constexpr std::int64_t kStartMs = 1'767'225'600'000;
constexpr std::int64_t kRoundMs = 600'000;  // event time that a round takes

class Ignore final : public runtime::Sink {
 public:
  void on_alert(const runtime::Alert&) override { ++alerts; }
  void on_decision(const runtime::Decision&) override {}
  void on_refused(const event::Row&, Refusal) override {}
  std::uint64_t alerts = 0;
};

std::size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  std::size_t pages = 0, resident = 0;
  file >> pages >> resident;
  return resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

// Rows for one batch, made again for each.
class Rows {
 public:
  explicit Rows(const event::Schema& schema) {
    const event::EventTypeId type = schema.find("auth");
    const auto& fields = schema.types[type.index()].fields;
    width_ = fields.size();
    card_ = *schema.types[type.index()].find_field("card");
    amount_ = *schema.types[type.index()].find_field("amount");
    slots_.resize(width_ * kBatch);
    present_.resize(event::presence_words(width_) * kBatch);
    rows_.resize(kBatch);
    for (std::size_t i = 0; i < kBatch; ++i) {
      std::uint64_t* present = &present_[event::presence_words(width_) * i];
      event::set_present(present, card_);
      event::set_present(present, amount_);
      rows_[i].type = type;
      rows_[i].slots = &slots_[width_ * i];
      rows_[i].present = present;
    }
  }
  const event::Row& make(std::size_t i, std::uint64_t key, std::int64_t ts_ms, std::uint64_t seq) {
    char text[12] = "c";
    const auto end = std::to_chars(text + 1, text + sizeof text, key).ptr;
    event::Value* slots = &slots_[width_ * i];
    slots[card_] = event::Value::of_string({text, static_cast<std::size_t>(end - text)});
    const std::uint64_t mixed = (seq + 1) * 0x9E3779B97F4A7C15ull >> 40;
    slots[amount_] = event::Value::of_decimal(static_cast<event::Int128>(mixed % 10'000'000));
    rows_[i].ts_ms = ts_ms;
    rows_[i].seq = seq;
    return rows_[i];
  }

 private:
  std::size_t width_ = 0, card_ = 0, amount_ = 0;
  std::vector<event::Value> slots_;
  std::vector<std::uint64_t> present_;
  std::vector<event::Row> rows_;
};

int run(int argc, char** argv) {
  const BenchOptions options = parse_options(argc, argv, "many_keys RULES... --keys N");
  const auto rules = compile_files(options.rules);
  if (!rules) {
    std::fputs(rules.error().render(DiagnosticFormat::text).c_str(), stderr);
    return 1;
  }
  const nfa::Image& image = rules->impl().image;
  std::unique_ptr<base::Executor> executor;
  if (options.threads > 1) executor = runtime::make_tbb_executor(options.threads);
  runtime::EngineOptions engine_options;
  engine_options.executor = executor.get();
  auto engine = runtime::Engine::create(image, engine_options);
  if (!engine) {
    std::fprintf(stderr, "%s\n", engine.error().message.c_str());
    return 2;
  }
  Ignore sink;
  Rows rows(image.schema);
  const std::uint64_t keys = options.keys;
  const std::size_t before = resident_bytes();
  std::uint64_t seq = 0;
  std::int64_t now_ms = kStartMs;
  for (int pass = 0; pass < options.passes; ++pass) {
    const std::int64_t start = now_ns();
    std::int64_t making = 0;
    for (std::uint64_t at = 0; at < keys; at += kBatch) {
      const std::uint64_t count = std::min<std::uint64_t>(kBatch, keys - at);
      const std::int64_t from = now_ns();
      for (std::uint64_t i = 0; i < count; ++i) {
        // A walk over all keys in an order that no cache knows: a step prime to their number.
        const std::uint64_t key = (at + i) * 7'368'787 % keys;
        now_ms = kStartMs + pass * kRoundMs +
                 static_cast<std::int64_t>((at + i) * static_cast<std::uint64_t>(kRoundMs) / keys);
        (*engine)->add(rows.make(i, key, now_ms, seq++), sink);
      }
      making += now_ns() - from;
      (*engine)->run(sink);
    }
    const double seconds = static_cast<double>(now_ns() - start) / 1e9;
    const runtime::EngineStats stats = (*engine)->stats();
    std::printf(
        "{\"keys\":%llu,\"round\":%d,\"events_per_second\":%.0f,\"making_seconds\":%.3f,"
        "\"seconds\":%.3f,\"state_bytes_per_key\":%.1f,\"resident_bytes_per_key\":%.1f,"
        "\"partial_matches\":%llu,\"alerts\":%llu}\n",
        static_cast<unsigned long long>(keys), pass + 1, static_cast<double>(keys) / seconds,
        static_cast<double>(making) / 1e9, seconds,
        static_cast<double>(stats.state_bytes) / static_cast<double>(keys),
        static_cast<double>(resident_bytes() - before) / static_cast<double>(keys),
        static_cast<unsigned long long>(stats.partial_matches),
        static_cast<unsigned long long>(sink.alerts));
  }
  const std::int64_t start = now_ns();
  (*engine)->advance_time(now_ms + 30 * 86'400'000LL, sink);
  std::printf(
      "{\"passed\":true,\"seconds\":%.3f,\"state_bytes\":%llu,\"resident_bytes_per_key\":%.1f}\n",
      static_cast<double>(now_ns() - start) / 1e9,
      static_cast<unsigned long long>((*engine)->stats().state_bytes),
      static_cast<double>(resident_bytes() - before) / static_cast<double>(keys));
  return 0;
}

}  // namespace
}  // namespace weir::bench

int main(int argc, char** argv) { return weir::bench::run(argc, argv); }
