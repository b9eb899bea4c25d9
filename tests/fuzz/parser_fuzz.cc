// libFuzzer: any bytes as a rule file. What parses is formatted; the format means the same and is
// its own format.
#include <cstddef>
#include <cstdint>
#include <string>

#include "base/check.h"
#include "dsl/dump.h"
#include "dsl/formatter.h"
#include "dsl/parser.h"
#include "dsl/render.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace weir::dsl;
  SourceSet sources;
  const SourceId id =
      sources.add("fuzz.weir", std::string(reinterpret_cast<const char*>(data), size));
  Diagnostics diagnostics;
  const Ast ast = parse(sources, id, diagnostics);
  const std::string before = dump(ast);
  if (diagnostics.has_errors()) {
    diagnostics.sort();
    static_cast<void>(render_text(sources, diagnostics));
    static_cast<void>(render_json(sources, diagnostics));
    return 0;
  }
  const std::string formatted = format(sources, ast);
  const SourceId again = sources.add("formatted.weir", formatted);
  Diagnostics second;
  const Ast twice = parse(sources, again, second);
  WEIR_CHECK(!second.has_errors());
  WEIR_CHECK(dump(twice) == before);
  WEIR_CHECK(format(sources, twice) == formatted);
  return 0;
}
