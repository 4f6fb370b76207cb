#include "spare-memory.h"

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <initializer_list>

#include "host-symbol.h"
#include "values.h"

namespace junicorn {

namespace {

using GetCurrentIsolate = void* (*)();
using NotifyMemoryPressure = void (*)(void* isolate, int level);
using TrimHeap = int (*)(size_t pad);
using SetOption = int (*)(int option, int value);

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

bool UserHasSet(const std::initializer_list<const char*>& variables) {
  return std::any_of(variables.begin(), variables.end(), [](const char* name) { return getenv(name) != nullptr; });
}

// Null with another C library, whose mallopt, if it has one, knows other numbers.
SetOption OptionOfGlibc() {
  return HostSymbol<void*>("gnu_get_libc_version") ? HostSymbol<SetOption>("mallopt") : nullptr;
}

// What glibc's own rule comes to at the most. It begins with 128 KiB, and follows the largest buffer freed so far:
// until then every buffer of a larger body is made of pages that the kernel has to clear first.
napi_value KeepFreedMemory(napi_env, napi_callback_info) {
  static std::atomic<bool> done = false;
  if (done.exchange(true)) return nullptr;
  constexpr int kTrimThreshold = -1;
  constexpr int kMapThreshold = -3;
  constexpr int kMebi = 1024 * 1024;
  if (UserHasSet({"MALLOC_TRIM_THRESHOLD_", "MALLOC_MMAP_THRESHOLD_", "GLIBC_TUNABLES"})) return nullptr;
  const auto set = OptionOfGlibc();
  if (!set) return nullptr;
  set(kMapThreshold, 32 * kMebi);
  set(kTrimThreshold, 64 * kMebi);
  return nullptr;
}

// By its own rule glibc makes one for each thread, up to eight a processor. Those that there are already stay.
napi_value LimitArenas(napi_env env, napi_callback_info info) {
  Arguments<1> arguments(env, info);
  uint32_t most = 0;
  if (!GetUint32(env, arguments.at[0], "arenas", &most)) return nullptr;
  constexpr int kArenaMax = -8;
  if (UserHasSet({"MALLOC_ARENA_MAX", "GLIBC_TUNABLES"})) return nullptr;
  if (const auto set = OptionOfGlibc()) set(kArenaMax, static_cast<int>(most));
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
  DefineFunction(environment->env(), exports, {"limitArenas", LimitArenas}, environment);
}

}  // namespace junicorn
