// Streams as JavaScript sees it: what is asked for, checked.
#include "streams.h"

#include <cerrno>

#include "syscalls.h"
#include "text-encoder.h"

namespace junicorn {

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
  Arguments<2> arguments(env, info);
  auto* self = Unwrap<Streams>(env, arguments.self);
  int32_t fd;
  bool quiet;
  if (!self || !GetInt32(env, arguments.at[0], "fd", &fd) || !GetBool(env, arguments.at[1], "quiet", false, &quiet)) {
    return nullptr;
  }
  if (self->ended_) {
    napi_throw_error(env, "ERR_CLOSED", "the environment is ending");
    return nullptr;
  }
  auto* opened = new Stream();
  opened->owner = self;
  opened->reading = !quiet;
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
  const uint32_t id = opened->id;
  if (quiet) return Int32(env, static_cast<int32_t>(id));
  if (const int error = self->Watch(opened); error < 0) {
    self->CloseStream(opened, false, false);
    self->FreeId(id);
    return ThrowErrno(env, -error, "uv_poll_init");
  }
  return Int32(env, static_cast<int32_t>(id));
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

napi_value Streams::Receive(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  Streams* self = nullptr;
  Stream* stream = Find(env, arguments.self, arguments.at[0], &self);
  if (!stream) return nullptr;
  const ssize_t size = sys::Receive(stream->fd, self->read_buffer_.get(), kReadSize);
  if (size == 0) {
    stream->ended = true;
  } else if (size < 0 && size != -EAGAIN) {
    const uint32_t id = stream->id;
    self->CloseStream(stream, true, false);
    self->FreeId(id);
  }
  return Int32(env, static_cast<int32_t>(size));
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

// --- internal ---

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

void DefineStreams(Environment* environment, napi_value exports) {
  static constexpr MethodSpec kMethods[] = {
      {"open", Streams::Open},         {"pause", Streams::Pause},       {"resume", Streams::Resume},
      {"receive", Streams::Receive},   {"write", Streams::Write},       {"queued", Streams::Queued},
      {"readable", Streams::Readable}, {"shutdown", Streams::Shutdown}, {"close", Streams::Close},
      {"detach", Streams::Detach},
  };
  DefineClass(environment->env(), exports, "Streams", Streams::Construct, kMethods, sizeof kMethods / sizeof *kMethods,
              environment);
}

}  // namespace junicorn
