#include "listener.h"

#include <cerrno>

#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

class Listener final : public LoopObject {
 public:
  static napi_value Construct(napi_env env, napi_callback_info info);
  static napi_value Resume(napi_env env, napi_callback_info info);
  static napi_value Pause(napi_env env, napi_callback_info info);
  static napi_value AcceptNow(napi_env env, napi_callback_info info);
  static napi_value Close(napi_env env, napi_callback_info info);

  void CloseAll() override;

 private:
  Listener(Environment* environment, int fd) : environment_(environment), fd_(fd) {}

  static Listener* Open(napi_env env, napi_value self);
  void OnReadable(int status);
  void StopWatching();
  void Hold(bool held);
  void MaybeDelete();
  bool MayAccept();
  // The arguments of the callback, or false if there is nothing to say.
  bool AcceptOne(napi_value (&arguments)[3]);

  Environment* environment_;
  uv_poll_t* poll_ = nullptr;
  napi_ref self_ = nullptr;
  napi_ref callback_ = nullptr;
  napi_ref may_accept_ = nullptr;
  napi_async_context context_ = nullptr;
  int fd_;
  bool watching_ = false;
  bool held_ = false;
  bool finalized_ = false;
};

napi_value Listener::Construct(napi_env env, napi_callback_info info) {
  Arguments<3> arguments(env, info);
  auto* environment = static_cast<Environment*>(arguments.data);
  int32_t fd;
  napi_value target = nullptr;
  napi_get_new_target(env, info, &target);
  napi_valuetype type = napi_undefined;
  napi_valuetype gate = napi_undefined;
  napi_typeof(env, arguments.at[1], &type);
  napi_typeof(env, arguments.at[2], &gate);
  if (!target || type != napi_function || (gate != napi_function && gate != napi_undefined)) {
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", "new Listener(fd, onConnection, mayAccept?)");
    return nullptr;
  }
  if (!GetInt32(env, arguments.at[0], "fd", &fd)) return nullptr;
  bool listening = false;
  if (const int error = sys::IsListening(fd, &listening); error < 0) return ThrowErrno(env, -error, "getsockopt");
  if (!listening) return ThrowErrno(env, EINVAL, "accept");
  if (const int error = sys::SetNonBlocking(fd); error < 0) return ThrowErrno(env, -error, "fcntl");
  sys::SetNoDelay(fd);

  auto* poll = new uv_poll_t;
  if (const int error = uv_poll_init(environment->loop(), poll, fd); error < 0) {
    delete poll;
    return ThrowErrno(env, -error, "uv_poll_init");
  }
  auto* self = new Listener(environment, fd);
  self->poll_ = poll;
  poll->data = self;
  environment->HandleOpened();
  environment->Add(self);
  napi_wrap(
      env, arguments.self, self,
      [](napi_env env, void* data, void*) {
        auto* self = static_cast<Listener*>(data);
        self->CloseAll();
        napi_delete_reference(env, self->self_);
        self->finalized_ = true;
        self->MaybeDelete();
      },
      nullptr, &self->self_);
  napi_create_reference(env, arguments.at[1], 1, &self->callback_);
  if (gate == napi_function) napi_create_reference(env, arguments.at[2], 1, &self->may_accept_);
  napi_async_init(env, nullptr, Utf8(env, "junicorn.Listener"), &self->context_);
  return arguments.self;
}

// Closed listeners are refused.
Listener* Listener::Open(napi_env env, napi_value object) {
  auto* self = Unwrap<Listener>(env, object);
  if (!self || self->poll_) return self;
  napi_throw_error(env, "ERR_CLOSED", "the listener is closed");
  return nullptr;
}

napi_value Listener::Resume(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  Listener* self = Open(env, arguments.self);
  if (!self || self->watching_) return nullptr;
  const int error = uv_poll_start(self->poll_, UV_READABLE, [](uv_poll_t* poll, int status, int) {
    static_cast<Listener*>(poll->data)->OnReadable(status);
  });
  if (error < 0) return ThrowErrno(env, -error, "uv_poll_start");
  self->watching_ = true;
  self->Hold(true);
  return nullptr;
}

napi_value Listener::Pause(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  if (Listener* self = Open(env, arguments.self)) self->StopWatching();
  return nullptr;
}

