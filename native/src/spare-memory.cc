#include "spare-memory.h"

#include <atomic>
#include <cstdlib>

#include "host-symbol.h"
#include "values.h"

namespace junicorn {

namespace {

using GetCurrentIsolate = void* (*)();
using NotifyMemoryPressure = void (*)(void* isolate, int level);
using TrimHeap = int (*)(size_t pad);

// v8::MemoryPressureLevel
constexpr int kNone = 0;
constexpr int kModerate = 1;

// "Moderate" begins a collection that marks in small steps, and in the end compacts and gives up all the room for new
// objects that is not needed. The level is taken back at once: collections of later are to be as ever.
napi_value ShrinkHeap(napi_env env, napi_callback_info) {
  const auto isolate = HostSymbol<GetCurrentIsolate>("_ZN2v87Isolate10GetCurrentEv");
  const auto notify =
      HostSymbol<NotifyMemoryPressure>("_ZN2v87Isolate26MemoryPressureNotificationENS_19MemoryPressureLevelE");
  if (!isolate || !notify) return Bool(env, false);
  notify(isolate(), kModerate);
  notify(isolate(), kNone);
  return Bool(env, true);
}

struct Trim {
  TrimHeap trim;
  napi_async_work work = nullptr;
};

// In a thread of libuv's pool: with much in the arenas it takes a while.
napi_value TrimAllocator(napi_env env, napi_callback_info) {
  const auto trim = HostSymbol<TrimHeap>("malloc_trim");
  if (!trim) return nullptr;
  auto* job = new Trim{trim};
  napi_create_async_work(
      env, nullptr, Utf8(env, "junicorn:trim"), [](napi_env, void* data) { static_cast<Trim*>(data)->trim(0); },
      [](napi_env env, napi_status, void* data) {
        napi_delete_async_work(env, static_cast<Trim*>(data)->work);
        delete static_cast<Trim*>(data);
      },
      job, &job->work);
  napi_queue_async_work(env, job->work);
  return nullptr;
}

// What glibc's own rule comes to at the most. It begins with 128 KiB, and follows the largest buffer freed so far:
// until then every buffer of a larger body is made of pages that the kernel has to clear first.
napi_value KeepFreedMemory(napi_env, napi_callback_info) {
  static std::atomic<bool> done = false;
  if (done.exchange(true)) return nullptr;
  constexpr int kTrimThreshold = -1;
  constexpr int kMapThreshold = -3;
  constexpr int kMebi = 1024 * 1024;
  for (const char* name : {"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"}) {
    if (getenv(name)) return nullptr;
  }
  const auto set = HostSymbol<int (*)(int, int)>("mallopt");
  const bool glibc = HostSymbol<void*>("gnu_get_libc_version");
  if (!set || !glibc) return nullptr;
  set(kMapThreshold, 32 * kMebi);
  set(kTrimThreshold, 64 * kMebi);
  return nullptr;
}

// Gives the memory of an ArrayBuffer back now; it is empty from then on. The collector would take it much
// later, and the next one of its size be made of pages that the kernel has to make first.
napi_value Release(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  if (napi_detach_arraybuffer(env, arguments.at[0]) != napi_ok) {
    napi_throw_type_error(env, nullptr, "buffer must be an ArrayBuffer that can be detached");
  }
  return nullptr;
}

}  // namespace

void DefineSpareMemory(Environment* environment, napi_value exports) {
  DefineFunction(environment->env(), exports, {"shrinkHeap", ShrinkHeap}, environment);
  DefineFunction(environment->env(), exports, {"trimAllocator", TrimAllocator}, environment);
  DefineFunction(environment->env(), exports, {"release", Release}, environment);
  DefineFunction(environment->env(), exports, {"keepFreedMemory", KeepFreedMemory}, environment);
}

}  // namespace junicorn
