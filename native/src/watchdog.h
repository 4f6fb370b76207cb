// A thread that, when an eventfd is notified, has the JavaScript thread write its own stack into shared memory, even
// while it spins.
#pragma once

#include <memory>
#include <string>
#include <thread>

#include "environment.h"

namespace junicorn {

class Watchdog {
 public:
  // Null if stacks cannot be had on this Node; `*problem` says why.
  static std::unique_ptr<Watchdog> Start(int event_fd, uint8_t* area, size_t size, std::string* problem);
  ~Watchdog();
  // Ends the thread. Nothing is written from then on.
  void Stop();

 private:
  struct Shared;

  Watchdog() = default;
  void Run();

  std::shared_ptr<Shared> shared_;
  std::thread thread_;
  int event_fd_ = -1;
  int stop_fd_ = -1;
};

void DefineWatchdog(Environment* environment, napi_value exports);

}  // namespace junicorn
