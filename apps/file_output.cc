#include "apps/file_output.h"

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace weir::apps {
namespace {

std::string cannot(const char* what, const std::string& path, int number) {
  const std::string name = path == "-" ? "standard output" : path;
  return std::string("cannot ") + what + " " + name + ": " +
         std::generic_category().message(number);
}

bool is_written_in_place(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  return path.starts_with("/dev/") || path.starts_with("/proc/") ||
         std::filesystem::is_symlink(path, error) ||
         (std::filesystem::exists(status) && !std::filesystem::is_regular_file(status));
}

}  // namespace

std::expected<FileOutput, std::string> FileOutput::open(const std::string& path) {
  if (path == "-") return FileOutput(stdout, path, "");
  const std::string partial = is_written_in_place(path) ? "" : path + ".partial";
  std::FILE* file = std::fopen((partial.empty() ? path : partial).c_str(), "wb");
  if (file == nullptr) return std::unexpected(cannot("create", path, errno));
  return FileOutput(file, path, partial);
}

FileOutput::FileOutput(FileOutput&& other) noexcept
    : file_(std::exchange(other.file_, nullptr)),
      path_(std::move(other.path_)),
      partial_(std::exchange(other.partial_, "")),
      error_(other.error_) {}

FileOutput::~FileOutput() {
  if (file_ != nullptr && file_ != stdout) std::fclose(file_);
  std::error_code ignored;
  if (!partial_.empty()) std::filesystem::remove(partial_, ignored);
}

bool FileOutput::write(std::string_view bytes) {
  if (error_ != 0) return false;
  if (std::fwrite(bytes.data(), 1, bytes.size(), file_) != bytes.size()) error_ = errno;
  return error_ == 0;
}

std::expected<void, std::string> FileOutput::finish() {
  if (error_ == 0 && std::fflush(file_) != 0) error_ = errno;
  if (file_ != stdout) {
    if (std::fclose(file_) != 0 && error_ == 0) error_ = errno;
  }
  file_ = nullptr;
  if (error_ != 0) return std::unexpected(cannot("write", path_, error_));
  if (partial_.empty()) return {};
  std::error_code error;
  std::filesystem::rename(partial_, path_, error);
  if (error) return std::unexpected("cannot write " + path_ + ": " + error.message());
  partial_.clear();
  return {};
}

}  // namespace weir::apps
