// A thread that ends this process some time after its parent has ended, even while JavaScript spins.
#pragma once

#include <memory>
#include <thread>

#include "environment.h"

namespace junicorn {

class Lifeline {
 public:
  // Null if no file descriptor is left; `*error` is -errno then.
  static std::unique_ptr<Lifeline> Start(int grace_ms, int* error);
  // Lets go: the process may outlive its parent.
  ~Lifeline();

 private:
  Lifeline() = default;
  void Run();

  std::thread thread_;
  int grace_ms_ = 0;
  int parent_ = 0;
  int parent_fd_ = -1;
  int stop_fd_ = -1;
};

void DefineLifeline(Environment* environment, napi_value exports);

}  // namespace junicorn
