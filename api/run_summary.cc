// The summary of a run, for programs (a contract: docs/cli.md) and for people.
#include <charconv>
#include <cmath>

#include "event/json_writer.h"
#include "event/time.h"
#include "weir/run.h"

namespace weir {
namespace {

using Counts = std::vector<std::pair<std::string, std::uint64_t>>;
struct NamedCount {
  const char* one;   // 1 decimal rounded
  const char* many;  // 2 decimals rounded
  std::uint64_t count;
};

void append_member(std::string& out, const char* name, std::uint64_t value) {
  if (out.back() != '{') out += ',';
  out += '"';
  out += name;
  out += "\":";
  event::append_uint(out, value);
}

void append_text(std::string& out, const char* name, const std::string& text) {
  out += ",\"";
  out += name;
  out += "\":";
  if (text.empty()) {
    out += "null";
  } else {
    event::append_json_string(out, text);
  }
}

void append_counts(std::string& out, const Counts& counts) {
  out += '{';
  for (const auto& [name, count] : counts) {
    if (out.back() != '{') out += ',';
    event::append_json_string(out, name);
    out += ':';
    event::append_uint(out, count);
  }
  out += '}';
}

// 1234567 as 1,234,567.
std::string grouped(std::uint64_t value) {
  std::string digits = std::to_string(value);
  for (std::size_t at = digits.size(); at > 3; at -= 3) digits.insert(at - 3, ",");
  return digits;
}

std::string one_decimal(double value, const char* unit) {
  char digits[64];
  const auto [end, code] =
      std::to_chars(digits, digits + sizeof digits, value, std::chars_format::fixed, 1);
  return std::string(digits, end) + " " + unit;
}

std::string bytes_text(std::uint64_t bytes) {
  constexpr double kMega = 1024.0 * 1024.0;
  return one_decimal(static_cast<double>(bytes) / kMega, "MB");
}

// "12 bad, 3 late", of what is not zero.
std::string nonzero(std::initializer_list<NamedCount> counts) {
  std::string out;
  for (const NamedCount& each : counts) {
    if (each.count == 0) continue;
    if (!out.empty()) out += ", ";
    out += grouped(each.count) + " " + (each.count == 1 ? each.one : each.many);
  }
  return out;
}

// The first of them: the JSON summary has all.
std::string listed(const Counts& counts) {
  constexpr std::size_t kShown = 20;
  std::string out;
  for (std::size_t i = 0; i < counts.size() && i < kShown; ++i) {
    out += out.empty() ? "" : ", ";
    out += counts[i].first + " " + grouped(counts[i].second);
  }
  if (counts.size() > kShown) out += " and " + grouped(counts.size() - kShown) + " more";
  return out;
}

}  // namespace

std::string summary_json(const RunSummary& s) {
  std::string out = "{\"events\":{";
  append_member(out, "read", s.read);
  append_member(out, "accepted", s.accepted);
  append_member(out, "bad", s.bad);
  append_member(out, "late", s.late);
  append_member(out, "unknown_type", s.unknown_type);
  append_member(out, "duplicate", s.duplicate);
  append_member(out, "future", s.future);
  append_member(out, "outside", s.outside);
  append_member(out, "clamped", s.clamped);
  append_member(out, "enum_unlisted", s.enum_unlisted);
  append_member(out, "decimal_out_of_range", s.decimal_out_of_range);
  append_member(out, "decimal_rounded", s.decimal_rounded);
  out += "},\"alerts\":{";
  append_member(out, "total", s.alerts);
  out += ",\"by_rule\":";
  append_counts(out, s.alerts_by_rule);
  append_member(out, "withheld", s.withheld);
  out += "},\"decisions\":";
  append_counts(out, s.decisions);
  out += ",\"seconds\":";
  event::append_json_float(out, s.seconds);
  out += ",\"events_per_second\":";
  event::append_json_float(out, std::round(s.events_per_second));
  append_member(out, "peak_partial_matches", s.peak_partial_matches);
  append_member(out, "peak_rss_bytes", s.peak_rss_bytes);
  out += ",\"watermark\":";
  if (s.watermark_ms) {
    event::append_int(out, *s.watermark_ms);
  } else {
    out += "null";
  }
  append_member(out, "limited", s.limited);
  append_member(out, "unexamined", s.unexamined);
  append_member(out, "overflow", s.overflow);
  append_member(out, "division_by_zero", s.division_by_zero);
  out += ",\"sent\":";
  append_counts(out, s.sent);
  out += ",\"unsent\":";
  append_counts(out, s.unsent);
  append_text(out, "first_bad", s.first_bad);
  append_text(out, "first_future", s.first_future);
  append_text(out, "first_unknown_type", s.first_unknown);
  out += '}';
  return out;
}

std::string summary_text(const RunSummary& s) {
  std::string out = grouped(s.read) + (s.read == 1 ? " event" : " events") + " read, " +
                    grouped(s.accepted) + " accepted, in " + one_decimal(s.seconds, "s") + " (" +
                    grouped(static_cast<std::uint64_t>(s.events_per_second)) + " events/s)\n";
  const std::string refused =
      nonzero({{"bad", "bad", s.bad},
               {"late", "late", s.late},
               {"of unknown type", "of unknown type", s.unknown_type},
               {"duplicate", "duplicate", s.duplicate},
               {"too far ahead", "too far ahead", s.future},
               {"out of the time asked for", "out of the time asked for", s.outside},
               {"matched later than its time", "matched later than their time", s.clamped}});
  if (!refused.empty()) out += "  " + refused + "\n";
  if (!s.first_bad.empty()) out += "  first bad record: " + s.first_bad + "\n";
  if (!s.first_unknown.empty()) out += "  first unknown type: " + s.first_unknown + "\n";
  if (!s.first_future.empty()) out += "  first too far ahead: " + s.first_future + "\n";
  if (!s.hint.empty()) out += "  every record is bad: " + s.hint + "\n";
  const std::string odd =
      nonzero({{"enum value not listed", "enum values not listed", s.enum_unlisted},
               {"decimal out of range", "decimals out of range", s.decimal_out_of_range},
               {"decimal rounded", "decimals rounded", s.decimal_rounded},
               {"overflow", "overflows", s.overflow},
               {"division by zero", "divisions by zero", s.division_by_zero}});
  if (!odd.empty()) out += "  odd values: " + odd + "\n";
  out += grouped(s.alerts) + (s.alerts == 1 ? " alert" : " alerts");
  if (!s.alerts_by_rule.empty()) out += ": " + listed(s.alerts_by_rule);
  out += '\n';
  const std::string held = nonzero(
      {{"alert withheld by a cooldown", "alerts withheld by a cooldown", s.withheld},
       {"event forgotten by a limit", "events forgotten by a limit", s.limited},
       {"moment with too many assignments", "moments with too many assignments", s.unexamined}});
  if (!held.empty()) out += "  " + held + "\n";
  if (!s.sent.empty()) out += "  sent to sinks: " + listed(s.sent) + "\n";
  if (!s.unsent.empty()) out += "  for sinks that are not given: " + listed(s.unsent) + "\n";
  if (!s.decisions.empty()) out += "decisions: " + listed(s.decisions) + "\n";
  if (s.watermark_ms) {
    out += "watermark ";
    event::append_rfc3339(out, *s.watermark_ms);
    out += "; ";
  }
  out += "at most " + grouped(s.peak_partial_matches) +
         (s.peak_partial_matches == 1 ? " partial match and " : " partial matches and ") +
         bytes_text(s.peak_rss_bytes) + "\n";
  return out;
}

}  // namespace weir
