#include "streams.h"

#include <cerrno>

#include "syscalls.h"

namespace junicorn {

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

// Afterwards the stream may be closed (and, if it was never polled, deleted), and its id somebody else's.
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
  if (!stream->polled) {
    if (const int error = uv_poll_init(environment_->loop(), &stream->poll, stream->fd); error < 0) return error;
    stream->polled = true;
    stream->poll.data = stream;
    handles_++;
    environment_->HandleOpened();
  }
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

void Streams::CloseStream(Stream* stream, bool close_fd, bool reset) {
  stream->closed = true;
  stream->queue.Clear(environment_->env());
  if (reset) sys::ResetOnClose(stream->fd);
  if (!stream->polled) {
    if (close_fd) sys::Close(stream->fd);
    delete stream;
    return;
  }
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

}  // namespace junicorn
