// Memory shared between processes, and the eventfds that announce changes in it. What the bytes mean is JavaScript's
// affair.
#pragma once

#include "environment.h"

namespace junicorn {

void DefineSharedMemory(Environment* environment, napi_value exports);

}  // namespace junicorn
