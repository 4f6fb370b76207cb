// Encodes the strings of a write one after the other, into memory that is kept for the next.
#pragma once

#include <node_api.h>

#include <cstddef>
#include <cstring>
#include <vector>

namespace junicorn {

// Text of a write, encoded into the environment's scratch memory.
class Encoder {
 public:
  Encoder(napi_env env, std::vector<char>* room) : env_(env), room_(*room) {
    if (room_.size() < kRoom) room_.resize(kRoom);
  }
  ~Encoder() {
    if (room_.size() > kMostRoom) std::vector<char>(kRoom).swap(room_);
  }

  // Appends a string; false if the value is none.
  template <napi_status (*Get)(napi_env, napi_value, char*, size_t, size_t*), size_t kMostBytesPerUnit>
  bool Add(napi_value value) {
    size_t written = 0;
    const size_t room = room_.size() - size_;
    if (Get(env_, value, room_.data() + size_, room, &written) != napi_ok) return false;
    // Filled up (save for its NUL and a character that did not fit): encode again with room for all.
    if (written + kMostBytesPerUnit + 1 > room) {
      size_t length = 0;
      Get(env_, value, nullptr, 0, &length);
      room_.resize(size_ + length + kMostBytesPerUnit + 1);
      Get(env_, value, room_.data() + size_, room_.size() - size_, &written);
    }
    size_ += written;
    return true;
  }

  // The same for what is encoded already.
  void Put(const void* data, size_t size) {
    if (size == 0) return;
    if (room_.size() - size_ < size) room_.resize(size_ + size);
    memcpy(room_.data() + size_, data, size);
    size_ += size;
  }

  const char* data() const { return room_.data(); }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kRoom = 64 * 1024;
  static constexpr size_t kMostRoom = 1024 * 1024;

  napi_env env_;
  std::vector<char>& room_;
  size_t size_ = 0;
};

}  // namespace junicorn
