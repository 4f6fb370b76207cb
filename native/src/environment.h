// What the addon keeps for one JavaScript environment (the main thread, or one worker thread), and how it all ends.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <memory>
#include <string>
#include <vector>

#include "llhttp-host.h"
#include "request-parser.h"

namespace junicorn {

class Lifeline;
class Watchdog;

// Something with handles on the event loop, which must be gone before the loop is.
class LoopObject {
 public:
  virtual ~LoopObject() = default;
  // Closes all handles, at the latest when the environment ends; no callbacks from then on.
  virtual void CloseAll() = 0;

  LoopObject* previous = nullptr;
  LoopObject* next = nullptr;
};

class Environment {
 public:
  static Environment* Create(napi_env env, const std::string& llhttp_version);

  napi_env env() const { return env_; }
  uv_loop_t* loop() const { return loop_; }
  bool ending() const { return ending_; }

  void Add(LoopObject* object);
  void Remove(LoopObject* object);

  // Handles that libuv knows, open or closing: the environment waits for them.
  void HandleOpened() { handles_++; }
  void HandleClosed();

  // Room for the text of a write; grows when needed.
  std::vector<char> scratch;

  LlhttpSettings llhttp_settings;
  std::string llhttp_version;
  bool llhttp_known = false;
  ParserOutput parser_output{};
  int32_t* parser_state = nullptr;  // what JavaScript sees as native.parserState
  std::unique_ptr<Lifeline> lifeline;
  std::unique_ptr<Watchdog> watchdog;
  napi_ref watchdog_area = nullptr;  // the memory it writes into

  ~Environment();

 private:
  explicit Environment(napi_env env);
  void End(napi_async_cleanup_hook_handle hook);
  void MaybeDelete();

  napi_env env_;
  uv_loop_t* loop_ = nullptr;
  LoopObject* objects_ = nullptr;
  uint32_t handles_ = 0;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  bool ending_ = false;
  bool finalized_ = false;
};

}  // namespace junicorn
