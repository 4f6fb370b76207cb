#include "send-queue.h"

#include <sys/uio.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <new>

#include "syscalls.h"

namespace junicorn {

void SendQueue::Copy(const char* data, size_t size) {
  if (size == 0) return;
  void* memory = malloc(sizeof(Block) + size);
  if (!memory) abort();
  auto* block = new (memory) Block{nullptr, nullptr, 0, size};
  memcpy(block + 1, data, size);
  Append(block);
}

void SendQueue::Keep(napi_env env, napi_value bytes, size_t skip, size_t size) {
  void* memory = malloc(sizeof(Block));
  if (!memory) abort();
  auto* block = new (memory) Block{nullptr, nullptr, skip, size};
  napi_create_reference(env, bytes, 1, &block->bytes);
  Append(block);
}

int SendQueue::Flush(napi_env env, int fd) {
  constexpr size_t kMostVectors = 16;
  while (head_) {
    iovec vectors[kMostVectors];
    size_t count = 0;
    size_t total = 0;
    for (Block* block = head_; block && count < kMostVectors; block = block->next) {
      char* data = reinterpret_cast<char*>(block + 1);
      if (block->bytes) {
        // Asked anew each time: the application may have detached or shrunk the buffer.
        napi_value bytes = nullptr;
        void* start = nullptr;
        size_t length = 0;
        napi_get_reference_value(env, block->bytes, &bytes);
        if (!bytes || napi_get_typedarray_info(env, bytes, nullptr, &length, &start, nullptr, nullptr) != napi_ok ||
            length < block->end) {
          return -EFAULT;
        }
        data = static_cast<char*>(start);
      }
      vectors[count++] = {data + block->offset, block->end - block->offset};
      total += block->end - block->offset;
    }
    const ssize_t sent = sys::Send(fd, vectors, count);
    if (sent < 0) return sent == -EAGAIN ? 0 : static_cast<int>(sent);
    size_ -= static_cast<size_t>(sent);
    size_t left = static_cast<size_t>(sent);
    while (head_ && left >= head_->end - head_->offset) {
      left -= head_->end - head_->offset;
      DropHead(env);
    }
    if (left > 0) head_->offset += left;
    if (static_cast<size_t>(sent) < total) return 0;  // the socket is full
  }
  return 0;
}

void SendQueue::Clear(napi_env env) {
  while (head_) DropHead(env);
  size_ = 0;
}

void SendQueue::Append(Block* block) {
  tail_ ? tail_->next = block : head_ = block;
  tail_ = block;
  size_ += block->end - block->offset;
}

void SendQueue::DropHead(napi_env env) {
  Block* block = head_;
  head_ = block->next;
  if (!head_) tail_ = nullptr;
  if (block->bytes) napi_delete_reference(env, block->bytes);
  free(block);
}

}  // namespace junicorn
