#include "event/byte_source.h"

#include <fnmatch.h>
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <string_view>

namespace weir::event {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::size_t kFileBufferBytes = std::size_t{256} << 10;
constexpr std::string_view kGzipMagic = "\x1f\x8b";
constexpr std::string_view kZstdMagic = "\x28\xb5\x2f\xfd";

// What the sources share: the file, and the bytes of it that were read and not yet used.
class FileBytes {
 public:
  FileBytes(std::unique_ptr<base::InputFile> file, std::string path)
      : file_(std::move(file)), path_(std::move(path)), buffer_(kFileBufferBytes) {}

  // Reads on until at least `count` bytes are at hand or the file ends.
  Result<void> peek(std::size_t count) {
    while (size_ - at_ < count && !ended_) {
      if (auto done = fetch(); !done) return done;
    }
    return {};
  }
  // More bytes behind those at hand.
  Result<void> fetch() {
    if (at_ == size_) at_ = size_ = 0;
    const auto got = file_->read(buffer_.data() + size_, buffer_.size() - size_);
    if (!got) return std::unexpected(got.error());
    ended_ = *got == 0;
    size_ += *got;
    read_ += *got;
    return {};
  }
  [[nodiscard]] std::string_view at_hand() const { return {buffer_.data() + at_, size_ - at_}; }
  void use(std::size_t count) { at_ += count; }
  // Past what is buffered, straight to where the caller wants it.
  Result<std::size_t> read_direct(char* to, std::size_t size) {
    auto got = file_->read(to, size);
    if (got) read_ += *got;
    return got;
  }
  [[nodiscard]] bool ended() const { return ended_ && at_ == size_; }
  [[nodiscard]] std::uint64_t bytes_read() const { return read_; }
  [[nodiscard]] std::unexpected<base::Error> corrupt(const std::string& what) const {
    return base::fail(ErrorCode::kCorrupt, "cannot read " + path_ + ": " + what);
  }

 private:
  std::unique_ptr<base::InputFile> file_;
  std::string path_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
  bool ended_ = false;
  std::uint64_t read_ = 0;
};

class PlainSource final : public ByteSource {
 public:
  explicit PlainSource(FileBytes bytes) : bytes_(std::move(bytes)) {}
  Result<std::size_t> read(char* buffer, std::size_t size) override {
    const std::string_view held = bytes_.at_hand();
    if (held.empty()) return bytes_.read_direct(buffer, size);
    const std::size_t taken = std::min(size, held.size());
    std::memcpy(buffer, held.data(), taken);
    bytes_.use(taken);
    return taken;
  }
  std::uint64_t file_bytes_read() const override { return bytes_.bytes_read(); }

 private:
  FileBytes bytes_;
};

class GzipSource final : public ByteSource {
 public:
  explicit GzipSource(FileBytes bytes) : bytes_(std::move(bytes)) {
    ready_ = inflateInit2(&stream_, 15 + 16) == Z_OK;  // 16: a gzip header, not a zlib one
  }
  ~GzipSource() override {
    if (ready_) inflateEnd(&stream_);
  }
  GzipSource(const GzipSource&) = delete;
  GzipSource& operator=(const GzipSource&) = delete;

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (!ready_) return base::fail(ErrorCode::kLimit, "no memory to decompress gzip");
    while (!done_) {
      if (bytes_.at_hand().empty()) {
        if (auto fetched = bytes_.fetch(); !fetched) return std::unexpected(fetched.error());
      }
      if (between_members_) {
        if (auto begun = begin_member(); !begun) return std::unexpected(begun.error());
        continue;
      }
      if (bytes_.ended()) return bytes_.corrupt("the gzip data ends too early");
      const auto made = inflate_some(buffer, size);
      if (!made || *made > 0) return made;
    }
    return 0;
  }
  std::uint64_t file_bytes_read() const override { return bytes_.bytes_read(); }

 private:
  // Behind a member: another one, zeros that pad the file to a block, or the end.
  Result<void> begin_member() {
    while (!bytes_.at_hand().empty() && bytes_.at_hand()[0] == '\0') {
      bytes_.use(1);
      padded_ = true;
    }
    if (bytes_.ended()) {
      done_ = true;
    } else if (!bytes_.at_hand().empty()) {
      if (padded_) return bytes_.corrupt("something stands behind the gzip data");
      between_members_ = false;
      inflateReset(&stream_);
    }
    return {};
  }
  Result<std::size_t> inflate_some(char* buffer, std::size_t size) {
    const std::string_view held = bytes_.at_hand();
    const auto room = static_cast<uInt>(std::min<std::size_t>(size, 1u << 30));
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(held.data()));
    stream_.avail_in = static_cast<uInt>(held.size());
    stream_.next_out = reinterpret_cast<Bytef*>(buffer);
    stream_.avail_out = room;
    const int code = inflate(&stream_, Z_NO_FLUSH);
    bytes_.use(held.size() - stream_.avail_in);
    if (code == Z_STREAM_END) {
      between_members_ = true;
    } else if (code != Z_OK && code != Z_BUF_ERROR) {
      return bytes_.corrupt("the gzip data is broken");
    }
    return std::size_t{room - stream_.avail_out};
  }

  FileBytes bytes_;
  z_stream stream_{};
  bool ready_ = false;
  bool between_members_ = false;
  bool padded_ = false;
  bool done_ = false;
};

