// The JavaScript class Streams: all plain connections of a thread, by small integer id, over uv_poll.
#pragma once

#include <sys/uio.h>

#include <memory>
#include <vector>

#include "environment.h"
#include "send-queue.h"
#include "values.h"

namespace junicorn {

// StreamEvent of src/native.ts.
enum class Event : int32_t { kRead, kEnd, kDrain, kError };

class Streams;

// One connection. Lives until libuv has let go of the handle, which is later than its id does.
struct Stream {
  uv_poll_t poll;
  Streams* owner;
  SendQueue queue;
  int fd;
  uint32_t id;
  int interest = 0;
  bool reading = true;
  bool ended = false;  // the peer's FIN has been read
  bool shutdown_wanted = false;
  bool shut_down = false;
  bool hung_up = false;  // both directions are done: polling on would spin
  bool closed = false;
  bool polled = false;  // `poll` is a handle of the loop
};

class Streams final : public LoopObject {
 public:
  static constexpr size_t kReadSize = 64 * 1024;

  static napi_value Construct(napi_env env, napi_callback_info info);
  static napi_value Open(napi_env env, napi_callback_info info);
  static napi_value Pause(napi_env env, napi_callback_info info);
  static napi_value Resume(napi_env env, napi_callback_info info);
  static napi_value Receive(napi_env env, napi_callback_info info);
  static napi_value Write(napi_env env, napi_callback_info info);
  static napi_value Queued(napi_env env, napi_callback_info info);
  static napi_value Readable(napi_env env, napi_callback_info info);
  static napi_value Shutdown(napi_env env, napi_callback_info info);
  static napi_value Close(napi_env env, napi_callback_info info);
  static napi_value Detach(napi_env env, napi_callback_info info);

  void CloseAll() override;

 private:
  Streams(Environment* environment, std::shared_ptr<uint8_t[]> buffer)
      : environment_(environment), read_buffer_(std::move(buffer)) {}

  // The stream of a call's first argument; throws if there is none, or it is closed.
  static Stream* Find(napi_env env, napi_value self, napi_value id, Streams** owner);

  void OnPoll(Stream* stream, int status, int events);
  void OnWritable(Stream* stream);
  void OnReadable(Stream* stream);
  void Emit(Stream* stream, Event event, int32_t value);
  void Break(Stream* stream, int error);
  int Watch(Stream* stream);
  napi_value Send(Stream* stream, napi_value bytes, const iovec (&vectors)[3]);
  // The handle goes; the id is free only after FreeId.
  void CloseStream(Stream* stream, bool close_fd, bool reset);
  void FreeId(uint32_t id);
  void Hold(bool held);
  void MaybeDelete();

  Environment* environment_;
  std::shared_ptr<uint8_t[]> read_buffer_;
  std::vector<Stream*> streams_;  // by id; null where free
  std::vector<uint32_t> free_ids_;
  napi_ref self_ = nullptr;
  napi_ref callback_ = nullptr;
  napi_async_context context_ = nullptr;
  uint32_t open_ = 0;     // ids in use
  uint32_t handles_ = 0;  // open or closing
  bool held_ = false;
  bool ended_ = false;
  bool finalized_ = false;
};

void DefineStreams(Environment* environment, napi_value exports);

}  // namespace junicorn
