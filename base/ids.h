// Strong indices: an EventTypeId cannot be passed where a RuleId is meant. Trivial to copy, hash
// and compare; the value is an index into the table that the tag names.
#pragma once

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>

namespace weir::base {

template <typename Tag, typename Int = std::uint32_t>
struct Id {
  static constexpr Int kNone = static_cast<Int>(-1);
  Int value = kNone;

  constexpr Id() = default;
  constexpr explicit Id(Int index) : value(index) {}
  constexpr explicit Id(std::size_t index)
    requires(!std::is_same_v<Int, std::size_t>)
      : value(static_cast<Int>(index)) {}
  [[nodiscard]] constexpr bool valid() const { return value != kNone; }
  [[nodiscard]] constexpr std::size_t index() const { return static_cast<std::size_t>(value); }
  friend constexpr auto operator<=>(Id, Id) = default;
};

}  // namespace weir::base

template <typename Tag, typename Int>
struct std::hash<weir::base::Id<Tag, Int>> {
  std::size_t operator()(weir::base::Id<Tag, Int> id) const noexcept {
    return static_cast<std::size_t>(id.value);
  }
};
