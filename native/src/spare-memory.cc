#include "spare-memory.h"

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

}  // namespace

void DefineSpareMemory(Environment* environment, napi_value exports) {
  DefineFunction(environment->env(), exports, {"shrinkHeap", ShrinkHeap}, environment);
  DefineFunction(environment->env(), exports, {"trimAllocator", TrimAllocator}, environment);
}

}  // namespace junicorn
