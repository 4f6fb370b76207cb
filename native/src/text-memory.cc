#include "text-memory.h"

#include <cstring>

#include "syscalls.h"

namespace junicorn {

namespace {

uint64_t Mix(uint64_t a, uint64_t b) {
  const unsigned __int128 product = static_cast<unsigned __int128>(a) * b;
  return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
}

template <typename Word>
uint64_t Load(const char* at) {
  Word word;
  memcpy(&word, at, sizeof word);
  return word;
}

// Two words that have all of up to 16 bytes, some of them twice: with a length of its own, memcpy would be called.
struct Words {
  uint64_t first;
  uint64_t last;

  Words(const char* at, size_t size) {
    const char* end = at + size;
    if (size >= 8) {
      first = Load<uint64_t>(at);
      last = Load<uint64_t>(end - 8);
    } else if (size >= 4) {
      first = Load<uint32_t>(at);
      last = Load<uint32_t>(end - 4);
    } else {
      first = size > 0 ? Load<uint8_t>(at) << 8 | Load<uint8_t>(at + size / 2) : 0;
      last = size > 0 ? Load<uint8_t>(end - 1) : 0;
    }
  }
};

}  // namespace

TextMemory::TextMemory() : bytes_(new Bytes[kPlaces]) {
  static_assert(kMostBytes <= UINT8_MAX, "sizes are bytes");
  seed_[0] = reinterpret_cast<uint64_t>(this);
  seed_[1] = reinterpret_cast<uint64_t>(bytes_.get());
  sys::Random(seed_, sizeof seed_);
}

int32_t TextMemory::Find(const Key& key) {
  if (key.text.size > kMostBytes) return kNone;
  const uint32_t number = static_cast<uint32_t>(key.hash % kSets);
  Set& set = sets_[number];
  for (int32_t way = 0; way < kWays; way++) {
    if (set.hashes[way] != key.hash || set.kinds[way] != key.kind || set.sizes[way] != key.text.size) continue;
    const int32_t place = static_cast<int32_t>(number) * kWays + way;
    if (memcmp(bytes_[place].of, key.text.data, key.text.size) != 0) continue;
    if (set.uses[way] < kMostUses) set.uses[way]++;
    set.rounds[way] = round_;
    return place;
  }
  return kNone;
}

int32_t TextMemory::Admit(const Key& key) {
  if (key.text.size > kMostBytes) return kNone;
  uint32_t& seen = seen_[(key.hash >> 32) % kSeen];
  const uint32_t mark = static_cast<uint32_t>(key.hash >> 32) | 1;
  if (seen != mark) {
    seen = mark;
    return kNone;
  }
  const uint32_t number = static_cast<uint32_t>(key.hash % kSets);
  Set& set = sets_[number];
  int32_t least = kNone;
  for (int32_t way = 0; way < kWays; way++) {
    if (set.rounds[way] == round_) continue;
    if (least == kNone || set.uses[way] < set.uses[least]) least = way;
  }
  if (least == kNone) return kNone;
  if (set.uses[least] > 0) {
    for (uint8_t& uses : set.uses) uses = static_cast<uint8_t>(uses > 0 ? uses - 1 : 0);
    return kNone;
  }
  const int32_t place = static_cast<int32_t>(number) * kWays + least;
  set.hashes[least] = key.hash;
  set.kinds[least] = key.kind;
  set.sizes[least] = static_cast<uint8_t>(key.text.size);
  set.uses[least] = 1;
  set.rounds[least] = round_;
  set.notes[least] = 0;
  memcpy(bytes_[place].of, key.text.data, key.text.size);
  return place;
}

// Quick rather than strong: who finds texts with the same hash gets them into the same four places, and no further.
uint64_t TextMemory::HashOf(Kind kind, Text text) const {
  const char* at = text.data;
  size_t left = text.size;
  uint64_t hash = seed_[1] ^ (left << 8 | static_cast<uint64_t>(kind));
  for (; left > 16; at += 16, left -= 16) hash = Mix(Load<uint64_t>(at) ^ seed_[0], Load<uint64_t>(at + 8) ^ hash);
  const Words rest(at, left);
  return Mix(Mix(rest.first ^ seed_[0], rest.last ^ hash), seed_[1] | 1);
}

}  // namespace junicorn
