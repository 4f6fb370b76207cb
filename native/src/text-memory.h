// Short texts that have been seen more than once, so that what was made of them need not be made again: the fields of a
// few browsers and proxies are most of what a server reads. A text has one place among four, so looking it up takes the
// same time whatever others there are, and one that comes again and again is not driven out by those that come twice.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "request-grammar.h"

namespace junicorn {

class TextMemory {
 public:
  // What kind of text it is: the same bytes may be several.
  enum class Kind : uint8_t { kFree, kField, kName, kTarget };

  static constexpr int32_t kPlaces = 512;
  static constexpr size_t kMostBytes = 192;
  static constexpr int32_t kNone = -1;

  TextMemory();

  // A text to be looked up, which is somebody else's.
  struct Key {
    Text text;
    Kind kind;
    uint64_t hash;
  };
  Key KeyOf(Kind kind, Text text) const { return {text, kind, text.size > kMostBytes ? 0 : HashOf(kind, text)}; }

  // A head begins: the places that Find and Admit name keep their texts until the next one does.
  void Begin() { round_++; }

  // Its place, or kNone.
  int32_t Find(const Key& key);
  // After Find has found none: the place that is its own from now on, or kNone, as for all that were not seen lately.
  // The text that had the place has none any more.
  int32_t Admit(const Key& key);

  // What its owner notes with a text.
  uint8_t& note(int32_t place) { return sets_[place / kWays].notes[place % kWays]; }

 private:
  static constexpr int32_t kWays = 4;
  static constexpr uint32_t kSets = kPlaces / kWays;
  static constexpr uint32_t kSeen = 1024;
  static constexpr uint8_t kMostUses = 15;

  // A cache line.
  struct Set {
    uint64_t hashes[kWays];
    uint32_t rounds[kWays];  // in which each was asked for last
    uint8_t sizes[kWays];
    Kind kinds[kWays];
    uint8_t uses[kWays];  // counted down by others that want the place
    uint8_t notes[kWays];
  };
  struct Bytes {
    char of[kMostBytes];
  };

  uint64_t HashOf(Kind kind, Text text) const;

  uint64_t seed_[2];
  uint32_t round_ = 0;
  Set sets_[kSets] = {};
  uint32_t seen_[kSeen] = {};       // of the hashes of texts that were seen last
  std::unique_ptr<Bytes[]> bytes_;  // not written to before they are used, and so no memory
};

}  // namespace junicorn
