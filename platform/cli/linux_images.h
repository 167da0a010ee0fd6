// What Debian's Linux boots from: fetched once by sw/linux/fetch, kept in a cache.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace kilburn::platform {

/// Which Linux, and what its initial RAM disk holds.
struct LinuxChoice {
  std::string suite = "trixie";       ///< of Debian
  std::vector<std::string> packages;  ///< Debian's, with all that they depend on
  std::vector<std::string> modules;   ///< of the kernel, loaded at start
  std::vector<std::string> disk;      ///< one raw image, or packages that a disk is made of
  std::filesystem::path cache;        ///< folder that keeps what is fetched
};

struct LinuxImages {
  std::filesystem::path firmware;
  std::filesystem::path kernel;
  std::filesystem::path ram_disk;
  std::filesystem::path disk;  ///< empty: there is none
  std::string about;           ///< what all of it is, with versions: a line or more
};

/// `disk` names a file that is there, not packages.
[[nodiscard]] bool disk_is_file(const LinuxChoice& choice);

/// The cache where nothing is said: ${XDG_CACHE_HOME:-~/.cache}/kilburn/linux.
[[nodiscard]] std::filesystem::path default_linux_cache();

/// Fetches what is not there yet, and makes the RAM disk. Throws InputError with what
/// sw/linux/fetch says, such as a package that Debian does not have; Interrupted.
[[nodiscard]] LinuxImages linux_images(const LinuxChoice& choice);

/// Memory that a RAM disk of so many bytes needs, with the kernel. Linux gives the file system that
/// it unpacks the archive into half of what memory is left beside the archive, 128 MiB that it
/// reserves for contiguous buffers and what it needs itself (88 MiB of 1 GiB, its own line
/// "Memory:" says); what does not fit there is left out, and the boot goes on. So three times the
/// archive, and 256 MiB.
[[nodiscard]] constexpr std::uint64_t memory_for_ram_disk(std::uint64_t bytes) {
  return 3 * bytes + (std::uint64_t{256} << 20);
}

}  // namespace kilburn::platform
