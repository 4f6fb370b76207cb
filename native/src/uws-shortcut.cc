#include "uws-shortcut.h"

#include <utility>

#include "syscalls.h"
#include "uws-bodies.h"
#include "values.h"
#include "whole-request.h"

namespace junicorn {

namespace {

void WaitFor(UwsSocket* socket, int events) {
  const UwsBinary& uws = *UwsBinary::loaded;
  uws.change_poll(socket, uws.loop(0, uws.context(0, socket)), events);
}

}  // namespace

UwsShortcut::UwsShortcut(Environment* environment, napi_value turn, napi_value event)
    : environment_(environment), check_(new uv_check_t) {
  napi_env env = environment_->env();
  napi_async_init(env, nullptr, Utf8(env, "junicorn.UwsShortcut"), &async_);
  napi_create_reference(env, turn, 1, &turn_);
  napi_create_reference(env, event, 1, &event_);
  uv_check_init(environment_->loop(), check_);
  check_->data = this;
  environment_->HandleOpened();
  uv_check_start(check_, [](uv_check_t* check) { static_cast<UwsShortcut*>(check->data)->Turn(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(check_));
  environment_->Add(this);
}

UwsShortcut::~UwsShortcut() = default;

// With the environment; uWebSockets' connections may be closed later.
void UwsShortcut::CloseAll() {
  if (!check_) return;
  if (UwsBodies::current) UwsBodies::current->Unwatch(this);
  napi_env env = environment_->env();
  napi_delete_reference(env, turn_);
  napi_delete_reference(env, event_);
  uv_close(reinterpret_cast<uv_handle_t*>(check_), [](uv_handle_t* handle) {
    auto* check = reinterpret_cast<uv_check_t*>(handle);
    auto* self = static_cast<UwsShortcut*>(check->data);
    Environment* environment = self->environment_;
    delete check;
    napi_async_destroy(environment->env(), self->async_);
    environment->Remove(self);
    delete self;
    environment->HandleClosed();
  });
  check_ = nullptr;
}

// --- what comes in ---

void UwsShortcut::Watch(UwsSocket* socket, int32_t app) {
  UwsBodies::current->Watch(socket, this, app);
}

void UwsShortcut::Opened(int fd) {
  slots_.Connection(fd) = UwsSlots::kOpen;
}

bool UwsShortcut::Receive(UwsSocket* socket, int32_t app, const char* data, size_t size) {
  uint32_t& connection = slots_.Connection(socket->fd);
  if (connection < UwsSlots::kFirst) {
    const bool is_ours = connection == UwsSlots::kOpen ||
                         (connection == UwsSlots::kAnswered && UwsBinary::loaded->poll_events(socket) == UV_READABLE);
    if (!is_ours || !IsOneRequest(data, size)) {
      connection = UwsSlots::kLeft;
      return false;
    }
    connection = slots_.Take();
    waiting_.push_back(connection);
    Slot& slot = At(connection);
    slot.state = Slot::State::kWaiting;
    slot.app = app;
    slot.socket = socket;
    slot.bytes.assign(data, size);
    return true;
  }
  Slot& slot = At(connection);
  if (slot.state == Slot::State::kServed) {
    // What uWebSockets makes of a request before whose turn it comes is its own business.
    const uint32_t number = connection;
    Emit(number, Event::kMore);
    if (slots_.Connection(socket->fd) == number) Leave(number);
    if (UwsBinary::loaded->is_closed(0, socket)) return true;
    slots_.Connection(socket->fd) = UwsSlots::kLeft;
    return false;
  }
  (slot.state == Slot::State::kWaiting ? slot.bytes : slot.after).append(data, size);
  return true;
}

void UwsShortcut::HasOnlyOne(UwsSocket* socket) {
  uint32_t& connection = slots_.Connection(socket->fd);
  if (connection == UwsSlots::kLeft) connection = UwsSlots::kLeftOnce;
}

void UwsShortcut::GiveBack(int fd) {
  uint32_t& connection = slots_.Connection(fd);
  if (connection == UwsSlots::kLeftOnce) connection = UwsSlots::kAnswered;
}

void UwsShortcut::Turn() {
  if (!UwsBodies::current) return;
  UwsBodies::current->SetBusy(false);
  // What is thrown for one request is not to keep the others waiting until something else happens.
  for (size_t before = SIZE_MAX; !waiting_.empty() && next_ != before;) {
    before = next_;
    napi_env env = environment_->env();
    napi_handle_scope scope = nullptr;
    napi_open_handle_scope(env, &scope);
    CallBack(env, async_, turn_, 0, nullptr);
    napi_close_handle_scope(env, scope);
  }
  // One by one, as if they had just come: each with all that it leaves to be done.
  for (size_t i = 0; i < passed_over_.size(); i++) {
    const uint32_t number = passed_over_[i];
    if (At(number).socket) {
      Leave(number);
    } else {
      slots_.Free(number);
    }
  }
  passed_over_.clear();
}

UwsShortcut::Request UwsShortcut::Next() {
  while (next_ < waiting_.size()) {
    const uint32_t number = waiting_[next_++];
    Slot& slot = At(number);
    Text body;
    if (!slot.socket) {
      slots_.Free(number);
    } else if (SplitRequest(slot.bytes.data(), slot.bytes.size(), fields_, &body)) {
      slot.state = Slot::State::kServed;
      // For as long as the application takes.
      UwsBinary::loaded->timeout(0, slot.socket, 0);
      return {static_cast<int32_t>(number), slot.app, fields_, body};
    } else {
      passed_over_.push_back(number);
    }
  }
  waiting_.clear();
  next_ = 0;
  return {};
}

void UwsShortcut::HandOver(uint32_t slot) {
  if (slots_.Has(slot) && At(slot).state == Slot::State::kServed) Leave(slot);
}

void UwsShortcut::PassOver(uint32_t slot) {
  At(slot).state = Slot::State::kWaiting;
  UwsBinary::loaded->timeout(0, At(slot).socket, UwsBinary::kSeconds);
  passed_over_.push_back(slot);
}

// uWebSockets' handler may run before this returns.
void UwsShortcut::Leave(uint32_t number) {
  Slot& slot = At(number);
  UwsSocket* socket = slot.socket;
  std::string bytes = std::move(slot.bytes);
  slots_.Connection(socket->fd) = slot.state == Slot::State::kServed ? UwsSlots::kLeftOnce : UwsSlots::kLeft;
  slots_.Free(number);
  UwsBodies::current->ParsePlain(socket, std::move(bytes));
}

// --- what goes out ---

bool UwsShortcut::Answer(uint32_t number, napi_value lead, double length, napi_value body) {
  if (!slots_.Has(number) || At(number).state != Slot::State::kServed) return true;
  Slot& slot = At(number);
  Encoder out(environment_->env(), &environment_->scratch);
  answer_.Compose(environment_->env(), &out, lead, length, body);
  const Text text = {out.data(), out.size()};
  UwsBinary::loaded->timeout(0, slot.socket, UwsBinary::kSeconds);
  const size_t sent = Send(slot.socket, text);
  if (sent == text.size) {
    slots_.Connection(slot.socket->fd) = UwsSlots::kOpen;
    slots_.Free(number);
    return true;
  }
  slot.state = Slot::State::kSending;
  slot.bytes.assign(text.data + sent, text.size - sent);
  return false;
}

// While something is left nothing is read.
size_t UwsShortcut::Send(UwsSocket* socket, Text text) {
  const int written = UwsBinary::loaded->write(0, socket, text.data, static_cast<int>(text.size), 0);
  const size_t sent = written > 0 ? static_cast<size_t>(written) : 0;
  if (sent < text.size) WaitFor(socket, UV_WRITABLE);
  return sent;
}

bool UwsShortcut::Writable(UwsSocket* socket) {
  const uint32_t number = slots_.Connection(socket->fd);
  Slot& slot = At(number);
  if (slot.state != Slot::State::kSending) return false;
  const size_t sent = Send(socket, {slot.bytes.data(), slot.bytes.size()});
  slot.bytes.erase(0, sent);
  if (sent > 0) {
    UwsBinary::loaded->timeout(0, socket, UwsBinary::kSeconds);
  } else if (sys::IsHungUp(socket->fd)) {
    // A write has met the error already: there is nothing but room from here on, and nobody reads.
    UwsBinary::loaded->close(0, socket, 0, nullptr);
    return true;
  }
  if (slot.bytes.empty()) Sent(socket, number);
  return true;
}

void UwsShortcut::Sent(UwsSocket* socket, uint32_t number) {
  // uSockets stops waiting for room by itself, and leaves it at that.
  WaitFor(socket, UV_READABLE);
  Emit(number, Event::kSent);
  if (slots_.Connection(socket->fd) != number) return;
  Slot& slot = At(number);
  if (slot.after.empty()) {
    slots_.Connection(socket->fd) = UwsSlots::kOpen;
    slots_.Free(number);
    return;
  }
  // Its turn comes. Here uWebSockets could make a WebSocket of the connection, in other memory than uSockets goes on
  // with.
  slot.bytes = std::move(slot.after);
  slot.after.clear();
  slot.state = Slot::State::kWaiting;
  (IsOneRequest(slot.bytes.data(), slot.bytes.size()) ? waiting_ : passed_over_).push_back(number);
}

void UwsShortcut::Closed(UwsSocket* socket) {
  const uint32_t number = std::exchange(slots_.Connection(socket->fd), UwsSlots::kOpen);
  if (number < UwsSlots::kFirst) return;
  Slot& slot = At(number);
  slot.socket = nullptr;
  if (slot.state == Slot::State::kWaiting) return;  // until its turn comes
  slots_.Free(number);
  Emit(number, Event::kGone);
}

int UwsShortcut::SocketOf(uint32_t slot) {
  return slots_.Has(slot) && At(slot).socket ? At(slot).socket->fd : -1;
}

void UwsShortcut::Emit(uint32_t slot, Event event) {
  napi_env env = environment_->env();
  napi_handle_scope scope = nullptr;
  napi_open_handle_scope(env, &scope);
  const napi_value arguments[2] = {Int32(env, static_cast<int32_t>(slot)), Int32(env, static_cast<int32_t>(event))};
  CallBack(env, async_, event_, 2, arguments);
  napi_close_handle_scope(env, scope);
}

}  // namespace junicorn