napi_value Listener::AcceptNow(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  Listener* self = Open(env, arguments.self);
  if (!self) return nullptr;
  napi_value values[3];
  if (!self->AcceptOne(values)) return Bool(env, false);
  napi_value callback = nullptr;
  napi_value receiver = nullptr;
  napi_get_reference_value(env, self->callback_, &callback);
  napi_get_undefined(env, &receiver);
  if (napi_call_function(env, receiver, callback, 3, values, nullptr) != napi_ok) return nullptr;
  return Bool(env, true);
}

napi_value Listener::Close(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  if (auto* self = Unwrap<Listener>(env, arguments.self)) self->CloseAll();
  return nullptr;
}

void Listener::CloseAll() {
  if (!poll_) return;
  StopWatching();
  napi_delete_reference(environment_->env(), callback_);
  callback_ = nullptr;
  if (may_accept_) napi_delete_reference(environment_->env(), may_accept_);
  may_accept_ = nullptr;
  uv_close(reinterpret_cast<uv_handle_t*>(poll_), [](uv_handle_t* handle) {
    auto* poll = reinterpret_cast<uv_poll_t*>(handle);
    auto* self = static_cast<Listener*>(poll->data);
    Environment* environment = self->environment_;
    delete poll;
    self->fd_ = -1;
    // Only now: close() may have been called from within a callback.
    napi_async_destroy(environment->env(), self->context_);
    self->MaybeDelete();
    environment->HandleClosed();
  });
  poll_ = nullptr;
}

void Listener::OnReadable(int status) {
  napi_env env = environment_->env();
  napi_handle_scope scope;
  napi_open_handle_scope(env, &scope);
  napi_value values[3];
  if (status < 0) {
    StopWatching();
    values[0] = Int32(env, status);
    values[1] = Latin1(env, "", 0);
    values[2] = Int32(env, 0);
  }
  if (status < 0 || (MayAccept() && AcceptOne(values))) CallBack(env, context_, callback_, 3, values);
  napi_close_handle_scope(env, scope);
}

// Asked between the wake-up and the accept.
bool Listener::MayAccept() {
  if (!may_accept_) return true;
  napi_env env = environment_->env();
  napi_value answer = nullptr;
  bool may = false;
  if (CallBack(env, context_, may_accept_, 0, nullptr, &answer)) napi_get_value_bool(env, answer, &may);
  // It may have closed the listener.
  return may && poll_;
}

bool Listener::AcceptOne(napi_value (&values)[3]) {
  sys::Name peer;
  const int fd = sys::Accept(fd_, &peer);
  switch (-fd) {
    case EAGAIN:        // another process was faster
    case ECONNABORTED:  // the client has gone again
    case EPROTO:
    case EPERM:  // a firewall rule
      return false;
  }
  // Out of descriptors or memory: the connection stays readable, and watching on would spin.
  if (fd < 0) StopWatching();
  napi_env env = environment_->env();
  values[0] = Int32(env, fd);
  values[1] = Latin1(env, peer.address.data(), peer.family == sys::Name::Family::kUnix ? 0 : peer.address.size());
  values[2] = Int32(env, peer.port);
  return true;
}

void Listener::StopWatching() {
  if (!watching_) return;
  watching_ = false;
  uv_poll_stop(poll_);
  Hold(false);
}

// A watching listener must not be collected.
void Listener::Hold(bool held) {
  if (held == held_) return;
  held_ = held;
  held ? napi_reference_ref(environment_->env(), self_, nullptr)
       : napi_reference_unref(environment_->env(), self_, nullptr);
}

void Listener::MaybeDelete() {
  if (!finalized_ || fd_ != -1) return;
  environment_->Remove(this);
  delete this;
}

}  // namespace

void DefineListener(Environment* environment, napi_value exports) {
  static constexpr MethodSpec kMethods[] = {{"resume", Listener::Resume},
                                            {"pause", Listener::Pause},
                                            {"acceptNow", Listener::AcceptNow},
                                            {"close", Listener::Close}};
  DefineClass(environment->env(), exports, "Listener", Listener::Construct, kMethods,
              sizeof kMethods / sizeof *kMethods, environment);
}

}  // namespace junicorn
