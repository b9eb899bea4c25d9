// Hostile images: the body of one, behind a header whose checksum always agrees, so that the
// verifier is what has to hold. What it lets through is printed, written, loaded and run.
//
// A mutation that moves bytes would break the size before each section and end at the first of
// them. So most mutations are of one section's bytes, and its size is put right.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/hash.h"
#include "compiler/compiler.h"
#include "dsl/parser.h"
#include "tests/fuzz/run_image.h"
#include "tests/fuzz/seeds.h"

// libFuzzer's; not there where replay_main.cc stands in for it, and not called there.
extern "C" std::size_t LLVMFuzzerMutate(std::uint8_t* data, std::size_t size, std::size_t max_size)
    __attribute__((weak));

namespace {

using namespace weir;

constexpr std::uint32_t kSections = 8;
constexpr std::size_t kHeader = 8 + 4 + 4 + 16;
constexpr std::size_t kSectionHeader = 4 + 8;
constexpr std::size_t kMaxBody = 1 << 20;

std::string with_header(std::string_view body) {
  const base::Hash128 checksum = base::hash128(body);
  base::ByteWriter out;
  out.raw("WEIRIMG\0", 8);
  out.u32(nfa::kImageVersion);
  out.u32(kSections);
  out.u64(checksum.high);
  out.u64(checksum.low);
  out.raw(body.data(), body.size());
  return out.take();
}

// Where the section's bytes begin and how many they are; size npos if it is not whole.
struct Section {
  std::size_t begin = 0;
  std::size_t size = std::string::npos;
};

Section find_section(const std::uint8_t* data, std::size_t size, std::size_t number) {
  std::size_t at = 0;
  for (std::size_t i = 0; size - at >= kSectionHeader; ++i) {
    std::uint64_t length = 0;
    std::memcpy(&length, data + at + 4, sizeof length);
    at += kSectionHeader;
    if (length > size - at) break;
    if (i == number) return {at, static_cast<std::size_t>(length)};
    at += static_cast<std::size_t>(length);
  }
  return {};
}

class NoFiles final : public compiler::FileLoader {
 public:
  base::Result<std::string> load(const std::string&, const std::string& path) override {
    return base::fail(base::ErrorCode::kNotFound, path);
  }
};

// The body of the text's image; empty if it does not compile by itself.
std::string image_body(const fuzz::Seed& file) {
  dsl::SourceSet sources;
  dsl::Diagnostics diagnostics;
  NoFiles files;
  const dsl::Ast ast = dsl::parse(sources, sources.add(file.name, file.bytes), diagnostics);
  const auto result = compiler::compile(sources, std::span(&ast, 1), files, {}, diagnostics);
  if (!result.image) return {};
  std::string body = nfa::write_image(*result.image).substr(kHeader);
  // Else nothing but the first checks would ever be reached.
  WEIR_CHECK(nfa::read_image(with_header(body)).has_value());
  return body;
}

}  // namespace

std::vector<weir::fuzz::Seed> weir::fuzz::seeds() {
  std::vector<Seed> images;
  for (const Seed& text : rule_texts()) {
    std::string body = image_body(text);
    if (!body.empty()) images.push_back({text.name, std::move(body)});
  }
  return images;
}

extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                               std::size_t max_size, unsigned int seed) {
  const Section section = find_section(data, size, seed % (kSections + 1));
  if (section.size == std::string::npos) return LLVMFuzzerMutate(data, size, max_size);
  const std::size_t behind = section.begin + section.size;
  const std::string rest(reinterpret_cast<const char*>(data) + behind, size - behind);
  const std::size_t room = max_size - section.begin - std::min(max_size, rest.size());
  const std::size_t length =
      LLVMFuzzerMutate(data + section.begin, section.size, std::max(room, section.size));
  const std::uint64_t written = length;
  std::memcpy(data + section.begin - sizeof written, &written, sizeof written);
  const std::size_t kept = std::min(rest.size(), max_size - section.begin - length);
  std::memcpy(data + section.begin + length, rest.data(), kept);
  return section.begin + length + kept;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  (void)nfa::read_image(input);
  if (size > kMaxBody) return 0;
  const auto image = nfa::read_image(with_header(input));
  if (image) fuzz::check_image(*image);
  return 0;
}
