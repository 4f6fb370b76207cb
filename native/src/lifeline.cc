#include "lifeline.h"

#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

// How often the parent is looked for where the kernel (before 5.3) cannot tell of its end.
constexpr int kLookEveryMs = 1000;

}  // namespace

std::unique_ptr<Lifeline> Lifeline::Start(int grace_ms, int* error) {
  std::unique_ptr<Lifeline> lifeline(new Lifeline);
  lifeline->grace_ms_ = grace_ms;
  lifeline->parent_ = sys::ParentProcess();
  lifeline->stop_fd_ = *error = sys::CreateEvent();
  if (lifeline->stop_fd_ < 0) return nullptr;
  lifeline->parent_fd_ = sys::OpenProcess(lifeline->parent_);
  lifeline->thread_ = std::thread(&Lifeline::Run, lifeline.get());
  return lifeline;
}

Lifeline::~Lifeline() {
  if (thread_.joinable()) {
    sys::NotifyEvent(stop_fd_);
    thread_.join();
  }
  if (parent_fd_ >= 0) sys::Close(parent_fd_);
  if (stop_fd_ >= 0) sys::Close(stop_fd_);
}

void Lifeline::Run() {
  const int look_ms = parent_fd_ >= 0 ? -1 : kLookEveryMs;
  while (sys::ParentProcess() == parent_) {
    if (sys::WaitForEither(parent_fd_, stop_fd_, look_ms) == 2) return;
  }
  if (sys::WaitForEither(-1, stop_fd_, grace_ms_) == 0) sys::KillSelf();
}

namespace {

napi_value EndAfterParent(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  auto* environment = static_cast<Environment*>(arguments.data);
  int32_t grace_ms;
  if (!GetInt32(env, arguments.at[0], "milliseconds", &grace_ms)) return nullptr;
  if (grace_ms < 0) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "milliseconds must be 0 or more");
    return nullptr;
  }
  int error = 0;
  environment->lifeline.reset();
  environment->lifeline = Lifeline::Start(grace_ms, &error);
  return environment->lifeline ? nullptr : ThrowErrno(env, -error, "eventfd");
}

}  // namespace

void DefineLifeline(Environment* environment, napi_value exports) {
  DefineFunction(environment->env(), exports, {"endAfterParent", EndAfterParent}, environment);
}

}  // namespace junicorn
