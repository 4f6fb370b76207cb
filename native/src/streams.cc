#include "streams.h"

#include <cerrno>
#include <memory>

#include "send-queue.h"
#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

// StreamEvent of src/native.ts.
enum class Event : int32_t { kRead, kEnd, kDrain, kError };

constexpr size_t kReadSize = 64 * 1024;

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
};

class Streams final : public LoopObject {
 public:
  static napi_value Construct(napi_env env, napi_callback_info info);
  static napi_value Open(napi_env env, napi_callback_info info);
  static napi_value Pause(napi_env env, napi_callback_info info);
  static napi_value Resume(napi_env env, napi_callback_info info);
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

  const char* data() const { return room_.data(); }
  size_t size() const { return size_; }

 private:
  static constexpr size_t kRoom = 64 * 1024;
  static constexpr size_t kMostRoom = 1024 * 1024;

  napi_env env_;
  std::vector<char>& room_;
  size_t size_ = 0;
};

// --- methods ---

napi_value Streams::Construct(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* environment = static_cast<Environment*>(arguments.data);
  napi_value target = nullptr;
  napi_get_new_target(env, info, &target);
  napi_valuetype type = napi_undefined;
  napi_typeof(env, arguments.at[0], &type);
  if (!target || type != napi_function) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "new Streams(onEvent)");
    return nullptr;
  }
  std::shared_ptr<uint8_t[]> memory(new uint8_t[kReadSize]());
  auto* hint = new std::shared_ptr<uint8_t[]>(memory);
  const napi_value buffer = ExternalBuffer(
      env, memory.get(), kReadSize, [](void* hint) { delete static_cast<std::shared_ptr<uint8_t[]>*>(hint); }, hint);
  if (!buffer) return nullptr;

  auto* self = new Streams(environment, std::move(memory));
  environment->Add(self);
  napi_wrap(
      env, arguments.self, self,
      [](napi_env env, void* data, void*) {
        auto* self = static_cast<Streams*>(data);
        self->CloseAll();
        napi_delete_reference(env, self->self_);
        self->finalized_ = true;
        self->MaybeDelete();
      },
      nullptr, &self->self_);
  napi_create_reference(env, arguments.at[0], 1, &self->callback_);
  napi_async_init(env, nullptr, Utf8(env, "junicorn.Streams"), &self->context_);
  napi_value view = nullptr;
  napi_create_typedarray(env, napi_uint8_array, kReadSize, buffer, 0, &view);
  SetValue(env, arguments.self, "readBuffer", view);
  return arguments.self;
}

napi_value Streams::Open(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* self = Unwrap<Streams>(env, arguments.self);
  int32_t fd;
  if (!self || !GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  if (self->ended_) {
    napi_throw_error(env, "ERR_CLOSED", "the environment is ending");
    return nullptr;
  }
  if (const int error = sys::SetNonBlocking(fd); error < 0) return ThrowErrno(env, -error, "fcntl");
  auto stream = std::make_unique<Stream>();
  if (const int error = uv_poll_init(self->environment_->loop(), &stream->poll, fd); error < 0) {
    return ThrowErrno(env, -error, "uv_poll_init");
  }
  self->handles_++;
  self->environment_->HandleOpened();
  Stream* opened = stream.release();
  opened->poll.data = opened;
  opened->owner = self;
  opened->fd = fd;
  if (self->free_ids_.empty()) {
    opened->id = static_cast<uint32_t>(self->streams_.size());
    self->streams_.push_back(opened);
  } else {
    opened->id = self->free_ids_.back();
    self->free_ids_.pop_back();
    self->streams_[opened->id] = opened;
  }
  if (self->open_++ == 0) self->Hold(true);
  if (const int error = self->Watch(opened); error < 0) {
    const uint32_t id = opened->id;
    self->CloseStream(opened, false, false);
    self->FreeId(id);
    return ThrowErrno(env, -error, "uv_poll_start");
  }
  return Int32(env, static_cast<int32_t>(opened->id));
}

napi_value Streams::Pause(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Streams* self = nullptr;
  Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  if (!stream) return nullptr;
  stream->reading = false;
  self->Watch(stream);
  return nullptr;
}

napi_value Streams::Resume(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Streams* self = nullptr;
  Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  if (!stream) return nullptr;
  stream->reading = true;
  stream->hung_up = false;
  self->Watch(stream);
  return nullptr;
}

napi_value Streams::Write(napi_env env, napi_callback_info info) {
  Arguments<4> arguments(env, info);
  Streams* self = nullptr;
  Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  if (!stream) return nullptr;
  if (stream->shutdown_wanted) {
    napi_throw_error(env, "ERR_STREAM_SHUT_DOWN", "write after shutdown");
    return nullptr;
  }
  Encoder text(env, &self->environment_->scratch);
  if (!text.Add<napi_get_value_string_latin1, 1>(arguments.at[1])) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "head must be a string");
    return nullptr;
  }
  napi_valuetype type = napi_undefined;
  napi_typeof(env, arguments.at[2], &type);
  Bytes bytes = {nullptr, 0};
  const size_t head_size = text.size();
  if (type == napi_string) {
    text.Add<napi_get_value_string_utf8, 4>(arguments.at[2]);
  } else if (type != napi_null && type != napi_undefined && !GetBytes(env, arguments.at[2], "body", &bytes)) {
    return nullptr;
  }
  const size_t before_bytes = bytes.size > 0 ? head_size : text.size();
  if (!IsUndefined(env, arguments.at[3]) && !text.Add<napi_get_value_string_latin1, 1>(arguments.at[3])) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "tail must be a string");
    return nullptr;
  }
  char* start = const_cast<char*>(text.data());
  const iovec vectors[3] = {
      {start, before_bytes}, {bytes.data, bytes.size}, {start + before_bytes, text.size() - before_bytes}};
  return self->Send(stream, arguments.at[2], vectors);
}

