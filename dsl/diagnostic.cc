#include "dsl/diagnostic.h"

#include <algorithm>
#include <array>
#include <numeric>
#include <tuple>
#include <utility>

namespace weir::dsl {
namespace {

struct Row {
  std::string_view code;
  Severity severity;
  std::string_view summary;
};

constexpr std::array kRows = {
#define WEIR_DIAGNOSTIC(code, name, severity, summary) Row{code, Severity::severity, summary},
#include "dsl/diagnostics.def"
#undef WEIR_DIAGNOSTIC
};

const Row& row(DiagnosticCode code) { return kRows[static_cast<std::size_t>(code)]; }

auto place(const Diagnostic& d) {
  return std::tuple(d.span.source.value, d.span.begin, d.code, d.span.end);
}

char fold(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// Edit distance with neighbouring letters swapped counted as one slip; case is ignored.
std::size_t slips(std::string_view a, std::string_view b) {
  std::vector<std::size_t> before(b.size() + 1);
  std::vector<std::size_t> last(b.size() + 1);
  std::vector<std::size_t> now(b.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= a.size(); ++i) {
    now[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const bool same = fold(a[i - 1]) == fold(b[j - 1]);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, last[j - 1] + (same ? 0U : 1U)});
      const bool swapped =
          i > 1 && j > 1 && fold(a[i - 1]) == fold(b[j - 2]) && fold(a[i - 2]) == fold(b[j - 1]);
      if (swapped) now[j] = std::min(now[j], before[j - 2] + 1);
    }
    std::swap(before, last);
    std::swap(last, now);
  }
  return last[b.size()];
}

// `amnt` for amount, `av` for avg: letters left out behind the first, at most one in three.
bool shortens(std::string_view name, std::string_view whole) {
  if (name.size() < 2 || whole.size() <= name.size()) return false;
  if (whole.size() - name.size() > std::max<std::size_t>(1, name.size() / 2)) return false;
  if (fold(name[0]) != fold(whole[0])) return false;
  std::size_t found = 0;
  for (const char c : whole) {
    if (found < name.size() && fold(name[found]) == fold(c)) ++found;
  }
  return found == name.size();
}

}  // namespace

std::string_view code_text(DiagnosticCode code) { return row(code).code; }
Severity default_severity(DiagnosticCode code) { return row(code).severity; }
std::string_view code_summary(DiagnosticCode code) { return row(code).summary; }

Diagnostic& Diagnostics::add(DiagnosticCode code, Span span, std::string message) {
  Diagnostic added{code, default_severity(code), span, std::move(message), {}, {}, {}};
  if (added.severity == Severity::kError) ++errors_;
  // What is past the limit still goes somewhere, for the caller fills it further.
  if (list_.size() >= kMaxErrors) {
    overflow_ = std::move(added);
    return overflow_;
  }
  list_.push_back(std::move(added));
  return list_.back();
}

void Diagnostics::sort() {
  std::ranges::stable_sort(list_, {}, place);
  const auto repeated = std::ranges::unique(list_, [](const Diagnostic& a, const Diagnostic& b) {
    return place(a) == place(b) && a.message == b.message;
  });
  const auto is_error = [](const Diagnostic& d) { return d.severity == Severity::kError; };
  errors_ -= static_cast<std::size_t>(std::ranges::count_if(repeated, is_error));
  list_.erase(repeated.begin(), repeated.end());
}

std::string_view nearest_name(std::string_view name,
                              const std::vector<std::string_view>& candidates) {
  constexpr std::size_t kLongestName =
      100;  // nobody mistypes a name of that length letter by letter
  if (name.empty() || name.size() > kLongestName) return {};
  const std::size_t allowed = name.size() <= 2   ? 0
                              : name.size() <= 5 ? 1
                              : name.size() <= 9 ? 2
                                                 : 3;
  std::string_view best;
  std::size_t fewest = allowed + 1;
  for (const std::string_view candidate : candidates) {
    if (candidate.empty() || candidate.size() > name.size() + allowed ||
        name.size() > candidate.size() + allowed) {
      continue;
    }
    const std::size_t count = slips(name, candidate);
    if (candidate == name) continue;
    if (count < fewest) {
      fewest = count;
      best = candidate;
    }
  }
  if (!best.empty()) return best;
  for (const std::string_view candidate : candidates) {
    if (shortens(name, candidate) && (best.empty() || candidate.size() < best.size())) {
      best = candidate;
    }
  }
  return best;
}

}  // namespace weir::dsl
