#include "iommu_check/translation_check.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "kilburn/iommu.h"

namespace kilburn::iommu {

using reference::Answer;
using reference::Asked;
using reference::Entry;

namespace {

constexpr unsigned line_words = 8;

Asked asked_of(const Transaction& transaction, IoVirtualAddress at) {
  Asked asked{.device = transaction.device, .address = at.value(), .access = transaction.access};
  if (transaction.process) {
    asked.process = transaction.process->number;
    asked.privileged = transaction.process->privileged;
  }
  if (transaction.kind == AddressKind::translated) asked.kind = Asked::Kind::translated;
  if (transaction.kind == AddressKind::translation_request) {
    asked.kind = Asked::Kind::translation_request;
  }
  return asked;
}

bool is_stage(const Entry& entry) {
  return entry.kind == Entry::Kind::first_stage || entry.kind == Entry::Kind::second_stage;
}

/// Memory or the RMU refused something; or no number of an address space was free.
bool beyond_the_tables(Cause cause) {
  switch (cause) {
    case Cause::fetch_access_fault:
    case Cause::load_access_fault:
    case Cause::store_access_fault:
    case Cause::ddt_access_fault:
    case Cause::pdt_access_fault:
    case Cause::msi_access_fault:
    case Cause::data_path:
      return true;
    default:
      return false;
  }
}

bool equal(const Answer& tables, const UsedTranslation& answer) {
  if (answer.cause) return tables.cause == static_cast<unsigned>(*answer.cause);
  if (tables.cause != 0 || tables.resident != answer.resident) return false;
  return answer.resident || tables.frame == answer.frame;
}

std::string text_of(const Answer& answer) {
  if (answer.cause != 0) return fmt::format("cause {}", answer.cause);
  if (answer.resident) return "a memory-resident interrupt file";
  return fmt::format("frame {:#x}", answer.frame);
}

std::string_view name_of(Access access) {
  if (access == Access::fetch) return "fetch";
  return access == Access::load ? "load" : "store";
}

}  // namespace

/// All combinations of choices, one after the other: each run of a walk makes the same choices as
/// the one before up to the last that had another left.
class TranslationCheck::Choices {
 public:
  std::size_t pick(std::size_t of) {
    if (of == 1) return 0;
    if (at_ == made_.size()) made_.push_back({0, of});
    return made_[at_++].taken;
  }
  /// False: that was the last combination.
  bool next() {
    at_ = 0;
    while (!made_.empty() && ++made_.back().taken == made_.back().of) made_.pop_back();
    return !made_.empty();
  }

