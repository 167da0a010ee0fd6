// A drive's image file, looked at without changing it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "nvme/nvme_function.h"

namespace kilburn::ftl {
class Ftl;
}
namespace kilburn::nand {
class Array;
}

namespace kilburn::ssd {

/// The drive as its next start would find it: recovered, in this process's memory alone. Errors:
/// InputError naming the file, where it is no image, is in use, or its drive cannot be understood.
class Image {
 public:
  /// `config`: what the file does not tell, such as the over-provisioning; its geometry is told.
  Image(const std::string& file, nvme::FlashConfig config);
  ~Image();
  Image(const Image&) = delete;
  Image& operator=(const Image&) = delete;
  Image(Image&&) = delete;
  Image& operator=(Image&&) = delete;

  /// Namespaces, maps, blocks and wear, as a few lines.
  [[nodiscard]] std::string description() const;
  /// Every invariant that does not hold, in a sentence each.
  [[nodiscard]] std::vector<std::string> check() const;

 private:
  nvme::FlashConfig config_;
  std::unique_ptr<nand::Array> array_;
  std::unique_ptr<ftl::Ftl> drive_;
};

}  // namespace kilburn::ssd
