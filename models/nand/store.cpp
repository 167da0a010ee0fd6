#include "nand/store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/error.h"
#include "nand/checksum.h"

namespace kilburn::nand {
namespace {

static_assert(std::endian::native == std::endian::little, "an image holds the host's own words");

constexpr std::size_t host_page = 4096;
constexpr std::array<char, 8> magic = {'K', 'I', 'L', 'N', 'A', 'N', 'D', '\n'};
constexpr std::uint32_t version = 1;

struct Header {
  std::array<char, 8> magic{};
  std::uint32_t version = 0;
  std::uint32_t spare_bytes = 0;
  Geometry geometry{};
  std::uint32_t checksum = 0;  ///< of what precedes it
};

constexpr std::size_t rounded(std::size_t bytes) {
  return (bytes + host_page - 1) / host_page * host_page;
}

std::uint32_t checksum_of(const Header& header) {
  return checksum(std::as_bytes(std::span(&header, 1)).first(offsetof(Header, checksum)));
}

[[noreturn]] void refuse_image(const std::string& image, const std::string& why) {
  throw InputError(fmt::format("{}: {}", image, why));
}

Header read_header(int file, const std::string& image) {
  Header header;
  if (::pread(file, &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    refuse_image(image, "too short for an SSD image");
  }
  if (header.magic != magic) {
    refuse_image(image, "not an SSD image of Kilburn: its first bytes are others");
  }
  if (header.version != version) {
    refuse_image(image, fmt::format("an SSD image of version {}: this program reads version {}",
                                    header.version, version));
  }
  if (header.checksum != checksum_of(header)) {
    refuse_image(image, "damaged: the header's checksum is wrong");
  }
  return header;
}

std::string text_of(const Geometry& g) {
  return fmt::format("{}x{}x{}x{}x{}x{}x{}", g.channels, g.packages, g.dies, g.planes, g.blocks,
                     g.pages, g.page_bytes);
}

}  // namespace

/// Offsets of the regions.
struct Store::Layout {
  std::size_t blocks = host_page;
  std::size_t torn;
  std::size_t spare;
  std::size_t checksums;
  std::size_t data;
  std::size_t end;

