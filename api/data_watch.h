// Lists and tables that are read anew when their files change (language L4.3), while a stream runs.
//
// Used by the run session between batches. Looks at the time and size of each file, at most so
// often; one that has changed is read whole and takes the place of what was there between two
// events, or is refused with the reason, and the old content goes on until it changes again. One
// thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "api/env.h"
#include "compiler/compiler.h"
#include "nfa/image.h"
#include "runtime/live_lists.h"
#include "weir/run.h"

namespace weir::api {

class DataWatch {
 public:
  // `image` has the files' contents as they are now.
  DataWatch(const nfa::Image& image, std::span<const compiler::DataFile> files, Env env);

  // What has changed since the last call, as far as it was looked for.
  [[nodiscard]] std::vector<DataFileChange> check(runtime::LiveLists& lists);

 private:
  // Twice a second at most: what people and programs write is not faster.
  static constexpr std::int64_t kEveryNs = 500'000'000;

  struct Stamp {
    std::int64_t modified = 0;
    std::uintmax_t size = 0;
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Watched {
    compiler::DataFile file;
    std::string path;
    Stamp stamp;
  };
  [[nodiscard]] static Stamp stamp_of(const std::string& path);
  [[nodiscard]] DataFileChange read(const Watched& watched, runtime::LiveLists& lists);

  const nfa::Image& image_;
  Env env_;
  std::vector<Watched> watched_;
  std::int64_t checked_ns_ = 0;
};

}  // namespace weir::api
