#include "api/reject_writer.h"

#include <cstdint>

#include "event/json_writer.h"

namespace weir::api {
namespace {

const std::string& source_name(const std::vector<std::string>& sources, std::uint32_t source) {
  static const std::string kStandardInput = "standard input";
  const std::string& name = sources[source];
  return name == "-" ? kStandardInput : name;
}

// The length of the UTF-8 sequence at the beginning of `text`; 0 if there is none (RFC 3629: no
// overlong forms, no surrogates, nothing above U+10FFFF).
std::size_t sequence_length(std::string_view text) {
  const auto byte = [&](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  const std::uint8_t first = byte(0);
  if (first < 0x80) return 1;
  std::uint8_t low = 0x80;
  std::uint8_t high = 0xBF;
  std::size_t length = 0;
  if (first >= 0xC2 && first <= 0xDF) {
    length = 2;
  } else if (first >= 0xE0 && first <= 0xEF) {
    length = 3;
    if (first == 0xE0) low = 0xA0;
    if (first == 0xED) high = 0x9F;
  } else if (first >= 0xF0 && first <= 0xF4) {
    length = 4;
    if (first == 0xF0) low = 0x90;
    if (first == 0xF4) high = 0x8F;
  }
  if (length == 0 || byte(1) < low || byte(1) > high) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return length;
}

}  // namespace

std::string to_valid_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const std::size_t length = sequence_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

void append_reject(std::string& out, const Reject& reject,
                   const std::vector<std::string>& sources) {
  out += "{\"source\":";
  event::append_json_string(out, to_valid_utf8(source_name(sources, reject.origin.source)));
  out += ",\"line\":";
  event::append_uint(out, reject.origin.line);
  out += ",\"seq\":";
  event::append_uint(out, reject.origin.seq);
  out += ",\"reason\":";
  event::append_json_string(out, reject.reason);
  out += ",\"message\":";
  event::append_json_string(out, to_valid_utf8(reject.message));
  out += ",\"record\":";
  event::append_json_string(out, to_valid_utf8(reject.raw.substr(0, event::BadRecord::kRawBytes)));
  out += "}\n";
}

void append_bad_record(std::string& out, const event::BadRecord& bad,
                       const std::vector<std::string>& sources) {
  append_reject(out, {bad.origin, event::bad_reason_name(bad.reason), bad.message, bad.raw},
                sources);
}

std::string describe_reject(const Reject& reject, const std::vector<std::string>& sources) {
  return source_name(sources, reject.origin.source) + ":" + std::to_string(reject.origin.line) +
         ": " + to_valid_utf8(reject.message);
}

std::string describe_bad_record(const event::BadRecord& bad,
                                const std::vector<std::string>& sources) {
  return describe_reject({bad.origin, "", bad.message, ""}, sources);
}

}  // namespace weir::api
