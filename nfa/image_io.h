// One description of the image's layout for both directions: an ImageIo either appends what it is
// shown to a ByteWriter or fills it from a ByteReader. So what is written and what is read cannot
// drift apart. Used by nfa/image_bytes.cc and nfa/automaton_bytes.cc only. Not thread-safe.
//
// Invariants
// 1. Writing leaves what it is shown unchanged.
// 2. Reading never makes more elements than the bytes hold: a list grows element by element and
//    stops at the first failure.
// 3. Layout only: whether ids and ranges mean something is for verify_image() to say.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/error.h"
#include "base/ids.h"
#include "event/schema.h"
#include "nfa/automaton.h"
#include "nfa/image.h"

namespace weir::nfa {

class ImageIo {
 public:
  explicit ImageIo(base::ByteWriter& out) : out_(&out) {}
  explicit ImageIo(base::ByteReader& in) : in_(&in) {}

  [[nodiscard]] bool writing() const { return out_ != nullptr; }
  [[nodiscard]] base::ByteWriter& out() { return *out_; }
  [[nodiscard]] base::ByteReader& in() { return *in_; }
  [[nodiscard]] bool ok() const { return out_ != nullptr || in_->ok(); }
  void fail() {
    if (in_ != nullptr) in_->fail();
  }

  void plain(std::uint8_t& v) { writing() ? out_->u8(v) : void(v = in_->u8()); }
  void plain(std::uint16_t& v) { writing() ? out_->u16(v) : void(v = in_->u16()); }
  void plain(std::uint32_t& v) { writing() ? out_->u32(v) : void(v = in_->u32()); }
  void plain(std::uint64_t& v) { writing() ? out_->u64(v) : void(v = in_->u64()); }
  void plain(std::int64_t& v) { writing() ? out_->i64(v) : void(v = in_->i64()); }
  void plain(std::int32_t& v) {
    auto bits = static_cast<std::uint32_t>(v);
    plain(bits);
    v = static_cast<std::int32_t>(bits);
  }
  void plain(std::int16_t& v) {
    auto bits = static_cast<std::uint16_t>(v);
    plain(bits);
    v = static_cast<std::int16_t>(bits);
  }
  void plain(SymbolMask& v) {
    if (writing()) {
      out_->i128(static_cast<__int128>(v));
    } else {
      v = static_cast<SymbolMask>(in_->i128());
    }
  }
  void plain(bool& v) {
    std::uint8_t byte = v ? 1 : 0;
    plain(byte);
    if (byte > 1) fail();
    v = byte == 1;
  }
  void plain(std::string& v) {
    if (writing()) {
      out_->string(v);
    } else {
      v = in_->string();
    }
  }
  template <typename Tag, typename Int>
  void plain(base::Id<Tag, Int>& v) {
    plain(v.value);
  }
  template <typename T>
  void plain(Range<T>& v) {
    plain(v.begin);
    plain(v.end);
  }
  // An enum of u8 whose last value is `last`.
  template <typename Enum>
  void choice(Enum& v, Enum last) {
    auto byte = static_cast<std::uint8_t>(v);
    plain(byte);
    if (byte > static_cast<std::uint8_t>(last)) {
      fail();
      byte = 0;
    }
    v = static_cast<Enum>(byte);
  }

  // `each` shows one element. A T that cannot be made empty is read by its own function.
  template <typename T, typename Each>
  void list(std::vector<T>& items, Each&& each) {
    auto count = static_cast<std::uint32_t>(items.size());
    plain(count);
    if (writing()) {
      for (auto& item : items) each(item);
      return;
    }
    items.clear();
    for (std::uint32_t i = 0; i < count && ok(); ++i) {
      // An element takes at least a byte: a count past what is left is damage.
      if (in_->at_end()) return fail();
      T item{};
      each(item);
      items.push_back(std::move(item));
    }
  }
  template <typename T>
  void list(std::vector<T>& items) {
    list(items, [this](T& item) { plain(item); });
  }
  template <typename T>
  void list_of_lists(std::vector<std::vector<T>>& items) {
    list(items, [this](std::vector<T>& inner) { list(inner); });
  }
  // What knows its own bytes: append_bytes() and a static read() that gives a Result.
  template <typename T>
  void own(T& item) {
    if (writing()) {
      item.append_bytes(*out_);
    } else if (auto read = T::read(*in_)) {
      item = std::move(*read);
    } else {
      fail();
    }
  }
  void own(RegisterDesc& desc) {
    if (writing()) {
      desc.append_bytes(*out_);
    } else {
      desc = RegisterDesc::read(*in_);
    }
  }
  void type(event::Type& v) {
    if (writing()) {
      append_type(v, *out_);
    } else {
      v = read_type(*in_);
    }
  }

 private:
  base::ByteWriter* out_ = nullptr;
  base::ByteReader* in_ = nullptr;
};

// nfa/automaton_bytes.cc
void show(ImageIo& io, Automaton& automaton);

}  // namespace weir::nfa
