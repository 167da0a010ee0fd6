#include "nand/geometry.h"

namespace kilburn::nand {

void Geometry::visit(ParameterVisitor& v) {
  v.integer("channels", channels, {1, 64}, "channels", "buses, each with its packages");
  v.integer("packages", packages, {1, 64}, "packages", "packages of a channel");
  v.integer("dies", dies, {1, 16}, "dies", "dies of a package; each works on its own");
  v.integer("planes", planes, {1, 8}, "planes", "planes of a die");
  v.integer("blocks", blocks, {6, 16384}, "blocks", "blocks of a plane");
  v.integer("pages", pages, {2, 8192}, "pages", "pages of a block");
  v.integer("page_bytes", page_bytes, {frame_bytes, 65536, true}, "bytes",
            "a page's data, spare bytes not counted");
  // Each factor is bounded, but their product passes 64 bits only where the frames do.
  const std::uint32_t frames_of_page = page_bytes / frame_bytes;
  const double wide =
      static_cast<double>(channels) * packages * dies * planes * blocks * pages * frames_of_page;
  v.require(wide <= 0x4000'0000, "at most 2^30 frames of 4 KiB: 4 TiB");
}

}  // namespace kilburn::nand
