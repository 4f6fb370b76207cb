#include "environment.h"

#include "crash-record.h"
#include "lifeline.h"
#include "watchdog.h"

namespace junicorn {

Environment* Environment::Create(napi_env env, const std::string& llhttp_version) {
  auto* self = new Environment(env);
  self->llhttp_version = llhttp_version;
  self->llhttp_known = self->llhttp_settings.Fill(llhttp_version.c_str(), RequestParser::Callbacks());
  napi_set_instance_data(
      env, self,
      [](napi_env, void* data, void*) {
        auto* self = static_cast<Environment*>(data);
        self->finalized_ = true;
        self->MaybeDelete();
      },
      nullptr);
  napi_add_async_cleanup_hook(
      env, [](napi_async_cleanup_hook_handle hook, void* data) { static_cast<Environment*>(data)->End(hook); }, self,
      &self->hook_);
  return self;
}

Environment::Environment(napi_env env) : env_(env) {
  napi_get_uv_event_loop(env, &loop_);
}

Environment::~Environment() = default;

void Environment::Add(LoopObject* object) {
  object->next = objects_;
  if (objects_) objects_->previous = object;
  objects_ = object;
}

void Environment::Remove(LoopObject* object) {
  if (object->previous) object->previous->next = object->next;
  if (object->next) object->next->previous = object->previous;
  if (objects_ == object) objects_ = object->next;
  object->previous = object->next = nullptr;
  MaybeDelete();
}

void Environment::HandleClosed() {
  handles_--;
  if (ending_ && handles_ == 0) End(hook_);
}

// Called by Node, and again by the last handle. Node waits until the hook has been removed.
void Environment::End(napi_async_cleanup_hook_handle hook) {
  if (!ending_) {
    ending_ = true;
    ForgetCrashRecord(this);
    lifeline.reset();
    if (watchdog) watchdog->Stop();
    for (LoopObject* object = objects_; object; object = object->next) object->CloseAll();
    if (handles_ > 0) return;
  }
  hook_ = nullptr;
  napi_remove_async_cleanup_hook(hook);
  MaybeDelete();
}

void Environment::MaybeDelete() {
  if (finalized_ && !hook_ && !objects_) delete this;
}

}  // namespace junicorn
