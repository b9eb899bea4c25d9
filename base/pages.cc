#include "base/pages.h"

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>

#include "base/check.h"

namespace weir::base {
namespace {

std::size_t page_bytes() {
  static const auto bytes = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

}  // namespace

Pages::Pages(std::size_t bytes, std::size_t alignment) {
  const std::size_t page = page_bytes();
  bytes_ = (bytes + page - 1) / page * page;
  // More than is wanted, and what lies before and behind the aligned part goes back.
  const std::size_t more = alignment > page ? alignment : 0;
  void* mapped =
      mmap(nullptr, bytes_ + more, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  WEIR_CHECK(mapped != MAP_FAILED);
  const auto at = reinterpret_cast<std::uintptr_t>(mapped);
  const std::uintptr_t aligned = more == 0 ? at : (at + alignment - 1) & ~(alignment - 1);
  if (aligned > at) munmap(mapped, aligned - at);
  const std::uintptr_t end = at + bytes_ + more;
  if (end > aligned + bytes_) {
    munmap(reinterpret_cast<void*>(aligned + bytes_), end - aligned - bytes_);
  }
  data_ = reinterpret_cast<void*>(aligned);
}

void Pages::unmap(void* data, std::size_t bytes) { munmap(data, bytes); }

}  // namespace weir::base
