// What the kernel has not taken yet of one stream: copied if small, by reference if it is the rest of a large
// Uint8Array.
#pragma once

#include <node_api.h>
#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace junicorn {

class SendQueue {
 public:
  SendQueue() = default;
  SendQueue(const SendQueue&) = delete;
  SendQueue& operator=(const SendQueue&) = delete;

  bool empty() const { return head_ == nullptr; }
  size_t size() const { return size_; }

  void Copy(const char* data, size_t size);
  // Keeps `bytes`, a Uint8Array of `size` bytes of which `skip` are sent already.
  void Keep(napi_env env, napi_value bytes, size_t skip, size_t size);
  // Sends what the kernel takes. 0 or -errno; -EAGAIN is 0. Needs a handle scope.
  int Flush(napi_env env, int fd);
  void Clear(napi_env env);

  static constexpr size_t kKeepFrom = 16 * 1024;

 private:
  struct Block {
    Block* next;
    napi_ref bytes;  // null: the data follows this struct
    size_t offset;
    size_t end;
  };

  void Append(Block* block);
  void DropHead(napi_env env);

  Block* head_ = nullptr;
  Block* tail_ = nullptr;
  size_t size_ = 0;
};

}  // namespace junicorn
