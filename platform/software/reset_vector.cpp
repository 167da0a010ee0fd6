#include "platform/software/reset_vector.h"

#include <cstdint>
#include <cstring>

namespace kilburn::software {
namespace {

struct FwDynamicInfo {
  std::uint64_t magic = 0x4942534F;  // "OSBI"
  std::uint64_t version = 2;
  std::uint64_t next_address = 0;
  std::uint64_t next_mode = 1;  // supervisor
  std::uint64_t options = 0;
  std::uint64_t boot_hart = 0;
};

struct ResetVector {
  std::array<std::uint32_t, 6> code = {
      0x00000297,  //    1: auipc t0, 0
      0x02828613,  //       addi  a2, t0, 40: the information below
      0xF1402573,  //       csrr  a0, mhartid
      0x0202B583,  //       ld    a1, 32(t0)
      0x0182B283,  //       ld    t0, 24(t0)
      0x00028067,  //       jr    t0
  };
  std::uint64_t entry = 0;
  std::uint64_t device_tree = 0;
  FwDynamicInfo information;
};
static_assert(offsetof(ResetVector, entry) == 24 && offsetof(ResetVector, device_tree) == 32 &&
                  offsetof(ResetVector, information) == 40 &&
                  sizeof(ResetVector) == reset_vector_bytes,
              "the code above counts on it");

}  // namespace

std::array<std::byte, reset_vector_bytes> reset_vector(const BootTarget& target) {
  ResetVector vector;
  vector.entry = target.entry;
  vector.device_tree = target.device_tree;
  vector.information.next_address = target.next;
  std::array<std::byte, reset_vector_bytes> bytes{};
  std::memcpy(bytes.data(), &vector, sizeof vector);
  return bytes;
}

}  // namespace kilburn::software
