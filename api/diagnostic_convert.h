// The library's diagnostics as the public data (weir/diagnostics.h). Pure; thread-safe.
#pragma once

#include <memory>

#include "base/error.h"
#include "dsl/diagnostic.h"
#include "dsl/source.h"
#include "weir/diagnostics.h"

namespace weir {

// What rendering needs: the texts, and the issues as the rooms below made them.
struct Diagnostics::Origin {
  std::shared_ptr<const dsl::SourceSet> sources;
  dsl::Diagnostics diagnostics;
};

}  // namespace weir

namespace weir::api {

[[nodiscard]] SourcePlace public_place(const dsl::SourceSet& sources, const dsl::Span& span);
[[nodiscard]] Diagnostics public_diagnostics(std::shared_ptr<const dsl::SourceSet> sources,
                                             dsl::Diagnostics diagnostics);
// The rules could not be read at all.
[[nodiscard]] Diagnostics failed_diagnostics(const base::Error& error);

}  // namespace weir::api
