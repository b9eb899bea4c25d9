#include "weir/lines.h"

#include <vector>

#include "api/env.h"
#include "event/byte_source.h"
#include "event/input.h"

namespace weir {

Result<void> read_lines(const std::string& path,
                        const std::function<bool(std::string_view)>& sink) {
  constexpr std::size_t kBlockBytes = std::size_t{1} << 16;
  constexpr std::size_t kMaxLineBytes = std::size_t{64} << 20;
  auto source = event::open_byte_source(api::system_env().files, path);
  if (!source) return std::unexpected(api::public_error(source.error()));
  std::vector<char> block(kBlockBytes);
  std::string carry;
  while (true) {
    const auto got = (*source)->read(block.data(), block.size());
    if (!got) return std::unexpected(api::public_error(got.error()));
    if (*got == 0) break;
    std::string_view rest(block.data(), *got);
    for (std::size_t end; (end = rest.find('\n')) != std::string_view::npos;) {
      const std::string_view line = rest.substr(0, end);
      if (!carry.empty()) carry += line;
      if (!sink(carry.empty() ? line : std::string_view(carry))) return {};
      carry.clear();
      rest.remove_prefix(end + 1);
    }
    carry += rest;
    if (carry.size() > kMaxLineBytes) {
      return api::fail(ErrorCode::limit, path + " has a line of more than 64 MiB");
    }
  }
  if (!carry.empty()) sink(carry);
  return {};
}

bool is_csv_name(const std::string& path) {
  return event::format_of_name(path) == event::InputFormat::kCsv;
}

}  // namespace weir