napi_value Streams::Queued(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Streams* self = nullptr;
  const Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  return stream ? Double(env, static_cast<double>(stream->queue.size())) : nullptr;
}

napi_value Streams::Readable(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Streams* self = nullptr;
  const Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  return stream ? Bool(env, sys::IsReadable(stream->fd)) : nullptr;
}

napi_value Streams::Shutdown(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Streams* self = nullptr;
  Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  if (!stream) return nullptr;
  stream->shutdown_wanted = true;
  if (stream->queue.empty() && !stream->shut_down) {
    stream->shut_down = true;
    sys::ShutdownWrite(stream->fd);  // fails only on a connection that is gone already, which is reported as such
  }
  return nullptr;
}

napi_value Streams::Close(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  Streams* self = nullptr;
  bool reset;
  if (!GetBool(env, arguments.at[1], "reset", false, &reset)) return nullptr;
  Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  if (!stream) return nullptr;
  const uint32_t id = stream->id;
  self->CloseStream(stream, true, reset);
  self->FreeId(id);
  return nullptr;
}

napi_value Streams::Detach(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Streams* self = nullptr;
  Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  if (!stream) return nullptr;
  if (!stream->queue.empty()) {
    napi_throw_error(env, "ERR_STREAM_QUEUED", "the stream has queued bytes");
    return nullptr;
  }
  const int fd = stream->fd;
  const uint32_t id = stream->id;
  self->CloseStream(stream, false, false);
  self->FreeId(id);
  return Int32(env, fd);
}

// --- events ---

void Streams::OnPoll(Stream* stream, int status, int events) {
  napi_handle_scope scope;
  napi_open_handle_scope(environment_->env(), &scope);
  if (status < 0) {
    // libuv says EBADF for EPOLLERR; the socket knows better.
    stream->interest = 0;
    const int error = sys::SocketError(stream->fd);
    Break(stream, error ? error : status == UV_EBADF ? ECONNRESET : -status);
  } else {
    if (events & UV_WRITABLE) OnWritable(stream);
    if (!stream->closed && (events & UV_READABLE) && stream->reading) OnReadable(stream);
    if (!stream->closed && events == UV_PRIORITIZED) {
      // Only hang-ups get here (see Watch). Without an error both sides have said FIN.
      const int error = sys::SocketError(stream->fd);
      if (error) {
        Break(stream, error);
      } else {
        stream->hung_up = true;
        Watch(stream);
      }
    }
  }
  napi_close_handle_scope(environment_->env(), scope);
}

void Streams::OnWritable(Stream* stream) {
  if (stream->queue.empty()) return;
  const int error = stream->queue.Flush(environment_->env(), stream->fd);
  if (error < 0) return Break(stream, -error);
  if (!stream->queue.empty()) return;
  Watch(stream);
  if (stream->shutdown_wanted && !stream->shut_down) {
    stream->shut_down = true;
    sys::ShutdownWrite(stream->fd);
  }
  Emit(stream, Event::kDrain, 0);
}

void Streams::OnReadable(Stream* stream) {
  const ssize_t size = sys::Receive(stream->fd, read_buffer_.get(), kReadSize);
  if (size == -EAGAIN) return;
  if (size < 0) return Break(stream, static_cast<int>(-size));
  if (size > 0) return Emit(stream, Event::kRead, static_cast<int32_t>(size));
  stream->ended = true;
  Watch(stream);
  Emit(stream, Event::kEnd, 0);
}

// Afterwards the stream may be closed, and its id somebody else's.
void Streams::Emit(Stream* stream, Event event, int32_t value) {
  if (ended_) return;
  napi_env env = environment_->env();
  const napi_value arguments[3] = {Int32(env, static_cast<int32_t>(stream->id)),
                                   Int32(env, static_cast<int32_t>(event)), Int32(env, value)};
  CallBack(env, context_, callback_, 3, arguments);
}

void Streams::Break(Stream* stream, int error) {
  const uint32_t id = stream->id;
  CloseStream(stream, true, false);
  Emit(stream, Event::kError, error);
  FreeId(id);
}