 private:
  struct Choice {
    std::size_t taken;
    std::size_t of;
  };
  std::vector<Choice> made_;
  std::size_t at_ = 0;
};

TranslationCheck::TranslationCheck(Iommu& iommu, Memory memory, bool svnapot, Failed failed)
    : iommu_(iommu), memory_(std::move(memory)), svnapot_(svnapot), failed_(std::move(failed)) {
  iommu_.observe(this);
}

TranslationCheck::~TranslationCheck() {
  iommu_.observe(nullptr);
}

reference::Setup TranslationCheck::setup() const {
  return {.ddtp = iommu_.read(IOMMU_DDTP, 8),
          .capabilities = iommu_.read(IOMMU_CAPABILITIES, 8),
          .svnapot = svnapot_};
}

std::optional<reference::Words> TranslationCheck::read(const Entry& entry) const {
  reference::Words words{};
  const std::span<std::uint64_t> wanted(words.data(), entry.words);
  if (!memory_(entry.at, std::as_writable_bytes(wanted))) return std::nullopt;
  return words;
}

Answer TranslationCheck::walk(const Asked& asked) {
  std::vector<Read> path;
  const Answer answer = reference::translate(
      [&](const Entry& entry) {
        const auto value = read(entry);
        if (value) path.push_back({entry, *value});
        return value;
      },
      setup(), asked);
  remember(path);
  return answer;
}

void TranslationCheck::remember(const std::vector<Read>& path) {
  const bool global = std::ranges::any_of(path, [](const Read& read) {
    return read.entry.kind == Entry::Kind::first_stage && (read.value[0] & pte::global) != 0;
  });
  for (const Read& read : path) {
    if (is_stage(read.entry)) {
      remember_line(read, global);
    } else if ((read.value[0] & IOMMU_ENTRY_VALID) != 0) {
      held_.remember(read.entry, read.value, false, now_);
    }
  }
}

/// A walker fetches a line, and may keep all that is in it.
void TranslationCheck::remember_line(const Read& read, bool global) {
  const Address line = read.entry.at & ~Address{line_bytes - 1};
  const unsigned shift = level_order(read.entry.level);
  for (unsigned i = 0; i < line_words; ++i) {
    Entry entry = read.entry;
    entry.at = line + Address{8} * i;
    entry.page = ((read.entry.page >> shift & ~PageNumber{line_words - 1}) | i) << shift;
    const auto value = this->read(entry);
    if (!value || ((*value)[0] & pte::valid) == 0) continue;
    held_.remember(entry, *value, global || ((*value)[0] & pte::global) != 0, now_);
  }
}

TranslationCheck::Moment TranslationCheck::started(const Transaction& transaction,
                                                   IoVirtualAddress at) {
  held_.forget_messages();
  const Moment start = ++now_;
  (void)walk(asked_of(transaction, at));
  return start;
}

void TranslationCheck::used(const Transaction& transaction, IoVirtualAddress at, Moment start,
                            const UsedTranslation& answer) {
  ++now_;
  const Asked asked = asked_of(transaction, at);
  const Answer tables = walk(asked);
  if (last_change_ >= start || failure_) return;
  ++checked_;
  if (equal(tables, answer) || (answer.cause && beyond_the_tables(*answer.cause))) return;
  if (!may_be(asked, answer)) return fail(asked, answer, tables);
  ++stale_;
}

/// By some entries that memory has held since they were last invalidated.
bool TranslationCheck::may_be(const Asked& asked, const UsedTranslation& answer) const {
  Choices choices;
  do {
    const Answer found = reference::translate(
        [&](const Entry& entry) -> std::optional<reference::Words> {
          const auto current = read(entry);
          std::vector<reference::Words> values = held_.values(entry);
          if (current) {
            std::erase(values, *current);
            values.insert(values.begin(), *current);
          }
          if (values.empty()) return std::nullopt;
          return values[choices.pick(values.size())];
        },
        setup(), asked);
    if (equal(found, answer)) return true;
  } while (choices.next());
  return false;
}

void TranslationCheck::fail(const Asked& asked, const UsedTranslation& answer,
                            const Answer& tables) {
  const std::string process =
      asked.process ? fmt::format(", process {:#x}", *asked.process) : std::string();
  const Answer used{.cause = answer.cause ? static_cast<unsigned>(*answer.cause) : 0,
                    .frame = answer.frame,
                    .resident = answer.resident};
  failure_ = fmt::format(
      "translation for device {:#x}{}, {} of {:#x}: the IOMMU's answer{} is {}, but the tables say "
      "{}",
      asked.device, process, name_of(asked.access), asked.address,
      answer.hit ? " (from its IOTLB)" : "", text_of(used), text_of(tables));
  if (failed_) failed_();
}

TranslationCheck::Moment TranslationCheck::change_started() {
  return last_change_ = ++now_;
}

void TranslationCheck::changed(const AddressSpaces::Change& change, Moment start) {
  last_change_ = ++now_;
  held_.erase(change, start);
}

void TranslationCheck::changed(const DirectoryInvalidation& what) {
  last_change_ = ++now_;
  held_.erase(what);
}

void TranslationCheck::changed(const Invalidation& invalidation) {
  last_change_ = ++now_;
  using Operation = Invalidation::Operation;
  if (invalidation.operation == Operation::by_frame) {
    held_.erase_frames(invalidation);
  } else if (invalidation.operation == Operation::by_realm &&
             invalidation.context.realm != iommu_.realm()) {
    held_.erase(DirectoryInvalidation{});
  } else {
    held_.erase_all();
  }
}

}  // namespace kilburn::iommu
