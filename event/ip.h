// Internet addresses and networks (the language's type `ip`; CIDR in `in`). Used by the codecs,
// the compiler and the condition evaluator. An IPv4 address is kept as ::ffff:a.b.c.d, so one
// comparison of 16 bytes serves both kinds, and an IPv4 network /n is a network /(96 + n).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/value.h"

namespace weir::event {

struct IpAddress {
  std::array<std::uint8_t, 16> bytes{};  // network order

  [[nodiscard]] bool is_v4() const;
  friend bool operator==(const IpAddress&, const IpAddress&) = default;
};

struct IpNetwork {
  IpAddress base;       // bits beyond the prefix are zero
  unsigned prefix = 0;  // 0..128, in IPv6 terms

  [[nodiscard]] bool contains(const IpAddress& address) const;
  friend bool operator==(const IpNetwork&, const IpNetwork&) = default;
};

// 192.0.2.1 (no leading zeros), 2001:db8::1, ::ffff:192.0.2.1; no zone, no brackets.
[[nodiscard]] std::optional<IpAddress> parse_ip(std::string_view text);
// 10.0.0.0/8, 2001:db8::/32; bits beyond the prefix are ignored. An address alone is a network
// of one.
[[nodiscard]] std::optional<IpNetwork> parse_cidr(std::string_view text);
// The network of `prefix` bits around an address; `prefix` counts in the address's own kind
// (0..32 or 0..128), more means all.
[[nodiscard]] IpNetwork network_of(const IpAddress& address, unsigned prefix);

void append_ip(std::string& out, const IpAddress& address);       // RFC 5952
void append_network(std::string& out, const IpNetwork& network);  // 10.0.0.0/8

[[nodiscard]] Value ip_value(const IpAddress& address);
[[nodiscard]] IpAddress ip_of(const Value& value);

}  // namespace weir::event
