#include "platform/ssd/host_memory.h"

#include <gtest/gtest.h>

#include "common/error.h"
#include "page_table_walker/reference_walk.h"

namespace kilburn::ssd {
namespace {

constexpr Address base = 0x8000'0000;
constexpr std::uint64_t bytes = 1 << 19;  // half of the storage

struct Host {
  memory::Storage storage{{.base = base, .bytes = 1 << 20}};
};

TEST(HostMemory, TheDevicesTableLeadsEachPageToTheBytesThatTheHostSees) {
  Host host;
  HostMemory memory(host.storage, bytes, true);
  const IoVirtualAddress first = memory.allocate(8 * page_bytes);
  const IoVirtualAddress contiguous = memory.allocate_contiguous(3 * page_bytes);
  memory.map_as_it_is(0x2800'0000);
  const auto frame_of = [&](Address address) {
    const auto result = reference::walk(
        reference::Memory([&](Address at) { return host.storage.read64(at).value_or(0); }),
        {.stage1 = PagingMode::sv48, .root = memory.root()}, address, Access::store, {});
    EXPECT_EQ(result.fault, Fault::none) << std::hex << address;
    return result.translation.pfn << page_shift;
  };
  bool in_order = true;
  for (unsigned page = 0; page < 8; ++page) {
    const IoVirtualAddress at = first + page * page_bytes;
    const Address frame = frame_of(at.value());
    EXPECT_EQ(host.storage.host(frame, 1), memory.at(at));
    in_order = in_order && frame == frame_of(first.value()) + page * page_bytes;
  }
  EXPECT_FALSE(in_order) << "frames lie in no order";
  for (unsigned page = 0; page < 3; ++page) {
    EXPECT_EQ(memory.at(contiguous + page * page_bytes), memory.at(contiguous) + page * page_bytes);
  }
  EXPECT_EQ(frame_of(0x2800'0000), 0x2800'0000U);
}

TEST(HostMemory, WithoutTranslationAddressesAreMemorys) {
  Host host;
  HostMemory memory(host.storage, bytes, false);
  (void)memory.table_page();
  const IoVirtualAddress at = memory.allocate(2 * page_bytes);
  EXPECT_EQ(host.storage.host(at.value(), 1), memory.at(at));
  const IoVirtualAddress next = memory.allocate(1);
  EXPECT_EQ(host.storage.host(next.value(), 1), memory.at(next));
  EXPECT_EQ(next - at, 2 * page_bytes);
}

TEST(HostMemory, WhereThereIsNoneLeftMemoryBytesIsNamed) {
  Host host;
  HostMemory memory(host.storage, bytes, true);
  (void)memory.allocate(bytes - 8 * page_bytes);
  EXPECT_THROW((void)memory.allocate(9 * page_bytes), InputError);
}

}  // namespace
}  // namespace kilburn::ssd
