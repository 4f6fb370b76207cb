#include "uws-slots.h"

namespace junicorn {

uint32_t& UwsSlots::Connection(int fd) {
  constexpr size_t kSpare = 64;
  const auto at = static_cast<size_t>(fd);
  if (at >= connections_.size()) connections_.resize(at + at / 2 + kSpare);
  return connections_[at];
}

uint32_t UwsSlots::Take() {
  if (free_.empty()) {
    slots_.emplace_back();
    return static_cast<uint32_t>(slots_.size() - 1);
  }
  const uint32_t number = free_.back();
  free_.pop_back();
  return number;
}

void UwsSlots::Free(uint32_t number) {
  // A burst of pending requests must not hold its memory for ever.
  constexpr size_t kKept = 4096;
  constexpr uint32_t kMostKeeping = 256;
  Slot& slot = At(number);
  slot.state = Slot::State::kFree;
  slot.socket = nullptr;
  if (slot.bytes.capacity() > kKept || number > kMostKeeping) slot.bytes = std::string();
  if (!slot.after.empty()) slot.after = std::string();
  free_.push_back(number);
}

}  // namespace junicorn