  Layout(const Geometry& g, std::uint32_t spare_bytes)
      : torn(blocks + rounded(std::size_t{g.all_blocks()} * sizeof(BlockRecord))),
        spare(torn + rounded((std::size_t{g.all_pages()} + 7) / 8)),
        checksums(spare + rounded(std::size_t{g.all_pages()} * spare_bytes)),
        data(checksums + rounded(std::size_t{g.all_frames()} * sizeof(std::uint32_t))),
        end(data + (std::size_t{g.all_frames()} * frame_bytes)) {}
};

ImageShape image_shape(const std::string& image) {
  const int file = ::open(image.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) {
    refuse_image(image, fmt::format("cannot be opened: {}", std::strerror(errno)));
  }
  try {
    const Header header = read_header(file, image);
    ::close(file);
    return {.geometry = header.geometry, .spare_bytes = header.spare_bytes};
  } catch (...) {
    ::close(file);
    throw;
  }
}

Store::Store(const Geometry& geometry, std::uint32_t spare_bytes, std::string image, ImageUse use)
    : geometry_(geometry), spare_bytes_(spare_bytes), image_(std::move(image)), use_(use) {
  const Layout layout(geometry, spare_bytes);
  bytes_ = layout.end;
  try {
    if (!image_.empty()) open_image(layout);
    int flags = MAP_SHARED;
    if (image_.empty()) flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    if (use_ == ImageUse::look) flags = MAP_PRIVATE | MAP_NORESERVE;
    void* mapped = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, flags, file_, 0);
    if (mapped == MAP_FAILED) {
      if (image_.empty()) {
        throw InputError(
            fmt::format("nand: the host cannot map {} bytes: {}", bytes_, std::strerror(errno)));
      }
      refuse(fmt::format("cannot be mapped: {}", std::strerror(errno)));
    }
    base_ = static_cast<std::byte*>(mapped);
  } catch (...) {
    if (file_ >= 0) ::close(file_);
    throw;
  }
  blocks_ = reinterpret_cast<BlockRecord*>(base_ + layout.blocks);
  torn_ = reinterpret_cast<std::uint8_t*>(base_ + layout.torn);
  spare_ = base_ + layout.spare;
  checksums_ = reinterpret_cast<std::uint32_t*>(base_ + layout.checksums);
  data_ = base_ + layout.data;
}

Store::~Store() {
  ::munmap(base_, bytes_);
  if (file_ >= 0) ::close(file_);
}

void Store::refuse(const std::string& why) const {
  refuse_image(image_, why);
}

void Store::open_image(const Layout& layout) {
  const bool looks = use_ == ImageUse::look;
  const int access = looks ? O_RDONLY : O_RDWR | O_CREAT;
  file_ = ::open(image_.c_str(), access | O_CLOEXEC, 0666);
  if (file_ < 0) refuse(fmt::format("cannot be opened: {}", std::strerror(errno)));
  struct stat status {};
  if (::fstat(file_, &status) != 0) refuse(std::strerror(errno));
  if (!S_ISREG(status.st_mode)) refuse("an SSD image is a regular file");
  if (::flock(file_, (looks ? LOCK_SH : LOCK_EX) | LOCK_NB) != 0) {
    refuse("another process has it open as its drive");
  }
  is_new_ = is_unfinished(layout, static_cast<std::uint64_t>(status.st_size));
  if (is_new_ && looks) refuse("holds no drive yet");
  if (!is_new_) {
    check_header(layout, static_cast<std::uint64_t>(status.st_size));
    return;
  }
  Header header{
      .magic = magic, .version = version, .spare_bytes = spare_bytes_, .geometry = geometry_};
  header.checksum = checksum_of(header);
  // The header last: a file that has its size but no header was cut while it was made.
  if (::ftruncate(file_, static_cast<off_t>(layout.end)) != 0 ||
      ::pwrite(file_, &header, sizeof header, 0) != static_cast<ssize_t>(sizeof header)) {
    refuse(fmt::format("cannot be written: {}", std::strerror(errno)));
  }
}

bool Store::is_unfinished(const Layout& layout, std::uint64_t bytes) const {
  if (bytes == 0) return true;
  if (bytes != layout.end) return false;
  std::array<char, host_page> first{};
  return ::pread(file_, first.data(), first.size(), 0) == static_cast<ssize_t>(first.size()) &&
         std::all_of(first.begin(), first.end(), [](char byte) { return byte == 0; });
}

void Store::check_header(const Layout& layout, std::uint64_t bytes) {
  const Header header = read_header(file_, image_);
  if (header.geometry != geometry_) {
    refuse(
        fmt::format("its geometry (channels x packages x dies x planes x blocks x pages x "
                    "bytes) is {}, the configuration's is {}",
                    text_of(header.geometry), text_of(geometry_)));
  }
  if (header.spare_bytes != spare_bytes_) {
    refuse(fmt::format("its pages have {} spare bytes, those of the configuration {}",
                       header.spare_bytes, spare_bytes_));
  }
  if (bytes != layout.end) {
    refuse(fmt::format("damaged: it has {} bytes and must have {}", bytes, layout.end));
  }
}

void Store::set_torn(PageId id, bool torn) {
  const auto bit = static_cast<std::uint8_t>(1u << (raw(id) % 8));
  std::uint8_t& byte = torn_[raw(id) / 8];
  byte = static_cast<std::uint8_t>(torn ? byte | bit : byte & ~bit);
}

void Store::reserve(BlockId id, bool data) {
  if (file_ < 0 || use_ == ImageUse::look) return;
  // Without it a full disk would end the process at a store.
  const PageId page = geometry_.page(id, 0);
  const FrameId frame = geometry_.frame(page, 0);
  const auto ensure = [this](const void* from, std::size_t bytes) {
    const auto offset = static_cast<const std::byte*>(from) - base_;
    const int error = ::posix_fallocate(file_, offset, static_cast<off_t>(bytes));
    if (error != 0) refuse(fmt::format("no room for a block: {}", std::strerror(error)));
  };
  ensure(&block(id), sizeof(BlockRecord));
  ensure(torn_ + (raw(page) / 8), (geometry_.pages / 8) + 1);
  ensure(spare(page), std::size_t{geometry_.pages} * spare_bytes_);
  ensure(&checksum(frame), geometry_.frames_of_block() * sizeof(std::uint32_t));
  if (!data) return;
  ensure(this->data(frame), std::size_t{geometry_.frames_of_block()} * frame_bytes);
}

void Store::release(BlockId id) {
  const PageId page = geometry_.page(id, 0);
  const FrameId frame = geometry_.frame(page, 0);
  zero(spare(page), std::size_t{geometry_.pages} * spare_bytes_, false);
  zero(reinterpret_cast<std::byte*>(&checksum(frame)),
       geometry_.frames_of_block() * sizeof(std::uint32_t), false);
  zero(data(frame), std::size_t{geometry_.frames_of_block()} * frame_bytes, true);
}

void Store::zero(std::byte* from, std::size_t bytes, bool give_back) {
  if (give_back && use_ == ImageUse::drive) {
    if (file_ < 0 && ::madvise(from, bytes, MADV_DONTNEED) == 0) return;
    if (file_ >= 0 && ::fallocate(file_, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, from - base_,
                                  static_cast<off_t>(bytes)) == 0) {
      return;
    }
  }
  std::memset(from, 0, bytes);
}

}  // namespace kilburn::nand
