#include "ftl/collector.h"

#include <algorithm>

namespace kilburn::ftl {

using nand::BlockId;
using nand::FrameSource;
using nand::PageId;
using nand::PlaneId;

void Collector::work(PlaneId plane) {
  if (!core_.retired.empty()) evacuate_retired();
  while (core_.blocks.wants_collection(plane)) {
    const auto victim = core_.blocks.victim(plane, core_.sequence);
    if (!victim || !collect(*victim)) return;
    ++core_.statistics.collections;
    ++since_wear_move_;
    // A few at a time: levelling must not cost more than the wear that it saves.
    if (since_wear_move_ < 8 || core_.blocks.wants_collection(plane)) continue;
    const auto cold = core_.blocks.cold_block(plane);
    if (!cold || !collect(*cold)) continue;
    since_wear_move_ = 0;
    ++core_.statistics.wear_moves;
  }
}

void Collector::evacuate_retired() {
  std::erase_if(core_.retired,
                [this](BlockId block) { return core_.blocks[block].valid == 0 || collect(block); });
}

void Collector::find_valid(BlockId victim) {
  moves_.clear();
  const std::uint32_t pages = core_.array.programmed(victim);
  for (std::uint32_t i = 0; i < pages; ++i) {
    const PageId page = core_.geometry.page(victim, i);
    const auto spare = core_.array.spare(page);
    if (spare.empty()) continue;
    for (std::uint32_t j = 0; j < core_.geometry.frames(); ++j) {
      const Owner owner = core_.identity.owner(spare, j);
      const nand::FrameId frame = core_.geometry.frame(page, j);
      if (core_.newest(owner, frame)) moves_.push_back({owner, frame});
    }
  }
}

bool Collector::collect(BlockId victim) {
  if (core_.blocks[victim].valid != 0)
    find_valid(victim);
  else
    moves_.clear();
  const PlaneId plane = core_.geometry.plane(victim);
  if (moves_.size() > core_.blocks.room_for_collection(plane)) return false;
  const std::uint32_t index = take_job();
  Job& job = jobs_[index];
  job.victim = victim;
  queue_reads(index, job);
  const bool copied = copy(plane, job);
  if (copied && !core_.array.bad(victim)) erase(victim, job);
  if (job.reads == 0) advance(index);
  return copied;
}

void Collector::queue_reads(std::uint32_t index, Job& job) {
  for (std::size_t i = 0; i < moves_.size();) {
    const PageId page = core_.geometry.page(moves_[i].from);
    std::uint32_t frames = 0;
    for (; i < moves_.size() && core_.geometry.page(moves_[i].from) == page; ++i) ++frames;
    core_.queue_read(page, frames, true, {Purpose::Kind::collect_read, index});
    ++job.reads;
  }
}

bool Collector::copy(PlaneId plane, Job& job) {
  const std::uint32_t frames = core_.geometry.frames();
  std::uint32_t reads = 0;
  PageId last{UINT32_MAX};
  for (std::size_t first = 0; first < moves_.size(); first += frames) {
    owners_.assign(frames, Owner{});
    frames_.assign(frames, {FrameSource::Kind::pattern, {}});
    const auto count =
        static_cast<std::uint32_t>(std::min<std::size_t>(frames, moves_.size() - first));
    for (std::uint32_t i = 0; i < count; ++i) {
      const Move& move = moves_[first + i];
      reads += core_.geometry.page(move.from) != last;
      last = core_.geometry.page(move.from);
      owners_[i] = move.owner;
      const nand::FrameView view = core_.array.read(move.from);
      if (view.state == nand::FrameState::good) {
        frames_[i] = {FrameSource::Kind::data, view.bytes};
      } else if (view.state != nand::FrameState::pattern) {
        // Lost, and must stay so: older data would be worse.
        frames_[i].kind = FrameSource::Kind::lost;
        ++core_.statistics.unreadable_units;
      }
    }
    const auto page = core_.program(Stream::collection, plane, owners_, frames_);
    if (!page) return false;
    for (std::uint32_t i = 0; i < count; ++i) {
      core_.move_unit(owners_[i], moves_[first + i].from, core_.geometry.frame(*page, i));
    }
    core_.statistics.units_collected += count;
    core_.statistics.padding_programmed += frames - count;
    job.programs.push_back({*page, count, reads});
  }
  return true;
}

void Collector::erase(BlockId victim, Job& job) {
  // What made its other units invalid must be known after a power cut.
  if (!journal_.flush()) return;
  ++core_.statistics.erases;
  if (!core_.array.erase(victim)) {
    ++core_.statistics.erase_failures;
    core_.array.mark_bad(victim);
    core_.blocks.set_bad(victim);
    return;
  }
  core_.blocks.set_free(victim, true);
  ++core_.erases_under_way;
  job.erases = true;
}

std::uint32_t Collector::take_job() {
  std::uint32_t index = 0;
  if (free_jobs_.empty()) {
    index = static_cast<std::uint32_t>(jobs_.size());
    jobs_.emplace_back();
  } else {
    index = free_jobs_.back();
    free_jobs_.pop_back();
  }
  Job& job = jobs_[index];
  job.programs.clear();
  job.reads = job.reads_done = job.programs_begun = job.programs_done = 0;
  job.erases = false;
  return index;
}

void Collector::read_done(std::uint32_t job) {
  ++jobs_[job].reads_done;
  advance(job);
}

void Collector::program_done(std::uint32_t job) {
  ++jobs_[job].programs_done;
  advance(job);
}

void Collector::advance(std::uint32_t index) {
  Job& job = jobs_[index];
  while (job.programs_begun < job.programs.size() &&
         job.programs[job.programs_begun].reads <= job.reads_done) {
    const Program& program = job.programs[job.programs_begun++];
    core_.queue_program(program.page, program.frames, true,
                        {Purpose::Kind::collect_program, index});
  }
  if (job.reads_done < job.reads || job.programs_done < job.programs.size()) return;
  if (job.erases) core_.queue_erase(job.victim, {Purpose::Kind::erase, nand::raw(job.victim)});
  free_jobs_.push_back(index);
}

}  // namespace kilburn::ftl
