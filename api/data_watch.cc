#include "api/data_watch.h"

#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

#include "api/rule_files.h"
#include "nfa/data_file.h"

namespace weir::api {

DataWatch::DataWatch(const nfa::Image& image, std::span<const compiler::DataFile> files, Env env)
    : image_(image), env_(env) {
  for (const compiler::DataFile& file : files) {
    const std::string path = compiler::path_from(file.rule_file, file.named);
    watched_.push_back({file, path, stamp_of(path)});
  }
  checked_ns_ = env_.clock.steady_ns();
}

// A file that is gone has a stamp too: it is told of once.
DataWatch::Stamp DataWatch::stamp_of(const std::string& path) {
  std::error_code error;
  const auto modified = std::filesystem::last_write_time(path, error);
  if (error) return {};
  const std::uintmax_t size = std::filesystem::file_size(path, error);
  if (error) return {};
  return {static_cast<std::int64_t>(modified.time_since_epoch().count()), size};
}

std::vector<DataFileChange> DataWatch::check(runtime::LiveLists& lists) {
  std::vector<DataFileChange> changes;
  if (watched_.empty()) return changes;
  const std::int64_t now_ns = env_.clock.steady_ns();
  if (now_ns - checked_ns_ < kEveryNs) return changes;
  checked_ns_ = now_ns;
  for (Watched& watched : watched_) {
    const Stamp stamp = stamp_of(watched.path);  // before it is read: what comes after is new again
    if (stamp == watched.stamp) continue;
    watched.stamp = stamp;
    changes.push_back(read(watched, lists));
  }
  return changes;
}

DataFileChange DataWatch::read(const Watched& watched, runtime::LiveLists& lists) {
  DataFileChange change;
  change.path = watched.path;
  const compiler::DataFile& file = watched.file;
  auto text = RuleDataLoader(env_.files).load(file.rule_file, file.named);
  if (!text) {
    change.refused = text.error().message;
  } else if (file.is_table) {
    const nfa::DataTable& rows = image_.tables[file.index].rows;
    auto read = nfa::read_table_text(std::move(*text), file.named, rows.columns(), rows.key());
    if (!read) {
      change.refused = read.error().message;
      return change;
    }
    change.entries = read->rows();
    auto fresh = std::make_shared<const nfa::DataTable>(std::move(*read));
    std::shared_ptr<const nfa::DataTable> old;  // let go when nobody waits for it
    const auto use = lists.use();
    old = lists.replace_table(file.index, std::move(fresh));
  } else {
    const nfa::ListImage& list = image_.lists[file.index];
    auto read = nfa::read_list_text(std::move(*text), file.named, list.name, list.type);
    if (!read) {
      change.refused = read.error().message;
      return change;
    }
    change.entries = read->size();
    auto fresh = std::make_shared<const nfa::DataSet>(std::move(*read));
    std::shared_ptr<const nfa::DataSet> old;
    const auto use = lists.use();
    old = lists.replace_file(file.index, std::move(fresh));
  }
  return change;
}

}  // namespace weir::api
