#include "event/ip.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace weir::event {
namespace {

constexpr unsigned kV4Offset = 96;  // bits before an IPv4 address

IpAddress masked(IpAddress address, unsigned prefix) {
  for (unsigned i = 0; i < 16; ++i) {
    const unsigned kept = prefix > 8 * i ? std::min(8u, prefix - 8 * i) : 0;
    address.bytes[i] = static_cast<std::uint8_t>(address.bytes[i] & (0xff00u >> kept));
  }
  return address;
}

}  // namespace

bool IpAddress::is_v4() const {
  static constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0,    0,
                                                           0, 0, 0, 0, 0xff, 0xff};
  return std::memcmp(bytes.data(), kMapped.data(), kMapped.size()) == 0;
}

bool IpNetwork::contains(const IpAddress& address) const { return masked(address, prefix) == base; }

std::optional<IpAddress> parse_ip(std::string_view text) {
  // inet_pton wants a terminated string, and takes no zone, bracket or leading zero.
  char terminated[INET6_ADDRSTRLEN + 1];
  if (text.size() >= sizeof terminated || text.find('\0') != text.npos) return std::nullopt;
  std::memcpy(terminated, text.data(), text.size());
  terminated[text.size()] = '\0';
  IpAddress address;
  if (text.find(':') != text.npos) {
    if (inet_pton(AF_INET6, terminated, address.bytes.data()) != 1) return std::nullopt;
    return address;
  }
  address.bytes[10] = address.bytes[11] = 0xff;
  if (inet_pton(AF_INET, terminated, address.bytes.data() + 12) != 1) return std::nullopt;
  return address;
}

std::optional<IpNetwork> parse_cidr(std::string_view text) {
  const std::size_t slash = text.find('/');
  const auto address = parse_ip(text.substr(0, slash));
  if (!address) return std::nullopt;
  // ::ffff:10.0.0.0/104 is written in IPv6 terms even though the address is an IPv4 one.
  const bool counts_v4 = text.find(':') == text.npos;
  if (slash == text.npos) return IpNetwork{*address, 128};
  const std::string_view digits = text.substr(slash + 1);
  unsigned prefix = 0;
  const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
  if (code != std::errc() || end != digits.data() + digits.size()) return std::nullopt;
  if ((digits.size() > 1 && digits[0] == '0') || prefix > (counts_v4 ? 32u : 128u)) {
    return std::nullopt;
  }
  if (counts_v4) prefix += kV4Offset;
  return IpNetwork{masked(*address, prefix), prefix};
}

IpNetwork network_of(const IpAddress& address, unsigned prefix) {
  prefix = address.is_v4() ? kV4Offset + std::min(prefix, 32u) : std::min(prefix, 128u);
  return {masked(address, prefix), prefix};
}

void append_ip(std::string& out, const IpAddress& address) {
  char text[INET6_ADDRSTRLEN];
  const bool v4 = address.is_v4();
  out +=
      inet_ntop(v4 ? AF_INET : AF_INET6, address.bytes.data() + (v4 ? 12 : 0), text, sizeof text);
}

void append_network(std::string& out, const IpNetwork& network) {
  append_ip(out, network.base);
  const bool v4 = network.base.is_v4() && network.prefix >= kV4Offset;
  out += '/';
  out += std::to_string(v4 ? network.prefix - kV4Offset : network.prefix);
}

Value ip_value(const IpAddress& address) {
  Value value;
  std::memcpy(value.ip, address.bytes.data(), address.bytes.size());
  return value;
}

IpAddress ip_of(const Value& value) {
  IpAddress address;
  std::memcpy(address.bytes.data(), value.ip, address.bytes.size());
  return address;
}

}  // namespace weir::event