class ZstdSource final : public ByteSource {
 public:
  explicit ZstdSource(FileBytes bytes) : bytes_(std::move(bytes)), stream_(ZSTD_createDStream()) {}
  ~ZstdSource() override { ZSTD_freeDStream(stream_); }
  ZstdSource(const ZstdSource&) = delete;
  ZstdSource& operator=(const ZstdSource&) = delete;

  Result<std::size_t> read(char* buffer, std::size_t size) override {
    if (stream_ == nullptr) return base::fail(ErrorCode::kLimit, "no memory to decompress zstd");
    while (true) {
      if (bytes_.at_hand().empty() && !bytes_.ended()) {
        if (auto fetched = bytes_.fetch(); !fetched) return std::unexpected(fetched.error());
      }
      const bool ended = bytes_.ended();
      if (ended && !inside_frame_) return 0;
      ZSTD_inBuffer in{bytes_.at_hand().data(), bytes_.at_hand().size(), 0};
      ZSTD_outBuffer out{buffer, size, 0};
      const std::size_t hint = ZSTD_decompressStream(stream_, &out, &in);
      bytes_.use(in.pos);
      if (ZSTD_isError(hint) != 0) {
        return bytes_.corrupt(std::string("the zstd data is broken: ") + ZSTD_getErrorName(hint));
      }
      inside_frame_ = hint != 0;
      if (out.pos > 0) return out.pos;
      if (ended && inside_frame_) return bytes_.corrupt("the zstd data ends too early");
    }
  }
  std::uint64_t file_bytes_read() const override { return bytes_.bytes_read(); }

 private:
  FileBytes bytes_;
  ZSTD_DStream* stream_;
  bool inside_frame_ = true;  // an empty file is no zstd file
};

}  // namespace

Result<std::unique_ptr<ByteSource>> open_byte_source(base::FileEnv& files,
                                                     const std::string& path) {
  auto file = files.open_input(path);
  if (!file) return std::unexpected(file.error());
  return make_byte_source(std::move(*file), path);
}

Result<std::unique_ptr<ByteSource>> make_byte_source(std::unique_ptr<base::InputFile> file,
                                                     const std::string& path) {
  FileBytes bytes(std::move(file), path);
  const bool named_gzip = path.ends_with(".gz");
  const bool named_zstd = path.ends_with(".zst");
  // One byte tells whether it can be compressed at all, so a pipe is not waited on for more.
  if (auto peeked = bytes.peek(1); !peeked) return std::unexpected(peeked.error());
  const std::string_view first = bytes.at_hand().substr(0, 1);
  if (first == kGzipMagic.substr(0, 1) || first == kZstdMagic.substr(0, 1)) {
    if (auto peeked = bytes.peek(kZstdMagic.size()); !peeked) {
      return std::unexpected(peeked.error());
    }
  }
  const bool gzip = bytes.at_hand().starts_with(kGzipMagic);
  const bool zstd = bytes.at_hand().starts_with(kZstdMagic);
  if (named_gzip && !gzip) return bytes.corrupt("it is not gzip, whatever its name says");
  if (named_zstd && !zstd) return bytes.corrupt("it is not zstd, whatever its name says");
  if (gzip) return std::make_unique<GzipSource>(std::move(bytes));
  if (zstd) return std::make_unique<ZstdSource>(std::move(bytes));
  return std::make_unique<PlainSource>(std::move(bytes));
}

Result<std::string> read_all(ByteSource& source, std::uint64_t limit) {
  std::string all;
  std::vector<char> block(kFileBufferBytes);
  while (true) {
    const auto got = source.read(block.data(), block.size());
    if (!got) return std::unexpected(got.error());
    if (*got == 0) return all;
    if (all.size() + *got > limit) {
      return base::fail(ErrorCode::kLimit, "it is longer than " + std::to_string(limit) + " bytes");
    }
    all.append(block.data(), *got);
  }
}

Result<std::vector<std::string>> expand_globs(base::FileEnv& files,
                                              const std::vector<std::string>& patterns) {
  std::vector<std::string> paths;
  for (const std::string& pattern : patterns) {
    const std::size_t wild = pattern.find_first_of("*?[");
    if (wild == pattern.npos || files.exists(pattern)) {
      paths.push_back(pattern);
      continue;
    }
    const std::size_t slash = pattern.rfind('/', wild);
    const std::string directory = slash == pattern.npos ? "." : pattern.substr(0, slash + 1);
    const auto found = files.list_files(directory);
    if (!found) return std::unexpected(found.error().within("cannot expand " + pattern));
    const std::size_t before = paths.size();
    for (const std::string& path : *found) {
      // What lies below "." comes back as ./name.
      const bool dotted = slash == pattern.npos && path.starts_with("./");
      const std::string name = dotted ? path.substr(2) : path;
      if (fnmatch(pattern.c_str(), name.c_str(), FNM_PATHNAME | FNM_PERIOD) == 0) {
        paths.push_back(name);
      }
    }
    if (paths.size() == before) {
      return base::fail(ErrorCode::kNotFound, "no file matches " + pattern);
    }
  }
  return paths;
}

}  // namespace weir::event
