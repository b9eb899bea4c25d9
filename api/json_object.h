// JSON text made member by member, in the order given: for reports. Not thread-safe.
//
//   JsonObject out(text);
//   out.add("events", 3).add("name", "x");
//   out.object("money", [&](JsonObject& in) { in.add("caught", 1.5); });
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/decimal.h"
#include "event/json_writer.h"

namespace weir::api {

// A share or rate: rounded to six digits, so that it reads well.
inline void append_ratio(std::string& out, double value) {
  constexpr double kDigits = 1e6;
  event::append_json_float(out, std::round(value * kDigits) / kDigits);
}

class JsonObject {
 public:
  explicit JsonObject(std::string& out) : out_(out) { out_ += '{'; }
  ~JsonObject() { out_ += '}'; }
  JsonObject(const JsonObject&) = delete;
  JsonObject& operator=(const JsonObject&) = delete;

  template <std::unsigned_integral T>
  JsonObject& add(std::string_view name, T value) {
    key(name);
    if constexpr (std::same_as<T, bool>) {
      out_ += value ? "true" : "false";
    } else {
      event::append_uint(out_, value);
    }
    return *this;
  }
  JsonObject& add(std::string_view name, std::int64_t value) {
    key(name);
    event::append_int(out_, value);
    return *this;
  }
  JsonObject& add(std::string_view name, double value) {
    key(name);
    append_ratio(out_, value);
    return *this;
  }
  template <typename T>
  JsonObject& add(std::string_view name, const std::optional<T>& value) {
    if (value) return add(name, *value);
    key(name);
    out_ += "null";
    return *this;
  }
  JsonObject& add(std::string_view name, std::string_view text) {
    key(name);
    event::append_json_string(out_, text);
    return *this;
  }
  JsonObject& add(std::string_view name, const char* text) {
    return add(name, std::string_view(text));
  }
  JsonObject& add(std::string_view name, const std::string& text) {
    return add(name, std::string_view(text));
  }
  // In ten-thousandths.
  JsonObject& decimal(std::string_view name, event::Int128 value_e4) {
    key(name);
    event::append_decimal(out_, value_e4);
    return *this;
  }
  // JSON as it is; null if it is empty.
  JsonObject& raw(std::string_view name, std::string_view json) {
    key(name);
    out_ += json.empty() ? std::string_view("null") : json;
    return *this;
  }
  JsonObject& text_or_null(std::string_view name, std::string_view text) {
    if (text.empty()) return raw(name, "");
    return add(name, text);
  }
  template <typename Fill>
  JsonObject& object(std::string_view name, const Fill& fill) {
    key(name);
    JsonObject inner(out_);
    fill(inner);
    return *this;
  }
  // write(out, element) for each.
  template <typename Range, typename Write>
  JsonObject& array(std::string_view name, const Range& range, const Write& write) {
    key(name);
    out_ += '[';
    bool first = true;
    for (const auto& each : range) {
      if (!first) out_ += ',';
      first = false;
      write(out_, each);
    }
    out_ += ']';
    return *this;
  }
  JsonObject& texts(std::string_view name, const auto& range) {
    return array(name, range, [](std::string& out, const std::string& text) {
      event::append_json_string(out, text);
    });
  }

 private:
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    event::append_json_string(out_, name);
    out_ += ':';
  }

  std::string& out_;
  bool first_ = true;
};

}  // namespace weir::api
