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
    : environment_(environment), handles_(new Handles) {
  napi_env env = environment_->env();
  napi_async_init(env, nullptr, Utf8(env, "junicorn.UwsShortcut"), &async_);
  napi_create_reference(env, turn, 1, &turn_);
  napi_create_reference(env, event, 1, &event_);
  uv_check_init(environment_->loop(), &handles_->check);
  uv_idle_init(environment_->loop(), &handles_->idle);
  handles_->check.data = handles_->idle.data = this;
  environment_->HandleOpened();
  uv_check_start(&handles_->check, [](uv_check_t* check) { static_cast<UwsShortcut*>(check->data)->Turn(); });
  uv_unref(reinterpret_cast<uv_handle_t*>(&handles_->check));
  uv_unref(reinterpret_cast<uv_handle_t*>(&handles_->idle));
  environment_->Add(this);
}

UwsShortcut::~UwsShortcut() = default;

// With the environment; uWebSockets' connections may be closed later.
void UwsShortcut::CloseAll() {
  if (!handles_) return;
  if (UwsBodies::current) UwsBodies::current->Unwatch(this);
  napi_env env = environment_->env();
  napi_delete_reference(env, turn_);
  napi_delete_reference(env, event_);
  uv_close(reinterpret_cast<uv_handle_t*>(&handles_->idle), [](uv_handle_t* idle) {
    auto* self = static_cast<UwsShortcut*>(idle->data);
    uv_close(reinterpret_cast<uv_handle_t*>(&self->closing_->check),
             [](uv_handle_t* check) { static_cast<UwsShortcut*>(check->data)->End(); });
  });
  closing_.reset(std::exchange(handles_, nullptr));
}

void UwsShortcut::End() {
  Environment* environment = environment_;
  napi_async_destroy(environment->env(), async_);
  environment->Remove(this);
  delete this;
  environment->HandleClosed();
}

void UwsShortcut::Watch(UwsSocket* socket, int32_t app) {
  UwsBodies::current->Watch(socket, this, app);
}

void UwsShortcut::Opened(int fd) {
  slots_.Connection(fd) = UwsSlots::kOpen;
  held_.erase(fd);
}

void UwsShortcut::Wake() {
  if (handles_) uv_idle_start(&handles_->idle, [](uv_idle_t*) {});
}

void UwsShortcut::Turn() {
  if (!UwsBodies::current) return;
  UwsBodies::current->SetBusy(false);
  if (!handles_) return;
  uv_idle_stop(&handles_->idle);
  for (const int fd : std::exchange(resuming_, {})) Resume(fd);
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

void UwsShortcut::PassOver(uint32_t slot, bool is_last) {
  At(slot).state = Slot::State::kWaiting;
  if (is_last) At(slot).after.clear();
  UwsBinary::loaded->timeout(0, At(slot).socket, UwsBinary::kSeconds);
  passed_over_.push_back(slot);
}

// uWebSockets' handler may run before this returns.
void UwsShortcut::Leave(uint32_t number) {
  Slot& slot = At(number);
  UwsSocket* socket = slot.socket;
  std::string bytes = std::move(slot.bytes);
  if (slot.state == Slot::State::kServed) {
    slots_.Connection(socket->fd) = UwsSlots::kLent;
    if (!slot.after.empty()) held_[socket->fd] = {socket, slot.app, std::move(slot.after)};
  } else {
    bytes += slot.after;
    Text text = {bytes.data(), bytes.size()};
    Lend(socket, slot.app, &text);
    bytes.resize(text.size);
  }
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
    Continue(number);
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
  if (slots_.Connection(socket->fd) == number) Continue(number);
}

void UwsShortcut::Closed(UwsSocket* socket) {
  if (!held_.empty()) held_.erase(socket->fd);
  const uint32_t number = std::exchange(slots_.Connection(socket->fd), UwsSlots::kOpen);
  if (number < UwsSlots::kFirst) return;
  Slot& slot = At(number);
  slot.socket = nullptr;
  if (slot.state == Slot::State::kWaiting) return;  // until its turn comes
  const bool is_served = slot.state != Slot::State::kPartial;
  slots_.Free(number);
  if (is_served) Emit(number, Event::kGone);
}

bool UwsShortcut::HasPart(int fd) {
  const uint32_t connection = slots_.Connection(fd);
  return connection >= UwsSlots::kFirst && At(connection).state == Slot::State::kPartial;
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
