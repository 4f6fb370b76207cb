// What UwsShortcut knows of its connections, by descriptor, and the requests of some of them, by slot.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "uws-layout.h"

namespace junicorn {

class UwsSlots {
 public:
  struct Slot {
    // kPartial: all that is here is a part of a request.
    enum class State : uint8_t { kFree, kPartial, kWaiting, kServed, kSending };

    State state = State::kFree;
    int32_t app = 0;
    UwsSocket* socket = nullptr;  // null: it has been closed
    std::string bytes;            // the request; then what is left of the answer
    std::string after;            // what has come since
  };

  // A connection is the number of its slot, or one of these. kLeft: uWebSockets has it; kLeftOnce: until it has
  // answered what it is parsing; kLent: the same, and it gets that alone; kAnswered: it has answered that, though some
  // of the answer may not be out.
  enum : uint32_t { kOpen, kLeft, kLeftOnce, kLent, kAnswered, kFirst };

  // Of a descriptor, which are small numbers; valid until the next call.
  uint32_t& Connection(int fd);

  bool Has(uint32_t number) const { return number < slots_.size(); }
  // Valid until the next Take.
  Slot& At(uint32_t number) { return slots_[number]; }
  uint32_t Take();
  void Free(uint32_t number);

 private:
  std::vector<uint32_t> connections_;
  std::vector<Slot> slots_ = std::vector<Slot>(kFirst);
  std::vector<uint32_t> free_;
};

}  // namespace junicorn
