#include "watchdog.h"

#include <atomic>
#include <cstring>

#include "host-stream.h"
#include "host-symbol.h"
#include "syscalls.h"
#include "values.h"

namespace junicorn {

namespace {

// A missing symbol costs the stacks only.
using GetCurrentIsolate = void* (*)();
using InterruptCallback = void (*)(void* isolate, void* data);
using RequestInterrupt = void (*)(void* isolate, InterruptCallback callback, void* data);
using PrintStack = void (*)(void* isolate, std::ostream& out);
// Newer V8 leaves frames out on request; a null filter keeps all.
using PrintFilteredStack = void (*)(void* isolate, std::ostream& out, bool (*filter)(void* isolate, void* script_name));

constexpr char kGetCurrentIsolate[] = "_ZN2v87Isolate10GetCurrentEv";
constexpr char kRequestInterrupt[] = "_ZN2v87Isolate16RequestInterruptEPFvPS0_PvES2_";
constexpr char kPrintStack[] = "_ZN2v87Message22PrintCurrentStackTraceEPNS_7IsolateERSo";
constexpr char kPrintFilteredStack[] =
    "_ZN2v87Message22PrintCurrentStackTraceEPNS_7IsolateERSoPFbS2_NS_5LocalINS_6StringEEEE";

// The area: Int32 sequence number, Int32 length, text.
constexpr size_t kTextOffset = 8;

}  // namespace

struct Watchdog::Shared {
  void* isolate;
  RequestInterrupt request_interrupt;
  PrintStack print;
  PrintFilteredStack print_filtered;
  uint8_t* area;
  size_t size;
  std::atomic<bool> stopped{false};

  // In the JavaScript thread, between two instructions of whatever it is doing.
  void Write() {
    HostStream stack;
    print ? print(isolate, stack.out()) : print_filtered(isolate, stack.out(), nullptr);
    const std::string text = stack.Text();
    const size_t length = text.size() < size - kTextOffset ? text.size() : size - kTextOffset;
    auto* words = reinterpret_cast<int32_t*>(area);
    memcpy(area + kTextOffset, text.data(), length);
    __atomic_store_n(words + 1, static_cast<int32_t>(length), __ATOMIC_RELAXED);
    __atomic_add_fetch(words, 1, __ATOMIC_RELEASE);
    sys::WakeFutex(words);
  }
};

std::unique_ptr<Watchdog> Watchdog::Start(int event_fd, uint8_t* area, size_t size, std::string* problem) {
  const auto get_isolate = HostSymbol<GetCurrentIsolate>(kGetCurrentIsolate);
  // make_shared would ask for libstdc++ of GCC 9.
  std::shared_ptr<Shared> shared(new Shared);
  shared->request_interrupt = HostSymbol<RequestInterrupt>(kRequestInterrupt);
  shared->print = HostSymbol<PrintStack>(kPrintStack);
  shared->print_filtered = HostSymbol<PrintFilteredStack>(kPrintFilteredStack);
  shared->isolate = get_isolate ? get_isolate() : nullptr;
  shared->area = area;
  shared->size = size;
  const bool prints = shared->print || shared->print_filtered;
  if (!shared->isolate || !shared->request_interrupt || !prints || !HostStream::Exists()) {
    const char* missing = !get_isolate                 ? "v8::Isolate::GetCurrent"
                          : !shared->isolate           ? "a current isolate"
                          : !shared->request_interrupt ? "v8::Isolate::RequestInterrupt"
                          : !prints                    ? "v8::Message::PrintCurrentStackTrace"
                                                       : "libstdc++'s std::ostringstream";
    *problem = std::string("this Node does not export ") + missing;
    return nullptr;
  }
  std::unique_ptr<Watchdog> watchdog(new Watchdog);
  watchdog->event_fd_ = event_fd;
  watchdog->stop_fd_ = sys::CreateEvent();
  if (watchdog->stop_fd_ < 0) {
    *problem = "no file descriptor is left for the watchdog";
    return nullptr;
  }
  watchdog->shared_ = std::move(shared);
  watchdog->thread_ = std::thread(&Watchdog::Run, watchdog.get());
  return watchdog;
}

Watchdog::~Watchdog() {
  Stop();
}

void Watchdog::Stop() {
  if (!thread_.joinable()) return;
  shared_->stopped = true;
  sys::NotifyEvent(stop_fd_);
  thread_.join();
  sys::Close(stop_fd_);
}

void Watchdog::Run() {
  while (sys::WaitForEither(event_fd_, stop_fd_) == 1) {
    sys::DrainEvent(event_fd_);
    // The interrupt may come long after Stop (it waits for JavaScript to run), so it owns a share of what it needs.
    auto* share = new std::shared_ptr<Shared>(shared_);
    shared_->request_interrupt(
        shared_->isolate,
        [](void*, void* data) {
          std::unique_ptr<std::shared_ptr<Shared>> share(static_cast<std::shared_ptr<Shared>*>(data));
          if (!(*share)->stopped) (*share)->Write();
        },
        share);
  }
}

namespace {

napi_value StartWatchdog(napi_env env, napi_callback_info info) {
  Arguments<2> arguments(env, info);
  auto* environment = static_cast<Environment*>(arguments.data);
  int32_t fd;
  Bytes area;
  if (!GetInt32(env, arguments.at[0], "eventFd", &fd) || !GetBytes(env, arguments.at[1], "area", &area)) return nullptr;
  if (area.size < 64 || reinterpret_cast<uintptr_t>(area.data) % alignof(int32_t) != 0) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "area must have 64 bytes or more, and be aligned to 4");
    return nullptr;
  }
  if (environment->watchdog) {
    napi_throw_error(env, "ERR_WATCHDOG", "this thread has a watchdog already");
    return nullptr;
  }
  std::string problem;
  environment->watchdog = Watchdog::Start(fd, area.data, area.size, &problem);
  if (environment->watchdog) napi_create_reference(env, arguments.at[1], 1, &environment->watchdog_area);
  return Utf8(env, problem);
}

napi_value StopWatchdog(napi_env env, napi_callback_info info) {
  Arguments<0> arguments(env, info);
  auto* environment = static_cast<Environment*>(arguments.data);
  if (!environment->watchdog) return nullptr;
  environment->watchdog.reset();
  napi_delete_reference(env, environment->watchdog_area);
  environment->watchdog_area = nullptr;
  return nullptr;
}

}  // namespace

void DefineWatchdog(Environment* environment, napi_value exports) {
  DefineFunction(environment->env(), exports, {"startWatchdog", StartWatchdog}, environment);
  DefineFunction(environment->env(), exports, {"stopWatchdog", StopWatchdog}, environment);
}

}  // namespace junicorn