// Polls for what the stream is waiting for; a stream that waits for nothing still hears of a hang-up.
int Streams::Watch(Stream* stream) {
  int interest = 0;
  if (stream->reading && !stream->ended) interest |= UV_READABLE;
  if (!stream->queue.empty()) interest |= UV_WRITABLE;
  // Nobody sends urgent data; epoll reports errors and hang-ups along with it.
  if (interest == 0 && !stream->hung_up) interest = UV_PRIORITIZED;
  if (interest == stream->interest) return 0;
  stream->interest = interest;
  if (interest == 0) return uv_poll_stop(&stream->poll);
  return uv_poll_start(&stream->poll, interest, [](uv_poll_t* poll, int status, int events) {
    auto* stream = static_cast<Stream*>(poll->data);
    stream->owner->OnPoll(stream, status, events);
  });
}

napi_value Streams::Send(Stream* stream, napi_value bytes, const iovec (&vectors)[3]) {
  napi_env env = environment_->env();
  const size_t total = vectors[0].iov_len + vectors[1].iov_len + vectors[2].iov_len;
  size_t sent = 0;
  if (stream->queue.empty() && total > 0) {
    const ssize_t result = sys::Send(stream->fd, vectors, vectors[1].iov_len + vectors[2].iov_len > 0 ? 3 : 1);
    if (result < 0 && result != -EAGAIN) {
      const uint32_t id = stream->id;
      CloseStream(stream, true, false);
      FreeId(id);
      return Int32(env, static_cast<int32_t>(result));
    }
    if (result > 0) sent = static_cast<size_t>(result);
  }
  if (sent == total) return Double(env, static_cast<double>(stream->queue.size()));

  for (int i = 0; i < 3; i++) {
    const size_t size = vectors[i].iov_len;
    const size_t skip = sent < size ? sent : size;
    sent -= skip;
    if (skip == size) continue;
    if (i == 1 && size - skip >= SendQueue::kKeepFrom) {
      stream->queue.Keep(env, bytes, skip, size);
    } else {
      stream->queue.Copy(static_cast<const char*>(vectors[i].iov_base) + skip, size - skip);
    }
  }
  Watch(stream);
  return Double(env, static_cast<double>(stream->queue.size()));
}

// --- life ---

Stream* Streams::Find(napi_env env, napi_value object, napi_value value, Streams** owner) {
  auto* self = Unwrap<Streams>(env, object);
  uint32_t id;
  if (!self || !GetUint32(env, value, "id", &id)) return nullptr;
  Stream* stream = id < self->streams_.size() ? self->streams_[id] : nullptr;
  if (stream && !stream->closed) {
    *owner = self;
    return stream;
  }
  napi_throw_range_error(env, "ERR_STREAM_CLOSED", ("there is no stream " + std::to_string(id)).c_str());
  return nullptr;
}

void Streams::CloseStream(Stream* stream, bool close_fd, bool reset) {
  stream->closed = true;
  stream->queue.Clear(environment_->env());
  if (reset) sys::ResetOnClose(stream->fd);
  uv_close(reinterpret_cast<uv_handle_t*>(&stream->poll), [](uv_handle_t* handle) {
    auto* stream = static_cast<Stream*>(handle->data);
    Streams* owner = stream->owner;
    Environment* environment = owner->environment_;
    delete stream;
    owner->handles_--;
    owner->MaybeDelete();
    environment->HandleClosed();
  });
  // libuv has forgotten the fd: it may be closed and reused at once.
  if (close_fd) sys::Close(stream->fd);
}

void Streams::FreeId(uint32_t id) {
  if (!streams_[id]) return;
  streams_[id] = nullptr;
  free_ids_.push_back(id);
  if (--open_ == 0) Hold(false);
}

void Streams::CloseAll() {
  if (ended_) return;
  ended_ = true;
  for (uint32_t id = 0; id < streams_.size(); id++) {
    if (!streams_[id]) continue;
    if (!streams_[id]->closed) CloseStream(streams_[id], true, false);
    FreeId(id);
  }
  napi_delete_reference(environment_->env(), callback_);
  callback_ = nullptr;
}

// Streams must not be collected while one of them is open.
void Streams::Hold(bool held) {
  if (held == held_) return;
  held_ = held;
  napi_env env = environment_->env();
  held ? napi_reference_ref(env, self_, nullptr) : napi_reference_unref(env, self_, nullptr);
}

void Streams::MaybeDelete() {
  if (!finalized_ || handles_ > 0) return;
  napi_async_destroy(environment_->env(), context_);
  environment_->Remove(this);
  delete this;
}

}  // namespace

void DefineStreams(Environment* environment, napi_value exports) {
  static constexpr MethodSpec kMethods[] = {
      {"open", Streams::Open},         {"pause", Streams::Pause},   {"resume", Streams::Resume},
      {"write", Streams::Write},       {"queued", Streams::Queued}, {"readable", Streams::Readable},
      {"shutdown", Streams::Shutdown}, {"close", Streams::Close},   {"detach", Streams::Detach},
  };
  DefineClass(environment->env(), exports, "Streams", Streams::Construct, kMethods, sizeof kMethods / sizeof *kMethods,
              environment);
}

}  // namespace junicorn
