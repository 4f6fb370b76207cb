// What comes in on connections that have a shortcut: one request at a time, whoever serves it, and the rest waits.
#include <algorithm>
#include <utility>

#include "syscalls.h"
#include "uws-bodies.h"
#include "uws-shortcut.h"
#include "whole-request.h"

namespace junicorn {

namespace {

// What is kept of what a client sends before it is answered. One that sends more is let go.
constexpr size_t kMostQueued = 64 * 1024;

void CloseNow(UwsSocket* socket) {
  UwsBinary::loaded->close(0, socket, 0, nullptr);
}

}  // namespace

bool UwsShortcut::Receive(UwsSocket* socket, int32_t app, Text* text) {
  const uint32_t connection = slots_.Connection(socket->fd);
  if (connection >= UwsSlots::kFirst) {
    Queue(connection, *text);
    return true;
  }
  const bool is_sending = connection == UwsSlots::kAnswered && UwsBinary::loaded->poll_events(socket) != UV_READABLE;
  if (connection == UwsSlots::kLent || is_sending || IsHeld(socket->fd)) return !LendMore(socket, app, text);
  if (connection != UwsSlots::kOpen && connection != UwsSlots::kAnswered) {
    slots_.Connection(socket->fd) = UwsSlots::kLeft;
    return false;
  }
  *text = WithoutBlankLines(*text);
  if (text->size == 0) return true;
  const size_t first = FirstRequest(text->data, text->size);
  if (first > 0 ? text->size - first > kMostQueued : !IsPartOfHead(text->data, text->size)) {
    Lend(socket, app, text);
    return false;
  }
  Take(socket, app, {text->data, first}, {text->data + first, text->size - first});
  return true;
}

void UwsShortcut::Take(UwsSocket* socket, int32_t app, Text request, Text after) {
  const uint32_t number = slots_.Take();
  slots_.Connection(socket->fd) = number;
  Slot& slot = At(number);
  if (request.size > 0) waiting_.push_back(number);
  slot.state = request.size > 0 ? Slot::State::kWaiting : Slot::State::kPartial;
  slot.app = app;
  slot.socket = socket;
  slot.bytes.assign(request.data, request.size);
  if (after.size > 0) slot.after.assign(after.data, after.size);
}

void UwsShortcut::Queue(uint32_t number, Text text) {
  Slot& slot = At(number);
  // Not of what is about to begin: it may be a large body.
  const bool is_pending = slot.state == Slot::State::kServed || slot.state == Slot::State::kSending;
  if (is_pending && slot.after.size() + text.size > kMostQueued) return CloseNow(slot.socket);
  slot.after.append(text.data, text.size);
  if (slot.state == Slot::State::kPartial) Continue(number);
}

void UwsShortcut::Hold(UwsSocket* socket, int32_t app, Text text) {
  Held& held = held_[socket->fd];
  if (held.bytes.size() + text.size > kMostQueued) return CloseNow(socket);
  held.socket = socket;
  held.app = app;
  held.bytes.append(text.data, text.size);
}

void UwsShortcut::Lend(UwsSocket* socket, int32_t app, Text* text) {
  uint32_t& connection = slots_.Connection(socket->fd);
  const uint64_t framed = FramedSize(text->data, text->size);
  if (framed == 0 || framed + kMostQueued < text->size) {
    connection = UwsSlots::kLeft;
    return;
  }
  connection = UwsSlots::kLent;
  if (framed > text->size) held_[socket->fd] = {socket, app, "", framed - text->size};
  if (framed < text->size) {
    const auto size = static_cast<size_t>(framed);
    held_[socket->fd] = {socket, app, std::string(text->data + size, text->size - size)};
    text->size = size;
  }
}

bool UwsShortcut::LendMore(UwsSocket* socket, int32_t app, Text* text) {
  const auto found = held_.find(socket->fd);
  const uint64_t left = found == held_.end() ? 0 : found->second.body_left;
  const Text body = {text->data, static_cast<size_t>(std::min<uint64_t>(left, text->size))};
  if (body.size > 0) {
    found->second.body_left -= body.size;
    if (found->second.body_left == 0 && found->second.is_answered) GiveBack(socket->fd);
  }
  if (body.size < text->size) Hold(socket, app, {text->data + body.size, text->size - body.size});
  *text = body;
  return body.size > 0 && !UwsBinary::loaded->is_closed(0, socket);
}

void UwsShortcut::HasOnlyOne(UwsSocket* socket) {
  uint32_t& connection = slots_.Connection(socket->fd);
  if (connection == UwsSlots::kLeft) connection = UwsSlots::kLeftOnce;
}

void UwsShortcut::GiveBack(int fd) {
  uint32_t& connection = slots_.Connection(fd);
  if (connection != UwsSlots::kLeftOnce && connection != UwsSlots::kLent) return;
  const auto found = held_.find(fd);
  if (found != held_.end() && found->second.body_left > 0) {
    found->second.is_answered = true;
    return;
  }
  connection = UwsSlots::kAnswered;
  if (found == held_.end()) return;
  resuming_.push_back(fd);
  Wake();
}

void UwsShortcut::Written(UwsSocket* socket) {
  if (IsHeld(socket->fd)) resuming_.push_back(socket->fd);
}

// If some of the answer is still to be sent, this is called again.
void UwsShortcut::Resume(int fd) {
  const auto found = held_.find(fd);
  if (found == held_.end() || slots_.Connection(fd) != UwsSlots::kAnswered ||
      UwsBinary::loaded->poll_events(found->second.socket) != UV_READABLE)
    return;
  const Held held = std::move(found->second);
  held_.erase(found);
  if (held.bytes.empty()) return;
  if (UwsBodies::current->IsDropped(held.socket)) return;  // that answer was the last one
  Take(held.socket, held.app, {held.bytes.data(), 0}, {held.bytes.data(), held.bytes.size()});
  Continue(slots_.Connection(fd));
}

void UwsShortcut::Continue(uint32_t number) {
  Slot& slot = At(number);
  slot.after.erase(0, slot.after.size() - WithoutBlankLines({slot.after.data(), slot.after.size()}).size);
  if (slot.after.empty()) {
    slots_.Connection(slot.socket->fd) = UwsSlots::kOpen;
    return slots_.Free(number);
  }
  const size_t first = FirstRequest(slot.after.data(), slot.after.size());
  if (first == 0 && IsPartOfHead(slot.after.data(), slot.after.size())) {
    slot.state = Slot::State::kPartial;
    return;
  }
  slot.state = Slot::State::kWaiting;
  slot.bytes.assign(slot.after, 0, first);
  slot.after.erase(0, first);
  // uWebSockets gets no request here: it could make a WebSocket of the connection, in other memory than uSockets, which
  // may be calling us, goes on with.
  (first > 0 ? waiting_ : passed_over_).push_back(number);
  Wake();
}

}  // namespace junicorn
