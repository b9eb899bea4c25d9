#include "event/ip.h"

#include <gtest/gtest.h>

namespace weir::event {
namespace {

std::string shown(std::string_view text) {
  const auto address = parse_ip(text);
  if (!address) return "bad";
  std::string out;
  append_ip(out, *address);
  return out;
}

std::string shown_network(std::string_view text) {
  const auto network = parse_cidr(text);
  if (!network) return "bad";
  std::string out;
  append_network(out, *network);
  return out;
}

TEST(Ip, Addresses) {
  EXPECT_EQ(shown("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(shown("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(shown("2001:DB8:0:0:0:0:0:1"), "2001:db8::1");
  EXPECT_EQ(shown("::"), "::");
  EXPECT_EQ(shown("2001:db8:0:1:1:1:1:1"), "2001:db8:0:1:1:1:1:1");
  for (const std::string_view text :
       {std::string_view(""), std::string_view("1.2.3"), std::string_view("1.2.3.256"),
        std::string_view("01.2.3.4"), std::string_view("1.2.3.4 "),
        std::string_view("1.2.3.4\0", 8), std::string_view("1.2.3.4.5"),
        std::string_view("::1%eth0"), std::string_view("[::1]"), std::string_view("1::2::3"),
        std::string_view("12345::"), std::string_view("localhost"),
        std::string_view("1:2:3:4:5:6:7:8:9:10:11:12:13:14:15:16:17:18:19:20:21")}) {
    EXPECT_EQ(shown(text), "bad") << text;
  }
}

TEST(Ip, Networks) {
  EXPECT_EQ(shown_network("10.1.2.3/8"), "10.0.0.0/8");
  EXPECT_EQ(shown_network("10.1.2.3"), "10.1.2.3/32");
  EXPECT_EQ(shown_network("0.0.0.0/0"), "0.0.0.0/0");
  EXPECT_EQ(shown_network("2001:db8:ffff::/33"), "2001:db8:8000::/33");
  EXPECT_EQ(shown_network("::/0"), "::/0");
  for (const char* text : {"10.0.0.0/33", "::/129", "10.0.0.0/", "10.0.0.0/08", "10.0.0.0/-1",
                           "10.0.0/8", "/8", "10.0.0.0/8/8"}) {
    EXPECT_EQ(shown_network(text), "bad") << text;
  }
}

TEST(Ip, Contains) {
  const auto net = *parse_cidr("10.16.0.0/12");
  EXPECT_TRUE(net.contains(*parse_ip("10.31.255.255")));
  EXPECT_FALSE(net.contains(*parse_ip("10.32.0.0")));
  EXPECT_TRUE(net.contains(*parse_ip("::ffff:10.16.0.1")));
  EXPECT_FALSE(parse_cidr("0.0.0.0/0")->contains(*parse_ip("::1")));
  EXPECT_TRUE(parse_cidr("::/0")->contains(*parse_ip("1.2.3.4")));
  EXPECT_EQ(network_of(*parse_ip("192.0.2.77"), 24), *parse_cidr("192.0.2.0/24"));
  EXPECT_EQ(network_of(*parse_ip("2001:db8::77"), 64), *parse_cidr("2001:db8::/64"));
  EXPECT_EQ(ip_of(ip_value(*parse_ip("1.2.3.4"))), *parse_ip("1.2.3.4"));
}

}  // namespace
}  // namespace weir::event
