// The checker finds each kind of corruption, and nothing in a drive that works.
#include <functional>

#include "ftl/drive.h"

namespace kilburn::ftl::test {
namespace {

struct Corruption {
  const char* name;
  const char* finding;  ///< a piece of the sentence that tells it
  std::function<void(Drive&)> inject;
  Mapping mapping = Mapping::shift;
};
void PrintTo(const Corruption& corruption, std::ostream* os) {
  *os << corruption.name;
}

Core& core(Drive& drive) {
  return drive.ftl->core();
}
nand::FrameId frame_of(Drive& drive, Unit unit) {
  return core(drive).map.at(1, unit).frame();
}
nand::PageId page_of(Drive& drive, Unit unit) {
  return core(drive).geometry.page(frame_of(drive, unit));
}
nand::BlockId block_of(Drive& drive, Unit unit) {
  return core(drive).geometry.block(frame_of(drive, unit));
}
nand::BlockId free_block(Drive& drive) {
  return core(drive).blocks.free_of(nand::PlaneId{0})[0];
}
nand::BlockId metadata_block(Drive& drive) {
  for (std::uint32_t i = 0;; ++i) {
    if (core(drive).blocks[nand::BlockId{i}].state == Block::State::metadata)
      return nand::BlockId{i};
  }
}

const std::vector<Corruption>& corruptions() {
  static const std::vector<Corruption> all = {
      {"a_bit_of_the_data_flips", "are not those that were programmed",
       [](Drive& d) { d.array.store().data(frame_of(d, 3))[100] ^= std::byte{1}; }},
      {"the_checksum_is_another", "are not those that were programmed",
       [](Drive& d) { d.array.store().checksum(frame_of(d, 3)) ^= 64; }},
      {"a_page_is_torn", "which is torn",
       [](Drive& d) { d.array.store().set_torn(page_of(d, 3), true); }},
      {"a_block_forgets_its_pages", "which is not programmed",
       [](Drive& d) { d.array.store().block(block_of(d, 3)).programmed = 0; }},
      {"two_entries_are_swapped", "which says that it is unit",
       [](Drive& d) {
         std::swap(core(d).map.raw_entry(core(d).map.index(1, 3)),
                   core(d).map.raw_entry(core(d).map.index(1, 4)));
       }},
      {"an_entry_is_copied", "is mapped twice",
       [](Drive& d) { core(d).map.raw_entry(core(d).map.index(1, 3)) = core(d).map.at(1, 4); }},
      {"an_entry_points_beyond_the_array", "is mapped beyond the array",
       [](Drive& d) {
         core(d).map.raw_entry(core(d).map.index(1, 3)) = Entry::of_word(0x7FFF'0000);
       }},
      {"an_entry_is_lost", "mapped units, and has",
       [](Drive& d) { core(d).map.raw_entry(core(d).map.index(1, 3)) = Entry{}; }},
      {"an_index_of_nobody_is_mapped", "belongs to no namespace, and is mapped",
       [](Drive& d) { core(d).map.raw_entry(core(d).map.capacity() - 1) = core(d).map.at(1, 3); }},
      {"a_namespace_starts_elsewhere", "and the one before it ends at",
       [](Drive& d) { core(d).map.raw_row(2).start += 1; }},
      {"a_namespace_is_larger", "and the one before it ends at",
       [](Drive& d) { core(d).map.raw_row(1).size += 1; }},
      {"namespaces_exceed_the_capacity", "and the capacity is",
       [](Drive& d) { core(d).map.raw_row(2).size += 1000; }},
      {"a_namespace_vanishes", "times in the order",
       [](Drive& d) { core(d).map.raw_row(2).present = false; }},
      {"a_namespaces_attributes_are_others", "has the attributes 0x5, and the journal says 0x7",
       [](Drive& d) { core(d).map.set_attributes(2, Attributes{5}); }},
      {"the_last_namespace_is_shorter", "has 7 units, and the journal says 8",
       [](Drive& d) { core(d).map.raw_row(2).size -= 1; }},
      {"a_page_of_the_journal_is_damaged", "does not say which namespaces there are",
       [](Drive& d) {
         const auto block = metadata_block(d);
         const auto page = core(d).geometry.page(block, d.array.programmed(block) - 1);
         d.array.store().data(core(d).geometry.frame(page, 0))[0] ^= std::byte{1};
       }},
      {"a_count_of_mapped_units_is_wrong", "mapped units, and has",
       [](Drive& d) { core(d).map.raw_row(1).mapped -= 1; }},
      {"a_count_of_valid_frames_is_wrong", "valid frames, and has",
       [](Drive& d) { core(d).blocks[block_of(d, 3)].valid += 1; }},
      {"a_block_is_marked_bad_in_the_array", "is bad in the array, and good in the tables",
       [](Drive& d) { d.array.store().block(free_block(d)).flags = 1; }},
      {"a_block_is_marked_bad_in_the_tables", "is good in the array, and bad in the tables",
       [](Drive& d) { core(d).blocks[free_block(d)].state = Block::State::bad; }},
      {"a_free_block_is_lost", "is free, and 0 times on a free list",
       [](Drive& d) { core(d).blocks.raw_free_of(nand::PlaneId{0}).pop_back(); }},
      {"a_block_is_free_twice", "is free, and 2 times on a free list",
       [](Drive& d) { core(d).blocks.raw_free_of(nand::PlaneId{0}).push_back(free_block(d)); }},
      {"a_free_block_is_on_another_planes_list", "and lies in another",
       [](Drive& d) {
         auto& from = core(d).blocks.raw_free_of(nand::PlaneId{0});
         core(d).blocks.raw_free_of(nand::PlaneId{1}).push_back(from.back());
         from.pop_back();
       }},
      {"a_used_block_is_on_a_free_list", "is not free, and 1 times on a free list",
       [](Drive& d) {
         core(d)
             .blocks.raw_free_of(core(d).geometry.plane(block_of(d, 3)))
             .push_back(block_of(d, 3));
       }},
      {"a_free_block_is_programmed", "of its pages are programmed",
       [](Drive& d) { d.array.store().block(free_block(d)).programmed = 3; }},
      {"an_open_block_is_closed", "is not open, and 1 streams fill it",
       [](Drive& d) {
         const auto open = core(d).blocks.open_of(Stream::host, nand::PlaneId{0});
         core(d).blocks[open.value()].state = Block::State::closed;
       }},
      {"a_page_has_anothers_owner", "which says that it is unit",
       [](Drive& d) { d.array.store().spare(page_of(d, 3))[3] ^= std::byte{8}; }},
      {"a_pages_sequence_is_from_the_future", "and the last that was given is",
       [](Drive& d) { d.array.store().spare(page_of(d, 3))[2] = std::byte{0x70}; }},
      {"sequences_of_a_block_go_back", ", after ",
       [](Drive& d) {
         const auto block = block_of(d, 0);
         d.array.store().spare(core(d).geometry.page(block, 0))[0] = std::byte{200};
       }},
      {"a_page_of_data_says_that_it_is_metadata", "holds metadata, and the block data",
       [](Drive& d) {
         const std::array<Owner, 1> owners = {Owner{.kind = Owner::Kind::root}};
         const auto spare = d.array.spare(page_of(d, 3));
         core(d).identity.pack({d.array.store().spare(page_of(d, 3)), spare.size()},
                               Identity::distance(spare), owners);
       }},
      {"a_page_of_metadata_is_damaged", "which holds metadata, is not what was programmed",
       [](Drive& d) {
         const auto page = core(d).geometry.page(metadata_block(d), 0);
         d.array.store().data(core(d).geometry.frame(page, 0))[50] ^= std::byte{1};
       }},
      {"a_metadata_block_is_forgotten", "blocks hold metadata, and the journal has",
       [](Drive& d) { core(d).blocks[free_block(d)].state = Block::State::metadata; }},
      {"a_metadata_block_is_marked_as_data", "is part of the journal, and not marked so",
       [](Drive& d) { core(d).blocks[metadata_block(d)].state = Block::State::closed; }},
      {"a_unit_names_a_slot_of_another", "which does not hold it",
       [](Drive& d) { core(d).map.raw_entry(core(d).map.index(1, 3)) = Entry::in_buffer(2); }},
      {"a_unit_names_a_slot_that_does_not_exist", "which does not exist",
       [](Drive& d) { core(d).map.raw_entry(core(d).map.index(1, 3)) = Entry::in_buffer(5000); }},
      {"a_slot_is_forgotten", "which is elsewhere",
       [](Drive& d) {
         d.config.coalesce_ns = 1'000'000;
         d.put(1, 3, 77);
         core(d).map.raw_entry(core(d).map.index(1, 3)) = Entry{};
       }},
      {"an_allocation_unit_has_two_owners", "belongs to namespaces",
       [](Drive& d) { core(d).map.raw_row(2).units[0] = core(d).map[1].units[0]; },
       Mapping::allocation_units},
      {"an_allocation_unit_is_lost", "belongs to nobody and is not free",
       [](Drive& d) { core(d).map.raw_free_units().back() = false; }, Mapping::allocation_units},
      {"an_allocation_unit_in_use_is_free", "is free, too",
       [](Drive& d) { core(d).map.raw_free_units()[core(d).map[1].units[0]] = true; },
       Mapping::allocation_units},
      {"a_namespace_lacks_an_allocation_unit", "allocation units",
       [](Drive& d) { core(d).map.raw_row(2).units.pop_back(); }, Mapping::allocation_units},
  };
  return all;
}

class Checker : public testing::TestWithParam<Corruption> {};

TEST_P(Checker, Finds) {
  FtlConfig config = tiny_config();
  config.mapping = GetParam().mapping;
  Drive drive(config);
  ASSERT_EQ(drive.ftl->create(std::uint64_t{8} * unit_sectors, Attributes{7}, drive.now).status,
            MediaStatus::success);
  for (Unit unit = 0; unit < 30; ++unit) drive.put(1, unit, unit + 1);
  for (Unit unit = 0; unit < 8; ++unit) drive.put(2, unit, unit + 1);
  drive.flush();
  ASSERT_EQ(findings(*drive.ftl), "");
  GetParam().inject(drive);
  EXPECT_NE(findings(*drive.ftl).find(GetParam().finding), std::string::npos)
      << findings(*drive.ftl);
}

std::string name_of(const testing::TestParamInfo<Corruption>& corruption) {
  return corruption.param.name;
}
INSTANTIATE_TEST_SUITE_P(Corruptions, Checker, testing::ValuesIn(corruptions()), name_of);

}  // namespace
}  // namespace kilburn::ftl::test
