// Writes a generated event as one line of JSON, and an attack as one line of the manifest.
//
// The keys stand in one order per type, and those that mean nothing for a type are left out (a
// login has no merchant). Ids are fixed-width text: c00012345, a00012345, m01234, d0123456789ab.
// Cost: no allocation after the first line. Thread safety: none.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "apps/generate/attacks.h"
#include "apps/generate/stream_event.h"

namespace weir::apps {

class EventWriter {
 public:
  // The line with its newline; valid until the next call. `label` is written as the field `fraud`
  // unless it is empty.
  std::string_view EventLine(const StreamEvent& event, std::string_view label);

  // The line with its newline; valid until the next call. `events` are positions in the stream.
  std::string_view ManifestLine(const Attack& attack, std::span<const uint64_t> events,
                                int64_t first_ms, int64_t last_ms);

 private:
  void Text(std::string_view text) { line_.append(text); }
  void Number(int64_t value);
  // The lowest `digits` digits, with leading zeros; more if the value needs them.
  void Padded(uint64_t value, int digits);
  void Hex(uint64_t value);
  void Cents(int64_t cents);
  void Address(uint32_t ipv4);

  std::string line_;
};

}  // namespace weir::apps
